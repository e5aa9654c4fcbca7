/* One SELECT: its clauses bound in the order that names become visible, then the nodes made in the order of evaluation. */
#include "sql/bind_query.h"

/* ---- FROM and WHERE -------------------------------------------------------------------------------------------- */

static tw_status bind_input(tw_select *select) {
    const tw_ast_select *ast = select->ast;
    tw_binder *binder = &select->binder;
    if (ast->from)
        TW_TRY(tw_bind_from(binder, ast->from, &select->input, &select->scope));
    else
        select->input = tw_rel_make_one_row(binder->arena, ast->pos);
    select->width = select->input->row->nfields;
    binder->scope = &select->scope;
    binder->special = tw_special_of_select;
    binder->special_context = select;
    if (!ast->where) return TW_OK;
    const tw_expr *condition;
    binder->clause = "WHERE";
    TW_TRY(tw_bind_condition(binder, ast->where, &condition));
    select->input = tw_rel_make_filter(binder->arena, select->input, condition, ast->where->pos);
    return TW_OK;
}

/* ---- items ----------------------------------------------------------------------------------------------------- */

static void push_column(tw_select *select, const tw_scope_table *table, int32_t c, tw_pos pos) {
    tw_expr *column = (tw_expr *)tw_expr_column(select->binder.arena, table->first + c, table->row->fields[c].type);
    column->pos = pos;
    tw_exprs_push(select->binder.arena, &select->items, column, table->row->fields[c].name);
}

/* What the star means for that table: what it meant when the view that it stands in was made, else all columns there are. */
static const tw_type *meant_by_star(const tw_select *select, const tw_ast_expr *star, int32_t t) {
    const tw_bound_view *in = select->binder.views;
    const tw_type *row = select->binder.scope->tables[t].row;
    if (!in) return row;
    for (const tw_view_star *s = in->view->stars; s; s = s->next)
        if (s->star == star && s->table == t) return s->row;
    if (!in->made) return row;
    tw_view_star *note = TW_NEW(select->binder.arena, tw_view_star);
    *note = (tw_view_star){.star = star, .table = t, .row = row, .next = in->made->stars};
    in->made->stars = note;
    return row;
}

static tw_status push_table(tw_select *select, const tw_ast_expr *star, int32_t t) {
    const tw_scope_table *table = &select->binder.scope->tables[t];
    const tw_type *meant = meant_by_star(select, star, t);
    for (int32_t i = 0; i < meant->nfields; i++) {
        tw_str name = meant->fields[i].name;
        int32_t c = i; /* names may stand twice */
        if (c >= table->row->nfields || !tw_str_equal(table->row->fields[c].name, name)) c = tw_type_field(table->row, name);
        if (c < 0)
            return tw_fail_at(select->binder.error, TW_E_UNDEFINED_COLUMN, star->pos, "column '%.*s' not found in any table", TW_STR_ARG(name));
        push_column(select, table, c, star->pos);
    }
    return TW_OK;
}

/* Does the qualifier t, db.t or catalog.db.t mean this table? */
static bool qualifies(const tw_scope_table *table, const tw_ast_names *qualifier) {
    int n = qualifier->count;
    if (n == 1) return table->alias.length && tw_str_equal(table->alias, qualifier->at[0].text);
    if (n > 3 || !table->path[2].length) return false;
    for (int i = 0; i < n; i++)
        if (!tw_str_equal(table->path[3 - n + i], qualifier->at[i].text)) return false;
    return true;
}

/* row.*: each field of a ROW value. */
static tw_status expand_row(tw_select *select, tw_ast_expr *base, tw_pos pos) {
    const tw_expr *row;
    TW_TRY(tw_bind_expr(&select->binder, base, &row));
    if (row->type->kind != TW_ROW)
        return tw_fail_at(select->binder.error, TW_E_TYPE, pos, "'.*' needs a table or a ROW, but this is %s",
                          tw_type_text(select->binder.arena, row->type));
    for (int32_t i = 0; i < row->type->nfields; i++) {
        tw_ast_expr field = {.kind = TW_AST_FIELD, .pos = pos};
        field.field.base = base;
        field.field.name = (tw_ast_name){.text = row->type->fields[i].name, .pos = pos};
        const tw_expr *bound;
        TW_TRY(tw_bind_expr(&select->binder, &field, &bound));
        tw_exprs_push(select->binder.arena, &select->items, bound, row->type->fields[i].name);
    }
    return TW_OK;
}

static tw_status expand_qualified(tw_select *select, const tw_ast_expr *star) {
    const tw_ast_names *qualifier = &star->star.qualifier;
    const tw_scope *scope = select->binder.scope;
    for (int32_t t = 0; t < scope->ntables; t++) {
        if (!qualifies(&scope->tables[t], qualifier)) continue;
        return push_table(select, star, t);
    }
    tw_ast_expr base = {.kind = TW_AST_COLUMN, .pos = star->pos, .column = *qualifier};
    tw_status status = expand_row(select, &base, star->pos);
    if (status != TW_E_UNDEFINED_COLUMN || qualifier->count > 1) return status;
    return tw_fail_at(select->binder.error, TW_E_UNDEFINED_TABLE, star->pos, "table '%.*s' not found", TW_STR_ARG(qualifier->at[0].text));
}

static tw_status expand_star(tw_select *select, const tw_ast_expr *star) {
    if (star->star.base) return expand_row(select, star->star.base, star->pos);
    if (star->star.qualifier.count) return expand_qualified(select, star);
    const tw_scope *scope = select->binder.scope;
    if (!scope->ntables) return tw_fail_at(select->binder.error, TW_E_INVALID, star->pos, "SELECT * requires a FROM clause");
    for (int32_t t = 0; t < scope->ntables; t++) TW_TRY(push_table(select, star, t));
    return TW_OK;
}

static tw_status bind_item(tw_select *select, const tw_ast_item *item) {
    if (item->expr->kind == TW_AST_STAR) return expand_star(select, item->expr);
    const tw_expr *bound;
    TW_TRY(tw_bind_expr(&select->binder, item->expr, &bound));
    tw_str name = item->alias.text.length ? item->alias.text : tw_item_name(select->binder.arena, item, select->items.count);
    tw_exprs_push(select->binder.arena, &select->items, bound, name);
    return TW_OK;
}

static tw_status bind_items(tw_select *select) {
    select->binder.clause = "SELECT";
    for (int i = 0; i < select->ast->nitems; i++) TW_TRY(bind_item(select, &select->ast->items[i]));
    select->visible = select->items.count;
    return TW_OK;
}

static tw_status bind_having(tw_select *select) {
    if (!select->ast->having) return TW_OK;
    select->binder.clause = "HAVING";
    return tw_bind_condition(&select->binder, select->ast->having, &select->having);
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static tw_status refuse(tw_select *select) {
    const tw_ast_select *ast = select->ast;
    if (ast->qualify) return tw_fail_at(select->binder.error, TW_E_UNSUPPORTED, ast->qualify->pos, "QUALIFY is not supported yet");
    if (ast->windows.count)
        return tw_fail_at(select->binder.error, TW_E_UNSUPPORTED, ast->windows.at[0]->name.pos, "the WINDOW clause is not supported yet");
    return TW_OK;
}

/* DISTINCT by window columns is a windowed aggregation, too, which EMIT may be meant for. */
static tw_status make_distinct(tw_select *select, bool emit_taken, const tw_rel **rel) {
    tw_rel *distinct = (tw_rel *)tw_rel_make_distinct(select->binder.arena, *rel, select->ast->pos);
    *rel = distinct;
    return tw_bind_emit(&select->binder, emit_taken ? NULL : select->emit, distinct, &distinct->u.aggregate);
}

static tw_status make_nodes(tw_select *select, tw_bound_body *out) {
    bool aggregate = tw_is_aggregate_query(select);
    if (aggregate)
        TW_TRY(tw_bind_aggregate(select));
    else if (select->emit && !select->ast->distinct)
        return tw_emit_without_window(&select->binder, select->emit);
    const tw_exprs *items = &select->items;
    *out = (tw_bound_body){.visible = select->visible, .sort = select->sort, .nsort = select->nsort};
    out->rel = tw_rel_make_project(select->binder.arena, select->input, items->at, items->names, items->count, select->ast->pos);
    return select->ast->distinct ? make_distinct(select, aggregate, &out->rel) : TW_OK;
}

tw_status tw_bind_select_body(tw_binder *binder, const tw_ast_select *ast, const tw_ast_emit *emit, const tw_ast_sorts *order, bool keep_order,
                              tw_bound_body *out) {
    tw_select select = {.binder = *binder, .ast = ast, .emit = emit};
    TW_TRY(refuse(&select));
    TW_TRY(bind_input(&select));
    TW_TRY(tw_bind_group_by(&select));
    select.phase = TW_PHASE_GROUPED;
    select.binder.scope = &select.grouped_scope;
    TW_TRY(bind_having(&select));
    TW_TRY(bind_items(&select));
    TW_TRY(tw_bind_order_of_select(&select, order, keep_order));
    return make_nodes(&select, out);
}
