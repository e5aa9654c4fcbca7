/* A small seeded generator (splitmix64): the same seed gives the same numbers everywhere. Not for secrets. */
#ifndef TW_BASE_PRNG_H
#define TW_BASE_PRNG_H

#include <stdint.h>

typedef struct tw_prng {
    uint64_t state;
} tw_prng;

static inline uint64_t tw_prng_next(tw_prng *prng) {
    uint64_t z = (prng->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
/* Uniform in [0, bound), bound > 0. */
static inline uint64_t tw_prng_below(tw_prng *prng, uint64_t bound) { return (uint64_t)(((unsigned __int128)tw_prng_next(prng) * bound) >> 64); }
/* Uniform in [0, 1). */
static inline double tw_prng_double(tw_prng *prng) { return (double)(tw_prng_next(prng) >> 11) * 0x1.0p-53; }

#endif
