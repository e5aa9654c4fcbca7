/* A plain model of windowed aggregation for property tests: random rows in random disorder over several partitions, every row added to every window
 * that it is in time for by its own partition's watermark. */
#ifndef TW_TESTS_UNIT_WINDOW_MODEL_H
#define TW_TESTS_UNIT_WINDOW_MODEL_H

#include <stdio.h>

#include "base/prng.h"
#include "operator/window_time.h"
#include "window_test.h"

enum { MODEL_SPLITS = 3, MODEL_ROWS = 400, MODEL_GROUPS = 40000, MODEL_VALUES = 12 };

typedef struct model_row {
    int64_t k, v, ts;
    bool v_null;
    bool minus; /* a retraction */
} model_row;

typedef struct model_group {
    int64_t k, start, end;
    int64_t count, nvalues, sum;
    int64_t seen[MODEL_VALUES]; /* signed, per value */
} model_group;

typedef struct model {
    tw_prng prng;
    int nsplits, nrows[MODEL_SPLITS];
    model_row rows[MODEL_SPLITS][MODEL_ROWS];
    model_group *groups;
    int ngroups;
    int64_t late;
} model;

/* Rows from `base` on, about `pace` ms apart, up to `disorder` ms out of order. */
static inline void model_fill(model *m, uint64_t seed, int nsplits, int nrows, int64_t base, int64_t pace, int64_t disorder, int nkeys) {
    m->prng.state = seed;
    m->nsplits = nsplits;
    m->ngroups = 0;
    m->late = 0;
    for (int s = 0; s < nsplits; s++) {
        m->nrows[s] = nrows;
        int64_t time = base;
        for (int i = 0; i < nrows; i++) {
            time += (int64_t)tw_prng_below(&m->prng, (uint32_t)(2 * pace + 1));
            m->rows[s][i] = (model_row){.k = tw_prng_below(&m->prng, (uint32_t)nkeys),
                                        .v = tw_prng_below(&m->prng, MODEL_VALUES),
                                        .ts = time - (int64_t)tw_prng_below(&m->prng, (uint32_t)disorder + 1),
                                        .v_null = tw_prng_below(&m->prng, 9) == 0};
        }
    }
}

/* Makes some rows retractions of an earlier one of their split, at the same time of day. */
static inline void model_retract(model *m) {
    for (int s = 0; s < m->nsplits; s++)
        for (int i = 1; i < m->nrows[s]; i++) {
            int j = i - 1;
            if (tw_prng_below(&m->prng, 3) || m->rows[s][j].minus) continue;
            m->rows[s][i] = m->rows[s][j];
            m->rows[s][i].minus = true;
        }
}

static inline const char *model_script(model *m, plan_test *t, int split) {
    tw_buf out;
    tw_buf_init(&out, &t->mem, 0);
    for (int i = 0; i < m->nrows[split]; i++) {
        const model_row *r = &m->rows[split][i];
        if (r->minus) tw_buf_text(&out, "-D ");
        tw_buf_printf(&out, "%lld, ", (long long)r->k);
        if (r->v_null)
            tw_buf_text(&out, "NULL");
        else
            tw_buf_printf(&out, "%lld", (long long)r->v);
        tw_buf_printf(&out, ", %lld\n", (long long)r->ts);
    }
    const char *text = tw_arena_strndup(&t->arena, out.data ? out.data : "", out.length);
    tw_buf_free(&out);
    return text;
}

static inline tw_plan_node *model_scan(model *m, plan_test *t, const tw_type *row) {
    const char *script[MODEL_SPLITS] = {"", "", ""};
    for (int s = 0; s < m->nsplits; s++) script[s] = model_script(m, t, s);
    return plan_scan(t, row, m->nsplits, script[0], script[1], script[2]);
}

static inline model_group *model_find(model *m, int64_t k, int64_t start, int64_t end) {
    for (int i = 0; i < m->ngroups; i++)
        if (m->groups[i].k == k && m->groups[i].start == start && m->groups[i].end == end) return &m->groups[i];
    assert_true(m->ngroups < MODEL_GROUPS);
    m->groups[m->ngroups] = (model_group){.k = k, .start = start, .end = end};
    return &m->groups[m->ngroups++];
}

static inline void model_add(model_group *g, const model_row *r) {
    int sign = r->minus ? -1 : 1;
    g->count += sign;
    if (r->v_null) return;
    g->nvalues += sign;
    g->sum += sign * r->v;
    g->seen[r->v] += sign;
}

/* Which windows [start, end) have the local time, plainly: tried one by one. Returns how many. */
static inline int model_windows(const tw_window *w, int64_t local, tw_window_span *out) {
    int n = 0;
    if (w->kind == TW_WINDOW_CUMULATE) {
        int64_t start = tw_floor_div(local - w->offset_ms, w->size_ms) * w->size_ms + w->offset_ms;
        for (int64_t end = start + w->step_ms; end <= start + w->size_ms; end += w->step_ms)
            if (local < end) out[n++] = (tw_window_span){start, end};
        return n;
    }
    int64_t slide = w->kind == TW_WINDOW_HOP ? w->step_ms : w->size_ms;
    int64_t start = tw_floor_div(local - w->offset_ms, slide) * slide + w->offset_ms;
    for (; start + w->size_ms > local; start -= slide) out[n++] = (tw_window_span){start, start + w->size_ms};
    return n;
}

/* A window has closed when the last instant shown as its last millisecond is reached: sought plainly among the offsets that may hold there. */
static inline int64_t model_close(const tw_zone *zone, int64_t end) {
    if (!zone) return end - 1;
    int64_t best = INT64_MIN;
    for (int64_t shift = -15 * 3600; shift <= 15 * 3600; shift += 1800) {
        int64_t utc = end - 1 - shift * 1000;
        if (tw_zone_to_local(zone, utc) == end - 1 && utc > best) best = utc;
    }
    if (best != INT64_MIN) return best;
    int64_t utc = tw_zone_to_utc(zone, end - 1); /* no such time: back to the minute where the clock was changed */
    while (tw_zone_offset(zone, utc - 1) == tw_zone_offset(zone, utc)) utc--;
    return utc;
}

/* Fills the groups. `delay`: of the watermark behind the largest time. */
static inline void model_run(model *m, const tw_window *w, const tw_zone *zone, int64_t delay, int64_t lateness) {
    tw_window_span windows[4096];
    for (int s = 0; s < m->nsplits; s++) {
        int64_t watermark = INT64_MIN;
        for (int i = 0; i < m->nrows[s]; i++) {
            const model_row *r = &m->rows[s][i];
            int n = model_windows(w, zone ? tw_zone_to_local(zone, r->ts) : r->ts, windows), taken = 0;
            for (int k = 0; k < n; k++) {
                if (watermark != INT64_MIN && model_close(zone, windows[k].end) + lateness <= watermark) continue;
                model_add(model_find(m, r->k, windows[k].start, windows[k].end), r);
                taken++;
            }
            m->late += n && !taken;
            if (r->ts - delay > watermark) watermark = r->ts - delay;
        }
    }
}

/* Sessions: every row merges those of its key that it meets and that are open at its watermark. On several partitions watermarks are left out:
 * rows must be in time. */
static inline void model_sessions(model *m, int64_t gap, const tw_zone *zone, int64_t delay, int64_t lateness) {
    for (int s = 0; s < m->nsplits; s++) {
        int64_t watermark = INT64_MIN;
        for (int i = 0; i < m->nrows[s]; i++) {
            const model_row *r = &m->rows[s][i];
            int64_t start = zone ? tw_zone_to_local(zone, r->ts) : r->ts, end = start + gap;
            model_group merged = {.k = r->k, .start = start, .end = end};
            for (int g = 0; g < m->ngroups; g++) {
                model_group *old = &m->groups[g];
                if (old->k != r->k || old->start > end || old->end < start) continue;
                if (watermark != INT64_MIN && model_close(zone, old->end) + lateness <= watermark) continue;
                merged.start = old->start < merged.start ? old->start : merged.start;
                merged.end = old->end > merged.end ? old->end : merged.end;
                merged.count += old->count;
                merged.nvalues += old->nvalues;
                merged.sum += old->sum;
                for (int v = 0; v < MODEL_VALUES; v++) merged.seen[v] += old->seen[v];
                *old = m->groups[--m->ngroups];
                g = -1;
                start = merged.start;
                end = merged.end;
            }
            bool late = watermark != INT64_MIN && model_close(zone, merged.end) + lateness <= watermark;
            m->late += late;
            if (!late) model_add(&merged, r);
            if (!late) m->groups[m->ngroups++] = merged;
            if (m->nsplits == 1 && r->ts - delay > watermark) watermark = r->ts - delay;
        }
    }
}

static inline void model_time(tw_buf *out, int64_t ms) {
    char text[48];
    tw_buf_printf(out, ", %.*s", tw_timestamp_format_iso(text, tw_ts_of(ms, 0), false), text);
}

static inline void model_value(tw_buf *out, const model_group *g, const char *call) {
    int lowest = -1, distinct = 0;
    for (int v = MODEL_VALUES - 1; v >= 0; v--)
        if (g->seen[v] > 0) lowest = v, distinct++;
    if (strcmp(call, "COUNT") == 0)
        tw_buf_printf(out, ", %lld", (long long)g->count);
    else if (strcmp(call, "DISTINCT") == 0)
        tw_buf_printf(out, ", %d", distinct);
    else if (g->nvalues == 0)
        tw_buf_text(out, ", null");
    else
        tw_buf_printf(out, ", %lld", strcmp(call, "SUM") == 0 ? (long long)g->sum : (long long)lowest);
}

/* One line per group that has rows: [k, calls..., start, end]. `prefix`: "+I" or "". */
static inline const char *model_expected(model *m, plan_test *t, const char *prefix, const char *const *calls, int ncalls) {
    tw_buf out;
    tw_buf_init(&out, &t->mem, 0);
    for (int i = 0; i < m->ngroups; i++) {
        const model_group *g = &m->groups[i];
        if (g->count <= 0) continue;
        tw_buf_printf(&out, "%s[%lld", prefix, (long long)g->k);
        for (int c = 0; c < ncalls; c++) model_value(&out, g, calls[c]);
        model_time(&out, g->start);
        model_time(&out, g->end);
        tw_buf_text(&out, "]\n");
    }
    const char *text = tw_arena_strndup(&t->arena, out.data ? out.data : "", out.length);
    tw_buf_free(&out);
    return text;
}

static inline tw_agg_call model_call(const char *name, bool retract) {
    bool distinct = strcmp(name, "DISTINCT") == 0;
    return window_call(distinct ? "COUNT" : name, strcmp(name, "COUNT") != 0, distinct, retract);
}

/* ---- a property: rows, an aggregation, and what the model says of it ---- */

static const char *const CALLS[] = {"COUNT", "SUM", "MIN", "DISTINCT"};

typedef struct property {
    tw_window window;
    const char *zone; /* NULL: TIMESTAMP */
    int64_t base, pace, disorder, delay;
    int ncalls, nkeys, nsplits, nrows;
    bool retract;
    tw_emit_spec emit;
} property;

static model MODEL;

/* The plan of the property over rows of the seed; returns what is expected. */
static inline const char *set_up(plan_test *t, const property *p, uint64_t seed, tw_zone **zone, bool *net) {
    window_open(t);
    if (p->zone) {
        assert_int_equal(tw_zone_load(&t->mem, tw_str_of(p->zone), zone, &t->error), TW_OK);
        t->session.zone = *zone;
    }
    MODEL.groups = calloc(MODEL_GROUPS, sizeof *MODEL.groups);
    model_fill(&MODEL, seed, p->nsplits, p->nrows, p->base, p->pace, p->disorder, p->nkeys);
    if (p->retract) model_retract(&MODEL);
    if (p->window.kind == TW_WINDOW_SESSION)
        model_sessions(&MODEL, p->window.gap_ms, *zone, p->delay, p->emit.lateness_ms);
    else
        model_run(&MODEL, &p->window, *zone, p->delay, p->emit.lateness_ms);
    tw_plan_node *n = plan_watermark(t, model_scan(&MODEL, t, window_input(t, p->zone != NULL)), 2, p->delay);
    n->u.watermark.rows_wanted = p->window.kind == TW_WINDOW_SESSION;
    n = plan_exchange(t, n, 1, 0);
    tw_agg_call calls[4];
    for (int c = 0; c < p->ncalls; c++) calls[c] = model_call(CALLS[c], p->retract);
    tw_window window = p->window;
    window.time_column = 2;
    window.local_time = p->zone != NULL;
    n = window_agg(t, n, window, p->ncalls, calls);
    n->u.agg.emit = p->emit;
    *net = p->emit.mode != TW_EMIT_ON_CLOSE || p->emit.lateness_ms > 0;
    if (*net) n->changelog = TW_RETRACT;
    plan_sink(t, n);
    return model_expected(&MODEL, t, *net ? "" : "+I", CALLS, p->ncalls);
}

static inline void clean_up(plan_test *t, tw_zone *zone) {
    free(MODEL.groups);
    tw_zone_free(&t->mem, zone);
    plan_close(t);
}

static inline void check_property(const property *p, uint64_t seed, bool resumed) {
    plan_test t;
    tw_zone *zone = NULL;
    bool net;
    const char *expected = set_up(&t, p, seed, &zone, &net);
    plan_expect_all(&t, net, expected);
    assert_int_equal(t.stats.late_rows, MODEL.late);
    if (resumed) plan_expect_resumed(&t, net, expected);
    clean_up(&t, zone);
}

static inline void check_allocations(const property *p, uint64_t seed) {
    plan_test t;
    tw_zone *zone = NULL;
    bool net;
    const char *expected = set_up(&t, p, seed, &zone, &net);
    plan_fail_allocations(&t, net, expected);
    clean_up(&t, zone);
}

#endif
