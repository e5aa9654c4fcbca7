/* FLOOR(x TO unit) and CEIL(x TO unit) of dates and times. The binding of FLOOR and CEIL hands over here when the second argument
 * is a unit. The rules are Calcite's as Flink runs them: a week begins on Sunday; CEIL to QUARTER steps on from any day but
 * 1 January, to DECADE and above always; LTZ is cut in the session's zone with the offset of the value. */
#include "expr/fn_temporal.h"

#include "expr/entries.h"
#include "expr/temporal.h"

static int64_t first_of(int32_t year, int32_t month) { return tw_days_from_civil(year + (month - 1) / 12, (month - 1) % 12 + 1, 1); }

/* Days cut to a unit of a day or more. */
static int64_t cut_days(int64_t unit, int64_t days, bool up) {
    int32_t y, m, d;
    tw_civil_from_days(days, &y, &m, &d);
    bool inside_year = m > 1 || d > 1;
    switch (unit) {
    case TW_UNIT_MILLENNIUM: return first_of((y + 999) / 1000 * 1000 + (up ? 1 : -999), 1);
    case TW_UNIT_CENTURY: return first_of((y + 99) / 100 * 100 + (up ? 1 : -99), 1);
    case TW_UNIT_DECADE: return first_of((y / 10 + up) * 10, 1);
    case TW_UNIT_YEAR: return first_of(y + (up && inside_year), 1);
    case TW_UNIT_QUARTER: return first_of(y, ((m + 2) / 3 + (up && inside_year)) * 3 - 2);
    case TW_UNIT_MONTH: return first_of(y, m + (up && d > 1));
    case TW_UNIT_WEEK: {
        int64_t past = tw_floor_mod(days + 4, 7); /* since Sunday */
        return days - past + (up && past ? 7 : 0);
    }
    default: return days + up; /* DAY, of a DATE */
    }
}

static int64_t cut_ms(int64_t ms, int64_t step, bool up) {
    int64_t past = tw_floor_mod(ms, step);
    return ms - past + (up && past ? step : 0);
}

static tw_ts cut_ts(int64_t unit, tw_ts ts, bool up) {
    int64_t step = tw_unit_ms(unit);
    if (unit == TW_UNIT_MICROSECOND) {
        int32_t past = ts.ns % 1000, ns = ts.ns - past + (up && past ? 1000 : 0);
        return tw_ts_of(ts.ms + ns / 1000000, ns % 1000000);
    }
    if (unit == TW_UNIT_NANOSECOND) return ts;
    if (unit == TW_UNIT_MILLISECOND) return tw_ts_of(ts.ms + (up && ts.ns), 0);
    if (step && unit != TW_UNIT_WEEK) return tw_ts_of(cut_ms(ts.ms, step, up), 0);
    return tw_ts_of(cut_days(unit, ts.ms / TW_DAY_MS, up) * TW_DAY_MS, 0);
}

static inline void cut_rows(tw_eval *eval, const tw_call *call, tw_selection rows, const tw_column *arg, tw_column *out, bool up) {
    const int64_t unit = call->expr->args[1]->literal->u.i;
    const tw_type *type = arg->type;
    if (type->kind == TW_DATE) {
        bool whole = unit >= TW_UNIT_HOUR && unit <= TW_UNIT_NANOSECOND; /* a date is cut already */
        TW_EACH(rows, i, {
            int32_t days = TW_ARG(int32_t, arg, i);
            TW_OUT(int32_t, out, i) = whole ? days : (int32_t)cut_days(unit, days, up);
        });
        return;
    }
    TW_EACH(rows, i, {
        tw_ts ts = tw_arg_ts(arg, i);
        int64_t shift = tw_local_shift(eval, type, ts.ms);
        ts.ms += shift;
        ts = cut_ts(unit, ts, up);
        ts.ms -= shift;
        tw_out_ts(out, i, ts);
    });
}

static void floor_to(TW_KERNEL_ARGS) { cut_rows(eval, call, rows, args[0], out, false); }
static void ceil_to(TW_KERNEL_ARGS) { cut_rows(eval, call, rows, args[0], out, true); }

tw_kernel tw_temporal_floor_kernel(bool up) { return up ? ceil_to : floor_to; }

tw_status tw_temporal_floor_bind(tw_bind *bind) {
    int64_t unit = -1;
    if (!tw_bind_literal_int(bind, 1, &unit) || unit < 0 || unit > TW_UNIT_MILLENNIUM) return tw_bind_mismatch(bind);
    if (!tw_bind_matches(bind, "cy")) return tw_bind_mismatch(bind);
    if (bind->args[0]->type->kind == TW_NULL) tw_bind_coerce(bind, 0, &TW_TYPE_TIMESTAMP_3);
    if (bind->args[0]->type->kind == TW_TIME && (unit < TW_UNIT_HOUR || unit > TW_UNIT_NANOSECOND)) return tw_bind_mismatch(bind);
    return tw_bind_result_nullable(bind, bind->args[0]->type, bind->args[0]->type->nullable);
}
