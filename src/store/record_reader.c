/* The records of a batch. A record is taken apart strictly within its length, and must fill it: whatever is wrong, nothing is read outside. */
#include "store/record.h"

/* The least that a record is: its length and six fields of a byte. */
enum { RECORD_LEAST = 7 };

void tw_record_reader_init(tw_record_reader *reader, tw_mem *mem) {
    *reader = (tw_record_reader){.mem = mem, .codec = {.mem = mem}};
    tw_buf_init(&reader->plain, mem, 0);
}

void tw_record_reader_close(tw_record_reader *reader) {
    tw_buf_free(&reader->plain);
    tw_free(reader->mem, reader->headers, sizeof *reader->headers * (size_t)reader->headers_room);
    tw_codec_close(&reader->codec);
}

static tw_status corrupt(const tw_record_reader *reader, const char *what, tw_error *error) {
    return tw_fail(error, TW_E_CORRUPT, "damaged record batch at offset %lld: record %d of %d: %s", (long long)reader->batch.base_offset,
                   reader->batch.nrecords - reader->left, reader->batch.nrecords, what);
}

tw_status tw_record_reader_begin(tw_record_reader *reader, const tw_record_batch *batch, size_t limit, tw_error *error) {
    tw_str records = {batch->bytes.data + TW_RECORD_BATCH_HEAD, batch->bytes.length - TW_RECORD_BATCH_HEAD};
    reader->batch = *batch;
    reader->left = 0;
    reader->next = reader->end = records.data;
    tw_buf_clear(&reader->plain);
    if (tw_record_batch_compression(batch) != TW_COMPRESSION_NONE && batch->nrecords > 0) {
        TW_TRY(tw_codec_decompress(&reader->codec, tw_record_batch_compression(batch), records, limit, &reader->plain, error));
        records = (tw_str){reader->plain.data, reader->plain.length};
    }
    if (records.length > limit) return tw_fail(error, TW_E_LIMIT, "a record batch holds more than %zu bytes", limit);
    if ((size_t)batch->nrecords > records.length / RECORD_LEAST) return corrupt(reader, "there is no room for so many", error);
    if (batch->nrecords == 0 && records.length > 0) return corrupt(reader, "bytes without a record", error);
    reader->next = records.data;
    reader->end = records.data + records.length;
    reader->left = batch->nrecords;
    return TW_OK;
}

/* A zig-zag varint of at most 64 bits; false: it does not end, or not in `bits`. */
static bool varint(const char **p, const char *end, int bits, int64_t *out) {
    uint64_t v = 0;
    for (int shift = 0; shift < bits && *p < end; shift += 7) {
        uint64_t byte = (unsigned char)*(*p)++;
        v |= (byte & 0x7f) << shift;
        if (byte & 0x80) continue;
        if (shift + 7 > bits && byte >> (bits - shift)) return false;
        *out = (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
        return true;
    }
    return false;
}

/* Length and bytes; length -1 is NULL, where `least` allows it. */
static bool bytes(const char **p, const char *end, int64_t least, tw_str *out, bool *null) {
    int64_t length;
    if (!varint(p, end, 32, &length) || length > end - *p || length < least) return false;
    *null = length < 0;
    *out = (tw_str){*p, length < 0 ? 0 : (size_t)length};
    *p += out->length;
    return true;
}

static tw_status headers(tw_record_reader *reader, const char **p, const char *end, int64_t count, tw_error *error) {
    if (count < 0 || count > (end - *p) / 2) return corrupt(reader, "its number of headers is not possible", error);
    if (count > reader->headers_room) {
        size_t old = sizeof *reader->headers * (size_t)reader->headers_room, size = sizeof *reader->headers * (size_t)count;
        tw_record_header *more = tw_realloc(reader->mem, reader->headers, old, size);
        if (!more) return tw_fail(error, TW_E_NOMEM, "out of memory for the headers of a record");
        reader->headers = more;
        reader->headers_room = (int32_t)count;
    }
    for (int64_t i = 0; i < count; i++) {
        tw_record_header *h = &reader->headers[i];
        bool never;
        if (!bytes(p, end, 0, &h->key, &never) || !bytes(p, end, -1, &h->value, &h->value_null))
            return corrupt(reader, "a header does not fit", error);
    }
    return TW_OK;
}

tw_status tw_record_reader_next(tw_record_reader *reader, tw_record *out, tw_error *error) {
    const tw_record_batch *batch = &reader->batch;
    int64_t length, time_delta, offset_delta, count;
    if (reader->left == 0) return reader->next == reader->end ? TW_END : corrupt(reader, "bytes follow the last", error);
    const char *p = reader->next;
    if (!varint(&p, reader->end, 32, &length) || length < RECORD_LEAST - 1 || length > reader->end - p)
        return corrupt(reader, "its length does not fit", error);
    const char *end = p + length;
    p++; /* attributes: none is defined */
    if (!varint(&p, end, 64, &time_delta) || !varint(&p, end, 32, &offset_delta)) return corrupt(reader, "a number does not end", error);
    if (offset_delta < 0 || offset_delta > batch->last_offset - batch->base_offset)
        return corrupt(reader, "its offset is outside of the batch", error);
    if (!bytes(&p, end, -1, &out->key, &out->key_null)) return corrupt(reader, "its key does not fit", error);
    if (!bytes(&p, end, -1, &out->value, &out->value_null)) return corrupt(reader, "its value does not fit", error);
    if (!varint(&p, end, 32, &count)) return corrupt(reader, "a number does not end", error);
    TW_TRY(headers(reader, &p, end, count, error));
    if (p != end) return corrupt(reader, "bytes follow its headers", error);
    out->offset = batch->base_offset + offset_delta;
    out->timestamp = tw_record_batch_append_time(batch) ? batch->max_timestamp : (int64_t)((uint64_t)batch->base_timestamp + (uint64_t)time_delta);
    out->headers = reader->headers;
    out->nheaders = (int32_t)count;
    reader->next = end;
    reader->left--;
    return TW_OK;
}
