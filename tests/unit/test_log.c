#include "log_test.h"

#include <pthread.h>
#include <stdatomic.h>

static void path_of(const log_test *t, int64_t base, char *out, size_t size) { snprintf(out, size, "%s/%020lld.log", t->folder, (long long)base); }

static int64_t size_of(const log_test *t, int64_t base) {
    char path[128];
    tw_file_info info;
    path_of(t, base, path, sizeof path);
    return tw_file_stat(path, &info, NULL) == TW_OK ? info.size : -1;
}

static int count_files(const log_test *t) {
    tw_arena arena;
    tw_mem mem;
    const char *const *names;
    int n;
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&arena, &mem, 4096);
    assert_int_equal(tw_dir_list(&arena, t->folder, &names, &n, NULL), TW_OK);
    tw_arena_free(&arena);
    return n;
}

/* `batches` batches of 10 records, about 500 bytes each, committed by fives; the clock goes on 10 ms a batch. */
static void fill(log_test *t, int from, int batches) {
    for (int i = 0; i < batches; i++) {
        assert_int_equal(log_test_append(t, from + 10 * i, 10, 0, 20, NOW + 10 * (from / 10 + i)), TW_OK);
        tw_os_advance(&t->os, 10);
        if (i % 5 == 4 || i + 1 == batches) assert_int_equal(log_test_commit(t), TW_OK);
    }
}

static void test_empty(void **state) {
    (void)state;
    log_test t;
    tw_buf out;
    int64_t offset;
    log_test_init(&t);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(log_test_open(&t), TW_OK);
        assert_int_equal(tw_log_start(t.log) + tw_log_end(t.log) + tw_log_bytes(t.log), 0);
        tw_buf_init(&out, &t.mem, 0);
        assert_int_equal(tw_log_read(t.log, 0, INT64_MAX, 1000, &out, &t.error), TW_END);
        assert_int_equal(tw_log_read(t.log, -1, INT64_MAX, 1000, &out, &t.error), TW_E_NOT_FOUND);
        assert_int_equal(tw_log_offset_for_time(t.log, 0, &offset, &t.error), TW_OK);
        assert_int_equal(offset, -1);
        assert_int_equal(log_test_commit(&t), TW_OK);
        log_test_close(&t);
    }
    log_test_done(&t);
}

/* Any first offset, any size of a read; over rolled segments, before and after the log is opened again. */
static void test_append_and_read(void **state) {
    (void)state;
    log_test t;
    log_test_init(&t);
    t.config.segment_bytes = 12000;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 100);
    assert_true(count_files(&t) > 3);
    for (int again = 0; again < 2; again++) {
        for (int64_t from = 0; from <= 1000; from += 37)
            for (size_t max = 1; max < 100000; max *= 17) log_test_expect(&t, from, 1000, max);
        log_test_expect(&t, 1000, 1000, 1);
        assert_int_equal(tw_log_end(t.log), 1000);
        log_test_reopen(&t);
    }
    fill(&t, 1000, 3);
    log_test_expect(&t, 0, 1030, 1 << 20);
    log_test_done(&t);
}

/* `below` hides what came later; what is not committed is hidden in any case. */
static void test_visibility_and_rollback(void **state) {
    (void)state;
    log_test t;
    tw_buf out;
    log_test_init(&t);
    t.config.segment_bytes = 3000;
    assert_int_equal(log_test_open(&t), TW_OK);
    tw_buf_init(&out, &t.mem, 0);
    fill(&t, 0, 10);
    int files = count_files(&t);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 20; i++) assert_int_equal(log_test_append(&t, 100 + 10 * i, 10, 0, 20, NOW), TW_OK);
        assert_true(count_files(&t) > files + 1);
        log_test_expect(&t, 0, 100, 1 << 20);
        assert_int_equal(tw_log_read(t.log, 100, INT64_MAX, 1, &out, &t.error), TW_END);
        assert_int_equal(tw_log_rollback(t.log, &t.error), TW_OK);
        assert_int_equal(count_files(&t), files);
        log_test_expect(&t, 0, 100, 1 << 20);
    }
    fill(&t, 100, 10);
    log_test_expect(&t, 0, 200, 700);
    for (int64_t below = 100; below <= 200; below += 10) {
        tw_record_batch last;
        tw_buf_clear(&out);
        assert_int_equal(tw_log_read(t.log, below - 20, below, 1 << 20, &out, &t.error), TW_OK);
        for (size_t at = 0; at < out.length; at += last.bytes.length)
            assert_int_equal(tw_record_batch_read((tw_str){out.data + at, out.length - at}, &last, &t.error), TW_OK);
        assert_true(last.last_offset < below);
    }
    tw_buf_clear(&out);
    assert_int_equal(tw_log_read(t.log, 150, 150, 1, &out, &t.error), TW_END);
    assert_int_equal(tw_log_read(t.log, 149, 150, 1 << 20, &out, &t.error), TW_OK);
    tw_record_batch batch;
    assert_int_equal(tw_record_batch_read((tw_str){out.data, out.length}, &batch, &t.error), TW_OK);
    assert_true(batch.bytes.length == out.length && batch.last_offset == 149);
    tw_buf_free(&out);
    log_test_done(&t);
}

/* Power lost at any moment of a transaction: whatever lies behind the committed end, in whatever files, is gone; what was committed is there. */
static void test_power_loss(void **state) {
    (void)state;
    log_test t;
    log_test_init(&t);
    t.config.segment_bytes = 3000;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 11);
    for (int round = 0; round < 6; round++) {
        char path[128];
        log_test_append(&t, 110, 10, 0, (size_t)round * 700, NOW);
        log_test_append(&t, 120, 10, 0, 3000, NOW);
        if (round % 2) assert_int_equal(tw_log_sync(t.log, &t.error), TW_OK);
        log_test_close(&t);
        path_of(&t, t.state.segment, path, sizeof path);
        FILE *f = fopen(path, "r+");
        fseek(f, 0, SEEK_END);
        if (round < 4) fputs("garbage that was in flight", f);
        fclose(f);
        if (round == 4) assert_int_equal(truncate(path, t.state.segment_length), 0);
        assert_int_equal(log_test_open(&t), TW_OK);
        assert_int_equal(size_of(&t, t.state.segment), t.state.segment_length);
        log_test_expect(&t, 0, 110, 1 << 20);
    }
    fill(&t, 110, 5);
    log_test_expect(&t, 0, 160, 1 << 20);
    log_test_done(&t);
}

static void test_missing_and_short_files(void **state) {
    (void)state;
    log_test t;
    char path[128];
    log_test_init(&t);
    t.config.segment_bytes = 3000;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 20);
    log_test_close(&t);
    path_of(&t, t.state.segment, path, sizeof path);
    assert_int_equal(truncate(path, t.state.segment_length - 1), 0);
    assert_int_equal(log_test_open(&t), TW_E_CORRUPT);
    assert_non_null(strstr(t.error.message, path));
    unlink(path);
    assert_int_equal(log_test_open(&t), TW_E_CORRUPT);
    assert_non_null(strstr(t.error.message, path));
    log_test_done(&t);

    log_test_init(&t);
    t.config.segment_bytes = 3000;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 20);
    path_of(&t, 0, path, sizeof path);
    log_test_close(&t);
    unlink(path);
    assert_int_equal(log_test_open(&t), TW_E_CORRUPT);
    log_test_done(&t);
}

typedef struct verdicts {
    int whole, bad;
    char path[128];
} verdicts;

static void on_verdict(void *context, const char *path, int64_t batches, int64_t bytes, const tw_error *error) {
    verdicts *v = context;
    (void)batches;
    if (!error) {
        v->whole++;
        return;
    }
    v->bad++;
    assert_non_null(strstr(error->message, path));
    assert_non_null(strstr(error->message, "at byte"));
    snprintf(v->path, sizeof v->path, "%s", path);
}

/* One byte changed anywhere in a segment: a read that comes there says file and place, and so does verify; all else is still read. */
static void check_damage(log_test *t, int64_t base, int64_t at) {
    char path[128], byte;
    path_of(t, base, path, sizeof path);
    FILE *f = fopen(path, "r+");
    fseek(f, at, SEEK_SET);
    byte = (char)fgetc(f);
    fseek(f, at, SEEK_SET);
    fputc(byte ^ 4, f);
    fclose(f);
    log_test_count c = {0, 0};
    verdicts v = {0};
    tw_status status = log_test_open(t);
    if (status == TW_OK) {
        status = log_test_read(t, 0, 1000, log_test_in_order, &c, &t->error);
        assert_int_equal(tw_log_verify(t->log, on_verdict, &v), TW_E_CORRUPT);
        assert_int_equal(v.bad, 1);
        assert_string_equal(v.path, path);
    }
    assert_int_equal(status, TW_E_CORRUPT);
    assert_non_null(strstr(t->error.message, path));
    assert_non_null(strstr(t->error.message, "at byte"));
    log_test_close(t);
    f = fopen(path, "r+");
    fseek(f, at, SEEK_SET);
    fputc(byte, f);
    fclose(f);
}

static void test_damage(void **state) {
    (void)state;
    log_test t;
    verdicts v = {0};
    log_test_init(&t);
    t.config.segment_bytes = 3000;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 14);
    assert_int_equal(tw_log_verify(t.log, on_verdict, &v), TW_OK);
    assert_int_equal(v.whole, count_files(&t));
    log_test_close(&t);
    for (int64_t at = 0; at < size_of(&t, 0); at += at < 200 ? 1 : 53) check_damage(&t, 0, at);
    for (int64_t at = 0; at < t.state.segment_length; at += at < 200 ? 1 : 53) check_damage(&t, t.state.segment, at);
    assert_int_equal(log_test_open(&t), TW_OK);
    log_test_expect(&t, 0, 140, 1 << 20);
    log_test_done(&t);
}

/* Bytes that change while the log is open and indexed: also those that no checksum covers. */
static void test_damage_while_open(void **state) {
    (void)state;
    log_test t;
    char path[128];
    log_test_init(&t);
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 10);
    log_test_expect(&t, 0, 100, 1 << 20);
    path_of(&t, 0, path, sizeof path);
    tw_buf out;
    tw_record_batch first;
    tw_buf_init(&out, &t.mem, 0);
    assert_int_equal(tw_log_read(t.log, 0, INT64_MAX, 1, &out, &t.error), TW_OK);
    FILE *f = fopen(path, "r+");
    fseek(f, (long)out.length + 7, SEEK_SET); /* lowest byte of the second batch's base offset: 10 */
    fputc(11, f);
    fclose(f);
    tw_buf_clear(&out);
    assert_int_equal(tw_log_read(t.log, 0, INT64_MAX, 1 << 20, &out, &t.error), TW_OK); /* the first is whole */
    assert_int_equal(tw_record_batch_read((tw_str){out.data, out.length}, &first, &t.error), TW_OK);
    assert_int_equal(first.bytes.length, out.length);
    assert_int_equal(tw_log_read(t.log, 10, INT64_MAX, 1 << 20, &out, &t.error), TW_E_CORRUPT);
    tw_buf_free(&out);
    log_test_done(&t);
}

/* A closed segment that lost its last batch, cut just between two. */
static void test_closed_segment_cut(void **state) {
    (void)state;
    log_test t;
    char path[128];
    tw_buf out;
    log_test_count c = {0, 0};
    log_test_init(&t);
    t.config.segment_bytes = 3000;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 20);
    tw_buf_init(&out, &t.mem, 0);
    assert_int_equal(tw_log_read(t.log, 0, INT64_MAX, 1, &out, &t.error), TW_OK);
    path_of(&t, 0, path, sizeof path);
    log_test_close(&t);
    assert_int_equal(truncate(path, (long)out.length), 0);
    tw_buf_free(&out);
    assert_int_equal(log_test_open(&t), TW_OK);
    assert_int_equal(log_test_read(&t, 0, 1, log_test_in_order, &c, &t.error), TW_E_CORRUPT);
    assert_non_null(strstr(t.error.message, path));
    log_test_done(&t);
}

static void test_offset_for_time(void **state) {
    (void)state;
    log_test t;
    log_test_init(&t);
    t.config.segment_bytes = 6000;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 60); /* batch b has time NOW + 10 b */
    for (int again = 0; again < 2; again++) {
        for (int64_t ms = -5; ms < 620; ms += 3) {
            int64_t offset, expected = ms <= 0 ? 0 : ms > 590 ? -1 : (ms + 9) / 10 * 10;
            assert_int_equal(tw_log_offset_for_time(t.log, NOW + ms, &offset, &t.error), TW_OK);
            assert_int_equal(offset, expected);
        }
        log_test_reopen(&t);
    }
    bool changed;
    int64_t offset;
    assert_int_equal(tw_log_delete_before(t.log, 123, &changed, &t.error), TW_OK);
    assert_int_equal(log_test_commit(&t), TW_OK);
    assert_int_equal(tw_log_offset_for_time(t.log, 0, &offset, &t.error), TW_OK);
    assert_int_equal(offset, 123);
    log_test_done(&t);
}

static void test_delete_before(void **state) {
    (void)state;
    log_test t;
    bool changed;
    tw_buf out;
    log_test_init(&t);
    t.config.segment_bytes = 3000;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 30);
    int files = count_files(&t);
    assert_int_equal(tw_log_delete_before(t.log, 301, &changed, &t.error), TW_E_INVALID);
    assert_int_equal(tw_log_delete_before(t.log, 155, &changed, &t.error), TW_OK);
    assert_true(changed);
    assert_int_equal(tw_log_start(t.log), 0); /* not yet committed */
    assert_int_equal(log_test_commit(&t), TW_OK);
    assert_int_equal(count_files(&t), files);
    tw_log_reap(t.log);
    assert_true(count_files(&t) < files);
    tw_buf_init(&out, &t.mem, 0);
    assert_int_equal(tw_log_read(t.log, 154, INT64_MAX, 1, &out, &t.error), TW_E_NOT_FOUND);
    tw_buf_free(&out);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(tw_log_start(t.log), 155);
        log_test_expect(&t, 155, 300, 999);
        assert_int_equal(tw_log_delete_before(t.log, 155, &changed, &t.error), TW_OK);
        assert_false(changed);
        log_test_reopen(&t);
    }
    /* Killed between the commit and the reap: the next opening removes the files. */
    assert_int_equal(tw_log_delete_before(t.log, 300, &changed, &t.error), TW_OK);
    assert_int_equal(log_test_commit(&t), TW_OK);
    log_test_reopen(&t);
    assert_int_equal(count_files(&t), 1);
    log_test_expect(&t, 300, 300, 1);
    log_test_done(&t);
}

static void clean(log_test *t, bool expected) {
    bool changed;
    assert_int_equal(tw_log_clean(t->log, tw_wall_ms(&t->os), &changed, &t->error), TW_OK);
    assert_int_equal(changed, expected);
    assert_int_equal(log_test_commit(t), TW_OK);
    tw_log_reap(t->log);
}

static void test_retention(void **state) {
    (void)state;
    log_test t;
    log_test_init(&t);
    t.config.segment_bytes = 3000;
    t.config.retention_bytes = 8000;
    t.config.retention_ms = 100000;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 40);
    clean(&t, true);
    clean(&t, false);
    assert_true(tw_log_bytes(t.log) >= 8000 && tw_log_bytes(t.log) < 11000);
    int64_t start = tw_log_start(t.log);
    assert_true(start > 0 && start % 10 == 0);
    log_test_expect(&t, start, 400, 500);
    log_test_reopen(&t);
    tw_os_advance(&t.os, 100001 - 100); /* the youngest ten batches stay */
    clean(&t, true);
    assert_true(tw_log_start(t.log) > start && tw_log_start(t.log) <= 310);
    log_test_expect(&t, tw_log_start(t.log), 400, 500);
    tw_os_advance(&t.os, 1000);
    clean(&t, true); /* the active one is closed and goes, too */
    assert_int_equal(tw_log_start(t.log), 400);
    assert_int_equal(tw_log_bytes(t.log), 0);
    assert_int_equal(count_files(&t), 1);
    fill(&t, 400, 3);
    log_test_reopen(&t);
    log_test_expect(&t, 400, 430, 1);
    log_test_done(&t);
}

static void test_rolls_by_time(void **state) {
    (void)state;
    log_test t;
    log_test_init(&t);
    t.config.segment_ms = 1000;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 100); /* one second */
    assert_int_equal(count_files(&t), 1);
    fill(&t, 1000, 10);
    assert_int_equal(count_files(&t), 2);
    log_test_done(&t);
}

static void test_append_time_and_limits(void **state) {
    (void)state;
    log_test t;
    int64_t offset;
    log_test_init(&t);
    t.config.log_append_time = true;
    t.config.max_message_bytes = 1000;
    assert_int_equal(log_test_open(&t), TW_OK);
    assert_int_equal(log_test_append(&t, 0, 10, 0, 200, 5), TW_E_LIMIT);
    assert_int_equal(tw_log_rollback(t.log, &t.error), TW_OK);
    assert_int_equal(log_test_append(&t, 0, 10, 0, 20, 5), TW_OK);
    assert_int_equal(log_test_commit(&t), TW_OK);
    assert_int_equal(tw_log_offset_for_time(t.log, NOW, &offset, &t.error), TW_OK);
    assert_int_equal(offset, 0);
    assert_int_equal(tw_log_offset_for_time(t.log, NOW + 1, &offset, &t.error), TW_OK);
    assert_int_equal(offset, -1);
    char rubbish[100] = {0};
    assert_int_equal(tw_log_append(t.log, rubbish, sizeof rubbish, &offset, &t.error), TW_E_CORRUPT);
    assert_int_equal(tw_log_append(t.log, rubbish, 20, &offset, &t.error), TW_E_CORRUPT);
    log_test_done(&t);
}

/* The disk is full, at every place: the append or the sync says so, retriable; rolled back, the log is as before, and the same goes in when there is
 * room. */
static void test_full_disk(void **state) {
    (void)state;
    log_test t;
    log_test_init(&t);
    t.config.segment_bytes = 100000;
    t.config.max_message_bytes = INT32_MAX;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 10);
    int full = 0;
    for (size_t bytes = 5000; bytes < 100000; bytes += 9000) {
        log_test_fill_disk(bytes);
        tw_status status = log_test_append(&t, 100, 10, 0, 20, NOW);
        if (status == TW_OK) status = log_test_append(&t, 110, 1, 0, 80000, NOW);
        if (status == TW_OK) status = log_test_append(&t, 111, 9, 0, 2000, NOW);
        if (status == TW_OK) status = tw_log_sync(t.log, &t.error);
        log_test_fill_disk(0);
        if (status != TW_OK) assert_true(status == TW_E_DISK_FULL && t.error.retriable && ++full);
        assert_int_equal(tw_log_rollback(t.log, &t.error), TW_OK);
        log_test_expect(&t, 0, 100, 1 << 20);
    }
    assert_true(full > 5);
    fill(&t, 100, 10);
    log_test_reopen(&t);
    log_test_expect(&t, 0, 200, 1 << 20);
    log_test_done(&t);
}

/* The topic's compression, whatever the producer's; offsets and records stay. */
static void test_recompressed(void **state) {
    (void)state;
    log_test t;
    tw_buf out;
    log_test_init(&t);
    assert_int_equal(log_test_open(&t), TW_OK);
    for (int compression = -1; compression <= TW_COMPRESSION_ZSTD; compression++) {
        tw_record_batch batch;
        int first = 10 * (compression + 1);
        t.config.compression = compression;
        tw_log_configure(t.log, &t.config);
        assert_int_equal(log_test_append(&t, first, 10, 0, 100, 5), TW_OK);
        assert_int_equal(log_test_commit(&t), TW_OK);
        tw_buf_init(&out, &t.mem, 0);
        assert_int_equal(tw_log_read(t.log, first, INT64_MAX, 1, &out, &t.error), TW_OK);
        assert_int_equal(tw_record_batch_read((tw_str){out.data, out.length}, &batch, &t.error), TW_OK);
        assert_int_equal(tw_record_batch_compression(&batch), compression < 0 ? 0 : compression);
        tw_buf_free(&out);
    }
    log_test_expect(&t, 0, 60, 1 << 20);
    log_test_done(&t);
}

/* A record of 40 MiB: read whole though the reader asked for a byte. */
static void test_huge_record(void **state) {
    (void)state;
    log_test t;
    log_test_init(&t);
    t.config.max_message_bytes = INT32_MAX;
    assert_int_equal(log_test_open(&t), TW_OK);
    assert_int_equal(log_test_append(&t, 0, 1, 0, 40 << 20, 5), TW_OK);
    assert_int_equal(log_test_append(&t, 1, 1, 0, 1, 5), TW_OK);
    assert_int_equal(log_test_commit(&t), TW_OK);
    log_test_expect(&t, 0, 2, 1);
    log_test_reopen(&t);
    log_test_expect(&t, 0, 2, 1);
    log_test_done(&t);
}

static void test_every_allocation_can_fail(void **state) {
    (void)state;
    log_test t;
    log_test_init(&t);
    t.config.segment_bytes = 3000;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 20);
    log_test_close(&t);
    for (int64_t n = 1;; n++) {
        log_test_count c = {0, 0};
        int64_t offset;
        t.mem.fail_at = n;
        tw_status status = log_test_open(&t);
        if (status == TW_OK) {
            status = log_test_append(&t, 200, 10, 0, 4000, NOW);
            if (status == TW_OK) status = log_test_append(&t, 210, 10, 0, 20, NOW);
            assert_int_equal(tw_log_rollback(t.log, &t.error), TW_OK);
            if (status == TW_OK) status = log_test_read(&t, 0, 1 << 20, log_test_in_order, &c, &t.error);
            if (status == TW_END) status = tw_log_offset_for_time(t.log, NOW + 50, &offset, &t.error);
            log_test_close(&t);
        }
        bool over = t.mem.fail_at > 0;
        t.mem.fail_at = 0;
        assert_int_equal(t.mem.used, 0);
        if (over) {
            assert_int_equal(status, TW_OK);
            break;
        }
        assert_int_equal(status, TW_E_NOMEM);
        assert_true(n < 1000);
    }
    assert_int_equal(log_test_open(&t), TW_OK);
    log_test_expect(&t, 0, 200, 1 << 20);
    log_test_done(&t);
}

typedef struct concurrent {
    log_test *t;
    _Atomic bool stop;
    _Atomic int64_t low; /* what no start goes beyond */
} concurrent;

static void in_order_by_thread(void *context, const tw_record *record) {
    log_test_count *c = context;
    if (record->offset != c->next || atoll(record->value.data) != record->offset) abort(); /* not cmocka's: this is another thread */
    c->next++;
    c->records++;
}

static void *read_along(void *context) {
    concurrent *k = context;
    log_test_count c = {0, 0};
    while (!k->stop || c.next < tw_log_end(k->t->log)) {
        tw_error error;
        tw_status status = log_test_read(k->t, c.next, 700, in_order_by_thread, &c, &error);
        if (status == TW_E_NOT_FOUND) {
            c.next = tw_log_start(k->t->log);
            continue;
        }
        if (status != TW_END) abort();
        int64_t offset;
        if (tw_log_offset_for_time(k->t->log, NOW + c.next, &offset, &error) != TW_OK && error.status != TW_E_NOT_FOUND) abort();
    }
    return NULL;
}

/* Readers run along while the owner appends, rolls, rolls back, deletes and compacts (every key is another, so nothing goes). */
static void test_readers_run_along(void **state) {
    (void)state;
    log_test t;
    log_test_init(&t);
    t.config.segment_bytes = 3000;
    t.config.retention_bytes = 20000;
    t.config.compact = true;
    assert_int_equal(log_test_open(&t), TW_OK);
    fill(&t, 0, 30);
    log_test_reopen(&t); /* so that they make the indexes */
    concurrent k = {.t = &t};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&threads[i], NULL, read_along, &k), 0);
    for (int round = 0; round < 30; round++) {
        fill(&t, 300 + 50 * round, 5);
        for (int i = 0; i < 10; i++) assert_int_equal(log_test_append(&t, 0, 10, 0, 20, NOW), TW_OK);
        assert_int_equal(tw_log_rollback(t.log, &t.error), TW_OK);
        bool changed;
        if (round % 4 == 3) {
            assert_int_equal(tw_log_clean(t.log, NOW, &changed, &t.error), TW_OK);
            assert_int_equal(log_test_commit(&t), TW_OK);
            tw_log_reap(t.log);
        }
    }
    k.stop = true;
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    log_test_expect(&t, tw_log_start(t.log), 1800, 1 << 20);
    log_test_done(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_append_and_read),
        cmocka_unit_test(test_visibility_and_rollback),
        cmocka_unit_test(test_power_loss),
        cmocka_unit_test(test_missing_and_short_files),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_damage_while_open),
        cmocka_unit_test(test_closed_segment_cut),
        cmocka_unit_test(test_offset_for_time),
        cmocka_unit_test(test_delete_before),
        cmocka_unit_test(test_retention),
        cmocka_unit_test(test_rolls_by_time),
        cmocka_unit_test(test_append_time_and_limits),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_recompressed),
        cmocka_unit_test(test_huge_record),
        cmocka_unit_test(test_every_allocation_can_fail),
        cmocka_unit_test(test_readers_run_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
