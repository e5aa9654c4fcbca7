/* What the aggregates on a value list share: a state that is one pointer, and all slots but update and result. */
#ifndef TW_EXPR_AGG_LIST_H
#define TW_EXPR_AGG_LIST_H

#include "expr/agg.h"
#include "expr/agg_bytes.h"
#include "expr/value_list.h"

typedef struct tw_list_state {
    tw_value_list *list;
} tw_list_state;

static inline tw_value_list **tw_list_of(char *state) { return &TW_AGG_STATE(tw_list_state, state)->list; }
static inline const tw_value_list *tw_const_list_of(const char *state) { return TW_AGG_CONST_STATE(tw_list_state, state)->list; }

/* Adds and takes the values of the first argument; NULLs too when `nulls`. */
tw_status tw_list_update(const tw_agg_input *in, bool nulls);
tw_status tw_list_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem);
tw_status tw_list_subtract(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem);
void tw_list_destroy(const tw_aggregate *agg, char *state, tw_mem *mem);
void tw_list_write(const tw_aggregate *agg, const char *state, tw_buf *out);
tw_status tw_list_read(const tw_aggregate *agg, char *state, tw_reader *in, tw_mem *mem);

#define TW_LIST_AGGREGATE(name_, update_, result_) TW_LIST_AGGREGATE_READ(name_, update_, result_, tw_list_read)
/* With a way of its own to read what was written. */
#define TW_LIST_AGGREGATE_READ(name_, update_, result_, read_) \
    {.name = name_,                                            \
     .size = sizeof(tw_list_state),                            \
     .retracts = true,                                         \
     .order_dependent = true,                                  \
     .update = update_,                                        \
     .merge = tw_list_merge,                                   \
     .subtract = tw_list_subtract,                             \
     .result = result_,                                        \
     .destroy = tw_list_destroy,                               \
     .write = tw_list_write,                                   \
     .read = read_}

#endif
