/* See evaluation.h. */
#include "operator/evaluation.h"

/* Of so many failed rows in a batch each gets its own message, at the cost of one more evaluation a row; beyond, all get the first one's. */
enum { OWN_MESSAGES = 64 };

tw_status tw_evaluation_open(tw_evaluation *e, tw_operator *op, tw_arena *arena, const tw_type *input, const tw_expr *const *exprs, int n,
                             tw_error *error) {
    e->op = op;
    e->arena = arena;
    return tw_program_open(op->task->mem, op->task->session, input, exprs, n, &e->program, error);
}

void tw_evaluation_close(tw_evaluation *e) {
    if (e->program) tw_program_close(e->program);
    e->program = NULL;
}

static tw_eval eval_of(tw_evaluation *e, const tw_batch *batch, tw_row_errors *errors) {
    const tw_task_context *task = e->op->task;
    return (tw_eval){.session = task->session,
                     .rows = batch->rows,
                     .row_watermark = batch->row_watermark,
                     .now_ms = task->now_ms,
                     .arena = e->arena,
                     .errors = errors,
                     .mem = task->mem};
}

static void forget(tw_row_errors *errors) {
    memset(errors->bits, 0, sizeof errors->bits);
    errors->count = 0;
    errors->first_row = -1;
}

/* Why `row` fails; leaves `error` as it is when the row does not fail by itself. */
static void explain(tw_evaluation *e, const tw_batch *batch, int32_t row, tw_column *out, tw_error *error) {
    uint16_t one = (uint16_t)row, passed;
    int32_t count;
    tw_error own;
    tw_eval eval = eval_of(e, batch, NULL);
    tw_selection rows = {&one, 1};
    tw_status status = out ? tw_program_run(e->program, &eval, batch, rows, out, &own)
                           : tw_program_filter(e->program, 0, &eval, batch, rows, &passed, &count, &own);
    if (status != TW_OK) *error = own;
}

tw_status tw_row_failed(tw_operator *op, const tw_batch *batch, int32_t row, const tw_error *error) {
    if (op->task->plan->fail_on_error) {
        *op->task->error = *error;
        return error->status;
    }
    op->task->side->failed(op->task->side->context, op, batch, row, error);
    return TW_OK;
}

/* Reports the failed among `tried`. `out` as in explain. */
static tw_status report(tw_evaluation *e, const tw_batch *batch, tw_selection tried, tw_column *out) {
    for (int32_t k = 0; k < tried.count; k++) {
        int32_t row = tw_selected(&tried, k);
        if (!tw_bit_get(e->errors.bits, row)) continue;
        tw_error error = e->errors.first;
        if (e->errors.count <= OWN_MESSAGES && row != e->errors.first_row) explain(e, batch, row, out, &error);
        TW_TRY(tw_row_failed(e->op, batch, row, &error));
    }
    return TW_OK;
}

static tw_selection without_failed(tw_evaluation *e, tw_selection rows) {
    int32_t count = 0;
    for (int32_t k = 0; k < rows.count; k++) {
        uint16_t row = (uint16_t)tw_selected(&rows, k);
        e->index[count] = row;
        count += !tw_bit_get(e->errors.bits, row);
    }
    return (tw_selection){e->index, count};
}

/* Evaluated again without the failed rows, until none fails: explaining them wrote over the program's scratch. */
tw_status tw_evaluate(tw_evaluation *e, const tw_batch *batch, tw_selection *rows, tw_column *out) {
    bool fail = e->op->task->plan->fail_on_error;
    while (rows->count > 0) {
        tw_eval eval = eval_of(e, batch, fail ? NULL : &e->errors);
        if (!fail) forget(&e->errors);
        TW_TRY(tw_program_run(e->program, &eval, batch, *rows, out, e->op->task->error));
        if (fail || e->errors.count == 0) break;
        TW_TRY(report(e, batch, *rows, out));
        *rows = without_failed(e, *rows);
    }
    return TW_OK;
}

tw_status tw_evaluate_filter(tw_evaluation *e, const tw_batch *batch, tw_selection *rows) {
    bool fail = e->op->task->plan->fail_on_error;
    tw_selection tried = *rows;
    int32_t count;
    tw_eval eval = eval_of(e, batch, fail ? NULL : &e->errors);
    if (!fail) forget(&e->errors);
    TW_TRY(tw_program_filter(e->program, 0, &eval, batch, tried, e->index, &count, e->op->task->error));
    *rows = (tw_selection){e->index, count};
    if (!fail && e->errors.count > 0) {
        TW_TRY(report(e, batch, tried, NULL));
        *rows = without_failed(e, *rows);
    }
    if (rows->count == batch->rows) rows->index = NULL;
    return TW_OK;
}
