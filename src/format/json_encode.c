/* Writes rows as JSON objects, as Jackson does with Flink's settings. */
#include "data/decimal.h"
#include "format/json.h"

typedef enum null_key { NULL_KEY_FAIL, NULL_KEY_DROP, NULL_KEY_LITERAL } null_key;

typedef struct encoder {
    const tw_format *format;
    tw_mem *mem;
    bool iso, plain_decimals, skip_nulls;
    null_key null_keys;
    tw_str null_key_text;
    const tw_field *names; /* of the top row */
    bool bad;              /* a NULL key with mode FAIL */
} encoder;

tw_status tw_json_encoder_open(tw_mem *mem, const tw_type *row, const tw_option *options, int noptions, const tw_zone *zone, tw_encoder **out,
                               tw_error *error) {
    encoder *e = tw_calloc(mem, sizeof *e);
    if (!e) return tw_fail(error, TW_E_NOMEM, "out of memory");
    e->format = &tw_format_json;
    e->mem = mem;
    e->names = row->fields;
    tw_str mode = tw_option_get(options, noptions, "json.map-null-key.mode");
    if (tw_str_equal_nocase(mode, TW_STR("DROP"))) e->null_keys = NULL_KEY_DROP;
    if (tw_str_equal_nocase(mode, TW_STR("LITERAL"))) e->null_keys = NULL_KEY_LITERAL;
    e->null_key_text = tw_option_get(options, noptions, "json.map-null-key.literal");
    if (!e->null_key_text.data) e->null_key_text = TW_STR("null");
    tw_str standard = tw_option_get(options, noptions, "json.timestamp-format.standard");
    e->iso = tw_str_equal_nocase(standard, TW_STR("ISO-8601"));
    e->plain_decimals = tw_option_flag(options, noptions, "json.encode.decimal-as-plain-number", false);
    e->skip_nulls = tw_option_flag(options, noptions, "json.encode.ignore-null-fields", false);
    *out = (tw_encoder *)e;
    return TW_OK;
}

void tw_json_encoder_close(tw_encoder *opaque) {
    encoder *e = (encoder *)opaque;
    tw_free(e->mem, e, sizeof *e);
}

void tw_json_write_text(tw_buf *out, tw_str text) {
    static const char SHORT[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    size_t from = 0;
    tw_buf_byte(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        tw_buf_append(out, text.data + from, i - from);
        from = i + 1;
        if (c < 0x20 && !SHORT[c]) {
            tw_buf_printf(out, "\\u%04X", c);
        } else {
            tw_buf_byte(out, '\\');
            tw_buf_byte(out, c < 0x20 ? SHORT[c] : (char)c);
        }
    }
    tw_buf_append(out, text.data + from, text.length - from);
    tw_buf_byte(out, '"');
}

static void quote_chars(tw_buf *out, const char *text, int n) {
    tw_buf_byte(out, '"');
    tw_buf_append(out, text, (size_t)n);
    tw_buf_byte(out, '"');
}

/* Fractions by java.time's appendFraction(0, 9): no trailing zeros. */
static void put_timestamp(const encoder *e, tw_buf *out, tw_ts ts, bool ltz) {
    char text[64];
    int n = tw_timestamp_format(text, ts, 9);
    while (text[n - 1] == '0') n--;
    if (text[n - 1] == '.') n--;
    if (e->iso) {
        char *blank = memchr(text, ' ', (size_t)n);
        if (blank) *blank = 'T';
    }
    if (ltz) text[n++] = 'Z';
    quote_chars(out, text, n);
}

static void put_time(tw_buf *out, int32_t ms) {
    char text[40];
    int n = tw_time_format(text, ms, ms % 1000 ? 3 : 0);
    if (ms % 1000)
        while (text[n - 1] == '0') n--;
    quote_chars(out, text, n);
}

/* BigDecimal.toString of a value with its type's scale: scientific when the first digit is more than six places behind the point. */
static void put_decimal(const encoder *e, tw_buf *out, const tw_column *c, int64_t row) {
    char text[64];
    if (!e->plain_decimals) {
        tw_print_value(out, c, row);
        return;
    }
    tw_i128 v = c->phys == TW_PHYS_I64 ? ((const int64_t *)c->values)[row] : ((const tw_i128 *)c->values)[row];
    tw_buf_append(out, text, (size_t)tw_decimal_format(text, v, c->type->scale));
}

static void put_real(tw_buf *out, const tw_column *c, int64_t row) {
    double v = c->phys == TW_PHYS_F32 ? (double)((const float *)c->values)[row] : ((const double *)c->values)[row];
    bool finite = v - v == 0;
    if (!finite) tw_buf_byte(out, '"');
    tw_print_value(out, c, row);
    if (!finite) tw_buf_byte(out, '"');
}

static void put_value(encoder *e, tw_buf *out, const tw_column *c, int64_t row);

static void put_map(encoder *e, tw_buf *out, const tw_column *c, int64_t row) {
    bool first = true;
    tw_buf_byte(out, '{');
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        const tw_column *keys = &c->children[0];
        bool null = tw_column_null(keys, i);
        if (null && e->null_keys == NULL_KEY_DROP) continue;
        if (null && e->null_keys == NULL_KEY_FAIL) e->bad = true;
        if (!first) tw_buf_byte(out, ',');
        first = false;
        if (null)
            tw_json_write_text(out, e->null_key_text);
        else if (keys->phys == TW_PHYS_STR)
            tw_json_write_text(out, tw_sview_str(&((const tw_sview *)keys->values)[i]));
        else {
            tw_buf_byte(out, '"');
            tw_print_value(out, keys, i);
            tw_buf_byte(out, '"');
        }
        tw_buf_byte(out, ':');
        put_value(e, out, &c->children[1], i);
    }
    tw_buf_byte(out, '}');
}

static void put_list(encoder *e, tw_buf *out, const tw_column *c, int64_t row) {
    tw_buf_byte(out, '[');
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row]) tw_buf_byte(out, ',');
        put_value(e, out, &c->children[0], i);
    }
    tw_buf_byte(out, ']');
}

static void put_fields(encoder *e, tw_buf *out, const tw_column *columns, int32_t n, const tw_field *names, int64_t row) {
    bool first = true;
    tw_buf_byte(out, '{');
    for (int32_t i = 0; i < n; i++) {
        if (e->skip_nulls && tw_column_null(&columns[i], row)) continue;
        if (!first) tw_buf_byte(out, ',');
        first = false;
        tw_json_write_text(out, names[i].name);
        tw_buf_byte(out, ':');
        put_value(e, out, &columns[i], row);
    }
    tw_buf_byte(out, '}');
}

static void put_value(encoder *e, tw_buf *out, const tw_column *c, int64_t row) {
    char text[64];
    if (tw_column_null(c, row)) {
        tw_buf_text(out, "null");
        return;
    }
    if (c->constant) row = 0;
    bool ltz = c->type->kind == TW_TIMESTAMP_LTZ;
    switch (c->type->kind) {
    case TW_CHAR:
    case TW_VARCHAR: tw_json_write_text(out, tw_sview_str(&((const tw_sview *)c->values)[row])); break;
    case TW_BINARY:
    case TW_VARBINARY:
        tw_buf_byte(out, '"');
        tw_base64_encode(out, tw_sview_str(&((const tw_sview *)c->values)[row]));
        tw_buf_byte(out, '"');
        break;
    case TW_DATE: quote_chars(out, text, tw_date_format(text, ((const int32_t *)c->values)[row])); break;
    case TW_TIME: put_time(out, ((const int32_t *)c->values)[row]); break;
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ:
        put_timestamp(e, out, c->phys == TW_PHYS_TS ? ((const tw_ts *)c->values)[row] : tw_ts_of(((const int64_t *)c->values)[row], 0), ltz);
        break;
    case TW_INTERVAL_YM: tw_buf_int(out, ((const int32_t *)c->values)[row]); break;
    case TW_INTERVAL_DS: tw_buf_int(out, ((const int64_t *)c->values)[row]); break;
    case TW_DECIMAL: put_decimal(e, out, c, row); break;
    case TW_FLOAT:
    case TW_DOUBLE: put_real(out, c, row); break;
    case TW_ARRAY: put_list(e, out, c, row); break;
    case TW_MAP:
    case TW_MULTISET: put_map(e, out, c, row); break;
    case TW_ROW: put_fields(e, out, c->children, c->nchildren, c->type->fields, row); break;
    default: tw_print_value(out, c, row);
    }
}

tw_status tw_json_encode(tw_encoder *opaque, const tw_batch *batch, int32_t from, int32_t to, tw_buf *out) {
    encoder *e = (encoder *)opaque;
    for (int32_t row = from; row < to; row++) {
        put_fields(e, out, batch->columns, batch->ncolumns, e->names, row);
        tw_buf_byte(out, '\n');
    }
    if (e->bad) return TW_E_VALUE;
    return out->failed ? TW_E_NOMEM : TW_OK;
}

void tw_json_value(tw_buf *out, const tw_column *column, int64_t row) {
    encoder e = {.null_keys = NULL_KEY_LITERAL, .null_key_text = TW_STR("null"), .plain_decimals = true};
    put_value(&e, out, column, row);
}
