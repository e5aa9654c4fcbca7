/* Binding of expressions: types by Flink's rules, values of what is constant, columns, and the exact error of what does not bind. */
#include "refusal_test.h"

/* t: id INT NOT NULL, name STRING, price DECIMAL(10, 2), ts TIMESTAMP(3) *ROWTIME*, r ROW<a INT, b ROW<c STRING NOT NULL>>, tags ARRAY<STRING>,
 * m MAP<STRING, INT>, ok BOOLEAN; u: id BIGINT, other DATE. The row is t's columns, then u's. */
static tw_scope *make_scope(sql_test *t) {
    static const char *const rows[] = {
        "ROW<id INT NOT NULL, name STRING, price DECIMAL(10, 2), ts TIMESTAMP(3), r ROW<a INT, b ROW<c STRING NOT NULL>>, "
        "tags ARRAY<STRING>, m MAP<STRING, INT>, ok BOOLEAN>",
        "ROW<id BIGINT, other DATE>"};
    static const char *const names[] = {"t", "u"};
    tw_scope *scope = TW_NEW(&t->arena, tw_scope);
    scope->tables = TW_NEW_ARRAY(&t->arena, tw_scope_table, 2);
    for (int i = 0; i < 2; i++) {
        tw_ast_type *type = NULL;
        tw_status status = tw_parse_type(&t->arena, tw_str_of(rows[i]), &type, &t->error);
        if (status != TW_OK) longjmp(t->oom, 1);
        tw_field *fields = (tw_field *)type->type->fields;
        if (i == 0) fields[3].type = tw_type_with_time(&t->arena, fields[3].type, TW_ROWTIME);
        scope->tables[i] = (tw_scope_table){.alias = tw_str_of(names[i]), .row = type->type, .first = i ? 8 : 0};
        scope->tables[i].path[0] = TW_STR("cat");
        scope->tables[i].path[1] = TW_STR("db");
        scope->tables[i].path[2] = tw_str_of(names[i]);
    }
    scope->ntables = 2;
    return scope;
}

static tw_status bind(sql_test *t, const char *text, const tw_expr **out) {
    tw_ast_expr *e;
    if (setjmp(t->oom)) {
        t->arena.oom = NULL;
        return TW_E_NOMEM;
    }
    t->arena.oom = &t->oom;
    t->binder.scope = make_scope(t);
    t->binder.script = tw_str_of(text);
    tw_status status = tw_parse_expr(&t->arena, tw_str_of(text), &e, &t->error);
    t->arena.oom = &t->oom;
    if (status == TW_OK) status = tw_bind_expr(&t->binder, e, out);
    t->arena.oom = NULL;
    return status;
}

static const char *printed(sql_test *t, const tw_expr *e) {
    tw_buf text;
    tw_buf_init(&text, &t->mem, 0);
    tw_field fields[10];
    for (int i = 0; i < 10; i++) fields[i] = t->binder.scope->tables[i / 8].row->fields[i % 8];
    tw_type row = {.kind = TW_ROW, .nfields = 10, .fields = fields};
    tw_expr_print(&text, e, &row);
    tw_buf_text(&text, ": ");
    tw_type_print(&text, e->type, true);
    return sql_text(t, &text);
}

static void test_bound(void **state) {
    static const char *const cases[][2] = {
        /* literals */
        {"1", "1: INT NOT NULL"},
        {"2147483648", "2147483648: BIGINT NOT NULL"},
        {"-2147483648", "-2147483648: BIGINT NOT NULL"},
        {"9223372036854775808", "9223372036854775808: DECIMAL(19, 0) NOT NULL"},
        {"1.50", "1.50: DECIMAL(3, 2) NOT NULL"},
        {".5", "0.5: DECIMAL(1, 1) NOT NULL"},
        {"5.", "5: INT NOT NULL"},
        {"1E2", "100.0: DOUBLE NOT NULL"},
        {"TRUE", "true: BOOLEAN NOT NULL"},
        {"DATE '2020-02-29'", "2020-02-29: DATE NOT NULL"},
        {"TIMESTAMP '2020-02-29'", "2020-02-29 00:00:00: TIMESTAMP(0) NOT NULL"},
        {"TIMESTAMP '2020-02-29 10:00:00.123456'", "2020-02-29 10:00:00.123456: TIMESTAMP(6) NOT NULL"},
        {"TIME '1:2:3.5'", "01:02:03: TIME(0) NOT NULL"},
        {"INTERVAL '1-2' YEAR TO MONTH", "14:INTERVAL MONTH: INTERVAL YEAR TO MONTH NOT NULL"},
        {"INTERVAL '1 02:03:04.005' DAY TO SECOND", "93784005:INTERVAL SECOND: INTERVAL DAY TO SECOND NOT NULL"},
        {"INTERVAL -'-2' WEEK", "1209600000:INTERVAL SECOND: INTERVAL DAY NOT NULL"},
        {"INTERVAL '100' SECOND(3)", "100000:INTERVAL SECOND: INTERVAL SECOND NOT NULL"},
        {"INTERVAL '0.0019' SECOND", "1:INTERVAL SECOND: INTERVAL SECOND NOT NULL"},
        {"INTERVAL t.id DAY", "*(CAST(id AS BIGINT NOT NULL), 86400000:INTERVAL SECOND): INTERVAL DAY NOT NULL"},
        /* columns */
        {"t.id", "id: INT NOT NULL"},
        {"db.t.id", "id: INT NOT NULL"},
        {"cat.db.u.id", "id: BIGINT"},
        {"r.a", "r.a: INT"},
        {"t.r.b.c", "r.b.c: STRING"},
        {"ts", "ts: TIMESTAMP(3) *ROWTIME*"},
        {"COALESCE(ts, ts)", "COALESCE(ts, ts): TIMESTAMP(3)"},
        {"ts - INTERVAL '5' SECOND", "-(ts, 5000:INTERVAL SECOND): TIMESTAMP(3)"},
        {"PROCTIME()", "PROCTIME(): TIMESTAMP_LTZ(3) *PROCTIME* NOT NULL"},
        {"tags[1]", "ITEM(tags, 1): STRING"},
        {"m['a']", "ITEM(m, 'a'): INT"},
        {"(r).b.c", "r.b.c: STRING"},
        /* operators */
        {"t.id BETWEEN 1 AND 3", "AND(>=(id, 1), <=(id, 3)): BOOLEAN NOT NULL"},
        {"t.id NOT BETWEEN 1 AND 3", "OR(<(id, 1), >(id, 3)): BOOLEAN NOT NULL"},
        {"t.id BETWEEN SYMMETRIC 3 AND 1", "OR(AND(>=(id, 3), <=(id, 1)), AND(>=(id, 1), <=(id, 3))): BOOLEAN NOT NULL"},
        {"ok AND ok AND t.id > 1", "AND(ok, ok, >(id, 1)): BOOLEAN"},
        {"name NOT LIKE 'a%'", "NOT(LIKE(name, 'a%')): BOOLEAN"},
        {"t.id NOT IN (1, 2)", "NOT(IN(id, 1, 2)): BOOLEAN NOT NULL"},
        {"-price", "-(price): DECIMAL(10, 2)"},
        {"CASE t.id WHEN 1 THEN 'a' ELSE 'bc' END", "CASE(=(id, 1), 'a', 'bc'): VARCHAR(2) NOT NULL"},
        {"CASE WHEN ok THEN 1 END", "CASE(ok, 1): INT"},
        {"CAST(price AS INT)", "CAST(price AS INT): INT"},
        {"CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP(): TIMESTAMP_LTZ(3) NOT NULL"},
        {"ROW(1, name)", "ROW(1, name): ROW<`EXPR$0` INT NOT NULL, `EXPR$1` STRING> NOT NULL"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sql_test t;
        const tw_expr *e;
        sql_open(&t);
        tw_status status = bind(&t, cases[i][0], &e);
        if (status != TW_OK) fail_msg("%s: %s", cases[i][0], t.error.message);
        if (strcmp(printed(&t, e), cases[i][1]) != 0) fail_msg("%s: %s", cases[i][0], printed(&t, e));
        sql_close(&t);
    }
}

/* Constants are folded, but for what fails and what the clock decides. */
static void test_folded(void **state) {
    static const char *const cases[][2] = {
        {"1 + 2 * 3", "7: INT NOT NULL"},
        {"UPPER('a') || 'b'", "'Ab': CHAR(2) NOT NULL"},
        {"CAST('12' AS INT)", "12: INT NOT NULL"},
        {"CAST(NULL AS INT)", "null:INT: INT"},
        {"1 / 0", "/(1, 0): INT NOT NULL"},
        {"t.id + (1 + 1)", "+(id, 2): INT NOT NULL"},
        {"CASE WHEN TRUE THEN 1 ELSE 1 / 0 END", "CASE(true, 1, /(1, 0)): INT NOT NULL"},
        {"ARRAY[1, 2][2]", "2: INT"},
        {"DATE '2020-01-31' + INTERVAL '1' MONTH", "2020-02-29: DATE NOT NULL"},
        {"'a' IN ('b', 'a')", "true: BOOLEAN NOT NULL"},
        {"NULL IS NULL", "true: BOOLEAN NOT NULL"},
        {"''", "'': CHAR(0) NOT NULL"},
        {"X''", "X'': BINARY(0) NOT NULL"},
        {"RAND() > 2", ">(RAND(), 2.0): BOOLEAN NOT NULL"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sql_test t;
        const tw_expr *e;
        sql_open(&t);
        if (bind(&t, cases[i][0], &e) != TW_OK) fail_msg("%s: %s", cases[i][0], t.error.message);
        if (strcmp(printed(&t, e), cases[i][1]) != 0) fail_msg("%s: %s", cases[i][0], printed(&t, e));
        sql_close(&t);
    }
}

static tw_status bind_where(sql_test *t, const char *text) {
    const tw_expr *e;
    t->binder.clause = "WHERE";
    return bind(t, text, &e);
}

/* The place is that of the offending token. */
static void test_errors(void **state) {
    static const refusal cases[] = {
        {"1 + pric", "1:5", TW_E_UNDEFINED_COLUMN, "column 'pric' not found in any table", "", "did you mean price?"},
        {"1 + id", "1:5", TW_E_AMBIGUOUS, "column 'id' is ambiguous", "", "write t.id or u.id"},
        {"t.nam", "1:3", TW_E_UNDEFINED_COLUMN, "column 'nam' not found in table 't'", "", "did you mean name?"},
        {"db.t.x", "1:6", TW_E_UNDEFINED_COLUMN, "column 'x' not found in table 't'", "", ""},
        {"prices.id", "1:1", TW_E_UNDEFINED_TABLE, "table 'prices' not found", "", "did you mean price?"},
        {"ID", "1:1", TW_E_UNDEFINED_COLUMN, "column 'ID' not found in any table", "", "did you mean id?"},
        {"r.x", "1:3", TW_E_UNDEFINED_COLUMN, "there is no field 'x' in ROW<`a` INT, `b` ROW<`c` STRING NOT NULL>>", "", ""},
        {"price.x", "1:7", TW_E_TYPE, "a value of type DECIMAL(10, 2) has no field 'x'", "", ""},
        {"(r).b.d", "1:7", TW_E_UNDEFINED_COLUMN, "there is no field 'd' in ROW<`c` STRING NOT NULL>", "", ""},
        {"price + name", "1:7", TW_E_TYPE, "cannot apply '+' to arguments of type '+(<DECIMAL(10, 2)>, <STRING>)'",
         "Supported form(s): numeric1 + numeric2, datetime + interval, interval + interval", ""},
        {"UPER(name)", "1:1", TW_E_UNDEFINED_FUNCTION, "function 'UPER' does not exist", "", "did you mean UPPER?"},
        {"a.b.CONCATT(name)", "1:5", TW_E_UNDEFINED_FUNCTION, "function 'CONCATT' does not exist", "", "did you mean CONCAT?"},
        {"UPPER()", "1:1", TW_E_UNDEFINED_FUNCTION, "invalid number of arguments to function 'UPPER': 0 given", "Supported form(s): UPPER(text)", ""},
        {"NEGATE(1)", "1:1", TW_E_UNDEFINED_FUNCTION, "function 'NEGATE' does not exist", "", ""},
        {"UPPER(DISTINCT name)", "1:1", TW_E_INVALID, "'UPPER' is no aggregate function and does not take DISTINCT", "", ""},
        {"UPPER(*)", "1:1", TW_E_INVALID, "'UPPER' is no aggregate function and does not take an argument *", "", ""},
        {"UPPER(name) OVER ()", "1:1", TW_E_INVALID, "'UPPER' is no aggregate function and does not take OVER", "", ""},
        {"UPPER(name) FILTER (WHERE ok)", "1:1", TW_E_INVALID, "'UPPER' is no aggregate function and does not take FILTER", "", ""},
        {"1 + SUM(price)", "1:5", TW_E_GROUPING, "aggregate functions are not allowed in WHERE", "", "conditions on aggregates stand in HAVING"},
        {"SUM(price) OVER ()", "1:1", TW_E_GROUPING, "window functions are not allowed in WHERE", "", ""},
        {"COUNT(*)", "1:1", TW_E_GROUPING, "aggregate functions are not allowed in WHERE", "", "conditions on aggregates stand in HAVING"},
        {"UPPER(text => name)", "1:7", TW_E_UNSUPPORTED, "function 'UPPER' does not take named arguments", "", "UPPER(text)"},
        {"UPPER(DEFAULT)", "1:7", TW_E_INVALID, "function 'UPPER' has no argument with a default", "", ""},
        {"UPPER(TABLE t)", "1:7", TW_E_INVALID, "function 'UPPER' does not take a table", "", ""},
        {"1 + TUMBLE_START(ts, INTERVAL '1' HOUR)", "1:5", TW_E_INVALID, "'TUMBLE_START' is a group window's property and is not allowed in WHERE",
         "", ""},
        {"ROW_NUMBER() OVER (ORDER BY ts)", "1:1", TW_E_INVALID, "'ROW_NUMBER' is a window function and is not allowed in WHERE", "", ""},
        {"DESCRIPTOR(ts)", "1:1", TW_E_INVALID, "DESCRIPTOR is only allowed as argument of a table function", "", ""},
        {"EXISTS (SELECT 1)", "1:1", TW_E_UNSUPPORTED, "sub-queries in expressions are not supported yet", "", ""},
        {"1 + (SELECT 1)", "1:5", TW_E_UNSUPPORTED, "sub-queries in expressions are not supported yet", "", ""},
        {"CASE WHEN ok THEN NULL END", "1:1", TW_E_TYPE, "CASE has only NULLs for results, which have no type", "",
         "cast one of them: CAST(NULL AS INT)"},
        {"CASE WHEN price THEN 1 END", "1:11", TW_E_TYPE, "a condition of CASE must be BOOLEAN, not DECIMAL(10, 2)", "", ""},
        {"CASE price WHEN tags THEN 1 END", "1:17", TW_E_TYPE, "cannot apply '=' to arguments of type '=(<DECIMAL(10, 2)>, <ARRAY<STRING>>)'",
         "Supported form(s): value1 = value2", ""},
        {"CAST(tags AS INT)", "1:1", TW_E_TYPE, "cast function cannot convert value of type ARRAY<STRING> to type INT",
         "Supported form(s): CAST(value AS type)", ""},
        {"1 + DATE '2020-02-30'", "1:5", TW_E_VALUE, "illegal DATE literal '2020-02-30'", "", "the form is 'yyyy-MM-dd'"},
        {"DATE '2020-1'", "1:1", TW_E_VALUE, "illegal DATE literal '2020-1'", "", "the form is 'yyyy-MM-dd'"},
        {"TIME '24:00:00'", "1:1", TW_E_VALUE, "illegal TIME literal '24:00:00'", "", "the form is 'HH:mm:ss[.fff]'"},
        {"TIMESTAMP '2020-01-01 10:00'", "1:1", TW_E_VALUE, "illegal TIMESTAMP literal '2020-01-01 10:00'", "",
         "the form is 'yyyy-MM-dd HH:mm:ss[.fffffffff]'"},
        {"TIMESTAMP '2020-01-01 10:00:00.1234567890'", "1:1", TW_E_VALUE, "illegal TIMESTAMP literal '2020-01-01 10:00:00.1234567890'", "",
         "the form is 'yyyy-MM-dd HH:mm:ss[.fffffffff]'"},
        {"INTERVAL '100' SECOND", "1:1", TW_E_OVERFLOW, "interval field value 100 exceeds precision of SECOND(2) field", "", "write SECOND(3)"},
        {"INTERVAL '1 25' DAY TO HOUR", "1:1", TW_E_VALUE, "illegal interval literal '1 25' DAY TO HOUR", "", ""},
        {"INTERVAL '1-12' YEAR TO MONTH", "1:1", TW_E_VALUE, "illegal interval literal '1-12' YEAR TO MONTH", "", ""},
        {"INTERVAL 'x' DAY", "1:1", TW_E_VALUE, "illegal interval literal 'x' DAY", "", ""},
        {"INTERVAL '' DAY", "1:1", TW_E_VALUE, "illegal interval literal '' DAY", "", ""},
        {"INTERVAL '1.1234567' SECOND", "1:1", TW_E_VALUE, "illegal interval literal '1.1234567' SECOND", "", ""},
        {"INTERVAL name DAY", "1:10", TW_E_TYPE, "an interval is made of a number, not of STRING", "", ""},
        {"123456789012345678901234567890123456789", "1:1", TW_E_OVERFLOW, "numeric literal '123456789012345678901234567890123456789' is out of range",
         "a DECIMAL has at most 38 digits", ""},
        {"tags['a']", "1:1", TW_E_TYPE, "cannot apply 'ITEM' to arguments of type 'ITEM(<ARRAY<STRING>>, <CHAR(1) NOT NULL>)'",
         "Supported form(s): array[index], map[key], row['field']", ""},
        {"tags[0]", "1:1", TW_E_INVALID, "array element access needs an index starting at 1 but was 0", "", ""},
        {"ok AND price", "1:4", TW_E_TYPE, "cannot apply 'AND' to arguments of type 'AND(<BOOLEAN>, <DECIMAL(10, 2)>)'",
         "Supported form(s): boolean1 AND boolean2", ""},
        {"NOT name", "1:1", TW_E_TYPE, "cannot apply 'NOT' to arguments of type 'NOT(<STRING>)'", "Supported form(s): NOT boolean", ""},
        {"u.other > price", "1:9", TW_E_TYPE, "cannot apply '>' to arguments of type '>(<DATE>, <DECIMAL(10, 2)>)'",
         "Supported form(s): value1 > value2", ""},
        {"price IN ('a', tags)", "1:7", TW_E_TYPE,
         "cannot apply 'IN' to arguments of type 'IN(<DECIMAL(10, 2)>, <CHAR(1) NOT NULL>, <ARRAY<STRING>>)'",
         "Supported form(s): value1 IN (value2 [, value3]*)", ""},
        {"ARRAY[1, 'a']", "1:1", TW_E_TYPE, "cannot apply 'ARRAY' to arguments of type 'ARRAY(<INT NOT NULL>, <CHAR(1) NOT NULL>)'",
         "Supported form(s): ARRAY[value1 [, value2]*]", ""},
    };
    REFUSED(bind_where, cases);
}

static void test_correlated(void **state) {
    sql_test t;
    const tw_expr *out;
    tw_ast_expr e = {.kind = TW_AST_COLUMN, .pos = {.line = 1, .column = 1}};
    tw_ast_name name = {.text = TW_STR("price"), .pos = e.pos};
    e.column = (tw_ast_names){&name, 1};
    sql_open(&t);
    if (setjmp(t.oom)) fail();
    t.arena.oom = &t.oom;
    tw_scope inner = {.outer = make_scope(&t)};
    t.binder.scope = &inner;
    assert_int_equal(tw_bind_expr(&t.binder, &e, &out), TW_E_UNSUPPORTED);
    assert_string_equal(t.error.message, "correlated sub-queries are not supported yet");
    t.binder.scope = NULL;
    assert_int_equal(tw_bind_expr(&t.binder, &e, &out), TW_E_UNDEFINED_COLUMN);
    sql_close(&t);
}

/* A hook that takes every sub-query and one name. */
static tw_status hook(void *context, tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    int *asked = context;
    ++*asked;
    if (e->kind == TW_AST_CALL && !tw_str_equal(e->call.name.text, TW_STR("SUM"))) return TW_END;
    *out = tw_expr_column(binder->arena, 7, &TW_TYPE_BOOLEAN);
    return TW_OK;
}

static void test_special(void **state) {
    sql_test t;
    const tw_expr *e;
    int asked = 0;
    sql_open(&t);
    t.binder.special = hook;
    t.binder.special_context = &asked;
    assert_int_equal(bind(&t, "SUM(x) AND EXISTS (SELECT 1) AND NOT SUM(y)", &e), TW_OK);
    assert_string_equal(printed(&t, e), "AND(ok, ok, NOT(ok)): BOOLEAN");
    assert_int_equal(asked, 6);
    sql_close(&t);
}

static const tw_ast_expr *parsed(sql_test *t, const char *text) {
    tw_ast_expr *e = NULL;
    assert_int_equal(tw_parse_expr(&t->arena, tw_str_of(text), &e, &t->error), TW_OK);
    return e;
}

static void test_intervals_and_conditions(void **state) {
    sql_test t;
    const tw_expr *e;
    int64_t ms;
    sql_open(&t);
    t.binder.scope = make_scope(&t);
    assert_int_equal(tw_bind_interval_ms(&t.binder, parsed(&t, "INTERVAL '1' HOUR * 2"), false, &ms), TW_OK);
    assert_int_equal(ms, 7200000);
    assert_int_equal(tw_bind_interval_ms(&t.binder, parsed(&t, "-INTERVAL '1' SECOND"), true, &ms), TW_OK);
    assert_int_equal(ms, -1000);
    assert_int_equal(tw_bind_interval_ms(&t.binder, parsed(&t, "-INTERVAL '1' SECOND"), false, &ms), TW_E_INVALID);
    assert_int_equal(tw_bind_interval_ms(&t.binder, parsed(&t, "12"), false, &ms), TW_E_TYPE);
    assert_int_equal(tw_bind_interval_ms(&t.binder, parsed(&t, "INTERVAL '1' MONTH"), false, &ms), TW_E_TYPE);
    assert_int_equal(tw_bind_interval_ms(&t.binder, parsed(&t, "'x'"), false, &ms), TW_E_TYPE);
    assert_int_equal(tw_bind_interval_ms(&t.binder, parsed(&t, "INTERVAL '1' SECOND * t.id"), false, &ms), TW_E_INVALID);
    t.binder.clause = "HAVING";
    assert_int_equal(tw_bind_condition(&t.binder, parsed(&t, "price"), &e), TW_E_TYPE);
    assert_string_equal(t.error.message, "the condition of HAVING must be BOOLEAN, not DECIMAL(10, 2)");
    assert_int_equal(tw_bind_condition(&t.binder, parsed(&t, "NULL"), &e), TW_OK);
    assert_int_equal(e->type->kind, TW_BOOLEAN);
    sql_close(&t);
}

static void test_assign(void **state) {
    sql_test t;
    const tw_expr *e, *out;
    sql_open(&t);
    assert_int_equal(bind(&t, "t.id", &e), TW_OK);
    assert_int_equal(tw_bind_assign(&t.binder, e, &TW_TYPE_BIGINT, TW_STR("x"), e->pos, &out), TW_OK);
    assert_string_equal(printed(&t, out), "CAST(id AS BIGINT NOT NULL): BIGINT NOT NULL");
    assert_int_equal(tw_bind_assign(&t.binder, e, &TW_TYPE_INTEGER, TW_STR("x"), e->pos, &out), TW_OK);
    assert_ptr_equal(out, e);
    assert_int_equal(tw_bind_assign(&t.binder, e, &TW_TYPE_STRING, TW_STR("x"), e->pos, &out), TW_E_TYPE);
    assert_string_equal(t.error.message, "incompatible types for sink column 'x'");
    assert_string_equal(t.error.detail, "query: INT NOT NULL, sink: STRING");
    assert_string_equal(t.error.hint, "write CAST(... AS STRING)");
    sql_close(&t);
}

/* Every allocation fails once: out of memory, or the same result (a fold that is given up is none). */
static void test_out_of_memory(void **state) {
    static const char text[] = "CASE WHEN t.id BETWEEN 1 AND 2 + 3 THEN UPPER(name) ELSE r.b.c || 'abc' END IN ('x', CAST(price AS STRING), pric)";
    for (int64_t n = 1;; n++) {
        sql_test t;
        const tw_expr *e;
        sql_open(&t);
        t.mem.fail_at = n;
        tw_status status = bind(&t, text, &e);
        bool done = t.mem.fail_at > 0;
        t.mem.fail_at = 0;
        assert_true(status == TW_E_NOMEM || status == TW_E_UNDEFINED_COLUMN);
        sql_close(&t);
        if (done) break;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound),      cmocka_unit_test(test_folded),        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_correlated), cmocka_unit_test(test_special),       cmocka_unit_test(test_intervals_and_conditions),
        cmocka_unit_test(test_assign),     cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
