/* The clock of a replay: recorded rows become due by the gaps between their event times, divided by a speed. A job has one such clock, so that
 * all of its sources, and all files of a source, move on together: the earliest first row of them all is due at once, and the others by
 * their distance to it.
 *
 *     tw_replay_expect      once per split that is known at start, before any thread runs
 *     tw_replay_saw         a split has seen its first row (or its end): the clock starts when all have, or START_MS after the first
 *     tw_replay_due_ns      when a row is due
 *
 * Any thread may call tw_replay_saw and tw_replay_due_ns. */
#ifndef TW_CONNECTOR_REPLAY_H
#define TW_CONNECTOR_REPLAY_H

#include <pthread.h>

#include "os/os.h"

typedef struct tw_replay {
    pthread_mutex_t lock;
    double speed; /* of tables that do not say their own; 0: as fast as possible */
    int expected; /* splits that have not been looked at */
    bool seen, started;
    int64_t first_ms; /* event time of the earliest first row */
    int64_t seen_ns, start_ns;
} tw_replay;

#define TW_REPLAY_NO_TIME INT64_MIN /* a row without event time: due at once */

void tw_replay_init(tw_replay *replay, double speed);
void tw_replay_close(tw_replay *replay);
void tw_replay_expect(tw_replay *replay, int splits);
/* `first_ms`: event time of the split's first row, or TW_REPLAY_NO_TIME. */
void tw_replay_saw(tw_replay *replay, int64_t first_ms, int64_t now_ns);
/* Monotonic time at which a row is due; at most now_ns when it is. While the clock waits for other splits: a little later. */
int64_t tw_replay_due_ns(tw_replay *replay, double speed, int64_t time_ms, int64_t now_ns);

#endif
