/* LIMIT: rows OFFSET .. OFFSET + LIMIT - 1 by arrival, of an input that only inserts. One task; its state is how many rows have come. */
#include "operator/compact.h"
#include "operator/operator.h"

typedef struct limit_operator {
    tw_operator op;
    int64_t seen; /* rows that have come, up to the last that counts */
    int64_t offset;
    int64_t end;    /* offset + limit; INT64_MAX: no limit */
    tw_arena arena; /* of the batch */
    tw_compactor compactor;
    tw_batch out;
} limit_operator;

static tw_status open_operator(tw_operator *op, tw_error *error) {
    limit_operator *l = (limit_operator *)op;
    const tw_plan_sort *plan = &op->node->u.sort;
    l->offset = plan->offset;
    l->end = plan->limit < 0 || plan->limit > INT64_MAX - plan->offset ? INT64_MAX : plan->offset + plan->limit;
    tw_arena_init(&l->arena, op->task->mem, 1024);
    if (tw_compactor_open(&l->compactor, op->task->mem, op->node->row->nfields) == TW_OK) return TW_OK;
    return tw_fail(error, TW_E_NOMEM, "out of memory");
}

/* Hands on rows [from, to) of the batch. */
static tw_status emit_part(limit_operator *l, const tw_batch *batch, int32_t from, int32_t to) {
    uint16_t index[TW_BATCH_ROWS];
    for (int32_t i = from; i < to; i++) index[i - from] = (uint16_t)i;
    tw_arena_reset(&l->arena);
    if (tw_compact(&l->compactor, &l->arena, batch, batch->columns, (tw_selection){index, to - from}, &l->out) != TW_OK)
        return tw_fail(l->op.task->error, TW_E_NOMEM, "out of memory for the rows of a limit");
    return tw_emit(&l->op, &l->out);
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    limit_operator *l = (limit_operator *)op;
    int64_t left = l->end - l->seen, skip = l->offset > l->seen ? l->offset - l->seen : 0;
    int32_t to = left < batch->rows ? (int32_t)left : batch->rows, from = skip < to ? (int32_t)skip : to;
    l->seen += to;
    if (from == to) return TW_OK;
    return from == 0 && to == batch->rows ? tw_emit(op, batch) : emit_part(l, batch, from, to);
}

static tw_status snapshot(tw_operator *op, tw_snapshot_out *out) {
    const limit_operator *l = (const limit_operator *)op;
    tw_chunk_put(out->chunk, 0, 0, TW_STR(""), (tw_str){(const char *)&l->seen, sizeof l->seen});
    return TW_OK;
}

static tw_status restore(tw_operator *op, tw_reader *chunk, tw_error *error) {
    limit_operator *l = (limit_operator *)op;
    tw_chunk_record record;
    while (tw_chunk_next(chunk, &record)) {
        if (!tw_owns_group(op->task, record.group)) continue;
        if (record.payload.length != sizeof l->seen) return tw_fail(error, TW_E_CORRUPT, "the state of a limit cannot be read");
        memcpy(&l->seen, record.payload.data, sizeof l->seen);
    }
    return chunk->failed ? tw_fail(error, TW_E_CORRUPT, "the state of a limit cannot be read") : TW_OK;
}

static void close_operator(tw_operator *op) {
    limit_operator *l = (limit_operator *)op;
    tw_compactor_close(&l->compactor);
    if (l->arena.mem) tw_arena_free(&l->arena);
}

const tw_operator_ops TW_OPERATOR_LIMIT = {.name = "limit",
                                           .size = sizeof(limit_operator),
                                           .open = open_operator,
                                           .push = push,
                                           .watermark = tw_watermark_default,
                                           .snapshot = snapshot,
                                           .restore = restore,
                                           .close = close_operator};
