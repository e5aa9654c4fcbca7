/* + - * / % on decimals. A result that does not fit its type is NULL, as in Flink.
 *
 * The derived result type mostly has room for every result (its digits were not cut to 38); then no row is checked, and where all
 * three types fit 64 bits, the loop is plain integer arithmetic with the factors that bring both operands to one scale. */
#include "data/decimal.h"
#include "expr/arithmetic.h"

typedef struct scales {
    int a, b, precision, result;
    tw_i128 factor_a, factor_b; /* bring the operands to the result's scale */
} scales;

static scales scales_of(const tw_call *call) {
    const tw_type *a = call->expr->args[0]->type, *b = call->expr->args[1]->type, *r = call->result;
    scales s = {.a = a->scale, .b = b->scale, .precision = r->precision, .result = r->scale};
    s.factor_a = r->scale >= a->scale ? TW_POW10[r->scale - a->scale] : 1;
    s.factor_b = r->scale >= b->scale ? TW_POW10[r->scale - b->scale] : 1;
    return s;
}

/* ---- results that always fit ---- */

#define EXACT(name, A, B, TYPE, EXPR)                                                            \
    static void name(TW_KERNEL_ARGS) {                                                           \
        TW_KERNEL_UNUSED;                                                                        \
        scales s = scales_of(call);                                                              \
        const TYPE fa = (TYPE)s.factor_a, fb = (TYPE)s.factor_b;                                 \
        const A *restrict a = args[0]->values;                                                   \
        const B *restrict b = args[1]->values;                                                   \
        TYPE *restrict o = out->values;                                                          \
        const int32_t step_a = !args[0]->constant, step_b = !args[1]->constant;                  \
        (void)fa, (void)fb;                                                                      \
        if (!step_b) {                                                                           \
            const TYPE y = b[0];                                                                 \
            TW_EACH(rows, i, const TYPE x = a[i * step_a]; o[i] = (EXPR););                      \
        } else {                                                                                 \
            TW_EACH(rows, i, const TYPE x = a[i * step_a]; const TYPE y = b[i]; o[i] = (EXPR);); \
        }                                                                                        \
    }
#define EXACT_KERNELS(op, EXPR)                                                  \
    EXACT(op##_narrow, int64_t, int64_t, int64_t, EXPR)                          \
    EXACT(op##_nn, int64_t, int64_t, tw_i128, EXPR)                              \
    EXACT(op##_nw, int64_t, tw_i128, tw_i128, EXPR)                              \
    EXACT(op##_wn, tw_i128, int64_t, tw_i128, EXPR)                              \
    EXACT(op##_ww, tw_i128, tw_i128, tw_i128, EXPR)                              \
    static tw_kernel op##_exact(bool narrow, bool wide_a, bool wide_b) {         \
        if (narrow) return op##_narrow;                                          \
        return wide_a ? wide_b ? op##_ww : op##_wn : wide_b ? op##_nw : op##_nn; \
    }
EXACT_KERNELS(plus, x *fa + y * fb)
EXACT_KERNELS(minus, x *fa - y * fb)
EXACT_KERNELS(times, x *y)

/* ---- results that may not fit ---- */

/* a*10^fa +- b*10^fb at the larger operand scale may need more than 128 bits only when it overflows the result anyway. */
static bool add(tw_i128 x, tw_i128 y, const scales *s, bool minus, tw_i128 *out) {
    int scale = s->a > s->b ? s->a : s->b;
    tw_i128 a, b, sum;
    if (__builtin_mul_overflow(x, TW_POW10[scale - s->a], &a)) return false;
    if (__builtin_mul_overflow(y, TW_POW10[scale - s->b], &b)) return false;
    if (minus ? __builtin_sub_overflow(a, b, &sum) : __builtin_add_overflow(a, b, &sum)) return false;
    return tw_decimal_rescale(sum, scale, s->precision, s->result, out);
}

#define CHECKED(name, CONDITION, ZERO)                                                     \
    static void name(TW_KERNEL_ARGS) {                                                     \
        scales s = scales_of(call);                                                        \
        TW_EACH(rows, i, {                                                                 \
            tw_i128 x = tw_arg_decimal(args[0], i), y = tw_arg_decimal(args[1], i), v = 0; \
            if ((ZERO) && y == 0) {                                                        \
                tw_fail_zero(eval, call, i);                                               \
                continue;                                                                  \
            }                                                                              \
            if (!(CONDITION)) tw_out_null(out, i);                                         \
            tw_out_decimal(out, i, v);                                                     \
        });                                                                                \
    }
CHECKED(plus_checked, add(x, y, &s, false, &v), false)
CHECKED(minus_checked, add(x, y, &s, true, &v), false)
CHECKED(times_checked, tw_decimal_multiply(x, s.a, y, s.b, s.precision, s.result, &v), false)
CHECKED(divide_checked, tw_decimal_divide(x, s.a, y, s.b, s.precision, s.result, &v), true)
CHECKED(modulo_checked, tw_decimal_modulo(x, s.a, y, s.b, s.precision, s.result, &v), true)

/* Has the result type room for every sum or product of the operand types? */
static bool always_fits(char op, const tw_type *a, const tw_type *b) {
    if (op == '*') return a->precision + b->precision + 1 <= TW_DECIMAL_PRECISION_MAX;
    int whole_a = a->precision - a->scale, whole_b = b->precision - b->scale;
    int whole = whole_a > whole_b ? whole_a : whole_b, scale = a->scale > b->scale ? a->scale : b->scale;
    return whole + scale + 1 <= TW_DECIMAL_PRECISION_MAX;
}

tw_kernel tw_kernel_decimal(char op, const tw_type *result, const tw_expr *const *args) {
    if (op == '/') return divide_checked;
    if (op == '%') return modulo_checked;
    bool narrow = tw_type_phys(result) == TW_PHYS_I64;
    bool wide_a = tw_type_phys(args[0]->type) == TW_PHYS_I128, wide_b = tw_type_phys(args[1]->type) == TW_PHYS_I128;
    bool fits = always_fits(op, args[0]->type, args[1]->type) && !(narrow && (wide_a || wide_b));
    switch (op) {
    case '+': return fits ? plus_exact(narrow, wide_a, wide_b) : plus_checked;
    case '-': return fits ? minus_exact(narrow, wide_a, wide_b) : minus_checked;
    default: return fits ? times_exact(narrow, wide_a, wide_b) : times_checked;
    }
}
