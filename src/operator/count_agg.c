/* See count_agg.h. */
#include "operator/count_agg.h"

#include "operator/chunk_head.h"
#include "operator/evaluation.h"
#include "operator/window_out.h"

enum { PIECE = 512 }; /* rows whose windows are at hand together */

typedef struct counted { /* payload of a key */
    int64_t rows;        /* in what is being filled */
    int64_t number;      /* of it: windows or panes that have been filled before */
    tw_panes *panes;     /* SLIDE */
    tw_filling *now;     /* what is being filled while a piece is at hand, NULL: `first` */
    bool full;           /* `now` is: the next row begins another */
    tw_filling first;    /* then its block */
} counted;

typedef struct completed { /* a window or pane that has become full */
    tw_element *element;
    tw_filling *filling;
    int64_t number;
} completed;

typedef struct count_agg {
    tw_operator op;
    const tw_plan_agg *plan;
    tw_agg_set set;
    tw_fillings fillings;
    tw_payload_codec codec;
    tw_table *table;
    tw_window_out out;
    bool opened;
    int64_t size;         /* rows of a window, or of a pane */
    int64_t length, step; /* SLIDE: panes of a window and between results; 0: windows do not overlap */

    const tw_batch *batch; /* being pushed, NULL: none */
    int32_t next_row;
    tw_keys keys;
    const tw_column **columns;
    uint16_t *rows; /* of the piece: 0, 1, 2 .. of the batch */
    tw_element **elements;
    tw_filling **given; /* each row's window */
    uint16_t *kept;     /* rows to be added */
    char **blocks;      /* and where */
    int32_t ncompleted, nmoved, nresults, npool;
    completed *completed;
    tw_element **moved; /* keys with something in the pool */
    char *pool;
    completed *results;
    tw_window_span *numbers;
} count_agg;

static tw_status failed(count_agg *a, tw_status status) {
    if (!tw_is_error(status) || status == a->op.task->error->status) return status; /* has said so itself */
    return tw_fail_at(a->op.task->error, status, a->op.node->pos,
                      status == TW_E_NOMEM ? "out of memory in an aggregation by count" : "an aggregation by count failed");
}

static counted *counted_of(const count_agg *a, tw_element *e) { return (counted *)tw_table_payload(a->table, e); }

/* ---- the payload ---- */

static void write_counted(void *context, const char *payload, tw_buf *out) {
    const count_agg *a = context;
    const counted *c = (const counted *)payload;
    tw_buf_varint(out, (uint64_t)c->rows);
    tw_buf_varint(out, (uint64_t)c->number);
    tw_panes_write(&a->fillings, c->panes, out);
    tw_filling_write(&a->fillings, &c->first, out);
}

static void destroy_counted(void *context, char *payload) {
    count_agg *a = context;
    counted *c = (counted *)payload;
    tw_panes_free(&a->fillings, c->panes);
    tw_filling_clear(&a->fillings, &c->first);
    c->panes = NULL;
}

static tw_status read_counted(void *context, char *payload, tw_reader *in) {
    count_agg *a = context;
    counted *c = (counted *)payload;
    c->rows = (int64_t)tw_read_varint(in);
    c->number = (int64_t)tw_read_varint(in);
    if (in->failed || c->rows < 0 || c->rows >= a->size || c->number < 0) return TW_E_CORRUPT;
    TW_TRY(tw_panes_read(&a->fillings, &c->panes, in));
    return tw_filling_read(&a->fillings, &c->first, in);
}

/* ---- rows find their windows ---- */

static tw_filling *take_from_pool(count_agg *a) {
    tw_filling *f = (tw_filling *)(a->pool + (size_t)a->npool++ * a->fillings.size);
    memset(f, 0, a->fillings.size);
    return f;
}

static tw_status give_window(count_agg *a, int32_t k) {
    tw_element *e = a->elements[k];
    TW_TRY(tw_table_touch(a->table, e, tw_table_generation(a->table)));
    counted *c = counted_of(a, e);
    if (c->full) {
        if (!c->now) a->moved[a->nmoved++] = e;
        c->now = take_from_pool(a);
        c->full = false;
    }
    a->given[k] = c->now ? c->now : &c->first;
    if (++c->rows < a->size) return TW_OK;
    a->completed[a->ncompleted++] = (completed){e, a->given[k], c->number++};
    c->rows = 0;
    c->full = true;
    return TW_OK;
}

static bool is_kept(const count_agg *a, int32_t row) {
    if (a->plan->keep < 0) return true;
    const tw_column *c = &a->batch->columns[a->plan->keep];
    return !tw_column_null(c, row) && ((const int8_t *)c->values)[c->constant ? 0 : row];
}

/* All rows of the piece at once; with DISTINCT, runs of rows of one window. */
static tw_status add_rows(count_agg *a, int32_t count) {
    int32_t n = 0;
    tw_filling **given = a->given;
    for (int32_t k = 0; k < count; k++) {
        if (!is_kept(a, a->next_row + k)) continue;
        given[k]->kept++;
        a->kept[n] = (uint16_t)(a->next_row + k);
        a->blocks[n] = tw_filling_block(given[k]);
        given[n++] = given[k];
    }
    if (n == 0) return TW_OK;
    if (!a->set.ndistinct) return tw_agg_set_update(&a->set, NULL, a->batch, (tw_selection){a->kept, n}, a->blocks);
    for (int32_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && given[to] == given[from];) to++;
        TW_TRY(
            tw_own_values_update(&a->fillings.values, &given[from]->values, a->batch, (tw_selection){a->kept + from, to - from}, a->blocks + from));
    }
    return TW_OK;
}

/* ---- results ---- */

/* A full pane joins its key's queue, which may give a result. */
static tw_status complete_pane(count_agg *a, completed *done) {
    counted *c = counted_of(a, done->element);
    TW_TRY(tw_panes_add(&a->fillings, &c->panes, done->filling, a->length));
    int64_t panes = done->number + 1;
    if (panes % a->step) return TW_OK;
    tw_filling *total = take_from_pool(a);
    a->results[a->nresults++] = (completed){done->element, total, panes / a->step - 1};
    return tw_panes_total(&a->fillings, c->panes, total);
}

static tw_status write_results(count_agg *a) {
    int32_t n = 0;
    for (int32_t i = 0; i < a->nresults; i++) {
        if (a->results[i].filling->kept == 0) continue;
        a->elements[n] = a->results[i].element;
        a->numbers[n].start = a->results[i].number;
        a->blocks[n++] = tw_filling_block(a->results[i].filling);
    }
    tw_window_rows rows = {a->table, a->elements, n, a->numbers, false};
    tw_status status = tw_window_out_add(&a->out, &rows, (const char *const *)a->blocks);
    for (int32_t i = 0; i < a->nresults; i++) tw_filling_clear(&a->fillings, a->results[i].filling);
    a->nresults = 0;
    return status;
}

/* After a failure: nothing of the pool is lost. */
static void clear_all(count_agg *a) {
    for (int32_t i = 0; i < a->ncompleted; i++) tw_filling_clear(&a->fillings, a->completed[i].filling);
    for (int32_t i = 0; i < a->nresults; i++) tw_filling_clear(&a->fillings, a->results[i].filling);
    a->nresults = 0;
}

/* What keys have in the pool goes back to their payloads, which are empty by now. */
static void leave_pool(count_agg *a) {
    for (int32_t i = 0; i < a->ncompleted; i++) counted_of(a, a->completed[i].element)->full = false;
    for (int32_t i = 0; i < a->nmoved; i++) {
        counted *c = counted_of(a, a->moved[i]);
        memcpy(&c->first, c->now, a->fillings.size);
        c->now = NULL;
    }
    a->ncompleted = a->nmoved = a->npool = 0;
}

static tw_status complete_all(count_agg *a) {
    tw_status status = TW_OK;
    if (a->step) {
        for (int32_t i = 0; i < a->ncompleted && status == TW_OK; i++) status = complete_pane(a, &a->completed[i]);
    } else {
        memcpy(a->results, a->completed, sizeof *a->completed * (size_t)a->ncompleted);
        a->nresults = a->ncompleted;
    }
    if (status == TW_OK) status = write_results(a);
    return status;
}

static tw_status do_piece(count_agg *a, int32_t count) {
    for (int32_t k = 0; k < count; k++) a->rows[k] = (uint16_t)(a->next_row + k);
    for (int32_t c = 0; c < a->plan->nkeys; c++) a->columns[c] = &a->batch->columns[a->plan->keys[c]];
    TW_TRY(tw_keys_encode(&a->keys, &a->set.key_codec, a->columns, (tw_selection){a->rows, count}));
    TW_TRY(tw_table_upsert(a->table, &a->keys, a->elements, NULL));
    tw_status status = TW_OK;
    for (int32_t k = 0; k < count && status == TW_OK; k++) status = give_window(a, k);
    if (status == TW_OK) status = add_rows(a, count);
    if (status == TW_OK) status = complete_all(a);
    if (status != TW_OK) clear_all(a);
    leave_pool(a);
    return status == TW_OK ? tw_own_values_collect(&a->fillings.values) : status;
}

/* ---- the operator ---- */

static tw_status flush(count_agg *a) {
    a->out.builder.batch.arrival_ns = a->batch->arrival_ns;
    return tw_window_out_flush(&a->out);
}

static tw_status go_on(count_agg *a) {
    while (a->next_row < a->batch->rows) {
        int32_t left = a->batch->rows - a->next_row, count = left < PIECE ? left : PIECE;
        if (tw_window_out_room(&a->out) < PIECE) TW_TRY(flush(a));
        TW_TRY(failed(a, do_piece(a, count)));
        a->next_row += count;
    }
    TW_TRY(flush(a));
    a->batch = NULL;
    return TW_OK;
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    count_agg *a = (count_agg *)op;
    a->batch = batch;
    a->next_row = 0;
    return go_on(a);
}

static tw_status resume(tw_operator *op) {
    count_agg *a = (count_agg *)op;
    tw_window_out_resume(&a->out);
    return a->batch ? go_on(a) : TW_OK;
}

static int64_t common_divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void set_sizes(count_agg *a) {
    const tw_window *w = &a->plan->window;
    a->size = w->kind == TW_WINDOW_GLOBAL ? a->plan->emit.every_rows : w->size_ms;
    if (w->kind == TW_WINDOW_GLOBAL || w->step_ms == 0 || w->step_ms == a->size) return;
    int64_t pane = common_divisor(a->size, w->step_ms);
    a->length = a->size / pane;
    a->step = w->step_ms / pane;
    a->size = pane;
}

static tw_status open_room(count_agg *a) {
    tw_arena *arena = &a->set.arena;
    a->columns = TW_NEW_ARRAY(arena, const tw_column *, a->plan->nkeys + 1);
    a->rows = TW_NEW_ARRAY(arena, uint16_t, PIECE);
    a->elements = TW_NEW_ARRAY(arena, tw_element *, PIECE);
    a->given = TW_NEW_ARRAY(arena, tw_filling *, PIECE);
    a->kept = TW_NEW_ARRAY(arena, uint16_t, PIECE);
    a->blocks = TW_NEW_ARRAY(arena, char *, PIECE);
    a->completed = TW_NEW_ARRAY(arena, completed, PIECE);
    a->moved = TW_NEW_ARRAY(arena, tw_element *, PIECE);
    a->results = TW_NEW_ARRAY(arena, completed, PIECE);
    a->numbers = TW_NEW_ARRAY(arena, tw_window_span, PIECE);
    a->pool = tw_arena_alloc(arena, a->fillings.size * (a->step ? 2 * PIECE : PIECE)); /* SLIDE: results, too */
    return a->columns && a->rows && a->elements && a->given && a->kept && a->blocks && a->completed && a->moved && a->results && a->numbers && a->pool
               ? TW_OK
               : TW_E_NOMEM;
}

static tw_status open_parts(count_agg *a, tw_error *error) {
    tw_task_context *task = a->op.task;
    TW_TRY(tw_agg_set_open(&a->set, task->mem, a->plan, a->op.node->inputs[0]->row, 0, error));
    a->opened = true;
    tw_keys_init(&a->keys, task->mem);
    a->fillings = (tw_fillings){.set = &a->set, .size = sizeof(tw_filling) + (size_t)a->set.size};
    tw_own_values_init(&a->fillings.values, &a->set, task);
    set_sizes(a);
    TW_TRY(open_room(a));
    a->codec = (tw_payload_codec){a, write_counted, read_counted, destroy_counted};
    TW_TRY(tw_table_open(task->mem, &a->set.key_codec, (int32_t)sizeof(counted) + a->set.size, &a->codec, tw_agg_stored(&a->set, 0), &a->table));
    return tw_window_out_open(&a->out, &a->op, &a->set, a->plan, NULL, false);
}

static tw_status open_agg(tw_operator *op, tw_error *error) {
    count_agg *a = (count_agg *)op;
    a->plan = &op->node->u.agg;
    *error = (tw_error){.status = TW_OK};
    tw_status status = open_parts(a, error);
    if (status == TW_OK || error->status != TW_OK) return status;
    return tw_fail_at(error, status, op->node->pos, "out of memory");
}

static void close_agg(tw_operator *op) {
    count_agg *a = (count_agg *)op;
    if (!a->opened) return;
    tw_table_close(a->table);
    tw_own_values_close(&a->fillings.values);
    tw_window_out_close(&a->out);
    tw_keys_free(&a->keys);
    tw_agg_set_close(&a->set);
    a->opened = false;
}

/* ---- snapshots: the keys in namespace 0, then DISTINCT values ---- */

static tw_status snapshot(tw_operator *op, tw_snapshot_out *out) {
    count_agg *a = (count_agg *)op;
    tw_chunk_head_write(out->chunk, op->task, TW_WATERMARK_MIN, a->fillings.values.sequence);
    TW_TRY(failed(a, tw_chunk_table(a->table, out)));
    return failed(a, tw_own_values_snapshot(&a->fillings.values, out));
}

static tw_status apply_record(void *context, const tw_chunk_record *record, const tw_chunk_head *at, tw_error *error) {
    count_agg *a = context;
    int32_t family;
    int64_t number = tw_agg_family(&a->set, record->namespace_, &family) >> 2;
    if (family >= 0 || record->op == 3) return tw_own_values_apply(&a->fillings.values, number, record, error);
    return number == 0 && tw_owns_group(a->op.task, record->group) ? tw_table_apply(a->table, record, error) : TW_OK;
}

static tw_status restore(tw_operator *op, tw_reader *chunk, tw_error *error) {
    count_agg *a = (count_agg *)op;
    tw_chunk_head head = {.watermark = TW_WATERMARK_MIN, .sequence = a->fillings.values.sequence};
    a->fillings.values.restoring = true;
    tw_status status = tw_chunk_read(chunk, "an aggregation by count", &head, apply_record, a, error);
    a->fillings.values.restoring = false;
    a->fillings.values.sequence = head.sequence;
    return status;
}

const tw_operator_ops TW_OPERATOR_COUNT_AGG = {.name = "count_agg",
                                               .size = sizeof(count_agg),
                                               .open = open_agg,
                                               .push = push,
                                               .resume = resume,
                                               .watermark = tw_watermark_default,
                                               .snapshot = snapshot,
                                               .restore = restore,
                                               .close = close_agg};
