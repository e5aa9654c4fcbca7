/* The physical plan: plain, read-only data. SQL makes it, EXPLAIN shows it, the runtime turns it into tasks, snapshots carry
 * its binary form. Nothing in it points outside its arena but functions and static types.
 *
 * A plan is a DAG of nodes; sinks are its roots. A node with several readers is computed once (common sub-plans, shared scans).
 * Every node says what changes it gives, its upsert key, and what bounds its state. A node's id is the hash of its canonical
 * sub-plan, with an ordinal for equal ones, so that it survives unrelated changes of the script. */
#ifndef TW_PLAN_PLAN_H
#define TW_PLAN_PLAN_H

#include "expr/aggregate.h"
#include "plan/registry.h"

typedef enum tw_plan_kind {
    TW_PLAN_SCAN,         /* connector source: physical and metadata columns */
    TW_PLAN_VALUES,       /* literal rows */
    TW_PLAN_SIDE_SCAN,    /* t$late, t$errors, <target>$errors */
    TW_PLAN_CALC,         /* filter and projection, fused */
    TW_PLAN_WATERMARK,    /* per-partition watermarks */
    TW_PLAN_UNION,        /* UNION ALL */
    TW_PLAN_WINDOW,       /* window TVF by itself: adds window_start, window_end, window_time */
    TW_PLAN_COUNT_WINDOW, /* COUNT_WINDOW by itself: adds window_id */
    TW_PLAN_WINDOW_AGG,   /* aggregation per TUMBLE, HOP, CUMULATE or attached window: cut into slices */
    TW_PLAN_SESSION_AGG,  /* aggregation per session: not sliced, windows merge */
    TW_PLAN_COUNT_AGG,    /* aggregation per count window; in a global window that is purged every n rows */
    TW_PLAN_TRIGGER_AGG,  /* aggregation in one global window of a key, whose results come when a trigger says so */
    TW_PLAN_GROUP_AGG,    /* continuous GROUP BY; without aggregates: DISTINCT */
    TW_PLAN_LOCAL_AGG,    /* first half of a two-phase GROUP_AGG or WINDOW_AGG, in front of the exchange */
    TW_PLAN_EXPAND,       /* one row per grouping set */
    TW_PLAN_SORT,         /* bounded input, or ascending time attribute first */
    TW_PLAN_LIMIT,        /* first rows by arrival, with OFFSET */
    TW_PLAN_TOP_N,        /* ORDER BY ... LIMIT over updating input; ROW_NUMBER ranks */
    TW_PLAN_EXCHANGE,     /* rows move between shards */
    TW_PLAN_CONSTRAINT,   /* NOT NULL and lengths, as a sink's table declares them */
    TW_PLAN_SINK,
    TW_PLAN_KIND_COUNT
} tw_plan_kind;

typedef struct tw_table_ref { /* a table as its source or sink needs it */
    tw_str name;              /* as the user wrote it: for errors, metrics, t$late */
    tw_str connector;
    tw_str format;            /* "" when the connector takes none */
    const tw_option *options; /* all of WITH (...), hints merged in */
    int noptions;
    const tw_type *schema; /* physical columns in full, table order */
} tw_table_ref;

typedef struct tw_plan_scan {
    tw_table_ref table;
    const tw_type *wanted;  /* physical columns read, pruned; the node's row is these, then `metadata` */
    const tw_str *metadata; /* keys of the metadata columns read */
    int nmetadata;
    bool bounded;
    bool ordered_by_watermark; /* several splits: read the one with the lowest watermark next (a watermark is declared above) */
} tw_plan_scan;

typedef struct tw_plan_values {
    const tw_value *const *rows; /* rows[r][c] */
    int nrows;
} tw_plan_values;

typedef enum tw_side_kind { TW_SIDE_LATE, TW_SIDE_SOURCE_ERRORS, TW_SIDE_TARGET_ERRORS } tw_side_kind;
/* The row of such a table, by kind:
 *     late     row STRING (JSON of the operator's input), rowtime TIMESTAMP(3), partition STRING, watermark TIMESTAMP(3), operator STRING,
 *              missed STRING
 *     errors   raw BYTES, error STRING, source STRING, line BIGINT, offset BIGINT, time TIMESTAMP_LTZ(3), version STRING
 *     failed   operator STRING, expression STRING, row STRING (JSON), error STRING, change STRING, time TIMESTAMP_LTZ(3) */
/* The failed rows of bare SELECTs are in query$errors. */
#define TW_QUERY_TARGET TW_STR("query")
const tw_type *tw_side_row(tw_side_kind kind);

typedef struct tw_plan_side {
    tw_side_kind kind;
    tw_str table; /* without the $suffix */
} tw_plan_side;

typedef struct tw_plan_calc {
    const tw_expr *filter;         /* BOOLEAN, NULL: none */
    const tw_expr *const *project; /* one per output column */
    int nproject;
    bool reads_watermark; /* CURRENT_WATERMARK in it */
} tw_plan_calc;

typedef struct tw_plan_watermark {
    int column;          /* the rowtime column */
    const tw_expr *expr; /* over the node's input; the watermark after the row is the largest so far, minus 0 ms */
    int64_t idle_ms;     /* table.exec.source.idle-timeout; 0: never idle */
    tw_str table;        /* whose watermark: for t$late and metrics */
    bool rows_wanted;    /* CURRENT_WATERMARK above: batches always carry row watermarks */
} tw_plan_watermark;

typedef enum tw_window_kind {
    TW_WINDOW_TUMBLE,
    TW_WINDOW_HOP,
    TW_WINDOW_CUMULATE,
    TW_WINDOW_SESSION,
    TW_WINDOW_ATTACHED, /* the input rows carry window_start and window_end already */
    TW_WINDOW_COUNT,    /* every `size` rows of a key */
    TW_WINDOW_GLOBAL    /* one window of a key, which ends with the input */
} tw_window_kind;

typedef struct tw_window {
    tw_window_kind kind;
    int time_column; /* rowtime or proctime; ATTACHED: window_time or -1 */
    bool proctime;   /* ends by the clock, not by watermarks */
    bool local_time; /* LTZ: windows are aligned in the session time zone */
    int64_t size_ms; /* TUMBLE, HOP, CUMULATE (its maximum); COUNT: rows */
    int64_t step_ms; /* HOP slide, CUMULATE step; COUNT: slide in rows, 0 = size */
    int64_t gap_ms;  /* SESSION */
    int64_t offset_ms;
    int start_column, end_column; /* ATTACHED */
    const int32_t *partition;     /* PARTITION BY of the SESSION, COUNT and GLOBAL TVFs */
    int npartition;
} tw_window;

typedef enum tw_emit_mode { TW_EMIT_ON_CLOSE, TW_EMIT_EVERY, TW_EMIT_ON_UPDATE } tw_emit_mode;

typedef struct tw_emit_spec {
    tw_emit_mode mode;
    int64_t every_ms;     /* TW_EMIT_EVERY, unless every_rows is set */
    int64_t every_rows;   /* TW_EMIT_EVERY: rows of a key; GLOBAL */
    bool processing_time; /* `every_ms` on the clock (Flink's early-fire delay); else on event time */
    int64_t lateness_ms;  /* late rows within it update what was emitted; 0: none */
    bool purge;           /* a key begins anew when its result has been given: GLOBAL with every_rows */
} tw_emit_spec;

typedef struct tw_agg_call {
    const tw_function *function;
    const tw_type *type; /* of the result */
    const int32_t *args; /* input columns (a CALC below computes them) */
    int nargs;
    int filter; /* BOOLEAN input column of FILTER (WHERE ...), -1: none */
    bool distinct;
    bool retract; /* the input has -U / -D: the retracting variant */
    tw_str name;
} tw_agg_call;

/* GROUP_AGG, WINDOW_AGG, SESSION_AGG, COUNT_AGG, TRIGGER_AGG, LOCAL_AGG. Output: key columns, then aggregates, then the window properties asked for.
 * LOCAL_AGG gives its input's columns and one more, BYTES: partial accumulators, which an aggregation that `merges` reads (operator/partial.h). */
typedef struct tw_plan_agg {
    const int32_t *keys;
    int nkeys;
    const tw_agg_call *calls;
    int ncalls;
    tw_window window; /* all but GROUP_AGG */
    tw_emit_spec emit;
    bool gives_start, gives_end, gives_time; /* columns appended, in this order: start and end TIMESTAMP(3) of the window's local time (LTZ
                                 time columns: in the session time zone), time = end - 1 ms in the type of the time column */
    bool gives_number;                       /* COUNT: window_id, BIGINT, behind all others */
    int keep;                                /* COUNT: BOOLEAN input column; rows where it is not TRUE count, but are not aggregated; -1: all are */
    bool input_append;
    bool windowed;     /* LOCAL_AGG: in front of a WINDOW_AGG */
    bool merges;       /* GROUP_AGG, WINDOW_AGG: the final half; the input's last column is LOCAL_AGG's */
    tw_str late_table; /* table whose t$late takes this operator's late rows; "" = of the row's own source */
    int64_t ttl_ms;    /* table.exec.state.ttl; 0: none */
} tw_plan_agg;

typedef struct tw_sort_key {
    int column;
    bool descending;
    bool nulls_first;
} tw_sort_key;

typedef struct tw_plan_sort { /* SORT, LIMIT, TOP_N */
    const tw_sort_key *keys;
    int nkeys;
    bool by_time;             /* keys[0] is an ascending time attribute: emits up to the watermark */
    int64_t offset, limit;    /* limit -1: none */
    const int32_t *partition; /* TOP_N */
    int npartition;
    bool gives_rank; /* TOP_N appends the rank */
} tw_plan_sort;

typedef struct tw_plan_expand {
    /* project[s][c]: output column c of set s; the planner's last column is the set's id, a literal */
    const tw_expr *const *const *project;
    int nsets;
} tw_plan_expand;

typedef enum tw_exchange_kind { TW_EXCHANGE_HASH, TW_EXCHANGE_SINGLE } tw_exchange_kind;

typedef struct tw_plan_exchange {
    tw_exchange_kind kind;
    const int32_t *keys;
    int nkeys;
} tw_plan_exchange;

typedef enum tw_length_rule { TW_LENGTH_IGNORE, TW_LENGTH_TRIM_PAD, TW_LENGTH_ERROR } tw_length_rule;
typedef enum tw_nested_rule { TW_NESTED_IGNORE, TW_NESTED_ROWS, TW_NESTED_COLLECTIONS } tw_nested_rule;

/* What the node's row says of NOT NULL and of lengths is made true. */
typedef struct tw_plan_constraint {
    bool drop_nulls;       /* rows with a NULL in a NOT NULL column go without a word; else they are failed rows */
    tw_nested_rule nested; /* fields of ROWs too; elements of collections too */
    tw_length_rule lengths;
} tw_plan_constraint;

typedef struct tw_plan_sink {
    tw_table_ref table;
    bool collect;               /* a bare SELECT: rows go to the client of this process, not to a connector; its failed rows to query$errors */
    const int32_t *primary_key; /* PRIMARY KEY of the table */
    int nprimary_key;
} tw_plan_sink;

typedef struct tw_plan_node tw_plan_node;
struct tw_plan_node {
    tw_plan_kind kind;
    uint64_t id;        /* stable operator id */
    int32_t index;      /* position in tw_plan.nodes: inputs come before readers */
    const tw_type *row; /* output schema */
    const tw_plan_node *const *inputs;
    int ninputs;
    tw_changelog changelog;    /* what it gives */
    const int32_t *upsert_key; /* columns that identify a row of the result; NULL: none known */
    int nupsert_key;
    const char *state; /* "none", "bounded by watermark", "grows with keys", ... for EXPLAIN */
    bool state_bounded;
    bool processing_time; /* the result depends on the clock */
    tw_pos pos;           /* clause that it comes from */
    union {
        tw_plan_scan scan;
        tw_plan_values values;
        tw_plan_side side;
        tw_plan_calc calc;
        tw_plan_watermark watermark;
        tw_window window;
        tw_plan_agg agg;
        tw_plan_sort sort;
        tw_plan_expand expand;
        tw_plan_exchange exchange;
        tw_plan_constraint constraint;
        tw_plan_sink sink;
    } u;
};

typedef struct tw_plan {
    const tw_plan_node *const *nodes; /* topological order */
    int nnodes;
    const tw_session *session;
    bool fail_on_error; /* thalweg.on-error = 'fail' */
    bool every_change;  /* table.exec.mini-batch.enabled = 'false': emit one change per input row */
} tw_plan;

/* Fills index, id, and the order of nodes from the roots. */
tw_status tw_plan_finish(tw_arena *arena, tw_plan_node *const *roots, int nroots, tw_plan *plan, tw_error *error);
/* EXPLAIN's tree, with changelog kinds, keys and state. */
void tw_plan_print(tw_buf *out, const tw_plan *plan);
const char *tw_plan_kind_name(tw_plan_kind kind);

/* Versioned binary form. */
#define TW_PLAN_VERSION 3
void tw_plan_write(tw_buf *out, const tw_plan *plan);
tw_status tw_plan_read(tw_arena *arena, tw_str bytes, const tw_session *session, tw_plan *plan, tw_error *error);

#endif
