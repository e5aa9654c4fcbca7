/* Functions that look into a text: lengths, positions, prefixes, and the IS_ tests. */
#include <utf8proc.h>

#include "data/decimal.h"
#include "expr/entries.h"
#include "expr/text.h"

static void char_length(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        TW_OUT(int32_t, out, i) = tw_text_count(s.data, s.data + s.length);
    });
}
TW_KERNEL_ENTRY(tw_kernel_char_length, char_length)

/* The first byte, signed, as Flink gives it. */
static void ascii(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        TW_OUT(int32_t, out, i) = s.length ? (signed char)s.data[0] : 0;
    });
}
TW_KERNEL_ENTRY(tw_kernel_ascii, ascii)

/* 1-based position of `seek` in `s` at or behind position `from`; 0: none. An empty `seek` is always at 1. */
static inline int32_t position(tw_str seek, tw_str s, int64_t from) {
    if (seek.length == 0) return 1;
    const char *end = s.data + s.length;
    const char *found = tw_text_find(tw_text_skip(s.data, end, from - 1), end, seek);
    return found ? tw_text_count(s.data, found) + 1 : 0;
}

static void position_in(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, TW_OUT(int32_t, out, i) = position(tw_arg_str(args[0], i), tw_arg_str(args[1], i), 1););
}

static void position_from(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        int64_t from = TW_ARG(int64_t, args[2], i);
        TW_OUT(int32_t, out, i) = position(tw_arg_str(args[0], i), tw_arg_str(args[1], i), from);
    });
}

tw_kernel tw_kernel_position(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)args;
    return nargs == 2 ? position_in : position_from;
}
TW_BIND_ENTRY(tw_bind_position, "ss|l", &TW_TYPE_INTEGER)

/* The nth occurrence from the front; occurrences may overlap. */
static int32_t instr_forward(tw_str s, tw_str seek, int64_t start, int64_t nth) {
    int32_t at = 0;
    for (int64_t from = start; nth > 0; nth--, from = at + 1) {
        at = position(seek, s, from);
        if (at == 0) return 0;
        if (seek.length == 0) return 1;
    }
    return at;
}

/* The nth occurrence that begins at or before character `start` counted from the end. */
static int32_t instr_backward(tw_str s, tw_str seek, int64_t start, int64_t nth) {
    const char *end = s.data + s.length;
    const char *p = tw_text_back(s.data, end, start - 1); /* an occurrence must end at or before p */
    if (!p) return 0;
    if (seek.length == 0) return (int32_t)(tw_text_count(s.data, end) + 1);
    for (const char *at = p; at; at = tw_text_back(s.data, at, 1)) {
        if ((size_t)(p - at) < seek.length || memcmp(at, seek.data, seek.length) != 0) continue;
        if (--nth == 0) return tw_text_count(s.data, at) + 1;
    }
    return 0;
}

static void instr(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    const int nargs = call->expr->nargs;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_str seek = tw_arg_str(args[1], i);
        int64_t start = nargs > 2 ? TW_ARG(int64_t, args[2], i) : 1, nth = nargs > 3 ? TW_ARG(int64_t, args[3], i) : 1;
        int32_t at = 0;
        if (nth <= 0)
            tw_eval_fail(eval, call, i, TW_E_VALUE, "INSTR: the number of the appearance must be positive");
        else if (start != 0)
            at = start > 0 ? instr_forward(s, seek, start, nth) : instr_backward(s, seek, -start, nth);
        TW_OUT(int32_t, out, i) = at;
    });
}
TW_KERNEL_ENTRY(tw_kernel_instr, instr)
TW_BIND_ENTRY(tw_bind_instr, "ss|ll", &TW_TYPE_INTEGER)

static void startswith(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_str part = tw_arg_str(args[1], i);
        TW_OUT(uint8_t, out, i) = part.length <= s.length && memcmp(s.data, part.data, part.length) == 0;
    });
}

static void endswith(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_str part = tw_arg_str(args[1], i);
        TW_OUT(uint8_t, out, i) = part.length <= s.length && memcmp(s.data + s.length - part.length, part.data, part.length) == 0;
    });
}
TW_KERNEL_ENTRY(tw_kernel_startswith, startswith)
TW_KERNEL_ENTRY(tw_kernel_endswith, endswith)

/* Both text or both bytes. */
tw_status tw_bind_same_kind_test(tw_bind *bind) { return tw_bind_signature(bind, tw_bind_matches(bind, "ss") ? "ss" : "bb", &TW_TYPE_BOOLEAN); }

/* ---- IS_ALPHA, IS_DIGIT, IS_DECIMAL: never NULL ---- */

static bool category_only(tw_str s, utf8proc_category_t first, utf8proc_category_t last) {
    for (size_t at = 0; at < s.length;) {
        utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)tw_utf8_next(s.data, s.length, &at));
        if (c < first || c > last) return false;
    }
    return s.length > 0;
}

static bool alpha(tw_str s) { return category_only(s, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO); }
static bool digit(tw_str s) { return category_only(s, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_ND); }
static bool decimal(tw_str s) {
    double ignored;
    return s.length > 0 && tw_double_parse(s, &ignored);
}

static inline void test_text(tw_selection rows, const tw_column *arg, tw_column *out, bool (*test)(tw_str)) {
    TW_EACH(rows, i, TW_OUT(uint8_t, out, i) = !tw_column_null(arg, i) && test(tw_arg_str(arg, i)););
}

static void not_null(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, TW_OUT(uint8_t, out, i) = !tw_column_null(args[0], i););
}
static void never(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, TW_OUT(uint8_t, out, i) = 0;);
}
static void is_alpha(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    test_text(rows, args[0], out, alpha);
}
static void is_digit(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    test_text(rows, args[0], out, digit);
}
static void is_decimal(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    test_text(rows, args[0], out, decimal);
}

tw_kernel tw_kernel_is_alpha(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)nargs;
    return tw_kind_is_text(args[0]->type->kind) ? is_alpha : never;
}
tw_kernel tw_kernel_is_digit(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)nargs;
    tw_kind kind = args[0]->type->kind;
    return tw_kind_is_text(kind) ? is_digit : tw_kind_is_integer(kind) ? not_null : never;
}
tw_kernel tw_kernel_is_decimal(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)nargs;
    tw_kind kind = args[0]->type->kind;
    return tw_kind_is_text(kind) ? is_decimal : tw_kind_is_numeric(kind) ? not_null : never;
}
