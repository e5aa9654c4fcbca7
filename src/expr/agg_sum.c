/* SUM and AVG. The accumulator is the sum and the number of values in it, so that it can also be taken from: no values left is NULL.
 *
 * Integers are added in 64 bits, which for SUM wraps in the argument's own width as Java does and for AVG is Flink's BIGINT sum. FLOAT is summed in
 * float by SUM and in double by AVG, in row order. Decimals of up to 18 digits cannot overflow 128 bits; wider ones are added in 192, so that a sum
 * that leaves DECIMAL(38) is NULL and comes back when values are retracted. */
#include "data/decimal.h"
#include "expr/agg.h"
#include "expr/entries.h"

typedef struct int_sum {
    int64_t sum, count;
} int_sum;
typedef struct float_sum {
    float sum;
    int32_t unused;
    int64_t count;
} float_sum;
typedef struct double_sum {
    double sum;
    int64_t count;
} double_sum;
typedef struct TW_AGG_PACKED decimal_sum {
    tw_i128 sum;
    int64_t count;
} decimal_sum;
typedef struct TW_AGG_PACKED wide_sum {
    unsigned __int128 low; /* of a two's complement number of 192 bits */
    int64_t high;
    int64_t count;
} wide_sum;

static inline int64_t wrapping_add(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

static inline void wide_add(wide_sum *acc, unsigned __int128 low, int64_t high) {
    acc->low += low;
    acc->high += high + (acc->low < low);
}

#define INT_ADD(T)                                        \
    acc->sum = wrapping_add(acc->sum, sign * (int64_t)x); \
    acc->count += sign;
#define FLOAT_ADD(T)                     \
    acc->sum += sign < 0 ? -(T)x : (T)x; \
    acc->count += sign;

TW_AGG_UPDATE(sum_i8, int8_t, int_sum, INT_ADD(int8_t))
TW_AGG_UPDATE(sum_i16, int16_t, int_sum, INT_ADD(int16_t))
TW_AGG_UPDATE(sum_i32, int32_t, int_sum, INT_ADD(int32_t))
TW_AGG_UPDATE(sum_i64, int64_t, int_sum, acc->sum = wrapping_add(acc->sum, sign < 0 ? (int64_t)-(uint64_t)x : x); acc->count += sign;)
TW_AGG_UPDATE(sum_f32, float, float_sum, FLOAT_ADD(float))
TW_AGG_UPDATE(sum_f64, double, double_sum, FLOAT_ADD(double))
TW_AGG_UPDATE(avg_f32, float, double_sum, FLOAT_ADD(double))
TW_AGG_UPDATE(sum_decimal, int64_t, decimal_sum, acc->sum += sign * (tw_i128)x; acc->count += sign;)
TW_AGG_UPDATE(sum_wide, tw_i128, wide_sum, const tw_i128 v = sign < 0 ? -x : x; wide_add(acc, (unsigned __int128)v, v < 0 ? -1 : 0);
              acc->count += sign;)

/* ---- merge and subtract ---- */

#define MERGE(name, ACC, ...)                                                                   \
    static tw_status name(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) { \
        (void)agg, (void)mem;                                                                   \
        ACC *acc = TW_AGG_STATE(ACC, into);                                                     \
        const ACC *other = TW_AGG_CONST_STATE(ACC, from);                                       \
        __VA_ARGS__                                                                             \
        return TW_OK;                                                                           \
    }
MERGE(merge_int, int_sum, acc->sum = wrapping_add(acc->sum, other->sum); acc->count += other->count;)
MERGE(subtract_int, int_sum, acc->sum = (int64_t)((uint64_t)acc->sum - (uint64_t)other->sum); acc->count -= other->count;)
MERGE(merge_float, float_sum, acc->sum += other->sum; acc->count += other->count;)
MERGE(merge_double, double_sum, acc->sum += other->sum; acc->count += other->count;)
MERGE(merge_decimal, decimal_sum, acc->sum += other->sum; acc->count += other->count;)
MERGE(subtract_decimal, decimal_sum, acc->sum -= other->sum; acc->count -= other->count;)
MERGE(merge_wide, wide_sum, wide_add(acc, other->low, other->high); acc->count += other->count;)
MERGE(subtract_wide, wide_sum, wide_add(acc, -other->low, ~other->high + (other->low == 0)); acc->count -= other->count;)

/* ---- results ---- */

#define RESULT(name, ACC, ...)                                                                                                              \
    static tw_status name(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) { \
        (void)agg, (void)arena;                                                                                                             \
        for (int32_t k = 0, row = at; k < count; k++, row++) {                                                                              \
            const ACC *acc = TW_AGG_CONST_STATE(ACC, states[k]);                                                                            \
            const bool some = acc->count > 0;                                                                                               \
            tw_agg_valid(out, row, some);                                                                                                   \
            __VA_ARGS__                                                                                                                     \
        }                                                                                                                                   \
        return TW_OK;                                                                                                                       \
    }
RESULT(sum_int_result, int_sum, tw_agg_put_int(out, row, some ? acc->sum : 0);)
RESULT(sum_float_result, float_sum, ((float *)out->values)[row] = some ? acc->sum : 0;)
RESULT(sum_double_result, double_sum, ((double *)out->values)[row] = some ? acc->sum : 0;)
RESULT(avg_int_result, int_sum, tw_agg_put_int(out, row, some ? acc->sum / acc->count : 0);)
RESULT(avg_float_result, double_sum, ((float *)out->values)[row] = some ? (float)(acc->sum / (double)acc->count) : 0;)
RESULT(avg_double_result, double_sum, ((double *)out->values)[row] = some ? acc->sum / (double)acc->count : 0;)

/* NULL when nothing is there or the sum has more than 38 digits. */
static void put_sum(tw_column *out, int32_t row, tw_i128 sum, bool fits) {
    fits = fits && tw_decimal_fits(sum, TW_DECIMAL_PRECISION_MAX);
    ((tw_i128 *)out->values)[row] = fits ? sum : 0;
    tw_agg_valid(out, row, fits);
}

static void put_average(const tw_aggregate *agg, tw_column *out, int32_t row, tw_i128 sum, int64_t count, bool fits) {
    tw_i128 v = 0;
    fits = fits && tw_decimal_fits(sum, TW_DECIMAL_PRECISION_MAX) &&
           tw_decimal_divide(sum, agg->arg_type->scale, count, 0, TW_DECIMAL_PRECISION_MAX, agg->result_type->scale, &v);
    ((tw_i128 *)out->values)[row] = fits ? v : 0;
    tw_agg_valid(out, row, fits);
}

/* Does it lie in 128 bits? */
static bool wide_narrows(const wide_sum *acc) { return acc->high == ((tw_i128)acc->low < 0 ? -1 : 0); }

RESULT(sum_decimal_result, decimal_sum, put_sum(out, row, acc->sum, some);)
RESULT(sum_wide_result, wide_sum, put_sum(out, row, (tw_i128)acc->low, some &&wide_narrows(acc));)
RESULT(avg_decimal_result, decimal_sum, put_average(agg, out, row, acc->sum, acc->count, some);)
RESULT(avg_wide_result, wide_sum, put_average(agg, out, row, (tw_i128)acc->low, acc->count, some &&wide_narrows(acc));)

/* Floating sums cannot be taken out of one another without a rest: slices combine them in other ways. */
#define ENTRY(name_, ACC, update_, merge_, subtract_, result_) \
    {.name = name_, .size = sizeof(ACC), .flat = true, .retracts = true, .update = update_, .merge = merge_, .subtract = subtract_, .result = result_}

static const tw_aggregate SUMS[] = {
    [TW_PHYS_I8] = ENTRY("SUM", int_sum, sum_i8, merge_int, subtract_int, sum_int_result),
    [TW_PHYS_I16] = ENTRY("SUM", int_sum, sum_i16, merge_int, subtract_int, sum_int_result),
    [TW_PHYS_I32] = ENTRY("SUM", int_sum, sum_i32, merge_int, subtract_int, sum_int_result),
    [TW_PHYS_I64] = ENTRY("SUM", int_sum, sum_i64, merge_int, subtract_int, sum_int_result),
    [TW_PHYS_F32] = ENTRY("SUM", float_sum, sum_f32, merge_float, NULL, sum_float_result),
    [TW_PHYS_F64] = ENTRY("SUM", double_sum, sum_f64, merge_double, NULL, sum_double_result),
};
static const tw_aggregate DECIMAL_SUM = ENTRY("SUM", decimal_sum, sum_decimal, merge_decimal, subtract_decimal, sum_decimal_result);
static const tw_aggregate WIDE_SUM = ENTRY("SUM", wide_sum, sum_wide, merge_wide, subtract_wide, sum_wide_result);

static const tw_aggregate AVERAGES[] = {
    [TW_PHYS_I8] = ENTRY("AVG", int_sum, sum_i8, merge_int, subtract_int, avg_int_result),
    [TW_PHYS_I16] = ENTRY("AVG", int_sum, sum_i16, merge_int, subtract_int, avg_int_result),
    [TW_PHYS_I32] = ENTRY("AVG", int_sum, sum_i32, merge_int, subtract_int, avg_int_result),
    [TW_PHYS_I64] = ENTRY("AVG", int_sum, sum_i64, merge_int, subtract_int, avg_int_result),
    [TW_PHYS_F32] = ENTRY("AVG", double_sum, avg_f32, merge_double, NULL, avg_float_result),
    [TW_PHYS_F64] = ENTRY("AVG", double_sum, sum_f64, merge_double, NULL, avg_double_result),
};
static const tw_aggregate DECIMAL_AVERAGE = ENTRY("AVG", decimal_sum, sum_decimal, merge_decimal, subtract_decimal, avg_decimal_result);
static const tw_aggregate WIDE_AVERAGE = ENTRY("AVG", wide_sum, sum_wide, merge_wide, subtract_wide, avg_wide_result);

const tw_aggregate *tw_agg_sum(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)nargs, (void)retract;
    if (args[0]->kind == TW_DECIMAL) return tw_type_phys(args[0]) == TW_PHYS_I128 ? &WIDE_SUM : &DECIMAL_SUM;
    return tw_kind_is_numeric(args[0]->kind) ? &SUMS[tw_type_phys(args[0])] : NULL;
}

const tw_aggregate *tw_agg_avg(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)nargs, (void)retract;
    if (args[0]->kind == TW_DECIMAL) return tw_type_phys(args[0]) == TW_PHYS_I128 ? &WIDE_AVERAGE : &DECIMAL_AVERAGE;
    return tw_kind_is_numeric(args[0]->kind) ? &AVERAGES[tw_type_phys(args[0])] : NULL;
}

/* ---- types: LogicalTypeMerging.findSumAggType, findAvgAggType ---- */

tw_status tw_bind_sum(tw_bind *bind) {
    TW_TRY(tw_bind_signature_as(bind, "n", 0));
    const tw_type *type = bind->result;
    if (type->kind == TW_DECIMAL) type = tw_type_decimal(bind->arena, TW_DECIMAL_PRECISION_MAX, type->scale);
    return tw_bind_result_nullable(bind, type, true);
}

tw_status tw_bind_avg(tw_bind *bind) {
    TW_TRY(tw_bind_signature_as(bind, "n", 0));
    const tw_type *type = bind->result;
    if (type->kind == TW_DECIMAL) type = tw_type_decimal(bind->arena, TW_DECIMAL_PRECISION_MAX, type->scale < 6 ? 6 : type->scale);
    return tw_bind_result_nullable(bind, type, true);
}
