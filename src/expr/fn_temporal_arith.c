/* TIMESTAMPADD, TIMESTAMPDIFF, OVERLAPS. */
#include "expr/entries.h"
#include "expr/temporal.h"

static int64_t unit_of(const tw_call *call) { return call->expr->args[0]->literal->u.i; }

/* ---- TIMESTAMPADD ---- */

/* Calendar months on a wall time in milliseconds. */
static int64_t add_months(int64_t ms, int64_t months) {
    int64_t days = tw_floor_div(ms, TW_DAY_MS);
    return tw_days_add_months(days, months) * TW_DAY_MS + (ms - days * TW_DAY_MS);
}

static bool add_units(tw_ts *ts, int64_t unit, int64_t n) {
    int64_t months = tw_unit_months(unit), step = tw_unit_ms(unit), by;
    if (__builtin_mul_overflow(n, months ? months : step, &by)) return false;
    if (months) {
        if (by > 12 * 1000000 || by < -12 * 1000000) return false;
        ts->ms = add_months(ts->ms, by);
        return true;
    }
    return !__builtin_add_overflow(ts->ms, by, &ts->ms);
}

static void timestampadd(TW_KERNEL_ARGS) {
    const int64_t unit = unit_of(call);
    TW_EACH(rows, i, {
        tw_ts ts = tw_arg_ts(args[2], i);
        bool time = args[2]->type->kind == TW_TIME && tw_unit_months(unit) > 0; /* stays what it is */
        if (!time && !add_units(&ts, unit, TW_ARG(int64_t, args[1], i)))
            tw_eval_fail(eval, call, i, TW_E_OVERFLOW, "TIMESTAMPADD: the result is out of range");
        tw_out_ts(out, i, ts);
    });
}
TW_KERNEL_ENTRY(tw_kernel_timestampadd, timestampadd)

tw_status tw_bind_timestampadd(tw_bind *bind) {
    int64_t unit = -1;
    if (!tw_bind_literal_int(bind, 0, &unit) || !tw_bind_matches(bind, "ylc") || !(tw_unit_ms(unit) || tw_unit_months(unit)))
        return tw_bind_mismatch(bind);
    if (bind->args[2]->type->kind == TW_NULL) tw_bind_coerce(bind, 2, &TW_TYPE_TIMESTAMP_3);
    const tw_type *type = bind->args[2]->type;
    bool sub_day = unit >= TW_UNIT_HOUR && unit <= TW_UNIT_NANOSECOND;
    TW_TRY(tw_bind_signature(bind, "ylc", &TW_TYPE_TIMESTAMP_6));
    return tw_bind_result(bind, type->kind == TW_DATE && sub_day ? &TW_TYPE_TIMESTAMP_6 : type);
}

/* ---- TIMESTAMPDIFF ---- */

/* Whole calendar months from day `from` to day `to`, days past a month's end clipped. */
static int64_t whole_months(int64_t to, int64_t from) {
    if (to < from) return -whole_months(from, to);
    int32_t y0, m0, d0, y1, m1, d1;
    tw_civil_from_days(to, &y0, &m0, &d0);
    tw_civil_from_days(from, &y1, &m1, &d1);
    int64_t months = ((int64_t)y0 - y1) * 12 + (m0 - m1);
    return tw_days_add_months(from, months) > to ? months - 1 : months;
}

static int64_t months_between(int64_t to, int64_t from) {
    int64_t to_day = tw_floor_div(to, TW_DAY_MS), from_day = tw_floor_div(from, TW_DAY_MS);
    int64_t months = whole_months(to_day, from_day);
    bool short_of = tw_floor_mod(to, TW_DAY_MS) < tw_floor_mod(from, TW_DAY_MS);
    return tw_days_add_months(from_day, months) == to_day && short_of ? months - 1 : months;
}

static void timestampdiff(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    const int64_t unit = unit_of(call), months = tw_unit_months(unit), step = months ? 1 : tw_unit_ms(unit);
    TW_ASSERT(step > 0); /* the bind takes no other unit */
    TW_EACH(rows, i, {
        int64_t from = tw_arg_ts(args[1], i).ms, to = tw_arg_ts(args[2], i).ms;
        TW_OUT(int32_t, out, i) = (int32_t)(months ? months_between(to, from) / months : (to - from) / step);
    });
}
TW_KERNEL_ENTRY(tw_kernel_timestampdiff, timestampdiff)

tw_status tw_bind_timestampdiff(tw_bind *bind) {
    int64_t unit = -1;
    if (!tw_bind_literal_int(bind, 0, &unit) || !tw_bind_matches(bind, "ycc") || !(tw_unit_ms(unit) || tw_unit_months(unit)))
        return tw_bind_mismatch(bind);
    tw_kind a = bind->args[1]->type->kind, b = bind->args[2]->type->kind;
    if (a == TW_TIMESTAMP_LTZ && b != TW_TIMESTAMP_LTZ) tw_bind_coerce(bind, 2, bind->args[1]->type);
    if (b == TW_TIMESTAMP_LTZ && a != TW_TIMESTAMP_LTZ) tw_bind_coerce(bind, 1, bind->args[2]->type);
    return tw_bind_signature(bind, "ycc", &TW_TYPE_INTEGER);
}

/* ---- OVERLAPS ---- */

/* The end of a period that begins at `start`: a time, or an interval added to it. */
static int64_t period_end(const tw_column *c, int32_t row, int64_t start) {
    if (c->type->kind == TW_INTERVAL_DS) return start + TW_ARG(int64_t, c, row);
    if (c->type->kind == TW_INTERVAL_YM) return add_months(start, TW_ARG(int32_t, c, row));
    return tw_arg_ts(c, row).ms;
}

static void overlaps(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        int64_t a = tw_arg_ts(args[0], i).ms, b = period_end(args[1], i, a);
        int64_t c = tw_arg_ts(args[2], i).ms, d = period_end(args[3], i, c);
        int64_t end1 = a > b ? a : b, start1 = a > b ? b : a, end2 = c > d ? c : d, start2 = c > d ? d : c;
        TW_OUT(uint8_t, out, i) = end1 >= start2 && end2 >= start1;
    });
}
TW_KERNEL_ENTRY(tw_kernel_overlaps, overlaps)

tw_status tw_bind_overlaps(tw_bind *bind) {
    static const char *const forms[] = {"cccc", "cvcc", "cccv", "cvcv"};
    for (int k = 0; k < 4; k++)
        if (tw_bind_matches(bind, forms[k])) return tw_bind_signature(bind, forms[k], &TW_TYPE_BOOLEAN);
    return tw_bind_mismatch(bind);
}
