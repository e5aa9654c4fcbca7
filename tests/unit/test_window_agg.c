#include "window_model.h"

static void test_tumble(void **state) {
    (void)state;
    plan_test t;
    window_open(&t);
    tw_plan_node *n = plan_scan(&t, window_input(&t, false), 1,
                                "1, 10, 1000\n2, 5, 2000\n1, 20, 9999\n1, 1, 10000\n1, 7, 3000\nNULL, 4, 12000\n1, 2, 21000\n1, 9, 11000\n");
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

/* ---- against the model ---- */

#define TUMBLE(size, offset)        {.kind = TW_WINDOW_TUMBLE, .size_ms = size, .offset_ms = offset}
#define HOP(size, slide, offset)    {.kind = TW_WINDOW_HOP, .size_ms = size, .step_ms = slide, .offset_ms = offset}
#define CUMULATE(max, step, offset) {.kind = TW_WINDOW_CUMULATE, .size_ms = max, .step_ms = step, .offset_ms = offset}

static void test_tumble_properties(void **state) {
    (void)state;
    static const property ALL[] = {
        {TUMBLE(1000, 0), NULL, 0, 200, 1500, 500, 2, 5, 1, 60, false, {0}},
        {TUMBLE(1000, 0), NULL, 0, 200, 1500, 500, 2, 5, 3, 60, false, {0}},
        {TUMBLE(700, -250), NULL, -20000, 300, 3000, 200, 4, 3, 2, 50, false, {0}},
        {TUMBLE(5000, 1234), NULL, -5000, 10, 9000, 0, 3, 100, 3, 200, false, {0}},
        {TUMBLE(1, 0), NULL, 3, 1, 5, 2, 4, 2, 2, 60, false, {0}},
        {TUMBLE(1000, 0), NULL, 0, 200, 1500, 500, 4, 4, 2, 60, true, {0}},
    };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) check_property(&ALL[i], 100 + i, true);
}

static void test_hop_properties(void **state) {
    (void)state;
    static const property ALL[] = {
        {HOP(1000, 250, 0), NULL, 0, 100, 1500, 300, 2, 4, 2, 60, false, {0}},       /* merged at the close */
        {HOP(1000, 300, -70), NULL, -3000, 100, 1500, 300, 4, 4, 3, 60, false, {0}}, /* slide does not divide size */
        {HOP(1000, 50, 0), NULL, 0, 40, 900, 200, 2, 4, 2, 80, false, {0}},          /* subtracts */
        {HOP(1000, 50, 0), NULL, -700, 40, 900, 200, 3, 4, 2, 80, false, {0}},       /* tree */
        {HOP(1010, 50, 7), NULL, 0, 40, 900, 200, 4, 3, 3, 50, false, {0}},          /* tree, cut slices, DISTINCT */
        {HOP(1010, 50, 7), NULL, 0, 300, 900, 200, 2, 3, 3, 50, false, {0}},         /* sparse */
        {HOP(300, 1000, 0), NULL, 0, 100, 1500, 300, 4, 4, 2, 60, false, {0}},       /* gaps between windows */
        {HOP(1000, 50, 0), NULL, 0, 40, 900, 200, 2, 4, 2, 80, true, {0}},
        {HOP(500, 250, 0), NULL, 0, 100, 700, 100, 4, 4, 2, 60, true, {0}},
    };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) check_property(&ALL[i], 200 + i, true);
}

static void test_cumulate_properties(void **state) {
    (void)state;
    static const property ALL[] = {
        {CUMULATE(1000, 200, 0), NULL, 0, 100, 1500, 300, 2, 4, 2, 60, false, {0}},
        {CUMULATE(1000, 100, -330), NULL, -9000, 100, 1500, 300, 4, 4, 3, 60, false, {0}},
        {CUMULATE(2000, 100, 0), NULL, 0, 20, 300, 50, 3, 4, 1, 100, false, {0}},
        {CUMULATE(1000, 200, 0), NULL, 0, 100, 900, 300, 3, 4, 2, 60, true, {0}},
    };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) check_property(&ALL[i], 300 + i, true);
}

#define HOUR   INT64_C(3600000)
#define MINUTE INT64_C(60000)
static void test_zone_properties(void **state) {
    (void)state;
    /* Berlin: 2021-03-28 01:00 UTC forward, 2021-10-31 01:00 UTC back. New York: 2021-03-14 07:00 UTC, 2021-11-07 06:00 UTC. */
    static const property ALL[] = {
        {TUMBLE(HOUR, 0), "Europe/Berlin", 1616882400000, 10 * MINUTE, HOUR, HOUR / 2, 2, 2, 2, 50, false, {0}},
        {TUMBLE(HOUR, 0), "Europe/Berlin", 1635631200000, 10 * MINUTE, 2 * HOUR, HOUR / 2, 2, 2, 2, 50, false, {0}},
        {TUMBLE(24 * HOUR, 0), "Europe/Berlin", 1635500000000, HOUR, 9 * HOUR, HOUR, 4, 2, 2, 60, false, {0}},
        {HOP(3 * HOUR, HOUR / 2, 0), "America/New_York", 1615694400000, 10 * MINUTE, 2 * HOUR, HOUR / 2, 2, 2, 2, 50, false, {0}},
        {HOP(5 * HOUR, HOUR / 4, 0), "America/New_York", 1636250000000, 10 * MINUTE, 2 * HOUR, HOUR / 2, 2, 2, 2, 60, false, {0}},
        {HOP(5 * HOUR, HOUR / 4, 0), "America/New_York", 1636250000000, 10 * MINUTE, 2 * HOUR, HOUR / 2, 3, 2, 1, 60, false, {0}},
        {CUMULATE(24 * HOUR, HOUR, 0), "America/New_York", 1636200000000, 30 * MINUTE, 3 * HOUR, HOUR / 2, 4, 2, 2, 60, false, {0}},
        {CUMULATE(2 * HOUR, HOUR / 2, -15 * MINUTE), "Europe/Berlin", 1616882400000, 8 * MINUTE, HOUR, HOUR / 4, 2, 2, 2, 50, false, {0}},
    };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) check_property(&ALL[i], 400 + i, i % 2 == 0);
}

static void test_early_properties(void **state) {
    (void)state;
    static const property ALL[] = {
        {TUMBLE(1000, 0), NULL, 0, 200, 1500, 500, 4, 5, 2, 60, false, {.mode = TW_EMIT_ON_UPDATE}},
        {TUMBLE(1000, 0), NULL, 0, 200, 2500, 300, 4, 5, 2, 60, false, {.mode = TW_EMIT_ON_CLOSE, .lateness_ms = 900}},
        {TUMBLE(1000, 0), NULL, 0, 200, 2500, 300, 3, 5, 3, 60, false, {.mode = TW_EMIT_EVERY, .every_ms = 400, .lateness_ms = 500}},
        {HOP(1000, 300, 0), NULL, -4000, 200, 2500, 300, 3, 5, 2, 60, false, {.mode = TW_EMIT_ON_UPDATE, .lateness_ms = 1500}},
        {HOP(1000, 500, 0), NULL, 0, 200, 900, 300, 4, 3, 2, 60, true, {.mode = TW_EMIT_ON_UPDATE, .lateness_ms = 200}},
        {CUMULATE(1000, 250, 0), NULL, 0, 200, 2500, 300, 4, 5, 2, 60, false, {.mode = TW_EMIT_EVERY, .every_ms = 3, .processing_time = true}},
        {CUMULATE(1000, 250, 0), NULL, 0, 200, 900, 300, 2, 3, 2, 60, true, {.mode = TW_EMIT_ON_CLOSE, .lateness_ms = 2000}},
    };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) check_property(&ALL[i], 500 + i, true);
}

/* ---- further cases ---- */

/* Windows of windows: counts by key and second, then, by the attached window, the number of keys and the largest count. */
static void test_attached(void **state) {
    (void)state;
    plan_test t;
    window_open(&t);
    tw_plan_node *n = plan_scan(&t, window_input(&t, false), 2, "1, 1, 100\n1, 1, 900\n2, 1, 500\n1, 1, 1100\n1, 1, 800\n3, 1, 2500\n9, 1, 200\n",
                                "5, 1, 300\n5, 1, 400\n2, 1, 2999\n");
    n = plan_exchange(&t, plan_watermark(&t, n, 2, 0), 1, 0);
    tw_agg_call calls[] = {window_call("COUNT", 0, false, false)};
    n = window_agg(&t, n, (tw_window){.kind = TW_WINDOW_TUMBLE, .time_column = 2, .size_ms = 1000}, 1, calls);
    n = plan_exchange(&t, n, 0);
    tw_agg_call outer[] = {window_call("COUNT", 0, false, false), window_call("MAX", 1, false, false), window_call("COUNT", 1, true, false)};
    const tw_type *row = plan_row(&t, 4, "keys", &TW_TYPE_BIGINT, "most", &TW_TYPE_BIGINT, "counts", &TW_TYPE_BIGINT, "window_end",
                                  &TW_TYPE_TIMESTAMP_3);
    tw_plan_node *a = plan_node(&t, TW_PLAN_WINDOW_AGG, row, TW_APPEND, 1, n);
    a->u.agg = (tw_plan_agg){.calls = outer,
                             .ncalls = 3,
                             .window = {.kind = TW_WINDOW_ATTACHED, .time_column = -1, .start_column = 2, .end_column = 3},
                             .gives_end = true,
                             .keep = -1,
                             .input_append = true};
    plan_sink(&t, a);
    const char *expected = "+I[3, 2, 2, 1970-01-01T00:00:01]\n+I[1, 1, 1, 1970-01-01T00:00:02]\n+I[2, 1, 1, 1970-01-01T00:00:03]\n";
    plan_expect(&t, expected);
    plan_expect_resumed(&t, false, expected);
    plan_fail_allocations(&t, false, expected);
    plan_close(&t);
}

/* window_time of the first aggregation is the time of the second. */
static void test_cascade(void **state) {
    (void)state;
    plan_test t;
    window_open(&t);
    tw_plan_node *n = plan_scan(&t, window_input(&t, false), 1, "1, 1, 100\n1, 1, 900\n2, 1, 500\n1, 1, 1100\n3, 1, 2500\n3, 1, 5000\n");
    n = plan_exchange(&t, plan_watermark(&t, n, 2, 0), 1, 0);
    tw_agg_call calls[] = {window_call("COUNT", 0, false, false)};
    static const int32_t K[] = {0};
    tw_plan_node *a = plan_node(&t, TW_PLAN_WINDOW_AGG, plan_row(&t, 3, "k", &TW_TYPE_BIGINT, "n", &TW_TYPE_BIGINT, "window_time", plan_rowtime(&t)),
                                TW_APPEND, 1, n);
    a->u.agg = (tw_plan_agg){.keys = K,
                             .nkeys = 1,
                             .calls = calls,
                             .ncalls = 1,
                             .window = {.kind = TW_WINDOW_TUMBLE, .time_column = 2, .size_ms = 1000},
                             .gives_time = true,
                             .keep = -1,
                             .input_append = true};
    tw_agg_call outer[] = {window_call("COUNT", 0, false, false), window_call("SUM", 1, false, false)};
    n = window_agg(&t, a, (tw_window){.kind = TW_WINDOW_HOP, .time_column = 2, .size_ms = 4000, .step_ms = 2000}, 2, outer);
    plan_sink(&t, n);
    const char *expected = "+I[1, 2, 3, 1969-12-31T23:59:58, 1970-01-01T00:00:02]\n+I[2, 1, 1, 1969-12-31T23:59:58, 1970-01-01T00:00:02]\n"
                           "+I[1, 2, 3, 1970-01-01T00:00, 1970-01-01T00:00:04]\n+I[2, 1, 1, 1970-01-01T00:00, 1970-01-01T00:00:04]\n"
                           "+I[3, 1, 1, 1970-01-01T00:00, 1970-01-01T00:00:04]\n+I[3, 2, 2, 1970-01-01T00:00:02, 1970-01-01T00:00:06]\n"
                           "+I[3, 1, 1, 1970-01-01T00:00:04, 1970-01-01T00:00:08]\n";
    plan_expect(&t, expected);
    plan_expect_resumed(&t, false, expected);
    plan_close(&t);
}

/* The clock begins at 1000000 ms; rows wait in between. */
static void test_processing_time(void **state) {
    (void)state;
    plan_test t;
    window_open(&t);
    tw_plan_node *n = plan_scan(&t, window_input(&t, false), 1,
                                "1, 1, 0\n1, 2, 0\n~1500\n1, 3, 0\n2, 4, NULL\n~400\n1, 5, 0\n~5000\n1, 6, 0\n~2000\n");
    n = plan_exchange(&t, n, 1, 0);
    tw_agg_call calls[] = {window_call("COUNT", 0, false, false), window_call("SUM", 1, false, false)};
    n = window_agg(&t, n, (tw_window){.kind = TW_WINDOW_TUMBLE, .time_column = 2, .proctime = true, .size_ms = 1000}, 2, calls);
    plan_sink(&t, n);
    plan_run(&t, 2, 7, 1);
    PLAN_CHECK(&t, false,
               plan_sorted(&t, "+I[1, 2, 3, 1970-01-01T00:16:40, 1970-01-01T00:16:41]\n+I[1, 2, 8, 1970-01-01T00:16:41, 1970-01-01T00:16:42]\n"
                               "+I[2, 1, 4, 1970-01-01T00:16:41, 1970-01-01T00:16:42]\n+I[1, 1, 6, 1970-01-01T00:16:46, 1970-01-01T00:16:47]\n"),
               2, 7, 1);
    plan_close(&t);
}

/* Every change, one by one; an update that changes nothing is left out. */
static void test_every_change(void **state) {
    (void)state;
    plan_test t;
    window_open(&t);
    t.plan.every_change = true;
    t.keep_order = true;
    tw_plan_node *n = plan_scan(&t, window_input(&t, false), 1,
                                "1, 5, 100\n1, 7, 200\n1, 9, 300\n2, 1, 400\n1, 3, 1000\n1, 2, 500\n1, 0, 3000\n1, 1, 600\n");
    n = plan_watermark(&t, n, 2, 0);
    tw_agg_call calls[] = {window_call("MIN", 1, false, false)};
    n = window_agg(&t, n, (tw_window){.kind = TW_WINDOW_TUMBLE, .time_column = 2, .size_ms = 1000}, 1, calls);
    n->u.agg.emit = (tw_emit_spec){.mode = TW_EMIT_ON_UPDATE, .lateness_ms = 2000};
    n->changelog = TW_RETRACT;
    plan_sink(&t, n);
    plan_run(&t, 1, 4096, 1);
    PLAN_CHECK(&t, false,
               "+I[1, 5, 1970-01-01T00:00, 1970-01-01T00:00:01]\n+I[2, 1, 1970-01-01T00:00, 1970-01-01T00:00:01]\n"
               "+I[1, 3, 1970-01-01T00:00:01, 1970-01-01T00:00:02]\n-U[1, 5, 1970-01-01T00:00, 1970-01-01T00:00:01]\n"
               "+U[1, 2, 1970-01-01T00:00, 1970-01-01T00:00:01]\n+I[1, 0, 1970-01-01T00:00:03, 1970-01-01T00:00:04]\n",
               1, 4096, 1);
    assert_int_equal(t.stats.late_rows, 1);
    plan_close(&t);
}

static void test_allocations(void **state) {
    (void)state;
    static const property ALL[] = {
        {HOP(1000, 70, 0), NULL, 0, 200, 900, 200, 3, 3, 2, 12, false, {0}},
        {HOP(1000, 50, 0), NULL, 0, 200, 900, 200, 2, 3, 2, 12, false, {0}},
        {CUMULATE(1000, 250, 0), NULL, 0, 200, 900, 200, 4, 3, 2, 12, false, {0}},
        {TUMBLE(1000, 0), NULL, 0, 200, 2500, 300, 4, 3, 2, 12, true, {.mode = TW_EMIT_ON_UPDATE, .lateness_ms = 900}},
    };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) check_allocations(&ALL[i], 600 + i);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tumble),          cmocka_unit_test(test_tumble_properties),
                                       cmocka_unit_test(test_hop_properties),  cmocka_unit_test(test_cumulate_properties),
                                       cmocka_unit_test(test_zone_properties), cmocka_unit_test(test_early_properties),
                                       cmocka_unit_test(test_attached),        cmocka_unit_test(test_cascade),
                                       cmocka_unit_test(test_processing_time), cmocka_unit_test(test_every_change),
                                       cmocka_unit_test(test_allocations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
