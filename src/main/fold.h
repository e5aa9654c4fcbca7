/* Changes folded into the rows that are left: a multiset that remembers in which order its rows first came. */
#ifndef TW_MAIN_FOLD_H
#define TW_MAIN_FOLD_H

#include "state/table.h"

typedef struct tw_fold_rows {
    tw_mem *mem;
    const tw_type *row;
    const tw_type **types;
    tw_key_codec codec;
    tw_keys keys;
    tw_table *table;       /* row -> signed count */
    tw_element **elements; /* scratch */
    const tw_column **columns;
} tw_fold_rows;

tw_status tw_fold_rows_open(tw_fold_rows *fold, tw_mem *mem, const tw_type *row);
void tw_fold_rows_close(tw_fold_rows *fold);
tw_status tw_fold_rows_add(tw_fold_rows *fold, const tw_batch *batch);
/* Fills the builder (of the same row) with the next rows, each as often as it counts; *cursor starts zeroed. False at the end. */
typedef struct tw_fold_cursor {
    uint32_t element;
    tw_element *at;
    int64_t left; /* of the element at hand */
} tw_fold_cursor;
bool tw_fold_rows_next(tw_fold_rows *fold, tw_fold_cursor *cursor, tw_builder *out, tw_status *status);

#endif
