#include "expr_test.h"

static const tw_expr *null_int(void) { return null_of(&TW_TYPE_INTEGER); }
#define INTS(...) CALL("ARRAY", __VA_ARGS__)

static void test_arrays(void **state) {
    (void)state;
    const tw_expr *a = INTS(number(3), number(1), null_int(), number(1));
    VALUE(CALL("ARRAY_APPEND", a, number(9)), "[3, 1, NULL, 1, 9]");
    VALUE(CALL("ARRAY_PREPEND", a, null_int()), "[NULL, 3, 1, NULL, 1]");
    VALUE(CALL("ARRAY_REMOVE", a, number(1)), "[3, NULL]");
    VALUE(CALL("ARRAY_REMOVE", a, null_int()), "[3, 1, 1]");
    VALUE(CALL("ARRAY_DISTINCT", a), "[3, 1, NULL]");
    VALUE(CALL("ARRAY_REVERSE", a), "[1, NULL, 1, 3]");
    VALUE(CALL("ARRAY_SORT", a), "[NULL, 1, 1, 3]");
    VALUE(CALL("ARRAY_SORT", a, truth(false)), "[3, 1, 1, NULL]");
    VALUE(CALL("ARRAY_SORT", a, truth(true), truth(false)), "[1, 1, 3, NULL]");
    VALUE(CALL("ARRAY_CONCAT", a, INTS(number(7))), "[3, 1, NULL, 1, 7]");
    VALUE(CALL("ARRAY_UNION", a, INTS(number(7), null_int(), number(3))), "[3, 1, NULL, 7]");
    VALUE(CALL("ARRAY_EXCEPT", a, INTS(number(3))), "[1, NULL]");
    VALUE(CALL("ARRAY_INTERSECT", a, INTS(number(1), number(5))), "[1]");
    VALUE(CALL("ARRAY_APPEND", null_of(a->type), number(1)), "NULL");
}

static void test_slice(void **state) {
    (void)state;
    const tw_expr *a = INTS(number(1), number(2), number(3), number(4), number(5));
    VALUE(CALL("ARRAY_SLICE", a, number(2)), "[2, 3, 4, 5]");
    VALUE(CALL("ARRAY_SLICE", a, number(-123), number(-231)), "[]");
    VALUE(CALL("ARRAY_SLICE", a, number(-6), number(-5)), "[1]");
    VALUE(CALL("ARRAY_SLICE", a, number(-1), number(15)), "[5]");
    VALUE(CALL("ARRAY_SLICE", a, number(0), number(2)), "[1, 2]");
    VALUE(CALL("ARRAY_SLICE", a, number(4), number(2)), "[]");
}

static void test_search(void **state) {
    (void)state;
    const tw_expr *a = INTS(number(3), null_int(), number(1));
    VALUE(CALL("ARRAY_CONTAINS", a, number(1)), "TRUE");
    VALUE(CALL("ARRAY_CONTAINS", a, null_int()), "TRUE");
    VALUE(CALL("ARRAY_POSITION", a, number(1)), "3");
    VALUE(CALL("ARRAY_POSITION", a, number(9)), "0");
    VALUE(CALL("ARRAY_MAX", a), "3");
    VALUE(CALL("ARRAY_MIN", a), "1");
    const tw_expr *texts = CALL("ARRAY", text("a"), null_of(&TW_TYPE_STRING), text("bcd"));
    VALUE(CALL("ARRAY_JOIN", texts, text("+")), "a+bcd");
    VALUE(CALL("ARRAY_JOIN", texts, text("+"), text("?")), "a+?+bcd");
}

static void test_maps(void **state) {
    (void)state;
    const tw_expr *m = CALL("MAP", text("a"), number(1), text("b"), number(2));
    VALUE(CALL("MAP_KEYS", m), "[a, b]");
    VALUE(CALL("MAP_VALUES", m), "[1, 2]");
    VALUE(CALL("MAP_ENTRIES", m), "[(a, 1), (b, 2)]");
    VALUE(CALL("MAP_UNION", m, CALL("MAP", text("b"), number(5), text("c"), number(6))), "{a=1, b=5, c=6}");
    VALUE(CALL("MAP_FROM_ARRAYS", INTS(number(1), number(2)), CALL("ARRAY", text("x"), text("y"))), "{1=x, 2=y}");
    assert_non_null(strstr(value_of(CALL("MAP_FROM_ARRAYS", INTS(number(1)), CALL("ARRAY", text("x"), text("y")))), "length"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_expr, close_expr)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_arrays), TEST(test_slice), TEST(test_search), TEST(test_maps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
