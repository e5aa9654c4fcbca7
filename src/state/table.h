/* Keyed state: an open-addressing table of elements, with generations for incremental snapshots.
 *
 * An element is a header, a key and a payload of fixed size. Elements lie in pages and never move while they live, so pointers to them stay
 * good until they are removed; the index over them (hash bits -> element number) is split segment by segment, never rehashed whole.
 * Iteration is in order of insertion (removed places are reused last).
 *
 * Generations. Every element notes the generation in which it was last changed; tw_table_touch must be called before a payload is written.
 * tw_table_barrier closes a generation: what was dirty in it is then written by tw_table_write in slices, while new changes go on. An element that
 * is touched before it was written is written at that moment, as it was. A removed element leaves a tombstone. So a barrier costs nothing and the
 * chunk holds exactly the state at the barrier.
 *
 * Chunk: a run of records
 *     u8 op          1 = put, 2 = delete, 3 = clear (all elements of this namespace)
 *     varint group   key group (absent for clear)
 *     i64 namespace  (zig-zag varint) the table's namespace: a window slice's end, 0 where there is one table
 *     bytes key      varint length + bytes
 *     bytes payload  varint length + bytes (put only)
 * A base snapshot is a chunk in which every element is put. */
#ifndef TW_STATE_TABLE_H
#define TW_STATE_TABLE_H

#include "data/key.h"

typedef struct tw_element {
    uint64_t hash;
    uint32_t generation; /* last changed in; 0 = clean (written, or restored) */
    uint32_t number;     /* its own number; TW_ELEMENT_FREE bit when the place is empty */
    /* key bytes, then payload */
} tw_element;

/* How payloads that own memory are kept; NULL slots for plain bytes. `context` is the operator's. */
typedef struct tw_payload_codec {
    void *context;
    void (*write)(void *context, const char *payload, tw_buf *out);
    tw_status (*read)(void *context, char *payload, tw_reader *in);
    void (*destroy)(void *context, char *payload);
} tw_payload_codec;

typedef struct tw_table tw_table;

/* `codec` and `payload_codec` are borrowed. payload_size is rounded up to 8. */
tw_status tw_table_open(tw_mem *mem, const tw_key_codec *codec, int32_t payload_size, const tw_payload_codec *payload_codec, int64_t namespace_,
                        tw_table **out);
/* Frees all. No tombstones: the caller says in its own chunk that the namespace is gone (tw_chunk_clear). */
void tw_table_close(tw_table *table);

int64_t tw_table_count(const tw_table *table);
int64_t tw_table_namespace(const tw_table *table);
size_t tw_table_bytes(const tw_table *table);

static inline char *tw_element_key(tw_element *e) { return (char *)(e + 1); }
char *tw_table_payload(const tw_table *table, tw_element *e);
tw_str tw_table_key(const tw_table *table, const tw_element *e);

/* Finds or inserts the elements of keys [0, keys->count): out[k]. A new one has a payload of zeros, is touched, and sets the bit k of `inserted` (may be
 * NULL; cleared by the callee otherwise). Probes are prefetched; runs of equal keys are folded. TW_E_NOMEM leaves a consistent table. */
tw_status tw_table_upsert(tw_table *table, const tw_keys *keys, tw_element **out, uint64_t *inserted);
/* Finds without inserting: out[k] NULL where absent. */
void tw_table_find(tw_table *table, const tw_keys *keys, tw_element **out);
tw_status tw_table_remove(tw_table *table, tw_element *e);

/* Must precede each change of a payload. */
tw_status tw_table_touch_slow(tw_table *table, tw_element *e);
uint32_t tw_table_generation(const tw_table *table);
static inline tw_status tw_table_touch(tw_table *table, tw_element *e, uint32_t generation) {
    return TW_LIKELY(e->generation == generation) ? TW_OK : tw_table_touch_slow(table, e);
}

/* Iteration in order of insertion: *cursor starts at 0; NULL at the end. Removing the element just given is allowed. */
tw_element *tw_table_next(const tw_table *table, uint32_t *cursor);

/* Closes the current generation. `full`: the chunk to be written is a base (every element), else only what changed. The generation
 * closed before must have been written to its end. */
void tw_table_barrier(tw_table *table, bool full);
/* Writes up to about `budget` bytes of the closed generation's chunk; *done when it is complete. */
tw_status tw_table_write(tw_table *table, tw_buf *out, size_t budget, bool *done);

void tw_chunk_clear(tw_buf *out, int64_t namespace_);
/* A record by itself: what an operator keeps beside its tables. */
void tw_chunk_put(tw_buf *out, uint32_t group, int64_t namespace_, tw_str key, tw_str payload);
/* One record of a chunk; views borrow from the reader's bytes. false at the end or on damage (reader->failed). */
typedef struct tw_chunk_record {
    uint8_t op; /* 1 put, 2 delete, 3 clear */
    uint32_t group;
    int64_t namespace_;
    tw_str key, payload;
} tw_chunk_record;
bool tw_chunk_next(tw_reader *in, tw_chunk_record *out);
/* Applies a put or delete (clean afterwards). */
tw_status tw_table_apply(tw_table *table, const tw_chunk_record *record, tw_error *error);

#endif
