/* For the tests of partitions: one in a temporary folder, on a simulated clock, with its state kept as the catalog would. */
#ifndef TW_TESTS_UNIT_LOG_TEST_H
#define TW_TESTS_UNIT_LOG_TEST_H

#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "store/log.h"

typedef struct log_test {
    tw_mem mem;
    tw_os os;
    char folder[64];
    tw_log_config config;
    tw_log_state state;
    tw_log *log;
    tw_error error;
} log_test;

enum { NOW = 1000000 };

static inline void log_test_init(log_test *t) {
    *t = (log_test){0};
    tw_mem_init(&t->mem, NULL, 0);
    tw_mem_share(&t->mem);
    tw_os_simulated(&t->os, NOW);
    strcpy(t->folder, "/tmp/tw_log_XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    tw_log_config_default(&t->config);
}

static inline tw_status log_test_open(log_test *t) { return tw_log_open(&t->mem, &t->os, t->folder, &t->config, &t->state, &t->log, &t->error); }

static inline void log_test_close(log_test *t) {
    tw_log_close(t->log);
    t->log = NULL;
}

static inline void log_test_reopen(log_test *t) {
    log_test_close(t);
    assert_int_equal(log_test_open(t), TW_OK);
}

static inline void log_test_done(log_test *t) {
    char command[96];
    log_test_close(t);
    assert_int_equal(t->mem.used, 0);
    snprintf(command, sizeof command, "rm -r %s", t->folder);
    assert_int_equal(system(command), 0);
}

static inline tw_status log_test_commit(log_test *t) {
    tw_status status = tw_log_sync(t->log, &t->error);
    if (status != TW_OK) return status;
    tw_log_pending_state(t->log, &t->state);
    tw_log_committed(t->log);
    return TW_OK;
}

/* A batch of `count` records of time `ms`: keys "k<first + i>" (modulo `keys`, when that is not 0), values of `size` bytes that begin with the number. */
static inline tw_status log_test_append(log_test *t, int first, int count, int keys, size_t size, int64_t ms) {
    tw_buf out, scratch;
    tw_record_writer writer;
    int64_t offset;
    tw_buf_init(&out, &t->mem, 0);
    tw_buf_init(&scratch, &t->mem, 0);
    char *value = calloc(1, size + 32);
    tw_record_writer_begin(&writer, &out, TW_COMPRESSION_NONE);
    for (int i = first; i < first + count; i++) {
        char key[32];
        int key_length = snprintf(key, sizeof key, "k%d", keys ? i % keys : i);
        snprintf(value, size + 32, "%d", i);
        tw_record_writer_add(&writer, &(tw_record){.timestamp = ms, .key = {key, (size_t)key_length}, .value = {value, size + 16}});
    }
    tw_status status = tw_record_writer_finish(&writer, &scratch, &t->error);
    if (status == TW_OK) status = tw_log_append(t->log, out.data, out.length, &offset, &t->error);
    free(value);
    tw_buf_free(&out);
    tw_buf_free(&scratch);
    return status;
}

/* Calls `each` for the records from `offset` to the end; returns what ended it: TW_END when all were read. */
typedef void (*log_test_each)(void *context, const tw_record *record);
static inline tw_status log_test_read(log_test *t, int64_t offset, size_t max, log_test_each each, void *context, tw_error *error) {
    tw_buf bytes;
    tw_record_reader reader;
    tw_status status = TW_OK;
    tw_buf_init(&bytes, &t->mem, 0);
    tw_record_reader_init(&reader, &t->mem);
    while (status == TW_OK) {
        tw_buf_clear(&bytes);
        status = tw_log_read(t->log, offset, INT64_MAX, max, &bytes, error);
        for (size_t at = 0; status == TW_OK && at < bytes.length;) {
            tw_record_batch batch;
            tw_record record;
            status = tw_record_batch_read((tw_str){bytes.data + at, bytes.length - at}, &batch, error);
            if (status == TW_OK) status = tw_record_reader_begin(&reader, &batch, 1 << 26, error);
            while (status == TW_OK && (status = tw_record_reader_next(&reader, &record, error)) == TW_OK)
                if (record.offset >= offset) each(context, &record);
            if (status != TW_END) break;
            status = TW_OK;
            at += batch.bytes.length;
            offset = batch.last_offset + 1;
        }
    }
    tw_buf_free(&bytes);
    tw_record_reader_close(&reader);
    return status;
}

/* From here on no file gets longer than `bytes`, as if the disk were full; 0: it is not any more. */
static inline void log_test_fill_disk(size_t bytes) {
    static struct rlimit old;
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    if (bytes) getrlimit(RLIMIT_FSIZE, &old);
    limit = old;
    if (bytes) limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

typedef struct log_test_count {
    int64_t next, records;
} log_test_count;

/* Records without gaps, whose values begin with their offsets. */
static inline void log_test_in_order(void *context, const tw_record *record) {
    log_test_count *c = context;
    assert_int_equal(record->offset, c->next++);
    assert_int_equal(atoll(record->value.data), record->offset);
    c->records++;
}

static inline void log_test_expect(log_test *t, int64_t from, int64_t to, size_t max) {
    log_test_count c = {from, 0};
    assert_int_equal(log_test_read(t, from, max, log_test_in_order, &c, &t->error), TW_END);
    assert_int_equal(c.records, to - from);
}

#endif
