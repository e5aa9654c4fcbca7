#include "window_model.h"

#define SESSION(gap) {.kind = TW_WINDOW_SESSION, .gap_ms = gap}
#define HOUR         INT64_C(3600000)

/* Rows that touch merge: [0, 1000) and [1000, 2000). A late row joins a session that is open and is dropped where it would be one of its own. */
static void test_sessions(void **state) {
    (void)state;
    plan_test t;
    window_open(&t);
    tw_plan_node *n = plan_scan(
        &t, window_input(&t, false), 1,
        "1, 1, 0\n1, 2, 1000\n2, 3, 500\n1, 4, 2001\n2, 5, 2500\n1, 6, 3500\n1, 7, 900\n2, 8, 1200\n2, 9, 2600\n1, 10, 4500\n");
    n = plan_exchange(&t, plan_watermark(&t, n, 2, 0), 1, 0);
    tw_agg_call calls[] = {window_call("COUNT", 0, false, false), window_call("SUM", 1, false, false)};
    n = window_agg(&t, n, (tw_window){.kind = TW_WINDOW_SESSION, .time_column = 2, .gap_ms = 1000}, 2, calls);
    plan_sink(&t, n);
    const char *expected =
        "+I[1, 2, 3, 1970-01-01T00:00, 1970-01-01T00:00:02]\n+I[1, 1, 4, 1970-01-01T00:00:02.001, 1970-01-01T00:00:03.001]\n"
        "+I[1, 2, 16, 1970-01-01T00:00:03.500, 1970-01-01T00:00:05.500]\n+I[2, 1, 3, 1970-01-01T00:00:00.500, 1970-01-01T00:00:01.500]\n"
        "+I[2, 1, 5, 1970-01-01T00:00:02.500, 1970-01-01T00:00:03.500]\n+I[2, 1, 9, 1970-01-01T00:00:02.600, 1970-01-01T00:00:03.600]\n";
    plan_expect(&t, expected);
    assert_int_equal(t.stats.late_rows, 2);
    plan_expect_resumed(&t, false, expected);
    plan_fail_allocations(&t, false, expected);
    plan_close(&t);
}

static void test_properties(void **state) {
    (void)state;
    static const property ALL[] = {
        {SESSION(300), NULL, 0, 100, 1500, 500, 2, 4, 1, 80, false, {0}},
        {SESSION(300), NULL, -7000, 100, 2500, 900, 4, 4, 1, 80, false, {0}},
        {SESSION(1), NULL, 0, 2, 20, 10, 4, 2, 1, 80, false, {0}},
        {SESSION(317), NULL, 0, 100, 400, 401, 4, 5, 3, 60, false, {0}},
        {SESSION(300), NULL, 0, 100, 1500, 500, 4, 4, 1, 80, true, {0}},
        {SESSION(HOUR), "Europe/Berlin", 1616882400000, HOUR / 2, 3 * HOUR, HOUR, 2, 3, 1, 60, false, {0}},
        {SESSION(HOUR), "America/New_York", 1636250000000, HOUR / 2, 3 * HOUR, HOUR, 2, 3, 1, 60, false, {0}},
    };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) check_property(&ALL[i], 100 + i, true);
}

static void test_early_properties(void **state) {
    (void)state;
    static const property ALL[] = {
        {SESSION(300), NULL, 0, 100, 900, 500, 3, 4, 1, 60, false, {.mode = TW_EMIT_ON_UPDATE}},
        {SESSION(300), NULL, 0, 100, 2000, 300, 4, 4, 1, 60, false, {.mode = TW_EMIT_ON_UPDATE, .lateness_ms = 600}},
        {SESSION(300), NULL, -5000, 100, 2000, 300, 4, 4, 1, 60, false, {.mode = TW_EMIT_ON_CLOSE, .lateness_ms = 900}},
        {SESSION(300), NULL, 0, 100, 2000, 300, 2, 4, 1, 60, true, {.mode = TW_EMIT_EVERY, .every_ms = 200, .lateness_ms = 900}},
        {SESSION(317), NULL, 0, 100, 400, 401, 4, 5, 3, 50, false, {.mode = TW_EMIT_EVERY, .every_ms = 2, .processing_time = true}},
    };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) check_property(&ALL[i], 200 + i, true);
}

static void test_allocations(void **state) {
    (void)state;
    static const property ALL[] = {
        {SESSION(300), NULL, 0, 100, 1500, 500, 4, 2, 1, 12, true, {0}},
        {SESSION(300), NULL, 0, 100, 1500, 500, 4, 2, 1, 12, false, {.mode = TW_EMIT_ON_UPDATE, .lateness_ms = 600}},
    };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) check_allocations(&ALL[i], 300 + i);
}

static void test_processing_time(void **state) {
    (void)state;
    plan_test t;
    window_open(&t);
    tw_plan_node *n = plan_scan(&t, window_input(&t, false), 1, "1, 1, 0\n~600\n1, 2, 0\n~600\n2, 3, 0\n1, 4, NULL\n~1500\n1, 5, 0\n~3000\n");
    n = plan_exchange(&t, n, 1, 0);
    tw_agg_call calls[] = {window_call("COUNT", 0, false, false), window_call("SUM", 1, false, false)};
    n = window_agg(&t, n, (tw_window){.kind = TW_WINDOW_SESSION, .proctime = true, .gap_ms = 1000}, 2, calls);
    n->u.agg.gives_start = n->u.agg.gives_end = false;
    tw_field *fields = tw_arena_memdup(&t.arena, n->row->fields, sizeof(tw_field) * 3);
    n->row = tw_type_row(&t.arena, fields, 3);
    plan_sink(&t, n);
    plan_run(&t, 2, 7, 1);
    PLAN_CHECK(&t, false, plan_sorted(&t, "+I[1, 3, 7]\n+I[2, 1, 3]\n+I[1, 1, 5]\n"), 2, 7, 1);
    plan_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sessions), cmocka_unit_test(test_properties), cmocka_unit_test(test_early_properties),
                                       cmocka_unit_test(test_allocations), cmocka_unit_test(test_processing_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
