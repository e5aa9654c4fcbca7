#include "expr_test.h"

static const tw_type *decimal(int p, int s) { return tw_type_decimal(&test_arena, p, s); }
static const tw_type *chars(tw_kind kind, int n) { return tw_type_chars(&test_arena, kind, n); }
static const tw_type *stamp(int p) { return tw_type_timestamp(&test_arena, TW_TIMESTAMP, p); }
static const tw_type *ltz(int p) { return tw_type_timestamp(&test_arena, TW_TIMESTAMP_LTZ, p); }

static void test_numbers(void **state) {
    (void)state;
    VALUE(cast(number(300), &TW_TYPE_TINYINT), "44");
    VALUE(cast(number(7), &TW_TYPE_BIGINT), "7");
    VALUE(cast(cast(text("3e10"), &TW_TYPE_DOUBLE), &TW_TYPE_INTEGER), "2147483647");
    VALUE(cast(number(12), decimal(5, 2)), "12.00");
    VALUE(cast(number(123456), decimal(5, 2)), "NULL");
    VALUE(cast(cast(text("12.345"), decimal(5, 3)), decimal(4, 2)), "12.35");
    VALUE(cast(cast(text("-3.99"), decimal(5, 2)), &TW_TYPE_INTEGER), "-3");
    VALUE(cast(truth(true), &TW_TYPE_INTEGER), "1");
    VALUE(cast(number(2), &TW_TYPE_BOOLEAN), "TRUE");
}

static void test_text(void **state) {
    (void)state;
    VALUE(cast(text(" 12 "), &TW_TYPE_INTEGER), "12");
    VALUE(cast(text("abc"), &TW_TYPE_INTEGER), "error: cannot cast 'abc' to INT");
    VALUE(try_cast(text("abc"), &TW_TYPE_INTEGER), "NULL");
    VALUE(try_cast(text("300"), &TW_TYPE_TINYINT), "NULL");
    VALUE(cast(text("abc"), chars(TW_CHAR, 5)), "abc  ");
    VALUE(cast(text("abcdef"), chars(TW_VARCHAR, 3)), "abc");
    VALUE(cast(number(12345), chars(TW_VARCHAR, 3)), "123");
    VALUE(cast(text("yes"), &TW_TYPE_BOOLEAN), "TRUE");
    VALUE(cast(null_of(&TW_TYPE_STRING), &TW_TYPE_INTEGER), "NULL");
}

static void test_times(void **state) {
    (void)state;
    const tw_expr *ts = cast(text("2020-01-02 03:04:05.987654"), stamp(6));
    VALUE(ts, "2020-01-02 03:04:05.987654");
    VALUE(cast(ts, stamp(3)), "2020-01-02 03:04:05.987");
    VALUE(cast(ts, stamp(0)), "2020-01-02 03:04:05");
    VALUE(cast(ts, &TW_TYPE_DATE), "2020-01-02");
    VALUE(cast(ts, &TW_TYPE_TIME), "03:04:05");
    VALUE(cast(text("2020-01-02"), &TW_TYPE_DATE), "2020-01-02");
    VALUE(try_cast(text("2020-13-02"), &TW_TYPE_DATE), "NULL");
    tw_zone *zone;
    assert_int_equal(tw_zone_load(&test_mem, TW_STR("Asia/Shanghai"), &zone, &test_error), TW_OK);
    test_session.zone = zone;
    VALUE(cast(cast(text("2020-01-02 03:04:05"), ltz(3)), stamp(3)), "2020-01-02 03:04:05.000");
    VALUE(cast(cast(cast(text("2020-01-02 03:04:05"), ltz(3)), stamp(3)), &TW_TYPE_DATE), "2020-01-02");
    test_session.zone = TW_ZONE_UTC;
    tw_zone_free(&test_mem, zone);
}

static void test_conversions_refused(void **state) {
    (void)state;
    assert_null(cast(number(1), &TW_TYPE_DATE));
    assert_null(cast(cast(text("2020-01-02"), &TW_TYPE_DATE), &TW_TYPE_INTEGER));
    assert_non_null(strstr(test_error.message, "cannot convert value of type DATE"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_numbers, open_expr, close_expr),
        cmocka_unit_test_setup_teardown(test_text, open_expr, close_expr),
        cmocka_unit_test_setup_teardown(test_times, open_expr, close_expr),
        cmocka_unit_test_setup_teardown(test_conversions_refused, open_expr, close_expr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
