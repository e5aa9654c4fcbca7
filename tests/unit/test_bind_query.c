/* Logical plans of queries: SELECT, views, WITH, sub-queries, hints, side tables. */
#include "query_test.h"

static void test_select(void **state) {
    static const char *const cases[][2] = {
        {"SELECT 1", "LogicalCollect(fields=[EXPR$0])\n"
                     "  LogicalProject(EXPR$0=[1])\n"
                     "    LogicalValues(tuples=[[{ }]])\n"
                     "ROW<`EXPR$0` INT NOT NULL>"},
        {"SELECT 1 AS n, 'x', 1 + 2 WHERE TRUE", "LogicalCollect(fields=[n, EXPR$1, EXPR$2])\n"
                                                 "  LogicalProject(n=[1], EXPR$1=['x'], EXPR$2=[3])\n"
                                                 "    LogicalFilter(condition=[true])\n"
                                                 "      LogicalValues(tuples=[[{ }]])\n"
                                                 "ROW<`n` INT NOT NULL, `EXPR$1` CHAR(1) NOT NULL, `EXPR$2` INT NOT NULL>"},
        {"SELECT * FROM o", "LogicalCollect(fields=[a, b, c, d, r])\n"
                            "  LogicalProject(a=[$0], b=[$1], c=[$2], d=[$3], r=[$4])\n"
                            "    LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                            "ROW<`a` INT NOT NULL, `b` BIGINT, `c` STRING, `d` DECIMAL(10, 2), `r` ROW<`x` INT, `y` STRING>>"},
        {"SELECT a, a, b AS a FROM o", "LogicalCollect(fields=[a, a0, a1])\n"
                                       "  LogicalProject(a=[$0], a=[$0], a=[$1])\n"
                                       "    LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                       "ROW<`a` INT NOT NULL, `a0` INT NOT NULL, `a1` BIGINT>"},
        {"SELECT o.*, r.x, o.r.*, (r).y FROM o WHERE a > 10",
         "LogicalCollect(fields=[a, b, c, d, r, x, x0, y, EXPR$8])\n"
         "  LogicalProject(a=[$0], b=[$1], c=[$2], d=[$3], r=[$4], x=[$4.x], x=[$4.x], y=[$4.y], EXPR$8=[$4.y])\n"
         "    LogicalFilter(condition=[>($0, 10)])\n"
         "      LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT NOT NULL, `b` BIGINT, `c` STRING, `d` DECIMAL(10, 2), `r` ROW<`x` INT, `y` STRING>, `x` INT, `x0` INT, `y` STRING, "
         "`EXPR$8` STRING>"},
        {"SELECT x.a, x.r.y FROM o AS x", "LogicalCollect(fields=[a, y])\n"
                                          "  LogicalProject(a=[$0], y=[$4.y])\n"
                                          "    LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                          "ROW<`a` INT NOT NULL, `y` STRING>"},
        {"SELECT default_database.o.a, default_catalog.default_database.o.b FROM o",
         "LogicalCollect(fields=[a, b])\n"
         "  LogicalProject(a=[$0], b=[$1])\n"
         "    LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT NOT NULL, `b` BIGINT>"},
        {"SELECT u, w FROM plain AS q (u, v, w, x)", "LogicalCollect(fields=[u, w])\n"
                                                     "  LogicalProject(u=[$0], w=[$2])\n"
                                                     "    LogicalTableScan(table=[[default_catalog, default_database, plain]])\n"
                                                     "ROW<`u` BIGINT, `w` TIMESTAMP(3)>"},
        {"SELECT * FROM p", "LogicalCollect(fields=[k, v, ltz, pt])\n"
                            "  LogicalProject(k=[$0], v=[$1], ltz=[$2], pt=[$3])\n"
                            "    LogicalWatermarkAssigner(rowtime=[ltz], watermark=[$2])\n"
                            "      LogicalProject(k=[$0], v=[$1], ltz=[$2], pt=[PROCTIME()])\n"
                            "        LogicalTableScan(table=[[default_catalog, default_database, p]])\n"
                            "ROW<`k` STRING, `v` INT, `ltz` TIMESTAMP_LTZ(3) *ROWTIME*, `pt` TIMESTAMP_LTZ(3) *PROCTIME* NOT NULL>"},
        {"SELECT * FROM s", "LogicalCollect(fields=[x, m, y, z, w])\n"
                            "  LogicalProject(x=[$0], m=[$1], y=[$2], z=[$3], w=[$4])\n"
                            "    LogicalProject(x=[$0], m=[$2], y=[$1], z=[+($0, 1)], w=[$3])\n"
                            "      LogicalTableScan(table=[[default_catalog, default_database, s]])\n"
                            "ROW<`x` BIGINT, `m` STRING, `y` STRING NOT NULL, `z` BIGINT, `w` STRING>"},
        {"SELECT DISTINCT a, c FROM o", "LogicalCollect(fields=[a, c])\n"
                                        "  LogicalAggregate(group=[{0, 1}])\n"
                                        "    LogicalProject(a=[$0], c=[$2])\n"
                                        "      LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                        "ROW<`a` INT NOT NULL, `c` STRING>"},
        {"SELECT DISTINCT COUNT(*) FROM o GROUP BY a", "LogicalCollect(fields=[EXPR$0])\n"
                                                       "  LogicalAggregate(group=[{0}])\n"
                                                       "    LogicalProject(EXPR$0=[$1])\n"
                                                       "      LogicalAggregate(group=[{0}], EXPR$0=[COUNT()])\n"
                                                       "        LogicalProject(a=[$0])\n"
                                                       "          LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                                       "ROW<`EXPR$0` BIGINT NOT NULL>"},
        {"SELECT CASE WHEN a > 1 THEN c ELSE 'none' END AS kind FROM o AS o2 WHERE o2.b IS NOT NULL AND NOT a = 2",
         "LogicalCollect(fields=[kind])\n"
         "  LogicalProject(kind=[CASE(>($0, 1), $2, 'none')])\n"
         "    LogicalFilter(condition=[AND(IS NOT NULL($1), NOT(=($0, 2)))])\n"
         "      LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`kind` STRING>"},
    };
    query_check(cases, sizeof cases / sizeof *cases);
}

static void test_sources(void **state) {
    static const char *const cases[][2] = {
        {"SELECT * FROM v", "LogicalCollect(fields=[a, b1])\n"
                            "  LogicalProject(a=[$0], b1=[$1])\n"
                            "    LogicalProject(a=[$0], b1=[+($1, 1)])\n"
                            "      LogicalFilter(condition=[>($0, 0)])\n"
                            "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                            "ROW<`a` INT NOT NULL, `b1` BIGINT>"},
        {"SELECT * FROM v2 WHERE p = 1", "LogicalCollect(fields=[p, q])\n"
                                         "  LogicalProject(p=[$0], q=[$1])\n"
                                         "    LogicalFilter(condition=[=($0, 1)])\n"
                                         "      LogicalProject(p=[$0], q=[$1])\n"
                                         "        LogicalProject(a=[$0], b1=[$1])\n"
                                         "          LogicalProject(a=[$0], b1=[+($1, 1)])\n"
                                         "            LogicalFilter(condition=[>($0, 0)])\n"
                                         "              LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                         "ROW<`p` INT NOT NULL, `q` BIGINT>"},
        {"TABLE v2", "LogicalCollect(fields=[p, q])\n"
                     "  LogicalProject(p=[$0], q=[$1])\n"
                     "    LogicalProject(a=[$0], b1=[$1])\n"
                     "      LogicalProject(a=[$0], b1=[+($1, 1)])\n"
                     "        LogicalFilter(condition=[>($0, 0)])\n"
                     "          LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                     "ROW<`p` INT NOT NULL, `q` BIGINT>"},
        {"WITH w AS (SELECT a, SUM(b) AS s FROM o GROUP BY a), w2 (q) AS (SELECT s FROM w) SELECT * FROM w2 UNION ALL SELECT s FROM w",
         "LogicalCollect(fields=[q])\n"
         "  LogicalUnion(all=[true])\n"
         "    LogicalProject(q=[$0])\n"
         "      LogicalProject(q=[$0])\n"
         "        LogicalProject(s=[$1])\n"
         "          LogicalProject(a=[$0], s=[$1])\n"
         "            LogicalAggregate(group=[{0}], EXPR$0=[SUM($1)])\n"
         "              LogicalProject(a=[$0], b=[$1])\n"
         "                LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "    LogicalProject(s=[$1])\n"
         "      LogicalProject(a=[$0], s=[$1])\n"
         "        LogicalAggregate(group=[{0}], EXPR$0=[SUM($1)])\n"
         "          LogicalProject(a=[$0], b=[$1])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`q` BIGINT>"},
        {"WITH o AS (SELECT 1 AS one1) SELECT * FROM o", "LogicalCollect(fields=[one1])\n"
                                                         "  LogicalProject(one1=[$0])\n"
                                                         "    LogicalProject(one1=[1])\n"
                                                         "      LogicalValues(tuples=[[{ }]])\n"
                                                         "ROW<`one1` INT NOT NULL>"},
        {"SELECT q.n FROM (SELECT a AS n FROM o) AS q", "LogicalCollect(fields=[n])\n"
                                                        "  LogicalProject(n=[$0])\n"
                                                        "    LogicalProject(n=[$0])\n"
                                                        "      LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                                        "ROW<`n` INT NOT NULL>"},
        {"SELECT a FROM o /*+ OPTIONS('path' = '/y') */",
         "LogicalCollect(fields=[a])\n"
         "  LogicalProject(a=[$0])\n"
         "    LogicalTableScan(table=[[default_catalog, default_database, o]], options=[connector=filesystem, path=/y, format=json])\n"
         "ROW<`a` INT NOT NULL>"},
        {"SELECT * FROM t$late",
         "LogicalCollect(fields=[row, rowtime, partition, watermark, operator, missed])\n"
         "  LogicalProject(row=[$0], rowtime=[$1], partition=[$2], watermark=[$3], operator=[$4], missed=[$5])\n"
         "    LogicalTableScan(table=[[t$late]])\n"
         "ROW<`row` STRING, `rowtime` TIMESTAMP(3), `partition` STRING, `watermark` TIMESTAMP(3), `operator` STRING, `missed` STRING>"},
        {"SELECT raw FROM t$errors", "LogicalCollect(fields=[raw])\n"
                                     "  LogicalProject(raw=[$0])\n"
                                     "    LogicalTableScan(table=[[t$errors]])\n"
                                     "ROW<`raw` BYTES>"},
        {"SELECT error FROM default_database.s$errors AS e", "LogicalCollect(fields=[error])\n"
                                                             "  LogicalProject(error=[$3])\n"
                                                             "    LogicalTableScan(table=[[s$errors]])\n"
                                                             "ROW<`error` STRING>"},
    };
    query_check(cases, sizeof cases / sizeof *cases);
}

/* A WITH query is bound once: both readers have the same node. */
static void test_shared_with(void **state) {
    sql_test t;
    const tw_rel *rel;
    sql_open(&t);
    assert_int_equal(query_bind(&t, QUERY_TABLES, "WITH w AS (SELECT a FROM o) TABLE w UNION ALL TABLE w", &rel), TW_OK);
    const tw_rel *both = rel->inputs[0];
    assert_int_equal(both->ninputs, 2);
    assert_ptr_equal(both->inputs[0], both->inputs[1]);
    sql_close(&t);
}

/* x1 reads o, x2 reads x1, ...; the query reads the last. */
static const char *view_chain(sql_test *t, int n) {
    tw_buf text;
    tw_buf_init(&text, &t->mem, 0);
    tw_buf_text(&text, "CREATE VIEW x1 AS SELECT a FROM o;");
    for (int i = 2; i <= n; i++) tw_buf_printf(&text, "CREATE VIEW x%d AS SELECT a FROM x%d;", i, i - 1);
    tw_buf_printf(&text, "SELECT a FROM x%d", n);
    return sql_text(t, &text);
}

static void test_depth(void **state) {
    sql_test t;
    const tw_rel *rel;
    sql_open(&t);
    assert_int_equal(query_bind(&t, QUERY_TABLES, view_chain(&t, TW_QUERY_DEPTH_MAX - 1), &rel), TW_OK);
    sql_close(&t);
    sql_open(&t);
    assert_int_equal(query_bind(&t, QUERY_TABLES, view_chain(&t, TW_QUERY_DEPTH_MAX), &rel), TW_E_LIMIT);
    assert_string_equal(t.error.message, "in view 'x1': queries and views are nested more than 256 deep");
    sql_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_select),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_shared_with),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
