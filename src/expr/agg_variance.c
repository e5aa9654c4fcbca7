/* VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP: Welford's running mean and sum of squared distances, as Flink 2.3, in row order.
 *
 * With retraction a value may be taken out before it has come in. Taking a value out of a single other one would lose both, so such
 * values are kept in a second set of moments, `owed`, which is taken out as soon as more values are there than are owed. Where every
 * retraction follows its insert, `owed` stays empty and the numbers are Flink's. */
#include <math.h>

#include "data/decimal.h"
#include "expr/agg.h"
#include "expr/entries.h"

typedef struct moments {
    int64_t n;
    double mean, m2;
} moments;

typedef struct net_moments {
    moments seen, owed;
} net_moments;

static inline void add_value(moments *acc, double x) {
    acc->n++;
    double before = x - acc->mean;
    acc->mean += before / (double)acc->n;
    acc->m2 += before * (x - acc->mean);
}

/* n must be more than 1. */
static inline void take_value(moments *acc, double x) {
    acc->n--;
    double after = x - acc->mean;
    acc->mean -= after / (double)acc->n;
    acc->m2 -= (x - acc->mean) * after;
}

static void add_moments(moments *acc, const moments *other) {
    if (other->n == 0) return;
    if (acc->n == 0) {
        *acc = *other;
        return;
    }
    double n = (double)acc->n + (double)other->n, delta = other->mean - acc->mean;
    acc->m2 += other->m2 + delta * delta * ((double)acc->n * (double)other->n / n);
    acc->mean += delta * ((double)other->n / n);
    acc->n += other->n;
}

/* Takes what is owed out of what was seen, when more was seen. */
static void settle(net_moments *acc) {
    moments *seen = &acc->seen, *owed = &acc->owed;
    if (owed->n == 0 || seen->n <= owed->n) return;
    double n = (double)(seen->n - owed->n), mean = (seen->mean * (double)seen->n - owed->mean * (double)owed->n) / n;
    double delta = owed->mean - mean;
    seen->m2 -= owed->m2 + delta * delta * (n * (double)owed->n / (double)seen->n);
    seen->mean = mean;
    seen->n -= owed->n;
    *owed = (moments){0};
}

/* The one value left, but for rounding. */
static bool is_last(const moments *seen, double x) {
    return seen->n == 1 && (fabs(x - seen->mean) <= 1e-9 * (fabs(x) + fabs(seen->mean)) || x != x || isinf(x));
}

static void net_add(net_moments *acc, double x, int64_t sign) {
    if (sign > 0)
        add_value(&acc->seen, x);
    else if (acc->owed.n == 0 && acc->seen.n > 1)
        take_value(&acc->seen, x);
    else if (acc->owed.n == 0 && is_last(&acc->seen, x))
        acc->seen = (moments){0};
    else
        add_value(&acc->owed, x);
    if (acc->owed.n) settle(acc);
}

#define UPDATES(suffix, T, VALUE)                                   \
    TW_AGG_UPDATE(add_##suffix, T, moments, add_value(acc, VALUE);) \
    TW_AGG_UPDATE(net_##suffix, T, net_moments, net_add(acc, VALUE, sign);)
UPDATES(i8, int8_t, (double)x)
UPDATES(i16, int16_t, (double)x)
UPDATES(i32, int32_t, (double)x)
UPDATES(i64, int64_t, (double)x)
UPDATES(f32, float, (double)x)
UPDATES(f64, double, x)
UPDATES(decimal, int64_t, tw_decimal_to_double(x, agg->arg_type->scale))
UPDATES(wide, tw_i128, tw_decimal_to_double(x, agg->arg_type->scale))

static tw_status add_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg, (void)mem;
    add_moments(TW_AGG_STATE(moments, into), TW_AGG_CONST_STATE(moments, from));
    return TW_OK;
}

static tw_status net_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg, (void)mem;
    net_moments *acc = TW_AGG_STATE(net_moments, into);
    const net_moments *other = TW_AGG_CONST_STATE(net_moments, from);
    add_moments(&acc->seen, &other->seen);
    add_moments(&acc->owed, &other->owed);
    settle(acc);
    return TW_OK;
}

/* ---- results ---- */

/* As Java casts a double to an integer: towards zero, NaN is 0, ends of the range stay. */
static int64_t double_to_int(double v, tw_phys phys) {
    if (v != v) return 0;
    if (phys != TW_PHYS_I64) return v >= 2147483647.0 ? INT32_MAX : v <= -2147483648.0 ? INT32_MIN : (int64_t)v;
    return v >= 9223372036854775807.0 ? INT64_MAX : v <= -9223372036854775808.0 ? INT64_MIN : (int64_t)v;
}

static void put_double(const tw_type *type, tw_column *out, int32_t row, double v, bool some) {
    tw_i128 decimal = 0;
    if (type->kind == TW_DECIMAL) {
        some = some && tw_decimal_from_double(v, type->precision, type->scale, &decimal);
        ((tw_i128 *)out->values)[row] = some ? decimal : 0;
    } else if (out->phys == TW_PHYS_F64) {
        ((double *)out->values)[row] = some ? v : 0;
    } else if (out->phys == TW_PHYS_F32) {
        ((float *)out->values)[row] = some ? (float)v : 0;
    } else {
        tw_agg_put_int(out, row, some ? double_to_int(v, out->phys) : 0);
    }
    tw_agg_valid(out, row, some);
}

/* What is left of the squares can be a little below zero after retractions: that is zero. */
static void put_result(const tw_aggregate *agg, tw_column *out, int32_t row, int64_t n, double m2, bool sample, bool root) {
    int64_t divisor = n - sample;
    double v = (m2 < 0 ? 0 : m2) / (double)divisor;
    put_double(agg->result_type, out, row, root ? pow(v, 0.5) : v, divisor > 0);
}

#define RESULT(name, sample, root)                                                                                                                \
    static tw_status add_##name(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) { \
        (void)arena;                                                                                                                              \
        for (int32_t k = 0; k < count; k++) {                                                                                                     \
            const moments *acc = TW_AGG_CONST_STATE(moments, states[k]);                                                                          \
            put_result(agg, out, at + k, acc->n, acc->m2, sample, root);                                                                          \
        }                                                                                                                                         \
        return TW_OK;                                                                                                                             \
    }                                                                                                                                             \
    static tw_status net_##name(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) { \
        (void)arena;                                                                                                                              \
        for (int32_t k = 0; k < count; k++) {                                                                                                     \
            const net_moments *acc = TW_AGG_CONST_STATE(net_moments, states[k]);                                                                  \
            put_result(agg, out, at + k, acc->owed.n ? 0 : acc->seen.n, acc->seen.m2, sample, root);                                              \
        }                                                                                                                                         \
        return TW_OK;                                                                                                                             \
    }
RESULT(var_pop, false, false)
RESULT(var_samp, true, false)
RESULT(stddev_pop, false, true)
RESULT(stddev_samp, true, true)

/* ---- entries ---- */

#define PAIR(index, name_, suffix, result_)                                                                                                \
    [index] = {.name = name_, .size = sizeof(moments), .flat = true, .update = add_##suffix, .merge = add_merge, .result = add_##result_}, \
    [index + 1] = {.name = name_,                                                                                                          \
                   .size = sizeof(net_moments),                                                                                            \
                   .flat = true,                                                                                                           \
                   .retracts = true,                                                                                                       \
                   .update = net_##suffix,                                                                                                 \
                   .merge = net_merge,                                                                                                     \
                   .result = net_##result_},
#define BY_TYPE(ENTRIES, name_, result_)                                                                                              \
    static const tw_aggregate ENTRIES[] = {                                                                                           \
        PAIR(2 * TW_TINYINT, name_, i8, result_) PAIR(2 * TW_SMALLINT, name_, i16, result_) PAIR(2 * TW_INTEGER, name_, i32, result_) \
            PAIR(2 * TW_BIGINT, name_, i64, result_) PAIR(2 * TW_FLOAT, name_, f32, result_) PAIR(2 * TW_DOUBLE, name_, f64, result_) \
                PAIR(2 * TW_DECIMAL, name_, decimal, result_) PAIR(2 * TW_DECIMAL + 2, name_, wide, result_)};
BY_TYPE(VAR_POP, "VAR_POP", var_pop)
BY_TYPE(VAR_SAMP, "VAR_SAMP", var_samp)
BY_TYPE(STDDEV_POP, "STDDEV_POP", stddev_pop)
BY_TYPE(STDDEV_SAMP, "STDDEV_SAMP", stddev_samp)

#define FIND(name, ENTRIES)                                                                                \
    const tw_aggregate *name(const tw_type *result, const tw_type *const *args, int nargs, bool retract) { \
        (void)result, (void)nargs;                                                                         \
        if (!tw_kind_is_numeric(args[0]->kind)) return NULL;                                               \
        int wide = tw_type_phys(args[0]) == TW_PHYS_I128;                                                  \
        return &ENTRIES[2 * ((int)args[0]->kind + wide) + retract];                                        \
    }
FIND(tw_agg_var_pop, VAR_POP)
FIND(tw_agg_var_samp, VAR_SAMP)
FIND(tw_agg_stddev_pop, STDDEV_POP)
FIND(tw_agg_stddev_samp, STDDEV_SAMP)
