/* Result rows of windowed aggregations: key columns, aggregates, then the window properties asked for. Gathers rows of many windows in one
 * batch and hands it on when it is full or the operator has nothing more. */
#ifndef TW_OPERATOR_WINDOW_OUT_H
#define TW_OPERATOR_WINDOW_OUT_H

#include "operator/agg_set.h"
#include "operator/window_time.h"

typedef struct tw_window_out {
    tw_operator *op;
    tw_agg_set *set;
    const tw_plan_agg *plan;
    const tw_window_time *time;
    tw_builder builder;
    tw_batch batch;         /* the builder's, as handed on */
    const int32_t *keys_at; /* column of each key column */
    int32_t ncolumns;       /* handed on; a key column that is not asked for lies behind them */
    bool opened, handed;    /* `handed`: a receiver still works on the batch */
} tw_window_out;

/* `time` may be NULL where window times are not asked for. `key_start`: the key's last column is the window's start (attached windows), which lies where the start is asked for. */
tw_status tw_window_out_open(tw_window_out *out, tw_operator *op, tw_agg_set *set, const tw_plan_agg *plan, const tw_window_time *time,
                             bool key_start);
void tw_window_out_close(tw_window_out *out);
static inline int32_t tw_window_out_room(const tw_window_out *out) { return tw_builder_room(&out->builder); }

/* Which rows: keys are those of elements of `table`; the window of row k is windows[k], or windows[0] when `one` is set. */
typedef struct tw_window_rows {
    const tw_table *table;
    tw_element *const *elements;
    int32_t count;
    const tw_window_span *windows; /* of a window that has a number and no time: in `start` */
    bool one;
} tw_window_rows;
/* Writes keys and window properties at rows at .. at + count - 1, which the caller commits with their aggregates. */
tw_status tw_window_out_frame(tw_window_out *out, const tw_window_rows *rows, int32_t at);
/* Adds inserts with the results of `blocks`. */
tw_status tw_window_out_add(tw_window_out *out, const tw_window_rows *rows, const char *const *blocks);

/* Hands on what has been gathered. "Not now" has made the operator pending; tw_window_out_resume comes first when it is resumed. */
tw_status tw_window_out_flush(tw_window_out *out);
void tw_window_out_resume(tw_window_out *out);

#endif
