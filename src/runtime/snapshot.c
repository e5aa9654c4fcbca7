#include "runtime/snapshot.h"

void tw_snapshot_init(tw_snapshot *snapshot, tw_mem *mem) { *snapshot = (tw_snapshot){.mem = mem}; }

void tw_snapshot_clear_splits(tw_snapshot *snapshot) {
    for (int i = 0; i < snapshot->nsplits; i++) {
        tw_snapshot_split *s = &snapshot->splits[i];
        tw_free(snapshot->mem, (char *)s->name.data, s->name.length);
        tw_buf_free(&s->position);
    }
    snapshot->nsplits = 0;
}

void tw_snapshot_clear_chunks(tw_snapshot *snapshot) {
    for (int i = 0; i < snapshot->nchunks; i++) tw_buf_free(&snapshot->chunks[i].bytes);
    snapshot->nchunks = 0;
}

void tw_snapshot_free(tw_snapshot *snapshot) {
    tw_snapshot_clear_chunks(snapshot);
    tw_snapshot_clear_splits(snapshot);
    tw_free(snapshot->mem, snapshot->chunks, sizeof *snapshot->chunks * (size_t)snapshot->chunks_capacity);
    tw_free(snapshot->mem, snapshot->splits, sizeof *snapshot->splits * (size_t)snapshot->splits_capacity);
    tw_snapshot_init(snapshot, snapshot->mem);
}

tw_snapshot_chunk *tw_snapshot_add_chunk(tw_snapshot *s, uint64_t operator_id, int32_t instance, bool full) {
    if (!tw_grow(s->mem, &s->chunks, s->nchunks, &s->chunks_capacity, 16, sizeof *s->chunks)) return NULL;
    tw_snapshot_chunk *chunk = &s->chunks[s->nchunks++];
    *chunk = (tw_snapshot_chunk){.operator_id = operator_id, .instance = instance, .full = full};
    tw_buf_init(&chunk->bytes, s->mem, 0);
    return chunk;
}

tw_snapshot_split *tw_snapshot_add_split(tw_snapshot *s, uint64_t operator_id, tw_str name) {
    if (!tw_grow(s->mem, &s->splits, s->nsplits, &s->splits_capacity, 16, sizeof *s->splits)) return NULL;
    char *copy = tw_malloc(s->mem, name.length);
    if (!copy) return NULL;
    if (name.length) memcpy(copy, name.data, name.length);
    tw_snapshot_split *split = &s->splits[s->nsplits++];
    *split = (tw_snapshot_split){.operator_id = operator_id, .name = {copy, name.length}, .watermark = INT64_MIN};
    tw_buf_init(&split->position, s->mem, 0);
    return split;
}

const tw_snapshot_split *tw_snapshot_find_split(const tw_snapshot *s, uint64_t operator_id, tw_str name) {
    for (int i = 0; i < s->nsplits; i++)
        if (s->splits[i].operator_id == operator_id && tw_str_equal(s->splits[i].name, name)) return &s->splits[i];
    return NULL;
}

size_t tw_snapshot_bytes(const tw_snapshot *s) {
    size_t total = 0;
    for (int i = 0; i < s->nchunks; i++) total += s->chunks[i].bytes.length;
    return total;
}
