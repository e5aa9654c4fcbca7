/* Casts to DATE, TIME, TIMESTAMP, TIMESTAMP_LTZ and intervals. TIMESTAMP_LTZ meets the others at the session's zone. */
#include "data/datetime.h"
#include "expr/cast.h"

static tw_str text_at(const tw_column *c, int32_t i) { return tw_arg_str(c, i); }

static tw_ts get_ts(const tw_column *c, int32_t i) { return c->phys == TW_PHYS_TS ? TW_ARG(tw_ts, c, i) : tw_ts_of(TW_ARG(int64_t, c, i), 0); }

static void put_ts(const tw_caster *c, tw_column *to, int32_t at, tw_ts ts) {
    ts = tw_ts_truncate(ts, c->to->precision);
    if (to->phys == TW_PHYS_TS)
        TW_OUT(tw_ts, to, at) = ts;
    else
        TW_OUT(int64_t, to, at) = ts.ms;
}

/* A wall-clock time as the target wants it: LTZ is an instant. */
static void put_local(const tw_caster *c, tw_column *to, int32_t at, tw_ts local) {
    if (c->to->kind == TW_TIMESTAMP_LTZ) local.ms = tw_zone_to_utc(c->eval->session->zone, local.ms);
    put_ts(c, to, at, local);
}

static tw_ts local_of(const tw_caster *c, const tw_column *from, int32_t i) {
    tw_ts ts = get_ts(from, i);
    if (c->from->kind == TW_TIMESTAMP_LTZ) ts.ms = tw_zone_to_local(c->eval->session->zone, ts.ms);
    return ts;
}

static bool timestamp_to_timestamp(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    if (c->from->kind == c->to->kind)
        put_ts(c, to, at, get_ts(from, i));
    else
        put_local(c, to, at, local_of(c, from, i));
    return true;
}
static bool date_to_timestamp(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    put_local(c, to, at, tw_ts_of(TW_ARG(int32_t, from, i) * TW_DAY_MS, 0));
    return true;
}
static bool time_to_timestamp(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    put_local(c, to, at, tw_ts_of(TW_ARG(int32_t, from, i), 0));
    return true;
}
static bool text_to_timestamp(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    tw_ts ts;
    tw_str text = text_at(from, i);
    if (memchr(text.data, 'T', text.length) || !tw_timestamp_parse(text, &ts)) return false; /* Flink takes no 'T' here */
    put_local(c, to, at, ts);
    return true;
}

static bool timestamp_to_date(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    TW_OUT(int32_t, to, at) = (int32_t)tw_floor_div(local_of(c, from, i).ms, TW_DAY_MS);
    return true;
}
static bool text_to_date(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    return tw_date_parse(text_at(from, i), &TW_OUT(int32_t, to, at));
}

/* Drops the digits of a TIME below its precision. */
static int32_t cut_time(const tw_type *type, int64_t ms) {
    static const int32_t unit[] = {1000, 100, 10, 1};
    int32_t u = type->precision < 3 ? unit[type->precision] : 1;
    return (int32_t)(ms - ms % u);
}

static bool timestamp_to_time(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    TW_OUT(int32_t, to, at) = cut_time(c->to, tw_floor_mod(local_of(c, from, i).ms, TW_DAY_MS));
    return true;
}
static bool time_to_time(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    TW_OUT(int32_t, to, at) = cut_time(c->to, TW_ARG(int32_t, from, i));
    return true;
}
static bool text_to_time(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    int32_t ms;
    if (!tw_time_parse(text_at(from, i), &ms)) return false;
    TW_OUT(int32_t, to, at) = cut_time(c->to, ms);
    return true;
}

static bool interval_to_interval(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    if (to->phys == TW_PHYS_I32)
        TW_OUT(int32_t, to, at) = TW_ARG(int32_t, from, i);
    else
        TW_OUT(int64_t, to, at) = TW_ARG(int64_t, from, i);
    return true;
}

static int64_t number_at(const tw_column *c, int32_t i) {
    switch (c->phys) {
    case TW_PHYS_I8: return TW_ARG(int8_t, c, i);
    case TW_PHYS_I16: return TW_ARG(int16_t, c, i);
    case TW_PHYS_I32: return TW_ARG(int32_t, c, i);
    default: return TW_ARG(int64_t, c, i);
    }
}

static bool number_to_interval(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    static const int64_t ms[] = {[TW_UNIT_DAY] = TW_DAY_MS, [TW_UNIT_HOUR] = 3600000, [TW_UNIT_MINUTE] = 60000, [TW_UNIT_SECOND] = 1000};
    int64_t unit = c->to->from <= TW_UNIT_SECOND && ms[c->to->from] ? ms[c->to->from] : 1, v;
    if (c->to->kind == TW_INTERVAL_YM) unit = c->to->from == TW_UNIT_YEAR ? 12 : 1;
    if (__builtin_mul_overflow(number_at(from, i), unit, &v)) return false;
    if (to->phys == TW_PHYS_I32)
        TW_OUT(int32_t, to, at) = (int32_t)v;
    else
        TW_OUT(int64_t, to, at) = v;
    return true;
}

tw_cast_value tw_cast_to_time(const tw_type *from, const tw_type *to) {
    bool text = tw_kind_is_text(from->kind), timestamp = tw_kind_is_timestamp(from->kind);
    switch (to->kind) {
    case TW_DATE: return text ? text_to_date : timestamp ? timestamp_to_date : NULL;
    case TW_TIME: return text ? text_to_time : timestamp ? timestamp_to_time : from->kind == TW_TIME ? time_to_time : NULL;
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ:
        if (text) return text_to_timestamp;
        if (timestamp) return timestamp_to_timestamp;
        return from->kind == TW_DATE ? date_to_timestamp : from->kind == TW_TIME ? time_to_timestamp : NULL;
    case TW_INTERVAL_YM:
    case TW_INTERVAL_DS:
        if (from->kind == to->kind) return interval_to_interval;
        return tw_kind_is_integer(from->kind) ? number_to_interval : NULL;
    default: return NULL;
    }
}
