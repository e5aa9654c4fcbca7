/* The FROM clause: tables, sub-queries, table functions, UNNEST, MATCH_RECOGNIZE, joins. */
#include "sql/parser.h"

#define CHAIN_MAX 2000 /* of joins: the tree leans left and is walked recursively */

static tw_ast_from *joins(tw_parser *p);

static tw_ast_from *from_new(tw_parser *p, tw_ast_from_kind kind, tw_pos start) {
    tw_ast_from *from = TW_NEW(p->arena, tw_ast_from);
    from->kind = kind;
    from->pos = start;
    return from;
}

static bool next_is(tw_parser *p, int op) {
    tw_token next = tw_p_peek(p);
    return next.kind == TW_TOKEN_OP && next.op == op;
}

static tw_ast_expr *as_of(tw_parser *p) {
    tw_token next = tw_p_peek(p);
    if (!tw_p_is(p, "FOR") || !tw_p_token_is(&next, "SYSTEM_TIME")) return NULL;
    tw_p_advance(p);
    tw_p_advance(p);
    tw_p_expect(p, "AS");
    tw_p_expect(p, "OF");
    return tw_p_operand(p, TW_P_BIND_OPERAND);
}

static tw_ast_from *table(tw_parser *p) {
    tw_ast_from *from = from_new(p, TW_AST_FROM_TABLE, p->token.pos);
    from->table.name = tw_p_path(p, "a table's name");
    from->table.hints = tw_p_hints(p);
    from->table.as_of = as_of(p);
    return from;
}

/* f(..) as a table. */
static tw_ast_from *function(tw_parser *p, tw_pos start) {
    tw_ast_from *from = from_new(p, TW_AST_FROM_FUNCTION, start);
    tw_pos at = p->token.pos;
    from->function.call = tw_p_primary(p);
    if (from->function.call->kind != TW_AST_CALL) tw_p_fail(p, at, "expected a table function, f(..)");
    return from;
}

static tw_ast_from *table_function(tw_parser *p) {
    tw_pos start = p->token.pos;
    tw_p_expect(p, "TABLE");
    tw_p_expect_op(p, '(');
    tw_ast_from *from = function(p, start);
    tw_p_expect_op(p, ')');
    from->function.as_of = as_of(p);
    return from;
}

static tw_ast_from *unnest(tw_parser *p) {
    tw_ast_from *from = from_new(p, TW_AST_FROM_UNNEST, p->token.pos);
    tw_p_expect(p, "UNNEST");
    tw_p_expect_op(p, '(');
    from->unnest.args = tw_p_expr_list(p);
    tw_p_expect_op(p, ')');
    from->unnest.ordinality = tw_p_accept2(p, "WITH", "ORDINALITY");
    return from;
}

static tw_ast_from *derived(tw_parser *p) {
    tw_ast_from *from = from_new(p, TW_AST_FROM_QUERY, p->token.pos);
    tw_p_expect_op(p, '(');
    from->query.query = tw_p_query(p);
    tw_p_expect_op(p, ')');
    from->query.as_of = as_of(p);
    return from;
}

/* name(..) without TABLE: the name may be qualified. */
static bool at_call(tw_parser *p) {
    for (int n = 1; n < 8; n += 2) {
        tw_token token = tw_p_peek_at(p, n);
        if (token.kind != TW_TOKEN_OP) return false;
        if (token.op != '.') return token.op == '(';
    }
    return false;
}

static tw_ast_from *source(tw_parser *p) {
    bool lateral = tw_p_accept(p, "LATERAL");
    tw_ast_from *from;
    if (tw_p_is_op(p, '(')) {
        if (tw_p_at_query(p)) {
            from = derived(p);
        } else { /* ( a JOIN b ) */
            tw_p_advance(p);
            from = joins(p);
            tw_p_expect_op(p, ')');
        }
    } else if (tw_p_is(p, "UNNEST")) {
        from = unnest(p);
    } else if (tw_p_is(p, "TABLE") && next_is(p, '(')) {
        from = table_function(p);
    } else if (tw_p_accept(p, "TABLE")) {
        from = table(p);
    } else if (at_call(p)) {
        from = function(p, p->token.pos);
    } else {
        from = table(p);
    }
    from->lateral |= lateral;
    return from;
}

/* Words that are no names of Flink's reserved list but begin the next clause here. */
static bool at_alias(tw_parser *p) {
    if (!tw_p_at_name(p) || tw_p_token_is(&p->token, "EMIT")) return false;
    if (tw_p_token_is(&p->token, "ASOF") || tw_p_token_is(&p->token, "MATCH_CONDITION")) {
        tw_token next = tw_p_peek(p);
        return !tw_p_token_is(&next, "JOIN") && !(next.kind == TW_TOKEN_OP && next.op == '(');
    }
    return true;
}

static void alias(tw_parser *p, tw_ast_from *from) {
    bool as = tw_p_accept(p, "AS");
    if (!as && !at_alias(p)) return;
    from->alias = tw_p_name(p, "an alias name");
    if (tw_p_is_op(p, '(')) from->columns = tw_p_names(p, "a column's name");
}

static tw_ast_from *aliased(tw_parser *p) {
    tw_p_enter(p);
    tw_ast_from *from = source(p);
    alias(p, from); /* MATCH_RECOGNIZE is reserved, so it is none */
    if (tw_p_is(p, "TABLESAMPLE")) tw_p_unsupported(p, p->token.pos, "TABLESAMPLE");
    if (tw_p_accept(p, "MATCH_RECOGNIZE")) {
        tw_ast_from *input = from;
        from = from_new(p, TW_AST_FROM_MATCH, input->pos);
        from->match.input = input;
        from->match.match = tw_p_match(p);
        alias(p, from);
    }
    tw_p_close(p, &from->pos);
    tw_p_leave(p);
    return from;
}

/* The join's words; false when none stand here. */
static bool join_kind(tw_parser *p, tw_ast_join_kind *kind, bool *natural) {
    static const struct {
        const char *word;
        tw_ast_join_kind kind;
    } outer[] = {{"LEFT", TW_AST_JOIN_LEFT}, {"RIGHT", TW_AST_JOIN_RIGHT}, {"FULL", TW_AST_JOIN_FULL}};
    *natural = tw_p_accept(p, "NATURAL");
    *kind = TW_AST_JOIN_INNER;
    if (!*natural && tw_p_accept_op(p, ',')) {
        *kind = TW_AST_JOIN_COMMA;
        return true;
    }
    if (!*natural && tw_p_accept(p, "CROSS")) {
        *kind = TW_AST_JOIN_CROSS;
    } else if (tw_p_accept(p, "INNER")) {
    } else if (!*natural && tw_p_is(p, "ASOF")) {
        tw_p_advance(p);
        *kind = TW_AST_JOIN_ASOF;
    } else {
        for (int i = 0; i < 3 && *kind == TW_AST_JOIN_INNER; i++) {
            if (!tw_p_accept(p, outer[i].word)) continue;
            *kind = outer[i].kind;
            tw_p_accept(p, "OUTER");
            if (i == 0 && tw_p_accept(p, "ASOF")) *kind = TW_AST_JOIN_LEFT_ASOF;
        }
        if (*kind == TW_AST_JOIN_INNER && !*natural) return tw_p_accept(p, "JOIN");
    }
    tw_p_expect(p, "JOIN");
    return true;
}

static void condition(tw_parser *p, tw_ast_from *join, bool natural) {
    tw_ast_join_kind kind = join->join.kind;
    if (kind == TW_AST_JOIN_COMMA || kind == TW_AST_JOIN_CROSS || natural) return;
    if (kind == TW_AST_JOIN_ASOF || kind == TW_AST_JOIN_LEFT_ASOF) {
        tw_p_expect(p, "MATCH_CONDITION");
        join->join.match_condition = tw_p_expr(p);
    }
    if (tw_p_accept(p, "ON"))
        join->join.on = tw_p_expr(p);
    else if (tw_p_accept(p, "USING"))
        join->join.using_columns = tw_p_names(p, "a column's name");
}

static tw_ast_from *joins(tw_parser *p) {
    tw_ast_from *left = aliased(p);
    tw_ast_join_kind kind;
    bool natural;
    for (int n = 0; join_kind(p, &kind, &natural); n++) {
        if (n > CHAIN_MAX) tw_p_fail(p, p->token.pos, "more than %d joins in a row", CHAIN_MAX);
        tw_ast_from *join = from_new(p, TW_AST_FROM_JOIN, left->pos);
        join->join.kind = kind;
        join->join.natural = natural;
        join->join.left = left;
        join->join.right = aliased(p);
        condition(p, join, natural);
        tw_p_close(p, &join->pos);
        left = join;
    }
    return left;
}

tw_ast_from *tw_p_from(tw_parser *p) { return joins(p); }
