/* The local half of a two-phase aggregation: rows of a batch that have equal keys (and lie in one slice) become one row with a partial accumulator,
 * so that few rows cross the exchange. See operator/partial.h for what it gives.
 *
 *     rows --> [in time for every window?] --> groups --> accumulators --> a row per group
 *                     | no                       | too many groups: not worth it
 *                     +--------------------------+-----> the rows as they are, partial NULL
 *
 * Nothing is kept from batch to batch, so there is no state, nothing to flush at watermarks and barriers, and a lone row is not delayed. Lateness
 * stays the final half's business: a row that is behind for some window, or has no proper time, is handed on with its own row watermark.
 * Where there is but one task, rows go on as they are. */
#include "operator/partial.h"
#include "operator/window_time.h"

enum { SLOTS = 2 * TW_BATCH_ROWS, GROUPS_MAX = TW_BATCH_ROWS / 2 };

typedef struct group {
    int64_t slice;  /* its end; 0 without windows */
    int32_t key;    /* place of its key among the encoded ones */
    uint16_t first; /* row */
    uint16_t slot;
} group;

typedef struct local_agg {
    tw_operator op;
    const tw_plan_agg *plan;
    bool opened, passes;
    tw_agg_set set;
    tw_window_time time;
    tw_keys keys;
    tw_builder out;
    const tw_column **columns; /* of the key */
    tw_column *passed;         /* columns of a batch that goes on as it is */
    tw_batch batch;            /* handed on */
    int64_t low, high;         /* times of the slice seen last */
    int64_t slice, expiry;     /* its end, and the watermark that closes its first window */
    uint16_t *rows;            /* to be folded */
    int64_t *slices;           /* of these */
    char **blocks;             /* of these */
    int32_t nrows;
    uint16_t *taken; /* rows of the output: the groups' first, then those that are not folded */
    uint16_t *aside;
    int32_t naside;
    int64_t *watermarks;
    tw_split_progress **splits;
    group *groups;
    int32_t ngroups;
    uint16_t *slots; /* group + 1; all 0 between batches */
    char *partials;  /* one a group */
    int32_t stride;
    uint64_t no_bits; /* the constant NULL */
    tw_sview no_view;
} local_agg;

/* ---- opening and closing ---- */

static tw_status open_room(local_agg *l, const tw_type *input) {
    tw_arena *arena = &l->set.arena;
    l->stride = TW_PARTIAL_HEAD + l->set.size;
    l->columns = TW_NEW_ARRAY(arena, const tw_column *, l->plan->nkeys + 1);
    l->passed = TW_NEW_ARRAY(arena, tw_column, input->nfields + 1);
    if (!l->columns || !l->passed) return TW_E_NOMEM;
    if (l->passes) return TW_OK;
    l->rows = TW_NEW_ARRAY(arena, uint16_t, TW_BATCH_ROWS);
    l->slices = TW_NEW_ARRAY(arena, int64_t, TW_BATCH_ROWS);
    l->blocks = TW_NEW_ARRAY(arena, char *, TW_BATCH_ROWS);
    l->taken = TW_NEW_ARRAY(arena, uint16_t, TW_BATCH_ROWS);
    l->aside = TW_NEW_ARRAY(arena, uint16_t, TW_BATCH_ROWS);
    l->watermarks = TW_NEW_ARRAY(arena, int64_t, TW_BATCH_ROWS);
    l->splits = TW_NEW_ARRAY(arena, tw_split_progress *, TW_BATCH_ROWS);
    l->groups = TW_NEW_ARRAY(arena, group, GROUPS_MAX);
    l->slots = TW_NEW_ARRAY(arena, uint16_t, SLOTS);
    l->partials = tw_arena_alloc(arena, (size_t)l->stride * GROUPS_MAX);
    if (!l->rows || !l->slices || !l->blocks || !l->taken || !l->aside || !l->watermarks || !l->splits || !l->groups || !l->slots || !l->partials)
        return TW_E_NOMEM;
    return tw_builder_open(&l->out, l->op.task->mem, l->op.node->row, TW_BATCH_ROWS);
}

static tw_status open_agg(tw_operator *op, tw_error *error) {
    local_agg *l = (local_agg *)op;
    const tw_type *input = op->node->inputs[0]->row;
    l->plan = &op->node->u.agg;
    l->low = 1;
    TW_TRY(tw_agg_set_open(&l->set, op->task->mem, l->plan, input, 0, error));
    l->opened = true;
    tw_keys_init(&l->keys, op->task->mem);
    if (l->plan->windowed) tw_window_time_init(&l->time, &l->plan->window, op->task->session);
    l->passes = op->task->ninstances == 1 || !l->set.flat || l->set.ndistinct || (l->plan->windowed && l->plan->window.proctime);
    tw_status status = open_room(l, input);
    return status == TW_OK ? TW_OK : tw_fail_at(error, status, op->node->pos, "out of memory for an aggregation");
}

static void close_agg(tw_operator *op) {
    local_agg *l = (local_agg *)op;
    if (!l->opened) return;
    if (l->out.row) tw_builder_close(&l->out);
    tw_keys_free(&l->keys);
    tw_agg_set_close(&l->set);
    l->opened = false;
}

/* ---- rows as they are ---- */

static tw_status pass(local_agg *l, const tw_batch *batch) {
    static const tw_type *const bytes = &TW_TYPE_BYTES;
    memcpy(l->passed, batch->columns, sizeof *l->passed * (size_t)batch->ncolumns);
    l->passed[batch->ncolumns] = (tw_column){
        .type = bytes, .phys = tw_type_phys(bytes), .constant = true, .validity = &l->no_bits, .values = &l->no_view};
    l->batch = *batch;
    l->batch.columns = l->passed;
    l->batch.ncolumns++;
    return tw_emit(&l->op, &l->batch);
}

/* ---- which rows may be folded ---- */

/* The slice of a time, when it is not the one seen last. False: the time is out of all bounds. */
static bool find_slice(local_agg *l, int64_t time) {
    if (time > TW_WINDOW_TIME_MAX || time < -TW_WINDOW_TIME_MAX) return false;
    tw_window_span span = tw_window_slice(&l->time, tw_window_to_local(&l->time, time));
    tw_window_span range = tw_window_utc_range(&l->time, span, time);
    int64_t first_end = tw_window_first_end(&l->time, span);
    l->low = range.start;
    l->high = range.end;
    l->slice = span.end;
    l->expiry = first_end <= tw_window_last_end(&l->time, span) ? tw_window_close_at(&l->time, first_end) : TW_WATERMARK_MIN;
    return true;
}

/* In time for every window that has its slice, which becomes the slice seen last. */
static bool in_time(local_agg *l, const tw_batch *batch, int32_t row) {
    const tw_column *c = &batch->columns[l->plan->window.time_column];
    if (tw_column_null(c, row)) return false;
    int32_t at = c->constant ? 0 : row;
    int64_t time = c->phys == TW_PHYS_TS ? ((const tw_ts *)c->values)[at].ms : ((const int64_t *)c->values)[at];
    if ((time < l->low || time >= l->high) && !find_slice(l, time)) return false;
    return l->expiry > (batch->row_watermark ? batch->row_watermark[row] : TW_WATERMARK_MIN);
}

static void choose_rows(local_agg *l, const tw_batch *batch) {
    l->nrows = l->naside = 0;
    for (int32_t row = 0; row < batch->rows; row++) {
        if (l->plan->windowed && !in_time(l, batch, row)) {
            l->aside[l->naside++] = (uint16_t)row;
            continue;
        }
        l->slices[l->nrows] = l->slice;
        l->rows[l->nrows++] = (uint16_t)row;
    }
}

/* ---- groups ---- */

static bool same_group(const local_agg *l, const group *g, int32_t k) {
    if (g->slice != l->slices[k] || l->keys.hashes[g->key] != l->keys.hashes[k]) return false;
    tw_str a = tw_keys_at(&l->keys, &l->set.key_codec, g->key), b = tw_keys_at(&l->keys, &l->set.key_codec, k);
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* The group of the k-th row, made where there is none; -1: there would be too many. */
static int32_t group_of(local_agg *l, int32_t k, int32_t most) {
    uint64_t hash = tw_hash_combine(l->keys.hashes[k], (uint64_t)l->slices[k]);
    uint32_t slot = (uint32_t)hash % SLOTS;
    while (l->slots[slot] && !same_group(l, &l->groups[l->slots[slot] - 1], k)) slot = (slot + 1) % SLOTS;
    if (l->slots[slot]) return l->slots[slot] - 1;
    if (l->ngroups == most) return -1;
    l->groups[l->ngroups] = (group){.slice = l->slices[k], .key = k, .first = l->rows[k], .slot = (uint16_t)slot};
    memset(l->partials + (size_t)l->ngroups * (size_t)l->stride, 0, (size_t)l->stride);
    l->slots[slot] = (uint16_t)++l->ngroups;
    return l->ngroups - 1;
}

/* False: half of the rows have a group of their own. */
static bool find_groups(local_agg *l) {
    int32_t most = l->nrows / 2;
    bool few = true;
    l->ngroups = 0;
    for (int32_t k = 0; k < l->nrows && few; k++) {
        bool again = k > 0 && l->ngroups > 0 && same_group(l, &l->groups[l->ngroups - 1], k);
        int32_t g = again ? l->ngroups - 1 : group_of(l, k, most);
        few = g >= 0;
        if (!few) break;
        char *partial = l->partials + (size_t)g * (size_t)l->stride;
        *(int64_t *)(void *)partial += 1;
        l->blocks[k] = partial + TW_PARTIAL_HEAD;
    }
    for (int32_t g = 0; g < l->ngroups; g++) l->slots[l->groups[g].slot] = 0;
    return few;
}

/* *folded: the groups' partials are there. */
static tw_status fold(local_agg *l, const tw_batch *batch, bool *folded) {
    *folded = false;
    choose_rows(l, batch);
    if (l->nrows < 2) return TW_OK;
    tw_selection rows = {l->naside ? l->rows : NULL, l->nrows};
    for (int32_t i = 0; i < l->plan->nkeys; i++) l->columns[i] = &batch->columns[l->plan->keys[i]];
    TW_TRY(tw_keys_encode(&l->keys, &l->set.key_codec, l->columns, rows));
    *folded = find_groups(l);
    return *folded ? tw_agg_set_update(&l->set, NULL, batch, rows, l->blocks) : TW_OK;
}

/* ---- the output ---- */

static tw_status write_partials(local_agg *l, int32_t column, int32_t n) {
    tw_column *c = tw_builder_writable(&l->out, column);
    tw_sview *views = c->values;
    for (int32_t k = 0; k < n; k++) {
        tw_str bytes = {l->partials + (size_t)k * (size_t)l->stride, (size_t)l->stride};
        bool partial = k < l->ngroups;
        tw_bit_put(c->validity, k, partial);
        views[k] = l->no_view;
        if (partial) TW_TRY(tw_builder_string(&l->out, bytes, &views[k]));
    }
    return TW_OK;
}

static tw_status make_output(local_agg *l, const tw_batch *batch) {
    int32_t n = 0;
    for (int32_t g = 0; g < l->ngroups; g++) l->taken[n++] = l->groups[g].first;
    for (int32_t k = 0; k < l->naside; k++) l->taken[n++] = l->aside[k];
    tw_builder_reset(&l->out);
    for (int32_t c = 0; c < batch->ncolumns; c++) TW_TRY(tw_builder_copy_column(&l->out, c, 0, &batch->columns[c], (tw_selection){l->taken, n}));
    TW_TRY(write_partials(l, batch->ncolumns, n));
    TW_TRY(tw_builder_commit(&l->out, n, NULL));
    l->batch = l->out.batch;
    l->batch.arrival_ns = batch->arrival_ns;
    l->batch.split = batch->split;
    for (int32_t k = 0; batch->row_split && k < n; k++) l->splits[k] = k < l->ngroups ? NULL : batch->row_split[l->taken[k]];
    if (batch->row_split) l->batch.row_split = l->splits;
    if (!batch->row_watermark) return TW_OK;
    for (int32_t k = 0; k < n; k++) l->watermarks[k] = k < l->ngroups ? TW_WATERMARK_MIN : batch->row_watermark[l->taken[k]];
    l->batch.row_watermark = l->watermarks;
    return TW_OK;
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    (void)port;
    local_agg *l = (local_agg *)op;
    bool folded = false;
    if (l->passes || batch->kinds || batch->rows < 2) return pass(l, batch);
    tw_status status = fold(l, batch, &folded);
    if (status == TW_OK && !folded) return pass(l, batch);
    if (status == TW_OK) status = make_output(l, batch);
    if (status == TW_OK) return tw_emit(op, &l->batch);
    return tw_fail_at(op->task->error, status, op->node->pos,
                      status == TW_E_NOMEM ? "out of memory in a local aggregation" : "a local aggregation failed");
}

const tw_operator_ops TW_OPERATOR_LOCAL_AGG = {
    .name = "local_agg", .size = sizeof(local_agg), .open = open_agg, .push = push, .watermark = tw_watermark_default, .close = close_agg};
