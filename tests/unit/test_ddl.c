/* CREATE, ALTER and LIKE: the tables they make, and the exact error of what they refuse. */
#include "refusal_test.h"

#include "sql/show.h"

/* SHOW CREATE TABLE with blanks for newlines, then the rows. */
static const char *shown(sql_test *t, const char *name) {
    tw_ast_name part = {.text = tw_str_of(name)};
    tw_buf text;
    if (setjmp(t->oom)) return "out of memory";
    t->arena.oom = &t->oom;
    const tw_catalog_table *table = tw_catalog_find(t->binder.catalog, &(tw_ast_names){&part, 1}, &t->error);
    t->arena.oom = NULL;
    if (!table) return t->error.message;
    tw_buf_init(&text, &t->mem, 0);
    if (table->view) {
        tw_show_create(&text, table);
        tw_buf_text(&text, " | ");
    }
    tw_type_print(&text, table->row, true);
    for (int32_t i = 0; i < table->nprimary_key; i++)
        tw_buf_printf(&text, "%s%.*s", i ? ", " : "; key ", TW_STR_ARG(table->columns[table->primary_key[i]].name));
    if (table->watermark) {
        tw_buf_text(&text, "; watermark ");
        tw_expr_print(&text, table->watermark, table->row);
    }
    for (int32_t i = 0; i < table->ncolumns; i++) {
        if (!table->columns[i].expr) continue;
        tw_buf_printf(&text, "; %.*s = ", TW_STR_ARG(table->columns[i].name));
        tw_expr_print(&text, table->columns[i].expr, table->source);
    }
    for (int32_t i = 0; i < table->npartitioned_by; i++) tw_buf_printf(&text, "; by %.*s", TW_STR_ARG(table->partitioned_by[i]));
    for (int32_t i = 0; i < table->noptions; i++)
        if (!tw_str_equal(table->options[i].key, TW_STR("connector")))
            tw_buf_printf(&text, "; %.*s=%.*s", TW_STR_ARG(table->options[i].key), TW_STR_ARG(table->options[i].value));
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '\n') text.data[i] = ' ';
    return sql_text(t, &text);
}

#define BASE                                                                                                                      \
    "CREATE TABLE base (id INT, name STRING, ts TIMESTAMP(3), file STRING METADATA FROM 'file.path' VIRTUAL, up AS UPPER(name), " \
    "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, CONSTRAINT pk PRIMARY KEY (id) NOT ENFORCED) PARTITIONED BY (name) "           \
    "WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'json');"

static void test_tables(void **state) {
    static const struct {
        const char *script, *name, *expected;
    } cases[] = {
        {BASE, "base",
         "ROW<`id` INT NOT NULL, `name` STRING, `ts` TIMESTAMP(3) *ROWTIME*, `file` STRING, `up` STRING>; key id; watermark -(ts, "
         "5000:INTERVAL SECOND); up = UPPER(name); by name; path=/tmp/x; format=json"},
        {"CREATE TABLE t (a INT, p AS PROCTIME()) WITH ('connector' = 'datagen')", "t",
         "ROW<`a` INT, `p` TIMESTAMP_LTZ(3) *PROCTIME* NOT NULL>; p = PROCTIME()"},
        {"CREATE TABLE t (size STRING METADATA FROM 'file.size', n AS size || 'b', a INT) WITH ('connector' = 'filesystem', 'path' = 'x', "
         "'format' = 'csv', 'csv.allow-comments' = 'true')",
         "t",
         "ROW<`size` STRING, `n` STRING, `a` INT>; size = CAST(size AS STRING); n = ||(CAST(size AS STRING), 'b'); path=x; format=csv; "
         "csv.allow-comments=true"},
        {"CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED) WITH ('connector' = 'print')", "t", "ROW<`a` INT NOT NULL>; key a"},
        {"CREATE TABLE t (`file.path` STRING METADATA, a INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'csv', "
         "'scan.watermark.idle-timeout' = '1 s')",
         "t", "ROW<`file.path` STRING, `a` INT>; path=x; format=csv; scan.watermark.idle-timeout=1 s"},
        {"CREATE TABLE t (s STRING, ts AS TO_TIMESTAMP(s), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen')", "t",
         "ROW<`s` STRING, `ts` TIMESTAMP(3) *ROWTIME*>; watermark ts; ts = TO_TIMESTAMP(s)"},
        {"CREATE TABLE t (a INT); CREATE TABLE u WITH ('connector' = 'print') LIKE t", "u", "ROW<`a` INT>"},
        {"CREATE TABLE t (a INT, z AS CAST(TO_TIMESTAMP_LTZ(0, 3) AS STRING), n AS 1 + 1) WITH ('connector' = 'datagen')", "t",
         /* not folded: the zone may change */
         "ROW<`a` INT, `z` STRING, `n` INT NOT NULL>; z = CAST(TO_TIMESTAMP_LTZ(0, 3) AS STRING); n = +(1, 1)"},
        /* LIKE */
        {BASE "CREATE TABLE t (x BIGINT) WITH ('path' = 'y') LIKE base", "t",
         "ROW<`id` INT NOT NULL, `name` STRING, `ts` TIMESTAMP(3) *ROWTIME*, `file` STRING, `up` STRING, `x` BIGINT>; key id; watermark "
         "-(ts, 5000:INTERVAL SECOND); up = UPPER(name); by name; path=y; format=json"},
        {BASE "CREATE TABLE t WITH ('connector' = 'print') LIKE base (EXCLUDING ALL)", "t",
         "ROW<`id` INT NOT NULL, `name` STRING, `ts` TIMESTAMP(3)>"},
        {BASE "CREATE TABLE t (up AS LOWER(name), WATERMARK FOR ts AS ts) LIKE base (OVERWRITING GENERATED OVERWRITING WATERMARKS EXCLUDING "
              "CONSTRAINTS EXCLUDING PARTITIONS EXCLUDING METADATA)",
         "t",
         "ROW<`id` INT NOT NULL, `name` STRING, `ts` TIMESTAMP(3) *ROWTIME*, `up` STRING>; watermark ts; up = LOWER(name); path=/tmp/x; "
         "format=json"},
        /* replacing, temporary */
        {"CREATE TABLE t (a INT) WITH ('connector' = 'print'); CREATE TABLE IF NOT EXISTS t (b INT) WITH ('connector' = 'print')", "t",
         "ROW<`a` INT>"},
        {"CREATE TABLE t (a INT) WITH ('connector' = 'print'); CREATE OR REPLACE TABLE t (b INT) WITH ('connector' = 'print')", "t", "ROW<`b` INT>"},
        {"CREATE TEMPORARY TABLE t (a INT) WITH ('connector' = 'print'); CREATE TABLE t (b INT) WITH ('connector' = 'print')", "t", "ROW<`a` INT>"},
        {"CREATE TEMPORARY TABLE t (a INT) WITH ('connector' = 'print'); CREATE TABLE t (b INT) WITH ('connector' = 'print'); "
         "DROP TEMPORARY TABLE t",
         "t", "ROW<`b` INT>"},
        /* AS */
        {BASE "CREATE TABLE t WITH ('connector' = 'print') AS SELECT id, ts, name AS n FROM base", "t",
         "ROW<`id` INT NOT NULL, `ts` TIMESTAMP(3), `n` STRING>"},
        {BASE "CREATE TABLE t (name, id) WITH ('connector' = 'print') AS SELECT id, name FROM base", "t", "ROW<`name` STRING, `id` INT NOT NULL>"},
        {BASE "CREATE TABLE t (extra INT, id BIGINT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'print') AS SELECT name, id FROM base", "t",
         "ROW<`extra` INT, `id` BIGINT NOT NULL, `name` STRING>; key id"},
        /* ALTER TABLE */
        {BASE "ALTER TABLE base ADD (x INT, y AS x + 1)", "base",
         "ROW<`id` INT NOT NULL, `name` STRING, `ts` TIMESTAMP(3) *ROWTIME*, `file` STRING, `up` STRING, `x` INT, `y` INT>; key id; "
         "watermark -(ts, 5000:INTERVAL SECOND); up = UPPER(name); y = +(x, 1); by name; path=/tmp/x; format=json"},
        {BASE "ALTER TABLE base DROP WATERMARK; ALTER TABLE base DROP PRIMARY KEY; ALTER TABLE base DROP (up, file); ALTER TABLE base "
              "RENAME ts TO tz; ALTER TABLE base RENAME TO other",
         "other", "ROW<`id` INT NOT NULL, `name` STRING, `tz` TIMESTAMP(3)>; by name; path=/tmp/x; format=json"},
        {BASE "ALTER TABLE base MODIFY WATERMARK FOR ts AS ts; ALTER TABLE base MODIFY up AS LOWER(name); ALTER TABLE base DROP CONSTRAINT pk; "
              "ALTER TABLE base ADD PRIMARY KEY (name) NOT ENFORCED",
         "base",
         "ROW<`id` INT NOT NULL, `name` STRING NOT NULL, `ts` TIMESTAMP(3) *ROWTIME*, `file` STRING, `up` STRING NOT NULL>; key name; "
         "watermark ts; up = LOWER(name); by name; path=/tmp/x; format=json"},
        {BASE "ALTER TABLE base RENAME id TO num", "base",
         "ROW<`num` INT NOT NULL, `name` STRING, `ts` TIMESTAMP(3) *ROWTIME*, `file` STRING, `up` STRING>; key num; watermark -(ts, "
         "5000:INTERVAL SECOND); up = UPPER(name); by name; path=/tmp/x; format=json"},
        {"CREATE TABLE t (a INT) WITH ('connector' = 'print', 'print-identifier' = 'x'); ALTER TABLE t SET ('standard-error' = 'true'); "
         "ALTER TABLE t RESET ('print-identifier')",
         "t", "ROW<`a` INT>; standard-error=true"},
        {"ALTER TABLE IF EXISTS nope RENAME TO x; CREATE TABLE t (a INT)", "t", "ROW<`a` INT>"},
        /* views */
        {BASE "CREATE VIEW v (a, b) COMMENT 'c' AS SELECT id, ts FROM base", "v",
         "CREATE VIEW `default_catalog`.`default_database`.`v` (`a`, `b`) COMMENT 'c' AS SELECT id, ts FROM base | ROW<`a` INT NOT NULL, `b` "
         "TIMESTAMP(3) *ROWTIME*>"},
        {BASE "CREATE VIEW v AS SELECT id FROM base; CREATE OR REPLACE VIEW v AS SELECT name FROM base; ALTER VIEW v RENAME TO w", "w",
         "CREATE VIEW `default_catalog`.`default_database`.`w` AS SELECT name FROM base | ROW<`name` STRING>"},
        {BASE "CREATE VIEW v AS SELECT id FROM base; ALTER VIEW v AS SELECT up FROM base; CREATE VIEW IF NOT EXISTS v AS SELECT 1", "v",
         "CREATE VIEW `default_catalog`.`default_database`.`v` AS SELECT up FROM base | ROW<`up` STRING>"},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sql_test t;
        sql_open(&t);
        const char *got = sql_run(&t, cases[i].script) == TW_OK ? shown(&t, cases[i].name) : t.error.message;
        if (strcmp(got, cases[i].expected) != 0) {
            print_error("%s\n   %s\n", cases[i].script, got);
            wrong++;
        }
        sql_close(&t);
    }
    assert_int_equal(wrong, 0);
}

#define P        " WITH ('connector' = 'print')"
#define FS(more) " WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'csv'" more ")"

static const refusal BAD_TABLES[] = {
    {"CREATE TABLE t (a INT, a STRING)" P, "a STRING", TW_E_DUPLICATE, "a column named 'a' already exists in the table", "", ""},
    {"CREATE TABLE t ()" P, "t ()", TW_E_INVALID, "a table needs a column", "", ""},
    {"CREATE TABLE t (a)" P, "a)", TW_E_INVALID, "column 'a' has no type", "", ""},
    {"CREATE TABLE t (a INT)" P "; CREATE TABLE t (a INT)" P, "t (a", TW_E_DUPLICATE, "table 't' already exists", "", ""},
    {"CREATE TABLE nope.t (a INT)" P, "nope", TW_E_UNDEFINED_TABLE, "database 'nope' not found", "", ""},
    {"CREATE TABLE nope.d.t (a INT)" P, "nope", TW_E_UNDEFINED_TABLE, "catalog 'nope' not found", "", ""},
    {"CREATE TABLE a.b.c.d (a INT)" P, "d (", TW_E_UNDEFINED_TABLE, "a table's name has at most three parts", "", ""},
    {"CREATE TABLE `t$late` (a INT)" P, "`t$", TW_E_INVALID, "a name that ends in $late is taken for the side table of 't'", "", ""},
    {"CREATE TABLE t (a INT, b AS c + 1)" P, "c +", TW_E_UNDEFINED_COLUMN, "column 'c' not found in any table", "",
     "a computed column reads physical and metadata columns, not other computed ones"},
    {"CREATE TABLE t (price INT, b AS pric + 1)" P, "pric +", TW_E_UNDEFINED_COLUMN, "column 'pric' not found in any table", "",
     "did you mean price?"},
    {"CREATE TABLE t (a INT, b AS NULL)" P, "b AS", TW_E_TYPE, "column 'b' has no type", "", "cast the NULL: CAST(NULL AS INT)"},
    {"CREATE TABLE t (a INT, b AS (SELECT 1))" P, "(SELECT 1", TW_E_UNSUPPORTED, "sub-queries in expressions are not supported yet", "", ""},
    {"CREATE TABLE t (a INT, b AS SUM(a))" P, "SUM", TW_E_GROUPING, "aggregate functions are not allowed in a computed column", "", ""},
    {"CREATE TABLE t (a INT, b AS UPER(a))" P, "UPER", TW_E_UNDEFINED_FUNCTION, "function 'UPER' does not exist", "", "did you mean UPPER?"},
    /* metadata */
    {"CREATE TABLE t (a INT, m STRING METADATA)" P, "m STRING", TW_E_UNDEFINED_OPTION, "connector 'print' has no metadata for column 'm'", "", ""},
    {"CREATE TABLE t (a INT, m STRING METADATA FROM 'file.pat')" FS(""), "'file.pat'", TW_E_UNDEFINED_OPTION,
     "invalid metadata key 'file.pat' in column 'm'", "connector 'filesystem' has: file.path, file.name, file.size, file.modification-time",
     "did you mean file.path?"},
    {"CREATE TABLE t (a INT, m ARRAY<INT> METADATA FROM 'file.path')" FS(""), "m ARRAY", TW_E_TYPE,
     "metadata column 'm' is of type ARRAY<INT>, which STRING of key 'file.path' cannot be cast to", "", ""},
    /* watermark */
    {"CREATE TABLE t (a INT, WATERMARK FOR b AS b)" P, "b AS", TW_E_UNDEFINED_COLUMN, "the rowtime column 'b' is not defined in the table", "", ""},
    {"CREATE TABLE t (ts STRING, WATERMARK FOR ts AS ts)" P, "ts AS", TW_E_TYPE, "invalid type of column 'ts' for a watermark: STRING",
     "it must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3", "declare a computed column: ts AS TO_TIMESTAMP(ts)"},
    {"CREATE TABLE t (ms BIGINT, WATERMARK FOR ms AS ms)" P, "ms AS", TW_E_TYPE, "invalid type of column 'ms' for a watermark: BIGINT",
     "it must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3", "declare a computed column: ts AS TO_TIMESTAMP_LTZ(ms, 3)"},
    {"CREATE TABLE t (ts TIMESTAMP(6), WATERMARK FOR ts AS ts)" P, "ts AS", TW_E_TYPE, "invalid type of column 'ts' for a watermark: TIMESTAMP(6)",
     "it must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3", ""},
    {"CREATE TABLE t (p AS PROCTIME(), WATERMARK FOR p AS p)" P, "p AS p", TW_E_TYPE,
     "a watermark can not be defined for a processing-time attribute", "", ""},
    {"CREATE TABLE t (ts TIMESTAMP(3), WATERMARK FOR ts AS 'x')" P, "'x'", TW_E_TYPE, "invalid type of a watermark expression: CHAR(1) NOT NULL",
     "it must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3", ""},
    {"CREATE TABLE t (ts TIMESTAMP_LTZ(3), WATERMARK FOR ts AS CAST(ts AS TIMESTAMP(3)))" P, "CAST", TW_E_TYPE,
     "invalid type of a watermark expression: TIMESTAMP(3)", "the column's type is TIMESTAMP_LTZ(3)", ""},
    {"CREATE TABLE t (r ROW<ts TIMESTAMP(3)>, WATERMARK FOR r.ts AS r.ts)" P, "ts AS", TW_E_UNSUPPORTED,
     "a watermark on a field of a column is not supported", "", ""},
    {"CREATE TABLE t (ts TIMESTAMP(3), WATERMARK FOR ts AS tz - INTERVAL '1' SECOND)" P, "tz", TW_E_UNDEFINED_COLUMN,
     "column 'tz' not found in any table", "", "did you mean ts?"},
    /* keys */
    {"CREATE TABLE t (ab INT, PRIMARY KEY (ac) NOT ENFORCED)" P, "ac)", TW_E_UNDEFINED_COLUMN,
     "could not create a PRIMARY KEY: column 'ac' does not exist", "", "did you mean ab?"},
    {"CREATE TABLE t (a INT, b AS a, PRIMARY KEY (b) NOT ENFORCED)" P, "b) NOT", TW_E_INVALID,
     "could not create a PRIMARY KEY: column 'b' is not a physical column", "", ""},
    {"CREATE TABLE t (a INT, PRIMARY KEY (a, a) NOT ENFORCED)" P, "a) NOT", TW_E_DUPLICATE, "column 'a' is in the PRIMARY KEY twice", "", ""},
    {"CREATE TABLE t (a INT) PARTITIONED BY (b)" P, "b)", TW_E_UNDEFINED_COLUMN, "partition column 'b' does not exist", "", ""},
    {"CREATE TABLE t (a INT, b AS a) PARTITIONED BY (b)" P, "b) W", TW_E_INVALID, "partition column 'b' is not a physical column", "", ""},
    {"CREATE TABLE t (a INT) PARTITIONED BY (a, a)" P, "a) W", TW_E_DUPLICATE, "column 'a' is in PARTITIONED BY twice", "", ""},
    {"CREATE TABLE t (a INT) DISTRIBUTED BY (b) INTO 4 BUCKETS" P, "b)", TW_E_UNDEFINED_COLUMN, "distribution column 'b' does not exist", "", ""},
    /* options */
    {"CREATE TABLE t (a INT) WITH ('path' = 'x')", "t (", TW_E_INVALID,
     "table options do not contain an option key 'connector' for discovering a connector", "",
     "connectors: filesystem, print, blackhole, datagen, nexmark, stdin, stdout"},
    {"CREATE TABLE t (a INT) WITH ('connector' = 'datgen')", "'datgen'", TW_E_UNDEFINED_OPTION, "there is no connector 'datgen'",
     "connectors: filesystem, print, blackhole, datagen, nexmark, stdin, stdout", "did you mean datagen?"},
    {"CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'x')", "'filesystem'", TW_E_INVALID,
     "connector 'filesystem' needs the option 'format'", "", "formats: csv, json, raw"},
    {"CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'jsn')", "'jsn'", TW_E_UNDEFINED_OPTION,
     "there is no format 'jsn'", "formats: csv, json, raw", "did you mean json?"},
    {"CREATE TABLE t (a INT) WITH ('connector' = 'print', 'format' = 'csv')", "'format'", TW_E_INVALID, "connector 'print' takes no format", "", ""},
    {"CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'format' = 'csv')", "t (", TW_E_INVALID, "option 'path' is required", "",
     "a file, a folder or a pattern such as 'data/*.json'; file:// is understood"},
    {"CREATE TABLE t (a INT)" FS(", 'pth' = 'x'"), "'pth'", TW_E_UNDEFINED_OPTION, "unknown option 'pth'", "", "did you mean 'path'?"},
    {"CREATE TABLE t (a INT)" FS(", 'csv.allow-coments' = 'true'"), "'csv.allow-coments'", TW_E_UNDEFINED_OPTION,
     "unknown option 'csv.allow-coments'", "", "did you mean 'csv.allow-comments'?"},
    {"CREATE TABLE t (a INT)" FS(", 'csv.allow-comments' = 'yes'"), "'yes'", TW_E_INVALID,
     "option 'csv.allow-comments': 'yes' is not 'true' or 'false'", "", "lines that begin with # are skipped"},
    {"CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'rows-per-second' = '0')", "'0'", TW_E_INVALID,
     "option 'rows-per-second': '0' is out of range", "allowed: 1 to 1000000000", "rows made per second"},
};

static const refusal BAD_LIKES[] = {
    {BASE "CREATE TABLE t LIKE bas", "bas", TW_E_UNDEFINED_TABLE, "table 'bas' not found", "", "did you mean base?"},
    {BASE "CREATE TABLE t (id INT) LIKE base", "id INT) LIKE", TW_E_DUPLICATE, "the base table already has a column 'id'", "", ""},
    {BASE "CREATE TABLE t (up AS LOWER(name)) LIKE base", "up AS LOWER", TW_E_DUPLICATE, "the base table already has a column 'up'", "",
     "say EXCLUDING GENERATED or OVERWRITING GENERATED"},
    {BASE "CREATE TABLE t (name AS 'x') LIKE base (OVERWRITING GENERATED)", "name AS 'x'", TW_E_DUPLICATE,
     "the base table already has a column 'name'", "", ""},
    {BASE "CREATE TABLE t (WATERMARK FOR ts AS ts) LIKE base", "WATERMARK FOR ts AS ts)", TW_E_DUPLICATE,
     "the base table already has a watermark for column 'ts'", "", "say EXCLUDING WATERMARKS or OVERWRITING WATERMARKS"},
    {BASE "CREATE TABLE t (PRIMARY KEY (name) NOT ENFORCED) LIKE base", "PRIMARY KEY (name)", TW_E_DUPLICATE,
     "the base table already has a primary key", "", "say EXCLUDING CONSTRAINTS"},
    {BASE "CREATE TABLE t PARTITIONED BY (id) LIKE base", "id) LIKE", TW_E_DUPLICATE, "the base table already has partitions", "",
     "say EXCLUDING PARTITIONS"},
    {BASE "CREATE TABLE t WITH ('path' = 'y') LIKE base (INCLUDING OPTIONS)", "'path' = 'y'", TW_E_DUPLICATE,
     "the base table already has an option 'path'", "", "say EXCLUDING OPTIONS or OVERWRITING OPTIONS"},
    {BASE "CREATE TABLE t LIKE base (OVERWRITING CONSTRAINTS)", "OVERWRITING", TW_E_INVALID, "OVERWRITING is not possible here",
     "it is for OPTIONS, GENERATED, METADATA and WATERMARKS", ""},
    {BASE "CREATE TABLE t LIKE base (INCLUDING OPTIONS EXCLUDING OPTIONS)", "EXCLUDING", TW_E_INVALID, "each feature of LIKE can be said only once",
     "", ""},
    {BASE "CREATE VIEW v AS SELECT 1; CREATE TABLE t LIKE v", "v", TW_E_INVALID, "'v' in LIKE is a view", "", ""},
    {BASE "CREATE TABLE t WITH ('connector' = 'print') LIKE base", "base", TW_E_UNDEFINED_OPTION,
     "connector 'print' has no metadata for column 'file'", "", ""},
    /* AS */
    {BASE "CREATE TABLE t" P " LIKE base AS SELECT 1", "base AS", TW_E_INVALID, "LIKE and AS cannot stand together", "", ""},
    {BASE "CREATE TABLE t (nam, id)" P " AS SELECT id, name FROM base", "nam,", TW_E_UNDEFINED_COLUMN, "column 'nam' not found in the query", "",
     "did you mean name?"},
    {BASE "CREATE TABLE t (id)" P " AS SELECT id, name FROM base", "id)", TW_E_INVALID, "the column list has 1 names, the query 2 columns", "", ""},
    {BASE "CREATE TABLE t (id DATE)" P " AS SELECT id FROM base", "id DATE", TW_E_TYPE, "incompatible types for sink column 'id'",
     "query: INT NOT NULL, sink: DATE", ""},
    {BASE "CREATE TABLE t (id AS 1)" P " AS SELECT id FROM base", "id AS", TW_E_DUPLICATE,
     "column 'id' is one of the query's; a computed or metadata column cannot stand for it", "", ""},
    {BASE "CREATE TABLE t (id, x INT)" P " AS SELECT id FROM base", "x INT", TW_E_INVALID, "columns with and without a type cannot be mixed", "", ""},
    {BASE "CREATE TABLE t" P " AS SELECT idd FROM base", "idd", TW_E_UNDEFINED_COLUMN, "column 'idd' not found in any table", "", "did you mean id?"},
};

static const refusal BAD_ALTERS[] = {
    {"ALTER TABLE t RENAME TO u", "t RENAME", TW_E_UNDEFINED_TABLE, "table 't' not found", "", ""},
    {BASE "CREATE VIEW v AS SELECT 1; ALTER TABLE v DROP WATERMARK", "v DROP", TW_E_INVALID, "'v' is a view, not a table", "", ""},
    {BASE "ALTER TABLE base ADD id INT", "id INT", TW_E_DUPLICATE, "a column named 'id' already exists in the table", "", ""},
    {BASE "ALTER TABLE base MODIFY idd INT", "idd", TW_E_UNDEFINED_COLUMN, "column 'idd' does not exist in the table", "", "did you mean id?"},
    {BASE "ALTER TABLE base MODIFY ts STRING", "base MODIFY", TW_E_TYPE, "invalid type of column 'ts' for a watermark: STRING",
     "it must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3", "declare a computed column: ts AS TO_TIMESTAMP(ts)"},
    {BASE "ALTER TABLE base MODIFY name INT", "base MODIFY", TW_E_TYPE, "cannot apply 'UPPER' to arguments of type 'UPPER(<INT>)'",
     "Supported form(s): UPPER(text)", ""},
    {BASE "ALTER TABLE base ADD WATERMARK FOR ts AS ts", "WATERMARK FOR ts AS ts", TW_E_DUPLICATE, "the table has a watermark already", "",
     "write MODIFY WATERMARK FOR ..."},
    {BASE "ALTER TABLE base ADD PRIMARY KEY (name) NOT ENFORCED", "PRIMARY KEY (name)", TW_E_DUPLICATE, "the table has a primary key already", "",
     "drop it first, or write MODIFY PRIMARY KEY ..."},
    {BASE "ALTER TABLE base DROP name", "name", TW_E_INVALID, "column 'name' is read by the computed column 'up'", "", ""},
    {BASE "ALTER TABLE base DROP ts", "ts", TW_E_INVALID, "column 'ts' is used by the watermark", "", ""},
    {BASE "ALTER TABLE base DROP (file, id)", "id)", TW_E_INVALID, "column 'id' is in the primary key", "", ""},
    {BASE "ALTER TABLE base DROP (up, name)", "name)", TW_E_INVALID, "column 'name' is in PARTITIONED BY", "", ""},
    {BASE "ALTER TABLE base DROP (up, up)", "up)", TW_E_UNDEFINED_COLUMN, "column 'up' does not exist in the table", "", ""},
    {BASE "ALTER TABLE base RENAME ts TO tz", "ts TO", TW_E_INVALID, "column 'ts' is used by the watermark", "", ""},
    {BASE "ALTER TABLE base RENAME file TO id", "id", TW_E_DUPLICATE, "a column named 'id' already exists in the table", "", ""},
    {BASE "ALTER TABLE base DROP CONSTRAINT kp", "kp", TW_E_INVALID, "the table has no constraint 'kp'", "", ""},
    {BASE "ALTER TABLE base RESET ('connector')", "'connector')", TW_E_INVALID, "ALTER TABLE RESET does not support changing 'connector'", "", ""},
    {BASE "ALTER TABLE base SET ('pat' = 'x')", "'pat' =", TW_E_UNDEFINED_OPTION, "unknown option 'pat'", "", "did you mean 'path'?"},
    {BASE "ALTER TABLE base RESET ('path')", "base RESET", TW_E_INVALID, "option 'path' is required", "",
     "a file, a folder or a pattern such as 'data/*.json'; file:// is understood"},
    {BASE "CREATE TABLE t (a INT); ALTER TABLE t DROP WATERMARK", "t DROP", TW_E_INVALID, "the table has no watermark", "", ""},
    {BASE "CREATE TABLE t (a INT); ALTER TABLE t DROP PRIMARY KEY", "t DROP", TW_E_INVALID, "the table has no primary key", "", ""},
    {BASE "CREATE TABLE t (a INT); ALTER TABLE t RENAME TO base", "base", TW_E_DUPLICATE, "table 'base' already exists", "", ""},
    {BASE "CREATE DATABASE d; ALTER TABLE base RENAME TO d.base", "base", TW_E_INVALID, "a table cannot be renamed into another database", "", ""},
};

static const refusal BAD_VIEWS[] = {
    {"CREATE VIEW v AS SELECT * FROM nope", "nope", TW_E_UNDEFINED_TABLE, "table 'nope' not found", "", ""},
    {"CREATE VIEW v AS SELECT * FROM v", "v", TW_E_UNDEFINED_TABLE, "table 'v' not found", "", ""},
    {"CREATE VIEW v AS SELECT 1; CREATE OR REPLACE VIEW v AS SELECT * FROM v", "v", TW_E_INVALID, "view 'v' reads itself", "", ""},
    {"CREATE VIEW v AS SELECT 1; CREATE VIEW v AS SELECT 2", "v AS SELECT 2", TW_E_DUPLICATE, "view 'v' already exists", "", ""},
    {"CREATE TABLE t (a INT); CREATE OR REPLACE VIEW t AS SELECT 2", "t AS", TW_E_DUPLICATE, "table 't' already exists", "", ""},
    {"CREATE VIEW v (a) AS SELECT 1, 2", "a)", TW_E_INVALID, "the view names 1 columns, its query has 2", "", ""},
    {"CREATE VIEW v (a, a) AS SELECT 1, 2", "a) AS", TW_E_DUPLICATE, "the view has two columns named 'a'", "",
     "name them: CREATE VIEW v (a, b) AS ..."},
    {"CREATE MATERIALIZED VIEW v AS SELECT 1", "v AS", TW_E_UNSUPPORTED, "materialized views are not supported yet", "", ""},
    {"CREATE VIEW v AS SELECT 1; ALTER VIEW v SET ('a' = 'b')", "v SET", TW_E_UNSUPPORTED, "a view can be renamed or given another query", "", ""},
    {"CREATE TABLE t (a INT); CREATE VIEW v AS SELECT * FROM t", "t", TW_E_INVALID,
     "table options do not contain an option key 'connector' for discovering a connector", "",
     "connectors: filesystem, print, blackhole, datagen, nexmark, stdin, stdout"},
};

static void test_bad_tables(void **state) { REFUSED(sql_run, BAD_TABLES); }
static void test_bad_likes(void **state) { REFUSED(sql_run, BAD_LIKES); }
static void test_bad_alters(void **state) { REFUSED(sql_run, BAD_ALTERS); }
static void test_bad_views(void **state) { REFUSED(sql_run, BAD_VIEWS); }

/* A statement that fails leaves the catalog as it was. */
static void test_unchanged(void **state) {
    static const char *const statements[] = {
        "CREATE OR REPLACE TABLE t (b INT) WITH ('connector' = 'nope')", "ALTER TABLE t ADD (b INT, c AS d)",
        "CREATE OR REPLACE TABLE t (b INT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'raw') AS SELECT 1 AS b, x FROM t",
        "CREATE OR REPLACE VIEW v AS SELECT * FROM nope", "ALTER VIEW v AS SELECT * FROM v"};
    sql_test t;
    sql_open(&t);
    assert_int_equal(sql_run(&t, "CREATE TABLE t (a INT) WITH ('connector' = 'datagen'); CREATE VIEW v AS SELECT a FROM t"), TW_OK);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        assert_int_not_equal(sql_run(&t, statements[i]), TW_OK);
        assert_string_equal(shown(&t, "t"), "ROW<`a` INT>");
        assert_string_equal(shown(&t, "v"), "CREATE VIEW `default_catalog`.`default_database`.`v` AS SELECT a FROM t | ROW<`a` INT>");
    }
    sql_close(&t);
}

static tw_status hinted(sql_test *t, const char *query, const tw_option **out, int32_t *n) {
    tw_ast_script *script = NULL;
    if (setjmp(t->oom)) return TW_E_NOMEM;
    assert_int_equal(tw_parse_script(&t->arena, tw_str_of(query), &script, &t->error), TW_OK);
    t->arena.oom = &t->oom;
    const tw_ast_from *from = script->statements[0]->query->body->select->from;
    const tw_catalog_table *table = tw_catalog_find(t->binder.catalog, &from->table.name, &t->error);
    tw_status status = table ? tw_bind_hints(&t->binder, table, &from->table.hints, out, n) : t->error.status;
    t->arena.oom = NULL;
    return status;
}

static void test_hints(void **state) {
    sql_test t;
    const tw_option *options;
    int32_t n;
    sql_open(&t);
    assert_int_equal(sql_run(&t, "CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'number-of-rows' = '5')"), TW_OK);
    assert_int_equal(hinted(&t, "SELECT * FROM t /*+ OPTIONS('number-of-rows' = '7', 'seed' = '1') */", &options, &n), TW_OK);
    assert_int_equal(n, 3);
    assert_true(tw_str_equal(tw_option_get(options, n, "number-of-rows"), TW_STR("7")));
    assert_int_equal(hinted(&t, "SELECT * FROM t /*+ OPTIONS('sed' = '7') */", &options, &n), TW_E_UNDEFINED_OPTION);
    assert_string_equal(t.error.hint, "did you mean 'seed'?");
    assert_int_equal(t.error.pos.column, 29);
    assert_int_equal(hinted(&t, "SELECT * FROM t /*+ OPTIONS('connector' = 'print') */", &options, &n), TW_E_INVALID);
    assert_int_equal(hinted(&t, "SELECT * FROM t /*+ OPTION('seed' = '7') */", &options, &n), TW_E_UNDEFINED_OPTION);
    sql_close(&t);
}

static void test_out_of_memory(void **state) {
    static const char script[] = BASE "CREATE TABLE t (x STRING METADATA FROM 'file.size') LIKE base (EXCLUDING METADATA); ALTER TABLE t DROP up; "
                                      "CREATE VIEW v AS SELECT id FROM t; CREATE TABLE u WITH ('connector' = 'print') AS SELECT * FROM v; "
                                      "DROP TABLE nope";
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
        cmocka_unit_test(test_tables),    cmocka_unit_test(test_bad_tables), cmocka_unit_test(test_bad_likes), cmocka_unit_test(test_bad_alters),
        cmocka_unit_test(test_bad_views), cmocka_unit_test(test_unchanged),  cmocka_unit_test(test_hints),     cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
