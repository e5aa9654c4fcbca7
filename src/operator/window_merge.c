#include "operator/window_merge.h"

enum { FEW_SLICES = 8 };

tw_merge_method tw_window_merge_method(const tw_window_time *t, const tw_agg_set *set) {
    if (t->kind == TW_WINDOW_CUMULATE) return TW_MERGE_GROW;
    if (t->kind != TW_WINDOW_HOP) return TW_MERGE_NONE;
    if (tw_window_slices(t) <= FEW_SLICES) return TW_MERGE_ALL;
    return tw_agg_set_invertible(set) ? TW_MERGE_SUM : TW_MERGE_TREE;
}

tw_status tw_window_merge_open(tw_window_merge *m, tw_agg_set *set, const tw_window_time *time, tw_slices *slices, tw_slices *corrections) {
    *m = (tw_window_merge){.set = set, .time = time, .slices = slices, .corrections = corrections};
    m->method = tw_window_merge_method(time, set);
    return tw_slice_merger_open(&m->merger, set);
}

static void forget_running(tw_window_merge *m) {
    tw_slice_free(m->set, m->running);
    m->running = NULL;
}

void tw_window_merge_close(tw_window_merge *m) {
    if (!m->set) return;
    forget_running(m);
    tw_slice_free(m->set, m->scratch);
    for (int32_t i = 0; i < m->nnodes; i++) tw_slice_free(m->set, m->nodes[i].slice);
    tw_free(m->set->mem, m->nodes, sizeof *m->nodes * (size_t)m->nodes_room);
    tw_free(m->set->mem, m->jobs, sizeof *m->jobs * (size_t)m->jobs_room);
    *m = (tw_window_merge){.set = NULL};
}

/* ---- jobs ---- */

static tw_status add_job(tw_window_merge *m, tw_slice *into, const tw_slice *from, bool subtract) {
    if (!tw_grow(m->set->mem, &m->jobs, m->njobs, &m->jobs_room, 32, sizeof *m->jobs)) return TW_E_NOMEM;
    m->jobs[m->njobs++] = (tw_merge_job){into, from, subtract};
    return TW_OK;
}

/* Jobs for all slices that lie in [start, end). */
static tw_status add_range(tw_window_merge *m, tw_slice *into, int64_t start, int64_t end, bool subtract) {
    for (int32_t i = tw_slices_below(m->slices, start + 1); i < m->slices->count; i++) {
        const tw_slice *slice = tw_slices_at(m->slices, i);
        if (slice->end > end) break;
        TW_TRY(add_job(m, into, slice, subtract));
    }
    return TW_OK;
}

/* The parts merged into a scratch slice, or the only one as it is. */
static tw_status unite(tw_window_merge *m, const tw_slice *const *parts, int32_t n) {
    m->result = n ? parts[0] : NULL;
    if (n < 2) return TW_OK;
    TW_TRY(tw_slice_new(m->set, 0, &m->scratch));
    for (int32_t i = 0; i < n; i++) TW_TRY(add_job(m, m->scratch, parts[i], false));
    m->result = m->scratch;
    return TW_OK;
}

/* ---- ALL ---- */

static tw_status begin_all(tw_window_merge *m, tw_window_span window) {
    const tw_slice *parts[FEW_SLICES + 1], *correction = tw_slices_find(m->corrections, window.end);
    int32_t n = 0;
    for (int32_t i = tw_slices_below(m->slices, window.start + 1); i < m->slices->count; i++) {
        const tw_slice *slice = tw_slices_at(m->slices, i);
        if (slice->end > window.end) break;
        TW_ASSERT(n < FEW_SLICES);
        parts[n++] = slice;
    }
    if (correction) parts[n++] = correction;
    return unite(m, parts, n);
}

/* ---- SUM and GROW ---- */

static tw_status move_running(tw_window_merge *m, tw_window_span window) {
    bool on = m->running && (m->method == TW_MERGE_GROW ? window.start == m->held.start : window.start < m->held.end);
    if (!on) {
        forget_running(m);
        TW_TRY(tw_slice_new(m->set, 0, &m->running));
        m->held = window;
        return add_range(m, m->running, window.start, window.end, false);
    }
    TW_TRY(add_range(m, m->running, m->held.end, window.end, false));
    if (window.start > m->held.start) TW_TRY(add_range(m, m->running, m->held.start, window.start, true));
    m->held = window;
    return TW_OK;
}

static tw_status begin_running(tw_window_merge *m, tw_window_span window) {
    const tw_slice *correction = tw_slices_find(m->corrections, window.end);
    TW_TRY(move_running(m, window));
    const tw_slice *parts[2] = {m->running, correction};
    return unite(m, parts, correction ? 2 : 1);
}

/* ---- TREE ---- */

static int64_t number_of(const tw_window_merge *m, const tw_slice *slice) {
    return tw_window_slice_number(m->time, (tw_window_span){slice->start, slice->end});
}

/* Place in the list of the first slice with that number or a higher one. */
static int32_t place_of(const tw_window_merge *m, int64_t number) {
    int32_t low = 0, high = m->slices->count;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (number_of(m, tw_slices_at(m->slices, middle)) < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static tw_slice *find_node(const tw_window_merge *m, int32_t level, int64_t first) {
    for (int32_t i = m->nnodes - 1; i >= 0; i--)
        if (m->nodes[i].level == level && m->nodes[i].first == first) return m->nodes[i].slice;
    return NULL;
}

static tw_status new_node(tw_window_merge *m, int32_t level, int64_t first, tw_slice **out) {
    if (!tw_grow(m->set->mem, &m->nodes, m->nnodes, &m->nodes_room, 32, sizeof *m->nodes)) return TW_E_NOMEM;
    TW_TRY(tw_slice_new(m->set, 0, out));
    m->nodes[m->nnodes++] = (tw_merge_node){level, first, *out};
    return TW_OK;
}

/* What stands for slices first .. first + 2^level - 1: NULL when none of them has rows, the slice itself when one has, else a node. */
static tw_status need_node(tw_window_merge *m, int32_t level, int64_t first, const tw_slice **out) {
    int32_t begin = place_of(m, first), end = place_of(m, first + (INT64_C(1) << level));
    *out = begin < end ? tw_slices_at(m->slices, begin) : NULL;
    if (end - begin < 2) return TW_OK;
    tw_slice *node = find_node(m, level, first);
    *out = node;
    if (node) return TW_OK;
    const tw_slice *child[2];
    TW_TRY(need_node(m, level - 1, first, &child[0]));
    TW_TRY(need_node(m, level - 1, first + (INT64_C(1) << (level - 1)), &child[1]));
    if (!child[0] || !child[1]) {
        *out = child[0] ? child[0] : child[1];
        return TW_OK;
    }
    TW_TRY(new_node(m, level, first, &node));
    for (int i = 0; i < 2; i++) TW_TRY(add_job(m, node, child[i], false));
    *out = node;
    return TW_OK;
}

static tw_status begin_tree(tw_window_merge *m, tw_window_span window) {
    const tw_slice *parts[130], *correction = tw_slices_find(m->corrections, window.end);
    int32_t n = 0;
    int64_t at = tw_window_slice_number(m->time, tw_window_slice(m->time, window.start)), end = at + tw_window_slices(m->time);
    while (at < end) {
        int32_t level = at ? __builtin_ctzll((uint64_t)at) : 62;
        while ((INT64_C(1) << level) > end - at) level--;
        TW_TRY(need_node(m, level, at, &parts[n]));
        n += parts[n] != NULL;
        at += INT64_C(1) << level;
    }
    if (correction) parts[n++] = correction;
    return unite(m, parts, n);
}

/* Nodes that begin before slice `number` are of no further use. */
static void drop_nodes(tw_window_merge *m, int64_t number) {
    int32_t kept = 0;
    for (int32_t i = 0; i < m->nnodes; i++) {
        if (m->nodes[i].first < number)
            tw_slice_free(m->set, m->nodes[i].slice);
        else
            m->nodes[kept++] = m->nodes[i];
    }
    m->nnodes = kept;
}

/* ---- the window at hand ---- */

tw_status tw_window_merge_begin(tw_window_merge *m, tw_window_span window) {
    m->njobs = m->job = 0;
    m->cursor = 0;
    switch (m->method) {
    case TW_MERGE_ALL: return begin_all(m, window);
    case TW_MERGE_SUM:
    case TW_MERGE_GROW: return begin_running(m, window);
    case TW_MERGE_TREE: return begin_tree(m, window);
    case TW_MERGE_NONE: break;
    }
    m->result = tw_slices_find(m->slices, window.end);
    return TW_OK;
}

tw_status tw_window_merge_step(tw_window_merge *m) {
    if (m->job == m->njobs) return TW_OK;
    const tw_merge_job *job = &m->jobs[m->job];
    bool done;
    TW_TRY(tw_slice_merge(&m->merger, job->into, job->from, job->subtract, &m->cursor, &done));
    if (done) {
        m->job++;
        m->cursor = 0;
    }
    return m->job == m->njobs ? TW_OK : TW_MORE;
}

/* Slices before the window; and those whose last window it was, but where they are still to be subtracted from the running result. */
static tw_status drop_slices(tw_window_merge *m, tw_window_span window) {
    bool more = m->slices->count && tw_slices_at(m->slices, m->slices->count - 1)->last_end > window.end;
    if (!more) forget_running(m);
    while (m->slices->count) {
        const tw_slice *first = tw_slices_at(m->slices, 0);
        if (first->last_end > window.end || (m->running && m->method == TW_MERGE_SUM && first->end > window.start)) break;
        TW_TRY(tw_slices_drop(m->slices, 0));
    }
    return TW_OK;
}

tw_status tw_window_merge_end(tw_window_merge *m, tw_window_span window) {
    tw_slice_free(m->set, m->scratch);
    m->scratch = NULL;
    m->result = NULL;
    if (m->method == TW_MERGE_TREE) {
        int64_t number = tw_window_slice_number(m->time, tw_window_slice(m->time, window.start + m->time->step_ms));
        drop_nodes(m, number);
    }
    TW_TRY(drop_slices(m, window));
    while (m->corrections->count && tw_slices_at(m->corrections, 0)->end <= window.end) TW_TRY(tw_slices_drop(m->corrections, 0));
    return TW_OK;
}
