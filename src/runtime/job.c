/* Opening and closing a job; what it has done. shard.c runs it on threads, seeded.c in one, epoch.c commits its epochs. */
#include "runtime/job.h"

#include <stdlib.h>

#include "runtime/job_internal.h"
#include "runtime/leaving.h"
#include "runtime/spread.h"

void tw_job_options_default(tw_job_options *o) {
    *o = (tw_job_options){.nshards = tw_cpu_count(), .batch_rows = TW_BATCH_ROWS, .ring_slots = 8, .seed = 1, .out = stdout};
}

tw_arena *tw_job_arena(tw_job *job) { return &job->arena; }
bool tw_job_held_open(tw_job *job) { return job->options.hold_open; }

bool tw_job_only_side_scans_left(const tw_job *job, const tw_task *asking) {
    if (!tw_task_settled(asking)) return false;
    for (int i = 0; i < job->ntasks; i++) {
        tw_task *task = job->tasks[i];
        if (task != asking && !atomic_load_explicit(&task->stats.settled, memory_order_acquire)) return false;
    }
    return true;
}

void tw_job_wake_all(tw_job *job) {
    for (int i = 0; i < job->options.nshards; i++) {
        atomic_store(&job->shards[i].woken, true);
        tw_unpark(&job->shards[i].parker);
    }
}

void tw_job_fail(tw_job *job, const tw_error *error) {
    pthread_mutex_lock(&job->lock);
    if (!job->failed) job->error = *error;
    job->failed = true;
    pthread_mutex_unlock(&job->lock);
    job->stopping = true;
    tw_job_wake_all(job);
    tw_epochs_wake(job);
}

tw_status tw_job_outcome(tw_job *job, tw_error *error) {
    if (job->failed) {
        if (error) *error = job->error;
        return job->error.status;
    }
    if (job->cancelled) return tw_fail(error, TW_E_CANCELLED, "stopped");
    return TW_OK;
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

tw_status tw_job_run(tw_job *job, tw_error *error) {
    TW_TRY(job->options.seeded ? tw_job_run_seeded(job, error) : tw_job_run_threads(job, error));
    return tw_job_finish(job, error);
}

void tw_job_cancel(tw_job *job) {
    job->cancelled = true;
    job->stopping = true;
    tw_job_wake_all(job);
    tw_epochs_wake(job);
}

#define SEEN(field) atomic_load_explicit(&stats->field, memory_order_relaxed)

void tw_job_get_stats(tw_job *job, tw_job_stats *out) {
    *out = (tw_job_stats){.watermark = TW_WATERMARK_MAX, .epoch = job->epoch_committed, .disk_full = job->epochs.disk_full};
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

/* State of operators that the plan does not have would be lost without a word. */
static tw_status check_lost(const tw_job *job, const tw_snapshot *snapshot, tw_error *error) {
    for (int32_t i = 0; i < snapshot->nchunks && !job->options.allow_lost_state; i++) {
        bool found = false;
        for (int k = 0; k < job->plan->nnodes && !found; k++) found = job->plan->nodes[k]->id == snapshot->chunks[i].operator_id;
        if (found) continue;
        tw_fail(error, TW_E_INVALID, "job '%.*s' has state of an operator (%016llx) that its script does not have any more",
                TW_STR_ARG(job->options.app), (unsigned long long)snapshot->chunks[i].operator_id);
        tw_error_hint(error, "run the script as it was, drop the job's state, or give --allow-lost-state to go on without it");
        return TW_E_INVALID;
    }
    return TW_OK;
}

/* Goes on from the last epoch that the data directory has. */
static tw_status open_epochs(tw_job *job, tw_error *error) {
    tw_mem_init(&job->epochs.mem, job->mem, 0);
    tw_snapshot_init(&job->epochs.snapshot, &job->epochs.mem);
    tw_snapshot_init(&job->restored, &job->epochs.mem);
    if (!job->options.store) return TW_OK;
    TW_TRY(tw_checkpoint_open(&job->epochs.mem, job->options.store, job->options.app, &job->epochs.checkpoint, error));
    tw_status status = tw_checkpoint_load(job->epochs.checkpoint, &job->restored, error);
    if (status == TW_END) return TW_OK;
    TW_TRY(status);
    job->options.restore = &job->restored;
    return check_lost(job, &job->restored, error);
}

static void close_epochs(tw_job *job) {
    tw_checkpoint_close(job->epochs.checkpoint);
    tw_snapshot_free(&job->epochs.snapshot);
    tw_snapshot_free(&job->restored);
    tw_mem_close(&job->epochs.mem);
}

static tw_status open_job(tw_job *job, tw_error *error) {
    TW_TRY(open_epochs(job, error));
    if (job->options.restore) job->epoch_wanted = job->epoch_done = job->epoch_committed = job->options.restore->epoch; /* epochs go on */
    job->shards = tw_arena_calloc(&job->arena, sizeof *job->shards * (size_t)job->options.nshards);
    if (!job->shards) return tw_fail(error, TW_E_NOMEM, "out of memory");
    for (int i = 0; i < job->options.nshards; i++) {
        job->shards[i].job = job;
        job->shards[i].index = i;
        tw_mem_init(&job->shards[i].mem, job->mem, 0);
    }
    TW_TRY(tw_graph_build(job, error));
    tw_snapshot_clear_chunks(&job->restored); /* the positions of splits that are found later are still looked up */
    return TW_OK;
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
    close_epochs(job);
    pthread_mutex_destroy(&job->lock);
    tw_replay_close(&job->replay);
    tw_arena_free(&job->arena);
    tw_mem_close(&job->own);
    tw_free(job->mem, job, sizeof *job);
}
