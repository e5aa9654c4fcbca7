/* Aggregates: accumulators of a fixed size that lie inside an element of state, updated column-wise for the rows of a batch.
 *
 * The operator finds each row's group first and hands over one accumulator pointer per row. An accumulator is plain bytes
 * (flat), or owns a heap object (LISTAGG, COLLECT, ARRAY_AGG, MIN/MAX with retraction), which its `destroy`, `write` and
 * `read` know. DISTINCT is the operator's: it counts values in a multiset state and passes on first and last sights only. */
#ifndef TW_EXPR_AGGREGATE_H
#define TW_EXPR_AGGREGATE_H

#include "expr/program.h"

/* Where an accumulator is told to work. */
typedef struct tw_agg_input {
    int32_t count;                /* rows to add */
    const int32_t *row;           /* their row numbers, or NULL for 0 .. count-1 */
    char *const *state;           /* count pointers to the accumulator (already at this aggregate's offset) */
    const tw_column *const *args; /* full-length columns, possibly constant */
    const int8_t *sign;           /* per row number: a tw_change kind, NULL = all +I */
    tw_mem *mem;                  /* for heap objects */
} tw_agg_input;

struct tw_aggregate {
    const char *name;
    int32_t size;         /* bytes of the accumulator, multiple of 8; starts as all zero bytes */
    bool flat;            /* plain bytes: copied, merged and stored as they are; no destroy/write/read */
    bool retracts;        /* takes -U / -D; when false the planner asks for the retracting variant or refuses */
    bool order_dependent; /* FIRST_VALUE, LISTAGG ...: result depends on arrival order */
    /* TW_E_NOMEM, TW_E_LIMIT, or TW_E_VALUE (JSON_OBJECTAGG: a key is NULL; in `result` SINGLE_VALUE: more than one row). After a failure some of
     * the rows have been added; the state can be read and destroyed. */
    tw_status (*update)(const tw_aggregate *agg, const tw_agg_input *in);
    /* Adds `from` into `into` (slices, sessions, two phases). `from` stays valid. Where order matters, `from` holds later rows. */
    tw_status (*merge)(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem);
    /* Takes `from` out of `into`, whose earliest rows `from` holds; NULL when the aggregate is not invertible. */
    tw_status (*subtract)(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem);
    /* Writes results of `count` accumulators into out rows at .. at+count-1; `out` has storage and a validity bitmap; strings and nested
     * values go to `arena` (nested: the function appends to `out` in order, at = rows so far). */
    tw_status (*result)(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena);
    void (*destroy)(const tw_aggregate *agg, char *state, tw_mem *mem);
    void (*write)(const tw_aggregate *agg, const char *state, tw_buf *out);
    tw_status (*read)(const tw_aggregate *agg, char *state, tw_reader *in, tw_mem *mem);
    /* Parameters that variants share code by: physical type, scale, DISTINCT-ness, separator ... */
    int32_t nargs;
    tw_phys arg_phys; /* of the first argument */
    const tw_type *result_type;
    const tw_type *arg_type;
};

/* The aggregate for bound argument types; `retract` asks for the variant that takes -U / -D. Lives in `arena`.
 * Returns TW_E_UNSUPPORTED with a message where none exists. */
tw_status tw_aggregate_resolve(tw_arena *arena, const tw_function *function, const tw_type *result, const tw_type *const *args, int nargs,
                               bool retract, const tw_aggregate **out, tw_error *error);

#endif
