/* See value_list.h.
 *
 * Entries lie in an array in order of arrival. With an index, those that are not gone hang in chains by hash, each chain in order of arrival; so the
 * earliest of equal values is found first, and taking values in the order in which they came costs no walk. Gone entries stay in the array
 * until they are half of it.
 *
 * Invariants: 1. entries before `first` and none at the end are gone; 2. a value has entries that are there or owed, never both;
 * 3. without an index nothing is gone or owed. */
#include "expr/value_list.h"

#include "data/hashing.h"

enum { CAPACITY_FIRST = 4, COMPACT_FROM = 16 };

typedef struct entry {
    tw_sview value; /* long bytes are owned */
    uint32_t hash;  /* only with an index */
    int32_t next;   /* in its chain, -1 at the end */
    int8_t state;   /* 1 there, -1 owed, 0 gone */
    bool null;
} entry;

typedef struct chain {
    int32_t head, tail; /* -1: empty */
} chain;

struct tw_value_list {
    entry *entries;
    chain *chains; /* as many as `capacity`; NULL: no index */
    int32_t count, capacity;
    int32_t first, gone, owed;
};

static uint32_t hash_of(const tw_sview *value) { return value ? (uint32_t)(tw_hash_sview(value) >> 32) : (uint32_t)TW_HASH_NULL; }

static void link_entry(tw_value_list *list, int32_t k) {
    chain *c = &list->chains[list->entries[k].hash & (uint32_t)(list->capacity - 1)];
    list->entries[k].next = -1;
    if (c->tail < 0)
        c->head = k;
    else
        list->entries[c->tail].next = k;
    c->tail = k;
}

static void link_all(tw_value_list *list) {
    memset(list->chains, 0xff, sizeof(chain) * (size_t)list->capacity);
    for (int32_t k = 0; k < list->count; k++)
        if (list->entries[k].state) link_entry(list, k);
}

static tw_status make_index(tw_value_list *list, tw_mem *mem) {
    if (list->chains) return TW_OK;
    list->chains = tw_malloc(mem, sizeof(chain) * (size_t)list->capacity);
    if (!list->chains) return TW_E_NOMEM;
    for (int32_t k = 0; k < list->count; k++) list->entries[k].hash = hash_of(list->entries[k].null ? NULL : &list->entries[k].value);
    link_all(list);
    return TW_OK;
}

/* Room for one more entry. */
static tw_status grow(tw_value_list *list, tw_mem *mem) {
    if (list->count < list->capacity) return TW_OK;
    if (list->capacity > INT32_MAX / 4) return TW_E_LIMIT;
    int32_t capacity = list->capacity ? 2 * list->capacity : CAPACITY_FIRST;
    chain *chains = list->chains ? tw_malloc(mem, sizeof(chain) * (size_t)capacity) : NULL;
    if (list->chains && !chains) return TW_E_NOMEM;
    entry *entries = tw_realloc(mem, list->entries, sizeof(entry) * (size_t)list->capacity, sizeof(entry) * (size_t)capacity);
    if (!entries) {
        tw_free(mem, chains, sizeof(chain) * (size_t)capacity);
        return TW_E_NOMEM;
    }
    list->entries = entries;
    if (chains) tw_free(mem, list->chains, sizeof(chain) * (size_t)list->capacity);
    list->capacity = capacity;
    list->chains = chains;
    if (chains) link_all(list);
    return TW_OK;
}

static void free_value(tw_mem *mem, const entry *e) {
    if (!e->null && e->value.length > TW_SVIEW_INLINE) tw_free(mem, (char *)e->value.u.data, e->value.length);
}

static tw_status push(tw_value_list *list, tw_mem *mem, const tw_sview *value, int8_t state) {
    TW_TRY(grow(list, mem));
    entry *e = &list->entries[list->count];
    *e = (entry){.next = -1, .state = state, .null = value == NULL};
    if (value) e->value = *value;
    if (value && value->length > TW_SVIEW_INLINE) {
        char *bytes = tw_malloc(mem, value->length);
        if (!bytes) return TW_E_NOMEM;
        e->value.u.data = memcpy(bytes, value->u.data, value->length);
    }
    list->owed += state < 0;
    if (list->chains) {
        e->hash = hash_of(value);
        link_entry(list, list->count);
    }
    list->count++;
    return TW_OK;
}

/* The earliest entry of a value in that state, or -1; *before is the one before it in its chain. */
static int32_t find(const tw_value_list *list, const tw_sview *value, int8_t state, int32_t *before) {
    uint32_t hash = hash_of(value);
    *before = -1;
    for (int32_t k = list->chains[hash & (uint32_t)(list->capacity - 1)].head; k >= 0; *before = k, k = list->entries[k].next) {
        const entry *e = &list->entries[k];
        if (e->hash == hash && e->state == state && e->null == !value && (!value || tw_sview_equal(&e->value, value))) return k;
    }
    return -1;
}

/* Moves what is not gone together. */
static void compact(tw_value_list *list) {
    int32_t to = 0;
    for (int32_t k = 0; k < list->count; k++)
        if (list->entries[k].state) list->entries[to++] = list->entries[k];
    list->count = to;
    list->first = list->gone = 0;
    link_all(list);
}

static void take(tw_value_list *list, tw_mem *mem, int32_t k, int32_t before) {
    entry *e = &list->entries[k];
    chain *c = &list->chains[e->hash & (uint32_t)(list->capacity - 1)];
    if (before < 0)
        c->head = e->next;
    else
        list->entries[before].next = e->next;
    if (c->tail == k) c->tail = before;
    free_value(mem, e);
    list->owed -= e->state < 0;
    e->state = 0;
    list->gone++;
    while (list->first < list->count && list->entries[list->first].state == 0) list->first++;
    while (list->count > 0 && list->entries[list->count - 1].state == 0) list->count--, list->gone--;
    if (list->first > list->count) list->first = list->count;
    if (list->gone >= COMPACT_FROM && list->gone > list->count / 2) compact(list);
}

tw_status tw_value_list_add(tw_value_list **place, tw_mem *mem, const tw_sview *value, int64_t sign) {
    if (!*place) *place = tw_calloc(mem, sizeof **place);
    tw_value_list *list = *place;
    if (!list) return TW_E_NOMEM;
    if (sign > 0 && list->owed == 0) return push(list, mem, value, 1);
    if (list->capacity == 0) TW_TRY(grow(list, mem));
    TW_TRY(make_index(list, mem));
    int32_t before, k = find(list, value, sign > 0 ? -1 : 1, &before);
    if (k < 0) return push(list, mem, value, sign > 0 ? 1 : -1);
    take(list, mem, k, before);
    return TW_OK;
}

tw_status tw_value_list_merge(tw_value_list **into, tw_mem *mem, const tw_value_list *from, int64_t times) {
    for (int32_t k = 0; from && k < from->count; k++) {
        const entry *e = &from->entries[k];
        if (e->state) TW_TRY(tw_value_list_add(into, mem, e->null ? NULL : &e->value, e->state * times));
    }
    return TW_OK;
}

void tw_value_list_free(tw_value_list **place, tw_mem *mem) {
    tw_value_list *list = *place;
    if (!list) return;
    for (int32_t k = 0; k < list->count; k++)
        if (list->entries[k].state) free_value(mem, &list->entries[k]);
    tw_free(mem, list->entries, sizeof(entry) * (size_t)list->capacity);
    if (list->chains) tw_free(mem, list->chains, sizeof(chain) * (size_t)list->capacity);
    tw_free(mem, list, sizeof *list);
    *place = NULL;
}

bool tw_value_list_next(const tw_value_list *list, int32_t *cursor, const tw_sview **value) {
    if (!list) return false;
    if (*cursor < list->first) *cursor = list->first;
    while (*cursor < list->count) {
        const entry *e = &list->entries[(*cursor)++];
        if (e->state <= 0) continue;
        *value = e->null ? NULL : &e->value;
        return true;
    }
    return false;
}

int32_t tw_value_list_count(const tw_value_list *list) { return list ? list->count - list->gone - list->owed : 0; }

bool tw_value_list_last(const tw_value_list *list, const tw_sview **value) {
    for (int32_t k = list ? list->count - 1 : -1; k >= 0 && k >= list->first; k--) {
        const entry *e = &list->entries[k];
        if (e->state <= 0) continue;
        *value = e->null ? NULL : &e->value;
        return true;
    }
    return false;
}

void tw_value_list_write(const tw_value_list *list, tw_buf *out) {
    tw_buf_varint(out, list ? (uint64_t)(list->count - list->gone) : 0);
    for (int32_t k = 0; list && k < list->count; k++) {
        const entry *e = &list->entries[k];
        if (!e->state) continue;
        tw_buf_byte(out, (char)((e->state > 0 ? 1 : 2) + (e->null ? 4 : 0)));
        if (!e->null) tw_buf_bytes(out, tw_sview_str(&e->value));
    }
}

static tw_status read_entry(tw_value_list *list, tw_reader *in, tw_mem *mem, tw_value_sound sound, const void *context) {
    const char *byte = tw_read_raw(in, 1);
    int kind = byte ? *byte & 3 : 0;
    if (!byte || (kind != 1 && kind != 2) || (*byte & ~7)) return TW_E_CORRUPT;
    int8_t state = kind == 1 ? 1 : -1;
    if (*byte & 4) return push(list, mem, NULL, state);
    tw_str bytes = tw_read_bytes(in);
    if (in->failed || bytes.length > UINT32_MAX || !sound(context, bytes)) return TW_E_CORRUPT;
    tw_sview v = tw_sview_make(bytes.data, bytes.length);
    return push(list, mem, &v, state);
}

tw_status tw_value_list_read(tw_value_list **place, tw_reader *in, tw_mem *mem, tw_value_sound sound, const void *context) {
    *place = NULL;
    uint64_t n = tw_read_varint(in);
    if (in->failed) return TW_E_CORRUPT;
    if (n == 0) return TW_OK;
    *place = tw_calloc(mem, sizeof **place);
    if (!*place) return TW_E_NOMEM;
    tw_status status = TW_OK;
    for (uint64_t k = 0; k < n && status == TW_OK; k++) status = read_entry(*place, in, mem, sound, context);
    if (status == TW_OK && (*place)->owed) status = make_index(*place, mem);
    if (status != TW_OK) tw_value_list_free(place, mem);
    return status;
}
