/* UNION: rows of all inputs as they come (UNION ALL), the lowest of their watermarks. The inputs' rows differ in nullability at most. */
#include "operator/operator.h"

static tw_status push(tw_operator *op, int port, const tw_batch *batch) { return tw_emit(op, batch); }

const tw_operator_ops TW_OPERATOR_UNION = {.name = "union", .size = sizeof(tw_operator), .push = push, .watermark = tw_watermark_default};
