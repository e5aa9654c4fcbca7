/* What must hold between a node and its inputs, checked when a plan comes from bytes: operators rely on it without looking. */
#include "plan/plan_code.h"

static void expect(tw_plan_codec *c, bool holds, const char *what) {
    if (!holds) tw_code_damaged(c, what);
}

static bool same_memory(const tw_type *a, const tw_type *b) {
    if (tw_type_phys(a) != tw_type_phys(b)) return false;
    if (!tw_kind_is_nested(a->kind)) return true;
    if (a->nfields != b->nfields) return false;
    for (int i = 0; i < a->nfields; i++)
        if (!same_memory(a->fields[i].type, b->fields[i].type)) return false;
    return true;
}

/* The first n columns of both. */
static bool same_columns(const tw_type *a, const tw_type *b, int n) {
    if (a->nfields < n || b->nfields < n) return false;
    for (int i = 0; i < n; i++)
        if (!same_memory(a->fields[i].type, b->fields[i].type)) return false;
    return true;
}

static bool columns_fit(const tw_expr *e, const tw_type *input) {
    if (e->kind == TW_EXPR_COLUMN) return e->column < input->nfields && same_memory(e->type, input->fields[e->column].type);
    if (e->kind == TW_EXPR_LITERAL) return true;
    for (int i = 0; i < e->nargs; i++)
        if (!columns_fit(e->args[i], input)) return false;
    return !(e->function->flags & TW_FN_AGGREGATE) && e->nargs >= e->function->min_args &&
           (e->function->max_args < 0 || e->nargs <= e->function->max_args);
}

static bool expr_fits(const tw_expr *e, const tw_type *input, const tw_type *result) { return columns_fit(e, input) && same_memory(e->type, result); }

static bool is_time(const tw_type *row, int column) { return column >= 0 && tw_kind_is_timestamp(row->fields[column].type->kind); }

static void check_scan(tw_plan_codec *c, const tw_plan_node *n) {
    const tw_plan_scan *s = &n->u.scan;
    expect(c, s->wanted && s->wanted->kind == TW_ROW && same_columns(n->row, s->wanted, s->wanted->nfields), "a scan's columns");
    expect(c, c->status != TW_OK || n->row->nfields == s->wanted->nfields + s->nmetadata, "a scan's metadata columns");
}

static void check_calc(tw_plan_codec *c, const tw_plan_node *n, const tw_type *input) {
    const tw_plan_calc *calc = &n->u.calc;
    expect(c, calc->nproject == n->row->nfields, "a projection's columns");
    expect(c, !calc->filter || expr_fits(calc->filter, input, &TW_TYPE_BOOLEAN), "a filter");
    for (int i = 0; i < calc->nproject && c->status == TW_OK; i++)
        expect(c, expr_fits(calc->project[i], input, n->row->fields[i].type), "a projection");
}

static void check_watermark(tw_plan_codec *c, const tw_plan_node *n, const tw_type *input) {
    const tw_plan_watermark *w = &n->u.watermark;
    expect(c, n->row->nfields == input->nfields && same_columns(n->row, input, input->nfields), "a watermark's columns");
    expect(c, is_time(input, w->column) && columns_fit(w->expr, input) && tw_kind_is_timestamp(w->expr->type->kind), "a watermark's time");
}

static void check_window(tw_plan_codec *c, const tw_window *w, const tw_type *input) {
    switch (w->kind) {
    case TW_WINDOW_ATTACHED: expect(c, is_time(input, w->start_column) && is_time(input, w->end_column), "a window's bounds"); return;
    case TW_WINDOW_COUNT:
    case TW_WINDOW_GLOBAL: return;
    default: expect(c, w->proctime || is_time(input, w->time_column), "a window's time"); return;
    }
}

static void check_window_function(tw_plan_codec *c, const tw_plan_node *n, const tw_type *input) {
    const tw_window *w = &n->u.window;
    bool counts = n->kind == TW_PLAN_COUNT_WINDOW;
    check_window(c, w, input);
    expect(c, counts ? w->kind == TW_WINDOW_COUNT : w->kind < TW_WINDOW_COUNT, "the kind of a window");
    expect(c, n->row->nfields == input->nfields + (counts ? 1 : 3) && same_columns(n->row, input, input->nfields), "a window's columns");
    if (counts && c->status == TW_OK) expect(c, tw_type_phys(n->row->fields[input->nfields].type) == TW_PHYS_I64, "a window's number");
}

static bool call_fits(const tw_agg_call *call, const tw_type *input) {
    const tw_function *f = call->function;
    if (call->nargs < f->min_args || (f->max_args >= 0 && call->nargs > f->max_args)) return false;
    return call->filter < 0 || input->fields[call->filter].type->kind == TW_BOOLEAN;
}

static bool has_partials(const tw_type *row) { return row->nfields > 0 && tw_type_phys(row->fields[row->nfields - 1].type) == TW_PHYS_STR; }

static void check_local_agg(tw_plan_codec *c, const tw_plan_node *n, const tw_type *input) {
    const tw_plan_agg *a = &n->u.agg;
    expect(c, n->row->nfields == input->nfields + 1 && same_columns(n->row, input, input->nfields) && has_partials(n->row),
           "an aggregation's columns");
    for (int i = 0; i < a->ncalls && c->status == TW_OK; i++) expect(c, call_fits(&a->calls[i], input), "an aggregate");
    if (a->windowed && c->status == TW_OK) expect(c, is_time(input, a->window.time_column), "a window's time");
}

/* Which operator it is follows from the window and when it gives results. */
static void check_rows_window(tw_plan_codec *c, const tw_plan_node *n, const tw_type *input) {
    const tw_plan_agg *a = &n->u.agg;
    bool counts = a->window.kind == TW_WINDOW_COUNT;
    if (c->status != TW_OK) return;
    expect(c, a->emit.mode != TW_EMIT_EVERY || a->emit.every_ms > 0 || a->emit.every_rows > 0, "when a window gives results");
    expect(c, (n->kind == TW_PLAN_COUNT_AGG) == (counts || a->emit.purge), "the kind of a window");
    if (c->status != TW_OK) return;
    expect(c, a->gives_start + a->gives_end + a->gives_time == 0 && (counts || !a->gives_number), "the properties of a window of rows");
    if (a->gives_number) expect(c, tw_type_phys(n->row->fields[n->row->nfields - 1].type) == TW_PHYS_I64, "a window's number");
    if (counts && a->keep >= 0) expect(c, input->fields[a->keep].type->kind == TW_BOOLEAN, "a condition");
}

static void check_agg(tw_plan_codec *c, const tw_plan_node *n, const tw_type *input) {
    const tw_plan_agg *a = &n->u.agg;
    int properties = a->gives_start + a->gives_end + a->gives_time + a->gives_number;
    expect(c, !a->merges || has_partials(input), "partial accumulators");
    expect(c, n->row->nfields == a->nkeys + a->ncalls + properties, "an aggregation's columns");
    for (int i = 0; i < a->nkeys && c->status == TW_OK; i++)
        expect(c, same_memory(n->row->fields[i].type, input->fields[a->keys[i]].type), "an aggregation's keys");
    for (int i = 0; i < a->ncalls && c->status == TW_OK; i++)
        expect(c, call_fits(&a->calls[i], input) && same_memory(a->calls[i].type, n->row->fields[a->nkeys + i].type), "an aggregate");
    bool counts = n->kind == TW_PLAN_COUNT_AGG || n->kind == TW_PLAN_TRIGGER_AGG,
         rows = a->window.kind == TW_WINDOW_COUNT || a->window.kind == TW_WINDOW_GLOBAL;
    if (n->kind != TW_PLAN_GROUP_AGG) expect(c, counts == rows, "the kind of a window");
    if (counts) check_rows_window(c, n, input);
    if (n->kind != TW_PLAN_GROUP_AGG && c->status == TW_OK) check_window(c, &a->window, input);
}

static void check_expand(tw_plan_codec *c, const tw_plan_node *n, const tw_type *input) {
    for (int s = 0; s < n->u.expand.nsets && c->status == TW_OK; s++)
        for (int i = 0; i < n->row->nfields; i++) expect(c, expr_fits(n->u.expand.project[s][i], input, n->row->fields[i].type), "a grouping set");
}

static void check_inputs(tw_plan_codec *c, const tw_plan_node *n) {
    bool source = n->kind == TW_PLAN_SCAN || n->kind == TW_PLAN_VALUES || n->kind == TW_PLAN_SIDE_SCAN;
    expect(c, source ? n->ninputs == 0 : n->kind == TW_PLAN_UNION ? n->ninputs > 0 : n->ninputs == 1, "the number of an operator's inputs");
    for (int i = 0; i < n->ninputs && c->status == TW_OK; i++) expect(c, n->inputs[i]->kind != TW_PLAN_SINK, "a sink that is read");
}

void tw_plan_check_node(tw_plan_codec *c, const tw_plan_node *n) {
    check_inputs(c, n);
    if (c->status != TW_OK) return;
    const tw_type *input = n->ninputs ? n->inputs[0]->row : NULL;
    switch (n->kind) {
    case TW_PLAN_SCAN: check_scan(c, n); return;
    case TW_PLAN_CALC: check_calc(c, n, input); return;
    case TW_PLAN_WATERMARK: check_watermark(c, n, input); return;
    case TW_PLAN_UNION:
        for (int i = 0; i < n->ninputs; i++)
            expect(c, n->inputs[i]->row->nfields == n->row->nfields && same_columns(n->inputs[i]->row, n->row, n->row->nfields), "a union's columns");
        return;
    case TW_PLAN_WINDOW:
    case TW_PLAN_COUNT_WINDOW: check_window_function(c, n, input); return;
    case TW_PLAN_WINDOW_AGG:
    case TW_PLAN_SESSION_AGG:
    case TW_PLAN_COUNT_AGG:
    case TW_PLAN_TRIGGER_AGG:
    case TW_PLAN_GROUP_AGG: check_agg(c, n, input); return;
    case TW_PLAN_LOCAL_AGG: check_local_agg(c, n, input); return;
    case TW_PLAN_EXPAND: check_expand(c, n, input); return;
    case TW_PLAN_TOP_N:
        expect(c, n->row->nfields == input->nfields + n->u.sort.gives_rank && same_columns(n->row, input, input->nfields), "a rank's columns");
        return;
    case TW_PLAN_SORT:
    case TW_PLAN_LIMIT:
    case TW_PLAN_CONSTRAINT:
    case TW_PLAN_EXCHANGE:
        expect(c, n->row->nfields == input->nfields && same_columns(n->row, input, input->nfields), "an operator's columns");
        return;
    default: return;
    }
}
