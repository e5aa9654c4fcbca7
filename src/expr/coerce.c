/* Which type may become which, and the least type that several fit. The rules are Flink's (LogicalTypeCasts,
 * LogicalTypeMerging). */
#include "expr/function.h"

/* ---- casts ---- */

static bool is_binary_or_text(tw_kind k) { return tw_kind_is_text(k) || tw_kind_is_binary(k); }

static bool implicit_atomic(const tw_type *from, const tw_type *to) {
    tw_kind f = from->kind, t = to->kind;
    if (f == t) return true;
    if (tw_kind_is_integer(t)) return tw_kind_is_integer(f) && f < t;
    switch (t) {
    case TW_VARCHAR: return f == TW_CHAR;
    case TW_VARBINARY: return f == TW_BINARY;
    case TW_DECIMAL:
    case TW_DOUBLE: return tw_kind_is_numeric(f);
    case TW_FLOAT: return tw_kind_is_integer(f) || f == TW_DECIMAL;
    case TW_DATE:
    case TW_TIME: return f == TW_TIMESTAMP;
    case TW_TIMESTAMP: return f == TW_TIMESTAMP_LTZ;
    case TW_TIMESTAMP_LTZ: return f == TW_TIMESTAMP;
    default: return false;
    }
}

static bool single_field(const tw_type *interval) { return interval->from == interval->to; }

static bool explicit_atomic(const tw_type *from, const tw_type *to) {
    tw_kind f = from->kind, t = to->kind;
    if (tw_kind_is_text(t)) return f != TW_SYMBOL && f != TW_DESCRIPTOR;
    if (tw_kind_is_interval(f) && tw_kind_is_numeric(t)) return single_field(from) && !tw_kind_is_approximate(t);
    if (tw_kind_is_interval(t) && tw_kind_is_numeric(f)) return single_field(to) && !tw_kind_is_approximate(f);
    switch (t) {
    case TW_BOOLEAN: return tw_kind_is_text(f) || tw_kind_is_numeric(f);
    case TW_BINARY:
    case TW_VARBINARY: return is_binary_or_text(f);
    case TW_DATE: return tw_kind_is_timestamp(f) || tw_kind_is_text(f);
    case TW_TIME: return tw_kind_is_timestamp(f) || tw_kind_is_text(f);
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ: return tw_kind_is_datetime(f) || tw_kind_is_text(f);
    case TW_INTERVAL_YM:
    case TW_INTERVAL_DS: return tw_kind_is_text(f);
    default: return tw_kind_is_numeric(t) && (tw_kind_is_numeric(f) || tw_kind_is_text(f) || f == TW_BOOLEAN);
    }
}

bool tw_type_castable(const tw_type *from, const tw_type *to, bool implicit) {
    if (tw_type_equal(from, to, false) || from->kind == TW_NULL) return true;
    if (to->kind == TW_NULL || to->kind == TW_SYMBOL || to->kind == TW_DESCRIPTOR) return false;
    if (tw_kind_is_nested(from->kind) && tw_kind_is_nested(to->kind)) {
        if (from->kind != to->kind || from->nfields != to->nfields) return false;
        for (int i = 0; i < from->nfields; i++)
            if (!tw_type_castable(from->fields[i].type, to->fields[i].type, implicit)) return false;
        return true;
    }
    if (tw_kind_is_nested(to->kind)) return false;
    if (tw_kind_is_nested(from->kind)) return !implicit && tw_kind_is_text(to->kind);
    return implicit_atomic(from, to) || (!implicit && explicit_atomic(from, to));
}

/* ---- common types ---- */

static int max(int a, int b) { return a > b ? a : b; }
static int min(int a, int b) { return a < b ? a : b; }

/* Digits of an exact number: an integer counts as the decimal that holds its range. */
static void exact_digits(const tw_type *t, int *precision, int *scale) {
    static const uint8_t integer_digits[] = {3, 5, 10, 19};
    bool decimal = t->kind == TW_DECIMAL;
    *precision = decimal ? t->precision : integer_digits[t->kind - TW_TINYINT];
    *scale = decimal ? t->scale : 0;
}

static const tw_type *common_numeric(tw_arena *arena, const tw_type *a, const tw_type *b) {
    if (tw_kind_is_integer(a->kind) && tw_kind_is_integer(b->kind)) return a->kind >= b->kind ? a : b;
    bool fa = tw_kind_is_approximate(a->kind), fb = tw_kind_is_approximate(b->kind);
    if (fa && fb) return a->kind == TW_DOUBLE ? a : b;
    if (fa || fb) {
        const tw_type *approximate = fa ? a : b, *exact = fa ? b : a;
        return exact->kind == TW_DECIMAL ? &TW_TYPE_DOUBLE : approximate;
    }
    int pa, sa, pb, sb;
    exact_digits(a, &pa, &sa);
    exact_digits(b, &pb, &sb);
    int scale = max(sa, sb), whole = max(pa - sa, pb - sb);
    return tw_type_decimal(arena, min(whole + scale, TW_DECIMAL_PRECISION_MAX), min(scale, TW_DECIMAL_PRECISION_MAX));
}

/* Strings of different fixed lengths become variable, so that nothing is padded. */
static const tw_type *common_string(tw_arena *arena, const tw_type *a, const tw_type *b) {
    bool text = tw_kind_is_text(a->kind);
    tw_kind fixed = text ? TW_CHAR : TW_BINARY, variable = text ? TW_VARCHAR : TW_VARBINARY;
    int length = max(a->length, b->length);
    bool stays_fixed = a->kind == fixed && b->kind == fixed && a->length == b->length;
    return tw_type_chars(arena, stays_fixed ? fixed : variable, length);
}

static const tw_type *common_datetime(tw_arena *arena, const tw_type *a, const tw_type *b) {
    bool ta = tw_kind_is_timestamp(a->kind), tb = tw_kind_is_timestamp(b->kind);
    if (ta && tb) {
        tw_kind kind = a->kind == b->kind ? a->kind : TW_TIMESTAMP_LTZ;
        return tw_type_timestamp(arena, kind, max(a->precision, b->precision));
    }
    if (ta && b->kind == TW_DATE) return a;
    if (tb && a->kind == TW_DATE) return b;
    if (a->kind == TW_TIME && b->kind == TW_TIME) return a->precision >= b->precision ? a : b;
    return a->kind == b->kind ? a : NULL; /* dates */
}

static const tw_type *common_interval(tw_arena *arena, const tw_type *a, const tw_type *b) {
    if (a->kind != b->kind) return NULL;
    tw_type *t = tw_type_new(arena, a->kind);
    if (!t) return NULL;
    *t = *a;
    t->from = (uint8_t)min(a->from, b->from);
    t->to = (uint8_t)max(a->to, b->to);
    t->precision = (uint8_t)max(a->precision, b->precision);
    t->scale = (uint8_t)max(a->scale, b->scale);
    return t;
}

static const tw_type *common_nested(tw_arena *arena, const tw_type *a, const tw_type *b) {
    if (a->kind != b->kind || a->nfields != b->nfields) return NULL;
    tw_field *fields = TW_NEW_ARRAY(arena, tw_field, a->nfields + 1);
    if (!fields) return NULL;
    for (int i = 0; i < a->nfields; i++) {
        fields[i].name = a->fields[i].name;
        fields[i].type = tw_type_common(arena, a->fields[i].type, b->fields[i].type);
        if (!fields[i].type) return NULL;
    }
    switch (a->kind) {
    case TW_ARRAY: return tw_type_array(arena, fields[0].type);
    case TW_MULTISET: return tw_type_multiset(arena, fields[0].type);
    case TW_MAP: return tw_type_map(arena, fields[0].type, fields[1].type);
    default: return tw_type_row(arena, fields, a->nfields);
    }
}

static const tw_type *common_nullable(tw_arena *arena, const tw_type *a, const tw_type *b) {
    if (tw_type_equal(a, b, true)) return a;
    if (a->kind == TW_NULL) return b;
    if (b->kind == TW_NULL) return a;
    if (tw_kind_is_nested(a->kind) || tw_kind_is_nested(b->kind)) return common_nested(arena, a, b);
    if (tw_kind_is_numeric(a->kind) && tw_kind_is_numeric(b->kind)) return common_numeric(arena, a, b);
    if (tw_kind_is_text(a->kind) && tw_kind_is_text(b->kind)) return common_string(arena, a, b);
    if (tw_kind_is_binary(a->kind) && tw_kind_is_binary(b->kind)) return common_string(arena, a, b);
    if (tw_kind_is_datetime(a->kind) && tw_kind_is_datetime(b->kind)) return common_datetime(arena, a, b);
    if (tw_kind_is_interval(a->kind) && tw_kind_is_interval(b->kind)) return common_interval(arena, a, b);
    return a->kind == b->kind ? a : NULL;
}

const tw_type *tw_type_common(tw_arena *arena, const tw_type *a, const tw_type *b) {
    const tw_type *common = common_nullable(arena, a, b);
    if (!common || common->kind == TW_SYMBOL) return NULL;
    common = tw_type_with_time(arena, common, a->time == b->time ? a->time : TW_NOT_TIME);
    bool nullable = a->nullable || b->nullable || a->kind == TW_NULL || b->kind == TW_NULL;
    return tw_type_nullable(arena, common, nullable);
}

const tw_type *tw_type_common_all(tw_arena *arena, const tw_type *const *types, int n) {
    const tw_type *common = n > 0 ? types[0] : NULL;
    for (int i = 1; i < n && common; i++) common = tw_type_common(arena, common, types[i]);
    return common;
}

/* ---- arithmetic ---- */

/* Keeps the digits before the point when there are too many: digits behind it give way, down to six. */
static const tw_type *adjusted(tw_arena *arena, int precision, int scale) {
    if (precision <= TW_DECIMAL_PRECISION_MAX) return tw_type_decimal(arena, precision, scale);
    int whole = precision - scale;
    return tw_type_decimal(arena, TW_DECIMAL_PRECISION_MAX, max(TW_DECIMAL_PRECISION_MAX - whole, min(scale, 6)));
}

static const tw_type *decimal_arithmetic(tw_arena *arena, char op, const tw_type *a, const tw_type *b) {
    int p1, s1, p2, s2, scale;
    exact_digits(a, &p1, &s1);
    exact_digits(b, &p2, &s2);
    if (op == '%' && s1 == 0 && s2 == 0) return b; /* as Calcite: whole numbers keep the divisor's type */
    switch (op) {
    case '*': return adjusted(arena, p1 + p2 + 1, s1 + s2);
    case '/': scale = max(6, s1 + p2 + 1); return adjusted(arena, p1 - s1 + s2 + scale, scale);
    case '%': scale = max(s1, s2); return adjusted(arena, min(p1 - s1, p2 - s2) + scale, scale);
    default: scale = max(s1, s2); return adjusted(arena, max(p1 - s1, p2 - s2) + scale + 1, scale);
    }
}

const tw_type *tw_type_arithmetic(tw_arena *arena, char op, const tw_type *a, const tw_type *b) {
    if (a->kind == TW_NULL && b->kind == TW_NULL) return &TW_TYPE_INTEGER;
    if (a->kind == TW_NULL) a = b;
    if (b->kind == TW_NULL) b = a;
    if (!tw_kind_is_numeric(a->kind) || !tw_kind_is_numeric(b->kind)) return NULL;
    bool nullable = a->nullable || b->nullable;
    bool exact = !tw_kind_is_approximate(a->kind) && !tw_kind_is_approximate(b->kind);
    const tw_type *type;
    if (exact && (a->kind == TW_DECIMAL || b->kind == TW_DECIMAL))
        type = decimal_arithmetic(arena, op, a, b);
    else if (op == '%' && exact)
        type = b;
    else
        type = common_numeric(arena, a, b);
    return tw_type_nullable(arena, type, nullable);
}
