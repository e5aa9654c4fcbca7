/* A channel: the way of rows from one task to another, possibly on another shard.
 *
 * A bounded ring with one producer and one consumer. Each slot owns a builder that is filled in place by the producer and read in
 * place by the consumer, so that no batch is allocated or freed on the way; free slots are the credit. A slot carries rows, and behind
 * them, in this order, a watermark, an idle mark, a barrier, the end. An open slot (not yet published) gathers rows from several
 * small batches.
 *
 *     producer: tw_channel_open_slot -> append -> tw_channel_publish      consumer: tw_channel_front -> ... -> tw_channel_release
 *
 * `tail` is written by the producer only and `head` by the consumer only; each publishes with release and reads the other's with acquire. */
#ifndef TW_RUNTIME_CHANNEL_H
#define TW_RUNTIME_CHANNEL_H

#include <stdatomic.h>

#include "data/builder.h"

typedef struct tw_slot {
    tw_builder rows;
    int64_t watermark;  /* applies behind the rows; TW_WATERMARK_MIN: none */
    int64_t arrival_ns; /* of the earliest source rows that made what is in here; 0: not measured */
    uint64_t barrier;   /* epoch, 0: none */
    bool idle;          /* the producer's inputs are all idle from here on */
    bool end;           /* nothing follows */
    bool opened;        /* the builder has its memory */
    bool used;          /* published since it was last cleared: the producer clears it before it fills it again, so that only the
                          producer's thread allocates and frees */
} tw_slot;

typedef struct tw_channel {
    _Alignas(64) _Atomic uint32_t head; /* next slot to read; consumer */
    _Alignas(64) _Atomic uint32_t tail; /* next slot to fill; producer */
    _Alignas(64) uint32_t nslots;       /* at least 2 */
    int32_t batch_rows;                 /* a slot is full at so many rows */
    tw_slot *slots;
    tw_mem *mem;
    const tw_type *row;
    struct tw_task *producer, *consumer;
    /* consumer's side */
    int64_t watermark;
    bool idle, ended;
    uint64_t barrier_seen;
} tw_channel;

tw_status tw_channel_init(tw_channel *channel, tw_mem *mem, const tw_type *row, uint32_t nslots, int32_t batch_rows);
void tw_channel_close(tw_channel *channel);

/* Producer: the slot to fill, with its builder ready; NULL when the ring is full (status TW_BLOCKED) or memory is out (TW_E_NOMEM). */
tw_status tw_channel_open_slot(tw_channel *channel, tw_slot **out);
void tw_channel_publish(tw_channel *channel);
/* Consumer: the oldest published slot, NULL when there is none. */
tw_slot *tw_channel_front(tw_channel *channel);
void tw_channel_release(tw_channel *channel);
static inline uint32_t tw_channel_length(tw_channel *channel) {
    return atomic_load_explicit(&channel->tail, memory_order_acquire) - atomic_load_explicit(&channel->head, memory_order_acquire);
}

#endif
