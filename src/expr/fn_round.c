/* ROUND (half up) and TRUNCATE (towards zero) to a number of decimal places, which may be negative. */
#include <math.h>

#include "data/decimal.h"
#include "expr/arithmetic.h"
#include "expr/entries.h"

/* The type of ROUND(DECIMAL(p, s), places); one more digit may be needed before the point. */
static const tw_type *rounded_decimal(tw_arena *arena, const tw_type *t, int64_t places) {
    int whole = 1 + t->precision - t->scale;
    if (places >= t->scale) return t;
    if (places < 0) return tw_type_decimal(arena, whole < 38 ? whole : 38, 0);
    return tw_type_decimal(arena, whole + (int)places < 38 ? whole + (int)places : 38, (int)places);
}

tw_status tw_bind_round(tw_bind *bind) {
    TW_TRY(tw_bind_signature_as(bind, "n|i", 0));
    const tw_type *type = bind->args[0]->type;
    int64_t places = 0;
    if (type->kind != TW_DECIMAL) return TW_OK;
    if (bind->nargs == 2 && !tw_bind_literal_int(bind, 1, &places)) return TW_OK;
    return tw_bind_result(bind, rounded_decimal(bind->arena, type, places));
}

static int32_t places_at(const tw_call *call, const tw_column *const *args, int32_t i) {
    return call->expr->nargs == 2 ? TW_ARG(int32_t, args[1], i) : 0;
}

/* v without its last `digits` decimal digits, rounded half up (away from zero) or cut; at the same scale. */
static tw_i128 drop_digits(tw_i128 v, int digits, bool round) {
    if (digits <= 0) return v;
    if (digits > 38) return 0;
    tw_i128 unit = TW_POW10[digits], rest = v % unit;
    v -= rest;
    tw_i128 magnitude = rest < 0 ? -rest : rest;
    if (round && magnitude >= unit - magnitude) v += rest < 0 ? -unit : unit;
    return v;
}

static void round_decimal(const tw_call *call, tw_selection rows, const tw_column *const *args, tw_column *out, bool round) {
    const tw_type *from = call->expr->args[0]->type, *to = call->result;
    TW_EACH(rows, i, {
        tw_i128 v = drop_digits(tw_arg_decimal(args[0], i), from->scale - places_at(call, args, i), round);
        tw_i128 fitted = 0;
        if (!tw_decimal_rescale(v, from->scale, to->precision, to->scale, &fitted)) tw_out_null(out, i);
        tw_out_decimal(out, i, fitted);
    });
}

static int64_t integer_at(const tw_column *c, int32_t i) {
    switch (c->phys) {
    case TW_PHYS_I8: return TW_ARG(int8_t, c, i);
    case TW_PHYS_I16: return TW_ARG(int16_t, c, i);
    case TW_PHYS_I32: return TW_ARG(int32_t, c, i);
    default: return TW_ARG(int64_t, c, i);
    }
}

static void round_integer(const tw_call *call, tw_selection rows, const tw_column *const *args, tw_column *out, bool round) {
    TW_EACH(rows, i, {
        int64_t v = (int64_t)drop_digits(integer_at(args[0], i), -places_at(call, args, i), round);
        switch (out->phys) {
        case TW_PHYS_I8: TW_OUT(int8_t, out, i) = (int8_t)v; break;
        case TW_PHYS_I16: TW_OUT(int16_t, out, i) = (int16_t)v; break;
        case TW_PHYS_I32: TW_OUT(int32_t, out, i) = (int32_t)v; break;
        default: TW_OUT(int64_t, out, i) = v; break;
        }
    });
}

/* Through the shortest text of the number, as BigDecimal.valueOf: 2.345 rounds to 2.35 although it lies below. Numbers that do not
 * fit 38 digits have no decimal places to lose. */
static double round_double(double v, int places, bool round) {
    if (!isfinite(v) || v == 0) return v;
    tw_i128 exact;
    if (places > 20 || fabs(v) >= 1e17) return v;
    int scale = 17 - (int)floor(log10(fabs(v)));
    scale = scale < 0 ? 0 : scale > 20 ? 20 : scale;
    if (!tw_decimal_from_double(v, 38, scale, &exact)) return v;
    return tw_decimal_to_double(drop_digits(exact, scale - places, round), scale);
}

static void round_approximate(const tw_call *call, tw_selection rows, const tw_column *const *args, tw_column *out, bool round) {
    TW_EACH(rows, i, {
        int places = places_at(call, args, i);
        if (out->phys == TW_PHYS_F64) {
            TW_OUT(double, out, i) = round_double(TW_ARG(double, args[0], i), places, round);
        } else {
            char text[32];
            double shown;
            float v = TW_ARG(float, args[0], i);
            int length = tw_float_format(text, v);
            if (!tw_double_parse((tw_str){text, (size_t)length}, &shown)) shown = v;
            TW_OUT(float, out, i) = (float)round_double(shown, places, round);
        }
    });
}

#define ROUNDING(name, flag)                                                                   \
    static void name##_decimals(TW_KERNEL_ARGS) {                                              \
        TW_KERNEL_UNUSED;                                                                      \
        round_decimal(call, rows, args, out, flag);                                            \
    }                                                                                          \
    static void name##_integers(TW_KERNEL_ARGS) {                                              \
        TW_KERNEL_UNUSED;                                                                      \
        round_integer(call, rows, args, out, flag);                                            \
    }                                                                                          \
    static void name##_approximates(TW_KERNEL_ARGS) {                                          \
        TW_KERNEL_UNUSED;                                                                      \
        round_approximate(call, rows, args, out, flag);                                        \
    }                                                                                          \
    tw_kernel tw_kernel_##name(const tw_type *result, const tw_expr *const *args, int nargs) { \
        (void)args, (void)nargs;                                                               \
        if (result->kind == TW_DECIMAL) return name##_decimals;                                \
        return tw_kind_is_approximate(result->kind) ? name##_approximates : name##_integers;   \
    }
ROUNDING(round, true)
ROUNDING(truncate, false)
