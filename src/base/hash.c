#include "base/hash.h"

static inline uint64_t load64(const unsigned char *p) {
    uint64_t v;
    memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* Up to 8 bytes, little-endian, zero filled. */
static inline uint64_t load_tail(const unsigned char *p, size_t n) {
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

uint64_t tw_hash_bytes(const void *bytes, size_t length, uint64_t seed) {
    const unsigned char *p = bytes;
    uint64_t h = seed ^ tw_hash_mix(length ^ TW_HASH_K1, TW_HASH_K0);
    for (; length >= 16; length -= 16, p += 16) h = tw_hash_mix(load64(p) ^ h ^ TW_HASH_K0, load64(p + 8) ^ TW_HASH_K1);
    if (length >= 8) {
        h = tw_hash_mix(load64(p) ^ h ^ TW_HASH_K0, TW_HASH_K1);
        p += 8;
        length -= 8;
    }
    return tw_hash_mix(load_tail(p, length) ^ h ^ TW_HASH_K1, TW_HASH_K0 ^ h >> 29);
}
