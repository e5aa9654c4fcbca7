/* PRINTF: the part of java.util.Formatter that SQL values can use: %s %S %d %x %X %o %f %e %E %g %c %b %n %%, with argument
 * numbers, flags, width and precision. */
#include <stdio.h>

#include "data/datetime.h"
#include "data/decimal.h"
#include "expr/entries.h"
#include "expr/text.h"

typedef struct spec {
    bool left, plus, space, zero, comma, paren, alternate;
    int index, width, precision; /* index 0: the next argument; precision -1: none */
    char conversion;
} spec;

static int read_number(tw_str *f) {
    int n = 0;
    while (f->length && f->data[0] >= '0' && f->data[0] <= '9') {
        if (n < 100000) n = n * 10 + (f->data[0] - '0');
        f->data++, f->length--;
    }
    return n;
}

static bool read_flag(spec *s, char c) {
    switch (c) {
    case '-': return s->left = true;
    case '+': return s->plus = true;
    case ' ': return s->space = true;
    case '0': return s->zero = true;
    case ',': return s->comma = true;
    case '(': return s->paren = true;
    case '#': return s->alternate = true;
    default: return false;
    }
}

/* Reads what follows a '%'; false when it is no format. */
static bool read_spec(tw_str *f, spec *s) {
    memset(s, 0, sizeof *s);
    s->precision = -1;
    tw_str start = *f;
    int n = read_number(f);
    if (n > 0 && f->length && f->data[0] == '$') {
        s->index = n;
        f->data++, f->length--;
    } else {
        *f = start;
    }
    while (f->length && read_flag(s, f->data[0])) f->data++, f->length--;
    s->width = read_number(f);
    if (f->length && f->data[0] == '.') {
        f->data++, f->length--;
        s->precision = read_number(f);
    }
    if (!f->length || s->width > 10000 || s->precision > 1000) return false;
    s->conversion = f->data[0];
    f->data++, f->length--;
    return true;
}

static void put_padded(tw_buf *out, const spec *s, tw_str text) {
    int missing = s->width - (int)tw_text_count(text.data, text.data + text.length);
    if (!s->left)
        for (int k = 0; k < missing; k++) tw_buf_byte(out, ' ');
    tw_buf_str(out, text);
    if (s->left)
        for (int k = 0; k < missing; k++) tw_buf_byte(out, ' ');
}

static bool integer_of(const tw_column *c, int32_t row, int64_t *v) {
    switch (c->phys) {
    case TW_PHYS_I8: *v = TW_ARG(int8_t, c, row); return true;
    case TW_PHYS_I16: *v = TW_ARG(int16_t, c, row); return true;
    case TW_PHYS_I32: *v = TW_ARG(int32_t, c, row); return true;
    case TW_PHYS_I64: *v = TW_ARG(int64_t, c, row); return true;
    default: return false;
    }
}

/* String.valueOf of Flink's internal value: dates and times are numbers, timestamps as LocalDateTime. */
static tw_str text_of(const tw_column *c, int32_t row, char *scratch) {
    const tw_type *type = c->type;
    int64_t v = 0;
    integer_of(c, row, &v);
    switch (type->kind) {
    case TW_CHAR:
    case TW_VARCHAR:
    case TW_BINARY:
    case TW_VARBINARY: return tw_arg_str(c, row);
    case TW_BOOLEAN: return TW_ARG(uint8_t, c, row) ? TW_STR("true") : TW_STR("false");
    case TW_FLOAT: return (tw_str){scratch, (size_t)tw_float_format(scratch, TW_ARG(float, c, row))};
    case TW_DOUBLE: return (tw_str){scratch, (size_t)tw_double_format(scratch, TW_ARG(double, c, row))};
    case TW_DECIMAL: {
        tw_i128 d = c->phys == TW_PHYS_I128 ? TW_ARG(tw_i128, c, row) : v;
        return (tw_str){scratch, (size_t)tw_decimal_format(scratch, d, type->scale)};
    }
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ: {
        tw_ts ts = c->phys == TW_PHYS_TS ? TW_ARG(tw_ts, c, row) : tw_ts_of(v, 0);
        return (tw_str){scratch, (size_t)tw_timestamp_format_iso(scratch, ts, false)};
    }
    default: return (tw_str){scratch, (size_t)snprintf(scratch, 32, "%lld", (long long)v)};
    }
}

/* Sign, digits (with thousands' commas) and padding of a decimal number in plain notation. */
static void put_number(tw_buf *out, const spec *s, bool negative, tw_str digits) {
    char text[2048];
    int n = 0, whole = 0;
    const char *before = negative ? (s->paren ? "(" : "-") : s->plus ? "+" : s->space ? " " : "";
    while ((size_t)whole < digits.length && digits.data[whole] >= '0' && digits.data[whole] <= '9') whole++;
    n += snprintf(text, 4, "%s", before);
    int commas = s->comma ? (whole - 1) / 3 : 0, after = negative && s->paren;
    for (int k = n + commas + (int)digits.length + after; s->zero && k < s->width && n < 1000; k++) text[n++] = '0';
    for (int k = 0; k < (int)digits.length && n < 2000; k++) {
        if (s->comma && k > 0 && k < whole && (whole - k) % 3 == 0) text[n++] = ',';
        text[n++] = digits.data[k];
    }
    if (after) text[n++] = ')';
    put_padded(out, s, (tw_str){text, (size_t)n});
}

static bool put_integer(tw_buf *out, const spec *s, const tw_column *c, int32_t row) {
    int64_t v;
    char digits[32];
    if (!integer_of(c, row, &v) || c->type->kind == TW_DECIMAL) return false;
    if (s->conversion == 'd') {
        uint64_t magnitude = v < 0 ? -(uint64_t)v : (uint64_t)v;
        int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)magnitude);
        put_number(out, s, v < 0, (tw_str){digits, (size_t)n});
        return true;
    }
    static const uint64_t masks[] = {0xff, 0xffff, 0xffffffff, UINT64_MAX};
    uint64_t bits = (uint64_t)v & masks[c->phys == TW_PHYS_I8 ? 0 : c->phys == TW_PHYS_I16 ? 1 : c->phys == TW_PHYS_I32 ? 2 : 3];
    const char *format = s->conversion == 'o' ? "%s%llo" : s->conversion == 'x' ? "%s%llx" : "%s%llX";
    const char *prefix = !s->alternate ? "" : s->conversion == 'o' ? "0" : s->conversion == 'x' ? "0x" : "0X";
    int n = snprintf(digits, sizeof digits, format, prefix, (unsigned long long)bits);
    put_number(out, s, false, (tw_str){digits, (size_t)n});
    return true;
}

static bool double_of(const tw_column *c, int32_t row, double *v) {
    switch (c->type->kind) {
    case TW_FLOAT: *v = (double)TW_ARG(float, c, row); return true;
    case TW_DOUBLE: *v = TW_ARG(double, c, row); return true;
    case TW_DECIMAL:
        *v = tw_decimal_to_double(c->phys == TW_PHYS_I128 ? TW_ARG(tw_i128, c, row) : TW_ARG(int64_t, c, row), c->type->scale);
        return true;
    default: return false;
    }
}

/* %f rounds the shortest decimal text half up, as Java; beyond 38 digits as C. */
static int plain_digits(char *out, size_t size, double v, int precision) {
    char shortest[32];
    tw_i128 d;
    int n = tw_double_format(shortest, v);
    if (precision <= 18 && v < 1e18 && tw_decimal_parse((tw_str){shortest, (size_t)n}, 38, precision, &d))
        return tw_decimal_format(out, d, precision);
    return snprintf(out, size, "%.*f", precision, v);
}

static bool put_double(tw_buf *out, const spec *s, const tw_column *c, int32_t row) {
    double v;
    char digits[1400];
    if (!double_of(c, row, &v)) return false;
    bool negative = __builtin_signbit(v) && !__builtin_isnan(v);
    double magnitude = negative ? -v : v;
    int precision = s->precision < 0 ? 6 : s->precision;
    if (!__builtin_isfinite(v)) {
        spec plain = *s;
        plain.zero = plain.comma = false;
        put_number(out, &plain, negative, __builtin_isnan(v) ? TW_STR("NaN") : TW_STR("Infinity"));
        return true;
    }
    int n = s->conversion == 'f' ? plain_digits(digits, sizeof digits, magnitude, precision)
                                 : snprintf(digits, sizeof digits,
                                            s->conversion == 'e'   ? "%.*e"
                                            : s->conversion == 'E' ? "%.*E"
                                                                   : "%.*g",
                                            precision, magnitude);
    put_number(out, s, negative, (tw_str){digits, (size_t)n});
    return true;
}

static void put_text(tw_buf *out, const spec *s, tw_str text) {
    if (s->precision >= 0) text.length = (size_t)(tw_text_skip(text.data, text.data + text.length, s->precision) - text.data);
    if (s->conversion != 'S' && s->conversion != 'B') {
        put_padded(out, s, text);
        return;
    }
    size_t from = out->length;
    put_padded(out, s, text);
    for (size_t k = from; k < out->length; k++)
        if (out->data[k] >= 'a' && out->data[k] <= 'z') out->data[k] = (char)(out->data[k] - 32);
}

/* One value; false when the conversion does not fit its type. */
static bool put_value(tw_buf *out, const spec *s, const tw_column *c, int32_t row) {
    char scratch[64];
    int64_t code;
    bool null = tw_column_null(c, row);
    switch (s->conversion) {
    case 's':
    case 'S': put_text(out, s, null ? TW_STR("null") : text_of(c, row, scratch)); return true;
    case 'b':
    case 'B': put_text(out, s, null || (c->phys == TW_PHYS_BOOL && !TW_ARG(uint8_t, c, row)) ? TW_STR("false") : TW_STR("true")); return true;
    default: break;
    }
    if (null) {
        put_text(out, s, TW_STR("null"));
        return true;
    }
    switch (s->conversion) {
    case 'd':
    case 'x':
    case 'X':
    case 'o': return put_integer(out, s, c, row);
    case 'f':
    case 'e':
    case 'E':
    case 'g': return put_double(out, s, c, row);
    case 'c':
        if (!integer_of(c, row, &code) || code < 0 || code > 0x10ffff) return false;
        put_padded(out, s, (tw_str){scratch, (size_t)tw_utf8_put(scratch, (uint32_t)code)});
        return true;
    default: return false;
    }
}

/* NULL, or what is wrong. */
static const char *format_row(tw_buf *out, tw_str format, const tw_column *const *args, int nargs, int32_t row) {
    int next = 1;
    while (format.length) {
        tw_str rest;
        const char *percent = memchr(format.data, '%', format.length);
        size_t plain = percent ? (size_t)(percent - format.data) : format.length;
        tw_buf_append(out, format.data, plain);
        if (!percent) break;
        rest = (tw_str){percent + 1, format.length - plain - 1};
        spec s;
        if (!read_spec(&rest, &s)) return "the format is not complete";
        format = rest;
        if (s.conversion == 'n' || s.conversion == '%') {
            put_padded(out, &s, s.conversion == 'n' ? TW_STR("\n") : TW_STR("%"));
            continue;
        }
        int index = s.index ? s.index : next++;
        if (index >= nargs) return "there are fewer values than the format asks for";
        if (!put_value(out, &s, args[index], row)) return "a conversion does not fit its value";
    }
    return NULL;
}

static void printf_rows(TW_KERNEL_ARGS) {
    const int nargs = call->expr->nargs;
    tw_buf text;
    tw_buf_init(&text, eval->mem, (size_t)TW_TEXT_MAX);
    TW_EACH(rows, i, {
        tw_out_view(out, i, "", 0);
        if (tw_column_null(args[0], i)) {
            tw_out_null(out, i);
            continue;
        }
        tw_buf_clear(&text);
        const char *wrong = format_row(&text, tw_arg_str(args[0], i), args, nargs, i);
        if (text.failed) wrong = "the result is too long";
        if (wrong)
            tw_eval_fail(eval, call, i, TW_E_VALUE, "PRINTF: %s", wrong);
        else
            tw_out_copy(eval, out, i, text.data ? text.data : "", text.length);
    });
    tw_buf_free(&text);
}
TW_KERNEL_ENTRY(tw_kernel_printf, printf_rows)

tw_status tw_bind_printf(tw_bind *bind) {
    for (int k = 1; k < bind->nargs; k++)
        if (tw_kind_is_nested(bind->args[k]->type->kind)) return tw_bind_mismatch(bind);
    TW_TRY(tw_bind_signature(bind, "s.*", &TW_TYPE_STRING));
    return tw_bind_result_nullable(bind, &TW_TYPE_STRING, bind->args[0]->type->nullable);
}
