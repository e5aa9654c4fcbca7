/* Aggregations in two halves, as whole jobs: equal to one phase at every shard count and batch size, after restores, with failing allocations. */
#include "window_test.h"

static const int32_t K[] = {0};

static void begin(plan_test *t) {
    window_open(t);
    t->operators[TW_PLAN_GROUP_AGG] = &TW_OPERATOR_GROUP_AGG;
    t->operators[TW_PLAN_LOCAL_AGG] = &TW_OPERATOR_LOCAL_AGG;
}

static tw_plan_node *local(plan_test *t, tw_plan_node *input, tw_plan_agg agg, bool windowed) {
    int n = input->row->nfields;
    tw_field fields[8];
    memcpy(fields, input->row->fields, sizeof *fields * (size_t)n);
    fields[n] = (tw_field){TW_STR("$partial"), &TW_TYPE_BYTES};
    tw_plan_node *node = plan_node(t, TW_PLAN_LOCAL_AGG, tw_type_row(&t->arena, fields, n + 1), TW_APPEND, 1, input);
    node->u.agg = agg;
    node->u.agg.windowed = windowed;
    return node;
}

enum { CALLS = 4 };
static void make_calls(tw_agg_call calls[CALLS]) {
    calls[0] = window_call("COUNT", 0, false, false);
    calls[1] = window_call("SUM", 1, false, false);
    calls[2] = window_call("MIN", 1, false, false);
    calls[3] = window_call("MAX", 1, false, false);
}

/* ---- GROUP BY ---- */

static tw_plan_node *grouped(plan_test *t, tw_plan_node *input, int nkeys, const tw_agg_call *calls, bool two) {
    tw_plan_agg agg = {.keys = K, .nkeys = nkeys, .calls = calls, .ncalls = CALLS, .keep = -1, .input_append = true};
    if (two) input = local(t, input, agg, false);
    input = nkeys ? plan_exchange(t, input, 1, 0) : plan_exchange(t, input, 0);
    tw_field fields[1 + CALLS] = {{TW_STR("k"), &TW_TYPE_BIGINT}};
    for (int c = 0; c < CALLS; c++) fields[nkeys + c] = (tw_field){calls[c].name, calls[c].type};
    tw_plan_node *n = plan_node(t, TW_PLAN_GROUP_AGG, tw_type_row(&t->arena, fields, nkeys + CALLS), TW_RETRACT, 1, input);
    agg.merges = two;
    n->u.agg = agg;
    return n;
}

#define FIRST_SPLIT  "1, 4, 100\n1, 6, 200\nNULL, 1, 300\n1, NULL, 400\n2, -5, 500\n1, 4, 600\nNULL, NULL, 700\n2, NULL, 800\n"
#define SECOND_SPLIT "3, NULL, 100\n3, NULL, 200\n1, -1, 300\n1, 0, 400\n4, 9, 500\n"

static void check_grouped(int nkeys, const char *expected) {
    for (int two = 0; two < 2; two++) {
        plan_test t;
        begin(&t);
        tw_agg_call calls[CALLS];
        make_calls(calls);
        plan_sink(&t, grouped(&t, plan_scan(&t, window_input(&t, false), 2, FIRST_SPLIT, SECOND_SPLIT), nkeys, calls, two));
        plan_expect_net(&t, expected);
        plan_expect_resumed(&t, true, expected);
        if (two) plan_fail_allocations(&t, true, expected);
        plan_close(&t);
    }
}

static void test_keys(void **state) {
    (void)state;
    check_grouped(1, "[1, 6, 13, -1, 6]\n[2, 2, -5, -5, -5]\n[3, 2, null, null, null]\n[4, 1, 9, 9, 9]\n[null, 2, 1, 1, 1]\n");
}
static void test_no_keys(void **state) {
    (void)state;
    check_grouped(0, "[13, 18, -5, 9]\n");
}

/* ---- windows ---- */

/* Some rows are behind: late for every window, for some, or for none. */
#define LATE_SPLIT "1, 4, 100\n1, 6, 200\n2, 1, 900\n1, 1, 1500\n1, 2, 700\n2, 5, 1600\n2, 7, 1550\n1, 3, 3100\n1, 8, 2900\n1, 9, 200\n1, 1, 3200\n"

static tw_plan_node *windowed(plan_test *t, tw_window window, const tw_agg_call *calls, bool two) {
    tw_plan_node *n = plan_watermark(t, plan_scan(t, window_input(t, false), 2, LATE_SPLIT, "1, 5, 50\n1, 5, 60\n3, 1, 1999\n3, 1, 1000\n"), 2, 100);
    tw_plan_agg agg = {.keys = K, .nkeys = 1, .calls = calls, .ncalls = CALLS, .window = window, .keep = -1, .input_append = true};
    if (two) n = local(t, n, agg, true);
    n = window_agg(t, plan_exchange(t, n, 1, 0), window, CALLS, calls);
    n->u.agg.merges = two;
    return n;
}

/* One phase says what is expected. */
static void check_windowed(tw_window window, uint64_t late) {
    char *expected = NULL;
    for (int two = 0; two < 2; two++) {
        plan_test t;
        begin(&t);
        tw_agg_call calls[CALLS];
        make_calls(calls);
        plan_sink(&t, windowed(&t, window, calls, two));
        if (!two) {
            assert_int_equal(plan_run(&t, 1, TW_BATCH_ROWS, 1), TW_OK);
            expected = strdup(plan_lines(&t, false));
        } else {
            plan_expect(&t, expected);
            plan_expect_resumed(&t, false, expected);
            plan_fail_allocations(&t, false, expected);
        }
        plan_run(&t, 3, TW_BATCH_ROWS, 2);
        assert_int_equal(t.stats.late_rows, late);
        plan_close(&t);
    }
    free(expected);
}

static void test_tumble(void **state) {
    (void)state;
    check_windowed((tw_window){.kind = TW_WINDOW_TUMBLE, .time_column = 2, .size_ms = 1000, .step_ms = 1000}, 3);
}
static void test_hop(void **state) {
    (void)state;
    check_windowed((tw_window){.kind = TW_WINDOW_HOP, .time_column = 2, .size_ms = 1000, .step_ms = 500}, 1);
    check_windowed((tw_window){.kind = TW_WINDOW_HOP, .time_column = 2, .size_ms = 500, .step_ms = 1000}, 2);
}
static void test_cumulate(void **state) {
    (void)state;
    check_windowed((tw_window){.kind = TW_WINDOW_CUMULATE, .time_column = 2, .size_ms = 2000, .step_ms = 1000}, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys), cmocka_unit_test(test_no_keys), cmocka_unit_test(test_tumble),
                                       cmocka_unit_test(test_hop), cmocka_unit_test(test_cumulate)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
