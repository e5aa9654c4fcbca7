/* Functions that make a new text: ||, CONCAT, CONCAT_WS, REPEAT, LPAD, RPAD, REPLACE, OVERLAY, REVERSE, TRANSLATE, CHR, ELT. */
#include "expr/entries.h"
#include "expr/text.h"

static void too_long(tw_eval *eval, const tw_call *call, tw_column *out, int32_t row) {
    tw_eval_fail(eval, call, row, TW_E_LIMIT, "%s: the result would be longer than %lld bytes", call->expr->function->name, (long long)TW_TEXT_MAX);
    tw_out_view(out, row, "", 0);
}

static inline char *put(char *p, tw_str s) {
    memcpy(p, s.data, s.length);
    return p + s.length;
}

/* ---- || and CONCAT: NULL when an argument is ---- */

static void concat2(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str a = tw_arg_str(args[0], i);
        tw_str b = tw_arg_str(args[1], i);
        tw_text_out text;
        if (a.length + b.length > (size_t)TW_TEXT_MAX) {
            too_long(eval, call, out, i);
            continue;
        }
        char *p = tw_text_room(&text, eval, a.length + b.length);
        if (!p) return;
        put(put(p, a), b);
        tw_out_view(out, i, p, a.length + b.length);
    });
}

static void concat(TW_KERNEL_ARGS) {
    const int nargs = call->expr->nargs;
    TW_EACH(rows, i, {
        size_t length = 0;
        for (int a = 0; a < nargs; a++) length += tw_arg_str(args[a], i).length;
        tw_text_out text;
        if (length > (size_t)TW_TEXT_MAX) {
            too_long(eval, call, out, i);
            continue;
        }
        char *p = tw_text_room(&text, eval, length);
        if (!p) return;
        for (int a = 0; a < nargs; a++) p = put(p, tw_arg_str(args[a], i));
        tw_out_view(out, i, text.data, length);
    });
}

tw_kernel tw_kernel_concat(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)args;
    return nargs == 2 ? concat2 : concat;
}

/* CHAR || CHAR is CHAR of the summed lengths, everything else VARCHAR. */
tw_status tw_bind_concat_operator(tw_bind *bind) {
    bool bytes = !tw_bind_matches(bind, "ss");
    TW_TRY(tw_bind_signature(bind, bytes ? "bb" : "ss", &TW_TYPE_STRING));
    const tw_type *a = bind->args[0]->type, *b = bind->args[1]->type;
    int64_t length = (int64_t)a->length + b->length;
    bool fixed = (a->kind == TW_CHAR && b->kind == TW_CHAR) || (a->kind == TW_BINARY && b->kind == TW_BINARY);
    tw_kind kind = bytes ? (fixed ? TW_BINARY : TW_VARBINARY) : (fixed ? TW_CHAR : TW_VARCHAR);
    if (length > TW_LENGTH_MAX) length = TW_LENGTH_MAX;
    return tw_bind_result(bind, tw_type_chars(bind->arena, kind, length < 1 ? 1 : (int32_t)length));
}
TW_BIND_ENTRY(tw_bind_concat, "s*", &TW_TYPE_STRING)

/* ---- CONCAT_WS: skips NULLs, NULL when the separator is ---- */

static void concat_ws(TW_KERNEL_ARGS) {
    const int nargs = call->expr->nargs;
    TW_EACH(rows, i, {
        tw_out_view(out, i, "", 0);
        if (tw_column_null(args[0], i)) {
            tw_out_null(out, i);
            continue;
        }
        tw_str separator = tw_arg_str(args[0], i);
        size_t length = 0;
        int pieces = 0;
        for (int a = 1; a < nargs; a++)
            if (!tw_column_null(args[a], i)) length += tw_arg_str(args[a], i).length, pieces++;
        if (pieces == 0) continue;
        length += separator.length * (size_t)(pieces - 1);
        tw_text_out text;
        if (length > (size_t)TW_TEXT_MAX) {
            too_long(eval, call, out, i);
            continue;
        }
        char *p = tw_text_room(&text, eval, length);
        if (!p) return;
        for (int a = 1; a < nargs; a++) {
            if (tw_column_null(args[a], i)) continue;
            p = put(p, tw_arg_str(args[a], i));
            if (--pieces > 0) p = put(p, separator);
        }
        tw_out_view(out, i, text.data, length);
    });
}
TW_KERNEL_ENTRY(tw_kernel_concat_ws, concat_ws)

tw_status tw_bind_concat_ws(tw_bind *bind) {
    TW_TRY(tw_bind_signature(bind, "ss*", &TW_TYPE_STRING));
    return tw_bind_result_nullable(bind, &TW_TYPE_STRING, bind->args[0]->type->nullable);
}

/* ---- REPEAT, LPAD, RPAD ---- */

static void repeat(TW_KERNEL_ARGS) {
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        int64_t n = TW_ARG(int64_t, args[1], i);
        if (n <= 0 || s.length == 0) {
            tw_out_view(out, i, "", 0);
        } else if (n > TW_TEXT_MAX / (int64_t)s.length) {
            too_long(eval, call, out, i);
        } else {
            tw_text_out text;
            char *p = tw_text_room(&text, eval, s.length * (size_t)n);
            if (!p) return;
            for (int64_t k = 0; k < n; k++) p = put(p, s);
            tw_out_view(out, i, text.data, s.length * (size_t)n);
        }
    });
}
TW_KERNEL_ENTRY(tw_kernel_repeat, repeat)

/* The padding of `n` characters made by repeating `pad`: its bytes. */
static int64_t padding_bytes(tw_str pad, int64_t n) {
    int64_t whole = tw_text_count(pad.data, pad.data + pad.length);
    if (whole == 0) return 0;
    int64_t rest = tw_text_skip(pad.data, pad.data + pad.length, n % whole) - pad.data;
    return n / whole > TW_TEXT_MAX / (int64_t)pad.length ? TW_TEXT_MAX + 1 : n / whole * (int64_t)pad.length + rest;
}

static char *put_padding(char *p, tw_str pad, int64_t bytes) {
    for (; bytes >= (int64_t)pad.length; bytes -= (int64_t)pad.length) p = put(p, pad);
    return put(p, (tw_str){pad.data, (size_t)bytes});
}

static inline void pad_rows(tw_eval *eval, const tw_call *call, tw_selection rows, const tw_column *const *args, tw_column *out, bool left) {
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_str pad = tw_arg_str(args[2], i);
        int64_t length = TW_ARG(int64_t, args[1], i);
        tw_out_view(out, i, "", 0);
        if (length < 0 || pad.length == 0) {
            tw_out_null(out, i);
            continue;
        }
        s.length = (size_t)(tw_text_skip(s.data, s.data + s.length, length) - s.data);
        int64_t missing = padding_bytes(pad, length - tw_text_count(s.data, s.data + s.length));
        if (missing > TW_TEXT_MAX - (int64_t)s.length) {
            too_long(eval, call, out, i);
            continue;
        }
        tw_text_out text;
        char *p = tw_text_room(&text, eval, s.length + (size_t)missing);
        if (!p) return;
        if (left)
            put(put_padding(p, pad, missing), s);
        else
            put_padding(put(p, s), pad, missing);
        tw_out_view(out, i, p, s.length + (size_t)missing);
    });
}
static void lpad(TW_KERNEL_ARGS) { pad_rows(eval, call, rows, args, out, true); }
static void rpad(TW_KERNEL_ARGS) { pad_rows(eval, call, rows, args, out, false); }
TW_KERNEL_ENTRY(tw_kernel_lpad, lpad)
TW_KERNEL_ENTRY(tw_kernel_rpad, rpad)
TW_BIND_ENTRY(tw_bind_pad, "sls", &TW_TYPE_STRING)

/* ---- REPLACE, OVERLAY, REVERSE, TRANSLATE ---- */

/* How often `old` occurs, an empty one at every character boundary (as Java's String.replace). */
static int64_t occurrences(tw_str s, tw_str old) {
    const char *end = s.data + s.length;
    int64_t n = 0;
    if (old.length == 0) {
        for (const char *p = s.data; p < end; p += tw_char_bytes(p, end)) n++;
        return n + 1;
    }
    for (const char *p = s.data; (p = tw_text_find(p, end, old)) != NULL; p += old.length) n++;
    return n;
}

static void replace_into(char *to, tw_str s, tw_str old, tw_str by) {
    const char *p = s.data, *end = p + s.length;
    if (old.length == 0) {
        for (to = put(to, by); p < end; to = put(to, by)) {
            size_t n = tw_char_bytes(p, end);
            to = put(to, (tw_str){p, n});
            p += n;
        }
        return;
    }
    for (const char *found; (found = tw_text_find(p, end, old)) != NULL; p = found + old.length)
        to = put(put(to, (tw_str){p, (size_t)(found - p)}), by);
    put(to, (tw_str){p, (size_t)(end - p)});
}

static void replace(TW_KERNEL_ARGS) {
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_str old = tw_arg_str(args[1], i);
        tw_str by = tw_arg_str(args[2], i);
        int64_t n = occurrences(s, old);
        int64_t length = (int64_t)s.length + n * ((int64_t)by.length - (int64_t)old.length);
        if (n == 0) {
            tw_out_view(out, i, s.data, s.length);
        } else if (length > TW_TEXT_MAX) {
            too_long(eval, call, out, i);
        } else {
            tw_text_out text;
            if (!tw_text_room(&text, eval, (size_t)length)) return;
            replace_into(text.data, s, old, by);
            tw_out_view(out, i, text.data, (size_t)length);
        }
    });
}
TW_KERNEL_ENTRY(tw_kernel_replace, replace)
TW_BIND_ENTRY(tw_bind_text3, "sss", &TW_TYPE_STRING)

static void overlay(TW_KERNEL_ARGS) {
    const int nargs = call->expr->nargs;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_str by = tw_arg_str(args[1], i);
        const char *end = s.data + s.length;
        int64_t count = tw_text_count(s.data, end), start = TW_ARG(int64_t, args[2], i);
        if (start <= 0 || start > count) {
            tw_out_view(out, i, s.data, s.length);
            continue;
        }
        int64_t length = nargs > 3 ? TW_ARG(int64_t, args[3], i) : tw_text_count(by.data, by.data + by.length);
        const char *head = tw_text_skip(s.data, end, start - 1);
        const char *tail = length > 0 && length <= count - start ? tw_text_skip(head, end, length) : end;
        size_t total = (size_t)(head - s.data) + by.length + (size_t)(end - tail);
        tw_text_out text;
        char *p = tw_text_room(&text, eval, total);
        if (!p) return;
        put(put(put(p, (tw_str){s.data, (size_t)(head - s.data)}), by), (tw_str){tail, (size_t)(end - tail)});
        tw_out_view(out, i, p, total);
    });
}
TW_KERNEL_ENTRY(tw_kernel_overlay, overlay)

tw_status tw_bind_overlay(tw_bind *bind) {
    TW_TRY(tw_bind_signature(bind, "ssl|l", &TW_TYPE_STRING));
    int64_t length = (int64_t)bind->args[0]->type->length + bind->args[1]->type->length;
    if (length > TW_LENGTH_MAX) length = TW_LENGTH_MAX;
    return tw_bind_result(bind, tw_type_chars(bind->arena, TW_VARCHAR, length < 1 ? 1 : (int32_t)length));
}

static void reverse(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        const char *end = s.data + s.length;
        tw_text_out text;
        char *p = tw_text_room(&text, eval, s.length);
        if (!p) return;
        char *to = p + s.length;
        for (const char *from = s.data; from < end;) {
            size_t n = tw_char_bytes(from, end);
            to -= n;
            memcpy(to, from, n);
            from += n;
        }
        tw_out_view(out, i, p, s.length);
    });
}
TW_KERNEL_ENTRY(tw_kernel_reverse, reverse)

/* What TRANSLATE writes for the character at p: its counterpart in `to` by the first place in `from`, nothing when `to` is
 * shorter, itself when it is not in `from`. */
static tw_str translated(const char *p, size_t n, tw_str from, tw_str to) {
    const char *end = from.data + from.length, *found = tw_text_find(from.data, end, (tw_str){p, n});
    if (!found) return (tw_str){p, n};
    const char *to_end = to.data + to.length;
    const char *other = tw_text_skip(to.data, to_end, tw_text_count(from.data, found));
    return (tw_str){other, other < to_end ? tw_char_bytes(other, to_end) : 0};
}

static void translate(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_out_view(out, i, "", 0);
        if (tw_column_null(args[0], i)) {
            tw_out_null(out, i);
            continue;
        }
        tw_str s = tw_arg_str(args[0], i);
        tw_str from = tw_column_null(args[1], i) ? TW_STR("") : tw_arg_str(args[1], i);
        tw_str to = tw_column_null(args[2], i) ? TW_STR("") : tw_arg_str(args[2], i);
        if (from.length == 0 || s.length == 0) {
            tw_out_view(out, i, s.data, s.length);
            continue;
        }
        tw_text_out text;
        char *p = tw_text_room(&text, eval, s.length * 4);
        if (!p) return;
        const char *end = s.data + s.length;
        for (const char *at = s.data; at < end; at += tw_char_bytes(at, end)) p = put(p, translated(at, tw_char_bytes(at, end), from, to));
        tw_out_view(out, i, text.data, (size_t)(p - text.data));
    });
}
TW_KERNEL_ENTRY(tw_kernel_translate, translate)
tw_status tw_bind_translate(tw_bind *bind) {
    TW_TRY(tw_bind_signature(bind, "sss", &TW_TYPE_STRING));
    return tw_bind_result_nullable(bind, &TW_TYPE_STRING, bind->args[0]->type->nullable);
}

/* ---- CHR, ELT ---- */

static void chr(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        int64_t code = TW_ARG(int64_t, args[0], i);
        char utf8[4];
        tw_out_view(out, i, utf8, code < 0 ? 0 : (size_t)tw_utf8_put(utf8, (uint32_t)(code & 0xff)));
    });
}
TW_KERNEL_ENTRY(tw_kernel_chr, chr)
TW_BIND_ENTRY(tw_bind_long_to_text, "l", &TW_TYPE_STRING)

static void elt(TW_KERNEL_ARGS) {
    const int nargs = call->expr->nargs;
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        int64_t index = tw_column_null(args[0], i) ? 0 : TW_ARG(int64_t, args[0], i);
        const tw_column *from = index >= 1 && index < nargs ? args[index] : NULL;
        tw_out_view(out, i, "", 0);
        if (from && !tw_column_null(from, i))
            tw_out_sview(out, i, TW_ARG(tw_sview, from, i));
        else
            tw_out_null(out, i);
    });
}
TW_KERNEL_ENTRY(tw_kernel_elt, elt)
tw_status tw_bind_elt(tw_bind *bind) {
    bool text = tw_bind_matches(bind, "ls*");
    TW_TRY(tw_bind_signature(bind, text ? "ls*" : "lb*", text ? &TW_TYPE_STRING : &TW_TYPE_BYTES));
    return tw_bind_result_nullable(bind, text ? &TW_TYPE_STRING : &TW_TYPE_BYTES, true);
}
