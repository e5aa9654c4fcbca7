/* The parts of + - * / % that lie in files of their own: decimals and times. */
#ifndef TW_EXPR_ARITHMETIC_H
#define TW_EXPR_ARITHMETIC_H

#include "expr/bindlib.h"
#include "expr/kernel.h"

/* fn_decimal.c: both operands and the result are DECIMAL. */
tw_kernel tw_kernel_decimal(char op, const tw_type *result, const tw_expr *const *args);
/* fn_interval.c: at least one operand is a date, time, timestamp or interval. */
tw_status tw_bind_temporal(tw_bind *bind, char op);
tw_kernel tw_kernel_temporal(char op, const tw_type *result, const tw_expr *const *args);
/* "/ by zero", as Java says it. */
void tw_fail_zero(tw_eval *eval, const tw_call *call, int32_t row);
/* A DECIMAL of either width. */
static inline tw_i128 tw_arg_decimal(const tw_column *c, int32_t row) {
    return c->phys == TW_PHYS_I128 ? TW_ARG(tw_i128, c, row) : TW_ARG(int64_t, c, row);
}
static inline void tw_out_decimal(tw_column *out, int32_t row, tw_i128 v) {
    if (out->phys == TW_PHYS_I128)
        TW_OUT(tw_i128, out, row) = v;
    else
        TW_OUT(int64_t, out, row) = (int64_t)v;
}

#endif
