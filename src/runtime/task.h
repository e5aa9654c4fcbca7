/* Tasks: the part of a job between exchanges, once per shard. A task owns its operators, their state and its inputs; one thread runs
 * it, in slices of about 1 ms.
 *
 * What a task does next, in this order:
 *     1. resume the deepest pending operator, until none is pending or the slice is over
 *     2. finish the item at hand: rows, then its watermark, then its marks (tw_input.phase)
 *     3. hand a barrier or the end on to the exchanges (they may have no room)
 *     4. due timers
 *     5. take the next item of an input that is not waiting for a barrier; of one that has become idle, and has nothing, that it is idle
 *
 * Barriers are aligned here: an input that has seen the barrier of the next epoch is not read until all have; then every operator is
 * snapshotted and the barrier goes on. */
#ifndef TW_RUNTIME_TASK_H
#define TW_RUNTIME_TASK_H

#include "connector/connector.h"
#include "operator/operator.h"
#include "runtime/channel.h"
#include "runtime/latency.h"

typedef struct tw_job tw_job;
typedef struct tw_task tw_task;
typedef struct tw_shard tw_shard;
typedef struct tw_input tw_input;
struct tw_source_shared;

typedef struct tw_input_ops {
    /* Takes the next item and pushes it down: TW_OK (something was done), TW_MORE or TW_BLOCKED (an operator is pending), TW_END (nothing to take now;
     * input->wait_ns may say when to ask again). */
    tw_status (*advance)(tw_input *input);
    /* It has taken rows that it has not handed on and that stand in front of the barrier asked for. NULL: never. */
    bool (*busy)(tw_input *input);
    /* Writes what a snapshot needs of the input's position (sources). May be NULL. */
    tw_status (*snapshot)(tw_input *input);
    void (*close)(tw_input *input);
} tw_input_ops;

struct tw_input {
    tw_operator head; /* its receiver is the first real operator; must be first */
    const tw_input_ops *ops;
    tw_task *task;
    int phase;       /* 0 rows, 1 watermark, 2 marks: what is next of the item at hand */
    bool at_barrier; /* has reached the barrier of epoch task->epoch + 1 */
    bool ended;
    bool idle, idle_told; /* nothing is to be waited for here; the operators know */
    bool side_fed;        /* a side table's scan, or a gate below one */
    int64_t watermark;    /* handed on last */
    int64_t wait_ns;      /* monotonic time at which to ask again; 0: only when woken */
};

/* What a task has done, for tw_job_get_stats: written by its thread at the end of a slice, read by any. */
typedef struct tw_task_stats {
    _Atomic uint64_t rows_in, rows_out, bytes_in, bad_records, late_rows, failed_rows, timers;
    _Atomic int64_t watermark; /* lowest of its watermark operators; TW_WATERMARK_MAX: none */
    _Atomic int64_t slice_ns_max;
    _Atomic int32_t done_permille; /* of its splits, summed; -1: unknown */
    _Atomic int32_t nsplits;
    _Atomic bool settled; /* every input but side tables' scans is at its end, and nothing is pending */
} tw_task_stats;

struct tw_task {
    tw_task_context context; /* must be first: operators see this */
    tw_job *job;
    tw_shard *shard;
    const struct tw_region *region;
    tw_operator **operators; /* by depth, inputs' heads excluded */
    int noperators;
    int nopened; /* the deepest so many are to be closed */
    tw_input **inputs;
    int ninputs;
    struct tw_partitioner **partitioners; /* exchanges that leave the task */
    int npartitioners;
    uint64_t epoch;     /* last barrier passed */
    uint64_t committed; /* last epoch that its sinks have been told is committed */
    int next_input;     /* round robin */
    bool barrier_leaving, ending, ended;
    int nmarked;         /* exchanges that have the barrier or the end that is leaving */
    tw_input *current;   /* whose item is at hand */
    int64_t retry_ns;    /* blocked by something that wakes nobody (a sink): when to try again; 0: by a channel */
    int64_t arrival_ns;  /* monotonic time at which the source rows arrived that are being worked on; 0: made by the clock, not measured */
    tw_latency *latency; /* of its sinks; NULL: it has none */
    int64_t slice_ns_max;
    uint64_t rows_in, rows_out, bad_records, timers;
    tw_buf chunk; /* of a snapshot, as it is written */
    int32_t done_permille, nsplits;
    tw_task_stats stats;
};

typedef enum tw_step { TW_STEP_IDLE, TW_STEP_PROGRESS, TW_STEP_ENDED, TW_STEP_FAILED } tw_step;

/* One slice. On TW_STEP_IDLE, *wait_ns is the monotonic time to come again (0: when woken). */
tw_step tw_task_step(tw_task *task, int64_t *wait_ns);
void tw_task_close(tw_task *task);
/* Its sinks are told that this epoch is committed. */
tw_status tw_task_commit(tw_task *task, uint64_t epoch);
/* The end of the job, when all tasks have ended: sinks have been committed, and give their files their names. */
tw_status tw_task_finish(tw_task *task);
/* Every input is at its end but those that side tables' scans feed, and nothing is pending. */
bool tw_task_settled(const tw_task *task);

/* Inputs. Each `make` allocates from the job's arena. */
tw_input *tw_gate_make(tw_task *task, const tw_plan_node *exchange, tw_channel **channels, int nchannels);
tw_input *tw_source_make(tw_task *task, const tw_plan_node *scan, struct tw_source_shared *shared);
tw_input *tw_values_make(tw_task *task, const tw_plan_node *values);
tw_input *tw_side_scan_make(tw_task *task, const tw_plan_node *side);
void tw_input_init(tw_input *input, tw_task *task, const tw_input_ops *ops, const tw_plan_node *node);

/* Operators that belong to the runtime. */
extern const tw_operator_ops TW_OPERATOR_TEE, TW_OPERATOR_PARTITIONER, TW_OPERATOR_SINK;

/* What an operator of the runtime hands on, piece by piece. */
typedef enum tw_item { TW_ITEM_ROWS, TW_ITEM_WATERMARK, TW_ITEM_IDLE } tw_item;

typedef struct tw_tee {
    tw_operator op;
    tw_operator *const *receivers;
    const int *ports;
    int nreceivers;
    int cursor; /* receiver to serve next; nreceivers: all served */
    tw_item at_hand;
    const tw_batch *batch;
    int64_t watermark_at_hand;
} tw_tee;

typedef struct tw_partitioner {
    tw_operator op;
    tw_channel **channels; /* one per instance of the receiving region */
    int nchannels;
    tw_slot **open; /* the slot being filled, NULL: none */
    uint16_t *rows; /* row numbers of the batch at hand, grouped by channel */
    int32_t *first; /* nchannels + 1 offsets into `rows`; first[c] advances as rows are taken */
    uint64_t *hashes;
    tw_item at_hand;
    const tw_batch *batch;
    int channel;  /* being served */
    bool *marked; /* channels that have the mark (barrier, end) at hand */
    bool idle;    /* every channel knows, or is about to */
} tw_partitioner;

/* Publishes what is open where the receiver has nothing to read (`all`: everywhere). True when there was something. */
bool tw_partitioner_flush(tw_partitioner *p, bool all);
/* Puts a barrier (epoch > 0) or the end into every channel behind all rows: TW_OK, or TW_BLOCKED (call again). */
tw_status tw_partitioner_mark(tw_partitioner *p, uint64_t barrier, bool end);

/* Wakes the shard of a task; any thread. */
void tw_task_wake(tw_task *task);
/* See tw_sink_ops. */
tw_status tw_sink_prepare(tw_operator *op);
tw_status tw_sink_commit(tw_operator *op, uint64_t epoch);
tw_status tw_sink_finish(tw_operator *op);

#endif
