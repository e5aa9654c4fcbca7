#include "operator/slice.h"

#include "operator/chunk_head.h"

/* ---- one slice ---- */

tw_status tw_slice_new(tw_agg_set *set, int64_t namespace_, tw_slice **out) {
    tw_slice *slice = tw_calloc(set->mem, sizeof *slice);
    if (!slice) return TW_E_NOMEM;
    tw_status status = tw_table_open(set->mem, &set->key_codec, set->header + set->size, tw_agg_set_codec(set), tw_agg_stored(set, namespace_),
                                     &slice->table);
    if (status == TW_OK && set->ndistinct) status = tw_agg_scope_open(set, namespace_, &slice->scope);
    if (status == TW_OK) {
        *out = slice;
        return TW_OK;
    }
    tw_table_close(slice->table);
    tw_free(set->mem, slice, sizeof *slice);
    return status;
}

void tw_slice_free(tw_agg_set *set, tw_slice *slice) {
    if (!slice) return;
    if (slice->scope.tables) tw_agg_scope_close(set, &slice->scope);
    tw_table_close(slice->table);
    tw_table_close(slice->emitted);
    tw_free(set->mem, slice->dirty, sizeof *slice->dirty * slice->dirty_words);
    tw_free(set->mem, slice->changed, sizeof(tw_element *) * (size_t)slice->changed_room);
    tw_free(set->mem, slice, sizeof *slice);
}

/* ---- the list ---- */

void tw_slices_init(tw_slices *s, tw_agg_set *set, int kind) { *s = (tw_slices){.set = set, .kind = kind}; }

void tw_slices_close(tw_slices *s) {
    if (!s->set) return;
    for (int32_t i = 0; i < s->count; i++) tw_slice_free(s->set, tw_slices_at(s, i));
    tw_free(s->set->mem, s->slices, sizeof(tw_slice *) * (size_t)s->room);
    tw_free(s->set->mem, s->freed, sizeof(int64_t) * (size_t)s->freed_room);
    tw_slices_init(s, s->set, s->kind);
}

int32_t tw_slices_below(const tw_slices *s, int64_t end) {
    int32_t low = 0, high = s->count;
    if (high && tw_slices_at(s, high - 1)->end < end) return high;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (tw_slices_at(s, middle)->end < end)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

tw_slice *tw_slices_find(const tw_slices *s, int64_t end) {
    int32_t i = tw_slices_below(s, end);
    return i < s->count && tw_slices_at(s, i)->end == end ? tw_slices_at(s, i) : NULL;
}

/* Room for one more behind the last. */
static tw_status make_room(tw_slices *s) {
    if (s->first + s->count < s->room) return TW_OK;
    if (s->first > s->room / 2) {
        memmove(s->slices, s->slices + s->first, sizeof(tw_slice *) * (size_t)s->count);
        s->first = 0;
        return TW_OK;
    }
    int32_t room = s->room ? s->room * 2 : 8;
    tw_slice **slices = tw_realloc(s->set->mem, s->slices, sizeof(tw_slice *) * (size_t)s->room, sizeof(tw_slice *) * (size_t)room);
    if (!slices) return TW_E_NOMEM;
    s->slices = slices;
    s->room = room;
    return TW_OK;
}

tw_status tw_slices_need(tw_slices *s, int64_t start, int64_t end, tw_slice **out, bool *made) {
    int32_t i = tw_slices_below(s, end);
    *made = i == s->count || tw_slices_at(s, i)->end != end;
    if (*made) {
        tw_slice *slice;
        TW_TRY(make_room(s));
        TW_TRY(tw_slice_new(s->set, tw_slice_namespace(end, s->kind), &slice));
        slice->start = start;
        slice->end = end;
        tw_slice **at = s->slices + s->first + i;
        memmove(at + 1, at, sizeof *at * (size_t)(s->count - i));
        *at = slice;
        s->count++;
    }
    *out = tw_slices_at(s, i);
    return TW_OK;
}

static tw_status note_freed(tw_slices *s, int64_t end) {
    if (!tw_grow(s->set->mem, &s->freed, s->nfreed, &s->freed_room, 16, sizeof *s->freed)) return TW_E_NOMEM;
    s->freed[s->nfreed++] = end;
    return TW_OK;
}

static void take_out(tw_slices *s, int32_t i) {
    tw_slice *slice = tw_slices_at(s, i);
    if (i == 0) {
        s->first++;
    } else {
        tw_slice **at = s->slices + s->first + i;
        memmove(at, at + 1, sizeof *at * (size_t)(s->count - 1 - i));
    }
    s->count--;
    tw_slice_free(s->set, slice);
}

tw_status tw_slices_drop(tw_slices *s, int32_t i) {
    if (tw_slices_at(s, i)->saved) TW_TRY(note_freed(s, tw_slices_at(s, i)->end));
    take_out(s, i);
    return TW_OK;
}

/* ---- merging ---- */

tw_status tw_slice_merger_open(tw_slice_merger *m, tw_agg_set *set) {
    size_t width = set->key_codec.fixed ? (size_t)set->key_codec.width : 0;
    *m = (tw_slice_merger){.set = set};
    m->keys.hashes = tw_arena_alloc(&set->arena, sizeof(uint64_t) * TW_MERGE_ROWS);
    if (width)
        m->keys.fixed = tw_arena_alloc(&set->arena, width * TW_MERGE_ROWS);
    else
        m->keys.variable = tw_arena_alloc(&set->arena, sizeof(tw_str) * TW_MERGE_ROWS);
    m->from = TW_NEW_ARRAY(&set->arena, tw_element *, TW_MERGE_ROWS);
    m->into = TW_NEW_ARRAY(&set->arena, tw_element *, TW_MERGE_ROWS);
    return m->keys.hashes && (m->keys.fixed || m->keys.variable) && m->from && m->into ? TW_OK : TW_E_NOMEM;
}

const tw_keys *tw_slice_keys(tw_slice_merger *m, const tw_slice *slice, tw_element *const *elements, int32_t count) {
    size_t width = (size_t)m->set->key_codec.width;
    for (int32_t k = 0; k < count; k++) {
        m->keys.hashes[k] = elements[k]->hash;
        if (m->keys.fixed)
            memcpy(m->keys.fixed + (size_t)k * width, tw_element_key(elements[k]), width);
        else
            m->keys.variable[k] = tw_table_key(slice->table, elements[k]);
    }
    m->keys.count = count;
    return &m->keys;
}

static int64_t *count_of(char *payload) { return (int64_t *)payload; }

static tw_status add_elements(tw_slice_merger *m, tw_slice *into, const tw_slice *from, int32_t n) {
    int32_t header = m->set->header;
    uint32_t generation = tw_table_generation(into->table);
    TW_TRY(tw_table_upsert(into->table, tw_slice_keys(m, from, m->from, n), m->into, NULL));
    for (int32_t k = 0; k < n; k++) {
        TW_TRY(tw_table_touch(into->table, m->into[k], generation));
        char *to = tw_table_payload(into->table, m->into[k]), *of = tw_table_payload(from->table, m->from[k]);
        if (header) *count_of(to) += *count_of(of);
        TW_TRY(tw_agg_set_merge(m->set, to + header, of + header));
    }
    return TW_OK;
}

static tw_status take_elements(tw_slice_merger *m, tw_slice *into, const tw_slice *from, int32_t n) {
    int32_t header = m->set->header;
    uint32_t generation = tw_table_generation(into->table);
    tw_table_find(into->table, tw_slice_keys(m, from, m->from, n), m->into);
    for (int32_t k = 0; k < n; k++) {
        tw_element *e = m->into[k];
        if (!e) continue; /* was merged with a count of zero and removed then */
        TW_TRY(tw_table_touch(into->table, e, generation));
        char *to = tw_table_payload(into->table, e), *of = tw_table_payload(from->table, m->from[k]);
        *count_of(to) -= *count_of(of);
        TW_TRY(tw_agg_set_subtract(m->set, to + header, of + header));
        if (*count_of(to) == 0) TW_TRY(tw_table_remove(into->table, e));
    }
    return TW_OK;
}

typedef struct receiving {
    tw_slice_merger *merger;
    tw_slice *into;
} receiving;

/* Blocks of keys in the receiving slice, for its DISTINCT calls. */
static tw_status blocks_of(void *context, const tw_keys *keys, char **blocks) {
    receiving *r = context;
    for (int32_t at = 0; at < keys->count; at += TW_MERGE_ROWS) {
        tw_keys some = *keys;
        some.count = keys->count - at < TW_MERGE_ROWS ? keys->count - at : TW_MERGE_ROWS;
        some.hashes += at;
        if (r->merger->keys.fixed)
            some.fixed += (size_t)at * (size_t)r->merger->set->key_codec.width;
        else
            some.variable += at;
        tw_table_find(r->into->table, &some, r->merger->into);
        for (int32_t k = 0; k < some.count; k++) {
            tw_element *e = r->merger->into[k];
            if (e) TW_TRY(tw_table_touch(r->into->table, e, tw_table_generation(r->into->table)));
            blocks[at + k] = e ? tw_table_payload(r->into->table, e) + r->merger->set->header : NULL;
        }
    }
    return TW_OK;
}

tw_status tw_slice_merge(tw_slice_merger *m, tw_slice *into, const tw_slice *from, bool subtract, uint32_t *cursor, bool *done) {
    int32_t n = 0;
    while (n < TW_MERGE_ROWS && (m->from[n] = tw_table_next(from->table, cursor)) != NULL) n++;
    *done = n < TW_MERGE_ROWS;
    TW_TRY(subtract ? take_elements(m, into, from, n) : add_elements(m, into, from, n));
    if (!*done || !m->set->ndistinct) return TW_OK;
    receiving context = {m, into};
    return tw_agg_scope_merge(m->set, &into->scope, &from->scope, blocks_of, &context);
}

/* ---- the chunk ---- */

tw_status tw_slices_snapshot(tw_slices *s, const tw_snapshot_out *out) {
    for (int32_t i = 0; i < s->nfreed && !out->full; i++) {
        tw_agg_chunk_clear(s->set, out->chunk, tw_slice_namespace(s->freed[i], s->kind));
        tw_chunk_clear(out->chunk, tw_agg_stored(s->set, tw_slice_namespace(s->freed[i], TW_SLICE_EMITTED)));
    }
    s->nfreed = 0;
    for (int32_t i = 0; i < s->count; i++) {
        tw_slice *slice = tw_slices_at(s, i);
        slice->saved = true;
        TW_TRY(tw_chunk_table(slice->table, out));
        if (slice->emitted) TW_TRY(tw_chunk_table(slice->emitted, out));
        if (!slice->scope.tables) continue;
        tw_agg_scope_barrier(&slice->scope, out->full);
        TW_TRY(tw_agg_scope_write(&slice->scope, out->chunk));
    }
    return TW_OK;
}

/* Removes the elements of a range of key groups, leaving no trace. */
static tw_status clear_groups(tw_table *table, uint32_t first, uint32_t end, tw_error *error) {
    uint32_t cursor = 0;
    tw_element *e;
    while ((e = tw_table_next(table, &cursor)) != NULL) {
        uint32_t group = tw_key_group(e->hash);
        if (group < first || group >= end) continue;
        tw_chunk_record gone = {.op = 2, .group = group, .namespace_ = tw_table_namespace(table), .key = tw_table_key(table, e)};
        TW_TRY(tw_table_apply(table, &gone, error));
    }
    return TW_OK;
}

tw_status tw_slices_clear(tw_slices *s, int64_t end, uint32_t first_group, uint32_t end_group, tw_error *error) {
    int32_t i = tw_slices_below(s, end);
    if (i == s->count || tw_slices_at(s, i)->end != end) return TW_OK;
    tw_slice *slice = tw_slices_at(s, i);
    TW_TRY(clear_groups(slice->table, first_group, end_group, error));
    if (slice->emitted) TW_TRY(clear_groups(slice->emitted, first_group, end_group, error));
    for (int32_t t = 0; t < slice->scope.ntables; t++) TW_TRY(clear_groups(slice->scope.tables[t], first_group, end_group, error));
    if (tw_table_count(slice->table) == 0) take_out(s, i);
    return TW_OK;
}
