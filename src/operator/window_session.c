/* The SESSION window function: rows wait, as bytes, in the session of their partition key until it closes, and are then given in the order in which they
 * came, each with the session's bounds. A late row leaves. */
#include "operator/chunk_head.h"
#include "operator/session.h"
#include "operator/window_rows.h"

typedef struct kept_row {
    struct kept_row *next;
    uint32_t length;
    int8_t kind;
    char bytes[]; /* all columns: data/key.h */
} kept_row;

typedef struct kept_rows { /* contents of a session */
    kept_row *first, *last;
} kept_rows;

typedef struct tw_session_window {
    tw_key_codec key_codec, row_codec;
    const tw_column **columns;
    int32_t *row_columns; /* 0, 1, ...: where a row's columns lie in the output */
    tw_keys keys, rows;   /* of the batch being placed */
    tw_element **elements;
    tw_sessions sessions;
    bool closing, hands_on;
    int64_t target;
    tw_element *hand; /* the session that is being given */
    tw_session_node *node;
    const kept_row *next; /* of its rows */
} tw_session_window;

/* ---- contents ---- */

static kept_rows *rows_of(const tw_session_node *node) { return (kept_rows *)tw_session_contents((tw_session_node *)node); }
static size_t row_size(uint32_t length) { return sizeof(kept_row) + length; }

static tw_status add_row(tw_mem *mem, kept_rows *to, tw_str bytes, int8_t kind) {
    if (bytes.length > UINT32_MAX - sizeof(kept_row)) return TW_E_LIMIT;
    kept_row *row = tw_malloc(mem, row_size((uint32_t)bytes.length));
    if (!row) return TW_E_NOMEM;
    *row = (kept_row){.length = (uint32_t)bytes.length, .kind = kind};
    memcpy(row->bytes, bytes.data, bytes.length);
    if (to->last)
        to->last->next = row;
    else
        to->first = row;
    to->last = row;
    return TW_OK;
}

static tw_status merge_rows(void *context, tw_session_node *into, tw_session_node *from) {
    kept_rows *to = rows_of(into), *of = rows_of(from);
    if (to->last)
        to->last->next = of->first;
    else
        to->first = of->first;
    if (of->last) to->last = of->last;
    *of = (kept_rows){NULL, NULL};
    return TW_OK;
}

static void destroy_rows(void *context, tw_session_node *node) {
    tw_window_function *w = context;
    kept_rows *rows = rows_of(node);
    while (rows->first) {
        kept_row *row = rows->first;
        rows->first = row->next;
        tw_free(w->op.task->mem, row, row_size(row->length));
    }
    rows->last = NULL;
}

static void write_rows(void *context, const tw_session_node *node, tw_buf *out) {
    uint64_t n = 0;
    for (const kept_row *row = rows_of(node)->first; row; row = row->next) n++;
    tw_buf_varint(out, n);
    for (const kept_row *row = rows_of(node)->first; row; row = row->next) {
        tw_buf_byte(out, row->kind);
        tw_buf_bytes(out, (tw_str){row->bytes, row->length});
    }
}

static tw_status read_rows(void *context, tw_session_node *node, tw_reader *in) {
    tw_window_function *w = context;
    for (uint64_t n = tw_read_varint(in); n > 0 && !in->failed; n--) {
        const int8_t *kind = tw_read_raw(in, 1);
        tw_str bytes = tw_read_bytes(in);
        if (in->failed || *kind < TW_INSERT || *kind > TW_DELETE) return TW_E_CORRUPT;
        TW_TRY(add_row(w->op.task->mem, rows_of(node), bytes, *kind));
    }
    return in->failed ? TW_E_CORRUPT : TW_OK;
}

static const tw_session_owner OWNER = {sizeof(kept_rows), merge_rows, destroy_rows, write_rows, read_rows};

/* ---- opening ---- */

static tw_status open_codecs(tw_window_function *w, tw_session_window *s) {
    const tw_type *input = w->op.node->inputs[0]->row;
    const tw_type **types = TW_NEW_ARRAY(&w->arena, const tw_type *, input->nfields + 1);
    const tw_type **keys = TW_NEW_ARRAY(&w->arena, const tw_type *, w->plan->npartition + 1);
    s->columns = TW_NEW_ARRAY(&w->arena, const tw_column *, input->nfields + w->plan->npartition + 1);
    s->row_columns = TW_NEW_ARRAY(&w->arena, int32_t, input->nfields + 1);
    s->elements = TW_NEW_ARRAY(&w->arena, tw_element *, TW_BATCH_ROWS);
    if (!types || !keys || !s->columns || !s->row_columns || !s->elements) return TW_E_NOMEM;
    for (int32_t c = 0; c < input->nfields; c++) {
        types[c] = input->fields[c].type;
        s->row_columns[c] = c;
    }
    for (int32_t c = 0; c < w->plan->npartition; c++) keys[c] = types[w->plan->partition[c]];
    tw_key_codec_init(&s->row_codec, types, input->nfields);
    tw_key_codec_init(&s->key_codec, keys, w->plan->npartition);
    return TW_OK;
}

tw_status tw_session_window_open(tw_window_function *w) {
    tw_session_window *s = TW_NEW(&w->arena, tw_session_window);
    if (!s) return TW_E_NOMEM;
    TW_TRY(open_codecs(w, s));
    tw_keys_init(&s->keys, w->op.task->mem);
    tw_keys_init(&s->rows, w->op.task->mem);
    w->session = s;
    return tw_sessions_open(&s->sessions, w->op.task->mem, &s->key_codec, 0, &w->time, w->plan->gap_ms, 0, &OWNER, w);
}

void tw_session_window_close(tw_window_function *w) {
    tw_session_window *s = w->session;
    tw_sessions_close(&s->sessions);
    tw_keys_free(&s->keys);
    tw_keys_free(&s->rows);
}

/* ---- rows ---- */

static void drop_late(tw_window_function *w, const tw_batch *batch, int32_t row, int64_t local, int64_t watermark) {
    char text[128];
    int length = tw_window_text((tw_window_span){local, local + w->plan->gap_ms}, text, sizeof text);
    w->op.task->side->late(w->op.task->side->context, &w->op, batch, row, watermark, (tw_str){text, (size_t)length});
}

static tw_status place_row(tw_window_function *w, const tw_batch *batch, int32_t row, int32_t k, int64_t local) {
    tw_session_window *s = w->session;
    int64_t watermark = batch->row_watermark ? batch->row_watermark[row] : TW_WATERMARK_MIN;
    tw_session_node *node;
    TW_TRY(tw_sessions_place(&s->sessions, s->elements[k], local, watermark, &node));
    if (node) return add_row(w->op.task->mem, rows_of(node), tw_keys_at(&s->rows, &s->row_codec, k), batch->kinds ? batch->kinds[row] : TW_INSERT);
    drop_late(w, batch, row, local, watermark);
    return TW_OK;
}

static tw_status place_rows(tw_window_function *w, const tw_batch *batch) {
    tw_session_window *s = w->session;
    int64_t *local = w->row_watermark; /* room that aligned windows use otherwise */
    int32_t n = 0;
    TW_TRY(tw_sessions_settle(&s->sessions));
    for (int32_t row = 0; row < batch->rows; row++) {
        tw_status status;
        if (tw_window_row_time(w, batch, row, &local[n], &status)) w->rows[n++] = (uint16_t)row;
        TW_TRY(status);
    }
    tw_selection rows = {n == batch->rows ? NULL : w->rows, n};
    for (int32_t c = 0; c < batch->ncolumns; c++) s->columns[c] = &batch->columns[c];
    TW_TRY(tw_keys_encode(&s->rows, &s->row_codec, s->columns, rows));
    for (int32_t c = 0; c < w->plan->npartition; c++) s->columns[batch->ncolumns + c] = &batch->columns[w->plan->partition[c]];
    TW_TRY(tw_keys_encode(&s->keys, &s->key_codec, s->columns + batch->ncolumns, rows));
    TW_TRY(tw_table_upsert(s->sessions.table, &s->keys, s->elements, NULL));
    for (int32_t k = 0; k < n; k++) TW_TRY(place_row(w, batch, w->rows[k], k, tw_window_to_local(&w->time, local[k])));
    return tw_sessions_let_go(&s->sessions);
}

static void arm_timer(tw_window_function *w) {
    tw_sessions *sessions = &w->session->sessions;
    if (w->plan->proctime && sessions->timers.count) tw_timer_at(&w->op, tw_timers_next(&sessions->timers) + 1);
}

tw_status tw_session_window_push(tw_window_function *w, const tw_batch *batch) {
    TW_TRY(tw_window_function_failed(w, place_rows(w, batch)));
    arm_timer(w);
    return TW_OK;
}

/* ---- closing ---- */

/* Rows of the session at hand, as far as there is room. */
static tw_status give_rows(tw_window_function *w) {
    tw_session_window *s = w->session;
    int32_t at = w->out.batch.rows, n = 0, room = tw_builder_room(&w->out);
    for (; s->next && n < room; s->next = s->next->next, n++) {
        TW_TRY(tw_key_decode(&s->row_codec, (tw_str){s->next->bytes, s->next->length}, &w->out, s->row_columns, at + n));
        w->kinds[n] = s->next->kind;
        w->windows[n] = (tw_window_span){s->node->start, s->node->end};
    }
    tw_window_columns(w, at, n);
    return tw_builder_commit(&w->out, n, w->op.node->changelog == TW_APPEND ? NULL : w->kinds);
}

static tw_status hand_on(tw_window_function *w) {
    w->batch = w->out.batch;
    return tw_window_hand_on(w);
}

static tw_status close_session(tw_window_function *w) {
    tw_session_window *s = w->session;
    while (s->next) {
        if (tw_builder_room(&w->out) == 0) TW_TRY(hand_on(w));
        TW_TRY(tw_window_function_failed(w, give_rows(w)));
    }
    TW_TRY(tw_window_function_failed(w, tw_sessions_take(&s->sessions, s->hand, s->node)));
    tw_session_free(&s->sessions, s->node);
    s->hand = NULL;
    return TW_OK;
}

static tw_status go_on(tw_window_function *w) {
    tw_session_window *s = w->session;
    for (bool found = s->hand != NULL;;) {
        if (!s->hand) TW_TRY(tw_window_function_failed(w, tw_sessions_due(&s->sessions, s->target, &s->hand, &s->node, &found)));
        if (!found) break;
        if (!s->next) s->next = rows_of(s->node)->first;
        TW_TRY(close_session(w));
    }
    if (s->target > s->sessions.done) s->sessions.done = s->target;
    TW_TRY(hand_on(w));
    s->closing = false;
    arm_timer(w);
    return s->hands_on ? tw_emit_watermark(&w->op, s->target) : TW_OK;
}

tw_status tw_session_window_close_until(tw_window_function *w, int64_t target, bool hands_on) {
    tw_session_window *s = w->session;
    TW_TRY(tw_window_function_failed(w, tw_sessions_settle(&s->sessions)));
    s->closing = true;
    s->target = target;
    s->hands_on = hands_on;
    return go_on(w);
}

tw_status tw_session_window_resume(tw_window_function *w) { return w->session->closing ? go_on(w) : TW_OK; }
tw_status tw_session_window_timer(tw_window_function *w, int64_t now_ms) {
    return tw_session_window_close_until(w, w->plan->proctime ? now_ms - 1 : w->session->sessions.done, false);
}

/* ---- snapshots ---- */

tw_status tw_session_window_snapshot(tw_window_function *w, tw_snapshot_out *out) {
    tw_sessions *sessions = &w->session->sessions;
    tw_chunk_head_write(out->chunk, w->op.task, sessions->done, 0);
    return tw_window_function_failed(w, tw_chunk_table(sessions->table, out));
}

static tw_status apply_record(void *context, const tw_chunk_record *record, const tw_chunk_head *at, tw_error *error) {
    tw_window_function *w = context;
    return tw_owns_group(w->op.task, record->group) ? tw_table_apply(w->session->sessions.table, record, error) : TW_OK;
}

tw_status tw_session_window_restore(tw_window_function *w, tw_reader *chunk, tw_error *error) {
    tw_sessions *sessions = &w->session->sessions;
    tw_chunk_head head = {.watermark = sessions->done};
    sessions->restored = true;
    if (w->plan->proctime) tw_timer_at(&w->op, w->op.task->now_ms); /* sets the timers of the sessions that come back */
    TW_TRY(tw_chunk_read(chunk, "a session window", &head, apply_record, w, error));
    sessions->done = head.watermark;
    return TW_OK;
}
