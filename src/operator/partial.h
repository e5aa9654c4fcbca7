/* Partial accumulators: what TW_PLAN_LOCAL_AGG makes of rows of equal key (and slice) before they cross an exchange, as a BYTES column behind the
 * input's own columns. NULL there means that the row is just a row. A partial's other columns are those of its first row: its key is right, and its
 * time lies in its slice.
 *
 *     offset 0  i64  rows added up in it
 *            8       the block, flat (operator/agg_set.h) */
#ifndef TW_OPERATOR_PARTIAL_H
#define TW_OPERATOR_PARTIAL_H

#include "operator/agg_set.h"

enum { TW_PARTIAL_HEAD = 8 };

/* The final half's side. */
typedef struct tw_partials {
    tw_agg_set *set;
    int32_t column;  /* the partials' */
    uint16_t *index; /* rows that are none */
    char **blocks;
    char *block; /* one partial, where it may be read as accumulators */
} tw_partials;

/* Scratch comes from the set's arena. The last column of `input` has the partials. */
tw_status tw_partials_open(tw_partials *partials, tw_agg_set *set, const tw_type *input, tw_error *error);
/* tw_agg_set_update where some of the rows are partials. */
tw_status tw_partials_update(tw_partials *partials, const tw_batch *batch, tw_selection rows, char *const *block);
/* How many rows a row stands for. */
int64_t tw_partials_rows(const tw_partials *partials, const tw_batch *batch, int32_t row);

#endif
