/* 64-bit hashing. Not keyed against floods of chosen keys: tables bound their probes by growing instead.
 * The same bytes give the same hash on every machine and version: operator ids and key groups stand on it. */
#ifndef TW_BASE_HASH_H
#define TW_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TW_HASH_K0 UINT64_C(0x9e3779b97f4a7c15)
#define TW_HASH_K1 UINT64_C(0xd6e8feb86659fd93)

/* 64x64 -> 128 bit product, folded. */
static inline uint64_t tw_hash_mix(uint64_t a, uint64_t b) {
    unsigned __int128 p = (unsigned __int128)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
}
static inline uint64_t tw_hash_u64(uint64_t v) { return tw_hash_mix(v ^ TW_HASH_K0, TW_HASH_K1); }
/* Adds one more value to a running hash; order matters. */
static inline uint64_t tw_hash_combine(uint64_t hash, uint64_t more) { return tw_hash_mix(hash ^ more ^ TW_HASH_K0, TW_HASH_K1 ^ (hash >> 32)); }
uint64_t tw_hash_bytes(const void *bytes, size_t length, uint64_t seed);

#endif
