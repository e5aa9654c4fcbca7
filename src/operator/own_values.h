/* What DISTINCT calls have seen, apart for each window of each key, where windows share nothing (sessions, count windows).
 *
 * A window that is in need of it is given a number, once and for ever (sequence * 1024 + task), and a slice that is known by the number instead
 * of an end. The window holds a tw_own_values_ref; dropping may fail, so that it is noted and done later. */
#ifndef TW_OPERATOR_OWN_VALUES_H
#define TW_OPERATOR_OWN_VALUES_H

#include "operator/slice.h"

typedef struct tw_own_values {
    tw_agg_set *set;
    const tw_task_context *task;
    tw_slices slices;
    int32_t nunused; /* of them: `fired`, to be dropped */
    int64_t sequence;
    bool restoring; /* windows are read again with the numbers that they had: nothing is dropped */
} tw_own_values;

/* Zeroed: has none yet. */
typedef struct tw_own_values_ref {
    int64_t number;  /* 0: none */
    tw_slice *slice; /* NULL: not looked up yet */
} tw_own_values_ref;

void tw_own_values_init(tw_own_values *values, tw_agg_set *set, const tw_task_context *task);
void tw_own_values_close(tw_own_values *values);

/* Adds the rows, all of them one window's. `ref` may be that of a set without DISTINCT. */
tw_status tw_own_values_update(tw_own_values *values, tw_own_values_ref *ref, const tw_batch *batch, tw_selection rows, char *const *blocks);
/* Adds a window's accumulators, with what they have seen, into another's. */
tw_status tw_own_values_merge(tw_own_values *values, tw_own_values_ref *into, char *into_block, tw_own_values_ref *from, const char *from_block);
/* The window is gone. */
void tw_own_values_drop(tw_own_values *values, tw_own_values_ref *ref);
tw_status tw_own_values_collect(tw_own_values *values);

tw_status tw_own_values_snapshot(tw_own_values *values, const tw_snapshot_out *out);
/* Applies a record of namespace `number` that is not the operator's own table's. */
tw_status tw_own_values_apply(tw_own_values *values, int64_t number, const tw_chunk_record *record, tw_error *error);

#endif
