/* Queries that are refused: the message and the exact place. */
#include "query_test.h"

typedef struct refusal {
    const char *query;
    tw_status status;
    unsigned line, column;
    const char *message;
} refusal;

static const refusal query[] = {
    {"SELECT nope FROM o", TW_E_UNDEFINED_COLUMN, 1, 8, "column 'nope' not found in any table"},
    {"SELECT o.nope FROM o", TW_E_UNDEFINED_COLUMN, 1, 10, "column 'nope' not found in table 'o'"},
    {"SELECT q.a FROM o", TW_E_UNDEFINED_TABLE, 1, 8, "table 'q' not found"},
    {"SELECT a FROM nope", TW_E_UNDEFINED_TABLE, 1, 15, "table 'nope' not found"},
    {"SELECT a FROM plane", TW_E_UNDEFINED_TABLE, 1, 15, "table 'plane' not found"},
    {"SELECT a FROM db.o", TW_E_UNDEFINED_TABLE, 1, 15, "database 'db' not found"},
    {"SELECT nope.* FROM o", TW_E_UNDEFINED_TABLE, 1, 8, "table 'nope' not found"},
    {"SELECT a.* FROM o", TW_E_TYPE, 1, 8, "'.*' needs a table or a ROW, but this is INT NOT NULL"},
    {"SELECT *", TW_E_INVALID, 1, 8, "SELECT * requires a FROM clause"},
    {"SELECT a FROM o WHERE a", TW_E_TYPE, 1, 23, "the condition of WHERE must be BOOLEAN, not INT NOT NULL"},
    {"SELECT a FROM o WHERE b = DATE '2020-01-01'", TW_E_TYPE, 1, 25, "cannot apply '=' to arguments of type '=(<BIGINT>, <DATE NOT NULL>)'"},
    {"SELECT n FROM (SELECT a AS n, b FROM o) AS q (n)", TW_E_INVALID, 1, 47,
     "list of column aliases must have same degree as table; table has 2 columns, whereas alias list has 1 columns"},
    {"SELECT a FROM (SELECT a, a FROM o)", TW_E_AMBIGUOUS, 1, 8, "column 'a' is ambiguous"},
    {"SELECT p FROM plain AS q (p, p, r, s)", TW_E_DUPLICATE, 1, 30, "duplicate name 'p' in column alias list"},
    {"SELECT o.a FROM o AS q", TW_E_UNDEFINED_TABLE, 1, 8, "table 'o' not found"},
    {"SELECT * FROM self", TW_E_INVALID, 1, 15, "in view 'self': view 'self' reads itself"},
    {"SELECT * FROM broken", TW_E_UNDEFINED_COLUMN, 1, 15, "in view 'broken': column 'nope' not found in any table"},
    {"SELECT * FROM short", TW_E_INVALID, 1, 15, "view 'short' names 1 columns, but its query has 2"},
    {"SELECT * FROM v /*+ OPTIONS('a' = 'b') */", TW_E_INVALID, 1, 21, "'v' cannot be enriched with new options"},
    {"SELECT a FROM o$nope", TW_E_UNDEFINED_TABLE, 1, 15, "table 'o$nope' not found"},
    {"SELECT * FROM nope$late", TW_E_UNDEFINED_TABLE, 1, 15, "table 'nope' not found"},
    {"WITH w AS (SELECT 1), w AS (SELECT 2) SELECT * FROM w", TW_E_DUPLICATE, 1, 23, "WITH query name 'w' is specified more than once"},
    {"WITH w (a, b) AS (SELECT 1) SELECT * FROM w", TW_E_INVALID, 1, 9,
     "list of column aliases must have same degree as table; table has 1 columns, whereas alias list has 2 columns"},
    {"WITH w AS (SELECT nope FROM o) SELECT 1", TW_E_UNDEFINED_COLUMN, 1, 19, "column 'nope' not found in any table"},
    {"SELECT a, b FROM o UNION ALL SELECT a FROM plain", TW_E_INVALID, 1, 30, "column count mismatch in UNION ALL: 2 and 1"},
    {"SELECT a, c FROM o UNION ALL SELECT a, d FROM plain", TW_E_TYPE, 1, 40, "type mismatch in column 2 of UNION ALL: STRING and DATE"},
    {"SELECT a FROM o UNION SELECT a FROM plain UNION VALUES (1), (DATE '2020-01-01')", TW_E_TYPE, 1, 61,
     "values passed to VALUES operator must have compatible types: INT NOT NULL and DATE NOT NULL in column 1"},
    {"VALUES (1, 2), (3)", TW_E_INVALID, 1, 16, "the rows of VALUES differ in length: 2 and 1 columns"},
    {"VALUES (1), ('a')", TW_E_TYPE, 1, 13,
     "values passed to VALUES operator must have compatible types: INT NOT NULL and CHAR(1) NOT NULL in column 1"},
    {"VALUES (a)", TW_E_UNDEFINED_COLUMN, 1, 9, "column 'a' not found in any table"},
    {"SELECT a FROM o ORDER BY 2", TW_E_INVALID, 1, 26, "ordinal out of range: ORDER BY 2 of 1 columns"},
    {"SELECT a FROM o ORDER BY 0", TW_E_INVALID, 1, 26, "ordinal out of range: ORDER BY 0 of 1 columns"},
    {"SELECT a FROM o ORDER BY nope", TW_E_UNDEFINED_COLUMN, 1, 26, "column 'nope' not found in any table"},
    {"SELECT a FROM o UNION ALL SELECT a FROM o ORDER BY b", TW_E_UNDEFINED_COLUMN, 1, 52, "column 'b' not found in any table"},
    {"SELECT a FROM o LIMIT a", TW_E_UNDEFINED_COLUMN, 1, 23, "column 'a' not found in any table"},
    {"SELECT a FROM o LIMIT -1", TW_E_INVALID, 1, 23, "LIMIT must be a whole number that is not negative"},
    {"SELECT a FROM o LIMIT 'x'", TW_E_INVALID, 1, 23, "LIMIT must be a whole number that is not negative"},
    {"SELECT a FROM o OFFSET 1.5", TW_E_INVALID, 1, 24, "OFFSET must be a whole number that is not negative"},
};

static const refusal grouping[] = {
    {"SELECT a, b FROM o GROUP BY a", TW_E_GROUPING, 1, 11, "expression 'b' is not being grouped"},
    {"SELECT\n  a + b,\n  COUNT(*)\nFROM o GROUP BY a", TW_E_GROUPING, 2, 7, "expression 'b' is not being grouped"},
    {"SELECT * FROM o GROUP BY a", TW_E_GROUPING, 1, 8, "expression 'b' is not being grouped"},
    {"SELECT r.y FROM o GROUP BY r.x", TW_E_GROUPING, 1, 8, "expression 'r.y' is not being grouped"},
    {"SELECT a FROM o GROUP BY 1", TW_E_GROUPING, 1, 8, "expression 'a' is not being grouped"},
    {"SELECT b AS q FROM o GROUP BY q", TW_E_UNDEFINED_COLUMN, 1, 31, "column 'q' not found in any table"},
    {"SELECT a FROM o HAVING a > 1", TW_E_GROUPING, 1, 24, "expression 'a' is not being grouped"},
    {"SELECT a FROM o GROUP BY a HAVING b > 1", TW_E_GROUPING, 1, 35, "expression 'b' is not being grouped"},
    {"SELECT a FROM o GROUP BY a HAVING a", TW_E_TYPE, 1, 35, "the condition of HAVING must be BOOLEAN, not INT NOT NULL"},
    {"SELECT a FROM o GROUP BY a ORDER BY b", TW_E_GROUPING, 1, 37, "expression 'b' is not being grouped"},
    {"SELECT a, SUM(SUM(b)) FROM o GROUP BY a", TW_E_GROUPING, 1, 15, "aggregate expressions cannot be nested"},
    {"SELECT SUM(b) FILTER (WHERE COUNT(*) > 1) FROM o", TW_E_GROUPING, 1, 29, "aggregate expressions cannot be nested"},
    {"SELECT a FROM o WHERE COUNT(*) > 1", TW_E_GROUPING, 1, 23, "aggregate expression is illegal in WHERE clause"},
    {"SELECT a FROM o GROUP BY COUNT(*)", TW_E_GROUPING, 1, 26, "aggregate expression is illegal in GROUP BY clause"},
    {"SELECT SUM(*) FROM o", TW_E_SYNTAX, 1, 8, "SUM(*) has no meaning"},
    {"SELECT COUNT() FROM o", TW_E_UNDEFINED_FUNCTION, 1, 8, "invalid number of arguments to function 'COUNT': 0 given"},
    {"SELECT SUM(c) FROM o", TW_E_TYPE, 1, 8, "cannot apply 'SUM' to arguments of type 'SUM(<STRING>)'"},
    {"SELECT MAX(a, b) FROM o", TW_E_UNDEFINED_FUNCTION, 1, 8, "invalid number of arguments to function 'MAX': 2 given"},
    {"SELECT SUM(b) FILTER (WHERE a) FROM o", TW_E_TYPE, 1, 29, "the condition of FILTER must be BOOLEAN, not INT NOT NULL"},
    {"SELECT GROUPING(a) FROM o", TW_E_GROUPING, 1, 8, "GROUPING operator may only occur in an aggregate query"},
    {"SELECT GROUPING(b) FROM o GROUP BY a", TW_E_GROUPING, 1, 17, "argument to GROUPING operator must be a grouped expression"},
    {"SELECT GROUPING() FROM o GROUP BY a", TW_E_UNDEFINED_FUNCTION, 1, 8, "invalid number of arguments to function 'GROUPING': 0 given"},
    {"SELECT GROUP_ID(a) FROM o GROUP BY a", TW_E_UNDEFINED_FUNCTION, 1, 8, "invalid number of arguments to function 'GROUP_ID': 1 given"},
    {"SELECT a FROM o WHERE GROUPING(a) = 1", TW_E_GROUPING, 1, 23, "aggregate expression is illegal in WHERE clause"},
    {"SELECT MAX(a) FROM o GROUP BY CUBE (a, b, c, d, r.x, r.y, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6, a + 7)", TW_E_LIMIT, 1, 31,
     "more than 4096 grouping sets"},
    {"SELECT MAX(a) FROM o GROUP BY CUBE (a, a, a, a, a, a, a)", TW_E_LIMIT, 1, 31, "a grouping set is repeated more than 64 times"},
    {"VALUES (COUNT(*))", TW_E_GROUPING, 1, 8, "aggregate expression is illegal in VALUES clause"},
    {"SELECT DISTINCT a FROM o ORDER BY b", TW_E_GROUPING, 1, 35, "expression 'b' is not in the select clause"},
};

static const refusal unsupported[] = {
    {"SELECT LISTAGG(c) WITHIN GROUP (ORDER BY a) FROM o", TW_E_UNSUPPORTED, 1, 42, "ORDER BY inside aggregate LISTAGG is not supported yet"},
    {"SELECT COUNT(b) IGNORE NULLS FROM o", TW_E_UNSUPPORTED, 1, 8, "IGNORE NULLS is not supported for aggregate COUNT"},
    {"SELECT COUNT(*) OVER (PARTITION BY a) FROM o", TW_E_UNSUPPORTED, 1, 22, "OVER windows are not supported yet"},
    {"SELECT a FROM o, plain", TW_E_UNSUPPORTED, 1, 16, "joins are not supported yet"},
    {"SELECT a FROM o JOIN plain ON TRUE", TW_E_UNSUPPORTED, 1, 17, "joins are not supported yet"},
    {"SELECT a FROM o AS x -- left\nLEFT JOIN plain AS y ON x.a = y.a", TW_E_UNSUPPORTED, 2, 1, "joins are not supported yet"},
    {"SELECT a FROM o /* é */ CROSS JOIN plain", TW_E_UNSUPPORTED, 1, 25, "joins are not supported yet"},
    {"SELECT * FROM UNNEST(ARRAY[1])", TW_E_UNSUPPORTED, 1, 15, "UNNEST is not supported yet"},
    {"SELECT * FROM LATERAL (SELECT 1)", TW_E_UNSUPPORTED, 1, 23, "LATERAL is not supported yet"},
    {"SELECT * FROM TABLE(f(1))", TW_E_UNSUPPORTED, 1, 21, "table function 'f' is not supported yet"},
    {"SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES A.v AS x PATTERN (A) DEFINE A AS TRUE) AS m", TW_E_UNSUPPORTED, 1, 17,
     "MATCH_RECOGNIZE is not supported yet"},
    {"SELECT * FROM t FOR SYSTEM_TIME AS OF ts", TW_E_UNSUPPORTED, 1, 39, "FOR SYSTEM_TIME AS OF is not supported yet"},
    {"SELECT a FROM o WHERE a IN (SELECT a FROM plain)", TW_E_UNSUPPORTED, 1, 23, "IN (sub-query) is not supported yet"},
    {"SELECT a FROM o WHERE EXISTS (SELECT a FROM plain)", TW_E_UNSUPPORTED, 1, 23, "EXISTS is not supported yet"},
    {"SELECT (SELECT 1) FROM o", TW_E_UNSUPPORTED, 1, 8, "scalar sub-queries are not supported yet"},
    {"SELECT a FROM o WHERE a > ALL (SELECT a FROM plain)", TW_E_UNSUPPORTED, 1, 23, "comparisons with ALL (sub-query) are not supported yet"},
    {"SELECT a FROM o QUALIFY a > 1", TW_E_UNSUPPORTED, 1, 25, "QUALIFY is not supported yet"},
    {"SELECT a FROM o WINDOW w AS (PARTITION BY a)", TW_E_UNSUPPORTED, 1, 24, "the WINDOW clause is not supported yet"},
    {"SELECT a FROM o INTERSECT SELECT a FROM plain", TW_E_UNSUPPORTED, 1, 17, "INTERSECT is not supported yet"},
    {"SELECT a FROM o\n  EXCEPT ALL SELECT a FROM plain", TW_E_UNSUPPORTED, 2, 3, "EXCEPT is not supported yet"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR, TIME '00:00:00')", TW_E_UNSUPPORTED, 1, 63,
     "TUMBLE window with alignment is not supported yet"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR), ROLLUP (k)", TW_E_UNSUPPORTED, 1, 64,
     "grouping sets with a group window are not supported"},
};

static const refusal window[] = {
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts)))", TW_E_UNDEFINED_FUNCTION, 1, 21, "wrong arguments for window function TUMBLE"},
    {"SELECT * FROM TABLE(TUMBLE(t, DESCRIPTOR(ts), INTERVAL '1' HOUR))", TW_E_INVALID, 1, 28,
     "the first argument of window function TUMBLE must be a table: TABLE name, or a query in parentheses"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(v), INTERVAL '1' HOUR))", TW_E_TYPE, 1, 48,
     "the window function requires the timecol to be a time attribute, but it is INT"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE plain, DESCRIPTOR(ts), INTERVAL '1' HOUR))", TW_E_TYPE, 1, 52,
     "the window function requires the timecol to be a time attribute, but it is TIMESTAMP(3)"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, ts, INTERVAL '1' HOUR))", TW_E_INVALID, 1, 37,
     "the time column of window function TUMBLE must be given as DESCRIPTOR(column)"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MONTH))", TW_E_TYPE, 1, 53,
     "an interval of months or years has no fixed length"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '0' HOUR))", TW_E_INVALID, 1, 53,
     "TUMBLE window requires its size to be positive, but got 0 ms"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(nope), INTERVAL '1' HOUR))", TW_E_UNDEFINED_COLUMN, 1, 48,
     "column 'nope' not found in any table"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' HOUR))", TW_E_INVALID, 1, 49,
     "only tables with set semantics may be partitioned: invalid PARTITION BY clause of window function TUMBLE"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), v))", TW_E_UNDEFINED_COLUMN, 1, 53, "column 'v' not found in any table"},
    {"SELECT * FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '7' MINUTE, INTERVAL '1' HOUR))", TW_E_INVALID, 1, 76,
     "CUMULATE window requires its size to be an integral multiple of its step, but got size 3600000 ms and step 420000 ms"},
    {"SELECT * FROM TABLE(HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SLID => INTERVAL '7' MINUTE, SIZE => INTERVAL '1' HOUR))",
     TW_E_UNDEFINED_FUNCTION, 1, 69, "unknown parameter 'SLID' of window function HOP"},
    {"SELECT * FROM TABLE(TUMBLE(DATA => TABLE t, DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '1' HOUR))", TW_E_UNDEFINED_FUNCTION,
     1, 45, "repeated parameter 'DATA' of window function TUMBLE"},
    {"SELECT * FROM TABLE(SESSION(TABLE t PARTITION BY v + 1, DESCRIPTOR(ts), INTERVAL '1' HOUR))", TW_E_INVALID, 1, 50,
     "PARTITION BY must be a column of the table"},
    {"SELECT window_start FROM TABLE(TUMBLE((SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))), DESCRIPTOR(ts), "
     "INTERVAL '1' HOUR))",
     TW_E_AMBIGUOUS, 1, 8, "column 'window_start' is ambiguous"},
    {"SELECT TUMBLE(ts, INTERVAL '1' HOUR) FROM t", TW_E_INVALID, 1, 8, "group window function TUMBLE may only be used in GROUP BY"},
    {"SELECT TUMBLE_START(ts, INTERVAL '1' HOUR) FROM t", TW_E_GROUPING, 1, 8,
     "call to auxiliary group function 'TUMBLE_START' must have matching call to group function 'TUMBLE' in GROUP BY clause"},
    {"SELECT TUMBLE_START(ts, INTERVAL '2' HOUR) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR)", TW_E_GROUPING, 1, 8,
     "call to auxiliary group function 'TUMBLE_START' must have matching call to group function 'TUMBLE' in GROUP BY clause"},
    {"SELECT HOP_START(ts, INTERVAL '1' HOUR, INTERVAL '1' HOUR) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR)", TW_E_GROUPING, 1, 8,
     "call to auxiliary group function 'HOP_START' must have matching call to group function 'HOP' in GROUP BY clause"},
    {"SELECT TUMBLE_ROWTIME(pt, INTERVAL '1' HOUR) FROM p GROUP BY TUMBLE(pt, INTERVAL '1' HOUR)", TW_E_INVALID, 1, 8,
     "a proctime window cannot provide a rowtime attribute"},
    {"SELECT COUNT(*) FROM plain GROUP BY TUMBLE(ts, INTERVAL '1' HOUR)", TW_E_TYPE, 1, 44,
     "window aggregate can only be defined over a time attribute column, but TIMESTAMP(3) encountered"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR), HOP(ts, INTERVAL '1' HOUR, INTERVAL '1' HOUR)", TW_E_INVALID, 1, 64,
     "only a single window group function may be used in GROUP BY"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts)", TW_E_UNDEFINED_FUNCTION, 1, 33, "invalid number of arguments to function 'TUMBLE': 1 given"},
    {"SELECT COUNT(*) FROM t GROUP BY SESSION(ts, INTERVAL -'1' HOUR)", TW_E_INVALID, 1, 45,
     "the size of a group window must be positive, but got -3600000 ms"},
    {"SELECT a, COUNT(*) FROM o GROUP BY a EMIT ON UPDATE", TW_E_INVALID, 1, 38, "EMIT needs a windowed aggregation in its query"},
    {"SELECT a FROM o EMIT ON CLOSE", TW_E_INVALID, 1, 17, "EMIT needs a windowed aggregation in its query"},
    {"VALUES (1) EMIT ON CLOSE", TW_E_INVALID, 1, 12, "EMIT needs a windowed aggregation in its query"},
    {"SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start EMIT ON UPDATE",
     TW_E_INVALID, 1, 116, "EMIT needs a windowed aggregation in its query"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR) EMIT EVERY INTERVAL '0' SECOND", TW_E_INVALID, 1, 74,
     "the interval of EMIT EVERY must be positive"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(ts, INTERVAL '1' HOUR) EMIT ON UPDATE WITH LATENESS INTERVAL -'1' SECOND", TW_E_INVALID, 1, 92,
     "the lateness of EMIT must not be negative"},
    {"SELECT COUNT(*) FROM p GROUP BY TUMBLE(pt, INTERVAL '1' HOUR) EMIT ON CLOSE WITH LATENESS INTERVAL '1' SECOND", TW_E_INVALID, 1, 91,
     "a window over processing time has no late rows"},
};

static const refusal insert[] = {
    {"INSERT INTO s SELECT 1, 2", TW_E_TYPE, 1, 15,
     "column types of query result and sink for 'default_catalog.default_database.s' do not match: different number of columns"},
    {"INSERT INTO s (x) SELECT 1", TW_E_INVALID, 1, 16, "column 'y' has no default value and does not allow NULLs"},
    {"INSERT INTO s (y, y) SELECT 'a', 'b'", TW_E_DUPLICATE, 1, 19, "target column 'y' is assigned more than once"},
    {"INSERT INTO s (y, q) SELECT 'a', 'b'", TW_E_UNDEFINED_COLUMN, 1, 19, "unknown target column 'q'"},
    {"INSERT INTO s (y, z) SELECT 'a', 'b'", TW_E_INVALID, 1, 19, "column 'z' is computed and cannot be written to"},
    {"INSERT INTO s (y, w) SELECT 'a', 'b'", TW_E_INVALID, 1, 19, "column 'w' is virtual and cannot be written to"},
    {"INSERT INTO s (x, y) SELECT 'a'", TW_E_INVALID, 1, 22, "number of INSERT target columns (2) does not equal number of source items (1)"},
    {"INSERT INTO s (x, y) SELECT DATE '2020-01-01', 'b'", TW_E_TYPE, 1, 29, "incompatible types for sink column 'x'"},
    {"INSERT INTO s (y, x) VALUES ('b', TRUE)", TW_E_TYPE, 1, 35, "incompatible types for sink column 'x'"},
    {"INSERT INTO v SELECT 1, 2", TW_E_INVALID, 1, 13, "'v' is a view and cannot be written to"},
    {"INSERT INTO gen SELECT 1", TW_E_INVALID, 1, 13, "connector 'datagen' can only be used as a source, it cannot be used as a sink"},
    {"INSERT INTO t$late SELECT 1", TW_E_INVALID, 1, 13, "'t$late' cannot be written to"},
    {"INSERT INTO nope SELECT 1", TW_E_UNDEFINED_TABLE, 1, 13, "table 'nope' not found"},
    {"INSERT INTO part PARTITION (a = 1) SELECT 'a', 'b'", TW_E_INVALID, 1, 29, "'a' is not a partition column of table 'part'"},
    {"INSERT INTO part PARTITION (dy = '1', dy = '2') SELECT 1, 'b'", TW_E_DUPLICATE, 1, 39, "target column 'dy' is assigned more than once"},
    {"INSERT INTO part PARTITION (dy = b) SELECT 1, 'b'", TW_E_UNDEFINED_COLUMN, 1, 34, "column 'b' not found in any table"},
    {"INSERT INTO part PARTITION (dy = '1') (dy, a) SELECT '1', 2", TW_E_DUPLICATE, 1, 40, "target column 'dy' is assigned more than once"},
};

static void check(const refusal *at, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sql_test t;
        const tw_rel *rel;
        sql_open(&t);
        tw_status status = query_bind(&t, QUERY_TABLES, at[i].query, &rel);
        if (status != at[i].status || t.error.pos.line != at[i].line || t.error.pos.column != at[i].column ||
            strcmp(t.error.message, at[i].message) != 0)
            fail_msg("%s\n%s %u:%u %s", at[i].query, tw_status_name(status), t.error.pos.line, t.error.pos.column, t.error.message);
        sql_close(&t);
    }
}

static void test_query(void **state) { check(query, sizeof query / sizeof *query); }
static void test_grouping(void **state) { check(grouping, sizeof grouping / sizeof *grouping); }
static void test_unsupported(void **state) { check(unsupported, sizeof unsupported / sizeof *unsupported); }
static void test_window(void **state) { check(window, sizeof window / sizeof *window); }
static void test_insert(void **state) { check(insert, sizeof insert / sizeof *insert); }

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
