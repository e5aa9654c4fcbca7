/* COUNT_WINDOW by itself: each row with the number of its window behind its columns. The rows are handed on as they are; of a key nothing is kept
 * but how many it has had. */
#include "operator/chunk_head.h"

typedef struct count_window {
    tw_operator op;
    const tw_window *plan;
    tw_arena arena;
    tw_key_codec codec;
    tw_keys keys;
    tw_table *table; /* payload: rows of the key, i64 */
    const tw_column **key_columns;
    tw_element **elements;
    tw_column *columns; /* the input's, then window_id */
    tw_batch out;
} count_window;

static tw_status out_of_memory(count_window *w) {
    return tw_fail_at(w->op.task->error, TW_E_NOMEM, w->op.node->pos, "out of memory in a count window");
}

static tw_status open_parts(count_window *w) {
    tw_mem *mem = w->op.task->mem;
    const tw_type *input = w->op.node->inputs[0]->row;
    int32_t nkeys = w->plan->npartition;
    const tw_type **types = TW_NEW_ARRAY(&w->arena, const tw_type *, nkeys + 1);
    w->key_columns = TW_NEW_ARRAY(&w->arena, const tw_column *, nkeys + 1);
    w->elements = TW_NEW_ARRAY(&w->arena, tw_element *, TW_BATCH_ROWS);
    w->columns = TW_NEW_ARRAY(&w->arena, tw_column, input->nfields + 1);
    int64_t *numbers = TW_NEW_ARRAY(&w->arena, int64_t, TW_BATCH_ROWS);
    if (!types || !w->key_columns || !w->elements || !w->columns || !numbers) return TW_E_NOMEM;
    for (int32_t k = 0; k < nkeys; k++) types[k] = input->fields[w->plan->partition[k]].type;
    tw_key_codec_init(&w->codec, types, nkeys);
    const tw_type *number = w->op.node->row->fields[input->nfields].type;
    w->columns[input->nfields] = (tw_column){.type = number, .phys = tw_type_phys(number), .values = numbers};
    return tw_table_open(mem, &w->codec, sizeof(int64_t), NULL, 0, &w->table);
}

static tw_status open_window(tw_operator *op, tw_error *error) {
    count_window *w = (count_window *)op;
    w->plan = &op->node->u.window;
    tw_arena_init(&w->arena, op->task->mem, 65536);
    tw_keys_init(&w->keys, op->task->mem);
    tw_status status = open_parts(w);
    return status == TW_OK ? TW_OK : tw_fail_at(error, status, op->node->pos, "out of memory");
}

static void close_window(tw_operator *op) {
    count_window *w = (count_window *)op;
    if (!w->arena.mem) return;
    tw_table_close(w->table);
    tw_keys_free(&w->keys);
    tw_arena_free(&w->arena);
}

static tw_status number_rows(count_window *w, const tw_batch *batch) {
    int64_t *numbers = w->columns[batch->ncolumns].values;
    for (int32_t k = 0; k < w->plan->npartition; k++) w->key_columns[k] = &batch->columns[w->plan->partition[k]];
    TW_TRY(tw_keys_encode(&w->keys, &w->codec, w->key_columns, (tw_selection){NULL, batch->rows}));
    TW_TRY(tw_table_upsert(w->table, &w->keys, w->elements, NULL));
    for (int32_t row = 0; row < batch->rows; row++) {
        TW_TRY(tw_table_touch(w->table, w->elements[row], tw_table_generation(w->table)));
        int64_t *rows = (int64_t *)tw_table_payload(w->table, w->elements[row]);
        numbers[row] = (*rows)++ / w->plan->size_ms;
    }
    return TW_OK;
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    count_window *w = (count_window *)op;
    if (number_rows(w, batch) != TW_OK) return out_of_memory(w);
    memcpy(w->columns, batch->columns, sizeof *w->columns * (size_t)batch->ncolumns);
    w->out = *batch;
    w->out.columns = w->columns;
    w->out.ncolumns++;
    return tw_emit(op, &w->out);
}

static tw_status snapshot(tw_operator *op, tw_snapshot_out *out) {
    count_window *w = (count_window *)op;
    return tw_chunk_table(w->table, out) == TW_OK ? TW_OK : out_of_memory(w);
}

static tw_status restore(tw_operator *op, tw_reader *chunk, tw_error *error) {
    count_window *w = (count_window *)op;
    tw_chunk_record record;
    while (tw_chunk_next(chunk, &record))
        if (tw_owns_group(op->task, record.group)) TW_TRY(tw_table_apply(w->table, &record, error));
    return chunk->failed ? tw_fail(error, TW_E_CORRUPT, "state chunk of a count window is damaged") : TW_OK;
}

const tw_operator_ops TW_OPERATOR_COUNT_WINDOW = {.name = "count_window",
                                                  .size = sizeof(count_window),
                                                  .open = open_window,
                                                  .push = push,
                                                  .watermark = tw_watermark_default,
                                                  .snapshot = snapshot,
                                                  .restore = restore,
                                                  .close = close_window};
