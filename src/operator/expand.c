/* EXPAND: every row once per grouping set, all sets of a row before the next row. Columns that a set does not group by are NULL in its rows.
 *
 * Expressions of all sets are evaluated once for the batch; output rows are then put together in batches of their own. Output row number p is set
 * p % nsets of input row p / nsets; `next` is the first not made yet. */
#include "expr/kernel.h"
#include "operator/evaluation.h"

typedef struct expand {
    tw_operator op;
    tw_arena arena; /* of the batch at hand */
    tw_arena room;  /* of what lives as long as the operator */
    tw_evaluation *evaluation;
    int32_t nsets, ncolumns;
    tw_column *evaluated;  /* set by set: ncolumns each */
    const tw_batch *batch; /* at hand */
    tw_selection rows;     /* of it, without those that failed */
    int64_t next, end;
    tw_column *columns; /* of `out`, with room for a full batch where they are flat */
    uint64_t **validity;
    int32_t *source; /* input row of each output row */
    int8_t *kinds;
    int64_t *row_watermark;
    tw_split_progress **row_split;
    uint64_t *source_pos;
    tw_batch out;
} expand;

static bool flat(const tw_column *c) { return c->phys < TW_PHYS_LIST; }

/* --- opening --- */

static tw_status make_room(expand *x) {
    x->evaluated = TW_NEW_ARRAY(&x->room, tw_column, x->nsets * x->ncolumns);
    x->columns = TW_NEW_ARRAY(&x->room, tw_column, x->ncolumns);
    x->validity = TW_NEW_ARRAY(&x->room, uint64_t *, x->ncolumns);
    x->source = TW_NEW_ARRAY(&x->room, int32_t, TW_BATCH_ROWS);
    x->kinds = TW_NEW_ARRAY(&x->room, int8_t, TW_BATCH_ROWS);
    x->row_watermark = TW_NEW_ARRAY(&x->room, int64_t, TW_BATCH_ROWS);
    x->row_split = TW_NEW_ARRAY(&x->room, tw_split_progress *, TW_BATCH_ROWS);
    x->source_pos = TW_NEW_ARRAY(&x->room, uint64_t, TW_BATCH_ROWS);
    if (!x->evaluated || !x->columns || !x->validity || !x->source || !x->kinds || !x->row_watermark || !x->row_split || !x->source_pos)
        return TW_E_NOMEM;
    for (int32_t c = 0; c < x->ncolumns; c++) {
        const tw_type *type = x->op.node->row->fields[c].type;
        x->columns[c].phys = tw_type_phys(type);
        if (!flat(&x->columns[c])) continue;
        TW_TRY(tw_column_alloc(&x->room, type, TW_BATCH_ROWS, true, &x->columns[c]));
        x->validity[c] = x->columns[c].validity;
    }
    return TW_OK;
}

static tw_status open_operator(tw_operator *op, tw_error *error) {
    expand *x = (expand *)op;
    const tw_plan_expand *plan = &op->node->u.expand;
    tw_arena_init(&x->arena, op->task->mem, 4096);
    tw_arena_init(&x->room, op->task->mem, 4096);
    x->nsets = plan->nsets;
    x->ncolumns = op->node->row->nfields;
    x->evaluation = TW_NEW(&x->room, tw_evaluation);
    const tw_expr **exprs = TW_NEW_ARRAY(&x->room, const tw_expr *, x->nsets * x->ncolumns);
    if (!x->evaluation || !exprs || make_room(x) != TW_OK) return tw_fail(error, TW_E_NOMEM, "out of memory");
    for (int32_t s = 0; s < x->nsets; s++)
        for (int32_t c = 0; c < x->ncolumns; c++) exprs[s * x->ncolumns + c] = plan->project[s][c];
    return tw_evaluation_open(x->evaluation, op, &x->arena, op->node->inputs[0]->row, exprs, x->nsets * x->ncolumns, error);
}

/* --- making output rows --- */

#define SPREAD(T) \
    for (int32_t k = first; k < n; k += x->nsets) ((T *)to->values)[k] = ((const T *)from->values)[from->constant ? 0 : x->source[k]]

/* Values of one set into every nsets-th row, from `first` on. */
static void spread(const expand *x, const tw_column *from, tw_column *to, int32_t first, int32_t n) {
    if (from->phys == TW_PHYS_NONE || (from->constant && tw_column_null(from, 0))) {
        int32_t width = tw_phys_width(to->phys);
        for (int32_t k = first; k < n && to->validity; k += x->nsets) tw_bit_clear(to->validity, k);
        for (int32_t k = first; k < n; k += x->nsets) memset((char *)to->values + (size_t)width * (size_t)k, 0, (size_t)width);
        return;
    }
    switch (tw_phys_width(to->phys)) {
    case 1: SPREAD(uint8_t); break;
    case 2: SPREAD(uint16_t); break;
    case 4: SPREAD(uint32_t); break;
    case 8: SPREAD(uint64_t); break;
    case 16: SPREAD(tw_sview); break;
    default: break;
    }
    if (from->validity && !from->constant)
        for (int32_t k = first; k < n; k += x->nsets) tw_bit_put(to->validity, k, tw_bit_get(from->validity, x->source[k]));
}

static tw_status make_nested(expand *x, int32_t c, int32_t n) {
    tw_eval eval = {.rows = n, .arena = &x->arena, .mem = x->op.task->mem};
    const tw_column **columns = tw_arena_alloc(&x->arena, sizeof(void *) * (size_t)n);
    if (!columns) return TW_E_NOMEM;
    for (int32_t k = 0; k < n; k++) columns[k] = &x->evaluated[(x->next + k) % x->nsets * x->ncolumns + c];
    return tw_column_pick(&eval, x->op.node->row->fields[c].type, columns, x->source, n, &x->columns[c]) ? TW_OK : TW_E_NOMEM;
}

static tw_status make_column(expand *x, int32_t c, int32_t n) {
    if (!flat(&x->columns[c])) return make_nested(x, c, n);
    tw_column *to = &x->columns[c];
    to->validity = x->validity[c];
    if (to->validity) tw_bits_fill(to->validity, n, true);
    for (int32_t k = 0; k < x->nsets && k < n; k++) spread(x, &x->evaluated[(x->next + k) % x->nsets * x->ncolumns + c], to, k, n);
    return TW_OK;
}

/* Output rows [next, next + n) as x->out. */
static tw_status make_batch(expand *x, int32_t n) {
    const tw_batch *in = x->batch;
    int64_t row = x->next / x->nsets;
    int32_t set = (int32_t)(x->next % x->nsets);
    for (int32_t k = 0; k < n; k++) {
        x->source[k] = tw_selected(&x->rows, (int32_t)row);
        if (++set == x->nsets) row++, set = 0;
    }
    for (int32_t c = 0; c < x->ncolumns; c++) TW_TRY(make_column(x, c, n));
    for (int32_t k = 0; in->kinds && k < n; k++) x->kinds[k] = in->kinds[x->source[k]];
    for (int32_t k = 0; in->row_watermark && k < n; k++) x->row_watermark[k] = in->row_watermark[x->source[k]];
    for (int32_t k = 0; in->row_split && k < n; k++) x->row_split[k] = in->row_split[x->source[k]];
    for (int32_t k = 0; in->source_pos && k < n; k++) x->source_pos[k] = in->source_pos[x->source[k]];
    x->out = (tw_batch){.rows = n,
                        .ncolumns = x->ncolumns,
                        .columns = x->columns,
                        .kinds = in->kinds ? x->kinds : NULL,
                        .row_watermark = in->row_watermark ? x->row_watermark : NULL,
                        .row_split = in->row_split ? x->row_split : NULL,
                        .arrival_ns = in->arrival_ns,
                        .source_pos = in->source_pos ? x->source_pos : NULL,
                        .split = in->split};
    return TW_OK;
}

static tw_status hand_out(expand *x) {
    while (x->next < x->end) {
        int32_t n = x->end - x->next < TW_BATCH_ROWS ? (int32_t)(x->end - x->next) : TW_BATCH_ROWS;
        if (make_batch(x, n) != TW_OK) return tw_fail(x->op.task->error, TW_E_NOMEM, "out of memory for the rows of grouping sets");
        x->next += n;
        tw_status status = tw_emit(&x->op, &x->out);
        if (status == TW_OK && x->next < x->end && tw_yield(&x->op)) status = TW_MORE;
        if (status == TW_OK) continue;
        if (x->next < x->end && (status == TW_MORE || status == TW_BLOCKED)) tw_pending(&x->op);
        return status;
    }
    return TW_OK;
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    expand *x = (expand *)op;
    tw_arena_reset(&x->arena);
    x->batch = batch;
    x->rows = (tw_selection){NULL, batch->rows};
    TW_TRY(tw_evaluate(x->evaluation, batch, &x->rows, x->evaluated));
    x->next = 0;
    x->end = (int64_t)x->rows.count * x->nsets;
    return hand_out(x);
}

static tw_status resume(tw_operator *op) { return hand_out((expand *)op); }

static void close_operator(tw_operator *op) {
    expand *x = (expand *)op;
    if (x->evaluation) tw_evaluation_close(x->evaluation);
    if (x->arena.mem) tw_arena_free(&x->arena);
    if (x->room.mem) tw_arena_free(&x->room);
}

const tw_operator_ops TW_OPERATOR_EXPAND = {.name = "expand",
                                            .size = sizeof(expand),
                                            .open = open_operator,
                                            .push = push,
                                            .resume = resume,
                                            .watermark = tw_watermark_default,
                                            .close = close_operator};
