/* Entries of the temporal functions that another category's table line reaches: FLOOR and CEIL. */
#ifndef TW_EXPR_FN_TEMPORAL_H
#define TW_EXPR_FN_TEMPORAL_H

#include "expr/function.h"

/* FLOOR(x, unit) and CEIL(x, unit) of DATE, TIME, TIMESTAMP, TIMESTAMP_LTZ; the result has x's type. */
tw_status tw_temporal_floor_bind(tw_bind *bind);
tw_kernel tw_temporal_floor_kernel(bool up);

#endif
