/* A snapshot in memory: the chunks of one barrier (or of a base and the deltas after it) and the sources' positions. Where chunks
 * are kept is the business of who asked for it. */
#ifndef TW_RUNTIME_SNAPSHOT_H
#define TW_RUNTIME_SNAPSHOT_H

#include "base/buf.h"

typedef struct tw_snapshot_chunk {
    uint64_t operator_id;
    int32_t instance;
    bool full;
    tw_buf bytes;
} tw_snapshot_chunk;

typedef struct tw_snapshot_split {
    uint64_t operator_id; /* of the scan */
    tw_str name;          /* of the split; owned */
    bool ended;
    int64_t watermark; /* running maximum */
    tw_buf position;
} tw_snapshot_split;

typedef struct tw_snapshot {
    tw_mem *mem;
    uint64_t epoch;
    tw_snapshot_chunk *chunks; /* in the order written: a base before its deltas */
    int32_t nchunks, chunks_capacity;
    tw_snapshot_split *splits; /* of the last barrier */
    int32_t nsplits, splits_capacity;
} tw_snapshot;

void tw_snapshot_init(tw_snapshot *snapshot, tw_mem *mem);
void tw_snapshot_free(tw_snapshot *snapshot);
void tw_snapshot_clear_chunks(tw_snapshot *snapshot);
void tw_snapshot_clear_splits(tw_snapshot *snapshot); /* before the next barrier: positions are of the last one only */
tw_snapshot_chunk *tw_snapshot_add_chunk(tw_snapshot *snapshot, uint64_t operator_id, int32_t instance, bool full);
tw_snapshot_split *tw_snapshot_add_split(tw_snapshot *snapshot, uint64_t operator_id, tw_str name);
const tw_snapshot_split *tw_snapshot_find_split(const tw_snapshot *snapshot, uint64_t operator_id, tw_str name);
size_t tw_snapshot_bytes(const tw_snapshot *snapshot);

#endif
