/* Watches a job from a thread of its own: Ctrl-C cancels it, and on a terminal a line shows how far it is. */
#ifndef TW_MAIN_MONITOR_H
#define TW_MAIN_MONITOR_H

#include <pthread.h>

#include "main/live.h"
#include "os/thread.h"
#include "runtime/job.h"

typedef struct tw_monitor {
    tw_job *job;
    tw_os *os;
    bool progress;
    tw_live *live; /* drawn instead of the progress line; NULL: none */
    _Atomic bool stop;
    pthread_t thread;
    tw_parker parker; /* the thread's, between two looks */
    int64_t begin_ns;
    bool shown; /* a line stands on the terminal */
} tw_monitor;

/* Prints a row count with thousands separators into `out` (32 bytes). */
const char *tw_count_text(char *out, uint64_t n);
/* Prints a time as SQL does; "-" for none. `out`: 40 bytes. */
const char *tw_watermark_text(char *out, int64_t ms);
tw_status tw_monitor_start(tw_monitor *monitor, tw_job *job, tw_os *os, bool progress, tw_live *live, tw_error *error);
void tw_monitor_stop(tw_monitor *monitor);

#endif
