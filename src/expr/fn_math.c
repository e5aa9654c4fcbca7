/* Mathematical functions. Those on DOUBLE follow Java's Math; ABS, SIGN, CEIL, FLOOR, ROUND and TRUNCATE keep the kind of
 * their argument. Random numbers and HEX are in fn_random.c and fn_hex.c. */
#include <math.h>

#include "data/decimal.h"
#include "expr/arithmetic.h"
#include "expr/entries.h"
#include "expr/fn_temporal.h"

/* ---- DOUBLE to DOUBLE ---- */

static double degrees(double x) { return x * (180.0 / M_PI); }
static double radians(double x) { return x * (M_PI / 180.0); }
static double cot(double x) { return 1.0 / tan(x); }
/* Java: a power of two is exact. */
static double log_2(double x) { return log(x) / log(2.0); }

#define DOUBLE_FUNCTION(name, EXPR)                      \
    TW_UNARY_KERNEL(name##_kernel, double, double, EXPR) \
    TW_KERNEL_ENTRY(tw_kernel_##name, name##_kernel)
DOUBLE_FUNCTION(sqrt, sqrt(x))
DOUBLE_FUNCTION(ln, log(x))
DOUBLE_FUNCTION(log10, log10(x))
DOUBLE_FUNCTION(log2, log_2(x))
DOUBLE_FUNCTION(exp, exp(x))
DOUBLE_FUNCTION(sin, sin(x))
DOUBLE_FUNCTION(cos, cos(x))
DOUBLE_FUNCTION(tan, tan(x))
DOUBLE_FUNCTION(cot, cot(x))
DOUBLE_FUNCTION(asin, asin(x))
DOUBLE_FUNCTION(acos, acos(x))
DOUBLE_FUNCTION(atan, atan(x))
DOUBLE_FUNCTION(sinh, sinh(x))
DOUBLE_FUNCTION(cosh, cosh(x))
DOUBLE_FUNCTION(tanh, tanh(x))
DOUBLE_FUNCTION(degrees, degrees(x))
DOUBLE_FUNCTION(radians, radians(x))

/* Java's pow gives NaN for |1| to the power of infinity, and for 1 to the power of NaN. */
static double java_pow(double x, double y) {
    if (fabs(x) == 1.0 && isinf(y)) return NAN;
    if (y != 0.0 && isnan(y)) return NAN;
    return pow(x, y);
}
TW_BINARY_KERNEL(power_kernel, double, double, double, java_pow(x, y))
TW_BINARY_KERNEL(atan2_kernel, double, double, double, atan2(x, y))
TW_BINARY_KERNEL(log_base_kernel, double, double, double, log(y) / log(x))
TW_KERNEL_ENTRY(tw_kernel_power, power_kernel)
TW_KERNEL_ENTRY(tw_kernel_atan2, atan2_kernel)

tw_status tw_bind_log(tw_bind *bind) { return tw_bind_signature(bind, "d|d", &TW_TYPE_DOUBLE); }
tw_kernel tw_kernel_log(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)args;
    return nargs == 2 ? log_base_kernel : ln_kernel;
}

tw_status tw_bind_constant(tw_bind *bind) { return tw_bind_result_nullable(bind, &TW_TYPE_DOUBLE, false); }
static void pi_kernel(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, TW_OUT(double, out, i) = M_PI;);
}
static void e_kernel(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, TW_OUT(double, out, i) = M_E;);
}
TW_KERNEL_ENTRY(tw_kernel_pi, pi_kernel)
TW_KERNEL_ENTRY(tw_kernel_e, e_kernel)

/* ---- ABS, SIGN ---- */

tw_status tw_bind_numeric(tw_bind *bind) { return tw_bind_signature_as(bind, "n", 0); }

TW_UNARY_KERNEL(abs_i8, int8_t, int8_t, x < 0 ? -x : x)
TW_UNARY_KERNEL(abs_i16, int16_t, int16_t, x < 0 ? -x : x)
TW_UNARY_KERNEL(abs_i32, int32_t, int32_t, x < 0 ? 0 - (uint32_t)x : (uint32_t)x)
TW_UNARY_KERNEL(abs_i64, int64_t, int64_t, x < 0 ? 0 - (uint64_t)x : (uint64_t)x)
TW_UNARY_KERNEL(abs_i128, tw_i128, tw_i128, x < 0 ? -x : x)
TW_UNARY_KERNEL(abs_f32, float, float, fabsf(x))
TW_UNARY_KERNEL(abs_f64, double, double, fabs(x))

TW_UNARY_KERNEL(sign_i8, int8_t, int8_t, (x > 0) - (x < 0))
TW_UNARY_KERNEL(sign_i16, int16_t, int16_t, (x > 0) - (x < 0))
TW_UNARY_KERNEL(sign_i32, int32_t, int32_t, (x > 0) - (x < 0))
TW_UNARY_KERNEL(sign_i64, int64_t, int64_t, (x > 0) - (x < 0))
TW_UNARY_KERNEL(sign_f32, float, float, x != x ? x : (float)((x > 0) - (x < 0)))
TW_UNARY_KERNEL(sign_f64, double, double, x != x ? x : (double)((x > 0) - (x < 0)))

/* +-1 at the type's scale; where that has no digit before the point, NULL. */
static void sign_decimal(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    tw_i128 one = TW_POW10[call->result->scale];
    bool fits = tw_decimal_fits(one, call->result->precision);
    TW_EACH(rows, i, {
        tw_i128 v = tw_arg_decimal(args[0], i);
        if (v != 0 && !fits) tw_out_null(out, i);
        tw_out_decimal(out, i, v > 0 ? one : v < 0 ? -one : 0);
    });
}

tw_kernel tw_kernel_abs(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)nargs;
    if (tw_type_phys(result) == TW_PHYS_I128) return abs_i128;
    TW_NUMBER_KERNEL(abs, args[0]->type)
}

tw_kernel tw_kernel_sign(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)nargs;
    if (result->kind == TW_DECIMAL) return sign_decimal;
    TW_NUMBER_KERNEL(sign, args[0]->type)
}

/* ---- CEIL, FLOOR ---- */

/* A number keeps its kind, a DECIMAL loses its scale; with a unit it is about time. */
tw_status tw_bind_floor(tw_bind *bind) {
    if (bind->nargs == 2) return tw_temporal_floor_bind(bind);
    TW_TRY(tw_bind_signature_as(bind, "n", 0));
    const tw_type *type = bind->result;
    if (type->kind != TW_DECIMAL) return TW_OK;
    return tw_bind_result(bind, tw_type_decimal(bind->arena, type->precision, 0));
}

TW_UNARY_KERNEL(floor_f32, float, float, floorf(x))
TW_UNARY_KERNEL(floor_f64, double, double, floor(x))
TW_UNARY_KERNEL(ceil_f32, float, float, ceilf(x))
TW_UNARY_KERNEL(ceil_f64, double, double, ceil(x))

static void cut_decimal(const tw_call *call, tw_selection rows, const tw_column *arg, tw_column *out, int up) {
    tw_i128 unit = TW_POW10[call->expr->args[0]->type->scale];
    TW_EACH(rows, i, {
        tw_i128 v = tw_arg_decimal(arg, i);
        tw_i128 whole = v / unit;
        if (v % unit != 0 && (v > 0) == up) whole += up ? 1 : -1;
        if (!tw_decimal_fits(whole, call->result->precision)) tw_out_null(out, i);
        tw_out_decimal(out, i, whole);
    });
}
static void floor_decimal(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    cut_decimal(call, rows, args[0], out, 0);
}
static void ceil_decimal(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    cut_decimal(call, rows, args[0], out, 1);
}

tw_kernel tw_kernel_floor(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)args;
    if (nargs == 2) return tw_temporal_floor_kernel(false);
    if (result->kind == TW_DECIMAL) return floor_decimal;
    return result->kind == TW_FLOAT ? floor_f32 : result->kind == TW_DOUBLE ? floor_f64 : tw_kernel_alias;
}
tw_kernel tw_kernel_ceil(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)args;
    if (nargs == 2) return tw_temporal_floor_kernel(true);
    if (result->kind == TW_DECIMAL) return ceil_decimal;
    return result->kind == TW_FLOAT ? ceil_f32 : result->kind == TW_DOUBLE ? ceil_f64 : tw_kernel_alias;
}
