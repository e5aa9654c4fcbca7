#include "agg_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/prng.h"
#include "operator/operator.h"

/* Rows (k, v, f): keys 0 .. 5 where the last is NULL, values 0 .. 4 and NULL, f TRUE, FALSE or NULL. The model is the signed count of each possible
 * row; from it follows, line by line, what the operator must give. */
enum { KEYS = 6, VALUES = 6, FLAGS = 3, CALLS = 5, INSTANCES = 3, CHUNKS = 64 };
typedef int64_t row_counts[KEYS][VALUES][FLAGS];

static const tw_type NUMBER = {.kind = TW_BIGINT, .nullable = true, .length = TW_LENGTH_MAX};
static const int32_t K[] = {0}, V[] = {1};
#define CALL(fn, n, flt, dist) {.function = &TEST_##fn##_FN, .type = &NUMBER, .args = V, .nargs = n, .filter = flt, .distinct = dist}
static const tw_agg_call ALL_CALLS[CALLS] = {CALL(COUNT, 0, -1, false), CALL(SUM, 1, -1, false), CALL(COUNT, 1, -1, true), CALL(MAX, 1, 2, false),
                                             CALL(SUM, 1, 2, true)};

typedef struct variant {
    bool global, strings, retract, every_change, upsert;
    int ncalls;
} variant;

typedef struct sink {
    tw_operator op;
    tw_buf text;
    bool quiet; /* rows are only counted */
    int64_t rows, batches;
    int64_t refuse_every; /* says "not now" to every n-th batch */
    bool refused;         /* and may not be given another before it is resumed */
    int64_t watermark;
} sink;

typedef struct fixture {
    variant v;
    tw_mem mem;
    tw_prng prng;
    tw_agg_call calls[CALLS];
    tw_field input_fields[3], output_fields[1 + CALLS];
    tw_type input, output;
    tw_plan plan;
    tw_plan_node scan, node;
    const tw_plan_node *inputs[1];
    int ninstances;
    tw_task_context task[INSTANCES];
    tw_operator *op[INSTANCES];
    sink out[INSTANCES];
    tw_error error;
    tw_buf chunks[CHUNKS];
    int nchunks;
    row_counts counts;
} fixture;

/* ---- the receiver ---- */

static void put_cell(tw_buf *out, const tw_column *c, int32_t row) {
    if (tw_column_null(c, row))
        tw_buf_text(out, " NULL");
    else if (c->phys == TW_PHYS_STR)
        tw_buf_printf(out, " %.*s", TW_STR_ARG(tw_sview_str(&((const tw_sview *)c->values)[row])));
    else
        tw_buf_printf(out, " %lld", (long long)((const int64_t *)c->values)[row]);
}

static tw_status sink_push(tw_operator *op, int port, const tw_batch *batch) {
    (void)port;
    sink *s = (sink *)op;
    assert_false(s->refused);
    assert_in_range(batch->rows, 1, TW_BATCH_ROWS);
    s->rows += batch->rows;
    for (int32_t i = 0; i < batch->rows && !s->quiet; i++) {
        tw_buf_text(&s->text, tw_change_text(batch->kinds ? batch->kinds[i] : TW_INSERT));
        for (int32_t c = 0; c < batch->ncolumns; c++) put_cell(&s->text, &batch->columns[c], i);
        tw_buf_text(&s->text, "\n");
    }
    s->batches++;
    s->refused = s->refuse_every && s->batches % s->refuse_every == 0;
    if (!s->refused) return TW_OK;
    tw_pending(op);
    return s->batches % 2 ? TW_BLOCKED : TW_MORE;
}
static tw_status sink_watermark(tw_operator *op, int port, int64_t watermark) {
    (void)port;
    ((sink *)op)->watermark = watermark;
    return TW_OK;
}
static const tw_operator_ops SINK = {.name = "sink", .push = sink_push, .watermark = sink_watermark};

/* ---- operators of several tasks ---- */

static void describe(fixture *f) {
    static const char *const NAMES[] = {"k", "a", "b", "c", "d", "e"};
    f->input_fields[0] = (tw_field){TW_STR("k"), f->v.strings ? &TW_TYPE_STRING : &TW_TYPE_BIGINT};
    f->input_fields[1] = (tw_field){TW_STR("v"), &TW_TYPE_BIGINT};
    f->input_fields[2] = (tw_field){TW_STR("f"), &TW_TYPE_BOOLEAN};
    f->input = (tw_type){.kind = TW_ROW, .nfields = 3, .fields = f->input_fields};
    int nkeys = !f->v.global;
    if (nkeys) f->output_fields[0] = f->input_fields[0];
    for (int c = 0; c < f->v.ncalls; c++) f->output_fields[nkeys + c] = (tw_field){tw_str_of(NAMES[1 + c]), &NUMBER};
    f->output = (tw_type){.kind = TW_ROW, .nfields = nkeys + f->v.ncalls, .fields = f->output_fields};
    memcpy(f->calls, ALL_CALLS, sizeof ALL_CALLS);
    for (int c = 0; c < CALLS; c++) f->calls[c].retract = f->v.retract;
    f->scan = (tw_plan_node){.kind = TW_PLAN_SCAN, .row = &f->input};
    f->inputs[0] = &f->scan;
    f->node = (tw_plan_node){
        .kind = TW_PLAN_GROUP_AGG, .row = &f->output, .inputs = f->inputs, .ninputs = 1, .changelog = f->v.upsert ? TW_UPSERT : TW_RETRACT};
    f->node.u.agg = (tw_plan_agg){.keys = K, .nkeys = nkeys, .calls = f->calls, .ncalls = f->v.ncalls, .keep = -1};
    f->node.u.agg.input_append = !f->v.retract;
    f->plan = (tw_plan){.every_change = f->v.every_change};
}

static tw_status open_operators(fixture *f, int ninstances) {
    f->ninstances = ninstances;
    for (int i = 0; i < ninstances; i++) {
        f->task[i] = (tw_task_context){.mem = &f->mem, .plan = &f->plan, .instance = i, .ninstances = ninstances, .error = &f->error};
        sink *s = &f->out[i];
        *s = (sink){.op = {.ops = &SINK, .task = &f->task[i]}, .refuse_every = 1 + i};
        tw_buf_init(&s->text, &f->mem, 0);
        f->op[i] = calloc(1, TW_OPERATOR_GROUP_AGG.size);
        *f->op[i] = (tw_operator){.ops = &TW_OPERATOR_GROUP_AGG,
                                  .node = &f->node,
                                  .task = &f->task[i],
                                  .next = &s->op,
                                  .timer_ms = INT64_MAX,
                                  .watermark_out = TW_WATERMARK_MIN};
        TW_TRY(f->op[i]->ops->open(f->op[i], &f->error));
    }
    return TW_OK;
}

static void close_operators(fixture *f) {
    for (int i = 0; i < INSTANCES; i++) {
        if (!f->op[i]) continue;
        f->op[i]->ops->close(f->op[i]);
        free(f->op[i]);
        f->op[i] = NULL;
        tw_buf_free(&f->out[i].text);
    }
}

static tw_status open_fixture(fixture *f, variant v, int ninstances) {
    memset(f, 0, sizeof *f);
    tw_mem_init(&f->mem, NULL, 0);
    f->v = v;
    f->prng.state = 11;
    for (int i = 0; i < CHUNKS; i++) tw_buf_init(&f->chunks[i], &f->mem, 0);
    describe(f);
    return open_operators(f, ninstances);
}

static void close_fixture(fixture *f) {
    close_operators(f);
    for (int i = 0; i < CHUNKS; i++) tw_buf_free(&f->chunks[i]);
    assert_int_equal(f->mem.used, 0);
}

/* As a task does: the deepest pending operator first. */
static tw_status push(fixture *f, int instance, const tw_batch *batch) {
    tw_operator *op = f->op[instance];
    sink *s = &f->out[instance];
    tw_task_context *task = op->task;
    task->yield_after = (int32_t)tw_prng_below(&f->prng, 3);
    tw_status status = op->ops->push(op, 0, batch);
    while (task->npending) {
        assert_true(status == TW_MORE || status == TW_BLOCKED);
        tw_operator *pending = s->op.pending ? &s->op : op;
        pending->pending = false;
        task->npending--;
        if (pending == &s->op) {
            s->refused = false;
            continue;
        }
        task->yield_after = (int32_t)tw_prng_below(&f->prng, 3);
        status = op->ops->resume(op);
    }
    return tw_is_error(status) ? status : TW_OK;
}

/* ---- rows ---- */

typedef struct table_rows {
    int64_t k[TW_BATCH_ROWS], v[TW_BATCH_ROWS];
    tw_sview text[TW_BATCH_ROWS];
    int8_t f[TW_BATCH_ROWS], kinds[TW_BATCH_ROWS];
    uint64_t valid[3][TW_BATCH_ROWS / 64];
    int key[TW_BATCH_ROWS], flag[TW_BATCH_ROWS];
    tw_column columns[3];
    tw_batch batch;
} table_rows;

static const char *const TEXTS[KEYS] = {"", "a", "ab", "a-key-longer-than-an-element's-room", "another-that-is-long,-by-twenty-or-so", "?"};

static void shape_rows(table_rows *r, bool strings, bool kinds) {
    r->columns[0] = (tw_column){.type = strings ? &TW_TYPE_STRING : &TW_TYPE_BIGINT,
                                .phys = strings ? TW_PHYS_STR : TW_PHYS_I64,
                                .values = strings ? (void *)r->text : r->k,
                                .validity = r->valid[0]};
    r->columns[1] = (tw_column){.type = &TW_TYPE_BIGINT, .phys = TW_PHYS_I64, .values = r->v, .validity = r->valid[1]};
    r->columns[2] = (tw_column){.type = &TW_TYPE_BOOLEAN, .phys = TW_PHYS_BOOL, .values = r->f, .validity = r->valid[2]};
    r->batch = (tw_batch){.ncolumns = 3, .columns = r->columns, .kinds = kinds ? r->kinds : NULL};
}

static void put_row(table_rows *r, int k, int v, int flag, int8_t kind) {
    int32_t i = r->batch.rows++;
    r->k[i] = r->key[i] = k;
    r->v[i] = v;
    r->text[i] = tw_sview_make(TEXTS[k % KEYS], strlen(TEXTS[k % KEYS]));
    r->f[i] = flag == 1;
    r->flag[i] = flag;
    r->kinds[i] = kind;
    tw_bit_put(r->valid[0], i, k != KEYS - 1);
    tw_bit_put(r->valid[1], i, v != VALUES - 1);
    tw_bit_put(r->valid[2], i, flag < 2);
}

/* ---- what must come out ---- */

static int64_t expected_value(const tw_agg_call *call, const row_counts counts, int k) {
    int64_t rows = 0, n = 0, sum = 0, max = INT64_MIN;
    for (int v = 0; v < VALUES; v++) {
        int64_t count = 0;
        for (int flag = 0; flag < FLAGS; flag++) count += call->filter < 0 || flag == 1 ? counts[k][v][flag] : 0;
        if (call->distinct) count = count > 0;
        rows += count;
        if (v == VALUES - 1) continue;
        n += count;
        sum += count * v;
        if (count > 0) max = v;
    }
    if (call->function == &TEST_MAX_FN) return max;
    if (call->function == &TEST_SUM_FN) return n ? sum : INT64_MIN;
    return call->nargs ? n : rows;
}

/* The group's row as text, "" when it is not visible. */
static void expected_row(const fixture *f, const row_counts counts, int k, char out[256]) {
    out[0] = 0;
    if (expected_value(&ALL_CALLS[0], counts, k) <= 0) return;
    char *to = out;
    if (!f->v.global) to += f->v.strings || k == KEYS - 1 ? sprintf(to, " %s", k == KEYS - 1 ? "NULL" : TEXTS[k]) : sprintf(to, " %d", k);
    for (int c = 0; c < f->v.ncalls; c++) {
        int64_t v = expected_value(&ALL_CALLS[c], counts, k);
        to += v == INT64_MIN ? sprintf(to, " NULL") : sprintf(to, " %lld", (long long)v);
    }
    if (to == out) sprintf(to, " ");
}

static void expect_change(const fixture *f, const row_counts before, const row_counts after, int k, tw_buf *out) {
    char was[256], is[256];
    expected_row(f, before, k, was);
    expected_row(f, after, k, is);
    if (!*was && *is)
        tw_buf_printf(out, "+I%s\n", is);
    else if (*was && !*is)
        tw_buf_printf(out, "-D%s\n", was);
    else if (strcmp(was, is) != 0) {
        if (!f->v.upsert) tw_buf_printf(out, "-U%s\n", was);
        tw_buf_printf(out, "+U%s\n", is);
    }
}

/* Takes rows [begin, end) as one wave. */
static void expect_rows(fixture *f, const table_rows *r, int32_t begin, int32_t end, tw_buf *out) {
    row_counts before;
    memcpy(before, f->counts, sizeof before);
    for (int32_t i = begin; i < end; i++) f->counts[f->v.global ? 0 : r->key[i]][r->v[i]][r->flag[i]] += tw_change_sign(r->kinds[i]);
    bool told[KEYS] = {0};
    for (int32_t i = begin; i < end; i++) {
        int k = f->v.global ? 0 : r->key[i];
        if (!told[k]) expect_change(f, before, f->counts, k, out);
        told[k] = true;
    }
}

static int instance_of(fixture *f, table_rows *r, int32_t row) {
    if (f->v.global) return 0;
    return tw_key_group_shard(tw_key_group(tw_value_hash(&r->columns[0], row)), f->ninstances);
}

static table_rows all_rows, some_rows;

/* Random rows to the tasks that own them, each task's output compared line by line. */
static tw_status random_batch(fixture *f, int32_t n) {
    static const int8_t KINDS[] = {TW_INSERT, TW_UPDATE_BEFORE, TW_UPDATE_AFTER, TW_DELETE};
    shape_rows(&all_rows, f->v.strings, f->v.retract);
    for (int32_t i = 0; i < n; i++)
        put_row(&all_rows, (int)tw_prng_below(&f->prng, KEYS), (int)tw_prng_below(&f->prng, VALUES), (int)tw_prng_below(&f->prng, FLAGS),
                f->v.retract ? KINDS[tw_prng_below(&f->prng, 4)] : TW_INSERT);
    tw_buf expected;
    tw_buf_init(&expected, &f->mem, 0);
    tw_status status = TW_OK;
    for (int instance = 0; instance < f->ninstances && status == TW_OK; instance++) {
        shape_rows(&some_rows, f->v.strings, f->v.retract);
        for (int32_t i = 0; i < n; i++)
            if (instance_of(f, &all_rows, i) == instance)
                put_row(&some_rows, all_rows.key[i], (int)all_rows.v[i], all_rows.flag[i], all_rows.kinds[i]);
        int32_t rows = some_rows.batch.rows, step = f->v.every_change ? 1 : rows;
        tw_buf *got = &f->out[instance].text;
        tw_buf_clear(got);
        tw_buf_clear(&expected);
        if (rows) status = push(f, instance, &some_rows.batch);
        int64_t fail_at = f->mem.fail_at;
        f->mem.fail_at = 0;
        for (int32_t at = 0; at < rows; at += step) expect_rows(f, &some_rows, at, at + step, &expected);
        if (status == TW_OK && !got->failed) {
            if (got->length != expected.length || (got->length && memcmp(got->data, expected.data, got->length) != 0))
                fail_msg("got\n%.*s--- expected\n%.*s", (int)got->length, got->data, (int)expected.length, expected.data);
        }
        f->mem.fail_at = fail_at;
    }
    tw_buf_free(&expected);
    return status;
}

static const variant VARIANTS[] = {
    {.ncalls = CALLS},
    {.ncalls = 1, .retract = true},
    {.ncalls = 2, .retract = true, .strings = true},
    {.ncalls = CALLS, .retract = true},
    {.ncalls = CALLS, .retract = true, .upsert = true, .strings = true},
    {.ncalls = CALLS, .retract = true, .every_change = true},
    {.ncalls = CALLS, .every_change = true, .strings = true},
    {.ncalls = 0},
    {.ncalls = 0, .retract = true},
    {.ncalls = 0, .every_change = true},
    {.ncalls = 0, .retract = true, .every_change = true},
    {.ncalls = 3, .global = true},
    {.ncalls = CALLS, .global = true, .retract = true},
    {.ncalls = CALLS, .global = true, .retract = true, .every_change = true},
};
enum { NVARIANTS = sizeof VARIANTS / sizeof *VARIANTS };

static fixture room;

static void test_random(void **state) {
    (void)state;
    for (int i = 0; i < NVARIANTS; i++) {
        fixture *f = &room;
        assert_int_equal(open_fixture(f, VARIANTS[i], 1), TW_OK);
        for (int round = 0; round < 200; round++)
            assert_int_equal(random_batch(f, 1 + (int32_t)tw_prng_below(&f->prng, round % 20 == 19 ? 3000 : 12)), TW_OK);
        close_fixture(f);
    }
}

/* Counts that hover around 0: groups that die, owe rows, and live again. */
static void test_overtaking(void **state) {
    (void)state;
    for (int every_change = 0; every_change < 2; every_change++) {
        fixture *f = &room;
        assert_int_equal(open_fixture(f, (variant){.ncalls = CALLS, .retract = true, .every_change = every_change}, 1), TW_OK);
        for (int round = 0; round < 2000; round++) {
            shape_rows(&some_rows, false, true);
            for (int n = 1 + (int)tw_prng_below(&f->prng, 6); n > 0; n--) {
                int k = (int)tw_prng_below(&f->prng, 2), v = (int)tw_prng_below(&f->prng, 3);
                int64_t balance = f->counts[k][v][1];
                put_row(&some_rows, k, v, 1, balance > 0 || (balance == 0 && tw_prng_below(&f->prng, 2)) ? TW_DELETE : TW_INSERT);
            }
            tw_buf expected, *got = &f->out[0].text;
            tw_buf_init(&expected, &f->mem, 0);
            tw_buf_clear(got);
            assert_int_equal(push(f, 0, &some_rows.batch), TW_OK);
            int32_t rows = some_rows.batch.rows, step = every_change ? 1 : rows;
            for (int32_t at = 0; at < rows; at += step) expect_rows(f, &some_rows, at, at + step, &expected);
            assert_int_equal(got->length, expected.length);
            assert_memory_equal(got->data, expected.data, expected.length);
            tw_buf_free(&expected);
        }
        close_fixture(f);
    }
}

/* ---- snapshots ---- */

static void snapshot(fixture *f, bool full) {
    if (full) {
        for (int i = 0; i < f->nchunks; i++) tw_buf_clear(&f->chunks[i]);
        f->nchunks = 0;
    }
    for (int i = 0; i < f->ninstances; i++) {
        assert_true(f->nchunks < CHUNKS);
        tw_snapshot_out out = {&f->chunks[f->nchunks++], full};
        assert_int_equal(f->op[i]->ops->snapshot(f->op[i], &out), TW_OK);
    }
}

static void restore(fixture *f, int ninstances) {
    close_operators(f);
    assert_int_equal(open_operators(f, ninstances), TW_OK);
    for (int c = 0; c < f->nchunks; c++)
        for (int i = 0; i < ninstances; i++) {
            tw_reader in = {f->chunks[c].data, f->chunks[c].data + f->chunks[c].length, false};
            assert_int_equal(f->op[i]->ops->restore(f->op[i], &in, &f->error), TW_OK);
        }
}

static void test_restore(void **state) {
    (void)state;
    for (int i = 0; i < NVARIANTS; i++) {
        fixture *f = &room;
        assert_int_equal(open_fixture(f, VARIANTS[i], 1), TW_OK);
        for (int round = 0; round < 60; round++) {
            assert_int_equal(random_batch(f, (int32_t)tw_prng_below(&f->prng, 25)), TW_OK);
            snapshot(f, round % 10 == 0);
            if (round % 3) restore(f, f->v.global ? 1 : 1 + (int)tw_prng_below(&f->prng, INSTANCES));
        }
        close_fixture(f);
    }
}

static void test_damaged_chunk(void **state) {
    (void)state;
    fixture *f = &room;
    assert_int_equal(open_fixture(f, (variant){.ncalls = CALLS, .retract = true}, 1), TW_OK);
    assert_int_equal(random_batch(f, 40), TW_OK);
    snapshot(f, true);
    tw_buf *chunk = &f->chunks[0];
    for (size_t cut = 0; cut < chunk->length; cut++) { /* no prefix harms; those that end within a record say so */
        close_operators(f);
        assert_int_equal(open_operators(f, 1), TW_OK);
        tw_reader in = {chunk->data, chunk->data + cut, false};
        tw_status status = f->op[0]->ops->restore(f->op[0], &in, &f->error);
        assert_true(status == TW_E_CORRUPT || (status == TW_OK && in.next == in.end));
    }
    tw_buf_clear(chunk);
    tw_chunk_clear(chunk, 0);
    tw_reader in = {chunk->data, chunk->data + chunk->length, false};
    assert_int_equal(f->op[0]->ops->restore(f->op[0], &in, &f->error), TW_E_CORRUPT);
    close_fixture(f);
}

/* ---- many keys ---- */

/* A million keys, twice: then each batch of 4096 rows gives 8192 changes, which leave in pieces between "not now"s. */
static void test_many_keys(void **state) {
    (void)state;
    fixture *f = &room;
    assert_int_equal(open_fixture(f, (variant){.ncalls = 2}, 1), TW_OK);
    sink *s = &f->out[0];
    s->quiet = true;
    s->refuse_every = 3;
    enum { BATCHES = 245 };
    for (int pass = 0; pass < 3; pass++) {
        for (int b = 0; b < BATCHES; b++) {
            shape_rows(&some_rows, false, false);
            for (int i = 0; i < TW_BATCH_ROWS; i++) put_row(&some_rows, b * TW_BATCH_ROWS + i, pass == 2 ? VALUES - 1 : 1, 1, TW_INSERT);
            for (int i = 0; i < TW_BATCH_ROWS; i++) tw_bit_set(some_rows.valid[0], i);
            s->quiet = b != 7;
            tw_buf_clear(&s->text);
            assert_int_equal(push(f, 0, &some_rows.batch), TW_OK);
        }
        static const int64_t ROWS[] = {1, 3, 5};
        assert_int_equal(s->rows, ROWS[pass] * BATCHES * TW_BATCH_ROWS);
    }
    shape_rows(&some_rows, false, false);
    put_row(&some_rows, 777777, 3, 1, TW_INSERT);
    s->quiet = false;
    tw_buf_clear(&s->text);
    assert_int_equal(push(f, 0, &some_rows.batch), TW_OK);
    assert_int_equal(s->text.length, 28);
    assert_memory_equal(s->text.data, "-U 777777 3 2\n+U 777777 4 5\n", 28);
    assert_int_equal(f->op[0]->ops->watermark(f->op[0], 0, 12), TW_OK);
    assert_int_equal(s->watermark, 12);
    close_fixture(f);
}

/* ---- every allocation fails once ---- */

static void test_allocation_failures(void **state) {
    (void)state;
    static const int WHICH[] = {3, 4, 5, 8, 12};
    for (int i = 0; i < 5; i++) {
        tw_status status = TW_E_NOMEM;
        for (int64_t n = 1; status != TW_OK; n++) {
            fixture *f = &room;
            memset(f, 0, sizeof *f);
            tw_mem_init(&f->mem, NULL, 0);
            f->v = VARIANTS[WHICH[i]];
            describe(f);
            f->mem.fail_at = n;
            status = open_operators(f, 1);
            for (int round = 0; round < 4 && status == TW_OK; round++) status = random_batch(f, 30);
            tw_buf_init(&f->chunks[0], &f->mem, 0);
            tw_snapshot_out out = {&f->chunks[0], true};
            if (status == TW_OK) status = f->op[0]->ops->snapshot(f->op[0], &out);
            assert_true(status == TW_OK || status == TW_E_NOMEM);
            if (status != TW_OK) assert_int_equal(f->error.status, TW_E_NOMEM);
            close_operators(f);
            tw_buf_free(&f->chunks[0]);
            assert_int_equal(f->mem.used, 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),        cmocka_unit_test(test_overtaking), cmocka_unit_test(test_restore),
        cmocka_unit_test(test_damaged_chunk), cmocka_unit_test(test_many_keys),  cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
