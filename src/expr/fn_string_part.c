/* Functions that give a piece of a text: SUBSTRING, LEFT, RIGHT, TRIM and its kin, SPLIT_INDEX, SPLIT. Results borrow from
 * the argument. */
#include "expr/entries.h"
#include "expr/symbol.h"
#include "expr/text.h"

/* Flink's rule: 1 is the first character and so is 0, negative counts from the end, a start outside gives ''. */
static inline tw_str substring(tw_str s, int64_t from, int64_t length) {
    const char *begin = s.data, *end = s.data + s.length;
    if (from > 0)
        begin = tw_text_skip(begin, end, from - 1);
    else if (from < 0)
        begin = tw_text_back(begin, end, -from);
    if (!begin || begin == end) return (tw_str){s.data, 0};
    return (tw_str){begin, (size_t)(tw_text_skip(begin, end, length) - begin)};
}

static void substring_from(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str part = substring(tw_arg_str(args[0], i), TW_ARG(int64_t, args[1], i), INT64_MAX);
        tw_out_view(out, i, part.data, part.length);
    });
}

static void substring_from_for(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        int64_t length = TW_ARG(int64_t, args[2], i);
        tw_str part = substring(tw_arg_str(args[0], i), TW_ARG(int64_t, args[1], i), length < 0 ? 0 : length);
        tw_out_view(out, i, part.data, part.length);
        if (length < 0) tw_out_null(out, i);
    });
}

tw_kernel tw_kernel_substring(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)args;
    return nargs == 2 ? substring_from : substring_from_for;
}

/* VARCHAR of argument `arg`'s length. */
static tw_status varying(tw_bind *bind, const char *signature, int arg) {
    TW_TRY(tw_bind_signature_as(bind, signature, arg));
    int32_t length = bind->args[arg]->type->length;
    return tw_bind_result(bind, tw_type_chars(bind->arena, TW_VARCHAR, length < 1 ? 1 : length));
}

tw_status tw_bind_substring(tw_bind *bind) { return varying(bind, "sl|l", 0); }
TW_BIND_ENTRY(tw_bind_text_long, "sl", &TW_TYPE_STRING)

static void left(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        const char *end = tw_text_skip(s.data, s.data + s.length, TW_ARG(int64_t, args[1], i));
        tw_out_view(out, i, s.data, (size_t)(end - s.data));
    });
}

static void right(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        const char *end = s.data + s.length, *begin = tw_text_back(s.data, end, TW_ARG(int64_t, args[1], i));
        if (!begin) begin = s.data;
        tw_out_view(out, i, begin, (size_t)(end - begin));
    });
}

TW_KERNEL_ENTRY(tw_kernel_left, left)
TW_KERNEL_ENTRY(tw_kernel_right, right)

/* Takes characters that occur in `set` off the ends. */
static inline tw_str trim(tw_str s, tw_str set, bool leading, bool trailing) {
    const char *begin = s.data, *end = begin + s.length;
    while (leading && begin < end) {
        tw_str c = {begin, tw_char_bytes(begin, end)};
        if (!tw_text_find(set.data, set.data + set.length, c)) break;
        begin += c.length;
    }
    while (trailing && begin < end) {
        const char *last = tw_text_back(begin, end, 1);
        if (!tw_text_find(set.data, set.data + set.length, (tw_str){last, (size_t)(end - last)})) break;
        end = last;
    }
    return (tw_str){begin, (size_t)(end - begin)};
}

static inline void trim_rows(tw_selection rows, const tw_column *text, const tw_column *set, tw_column *out, bool leading, bool trailing) {
    TW_EACH(rows, i, {
        tw_str part = trim(tw_arg_str(text, i), set ? tw_arg_str(set, i) : TW_STR(" "), leading, trailing);
        tw_out_view(out, i, part.data, part.length);
    });
}

#define TRIM_KERNELS(side, leading, trailing)                                                       \
    static void side##_chars_first(TW_KERNEL_ARGS) { /* TRIM(side, chars, text) */                  \
        TW_KERNEL_UNUSED;                                                                           \
        trim_rows(rows, args[2], args[1], out, leading, trailing);                                  \
    }                                                                                               \
    static void side##_chars(TW_KERNEL_ARGS) {                                                      \
        TW_KERNEL_UNUSED;                                                                           \
        trim_rows(rows, args[0], args[1], out, leading, trailing);                                  \
    }                                                                                               \
    static void side##_blanks(TW_KERNEL_ARGS) {                                                     \
        TW_KERNEL_UNUSED;                                                                           \
        trim_rows(rows, args[0], NULL, out, leading, trailing);                                     \
    }                                                                                               \
    tw_kernel tw_kernel_trim_##side(const tw_type *result, const tw_expr *const *args, int nargs) { \
        (void)result, (void)args;                                                                   \
        return nargs == 1 ? side##_blanks : side##_chars;                                           \
    }
TRIM_KERNELS(left, true, false)
TRIM_KERNELS(right, false, true)
TRIM_KERNELS(both, true, true)

tw_kernel tw_kernel_trim(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result;
    if (nargs < 3) return both_blanks;
    switch (args[0]->literal->u.i) {
    case TW_SYM_LEADING: return left_chars_first;
    case TW_SYM_TRAILING: return right_chars_first;
    default: return both_chars_first;
    }
}

tw_status tw_bind_trim(tw_bind *bind) {
    if (bind->nargs == 1) return varying(bind, "s", 0);
    return varying(bind, "yss", 2);
}
TW_BIND_ENTRY(tw_bind_trim_chars, "s|s", &TW_TYPE_STRING)

/* The next piece of `rest` before `separator`; false after the last. Advances rest; a NULL rest.data means the end. */
static inline bool next_piece(tw_str *rest, tw_str separator, tw_str *piece) {
    if (!rest->data) return false;
    const char *end = rest->data + rest->length, *found = tw_text_find(rest->data, end, separator);
    *piece = (tw_str){rest->data, (size_t)((found ? found : end) - rest->data)};
    *rest = found ? (tw_str){found + separator.length, (size_t)(end - found) - separator.length} : (tw_str){NULL, 0};
    return true;
}

static bool is_blank(unsigned char c) { return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f); }

/* An empty separator splits at each blank (commons-lang's rule, which Flink has by inheritance). */
static inline bool next_word(tw_str *rest, tw_str *piece) {
    if (!rest->data) return false;
    size_t k = 0;
    while (k < rest->length && !is_blank((unsigned char)rest->data[k])) k++;
    *piece = (tw_str){rest->data, k};
    *rest = k < rest->length ? (tw_str){rest->data + k + 1, rest->length - k - 1} : (tw_str){NULL, 0};
    return true;
}

/* Piece number `index` of a non-empty text; false when there is none. */
static bool split_at(tw_str s, tw_str separator, int64_t index, tw_str *piece) {
    if (index < 0 || s.length == 0) return false;
    tw_str rest = s;
    do {
        if (!(separator.length ? next_piece(&rest, separator, piece) : next_word(&rest, piece))) return false;
    } while (index-- > 0);
    return true;
}

static inline void split_row(tw_column *out, int32_t i, tw_str s, tw_str separator, int64_t index) {
    tw_str piece = {s.data, 0};
    bool found = split_at(s, separator, index, &piece);
    tw_out_view(out, i, s.data, 0);
    if (found)
        tw_out_view(out, i, piece.data, piece.length);
    else
        tw_out_null(out, i);
}

static void split_index_text(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, split_row(out, i, tw_arg_str(args[0], i), tw_arg_str(args[1], i), TW_ARG(int64_t, args[2], i)););
}

static void split_index_code(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        int64_t code = TW_ARG(int64_t, args[1], i), index = TW_ARG(int64_t, args[2], i);
        char utf8[4];
        bool valid = code >= 1 && code <= 255;
        tw_str separator = {utf8, valid ? (size_t)tw_utf8_put(utf8, (uint32_t)code) : 0};
        split_row(out, i, tw_arg_str(args[0], i), separator, valid ? index : -1);
    });
}

tw_kernel tw_kernel_split_index(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)nargs;
    return tw_kind_is_text(args[1]->type->kind) ? split_index_text : split_index_code;
}

tw_status tw_bind_split_index(tw_bind *bind) { return tw_bind_signature(bind, tw_bind_matches(bind, "ssl") ? "ssl" : "sll", &TW_TYPE_STRING); }

/* How many pieces SPLIT makes: none of '', each character when the separator is empty. */
static int64_t count_pieces(tw_str s, tw_str separator) {
    if (s.length == 0) return 0;
    if (separator.length == 0) return tw_text_count(s.data, s.data + s.length);
    int64_t n = 0;
    tw_str rest = s;
    tw_str piece;
    while (next_piece(&rest, separator, &piece)) n++;
    return n;
}

static void push_piece(tw_list_out *list, const char *data, size_t length) {
    ((tw_sview *)list->items[0].values)[tw_list_push(list)] = tw_sview_make(data, length);
}

static void split_into(tw_list_out *list, tw_str s, tw_str separator) {
    if (s.length == 0) return;
    tw_str rest = s;
    tw_str piece;
    if (separator.length) {
        while (next_piece(&rest, separator, &piece)) push_piece(list, piece.data, piece.length);
        return;
    }
    const char *end = s.data + s.length;
    for (const char *p = s.data; p < end && list->length < list->capacity;) {
        const char *next = p + 1;
        while (next < end && ((unsigned char)*next & 0xc0) == 0x80) next++;
        push_piece(list, p, (size_t)(next - p));
        p = next;
    }
}

static void split(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    int64_t total = 0;
    TW_EACH(rows, i, total += count_pieces(tw_arg_str(args[0], i), tw_arg_str(args[1], i)););
    if (total > INT32_MAX) {
        tw_eval_nomem(eval);
        return;
    }
    tw_list_out list;
    if (!tw_list_begin(&list, eval, out, (int32_t)total)) return;
    TW_EACH(rows, i, {
        tw_list_row(&list, i);
        split_into(&list, tw_arg_str(args[0], i), tw_arg_str(args[1], i));
    });
    tw_list_end(&list);
}

TW_KERNEL_ENTRY(tw_kernel_split, split)
tw_status tw_bind_split(tw_bind *bind) { return tw_bind_signature(bind, "ss", tw_type_array(bind->arena, &TW_TYPE_STRING)); }
