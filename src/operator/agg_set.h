/* The accumulators of an aggregation: its calls' states side by side in one block of bytes, the payload of a state element.
 *
 * The operator owns the elements and says, for each selected row, where its block lies; the set knows FILTER, DISTINCT and the changelog
 * kinds, and calls each aggregate's column-wise `update`. What DISTINCT has seen is state of its own: per call with DISTINCT (calls of
 * the same arguments and filter share it) a table of (key, argument) elements with a signed count, so that dirty tracking and snapshots
 * work per value. Such tables belong to a tw_agg_scope: one for a continuous aggregation, one per slice or session elsewhere.
 *
 *     block:  [ call 0 | call 1 | ... ]   each at a multiple of 8 */
#ifndef TW_OPERATOR_AGG_SET_H
#define TW_OPERATOR_AGG_SET_H

#include "operator/operator.h"

typedef struct tw_agg_distinct tw_agg_distinct; /* what one family of DISTINCT calls needs: see agg_set.c */

typedef struct tw_agg_set {
    tw_mem *mem;
    const tw_plan_agg *plan;
    int32_t ncalls;
    const tw_aggregate **aggregates; /* per call */
    int32_t *offsets;                /* of each call's state in the block */
    int32_t size;                    /* of the block */
    bool flat;                       /* every aggregate is: blocks may be copied and dropped as bytes */
    int32_t ndistinct;
    tw_agg_distinct *distinct;
    tw_payload_codec codec;          /* for tables whose payload is `header` bytes and then the block; context is the set */
    int32_t header;                  /* plain bytes of the operator in front of the block, a multiple of 8 */
    tw_arena arena;                  /* all of the above */
    struct tw_agg_scratch *scratch;  /* row lists, pointers: reused from batch to batch */
} tw_agg_set;

/* `input` is the row type of the operator's input. `header`: see above. */
tw_status tw_agg_set_open(tw_agg_set *set, tw_mem *mem, const tw_plan_agg *plan, const tw_type *input, int32_t header, tw_error *error);
void tw_agg_set_close(tw_agg_set *set);

/* What DISTINCT calls of one scope have seen. Zeroed = not opened; a set without DISTINCT needs none (NULL everywhere). */
typedef struct tw_agg_scope {
    int32_t ntables;
    tw_table **tables; /* per family */
} tw_agg_scope;
tw_status tw_agg_scope_open(tw_agg_set *set, int64_t namespace_, tw_agg_scope *scope);
void tw_agg_scope_close(tw_agg_set *set, tw_agg_scope *scope);
/* Snapshot of the scope's tables and its restore; `family` goes into each record's namespace: namespace_ * ndistinct + family. */
void tw_agg_scope_barrier(tw_agg_scope *scope, bool full);
tw_status tw_agg_scope_write(tw_agg_scope *scope, tw_buf *out);
tw_status tw_agg_scope_apply(tw_agg_set *set, tw_agg_scope *scope, const tw_chunk_record *record, tw_error *error);

/* Adds `rows` of the batch: block[k] is the block of the row rows[k] (already touched). Changelog kinds of the batch count as signs. */
tw_status tw_agg_set_update(tw_agg_set *set, tw_agg_scope *scope, const tw_batch *batch, tw_selection rows, char *const *block);
/* Adds `from` into `into` (flat bytes or not). DISTINCT calls are not merged by this: tw_agg_scope_merge does it for all keys. */
tw_status tw_agg_set_merge(tw_agg_set *set, char *into, const char *from);
/* Takes `from` out of `into`; only when tw_agg_set_invertible. */
tw_status tw_agg_set_subtract(tw_agg_set *set, char *into, const char *from);
bool tw_agg_set_invertible(const tw_agg_set *set);
/* Brings the values of `from` into `into` and calls the DISTINCT aggregates of blocks for values seen there for the first time: block_of gives the
 * block of a key (NULL: passes over it). */
typedef char *(*tw_agg_block_of)(void *context, tw_str key, uint64_t hash);
tw_status tw_agg_scope_merge(tw_agg_set *set, tw_agg_scope *into, const tw_agg_scope *from, tw_agg_block_of block_of, void *context);

/* Results of `count` blocks into columns first_column .. first_column + ncalls - 1 of `out`, rows at .. at + count - 1 (which are then
 * committed by the caller). */
tw_status tw_agg_set_result(tw_agg_set *set, const char *const *blocks, int32_t count, tw_builder *out, int32_t first_column, int32_t at);
/* Frees what the block owns and zeroes it. */
void tw_agg_set_clear(tw_agg_set *set, char *block);

#endif
