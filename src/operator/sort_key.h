/* Sort keys as bytes whose order by memcmp is the order of the rows.
 *
 *     per key one byte: 1, or for NULL 0 (nulls first) or 2 (nulls last); then the value, its bytes inverted when the key is descending:
 *         integers, decimals, dates, intervals   big-endian with the sign bit turned
 *         FLOAT, DOUBLE                          the same of the IEEE bits, all turned for negative ones; -0.0 as 0.0, NaN last
 *         strings, bytes                         0 is written as 0 255; the end as 0 0
 *         ARRAY, MAP                             a 1 and the item, each; a 0 at the end.  ROW: its fields. Nulls inside are lowest
 * Agrees with tw_value_compare. */
#ifndef TW_OPERATOR_SORT_KEY_H
#define TW_OPERATOR_SORT_KEY_H

#include "data/batch.h"
#include "plan/plan.h"

/* Appends the bytes of all keys of one row. */
void tw_sort_key_write(tw_buf *out, const tw_sort_key *keys, int nkeys, const tw_batch *batch, int32_t row);

#endif
