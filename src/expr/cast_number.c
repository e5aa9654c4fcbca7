/* Casts to numbers and BOOLEAN. Between numbers as Java's primitive casts: integers are cut to their width, a floating-point number
 * saturates at the bounds of INT and BIGINT; a DECIMAL that does not fit is NULL. */
#include "data/datetime.h"
#include "data/decimal.h"
#include "expr/cast.h"

static void put_integer(tw_column *to, int32_t at, int64_t v) {
    switch (to->phys) {
    case TW_PHYS_I8: TW_OUT(int8_t, to, at) = (int8_t)v; break;
    case TW_PHYS_I16: TW_OUT(int16_t, to, at) = (int16_t)v; break;
    case TW_PHYS_I32: TW_OUT(int32_t, to, at) = (int32_t)v; break;
    default: TW_OUT(int64_t, to, at) = v; break;
    }
}

static int64_t get_integer(const tw_column *from, int32_t i) {
    switch (from->phys) {
    case TW_PHYS_BOOL: return TW_ARG(uint8_t, from, i);
    case TW_PHYS_I8: return TW_ARG(int8_t, from, i);
    case TW_PHYS_I16: return TW_ARG(int16_t, from, i);
    case TW_PHYS_I32: return TW_ARG(int32_t, from, i);
    default: return TW_ARG(int64_t, from, i);
    }
}

static tw_i128 get_decimal(const tw_column *from, int32_t i) {
    return from->phys == TW_PHYS_I128 ? TW_ARG(tw_i128, from, i) : TW_ARG(int64_t, from, i);
}

static bool put_decimal(tw_column *to, int32_t at, bool fits, tw_i128 v) {
    if (!fits) tw_out_null(to, at);
    if (!fits) v = 0;
    if (to->phys == TW_PHYS_I128)
        TW_OUT(tw_i128, to, at) = v;
    else
        TW_OUT(int64_t, to, at) = (int64_t)v;
    return true;
}

static double get_double(const tw_column *from, int32_t i) {
    return from->phys == TW_PHYS_F32 ? (double)TW_ARG(float, from, i) : TW_ARG(double, from, i);
}

static void put_double(tw_column *to, int32_t at, double v) {
    if (to->phys == TW_PHYS_F32)
        TW_OUT(float, to, at) = (float)v;
    else
        TW_OUT(double, to, at) = v;
}

/* Java's (long) and (int) of a double: NaN is 0, the ends are the type's. Narrower integers go through int. */
static int64_t java_integer(double v, tw_phys phys) {
    if (v != v) return 0;
    if (phys == TW_PHYS_I64) return v >= 0x1p63 ? INT64_MAX : v <= -0x1p63 ? INT64_MIN : (int64_t)v;
    return v >= 2147483647.0 ? INT32_MAX : v <= -2147483648.0 ? INT32_MIN : (int64_t)v;
}

/* ---- from integers and BOOLEAN ---- */

static bool integer_to_integer(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    put_integer(to, at, get_integer(from, i));
    return true;
}
static bool integer_to_double(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    int64_t v = get_integer(from, i);
    if (to->phys == TW_PHYS_F32)
        TW_OUT(float, to, at) = (float)v;
    else
        TW_OUT(double, to, at) = (double)v;
    return true;
}
static bool integer_to_decimal(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    tw_i128 v = 0;
    bool fits = tw_decimal_rescale(get_integer(from, i), 0, c->to->precision, c->to->scale, &v);
    return put_decimal(to, at, fits, v);
}
static bool integer_to_boolean(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    TW_OUT(uint8_t, to, at) = get_integer(from, i) != 0;
    return true;
}

/* ---- from DECIMAL ---- */

static bool decimal_to_integer(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    put_integer(to, at, (int64_t)(get_decimal(from, i) / TW_POW10[c->from->scale]));
    return true;
}
static bool decimal_to_double(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    put_double(to, at, tw_decimal_to_double(get_decimal(from, i), c->from->scale));
    return true;
}
static bool decimal_to_decimal(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    tw_i128 v = 0;
    bool fits = tw_decimal_rescale(get_decimal(from, i), c->from->scale, c->to->precision, c->to->scale, &v);
    return put_decimal(to, at, fits, v);
}
static bool decimal_to_boolean(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    TW_OUT(uint8_t, to, at) = get_decimal(from, i) != 0;
    return true;
}

/* ---- from FLOAT and DOUBLE ---- */

static bool double_to_integer(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    put_integer(to, at, java_integer(get_double(from, i), to->phys));
    return true;
}
static bool double_to_double(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    put_double(to, at, get_double(from, i));
    return true;
}
static bool double_to_decimal(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    tw_i128 v = 0;
    bool fits = tw_decimal_from_double(get_double(from, i), c->to->precision, c->to->scale, &v);
    return put_decimal(to, at, fits, v);
}
static bool double_to_boolean(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    TW_OUT(uint8_t, to, at) = get_double(from, i) != 0;
    return true;
}

/* ---- from text ---- */

static const tw_str true_texts[] = {{"t", 1}, {"true", 4}, {"y", 1}, {"yes", 3}, {"1", 1}};
static const tw_str false_texts[] = {{"f", 1}, {"false", 5}, {"n", 1}, {"no", 2}, {"0", 1}};

static tw_str trimmed(tw_str s) {
    while (s.length && (unsigned char)s.data[0] <= ' ') s.data++, s.length--;
    while (s.length && (unsigned char)s.data[s.length - 1] <= ' ') s.length--;
    return s;
}

static bool text_to_boolean(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    tw_str text = trimmed(tw_arg_str(from, i));
    for (size_t k = 0; k < sizeof true_texts / sizeof true_texts[0]; k++) {
        bool yes = tw_str_equal_nocase(text, true_texts[k]), no = tw_str_equal_nocase(text, false_texts[k]);
        TW_OUT(uint8_t, to, at) = yes;
        if (yes || no) return true;
    }
    return false;
}

/* "12.7" is 12, as Flink reads it: the digits behind the point are checked and dropped. */
static bool parse_integer(tw_str text, int64_t min, int64_t max, int64_t *out) {
    text = trimmed(text);
    const char *point = memchr(text.data, '.', text.length);
    if (point) {
        for (const char *p = point + 1; p < text.data + text.length; p++)
            if (*p < '0' || *p > '9') return false;
        text.length = (size_t)(point - text.data);
    }
    return tw_int_parse(text, min, max, out);
}

static bool text_to_integer(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    int bits = 8 * tw_phys_width(to->phys);
    int64_t max = (int64_t)(UINT64_MAX >> (65 - bits)), v = 0;
    bool ok = parse_integer(tw_arg_str(from, i), -max - 1, max, &v);
    put_integer(to, at, v);
    return ok;
}
/* Java's number texts may end in a type letter: 1.5f, 2d. */
static tw_str without_suffix(tw_str text) {
    if (text.length < 2 || !strchr("fFdD", text.data[text.length - 1])) return text;
    char before = text.data[text.length - 2];
    if (before == '.' || (before >= '0' && before <= '9')) text.length--;
    return text;
}

static bool text_to_double(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    double v = 0;
    bool ok = tw_double_parse(without_suffix(trimmed(tw_arg_str(from, i))), &v);
    put_double(to, at, v);
    return ok;
}
static bool text_to_decimal(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    tw_i128 v = 0;
    bool fits = tw_decimal_parse(trimmed(tw_arg_str(from, i)), c->to->precision, c->to->scale, &v);
    put_decimal(to, at, true, fits ? v : 0);
    return fits;
}

/* ---- from intervals of one field ---- */

static int64_t unit_size(const tw_type *interval) {
    static const int64_t ms[] = {[TW_UNIT_DAY] = TW_DAY_MS, [TW_UNIT_HOUR] = 3600000, [TW_UNIT_MINUTE] = 60000, [TW_UNIT_SECOND] = 1000};
    if (interval->kind == TW_INTERVAL_YM) return interval->from == TW_UNIT_YEAR ? 12 : 1;
    return interval->from <= TW_UNIT_SECOND && ms[interval->from] ? ms[interval->from] : 1;
}

static bool interval_to_integer(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    put_integer(to, at, get_integer(from, i) / unit_size(c->from));
    return true;
}
static bool interval_to_decimal(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    tw_i128 v = 0;
    int64_t units = get_integer(from, i) / unit_size(c->from);
    bool fits = tw_decimal_rescale(units, 0, c->to->precision, c->to->scale, &v);
    return put_decimal(to, at, fits, v);
}

/* ---- choice ---- */

typedef struct targets {
    tw_cast_value integer, approximate, decimal, boolean;
} targets;

tw_cast_value tw_cast_to_number(const tw_type *from, const tw_type *to) {
    static const targets of_integer = {integer_to_integer, integer_to_double, integer_to_decimal, integer_to_boolean};
    static const targets of_decimal = {decimal_to_integer, decimal_to_double, decimal_to_decimal, decimal_to_boolean};
    static const targets of_double = {double_to_integer, double_to_double, double_to_decimal, double_to_boolean};
    static const targets of_text = {text_to_integer, text_to_double, text_to_decimal, text_to_boolean};
    static const targets of_interval = {interval_to_integer, NULL, interval_to_decimal, NULL};
    const targets *t;
    if (tw_kind_is_integer(from->kind) || from->kind == TW_BOOLEAN)
        t = &of_integer;
    else if (from->kind == TW_DECIMAL)
        t = &of_decimal;
    else if (tw_kind_is_approximate(from->kind))
        t = &of_double;
    else if (tw_kind_is_text(from->kind))
        t = &of_text;
    else if (tw_kind_is_interval(from->kind))
        t = &of_interval;
    else
        return NULL;
    if (to->kind == TW_BOOLEAN) return t->boolean;
    if (to->kind == TW_DECIMAL) return t->decimal;
    return tw_kind_is_integer(to->kind) ? t->integer : t->approximate;
}
