/* Opening, running and closing a job, on threads or seeded in one. */
#include "runtime/job.h"

#include <stdlib.h>

#include "runtime/job_internal.h"
#include "runtime/leaving.h"
#include "runtime/spread.h"

void tw_job_options_default(tw_job_options *o) {
    *o = (tw_job_options){.nshards = tw_cpu_count(), .batch_rows = TW_BATCH_ROWS, .ring_slots = 8, .seed = 1, .out = stdout};
}

tw_arena *tw_job_arena(tw_job *job) { return &job->arena; }
uint64_t tw_job_epoch_wanted(tw_job *job) { return atomic_load_explicit(&job->epoch_wanted, memory_order_relaxed); }
bool tw_job_held_open(tw_job *job) { return job->options.hold_open; }

bool tw_job_only_side_scans_left(const tw_job *job, const tw_task *asking) {
    if (!tw_task_settled(asking)) return false;
    for (int i = 0; i < job->ntasks; i++) {
        tw_task *task = job->tasks[i];
        if (task != asking && !atomic_load_explicit(&task->stats.settled, memory_order_acquire)) return false;
    }
    return true;
}

/* --- epochs --- */

static void wake_all(tw_job *job) {
    for (int i = 0; i < job->options.nshards; i++) {
        atomic_store(&job->shards[i].woken, true);
        tw_unpark(&job->shards[i].parker);
    }
}

bool tw_job_barrier_under_way(const tw_job *job) { return job->epoch_done != job->epoch_wanted; }

void tw_job_barrier_passed(tw_job *job) {
    if (atomic_fetch_add(&job->tasks_at_epoch, 1) + 1 < job->ntasks) return;
    job->epoch_done = job->epoch_wanted;
    wake_all(job); /* tasks at their end have waited for it */
}

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

void tw_job_fail(tw_job *job, const tw_error *error) {
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
            tw_job_fail(shard->job, task->context.error);
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
        /* an exchange, not a store: rings are read after it, and see whatever the waker that it takes back has published */
        atomic_exchange(&shard->woken, false);
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

/* One slice of one task, of a few batches. */
static tw_status seeded_step(tw_job *job, tw_task *task, int32_t batches, int64_t *wait_ns, bool *progress, tw_error *error) {
    *wait_ns = INT64_MAX;
    if (task->ended) return TW_OK;
    task->context.yield_after = batches;
    tw_step step = tw_task_step(task, wait_ns);
    if (step == TW_STEP_FAILED) tw_job_fail(job, task->context.error);
    if (job->failed) return outcome(job, error);
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

/* A barrier that has been asked for is behind every task. */
static bool snapshot_taken(const tw_job *job) { return job->snapshot && !tw_job_barrier_under_way(job); }

/* Steps of random tasks, until many in a row did nothing and a round over all of them does nothing either, or the snapshot is taken. */
static tw_status settle(tw_job *job, tw_prng *prng, int64_t *wait_ns, tw_error *error) {
    int quiet = 0;
    *wait_ns = INT64_MAX;
    while (job->tasks_ended < job->ntasks && !job->cancelled && !snapshot_taken(job)) {
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
            tw_park(&job->shards[0].parker, job->os, job->cancelled ? 0 : wait);
        }
    }
    return outcome(job, error);
}

tw_status tw_job_run(tw_job *job, tw_error *error) { return job->options.seeded ? run_seeded(job, error) : run_threads(job, error); }

/* Brings a barrier to every task; those that have ended stand behind it already. */
static tw_status take_snapshot(tw_job *job, tw_error *error) {
    job->tasks_at_epoch = 0;
    job->epoch_wanted++;
    for (int i = 0; i < job->ntasks; i++)
        if (job->tasks[i]->ended && tw_task_snapshot_ended(job->tasks[i], job->epoch_wanted) != TW_OK)
            return tw_job_fail(job, job->tasks[i]->context.error), outcome(job, error);
    tw_prng prng = {job->options.seed + job->epoch_wanted};
    int64_t wait;
    TW_TRY(settle(job, &prng, &wait, error));
    TW_TRY(outcome(job, error));
    if (!tw_job_barrier_under_way(job)) return TW_OK;
    return tw_fail(error, TW_E_INTERNAL, "the barrier reached %d of %d tasks", (int)job->tasks_at_epoch, job->ntasks);
}

tw_status tw_job_checkpoint(tw_job *job, tw_snapshot *out, tw_error *error) {
    bool ended;
    TW_TRY(tw_job_settle(job, &ended, error));
    return tw_job_checkpoint_now(job, out, error);
}

tw_status tw_job_checkpoint_now(tw_job *job, tw_snapshot *out, tw_error *error) {
    TW_ASSERT(job->options.seeded);
    TW_TRY(outcome(job, error));
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
    *ended = job->tasks_ended == job->ntasks;
    return outcome(job, error);
}

void tw_job_cancel(tw_job *job) {
    job->cancelled = true;
    job->stopping = true;
    wake_all(job);
}

#define SEEN(field) atomic_load_explicit(&stats->field, memory_order_relaxed)

void tw_job_get_stats(tw_job *job, tw_job_stats *out) {
    *out = (tw_job_stats){.watermark = TW_WATERMARK_MAX, .epoch = job->epoch_wanted};
    int64_t done = 0, nsplits = 0;
    bool known = true;
    for (int i = 0; i < job->ntasks; i++) {
        tw_task_stats *stats = &job->tasks[i]->stats;
        int64_t watermark = SEEN(watermark), slice = SEEN(slice_ns_max);
        out->rows_in += SEEN(rows_in);
        out->rows_out += SEEN(rows_out);
        out->bad_records += SEEN(bad_records);
        out->late_rows += SEEN(late_rows);
        out->failed_rows += SEEN(failed_rows);
        if (watermark < out->watermark) out->watermark = watermark;
        if (slice > out->slice_ns_max) out->slice_ns_max = slice;
        known &= SEEN(nsplits) == 0 || SEEN(done_permille) >= 0;
        done += SEEN(done_permille) > 0 ? SEEN(done_permille) : 0;
        nsplits += SEEN(nsplits);
    }
    out->progress = known && nsplits ? (double)done / (double)(1000 * nsplits) : -1;
}

void tw_job_get_latency(tw_job *job, tw_latency *out) {
    for (int i = 0; i < job->ntasks; i++)
        if (job->tasks[i]->latency) tw_latency_merge(out, job->tasks[i]->latency);
}

static tw_status open_job(tw_job *job, tw_error *error) {
    if (job->options.restore) job->epoch_wanted = job->epoch_done = job->options.restore->epoch; /* epochs go on */
    job->shards = tw_arena_calloc(&job->arena, sizeof *job->shards * (size_t)job->options.nshards);
    if (!job->shards) return tw_fail(error, TW_E_NOMEM, "out of memory");
    for (int i = 0; i < job->options.nshards; i++) {
        job->shards[i].job = job;
        job->shards[i].index = i;
        tw_mem_init(&job->shards[i].mem, job->mem, 0);
    }
    return tw_graph_build(job, error);
}

tw_status tw_job_open(tw_mem *mem, struct tw_os *os, const tw_registry *registry, const tw_plan *plan, const tw_job_options *options, tw_job **out,
                      tw_error *error) {
    tw_job *job = tw_calloc(mem, sizeof *job);
    if (!job) return tw_fail(error, TW_E_NOMEM, "out of memory");
    job->mem = mem;
    job->os = os;
    job->registry = registry;
    job->plan = plan;
    job->options = *options;
    if (job->options.nshards < 1) job->options.nshards = 1;
    if (job->options.batch_rows < 1 || job->options.batch_rows > TW_BATCH_ROWS) job->options.batch_rows = TW_BATCH_ROWS;
    tw_mem_init(&job->own, mem, 0);
    tw_arena_init(&job->arena, &job->own, 16384);
    pthread_mutex_init(&job->lock, NULL);
    tw_replay_init(&job->replay, options->replay_speed);
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
        for (int k = 0; k < job->sources[i].nspread; k++) tw_spread_close(&job->sources[i].spread[k]);
        if (job->sources[i].source) job->sources[i].ops->close(job->sources[i].source);
        pthread_mutex_destroy(&job->sources[i].lock);
    }
    for (int i = 0; i < job->options.nshards && job->shards; i++) tw_mem_close(&job->shards[i].mem);
    pthread_mutex_destroy(&job->lock);
    tw_replay_close(&job->replay);
    tw_arena_free(&job->arena);
    tw_mem_close(&job->own);
    tw_free(job->mem, job, sizeof *job);
}
