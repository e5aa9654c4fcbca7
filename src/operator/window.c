/* The window functions by themselves. TUMBLE, HOP and CUMULATE give a row once per window that has it, at once: nothing is kept and nothing is late, as
 * in Flink's WindowTableFunctionOperator. SESSION keeps rows until their session closes: window_session.c. */
#include "operator/evaluation.h"
#include "operator/window_rows.h"

/* ---- shared with window_session.c ---- */

tw_status tw_window_function_failed(tw_window_function *w, tw_status status) {
    if (!tw_is_error(status) || status == w->op.task->error->status) return status; /* has said so itself */
    return tw_fail_at(w->op.task->error, status, w->op.node->pos,
                      status == TW_E_NOMEM ? "out of memory in a window function" : "a window function failed");
}

static void put_time(tw_column *to, int32_t at, int64_t ms) {
    if (to->phys == TW_PHYS_TS)
        ((tw_ts *)to->values)[at] = tw_ts_of(ms, 0);
    else
        ((int64_t *)to->values)[at] = ms;
}

void tw_window_columns(tw_window_function *w, int32_t at, int32_t n) {
    tw_column *columns = w->out.batch.columns + w->op.node->row->nfields - 3;
    for (int32_t k = 0; k < n; k++) {
        put_time(&columns[0], at + k, w->windows[k].start);
        put_time(&columns[1], at + k, w->windows[k].end);
        put_time(&columns[2], at + k, tw_window_to_utc(&w->time, w->windows[k].end - 1));
    }
}

bool tw_window_row_time(tw_window_function *w, const tw_batch *batch, int32_t row, int64_t *ms, tw_status *status) {
    *status = TW_OK;
    *ms = w->op.task->now_ms;
    if (w->plan->proctime) return true;
    const tw_column *c = &batch->columns[w->plan->time_column];
    bool null = tw_column_null(c, row);
    int32_t at = c->constant ? 0 : row;
    if (!null) *ms = c->phys == TW_PHYS_TS ? ((const tw_ts *)c->values)[at].ms : ((const int64_t *)c->values)[at];
    if (!null && *ms <= TW_WINDOW_TIME_MAX && *ms >= -TW_WINDOW_TIME_MAX) return true;
    tw_error error;
    tw_fail_at(&error, TW_E_VALUE, w->op.node->pos, null ? "RowTime field should not be null" : "the row's time is out of range");
    *status = tw_row_failed(&w->op, batch, row, &error);
    return false;
}

tw_status tw_window_hand_on(tw_window_function *w) {
    if (w->out.batch.rows == 0) return TW_OK;
    w->handed = true;
    tw_status status = tw_emit(&w->op, &w->batch);
    if (tw_is_error(status)) return status;
    if (status == TW_OK) tw_window_taken(w);
    if (status == TW_OK && !tw_yield(&w->op)) return TW_OK;
    tw_pending(&w->op);
    return status == TW_OK ? TW_MORE : status;
}

void tw_window_taken(tw_window_function *w) {
    if (w->handed) tw_builder_reset(&w->out);
    w->handed = false;
}

/* ---- aligned windows ---- */

/* The slice of a time, and with it its windows. */
static void find_slice(tw_window_function *w, int64_t ms) {
    if (ms >= w->low && ms < w->high) return;
    w->span = tw_window_slice(&w->time, tw_window_to_local(&w->time, ms));
    tw_window_span range = tw_window_utc_range(&w->time, w->span, ms);
    w->low = range.start;
    w->high = range.end;
}

/* Rows and their windows from the cursor on, until the output or the input is used up. A row's windows come in Flink's order: of HOP the latest
 * first, of CUMULATE the shortest first. */
static tw_status assign(tw_window_function *w, int32_t *count) {
    int32_t n = 0;
    const bool back = w->time.kind == TW_WINDOW_HOP;
    const int64_t step = back ? -w->time.step_ms : w->time.step_ms;
    for (; w->next_row < w->input->rows && n < TW_BATCH_ROWS; w->next_row++, w->next_end = INT64_MIN) {
        int64_t ms;
        tw_status status;
        if (!tw_window_row_time(w, w->input, w->next_row, &ms, &status)) {
            TW_TRY(status);
            continue;
        }
        find_slice(w, ms);
        int64_t first = tw_window_first_end(&w->time, w->span), last = tw_window_last_end(&w->time, w->span);
        int64_t end = w->next_end != INT64_MIN ? w->next_end : back ? last : first;
        for (; end >= first && end <= last && n < TW_BATCH_ROWS; end += step) {
            w->rows[n] = (uint16_t)w->next_row;
            w->windows[n++] = (tw_window_span){tw_window_start(&w->time, end), end};
        }
        w->next_end = end;
        if (end >= first && end <= last) break; /* there is no room for all */
    }
    *count = n;
    return TW_OK;
}

/* What accompanies the rows. */
static void accompany(tw_window_function *w, int32_t n) {
    const tw_batch *in = w->input;
    w->batch = w->out.batch;
    w->batch.split = in->split;
    w->batch.arrival_ns = in->arrival_ns;
    for (int32_t k = 0; in->row_watermark && k < n; k++) w->row_watermark[k] = in->row_watermark[w->rows[k]];
    for (int32_t k = 0; in->row_split && k < n; k++) w->row_split[k] = in->row_split[w->rows[k]];
    for (int32_t k = 0; in->source_pos && k < n; k++) w->source_pos[k] = in->source_pos[w->rows[k]];
    if (in->row_watermark) w->batch.row_watermark = w->row_watermark;
    if (in->row_split) w->batch.row_split = w->row_split;
    if (in->source_pos) w->batch.source_pos = w->source_pos;
}

static tw_status fill(tw_window_function *w, int32_t n) {
    for (int32_t c = 0; c < w->input->ncolumns; c++) TW_TRY(tw_builder_copy_column(&w->out, c, 0, &w->input->columns[c], (tw_selection){w->rows, n}));
    tw_window_columns(w, 0, n);
    for (int32_t k = 0; w->input->kinds && k < n; k++) w->kinds[k] = w->input->kinds[w->rows[k]];
    TW_TRY(tw_builder_commit(&w->out, n, w->input->kinds ? w->kinds : NULL));
    accompany(w, n);
    return TW_OK;
}

static tw_status go_on(tw_window_function *w) {
    while (w->next_row < w->input->rows) {
        int32_t n = 0;
        TW_TRY(tw_window_function_failed(w, assign(w, &n)));
        if (n == 0) continue;
        TW_TRY(tw_window_function_failed(w, fill(w, n)));
        TW_TRY(tw_window_hand_on(w));
    }
    w->input = NULL;
    return TW_OK;
}

/* ---- the operator ---- */

static tw_status open_parts(tw_window_function *w) {
    tw_mem *mem = w->op.task->mem;
    tw_arena_init(&w->arena, mem, 4096);
    TW_TRY(tw_builder_open(&w->out, mem, w->op.node->row, TW_BATCH_ROWS));
    w->opened = true;
    w->rows = TW_NEW_ARRAY(&w->arena, uint16_t, TW_BATCH_ROWS);
    w->windows = TW_NEW_ARRAY(&w->arena, tw_window_span, TW_BATCH_ROWS);
    w->kinds = TW_NEW_ARRAY(&w->arena, int8_t, TW_BATCH_ROWS);
    w->row_watermark = TW_NEW_ARRAY(&w->arena, int64_t, TW_BATCH_ROWS);
    w->row_split = TW_NEW_ARRAY(&w->arena, tw_split_progress *, TW_BATCH_ROWS);
    w->source_pos = TW_NEW_ARRAY(&w->arena, uint64_t, TW_BATCH_ROWS);
    if (!w->rows || !w->windows || !w->kinds || !w->row_watermark || !w->row_split || !w->source_pos) return TW_E_NOMEM;
    return w->plan->kind == TW_WINDOW_SESSION ? tw_session_window_open(w) : TW_OK;
}

static tw_status open_window(tw_operator *op, tw_error *error) {
    tw_window_function *w = (tw_window_function *)op;
    w->plan = &op->node->u.window;
    w->low = 1;
    tw_window_time_init(&w->time, w->plan, op->task->session);
    tw_status status = open_parts(w);
    return status == TW_OK ? TW_OK : tw_fail_at(error, status, op->node->pos, "out of memory");
}

static void close_window(tw_operator *op) {
    tw_window_function *w = (tw_window_function *)op;
    if (w->session) tw_session_window_close(w);
    if (w->opened) tw_builder_close(&w->out);
    tw_arena_free(&w->arena);
    w->opened = false;
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    tw_window_function *w = (tw_window_function *)op;
    if (w->session) return tw_session_window_push(w, batch);
    w->input = batch;
    w->next_row = 0;
    w->next_end = INT64_MIN;
    return go_on(w);
}

static tw_status resume(tw_operator *op) {
    tw_window_function *w = (tw_window_function *)op;
    tw_window_taken(w);
    if (w->session) return tw_session_window_resume(w);
    return w->input ? go_on(w) : TW_OK;
}

static tw_status watermark(tw_operator *op, int port, int64_t ms) {
    tw_window_function *w = (tw_window_function *)op;
    if (ms <= op->watermark_out) return TW_OK;
    bool closes = w->session && (!w->plan->proctime || ms == TW_WATERMARK_MAX);
    return closes ? tw_session_window_close_until(w, ms, true) : tw_emit_watermark(op, ms);
}

static tw_status timer(tw_operator *op, int64_t now_ms) {
    tw_window_function *w = (tw_window_function *)op;
    return w->session ? tw_session_window_timer(w, now_ms) : TW_OK;
}

static tw_status snapshot(tw_operator *op, tw_snapshot_out *out) {
    tw_window_function *w = (tw_window_function *)op;
    return w->session ? tw_session_window_snapshot(w, out) : TW_OK;
}

static tw_status restore(tw_operator *op, tw_reader *chunk, tw_error *error) {
    tw_window_function *w = (tw_window_function *)op;
    return w->session ? tw_session_window_restore(w, chunk, error) : TW_OK;
}

const tw_operator_ops TW_OPERATOR_WINDOW = {.name = "window",
                                            .size = sizeof(tw_window_function),
                                            .open = open_window,
                                            .push = push,
                                            .resume = resume,
                                            .watermark = watermark,
                                            .timer = timer,
                                            .snapshot = snapshot,
                                            .restore = restore,
                                            .close = close_window};
