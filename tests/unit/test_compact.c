#include "log_test.h"

/* What stays of a compacted log: per key the last offset seen, tombstones too. */
typedef struct kept {
    int64_t offsets[4096], times[4096];
    int n, tombstones;
} kept;

static void on_record(void *context, const tw_record *record) {
    kept *k = context;
    assert_true(k->n < 4096 && (k->n == 0 || record->offset > k->offsets[k->n - 1]));
    k->times[k->n] = record->timestamp;
    k->offsets[k->n++] = record->offset;
    k->tombstones += record->value_null;
}

static void read_kept(log_test *t, int64_t from, kept *k) {
    *k = (kept){0};
    assert_int_equal(log_test_read(t, from, 2000, on_record, k, &t->error), TW_END);
}

static void on_verdict(void *context, const char *path, int64_t batches, int64_t bytes, const tw_error *error) {
    (void)context, (void)path, (void)batches, (void)bytes;
    assert_null(error);
}

static void clean(log_test *t) {
    bool changed;
    assert_int_equal(tw_log_clean(t->log, tw_wall_ms(&t->os), &changed, &t->error), TW_OK);
    assert_false(changed);
    assert_int_equal(tw_log_verify(t->log, on_verdict, NULL), TW_OK);
}

static void begin(log_test *t) {
    log_test_init(t);
    t->config.segment_bytes = 3000;
    t->config.compact = true;
    t->config.delete_ = false;
    assert_int_equal(log_test_open(t), TW_OK);
}

/* Batches of 10 records, the number modulo `keys` as key. */
static void fill(log_test *t, int from, int batches, int keys) {
    for (int i = 0; i < batches; i++) {
        assert_int_equal(log_test_append(t, from + 10 * i, 10, keys, 20, tw_wall_ms(&t->os) + i), TW_OK);
        assert_int_equal(log_test_commit(t), TW_OK);
    }
}

static tw_status append_one(log_test *t, const char *key, const char *value, tw_compression compression) {
    tw_buf out, scratch;
    tw_record_writer writer;
    int64_t offset;
    tw_buf_init(&out, &t->mem, 0);
    tw_buf_init(&scratch, &t->mem, 0);
    tw_record record = {.timestamp = tw_wall_ms(&t->os), .key = tw_str_of(key), .key_null = !key, .value = tw_str_of(value), .value_null = !value};
    tw_record_writer_begin(&writer, &out, compression);
    tw_record_writer_add(&writer, &record);
    assert_int_equal(tw_record_writer_finish(&writer, &scratch, NULL), TW_OK);
    tw_status status = tw_log_append(t->log, out.data, out.length, &offset, &t->error);
    tw_buf_free(&out);
    tw_buf_free(&scratch);
    if (status == TW_OK) assert_int_equal(log_test_commit(t), TW_OK);
    return status;
}

/* Keys are few: of the closed segments the last record of each stays, with its offset and time; the active one is untouched. */
static void test_last_of_each_key_stays(void **state) {
    (void)state;
    log_test t;
    static kept k, again;
    begin(&t);
    fill(&t, 0, 40, 7);
    int64_t bytes = tw_log_bytes(t.log), active = t.state.segment;
    assert_true(active > 200 && active < 400);
    clean(&t);
    assert_true(tw_log_bytes(t.log) < bytes / 4);
    read_kept(&t, 0, &k);
    assert_int_equal(k.n, 7 + (400 - active));
    for (int i = 0; i < k.n; i++) {
        assert_int_equal(k.offsets[i], active - 7 + i);
        assert_int_equal(k.times[i], NOW + k.offsets[i] / 10);
    }
    for (int round = 0; round < 2; round++) {
        for (int64_t from = 0; from < 400; from += 13) {
            read_kept(&t, from, &again);
            int64_t first = from > active - 7 ? from : active - 7;
            assert_int_equal(again.n, 400 - first);
            assert_int_equal(again.offsets[0], first);
        }
        int64_t offset;
        assert_int_equal(tw_log_offset_for_time(t.log, NOW, &offset, &t.error), TW_OK);
        assert_int_equal(offset, active - 7);
        log_test_reopen(&t);
        clean(&t); /* nothing more to do */
    }
    fill(&t, 400, 30, 7);
    clean(&t);
    read_kept(&t, 0, &k);
    assert_int_equal(k.n, 7 + (700 - t.state.segment));
    log_test_done(&t);
}

/* More keys than the map begins with. */
static void test_many_keys(void **state) {
    (void)state;
    log_test t;
    static kept k;
    begin(&t);
    fill(&t, 0, 450, 2000);
    clean(&t);
    read_kept(&t, 0, &k);
    int64_t closed = t.state.segment;
    assert_int_equal(k.n, 2000 + (4500 - closed));
    assert_int_equal(k.offsets[0], closed - 2000);
    log_test_done(&t);
}

/* A read never gives empty batches alone, and looks no further than `below` for others. */
static void test_reads_over_gaps(void **state) {
    (void)state;
    log_test t;
    tw_buf out;
    tw_record_batch batch;
    begin(&t);
    fill(&t, 0, 40, 7);
    clean(&t);
    int64_t first = t.state.segment - 7;
    tw_buf_init(&out, &t.mem, 0);
    assert_int_equal(tw_log_read(t.log, 3, INT64_MAX, 1, &out, &t.error), TW_OK);
    assert_int_equal(tw_record_batch_read((tw_str){out.data, out.length}, &batch, &t.error), TW_OK);
    assert_true(batch.nrecords > 0 && batch.base_offset <= first && batch.last_offset >= first);
    tw_buf_clear(&out);
    assert_int_equal(tw_log_read(t.log, 3, batch.base_offset - 1, 1, &out, &t.error), TW_END);
    assert_int_equal(tw_log_read(t.log, batch.base_offset - 3, batch.base_offset, 1, &out, &t.error), TW_END);
    tw_buf_free(&out);
    log_test_done(&t);
}

/* The log's own times stay those of the log. */
static void test_append_time_stays(void **state) {
    (void)state;
    log_test t;
    static kept k;
    log_test_init(&t);
    t.config = (tw_log_config){
        .segment_bytes = 3000, .segment_ms = 1000000, .max_message_bytes = 1 << 20, .compact = true, .log_append_time = true, .compression = -1};
    assert_int_equal(log_test_open(&t), TW_OK);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(log_test_append(&t, 10 * i, 10, 7, 20, 5), TW_OK);
        assert_int_equal(log_test_commit(&t), TW_OK);
        tw_os_advance(&t.os, 10);
    }
    clean(&t);
    read_kept(&t, 0, &k);
    assert_true(k.n < 200);
    for (int i = 0; i < k.n; i++) assert_int_equal(k.times[i], NOW + k.offsets[i] / 10 * 10);
    log_test_done(&t);
}

/* Distinct keys: nothing changes, not even the files. */
static void test_nothing_to_compact(void **state) {
    (void)state;
    log_test t;
    begin(&t);
    fill(&t, 0, 20, 0);
    int64_t bytes = tw_log_bytes(t.log);
    clean(&t);
    assert_int_equal(tw_log_bytes(t.log), bytes);
    log_test_expect(&t, 0, 200, 100);
    log_test_done(&t);
}

/* A tombstone stays for delete.retention.ms from the first compaction that meets it on, whatever its own time says. */
static void test_tombstones(void **state) {
    (void)state;
    log_test t;
    static kept k;
    begin(&t);
    t.config.delete_retention_ms = 5000;
    tw_log_configure(t.log, &t.config);
    assert_int_equal(append_one(&t, "k3", "x", TW_COMPRESSION_NONE), TW_OK);
    assert_int_equal(append_one(&t, "k3", NULL, TW_COMPRESSION_NONE), TW_OK);
    assert_int_equal(append_one(&t, "gone", NULL, TW_COMPRESSION_NONE), TW_OK);
    fill(&t, 3, 20, 3);
    tw_os_advance(&t.os, 1000000);
    clean(&t);
    int64_t live = 3 + t.state.end - t.state.segment;
    read_kept(&t, 0, &k);
    assert_int_equal(k.tombstones, 2);
    assert_int_equal(k.n, live + 2);
    assert_int_equal(k.offsets[0], 1);
    assert_int_equal(k.times[0], NOW);
    tw_os_advance(&t.os, 4999);
    log_test_reopen(&t);
    clean(&t);
    read_kept(&t, 0, &k);
    assert_int_equal(k.tombstones, 2);
    tw_os_advance(&t.os, 1);
    clean(&t);
    read_kept(&t, 0, &k);
    assert_int_equal(k.tombstones, 0);
    assert_int_equal(k.n, live);
    log_test_done(&t);
}

static void test_lag_keeps_the_young(void **state) {
    (void)state;
    log_test t;
    static kept k;
    begin(&t);
    t.config.min_compaction_lag_ms = 10000;
    tw_log_configure(t.log, &t.config);
    fill(&t, 0, 20, 3);
    clean(&t);
    read_kept(&t, 0, &k);
    assert_int_equal(k.n, 200);
    tw_os_advance(&t.os, 10020);
    clean(&t);
    read_kept(&t, 0, &k);
    assert_true(k.n < 100);
    log_test_done(&t);
}

static void test_keys_are_wanted(void **state) {
    (void)state;
    log_test t;
    begin(&t);
    assert_int_equal(append_one(&t, NULL, "x", TW_COMPRESSION_NONE), TW_E_INVALID);
    assert_int_equal(tw_log_rollback(t.log, &t.error), TW_OK);
    assert_int_equal(append_one(&t, "", "x", TW_COMPRESSION_NONE), TW_OK);
    log_test_done(&t);
}

/* Records without keys from before the topic was compacted go; compressed batches stay compressed. */
static void test_older_data(void **state) {
    (void)state;
    log_test t;
    static kept k;
    char words[600];
    memset(words, 'w', sizeof words);
    words[sizeof words - 1] = 0;
    log_test_init(&t);
    t.config.segment_bytes = 3000;
    assert_int_equal(log_test_open(&t), TW_OK);
    for (int i = 0; i < 20; i++) assert_int_equal(append_one(&t, i % 2 ? "a" : NULL, words, (tw_compression)(i % 5)), TW_OK);
    fill(&t, 20, 20, 2);
    t.config.compact = true;
    t.config.delete_ = false;
    tw_log_configure(t.log, &t.config);
    clean(&t);
    read_kept(&t, 0, &k);
    assert_int_equal(k.offsets[0], 19);
    assert_int_equal(k.n, 3 + t.state.end - t.state.segment);
    log_test_done(&t);
}

/* A compaction that fails, for memory or for a file left by a crash, leaves the log as it was, and the next one does it. */
static void test_failures(void **state) {
    (void)state;
    log_test t;
    char path[128];
    begin(&t);
    fill(&t, 0, 20, 0);
    fill(&t, 200, 20, 9);
    snprintf(path, sizeof path, "%s/%020d.log.compact", t.folder, 0);
    FILE *f = fopen(path, "w");
    fputs("left by a crash", f);
    fclose(f);
    for (int64_t n = 1;; n++) {
        bool changed;
        static kept k;
        t.mem.fail_at = n;
        tw_status status = tw_log_clean(t.log, NOW, &changed, &t.error);
        bool over = t.mem.fail_at > 0;
        t.mem.fail_at = 0;
        assert_int_equal(tw_log_verify(t.log, on_verdict, NULL), TW_OK);
        read_kept(&t, 0, &k);
        assert_true(k.n >= 191 + 9);
        if (over) {
            assert_int_equal(status, TW_OK);
            break;
        }
        assert_int_equal(status, TW_E_NOMEM);
        assert_true(n < 2000);
    }
    log_test_reopen(&t);
    assert_int_not_equal(access(path, F_OK), 0);
    log_test_done(&t);
}

/* No room for the new segment: the old ones stay, nothing is left aside, and it is done when there is room. */
static void test_full_disk(void **state) {
    (void)state;
    log_test t;
    static kept k;
    bool changed;
    begin(&t);
    fill(&t, 0, 40, 31);
    int64_t bytes = tw_log_bytes(t.log);
    log_test_fill_disk(100);
    assert_int_equal(tw_log_clean(t.log, NOW, &changed, &t.error), TW_E_DISK_FULL);
    log_test_fill_disk(0);
    assert_true(tw_log_bytes(t.log) <= bytes);
    read_kept(&t, 0, &k);
    assert_true(k.n > 31);
    clean(&t);
    read_kept(&t, 0, &k);
    assert_int_equal(k.n, 31 + t.state.end - t.state.segment);
    log_test_done(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_of_each_key_stays),
        cmocka_unit_test(test_nothing_to_compact),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_reads_over_gaps),
        cmocka_unit_test(test_append_time_stays),
        cmocka_unit_test(test_tombstones),
        cmocka_unit_test(test_lag_keeps_the_young),
        cmocka_unit_test(test_keys_are_wanted),
        cmocka_unit_test(test_older_data),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
