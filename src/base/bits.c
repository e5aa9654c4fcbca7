#include "base/bits.h"

int64_t tw_bits_count(const uint64_t *bits, int64_t n) {
    int64_t count = 0;
    for (int64_t w = 0; w < n / 64; w++) count += __builtin_popcountll(bits[w]);
    if (n % 64) count += __builtin_popcountll(bits[n / 64] & ((UINT64_C(1) << (n % 64)) - 1));
    return count;
}

bool tw_bits_all(const uint64_t *bits, int64_t n) {
    for (int64_t w = 0; w < n / 64; w++)
        if (~bits[w]) return false;
    return n % 64 == 0 || (~bits[n / 64] & ((UINT64_C(1) << (n % 64)) - 1)) == 0;
}
