#include "operator/window_early.h"

enum { PIECE = TW_MERGE_ROWS }; /* elements looked at together: at most two rows each */

tw_status tw_early_open(tw_window_agg *w) {
    tw_early *e = w->early = TW_NEW(&w->set.arena, tw_early);
    if (!e) return TW_E_NOMEM;
    e->fired = TW_WATERMARK_MIN;
    e->upsert = w->op.node->changelog == TW_UPSERT;
    e->blocks = TW_NEW_ARRAY(&w->set.arena, const char *, PIECE);
    e->elements = TW_NEW_ARRAY(&w->set.arena, tw_element *, 2 * PIECE);
    e->kept_elements = TW_NEW_ARRAY(&w->set.arena, tw_element *, PIECE);
    e->kinds = TW_NEW_ARRAY(&w->set.arena, int8_t, 2 * PIECE);
    if (!e->blocks || !e->elements || !e->kept_elements || !e->kinds) return TW_E_NOMEM;
    return tw_emitted_open(&w->emitted, &w->set, w->plan);
}

void tw_early_close_all(tw_window_agg *w) {
    tw_emitted_close(&w->emitted);
    if (w->early) tw_free(w->op.task->mem, w->early->touched, sizeof(int64_t) * (size_t)w->early->touched_room);
}

tw_status tw_early_touched(tw_window_agg *w, const tw_slice *slice) {
    tw_early *e = w->early;
    if (!tw_grow(w->op.task->mem, &e->touched, e->ntouched, &e->touched_room, 16, sizeof *e->touched)) return TW_E_NOMEM;
    e->touched[e->ntouched++] = slice->end;
    return TW_OK;
}

/* ---- changes of one window ---- */

/* Adds one change at row `at` of the output; which element's keys stand there is in e->elements. */
static int32_t add_change(tw_early *e, tw_element *element, int8_t kind, int32_t n) {
    e->elements[n] = element;
    e->kinds[n] = kind;
    return n + 1;
}

/* Writes the changes of the i-th computed result against the one kept; returns how many rows there are then. */
static tw_status change_one(tw_window_agg *w, tw_slice *slice, tw_element *element, int32_t i, bool alive, int32_t *n) {
    tw_early *e = w->early;
    tw_builder *out = &w->out.builder;
    int32_t at = out->batch.rows;
    tw_element *kept = e->kept_elements[i];
    tw_emitted_slot *slot = (tw_emitted_slot *)tw_table_payload(slice->emitted, kept);
    tw_str old = tw_emitted_kept(slot), new = tw_emitted_result(&w->emitted, i);
    if (!alive && !old.data) return tw_table_remove(slice->emitted, kept);
    if (alive && old.data && tw_str_equal(old, new)) return TW_OK;
    if (old.data && (!alive || !e->upsert)) {
        TW_TRY(tw_emitted_write_old(&w->emitted, old, out, at + *n));
        *n = add_change(e, element, alive ? TW_UPDATE_BEFORE : TW_DELETE, *n);
    }
    if (!alive) return tw_table_remove(slice->emitted, kept);
    TW_TRY(tw_emitted_write_new(&w->emitted, i, out, at + *n));
    *n = add_change(e, element, old.data ? TW_UPDATE_AFTER : TW_INSERT, *n);
    TW_TRY(tw_table_touch(slice->emitted, kept, tw_table_generation(slice->emitted)));
    return tw_emitted_keep(w->emitted.mem, slot, new);
}

/* Adds the changes of up to PIECE elements; the output has room for two rows each. */
static tw_status change_piece(tw_window_agg *w, tw_slice *slice, tw_element *const *elements, int32_t count) {
    tw_early *e = w->early;
    int32_t n = 0, at = w->out.builder.batch.rows;
    if (count == 0) return TW_OK;
    if (!slice->emitted)
        TW_TRY(tw_emitted_table(&w->emitted, tw_agg_stored(&w->set, tw_slice_namespace(slice->end, TW_SLICE_EMITTED)), &slice->emitted));
    for (int32_t i = 0; i < count; i++) e->blocks[i] = tw_table_payload(slice->table, elements[i]) + w->set.header;
    TW_TRY(tw_emitted_compute(&w->emitted, e->blocks, count));
    TW_TRY(tw_table_upsert(slice->emitted, tw_slice_keys(&w->merge.merger, slice, elements, count), e->kept_elements, NULL));
    for (int32_t i = 0; i < count; i++) {
        bool alive = *(const int64_t *)(e->blocks[i] - w->set.header) > 0;
        TW_TRY(change_one(w, slice, elements[i], i, alive, &n));
    }
    tw_window_span window = {slice->start, slice->end};
    tw_window_rows rows = {slice->table, e->elements, n, &window, true};
    TW_TRY(tw_window_out_frame(&w->out, &rows, at));
    return tw_builder_commit(&w->out.builder, n, e->kinds);
}

static tw_status need_room(tw_window_agg *w) { return tw_window_out_room(&w->out) < 2 * PIECE ? tw_window_flush(w) : TW_OK; }

/* ---- firing ---- */

static void forget_changes(tw_slice *slice) {
    for (int32_t i = 0; i < slice->nchanged; i++) tw_bit_clear(slice->dirty, slice->changed[i]->number);
    slice->nchanged = 0;
}

static tw_status fire_slice(tw_window_agg *w, tw_slice *slice) {
    tw_early *e = w->early;
    while (e->element < slice->nchanged) {
        TW_TRY(need_room(w));
        int32_t n = slice->nchanged - e->element < PIECE ? slice->nchanged - e->element : PIECE;
        TW_TRY(tw_window_failed(w, change_piece(w, slice, slice->changed + e->element, n)));
        e->element += n;
    }
    forget_changes(slice);
    return TW_OK;
}

static tw_status fire(tw_window_agg *w) {
    tw_early *e = w->early;
    for (; e->at < e->ntouched; e->at++) {
        tw_slice *slice = tw_slices_find(&w->slices, e->touched[e->at]);
        if (!slice || slice->nchanged == 0) continue;
        if (!e->all && !slice->fired) {
            e->touched[e->kept++] = e->touched[e->at];
            continue;
        }
        TW_TRY(fire_slice(w, slice));
        e->element = 0;
    }
    e->ntouched = e->kept;
    e->firing = false;
    return TW_OK;
}

tw_status tw_early_fire(tw_window_agg *w, bool all) {
    tw_early *e = w->early;
    if (!e->firing) {
        e->at = e->kept = e->element = 0;
        e->all = all;
        e->firing = true;
    }
    return fire(w);
}

/* ---- batches ---- */

tw_status tw_early_push(tw_window_agg *w, const tw_batch *batch) {
    w->early->batch = batch;
    w->early->row = 0;
    return tw_early_push_go_on(w);
}

tw_status tw_early_push_go_on(tw_window_agg *w) {
    tw_early *e = w->early;
    bool on_update = w->plan->emit.mode == TW_EMIT_ON_UPDATE, single = w->op.task->plan && w->op.task->plan->every_change;
    while (e->firing || e->row < e->batch->rows) {
        if (!e->firing) {
            int32_t end = single ? e->row + 1 : e->batch->rows;
            TW_TRY(tw_window_failed(w, tw_window_place(w, e->batch, e->row, end)));
            e->row = end;
        }
        TW_TRY(tw_early_fire(w, on_update));
    }
    TW_TRY(tw_window_out_flush(&w->out));
    e->batch = NULL;
    return TW_OK;
}

/* ---- closing ---- */

/* All keys of a window that is closing. */
static tw_status close_slice(tw_window_agg *w, tw_slice *slice) {
    tw_early *e = w->early;
    for (;;) {
        tw_element **elements = w->placing.elements;
        int32_t n = 0;
        TW_TRY(need_room(w));
        while (n < PIECE && (elements[n] = tw_table_next(slice->table, &w->cursor)) != NULL) n++;
        TW_TRY(tw_window_failed(w, change_piece(w, slice, elements, n)));
        if (n < PIECE) break;
    }
    forget_changes(slice);
    e->element = 0;
    return TW_OK;
}

/* Frees windows that take no more rows. */
static tw_status purge(tw_window_agg *w) {
    while (w->slices.count) {
        const tw_slice *slice = tw_slices_at(&w->slices, 0);
        if (!slice->fired || slice->close_ms > w->target - w->plan->emit.lateness_ms) break;
        TW_TRY(tw_slices_drop(&w->slices, 0));
    }
    return TW_OK;
}

/* Has the watermark passed a multiple of the interval? */
static bool interval_passed(const tw_window_agg *w) {
    const tw_emit_spec *emit = &w->plan->emit;
    if (emit->mode != TW_EMIT_EVERY || emit->processing_time || emit->every_ms <= 0) return false;
    return tw_emit_interval_passed(emit, w->early->fired, w->target);
}

tw_status tw_early_close(tw_window_agg *w) {
    tw_early *e = w->early;
    for (; e->slice < w->slices.count; e->slice++) {
        tw_slice *slice = tw_slices_at(&w->slices, e->slice);
        if (slice->fired) continue;
        if (slice->close_ms > w->target) break;
        TW_TRY(close_slice(w, slice));
        w->cursor = 0;
        slice->fired = true;
    }
    TW_TRY(tw_window_failed(w, purge(w)));
    if (e->firing || w->fires || interval_passed(w)) TW_TRY(tw_early_fire(w, true));
    w->fires = false;
    e->fired = w->target;
    e->slice = 0;
    return TW_OK;
}
