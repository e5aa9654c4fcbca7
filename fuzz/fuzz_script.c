/* libFuzzer: any bytes as a script over a fixed catalog: parsed, bound, planned. Nothing runs. */
#include <stdlib.h>

#include "main/registry.h"
#include "sql/sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char CATALOG[] =
    "CREATE TABLE t (k STRING, v INT, d DECIMAL(10, 2), r ROW<x INT, y ARRAY<STRING>>, m MAP<STRING, INT>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts "
    "- INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = '/x', 'format' = 'json');\n"
    "CREATE TABLE p (a BIGINT NOT NULL, b DOUBLE, z TIMESTAMP_LTZ(3), q AS PROCTIME(), WATERMARK FOR z AS z) WITH ('connector' = 'datagen');\n"
    "CREATE TABLE s (k STRING, v BIGINT) WITH ('connector' = 'print');\n"
    "CREATE VIEW w AS SELECT k, v + 1 AS v FROM t WHERE v > 0;\n";

static tw_status run(tw_sql *sql, tw_str script) {
    tw_parse parse;
    tw_parse_begin(&parse, tw_sql_arena(sql), script);
    for (int i = 0; i < 64; i++) {
        tw_ast_statement *statement;
        tw_sql_result result = {0};
        tw_plan *plan;
        tw_error error = {0};
        tw_status status = tw_parse_next(&parse, &statement, &error);
        if (status == TW_END) break;
        if (status == TW_OK) status = tw_sql_execute(sql, script, statement, &result, &error);
        if (status == TW_OK && result.nroots) status = tw_sql_plan(sql, result.roots, result.nroots, &plan, &error);
        TW_ASSERT(status == TW_OK || (error.status == status && error.message[0]));
        TW_ASSERT(error.pos.line == 0 || error.pos.offset <= script.length);
    }
    return TW_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tw_mem mem;
    tw_sql *sql;
    tw_error error;
    tw_mem_init(&mem, NULL, 256 << 20);
    TW_ASSERT(tw_sql_open(&mem, &TW_REGISTRY, INT64_C(1704067200000), &sql, &error) == TW_OK);
    run(sql, (tw_str){CATALOG, sizeof CATALOG - 1});
    run(sql, (tw_str){(const char *)data, size});
    tw_sql_close(sql);
    TW_ASSERT(mem.used == 0);
    return 0;
}
