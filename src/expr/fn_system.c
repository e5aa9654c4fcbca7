/* TYPEOF, CURRENT_WATERMARK, PROCTIME. */
#include "expr/entries.h"
#include "expr/kernel.h"

tw_status tw_bind_typeof(tw_bind *bind) { return tw_bind_result_nullable(bind, &TW_TYPE_STRING, true); }

static void type_of(TW_KERNEL_ARGS) {
    tw_buf text;
    tw_buf_init(&text, eval->mem, 0);
    const tw_type *type = call->expr->args[0]->type;
    if (type->kind == TW_NULL)
        tw_buf_text(&text, "NULL");
    else
        tw_type_print(&text, type, false);
    char *copy = text.failed ? NULL : tw_out_room(eval, text.length);
    if (copy) {
        memcpy(copy, text.data, text.length);
        TW_EACH(rows, i, tw_out_view(out, i, copy, text.length););
    } else {
        tw_eval_nomem(eval);
    }
    tw_buf_free(&text);
}
TW_KERNEL_ENTRY(tw_kernel_typeof, type_of)

tw_status tw_bind_current_watermark(tw_bind *bind) {
    const tw_type *type = bind->args[0]->type;
    if (!tw_kind_is_timestamp(type->kind)) return tw_bind_mismatch(bind);
    return tw_bind_result_nullable(bind, tw_type_timestamp(bind->arena, type->kind, 3), true);
}

static void current_watermark(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    const int64_t *watermark = eval->row_watermark;
    TW_EACH(rows, i, {
        if (watermark && watermark[i] != INT64_MIN)
            TW_OUT(int64_t, out, i) = watermark[i];
        else
            tw_out_null(out, i);
    });
}
TW_KERNEL_ENTRY(tw_kernel_current_watermark, current_watermark)

tw_status tw_bind_proctime(tw_bind *bind) {
    const tw_type *type = tw_type_with_time(bind->arena, &TW_TYPE_LTZ_3, TW_PROCTIME);
    return tw_bind_result_nullable(bind, type, false);
}

static void proctime(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    int64_t now = eval->now_ms, *o = out->values;
    TW_EACH(rows, i, o[i] = now;);
}
TW_KERNEL_ENTRY(tw_kernel_proctime, proctime)
