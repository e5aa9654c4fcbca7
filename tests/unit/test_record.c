#include "test.h"

#include <stdlib.h>

#include "base/crc.h"
#include "base/prng.h"
#include "store/record.h"

static tw_mem mem;

/* Segments that Kafka 4.3 wrote for the same three records, produced with each compression by its console producer. */
static const struct {
    const char *name;
    int compression, batches;
    const char *hex;
} KAFKA[] = {
    {"none", 0, 1,
     "00000000000000000000009b0000000002b41966ac000000000002000001a213de7bd1000001a213de7be8000000000000000000000000000000000003260000"
     "00046b310a68656c6c6f0204683104763110002a02046b3201009601002e0401767468652073616d6520776f726473207468652073616d6520776f7264732074"
     "68652073616d6520776f726473207468652073616d6520776f7264730404683104763104683200"},
    {"gzip", 1, 1,
     "000000000000000000000082000000000286099789000100000002000001a213deac7c000001a213deacca0000000000000001000000000000000000031f8b08"
     "000000000000ff5363606060c936e4ca48cdc9c96762c930642933146298c3c8c4926dc4c8308311c864612c2bc94855284ecc4d5528cf2f4a29562085cb0231"
     "9325c38801000c4c29ae6c000000"},
    {"snappy", 2, 2,
     "0000000000000000000000650000000002a786b742000200000001000001a213dedc7a000001a213dedf3200000000000000020000000000000000000282534e"
     "41505059000000000100000001000000201e7426000000046b310a68656c6c6f020468310476311200f00a02046b32010000000000000000020000006c000000"
     "0002d3fcc284000200000000000001a213dedf33000001a213dedf3300000000000000020000000000020000000182534e415050590000000001000000010000"
     "00274d54960100000001767468652073616d6520776f72647320ae0f00280404683104763104683200"},
    {"lz4", 3, 1,
     "00000000000000000000008600000000028b900673000300000002000001a213df0740000001a213df0a3500000000000000030000000000000000000304224d"
     "1860408246000000ff2626000000046b310a68656c6c6f020468310476311200e80b02046b320100980100ea0b0401767468652073616d6520776f726473200f"
     "0019b0040468310476310468320000000000"},
    {"zstd", 4, 1,
     "00000000000000000000008200000000023096a08d000400000002000001a213df3d77000001a213df3f4d00000000000000040000000000000000000328b52f"
     "fd00582c0200a40326000000046b310a68656c6c6f020468310476311200aa0702046b320100980100ac070401767468652073616d6520776f72647320040468"
     "3200020057184425e68402010000"},
};

static tw_str unhex(const char *hex, char *out) {
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) out[i] = (char)strtol((char[]){hex[2 * i], hex[2 * i + 1], 0}, NULL, 16);
    return (tw_str){out, n};
}

static void assert_str(tw_str got, const char *expected) {
    assert_int_equal(got.length, strlen(expected));
    assert_memory_equal(got.data, expected, got.length);
}

#define WORDS "the same words the same words the same words the same words"

static void check_kafka_record(const tw_record *r, int64_t number) {
    assert_int_equal(r->offset, number);
    assert_true(r->timestamp > 1700000000000 && r->timestamp < 1900000000000);
    if (number == 0) {
        assert_str(r->key, "k1");
        assert_str(r->value, "hello");
        assert_int_equal(r->nheaders, 1);
        assert_str(r->headers[0].key, "h1");
        assert_str(r->headers[0].value, "v1");
    } else if (number == 1) {
        assert_str(r->key, "k2");
        assert_true(r->value_null && !r->key_null && r->nheaders == 0);
    } else {
        assert_true(r->key_null && !r->value_null);
        assert_str(r->value, WORDS);
        assert_int_equal(r->nheaders, 2);
        assert_str(r->headers[1].key, "h2");
        assert_int_equal(r->headers[1].value.length, 0);
    }
}

static void test_batches_of_kafka(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof KAFKA / sizeof *KAFKA; k++) {
        char raw[1024];
        tw_str rest = unhex(KAFKA[k].hex, raw);
        tw_record_reader reader;
        tw_error error = {0};
        int64_t records = 0;
        int batches = 0;
        tw_record_reader_init(&reader, &mem);
        for (; rest.length; batches++) {
            tw_record_batch batch;
            tw_record record;
            assert_int_equal(tw_record_batch_read(rest, &batch, &error), TW_OK);
            assert_int_equal(tw_record_batch_compression(&batch), KAFKA[k].compression);
            assert_int_equal(batch.base_offset, records);
            assert_int_equal(batch.producer_id, KAFKA[k].compression);
            assert_int_equal(tw_record_reader_begin(&reader, &batch, 4096, &error), TW_OK);
            while (tw_record_reader_next(&reader, &record, &error) == TW_OK) check_kafka_record(&record, records++);
            assert_int_equal(records, batch.last_offset + 1);
            assert_int_equal(error.status, TW_OK);
            rest = (tw_str){rest.data + batch.bytes.length, rest.length - batch.bytes.length};
        }
        assert_int_equal(records, 3);
        assert_int_equal(batches, KAFKA[k].batches);
        tw_record_reader_close(&reader);
        assert_int_equal(mem.used, 0);
    }
}

/* What Kafka wrote uncompressed, written by our writer: the same bytes. */
static void test_writer_gives_the_same_bytes(void **state) {
    (void)state;
    char raw[1024];
    tw_str kafka = unhex(KAFKA[0].hex, raw);
    tw_record_batch batch;
    tw_record_reader reader;
    tw_record_writer writer;
    tw_record record;
    tw_buf out, scratch;
    tw_record_reader_init(&reader, &mem);
    tw_buf_init(&out, &mem, 0);
    tw_buf_init(&scratch, &mem, 0);
    assert_int_equal(tw_record_batch_read(kafka, &batch, NULL), TW_OK);
    assert_int_equal(tw_record_reader_begin(&reader, &batch, 4096, NULL), TW_OK);
    tw_buf_text(&out, "before");
    tw_record_writer_begin(&writer, &out, TW_COMPRESSION_NONE);
    while (tw_record_reader_next(&reader, &record, NULL) == TW_OK) tw_record_writer_add(&writer, &record);
    assert_int_equal(tw_record_writer_finish(&writer, &scratch, NULL), TW_OK);
    tw_record_batch_sign(out.data + 6, 0, 0, 0, false);
    assert_int_equal(out.length, 6 + kafka.length);
    assert_memory_equal(out.data + 6, kafka.data, kafka.length);
    tw_record_reader_close(&reader);
    tw_buf_free(&out);
    tw_buf_free(&scratch);
}

/* A record of each odd kind, by number. */
static tw_record odd_record(int i, tw_record_header *headers) {
    static const char zeros[300];
    static const int64_t times[] = {1000, 0, -5, INT64_MAX, INT64_MIN, 1000};
    tw_record r = {.timestamp = times[i % 6], .key = {zeros, (size_t)(i % 5) * 70}, .value = {zeros, (size_t)i % 7 * 40}};
    r.key_null = i % 5 == 1;
    r.value_null = i % 7 == 2;
    for (; r.nheaders < i % 4; r.nheaders++) headers[r.nheaders] = (tw_record_header){TW_STR("h\0h"), {zeros, (size_t)i % 3}, i % 3 == 2};
    r.headers = headers;
    return r;
}

static void same_record(const tw_record *got, const tw_record *want, int64_t offset) {
    assert_int_equal(got->offset, offset);
    assert_true(got->timestamp == want->timestamp && got->key_null == want->key_null && got->value_null == want->value_null);
    if (!want->key_null) assert_true(tw_str_equal(got->key, want->key));
    if (!want->value_null) assert_true(tw_str_equal(got->value, want->value));
    assert_int_equal(got->nheaders, want->nheaders);
    for (int i = 0; i < want->nheaders; i++) {
        assert_true(tw_str_equal(got->headers[i].key, want->headers[i].key) && got->headers[i].value_null == want->headers[i].value_null);
        if (!want->headers[i].value_null) assert_true(tw_str_equal(got->headers[i].value, want->headers[i].value));
    }
}

static tw_status write_odd(tw_buf *out, int count, tw_compression compression, tw_error *error) {
    tw_buf scratch;
    tw_record_writer writer;
    tw_buf_init(&scratch, &mem, 0);
    tw_record_writer_begin(&writer, out, compression);
    for (int i = 0; i < count; i++) {
        tw_record_header headers[4];
        tw_record record = odd_record(i, headers);
        tw_record_writer_add(&writer, &record);
    }
    tw_status status = tw_record_writer_finish(&writer, &scratch, error);
    tw_buf_free(&scratch);
    return status;
}

static tw_status read_odd(tw_str bytes, int count, int64_t offset, tw_error *error) {
    tw_record_batch batch;
    tw_record_reader reader;
    tw_record record;
    int i = 0;
    tw_record_reader_init(&reader, &mem);
    tw_status status = tw_record_batch_read(bytes, &batch, error);
    if (status == TW_OK) status = tw_record_reader_begin(&reader, &batch, 1 << 24, error);
    while (status == TW_OK && (status = tw_record_reader_next(&reader, &record, error)) == TW_OK) {
        tw_record_header headers[4];
        tw_record want = odd_record(i, headers);
        same_record(&record, &want, offset + i++);
    }
    if (status == TW_END) assert_int_equal(i, count);
    tw_record_reader_close(&reader);
    return status;
}

static void test_round_trips(void **state) {
    (void)state;
    for (int compression = 0; compression <= TW_COMPRESSION_ZSTD; compression++)
        for (int count = 1; count < 5000; count = count * 5 + 1) {
            tw_buf out;
            tw_error error = {0};
            tw_buf_init(&out, &mem, 0);
            assert_int_equal(write_odd(&out, count, (tw_compression)compression, &error), TW_OK);
            tw_record_batch_place(out.data, INT64_C(1) << 40, 3);
            assert_int_equal(read_odd((tw_str){out.data, out.length}, count, INT64_C(1) << 40, &error), TW_END);
            if (count > 100) assert_int_equal(out.data[22] & 7, compression);
            tw_buf_free(&out);
            assert_int_equal(mem.used, 0);
        }
}

static void test_no_records_no_batch(void **state) {
    (void)state;
    tw_buf out;
    tw_buf_init(&out, &mem, 0);
    tw_buf_text(&out, "before");
    assert_int_equal(write_odd(&out, 0, TW_COMPRESSION_ZSTD, NULL), TW_OK);
    assert_int_equal(out.length, 6);
    tw_buf_free(&out);
}

static void test_signed_and_stamped(void **state) {
    (void)state;
    tw_buf out;
    tw_record_batch batch;
    tw_buf_init(&out, &mem, 0);
    assert_int_equal(write_odd(&out, 5, TW_COMPRESSION_NONE, NULL), TW_OK);
    tw_record_batch_sign(out.data, 1234567890123, 7, 42, true);
    tw_record_batch_set_append_time(out.data, 77);
    assert_int_equal(tw_record_batch_read((tw_str){out.data, out.length}, &batch, NULL), TW_OK);
    assert_true(batch.producer_id == 1234567890123 && batch.producer_epoch == 7 && batch.base_sequence == 42);
    assert_true(tw_record_batch_transactional(&batch) && tw_record_batch_append_time(&batch) && !tw_record_batch_control(&batch));
    tw_record_reader reader;
    tw_record record;
    tw_record_reader_init(&reader, &mem);
    assert_int_equal(tw_record_reader_begin(&reader, &batch, 4096, NULL), TW_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(tw_record_reader_next(&reader, &record, NULL), TW_OK);
        assert_int_equal(record.timestamp, 77);
    }
    tw_record_reader_close(&reader);
    tw_buf_free(&out);
}

static void seal(char *batch, size_t length) {
    uint32_t crc = tw_crc32c(0, batch + 21, length - 21);
    for (int i = 0; i < 4; i++) batch[17 + i] = (char)(crc >> (24 - 8 * i));
}

/* Any one byte changed is seen, as is any cut. */
static void test_damage_is_seen(void **state) {
    (void)state;
    tw_buf out;
    tw_buf_init(&out, &mem, 0);
    assert_int_equal(write_odd(&out, 6, TW_COMPRESSION_NONE, NULL), TW_OK);
    for (size_t i = 8; i < out.length; i++) {
        if (i >= 12 && i < 16) continue; /* the leader epoch is under no checksum */
        tw_record_batch batch;
        tw_error error = {0};
        out.data[i] ^= 1;
        tw_status status = tw_record_batch_read((tw_str){out.data, out.length}, &batch, &error);
        assert_true(status == TW_E_CORRUPT ? error.message[0] != 0 : status == TW_END && i < 12);
        out.data[i] ^= 1;
        assert_int_equal(tw_record_batch_read((tw_str){out.data, i}, &batch, &error), TW_END);
    }
    tw_buf_free(&out);
}

/* Changed bytes under a checksum that fits: never a crash, nothing read outside (the copy has just its size), and TW_E_CORRUPT for most. */
static void test_damage_under_a_good_checksum(void **state) {
    (void)state;
    tw_prng prng = {5};
    int corrupt = 0, rounds = 0;
    for (int compression = 0; compression <= TW_COMPRESSION_ZSTD; compression++)
        for (int round = 0; round < 400; round++, rounds++) {
            tw_buf out;
            tw_record_batch batch;
            tw_record record;
            tw_record_reader reader;
            tw_error error = {0};
            tw_buf_init(&out, &mem, 0);
            tw_record_reader_init(&reader, &mem);
            assert_int_equal(write_odd(&out, 40, (tw_compression)compression, NULL), TW_OK);
            char *copy = malloc(out.length);
            memcpy(copy, out.data, out.length);
            for (int i = 0; i < 3; i++) copy[21 + tw_prng_next(&prng) % (out.length - 21)] = (char)tw_prng_next(&prng);
            seal(copy, out.length);
            tw_status status = tw_record_batch_read((tw_str){copy, out.length}, &batch, &error);
            if (status == TW_OK) status = tw_record_reader_begin(&reader, &batch, 1 << 20, &error);
            while (status == TW_OK) status = tw_record_reader_next(&reader, &record, &error);
            assert_true(status == TW_END || (error.status == status && error.message[0]));
            corrupt += status == TW_E_CORRUPT;
            free(copy);
            tw_record_reader_close(&reader);
            tw_buf_free(&out);
        }
    assert_true(corrupt > rounds / 2);
    assert_int_equal(mem.used, 0);
}

/* 16 MiB of zeros in a few KiB: stopped at the limit, not far beyond it in memory. */
static void test_bombs(void **state) {
    (void)state;
    enum { SIZE = 16 << 20 };
    char *zeros = calloc(1, SIZE);
    for (int compression = TW_COMPRESSION_GZIP; compression <= TW_COMPRESSION_ZSTD; compression++) {
        tw_buf out, scratch;
        tw_record_writer writer;
        tw_record_batch batch;
        tw_record_reader reader;
        tw_error error = {0};
        tw_buf_init(&out, &mem, 0);
        tw_buf_init(&scratch, &mem, 0);
        tw_record_writer_begin(&writer, &out, (tw_compression)compression);
        tw_record_writer_add(&writer, &(tw_record){.value = {zeros, SIZE}});
        assert_int_equal(tw_record_writer_finish(&writer, &scratch, &error), TW_OK);
        tw_buf_free(&scratch);
        assert_true(out.length < SIZE / 10);
        assert_int_equal(tw_record_batch_read((tw_str){out.data, out.length}, &batch, &error), TW_OK);
        tw_record_reader_init(&reader, &mem);
        assert_int_equal(tw_record_reader_begin(&reader, &batch, 100000, &error), TW_E_LIMIT);
        assert_true(reader.plain.capacity < 400000);
        assert_int_equal(tw_record_reader_begin(&reader, &batch, SIZE + 100, &error), TW_OK);
        tw_record_reader_close(&reader);
        tw_buf_free(&out);
    }
    free(zeros);
}

/* Heads that no writer makes, under a good checksum. */
static void test_heads_that_cannot_be(void **state) {
    (void)state;
    static const struct {
        int at;
        unsigned char value;
    } bad[] = {{0, 0x80}, {16, 1}, {22, 5}, {23, 0x80}, {26, 1}, {57, 0x80}, {60, 200}};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        tw_buf out;
        tw_record_batch batch;
        tw_error error = {0};
        tw_buf_init(&out, &mem, 0);
        assert_int_equal(write_odd(&out, 3, TW_COMPRESSION_NONE, NULL), TW_OK);
        out.data[bad[k].at] = (char)bad[k].value;
        seal(out.data, out.length);
        assert_int_equal(tw_record_batch_read((tw_str){out.data, out.length}, &batch, &error), TW_E_CORRUPT);
        tw_buf_free(&out);
    }
    char head[12] = {[11] = 48};
    assert_int_equal(tw_record_batch_length(head), 0);
    head[8] = (char)0xff;
    assert_int_equal(tw_record_batch_length(head), 0);
}

/* Bytes too many, in a record or behind the last, under a good checksum. */
static void test_bytes_left_over(void **state) {
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        tw_buf out, scratch;
        tw_record_writer writer;
        tw_record_batch batch;
        tw_record_reader reader;
        tw_record record = {.nheaders = 1, .headers = &(tw_record_header){{"", 0}, {"", 0}, false}};
        tw_error error = {0};
        tw_buf_init(&out, &mem, 0);
        tw_buf_init(&scratch, &mem, 0);
        tw_record_writer_begin(&writer, &out, TW_COMPRESSION_NONE);
        for (int i = 0; i < 2; i++) tw_record_writer_add(&writer, &record);
        assert_int_equal(tw_record_writer_finish(&writer, &scratch, &error), TW_OK);
        if (kind == 1) out.data[out.length - 3] = 0; /* the last record has no header, but its bytes are there */
        if (kind == 2) out.data[60] = 1;             /* one record, but two are there */
        seal(out.data, out.length);
        tw_record_reader_init(&reader, &mem);
        assert_int_equal(tw_record_batch_read((tw_str){out.data, out.length}, &batch, &error), TW_OK);
        assert_int_equal(tw_record_reader_begin(&reader, &batch, 4096, &error), TW_OK);
        assert_int_equal(tw_record_reader_next(&reader, &record, &error), TW_OK);
        if (kind == 0) assert_int_equal(tw_record_reader_next(&reader, &record, &error), TW_OK);
        assert_int_equal(tw_record_reader_next(&reader, &record, &error), kind ? TW_E_CORRUPT : TW_END);
        tw_record_reader_close(&reader);
        tw_buf_free(&out);
        tw_buf_free(&scratch);
    }
}

static void test_every_allocation_can_fail(void **state) {
    (void)state;
    for (int compression = 0; compression <= TW_COMPRESSION_ZSTD; compression++)
        for (int64_t n = 1;; n++) {
            tw_buf out;
            tw_error error = {0};
            tw_buf_init(&out, &mem, 0);
            mem.fail_at = n;
            tw_status status = write_odd(&out, 300, (tw_compression)compression, &error);
            if (status != TW_OK) assert_int_equal(out.length, 0);
            if (status == TW_OK) status = read_odd((tw_str){out.data, out.length}, 300, 0, &error);
            bool over = mem.fail_at > 0;
            mem.fail_at = 0;
            tw_buf_free(&out);
            assert_int_equal(mem.used, 0);
            if (over) {
                assert_int_equal(status, TW_END);
                break;
            }
            assert_true(status == TW_E_NOMEM || status == TW_END); /* zstd may do without some */
            assert_true(n < 1000);
        }
}

int main(void) {
    tw_mem_init(&mem, NULL, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_of_kafka),
        cmocka_unit_test(test_writer_gives_the_same_bytes),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_no_records_no_batch),
        cmocka_unit_test(test_signed_and_stamped),
        cmocka_unit_test(test_damage_is_seen),
        cmocka_unit_test(test_damage_under_a_good_checksum),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_heads_that_cannot_be),
        cmocka_unit_test(test_bytes_left_over),
        cmocka_unit_test(test_every_allocation_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
