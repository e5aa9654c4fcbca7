#include "agg_test.h"

#include <stdlib.h>

#include "base/prng.h"
#include "operator/agg_set.h"

/* Rows (k, v, f): keys 0 .. 4 and NULL, values 0 .. 5 and NULL, f TRUE, FALSE or NULL. The model is the signed count of each possible row. */
enum { KEYS = 6, VALUES = 7, FLAGS = 3, CALLS = 8 };
typedef int64_t row_counts[KEYS][VALUES][FLAGS];

static const tw_field INPUT_FIELDS[] = {{TW_STR("k"), &TW_TYPE_BIGINT}, {TW_STR("v"), &TW_TYPE_BIGINT}, {TW_STR("f"), &TW_TYPE_BOOLEAN}};
static const tw_type INPUT = {.kind = TW_ROW, .nfields = 3, .fields = INPUT_FIELDS};
static const tw_field STRING_FIELDS[] = {{TW_STR("k"), &TW_TYPE_STRING}, {TW_STR("v"), &TW_TYPE_BIGINT}, {TW_STR("f"), &TW_TYPE_BOOLEAN}};
static const tw_type STRING_INPUT = {.kind = TW_ROW, .nfields = 3, .fields = STRING_FIELDS};
static const int32_t V[] = {1}, K[] = {0};
#define CALL(fn, n, flt, dist) {.function = &TEST_##fn##_FN, .type = &TW_TYPE_BIGINT, .args = V, .nargs = n, .filter = flt, .distinct = dist}
static const tw_agg_call ALL_CALLS[CALLS] = {CALL(COUNT, 0, -1, false), CALL(MAX, 1, -1, false), CALL(COUNT, 1, 2, false), CALL(SUM, 1, -1, false),
                                             CALL(COUNT, 1, -1, true),  CALL(SUM, 1, 2, true),   CALL(SUM, 1, -1, true),   CALL(MAX, 1, 2, true)};
static const tw_field RESULT_FIELDS[CALLS] = {{TW_STR("a"), &TW_TYPE_BIGINT}, {TW_STR("b"), &TW_TYPE_BIGINT}, {TW_STR("c"), &TW_TYPE_BIGINT},
                                              {TW_STR("d"), &TW_TYPE_BIGINT}, {TW_STR("e"), &TW_TYPE_BIGINT}, {TW_STR("f"), &TW_TYPE_BIGINT},
                                              {TW_STR("g"), &TW_TYPE_BIGINT}, {TW_STR("h"), &TW_TYPE_BIGINT}};
static const tw_type RESULT = {.kind = TW_ROW, .nfields = CALLS, .fields = RESULT_FIELDS};

typedef struct part { /* the blocks of every key and what DISTINCT has seen */
    char *block[KEYS];
    tw_agg_scope scope;
} part;

typedef struct fixture {
    tw_mem mem;
    tw_agg_call calls[CALLS];
    tw_plan_agg plan;
    tw_agg_set set;
    bool strings, retract;
    tw_prng prng;
} fixture;

static tw_status open_fixture(fixture *f, bool strings, bool retract, int ncalls) {
    f->strings = strings;
    f->retract = retract;
    memcpy(f->calls, ALL_CALLS, sizeof ALL_CALLS);
    for (int c = 0; c < CALLS; c++) f->calls[c].retract = retract;
    f->plan = (tw_plan_agg){.keys = K, .nkeys = 1, .calls = f->calls, .ncalls = ncalls, .keep = -1, .input_append = !retract};
    f->prng.state = 7;
    tw_error error;
    return tw_agg_set_open(&f->set, &f->mem, &f->plan, strings ? &STRING_INPUT : &INPUT, 0, &error);
}

static tw_status open_part(fixture *f, int64_t namespace_, part *p) {
    for (int k = 0; k < KEYS; k++) p->block[k] = calloc(1, (size_t)f->set.size + 8);
    return tw_agg_scope_open(&f->set, namespace_, &p->scope);
}

static void close_part(fixture *f, part *p) {
    for (int k = 0; k < KEYS; k++) {
        tw_agg_set_clear(&f->set, p->block[k]);
        for (int32_t i = 0; i < f->set.size; i++) assert_int_equal(p->block[k][i], 0);
        free(p->block[k]);
    }
    tw_agg_scope_close(&f->set, &p->scope);
}

static tw_sview key_text(int k) {
    static const char *TEXTS[KEYS] = {"", "a", "ab", "a key longer than an element's room", "another that is long, by twenty or so", "?"};
    return tw_sview_make(TEXTS[k], strlen(TEXTS[k]));
}

/* A batch's columns on the stack. */
typedef struct table_rows {
    int64_t k[TW_BATCH_ROWS], v[TW_BATCH_ROWS];
    tw_sview text[TW_BATCH_ROWS];
    int8_t f[TW_BATCH_ROWS], kinds[TW_BATCH_ROWS];
    uint64_t valid[3][TW_BATCH_ROWS / 64];
    int key[TW_BATCH_ROWS];
    tw_column columns[3];
    tw_batch batch;
} table_rows;

static void put_row(table_rows *r, int k, int v, int flag, int8_t kind) {
    int32_t i = r->batch.rows++;
    r->k[i] = r->key[i] = k;
    r->v[i] = v;
    r->text[i] = key_text(k);
    r->f[i] = flag == 1;
    r->kinds[i] = kind;
    tw_bit_put(r->valid[0], i, k < KEYS - 1);
    tw_bit_put(r->valid[1], i, v < VALUES - 1);
    tw_bit_put(r->valid[2], i, flag < 2);
}

static void shape_rows(table_rows *r, bool strings, bool kinds) {
    r->columns[0] = (tw_column){.type = strings ? &TW_TYPE_STRING : &TW_TYPE_BIGINT,
                                .phys = strings ? TW_PHYS_STR : TW_PHYS_I64,
                                .values = strings ? (void *)r->text : r->k,
                                .validity = r->valid[0]};
    r->columns[1] = (tw_column){.type = &TW_TYPE_BIGINT, .phys = TW_PHYS_I64, .values = r->v, .validity = r->valid[1]};
    r->columns[2] = (tw_column){.type = &TW_TYPE_BOOLEAN, .phys = TW_PHYS_BOOL, .values = r->f, .validity = r->valid[2]};
    r->batch = (tw_batch){.ncolumns = 3, .columns = r->columns, .kinds = kinds ? r->kinds : NULL};
}

/* Random rows; retractions may come before what they retract. */
static void random_rows(fixture *f, table_rows *r, int32_t n, row_counts counts, bool settle) {
    static const int8_t KINDS[] = {TW_INSERT, TW_UPDATE_BEFORE, TW_UPDATE_AFTER, TW_DELETE};
    shape_rows(r, f->strings, f->retract);
    for (int32_t i = 0; i < n; i++) {
        int k = (int)tw_prng_below(&f->prng, KEYS), v = (int)tw_prng_below(&f->prng, VALUES), flag = (int)tw_prng_below(&f->prng, FLAGS);
        int8_t kind = f->retract ? KINDS[tw_prng_below(&f->prng, 4)] : TW_INSERT;
        put_row(r, k, v, flag, kind);
        counts[k][v][flag] += tw_change_sign(kind);
    }
    for (int k = 0; settle && k < KEYS; k++)
        for (int v = 0; v < VALUES; v++)
            for (int flag = 0; flag < FLAGS; flag++)
                for (; counts[k][v][flag] < 0; counts[k][v][flag]++) put_row(r, k, v, flag, TW_INSERT);
}

static tw_status update(fixture *f, part *p, table_rows *r, tw_selection rows) {
    char *blocks[TW_BATCH_ROWS];
    for (int32_t i = 0; i < rows.count; i++) blocks[i] = p->block[r->key[tw_selected(&rows, i)]];
    return tw_agg_set_update(&f->set, &p->scope, &r->batch, rows, blocks);
}

static tw_status update_all(fixture *f, part *p, table_rows *r) { return update(f, p, r, (tw_selection){NULL, r->batch.rows}); }

/* What call c should give for the key: NULL is INT64_MIN. */
static int64_t expected(const tw_agg_call *call, row_counts counts, int k) {
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

static void check(fixture *f, part *p, row_counts counts) {
    tw_builder out;
    assert_int_equal(tw_builder_open(&out, &f->mem, &RESULT, 2 * KEYS), TW_OK);
    for (int at = 0; at < 2 * KEYS; at += KEYS) {
        assert_int_equal(tw_agg_set_result(&f->set, (const char *const *)p->block, KEYS, &out, 0, at), TW_OK);
        tw_builder_commit(&out, KEYS, NULL);
    }
    for (int c = 0; c < f->plan.ncalls; c++) {
        const tw_column *column = &out.batch.columns[c];
        assert_true(!column->validity || !tw_bits_all(column->validity, 2 * KEYS));
        for (int i = 0; i < 2 * KEYS; i++) {
            int64_t wanted = expected(&f->calls[c], counts, i % KEYS);
            assert_int_equal(tw_column_null(column, i), wanted == INT64_MIN);
            if (wanted != INT64_MIN) assert_int_equal(((int64_t *)column->values)[i], wanted);
        }
    }
    tw_builder_close(&out);
}

static table_rows rows_room;

static void test_random(void **state) {
    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        fixture f = {0};
        tw_mem_init(&f.mem, NULL, 0);
        assert_int_equal(open_fixture(&f, variant & 1, variant & 2, CALLS), TW_OK);
        assert_int_equal(f.set.ndistinct, 2);
        assert_false(f.set.flat);
        part p;
        row_counts counts = {0};
        assert_int_equal(open_part(&f, 0, &p), TW_OK);
        for (int round = 0; round < 120; round++) {
            random_rows(&f, &rows_room, 1 + (int32_t)tw_prng_below(&f.prng, round % 10 ? 12 : 900), counts, true);
            agg_updates = 0;
            assert_int_equal(update_all(&f, &p, &rows_room), TW_OK);
            assert_true(agg_updates <= CALLS);
            check(&f, &p, counts);
        }
        close_part(&f, &p);
        tw_agg_set_close(&f.set);
        assert_int_equal(f.mem.used, 0);
    }
}

/* Only the selected rows count, whatever their number, and an empty selection does nothing. */
static void test_selection(void **state) {
    (void)state;
    fixture f = {0};
    tw_mem_init(&f.mem, NULL, 0);
    assert_int_equal(open_fixture(&f, false, true, CALLS), TW_OK);
    part p;
    row_counts counts = {0};
    assert_int_equal(open_part(&f, 0, &p), TW_OK);
    shape_rows(&rows_room, false, true);
    uint16_t odd[600];
    for (int i = 0; i < 1200; i++) {
        put_row(&rows_room, i / 2 % KEYS, i / 3 % VALUES, i / 5 % FLAGS, i % 7 ? TW_INSERT : TW_DELETE);
        if (i % 2 == 0) continue;
        odd[i / 2] = (uint16_t)i;
        counts[i / 2 % KEYS][i / 3 % VALUES][i / 5 % FLAGS] += i % 7 ? 1 : -1;
    }
    assert_int_equal(update(&f, &p, &rows_room, (tw_selection){odd, 600}), TW_OK);
    check(&f, &p, counts);
    assert_int_equal(update(&f, &p, &rows_room, (tw_selection){NULL, 0}), TW_OK);
    check(&f, &p, counts);
    close_part(&f, &p);
    tw_agg_set_close(&f.set);
    assert_int_equal(f.mem.used, 0);
}

/* A value gone and come again within one batch, and retractions first: nothing is seen below one. */
static void test_distinct_turns(void **state) {
    (void)state;
    fixture f = {0};
    tw_mem_init(&f.mem, NULL, 0);
    assert_int_equal(open_fixture(&f, true, true, CALLS), TW_OK);
    part p;
    row_counts counts = {0};
    assert_int_equal(open_part(&f, 0, &p), TW_OK);
    static const int8_t TURNS[] = {TW_DELETE, TW_DELETE, TW_INSERT, TW_INSERT, TW_UPDATE_AFTER, TW_UPDATE_BEFORE, TW_INSERT};
    for (int i = 0; i < 7; i++) {
        shape_rows(&rows_room, true, true);
        for (int j = 0; j <= i; j++) {
            put_row(&rows_room, 3, 4, 1, TURNS[j]);
            counts[3][4][1] += tw_change_sign(TURNS[j]);
        }
        assert_int_equal(update_all(&f, &p, &rows_room), TW_OK);
        int64_t wanted = expected(&f.calls[4], counts, 3);
        assert_int_equal(*(int64_t *)(p.block[3] + f.set.offsets[4]), wanted);
        for (int family = 0; family < 2; family++) assert_int_equal(tw_table_count(p.scope.tables[family]), counts[3][4][1] != 0);
    }
    close_part(&f, &p);
    tw_agg_set_close(&f.set);
    assert_int_equal(f.mem.used, 0);
}

/* Without FILTER and DISTINCT one update a call, whose pointers are the caller's for the call at offset 0. */
static void test_flat_and_inverse(void **state) {
    (void)state;
    fixture f = {0};
    tw_mem_init(&f.mem, NULL, 0);
    assert_int_equal(open_fixture(&f, false, true, CALLS), TW_OK);
    assert_false(tw_agg_set_invertible(&f.set));
    tw_agg_set_close(&f.set);
    f.calls[1] = f.calls[3];
    f.plan.ncalls = 4;
    tw_error error;
    assert_int_equal(tw_agg_set_open(&f.set, &f.mem, &f.plan, &INPUT, 8, &error), TW_OK);
    assert_true(f.set.flat && tw_agg_set_invertible(&f.set) && !tw_agg_set_codec(&f.set));
    part p[2];
    row_counts counts[2] = {0};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(open_part(&f, 0, &p[i]), TW_OK);
        assert_null(p[i].scope.tables);
        random_rows(&f, &rows_room, 500, counts[i], false);
        agg_updates = 0;
        assert_int_equal(update_all(&f, &p[i], &rows_room), TW_OK);
        assert_int_equal(agg_updates, 4);
    }
    for (int k = 0; k < KEYS; k++) assert_int_equal(tw_agg_set_merge(&f.set, p[0].block[k], p[1].block[k]), TW_OK);
    for (int k = 0; k < KEYS; k++) assert_int_equal(tw_agg_set_subtract(&f.set, p[0].block[k], p[1].block[k]), TW_OK);
    check(&f, &p[0], counts[0]);
    for (int i = 0; i < 2; i++) close_part(&f, &p[i]);
    tw_agg_set_close(&f.set);
    assert_int_equal(f.mem.used, 0);
}

/* ---- merging scopes ---- */

typedef struct block_finder {
    fixture *f;
    part *p;
    int without; /* this key's calls need not know */
} block_finder;

static tw_status find_blocks(void *context, const tw_keys *keys, char **blocks) {
    block_finder *b = context;
    table_rows *r = calloc(1, sizeof *r);
    shape_rows(r, b->f->strings, false);
    for (int k = 0; k < KEYS; k++) put_row(r, k, 0, 0, TW_INSERT);
    tw_keys mine;
    tw_keys_init(&mine, &b->f->mem);
    const tw_column *key = &r->columns[0];
    tw_status status = tw_keys_encode(&mine, &b->f->set.key_codec, &key, (tw_selection){NULL, KEYS});
    for (int32_t i = 0; status == TW_OK && i < keys->count; i++) {
        int k = 0;
        while (!tw_str_equal(tw_keys_at(&mine, &b->f->set.key_codec, k), tw_keys_at(keys, &b->f->set.key_codec, i))) k++;
        assert_true(k < KEYS && mine.hashes[k] == keys->hashes[i]);
        blocks[i] = k == b->without ? NULL : b->p->block[k];
    }
    tw_keys_free(&mine);
    free(r);
    return status;
}

static tw_status merge_parts(fixture *f, part *into, part *from, int without) {
    for (int k = 0; k < KEYS; k++)
        if (k != without) TW_TRY(tw_agg_set_merge(&f->set, into->block[k], from->block[k]));
    return tw_agg_scope_merge(&f->set, &into->scope, &from->scope, find_blocks, &(block_finder){f, into, without});
}

static void add_counts(row_counts into, row_counts from, int without) {
    for (int k = 0; k < KEYS; k++)
        for (int v = 0; v < VALUES; v++)
            for (int flag = 0; k != without && flag < FLAGS; flag++) into[k][v][flag] += from[k][v][flag];
}

static void test_merge(void **state) {
    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        fixture f = {0};
        tw_mem_init(&f.mem, NULL, 0);
        assert_int_equal(open_fixture(&f, variant & 1, variant & 2, CALLS), TW_OK);
        for (int round = 0; round < 30; round++) {
            part p[3];
            row_counts counts[3] = {0};
            for (int i = 0; i < 3; i++) {
                assert_int_equal(open_part(&f, i, &p[i]), TW_OK);
                random_rows(&f, &rows_room, (int32_t)tw_prng_below(&f.prng, 60), counts[i], false);
                assert_int_equal(update_all(&f, &p[i], &rows_room), TW_OK);
            }
            int without = round % 3 ? -1 : 2;
            for (int i = 1; i < 3; i++) {
                assert_int_equal(merge_parts(&f, &p[0], &p[i], without), TW_OK);
                add_counts(counts[0], counts[i], without);
                check(&f, &p[0], counts[0]);
                check(&f, &p[i], counts[i]);
            }
            for (int i = 0; i < 3; i++) close_part(&f, &p[i]);
        }
        tw_agg_set_close(&f.set);
        assert_int_equal(f.mem.used, 0);
    }
}

/* ---- snapshots ---- */

static void restore(fixture *f, part *from, tw_buf *chunk, part *to, int64_t namespace_) {
    tw_buf payload;
    tw_buf_init(&payload, &f->mem, 0);
    for (int k = 0; k < KEYS; k++) {
        tw_buf_clear(&payload);
        f->set.codec.write(&f->set, from->block[k], &payload);
        tw_agg_set_clear(&f->set, to->block[k]);
        tw_reader in = {payload.data, payload.data + payload.length, false};
        assert_int_equal(f->set.codec.read(&f->set, to->block[k], &in), TW_OK);
        assert_true(!in.failed && in.next == in.end);
    }
    tw_buf_free(&payload);
    tw_reader in = {chunk->data, chunk->data + chunk->length, false};
    tw_chunk_record record;
    tw_error error;
    while (tw_chunk_next(&in, &record)) {
        int32_t family;
        uint64_t hash;
        assert_int_equal(tw_agg_family(&f->set, record.namespace_, &family), namespace_);
        assert_in_range(family, 0, 1);
        assert_int_equal(tw_key_hash(&f->set.key_codec, (tw_str){record.key.data, 16}, &hash), TW_OK);
        assert_int_equal(record.group, tw_key_group(hash)); /* where the key itself lives */
        assert_int_equal(tw_agg_scope_apply(&f->set, &to->scope, &record, &error), TW_OK);
    }
    assert_false(in.failed);
}

/* The copy goes on from the chunks as if nothing had happened. NOT NULL and nullable keys alike begin a value's bytes here with null bits and key. */
static void test_snapshot(void **state) {
    (void)state;
    fixture f = {0};
    tw_mem_init(&f.mem, NULL, 0);
    assert_int_equal(open_fixture(&f, false, true, CALLS), TW_OK);
    part p[2];
    row_counts counts = {0};
    for (int i = 0; i < 2; i++) assert_int_equal(open_part(&f, -5, &p[i]), TW_OK);
    tw_buf chunk;
    tw_buf_init(&chunk, &f.mem, 0);
    for (int round = 0; round < 40; round++) {
        random_rows(&f, &rows_room, 1 + (int32_t)tw_prng_below(&f.prng, 40), counts, false);
        /* null bits of the value would be foreign to the key's own hash */
        for (int32_t i = 0; i < rows_room.batch.rows; i++) {
            if (rows_room.v[i] < VALUES - 1) continue;
            int flag = tw_bit_get(rows_room.valid[2], i) ? rows_room.f[i] : 2, sign = tw_change_sign(rows_room.kinds[i]);
            counts[rows_room.key[i]][VALUES - 1][flag] -= sign;
            counts[rows_room.key[i]][0][flag] += sign;
            rows_room.v[i] = 0;
            tw_bit_set(rows_room.valid[1], i);
        }
        assert_int_equal(update_all(&f, &p[0], &rows_room), TW_OK);
        tw_buf_clear(&chunk);
        bool full = round % 5 == 0; /* a base is read into nothing */
        if (full) tw_agg_scope_close(&f.set, &p[1].scope);
        if (full) assert_int_equal(tw_agg_scope_open(&f.set, -5, &p[1].scope), TW_OK);
        tw_agg_scope_barrier(&p[0].scope, full);
        assert_int_equal(tw_agg_scope_write(&p[0].scope, &chunk), TW_OK);
        restore(&f, &p[0], &chunk, &p[1], -5);
        check(&f, &p[1], counts);
        for (int family = 0; family < 2; family++)
            assert_int_equal(tw_table_count(p[1].scope.tables[family]), tw_table_count(p[0].scope.tables[family]));
    }
    tw_buf_free(&chunk);
    for (int i = 0; i < 2; i++) close_part(&f, &p[i]);
    tw_agg_set_close(&f.set);
    assert_int_equal(f.mem.used, 0);
}

static void test_namespaces(void **state) {
    (void)state;
    fixture f = {0};
    tw_mem_init(&f.mem, NULL, 0);
    assert_int_equal(open_fixture(&f, false, true, CALLS), TW_OK);
    tw_buf chunk;
    tw_buf_init(&chunk, &f.mem, 0);
    for (int64_t n = -4; n <= 4; n++) {
        tw_buf_clear(&chunk);
        tw_agg_chunk_clear(&f.set, &chunk, n);
        tw_reader in = {chunk.data, chunk.data + chunk.length, false};
        tw_chunk_record record;
        int32_t family;
        for (int32_t i = -1; i < 2; i++) {
            assert_true(tw_chunk_next(&in, &record));
            assert_int_equal(tw_agg_family(&f.set, record.namespace_, &family), n);
            assert_int_equal(family, i);
        }
        assert_false(tw_chunk_next(&in, &record));
    }
    tw_buf_free(&chunk);
    tw_error error;
    tw_agg_scope none = {0};
    tw_chunk_record stray = {.op = 1, .namespace_ = 1};
    assert_int_equal(tw_agg_scope_apply(&f.set, &none, &stray, &error), TW_E_CORRUPT);
    tw_agg_set_close(&f.set);
    assert_int_equal(f.mem.used, 0);
}

/* ---- every allocation fails once ---- */

static tw_status work(fixture *f, bool strings) {
    part p[2] = {0};
    row_counts counts = {0};
    TW_TRY(open_fixture(f, strings, true, CALLS));
    tw_status status = open_part(f, 0, &p[0]);
    if (status == TW_OK) status = open_part(f, 1, &p[1]);
    for (int i = 0; i < 2 && status == TW_OK; i++) {
        random_rows(f, &rows_room, 200, counts, false);
        status = update_all(f, &p[i], &rows_room);
    }
    if (status == TW_OK) status = merge_parts(f, &p[0], &p[1], -1);
    if (status == TW_OK) {
        int64_t fail_at = f->mem.fail_at;
        f->mem.fail_at = 0;
        check(f, &p[0], counts);
        f->mem.fail_at = fail_at;
    }
    for (int i = 0; i < 2; i++)
        if (p[i].block[0]) close_part(f, &p[i]);
    tw_agg_set_close(&f->set);
    return status;
}

static void test_allocation_failures(void **state) {
    (void)state;
    for (int strings = 0; strings < 2; strings++) {
        tw_status status = TW_E_NOMEM;
        for (int64_t n = 1; status != TW_OK; n++) {
            fixture f = {0};
            tw_mem_init(&f.mem, NULL, 0);
            f.mem.fail_at = n;
            status = work(&f, strings);
            assert_true(status == TW_OK || status == TW_E_NOMEM);
            assert_int_equal(f.mem.used, 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),         cmocka_unit_test(test_selection),
        cmocka_unit_test(test_distinct_turns), cmocka_unit_test(test_flat_and_inverse),
        cmocka_unit_test(test_merge),          cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_namespaces),     cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
