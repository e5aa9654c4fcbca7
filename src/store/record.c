#include "store/record.h"

#include "base/crc.h"

/* Where the fields of a head lie. */
enum { BASE_OFFSET = 0, LENGTH = 8, LEADER_EPOCH = 12, MAGIC = 16, CRC = 17, ATTRIBUTES = 21, LAST_DELTA = 23, BASE_TIME = 27, MAX_TIME = 35 };
enum { PRODUCER_ID = 43, PRODUCER_EPOCH = 51, BASE_SEQUENCE = 53, COUNT = 57, LENGTH_END = 12 };
_Static_assert(COUNT + 4 == TW_RECORD_BATCH_HEAD, "the last field ends the head");

enum { ATTRIBUTE_APPEND_TIME = 8, ATTRIBUTE_TRANSACTIONAL = 16 };

static void put(char *to, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++) to[i] = (char)(v >> (8 * (bytes - 1 - i)));
}

static uint64_t get(const char *from, int bytes) {
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) v = v << 8 | (unsigned char)from[i];
    return v;
}

static void seal(char *batch) {
    size_t length = LENGTH_END + (size_t)get(batch + LENGTH, 4);
    put(batch + CRC, tw_crc32c(0, batch + ATTRIBUTES, length - ATTRIBUTES), 4);
}

/* ---- writing ---- */

void tw_record_writer_begin(tw_record_writer *writer, tw_buf *out, tw_compression compression) {
    *writer = (tw_record_writer){.out = out, .begin = out->length, .compression = compression, .out_failed = out->failed};
    if (tw_buf_reserve(out, TW_RECORD_BATCH_HEAD)) out->length += TW_RECORD_BATCH_HEAD;
}

size_t tw_record_writer_size(const tw_record_writer *writer) { return writer->out->length - writer->begin; }

static uint64_t zigzag(int64_t v) { return (uint64_t)v << 1 ^ (uint64_t)(v >> 63); }
static size_t varint_size(int64_t v) { return (size_t)(63 - __builtin_clzll(zigzag(v) | 1)) / 7 + 1; }

static char *put_varint(char *to, int64_t v) {
    uint64_t z = zigzag(v);
    for (; z >= 0x80; z >>= 7) *to++ = (char)(z | 0x80);
    *to++ = (char)z;
    return to;
}

/* Length (-1: null) and bytes. */
static size_t bytes_size(tw_str bytes, bool null) { return null ? 1 : varint_size((int64_t)bytes.length) + bytes.length; }

static char *put_bytes(char *to, tw_str bytes, bool null) {
    to = put_varint(to, null ? -1 : (int64_t)bytes.length);
    if (null || bytes.length == 0) return to;
    memcpy(to, bytes.data, bytes.length);
    return to + bytes.length;
}

static size_t body_size(const tw_record *r, int64_t time_delta, int64_t offset_delta) {
    size_t size = 1 + varint_size(time_delta) + varint_size(offset_delta) + bytes_size(r->key, r->key_null) + bytes_size(r->value, r->value_null) +
                  varint_size(r->nheaders);
    for (int32_t i = 0; i < r->nheaders; i++)
        size += bytes_size(r->headers[i].key, false) + bytes_size(r->headers[i].value, r->headers[i].value_null);
    return size;
}

void tw_record_writer_add_at(tw_record_writer *writer, const tw_record *record, int32_t offset_delta) {
    if (writer->nrecords == 0 && !writer->base_given) writer->base_timestamp = record->timestamp;
    if (writer->nrecords == 0 || record->timestamp > writer->max_timestamp) writer->max_timestamp = record->timestamp;
    int64_t time_delta = (int64_t)((uint64_t)record->timestamp - (uint64_t)writer->base_timestamp);
    size_t size = body_size(record, time_delta, offset_delta), whole = varint_size((int64_t)size) + size;
    writer->nrecords++;
    writer->last_delta = offset_delta;
    char *to = tw_buf_reserve(writer->out, whole);
    if (!to) return;
    to = put_varint(to, (int64_t)size);
    *to++ = 0;
    to = put_varint(put_varint(to, time_delta), offset_delta);
    to = put_bytes(put_bytes(to, record->key, record->key_null), record->value, record->value_null);
    to = put_varint(to, record->nheaders);
    for (int32_t i = 0; i < record->nheaders; i++) {
        const tw_record_header *h = &record->headers[i];
        to = put_bytes(put_bytes(to, h->key, false), h->value, h->value_null);
    }
    writer->out->length += whole;
}

void tw_record_writer_add(tw_record_writer *writer, const tw_record *record) { tw_record_writer_add_at(writer, record, writer->nrecords); }

static tw_status give_up(tw_record_writer *writer, tw_status status) {
    writer->out->length = writer->begin;
    writer->out->failed = writer->out_failed;
    return status;
}

/* Puts the compressed records in the place of the plain ones, when they are fewer bytes; *attributes says so. */
static tw_status compress(tw_record_writer *writer, tw_buf *scratch, uint64_t *attributes, tw_error *error) {
    tw_buf *out = writer->out;
    size_t records = writer->begin + TW_RECORD_BATCH_HEAD;
    tw_buf_clear(scratch);
    TW_TRY(tw_codec_compress(writer->compression, (tw_str){out->data + records, out->length - records}, scratch, error));
    if (scratch->length >= out->length - records) return TW_OK;
    memcpy(out->data + records, scratch->data, scratch->length);
    out->length = records + scratch->length;
    *attributes |= (uint64_t)writer->compression;
    return TW_OK;
}

/* The head of a batch of `length` bytes that nobody is said to have produced. */
static void put_head(char *head, size_t length, uint64_t attributes, int32_t last_delta, int32_t nrecords) {
    memset(head, 0, TW_RECORD_BATCH_HEAD);
    put(head + LENGTH, length - LENGTH_END, 4);
    head[MAGIC] = 2;
    put(head + ATTRIBUTES, attributes, 2);
    put(head + LAST_DELTA, (uint64_t)last_delta, 4);
    memset(head + PRODUCER_ID, 0xff, COUNT - PRODUCER_ID);
    put(head + COUNT, (uint64_t)nrecords, 4);
}

tw_status tw_record_writer_finish(tw_record_writer *writer, tw_buf *scratch, tw_error *error) {
    tw_buf *out = writer->out;
    uint64_t attributes = 0;
    if (out->failed) return give_up(writer, tw_fail(error, TW_E_NOMEM, "out of memory for a record batch"));
    if (writer->nrecords == 0) return give_up(writer, TW_OK);
    size_t size = out->length - writer->begin;
    if (size > INT32_MAX) return give_up(writer, tw_fail(error, TW_E_LIMIT, "a record batch of %zu bytes is too large", size));
    tw_status status = writer->compression == TW_COMPRESSION_NONE ? TW_OK : compress(writer, scratch, &attributes, error);
    if (status != TW_OK) return give_up(writer, status);
    char *head = out->data + writer->begin;
    put_head(head, out->length - writer->begin, attributes, writer->last_delta, writer->nrecords);
    put(head + BASE_TIME, (uint64_t)writer->base_timestamp, 8);
    put(head + MAX_TIME, (uint64_t)writer->max_timestamp, 8);
    seal(head);
    return TW_OK;
}

void tw_record_batch_empty(char head[TW_RECORD_BATCH_HEAD], int64_t base_offset, int32_t last_delta) {
    put_head(head, TW_RECORD_BATCH_HEAD, 0, last_delta, 0);
    tw_record_batch_place(head, base_offset, 0);
    seal(head);
}

void tw_record_batch_place(char *batch, int64_t base_offset, int32_t leader_epoch) {
    put(batch + BASE_OFFSET, (uint64_t)base_offset, 8);
    put(batch + LEADER_EPOCH, (uint64_t)leader_epoch, 4);
}

void tw_record_batch_sign(char *batch, int64_t producer_id, int16_t producer_epoch, int32_t base_sequence, bool transactional) {
    uint64_t attributes = get(batch + ATTRIBUTES, 2) & ~(uint64_t)ATTRIBUTE_TRANSACTIONAL;
    put(batch + ATTRIBUTES, attributes | (transactional ? ATTRIBUTE_TRANSACTIONAL : 0), 2);
    put(batch + PRODUCER_ID, (uint64_t)producer_id, 8);
    put(batch + PRODUCER_EPOCH, (uint64_t)producer_epoch, 2);
    put(batch + BASE_SEQUENCE, (uint64_t)base_sequence, 4);
    seal(batch);
}

void tw_record_batch_set_append_time(char *batch, int64_t ms) {
    put(batch + ATTRIBUTES, get(batch + ATTRIBUTES, 2) | ATTRIBUTE_APPEND_TIME, 2);
    put(batch + MAX_TIME, (uint64_t)ms, 8);
    seal(batch);
}

void tw_record_batch_stand_in(char *batch, const tw_record_batch *original, int64_t horizon) {
    put(batch + LAST_DELTA, (uint64_t)(original->last_offset - original->base_offset), 4);
    tw_record_batch_place(batch, original->base_offset, original->leader_epoch);
    uint64_t kept = (uint64_t)(original->attributes & ~(7 | TW_RECORD_BATCH_HORIZON)), compression = get(batch + ATTRIBUTES, 2) & 7;
    put(batch + ATTRIBUTES, kept | compression | (horizon >= 0 ? TW_RECORD_BATCH_HORIZON : 0), 2);
    put(batch + PRODUCER_ID, (uint64_t)original->producer_id, 8);
    put(batch + PRODUCER_EPOCH, (uint64_t)(uint16_t)original->producer_epoch, 2);
    put(batch + BASE_SEQUENCE, (uint64_t)(uint32_t)original->base_sequence, 4);
    seal(batch);
}

/* ---- the head, read ---- */

size_t tw_record_batch_length(const char *bytes) {
    int32_t length = (int32_t)get(bytes + LENGTH, 4);
    return length < TW_RECORD_BATCH_HEAD - LENGTH_END ? 0 : (size_t)length + LENGTH_END;
}

static tw_status corrupt(tw_error *error, const char *what, int64_t number) {
    return tw_fail(error, TW_E_CORRUPT, "damaged record batch: %s %lld", what, (long long)number);
}

tw_status tw_record_batch_head(const char *head, tw_record_batch *out, tw_error *error) {
    *out = (tw_record_batch){.bytes = {head, tw_record_batch_length(head)},
                             .base_offset = (int64_t)get(head + BASE_OFFSET, 8),
                             .base_timestamp = (int64_t)get(head + BASE_TIME, 8),
                             .max_timestamp = (int64_t)get(head + MAX_TIME, 8),
                             .producer_id = (int64_t)get(head + PRODUCER_ID, 8),
                             .leader_epoch = (int32_t)get(head + LEADER_EPOCH, 4),
                             .base_sequence = (int32_t)get(head + BASE_SEQUENCE, 4),
                             .nrecords = (int32_t)get(head + COUNT, 4),
                             .producer_epoch = (int16_t)get(head + PRODUCER_EPOCH, 2),
                             .attributes = (int16_t)get(head + ATTRIBUTES, 2)};
    int32_t last_delta = (int32_t)get(head + LAST_DELTA, 4);
    if (out->bytes.length == 0) return corrupt(error, "its length is", (int32_t)get(head + LENGTH, 4));
    if (head[MAGIC] != 2) return corrupt(error, "its format is", head[MAGIC]);
    if (out->base_offset < 0 || out->base_offset > INT64_MAX - INT32_MAX - 1) return corrupt(error, "its offset is", out->base_offset);
    if (out->nrecords < 0) return corrupt(error, "its number of records is", out->nrecords);
    if (last_delta < 0 || last_delta < out->nrecords - 1) return corrupt(error, "its last offset delta is", last_delta);
    if ((out->attributes & 7) > TW_COMPRESSION_ZSTD) return corrupt(error, "its compression is", out->attributes & 7);
    out->last_offset = out->base_offset + last_delta;
    return TW_OK;
}

tw_status tw_record_batch_read(tw_str bytes, tw_record_batch *out, tw_error *error) {
    if (bytes.length < LENGTH_END) return TW_END;
    size_t length = tw_record_batch_length(bytes.data);
    if (length == 0) return corrupt(error, "its length is", (int32_t)get(bytes.data + LENGTH, 4));
    if (bytes.length > MAGIC && bytes.data[MAGIC] != 2) return corrupt(error, "its format is", bytes.data[MAGIC]);
    if (bytes.length < length) return TW_END;
    uint32_t crc = tw_crc32c(0, bytes.data + ATTRIBUTES, length - ATTRIBUTES), stored = (uint32_t)get(bytes.data + CRC, 4);
    if (crc != stored) return tw_fail(error, TW_E_CORRUPT, "damaged record batch: its checksum is %08x, its bytes give %08x", stored, crc);
    return tw_record_batch_head(bytes.data, out, error);
}
