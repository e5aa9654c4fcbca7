/* Expressions: which file binds which node; CAST, CASE and fields; conditions; assignment to sink columns. */
#include "sql/bind_parts.h"

static tw_status bind_cast(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    const tw_expr *operand = NULL;
    TW_TRY(tw_bind_expr(binder, e->cast.operand, &operand));
    const char *name = e->cast.try_cast ? "TRY_CAST" : "CAST";
    return tw_bind_function(binder, name, e->pos, &operand, 1, e->cast.type->type, out);
}

static bool is_null_literal(const tw_ast_expr *e) { return !e || (e->kind == TW_AST_LITERAL && e->literal.kind == TW_AST_LIT_NULL); }

static tw_status check_case(tw_binder *binder, const tw_ast_expr *e) {
    bool null = is_null_literal(e->cases.otherwise);
    for (int i = 0; i < e->cases.count; i++) null &= is_null_literal(e->cases.branches[i].then);
    if (!null) return TW_OK;
    tw_fail_at(binder->error, TW_E_TYPE, e->pos, "CASE has only NULLs for results, which have no type");
    tw_error_hint(binder->error, "cast one of them: CAST(NULL AS INT)");
    return TW_E_TYPE;
}

/* CASE operand WHEN value: operand = value. */
static tw_status bind_when(tw_binder *binder, const tw_ast_expr *when, const tw_expr *operand, const tw_expr **out) {
    const tw_expr *value;
    if (!operand) {
        TW_TRY(tw_bind_expr(binder, when, out));
        tw_kind kind = (*out)->type->kind;
        if (kind == TW_BOOLEAN || kind == TW_NULL) return TW_OK;
        return tw_fail_at(binder->error, TW_E_TYPE, when->pos, "a condition of CASE must be BOOLEAN, not %s",
                          tw_type_text(binder->arena, (*out)->type));
    }
    TW_TRY(tw_bind_expr(binder, when, &value));
    return tw_bind_function(binder, "=", when->pos, (const tw_expr *[]){operand, value}, 2, NULL, out);
}

static tw_status bind_case(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    const tw_expr *operand = NULL;
    const tw_expr **args = TW_NEW_ARRAY(binder->arena, const tw_expr *, 2 * e->cases.count + 2);
    int n = 0;
    TW_TRY(check_case(binder, e));
    if (e->cases.operand) TW_TRY(tw_bind_expr(binder, e->cases.operand, &operand));
    for (int i = 0; i < e->cases.count; i++) {
        TW_TRY(bind_when(binder, e->cases.branches[i].when, operand, &args[n++]));
        TW_TRY(tw_bind_expr(binder, e->cases.branches[i].then, &args[n++]));
    }
    if (e->cases.otherwise) TW_TRY(tw_bind_expr(binder, e->cases.otherwise, &args[n++]));
    return tw_bind_function(binder, "CASE", e->pos, args, n, NULL, out);
}

static tw_status bind_field(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    const tw_expr *base = NULL;
    TW_TRY(tw_bind_expr(binder, e->field.base, &base));
    return tw_bind_field_of(binder, base, &e->field.name, out);
}

static tw_status special(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    return binder->special ? binder->special(binder->special_context, binder, e, out) : TW_END;
}

static tw_status bind_subquery(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    tw_status status = special(binder, e, out);
    if (status != TW_END) return status;
    return tw_fail_at(binder->error, TW_E_UNSUPPORTED, e->pos, "sub-queries in expressions are not supported yet");
}

static tw_status bind_call(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    tw_status status = special(binder, e, out);
    return status != TW_END ? status : tw_bind_call_node(binder, e, out);
}

tw_status tw_bind_expr(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    switch (e->kind) {
    case TW_AST_LITERAL: return tw_bind_literal_node(binder, e, out);
    case TW_AST_COLUMN: return tw_bind_column(binder, e, out);
    case TW_AST_STAR: return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "* is not allowed in %s", tw_bind_clause(binder));
    case TW_AST_CALL: return bind_call(binder, e, out);
    case TW_AST_CAST: return bind_cast(binder, e, out);
    case TW_AST_CASE: return bind_case(binder, e, out);
    case TW_AST_FIELD: return bind_field(binder, e, out);
    case TW_AST_SUBQUERY: return bind_subquery(binder, e, out);
    case TW_AST_TABLE_ARG: return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "a table is only allowed as argument of a table function");
    case TW_AST_DEFAULT: return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "DEFAULT is only allowed as argument of a function");
    }
    return tw_fail_at(binder->error, TW_E_INTERNAL, e->pos, "an expression of an unknown kind");
}

tw_status tw_bind_condition(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    TW_TRY(tw_bind_expr(binder, e, out));
    tw_kind kind = (*out)->type->kind;
    if (kind == TW_BOOLEAN) return TW_OK;
    if (kind == TW_NULL) {
        *out = tw_expr_cast(binder->arena, *out, &TW_TYPE_BOOLEAN);
        return TW_OK;
    }
    return tw_fail_at(binder->error, TW_E_TYPE, e->pos, "the condition of %s must be BOOLEAN, not %s", tw_bind_clause(binder),
                      tw_type_text(binder->arena, (*out)->type));
}

tw_status tw_bind_assign(tw_binder *binder, const tw_expr *e, const tw_type *to, tw_str what, tw_pos pos, const tw_expr **out) {
    if (!tw_type_castable(e->type, to, true)) {
        tw_fail_at(binder->error, TW_E_TYPE, pos, "incompatible types for sink column '%.*s'", TW_STR_ARG(what));
        tw_error_detail(binder->error, "query: %s, sink: %s", tw_type_text(binder->arena, e->type), tw_type_text(binder->arena, to));
        if (tw_type_castable(e->type, to, false))
            tw_error_hint(binder->error, "write CAST(... AS %s)", tw_type_text(binder->arena, tw_type_nullable(binder->arena, to, true)));
        return TW_E_TYPE;
    }
    const tw_expr *cast = tw_expr_cast(binder->arena, e, to);
    *out = tw_fold_call(binder->arena, binder->mem, binder->session, cast);
    return TW_OK;
}

tw_str tw_item_name(tw_arena *arena, const tw_ast_item *item, int32_t n) {
    if (item->alias.text.length) return item->alias.text;
    if (item->expr->kind == TW_AST_COLUMN) return item->expr->column.at[item->expr->column.count - 1].text;
    return tw_str_of(tw_arena_printf(arena, "EXPR$%d", (int)n));
}
