/* The end of a task at an exchange: rows are dealt out to one channel per receiving task, by the key group of their key's hash. */
#include "data/hashing.h"
#include "data/key.h"
#include "runtime/job_internal.h"

static tw_status open_operator(tw_operator *op, tw_error *error) {
    tw_partitioner *p = (tw_partitioner *)op;
    tw_arena *arena = tw_job_arena(((tw_task *)op->task)->job);
    p->open = TW_NEW_ARRAY(arena, tw_slot *, p->nchannels);
    p->rows = TW_NEW_ARRAY(arena, uint16_t, TW_BATCH_ROWS + 1);
    p->first = TW_NEW_ARRAY(arena, int32_t, 2 * p->nchannels + 2);
    p->hashes = TW_NEW_ARRAY(arena, uint64_t, TW_BATCH_ROWS);
    p->marked = TW_NEW_ARRAY(arena, bool, p->nchannels);
    return p->open && p->rows && p->first && p->hashes && p->marked ? TW_OK : tw_fail(error, TW_E_NOMEM, "out of memory");
}

static void publish(tw_partitioner *p, int c) {
    p->open[c] = NULL;
    tw_channel_publish(p->channels[c]);
    tw_task_wake(p->channels[c]->consumer);
}

static tw_status need_slot(tw_partitioner *p, int c) {
    if (p->open[c]) return TW_OK;
    tw_status status = tw_channel_open_slot(p->channels[c], &p->open[c]);
    if (status == TW_OK) p->open[c]->arrival_ns = ((tw_task *)p->op.task)->arrival_ns;
    if (status == TW_E_NOMEM) return tw_fail(p->op.task->error, TW_E_NOMEM, "out of memory for rows between tasks");
    return status;
}

/* The one channel that takes every row, -1 where keys decide. A forward edge (region.c) leads to the task of the same number. */
static int receiver(const tw_partitioner *p) {
    const tw_plan_node *node = p->op.node;
    if (p->nchannels == 1) return 0;
    if (node->kind != TW_PLAN_EXCHANGE) return p->op.task->ninstances == p->nchannels ? p->op.task->instance : 0;
    return node->u.exchange.kind == TW_EXCHANGE_SINGLE ? 0 : -1;
}

/* Of two channels: both cursors stay in registers, where counters in memory would make each row wait for the one before it. */
static void deal_between_two(tw_partitioner *p, int32_t n) {
    uint16_t *rows = p->rows, first[TW_BATCH_ROWS];
    int32_t seconds = 0;
    for (int32_t i = 0; i < n; i++) seconds += tw_key_group_shard(tw_key_group(p->hashes[i]), 2);
    int32_t to_first = 0, to_second = n - seconds;
    p->first[1] = to_second;
    p->first[2] = n;
    for (int32_t i = 0; i < n; i++) { /* written to both ends, advanced at one: no branch on what cannot be foreseen */
        int32_t second = tw_key_group_shard(tw_key_group(p->hashes[i]), 2);
        rows[to_second] = (uint16_t)i;
        to_second += second;
        first[to_first] = (uint16_t)i;
        to_first += 1 - second;
    }
    memcpy(rows, first, sizeof *rows * (size_t)to_first);
}

/* Groups the batch's row numbers by channel: a counting sort that keeps their order. */
static void deal(tw_partitioner *p, const tw_batch *batch) {
    const tw_plan_exchange *exchange = &p->op.node->u.exchange;
    int32_t n = batch->rows, nchannels = p->nchannels;
    int32_t *first = p->first, *fill = p->first + nchannels + 1;
    memset(first, 0, sizeof *first * ((size_t)nchannels + 1));
    int alone = receiver(p);
    if (alone >= 0) {
        for (int32_t i = 0; i < n; i++) p->rows[i] = (uint16_t)i;
        for (int32_t c = alone + 1; c <= nchannels; c++) first[c] = n;
        return;
    }
    for (int k = 0; k < exchange->nkeys; k++) tw_column_hash(&batch->columns[exchange->keys[k]], (tw_selection){NULL, n}, p->hashes, k > 0);
    if (exchange->nkeys == 0) memset(p->hashes, 0, sizeof *p->hashes * (size_t)n);
    if (nchannels == 2) {
        deal_between_two(p, n);
        return;
    }
    for (int32_t i = 0; i < n; i++) {
        p->hashes[i] = (uint64_t)tw_key_group_shard(tw_key_group(p->hashes[i]), nchannels);
        first[p->hashes[i] + 1]++;
    }
    for (int32_t c = 0; c < nchannels; c++) first[c + 1] += first[c];
    memcpy(fill, first, sizeof *first * (size_t)nchannels);
    for (int32_t i = 0; i < n; i++) p->rows[fill[p->hashes[i]]++] = (uint16_t)i;
}

/* Appends what is left of the batch at hand; p->first[c] is the next row of channel c. */
static tw_status hand_out(tw_partitioner *p) {
    for (; p->channel < p->nchannels; p->channel++) {
        int c = p->channel;
        int32_t end = p->first[c + 1];
        /* first[c + 1] is the next channel's cursor, still at its start: channels are served in order */
        while (p->first[c] < end) {
            tw_status status = need_slot(p, c);
            if (status == TW_BLOCKED) {
                tw_pending(&p->op);
                return TW_BLOCKED;
            }
            TW_TRY(status);
            tw_builder *to = &p->open[c]->rows;
            int32_t n = end - p->first[c], room = tw_builder_room(to);
            if (n > room) n = room;
            if (tw_builder_append(to, p->batch, (tw_selection){p->rows + p->first[c], n}) != TW_OK)
                return tw_fail(p->op.task->error, TW_E_NOMEM, "out of memory for rows between tasks");
            p->first[c] += n;
            if (tw_builder_room(to) == 0) publish(p, c);
        }
    }
    return TW_OK;
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    tw_partitioner *p = (tw_partitioner *)op;
    deal(p, batch);
    p->at_hand = TW_ITEM_ROWS;
    p->batch = batch;
    p->channel = 0;
    p->idle = false;
    return hand_out(p);
}

/* A watermark goes behind the rows of the open slot; a later one takes its place until the slot is published. */
static tw_status send_watermark(tw_partitioner *p) {
    for (; p->channel < p->nchannels; p->channel++) {
        tw_status status = need_slot(p, p->channel);
        if (status == TW_BLOCKED) {
            tw_pending(&p->op);
            return TW_BLOCKED;
        }
        TW_TRY(status);
        p->open[p->channel]->watermark = p->op.watermark_out;
    }
    return TW_OK;
}

static tw_status watermark(tw_operator *op, int port, int64_t w) {
    tw_partitioner *p = (tw_partitioner *)op;
    op->watermark_out = w;
    p->at_hand = TW_ITEM_WATERMARK;
    p->channel = 0;
    p->idle = false;
    return send_watermark(p);
}

/* Nothing is to be waited for here until rows or a watermark come. Whatever follows goes into a slot of its own. */
static tw_status send_idle(tw_partitioner *p) {
    for (; p->channel < p->nchannels; p->channel++) {
        tw_status status = need_slot(p, p->channel);
        if (status == TW_BLOCKED) {
            tw_pending(&p->op);
            return TW_BLOCKED;
        }
        TW_TRY(status);
        p->open[p->channel]->idle = true;
        publish(p, p->channel);
    }
    return TW_OK;
}

static tw_status idle(tw_operator *op, int port) {
    tw_partitioner *p = (tw_partitioner *)op;
    if (p->idle) return TW_OK;
    p->at_hand = TW_ITEM_IDLE;
    p->channel = 0;
    p->idle = true;
    return send_idle(p);
}

static tw_status resume(tw_operator *op) {
    tw_partitioner *p = (tw_partitioner *)op;
    switch (p->at_hand) {
    case TW_ITEM_ROWS: return hand_out(p);
    case TW_ITEM_WATERMARK: return send_watermark(p);
    case TW_ITEM_IDLE: break;
    }
    return send_idle(p);
}

bool tw_partitioner_flush(tw_partitioner *p, bool all) {
    bool published = false;
    for (int c = 0; c < p->nchannels; c++) {
        if (!p->open[c]) continue;
        bool holds = p->open[c]->rows.batch.rows || p->open[c]->watermark != TW_WATERMARK_MIN;
        if (!holds || (!all && tw_channel_length(p->channels[c]) > 0)) continue;
        publish(p, c);
        published = true;
    }
    return published;
}

tw_status tw_partitioner_mark(tw_partitioner *p, uint64_t barrier, bool end) {
    bool left = false;
    for (int c = 0; c < p->nchannels; c++) {
        if (p->marked[c]) continue;
        tw_status status = need_slot(p, c);
        if (tw_is_error(status)) return status;
        left |= status != TW_OK;
        if (status != TW_OK) continue;
        p->open[c]->barrier = barrier;
        p->open[c]->end = end;
        p->marked[c] = true;
        publish(p, c);
    }
    if (left) return TW_BLOCKED;
    memset(p->marked, 0, sizeof *p->marked * (size_t)p->nchannels);
    return TW_OK;
}

const tw_operator_ops TW_OPERATOR_PARTITIONER = {
    .name = "exchange", .size = sizeof(tw_partitioner), .open = open_operator, .push = push, .resume = resume, .watermark = watermark, .idle = idle};
