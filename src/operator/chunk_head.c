#include "operator/chunk_head.h"

#define HEAD_NAMESPACE INT64_MIN
enum { HEAD_BYTES = 24 };

/* The first group that is the instance's or a later one's: the inverse of tw_key_group_shard. */
static uint32_t first_group(int32_t instance, int32_t ninstances) {
    uint32_t n = (uint32_t)ninstances;
    return ((uint32_t)instance * TW_KEY_GROUPS + n - 1) / n;
}

void tw_chunk_head_write(tw_buf *out, const tw_task_context *task, int64_t watermark, int64_t sequence) {
    uint32_t first = first_group(task->instance, task->ninstances);
    tw_buf_byte(out, 1);
    tw_buf_varint(out, first < TW_KEY_GROUPS ? first : TW_KEY_GROUPS - 1);
    tw_buf_varint(out, (uint64_t)HEAD_NAMESPACE << 1 ^ (uint64_t)(HEAD_NAMESPACE >> 63));
    tw_buf_bytes(out, TW_STR(""));
    tw_buf_varint(out, HEAD_BYTES);
    tw_buf_u64(out, (uint64_t)watermark);
    tw_buf_u32(out, first);
    tw_buf_u32(out, first_group(task->instance + 1, task->ninstances));
    tw_buf_u64(out, (uint64_t)sequence);
}

bool tw_chunk_head_read(const tw_chunk_record *record, tw_chunk_head *head) {
    if (record->namespace_ != HEAD_NAMESPACE) return false;
    tw_reader in = {record->payload.data, record->payload.data + record->payload.length, false};
    tw_chunk_head read;
    read.watermark = (int64_t)tw_read_u64(&in);
    read.first_group = tw_read_u32(&in);
    read.end_group = tw_read_u32(&in);
    read.sequence = (int64_t)tw_read_u64(&in);
    if (!in.failed) *head = read;
    return true;
}

tw_status tw_chunk_table(tw_table *table, const tw_snapshot_out *out) {
    bool done = false;
    tw_table_barrier(table, out->full);
    while (!done) TW_TRY(tw_table_write(table, out->chunk, SIZE_MAX / 2, &done));
    return TW_OK;
}

tw_status tw_chunk_read(tw_reader *chunk, const char *what, tw_chunk_head *head, tw_chunk_apply apply, void *context, tw_error *error) {
    tw_chunk_head at = {head->watermark, 0, TW_KEY_GROUPS, 0};
    tw_chunk_record record;
    while (tw_chunk_next(chunk, &record)) {
        if (!tw_chunk_head_read(&record, &at)) {
            TW_TRY(apply(context, &record, &at, error));
            continue;
        }
        if (at.watermark > head->watermark) head->watermark = at.watermark;
        if (at.sequence > head->sequence) head->sequence = at.sequence;
    }
    return chunk->failed ? tw_fail(error, TW_E_CORRUPT, "state chunk of %s is damaged", what) : TW_OK;
}
