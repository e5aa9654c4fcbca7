/* Catalogs, databases, settings: what names mean, and the exact error of what they do not. */
#include "sql_test.h"

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
    static const struct {
        const char *script;
        tw_status status;
        unsigned column;
        const char *message, *hint;
    } cases[] = {
        {"SET 'table.exec.state.tl' = '1 h'", TW_E_UNDEFINED_OPTION, 5, "unknown setting 'table.exec.state.tl'",
         "did you mean 'table.exec.state.ttl'?"},
        {"RESET 'nope'", TW_E_UNDEFINED_OPTION, 7, "unknown setting 'nope'", ""},
        {"SET 'table.exec.state.ttl' = 'soon'", TW_E_INVALID, 30,
         "option 'table.exec.state.ttl': 'soon' is not a duration such as '10 s', '200 ms' or '1 min'",
         "state that is not touched for so long may be dropped; 0: kept"},
        {"SET 'thalweg.on-error' = 'ignore'", TW_E_INVALID, 26, "option 'thalweg.on-error': 'ignore' is not one of its values",
         "'fail': a bad row ends the job; 'divert': it goes to the $errors table"},
        {"SET 'table.local-time-zone' = 'Berlin'", TW_E_VALUE, 31, "there is no time zone 'Berlin'",
         "give an id of the tz database such as 'Europe/Berlin', 'UTC', or an offset such as '+08:00'"},
        {"SET 'table.exec.mini-batch.enabled' = 'yes'", TW_E_INVALID, 39, "option 'table.exec.mini-batch.enabled': 'yes' is not 'true' or 'false'",
         "'false': one change per input row instead of one per key and batch"},
        {"DROP TABLE t", TW_E_UNDEFINED_TABLE, 12, "table 't' not found", ""},
        {"CREATE TABLE orders (a INT); DROP TABLE order_", TW_E_UNDEFINED_TABLE, 41, "table 'order_' not found", "did you mean orders?"},
        {"DROP TABLE d.t", TW_E_UNDEFINED_TABLE, 12, "database 'd' not found", ""},
        {"DROP TABLE c.d.t", TW_E_UNDEFINED_TABLE, 12, "catalog 'c' not found", ""},
        {"DROP TABLE default_catalog.d.t", TW_E_UNDEFINED_TABLE, 28, "database 'd' not found", ""},
        {"CREATE VIEW v AS SELECT 1; DROP TABLE v", TW_E_INVALID, 39, "'v' is a view, not a table", ""},
        {"CREATE TABLE t (a INT); DROP VIEW t", TW_E_INVALID, 35, "'t' is a table, not a view", ""},
        {"CREATE TEMPORARY TABLE t (a INT); DROP TABLE t", TW_E_INVALID, 46, "'t' is temporary", "write DROP TEMPORARY TABLE"},
        {"CREATE TABLE t (a INT); DROP TEMPORARY TABLE t", TW_E_UNDEFINED_TABLE, 46, "temporary table 't' not found", ""},
        {"DROP FUNCTION f", TW_E_UNDEFINED_TABLE, 15, "function 'f' not found", ""},
        {"CREATE FUNCTION f AS 'x'", TW_E_UNSUPPORTED, 17, "CREATE FUNCTION is not supported yet", ""},
        {"CREATE DATABASE default_database", TW_E_DUPLICATE, 17, "database 'default_database' already exists", ""},
        {"CREATE DATABASE c.d", TW_E_UNDEFINED_TABLE, 17, "catalog 'c' not found", ""},
        {"DROP DATABASE default_database", TW_E_INVALID, 15, "database 'default_database' is in use", ""},
        {"CREATE DATABASE d; CREATE TABLE d.t (a INT); DROP DATABASE d", TW_E_INVALID, 60, "database 'd' is not empty",
         "write CASCADE to drop its tables too"},
        {"USE default_databse", TW_E_UNDEFINED_TABLE, 5, "database 'default_databse' not found", "did you mean default_database?"},
        {"USE CATALOG c", TW_E_UNDEFINED_TABLE, 13, "catalog 'c' not found", ""},
        {"CREATE CATALOG c WITH ('type' = 'hive')", TW_E_UNSUPPORTED, 33, "catalogs of type 'hive' are not supported", ""},
        {"CREATE CATALOG default_catalog", TW_E_DUPLICATE, 16, "catalog 'default_catalog' already exists", ""},
        {"DROP CATALOG default_catalog", TW_E_INVALID, 14, "catalog 'default_catalog' is in use", ""},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sql_test t;
        sql_open(&t);
        tw_status status = sql_run(&t, cases[i].script);
        bool same = status == cases[i].status && strcmp(t.error.message, cases[i].message) == 0 && strcmp(t.error.hint, cases[i].hint) == 0 &&
                    t.error.pos.column == cases[i].column;
        if (!same) print_error("%s: %s at %u: %s (%s)\n", cases[i].script, tw_status_name(status), t.error.pos.column, t.error.message, t.error.hint);
        wrong += !same;
        sql_close(&t);
    }
    assert_int_equal(wrong, 0);
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
