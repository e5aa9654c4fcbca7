/* Epochs. A barrier is asked for, goes through every task, and is then committed; what lies in front of it becomes visible with the commit.
 *
 * A job on threads has one more for its epochs, which asks for a barrier every commit interval:
 *
 *     tick --> work since the last epoch? --> ask for a barrier --> every task is behind it --> durable commit --> sinks are told --> tick
 *
 * At most one epoch is under way: a tick that finds one is skipped, so epochs grow longer and never queue. The last epoch is taken when all tasks
 * have ended, in the thread that ran the job; so the end of the input becomes visible as a whole too. */
#include "runtime/job_internal.h"

enum { FULL_DISK_WAIT_MS = 200 };

uint64_t tw_job_epoch_wanted(tw_job *job) { return atomic_load_explicit(&job->epoch_wanted, memory_order_acquire); }
uint64_t tw_job_epoch_committed(tw_job *job) { return atomic_load_explicit(&job->epoch_committed, memory_order_acquire); }
bool tw_job_barrier_under_way(const tw_job *job) { return job->epoch_done != job->epoch_wanted; }

void tw_job_ask_barrier(tw_job *job) {
    job->tasks_at_epoch = 0;
    job->epoch_wanted++;
    tw_job_wake_all(job);
}

void tw_job_barrier_passed(tw_job *job) {
    if (atomic_fetch_add(&job->tasks_at_epoch, 1) + 1 < job->ntasks) return;
    job->epoch_done = job->epoch_wanted;
    tw_epochs_wake(job);
}

/* The chunk is written in the task's memory: what the tasks share is held for the copy alone. */
tw_status tw_job_snapshot_operator(tw_job *job, tw_operator *op) {
    tw_task *task = (tw_task *)op->task;
    tw_snapshot_out out = {&task->chunk, job->snapshot_full};
    tw_buf_clear(&task->chunk);
    TW_TRY(op->ops->snapshot(op, &out));
    if (task->chunk.failed) return tw_fail(op->task->error, TW_E_NOMEM, "out of memory while a snapshot was written");
    pthread_mutex_lock(&job->lock);
    tw_snapshot_chunk *chunk = tw_snapshot_add_chunk(job->snapshot, op->node->id, op->task->instance, job->snapshot_full);
    if (chunk) tw_buf_append(&chunk->bytes, task->chunk.data, task->chunk.length);
    bool failed = !chunk || chunk->bytes.failed;
    pthread_mutex_unlock(&job->lock);
    return failed ? tw_fail(op->task->error, TW_E_NOMEM, "out of memory while a snapshot was written") : TW_OK;
}

tw_status tw_job_commit_sinks(tw_job *job, tw_error *error) {
    job->epoch_committed = job->epoch_done;
    for (int i = 0; i < job->ntasks; i++) {
        tw_status status = tw_task_commit(job->tasks[i], job->epoch_committed);
        if (status != TW_OK) return tw_job_fail(job, job->tasks[i]->context.error), tw_job_outcome(job, error);
    }
    return TW_OK;
}

/* ---- one epoch ---- */

static tw_status begin_epoch(tw_job *job, tw_error *error) {
    if (job->options.store) {
        pthread_mutex_lock(&job->lock);
        tw_snapshot_free(&job->epochs.snapshot);
        job->snapshot_full = tw_checkpoint_wants_base(job->epochs.checkpoint);
        job->snapshot = &job->epochs.snapshot;
        pthread_mutex_unlock(&job->lock);
        TW_TRY(tw_txn_begin(job->options.store, &job->txn, error));
    }
    tw_job_ask_barrier(job);
    return TW_OK;
}

/* Waits while the disk is full: nothing is lost, the job only stands. */
static tw_status commit_durably(tw_job *job, tw_error *error) {
    job->epochs.snapshot.epoch = job->epoch_done;
    for (;;) {
        tw_status status = tw_checkpoint_save(job->epochs.checkpoint, job->txn, &job->epochs.snapshot, error);
        job->epochs.disk_full = status == TW_E_DISK_FULL;
        if (!job->epochs.disk_full || job->stopping) return status;
        tw_park_announce(&job->epochs.parker);
        tw_park(&job->epochs.parker, job->os, tw_mono_ns(job->os) + FULL_DISK_WAIT_MS * INT64_C(1000000));
    }
}

static tw_status end_epoch(tw_job *job, tw_error *error) {
    tw_status status = job->options.store ? commit_durably(job, error) : TW_OK;
    job->snapshot = NULL;
    if (job->txn) tw_txn_free(job->txn);
    job->txn = NULL;
    return status;
}

/* ---- the thread ---- */

/* What an epoch would be about: rows that came in, timers that ran, inputs that ended. */
static uint64_t work_done(const tw_job *job) {
    uint64_t work = 0;
    for (int i = 0; i < job->ntasks; i++) {
        const tw_task_stats *stats = &job->tasks[i]->stats;
        work += atomic_load_explicit(&stats->rows_in, memory_order_relaxed) + atomic_load_explicit(&stats->timers, memory_order_relaxed);
    }
    return work + (uint64_t)job->tasks_ended;
}

static bool over(const tw_job *job) { return job->stopping || job->tasks_ended == job->ntasks; }

static void sleep_until(tw_job *job, int64_t until_ns) {
    tw_park_announce(&job->epochs.parker);
    if (over(job))
        tw_park_cancel(&job->epochs.parker);
    else
        tw_park(&job->epochs.parker, job->os, until_ns);
}

/* False: the job is over, and the epoch will not be committed. */
static bool barrier_done(tw_job *job) {
    while (tw_job_barrier_under_way(job) && !job->stopping) {
        tw_park_announce(&job->epochs.parker);
        if (!tw_job_barrier_under_way(job) || job->stopping)
            tw_park_cancel(&job->epochs.parker);
        else
            tw_park(&job->epochs.parker, job->os, INT64_MAX);
    }
    return !tw_job_barrier_under_way(job);
}

static tw_status run_epoch(tw_job *job, tw_error *error) {
    TW_TRY(begin_epoch(job, error));
    if (!barrier_done(job)) return TW_OK;
    TW_TRY(end_epoch(job, error));
    atomic_store_explicit(&job->epoch_committed, job->epoch_done, memory_order_release);
    tw_job_wake_all(job);
    return TW_OK;
}

static void *run_epochs(void *context) {
    tw_job *job = context;
    tw_error error;
    uint64_t seen = 0;
    int64_t interval_ns = job->options.commit_interval_ms * INT64_C(1000000), next = tw_mono_ns(job->os) + interval_ns;
    while (!over(job)) {
        int64_t now = tw_mono_ns(job->os);
        if (now < next) {
            sleep_until(job, next);
            continue;
        }
        next = now + interval_ns;
        uint64_t work = work_done(job);
        if (work == seen) continue;
        seen = work;
        if (run_epoch(job, &error) != TW_OK) tw_job_fail(job, &error);
    }
    job->epochs.running = false;
    tw_job_wake_all(job);
    return NULL;
}

bool tw_epochs_running(const tw_job *job) { return job->epochs.running; }

void tw_epochs_wake(tw_job *job) { tw_unpark(&job->epochs.parker); }

tw_status tw_epochs_start(tw_job *job, tw_error *error) {
    if (job->options.commit_interval_ms <= 0) return TW_OK;
    job->epochs.running = true;
    tw_status status = tw_thread_start(&job->epochs.thread, run_epochs, job, error);
    job->epochs.started = status == TW_OK;
    job->epochs.running = job->epochs.started;
    return status;
}

void tw_epochs_stop(tw_job *job) {
    if (job->epochs.started) {
        tw_epochs_wake(job);
        pthread_join(job->epochs.thread, NULL);
    }
    job->epochs.started = false;
    job->snapshot = NULL; /* of an epoch that was not committed */
    if (job->txn) tw_txn_free(job->txn);
    job->txn = NULL;
}

/* ---- the last epoch ---- */

/* Tasks that have ended: whatever is asked of them they do at once. */
static tw_status settle_ended(tw_job *job, tw_error *error) {
    int64_t wait;
    for (int i = 0; i < job->ntasks; i++) {
        tw_step step;
        while ((step = tw_task_step(job->tasks[i], &wait)) == TW_STEP_PROGRESS) {}
        if (step == TW_STEP_FAILED) return tw_job_fail(job, job->tasks[i]->context.error), tw_job_outcome(job, error);
    }
    return TW_OK;
}

tw_status tw_job_finish(tw_job *job, tw_error *error) {
    if (job->finished) return TW_OK;
    TW_TRY(settle_ended(job, error)); /* the commit before may not have been told to all */
    TW_TRY(begin_epoch(job, error));
    TW_TRY(settle_ended(job, error));
    TW_ASSERT(!tw_job_barrier_under_way(job));
    TW_TRY(end_epoch(job, error));
    TW_TRY(tw_job_commit_sinks(job, error));
    for (int i = 0; i < job->ntasks; i++)
        if (tw_task_finish(job->tasks[i]) != TW_OK) return tw_job_fail(job, job->tasks[i]->context.error), tw_job_outcome(job, error);
    job->finished = true;
    return TW_OK;
}
