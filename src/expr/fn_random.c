/* RAND, RAND_INTEGER, UUID. With a seed the numbers are those of java.util.Random, so that a seeded query gives what Flink gives;
 * without one they come from the system's randomness at the first batch. */
#include "base/prng.h"
#include "expr/entries.h"
#include "expr/kernel.h"
#include "os/os.h"

typedef struct generator {
    bool ready;
    uint64_t state; /* 48 bits: java.util.Random's linear congruential generator */
    tw_prng prng;   /* UUID */
} generator;

enum { JAVA_BITS = 48 };
static const uint64_t java_factor = UINT64_C(0x5DEECE66D), java_mask = (UINT64_C(1) << JAVA_BITS) - 1;

static int32_t next_bits(generator *g, int bits) {
    g->state = (g->state * java_factor + 0xB) & java_mask;
    return (int32_t)(uint32_t)(g->state >> (JAVA_BITS - bits));
}

static double next_double(generator *g) {
    int64_t high = (int64_t)next_bits(g, 26) << 27;
    return (double)(high + next_bits(g, 27)) * 0x1.0p-53;
}

/* Uniform in [0, bound), bound > 0, by rejection where bound is no power of two. */
static int32_t next_int(generator *g, int32_t bound) {
    int32_t r = next_bits(g, 31);
    if ((bound & (bound - 1)) == 0) return (int32_t)(((int64_t)bound * r) >> 31);
    for (int64_t u = r; u - (r = (int32_t)(u % bound)) + (bound - 1) > INT32_MAX; u = next_bits(g, 31)) continue;
    return r;
}

static generator *generator_of(tw_eval *eval, const tw_call *call, const tw_column *seed) {
    generator *g = tw_call_memo(eval, call, sizeof *g, NULL);
    if (!g || g->ready) return g;
    uint64_t start = seed ? (uint64_t)(int64_t)TW_ARG(int32_t, seed, 0) : tw_random_seed();
    g->state = (start ^ java_factor) & java_mask;
    g->prng.state = start;
    g->ready = true;
    return g;
}

tw_status tw_bind_rand(tw_bind *bind) { return tw_bind_signature(bind, "|i", &TW_TYPE_DOUBLE); }
tw_status tw_bind_rand_integer(tw_bind *bind) { return tw_bind_signature(bind, "i|i", &TW_TYPE_INTEGER); }
tw_status tw_bind_uuid(tw_bind *bind) { return tw_bind_result_nullable(bind, tw_type_chars(bind->arena, TW_CHAR, 36), false); }

static void rand_kernel(TW_KERNEL_ARGS) {
    generator *g = generator_of(eval, call, call->expr->nargs > 0 ? args[0] : NULL);
    if (!g) return;
    TW_EACH(rows, i, TW_OUT(double, out, i) = next_double(g););
}
TW_KERNEL_ENTRY(tw_kernel_rand, rand_kernel)

static void rand_integer(TW_KERNEL_ARGS) {
    bool seeded = call->expr->nargs > 1;
    generator *g = generator_of(eval, call, seeded ? args[0] : NULL);
    if (!g) return;
    TW_EACH(rows, i, {
        int32_t bound = TW_ARG(int32_t, args[seeded], i);
        if (bound <= 0)
            tw_eval_fail(eval, call, i, TW_E_VALUE, "bound must be positive");
        else
            TW_OUT(int32_t, out, i) = next_int(g, bound);
    });
}
TW_KERNEL_ENTRY(tw_kernel_rand_integer, rand_integer)

/* A random UUID (version 4) from 16 random bytes. */
static void write_uuid(char *out, const unsigned char *bytes) {
    static const char hex[] = "0123456789abcdef";
    for (int b = 0; b < 16; b++) {
        if (b == 4 || b == 6 || b == 8 || b == 10) *out++ = '-';
        *out++ = hex[bytes[b] >> 4];
        *out++ = hex[bytes[b] & 15];
    }
}

static void uuid_kernel(TW_KERNEL_ARGS) {
    generator *g = generator_of(eval, call, NULL);
    if (!g) return;
    TW_EACH(rows, i, {
        uint64_t words[2] = {tw_prng_next(&g->prng), tw_prng_next(&g->prng)};
        unsigned char bytes[16];
        memcpy(bytes, words, sizeof bytes);
        bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
        char *room = tw_out_room(eval, 36);
        if (!room) return;
        write_uuid(room, bytes);
        tw_out_view(out, i, room, 36);
    });
}
TW_KERNEL_ENTRY(tw_kernel_uuid, uuid_kernel)
