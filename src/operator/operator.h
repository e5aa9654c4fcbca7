/* Operators: one file, one const ops table each. An operator works inside a task, on one thread, and is called directly by the
 * operator before it.
 *
 * Emission. tw_emit hands a batch to the next operator, which has taken it (TW_OK) or still works on it (TW_MORE, TW_BLOCKED: "not now").
 * After "not now" an operator emits nothing more until it is called again: it keeps a cursor, calls tw_pending(op) if it has work left of its own, and returns
 * what tw_emit returned. The runtime resumes the deepest pending operator of the task until none is left, before it gives the task anything
 * else; so batches handed on stay valid, and no cycle of waiting can form. An operator that makes much from little also asks tw_yield(op) after each batch
 * that it emits, and on true does the same (tw_pending, return TW_MORE).
 *
 *     push ----------> [works] -- tw_emit --> OK --> continue
 *                         |                    \--> not now: cursor, tw_pending, return
 *     resume <- runtime --/
 *
 * Watermarks are items between batches. An operator does what a watermark asks for, then hands it on with tw_emit_watermark; TW_WATERMARK_MAX is
 * the end of the port's input.
 *
 * So is idleness: nothing is to be waited for at this port until rows or a watermark come again. Who has one input hands it on by having no `idle`;
 * who has several no longer counts that one, and says it of itself when all are idle. It may be said again of a port that is idle already. */
#ifndef TW_OPERATOR_OPERATOR_H
#define TW_OPERATOR_OPERATOR_H

#include "plan/plan.h"
#include "state/table.h"

struct tw_split_id;

typedef struct tw_operator tw_operator;
typedef struct tw_task_context tw_task_context;
typedef struct tw_operator_ops tw_operator_ops;

/* A snapshot being written or read; one per operator and task. See state/table.h for the chunk's records. */
typedef struct tw_snapshot_out {
    tw_buf *chunk;
    bool full; /* a base: everything; else what changed since the barrier before */
} tw_snapshot_out;

struct tw_operator_ops {
    const char *name;
    size_t size; /* of the private struct, which begins with a tw_operator; zeroed before open */
    /* Makes it ready. Everything in op->node, op->task, op->next is set. */
    tw_status (*open)(tw_operator *op, tw_error *error);
    /* Before push: bring elements of these keys into memory. NULL until state can spill. */
    tw_status (*pin)(tw_operator *op, int port, const tw_batch *batch);
    tw_status (*push)(tw_operator *op, int port, const tw_batch *batch);
    /* Goes on after "not now". */
    tw_status (*resume)(tw_operator *op);
    /* The watermark of a port has risen to `watermark`. tw_watermark_default where nothing is to be done. */
    tw_status (*watermark)(tw_operator *op, int port, int64_t watermark);
    /* The port is idle. NULL: hands it on. tw_idle_default for several inputs; such an operator calls tw_port_active in its push, and its resume ends
     * in tw_resume_idle. */
    tw_status (*idle)(tw_operator *op, int port);
    /* Processing time has reached op->timer_ms. */
    tw_status (*timer)(tw_operator *op, int64_t now_ms);
    /* The barrier: closes the generation and writes the chunk. Called when nothing is pending in the task. NULL: stateless. */
    tw_status (*snapshot)(tw_operator *op, tw_snapshot_out *out);
    /* Applies one chunk; chunks come in the order in which they were written, from every task that wrote one; records whose key group the
     * task does not own (tw_owns_group) are passed over. */
    tw_status (*restore)(tw_operator *op, tw_reader *chunk, tw_error *error);
    void (*close)(tw_operator *op);
};

/* One of several inputs, as far as its time goes. */
typedef struct tw_port {
    int64_t watermark;
    bool idle;
} tw_port;

/* The watermark of several inputs: the lowest of those that are neither idle nor at their end. Where all that are not at their end are idle, the
 * highest of them, as in Flink: none holds another back. Begins as TW_MERGER. */
typedef struct tw_merger {
    int64_t lowest, highest_idle;
    bool idle; /* one is, at least */
} tw_merger;
#define TW_MERGER ((tw_merger){.lowest = TW_WATERMARK_MAX, .highest_idle = TW_WATERMARK_MIN})

static inline void tw_merge(tw_merger *m, int64_t watermark, bool idle) {
    if (watermark == TW_WATERMARK_MAX) return; /* at its end */
    m->idle |= idle;
    if (!idle && watermark < m->lowest) m->lowest = watermark;
    if (idle && watermark > m->highest_idle) m->highest_idle = watermark;
}
static inline bool tw_merged_idle(const tw_merger *m) { return m->lowest == TW_WATERMARK_MAX && m->idle; }
static inline int64_t tw_merged(const tw_merger *m) { return tw_merged_idle(m) ? m->highest_idle : m->lowest; }

/* Common head of every operator. */
struct tw_operator {
    const tw_operator_ops *ops;
    const tw_plan_node *node;
    tw_task_context *task;
    tw_operator *next; /* receiver; NULL for sinks */
    int next_port;
    int depth; /* position in the task: receivers are deeper */
    bool pending;
    bool idle_due;         /* "idle" is still to be handed on, behind a watermark */
    int64_t timer_ms;      /* processing time at which `timer` is wanted; INT64_MAX: none */
    tw_port *ports;        /* for the default handling of watermarks */
    int64_t watermark_out; /* last handed on */
};

/* Rows that leave the flow, and counters. Over their limit they only count; without memory for a row the whole job fails, later. */
typedef struct tw_side_outputs {
    void *context;
    /* A late row: which operator dropped it, its row watermark, and the windows missed ("" or "[start, end)" list). */
    void (*late)(void *context, const tw_operator *op, const tw_batch *batch, int32_t row, int64_t row_watermark, tw_str missed);
    /* Rows whose expression failed. */
    void (*failed)(void *context, const tw_operator *op, const tw_batch *batch, int32_t row, const tw_error *error);
    void (*bad)(void *context, tw_str table, const struct tw_split_id *split, const tw_bad_record *bad);
} tw_side_outputs;

/* What a task lends its operators. */
struct tw_task_context {
    tw_mem *mem;
    const tw_session *session;
    const tw_registry *registry;
    struct tw_os *os;
    const tw_plan *plan;
    int32_t instance, ninstances; /* which of the parallel tasks this is */
    const tw_side_outputs *side;
    tw_error *error; /* filled by whoever returns an error status */
    int64_t now_ms;  /* processing time of this slice, wall clock UTC */
    int32_t npending;
    int32_t yield_after;  /* batches that may still be emitted in this slice (seeded scheduler), or < 0: ask the clock */
    int64_t slice_end_ns; /* monotonic */
    uint64_t late_rows, failed_rows;
};

bool tw_yield_slow(tw_task_context *task);
static inline bool tw_yield(tw_operator *op) {
    if (op->task->yield_after < 0) return tw_yield_slow(op->task);
    if (op->task->yield_after == 0) return true; /* stays so until the slice is over */
    op->task->yield_after--;
    return false;
}
static inline void tw_pending(tw_operator *op) {
    op->task->npending += !op->pending;
    op->pending = true;
}
static inline tw_status tw_emit(tw_operator *op, const tw_batch *batch) {
    if (batch->rows == 0) return TW_OK;
    return op->next->ops->push(op->next, op->next_port, batch);
}
tw_status tw_emit_watermark(tw_operator *op, int64_t watermark);
/* The default for `watermark`: hands on that of the ports, merged, when it has risen. */
tw_status tw_watermark_default(tw_operator *op, int port, int64_t watermark);
tw_status tw_emit_idle(tw_operator *op);
tw_status tw_idle_default(tw_operator *op, int port);
tw_status tw_resume_idle(tw_operator *op);
static inline void tw_port_active(tw_operator *op, int port) { op->ports[port].idle = false; }
bool tw_owns_group(const tw_task_context *task, uint32_t group);
/* Asks for `timer` at that processing time (keeps the earliest). */
static inline void tw_timer_at(tw_operator *op, int64_t ms) {
    if (ms < op->timer_ms) op->timer_ms = ms;
}

/* Every operator, for registry.c. */
extern const tw_operator_ops TW_OPERATOR_CALC, TW_OPERATOR_CONSTRAINT, TW_OPERATOR_WATERMARK, TW_OPERATOR_UNION, TW_OPERATOR_WINDOW,
    TW_OPERATOR_WINDOW_AGG, TW_OPERATOR_SESSION_AGG, TW_OPERATOR_COUNT_WINDOW, TW_OPERATOR_COUNT_AGG, TW_OPERATOR_TRIGGER_AGG, TW_OPERATOR_GROUP_AGG,
    TW_OPERATOR_LOCAL_AGG, TW_OPERATOR_EXPAND, TW_OPERATOR_SORT, TW_OPERATOR_LIMIT, TW_OPERATOR_TOP_N;

#endif
