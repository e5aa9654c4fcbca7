/* The accumulators of an aggregation: its calls' states side by side in one block of bytes, the payload of a state element.
 *
 * The operator owns the elements and says, for each selected row, where its block lies; the set knows FILTER, DISTINCT and the changelog
 * kinds, and calls each aggregate's column-wise `update`, once a batch. What DISTINCT has seen is state of its own: calls with DISTINCT over
 * the same arguments and filter are a *family*, with a table of (key, arguments) elements and a signed count, so that dirty tracking and
 * snapshots work per value. Such tables belong to a tw_agg_scope: one for a continuous aggregation, one per slice elsewhere. NULL is
 * a value like others there; aggregates pass over it themselves.
 *
 *     block:  [ call 0 | call 1 | ... ]   each at a multiple of 8
 *
 * Namespaces. The operator's table and its scope's tables share one chunk. What the operator calls namespace n is stored as n * (1 + ndistinct)
 * for its own table, followed by one per family; see tw_agg_stored and tw_agg_family. */
#ifndef TW_OPERATOR_AGG_SET_H
#define TW_OPERATOR_AGG_SET_H

#include "operator/operator.h"

typedef struct tw_agg_source tw_agg_source; /* the rows that calls of one filter and one family see: agg_set.c */

typedef struct tw_agg_set {
    tw_mem *mem;
    const tw_plan_agg *plan;
    int32_t ncalls;
    const tw_aggregate **aggregates; /* per call */
    int32_t *offsets;                /* of each call's state in the block */
    int32_t size;                    /* of the block */
    bool flat;                       /* every aggregate is: blocks may be copied and dropped as bytes */
    tw_key_codec key_codec;          /* of plan->keys, for the operator's table too */
    int32_t nsources, ndistinct;     /* families: sources with DISTINCT */
    tw_agg_source *sources;
    tw_payload_codec codec;         /* for tables whose payload is `header` bytes and then the block; context is the set */
    int32_t header;                 /* plain bytes of the operator in front of the block, a multiple of 8 */
    tw_arena arena;                 /* all of the above */
    struct tw_agg_scratch *scratch; /* row lists, pointers: reused from batch to batch */
} tw_agg_set;

/* `input` is the row type of the operator's input. `header`: see above. The set must not move afterwards. A failed open leaves nothing to close. */
tw_status tw_agg_set_open(tw_agg_set *set, tw_mem *mem, const tw_plan_agg *plan, const tw_type *input, int32_t header, tw_error *error);
void tw_agg_set_close(tw_agg_set *set); /* a zeroed set may be closed */
/* Lets the first n keys alone decide the key group: where the operator has made something of its own a key (a window's start). */
void tw_agg_set_group_by(tw_agg_set *set, int32_t n);
/* The codec for tw_table_open, NULL when payloads are plain bytes. */
static inline const tw_payload_codec *tw_agg_set_codec(const tw_agg_set *set) { return set->flat ? NULL : &set->codec; }

/* The stored namespace of the operator's own table, and back: *family is that of the scope's table, -1 for the operator's own. */
static inline int64_t tw_agg_stored(const tw_agg_set *set, int64_t namespace_) { return namespace_ * (1 + set->ndistinct); }
int64_t tw_agg_family(const tw_agg_set *set, int64_t stored, int32_t *family);
/* Says in a chunk that namespace n is gone, with its scope: one record each. Who reads them drops both at the operator's own (family -1)
 * and passes over the others. */
void tw_agg_chunk_clear(const tw_agg_set *set, tw_buf *out, int64_t namespace_);

/* What DISTINCT calls of one scope have seen. Zeroed = not opened; a set without DISTINCT needs none (NULL everywhere). */
typedef struct tw_agg_scope {
    int32_t ntables;
    tw_table **tables; /* per family */
} tw_agg_scope;
tw_status tw_agg_scope_open(tw_agg_set *set, int64_t namespace_, tw_agg_scope *scope);
void tw_agg_scope_close(tw_agg_set *set, tw_agg_scope *scope);
/* Snapshot of the scope's tables (write goes to the end), and restore of a put or delete of one of its families. */
void tw_agg_scope_barrier(tw_agg_scope *scope, bool full);
tw_status tw_agg_scope_write(tw_agg_scope *scope, tw_buf *out);
tw_status tw_agg_scope_apply(tw_agg_set *set, tw_agg_scope *scope, const tw_chunk_record *record, tw_error *error);

/* Adds `rows` of the batch: block[k] is the block of the row rows[k] (already touched). Changelog kinds of the batch count as signs. */
tw_status tw_agg_set_update(tw_agg_set *set, tw_agg_scope *scope, const tw_batch *batch, tw_selection rows, char *const *block);
/* Adds `from` into `into` (flat bytes or not). DISTINCT calls are not merged by this: tw_agg_scope_merge does it for all keys. */
tw_status tw_agg_set_merge(tw_agg_set *set, char *into, const char *from);
/* Takes `from` out of `into`; only when tw_agg_set_invertible: every aggregate is, and there is no DISTINCT. */
tw_status tw_agg_set_subtract(tw_agg_set *set, char *into, const char *from);
bool tw_agg_set_invertible(const tw_agg_set *set);
/* Adds the values of `from` to `into` and lets the DISTINCT calls know those that are thereby seen for the first time (or, the signed counts having
 * met, no longer). blocks_of gives the touched blocks of keys encoded by key_codec, NULL for a key whose calls need not know. */
typedef tw_status (*tw_agg_blocks_of)(void *context, const tw_keys *keys, char **blocks);
tw_status tw_agg_scope_merge(tw_agg_set *set, tw_agg_scope *into, const tw_agg_scope *from, tw_agg_blocks_of blocks_of, void *context);

/* Results of `count` blocks into columns first_column .. first_column + ncalls - 1 of `out`, rows at .. at + count - 1 (which are then
 * committed by the caller). */
tw_status tw_agg_set_result(tw_agg_set *set, const char *const *blocks, int32_t count, tw_builder *out, int32_t first_column, int32_t at);
/* Frees what the block owns and zeroes it. */
void tw_agg_set_clear(tw_agg_set *set, char *block);

#endif
