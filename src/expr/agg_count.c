/* COUNT(*), COUNT(x), COUNT(x, y ...): rows, rows where x is not NULL, rows where none is. One signed number. */
#include "expr/agg.h"
#include "expr/entries.h"

static tw_status count_rows(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    if (tw_agg_one_state(in) && !in->sign) {
        *TW_AGG_STATE(int64_t, in->state[0]) += in->count;
        return TW_OK;
    }
    for (int32_t k = 0; k < in->count; k++) *TW_AGG_STATE(int64_t, in->state[k]) += in->sign ? tw_agg_sign(in->sign[in->row ? in->row[k] : k]) : 1;
    return TW_OK;
}

static tw_status count_values(const tw_aggregate *agg, const tw_agg_input *in) {
    const tw_column *c = in->args[0];
    if (c->phys == TW_PHYS_NONE) return TW_OK;
    if (!c->validity) return count_rows(agg, in);
    if (tw_agg_one_state(in)) {
        int64_t total = 0;
        TW_AGG_EACH(in, c, total += sign;);
        *TW_AGG_STATE(int64_t, in->state[0]) += total;
    } else {
        TW_AGG_EACH(in, c, *TW_AGG_STATE(int64_t, state) += sign;);
    }
    return TW_OK;
}

static tw_status count_all_values(const tw_aggregate *agg, const tw_agg_input *in) {
    for (int32_t k = 0; k < in->count; k++) {
        int32_t row = in->row ? in->row[k] : k;
        bool null = false;
        for (int32_t a = 0; a < agg->nargs; a++) null |= tw_column_null(in->args[a], row);
        if (!null) *TW_AGG_STATE(int64_t, in->state[k]) += in->sign ? tw_agg_sign(in->sign[row]) : 1;
    }
    return TW_OK;
}

static tw_status count_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg, (void)mem;
    *TW_AGG_STATE(int64_t, into) += *TW_AGG_CONST_STATE(int64_t, from);
    return TW_OK;
}

static tw_status count_subtract(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg, (void)mem;
    *TW_AGG_STATE(int64_t, into) -= *TW_AGG_CONST_STATE(int64_t, from);
    return TW_OK;
}

static tw_status count_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg, (void)arena;
    int64_t *values = (int64_t *)out->values + at;
    for (int32_t k = 0; k < count; k++) {
        values[k] = *TW_AGG_CONST_STATE(int64_t, states[k]);
        tw_agg_valid(out, at + k, true);
    }
    return TW_OK;
}

#define COUNT(update_)           \
    {.name = "COUNT",            \
     .size = 8,                  \
     .flat = true,               \
     .retracts = true,           \
     .update = update_,          \
     .merge = count_merge,       \
     .subtract = count_subtract, \
     .result = count_result}

static const tw_aggregate COUNTS[] = {COUNT(count_rows), COUNT(count_values), COUNT(count_all_values)};

const tw_aggregate *tw_agg_count(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)args, (void)retract;
    return &COUNTS[nargs < 2 ? nargs : 2];
}

tw_status tw_bind_count(tw_bind *bind) { return tw_bind_result_nullable(bind, &TW_TYPE_BIGINT, false); }
