/* Watermarks: running maxima per partition, their minimum, rows behind, idle partitions, restarts. */
#include "plan_test.h"

#include "expr/program.h"

/* Takes the place of UNION: writes down what passes by. "1@- 2@500 |1000 " = row 1 without a watermark, row 2 with 500, then the watermark 1000. */
static tw_buf seen;
static int named; /* rows that came with their partition beside them */

static void note_watermark(int64_t w) {
    if (w == TW_WATERMARK_MIN)
        tw_buf_text(&seen, "-");
    else if (w == TW_WATERMARK_MAX)
        tw_buf_text(&seen, "end");
    else
        tw_buf_printf(&seen, "%lld", (long long)w);
}

static tw_status probe_push(tw_operator *op, int port, const tw_batch *batch) {
    (void)port;
    for (int32_t i = 0; i < batch->rows; i++) {
        if (batch->row_split && batch->split) assert_ptr_equal(batch->row_split[i], batch->split);
        named += batch->row_split != NULL;
        tw_print_value(&seen, &batch->columns[0], i);
        if (batch->row_watermark) {
            tw_buf_byte(&seen, '@');
            note_watermark(batch->row_watermark[i]);
        }
        tw_buf_byte(&seen, ' ');
    }
    return tw_emit(op, batch);
}

static tw_status probe_watermark(tw_operator *op, int port, int64_t w) {
    (void)port;
    tw_buf_byte(&seen, '|');
    note_watermark(w);
    tw_buf_byte(&seen, ' ');
    return tw_emit_watermark(op, w);
}

static const tw_operator_ops PROBE = {.name = "probe", .size = sizeof(tw_operator), .push = probe_push, .watermark = probe_watermark};

static tw_plan_node *begin(plan_test *t) {
    plan_open(t);
    tw_buf_init(&seen, &t->mem, 0);
    t->operators[TW_PLAN_UNION] = &PROBE;
    return NULL;
}

static void end(plan_test *t) {
    tw_buf_free(&seen);
    plan_close(t);
}

static const tw_type *row_of(plan_test *t) { return plan_row(t, 2, "k", &TW_TYPE_BIGINT, "ts", plan_rowtime(t)); }

static const char *run(plan_test *t, int32_t batch_rows) {
    tw_buf_clear(&seen);
    named = 0;
    plan_run(t, 1, batch_rows, 1);
    if (t->status != TW_OK) fail_msg("%s", t->error.message);
    tw_buf_byte(&seen, 0);
    return seen.data;
}

static tw_plan_node *probed(plan_test *t, tw_plan_node *scan, int64_t delay, int64_t idle_ms, bool wanted) {
    tw_plan_node *w = plan_watermark(t, scan, 1, delay);
    w->u.watermark.idle_ms = idle_ms;
    w->u.watermark.rows_wanted = wanted;
    plan_sink(t, plan_node(t, TW_PLAN_UNION, w->row, w->changelog, 1, w));
    return w;
}

static void one_partition(void **state) {
    plan_test t;
    begin(&t);
    tw_plan_node *scan = plan_scan(&t, row_of(&t), 1, "1, 1000\n2, 3000\n3, 2500\n4, 1900\n5, 2000\n6, 9000\n");
    tw_plan_node *w = probed(&t, scan, 1000, 0, false);
    assert_string_equal(run(&t, 4096), "1@- 2@0 3@2000 4@2000 5@2000 6@2000 |8000 |end ");
    assert_int_equal(named, 6);
    assert_string_equal(run(&t, 1), "1 |0 2 |2000 3 4@2000 5@2000 6 |8000 |end ");
    assert_int_equal(named, 2); /* those behind */
    assert_string_equal(run(&t, 3), "1 2 3 |2000 4@2000 5@2000 6@2000 |8000 |end ");
    w->u.watermark.rows_wanted = true;
    assert_string_equal(run(&t, 2), "1@- 2@0 |2000 3@2000 4@2000 5@2000 6@2000 |8000 |end ");
    assert_int_equal(named, 4); /* whoever wants all watermarks does not pay for partitions */
    end(&t);
}

/* The first batch of each split is looked at before a watermark goes out; then the lowest is read on. A split that ends holds nothing back. */
static void several_partitions(void **state) {
    plan_test t;
    begin(&t);
    probed(&t, plan_scan(&t, row_of(&t), 3, "1, 100\n2, 200\n3, 900\n", "4, 150\n5, 300\n", "6, 50\n"), 0, 0, false);
    assert_string_equal(run(&t, 1), "1 4 6 |50 |100 2 |150 5 |200 3 |300 |900 |end ");
    end(&t);
}

static void no_rows_at_all(void **state) {
    plan_test t;
    begin(&t);
    probed(&t, plan_scan(&t, row_of(&t), 2, "", "1, 5\n"), 0, 10, false);
    assert_string_equal(run(&t, 1), "1 |5 |end ");
    end(&t);
}

/* A row without a time leaves; a NULL watermark leaves the maximum. */
static void nulls(void **state) {
    plan_test t;
    begin(&t);
    tw_plan_node *scan = plan_scan(&t, row_of(&t), 1, "1, 1000\n2, NULL\n3, 2000\n4, 1000\n5, NULL\n6, 2001\n");
    tw_plan_node *w = probed(&t, scan, 0, 0, false);
    assert_string_equal(run(&t, 4096), "1@- 3@1000 4@2000 6@2000 |2001 |end ");
    assert_int_equal(t.stats.failed_rows, 2);
    assert_string_equal(run(&t, 2), "1 |1000 3@1000 4@2000 |2000 6 |2001 |end ");
    w->u.watermark.expr = PLAN_CALL(&t, "NULLIF", plan_column(&t, scan, 1), plan_column(&t, scan, 1)); /* always NULL */
    assert_string_equal(run(&t, 2), "1 3 4 6 |end ");
    t.plan.fail_on_error = true;
    assert_int_equal(plan_run(&t, 1, 2, 1), TW_E_VALUE);
    end(&t);
}

static void wide_timestamps(void **state) {
    plan_test t;
    begin(&t);
    const tw_type *time = tw_type_with_time(&t.arena, tw_type_timestamp(&t.arena, TW_TIMESTAMP_LTZ, 3), TW_ROWTIME);
    probed(&t, plan_scan(&t, plan_row(&t, 2, "k", &TW_TYPE_BIGINT, "ts", time), 1, "1, -5000\n2, -4000\n3, -4500\n"), 1, 0, true);
    assert_string_equal(run(&t, 2), "1@- 2@-5001 |-4001 3@-4001 |end ");
    end(&t);
}

/* Split 1 says nothing for 100 ms: after 50 it is left out; its rows are behind what was handed on by then. */
static void idle(void **state) {
    plan_test t;
    begin(&t);
    tw_plan_node *scan = plan_scan(&t, row_of(&t), 2, "1, 100\n2, 200\n~30\n3, 210\n~30\n4, 220\n~30\n5, 300\n",
                                   "6, 50\n~100\n7, 60\n~300\n8, 400\n");
    tw_plan_node *w = probed(&t, scan, 0, 50, false);
    assert_string_equal(run(&t, 1), "1 6 |50 2 3 |210 4 |220 5 |300 7 8 |400 |end ");
    assert_int_equal(named, 2); /* 7 and 8: windows may have closed without them */
    w->u.watermark.idle_ms = 0;
    assert_string_equal(run(&t, 1), "1 6 |50 2 3 4 5 7 |60 8 |400 |end ");
    assert_int_equal(named, 0);
    end(&t);
}

/* A partition that never says anything, on a task of its own, does not hold back what is behind the exchange. */
static void idle_task(void **state) {
    plan_test t;
    begin(&t);
    tw_plan_node *w = plan_watermark(&t, plan_scan(&t, row_of(&t), 2, "1, 100\n~100\n2, 200\n", "~500\n3, 1000\n"), 1, 0);
    w->u.watermark.idle_ms = 30;
    tw_plan_node *n = plan_exchange(&t, w, 0);
    plan_sink(&t, plan_node(&t, TW_PLAN_UNION, n->row, n->changelog, 1, n));
    for (uint64_t seed = 1; seed < 10; seed++) {
        tw_buf_clear(&seen);
        plan_run(&t, 2, 4096, seed);
        tw_buf_byte(&seen, 0);
        assert_string_equal(seen.data, "1 |100 2 |200 3 |1000 |end ");
    }
    end(&t);
}

/* A partition that is discovered later begins with the watermark of that moment, here and after a restart. */
static void discovered_later(void **state) {
    plan_test t;
    begin(&t);
    tw_plan_node *scan = plan_scan(&t, row_of(&t), 2, "1, 1000\n~400\n2, 2000\n", "!100\n3, 500\n4, 1500\n5, 1200\n");
    tw_plan_node *w = probed(&t, scan, 0, 0, false);
    assert_string_equal(run(&t, 4096), "1 |1000 3@1000 4@1000 5@1500 2 |2000 |end ");
    w->u.watermark.idle_ms = 60;
    assert_string_equal(run(&t, 4096), "1 |1000 3@1000 4@1000 5@1500 |1500 2 |2000 |end ");
    w->u.watermark.idle_ms = 0;
    plan_begin(&t);
    tw_buf_clear(&seen);
    tw_snapshot none, snapshot;
    tw_snapshot_init(&none, &t.mem);
    tw_snapshot_init(&snapshot, &t.mem);
    tw_job_options options = plan_options(&t, 1, 4096, 1);
    options.hold_open = true;
    assert_int_equal(plan_leg(&t, &none, 1, 1, &snapshot, &options), TW_OK);
    options.hold_open = false;
    tw_os_advance(&t.os, 200);
    assert_int_equal(plan_leg(&t, &snapshot, INT64_MAX, INT64_MAX, NULL, &options), TW_OK);
    tw_snapshot_free(&none);
    tw_snapshot_free(&snapshot);
    tw_buf_byte(&seen, 0);
    assert_string_equal(seen.data, "1 |1000 |1000 2 3@1000 4@1000 5@1500 |1500 |2000 |end ");
    end(&t);
}

/* Row watermarks do not depend on batches, shards, or where the job was interrupted. */
static void same_in_every_run(void **state) {
    plan_test t;
    begin(&t);
    tw_plan_node *scan = plan_scan(&t, row_of(&t), 3, "1, 1000\n2, 3000\n3, 2500\n4, 900\n5, 2000\n6, 9000\n7, 1\n",
                                   "8, 500\n9, 200\n10, 800\n11, 800\n", "12, 100\n13, NULL\n14, 20\n");
    tw_plan_node *w = plan_watermark(&t, scan, 1, 100);
    w->u.watermark.rows_wanted = true;
    tw_plan_node *n = plan_node(&t, TW_PLAN_CALC, plan_row(&t, 2, "k", &TW_TYPE_BIGINT, "w", &TW_TYPE_TIMESTAMP_3), TW_APPEND, 1, w);
    const tw_expr *project[] = {plan_column(&t, w, 0), PLAN_CALL(&t, "CURRENT_WATERMARK", plan_column(&t, w, 1))};
    n->u.calc = (tw_plan_calc){.project = project, .nproject = 2, .reads_watermark = true};
    plan_sink(&t, plan_exchange(&t, n, 0));
    const char *expected = "+I[1, null]\n+I[2, 1970-01-01T00:00:00.900]\n+I[3, 1970-01-01T00:00:02.900]\n+I[4, 1970-01-01T00:00:02.900]\n"
                           "+I[5, 1970-01-01T00:00:02.900]\n+I[6, 1970-01-01T00:00:02.900]\n+I[7, 1970-01-01T00:00:08.900]\n"
                           "+I[8, null]\n+I[9, 1970-01-01T00:00:00.400]\n+I[10, 1970-01-01T00:00:00.400]\n+I[11, 1970-01-01T00:00:00.700]\n"
                           "+I[12, null]\n+I[14, 1970-01-01T00:00]\n";
    plan_expect(&t, expected);
    plan_expect_resumed(&t, false, expected);
    plan_fail_allocations(&t, false, expected);
    end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_partition), cmocka_unit_test(several_partitions), cmocka_unit_test(no_rows_at_all),
        cmocka_unit_test(nulls),         cmocka_unit_test(wide_timestamps),    cmocka_unit_test(idle),
        cmocka_unit_test(idle_task),     cmocka_unit_test(same_in_every_run),  cmocka_unit_test(discovered_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
