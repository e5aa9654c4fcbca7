/* What the files of the query binder share. Binding a SELECT goes
 *
 *     bind_from.c      FROM      -> relation and scope       bind_window_tvf.c  TUMBLE(TABLE t, ..) and the like
 *     bind_select.c    WHERE, items, ORDER BY: expressions over the scope; then the nodes, in the order of evaluation
 *     bind_group.c     GROUP BY  -> keys and grouping sets    bind_aggregate.c   aggregate calls -> AGGREGATE, expressions rewritten over its row
 *     bind_special.c   the calls that are no ordinary functions: aggregates, GROUPING, properties of group windows
 *     bind_order.c     ORDER BY, OFFSET, LIMIT               bind_group_window.c  GROUP BY TUMBLE(ts, ..)
 *
 * Placeholders: while items, HAVING and ORDER BY are bound it is not yet known what the AGGREGATE's row will be. An aggregate call therefore
 * stands in an expression as column `width + e`, where `width` is that of the input row and e the number of its tw_entry; when all
 * clauses are bound, tw_group_rewrite turns these, and whatever equals a GROUP BY expression, into columns of the AGGREGATE's row. */
#ifndef TW_SQL_BIND_QUERY_H
#define TW_SQL_BIND_QUERY_H

#include "sql/bind.h"

#define TW_QUERY_DEPTH_MAX   256  /* of queries and views in each other */
#define TW_GROUPING_SETS_MAX 4096 /* of one GROUP BY */
#define TW_REPEATED_SETS_MAX 64   /* equal ones among them */

/* A growing list in the arena. */
#define TW_LIST_PUSH(arena, list, count, value)                                                  \
    do {                                                                                         \
        if (((count) & ((count) - 1)) == 0) {                                                    \
            void *grown_ = tw_arena_calloc((arena), sizeof *(list) * ((size_t)(count) * 2 + 1)); \
            if (count) memcpy(grown_, (list), sizeof *(list) * (size_t)(count));                 \
            (list) = grown_;                                                                     \
        }                                                                                        \
        (list)[(count)++] = (value);                                                             \
    } while (0)

typedef struct tw_exprs {
    const tw_expr **at;
    tw_str *names;
    int32_t count, names_count;
} tw_exprs;

void tw_exprs_push(tw_arena *arena, tw_exprs *list, const tw_expr *expr, tw_str name);
/* The number of an equal expression, -1 when there is none. */
int32_t tw_exprs_find(const tw_exprs *list, const tw_expr *expr);

/* GROUP BY TUMBLE(ts, ..). */
typedef struct tw_group_window {
    bool given;
    const char *name;    /* "TUMBLE" */
    const tw_expr *time; /* over the input row */
    tw_window window;    /* time_column is set when the AGGREGATE is made */
} tw_group_window;

typedef enum tw_entry_kind { TW_ENTRY_CALL, TW_ENTRY_GROUPING, TW_ENTRY_GROUP_ID, TW_ENTRY_PROPERTY } tw_entry_kind;

/* What a placeholder stands for. */
typedef struct tw_entry {
    tw_entry_kind kind;
    tw_pos pos;
    /* CALL */
    const tw_function *function;
    const tw_type *type;
    const tw_expr *const *args; /* over the input row */
    int32_t nargs;
    const tw_expr *filter; /* NULL: none */
    bool distinct;
    tw_str text;
    /* GROUPING: numbers of keys */
    const int32_t *keys;
    int32_t nkeys;
    /* PROPERTY */
    tw_window_property property;
} tw_entry;

/* Where the binder is in a SELECT: what aggregate calls mean there. */
typedef enum tw_phase { TW_PHASE_PLAIN, TW_PHASE_GROUPED, TW_PHASE_IN_AGGREGATE } tw_phase;

typedef struct tw_select {
    tw_binder binder; /* a copy with this query's scope and hook */
    const tw_ast_select *ast;
    const tw_ast_emit *emit; /* NULL: none given */
    const tw_rel *input;     /* FROM and WHERE */
    tw_scope scope;
    int32_t width; /* of the input row */
    tw_phase phase;
    /* GROUP BY */
    tw_exprs keys;    /* over the input row */
    tw_exprs grouped; /* the keys as they bind above the AGGREGATE: equal to `keys` but for nullability */
    const tw_ast_expr **key_asts;
    int32_t nkey_asts;
    uint64_t *sets;   /* NULL: one set of all keys */
    int32_t *repeats; /* of each set: how often it is there before */
    int32_t nsets;
    tw_scope grouped_scope; /* of items, HAVING and ORDER BY: key columns that a set leaves out are nullable */
    bool may_be_empty;      /* an aggregate may see no row: there are no keys (the empty grouping set beside others gives no row then) */
    tw_group_window window;
    tw_entry *entries;
    int32_t nentries;
    /* what is bound, over the input row with placeholders, then rewritten */
    tw_exprs items; /* SELECT items, then what only ORDER BY needs */
    int32_t visible;
    const tw_expr *having;
    tw_sort_key *sort;
    int32_t nsort;
} tw_select;

/* ---- bind_query.c ---- */
/* A query inside another. `top`: its ORDER BY counts even without LIMIT. */
tw_status tw_bind_inner_query(tw_binder *binder, const tw_ast_query *query, bool top, const tw_rel **out);
/* UNION, INTERSECT, EXCEPT, SELECT, VALUES, TABLE. `emit` may be NULL. The sort keys of `order` are numbers of columns of the result, whose
 * columns behind `visible` are there for sorting only. */
typedef struct tw_bound_body {
    const tw_rel *rel;
    int32_t visible;
    const tw_sort_key *sort;
    int32_t nsort;
} tw_bound_body;
tw_status tw_bind_body(tw_binder *binder, const tw_ast_body *body, const tw_ast_emit *emit, const tw_ast_sorts *order, bool keep_order,
                       tw_bound_body *out);
/* The same rows under other column names; `names` may be NULL: unchanged. */
const tw_rel *tw_rel_renamed(tw_arena *arena, const tw_rel *rel, const tw_str *names, tw_pos pos);
/* The rows without duplicates. */
const tw_rel *tw_rel_make_distinct(tw_arena *arena, const tw_rel *rel, tw_pos pos);
/* A PROJECT that casts columns, each used once: put into the PROJECT or VALUES that makes them, so that NULL and other literals get the
 * type wanted and not one of their own first. */
const tw_rel *tw_rel_make_assigned(tw_binder *binder, const tw_rel *rel, const tw_expr *const *exprs, const tw_str *names, int32_t n);
/* One row without columns. */
const tw_rel *tw_rel_make_one_row(tw_arena *arena, tw_pos pos);
/* Checks a list of column names against the row it renames. */
tw_status tw_check_column_names(tw_binder *binder, const tw_ast_names *names, const tw_type *row);
tw_status tw_emit_without_window(tw_binder *binder, const tw_ast_emit *emit);

/* ---- bind_from.c, bind_window_tvf.c ---- */
tw_status tw_bind_from(tw_binder *binder, const tw_ast_from *from, const tw_rel **rel, tw_scope *scope);
/* A table, view, WITH query or side table by name. `hints` and `found` may be NULL; *found is the table or view of the catalog, or NULL. */
tw_status tw_bind_table(tw_binder *binder, const tw_ast_names *name, const tw_ast_hints *hints, tw_pos pos, const tw_catalog_table **found,
                        const tw_rel **out);
/* A table or view of the catalog. */
tw_status tw_find_table(tw_binder *binder, const tw_ast_names *name, const tw_catalog_table **out);
tw_status tw_bind_window_tvf(tw_binder *binder, const tw_ast_expr *call, const tw_rel **out);
/* Says of the error of a column that is no time attribute how one is made; gives the status back. */
tw_status tw_hint_time(tw_binder *binder, tw_status status);
bool tw_is_window_tvf(tw_str name);

/* ---- bind_set_op.c, bind_values.c ---- */
tw_status tw_bind_set_op(tw_binder *binder, const tw_ast_body *body, const tw_ast_emit *emit, const tw_rel **out);
tw_status tw_bind_values(tw_binder *binder, const tw_ast_body *body, const tw_rel **out);
/* Where column number `column` of the result is written, as far as that can be said. */
tw_pos tw_body_column_pos(const tw_ast_body *body, int32_t column);
/* The place of the first token behind a node: of a keyword that the tree has no place for. */
tw_pos tw_pos_behind(tw_str script, tw_pos pos);

/* ---- bind_select.c ---- */
tw_status tw_bind_select_body(tw_binder *binder, const tw_ast_select *ast, const tw_ast_emit *emit, const tw_ast_sorts *order, bool keep_order,
                              tw_bound_body *out);
/* The hook of clauses where nothing but ordinary functions is allowed (VALUES, LIMIT, window sizes): names what is not. */
tw_status tw_special_plain(void *context, tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);

/* ---- bind_special.c ---- */
tw_status tw_special_of_select(void *context, tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);
/* The column that stands for the entry, or for an equal one that is there already. */
const tw_expr *tw_entry_placeholder(tw_select *select, const tw_entry *entry);

/* ---- bind_group.c, bind_aggregate.c, bind_rewrite.c, bind_emit.c ---- */
tw_status tw_bind_group_by(tw_select *select);
bool tw_is_aggregate_query(const tw_select *select);
/* Can the key be NULL above the AGGREGATE? */
bool tw_group_key_nullable(const tw_select *select, int32_t key);
/* Puts the AGGREGATE over select->input and rewrites items and HAVING over its row. */
tw_status tw_bind_aggregate(tw_select *select);
/* What the AGGREGATE's row is to the expressions above it. */
typedef struct tw_grouped_row {
    const tw_type *row;
    const int32_t *entry_columns; /* of CALL and PROPERTY entries */
    int32_t expand_id;            /* -1: one grouping set */
    int32_t group_id;             /* -1: always 0 */
} tw_grouped_row;
tw_status tw_group_rewrite(tw_select *select, const tw_grouped_row *grouped, const tw_expr *e, const tw_expr **out);
/* expand_id of a grouping set: bit i from the left is set when key i is not in it. */
int64_t tw_expand_id(uint64_t set, int32_t nkeys);
/* Puts EMIT, or the settings of group windows, into an AGGREGATE over `window`; an error when it is given and there is no window. */
tw_status tw_bind_emit(tw_binder *binder, const tw_ast_emit *emit, const tw_rel *aggregate, tw_rel_aggregate *out);
/* A key's type behind an AGGREGATE: an ordinary timestamp instead of a time attribute, but for the time of the window grouped by. */
const tw_type *tw_group_key_type(tw_arena *arena, const tw_type *type, bool window_time, bool nullable);

/* ---- bind_group_window.c ---- */
bool tw_is_group_window(const tw_ast_expr *e);
tw_status tw_bind_group_window(tw_select *select, const tw_ast_expr *e);
/* TUMBLE_START and the like: false when the name is none of them. */
bool tw_is_window_property(tw_str name);
tw_status tw_bind_window_property(tw_select *select, tw_binder *binder, const tw_ast_expr *e, const tw_expr **out);

/* ---- bind_order.c ---- */
tw_status tw_bind_order_of_select(tw_select *select, const tw_ast_sorts *order, bool keep);
/* ORDER BY over a result that is no SELECT: its columns, and expressions of them. */
tw_status tw_bind_order_of_row(tw_binder *binder, const tw_ast_sorts *order, bool keep, tw_bound_body *body);
/* SORT over the body, and its extra columns dropped. */
tw_status tw_bind_sort(tw_binder *binder, const tw_ast_query *query, const tw_bound_body *body, const tw_rel **out);

#endif
