/* + - * / % and unary minus: binding for all operand kinds, and the loops over integers and floating-point numbers.
 * Decimals are in fn_decimal.c, dates and intervals in fn_interval.c.
 *
 * Integers wrap as Java's do; division truncates; division by zero fails for exact numbers and gives Infinity or NaN for others. */
#include "expr/arithmetic.h"

#include "expr/entries.h"

/* ---- binding ---- */

static const tw_type *as_decimal(tw_arena *arena, const tw_type *t) {
    static const uint8_t digits[] = {3, 5, 10, 19};
    return t->kind == TW_DECIMAL ? t : tw_type_decimal(arena, digits[t->kind - TW_TINYINT], 0);
}

/* DECIMAL % INT is an INT: the remainder of decimals, cast. */
static tw_status bind_whole_modulo(tw_bind *bind, const tw_type *result) {
    for (int i = 0; i < 2; i++) tw_bind_coerce(bind, i, as_decimal(bind->arena, bind->args[i]->type));
    const tw_type *decimal = tw_type_nullable(bind->arena, as_decimal(bind->arena, result), result->nullable);
    const tw_expr **args = TW_NEW_ARRAY(bind->arena, const tw_expr *, 1);
    args[0] = tw_expr_call(bind->arena, bind->function, decimal, bind->args, 2);
    bind->function = tw_function_find(TW_STR("CAST"));
    bind->args = args;
    bind->nargs = 1;
    return tw_bind_result(bind, result);
}

static tw_status bind_numeric(tw_bind *bind, char op) {
    const tw_type *result = tw_type_arithmetic(bind->arena, op, bind->args[0]->type, bind->args[1]->type);
    if (!result || (op == '%' && tw_kind_is_approximate(result->kind))) return tw_bind_mismatch(bind);
    bool decimal = bind->args[0]->type->kind == TW_DECIMAL || bind->args[1]->type->kind == TW_DECIMAL;
    if (op == '%' && decimal && result->kind != TW_DECIMAL) return bind_whole_modulo(bind, result);
    for (int i = 0; i < 2; i++) {
        const tw_type *type = bind->args[i]->type;
        if (type->kind == TW_NULL) type = bind->args[1 - i]->type;
        if (type->kind == TW_NULL) type = &TW_TYPE_INTEGER;
        if (result->kind == TW_DECIMAL)
            type = as_decimal(bind->arena, type);
        else if (op == '%' && tw_kind_is_integer(result->kind))
            type = tw_type_common(bind->arena, bind->args[0]->type, bind->args[1]->type);
        else
            type = result;
        tw_bind_coerce(bind, i, type);
    }
    return tw_bind_result(bind, result);
}

static bool temporal(const tw_bind *bind) {
    for (int i = 0; i < bind->nargs; i++) {
        tw_kind kind = bind->args[i]->type->kind;
        if (tw_kind_is_datetime(kind) || tw_kind_is_interval(kind)) return true;
    }
    return false;
}

static tw_status bind_operator(tw_bind *bind, char op) {
    if (temporal(bind)) return tw_bind_temporal(bind, op);
    return bind_numeric(bind, op);
}

tw_status tw_bind_plus(tw_bind *bind) { return bind_operator(bind, '+'); }
tw_status tw_bind_minus(tw_bind *bind) { return bind_operator(bind, '-'); }
tw_status tw_bind_times(tw_bind *bind) { return bind_operator(bind, '*'); }
tw_status tw_bind_divide(tw_bind *bind) { return bind_operator(bind, '/'); }
tw_status tw_bind_modulo(tw_bind *bind) { return bind_operator(bind, '%'); }

tw_status tw_bind_negate(tw_bind *bind) {
    const tw_type *type = bind->args[0]->type;
    if (type->kind == TW_NULL) tw_bind_coerce(bind, 0, &TW_TYPE_INTEGER);
    if (!tw_kind_is_numeric(type->kind) && !tw_kind_is_interval(type->kind) && type->kind != TW_NULL) return tw_bind_mismatch(bind);
    return tw_bind_first_arg(bind);
}

/* ---- kernels ---- */

/* Wraps: unsigned arithmetic in 64 bits, then cut to the type. */
#define WRAPPING(op, OPERATOR)                                                                                \
    TW_BINARY_KERNEL(op##_i8, int8_t, int8_t, int8_t, (uint64_t)(int64_t)x OPERATOR(uint64_t)(int64_t) y)     \
    TW_BINARY_KERNEL(op##_i16, int16_t, int16_t, int16_t, (uint64_t)(int64_t)x OPERATOR(uint64_t)(int64_t) y) \
    TW_BINARY_KERNEL(op##_i32, int32_t, int32_t, int32_t, (uint32_t)x OPERATOR(uint32_t) y)                   \
    TW_BINARY_KERNEL(op##_i64, int64_t, int64_t, int64_t, (uint64_t)x OPERATOR(uint64_t) y)                   \
    TW_BINARY_KERNEL(op##_f32, float, float, float, x OPERATOR y)                                             \
    TW_BINARY_KERNEL(op##_f64, double, double, double, x OPERATOR y)
WRAPPING(plus, +)
WRAPPING(minus, -)
WRAPPING(times, *)

TW_BINARY_KERNEL(divide_f32, float, float, float, x / y)
TW_BINARY_KERNEL(divide_f64, double, double, double, x / y)
#define modulo_f32 NULL /* % is for exact numbers */
#define modulo_f64 NULL

void tw_fail_zero(tw_eval *eval, const tw_call *call, int32_t row) { tw_eval_fail(eval, call, row, TW_E_DIVISION_BY_ZERO, "/ by zero"); }

/* The divisor -1 is apart because the least integer divided by it traps. */
#define DIVIDING(suffix, TYPE, RESULT)                                                             \
    static void divide_##suffix(TW_KERNEL_ARGS) {                                                  \
        TW_EACH(rows, i, {                                                                         \
            TYPE x = TW_ARG(TYPE, args[0], i), y = TW_ARG(TYPE, args[1], i);                       \
            if (y == 0)                                                                            \
                tw_fail_zero(eval, call, i);                                                       \
            else                                                                                   \
                TW_OUT(TYPE, out, i) = y == -1 ? (TYPE)(0 - (uint64_t)(int64_t)x) : (TYPE)(x / y); \
        });                                                                                        \
    }                                                                                              \
    static void modulo_##suffix(TW_KERNEL_ARGS) {                                                  \
        int width = tw_phys_width(out->phys);                                                      \
        TW_EACH(rows, i, {                                                                         \
            TYPE x = TW_ARG(TYPE, args[0], i), y = TW_ARG(TYPE, args[1], i);                       \
            int64_t rest = y == 0 || y == -1 ? 0 : x % y;                                          \
            if (y == 0)                                                                            \
                tw_fail_zero(eval, call, i);                                                       \
            else                                                                                   \
                memcpy((char *)out->values + (size_t)i * (size_t)width, &rest, (size_t)width);     \
        });                                                                                        \
    }
DIVIDING(i8, int8_t, int8_t)
DIVIDING(i16, int16_t, int16_t)
DIVIDING(i32, int32_t, int32_t)
DIVIDING(i64, int64_t, int64_t)

TW_UNARY_KERNEL(negate_i8, int8_t, int8_t, 0 - (uint32_t)x)
TW_UNARY_KERNEL(negate_i16, int16_t, int16_t, 0 - (uint32_t)x)
TW_UNARY_KERNEL(negate_i32, int32_t, int32_t, 0 - (uint32_t)x)
TW_UNARY_KERNEL(negate_i64, int64_t, int64_t, 0 - (uint64_t)x)
TW_UNARY_KERNEL(negate_i128, tw_i128, tw_i128, -x)
TW_UNARY_KERNEL(negate_f32, float, float, -x)
TW_UNARY_KERNEL(negate_f64, double, double, -x)

#define OPERATOR_ENTRY(op, sign)                                                                             \
    tw_kernel tw_kernel_##op(const tw_type *result, const tw_expr *const *args, int nargs) {                 \
        tw_kind a = args[0]->type->kind, b = args[nargs - 1]->type->kind;                                    \
        if (!tw_kind_is_numeric(a) || !tw_kind_is_numeric(b)) return tw_kernel_temporal(sign, result, args); \
        if (result->kind == TW_DECIMAL) return tw_kernel_decimal(sign, result, args);                        \
        TW_NUMBER_KERNEL(op, args[0]->type)                                                                  \
    }
OPERATOR_ENTRY(plus, '+')
OPERATOR_ENTRY(minus, '-')
OPERATOR_ENTRY(times, '*')
OPERATOR_ENTRY(divide, '/')
OPERATOR_ENTRY(modulo, '%')

tw_kernel tw_kernel_negate(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)nargs;
    if (tw_type_phys(result) == TW_PHYS_I128) return negate_i128;
    TW_NUMBER_KERNEL(negate, args[0]->type)
}
