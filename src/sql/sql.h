/* A SQL session: statements in, results and plans out. The door to this room; nothing outside includes another header of src/sql but
 * parse.h and ast.h.
 *
 *     parse.h      text -> tree
 *     ddl.c        CREATE, DROP, ALTER, SET -> catalog.h
 *     bind*.c      queries -> rel.h                   names, types, coercions
 *     optimise*.c  rel -> rel                         folding, push-down, pruning, sharing
 *     physical*.c  rel -> plan/plan.h                 operators, exchanges, changelog kinds, state bounds
 *     show.c       SHOW, DESCRIBE, EXPLAIN -> rows
 *
 * One thread uses a session. */
#ifndef TW_SQL_SQL_H
#define TW_SQL_SQL_H

#include "plan/plan.h"
#include "sql/parse.h"

typedef struct tw_sql tw_sql;
typedef struct tw_rel tw_rel;

typedef enum tw_sql_kind {
    TW_SQL_DONE,   /* DDL, SET: nothing to show */
    TW_SQL_ROWS,   /* SHOW, DESCRIBE, EXPLAIN: `rows` */
    TW_SQL_INSERT, /* `roots`: sinks to be run; INSERT, STATEMENT SET, CREATE TABLE AS */
    TW_SQL_SELECT  /* `roots`: one collecting sink */
} tw_sql_kind;

typedef struct tw_sql_result {
    tw_sql_kind kind;
    const tw_type *row;          /* ROWS */
    const tw_value *const *rows; /* ROWS: rows[r][c] */
    int32_t nrows;
    bool plain; /* ROWS: one text column to be printed as it is (EXPLAIN, SHOW CREATE) */
    const tw_rel *const *roots;
    int32_t nroots;
} tw_sql_result;

/* `start_ms`: wall clock at which the session begins (CURRENT_TIMESTAMP of bounded jobs). */
tw_status tw_sql_open(tw_mem *mem, const tw_registry *registry, int64_t start_ms, tw_sql **out, tw_error *error);
void tw_sql_close(tw_sql *sql);
/* Memory of the session's lifetime: scripts to be executed are copied and parsed into it. */
tw_arena *tw_sql_arena(tw_sql *sql);

/* Executes a statement of `script` (both must live as long as the session). What it returns does, too. */
tw_status tw_sql_execute(tw_sql *sql, tw_str script, const tw_ast_statement *statement, tw_sql_result *out, tw_error *error);
/* One job of several roots: optimised together (shared scans and sub-plans). The plan lives in the session's arena; its session
 * settings are those of now. */
tw_status tw_sql_plan(tw_sql *sql, const tw_rel *const *roots, int32_t nroots, tw_plan **out, tw_error *error);

/* Does a root read a table that one of the others writes (by table name)? Then they cannot be one job. */
bool tw_sql_reads_output(const tw_rel *root, const tw_rel *const *others, int32_t nothers);
bool tw_sql_is_bounded(tw_sql *sql, const tw_rel *root);
/* A setting's value ("" when not set and without default): "table.local-time-zone", "thalweg.shards", ... */
tw_str tw_sql_setting(tw_sql *sql, const char *key);
#endif
