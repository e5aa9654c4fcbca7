/* Opening, running and closing a job, on threads or seeded in one. */
#include "runtime/job.h"

#include <stdlib.h>

#include "base/prng.h"
#include "runtime/job_internal.h"
#include "runtime/leaving.h"

void tw_job_options_default(tw_job_options *o) {
    *o = (tw_job_options){.nshards = tw_cpu_count(), .batch_rows = TW_BATCH_ROWS, .ring_slots = 8, .seed = 1, .out = stdout};
}

tw_arena *tw_job_arena(tw_job *job) { return &job->arena; }
uint64_t tw_job_epoch_wanted(tw_job *job) { return atomic_load_explicit(&job->epoch_wanted, memory_order_relaxed); }
bool tw_job_held_open(tw_job *job) { return job->options.hold_open; }

bool tw_job_only_side_scans_left(tw_job *job) {
    for (int i = 0; i < job->ntasks; i++) {
        const tw_task *task = job->tasks[i];
        for (int k = 0; k < task->ninputs; k++) {
            tw_plan_kind kind = task->inputs[k]->head.node->kind;
            if (kind == TW_PLAN_SCAN && !task->inputs[k]->ended) return false;
        }
    }
    return true;
}

/* --- epochs --- */

void tw_job_barrier_passed(tw_job *job, tw_task *task) { atomic_fetch_add(&job->tasks_at_epoch, 1); }

tw_status tw_job_snapshot_operator(tw_job *job, tw_operator *op) {
    pthread_mutex_lock(&job->lock);
    tw_snapshot_chunk *chunk = tw_snapshot_add_chunk(job->snapshot, op->node->id, op->task->instance, job->snapshot_full);
    tw_status status = chunk ? TW_OK : tw_fail(op->task->error, TW_E_NOMEM, "out of memory");
    if (chunk) {
        tw_snapshot_out out = {&chunk->bytes, job->snapshot_full};
        status = op->ops->snapshot(op, &out);
        if (status == TW_OK && chunk->bytes.failed) status = tw_fail(op->task->error, TW_E_NOMEM, "out of memory while a snapshot was written");
    }
    pthread_mutex_unlock(&job->lock);
    return status;
}

tw_status tw_job_restore_operator(tw_job *job, tw_operator *op, tw_error *error) {
    const tw_snapshot *snapshot = job->options.restore;
    for (int i = 0; i < snapshot->nchunks; i++) {
        const tw_snapshot_chunk *chunk = &snapshot->chunks[i];
        if (chunk->operator_id != op->node->id) continue;
        tw_reader in = {chunk->bytes.data, chunk->bytes.data + chunk->bytes.length, false};
        TW_TRY(op->ops->restore(op, &in, error));
    }
    return TW_OK;
}

/* --- shards --- */

void tw_task_wake(tw_task *task) {
    if (task->job->options.seeded) return;
    atomic_store_explicit(&task->shard->woken, true, memory_order_release);
    tw_unpark(&task->shard->parker);
}

static void wake_all(tw_job *job) {
    for (int i = 0; i < job->options.nshards; i++) {
        atomic_store(&job->shards[i].woken, true);
        tw_unpark(&job->shards[i].parker);
    }
}

static void fail(tw_job *job, const tw_error *error) {
    pthread_mutex_lock(&job->lock);
    if (!job->failed) job->error = *error;
    job->failed = true;
    pthread_mutex_unlock(&job->lock);
    job->stopping = true;
    wake_all(job);
}

/* One round over the shard's tasks. */
static bool round_of(tw_shard *shard, int64_t *wait_ns) {
    bool progress = false;
    *wait_ns = INT64_MAX;
    for (int i = 0; i < shard->ntasks; i++) {
        tw_task *task = shard->tasks[i];
        if (task->ended) continue;
        int64_t wait;
        tw_step step = tw_task_step(task, &wait);
        if (step == TW_STEP_FAILED) {
            fail(shard->job, task->context.error);
            return false;
        }
        if (step == TW_STEP_ENDED && atomic_fetch_add(&shard->job->tasks_ended, 1) + 1 == shard->job->ntasks) wake_all(shard->job);
        progress |= step == TW_STEP_PROGRESS || step == TW_STEP_ENDED;
        if (wait < *wait_ns) *wait_ns = wait;
    }
    return progress;
}

static void *run_shard(void *context) {
    tw_shard *shard = context;
    tw_job *job = shard->job;
    while (!job->stopping && job->tasks_ended < job->ntasks) {
        int64_t wait;
        atomic_store_explicit(&shard->woken, false, memory_order_relaxed);
        if (round_of(shard, &wait) || job->stopping) continue;
        tw_park_announce(&shard->parker);
        if (atomic_load(&shard->woken) || job->stopping || job->tasks_ended == job->ntasks) {
            tw_park_cancel(&shard->parker);
            continue;
        }
        tw_park(&shard->parker, job->os, wait);
    }
    return NULL;
}

static tw_status outcome(tw_job *job, tw_error *error) {
    if (job->failed) {
        if (error) *error = job->error;
        return job->error.status;
    }
    if (job->cancelled) return tw_fail(error, TW_E_CANCELLED, "stopped");
    return TW_OK;
}

static tw_status run_threads(tw_job *job, tw_error *error) {
    tw_status status = TW_OK;
    for (int i = 1; i < job->options.nshards && status == TW_OK; i++) {
        status = tw_thread_start(&job->shards[i].thread, run_shard, &job->shards[i], error);
        job->shards[i].started = status == TW_OK;
    }
    if (status == TW_OK) run_shard(&job->shards[0]);
    job->stopping = true;
    wake_all(job);
    for (int i = 1; i < job->options.nshards; i++)
        if (job->shards[i].started) pthread_join(job->shards[i].thread, NULL);
    return status == TW_OK ? outcome(job, error) : status;
}

/* --- seeded: one thread, order by a generator --- */

static tw_status settle(tw_job *job, tw_prng *prng, int64_t *wait_ns, tw_error *error) {
    int quiet = 0; /* steps without progress in a row */
    *wait_ns = INT64_MAX;
    while (quiet < 4 * job->ntasks && job->tasks_ended < job->ntasks && !job->cancelled) {
        tw_task *task = job->tasks[tw_prng_below(prng, (uint64_t)job->ntasks)];
        if (task->ended) {
            quiet += job->tasks_ended == job->ntasks - 1 ? 0 : 1;
            if (quiet < 4 * job->ntasks) continue;
        }
        if (quiet >= 3 * job->ntasks) { /* surely nothing is left? every task once, in order */
            quiet = 4 * job->ntasks;
            *wait_ns = INT64_MAX;
            for (int i = 0; i < job->ntasks; i++) {
                int64_t wait;
                task = job->tasks[i];
                task->context.yield_after = 1;
                if (task->ended) continue;
                tw_step step = tw_task_step(task, &wait);
                if (step == TW_STEP_FAILED) return fail(job, task->context.error), outcome(job, error);
                if (step == TW_STEP_ENDED) job->tasks_ended++;
                if (step != TW_STEP_IDLE) quiet = 0;
                if (wait < *wait_ns) *wait_ns = wait;
            }
            continue;
        }
        int64_t wait;
        task->context.yield_after = (int32_t)tw_prng_below(prng, 4);
        tw_step step = tw_task_step(task, &wait);
        if (step == TW_STEP_FAILED) return fail(job, task->context.error), outcome(job, error);
        if (step == TW_STEP_ENDED) job->tasks_ended++;
        quiet = step == TW_STEP_IDLE ? quiet + 1 : 0;
    }
    return TW_OK;
}

tw_status tw_job_settle(tw_job *job, bool *ended, tw_error *error) {
    tw_prng prng = {job->options.seed ^ atomic_load(&job->epoch_wanted)};
    int64_t wait;
    TW_TRY(settle(job, &prng, &wait, error));
    *ended = job->tasks_ended == job->ntasks;
    return outcome(job, error);
}

static tw_status run_seeded(tw_job *job, tw_error *error) {
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
            tw_park(&job->shards[0].parker, job->os, wait);
        }
    }
    return outcome(job, error);
}

tw_status tw_job_run(tw_job *job, tw_error *error) {
    return job->options.seeded ? run_seeded(job, error) : run_threads(job, error);
}

tw_status tw_job_checkpoint(tw_job *job, tw_snapshot *out, tw_error *error) {
    TW_ASSERT(job->options.seeded);
    bool ended;
    TW_TRY(tw_job_settle(job, &ended, error));
    job->snapshot = out;
    job->snapshot_full = out->nchunks == 0;
    for (int i = 0; i < out->nsplits; i++) { /* positions are of the last barrier only */
        tw_free(out->mem, out->splits[i].name, strlen(out->splits[i].name) + 1);
        tw_buf_free(&out->splits[i].position);
    }
    out->nsplits = 0;
    job->tasks_at_epoch = 0;
    job->epoch_wanted++;
    tw_prng prng = {job->options.seed + job->epoch_wanted};
    int64_t wait;
    TW_TRY(settle(job, &prng, &wait, error));
    out->epoch = job->epoch_wanted;
    job->snapshot = NULL;
    if (job->tasks_at_epoch != job->ntasks) return tw_fail(error, TW_E_INTERNAL, "the barrier reached %d of %d tasks", (int)job->tasks_at_epoch, job->ntasks);
    return outcome(job, error);
}

void tw_job_cancel(tw_job *job) {
    job->cancelled = true;
    job->stopping = true;
    wake_all(job);
}

void tw_job_get_stats(tw_job *job, tw_job_stats *out) {
    *out = (tw_job_stats){.rows_in = job->counters.rows_in, .rows_out = job->counters.rows_out, .bad_records = job->counters.bad_records,
                          .watermark = TW_WATERMARK_MAX, .progress = -1, .epoch = job->epoch_wanted};
    for (int i = 0; i < job->ntasks; i++) {
        const tw_task *task = job->tasks[i];
        out->late_rows += task->context.late_rows;
        out->failed_rows += task->context.failed_rows;
        if (task->slice_ns_max > out->slice_ns_max) out->slice_ns_max = task->slice_ns_max;
        for (int k = 0; k < task->noperators; k++)
            if (task->operators[k]->ops == &TW_OPERATOR_WATERMARK && task->operators[k]->watermark_out < out->watermark)
                out->watermark = task->operators[k]->watermark_out;
    }
}

static tw_status open_job(tw_job *job, tw_error *error) {
    job->shards = tw_arena_calloc(&job->arena, sizeof *job->shards * (size_t)job->options.nshards);
    if (!job->shards) return tw_fail(error, TW_E_NOMEM, "out of memory");
    for (int i = 0; i < job->options.nshards; i++) {
        job->shards[i].job = job;
        job->shards[i].index = i;
        tw_mem_init(&job->shards[i].mem, job->mem, 0);
    }
    return tw_graph_build(job, error);
}

tw_status tw_job_open(tw_mem *mem, struct tw_os *os, const tw_registry *registry, const tw_plan *plan, const tw_job_options *options,
                      tw_job **out, tw_error *error) {
    tw_job *job = tw_calloc(mem, sizeof *job);
    if (!job) return tw_fail(error, TW_E_NOMEM, "out of memory");
    job->mem = mem;
    job->os = os;
    job->registry = registry;
    job->plan = plan;
    job->options = *options;
    if (job->options.nshards < 1) job->options.nshards = 1;
    if (job->options.batch_rows < 1 || job->options.batch_rows > TW_BATCH_ROWS) job->options.batch_rows = TW_BATCH_ROWS;
    tw_arena_init(&job->arena, mem, 16384);
    pthread_mutex_init(&job->lock, NULL);
    job->side = tw_leaving(job);
    tw_status status = open_job(job, error);
    if (status != TW_OK) {
        tw_job_close(job);
        return status;
    }
    *out = job;
    return TW_OK;
}

void tw_job_close(tw_job *job) {
    if (!job) return;
    for (int i = 0; i < job->ntasks && job->tasks; i++)
        if (job->tasks[i]) tw_task_close(job->tasks[i]);
    for (int i = 0; i < job->nchannels; i++) tw_channel_close(&job->channels[i]);
    free(job->channels);
    for (int i = 0; i < job->nsources; i++) {
        if (job->sources[i].source) job->sources[i].ops->close(job->sources[i].source);
        pthread_mutex_destroy(&job->sources[i].lock);
    }
    for (int i = 0; i < job->options.nshards && job->shards; i++) tw_mem_close(&job->shards[i].mem);
    pthread_mutex_destroy(&job->lock);
    tw_arena_free(&job->arena);
    tw_free(job->mem, job, sizeof *job);
}
