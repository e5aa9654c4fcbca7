/* Values as keys that sort as numbers or bytes: 64 bits for BOOL .. I64, FLOAT and DOUBLE, 128 bits for wide decimals and timestamps.
 *
 * FLOAT and DOUBLE become integers in the order of Java's Double.compare: -0.0 before 0.0, NaN above all. (Flink's MIN and MAX over append-only
 * input compare with > and < and so let a NaN that comes first stay; here the order of rows makes no difference.) */
#ifndef TW_EXPR_AGG_KEY_H
#define TW_EXPR_AGG_KEY_H

#include "expr/agg.h"
#include "expr/ordered_bag.h"

static inline int64_t tw_agg_key_flip(int64_t bits) { return bits ^ (int64_t)((uint64_t)(bits >> 63) >> 1); }
static inline int64_t tw_agg_key_f64(double v) {
    int64_t bits;
    if (v != v) v = __builtin_nan("");
    memcpy(&bits, &v, 8);
    return tw_agg_key_flip(bits);
}
static inline double tw_agg_key_to_f64(int64_t key) {
    double v;
    key = tw_agg_key_flip(key);
    memcpy(&v, &key, 8);
    return v;
}
/* A FLOAT is exact as a double, and in the same order. */
static inline tw_i128 tw_agg_key_ts(tw_ts v) { return (tw_i128)v.ms * ((tw_i128)1 << 32) + v.ns; }
static inline tw_ts tw_agg_key_to_ts(tw_i128 key) { return (tw_ts){(int64_t)(key >> 32), (int32_t)(key & 0x7fffffff), 0}; }

static inline tw_bag_kind tw_agg_key_kind(tw_phys phys) {
    return phys == TW_PHYS_I128 || phys == TW_PHYS_TS ? TW_BAG_I128 : phys >= TW_PHYS_STR ? TW_BAG_STR : TW_BAG_I64;
}

/* Writes a numeric key back as a value. */
static inline void tw_agg_key_put_i64(tw_column *out, int32_t row, int64_t key) {
    if (out->phys == TW_PHYS_F64)
        ((double *)out->values)[row] = tw_agg_key_to_f64(key);
    else if (out->phys == TW_PHYS_F32)
        ((float *)out->values)[row] = (float)tw_agg_key_to_f64(key);
    else
        tw_agg_put_int(out, row, key);
}
static inline void tw_agg_key_put_i128(tw_column *out, int32_t row, tw_i128 key) {
    if (out->phys == TW_PHYS_TS)
        ((tw_ts *)out->values)[row] = tw_agg_key_to_ts(key);
    else
        ((tw_i128 *)out->values)[row] = key;
}

#endif
