/* What a partition holds, for tests. */
#ifndef TW_TESTS_UNIT_TOPIC_TEST_H
#define TW_TESTS_UNIT_TOPIC_TEST_H

#include "store/topic.h"
#include "test.h"

/* Appends the value of every visible record, and `end` behind each. */
static inline void topic_values(tw_log *log, char end, tw_buf *out) {
    tw_buf bytes;
    tw_record_reader reader;
    tw_mem mem;
    tw_error error;
    tw_mem_init(&mem, NULL, 0);
    tw_buf_init(&bytes, &mem, 0);
    tw_record_reader_init(&reader, &mem);
    for (int64_t offset = tw_log_start(log); offset < tw_log_end(log);) {
        tw_buf_clear(&bytes);
        assert_int_equal(tw_log_read(log, offset, INT64_MAX, 1 << 20, &bytes, &error), TW_OK);
        for (size_t at = 0; at < bytes.length;) {
            tw_record_batch batch;
            tw_record record;
            assert_int_equal(tw_record_batch_read((tw_str){bytes.data + at, bytes.length - at}, &batch, &error), TW_OK);
            assert_int_equal(tw_record_reader_begin(&reader, &batch, 1 << 20, &error), TW_OK);
            while (tw_record_reader_next(&reader, &record, &error) == TW_OK) {
                tw_buf_str(out, record.value);
                tw_buf_byte(out, end);
            }
            at += batch.bytes.length;
            offset = batch.last_offset + 1;
        }
    }
    assert_false(out->failed);
    tw_record_reader_close(&reader);
    tw_buf_free(&bytes);
    assert_int_equal(mem.used, 0);
}

#endif
