/* Batches made smaller: the selected rows of some columns, close together, in room that is kept from batch to batch.
 *
 * Columns of fixed width and strings (their views; bytes stay where they are) go into the compactor's room; nested ones into the batch's arena.
 * With all rows selected, and for constant columns, the result aliases the input. */
#ifndef TW_OPERATOR_COMPACT_H
#define TW_OPERATOR_COMPACT_H

#include "data/builder.h"

typedef struct tw_compactor {
    tw_arena arena; /* the room below; made for each column when it is first needed */
    int32_t ncolumns;
    tw_column *columns;
    void **values;
    uint64_t **validity;
    int8_t *kinds;
    int64_t *row_watermark;
    tw_split_progress **row_split;
    uint64_t *source_pos;
} tw_compactor;

tw_status tw_compactor_open(tw_compactor *c, tw_mem *mem, int32_t ncolumns);
void tw_compactor_close(tw_compactor *c);

/* `out` becomes the `rows` of `columns` (as many as the compactor was opened for, each with in->rows values), with what accompanies them in
 * `in`. Valid as long as `in` and `arena`, until the next call. rows.index NULL: all of them. TW_E_NOMEM only. */
tw_status tw_compact(tw_compactor *c, tw_arena *arena, const tw_batch *in, const tw_column *columns, tw_selection rows, tw_batch *out);

#endif
