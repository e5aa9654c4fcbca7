/* Interval literals: '1-2' YEAR TO MONTH, '1 02:03:04.005' DAY TO SECOND and every part of these; constant intervals and numbers of rows for windows
 * and EMIT.
 *
 * As in Flink the first field has two digits unless the qualifier says more (INTERVAL '100' SECOND is an error, '100' SECOND(3) is not), the
 * others are bounded by the clock, and what lies below a millisecond is cut off. */
#include "sql/bind_parts.h"

#define LEADING_DIGITS  2
#define FRACTION_DIGITS 6

typedef struct field {
    tw_time_unit unit;
    char mark;      /* before it, when it is not the first */
    int32_t limit;  /* when it is not the first */
    int64_t millis; /* or months */
} field;

/* The fields in the order that they are written in; WEEK and QUARTER stand alone. */
static const field FIELDS[] = {
    {TW_UNIT_YEAR, 0, 0, 12},         {TW_UNIT_MONTH, '-', 11, 1},     {TW_UNIT_DAY, 0, 0, 86400000}, {TW_UNIT_HOUR, ' ', 23, 3600000},
    {TW_UNIT_MINUTE, ':', 59, 60000}, {TW_UNIT_SECOND, ':', 59, 1000}, {TW_UNIT_QUARTER, 0, 0, 3},    {TW_UNIT_WEEK, 0, 0, 7 * INT64_C(86400000)},
};

static int field_of(uint8_t unit) {
    for (int i = 0; i < (int)(sizeof FIELDS / sizeof *FIELDS); i++)
        if (FIELDS[i].unit == unit) return i;
    return -1;
}

static tw_status illegal(tw_binder *binder, const tw_ast_expr *e) {
    const tw_ast_literal *l = &e->literal;
    bool range = l->from != l->to;
    return tw_fail_at(binder->error, TW_E_VALUE, e->pos, "illegal interval literal '%.*s' %s%s%s", (int)(l->text.length < 100 ? l->text.length : 100),
                      l->text.data, tw_unit_name(l->from), range ? " TO " : "", range ? tw_unit_name(l->to) : "");
}

/* A run of digits at *text, which is moved behind it; false when there is none. More than 18 are more than any field has. */
static bool take_digits(tw_str *text, int *ndigits, int64_t *out) {
    int n = 0;
    *out = 0;
    while ((size_t)n < text->length && text->data[n] >= '0' && text->data[n] <= '9' && n < 18) *out = *out * 10 + (text->data[n++] - '0');
    text->data += n;
    text->length -= (size_t)n;
    *ndigits = n;
    return n > 0;
}

static bool take_mark(tw_str *text, char mark) {
    if (text->length == 0 || text->data[0] != mark) return false;
    text->data++, text->length--;
    return true;
}

static tw_status too_wide(tw_binder *binder, const tw_ast_expr *e, int64_t number, int ndigits, int precision) {
    const char *unit = tw_unit_name(e->literal.from);
    tw_status status = tw_fail_at(binder->error, TW_E_OVERFLOW, e->pos, "interval field value %lld exceeds precision of %s(%d) field",
                                  (long long)number, unit, precision);
    if (ndigits <= 9) tw_error_hint(binder->error, "write %s(%d)", unit, ndigits);
    return status;
}

/* Milliseconds of the digits behind a point. */
static bool take_fraction(tw_str *text, int precision, int64_t *millis) {
    int ndigits;
    int64_t number;
    *millis = 0;
    if (!take_mark(text, '.')) return true;
    if (!take_digits(text, &ndigits, &number) || ndigits > precision) return false;
    for (; ndigits < 3; ndigits++) number *= 10;
    for (; ndigits > 3; ndigits--) number /= 10;
    *millis = number;
    return true;
}

static tw_str trim(tw_str s) {
    while (s.length && s.data[0] == ' ') s.data++, s.length--;
    while (s.length && s.data[s.length - 1] == ' ') s.length--;
    return s;
}

/* The value in months or milliseconds. */
static tw_status read_interval(tw_binder *binder, const tw_ast_expr *e, int64_t *out) {
    const tw_ast_literal *l = &e->literal;
    int first = field_of(l->from), last = field_of(l->to), ndigits;
    int leading = l->precision < 0 ? LEADING_DIGITS : l->precision;
    tw_str text = trim(l->text);
    bool minus = take_mark(&text, '-');
    if (!minus) take_mark(&text, '+');
    int64_t total = 0, number;
    for (int i = first; i <= last; i++) {
        if ((i > first && !take_mark(&text, FIELDS[i].mark)) || !take_digits(&text, &ndigits, &number)) return illegal(binder, e);
        if (i == first && ndigits > leading) return too_wide(binder, e, number, ndigits, leading);
        if (i > first && (ndigits > 2 || number > FIELDS[i].limit)) return illegal(binder, e);
        total += number * FIELDS[i].millis;
    }
    int64_t millis = 0;
    bool seconds = l->to == TW_UNIT_SECOND;
    if (seconds && !take_fraction(&text, l->fraction < 0 ? FRACTION_DIGITS : l->fraction, &millis)) return illegal(binder, e);
    if (text.length) return illegal(binder, e);
    *out = (total + millis) * (minus != l->negative ? -1 : 1);
    return TW_OK;
}

static const tw_type *interval_type(tw_binder *binder, const tw_ast_literal *l) {
    bool months = FIELDS[field_of(l->from)].millis <= 12;
    tw_type *type = tw_type_new(binder->arena, months ? TW_INTERVAL_YM : TW_INTERVAL_DS);
    type->from = l->from == TW_UNIT_WEEK ? TW_UNIT_DAY : l->from == TW_UNIT_QUARTER ? TW_UNIT_MONTH : l->from;
    type->to = l->from == l->to ? type->from : l->to;
    type->precision = (uint8_t)(l->precision < 0 ? LEADING_DIGITS : l->precision);
    type->nullable = false;
    return type;
}

tw_status tw_bind_interval_node(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    int64_t number = 0;
    TW_TRY(read_interval(binder, e, &number));
    const tw_type *type = interval_type(binder, &e->literal);
    if (type->kind == TW_INTERVAL_YM && (number > INT32_MAX || number < -INT32_MAX)) return illegal(binder, e);
    tw_value value = tw_value_of_int(type, number);
    *out = tw_bind_value(binder, &value, e->pos);
    return TW_OK;
}

tw_status tw_bind_rows(tw_binder *binder, const tw_ast_expr *e, const char *what, int64_t *rows) {
    const tw_expr *bound;
    TW_TRY(tw_bind_expr(binder, e, &bound));
    if (!tw_kind_is_integer(bound->type->kind)) {
        tw_fail_at(binder->error, TW_E_TYPE, e->pos, "%s must be a number of rows, not %s", what, tw_type_text(binder->arena, bound->type));
        return TW_E_TYPE;
    }
    if (bound->kind != TW_EXPR_LITERAL || bound->literal->null)
        return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "%s must be a constant number of rows", what);
    *rows = bound->literal->u.i;
    if (*rows > 0) return TW_OK;
    return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "%s must be positive, but is %lld", what, (long long)*rows);
}

tw_status tw_bind_interval_ms(tw_binder *binder, const tw_ast_expr *e, bool negative, int64_t *ms) {
    const tw_expr *bound;
    TW_TRY(tw_bind_expr(binder, e, &bound));
    tw_kind kind = bound->type->kind;
    if (kind == TW_INTERVAL_YM) {
        tw_fail_at(binder->error, TW_E_TYPE, e->pos, "an interval of months or years has no fixed length");
        tw_error_hint(binder->error, "write it in days");
        return TW_E_TYPE;
    }
    if (kind != TW_INTERVAL_DS) {
        tw_fail_at(binder->error, TW_E_TYPE, e->pos, "expected an interval, not %s", tw_type_text(binder->arena, bound->type));
        tw_error_hint(binder->error, "write it as INTERVAL '1' MINUTE");
        return TW_E_TYPE;
    }
    if (bound->kind != TW_EXPR_LITERAL || bound->literal->null)
        return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "expected a constant interval");
    if (bound->literal->u.i < 0 && !negative) return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "the interval must not be negative");
    *ms = bound->literal->u.i;
    return TW_OK;
}
