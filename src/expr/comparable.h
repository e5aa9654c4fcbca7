/* What comparisons, IN, NULLIF and the collection functions share: bringing operands to one type, equality of two values. */
#ifndef TW_EXPR_COMPARABLE_H
#define TW_EXPR_COMPARABLE_H

#include "expr/bindlib.h"

/* Casts arguments first .. first+count-1 to the type that they are compared in (text against a date or time is read as
 * one). False when there is none. */
bool tw_bind_comparable(tw_bind *bind, int first, int count);
/* Equal, two NULLs being equal; decimals of different scales are compared by value. */
bool tw_values_same(const tw_column *a, int32_t i, const tw_column *b, int32_t j);

#endif
