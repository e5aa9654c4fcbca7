/* A binary heap of state elements in the order of their sort keys, for operators that give rows in order and in slices.
 *
 * An element's key (data/key.h, variable form) begins with the sort key's bytes as a BYTES column, and its payload with the arrival number that
 * decides between equal ones: see tw_sort_payload. An entry carries the first 62 bits of the order, so that most comparisons touch no element.
 * Elements stay the table's; one that is removed from the table must have left the heap. */
#ifndef TW_OPERATOR_SORT_HEAP_H
#define TW_OPERATOR_SORT_HEAP_H

#include "state/table.h"

typedef struct tw_sort_payload {
    int64_t arrival; /* of the element's first row */
    int64_t count;   /* rows equal to it: inserted less deleted */
    int64_t time_ms; /* of the time attribute that rows are sorted by */
} tw_sort_payload;

typedef struct tw_sort_entry {
    uint64_t prefix;
    tw_element *element;
} tw_sort_entry;

typedef struct tw_sort_heap {
    tw_mem *mem;
    const tw_table *table;
    tw_sort_entry *entries;
    int64_t count, capacity;
    bool largest_first;
    int64_t unordered; /* entries [0, unordered) are still to be sifted: see tw_sort_heap_order */
} tw_sort_heap;

void tw_sort_heap_free(tw_sort_heap *heap);
static inline tw_element *tw_sort_heap_top(const tw_sort_heap *heap) { return heap->count ? heap->entries[0].element : NULL; }
tw_status tw_sort_heap_push(tw_sort_heap *heap, tw_element *element);
void tw_sort_heap_pop(tw_sort_heap *heap);
/* Filling at once: append all, then call `order` until it returns true; each call does a bounded piece of work. */
tw_status tw_sort_heap_append(tw_sort_heap *heap, tw_element *element);
void tw_sort_heap_reorder(tw_sort_heap *heap, bool largest_first);
bool tw_sort_heap_order(tw_sort_heap *heap);
/* Would a row of this sort key, coming now, stand behind the top? */
bool tw_sort_heap_behind_top(const tw_sort_heap *heap, tw_str sort_key);

/* The sort key's bytes of an element's key. */
static inline tw_str tw_sort_key_of(tw_str key) {
    uint32_t length;
    memcpy(&length, key.data + 1, 4);
    return (tw_str){key.data + 5, length};
}

#endif
