/* What the files of the runtime know of each other. */
#ifndef TW_RUNTIME_JOB_INTERNAL_H
#define TW_RUNTIME_JOB_INTERNAL_H

#include "os/thread.h"
#include "runtime/checkpoint.h"
#include "runtime/job.h"

/* A source as all its tasks see it: opened once, its splits dealt out by number. */
typedef struct tw_source_shared {
    const tw_plan_node *node;
    const tw_source_ops *ops;
    tw_source *source;
    pthread_mutex_t lock; /* around splits() and the list below */
    const tw_split_id *splits;
    int nsplits;
    bool complete;
    int64_t refreshed_ns;
    struct tw_spread *spread; /* per split, where all tasks read every split together; NULL: a split is one task's */
    int nspread;
} tw_source_shared;

/* One input of one node, in order of reader and port. */
typedef struct tw_edge {
    const tw_plan_node *from, *to;
    int port;
    bool cut;              /* between regions: rows go through channels */
    tw_channel **channels; /* [producer's instance * consumers + consumer's instance] */
} tw_edge;

/* A part of the plan whose nodes call each other directly; see region.c. */
typedef struct tw_region {
    const tw_plan_node **nodes;
    int nnodes;
    int ninstances;
    tw_task **tasks;
    bool side_fed; /* holds a side table's scan or lies below one */
} tw_region;

struct tw_shard {
    tw_job *job;
    int32_t index;
    tw_mem mem;
    tw_parker parker;
    _Atomic bool woken;
    tw_task **tasks;
    int ntasks;
    pthread_t thread;
    bool started;
};

/* The thread that commits a job's epochs; epoch.c. */
typedef struct tw_epochs {
    tw_mem mem;                /* of the snapshot; used under the job's lock */
    tw_snapshot snapshot;      /* of the epoch under way */
    tw_checkpoint *checkpoint; /* where it goes; NULL: no data directory */
    tw_parker parker;
    pthread_t thread;
    bool started;
    _Atomic bool running, disk_full;
} tw_epochs;

struct tw_job {
    tw_mem *mem;    /* the caller's budget; shards are charged to it from their threads, so it serves open and close only */
    tw_mem own;     /* of what all shards share: sources, the arena */
    tw_arena arena; /* what lives as long as the job */
    struct tw_os *os;
    const tw_registry *registry;
    const tw_plan *plan;
    tw_job_options options;
    tw_side_outputs side;
    tw_edge *edges;
    int nedges;
    tw_region *regions;
    int nregions;
    tw_region **region_of; /* by node */
    tw_task **tasks;
    int ntasks;
    tw_shard *shards;
    tw_replay replay;
    tw_source_shared *sources;
    int nsources;
    tw_channel *channels;
    int nchannels;
    _Atomic uint64_t epoch_wanted, epoch_done; /* the last barrier asked for, and the last that is behind every task */
    _Atomic uint64_t epoch_committed;          /* sinks may show what belongs to it */
    tw_epochs epochs;
    tw_snapshot restored; /* what the data directory had; its positions stay while the job runs */
    _Atomic int tasks_at_epoch;
    _Atomic int tasks_ended;
    _Atomic bool stopping, cancelled;
    pthread_mutex_t lock; /* error, snapshot, collect */
    bool failed;
    tw_error error;
    tw_snapshot *snapshot; /* being taken; NULL: a barrier without one */
    struct tw_txn *txn;    /* the epoch's commit; NULL: no data directory */
    bool finished;         /* the last epoch is committed, sinks are finished */
    bool snapshot_full;
};

tw_arena *tw_job_arena(tw_job *job); /* while the job is opened only */
bool tw_job_held_open(tw_job *job);
/* The job ends with this error, if none came before. Any thread. */
void tw_job_fail(tw_job *job, const tw_error *error);
/* How it has ended: the error, TW_E_CANCELLED, or TW_OK. */
tw_status tw_job_outcome(tw_job *job, tw_error *error);
void tw_job_wake_all(tw_job *job);
/* Until all tasks have ended. */
tw_status tw_job_run_threads(tw_job *job, tw_error *error);
tw_status tw_job_run_seeded(tw_job *job, tw_error *error);

/* Epochs; epoch.c. */
uint64_t tw_job_epoch_wanted(tw_job *job);
uint64_t tw_job_epoch_committed(tw_job *job);
void tw_job_ask_barrier(tw_job *job);
void tw_job_barrier_passed(tw_job *job); /* by one more task */
/* A barrier has been asked for that is not behind every task yet. */
bool tw_job_barrier_under_way(const tw_job *job);
/* All that is in front of the last barrier is committed: sinks are told. When no shard's thread runs. */
tw_status tw_job_commit_sinks(tw_job *job, tw_error *error);
/* The last epoch, when all tasks have ended and no thread runs; sinks are finished. */
tw_status tw_job_finish(tw_job *job, tw_error *error);
tw_status tw_epochs_start(tw_job *job, tw_error *error);
void tw_epochs_stop(tw_job *job);
bool tw_epochs_running(const tw_job *job);
void tw_epochs_wake(tw_job *job);
tw_status tw_job_snapshot_operator(tw_job *job, tw_operator *op);
tw_status tw_job_restore_operator(tw_job *job, tw_operator *op, tw_error *error);
/* True when nothing is left to do but what side tables' scans give: the tables grow no more (but by rows read from them). */
bool tw_job_only_side_scans_left(const tw_job *job, const tw_task *asking);
/* Cuts the plan: edges, regions. */
tw_status tw_regions_find(tw_job *job, tw_error *error);
/* Name of the physical column that the scan's watermark is made of, "": there is none. */
tw_str tw_replay_column(const tw_plan *plan, const tw_plan_node *scan);
/* Regions into tasks, wired and opened. */
tw_status tw_graph_build(tw_job *job, tw_error *error);

#endif
