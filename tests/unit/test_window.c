#include "window_model.h"

/* [k, v, ts] with the three window columns behind. */
static tw_plan_node *window_function(plan_test *t, tw_plan_node *input, tw_window window) {
    const tw_type *row = plan_row(t, 6, "k", &TW_TYPE_STRING, "v", &TW_TYPE_BIGINT, "ts", input->row->fields[2].type, "window_start",
                                  &TW_TYPE_TIMESTAMP_3, "window_end", &TW_TYPE_TIMESTAMP_3, "window_time", input->row->fields[2].type);
    tw_plan_node *n = plan_node(t, TW_PLAN_WINDOW, row, input->changelog, 1, input);
    window.time_column = 2;
    n->u.window = window;
    return n;
}

static const tw_type *input_row(plan_test *t) { return plan_row(t, 3, "k", &TW_TYPE_STRING, "v", &TW_TYPE_BIGINT, "ts", plan_rowtime(t)); }

static tw_plan_node *scripted(plan_test *t, int64_t delay, const char *script) {
    plan_open(t);
    t->operators[TW_PLAN_WINDOW] = &TW_OPERATOR_WINDOW;
    tw_plan_node *n = plan_watermark(t, plan_scan(t, input_row(t), 1, script), 2, delay);
    n->u.watermark.rows_wanted = true;
    return plan_exchange(t, n, 1, 0);
}

/* Nothing is late: the third row comes long after its window. */
static void test_tumble(void **state) {
    (void)state;
    plan_test t;
    tw_plan_node *n = scripted(&t, 0, "a, 1, 1500\na-key-of-more-than-12-bytes, 2, 9000\na, NULL, -1\n");
    plan_sink(&t, window_function(&t, n, (tw_window){.kind = TW_WINDOW_TUMBLE, .size_ms = 1000}));
    const char *expected =
        "+I[a, 1, 1970-01-01T00:00:01.500, 1970-01-01T00:00:01, 1970-01-01T00:00:02, 1970-01-01T00:00:01.999]\n"
        "+I[a-key-of-more-than-12-bytes, 2, 1970-01-01T00:00:09, 1970-01-01T00:00:09, 1970-01-01T00:00:10, 1970-01-01T00:00:09.999]\n"
        "+I[a, null, 1969-12-31T23:59:59.999, 1969-12-31T23:59:59, 1970-01-01T00:00, 1969-12-31T23:59:59.999]\n";
    plan_expect(&t, expected);
    plan_fail_allocations(&t, false, expected);
    plan_close(&t);
}

/* Several windows a row, with its kind; the slide does not divide the size. */
static void test_hop(void **state) {
    (void)state;
    plan_test t;
    tw_plan_node *n = scripted(&t, 0, "a, 1, 1000\n-D a, 1, 1000\nb, 2, 1800\n");
    plan_sink(&t, window_function(&t, n, (tw_window){.kind = TW_WINDOW_HOP, .size_ms = 1500, .step_ms = 1000, .offset_ms = -200}));
    plan_expect(&t, "+I[a, 1, 1970-01-01T00:00:01, 1970-01-01T00:00:00.800, 1970-01-01T00:00:02.300, 1970-01-01T00:00:02.299]\n"
                    "+I[a, 1, 1970-01-01T00:00:01, 1969-12-31T23:59:59.800, 1970-01-01T00:00:01.300, 1970-01-01T00:00:01.299]\n"
                    "-D[a, 1, 1970-01-01T00:00:01, 1970-01-01T00:00:00.800, 1970-01-01T00:00:02.300, 1970-01-01T00:00:02.299]\n"
                    "-D[a, 1, 1970-01-01T00:00:01, 1969-12-31T23:59:59.800, 1970-01-01T00:00:01.300, 1970-01-01T00:00:01.299]\n"
                    "+I[b, 2, 1970-01-01T00:00:01.800, 1970-01-01T00:00:01.800, 1970-01-01T00:00:03.300, 1970-01-01T00:00:03.299]\n"
                    "+I[b, 2, 1970-01-01T00:00:01.800, 1970-01-01T00:00:00.800, 1970-01-01T00:00:02.300, 1970-01-01T00:00:02.299]\n");
    plan_close(&t);
}

/* More windows a row than a batch has rows. */
static void test_many_windows(void **state) {
    (void)state;
    plan_test t;
    tw_plan_node *n = scripted(&t, 0, "a, 1, 20000\nb, 2, 21000\n");
    plan_sink(&t, window_function(&t, n, (tw_window){.kind = TW_WINDOW_CUMULATE, .size_ms = 10000, .step_ms = 1}));
    plan_run(&t, 1, 4096, 1);
    assert_int_equal(t.status, TW_OK);
    int64_t lines = 0;
    for (size_t i = 0; i < t.rows.length; i++) lines += t.rows.data[i] == '\n';
    assert_int_equal(lines, 10000 + 9000);
    plan_close(&t);
}

static void test_session(void **state) {
    (void)state;
    plan_test t;
    tw_plan_node *n = scripted(
        &t, 1000, "a, 1, 1000\nb, 2, 1500\na, 3, 2000\na, NULL, 3500\na-key-of-more-than-12-bytes, 4, 3000\na, 5, 2700\nb, 6, 9000\nb, 7, 100\n");
    static const int32_t K[] = {0};
    plan_sink(&t, window_function(&t, n, (tw_window){.kind = TW_WINDOW_SESSION, .gap_ms = 1000, .partition = K, .npartition = 1}));
    const char *expected =
        "+I[a, 1, 1970-01-01T00:00:01, 1970-01-01T00:00:01, 1970-01-01T00:00:04.500, 1970-01-01T00:00:04.499]\n"
        "+I[a, 3, 1970-01-01T00:00:02, 1970-01-01T00:00:01, 1970-01-01T00:00:04.500, 1970-01-01T00:00:04.499]\n"
        "+I[a, 5, 1970-01-01T00:00:02.700, 1970-01-01T00:00:01, 1970-01-01T00:00:04.500, 1970-01-01T00:00:04.499]\n"
        "+I[a, null, 1970-01-01T00:00:03.500, 1970-01-01T00:00:01, 1970-01-01T00:00:04.500, 1970-01-01T00:00:04.499]\n"
        "+I[a-key-of-more-than-12-bytes, 4, 1970-01-01T00:00:03, 1970-01-01T00:00:03, 1970-01-01T00:00:04, 1970-01-01T00:00:03.999]\n"
        "+I[b, 2, 1970-01-01T00:00:01.500, 1970-01-01T00:00:01.500, 1970-01-01T00:00:02.500, 1970-01-01T00:00:02.499]\n"
        "+I[b, 6, 1970-01-01T00:00:09, 1970-01-01T00:00:09, 1970-01-01T00:00:10, 1970-01-01T00:00:09.999]\n";
    plan_expect(&t, expected);
    assert_int_equal(t.stats.late_rows, 1);
    plan_expect_resumed(&t, false, expected);
    plan_fail_allocations(&t, false, expected);
    plan_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tumble), cmocka_unit_test(test_hop), cmocka_unit_test(test_many_windows),
                                       cmocka_unit_test(test_session)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
