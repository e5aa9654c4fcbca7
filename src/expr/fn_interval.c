/* Dates, times, timestamps and intervals in + - * /. */
#include <math.h>

#include "data/datetime.h"
#include "expr/arithmetic.h"

/* ---- binding ---- */

/* datetime +- interval: the datetime's type; a DATE counts the interval's whole days. */
static tw_status bind_shift(tw_bind *bind, int when, int by) {
    const tw_type *t = bind->args[when]->type, *interval = bind->args[by]->type;
    if (t->kind == TW_TIME && interval->kind == TW_INTERVAL_YM) return tw_bind_mismatch(bind);
    return tw_bind_result(bind, tw_type_with_time(bind->arena, t, TW_NOT_TIME));
}

static const tw_type *day_to_second(tw_arena *arena) {
    tw_type *t = tw_type_new(arena, TW_INTERVAL_DS);
    t->from = TW_UNIT_DAY;
    t->to = TW_UNIT_SECOND;
    t->precision = 3;
    return t;
}

static tw_status bind_difference(tw_bind *bind) {
    const tw_type *common = tw_type_common(bind->arena, bind->args[0]->type, bind->args[1]->type);
    if (!common) return tw_bind_mismatch(bind);
    for (int i = 0; i < 2; i++) tw_bind_coerce(bind, i, common);
    return tw_bind_result(bind, bind->cast_type ? bind->cast_type : day_to_second(bind->arena));
}

static tw_status bind_sum_of_intervals(tw_bind *bind) {
    const tw_type *common = tw_type_common(bind->arena, bind->args[0]->type, bind->args[1]->type);
    if (!common) return tw_bind_mismatch(bind);
    return tw_bind_result(bind, common);
}

/* interval * number, interval / number: the number in 64 bits or as DOUBLE. */
static tw_status bind_scale(tw_bind *bind, int interval, int number) {
    const tw_type *type = bind->args[interval]->type;
    tw_bind_coerce(bind, number, tw_kind_is_integer(bind->args[number]->type->kind) ? &TW_TYPE_BIGINT : &TW_TYPE_DOUBLE);
    return tw_bind_result(bind, type);
}

tw_status tw_bind_temporal(tw_bind *bind, char op) {
    for (int i = 0; i < 2; i++)
        if (bind->args[i]->type->kind == TW_NULL) tw_bind_coerce(bind, i, bind->args[1 - i]->type);
    tw_kind a = bind->args[0]->type->kind, b = bind->args[1]->type->kind;
    bool sum = op == '+' || op == '-';
    if (sum && tw_kind_is_datetime(a) && tw_kind_is_interval(b)) return bind_shift(bind, 0, 1);
    if (op == '+' && tw_kind_is_interval(a) && tw_kind_is_datetime(b)) return bind_shift(bind, 1, 0);
    if (op == '-' && tw_kind_is_datetime(a) && tw_kind_is_datetime(b)) return bind_difference(bind);
    if (sum && tw_kind_is_interval(a) && a == b) return bind_sum_of_intervals(bind);
    if ((op == '*' || op == '/') && tw_kind_is_interval(a) && tw_kind_is_numeric(b)) return bind_scale(bind, 0, 1);
    if (op == '*' && tw_kind_is_numeric(a) && tw_kind_is_interval(b)) return bind_scale(bind, 1, 0);
    return tw_bind_mismatch(bind);
}

/* ---- kernels ---- */

/* Milliseconds, the operands in either order. */
TW_BINARY_KERNEL(millis_plus, int64_t, int64_t, int64_t, (uint64_t)x + (uint64_t)y)
TW_BINARY_KERNEL(millis_minus, int64_t, int64_t, int64_t, (uint64_t)x - (uint64_t)y)
TW_BINARY_KERNEL(months_plus, int32_t, int32_t, int32_t, (uint32_t)x + (uint32_t)y)
TW_BINARY_KERNEL(months_minus, int32_t, int32_t, int32_t, (uint32_t)x - (uint32_t)y)

/* One value shifted by an interval; `sign` -1 for minus. */
static tw_ts shift_ts(tw_ts ts, const tw_type *interval, int64_t by) {
    if (interval->kind == TW_INTERVAL_DS) {
        ts.ms = (int64_t)((uint64_t)ts.ms + (uint64_t)by);
        return ts;
    }
    int64_t day = tw_floor_div(ts.ms, TW_DAY_MS), rest = tw_floor_mod(ts.ms, TW_DAY_MS);
    ts.ms = tw_days_add_months(day, by) * TW_DAY_MS + rest;
    return ts;
}

static int64_t interval_at(const tw_column *c, int32_t i) { return c->phys == TW_PHYS_I32 ? TW_ARG(int32_t, c, i) : TW_ARG(int64_t, c, i); }

static void shift(const tw_column *when, const tw_column *by, int sign, tw_selection rows, tw_column *out) {
    const tw_type *interval = by->type;
    TW_EACH(rows, i, {
        int64_t amount = sign * interval_at(by, i);
        switch (when->type->kind) {
        case TW_DATE: {
            int64_t day = TW_ARG(int32_t, when, i);
            TW_OUT(int32_t, out, i) = (int32_t)(interval->kind == TW_INTERVAL_YM ? tw_days_add_months(day, amount)
                                                                                 : tw_floor_div(day * TW_DAY_MS + amount, TW_DAY_MS));
            break;
        }
        case TW_TIME: TW_OUT(int32_t, out, i) = (int32_t)tw_floor_mod(TW_ARG(int32_t, when, i) + amount % TW_DAY_MS, TW_DAY_MS); break;
        default:
            if (when->phys == TW_PHYS_TS)
                TW_OUT(tw_ts, out, i) = shift_ts(TW_ARG(tw_ts, when, i), interval, amount);
            else
                TW_OUT(int64_t, out, i) = shift_ts(tw_ts_of(TW_ARG(int64_t, when, i), 0), interval, amount).ms;
        }
    });
}

static void shift_plus(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    bool swapped = tw_kind_is_interval(args[0]->type->kind);
    shift(args[swapped], args[!swapped], 1, rows, out);
}
static void shift_minus(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    shift(args[0], args[1], -1, rows, out);
}

static int64_t datetime_ms(const tw_column *c, int32_t i) {
    switch (c->phys) {
    case TW_PHYS_TS: return TW_ARG(tw_ts, c, i).ms;
    case TW_PHYS_I32: return TW_ARG(int32_t, c, i) * (c->type->kind == TW_DATE ? TW_DAY_MS : 1);
    default: return TW_ARG(int64_t, c, i);
    }
}

static int64_t months_between(int64_t a, int64_t b) {
    int32_t ya, ma, da, yb, mb, db;
    int64_t day_a = tw_floor_div(a, TW_DAY_MS), day_b = tw_floor_div(b, TW_DAY_MS);
    tw_civil_from_days(day_a, &ya, &ma, &da);
    tw_civil_from_days(day_b, &yb, &mb, &db);
    int64_t months = (int64_t)(ya - yb) * 12 + (ma - mb);
    int64_t rest_a = da * TW_DAY_MS + tw_floor_mod(a, TW_DAY_MS), rest_b = db * TW_DAY_MS + tw_floor_mod(b, TW_DAY_MS);
    if (months > 0 && rest_a < rest_b) months--;
    if (months < 0 && rest_a > rest_b) months++;
    return months;
}

static void difference(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        int64_t a = datetime_ms(args[0], i), b = datetime_ms(args[1], i);
        if (out->phys == TW_PHYS_I32)
            TW_OUT(int32_t, out, i) = (int32_t)months_between(a, b);
        else
            TW_OUT(int64_t, out, i) = (int64_t)((uint64_t)a - (uint64_t)b);
    });
}

static double number_at(const tw_column *c, int32_t i) { return c->phys == TW_PHYS_F64 ? TW_ARG(double, c, i) : (double)TW_ARG(int64_t, c, i); }

static void out_interval(tw_column *out, int32_t i, int64_t v) {
    if (out->phys == TW_PHYS_I32)
        TW_OUT(int32_t, out, i) = (int32_t)v;
    else
        TW_OUT(int64_t, out, i) = v;
}

static int64_t clamp(double v) { return v >= 0x1p63 ? INT64_MAX : v < -0x1p63 ? INT64_MIN : v != v ? 0 : (int64_t)v; }

static void scale_times(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    bool swapped = !tw_kind_is_interval(args[0]->type->kind);
    const tw_column *interval = args[swapped], *number = args[!swapped];
    TW_EACH(rows, i, {
        int64_t v = interval_at(interval, i);
        if (number->phys == TW_PHYS_I64)
            v = (int64_t)((uint64_t)v * (uint64_t)TW_ARG(int64_t, number, i));
        else
            v = clamp((double)v * number_at(number, i));
        out_interval(out, i, v);
    });
}

static void scale_divide(TW_KERNEL_ARGS) {
    TW_EACH(rows, i, {
        double by = number_at(args[1], i);
        if (by == 0)
            tw_fail_zero(eval, call, i);
        else
            out_interval(out, i, clamp(trunc((double)interval_at(args[0], i) / by)));
    });
}

tw_kernel tw_kernel_temporal(char op, const tw_type *result, const tw_expr *const *args) {
    tw_kind a = args[0]->type->kind, b = args[1]->type->kind;
    bool narrow = tw_type_phys(result) == TW_PHYS_I32;
    if (op == '*') return scale_times;
    if (op == '/') return scale_divide;
    if (tw_kind_is_datetime(a) && tw_kind_is_datetime(b)) return difference;
    if (tw_kind_is_interval(a) && tw_kind_is_interval(b)) {
        if (op == '+') return narrow ? months_plus : millis_plus;
        return narrow ? months_minus : millis_minus;
    }
    bool millis = tw_type_phys(args[0]->type) == TW_PHYS_I64 && tw_type_phys(args[1]->type) == TW_PHYS_I64;
    if (op == '+') return millis ? millis_plus : shift_plus;
    return millis ? millis_minus : shift_minus;
}
