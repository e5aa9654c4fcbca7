#include "window_test.h"

static void test_tumble(void **state) {
    (void)state;
    plan_test t;
    window_open(&t);
    tw_plan_node *n = plan_scan(&t, window_input(&t, false), 1, "1, 10, 1000\n2, 5, 2000\n1, 20, 9999\n1, 1, 10000\n1, 7, 3000\nNULL, 4, 12000\n1, 2, 21000\n1, 9, 11000\n");
    n = plan_watermark(&t, n, 2, 1000);
    n = plan_exchange(&t, n, 1, 0);
    tw_agg_call calls[] = {window_call("COUNT", 0, false, false), window_call("SUM", 1, false, false)};
    n = window_agg(&t, n, (tw_window){.kind = TW_WINDOW_TUMBLE, .time_column = 2, .size_ms = 10000}, 2, calls);
    plan_sink(&t, n);
    const char *expected = "+I[1, 3, 37, 1970-01-01T00:00, 1970-01-01T00:00:10]\n+I[2, 1, 5, 1970-01-01T00:00, 1970-01-01T00:00:10]\n"
                           "+I[1, 1, 1, 1970-01-01T00:00:10, 1970-01-01T00:00:20]\n+I[null, 1, 4, 1970-01-01T00:00:10, 1970-01-01T00:00:20]\n"
                           "+I[1, 1, 2, 1970-01-01T00:00:20, 1970-01-01T00:00:30]\n";
    plan_expect(&t, expected);
    plan_expect_resumed(&t, false, expected);
    plan_fail_allocations(&t, false, expected);
    plan_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tumble)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
