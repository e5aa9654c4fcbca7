/* See sort_heap.h. */
#include "operator/sort_heap.h"

enum { ORDER_STEP = 4096 }; /* entries sifted by one call of tw_sort_heap_order */

/* The null byte of the first key in two bits, then what follows it. */
static uint64_t prefix_of(tw_str key) {
    unsigned char bytes[9] = {0};
    uint64_t v = 0;
    memcpy(bytes, key.data, key.length < 9 ? key.length : 9);
    for (int i = 1; i < 9; i++) v = v << 8 | bytes[i];
    return (uint64_t)bytes[0] << 62 | v >> 2;
}

static int compare_keys(tw_str a, tw_str b) {
    int order = memcmp(a.data, b.data, a.length < b.length ? a.length : b.length);
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static int64_t arrival(const tw_sort_heap *h, const tw_element *e) {
    return ((const tw_sort_payload *)tw_table_payload(h->table, (tw_element *)e))->arrival;
}

/* Does `a` stand before `b` in the rows' order? */
static bool before(const tw_sort_heap *h, const tw_sort_entry *a, const tw_sort_entry *b) {
    if (a->prefix != b->prefix) return a->prefix < b->prefix;
    int order = compare_keys(tw_sort_key_of(tw_table_key(h->table, a->element)), tw_sort_key_of(tw_table_key(h->table, b->element)));
    return order ? order < 0 : arrival(h, a->element) < arrival(h, b->element);
}

/* Does `a` belong above `b` in the heap? */
static bool above(const tw_sort_heap *h, const tw_sort_entry *a, const tw_sort_entry *b) {
    return h->largest_first ? before(h, b, a) : before(h, a, b);
}

static void sift_up(tw_sort_heap *h, int64_t i) {
    tw_sort_entry e = h->entries[i];
    for (; i > 0 && above(h, &e, &h->entries[(i - 1) / 2]); i = (i - 1) / 2) h->entries[i] = h->entries[(i - 1) / 2];
    h->entries[i] = e;
}

static void sift_down(tw_sort_heap *h, int64_t i) {
    tw_sort_entry e = h->entries[i];
    for (int64_t child; (child = 2 * i + 1) < h->count; i = child) {
        if (child + 1 < h->count && above(h, &h->entries[child + 1], &h->entries[child])) child++;
        if (!above(h, &h->entries[child], &e)) break;
        h->entries[i] = h->entries[child];
    }
    h->entries[i] = e;
}

void tw_sort_heap_free(tw_sort_heap *h) {
    tw_free(h->mem, h->entries, sizeof *h->entries * (size_t)h->capacity);
    h->entries = NULL;
    h->count = h->capacity = 0;
}

tw_status tw_sort_heap_append(tw_sort_heap *h, tw_element *element) {
    if (h->count == h->capacity) {
        int64_t capacity = h->capacity ? 2 * h->capacity : 256;
        tw_sort_entry *more = tw_realloc(h->mem, h->entries, sizeof *more * (size_t)h->capacity, sizeof *more * (size_t)capacity);
        if (!more) return TW_E_NOMEM;
        h->entries = more;
        h->capacity = capacity;
    }
    h->entries[h->count++] = (tw_sort_entry){prefix_of(tw_sort_key_of(tw_table_key(h->table, element))), element};
    return TW_OK;
}

tw_status tw_sort_heap_push(tw_sort_heap *h, tw_element *element) {
    TW_TRY(tw_sort_heap_append(h, element));
    sift_up(h, h->count - 1);
    return TW_OK;
}

void tw_sort_heap_pop(tw_sort_heap *h) {
    h->entries[0] = h->entries[--h->count];
    if (h->count) sift_down(h, 0);
}

void tw_sort_heap_reorder(tw_sort_heap *h, bool largest_first) {
    h->largest_first = largest_first;
    h->unordered = h->count / 2;
}

bool tw_sort_heap_order(tw_sort_heap *h) {
    for (int i = 0; i < ORDER_STEP && h->unordered > 0; i++) sift_down(h, --h->unordered);
    return h->unordered == 0;
}

bool tw_sort_heap_behind_top(const tw_sort_heap *h, tw_str sort_key) {
    uint64_t prefix = prefix_of(sort_key);
    if (prefix != h->entries[0].prefix) return prefix > h->entries[0].prefix;
    return compare_keys(sort_key, tw_sort_key_of(tw_table_key(h->table, h->entries[0].element))) >= 0;
}
