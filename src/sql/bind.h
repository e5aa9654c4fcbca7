/* Binding: from syntax trees to typed expressions and relations. All functions need an arena whose `oom` jump is set (tw_sql_execute
 * does) and report the first error with its position.
 *
 * A scope says what column names mean: a list of tables (alias, row, first column of the input row), looked up from the inside out. An
 * expression is bound by bind_expr.c; what is no ordinary function (aggregates, window properties, sub-queries, OVER) is first offered to
 * the `special` hook of whoever binds the clause. */
#ifndef TW_SQL_BIND_H
#define TW_SQL_BIND_H

#include "sql/rel.h"

typedef struct tw_scope_table {
    tw_str alias;   /* name or alias; empty: columns are found unqualified only */
    tw_str path[3]; /* catalog, database, name of a table without alias, for fully qualified references; else empty */
    const tw_type *row;
    int32_t first; /* of its columns in the input row */
} tw_scope_table;

typedef struct tw_scope {
    const struct tw_scope *outer; /* of the enclosing query; NULL at the top */
    tw_scope_table *tables;
    int32_t ntables;
} tw_scope;

/* Views being expanded, the innermost first: finds views that read themselves. */
typedef struct tw_bound_view {
    const tw_catalog_table *view;
    tw_catalog_table *made; /* the same while CREATE VIEW binds it: stars are noted */
    const struct tw_bound_view *outer;
} tw_bound_view;

typedef struct tw_binder tw_binder;
struct tw_binder {
    tw_arena *arena;
    tw_mem *mem;
    tw_catalog *catalog;
    const tw_registry *registry;
    const tw_session *session;
    tw_str script; /* text that positions point into */
    tw_error *error;
    const tw_scope *scope; /* what columns are visible now; NULL: none */
    const char *clause;    /* "WHERE", "GROUP BY", ...: for messages */
    /* Offered every CALL and SUBQUERY before it is bound as an ordinary function. TW_END: not mine. May be NULL. */
    tw_status (*special)(void *context, tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);
    void *special_context;
    const struct tw_cte *ctes; /* WITH queries in view */
    const tw_bound_view *views;
    int32_t depth; /* of queries and views, limited */
    bool unfolded; /* what is bound outlives the session's settings (computed columns): constants are left to the planner */
};

/* ---- bind_expr.c, bind_literal.c, bind_call.c ---- */
/* Types, coercions, nullability by Flink's rules; constant sub-expressions are folded where they cannot fail. The time attribute is kept by
 * plain column references only; everything computed from one is an ordinary timestamp. */
tw_status tw_bind_expr(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);
/* The same, and it must be BOOLEAN. */
tw_status tw_bind_condition(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);
/* A column name path: its column, with ROW fields selected for what follows the column's name. Errors: unknown (names the nearest),
 * ambiguous. */
tw_status tw_bind_column(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);
/* A call of the function table by name, over bound arguments; `cast` is the type of CAST, NULL for others. Folded like all calls. */
tw_status tw_bind_function(tw_binder *binder, const char *name, tw_pos pos, const tw_expr *const *args, int32_t nargs, const tw_type *cast,
                           const tw_expr **out);
/* A constant INTERVAL in ms (day-time only), or an integer; negative allowed only when asked for. */
/* A constant number of rows above 0; `what` names it in errors. */
tw_status tw_bind_rows(tw_binder *binder, const tw_ast_expr *e, const char *what, int64_t *rows);
tw_status tw_bind_interval_ms(tw_binder *binder, const tw_ast_expr *e, bool negative, int64_t *ms);
/* Casts to what a sink column takes, implicitly only (Flink's store assignment). `what` names the column in the error. */
tw_status tw_bind_assign(tw_binder *binder, const tw_expr *e, const tw_type *to, tw_str what, tw_pos pos, const tw_expr **out);
/* Replaces constant deterministic sub-expressions by literals, where they can be evaluated without an error. */
const tw_expr *tw_fold(tw_arena *arena, tw_mem *mem, const tw_session *session, const tw_expr *e);
/* The name of a select item without alias: the last part of a column path, else EXPR$n. */
tw_str tw_item_name(tw_arena *arena, const tw_ast_item *item, int32_t n);

/* ---- bind_query.c and what it calls ---- */
typedef struct tw_cte {
    const tw_ast_with *with;
    const tw_rel *rel; /* bound at first use */
    const struct tw_cte *outer;
} tw_cte;

/* A whole query, EMIT and ORDER BY included. `outer` scope for correlated ones (an error for now: named as not supported). */
tw_status tw_bind_query(tw_binder *binder, const tw_ast_query *query, const tw_rel **out);
/* INSERT: query, columns matched and cast to the table's, sink. */
tw_status tw_bind_insert(tw_binder *binder, const tw_ast_insert *insert, const tw_rel **out);
/* A bare SELECT: the query under a collecting sink. */
tw_status tw_bind_select(tw_binder *binder, const tw_ast_query *query, const tw_rel **out);

/* ---- ddl.c ---- CREATE, DROP, ALTER, USE, SET, RESET; everything is validated here: options against connector and format, types, keys. */
tw_status tw_bind_create_table(tw_binder *binder, const tw_ast_create_table *create, tw_catalog_table **out, const tw_rel **insert);
tw_status tw_bind_create_view(tw_binder *binder, const tw_ast_create_view *create);
tw_status tw_bind_drop(tw_binder *binder, const tw_ast_drop *drop);
tw_status tw_bind_alter(tw_binder *binder, const tw_ast_alter *alter);
tw_status tw_bind_set(tw_binder *binder, const tw_ast_option *set, bool reset);
tw_status tw_bind_use(tw_binder *binder, tw_str object, const tw_ast_names *name);
/* CREATE DATABASE, CATALOG; FUNCTION and MODEL are errors that say so. */
tw_status tw_bind_create_object(tw_binder *binder, tw_ast_object object, const tw_ast_create_object *create);
/* An error at `pos` when the options name no connector: a table made without any is a template for LIKE, and can be neither read nor
 * written. */
tw_status tw_bind_usable(tw_binder *binder, const tw_option *options, int32_t noptions, tw_pos pos);
/* Merges OPTIONS('k' = 'v') hints over a table's options and checks the result. */
tw_status tw_bind_hints(tw_binder *binder, const tw_catalog_table *table, const tw_ast_hints *hints, const tw_option **out, int32_t *n);

#endif
