/* Epochs of a job on threads, kept in a data directory: a process that is killed again and again ends with the rows of an undisturbed run, each once,
 * at whatever number of shards it goes on. */
#include "file_counts.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/prng.h"
#include "runtime/checkpoint.h"
#include "topic_test.h"

enum { ROWS = 150000, ROUNDS = 6 };

static char input[64], folder[64], topic_name[32] = "out"; /* the job's name, too */

/* ---- a sink into a topic: a record per row, put into the epoch's transaction at the barrier ---- */

typedef struct topic_sink {
    tw_mem *mem;
    tw_store *store;
    const tw_topic *topic;
    tw_log *log;
    tw_buf text, bytes, scratch;
    tw_record_writer writer;
} topic_sink;

static void topic_begin(topic_sink *s) {
    tw_buf_clear(&s->bytes);
    tw_record_writer_begin(&s->writer, &s->bytes, TW_COMPRESSION_NONE);
}

static tw_status topic_open(const tw_sink_context *context, tw_sink **out, tw_error *error) {
    topic_sink *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = context->mem;
    s->store = context->store;
    assert_int_equal(tw_topic_find(s->store, tw_str_of(topic_name), &s->topic, error), TW_OK);
    s->log = s->topic->partitions[context->shard % s->topic->npartitions];
    tw_buf_init(&s->text, s->mem, 0);
    tw_buf_init(&s->bytes, s->mem, 0);
    tw_buf_init(&s->scratch, s->mem, 0);
    topic_begin(s);
    *out = (tw_sink *)s;
    return TW_OK;
}

static tw_status topic_write(tw_sink *opaque, const tw_batch *batch, tw_error *error) {
    (void)error;
    topic_sink *s = (topic_sink *)opaque;
    for (int32_t row = 0; row < batch->rows; row++) {
        tw_buf_clear(&s->text);
        for (int32_t c = 0; c < batch->ncolumns; c++) {
            tw_buf_text(&s->text, c ? ", " : "+I[");
            tw_print_value(&s->text, &batch->columns[c], row);
        }
        tw_buf_text(&s->text, "]");
        tw_record_writer_add(&s->writer, &(tw_record){.key_null = true, .value = {s->text.data, s->text.length}});
    }
    return TW_OK;
}

static tw_status topic_prepare(tw_sink *opaque, const tw_sink_epoch *epoch, tw_error *error) {
    topic_sink *s = (topic_sink *)opaque;
    assert_non_null(epoch->txn);
    TW_TRY(tw_record_writer_finish(&s->writer, &s->scratch, error));
    tw_status status = TW_OK;
    if (s->bytes.length) {
        pthread_mutex_lock(epoch->lock);
        status = tw_txn_append(epoch->txn, s->log, (tw_str){s->bytes.data, s->bytes.length}, error);
        pthread_mutex_unlock(epoch->lock);
    }
    topic_begin(s);
    return status;
}

static void topic_close(tw_sink *opaque) {
    topic_sink *s = (topic_sink *)opaque;
    tw_buf_free(&s->text);
    tw_buf_free(&s->bytes);
    tw_buf_free(&s->scratch);
    tw_topic_release(s->store, s->topic);
    tw_free(s->mem, s, sizeof *s);
}

static const tw_sink_ops TOPIC_SINK = {.open = topic_open, .write = topic_write, .prepare = topic_prepare, .close = topic_close};
static const tw_connector TOPIC = {.name = "topic", .doc = "rows in a topic", .sink_accepts = TW_RETRACT, .sink = &TOPIC_SINK};

/* ---- input and plan ---- */

/* Rows in disorder, up to 400 ms behind: some are late. */
static void make_files(void) {
    strcpy(input, "/tmp/thalweg-epochs-XXXXXX");
    FILE *f = fdopen(mkstemp(input), "w");
    tw_prng prng = {7};
    for (int i = 0; i < ROWS; i++) {
        int64_t ts = 1000000 + i * 2 - (int64_t)tw_prng_below(&prng, 400) * (tw_prng_below(&prng, 4) == 0);
        fprintf(f, "{\"k\":%d,\"ts\":\"1970-01-01 00:%02d:%02d.%03d\"}\n", (int)tw_prng_below(&prng, 50), (int)(ts / 60000 % 60),
                (int)(ts / 1000 % 60), (int)(ts % 1000));
    }
    fclose(f);
    strcpy(folder, "/tmp/thalweg-epochs-data-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

/* Into `connector`; NULL: the rows are collected. */
static void make_plan(plan_test *t, const char *connector) {
    tw_option *options = TW_NEW_ARRAY(&t->arena, tw_option, 1);
    options[0] = (tw_option){TW_STR("path"), tw_str_of(input)};
    file_counts_plan(t, &TOPIC, options, 1, 100);
    if (connector) t->nodes[t->plan.nnodes - 1]->u.sink = (tw_plan_sink){.table = {.name = TW_STR("s"), .connector = tw_str_of(connector)}};
}

/* ---- runs ---- */

static void open_store(plan_test *t, tw_store **store) {
    tw_status status = tw_store_open(&t->mem, &t->os, folder, store, &t->error);
    if (status != TW_OK) fail_msg("%s %s", t->error.message, t->error.detail);
}

static int done_pipe;
static void on_commit(void *context) {
    (void)context;
    if (write(done_pipe, "x", 1) != 1) _exit(2);
}

static tw_status run_job(plan_test *t, tw_store *store, int32_t shards, int32_t batch_rows) {
    tw_job_options o = plan_options(t, shards, batch_rows, 1);
    o.seeded = false;
    o.ring_slots = 4;
    o.commit_interval_ms = 1;
    o.store = store;
    o.app = tw_str_of(topic_name);
    return plan_run_options(t, &o);
}

/* Runs the job until it ends (true), or kills it after so many commits. */
static bool run_and_kill(plan_test *t, int commits, int32_t shards, int32_t batch_rows) {
    int ends[2], status;
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        tw_store *store;
        close(ends[0]);
        done_pipe = ends[1];
        open_store(t, &store);
        if (tw_store_listen(store, on_commit, NULL, &t->error) != TW_OK) _exit(3);
        if (run_job(t, store, shards, batch_rows) != TW_OK) fprintf(stderr, "%s %s\n", t->error.message, t->error.detail), _exit(4);
        tw_store_close(store);
        _exit(0);
    }
    close(ends[1]);
    while (commits-- > 0 && read(ends[0], &byte, 1) == 1) {}
    if (commits < 0) kill(child, SIGKILL);
    while (read(ends[0], &byte, 1) == 1) {}
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) return false;
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

/* What the topic has, as lines in t->rows. */
static void read_topic(plan_test *t, tw_store *store) {
    const tw_topic *topic;
    tw_buf_clear(&t->rows);
    assert_int_equal(tw_topic_find(store, tw_str_of(topic_name), &topic, &t->error), TW_OK);
    for (int32_t p = 0; p < topic->npartitions; p++) topic_values(topic->partitions[p], '\n', &t->rows);
    tw_topic_release(store, topic);
}

/* One job from its beginning to its end, killed on the way; returns how often. */
static int killed_job(plan_test *t, tw_prng *prng) {
    tw_store *store;
    tw_log_config config;
    int kills = 0;
    open_store(t, &store);
    tw_log_config_default(&config);
    assert_int_equal(tw_topic_create(store, tw_str_of(topic_name), 2, &config, &t->error), TW_OK);
    tw_store_close(store);
    while (!run_and_kill(t, 1 + (int)tw_prng_below(prng, 3), 1 + kills % 3, 20)) kills++;
    return kills;
}

static void test_killed(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* ThreadSanitizer cannot follow a child that starts threads */
#endif
    plan_test t, oracle;
    tw_store *store;
    tw_prng prng = {11};
    int kills = 0;
    plan_open(&oracle);
    make_plan(&oracle, NULL);
    assert_int_equal(plan_run(&oracle, 1, TW_BATCH_ROWS, 1), TW_OK);
    const char *expected = plan_lines(&oracle, false);
    plan_open(&t);
    make_plan(&t, "topic");
    plan_begin(&t);
    tw_os_real(&t.os);
    for (int round = 0; round < ROUNDS; round++) {
        snprintf(topic_name, sizeof topic_name, "out-%d", round);
        kills += killed_job(&t, &prng);
        open_store(&t, &store);
        read_topic(&t, store);
        assert_string_equal(plan_lines(&t, false), expected);
        /* once more: everything is done already */
        assert_int_equal(run_job(&t, store, 3, TW_BATCH_ROWS), TW_OK);
        assert_int_equal(t.stats.rows_in, 0);
        read_topic(&t, store);
        assert_string_equal(plan_lines(&t, false), expected);
        tw_store_close(store);
    }
    print_message("%d kills\n", kills);
    assert_true(kills >= ROUNDS);
    plan_close(&t);
    plan_close(&oracle);
}

/* A job with another plan does not lose state without a word; a dropped one begins anew. */
static void test_other_plan(void **state) {
    (void)state;
    plan_test t;
    tw_store *store;
    tw_log_config config;
    plan_open(&t);
    make_plan(&t, "topic");
    plan_begin(&t);
    tw_os_real(&t.os);
    open_store(&t, &store);
    snprintf(topic_name, sizeof topic_name, "other");
    tw_log_config_default(&config);
    assert_int_equal(tw_topic_create(store, tw_str_of(topic_name), 2, &config, &t.error), TW_OK);
    assert_int_equal(run_job(&t, store, 2, 20), TW_OK);
    for (int i = 0; i < t.plan.nnodes; i++)
        if (t.nodes[i]->kind == TW_PLAN_WINDOW_AGG) t.nodes[i]->id ^= 1;
    assert_int_equal(run_job(&t, store, 1, TW_BATCH_ROWS), TW_E_INVALID);
    assert_non_null(strstr(t.error.hint, "--allow-lost-state"));
    assert_int_equal(tw_checkpoint_drop(store, tw_str_of(topic_name), &t.error), TW_OK);
    assert_int_equal(tw_checkpoint_drop(store, tw_str_of(topic_name), &t.error), TW_E_UNDEFINED_TABLE);
    assert_int_equal(run_job(&t, store, 1, TW_BATCH_ROWS), TW_OK);
    assert_int_equal(t.stats.rows_in, ROWS);
    tw_store_close(store);
    plan_close(&t);
}

int main(void) {
    char command[200];
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed), cmocka_unit_test(test_other_plan)};
    make_files();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -rf %s %s", input, folder);
    return system(command) ? 1 : failed;
}
