/* Continuous GROUP BY: an element of state per group, and a changelog of the groups' results. Without aggregates it is DISTINCT.
 *
 * A batch is taken in whole before anything of it is emitted: groups are found, the results of those it touches are kept as they were, rows are
 * added, and results taken again. A group that is new is +I, one whose result differs is -U +U (+U alone in an upsert changelog), one that has
 * become empty is -D, in the order in which the batch touched them. When every change is wanted (mini-batch off), the batch is cut into *waves*
 * in which no key occurs twice, and each wave is done so; the changes of all waves are then in the order of rows. With a state TTL, which is then
 * Flink's too, a row that changes nothing gives its group once more (-U +U): what keeps state of it below is kept alive.
 *
 *     results:  | before of wave 1 | after of wave 1 | before of wave 2 | ...      one builder, two rows a row of input at most
 *     changes:  kind, row of the batch that has the key, row of `results`
 *     emission: gathers both, a batch at a time; the cursor is all that "not now" needs
 *
 * Empty groups. Where the input retracts, a group counts its rows. A retraction that overtakes its insert may leave a count of 0 with the group not
 * empty (one row there, another owed), so the group also sums the hashes of what its calls read, with signs: empty is count 0 *and* sum 0. A
 * group is visible while its count is above 0. An empty group's accumulators are cleared at once, as Flink does, and its element goes with
 * the batch (waves behind may bring it to life again).
 *
 *     payload:  [ count [ hash sum ] ] accumulators */
#include "data/hashing.h"
#include "operator/chunk_head.h"
#include "operator/partial.h"

enum { NO_ROW = 0xffff, CHANGES_MAX = 2 * TW_BATCH_ROWS, SLOTS = 2 * TW_BATCH_ROWS };

typedef struct group_head {
    int64_t count;
    uint64_t hash_sum; /* only where there are columns to hash */
} group_head;

typedef struct group { /* touched by the wave */
    tw_element *element;
    char *block;
    uint16_t first_row; /* which touched it first */
    uint16_t slot;
    uint16_t before, after; /* its rows in `results`; NO_ROW: not visible */
} group;

typedef struct group_agg {
    tw_operator op;
    tw_arena arena;
    tw_agg_set set;
    tw_agg_scope scope;
    tw_partials partials; /* the final half of two */
    tw_table *table;
    tw_keys keys;
    const tw_column **columns;
    bool append, every_change;
    bool repeats; /* equal results are given again */
    int32_t nhashed;
    int32_t *hashed; /* columns that calls read, each once */
    /* the batch at hand */
    const tw_batch *batch;
    tw_element **elements; /* by row, as all below but where it says otherwise */
    uint64_t inserted[TW_BATCH_ROWS / 64];
    char **blocks;
    uint64_t *hashes;
    uint16_t *iota; /* 0, 1, 2 ... */
    /* the wave at hand */
    int32_t ngroups;
    group *groups;
    uint16_t *slots; /* hash table of groups, number + 1; all 0 between waves */
    uint32_t slot_mask;
    const char **states;
    /* what is to be emitted */
    int32_t ndead;
    tw_element **dead;
    tw_builder results; /* the aggregates' columns */
    int32_t nchanges, cursor;
    bool only_inserts;
    int8_t *kinds; /* by change */
    uint16_t *key_row, *result_row;
    tw_builder out;
} group_agg;

static const tw_plan_agg *plan_of(const group_agg *g) { return &g->op.node->u.agg; }

/* ---- opening and closing ---- */

static void add_hashed(group_agg *g, int32_t column) {
    if (column < 0) return;
    for (int32_t i = 0; i < g->nhashed; i++)
        if (g->hashed[i] == column) return;
    g->hashed[g->nhashed++] = column;
}

static tw_status open_hashed(group_agg *g, int32_t ncolumns) {
    const tw_plan_agg *plan = plan_of(g);
    g->hashed = TW_NEW_ARRAY(&g->arena, int32_t, ncolumns + 1);
    if (!g->hashed) return TW_E_NOMEM;
    for (int c = 0; c < plan->ncalls && !g->append; c++) {
        for (int a = 0; a < plan->calls[c].nargs; a++) add_hashed(g, plan->calls[c].args[a]);
        add_hashed(g, plan->calls[c].filter);
    }
    return TW_OK;
}

static tw_status open_scratch(group_agg *g) {
    tw_arena *arena = &g->arena;
    g->columns = TW_NEW_ARRAY(arena, const tw_column *, plan_of(g)->nkeys + 1);
    g->elements = TW_NEW_ARRAY(arena, tw_element *, TW_BATCH_ROWS);
    g->blocks = TW_NEW_ARRAY(arena, char *, TW_BATCH_ROWS);
    g->hashes = TW_NEW_ARRAY(arena, uint64_t, TW_BATCH_ROWS);
    g->iota = TW_NEW_ARRAY(arena, uint16_t, TW_BATCH_ROWS);
    g->groups = TW_NEW_ARRAY(arena, group, TW_BATCH_ROWS);
    g->slots = TW_NEW_ARRAY(arena, uint16_t, SLOTS);
    g->states = TW_NEW_ARRAY(arena, const char *, TW_BATCH_ROWS);
    g->dead = TW_NEW_ARRAY(arena, tw_element *, TW_BATCH_ROWS);
    g->kinds = TW_NEW_ARRAY(arena, int8_t, CHANGES_MAX);
    g->key_row = TW_NEW_ARRAY(arena, uint16_t, CHANGES_MAX);
    g->result_row = TW_NEW_ARRAY(arena, uint16_t, CHANGES_MAX);
    if (!g->columns || !g->elements || !g->blocks || !g->hashes || !g->iota || !g->groups || !g->slots || !g->states || !g->dead || !g->kinds ||
        !g->key_row || !g->result_row)
        return TW_E_NOMEM;
    for (int32_t i = 0; i < TW_BATCH_ROWS; i++) g->iota[i] = (uint16_t)i;
    return TW_OK;
}

static tw_status open_builders(group_agg *g) {
    const tw_plan_agg *plan = plan_of(g);
    const tw_type *row = g->op.node->row;
    TW_ASSERT(row->nfields == plan->nkeys + plan->ncalls);
    const tw_type *results = tw_type_row(&g->arena, row->fields + plan->nkeys, plan->ncalls);
    if (!results) return TW_E_NOMEM;
    TW_TRY(tw_builder_open(&g->results, g->op.task->mem, results, CHANGES_MAX));
    return tw_builder_open(&g->out, g->op.task->mem, row, TW_BATCH_ROWS);
}

static tw_status open_state(group_agg *g, const tw_type *input, tw_error *error) {
    tw_mem *mem = g->op.task->mem;
    int32_t header = g->append ? 0 : g->nhashed ? 16 : 8;
    TW_TRY(tw_agg_set_open(&g->set, mem, plan_of(g), input, header, error));
    if (plan_of(g)->merges) TW_TRY(tw_partials_open(&g->partials, &g->set, input, error));
    TW_TRY(tw_agg_scope_open(&g->set, 0, &g->scope));
    return tw_table_open(mem, &g->set.key_codec, header + g->set.size, tw_agg_set_codec(&g->set), tw_agg_stored(&g->set, 0), &g->table);
}

static tw_status group_agg_open(tw_operator *op, tw_error *error) {
    group_agg *g = (group_agg *)op;
    const tw_type *input = op->node->inputs[0]->row;
    g->append = op->node->u.agg.input_append;
    g->every_change = op->task->plan->every_change;
    g->repeats = g->every_change && op->node->u.agg.ttl_ms > 0;
    tw_arena_init(&g->arena, op->task->mem, 65536);
    tw_keys_init(&g->keys, op->task->mem);
    tw_status status = open_hashed(g, input->nfields);
    if (status == TW_OK) status = open_state(g, input, error);
    if (status == TW_OK) status = open_scratch(g);
    if (status == TW_OK) status = open_builders(g);
    return status == TW_E_NOMEM ? tw_fail(error, status, "out of memory for a grouped aggregation") : status;
}

static void group_agg_close(tw_operator *op) {
    group_agg *g = (group_agg *)op;
    if (!g->arena.mem) return;
    tw_table_close(g->table);
    tw_agg_scope_close(&g->set, &g->scope);
    tw_agg_set_close(&g->set);
    tw_keys_free(&g->keys);
    if (g->results.row) tw_builder_close(&g->results);
    if (g->out.row) tw_builder_close(&g->out);
    tw_arena_free(&g->arena);
}

/* ---- groups of a wave ---- */

static inline group_head *head_of(const group_agg *g, char *block) { return (group_head *)(block - g->set.header); }

static tw_status add_group(group_agg *g, int32_t row, uint32_t slot) {
    tw_element *e = g->elements[row];
    TW_TRY(tw_table_touch(g->table, e, tw_table_generation(g->table)));
    char *block = tw_table_payload(g->table, e) + g->set.header;
    g->groups[g->ngroups++] = (group){.element = e, .block = block, .first_row = (uint16_t)row, .slot = (uint16_t)slot};
    g->slots[slot] = (uint16_t)g->ngroups;
    return TW_OK;
}

/* Finds the groups of rows from `begin` on, and each row's block. *end: the end of the batch, or, when every change is wanted, the first row whose
 * key the wave has already. */
static tw_status collect_groups(group_agg *g, int32_t begin, int32_t *end) {
    int32_t rows = g->batch->rows;
    for (int32_t k = begin; k < rows; k++) {
        tw_element *e = g->elements[k];
        uint32_t slot = (uint32_t)g->keys.hashes[k] & g->slot_mask;
        while (g->slots[slot] && g->groups[g->slots[slot] - 1].element != e) slot = (slot + 1) & g->slot_mask;
        if (!g->slots[slot]) {
            TW_TRY(add_group(g, k, slot));
        } else if (g->every_change) {
            *end = k;
            return TW_OK;
        }
        g->blocks[k] = g->groups[g->slots[slot] - 1].block;
    }
    *end = rows;
    return TW_OK;
}

static void forget_groups(group_agg *g) {
    for (int32_t i = 0; i < g->ngroups; i++) g->slots[g->groups[i].slot] = 0;
    g->ngroups = 0;
}

/* ---- results, before and after ---- */

/* A group of append-only input is there from the row that inserted it on. */
static inline bool was_visible(const group_agg *g, const group *p) {
    return g->append ? !tw_bit_get(g->inserted, p->first_row) : head_of(g, p->block)->count > 0;
}
static inline bool is_visible(const group_agg *g, const group *p) { return g->append || head_of(g, p->block)->count > 0; }

/* Results of the visible groups, as they are now. */
static tw_status take_results(group_agg *g, bool before) {
    int32_t at = g->results.batch.rows, n = 0;
    for (int32_t i = 0; i < g->ngroups; i++) {
        group *p = &g->groups[i];
        bool visible = before ? was_visible(g, p) : is_visible(g, p);
        *(before ? &p->before : &p->after) = visible ? (uint16_t)(at + n) : NO_ROW;
        g->states[n] = p->block;
        n += visible;
    }
    if (n == 0 || g->set.ncalls == 0) return TW_OK;
    TW_TRY(tw_agg_set_result(&g->set, g->states, n, &g->results, 0, at));
    return tw_builder_commit(&g->results, n, NULL);
}

#define DIFFER(T, TEST)                                                       \
    do {                                                                      \
        const T a = ((const T *)c->values)[i], b = ((const T *)c->values)[j]; \
        return (TEST);                                                        \
    } while (0)

static inline bool values_differ(const tw_column *c, int32_t i, int32_t j) {
    bool null = tw_column_null(c, i);
    if (null != tw_column_null(c, j)) return true;
    if (null) return false;
    switch (c->phys) {
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: DIFFER(int8_t, a != b);
    case TW_PHYS_I16: DIFFER(int16_t, a != b);
    case TW_PHYS_I32: DIFFER(int32_t, a != b);
    case TW_PHYS_I64: DIFFER(int64_t, a != b);
    case TW_PHYS_F64: DIFFER(double, a != b && (a == a || b == b));
    case TW_PHYS_I128: DIFFER(tw_i128, a != b);
    default: return !tw_value_equal(c, i, c, j);
    }
}

static bool results_differ(const group_agg *g, const group *p) {
    for (int32_t c = 0; c < g->set.ncalls; c++)
        if (values_differ(&g->results.batch.columns[c], p->before, p->after)) return true;
    return false;
}

/* ---- changes ---- */

static inline void add_change(group_agg *g, tw_change kind, int32_t row, int32_t result) {
    int32_t n = g->nchanges++;
    g->kinds[n] = (int8_t)kind;
    g->key_row[n] = (uint16_t)row;
    g->result_row[n] = (uint16_t)result;
    g->only_inserts &= kind == TW_INSERT;
}

static void add_changes(group_agg *g) {
    bool retract = g->op.node->changelog == TW_RETRACT;
    for (int32_t i = 0; i < g->ngroups; i++) {
        const group *p = &g->groups[i];
        if (p->before == NO_ROW) {
            if (p->after != NO_ROW) add_change(g, TW_INSERT, p->first_row, p->after);
        } else if (p->after == NO_ROW) {
            add_change(g, TW_DELETE, p->first_row, p->before);
        } else if (g->repeats || results_differ(g, p)) {
            if (retract) add_change(g, TW_UPDATE_BEFORE, p->first_row, p->before);
            add_change(g, TW_UPDATE_AFTER, p->first_row, p->after);
        }
    }
}

/* ---- rows ---- */

static void count_rows(group_agg *g, int32_t begin, int32_t end) {
    const int8_t *kinds = g->batch->kinds;
    for (int32_t k = begin; k < end; k++) {
        int sign = kinds ? tw_change_sign(kinds[k]) : 1;
        group_head *head = head_of(g, g->blocks[k]);
        head->count += sign;
        if (g->nhashed) head->hash_sum += sign > 0 ? g->hashes[k] : 0 - g->hashes[k];
    }
}

static bool is_empty(const group_agg *g, const group_head *head) { return head->count == 0 && (g->nhashed == 0 || head->hash_sum == 0); }

static void clear_empty_groups(group_agg *g) {
    for (int32_t i = 0; i < g->ngroups; i++) {
        group *p = &g->groups[i];
        if (!is_empty(g, head_of(g, p->block))) continue;
        tw_agg_set_clear(&g->set, p->block);
        g->dead[g->ndead++] = p->element;
    }
}

/* An element may have died in several waves, and live again. */
static tw_status remove_dead(group_agg *g) {
    int32_t n = 0;
    for (int32_t i = 0; i < g->ndead; i++) {
        group_head *head = (group_head *)tw_table_payload(g->table, g->dead[i]);
        if (!is_empty(g, head)) continue;
        head->count = INT64_MIN; /* listed once */
        g->dead[n++] = g->dead[i];
    }
    g->ndead = 0;
    for (int32_t i = 0; i < n; i++) TW_TRY(tw_table_remove(g->table, g->dead[i]));
    return TW_OK;
}

static tw_status add_rows(group_agg *g, int32_t begin, int32_t end) {
    tw_selection rows = {begin == 0 && end == g->batch->rows ? NULL : g->iota + begin, end - begin};
    if (!g->append) count_rows(g, begin, end);
    if (g->partials.set) return tw_partials_update(&g->partials, g->batch, rows, g->blocks + begin);
    return tw_agg_set_update(&g->set, &g->scope, g->batch, rows, g->blocks + begin);
}

static tw_status do_wave(group_agg *g, int32_t begin, int32_t *end) {
    TW_TRY(collect_groups(g, begin, end));
    TW_TRY(take_results(g, true));
    TW_TRY(add_rows(g, begin, *end));
    TW_TRY(take_results(g, false));
    add_changes(g);
    if (!g->append) clear_empty_groups(g);
    forget_groups(g);
    return TW_OK;
}

static tw_status find_groups(group_agg *g) {
    const tw_plan_agg *plan = plan_of(g);
    tw_selection all = {NULL, g->batch->rows};
    for (int i = 0; i < plan->nkeys; i++) g->columns[i] = &g->batch->columns[plan->keys[i]];
    TW_TRY(tw_keys_encode(&g->keys, &g->set.key_codec, g->columns, all));
    for (int32_t i = 0; i < g->nhashed; i++) tw_column_hash(&g->batch->columns[g->hashed[i]], all, g->hashes, i > 0);
    g->slot_mask = 15;
    while (g->slot_mask + 1 < 2 * (uint32_t)all.count) g->slot_mask = g->slot_mask * 2 + 1;
    return tw_table_upsert(g->table, &g->keys, g->elements, g->inserted);
}

/* All that the batch changes. */
static tw_status take_batch(group_agg *g, const tw_batch *batch) {
    g->batch = batch;
    g->nchanges = g->cursor = 0;
    g->only_inserts = true;
    tw_builder_reset(&g->results);
    TW_TRY(find_groups(g));
    if (g->append && g->set.ncalls == 0 && !g->repeats) { /* DISTINCT: only what is new */
        for (int32_t k = 0; k < batch->rows; k++)
            if (tw_bit_get(g->inserted, k)) add_change(g, TW_INSERT, k, 0);
        return TW_OK;
    }
    for (int32_t begin = 0, end; begin < batch->rows; begin = end) TW_TRY(do_wave(g, begin, &end));
    return remove_dead(g);
}

/* ---- emission ---- */

/* The next batch of changes; an update's two rows stay together. */
static tw_status gather_changes(group_agg *g) {
    const tw_plan_agg *plan = plan_of(g);
    int32_t at = g->cursor, n = g->nchanges - at < TW_BATCH_ROWS ? g->nchanges - at : TW_BATCH_ROWS;
    if (g->kinds[at + n - 1] == TW_UPDATE_BEFORE) n--;
    tw_builder_reset(&g->out);
    for (int c = 0; c < plan->nkeys; c++)
        TW_TRY(tw_builder_copy_column(&g->out, c, 0, &g->batch->columns[plan->keys[c]], (tw_selection){g->key_row + at, n}));
    for (int c = 0; c < plan->ncalls; c++)
        TW_TRY(tw_builder_copy_column(&g->out, plan->nkeys + c, 0, &g->results.batch.columns[c], (tw_selection){g->result_row + at, n}));
    TW_TRY(tw_builder_commit(&g->out, n, g->only_inserts ? NULL : g->kinds + at));
    g->out.batch.arrival_ns = g->batch->arrival_ns;
    g->cursor += n;
    return TW_OK;
}

static tw_status out_of(group_agg *g, tw_status status) {
    if (!tw_is_error(status)) return status;
    return tw_fail(g->op.task->error, status, status == TW_E_NOMEM ? "out of memory in a grouped aggregation" : "a grouped aggregation failed");
}

static tw_status group_agg_resume(tw_operator *op) {
    group_agg *g = (group_agg *)op;
    while (g->cursor < g->nchanges) {
        tw_status status = gather_changes(g);
        if (status != TW_OK) return out_of(g, status);
        status = tw_emit(op, &g->out.batch);
        if (tw_is_error(status)) return status;
        if (g->cursor == g->nchanges) return status;
        if (status == TW_OK && !tw_yield(op)) continue;
        tw_pending(op);
        return status == TW_OK ? TW_MORE : status;
    }
    return TW_OK;
}

static tw_status group_agg_push(tw_operator *op, int port, const tw_batch *batch) {
    (void)port;
    group_agg *g = (group_agg *)op;
    tw_status status = take_batch(g, batch);
    return status == TW_OK ? group_agg_resume(op) : out_of(g, status);
}

/* ---- snapshots ---- */

static tw_status group_agg_snapshot(tw_operator *op, tw_snapshot_out *out) {
    group_agg *g = (group_agg *)op;
    tw_status status = tw_chunk_table(g->table, out);
    tw_agg_scope_barrier(&g->scope, out->full);
    if (status == TW_OK) status = tw_agg_scope_write(&g->scope, out->chunk);
    return out_of(g, status);
}

static tw_status group_agg_restore(tw_operator *op, tw_reader *chunk, tw_error *error) {
    group_agg *g = (group_agg *)op;
    tw_chunk_record record;
    while (tw_chunk_next(chunk, &record)) {
        if (!tw_owns_group(op->task, record.group)) continue;
        int32_t family;
        if (tw_agg_family(&g->set, record.namespace_, &family) != 0)
            return tw_fail(error, TW_E_CORRUPT, "state chunk of a grouped aggregation has a window");
        TW_TRY(family < 0 ? tw_table_apply(g->table, &record, error) : tw_agg_scope_apply(&g->set, &g->scope, &record, error));
    }
    return chunk->failed ? tw_fail(error, TW_E_CORRUPT, "state chunk of a grouped aggregation is damaged") : TW_OK;
}

const tw_operator_ops TW_OPERATOR_GROUP_AGG = {
    .name = "group_agg",
    .size = sizeof(group_agg),
    .open = group_agg_open,
    .push = group_agg_push,
    .resume = group_agg_resume,
    .watermark = tw_watermark_default,
    .snapshot = group_agg_snapshot,
    .restore = group_agg_restore,
    .close = group_agg_close,
};
