/* One stream to several readers of the same task, one after the other. */
#include "runtime/job_internal.h"

static tw_status serve_one(const tw_tee *tee, tw_operator *to, int port) {
    switch (tee->at_hand) {
    case TW_ITEM_ROWS: return to->ops->push(to, port, tee->batch);
    case TW_ITEM_WATERMARK: return to->ops->watermark(to, port, tee->watermark_at_hand);
    case TW_ITEM_IDLE: break;
    }
    return to->ops->idle ? to->ops->idle(to, port) : tw_emit_idle(to);
}

static tw_status serve(tw_tee *tee) {
    while (tee->cursor < tee->nreceivers) {
        tw_status status = serve_one(tee, tee->receivers[tee->cursor], tee->ports[tee->cursor]);
        tee->cursor++;
        if (status == TW_OK) continue;
        if ((status == TW_MORE || status == TW_BLOCKED) && tee->cursor < tee->nreceivers) tw_pending(&tee->op);
        return status;
    }
    return TW_OK;
}

static tw_status begin(tw_tee *tee, tw_item item) {
    tee->at_hand = item;
    tee->cursor = 0;
    return serve(tee);
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    tw_tee *tee = (tw_tee *)op;
    tee->batch = batch;
    return begin(tee, TW_ITEM_ROWS);
}

static tw_status watermark(tw_operator *op, int port, int64_t w) {
    tw_tee *tee = (tw_tee *)op;
    tee->watermark_at_hand = w;
    return begin(tee, TW_ITEM_WATERMARK);
}

static tw_status idle(tw_operator *op, int port) { return begin((tw_tee *)op, TW_ITEM_IDLE); }

static tw_status resume(tw_operator *op) { return serve((tw_tee *)op); }

const tw_operator_ops TW_OPERATOR_TEE = {.name = "tee", .size = sizeof(tw_tee), .push = push, .resume = resume, .watermark = watermark, .idle = idle};
