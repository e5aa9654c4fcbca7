/* Results of ARRAY type put together from elements that lie elsewhere: a kernel names each row's elements by column and
 * index, and all are gathered at the end. */
#ifndef TW_EXPR_GATHER_H
#define TW_EXPR_GATHER_H

#include "expr/kernel.h"

typedef struct tw_gather {
    tw_eval *eval;
    const tw_column **columns; /* NULL: a NULL element */
    int32_t *index;
    int32_t count, capacity;
} tw_gather;

/* Adds one element; false when out of memory (the run is marked). */
bool tw_gather_add(tw_gather *gather, const tw_column *column, int32_t index);
static inline bool tw_gather_null(tw_gather *gather) { return tw_gather_add(gather, NULL, 0); }

/* The elements of one row: children of an ARRAY or MAP column. */
typedef struct tw_items {
    const tw_column *items;
    int32_t first, count;
} tw_items;
static inline tw_items tw_items_of(const tw_column *list, int child, int32_t row) {
    int32_t at = tw_at(list, row);
    return (tw_items){&list->children[child], list->offsets[at], list->offsets[at + 1] - list->offsets[at]};
}
bool tw_gather_items(tw_gather *gather, tw_items items);

/* Says a row's elements; false leaves the row NULL. */
typedef bool (*tw_row_gather)(tw_gather *gather, const tw_call *call, const tw_column *const *args, int32_t row);
/* Fills an ARRAY result row by row. */
void tw_gather_array(tw_eval *eval, const tw_call *call, tw_selection rows, const tw_column *const *args, tw_row_gather gather, tw_column *out);

#endif
