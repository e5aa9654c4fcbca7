/* Small inline help for kernels on UTF-8 text. Positions that SQL sees are code points; malformed bytes count as one each and
 * never lead past the end. */
#ifndef TW_EXPR_TEXT_H
#define TW_EXPR_TEXT_H

#include "expr/kernel.h"

/* A text that one value may become at most (REPEAT, LPAD, REPLACE ...). */
#define TW_TEXT_MAX (INT64_C(64) << 20)

/* Bytes of the code point at p (p < end). */
static inline size_t tw_char_bytes(const char *p, const char *end) {
    unsigned char c = (unsigned char)*p;
    size_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return n <= (size_t)(end - p) ? n : (size_t)(end - p);
}

static inline uint64_t tw_load8(const char *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}
#define TW_HIGH_BITS UINT64_C(0x8080808080808080)

static inline bool tw_text_ascii(tw_str s) {
    const char *p = s.data, *end = p + s.length;
    uint64_t any = 0;
    for (; end - p >= 8; p += 8) any |= tw_load8(p);
    for (; p < end; p++) any |= (unsigned char)*p & 0x80 ? TW_HIGH_BITS : 0;
    return !(any & TW_HIGH_BITS);
}

/* Steps over n code points, at most to the end. */
static inline const char *tw_text_skip(const char *p, const char *end, int64_t n) {
    while (n >= 8 && end - p >= 8 && !(tw_load8(p) & TW_HIGH_BITS)) p += 8, n -= 8;
    for (; n > 0 && p < end; n--) p += tw_char_bytes(p, end);
    return p;
}

/* Steps back over n code points from `end`; NULL when there are fewer. */
static inline const char *tw_text_back(const char *begin, const char *end, int64_t n) {
    const char *p = end;
    for (; n > 0; n--) {
        if (p == begin) return NULL;
        p--;
        while (p > begin && ((unsigned char)*p & 0xc0) == 0x80) p--;
    }
    return p;
}

/* Code points from p to end (continuation bytes do not count). */
static inline int32_t tw_text_count(const char *p, const char *end) {
    int64_t n = 0;
    for (; end - p >= 8; p += 8) {
        uint64_t v = tw_load8(p);
        n += 8 - __builtin_popcountll((v >> 7) & ~(v >> 6) & UINT64_C(0x0101010101010101));
    }
    for (; p < end; p++) n += ((unsigned char)*p & 0xc0) != 0x80;
    return (int32_t)n;
}

/* Where `needle` first occurs in p .. end, or NULL. An empty needle is found at p. */
static inline const char *tw_text_find(const char *p, const char *end, tw_str needle) {
    if (needle.length == 0) return p;
    if ((size_t)(end - p) < needle.length) return NULL;
    if (needle.length == 1) return memchr(p, needle.data[0], (size_t)(end - p));
    return memmem(p, (size_t)(end - p), needle.data, needle.length);
}

static inline size_t tw_base64_length(tw_str s) { return (s.length + 2) / 3 * 4; }
void tw_base64_write(char *to, tw_str s); /* that many bytes; fn_string_code.c */

/* A text under construction for one row: short ones never touch the arena. */
typedef struct tw_text_out {
    char *data;
    char small[TW_SVIEW_INLINE];
} tw_text_out;

/* Room for `length` bytes; NULL when out of memory (the run is marked). */
static inline char *tw_text_room(tw_text_out *text, tw_eval *eval, size_t length) {
    return text->data = length <= TW_SVIEW_INLINE ? text->small : tw_out_room(eval, length);
}

#endif
