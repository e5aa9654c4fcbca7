/* Small inline help for kernels on dates and times: any temporal column read as milliseconds and nanoseconds. */
#ifndef TW_EXPR_TEMPORAL_H
#define TW_EXPR_TEMPORAL_H

#include "expr/kernel.h"

/* The value at a row: DATE as midnight, TIME as on 1970-01-01, TIMESTAMP as it is, LTZ in UTC. */
static inline tw_ts tw_arg_ts(const tw_column *c, int32_t row) {
    switch (c->phys) {
    case TW_PHYS_TS: return TW_ARG(tw_ts, c, row);
    case TW_PHYS_I32: {
        int64_t v = TW_ARG(int32_t, c, row);
        return tw_ts_of(c->type->kind == TW_DATE ? v * TW_DAY_MS : v, 0);
    }
    default: return tw_ts_of(TW_ARG(int64_t, c, row), 0);
    }
}

/* Writes a value back to a column of any temporal type; what the type cannot hold is dropped. */
static inline void tw_out_ts(tw_column *out, int32_t row, tw_ts ts) {
    switch (out->phys) {
    case TW_PHYS_TS: TW_OUT(tw_ts, out, row) = ts; break;
    case TW_PHYS_I32:
        TW_OUT(int32_t, out, row) = (int32_t)(out->type->kind == TW_DATE ? tw_floor_div(ts.ms, TW_DAY_MS) : tw_floor_mod(ts.ms, TW_DAY_MS));
        break;
    default: TW_OUT(int64_t, out, row) = ts.ms; break;
    }
}

/* Milliseconds that turn a value of this type into the wall time of the session's zone: the zone's offset for LTZ, else 0. */
static inline int64_t tw_local_shift(const tw_eval *eval, const tw_type *type, int64_t ms) {
    if (type->kind != TW_TIMESTAMP_LTZ) return 0;
    return (int64_t)tw_zone_offset(eval->session->zone, ms) * 1000;
}

/* Milliseconds in a unit of fixed length (WEEK to MILLISECOND), or 0. */
static inline int64_t tw_unit_ms(int64_t unit) {
    switch (unit) {
    case TW_UNIT_WEEK: return 7 * TW_DAY_MS;
    case TW_UNIT_DAY: return TW_DAY_MS;
    case TW_UNIT_HOUR: return 3600000;
    case TW_UNIT_MINUTE: return 60000;
    case TW_UNIT_SECOND: return 1000;
    case TW_UNIT_MILLISECOND: return 1;
    default: return 0;
    }
}

/* Months in a unit of the calendar (MONTH to MILLENNIUM), or 0. */
static inline int64_t tw_unit_months(int64_t unit) {
    switch (unit) {
    case TW_UNIT_MONTH: return 1;
    case TW_UNIT_QUARTER: return 3;
    case TW_UNIT_YEAR: return 12;
    case TW_UNIT_DECADE: return 120;
    case TW_UNIT_CENTURY: return 1200;
    case TW_UNIT_MILLENNIUM: return 12000;
    default: return 0;
    }
}

#endif
