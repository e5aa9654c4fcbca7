/* One file read by several tasks together: results are those of one task, line for line of what is bad, wherever barriers cut it. */
#include "file_counts.h"

#include <unistd.h>

#include "base/prng.h"

/* A sink whose rows become visible, in `visible`, with the commit of their epoch. */
static tw_buf *visible;

typedef struct kept {
    tw_mem *mem;
    tw_buf rows;
    size_t prepared; /* bytes of them that belong to the epoch whose barrier has passed */
} kept;

static tw_status kept_open(const tw_sink_context *context, tw_sink **out, tw_error *error) {
    kept *k = tw_calloc(context->mem, sizeof *k);
    if (!k) return tw_fail(error, TW_E_NOMEM, "out of memory");
    k->mem = context->mem;
    tw_buf_init(&k->rows, context->mem, 0);
    *out = (tw_sink *)k;
    return TW_OK;
}

static tw_status kept_write(tw_sink *sink, const tw_batch *batch, tw_error *error) {
    kept *k = (kept *)sink;
    (void)error;
    for (int32_t row = 0; row < batch->rows; row++) {
        tw_buf_text(&k->rows, "+I[");
        for (int32_t c = 0; c < batch->ncolumns; c++) {
            if (c) tw_buf_text(&k->rows, ", ");
            tw_print_value(&k->rows, &batch->columns[c], row);
        }
        tw_buf_text(&k->rows, "]\n");
    }
    return TW_OK;
}

static tw_status kept_prepare(tw_sink *sink, const tw_sink_epoch *epoch, tw_error *error) {
    (void)epoch, (void)error;
    kept *k = (kept *)sink;
    k->prepared = k->rows.length;
    return TW_OK;
}

static tw_status kept_commit(tw_sink *sink, uint64_t epoch, tw_error *error) {
    (void)epoch, (void)error;
    kept *k = (kept *)sink;
    tw_buf_append(visible, k->rows.data, k->prepared);
    if (k->prepared) memmove(k->rows.data, k->rows.data + k->prepared, k->rows.length - k->prepared);
    k->rows.length -= k->prepared;
    k->prepared = 0;
    return TW_OK;
}

static void kept_close(tw_sink *sink) {
    kept *k = (kept *)sink;
    tw_buf_free(&k->rows);
    tw_free(k->mem, k, sizeof *k);
}

static const tw_sink_ops KEPT = {.open = kept_open, .write = kept_write, .prepare = kept_prepare, .commit = kept_commit, .close = kept_close};
static const tw_connector KEPT_CONNECTOR = {.name = "kept", .doc = "rows that were committed", .sink_accepts = TW_RETRACT, .sink = &KEPT};
static char path[64];

enum { ROWS = 3000, LONG_LINE = 200 * 1024 };

/* Rows in disorder, with bad lines, blank ones, and one longer than a record may be; no line end behind the last. */
static void make_file(void) {
    strcpy(path, "/tmp/thalweg-spread-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    tw_prng prng = {7};
    for (int i = 0; i < ROWS; i++) {
        int64_t ts = 1000000 + i * 20 - (int64_t)tw_prng_below(&prng, 400) * (tw_prng_below(&prng, 4) == 0);
        fprintf(f, "{\"k\":%d,\"ts\":\"1970-01-01 00:%02d:%02d.%03d\"}%s", (int)tw_prng_below(&prng, 5), (int)(ts / 60000 % 60),
                (int)(ts / 1000 % 60), (int)(ts % 1000), i + 1 < ROWS ? "\n" : "");
        if (i % 331 == 0) fputs("{\"k\": nonsense\n", f);
        if (i % 500 == 0) fputs("\n", f);
        if (i == 2000) {
            for (int k = 0; k < LONG_LINE; k++) fputc('x', f);
            fputc('\n', f);
        }
    }
    fclose(f);
}

static void make_plan(plan_test *t, int64_t delay_ms) {
    tw_option *options = TW_NEW_ARRAY(&t->arena, tw_option, 2);
    options[0] = (tw_option){TW_STR("path"), tw_str_of(path)};
    options[1] = (tw_option){TW_STR("source.max-record-size"), TW_STR("128 kb")};
    file_counts_plan(t, &KEPT_CONNECTOR, options, 2, delay_ms);
}

/* Which lines were bad: "line offset\n" each, sorted. */
static const char *bad_lines(plan_test *t) {
    tw_builder out;
    tw_buf text;
    tw_buf_init(&text, &t->mem, 0);
    assert_int_equal(tw_builder_open(&out, &t->mem, tw_side_row(TW_SIDE_SOURCE_ERRORS), TW_BATCH_ROWS), TW_OK);
    tw_side_read(t->side, TW_SIDE_SOURCE_ERRORS, TW_STR("t"), 0, &out);
    for (int32_t row = 0; row < out.batch.rows; row++)
        tw_buf_printf(&text, "%08lld %lld\n", (long long)((int64_t *)out.batch.columns[3].values)[row],
                      (long long)((int64_t *)out.batch.columns[4].values)[row]);
    const char *sorted = plan_sorted(t, tw_arena_strndup(&t->arena, text.data ? text.data : "", text.length));
    tw_builder_close(&out);
    tw_buf_free(&text);
    return sorted;
}

static void test_results_of_one_task(void **state) {
    (void)state;
    for (int64_t delay = 0; delay <= 400; delay += 200) {
        plan_test t;
        plan_open(&t);
        make_plan(&t, delay);
        assert_int_equal(plan_run(&t, 1, TW_BATCH_ROWS, 1), TW_OK);
        const char *rows = plan_lines(&t, false), *bad = bad_lines(&t);
        uint64_t late = t.stats.late_rows;
        assert_true((late > 0) == (delay < 400));
        assert_int_equal(t.stats.bad_records, 11);
        for (int run = 0; run < 60; run++) {
            static const int32_t BATCHES[] = {1, 7, 100, TW_BATCH_ROWS};
            assert_int_equal(plan_run(&t, 2 + run % 3, BATCHES[run % 4], (uint64_t)run), TW_OK);
            assert_string_equal(plan_lines(&t, false), rows);
            assert_string_equal(bad_lines(&t), bad);
            assert_int_equal(t.stats.late_rows, late);
        }
        plan_close(&t);
    }
}

/* Slices of tasks in random order, a barrier in the middle, and on from the snapshot at another number of shards. */
static void test_barriers_cut_at_one_position(void **state) {
    (void)state;
    plan_test t;
    plan_open(&t);
    make_plan(&t, 100);
    assert_int_equal(plan_run(&t, 1, TW_BATCH_ROWS, 1), TW_OK);
    const char *rows = plan_lines(&t, false);
    tw_plan_node *sink = t.nodes[t.plan.nnodes - 1];
    sink->u.sink = (tw_plan_sink){.table = {.name = TW_STR("s"), .connector = TW_STR("kept")}};
    visible = &t.rows;
    for (uint64_t seed = 1; seed < 60; seed++) {
        tw_prng prng = {seed};
        tw_snapshot snapshot;
        tw_job *job;
        bool ended = false;
        plan_begin(&t);
        tw_snapshot_init(&snapshot, &t.mem);
        tw_job_options o = plan_options(&t, 2 + (int32_t)(seed % 3), 50, seed);
        o.hold_open = true; /* the end has an epoch of its own, which the snapshot would not know of */
        for (int leg = 0; leg < 3; leg++) {
            o.restore = leg ? &snapshot : NULL;
            assert_int_equal(tw_job_open(&t.mem, &t.os, &t.registry, &t.plan, &o, &job, &t.error), TW_OK);
            assert_int_equal(tw_job_steps(job, &prng, 5 + (int)tw_prng_below(&prng, 40), &ended, &t.error), TW_OK);
            tw_snapshot next;
            tw_snapshot_init(&next, &t.mem);
            assert_int_equal(tw_job_checkpoint_now(job, &next, &t.error), TW_OK);
            assert_int_equal(tw_job_steps(job, &prng, 7, &ended, &t.error), TW_OK);
            tw_job_close(job);
            tw_snapshot_free(&snapshot);
            snapshot = next;
            o.nshards = 1 + (int32_t)tw_prng_below(&prng, 4);
        }
        o.restore = &snapshot;
        o.hold_open = false;
        assert_int_equal(plan_run_options(&t, &o), TW_OK);
        assert_string_equal(plan_lines(&t, false), rows);
        tw_snapshot_free(&snapshot);
    }
    plan_close(&t);
}

static void test_threads(void **state) {
    (void)state;
    plan_test t;
    plan_open(&t);
    make_plan(&t, 100);
    assert_int_equal(plan_run(&t, 1, TW_BATCH_ROWS, 1), TW_OK);
    const char *rows = plan_lines(&t, false);
    for (int run = 0; run < 10; run++) {
        plan_begin(&t);
        tw_os_real(&t.os);
        tw_job_options o = plan_options(&t, 3, 20, 1);
        o.seeded = false;
        assert_int_equal(plan_run_options(&t, &o), TW_OK);
        assert_string_equal(plan_lines(&t, false), rows);
    }
    plan_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_of_one_task),
        cmocka_unit_test(test_barriers_cut_at_one_position),
        cmocka_unit_test(test_threads),
    };
    make_file();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
