/* What operators share: handing on watermarks. */
#include "operator/operator.h"

tw_status tw_emit_watermark(tw_operator *op, int64_t watermark) {
    op->watermark_out = watermark;
    return op->next->ops->watermark(op->next, op->next_port, watermark);
}

tw_status tw_watermark_default(tw_operator *op, int port, int64_t watermark) {
    int nports = op->node ? op->node->ninputs : 1;
    if (nports > 1) {
        op->port_watermark[port] = watermark;
        for (int i = 0; i < nports; i++)
            if (op->port_watermark[i] < watermark) watermark = op->port_watermark[i];
    }
    return watermark > op->watermark_out ? tw_emit_watermark(op, watermark) : TW_OK;
}
