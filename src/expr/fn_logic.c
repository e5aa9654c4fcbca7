/* NOT, IS [NOT] TRUE, IS [NOT] FALSE; binding of AND and OR, which branch.c evaluates. */
#include "expr/entries.h"
#include "expr/kernel.h"

static bool all_boolean(tw_bind *bind) {
    for (int i = 0; i < bind->nargs; i++) {
        tw_kind kind = bind->args[i]->type->kind;
        if (kind != TW_BOOLEAN && kind != TW_NULL) return false;
        if (kind == TW_NULL) tw_bind_coerce(bind, i, &TW_TYPE_BOOLEAN);
    }
    return true;
}

tw_status tw_bind_logic(tw_bind *bind) {
    if (!all_boolean(bind)) return tw_bind_mismatch(bind);
    return tw_bind_result(bind, &TW_TYPE_BOOLEAN);
}

tw_status tw_bind_truth(tw_bind *bind) {
    if (!all_boolean(bind)) return tw_bind_mismatch(bind);
    return tw_bind_boolean_not_null(bind);
}

TW_UNARY_KERNEL(not_kernel, uint8_t, uint8_t, x ^ 1)
TW_KERNEL_ENTRY(tw_kernel_not, not_kernel)

/* Rows where the argument has this truth value get `yes`, the others (NULLs too) get its opposite. */
static void truth(const tw_column *c, tw_selection rows, tw_column *out, uint8_t wanted, uint8_t yes) {
    uint8_t *o = out->values;
    const uint8_t *v = c->values;
    if (!c->constant && !c->validity) {
        TW_EACH(rows, i, o[i] = (v[i] == wanted) == yes;);
        return;
    }
    TW_EACH(rows, i, o[i] = (!tw_column_null(c, i) && v[tw_at(c, i)] == wanted) == yes;);
}

#define TRUTH(name, wanted, yes)                \
    static void name(TW_KERNEL_ARGS) {          \
        TW_KERNEL_UNUSED;                       \
        truth(args[0], rows, out, wanted, yes); \
    }                                           \
    TW_KERNEL_ENTRY(tw_kernel_##name, name)

TRUTH(is_true, 1, 1)
TRUTH(is_not_true, 1, 0)
TRUTH(is_false, 0, 1)
TRUTH(is_not_false, 0, 0)
