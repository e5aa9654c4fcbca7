/* ORDER BY, OFFSET, LIMIT. As in Flink a name is first that of a SELECT item, then of an input column; a bare number is a column's number;
 * NULLs are the smallest values. */
#include "sql/bind_query.h"

static tw_sort_key sort_key(const tw_ast_sort *sort, int32_t column) {
    bool first = sort->nulls == TW_AST_NULLS_FIRST || (sort->nulls == TW_AST_NULLS_UNSAID && !sort->descending);
    return (tw_sort_key){.column = column, .descending = sort->descending, .nulls_first = first};
}

/* ---- numbers and names of columns ------------------------------------------------------------------------------ */

/* ORDER BY 2 */
static tw_status ordinal(tw_binder *binder, const tw_ast_expr *e, int32_t ncolumns, int32_t *column) {
    *column = -1;
    if (e->kind != TW_AST_LITERAL || e->literal.kind != TW_AST_LIT_EXACT) return TW_OK;
    int64_t n = 0;
    for (size_t i = 0; i < e->literal.text.length; i++) {
        char c = e->literal.text.data[i];
        if (c < '0' || c > '9') return TW_OK;
        n = n > INT32_MAX ? n : n * 10 + (c - '0');
    }
    if (n < 1 || n > ncolumns)
        return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "ordinal out of range: ORDER BY %.*s of %d columns", TW_STR_ARG(e->literal.text),
                          ncolumns);
    *column = (int32_t)n - 1;
    return TW_OK;
}

static int32_t column_named(const tw_str *names, int32_t n, const tw_ast_expr *e) {
    if (e->kind != TW_AST_COLUMN || e->column.count != 1) return -1;
    for (int32_t i = 0; i < n; i++)
        if (tw_str_equal(names[i], e->column.at[0].text)) return i;
    return -1;
}

/* ---- ORDER BY of a SELECT -------------------------------------------------------------------------------------- */

static const tw_ast_expr *item_with_alias(const tw_ast_select *select, tw_str name) {
    for (int i = 0; i < select->nitems; i++)
        if (select->items[i].alias.text.length && tw_str_equal(select->items[i].alias.text, name)) return select->items[i].expr;
    return NULL;
}

static tw_ast_expr *with_aliases(tw_select *select, tw_ast_expr *e);

static tw_ast_exprs list_with_aliases(tw_select *select, tw_ast_exprs list) {
    tw_ast_exprs out = {TW_NEW_ARRAY(select->binder.arena, tw_ast_expr *, list.count + 1), list.count};
    for (int i = 0; i < list.count; i++) out.at[i] = with_aliases(select, list.at[i]);
    return out;
}

static void case_with_aliases(tw_select *select, tw_ast_case *c) {
    tw_ast_when *branches = TW_NEW_ARRAY(select->binder.arena, tw_ast_when, c->count + 1);
    for (int i = 0; i < c->count; i++)
        branches[i] = (tw_ast_when){with_aliases(select, c->branches[i].when), with_aliases(select, c->branches[i].then)};
    c->branches = branches;
    if (c->operand) c->operand = with_aliases(select, c->operand);
    if (c->otherwise) c->otherwise = with_aliases(select, c->otherwise);
}

/* The expression with names of items replaced by what they stand for: ORDER BY total + 1. */
static tw_ast_expr *with_aliases(tw_select *select, tw_ast_expr *e) {
    if (e->kind == TW_AST_COLUMN) {
        const tw_ast_expr *item = e->column.count == 1 ? item_with_alias(select->ast, e->column.at[0].text) : NULL;
        return item ? (tw_ast_expr *)item : e;
    }
    if (e->kind != TW_AST_CALL && e->kind != TW_AST_CAST && e->kind != TW_AST_CASE && e->kind != TW_AST_FIELD) return e;
    tw_ast_expr *copy = tw_arena_memdup(select->binder.arena, e, sizeof *e);
    switch (e->kind) {
    case TW_AST_CALL: copy->call.args = list_with_aliases(select, e->call.args); break;
    case TW_AST_CAST: copy->cast.operand = with_aliases(select, e->cast.operand); break;
    case TW_AST_CASE: case_with_aliases(select, &copy->cases); break;
    default: copy->field.base = with_aliases(select, e->field.base); break;
    }
    return copy;
}

/* An expression that is no item by number or name: an equal item, or a column added for it. */
static tw_status order_expr(tw_select *select, tw_ast_expr *e, bool keep, int32_t *column) {
    const tw_expr *bound;
    TW_TRY(tw_bind_expr(&select->binder, with_aliases(select, e), &bound));
    *column = tw_exprs_find(&select->items, bound);
    if (*column >= 0) return TW_OK;
    if (select->ast->distinct) {
        tw_str text = tw_ast_text(select->binder.script, e->pos);
        return tw_fail_at(select->binder.error, TW_E_GROUPING, e->pos, "expression '%.*s' is not in the select clause", TW_STR_ARG(text));
    }
    if (!keep) return TW_OK;
    *column = select->items.count;
    tw_exprs_push(select->binder.arena, &select->items, bound, tw_str_of(tw_arena_printf(select->binder.arena, "EXPR$%d", *column)));
    return TW_OK;
}

tw_status tw_bind_order_of_select(tw_select *select, const tw_ast_sorts *order, bool keep) {
    select->binder.clause = "ORDER BY";
    select->sort = TW_NEW_ARRAY(select->binder.arena, tw_sort_key, order->count + 1);
    for (int i = 0; i < order->count; i++) {
        tw_ast_expr *e = order->at[i].expr;
        int32_t column;
        TW_TRY(ordinal(&select->binder, e, select->visible, &column));
        if (column < 0) column = column_named(select->items.names, select->visible, e);
        if (column < 0) TW_TRY(order_expr(select, e, keep, &column));
        if (keep) select->sort[select->nsort++] = sort_key(&order->at[i], column);
    }
    return TW_OK;
}

/* ---- ORDER BY of other results --------------------------------------------------------------------------------- */

static tw_status row_order_expr(tw_binder *binder, const tw_ast_expr *e, tw_exprs *columns, int32_t *column) {
    const tw_expr *bound;
    TW_TRY(tw_bind_expr(binder, e, &bound));
    *column = tw_exprs_find(columns, bound);
    if (*column >= 0) return TW_OK;
    *column = columns->count;
    tw_exprs_push(binder->arena, columns, bound, tw_str_of(tw_arena_printf(binder->arena, "EXPR$%d", *column)));
    return TW_OK;
}

tw_status tw_bind_order_of_row(tw_binder *binder, const tw_ast_sorts *order, bool keep, tw_bound_body *body) {
    const tw_type *row = body->rel->row;
    tw_scope_table table = {.row = row};
    tw_scope scope = {.tables = &table, .ntables = 1};
    tw_binder inner = *binder;
    inner.scope = &scope;
    inner.clause = "ORDER BY";
    tw_exprs columns = {0};
    for (int32_t i = 0; i < row->nfields; i++)
        tw_exprs_push(binder->arena, &columns, tw_expr_column(binder->arena, i, row->fields[i].type), row->fields[i].name);
    tw_sort_key *sort = TW_NEW_ARRAY(binder->arena, tw_sort_key, order->count + 1);
    for (int i = 0; i < order->count; i++) {
        int32_t column;
        TW_TRY(ordinal(&inner, order->at[i].expr, row->nfields, &column));
        if (column < 0) TW_TRY(row_order_expr(&inner, order->at[i].expr, &columns, &column));
        sort[i] = sort_key(&order->at[i], column);
    }
    body->sort = sort;
    body->nsort = keep ? order->count : 0;
    if (keep && columns.count > row->nfields)
        body->rel = tw_rel_make_project(binder->arena, body->rel, columns.at, columns.names, columns.count, body->rel->pos);
    return TW_OK;
}

/* ---- LIMIT, OFFSET, and the node ------------------------------------------------------------------------------- */

static tw_status row_count(tw_binder *binder, const tw_ast_expr *e, const char *clause, int64_t *rows) {
    tw_binder inner = *binder;
    inner.clause = clause;
    const tw_expr *bound;
    TW_TRY(tw_bind_expr(&inner, e, &bound));
    bound = tw_fold(binder->arena, binder->mem, binder->session, bound);
    bool good = bound->kind == TW_EXPR_LITERAL && tw_kind_is_integer(bound->type->kind) && !bound->literal->null && bound->literal->u.i >= 0;
    if (!good) return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "%s must be a whole number that is not negative", clause);
    *rows = bound->literal->u.i;
    return TW_OK;
}

static const tw_rel *visible_only(tw_arena *arena, const tw_rel *rel, int32_t n, tw_pos pos) {
    if (n == rel->row->nfields) return rel;
    const tw_expr **exprs = TW_NEW_ARRAY(arena, const tw_expr *, n + 1);
    tw_str *names = TW_NEW_ARRAY(arena, tw_str, n + 1);
    for (int32_t i = 0; i < n; i++) {
        exprs[i] = tw_expr_column(arena, i, rel->row->fields[i].type);
        names[i] = rel->row->fields[i].name;
    }
    return tw_rel_make_project(arena, rel, exprs, names, n, pos);
}

tw_status tw_bind_sort(tw_binder *binder, const tw_ast_query *query, const tw_bound_body *body, const tw_rel **out) {
    tw_rel_sort sort = {.keys = body->sort, .nkeys = body->nsort, .offset = 0, .limit = -1};
    if (query->limit) TW_TRY(row_count(binder, query->limit, "LIMIT", &sort.limit));
    if (query->offset) TW_TRY(row_count(binder, query->offset, "OFFSET", &sort.offset));
    *out = body->rel;
    if (!sort.nkeys && sort.limit < 0 && !sort.offset) return TW_OK;
    tw_rel *rel = tw_rel_new(binder->arena, TW_REL_SORT, body->rel->row, &body->rel, 1,
                             query->order.count ? query->order.at[0].expr->pos : query->pos);
    rel->u.sort = sort;
    *out = visible_only(binder->arena, rel, body->visible, query->pos);
    return TW_OK;
}
