/* What has been handed on: the last result row of each key of a window that gives results before it closes or after, so that an update can take it back
 * and an equal one is left out. A result is kept as the bytes of its columns (data/key.h). */
#ifndef TW_OPERATOR_EMITTED_H
#define TW_OPERATOR_EMITTED_H

#include "operator/agg_set.h"

typedef struct tw_emitted {
    tw_mem *mem;
    tw_agg_set *set;
    tw_key_codec codec; /* of the aggregates' results */
    tw_payload_codec payload;
    const tw_column **columns; /* of `fresh` */
    int32_t *out_columns;      /* where results lie in the output row */
    tw_builder fresh;          /* results of the elements at hand */
    tw_keys results;           /* the same as bytes */
    bool opened;
} tw_emitted;

/* `set` is borrowed; `nkeys` columns stand before the results in the output. */
tw_status tw_emitted_open(tw_emitted *emitted, tw_agg_set *set, const tw_plan_agg *plan);
void tw_emitted_close(tw_emitted *emitted);
tw_status tw_emitted_table(tw_emitted *emitted, int64_t stored_namespace, tw_table **out);

/* Computes the results of up to TW_BATCH_ROWS blocks; tw_emitted_result(i) are the bytes of the i-th until the next call. */
tw_status tw_emitted_compute(tw_emitted *emitted, const char *const *blocks, int32_t count);
static inline tw_str tw_emitted_result(const tw_emitted *emitted, int32_t i) { return tw_keys_at(&emitted->results, &emitted->codec, i); }
/* Writes the i-th computed result, or bytes kept, into a row of the output. */
tw_status tw_emitted_write_new(tw_emitted *emitted, int32_t i, tw_builder *out, int32_t at);
tw_status tw_emitted_write_old(tw_emitted *emitted, tw_str bytes, tw_builder *out, int32_t at);

/* EMIT EVERY an interval of event time: has the watermark, which was `last` before, passed a multiple of it? The end of input counts as none. */
static inline bool tw_emit_interval_passed(const tw_emit_spec *emit, int64_t last, int64_t watermark) {
    if (watermark == TW_WATERMARK_MAX) return false;
    return last == TW_WATERMARK_MIN || tw_floor_div(watermark, emit->every_ms) > tw_floor_div(last, emit->every_ms);
}

/* The result kept in a slot of a payload; data NULL: none. */
typedef struct tw_emitted_slot {
    char *data;
    uint64_t length;
} tw_emitted_slot;
tw_status tw_emitted_keep(tw_mem *mem, tw_emitted_slot *slot, tw_str bytes);
void tw_emitted_forget(tw_mem *mem, tw_emitted_slot *slot);
static inline tw_str tw_emitted_kept(const tw_emitted_slot *slot) { return (tw_str){slot->data, slot->length}; }

#endif
