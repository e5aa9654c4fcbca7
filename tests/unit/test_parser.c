/* The parser: what parses, how it binds, and the exact error of what does not. */
#include "test.h"

#include "sql/parse.h"

#include <stdio.h>
#include <stdlib.h>

static void init(tw_mem *mem, tw_arena *arena) {
    tw_mem_init(mem, NULL, 0);
    tw_arena_init(arena, mem, 4096);
}

static void test_good(void **state) {
    static const char *const scripts[] = {
        "",
        ";;",
        "SELECT 1",
        "CREATE TEMPORARY TABLE IF NOT EXISTS c.d.t (a INT NOT NULL PRIMARY KEY NOT ENFORCED COMMENT 'x', b AS a + 1, "
        "m TIMESTAMP_LTZ(3) METADATA FROM 'ts' VIRTUAL, WATERMARK FOR m AS m - INTERVAL '5' SECOND) COMMENT 'y' "
        "DISTRIBUTED BY HASH (a) INTO 4 BUCKETS PARTITIONED BY (a) WITH ('connector' = 'x')",
        "CREATE TABLE t LIKE s (INCLUDING ALL EXCLUDING OPTIONS OVERWRITING WATERMARKS)",
        "CREATE TABLE t WITH ('a' = 'b') AS SELECT * FROM s",
        "CREATE TABLE t (r ROW<a INT COMMENT 'c', b MAP<STRING, ARRAY<INT NOT NULL>>>, q ROW(a INT), i INT ARRAY)",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b (x, y) SELECT 1, 2; END;",
        "BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END;",
        "SELECT a FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY a, window_start EMIT ON CLOSE",
        "SELECT * FROM SESSION(DATA => TABLE t PARTITION BY a, b, TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '1' HOUR) "
        "EMIT EVERY INTERVAL '1' SECOND WITH LATENESS INTERVAL '1' DAY",
        "SELECT * FROM SESSION(TABLE t PARTITION BY a, DESCRIPTOR(ts), INTERVAL '1' HOUR)",
        "SELECT a, SUM(b) FILTER (WHERE c) OVER w FROM t WINDOW w AS (PARTITION BY a ORDER BY ts ROWS BETWEEN 2 PRECEDING AND "
        "CURRENT ROW)",
        "SELECT * FROM a LEFT JOIN b FOR SYSTEM_TIME AS OF a.ts AS r ON a.k = r.k, LATERAL TABLE(f(a.x)) AS T(u, v) CROSS JOIN "
        "UNNEST(a.c) WITH ORDINALITY AS U (x, o)",
        "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY u ORDER BY ts MEASURES FINAL LAST(A.x) AS x ONE ROW PER MATCH AFTER MATCH "
        "SKIP TO LAST B PATTERN (A B+? (C | D){2,3} {- E -}) WITHIN INTERVAL '1' HOUR SUBSET S = (A, B) DEFINE A AS A.x > 1) AS m",
        "SELECT a FROM t GROUP BY GROUPING SETS ((a, b), (a), ()), ROLLUP (a, (b, c)), CUBE (d) HAVING COUNT(*) > 1",
        "WITH x (a) AS (SELECT 1) SELECT * FROM x UNION ALL (SELECT 2 INTERSECT SELECT 3) ORDER BY a DESC NULLS LAST LIMIT 1 OFFSET 2",
        "SELECT /*+ STATE_TTL('a' = '1d') */ * FROM t /*+ OPTIONS('k' = 'v') */ AS x",
        "SET 'a.b' = 'c'; SET a.b-c = d; SET; RESET 'a'; RESET; SHOW TABLES LIKE 'a%'; DESC t; EXPLAIN CHANGELOG_MODE SELECT 1; USE d",
        "CREATE MATERIALIZED VIEW v AS SELECT 1; SUBSCRIBE TO v",
    };
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        tw_mem mem;
        tw_arena arena;
        tw_error error = {0};
        tw_ast_script *script;
        init(&mem, &arena);
        if (tw_parse_script(&arena, tw_str_of(scripts[i]), &script, &error) != TW_OK) {
            fail_msg("%s: %u: %s", scripts[i], error.pos.column, error.message);
        }
        tw_arena_free(&arena);
    }
}

static void test_bad(void **state) {
    static const struct {
        const char *script;
        tw_status status;
        unsigned line, column;
        const char *message, *hint;
    } cases[] = {
        {"SELECT a FORM t", TW_E_SYNTAX, 1, 15, "unexpected \"t\", expected the end of the statement", ""},
        {"SELEC 1", TW_E_SYNTAX, 1, 1, "unexpected \"SELEC\", expected a statement", "did you mean SELECT?"},
        {"SELECT 1 +", TW_E_SYNTAX, 1, 11, "unexpected end of the script, expected an expression", ""},
        {"SELECT\n  'abc", TW_E_SYNTAX, 2, 3, "the string is not closed, expected '", ""},
        {"SELECT a FROM order", TW_E_SYNTAX, 1, 15, "unexpected \"order\", expected a table's name",
         "order is a reserved word; as a name it stands in backticks: `order`"},
        {"CREATE TABLE t (a INTT)", TW_E_UNDEFINED_OPTION, 1, 19, "there is no type \"INTT\"", "did you mean INT?"},
        {"ANALYZE TABLE t", TW_E_UNSUPPORTED, 1, 1, "ANALYZE is not supported", ""},
        {"SELECT ?", TW_E_UNSUPPORTED, 1, 8, "a dynamic parameter is not supported", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tw_mem mem;
        tw_arena arena;
        tw_error error = {0};
        tw_ast_script *script;
        init(&mem, &arena);
        assert_int_equal(tw_parse_script(&arena, tw_str_of(cases[i].script), &script, &error), cases[i].status);
        assert_string_equal(error.message, cases[i].message);
        assert_string_equal(error.hint, cases[i].hint);
        assert_int_equal(error.pos.line, cases[i].line);
        assert_int_equal(error.pos.column, cases[i].column);
        tw_arena_free(&arena);
    }
}

/* Both errors are found, and the statements around them. */
static void test_resynchronise(void **state) {
    tw_mem mem;
    tw_arena arena;
    tw_parse parse;
    init(&mem, &arena);
    tw_parse_begin(&parse, &arena, TW_STR("SELECT 1; SELEC 2; SELECT 3; EXECUTE STATEMENT SET BEGIN INSERT x; END; SELECT 4"));
    static const tw_status expected[] = {TW_OK, TW_E_SYNTAX, TW_OK, TW_E_SYNTAX, TW_OK, TW_END};
    for (int i = 0; i < 6; i++) {
        tw_ast_statement *statement;
        tw_error error = {0};
        assert_int_equal(tw_parse_next(&parse, &statement, &error), expected[i]);
    }
    tw_arena_free(&arena);
}

static void test_binding(void **state) {
    tw_mem mem;
    tw_arena arena;
    tw_ast_expr *expr;
    tw_error error = {0};
    init(&mem, &arena);
    assert_int_equal(tw_parse_expr(&arena, TW_STR("NOT a = 1 + 2 * -b AND c OR d"), &expr, &error), TW_OK);
    assert_true(tw_str_equal(expr->call.name.text, TW_STR("OR")));
    expr = expr->call.args.at[0];
    assert_true(tw_str_equal(expr->call.name.text, TW_STR("AND")));
    expr = expr->call.args.at[0];
    assert_true(tw_str_equal(expr->call.name.text, TW_STR("NOT")));
    expr = expr->call.args.at[0];
    assert_true(tw_str_equal(expr->call.name.text, TW_STR("=")));
    assert_int_equal(expr->pos.offset, 4);
    assert_int_equal(expr->pos.length, strlen("a = 1 + 2 * -b"));
    tw_arena_free(&arena);
}

static void test_limits(void **state) {
    enum { N = 100000 };
    char *text = malloc(N + 8);
    tw_mem mem;
    tw_arena arena;
    tw_error error = {0};
    tw_ast_expr *expr;
    init(&mem, &arena);
    memset(text, '(', N);
    assert_int_equal(tw_parse_expr(&arena, (tw_str){text, N}, &expr, &error), TW_E_LIMIT);
    for (int i = 0; i < N; i += 2) memcpy(text + i, "a+", 2);
    assert_int_equal(tw_parse_expr(&arena, (tw_str){text, N - 1}, &expr, &error), TW_E_SYNTAX);
    tw_arena_free(&arena);
    free(text);
}

static void test_dump(void **state) {
    static const char *const cases[][2] = {
        {"SELECT a AS x FROM t WHERE a IS NOT NULL LIMIT 2", "(query (select a:x (from (table t)) (where (IS NOT NULL a))) (limit 2))\n"},
        {"SELECT 1 UNION SELECT 2 INTERSECT SELECT 3", "(query (union (select 1) (intersect (select 2) (select 3))))\n"},
        {"SELECT TRIM(BOTH FROM a), EXTRACT(DAY FROM b), a::INT, x[1].y FROM t",
         "(query (select (TRIM %BOTH ' ' a) (EXTRACT %DAY b) (cast a type4) (. (ITEM x 1) y) (from (table t))))\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tw_mem mem;
        tw_arena arena;
        tw_buf out;
        tw_ast_script *script;
        tw_error error = {0};
        init(&mem, &arena);
        tw_buf_init(&out, &mem, 0);
        assert_int_equal(tw_parse_script(&arena, tw_str_of(cases[i][0]), &script, &error), TW_OK);
        tw_ast_dump(&out, script);
        tw_buf_byte(&out, 0);
        assert_string_equal(out.data, cases[i][1]);
        tw_buf_free(&out);
        tw_arena_free(&arena);
    }
}

/* Every allocation fails once; the parser reports it and gives all back. */
static void test_out_of_memory(void **state) {
    tw_str text = TW_STR("SELECT a, SUM(b) FROM t WHERE c IN (1, 2, 3) GROUP BY a");
    for (int n = 1;; n++) {
        tw_mem mem;
        tw_arena arena;
        tw_ast_script *script;
        tw_error error = {0};
        tw_mem_init(&mem, NULL, 0);
        tw_arena_init(&arena, &mem, 64);
        mem.fail_at = n;
        tw_status status = tw_parse_script(&arena, text, &script, &error);
        tw_arena_free(&arena);
        assert_int_equal(mem.used, 0);
        if (status == TW_OK) break;
        assert_int_equal(status, TW_E_NOMEM);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good),         cmocka_unit_test(test_bad),    cmocka_unit_test(test_resynchronise),
                                       cmocka_unit_test(test_binding),      cmocka_unit_test(test_limits), cmocka_unit_test(test_dump),
                                       cmocka_unit_test(test_out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
