/* Window arithmetic, as Flink's slice assigners and TimeWindowUtil.
 *
 * Windows lie on a scale of their own, here called *local*: for TIMESTAMP columns it is the column's, for TIMESTAMP_LTZ columns the wall clock of the
 * session's time zone. Times and watermarks of LTZ columns are UTC; local time comes from them by the zone's offset, and a window closes by the
 * watermark at which the last instant of its last millisecond has passed.
 *
 * Slices are what is cut at every start and end of a window, so that every window is a run of whole slices:
 *     TUMBLE    |--------|--------|            the window itself
 *     HOP       |---|----|---|----|            at each slide, and at size % slide behind it where that is not zero
 *     CUMULATE  |--|--|--|--|--|--|            the step
 * A HOP that slides further than its size leaves slices that no window has. */
#ifndef TW_OPERATOR_WINDOW_TIME_H
#define TW_OPERATOR_WINDOW_TIME_H

#include "plan/plan.h"

/* Times further from 1970 than this (285,000 years) are refused, so that no sum here overflows. */
#define TW_WINDOW_TIME_MAX (INT64_C(1) << 53)

typedef struct tw_window_span { /* [start, end), local */
    int64_t start, end;
} tw_window_span;

typedef struct tw_window_time {
    tw_window_kind kind;
    int64_t size_ms, step_ms; /* TUMBLE: equal */
    int64_t offset_ms;        /* in [0, step) */
    int64_t cut_ms;           /* HOP: size % slide, where slices are cut again; 0: not */
    const tw_zone *zone;      /* NULL: local time is the column's own */
} tw_window_time;

void tw_window_time_init(tw_window_time *time, const tw_window *window, const tw_session *session);

static inline int64_t tw_window_to_local(const tw_window_time *time, int64_t utc_ms) {
    return time->zone ? tw_zone_to_local(time->zone, utc_ms) : utc_ms;
}
/* Local to the time column's scale; in an overlap the earlier instant. */
static inline int64_t tw_window_to_utc(const tw_window_time *time, int64_t local_ms) {
    return time->zone ? tw_zone_to_utc(time->zone, local_ms) : local_ms;
}
/* The watermark at which a window with this end closes: end - 1 ms. Where the clock is set back the later of the two instants, where it is set
 * forward the instant of the change. Never falls with a later end. */
int64_t tw_window_close_at(const tw_window_time *time, int64_t end);
/* The UTC times around `utc_ms` that belong to `span`: the largest run of them without a change of the clock, as far as a day away. */
tw_window_span tw_window_utc_range(const tw_window_time *time, tw_window_span span, int64_t utc_ms);

/* The slice of a local time. */
tw_window_span tw_window_slice(const tw_window_time *time, int64_t local_ms);
/* Ends of the first and last window that have the slice; first > last when none has. Windows between them are step_ms apart. */
int64_t tw_window_first_end(const tw_window_time *time, tw_window_span slice);
int64_t tw_window_last_end(const tw_window_time *time, tw_window_span slice);
int64_t tw_window_start(const tw_window_time *time, int64_t end);
/* Slices that the longest window has. */
int64_t tw_window_slices(const tw_window_time *time);
/* Slices are numbered without gaps. */
int64_t tw_window_slice_number(const tw_window_time *time, tw_window_span slice);

/* "[2020-01-01 00:00:00.000, 2020-01-01 00:01:00.000)", several with a comma: the windows of the slice, those behind the first few
 * as a number. Writes at most `size` bytes and returns the length. */
int tw_window_list(const tw_window_time *time, tw_window_span slice, char *out, int size);
int tw_window_text(tw_window_span window, char *out, int size);

#endif
