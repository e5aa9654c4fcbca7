/* The raw format: a record is a line, and the line is the value of the only column. Texts and bytes are the line as it is; numbers
 * and booleans are their bytes, big-endian unless 'raw.endianness' says otherwise. */
#include <stdio.h>

#include "format/formats.h"
#include "format/rows.h"

static const tw_option_info OPTIONS[] = {
    {"charset", TW_OPTION_ENUM, "UTF-8", false, "UTF-8|UTF8|US-ASCII", "of texts"},
    {"endianness", TW_OPTION_ENUM, "big-endian", false, "big-endian|little-endian", "of numbers"},
};

typedef struct decoder {
    const tw_format *format;
    tw_mem *mem;
    tw_rows rows;
    bool little;
    uint64_t pos[TW_BATCH_ROWS];
} decoder;

typedef struct encoder {
    const tw_format *format;
    tw_mem *mem;
    bool little;
} encoder;

static tw_status check(const tw_type *row, tw_error *error) {
    if (row->nfields != 1) return tw_fail(error, TW_E_INVALID, "the raw format needs exactly one column, the table has %d", row->nfields);
    tw_kind kind = row->fields[0].type->kind;
    bool ok = tw_kind_is_text(kind) || tw_kind_is_binary(kind) || kind == TW_BOOLEAN || (tw_kind_is_numeric(kind) && kind != TW_DECIMAL);
    return ok ? TW_OK : tw_fail(error, TW_E_UNSUPPORTED, "the raw format cannot hold %s", tw_kind_name(kind));
}

static bool little_endian(const tw_option *options, int n) {
    return tw_str_equal_nocase(tw_option_get(options, n, "raw.endianness"), TW_STR("little-endian"));
}

static tw_status open_decoder(tw_mem *mem, const tw_type *schema, const tw_type *wanted, const tw_option *options, int noptions, const tw_zone *zone,
                              tw_decoder **out, tw_error *error) {
    TW_TRY(check(schema, error));
    decoder *d = tw_calloc(mem, sizeof *d);
    if (!d) return tw_fail(error, TW_E_NOMEM, "out of memory");
    d->format = &tw_format_raw;
    d->mem = mem;
    d->little = little_endian(options, noptions);
    if (tw_rows_open(&d->rows, mem, wanted, TW_BATCH_ROWS) != TW_OK) {
        tw_free(mem, d, sizeof *d);
        return tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    *out = (tw_decoder *)d;
    return TW_OK;
}

static void close_decoder(tw_decoder *opaque) {
    decoder *d = (decoder *)opaque;
    tw_rows_close(&d->rows);
    tw_free(d->mem, d, sizeof *d);
}

/* `size` bytes from `from` to `to` in the machine's order. */
static void copy_number(void *to, const char *from, size_t size, bool little) {
    bool machine_little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    char *bytes = to;
    for (size_t i = 0; i < size; i++) bytes[i] = from[little == machine_little ? i : size - 1 - i];
}

static const char *put(decoder *d, int32_t row, tw_str line) {
    if (d->rows.root.nchildren == 0) return NULL;
    tw_dcol *c = &d->rows.root.children[0];
    size_t width = (size_t)tw_phys_width(c->out->phys);
    if (c->out->phys == TW_PHYS_STR) {
        if (tw_kind_is_text(c->type->kind) && !tw_utf8_valid(line.data, line.length)) return "the bytes are not UTF-8";
        tw_dcol_string(c, row, line);
        return NULL;
    }
    if (line.length != width) return "the record has not the size of the type";
    copy_number((char *)c->out->values + (size_t)row * width, line.data, width, d->little);
    if (c->type->kind == TW_BOOLEAN) ((uint8_t *)c->out->values)[row] = ((uint8_t *)c->out->values)[row] != 0;
    return NULL;
}

static tw_status decode(tw_decoder *opaque, tw_decode *io) {
    decoder *d = (decoder *)opaque;
    const char *p = io->bytes, *end = p + io->length;
    int32_t row = 0;
    io->lines = 0;
    io->nbad = 0;
    tw_rows_begin(&d->rows);
    while (p < end && row < io->max_rows && io->nbad < TW_BAD_RECORDS) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop && !io->last) break;
        tw_str line = {p, (size_t)((stop ? stop : end) - p)};
        bool text = d->rows.type->nfields == 0 || tw_kind_is_text(d->rows.type->fields[0].type->kind);
        if (text && line.length && line.data[line.length - 1] == '\r') line.length--;
        const char *error = put(d, row, line);
        if (error) {
            tw_bad_record *bad = &io->bad[io->nbad++];
            *bad = (tw_bad_record){.offset = io->offset + (uint64_t)(p - io->bytes), .line = io->line + io->lines};
            bad->bytes = (tw_str){line.data, line.length > 65536 ? 65536 : line.length};
            snprintf(bad->error, sizeof bad->error, "%s", error);
        } else {
            d->pos[row++] = io->line + io->lines;
        }
        io->lines++;
        p = stop ? stop + 1 : end;
    }
    io->consumed = (size_t)(p - io->bytes);
    tw_rows_end(&d->rows, row);
    io->batch = d->rows.batch;
    io->batch.source_pos = d->pos;
    return TW_OK;
}

static tw_status open_encoder(tw_mem *mem, const tw_type *row, const tw_option *options, int noptions, const tw_zone *zone, tw_encoder **out,
                              tw_error *error) {
    TW_TRY(check(row, error));
    encoder *e = tw_calloc(mem, sizeof *e);
    if (!e) return tw_fail(error, TW_E_NOMEM, "out of memory");
    e->format = &tw_format_raw;
    e->mem = mem;
    e->little = little_endian(options, noptions);
    *out = (tw_encoder *)e;
    return TW_OK;
}

static void close_encoder(tw_encoder *opaque) {
    encoder *e = (encoder *)opaque;
    tw_free(e->mem, e, sizeof *e);
}

static tw_status encode(tw_encoder *opaque, const tw_batch *batch, int32_t from, int32_t to, tw_buf *out) {
    encoder *e = (encoder *)opaque;
    const tw_column *c = &batch->columns[0];
    size_t width = (size_t)tw_phys_width(c->phys);
    for (int32_t row = from; row < to; row++) {
        int64_t at = c->constant ? 0 : row;
        char number[16];
        if (tw_column_null(c, row)) continue;
        if (c->phys == TW_PHYS_STR) {
            tw_buf_str(out, tw_sview_str(&((const tw_sview *)c->values)[at]));
        } else {
            copy_number(number, (const char *)c->values + (size_t)at * width, width, e->little);
            tw_buf_append(out, number, width);
        }
        tw_buf_byte(out, '\n');
    }
    return out->failed ? TW_E_NOMEM : TW_OK;
}

const tw_format tw_format_raw = {
    .name = "raw",
    .doc = "each line is the value of the only column",
    .record_is_line = true,
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .changelog = TW_APPEND,
    .decoder_open = open_decoder,
    .decode = decode,
    .decoder_close = close_decoder,
    .encoder_open = open_encoder,
    .encode = encode,
    .encoder_close = close_encoder,
};
