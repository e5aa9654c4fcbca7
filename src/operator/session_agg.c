/* Aggregation per session. Windows of one key merge, so nothing is shared between keys and nothing is sliced: each session (operator/session.h) holds
 * its accumulators.
 *
 *     push --> keys --> elements --> each row: its session, late rows leave --> accumulators of all rows at once
 *                                    |  two sessions merge: the rows gathered so far are added first
 *     watermark --> sessions in order of their close --> results --> free
 *
 * What DISTINCT has seen belongs to a session: own_values.h.
 *
 * Early results and late updates: the session notes what has been shown of it. When sessions merge, what was shown of all but one is deleted. */
#include "operator/chunk_head.h"
#include "operator/emitted.h"
#include "operator/evaluation.h"
#include "operator/own_values.h"
#include "operator/session.h"
#include "operator/window_out.h"

enum { PIECE = 1024 };

typedef struct shown { /* a result that has been handed on */
    struct shown *next;
    tw_window_span window;
    tw_emitted_slot result;
} shown;

typedef struct contents {
    int64_t count;
    tw_own_values_ref values; /* DISTINCT */
    shown *shown;             /* the first is of this session, others of ones merged into it */
} contents;                   /* then the block */

typedef enum phase { NOTHING, PUSHING, CLOSING, FLUSHING } phase;

typedef struct session_agg {
    tw_operator op;
    const tw_plan_agg *plan;
    tw_window_time time;
    tw_agg_set set;
    tw_session_owner owner;
    tw_sessions sessions;
    tw_own_values values;
    tw_window_out out;
    tw_emitted emitted;
    bool direct, opened, upsert;

    tw_keys keys; /* of the rows being placed */
    const tw_column **columns;
    uint16_t *good; /* rows with a time */
    int64_t *local; /* and their local times */
    tw_element **elements;
    int32_t ngathered; /* rows that have their session and are not added yet */
    uint16_t *row;
    char **blocks;
    tw_session_node **nodes;
    tw_window_span *windows;

    phase phase;
    const tw_batch *batch; /* being pushed */
    int32_t next_row;
    int64_t target; /* CLOSING: up to here */
    bool hands_on;
    tw_element *hand; /* direct: the session that closes */
    tw_session_node *hand_node;
    tw_element **listed; /* keys with changed sessions */
    int32_t nlisted, listed_room, fire_at_element, kept;
    bool firing, fires_all;
    int64_t early_at;        /* on the clock: when changes are handed on; INT64_MAX: not asked for */
    int64_t early_watermark; /* EVERY on event time: the last time */
} session_agg;

static contents *contents_of(const tw_session_node *node) { return (contents *)tw_session_contents((tw_session_node *)node); }
static char *block_of(const tw_session_node *node) { return (char *)(contents_of(node) + 1); }

static tw_status failed(session_agg *a, tw_status status) {
    if (!tw_is_error(status) || status == a->op.task->error->status) return status; /* has said so itself */
    return tw_fail_at(a->op.task->error, status, a->op.node->pos,
                      status == TW_E_NOMEM ? "out of memory in an aggregation by session" : "an aggregation by session failed");
}

/* ---- contents of sessions ---- */

static void forget_shown(session_agg *a, contents *c) {
    shown *s = c->shown;
    c->shown = s->next;
    tw_emitted_forget(a->set.mem, &s->result);
    tw_free(a->set.mem, s, sizeof *s);
}

static void destroy_contents(void *context, tw_session_node *node) {
    session_agg *a = context;
    contents *c = contents_of(node);
    tw_agg_set_clear(&a->set, block_of(node));
    tw_own_values_drop(&a->values, &c->values);
    while (c->shown) forget_shown(a, c);
}

static void write_contents(void *context, const tw_session_node *node, tw_buf *out) {
    const session_agg *a = context;
    const contents *c = contents_of(node);
    uint64_t n = 0;
    for (const shown *s = c->shown; s; s = s->next) n++;
    tw_buf_u64(out, (uint64_t)c->count);
    tw_buf_varint(out, (uint64_t)c->values.number);
    tw_buf_varint(out, n);
    for (const shown *s = c->shown; s; s = s->next) {
        tw_buf_u64(out, (uint64_t)s->window.start);
        tw_buf_u64(out, (uint64_t)s->window.end);
        tw_buf_bytes(out, tw_emitted_kept(&s->result));
    }
    a->set.codec.write(a->set.codec.context, block_of(node), out);
}

static tw_status add_shown(session_agg *a, shown **at, tw_window_span window, tw_str bytes) {
    shown *s = tw_calloc(a->set.mem, sizeof *s);
    if (!s) return TW_E_NOMEM;
    s->window = window;
    tw_status status = tw_emitted_keep(a->set.mem, &s->result, bytes);
    if (status == TW_OK)
        *at = s;
    else
        tw_free(a->set.mem, s, sizeof *s);
    return status;
}

static tw_status read_contents(void *context, tw_session_node *node, tw_reader *in) {
    session_agg *a = context;
    contents *c = contents_of(node);
    c->count = (int64_t)tw_read_u64(in);
    c->values.number = (int64_t)tw_read_varint(in);
    shown **at = &c->shown;
    for (uint64_t n = tw_read_varint(in); n > 0 && !in->failed; n--) {
        tw_window_span window;
        window.start = (int64_t)tw_read_u64(in);
        window.end = (int64_t)tw_read_u64(in);
        TW_TRY(add_shown(a, at, window, tw_read_bytes(in)));
        at = &(*at)->next;
    }
    return in->failed ? TW_E_CORRUPT : a->set.codec.read(a->set.codec.context, block_of(node), in);
}

/* ---- adding rows ---- */

/* Adds the gathered rows to their sessions. */
static tw_status apply(session_agg *a) {
    int32_t n = a->ngathered;
    a->ngathered = 0;
    if (n == 0) return TW_OK;
    for (int32_t k = 0; k < n; k++) contents_of(a->nodes[k])->count += a->batch->kinds ? tw_change_sign(a->batch->kinds[a->row[k]]) : 1;
    if (!a->set.ndistinct) return tw_agg_set_update(&a->set, NULL, a->batch, (tw_selection){a->row, n}, a->blocks);
    for (int32_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && a->nodes[to] == a->nodes[from];) to++;
        tw_own_values_ref *values = &contents_of(a->nodes[from])->values;
        TW_TRY(tw_own_values_update(&a->values, values, a->batch, (tw_selection){a->row + from, to - from}, a->blocks + from));
    }
    return TW_OK;
}

static tw_status merge_contents(void *context, tw_session_node *into, tw_session_node *from) {
    session_agg *a = context;
    TW_TRY(apply(a));
    contents *to = contents_of(into), *of = contents_of(from);
    to->count += of->count;
    TW_TRY(tw_own_values_merge(&a->values, &to->values, block_of(into), &of->values, block_of(from)));
    shown **end = &to->shown;
    while (*end) end = &(*end)->next;
    *end = of->shown;
    of->shown = NULL;
    return TW_OK;
}

static tw_status note_changed(session_agg *a, tw_element *element, tw_session_node *node) {
    tw_session_list *list = tw_session_list_of(&a->sessions, element);
    node->changed = true;
    if (list->listed) return TW_OK;
    if (!tw_grow(a->set.mem, &a->listed, a->nlisted, &a->listed_room, 64, sizeof *a->listed)) return TW_E_NOMEM;
    a->listed[a->nlisted++] = element;
    list->listed = true;
    return TW_OK;
}

static void drop_late(session_agg *a, int32_t row, int64_t local, int64_t watermark) {
    char text[128];
    int length = tw_window_text((tw_window_span){local, local + a->sessions.gap_ms}, text, sizeof text);
    a->op.task->side->late(a->op.task->side->context, &a->op, a->batch, row, watermark, (tw_str){text, (size_t)length});
}

/* Rows [from, to) that have a time, and their local times. */
static tw_status good_rows(session_agg *a, int32_t from, int32_t to, int32_t *count) {
    const tw_window *window = &a->plan->window;
    tw_error error;
    *count = 0;
    for (int32_t row = from; row < to; row++) {
        const tw_column *c = window->proctime ? NULL : &a->batch->columns[window->time_column];
        bool null = c && tw_column_null(c, row);
        int32_t at = c && c->constant ? 0 : row;
        int64_t ms = !c || null ? a->op.task->now_ms : c->phys == TW_PHYS_TS ? ((const tw_ts *)c->values)[at].ms : ((const int64_t *)c->values)[at];
        if (null || ms > TW_WINDOW_TIME_MAX || ms < -TW_WINDOW_TIME_MAX) {
            tw_fail_at(&error, TW_E_VALUE, a->op.node->pos, null ? "RowTime field should not be null" : "the row's time is out of range");
            TW_TRY(tw_row_failed(&a->op, a->batch, row, &error));
            continue;
        }
        a->local[*count] = tw_window_to_local(&a->time, ms);
        a->good[(*count)++] = (uint16_t)row;
    }
    return TW_OK;
}

static tw_status place_row(session_agg *a, int32_t row, int64_t local, tw_element *element) {
    int64_t watermark = a->batch->row_watermark ? a->batch->row_watermark[row] : TW_WATERMARK_MIN;
    tw_session_node *node;
    TW_TRY(tw_sessions_place(&a->sessions, element, local, watermark, &node));
    if (!node) {
        drop_late(a, row, local, watermark);
        return TW_OK;
    }
    a->row[a->ngathered] = (uint16_t)row;
    a->nodes[a->ngathered] = node;
    a->blocks[a->ngathered++] = block_of(node);
    return a->direct ? note_changed(a, element, node) : TW_OK;
}

static tw_status place_rows(session_agg *a, int32_t from, int32_t to) {
    int32_t count;
    TW_TRY(good_rows(a, from, to, &count));
    tw_selection rows = {count == a->batch->rows ? NULL : a->good, count};
    for (int32_t c = 0; c < a->plan->nkeys; c++) a->columns[c] = &a->batch->columns[a->plan->keys[c]];
    TW_TRY(tw_keys_encode(&a->keys, &a->set.key_codec, a->columns, rows));
    TW_TRY(tw_table_upsert(a->sessions.table, &a->keys, a->elements, NULL));
    for (int32_t k = 0; k < count; k++) TW_TRY(place_row(a, a->good[k], a->local[k], a->elements[k]));
    TW_TRY(apply(a));
    return tw_sessions_let_go(&a->sessions);
}

/* ---- results ---- */

static tw_status flush(session_agg *a) {
    TW_TRY(tw_window_out_flush(&a->out));
    if (!tw_yield(&a->op)) return TW_OK;
    tw_pending(&a->op);
    return TW_MORE;
}

static tw_status need_room(session_agg *a, int32_t rows) { return tw_window_out_room(&a->out) < rows ? flush(a) : TW_OK; }

/* One row of the output: of the result kept in `old`, or of the one just computed. */
static tw_status write_row(session_agg *a, tw_element *element, tw_window_span window, const shown *old, int8_t kind) {
    int32_t at = a->out.builder.batch.rows;
    tw_window_rows rows = {a->sessions.table, &element, 1, &window, true};
    TW_TRY(tw_window_out_frame(&a->out, &rows, at));
    if (old)
        TW_TRY(tw_emitted_write_old(&a->emitted, tw_emitted_kept(&old->result), &a->out.builder, at));
    else
        TW_TRY(tw_emitted_write_new(&a->emitted, 0, &a->out.builder, at));
    return tw_builder_commit(&a->out.builder, 1, &kind);
}

/* The change of a session against what was shown of it; the output has room for two rows. */
static tw_status write_change(session_agg *a, tw_element *element, tw_session_node *node) {
    contents *c = contents_of(node);
    const char *block = block_of(node);
    tw_window_span window = {node->start, node->end};
    bool alive = c->count > 0;
    TW_TRY(tw_emitted_compute(&a->emitted, &block, 1));
    tw_str result = tw_emitted_result(&a->emitted, 0);
    shown *old = c->shown;
    if (!old) {
        if (!alive) return TW_OK;
        TW_TRY(write_row(a, element, window, NULL, TW_INSERT));
        return add_shown(a, &c->shown, window, result);
    }
    bool same = old->window.start == window.start && old->window.end == window.end;
    if (alive && same && tw_str_equal(tw_emitted_kept(&old->result), result)) return TW_OK;
    if (!alive || !a->upsert || !same) TW_TRY(write_row(a, element, old->window, old, !alive || a->upsert ? TW_DELETE : TW_UPDATE_BEFORE));
    if (!alive) {
        forget_shown(a, c);
        return TW_OK;
    }
    TW_TRY(write_row(a, element, window, NULL, TW_UPDATE_AFTER));
    old->window = window;
    return tw_emitted_keep(a->set.mem, &old->result, result);
}

/* Hands on what has changed of a session. May be called again after "not now". */
static tw_status emit_session(session_agg *a, tw_element *element, tw_session_node *node) {
    contents *c = contents_of(node);
    TW_TRY(failed(a, tw_table_touch(a->sessions.table, element, tw_table_generation(a->sessions.table))));
    while (c->shown && c->shown->next) {
        TW_TRY(need_room(a, 1));
        shown *gone = c->shown->next;
        TW_TRY(failed(a, write_row(a, element, gone->window, gone, TW_DELETE)));
        c->shown->next = gone->next;
        tw_emitted_forget(a->set.mem, &gone->result);
        tw_free(a->set.mem, gone, sizeof *gone);
    }
    TW_TRY(need_room(a, 2));
    TW_TRY(failed(a, write_change(a, element, node)));
    node->changed = false;
    return TW_OK;
}

/* Hands on changed sessions: those that have closed, with `all` every one. */
static tw_status fire(session_agg *a, bool all) {
    if (!a->firing) a->fire_at_element = a->kept = 0;
    if (!a->firing) a->fires_all = all;
    a->firing = true;
    for (; a->fire_at_element < a->nlisted; a->fire_at_element++) {
        tw_element *element = a->listed[a->fire_at_element];
        tw_session_list *list = tw_session_list_of(&a->sessions, element);
        bool left = false;
        for (tw_session_node *node = list->first; node; node = node->next) {
            if (node->changed && (a->fires_all || node->fired)) TW_TRY(emit_session(a, element, node));
            left |= node->changed;
        }
        list->listed = left;
        if (left)
            a->listed[a->kept++] = element;
        else
            TW_TRY(failed(a, tw_sessions_release(&a->sessions, element)));
    }
    a->nlisted = a->kept;
    a->firing = false;
    return TW_OK;
}

/* ---- closing ---- */

/* Takes up to `room` sessions that are due and have rows. */
static tw_status take_due(session_agg *a, int32_t room, int32_t *n, bool *more) {
    for (*more = true; *n < room;) {
        tw_element *element;
        tw_session_node *node;
        TW_TRY(tw_sessions_due(&a->sessions, a->target, &element, &node, more));
        if (!*more) break;
        TW_TRY(tw_sessions_hold(&a->sessions, element));
        TW_TRY(tw_sessions_take(&a->sessions, element, node));
        if (contents_of(node)->count <= 0) {
            tw_session_free(&a->sessions, node);
            continue;
        }
        a->nodes[*n] = node;
        a->elements[*n] = element;
        a->windows[*n] = (tw_window_span){node->start, node->end};
        a->blocks[(*n)++] = block_of(node);
    }
    return TW_OK;
}

/* Results on close alone: sessions that are due, many at a time. */
static tw_status close_piece(session_agg *a, int32_t room, bool *more) {
    int32_t n = 0;
    tw_status status = take_due(a, room, &n, more);
    tw_window_rows rows = {a->sessions.table, a->elements, n, a->windows, false};
    if (status == TW_OK) status = tw_window_out_add(&a->out, &rows, (const char *const *)a->blocks);
    for (int32_t k = 0; k < n; k++) tw_session_free(&a->sessions, a->nodes[k]);
    return status == TW_OK ? tw_sessions_let_go(&a->sessions) : status;
}

static tw_status close_sessions(session_agg *a) {
    for (bool more = true; more;) {
        TW_TRY(need_room(a, PIECE));
        TW_TRY(failed(a, close_piece(a, PIECE, &more)));
    }
    return TW_OK;
}

/* Early results: one session at a time, first when it closes, then when it takes no more late rows. */
static tw_status close_directly(session_agg *a) {
    bool found = a->hand != NULL;
    for (;;) {
        if (!a->hand) TW_TRY(failed(a, tw_sessions_due(&a->sessions, a->target, &a->hand, &a->hand_node, &found)));
        if (!found) break;
        if (!a->hand_node->fired) {
            TW_TRY(emit_session(a, a->hand, a->hand_node));
            a->hand_node->fired = true;
        } else {
            TW_TRY(failed(a, tw_sessions_take(&a->sessions, a->hand, a->hand_node)));
            tw_session_free(&a->sessions, a->hand_node);
        }
        a->hand = NULL;
    }
    return TW_OK;
}

static bool interval_passed(const session_agg *a) {
    const tw_emit_spec *emit = &a->plan->emit;
    if (emit->mode != TW_EMIT_EVERY || emit->every_ms <= 0) return false;
    if (emit->processing_time) return a->early_at <= a->op.task->now_ms;
    return tw_emit_interval_passed(emit, a->early_watermark, a->target);
}

static tw_status go_on_closing(session_agg *a) {
    if (a->phase == CLOSING) {
        TW_TRY(a->direct ? close_directly(a) : close_sessions(a));
        if (a->target > a->sessions.done) a->sessions.done = a->target;
        if (a->direct && (a->firing || interval_passed(a))) TW_TRY(fire(a, true));
        if (a->early_at <= a->op.task->now_ms) a->early_at = INT64_MAX;
        a->early_watermark = a->target;
        TW_TRY(failed(a, tw_own_values_collect(&a->values)));
        a->phase = FLUSHING;
    }
    TW_TRY(tw_window_out_flush(&a->out));
    a->phase = NOTHING;
    return a->hands_on ? tw_emit_watermark(&a->op, a->target) : TW_OK;
}

/* Makes what is not in snapshots. All sessions count as changed, for nothing says which were when it was taken; equal results are left out. */
static tw_status settle(session_agg *a) {
    bool restored = a->sessions.restored;
    uint32_t cursor = 0;
    tw_element *element;
    TW_TRY(failed(a, tw_sessions_settle(&a->sessions)));
    if (!restored || !a->direct) return TW_OK;
    a->early_watermark = a->sessions.done;
    while ((element = tw_table_next(a->sessions.table, &cursor)) != NULL)
        for (tw_session_node *node = tw_session_list_of(&a->sessions, element)->first; node; node = node->next)
            TW_TRY(failed(a, note_changed(a, element, node)));
    return TW_OK;
}

static tw_status start_closing(session_agg *a, int64_t target, bool hands_on) {
    TW_TRY(settle(a));
    a->phase = CLOSING;
    a->target = target;
    a->hands_on = hands_on;
    return go_on_closing(a);
}

/* ---- the operator ---- */

static void arm_timer(session_agg *a) {
    const tw_emit_spec *emit = &a->plan->emit;
    if (a->plan->window.proctime && a->sessions.timers.count) tw_timer_at(&a->op, tw_timers_next(&a->sessions.timers) + 1);
    if (!a->direct || emit->mode != TW_EMIT_EVERY || !emit->processing_time || a->nlisted == 0) return;
    if (a->early_at == INT64_MAX) a->early_at = a->op.task->now_ms + emit->every_ms;
    tw_timer_at(&a->op, a->early_at);
}

static tw_status go_on_pushing(session_agg *a) {
    bool single = a->direct && a->op.task->plan && a->op.task->plan->every_change;
    while (a->firing || a->next_row < a->batch->rows) {
        if (!a->firing) {
            int32_t end = single ? a->next_row + 1 : a->batch->rows;
            TW_TRY(failed(a, place_rows(a, a->next_row, end)));
            a->next_row = end;
        }
        if (a->direct) TW_TRY(fire(a, a->plan->emit.mode == TW_EMIT_ON_UPDATE));
    }
    TW_TRY(tw_window_out_flush(&a->out));
    a->phase = NOTHING;
    return TW_OK;
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    session_agg *a = (session_agg *)op;
    TW_TRY(settle(a));
    a->batch = batch;
    a->next_row = 0;
    a->phase = PUSHING;
    TW_TRY(go_on_pushing(a));
    arm_timer(a);
    return TW_OK;
}

static tw_status resume(tw_operator *op) {
    session_agg *a = (session_agg *)op;
    tw_window_out_resume(&a->out);
    if (a->phase == PUSHING)
        TW_TRY(go_on_pushing(a));
    else if (a->phase != NOTHING)
        TW_TRY(go_on_closing(a));
    arm_timer(a);
    return TW_OK;
}

static tw_status watermark(tw_operator *op, int port, int64_t ms) {
    session_agg *a = (session_agg *)op;
    if (ms <= op->watermark_out) return TW_OK;
    if (a->plan->window.proctime && ms != TW_WATERMARK_MAX) return tw_emit_watermark(op, ms);
    return start_closing(a, ms, true);
}

static tw_status timer(tw_operator *op, int64_t now_ms) {
    session_agg *a = (session_agg *)op;
    TW_TRY(start_closing(a, a->plan->window.proctime ? now_ms - 1 : a->sessions.done, false));
    arm_timer(a);
    return TW_OK;
}

static tw_status open_room(session_agg *a) {
    tw_arena *arena = &a->set.arena;
    a->columns = TW_NEW_ARRAY(arena, const tw_column *, a->plan->nkeys + 1);
    a->good = TW_NEW_ARRAY(arena, uint16_t, TW_BATCH_ROWS);
    a->local = TW_NEW_ARRAY(arena, int64_t, TW_BATCH_ROWS);
    a->elements = TW_NEW_ARRAY(arena, tw_element *, TW_BATCH_ROWS);
    a->row = TW_NEW_ARRAY(arena, uint16_t, TW_BATCH_ROWS);
    a->blocks = TW_NEW_ARRAY(arena, char *, TW_BATCH_ROWS);
    a->nodes = TW_NEW_ARRAY(arena, tw_session_node *, TW_BATCH_ROWS);
    a->windows = TW_NEW_ARRAY(arena, tw_window_span, PIECE);
    return a->columns && a->good && a->local && a->elements && a->row && a->blocks && a->nodes && a->windows ? TW_OK : TW_E_NOMEM;
}

static tw_status open_parts(session_agg *a, tw_error *error) {
    tw_task_context *task = a->op.task;
    const tw_emit_spec *emit = &a->plan->emit;
    TW_TRY(tw_agg_set_open(&a->set, task->mem, a->plan, a->op.node->inputs[0]->row, 0, error));
    a->opened = true;
    tw_keys_init(&a->keys, task->mem);
    tw_own_values_init(&a->values, &a->set, task);
    TW_TRY(open_room(a));
    a->owner = (tw_session_owner){sizeof(contents) + (size_t)a->set.size, merge_contents, destroy_contents, write_contents, read_contents};
    TW_TRY(tw_sessions_open(&a->sessions, task->mem, &a->set.key_codec, tw_agg_stored(&a->set, 0), &a->time, a->plan->window.gap_ms,
                            emit->lateness_ms, &a->owner, a));
    TW_TRY(tw_window_out_open(&a->out, &a->op, &a->set, a->plan, &a->time, false));
    return a->direct ? tw_emitted_open(&a->emitted, &a->set, a->plan) : TW_OK;
}

static tw_status open_agg(tw_operator *op, tw_error *error) {
    session_agg *a = (session_agg *)op;
    a->plan = &op->node->u.agg;
    a->direct = a->plan->emit.mode != TW_EMIT_ON_CLOSE || a->plan->emit.lateness_ms > 0;
    a->upsert = op->node->changelog == TW_UPSERT;
    a->early_at = INT64_MAX;
    a->early_watermark = TW_WATERMARK_MIN;
    tw_window_time_init(&a->time, &a->plan->window, op->task->session);
    *error = (tw_error){.status = TW_OK};
    tw_status status = open_parts(a, error);
    if (status == TW_OK || error->status != TW_OK) return status;
    return tw_fail_at(error, status, op->node->pos, "out of memory");
}

static void close_agg(tw_operator *op) {
    session_agg *a = (session_agg *)op;
    if (!a->opened) return;
    tw_sessions_close(&a->sessions);
    tw_own_values_close(&a->values);
    tw_window_out_close(&a->out);
    tw_emitted_close(&a->emitted);
    tw_keys_free(&a->keys);
    tw_free(a->set.mem, a->listed, sizeof(tw_element *) * (size_t)a->listed_room);
    tw_agg_set_close(&a->set);
    a->opened = false;
}

/* ---- snapshots: the keys' lists in namespace 0, then DISTINCT values ---- */

static tw_status snapshot(tw_operator *op, tw_snapshot_out *out) {
    session_agg *a = (session_agg *)op;
    tw_chunk_head_write(out->chunk, op->task, a->sessions.done, a->values.sequence);
    TW_TRY(failed(a, tw_chunk_table(a->sessions.table, out)));
    return failed(a, tw_own_values_snapshot(&a->values, out));
}

static tw_status apply_record(void *context, const tw_chunk_record *record, const tw_chunk_head *at, tw_error *error) {
    session_agg *a = context;
    int32_t family;
    int64_t number = tw_agg_family(&a->set, record->namespace_, &family) >> 2;
    if (family >= 0 || record->op == 3) return tw_own_values_apply(&a->values, number, record, error);
    return number == 0 && tw_owns_group(a->op.task, record->group) ? tw_table_apply(a->sessions.table, record, error) : TW_OK;
}

static tw_status restore(tw_operator *op, tw_reader *chunk, tw_error *error) {
    session_agg *a = (session_agg *)op;
    tw_chunk_head head = {.watermark = a->sessions.done, .sequence = a->values.sequence};
    a->sessions.restored = a->values.restoring = true;
    if (a->plan->window.proctime) tw_timer_at(op, op->task->now_ms); /* sets the timers of the sessions that come back */
    tw_status status = tw_chunk_read(chunk, "an aggregation by session", &head, apply_record, a, error);
    a->values.restoring = false;
    a->sessions.done = head.watermark;
    a->values.sequence = head.sequence;
    return status;
}

const tw_operator_ops TW_OPERATOR_SESSION_AGG = {.name = "session_agg",
                                                 .size = sizeof(session_agg),
                                                 .open = open_agg,
                                                 .push = push,
                                                 .resume = resume,
                                                 .watermark = watermark,
                                                 .timer = timer,
                                                 .snapshot = snapshot,
                                                 .restore = restore,
                                                 .close = close_agg};
