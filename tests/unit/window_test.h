/* Windowed aggregations for tests: rows (k BIGINT, v BIGINT, ts), counted and summed by k and window. */
#ifndef TW_TESTS_UNIT_WINDOW_TEST_H
#define TW_TESTS_UNIT_WINDOW_TEST_H

#include "plan_test.h"

typedef struct window_case {
    plan_test t;
    tw_plan_node *agg;
} window_case;

static inline const tw_type *window_input(plan_test *t, bool local) {
    const tw_type *time = local ? tw_type_with_time(&t->arena, &TW_TYPE_LTZ_3, TW_ROWTIME) : plan_rowtime(t);
    return plan_row(t, 3, "k", &TW_TYPE_BIGINT, "v", &TW_TYPE_BIGINT, "ts", time);
}

static inline tw_agg_call window_call(const char *name, int nargs, bool distinct, bool retract) {
    static const int32_t V[] = {1};
    tw_agg_call call = {.function = tw_function_find(tw_str_of(name)),
                        .type = &TW_TYPE_BIGINT,
                        .args = V,
                        .nargs = nargs,
                        .filter = -1,
                        .distinct = distinct,
                        .retract = retract,
                        .name = tw_str_of(name)};
    assert_non_null(call.function);
    return call;
}

/* [k, count, sum, window_start, window_end] over `input`. */
static inline tw_plan_node *window_agg(plan_test *t, tw_plan_node *input, tw_window window, int ncalls, const tw_agg_call *calls) {
    static const int32_t K[] = {0};
    tw_field fields[16] = {{TW_STR("k"), &TW_TYPE_BIGINT}};
    for (int c = 0; c < ncalls; c++) fields[1 + c] = (tw_field){calls[c].name, calls[c].type};
    fields[1 + ncalls] = (tw_field){TW_STR("window_start"), &TW_TYPE_TIMESTAMP_3};
    fields[2 + ncalls] = (tw_field){TW_STR("window_end"), &TW_TYPE_TIMESTAMP_3};
    tw_plan_kind kind = window.kind == TW_WINDOW_SESSION ? TW_PLAN_SESSION_AGG : TW_PLAN_WINDOW_AGG;
    tw_plan_node *n = plan_node(t, kind, tw_type_row(&t->arena, fields, 3 + ncalls), TW_APPEND, 1, input);
    n->u.agg = (tw_plan_agg){.keys = K,
                             .nkeys = 1,
                             .calls = tw_arena_memdup(&t->arena, calls, sizeof *calls * (size_t)ncalls),
                             .ncalls = ncalls,
                             .window = window,
                             .gives_start = true,
                             .gives_end = true,
                             .keep = -1,
                             .input_append = input->changelog == TW_APPEND};
    return n;
}

static inline void window_open(plan_test *t) {
    plan_open(t);
    t->operators[TW_PLAN_WINDOW_AGG] = &TW_OPERATOR_WINDOW_AGG;
    t->operators[TW_PLAN_SESSION_AGG] = &TW_OPERATOR_SESSION_AGG;
}

#endif
