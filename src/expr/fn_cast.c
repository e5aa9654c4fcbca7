/* CAST and TRY_CAST: binding, the choice of a conversion, nested types. A value that cannot be converted fails its row, or
 * is NULL under TRY_CAST and table.exec.legacy-cast-behaviour.
 *
 * Nested: children are cast as whole columns, keeping the parent's offsets; one element that fails fails its row. */
#include "data/builder.h"
#include "data/decimal.h"
#include "expr/cast.h"
#include "expr/entries.h"

/* ---- binding ---- */

static tw_status bind_cast(tw_bind *bind, bool try) {
    const tw_type *from = bind->args[0]->type, *to = bind->cast_type;
    if (!to || !tw_type_castable(from, to, false)) {
        tw_status status = tw_fail_at(bind->error, TW_E_TYPE, bind->pos, "cast function cannot convert value of type %s to type %s",
                                      tw_type_text(bind->arena, from), to ? tw_type_text(bind->arena, to) : "?");
        tw_error_detail(bind->error, "Supported form(s): %s", bind->function->usage);
        return status;
    }
    return tw_bind_result_nullable(bind, to, try || from->nullable || from->kind == TW_NULL);
}

tw_status tw_bind_cast(tw_bind *bind) { return bind_cast(bind, false); }
tw_status tw_bind_try_cast(tw_bind *bind) { return bind_cast(bind, true); }

/* ---- atomic types ---- */

static tw_cast_value choose(const tw_type *from, const tw_type *to) {
    if (tw_type_phys(to) == TW_PHYS_STR) return tw_cast_to_text(from, to);
    if (tw_kind_is_numeric(to->kind) || to->kind == TW_BOOLEAN) return tw_cast_to_number(from, to);
    return tw_cast_to_time(from, to);
}

static bool is_try(const tw_eval *eval, const tw_call *call) { return call->expr->function->name[0] == 'T' || eval->session->legacy_cast; }

/* Says what could not be converted. */
static void fail(tw_eval *eval, const tw_call *call, const tw_column *from, int32_t i) {
    tw_buf value, type;
    tw_type shown = *call->result;
    shown.nullable = true;
    tw_buf_init(&value, eval->mem, 200);
    tw_buf_init(&type, eval->mem, 200);
    tw_cast_print(&value, eval->session, from, i);
    tw_type_print(&type, &shown, false);
    tw_eval_fail(eval, call, i, TW_E_VALUE, "cannot cast '%.*s' to %.*s", (int)value.length, value.data ? value.data : "", (int)type.length,
                 type.data ? type.data : "");
    tw_buf_free(&value);
    tw_buf_free(&type);
}

static void failed(tw_eval *eval, const tw_call *call, const tw_column *from, int32_t i, tw_column *out) {
    if (is_try(eval, call))
        tw_out_null(out, i);
    else
        fail(eval, call, from, i);
}

static void cast_atoms(TW_KERNEL_ARGS) {
    tw_caster c = {.eval = eval, .from = call->expr->args[0]->type, .to = call->result};
    c.value = choose(c.from, c.to);
    const tw_column *from = args[0];
    TW_EACH(rows, i, if (!c.value(&c, from, i, out, i)) failed(eval, call, from, i, out););
}

/* ---- the widenings that queries are full of ---- */

TW_UNARY_KERNEL(i8_to_i32, int8_t, int32_t, x)
TW_UNARY_KERNEL(i16_to_i32, int16_t, int32_t, x)
TW_UNARY_KERNEL(i8_to_i64, int8_t, int64_t, x)
TW_UNARY_KERNEL(i16_to_i64, int16_t, int64_t, x)
TW_UNARY_KERNEL(i32_to_i64, int32_t, int64_t, x)
TW_UNARY_KERNEL(i64_to_i32, int64_t, int32_t, x)
TW_UNARY_KERNEL(i32_to_f64, int32_t, double, x)
TW_UNARY_KERNEL(i64_to_f64, int64_t, double, x)
TW_UNARY_KERNEL(f32_to_f64, float, double, x)
TW_UNARY_KERNEL(f64_to_f32, double, float, x)

static tw_kernel primitive(tw_phys from, tw_phys to) {
    switch (from) {
    case TW_PHYS_I8: return to == TW_PHYS_I32 ? i8_to_i32 : to == TW_PHYS_I64 ? i8_to_i64 : NULL;
    case TW_PHYS_I16: return to == TW_PHYS_I32 ? i16_to_i32 : to == TW_PHYS_I64 ? i16_to_i64 : NULL;
    case TW_PHYS_I32: return to == TW_PHYS_I64 ? i32_to_i64 : to == TW_PHYS_F64 ? i32_to_f64 : NULL;
    case TW_PHYS_I64: return to == TW_PHYS_I32 ? i64_to_i32 : to == TW_PHYS_F64 ? i64_to_f64 : NULL;
    case TW_PHYS_F32: return to == TW_PHYS_F64 ? f32_to_f64 : NULL;
    case TW_PHYS_F64: return to == TW_PHYS_F32 ? f64_to_f32 : NULL;
    default: return NULL;
    }
}

/* Integers to decimals that have room for all of them. */
#define TO_DECIMAL(name, FROM, TO)                         \
    static void name(TW_KERNEL_ARGS) {                     \
        TW_KERNEL_UNUSED;                                  \
        const TO unit = (TO)TW_POW10[call->result->scale]; \
        const FROM *restrict a = args[0]->values;          \
        TO *restrict o = out->values;                      \
        TW_EACH(rows, i, o[i] = a[i] * unit;);             \
    }
TO_DECIMAL(i8_to_narrow, int8_t, int64_t)
TO_DECIMAL(i16_to_narrow, int16_t, int64_t)
TO_DECIMAL(i32_to_narrow, int32_t, int64_t)
TO_DECIMAL(i8_to_wide, int8_t, tw_i128)
TO_DECIMAL(i16_to_wide, int16_t, tw_i128)
TO_DECIMAL(i32_to_wide, int32_t, tw_i128)
TO_DECIMAL(i64_to_wide, int64_t, tw_i128)

static tw_kernel integer_to_roomy_decimal(const tw_type *from, const tw_type *to) {
    static const uint8_t digits[] = {3, 5, 10, 19};
    if (to->kind != TW_DECIMAL || !tw_kind_is_integer(from->kind)) return NULL;
    if (to->precision - to->scale < digits[from->kind - TW_TINYINT]) return NULL;
    bool wide = tw_type_phys(to) == TW_PHYS_I128;
    switch (tw_type_phys(from)) {
    case TW_PHYS_I8: return wide ? i8_to_wide : i8_to_narrow;
    case TW_PHYS_I16: return wide ? i16_to_wide : i16_to_narrow;
    case TW_PHYS_I32: return wide ? i32_to_wide : i32_to_narrow;
    default: return i64_to_wide;
    }
}

/* Does the target hold every value of the source as it lies in memory? */
static bool is_alias(const tw_type *from, const tw_type *to) {
    if (tw_type_equal(from, to, false)) return true;
    bool text = tw_kind_is_text(from->kind) && to->kind == TW_VARCHAR;
    bool bytes = tw_kind_is_binary(from->kind) && to->kind == TW_VARBINARY;
    bool crossing = to->length == TW_LENGTH_MAX && tw_type_phys(from) == TW_PHYS_STR && (to->kind == TW_VARCHAR || to->kind == TW_VARBINARY);
    if (text || bytes || crossing) return crossing || to->length >= from->length;
    bool timestamps = from->kind == to->kind && tw_kind_is_timestamp(from->kind);
    if (timestamps) return from->precision <= to->precision && tw_type_phys(from) == tw_type_phys(to);
    if (from->kind == TW_TIME && to->kind == TW_TIME) return from->precision <= to->precision;
    if (from->kind == to->kind && tw_kind_is_interval(from->kind)) return true;
    bool decimals = from->kind == TW_DECIMAL && to->kind == TW_DECIMAL;
    return decimals && from->scale == to->scale && from->precision <= to->precision && tw_type_phys(from) == tw_type_phys(to);
}

/* ---- nested types ---- */

static bool new_column(tw_eval *eval, const tw_type *type, int32_t rows, tw_column *to) {
    tw_phys phys = tw_type_phys(type);
    *to = (tw_column){.type = type, .phys = phys};
    size_t bytes = (size_t)rows * (size_t)tw_phys_width(phys);
    to->validity = tw_arena_alloc(eval->arena, ((size_t)TW_BITS_WORDS(rows) + 1) * 8);
    if (bytes) to->values = tw_arena_calloc(eval->arena, (bytes + 15) / 16 * 16);
    if (to->validity && (to->values || !bytes)) {
        tw_bits_fill(to->validity, rows, true);
        return true;
    }
    tw_eval_nomem(eval);
    return false;
}

static bool cast_column(tw_caster c, const tw_column *from, int32_t rows, tw_column *to, uint64_t *failures);

static tw_column *new_children(tw_eval *eval, int count) {
    tw_column *children = tw_arena_calloc(eval->arena, sizeof(tw_column) * (size_t)(count + 1));
    if (!children) tw_eval_nomem(eval);
    return children;
}

static uint64_t *new_bits(tw_eval *eval, int32_t count) {
    uint64_t *bits = tw_arena_calloc(eval->arena, ((size_t)TW_BITS_WORDS(count) + 1) * 8);
    if (!bits) tw_eval_nomem(eval);
    return bits;
}

static bool cast_lists(tw_caster c, const tw_column *from, int32_t rows, tw_column *to, uint64_t *failures) {
    int32_t items = from->offsets[rows];
    to->offsets = from->offsets;
    to->nchildren = from->nchildren;
    to->children = new_children(c.eval, to->nchildren);
    uint64_t *bad = new_bits(c.eval, items);
    if (!to->children || !bad) return false;
    for (int f = 0; f < from->nchildren; f++) {
        bool counts = c.from->kind == TW_MULTISET && f == 1;
        tw_caster child = {c.eval, counts ? NULL : c.from->fields[f].type, counts ? NULL : c.to->fields[f].type, NULL};
        if (counts)
            to->children[f] = from->children[f];
        else if (!cast_column(child, &from->children[f], items, &to->children[f], bad))
            return false;
    }
    for (int32_t i = 0; i < rows; i++)
        for (int32_t e = from->offsets[i]; e < from->offsets[i + 1]; e++)
            if (tw_bit_get(bad, e)) tw_bit_set(failures, i);
    return true;
}

static bool cast_rows(tw_caster c, const tw_column *from, int32_t rows, tw_column *to, uint64_t *failures) {
    to->nchildren = from->nchildren;
    to->children = new_children(c.eval, to->nchildren);
    if (!to->children) return false;
    for (int f = 0; f < from->nchildren; f++) {
        tw_caster child = {c.eval, c.from->fields[f].type, c.to->fields[f].type, NULL};
        if (!cast_column(child, &from->children[f], rows, &to->children[f], failures)) return false;
    }
    return true;
}

/* Casts the first `rows` values into a new column; sets bits of `failures` where a value cannot be converted. */
static bool cast_column(tw_caster c, const tw_column *from, int32_t rows, tw_column *to, uint64_t *failures) {
    if (is_alias(c.from, c.to)) {
        *to = *from;
        to->type = c.to;
        return true;
    }
    if (!new_column(c.eval, c.to, rows, to)) return false;
    bool nested = to->phys >= TW_PHYS_LIST;
    c.value = nested ? NULL : choose(c.from, c.to);
    for (int32_t i = 0; i < rows; i++) {
        if (tw_column_null(from, i))
            tw_bit_clear(to->validity, i);
        else if (!nested && (!c.value || !c.value(&c, from, i, to, i)))
            tw_bit_set(failures, i);
    }
    if (!nested) return c.eval->status == TW_OK;
    if (from->phys == TW_PHYS_NONE) {
        to->offsets = (int32_t *)tw_arena_calloc(c.eval->arena, sizeof(int32_t) * ((size_t)rows + 1));
        return tw_struct_begin(c.eval, to, rows);
    }
    return to->phys == TW_PHYS_STRUCT ? cast_rows(c, from, rows, to, failures) : cast_lists(c, from, rows, to, failures);
}

static void cast_nested(TW_KERNEL_ARGS) {
    tw_caster c = {.eval = eval, .from = call->expr->args[0]->type, .to = call->result};
    uint64_t *failures = new_bits(eval, eval->rows), *validity = out->validity;
    tw_column result;
    if (!failures || !cast_column(c, args[0], eval->rows, &result, failures)) return;
    *out = result;
    out->validity = validity;
    TW_EACH(rows, i, if (tw_bit_get(failures, i)) failed(eval, call, args[0], i, out););
}

tw_kernel tw_kernel_cast(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)nargs;
    const tw_type *from = args[0]->type;
    if (from->kind == TW_NULL) return cast_atoms;
    if (is_alias(from, result)) return tw_kernel_alias;
    if (tw_kind_is_nested(result->kind)) return tw_kind_is_nested(from->kind) ? cast_nested : NULL;
    bool numbers = tw_kind_is_numeric(from->kind) && tw_kind_is_numeric(result->kind);
    bool decimal = from->kind == TW_DECIMAL || result->kind == TW_DECIMAL;
    tw_kernel fast = numbers && !decimal ? primitive(tw_type_phys(from), tw_type_phys(result)) : NULL;
    if (decimal) fast = integer_to_roomy_decimal(from, result);
    if (fast && !(tw_kind_is_approximate(from->kind) && tw_kind_is_integer(result->kind))) return fast;
    return choose(from, result) ? cast_atoms : NULL;
}
