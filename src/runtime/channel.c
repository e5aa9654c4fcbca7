#include "runtime/channel.h"

tw_status tw_channel_init(tw_channel *channel, tw_mem *mem, const tw_type *row, uint32_t nslots, int32_t batch_rows) {
    memset(channel, 0, sizeof *channel);
    channel->nslots = nslots < 2 ? 2 : nslots;
    channel->batch_rows = batch_rows;
    channel->mem = mem;
    channel->row = row;
    channel->watermark = TW_WATERMARK_MIN;
    channel->slots = tw_calloc(mem, channel->nslots * sizeof *channel->slots);
    return channel->slots ? TW_OK : TW_E_NOMEM;
}

void tw_channel_close(tw_channel *channel) {
    if (!channel->slots) return;
    for (uint32_t i = 0; i < channel->nslots; i++)
        if (channel->slots[i].opened) tw_builder_close(&channel->slots[i].rows);
    tw_free(channel->mem, channel->slots, channel->nslots * sizeof *channel->slots);
    channel->slots = NULL;
}

static void slot_clear(tw_slot *slot) {
    tw_builder_reset(&slot->rows);
    slot->watermark = TW_WATERMARK_MIN;
    slot->barrier = 0;
    slot->arrival_ns = 0;
    slot->idle = slot->end = false;
}

tw_status tw_channel_open_slot(tw_channel *channel, tw_slot **out) {
    uint32_t tail = atomic_load_explicit(&channel->tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&channel->head, memory_order_acquire);
    if (tail - head == channel->nslots) return TW_BLOCKED;
    tw_slot *slot = &channel->slots[tail % channel->nslots];
    if (!slot->opened) {
        TW_TRY(tw_builder_open(&slot->rows, channel->mem, channel->row, channel->batch_rows));
        slot->opened = slot->used = true;
    }
    if (slot->used) {
        slot_clear(slot);
        slot->used = false;
    }
    *out = slot;
    return TW_OK;
}

void tw_channel_publish(tw_channel *channel) {
    uint32_t tail = atomic_load_explicit(&channel->tail, memory_order_relaxed);
    channel->slots[tail % channel->nslots].used = true;
    atomic_store_explicit(&channel->tail, tail + 1, memory_order_release);
}

tw_slot *tw_channel_front(tw_channel *channel) {
    uint32_t head = atomic_load_explicit(&channel->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&channel->tail, memory_order_acquire)) return NULL;
    return &channel->slots[head % channel->nslots];
}

void tw_channel_release(tw_channel *channel) {
    uint32_t head = atomic_load_explicit(&channel->head, memory_order_relaxed);
    atomic_store_explicit(&channel->head, head + 1, memory_order_release);
}
