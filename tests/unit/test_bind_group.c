/* Logical plans of queries: aggregation and grouping sets. */
#include "query_test.h"

static void test_aggregation(void **state) {
    static const char *const cases[][2] = {
        {"SELECT a, COUNT(*), SUM(b), SUM(b) + COUNT(*) FROM o GROUP BY a",
         "LogicalCollect(fields=[a, EXPR$1, EXPR$2, EXPR$3])\n"
         "  LogicalProject(a=[$0], EXPR$1=[$1], EXPR$2=[$2], EXPR$3=[+($2, $1)])\n"
         "    LogicalAggregate(group=[{0}], EXPR$0=[COUNT()], EXPR$1=[SUM($1)])\n"
         "      LogicalProject(a=[$0], b=[$1])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT NOT NULL, `EXPR$1` BIGINT NOT NULL, `EXPR$2` BIGINT, `EXPR$3` BIGINT>"},
        {"SELECT COUNT(*), SUM(a), COUNT(DISTINCT b), SUM(b) FILTER (WHERE a > 1) FROM o",
         "LogicalCollect(fields=[EXPR$0, EXPR$1, EXPR$2, EXPR$3])\n"
         "  LogicalProject(EXPR$0=[$0], EXPR$1=[$1], EXPR$2=[$2], EXPR$3=[$3])\n"
         "    LogicalAggregate(group=[{}], EXPR$0=[COUNT()], EXPR$1=[SUM($0)], EXPR$2=[COUNT(DISTINCT $1)], EXPR$3=[SUM($1) FILTER $2])\n"
         "      LogicalProject(a=[$0], b=[$1], $f2=[>($0, 1)])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`EXPR$0` BIGINT NOT NULL, `EXPR$1` INT, `EXPR$2` BIGINT NOT NULL, `EXPR$3` BIGINT>"},
        {"SELECT COUNT(a, b), MAX(b), MAX(b + 0), AVG(d) FROM o WHERE c = 'x'",
         "LogicalCollect(fields=[EXPR$0, EXPR$1, EXPR$2, EXPR$3])\n"
         "  LogicalProject(EXPR$0=[$0], EXPR$1=[$1], EXPR$2=[$2], EXPR$3=[$3])\n"
         "    LogicalAggregate(group=[{}], EXPR$0=[COUNT($0, $1)], EXPR$1=[MAX($1)], EXPR$2=[MAX($2)], EXPR$3=[AVG($3)])\n"
         "      LogicalProject(a=[$0], b=[$1], $f2=[+($1, 0)], d=[$3])\n"
         "        LogicalFilter(condition=[=($2, 'x')])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`EXPR$0` BIGINT NOT NULL, `EXPR$1` BIGINT, `EXPR$2` BIGINT, `EXPR$3` DECIMAL(38, 6)>"},
        {"SELECT a + 1, (a + 1) * 2, MAX(b) FROM o GROUP BY a + 1 HAVING MAX(b) > 3",
         "LogicalCollect(fields=[EXPR$0, EXPR$1, EXPR$2])\n"
         "  LogicalProject(EXPR$0=[$0], EXPR$1=[*($0, 2)], EXPR$2=[$1])\n"
         "    LogicalFilter(condition=[>($1, 3)])\n"
         "      LogicalAggregate(group=[{0}], EXPR$0=[MAX($1)])\n"
         "        LogicalProject($f0=[+($0, 1)], b=[$1])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` INT NOT NULL, `EXPR$2` BIGINT>"},
        {"SELECT SUM(1) FROM o HAVING COUNT(*) > 1", "LogicalCollect(fields=[EXPR$0])\n"
                                                     "  LogicalProject(EXPR$0=[$1])\n"
                                                     "    LogicalFilter(condition=[>($0, 1)])\n"
                                                     "      LogicalAggregate(group=[{}], EXPR$0=[COUNT()], EXPR$1=[SUM($0)])\n"
                                                     "        LogicalProject($f0=[1])\n"
                                                     "          LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                                     "ROW<`EXPR$0` INT>"},
        {"SELECT r.x, COUNT(*) FROM o GROUP BY r.x", "LogicalCollect(fields=[x, EXPR$1])\n"
                                                     "  LogicalProject(x=[$0], EXPR$1=[$1])\n"
                                                     "    LogicalAggregate(group=[{0}], EXPR$0=[COUNT()])\n"
                                                     "      LogicalProject($f0=[$4.x])\n"
                                                     "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                                     "ROW<`x` INT, `EXPR$1` BIGINT NOT NULL>"},
        {"SELECT SUM(a), SUM(d), MAX(a) FILTER (WHERE b > 1), MIN(a), STDDEV_SAMP(a) FROM o GROUP BY c",
         "LogicalCollect(fields=[EXPR$0, EXPR$1, EXPR$2, EXPR$3, EXPR$4])\n"
         "  LogicalProject(EXPR$0=[$1], EXPR$1=[$2], EXPR$2=[$3], EXPR$3=[$4], EXPR$4=[$5])\n"
         "    LogicalAggregate(group=[{0}], EXPR$0=[SUM($1)], EXPR$1=[SUM($2)], EXPR$2=[MAX($1) FILTER $3], EXPR$3=[MIN($1)], "
         "EXPR$4=[STDDEV_SAMP($1)])\n"
         "      LogicalProject(c=[$2], a=[$0], d=[$3], $f3=[>($1, 1)])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` DECIMAL(38, 2), `EXPR$2` INT, `EXPR$3` INT NOT NULL, `EXPR$4` INT>"},
        {"SELECT ARRAY_AGG(a), ARRAY_AGG(a) IGNORE NULLS, LISTAGG(c, '|'), JSON_ARRAYAGG(c NULL ON NULL), FIRST_VALUE(b) FROM o",
         "LogicalCollect(fields=[EXPR$0, EXPR$1, EXPR$2, EXPR$3, EXPR$4])\n"
         "  LogicalProject(EXPR$0=[$0], EXPR$1=[$1], EXPR$2=[$2], EXPR$3=[$3], EXPR$4=[$4])\n"
         "    LogicalAggregate(group=[{}], EXPR$0=[ARRAY_AGG($0)], EXPR$1=[ARRAY_AGG IGNORE NULLS($0)], EXPR$2=[LISTAGG($1, $2)], "
         "EXPR$3=[JSON_ARRAYAGG NULL ON NULL($3)], EXPR$4=[FIRST_VALUE($4)])\n"
         "      LogicalProject(a=[$0], c=[$2], $f2=['|'], $f3=[JSON_STRING($2)], b=[$1])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`EXPR$0` ARRAY<INT NOT NULL>, `EXPR$1` ARRAY<INT NOT NULL>, `EXPR$2` STRING, `EXPR$3` STRING NOT NULL, `EXPR$4` BIGINT>"},
        {"SELECT c FROM o GROUP BY c, ()", "LogicalCollect(fields=[c])\n"
                                           "  LogicalProject(c=[$0])\n"
                                           "    LogicalAggregate(group=[{0}])\n"
                                           "      LogicalProject(c=[$2])\n"
                                           "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                           "ROW<`c` STRING>"},
        {"SELECT COUNT(*) FROM o GROUP BY ()", "LogicalCollect(fields=[EXPR$0])\n"
                                               "  LogicalProject(EXPR$0=[$0])\n"
                                               "    LogicalAggregate(group=[{}], EXPR$0=[COUNT()])\n"
                                               "      LogicalProject()\n"
                                               "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                               "ROW<`EXPR$0` BIGINT NOT NULL>"},
        {"SELECT 1, c FROM o GROUP BY (c, 1)", "LogicalCollect(fields=[EXPR$0, c])\n"
                                               "  LogicalProject(EXPR$0=[$1], c=[$0])\n"
                                               "    LogicalAggregate(group=[{0, 1}])\n"
                                               "      LogicalProject(c=[$2], $f1=[1])\n"
                                               "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
                                               "ROW<`EXPR$0` INT NOT NULL, `c` STRING>"},
        {"SELECT COUNT(*) FROM (SELECT a, COUNT(*) AS n FROM o GROUP BY a) GROUP BY n",
         "LogicalCollect(fields=[EXPR$0])\n"
         "  LogicalProject(EXPR$0=[$1])\n"
         "    LogicalAggregate(group=[{0}], EXPR$0=[COUNT()])\n"
         "      LogicalProject(n=[$1])\n"
         "        LogicalProject(a=[$0], n=[$1])\n"
         "          LogicalAggregate(group=[{0}], EXPR$0=[COUNT()])\n"
         "            LogicalProject(a=[$0])\n"
         "              LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`EXPR$0` BIGINT NOT NULL>"},
    };
    query_check(cases, sizeof cases / sizeof *cases);
}

static void test_grouping_sets(void **state) {
    static const char *const cases[][2] = {
        {"SELECT a, c, SUM(b), GROUPING(a), GROUPING_ID(a, c), GROUP_ID() FROM o GROUP BY ROLLUP (a, c)",
         "LogicalCollect(fields=[a, c, EXPR$2, EXPR$3, EXPR$4, EXPR$5])\n"
         "  LogicalProject(a=[$0], c=[$1], EXPR$2=[$3], EXPR$3=[CASE(=($2, 0), 0, =($2, 1), 0, 1)], EXPR$4=[CASE(=($2, 0), 0, =($2, 1), 1, "
         "3)], EXPR$5=[0])\n"
         "    LogicalAggregate(group=[{0, 1}], groups=[[{0, 1}, {0}, {}]], EXPR$0=[SUM($2)])\n"
         "      LogicalProject(a=[$0], c=[$2], b=[$1])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT, `c` STRING, `EXPR$2` BIGINT, `EXPR$3` BIGINT NOT NULL, `EXPR$4` BIGINT NOT NULL, `EXPR$5` BIGINT NOT NULL>"},
        {"SELECT a, COUNT(*) FROM o GROUP BY CUBE (a, c), d",
         "LogicalCollect(fields=[a, EXPR$1])\n"
         "  LogicalProject(a=[$0], EXPR$1=[$4])\n"
         "    LogicalAggregate(group=[{0, 1, 2}], groups=[[{0, 1, 2}, {0, 2}, {1, 2}, {2}]], EXPR$0=[COUNT()])\n"
         "      LogicalProject(a=[$0], c=[$2], d=[$3])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT, `EXPR$1` BIGINT NOT NULL>"},
        {"SELECT a, COUNT(*) FROM o GROUP BY a, ROLLUP (c, (b, d))",
         "LogicalCollect(fields=[a, EXPR$1])\n"
         "  LogicalProject(a=[$0], EXPR$1=[$5])\n"
         "    LogicalAggregate(group=[{0, 1, 2, 3}], groups=[[{0, 1, 2, 3}, {0, 1}, {0}]], EXPR$0=[COUNT()])\n"
         "      LogicalProject(a=[$0], c=[$2], b=[$1], d=[$3])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT NOT NULL, `EXPR$1` BIGINT NOT NULL>"},
        {"SELECT COUNT(*) FROM o GROUP BY GROUPING SETS (a, ROLLUP (b, c), GROUPING SETS ((c, d), ()))",
         "LogicalCollect(fields=[EXPR$0])\n"
         "  LogicalProject(EXPR$0=[$5])\n"
         "    LogicalUnion(all=[true])\n"
         "      LogicalProject(a=[$0], b=[$1], c=[$2], d=[$3], $e=[$4], EXPR$0=[$5], $g=[0])\n"
         "        LogicalAggregate(group=[{0, 1, 2, 3}], groups=[[{0}, {1, 2}, {1}, {}, {2, 3}]], EXPR$0=[COUNT()])\n"
         "          LogicalProject(a=[$0], b=[$1], c=[$2], d=[$3])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "      LogicalProject(a=[$0], b=[$1], c=[$2], d=[$3], $e=[$4], EXPR$0=[$5], $g=[1])\n"
         "        LogicalAggregate(group=[{0, 1, 2, 3}], groups=[[{}]], EXPR$0=[COUNT()])\n"
         "          LogicalProject(a=[$0], b=[$1], c=[$2], d=[$3])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`EXPR$0` BIGINT NOT NULL>"},
        {"SELECT a, c, SUM(b), GROUP_ID() FROM o GROUP BY GROUPING SETS ((a), (a), (c), ())",
         "LogicalCollect(fields=[a, c, EXPR$2, EXPR$3])\n"
         "  LogicalProject(a=[$0], c=[$1], EXPR$2=[$3], EXPR$3=[$4])\n"
         "    LogicalUnion(all=[true])\n"
         "      LogicalProject(a=[$0], c=[$1], $e=[$2], EXPR$0=[$3], $g=[0])\n"
         "        LogicalAggregate(group=[{0, 1}], groups=[[{0}, {1}, {}]], EXPR$0=[SUM($2)])\n"
         "          LogicalProject(a=[$0], c=[$2], b=[$1])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "      LogicalProject(a=[$0], c=[$1], $e=[$2], EXPR$0=[$3], $g=[1])\n"
         "        LogicalAggregate(group=[{0, 1}], groups=[[{0}]], EXPR$0=[SUM($2)])\n"
         "          LogicalProject(a=[$0], c=[$2], b=[$1])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT, `c` STRING, `EXPR$2` BIGINT, `EXPR$3` BIGINT NOT NULL>"},
        {"SELECT a, COUNT(*) FROM o GROUP BY DISTINCT a, GROUPING SETS ((a), (c), ())",
         "LogicalCollect(fields=[a, EXPR$1])\n"
         "  LogicalProject(a=[$0], EXPR$1=[$3])\n"
         "    LogicalAggregate(group=[{0, 1}], groups=[[{0}, {0, 1}]], EXPR$0=[COUNT()])\n"
         "      LogicalProject(a=[$0], c=[$2])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT NOT NULL, `EXPR$1` BIGINT NOT NULL>"},
        {"SELECT a, COUNT(*), GROUPING(a) FROM o GROUP BY GROUPING SETS ((a))",
         "LogicalCollect(fields=[a, EXPR$1, EXPR$2])\n"
         "  LogicalProject(a=[$0], EXPR$1=[$1], EXPR$2=[0])\n"
         "    LogicalAggregate(group=[{0}], EXPR$0=[COUNT()])\n"
         "      LogicalProject(a=[$0])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`a` INT NOT NULL, `EXPR$1` BIGINT NOT NULL, `EXPR$2` BIGINT NOT NULL>"},
        {"SELECT a IS NULL, COALESCE(a, 0), a + 1, COUNT(*) FROM o GROUP BY GROUPING SETS ((a, a + 1), (a + 1), ())",
         "LogicalCollect(fields=[EXPR$0, EXPR$1, EXPR$2, EXPR$3])\n"
         "  LogicalProject(EXPR$0=[IS NULL($0)], EXPR$1=[COALESCE($0, 0)], EXPR$2=[$1], EXPR$3=[$3])\n"
         "    LogicalAggregate(group=[{0, 1}], groups=[[{0, 1}, {1}, {}]], EXPR$0=[COUNT()])\n"
         "      LogicalProject(a=[$0], $f1=[+($0, 1)])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`EXPR$0` BOOLEAN NOT NULL, `EXPR$1` INT NOT NULL, `EXPR$2` INT, `EXPR$3` BIGINT NOT NULL>"},
        {"SELECT CASE WHEN GROUPING(a) = 1 THEN 'all' ELSE CAST(a AS STRING) END, SUM(a) FROM o GROUP BY ROLLUP (a)",
         "LogicalCollect(fields=[EXPR$0, EXPR$1])\n"
         "  LogicalProject(EXPR$0=[CASE(=(CASE(=($1, 0), 0, 1), 1), 'all', CAST($0 AS STRING))], EXPR$1=[$2])\n"
         "    LogicalAggregate(group=[{0}], groups=[[{0}, {}]], EXPR$0=[SUM($0)])\n"
         "      LogicalProject(a=[$0])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, o]])\n"
         "ROW<`EXPR$0` STRING, `EXPR$1` INT NOT NULL>"},
    };
    query_check(cases, sizeof cases / sizeof *cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aggregation),
        cmocka_unit_test(test_grouping_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
