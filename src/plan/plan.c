/* Putting a plan into order: nodes from the roots, inputs before readers, each with a stable id. */
#include "plan/plan.h"

#include "base/hash.h"
#include "plan/plan_code.h"

const char *tw_plan_kind_name(tw_plan_kind kind) {
    static const char *const names[TW_PLAN_KIND_COUNT] = {[TW_PLAN_SCAN] = "TableSourceScan",
                                                          [TW_PLAN_VALUES] = "Values",
                                                          [TW_PLAN_SIDE_SCAN] = "SideTableScan",
                                                          [TW_PLAN_CALC] = "Calc",
                                                          [TW_PLAN_WATERMARK] = "WatermarkAssigner",
                                                          [TW_PLAN_UNION] = "Union",
                                                          [TW_PLAN_WINDOW] = "WindowTableFunction",
                                                          [TW_PLAN_COUNT_WINDOW] = "CountWindowTableFunction",
                                                          [TW_PLAN_WINDOW_AGG] = "WindowAggregate",
                                                          [TW_PLAN_SESSION_AGG] = "SessionWindowAggregate",
                                                          [TW_PLAN_COUNT_AGG] = "CountWindowAggregate",
                                                          [TW_PLAN_TRIGGER_AGG] = "TriggerAggregate",
                                                          [TW_PLAN_GROUP_AGG] = "GroupAggregate",
                                                          [TW_PLAN_LOCAL_AGG] = "LocalGroupAggregate",
                                                          [TW_PLAN_EXPAND] = "Expand",
                                                          [TW_PLAN_SORT] = "Sort",
                                                          [TW_PLAN_LIMIT] = "Limit",
                                                          [TW_PLAN_TOP_N] = "Rank",
                                                          [TW_PLAN_EXCHANGE] = "Exchange",
                                                          [TW_PLAN_CONSTRAINT] = "ConstraintEnforcer",
                                                          [TW_PLAN_SINK] = "Sink"};
    return (unsigned)kind < TW_PLAN_KIND_COUNT ? names[kind] : "?";
}

/* --- order --- */

enum { DEPTH_MAX = 10000 };

typedef struct walk {
    tw_arena *arena;
    tw_error *error;
    const tw_plan_node **nodes;
    int n, capacity;
} walk;

static tw_status nomem(tw_error *error) { return tw_fail(error, TW_E_NOMEM, "out of memory"); }

/* An index proves itself: whatever it holds before the walk, it only counts when the list has the node there. */
static bool listed(const walk *w, const tw_plan_node *node) { return node->index >= 0 && node->index < w->n && w->nodes[node->index] == node; }

static tw_status list(walk *w, tw_plan_node *node) {
    if (w->n == TW_PLAN_NODES_MAX) return tw_fail(w->error, TW_E_LIMIT, "the plan has more than %d operators", TW_PLAN_NODES_MAX);
    if (w->n == w->capacity) {
        int capacity = w->capacity ? w->capacity * 2 : 64;
        const tw_plan_node **more = TW_NEW_ARRAY(w->arena, const tw_plan_node *, capacity);
        if (!more) return nomem(w->error);
        if (w->n) memcpy(more, w->nodes, sizeof *more * (size_t)w->n);
        w->nodes = more;
        w->capacity = capacity;
    }
    node->index = w->n;
    w->nodes[w->n++] = node;
    return TW_OK;
}

static tw_status visit(walk *w, tw_plan_node *node, int depth) {
    if (listed(w, node)) return TW_OK;
    if (depth > DEPTH_MAX) return tw_fail_at(w->error, TW_E_LIMIT, node->pos, "the query is nested too deeply");
    for (int i = 0; i < node->ninputs; i++) TW_TRY(visit(w, (tw_plan_node *)node->inputs[i], depth + 1)); /* the planner's own, not yet shared */
    return list(w, node);
}

/* --- ids --- */

/* How many nodes in front have the same canonical form. */
static uint64_t ordinal(const uint64_t *hashes, int n) {
    uint64_t equals = 0;
    for (int i = 0; i < n; i++) equals += hashes[i] == hashes[n];
    return equals;
}

static tw_status give_ids(walk *w) {
    uint64_t *hashes = TW_NEW_ARRAY(w->arena, uint64_t, w->n + 1);
    if (!hashes) return nomem(w->error);
    tw_buf form;
    tw_buf_init(&form, w->arena->mem, 0);
    tw_plan_codec codec = {.out = &form, .canonical = true};
    bool failed = false;
    for (int i = 0; i < w->n && !failed; i++) {
        tw_plan_node *node = (tw_plan_node *)w->nodes[i], copy = *node;
        tw_buf_clear(&form);
        tw_plan_code_node(&codec, &copy);
        failed = form.failed;
        if (failed) break;
        hashes[i] = tw_hash_bytes(form.data, form.length, 0);
        uint64_t equals = ordinal(hashes, i);
        node->id = equals ? tw_hash_combine(hashes[i], equals) : hashes[i];
    }
    tw_buf_free(&form);
    return failed ? nomem(w->error) : TW_OK;
}

tw_status tw_plan_finish(tw_arena *arena, tw_plan_node *const *roots, int nroots, tw_plan *plan, tw_error *error) {
    walk w = {.arena = arena, .error = error};
    for (int i = 0; i < nroots; i++) TW_TRY(visit(&w, roots[i], 0));
    TW_TRY(give_ids(&w));
    plan->nodes = w.nodes;
    plan->nnodes = w.n;
    return TW_OK;
}
