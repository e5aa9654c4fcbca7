/* The optimiser's inside: rules over logical plans. Each rule takes the roots and gives new ones; nodes are immutable, and a node with
 * several readers stays one node (tw_rel_map).
 *
 *     simplify.c   constants folded; filters pushed down; projections merged; what does nothing removed
 *     intern.c     equal sub-plans become one node: shared scans and common sub-plans
 *     prune.c      only columns, and fields of nested rows, that somebody reads
 *     window.c     aggregations that group by a window's bounds become windowed aggregations
 *     optimise.c   the order of these */
#ifndef TW_SQL_RULES_H
#define TW_SQL_RULES_H

#include "sql/rel.h"

typedef struct tw_rules {
    tw_arena *arena; /* with its oom jump set */
    tw_mem *mem;
    const tw_session *session;
    bool every_change; /* mini-batch is off: no rule may make fewer changes than Flink */
} tw_rules;

/* Roots are replaced in place. */
void tw_optimise(tw_rules *rules, const tw_rel **roots, int32_t nroots);
void tw_simplify(tw_rules *rules, const tw_rel **roots, int32_t nroots);
void tw_intern(tw_rules *rules, const tw_rel **roots, int32_t nroots);
void tw_prune(tw_rules *rules, const tw_rel **roots, int32_t nroots);
/* `of_time`: windows over time, too; those of rows must be recognised, as they have no other meaning. */
void tw_recognise_windows(tw_rules *rules, const tw_rel **roots, int32_t nroots, bool of_time);

/* From relations to anything. */
typedef struct tw_rel_map {
    tw_arena *arena;
    struct {
        const tw_rel *from;
        void *to;
    } *entries;
    uint32_t count, capacity; /* a power of two, open addressing */
} tw_rel_map;
void tw_rel_map_init(tw_rel_map *map, tw_arena *arena);
void *tw_rel_map_get(const tw_rel_map *map, const tw_rel *from); /* NULL: not there */
void tw_rel_map_put(tw_rel_map *map, const tw_rel *from, void *to);

/* All nodes below the roots once, inputs before readers. */
const tw_rel *const *tw_rel_order(tw_arena *arena, const tw_rel *const *roots, int32_t nroots, int32_t *count);
/* The same node over other inputs (as many, of the same rows but for nullability and names). */
const tw_rel *tw_rel_with_inputs(tw_arena *arena, const tw_rel *rel, const tw_rel *const *inputs);

/* e as one expression of the same type over an input: FIELD calls on columns. False when it is no such chain. */
typedef struct tw_path {
    int32_t column;
    int32_t nsteps;
    int32_t steps[8];
} tw_path;
bool tw_expr_path(const tw_expr *e, tw_path *path);
const tw_expr *tw_expr_of_path(tw_arena *arena, const tw_type *row, int32_t column, const int32_t *steps, int32_t nsteps);
const tw_expr *tw_expr_and(tw_arena *arena, const tw_expr *a, const tw_expr *b); /* either may be NULL */
/* The conditions that AND joins, left to right. */
int32_t tw_expr_conjuncts(tw_arena *arena, const tw_expr *e, const tw_expr ***out);
/* True when evaluating it twice gives the same: no RAND, UUID, CURRENT_WATERMARK. */
bool tw_expr_repeatable(const tw_expr *e);

#endif
