/* EXTRACT and its short forms YEAR, MONTH, DAYOFWEEK ... */
#include "expr/entries.h"
#include "expr/temporal.h"

/* Thursday's year and week by ISO 8601. */
static int64_t iso_week(int64_t days, bool year) {
    int32_t y, m, d;
    int64_t thursday = days - tw_floor_mod(days + 3, 7) + 3; /* 1970-01-01 was a Thursday */
    tw_civil_from_days(thursday, &y, &m, &d);
    return year ? y : (thursday - tw_days_from_civil(y, 1, 1)) / 7 + 1;
}

static int64_t from_days(int64_t unit, int64_t days) {
    int32_t y, m, d;
    switch (unit) {
    case TW_UNIT_DOW: return tw_floor_mod(days + 4, 7) + 1;    /* Sunday 1 */
    case TW_UNIT_ISODOW: return tw_floor_mod(days + 3, 7) + 1; /* Monday 1 */
    case TW_UNIT_WEEK: return iso_week(days, false);
    case TW_UNIT_ISOYEAR: return iso_week(days, true);
    default: break;
    }
    tw_civil_from_days(days, &y, &m, &d);
    switch (unit) {
    case TW_UNIT_YEAR: return y;
    case TW_UNIT_QUARTER: return (m + 2) / 3;
    case TW_UNIT_MONTH: return m;
    case TW_UNIT_DAY: return d;
    case TW_UNIT_DOY: return days - tw_days_from_civil(y, 1, 1) + 1;
    case TW_UNIT_DECADE: return y / 10;
    case TW_UNIT_CENTURY: return y > 0 ? (y + 99) / 100 : (y - 99) / 100;
    default: return y > 0 ? (y + 999) / 1000 : (y - 999) / 1000; /* MILLENNIUM */
    }
}

/* ms: wall time. Below a day the remainders are C's, as Flink's: before 1970 they are negative. */
static int64_t from_time(int64_t unit, tw_ts ts) {
    switch (unit) {
    case TW_UNIT_HOUR: return ts.ms % TW_DAY_MS / 3600000;
    case TW_UNIT_MINUTE: return ts.ms % 3600000 / 60000;
    case TW_UNIT_SECOND: return ts.ms % 60000 / 1000;
    case TW_UNIT_MILLISECOND: return ts.ms % 1000;
    case TW_UNIT_MICROSECOND: return ts.ms % 1000 * 1000 + ts.ns / 1000;
    case TW_UNIT_NANOSECOND: return ts.ms % 1000 * 1000000 + ts.ns;
    default: return ts.ms / 1000; /* EPOCH */
    }
}

static bool below_day(int64_t unit) { return (unit >= TW_UNIT_HOUR && unit <= TW_UNIT_NANOSECOND) || unit == TW_UNIT_EPOCH; }

static int64_t unit_of(const tw_call *call) { return call->expr->args[0]->literal->u.i; }

static void extract_fields(tw_eval *eval, tw_selection rows, const tw_column *arg, tw_column *out, int64_t unit) {
    const tw_type *type = arg->type;
    TW_EACH(rows, i, {
        tw_ts ts = tw_arg_ts(arg, i);
        ts.ms += tw_local_shift(eval, type, ts.ms); /* for EPOCH too, as in Flink: seconds of the wall clock */
        TW_OUT(int64_t, out, i) = below_day(unit) ? from_time(unit, ts) : from_days(unit, ts.ms / TW_DAY_MS);
    });
}

/* The commonest: the clock of a TIMESTAMP(0..3), without a call in the loop. */
#define CLOCK_KERNEL(name, EXPR)                                                                                                \
    static void name(TW_KERNEL_ARGS) {                                                                                          \
        TW_KERNEL_UNUSED;                                                                                                       \
        TW_EACH(rows, i, const int64_t x = TW_ARG(int64_t, args[call->expr->nargs - 1], i); TW_OUT(int64_t, out, i) = (EXPR);); \
    }
CLOCK_KERNEL(clock_hour, x % TW_DAY_MS / 3600000)
CLOCK_KERNEL(clock_minute, x % 3600000 / 60000)
CLOCK_KERNEL(clock_second, x % 60000 / 1000)

static void extract(TW_KERNEL_ARGS) { extract_fields(eval, rows, args[1], out, unit_of(call)); }

static void from_months(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    const int64_t unit = unit_of(call), step = tw_unit_months(unit);
    TW_ASSERT(step > 0); /* the bind takes no other unit */
    TW_EACH(rows, i, {
        int64_t months = TW_ARG(int32_t, args[1], i);
        int64_t v = unit == TW_UNIT_MONTH ? months % 12 : unit == TW_UNIT_QUARTER ? months % 12 / 3 + 1 : months / step;
        TW_OUT(int64_t, out, i) = v;
    });
}

static void from_interval(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    const int64_t unit = unit_of(call);
    TW_EACH(rows, i, {
        int64_t ms = TW_ARG(int64_t, args[1], i);
        TW_OUT(int64_t, out, i) = unit == TW_UNIT_DAY ? ms / TW_DAY_MS : from_time(unit, tw_ts_of(ms, 0));
    });
}

tw_kernel tw_kernel_extract(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)nargs;
    const tw_type *type = args[1]->type;
    if (type->kind == TW_INTERVAL_YM) return from_months;
    if (type->kind == TW_INTERVAL_DS) return from_interval;
    if (type->kind == TW_TIMESTAMP && tw_type_phys(type) == TW_PHYS_I64) {
        if (args[0]->literal->u.i == TW_UNIT_HOUR) return clock_hour;
        if (args[0]->literal->u.i == TW_UNIT_MINUTE) return clock_minute;
        if (args[0]->literal->u.i == TW_UNIT_SECOND) return clock_second;
    }
    return extract;
}

static bool extractable(int64_t unit, const tw_type *type) {
    bool sub_day = below_day(unit);
    if (unit < 0 || unit >= TW_UNIT_COUNT) return false;
    switch (type->kind) {
    case TW_NULL:
    case TW_DATE:
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ: return true;
    case TW_TIME: return sub_day;
    case TW_INTERVAL_YM: return tw_unit_months(unit) > 0;
    case TW_INTERVAL_DS: return sub_day || unit == TW_UNIT_DAY;
    default: return false;
    }
}

tw_status tw_bind_extract(tw_bind *bind) {
    int64_t unit = -1;
    tw_bind_literal_int(bind, 0, &unit);
    if (!extractable(unit, bind->args[1]->type)) return tw_bind_mismatch(bind);
    if (bind->args[1]->type->kind == TW_NULL) tw_bind_coerce(bind, 1, &TW_TYPE_TIMESTAMP_3);
    return tw_bind_result_nullable(bind, &TW_TYPE_BIGINT, bind->args[1]->type->nullable);
}

/* ---- YEAR(x) and the others ---- */

#define SHORT_FORM(name, unit)                          \
    static void name(TW_KERNEL_ARGS) {                  \
        TW_KERNEL_UNUSED;                               \
        extract_fields(eval, rows, args[0], out, unit); \
    }
SHORT_FORM(year, TW_UNIT_YEAR)
SHORT_FORM(quarter, TW_UNIT_QUARTER)
SHORT_FORM(month, TW_UNIT_MONTH)
SHORT_FORM(week, TW_UNIT_WEEK)
SHORT_FORM(dayofyear, TW_UNIT_DOY)
SHORT_FORM(dayofmonth, TW_UNIT_DAY)
SHORT_FORM(dayofweek, TW_UNIT_DOW)
SHORT_FORM(hour, TW_UNIT_HOUR)
SHORT_FORM(minute, TW_UNIT_MINUTE)
SHORT_FORM(second, TW_UNIT_SECOND)
TW_KERNEL_ENTRY(tw_kernel_year, year)
TW_KERNEL_ENTRY(tw_kernel_quarter, quarter)
TW_KERNEL_ENTRY(tw_kernel_month, month)
TW_KERNEL_ENTRY(tw_kernel_week, week)
TW_KERNEL_ENTRY(tw_kernel_dayofyear, dayofyear)
TW_KERNEL_ENTRY(tw_kernel_dayofmonth, dayofmonth)
TW_KERNEL_ENTRY(tw_kernel_dayofweek, dayofweek)

static bool plain_timestamp(const tw_expr *e) { return e->type->kind == TW_TIMESTAMP && tw_type_phys(e->type) == TW_PHYS_I64; }
tw_kernel tw_kernel_hour(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)nargs;
    return plain_timestamp(args[0]) ? clock_hour : hour;
}
tw_kernel tw_kernel_minute(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)nargs;
    return plain_timestamp(args[0]) ? clock_minute : minute;
}
tw_kernel tw_kernel_second(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)nargs;
    return plain_timestamp(args[0]) ? clock_second : second;
}

static tw_status short_bind(tw_bind *bind, int64_t unit) {
    if (!extractable(unit, bind->args[0]->type) || tw_kind_is_interval(bind->args[0]->type->kind)) return tw_bind_mismatch(bind);
    if (bind->args[0]->type->kind == TW_NULL) tw_bind_coerce(bind, 0, &TW_TYPE_TIMESTAMP_3);
    return tw_bind_result(bind, &TW_TYPE_BIGINT);
}
tw_status tw_bind_date_field(tw_bind *bind) { return short_bind(bind, TW_UNIT_YEAR); }
tw_status tw_bind_time_field(tw_bind *bind) { return short_bind(bind, TW_UNIT_HOUR); }
