/* UPPER, LOWER, INITCAP. */
#include <utf8proc.h>

#include "expr/entries.h"
#include "expr/text.h"

/* Flips bit 5 of every byte of v that lies in from .. from+25; v has no high bits. */
static inline uint64_t flip_range(uint64_t v, unsigned char from) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t above = v + ones * (uint64_t)(0x80 - from);
    uint64_t beyond = v + ones * (uint64_t)(0x80 - from - 26);
    return v ^ (((above & ~beyond & TW_HIGH_BITS) >> 7) << 5);
}

static inline void ascii_case(char *out, tw_str s, unsigned char from) {
    size_t i = 0;
    for (; i + 8 <= s.length; i += 8) {
        uint64_t v = flip_range(tw_load8(s.data + i), from);
        memcpy(out + i, &v, 8);
    }
    for (; i < s.length; i++) {
        unsigned char c = (unsigned char)s.data[i];
        out[i] = (char)(c >= from && c < from + 26 ? c ^ 0x20 : c);
    }
}

static bool letter_at(tw_str s, size_t at) {
    if (at >= s.length) return false;
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)tw_utf8_next(s.data, s.length, &at));
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

/* Greek capital sigma becomes a final sigma at the end of a word, as in Java. */
static uint32_t lower_sigma(tw_str s, size_t at, size_t next) {
    const char *before = tw_text_back(s.data, s.data + at, 1);
    return before && letter_at(s, (size_t)(before - s.data)) && !letter_at(s, next) ? 0x3c2 : 0x3c3;
}

/* Writes the mapped text, or only counts when out is NULL. */
static size_t map_case(char *out, tw_str s, bool upper) {
    size_t length = 0;
    char scratch[8];
    for (size_t at = 0; at < s.length;) {
        size_t begin = at;
        uint32_t c = tw_utf8_next(s.data, s.length, &at);
        char *to = out ? out + length : scratch;
        if (upper && c == 0xdf) {
            memcpy(to, "SS", 2);
            length += 2;
        } else if (c == 0xfffd && at - begin == 1) { /* malformed: kept */
            *to = s.data[begin];
            length++;
        } else {
            uint32_t m = upper        ? (uint32_t)utf8proc_toupper((utf8proc_int32_t)c)
                         : c == 0x3a3 ? lower_sigma(s, begin, at)
                                      : (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
            length += (size_t)tw_utf8_put(to, m);
        }
    }
    return length;
}

static inline void change_case(tw_eval *eval, tw_selection rows, const tw_column *arg, tw_column *out, bool upper) {
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(arg, i);
        tw_text_out text;
        bool ascii = tw_text_ascii(s);
        size_t length = ascii ? s.length : map_case(NULL, s, upper);
        char *p = tw_text_room(&text, eval, length);
        if (!p) return;
        if (ascii)
            ascii_case(p, s, upper ? 'a' : 'A');
        else
            map_case(p, s, upper);
        tw_out_view(out, i, p, length);
    });
}

static void upper(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    change_case(eval, rows, args[0], out, true);
}
static void lower(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    change_case(eval, rows, args[0], out, false);
}

/* Only ASCII letters and digits make words, as in Flink. */
static void initcap(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_text_out text;
        char *p = tw_text_room(&text, eval, s.length);
        if (!p) return;
        bool inside = false;
        for (size_t k = 0; k < s.length; k++) {
            char c = s.data[k];
            bool small = c >= 'a' && c <= 'z', big = c >= 'A' && c <= 'Z';
            p[k] = (char)((small && !inside) || (big && inside) ? c ^ 0x20 : c);
            inside = small || big || (c >= '0' && c <= '9');
        }
        tw_out_view(out, i, p, s.length);
    });
}

tw_status tw_bind_same_text(tw_bind *bind) { return tw_bind_signature_as(bind, "s", 0); }
TW_KERNEL_ENTRY(tw_kernel_upper, upper)
TW_KERNEL_ENTRY(tw_kernel_lower, lower)
TW_KERNEL_ENTRY(tw_kernel_initcap, initcap)
