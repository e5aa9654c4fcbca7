#include "base/hash.h"

#include <stdbool.h>

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

static uint32_t crc_plain(uint32_t crc, const unsigned char *p, size_t length) {
    static const uint32_t nibble[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                        0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    while (length--) {
        crc ^= *p++;
        crc = crc >> 4 ^ nibble[crc & 15];
        crc = crc >> 4 ^ nibble[crc & 15];
    }
    return crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>
__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t crc, const unsigned char *p, size_t length) {
    uint64_t c = crc;
    for (; length >= 8; length -= 8, p += 8) c = _mm_crc32_u64(c, load64(p));
    for (; length; length--) c = _mm_crc32_u8((uint32_t)c, *p++);
    return (uint32_t)c;
}
#endif

uint32_t tw_crc32c(uint32_t crc, const void *bytes, size_t length) {
    crc = ~crc;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~crc_sse42(crc, bytes, length);
#endif
    return ~crc_plain(crc, bytes, length);
}
