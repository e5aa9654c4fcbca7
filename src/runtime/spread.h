/* A split that every task of a scan reads together, where a source has fewer splits than tasks: its records are taken off in portions, in
 * order, and decoded wherever there is room.
 *
 *     take:  under the lock, one task after the other, whole records of the next portion are copied to the taker's reader
 *     known: a row's watermark is a running maximum over the split, so a portion's rows are handed on only when the portion in front has
 *            said its maximum (which the watermark operator does before it hands its rows on)
 *
 * The order in which rows arrive behind the tasks is then no longer that of the split: tw_order_matters says where that would show, and
 * such a scan is not spread. At a barrier the first task to reach it freezes the split: until a task has passed the barrier, it takes nothing; so the
 * snapshot cuts the split at one position. All functions may be called from any task of the scan. */
#ifndef TW_RUNTIME_SPREAD_H
#define TW_RUNTIME_SPREAD_H

#include <pthread.h>

#include "runtime/task.h"

typedef struct tw_spread {
    tw_mem mem; /* of the cutter and the portions' bytes; used under the lock */
    pthread_mutex_t lock;
    const tw_source_ops *ops;
    tw_split_reader *cutter; /* NULL before the first portion */
    uint64_t taken;          /* portions handed out */
    _Atomic uint64_t known;  /* portions whose maximum is known, with all in front of them */
    int64_t watermark;       /* behind them; written by the task that makes `known` rise */
    bool exhausted;
    uint64_t frozen_epoch;    /* barrier that nothing is taken at; 0: none yet */
    uint64_t frozen_at;       /* `taken` at that barrier */
    int64_t frozen_watermark; /* once known >= frozen_at */
    tw_buf frozen_position;
} tw_spread;

/* Does the order in which rows of a scan arrive show in a result? LIMIT, ties of ORDER BY, FIRST_VALUE, sums of DOUBLE, what is printed. */
bool tw_order_matters(const tw_job *job, const tw_plan_node *scan);

void tw_spread_init(tw_spread *spread, tw_mem *parent, const tw_source_ops *ops);
void tw_spread_close(tw_spread *spread);
/* Takes the next portion into `reader`, of at most max_rows records: TW_OK and its number, TW_END when the split is exhausted, TW_BLOCKED while it is
 * frozen for a barrier that the task (at epoch `epoch`) has not passed. */
tw_status tw_spread_take(tw_spread *spread, tw_source *source, const tw_split_id *split, tw_str position, tw_split_reader *reader, int32_t max_rows,
                         uint64_t epoch, uint64_t *portion, tw_error *error);
/* The maximum behind a portion, when all in front of it are known. */
void tw_spread_publish(tw_spread *spread, uint64_t portion, int64_t watermark);
static inline bool tw_spread_is_next(tw_spread *spread, uint64_t portion) {
    return atomic_load_explicit(&spread->known, memory_order_acquire) == portion;
}
/* The barrier `epoch` has been asked for: nothing more is taken in front of it. `position` is where the split begins when nothing was taken yet. */
void tw_spread_freeze(tw_spread *spread, uint64_t epoch, tw_str position);
/* All portions in front of the barrier have said their maximum. */
bool tw_spread_settled(tw_spread *spread);
double tw_spread_progress(tw_spread *spread);

#endif
