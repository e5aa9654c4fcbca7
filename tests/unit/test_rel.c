/* The logical plan itself: window columns traced, boundedness, the rows of tables. */
#include "query_test.h"

static tw_rel_window_columns windows_of(const char *query) {
    sql_test t;
    const tw_rel *rel;
    sql_open(&t);
    tw_status status = query_bind(&t, QUERY_TABLES, query, &rel);
    if (status != TW_OK) fail_msg("%s: %s", query, t.error.message);
    tw_rel_window_columns columns = tw_rel_windows_of(rel);
    sql_close(&t);
    return columns;
}

#define TUMBLE_T "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))"
#define TUMBLE_P "TABLE(TUMBLE(TABLE p, DESCRIPTOR(pt), INTERVAL '1' HOUR))"

static void test_windows(void **state) {
    static const struct {
        const char *query;
        int32_t start, end, time;
    } cases[] = {
        {"SELECT * FROM " TUMBLE_T, 3, 4, 5},
        {"SELECT window_time, k, window_end FROM " TUMBLE_T " WHERE v > 1", -1, 2, 0},
        {"SELECT window_start + INTERVAL '1' HOUR, window_end FROM " TUMBLE_T, -1, 1, -1},
        {"SELECT k, window_end, window_start, COUNT(*) FROM " TUMBLE_T " GROUP BY window_start, window_end, k", 2, 1, -1},
        {"SELECT window_start, window_end, window_time FROM " TUMBLE_T " GROUP BY window_start, window_end, window_time LIMIT 3", 0, 1, 2},
        {"SELECT window_start, k FROM " TUMBLE_T " GROUP BY window_start, k", -1, -1, -1},
        {"SELECT window_start, window_end FROM " TUMBLE_T " GROUP BY ROLLUP (window_start, window_end)", -1, -1, -1},
        {"SELECT window_start, window_end FROM " TUMBLE_T " GROUP BY window_start, ROLLUP (k), window_end", 0, 1, -1},
        {"SELECT window_start, window_end FROM " TUMBLE_T " UNION ALL SELECT window_start, window_end FROM " TUMBLE_T, 0, 1, -1},
        {"SELECT window_start, window_end FROM " TUMBLE_T " UNION ALL SELECT window_end, window_end FROM " TUMBLE_T, -1, -1, -1},
        {"SELECT window_start, window_end FROM " TUMBLE_T " UNION ALL SELECT window_start, window_end FROM " TUMBLE_P, -1, -1, -1},
        {"SELECT TUMBLE_START(ts, INTERVAL '1' HOUR) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR)", -1, -1, -1},
        {"SELECT * FROM o", -1, -1, -1},
        {"VALUES (1)", -1, -1, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tw_rel_window_columns w = windows_of(cases[i].query);
        if (w.start != cases[i].start || w.end != cases[i].end || w.time != cases[i].time)
            fail_msg("%s: %d %d %d", cases[i].query, w.start, w.end, w.time);
    }
    tw_rel_window_columns proctime = windows_of("SELECT * FROM " TUMBLE_P), rowtime = windows_of("SELECT * FROM " TUMBLE_T);
    assert_true(proctime.proctime && proctime.local_time);
    assert_false(rowtime.proctime || rowtime.local_time);
}

static bool bounded(const char *query) {
    sql_test t;
    const tw_rel *rel;
    sql_open(&t);
    assert_int_equal(query_bind(&t, QUERY_TABLES, query, &rel), TW_OK);
    bool result = tw_rel_bounded(rel, &sql_registry);
    sql_close(&t);
    return result;
}

static void test_bounded(void **state) {
    assert_true(bounded("VALUES (1)"));
    assert_true(bounded("SELECT 1"));
    assert_true(bounded("SELECT COUNT(*) FROM o"));
    assert_false(bounded("SELECT a FROM gen"));
    assert_false(bounded("SELECT a FROM o UNION ALL SELECT a FROM gen"));
    assert_true(bounded("SELECT error FROM s$errors")); /* it ends with what feeds it */
    assert_true(bounded("SELECT a FROM gen /*+ OPTIONS('number-of-rows' = '3') */"));
}

/* Physical columns, metadata where it was declared, computed ones; the time attribute comes with the watermark only. */
static void test_table(void **state) {
    sql_test t;
    const tw_rel *rel;
    sql_open(&t);
    assert_int_equal(query_bind(&t, QUERY_TABLES, "TABLE p", &rel), TW_OK);
    const tw_rel *watermark = rel->inputs[0], *project = watermark->inputs[0], *scan = project->inputs[0];
    assert_int_equal(watermark->kind, TW_REL_WATERMARK);
    assert_int_equal(watermark->row->fields[2].type->time, TW_ROWTIME);
    assert_int_equal(project->kind, TW_REL_PROJECT);
    assert_int_equal(project->row->fields[2].type->time, TW_NOT_TIME);
    assert_int_equal(project->row->fields[3].type->time, TW_PROCTIME);
    assert_int_equal(scan->kind, TW_REL_SCAN);
    assert_int_equal(scan->u.scan.ncolumns, 3);
    sql_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
