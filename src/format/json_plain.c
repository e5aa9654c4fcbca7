/* The json hot path in plain C: eight bytes at a time. */
#include "format/json.h"

#define OBJECT tw_json_object_plain

static inline const char *scan(const char *p) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    for (;; p += 8) {
        uint64_t v;
        memcpy(&v, p, 8);
        uint64_t quote = v ^ (ones * '"'), slash = v ^ (ones * '\\');
        /* the lowest flag is always right; a borrow may set false ones above it */
        uint64_t hit = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | (v - ones * 0x20) | v;
        hit &= high;
        if (hit) return p + (__builtin_ctzll(hit) >> 3);
    }
#else
    while (*p != '"' && *p != '\\' && (signed char)*p >= 0x20) p++;
    return p;
#endif
}

static inline bool slot_matches(const tw_json_slot *slot, const char *p) { return memcmp(slot->text, p, slot->length) == 0; }

#include "format/json_kernel.h"
