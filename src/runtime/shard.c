/* Shards: a thread each, which takes its tasks in turn until the job is over, and sleeps when none can go on. */
#include "runtime/job_internal.h"

void tw_task_wake(tw_task *task) {
    if (task->job->options.seeded) return;
    atomic_store_explicit(&task->shard->woken, true, memory_order_release);
    tw_unpark(&task->shard->parker);
}

/* One round over the shard's tasks. */
static bool round_of(tw_shard *shard, int64_t *wait_ns) {
    bool progress = false;
    tw_job *job = shard->job;
    *wait_ns = INT64_MAX;
    for (int i = 0; i < shard->ntasks; i++) {
        tw_task *task = shard->tasks[i];
        int64_t wait;
        tw_step step = tw_task_step(task, &wait);
        if (step == TW_STEP_FAILED) {
            tw_job_fail(job, task->context.error);
            return false;
        }
        if (step == TW_STEP_ENDED && atomic_fetch_add(&job->tasks_ended, 1) + 1 == job->ntasks) {
            tw_job_wake_all(job);
            tw_epochs_wake(job);
        }
        progress |= step == TW_STEP_PROGRESS || step == TW_STEP_ENDED;
        if (wait < *wait_ns) *wait_ns = wait;
    }
    return progress;
}

static bool over(const tw_job *job) { return job->stopping || (job->tasks_ended == job->ntasks && !tw_epochs_running(job)); }

static void *run_shard(void *context) {
    tw_shard *shard = context;
    tw_job *job = shard->job;
    while (!over(job)) {
        int64_t wait;
        /* an exchange, not a store: rings are read after it, and see whatever the waker that it takes back has published */
        atomic_exchange(&shard->woken, false);
        if (round_of(shard, &wait) || job->stopping) continue;
        tw_park_announce(&shard->parker);
        if (atomic_load(&shard->woken) || over(job)) {
            tw_park_cancel(&shard->parker);
            continue;
        }
        tw_park(&shard->parker, job->os, wait);
    }
    return NULL;
}

tw_status tw_job_run_threads(tw_job *job, tw_error *error) {
    tw_status status = tw_epochs_start(job, error);
    for (int i = 1; i < job->options.nshards && status == TW_OK; i++) {
        status = tw_thread_start(&job->shards[i].thread, run_shard, &job->shards[i], error);
        job->shards[i].started = status == TW_OK;
    }
    if (status == TW_OK) run_shard(&job->shards[0]);
    job->stopping = true;
    tw_job_wake_all(job);
    for (int i = 1; i < job->options.nshards; i++)
        if (job->shards[i].started) pthread_join(job->shards[i].thread, NULL);
    tw_epochs_stop(job);
    return status == TW_OK ? tw_job_outcome(job, error) : status;
}
