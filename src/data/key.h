/* Row keys: the key columns of a row as bytes that compare with memcmp for equality.
 *
 * Fixed form (every key column has a fixed width, at most TW_KEY_FIXED_MAX bytes in all): `width` bytes a key, a multiple of 8:
 *     one null bit per column in 8 bytes (absent when no column is nullable), then each value at a multiple of 8
 *     (8 bytes for BOOL..I64, F32, F64, 16 for I128 and TS); a null's bytes are zero.
 * Variable form (a string or nested column, or wider): a byte string of arbitrary length:
 *     per column one byte 0 = null or 1, then the value: fixed little-endian bytes, or u32 length and bytes; LIST/MAP: u32 count and the items;
 *     STRUCT: its fields.
 * FLOAT and DOUBLE are stored with -0.0 as it is (Flink groups by bits) and every NaN as one pattern. */
#ifndef TW_DATA_KEY_H
#define TW_DATA_KEY_H

#include "base/buf.h"
#include "data/batch.h"
#include "data/builder.h"

#define TW_KEY_FIXED_MAX 64
#define TW_KEY_GROUPS    1024 /* per job; a key's group is the high bits of its hash */

static inline uint32_t tw_key_group(uint64_t hash) { return (uint32_t)(hash >> 54); }
/* Which of n shards owns a key group: contiguous ranges. */
static inline int32_t tw_key_group_shard(uint32_t group, int32_t nshards) { return (int32_t)(group * (uint32_t)nshards / TW_KEY_GROUPS); }

typedef struct tw_key_codec {
    int32_t ncolumns;
    int32_t group_columns; /* the first columns that alone decide the key group; ncolumns unless the owner sets fewer after init: state that is
                              kept beside a group (a DISTINCT value) must live where the group lives */
    const tw_type *const *types;
    bool fixed;
    int32_t width;      /* fixed form: bytes a key */
    int32_t null_bytes; /* fixed form: 0 or 8 */
    int32_t offset[16]; /* fixed form: of each column's value */
} tw_key_codec;

/* `types` is borrowed. Up to 16 columns can be fixed; more are variable. */
void tw_key_codec_init(tw_key_codec *codec, const tw_type *const *types, int32_t ncolumns);

/* The keys of the selected rows of a batch. Scratch that is reused from batch to batch. */
typedef struct tw_keys {
    int32_t count;
    uint64_t *hashes; /* of key k; the same for equal keys in either form of codec, on every machine; the high bits are the group's */
    char *fixed;      /* fixed form: count * width bytes */
    tw_str *variable; /* variable form; bytes lie in `heap` */
    tw_buf heap;
    uint64_t *hash_room, *group_room;
    char *fixed_room;
    tw_str *variable_room;
    int32_t capacity;
} tw_keys;

void tw_keys_init(tw_keys *keys, tw_mem *mem);
void tw_keys_free(tw_keys *keys);
/* Fills `keys` for `rows` of the columns (pointers to full-length columns). */
tw_status tw_keys_encode(tw_keys *keys, const tw_key_codec *codec, const tw_column *const *columns, tw_selection rows);
/* Bytes of key k in either form. */
static inline tw_str tw_keys_at(const tw_keys *keys, const tw_key_codec *codec, int32_t k) {
    return codec->fixed ? (tw_str){keys->fixed + (size_t)k * codec->width, (size_t)codec->width} : keys->variable[k];
}
/* The hash of an encoded key, as tw_keys_encode gave it. TW_E_CORRUPT when the bytes are not a key of this codec. */
tw_status tw_key_hash(const tw_key_codec *codec, tw_str key, uint64_t *hash);
/* Writes key bytes back as values: column `c` of the key into row `at` of a builder's column. */
tw_status tw_key_decode(const tw_key_codec *codec, tw_str key, tw_builder *out, const int32_t *out_columns, int32_t at);

#endif
