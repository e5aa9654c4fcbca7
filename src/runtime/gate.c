/* The input of a task behind an exchange: one channel per upstream task, their watermarks merged by minimum, their barriers aligned. */
#include "runtime/job_internal.h"

typedef struct gate {
    tw_input input;
    tw_channel **channels;
    int nchannels;
    int next;            /* round robin */
    tw_channel *at_hand; /* whose front slot is being delivered */
} gate;

static int64_t merged(const gate *g) {
    tw_merger m = TW_MERGER;
    for (int i = 0; i < g->nchannels; i++) tw_merge(&m, g->channels[i]->ended ? TW_WATERMARK_MAX : g->channels[i]->watermark, g->channels[i]->idle);
    return tw_merged(&m);
}

static tw_channel *pick(gate *g) {
    for (int k = 0; k < g->nchannels; k++) {
        tw_channel *c = g->channels[(g->next + k) % g->nchannels];
        if (c->barrier_seen > g->input.task->epoch) continue; /* waits for the others */
        if (!tw_channel_front(c)) continue;
        g->next = (g->next + k + 1) % g->nchannels;
        return c;
    }
    return NULL;
}

static bool aligned(const gate *g) {
    for (int i = 0; i < g->nchannels; i++)
        if (!g->channels[i]->ended && g->channels[i]->barrier_seen <= g->input.task->epoch) return false;
    return true;
}

static tw_status deliver_watermark(gate *g) {
    int64_t w = merged(g);
    if (w <= g->input.watermark) return TW_OK;
    g->input.watermark = w;
    return g->input.head.next->ops->watermark(g->input.head.next, g->input.head.next_port, w);
}

static tw_status advance(tw_input *input) {
    gate *g = (gate *)input;
    if (!g->at_hand) {
        g->at_hand = pick(g);
        input->phase = 0;
        if (!g->at_hand) return TW_END;
    }
    tw_channel *c = g->at_hand;
    tw_slot *slot = tw_channel_front(c);
    tw_status status = TW_OK;
    if (input->phase == 0) {
        input->phase = 1;
        input->task->arrival_ns = slot->arrival_ns;
        if (slot->rows.batch.rows) {
            c->idle = false;
            status = tw_emit(&input->head, &slot->rows.batch);
        }
    }
    if (status == TW_OK && input->phase == 1) {
        input->phase = 2;
        if (slot->watermark > c->watermark) c->watermark = slot->watermark;
        if (slot->watermark != TW_WATERMARK_MIN) c->idle = false;
        if (slot->end) c->ended = true;
        if (slot->idle) c->idle = true;
        status = deliver_watermark(g);
    }
    if (status == TW_MORE || status == TW_BLOCKED) {
        input->task->current = input;
        return status;
    }
    if (status != TW_OK) return status;
    if (slot->barrier) c->barrier_seen = slot->barrier;
    g->at_hand = NULL;
    bool end = slot->end;
    tw_channel_release(c);
    tw_task_wake(c->producer);
    if (end && input->watermark == TW_WATERMARK_MAX) {
        input->ended = true;
        for (int i = 0; i < g->nchannels; i++) input->ended &= g->channels[i]->ended;
    }
    input->at_barrier = !input->ended && tw_job_epoch_wanted(input->task->job) > input->task->epoch && aligned(g);
    input->idle = true;
    for (int i = 0; i < g->nchannels; i++) input->idle &= g->channels[i]->idle || g->channels[i]->ended;
    return TW_OK;
}

static const tw_input_ops GATE = {.advance = advance};

tw_input *tw_gate_make(tw_task *task, const tw_plan_node *exchange, tw_channel **channels, int nchannels) {
    gate *g = TW_NEW(tw_job_arena(task->job), gate);
    if (!g) return NULL;
    tw_input_init(&g->input, task, &GATE, exchange);
    g->channels = channels;
    g->nchannels = nchannels;
    for (int i = 0; i < nchannels; i++) channels[i]->consumer = task;
    return &g->input;
}
