/* The runtime with a source, operators and a sink of its own: flat memory, bounded slices, exchanges, barriers among rows on their way, errors,
 * threads, failing allocations. */
#include "plan_test.h"

#include <pthread.h>
#include <unistd.h>

#include "base/prng.h"
#include "data/hashing.h"
#include "data/key.h"

enum { KEYS = 64 };

/* --- what a test sets and looks at --- */

static struct {
    int nsplits;
    int64_t rows; /* of each split */
    bool endless; /* blocked at the end, not ended */
    int64_t made_per_row;
    _Atomic int32_t fail_after; /* batches until the failing operator fails */
    bool fail_silently;
    int sink_blocks; /* of so many writes, one is taken */
} config;

static struct {
    pthread_mutex_t lock;
    int64_t totals[KEYS]; /* committed */
    int64_t rows;
    int64_t made_batches; /* emitted by makers */
    int64_t watermark;    /* highest that a checker has seen */
    int64_t behind;       /* most that a row's time was below the highest before it */
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- source: row i of split s has key (i * 7 + s) mod KEYS, value i, time 10 * i + s; now and then it has nothing --- */

typedef struct number_source {
    tw_mem *mem;
    tw_os *os;
    const tw_type *row;
    tw_split_id splits[8];
} number_source;

typedef struct number_reader {
    number_source *source;
    tw_mem *mem;
    int split;
    int64_t next, polls;
    tw_builder builder;
} number_reader;

static tw_status numbers_open(const tw_source_context *context, tw_source **out, tw_error *error) {
    static const char *const names[] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"};
    number_source *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = context->mem;
    s->os = context->os;
    s->row = context->scan->wanted;
    for (int i = 0; i < 8; i++) s->splits[i] = (tw_split_id){tw_str_of(names[i]), i};
    *out = (tw_source *)s;
    return TW_OK;
}

static void numbers_close(tw_source *opaque) { tw_free(((number_source *)opaque)->mem, opaque, sizeof(number_source)); }

static tw_status numbers_splits(tw_source *opaque, const tw_split_id **splits, int *n, bool *complete, tw_error *error) {
    (void)error;
    *splits = ((number_source *)opaque)->splits;
    *n = config.nsplits;
    *complete = true;
    return TW_OK;
}

static tw_status numbers_reader_open(tw_source *opaque, const tw_split_id *split, tw_mem *mem, tw_str position, tw_split_reader **out,
                                     tw_error *error) {
    number_reader *r = tw_calloc(mem, sizeof *r);
    if (!r) return tw_fail(error, TW_E_NOMEM, "out of memory");
    r->source = (number_source *)opaque;
    r->mem = mem;
    r->split = split->number;
    tw_reader in = {position.data, position.data + position.length, false};
    r->next = position.length == 8 ? (int64_t)tw_read_u64(&in) : 0;
    if (tw_builder_open(&r->builder, mem, r->source->row, TW_BATCH_ROWS) != TW_OK) {
        tw_free(mem, r, sizeof *r);
        return tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    *out = (tw_split_reader *)r;
    return TW_OK;
}

static void put(tw_builder *b, int column, int32_t row, int64_t v) { ((int64_t *)b->batch.columns[column].values)[row] = v; }

static tw_status numbers_poll(tw_split_reader *opaque, int32_t max_rows, tw_batch **batch, int64_t *wait_ns, tw_bad_record_sink bad,
                              void *bad_context, tw_error *error) {
    (void)bad, (void)bad_context;
    number_reader *r = (number_reader *)opaque;
    if (r->polls++ % 5 == 3) {
        *wait_ns = tw_mono_ns(r->source->os);
        return TW_BLOCKED;
    }
    tw_builder_reset(&r->builder);
    int32_t n = 0;
    for (; n < max_rows && r->next < config.rows; n++, r->next++) {
        put(&r->builder, 0, n, (r->next * 7 + r->split) % KEYS);
        put(&r->builder, 1, n, r->next);
        put(&r->builder, 2, n, 10 * r->next + r->split);
    }
    if (n == 0 && config.endless) *wait_ns = tw_mono_ns(r->source->os) + 1000000000;
    if (n == 0) return config.endless ? TW_BLOCKED : TW_END;
    *batch = &r->builder.batch;
    return tw_builder_commit(&r->builder, n, NULL) == TW_OK ? TW_OK : tw_fail(error, TW_E_NOMEM, "out of memory");
}

static void numbers_position(tw_split_reader *opaque, tw_buf *out) { tw_buf_u64(out, (uint64_t)((number_reader *)opaque)->next); }
static double numbers_progress(tw_split_reader *opaque) { return (double)((number_reader *)opaque)->next / (double)(config.rows + 1); }

static void numbers_reader_close(tw_split_reader *opaque) {
    number_reader *r = (number_reader *)opaque;
    tw_builder_close(&r->builder);
    tw_free(r->mem, r, sizeof *r);
}

static const tw_source_ops NUMBERS_SOURCE = {numbers_open, numbers_close,    numbers_splits,   numbers_reader_open,
                                             numbers_poll, numbers_position, numbers_progress, numbers_reader_close};

/* --- sink: adds values up by key; what was written counts when it is committed --- */

typedef struct store {
    tw_mem *mem;
    struct {
        int64_t totals[KEYS], rows;
    } written, prepared;
    int64_t writes;
} store;

static tw_status store_open(const tw_sink_context *context, tw_sink **out, tw_error *error) {
    store *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = context->mem;
    *out = (tw_sink *)s;
    return TW_OK;
}

static tw_status store_write(tw_sink *opaque, const tw_batch *batch, tw_error *error) {
    (void)error;
    store *s = (store *)opaque;
    if (config.sink_blocks && ++s->writes % config.sink_blocks) return TW_BLOCKED;
    const int64_t *k = batch->columns[0].values, *v = batch->columns[1].values;
    for (int32_t i = 0; i < batch->rows; i++) s->written.totals[k[i]] += v[i];
    s->written.rows += batch->rows;
    return TW_OK;
}

static tw_status store_prepare(tw_sink *opaque, const tw_sink_epoch *epoch, tw_error *error) {
    (void)error;
    store *s = (store *)opaque;
    assert_true(epoch->number > 0);
    assert_int_equal(s->prepared.rows, 0); /* the epoch before has been committed */
    s->prepared = s->written;
    memset(&s->written, 0, sizeof s->written);
    return TW_OK;
}

static tw_status store_commit(tw_sink *opaque, uint64_t epoch, tw_error *error) {
    (void)epoch, (void)error;
    store *s = (store *)opaque;
    pthread_mutex_lock(&seen.lock);
    for (int k = 0; k < KEYS; k++) seen.totals[k] += s->prepared.totals[k];
    seen.rows += s->prepared.rows;
    pthread_mutex_unlock(&seen.lock);
    memset(&s->prepared, 0, sizeof s->prepared);
    return TW_OK;
}

static tw_status store_finish(tw_sink *opaque, tw_error *error) {
    (void)error;
    assert_int_equal(((store *)opaque)->written.rows, 0); /* the end has an epoch of its own */
    return TW_OK;
}
static void store_close(tw_sink *sink) { tw_free(((store *)sink)->mem, sink, sizeof(store)); }

static const tw_sink_ops STORE_SINK = {store_open, store_write, store_prepare, store_commit, store_finish, store_close};
static const tw_connector NUMBERS = {.name = "numbers", .doc = "", .source = &NUMBERS_SOURCE},
                          STORE = {.name = "store", .doc = "", .sink = &STORE_SINK};
static const tw_connector *const CONNECTORS[] = {&NUMBERS, &STORE};

/* --- operator: sums by key, given out at the end; every row must be of an own key group --- */

typedef struct sums {
    tw_operator op;
    int64_t *sum;
    uint32_t group[KEYS];
    tw_builder out;
    int cursor; /* KEYS: nothing to give out */
} sums;

static tw_status sums_open(tw_operator *op, tw_error *error) {
    sums *s = (sums *)op;
    int64_t keys[KEYS];
    uint64_t hashes[KEYS];
    for (int k = 0; k < KEYS; k++) keys[k] = k;
    tw_column column = {.type = &TW_TYPE_BIGINT, .phys = TW_PHYS_I64, .values = keys};
    tw_column_hash(&column, (tw_selection){NULL, KEYS}, hashes, false);
    for (int k = 0; k < KEYS; k++) s->group[k] = tw_key_group(hashes[k]);
    s->cursor = KEYS;
    s->sum = tw_calloc(op->task->mem, sizeof *s->sum * KEYS);
    if (!s->sum || tw_builder_open(&s->out, op->task->mem, op->node->row, 16) != TW_OK) return tw_fail(error, TW_E_NOMEM, "out of memory");
    return TW_OK;
}

static tw_status sums_push(tw_operator *op, int port, const tw_batch *batch) {
    (void)port;
    sums *s = (sums *)op;
    const int64_t *k = batch->columns[0].values, *v = batch->columns[1].values;
    for (int32_t i = 0; i < batch->rows; i++) {
        assert_true(tw_owns_group(op->task, s->group[k[i]]));
        s->sum[k[i]] += v[i] + 1; /* so that a row of value 0 counts */
    }
    return TW_OK;
}

static tw_status sums_resume(tw_operator *op) {
    sums *s = (sums *)op;
    while (s->cursor < KEYS) {
        tw_builder_reset(&s->out);
        int32_t n = 0;
        for (; s->cursor < KEYS && n < 16; s->cursor++) {
            if (!s->sum[s->cursor]) continue;
            put(&s->out, 0, n, s->cursor);
            put(&s->out, 1, n, s->sum[s->cursor]);
            put(&s->out, 2, n++, 0);
            s->sum[s->cursor] = 0;
        }
        if (tw_builder_commit(&s->out, n, NULL) != TW_OK) return tw_fail(op->task->error, TW_E_NOMEM, "out of memory");
        tw_status status = tw_emit(op, &s->out.batch);
        if (status == TW_OK && tw_yield(op)) status = TW_MORE;
        if (status != TW_OK) {
            if (!tw_is_error(status)) tw_pending(op);
            return status;
        }
    }
    return tw_emit_watermark(op, TW_WATERMARK_MAX);
}

static tw_status sums_watermark(tw_operator *op, int port, int64_t w) {
    (void)port;
    assert_true(w > op->watermark_out);
    if (w != TW_WATERMARK_MAX) return tw_emit_watermark(op, w);
    ((sums *)op)->cursor = 0;
    return sums_resume(op);
}

static tw_status sums_snapshot(tw_operator *op, tw_snapshot_out *out) {
    sums *s = (sums *)op;
    for (int k = 0; k < KEYS; k++) tw_buf_u64(out->chunk, tw_owns_group(op->task, s->group[k]) ? (uint64_t)s->sum[k] : UINT64_MAX);
    return TW_OK;
}

static tw_status sums_restore(tw_operator *op, tw_reader *chunk, tw_error *error) {
    (void)error;
    sums *s = (sums *)op;
    for (int k = 0; k < KEYS; k++) {
        uint64_t v = tw_read_u64(chunk);
        if (v != UINT64_MAX && tw_owns_group(op->task, s->group[k])) s->sum[k] = (int64_t)v;
    }
    return TW_OK;
}

static void sums_close(tw_operator *op) {
    sums *s = (sums *)op;
    tw_free(op->task->mem, s->sum, s->sum ? sizeof *s->sum * KEYS : 0);
    tw_builder_close(&s->out);
}

static const tw_operator_ops SUMS = {.name = "sums",
                                     .size = sizeof(sums),
                                     .open = sums_open,
                                     .push = sums_push,
                                     .resume = sums_resume,
                                     .watermark = sums_watermark,
                                     .snapshot = sums_snapshot,
                                     .restore = sums_restore,
                                     .close = sums_close};

/* --- operator: much from little, per row (EXPAND) or at the end (WINDOW) --- */

typedef struct maker {
    tw_operator op;
    tw_builder out;
    int64_t left;
    bool ending;
} maker;

static tw_status maker_open(tw_operator *op, tw_error *error) {
    tw_status status = tw_builder_open(&((maker *)op)->out, op->task->mem, op->node->row, 1000);
    return status == TW_OK ? TW_OK : tw_fail(error, status, "out of memory");
}

static tw_status maker_resume(tw_operator *op) {
    maker *m = (maker *)op;
    while (m->left) {
        tw_builder_reset(&m->out);
        int32_t n = m->left < 1000 ? (int32_t)m->left : 1000;
        for (int32_t i = 0; i < n; i++) {
            put(&m->out, 0, i, i % KEYS);
            put(&m->out, 1, i, 1);
            put(&m->out, 2, i, 0);
        }
        m->left -= n;
        seen.made_batches++;
        if (tw_builder_commit(&m->out, n, NULL) != TW_OK) return tw_fail(op->task->error, TW_E_NOMEM, "out of memory");
        tw_status status = tw_emit(op, &m->out.batch);
        if (status == TW_OK && tw_yield(op)) status = TW_MORE;
        if (status != TW_OK) {
            if (!tw_is_error(status)) tw_pending(op);
            return status;
        }
    }
    return m->ending ? tw_emit_watermark(op, TW_WATERMARK_MAX) : TW_OK;
}

static tw_status maker_push(tw_operator *op, int port, const tw_batch *batch) {
    (void)port;
    if (op->node->kind == TW_PLAN_WINDOW) return TW_OK;
    ((maker *)op)->left = batch->rows * config.made_per_row;
    return maker_resume(op);
}

static tw_status maker_watermark(tw_operator *op, int port, int64_t w) {
    (void)port;
    if (w != TW_WATERMARK_MAX) return tw_emit_watermark(op, w);
    maker *m = (maker *)op;
    m->ending = true;
    m->left = op->node->kind == TW_PLAN_WINDOW ? config.made_per_row : 0;
    return maker_resume(op);
}

static void maker_close(tw_operator *op) { tw_builder_close(&((maker *)op)->out); }

static const tw_operator_ops MAKER = {.name = "maker",
                                      .size = sizeof(maker),
                                      .open = maker_open,
                                      .push = maker_push,
                                      .resume = maker_resume,
                                      .watermark = maker_watermark,
                                      .close = maker_close};

/* --- operator: hands on, and sees that no row comes behind a watermark --- */

static tw_status checker_push(tw_operator *op, int port, const tw_batch *batch) {
    (void)port;
    const int64_t *ts = batch->columns[2].values;
    pthread_mutex_lock(&seen.lock);
    for (int32_t i = 0; i < batch->rows; i++) {
        assert_true(ts[i] >= op->watermark_out);
        if (op->ports[0].watermark != TW_WATERMARK_MIN && op->ports[0].watermark - ts[i] > seen.behind) seen.behind = op->ports[0].watermark - ts[i];
        if (ts[i] > op->ports[0].watermark) op->ports[0].watermark = ts[i]; /* not used by tw_watermark_default on one port: the highest time */
    }
    pthread_mutex_unlock(&seen.lock);
    return tw_emit(op, batch);
}

static tw_status checker_watermark(tw_operator *op, int port, int64_t w) {
    (void)port;
    assert_true(w > op->watermark_out);
    pthread_mutex_lock(&seen.lock);
    if (w > seen.watermark) seen.watermark = w;
    pthread_mutex_unlock(&seen.lock);
    return tw_emit_watermark(op, w);
}

static const tw_operator_ops CHECKER = {.name = "checker", .size = sizeof(tw_operator), .push = checker_push, .watermark = checker_watermark};

/* --- operators: union; one that fails --- */

static tw_status union_push(tw_operator *op, int port, const tw_batch *batch) {
    (void)port;
    return tw_emit(op, batch);
}

static const tw_operator_ops UNION = {.name = "union", .size = sizeof(tw_operator), .push = union_push, .watermark = tw_watermark_default};

static tw_status failing_push(tw_operator *op, int port, const tw_batch *batch) {
    (void)port;
    if (config.fail_after-- > 0) return tw_emit(op, batch);
    return config.fail_silently ? TW_E_OVERFLOW : tw_fail(op->task->error, TW_E_VALUE, "as it was told to");
}

static const tw_operator_ops FAILING = {.name = "failing", .size = sizeof(tw_operator), .push = failing_push, .watermark = tw_watermark_default};

/* --- plans and runs --- */

static void reset_seen(void) {
    memset(seen.totals, 0, sizeof seen.totals);
    seen.rows = seen.made_batches = seen.behind = 0;
    seen.watermark = TW_WATERMARK_MIN;
}

static void begin(plan_test *t, int nsplits, int64_t rows) {
    plan_open(t);
    t->operators[TW_PLAN_GROUP_AGG] = &SUMS;
    t->operators[TW_PLAN_EXPAND] = t->operators[TW_PLAN_WINDOW] = &MAKER;
    t->operators[TW_PLAN_SORT] = &CHECKER;
    t->operators[TW_PLAN_UNION] = &UNION;
    t->operators[TW_PLAN_LIMIT] = &FAILING;
    t->registry.connectors = CONNECTORS;
    t->registry.nconnectors = 2;
    tw_os_simulated(&t->os, 1000);
    memset(&config, 0, sizeof config);
    config.nsplits = nsplits;
    config.rows = rows;
    reset_seen();
}

static tw_plan_node *numbers(plan_test *t) {
    const tw_type *bigint = tw_type_nullable(&t->arena, &TW_TYPE_BIGINT, false);
    const tw_type *row = plan_row(t, 3, "k", bigint, "v", bigint, "ts", plan_rowtime(t));
    tw_plan_node *n = plan_node(t, TW_PLAN_SCAN, row, TW_APPEND, 0);
    n->u.scan = (tw_plan_scan){.table = {.name = TW_STR("n"), .connector = TW_STR("numbers"), .schema = row}, .wanted = row};
    return n;
}

static tw_plan_node *over(plan_test *t, tw_plan_kind kind, tw_plan_node *input) { return plan_node(t, kind, input->row, TW_APPEND, 1, input); }

static tw_plan_node *into_store(plan_test *t, tw_plan_node *input) {
    tw_plan_node *n = over(t, TW_PLAN_SINK, input);
    n->u.sink.table = (tw_table_ref){.name = TW_STR("out"), .connector = TW_STR("store"), .schema = input->row};
    return n;
}

/* scan -> watermark -> hash exchange -> checker -> sums -> sink */
static void sums_plan(plan_test *t) {
    tw_plan_node *n = plan_exchange(t, plan_watermark(t, numbers(t), 2, 0), 1, 0);
    into_store(t, over(t, TW_PLAN_GROUP_AGG, over(t, TW_PLAN_SORT, n)));
}

/* What sums of every row of every split, `times` over, come to. */
static void check_totals(int times) {
    int64_t want[KEYS] = {0};
    for (int s = 0; s < config.nsplits; s++)
        for (int64_t i = 0; i < config.rows; i++) want[(i * 7 + s) % KEYS] += times * (i + 1);
    assert_memory_equal(seen.totals, want, sizeof want);
}

static tw_status open_job(plan_test *t, int shards, int32_t batch, uint64_t seed, const tw_snapshot *restore, tw_job **job) {
    tw_job_options o = plan_options(t, shards, batch, seed);
    o.restore = restore;
    o.side = NULL;
    return tw_job_open(&t->mem, &t->os, &t->registry, &t->plan, &o, job, &t->error);
}

static void run(plan_test *t, int shards, int32_t batch, uint64_t seed) {
    tw_job *job = NULL;
    reset_seen();
    tw_status status = open_job(t, shards, batch, seed, NULL, &job);
    if (status == TW_OK) status = tw_job_run(job, &t->error);
    if (status != TW_OK) fail_msg("%s", t->error.message);
    tw_job_get_stats(job, &t->stats);
    tw_job_close(job);
}

/* --- tests --- */

static void test_flat_memory(void **state) {
    (void)state;
    plan_test t;
    begin(&t, 1, 1);
    config.made_per_row = 10000000;
    into_store(&t, over(&t, TW_PLAN_SORT, plan_exchange(&t, over(&t, TW_PLAN_EXPAND, numbers(&t)), 1, 0)));
    run(&t, 2, TW_BATCH_ROWS, 1);
    assert_int_equal(seen.rows, 10000000);
    assert_true(t.stats.rows_in == 1 && t.stats.rows_out == 10000000);
    assert_true(t.mem.peak < 8 << 20);
    plan_close(&t);
}

static void test_slices(void **state) {
    (void)state;
    plan_test t;
    begin(&t, 2, 10);
    config.made_per_row = 1000000;
    into_store(&t, plan_exchange(&t, over(&t, TW_PLAN_WINDOW, plan_exchange(&t, numbers(&t), 1, 0)), 1, 0));
    tw_job *job = NULL;
    assert_int_equal(open_job(&t, 2, 7, 3, NULL, &job), TW_OK);
    tw_prng prng = {5};
    bool ended = false;
    int64_t slices = 0;
    while (!ended) {
        int64_t before = seen.made_batches;
        assert_int_equal(tw_job_steps(job, &prng, 1, &ended, &t.error), TW_OK);
        assert_true(seen.made_batches - before <= 5);
        assert_true(++slices < 1000000);
    }
    tw_job_close(job);
    assert_int_equal(seen.rows, 2000000);
    plan_close(&t);
}

/* Rows part at a tee, go through an exchange each and come together again. */
static void test_diamond(void **state) {
    (void)state;
    plan_test t;
    begin(&t, 3, 500);
    tw_plan_node *n = plan_watermark(&t, numbers(&t), 2, 0);
    tw_plan_node *left = over(&t, TW_PLAN_SORT, plan_exchange(&t, n, 1, 0)), *right = over(&t, TW_PLAN_SORT, plan_exchange(&t, n, 1, 1));
    tw_plan_node *both = plan_node(&t, TW_PLAN_UNION, n->row, TW_APPEND, 2, left, right);
    into_store(&t, over(&t, TW_PLAN_GROUP_AGG, over(&t, TW_PLAN_SORT, plan_exchange(&t, both, 1, 0))));
    for (int shards = 1; shards <= 3; shards++)
        for (uint64_t seed = 1; seed <= 5; seed++) {
            run(&t, shards, 16, seed);
            check_totals(2);
        }
    plan_close(&t);
}

/* A union of rows as they are with rows that have been through exchanges: no task may wait for itself. */
static void test_circle(void **state) {
    (void)state;
    for (int single = 0; single < 2; single++) {
        plan_test t;
        begin(&t, 3, 400);
        tw_plan_node *n = plan_watermark(&t, numbers(&t), 2, 0);
        tw_plan_node *agg = over(&t, TW_PLAN_GROUP_AGG, single ? plan_exchange(&t, n, 0) : plan_exchange(&t, n, 1, 0));
        into_store(&t, plan_node(&t, TW_PLAN_UNION, n->row, TW_APPEND, 3, n, agg, n));
        for (int shards = 1; shards <= 3; shards++)
            for (uint64_t seed = 1; seed <= 5; seed++) {
                run(&t, shards, 16, seed);
                int64_t rows = config.nsplits * config.rows; /* sums count each row 1 more than the row itself does */
                assert_int_equal(seen.rows, 2 * rows + KEYS);
                for (int k = 0; k < KEYS; k++) assert_true((seen.totals[k] - rows / KEYS) % 3 <= 2);
                int64_t total = 0;
                for (int k = 0; k < KEYS; k++) total += seen.totals[k];
                assert_int_equal(total, 3 * 3 * (400 * 399 / 2) + rows);
            }
        plan_close(&t);
    }
}

static void test_owners(void **state) {
    (void)state;
    plan_test t;
    begin(&t, 4, 300);
    sums_plan(&t);
    static const int32_t batches[] = {1, 7, TW_BATCH_ROWS};
    for (int shards = 1; shards <= 3; shards++)
        for (int b = 0; b < 3; b++)
            for (uint64_t seed = 1; seed <= 3; seed++) {
                run(&t, shards, batches[b], seed);
                check_totals(1);
                assert_true(t.stats.rows_in == 1200 && t.stats.rows_out == KEYS);
                assert_true(t.stats.watermark == TW_WATERMARK_MAX && t.stats.progress == 1);
            }
    plan_close(&t);
}

/* One run that is cut `cuts` times while rows are on their way, and goes on at another shard count each time. */
static void run_in_pieces(plan_test *t, tw_prng *prng, int cuts) {
    tw_snapshot snapshots[2];
    for (int i = 0; i < 2; i++) tw_snapshot_init(&snapshots[i], &t->mem);
    tw_snapshot *from = NULL;
    reset_seen();
    for (int cut = 0; cut <= cuts; cut++) {
        tw_job *job = NULL;
        bool ended = false;
        int shards = 1 + (int)tw_prng_below(prng, 3);
        int32_t batch = (int32_t[]){1, 7, 64}[tw_prng_below(prng, 3)];
        assert_int_equal(open_job(t, shards, batch, tw_prng_next(prng), from, &job), TW_OK);
        tw_status status = TW_OK;
        if (cut == cuts) {
            status = tw_job_run(job, &t->error);
        } else {
            tw_snapshot *into = &snapshots[cut % 2];
            tw_snapshot_free(into);
            for (int k = 0; k < 2 && status == TW_OK; k++) { /* a base, then what changed since */
                status = tw_job_steps(job, prng, (int)tw_prng_below(prng, 60), &ended, &t->error);
                if (status == TW_OK) status = tw_job_checkpoint_now(job, into, &t->error);
            }
            from = into;
        }
        if (status != TW_OK) fail_msg("%s", t->error.message);
        tw_job_close(job);
    }
    for (int i = 0; i < 2; i++) tw_snapshot_free(&snapshots[i]);
}

static void test_barriers(void **state) {
    (void)state;
    plan_test t;
    begin(&t, 3, 100);
    sums_plan(&t);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        tw_prng prng = {seed};
        run_in_pieces(&t, &prng, 1 + (int)(seed % 4));
        check_totals(1);
    }
    plan_close(&t);
}

/* The same through a diamond with two exchanges in one task, one of which may be full when the barrier comes. */
static void test_barriers_in_diamond(void **state) {
    (void)state;
    plan_test t;
    begin(&t, 3, 60);
    tw_plan_node *n = plan_watermark(&t, numbers(&t), 2, 0);
    tw_plan_node *left = over(&t, TW_PLAN_SORT, plan_exchange(&t, n, 1, 0)), *right = over(&t, TW_PLAN_SORT, plan_exchange(&t, n, 1, 1));
    tw_plan_node *all = plan_node(&t, TW_PLAN_UNION, n->row, TW_APPEND, 3, left, right, n);
    into_store(&t, over(&t, TW_PLAN_GROUP_AGG, plan_exchange(&t, all, 1, 0)));
    for (uint64_t seed = 1; seed <= 60; seed++) {
        tw_prng prng = {seed};
        run_in_pieces(&t, &prng, 1 + (int)(seed % 4));
        check_totals(3);
    }
    plan_close(&t);
}

static void failing_plan(plan_test *t) { into_store(t, over(t, TW_PLAN_LIMIT, plan_exchange(t, numbers(t), 1, 0))); }

static tw_status run_to_end(plan_test *t, bool seeded) {
    tw_job *job = NULL;
    tw_job_options o = plan_options(t, 3, 16, 1);
    o.seeded = seeded;
    o.side = NULL;
    tw_os_simulated(&t->os, 1000);
    if (!seeded) tw_os_real(&t->os);
    assert_int_equal(tw_job_open(&t->mem, &t->os, &t->registry, &t->plan, &o, &job, &t->error), TW_OK);
    tw_status status = tw_job_run(job, &t->error);
    tw_job_close(job);
    return status;
}

static void test_errors(void **state) {
    (void)state;
    for (int threads = 0; threads < 2; threads++) {
        plan_test t;
        begin(&t, 3, 1000);
        failing_plan(&t);
        config.fail_after = 5;
        assert_int_equal(run_to_end(&t, !threads), TW_E_VALUE);
        assert_string_equal(t.error.message, "as it was told to");
        config.fail_after = 5;
        config.fail_silently = true;
        assert_int_equal(run_to_end(&t, !threads), TW_E_OVERFLOW);
        assert_true(t.error.message[0]);
        plan_close(&t);
    }
}

static void *cancel_soon(void *context) {
    usleep(20000);
    tw_job_cancel(context);
    return NULL;
}

static void test_cancel(void **state) {
    (void)state;
    for (int threads = 0; threads < 2; threads++) {
        plan_test t;
        begin(&t, 2, 100);
        config.endless = true;
        sums_plan(&t);
        tw_os_real(&t.os);
        tw_job *job = NULL;
        tw_job_options o = plan_options(&t, 3, 16, 1);
        o.seeded = !threads;
        o.side = NULL;
        assert_int_equal(tw_job_open(&t.mem, &t.os, &t.registry, &t.plan, &o, &job, &t.error), TW_OK);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, job), 0);
        assert_int_equal(tw_job_run(job, &t.error), TW_E_CANCELLED);
        pthread_join(thread, NULL);
        assert_int_equal(tw_job_run(job, &t.error), TW_E_CANCELLED);
        tw_job_close(job);
        plan_close(&t);
    }
}

/* Shards without a split hold no watermark back. */
static void test_idle_channels(void **state) {
    (void)state;
    plan_test t;
    begin(&t, 1, 100);
    config.endless = true;
    sums_plan(&t);
    for (int shards = 1; shards <= 3; shards++) {
        tw_job *job = NULL;
        bool ended = true;
        reset_seen();
        assert_int_equal(open_job(&t, shards, 16, 1, NULL, &job), TW_OK);
        assert_int_equal(tw_job_settle(job, &ended, &t.error), TW_OK);
        assert_false(ended);
        assert_true(seen.watermark == 990);
        tw_job_close(job);
    }
    plan_close(&t);
}

/* Several splits on one task: the one with the lowest watermark is read next; without watermarks one after the other, or in turn where there
 * is no end. */
static void test_split_order(void **state) {
    (void)state;
    plan_test t;
    begin(&t, 4, 200);
    sums_plan(&t);
    run(&t, 1, 1, 1);
    check_totals(1);
    assert_true(seen.behind <= 30); /* one that has nothing just now may fall behind by a few rows */
    t.nodes[0]->u.scan.ordered_by_watermark = false;
    run(&t, 1, 1, 1);
    check_totals(1);
    assert_true(seen.behind <= 200);
    t.nodes[0]->u.scan.bounded = true;
    run(&t, 1, 1, 1);
    check_totals(1);
    assert_true(seen.behind > 1000);
    plan_close(&t);
}

typedef struct watcher {
    tw_job *job;
    _Atomic bool stop;
} watcher;

static void *watch(void *context) {
    watcher *w = context;
    while (!w->stop) {
        tw_job_stats stats;
        tw_job_get_stats(w->job, &stats);
        usleep(100);
    }
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    plan_test t;
    begin(&t, 5, 20000);
    sums_plan(&t);
    tw_os_real(&t.os);
    for (int round = 0; round < 4; round++) {
        tw_job_options o = plan_options(&t, 3, round % 2 ? 1000 : 64, 1);
        o.seeded = false;
        o.side = NULL;
        config.sink_blocks = round < 2 ? 0 : 3;
        watcher w = {0};
        reset_seen();
        assert_int_equal(tw_job_open(&t.mem, &t.os, &t.registry, &t.plan, &o, &w.job, &t.error), TW_OK);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, watch, &w), 0);
        assert_int_equal(tw_job_run(w.job, &t.error), TW_OK);
        w.stop = true;
        pthread_join(thread, NULL);
        tw_job_close(w.job);
        check_totals(1);
    }
    plan_close(&t);
}

/* Each allocation of each budget fails once, in a job that is cut and goes on. */
static void test_no_memory(void **state) {
    (void)state;
    plan_test t;
    begin(&t, 2, 20);
    sums_plan(&t);
    bool done = false;
    for (int64_t nth = 1; !done; nth++) {
        tw_snapshot snapshot;
        tw_job *job = NULL;
        bool ended;
        reset_seen();
        t.mem.fail_at = nth;
        tw_snapshot_init(&snapshot, &t.mem);
        tw_prng prng = {3};
        t.error.message[0] = 0;
        tw_status status = open_job(&t, 2, 7, 1, NULL, &job);
        if (status == TW_OK) status = tw_job_steps(job, &prng, 20, &ended, &t.error);
        if (status == TW_OK) status = tw_job_checkpoint_now(job, &snapshot, &t.error);
        tw_job_close(job);
        job = NULL;
        if (status == TW_OK) status = open_job(&t, 3, 7, 1, &snapshot, &job);
        if (status == TW_OK) status = tw_job_run(job, &t.error);
        tw_job_close(job);
        done = status == TW_OK;
        assert_true(done || (status == TW_E_NOMEM && t.error.message[0]));
        if (done) check_totals(1);
        t.mem.fail_at = 0;
        tw_snapshot_free(&snapshot);
        assert_true(nth < 100000);
    }
    plan_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flat_memory),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_diamond),
        cmocka_unit_test(test_circle),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_barriers),
        cmocka_unit_test(test_barriers_in_diamond),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_idle_channels),
        cmocka_unit_test(test_split_order),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
