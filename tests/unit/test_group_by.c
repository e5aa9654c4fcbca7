/* GROUP BY in whole jobs: many shards, retractions across exchanges, aggregations on aggregations, restarts, failing allocations. */
#include "plan_test.h"

static const int32_t FIRST[] = {0}, SECOND[] = {1};

static tw_agg_call call(const char *name, const tw_type *type, const int32_t *column, bool retract, bool distinct) {
    const tw_function *function = tw_function_find(tw_str_of(name));
    assert_non_null(function);
    return (tw_agg_call){
        .function = function, .type = type, .args = column, .nargs = column != NULL, .filter = -1, .distinct = distinct, .retract = retract};
}
static tw_agg_call bigint(const char *name, const int32_t *column, bool retract, bool distinct) {
    return call(name, &TW_TYPE_BIGINT, column, retract, distinct);
}

static void begin(plan_test *t) {
    plan_open(t);
    t->operators[TW_PLAN_GROUP_AGG] = &TW_OPERATOR_GROUP_AGG;
}

static tw_plan_node *group_by(plan_test *t, tw_plan_node *input, const int32_t *keys, int nkeys, const tw_agg_call *calls, int ncalls) {
    tw_field fields[16];
    for (int i = 0; i < nkeys; i++) fields[i] = input->row->fields[keys[i]];
    for (int i = 0; i < ncalls; i++) fields[nkeys + i] = (tw_field){TW_STR("a"), calls[i].type};
    tw_plan_node *n = plan_node(t, TW_PLAN_GROUP_AGG, tw_type_row(&t->arena, fields, nkeys + ncalls), TW_RETRACT, 1, input);
    n->u.agg = (tw_plan_agg){.keys = keys, .nkeys = nkeys, .calls = calls, .ncalls = ncalls, .keep = -1};
    n->u.agg.input_append = input->changelog == TW_APPEND;
    return n;
}

/* Two partitions, whose rows and retractions of one key meet in any order. */
static tw_plan_node *changing_input(plan_test *t) {
    const tw_type *row = plan_row(t, 2, "k", &TW_TYPE_STRING, "v", &TW_TYPE_BIGINT);
    return plan_scan(t, row, 2, "a, 1\nb, 2\na, 3\n-D a, 1\nNULL, 5\n-U b, 2\n+U b, 7\ngone, 4\n-D gone, 4\nc, NULL\n",
                     "a, 3\nb, 2\na-key-that-is-too-long-for-an-element, 9\n-D b, 2\nNULL, NULL\nb, 7\n-D b, 7\na, 8\n-U a, 8\n+U a, 3\n");
}

enum { CHANGING = 5 };
static void changing_calls(tw_agg_call calls[CHANGING]) {
    calls[0] = bigint("COUNT", NULL, true, false);
    calls[1] = bigint("SUM", SECOND, true, false);
    calls[2] = bigint("COUNT", SECOND, true, true);
    calls[3] = bigint("MAX", SECOND, true, false);
    calls[4] = call("MIN", &TW_TYPE_STRING, FIRST, true, false);
}
#define LONG_KEY "a-key-that-is-too-long-for-an-element"
#define CHANGING_RESULT \
    "[null, 2, 5, 1, 5, null]\n[a, 3, 9, 1, 3, a]\n[" LONG_KEY ", 1, 9, 1, 9, " LONG_KEY "]\n[b, 1, 7, 1, 7, b]\n[c, 1, null, 0, null, c]\n"

static void test_changes(void **state) {
    (void)state;
    for (int every_change = 0; every_change < 2; every_change++) {
        plan_test t;
        begin(&t);
        t.plan.every_change = every_change;
        tw_agg_call calls[CHANGING];
        changing_calls(calls);
        tw_plan_node *n = plan_exchange(&t, changing_input(&t), 1, 0);
        plan_sink(&t, group_by(&t, n, FIRST, 1, calls, CHANGING));
        plan_expect_net(&t, CHANGING_RESULT);
        plan_expect_resumed(&t, true, CHANGING_RESULT);
        plan_fail_allocations(&t, true, CHANGING_RESULT);
        plan_close(&t);
    }
}

static void test_global(void **state) {
    (void)state;
    plan_test t;
    begin(&t);
    tw_plan_node *n = plan_exchange(&t, changing_input(&t), 0);
    tw_agg_call calls[CHANGING];
    changing_calls(calls);
    plan_sink(&t, group_by(&t, n, NULL, 0, calls, CHANGING));
    plan_expect_net(&t, "[8, 30, 4, 9, a]\n");
    plan_expect_resumed(&t, true, "[8, 30, 4, 9, a]\n");
    plan_close(&t);
}

/* How many keys have how many rows: the second aggregation lives on the changes of the first, which cross an exchange. */
static void test_histogram(void **state) {
    (void)state;
    tw_agg_call count_rows[] = {bigint("COUNT", NULL, false, false)};
    tw_agg_call count_keys[] = {bigint("COUNT", NULL, true, false), bigint("COUNT", FIRST, true, true), bigint("SUM", SECOND, true, true)};
    plan_test t;
    begin(&t);
    const tw_type *row = plan_row(&t, 1, "k", &TW_TYPE_BIGINT);
    tw_plan_node *n = plan_scan(&t, row, 2, "1\n2\n3\n1\n2\n4\n1\n5\n", "3\n5\n6\n1\nNULL\nNULL\n");
    n = group_by(&t, plan_exchange(&t, n, 1, 0), FIRST, 1, count_rows, 1);
    n = group_by(&t, plan_exchange(&t, n, 1, 1), SECOND, 1, count_keys, 3);
    plan_sink(&t, n);
#define HISTOGRAM "[1, 2, 2, 1]\n[2, 4, 3, 2]\n[4, 1, 1, 4]\n"
    plan_expect_net(&t, HISTOGRAM);
    plan_expect_resumed(&t, true, HISTOGRAM);
    plan_fail_allocations(&t, true, HISTOGRAM);
    plan_close(&t);
}

/* Row by row, as Flink without mini-batches: one partition, whose order each key keeps on its way through the exchange. */
static void test_every_change(void **state) {
    (void)state;
    tw_agg_call sums[] = {bigint("SUM", SECOND, true, false)};
    plan_test t;
    begin(&t);
    t.plan.every_change = true;
    const tw_type *row = plan_row(&t, 2, "k", &TW_TYPE_STRING, "v", &TW_TYPE_BIGINT);
    tw_plan_node *n = plan_scan(&t, row, 1, "a, 1\na, 2\nb, 0\na, 0\n-D a, 2\n-D a, 1\n-D a, 0\na, NULL\n-D b, 0\n");
    plan_sink(&t, group_by(&t, plan_exchange(&t, n, 1, 0), FIRST, 1, sums, 1));
    plan_expect(&t, "+I[a, 1]\n-U[a, 1]\n+U[a, 3]\n+I[b, 0]\n-U[a, 3]\n+U[a, 1]\n-U[a, 1]\n+U[a, 0]\n-D[a, 0]\n+I[a, null]\n-D[b, 0]\n");
    plan_close(&t);
}

static void test_distinct(void **state) {
    (void)state;
    plan_test t;
    begin(&t);
    const tw_type *row = plan_row(&t, 2, "k", &TW_TYPE_STRING, "v", &TW_TYPE_DOUBLE);
    static const int32_t BOTH[] = {0, 1};
    tw_plan_node *n = plan_scan(&t, row, 2, "a, 1\na, 1\nNULL, nan\nb, NULL\na, 2\n", "NULL, nan\na, 2\nb, NULL\na, 1\n");
    plan_sink(&t, group_by(&t, plan_exchange(&t, n, 2, 0, 1), BOTH, 2, NULL, 0));
    plan_expect(&t, "+I[a, 1.0]\n+I[a, 2.0]\n+I[null, NaN]\n+I[b, null]\n");
    plan_expect_resumed(&t, false, "+I[a, 1.0]\n+I[a, 2.0]\n+I[null, NaN]\n+I[b, null]\n");
    plan_close(&t);
}

/* Results that are lists and long texts: what they were is kept beside what they are. */
static void test_collections(void **state) {
    (void)state;
    for (int every_change = 0; every_change < 2; every_change++) {
        plan_test t;
        begin(&t);
        t.plan.every_change = every_change;
        const tw_type *row = plan_row(&t, 2, "k", &TW_TYPE_BIGINT, "v", &TW_TYPE_STRING);
        tw_agg_call calls[] = {call("ARRAY_AGG", tw_type_array(&t.arena, &TW_TYPE_STRING), SECOND, true, false),
                               call("LISTAGG", &TW_TYPE_STRING, SECOND, true, true), bigint("COUNT", SECOND, true, true)};
        tw_plan_node *n = plan_scan(&t, row, 1,
                                    "1, x\n2, a-text-of-some-length\n1, NULL\n1, x\n2, another-text-of-some-length\n3, gone\n-D 1, x\n-D 3, gone\n"
                                    "1, y\n-D 2, a-text-of-some-length\n2, b\n");
        plan_sink(&t, group_by(&t, plan_exchange(&t, n, 1, 0), FIRST, 1, calls, 3));
#define COLLECTED "[1, [null, x, y], x,y, 2]\n[2, [another-text-of-some-length, b], another-text-of-some-length,b, 2]\n"
        plan_expect_net(&t, COLLECTED);
        plan_expect_resumed(&t, true, COLLECTED);
        plan_fail_allocations(&t, true, COLLECTED);
        plan_close(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),      cmocka_unit_test(test_global),   cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_every_change), cmocka_unit_test(test_distinct), cmocka_unit_test(test_collections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
