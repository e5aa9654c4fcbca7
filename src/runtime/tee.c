/* One stream to several readers of the same task, one after the other. */
#include "runtime/job_internal.h"

static tw_status serve(tw_tee *tee) {
    while (tee->cursor < tee->nreceivers) {
        tw_operator *to = tee->receivers[tee->cursor];
        int port = tee->ports[tee->cursor++];
        tw_status status = tee->batch ? to->ops->push(to, port, tee->batch) : to->ops->watermark(to, port, tee->watermark_at_hand);
        if (status == TW_OK) continue;
        if ((status == TW_MORE || status == TW_BLOCKED) && tee->cursor < tee->nreceivers) tw_pending(&tee->op);
        return status;
    }
    return TW_OK;
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    tw_tee *tee = (tw_tee *)op;
    tee->batch = batch;
    tee->cursor = 0;
    return serve(tee);
}

static tw_status watermark(tw_operator *op, int port, int64_t w) {
    tw_tee *tee = (tw_tee *)op;
    tee->batch = NULL;
    tee->watermark_at_hand = w;
    tee->cursor = 0;
    return serve(tee);
}

static tw_status resume(tw_operator *op) { return serve((tw_tee *)op); }

const tw_operator_ops TW_OPERATOR_TEE = {.name = "tee", .size = sizeof(tw_tee), .push = push, .resume = resume, .watermark = watermark};
