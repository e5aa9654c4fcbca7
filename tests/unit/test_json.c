#include "test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/prng.h"
#include "format/formats.h"

typedef struct fixture {
    tw_mem mem;
    tw_arena arena;
    const tw_type *type;
    tw_decoder *decoder;
    tw_decode *io;
    char *bytes;
} fixture;

static tw_field F(const char *name, const tw_type *type) { return (tw_field){tw_str_of(name), type}; }

static void start(fixture *f, const tw_field *fields, int n, const tw_option *options, int noptions) {
    tw_error error;
    tw_mem_init(&f->mem, NULL, 0);
    tw_arena_init(&f->arena, &f->mem, 4096);
    f->type = tw_type_row(&f->arena, fields, n);
    f->io = calloc(1, sizeof *f->io);
    f->bytes = NULL;
    assert_int_equal(tw_format_json.decoder_open(&f->mem, f->type, f->type, options, noptions, NULL, &f->decoder, &error), TW_OK);
}

static void stop(fixture *f) {
    tw_format_json.decoder_close(f->decoder);
    tw_arena_free(&f->arena);
    free(f->io);
    free(f->bytes);
    assert_int_equal(f->mem.used, 0);
}

static tw_decode *decode(fixture *f, const char *text, size_t length, bool last, int max_rows) {
    free(f->bytes);
    f->bytes = malloc(length + TW_DECODE_PAD);
    memcpy(f->bytes, text, length);
    memset(f->bytes + length, '"', TW_DECODE_PAD);
    tw_decode *io = f->io;
    io->bytes = f->bytes;
    io->length = length;
    io->last = last;
    io->max_rows = max_rows;
    io->offset = 0;
    io->line = 1;
    assert_int_equal(tw_format_json.decode(f->decoder, io), TW_OK);
    return io;
}

/* All rows as print shows them, "a, b\n". */
static const char *printed(fixture *f, const tw_decode *io) {
    tw_buf out;
    tw_buf_init(&out, &f->mem, 0);
    for (int32_t r = 0; r < io->batch.rows; r++) {
        for (int32_t c = 0; c < io->batch.ncolumns; c++) {
            if (c) tw_buf_text(&out, ", ");
            tw_print_value(&out, &io->batch.columns[c], r);
        }
        tw_buf_byte(&out, '\n');
    }
    const char *text = tw_arena_strndup(&f->arena, out.data ? out.data : "", out.length);
    tw_buf_free(&out);
    return text;
}

static void expect(fixture *f, const char *json, const char *rows) {
    assert_string_equal(printed(f, decode(f, json, strlen(json), true, TW_BATCH_ROWS)), rows);
}

static void expect_bad(fixture *f, const char *json, const char *error) {
    tw_decode *io = decode(f, json, strlen(json), true, TW_BATCH_ROWS);
    assert_int_equal(io->batch.rows, 0);
    assert_int_equal(io->nbad, 1);
    if (!strstr(io->bad[0].error, error)) fail_msg("'%s' is not in '%s' for %s", error, io->bad[0].error, json);
}

static void test_scalars(void **state) {
    fixture f;
    tw_arena types;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&types, &mem, 1024);
    tw_field fields[] = {F("b", &TW_TYPE_BOOLEAN),
                         F("i8", &TW_TYPE_TINYINT),
                         F("i", &TW_TYPE_INTEGER),
                         F("l", &TW_TYPE_BIGINT),
                         F("d", &TW_TYPE_DOUBLE),
                         F("s", &TW_TYPE_STRING),
                         F("n", tw_type_decimal(&types, 10, 2)),
                         F("big", tw_type_decimal(&types, 38, 10)),
                         F("ts", &TW_TYPE_TIMESTAMP_3),
                         F("day", &TW_TYPE_DATE),
                         F("ltz", &TW_TYPE_LTZ_3),
                         F("raw", &TW_TYPE_BYTES)};
    start(&f, fields, 12, NULL, 0);
    expect(&f,
           "{\"b\":true,\"i8\":-128,\"i\":2147483647,\"l\":-9223372036854775808,\"d\":0.1,\"s\":\"caf\xc3\xa9 \\u00e9\\ud83d\\ude00\","
           "\"n\":1.235,\"big\":1234567890123456789012345678.0123456789,\"ts\":\"2020-10-10 01:02:03.456\",\"day\":\"2020-02-29\","
           "\"ltz\":\"2020-10-10 01:02:03.4Z\",\"raw\":\"AQID/w==\"}\n",
           "true, -128, 2147483647, -9223372036854775808, 0.1, caf\xc3\xa9 \xc3\xa9\xf0\x9f\x98\x80, 1.24, "
           "1234567890123456789012345678.0123456789, 2020-10-10T01:02:03.456, 2020-02-29, 2020-10-10T01:02:03.400Z, [1, 2, 3, -1]\n");
    /* missing fields and null; coercions from text and numbers */
    expect(&f, "{\"b\":\"TRUE\",\"i\":\" 12 \",\"l\":3.9,\"d\":7,\"s\":1.50,\"n\":\"3\"}\r\n{}",
           "true, null, 12, 3, 7.0, 1.50, 3.00, null, null, null, null, null\n"
           "null, null, null, null, null, null, null, null, null, null, null, null\n");
    /* containers become text; duplicates: the last one; too many digits: NULL */
    expect(&f, "{\"s\": {\"a\" : [1, \"x y\"] } , \"i\":1,\"i\":null,\"l\":null,\"l\":5,\"n\":123456789.1}",
           "null, null, null, 5, null, {\"a\":[1,\"x y\"]}, null, null, null, null, null, null\n");
    stop(&f);
    tw_arena_free(&types);
}

static void test_bad_records(void **state) {
    fixture f;
    tw_field fields[] = {F("i", &TW_TYPE_INTEGER), F("s", &TW_TYPE_STRING)};
    start(&f, fields, 2, NULL, 0);
    static const struct {
        const char *json, *error;
    } CASES[] = {
        {"{\"i\":1", "ends in the middle"},
        {"{\"i\":1}x", "more text"},
        {"{\"i\":1,}", "expected a key"},
        {"{\"i\":01}", "expected"},
        {"{\"i\":1.}", "number"},
        {"{\"i\":2147483648}", "not a INT"},
        {"{\"i\":\"x\"}", "not a INT"},
        {"{\"s\":\"abc}", "not closed"},
        {"{\"s\":\"\\x\"}", "escape"},
        {"{\"s\":\"\\ud800\"}", "surrogate"},
        {"{\"s\":\"\\udc00\"}", "surrogate"},
        {"{\"s\":\"\xff\"}", "UTF-8"},
        {"{\"s\":\"\xed\xa0\x80\"}", "UTF-8"},
        {"{\"other\":tru}", "expected a value"},
        {"{\"other\":\"\xc0\x80\"}", "UTF-8"},
        {"{\"other\":[1,2}", "expected ','"},
        {"[1]", "expected an object"},
        {"nonsense", "expected an object"},
        {"{\"i\" 1}", "':'"},
        {"{i:1}", "expected a key"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) expect_bad(&f, CASES[i].json, CASES[i].error);
    /* a good line before and after: nothing of the bad one is left */
    expect(&f, "{\"i\":1,\"s\":\"a\"}\n\n{\"i\":7,\"s\":\"\\q\"}\n  \n{\"i\":2}\n", "1, a\n2, null\n");
    assert_int_equal(f.io->nbad, 1);
    assert_int_equal(f.io->bad[0].line, 3);
    assert_int_equal(f.io->bad[0].offset, 17);
    assert_int_equal(f.io->lines, 5);
    char *deep = malloc(100100);
    strcpy(deep, "{\"other\":");
    memset(deep + 9, '[', 100000);
    strcpy(deep + 100009, "\n");
    expect_bad(&f, deep, "nested deeper");
    free(deep);
    stop(&f);
}

static void test_nested(void **state) {
    fixture f;
    tw_arena types;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&types, &mem, 1024);
    tw_field inner[] = {F("x", &TW_TYPE_BIGINT), F("tags", tw_type_array(&types, &TW_TYPE_STRING))};
    const tw_type *row = tw_type_row(&types, inner, 2);
    tw_field fields[] = {F("r", row), F("rows", tw_type_array(&types, row)), F("m", tw_type_map(&types, &TW_TYPE_STRING, &TW_TYPE_INTEGER)),
                         F("ms", tw_type_multiset(&types, &TW_TYPE_STRING))};
    start(&f, fields, 4, NULL, 0);
    expect(&f,
           "{\"r\":{\"x\":1,\"tags\":[\"a\",null]},\"rows\":[{\"x\":2},null,{\"tags\":[]}],\"m\":{\"k\":1,\"j\":2,\"k\":3},\"ms\":{\"q\":2}}\n"
           "{\"r\":{\"x\":1,\"tags\":[\"a\",\"b\",7},\"m\":{}}\n"
           "{\"r\":null,\"rows\":[],\"m\":{}}\n"
           "{ \"m\" : { } , \"rows\" : [ { \"x\" : 5 } ] }\n",
           "+I[1, [a, null]], [+I[2, null], null, +I[null, []]], {k=3, j=2}, {q=2}\n"
           "null, [], {}, null\n"
           "null, [+I[5, null]], {}, null\n");
    assert_int_equal(f.io->nbad, 1);
    /* many keys, each twice */
    tw_buf text;
    tw_buf_init(&text, &mem, 0);
    tw_buf_text(&text, "{\"m\":{");
    for (int i = 0; i < 2000; i++) tw_buf_printf(&text, "%s\"key%d\":%d", i ? "," : "", i % 1000, i);
    tw_buf_text(&text, "}}\n");
    decode(&f, text.data, text.length, true, 10);
    const tw_column *m = &f.io->batch.columns[2];
    assert_int_equal(m->offsets[1], 1000);
    assert_int_equal(((int32_t *)m->children[1].values)[999], 1999);
    tw_buf_free(&text);
    stop(&f);
    tw_arena_free(&types);
}

static void test_options(void **state) {
    fixture f;
    tw_option ignore[] = {{TW_STR("json.ignore-parse-errors"), TW_STR("true")}};
    tw_option missing[] = {{TW_STR("json.fail-on-missing-field"), TW_STR("true")}};
    tw_option iso[] = {{TW_STR("json.timestamp-format.standard"), TW_STR("ISO-8601")}};
    tw_field fields[] = {F("i", &TW_TYPE_INTEGER), F("ts", &TW_TYPE_TIMESTAMP_3)};
    start(&f, fields, 2, ignore, 1);
    expect(&f, "{\"i\":\"x\",\"ts\":\"2020-01-01 00:00:00\"}\n{\"i\":\n{\"i\":1,\"ts\":[]}\n", "null, 2020-01-01T00:00\n1, null\n");
    assert_int_equal(f.io->nbad, 0);
    stop(&f);
    start(&f, fields, 2, missing, 1);
    expect_bad(&f, "{\"i\":1}", "'ts' is missing");
    stop(&f);
    start(&f, fields, 2, iso, 1);
    expect(&f, "{\"ts\":\"2020-01-01T00:00:01.5\"}\n{\"ts\":\"2020-01-01T00:00\"}\n{\"ts\":\"2020-01-01T00:00:59.999\"}",
           "null, 2020-01-01T00:00:01.500\nnull, 2020-01-01T00:00\nnull, 2020-01-01T00:00:59.999\n");
    expect_bad(&f, "{\"ts\":\"2020-01-01 00:00:00.000\"}", "TIMESTAMP");
    expect_bad(&f, "{\"ts\":\"2020-01-01T00:00:60.000\"}", "TIMESTAMP");
    stop(&f);
}

/* Cut into pieces at every place, the rows are the same. */
static void test_cuts(void **state) {
    static const char TEXT[] = "\xef\xbb\xbf{\"i\":1,\"s\":\"one\"}\r\n{\"s\":\"two\",\"i\":2}\n\n{\"i\":3}\n{\"i\":4,\"s\":\"the last one\"}";
    fixture f;
    tw_field fields[] = {F("i", &TW_TYPE_INTEGER), F("s", &TW_TYPE_STRING)};
    start(&f, fields, 2, NULL, 0);
    for (size_t cut = 3; cut < sizeof TEXT; cut++) {
        tw_decode *io = decode(&f, TEXT, cut, false, 2);
        size_t at = io->consumed;
        int rows = io->batch.rows;
        while (at < sizeof TEXT - 1) {
            free(f.bytes);
            f.bytes = calloc(1, sizeof TEXT + TW_DECODE_PAD);
            memcpy(f.bytes, TEXT + at, sizeof TEXT - 1 - at);
            io->bytes = f.bytes;
            io->length = sizeof TEXT - 1 - at;
            io->last = true;
            io->offset = at;
            assert_int_equal(tw_format_json.decode(f.decoder, io), TW_OK);
            assert_true(io->consumed > 0);
            at += io->consumed;
            rows += io->batch.rows;
        }
        assert_int_equal(rows, 4);
    }
    stop(&f);
}

static void put_random(tw_prng *prng, tw_buf *out, int depth) {
    static const char *const TEXTS[] = {"\"\"", "\"a\\n\\u0041\"", "\"0123456789abcdef0123456789abcdef01\"", "\"\xe2\x82\xac uro\"", "\"\\\"\""};
    static const char *const NUMBERS[] = {"0", "-1", "12345678", "123456789012345678", "9223372036854775807", "-0", "1.5", "1e3", "-2.5E-3"};
    switch (tw_prng_below(prng, depth > 3 ? 4 : 6)) {
    case 0: tw_buf_text(out, TEXTS[tw_prng_below(prng, 5)]); break;
    case 1: tw_buf_text(out, NUMBERS[tw_prng_below(prng, 9)]); break;
    case 2: tw_buf_text(out, "true"); break;
    case 3: tw_buf_text(out, "null"); break;
    case 4:
        tw_buf_byte(out, '[');
        for (uint64_t n = tw_prng_below(prng, 4), i = 0; i < n; i++) {
            if (i) tw_buf_text(out, ", ");
            put_random(prng, out, depth + 1);
        }
        tw_buf_byte(out, ']');
        break;
    default:
        tw_buf_byte(out, '{');
        for (uint64_t n = tw_prng_below(prng, 4), i = 0; i < n; i++) {
            tw_buf_printf(out, "%s\"k%d\" :", i ? "," : "", (int)tw_prng_below(prng, 3));
            put_random(prng, out, depth + 1);
        }
        tw_buf_byte(out, '}');
    }
}

/* Random documents, some with a byte changed: the same ones are well-formed as jansson says, and integers and texts agree. */
static void test_against_jansson(void **state) {
    fixture f;
    tw_field fields[] = {F("i", &TW_TYPE_BIGINT), F("s", &TW_TYPE_STRING), F("z", &TW_TYPE_BIGINT)};
    tw_option options[] = {{TW_STR("json.ignore-parse-errors"), TW_STR("true")}};
    start(&f, fields, 3, options, 1);
    tw_prng prng = {.state = 7};
    tw_buf text;
    tw_buf_init(&text, &f.mem, 0);
    int good = 0, bad = 0;
    for (int round = 0; round < 20000; round++) {
        static const char *const KEYS[] = {"i", "s", "x", "y", "a-rather-long-key-that-no-slot-can-hold"};
        tw_buf_clear(&text);
        tw_buf_byte(&text, '{');
        for (uint64_t n = tw_prng_below(&prng, 6), i = 0; i < n; i++) {
            tw_buf_printf(&text, "%s\"%s\":", i ? "," : "", KEYS[tw_prng_below(&prng, 5)]);
            put_random(&prng, &text, 0);
        }
        tw_buf_byte(&text, '}');
        if (round % 3 == 0) {
            char byte = "\"\\{}[],:x0-.e\x80 "[tw_prng_below(&prng, 15)];
            text.data[tw_prng_below(&prng, text.length)] = byte;
        }
        json_error_t error;
        json_t *doc = json_loadb(text.data, text.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        /* jansson's own limits on numbers */
        if (!doc && (strstr(error.text, "overflow") || strstr(error.text, "too big"))) continue;
        tw_decode *io = decode(&f, text.data, text.length, true, 1);
        bool object = doc && json_is_object(doc);
        if (object != (io->batch.rows == 1)) fail_msg("jansson %d, here %d: %.*s", object, io->batch.rows, (int)text.length, text.data);
        if (object) {
            json_t *i = json_object_get(doc, "i"), *s = json_object_get(doc, "s");
            const tw_column *ci = &io->batch.columns[0], *cs = &io->batch.columns[1];
            if (json_is_integer(i)) {
                assert_false(tw_column_null(ci, 0));
                assert_int_equal(((int64_t *)ci->values)[0], json_integer_value(i));
            }
            if (json_is_string(s)) {
                tw_str got = tw_sview_str(&((tw_sview *)cs->values)[0]);
                assert_int_equal(got.length, json_string_length(s));
                assert_memory_equal(got.data, json_string_value(s), got.length);
            }
        }
        object ? good++ : bad++;
        json_decref(doc);
    }
    assert_true(good > 1000 && bad > 1000);
    tw_buf_free(&text);
    stop(&f);
}

static void test_encode(void **state) {
    fixture f;
    tw_arena types;
    tw_mem mem;
    tw_error error;
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&types, &mem, 1024);
    tw_field fields[] = {F("i", &TW_TYPE_INTEGER),
                         F("s", &TW_TYPE_STRING),
                         F("ts", &TW_TYPE_TIMESTAMP_3),
                         F("a", tw_type_array(&types, &TW_TYPE_DOUBLE)),
                         F("m", tw_type_map(&types, &TW_TYPE_STRING, &TW_TYPE_BOOLEAN)),
                         F("b", &TW_TYPE_BYTES)};
    start(&f, fields, 6, NULL, 0);
    static const char LINE[] =
        "{\"i\":1,\"s\":\"q\\\"\\\\\\n\\u0001\xc3\xa9\",\"ts\":\"2020-01-01 00:00:00.12\",\"a\":[1.5,null],\"m\":{\"k\":true},\"b\":\"AQID\"}\n"
        "{\"i\":null,\"s\":null,\"ts\":null,\"a\":null,\"m\":null,\"b\":null}\n";
    tw_decode *io = decode(&f, LINE, sizeof LINE - 1, true, 10);
    tw_encoder *encoder;
    tw_buf out;
    tw_buf_init(&out, &mem, 0);
    assert_int_equal(tw_format_json.encoder_open(&mem, f.type, NULL, 0, NULL, &encoder, &error), TW_OK);
    assert_int_equal(tw_format_json.encode(encoder, &io->batch, 0, 2, &out), TW_OK);
    tw_buf_byte(&out, 0);
    assert_string_equal(out.data, LINE);
    tw_format_json.encoder_close(encoder);
    tw_buf_free(&out);
    stop(&f);
    tw_arena_free(&types);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars), cmocka_unit_test(test_bad_records),     cmocka_unit_test(test_nested), cmocka_unit_test(test_options),
        cmocka_unit_test(test_cuts),    cmocka_unit_test(test_against_jansson), cmocka_unit_test(test_encode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
