/* The logical plan: relational algebra with types. Immutable nodes in an arena; rules (optimise.c) make new ones.
 *
 * Expressions of a node are over the row of its input (joins to come: left columns, then right). Time attributes are part of types. */
#ifndef TW_SQL_REL_H
#define TW_SQL_REL_H

#include "sql/catalog.h"

typedef enum tw_rel_kind {
    TW_REL_SCAN,   /* the source row of a table, pruned: `wanted` physical columns, then metadata columns */
    TW_REL_SIDE,   /* t$late, t$errors */
    TW_REL_VALUES, /* rows of constant values; one row without columns stands for a missing FROM */
    TW_REL_FILTER,
    TW_REL_PROJECT,
    TW_REL_WATERMARK, /* marks the rowtime column */
    TW_REL_WINDOW,    /* window TVF: the input's columns, then window_start, window_end, window_time; COUNT: window_id; GLOBAL: none */
    TW_REL_AGGREGATE, /* also DISTINCT, and the older group windows */
    TW_REL_UNION,     /* ALL */
    TW_REL_SORT,      /* ORDER BY, OFFSET, LIMIT in one */
    TW_REL_SINK
} tw_rel_kind;

typedef struct tw_rel tw_rel;

typedef struct tw_rel_scan {
    const tw_catalog_table *table;
    const tw_option *options; /* the table's with OPTIONS hints merged in */
    int32_t noptions;
    const int32_t *columns; /* of the source row, ascending: what is read. The node's row has just these (nested ROWs perhaps pruned) */
    int32_t ncolumns;
} tw_rel_scan;

typedef struct tw_rel_values {
    const tw_value *const *rows; /* rows[r][c] */
    int32_t nrows;
} tw_rel_values;

typedef struct tw_rel_project {
    const tw_expr *const *exprs; /* one per column of the node's row, which has the names */
    int32_t nexprs;
} tw_rel_project;

typedef struct tw_rel_watermark {
    int32_t column;
    const tw_expr *expr; /* over the input row */
    const tw_catalog_table *table;
} tw_rel_watermark;

/* An aggregate call: arguments are columns of the input, which is a PROJECT made for it. */
typedef struct tw_rel_call {
    const tw_function *function;
    const tw_type *type;
    const int32_t *args;
    int32_t nargs;
    int32_t filter; /* BOOLEAN column, -1: none */
    bool distinct;
    tw_str name; /* for EXPLAIN: the text of the call */
    tw_pos pos;
} tw_rel_call;

typedef enum tw_window_property { TW_WINDOW_START, TW_WINDOW_END, TW_WINDOW_ROWTIME, TW_WINDOW_PROCTIME, TW_WINDOW_NUMBER } tw_window_property;

/* Row: the key columns, then GROUPING_ID-like `expand_id` when nsets > 0 (BIGINT NOT NULL: bit i from the left set = key i not in the
 * set), then calls, then the properties of the group window. */
typedef struct tw_rel_aggregate {
    const int32_t *keys; /* columns of the input */
    int32_t nkeys;
    const uint64_t *sets; /* grouping sets: bit i = key i is in it; NULL: one set of all keys */
    int32_t nsets;
    const tw_rel_call *calls;
    int32_t ncalls;
    bool group_window; /* GROUP BY TUMBLE(ts, ..) and the like: `window` says which; time_column is of the input */
    bool of_tvf;       /* a group window that was a window TVF: its properties are window columns to what reads them */
    tw_window window;
    const tw_window_property *properties; /* asked for by TUMBLE_START and the like */
    int32_t nproperties;
    int32_t keep;      /* COUNT window: see tw_plan_agg; set by window.c */
    tw_emit_spec emit; /* EMIT, or the early / late fire settings for group windows */
    bool emit_given;
} tw_rel_aggregate;

typedef struct tw_rel_sort {
    const tw_sort_key *keys;
    int32_t nkeys;
    int64_t offset, limit; /* limit -1: none */
} tw_rel_sort;

typedef struct tw_rel_sink {
    const tw_catalog_table *table; /* NULL: a bare SELECT */
    const tw_option *options;
    int32_t noptions;
} tw_rel_sink;

struct tw_rel {
    tw_rel_kind kind;
    const tw_type *row;
    const tw_rel *const *inputs;
    int32_t ninputs;
    tw_pos pos; /* the clause it comes from */
    union {
        tw_rel_scan scan;
        struct {
            tw_side_kind kind;
            tw_str table;
        } side;
        tw_rel_values values;
        const tw_expr *filter;
        tw_rel_project project;
        tw_rel_watermark watermark;
        tw_window window;
        tw_rel_aggregate aggregate;
        tw_rel_sort sort;
        tw_rel_sink sink;
    } u;
};

/* Constructors derive the row where it follows from the rest. The arena has its `oom` jump set: they never return NULL. */
tw_rel *tw_rel_new(tw_arena *arena, tw_rel_kind kind, const tw_type *row, const tw_rel *const *inputs, int32_t ninputs, tw_pos pos);
const tw_rel *tw_rel_make_filter(tw_arena *arena, const tw_rel *input, const tw_expr *condition, tw_pos pos);
/* `names` as many as exprs. */
const tw_rel *tw_rel_make_project(tw_arena *arena, const tw_rel *input, const tw_expr *const *exprs, const tw_str *names, int32_t n, tw_pos pos);
/* The rows of a table as a query sees them: SCAN, PROJECT where it has computed columns, WATERMARK where it has one. Views are bound by the
 * query binder. */
const tw_rel *tw_rel_of_table(tw_arena *arena, const tw_catalog_table *table, const tw_option *options, int32_t noptions, tw_pos pos);
/* The indented tree, as EXPLAIN's first part shows it (Flink's LogicalProject(...) style). */
void tw_rel_print(tw_buf *out, const tw_rel *rel);

/* Which columns of the row are a window's bounds, if any: traced through projections, filters, unions and windowed aggregates. */
typedef struct tw_rel_window_columns {
    int32_t start, end, time; /* -1: not there */
    bool proctime, local_time;
} tw_rel_window_columns;
tw_rel_window_columns tw_rel_windows_of(const tw_rel *rel);

/* ---- rows_window.c: COUNT_WINDOW and GLOBAL_WINDOW, whose windows are made of a key's rows ---- */
/* The window that the relation's rows come from, through projections and filters alone; NULL: none. */
const tw_rel *tw_rows_window_of(const tw_rel *rel);
static inline bool tw_is_rows_window(tw_window_kind kind) { return kind == TW_WINDOW_COUNT || kind == TW_WINDOW_GLOBAL; }
/* How an aggregation over such rows groups them. */
typedef enum tw_rows_grouping {
    TW_ROWS_PLAINLY,   /* as rows of any table */
    TW_ROWS_BY_WINDOW, /* by the window's key, and window_id where it has one */
    TW_ROWS_OTHERWISE  /* neither: an error */
} tw_rows_grouping;
tw_rows_grouping tw_rows_grouped(const tw_rel *input, const int32_t *keys, int32_t nkeys);
/* The column is window_id. */
bool tw_is_window_number(const tw_rel *rel, int32_t column);
/* The rows to be aggregated per COUNT window: without their window, which the aggregation makes itself, unless window_id is read by more than the
 * keys (`read`: columns of the input that are). Conditions in between become a column, *keep: what they drop counts. -1: there are none. */
const tw_rel *tw_rows_window_input(tw_arena *arena, const tw_rel *input, const uint64_t *read, int32_t *keep);

/* True when every scan below is bounded. */
bool tw_rel_bounded(const tw_rel *rel, const tw_registry *registry);

#endif
