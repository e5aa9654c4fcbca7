#include "runtime/task.h"

#include "runtime/job_internal.h"

bool tw_yield_slow(tw_task_context *task) { return tw_mono_ns(task->os) >= task->slice_end_ns; }

bool tw_owns_group(const tw_task_context *task, uint32_t group) { return tw_key_group_shard(group, task->ninstances) == task->instance; }

void tw_input_init(tw_input *input, tw_task *task, const tw_input_ops *ops, const tw_plan_node *node) {
    input->ops = ops;
    input->task = task;
    input->head.node = node;
    input->head.task = &task->context;
    input->head.timer_ms = INT64_MAX;
    input->head.depth = -1;
    input->head.watermark_out = TW_WATERMARK_MIN;
    input->watermark = TW_WATERMARK_MIN;
}

/* --- 1: pending operators --- */

static tw_operator *deepest_pending(tw_task *task) {
    for (int i = task->noperators - 1; i >= 0; i--)
        if (task->operators[i]->pending) return task->operators[i];
    return NULL;
}

/* TW_OK: nothing is pending any more. */
static tw_status resume_pending(tw_task *task) {
    while (task->context.npending > 0) {
        tw_operator *op = deepest_pending(task);
        TW_ASSERT(op);
        op->pending = false;
        task->context.npending--;
        tw_status status = op->ops->resume(op);
        if (tw_is_error(status) || status == TW_BLOCKED) return status;
        if (task->context.npending > 0 && tw_yield(op)) return TW_MORE;
    }
    return TW_OK;
}

/* --- 3: barriers and the end --- */

/* TW_OK once every exchange has the mark. */
static tw_status mark_exchanges(tw_task *task, uint64_t barrier, bool end) {
    while (task->nmarked < task->npartitioners) {
        TW_TRY(tw_partitioner_mark(task->partitioners[task->nmarked], barrier, end));
        task->nmarked++;
    }
    task->nmarked = 0;
    return TW_OK;
}

static tw_status snapshot_operators(tw_task *task) {
    for (int i = 0; i < task->noperators; i++) {
        tw_operator *op = task->operators[i];
        if (op->ops == &TW_OPERATOR_SINK) TW_TRY(tw_sink_prepare(op));
        if (op->ops->snapshot && task->job->snapshot) TW_TRY(tw_job_snapshot_operator(task->job, op));
    }
    for (int i = 0; i < task->ninputs; i++)
        if (task->inputs[i]->ops->snapshot && task->job->snapshot) TW_TRY(task->inputs[i]->ops->snapshot(task->inputs[i]));
    return TW_OK;
}

static bool all_at_barrier(const tw_task *task) {
    bool any = false;
    for (int i = 0; i < task->ninputs; i++) {
        if (task->inputs[i]->ended) continue;
        if (!task->inputs[i]->at_barrier) return false;
        any = true;
    }
    return any;
}

static bool all_ended(const tw_task *task) {
    for (int i = 0; i < task->ninputs; i++)
        if (!task->inputs[i]->ended) return false;
    return true;
}

tw_status tw_task_finish(tw_task *task) {
    for (int i = 0; i < task->noperators; i++)
        if (task->operators[i]->ops == &TW_OPERATOR_SINK) TW_TRY(tw_sink_finish(task->operators[i]));
    return TW_OK;
}

tw_status tw_task_commit(tw_task *task, uint64_t epoch) {
    task->committed = epoch;
    for (int i = 0; i < task->noperators; i++)
        if (task->operators[i]->ops == &TW_OPERATOR_SINK) TW_TRY(tw_sink_commit(task->operators[i], epoch));
    return TW_OK;
}

/* A task that has ended stands still, and is behind any barrier at once. TW_END: nothing to do. */
static tw_status advance_ended(tw_task *task) {
    uint64_t wanted = tw_job_epoch_wanted(task->job), committed = tw_job_epoch_committed(task->job);
    if (committed > task->committed) return tw_task_commit(task, committed);
    if (wanted <= task->epoch) return TW_END;
    TW_TRY(snapshot_operators(task));
    task->epoch = wanted;
    tw_job_barrier_passed(task->job);
    return TW_OK;
}

/* Work that belongs to the task as a whole. TW_END: there is none. */
static tw_status advance_marks(tw_task *task) {
    uint64_t committed = tw_job_epoch_committed(task->job);
    if (committed > task->committed) return tw_task_commit(task, committed);
    if (task->barrier_leaving) {
        TW_TRY(mark_exchanges(task, task->epoch + 1, false));
        task->barrier_leaving = false;
        task->epoch++;
        for (int i = 0; i < task->ninputs; i++) task->inputs[i]->at_barrier = false;
        tw_job_barrier_passed(task->job);
        return TW_OK;
    }
    if (task->ending) {
        TW_TRY(mark_exchanges(task, 0, true));
        task->ended = true;
        return TW_OK;
    }
    if (tw_job_epoch_wanted(task->job) > task->epoch) {
        for (int i = 0; i < task->ninputs; i++) /* sources and ended inputs are at any barrier that is asked for */
            if (task->inputs[i]->ops->snapshot && !(task->inputs[i]->ops->busy && task->inputs[i]->ops->busy(task->inputs[i])))
                task->inputs[i]->at_barrier = true;
        if (all_at_barrier(task) || all_ended(task)) {
            TW_TRY(snapshot_operators(task));
            task->barrier_leaving = true;
            return TW_OK;
        }
    }
    if (all_ended(task) && !tw_job_held_open(task->job)) {
        task->ending = true;
        return TW_OK;
    }
    return TW_END;
}

bool tw_task_settled(const tw_task *task) {
    if (task->context.npending || task->current) return false;
    for (int i = 0; i < task->ninputs; i++) {
        const tw_input *input = task->inputs[i];
        if (!input->side_fed && !input->ended && input->watermark != TW_WATERMARK_MAX) return false;
    }
    return true;
}

/* --- 4: timers --- */

static tw_status run_timers(tw_task *task) {
    for (int i = task->noperators - 1; i >= 0; i--) {
        tw_operator *op = task->operators[i];
        if (op->timer_ms > task->context.now_ms) continue;
        op->timer_ms = INT64_MAX;
        task->arrival_ns = 0;
        for (int k = 0; k < task->ninputs; k++) task->inputs[k]->idle_told = false; /* rows that are made now end idleness below */
        task->timers++;
        tw_status status = op->ops->timer(op, task->context.now_ms);
        return status == TW_END ? TW_OK : status;
    }
    return TW_END;
}

/* --- 5: inputs --- */

static tw_status tell_idle(tw_input *input) {
    input->idle_told = true;
    input->task->arrival_ns = 0;
    return tw_emit_idle(&input->head);
}

static tw_status take_input(tw_task *task) {
    for (int k = 0; k < task->ninputs; k++) {
        int i = (task->next_input + k) % task->ninputs;
        tw_input *input = task->inputs[i];
        if (input->ended || input->at_barrier) continue;
        tw_status status = input->ops->advance(input);
        if (status != TW_END) input->idle_told = false;
        if (status == TW_END && input->idle && !input->idle_told) status = tell_idle(input);
        if (status == TW_END) continue;
        task->next_input = (i + 1) % task->ninputs;
        return status;
    }
    return TW_END;
}

static bool flush_exchanges(tw_task *task, bool all) {
    bool published = false;
    for (int i = 0; i < task->npartitioners; i++) published |= tw_partitioner_flush(task->partitioners[i], all);
    return published;
}

/* One thing done: TW_OK; TW_END: nothing to do. */
static tw_status advance(tw_task *task) {
    TW_TRY(resume_pending(task));
    if (task->current) { /* the item at hand has more phases */
        tw_input *input = task->current;
        task->current = NULL;
        return input->ops->advance(input);
    }
    tw_status status = advance_marks(task);
    if (status != TW_END) return status;
    status = run_timers(task);
    if (status != TW_END) return status;
    return take_input(task);
}

enum { WAIT_MS_MAX = 3600 * 1000 }; /* for a timer: looked at again then */

static int64_t next_wait(const tw_task *task) {
    int64_t wait = INT64_MAX, now_ns = tw_mono_ns(task->context.os);
    for (int i = 0; i < task->ninputs; i++) {
        const tw_input *input = task->inputs[i];
        if (!input->ended && !input->at_barrier && input->wait_ns && input->wait_ns < wait) wait = input->wait_ns;
    }
    for (int i = 0; i < task->noperators; i++) {
        int64_t ms = task->operators[i]->timer_ms;
        if (ms == INT64_MAX) continue;
        ms = ms > task->context.now_ms + WAIT_MS_MAX ? WAIT_MS_MAX : ms - task->context.now_ms;
        if (now_ns + ms * 1000000 < wait) wait = now_ns + ms * 1000000;
    }
    return wait;
}

#define PUBLISH(field, value) atomic_store_explicit(&task->stats.field, (value), memory_order_relaxed)

static void publish_stats(tw_task *task, int64_t took_ns) {
    int64_t watermark = TW_WATERMARK_MAX;
    for (int i = 0; i < task->noperators; i++)
        if (task->operators[i]->node && task->operators[i]->node->kind == TW_PLAN_WATERMARK && task->operators[i]->watermark_out < watermark)
            watermark = task->operators[i]->watermark_out;
    if (took_ns > task->slice_ns_max) task->slice_ns_max = took_ns;
    PUBLISH(rows_in, task->rows_in);
    PUBLISH(rows_out, task->rows_out);
    PUBLISH(timers, task->timers);
    PUBLISH(bad_records, task->bad_records);
    PUBLISH(late_rows, task->context.late_rows);
    PUBLISH(failed_rows, task->context.failed_rows);
    PUBLISH(watermark, watermark);
    PUBLISH(slice_ns_max, task->slice_ns_max);
    PUBLISH(done_permille, task->done_permille);
    PUBLISH(nsplits, task->nsplits);
    atomic_store_explicit(&task->stats.settled, tw_task_settled(task), memory_order_release); /* what the task appended to side tables is there */
}

/* Goes on until the slice is over or nothing can be done. */
static tw_status work(tw_task *task, bool *progress) {
    for (;;) {
        tw_status status = advance(task);
        *progress |= status == TW_OK || status == TW_MORE;
        if (status == TW_OK || status == TW_MORE) flush_exchanges(task, false);
        if (status != TW_OK || task->ended) return status;
        if (task->context.yield_after < 0 ? tw_yield_slow(&task->context) : task->context.yield_after == 0) return status;
        if (task->context.yield_after > 0) task->context.yield_after--;
    }
}

/* An operator that fails without a word must not pass for success. */
static tw_step step_failed(tw_task *task, tw_status status) {
    if (task->context.error->status != status)
        tw_fail(task->context.error, status, status == TW_E_NOMEM ? "out of memory" : "an operator failed: %s", tw_status_name(status));
    return TW_STEP_FAILED;
}

static tw_step step_ended(tw_task *task) {
    tw_status status = advance_ended(task);
    if (tw_is_error(status)) return step_failed(task, status);
    return status == TW_OK ? TW_STEP_PROGRESS : TW_STEP_IDLE;
}

tw_step tw_task_step(tw_task *task, int64_t *wait_ns) {
    *wait_ns = INT64_MAX;
    if (task->ended) return step_ended(task);
    int64_t begin = tw_mono_ns(task->context.os);
    task->context.now_ms = tw_wall_ms(task->context.os);
    task->context.slice_end_ns = begin + 1000000;
    task->retry_ns = 0;
    bool progress = false;
    tw_status status = work(task, &progress);
    if (status == TW_END || status == TW_BLOCKED) {
        progress |= flush_exchanges(task, true);
        *wait_ns = status == TW_END ? next_wait(task) : task->retry_ns ? task->retry_ns : INT64_MAX;
    }
    publish_stats(task, tw_mono_ns(task->context.os) - begin);
    if (tw_is_error(status)) return step_failed(task, status);
    return task->ended ? TW_STEP_ENDED : progress ? TW_STEP_PROGRESS : TW_STEP_IDLE;
}

void tw_task_close(tw_task *task) {
    for (int i = 0; i < task->ninputs; i++)
        if (task->inputs[i]->ops->close) task->inputs[i]->ops->close(task->inputs[i]);
    for (int i = task->noperators - task->nopened; i < task->noperators; i++)
        if (task->operators[i]->ops->close) task->operators[i]->ops->close(task->operators[i]);
    tw_buf_free(&task->chunk);
}
