/* WATERMARK: the watermark after a row is the largest value of the declared expression so far in the row's source partition; the
 * operator's watermark is the lowest of its partitions'.
 *
 * Each batch is of one partition, whose running maximum lies in batch->split and is snapshotted with the partition's position by the source. A row's
 * own watermark is the running maximum just before it; the column is made only for batches in which some row is behind (its time at or under its
 * watermark), or when somebody reads it. With a row behind, and of a partition that the others have gone on without, the rows also take along whose
 * they are, for t$late. An empty batch says that a partition was discovered or has ended.
 *
 * Partitions that have ended or are idle hold nothing back. When all have, nothing moves: the end of input comes from the source. */
#include "operator/compact.h"
#include "operator/evaluation.h"

typedef struct watermark_operator {
    tw_operator op;
    tw_arena arena; /* of the batch */
    tw_evaluation *evaluation;
    tw_compactor compactor;
    int64_t *times, *marks, *row_watermark; /* room for a batch */
    tw_split_progress **row_split;          /* likewise */
    tw_split_progress *const *first;        /* head of the partitions of this task, once one is known */
    tw_batch out;
} watermark_operator;

static tw_status open_operator(tw_operator *op, tw_error *error) {
    watermark_operator *w = (watermark_operator *)op;
    const tw_plan_watermark *plan = &op->node->u.watermark;
    tw_mem *mem = op->task->mem;
    tw_arena_init(&w->arena, mem, 4096);
    w->evaluation = tw_calloc(mem, sizeof *w->evaluation);
    w->times = tw_malloc(mem, sizeof(int64_t) * TW_BATCH_ROWS);
    w->marks = tw_malloc(mem, sizeof(int64_t) * TW_BATCH_ROWS);
    w->row_watermark = tw_malloc(mem, sizeof(int64_t) * TW_BATCH_ROWS);
    w->row_split = tw_malloc(mem, sizeof *w->row_split * TW_BATCH_ROWS);
    if (!w->evaluation || !w->times || !w->marks || !w->row_watermark || !w->row_split ||
        tw_compactor_open(&w->compactor, mem, op->node->row->nfields) != TW_OK)
        return tw_fail(error, TW_E_NOMEM, "out of memory");
    if (plan->idle_ms) tw_timer_at(op, op->task->now_ms + plan->idle_ms);
    return tw_evaluation_open(w->evaluation, op, &w->arena, op->node->inputs[0]->row, &plan->expr, 1, error);
}

/* --- a batch's rows --- */

/* Milliseconds of every row's timestamp, the column's own where they lie so; nulls are `null`. */
static const int64_t *milliseconds(const tw_column *c, int32_t rows, int64_t null, int64_t *room) {
    if (c->phys == TW_PHYS_I64 && !c->validity && !c->constant) return c->values;
    const int64_t *narrow = c->values;
    const tw_ts *wide = c->values;
    for (int32_t i = 0; i < rows; i++) {
        int32_t at = c->constant ? 0 : i;
        room[i] = tw_column_null(c, at) ? null : c->phys == TW_PHYS_TS ? wide[at].ms : narrow[at];
    }
    return room;
}

/* Rows without a time leave, as they would fail the job in Flink. */
static tw_status drop_null_times(watermark_operator *w, const tw_batch *batch, tw_selection *rows) {
    const tw_column *c = &batch->columns[w->op.node->u.watermark.column];
    if (!c->validity && c->phys != TW_PHYS_NONE) return TW_OK;
    if (c->validity && !c->constant && tw_bits_all(c->validity, batch->rows)) return TW_OK;
    tw_error error;
    tw_fail_at(&error, TW_E_VALUE, w->op.node->pos, "the time attribute of a row must not be NULL");
    uint16_t *kept = w->evaluation->index;
    int32_t count = 0;
    for (int32_t k = 0; k < rows->count; k++) {
        uint16_t row = (uint16_t)tw_selected(rows, k);
        if (tw_column_null(c, row))
            TW_TRY(tw_row_failed(&w->op, batch, row, &error));
        else
            kept[count++] = row;
    }
    if (count < rows->count) *rows = (tw_selection){kept, count};
    return TW_OK;
}

static const int64_t *pick(const int64_t *values, tw_selection rows, int64_t *room) {
    if (!rows.index) return values;
    for (int32_t k = 0; k < rows.count; k++) room[k] = values[rows.index[k]]; /* in place: k <= index[k] */
    return room;
}

/* Raises *maximum over the rows; whether one of them is behind. */
static bool scan(const int64_t *times, const int64_t *marks, int32_t n, int64_t *maximum) {
    int64_t m = *maximum;
    bool behind = false;
    for (int32_t i = 0; i < n; i++) {
        behind |= times[i] <= m;
        m = marks[i] > m ? marks[i] : m;
    }
    *maximum = m;
    return behind;
}

static void fill_row_watermarks(watermark_operator *w, const int64_t *marks, int32_t n, int64_t m) {
    for (int32_t i = 0; i < n; i++) {
        w->row_watermark[i] = m;
        m = marks[i] > m ? marks[i] : m;
    }
}

static void name_rows(watermark_operator *w, tw_split_progress *split, int32_t n) {
    for (int32_t i = 0; i < n; i++) w->row_split[i] = split;
    w->out.row_split = w->row_split;
}

/* The batch as it is handed on, in w->out. */
static tw_status prepare(watermark_operator *w, const tw_batch *batch) {
    const tw_plan_watermark *plan = &w->op.node->u.watermark;
    tw_selection rows = {NULL, batch->rows};
    tw_column column;
    tw_arena_reset(&w->arena);
    TW_TRY(tw_evaluate(w->evaluation, batch, &rows, &column));
    TW_TRY(drop_null_times(w, batch, &rows));
    if (tw_compact(&w->compactor, &w->arena, batch, batch->columns, rows, &w->out) != TW_OK)
        return tw_fail(w->op.task->error, TW_E_NOMEM, "out of memory for rows without a time");
    if (rows.count == 0) return TW_OK;
    const int64_t *times = pick(milliseconds(&batch->columns[plan->column], batch->rows, 0, w->times), rows, w->times);
    const int64_t *marks = pick(milliseconds(&column, batch->rows, TW_WATERMARK_MIN, w->marks), rows, w->marks);
    int64_t before = batch->split->watermark;
    bool behind = scan(times, marks, rows.count, &batch->split->watermark);
    if (batch->split->raised) batch->split->raised(batch->split);
    w->out.row_watermark = NULL;
    if (behind || batch->split->been_idle) name_rows(w, batch->split, rows.count);
    if (!behind && !plan->rows_wanted) return TW_OK;
    fill_row_watermarks(w, marks, rows.count, before);
    w->out.row_watermark = w->row_watermark;
    return TW_OK;
}

/* --- the operator's watermark --- */

static int64_t merged(const watermark_operator *w) {
    int64_t lowest = TW_WATERMARK_MAX;
    for (const tw_split_progress *p = w->first ? *w->first : NULL; p; p = p->next)
        if (!p->ended && !p->idle && p->watermark < lowest) lowest = p->watermark;
    return lowest == TW_WATERMARK_MAX ? w->op.watermark_out : lowest;
}

static tw_status rise(watermark_operator *w) {
    int64_t lowest = merged(w);
    return lowest > w->op.watermark_out ? tw_emit_watermark(&w->op, lowest) : TW_OK;
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    watermark_operator *w = (watermark_operator *)op;
    if (!batch->split) return tw_fail(op->task->error, TW_E_INTERNAL, "rows of no source partition have come to a watermark");
    w->first = batch->split->first;
    if (batch->rows == 0) return rise(w);
    batch->split->idle = false;
    TW_TRY(prepare(w, batch));
    tw_status status = tw_emit(op, &w->out);
    if (status == TW_MORE || status == TW_BLOCKED) tw_pending(op);
    return status == TW_OK ? rise(w) : status;
}

static tw_status resume(tw_operator *op) { return rise((watermark_operator *)op); }

/* What is declared here takes the place of any watermark from below, but for the end. */
static tw_status watermark(tw_operator *op, int port, int64_t watermark) {
    return watermark == TW_WATERMARK_MAX ? tw_emit_watermark(op, watermark) : TW_OK;
}

/* Finds the partitions that have been silent for too long; comes again when the next one may be. Silent is what had nothing when it was asked: a
 * partition that nobody read, because the task was held up, is not idle. */
static tw_status timer(tw_operator *op, int64_t now_ms) {
    watermark_operator *w = (watermark_operator *)op;
    int64_t idle_ms = op->node->u.watermark.idle_ms;
    tw_timer_at(op, now_ms + idle_ms);
    for (tw_split_progress *p = w->first ? *w->first : NULL; p; p = p->next) {
        if (p->ended || p->idle) continue;
        int64_t until = p->silent_to_ms < now_ms ? p->silent_to_ms : now_ms, due = p->silent_from_ms + idle_ms;
        p->idle = until >= due;
        p->been_idle |= p->idle;
        if (!p->idle) tw_timer_at(op, due > now_ms ? due : now_ms + 1);
    }
    return rise(w);
}

static void close_operator(tw_operator *op) {
    watermark_operator *w = (watermark_operator *)op;
    tw_mem *mem = op->task->mem;
    if (w->evaluation) tw_evaluation_close(w->evaluation);
    tw_free(mem, w->evaluation, sizeof *w->evaluation);
    tw_free(mem, w->times, sizeof(int64_t) * TW_BATCH_ROWS);
    tw_free(mem, w->marks, sizeof(int64_t) * TW_BATCH_ROWS);
    tw_free(mem, w->row_watermark, sizeof(int64_t) * TW_BATCH_ROWS);
    tw_free(mem, w->row_split, sizeof *w->row_split * TW_BATCH_ROWS);
    tw_compactor_close(&w->compactor);
    if (w->arena.mem) tw_arena_free(&w->arena);
}

const tw_operator_ops TW_OPERATOR_WATERMARK = {.name = "watermark",
                                               .size = sizeof(watermark_operator),
                                               .open = open_operator,
                                               .push = push,
                                               .resume = resume,
                                               .watermark = watermark,
                                               .timer = timer,
                                               .close = close_operator};
