/* Builders under failing allocation, with constants, watermarks, and hashes that agree whatever way a value lies. */
#include "test.h"

#include "base/prng.h"
#include "data/builder.h"
#include "data/hashing.h"
#include "data/value.h"

#define ROWS    150
#define COLUMNS 4

typedef struct model {
    tw_mem mem;
    tw_arena arena;
    tw_prng prng;
    const tw_type *row;
    tw_value values[ROWS][COLUMNS];
} model;

static const tw_type *random_type(model *m, int depth) {
    static const tw_type *const PLAIN[] = {&TW_TYPE_BOOLEAN,     &TW_TYPE_TINYINT,     &TW_TYPE_SMALLINT, &TW_TYPE_INTEGER, &TW_TYPE_BIGINT,
                                           &TW_TYPE_FLOAT,       &TW_TYPE_DOUBLE,      &TW_TYPE_STRING,   &TW_TYPE_BYTES,   &TW_TYPE_DATE,
                                           &TW_TYPE_TIMESTAMP_3, &TW_TYPE_TIMESTAMP_6, &TW_TYPE_NULL};
    uint64_t pick = tw_prng_below(&m->prng, depth < 3 ? 20 : 14);
    if (pick < 13) return PLAIN[pick];
    if (pick == 13) return tw_type_decimal(&m->arena, 30, 4);
    if (pick < 16) return tw_type_array(&m->arena, random_type(m, depth + 1));
    if (pick == 16) return tw_type_map(&m->arena, &TW_TYPE_STRING, random_type(m, depth + 1));
    if (pick == 17) return tw_type_multiset(&m->arena, random_type(m, depth + 1));
    tw_field fields[2] = {{TW_STR("x"), random_type(m, depth + 1)}, {TW_STR("y"), random_type(m, depth + 1)}};
    return tw_type_row(&m->arena, fields, 2);
}

static tw_value random_value(model *m, const tw_type *type);

static void random_items(model *m, tw_value *v) {
    static const tw_type COUNT = {.kind = TW_INTEGER, .length = TW_LENGTH_MAX};
    bool pairs = tw_type_phys(v->type) == TW_PHYS_MAP;
    v->nitems = v->type->kind == TW_ROW ? v->type->nfields : (int32_t)tw_prng_below(&m->prng, 4);
    tw_value *items = TW_NEW_ARRAY(&m->arena, tw_value, 2 * v->nitems + 1);
    for (int32_t i = 0; i < v->nitems * (pairs ? 2 : 1); i++) {
        bool count = v->type->kind == TW_MULTISET && i % 2;
        int field = v->type->kind == TW_ROW ? i : v->type->kind == TW_MAP ? i % 2 : 0;
        items[i] = count ? tw_value_of_int(&COUNT, 1 + i) : random_value(m, v->type->fields[field].type);
    }
    v->items = items;
}

static tw_value random_value(model *m, const tw_type *type) {
    if (type->kind == TW_NULL || tw_prng_below(&m->prng, 6) == 0) return tw_value_null(type);
    tw_value v = {.type = type};
    switch (tw_type_phys(type)) {
    case TW_PHYS_STR: {
        size_t length = tw_prng_below(&m->prng, 30);
        char *text = tw_arena_alloc(&m->arena, 32);
        for (size_t i = 0; i < length; i++) text[i] = (char)('a' + tw_prng_below(&m->prng, 26));
        v.u.str = (tw_str){text, length};
        break;
    }
    case TW_PHYS_BOOL: v.u.i = (int64_t)tw_prng_below(&m->prng, 2); break;
    case TW_PHYS_F32:
    case TW_PHYS_F64: v.u.f = (double)tw_prng_below(&m->prng, 1000) / 8; break;
    case TW_PHYS_I128: v.u.d = (tw_i128)tw_prng_next(&m->prng) * 1000003; break;
    case TW_PHYS_TS: v.u.ts = (tw_ts){(int64_t)tw_prng_below(&m->prng, 5), (int32_t)tw_prng_below(&m->prng, 5), 0}; break;
    case TW_PHYS_LIST:
    case TW_PHYS_MAP:
    case TW_PHYS_STRUCT: random_items(m, &v); break;
    default: v.u.i = (int64_t)tw_prng_below(&m->prng, 100);
    }
    return v;
}

static void model_open(model *m, uint64_t seed) {
    memset(m, 0, sizeof *m);
    tw_mem_init(&m->mem, NULL, 0);
    tw_arena_init(&m->arena, &m->mem, 4096);
    m->prng.state = seed;
    tw_field fields[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) fields[c] = (tw_field){TW_STR("c"), random_type(m, 0)};
    m->row = tw_type_row(&m->arena, fields, COLUMNS);
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) m->values[r][c] = random_value(m, fields[c].type);
}

static void model_close(model *m) {
    tw_arena_free(&m->arena);
    assert_int_equal(m->mem.used, 0);
}

static tw_status append_row(model *m, tw_builder *b, int r) {
    tw_column columns[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) assert_int_equal(tw_value_to_column(&m->arena, &m->values[r][c], &columns[c]), TW_OK);
    tw_batch batch = {.rows = 1, .ncolumns = COLUMNS, .columns = columns};
    return tw_builder_append(b, &batch, (tw_selection){NULL, 1});
}

static void check_row(model *m, int r, const tw_batch *batch, int32_t at) {
    for (int c = 0; c < COLUMNS; c++) {
        tw_column one;
        assert_int_equal(tw_value_to_column(&m->arena, &m->values[r][c], &one), TW_OK);
        assert_true(tw_value_equal(&one, 0, &batch->columns[c], at));
        assert_int_equal(tw_value_hash(&one, 0), tw_value_hash(&batch->columns[c], at));
        tw_value back;
        assert_int_equal(tw_value_from_column(&m->arena, &batch->columns[c], at, &back), TW_OK);
        assert_int_equal(back.null, m->values[r][c].null);
    }
}

static void fill(model *m, tw_builder *b) {
    assert_int_equal(tw_builder_open(b, &m->mem, m->row, ROWS), TW_OK);
    for (int r = 0; r < ROWS; r++) assert_int_equal(append_row(m, b, r), TW_OK);
}

/* The hashes of whole columns are those of single values, selected or not, alone or combined. */
static void check_hashes(model *m, const tw_batch *batch) {
    uint16_t index[ROWS];
    uint64_t all[ROWS], some[ROWS];
    int n = 0;
    for (int r = 0; r < ROWS; r++)
        if (tw_prng_below(&m->prng, 3)) index[n++] = (uint16_t)r;
    for (int c = 0; c < COLUMNS; c++) {
        tw_column_hash(&batch->columns[c], (tw_selection){NULL, ROWS}, all, c > 0);
        tw_column_hash(&batch->columns[c], (tw_selection){index, n}, some, c > 0);
    }
    for (int k = 0; k < n; k++) {
        uint64_t want = tw_value_hash(&batch->columns[0], index[k]);
        for (int c = 1; c < COLUMNS; c++) want = tw_hash_combine(want, tw_value_hash(&batch->columns[c], index[k]));
        assert_int_equal(all[index[k]], want);
        assert_int_equal(some[k], want);
    }
}

static void test_random_pieces(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        model m;
        model_open(&m, seed);
        tw_builder first, second;
        fill(&m, &first);
        check_hashes(&m, &first.batch);
        assert_int_equal(tw_builder_open(&second, &m.mem, m.row, ROWS), TW_OK);
        for (int round = 0; round < 3; round++) {
            uint16_t index[ROWS];
            int n = 0;
            for (int r = 0; r < ROWS; r++)
                if (round == 0 || tw_prng_below(&m.prng, 3)) index[n++] = (uint16_t)r;
            tw_builder_reset(&second);
            for (int at = 0; at < n;) { /* round 0: one dense piece, then scattered ones */
                int piece = round == 0 ? n : 1 + (int)tw_prng_below(&m.prng, (uint64_t)(n - at));
                tw_selection rows = {round == 0 ? NULL : index + at, piece};
                assert_int_equal(tw_builder_append(&second, &first.batch, rows), TW_OK);
                at += piece;
            }
            assert_int_equal(second.batch.rows, n);
            for (int k = 0; k < n; k++) check_row(&m, index[k], &second.batch, k);
        }
        tw_builder_close(&first);
        tw_builder_close(&second);
        model_close(&m);
    }
}

/* Every allocation fails once: the builder is as it was, and goes on when there is memory again. */
static void test_failing_allocation(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        model m;
        model_open(&m, seed);
        tw_builder first;
        fill(&m, &first);
        bool failed = true;
        for (int64_t nth = 1; failed; nth++) {
            tw_builder second;
            tw_mem scarce;
            tw_mem_init(&scarce, NULL, 0);
            failed = false;
            scarce.fail_at = nth;
            while (tw_builder_open(&second, &scarce, m.row, ROWS) != TW_OK) failed = true;
            for (int32_t at = 0; at < ROWS; at += 50) {
                uint16_t index[50];
                for (int k = 0; k < 50; k++) index[k] = (uint16_t)(at + 49 - k); /* not in order: another way through */
                for (int k = 0; k < 50 && at == 0; k++) index[k] = (uint16_t)k;
                tw_selection rows = {index, 50};
                while (tw_builder_append(&second, &first.batch, rows) != TW_OK) {
                    failed = true;
                    assert_int_equal(second.batch.rows, at);
                    /* the retry takes other rows first, where nulls lie elsewhere */
                    for (int k = 0; k < 50; k++) index[k] = (uint16_t)(at + k);
                }
                for (int k = 0; k < 50; k++) check_row(&m, index[k], &second.batch, at + k);
            }
            tw_builder_close(&second);
            assert_int_equal(scarce.used, 0);
        }
        tw_builder_close(&first);
        model_close(&m);
    }
}

static void test_constants_and_watermarks(void **state) {
    (void)state;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    tw_arena arena;
    tw_arena_init(&arena, &mem, 4096);
    const tw_type *row = tw_type_row(&arena, (tw_field[]){{TW_STR("a"), &TW_TYPE_STRING}, {TW_STR("b"), &TW_TYPE_BIGINT}}, 2);
    tw_column columns[2];
    tw_value text = tw_value_of_str(&TW_TYPE_STRING, TW_STR("longer than twelve bytes")), null = tw_value_null(&TW_TYPE_NULL);
    assert_int_equal(tw_value_to_column(&arena, &text, &columns[0]), TW_OK);
    assert_int_equal(tw_value_to_column(&arena, &null, &columns[1]), TW_OK);
    tw_builder b;
    assert_int_equal(tw_builder_open(&b, &mem, row, 10), TW_OK);
    tw_batch batch = {.rows = 3, .ncolumns = 2, .columns = columns};
    assert_int_equal(tw_builder_append(&b, &batch, (tw_selection){NULL, 3}), TW_OK);
    assert_null(b.batch.row_watermark);
    assert_null(b.batch.kinds);
    assert_null(b.batch.columns[0].validity);
    assert_int_equal(b.bytes, 24); /* a constant's bytes are held once */
    batch.row_watermark = (int64_t[]){5, 6, 7};
    batch.kinds = (int8_t[]){TW_INSERT, TW_DELETE, TW_UPDATE_AFTER};
    assert_int_equal(tw_builder_append(&b, &batch, (tw_selection){(uint16_t[]){1, 2}, 2}), TW_OK);
    batch.row_watermark = NULL;
    batch.kinds = NULL;
    assert_int_equal(tw_builder_append(&b, &batch, (tw_selection){NULL, 1}), TW_OK);
    static const int64_t WATERMARKS[] = {TW_WATERMARK_MIN, TW_WATERMARK_MIN, TW_WATERMARK_MIN, 6, 7, TW_WATERMARK_MIN};
    static const int8_t KINDS[] = {TW_INSERT, TW_INSERT, TW_INSERT, TW_DELETE, TW_UPDATE_AFTER, TW_INSERT};
    for (int r = 0; r < 6; r++) {
        assert_true(b.batch.row_watermark[r] == WATERMARKS[r]);
        assert_int_equal(b.batch.kinds[r], KINDS[r]);
        assert_true(tw_column_null(&b.batch.columns[1], r));
        assert_true(tw_value_equal(&columns[0], 0, &b.batch.columns[0], r));
    }
    tw_builder_close(&b);
    tw_arena_free(&arena);
    assert_int_equal(mem.used, 0);
}

/* Partitions of rows come along where some batch has them; the room for them is made then. */
static void test_partitions_of_rows(void **state) {
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    const tw_field field = {TW_STR("a"), &TW_TYPE_BIGINT};
    const tw_type row = {.kind = TW_ROW, .nfields = 1, .fields = &field};
    tw_column column = {.phys = TW_PHYS_I64, .type = &TW_TYPE_BIGINT, .values = (int64_t[]){1, 2, 3}};
    tw_split_progress x = {.number = 0}, y = {.number = 1};
    tw_batch plain = {.rows = 3, .ncolumns = 1, .columns = &column, .split = &x}, named = plain;
    named.row_split = (tw_split_progress *[]){&x, &y, NULL};
    named.split = NULL;
    tw_builder b;
    assert_int_equal(tw_builder_open(&b, &mem, &row, TW_BATCH_ROWS), TW_OK);
    for (int round = 0; round < 2; round++) {
        tw_builder_reset(&b);
        assert_int_equal(tw_builder_append(&b, &plain, (tw_selection){NULL, 1}), TW_OK);
        assert_null(b.batch.row_split);
        if (round == 0) { /* before anything is written */
            mem.fail_at = 1;
            assert_int_equal(tw_builder_append(&b, &named, (tw_selection){NULL, 3}), TW_E_NOMEM);
            assert_int_equal(b.batch.rows, 1);
            assert_null(b.batch.row_split);
        }
        mem.fail_at = 0;
        assert_int_equal(tw_builder_append(&b, &named, (tw_selection){(uint16_t[]){2, 1, 0}, 3}), TW_OK);
        assert_int_equal(tw_builder_append(&b, &plain, (tw_selection){NULL, 2}), TW_OK);
        assert_int_equal(tw_builder_commit(&b, 1, NULL), TW_OK);
        const tw_split_progress *expected[] = {NULL, NULL, &y, &x, NULL, NULL, NULL};
        for (int r = 0; r < 7; r++) assert_ptr_equal(tw_row_split(&b.batch, r), expected[r]);
    }
    assert_ptr_equal(tw_row_split(&plain, 2), &x);
    tw_builder_close(&b);
    assert_int_equal(mem.used, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_pieces), cmocka_unit_test(test_failing_allocation),
                                       cmocka_unit_test(test_constants_and_watermarks), cmocka_unit_test(test_partitions_of_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
