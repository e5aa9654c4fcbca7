/* Aggregation in one global window of a key, which ends with the input. A trigger says when results are given: every n rows of the key, every
 * interval of event or processing time, or at the end of input. A result that is given updates the key's one before.
 *
 *     payload of a key:  [ rows | changed since | result shown | accumulators ]
 *
 * Every n rows. A batch is taken in pieces, and a piece in two steps: first the rows up to the last multiple of n of their key, whose results are
 * then given, then the others. So a key's result is always that of a multiple of n rows, however rows come in batches, and a piece gives one
 * change a key.
 *
 * Otherwise the trigger fires for all keys at once: those that have changed are looked up in the table, as far as there is room. */
#include "operator/chunk_head.h"
#include "operator/emitted.h"
#include "operator/window_out.h"

enum { PIECE = 512 };

typedef struct gathered { /* payload of a key */
    int64_t rows;
    bool changed;
    bool fires; /* in the piece at hand: a later row completes n rows */
    tw_emitted_slot shown;
} gathered; /* then the block */

typedef struct trigger_agg {
    tw_operator op;
    const tw_plan_agg *plan;
    tw_agg_set set;
    tw_agg_scope scope;
    tw_payload_codec codec;
    tw_table *table;
    tw_window_out out;
    tw_emitted emitted;
    bool opened, upsert;
    int64_t nchanged; /* keys */

    const tw_batch *batch; /* being pushed, NULL: none */
    int32_t next_row;
    tw_keys keys;
    const tw_column **columns;
    uint16_t *rows; /* of the piece */
    tw_element **elements;
    int64_t *ordinal; /* of each row among its key's */
    bool *first;      /* the row belongs to the first step */
    uint16_t *selected;
    char **blocks;

    bool firing, hands_on;
    uint32_t cursor;    /* firing: in the table */
    int64_t target;     /* firing: the watermark that is handed on then */
    int64_t done;       /* watermark at which the trigger was last asked */
    int64_t fire_at_ms; /* processing time; INT64_MAX: not asked for */
} trigger_agg;

static tw_status failed(trigger_agg *a, tw_status status) {
    if (!tw_is_error(status) || status == a->op.task->error->status) return status; /* has said so itself */
    return tw_fail_at(a->op.task->error, status, a->op.node->pos,
                      status == TW_E_NOMEM ? "out of memory in an aggregation with a trigger" : "an aggregation with a trigger failed");
}

static gathered *gathered_of(const trigger_agg *a, tw_element *e) { return (gathered *)tw_table_payload(a->table, e); }
static char *block_of(gathered *g) { return (char *)(g + 1); }

/* ---- the payload ---- */

static void write_gathered(void *context, const char *payload, tw_buf *out) {
    const trigger_agg *a = context;
    const gathered *g = (const gathered *)payload;
    tw_buf_varint(out, (uint64_t)g->rows);
    tw_buf_varint(out, (uint64_t)g->changed | (uint64_t)(g->shown.data != NULL) << 1);
    if (g->shown.data) tw_buf_bytes(out, tw_emitted_kept(&g->shown));
    a->set.codec.write(a->set.codec.context, block_of((gathered *)g), out);
}

static tw_status read_gathered(void *context, char *payload, tw_reader *in) {
    trigger_agg *a = context;
    gathered *g = (gathered *)payload;
    g->rows = (int64_t)tw_read_varint(in);
    uint64_t flags = tw_read_varint(in);
    g->changed = flags & 1;
    a->nchanged += g->changed;
    if (flags & 2) {
        tw_str shown = tw_read_bytes(in);
        if (in->failed) return TW_E_CORRUPT;
        TW_TRY(tw_emitted_keep(a->set.mem, &g->shown, shown));
    }
    return in->failed ? TW_E_CORRUPT : a->set.codec.read(a->set.codec.context, block_of(g), in);
}

static void destroy_gathered(void *context, char *payload) {
    trigger_agg *a = context;
    gathered *g = (gathered *)payload;
    a->nchanged -= g->changed;
    tw_emitted_forget(a->set.mem, &g->shown);
    tw_agg_set_clear(&a->set, block_of(g));
}

/* ---- results ---- */

static tw_status write_row(trigger_agg *a, tw_element *element, const tw_emitted_slot *old, int8_t kind) {
    int32_t at = a->out.builder.batch.rows;
    tw_window_rows rows = {.table = a->table, .elements = &element, .count = 1, .one = true};
    TW_TRY(tw_window_out_frame(&a->out, &rows, at));
    if (old)
        TW_TRY(tw_emitted_write_old(&a->emitted, tw_emitted_kept(old), &a->out.builder, at));
    else
        TW_TRY(tw_emitted_write_new(&a->emitted, 0, &a->out.builder, at));
    return tw_builder_commit(&a->out.builder, 1, &kind);
}

/* The key's result against the one shown; the output has room for two rows. */
static tw_status give_result(trigger_agg *a, tw_element *element) {
    TW_TRY(tw_table_touch(a->table, element, tw_table_generation(a->table)));
    gathered *g = gathered_of(a, element);
    const char *block = block_of(g);
    a->nchanged -= g->changed;
    g->changed = false;
    TW_TRY(tw_emitted_compute(&a->emitted, &block, 1));
    tw_str result = tw_emitted_result(&a->emitted, 0);
    bool shown = g->shown.data != NULL;
    if (shown && tw_str_equal(tw_emitted_kept(&g->shown), result)) return TW_OK;
    if (shown && !a->upsert) TW_TRY(write_row(a, element, &g->shown, TW_UPDATE_BEFORE));
    TW_TRY(write_row(a, element, NULL, shown ? TW_UPDATE_AFTER : TW_INSERT));
    return tw_emitted_keep(a->set.mem, &g->shown, result);
}

static tw_status flush(trigger_agg *a) {
    if (a->batch) a->out.builder.batch.arrival_ns = a->batch->arrival_ns;
    return tw_window_out_flush(&a->out);
}

/* ---- the trigger fires for all keys ---- */

static tw_status fire_some(trigger_agg *a, bool *more) {
    for (int32_t n = 0; n < PIECE && *more; n++) {
        tw_element *e = tw_table_next(a->table, &a->cursor);
        *more = e != NULL && a->nchanged > 0;
        if (*more && gathered_of(a, e)->changed) TW_TRY(give_result(a, e));
    }
    return TW_OK;
}

static tw_status go_on_firing(trigger_agg *a) {
    for (bool more = a->firing; more;) {
        if (tw_window_out_room(&a->out) < 2 * PIECE) TW_TRY(flush(a));
        TW_TRY(failed(a, fire_some(a, &more)));
        if (!more || !tw_yield(&a->op)) continue;
        tw_pending(&a->op);
        return TW_MORE;
    }
    a->firing = false;
    TW_TRY(flush(a));
    bool hands_on = a->hands_on;
    a->hands_on = false;
    return hands_on ? tw_emit_watermark(&a->op, a->target) : TW_OK;
}

static void start_firing(trigger_agg *a) {
    a->firing = a->nchanged > 0;
    a->cursor = 0;
}

static tw_status watermark(tw_operator *op, int port, int64_t ms) {
    trigger_agg *a = (trigger_agg *)op;
    const tw_emit_spec *emit = &a->plan->emit;
    if (ms <= op->watermark_out) return TW_OK;
    bool by_time = emit->mode == TW_EMIT_EVERY && emit->every_ms > 0 && !emit->processing_time;
    if (emit->every_rows == 0 && (ms == TW_WATERMARK_MAX || (by_time && tw_emit_interval_passed(emit, a->done, ms)))) start_firing(a);
    a->done = ms;
    a->target = ms;
    a->hands_on = true;
    return go_on_firing(a);
}

/* At the next multiple of the interval: the same for all tasks. */
static void arm_timer(trigger_agg *a) {
    const tw_emit_spec *emit = &a->plan->emit;
    if (emit->mode != TW_EMIT_EVERY || !emit->processing_time || a->nchanged == 0) return;
    if (a->fire_at_ms == INT64_MAX) a->fire_at_ms = (tw_floor_div(a->op.task->now_ms, emit->every_ms) + 1) * emit->every_ms;
    tw_timer_at(&a->op, a->fire_at_ms);
}

static tw_status timer(tw_operator *op, int64_t now_ms) {
    trigger_agg *a = (trigger_agg *)op;
    if (a->fire_at_ms > now_ms) {
        arm_timer(a);
        return TW_OK;
    }
    a->fire_at_ms = INT64_MAX;
    start_firing(a);
    return go_on_firing(a);
}

/* ---- rows ---- */

static tw_status add_rows(trigger_agg *a, int32_t count, bool first) {
    int32_t n = 0;
    for (int32_t k = 0; k < count; k++) {
        if (a->first[k] != first) continue;
        a->selected[n] = a->rows[k];
        a->blocks[n++] = block_of(gathered_of(a, a->elements[k]));
    }
    return n ? tw_agg_set_update(&a->set, &a->scope, a->batch, (tw_selection){a->selected, n}, a->blocks) : TW_OK;
}

/* Which rows belong to the first step: those with a row of their key, at or behind them, that completes n rows. */
static void split(trigger_agg *a, int32_t count) {
    int64_t every = a->plan->emit.every_rows;
    for (int32_t k = count; k-- > 0;) {
        gathered *g = gathered_of(a, a->elements[k]);
        if (a->ordinal[k] % every == 0) g->fires = true;
        a->first[k] = g->fires;
    }
}

static tw_status fire_completed(trigger_agg *a, int32_t count) {
    for (int32_t k = 0; k < count; k++) {
        gathered *g = gathered_of(a, a->elements[k]);
        if (!g->fires) continue;
        g->fires = false;
        TW_TRY(give_result(a, a->elements[k]));
    }
    return TW_OK;
}

static tw_status find_keys(trigger_agg *a, int32_t count) {
    for (int32_t k = 0; k < count; k++) a->rows[k] = (uint16_t)(a->next_row + k);
    for (int32_t c = 0; c < a->plan->nkeys; c++) a->columns[c] = &a->batch->columns[a->plan->keys[c]];
    TW_TRY(tw_keys_encode(&a->keys, &a->set.key_codec, a->columns, (tw_selection){a->rows, count}));
    TW_TRY(tw_table_upsert(a->table, &a->keys, a->elements, NULL));
    for (int32_t k = 0; k < count; k++) {
        TW_TRY(tw_table_touch(a->table, a->elements[k], tw_table_generation(a->table)));
        gathered *g = gathered_of(a, a->elements[k]);
        a->ordinal[k] = ++g->rows;
        a->nchanged += !g->changed;
        g->changed = true;
    }
    return TW_OK;
}

static tw_status do_piece(trigger_agg *a, int32_t count) {
    TW_TRY(find_keys(a, count));
    if (a->plan->emit.every_rows == 0) {
        memset(a->first, true, sizeof *a->first * (size_t)count);
        return add_rows(a, count, true);
    }
    split(a, count);
    TW_TRY(add_rows(a, count, true));
    TW_TRY(fire_completed(a, count));
    return add_rows(a, count, false);
}

static tw_status go_on_pushing(trigger_agg *a) {
    bool single = a->plan->emit.every_rows > 0 && a->op.task->plan && a->op.task->plan->every_change;
    while (a->next_row < a->batch->rows) {
        int32_t left = a->batch->rows - a->next_row, count = single ? 1 : left < PIECE ? left : PIECE;
        if (tw_window_out_room(&a->out) < 2 * PIECE) TW_TRY(flush(a));
        TW_TRY(failed(a, do_piece(a, count)));
        a->next_row += count;
    }
    TW_TRY(flush(a));
    a->batch = NULL;
    return TW_OK;
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    trigger_agg *a = (trigger_agg *)op;
    a->batch = batch;
    a->next_row = 0;
    TW_TRY(go_on_pushing(a));
    arm_timer(a);
    return TW_OK;
}

static tw_status resume(tw_operator *op) {
    trigger_agg *a = (trigger_agg *)op;
    tw_window_out_resume(&a->out);
    TW_TRY(a->batch ? go_on_pushing(a) : go_on_firing(a));
    arm_timer(a);
    return TW_OK;
}

/* ---- opening and closing ---- */

static tw_status open_room(trigger_agg *a) {
    tw_arena *arena = &a->set.arena;
    a->columns = TW_NEW_ARRAY(arena, const tw_column *, a->plan->nkeys + 1);
    a->rows = TW_NEW_ARRAY(arena, uint16_t, PIECE);
    a->elements = TW_NEW_ARRAY(arena, tw_element *, PIECE);
    a->ordinal = TW_NEW_ARRAY(arena, int64_t, PIECE);
    a->first = TW_NEW_ARRAY(arena, bool, PIECE);
    a->selected = TW_NEW_ARRAY(arena, uint16_t, PIECE);
    a->blocks = TW_NEW_ARRAY(arena, char *, PIECE);
    return a->columns && a->rows && a->elements && a->ordinal && a->first && a->selected && a->blocks ? TW_OK : TW_E_NOMEM;
}

static tw_status open_parts(trigger_agg *a, tw_error *error) {
    tw_task_context *task = a->op.task;
    TW_TRY(tw_agg_set_open(&a->set, task->mem, a->plan, a->op.node->inputs[0]->row, 0, error));
    a->opened = true;
    tw_keys_init(&a->keys, task->mem);
    TW_TRY(open_room(a));
    TW_TRY(tw_agg_scope_open(&a->set, 0, &a->scope));
    a->codec = (tw_payload_codec){a, write_gathered, read_gathered, destroy_gathered};
    TW_TRY(tw_table_open(task->mem, &a->set.key_codec, (int32_t)sizeof(gathered) + a->set.size, &a->codec, tw_agg_stored(&a->set, 0), &a->table));
    TW_TRY(tw_window_out_open(&a->out, &a->op, &a->set, a->plan, NULL, false));
    return tw_emitted_open(&a->emitted, &a->set, a->plan);
}

static tw_status open_agg(tw_operator *op, tw_error *error) {
    trigger_agg *a = (trigger_agg *)op;
    a->plan = &op->node->u.agg;
    a->upsert = op->node->changelog == TW_UPSERT;
    a->done = TW_WATERMARK_MIN;
    a->fire_at_ms = INT64_MAX;
    *error = (tw_error){.status = TW_OK};
    tw_status status = open_parts(a, error);
    if (status == TW_OK || error->status != TW_OK) return status;
    return tw_fail_at(error, status, op->node->pos, "out of memory");
}

static void close_agg(tw_operator *op) {
    trigger_agg *a = (trigger_agg *)op;
    if (!a->opened) return;
    tw_table_close(a->table);
    tw_agg_scope_close(&a->set, &a->scope);
    tw_window_out_close(&a->out);
    tw_emitted_close(&a->emitted);
    tw_keys_free(&a->keys);
    tw_agg_set_close(&a->set);
    a->opened = false;
}

/* ---- snapshots ---- */

static tw_status snapshot(tw_operator *op, tw_snapshot_out *out) {
    trigger_agg *a = (trigger_agg *)op;
    tw_chunk_head_write(out->chunk, op->task, a->done, 0);
    TW_TRY(failed(a, tw_chunk_table(a->table, out)));
    tw_agg_scope_barrier(&a->scope, out->full);
    return failed(a, tw_agg_scope_write(&a->scope, out->chunk));
}

static tw_status apply_record(void *context, const tw_chunk_record *record, const tw_chunk_head *at, tw_error *error) {
    trigger_agg *a = context;
    int32_t family;
    if (tw_agg_family(&a->set, record->namespace_, &family) != 0) return tw_fail(error, TW_E_CORRUPT, "state chunk of a global window has another");
    if (!tw_owns_group(a->op.task, record->group)) return TW_OK;
    return family < 0 ? tw_table_apply(a->table, record, error) : tw_agg_scope_apply(&a->set, &a->scope, record, error);
}

static tw_status restore(tw_operator *op, tw_reader *chunk, tw_error *error) {
    trigger_agg *a = (trigger_agg *)op;
    tw_chunk_head head = {.watermark = a->done};
    TW_TRY(tw_chunk_read(chunk, "an aggregation with a trigger", &head, apply_record, a, error));
    a->done = head.watermark;
    arm_timer(a);
    return TW_OK;
}

const tw_operator_ops TW_OPERATOR_TRIGGER_AGG = {.name = "trigger_agg",
                                                 .size = sizeof(trigger_agg),
                                                 .open = open_agg,
                                                 .push = push,
                                                 .resume = resume,
                                                 .watermark = watermark,
                                                 .timer = timer,
                                                 .snapshot = snapshot,
                                                 .restore = restore,
                                                 .close = close_agg};
