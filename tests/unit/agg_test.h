/* Aggregates for tests of what stands on aggregates: plain enough to be right at a glance. COUNT of nothing or of one column, SUM of BIGINT,
 * and MAX of BIGINT 0 .. 15 in a heap object, so that ownership is exercised. All take retractions. */
#ifndef TW_TESTS_UNIT_AGG_TEST_H
#define TW_TESTS_UNIT_AGG_TEST_H

#include "test.h"

#include "expr/aggregate.h"

static inline int32_t agg_row(const tw_agg_input *in, int32_t k) { return in->row ? in->row[k] : k; }
static inline int agg_sign(const tw_agg_input *in, int32_t row) { return in->sign ? tw_change_sign(in->sign[row]) : 1; }
static inline int64_t agg_value(const tw_column *c, int32_t row) { return ((const int64_t *)c->values)[c->constant ? 0 : row]; }

static int agg_updates; /* calls of `update` */

static tw_status test_count_all_update(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    agg_updates++;
    for (int32_t k = 0; k < in->count; k++) *(int64_t *)in->state[k] += agg_sign(in, agg_row(in, k));
    return TW_OK;
}

static tw_status test_count_update(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    agg_updates++;
    for (int32_t k = 0; k < in->count; k++) {
        int32_t row = agg_row(in, k);
        if (!tw_column_null(in->args[0], row)) *(int64_t *)in->state[k] += agg_sign(in, row);
    }
    return TW_OK;
}

static tw_status test_words_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)mem;
    for (int i = 0; i < agg->size / 8; i++) ((int64_t *)into)[i] += ((const int64_t *)from)[i];
    return TW_OK;
}
static tw_status test_words_subtract(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)mem;
    for (int i = 0; i < agg->size / 8; i++) ((int64_t *)into)[i] -= ((const int64_t *)from)[i];
    return TW_OK;
}

static tw_status test_count_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg, (void)arena;
    for (int32_t k = 0; k < count; k++) ((int64_t *)out->values)[at + k] = *(const int64_t *)states[k];
    return TW_OK;
}

static tw_status test_sum_update(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    agg_updates++;
    for (int32_t k = 0; k < in->count; k++) {
        int32_t row = agg_row(in, k);
        if (tw_column_null(in->args[0], row)) continue;
        int64_t *state = (int64_t *)in->state[k];
        state[0] += agg_sign(in, row) * agg_value(in->args[0], row);
        state[1] += agg_sign(in, row);
    }
    return TW_OK;
}

static tw_status test_sum_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg, (void)arena;
    for (int32_t k = 0; k < count; k++) {
        const int64_t *state = (const int64_t *)states[k];
        ((int64_t *)out->values)[at + k] = state[0];
        if (state[1] == 0) tw_bit_clear(out->validity, at + k);
    }
    return TW_OK;
}

enum { MAX_VALUES = 16 };

static int64_t *test_max_counts(char *state, tw_mem *mem) {
    int64_t **counts = (int64_t **)state;
    if (!*counts) *counts = tw_calloc(mem, sizeof **counts * MAX_VALUES);
    return *counts;
}

static tw_status test_max_update(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    agg_updates++;
    for (int32_t k = 0; k < in->count; k++) {
        int32_t row = agg_row(in, k);
        if (tw_column_null(in->args[0], row)) continue;
        int64_t *counts = test_max_counts(in->state[k], in->mem);
        if (!counts) return TW_E_NOMEM;
        counts[agg_value(in->args[0], row)] += agg_sign(in, row);
    }
    return TW_OK;
}

static tw_status test_max_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    const int64_t *source = *(const int64_t *const *)from;
    if (!source) return TW_OK;
    int64_t *counts = test_max_counts(into, mem);
    if (!counts) return TW_E_NOMEM;
    for (int i = 0; i < MAX_VALUES; i++) counts[i] += source[i];
    return TW_OK;
}

static tw_status test_max_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg, (void)arena;
    for (int32_t k = 0; k < count; k++) {
        const int64_t *counts = *(const int64_t *const *)states[k];
        int v = MAX_VALUES - 1;
        while (v >= 0 && (!counts || counts[v] <= 0)) v--;
        if (v < 0)
            tw_bit_clear(out->validity, at + k);
        else
            ((int64_t *)out->values)[at + k] = v;
    }
    return TW_OK;
}

static void test_max_destroy(const tw_aggregate *agg, char *state, tw_mem *mem) {
    (void)agg;
    if (*(void **)state) tw_free(mem, *(void **)state, sizeof(int64_t) * MAX_VALUES);
}

static void test_max_write(const tw_aggregate *agg, const char *state, tw_buf *out) {
    (void)agg;
    const int64_t *counts = *(const int64_t *const *)state;
    tw_buf_byte(out, counts != NULL);
    for (int i = 0; counts && i < MAX_VALUES; i++) tw_buf_u64(out, (uint64_t)counts[i]);
}

static tw_status test_max_read(const tw_aggregate *agg, char *state, tw_reader *in, tw_mem *mem) {
    (void)agg;
    const char *any = tw_read_raw(in, 1);
    if (!any) return TW_E_CORRUPT;
    if (!*any) return TW_OK;
    int64_t *counts = test_max_counts(state, mem);
    if (!counts) return TW_E_NOMEM;
    for (int i = 0; i < MAX_VALUES; i++) counts[i] = (int64_t)tw_read_u64(in);
    return TW_OK;
}

static const tw_aggregate TEST_COUNT_ALL = {.name = "COUNT",
                                            .size = 8,
                                            .flat = true,
                                            .retracts = true,
                                            .update = test_count_all_update,
                                            .merge = test_words_merge,
                                            .subtract = test_words_subtract,
                                            .result = test_count_result};
static const tw_aggregate TEST_COUNT = {.name = "COUNT",
                                        .size = 8,
                                        .flat = true,
                                        .retracts = true,
                                        .update = test_count_update,
                                        .merge = test_words_merge,
                                        .subtract = test_words_subtract,
                                        .result = test_count_result};
static const tw_aggregate TEST_SUM = {.name = "SUM",
                                      .size = 16,
                                      .flat = true,
                                      .retracts = true,
                                      .update = test_sum_update,
                                      .merge = test_words_merge,
                                      .subtract = test_words_subtract,
                                      .result = test_sum_result};
static const tw_aggregate TEST_MAX = {.name = "MAX",
                                      .size = 8,
                                      .retracts = true,
                                      .update = test_max_update,
                                      .merge = test_max_merge,
                                      .result = test_max_result,
                                      .destroy = test_max_destroy,
                                      .write = test_max_write,
                                      .read = test_max_read};

static const tw_aggregate *test_count_of(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)args;
    return nargs ? &TEST_COUNT : &TEST_COUNT_ALL;
}
static const tw_aggregate *test_sum_of(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)args, (void)nargs;
    return &TEST_SUM;
}
static const tw_aggregate *test_max_of(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)args, (void)nargs;
    return &TEST_MAX;
}
static const tw_function TEST_COUNT_FN = {.name = "COUNT", .flags = TW_FN_AGGREGATE, .max_args = 1, .aggregate = test_count_of};
static const tw_function TEST_SUM_FN = {.name = "SUM", .flags = TW_FN_AGGREGATE, .min_args = 1, .max_args = 1, .aggregate = test_sum_of};
static const tw_function TEST_MAX_FN = {.name = "MAX", .flags = TW_FN_AGGREGATE, .min_args = 1, .max_args = 1, .aggregate = test_max_of};

#endif
