#include "expr_test.h"

static const tw_type *decimal(int p, int s) { return tw_type_decimal(&test_arena, p, s); }
static const tw_type *chars(tw_kind kind, int n) { return tw_type_chars(&test_arena, kind, n); }

static const char *common(const tw_type *a, const tw_type *b) {
    const tw_type *type = tw_type_common(&test_arena, a, b);
    return type ? tw_type_text(&test_arena, type) : "none";
}
#define COMMON(a, b, expected)                       \
    do {                                             \
        assert_string_equal(common(a, b), expected); \
        assert_string_equal(common(b, a), expected); \
    } while (0)

static void test_common(void **state) {
    (void)state;
    COMMON(&TW_TYPE_INTEGER, &TW_TYPE_BIGINT, "BIGINT");
    COMMON(&TW_TYPE_INTEGER, decimal(2, 1), "DECIMAL(11, 1)");
    COMMON(&TW_TYPE_FLOAT, decimal(2, 1), "DOUBLE");
    COMMON(&TW_TYPE_FLOAT, &TW_TYPE_BIGINT, "FLOAT");
    COMMON(chars(TW_CHAR, 5), chars(TW_CHAR, 7), "VARCHAR(7)");
    COMMON(chars(TW_CHAR, 5), chars(TW_CHAR, 5), "CHAR(5)");
    COMMON(&TW_TYPE_NULL, &TW_TYPE_DATE, "DATE");
    COMMON(&TW_TYPE_DATE, &TW_TYPE_TIMESTAMP_3, "TIMESTAMP(3)");
    COMMON(&TW_TYPE_LTZ_3, &TW_TYPE_TIMESTAMP_6, "TIMESTAMP_LTZ(6)");
    COMMON(&TW_TYPE_STRING, &TW_TYPE_INTEGER, "none");
    COMMON(tw_type_array(&test_arena, &TW_TYPE_INTEGER), tw_type_array(&test_arena, &TW_TYPE_BIGINT), "ARRAY<BIGINT>");
}

static void test_castable(void **state) {
    (void)state;
    assert_true(tw_type_castable(&TW_TYPE_STRING, &TW_TYPE_INTEGER, false));
    assert_false(tw_type_castable(&TW_TYPE_STRING, &TW_TYPE_INTEGER, true));
    assert_true(tw_type_castable(&TW_TYPE_INTEGER, &TW_TYPE_BIGINT, true));
    assert_false(tw_type_castable(&TW_TYPE_BIGINT, &TW_TYPE_INTEGER, true));
    assert_false(tw_type_castable(&TW_TYPE_INTEGER, &TW_TYPE_DATE, false));
    assert_true(tw_type_castable(tw_type_array(&test_arena, &TW_TYPE_STRING), tw_type_array(&test_arena, &TW_TYPE_DATE), false));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_expr, close_expr)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_common), TEST(test_castable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
