#include "runtime/side.h"

#include <pthread.h>

typedef struct side_table {
    struct side_table *next;
    tw_side_kind kind;
    tw_str name;
    uint64_t seen;
    int64_t kept;
    tw_builder *parts; /* full ones and the last, TW_BATCH_ROWS each */
    int32_t nparts, capacity;
} side_table;

struct tw_side_store {
    tw_mem *parent;
    tw_mem mem; /* used under the lock, by any thread */
    tw_arena arena;
    size_t limit;
    size_t used;
    pthread_mutex_t lock;
    side_table *tables;
};

tw_status tw_side_store_open(tw_mem *mem, size_t limit_bytes, tw_side_store **out) {
    tw_side_store *s = tw_calloc(mem, sizeof *s);
    if (!s) return TW_E_NOMEM;
    s->parent = mem;
    tw_mem_init(&s->mem, mem, 0);
    s->limit = limit_bytes;
    tw_arena_init(&s->arena, &s->mem, 4096);
    pthread_mutex_init(&s->lock, NULL);
    *out = s;
    return TW_OK;
}

void tw_side_store_close(tw_side_store *s) {
    if (!s) return;
    for (side_table *t = s->tables; t; t = t->next) {
        for (int32_t i = 0; i < t->nparts; i++) tw_builder_close(&t->parts[i]);
        tw_free(&s->mem, t->parts, sizeof *t->parts * (size_t)t->capacity);
    }
    pthread_mutex_destroy(&s->lock);
    tw_arena_free(&s->arena);
    tw_mem_close(&s->mem);
    tw_free(s->parent, s, sizeof *s);
}

static side_table *find(tw_side_store *s, tw_side_kind kind, tw_str name, bool make) {
    for (side_table *t = s->tables; t; t = t->next)
        if (t->kind == kind && tw_str_equal(t->name, name)) return t;
    if (!make) return NULL;
    side_table *t = TW_NEW(&s->arena, side_table);
    char *copy = t ? tw_arena_strndup(&s->arena, name.data, name.length) : NULL;
    if (!copy) return NULL;
    *t = (side_table){.next = s->tables, .kind = kind, .name = {copy, name.length}};
    return s->tables = t;
}

/* The part that has room for a row; NULL: out of memory. */
static tw_builder *room_for_row(tw_side_store *s, side_table *t) {
    if (t->nparts && tw_builder_room(&t->parts[t->nparts - 1]) > 0) return &t->parts[t->nparts - 1];
    /* a builder's batch points into its own arenas, never into the struct: it may move */
    if (!tw_grow(&s->mem, &t->parts, t->nparts, &t->capacity, 4, sizeof *t->parts)) return NULL;
    if (tw_builder_open(&t->parts[t->nparts], &s->mem, tw_side_row(t->kind), 256) != TW_OK) return NULL;
    return &t->parts[t->nparts++];
}

static tw_status append(tw_side_store *s, side_table *t, const tw_value *values) {
    tw_builder *b = room_for_row(s, t);
    if (!b) return TW_E_NOMEM;
    tw_arena arena;
    tw_arena_init(&arena, &s->mem, 1024);
    tw_status status = TW_OK;
    for (int c = 0; status == TW_OK && c < b->batch.ncolumns; c++) {
        tw_column column;
        status = tw_value_to_column(&arena, &values[c], &column);
        if (status == TW_OK) status = tw_builder_copy_column(b, c, b->batch.rows, &column, (tw_selection){NULL, 1});
        if (!values[c].null && tw_type_phys(values[c].type) == TW_PHYS_STR) s->used += values[c].u.str.length;
    }
    if (status == TW_OK) status = tw_builder_commit(b, 1, NULL);
    tw_arena_free(&arena);
    if (status == TW_OK) t->kept++, s->used += 100;
    return status;
}

tw_status tw_side_append(tw_side_store *s, tw_side_kind kind, tw_str table, const tw_value *values) {
    pthread_mutex_lock(&s->lock);
    side_table *t = find(s, kind, table, true);
    tw_status status = t ? TW_OK : TW_E_NOMEM;
    if (t) t->seen++;
    if (t && s->used < s->limit) status = append(s, t, values);
    pthread_mutex_unlock(&s->lock);
    return status;
}

int32_t tw_side_read(tw_side_store *s, tw_side_kind kind, tw_str table, int64_t from, tw_builder *out) {
    int32_t given = 0;
    tw_status status = TW_OK;
    if (!s) return 0;
    pthread_mutex_lock(&s->lock);
    side_table *t = find(s, kind, table, false);
    int64_t at = 0;
    for (int32_t p = 0; t && p < t->nparts; p++) {
        const tw_builder *part = &t->parts[p];
        for (int32_t r = 0; r < part->batch.rows; r++, at++) {
            if (at < from || tw_builder_room(out) == 0 || status != TW_OK) continue;
            uint16_t row = (uint16_t)r;
            status = tw_builder_append(out, &part->batch, (tw_selection){&row, 1});
            given += status == TW_OK;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return status == TW_OK ? given : -1;
}

uint64_t tw_side_count(tw_side_store *s, tw_side_kind kind, tw_str table) {
    pthread_mutex_lock(&s->lock);
    side_table *t = find(s, kind, table, false);
    uint64_t seen = t ? t->seen : 0;
    pthread_mutex_unlock(&s->lock);
    return seen;
}

void tw_side_each(tw_side_store *s, void (*each)(void *context, tw_side_kind kind, tw_str table, uint64_t rows), void *context) {
    pthread_mutex_lock(&s->lock);
    for (side_table *t = s->tables; t; t = t->next) each(context, t->kind, t->name, t->seen);
    pthread_mutex_unlock(&s->lock);
}
