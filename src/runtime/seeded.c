/* Seeded jobs: all shards in the calling thread. Which task works next, and for how many batches, is drawn from a generator, so that a test can run the
 * same job in a thousand orders and any of them again. Snapshots are taken when the caller asks. */
#include "runtime/job_internal.h"

/* One slice of one task, of a few batches. */
static tw_status seeded_step(tw_job *job, tw_task *task, int32_t batches, int64_t *wait_ns, bool *progress, tw_error *error) {
    task->context.yield_after = batches;
    tw_step step = tw_task_step(task, wait_ns);
    if (step == TW_STEP_FAILED) tw_job_fail(job, task->context.error);
    if (job->failed) return tw_job_outcome(job, error);
    if (step == TW_STEP_ENDED) job->tasks_ended++;
    *progress |= step != TW_STEP_IDLE;
    return TW_OK;
}

/* Every task once, in order: was there anything to do, and if not, until when? */
static tw_status seeded_round(tw_job *job, int64_t *wait_ns, bool *progress, tw_error *error) {
    *wait_ns = INT64_MAX;
    for (int i = 0; i < job->ntasks; i++) {
        int64_t wait;
        TW_TRY(seeded_step(job, job->tasks[i], 1, &wait, progress, error));
        if (wait < *wait_ns) *wait_ns = wait;
    }
    return TW_OK;
}

/* Until every task has ended, or, while a snapshot is taken, its barrier is behind every task. */
static bool over(const tw_job *job) { return job->cancelled || (job->snapshot ? !tw_job_barrier_under_way(job) : job->tasks_ended == job->ntasks); }

/* Steps of random tasks, until it is over, or many in a row did nothing and a round over all of them does nothing either. */
static tw_status settle(tw_job *job, tw_prng *prng, int64_t *wait_ns, tw_error *error) {
    int quiet = 0;
    *wait_ns = INT64_MAX;
    while (!over(job)) {
        bool progress = false;
        if (quiet < 2 * job->ntasks) {
            tw_task *task = job->tasks[tw_prng_below(prng, (uint64_t)job->ntasks)];
            TW_TRY(seeded_step(job, task, (int32_t)tw_prng_below(prng, 4), wait_ns, &progress, error));
        } else {
            TW_TRY(seeded_round(job, wait_ns, &progress, error));
            if (!progress) return TW_OK;
        }
        quiet = progress ? 0 : quiet + 1;
    }
    return TW_OK;
}

static tw_status end(tw_job *job, bool *ended, tw_error *error) {
    *ended = job->tasks_ended == job->ntasks;
    TW_TRY(tw_job_outcome(job, error));
    return *ended ? tw_job_finish(job, error) : TW_OK;
}

tw_status tw_job_settle(tw_job *job, bool *ended, tw_error *error) {
    tw_prng prng = {job->options.seed ^ atomic_load(&job->epoch_wanted)};
    int64_t wait;
    TW_TRY(settle(job, &prng, &wait, error));
    return end(job, ended, error);
}

tw_status tw_job_run_seeded(tw_job *job, tw_error *error) {
    tw_prng prng = {job->options.seed};
    while (job->tasks_ended < job->ntasks && !job->cancelled) {
        int64_t wait;
        TW_TRY(settle(job, &prng, &wait, error));
        if (job->tasks_ended == job->ntasks || job->cancelled) break;
        if (wait == INT64_MAX) return tw_fail(error, TW_E_INTERNAL, "no task can go on");
        int64_t ms = (wait - tw_mono_ns(job->os)) / 1000000 + 1;
        if (job->os->simulated) {
            tw_os_advance(job->os, ms > 0 ? ms : 1);
        } else {
            tw_park_announce(&job->shards[0].parker);
            tw_park(&job->shards[0].parker, job->os, job->cancelled ? 0 : wait);
        }
    }
    return tw_job_outcome(job, error);
}

/* Brings a barrier to every task; what is in front of it becomes visible. */
static tw_status take_snapshot(tw_job *job, tw_error *error) {
    tw_prng prng = {job->options.seed + job->epoch_wanted + 1};
    int64_t wait;
    tw_job_ask_barrier(job);
    TW_TRY(settle(job, &prng, &wait, error));
    TW_TRY(tw_job_outcome(job, error));
    if (tw_job_barrier_under_way(job))
        return tw_fail(error, TW_E_INTERNAL, "the barrier reached %d of %d tasks", (int)job->tasks_at_epoch, job->ntasks);
    return tw_job_commit_sinks(job, error);
}

tw_status tw_job_checkpoint(tw_job *job, tw_snapshot *out, tw_error *error) {
    bool ended;
    TW_TRY(tw_job_settle(job, &ended, error));
    return tw_job_checkpoint_now(job, out, error);
}

tw_status tw_job_checkpoint_now(tw_job *job, tw_snapshot *out, tw_error *error) {
    TW_ASSERT(job->options.seeded);
    TW_TRY(tw_job_outcome(job, error));
    job->snapshot = out;
    job->snapshot_full = out->nchunks == 0;
    tw_snapshot_clear_splits(out);
    tw_status status = take_snapshot(job, error);
    out->epoch = job->epoch_wanted;
    job->snapshot = NULL;
    return status;
}

tw_status tw_job_steps(tw_job *job, tw_prng *prng, int steps, bool *ended, tw_error *error) {
    TW_ASSERT(job->options.seeded);
    for (int i = 0; i < steps && job->tasks_ended < job->ntasks; i++) {
        tw_task *task = job->tasks[tw_prng_below(prng, (uint64_t)job->ntasks)];
        bool progress = false;
        int64_t wait;
        TW_TRY(seeded_step(job, task, (int32_t)tw_prng_below(prng, 4), &wait, &progress, error));
    }
    return end(job, ended, error);
}
