/* Expressions evaluated by an operator: rows that fail leave through the side outputs, one by one with the message that each earned, and the
 * others go on. With plan->fail_on_error the first failure is the call's. */
#ifndef TW_OPERATOR_EVALUATION_H
#define TW_OPERATOR_EVALUATION_H

#include "operator/operator.h"

typedef struct tw_evaluation {
    tw_operator *op;
    tw_program *program;
    tw_arena *arena; /* of the batch; reset by the operator */
    tw_row_errors errors;
    uint16_t index[TW_BATCH_ROWS]; /* what selections that come out of here point to */
} tw_evaluation;

/* `arena` holds the results of each batch. Fills `error`. */
tw_status tw_evaluation_open(tw_evaluation *e, tw_operator *op, tw_arena *arena, const tw_type *input, const tw_expr *const *exprs, int n,
                             tw_error *error);
void tw_evaluation_close(tw_evaluation *e);

/* All expressions for `*rows`, out[i] in place of row i; `*rows` loses the rows that failed. */
tw_status tw_evaluate(tw_evaluation *e, const tw_batch *batch, tw_selection *rows, tw_column *out);
/* Keeps of `*rows` those for which the first expression, a BOOLEAN, is true. */
tw_status tw_evaluate_filter(tw_evaluation *e, const tw_batch *batch, tw_selection *rows);
/* One row leaves: counted, or the end of the job when the plan says so. */
tw_status tw_row_failed(tw_operator *op, const tw_batch *batch, int32_t row, const tw_error *error);

#endif
