/* The compressions of record batches (store/record.h), whole payloads at a time.
 *
 *     gzip    one member or several, as RFC 1952 has it
 *     snappy  written in the framing of Java's library, which Kafka's clients use: "\x82SNAPPY\0", two 32-bit versions (1, 1), then blocks, each a
 *             32-bit big-endian length and raw snappy; read also without it, as other clients write
 *     lz4     frames of independent blocks
 *     zstd    frames
 *
 * Everything the libraries allocate is charged to the budget. */
#ifndef TW_STORE_CODEC_H
#define TW_STORE_CODEC_H

#include "base/buf.h"
#include "base/error.h"

typedef enum tw_compression {
    TW_COMPRESSION_NONE = 0,
    TW_COMPRESSION_GZIP = 1,
    TW_COMPRESSION_SNAPPY = 2,
    TW_COMPRESSION_LZ4 = 3,
    TW_COMPRESSION_ZSTD = 4
} tw_compression;

/* Appends the compressed form of `plain` to `out`. TW_E_NOMEM; TW_E_UNSUPPORTED for a number that is no compression. */
tw_status tw_codec_compress(tw_compression compression, tw_str plain, tw_buf *out, tw_error *error);

/* Decompression contexts, made when first needed and kept. */
typedef struct tw_codec {
    tw_mem *mem;
    void *zstd, *lz4;
} tw_codec;

void tw_codec_close(tw_codec *codec);
/* Appends to `out` what `packed` holds. TW_E_CORRUPT: it is not whole, or something follows it. TW_E_LIMIT: it holds more than `limit` bytes. */
tw_status tw_codec_decompress(tw_codec *codec, tw_compression compression, tw_str packed, size_t limit, tw_buf *out, tw_error *error);

#endif
