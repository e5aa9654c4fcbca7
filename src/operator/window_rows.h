/* What the window functions give: each input row with window_start, window_end and window_time behind its columns. Shared by window.c (aligned
 * windows) and window_session.c. */
#ifndef TW_OPERATOR_WINDOW_ROWS_H
#define TW_OPERATOR_WINDOW_ROWS_H

#include "operator/operator.h"
#include "operator/window_time.h"

typedef struct tw_window_function {
    tw_operator op;
    const tw_window *plan;
    tw_window_time time;
    tw_arena arena; /* of the operator's life */
    tw_builder out;
    tw_batch batch; /* `out` as handed on */
    bool opened, handed;
    uint16_t *rows;          /* aligned: input row of each output row */
    tw_window_span *windows; /* of each output row */
    int8_t *kinds;
    int64_t *row_watermark;
    tw_split_progress **row_split;
    uint64_t *source_pos;
    const tw_batch *input; /* at hand */
    int32_t next_row;      /* of it */
    int64_t next_end;      /* of that row's windows; INT64_MIN: the first */
    tw_window_span span;   /* slice seen last, and the times of it */
    int64_t low, high;
    struct tw_session_window *session; /* SESSION: window_session.c */
} tw_window_function;

/* The three columns of rows [at, at + n) of `out`, from windows[0 .. n). */
void tw_window_columns(tw_window_function *w, int32_t at, int32_t n);
/* Time of a row, in the column's scale. false: it has left, being NULL or out of range (or *status tells that the job ends). */
bool tw_window_row_time(tw_window_function *w, const tw_batch *batch, int32_t row, int64_t *ms, tw_status *status);
tw_status tw_window_function_failed(tw_window_function *w, tw_status status);
/* Hands on `batch`, TW_OK when it may be filled again. */
tw_status tw_window_hand_on(tw_window_function *w);
void tw_window_taken(tw_window_function *w);

/* ---- window_session.c: rows wait until their session closes ---- */
tw_status tw_session_window_open(tw_window_function *w);
void tw_session_window_close(tw_window_function *w);
tw_status tw_session_window_push(tw_window_function *w, const tw_batch *batch);
tw_status tw_session_window_close_until(tw_window_function *w, int64_t target, bool hands_on);
tw_status tw_session_window_resume(tw_window_function *w);
tw_status tw_session_window_timer(tw_window_function *w, int64_t now_ms);
tw_status tw_session_window_snapshot(tw_window_function *w, tw_snapshot_out *out);
tw_status tw_session_window_restore(tw_window_function *w, tw_reader *chunk, tw_error *error);

#endif
