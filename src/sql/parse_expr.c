/* Operators, by binding: the higher binds the tighter. Numbers are Calcite's (SqlStdOperatorTable).
 *
 *   22 OR   24 AND   26 NOT   28 IS ..   30 = <> < <= > >= IS DISTINCT FROM, OVERLAPS   32 BETWEEN IN LIKE SIMILAR
 *   40 + -   60 * / % ||   80 unary + -   90 a[i]  a.b  a::t */
#include "sql/parser.h"

enum { BIND_OR = 22, BIND_AND = 24, BIND_NOT = 26, BIND_IS = 28, BIND_COMPARE = 30, BIND_RANGE = 32, BIND_ADD = 40, BIND_MUL = 60, BIND_SIGN = 80 };

tw_ast_expr *tw_p_node(tw_parser *p, tw_ast_expr_kind kind, tw_pos start) {
    tw_ast_expr *expr = TW_NEW(p->arena, tw_ast_expr);
    expr->kind = kind;
    expr->pos = start;
    expr->height = 1;
    tw_p_close(p, &expr->pos);
    return expr;
}

static void raise_height(tw_parser *p, tw_ast_expr *expr, int below) {
    if (below < expr->height) return;
    if (below + 1 > TW_P_HEIGHT_MAX) tw_p_fail(p, expr->pos, "the expression is nested or chained more than %d levels", TW_P_HEIGHT_MAX);
    expr->height = (uint16_t)(below + 1);
    if (expr->height > p->peak) p->peak = expr->height;
}

void tw_p_arg(tw_parser *p, tw_ast_expr *call, tw_ast_expr *arg) {
    TW_P_PUSH(p, call->call.args.at, call->call.args.count, arg);
    raise_height(p, call, arg->height);
}

tw_ast_expr *tw_p_call(tw_parser *p, const char *name, tw_pos start, tw_ast_expr *a, tw_ast_expr *b) {
    tw_ast_expr *expr = tw_p_node(p, TW_AST_CALL, start);
    expr->call.name = (tw_ast_name){.text = tw_str_of(name), .pos = start};
    expr->call.operator_syntax = true;
    if (a) tw_p_arg(p, expr, a);
    if (b) tw_p_arg(p, expr, b);
    return expr;
}

tw_ast_expr *tw_p_symbol(tw_parser *p, const char *name) {
    tw_ast_expr *expr = tw_p_node(p, TW_AST_LITERAL, p->token.pos);
    expr->literal = (tw_ast_literal){.kind = TW_AST_LIT_SYMBOL, .text = tw_str_of(name)};
    return expr;
}

tw_ast_expr *tw_p_null(tw_parser *p) {
    tw_ast_expr *expr = tw_p_node(p, TW_AST_LITERAL, p->token.pos);
    expr->literal.kind = TW_AST_LIT_NULL;
    return expr;
}

tw_ast_exprs tw_p_expr_list(tw_parser *p) {
    tw_ast_exprs list = {0};
    do {
        TW_P_PUSH(p, list.at, list.count, tw_p_expr(p));
    } while (tw_p_accept_op(p, ','));
    return list;
}

static bool begins_query(const tw_token *token) {
    return tw_p_token_is(token, "SELECT") || tw_p_token_is(token, "VALUES") || tw_p_token_is(token, "WITH");
}

/* Behind ((SELECT ..) a query goes on with a set operation or ends; anything else makes it an operand. */
static bool query_goes_on(const tw_token *token) {
    static const char *const words[] = {"UNION", "INTERSECT", "EXCEPT", "MINUS", "ORDER", "LIMIT", "OFFSET", "FETCH"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (tw_p_token_is(token, words[i])) return true;
    }
    return token->kind == TW_TOKEN_OP && token->op == ')';
}

bool tw_p_at_query(tw_parser *p) {
    tw_lexer lexer = p->lexer;
    tw_token token = p->token;
    int opened = 0;
    for (; token.kind == TW_TOKEN_OP && token.op == '('; opened++) {
        if (tw_lex_next(&lexer, &token, NULL) != TW_OK) return false;
    }
    if (!begins_query(&token)) return false;
    if (opened < 2) return true;
    for (int depth = opened; depth > 1;) { /* to behind the parenthesis that the second one opened */
        if (token.kind == TW_TOKEN_END || tw_lex_next(&lexer, &token, NULL) != TW_OK) return true;
        if (token.kind == TW_TOKEN_OP) depth += (token.op == '(') - (token.op == ')');
    }
    return tw_lex_next(&lexer, &token, NULL) != TW_OK || query_goes_on(&token);
}

tw_ast_expr *tw_p_subquery(tw_parser *p, tw_ast_subquery_kind kind, tw_pos start) {
    int peak = p->peak;
    p->peak = 0;
    tw_p_expect_op(p, '(');
    tw_ast_query *query = tw_p_query(p);
    tw_p_expect_op(p, ')');
    tw_ast_expr *expr = tw_p_node(p, TW_AST_SUBQUERY, start);
    expr->subquery.kind = kind;
    expr->subquery.query = query;
    raise_height(p, expr, p->peak);
    if (peak > p->peak) p->peak = peak;
    return expr;
}

/* ---- a <operator> b ------------------------------------------------------------------------------------------ */

typedef struct infix {
    const char *name;
    int bind;
} infix;

static infix infix_of(const tw_token *token) {
    if (token->kind == TW_TOKEN_WORD) {
        if (tw_p_token_is(token, "AND")) return (infix){"AND", BIND_AND};
        if (tw_p_token_is(token, "OR")) return (infix){"OR", BIND_OR};
        if (tw_p_token_is(token, "OVERLAPS")) return (infix){"OVERLAPS", BIND_COMPARE};
        return (infix){0};
    }
    if (token->kind != TW_TOKEN_OP) return (infix){0};
    switch (token->op) {
    case '=': return (infix){"=", BIND_COMPARE};
    case '<': return (infix){"<", BIND_COMPARE};
    case '>': return (infix){">", BIND_COMPARE};
    case TW_OP_LE: return (infix){"<=", BIND_COMPARE};
    case TW_OP_GE: return (infix){">=", BIND_COMPARE};
    case TW_OP_NE: return (infix){"<>", BIND_COMPARE};
    case '+': return (infix){"+", BIND_ADD};
    case '-': return (infix){"-", BIND_ADD};
    case '*': return (infix){"*", BIND_MUL};
    case '/': return (infix){"/", BIND_MUL};
    case '%': return (infix){"%", BIND_MUL};
    case TW_OP_CONCAT: return (infix){"||", BIND_MUL};
    default: return (infix){0};
    }
}

static bool is_row(const tw_ast_expr *expr) {
    return expr->kind == TW_AST_CALL && tw_str_equal(expr->call.name.text, TW_STR("ROW")) && expr->call.args.count == 2;
}

static tw_ast_expr *overlaps(tw_parser *p, tw_ast_expr *left, tw_ast_expr *right, tw_pos start, tw_pos at) {
    if (!is_row(left) || !is_row(right)) tw_p_fail_hint(p, at, "OVERLAPS stands between two periods", "(start, end) OVERLAPS (start, end)");
    tw_ast_expr *call = tw_p_call(p, "OVERLAPS", start, NULL, NULL);
    for (int i = 0; i < 2; i++) tw_p_arg(p, call, left->call.args.at[i]);
    for (int i = 0; i < 2; i++) tw_p_arg(p, call, right->call.args.at[i]);
    return call;
}

/* = SOME (query), < ALL (query): NULL when there is no such word. */
static tw_ast_expr *quantified(tw_parser *p, tw_ast_expr *left, const char *comparison, tw_pos start) {
    tw_token next = tw_p_peek(p);
    if (next.kind != TW_TOKEN_OP || next.op != '(') return NULL;
    bool all = tw_p_token_is(&p->token, "ALL");
    if (!all && !tw_p_token_is(&p->token, "SOME") && !tw_p_token_is(&p->token, "ANY")) return NULL;
    tw_p_advance(p);
    if (!tw_p_at_query(p)) tw_p_unsupported(p, p->token.pos, "SOME, ANY or ALL of a list");
    tw_ast_expr *expr = tw_p_subquery(p, all ? TW_AST_SUBQUERY_ALL : TW_AST_SUBQUERY_SOME, start);
    expr->subquery.operand = left;
    expr->subquery.comparison = tw_str_of(comparison);
    raise_height(p, expr, left->height);
    return expr;
}

static tw_ast_expr *binary(tw_parser *p, tw_ast_expr *left, infix op) {
    tw_pos start = left->pos, at = p->token.pos;
    tw_p_advance(p);
    if (op.bind == BIND_COMPARE) {
        tw_ast_expr *expr = quantified(p, left, op.name, start);
        if (expr) return expr;
    }
    tw_ast_expr *right = tw_p_operand(p, op.bind + 1);
    if (op.name[0] == 'O' && op.name[1] == 'V') return overlaps(p, left, right, start, at);
    tw_ast_expr *call = tw_p_call(p, op.name, start, left, right);
    call->call.name.pos = at;
    return call;
}

/* ---- a IS .. --------------------------------------------------------------------------------------------------- */

static tw_ast_expr *is_predicate(tw_parser *p, tw_ast_expr *operand) {
    static const char *const plain[] = {"NULL", "TRUE", "FALSE"};
    static const char *const names[][2] = {{"IS NULL", "IS NOT NULL"}, {"IS TRUE", "IS NOT TRUE"}, {"IS FALSE", "IS NOT FALSE"}};
    tw_pos start = operand->pos, at = p->token.pos;
    tw_p_advance(p);
    bool negated = tw_p_accept(p, "NOT");
    tw_ast_expr *call = NULL;
    for (int i = 0; i < 3 && !call; i++) {
        if (tw_p_accept(p, plain[i])) call = tw_p_call(p, names[i][negated], start, operand, NULL);
    }
    if (!call && tw_p_accept(p, "UNKNOWN")) call = tw_p_call(p, names[0][negated], start, operand, NULL);
    if (!call && tw_p_accept(p, "DISTINCT")) {
        tw_p_expect(p, "FROM");
        tw_ast_expr *right = tw_p_operand(p, BIND_COMPARE + 1);
        call = tw_p_call(p, negated ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM", start, operand, right);
    }
    if (!call && tw_p_accept(p, "JSON")) call = tw_p_json_predicate(p, operand, negated, start);
    if (!call)
        tw_p_unexpected(p, negated ? "NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM or JSON" : "NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM, JSON or NOT");
    call->call.name.pos = at;
    return call;
}

/* ---- a [NOT] BETWEEN, IN, LIKE, SIMILAR ----------------------------------------------------------------------- */

static tw_ast_expr *between(tw_parser *p, tw_ast_expr *operand, bool negated, tw_pos start) {
    bool symmetric = tw_p_accept(p, "SYMMETRIC");
    if (!symmetric) tw_p_accept(p, "ASYMMETRIC");
    tw_ast_expr *low = tw_p_operand(p, TW_P_BIND_OPERAND);
    tw_p_expect(p, "AND");
    tw_ast_expr *high = tw_p_operand(p, TW_P_BIND_OPERAND);
    const char *name = symmetric ? (negated ? "NOT BETWEEN SYMMETRIC" : "BETWEEN SYMMETRIC") : negated ? "NOT BETWEEN" : "BETWEEN";
    tw_ast_expr *call = tw_p_call(p, name, start, operand, low);
    tw_p_arg(p, call, high);
    return call;
}

static tw_ast_expr *in(tw_parser *p, tw_ast_expr *operand, bool negated, tw_pos start) {
    if (!tw_p_is_op(p, '(')) tw_p_unexpected(p, "\"(\"");
    if (tw_p_at_query(p)) {
        tw_ast_expr *expr = tw_p_subquery(p, TW_AST_SUBQUERY_IN, start);
        expr->subquery.operand = operand;
        expr->subquery.negated = negated;
        raise_height(p, expr, operand->height);
        return expr;
    }
    tw_p_expect_op(p, '(');
    tw_ast_exprs list = tw_p_expr_list(p);
    tw_p_expect_op(p, ')');
    tw_ast_expr *call = tw_p_call(p, negated ? "NOT IN" : "IN", start, operand, NULL);
    for (int i = 0; i < list.count; i++) tw_p_arg(p, call, list.at[i]);
    return call;
}

static tw_ast_expr *like(tw_parser *p, tw_ast_expr *operand, const char *name, tw_pos start) {
    tw_ast_expr *pattern = tw_p_operand(p, TW_P_BIND_OPERAND);
    tw_ast_expr *escape = tw_p_accept(p, "ESCAPE") ? tw_p_operand(p, TW_P_BIND_OPERAND) : NULL;
    tw_ast_expr *call = tw_p_call(p, name, start, operand, pattern);
    if (escape) tw_p_arg(p, call, escape);
    return call;
}

static bool at_range(tw_parser *p) {
    tw_token token = tw_p_token_is(&p->token, "NOT") ? tw_p_peek(p) : p->token;
    return tw_p_token_is(&token, "BETWEEN") || tw_p_token_is(&token, "IN") || tw_p_token_is(&token, "LIKE") || tw_p_token_is(&token, "SIMILAR");
}

static tw_ast_expr *range(tw_parser *p, tw_ast_expr *operand) {
    tw_pos start = operand->pos;
    bool negated = tw_p_accept(p, "NOT");
    tw_pos at = p->token.pos;
    tw_ast_expr *expr;
    if (tw_p_accept(p, "BETWEEN")) {
        expr = between(p, operand, negated, start);
    } else if (tw_p_accept(p, "IN")) {
        expr = in(p, operand, negated, start);
    } else if (tw_p_accept(p, "LIKE")) {
        expr = like(p, operand, negated ? "NOT LIKE" : "LIKE", start);
    } else {
        tw_p_expect(p, "SIMILAR");
        tw_p_expect(p, "TO");
        expr = like(p, operand, negated ? "NOT SIMILAR TO" : "SIMILAR TO", start);
    }
    tw_p_close(p, &expr->pos);
    if (expr->kind == TW_AST_CALL) expr->call.name.pos = at;
    return expr;
}

/* ---- operands -------------------------------------------------------------------------------------------------- */

static tw_ast_expr *field(tw_parser *p, tw_ast_expr *base) {
    tw_p_expect_op(p, '.');
    if (tw_p_accept_op(p, '*')) {
        tw_ast_expr *star = tw_p_node(p, TW_AST_STAR, base->pos);
        star->star.base = base;
        raise_height(p, star, base->height);
        return star;
    }
    tw_ast_name name = tw_p_name(p, "a field's name");
    tw_ast_expr *expr = tw_p_node(p, TW_AST_FIELD, base->pos);
    expr->field.base = base;
    expr->field.name = name;
    raise_height(p, expr, base->height);
    return expr;
}

static tw_ast_expr *cast_to(tw_parser *p, tw_ast_expr *operand) {
    tw_ast_type *type = tw_p_type(p);
    tw_ast_expr *expr = tw_p_node(p, TW_AST_CAST, operand->pos);
    expr->cast.operand = operand;
    expr->cast.type = type;
    raise_height(p, expr, operand->height);
    return expr;
}

static tw_ast_expr *postfix(tw_parser *p) {
    tw_ast_expr *expr = tw_p_primary(p);
    for (;;) {
        if (tw_p_accept_op(p, '[')) {
            tw_ast_expr *index = tw_p_expr(p);
            tw_p_expect_op(p, ']');
            expr = tw_p_call(p, "ITEM", expr->pos, expr, index);
        } else if (tw_p_is_op(p, '.')) {
            expr = field(p, expr);
        } else if (tw_p_accept_op(p, TW_OP_CAST)) {
            expr = cast_to(p, expr);
        } else {
            return expr;
        }
    }
}

static tw_ast_expr *prefix(tw_parser *p) {
    tw_pos start = p->token.pos;
    if (tw_p_token_is(&p->token, "NOT")) {
        tw_p_advance(p);
        return tw_p_call(p, "NOT", start, tw_p_operand(p, BIND_NOT), NULL);
    }
    if (tw_p_accept_op(p, '-')) return tw_p_call(p, "-", start, tw_p_operand(p, BIND_SIGN), NULL);
    if (tw_p_accept_op(p, '+')) return tw_p_operand(p, BIND_SIGN);
    return postfix(p);
}

tw_ast_expr *tw_p_operand(tw_parser *p, int binding) {
    tw_p_enter(p);
    tw_ast_expr *left = prefix(p);
    for (;;) {
        infix op = infix_of(&p->token);
        if (op.name && op.bind >= binding) {
            left = binary(p, left, op);
        } else if (binding <= BIND_IS && tw_p_token_is(&p->token, "IS")) {
            left = is_predicate(p, left);
        } else if (binding <= BIND_RANGE && at_range(p)) {
            left = range(p, left);
        } else {
            break;
        }
    }
    tw_p_leave(p);
    return left;
}

tw_ast_expr *tw_p_expr(tw_parser *p) { return tw_p_operand(p, 0); }
