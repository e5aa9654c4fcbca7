/* From the logical plan to the physical: one made node per relation, with what is known of how its rows are spread over the tasks.
 *
 *     physical.c       scans, calc, watermark, union, sort, sinks
 *     physical_agg.c   aggregations and window TVFs */
#ifndef TW_SQL_PHYSICAL_H
#define TW_SQL_PHYSICAL_H

#include "sql/rules.h"

typedef enum tw_spread {
    TW_SPREAD_ANY,   /* rows may be in any task */
    TW_SPREAD_HASH,  /* by the hash of `keys`, in this order */
    TW_SPREAD_SINGLE /* all in one task */
} tw_spread;

typedef struct tw_made {
    tw_plan_node *node;
    tw_spread spread;
    const int32_t *keys; /* HASH: columns of the node's row */
    int32_t nkeys;
} tw_made;

typedef struct tw_physical {
    tw_arena *arena; /* with its oom jump set */
    const tw_registry *registry;
    const tw_catalog *catalog;
    tw_error *error;
    tw_rel_map done;      /* relation -> tw_made */
    bool reads_watermark; /* CURRENT_WATERMARK somewhere: batches carry row watermarks */
} tw_physical;

tw_status tw_physical_plan(tw_physical *p, const tw_rel *const *roots, int32_t nroots, tw_plan *plan);

/* Pieces that the files share. */
tw_status tw_physical_of(tw_physical *p, const tw_rel *rel, tw_made *out);
/* A node that reads these inputs: changelog, dependence on the clock and position follow from them. */
tw_plan_node *tw_physical_node(tw_physical *p, tw_plan_kind kind, const tw_type *row, tw_plan_node *const *inputs, int ninputs, tw_pos pos);
/* The same rows, those of equal keys (in the order of `keys`) in one task; nkeys 0: all in one task. The input itself when it is so already. */
tw_made tw_physical_exchange(tw_physical *p, tw_made in, const int32_t *keys, int32_t nkeys);
/* A CALC that gives these expressions over `in`; filter may be NULL. */
tw_made tw_physical_calc(tw_physical *p, tw_made in, const tw_expr *filter, const tw_expr *const *exprs, const tw_type *row, tw_pos pos);
tw_status tw_physical_aggregate(tw_physical *p, const tw_rel *rel, tw_made *out);
tw_status tw_physical_window(tw_physical *p, const tw_rel *rel, tw_made *out);

#endif
