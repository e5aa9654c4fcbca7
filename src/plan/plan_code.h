/* The fields of plan nodes, walked once for three purposes: to write them, to read them, and to hash them.
 *
 * Each tw_code_* call takes the value of a field and gives the value it has afterwards: the same when writing, the one that was read when
 * reading. So one walk (plan_code.c) is the description of the binary form, and writer and reader cannot disagree. Reading checks ranges;
 * after the first failure (codec->status) every call gives zeros or NULL.
 *
 * The canonical form is what an operator's id is the hash of: positions, names and texts that do not change what a node computes are left
 * out, options are in no order, inputs stand by their ids. */
#ifndef TW_PLAN_PLAN_CODE_H
#define TW_PLAN_PLAN_CODE_H

#include "plan/plan.h"

#define TW_PLAN_NODES_MAX (1 << 20)

typedef struct tw_plan_codec {
    tw_buf *out;    /* writing */
    bool canonical; /* writing for a hash */
    tw_reader *in;  /* reading; NULL: writing */
    tw_arena *arena;
    tw_error *error;
    tw_status status;
    const tw_plan_node *const *nodes; /* reading: the nodes in front of this one */
    int nnodes;
} tw_plan_codec;

int64_t tw_code_int(tw_plan_codec *codec, int64_t value, int64_t min, int64_t max);
bool tw_code_flag(tw_plan_codec *codec, bool value);
uint64_t tw_code_u64(tw_plan_codec *codec, uint64_t value);
tw_str tw_code_str(tw_plan_codec *codec, tw_str value);
/* May be NULL. */
const tw_type *tw_code_type(tw_plan_codec *codec, const tw_type *type);
const tw_expr *tw_code_expr(tw_plan_codec *codec, const tw_expr *e);
/* The length of a list whose items take at least a byte each. */
int tw_code_count(tw_plan_codec *codec, int n);
/* Room for `n` items of a list that is being read; NULL when writing and on failure. */
void *tw_code_room(tw_plan_codec *codec, int n, size_t size);
/* Column numbers, each below `limit`. */
const int32_t *tw_code_columns(tw_plan_codec *codec, const int32_t *columns, int *n, int limit);
/* Marks the bytes as damaged; `what` is the field. */
void tw_code_damaged(tw_plan_codec *codec, const char *what);

/* The whole node. When writing, `node` is a copy whose fields are given back as they were. */
void tw_plan_code_node(tw_plan_codec *codec, tw_plan_node *node);
/* Whether a node that was read fits its inputs: their number, the types of the columns it names, its own row (plan_check.c). */
void tw_plan_check_node(tw_plan_codec *codec, const tw_plan_node *node);

#endif
