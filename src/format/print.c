/* Values as Flink's print connector shows them: internal data is converted to Row, LocalDateTime, BigDecimal ... and then
 * written by their toString. */
#include "data/decimal.h"
#include "format/format.h"

#include <stdio.h>

static void print_date(tw_buf *out, int32_t days) {
    char text[40];
    tw_buf_append(out, text, (size_t)tw_date_format(text, days));
}

/* java.time.LocalTime.toString: seconds are left out when they and the fraction are 0. */
static void print_time(tw_buf *out, int32_t ms) {
    int seconds = ms / 1000, fraction = ms % 1000;
    tw_buf_printf(out, "%02d:%02d", seconds / 3600, seconds / 60 % 60);
    if (seconds % 60 == 0 && fraction == 0) return;
    tw_buf_printf(out, ":%02d", seconds % 60);
    if (fraction) tw_buf_printf(out, ".%03d", fraction);
}

/* java.time.Period.toString: Flink's planner makes every interval of years one of months. */
static void print_period(tw_buf *out, int32_t months) {
    if (months == 0)
        tw_buf_text(out, "P0D");
    else
        tw_buf_printf(out, "P%dM", months);
}

/* java.time.Duration.toString. */
static void print_duration(tw_buf *out, int64_t ms) {
    if (ms == 0) {
        tw_buf_text(out, "PT0S");
        return;
    }
    int64_t total = ms / 1000, hours = total / 3600, minutes = total % 3600 / 60, seconds = total % 60;
    int64_t fraction = ms % 1000;
    tw_buf_text(out, "PT");
    if (hours) tw_buf_printf(out, "%lldH", (long long)hours);
    if (minutes) tw_buf_printf(out, "%lldM", (long long)minutes);
    if (seconds == 0 && fraction == 0) return;
    if (seconds == 0 && fraction < 0) tw_buf_byte(out, '-');
    tw_buf_int(out, seconds);
    if (fraction) {
        char digits[8];
        int n = 3;
        snprintf(digits, sizeof digits, "%03d", (int)(fraction < 0 ? -fraction : fraction));
        while (digits[n - 1] == '0') n--;
        tw_buf_printf(out, ".%.*s", n, digits);
    }
    tw_buf_byte(out, 'S');
}

/* java.math.BigDecimal.toString: scientific when the first digit is more than six places behind the point. */
static void print_decimal(tw_buf *out, tw_i128 v, int scale) {
    char text[64];
    unsigned __int128 magnitude = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
    int digits = 1;
    for (unsigned __int128 rest = magnitude; rest >= 10; rest /= 10) digits++;
    int exponent = digits - 1 - scale;
    if (exponent >= -6) {
        tw_buf_append(out, text, (size_t)tw_decimal_format(text, v, scale));
        return;
    }
    int n = tw_decimal_format(text, (tw_i128)magnitude, 0);
    if (v < 0) tw_buf_byte(out, '-');
    tw_buf_byte(out, text[0]);
    if (n > 1) {
        tw_buf_byte(out, '.');
        tw_buf_append(out, text + 1, (size_t)n - 1);
    }
    tw_buf_printf(out, "E%d", exponent);
}

static void print_bytes(tw_buf *out, tw_str bytes) {
    tw_buf_byte(out, '[');
    for (size_t i = 0; i < bytes.length; i++) tw_buf_printf(out, i ? ", %d" : "%d", (int)(signed char)bytes.data[i]);
    tw_buf_byte(out, ']');
}

static void print_list(tw_buf *out, const tw_column *c, int64_t row) {
    tw_buf_byte(out, '[');
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row]) tw_buf_text(out, ", ");
        tw_print_value(out, &c->children[0], i);
    }
    tw_buf_byte(out, ']');
}

static void print_map(tw_buf *out, const tw_column *c, int64_t row) {
    tw_buf_byte(out, '{');
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row]) tw_buf_text(out, ", ");
        tw_print_value(out, &c->children[0], i);
        tw_buf_byte(out, '=');
        tw_print_value(out, &c->children[1], i);
    }
    tw_buf_byte(out, '}');
}

static void print_struct(tw_buf *out, const tw_column *c, int64_t row) {
    tw_buf_text(out, "+I[");
    for (int32_t i = 0; i < c->nchildren; i++) {
        if (i) tw_buf_text(out, ", ");
        tw_print_value(out, &c->children[i], row);
    }
    tw_buf_byte(out, ']');
}

static void print_i32(tw_buf *out, const tw_type *type, int32_t v) {
    switch (type->kind) {
    case TW_DATE: print_date(out, v); break;
    case TW_TIME: print_time(out, v); break;
    case TW_INTERVAL_YM: print_period(out, v); break;
    default: tw_buf_int(out, v);
    }
}

static void print_ts(tw_buf *out, const tw_type *type, tw_ts ts) {
    char text[64];
    tw_buf_append(out, text, (size_t)tw_timestamp_format_iso(text, ts, type->kind == TW_TIMESTAMP_LTZ));
}

static void print_i64(tw_buf *out, const tw_type *type, int64_t v) {
    switch (type->kind) {
    case TW_DECIMAL: print_decimal(out, v, type->scale); break;
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ: print_ts(out, type, tw_ts_of(v, 0)); break;
    case TW_INTERVAL_DS: print_duration(out, v); break;
    default: tw_buf_int(out, v);
    }
}

void tw_print_value(tw_buf *out, const tw_column *c, int64_t row) {
    char text[64];
    if (tw_column_null(c, row)) {
        tw_buf_text(out, "null");
        return;
    }
    if (c->constant) row = 0;
    switch (c->phys) {
    case TW_PHYS_NONE: tw_buf_text(out, "null"); break;
    case TW_PHYS_BOOL: tw_buf_text(out, ((const uint8_t *)c->values)[row] ? "true" : "false"); break;
    case TW_PHYS_I8: tw_buf_int(out, ((const int8_t *)c->values)[row]); break;
    case TW_PHYS_I16: tw_buf_int(out, ((const int16_t *)c->values)[row]); break;
    case TW_PHYS_I32: print_i32(out, c->type, ((const int32_t *)c->values)[row]); break;
    case TW_PHYS_I64: print_i64(out, c->type, ((const int64_t *)c->values)[row]); break;
    case TW_PHYS_I128: print_decimal(out, ((const tw_i128 *)c->values)[row], c->type->scale); break;
    case TW_PHYS_F32: tw_buf_append(out, text, (size_t)tw_float_format(text, ((const float *)c->values)[row])); break;
    case TW_PHYS_F64: tw_buf_append(out, text, (size_t)tw_double_format(text, ((const double *)c->values)[row])); break;
    case TW_PHYS_TS: print_ts(out, c->type, ((const tw_ts *)c->values)[row]); break;
    case TW_PHYS_STR: {
        tw_str s = tw_sview_str(&((const tw_sview *)c->values)[row]);
        if (tw_kind_is_binary(c->type->kind))
            print_bytes(out, s);
        else
            tw_buf_str(out, s);
        break;
    }
    case TW_PHYS_LIST: print_list(out, c, row); break;
    case TW_PHYS_MAP: print_map(out, c, row); break;
    case TW_PHYS_STRUCT: print_struct(out, c, row); break;
    }
}
