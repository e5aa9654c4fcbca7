/* Results before a window closes, and after it for late rows within the allowed lateness. Every key's last result is kept (operator/emitted.h); an update is
 * -U and +U, or nothing where the result is the same.
 *
 *     ON_UPDATE  after each batch (each row, where every change is wanted): the keys that it changed
 *     EVERY      keys changed since, each time the watermark passes a multiple of the interval or, on the clock, the interval after the first change
 *     close      all keys whose result is not yet handed on
 *     lateness   the window stays until its end - 1 ms + lateness; rows that it takes after its close are handed on at once
 *
 * Which keys have changed is noted with the slice and is not part of a snapshot: the close compares all. */
#ifndef TW_OPERATOR_WINDOW_EARLY_H
#define TW_OPERATOR_WINDOW_EARLY_H

#include "operator/window_agg.h"

typedef struct tw_early {
    int64_t *touched; /* ends of slices with changes, in order of first change */
    int32_t ntouched, touched_room;
    /* firing: */
    bool firing, all; /* `all`: open windows too, not only those that have closed */
    int32_t at, kept; /* next of `touched`; those before it that stay */
    int32_t element;  /* next of the slice's changes */
    bool upsert;      /* no -U wanted */
    /* a batch that is taken row by row: */
    const tw_batch *batch;
    int32_t row;
    int64_t fired; /* EVERY on event time: watermark of the last time */
    bool purging;
    int32_t slice; /* closing: the slice at hand */
    /* scratch of one piece */
    const char **blocks;
    tw_element **elements, **kept_elements;
    int8_t *kinds;
} tw_early;

tw_status tw_early_open(tw_window_agg *w);
void tw_early_close_all(tw_window_agg *w);
/* Notes that a slice has its first change. */
tw_status tw_early_touched(tw_window_agg *w, const tw_slice *slice);
/* Places a batch and hands on what that calls for. */
tw_status tw_early_push(tw_window_agg *w, const tw_batch *batch);
tw_status tw_early_push_go_on(tw_window_agg *w);
/* Hands on the changes noted: of windows that have closed, with `all` of every window. */
tw_status tw_early_fire(tw_window_agg *w, bool all);
/* Closes windows up to w->target. */
tw_status tw_early_close(tw_window_agg *w);

#endif
