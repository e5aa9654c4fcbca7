/* Operators that the function table spells otherwise:
 *
 *   a BETWEEN b AND c            a >= b AND a <= c; SYMMETRIC: either way round
 *   a NOT BETWEEN b AND c        a < b OR a > c
 *   NOT IN, NOT LIKE, ...        NOT (a IN ...)
 *   a AND b AND c                one AND of three
 *   -a                           NEGATE(a)
 *   INTERVAL a DAY               a * INTERVAL '1' DAY */
#include "sql/bind_parts.h"

static tw_pos operator_pos(const tw_ast_expr *e) { return e->call.name.pos.line ? e->call.name.pos : e->pos; }

static tw_status binary(tw_binder *binder, const char *name, tw_pos pos, const tw_expr *a, const tw_expr *b, const tw_expr **out) {
    return tw_bind_function(binder, name, pos, (const tw_expr *[]){a, b}, 2, NULL, out);
}

static tw_status bind_args(tw_binder *binder, const tw_ast_exprs *args, const tw_expr ***out) {
    *out = TW_NEW_ARRAY(binder->arena, const tw_expr *, args->count + 1);
    for (int i = 0; i < args->count; i++) TW_TRY(tw_bind_expr(binder, args->at[i], &(*out)[i]));
    return TW_OK;
}

/* low <= x AND x <= high, or the negation of it. */
static tw_status between(tw_binder *binder, tw_pos pos, bool negated, const tw_expr *x, const tw_expr *low, const tw_expr *high,
                         const tw_expr **out) {
    const tw_expr *above, *below;
    TW_TRY(binary(binder, negated ? "<" : ">=", pos, x, low, &above));
    TW_TRY(binary(binder, negated ? ">" : "<=", pos, x, high, &below));
    return binary(binder, negated ? "OR" : "AND", pos, above, below, out);
}

static tw_status bind_between(tw_binder *binder, const tw_ast_expr *e, bool negated, bool symmetric, const tw_expr **out) {
    const tw_expr **a, *straight, *reverse;
    tw_pos pos = operator_pos(e);
    TW_TRY(bind_args(binder, &e->call.args, &a));
    TW_TRY(between(binder, pos, negated, a[0], a[1], a[2], &straight));
    *out = straight;
    if (!symmetric) return TW_OK;
    TW_TRY(between(binder, pos, negated, a[0], a[2], a[1], &reverse));
    return binary(binder, negated ? "AND" : "OR", pos, straight, reverse, out);
}

static tw_status bind_negated(tw_binder *binder, const tw_ast_expr *e, const char *positive, const tw_expr **out) {
    const tw_expr **args, *inner;
    TW_TRY(bind_args(binder, &e->call.args, &args));
    TW_TRY(tw_bind_function(binder, positive, operator_pos(e), args, e->call.args.count, NULL, &inner));
    return tw_bind_function(binder, "NOT", operator_pos(e), &inner, 1, NULL, out);
}

static bool same_operator(const tw_ast_expr *e, tw_str name) {
    return e->kind == TW_AST_CALL && e->call.operator_syntax && e->call.args.count == 2 && tw_str_equal(e->call.name.text, name);
}

/* The operands of a chain of ANDs or ORs, which leans to the left. A part that the special hook takes is one operand. */
static tw_status bind_chain(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    tw_str name = e->call.name.text;
    int count = 1;
    for (const tw_ast_expr *at = e; same_operator(at, name); at = at->call.args.at[0]) count++;
    const tw_expr **args = TW_NEW_ARRAY(binder->arena, const tw_expr *, count);
    int first = count;
    for (const tw_ast_expr *at = e;;) {
        TW_TRY(tw_bind_expr(binder, at->call.args.at[1], &args[--first]));
        at = at->call.args.at[0];
        bool deeper = same_operator(at, name);
        tw_status status = deeper && binder->special ? binder->special(binder->special_context, binder, at, &args[first - 1]) : TW_END;
        if (status == TW_END && deeper) continue;
        if (status == TW_END) status = tw_bind_expr(binder, at, &args[first - 1]);
        if (status != TW_OK) return status;
        first--;
        break;
    }
    return tw_bind_function(binder, tw_str_equal(name, TW_STR("AND")) ? "AND" : "OR", operator_pos(e), args + first, count - first, NULL, out);
}

/* INTERVAL amount unit, of any number. */
static tw_status bind_interval_of(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    const tw_expr *amount, *one;
    const tw_ast_expr *unit = e->call.args.at[1];
    TW_TRY(tw_bind_expr(binder, e->call.args.at[0], &amount));
    if (!tw_kind_is_numeric(amount->type->kind) && amount->type->kind != TW_NULL)
        return tw_fail_at(binder->error, TW_E_TYPE, e->call.args.at[0]->pos, "an interval is made of a number, not of %s",
                          tw_type_text(binder->arena, amount->type));
    int number = tw_unit_parse(unit->literal.text);
    tw_ast_expr literal = {.kind = TW_AST_LITERAL, .pos = unit->pos};
    literal.literal = (tw_ast_literal){
        .kind = TW_AST_LIT_INTERVAL, .from = (uint8_t)number, .to = (uint8_t)number, .precision = -1, .fraction = -1, .text = TW_STR("1")};
    TW_TRY(tw_bind_interval_node(binder, &literal, &one));
    return binary(binder, "*", e->pos, amount, one, out);
}

static tw_status bind_negative(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    const tw_expr *operand;
    TW_TRY(tw_bind_expr(binder, e->call.args.at[0], &operand));
    return tw_bind_function(binder, "NEGATE", operator_pos(e), &operand, 1, NULL, out);
}

tw_status tw_bind_operator_node(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    static const char *const negated[][2] = {{"NOT IN", "IN"}, {"NOT LIKE", "LIKE"}, {"NOT SIMILAR TO", "SIMILAR TO"}, {"IS NOT JSON", "IS JSON"}};
    tw_str name = e->call.name.text;
    if (tw_str_equal(name, TW_STR("AND")) || tw_str_equal(name, TW_STR("OR"))) return bind_chain(binder, e, out);
    if (tw_str_equal(name, TW_STR("BETWEEN"))) return bind_between(binder, e, false, false, out);
    if (tw_str_equal(name, TW_STR("NOT BETWEEN"))) return bind_between(binder, e, true, false, out);
    if (tw_str_equal(name, TW_STR("BETWEEN SYMMETRIC"))) return bind_between(binder, e, false, true, out);
    if (tw_str_equal(name, TW_STR("NOT BETWEEN SYMMETRIC"))) return bind_between(binder, e, true, true, out);
    for (size_t i = 0; i < sizeof negated / sizeof *negated; i++)
        if (tw_str_equal(name, tw_str_of(negated[i][0]))) return bind_negated(binder, e, negated[i][1], out);
    if (tw_str_equal(name, TW_STR("-")) && e->call.args.count == 1) return bind_negative(binder, e, out);
    if (tw_str_equal(name, TW_STR("INTERVAL"))) return bind_interval_of(binder, e, out);
    if (tw_str_equal(name, TW_STR("DESCRIPTOR")))
        return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "DESCRIPTOR is only allowed as argument of a table function");
    return TW_END;
}
