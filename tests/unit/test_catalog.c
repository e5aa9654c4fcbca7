/* Catalogs, databases, settings: what names mean, and the exact error of what they do not. */
#include "refusal_test.h"

static void test_names(void **state) {
    sql_test t;
    tw_ast_name parts[4] = {{.text = TW_STR("t")}};
    sql_open(&t);
    assert_int_equal(sql_run(&t, "CREATE TABLE t (a INT); CREATE DATABASE d; CREATE DATABASE IF NOT EXISTS d; USE d; CREATE TABLE t (b INT)"), TW_OK);
    const tw_catalog *c = t.binder.catalog;
    tw_ast_names one = {parts, 1};
    assert_string_equal(tw_arena_strndup(&t.arena, tw_catalog_find(c, &one, &t.error)->row->fields[0].name.data, 1), "b");
    parts[0].text = TW_STR("default_database");
    parts[1].text = TW_STR("t");
    tw_ast_names two = {parts, 2};
    assert_string_equal(tw_arena_strndup(&t.arena, tw_catalog_find(c, &two, &t.error)->row->fields[0].name.data, 1), "a");
    assert_int_equal(sql_run(&t, "USE default_catalog.default_database; DROP TABLE d.t; CREATE CATALOG c WITH ('type' = 'generic_in_memory'); "
                                 "USE CATALOG c; CREATE TABLE x (a INT); DROP CATALOG default_catalog; DROP DATABASE IF EXISTS nope"),
                     TW_OK);
    assert_true(tw_str_equal(c->catalog, TW_STR("c")) && tw_str_equal(c->database, TW_STR("default")));
    sql_close(&t);
}

static void test_side_names(void **state) {
    tw_str table;
    bool late;
    assert_true(tw_side_name(TW_STR("t$late"), &table, &late) && late && tw_str_equal(table, TW_STR("t")));
    assert_true(tw_side_name(TW_STR("t$errors"), &table, &late) && !late);
    assert_false(tw_side_name(TW_STR("$late"), &table, &late));
    assert_false(tw_side_name(TW_STR("t"), &table, &late));
}

static void test_settings(void **state) {
    sql_test t;
    sql_open(&t);
    assert_int_equal(sql_run(&t, "SET 'table.local-time-zone' = 'Europe/Berlin'; SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE'; "
                                 "SET 'table.exec.state.ttl' = '1 h'; SET 'table.exec.state.ttl' = '2 h'; SET pipeline.name = job"),
                     TW_OK);
    const tw_catalog *c = t.binder.catalog;
    assert_true(tw_str_equal(tw_catalog_setting(c, "table.exec.state.ttl"), TW_STR("2 h")));
    assert_true(tw_str_equal(tw_catalog_setting(c, "pipeline.name"), TW_STR("job")));
    assert_true(tw_str_equal(tw_catalog_setting(c, "thalweg.on-error"), TW_STR("divert")));
    assert_null(tw_catalog_setting(c, "parallelism.default").data);
    assert_null(tw_catalog_setting(c, "no.such.key").data);
    assert_int_equal(sql_run(&t, "RESET 'table.exec.state.ttl'"), TW_OK);
    assert_true(tw_str_equal(tw_catalog_setting(c, "table.exec.state.ttl"), TW_STR("0 ms")));
    assert_int_equal(sql_run(&t, "RESET"), TW_OK);
    assert_null(c->settings);
    sql_close(&t);
}

static void test_errors(void **state) {
    static const refusal cases[] = {
        {"SET 'table.exec.state.tl' = '1 h'", "1:5", TW_E_UNDEFINED_OPTION, "unknown setting 'table.exec.state.tl'", "",
         "did you mean 'table.exec.state.ttl'?"},
        {"RESET 'nope'", "1:7", TW_E_UNDEFINED_OPTION, "unknown setting 'nope'", "", ""},
        {"SET 'table.exec.state.ttl' = 'soon'", "1:30", TW_E_INVALID,
         "option 'table.exec.state.ttl': 'soon' is not a duration such as '10 s', '200 ms' or '1 min'", "",
         "state that is not touched for so long may be dropped; 0: kept"},
        {"SET 'thalweg.on-error' = 'ignore'", "1:26", TW_E_INVALID, "option 'thalweg.on-error': 'ignore' is not one of its values",
         "allowed: divert, fail", "'fail': a bad row ends the job; 'divert': it goes to the $errors table"},
        {"SET 'table.local-time-zone' = 'Berlin'", "1:31", TW_E_VALUE, "there is no time zone 'Berlin'", "",
         "give an id of the tz database such as 'Europe/Berlin', 'UTC', or an offset such as '+08:00'"},
        {"SET 'table.exec.mini-batch.enabled' = 'yes'", "1:39", TW_E_INVALID,
         "option 'table.exec.mini-batch.enabled': 'yes' is not 'true' or 'false'", "",
         "'false': one change per input row instead of one per key and batch"},
        {"DROP TABLE t", "1:12", TW_E_UNDEFINED_TABLE, "table 't' not found", "", ""},
        {"CREATE TABLE orders (a INT); DROP TABLE order_", "1:41", TW_E_UNDEFINED_TABLE, "table 'order_' not found", "", "did you mean orders?"},
        {"DROP TABLE d.t", "1:12", TW_E_UNDEFINED_TABLE, "database 'd' not found", "", ""},
        {"DROP TABLE c.d.t", "1:12", TW_E_UNDEFINED_TABLE, "catalog 'c' not found", "", ""},
        {"DROP TABLE default_catalog.d.t", "1:28", TW_E_UNDEFINED_TABLE, "database 'd' not found", "", ""},
        {"CREATE VIEW v AS SELECT 1; DROP TABLE v", "1:39", TW_E_INVALID, "'v' is a view, not a table", "", ""},
        {"CREATE TABLE t (a INT); DROP VIEW t", "1:35", TW_E_INVALID, "'t' is a table, not a view", "", ""},
        {"CREATE TEMPORARY TABLE t (a INT); DROP TABLE t", "1:46", TW_E_INVALID, "'t' is temporary", "", "write DROP TEMPORARY TABLE"},
        {"CREATE TABLE t (a INT); DROP TEMPORARY TABLE t", "1:46", TW_E_UNDEFINED_TABLE, "temporary table 't' not found", "", ""},
        {"DROP FUNCTION f", "1:15", TW_E_UNDEFINED_TABLE, "function 'f' not found", "", ""},
        {"CREATE FUNCTION f AS 'x'", "1:17", TW_E_UNSUPPORTED, "CREATE FUNCTION is not supported yet", "", ""},
        {"CREATE DATABASE default_database", "1:17", TW_E_DUPLICATE, "database 'default_database' already exists", "", ""},
        {"CREATE DATABASE c.d", "1:17", TW_E_UNDEFINED_TABLE, "catalog 'c' not found", "", ""},
        {"DROP DATABASE default_database", "1:15", TW_E_INVALID, "database 'default_database' is in use", "", ""},
        {"CREATE DATABASE d; CREATE TABLE d.t (a INT); DROP DATABASE d", "1:60", TW_E_INVALID, "database 'd' is not empty", "",
         "write CASCADE to drop its tables too"},
        {"USE default_databse", "1:5", TW_E_UNDEFINED_TABLE, "database 'default_databse' not found", "", "did you mean default_database?"},
        {"USE CATALOG c", "1:13", TW_E_UNDEFINED_TABLE, "catalog 'c' not found", "", ""},
        {"CREATE CATALOG c WITH ('type' = 'hive')", "1:33", TW_E_UNSUPPORTED, "catalogs of type 'hive' are not supported", "", ""},
        {"CREATE CATALOG default_catalog", "1:16", TW_E_DUPLICATE, "catalog 'default_catalog' already exists", "", ""},
        {"DROP CATALOG default_catalog", "1:14", TW_E_INVALID, "catalog 'default_catalog' is in use", "", ""},
    };
    REFUSED(sql_run, cases);
}

static void test_out_of_memory(void **state) {
    static const char script[] = "CREATE CATALOG c; USE CATALOG c; CREATE DATABASE d; SET 'table.local-time-zone' = 'Europe/Berlin'; RESET; DROP "
                                 "DATABASE d; DROP TABLE nope";
    for (int64_t n = 1;; n++) {
        sql_test t;
        sql_open(&t);
        t.mem.fail_at = n;
        tw_status status = sql_run(&t, script);
        bool done = t.mem.fail_at > 0;
        t.mem.fail_at = 0;
        assert_true(status == TW_E_NOMEM || status == TW_E_UNDEFINED_TABLE);
        sql_close(&t);
        if (done) break;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),  cmocka_unit_test(test_side_names),    cmocka_unit_test(test_settings),
        cmocka_unit_test(test_errors), cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
