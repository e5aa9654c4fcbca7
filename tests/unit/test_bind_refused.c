/* Queries that are refused: the message and the exact place. */
#include "query_test.h"
#include "refusal_test.h"

static const refusal query[] = {
    {"SELECT nope FROM o", "1:8", TW_E_UNDEFINED_COLUMN, "column 'nope' not found in any table"},
    {"SELECT o.nope FROM o", "1:10", TW_E_UNDEFINED_COLUMN, "column 'nope' not found in table 'o'"},
    {"SELECT q.a FROM o", "1:8", TW_E_UNDEFINED_TABLE, "table 'q' not found"},
    {"SELECT a FROM nope", "1:15", TW_E_UNDEFINED_TABLE, "table 'nope' not found"},
    {"SELECT a FROM plane", "1:15", TW_E_UNDEFINED_TABLE, "table 'plane' not found"},
    {"SELECT a FROM db.o", "1:15", TW_E_UNDEFINED_TABLE, "database 'db' not found"},
    {"SELECT nope.* FROM o", "1:8", TW_E_UNDEFINED_TABLE, "table 'nope' not found"},
    {"SELECT a.* FROM o", "1:8", TW_E_TYPE, "'.*' needs a table or a ROW, but this is INT NOT NULL"},
    {"SELECT *", "1:8", TW_E_INVALID, "SELECT * requires a FROM clause"},
    {"SELECT a FROM o WHERE a", "1:23", TW_E_TYPE, "the condition of WHERE must be BOOLEAN, not INT NOT NULL"},
    {"SELECT a FROM o WHERE b = DATE '2020-01-01'", "1:25", TW_E_TYPE, "cannot apply '=' to arguments of type '=(<BIGINT>, <DATE NOT NULL>)'"},
    {"SELECT n FROM (SELECT a AS n, b FROM o) AS q (n)", "1:47", TW_E_INVALID,
     "list of column aliases must have same degree as table; table has 2 columns, whereas alias list has 1 columns"},
    {"SELECT a FROM (SELECT a, a FROM o)", "1:8", TW_E_AMBIGUOUS, "column 'a' is ambiguous"},
    {"SELECT p FROM plain AS q (p, p, r, s)", "1:30", TW_E_DUPLICATE, "duplicate name 'p' in column alias list"},
    {"SELECT o.a FROM o AS q", "1:8", TW_E_UNDEFINED_TABLE, "table 'o' not found"},
    {"SELECT * FROM self", "1:15", TW_E_INVALID, "in view 'self': view 'self' reads itself"},
    {"SELECT * FROM broken", "1:15", TW_E_UNDEFINED_COLUMN, "in view 'broken': column 'nope' not found in any table"},
    {"SELECT * FROM short", "1:15", TW_E_INVALID, "view 'short' names 1 columns, but its query has 2"},
    {"SELECT * FROM v /*+ OPTIONS('a' = 'b') */", "1:21", TW_E_INVALID, "'v' cannot be enriched with new options"},
    {"SELECT a FROM o$nope", "1:15", TW_E_UNDEFINED_TABLE, "table 'o$nope' not found"},
    {"SELECT * FROM nope$late", "1:15", TW_E_UNDEFINED_TABLE, "table 'nope' not found"},
    {"WITH w AS (SELECT 1), w AS (SELECT 2) SELECT * FROM w", "1:23", TW_E_DUPLICATE, "WITH query name 'w' is specified more than once"},
    {"WITH w (a, b) AS (SELECT 1) SELECT * FROM w", "1:9", TW_E_INVALID,
     "list of column aliases must have same degree as table; table has 1 columns, whereas alias list has 2 columns"},
    {"WITH w AS (SELECT nope FROM o) SELECT 1", "1:19", TW_E_UNDEFINED_COLUMN, "column 'nope' not found in any table"},
    {"SELECT a, b FROM o UNION ALL SELECT a FROM plain", "1:30", TW_E_INVALID, "column count mismatch in UNION ALL: 2 and 1"},
    {"SELECT a, c FROM o UNION ALL SELECT a, d FROM plain", "1:40", TW_E_TYPE, "type mismatch in column 2 of UNION ALL: STRING and DATE"},
    {"SELECT a FROM o UNION SELECT a FROM plain UNION VALUES (1), (DATE '2020-01-01')", "1:61", TW_E_TYPE,
     "values passed to VALUES operator must have compatible types: INT NOT NULL and DATE NOT NULL in column 1"},
    {"VALUES (1, 2), (3)", "1:16", TW_E_INVALID, "the rows of VALUES differ in length: 2 and 1 columns"},
    {"VALUES (1), ('a')", "1:13", TW_E_TYPE,
     "values passed to VALUES operator must have compatible types: INT NOT NULL and CHAR(1) NOT NULL in column 1"},
    {"VALUES (a)", "1:9", TW_E_UNDEFINED_COLUMN, "column 'a' not found in any table"},
    {"SELECT a FROM o ORDER BY 2", "1:26", TW_E_INVALID, "ordinal out of range: ORDER BY 2 of 1 columns"},
    {"SELECT a FROM o ORDER BY 0", "1:26", TW_E_INVALID, "ordinal out of range: ORDER BY 0 of 1 columns"},
    {"SELECT a FROM o ORDER BY nope", "1:26", TW_E_UNDEFINED_COLUMN, "column 'nope' not found in any table"},
    {"SELECT a FROM o UNION ALL SELECT a FROM o ORDER BY b", "1:52", TW_E_UNDEFINED_COLUMN, "column 'b' not found in any table"},
    {"SELECT a FROM o LIMIT a", "1:23", TW_E_UNDEFINED_COLUMN, "column 'a' not found in any table"},
    {"SELECT a FROM o LIMIT -1", "1:23", TW_E_INVALID, "LIMIT must be a whole number that is not negative"},
    {"SELECT a FROM o LIMIT 'x'", "1:23", TW_E_INVALID, "LIMIT must be a whole number that is not negative"},
    {"SELECT a FROM o OFFSET 1.5", "1:24", TW_E_INVALID, "OFFSET must be a whole number that is not negative"},
};

static const refusal grouping[] = {
    {"SELECT a, b FROM o GROUP BY a", "1:11", TW_E_GROUPING, "expression 'b' is not being grouped"},
    {"SELECT\n  a + b,\n  COUNT(*)\nFROM o GROUP BY a", "2:7", TW_E_GROUPING, "expression 'b' is not being grouped"},
    {"SELECT * FROM o GROUP BY a", "1:8", TW_E_GROUPING, "expression 'b' is not being grouped"},
    {"SELECT r.y FROM o GROUP BY r.x", "1:8", TW_E_GROUPING, "expression 'r.y' is not being grouped"},
    {"SELECT a FROM o GROUP BY 1", "1:8", TW_E_GROUPING, "expression 'a' is not being grouped"},
    {"SELECT b AS q FROM o GROUP BY q", "1:31", TW_E_UNDEFINED_COLUMN, "column 'q' not found in any table"},
    {"SELECT a FROM o HAVING a > 1", "1:24", TW_E_GROUPING, "expression 'a' is not being grouped"},
    {"SELECT a FROM o GROUP BY a HAVING b > 1", "1:35", TW_E_GROUPING, "expression 'b' is not being grouped"},
    {"SELECT a FROM o GROUP BY a HAVING a", "1:35", TW_E_TYPE, "the condition of HAVING must be BOOLEAN, not INT NOT NULL"},
    {"SELECT a FROM o GROUP BY a ORDER BY b", "1:37", TW_E_GROUPING, "expression 'b' is not being grouped"},
    {"SELECT a, SUM(SUM(b)) FROM o GROUP BY a", "1:15", TW_E_GROUPING, "aggregate expressions cannot be nested"},
    {"SELECT SUM(b) FILTER (WHERE COUNT(*) > 1) FROM o", "1:29", TW_E_GROUPING, "aggregate expressions cannot be nested"},
    {"SELECT a FROM o WHERE COUNT(*) > 1", "1:23", TW_E_GROUPING, "aggregate expression is illegal in WHERE clause"},
    {"SELECT a FROM o GROUP BY COUNT(*)", "1:26", TW_E_GROUPING, "aggregate expression is illegal in GROUP BY clause"},
    {"SELECT SUM(*) FROM o", "1:8", TW_E_SYNTAX, "SUM(*) has no meaning"},
    {"SELECT COUNT() FROM o", "1:8", TW_E_UNDEFINED_FUNCTION, "invalid number of arguments to function 'COUNT': 0 given"},
    {"SELECT SUM(c) FROM o", "1:8", TW_E_TYPE, "cannot apply 'SUM' to arguments of type 'SUM(<STRING>)'"},
    {"SELECT MAX(a, b) FROM o", "1:8", TW_E_UNDEFINED_FUNCTION, "invalid number of arguments to function 'MAX': 2 given"},
    {"SELECT SUM(b) FILTER (WHERE a) FROM o", "1:29", TW_E_TYPE, "the condition of FILTER must be BOOLEAN, not INT NOT NULL"},
    {"SELECT GROUPING(a) FROM o", "1:8", TW_E_GROUPING, "GROUPING operator may only occur in an aggregate query"},
    {"SELECT GROUPING(b) FROM o GROUP BY a", "1:17", TW_E_GROUPING, "argument to GROUPING operator must be a grouped expression"},
    {"SELECT GROUPING() FROM o GROUP BY a", "1:8", TW_E_UNDEFINED_FUNCTION, "invalid number of arguments to function 'GROUPING': 0 given"},
    {"SELECT GROUP_ID(a) FROM o GROUP BY a", "1:8", TW_E_UNDEFINED_FUNCTION, "invalid number of arguments to function 'GROUP_ID': 1 given"},
    {"SELECT a FROM o WHERE GROUPING(a) = 1", "1:23", TW_E_GROUPING, "aggregate expression is illegal in WHERE clause"},
    {"SELECT MAX(a) FROM o GROUP BY CUBE (a, b, c, d, r.x, r.y, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6, a + 7)", "1:31", TW_E_LIMIT,
     "more than 4096 grouping sets"},
    {"SELECT MAX(a) FROM o GROUP BY CUBE (a, a, a, a, a, a, a)", "1:31", TW_E_LIMIT, "a grouping set is repeated more than 64 times"},
    {"VALUES (COUNT(*))", "1:8", TW_E_GROUPING, "aggregate expression is illegal in VALUES clause"},
    {"SELECT DISTINCT a FROM o ORDER BY b", "1:35", TW_E_GROUPING, "expression 'b' is not in the select clause"},
};

static const refusal unsupported[] = {
    {"SELECT LISTAGG(c) WITHIN GROUP (ORDER BY a) FROM o", "1:42", TW_E_UNSUPPORTED, "ORDER BY inside aggregate LISTAGG is not supported yet"},
    {"SELECT COUNT(b) IGNORE NULLS FROM o", "1:8", TW_E_UNSUPPORTED, "IGNORE NULLS is not supported for aggregate COUNT"},
    {"SELECT COUNT(*) OVER (PARTITION BY a) FROM o", "1:22", TW_E_UNSUPPORTED, "OVER windows are not supported yet"},
    {"SELECT a FROM o, plain", "1:16", TW_E_UNSUPPORTED, "joins are not supported yet"},
    {"SELECT a FROM o JOIN plain ON TRUE", "1:17", TW_E_UNSUPPORTED, "joins are not supported yet"},
    {"SELECT a FROM o AS x -- left\nLEFT JOIN plain AS y ON x.a = y.a", "2:1", TW_E_UNSUPPORTED, "joins are not supported yet"},
    {"SELECT a FROM o /* é */ CROSS JOIN plain", "1:25", TW_E_UNSUPPORTED, "joins are not supported yet"},
    {"SELECT * FROM UNNEST(ARRAY[1])", "1:15", TW_E_UNSUPPORTED, "UNNEST is not supported yet"},
    {"SELECT * FROM LATERAL (SELECT 1)", "1:23", TW_E_UNSUPPORTED, "LATERAL is not supported yet"},
    {"SELECT * FROM TABLE(f(1))", "1:21", TW_E_UNSUPPORTED, "table function 'f' is not supported yet"},
    {"SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES A.v AS x PATTERN (A) DEFINE A AS TRUE) AS m", "1:17", TW_E_UNSUPPORTED,
     "MATCH_RECOGNIZE is not supported yet"},
    {"SELECT * FROM t FOR SYSTEM_TIME AS OF ts", "1:39", TW_E_UNSUPPORTED, "FOR SYSTEM_TIME AS OF is not supported yet"},
    {"SELECT a FROM o WHERE a IN (SELECT a FROM plain)", "1:23", TW_E_UNSUPPORTED, "IN (sub-query) is not supported yet"},
    {"SELECT a FROM o WHERE EXISTS (SELECT a FROM plain)", "1:23", TW_E_UNSUPPORTED, "EXISTS is not supported yet"},
    {"SELECT (SELECT 1) FROM o", "1:8", TW_E_UNSUPPORTED, "scalar sub-queries are not supported yet"},
    {"SELECT a FROM o WHERE a > ALL (SELECT a FROM plain)", "1:23", TW_E_UNSUPPORTED, "comparisons with ALL (sub-query) are not supported yet"},
    {"SELECT a FROM o QUALIFY a > 1", "1:25", TW_E_UNSUPPORTED, "QUALIFY is not supported yet"},
    {"SELECT a FROM o WINDOW w AS (PARTITION BY a)", "1:24", TW_E_UNSUPPORTED, "the WINDOW clause is not supported yet"},
    {"SELECT a FROM o INTERSECT SELECT a FROM plain", "1:17", TW_E_UNSUPPORTED, "INTERSECT is not supported yet"},
    {"SELECT a FROM o\n  EXCEPT ALL SELECT a FROM plain", "2:3", TW_E_UNSUPPORTED, "EXCEPT is not supported yet"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR, TIME '00:00:00')", "1:63", TW_E_UNSUPPORTED,
     "TUMBLE window with alignment is not supported yet"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR), ROLLUP (k)", "1:64", TW_E_UNSUPPORTED,
     "grouping sets with a group window are not supported"},
};

static const refusal window[] = {
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts)))", "1:21", TW_E_UNDEFINED_FUNCTION, "wrong arguments for window function TUMBLE"},
    {"SELECT * FROM TABLE(TUMBLE(t, DESCRIPTOR(ts), INTERVAL '1' HOUR))", "1:28", TW_E_INVALID,
     "the first argument of window function TUMBLE must be a table: TABLE name, or a query in parentheses"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(v), INTERVAL '1' HOUR))", "1:48", TW_E_TYPE,
     "the window function requires the timecol to be a time attribute, but it is INT"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE plain, DESCRIPTOR(ts), INTERVAL '1' HOUR))", "1:52", TW_E_TYPE,
     "the window function requires the timecol to be a time attribute, but it is TIMESTAMP(3)"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, ts, INTERVAL '1' HOUR))", "1:37", TW_E_INVALID,
     "the time column of window function TUMBLE must be given as DESCRIPTOR(column)"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MONTH))", "1:53", TW_E_TYPE,
     "an interval of months or years has no fixed length"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '0' HOUR))", "1:53", TW_E_INVALID,
     "TUMBLE window requires its size to be positive, but got 0 ms"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(nope), INTERVAL '1' HOUR))", "1:48", TW_E_UNDEFINED_COLUMN,
     "column 'nope' not found in any table"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' HOUR))", "1:49", TW_E_INVALID,
     "only tables with set semantics may be partitioned: invalid PARTITION BY clause of window function TUMBLE"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), v))", "1:53", TW_E_UNDEFINED_COLUMN, "column 'v' not found in any table"},
    {"SELECT * FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '7' MINUTE, INTERVAL '1' HOUR))", "1:76", TW_E_INVALID,
     "CUMULATE window requires its size to be an integral multiple of its step, but got size 3600000 ms and step 420000 ms"},
    {"SELECT * FROM TABLE(HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SLID => INTERVAL '7' MINUTE, SIZE => INTERVAL '1' HOUR))", "1:69",
     TW_E_UNDEFINED_FUNCTION, "unknown parameter 'SLID' of window function HOP"},
    {"SELECT * FROM TABLE(TUMBLE(DATA => TABLE t, DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '1' HOUR))", "1:45",
     TW_E_UNDEFINED_FUNCTION, "repeated parameter 'DATA' of window function TUMBLE"},
    {"SELECT * FROM TABLE(SESSION(TABLE t PARTITION BY v + 1, DESCRIPTOR(ts), INTERVAL '1' HOUR))", "1:50", TW_E_INVALID,
     "PARTITION BY must be a column of the table"},
    {"SELECT window_start FROM TABLE(TUMBLE((SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))), DESCRIPTOR(ts), "
     "INTERVAL '1' HOUR))",
     "1:8", TW_E_AMBIGUOUS, "column 'window_start' is ambiguous"},
    {"SELECT TUMBLE(ts, INTERVAL '1' HOUR) FROM t", "1:8", TW_E_INVALID, "group window function TUMBLE may only be used in GROUP BY"},
    {"SELECT TUMBLE_START(ts, INTERVAL '1' HOUR) FROM t", "1:8", TW_E_GROUPING,
     "call to auxiliary group function 'TUMBLE_START' must have matching call to group function 'TUMBLE' in GROUP BY clause"},
    {"SELECT TUMBLE_START(ts, INTERVAL '2' HOUR) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR)", "1:8", TW_E_GROUPING,
     "call to auxiliary group function 'TUMBLE_START' must have matching call to group function 'TUMBLE' in GROUP BY clause"},
    {"SELECT HOP_START(ts, INTERVAL '1' HOUR, INTERVAL '1' HOUR) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR)", "1:8", TW_E_GROUPING,
     "call to auxiliary group function 'HOP_START' must have matching call to group function 'HOP' in GROUP BY clause"},
    {"SELECT TUMBLE_ROWTIME(pt, INTERVAL '1' HOUR) FROM p GROUP BY TUMBLE(pt, INTERVAL '1' HOUR)", "1:8", TW_E_INVALID,
     "a proctime window cannot provide a rowtime attribute"},
    {"SELECT COUNT(*) FROM plain GROUP BY TUMBLE(ts, INTERVAL '1' HOUR)", "1:44", TW_E_TYPE,
     "window aggregate can only be defined over a time attribute column, but TIMESTAMP(3) encountered"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR), HOP(ts, INTERVAL '1' HOUR, INTERVAL '1' HOUR)", "1:64", TW_E_INVALID,
     "only a single window group function may be used in GROUP BY"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts)", "1:33", TW_E_UNDEFINED_FUNCTION, "invalid number of arguments to function 'TUMBLE': 1 given"},
    {"SELECT COUNT(*) FROM t GROUP BY SESSION(ts, INTERVAL -'1' HOUR)", "1:45", TW_E_INVALID,
     "the size of a group window must be positive, but got -3600000 ms"},
    {"SELECT a, COUNT(*) FROM o GROUP BY a EMIT ON UPDATE", "1:38", TW_E_INVALID, "EMIT needs a windowed aggregation in its query"},
    {"SELECT a FROM o EMIT ON CLOSE", "1:17", TW_E_INVALID, "EMIT needs a windowed aggregation in its query"},
    {"VALUES (1) EMIT ON CLOSE", "1:12", TW_E_INVALID, "EMIT needs a windowed aggregation in its query"},
    {"SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start EMIT ON UPDATE", "1:116",
     TW_E_INVALID, "EMIT needs a windowed aggregation in its query"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR) EMIT EVERY INTERVAL '0' SECOND", "1:74", TW_E_INVALID,
     "the interval of EMIT EVERY must be positive"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR) EMIT ON UPDATE WITH LATENESS INTERVAL -'1' SECOND", "1:92", TW_E_INVALID,
     "the lateness of EMIT must not be negative"},
    {"SELECT COUNT(*) FROM p GROUP BY TUMBLE(pt, INTERVAL '1' HOUR) EMIT ON CLOSE WITH LATENESS INTERVAL '1' SECOND", "1:91", TW_E_INVALID,
     "a window over processing time has no late rows"},
};

static const refusal insert[] = {
    {"INSERT INTO s SELECT 1, 2", "1:15", TW_E_TYPE,
     "column types of query result and sink for 'default_catalog.default_database.s' do not match: different number of columns"},
    {"INSERT INTO s (x) SELECT 1", "1:16", TW_E_INVALID, "column 'y' has no default value and does not allow NULLs"},
    {"INSERT INTO s (y, y) SELECT 'a', 'b'", "1:19", TW_E_DUPLICATE, "target column 'y' is assigned more than once"},
    {"INSERT INTO s (y, q) SELECT 'a', 'b'", "1:19", TW_E_UNDEFINED_COLUMN, "unknown target column 'q'"},
    {"INSERT INTO s (y, z) SELECT 'a', 'b'", "1:19", TW_E_INVALID, "column 'z' is computed and cannot be written to"},
    {"INSERT INTO s (y, w) SELECT 'a', 'b'", "1:19", TW_E_INVALID, "column 'w' is virtual and cannot be written to"},
    {"INSERT INTO s (x, y) SELECT 'a'", "1:22", TW_E_INVALID, "number of INSERT target columns (2) does not equal number of source items (1)"},
    {"INSERT INTO s (x, y) SELECT DATE '2020-01-01', 'b'", "1:29", TW_E_TYPE, "incompatible types for sink column 'x'"},
    {"INSERT INTO s (y, x) VALUES ('b', TRUE)", "1:35", TW_E_TYPE, "incompatible types for sink column 'x'"},
    {"INSERT INTO v SELECT 1, 2", "1:13", TW_E_INVALID, "'v' is a view and cannot be written to"},
    {"INSERT INTO gen SELECT 1", "1:13", TW_E_INVALID, "connector 'datagen' can only be used as a source, it cannot be used as a sink"},
    {"INSERT INTO t$late SELECT 1", "1:13", TW_E_INVALID, "'t$late' cannot be written to"},
    {"INSERT INTO nope SELECT 1", "1:13", TW_E_UNDEFINED_TABLE, "table 'nope' not found"},
    {"INSERT INTO part PARTITION (a = 1) SELECT 'a', 'b'", "1:29", TW_E_INVALID, "'a' is not a partition column of table 'part'"},
    {"INSERT INTO part PARTITION (dy = '1', dy = '2') SELECT 1, 'b'", "1:39", TW_E_DUPLICATE, "target column 'dy' is assigned more than once"},
    {"INSERT INTO part PARTITION (dy = b) SELECT 1, 'b'", "1:34", TW_E_UNDEFINED_COLUMN, "column 'b' not found in any table"},
    {"INSERT INTO part PARTITION (dy = '1') (dy, a) SELECT '1', 2", "1:40", TW_E_DUPLICATE, "target column 'dy' is assigned more than once"},
};

static tw_status bind(sql_test *t, const char *text) {
    const tw_rel *rel;
    return query_bind(t, QUERY_TABLES, text, &rel);
}

static void test_query(void **state) { REFUSED(bind, query); }
static void test_grouping(void **state) { REFUSED(bind, grouping); }
static void test_unsupported(void **state) { REFUSED(bind, unsupported); }
static void test_window(void **state) { REFUSED(bind, window); }
static void test_insert(void **state) { REFUSED(bind, insert); }

/* What does not fit a row of a table is shown in full. */
static void test_schemas(void **state) {
    sql_test t;
    const tw_rel *rel;
    sql_open(&t);
    assert_int_equal(query_bind(&t, QUERY_TABLES, "INSERT INTO s SELECT a, b FROM o", &rel), TW_E_TYPE);
    assert_string_equal(t.error.detail, "Query schema: [a: INT NOT NULL, b: BIGINT]\nSink schema:  [x: BIGINT, m: STRING, y: STRING NOT NULL]");
    sql_close(&t);
}

/* The N-th allocation fails, for every N: the query is refused, nothing is lost. */
static void test_memory(void **state) {
    static const char *const queries[] = {
        "SELECT a, c, SUM(b) FILTER (WHERE a > 1), GROUPING(a), GROUP_ID() FROM o GROUP BY GROUPING SETS ((a), (a, c), (a)) ORDER BY c LIMIT 3",
        "WITH w (q) AS (SELECT p FROM v2) SELECT q FROM w UNION SELECT b FROM o UNION ALL VALUES (1), (2) ORDER BY q + 1",
        "SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end EMIT ON UPDATE",
        "INSERT INTO s (y, x) VALUES ('a', 1)",
        "INSERT INTO s SELECT 1",
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        tw_status status = TW_E_NOMEM;
        for (int64_t n = 1; status == TW_E_NOMEM; n++) {
            sql_test t;
            const tw_rel *rel;
            sql_open(&t);
            t.arena.block_size = 64; /* many allocations */
            t.mem.fail_at = n;
            status = query_bind(&t, QUERY_TABLES, queries[i], &rel);
            sql_close(&t);
        }
        assert_int_equal(status, i == 4 ? TW_E_TYPE : TW_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),  cmocka_unit_test(test_grouping), cmocka_unit_test(test_unsupported), cmocka_unit_test(test_window),
        cmocka_unit_test(test_insert), cmocka_unit_test(test_schemas),  cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
