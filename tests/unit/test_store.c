/* The embedded store: topics, transactions, what a crash leaves, who owns the directory. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "topic_test.h"

typedef struct fixture {
    tw_mem mem;
    tw_os os;
    tw_error error;
    tw_store *store;
    char path[64];
} fixture;

static void fixture_open(fixture *f) {
    memset(f, 0, sizeof *f);
    tw_mem_init(&f->mem, NULL, 0);
    tw_os_real(&f->os);
    strcpy(f->path, "/tmp/thalweg-store-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    assert_int_equal(tw_store_open(&f->mem, &f->os, f->path, &f->store, &f->error), TW_OK);
}

static void reopen(fixture *f) {
    tw_store_close(f->store);
    assert_int_equal(f->mem.used, 0);
    assert_int_equal(tw_store_open(&f->mem, &f->os, f->path, &f->store, &f->error), TW_OK);
}

static void fixture_close(fixture *f) {
    char command[128];
    tw_store_close(f->store);
    assert_int_equal(f->mem.used, 0);
    snprintf(command, sizeof command, "rm -rf %s", f->path);
    assert_int_equal(system(command), 0);
}

static void make_topic(fixture *f, const char *name, int32_t partitions) {
    tw_log_config config;
    tw_log_config_default(&config);
    assert_int_equal(tw_topic_create(f->store, tw_str_of(name), partitions, &config, &f->error), TW_OK);
}

static const tw_topic *find(fixture *f, const char *name) {
    const tw_topic *topic;
    assert_int_equal(tw_topic_find(f->store, tw_str_of(name), &topic, &f->error), TW_OK);
    return topic;
}

/* One record of this text. Any thread. */
static tw_status add_record(tw_txn *txn, tw_log *log, const char *text, tw_error *error) {
    tw_buf bytes, scratch;
    tw_record_writer writer;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    tw_buf_init(&bytes, &mem, 0);
    tw_buf_init(&scratch, &mem, 0);
    tw_record record = {.timestamp = 1000, .key_null = true, .value = tw_str_of(text)};
    tw_record_writer_begin(&writer, &bytes, TW_COMPRESSION_NONE);
    tw_record_writer_add(&writer, &record);
    tw_status status = tw_record_writer_finish(&writer, &scratch, error);
    if (status == TW_OK) status = tw_txn_append(txn, log, (tw_str){bytes.data, bytes.length}, error);
    tw_buf_free(&bytes);
    tw_buf_free(&scratch);
    return status;
}

static void add(fixture *f, tw_txn *txn, tw_log *log, const char *text) { assert_int_equal(add_record(txn, log, text, &f->error), TW_OK); }

/* The values of a partition, one behind the other; good until the next call. */
static const char *values(tw_log *log) {
    static char text[4096];
    tw_buf out;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    tw_buf_init(&out, &mem, sizeof text - 1);
    topic_values(log, ';', &out);
    if (out.length) memcpy(text, out.data, out.length);
    text[out.length] = 0;
    tw_buf_free(&out);
    return text;
}

static tw_txn *begin(fixture *f) {
    tw_txn *txn;
    assert_int_equal(tw_txn_begin(f->store, &txn, &f->error), TW_OK);
    return txn;
}

static void commit(fixture *f, tw_txn *txn) {
    tw_status status = tw_txn_commit(txn, &f->error);
    if (status != TW_OK) print_message("%s: %s\n", f->error.message, f->error.detail);
    assert_int_equal(status, TW_OK);
    tw_txn_free(txn);
}

/* All of a commit is seen, in memory and after opening again; what was not committed is not. */
static void test_commit(void **state) {
    (void)state;
    fixture f;
    fixture_open(&f);
    make_topic(&f, "a", 2);
    make_topic(&f, "b", 1);
    const tw_topic *a = find(&f, "a"), *b = find(&f, "b");
    tw_log *logs[] = {a->partitions[0], a->partitions[1], b->partitions[0]};
    int64_t ends[3];
    tw_txn *txn = begin(&f);
    add(&f, txn, logs[0], "one");
    add(&f, txn, logs[2], "two");
    add(&f, txn, logs[0], "three");
    assert_int_equal(tw_txn_put(txn, TW_STR("job/x"), TW_STR("record"), &f.error), TW_OK);
    uint64_t before = tw_store_ends(f.store, logs, 3, ends);
    assert_int_equal(ends[0] + ends[1] + ends[2], 0);
    assert_int_equal(tw_txn_commit(txn, &f.error), TW_OK);
    assert_int_equal(tw_txn_first_offset(txn, 2), 1);
    tw_txn_free(txn);
    assert_int_equal(tw_store_ends(f.store, logs, 3, ends), before + 1);
    assert_int_equal(ends[0], 2);
    assert_int_equal(ends[1], 0);
    assert_int_equal(ends[2], 1);
    tw_txn *forgotten = begin(&f);
    add(&f, forgotten, logs[1], "never");
    tw_txn_free(forgotten);
    for (int round = 0; round < 2; round++) {
        assert_string_equal(values(a->partitions[0]), "one;three;");
        assert_string_equal(values(a->partitions[1]), "");
        assert_string_equal(values(b->partitions[0]), "two;");
        tw_buf bytes;
        bool found;
        tw_buf_init(&bytes, &f.mem, 0);
        assert_int_equal(tw_store_get(f.store, TW_STR("job/x"), &bytes, &found, &f.error), TW_OK);
        assert_true(found);
        assert_int_equal(bytes.length, 6);
        tw_buf_free(&bytes);
        tw_topic_release(f.store, a);
        tw_topic_release(f.store, b);
        reopen(&f);
        a = find(&f, "a"), b = find(&f, "b");
    }
    txn = begin(&f);
    add(&f, txn, a->partitions[0], "four");
    commit(&f, txn);
    assert_string_equal(values(a->partitions[0]), "one;three;four;");
    tw_topic_release(f.store, a);
    tw_topic_release(f.store, b);
    fixture_close(&f);
}

/* A batch that its topic refuses spoils no other commit, and nothing of its own stays. */
static void test_refused(void **state) {
    (void)state;
    fixture f;
    fixture_open(&f);
    make_topic(&f, "a", 1);
    tw_log_config config;
    tw_log_config_default(&config);
    assert_int_equal(tw_topic_config_set(&config, TW_STR("max.message.bytes"), TW_STR("100"), &f.error), TW_OK);
    assert_int_equal(tw_topic_create(f.store, TW_STR("small"), 1, &config, &f.error), TW_OK);
    const tw_topic *a = find(&f, "a"), *small = find(&f, "small");
    char large[300];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = 0;
    tw_txn *txn = begin(&f);
    add(&f, txn, a->partitions[0], "with it");
    add(&f, txn, small->partitions[0], large);
    assert_int_equal(tw_txn_commit(txn, &f.error), TW_E_LIMIT);
    tw_txn_free(txn);
    txn = begin(&f);
    add(&f, txn, a->partitions[0], "alone");
    add(&f, txn, small->partitions[0], "s");
    commit(&f, txn);
    assert_string_equal(values(a->partitions[0]), "alone;");
    assert_string_equal(values(small->partitions[0]), "s;");
    tw_topic_release(f.store, a);
    tw_topic_release(f.store, small);
    reopen(&f);
    a = find(&f, "a");
    assert_string_equal(values(a->partitions[0]), "alone;");
    tw_topic_release(f.store, a);
    fixture_close(&f);
}

/* ---- threads ---- */

enum { WRITERS = 4, COMMITS = 50 };

typedef struct writer {
    fixture *f;
    tw_log *log;
    int number;
} writer;

static void *write_commits(void *context) {
    writer *w = context;
    char text[32];
    tw_error error;
    snprintf(text, sizeof text, "%d", w->number);
    for (int i = 0; i < COMMITS; i++) {
        tw_txn *txn;
        if (tw_txn_begin(w->f->store, &txn, &error) != TW_OK) return w;
        tw_status status = add_record(txn, w->log, text, &error);
        if (status == TW_OK) status = tw_txn_commit(txn, &error);
        tw_txn_free(txn);
        if (status != TW_OK) return w;
    }
    return NULL;
}

static void test_group_commit(void **state) {
    (void)state;
    fixture f;
    fixture_open(&f);
    make_topic(&f, "a", 1);
    const tw_topic *a = find(&f, "a");
    pthread_t threads[WRITERS];
    writer writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (writer){&f, a->partitions[0], i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_commits, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    const char *text = values(a->partitions[0]);
    int counts[WRITERS] = {0};
    for (; *text; text += 2) counts[*text - '0']++;
    for (int i = 0; i < WRITERS; i++) assert_int_equal(counts[i], COMMITS);
    tw_topic_release(f.store, a);
    fixture_close(&f);
}

/* ---- crashes ---- */

/* A process that is killed at some moment: the commits that it saw done are there, and each is there as a whole. */
static void test_killed(void **state) {
    (void)state;
    fixture f;
    fixture_open(&f);
    make_topic(&f, "a", 1);
    make_topic(&f, "b", 1);
    tw_store_close(f.store);
    int64_t sure = 0;
    for (int round = 0; round < 15; round++) {
        int done[2];
        assert_int_equal(pipe(done), 0);
        pid_t child = fork();
        if (child == 0) {
            if (tw_store_open(&f.mem, &f.os, f.path, &f.store, &f.error) != TW_OK) _exit(1);
            const tw_topic *a = find(&f, "a"), *b = find(&f, "b");
            for (;;) {
                tw_txn *txn = begin(&f);
                add(&f, txn, a->partitions[0], "x");
                add(&f, txn, b->partitions[0], "x");
                commit(&f, txn);
                if (write(done[1], "x", 1) != 1) _exit(1);
            }
        }
        close(done[1]);
        char byte;
        for (int i = 0; i <= round; i++) {
            if (read(done[0], &byte, 1) != 1) break;
            sure++;
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(done[0], &byte, 1) == 1) sure++;
        close(done[0]);
        assert_int_equal(tw_store_open(&f.mem, &f.os, f.path, &f.store, &f.error), TW_OK);
        const tw_topic *a = find(&f, "a"), *b = find(&f, "b");
        int64_t end = tw_log_end(a->partitions[0]);
        assert_int_equal(end, tw_log_end(b->partitions[0]));
        assert_true(end == sure || end == sure + 1); /* the last one may have been killed before it could say so */
        sure = end;
        tw_topic_release(f.store, a);
        tw_topic_release(f.store, b);
        tw_store_close(f.store);
    }
    assert_int_equal(tw_store_open(&f.mem, &f.os, f.path, &f.store, &f.error), TW_OK);
    fixture_close(&f);
}

static void test_owned(void **state) {
    (void)state;
    fixture f;
    tw_store *second;
    fixture_open(&f);
    assert_int_equal(tw_store_open(&f.mem, &f.os, f.path, &second, &f.error), TW_E_DUPLICATE);
    char pid[32];
    snprintf(pid, sizeof pid, "process %d", (int)getpid());
    assert_non_null(strstr(f.error.message, pid));
    fixture_close(&f);
}

/* ---- files, topics, groups ---- */

static void test_files(void **state) {
    (void)state;
    fixture f;
    tw_durable *file;
    char bytes[8];
    size_t got;
    fixture_open(&f);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(tw_store_file_open(f.store, "jobs/j/state-1", &file, &f.error), TW_OK);
        assert_int_equal(tw_durable_committed_end(file), 4 * round);
        assert_int_equal(tw_durable_append(file, "abcd", 4, &f.error), TW_OK);
        tw_txn *txn = begin(&f);
        assert_int_equal(tw_txn_file(txn, file, &f.error), TW_OK);
        commit(&f, txn);
        assert_int_equal(tw_durable_append(file, "lost", 4, &f.error), TW_OK);
        assert_int_equal(tw_durable_sync(file, &f.error), TW_OK); /* on disk, and in no commit */
        tw_durable_close(file);
        reopen(&f);
    }
    assert_int_equal(tw_store_file_open(f.store, "jobs/j/state-1", &file, &f.error), TW_OK);
    assert_int_equal(tw_durable_read(file, 8, bytes, 8, &got, &f.error), TW_OK);
    assert_int_equal(got, 4);
    assert_memory_equal(bytes, "abcd", 4);
    tw_durable_close(file);
    tw_txn *txn = begin(&f);
    assert_int_equal(tw_txn_remove_file(txn, "jobs/j/state-1", &f.error), TW_OK);
    commit(&f, txn);
    char path[128];
    snprintf(path, sizeof path, "%s/jobs/j/state-1", f.path);
    assert_int_equal(access(path, F_OK), -1);
    reopen(&f);
    assert_int_equal(tw_store_file_open(f.store, "jobs/j/state-1", &file, &f.error), TW_OK);
    assert_int_equal(tw_durable_committed_end(file), 0);
    tw_durable_close(file);
    fixture_close(&f);
}

static void test_topics(void **state) {
    (void)state;
    fixture f;
    tw_log_config config;
    const tw_topic *topic;
    fixture_open(&f);
    tw_log_config_default(&config);
    assert_int_equal(tw_topic_create(f.store, TW_STR("a/b"), 1, &config, &f.error), TW_E_INVALID);
    assert_int_equal(tw_topic_create(f.store, TW_STR(".."), 1, &config, &f.error), TW_E_INVALID);
    assert_int_equal(tw_topic_create(f.store, TW_STR("bids"), 0, &config, &f.error), TW_E_INVALID);
    make_topic(&f, "bids", 1);
    make_topic(&f, "bids-1", 2); /* whose folders look like those of "bids" */
    assert_int_equal(tw_topic_create(f.store, TW_STR("bids"), 1, &config, &f.error), TW_E_DUPLICATE);
    assert_int_equal(tw_topic_find(f.store, TW_STR("bidz"), &topic, &f.error), TW_E_UNDEFINED_TABLE);
    assert_non_null(strstr(f.error.hint, "'bids'"));
    topic = find(&f, "bids");
    tw_txn *txn = begin(&f);
    add(&f, txn, topic->partitions[0], "kept");
    commit(&f, txn);
    assert_int_equal(tw_topic_delete(f.store, TW_STR("bids"), &f.error), TW_E_INVALID); /* in use */
    assert_int_equal(tw_topic_config_set(&config, TW_STR("retention.ms"), TW_STR("5000"), &f.error), TW_OK);
    assert_int_equal(tw_topic_config_set(&config, TW_STR("retention.ms"), TW_STR("soon"), &f.error), TW_E_INVALID);
    assert_int_equal(tw_topic_config_set(&config, TW_STR("retention.msx"), TW_STR("1"), &f.error), TW_E_UNDEFINED_OPTION);
    assert_int_equal(tw_topic_config_set(&config, TW_STR("cleanup.policy"), TW_STR("compact,delete"), &f.error), TW_OK);
    assert_int_equal(tw_topic_alter(f.store, TW_STR("bids"), 3, &config, &f.error), TW_OK);
    assert_int_equal(tw_topic_alter(f.store, TW_STR("bids"), 2, &config, &f.error), TW_E_INVALID);
    assert_int_equal(topic->npartitions, 1); /* a handle stays as it was given */
    tw_topic_release(f.store, topic);
    for (int round = 0; round < 2; round++) {
        topic = find(&f, "bids");
        assert_int_equal(topic->npartitions, 3);
        assert_int_equal(topic->config.retention_ms, 5000);
        assert_true(topic->config.compact && topic->config.delete_);
        assert_string_equal(values(topic->partitions[0]), "kept;");
        tw_topic_release(f.store, topic);
        reopen(&f);
    }
    assert_int_equal(tw_topic_delete(f.store, TW_STR("bids"), &f.error), TW_OK);
    assert_int_equal(tw_topic_find(f.store, TW_STR("bids"), &topic, &f.error), TW_E_UNDEFINED_TABLE);
    reopen(&f);
    tw_arena arena;
    const tw_str *names;
    int32_t count;
    tw_arena_init(&arena, &f.mem, 1024);
    assert_int_equal(tw_topic_list(f.store, &arena, &names, &count, &f.error), TW_OK);
    assert_int_equal(count, 1);
    assert_true(tw_str_equal(names[0], TW_STR("bids-1")));
    tw_arena_free(&arena);
    make_topic(&f, "bids", 1); /* anew, and empty */
    topic = find(&f, "bids");
    assert_int_equal(tw_log_end(topic->partitions[0]), 0);
    tw_topic_release(f.store, topic);
    fixture_close(&f);
}

static void test_retention(void **state) {
    (void)state;
    fixture f;
    tw_log_config config;
    fixture_open(&f);
    tw_log_config_default(&config);
    config.retention_ms = 1000;
    assert_int_equal(tw_topic_create(f.store, TW_STR("t"), 1, &config, &f.error), TW_OK);
    const tw_topic *topic = find(&f, "t");
    tw_txn *txn = begin(&f);
    add(&f, txn, topic->partitions[0], "old"); /* of 1970 */
    commit(&f, txn);
    assert_int_equal(tw_topic_clean_all(f.store, tw_wall_ms(&f.os), &f.error), TW_OK);
    assert_int_equal(tw_log_start(topic->partitions[0]), 1);
    txn = begin(&f);
    add(&f, txn, topic->partitions[0], "new");
    commit(&f, txn);
    tw_topic_release(f.store, topic);
    reopen(&f);
    topic = find(&f, "t");
    assert_int_equal(tw_log_start(topic->partitions[0]), 1);
    assert_string_equal(values(topic->partitions[0]), "new;");
    tw_topic_release(f.store, topic);
    fixture_close(&f);
}

static tw_status note_group(void *context, tw_str group, tw_str topic, int32_t partition, int64_t offset) {
    char *text = context;
    snprintf(text + strlen(text), 100, "%.*s %.*s %d %lld;", TW_STR_ARG(group), TW_STR_ARG(topic), partition, (long long)offset);
    return TW_OK;
}

static void test_groups(void **state) {
    (void)state;
    fixture f;
    int64_t offset;
    char text[500] = "";
    fixture_open(&f);
    tw_txn *txn = begin(&f);
    assert_int_equal(tw_group_commit(txn, TW_STR("g"), TW_STR("t"), 2, 42, &f.error), TW_OK);
    assert_int_equal(tw_group_commit(txn, TW_STR("g"), TW_STR("t"), 11, 7, &f.error), TW_OK);
    assert_int_equal(tw_group_commit(txn, TW_STR("g2"), TW_STR("t"), 0, 1, &f.error), TW_OK);
    assert_int_equal(tw_group_commit(txn, TW_STR("a/b"), TW_STR("t"), 0, 1, &f.error), TW_E_INVALID);
    commit(&f, txn);
    assert_int_equal(tw_group_offset(f.store, TW_STR("g"), TW_STR("t"), 2, &offset, &f.error), TW_OK);
    assert_int_equal(offset, 42);
    assert_int_equal(tw_group_offset(f.store, TW_STR("g"), TW_STR("t"), 0, &offset, &f.error), TW_OK);
    assert_int_equal(offset, -1);
    assert_int_equal(tw_group_each(f.store, TW_STR("g"), note_group, text, &f.error), TW_OK);
    assert_string_equal(text, "g t 11 7;g t 2 42;");
    assert_int_equal(tw_group_delete(f.store, TW_STR("g"), &f.error), TW_OK);
    assert_int_equal(tw_group_delete(f.store, TW_STR("g"), &f.error), TW_E_UNDEFINED_TABLE);
    text[0] = 0;
    assert_int_equal(tw_group_each(f.store, TW_STR(""), note_group, text, &f.error), TW_OK);
    assert_string_equal(text, "g2 t 0 1;");
    fixture_close(&f);
}

/* Kafka's own test vectors of Utils.murmur2. */
static void test_partitioner(void **state) {
    (void)state;
    assert_int_equal(tw_topic_partition_of(TW_STR("21"), INT32_MAX), (-973932308 & 0x7fffffff) % INT32_MAX);
    assert_int_equal(tw_topic_partition_of(TW_STR("foobar"), 1000), (-790332482 & 0x7fffffff) % 1000);
    assert_int_equal(tw_topic_partition_of(TW_STR("a-little-bit-long-string"), 1000), (-985981536 & 0x7fffffff) % 1000);
    assert_int_equal(tw_topic_partition_of(TW_STR("a-little-bit-longer-string"), 1000), (-1486304829 & 0x7fffffff) % 1000);
    assert_int_equal(tw_topic_partition_of(TW_STR("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), 1000), (-58897971 & 0x7fffffff) % 1000);
    assert_int_equal(tw_topic_partition_of(TW_STR("abc"), 1000), 479470107 % 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commit), cmocka_unit_test(test_refused),     cmocka_unit_test(test_group_commit), cmocka_unit_test(test_killed),
        cmocka_unit_test(test_owned),  cmocka_unit_test(test_files),       cmocka_unit_test(test_topics),       cmocka_unit_test(test_retention),
        cmocka_unit_test(test_groups), cmocka_unit_test(test_partitioner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
