/* What stands between operators. */
#include "sql/parser.h"

static bool behind_is(tw_parser *p, int op) {
    tw_token next = tw_p_peek(p);
    return next.kind == TW_TOKEN_OP && next.op == op;
}

static tw_ast_when branch(tw_parser *p, tw_ast_expr *when) {
    tw_ast_when out = {.when = when};
    return out;
}

/* Keeps the height of a CASE: as that of a call with all its parts for arguments. */
static void raise_by(tw_parser *p, tw_ast_expr *expr, const tw_ast_expr *part) {
    if (part->height < expr->height) return;
    if (part->height >= TW_P_HEIGHT_MAX) tw_p_fail(p, expr->pos, "the expression is nested more than %d levels", TW_P_HEIGHT_MAX);
    expr->height = (uint16_t)(part->height + 1);
    if (expr->height > p->peak) p->peak = expr->height;
}

static void when_then(tw_parser *p, tw_ast_expr *expr) {
    int first = expr->cases.count;
    do {
        tw_ast_expr *when = tw_p_expr(p);
        raise_by(p, expr, when);
        TW_P_PUSH(p, expr->cases.branches, expr->cases.count, branch(p, when));
    } while (expr->cases.operand && tw_p_accept_op(p, ','));
    tw_p_expect(p, "THEN");
    tw_ast_expr *then = tw_p_expr(p);
    raise_by(p, expr, then);
    for (int i = first; i < expr->cases.count; i++) expr->cases.branches[i].then = then;
}

static tw_ast_expr *case_expr(tw_parser *p) {
    tw_ast_expr *expr = tw_p_node(p, TW_AST_CASE, p->token.pos);
    tw_p_expect(p, "CASE");
    if (!tw_p_is(p, "WHEN")) {
        expr->cases.operand = tw_p_expr(p);
        raise_by(p, expr, expr->cases.operand);
        if (!tw_p_is(p, "WHEN")) tw_p_unexpected(p, "WHEN");
    }
    while (tw_p_accept(p, "WHEN")) when_then(p, expr);
    if (tw_p_accept(p, "ELSE")) {
        expr->cases.otherwise = tw_p_expr(p);
        raise_by(p, expr, expr->cases.otherwise);
    }
    if (!tw_p_accept(p, "END")) tw_p_unexpected(p, NULL);
    tw_p_close(p, &expr->pos);
    return expr;
}

static tw_ast_expr *cast(tw_parser *p, bool try_cast) {
    tw_pos start = p->token.pos;
    tw_p_advance(p);
    tw_p_expect_op(p, '(');
    tw_ast_expr *operand = tw_p_expr(p);
    tw_p_expect(p, "AS");
    tw_ast_type *type = tw_p_type(p);
    tw_p_expect_op(p, ')');
    tw_ast_expr *expr = tw_p_node(p, TW_AST_CAST, start);
    expr->cast.operand = operand;
    expr->cast.type = type;
    expr->cast.try_cast = try_cast;
    raise_by(p, expr, operand);
    return expr;
}

/* ( query ), ( expr ), ( a, b ). */
static tw_ast_expr *parenthesis(tw_parser *p) {
    tw_pos start = p->token.pos;
    if (tw_p_at_query(p)) return tw_p_subquery(p, TW_AST_SUBQUERY_SCALAR, start);
    tw_p_expect_op(p, '(');
    tw_ast_expr *first = tw_p_expr(p);
    if (tw_p_is_op(p, ',')) {
        tw_ast_expr *row = tw_p_call(p, "ROW", start, first, NULL);
        while (tw_p_accept_op(p, ',')) tw_p_arg(p, row, tw_p_expr(p));
        tw_p_expect_op(p, ')');
        tw_p_close(p, &row->pos);
        return row;
    }
    tw_p_expect_op(p, ')');
    first->parenthesised = true;
    first->pos.offset = start.offset;
    first->pos.line = start.line;
    first->pos.column = start.column;
    tw_p_close(p, &first->pos);
    return first;
}

/* ARRAY[..], MAP[..], MULTISET[..], ROW(..), ARRAY(query). */
static tw_ast_expr *constructor(tw_parser *p, const char *name, tw_ast_subquery_kind kind) {
    tw_pos start = p->token.pos;
    tw_p_advance(p);
    if (tw_p_is_op(p, '(') && strcmp(name, "ROW") != 0) return tw_p_subquery(p, kind, start);
    int close = tw_p_is_op(p, '[') ? ']' : ')';
    tw_p_advance(p);
    tw_ast_expr *call = tw_p_call(p, name, start, NULL, NULL);
    if (!tw_p_is_op(p, close)) {
        do {
            tw_p_arg(p, call, tw_p_expr(p));
        } while (tw_p_accept_op(p, ','));
    }
    tw_p_expect_op(p, close);
    tw_p_close(p, &call->pos);
    return call;
}

static tw_ast_expr *keyword_expr(tw_parser *p) {
    static const char *const bare[] = {"CURRENT_DATE", "CURRENT_TIME",          "CURRENT_TIMESTAMP", "LOCALTIME",    "LOCALTIMESTAMP",
                                       "CURRENT_USER", "CURRENT_ROW_TIMESTAMP", "CURRENT_CATALOG",   "SESSION_USER", "SYSTEM_USER"};
    if (tw_p_token_is(&p->token, "CASE")) return case_expr(p);
    if (tw_p_token_is(&p->token, "CAST")) return cast(p, false);
    if (tw_p_token_is(&p->token, "TRY_CAST")) return cast(p, true);
    if (behind_is(p, '(')) {
        if (tw_p_token_is(&p->token, "ROW")) return constructor(p, "ROW", TW_AST_SUBQUERY_ARRAY);
        if (tw_p_token_is(&p->token, "EXISTS")) {
            tw_pos start = p->token.pos;
            tw_p_advance(p);
            return tw_p_subquery(p, TW_AST_SUBQUERY_EXISTS, start);
        }
    }
    bool query = behind_is(p, '(') && (tw_p_token_is(&p->token, "ARRAY") || tw_p_token_is(&p->token, "MULTISET"));
    if (query || behind_is(p, '[')) {
        if (tw_p_token_is(&p->token, "ARRAY")) return constructor(p, "ARRAY", TW_AST_SUBQUERY_ARRAY);
        if (tw_p_token_is(&p->token, "MULTISET")) return constructor(p, "MULTISET", TW_AST_SUBQUERY_MULTISET);
        if (tw_p_token_is(&p->token, "MAP")) return constructor(p, "MAP", TW_AST_SUBQUERY_MAP);
    }
    for (size_t i = 0; i < sizeof(bare) / sizeof(bare[0]); i++) {
        if (!tw_p_token_is(&p->token, bare[i]) || behind_is(p, '(')) continue;
        tw_pos start = p->token.pos;
        tw_p_advance(p);
        tw_ast_expr *call = tw_p_call(p, bare[i], start, NULL, NULL);
        call->call.bare = true;
        return call;
    }
    return NULL;
}

/* a, a.b.c, t.*, f(..), a.b.f(..). */
static tw_ast_expr *named(tw_parser *p) {
    tw_pos start = p->token.pos;
    if (!tw_p_at_name(p)) tw_p_unexpected(p, "an expression");
    tw_ast_names path = {0};
    TW_P_PUSH(p, path.at, path.count, tw_p_name(p, "a column"));
    while (tw_p_is_op(p, '.')) {
        tw_p_advance(p);
        if (tw_p_accept_op(p, '*')) {
            tw_ast_expr *star = tw_p_node(p, TW_AST_STAR, start);
            star->star.qualifier = path;
            return star;
        }
        TW_P_PUSH(p, path.at, path.count, tw_p_name(p, "a column's name"));
    }
    if (tw_p_is_op(p, '(') && path.count > 1) {
        tw_ast_expr *call = tw_p_function(p);
        call->call.path = path;
        call->call.name = path.at[path.count - 1];
        call->pos.offset = start.offset;
        call->pos.line = start.line;
        call->pos.column = start.column;
        tw_p_close(p, &call->pos);
        return call;
    }
    tw_ast_expr *expr = tw_p_node(p, TW_AST_COLUMN, start);
    expr->column = path;
    return expr;
}

static bool at_function(tw_parser *p) {
    if (!behind_is(p, '(')) return false;
    if (p->token.kind == TW_TOKEN_QUOTED) return true;
    return p->token.kind == TW_TOKEN_WORD && tw_keyword_reserved(p->token.text) != TW_RESERVED;
}

tw_ast_expr *tw_p_primary(tw_parser *p) {
    if (tw_p_is_op(p, '(')) return parenthesis(p);
    if (tw_p_is_op(p, '?')) tw_p_unsupported(p, p->token.pos, "a dynamic parameter");
    tw_ast_expr *expr = tw_p_literal(p);
    if (!expr && p->token.kind == TW_TOKEN_WORD) expr = keyword_expr(p);
    if (expr) return expr;
    if (p->in_match && (tw_p_token_is(&p->token, "RUNNING") || tw_p_token_is(&p->token, "FINAL")) && !behind_is(p, '(')) {
        tw_token next = tw_p_peek(p);
        if (next.kind == TW_TOKEN_WORD) {
            uint8_t running = tw_p_token_is(&p->token, "RUNNING") ? 1 : 2;
            tw_p_advance(p);
            if (!at_function(p)) tw_p_unexpected(p, "a function");
            expr = tw_p_function(p);
            if (expr->kind == TW_AST_CALL) expr->call.running = running;
            return expr;
        }
    }
    return at_function(p) ? tw_p_function(p) : named(p);
}
