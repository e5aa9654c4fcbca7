/* Local rules, bottom-up: constants are folded, filters go down as far as they may, projections over projections become one, and
 * nodes that do nothing go (a global window by itself is one: what it means stands in the aggregation over it).
 *
 * A filter never goes below a WATERMARK (rows that are filtered out still move event time), nor below a node that somebody else reads,
 * nor below a session or count window unless it speaks of the window's key only. A condition that reads the clock stays above
 * windows and aggregations; one that can fail stays above aggregations, and behind the conditions in front of it: it sees just the rows
 * that it would have seen.
 *
 * Projections are merged as long as the result is not much larger than they are: a chain of views that each say a column twice would
 * otherwise grow without end. */
#include "sql/bind.h"
#include "sql/rules.h"

typedef struct simplifier {
    tw_rules *rules;
    tw_arena *arena;
    tw_rel_map done;   /* old -> new */
    tw_rel_map shared; /* new nodes with several readers */
} simplifier;

enum { GROWTH_MAX = 100 }; /* expressions that merging may add */

static const tw_rel *make_filter(simplifier *s, const tw_rel *input, const tw_expr *condition, tw_pos pos);

static bool has_several_readers(simplifier *s, const tw_rel *rel) { return tw_rel_map_get(&s->shared, rel) != NULL; }

/* The input of a node that is about to be made again: when others read the node, they go on reading its input. */
static const tw_rel *input_of(simplifier *s, const tw_rel *rel) {
    if (has_several_readers(s, rel)) tw_rel_map_put(&s->shared, rel->inputs[0], (void *)rel->inputs[0]);
    return rel->inputs[0];
}

/* Columns that `e` reads are all below `limit` and, where `allowed` is given, among those. */
static bool reads_only(simplifier *s, const tw_expr *e, int32_t ncolumns, int32_t limit, const int32_t *allowed, int32_t nallowed) {
    uint64_t *bits = tw_arena_calloc(s->arena, sizeof(uint64_t) * (size_t)(TW_BITS_WORDS(ncolumns) + 1));
    tw_expr_columns(e, bits);
    for (int32_t c = 0; c < ncolumns; c++) {
        if (!tw_bit_get(bits, c)) continue;
        if (c >= limit) return false;
        bool found = !allowed;
        for (int32_t i = 0; i < nallowed && !found; i++) found = allowed[i] == c;
        if (!found) return false;
    }
    return true;
}

static const tw_rel *bare_filter(simplifier *s, const tw_rel *input, const tw_expr *condition, tw_pos pos) {
    return condition ? tw_rel_make_filter(s->arena, input, condition, pos) : input;
}

/* --- projections --- */

static bool is_identity(const tw_rel *input, const tw_type *row, const tw_expr *const *exprs, int32_t n) {
    if (n != input->row->nfields) return false;
    for (int32_t i = 0; i < n; i++) {
        if (exprs[i]->kind != TW_EXPR_COLUMN || exprs[i]->column != i) return false;
        if (!tw_str_equal(row->fields[i].name, input->row->fields[i].name)) return false;
        if (row->fields[i].type->time != input->row->fields[i].type->time) return false;
    }
    return true;
}

static bool all_repeatable(const tw_rel *project) {
    for (int32_t i = 0; i < project->u.project.nexprs; i++)
        if (!tw_expr_repeatable(project->u.project.exprs[i])) return false;
    return true;
}

/* Expressions in `e`; a column counts as what `columns` says of it, as 1 without. */
static int64_t size_of(const tw_expr *e, const int64_t *columns) {
    if (e->kind == TW_EXPR_COLUMN) return columns ? columns[e->column] : 1;
    int64_t size = 1;
    for (int32_t i = 0; i < e->nargs; i++) size += size_of(e->args[i], columns);
    return size;
}

/* These expressions over the project can be written over its input without repeating too much. */
static bool may_merge(simplifier *s, const tw_rel *project, const tw_expr *const *exprs, int32_t n) {
    if (project->kind != TW_REL_PROJECT || !all_repeatable(project)) return false;
    int64_t *columns = TW_NEW_ARRAY(s->arena, int64_t, project->u.project.nexprs + 1), before = 0, after = 0;
    for (int32_t i = 0; i < project->u.project.nexprs; i++) before += columns[i] = size_of(project->u.project.exprs[i], NULL);
    for (int32_t i = 0; i < n; i++) {
        before += size_of(exprs[i], NULL);
        after += size_of(exprs[i], columns);
    }
    return after <= before + GROWTH_MAX;
}

static const tw_rel *make_project(simplifier *s, const tw_rel *input, const tw_rel *like, const tw_expr *const *exprs) {
    int32_t n = like->u.project.nexprs;
    if (may_merge(s, input, exprs, n)) {
        const tw_expr **merged = TW_NEW_ARRAY(s->arena, const tw_expr *, n + 1);
        for (int32_t i = 0; i < n; i++)
            merged[i] = tw_fold(s->arena, s->rules->mem, s->rules->session, tw_expr_substitute(s->arena, exprs[i], input->u.project.exprs));
        return make_project(s, input_of(s, input), like, merged);
    }
    if (is_identity(input, like->row, exprs, n)) return input;
    tw_rel *project = tw_arena_memdup(s->arena, like, sizeof *like);
    const tw_rel **inputs = TW_NEW_ARRAY(s->arena, const tw_rel *, 1);
    inputs[0] = input;
    project->inputs = inputs;
    project->u.project.exprs = exprs;
    return project;
}

static const tw_rel *project(simplifier *s, const tw_rel *rel, const tw_rel *input) {
    const tw_expr **exprs = TW_NEW_ARRAY(s->arena, const tw_expr *, rel->u.project.nexprs + 1);
    for (int32_t i = 0; i < rel->u.project.nexprs; i++) exprs[i] = tw_fold(s->arena, s->rules->mem, s->rules->session, rel->u.project.exprs[i]);
    return make_project(s, input, rel, exprs);
}

/* --- filters --- */

/* The conjuncts for which `down` holds go below; what is left stays. */
typedef bool (*may_go_down)(simplifier *s, const tw_rel *input, const tw_expr *condition);

static const tw_rel *split_filter(simplifier *s, const tw_rel *input, const tw_expr *condition, tw_pos pos, may_go_down down) {
    const tw_expr **parts, *below = NULL, *above = NULL;
    int32_t n = tw_expr_conjuncts(s->arena, condition, &parts);
    for (int32_t i = 0; i < n; i++) {
        bool in_order = !above || !tw_expr_can_fail(parts[i]);
        const tw_expr **to = in_order && tw_expr_is_deterministic(parts[i]) && down(s, input, parts[i]) ? &below : &above;
        *to = tw_expr_and(s->arena, *to, parts[i]);
    }
    if (!below) return bare_filter(s, input, condition, pos);
    if (input->kind == TW_REL_AGGREGATE) { /* from keys of the output to columns of the input */
        int32_t *map = TW_NEW_ARRAY(s->arena, int32_t, input->row->nfields + 1);
        for (int32_t k = 0; k < input->row->nfields; k++) map[k] = k < input->u.aggregate.nkeys ? input->u.aggregate.keys[k] : -1;
        below = tw_expr_remap(s->arena, below, map);
    }
    const tw_rel *inner = make_filter(s, input->inputs[0], below, pos);
    return bare_filter(s, tw_rel_with_inputs(s->arena, input, &inner), above, pos);
}

static bool below_window(simplifier *s, const tw_rel *window, const tw_expr *e) {
    const tw_window *w = &window->u.window;
    int32_t n = window->inputs[0]->row->nfields;
    if (w->kind == TW_WINDOW_SESSION || w->kind == TW_WINDOW_COUNT)
        return !tw_expr_can_fail(e) && reads_only(s, e, window->row->nfields, n, w->partition, w->npartition);
    return reads_only(s, e, window->row->nfields, n, NULL, 0);
}

static bool below_aggregate(simplifier *s, const tw_rel *aggregate, const tw_expr *e) {
    const tw_rel_aggregate *a = &aggregate->u.aggregate;
    return a->nkeys > 0 && !a->sets && reads_only(s, e, aggregate->row->nfields, a->nkeys, NULL, 0) && !tw_expr_is_constant(e) &&
           !tw_expr_can_fail(e);
}

static const tw_rel *filter_below_union(simplifier *s, const tw_rel *input, const tw_expr *condition, tw_pos pos) {
    const tw_rel **inputs = TW_NEW_ARRAY(s->arena, const tw_rel *, input->ninputs);
    for (int32_t i = 0; i < input->ninputs; i++) inputs[i] = make_filter(s, input->inputs[i], condition, pos);
    return tw_rel_with_inputs(s->arena, input, inputs);
}

static const tw_rel *no_rows(simplifier *s, const tw_type *row, tw_pos pos) { return tw_rel_new(s->arena, TW_REL_VALUES, row, NULL, 0, pos); }

static const tw_rel *make_filter(simplifier *s, const tw_rel *input, const tw_expr *condition, tw_pos pos) {
    condition = tw_fold(s->arena, s->rules->mem, s->rules->session, condition);
    if (condition->kind == TW_EXPR_LITERAL) return !condition->literal->null && condition->literal->u.i ? input : no_rows(s, input->row, pos);
    if (input->kind == TW_REL_FILTER && !has_several_readers(s, input))
        return make_filter(s, input->inputs[0], tw_expr_and(s->arena, input->u.filter, condition), pos);
    if (may_merge(s, input, &condition, 1)) {
        const tw_expr *below = tw_expr_substitute(s->arena, condition, input->u.project.exprs);
        return make_project(s, make_filter(s, input_of(s, input), below, pos), input, input->u.project.exprs);
    }
    if (has_several_readers(s, input)) return bare_filter(s, input, condition, pos);
    if (input->kind == TW_REL_UNION && tw_expr_repeatable(condition)) return filter_below_union(s, input, condition, pos);
    if (input->kind == TW_REL_WINDOW) return split_filter(s, input, condition, pos, below_window);
    if (input->kind == TW_REL_AGGREGATE) return split_filter(s, input, condition, pos, below_aggregate);
    return bare_filter(s, input, condition, pos);
}

/* --- the walk --- */

static const tw_rel *watermark(simplifier *s, const tw_rel *rel) {
    const tw_expr *folded = tw_fold(s->arena, s->rules->mem, s->rules->session, rel->u.watermark.expr);
    if (folded == rel->u.watermark.expr) return rel;
    tw_rel *copy = tw_arena_memdup(s->arena, rel, sizeof *rel);
    copy->u.watermark.expr = folded;
    return copy;
}

static const tw_rel *simplify(simplifier *s, const tw_rel *rel, const tw_rel *const *inputs) {
    switch (rel->kind) {
    case TW_REL_PROJECT: return project(s, rel, inputs[0]);
    case TW_REL_FILTER: return make_filter(s, inputs[0], rel->u.filter, rel->pos);
    case TW_REL_WATERMARK: return watermark(s, tw_rel_with_inputs(s->arena, rel, inputs));
    case TW_REL_WINDOW: return rel->u.window.kind == TW_WINDOW_GLOBAL ? inputs[0] : tw_rel_with_inputs(s->arena, rel, inputs);
    default: return tw_rel_with_inputs(s->arena, rel, inputs);
    }
}

static void count_readers(simplifier *s, tw_rel_map *readers, const tw_rel *const *order, int32_t n) {
    tw_rel_map_init(readers, s->arena);
    for (int32_t i = 0; i < n; i++)
        for (int32_t k = 0; k < order[i]->ninputs; k++) {
            const tw_rel *input = order[i]->inputs[k];
            tw_rel_map_put(readers, input, (void *)((uintptr_t)tw_rel_map_get(readers, input) + 1));
        }
}

void tw_simplify(tw_rules *rules, const tw_rel **roots, int32_t nroots) {
    simplifier s = {.rules = rules, .arena = rules->arena};
    tw_rel_map readers;
    tw_rel_map_init(&s.done, s.arena);
    tw_rel_map_init(&s.shared, s.arena);
    int32_t n;
    const tw_rel *const *order = tw_rel_order(s.arena, roots, nroots, &n);
    count_readers(&s, &readers, order, n);
    for (int32_t i = 0; i < n; i++) {
        const tw_rel **inputs = TW_NEW_ARRAY(s.arena, const tw_rel *, order[i]->ninputs + 1);
        for (int32_t k = 0; k < order[i]->ninputs; k++) inputs[k] = tw_rel_map_get(&s.done, order[i]->inputs[k]);
        const tw_rel *made = simplify(&s, order[i], inputs);
        tw_rel_map_put(&s.done, order[i], (void *)made);
        if ((uintptr_t)tw_rel_map_get(&readers, order[i]) > 1) tw_rel_map_put(&s.shared, made, (void *)made);
    }
    for (int32_t i = 0; i < nroots; i++) roots[i] = tw_rel_map_get(&s.done, roots[i]);
}
