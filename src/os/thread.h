/* Threads, locks, and parking: a shard with nothing to do sleeps on its parker until somebody unparks it or a time has come. */
#ifndef TW_OS_THREAD_H
#define TW_OS_THREAD_H

#include <pthread.h>

#include "os/os.h"

typedef struct tw_parker {
    _Atomic uint32_t word; /* 0 awake, 1 parked (or about to be), 2 unparked since */
} tw_parker;

/* The owner: announces that it will park; then looks once more for work; then parks or takes the announcement back. */
void tw_park_announce(tw_parker *parker);
void tw_park_cancel(tw_parker *parker);
/* Sleeps until unparked or the monotonic time `until_ns` (INT64_MAX: for ever). Returns at once when unparked since the announcement. */
void tw_park(tw_parker *parker, tw_os *os, int64_t until_ns);
/* Any thread; costs one load when nobody is parked. */
void tw_unpark(tw_parker *parker);

tw_status tw_thread_start(pthread_t *thread, void *(*run)(void *), void *context, tw_error *error);

#endif
