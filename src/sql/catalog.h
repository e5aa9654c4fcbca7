/* What names of tables and views mean: catalogs, databases, tables, views and the session's settings. Lives in the session's arena;
 * a dropped object's memory is given back when the session ends.
 *
 * Columns of a table and the rows they belong to:
 *
 *     physical row   the physical columns, in order: what the format decodes and the connector stores
 *     source row     physical columns, then metadata columns, in order: what a scan can give
 *     table row      all columns in the order declared: what a query sees
 *
 * Computed columns are bound over the source row, the watermark over the table row. */
#ifndef TW_SQL_CATALOG_H
#define TW_SQL_CATALOG_H

#include "plan/plan.h"
#include "sql/ast.h"

#define TW_CATALOG_DEFAULT  "default_catalog"
#define TW_DATABASE_DEFAULT "default_database"

typedef struct tw_table_column {
    tw_ast_column_kind kind; /* PHYSICAL, COMPUTED, METADATA */
    tw_str name;
    const tw_type *type;    /* in the table row: with its time attribute */
    int32_t source;         /* PHYSICAL, METADATA: column of the source row; COMPUTED: -1 */
    const tw_expr *expr;    /* over the source row. COMPUTED; METADATA declared with another type than the connector's: a cast. Else NULL */
    tw_str expr_text;       /* COMPUTED: as written, for SHOW CREATE and LIKE */
    const tw_ast_expr *ast; /* COMPUTED */
    tw_str metadata_key;    /* METADATA */
    bool is_virtual;        /* METADATA: not written to */
    tw_str comment;
} tw_table_column;

/* A `*` in a view's query: for one table of its FROM, the columns that it meant when the view was made. Later ones stay out. */
typedef struct tw_view_star {
    const tw_ast_expr *star;
    int32_t table;
    const tw_type *row;
    const struct tw_view_star *next;
} tw_view_star;

typedef struct tw_catalog_table {
    tw_str path[3]; /* catalog, database, name */
    bool temporary, view;
    tw_table_column *columns;
    int32_t ncolumns;
    const tw_type *physical, *source, *row;
    int32_t watermark_column; /* of the table row, -1: none */
    const tw_expr *watermark; /* over the table row */
    tw_str watermark_text;
    const tw_ast_expr *watermark_ast;
    int32_t *primary_key; /* columns of the table row */
    int32_t nprimary_key;
    tw_str primary_key_name;
    tw_str *partitioned_by;
    int32_t npartitioned_by;
    tw_option *options;
    int32_t noptions;
    tw_str comment;
    /* view */
    const tw_ast_query *query; /* lives as long as the session */
    tw_str query_text, script; /* `script`: the text that the query's positions point into */
    tw_str *view_columns;      /* names given in CREATE VIEW v (a, b); NULL: the query's own */
    int32_t nview_columns;
    const tw_view_star *stars;
    struct tw_catalog_table *next;
} tw_catalog_table;

typedef struct tw_catalog_database {
    tw_str catalog, name;
    tw_catalog_table *tables; /* in order of creation */
    struct tw_catalog_database *next;
} tw_catalog_database;

/* A setting of the session (SET 'key' = 'value'). Every key that the engine reads stands in settings.def; keys of Flink that have no
 * effect here are accepted and listed there too, others are errors that name the nearest. */
typedef struct tw_setting {
    tw_str key, value;
    struct tw_setting *next;
} tw_setting;

typedef struct tw_catalog {
    tw_arena *arena;
    tw_catalog_database *databases;
    tw_str catalog, database; /* current */
    tw_setting *settings;
} tw_catalog;

void tw_catalog_init(tw_catalog *catalog, tw_arena *arena);

/* The full path that a name of 1 to 3 parts means now. Its database need not exist. */
tw_status tw_catalog_path(const tw_catalog *catalog, const tw_ast_names *name, tw_str path[3], tw_error *error);
tw_catalog_database *tw_catalog_database_find(const tw_catalog *catalog, tw_str in, tw_str name); /* NULL when there is none */
bool tw_catalog_exists(const tw_catalog *catalog, tw_str name);                                   /* a catalog of that name */
tw_catalog_database *tw_catalog_database_add(tw_catalog *catalog, tw_str in, tw_str name);
/* The table or view of that path, temporary or not; NULL when there is none. A temporary one hides another of the same path. */
tw_catalog_table *tw_catalog_get(const tw_catalog *catalog, const tw_str path[3], bool temporary);
void tw_catalog_put(tw_catalog *catalog, tw_catalog_table *table); /* its database must exist */
void tw_catalog_remove(tw_catalog *catalog, tw_catalog_table *table);
/* NULL when there is none; the message names the nearest. `t$late`, `t$errors` are not tables of the catalog: see tw_side_name. */
tw_catalog_table *tw_catalog_find(const tw_catalog *catalog, const tw_ast_names *name, tw_error *error);
/* Splits "t$late" and "t$errors": false when the last part has no such suffix. */
bool tw_side_name(tw_str name, tw_str *table, bool *late);
/* A setting's value or its default from settings.def; data NULL when it has none. */
tw_str tw_catalog_setting(const tw_catalog *catalog, const char *key);
/* What is known of a key of SET; NULL when there is no such key. */
const tw_option_info *tw_setting_info(tw_str key);

#endif
