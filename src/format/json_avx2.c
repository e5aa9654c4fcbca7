/* The json hot path for processors with AVX2: 32 bytes at a time. */
#include "format/json.h"

#if defined(__x86_64__)

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2")
#endif

#define OBJECT tw_json_object_avx2

static inline const char *scan(const char *p) {
    const __m256i quote = _mm256_set1_epi8('"'), slash = _mm256_set1_epi8('\\'), blank = _mm256_set1_epi8(0x20);
    for (;; p += 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)p);
        /* as signed bytes, control characters and non-ASCII ones are both below 0x20 */
        __m256i hit = _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(v, quote), _mm256_cmpeq_epi8(v, slash)), _mm256_cmpgt_epi8(blank, v));
        uint32_t bits = (uint32_t)_mm256_movemask_epi8(hit);
        if (bits) return p + __builtin_ctz(bits);
    }
}

static inline bool slot_matches(const tw_json_slot *slot, const char *p) {
    __m256i text = _mm256_loadu_si256((const __m256i *)slot->text);
    __m256i mask = _mm256_loadu_si256((const __m256i *)slot->mask);
    __m256i there = _mm256_loadu_si256((const __m256i *)p);
    return _mm256_testz_si256(_mm256_xor_si256(text, there), mask);
}

#include "format/json_kernel.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#else

/* Never chosen elsewhere. */
const char *tw_json_object_avx2(tw_json *json, tw_json_node *node, const char *p, int32_t row) { return tw_json_object_plain(json, node, p, row); }

#endif
