/* The clock: CURRENT_TIMESTAMP and its kin. All rows of a batch see the batch's time. */
#include "expr/entries.h"
#include "expr/temporal.h"

static void fill64(tw_selection rows, tw_column *out, int64_t v) { TW_EACH(rows, i, TW_OUT(int64_t, out, i) = v;); }
static void fill32(tw_selection rows, tw_column *out, int32_t v) { TW_EACH(rows, i, TW_OUT(int32_t, out, i) = v;); }
static int64_t local_ms(const tw_eval *eval) { return tw_zone_to_local(eval->session->zone, eval->now_ms); }

static void now(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    fill64(rows, out, eval->now_ms);
}
static void localtimestamp(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    fill64(rows, out, local_ms(eval));
}
static void current_date(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    fill32(rows, out, (int32_t)tw_floor_div(local_ms(eval), TW_DAY_MS));
}
static void localtime_(TW_KERNEL_ARGS) { /* TIME(0): whole seconds */
    TW_KERNEL_UNUSED;
    fill32(rows, out, (int32_t)(tw_floor_mod(local_ms(eval), TW_DAY_MS) / 1000 * 1000));
}
TW_KERNEL_ENTRY(tw_kernel_now, now)
TW_KERNEL_ENTRY(tw_kernel_localtimestamp, localtimestamp)
TW_KERNEL_ENTRY(tw_kernel_current_date, current_date)
TW_KERNEL_ENTRY(tw_kernel_localtime, localtime_)

tw_status tw_bind_now(tw_bind *bind) { return tw_bind_result_nullable(bind, &TW_TYPE_LTZ_3, false); }
tw_status tw_bind_localtimestamp(tw_bind *bind) { return tw_bind_result_nullable(bind, &TW_TYPE_TIMESTAMP_3, false); }
tw_status tw_bind_current_date(tw_bind *bind) { return tw_bind_result_nullable(bind, &TW_TYPE_DATE, false); }
tw_status tw_bind_localtime(tw_bind *bind) { return tw_bind_result_nullable(bind, &TW_TYPE_TIME, false); }
