/* UNION, EXPAND, LIMIT. */
#include "plan_test.h"

static void begin(plan_test *t) {
    plan_open(t);
    t->operators[TW_PLAN_UNION] = &TW_OPERATOR_UNION;
    t->operators[TW_PLAN_EXPAND] = &TW_OPERATOR_EXPAND;
    t->operators[TW_PLAN_LIMIT] = &TW_OPERATOR_LIMIT;
}

static const tw_type *row_of(plan_test *t) { return plan_row(t, 2, "k", &TW_TYPE_BIGINT, "s", &TW_TYPE_STRING); }

/* Two scans, one of them twice. */
static void unions(void **state) {
    plan_test t;
    begin(&t);
    tw_plan_node *a = plan_scan(&t, row_of(&t), 2, "1, a\n-D 1, a\n2, NULL\n", "3, c\n");
    const tw_type *not_null = plan_row(&t, 2, "k", tw_type_nullable(&t.arena, &TW_TYPE_BIGINT, false), "s", &TW_TYPE_STRING);
    tw_plan_node *b = plan_scan(&t, not_null, 1, "9, a text of more than twelve bytes\n");
    tw_plan_node *n = plan_node(&t, TW_PLAN_UNION, row_of(&t), TW_RETRACT, 3, a, b, a);
    plan_sink(&t, plan_exchange(&t, n, 1, 0));
    const char *expected =
        "+I[1, a]\n+I[1, a]\n+I[2, null]\n+I[2, null]\n+I[3, c]\n+I[3, c]\n+I[9, a text of more than twelve bytes]\n-D[1, a]\n-D[1, a]\n";
    plan_expect(&t, expected);
    plan_expect_resumed(&t, false, expected);
    plan_fail_allocations(&t, false, expected);
    plan_close(&t);
}

/* The union's watermark is the lowest: CURRENT_WATERMARK stays each row's own. */
static void union_takes_the_lowest_watermark(void **state) {
    plan_test t;
    begin(&t);
    const tw_type *row = plan_row(&t, 2, "k", &TW_TYPE_BIGINT, "ts", plan_rowtime(&t));
    tw_plan_node *a = plan_watermark(&t, plan_scan(&t, row, 1, "1, 100\n2, 300\n"), 1, 0);
    tw_plan_node *b = plan_watermark(&t, plan_scan(&t, row, 1, "3, 50\n4, 70\n5, 60\n"), 1, 0);
    plan_sink(&t, plan_node(&t, TW_PLAN_UNION, row, TW_APPEND, 2, a, b));
    plan_expect(&t, "+I[1, 1970-01-01T00:00:00.100]\n+I[2, 1970-01-01T00:00:00.300]\n+I[3, 1970-01-01T00:00:00.050]\n"
                    "+I[4, 1970-01-01T00:00:00.070]\n+I[5, 1970-01-01T00:00:00.060]\n");
    plan_close(&t);
}

static tw_plan_node *expand_over(plan_test *t, tw_plan_node *input, const tw_type *row, int nsets, const tw_expr **exprs) {
    tw_plan_node *n = plan_node(t, TW_PLAN_EXPAND, row, input->changelog, 1, input);
    const tw_expr *const **sets = TW_NEW_ARRAY(&t->arena, const tw_expr *const *, nsets);
    for (int s = 0; s < nsets; s++)
        sets[s] = memcpy(TW_NEW_ARRAY(&t->arena, tw_expr *, row->nfields), exprs + s * row->nfields, sizeof(void *) * (size_t)row->nfields);
    n->u.expand = (tw_plan_expand){sets, nsets};
    return n;
}

static const tw_expr *null_of(plan_test *t, const tw_type *type) {
    tw_value v = tw_value_null(type);
    return tw_expr_literal(&t->arena, &v);
}

static void expands_row_by_row(void **state) {
    plan_test t;
    begin(&t);
    tw_plan_node *n = plan_scan(&t, row_of(&t), 1, "1, a text of more than twelve bytes\n-D 2, NULL\nNULL, c\n");
    const tw_type *row = plan_row(&t, 3, "k", &TW_TYPE_BIGINT, "s", &TW_TYPE_STRING, "e", &TW_TYPE_BIGINT);
    const tw_expr *k = plan_column(&t, n, 0), *s = plan_column(&t, n, 1);
    const tw_expr *exprs[] = {
        k, s, plan_number(&t, 0), k, null_of(&t, &TW_TYPE_STRING), plan_number(&t, 1), null_of(&t, &TW_TYPE_BIGINT), s, plan_number(&t, 2)};
    plan_sink(&t, expand_over(&t, n, row, 3, exprs));
    t.keep_order = true;
    const char *expected = "+I[1, a text of more than twelve bytes, 0]\n+I[1, null, 1]\n+I[null, a text of more than twelve bytes, 2]\n"
                           "-D[2, null, 0]\n-D[2, null, 1]\n-D[null, null, 2]\n+I[null, c, 0]\n+I[null, null, 1]\n+I[null, c, 2]\n";
    plan_expect(&t, expected);
    plan_expect_resumed(&t, false, expected);
    plan_fail_allocations(&t, false, expected);
    plan_close(&t);
}

/* More output than a batch holds, more than rings of two slots take, nested columns, sets that do not divide the batch. */
static void expands_over_full_rings(void **state) {
    plan_test t;
    begin(&t);
    tw_buf script, expected;
    tw_buf_init(&script, &t.mem, 0);
    tw_buf_init(&expected, &t.mem, 0);
    for (int i = 0; i < 3000; i++) {
        tw_buf_printf(&script, "%d, s%d\n", i, i);
        for (int s = 0; s < 7; s++)
            s == 3 ? tw_buf_printf(&expected, "+I[null, null, 3]\n") : tw_buf_printf(&expected, "+I[%d, [s%d], %d]\n", i, i, s);
    }
    tw_buf_byte(&script, 0);
    tw_buf_byte(&expected, 0);
    tw_plan_node *n = plan_scan(&t, row_of(&t), 1, script.data);
    const tw_expr *k = plan_column(&t, n, 0), *array = PLAN_CALL(&t, "ARRAY", plan_column(&t, n, 1));
    const tw_type *row = plan_row(&t, 3, "k", &TW_TYPE_BIGINT, "s", array->type, "e", &TW_TYPE_BIGINT);
    const tw_expr *exprs[21];
    for (int s = 0; s < 7; s++) {
        exprs[3 * s] = s == 3 ? null_of(&t, &TW_TYPE_BIGINT) : k;
        exprs[3 * s + 1] = s == 3 ? null_of(&t, array->type) : array;
        exprs[3 * s + 2] = plan_number(&t, s);
    }
    plan_sink(&t, plan_exchange(&t, expand_over(&t, n, row, 7, exprs), 0));
    t.keep_order = true;
    for (int b = 0; b < 3; b++) {
        plan_run(&t, b + 1, PLAN_BATCHES[b], 5);
        PLAN_CHECK(&t, false, expected.data, b + 1, PLAN_BATCHES[b], 5);
    }
    tw_buf_free(&script);
    tw_buf_free(&expected);
    plan_close(&t);
}

static void limits(void **state) {
    static const struct {
        int64_t offset, limit;
        const char *expected;
    } CASES[] = {
        {0, 2, "+I[1, a]\n+I[2, b]\n"},
        {1, 2, "+I[2, b]\n+I[3, c]\n"},
        {3, -1, "+I[4, d]\n+I[5, e]\n"},
        {0, 0, ""},
        {9, 1, ""},
        {4, INT64_MAX, "+I[5, e]\n"},
        {0, -1, "+I[1, a]\n+I[2, b]\n+I[3, c]\n+I[4, d]\n+I[5, e]\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        plan_test t;
        begin(&t);
        tw_plan_node *n = plan_exchange(&t, plan_scan(&t, row_of(&t), 1, "1, a\n2, b\n3, c\n4, d\n5, e\n"), 0);
        n = plan_node(&t, TW_PLAN_LIMIT, n->row, TW_APPEND, 1, n);
        n->u.sort = (tw_plan_sort){.offset = CASES[i].offset, .limit = CASES[i].limit};
        plan_sink(&t, n);
        t.keep_order = true;
        plan_expect(&t, CASES[i].expected);
        plan_expect_resumed(&t, false, CASES[i].expected);
        plan_fail_allocations(&t, false, CASES[i].expected);
        plan_close(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unions),
        cmocka_unit_test(union_takes_the_lowest_watermark),
        cmocka_unit_test(expands_row_by_row),
        cmocka_unit_test(expands_over_full_rings),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
