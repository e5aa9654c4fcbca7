/* Function calls: arguments, and what may follow the closing parenthesis. */
#include "sql/parser.h"

static tw_ast_bound bound(tw_parser *p) {
    tw_ast_bound out = {.pos = p->token.pos};
    if (tw_p_accept2(p, "UNBOUNDED", "PRECEDING")) {
        out.kind = TW_AST_UNBOUNDED_PRECEDING;
    } else if (tw_p_accept2(p, "UNBOUNDED", "FOLLOWING")) {
        out.kind = TW_AST_UNBOUNDED_FOLLOWING;
    } else if (tw_p_accept2(p, "CURRENT", "ROW")) {
        out.kind = TW_AST_CURRENT_ROW;
    } else {
        out.expr = tw_p_expr(p);
        bool preceding = tw_p_accept(p, "PRECEDING");
        if (!preceding && !tw_p_accept(p, "FOLLOWING")) tw_p_unexpected(p, "PRECEDING or FOLLOWING");
        out.kind = preceding ? TW_AST_PRECEDING : TW_AST_FOLLOWING;
    }
    tw_p_close(p, &out.pos);
    return out;
}

static void frame(tw_parser *p, tw_ast_window *window) {
    bool rows = tw_p_accept(p, "ROWS");
    if (!rows && !tw_p_accept(p, "RANGE")) return;
    window->frame = rows ? TW_AST_FRAME_ROWS : TW_AST_FRAME_RANGE;
    window->end = (tw_ast_bound){.kind = TW_AST_CURRENT_ROW, .pos = p->token.pos};
    if (!tw_p_accept(p, "BETWEEN")) {
        window->start = bound(p);
        return;
    }
    /* The AND belongs to BETWEEN: bounds are parsed above it. */
    window->start = bound(p);
    tw_p_expect(p, "AND");
    window->end = bound(p);
}

tw_ast_window *tw_p_window(tw_parser *p) {
    tw_ast_window *window = TW_NEW(p->arena, tw_ast_window);
    window->pos = p->token.pos;
    tw_p_expect_op(p, '(');
    if (tw_p_at_name(p)) window->base = tw_p_name(p, "a window's name");
    if (tw_p_accept(p, "PARTITION")) {
        tw_p_expect(p, "BY");
        window->partition = tw_p_expr_list(p);
    }
    if (tw_p_accept(p, "ORDER")) {
        tw_p_expect(p, "BY");
        window->order = tw_p_sorts(p);
    }
    frame(p, window);
    if (!tw_p_accept_op(p, ')')) tw_p_unexpected(p, NULL);
    tw_p_close(p, &window->pos);
    return window;
}

static tw_ast_window *over(tw_parser *p) {
    if (tw_p_is_op(p, '(')) return tw_p_window(p);
    tw_ast_window *window = TW_NEW(p->arena, tw_ast_window);
    window->base = tw_p_name(p, "a window's name or \"(\"");
    window->pos = window->base.pos;
    return window;
}

static bool null_treatment(tw_parser *p, tw_ast_call *call) {
    if (tw_p_accept2(p, "IGNORE", "NULLS"))
        call->nulls = TW_AST_IGNORE_NULLS;
    else if (tw_p_accept2(p, "RESPECT", "NULLS"))
        call->nulls = TW_AST_RESPECT_NULLS;
    else
        return false;
    return true;
}

void tw_p_tails(tw_parser *p, tw_ast_expr *expr) {
    tw_ast_call *call = &expr->call;
    null_treatment(p, call);
    if (tw_p_accept2(p, "WITHIN", "GROUP")) {
        tw_p_expect_op(p, '(');
        tw_p_expect(p, "ORDER");
        tw_p_expect(p, "BY");
        call->within = tw_p_sorts(p);
        tw_p_expect_op(p, ')');
    }
    if (tw_p_is(p, "FILTER")) {
        tw_token next = tw_p_peek(p);
        if (next.kind == TW_TOKEN_OP && next.op == '(') {
            tw_p_advance(p);
            tw_p_advance(p);
            tw_p_expect(p, "WHERE");
            call->filter = tw_p_expr(p);
            tw_p_expect_op(p, ')');
        }
    }
    null_treatment(p, call);
    if (tw_p_accept(p, "OVER")) call->over = over(p);
    tw_p_close(p, &expr->pos);
}

/* TABLE t | TABLE (query) | (query), [PARTITION BY ..] [ORDER BY ..] as argument. */
static tw_ast_expr *table_argument(tw_parser *p) {
    tw_ast_expr *expr = tw_p_node(p, TW_AST_TABLE_ARG, p->token.pos);
    bool keyword = tw_p_accept(p, "TABLE");
    if (tw_p_is_op(p, '(')) {
        tw_p_advance(p);
        if (tw_p_accept(p, "TABLE"))
            expr->table_arg.table = tw_p_path(p, "a table's name");
        else
            expr->table_arg.query = tw_p_query(p);
        tw_p_expect_op(p, ')');
    } else if (keyword) {
        expr->table_arg.table = tw_p_path(p, "a table's name");
    }
    if (tw_p_accept(p, "PARTITION")) {
        tw_p_expect(p, "BY");
        bool list = tw_p_accept_op(p, '(');
        if (list) {
            expr->table_arg.partition = tw_p_expr_list(p);
            tw_p_expect_op(p, ')');
        } else { /* without parentheses a comma ends the argument when a table function's next one follows */
            tw_ast_exprs *by = &expr->table_arg.partition;
            TW_P_PUSH(p, by->at, by->count, tw_p_expr(p));
            for (;;) {
                tw_token next = tw_p_peek(p), after = tw_p_peek_at(p, 2);
                bool column = next.kind == TW_TOKEN_QUOTED || (next.kind == TW_TOKEN_WORD && tw_keyword_reserved(next.text) == TW_NOT_RESERVED);
                bool call = after.kind == TW_TOKEN_OP && (after.op == '(' || after.op == TW_OP_ARROW);
                if (!tw_p_is_op(p, ',') || !column || call) break;
                tw_p_advance(p);
                TW_P_PUSH(p, by->at, by->count, tw_p_expr(p));
            }
        }
    }
    if (tw_p_accept2(p, "ORDER", "BY")) expr->table_arg.order = tw_p_sorts(p);
    tw_p_close(p, &expr->pos);
    return expr;
}

static tw_ast_expr *argument(tw_parser *p) {
    if (tw_p_is(p, "TABLE")) return table_argument(p);
    if (tw_p_is_op(p, '(')) {
        tw_token next = tw_p_peek(p);
        if (tw_p_token_is(&next, "TABLE")) return table_argument(p);
    }
    if (tw_p_token_is(&p->token, "DEFAULT")) {
        tw_pos start = p->token.pos;
        tw_p_advance(p);
        return tw_p_node(p, TW_AST_DEFAULT, start);
    }
    return tw_p_expr(p);
}

static bool at_named(tw_parser *p) {
    tw_token next = tw_p_peek(p);
    return (p->token.kind == TW_TOKEN_WORD || p->token.kind == TW_TOKEN_QUOTED) && next.kind == TW_TOKEN_OP && next.op == TW_OP_ARROW;
}

static tw_ast_name argument_name(tw_parser *p) {
    tw_ast_name name = {.text = p->token.text, .pos = p->token.pos, .quoted = p->token.kind == TW_TOKEN_QUOTED};
    if (!at_named(p)) tw_p_unexpected(p, "a parameter's name and =>, as before");
    tw_p_advance(p);
    tw_p_advance(p);
    return name;
}

/* The table of a table function may stand without its name in front of named arguments. */
static bool only_table(const tw_ast_call *call) {
    if (call->args.count != 1) return false;
    tw_ast_expr_kind kind = call->args.at[0]->kind;
    return kind == TW_AST_TABLE_ARG || kind == TW_AST_SUBQUERY;
}

static void arguments(tw_parser *p, tw_ast_expr *expr) {
    tw_ast_call *call = &expr->call;
    if (tw_p_is_op(p, '*')) {
        tw_p_advance(p);
        call->star = true;
        return;
    }
    if (tw_p_is_op(p, ')')) return;
    call->distinct = tw_p_accept(p, "DISTINCT");
    if (!call->distinct) tw_p_accept(p, "ALL");
    bool named = at_named(p);
    int nnames = 0;
    do {
        if (named || at_named(p)) {
            if (!named && !only_table(call)) tw_p_fail(p, p->token.pos, "arguments are either all named or all in order");
            if (!named) TW_P_PUSH(p, call->arg_names, nnames, ((tw_ast_name){.text = TW_STR("DATA"), .pos = call->args.at[0]->pos}));
            named = true;
            tw_ast_name name = argument_name(p);
            TW_P_PUSH(p, call->arg_names, nnames, name);
        }
        tw_p_arg(p, expr, argument(p));
    } while (tw_p_accept_op(p, ','));
    null_treatment(p, call);
    if (tw_p_accept2(p, "ORDER", "BY")) call->within = tw_p_sorts(p);
}

static tw_ast_expr *ordinary(tw_parser *p, tw_ast_name name) {
    tw_ast_expr *expr = tw_p_call(p, "", name.pos, NULL, NULL);
    expr->call.operator_syntax = false;
    expr->call.name = name;
    tw_p_expect_op(p, '(');
    arguments(p, expr);
    if (!tw_p_accept_op(p, ')')) tw_p_unexpected(p, "\",\" or \")\"");
    tw_p_close(p, &expr->pos);
    tw_p_tails(p, expr);
    return expr;
}

/* The current token is the name, or the parenthesis behind a qualified one (the caller sets that name). */
tw_ast_expr *tw_p_function(tw_parser *p) {
    tw_ast_name name = {.pos = p->token.pos};
    if (tw_p_is_op(p, '(')) return ordinary(p, name);
    name.text = p->token.text;
    name.quoted = p->token.kind == TW_TOKEN_QUOTED;
    if (name.quoted) name.text = tw_lex_unquote(p->arena, name.text, '`');
    tw_p_enter(p);
    tw_ast_expr *expr = NULL;
    if (!name.quoted) {
        tw_str upper = tw_p_upper(p, name.text);
        expr = tw_p_special(p, upper);
        if (!expr) expr = tw_p_json(p, upper);
    }
    if (expr) {
        expr->call.name.pos = name.pos;
    } else {
        tw_p_advance(p);
        expr = ordinary(p, name);
    }
    tw_p_leave(p);
    return expr;
}
