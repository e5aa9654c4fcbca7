/* The JSON functions of SQL:2016 and their ON EMPTY, ON ERROR, ON NULL and WRAPPER words. */
#include "sql/parser.h"

static void path_args(tw_parser *p, tw_ast_expr *call) {
    tw_p_arg(p, call, tw_p_expr(p));
    if (tw_p_accept(p, "FORMAT")) tw_p_expect(p, "JSON");
    if (!tw_p_accept_op(p, ',')) tw_p_unexpected(p, "\",\" and a JSON path");
    tw_p_arg(p, call, tw_p_expr(p));
}

static void returning(tw_parser *p, tw_ast_expr *call) {
    if (tw_p_accept(p, "RETURNING")) call->call.returning = tw_p_type(p);
}

static void exists(tw_parser *p, tw_ast_expr *call) {
    static const char *const words[] = {"TRUE", "FALSE", "UNKNOWN", "ERROR"};
    path_args(p, call);
    for (int i = 0; i < 4; i++) {
        if (!tw_p_is(p, words[i])) continue;
        tw_p_arg(p, call, tw_p_symbol(p, words[i]));
        tw_p_advance(p);
        tw_p_expect(p, "ON");
        tw_p_expect(p, "ERROR");
        return;
    }
}

typedef struct behaviour {
    tw_ast_expr *symbol, *value;
} behaviour;

/* {NULL | ERROR | DEFAULT e} ON {EMPTY | ERROR}, each at most once. */
static void value(tw_parser *p, tw_ast_expr *call) {
    behaviour on[2] = {{0}, {0}}; /* empty, error */
    path_args(p, call);
    returning(p, call);
    for (;;) {
        behaviour b = {0};
        tw_pos at = p->token.pos;
        if (tw_p_is(p, "NULL") || tw_p_is(p, "ERROR")) {
            b.symbol = tw_p_symbol(p, tw_p_is(p, "NULL") ? "NULL" : "ERROR");
            tw_p_advance(p);
        } else if (tw_p_is(p, "DEFAULT")) {
            b.symbol = tw_p_symbol(p, "DEFAULT");
            tw_p_advance(p);
            b.value = tw_p_expr(p);
        } else {
            break;
        }
        tw_p_expect(p, "ON");
        bool error = tw_p_accept(p, "ERROR");
        if (!error && !tw_p_accept(p, "EMPTY")) tw_p_unexpected(p, "EMPTY or ERROR");
        if (on[error].symbol) tw_p_fail(p, at, "ON %s is said twice", error ? "ERROR" : "EMPTY");
        on[error] = b;
    }
    for (int i = 0; i < 2; i++) {
        tw_p_arg(p, call, on[i].symbol ? on[i].symbol : tw_p_symbol(p, "NULL"));
        tw_p_arg(p, call, on[i].value ? on[i].value : tw_p_null(p));
    }
}

/* {WITHOUT | WITH [CONDITIONAL | UNCONDITIONAL]} [ARRAY] WRAPPER */
static tw_ast_expr *wrapper(tw_parser *p) {
    tw_ast_expr *symbol = tw_p_symbol(p, "WITHOUT");
    if (tw_p_accept(p, "WITHOUT")) {
        tw_p_accept(p, "ARRAY");
    } else if (tw_p_accept(p, "WITH")) {
        bool conditional = tw_p_accept(p, "CONDITIONAL");
        if (!conditional) tw_p_accept(p, "UNCONDITIONAL");
        symbol->literal.text = tw_str_of(conditional ? "CONDITIONAL" : "UNCONDITIONAL");
        tw_p_accept(p, "ARRAY");
    } else {
        return symbol;
    }
    tw_p_expect(p, "WRAPPER");
    return symbol;
}

static tw_ast_expr *query_behaviour(tw_parser *p) {
    tw_ast_expr *symbol = tw_p_symbol(p, "NULL");
    if (tw_p_accept(p, "NULL")) return symbol;
    if (tw_p_accept(p, "ERROR")) {
        symbol->literal.text = TW_STR("ERROR");
        return symbol;
    }
    if (!tw_p_accept(p, "EMPTY")) return NULL;
    bool array = tw_p_accept(p, "ARRAY");
    if (!array) tw_p_expect(p, "OBJECT");
    symbol->literal.text = array ? TW_STR("EMPTY_ARRAY") : TW_STR("EMPTY_OBJECT");
    return symbol;
}

static void query(tw_parser *p, tw_ast_expr *call) {
    tw_ast_expr *on[2] = {NULL, NULL}, *symbol;
    path_args(p, call);
    returning(p, call);
    tw_p_arg(p, call, wrapper(p));
    tw_pos at = p->token.pos;
    while ((symbol = query_behaviour(p)) != NULL) {
        tw_p_expect(p, "ON");
        bool error = tw_p_accept(p, "ERROR");
        if (!error && !tw_p_accept(p, "EMPTY")) tw_p_unexpected(p, "EMPTY or ERROR");
        if (on[error]) tw_p_fail(p, at, "ON %s is said twice", error ? "ERROR" : "EMPTY");
        on[error] = symbol;
        at = p->token.pos;
    }
    for (int i = 0; i < 2; i++) tw_p_arg(p, call, on[i] ? on[i] : tw_p_symbol(p, "NULL"));
}

/* {NULL | ABSENT} ON NULL, into the symbol that is the call's first argument. */
static void on_null(tw_parser *p, tw_ast_expr *symbol) {
    tw_token next = tw_p_peek(p);
    if (!tw_p_token_is(&next, "ON")) return;
    if (tw_p_accept(p, "NULL"))
        symbol->literal.text = TW_STR("NULL");
    else if (tw_p_accept(p, "ABSENT"))
        symbol->literal.text = TW_STR("ABSENT");
    else
        return;
    tw_p_expect(p, "ON");
    tw_p_expect(p, "NULL");
}

/* [KEY] k VALUE v, or k : v */
static void pair(tw_parser *p, tw_ast_expr *call) {
    tw_token next = tw_p_peek(p);
    bool keyword = !(next.kind == TW_TOKEN_OP && (next.op == '.' || next.op == ':')) && !tw_p_token_is(&next, "VALUE");
    if (keyword) tw_p_accept(p, "KEY");
    tw_p_arg(p, call, tw_p_expr(p));
    if (!tw_p_accept_op(p, ':')) tw_p_expect(p, "VALUE");
    tw_p_arg(p, call, tw_p_expr(p));
    if (tw_p_accept(p, "FORMAT")) tw_p_expect(p, "JSON");
}

static void object(tw_parser *p, tw_ast_expr *call) {
    tw_ast_expr *symbol = tw_p_symbol(p, "NULL");
    tw_p_arg(p, call, symbol);
    if (!tw_p_is_op(p, ')')) {
        do {
            pair(p, call);
        } while (tw_p_accept_op(p, ','));
    }
    on_null(p, symbol);
}

static void array(tw_parser *p, tw_ast_expr *call) {
    tw_ast_expr *symbol = tw_p_symbol(p, "ABSENT");
    tw_p_arg(p, call, symbol);
    tw_token next = tw_p_peek(p);
    if (!tw_p_is_op(p, ')') && !tw_p_token_is(&next, "ON")) {
        do {
            tw_p_arg(p, call, tw_p_expr(p));
            if (tw_p_accept(p, "FORMAT")) tw_p_expect(p, "JSON");
        } while (tw_p_accept_op(p, ','));
    }
    on_null(p, symbol);
}

static void object_agg(tw_parser *p, tw_ast_expr *call) {
    tw_ast_expr *symbol = tw_p_symbol(p, "NULL");
    tw_p_arg(p, call, symbol);
    pair(p, call);
    on_null(p, symbol);
}

static void array_agg(tw_parser *p, tw_ast_expr *call) {
    tw_ast_expr *symbol = tw_p_symbol(p, "ABSENT");
    tw_p_arg(p, call, symbol);
    tw_p_arg(p, call, tw_p_expr(p));
    if (tw_p_accept2(p, "ORDER", "BY")) call->call.within = tw_p_sorts(p);
    on_null(p, symbol);
}

tw_ast_expr *tw_p_json(tw_parser *p, tw_str upper) {
    static const struct {
        const char *name;
        void (*parse)(tw_parser *p, tw_ast_expr *call);
    } functions[] = {{"JSON_EXISTS", exists}, {"JSON_VALUE", value},          {"JSON_QUERY", query},       {"JSON_OBJECT", object},
                     {"JSON_ARRAY", array},   {"JSON_OBJECTAGG", object_agg}, {"JSON_ARRAYAGG", array_agg}};
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (!tw_str_equal(upper, tw_str_of(functions[i].name))) continue;
        tw_ast_expr *call = tw_p_call(p, functions[i].name, p->token.pos, NULL, NULL);
        tw_p_advance(p);
        tw_p_expect_op(p, '(');
        functions[i].parse(p, call);
        if (!tw_p_accept_op(p, ')')) tw_p_unexpected(p, "\")\"");
        tw_p_close(p, &call->pos);
        tw_p_tails(p, call);
        return call;
    }
    return NULL;
}

tw_ast_expr *tw_p_json_predicate(tw_parser *p, tw_ast_expr *operand, bool negated, tw_pos start) {
    static const char *const words[] = {"VALUE", "SCALAR", "ARRAY", "OBJECT"};
    tw_ast_expr *call = tw_p_call(p, negated ? "IS NOT JSON" : "IS JSON", start, operand, NULL);
    for (int i = 0; i < 4; i++) {
        if (!tw_p_is(p, words[i])) continue;
        tw_p_arg(p, call, tw_p_symbol(p, words[i]));
        tw_p_advance(p);
        break;
    }
    tw_p_close(p, &call->pos);
    return call;
}
