#include "base/str.h"

#include "base/error.h"

static unsigned char lower(unsigned char c) { return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c; }

bool tw_str_equal_nocase(tw_str a, tw_str b) {
    if (a.length != b.length) return false;
    for (size_t i = 0; i < a.length; i++)
        if (lower((unsigned char)a.data[i]) != lower((unsigned char)b.data[i])) return false;
    return true;
}

#define NAME_MAX_ 64
/* Optimal string alignment distance, three rows. */
int tw_str_distance(tw_str a, tw_str b, int limit) {
    if (a.length > NAME_MAX_ || b.length > NAME_MAX_) return limit + 1;
    int rows[3][NAME_MAX_ + 1];
    int *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.length; j++) last[j] = (int)j;
    for (size_t i = 1; i <= a.length; i++) {
        int least = now[0] = (int)i;
        for (size_t j = 1; j <= b.length; j++) {
            unsigned char x = lower((unsigned char)a.data[i - 1]), y = lower((unsigned char)b.data[j - 1]);
            int d = last[j - 1] + (x != y);
            if (last[j] + 1 < d) d = last[j] + 1;
            if (now[j - 1] + 1 < d) d = now[j - 1] + 1;
            if (i > 1 && j > 1 && x == lower((unsigned char)b.data[j - 2]) && lower((unsigned char)a.data[i - 2]) == y && before[j - 2] + 1 < d)
                d = before[j - 2] + 1;
            now[j] = d;
            if (d < least) least = d;
        }
        if (least > limit) return limit + 1;
        int *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b.length] > limit ? limit + 1 : last[b.length];
}

const char *tw_str_nearest(tw_str name, const char *const *candidates, int count) {
    int best = (int)name.length / 3;
    best = best < 1 ? 1 : best > 4 ? 4 : best;
    if (name.length <= 1) best = 0; /* any other letter is one edit away */
    const char *nearest = NULL;
    for (int i = 0; i < count; i++) {
        int d = tw_str_distance(name, tw_str_of(candidates[i]), best);
        /* letters are lost more often than won */
        bool longer = nearest && d == best && strlen(candidates[i]) > name.length && strlen(nearest) < name.length;
        if (d <= best && (!nearest || d < best || longer)) {
            best = d;
            nearest = candidates[i];
        }
    }
    return nearest;
}

/* Length of the well-formed sequence at p (1 to 4), 0 when it is malformed (Unicode table 3-7). */
static int sequence(const unsigned char *p, size_t left) {
    if (p[0] < 0x80) return 1;
    if (p[0] < 0xC2 || left < 2) return 0;
    if (p[0] < 0xE0) return (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if (left < 3 || (p[2] & 0xC0) != 0x80) return 0;
    unsigned low = 0x80, high = 0xBF;
    if (p[0] < 0xF0) {
        if (p[0] == 0xE0) low = 0xA0;
        if (p[0] == 0xED) high = 0x9F;
        return p[1] >= low && p[1] <= high ? 3 : 0;
    }
    if (p[0] > 0xF4 || left < 4 || (p[3] & 0xC0) != 0x80) return 0;
    if (p[0] == 0xF0) low = 0x90;
    if (p[0] == 0xF4) high = 0x8F;
    return p[1] >= low && p[1] <= high ? 4 : 0;
}

size_t tw_utf8_valid_length(const char *text, size_t length) {
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0;
    while (i < length) {
        uint64_t eight, more[3];
        if (length - i >= 32) {
            memcpy(&eight, p + i, 8);
            memcpy(more, p + i + 8, sizeof more);
            if (((eight | more[0] | more[1] | more[2]) & UINT64_C(0x8080808080808080)) == 0) {
                i += 32;
                continue;
            }
        }
        if (length - i >= 8 && (memcpy(&eight, p + i, 8), (eight & UINT64_C(0x8080808080808080)) == 0)) {
            i += 8;
            continue;
        }
        int n = sequence(p + i, length - i);
        if (n == 0) return i;
        i += (size_t)n;
    }
    return length;
}

bool tw_utf8_valid(const char *text, size_t length) { return tw_utf8_valid_length(text, length) == length; }

size_t tw_utf8_length(const char *text, size_t length) {
    size_t n = 0;
    for (size_t i = 0; i < length; i++) n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

size_t tw_utf8_offset(const char *text, size_t length, size_t index) {
    size_t i = 0;
    for (; i < length; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80 && index-- == 0) return i;
    return i;
}

uint32_t tw_utf8_next(const char *text, size_t length, size_t *at) {
    TW_ASSERT(*at < length);
    const unsigned char *p = (const unsigned char *)text + *at;
    int n = sequence(p, length - *at);
    *at += n ? (size_t)n : 1;
    switch (n) {
    case 1: return p[0];
    case 2: return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    case 3: return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    case 4: return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 | (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    default: return 0xFFFD;
    }
}

int tw_utf8_put(char *out, uint32_t c) {
    if (c < 0x80) return out[0] = (char)c, 1;
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}
