/* The input of a task that reads a source: its share of the splits, one batch at a time.
 *
 * Which split is read next: first every split once (so that each one's watermark is known), then always the one with the lowest watermark, so
 * that state stays as small as the splits overlap. Without watermarks they are read one after the other. Where the input has no end, splits that
 * are equal in this take turns.
 *
 * A split that is spread (spread.h) is read portion by portion, each in a lane of its own. The batches of a portion wait, decoded, until the portion
 * in front has said its maximum; meanwhile the task works ahead in its other lanes, so that tasks seldom wait for each other:
 *
 *     take -> decode -> [hold] -> hand on -> raised (by the watermark operator) -> publish, with the portion's last batch */
#include <stdlib.h>

#include "runtime/job_internal.h"
#include "runtime/spread.h"

enum { LANES = 4 };

/* A portion of a spread split on its way: taken, decoded, handed on. */
typedef struct lane {
    tw_split_reader *reader;
    uint64_t portion;
    bool entered;   /* its first rows have gone on */
    tw_batch *held; /* decoded, not handed on yet */
} lane;

typedef struct reader {
    tw_split_progress progress; /* must be first: batches point to it */
    tw_split_reader *reader;    /* of a split that is this task's alone */
    int64_t wait_ns;            /* not before */
    struct source_input *input;
    tw_spread *spread; /* NULL: the split is this task's alone */
    lane lanes[LANES]; /* a ring: those in use hold portions in order, from lanes[front] on */
    int front, nused;
} reader;

typedef struct source_input {
    tw_input input;
    tw_source_shared *shared;
    reader **readers; /* this task's share, in order of discovery */
    int nreaders, capacity;
    int seen; /* splits of the shared list that have been looked at */
    int turn; /* the reader that `pick` begins with */
    tw_split_progress *first;
    tw_split_progress *news; /* a split that was added and that the watermark operator has not seen */
    bool begun;              /* the splits known at start have been added */
    tw_batch batch;
    int64_t measured_ns; /* when `measure` looked last */
    bool ordered;        /* a watermark is declared: portions go on one behind the other */
} source_input;

static void on_bad(void *context, const tw_split_id *split, const tw_bad_record *bad) {
    source_input *s = context;
    s->input.task->bad_records++;
    s->input.task->context.side->bad(s->input.task->context.side->context, s->shared->node->u.scan.table.name, split, bad);
}

/* The operator that declares this source's watermark, which a computed column may stand before; NULL: there is none. *port is its port. */
static tw_operator *watermark_operator(const source_input *s, int *port) {
    tw_operator *next = s->input.head.next;
    *port = s->input.head.next_port;
    for (; next->ops == &TW_OPERATOR_CALC; next = next->next) *port = next->next_port;
    return next->ops == &TW_OPERATOR_WATERMARK ? next : NULL;
}

/* With what watermark a split begins that was discovered later: the merged one of that moment. After a restart that is what the snapshot
 * says of the splits known then. */
static int64_t later_watermark(const source_input *s, const tw_snapshot *snapshot) {
    int port;
    const tw_operator *op = watermark_operator(s, &port);
    if (!op || s->begun) return op ? op->watermark_out : TW_WATERMARK_MIN;
    int64_t lowest = TW_WATERMARK_MAX, highest_ended = TW_WATERMARK_MIN;
    for (int32_t i = 0; snapshot && i < snapshot->nsplits; i++) {
        const tw_snapshot_split *at = &snapshot->splits[i];
        if (at->operator_id != s->shared->node->id) continue;
        if (at->ended && at->watermark > highest_ended) highest_ended = at->watermark;
        if (!at->ended && at->watermark < lowest) lowest = at->watermark;
    }
    return lowest == TW_WATERMARK_MAX ? highest_ended : lowest;
}

/* The portion's last rows are on their way: the next one may follow. */
static void publish(reader *r) {
    lane *l = &r->lanes[r->front];
    if (r->nused == 0 || !l->entered || l->held || !r->input->shared->ops->drained(l->reader)) return;
    r->front = (r->front + 1) % LANES;
    r->nused--;
    if (!r->input->ordered) return;
    tw_spread_publish(r->spread, l->portion, r->progress.watermark);
    const tw_region *region = r->input->input.task->region;
    for (int i = 0; i < region->ninstances; i++) tw_task_wake(region->tasks[i]);
}

static void raised(tw_split_progress *progress) { publish((reader *)progress); }

static tw_status add_reader(source_input *s, const tw_split_id *split) {
    tw_task *task = s->input.task;
    if (!tw_grow(task->context.mem, &s->readers, s->nreaders, &s->capacity, 8, sizeof *s->readers))
        return tw_fail(task->context.error, TW_E_NOMEM, "out of memory");
    reader *r = tw_calloc(task->context.mem, sizeof *r);
    if (!r) return tw_fail(task->context.error, TW_E_NOMEM, "out of memory");
    const tw_snapshot *snapshot = task->job->options.restore;
    r->progress = (tw_split_progress){.table = s->shared->node->u.scan.table.name,
                                      .name = split->name,
                                      .number = split->number,
                                      .watermark = later_watermark(s, snapshot),
                                      .first = &s->first,
                                      .silent_from_ms = task->context.now_ms,
                                      .silent_to_ms = task->context.now_ms};
    r->input = s;
    if (s->shared->spread) r->spread = &s->shared->spread[split->number];
    if (r->spread) r->progress.raised = raised;
    r->progress.next = s->first;
    s->first = s->news = &r->progress;
    s->readers[s->nreaders++] = r;
    const tw_snapshot_split *at = snapshot ? tw_snapshot_find_split(snapshot, s->shared->node->id, split->name) : NULL;
    if (!at) return TW_OK;
    r->progress.watermark = at->watermark;
    r->progress.ended = at->ended;
    return TW_OK;
}

/* Looks for splits that have come since; only the first task asks the source. */
static tw_status discover(source_input *s) {
    tw_source_shared *shared = s->shared;
    tw_task *task = s->input.task;
    tw_status status = TW_OK;
    pthread_mutex_lock(&shared->lock);
    int64_t now = tw_mono_ns(task->context.os);
    bool due = !shared->complete && (shared->refreshed_ns == 0 || now - shared->refreshed_ns > 200000000);
    if (task->context.instance == 0 && due) {
        shared->refreshed_ns = now;
        status = shared->ops->splits(shared->source, &shared->splits, &shared->nsplits, &shared->complete, task->context.error);
    }
    for (; status == TW_OK && s->seen < shared->nsplits; s->seen++)
        if (shared->spread || shared->splits[s->seen].number % task->context.ninstances == task->context.instance)
            status = add_reader(s, &shared->splits[s->seen]);
    s->begun = true;
    pthread_mutex_unlock(&shared->lock);
    return status;
}

static bool complete(source_input *s) {
    pthread_mutex_lock(&s->shared->lock);
    bool done = s->shared->complete && s->seen == s->shared->nsplits;
    pthread_mutex_unlock(&s->shared->lock);
    return done;
}

static reader *pick(source_input *s, int64_t now) {
    reader *best = NULL;
    for (int i = 0; i < s->nreaders; i++) {
        reader *r = s->readers[(s->turn + i) % s->nreaders];
        if (r->progress.ended || r->wait_ns > now) continue;
        if (!r->progress.opened) return r;
        if (!best || r->progress.watermark < best->progress.watermark) best = r;
        if (!s->shared->node->u.scan.ordered_by_watermark && best) return best;
    }
    return best;
}

/* Where the split begins: at the snapshot's position, or "". */
static tw_str begin_position(const source_input *s, tw_str name) {
    const tw_snapshot *snapshot = s->input.task->job->options.restore;
    const tw_snapshot_split *at = snapshot ? tw_snapshot_find_split(snapshot, s->shared->node->id, name) : NULL;
    return at ? (tw_str){at->position.data ? at->position.data : "", at->position.length} : TW_STR("");
}

static tw_status open_reader(source_input *s, reader *r, tw_str position, tw_split_reader **out) {
    tw_task *task = s->input.task;
    tw_split_id id = {r->progress.name, r->progress.number};
    TW_TRY(s->shared->ops->reader_open(s->shared->source, &id, task->context.mem, position, out, task->context.error));
    r->progress.opened = true;
    return TW_OK;
}

/* Everything read: the end of time for this input. */
static tw_status end_of_input(source_input *s) {
    if (s->input.watermark != TW_WATERMARK_MAX) {
        s->input.watermark = TW_WATERMARK_MAX;
        tw_status status = s->input.head.next->ops->watermark(s->input.head.next, s->input.head.next_port, TW_WATERMARK_MAX);
        if (status == TW_MORE || status == TW_BLOCKED) s->input.task->current = &s->input;
        if (status != TW_OK) return status;
    }
    s->input.ended = true;
    return TW_OK;
}

static bool exhausted(const source_input *s) {
    for (int i = 0; i < s->nreaders; i++)
        if (!s->readers[i]->progress.ended) return false;
    return true;
}

static void note_wait(source_input *s, int64_t now) {
    int64_t wait = complete(s) ? INT64_MAX : now + 200000000; /* new splits */
    for (int i = 0; i < s->nreaders; i++) {
        reader *r = s->readers[i];
        if (!r->progress.ended && r->wait_ns && r->wait_ns < wait) wait = r->wait_ns;
    }
    s->input.wait_ns = wait == INT64_MAX ? 0 : wait;
}

/* A split that came or ended changes what the watermark operator waits for: it looks at the splits again. */
static tw_status split_changed(source_input *s, tw_split_progress *split) {
    int port;
    tw_operator *op = watermark_operator(s, &port);
    s->batch = (tw_batch){.split = split};
    return op ? op->ops->push(op, port, &s->batch) : TW_OK;
}

/* Nothing now: until when, and is anything to come at all? */
static tw_status nothing(source_input *s, int64_t now) {
    note_wait(s, now);
    s->input.idle = true;
    for (int i = 0; i < s->nreaders; i++) s->input.idle &= s->readers[i]->progress.ended || s->readers[i]->progress.idle;
    return TW_END;
}

static tw_status blocked(source_input *s, reader *r, int64_t wait_ns, int64_t now) {
    r->wait_ns = wait_ns ? wait_ns : now + 1000000;
    int64_t until = s->input.task->context.now_ms + (r->wait_ns - now) / 1000000;
    if (until > r->progress.silent_to_ms) r->progress.silent_to_ms = until;
    return pick(s, now) ? TW_OK : nothing(s, now); /* another split may have rows */
}

enum { MEASURE_NS = 100000000 };

/* How much of the splits has been read, for tw_job_get_stats. */
static void measure(source_input *s, int64_t now) {
    tw_task *task = s->input.task;
    if (now < s->measured_ns + MEASURE_NS && !exhausted(s)) return;
    s->measured_ns = now;
    double done = 0;
    for (int i = 0; i < s->nreaders && done >= 0; i++) {
        reader *r = s->readers[i];
        double part = r->progress.ended          ? 1
                      : r->spread                ? tw_spread_progress(r->spread)
                      : !r->reader               ? 0
                      : s->shared->ops->progress ? s->shared->ops->progress(r->reader)
                                                 : -1;
        done = part < 0 ? -1 : done + part;
    }
    task->done_permille = done < 0 ? -1 : (int32_t)(done * 1000);
    task->nsplits = s->nreaders;
}

static tw_status hand_on(source_input *s, reader *r, const tw_batch *batch, int64_t now) {
    r->wait_ns = 0;
    if (batch->source_watermark && *batch->source_watermark > r->progress.watermark) {
        r->progress.watermark = *batch->source_watermark;
        return split_changed(s, &r->progress);
    }
    if (batch->rows == 0) return TW_OK;
    r->progress.silent_from_ms = r->progress.silent_to_ms = s->input.task->context.now_ms;
    if (!s->shared->node->u.scan.bounded) s->turn = (s->turn + 1) % s->nreaders;
    s->input.idle = false;
    measure(s, now);
    s->input.task->rows_in += (uint64_t)batch->rows;
    s->batch = *batch;
    s->batch.split = &r->progress;
    s->input.task->arrival_ns = batch->arrival_ns ? *batch->arrival_ns : 0;
    return tw_emit(&s->input.head, &s->batch);
}

static tw_status split_ended(source_input *s, reader *r, int64_t now) {
    r->progress.ended = true;
    measure(s, now);
    return split_changed(s, &r->progress);
}

/* --- spread splits --- */

/* The lane's next batch into l->held: TW_OK or TW_END. */
static tw_status decode(source_input *s, lane *l) {
    int64_t wait_ns;
    tw_batch *batch = NULL;
    tw_task *task = s->input.task;
    tw_status status = s->shared->ops->poll(l->reader, task->job->options.batch_rows, &batch, &wait_ns, on_bad, s, task->context.error);
    if (status == TW_OK) l->held = batch; /* at the end `batch` may be anything */
    return status;
}

/* The next portion into a lane: TW_OK, TW_END, or TW_BLOCKED (no lane is free, or a barrier comes first). */
static tw_status take(source_input *s, reader *r) {
    tw_task *task = s->input.task;
    if (r->nused == LANES || tw_job_epoch_wanted(task->job) > task->epoch) return TW_BLOCKED;
    lane *l = &r->lanes[(r->front + r->nused) % LANES];
    if (!l->reader) TW_TRY(open_reader(s, r, TW_STR(""), &l->reader));
    tw_split_id id = {r->progress.name, r->progress.number};
    tw_status status = tw_spread_take(r->spread, s->shared->source, &id, begin_position(s, r->progress.name), l->reader,
                                      task->job->options.batch_rows, task->epoch, &l->portion, task->context.error);
    if (status == TW_END && r->nused) return TW_BLOCKED;
    if (status != TW_OK) return status;
    l->entered = false;
    l->held = NULL;
    r->nused++;
    return TW_OK;
}

/* The first portion may go on: all in front of it have said their maximum. */
static bool may_enter(const source_input *s, const reader *r) {
    const lane *l = &r->lanes[r->front];
    return r->nused && (!s->ordered || l->entered || tw_spread_is_next(r->spread, l->portion));
}

static void enter(const source_input *s, reader *r) {
    lane *l = &r->lanes[r->front];
    if (s->ordered && !l->entered && r->spread->watermark > r->progress.watermark) r->progress.watermark = r->spread->watermark;
    l->entered = true;
}

/* One piece of work on the split: TW_OK with a batch to hand on or, when it worked ahead, with none; TW_BLOCKED: until woken; TW_END. */
static tw_status next_of_spread(source_input *s, reader *r, tw_batch **out) {
    *out = NULL;
    while (may_enter(s, r)) {
        lane *l = &r->lanes[r->front];
        tw_status status = l->held ? TW_OK : decode(s, l);
        if (status != TW_OK && status != TW_END) return status;
        enter(s, r);
        *out = l->held;
        l->held = NULL;
        if (status == TW_OK) return TW_OK;
        publish(r); /* the rest of the portion gave no rows */
    }
    TW_TRY(take(s, r));
    tw_status status = decode(s, &r->lanes[(r->front + r->nused - 1) % LANES]);
    return status == TW_END ? TW_OK : status;
}

static tw_status advance_spread(source_input *s, reader *r, int64_t now) {
    tw_batch *batch;
    tw_status status = next_of_spread(s, r, &batch);
    if (status == TW_END) return split_ended(s, r, now);
    if (status == TW_BLOCKED) return TW_END; /* until woken */
    if (status != TW_OK || !batch) return status;
    status = hand_on(s, r, batch, now);
    publish(r); /* where no rows came to the watermark operator */
    return status;
}

/* Nothing more is taken in front of the barrier, by any task, whether it has looked at the splits yet or not. */
static void freeze(source_input *s) {
    uint64_t epoch = tw_job_epoch_wanted(s->input.task->job);
    for (int i = 0; i < s->shared->nspread; i++) tw_spread_freeze(&s->shared->spread[i], epoch, begin_position(s, s->shared->splits[i].name));
}

static bool writes_position(const source_input *s, const reader *r) {
    return !r->spread || r->progress.number % s->input.task->context.ninstances == s->input.task->context.instance;
}

/* Rows in front of the barrier are still here. The task that writes a split's position also waits until all maxima in front of it are known. */
static bool busy(tw_input *input) {
    source_input *s = (source_input *)input;
    bool any = s->shared->spread && !s->begun;
    freeze(s);
    for (int i = 0; i < s->nreaders; i++) {
        const reader *r = s->readers[i];
        any |= r->nused || (r->spread && s->ordered && writes_position(s, r) && !tw_spread_settled(r->spread));
    }
    return any;
}

/* --- */

static tw_status advance(tw_input *input) {
    source_input *s = (source_input *)input;
    tw_task *task = input->task;
    input->wait_ns = 0;
    TW_TRY(discover(s));
    if (s->news) {
        tw_split_progress *news = s->news;
        s->news = NULL;
        return split_changed(s, news);
    }
    int64_t now = tw_mono_ns(task->context.os);
    reader *r = pick(s, now);
    if (!r) return exhausted(s) && complete(s) ? end_of_input(s) : nothing(s, now);
    if (r->spread) return advance_spread(s, r, now);
    if (!r->reader) TW_TRY(open_reader(s, r, begin_position(s, r->progress.name), &r->reader));
    tw_batch *batch = NULL;
    int64_t wait_ns = 0;
    tw_status status = s->shared->ops->poll(r->reader, task->job->options.batch_rows, &batch, &wait_ns, on_bad, s, task->context.error);
    if (status == TW_OK) return hand_on(s, r, batch, now);
    if (status == TW_BLOCKED) return blocked(s, r, wait_ns, now);
    return status == TW_END ? split_ended(s, r, now) : status;
}

/* The cut of a spread split, by the one task that writes it. */
static void put_spread(source_input *s, const reader *r, tw_snapshot_split *out) {
    const tw_spread *spread = r->spread;
    out->ended = spread->exhausted && spread->frozen_at == spread->taken;
    if (s->ordered) out->watermark = spread->frozen_watermark > r->progress.watermark ? spread->frozen_watermark : r->progress.watermark;
    tw_buf_append(&out->position, spread->frozen_position.data, spread->frozen_position.length);
}

static void put_position(source_input *s, const reader *r, tw_snapshot_split *out) {
    out->ended = r->progress.ended;
    out->watermark = r->progress.watermark;
    if (r->spread) {
        put_spread(s, r, out);
    } else if (r->reader) {
        s->shared->ops->position(r->reader, &out->position);
    } else {
        tw_str position = begin_position(s, r->progress.name);
        tw_buf_append(&out->position, position.data, position.length);
    }
}

static tw_status snapshot(tw_input *input) {
    source_input *s = (source_input *)input;
    tw_job *job = input->task->job;
    freeze(s);
    TW_TRY(discover(s)); /* a position of the snapshot before must not be lost because its split was not looked at yet */
    tw_status status = TW_OK;
    pthread_mutex_lock(&job->lock);
    for (int i = 0; status == TW_OK && i < s->nreaders; i++) {
        reader *r = s->readers[i];
        if (!writes_position(s, r)) continue;
        tw_snapshot_split *out = tw_snapshot_add_split(job->snapshot, s->shared->node->id, r->progress.name);
        if (!out) {
            status = tw_fail(input->task->context.error, TW_E_NOMEM, "out of memory");
            break;
        }
        put_position(s, r, out);
        if (out->position.failed) status = tw_fail(input->task->context.error, TW_E_NOMEM, "out of memory while a snapshot was written");
    }
    pthread_mutex_unlock(&job->lock);
    return status;
}

static void close_input(tw_input *input) {
    source_input *s = (source_input *)input;
    tw_mem *mem = input->task->context.mem;
    for (int i = 0; i < s->nreaders; i++) {
        if (s->readers[i]->reader) s->shared->ops->reader_close(s->readers[i]->reader);
        for (int k = 0; k < LANES; k++)
            if (s->readers[i]->lanes[k].reader) s->shared->ops->reader_close(s->readers[i]->lanes[k].reader);
        tw_free(mem, s->readers[i], sizeof *s->readers[i]);
    }
    tw_free(mem, s->readers, sizeof *s->readers * (size_t)s->capacity);
}

static const tw_input_ops SOURCE = {.advance = advance, .busy = busy, .snapshot = snapshot, .close = close_input};

tw_input *tw_source_make(tw_task *task, const tw_plan_node *scan, tw_source_shared *shared) {
    source_input *s = TW_NEW(tw_job_arena(task->job), source_input);
    if (!s) return NULL;
    tw_input_init(&s->input, task, &SOURCE, scan);
    s->shared = shared;
    s->ordered = scan->u.scan.ordered_by_watermark;
    return &s->input;
}
