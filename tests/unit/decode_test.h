/* Decodes texts with a format in unit tests and shows the rows as print does. */
#ifndef TW_TESTS_UNIT_DECODE_TEST_H
#define TW_TESTS_UNIT_DECODE_TEST_H

#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "format/formats.h"

typedef struct fixture {
    tw_mem mem;
    tw_arena arena;
    const tw_format *format;
    const tw_type *type;
    tw_decoder *decoder;
    tw_decode *io;
    char *bytes;
    tw_error error;
} fixture;

static inline tw_field F(const char *name, const tw_type *type) { return (tw_field){tw_str_of(name), type}; }

static inline void fixture_open(fixture *f) {
    memset(f, 0, sizeof *f);
    tw_mem_init(&f->mem, NULL, 0);
    tw_arena_init(&f->arena, &f->mem, 4096);
    f->io = calloc(1, sizeof *f->io);
}

static inline void fixture_decoder(fixture *f, const tw_format *format, const tw_field *fields, int n, const tw_option *options, int noptions) {
    f->format = format;
    if (f->decoder) format->decoder_close(f->decoder);
    f->type = tw_type_row(&f->arena, fields, n);
    assert_int_equal(format->decoder_open(&f->mem, f->type, f->type, options, noptions, NULL, &f->decoder, &f->error), TW_OK);
}

static inline void fixture_close(fixture *f) {
    if (f->decoder) f->format->decoder_close(f->decoder);
    tw_arena_free(&f->arena);
    free(f->io);
    free(f->bytes);
    assert_int_equal(f->mem.used, 0);
}

static inline tw_decode *fixture_decode(fixture *f, const char *text, size_t length, bool last, int max_rows) {
    free(f->bytes);
    f->bytes = malloc(length + TW_DECODE_PAD);
    memcpy(f->bytes, text, length);
    memset(f->bytes + length, '"', TW_DECODE_PAD);
    f->io->bytes = f->bytes;
    f->io->length = length;
    f->io->last = last;
    f->io->max_rows = max_rows;
    f->io->offset = 0;
    f->io->line = 1;
    assert_int_equal(f->format->decode(f->decoder, f->io), TW_OK);
    return f->io;
}

/* "a, b\n" for each row. */
static inline const char *fixture_rows(fixture *f) {
    tw_buf out;
    tw_buf_init(&out, &f->mem, 0);
    for (int32_t r = 0; r < f->io->batch.rows; r++) {
        for (int32_t c = 0; c < f->io->batch.ncolumns; c++) {
            if (c) tw_buf_text(&out, ", ");
            tw_print_value(&out, &f->io->batch.columns[c], r);
        }
        tw_buf_byte(&out, '\n');
    }
    const char *text = tw_arena_strndup(&f->arena, out.data ? out.data : "", out.length);
    tw_buf_free(&out);
    return text;
}

static inline void expect_rows(fixture *f, const char *text, const char *rows) {
    fixture_decode(f, text, strlen(text), true, TW_BATCH_ROWS);
    assert_string_equal(fixture_rows(f), rows);
}

static inline void expect_bad(fixture *f, const char *text, const char *error) {
    tw_decode *io = fixture_decode(f, text, strlen(text), true, TW_BATCH_ROWS);
    assert_int_equal(io->batch.rows, 0);
    assert_int_equal(io->nbad, 1);
    if (!strstr(io->bad[0].error, error)) fail_msg("'%s' is not in '%s' for %s", error, io->bad[0].error, text);
}

/* What the format writes for the rows decoded last. */
static inline const char *fixture_encode(fixture *f, const tw_option *options, int noptions) {
    tw_encoder *encoder;
    tw_buf out;
    tw_buf_init(&out, &f->mem, 0);
    assert_int_equal(f->format->encoder_open(&f->mem, f->type, options, noptions, NULL, &encoder, &f->error), TW_OK);
    assert_int_equal(f->format->encode(encoder, &f->io->batch, 0, f->io->batch.rows, &out), TW_OK);
    f->format->encoder_close(encoder);
    const char *text = tw_arena_strndup(&f->arena, out.data ? out.data : "", out.length);
    tw_buf_free(&out);
    return text;
}

#endif
