/* The aggregates: types, values of each type, retraction, merge, subtract, bytes. */
#include "aggregate_test.h"

#define N(...)    (const int64_t[]){__VA_ARGS__}, (int32_t)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
#define KINDS(...) (const int8_t[]){__VA_ARGS__}

static const tw_type *decimal(int p, int s) { return tw_type_decimal(&test_arena, p, s); }
static const tw_type *ts9(void) { return tw_type_timestamp(&test_arena, TW_TIMESTAMP, 9); }

static const char *once(const char *name, const tw_type *type, const int64_t *numbers, int32_t n) {
    agg_test t = open_test(name, type, false, 1);
    add(&t, type, numbers, n, NULL);
    const char *text = results(&t)[0];
    close_test(&t);
    return text;
}
#define IS(expected, name, type, ...) assert_string_equal(once(name, type, N(__VA_ARGS__)), expected)

static void type_is(const char *name, const tw_type *arg, const char *expected) {
    const tw_expr *call = bind_agg(name, &arg, 1, NULL, NULL);
    assert_string_equal(call ? tw_type_text(&test_arena, call->type) : "none", expected);
}

static void test_types(void **state) {
    (void)state;
    type_is("COUNT", &TW_TYPE_STRING, "BIGINT NOT NULL");
    type_is("SUM", &TW_TYPE_TINYINT, "TINYINT");
    type_is("SUM", tw_type_nullable(&test_arena, &TW_TYPE_INTEGER, false), "INT");
    type_is("SUM", decimal(10, 2), "DECIMAL(38, 2)");
    type_is("SUM", &TW_TYPE_STRING, "none");
    type_is("SUM", &TW_TYPE_BOOLEAN, "none");
    type_is("AVG", &TW_TYPE_SMALLINT, "SMALLINT");
    type_is("AVG", decimal(10, 2), "DECIMAL(38, 6)");
    type_is("AVG", decimal(38, 10), "DECIMAL(38, 10)");
    type_is("VAR_POP", &TW_TYPE_INTEGER, "INT");
    type_is("STDDEV", &TW_TYPE_FLOAT, "FLOAT");
    type_is("STDDEV_SAMP", decimal(4, 1), "DECIMAL(38, 6)");
    type_is("MIN", tw_type_chars(&test_arena, TW_CHAR, 3), "CHAR(3)");
    type_is("MAX", ts9(), "TIMESTAMP(9)");
    type_is("MAX", &TW_TYPE_BYTES, "none");
}

static void test_count(void **state) {
    (void)state;
    agg_test t = open_test("COUNT", NULL, false, 1);
    assert_int_equal(add_rows(&t, NULL, NULL, 5, NULL, NULL), TW_OK);
    assert_int_equal(add_rows(&t, NULL, NULL, 2, NULL, KINDS(TW_UPDATE_BEFORE, TW_UPDATE_AFTER)), TW_OK);
    RESULT(&t, "5");
    IS("2", "COUNT", &TW_TYPE_STRING, 1, NIL, 2);
    const tw_type *types[] = {&TW_TYPE_INTEGER, &TW_TYPE_STRING};
    agg_test both = open_call(bind_agg("COUNT", types, 2, NULL, NULL), true, 1);
    tw_column x = column_of(types[0], N(1, NIL, 3, 4)), y = column_of(types[1], N(1, 2, NIL, 4));
    const tw_column *args[] = {&x, &y};
    assert_int_equal(add_rows(&both, args, NULL, 4, NULL, NULL), TW_OK);
    RESULT(&both, "2");
}

static void test_sum(void **state) {
    (void)state;
    IS("10", "SUM", &TW_TYPE_INTEGER, 1, 2, NIL, 7);
    IS("NULL", "SUM", &TW_TYPE_INTEGER, NIL, NIL);
    IS("-56", "SUM", &TW_TYPE_TINYINT, 100, 100); /* wraps */
    IS("-2147483648", "SUM", &TW_TYPE_INTEGER, INT32_MAX, 1);
    IS("1.5", "SUM", &TW_TYPE_FLOAT, 1, 2);
    IS("1.5", "SUM", &TW_TYPE_DOUBLE, 1, 2);
    IS("0.03", "SUM", decimal(10, 2), 1, 2);
    IS("300000000000.0000000000", "SUM", decimal(38, 10), 10, 20);
    IS("3", "AVG", &TW_TYPE_INTEGER, 3, 4, 4);
    IS("-3", "AVG", &TW_TYPE_INTEGER, -3, -4, -4);
    IS("9223372036854775807", "AVG", &TW_TYPE_BIGINT, INT64_MAX);
    IS("0.833333", "AVG", decimal(4, 2), 83, 83, 84);
    IS("0.5", "AVG", &TW_TYPE_FLOAT, 1, 1);
}

/* A sum of more than 38 digits is NULL, also when it leaves 128 bits, and comes back. */
static void test_wide_sum(void **state) {
    (void)state;
    const tw_type *type = decimal(38, 0);
    agg_test t = open_test("SUM", type, true, 2);
    tw_column c = column_of(type, N(0, 0, 0));
    ((tw_i128 *)c.values)[0] = TW_POW10[38] - 1;
    ((tw_i128 *)c.values)[1] = -TW_POW10[38] + 1;
    ((tw_i128 *)c.values)[2] = 5;
    const tw_column *args[] = {&c};
    for (int k = 0; k < 7; k++) assert_int_equal(add_rows(&t, args, NULL, 1, NULL, NULL), TW_OK);
    RESULT(&t, "NULL");
    for (int k = 0; k < 7; k++) assert_int_equal(add_rows(&t, args, (const int32_t[]){1}, 1, NULL, NULL), TW_OK);
    RESULT(&t, "0");
    assert_int_equal(add_rows(&t, args, (const int32_t[]){2}, 1, (const int32_t[]){1}, NULL), TW_OK);
    assert_int_equal(t.agg->subtract(t.agg, state_at(&t, 0), state_at(&t, 1), &test_mem), TW_OK);
    RESULT(&t, "-5");
    assert_int_equal(t.agg->merge(t.agg, state_at(&t, 0), state_at(&t, 1), &test_mem), TW_OK);
    RESULT(&t, "0");
}

static void test_variance(void **state) {
    (void)state;
    IS("28888", "VAR_POP", &TW_TYPE_INTEGER, 2900, 2500, 2600);
    IS("15602500", "VAR_POP", &TW_TYPE_INTEGER, 3100, 11000);
    IS("8", "VAR_SAMP", &TW_TYPE_INTEGER, 3, 8, 8);
    IS("2", "STDDEV_POP", &TW_TYPE_BIGINT, 4, 9, 9);
    IS("NULL", "VAR_SAMP", &TW_TYPE_INTEGER, 3);
    IS("0", "VAR_POP", &TW_TYPE_INTEGER, 3);
    IS("0.222222", "VAR_POP", decimal(10, 2), 100, 200, 200);
    IS("2.886751345948129", "STDDEV", &TW_TYPE_DOUBLE, 5, 15, 15);
    agg_test t = open_test("VAR_POP", &TW_TYPE_DOUBLE, true, 1);
    add(&t, &TW_TYPE_DOUBLE, N(2), KINDS(TW_INSERT));
    add(&t, &TW_TYPE_DOUBLE, N(6, 6, 8), KINDS(TW_DELETE, TW_INSERT, TW_INSERT)); /* a retraction before its insert */
    RESULT(&t, "2.25");
    add(&t, &TW_TYPE_DOUBLE, N(8, 2), KINDS(TW_DELETE, TW_DELETE));
    RESULT(&t, "NULL");
}

static void test_minmax(void **state) {
    (void)state;
    IS("2", "MIN", &TW_TYPE_INTEGER, 7, NIL, 2, 9);
    IS("-5", "MAX", &TW_TYPE_BIGINT, -7, -5);
    IS("1", "MAX", &TW_TYPE_BOOLEAN, 2, 1);
    IS("04", "MIN", &TW_TYPE_STRING, 7, 4, 9);
    IS("09, a text that is too long for its view", "MAX", &TW_TYPE_STRING, 7, 9, 4);
    IS("3.999999", "MAX", ts9(), 6, 7, 1);
    IS("-1.000000", "MIN", ts9(), -2, 7, 1);
    IS("-1.5", "MIN", &TW_TYPE_FLOAT, 2, -3);
    IS("NULL", "MIN", &TW_TYPE_DOUBLE, NIL);
    for (int retract = 0; retract < 2; retract++) { /* as Double.compare */
        agg_test high = open_test("MAX", &TW_TYPE_DOUBLE, retract, 1), low = open_test("MIN", &TW_TYPE_DOUBLE, retract, 1);
        tw_column c = column_of(&TW_TYPE_DOUBLE, N(0, 0, 0));
        double *v = c.values;
        v[0] = 0.0, v[1] = -0.0, v[2] = -__builtin_nan("");
        const tw_column *args[] = {&c};
        assert_int_equal(add_rows(&high, args, NULL, 3, NULL, NULL), TW_OK);
        assert_int_equal(add_rows(&low, args, NULL, 3, NULL, NULL), TW_OK);
        RESULT(&high, "NaN");
        RESULT(&low, "-0.0");
        close_test(&high);
        close_test(&low);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_types, open_agg, close_agg),    cmocka_unit_test_setup_teardown(test_count, open_agg, close_agg),
        cmocka_unit_test_setup_teardown(test_sum, open_agg, close_agg),      cmocka_unit_test_setup_teardown(test_wide_sum, open_agg, close_agg),
        cmocka_unit_test_setup_teardown(test_variance, open_agg, close_agg), cmocka_unit_test_setup_teardown(test_minmax, open_agg, close_agg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
