/* Closing windows.
 *
 *     watermark --> [next window that ends] --> bring its slices together --> hand on its keys --> free --+
 *                        ^                            |  pieces                  |  batches               |
 *                        +----------------------------|--------------------------|------------------------+
 *     none left: hand on the last batch, then the watermark
 *
 * Every arrow may be interrupted: "not now" from the receiver or the end of the slice of work. What is being done is in the struct. */
#include "operator/window_early.h"

tw_status tw_window_failed(tw_window_agg *w, tw_status status) {
    if (!tw_is_error(status) || status == w->op.task->error->status) return status; /* has said so itself */
    return tw_fail_at(w->op.task->error, status, w->op.node->pos,
                      status == TW_E_NOMEM ? "out of memory in a windowed aggregation" : "a windowed aggregation failed");
}

/* ---- which window is next ---- */

/* End of the first window of the slice that is still to close; above slice->last_end: none. */
static int64_t next_end_of(const tw_window_agg *w, const tw_slice *slice) {
    if (w->time.kind == TW_WINDOW_TUMBLE || w->time.kind == TW_WINDOW_ATTACHED) return slice->end;
    int64_t end = tw_window_first_end(&w->time, (tw_window_span){slice->start, slice->end}), step = w->time.step_ms;
    if (w->last_end >= end) end += ((w->last_end - end) / step + 1) * step;
    while (end <= slice->last_end && tw_window_close_at(&w->time, end) <= w->done) end += step; /* closed before a restart */
    return end;
}

bool tw_window_next_end(const tw_window_agg *w, int64_t *end) {
    *end = INT64_MAX;
    for (int32_t i = 0; i < w->slices.count && *end == INT64_MAX; i++) {
        const tw_slice *slice = tw_slices_at(&w->slices, i);
        if (w->direct && slice->fired) continue;
        int64_t next = w->direct ? slice->end : next_end_of(w, slice);
        if (next <= slice->last_end) *end = next;
    }
    if (w->corrections.count && tw_slices_at(&w->corrections, 0)->end < *end) *end = tw_slices_at(&w->corrections, 0)->end;
    return *end != INT64_MAX;
}

static bool next_window(tw_window_agg *w) {
    int64_t end;
    if (!tw_window_next_end(w, &end) || tw_window_close_at(&w->time, end) > w->target) return false;
    w->window = (tw_window_span){tw_window_start(&w->time, end), end};
    return true;
}

/* ---- one window ---- */

tw_status tw_window_flush(tw_window_agg *w) {
    TW_TRY(tw_window_out_flush(&w->out));
    if (!tw_yield(&w->op)) return TW_OK;
    tw_pending(&w->op);
    return TW_MORE;
}

/* Elements from the cursor on that give a row, up to the output's room. */
static int32_t gather(tw_window_agg *w, const tw_slice *slice, tw_element **elements, char **blocks, int32_t room) {
    int32_t n = 0;
    tw_element *e;
    bool counted = w->set.header > 0;
    while (n < room && (e = tw_table_next(slice->table, &w->cursor)) != NULL) {
        char *payload = tw_table_payload(slice->table, e);
        if (counted && *(int64_t *)payload <= 0) continue;
        elements[n] = e;
        blocks[n++] = payload + w->set.header;
    }
    return n;
}

static tw_status emit_window(tw_window_agg *w, const tw_slice *slice) {
    for (;;) {
        int32_t room = tw_window_out_room(&w->out);
        if (room == 0) {
            TW_TRY(tw_window_flush(w));
            continue;
        }
        int32_t n = gather(w, slice, w->placing.elements, w->placing.payloads, room);
        tw_window_rows rows = {slice->table, w->placing.elements, n, &w->window, true};
        TW_TRY(tw_window_failed(w, tw_window_out_add(&w->out, &rows, (const char *const *)w->placing.payloads)));
        if (n < room) return TW_OK;
    }
}

static tw_status bring_together(tw_window_agg *w) {
    for (;;) {
        tw_status status = tw_window_merge_step(&w->merge);
        if (status != TW_MORE) return tw_window_failed(w, status);
        if (!tw_yield(&w->op)) continue;
        tw_pending(&w->op);
        return TW_MORE;
    }
}

static tw_status close_window(tw_window_agg *w) {
    if (!w->merged) TW_TRY(bring_together(w));
    w->merged = true;
    if (w->merge.result) TW_TRY(emit_window(w, w->merge.result));
    return tw_window_failed(w, tw_window_merge_end(&w->merge, w->window));
}

static tw_status close_windows(tw_window_agg *w) {
    while (w->window_open || next_window(w)) {
        if (!w->window_open) {
            w->cursor = 0;
            w->merged = false;
            w->window_open = true;
            TW_TRY(tw_window_failed(w, tw_window_merge_begin(&w->merge, w->window)));
        }
        TW_TRY(close_window(w));
        w->window_open = false;
        w->last_end = w->window.end;
    }
    return TW_OK;
}

/* ---- a watermark ---- */

tw_status tw_window_close_start(tw_window_agg *w, int64_t target, bool hands_on) {
    w->target = target;
    w->hands_on = hands_on;
    w->closing = TW_CLOSE_WINDOWS;
    return tw_window_close_go_on(w);
}

tw_status tw_window_close_go_on(tw_window_agg *w) {
    if (w->closing == TW_CLOSE_WINDOWS) {
        TW_TRY(w->direct ? tw_early_close(w) : close_windows(w));
        if (w->target > w->done) w->done = w->target;
        tw_placing_forget(w);
        w->closing = TW_CLOSE_FLUSH;
    }
    TW_TRY(tw_window_out_flush(&w->out));
    w->closing = TW_CLOSE_NOTHING;
    return w->hands_on ? tw_emit_watermark(&w->op, w->target) : TW_OK;
}
