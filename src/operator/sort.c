/* SORT: by an ascending time attribute, up to each watermark; or the whole of a bounded input at its end. One task.
 *
 * Rows lie in a state table. An element's key is [sort key bytes, number, the row's columns]: the number tells rows of an append input apart and
 * is 0 under deletes, where equal rows are one element with a count, that may be negative while a delete has overtaken its insert.
 *
 * The order is made by a heap of the elements, in slices:
 *
 *     by time         the smallest first; kept with each row; emptied up to the watermark
 *     LIMIT, inserts  the largest first, of the OFFSET + LIMIT smallest rows; turned round at the end
 *     else            made at the end, from the table
 *
 * work: GATHER (table -> heap) -> ORDER (heap) -> EMIT -> IDLE; by time it is EMIT alone. In IDLE the table is the state, and the heap follows it
 * (after a restore it is made again before it is used). */
#include "operator/operator.h"
#include "operator/sort_heap.h"
#include "operator/sort_key.h"

typedef enum sort_work { IDLE, GATHER, ORDER, EMIT } sort_work;

typedef struct sort_kept { /* what is kept beside the table */
    int64_t arrivals;      /* rows that have come: the next one's number */
    int64_t given;         /* rows taken out in order, those of OFFSET included */
} sort_kept;

typedef struct sort_operator {
    tw_operator op;
    tw_arena room; /* of the arrays below */
    bool append, by_time;
    int64_t offset, end; /* rows offset .. end - 1 of the order are wanted; end INT64_MAX: all */
    bool keeps_heap, stale;
    tw_key_codec codec, row_codec; /* of keys; of the row's columns behind the sort key and the number */
    tw_table *table;
    tw_sort_heap heap;
    sort_kept kept;
    sort_work work;
    uint32_t cursor; /* GATHER: of the table */
    int64_t until;   /* EMIT: rows up to this time, and the watermark then handed on */
    tw_builder out;
    int32_t *out_columns;
    /* scratch of a batch */
    tw_keys keys;
    tw_buf bytes;    /* sort keys */
    size_t *offsets; /* of each row's */
    tw_sview *views;
    int64_t *numbers;
    uint16_t *rows;
    const tw_column **columns;
    tw_element **elements;
    uint64_t *inserted;
} sort_operator;

static tw_status no_memory(sort_operator *s) { return tw_fail(s->op.task->error, TW_E_NOMEM, "out of memory for the rows of a sort"); }

static const tw_type KEY_BYTES = {.kind = TW_VARBINARY, .length = TW_LENGTH_MAX}, NUMBER = {.kind = TW_BIGINT};

/* --- opening --- */

static bool make_scratch(sort_operator *s, int ncolumns) {
    s->offsets = TW_NEW_ARRAY(&s->room, size_t, TW_BATCH_ROWS + 1);
    s->views = TW_NEW_ARRAY(&s->room, tw_sview, TW_BATCH_ROWS);
    s->numbers = TW_NEW_ARRAY(&s->room, int64_t, TW_BATCH_ROWS);
    s->rows = TW_NEW_ARRAY(&s->room, uint16_t, TW_BATCH_ROWS);
    s->columns = TW_NEW_ARRAY(&s->room, const tw_column *, ncolumns + 2);
    s->elements = TW_NEW_ARRAY(&s->room, tw_element *, TW_BATCH_ROWS);
    s->inserted = TW_NEW_ARRAY(&s->room, uint64_t, TW_BATCH_ROWS / 64);
    s->out_columns = TW_NEW_ARRAY(&s->room, int32_t, ncolumns + 1);
    for (int c = 0; s->out_columns && c < ncolumns; c++) s->out_columns[c] = c;
    return s->offsets && s->views && s->numbers && s->rows && s->columns && s->elements && s->inserted && s->out_columns;
}

static bool make_state(sort_operator *s) {
    const tw_type *row = s->op.node->row;
    const tw_type **types = TW_NEW_ARRAY(&s->room, const tw_type *, row->nfields + 2);
    if (!types) return false;
    types[0] = &KEY_BYTES;
    types[1] = &NUMBER;
    for (int c = 0; c < row->nfields; c++) types[c + 2] = row->fields[c].type;
    tw_key_codec_init(&s->codec, types, row->nfields + 2);
    tw_key_codec_init(&s->row_codec, types + 2, row->nfields);
    s->row_codec.fixed = false; /* as it lies in a key of the other */
    if (tw_table_open(s->op.task->mem, &s->codec, sizeof(tw_sort_payload), NULL, 0, &s->table) != TW_OK) return false;
    s->heap.table = s->table;
    return tw_builder_open(&s->out, s->op.task->mem, row, TW_BATCH_ROWS) == TW_OK;
}

static tw_status open_operator(tw_operator *op, tw_error *error) {
    sort_operator *s = (sort_operator *)op;
    const tw_plan_sort *plan = &op->node->u.sort;
    tw_mem *mem = op->task->mem;
    s->append = op->node->inputs[0]->changelog == TW_APPEND;
    s->by_time = plan->by_time;
    s->offset = plan->offset;
    s->end = plan->limit < 0 || plan->limit > INT64_MAX - plan->offset ? INT64_MAX : plan->offset + plan->limit;
    s->keeps_heap = s->by_time || (s->append && s->end != INT64_MAX);
    s->until = TW_WATERMARK_MIN;
    s->heap.mem = mem;
    s->heap.largest_first = !s->by_time && s->keeps_heap;
    tw_arena_init(&s->room, mem, 4096);
    tw_keys_init(&s->keys, mem);
    tw_buf_init(&s->bytes, mem, 0);
    if (s->by_time && !s->append) return tw_fail(error, TW_E_UNSUPPORTED, "a sort by time takes inserts only");
    return make_scratch(s, op->node->row->nfields) && make_state(s) ? TW_OK : tw_fail(error, TW_E_NOMEM, "out of memory");
}

/* --- rows coming in --- */

static int64_t time_of(const sort_operator *s, const tw_batch *batch, int32_t row) {
    const tw_column *c = &batch->columns[s->op.node->u.sort.keys[0].column];
    if (tw_column_null(c, row)) return TW_WATERMARK_MIN;
    int32_t at = c->constant ? 0 : row;
    return c->phys == TW_PHYS_TS ? ((const tw_ts *)c->values)[at].ms : ((const int64_t *)c->values)[at];
}

/* Rows that are not late, in s->rows; a late one is at or under its own watermark, as for Flink's sort. */
static int32_t rows_in_time(sort_operator *s, const tw_batch *batch) {
    int32_t count = 0;
    for (int32_t i = 0; i < batch->rows; i++) {
        if (s->by_time && batch->row_watermark && time_of(s, batch, i) <= batch->row_watermark[i]) {
            const tw_side_outputs *side = s->op.task->side;
            side->late(side->context, &s->op, batch, i, batch->row_watermark[i], TW_STR(""));
            continue;
        }
        s->rows[count++] = (uint16_t)i;
    }
    return count;
}

static bool heap_is_full(const sort_operator *s) { return s->heap.largest_first && s->heap.count >= s->end; }

/* Writes the sort keys of rows s->rows[0..count) and leaves out those that cannot be among the first `end` rows any more. */
static tw_status make_sort_keys(sort_operator *s, const tw_batch *batch, int32_t *count) {
    const tw_plan_sort *plan = &s->op.node->u.sort;
    int32_t kept = 0;
    tw_buf_clear(&s->bytes);
    for (int32_t k = 0; k < *count; k++) {
        s->offsets[kept] = s->bytes.length;
        tw_sort_key_write(&s->bytes, plan->keys, plan->nkeys, batch, s->rows[k]);
        if (s->bytes.failed) return TW_E_NOMEM;
        tw_str key = {s->bytes.data + s->offsets[kept], s->bytes.length - s->offsets[kept]};
        if (heap_is_full(s) && tw_sort_heap_behind_top(&s->heap, key)) {
            s->bytes.length = s->offsets[kept];
            continue;
        }
        s->rows[kept++] = s->rows[k];
    }
    s->offsets[kept] = s->bytes.length;
    for (int32_t k = 0; k < kept; k++) /* only now: the buffer has moved as it grew */
        s->views[s->rows[k]] = tw_sview_make(s->bytes.data + s->offsets[k], s->offsets[k + 1] - s->offsets[k]);
    *count = kept;
    return TW_OK;
}

/* The elements of the rows, in s->elements. */
static tw_status find_elements(sort_operator *s, const tw_batch *batch, int32_t count) {
    tw_column key = {.type = &KEY_BYTES, .phys = TW_PHYS_STR, .values = s->views};
    tw_column number = {.type = &NUMBER, .phys = TW_PHYS_I64, .values = s->numbers};
    for (int32_t k = 0; k < count; k++) s->numbers[s->rows[k]] = s->append ? s->kept.arrivals + k : 0;
    s->columns[0] = &key;
    s->columns[1] = &number;
    for (int32_t c = 0; c < batch->ncolumns; c++) s->columns[c + 2] = &batch->columns[c];
    TW_TRY(tw_keys_encode(&s->keys, &s->codec, s->columns, (tw_selection){s->rows, count}));
    return tw_table_upsert(s->table, &s->keys, s->elements, s->inserted);
}

static tw_status count_row(sort_operator *s, const tw_batch *batch, int32_t k) {
    tw_element *e = s->elements[k];
    tw_sort_payload *payload = (tw_sort_payload *)tw_table_payload(s->table, e);
    TW_TRY(tw_table_touch(s->table, e, tw_table_generation(s->table)));
    if (tw_bit_get(s->inserted, k)) {
        payload->arrival = s->kept.arrivals;
        payload->time_ms = s->by_time ? time_of(s, batch, s->rows[k]) : 0;
    }
    s->kept.arrivals++;
    payload->count += batch->kinds ? tw_change_sign(batch->kinds[s->rows[k]]) : 1;
    return TW_OK;
}

/* Rows whose inserts and deletes are equal are gone. */
static tw_status remove_cancelled(sort_operator *s, int32_t count) {
    uint32_t generation = tw_table_generation(s->table);
    for (int32_t k = 0; k < count; k++) {
        tw_element *e = s->elements[k];
        if (e->generation != generation) continue; /* touched by count_row: so it was removed for an earlier row of the batch */
        if (((tw_sort_payload *)tw_table_payload(s->table, e))->count == 0) TW_TRY(tw_table_remove(s->table, e));
    }
    return TW_OK;
}

static tw_status into_heap(sort_operator *s, int32_t count) {
    for (int32_t k = 0; k < count; k++) {
        TW_TRY(tw_sort_heap_push(&s->heap, s->elements[k]));
        if (!s->heap.largest_first || s->heap.count <= s->end) continue;
        tw_element *last = tw_sort_heap_top(&s->heap);
        tw_sort_heap_pop(&s->heap);
        TW_TRY(tw_table_remove(s->table, last));
    }
    return TW_OK;
}

static tw_status add_rows(sort_operator *s, const tw_batch *batch, int32_t count) {
    TW_TRY(make_sort_keys(s, batch, &count));
    if (count == 0) return TW_OK;
    TW_TRY(find_elements(s, batch, count));
    for (int32_t k = 0; k < count; k++) TW_TRY(count_row(s, batch, k));
    return s->keeps_heap ? into_heap(s, count) : s->append ? TW_OK : remove_cancelled(s, count);
}

/* The heap of a restored table. */
static tw_status refresh_heap(sort_operator *s) {
    uint32_t cursor = 0;
    s->stale = false;
    for (tw_element *e; (e = tw_table_next(s->table, &cursor)) != NULL;) TW_TRY(tw_sort_heap_append(&s->heap, e));
    tw_sort_heap_reorder(&s->heap, s->heap.largest_first);
    while (!tw_sort_heap_order(&s->heap)) {}
    return TW_OK;
}

static bool all_given(const sort_operator *s) { return s->kept.given >= s->end; }

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    sort_operator *s = (sort_operator *)op;
    if (all_given(s)) return TW_OK;
    if (s->stale && s->keeps_heap && refresh_heap(s) != TW_OK) return no_memory(s);
    int32_t count = rows_in_time(s, batch);
    return add_rows(s, batch, count) == TW_OK ? TW_OK : no_memory(s);
}

/* --- rows going out --- */

/* Takes copies of the top element into the output, as far as there is room and they are wanted. */
static tw_status take(sort_operator *s, tw_element *e) {
    tw_sort_payload *payload = (tw_sort_payload *)tw_table_payload(s->table, e);
    tw_str key = tw_table_key(s->table, e), sort_key = tw_sort_key_of(key);
    size_t head = (size_t)(sort_key.data - key.data) + sort_key.length + 9; /* the number has a null byte and eight */
    TW_TRY(tw_table_touch(s->table, e, tw_table_generation(s->table)));
    for (; payload->count > 0 && !all_given(s); payload->count--, s->kept.given++) {
        if (s->kept.given < s->offset) continue;
        if (tw_builder_room(&s->out) == 0) return TW_OK;
        TW_TRY(tw_key_decode(&s->row_codec, (tw_str){key.data + head, key.length - head}, &s->out, s->out_columns, s->out.batch.rows));
        TW_TRY(tw_builder_commit(&s->out, 1, NULL));
    }
    if (payload->count > 0) return TW_OK;
    tw_sort_heap_pop(&s->heap);
    return tw_table_remove(s->table, e);
}

static tw_status later(sort_operator *s, tw_status status) {
    if (status == TW_MORE || status == TW_BLOCKED) tw_pending(&s->op);
    return status;
}

/* The next rows in order, in s->out. *more: there may be others up to s->until; with OFFSET the output may yet be empty. */
static tw_status fill(sort_operator *s, bool *more) {
    tw_builder_reset(&s->out);
    for (int i = 0; i < TW_BATCH_ROWS && tw_builder_room(&s->out) > 0; i++) {
        tw_element *e = all_given(s) ? NULL : tw_sort_heap_top(&s->heap);
        *more = e && (!s->by_time || ((tw_sort_payload *)tw_table_payload(s->table, e))->time_ms <= s->until);
        if (!*more) break;
        for (int next = 1; next < 3 && next < s->heap.count; next++) __builtin_prefetch(s->heap.entries[next].element); /* one is the next top */
        TW_TRY(take(s, e));
    }
    return TW_OK;
}

static tw_status emit_rows(sort_operator *s) {
    for (bool more = true; more;) {
        if (fill(s, &more) != TW_OK) return no_memory(s);
        TW_TRY(later(s, tw_emit(&s->op, &s->out.batch)));
        if (more && tw_yield(&s->op)) return later(s, TW_MORE);
    }
    s->work = IDLE;
    return tw_emit_watermark(&s->op, s->until);
}

/* Rows that are deleted more often than inserted are none. */
static tw_status gather(sort_operator *s) {
    for (int i = 0; i < TW_BATCH_ROWS; i++) {
        tw_element *e = tw_table_next(s->table, &s->cursor);
        if (!e) {
            tw_sort_heap_reorder(&s->heap, false);
            s->work = ORDER;
            return TW_OK;
        }
        if (((tw_sort_payload *)tw_table_payload(s->table, e))->count > 0 && tw_sort_heap_append(&s->heap, e) != TW_OK) return no_memory(s);
    }
    return TW_OK;
}

static tw_status go_on(sort_operator *s) {
    while (s->work == GATHER || s->work == ORDER) {
        if (s->work == GATHER)
            TW_TRY(gather(s));
        else if (tw_sort_heap_order(&s->heap))
            s->work = EMIT;
        if (tw_yield(&s->op)) return later(s, TW_MORE);
    }
    return emit_rows(s);
}

/* A sort of the whole holds watermarks back: its rows come after them. */
static tw_status watermark(tw_operator *op, int port, int64_t watermark) {
    sort_operator *s = (sort_operator *)op;
    if (!s->by_time && watermark != TW_WATERMARK_MAX) return TW_OK;
    if (s->stale && s->keeps_heap && refresh_heap(s) != TW_OK) return no_memory(s);
    s->until = watermark;
    s->work = EMIT;
    if (!s->by_time) {
        if (s->keeps_heap) tw_sort_heap_reorder(&s->heap, false);
        s->work = s->keeps_heap ? ORDER : GATHER;
        s->cursor = 0;
    }
    return go_on(s);
}

static tw_status resume(tw_operator *op) { return go_on((sort_operator *)op); }

/* --- snapshots --- */

enum { KEPT_NAMESPACE = 1 };

static tw_status snapshot(tw_operator *op, tw_snapshot_out *out) {
    sort_operator *s = (sort_operator *)op;
    tw_table_barrier(s->table, out->full);
    for (bool done = false; !done;)
        if (tw_table_write(s->table, out->chunk, 1 << 20, &done) != TW_OK) return no_memory(s);
    tw_chunk_put(out->chunk, 0, KEPT_NAMESPACE, TW_STR(""), (tw_str){(const char *)&s->kept, sizeof s->kept});
    return TW_OK;
}

static tw_status restore(tw_operator *op, tw_reader *chunk, tw_error *error) {
    sort_operator *s = (sort_operator *)op;
    tw_chunk_record record;
    s->stale = true;
    while (tw_chunk_next(chunk, &record)) {
        if (!tw_owns_group(op->task, record.group)) continue;
        if (record.namespace_ == 0) {
            TW_TRY(tw_table_apply(s->table, &record, error));
            continue;
        }
        if (record.payload.length != sizeof s->kept) return tw_fail(error, TW_E_CORRUPT, "the state of a sort cannot be read");
        memcpy(&s->kept, record.payload.data, sizeof s->kept);
    }
    return chunk->failed ? tw_fail(error, TW_E_CORRUPT, "the state of a sort cannot be read") : TW_OK;
}

static void close_operator(tw_operator *op) {
    sort_operator *s = (sort_operator *)op;
    if (!s->room.mem) return;
    tw_sort_heap_free(&s->heap);
    if (s->table) tw_table_close(s->table);
    if (s->out.row) tw_builder_close(&s->out);
    tw_keys_free(&s->keys);
    tw_buf_free(&s->bytes);
    tw_arena_free(&s->room);
}

const tw_operator_ops TW_OPERATOR_SORT = {.name = "sort",
                                          .size = sizeof(sort_operator),
                                          .open = open_operator,
                                          .push = push,
                                          .resume = resume,
                                          .watermark = watermark,
                                          .snapshot = snapshot,
                                          .restore = restore,
                                          .close = close_operator};
