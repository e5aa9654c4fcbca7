#include "runtime/latency.h"

/* Below 8 ns one bucket per ns; above, the highest bit chooses the doubling and the next three the step. */
static int bucket_of(int64_t ns) {
    if (ns < TW_LATENCY_STEPS) return ns < 0 ? 0 : (int)ns;
    int bit = 63 - __builtin_clzll((uint64_t)ns);
    return (bit - 2) * TW_LATENCY_STEPS + (int)((ns >> (bit - 3)) & (TW_LATENCY_STEPS - 1));
}

/* The highest value of a bucket. */
static int64_t bucket_top(int bucket) {
    if (bucket < TW_LATENCY_STEPS) return bucket;
    int shift = bucket / TW_LATENCY_STEPS - 1;
    uint64_t step = (uint64_t)(bucket % TW_LATENCY_STEPS + TW_LATENCY_STEPS), top = ((step + 1) << shift) - 1;
    return shift > 59 || top > INT64_MAX ? INT64_MAX : (int64_t)top;
}

void tw_latency_add(tw_latency *l, int64_t ns, uint64_t rows) {
    _Atomic uint64_t *at = &l->rows[bucket_of(ns)];
    atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) + rows, memory_order_relaxed);
}

void tw_latency_merge(tw_latency *into, const tw_latency *from) {
    for (int i = 0; i < TW_LATENCY_BUCKETS; i++) into->rows[i] += atomic_load_explicit(&from->rows[i], memory_order_relaxed);
}

int64_t tw_latency_quantile(const tw_latency *l, double q) {
    uint64_t total = 0, seen = 0;
    int last = 0;
    for (int i = 0; i < TW_LATENCY_BUCKETS; i++) total += l->rows[i];
    if (total == 0) return -1;
    for (int i = 0; i < TW_LATENCY_BUCKETS; i++) {
        if (l->rows[i] == 0) continue;
        last = i;
        seen += l->rows[i];
        if ((double)seen >= q * (double)total) break;
    }
    return bucket_top(last);
}
