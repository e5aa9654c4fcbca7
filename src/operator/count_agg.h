/* Aggregation per count window: every `size` rows of a key are a window, which gives its result and goes. The windows of a key share nothing.
 *
 *     payload of a key:  [ head | the window being filled, when a batch begins and ends: rows kept, DISTINCT values, accumulators ]
 *
 * A batch is taken in pieces. First each row of the piece is given its window: when one is full, the key's next row begins another, which lies in
 * the pool. Then all rows are added at once. Then windows that have become full give their results, in the order in which they became full, and
 * what a key has left in the pool goes back to its payload. So nothing depends on how rows come in batches.
 *
 * SLIDE. What is filled is then a pane of gcd(size, slide) rows; a full one joins the key's queue of panes (count_slide.c), and every slide / gcd panes
 * the queue gives a result. */
#ifndef TW_OPERATOR_COUNT_AGG_H
#define TW_OPERATOR_COUNT_AGG_H

#include "operator/own_values.h"

/* Rows added up: of a window, a pane, or of several panes. */
typedef struct tw_filling {
    int64_t kept; /* rows aggregated, without those that a condition keeps out */
    tw_own_values_ref values;
} tw_filling; /* then the block */

static inline char *tw_filling_block(const tw_filling *f) { return (char *)(f + 1); }

/* Where fillings live and how they are added up. */
typedef struct tw_fillings {
    tw_agg_set *set;
    tw_own_values values;
    size_t size; /* of one with its block */
} tw_fillings;

tw_status tw_filling_add(tw_fillings *fillings, tw_filling *into, tw_filling *from); /* `from` holds later rows and stays */
void tw_filling_clear(tw_fillings *fillings, tw_filling *f);
void tw_filling_write(const tw_fillings *fillings, const tw_filling *f, tw_buf *out);
tw_status tw_filling_read(tw_fillings *fillings, tw_filling *f, tw_reader *in);

/* ---- count_slide.c: the last panes of a key ---- */

typedef struct tw_panes tw_panes;
/* Takes a full pane's contents, which are zeros then, as the latest of `length` panes. *panes NULL: there were none. */
tw_status tw_panes_add(tw_fillings *fillings, tw_panes **panes, tw_filling *pane, int64_t length);
/* Adds all panes up into a zeroed filling. */
tw_status tw_panes_total(tw_fillings *fillings, tw_panes *panes, tw_filling *into);
void tw_panes_free(tw_fillings *fillings, tw_panes *panes);
/* NULL is written, too. */
void tw_panes_write(const tw_fillings *fillings, const tw_panes *panes, tw_buf *out);
tw_status tw_panes_read(tw_fillings *fillings, tw_panes **panes, tw_reader *in);

#endif
