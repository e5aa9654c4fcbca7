/* A sorted multiset of values with signed counts: what MIN, MAX with retraction and COLLECT keep per group.
 *
 * A count may be negative while a retraction has overtaken its insert; such values are held and not shown. Values are numbers of 64 or 128
 * bits, or byte strings in byte order, of which the bag keeps copies. Entries lie in sorted blocks of up to 128, and the blocks in a sorted
 * list, so that adding, taking and the two ends cost a search and a short move at any size. */
#ifndef TW_EXPR_ORDERED_BAG_H
#define TW_EXPR_ORDERED_BAG_H

#include "data/column.h"

typedef enum tw_bag_kind { TW_BAG_I64, TW_BAG_I128, TW_BAG_STR } tw_bag_kind;

/* A number (64 bits: in `word[0]`), or a tw_sview. */
typedef struct tw_bag_key {
    uint64_t word[2];
} tw_bag_key;

static inline tw_bag_key tw_bag_i64(int64_t v) { return (tw_bag_key){{(uint64_t)v, 0}}; }
static inline tw_bag_key tw_bag_i128(tw_i128 v) { return (tw_bag_key){{(uint64_t)v, (uint64_t)(v >> 64)}}; }
static inline tw_i128 tw_bag_key_i128(const tw_bag_key *key) { return (tw_i128)((unsigned __int128)key->word[1] << 64 | key->word[0]); }
static inline tw_bag_key tw_bag_str(const tw_sview *v) {
    tw_bag_key key;
    memcpy(&key, v, sizeof key);
    return key;
}
static inline tw_sview tw_bag_key_str(const tw_bag_key *key) {
    tw_sview v;
    memcpy(&v, key, sizeof v);
    return v;
}

typedef struct tw_bag_entry {
    tw_bag_key key;
    int64_t count; /* never 0 */
} tw_bag_entry;

typedef struct tw_bag tw_bag;

/* Adds `count` of a value, making the bag when *bag is NULL. TW_E_NOMEM leaves it as it was. A bag is of one kind for its life. */
tw_status tw_bag_add(tw_bag **bag, tw_mem *mem, tw_bag_kind kind, tw_bag_key key, int64_t count);
/* Adds all of `from`, `times` (1 or -1) each. */
tw_status tw_bag_merge(tw_bag **into, tw_mem *mem, const tw_bag *from, int64_t times);
/* The lowest and the highest entry with a positive count, or NULL. `bag` may be NULL. */
const tw_bag_entry *tw_bag_first(const tw_bag *bag);
const tw_bag_entry *tw_bag_last(const tw_bag *bag);
/* Frees it and sets *bag to NULL. */
void tw_bag_free(tw_bag **bag, tw_mem *mem);

/* All entries in order: zero the cursor first; NULL at the end. */
typedef struct tw_bag_cursor {
    int32_t block, entry;
} tw_bag_cursor;
const tw_bag_entry *tw_bag_next(const tw_bag *bag, tw_bag_cursor *cursor);

/* Bytes: varint number of entries, then per entry the key (8, 16 or varint length and bytes) and the count (u64). A bag of no entries and none at
 * all are written alike. Read leaves *bag NULL on failure; TW_E_CORRUPT when the bytes are no such bag. */
void tw_bag_write(const tw_bag *bag, tw_bag_kind kind, tw_buf *out);
tw_status tw_bag_read(tw_bag **bag, tw_bag_kind kind, tw_reader *in, tw_mem *mem);

#endif
