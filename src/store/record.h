/* Kafka's record batches, format v2: the bytes of a partition, on disk and on the wire.
 *
 *     offset size  (big-endian)
 *          0    8  base offset: given when the batch is appended
 *          8    4  bytes that follow this field
 *         12    4  partition leader epoch
 *         16    1  magic, 2
 *         17    4  CRC-32C of everything from 21 on
 *         21    2  attributes: bits 0-2 compression (0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd), 3 timestamp type (1: log append time),
 *                  4 transactional, 5 control, 6 the base timestamp is when compaction may drop the batch's tombstones
 *         23    4  last offset delta
 *         27    8  base timestamp, ms
 *         35    8  greatest timestamp, ms
 *         43    8  producer id, -1: none
 *         51    2  producer epoch, -1: none
 *         53    4  base sequence, -1: none
 *         57    4  number of records
 *         61       records, compressed as one (store/codec.h), each:
 *                  varint  length of what follows (all varints zig-zag)
 *                  i8      attributes, 0
 *                  varlong timestamp delta, varint offset delta
 *                  varint  key length (-1: null), key; varint value length (-1: null: a tombstone), value
 *                  varint  number of headers, each: varint key length, key, varint value length (-1: null), value
 *
 * Base offset and leader epoch stand in front of what the CRC covers, so that a batch is given its place without being touched otherwise. */
#ifndef TW_STORE_RECORD_H
#define TW_STORE_RECORD_H

#include "store/codec.h"

enum { TW_RECORD_BATCH_HEAD = 61, TW_RECORD_BATCH_HORIZON = 64 /* attribute */ };

typedef struct tw_record_header {
    tw_str key, value;
    bool value_null;
} tw_record_header;

typedef struct tw_record {
    int64_t offset;
    int64_t timestamp; /* ms since 1970, UTC */
    tw_str key, value;
    bool key_null, value_null; /* value_null: a tombstone */
    const tw_record_header *headers;
    int32_t nheaders;
} tw_record;

/* What a batch says of itself; `bytes` is the whole of it. */
typedef struct tw_record_batch {
    tw_str bytes;
    int64_t base_offset, last_offset;
    int64_t base_timestamp, max_timestamp;
    int64_t producer_id;
    int32_t leader_epoch, base_sequence, nrecords;
    int16_t producer_epoch, attributes;
} tw_record_batch;

static inline tw_compression tw_record_batch_compression(const tw_record_batch *batch) { return (tw_compression)(batch->attributes & 7); }
static inline bool tw_record_batch_append_time(const tw_record_batch *batch) { return batch->attributes & 8; }
static inline bool tw_record_batch_transactional(const tw_record_batch *batch) { return batch->attributes & 16; }
static inline bool tw_record_batch_control(const tw_record_batch *batch) { return batch->attributes & 32; }
static inline bool tw_record_batch_horizon(const tw_record_batch *batch) { return batch->attributes & TW_RECORD_BATCH_HORIZON; }

/* ---- writing ---- */

/* Puts one batch together behind what `out` has. Records are added in order; offsets are deltas from 0 until the batch is placed. */
typedef struct tw_record_writer {
    tw_buf *out;
    size_t begin; /* of the batch in `out` */
    tw_compression compression;
    int64_t base_timestamp, max_timestamp;
    int32_t nrecords, last_delta;
    bool base_given; /* base_timestamp is the caller's, not the first record's */
    bool out_failed; /* already at begin */
} tw_record_writer;

void tw_record_writer_begin(tw_record_writer *writer, tw_buf *out, tw_compression compression);
/* Size of the batch so far, uncompressed. */
size_t tw_record_writer_size(const tw_record_writer *writer);
void tw_record_writer_add(tw_record_writer *writer, const tw_record *record); /* record->offset is not read */
/* For compaction, which keeps gaps: offset_delta grows. */
void tw_record_writer_add_at(tw_record_writer *writer, const tw_record *record, int32_t offset_delta);
/* Compresses (when that makes it smaller), fills in the head and the CRC. `scratch` is cleared and used. A batch without records leaves nothing behind.
 * TW_E_NOMEM, TW_E_LIMIT (over INT32_MAX bytes): `out` is as it was before begin. */
tw_status tw_record_writer_finish(tw_record_writer *writer, tw_buf *scratch, tw_error *error);
/* Gives a checked batch its place. */
void tw_record_batch_place(char *batch, int64_t base_offset, int32_t leader_epoch);
/* The log's time instead of the producer's, for every record. Recomputes the CRC. */
void tw_record_batch_set_append_time(char *batch, int64_t ms);
/* A finished batch with some records of `original` takes its offsets, attributes and producer. `horizon` >= 0: its base timestamp, which the writer was
 * given (base_given), is when compaction may drop its tombstones. */
void tw_record_batch_stand_in(char *batch, const tw_record_batch *original, int64_t horizon);
/* Says who produced it: idempotent and transactional producers. Recomputes the CRC. */
void tw_record_batch_sign(char *batch, int64_t producer_id, int16_t producer_epoch, int32_t base_sequence, bool transactional);

/* A whole batch without records, which holds the place of offsets that have none. */
void tw_record_batch_empty(char head[TW_RECORD_BATCH_HEAD], int64_t base_offset, int32_t last_delta);

/* ---- reading ---- */

/* Length of the batch that begins at `bytes`, which has at least 12; 0: not a length that a batch can have. */
size_t tw_record_batch_length(const char *bytes);
/* Reads and checks the head alone, 61 bytes: not the CRC. */
tw_status tw_record_batch_head(const char *head, tw_record_batch *out, tw_error *error);
/* Reads the head and checks length, magic and CRC. TW_E_CORRUPT says what is wrong; TW_END: `bytes` holds less than the batch. */
tw_status tw_record_batch_read(tw_str bytes, tw_record_batch *out, tw_error *error);

/* The records of one checked batch. What a record points to is the batch's bytes or, when it was compressed, `plain`: good until the reader is used for
 * another batch. Reused, so that a scan allocates nothing after a while. */
typedef struct tw_record_reader {
    tw_mem *mem;
    tw_buf plain;
    tw_record_batch batch;
    const char *next, *end;
    int32_t left; /* records still to come */
    tw_record_header *headers;
    int32_t headers_room;
    tw_codec codec;
} tw_record_reader;

void tw_record_reader_init(tw_record_reader *reader, tw_mem *mem);
void tw_record_reader_close(tw_record_reader *reader);
/* At most `limit` bytes uncompressed (TW_E_LIMIT). After a failure there are no records to read. */
tw_status tw_record_reader_begin(tw_record_reader *reader, const tw_record_batch *batch, size_t limit, tw_error *error);
/* TW_OK, TW_END, or TW_E_CORRUPT. */
tw_status tw_record_reader_next(tw_record_reader *reader, tw_record *out, tw_error *error);

#endif
