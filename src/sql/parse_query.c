/* Queries: WITH, set operations, SELECT, ORDER BY, LIMIT, EMIT. INTERSECT binds tighter than UNION and EXCEPT. */
#include "sql/parser.h"

static tw_ast_sort sort(tw_parser *p) {
    tw_ast_sort out = {.expr = tw_p_expr(p)};
    if (tw_p_accept(p, "DESC"))
        out.descending = true;
    else
        tw_p_accept(p, "ASC");
    if (tw_p_accept(p, "NULLS")) {
        bool first = tw_p_accept(p, "FIRST");
        if (!first && !tw_p_accept(p, "LAST")) tw_p_unexpected(p, "FIRST or LAST");
        out.nulls = first ? TW_AST_NULLS_FIRST : TW_AST_NULLS_LAST;
    }
    return out;
}

tw_ast_sorts tw_p_sorts(tw_parser *p) {
    tw_ast_sorts sorts = {0};
    do {
        TW_P_PUSH(p, sorts.at, sorts.count, sort(p));
    } while (tw_p_accept_op(p, ','));
    return sorts;
}

/* ---- SELECT ---------------------------------------------------------------------------------------------------- */

static tw_ast_item item(tw_parser *p) {
    tw_ast_item out = {0};
    if (tw_p_is_op(p, '*')) {
        tw_pos start = p->token.pos;
        tw_p_advance(p);
        out.expr = tw_p_node(p, TW_AST_STAR, start);
        return out;
    }
    out.expr = tw_p_expr(p);
    if (tw_p_accept(p, "AS"))
        out.alias = tw_p_name(p, "a column's name");
    else if (tw_p_at_name(p) && !tw_p_is(p, "EMIT"))
        out.alias = tw_p_name(p, "a column's name");
    return out;
}

static tw_ast_group group(tw_parser *p);

static void group_items(tw_parser *p, tw_ast_group *out) {
    tw_p_expect_op(p, '(');
    do {
        TW_P_PUSH(p, out->items, out->nitems, group(p));
    } while (tw_p_accept_op(p, ','));
    tw_p_expect_op(p, ')');
}

/* (), and a row's arguments taken out of its call: (a, b). */
static void group_expr(tw_parser *p, tw_ast_group *out) {
    tw_token next = tw_p_peek(p);
    if (tw_p_is_op(p, '(') && next.kind == TW_TOKEN_OP && next.op == ')') {
        tw_p_advance(p);
        tw_p_advance(p);
        return;
    }
    tw_ast_expr *expr = tw_p_expr(p);
    bool row = expr->kind == TW_AST_CALL && expr->call.operator_syntax && tw_str_equal(expr->call.name.text, TW_STR("ROW"));
    if (row && p->lexer.text.data[expr->pos.offset] == '(') {
        out->kind = TW_AST_GROUP_ROW;
        out->exprs = expr->call.args;
    } else {
        TW_P_PUSH(p, out->exprs.at, out->exprs.count, expr);
    }
}

static tw_ast_group group(tw_parser *p) {
    tw_ast_group out = {.pos = p->token.pos};
    tw_p_enter(p);
    tw_token next = tw_p_peek(p);
    bool call = next.kind == TW_TOKEN_OP && next.op == '(';
    if (tw_p_accept2(p, "GROUPING", "SETS"))
        out.kind = TW_AST_GROUP_SETS;
    else if (call && tw_p_accept(p, "ROLLUP"))
        out.kind = TW_AST_GROUP_ROLLUP;
    else if (call && tw_p_accept(p, "CUBE"))
        out.kind = TW_AST_GROUP_CUBE;
    if (out.kind != TW_AST_GROUP_EXPR)
        group_items(p, &out);
    else
        group_expr(p, &out);
    tw_p_close(p, &out.pos);
    tw_p_leave(p);
    return out;
}

static void group_by(tw_parser *p, tw_ast_select *select) {
    select->grouped = true;
    select->group_distinct = tw_p_accept(p, "DISTINCT");
    if (!select->group_distinct) tw_p_accept(p, "ALL");
    do {
        TW_P_PUSH(p, select->groups, select->ngroups, group(p));
    } while (tw_p_accept_op(p, ','));
}

static void windows(tw_parser *p, tw_ast_select *select) {
    do {
        tw_ast_name name = tw_p_name(p, "a window's name");
        tw_p_expect(p, "AS");
        tw_ast_window *window = tw_p_window(p);
        window->name = name;
        TW_P_PUSH(p, select->windows.at, select->windows.count, window);
    } while (tw_p_accept_op(p, ','));
}

static tw_ast_select *select_core(tw_parser *p) {
    tw_ast_select *select = TW_NEW(p->arena, tw_ast_select);
    select->pos = p->token.pos;
    tw_p_expect(p, "SELECT");
    select->hints = tw_p_hints(p);
    if (tw_p_is(p, "STREAM")) tw_p_unsupported(p, p->token.pos, "SELECT STREAM");
    select->distinct = tw_p_accept(p, "DISTINCT");
    if (!select->distinct) tw_p_accept(p, "ALL");
    do {
        TW_P_PUSH(p, select->items, select->nitems, item(p));
    } while (tw_p_accept_op(p, ','));
    if (tw_p_accept(p, "FROM")) select->from = tw_p_from(p);
    if (tw_p_accept(p, "WHERE")) select->where = tw_p_expr(p);
    if (tw_p_accept(p, "GROUP")) {
        tw_p_expect(p, "BY");
        group_by(p, select);
    }
    if (tw_p_accept(p, "HAVING")) select->having = tw_p_expr(p);
    if (tw_p_accept(p, "WINDOW")) windows(p, select);
    if (tw_p_accept(p, "QUALIFY")) select->qualify = tw_p_expr(p);
    tw_p_close(p, &select->pos);
    return select;
}

/* ---- bodies ---------------------------------------------------------------------------------------------------- */

static tw_ast_body *body_new(tw_parser *p, tw_ast_body_kind kind, tw_pos start) {
    tw_ast_body *body = TW_NEW(p->arena, tw_ast_body);
    body->kind = kind;
    body->pos = start;
    tw_p_close(p, &body->pos);
    return body;
}

/* VALUES (1, 'a'), ROW(2, 'b'), 3 */
static tw_ast_exprs values_row(tw_parser *p) {
    tw_ast_exprs row = {0};
    tw_ast_expr *expr = tw_p_expr(p);
    if (expr->kind == TW_AST_CALL && expr->call.operator_syntax && tw_str_equal(expr->call.name.text, TW_STR("ROW"))) {
        return expr->call.args;
    }
    TW_P_PUSH(p, row.at, row.count, expr);
    return row;
}

static tw_ast_body *values(tw_parser *p) {
    tw_pos start = p->token.pos;
    tw_p_expect(p, "VALUES");
    tw_ast_exprs *rows = NULL;
    int count = 0;
    do {
        TW_P_PUSH(p, rows, count, values_row(p));
    } while (tw_p_accept_op(p, ','));
    tw_ast_body *body = body_new(p, TW_AST_BODY_VALUES, start);
    body->values.rows = rows;
    body->values.count = count;
    return body;
}

static tw_ast_body *term(tw_parser *p) {
    tw_pos start = p->token.pos;
    if (tw_p_accept_op(p, '(')) {
        tw_ast_query *query = tw_p_query(p);
        tw_p_expect_op(p, ')');
        bool plain = query->nwith == 0 && query->order.count == 0 && !query->limit && !query->offset && query->emit.kind == TW_AST_EMIT_NONE;
        if (plain) return query->body;
        tw_ast_body *body = body_new(p, TW_AST_BODY_QUERY, start);
        body->query = query;
        return body;
    }
    if (tw_p_is(p, "VALUES")) return values(p);
    if (tw_p_accept(p, "TABLE")) {
        tw_ast_names table = tw_p_path(p, "a table's name");
        tw_ast_body *body = body_new(p, TW_AST_BODY_TABLE, start);
        body->table = table;
        return body;
    }
    if (!tw_p_is(p, "SELECT")) tw_p_unexpected(p, "a query");
    tw_ast_select *select = select_core(p);
    tw_ast_body *body = body_new(p, TW_AST_BODY_SELECT, start);
    body->select = select;
    return body;
}

static tw_ast_body *set_of(tw_parser *p, tw_ast_set_op op, tw_ast_body *left, tw_ast_body *(*operand)(tw_parser *)) {
    bool all = tw_p_accept(p, "ALL");
    if (!all) tw_p_accept(p, "DISTINCT");
    tw_ast_body *right = operand(p);
    tw_ast_body *body = body_new(p, TW_AST_BODY_SET, left->pos);
    body->set.op = op;
    body->set.all = all;
    body->set.left = left;
    body->set.right = right;
    return body;
}

#define CHAIN_MAX 2000 /* of set operations: the tree leans left and is walked recursively */

static void check_chain(tw_parser *p, int n) {
    if (n > CHAIN_MAX) tw_p_fail(p, p->token.pos, "more than %d set operations in a row", CHAIN_MAX);
}

static tw_ast_body *intersection(tw_parser *p) {
    tw_ast_body *left = term(p);
    for (int n = 0; tw_p_accept(p, "INTERSECT"); n++) {
        check_chain(p, n);
        left = set_of(p, TW_AST_INTERSECT, left, term);
    }
    return left;
}

static tw_ast_body *body(tw_parser *p) {
    tw_ast_body *left = intersection(p);
    for (int n = 0;; n++) {
        check_chain(p, n);
        if (tw_p_accept(p, "UNION"))
            left = set_of(p, TW_AST_UNION, left, intersection);
        else if (tw_p_accept(p, "EXCEPT") || tw_p_accept(p, "MINUS"))
            left = set_of(p, TW_AST_EXCEPT, left, intersection);
        else
            return left;
    }
}

/* ---- query ----------------------------------------------------------------------------------------------------- */

static void with(tw_parser *p, tw_ast_query *query) {
    if (tw_p_is(p, "RECURSIVE")) tw_p_unsupported(p, p->token.pos, "WITH RECURSIVE");
    do {
        tw_ast_with out = {.name = tw_p_name(p, "a query's name")};
        if (tw_p_is_op(p, '(')) out.columns = tw_p_names(p, "a column's name");
        tw_p_expect(p, "AS");
        tw_p_expect_op(p, '(');
        out.query = tw_p_query(p);
        tw_p_expect_op(p, ')');
        TW_P_PUSH(p, query->with, query->nwith, out);
    } while (tw_p_accept_op(p, ','));
}

static bool offset(tw_parser *p, tw_ast_query *query) {
    if (query->offset || !tw_p_accept(p, "OFFSET")) return false;
    query->offset = tw_p_expr(p);
    if (!tw_p_accept(p, "ROWS")) tw_p_accept(p, "ROW");
    return true;
}

/* LIMIT n | LIMIT start, n | LIMIT ALL | FETCH {FIRST | NEXT} n {ROW | ROWS} ONLY */
static bool limit(tw_parser *p, tw_ast_query *query) {
    if (query->limit) return false;
    if (tw_p_accept(p, "LIMIT")) {
        if (tw_p_accept(p, "ALL")) return true;
        query->limit = tw_p_expr(p);
        if (!query->offset && tw_p_accept_op(p, ',')) {
            query->offset = query->limit;
            query->limit = tw_p_expr(p);
        }
        return true;
    }
    if (!tw_p_accept(p, "FETCH")) return false;
    if (!tw_p_accept(p, "FIRST") && !tw_p_accept(p, "NEXT")) tw_p_unexpected(p, "FIRST or NEXT");
    query->limit = tw_p_expr(p);
    if (!tw_p_accept(p, "ROWS") && !tw_p_accept(p, "ROW")) tw_p_unexpected(p, "ROW or ROWS");
    tw_p_expect(p, "ONLY");
    return true;
}

static tw_ast_expr *interval(tw_parser *p) {
    if (!tw_p_is(p, "INTERVAL")) tw_p_unexpected(p, "INTERVAL");
    return tw_p_operand(p, TW_P_BIND_OPERAND);
}

static void every(tw_parser *p, tw_ast_emit *out) {
    out->rows = !tw_p_is(p, "INTERVAL");
    bool number = p->token.kind == TW_TOKEN_EXACT || p->token.kind == TW_TOKEN_APPROX || tw_p_is_op(p, '-');
    if (out->rows && !number) tw_p_unexpected(p, "INTERVAL or a number of rows");
    out->every = tw_p_operand(p, TW_P_BIND_OPERAND);
    if (out->rows && !tw_p_accept(p, "ROW")) tw_p_expect(p, "ROWS");
}

static void emit(tw_parser *p, tw_ast_emit *out) {
    out->pos = p->token.pos;
    if (!tw_p_accept(p, "EMIT")) return;
    out->kind = TW_AST_EMIT_ON_CLOSE;
    bool said = true;
    if (tw_p_accept2(p, "ON", "CLOSE")) {
        out->kind = TW_AST_EMIT_ON_CLOSE;
    } else if (tw_p_accept2(p, "ON", "UPDATE")) {
        out->kind = TW_AST_EMIT_ON_UPDATE;
    } else if (tw_p_accept(p, "EVERY")) {
        out->kind = TW_AST_EMIT_EVERY;
        every(p, out);
    } else {
        said = false;
    }
    out->purge_pos = p->token.pos;
    if (said && tw_p_accept(p, "PURGE")) out->purge = true;
    if (tw_p_accept2(p, "WITH", "LATENESS"))
        out->lateness = interval(p);
    else if (!said)
        tw_p_unexpected(p, "ON CLOSE, ON UPDATE, EVERY or WITH LATENESS");
    tw_p_close(p, &out->pos);
}

tw_ast_query *tw_p_query(tw_parser *p) {
    tw_p_enter(p);
    bool in_match = p->in_match;
    p->in_match = false;
    tw_ast_query *query = TW_NEW(p->arena, tw_ast_query);
    query->pos = p->token.pos;
    if (tw_p_accept(p, "WITH")) with(p, query);
    query->body = body(p);
    if (tw_p_accept(p, "ORDER")) {
        tw_p_expect(p, "BY");
        query->order = tw_p_sorts(p);
    }
    while (limit(p, query) || offset(p, query)) {}
    emit(p, &query->emit);
    tw_p_close(p, &query->pos);
    p->in_match = in_match;
    tw_p_leave(p);
    return query;
}
