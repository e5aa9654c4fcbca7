#include "connector/replay.h"

enum { START_MS = 500, LOOK_AGAIN_NS = 1000000 };

void tw_replay_init(tw_replay *r, double speed) {
    *r = (tw_replay){.speed = speed};
    pthread_mutex_init(&r->lock, NULL);
}

void tw_replay_close(tw_replay *r) { pthread_mutex_destroy(&r->lock); }

void tw_replay_expect(tw_replay *r, int splits) { r->expected += splits; }

void tw_replay_saw(tw_replay *r, int64_t first_ms, int64_t now_ns) {
    pthread_mutex_lock(&r->lock);
    r->expected--;
    if (first_ms != TW_REPLAY_NO_TIME && !r->started) {
        if (!r->seen) r->seen_ns = now_ns;
        if (!r->seen || first_ms < r->first_ms) r->first_ms = first_ms;
        r->seen = true;
    }
    pthread_mutex_unlock(&r->lock);
}

/* A split that a restored job does not open again, or that waits for its turn on a busy shard, holds nobody up for long. */
static bool start(tw_replay *r, int64_t now_ns) {
    if (!r->started && r->seen && (r->expected <= 0 || now_ns - r->seen_ns > START_MS * INT64_C(1000000))) {
        r->started = true;
        r->start_ns = now_ns;
    }
    return r->started;
}

int64_t tw_replay_due_ns(tw_replay *r, double speed, int64_t time_ms, int64_t now_ns) {
    if (time_ms == TW_REPLAY_NO_TIME) return now_ns;
    pthread_mutex_lock(&r->lock);
    bool started = start(r, now_ns);
    double gap_ms = ((double)time_ms - (double)r->first_ms) / speed;
    int64_t start_ns = r->start_ns;
    pthread_mutex_unlock(&r->lock);
    if (!started) return now_ns + LOOK_AGAIN_NS;
    if (gap_ms <= 0) return now_ns;
    return gap_ms > 1e12 ? INT64_MAX : start_ns + (int64_t)(gap_ms * 1e6);
}
