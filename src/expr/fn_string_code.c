/* Functions that change a text's coding: TO_BASE64, FROM_BASE64, ENCODE, DECODE, URL_ENCODE, URL_DECODE. */
#include "expr/entries.h"
#include "expr/text.h"

/* ---- base 64 ---- */

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void tw_base64_write(char *to, tw_str s) {
    for (size_t k = 0; k < s.length; k += 3) {
        const unsigned char *p = (const unsigned char *)s.data + k;
        size_t n = s.length - k < 3 ? s.length - k : 3;
        uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);
        *to++ = base64_digits[v >> 18];
        *to++ = base64_digits[v >> 12 & 63];
        *to++ = n > 1 ? base64_digits[v >> 6 & 63] : '=';
        *to++ = n > 2 ? base64_digits[v & 63] : '=';
    }
}

static void to_base64(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        size_t length = tw_base64_length(s);
        tw_text_out text;
        char *p = tw_text_room(&text, eval, length);
        if (!p) return;
        tw_base64_write(p, s);
        tw_out_view(out, i, p, length);
    });
}
TW_KERNEL_ENTRY(tw_kernel_to_base64, to_base64)

static int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Bytes written, or -1 when the text is not base 64. Padding may be missing, as Java's decoder has it. */
static int64_t base64_read(char *to, tw_str s) {
    size_t digits = s.length;
    while (digits > 0 && s.length - digits < 2 && s.data[digits - 1] == '=') digits--;
    if (digits % 4 == 1 || (digits != s.length && s.length % 4 != 0)) return -1;
    char *start = to;
    uint32_t v = 0;
    for (size_t k = 0; k < digits; k++) {
        int d = base64_value(s.data[k]);
        if (d < 0) return -1;
        v = v << 6 | (uint32_t)d;
        if (k % 4 == 3) *to++ = (char)(v >> 16), *to++ = (char)(v >> 8), *to++ = (char)v;
    }
    if (digits % 4 == 2) *to++ = (char)(v >> 4);
    if (digits % 4 == 3) *to++ = (char)(v >> 10), *to++ = (char)(v >> 2);
    return to - start;
}

static void from_base64(TW_KERNEL_ARGS) {
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_text_out text;
        char *p = tw_text_room(&text, eval, s.length);
        if (!p) return;
        int64_t length = base64_read(p, s);
        tw_out_view(out, i, p, length < 0 ? 0 : (size_t)length);
        if (length < 0) tw_eval_fail(eval, call, i, TW_E_VALUE, "FROM_BASE64: the argument is not base 64");
    });
}
TW_KERNEL_ENTRY(tw_kernel_from_base64, from_base64)
TW_BIND_ENTRY(tw_bind_bytes_to_text, "x", &TW_TYPE_STRING)

/* ---- character sets ---- */

typedef enum charset { UTF_8, ASCII, LATIN_1, UTF_16, UTF_16BE, UTF_16LE, NO_CHARSET } charset;

static charset charset_of(tw_str name) {
    static const struct {
        const char *name;
        charset set;
    } names[] = {{"UTF-8", UTF_8},        {"UTF8", UTF_8},        {"US-ASCII", ASCII},   {"ASCII", ASCII},
                 {"ISO-8859-1", LATIN_1}, {"ISO8859_1", LATIN_1}, {"LATIN1", LATIN_1},   {"UTF-16", UTF_16},
                 {"UTF16", UTF_16},       {"UTF-16BE", UTF_16BE}, {"UTF-16LE", UTF_16LE}};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        if (tw_str_equal_nocase(name, tw_str_of(names[k].name))) return names[k].set;
    return NO_CHARSET;
}

static char *put16(char *to, uint32_t unit, bool big) {
    to[0] = (char)(big ? unit >> 8 : unit);
    to[1] = (char)(big ? unit : unit >> 8);
    return to + 2;
}

/* At most 2 bytes per byte of s, and 2 for a mark. */
static size_t encode(char *to, tw_str s, charset set) {
    char *start = to;
    if (set == UTF_16) to = put16(to, 0xfeff, true);
    for (size_t at = 0; at < s.length;) {
        uint32_t c = tw_utf8_next(s.data, s.length, &at);
        if (set == ASCII || set == LATIN_1) {
            *to++ = c < (set == ASCII ? 0x80u : 0x100u) ? (char)c : '?';
        } else if (c < 0x10000) {
            to = put16(to, c, set != UTF_16LE);
        } else {
            to = put16(to, 0xd800 + ((c - 0x10000) >> 10), set != UTF_16LE);
            to = put16(to, 0xdc00 + ((c - 0x10000) & 0x3ff), set != UTF_16LE);
        }
    }
    return (size_t)(to - start);
}

static uint32_t unit16(tw_str s, size_t at, bool big) {
    unsigned char a = (unsigned char)s.data[at], b = (unsigned char)s.data[at + 1];
    return big ? (uint32_t)a << 8 | b : (uint32_t)b << 8 | a;
}

static size_t decode16(char *to, tw_str s, charset set) {
    char *start = to;
    bool big = set != UTF_16LE;
    size_t at = 0;
    if (set == UTF_16 && s.length >= 2 && (unit16(s, 0, true) == 0xfeff || unit16(s, 0, false) == 0xfeff)) {
        big = unit16(s, 0, true) == 0xfeff;
        at = 2;
    }
    for (; at + 1 < s.length; at += 2) {
        uint32_t c = unit16(s, at, big);
        if (c >= 0xd800 && c < 0xdc00 && at + 3 < s.length) {
            uint32_t low = unit16(s, at + 2, big);
            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                at += 2;
            }
        }
        to += tw_utf8_put(to, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    }
    if (at < s.length) to += tw_utf8_put(to, 0xfffd);
    return (size_t)(to - start);
}

/* At most 3 bytes per byte of s, and 3 more. */
static size_t decode(char *to, tw_str s, charset set) {
    if (set >= UTF_16) return decode16(to, s, set);
    char *start = to;
    for (size_t at = 0; at < s.length;) {
        uint32_t c = set == UTF_8 ? tw_utf8_next(s.data, s.length, &at) : (unsigned char)s.data[at++];
        to += tw_utf8_put(to, set == ASCII && c >= 0x80 ? 0xfffd : c);
    }
    return (size_t)(to - start);
}

static inline void recode(tw_eval *eval, const tw_call *call, tw_selection rows, const tw_column *const *args, tw_column *out, bool encoding) {
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_str name = tw_arg_str(args[1], i);
        charset set = charset_of(name);
        tw_out_view(out, i, "", 0);
        if (set == NO_CHARSET) {
            tw_eval_fail(eval, call, i, TW_E_VALUE, "%s: unknown character set '%.*s'", call->expr->function->name, TW_STR_ARG(name));
        } else if (set == UTF_8 && (encoding || tw_utf8_valid(s.data, s.length))) {
            tw_out_view(out, i, s.data, s.length);
        } else {
            tw_text_out text;
            if (!tw_text_room(&text, eval, s.length * 3 + 3)) return;
            tw_out_view(out, i, text.data, encoding ? encode(text.data, s, set) : decode(text.data, s, set));
        }
    });
}
static void encode_rows(TW_KERNEL_ARGS) { recode(eval, call, rows, args, out, true); }
static void decode_rows(TW_KERNEL_ARGS) { recode(eval, call, rows, args, out, false); }
TW_KERNEL_ENTRY(tw_kernel_encode, encode_rows)
TW_KERNEL_ENTRY(tw_kernel_decode, decode_rows)
TW_BIND_ENTRY(tw_bind_encode, "ss", &TW_TYPE_BYTES)
TW_BIND_ENTRY(tw_bind_decode, "bs", &TW_TYPE_STRING)

/* ---- URLs: application/x-www-form-urlencoded ---- */

static bool url_safe(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '*' || c == '_';
}

static void url_encode(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_text_out text;
        char *p = tw_text_room(&text, eval, s.length * 3);
        if (!p) return;
        for (size_t k = 0; k < s.length; k++) {
            unsigned char c = (unsigned char)s.data[k];
            if (url_safe(c) || c == ' ') {
                *p++ = c == ' ' ? '+' : (char)c;
            } else {
                *p++ = '%';
                *p++ = "0123456789ABCDEF"[c >> 4];
                *p++ = "0123456789ABCDEF"[c & 15];
            }
        }
        tw_out_view(out, i, text.data, (size_t)(p - text.data));
    });
}
TW_KERNEL_ENTRY(tw_kernel_url_encode, url_encode)

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Bytes written, or -1 for a broken %xx. */
static int64_t url_read(char *to, tw_str s) {
    char *start = to;
    for (size_t k = 0; k < s.length; k++) {
        char c = s.data[k];
        if (c == '%') {
            int high = k + 2 < s.length ? hex_value(s.data[k + 1]) : -1;
            int low = high < 0 ? -1 : hex_value(s.data[k + 2]);
            if (low < 0) return -1;
            *to++ = (char)(high << 4 | low);
            k += 2;
        } else {
            *to++ = c == '+' ? ' ' : c;
        }
    }
    return to - start;
}

/* Bytes that are no UTF-8 become U+FFFD. */
static bool url_repair(tw_eval *eval, tw_text_out *text, size_t *length) {
    if (tw_utf8_valid(text->data, *length)) return true;
    tw_str bad = {text->data, *length};
    char *p = tw_out_room(eval, *length * 3 + 1);
    if (!p) return false;
    *length = decode(p, bad, UTF_8);
    text->data = p;
    return true;
}

static void url_decode(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_text_out text;
        char *p = tw_text_room(&text, eval, s.length);
        if (!p) return;
        int64_t read = url_read(p, s);
        size_t length = read < 0 ? 0 : (size_t)read;
        if (!url_repair(eval, &text, &length)) return;
        tw_out_view(out, i, text.data, length);
        if (read < 0) tw_out_null(out, i);
    });
}
TW_KERNEL_ENTRY(tw_kernel_url_decode, url_decode)
