/* See ordered_bag.h.
 *
 * Invariants: 1. keys ascend strictly through all blocks; 2. no block is empty; 3. no count is 0; 4. long strings are owned by their entry. */
#include "expr/ordered_bag.h"

#include <stdlib.h>

enum { BLOCK_MAX = 128, BLOCK_FIRST = 4 };

typedef struct block {
    int32_t count, capacity;
    tw_bag_entry entries[];
} block;

struct tw_bag {
    tw_bag_kind kind;
    int32_t count, capacity; /* of blocks */
    int64_t entries;
    block **blocks;
};

static size_t block_bytes(int32_t capacity) { return sizeof(block) + sizeof(tw_bag_entry) * (size_t)capacity; }

static inline int compare(tw_bag_kind kind, const tw_bag_key *a, const tw_bag_key *b) {
    if (kind == TW_BAG_I64) {
        int64_t x = (int64_t)a->word[0], y = (int64_t)b->word[0];
        return (x > y) - (x < y);
    }
    if (kind == TW_BAG_I128) {
        tw_i128 x = tw_bag_key_i128(a), y = tw_bag_key_i128(b);
        return (x > y) - (x < y);
    }
    tw_sview x = tw_bag_key_str(a), y = tw_bag_key_str(b);
    return tw_sview_compare(&x, &y);
}

/* The first block whose last key is not below `key`, or the last block. */
static int32_t find_block(const tw_bag *bag, const tw_bag_key *key) {
    int32_t low = 0, high = bag->count - 1;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        const block *b = bag->blocks[middle];
        if (compare(bag->kind, &b->entries[b->count - 1].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int32_t find_entry(const tw_bag *bag, const block *b, const tw_bag_key *key) {
    int32_t low = 0, high = b->count;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (compare(bag->kind, &b->entries[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A new block at `at` in the list. */
static block *insert_block(tw_bag *bag, tw_mem *mem, int32_t at, int32_t capacity) {
    if (bag->count == bag->capacity) {
        int32_t more = bag->capacity ? 2 * bag->capacity : 1;
        block **blocks = tw_realloc(mem, bag->blocks, sizeof *blocks * (size_t)bag->capacity, sizeof *blocks * (size_t)more);
        if (!blocks) return NULL;
        bag->blocks = blocks;
        bag->capacity = more;
    }
    block *b = tw_malloc(mem, block_bytes(capacity));
    if (!b) return NULL;
    *b = (block){0, capacity};
    memmove(bag->blocks + at + 1, bag->blocks + at, sizeof *bag->blocks * (size_t)(bag->count - at));
    bag->blocks[at] = b;
    bag->count++;
    return b;
}

static void remove_block(tw_bag *bag, tw_mem *mem, int32_t at) {
    block *b = bag->blocks[at];
    tw_free(mem, b, block_bytes(b->capacity));
    bag->count--;
    memmove(bag->blocks + at, bag->blocks + at + 1, sizeof *bag->blocks * (size_t)(bag->count - at));
}

/* Makes room for one entry at *at of block *number; a full block is split and both are set to where the entry goes then. */
static block *make_room(tw_bag *bag, tw_mem *mem, int32_t *number, int32_t *at) {
    block *b = bag->blocks[*number];
    if (b->count < b->capacity) return b;
    if (b->capacity < BLOCK_MAX) {
        b = tw_realloc(mem, b, block_bytes(b->capacity), block_bytes(2 * b->capacity));
        if (!b) return NULL;
        b->capacity *= 2;
        return bag->blocks[*number] = b;
    }
    block *upper = insert_block(bag, mem, *number + 1, BLOCK_MAX);
    if (!upper) return NULL;
    int32_t keep = *number + 2 == bag->count && *at == b->count ? BLOCK_MAX - 1 : BLOCK_MAX / 2; /* ascending input leaves full blocks */
    upper->count = b->count - keep;
    memcpy(upper->entries, b->entries + keep, sizeof *b->entries * (size_t)upper->count);
    b->count = keep;
    if (*at <= keep) return b;
    *at -= keep;
    ++*number;
    return upper;
}

static bool own_string(tw_mem *mem, tw_bag_key *key) {
    tw_sview v = tw_bag_key_str(key);
    if (v.length <= TW_SVIEW_INLINE) return true;
    char *bytes = tw_malloc(mem, v.length);
    if (!bytes) return false;
    memcpy(bytes, v.u.data, v.length);
    v.u.data = bytes;
    *key = tw_bag_str(&v);
    return true;
}

static void free_key(const tw_bag *bag, tw_mem *mem, tw_bag_key *key) {
    if (bag->kind != TW_BAG_STR) return;
    tw_sview v = tw_bag_key_str(key);
    if (v.length > TW_SVIEW_INLINE) tw_free(mem, (char *)v.u.data, v.length);
}

static void remove_entry(tw_bag *bag, tw_mem *mem, int32_t number, int32_t at) {
    block *b = bag->blocks[number];
    free_key(bag, mem, &b->entries[at].key);
    b->count--;
    bag->entries--;
    memmove(b->entries + at, b->entries + at + 1, sizeof *b->entries * (size_t)(b->count - at));
    if (b->count == 0) remove_block(bag, mem, number);
}

static tw_status insert_entry(tw_bag *bag, tw_mem *mem, int32_t number, int32_t at, tw_bag_key key, int64_t count) {
    if (bag->kind == TW_BAG_STR && !own_string(mem, &key)) return TW_E_NOMEM;
    block *b = bag->count ? make_room(bag, mem, &number, &at) : insert_block(bag, mem, 0, BLOCK_FIRST);
    if (!b) {
        free_key(bag, mem, &key);
        return TW_E_NOMEM;
    }
    memmove(b->entries + at + 1, b->entries + at, sizeof *b->entries * (size_t)(b->count - at));
    b->entries[at] = (tw_bag_entry){key, count};
    b->count++;
    bag->entries++;
    return TW_OK;
}

tw_status tw_bag_add(tw_bag **bag, tw_mem *mem, tw_bag_kind kind, tw_bag_key key, int64_t count) {
    if (count == 0) return TW_OK;
    if (!*bag) {
        *bag = tw_calloc(mem, sizeof **bag);
        if (!*bag) return TW_E_NOMEM;
        (*bag)->kind = kind;
    }
    int32_t number = 0, at = 0;
    if ((*bag)->count) {
        number = find_block(*bag, &key);
        block *b = (*bag)->blocks[number];
        at = find_entry(*bag, b, &key);
        if (at < b->count && compare(kind, &b->entries[at].key, &key) == 0) {
            b->entries[at].count += count;
            if (b->entries[at].count == 0) remove_entry(*bag, mem, number, at);
            return TW_OK;
        }
    }
    return insert_entry(*bag, mem, number, at, key, count);
}

tw_status tw_bag_merge(tw_bag **into, tw_mem *mem, const tw_bag *from, int64_t times) {
    tw_bag_cursor cursor = {0, 0};
    for (const tw_bag_entry *e; (e = tw_bag_next(from, &cursor)) != NULL;) TW_TRY(tw_bag_add(into, mem, from->kind, e->key, e->count * times));
    return TW_OK;
}

const tw_bag_entry *tw_bag_first(const tw_bag *bag) {
    for (int32_t n = 0; bag && n < bag->count; n++)
        for (int32_t k = 0; k < bag->blocks[n]->count; k++)
            if (bag->blocks[n]->entries[k].count > 0) return &bag->blocks[n]->entries[k];
    return NULL;
}

const tw_bag_entry *tw_bag_last(const tw_bag *bag) {
    for (int32_t n = bag ? bag->count - 1 : -1; n >= 0; n--)
        for (int32_t k = bag->blocks[n]->count - 1; k >= 0; k--)
            if (bag->blocks[n]->entries[k].count > 0) return &bag->blocks[n]->entries[k];
    return NULL;
}

const tw_bag_entry *tw_bag_next(const tw_bag *bag, tw_bag_cursor *cursor) {
    if (!bag || cursor->block >= bag->count) return NULL;
    const block *b = bag->blocks[cursor->block];
    const tw_bag_entry *e = &b->entries[cursor->entry++];
    if (cursor->entry == b->count) *cursor = (tw_bag_cursor){cursor->block + 1, 0};
    return e;
}

void tw_bag_free(tw_bag **bag, tw_mem *mem) {
    if (!*bag) return;
    for (int32_t n = 0; n < (*bag)->count; n++) {
        block *b = (*bag)->blocks[n];
        for (int32_t k = 0; k < b->count; k++) free_key(*bag, mem, &b->entries[k].key);
        tw_free(mem, b, block_bytes(b->capacity));
    }
    tw_free(mem, (*bag)->blocks, sizeof(block *) * (size_t)(*bag)->capacity);
    tw_free(mem, *bag, sizeof **bag);
    *bag = NULL;
}

void tw_bag_write(const tw_bag *bag, tw_bag_kind kind, tw_buf *out) {
    tw_bag_cursor cursor = {0, 0};
    tw_buf_varint(out, bag ? (uint64_t)bag->entries : 0);
    for (const tw_bag_entry *e; (e = tw_bag_next(bag, &cursor)) != NULL;) {
        if (kind == TW_BAG_STR) {
            tw_sview v = tw_bag_key_str(&e->key);
            tw_buf_bytes(out, tw_sview_str(&v));
        } else {
            tw_buf_u64(out, e->key.word[0]);
            if (kind == TW_BAG_I128) tw_buf_u64(out, e->key.word[1]);
        }
        tw_buf_u64(out, (uint64_t)e->count);
    }
}

static tw_bag_key read_key(tw_reader *in, tw_bag_kind kind) {
    tw_bag_key key = {{0, 0}};
    if (kind == TW_BAG_STR) {
        tw_str bytes = tw_read_bytes(in);
        if (bytes.length > UINT32_MAX) return in->failed = true, key;
        tw_sview v = tw_sview_make(bytes.data, bytes.length);
        return tw_bag_str(&v);
    }
    key.word[0] = tw_read_u64(in);
    if (kind == TW_BAG_I128) key.word[1] = tw_read_u64(in);
    return key;
}

tw_status tw_bag_read(tw_bag **bag, tw_bag_kind kind, tw_reader *in, tw_mem *mem) {
    *bag = NULL;
    tw_status status = TW_OK;
    tw_bag_key before = {{0, 0}};
    uint64_t n = tw_read_varint(in);
    for (uint64_t i = 0; i < n && status == TW_OK; i++) {
        tw_bag_key key = read_key(in, kind);
        int64_t count = (int64_t)tw_read_u64(in);
        bool sound = !in->failed && count != 0 && (i == 0 || compare(kind, &before, &key) < 0);
        status = sound ? tw_bag_add(bag, mem, kind, key, count) : TW_E_CORRUPT;
        before = key;
    }
    if (status == TW_OK && in->failed) status = TW_E_CORRUPT;
    if (status != TW_OK) tw_bag_free(bag, mem);
    return status;
}
