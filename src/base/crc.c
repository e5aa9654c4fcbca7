/* CRC-32C, by the processor's instruction (SSE4.2, ARMv8) or by tables; both give the same.
 *
 * The instruction has a latency of three cycles and a throughput of one, so a long input is taken as three lanes at once of LANE bytes each. The
 * register is linear in its bits: what it becomes behind n zero bytes is the sum (xor) of what each of its bits becomes, so four tables of 256, one
 * for each of its bytes, move it over n bytes. That joins the lanes, and it is also the plain way, eight bytes a step.
 *
 * `crc` is the register in here: the complement of what callers see. */
#include "base/crc.h"

#include <string.h>

/* A table of 256 from what its eight bits become. */
#define BIT(i, n, v) ((i) >> (n) & 1 ? (v) : 0u)
#define SUM(i, ...)  SUM8(i, __VA_ARGS__)
#define SUM8(i, a, b, c, d, e, f, g, h) \
    (BIT(i, 0, a) ^ BIT(i, 1, b) ^ BIT(i, 2, c) ^ BIT(i, 3, d) ^ BIT(i, 4, e) ^ BIT(i, 5, f) ^ BIT(i, 6, g) ^ BIT(i, 7, h))
#define FOUR(i, ...) SUM(i, __VA_ARGS__), SUM((i) + 1, __VA_ARGS__), SUM((i) + 2, __VA_ARGS__), SUM((i) + 3, __VA_ARGS__)
#define MANY(i, ...) FOUR(i, __VA_ARGS__), FOUR((i) + 4, __VA_ARGS__), FOUR((i) + 8, __VA_ARGS__), FOUR((i) + 12, __VA_ARGS__)
#define MORE(i, ...) MANY(i, __VA_ARGS__), MANY((i) + 16, __VA_ARGS__), MANY((i) + 32, __VA_ARGS__), MANY((i) + 48, __VA_ARGS__)
#define BYTE(...)    {MORE(0, __VA_ARGS__), MORE(64, __VA_ARGS__), MORE(128, __VA_ARGS__), MORE(192, __VA_ARGS__)}

typedef const uint32_t move_table[4][256];

/* Over 4 and over 8 bytes. */
static move_table OVER_4 = {
    BYTE(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b, 0xaba65fe7, 0x52a0c93f),
    BYTE(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14, 0xc76580d9, 0x8b277743),
    BYTE(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302, 0xff17c604, 0xfbc3faf9),
    BYTE(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78),
};
static move_table OVER_8 = {
    BYTE(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599, 0x1a00cb32, 0x34019664),
    BYTE(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a, 0xf56e0ef4),
    BYTE(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d, 0x0e045beb, 0x1c08b7d6),
    BYTE(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557, 0x37516aae, 0x6ea2d55c),
};

static inline uint32_t move(move_table by, uint32_t crc) {
    return by[0][crc & 255] ^ by[1][crc >> 8 & 255] ^ by[2][crc >> 16 & 255] ^ by[3][crc >> 24];
}

static inline uint64_t load64(const unsigned char *p) {
    uint64_t v;
    memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

uint32_t tw_crc32c_plain(uint32_t crc, const void *bytes, size_t length) {
    const unsigned char *p = bytes;
    crc = ~crc;
    for (; length >= 8; length -= 8, p += 8) {
        uint64_t v = load64(p);
        crc = move(OVER_8, crc ^ (uint32_t)v) ^ move(OVER_4, (uint32_t)(v >> 32));
    }
    for (; length; length--) crc = crc >> 8 ^ OVER_4[3][(crc ^ *p++) & 255]; /* byte 3 moved over 4 bytes: byte 0 moved over 1 */
    return ~crc;
}

#if defined(__x86_64__) && defined(__SSE4_2__)
#include <nmmintrin.h>
#define STEP8(crc, v) _mm_crc32_u64((crc), (v))
#define STEP1(crc, v) _mm_crc32_u8((uint32_t)(crc), (v))
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define STEP8(crc, v) __crc32cd((uint32_t)(crc), (v))
#define STEP1(crc, v) __crc32cb((uint32_t)(crc), (v))
#endif

#ifdef STEP8

enum { LANE = 512 };

static move_table OVER_LANE = {
    BYTE(0xbd6f81f8, 0x7f337501, 0xfe66ea02, 0xf921a2f5, 0xf7af331b, 0xeab210c7, 0xd088577f, 0xa4fcd80f),
    BYTE(0x4c15c6ef, 0x982b8dde, 0x35bb6d4d, 0x6b76da9a, 0xd6edb534, 0xa8371c99, 0x55824fc3, 0xab049f86),
    BYTE(0x53e549fd, 0xa7ca93fa, 0x4a795105, 0x94f2a20a, 0x2c0932e5, 0x581265ca, 0xb024cb94, 0x65a5e1d9),
    BYTE(0xcb4bc3b2, 0x937bf195, 0x231b95db, 0x46372bb6, 0x8c6e576c, 0x1d30d829, 0x3a61b052, 0x74c360a4),
};

static const unsigned char *lanes(uint64_t *crc, const unsigned char *p) {
    uint64_t a = *crc, b = 0, c = 0;
    for (const unsigned char *end = p + LANE; p < end; p += 8) {
        a = STEP8(a, load64(p));
        b = STEP8(b, load64(p + LANE));
        c = STEP8(c, load64(p + 2 * LANE));
    }
    *crc = move(OVER_LANE, move(OVER_LANE, (uint32_t)a) ^ (uint32_t)b) ^ (uint32_t)c;
    return p + 2 * LANE;
}

uint32_t tw_crc32c(uint32_t crc, const void *bytes, size_t length) {
    const unsigned char *p = bytes;
    uint64_t c = ~crc;
    for (; length >= 3 * LANE; length -= 3 * LANE) p = lanes(&c, p);
    for (; length >= 8; length -= 8, p += 8) c = STEP8(c, load64(p));
    for (; length; length--) c = STEP1(c, *p++);
    return ~(uint32_t)c;
}

#else

uint32_t tw_crc32c(uint32_t crc, const void *bytes, size_t length) { return tw_crc32c_plain(crc, bytes, length); }

#endif
