/* = <> < <= > >=, IS [NOT] DISTINCT FROM, IS [NOT] NULL, GREATEST, LEAST. IN is in fn_in.c.
 *
 * Operands are brought to one type when the call is bound, so each kernel is one loop over one physical type; FLOAT and
 * DOUBLE compare as in Java (NaN equals nothing), nested values as in grouping. */
#include "data/datetime.h"
#include "expr/comparable.h"
#include "expr/entries.h"
#include "expr/kernel.h"

/* ---- binding ---- */

/* The type that two operands are compared in; NULL: they cannot be. */
static const tw_type *comparison_type(tw_arena *arena, const tw_type *a, const tw_type *b) {
    const tw_type *common = tw_type_common(arena, a, b);
    if (common) return common;
    bool text_a = tw_kind_is_text(a->kind), text_b = tw_kind_is_text(b->kind);
    if (text_a == text_b) return NULL;
    const tw_type *other = text_a ? b : a, *text = text_a ? a : b;
    return tw_kind_is_datetime(other->kind) ? tw_type_nullable(arena, other, other->nullable || text->nullable) : NULL;
}

/* Decimals whose digits together do not fit 38 are compared at their own scales. */
static bool keep_scales(const tw_type *a, const tw_type *b) {
    if (a->kind != TW_DECIMAL || b->kind != TW_DECIMAL) return false;
    int whole_a = a->precision - a->scale, whole_b = b->precision - b->scale;
    int whole = whole_a > whole_b ? whole_a : whole_b, scale = a->scale > b->scale ? a->scale : b->scale;
    return whole + scale > TW_DECIMAL_PRECISION_MAX;
}

bool tw_bind_comparable(tw_bind *bind, int first, int count) {
    const tw_type *common = bind->args[first]->type;
    for (int i = first + 1; i < first + count && common; i++) common = comparison_type(bind->arena, common, bind->args[i]->type);
    if (!common) return false;
    if (count == 2 && keep_scales(bind->args[first]->type, bind->args[first + 1]->type)) return true;
    bool text = tw_kind_is_text(common->kind) || tw_kind_is_binary(common->kind);
    for (int i = first; i < first + count; i++)
        if (!text || bind->args[i]->type->kind == TW_NULL) tw_bind_coerce(bind, i, common);
    return true;
}

static tw_status bind_comparison(tw_bind *bind, bool ordered) {
    if (!tw_bind_comparable(bind, 0, 2)) return tw_bind_mismatch(bind);
    if (ordered && tw_kind_is_nested(bind->args[0]->type->kind)) return tw_bind_mismatch(bind);
    return tw_bind_result(bind, &TW_TYPE_BOOLEAN);
}

tw_status tw_bind_equality(tw_bind *bind) { return bind_comparison(bind, false); }

/* A text is ordered against a number or a BOOLEAN as one (but not equal to it: Flink has no such equality). */
static void order_text(tw_bind *bind, int text, int other) {
    const tw_type *type = bind->args[other]->type;
    if (!tw_kind_is_text(bind->args[text]->type->kind) || (!tw_kind_is_numeric(type->kind) && type->kind != TW_BOOLEAN)) return;
    if (type->kind != TW_BOOLEAN) type = tw_type_common(bind->arena, &TW_TYPE_BIGINT, type);
    tw_bind_coerce(bind, text, type);
}

tw_status tw_bind_ordering(tw_bind *bind) {
    order_text(bind, 0, 1);
    order_text(bind, 1, 0);
    return bind_comparison(bind, true);
}

tw_status tw_bind_distinct(tw_bind *bind) {
    if (!tw_bind_comparable(bind, 0, 2)) return tw_bind_mismatch(bind);
    return tw_bind_boolean_not_null(bind);
}

tw_status tw_bind_extreme(tw_bind *bind) {
    const tw_type *common = tw_bind_coerce_common(bind, 0);
    if (!common || tw_kind_is_nested(common->kind) || common->kind == TW_NULL) return tw_bind_mismatch(bind);
    return tw_bind_result(bind, common);
}

/* ---- kernels by operator and physical type ---- */

static tw_i128 shift_scale(tw_i128 v, int digits) {
    for (; digits > 0; digits--) v *= 10;
    return v;
}

/* Unscaled values of different scales: whole parts first, then the fractions at the larger scale, which always fit. */
static int decimal_compare(tw_i128 a, int sa, tw_i128 b, int sb) {
    tw_i128 pa = shift_scale(1, sa), pb = shift_scale(1, sb);
    tw_i128 wa = a / pa, wb = b / pb;
    if (wa != wb) return wa < wb ? -1 : 1;
    int scale = sa > sb ? sa : sb;
    tw_i128 fa = shift_scale(a % pa, scale - sa), fb = shift_scale(b % pb, scale - sb);
    return fa < fb ? -1 : fa > fb;
}

static tw_i128 unscaled(const tw_column *c, int32_t i) { return c->phys == TW_PHYS_I128 ? TW_ARG(tw_i128, c, i) : TW_ARG(int64_t, c, i); }

#define COMPARE_FIXED(op, suffix, TYPE) TW_BINARY_KERNEL(op##_##suffix, TYPE, TYPE, uint8_t, x OPERATOR y)

#define COMPARE_BY(op, suffix, COMPARISON)                \
    static void op##_##suffix(TW_KERNEL_ARGS) {           \
        TW_KERNEL_UNUSED;                                 \
        const tw_column *a = args[0], *b = args[1];       \
        uint8_t *o = out->values;                         \
        TW_EACH(rows, i, o[i] = (COMPARISON)OPERATOR 0;); \
    }

#define COMPARE_KERNELS(op)                                                                                 \
    COMPARE_FIXED(op, bool, uint8_t)                                                                        \
    COMPARE_FIXED(op, i8, int8_t)                                                                           \
    COMPARE_FIXED(op, i16, int16_t)                                                                         \
    COMPARE_FIXED(op, i32, int32_t)                                                                         \
    COMPARE_FIXED(op, i64, int64_t)                                                                         \
    COMPARE_FIXED(op, i128, tw_i128)                                                                        \
    COMPARE_FIXED(op, f32, float)                                                                           \
    COMPARE_FIXED(op, f64, double)                                                                          \
    COMPARE_BY(op, ts, tw_ts_compare(TW_ARG(tw_ts, a, i), TW_ARG(tw_ts, b, i)))                             \
    COMPARE_BY(op, value, tw_value_compare(a, i, b, i))                                                     \
    COMPARE_BY(op, scaled, decimal_compare(unscaled(a, i), a->type->scale, unscaled(b, i), b->type->scale)) \
    tw_kernel tw_kernel_##op(const tw_type *result, const tw_expr *const *args, int nargs) {                \
        (void)result, (void)nargs;                                                                          \
        const tw_type *a = args[0]->type, *b = args[1]->type;                                               \
        if (a->kind == TW_DECIMAL && b->kind == TW_DECIMAL && a->scale != b->scale) return op##_scaled;     \
        switch (tw_type_phys(a)) {                                                                          \
        case TW_PHYS_BOOL: return op##_bool;                                                                \
        case TW_PHYS_I8: return op##_i8;                                                                    \
        case TW_PHYS_I16: return op##_i16;                                                                  \
        case TW_PHYS_I32: return op##_i32;                                                                  \
        case TW_PHYS_I64: return op##_i64;                                                                  \
        case TW_PHYS_I128: return op##_i128;                                                                \
        case TW_PHYS_F32: return op##_f32;                                                                  \
        case TW_PHYS_F64: return op##_f64;                                                                  \
        case TW_PHYS_TS: return op##_ts;                                                                    \
        case TW_PHYS_STR: return op##_text;                                                                 \
        default: return op##_value;                                                                         \
        }                                                                                                   \
    }

/* Equality of texts looks at length and first bytes before it follows a pointer. */
static void text_equality(tw_selection rows, const tw_column *const *args, tw_column *out, uint8_t when_equal) {
    const tw_column *a = args[0], *b = args[1];
    uint8_t *o = out->values;
    if (b->constant) {
        const tw_sview key = *(const tw_sview *)b->values;
        TW_EACH(rows, i, o[i] = tw_sview_equal(&TW_ARG(tw_sview, a, i), &key) == when_equal;);
    } else {
        TW_EACH(rows, i, o[i] = tw_sview_equal(&TW_ARG(tw_sview, a, i), &TW_ARG(tw_sview, b, i)) == when_equal;);
    }
}
static void eq_text(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    text_equality(rows, args, out, 1);
}
static void ne_text(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    text_equality(rows, args, out, 0);
}

#define OPERATOR ==
COMPARE_KERNELS(eq)
#undef OPERATOR
#define OPERATOR !=
COMPARE_KERNELS(ne)
#undef OPERATOR
#define TEXT_ORDER(op) COMPARE_BY(op, text, tw_sview_compare(&TW_ARG(tw_sview, a, i), &TW_ARG(tw_sview, b, i)))
#define OPERATOR       <
TEXT_ORDER(lt)
COMPARE_KERNELS(lt)
#undef OPERATOR
#define OPERATOR <=
TEXT_ORDER(le)
COMPARE_KERNELS(le)
#undef OPERATOR
#define OPERATOR >
TEXT_ORDER(gt)
COMPARE_KERNELS(gt)
#undef OPERATOR
#define OPERATOR >=
TEXT_ORDER(ge)
COMPARE_KERNELS(ge)
#undef OPERATOR

/* ---- IS [NOT] NULL, IS [NOT] DISTINCT FROM ---- */

static void null_bytes(const tw_column *c, tw_selection rows, tw_column *out, bool when_null) {
    uint8_t *o = out->values;
    if (c->constant || c->phys == TW_PHYS_NONE || !c->validity) {
        uint8_t value = tw_column_null(c, 0) == when_null;
        TW_EACH(rows, i, o[i] = value;);
        return;
    }
    const uint64_t *validity = c->validity;
    uint8_t flip = when_null;
    TW_EACH(rows, i, o[i] = (uint8_t)(validity[i >> 6] >> (i & 63) & 1) ^ flip;);
}

static void is_null(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    null_bytes(args[0], rows, out, true);
}
static void is_not_null(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    null_bytes(args[0], rows, out, false);
}
TW_KERNEL_ENTRY(tw_kernel_is_null, is_null)
TW_KERNEL_ENTRY(tw_kernel_is_not_null, is_not_null)

bool tw_values_same(const tw_column *a, int32_t i, const tw_column *b, int32_t j) {
    bool na = tw_column_null(a, i), nb = tw_column_null(b, j);
    if (na || nb) return na == nb;
    if (a->type->kind == TW_DECIMAL && b->type->kind == TW_DECIMAL && a->type->scale != b->type->scale)
        return decimal_compare(unscaled(a, i), a->type->scale, unscaled(b, j), b->type->scale) == 0;
    return tw_value_equal(a, tw_at(a, i), b, tw_at(b, j));
}

static void distinct(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    uint8_t *o = out->values;
    TW_EACH(rows, i, o[i] = !tw_values_same(args[0], i, args[1], i););
}
static void not_distinct(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    uint8_t *o = out->values;
    TW_EACH(rows, i, o[i] = tw_values_same(args[0], i, args[1], i););
}
TW_KERNEL_ENTRY(tw_kernel_distinct, distinct)
TW_KERNEL_ENTRY(tw_kernel_not_distinct, not_distinct)

/* ---- GREATEST, LEAST ---- */

static void extreme(const tw_call *call, tw_selection rows, const tw_column *const *args, tw_column *out, int sign) {
    int nargs = call->expr->nargs;
    TW_EACH(rows, i, {
        int best = 0;
        for (int a = 1; a < nargs; a++)
            if (sign * tw_value_compare(args[a], tw_at(args[a], i), args[best], tw_at(args[best], i)) > 0) best = a;
        tw_value_put(args[best], i, out, i);
    });
}
static void greatest(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    extreme(call, rows, args, out, 1);
}
static void least(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    extreme(call, rows, args, out, -1);
}
TW_KERNEL_ENTRY(tw_kernel_greatest, greatest)
TW_KERNEL_ENTRY(tw_kernel_least, least)
