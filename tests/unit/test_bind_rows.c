/* Logical plans of queries: set operations, VALUES, ORDER BY, LIMIT, INSERT. */
#include "query_test.h"

static void test_set_operations(void **state) {
    static const char *const cases[][2] = {
        {"SELECT a FROM o UNION SELECT a FROM plain UNION SELECT b FROM o",
         "LogicalCollect(fields=[a])\n"
         "  LogicalAggregate(group=[{0}])\n"
         "    LogicalUnion(all=[true])\n"
         "      LogicalProject(a=[CAST($0 AS BIGINT NOT NULL)])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "      LogicalProject(a=[$0])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, plain]])\n"
         "      LogicalProject(b=[$1])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` BIGINT>"},
        {"SELECT a FROM o UNION SELECT a FROM plain UNION ALL SELECT b FROM o",
         "LogicalCollect(fields=[a])\n"
         "  LogicalUnion(all=[true])\n"
         "    LogicalAggregate(group=[{0}])\n"
         "      LogicalUnion(all=[true])\n"
         "        LogicalProject(a=[CAST($0 AS BIGINT NOT NULL)])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "        LogicalProject(a=[$0])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, plain]])\n"
         "    LogicalProject(b=[$1])\n"
         "      LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` BIGINT>"},
        {"SELECT a, 'x' FROM o UNION ALL SELECT NULL, c FROM plain UNION ALL VALUES (1, 'yy')",
         "LogicalCollect(fields=[a, EXPR$1])\n"
         "  LogicalUnion(all=[true])\n"
         "    LogicalProject(a=[$0], EXPR$1=['x'])\n"
         "      LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "    LogicalProject(EXPR$0=[null:INT], c=[$1])\n"
         "      LogicalTableScan(table=[[default_catalog, default_database, plain]])\n"
         "    LogicalValues(tuples=[[{ 1, 'yy' }]])\n"
         "ROW<`a` INT, `EXPR$1` STRING>"},
        {"SELECT ts FROM t UNION ALL (SELECT ts FROM t WHERE v > 1)",
         "LogicalCollect(fields=[ts])\n"
         "  LogicalUnion(all=[true])\n"
         "    LogicalProject(ts=[$2])\n"
         "      LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "    LogicalProject(ts=[$2])\n"
         "      LogicalFilter(condition=[>($1, 1)])\n"
         "        LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`ts` TIMESTAMP(3) *ROWTIME*>"},
        {"SELECT ts FROM t UNION ALL SELECT ts FROM plain", "LogicalCollect(fields=[ts])\n"
                                                            "  LogicalUnion(all=[true])\n"
                                                            "    LogicalProject(ts=[$2])\n"
                                                            "      LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
                                                            "        LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
                                                            "    LogicalProject(ts=[$2])\n"
                                                            "      LogicalTableScan(table=[[default_catalog, default_database, plain]])\n"
                                                            "ROW<`ts` TIMESTAMP(3)>"},
        {"VALUES (1, 'a'), (2, NULL), (3000000000, 'abc')", "LogicalCollect(fields=[EXPR$0, EXPR$1])\n"
                                                            "  LogicalValues(tuples=[[{ 1, 'a' }, { 2, null:VARCHAR(3) }, { 3000000000, 'abc' }]])\n"
                                                            "ROW<`EXPR$0` BIGINT NOT NULL, `EXPR$1` VARCHAR(3)>"},
        {"SELECT * FROM (VALUES (1, 'a'), (2, 'bb')) AS q (n, s) WHERE n > 1", "LogicalCollect(fields=[n, s])\n"
                                                                               "  LogicalProject(n=[$0], s=[$1])\n"
                                                                               "    LogicalFilter(condition=[>($0, 1)])\n"
                                                                               "      LogicalValues(tuples=[[{ 1, 'a' }, { 2, 'bb' }]])\n"
                                                                               "ROW<`n` INT NOT NULL, `s` VARCHAR(2) NOT NULL>"},
        {"VALUES (RAND()), (2.5)", "LogicalCollect(fields=[EXPR$0])\n"
                                   "  LogicalUnion(all=[true])\n"
                                   "    LogicalProject(EXPR$0=[RAND()])\n"
                                   "      LogicalValues(tuples=[[{ }]])\n"
                                   "    LogicalProject(EXPR$0=[2.5])\n"
                                   "      LogicalValues(tuples=[[{ }]])\n"
                                   "ROW<`EXPR$0` DOUBLE NOT NULL>"},
    };
    query_check(cases, sizeof cases / sizeof *cases);
}

static void test_order(void **state) {
    static const char *const cases[][2] = {
        {"SELECT a, b FROM o ORDER BY b DESC, a LIMIT 10 OFFSET 5",
         "LogicalCollect(fields=[a, b])\n"
         "  LogicalSort(sort0=[$1], sort1=[$0], dir0=[DESC-nulls-last], dir1=[ASC-nulls-first], offset=[5], fetch=[10])\n"
         "    LogicalProject(a=[$0], b=[$1])\n"
         "      LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT NOT NULL, `b` BIGINT>"},
        {"SELECT a AS x, b FROM o ORDER BY x + 1, 2 DESC NULLS FIRST, c NULLS LAST FETCH FIRST 3 ROWS ONLY",
         "LogicalCollect(fields=[x, b])\n"
         "  LogicalProject(x=[$0], b=[$1])\n"
         "    LogicalSort(sort0=[$2], sort1=[$1], sort2=[$3], dir0=[ASC-nulls-first], dir1=[DESC-nulls-first], dir2=[ASC-nulls-last], "
         "fetch=[3])\n"
         "      LogicalProject(x=[$0], b=[$1], EXPR$2=[+($0, 1)], EXPR$3=[$2])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`x` INT NOT NULL, `b` BIGINT>"},
        {"SELECT a, SUM(b) AS s FROM o GROUP BY a ORDER BY s DESC, COUNT(*), a + 1 LIMIT 3",
         "LogicalCollect(fields=[a, s])\n"
         "  LogicalProject(a=[$0], s=[$1])\n"
         "    LogicalSort(sort0=[$1], sort1=[$2], sort2=[$3], dir0=[DESC-nulls-last], dir1=[ASC-nulls-first], dir2=[ASC-nulls-first], "
         "fetch=[3])\n"
         "      LogicalProject(a=[$0], s=[$1], EXPR$2=[$2], EXPR$3=[+($0, 1)])\n"
         "        LogicalAggregate(group=[{0}], EXPR$0=[SUM($1)], EXPR$1=[COUNT()])\n"
         "          LogicalProject(a=[$0], b=[$1])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT NOT NULL, `s` BIGINT>"},
        {"SELECT DISTINCT a, c AS b FROM o ORDER BY b, a", "LogicalCollect(fields=[a, b])\n"
                                                           "  LogicalSort(sort0=[$1], sort1=[$0], dir0=[ASC-nulls-first], dir1=[ASC-nulls-first])\n"
                                                           "    LogicalAggregate(group=[{0, 1}])\n"
                                                           "      LogicalProject(a=[$0], b=[$2])\n"
                                                           "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                                           "ROW<`a` INT NOT NULL, `b` STRING>"},
        {"SELECT a FROM o UNION ALL SELECT a FROM plain ORDER BY a + 1, 1 LIMIT 1",
         "LogicalCollect(fields=[a])\n"
         "  LogicalProject(a=[$0])\n"
         "    LogicalSort(sort0=[$1], sort1=[$0], dir0=[ASC-nulls-first], dir1=[ASC-nulls-first], fetch=[1])\n"
         "      LogicalProject(a=[$0], EXPR$1=[+($0, 1)])\n"
         "        LogicalUnion(all=[true])\n"
         "          LogicalProject(a=[CAST($0 AS BIGINT NOT NULL)])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "          LogicalProject(a=[$0])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, plain]])\n"
         "ROW<`a` BIGINT>"},
        {"SELECT * FROM (SELECT a, b FROM o ORDER BY c)", "LogicalCollect(fields=[a, b])\n"
                                                          "  LogicalProject(a=[$0], b=[$1])\n"
                                                          "    LogicalProject(a=[$0], b=[$1])\n"
                                                          "      LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                                          "ROW<`a` INT NOT NULL, `b` BIGINT>"},
        {"SELECT * FROM (SELECT a, b FROM o ORDER BY c LIMIT 5) LIMIT 2",
         "LogicalCollect(fields=[a, b])\n"
         "  LogicalSort(fetch=[2])\n"
         "    LogicalProject(a=[$0], b=[$1])\n"
         "      LogicalProject(a=[$0], b=[$1])\n"
         "        LogicalSort(sort0=[$2], dir0=[ASC-nulls-first], fetch=[5])\n"
         "          LogicalProject(a=[$0], b=[$1], EXPR$2=[$2])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT NOT NULL, `b` BIGINT>"},
        {"(SELECT a FROM o LIMIT 1) UNION ALL (SELECT a FROM o ORDER BY b DESC LIMIT 1)",
         "LogicalCollect(fields=[a])\n"
         "  LogicalUnion(all=[true])\n"
         "    LogicalSort(fetch=[1])\n"
         "      LogicalProject(a=[$0])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "    LogicalProject(a=[$0])\n"
         "      LogicalSort(sort0=[$1], dir0=[DESC-nulls-last], fetch=[1])\n"
         "        LogicalProject(a=[$0], EXPR$1=[$1])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT NOT NULL>"},
        {"SELECT a FROM o LIMIT 2 + 3", "LogicalCollect(fields=[a])\n"
                                        "  LogicalSort(fetch=[5])\n"
                                        "    LogicalProject(a=[$0])\n"
                                        "      LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                        "ROW<`a` INT NOT NULL>"},
    };
    query_check(cases, sizeof cases / sizeof *cases);
}

static void test_insert(void **state) {
    static const char *const cases[][2] = {
        {"INSERT INTO s SELECT 1, 'k', 'y'", "LogicalSink(table=[default_catalog.default_database.s], fields=[x, y, m])\n"
                                             "  LogicalProject(x=[1], y=['y'], m=['k'])\n"
                                             "    LogicalValues(tuples=[[{ }]])\n"
                                             "ROW<`x` BIGINT NOT NULL, `y` STRING NOT NULL, `m` STRING NOT NULL>"},
        {"INSERT INTO s (y, x) SELECT c, a FROM o", "LogicalSink(table=[default_catalog.default_database.s], fields=[x, y, m])\n"
                                                    "  LogicalProject(x=[CAST($0 AS BIGINT NOT NULL)], y=[$2], m=[null:STRING])\n"
                                                    "    LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                                    "ROW<`x` BIGINT NOT NULL, `y` STRING, `m` STRING>"},
        {"INSERT INTO s (y) VALUES ('q'), ('r')", "LogicalSink(table=[default_catalog.default_database.s], fields=[x, y, m])\n"
                                                  "  LogicalValues(tuples=[[{ null:BIGINT, 'q', null:STRING }, { null:BIGINT, 'r', null:STRING }]])\n"
                                                  "ROW<`x` BIGINT, `y` STRING NOT NULL, `m` STRING>"},
        {"INSERT INTO part PARTITION (dy = '2020') SELECT a, c FROM o",
         "LogicalSink(table=[default_catalog.default_database.part], fields=[a, b, dy])\n"
         "  LogicalProject(a=[$0], b=[$2], dy=['2020'])\n"
         "    LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT NOT NULL, `b` STRING, `dy` STRING>"},
        {"INSERT INTO part PARTITION (dy = '2020') (b) SELECT c FROM o",
         "LogicalSink(table=[default_catalog.default_database.part], fields=[a, b, dy])\n"
         "  LogicalProject(a=[null:INT], b=[$2], dy=['2020'])\n"
         "    LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT, `b` STRING, `dy` STRING>"},
        {"INSERT INTO part PARTITION (dy) SELECT * FROM part", "LogicalSink(table=[default_catalog.default_database.part], fields=[a, b, dy])\n"
                                                               "  LogicalProject(a=[$0], b=[$1], dy=[$2])\n"
                                                               "    LogicalTableScan(table=[[default_catalog, default_database, part]])\n"
                                                               "ROW<`a` INT, `b` STRING, `dy` STRING>"},
        {"INSERT INTO s SELECT x, m, y FROM s UNION ALL VALUES (NULL, NULL, 'y')",
         "LogicalSink(table=[default_catalog.default_database.s], fields=[x, y, m])\n"
         "  LogicalProject(x=[$0], y=[$2], m=[$1])\n"
         "    LogicalUnion(all=[true])\n"
         "      LogicalProject(x=[$0], m=[$1], y=[$2])\n"
         "        LogicalProject(x=[$0], m=[$2], y=[$1], z=[+($0, 1)], w=[$3])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, s]])\n"
         "      LogicalValues(tuples=[[{ null:BIGINT, null:STRING, 'y' }]])\n"
         "ROW<`x` BIGINT, `y` STRING NOT NULL, `m` STRING>"},
        {"INSERT INTO plain SELECT v, k, ts, NULL FROM t", "LogicalSink(table=[default_catalog.default_database.plain], fields=[a, c, ts, d])\n"
                                                           "  LogicalProject(a=[CAST($1 AS BIGINT)], c=[$0], ts=[$2], d=[null:DATE])\n"
                                                           "    LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
                                                           "      LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
                                                           "ROW<`a` BIGINT, `c` STRING, `ts` TIMESTAMP(3) *ROWTIME*, `d` DATE>"},
    };
    query_check(cases, sizeof cases / sizeof *cases);
}

/* A long chain is one node. */
static void test_long_union(void **state) {
    sql_test t;
    const tw_rel *rel;
    tw_buf text;
    sql_open(&t);
    tw_buf_init(&text, &t.mem, 0);
    tw_buf_text(&text, "SELECT a FROM o");
    for (int i = 0; i < 1900; i++) tw_buf_text(&text, " UNION ALL SELECT b FROM o");
    assert_int_equal(query_bind(&t, QUERY_TABLES, sql_text(&t, &text), &rel), TW_OK);
    assert_int_equal(rel->inputs[0]->kind, TW_REL_UNION);
    assert_int_equal(rel->inputs[0]->ninputs, 1901);
    assert_int_equal(rel->inputs[0]->row->fields[0].type->kind, TW_BIGINT);
    sql_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_operations),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_insert),
        cmocka_unit_test(test_long_union),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
