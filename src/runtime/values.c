/* Inputs without a connector: literal rows, and the side tables. */
#include "runtime/job_internal.h"

typedef struct rows_input {
    tw_input input;
    tw_builder builder;
    bool opened;
    int64_t next; /* row to give next */
} rows_input;

static tw_status finish(tw_input *input) {
    if (input->watermark != TW_WATERMARK_MAX) {
        input->watermark = TW_WATERMARK_MAX;
        tw_status status = input->head.next->ops->watermark(input->head.next, input->head.next_port, TW_WATERMARK_MAX);
        if (status == TW_MORE || status == TW_BLOCKED) input->task->current = input;
        if (status != TW_OK) return status;
    }
    input->ended = true;
    return TW_OK;
}

static tw_status need_builder(rows_input *r) {
    tw_task_context *context = &r->input.task->context;
    if (!r->opened && tw_builder_open(&r->builder, context->mem, r->input.head.node->row, r->input.task->job->options.batch_rows) != TW_OK)
        return tw_fail(context->error, TW_E_NOMEM, "out of memory");
    r->opened = true;
    tw_builder_reset(&r->builder);
    return TW_OK;
}

static tw_status add_row(rows_input *r, const tw_value *values) {
    tw_task_context *context = &r->input.task->context;
    tw_arena arena;
    tw_arena_init(&arena, context->mem, 1024);
    tw_status status = TW_OK;
    for (int c = 0; status == TW_OK && c < r->builder.batch.ncolumns; c++) {
        tw_column column;
        status = tw_value_to_column(&arena, &values[c], &column);
        if (status == TW_OK) status = tw_builder_copy_column(&r->builder, c, r->builder.batch.rows, &column, (tw_selection){NULL, 1});
    }
    if (status == TW_OK) status = tw_builder_commit(&r->builder, 1, NULL);
    tw_arena_free(&arena);
    return status == TW_OK ? TW_OK : tw_fail(context->error, status, "out of memory");
}

static tw_status advance_values(tw_input *input) {
    rows_input *r = (rows_input *)input;
    const tw_plan_values *values = &input->head.node->u.values;
    if (r->next == values->nrows || input->task->context.instance != 0) return finish(input);
    TW_TRY(need_builder(r));
    while (r->next < values->nrows && tw_builder_room(&r->builder) > 0) TW_TRY(add_row(r, values->rows[r->next++]));
    return tw_emit(&input->head, &r->builder.batch);
}

static tw_status snapshot(tw_input *input) {
    rows_input *r = (rows_input *)input;
    tw_job *job = input->task->job;
    if (input->task->context.instance != 0) return TW_OK;
    pthread_mutex_lock(&job->lock);
    tw_snapshot_split *out = tw_snapshot_add_split(job->snapshot, input->head.node->id, TW_STR("rows"));
    if (out) tw_buf_u64(&out->position, (uint64_t)r->next);
    pthread_mutex_unlock(&job->lock);
    return out && !out->position.failed ? TW_OK : tw_fail(input->task->context.error, TW_E_NOMEM, "out of memory");
}

/* A side table grows while others run: it is read to its end when all other tasks have ended, or when the job reads nothing else. */
static tw_status advance_side(tw_input *input) {
    rows_input *r = (rows_input *)input;
    tw_job *job = input->task->job;
    if (input->task->context.instance != 0) return finish(input);
    const tw_plan_side *side = &input->head.node->u.side;
    bool others_done = tw_job_only_side_scans_left(job, input->task);
    input->wait_ns = 0;
    TW_TRY(need_builder(r));
    int32_t read = tw_side_read(job->options.side, side->kind, side->table, r->next, &r->builder);
    if (read < 0) return tw_fail(input->task->context.error, TW_E_NOMEM, "out of memory for the rows of a side table");
    r->next += read;
    if (r->builder.batch.rows) return tw_emit(&input->head, &r->builder.batch);
    if (others_done) return finish(input);
    input->wait_ns = tw_mono_ns(input->task->context.os) + 10000000;
    return TW_END;
}

static void close_input(tw_input *input) {
    rows_input *r = (rows_input *)input;
    if (r->opened) tw_builder_close(&r->builder);
}

static const tw_input_ops VALUES = {.advance = advance_values, .snapshot = snapshot, .close = close_input};
static const tw_input_ops SIDE_SCAN = {.advance = advance_side, .snapshot = snapshot, .close = close_input};

static tw_input *make(tw_task *task, const tw_plan_node *node, const tw_input_ops *ops) {
    rows_input *r = TW_NEW(tw_job_arena(task->job), rows_input);
    if (!r) return NULL;
    tw_input_init(&r->input, task, ops, node);
    const tw_snapshot_split *at = task->job->options.restore ? tw_snapshot_find_split(task->job->options.restore, node->id, TW_STR("rows")) : NULL;
    if (at && at->position.length == 8) {
        tw_reader in = {at->position.data, at->position.data + 8, false};
        r->next = (int64_t)tw_read_u64(&in);
    }
    return &r->input;
}

tw_input *tw_values_make(tw_task *task, const tw_plan_node *values) { return make(task, values, &VALUES); }
tw_input *tw_side_scan_make(tw_task *task, const tw_plan_node *side) { return make(task, side, &SIDE_SCAN); }
