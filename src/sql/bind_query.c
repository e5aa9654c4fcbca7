/* Queries: WITH, the body, ORDER BY and LIMIT around it; and the two doors, a bare SELECT and a query by itself. */
#include "sql/bind_query.h"

void tw_exprs_push(tw_arena *arena, tw_exprs *list, const tw_expr *expr, tw_str name) {
    TW_LIST_PUSH(arena, list->at, list->count, expr);
    TW_LIST_PUSH(arena, list->names, list->names_count, name);
}

int32_t tw_exprs_find(const tw_exprs *list, const tw_expr *expr) {
    for (int32_t i = 0; i < list->count; i++)
        if (tw_expr_equal(list->at[i], expr)) return i;
    return -1;
}

/* ---- small relations ------------------------------------------------------------------------------------------- */

const tw_rel *tw_rel_renamed(tw_arena *arena, const tw_rel *rel, const tw_str *names, tw_pos pos) {
    int32_t n = rel->row->nfields;
    if (!names) return rel;
    const tw_expr **exprs = TW_NEW_ARRAY(arena, const tw_expr *, n + 1);
    for (int32_t i = 0; i < n; i++) exprs[i] = tw_expr_column(arena, i, rel->row->fields[i].type);
    return tw_rel_make_project(arena, rel, exprs, names, n, pos);
}

const tw_rel *tw_rel_make_distinct(tw_arena *arena, const tw_rel *rel, tw_pos pos) {
    int32_t n = rel->row->nfields;
    tw_rel_window_columns window = tw_rel_windows_of(rel);
    bool windowed = window.start >= 0 && window.end >= 0;
    int32_t *keys = TW_NEW_ARRAY(arena, int32_t, n + 1);
    tw_field *fields = TW_NEW_ARRAY(arena, tw_field, n + 1);
    for (int32_t i = 0; i < n; i++) {
        const tw_type *type = rel->row->fields[i].type;
        keys[i] = i;
        fields[i] = (tw_field){rel->row->fields[i].name, tw_group_key_type(arena, type, windowed && i == window.time, type->nullable)};
    }
    tw_rel *distinct = tw_rel_new(arena, TW_REL_AGGREGATE, tw_type_row(arena, fields, n), &rel, 1, pos);
    distinct->u.aggregate.keys = keys;
    distinct->u.aggregate.nkeys = n;
    return distinct;
}

const tw_rel *tw_rel_make_one_row(tw_arena *arena, tw_pos pos) {
    tw_rel *rel = tw_rel_new(arena, TW_REL_VALUES, tw_type_row(arena, NULL, 0), NULL, 0, pos);
    const tw_value **rows = TW_NEW_ARRAY(arena, const tw_value *, 1);
    rows[0] = TW_NEW(arena, tw_value);
    rel->u.values.rows = rows;
    rel->u.values.nrows = 1;
    return rel;
}

/* VALUES with the expressions computed; NULL where one of them does not give a literal. */
static const tw_rel *computed_values(tw_binder *binder, const tw_rel *rel, const tw_expr *const *exprs, const tw_str *names, int32_t n) {
    tw_arena *arena = binder->arena;
    int32_t nrows = rel->u.values.nrows, width = rel->row->nfields;
    const tw_value **rows = TW_NEW_ARRAY(arena, const tw_value *, nrows + 1);
    const tw_expr **literals = TW_NEW_ARRAY(arena, const tw_expr *, width + 1);
    for (int32_t r = 0; r < nrows; r++) {
        tw_value *values = TW_NEW_ARRAY(arena, tw_value, n + 1);
        for (int32_t c = 0; c < width; c++) literals[c] = tw_expr_literal(arena, &rel->u.values.rows[r][c]);
        for (int32_t i = 0; i < n; i++) {
            const tw_expr *e = tw_fold(arena, binder->mem, binder->session, tw_expr_substitute(arena, exprs[i], literals));
            if (e->kind != TW_EXPR_LITERAL) return NULL;
            values[i] = *e->literal;
        }
        rows[r] = values;
    }
    tw_field *fields = TW_NEW_ARRAY(arena, tw_field, n + 1);
    for (int32_t i = 0; i < n; i++) fields[i] = (tw_field){names[i], exprs[i]->type};
    tw_rel *values = tw_rel_new(arena, TW_REL_VALUES, tw_type_row(arena, fields, n), NULL, 0, rel->pos);
    values->u.values = (tw_rel_values){.rows = rows, .nrows = nrows};
    return values;
}

const tw_rel *tw_rel_make_assigned(tw_binder *binder, const tw_rel *rel, const tw_expr *const *exprs, const tw_str *names, int32_t n) {
    const tw_rel *values = rel->kind == TW_REL_VALUES ? computed_values(binder, rel, exprs, names, n) : NULL;
    if (values) return values;
    if (rel->kind != TW_REL_PROJECT) return tw_rel_make_project(binder->arena, rel, exprs, names, n, rel->pos);
    const tw_expr **merged = TW_NEW_ARRAY(binder->arena, const tw_expr *, n + 1);
    for (int32_t i = 0; i < n; i++) {
        const tw_expr *e = tw_expr_substitute(binder->arena, exprs[i], rel->u.project.exprs);
        merged[i] = tw_fold(binder->arena, binder->mem, binder->session, e);
    }
    return tw_rel_make_project(binder->arena, rel->inputs[0], merged, names, n, rel->pos);
}

/* ---- names of columns ------------------------------------------------------------------------------------------ */

static tw_status bad_degree(tw_binder *binder, const tw_ast_names *names, const tw_type *row) {
    tw_status status = tw_fail_at(binder->error, TW_E_INVALID, names->at[0].pos,
                                  "list of column aliases must have same degree as table; table has %d columns, whereas alias list has %d columns",
                                  row->nfields, names->count);
    tw_buf list;
    tw_buf_init(&list, binder->mem, 400);
    for (int32_t i = 0; i < row->nfields; i++) tw_buf_printf(&list, "%s%.*s", i ? ", " : "", TW_STR_ARG(row->fields[i].name));
    if (list.length) tw_error_detail(binder->error, "columns of the table: %.*s", (int)list.length, list.data);
    tw_buf_free(&list);
    return status;
}

tw_status tw_check_column_names(tw_binder *binder, const tw_ast_names *names, const tw_type *row) {
    if (names->count != row->nfields) return bad_degree(binder, names, row);
    for (int i = 1; i < names->count; i++)
        for (int j = 0; j < i; j++)
            if (tw_str_equal(names->at[i].text, names->at[j].text))
                return tw_fail_at(binder->error, TW_E_DUPLICATE, names->at[i].pos, "duplicate name '%.*s' in column alias list",
                                  TW_STR_ARG(names->at[i].text));
    return TW_OK;
}

static const tw_str *texts(tw_arena *arena, const tw_ast_names *names) {
    tw_str *out = TW_NEW_ARRAY(arena, tw_str, names->count + 1);
    for (int i = 0; i < names->count; i++) out[i] = names->at[i].text;
    return out;
}

/* ---- queries --------------------------------------------------------------------------------------------------- */

static tw_status bind_with(tw_binder *binder, const tw_ast_with *with) {
    const tw_rel *rel;
    TW_TRY(tw_bind_inner_query(binder, with->query, false, &rel));
    if (with->columns.count) {
        TW_TRY(tw_check_column_names(binder, &with->columns, rel->row));
        rel = tw_rel_renamed(binder->arena, rel, texts(binder->arena, &with->columns), with->name.pos);
    }
    tw_cte *cte = TW_NEW(binder->arena, tw_cte);
    *cte = (tw_cte){.with = with, .rel = rel, .outer = binder->ctes};
    binder->ctes = cte;
    return TW_OK;
}

/* Each is bound once, and sees those before it. */
static tw_status bind_withs(tw_binder *binder, const tw_ast_query *query) {
    for (int i = 0; i < query->nwith; i++) {
        const tw_ast_name *name = &query->with[i].name;
        for (int j = 0; j < i; j++)
            if (tw_str_equal(query->with[j].name.text, name->text))
                return tw_fail_at(binder->error, TW_E_DUPLICATE, name->pos, "WITH query name '%.*s' is specified more than once",
                                  TW_STR_ARG(name->text));
        TW_TRY(bind_with(binder, &query->with[i]));
    }
    return TW_OK;
}

static tw_status bind_plain_body(tw_binder *binder, const tw_ast_body *body, const tw_ast_emit *emit, const tw_rel **out) {
    if (emit && body->kind != TW_AST_BODY_SET) return tw_emit_without_window(binder, emit);
    switch (body->kind) {
    case TW_AST_BODY_VALUES: return tw_bind_values(binder, body, out);
    case TW_AST_BODY_TABLE: return tw_bind_table(binder, &body->table, NULL, body->pos, NULL, out);
    case TW_AST_BODY_SET: return tw_bind_set_op(binder, body, emit, out);
    default: return tw_bind_inner_query(binder, body->query, false, out);
    }
}

tw_status tw_bind_body(tw_binder *binder, const tw_ast_body *body, const tw_ast_emit *emit, const tw_ast_sorts *order, bool keep_order,
                       tw_bound_body *out) {
    if (body->kind == TW_AST_BODY_SELECT) return tw_bind_select_body(binder, body->select, emit, order, keep_order, out);
    *out = (tw_bound_body){0};
    TW_TRY(bind_plain_body(binder, body, emit, &out->rel));
    out->visible = out->rel->row->nfields;
    return tw_bind_order_of_row(binder, order, keep_order, out);
}

tw_status tw_bind_inner_query(tw_binder *binder, const tw_ast_query *query, bool top, const tw_rel **out) {
    tw_binder inner = *binder;
    if (++inner.depth > TW_QUERY_DEPTH_MAX)
        return tw_fail_at(binder->error, TW_E_LIMIT, query->pos, "queries and views are nested more than %d deep", TW_QUERY_DEPTH_MAX);
    inner.scope = NULL;
    inner.special = tw_special_plain;
    inner.special_context = NULL;
    TW_TRY(bind_withs(&inner, query));
    bool keep = top || query->limit || query->offset; /* otherwise the outer query does not see an order */
    const tw_ast_emit *emit = query->emit.kind == TW_AST_EMIT_NONE ? NULL : &query->emit;
    tw_bound_body body;
    TW_TRY(tw_bind_body(&inner, query->body, emit, &query->order, keep, &body));
    return tw_bind_sort(&inner, query, &body, out);
}

tw_status tw_bind_query(tw_binder *binder, const tw_ast_query *query, const tw_rel **out) { return tw_bind_inner_query(binder, query, true, out); }

/* ---- a bare SELECT --------------------------------------------------------------------------------------------- */

static bool has_name(const tw_field *fields, int32_t n, tw_str name) {
    for (int32_t i = 0; i < n; i++)
        if (tw_str_equal(fields[i].name, name)) return true;
    return false;
}

/* a, a, a -> a, a0, a1, as Calcite does. */
static const tw_type *unique_names(tw_arena *arena, const tw_type *row) {
    tw_field *fields = TW_NEW_ARRAY(arena, tw_field, row->nfields + 1);
    for (int32_t i = 0; i < row->nfields; i++) {
        fields[i] = row->fields[i];
        for (int j = 0; has_name(fields, i, fields[i].name); j++)
            fields[i].name = tw_str_of(tw_arena_printf(arena, "%.*s%d", TW_STR_ARG(row->fields[i].name), j));
    }
    return tw_type_row(arena, fields, row->nfields);
}

tw_status tw_bind_select(tw_binder *binder, const tw_ast_query *query, const tw_rel **out) {
    const tw_rel *rel;
    TW_TRY(tw_bind_query(binder, query, &rel));
    *out = tw_rel_new(binder->arena, TW_REL_SINK, unique_names(binder->arena, rel->row), &rel, 1, query->pos);
    return TW_OK;
}
