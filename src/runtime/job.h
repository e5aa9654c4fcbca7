/* A job: one plan running. Opened, run to its end (or stepped by a test), snapshotted, restored, closed.
 *
 * Threads: open, run, checkpoint, close are the caller's; tw_job_cancel and tw_job_stats may be called from any thread. */
#ifndef TW_RUNTIME_JOB_H
#define TW_RUNTIME_JOB_H

#include "base/prng.h"
#include "runtime/side.h"
#include "runtime/snapshot.h"
#include "runtime/task.h"

/* Takes the rows of a bare SELECT; called by shards' threads, one at a time (under a lock). */
typedef tw_status (*tw_collect)(void *context, const tw_plan_node *sink, const tw_batch *batch);

typedef struct tw_job_options {
    int32_t nshards;     /* 1 .. 256 */
    int32_t batch_rows;  /* most rows a source gives at once, 1 .. TW_BATCH_ROWS */
    uint32_t ring_slots; /* slots of each channel */
    bool seeded;         /* all shards in the calling thread, order chosen by `seed` */
    uint64_t seed;
    bool hold_open; /* do not end on bounded input's end: a test steps on */
    tw_collect collect;
    void *collect_context;
    double replay_speed; /* of filesystem tables that do not say their own, by their watermark's column; 0: as fast as possible */
    FILE *out;
    tw_side_store *side;        /* late and error rows; borrowed */
    const tw_snapshot *restore; /* NULL: from the beginning */
    int64_t commit_interval_ms; /* jobs on threads: an epoch every so often, which makes rows visible; 0: one, at the end */
    struct tw_store *store;     /* epochs are kept there, under the name `app`; the job goes on from the last one. NULL: nothing outlives the job */
    tw_str app;
    bool allow_lost_state; /* of operators that the plan does not have any more */
} tw_job_options;

typedef struct tw_job_stats {
    uint64_t rows_in, rows_out, bytes_in, late_rows, bad_records, failed_rows;
    int64_t watermark; /* lowest over the sources */
    double progress;   /* of a bounded input, 0..1; negative: unknown */
    uint64_t epoch;    /* last committed */
    bool disk_full;    /* the job stands until there is room */
    int64_t slice_ns_max;
} tw_job_stats;

void tw_job_options_default(tw_job_options *options);
/* The plan, registry, os and options' pointers are borrowed until close. */
tw_status tw_job_open(tw_mem *mem, struct tw_os *os, const tw_registry *registry, const tw_plan *plan, const tw_job_options *options, tw_job **out,
                      tw_error *error);
/* Until the input ends, an error, or a cancel (TW_E_CANCELLED). */
tw_status tw_job_run(tw_job *job, tw_error *error);
/* Seeded jobs: works until nothing can be done without new input or time (*ended: for good). */
tw_status tw_job_settle(tw_job *job, bool *ended, tw_error *error);
/* Takes a snapshot in which every source is cut at one position. Seeded jobs only until epochs exist: settles first. The job goes on. */
tw_status tw_job_checkpoint(tw_job *job, tw_snapshot *out, tw_error *error);
/* The same without settling: rows are on their way while the barrier runs. */
tw_status tw_job_checkpoint_now(tw_job *job, tw_snapshot *out, tw_error *error);
/* Seeded jobs: so many slices, of tasks that the generator chooses. */
tw_status tw_job_steps(tw_job *job, tw_prng *prng, int steps, bool *ended, tw_error *error);
void tw_job_cancel(tw_job *job);
void tw_job_get_stats(tw_job *job, tw_job_stats *out);
/* Adds the latencies of all sinks so far. */
void tw_job_get_latency(tw_job *job, tw_latency *out);
void tw_job_close(tw_job *job);

#endif
