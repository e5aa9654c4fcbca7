#include "decode_test.h"

#include <stdio.h>

#include "base/prng.h"

#define OPTION(k, v) ((tw_option){TW_STR(k), TW_STR(v)})

static void test_scalars(void **state) {
    fixture f;
    fixture_open(&f);
    tw_field fields[] = {F("b", &TW_TYPE_BOOLEAN),
                         F("i", &TW_TYPE_INTEGER),
                         F("d", &TW_TYPE_DOUBLE),
                         F("n", tw_type_decimal(&f.arena, 10, 2)),
                         F("ts", &TW_TYPE_TIMESTAMP_3),
                         F("day", &TW_TYPE_DATE),
                         F("t", tw_type_timestamp(&f.arena, TW_TIME, 0)),
                         F("s", &TW_TYPE_STRING)};
    fixture_decoder(&f, &tw_format_csv, fields, 8, NULL, 0);
    expect_rows(&f, "true, 12 ,1e3,1.005,2020-01-02 03:04:05.123456,2020-1-2,03:04:05.678,x\nno,-1,.5,-3,2020-01-02 3:04:05,0001-01-01,03:04,\"\"\n",
                "true, 12, 1000.0, 1.01, 2020-01-02T03:04:05.123, 2020-01-02, 03:04:05, x\n"
                "false, -1, 0.5, -3.00, 2020-01-02T03:04:05, 0001-01-01, 03:04, \n");
    expect_bad(&f, "true,,1,1,2020-01-02 03:04:05,2020-01-01,03:04,x", "field 2");
    expect_bad(&f, "true,1,1,1,2020-13-02 03:04:05,2020-01-01,03:04,x", "field 5");
    fixture_close(&f);
}

static void test_quotes(void **state) {
    fixture f;
    fixture_open(&f);
    tw_field fields[] = {F("a", &TW_TYPE_STRING), F("b", &TW_TYPE_STRING)};
    fixture_decoder(&f, &tw_format_csv, fields, 2, NULL, 0);
    expect_rows(&f, "\xef\xbb\xbf\"a,\"\"b\"\"\",\"line\none\"\r\n\n c , d\n\"x\" ,y\ne\"f,\"\"", "a,\"b\", line\none\n c ,  d\nx, y\ne\"f, \n");
    assert_int_equal(f.io->lines, 6);
    assert_int_equal(f.io->batch.source_pos[1], 4);
    expect_bad(&f, "\"a\"b,c\n", "closing quote");
    expect_bad(&f, "a\n", "expected but was 1");
    expect_bad(&f, "a,b,c\n", "at least 3");
    expect_bad(&f, "a,\xff\n", "UTF-8");
    expect_rows(&f, "a,b,\n", "a, b\n");
    /* an open quote spoils its line, not the file */
    expect_rows(&f, "\"a,b\nc,d\n", "c, d\n");
    assert_int_equal(f.io->nbad, 1);
    fixture_close(&f);
}

static void test_options(void **state) {
    fixture f;
    fixture_open(&f);
    tw_field fields[] = {F("i", &TW_TYPE_INTEGER), F("s", &TW_TYPE_STRING), F("a", tw_type_array(&f.arena, &TW_TYPE_INTEGER))};
    tw_option options[] = {OPTION("csv.field-delimiter", "\\t"),   OPTION("csv.null-literal", "n/a"),  OPTION("csv.allow-comments", "true"),
                           OPTION("csv.escape-character", "\\"),   OPTION("csv.quote-character", "'"), OPTION("csv.array-element-delimiter", "|"),
                           OPTION("csv.ignore-first-line", "true")};
    fixture_decoder(&f, &tw_format_csv, fields, 3, options, 7);
    expect_rows(&f, "i\ts\ta\n#comment\n1\t'it\\'s'\t1|2\nn/a\ta\\\tb\tn/a\n2\tn/a\t\n3\t\"\t4|n/a\n",
                "1, it's, [1, 2]\nnull, a\tb, null\n2, null, []\n3, \", [4, null]\n");
    tw_option ignore[] = {OPTION("csv.ignore-parse-errors", "true"), OPTION("csv.disable-quote-character", "true")};
    fixture_decoder(&f, &tw_format_csv, fields, 3, ignore, 2);
    expect_rows(&f, "x,\"y\"\n1,a,2;z,3,4\n1,a,2;z\n", "null, \"y\", null\n1, a, [2, null]\n");
    fixture_close(&f);
}

/* Random fields of 0 to 70 bytes, quoted or not, written by hand and read back: whatever the place of the bytes that a field ends at. */
static void test_random_fields(void **state) {
    fixture f;
    fixture_open(&f);
    tw_field fields[] = {F("a", &TW_TYPE_STRING), F("b", &TW_TYPE_STRING)};
    fixture_decoder(&f, &tw_format_csv, fields, 2, NULL, 0);
    tw_prng prng = {7};
    for (int round = 0; round < 2000; round++) {
        char text[400], expected[400], *to = text, *out = expected;
        for (int k = 0; k < 2; k++) {
            bool quoted = tw_prng_below(&prng, 2);
            const char *alphabet = quoted ? "ab ,\"\n\r;" : "abc 'x;z";
            if (quoted) *to++ = '"';
            for (uint64_t n = tw_prng_below(&prng, 71); n > 0; n--) {
                char c = alphabet[tw_prng_below(&prng, 8)];
                if (c == '"') *to++ = c;
                *to++ = *out++ = c;
            }
            if (quoted) *to++ = '"';
            *to++ = k ? '\n' : ',';
            out += sprintf(out, k ? "\n" : ", ");
        }
        *to = '\0';
        expect_rows(&f, text, expected);
    }
    fixture_close(&f);
}

/* Blank lines in front of the header are given back with it while nothing else is there: what is the header must not depend on cutting. */
static void test_header_behind_blank_lines(void **state) {
    fixture f;
    fixture_open(&f);
    tw_field fields[] = {F("i", &TW_TYPE_INTEGER)};
    tw_option options[] = {OPTION("csv.ignore-first-line", "true")};
    fixture_decoder(&f, &tw_format_csv, fields, 1, options, 1);
    tw_decode *io = fixture_decode(&f, "\n\r\n", 3, false, 10);
    assert_int_equal(io->consumed, 0);
    assert_int_equal(io->lines, 0);
    io = fixture_decode(&f, "\n\r\n1\n2\n", 7, false, 10);
    assert_int_equal(io->consumed, 7);
    assert_string_equal(fixture_rows(&f), "2\n");
    assert_int_equal(fixture_decode(&f, "\n\n", 2, true, 10)->consumed, 2);
    fixture_close(&f);
}

static void test_nested_row(void **state) {
    fixture f;
    fixture_open(&f);
    tw_field inner[] = {F("x", &TW_TYPE_INTEGER), F("y", &TW_TYPE_STRING)};
    tw_field fields[] = {F("i", &TW_TYPE_INTEGER), F("r", tw_type_row(&f.arena, inner, 2))};
    fixture_decoder(&f, &tw_format_csv, fields, 2, NULL, 0);
    expect_rows(&f, "1,2;z\n", "1, +I[2, z]\n");
    expect_bad(&f, "1,2\n", "field 2");
    assert_string_equal(fixture_encode(&f, NULL, 0), "");
    expect_rows(&f, "1,2;z\n", "1, +I[2, z]\n");
    assert_string_equal(fixture_encode(&f, NULL, 0), "1,2;z\n");
    tw_field map[] = {F("m", tw_type_map(&f.arena, &TW_TYPE_STRING, &TW_TYPE_STRING))};
    const tw_type *type = tw_type_row(&f.arena, map, 1);
    tw_decoder *none;
    assert_int_equal(tw_format_csv.decoder_open(&f.mem, type, type, NULL, 0, NULL, &none, &f.error), TW_E_UNSUPPORTED);
    fixture_close(&f);
}

static void test_encode(void **state) {
    fixture f;
    fixture_open(&f);
    tw_field fields[] = {F("s", &TW_TYPE_STRING), F("n", tw_type_decimal(&f.arena, 10, 2)), F("ts", &TW_TYPE_TIMESTAMP_3), F("b", &TW_TYPE_BYTES)};
    fixture_decoder(&f, &tw_format_csv, fields, 4, NULL, 0);
    static const char TEXT[] = "plain,1.5,\"2020-01-02 03:04:05.12\",AQID\n\"two words\",0,\"2020-01-02 03:04:05\",\n"
                               "\"quote\"\"d\",12.34,\"2020-01-02 03:04:05\",AQ==\n";
    expect_rows(&f, TEXT,
                "plain, 1.50, 2020-01-02T03:04:05.120, [1, 2, 3]\ntwo words, 0.00, 2020-01-02T03:04:05, []\n"
                "quote\"d, 12.34, 2020-01-02T03:04:05, [1]\n");
    assert_string_equal(fixture_encode(&f, NULL, 0), TEXT);
    fixture_close(&f);
}

static void test_option_values(void **state) {
    int64_t v;
    bool flag;
    assert_true(tw_option_duration(TW_STR("10 s"), &v) && v == 10000);
    assert_true(tw_option_duration(TW_STR("1min"), &v) && v == 60000);
    assert_true(tw_option_duration(TW_STR("250"), &v) && v == 250);
    assert_true(tw_option_duration(TW_STR("2 DAYS"), &v) && v == 172800000);
    assert_false(tw_option_duration(TW_STR("10 parsecs"), &v));
    assert_false(tw_option_duration(TW_STR("-1 s"), &v));
    assert_true(tw_option_size(TW_STR("64 kb"), &v) && v == 65536);
    assert_false(tw_option_size(TW_STR("99999999999999 tb"), &v));
    assert_true(tw_option_boolean(TW_STR("TRUE"), &flag) && flag);
    assert_false(tw_option_boolean(TW_STR("yes"), &flag));
}

static void test_option_check(void **state) {
    tw_error error;
    static const tw_option_info infos[] = {
        {"path", TW_OPTION_STRING, NULL, true, NULL, "where"},
        {"fields.#.kind", TW_OPTION_ENUM, "random", false, "random|sequence", NULL},
        {"rows", TW_OPTION_INTEGER, NULL, false, "0..10", NULL},
        {"properties.*", TW_OPTION_STRING, NULL, false, NULL, NULL},
    };
    tw_option_infos known[] = {{infos, 4, NULL}, {tw_format_csv.options, tw_format_csv.noptions, "csv"}};
    tw_option good[] = {OPTION("connector", "x"),        OPTION("path", "p"), OPTION("fields.a.b.kind", "sequence"), OPTION("properties.a.b", "1"),
                        OPTION("csv.null-literal", "x"), OPTION("rows", "10")};
    assert_int_equal(tw_options_check(good, 6, known, 2, &error), TW_OK);
    tw_option typo[] = {OPTION("path", "p"), OPTION("csv.null-litteral", "x")};
    assert_int_equal(tw_options_check(typo, 2, known, 2, &error), TW_E_UNDEFINED_OPTION);
    assert_non_null(strstr(error.hint, "csv.null-literal"));
    tw_option bad[] = {OPTION("path", "p"), OPTION("rows", "11")};
    assert_int_equal(tw_options_check(bad, 2, known, 2, &error), TW_E_INVALID);
    tw_option none[] = {OPTION("rows", "1")};
    assert_int_equal(tw_options_check(none, 1, known, 2, &error), TW_E_INVALID);
    assert_non_null(strstr(error.message, "'path' is required"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_random_fields),
        cmocka_unit_test(test_header_behind_blank_lines),
        cmocka_unit_test(test_header_behind_blank_lines),
        cmocka_unit_test(test_nested_row),
        cmocka_unit_test(test_encode),
        cmocka_unit_test(test_option_values),
        cmocka_unit_test(test_option_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
