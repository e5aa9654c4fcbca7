/* For the targets of formats: the first bytes of an input choose schema, options and how the rest is cut; the rest is decoded twice, at once and
 * in pieces, and both must give the same rows and the same bad records. */
#ifndef TW_FUZZ_DECODE_H
#define TW_FUZZ_DECODE_H

#include <stdlib.h>
#include <string.h>

#include "format/formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct fuzz_decode {
    tw_mem mem;
    tw_arena arena;
    const tw_format *format;
    const tw_type *schema;
    const tw_option *options;
    int noptions;
} fuzz_decode;

static inline tw_field fuzz_field(const char *name, const tw_type *type) { return (tw_field){tw_str_of(name), type}; }
#define FUZZ_ROW(arena, ...) tw_type_row((arena), (const tw_field[]){__VA_ARGS__}, (int)(sizeof((const tw_field[]){__VA_ARGS__}) / sizeof(tw_field)))

static inline const tw_type *fuzz_nested(tw_arena *a) {
    const tw_type *inner = FUZZ_ROW(a, fuzz_field("x", &TW_TYPE_INTEGER), fuzz_field("y", tw_type_array(a, &TW_TYPE_STRING)));
    return FUZZ_ROW(a, fuzz_field("r", inner), fuzz_field("l", tw_type_array(a, inner)),
                    fuzz_field("m", tw_type_map(a, &TW_TYPE_STRING, tw_type_array(a, &TW_TYPE_DOUBLE))), fuzz_field("k", &TW_TYPE_BIGINT));
}

static inline const tw_type *fuzz_times(tw_arena *a) {
    return FUZZ_ROW(a, fuzz_field("d", &TW_TYPE_DATE), fuzz_field("t", &TW_TYPE_TIME), fuzz_field("ts", &TW_TYPE_TIMESTAMP_3),
                    fuzz_field("ts9", tw_type_timestamp(a, TW_TIMESTAMP, 9)), fuzz_field("ltz", &TW_TYPE_LTZ_3));
}

static inline const tw_type *fuzz_scalars(tw_arena *a) {
    return FUZZ_ROW(a, fuzz_field("b", &TW_TYPE_BOOLEAN), fuzz_field("i1", &TW_TYPE_TINYINT), fuzz_field("i4", &TW_TYPE_INTEGER),
                    fuzz_field("i8", &TW_TYPE_BIGINT), fuzz_field("f", &TW_TYPE_FLOAT), fuzz_field("g", &TW_TYPE_DOUBLE),
                    fuzz_field("n", tw_type_decimal(a, 10, 2)), fuzz_field("m", tw_type_decimal(a, 38, 10)), fuzz_field("s", &TW_TYPE_STRING),
                    fuzz_field("y", &TW_TYPE_BYTES));
}

/* One of the schemas that a format with named or numbered columns is tried with. */
static inline const tw_type *fuzz_schema(tw_arena *a, uint8_t which) {
    switch (which % 4) {
    case 0: return fuzz_scalars(a);
    case 1: return fuzz_nested(a);
    case 2: return fuzz_times(a);
    default: return FUZZ_ROW(a, fuzz_field("s", tw_type_nullable(a, &TW_TYPE_STRING, false)), fuzz_field("i", &TW_TYPE_BIGINT));
    }
}

static inline void fuzz_print(tw_buf *out, const tw_decode *io) {
    for (int32_t r = 0; r < io->batch.rows; r++)
        for (int32_t c = 0; c < io->batch.ncolumns; c++) {
            tw_print_value(out, &io->batch.columns[c], r);
            tw_buf_byte(out, c + 1 < io->batch.ncolumns ? ',' : '\n');
        }
}

/* Rows into `rows`, bad records into `bad`. `piece`: the bytes that are first given (0: all). */
static inline void fuzz_decode_all(fuzz_decode *f, const char *bytes, size_t size, size_t piece, int32_t max_rows, tw_buf *rows, tw_buf *bad) {
    tw_decoder *decoder;
    tw_error error = {0};
    if (f->format->decoder_open(&f->mem, f->schema, f->schema, f->options, f->noptions, TW_ZONE_UTC, &decoder, &error) != TW_OK) return;
    tw_decode *io = calloc(1, sizeof *io);
    uint64_t line = 1;
    size_t at = 0, more = piece ? piece : size;
    while (at < size) {
        bool last = at + more >= size;
        size_t length = last ? size - at : more;
        char *copy = malloc(length + TW_DECODE_PAD); /* of its own, so that a byte too far is seen */
        memcpy(copy, bytes + at, length);
        memset(copy + length, '"', TW_DECODE_PAD);
        *io = (tw_decode){.bytes = copy, .length = length, .last = last, .max_rows = max_rows, .offset = at, .line = line};
        TW_ASSERT(f->format->decode(decoder, io) == TW_OK);
        TW_ASSERT(io->consumed <= length && io->batch.rows <= max_rows && io->nbad <= TW_BAD_RECORDS && (!last || io->consumed > 0));
        fuzz_print(rows, io);
        for (int32_t i = 0; i < io->nbad; i++) {
            TW_ASSERT(io->bad[i].error[0] && io->bad[i].offset <= size);
            tw_buf_printf(bad, "%llu %llu %zu\n", (unsigned long long)io->bad[i].offset, (unsigned long long)io->bad[i].line,
                          io->bad[i].bytes.length);
        }
        at += io->consumed;
        line += io->lines;
        more = io->consumed ? (piece ? piece : size) : more * 2;
        free(copy);
    }
    free(io);
    f->format->decoder_close(decoder);
}

static inline bool fuzz_same(const tw_buf *a, const tw_buf *b) {
    return a->failed || b->failed || (a->length == b->length && (a->length == 0 || memcmp(a->data, b->data, a->length) == 0));
}

static inline void fuzz_encode(fuzz_decode *f, const tw_batch *batch, tw_buf *out) {
    tw_encoder *encoder;
    tw_error error = {0};
    if (f->format->encoder_open(&f->mem, f->schema, f->options, f->noptions, TW_ZONE_UTC, &encoder, &error) != TW_OK) return;
    TW_ASSERT(f->format->encode(encoder, batch, 0, batch->rows, out) == TW_OK);
    f->format->encoder_close(encoder);
}

/* What was read is written, and read again. */
static inline void fuzz_write(fuzz_decode *f, const char *bytes, size_t size, tw_buf *out) {
    tw_decoder *decoder;
    tw_error error = {0};
    if (size == 0 || f->format->decoder_open(&f->mem, f->schema, f->schema, f->options, f->noptions, TW_ZONE_UTC, &decoder, &error) != TW_OK) return;
    char *copy = calloc(1, size + TW_DECODE_PAD);
    memcpy(copy, bytes, size);
    tw_decode *io = calloc(1, sizeof *io);
    *io = (tw_decode){.bytes = copy, .length = size, .last = true, .max_rows = TW_BATCH_ROWS, .line = 1};
    TW_ASSERT(f->format->decode(decoder, io) == TW_OK);
    fuzz_encode(f, &io->batch, out);
    free(io);
    free(copy);
    f->format->decoder_close(decoder);
}

static inline void fuzz_decode_begin(fuzz_decode *f, const tw_format *format) {
    *f = (fuzz_decode){.format = format};
    tw_mem_init(&f->mem, NULL, 512 << 20);
    tw_arena_init(&f->arena, &f->mem, 4096);
}

/* `cut`: how the second reading is cut. `again`: what is written reads as the same rows. */
static inline void fuzz_decode_run(fuzz_decode *f, const char *bytes, size_t size, uint8_t cut, bool again) {
    tw_buf out[6];
    for (int i = 0; i < 6; i++) tw_buf_init(&out[i], &f->mem, 0);
    fuzz_decode_all(f, bytes, size, 0, TW_BATCH_ROWS, &out[0], &out[1]);
    fuzz_decode_all(f, bytes, size, 1 + cut / 4, 1 + cut % 4, &out[2], &out[3]);
    TW_ASSERT(fuzz_same(&out[0], &out[2]) && fuzz_same(&out[1], &out[3]));
    fuzz_write(f, bytes, size, &out[4]);
    if (again && out[4].length) {
        tw_buf_clear(&out[2]);
        tw_buf_clear(&out[3]);
        fuzz_decode_all(f, out[4].data, out[4].length, 0, TW_BATCH_ROWS, &out[2], &out[3]);
        TW_ASSERT(out[3].length == 0 && fuzz_same(&out[0], &out[2]));
    }
    for (int i = 0; i < 6; i++) tw_buf_free(&out[i]);
}

static inline void fuzz_decode_end(fuzz_decode *f) {
    tw_arena_free(&f->arena);
    TW_ASSERT(f->mem.used == 0);
}

#endif
