/* Texts of numbers: what Java writes and Flink's casts read. */
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "base/prng.h"
#include "data/decimal.h"

static void test_double_text(void **state) {
    (void)state;
    static const struct {
        double v;
        const char *text;
    } CASES[] = {{4.35, "4.35"},
                 {123456.7, "123456.7"},
                 {1e16, "1.0E16"},
                 {9007199254740992, "9.007199254740992E15"},
                 {18014398509481984.0, "1.8014398509481984E16"},
                 {1.1e-5, "1.1E-5"},
                 {0.02, "0.02"},
                 {33554434, "3.3554434E7"},
                 {2.2250738585072014e-308, "2.2250738585072014E-308"},
                 {1.7014118346046923e38, "1.7014118346046923E38"},
                 {123456789012345678.0, "1.2345678901234568E17"},
                 {0.001, "0.001"},
                 {0.00099, "9.9E-4"},
                 {-1.5, "-1.5"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {INFINITY, "Infinity"},
                 {-INFINITY, "-Infinity"},
                 {NAN, "NaN"}};
    char out[40];
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        out[tw_double_format(out, CASES[i].v)] = 0;
        assert_string_equal(out, CASES[i].text);
    }
}

static void test_float_text(void **state) {
    (void)state;
    static const struct {
        float v;
        const char *text;
    } CASES[] = {{1e16f, "1.00000003E16"},
                 {9007199254740992.0f, "9.0071993E15"},
                 {18014398509481984.0f, "1.80143985E16"},
                 {123456789.0f, "1.23456792E8"},
                 {16777216.0f, "1.6777216E7"},
                 {33554434.0f, "3.3554432E7"},
                 {1.4e-45f, "1.4E-45"},
                 {0.1f, "0.1"},
                 {4.35f, "4.35"},
                 {123456.7f, "123456.7"},
                 {0.002f, "0.002"},
                 {2.9802322e-8f, "2.9802322E-8"}};
    char out[40];
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        out[tw_float_format(out, CASES[i].v)] = 0;
        assert_string_equal(out, CASES[i].text);
    }
}

/* What is written reads back to the same number, whichever of the ways wrote it. */
static void test_double_round_trip(void **state) {
    (void)state;
    tw_prng prng = {7};
    char out[40];
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = tw_prng_next(&prng);
        double v, back;
        if (i % 3 == 0)
            v = (double)(int64_t)(bits >> 20) / pow(10, (double)(bits % 9));
        else if (i % 3 == 1)
            v = tw_prng_double(&prng) * 1e6;
        else
            memcpy(&v, &bits, 8);
        int n = tw_double_format(out, v);
        assert_true(n <= 32);
        assert_true(tw_double_parse((tw_str){out, (size_t)n}, &back));
        assert_true(back == v || (v != v && back != back));
        float f;
        uint32_t low = (uint32_t)bits;
        memcpy(&f, &low, 4);
        n = tw_float_format(out, f);
        out[n] = 0;
        assert_true(strtof(out, NULL) == f || f != f);
    }
}

static void test_int_text(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t v;
    } CASES[] = {{"1.9", true, 1},
                 {"-1.9", true, -1},
                 {"1.", true, 1},
                 {".5", true, 0},
                 {"+5", true, 5},
                 {" 5 ", true, 5},
                 {"1e3", false, 0},
                 {"1.x", false, 0},
                 {"", false, 0},
                 {"1 2", false, 0},
                 {".", false, 0},
                 {"2147483648", false, 0},
                 {"-2147483648", true, INT32_MIN}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int64_t v = 0;
        assert_int_equal(tw_int_parse_cast(tw_str_of(CASES[i].text), INT32_MIN, INT32_MAX, &v), CASES[i].good);
        if (CASES[i].good) assert_int_equal(v, CASES[i].v);
    }
    int64_t v;
    assert_false(tw_int_parse(TW_STR("1.9"), INT64_MIN, INT64_MAX, &v));
    assert_false(tw_int_parse(TW_STR("9223372036854775808"), INT64_MIN, INT64_MAX, &v));
    assert_true(tw_int_parse(TW_STR("-9223372036854775808"), INT64_MIN, INT64_MAX, &v) && v == INT64_MIN);
}

static void test_modulo_wide(void **state) {
    (void)state;
    tw_i128 out;
    assert_true(tw_decimal_modulo(TW_POW10[37] + 7, 0, 10 * TW_POW10[18], 18, 38, 18, &out)); /* (10^37 + 7) % 10 */
    assert_true(out == 7 * TW_POW10[18]);
    assert_true(tw_decimal_modulo(-5, 18, TW_POW10[37], 0, 38, 18, &out)); /* the divisor is larger than any dividend */
    assert_true(out == -5);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_double_text), cmocka_unit_test(test_float_text),
                                       cmocka_unit_test(test_double_round_trip), cmocka_unit_test(test_int_text), cmocka_unit_test(test_modulo_wide)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
