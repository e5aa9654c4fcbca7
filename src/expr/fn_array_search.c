/* Array functions that give a single value: ARRAY_CONTAINS, ARRAY_POSITION, ARRAY_MAX, ARRAY_MIN, ARRAY_JOIN. */
#include "expr/comparable.h"
#include "expr/entries.h"
#include "expr/gather.h"

/* The place of the first equal element from 1, 0 when there is none. */
static int32_t position(const tw_column *const *args, int32_t i) {
    tw_items items = tw_items_of(args[0], 0, i);
    for (int32_t k = 0; k < items.count; k++)
        if (tw_values_same(items.items, items.first + k, args[1], i)) return k + 1;
    return 0;
}

static void contains(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        if (tw_column_null(args[0], i))
            tw_out_null(out, i);
        else
            TW_OUT(uint8_t, out, i) = position(args, i) > 0;
    });
}
TW_KERNEL_ENTRY(tw_kernel_array_contains, contains)

static void find_position(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, TW_OUT(int32_t, out, i) = position(args, i););
}
TW_KERNEL_ENTRY(tw_kernel_array_position, find_position)

/* ---- ARRAY_MAX, ARRAY_MIN ---- */

tw_status tw_bind_array_extreme(tw_bind *bind) {
    const tw_type *type = bind->args[0]->type;
    if (type->kind != TW_ARRAY || tw_kind_is_nested(type->fields[0].type->kind)) return tw_bind_mismatch(bind);
    return tw_bind_result_nullable(bind, type->fields[0].type, true);
}

static void extreme(tw_selection rows, const tw_column *arg, tw_column *out, int sign) {
    TW_EACH(rows, i, {
        tw_items items = tw_items_of(arg, 0, i);
        int32_t best = -1;
        for (int32_t e = items.first; e < items.first + items.count; e++) {
            if (tw_column_null(items.items, e)) continue;
            if (best < 0 || sign * tw_value_compare(items.items, e, items.items, best) > 0) best = e;
        }
        if (best < 0)
            tw_out_null(out, i);
        else
            tw_value_put(items.items, best, out, i);
    });
}
static void array_max(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    extreme(rows, args[0], out, 1);
}
static void array_min(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    extreme(rows, args[0], out, -1);
}
TW_KERNEL_ENTRY(tw_kernel_array_max, array_max)
TW_KERNEL_ENTRY(tw_kernel_array_min, array_min)

/* ---- ARRAY_JOIN ---- */

tw_status tw_bind_array_join(tw_bind *bind) {
    const tw_type *type = bind->args[0]->type;
    if (type->kind != TW_ARRAY || !tw_kind_is_text(type->fields[0].type->kind)) return tw_bind_mismatch(bind);
    return tw_bind_signature(bind, "as|s", &TW_TYPE_STRING);
}

/* NULL elements are left out, or written as the third argument. */
static void join_row(tw_buf *text, const tw_call *call, const tw_column *const *args, int32_t i) {
    bool replace = call->expr->nargs > 2, first = true;
    tw_items items = tw_items_of(args[0], 0, i);
    tw_buf_clear(text);
    for (int32_t e = items.first; e < items.first + items.count; e++) {
        bool null = tw_column_null(items.items, e);
        if (null && !replace) continue;
        if (!first) tw_buf_str(text, tw_arg_str(args[1], i));
        tw_buf_str(text, null ? tw_arg_str(args[2], i) : tw_arg_str(items.items, e));
        first = false;
    }
}

static void join(TW_KERNEL_ARGS) {
    tw_buf text;
    tw_buf_init(&text, eval->mem, 0);
    TW_EACH(rows, i, {
        join_row(&text, call, args, i);
        if (text.failed) tw_eval_nomem(eval);
        tw_out_copy(eval, out, i, text.data ? text.data : "", text.failed ? 0 : text.length);
    });
    tw_buf_free(&text);
}
TW_KERNEL_ENTRY(tw_kernel_array_join, join)
