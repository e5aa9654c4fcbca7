/* The making of tables from inside: what the ddl_*.c files share.
 *
 *     CREATE TABLE, LIKE, AS SELECT, ALTER  ->  a draft: columns, keys, watermark, options, each with its place in the script
 *     tw_draft_finish                       ->  checks it and makes the catalog's table: rows, bound expressions
 *
 * What a draft took over from another table has no place in this script: its errors point to where that table is named. */
#ifndef TW_SQL_DDL_H
#define TW_SQL_DDL_H

#include "sql/bind_parts.h"

typedef struct tw_draft_column {
    tw_ast_column_kind kind; /* PHYSICAL, COMPUTED, METADATA */
    tw_str name;
    const tw_type *type;    /* PHYSICAL, METADATA: as declared */
    const tw_ast_expr *ast; /* COMPUTED */
    tw_str expr_text;
    tw_str metadata_key;
    bool is_virtual;
    tw_str comment;
    tw_pos pos;     /* of its name */
    tw_pos key_pos; /* of the metadata key, or of its name */
    bool inherited;
} tw_draft_column;

typedef struct tw_draft_watermark {
    bool given, inherited;
    tw_ast_names column;
    const tw_ast_expr *ast;
    tw_str text;
    tw_pos pos;
} tw_draft_watermark;

typedef struct tw_draft {
    tw_binder *binder;
    tw_pos pos; /* where the table is named */
    tw_str path[3];
    bool temporary;
    tw_draft_column *columns;
    int32_t ncolumns;
    tw_draft_watermark watermark;
    tw_ast_primary_key primary_key; /* columns.count 0: none */
    tw_ast_names partitioned_by;
    tw_ast_options options; /* one entry a key */
    tw_str comment;
} tw_draft;

/* ddl_draft.c: filling one */
tw_draft_column tw_draft_column_of(tw_binder *binder, const tw_ast_column *column);
tw_status tw_draft_add(tw_draft *draft, const tw_draft_column *column); /* an error when the name is there */
int32_t tw_draft_find(const tw_draft *draft, tw_str name);              /* -1 when there is none */
tw_draft_watermark tw_draft_watermark_of(tw_binder *binder, const tw_ast_watermark *watermark);
void tw_draft_option(tw_draft *draft, const tw_ast_option *option); /* replaces one of the same key */
bool tw_draft_has_option(const tw_draft *draft, tw_str key);
void tw_draft_of_table(tw_draft *draft, const tw_catalog_table *table); /* everything of a table, inherited */
/* An error without a place, or with one in another script, gets this one. */
tw_status tw_ddl_at(tw_binder *binder, tw_status status, tw_pos pos, bool force);
/* "did you mean" among the columns. */
void tw_draft_hint(const tw_draft *draft, tw_str name);

/* ddl_columns.c, ddl_keys.c: the draft as a table */
tw_status tw_draft_finish(tw_draft *draft, tw_catalog_table *out);
tw_status tw_draft_keys(tw_draft *draft, tw_catalog_table *out);
tw_status tw_draft_watermark_bind(tw_draft *draft, tw_catalog_table *out);

/* ddl_options.c: every option against connector and format. A table without any options is a template for LIKE. */
tw_status tw_ddl_check_options(tw_binder *binder, const tw_ast_options *options, const tw_type *physical, tw_pos pos);
/* The connector that the options name; NULL when they name none. */
const tw_connector *tw_ddl_connector(const tw_binder *binder, const tw_ast_options *options);

/* ddl_like.c, ddl_as.c */
tw_status tw_ddl_like(tw_draft *draft, const tw_ast_create_table *create);
/* The query's columns go behind those defined. *columns are the names that an INSERT of it fills, in its order. */
tw_status tw_ddl_as_columns(tw_draft *draft, const tw_ast_create_table *create, tw_ast_names *columns);
tw_status tw_ddl_as_insert(tw_binder *binder, const tw_ast_create_table *create, const tw_ast_names *columns, const tw_rel **insert);

/* ddl_object.c: the table or view that a statement is about. *out is NULL, without an error, when it is absent and `if_exists`. */
tw_status tw_ddl_find(tw_binder *binder, const tw_ast_names *name, bool view, bool if_exists, tw_catalog_table **out);
/* Where a new one goes: path and database checked. *old: what has this path now. */
/* Is there a database of this name of one or two parts? */
tw_status tw_ddl_check_database(tw_binder *binder, const tw_ast_names *name);
tw_status tw_ddl_place(tw_binder *binder, const tw_ast_names *name, bool temporary, tw_str path[3], tw_catalog_table **old);

#endif
