#include "runtime/task.h"

#include "runtime/job_internal.h"

bool tw_yield_slow(tw_task_context *task) { return tw_mono_ns(task->os) >= task->slice_end_ns; }

bool tw_owns_group(const tw_task_context *task, uint32_t group) {
    return tw_key_group_shard(group, task->ninstances) == task->instance;
}

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
    tw_status result = TW_OK;
    for (int i = 0; i < task->npartitioners; i++)
        if (tw_partitioner_mark(task->partitioners[i], barrier, end) != TW_OK) result = TW_BLOCKED;
    return result;
}

static tw_status snapshot_operators(tw_task *task) {
    for (int i = 0; i < task->noperators; i++) {
        tw_operator *op = task->operators[i];
        if (op->ops == &TW_OPERATOR_SINK) TW_TRY(tw_sink_barrier(op, task->epoch + 1));
        if (op->ops->snapshot) TW_TRY(tw_job_snapshot_operator(task->job, op));
    }
    for (int i = 0; i < task->ninputs; i++)
        if (task->inputs[i]->ops->snapshot) TW_TRY(task->inputs[i]->ops->snapshot(task->inputs[i]));
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

static tw_status finish_sinks(tw_task *task) {
    for (int i = 0; i < task->noperators; i++)
        if (task->operators[i]->ops == &TW_OPERATOR_SINK) TW_TRY(tw_sink_finish(task->operators[i]));
    return TW_OK;
}

/* Work that belongs to the task as a whole. TW_END: there is none. */
static tw_status advance_marks(tw_task *task) {
    if (task->barrier_leaving) {
        TW_TRY(mark_exchanges(task, task->epoch + 1, false));
        task->barrier_leaving = false;
        task->epoch++;
        for (int i = 0; i < task->ninputs; i++) task->inputs[i]->at_barrier = false;
        tw_job_barrier_passed(task->job, task);
        return TW_OK;
    }
    if (task->ending) {
        TW_TRY(mark_exchanges(task, 0, true));
        task->ended = true;
        return TW_OK;
    }
    if (tw_job_epoch_wanted(task->job) > task->epoch) {
        for (int i = 0; i < task->ninputs; i++) /* sources and ended inputs are at any barrier that is asked for */
            if (task->inputs[i]->ops->snapshot) task->inputs[i]->at_barrier = true;
        if (all_at_barrier(task) || all_ended(task)) {
            TW_TRY(snapshot_operators(task));
            task->barrier_leaving = true;
            return TW_OK;
        }
    }
    if (all_ended(task) && !tw_job_held_open(task->job)) {
        TW_TRY(finish_sinks(task));
        task->ending = true;
        return TW_OK;
    }
    return TW_END;
}

/* --- 4: timers --- */

static tw_status run_timers(tw_task *task) {
    for (int i = task->noperators - 1; i >= 0; i--) {
        tw_operator *op = task->operators[i];
        if (op->timer_ms > task->context.now_ms) continue;
        op->timer_ms = INT64_MAX;
        tw_status status = op->ops->timer(op, task->context.now_ms);
        return status == TW_END ? TW_OK : status;
    }
    return TW_END;
}

/* --- 5: inputs --- */

static tw_status take_input(tw_task *task) {
    for (int k = 0; k < task->ninputs; k++) {
        int i = (task->next_input + k) % task->ninputs;
        tw_input *input = task->inputs[i];
        if (input->ended || input->at_barrier) continue;
        tw_status status = input->ops->advance(input);
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

static bool is_idle(const tw_task *task) {
    bool any = false;
    for (int i = 0; i < task->ninputs; i++) {
        if (task->inputs[i]->ended) continue;
        if (!task->inputs[i]->idle) return false;
        any = true;
    }
    return any;
}

static void tell_idle(tw_task *task) {
    bool idle = is_idle(task);
    if (idle && !task->inputs_idle)
        for (int i = 0; i < task->npartitioners; i++) tw_partitioner_idle(task->partitioners[i]);
    task->inputs_idle = idle;
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

static int64_t next_wait(const tw_task *task) {
    int64_t wait = INT64_MAX;
    for (int i = 0; i < task->ninputs; i++) {
        const tw_input *input = task->inputs[i];
        if (!input->ended && input->wait_ns && input->wait_ns < wait) wait = input->wait_ns;
    }
    for (int i = 0; i < task->noperators; i++) {
        int64_t ms = task->operators[i]->timer_ms;
        if (ms == INT64_MAX) continue;
        int64_t due = tw_mono_ns(task->context.os) + (ms - task->context.now_ms) * 1000000;
        if (due < wait) wait = due;
    }
    return wait;
}

tw_step tw_task_step(tw_task *task, int64_t *wait_ns) {
    *wait_ns = INT64_MAX;
    if (task->ended) return TW_STEP_ENDED;
    int64_t begin = tw_mono_ns(task->context.os);
    task->context.now_ms = tw_wall_ms(task->context.os);
    task->context.slice_end_ns = begin + 1000000;
    bool progress = false;
    tw_status status;
    do {
        status = advance(task);
        progress |= status == TW_OK || status == TW_MORE;
        if (status == TW_OK) flush_exchanges(task, false);
    } while (status == TW_OK && !task->ended && (task->context.yield_after < 0 ? !tw_yield_slow(&task->context) : task->context.yield_after-- > 0));
    int64_t took = tw_mono_ns(task->context.os) - begin;
    if (took > task->slice_ns_max) task->slice_ns_max = took;
    if (tw_is_error(status)) return TW_STEP_FAILED;
    if (status == TW_END || status == TW_BLOCKED) {
        if (status == TW_END) tell_idle(task);
        progress |= flush_exchanges(task, true);
        *wait_ns = next_wait(task);
    }
    return task->ended ? TW_STEP_ENDED : progress ? TW_STEP_PROGRESS : TW_STEP_IDLE;
}

void tw_task_close(tw_task *task) {
    for (int i = 0; i < task->ninputs; i++)
        if (task->inputs[i] && task->inputs[i]->ops->close) task->inputs[i]->ops->close(task->inputs[i]);
    for (int i = 0; i < task->noperators; i++)
        if (task->operators[i] && task->operators[i]->ops->close) task->operators[i]->ops->close(task->operators[i]);
}
