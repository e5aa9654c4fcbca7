/* Hashes of values, column-wise. The same value has the same hash in every batch, process and version. */
#ifndef TW_DATA_HASHING_H
#define TW_DATA_HASHING_H

#include "data/column.h"

#define TW_HASH_NULL UINT64_C(0x5bd1e995a3c59ac3)

uint64_t tw_hash_double(double v);
uint64_t tw_hash_sview(const tw_sview *v);
/* hashes[k] of the k-th selected row; `combine` mixes into what is there, so that keys of several columns are hashed column by
 * column. */
void tw_column_hash(const tw_column *c, tw_selection rows, uint64_t *hashes, bool combine);

#endif
