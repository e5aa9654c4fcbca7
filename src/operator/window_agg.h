/* The inside of TW_OPERATOR_WINDOW_AGG, shared by window_agg.c (the operator), window_place.c (rows to slices), window_close.c (windows that
 * close) and window_early.c (results before the close and after it).
 *
 * Two ways of keeping windows:
 *     sliced  results on close only: a row is added to one slice, shared by all windows that have it; a window that closes brings its slices
 *             together (operator/window_merge.h)
 *     direct  results also early or for late rows: each window is a slice of its own and a row is added to every window that has it, so that
 *             a key's current result is there at any time
 * In both a TUMBLE or attached window is one slice.
 *
 * Invariants: 1. windows that close at or before `done` have been closed, in order of end; 2. a shared slice takes no row after its first
 * window has closed: such a row goes to the corrections of the windows still open for it; 3. between two calls that return TW_OK, no window
 * is half closed. */
#ifndef TW_OPERATOR_WINDOW_AGG_H
#define TW_OPERATOR_WINDOW_AGG_H

#include "operator/emitted.h"
#include "operator/partial.h"
#include "operator/window_merge.h"
#include "operator/window_out.h"

enum { TW_PLACE_RANGES = 8 };

typedef struct tw_place_range { /* times of the time column that fall into one slice */
    int64_t low, high;
    tw_window_span span; /* the slice's */
    int64_t first_end;   /* of the first window that has it, with the watermark that ends it (lateness included) */
    int64_t first_expiry;
    int64_t last_end;
    tw_slice *slice; /* sliced: once a row has needed it */
} tw_place_range;

/* Rows of a batch and the slice that each goes to, up to TW_BATCH_ROWS at a time. */
typedef struct tw_placing {
    tw_place_range ranges[TW_PLACE_RANGES]; /* seen last */
    int oldest;
    uint64_t serial; /* of this gathering: see tw_slice.batch */
    int32_t count, nslices;
    uint16_t *row, *order;
    uint16_t *which;
    int32_t *first; /* nslices + 1 places in `order` */
    tw_slice **slices;
    tw_element **elements;
    char **payloads;
    tw_keys keys;
    const tw_column **columns;
} tw_placing;

typedef enum tw_closing { TW_CLOSE_NOTHING, TW_CLOSE_WINDOWS, TW_CLOSE_FLUSH } tw_closing;

typedef struct tw_window_agg {
    tw_operator op;
    const tw_plan_agg *plan;
    tw_plan_agg keyed; /* the plan; attached windows have their start as one more key */
    tw_window_time time;
    tw_arena arena; /* of `keyed` */
    tw_agg_set set;
    tw_slices slices, corrections;
    tw_window_merge merge;
    tw_window_out out;
    tw_placing placing;
    tw_partials partials; /* the final half of two */
    tw_emitted emitted;   /* direct */
    bool direct, opened;
    int64_t done;     /* watermark up to which windows have been closed */
    int64_t last_end; /* end of the window closed last */

    tw_closing closing;
    int64_t target;           /* watermark up to which windows are being closed */
    bool hands_on;            /* ... and which is handed on then */
    bool window_open, merged; /* a window is being closed: its slices have been brought together */
    tw_window_span window;
    uint32_t cursor;        /* in the window's result */
    struct tw_early *early; /* direct: window_early.h */
    int64_t fire_at;        /* on the clock: when changes are handed on early; INT64_MAX: not asked for */
    bool fires;             /* that time has come */
} tw_window_agg;

/* ---- window_place.c ---- */
tw_status tw_placing_open(tw_window_agg *w);
void tw_placing_close(tw_window_agg *w);
/* Slices may have been freed, windows closed: forgets what is known of them. */
void tw_placing_forget(tw_window_agg *w);
/* Adds rows [from, to) of the batch to the slices of their windows. */
tw_status tw_window_place(tw_window_agg *w, const tw_batch *batch, int32_t from, int32_t to);

/* ---- window_close.c ---- */
/* Closes windows up to `target`, hands results and perhaps the watermark on. Goes on after "not now". */
tw_status tw_window_close_start(tw_window_agg *w, int64_t target, bool hands_on);
tw_status tw_window_close_go_on(tw_window_agg *w);
/* The end of the next window that is to close; false: there is none. */
bool tw_window_next_end(const tw_window_agg *w, int64_t *end);
tw_status tw_window_flush(tw_window_agg *w);
tw_status tw_window_failed(tw_window_agg *w, tw_status status);

#endif
