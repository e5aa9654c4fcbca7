#include "test.h"

#include "base/prng.h"
#include "data/builder.h"
#include "data/datetime.h"
#include "data/decimal.h"
#include "data/hashing.h"
#include "data/value.h"

static const char *decimal_text(const char *text, int precision, int scale) {
    static char out[64];
    tw_i128 v;
    if (!tw_decimal_parse(tw_str_of(text), precision, scale, &v)) return "error";
    out[tw_decimal_format(out, v, scale)] = 0;
    return out;
}

static void test_decimal_text(void **state) {
    (void)state;
    assert_string_equal(decimal_text("1.005", 10, 2), "1.01");
    assert_string_equal(decimal_text("-1.005", 10, 2), "-1.01");
    assert_string_equal(decimal_text("99999999999999999999999999999999999999", 38, 0), "99999999999999999999999999999999999999");
    assert_string_equal(decimal_text("100", 2, 0), "error");
    assert_string_equal(decimal_text("1e3", 10, 1), "1000.0");
    assert_string_equal(decimal_text(".5", 10, 0), "1");
    assert_string_equal(decimal_text("1e", 10, 0), "error");
    assert_string_equal(decimal_text("0.00000000000000000000000000000000000001", 38, 38), "0.00000000000000000000000000000000000001");
}

static void test_decimal_arithmetic(void **state) {
    (void)state;
    tw_i128 out, big = TW_POW10[37];
    assert_true(tw_decimal_multiply(big, 18, big, 19, 38, 0, &out) == false || out == TW_POW10[37]);
    assert_true(tw_decimal_divide(1, 0, 3, 0, 38, 37, &out));
    char text[64];
    text[tw_decimal_format(text, out, 37)] = 0;
    assert_string_equal(text, "0.3333333333333333333333333333333333333");
    assert_true(tw_decimal_modulo(-75, 1, 20, 1, 10, 1, &out));
    assert_int_equal((int64_t)out, -15);
}

static void test_float_text(void **state) {
    (void)state;
    static const struct {
        double v;
        const char *text;
    } CASES[] = {{0, "0.0"},
                 {1, "1.0"},
                 {0.1, "0.1"},
                 {1e7, "1.0E7"},
                 {9999999, "9999999.0"},
                 {1e-3, "0.001"},
                 {1.5e-4, "1.5E-4"},
                 {123456789.125, "1.23456789125E8"},
                 {-0.0, "-0.0"},
                 {4.9e-324, "4.9E-324"},
                 {100, "100.0"},
                 {1.7976931348623157e308, "1.7976931348623157E308"}};
    char out[40];
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        out[tw_double_format(out, CASES[i].v)] = 0;
        assert_string_equal(out, CASES[i].text);
    }
    out[tw_float_format(out, 3.4028235e38f)] = 0;
    assert_string_equal(out, "3.4028235E38");
}

static void test_calendar(void **state) {
    (void)state;
    assert_int_equal(tw_days_from_civil(1970, 1, 1), 0);
    for (int64_t d = -800000; d < 3000000; d += 97) {
        int32_t y, m, day;
        tw_civil_from_days(d, &y, &m, &day);
        assert_int_equal(tw_days_from_civil(y, m, day), d);
    }
    tw_ts ts;
    char out[48];
    assert_true(tw_timestamp_parse(TW_STR("2020-1-2 3:04:05.123456789"), &ts));
    out[tw_timestamp_format(out, ts, 9)] = 0;
    assert_string_equal(out, "2020-01-02 03:04:05.123456789");
    out[tw_timestamp_format_iso(out, tw_ts_of(0, 0), false)] = 0;
    assert_string_equal(out, "1970-01-01T00:00");
    out[tw_timestamp_format_iso(out, tw_ts_of(-1, 0), true)] = 0;
    assert_string_equal(out, "1969-12-31T23:59:59.999Z");
    assert_false(tw_timestamp_parse(TW_STR("2021-02-32 00:00:00"), &ts));
    assert_int_equal(tw_days_add_months(tw_days_from_civil(2020, 1, 31), 1), tw_days_from_civil(2020, 2, 29));
}

static void test_zone(void **state) {
    (void)state;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    tw_zone *z;
    assert_int_equal(tw_zone_load(&mem, TW_STR("Europe/Berlin"), &z, NULL), TW_OK);
    tw_ts ts;
    /* 2026-03-29: 02:00 -> 03:00 at 01:00 UTC; 2050 is past the table and follows the footer */
    tw_timestamp_parse(TW_STR("2026-03-29 02:30:00"), &ts);
    assert_int_equal(tw_zone_to_local(z, tw_zone_to_utc(z, ts.ms)) - ts.ms, 3600000);
    tw_timestamp_parse(TW_STR("2050-07-01 12:00:00"), &ts);
    assert_int_equal(tw_zone_to_utc(z, ts.ms), ts.ms - 7200000);
    tw_timestamp_parse(TW_STR("2026-10-25 02:30:00"), &ts); /* overlap: the earlier offset, +02:00 */
    assert_int_equal(tw_zone_to_utc(z, ts.ms), ts.ms - 7200000);
    tw_zone_free(&mem, z);
    assert_int_equal(tw_zone_load(&mem, TW_STR("+05:30"), &z, NULL), TW_OK);
    assert_int_equal(tw_zone_offset(z, 0), 19800);
    tw_zone_free(&mem, z);
    tw_error error;
    assert_int_equal(tw_zone_load(&mem, TW_STR("../etc/passwd"), &z, &error), TW_E_VALUE);
    assert_int_equal(mem.used, 0);
}

/* A random value of a type: the model that builders are compared with. */
static tw_value random_value(tw_arena *arena, tw_prng *prng, const tw_type *type, int depth) {
    if (tw_prng_below(prng, 5) == 0) return tw_value_null(type);
    tw_value v = {.type = type};
    int n = (int)tw_prng_below(prng, 4);
    switch (tw_type_phys(type)) {
    case TW_PHYS_STR: {
        char *text = tw_arena_alloc(arena, 40);
        size_t length = tw_prng_below(prng, 30);
        for (size_t i = 0; i < length; i++) text[i] = (char)('a' + tw_prng_below(prng, 26));
        v.u.str = (tw_str){text, length};
        break;
    }
    case TW_PHYS_LIST:
    case TW_PHYS_MAP:
    case TW_PHYS_STRUCT: {
        bool map = type->kind == TW_MAP;
        v.nitems = type->kind == TW_ROW ? type->nfields : n;
        tw_value *items = TW_NEW_ARRAY(arena, tw_value, 2 * v.nitems + 1);
        for (int i = 0; i < v.nitems * (map ? 2 : 1); i++)
            items[i] = random_value(arena, prng, type->fields[type->kind == TW_ROW ? i : map ? i % 2 : 0].type, depth + 1);
        v.items = items;
        break;
    }
    default: v.u.i = (int64_t)tw_prng_below(prng, 100);
    }
    return v;
}

static void check_value(tw_arena *arena, const tw_value *want, const tw_column *column, int row) {
    tw_column one;
    assert_int_equal(tw_value_to_column(arena, want, &one), TW_OK);
    assert_true(tw_value_equal(&one, 0, column, row));
    assert_true(tw_value_hash(&one, 0) == tw_value_hash(column, row));
}

static void test_builder_random(void **state) {
    (void)state;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    tw_arena arena;
    tw_arena_init(&arena, &mem, 4096);
    const tw_type *inner = tw_type_row(
        &arena, (tw_field[]){{TW_STR("x"), &TW_TYPE_INTEGER}, {TW_STR("y"), &TW_TYPE_STRING}, {TW_STR("z"), tw_type_array(&arena, &TW_TYPE_STRING)}},
        3);
    const tw_type *row = tw_type_row(&arena,
                                     (tw_field[]){{TW_STR("a"), &TW_TYPE_BIGINT},
                                                  {TW_STR("b"), &TW_TYPE_STRING},
                                                  {TW_STR("c"), inner},
                                                  {TW_STR("d"), tw_type_array(&arena, inner)},
                                                  {TW_STR("e"), tw_type_map(&arena, &TW_TYPE_STRING, tw_type_array(&arena, &TW_TYPE_SMALLINT))}},
                                     5);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        tw_prng prng = {seed};
        tw_builder first, second;
        assert_int_equal(tw_builder_open(&first, &mem, row, 64), TW_OK);
        assert_int_equal(tw_builder_open(&second, &mem, row, 64), TW_OK);
        tw_value model[64][5];
        for (int r = 0; r < 64; r++) {
            tw_column columns[5];
            for (int c = 0; c < 5; c++) {
                model[r][c] = random_value(&arena, &prng, row->fields[c].type, 0);
                assert_int_equal(tw_value_to_column(&arena, &model[r][c], &columns[c]), TW_OK);
            }
            tw_batch batch = {.rows = 1, .ncolumns = 5, .columns = columns};
            assert_int_equal(tw_builder_append(&first, &batch, (tw_selection){NULL, 1}), TW_OK);
        }
        uint16_t index[64];
        for (int round = 0; round < 2; round++) {
            int n = 0;
            for (int r = 0; r < 64; r++)
                if (tw_prng_below(&prng, 2)) index[n++] = (uint16_t)r;
            tw_builder_reset(&second);
            int half = n / 2;
            assert_int_equal(tw_builder_append(&second, &first.batch, (tw_selection){index, half}), TW_OK);
            assert_int_equal(tw_builder_append(&second, &first.batch, (tw_selection){index + half, n - half}), TW_OK);
            for (int k = 0; k < n; k++)
                for (int c = 0; c < 5; c++) check_value(&arena, &model[index[k]][c], &second.batch.columns[c], k);
        }
        tw_builder_close(&first);
        tw_builder_close(&second);
        tw_arena_reset(&arena);
        /* types lie in the arena too: make them again */
        inner = tw_type_row(
            &arena,
            (tw_field[]){{TW_STR("x"), &TW_TYPE_INTEGER}, {TW_STR("y"), &TW_TYPE_STRING}, {TW_STR("z"), tw_type_array(&arena, &TW_TYPE_STRING)}}, 3);
        row = tw_type_row(&arena,
                          (tw_field[]){{TW_STR("a"), &TW_TYPE_BIGINT},
                                       {TW_STR("b"), &TW_TYPE_STRING},
                                       {TW_STR("c"), inner},
                                       {TW_STR("d"), tw_type_array(&arena, inner)},
                                       {TW_STR("e"), tw_type_map(&arena, &TW_TYPE_STRING, tw_type_array(&arena, &TW_TYPE_SMALLINT))}},
                          5);
    }
    tw_arena_free(&arena);
    assert_int_equal(mem.used, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimal_text), cmocka_unit_test(test_decimal_arithmetic),
        cmocka_unit_test(test_float_text),   cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_zone),         cmocka_unit_test(test_builder_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
