/* Scalars from text, as the Java functions that Flink's json and csv converters call read them. */
#include "data/datetime.h"
#include "data/decimal.h"
#include "format/rows.h"

#include <stdlib.h>

typedef struct cursor {
    const unsigned char *p, *end;
} cursor;

static tw_str trimmed(tw_str s) {
    while (s.length && (unsigned char)s.data[0] <= ' ') s.data++, s.length--;
    while (s.length && (unsigned char)s.data[s.length - 1] <= ' ') s.length--;
    return s;
}

/* Between `min` and `max` digits. */
static bool digits(cursor *c, int min, int max, int32_t *out) {
    int32_t v = 0;
    int n = 0;
    for (; n < max && c->p < c->end && (unsigned)(*c->p - '0') < 10; n++) v = v * 10 + (*c->p++ - '0');
    *out = v;
    return n >= min;
}

static bool literal(cursor *c, char byte) {
    if (c->p == c->end || *c->p != (unsigned char)byte) return false;
    c->p++;
    return true;
}

static int days_in_month(int32_t year, int32_t month) {
    static const int8_t DAYS[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : DAYS[month];
}

/* [+-]y{4,9}-MM-dd. `clamp`: a day that the month lacks becomes its last (java.time's SMART resolving). */
static bool read_date(cursor *c, bool lenient, bool clamp, int32_t *days) {
    int32_t year, month, day;
    bool negative = false, sign = false;
    if (c->p < c->end && (*c->p == '-' || *c->p == '+')) {
        negative = *c->p++ == '-';
        sign = true;
    }
    if (!digits(c, 4, sign ? 9 : 4, &year) || !literal(c, '-')) return false;
    if (!digits(c, lenient ? 1 : 2, 2, &month) || !literal(c, '-')) return false;
    if (!digits(c, lenient ? 1 : 2, 2, &day)) return false;
    if (negative) year = -year;
    if (month < 1 || month > 12 || day < 1 || day > 31) return false;
    int last = days_in_month(year, month);
    if (day > last) {
        if (!clamp) return false;
        day = last;
    }
    int64_t result = tw_days_from_civil(year, month, day);
    if (result != (int32_t)result) return false;
    *days = (int32_t)result;
    return true;
}

/* HH:mm:ss[.fraction]; with iso_time the seconds may be missing. */
static bool read_time(cursor *c, const tw_text_rules *rules, int32_t *ms, int32_t *nanos) {
    int32_t hour, minute, second = 0, fraction = 0;
    if (!digits(c, rules->lenient ? 1 : 2, 2, &hour) || !literal(c, ':') || !digits(c, 2, 2, &minute)) return false;
    if (literal(c, ':')) {
        if (!digits(c, 2, 2, &second)) return false;
        if (literal(c, '.')) {
            const unsigned char *start = c->p;
            digits(c, 0, 9, &fraction);
            for (int n = (int)(c->p - start); n < 9; n++) fraction *= 10;
        }
    } else if (!rules->iso_time) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    *ms = ((hour * 60 + minute) * 60 + second) * 1000 + fraction / 1000000;
    *nanos = fraction % 1000000;
    return true;
}

static cursor cursor_of(tw_str text) { return (cursor){(const unsigned char *)text.data, (const unsigned char *)text.data + text.length}; }

bool tw_text_date(tw_str text, bool lenient, bool clamp, int32_t *days) {
    cursor c = cursor_of(text);
    return read_date(&c, lenient, clamp, days) && c.p == c.end;
}

bool tw_text_time(tw_str text, const tw_text_rules *rules, int32_t *ms, int32_t *nanos) {
    cursor c = cursor_of(text);
    return read_time(&c, rules, ms, nanos) && c.p == c.end;
}

bool tw_text_timestamp(tw_str text, const tw_text_rules *rules, bool ltz, tw_ts *out) {
    cursor c = cursor_of(text);
    int32_t days, ms, nanos;
    if (!read_date(&c, rules->lenient, true, &days) || !literal(&c, rules->separator)) return false;
    if (!read_time(&c, rules, &ms, &nanos)) return false;
    if (ltz && !literal(&c, 'Z') && rules->ltz_z) return false;
    if (c.p != c.end) return false;
    *out = tw_ts_of((int64_t)days * TW_DAY_MS + ms, nanos);
    return true;
}

static tw_fit put_int(tw_dcol *c, int32_t row, tw_str text, int64_t min, int64_t max) {
    int64_t v;
    if (!tw_int_parse(trimmed(text), min, max, &v)) return TW_FIT_BAD;
    switch (c->out->phys) {
    case TW_PHYS_I8: ((int8_t *)c->out->values)[row] = (int8_t)v; break;
    case TW_PHYS_I16: ((int16_t *)c->out->values)[row] = (int16_t)v; break;
    case TW_PHYS_I32: ((int32_t *)c->out->values)[row] = (int32_t)v; break;
    default: ((int64_t *)c->out->values)[row] = v;
    }
    return TW_FIT_OK;
}

static tw_fit put_real(tw_dcol *c, int32_t row, tw_str text) {
    double v;
    if (!tw_double_parse(trimmed(text), &v)) return TW_FIT_BAD;
    if (c->out->phys == TW_PHYS_F64) {
        ((double *)c->out->values)[row] = v;
        return TW_FIT_OK;
    }
    /* rounding the double again may be off by one; the text itself decides then */
    char copy[64];
    text = trimmed(text);
    float f = (float)v;
    if (text.length < sizeof copy) {
        memcpy(copy, text.data, text.length);
        copy[text.length] = 0;
        char *end;
        float direct = strtof(copy, &end);
        if (*end == 0) f = direct;
    }
    ((float *)c->out->values)[row] = f;
    return TW_FIT_OK;
}

/* Too many digits: NULL, as DecimalData.fromBigDecimal gives. */
static tw_fit put_decimal(tw_dcol *c, int32_t row, tw_str text) {
    tw_i128 v;
    text = trimmed(text);
    if (!tw_decimal_parse(text, c->type->precision, c->type->scale, &v)) {
        double probe;
        if (text.length == 0 || !tw_double_parse(text, &probe) || !memchr("0123456789.+-", text.data[0], 13) ||
            memchr("fFdD", text.data[text.length - 1], 4))
            return TW_FIT_BAD;
        tw_dcol_null(c, row);
        return TW_FIT_OK;
    }
    if (c->out->phys == TW_PHYS_I64)
        ((int64_t *)c->out->values)[row] = (int64_t)v;
    else
        ((tw_i128 *)c->out->values)[row] = v;
    tw_dcol_valid(c, row);
    return TW_FIT_OK;
}

static tw_fit put_timestamp(tw_dcol *c, int32_t row, tw_str text, const tw_text_rules *rules) {
    tw_ts ts;
    if (!tw_text_timestamp(text, rules, c->type->kind == TW_TIMESTAMP_LTZ, &ts)) return TW_FIT_BAD;
    if (c->out->phys == TW_PHYS_TS)
        ((tw_ts *)c->out->values)[row] = tw_ts_truncate(ts, c->type->precision);
    else
        ((int64_t *)c->out->values)[row] = c->type->precision < 3 ? tw_ts_truncate(ts, c->type->precision).ms : ts.ms;
    return TW_FIT_OK;
}

static tw_fit put_bytes(tw_rows *rows, tw_dcol *c, int32_t row, tw_str text) {
    char *bytes = tw_arena_alloc(&rows->heap, text.length + 4);
    if (!bytes) return TW_FIT_NOMEM;
    int64_t n = tw_base64_decode(text, bytes);
    if (n < 0) return TW_FIT_BAD;
    tw_dcol_string(c, row, (tw_str){bytes, (size_t)n});
    return TW_FIT_OK;
}

static tw_fit put_time(tw_dcol *c, int32_t row, tw_str text, const tw_text_rules *rules) {
    static const int32_t UNITS[3] = {1000, 100, 10};
    int32_t ms, nanos;
    if (!tw_text_time(text, rules, &ms, &nanos)) return TW_FIT_BAD;
    if (c->type->precision < 3 && rules->lenient) ms -= ms % UNITS[c->type->precision];
    ((int32_t *)c->out->values)[row] = ms;
    return TW_FIT_OK;
}

static tw_fit put(tw_rows *rows, tw_dcol *c, int32_t row, tw_str text, const tw_text_rules *rules) {
    switch (c->type->kind) {
    case TW_NULL: tw_dcol_null(c, row); return TW_FIT_OK;
    case TW_BOOLEAN: ((uint8_t *)c->out->values)[row] = tw_str_equal_nocase(trimmed(text), TW_STR("true")); return TW_FIT_OK;
    case TW_TINYINT: return put_int(c, row, text, INT8_MIN, INT8_MAX);
    case TW_SMALLINT: return put_int(c, row, text, INT16_MIN, INT16_MAX);
    case TW_INTEGER:
    case TW_INTERVAL_YM: return put_int(c, row, text, INT32_MIN, INT32_MAX);
    case TW_BIGINT:
    case TW_INTERVAL_DS: return put_int(c, row, text, INT64_MIN, INT64_MAX);
    case TW_FLOAT:
    case TW_DOUBLE: return put_real(c, row, text);
    case TW_DECIMAL: return put_decimal(c, row, text);
    case TW_CHAR:
    case TW_VARCHAR: ((tw_sview *)c->out->values)[row] = tw_sview_make(text.data, text.length); return TW_FIT_OK;
    case TW_BINARY:
    case TW_VARBINARY: return put_bytes(rows, c, row, text);
    case TW_DATE: return tw_text_date(text, rules->lenient, false, &((int32_t *)c->out->values)[row]) ? TW_FIT_OK : TW_FIT_BAD;
    case TW_TIME: return put_time(c, row, text, rules);
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ: return put_timestamp(c, row, text, rules);
    default: return TW_FIT_BAD;
    }
}

tw_fit tw_dcol_text(tw_rows *rows, tw_dcol *c, int32_t row, tw_str text, const tw_text_rules *rules) {
    tw_fit fit = put(rows, c, row, text, rules);
    if (fit == TW_FIT_OK && c->type->kind != TW_DECIMAL && c->type->kind != TW_NULL) tw_dcol_valid(c, row);
    return fit;
}

static int base64_value(unsigned char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int64_t tw_base64_decode(tw_str text, char *out) {
    char *start = out;
    if (text.length % 4 != 0) return -1;
    for (size_t i = 0; i < text.length; i += 4) {
        const unsigned char *p = (const unsigned char *)text.data + i;
        int pad = i + 4 == text.length ? (p[3] == '=') + (p[3] == '=' && p[2] == '=') : 0;
        uint32_t bits = 0;
        for (int k = 0; k < 4 - pad; k++) {
            int v = base64_value(p[k]);
            if (v < 0) return -1;
            bits |= (uint32_t)v << (18 - 6 * k);
        }
        for (int k = 0; k < 3 - pad; k++) *out++ = (char)(bits >> (16 - 8 * k));
    }
    return out - start;
}

void tw_base64_encode(tw_buf *out, tw_str bytes) {
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)bytes.data;
    for (size_t i = 0; i < bytes.length; i += 3) {
        size_t n = bytes.length - i < 3 ? bytes.length - i : 3;
        uint32_t bits = (uint32_t)p[i] << 16 | (n > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (n > 2 ? p[i + 2] : 0);
        char four[4] = {DIGITS[bits >> 18], DIGITS[bits >> 12 & 63], DIGITS[bits >> 6 & 63], DIGITS[bits & 63]};
        if (n < 3) four[3] = '=';
        if (n < 2) four[2] = '=';
        tw_buf_append(out, four, 4);
    }
}
