/* Binding of CASE, IF, COALESCE, IFNULL, which branch.c evaluates, and NULLIF, which is written as a CASE. */
#include "expr/comparable.h"
#include "expr/entries.h"

/* Casts the arguments numbered in `which` to their common type; text wins over other atomic types, as in Calcite's CASE. */
static const tw_type *coerce_values(tw_bind *bind, const int *which, int count) {
    const tw_type **types = TW_NEW_ARRAY(bind->arena, const tw_type *, count + 1);
    bool text = false, nested = false;
    for (int i = 0; i < count; i++) {
        types[i] = bind->args[which[i]]->type;
        text |= tw_kind_is_text(types[i]->kind);
        nested |= tw_kind_is_nested(types[i]->kind) || tw_kind_is_binary(types[i]->kind);
    }
    const tw_type *common = tw_type_common_all(bind->arena, types, count);
    if (!common && text && !nested) common = &TW_TYPE_STRING;
    if (!common) return NULL;
    for (int i = 0; i < count; i++) tw_bind_coerce(bind, which[i], common);
    return common;
}

/* The numbers of the value arguments of CASE(cond, value, cond, value, ..., else). */
static int case_values(const tw_bind *bind, int *which) {
    int count = 0;
    for (int i = 1; i < bind->nargs; i += 2) which[count++] = i;
    if (bind->nargs % 2 == 1) which[count++] = bind->nargs - 1;
    return count;
}

static bool coerce_condition(tw_bind *bind, int arg) {
    tw_kind kind = bind->args[arg]->type->kind;
    if (kind == TW_NULL) tw_bind_coerce(bind, arg, &TW_TYPE_BOOLEAN);
    return kind == TW_BOOLEAN || kind == TW_NULL;
}

tw_status tw_bind_case(tw_bind *bind) {
    int *which = TW_NEW_ARRAY(bind->arena, int, bind->nargs + 1);
    for (int i = 0; i + 1 < bind->nargs; i += 2)
        if (!coerce_condition(bind, i)) return tw_bind_mismatch(bind);
    int count = case_values(bind, which);
    const tw_type *type = coerce_values(bind, which, count);
    if (!type) return tw_bind_mismatch(bind);
    bool nullable = bind->nargs % 2 == 0;
    for (int i = 0; i < count; i++) nullable |= bind->args[which[i]]->type->nullable;
    return tw_bind_result_nullable(bind, type, nullable);
}

tw_status tw_bind_coalesce(tw_bind *bind) {
    int *which = TW_NEW_ARRAY(bind->arena, int, bind->nargs + 1);
    for (int i = 0; i < bind->nargs; i++) which[i] = i;
    const tw_type *type = coerce_values(bind, which, bind->nargs);
    if (!type) return tw_bind_mismatch(bind);
    bool nullable = true;
    for (int i = 0; i < bind->nargs; i++) nullable &= bind->args[i]->type->nullable;
    return tw_bind_result_nullable(bind, type, nullable);
}

/* NULLIF(a, b) = CASE WHEN a = b THEN NULL ELSE a END */
tw_status tw_bind_nullif(tw_bind *bind) {
    const tw_expr *a = bind->args[0];
    const tw_expr *operands[2] = {a, bind->args[1]};
    tw_bind equal = *bind;
    equal.function = tw_function_find(TW_STR("="));
    equal.args = operands;
    const tw_expr *condition;
    if (tw_function_call(&equal, &condition) != TW_OK) return tw_bind_mismatch(bind);
    const tw_type *type = tw_type_nullable(bind->arena, a->type, true);
    tw_value null = tw_value_null(type);
    const tw_expr **args = TW_NEW_ARRAY(bind->arena, const tw_expr *, 3);
    args[0] = condition;
    args[1] = tw_expr_literal(bind->arena, &null);
    args[2] = a;
    bind->function = tw_function_find(TW_STR("CASE"));
    bind->args = args;
    bind->nargs = 3;
    bind->result = type;
    return TW_OK;
}
