/* What operators share: handing on watermarks and idleness. */
#include "operator/operator.h"

tw_status tw_emit_watermark(tw_operator *op, int64_t watermark) {
    op->watermark_out = watermark;
    return op->next->ops->watermark(op->next, op->next_port, watermark);
}

tw_status tw_emit_idle(tw_operator *op) {
    for (; op->next; op = op->next)
        if (op->next->ops->idle) return op->next->ops->idle(op->next, op->next_port);
    return TW_OK;
}

/* After a change of a port: a watermark, when that has risen, then "idle", when all are. */
static tw_status merge_ports(tw_operator *op) {
    tw_merger m = TW_MERGER;
    for (int i = 0; i < op->node->ninputs; i++) tw_merge(&m, op->ports[i].watermark, op->ports[i].idle);
    op->idle_due = tw_merged_idle(&m);
    tw_status status = tw_merged(&m) > op->watermark_out ? tw_emit_watermark(op, tw_merged(&m)) : TW_OK;
    if (status == TW_OK) return tw_resume_idle(op);
    if (op->idle_due && (status == TW_MORE || status == TW_BLOCKED)) tw_pending(op);
    return status;
}

tw_status tw_watermark_default(tw_operator *op, int port, int64_t watermark) {
    if (!op->node || op->node->ninputs < 2) return watermark > op->watermark_out ? tw_emit_watermark(op, watermark) : TW_OK;
    op->ports[port] = (tw_port){watermark, false};
    return merge_ports(op);
}

tw_status tw_idle_default(tw_operator *op, int port) {
    if (op->ports[port].idle) return TW_OK;
    op->ports[port].idle = true;
    return merge_ports(op);
}

tw_status tw_resume_idle(tw_operator *op) {
    if (!op->idle_due) return TW_OK;
    op->idle_due = false;
    return tw_emit_idle(op);
}
