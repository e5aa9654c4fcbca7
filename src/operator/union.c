/* UNION: rows of all inputs as they come (UNION ALL), the lowest of the watermarks of those that are not idle. The inputs' rows differ in
 * nullability at most. */
#include "operator/operator.h"

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    if (batch->rows) tw_port_active(op, port);
    return tw_emit(op, batch);
}

const tw_operator_ops TW_OPERATOR_UNION = {
    .name = "union", .size = sizeof(tw_operator), .push = push, .resume = tw_resume_idle, .watermark = tw_watermark_default, .idle = tw_idle_default};
