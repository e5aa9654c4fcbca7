/* Rows to slices.
 *
 * Rows come in runs of one slice: a row's time is compared with the range of the slice before, then with the ranges seen last; only then is a slice
 * computed. The rows are put in order of slice, encoded at once, and each slice's table gets its part of the keys. */
#include "operator/evaluation.h"
#include "operator/window_early.h"

enum { MISSED_TEXT = 640 };

tw_status tw_placing_open(tw_window_agg *w) {
    tw_placing *p = &w->placing;
    tw_arena *arena = &w->set.arena;
    tw_keys_init(&p->keys, w->op.task->mem);
    p->serial = 1;
    p->row = TW_NEW_ARRAY(arena, uint16_t, TW_BATCH_ROWS);
    p->order = TW_NEW_ARRAY(arena, uint16_t, TW_BATCH_ROWS);
    p->which = TW_NEW_ARRAY(arena, uint16_t, TW_BATCH_ROWS);
    p->first = TW_NEW_ARRAY(arena, int32_t, TW_BATCH_ROWS + 2);
    p->slices = TW_NEW_ARRAY(arena, tw_slice *, TW_BATCH_ROWS);
    p->elements = TW_NEW_ARRAY(arena, tw_element *, TW_BATCH_ROWS);
    p->payloads = TW_NEW_ARRAY(arena, char *, TW_BATCH_ROWS);
    p->columns = TW_NEW_ARRAY(arena, const tw_column *, w->keyed.nkeys + 1);
    tw_placing_forget(w);
    return p->row && p->order && p->which && p->first && p->slices && p->elements && p->payloads && p->columns ? TW_OK : TW_E_NOMEM;
}

void tw_placing_close(tw_window_agg *w) { tw_keys_free(&w->placing.keys); }

void tw_placing_forget(tw_window_agg *w) {
    for (int i = 0; i < TW_PLACE_RANGES; i++) w->placing.ranges[i] = (tw_place_range){.low = 1, .high = 0};
}

/* ---- adding ---- */

/* Puts the gathered rows in order of slice, each slice's in order of arrival. */
static void sort_rows(tw_placing *p) {
    int32_t *next = p->first + 1; /* becomes the end of each slice's rows */
    memset(p->first, 0, sizeof *p->first * ((size_t)p->nslices + 2));
    for (int32_t k = 0; k < p->count; k++) next[p->which[k] + 1]++;
    for (int32_t s = 0; s < p->nslices; s++) next[s + 1] += next[s];
    for (int32_t k = 0; k < p->count; k++) p->order[next[p->which[k]]++] = p->row[k];
}

static tw_keys part_of(const tw_window_agg *w, int32_t from, int32_t to) {
    tw_keys part = w->placing.keys;
    part.count = to - from;
    part.hashes += from;
    if (w->set.key_codec.fixed)
        part.fixed += (size_t)from * (size_t)w->set.key_codec.width;
    else
        part.variable += from;
    return part;
}

static tw_status grow_dirty(tw_slice *slice, uint32_t number, tw_mem *mem) {
    uint32_t words = slice->dirty_words ? slice->dirty_words * 2 : 8;
    while (words <= number / 64) words *= 2;
    uint64_t *dirty = tw_realloc(mem, slice->dirty, 8 * (size_t)slice->dirty_words, 8 * (size_t)words);
    if (!dirty) return TW_E_NOMEM;
    memset(dirty + slice->dirty_words, 0, 8 * (size_t)(words - slice->dirty_words));
    slice->dirty = dirty;
    slice->dirty_words = words;
    return TW_OK;
}

/* Notes which elements have changed since results were last handed on. */
static tw_status note_changed(tw_window_agg *w, tw_slice *slice, tw_element *const *elements, int32_t n) {
    for (int32_t k = 0; k < n; k++) {
        uint32_t number = elements[k]->number;
        if (number / 64 >= slice->dirty_words) TW_TRY(grow_dirty(slice, number, w->set.mem));
        if (tw_bit_get(slice->dirty, number)) continue;
        if (!tw_grow(w->set.mem, &slice->changed, slice->nchanged, &slice->changed_room, 64, sizeof *slice->changed)) return TW_E_NOMEM;
        if (slice->nchanged == 0) TW_TRY(tw_early_touched(w, slice));
        tw_bit_set(slice->dirty, number);
        slice->changed[slice->nchanged++] = elements[k];
    }
    return TW_OK;
}

/* Finds the elements of rows [from, to) of the order and counts the rows in them. */
static tw_status find_elements(tw_window_agg *w, const tw_batch *batch, tw_selection rows, tw_slice *slice, int32_t from, int32_t to) {
    tw_placing *p = &w->placing;
    tw_element **elements = p->elements + from;
    tw_keys keys = part_of(w, from, to);
    TW_TRY(tw_table_upsert(slice->table, &keys, elements, NULL));
    uint32_t generation = tw_table_generation(slice->table);
    ptrdiff_t payload_at = tw_table_payload(slice->table, elements[0]) - (char *)elements[0];
    for (int32_t k = 0; k < to - from; k++) {
        TW_TRY(tw_table_touch(slice->table, elements[k], generation));
        p->payloads[from + k] = (char *)elements[k] + payload_at + w->set.header;
    }
    for (int32_t k = from; w->set.header && k < to; k++) {
        int32_t row = tw_selected(&rows, k);
        int64_t by = w->plan->merges ? tw_partials_rows(&w->partials, batch, row) : batch->kinds ? tw_change_sign(batch->kinds[row]) : 1;
        *(int64_t *)(p->payloads[k] - w->set.header) += by;
    }
    return w->direct ? note_changed(w, slice, elements, to - from) : TW_OK;
}

/* Adds the gathered rows to their slices. */
static tw_status apply(tw_window_agg *w, const tw_batch *batch) {
    tw_placing *p = &w->placing;
    if (p->count == 0) return TW_OK;
    tw_selection rows = {p->nslices == 1 ? p->row : p->order, p->count};
    if (p->nslices > 1)
        sort_rows(p);
    else if (p->count == batch->rows)
        rows.index = NULL;
    p->first[0] = 0;
    if (p->nslices == 1) p->first[1] = p->count;
    for (int32_t c = 0; c < w->keyed.nkeys; c++) p->columns[c] = &batch->columns[w->keyed.keys[c]];
    TW_TRY(tw_keys_encode(&p->keys, &w->set.key_codec, p->columns, rows));
    for (int32_t s = 0; s < p->nslices; s++) {
        int32_t from = p->first[s], to = p->first[s + 1];
        TW_TRY(find_elements(w, batch, rows, p->slices[s], from, to));
        if (!w->set.ndistinct) continue;
        tw_selection part = {rows.index ? rows.index + from : NULL, to - from};
        TW_TRY(tw_agg_set_update(&w->set, &p->slices[s]->scope, batch, part, p->payloads + from));
    }
    if (w->plan->merges)
        TW_TRY(tw_partials_update(&w->partials, batch, rows, p->payloads));
    else if (!w->set.ndistinct)
        TW_TRY(tw_agg_set_update(&w->set, NULL, batch, rows, p->payloads));
    p->count = p->nslices = 0;
    p->serial++;
    return TW_OK;
}

static inline tw_status put(tw_window_agg *w, const tw_batch *batch, int32_t row, tw_slice *slice) {
    tw_placing *p = &w->placing;
    if (TW_UNLIKELY(slice->batch != p->serial)) {
        slice->batch = p->serial;
        slice->place = p->nslices;
        p->slices[p->nslices++] = slice;
    }
    p->row[p->count] = (uint16_t)row;
    p->which[p->count] = (uint16_t)slice->place;
    return TW_UNLIKELY(++p->count == TW_BATCH_ROWS) ? apply(w, batch) : TW_OK;
}

/* ---- rows that leave ---- */

static tw_status fail_row(tw_window_agg *w, const tw_batch *batch, int32_t row, const char *message) {
    tw_error error;
    tw_fail_at(&error, TW_E_VALUE, w->op.node->pos, "%s", message);
    return tw_row_failed(&w->op, batch, row, &error);
}

static int64_t int_at(const tw_column *c, int32_t row) {
    if (c->constant) row = 0;
    return c->phys == TW_PHYS_TS ? ((const tw_ts *)c->values)[row].ms : ((const int64_t *)c->values)[row];
}

static void drop_late(tw_window_agg *w, const tw_batch *batch, int32_t row, const tw_place_range *range, int64_t watermark) {
    char text[MISSED_TEXT];
    int length;
    if (w->time.kind == TW_WINDOW_ATTACHED) {
        int64_t start = int_at(&batch->columns[w->plan->window.start_column], row);
        length = tw_window_text((tw_window_span){start, range->last_end}, text, sizeof text);
    } else {
        length = tw_window_list(&w->time, range->span, text, sizeof text);
    }
    w->op.task->side->late(w->op.task->side->context, &w->op, batch, row, watermark, (tw_str){text, (size_t)length});
}

/* ---- placing ---- */

/* The watermark at which a window takes no more rows. */
static int64_t expiry(const tw_window_agg *w, int64_t end) { return tw_window_close_at(&w->time, end) + w->plan->emit.lateness_ms; }

/* End of the first window of the range that a row with this watermark is in time for; above last_end: none. */
static int64_t first_open(const tw_window_agg *w, const tw_place_range *r, int64_t watermark) {
    if (r->first_expiry > watermark) return r->first_end;
    int64_t step = w->time.step_ms ? w->time.step_ms : 1, low = 0, high = (r->last_end - r->first_end) / step + 1;
    while (low < high) { /* expiries do not fall */
        int64_t middle = (low + high) / 2;
        if (expiry(w, r->first_end + middle * step) <= watermark)
            low = middle + 1;
        else
            high = middle;
    }
    return r->first_end + low * step;
}

/* A row that is late for some windows of its slice, or (direct) any row. */
static tw_status place_by_window(tw_window_agg *w, const tw_batch *batch, int32_t row, const tw_place_range *r, int64_t row_watermark) {
    int64_t watermark = row_watermark > w->done ? row_watermark : w->done;
    int64_t end = first_open(w, r, watermark);
    if (end > r->last_end) {
        if (r->first_end <= r->last_end) drop_late(w, batch, row, r, row_watermark);
        return TW_OK;
    }
    for (; end <= r->last_end; end += w->time.step_ms ? w->time.step_ms : 1) {
        tw_slice *slice;
        bool made;
        TW_TRY(tw_slices_need(w->direct ? &w->slices : &w->corrections, tw_window_start(&w->time, end), end, &slice, &made));
        if (made) {
            slice->last_end = end;
            slice->close_ms = tw_window_close_at(&w->time, end);
            slice->fired = slice->close_ms <= w->done; /* no row of it was in time */
        }
        TW_TRY(put(w, batch, row, slice));
    }
    return TW_OK;
}

static tw_status need_slice(tw_window_agg *w, tw_place_range *r) {
    bool made;
    TW_TRY(tw_slices_need(&w->slices, r->span.start, r->span.end, &r->slice, &made));
    if (made) r->slice->last_end = r->last_end;
    return TW_OK;
}

static void describe(const tw_window_agg *w, int64_t time, tw_place_range *r) {
    if (w->time.kind == TW_WINDOW_ATTACHED) {
        *r = (tw_place_range){.low = time, .high = time + 1, .span = {time, time}, .first_end = time, .last_end = time};
    } else {
        r->span = tw_window_slice(&w->time, tw_window_to_local(&w->time, time));
        tw_window_span range = tw_window_utc_range(&w->time, r->span, time);
        r->low = range.start;
        r->high = range.end;
        r->first_end = tw_window_first_end(&w->time, r->span);
        r->last_end = tw_window_last_end(&w->time, r->span);
    }
    r->first_expiry = r->first_end <= r->last_end ? expiry(w, r->first_end) : INT64_MIN;
    r->slice = NULL;
}

/* The range of a time; NULL: the time is out of all bounds. */
static tw_place_range *range_of(tw_window_agg *w, int64_t time) {
    tw_placing *p = &w->placing;
    for (int i = 0; i < TW_PLACE_RANGES; i++)
        if (time >= p->ranges[i].low && time < p->ranges[i].high) return &p->ranges[i];
    if (time > TW_WINDOW_TIME_MAX || time < -TW_WINDOW_TIME_MAX) return NULL;
    tw_place_range *r = &p->ranges[p->oldest];
    p->oldest = (p->oldest + 1) % TW_PLACE_RANGES;
    describe(w, time, r);
    return r;
}

/* Where the time that decides on the window lies. */
typedef struct times {
    const char *at;
    size_t stride;
    const uint64_t *validity, *more_validity;
} times;

static times times_of(const tw_window_agg *w, const tw_batch *batch) {
    const tw_window *window = &w->plan->window;
    if (window->proctime && window->kind != TW_WINDOW_ATTACHED) return (times){.at = (const char *)&w->op.task->now_ms};
    const tw_column *c = &batch->columns[window->kind == TW_WINDOW_ATTACHED ? window->end_column : window->time_column];
    times t = {.at = c->values, .stride = c->constant ? 0 : (size_t)tw_phys_width(c->phys), .validity = c->validity};
    if (window->kind == TW_WINDOW_ATTACHED) t.more_validity = batch->columns[window->start_column].validity;
    return t;
}

/* A constant column's only bit stands for all rows. */
static bool is_null(const tw_window_agg *w, const tw_batch *batch, int32_t row) {
    const tw_window *window = &w->plan->window;
    if (window->kind != TW_WINDOW_ATTACHED) return tw_column_null(&batch->columns[window->time_column], row);
    return tw_column_null(&batch->columns[window->end_column], row) || tw_column_null(&batch->columns[window->start_column], row);
}

tw_status tw_window_place(tw_window_agg *w, const tw_batch *batch, int32_t from, int32_t to) {
    const times t = times_of(w, batch);
    const bool nulls = t.validity || t.more_validity;
    tw_place_range none = {.low = 1, .high = 0}, *r = &none;
    for (int32_t row = from; row < to; row++) {
        if (nulls && is_null(w, batch, row)) {
            TW_TRY(fail_row(w, batch, row, "RowTime field should not be null"));
            continue;
        }
        int64_t time;
        memcpy(&time, t.at + (size_t)row * t.stride, sizeof time);
        if (time < r->low || time >= r->high) r = range_of(w, time);
        if (!r) {
            TW_TRY(fail_row(w, batch, row, "the row's time is out of range"));
            r = &none;
            continue;
        }
        int64_t watermark = batch->row_watermark ? batch->row_watermark[row] : TW_WATERMARK_MIN;
        if (w->direct || r->first_expiry <= watermark || r->first_expiry <= w->done) {
            TW_TRY(place_by_window(w, batch, row, r, watermark));
            continue;
        }
        if (!r->slice) TW_TRY(need_slice(w, r));
        TW_TRY(put(w, batch, row, r->slice));
    }
    return apply(w, batch);
}
