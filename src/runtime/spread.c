#include "runtime/spread.h"

void tw_spread_init(tw_spread *s, tw_mem *parent, const tw_source_ops *ops) {
    *s = (tw_spread){.ops = ops, .watermark = TW_WATERMARK_MIN};
    tw_mem_init(&s->mem, parent, 0);
    tw_buf_init(&s->frozen_position, &s->mem, 0);
    pthread_mutex_init(&s->lock, NULL);
}

/* Every reader that took portions has been closed. */
void tw_spread_close(tw_spread *s) {
    if (s->cutter) s->ops->reader_close(s->cutter);
    tw_buf_free(&s->frozen_position);
    pthread_mutex_destroy(&s->lock);
    tw_mem_close(&s->mem);
}

tw_status tw_spread_take(tw_spread *s, tw_source *source, const tw_split_id *split, tw_str position, tw_split_reader *reader, int32_t max_rows,
                         uint64_t epoch, uint64_t *portion, tw_error *error) {
    tw_status status = TW_OK;
    pthread_mutex_lock(&s->lock);
    if (s->frozen_epoch > epoch) {
        status = TW_BLOCKED;
    } else if (s->exhausted) {
        status = TW_END;
    } else {
        if (!s->cutter) status = s->ops->reader_open(source, split, &s->mem, position, &s->cutter, error);
        if (status == TW_OK) status = s->ops->cut(s->cutter, reader, max_rows, error);
        if (status == TW_OK) *portion = s->taken++;
        s->exhausted = status == TW_END;
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}

void tw_spread_publish(tw_spread *s, uint64_t portion, int64_t watermark) {
    pthread_mutex_lock(&s->lock);
    TW_ASSERT(s->known == portion);
    s->watermark = watermark;
    if (s->frozen_epoch && portion + 1 == s->frozen_at) s->frozen_watermark = watermark;
    atomic_store_explicit(&s->known, portion + 1, memory_order_release);
    pthread_mutex_unlock(&s->lock);
}

void tw_spread_freeze(tw_spread *s, uint64_t epoch, tw_str position) {
    pthread_mutex_lock(&s->lock);
    if (s->frozen_epoch < epoch) {
        s->frozen_epoch = epoch;
        s->frozen_at = s->taken;
        s->frozen_watermark = s->watermark;
        tw_buf_clear(&s->frozen_position);
        if (s->cutter) {
            s->ops->position(s->cutter, &s->frozen_position);
        } else {
            tw_buf_append(&s->frozen_position, position.data, position.length);
        }
    }
    pthread_mutex_unlock(&s->lock);
}

bool tw_spread_settled(tw_spread *s) { return atomic_load_explicit(&s->known, memory_order_acquire) >= s->frozen_at; }

double tw_spread_progress(tw_spread *s) {
    pthread_mutex_lock(&s->lock);
    double done = s->exhausted ? 1 : !s->cutter ? 0 : s->ops->progress ? s->ops->progress(s->cutter) : -1;
    pthread_mutex_unlock(&s->lock);
    return done;
}
