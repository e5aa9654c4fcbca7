/* Writes csv as Jackson's CsvGenerator does with Flink's settings: a text is quoted when it is longer than 24 characters or
 * holds any character up to the highest special one (with ',' and '"' that is every control character, blank and !"#$%&'()*+,). */
#include "data/decimal.h"
#include "format/csv.h"
#include "format/rows.h"

typedef struct encoder {
    const tw_format *format;
    tw_mem *mem;
    tw_csv_options options;
    int safe;       /* characters from here on never need quotes */
    tw_buf scratch; /* a nested value, before quoting */
} encoder;

static tw_status check(const tw_type *type, int depth, tw_error *error) {
    if (type->kind == TW_MAP || type->kind == TW_MULTISET || (depth > 1 && tw_kind_is_nested(type->kind)))
        return tw_fail(error, TW_E_UNSUPPORTED, "the csv format cannot hold %s%s", tw_kind_name(type->kind),
                       depth > 1 ? " inside another nested type" : "");
    for (int i = 0; tw_kind_is_nested(type->kind) && i < type->nfields; i++) TW_TRY(check(type->fields[i].type, depth + 1, error));
    return TW_OK;
}

tw_status tw_csv_encoder_open(tw_mem *mem, const tw_type *row, const tw_option *options, int noptions, const tw_zone *zone, tw_encoder **out,
                              tw_error *error) {
    (void)zone;
    TW_TRY(check(row, 0, error));
    encoder *e = tw_calloc(mem, sizeof *e);
    if (!e) return tw_fail(error, TW_E_NOMEM, "out of memory");
    e->format = &tw_format_csv;
    e->mem = mem;
    tw_buf_init(&e->scratch, mem, 0);
    tw_status status = tw_csv_options_read(options, noptions, &e->options, error);
    if (status != TW_OK) {
        tw_csv_encoder_close((tw_encoder *)e);
        return status;
    }
    const tw_csv_options *o = &e->options;
    e->safe = (o->delimiter > o->quote ? o->delimiter : o->quote) + 1;
    if (o->escape >= e->safe) e->safe = o->escape + 1;
    *out = (tw_encoder *)e;
    return TW_OK;
}

void tw_csv_encoder_close(tw_encoder *opaque) {
    encoder *e = (encoder *)opaque;
    tw_buf_free(&e->scratch);
    tw_free(e->mem, e, sizeof *e);
}

static bool needs_quotes(const encoder *e, tw_str text) {
    if (e->options.quote < 0) return false;
    if (text.length > 24 && tw_utf8_length(text.data, text.length) > 24) return true;
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] < e->safe) return true;
    return false;
}

static void put_text(const encoder *e, tw_buf *out, tw_str text) {
    bool quotes = needs_quotes(e, text);
    if (!quotes && e->options.escape < 0) {
        tw_buf_str(out, text);
        return;
    }
    if (quotes) tw_buf_byte(out, (char)e->options.quote);
    for (size_t i = 0; i < text.length; i++) {
        int c = (unsigned char)text.data[i];
        if (c == e->options.escape && e->options.escape >= 0)
            tw_buf_byte(out, (char)c);
        else if (quotes && c == e->options.quote)
            tw_buf_byte(out, (char)(e->options.escape >= 0 ? e->options.escape : c));
        tw_buf_byte(out, (char)c);
    }
    if (quotes) tw_buf_byte(out, (char)e->options.quote);
}

/* BigDecimal.stripTrailingZeros().toString(), or toPlainString. */
static void put_decimal(const encoder *e, tw_buf *out, tw_i128 v, int scale) {
    char text[64];
    while (v != 0 && v % 10 == 0 && (scale > 0 || e->options.scientific)) v /= 10, scale--;
    if (v == 0) scale = 0;
    if (scale >= 0) {
        tw_buf_append(out, text, (size_t)tw_decimal_format(text, v, scale));
        return;
    }
    int n = tw_decimal_format(text, v, 0), sign = v < 0, digits = n - sign;
    tw_buf_append(out, text, (size_t)sign + 1);
    if (digits > 1) {
        tw_buf_byte(out, '.');
        tw_buf_append(out, text + sign + 1, (size_t)digits - 1);
    }
    tw_buf_printf(out, "E+%d", digits - 1 - scale);
}

static int time_text(char *out, int32_t ms) { return tw_time_format(out, ms, ms % 1000 ? 3 : 0); }

/* ISO_LOCAL_DATE ' ' ISO_LOCAL_TIME: the fraction without trailing zeros in groups as java.time prints them. */
static void put_timestamp(const encoder *e, tw_buf *out, tw_ts ts, bool ltz) {
    char text[64];
    int n = tw_timestamp_format(text, ts, 9);
    while (text[n - 1] == '0') n--;
    if (text[n - 1] == '.') n--;
    if (ltz) text[n++] = 'Z';
    put_text(e, out, (tw_str){text, (size_t)n});
}

static void put_scalar(const encoder *e, tw_buf *out, const tw_column *c, int64_t row) {
    char text[64];
    const void *v = c->values;
    bool ltz = c->type->kind == TW_TIMESTAMP_LTZ;
    switch (c->type->kind) {
    case TW_DECIMAL: put_decimal(e, out, c->phys == TW_PHYS_I64 ? ((const int64_t *)v)[row] : ((const tw_i128 *)v)[row], c->type->scale); break;
    case TW_DATE: put_text(e, out, (tw_str){text, (size_t)tw_date_format(text, ((const int32_t *)v)[row])}); break;
    case TW_TIME: put_text(e, out, (tw_str){text, (size_t)time_text(text, ((const int32_t *)v)[row])}); break;
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ:
        put_timestamp(e, out, c->phys == TW_PHYS_TS ? ((const tw_ts *)v)[row] : tw_ts_of(((const int64_t *)v)[row], 0), ltz);
        break;
    case TW_INTERVAL_YM: tw_buf_int(out, ((const int32_t *)v)[row]); break;
    case TW_INTERVAL_DS: tw_buf_int(out, ((const int64_t *)v)[row]); break;
    case TW_CHAR:
    case TW_VARCHAR: put_text(e, out, tw_sview_str(&((const tw_sview *)v)[row])); break;
    case TW_BINARY:
    case TW_VARBINARY: tw_base64_encode(out, tw_sview_str(&((const tw_sview *)v)[row])); break;
    default: tw_print_value(out, c, row);
    }
}

static void put_null(const encoder *e, tw_buf *out) {
    if (e->options.null_literal.data) tw_buf_str(out, e->options.null_literal);
}

/* Elements are joined unquoted, then the whole is a text. */
static void put_nested(encoder *e, tw_buf *out, const tw_column *c, int64_t row) {
    encoder plain = *e;
    plain.options.quote = -1;
    plain.options.escape = -1;
    tw_buf_clear(&e->scratch);
    bool list = c->phys == TW_PHYS_LIST;
    int64_t from = list ? c->offsets[row] : 0, to = list ? c->offsets[row + 1] : c->nchildren;
    for (int64_t i = from; i < to; i++) {
        const tw_column *item = list ? &c->children[0] : &c->children[i];
        int64_t at = list ? i : row;
        if (i > from) tw_buf_str(&e->scratch, e->options.array_delimiter);
        if (tw_column_null(item, at))
            put_null(e, &e->scratch);
        else
            put_scalar(&plain, &e->scratch, item, item->constant ? 0 : at);
    }
    if (e->scratch.failed) out->failed = true;
    put_text(e, out, (tw_str){e->scratch.data, e->scratch.length});
}

tw_status tw_csv_encode(tw_encoder *opaque, const tw_batch *batch, int32_t from, int32_t to, tw_buf *out) {
    encoder *e = (encoder *)opaque;
    for (int32_t row = from; row < to; row++) {
        for (int32_t i = 0; i < batch->ncolumns; i++) {
            const tw_column *c = &batch->columns[i];
            if (i) tw_buf_byte(out, (char)e->options.delimiter);
            if (tw_column_null(c, row))
                put_null(e, out);
            else if (c->phys == TW_PHYS_LIST || c->phys == TW_PHYS_STRUCT)
                put_nested(e, out, c, c->constant ? 0 : row);
            else
                put_scalar(e, out, c, c->constant ? 0 : row);
        }
        tw_buf_byte(out, '\n');
    }
    return out->failed ? TW_E_NOMEM : TW_OK;
}
