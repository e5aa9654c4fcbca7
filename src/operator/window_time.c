#include "operator/window_time.h"

#include <stdio.h>

enum { LISTED = 8 };

void tw_window_time_init(tw_window_time *t, const tw_window *window, const tw_session *session) {
    *t = (tw_window_time){.kind = window->kind, .size_ms = window->size_ms, .step_ms = window->step_ms};
    if (window->kind == TW_WINDOW_TUMBLE || t->step_ms <= 0) t->step_ms = t->size_ms;
    int64_t period = window->kind == TW_WINDOW_CUMULATE ? t->size_ms : t->step_ms;
    if (period > 0) t->offset_ms = tw_floor_mod(window->offset_ms, period);
    if (window->kind == TW_WINDOW_HOP) t->cut_ms = t->size_ms % t->step_ms;
    if (window->local_time) t->zone = session->zone;
}

/* ---- time zones ---- */

/* The instant of the change of the clock that lies in (low, high]. */
static int64_t change_between(const tw_zone *zone, int64_t low, int64_t high) {
    int32_t before = tw_zone_offset(zone, low);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (tw_zone_offset(zone, middle) == before)
            low = middle;
        else
            high = middle;
    }
    return high;
}

int64_t tw_window_close_at(const tw_window_time *t, int64_t end) {
    if (!t->zone) return end - 1;
    int64_t local = end - 1, utc = tw_zone_to_utc(t->zone, local), shown = tw_zone_to_local(t->zone, utc);
    if (shown != local) return change_between(t->zone, utc - (shown - local), utc); /* no such time on the clock */
    int64_t later = local - (int64_t)tw_zone_offset(t->zone, utc + TW_DAY_MS) * 1000;
    return later > utc && tw_zone_to_local(t->zone, later) == local ? later : utc;
}

tw_window_span tw_window_utc_range(const tw_window_time *t, tw_window_span span, int64_t utc) {
    if (!t->zone) return span;
    int32_t offset = tw_zone_offset(t->zone, utc);
    int64_t shift = (int64_t)offset * 1000;
    tw_window_span r = {span.start - shift, span.end - shift};
    if (r.start < utc - TW_DAY_MS) r.start = utc - TW_DAY_MS;
    if (r.end > utc + TW_DAY_MS) r.end = utc + TW_DAY_MS;
    while (tw_zone_offset(t->zone, r.start) != offset) r.start += (utc - r.start + 1) / 2;
    while (tw_zone_offset(t->zone, r.end - 1) != offset) r.end -= (r.end - utc) / 2;
    return r;
}

/* ---- slices and windows ---- */

/* The last start of a period at or before. */
static int64_t floor_to(int64_t ms, int64_t offset, int64_t period) { return tw_floor_div(ms - offset, period) * period + offset; }

tw_window_span tw_window_slice(const tw_window_time *t, int64_t local) {
    int64_t start = floor_to(local, t->kind == TW_WINDOW_CUMULATE ? t->offset_ms % t->step_ms : t->offset_ms, t->step_ms);
    tw_window_span slice = {start, start + t->step_ms};
    if (!t->cut_ms) return slice;
    if (local - start >= t->cut_ms)
        slice.start = start + t->cut_ms;
    else
        slice.end = start + t->cut_ms;
    return slice;
}

int64_t tw_window_first_end(const tw_window_time *t, tw_window_span slice) {
    if (t->kind != TW_WINDOW_HOP) return slice.end;
    return floor_to(slice.end - t->size_ms + t->step_ms - 1, t->offset_ms, t->step_ms) + t->size_ms;
}

int64_t tw_window_last_end(const tw_window_time *t, tw_window_span slice) {
    switch (t->kind) {
    case TW_WINDOW_HOP: return floor_to(slice.start, t->offset_ms, t->step_ms) + t->size_ms;
    case TW_WINDOW_CUMULATE: return floor_to(slice.start, t->offset_ms, t->size_ms) + t->size_ms;
    default: return slice.end;
    }
}

int64_t tw_window_start(const tw_window_time *t, int64_t end) {
    return t->kind == TW_WINDOW_CUMULATE ? floor_to(end - 1, t->offset_ms, t->size_ms) : end - t->size_ms;
}

int64_t tw_window_slices(const tw_window_time *t) {
    if (t->kind == TW_WINDOW_TUMBLE) return 1;
    return t->cut_ms ? t->size_ms / t->step_ms * 2 + 1 : t->size_ms / t->step_ms;
}

int64_t tw_window_slice_number(const tw_window_time *t, tw_window_span slice) {
    int64_t period = tw_floor_div(slice.start - t->offset_ms, t->step_ms);
    return t->cut_ms ? 2 * period + (slice.start - t->offset_ms - period * t->step_ms >= t->cut_ms) : period;
}

/* ---- text ---- */

int tw_window_text(tw_window_span window, char *out, int size) {
    char start[48], end[48];
    int a = tw_timestamp_format(start, tw_ts_of(window.start, 0), 3), b = tw_timestamp_format(end, tw_ts_of(window.end, 0), 3);
    int n = snprintf(out, (size_t)size, "[%.*s, %.*s)", a, start, b, end);
    return n < size ? n : size - 1;
}

int tw_window_list(const tw_window_time *t, tw_window_span slice, char *out, int size) {
    int64_t first = tw_window_first_end(t, slice), last = tw_window_last_end(t, slice);
    int64_t n = (last - first) / t->step_ms + 1;
    int at = 0;
    for (int64_t i = 0; i < n && i < LISTED && at < size - 1; i++) {
        int64_t end = first + i * t->step_ms;
        if (i) at += snprintf(out + at, (size_t)(size - at), ", ");
        if (at < size - 1) at += tw_window_text((tw_window_span){tw_window_start(t, end), end}, out + at, size - at);
    }
    if (n > LISTED && at < size - 1) at += snprintf(out + at, (size_t)(size - at), " and %lld more", (long long)(n - LISTED));
    return at < size ? at : size - 1;
}
