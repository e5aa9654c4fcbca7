/* Declares what the lines of functions.def name, for the files that define it. */
#ifndef TW_EXPR_ENTRIES_H
#define TW_EXPR_ENTRIES_H

#include "expr/bindlib.h"

#define X(name, flags, min, max, bind, kernel, aggregate, category, usage, doc) \
    tw_status bind(tw_bind *);                                                  \
    tw_kernel kernel(const tw_type *, const tw_expr *const *, int);             \
    const tw_aggregate *aggregate(const tw_type *, const tw_type *const *, int, bool);
#include "expr/functions.def"
#undef X

/* Defines entry `name` that always runs `kernel_`. */
#define TW_KERNEL_ENTRY(name, kernel_)                                             \
    tw_kernel name(const tw_type *result, const tw_expr *const *args, int nargs) { \
        (void)result, (void)args, (void)nargs;                                     \
        return kernel_;                                                            \
    }
/* Defines bind entry `name` by a signature (bindlib.h) and a result type. */
#define TW_BIND_ENTRY(name, signature, result_) \
    tw_status name(tw_bind *bind) { return tw_bind_signature(bind, signature, result_); }

#endif
