/* Aggregation per TUMBLE, HOP, CUMULATE or attached window. See window_agg.h. */
#include "operator/chunk_head.h"
#include "operator/window_early.h"

/* ---- opening and closing ---- */

/* Attached windows: the start is one more key, so that a slice is all windows with one end. */
static tw_status open_keys(tw_window_agg *w) {
    w->keyed = *w->plan;
    if (w->plan->window.kind != TW_WINDOW_ATTACHED) return TW_OK;
    int32_t *keys = TW_NEW_ARRAY(&w->arena, int32_t, w->plan->nkeys + 1);
    if (!keys) return TW_E_NOMEM;
    if (w->plan->nkeys) memcpy(keys, w->plan->keys, sizeof *keys * (size_t)w->plan->nkeys);
    keys[w->plan->nkeys] = w->plan->window.start_column;
    w->keyed.keys = keys;
    w->keyed.nkeys++;
    return TW_OK;
}

/* Bytes in front of a block: the number of rows, where a key may lose all of its rows again. */
static int32_t header_of(const tw_window_agg *w) {
    bool hop = w->time.kind == TW_WINDOW_HOP && tw_window_slices(&w->time) > 1;
    return w->direct || !w->plan->input_append || hop ? 8 : 0;
}

static tw_status open_parts(tw_window_agg *w, tw_error *error) {
    tw_task_context *task = w->op.task;
    bool attached = w->plan->window.kind == TW_WINDOW_ATTACHED;
    TW_TRY(open_keys(w));
    TW_TRY(tw_agg_set_open(&w->set, task->mem, &w->keyed, w->op.node->inputs[0]->row, header_of(w), error));
    w->opened = true;
    if (w->plan->merges) TW_TRY(tw_partials_open(&w->partials, &w->set, w->op.node->inputs[0]->row, error));
    if (attached) tw_agg_set_group_by(&w->set, w->plan->nkeys);
    tw_slices_init(&w->slices, &w->set, TW_SLICE_SHARED);
    tw_slices_init(&w->corrections, &w->set, TW_SLICE_CORRECTION);
    TW_TRY(tw_placing_open(w));
    TW_TRY(tw_window_merge_open(&w->merge, &w->set, &w->time, &w->slices, &w->corrections));
    TW_TRY(tw_window_out_open(&w->out, &w->op, &w->set, w->plan, &w->time, attached));
    return w->direct ? tw_early_open(w) : TW_OK;
}

static tw_status open_agg(tw_operator *op, tw_error *error) {
    tw_window_agg *w = (tw_window_agg *)op;
    w->plan = &op->node->u.agg;
    w->direct = w->plan->emit.mode != TW_EMIT_ON_CLOSE || w->plan->emit.lateness_ms > 0;
    w->done = TW_WATERMARK_MIN;
    w->fire_at = INT64_MAX;
    w->last_end = INT64_MIN / 2;
    tw_arena_init(&w->arena, op->task->mem, 256);
    tw_window_time_init(&w->time, &w->plan->window, op->task->session);
    *error = (tw_error){.status = TW_OK};
    tw_status status = open_parts(w, error);
    if (status == TW_OK || error->status != TW_OK) return status;
    return tw_fail_at(error, status, op->node->pos, "out of memory");
}

static void close_agg(tw_operator *op) {
    tw_window_agg *w = (tw_window_agg *)op;
    tw_arena_free(&w->arena);
    if (!w->opened) return;
    tw_window_merge_close(&w->merge);
    tw_slices_close(&w->slices);
    tw_slices_close(&w->corrections);
    tw_placing_close(w);
    tw_window_out_close(&w->out);
    if (w->direct) tw_early_close_all(w);
    tw_agg_set_close(&w->set);
    w->opened = false;
}

/* ---- the clock ---- */

/* Windows in processing time close when the clock has passed their end; rows of a millisecond may come until it is over. */
static void arm_timer(tw_window_agg *w) {
    const tw_emit_spec *emit = &w->plan->emit;
    int64_t end;
    if (w->plan->window.proctime && tw_window_next_end(w, &end)) tw_timer_at(&w->op, tw_window_close_at(&w->time, end) + 1);
    if (w->direct && emit->mode == TW_EMIT_EVERY && emit->processing_time && w->early->ntouched > 0) {
        if (w->fire_at == INT64_MAX) w->fire_at = w->op.task->now_ms + emit->every_ms;
        tw_timer_at(&w->op, w->fire_at);
    }
}

static tw_status timer(tw_operator *op, int64_t now_ms) {
    tw_window_agg *w = (tw_window_agg *)op;
    w->fires = w->fire_at <= now_ms;
    if (w->fires) w->fire_at = INT64_MAX;
    TW_TRY(tw_window_close_start(w, w->plan->window.proctime ? now_ms - 1 : w->done, false));
    arm_timer(w);
    return TW_OK;
}

/* ---- work ---- */

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    tw_window_agg *w = (tw_window_agg *)op;
    if (w->direct)
        TW_TRY(tw_early_push(w, batch));
    else
        TW_TRY(tw_window_failed(w, tw_window_place(w, batch, 0, batch->rows)));
    arm_timer(w);
    return TW_OK;
}

static tw_status resume(tw_operator *op) {
    tw_window_agg *w = (tw_window_agg *)op;
    tw_window_out_resume(&w->out);
    if (w->direct && w->early->batch) TW_TRY(tw_early_push_go_on(w));
    if (w->closing != TW_CLOSE_NOTHING) TW_TRY(tw_window_close_go_on(w));
    arm_timer(w);
    return TW_OK;
}

static tw_status watermark(tw_operator *op, int port, int64_t ms) {
    tw_window_agg *w = (tw_window_agg *)op;
    if (ms <= op->watermark_out) return TW_OK;
    if (w->plan->window.proctime && ms != TW_WATERMARK_MAX) return tw_emit_watermark(op, ms);
    return tw_window_close_start(w, ms, true);
}

/* ---- snapshots ---- */

static tw_status snapshot(tw_operator *op, tw_snapshot_out *out) {
    tw_window_agg *w = (tw_window_agg *)op;
    tw_chunk_head_write(out->chunk, op->task, w->done, 0);
    tw_status status = tw_slices_snapshot(&w->slices, out);
    if (status == TW_OK) status = tw_slices_snapshot(&w->corrections, out);
    return tw_window_failed(w, status);
}

/* What follows from a restored slice's end; false: nothing ends there. */
static bool describe(const tw_window_agg *w, tw_slices *list, tw_slice *slice) {
    if (w->direct || list == &w->corrections) {
        slice->start = tw_window_start(&w->time, slice->end);
        slice->last_end = slice->end;
    } else if (w->time.kind == TW_WINDOW_ATTACHED) {
        slice->last_end = slice->end;
    } else {
        tw_window_span span = tw_window_slice(&w->time, slice->end - 1);
        if (span.end != slice->end) return false;
        slice->start = span.start;
        slice->last_end = tw_window_last_end(&w->time, span);
    }
    slice->close_ms = tw_window_close_at(&w->time, slice->end);
    return true;
}

static tw_status apply_emitted(tw_window_agg *w, tw_slice *slice, const tw_chunk_record *record, tw_error *error) {
    tw_status status = TW_OK;
    if (!w->direct) return tw_fail(error, TW_E_CORRUPT, "state chunk has early results of a window that gives none");
    if (!slice->emitted) status = tw_emitted_table(&w->emitted, record->namespace_, &slice->emitted);
    return status == TW_OK ? tw_table_apply(slice->emitted, record, error) : tw_fail(error, status, "out of memory while restoring state");
}

static tw_status apply_record(void *context, const tw_chunk_record *record, const tw_chunk_head *head, tw_error *error) {
    tw_window_agg *w = context;
    int32_t family;
    int64_t named = tw_agg_family(&w->set, record->namespace_, &family), end = named >> 2;
    int kind = (int)(named & 3);
    tw_slices *list = kind == TW_SLICE_CORRECTION ? &w->corrections : &w->slices;
    if (kind > TW_SLICE_EMITTED || end > 2 * TW_WINDOW_TIME_MAX || end < -2 * TW_WINDOW_TIME_MAX)
        return tw_fail(error, TW_E_CORRUPT, "state chunk has a namespace that is no window's");
    if (record->op == 3) { /* a slice is cleared as a whole, by its own record */
        if (family >= 0 || kind == TW_SLICE_EMITTED) return TW_OK;
        return tw_slices_clear(list, end, head->first_group, head->end_group, error);
    }
    if (!tw_owns_group(w->op.task, record->group)) return TW_OK;
    tw_slice *slice;
    bool made;
    tw_status status = tw_slices_need(list, end, end, &slice, &made);
    if (status != TW_OK) return tw_fail(error, status, "out of memory while restoring state");
    if (made && !describe(w, list, slice)) return tw_fail(error, TW_E_CORRUPT, "state chunk has a slice between two");
    slice->saved = true;
    if (kind == TW_SLICE_EMITTED) return apply_emitted(w, slice, record, error);
    return family < 0 ? tw_table_apply(slice->table, record, error) : tw_agg_scope_apply(&w->set, &slice->scope, record, error);
}

static tw_status restore(tw_operator *op, tw_reader *chunk, tw_error *error) {
    tw_window_agg *w = (tw_window_agg *)op;
    tw_chunk_head head = {.watermark = w->done};
    TW_TRY(tw_chunk_read(chunk, "a windowed aggregation", &head, apply_record, w, error));
    w->done = head.watermark;
    for (int32_t i = 0; w->direct && i < w->slices.count; i++) {
        tw_slice *slice = tw_slices_at(&w->slices, i);
        slice->fired = slice->close_ms <= w->done;
    }
    tw_placing_forget(w);
    arm_timer(w);
    return TW_OK;
}

const tw_operator_ops TW_OPERATOR_WINDOW_AGG = {.name = "window_agg",
                                                .size = sizeof(tw_window_agg),
                                                .open = open_agg,
                                                .push = push,
                                                .resume = resume,
                                                .watermark = watermark,
                                                .timer = timer,
                                                .snapshot = snapshot,
                                                .restore = restore,
                                                .close = close_agg};
