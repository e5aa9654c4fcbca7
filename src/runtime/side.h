/* Side tables: rows that left the flow, kept in memory for t$late, t$errors and <target>$errors, and counted for the exit report.
 * A table keeps at most `limit_bytes`; what comes later is counted and dropped. Any thread may append or read. Rows: tw_side_row. */
#ifndef TW_RUNTIME_SIDE_H
#define TW_RUNTIME_SIDE_H

#include "data/builder.h"
#include "plan/plan.h"

typedef struct tw_side_store tw_side_store;

tw_status tw_side_store_open(tw_mem *mem, size_t limit_bytes, tw_side_store **out);
void tw_side_store_close(tw_side_store *store);
/* Appends one row of values in the table's order, or only counts it when the limit is reached. TW_E_NOMEM: it may not even be counted. */
tw_status tw_side_append(tw_side_store *store, tw_side_kind kind, tw_str table, const tw_value *values);
/* Copies rows [from, from + room) into the builder, whose schema is the kind's; returns how many, -1: out of memory. */
int32_t tw_side_read(tw_side_store *store, tw_side_kind kind, tw_str table, int64_t from, tw_builder *out);
/* Rows seen, kept or not. */
uint64_t tw_side_count(tw_side_store *store, tw_side_kind kind, tw_str table);
/* Calls `each` for every table that has seen rows. */
void tw_side_each(tw_side_store *store, void (*each)(void *context, tw_side_kind kind, tw_str table, uint64_t rows), void *context);

#endif
