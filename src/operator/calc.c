/* CALC: filter and projection, fused. The filter makes a selection; only selected rows are projected; only projected columns are
 * gathered, and only when rows were left out. A projection that is a plain column costs nothing when no row is left out.
 *
 * Changes of a row are filtered one by one, as Flink does: of an update whose new row does not pass, the -U alone goes on. */
#include "operator/compact.h"
#include "operator/evaluation.h"

typedef struct calc {
    tw_operator op;
    tw_arena arena;                  /* of the batch */
    tw_evaluation *filter, *project; /* filter NULL: every row passes */
    tw_column *columns;              /* of the projection, rows in place */
    tw_compactor compactor;
    tw_batch out;
} calc;

static tw_status make(calc *c, const tw_expr *const *exprs, int n, tw_evaluation **out, tw_error *error) {
    *out = tw_calloc(c->op.task->mem, sizeof **out);
    if (!*out) return tw_fail(error, TW_E_NOMEM, "out of memory");
    return tw_evaluation_open(*out, &c->op, &c->arena, c->op.node->inputs[0]->row, exprs, n, error);
}

static void discard(calc *c, tw_evaluation *e) {
    if (!e) return;
    tw_evaluation_close(e);
    tw_free(c->op.task->mem, e, sizeof *e);
}

static tw_status open_operator(tw_operator *op, tw_error *error) {
    calc *c = (calc *)op;
    const tw_plan_calc *plan = &op->node->u.calc;
    tw_arena_init(&c->arena, op->task->mem, 4096);
    c->columns = tw_calloc(op->task->mem, sizeof *c->columns * ((size_t)plan->nproject + 1));
    if (!c->columns || tw_compactor_open(&c->compactor, op->task->mem, plan->nproject) != TW_OK) return tw_fail(error, TW_E_NOMEM, "out of memory");
    if (plan->filter) TW_TRY(make(c, &plan->filter, 1, &c->filter, error));
    return make(c, plan->project, plan->nproject, &c->project, error);
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    calc *c = (calc *)op;
    tw_selection rows = {NULL, batch->rows};
    tw_arena_reset(&c->arena);
    if (c->filter) TW_TRY(tw_evaluate_filter(c->filter, batch, &rows));
    TW_TRY(tw_evaluate(c->project, batch, &rows, c->columns));
    if (rows.count == 0) return TW_OK;
    if (tw_compact(&c->compactor, &c->arena, batch, c->columns, rows, &c->out) != TW_OK)
        return tw_fail(op->task->error, TW_E_NOMEM, "out of memory for the rows of a filter");
    return tw_emit(op, &c->out);
}

static void close_operator(tw_operator *op) {
    calc *c = (calc *)op;
    discard(c, c->filter);
    discard(c, c->project);
    tw_compactor_close(&c->compactor);
    tw_free(op->task->mem, c->columns, sizeof *c->columns * ((size_t)op->node->u.calc.nproject + 1));
    if (c->arena.mem) tw_arena_free(&c->arena);
}

const tw_operator_ops TW_OPERATOR_CALC = {
    .name = "calc", .size = sizeof(calc), .open = open_operator, .push = push, .watermark = tw_watermark_default, .close = close_operator};
