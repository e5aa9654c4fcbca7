/* Filters and projections: what passes, what is gathered, what fails. */
#include "plan_test.h"

#include "expr/program.h"

static const tw_type *row_of(plan_test *t) { return plan_row(t, 3, "a", &TW_TYPE_BIGINT, "s", &TW_TYPE_STRING, "d", &TW_TYPE_DOUBLE); }

static tw_plan_node *calc_over(plan_test *t, tw_plan_node *input, const tw_type *row, const tw_expr *filter, int n, const tw_expr **project) {
    tw_plan_node *c = plan_node(t, TW_PLAN_CALC, row, input->changelog, 1, input);
    const tw_expr **copy = TW_NEW_ARRAY(&t->arena, const tw_expr *, n);
    memcpy(copy, project, sizeof *copy * (size_t)n);
    c->u.calc = (tw_plan_calc){.filter = filter, .project = copy, .nproject = n};
    return c;
}

static void filters_and_projects(void **state) {
    plan_test t;
    plan_open(&t);
    tw_plan_node *n = plan_scan(&t, row_of(&t), 2, "1, one, 1.5\n2, NULL, NULL\n3, a text of more than twelve bytes, 3.5\n", "NULL, x, 0\n4, y, 4\n");
    const tw_expr *a = plan_column(&t, n, 0);
    const tw_expr *project[] = {plan_column(&t, n, 1), PLAN_CALL(&t, "+", a, plan_number(&t, 10)), plan_column(&t, n, 2), plan_number(&t, 7)};
    const tw_type *row = plan_row(&t, 4, "s", &TW_TYPE_STRING, "b", &TW_TYPE_BIGINT, "d", &TW_TYPE_DOUBLE, "c", &TW_TYPE_BIGINT);
    n = calc_over(&t, n, row, PLAN_CALL(&t, ">", a, plan_number(&t, 1)), 4, project);
    plan_sink(&t, plan_exchange(&t, n, 1, 0));
    const char *expected = "+I[null, 12, null, 7]\n+I[a text of more than twelve bytes, 13, 3.5, 7]\n+I[y, 14, 4.0, 7]\n";
    plan_expect(&t, expected);
    plan_expect_resumed(&t, false, expected);
    plan_fail_allocations(&t, false, expected);
    plan_close(&t);
}

static void keeps_changes(void **state) {
    plan_test t;
    plan_open(&t);
    tw_plan_node *n = plan_scan(&t, row_of(&t), 1, "1, a, 1\n-U 1, a, 1\n+U 5, a, 1\n-D 5, a, 1\n");
    const tw_expr *project[] = {plan_column(&t, n, 0)};
    n = calc_over(&t, n, plan_row(&t, 1, "a", &TW_TYPE_BIGINT), PLAN_CALL(&t, ">", plan_column(&t, n, 0), plan_number(&t, 2)), 1, project);
    plan_sink(&t, n);
    t.keep_order = true;
    plan_expect(&t, "+U[5]\n-D[5]\n");
    plan_close(&t);
}

static void nothing_or_everything_passes(void **state) {
    for (int all = 0; all < 2; all++) {
        plan_test t;
        plan_open(&t);
        tw_plan_node *n = plan_scan(&t, row_of(&t), 1, "1, a, 1\n2, b, 2\n");
        const tw_expr *project[] = {plan_column(&t, n, 1), plan_column(&t, n, 1)};
        const tw_type *row = plan_row(&t, 2, "x", &TW_TYPE_STRING, "y", &TW_TYPE_STRING);
        n = calc_over(&t, n, row, PLAN_CALL(&t, ">", plan_column(&t, n, 0), plan_number(&t, all ? 0 : 9)), 2, project);
        plan_sink(&t, n);
        plan_expect(&t, all ? "+I[a, a]\n+I[b, b]\n" : "");
        plan_close(&t);
    }
}

static void failed_rows_leave(void **state) {
    plan_test t;
    plan_open(&t);
    tw_plan_node *n = plan_scan(&t, row_of(&t), 1, "1, 10, 1\n2, x, 2\n3, 30, 3\n4, y, 4\n");
    const tw_expr *args[] = {plan_column(&t, n, 1)};
    const tw_expr *number = plan_call_as(&t, "CAST", &TW_TYPE_BIGINT, 1, args);
    const tw_expr *project[] = {plan_column(&t, n, 0), number};
    const tw_type *row = plan_row(&t, 2, "a", &TW_TYPE_BIGINT, "n", &TW_TYPE_BIGINT);
    tw_plan_node *scan = n;
    n = calc_over(&t, n, row, NULL, 2, project);
    plan_sink(&t, n);
    plan_expect(&t, "+I[1, 10]\n+I[3, 30]\n");
    assert_int_equal(t.stats.failed_rows, 2);
    n->u.calc.filter = PLAN_CALL(&t, ">", number, plan_number(&t, 10)); /* now the filter fails for them */
    plan_expect(&t, "+I[3, 30]\n");
    assert_int_equal(t.stats.failed_rows, 2);
    const tw_expr *two[] = {plan_column(&t, scan, 0), plan_number(&t, 2)}; /* each failed row has its own message */
    n->u.calc.filter = PLAN_CALL(&t, ">", two[0], plan_number(&t, 0));
    plan_run(&t, 1, 4096, 1);
    tw_builder rows;
    assert_int_equal(tw_builder_open(&rows, &t.mem, tw_side_row(TW_SIDE_TARGET_ERRORS), 10), TW_OK);
    assert_int_equal(tw_side_read(t.side, TW_SIDE_TARGET_ERRORS, TW_QUERY_TARGET, 0, &rows), 2);
    tw_buf_clear(&t.rows);
    tw_print_value(&t.rows, &rows.batch.columns[3], 0);
    tw_print_value(&t.rows, &rows.batch.columns[3], 1);
    tw_buf_byte(&t.rows, 0);
    assert_non_null(strstr(t.rows.data, "x"));
    assert_non_null(strstr(t.rows.data, "y"));
    tw_builder_close(&rows);
    t.plan.fail_on_error = true;
    assert_int_equal(plan_run(&t, 2, 7, 1), TW_E_VALUE);
    plan_close(&t);
}

/* Projections of nothing: rows that are only counted. */
static void no_columns(void **state) {
    plan_test t;
    plan_open(&t);
    tw_plan_node *n = plan_scan(&t, row_of(&t), 1, "1, a, 1\n2, b, 2\n3, c, 3\n");
    const tw_expr *none[1] = {NULL};
    n = calc_over(&t, n, plan_row(&t, 0), PLAN_CALL(&t, ">", plan_column(&t, n, 0), plan_number(&t, 1)), 0, none);
    plan_sink(&t, plan_exchange(&t, n, 0));
    plan_expect(&t, "+I[]\n+I[]\n");
    plan_close(&t);
}

/* Selections of every density over all widths, against a loop. */
static void gathers_every_width(void **state) {
    plan_test t;
    plan_open(&t);
    const tw_type *row = plan_row(&t, 8, "a", &TW_TYPE_BIGINT, "b", &TW_TYPE_BOOLEAN, "c", &TW_TYPE_TINYINT, "d", &TW_TYPE_SMALLINT, "e",
                                  &TW_TYPE_INTEGER, "f", tw_type_decimal(&t.arena, 30, 2), "g", &TW_TYPE_TIMESTAMP_6, "h", &TW_TYPE_STRING);
    tw_buf script, expected;
    tw_buf_init(&script, &t.mem, 0);
    tw_buf_init(&expected, &t.mem, 0);
    static const int64_t LIMITS[] = {1, 500, 3000, 4999};
    for (int64_t i = 0; i < 5000; i++) {
        int64_t v = (i * 7919) % 5000;
        tw_buf_printf(&script, "%lld, %s, %d, %d, %d, %lld.25, NULL, %s%lld\n", (long long)v, i % 3 ? i % 2 ? "true" : "false" : "NULL",
                      (int)(i % 100), (int)i, (int)(i * 3), (long long)i, i % 2 ? "long enough for the heap " : "", (long long)i);
    }
    tw_buf_byte(&script, 0);
    tw_plan_node *scan = plan_scan(&t, row, 1, script.data), *n = NULL;
    const tw_expr *project[8];
    for (int c = 0; c < 8; c++) project[c] = plan_column(&t, scan, c);
    n = calc_over(&t, scan, row, NULL, 8, project);
    plan_sink(&t, n);
    t.keep_order = true;
    for (int l = 0; l < 4; l++) {
        n->u.calc.filter = PLAN_CALL(&t, "<", project[0], plan_number(&t, LIMITS[l]));
        tw_buf_clear(&expected);
        for (int64_t i = 0; i < 5000; i++)
            if ((i * 7919) % 5000 < LIMITS[l])
                tw_buf_printf(&expected, "+I[%lld, %s, %d, %d, %d, %lld.25, null, %s%lld]\n", (long long)((i * 7919) % 5000),
                              i % 3 ? i % 2 ? "true" : "false" : "null", (int)(i % 100), (int)i, (int)(i * 3), (long long)i,
                              i % 2 ? "long enough for the heap " : "", (long long)i);
        tw_buf_byte(&expected, 0);
        for (int b = 0; b < 3; b++) {
            plan_run(&t, 1, PLAN_BATCHES[b], 1);
            PLAN_CHECK(&t, false, expected.data, 1, PLAN_BATCHES[b], 1);
        }
    }
    tw_buf_free(&script);
    tw_buf_free(&expected);
    plan_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_and_projects), cmocka_unit_test(keeps_changes),       cmocka_unit_test(nothing_or_everything_passes),
        cmocka_unit_test(failed_rows_leave),    cmocka_unit_test(gathers_every_width), cmocka_unit_test(no_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
