#include "expr_test.h"

static const tw_expr *dec(const char *v, int p, int s) { return cast(text(v), tw_type_decimal(&test_arena, p, s)); }
static const tw_expr *real(const char *v) { return cast(text(v), &TW_TYPE_DOUBLE); }
static const tw_expr *time_of(const char *v, const tw_type *type) { return cast(text(v), type); }
static const tw_expr *interval(tw_kind kind, tw_time_unit unit, int64_t v) {
    tw_type *type = tw_type_new(&test_arena, kind);
    type->from = type->to = (uint8_t)unit;
    type->nullable = false;
    tw_value value = tw_value_of_int(type, v);
    return tw_expr_literal(&test_arena, &value);
}
static const tw_expr *tiny(int64_t v) { return cast(number(v), &TW_TYPE_TINYINT); }

static void test_integers(void **state) {
    (void)state;
    VALUE(CALL("+", number(2147483647), number(1)), "-2147483648");
    VALUE(CALL("+", tiny(127), tiny(1)), "-128");
    VALUE(CALL("/", number(-7), number(2)), "-3");
    VALUE(CALL("%", number(-7), number(3)), "-1");
    VALUE(CALL("/", number(1), number(0)), "error: / by zero");
    VALUE(CALL("/", number(INT32_MIN), number(-1)), "-2147483648");
    VALUE(CALL("*", big(3), number(4)), "12");
    assert_string_equal(type_of(CALL("+", tiny(1), tiny(1))), "TINYINT NOT NULL");
    assert_string_equal(type_of(CALL("%", number(5), cast(number(3), &TW_TYPE_SMALLINT))), "SMALLINT NOT NULL");
    VALUE(CALL("NEGATE", number(5)), "-5");
    VALUE(CALL("+", number(1), null_of(&TW_TYPE_INTEGER)), "NULL");
}

static void test_decimals(void **state) {
    (void)state;
    assert_string_equal(type_of(CALL("*", dec("1.5", 2, 1), number(2))), "DECIMAL(13, 1) NOT NULL");
    assert_string_equal(type_of(CALL("/", number(1), dec("2.5", 2, 1))), "DECIMAL(17, 6) NOT NULL");
    VALUE(CALL("/", dec("1.0", 2, 1), number(3)), "0.333333333333");
    VALUE(CALL("*", dec("10", 38, 10), dec("10", 38, 10)), "100.000000");
    VALUE(CALL("+", dec("1.25", 10, 2), dec("0.005", 10, 3)), "1.255");
    VALUE(CALL("-", dec("1.25", 30, 2), dec("0.005", 30, 3)), "1.245");
    VALUE(CALL("%", dec("5.5", 2, 1), number(2)), "1.5");
    VALUE(CALL("/", dec("1", 2, 0), dec("0", 2, 0)), "error: / by zero");
    VALUE(CALL("=", dec("1.50", 38, 30), dec("1.5", 38, 2)), "TRUE");
}

static void test_reals(void **state) {
    (void)state;
    VALUE(CALL("/", real("1"), number(0)), "Infinity");
    VALUE(CALL("/", real("0"), number(0)), "NaN");
    VALUE(CALL("=", real("NaN"), real("NaN")), "FALSE");
    VALUE(CALL("POWER", number(2), number(3)), "8.0");
    VALUE(CALL("LOG", number(2), number(8)), "3.0");
    VALUE(CALL("EXP", number(1)), "2.718281828459045");
    VALUE(CALL("RAND", number(1)), "0.7308781907032909");
    VALUE(CALL("RAND_INTEGER", number(1), number(10)), "5");
}

static void test_rounding(void **state) {
    (void)state;
    VALUE(CALL("ROUND", dec("2.5", 2, 1)), "3");
    VALUE(CALL("ROUND", dec("2.345", 4, 3), number(2)), "2.35");
    assert_string_equal(type_of(CALL("ROUND", dec("2.345", 4, 3), number(2))), "DECIMAL(4, 2) NOT NULL");
    VALUE(CALL("ROUND", number(12345), number(-2)), "12300");
    VALUE(CALL("ROUND", real("2.345"), number(2)), "2.35");
    VALUE(CALL("ROUND", real("-2.5")), "-3.0");
    VALUE(CALL("TRUNCATE", real("42.324"), number(2)), "42.32");
    VALUE(CALL("TRUNCATE", dec("-2.7", 2, 1)), "-2");
    VALUE(CALL("CEIL", dec("2.1", 2, 1)), "3");
    VALUE(CALL("FLOOR", dec("-2.1", 2, 1)), "-3");
    VALUE(CALL("FLOOR", real("-2.1")), "-3.0");
    VALUE(CALL("SIGN", dec("-5.5", 2, 1)), "-1.0");
    VALUE(CALL("ABS", number(-3)), "3");
}

static void test_times(void **state) {
    (void)state;
    const tw_type *stamp = tw_type_timestamp(&test_arena, TW_TIMESTAMP, 0);
    const tw_expr *month = interval(TW_INTERVAL_YM, TW_UNIT_MONTH, 1), *hour = interval(TW_INTERVAL_DS, TW_UNIT_HOUR, 3600000);
    VALUE(CALL("+", time_of("2020-01-31", &TW_TYPE_DATE), month), "2020-02-29");
    VALUE(CALL("+", time_of("2020-01-01", &TW_TYPE_DATE), hour), "2020-01-01");
    VALUE(CALL("+", time_of("23:30:00", &TW_TYPE_TIME), hour), "00:30:00");
    VALUE(CALL("+", time_of("2020-01-31 10:00:00", stamp), month), "2020-02-29 10:00:00");
    VALUE(CALL("-", time_of("2020-01-01 00:00:00", stamp), hour), "2019-12-31 23:00:00");
    VALUE(CALL("*", hour, number(3)), "+0 03:00:00.000");
}

static void test_digits(void **state) {
    (void)state;
    VALUE(CALL("BIN", number(10)), "1010");
    VALUE(CALL("HEX", number(-1)), "FFFFFFFFFFFFFFFF");
    VALUE(CALL("HEX", text("abc")), "616263");
    VALUE(CALL("UNHEX", text("616263")), "abc");
    VALUE(CALL("RIGHT", cast(CALL("UNHEX", text("161")), &TW_TYPE_STRING), number(1)), "a");
    VALUE(CALL("UNHEX", text("6z")), "NULL");
    assert_int_equal(strlen(value_of(CALL("HEX", text("")))), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_expr, close_expr)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_integers), TEST(test_decimals), TEST(test_reals),
                                       TEST(test_rounding), TEST(test_times),    TEST(test_digits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
