/* Timers: a heap of (time, element), the earliest first. An element may have several; what is not needed any more is seen when it comes up, and
 * nothing is ever taken out of the middle. Timers follow from the elements' payloads and are not part of a snapshot. */
#ifndef TW_STATE_TIMERS_H
#define TW_STATE_TIMERS_H

#include "state/table.h"

typedef struct tw_timer {
    int64_t time;
    tw_element *element;
} tw_timer;

typedef struct tw_timers {
    tw_mem *mem;
    tw_timer *heap;
    size_t count, room;
} tw_timers;

static inline void tw_timers_init(tw_timers *timers, tw_mem *mem) { *timers = (tw_timers){.mem = mem}; }
void tw_timers_free(tw_timers *timers);
tw_status tw_timers_add(tw_timers *timers, int64_t time, tw_element *element);
/* Time of the earliest; INT64_MAX: there is none. */
static inline int64_t tw_timers_next(const tw_timers *timers) { return timers->count ? timers->heap[0].time : INT64_MAX; }
/* Takes the earliest, of which there must be one; equal times in any order. */
tw_timer tw_timers_take(tw_timers *timers);

#endif
