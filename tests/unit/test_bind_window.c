/* Logical plans of queries: window functions, EMIT, the older group windows. */
#include "query_test.h"

static void test_window_functions(void **state) {
    static const char *const cases[][2] = {
        {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' MINUTE))",
         "LogicalCollect(fields=[k, v, ts, window_start, window_end, window_time])\n"
         "  LogicalProject(k=[$0], v=[$1], ts=[$2], window_start=[$3], window_end=[$4], window_time=[$5])\n"
         "    LogicalTableFunctionScan(invocation=[TUMBLE(DESCRIPTOR($2), size=600000 ms)])\n"
         "      LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`k` STRING, `v` INT, `ts` TIMESTAMP(3) *ROWTIME*, `window_start` TIMESTAMP(3) NOT NULL, `window_end` TIMESTAMP(3) NOT NULL, "
         "`window_time` TIMESTAMP(3) *ROWTIME* NOT NULL>"},
        {"SELECT window_start, window_end, k, COUNT(*) FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' MINUTE, INTERVAL '1' MINUTE) GROUP "
         "BY window_start, window_end, k",
         "LogicalCollect(fields=[window_start, window_end, k, EXPR$3])\n"
         "  LogicalProject(window_start=[$0], window_end=[$1], k=[$2], EXPR$3=[$3])\n"
         "    LogicalAggregate(group=[{0, 1, 2}], EXPR$0=[COUNT()])\n"
         "      LogicalProject(window_start=[$3], window_end=[$4], k=[$0])\n"
         "        LogicalTableFunctionScan(invocation=[TUMBLE(DESCRIPTOR($2), size=600000 ms, offset=60000 ms)])\n"
         "          LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`window_start` TIMESTAMP(3) NOT NULL, `window_end` TIMESTAMP(3) NOT NULL, `k` STRING, `EXPR$3` BIGINT NOT NULL>"},
        {"SELECT window_start, window_end, window_time, MAX(v) FROM TABLE(HOP(DATA => TABLE p, TIMECOL => DESCRIPTOR(ltz), SLIDE => INTERVAL "
         "'5' SECOND, SIZE => INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time",
         "LogicalCollect(fields=[window_start, window_end, window_time, EXPR$3])\n"
         "  LogicalProject(window_start=[$0], window_end=[$1], window_time=[$2], EXPR$3=[$3])\n"
         "    LogicalAggregate(group=[{0, 1, 2}], EXPR$0=[MAX($3)])\n"
         "      LogicalProject(window_start=[$4], window_end=[$5], window_time=[$6], v=[$1])\n"
         "        LogicalTableFunctionScan(invocation=[HOP(DESCRIPTOR($2), size=10000 ms, slide=5000 ms)])\n"
         "          LogicalWatermarkAssigner(rowtime=[ltz], watermark=[$2])\n"
         "            LogicalProject(k=[$0], v=[$1], ltz=[$2], pt=[PROCTIME()])\n"
         "              LogicalTableScan(table=[[default_catalog, default_database, p]])\n"
         "ROW<`window_start` TIMESTAMP(3) NOT NULL, `window_end` TIMESTAMP(3) NOT NULL, `window_time` TIMESTAMP_LTZ(3) *ROWTIME* NOT NULL, "
         "`EXPR$3` INT>"},
        {"SELECT w.k, w.window_time FROM TABLE(CUMULATE(TABLE p, DESCRIPTOR(pt), INTERVAL '5' MINUTE, INTERVAL '1' HOUR)) AS w",
         "LogicalCollect(fields=[k, window_time])\n"
         "  LogicalProject(k=[$0], window_time=[$6])\n"
         "    LogicalTableFunctionScan(invocation=[CUMULATE(DESCRIPTOR($3), size=3600000 ms, step=300000 ms)])\n"
         "      LogicalWatermarkAssigner(rowtime=[ltz], watermark=[$2])\n"
         "        LogicalProject(k=[$0], v=[$1], ltz=[$2], pt=[PROCTIME()])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, p]])\n"
         "ROW<`k` STRING, `window_time` TIMESTAMP_LTZ(3) *PROCTIME* NOT NULL>"},
        {"SELECT * FROM TABLE(SESSION(TABLE p PARTITION BY k, DESCRIPTOR(ltz), INTERVAL '5' MINUTE))",
         "LogicalCollect(fields=[k, v, ltz, pt, window_start, window_end, window_time])\n"
         "  LogicalProject(k=[$0], v=[$1], ltz=[$2], pt=[$3], window_start=[$4], window_end=[$5], window_time=[$6])\n"
         "    LogicalTableFunctionScan(invocation=[SESSION(DESCRIPTOR($2), PARTITION BY($0), gap=300000 ms)])\n"
         "      LogicalWatermarkAssigner(rowtime=[ltz], watermark=[$2])\n"
         "        LogicalProject(k=[$0], v=[$1], ltz=[$2], pt=[PROCTIME()])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, p]])\n"
         "ROW<`k` STRING, `v` INT, `ltz` TIMESTAMP_LTZ(3) *ROWTIME*, `pt` TIMESTAMP_LTZ(3) *PROCTIME* NOT NULL, `window_start` TIMESTAMP(3) "
         "NOT NULL, `window_end` TIMESTAMP(3) NOT NULL, `window_time` TIMESTAMP_LTZ(3) *ROWTIME* NOT NULL>"},
        {"SELECT * FROM TABLE(SESSION(GAP => INTERVAL '1' SECOND, TIMECOL => DESCRIPTOR(ts), DATA => TABLE t PARTITION BY k, v))",
         "LogicalCollect(fields=[k, v, ts, window_start, window_end, window_time])\n"
         "  LogicalProject(k=[$0], v=[$1], ts=[$2], window_start=[$3], window_end=[$4], window_time=[$5])\n"
         "    LogicalTableFunctionScan(invocation=[SESSION(DESCRIPTOR($2), PARTITION BY($0, $1), gap=1000 ms)])\n"
         "      LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "        LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`k` STRING, `v` INT, `ts` TIMESTAMP(3) *ROWTIME*, `window_start` TIMESTAMP(3) NOT NULL, `window_end` TIMESTAMP(3) NOT NULL, "
         "`window_time` TIMESTAMP(3) *ROWTIME* NOT NULL>"},
        {"SELECT window_time, COUNT(*) FROM TABLE(TUMBLE((SELECT v, ts FROM t WHERE v > 1), DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY "
         "window_time",
         "LogicalCollect(fields=[window_time, EXPR$1])\n"
         "  LogicalProject(window_time=[$0], EXPR$1=[$1])\n"
         "    LogicalAggregate(group=[{0}], EXPR$0=[COUNT()])\n"
         "      LogicalProject(window_time=[$4])\n"
         "        LogicalTableFunctionScan(invocation=[TUMBLE(DESCRIPTOR($1), size=1000 ms)])\n"
         "          LogicalProject(v=[$1], ts=[$2])\n"
         "            LogicalFilter(condition=[>($1, 1)])\n"
         "              LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "                LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`window_time` TIMESTAMP(3) NOT NULL, `EXPR$1` BIGINT NOT NULL>"},
        {"SELECT window_start, window_end, v, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, "
         "window_end, GROUPING SETS ((v), ())",
         "LogicalCollect(fields=[window_start, window_end, v, EXPR$3])\n"
         "  LogicalProject(window_start=[$0], window_end=[$1], v=[$2], EXPR$3=[$4])\n"
         "    LogicalAggregate(group=[{0, 1, 2}], groups=[[{0, 1, 2}, {0, 1}]], EXPR$0=[COUNT()])\n"
         "      LogicalProject(window_start=[$3], window_end=[$4], v=[$1])\n"
         "        LogicalTableFunctionScan(invocation=[TUMBLE(DESCRIPTOR($2), size=3600000 ms)])\n"
         "          LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`window_start` TIMESTAMP(3) NOT NULL, `window_end` TIMESTAMP(3) NOT NULL, `v` INT, `EXPR$3` BIGINT NOT NULL>"},
        {"SELECT n, COUNT(*) FROM TABLE(TUMBLE((SELECT window_time AS wt, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL "
         "'1' MINUTE)) GROUP BY window_start, window_end, window_time), DESCRIPTOR(wt), INTERVAL '1' HOUR)) GROUP BY window_start, "
         "window_end, n",
         "LogicalCollect(fields=[n, EXPR$1])\n"
         "  LogicalProject(n=[$2], EXPR$1=[$3])\n"
         "    LogicalAggregate(group=[{0, 1, 2}], EXPR$0=[COUNT()])\n"
         "      LogicalProject(window_start=[$2], window_end=[$3], n=[$1])\n"
         "        LogicalTableFunctionScan(invocation=[TUMBLE(DESCRIPTOR($0), size=3600000 ms)])\n"
         "          LogicalProject(wt=[$2], n=[$3])\n"
         "            LogicalAggregate(group=[{0, 1, 2}], EXPR$0=[COUNT()])\n"
         "              LogicalProject(window_start=[$3], window_end=[$4], window_time=[$5])\n"
         "                LogicalTableFunctionScan(invocation=[TUMBLE(DESCRIPTOR($2), size=60000 ms)])\n"
         "                  LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "                    LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`n` BIGINT NOT NULL, `EXPR$1` BIGINT NOT NULL>"},
    };
    query_check(cases, sizeof cases / sizeof *cases);
}

static void test_emit(void **state) {
    static const char *const cases[][2] = {
        {"SELECT window_start, COUNT(*) FROM (SELECT window_start, window_end FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' "
         "HOUR))) GROUP BY window_start, window_end EMIT EVERY INTERVAL '1' SECOND WITH LATENESS INTERVAL '1' DAY",
         "LogicalCollect(fields=[window_start, EXPR$1])\n"
         "  LogicalProject(window_start=[$0], EXPR$1=[$2])\n"
         "    LogicalAggregate(group=[{0, 1}], EXPR$0=[COUNT()], emit=[every 1000 ms, lateness 86400000 ms])\n"
         "      LogicalProject(window_start=[$0], window_end=[$1])\n"
         "        LogicalProject(window_start=[$3], window_end=[$4])\n"
         "          LogicalTableFunctionScan(invocation=[TUMBLE(DESCRIPTOR($2), size=3600000 ms)])\n"
         "            LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "              LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`window_start` TIMESTAMP(3) NOT NULL, `EXPR$1` BIGINT NOT NULL>"},
        {"SELECT DISTINCT window_start, window_end, k FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) EMIT ON UPDATE",
         "LogicalCollect(fields=[window_start, window_end, k])\n"
         "  LogicalAggregate(group=[{0, 1, 2}], emit=[on update])\n"
         "    LogicalProject(window_start=[$3], window_end=[$4], k=[$0])\n"
         "      LogicalTableFunctionScan(invocation=[TUMBLE(DESCRIPTOR($2), size=3600000 ms)])\n"
         "        LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`window_start` TIMESTAMP(3) NOT NULL, `window_end` TIMESTAMP(3) NOT NULL, `k` STRING>"},
        {"SELECT COUNT(*) FROM p GROUP BY TUMBLE(pt, INTERVAL '1' HOUR) EMIT EVERY INTERVAL '1' MINUTE",
         "LogicalCollect(fields=[EXPR$0])\n"
         "  LogicalProject(EXPR$0=[$0])\n"
         "    LogicalWindowAggregate(group=[{}], EXPR$0=[COUNT()], window=[TUMBLE(DESCRIPTOR($0), size=3600000 ms)], emit=[every 60000 ms of "
         "processing time])\n"
         "      LogicalProject(pt=[$3])\n"
         "        LogicalWatermarkAssigner(rowtime=[ltz], watermark=[$2])\n"
         "          LogicalProject(k=[$0], v=[$1], ltz=[$2], pt=[PROCTIME()])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, p]])\n"
         "ROW<`EXPR$0` BIGINT NOT NULL>"},
        {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR) EMIT WITH LATENESS INTERVAL '5' SECOND",
         "LogicalCollect(fields=[EXPR$0])\n"
         "  LogicalProject(EXPR$0=[$0])\n"
         "    LogicalWindowAggregate(group=[{}], EXPR$0=[COUNT()], window=[TUMBLE(DESCRIPTOR($0), size=3600000 ms)], emit=[on close, "
         "lateness 5000 ms])\n"
         "      LogicalProject(ts=[$2])\n"
         "        LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`EXPR$0` BIGINT NOT NULL>"},
        {"SET 'table.exec.emit.early-fire.enabled' = 'true'; SET 'table.exec.emit.early-fire.delay' = '5 s'; SELECT COUNT(*) FROM t GROUP BY "
         "TUMBLE(ts, INTERVAL '1' HOUR)",
         "LogicalCollect(fields=[EXPR$0])\n"
         "  LogicalProject(EXPR$0=[$0])\n"
         "    LogicalWindowAggregate(group=[{}], EXPR$0=[COUNT()], window=[TUMBLE(DESCRIPTOR($0), size=3600000 ms)], emit=[every 5000 ms of "
         "processing time])\n"
         "      LogicalProject(ts=[$2])\n"
         "        LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`EXPR$0` BIGINT NOT NULL>"},
        {"SET 'table.exec.emit.early-fire.enabled' = 'true'; SET 'table.exec.emit.early-fire.delay' = '0 s'; SET "
         "'table.exec.emit.late-fire.enabled' = 'true'; SET 'table.exec.emit.allow-lateness' = '1 min'; SELECT COUNT(*) FROM t GROUP BY "
         "TUMBLE(ts, INTERVAL '1' HOUR)",
         "LogicalCollect(fields=[EXPR$0])\n"
         "  LogicalProject(EXPR$0=[$0])\n"
         "    LogicalWindowAggregate(group=[{}], EXPR$0=[COUNT()], window=[TUMBLE(DESCRIPTOR($0), size=3600000 ms)], emit=[on update, "
         "lateness 60000 ms])\n"
         "      LogicalProject(ts=[$2])\n"
         "        LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`EXPR$0` BIGINT NOT NULL>"},
    };
    query_check(cases, sizeof cases / sizeof *cases);
}

static void test_group_windows(void **state) {
    static const char *const cases[][2] = {
        {"SELECT TUMBLE_START(ts, INTERVAL '1' HOUR), TUMBLE_END(ts, INTERVAL '1' HOUR), TUMBLE_ROWTIME(ts, INTERVAL '1' HOUR), k, COUNT(*) "
         "FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR), k",
         "LogicalCollect(fields=[EXPR$0, EXPR$1, EXPR$2, k, EXPR$4])\n"
         "  LogicalProject(EXPR$0=[$2], EXPR$1=[$3], EXPR$2=[$4], k=[$0], EXPR$4=[$1])\n"
         "    LogicalWindowAggregate(group=[{0}], EXPR$0=[COUNT()], window=[TUMBLE(DESCRIPTOR($1), size=3600000 ms)], properties=[w$start, "
         "w$end, w$rowtime])\n"
         "      LogicalProject(k=[$0], ts=[$2])\n"
         "        LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "          LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`EXPR$0` TIMESTAMP(3) NOT NULL, `EXPR$1` TIMESTAMP(3) NOT NULL, `EXPR$2` TIMESTAMP(3) *ROWTIME* NOT NULL, `k` STRING, `EXPR$4` "
         "BIGINT NOT NULL>"},
        {"SELECT k, SUM(v) FROM t GROUP BY HOP(ts, INTERVAL '5' MINUTE, INTERVAL '1' HOUR), k HAVING HOP_START(ts, INTERVAL '5' MINUTE, "
         "INTERVAL '1' HOUR) > TIMESTAMP '2020-01-01 00:00:00'",
         "LogicalCollect(fields=[k, EXPR$1])\n"
         "  LogicalProject(k=[$0], EXPR$1=[$1])\n"
         "    LogicalFilter(condition=[>($2, 2020-01-01 00:00:00.000)])\n"
         "      LogicalWindowAggregate(group=[{0}], EXPR$0=[SUM($2)], window=[HOP(DESCRIPTOR($1), size=3600000 ms, slide=300000 ms)], "
         "properties=[w$start])\n"
         "        LogicalProject(k=[$0], ts=[$2], v=[$1])\n"
         "          LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($2, 5000:INTERVAL SECOND)])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, t]])\n"
         "ROW<`k` STRING, `EXPR$1` INT>"},
        {"SELECT k, SESSION_END(pt, INTERVAL '1' MINUTE), SESSION_PROCTIME(pt, INTERVAL '1' MINUTE) FROM p GROUP BY k, SESSION(pt, INTERVAL "
         "'1' MINUTE)",
         "LogicalCollect(fields=[k, EXPR$1, EXPR$2])\n"
         "  LogicalProject(k=[$0], EXPR$1=[$1], EXPR$2=[$2])\n"
         "    LogicalWindowAggregate(group=[{0}], window=[SESSION(DESCRIPTOR($1), gap=60000 ms)], properties=[w$end, w$proctime])\n"
         "      LogicalProject(k=[$0], pt=[$3])\n"
         "        LogicalWatermarkAssigner(rowtime=[ltz], watermark=[$2])\n"
         "          LogicalProject(k=[$0], v=[$1], ltz=[$2], pt=[PROCTIME()])\n"
         "            LogicalTableScan(table=[[default_catalog, default_database, p]])\n"
         "ROW<`k` STRING, `EXPR$1` TIMESTAMP(3) NOT NULL, `EXPR$2` TIMESTAMP_LTZ(3) *PROCTIME* NOT NULL>"},
    };
    query_check(cases, sizeof cases / sizeof *cases);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_functions),
        cmocka_unit_test(test_emit),
        cmocka_unit_test(test_group_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
