/* How long it takes from the arrival of input to a result: a histogram of nanoseconds with 8 steps per doubling, so that a quantile is off by
 * at most 12.5 %. One thread adds, any thread reads.
 *
 * What is measured: a task knows when the source rows that it is working on arrived (tw_task.arrival_ns; channels carry it on, for rows put
 * together the earliest). A sink adds the time from then to when it has written the rows. For the result of a window that is the
 * time since the arrival of the rows whose watermark closed it, not of all the rows within it. Results made by the clock are not measured. */
#ifndef TW_RUNTIME_LATENCY_H
#define TW_RUNTIME_LATENCY_H

#include <stdatomic.h>

#include "base/mem.h"

enum { TW_LATENCY_STEPS = 8, TW_LATENCY_BUCKETS = 64 * TW_LATENCY_STEPS };

typedef struct tw_latency {
    _Atomic uint64_t rows[TW_LATENCY_BUCKETS];
} tw_latency;

void tw_latency_add(tw_latency *latency, int64_t ns, uint64_t rows);
/* Adds what `from` has to `into`, which the caller owns. */
void tw_latency_merge(tw_latency *into, const tw_latency *from);
/* The time in ns that a part `q` (0..1) of the rows did not exceed; -1 when there are none. */
int64_t tw_latency_quantile(const tw_latency *latency, double q);

#endif
