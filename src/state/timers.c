#include "state/timers.h"

void tw_timers_free(tw_timers *t) {
    tw_free(t->mem, t->heap, sizeof *t->heap * t->room);
    tw_timers_init(t, t->mem);
}

tw_status tw_timers_add(tw_timers *t, int64_t time, tw_element *element) {
    if (t->count == t->room) {
        size_t room = t->room ? t->room * 2 : 64;
        tw_timer *heap = tw_realloc(t->mem, t->heap, sizeof *heap * t->room, sizeof *heap * room);
        if (!heap) return TW_E_NOMEM;
        t->heap = heap;
        t->room = room;
    }
    size_t at = t->count++;
    for (; at && t->heap[(at - 1) / 2].time > time; at = (at - 1) / 2) t->heap[at] = t->heap[(at - 1) / 2];
    t->heap[at] = (tw_timer){time, element};
    return TW_OK;
}

tw_timer tw_timers_take(tw_timers *t) {
    TW_ASSERT(t->count > 0);
    tw_timer first = t->heap[0], last = t->heap[--t->count];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < t->count) {
        if (child + 1 < t->count && t->heap[child + 1].time < t->heap[child].time) child++;
        if (t->heap[child].time >= last.time) break;
        t->heap[at] = t->heap[child];
        at = child;
    }
    t->heap[at] = last;
    return first;
}
