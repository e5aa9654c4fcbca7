/* Bitmaps of 64-bit words, least significant bit first (Arrow's validity layout on little-endian machines). */
#ifndef TW_BASE_BITS_H
#define TW_BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TW_BITS_WORDS(n) (((n) + 63) / 64)

static inline bool tw_bit_get(const uint64_t *bits, int64_t i) { return bits[i >> 6] >> (i & 63) & 1; }
static inline void tw_bit_set(uint64_t *bits, int64_t i) { bits[i >> 6] |= UINT64_C(1) << (i & 63); }
static inline void tw_bit_clear(uint64_t *bits, int64_t i) { bits[i >> 6] &= ~(UINT64_C(1) << (i & 63)); }
static inline void tw_bit_put(uint64_t *bits, int64_t i, bool v) {
    uint64_t mask = UINT64_C(1) << (i & 63);
    bits[i >> 6] = v ? bits[i >> 6] | mask : bits[i >> 6] & ~mask;
}
static inline void tw_bits_fill(uint64_t *bits, int64_t n, bool v) { memset(bits, v ? 0xff : 0, (size_t)TW_BITS_WORDS(n) * 8); }
/* Set bits among the first n. */
int64_t tw_bits_count(const uint64_t *bits, int64_t n);
/* True when all of the first n are set. */
bool tw_bits_all(const uint64_t *bits, int64_t n);

#endif
