#include "os/thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { AWAKE, PARKED, UNPARKED };

void tw_park_announce(tw_parker *parker) {
    atomic_store(&parker->word, PARKED);
    atomic_thread_fence(memory_order_seq_cst); /* what is looked at afterwards was written before an unpark that saw AWAKE */
}

void tw_park_cancel(tw_parker *parker) { atomic_store(&parker->word, AWAKE); }

void tw_park(tw_parker *parker, tw_os *os, int64_t until_ns) {
    while (atomic_load(&parker->word) == PARKED) {
        struct timespec wait, *timeout = NULL;
        if (until_ns != INT64_MAX) {
            int64_t left = until_ns - tw_mono_ns(os);
            if (left <= 0) break;
            wait = (struct timespec){left / 1000000000, left % 1000000000};
            timeout = &wait;
        }
        if (syscall(SYS_futex, &parker->word, FUTEX_WAIT_PRIVATE, PARKED, timeout, NULL, 0) != 0 && errno == ETIMEDOUT) break;
    }
    atomic_store(&parker->word, AWAKE);
}

void tw_unpark(tw_parker *parker) {
    atomic_thread_fence(memory_order_seq_cst);
    uint32_t parked = PARKED;
    if (atomic_load_explicit(&parker->word, memory_order_relaxed) != PARKED) return;
    if (atomic_compare_exchange_strong(&parker->word, &parked, UNPARKED)) syscall(SYS_futex, &parker->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

tw_status tw_thread_start(pthread_t *thread, void *(*run)(void *), void *context, tw_error *error) {
    int code = pthread_create(thread, NULL, run, context);
    return code ? tw_fail(error, TW_E_INTERNAL, "cannot start a thread: %s", strerror(code)) : TW_OK;
}
