#include "test.h"

#include "base/prng.h"
#include "data/hashing.h"
#include "data/key.h"
#include "data/value.h"

static tw_mem mem;
static tw_arena arena;

static int open_memory(void **state) {
    (void)state;
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&arena, &mem, 4096);
    return 0;
}

static int close_memory(void **state) {
    (void)state;
    tw_arena_free(&arena);
    assert_int_equal(mem.used, 0);
    return 0;
}

static tw_value random_value(tw_prng *prng, const tw_type *type) {
    if (type->nullable && tw_prng_below(prng, 4) == 0) return tw_value_null(type);
    tw_value v = {.type = type};
    int64_t n = (int64_t)tw_prng_below(prng, 5) - 2;
    static const char *const TEXTS[] = {"", "a", "twelve bytes", "a text of more than twelve bytes", "b"};
    switch (tw_type_phys(type)) {
    case TW_PHYS_BOOL: v.u.i = n & 1; break;
    case TW_PHYS_F32:
    case TW_PHYS_F64: v.u.f = n == 2 ? __builtin_nan("") : (double)n / 2; break;
    case TW_PHYS_I128: v.u.d = n * ((tw_i128)1 << 70); break;
    case TW_PHYS_TS: v.u.ts = (tw_ts){n, 7, 0}; break;
    case TW_PHYS_STR: v.u.str = tw_str_of(TEXTS[n + 2]); break;
    case TW_PHYS_LIST:
    case TW_PHYS_MAP:
    case TW_PHYS_STRUCT: {
        static const tw_type COUNT = {.kind = TW_INTEGER, .length = TW_LENGTH_MAX};
        bool map = tw_type_phys(type) == TW_PHYS_MAP;
        v.nitems = type->kind == TW_ROW ? type->nfields : (int32_t)tw_prng_below(prng, 3);
        tw_value *items = TW_NEW_ARRAY(&arena, tw_value, 2 * v.nitems + 1);
        for (int i = 0; i < v.nitems * (map ? 2 : 1); i++)
            items[i] = random_value(prng, type->kind == TW_ROW        ? type->fields[i].type
                                          : type->kind == TW_MULTISET ? (i % 2 ? &COUNT : type->fields[0].type)
                                                                      : type->fields[map ? i % 2 : 0].type);
        v.items = items;
        break;
    }
    default: v.u.i = n;
    }
    return v;
}

/* Random rows of these types: keys are equal exactly when rows are, decode gives the row back, the hash is the columns'. */
static void check(const tw_type *const *types, int n, bool expect_fixed) {
    enum { ROWS = 60 };
    tw_prng prng = {(uint64_t)n};
    tw_field fields[8];
    int32_t out_columns[8];
    for (int c = 0; c < n; c++) {
        fields[c] = (tw_field){TW_STR("f"), types[c]};
        out_columns[c] = c;
    }
    const tw_type *row = tw_type_row(&arena, fields, n);
    tw_builder rows, back;
    assert_int_equal(tw_builder_open(&rows, &mem, row, ROWS), TW_OK);
    assert_int_equal(tw_builder_open(&back, &mem, row, ROWS), TW_OK);
    for (int i = 0; i < ROWS; i++) {
        for (int c = 0; c < n; c++) {
            tw_column one;
            tw_value v = random_value(&prng, types[c]);
            assert_int_equal(tw_value_to_column(&arena, &v, &one), TW_OK);
            assert_int_equal(tw_builder_copy_column(&rows, c, i, &one, (tw_selection){NULL, 1}), TW_OK);
        }
        tw_builder_commit(&rows, 1, NULL);
    }
    const tw_column *columns[8];
    for (int c = 0; c < n; c++) columns[c] = &rows.batch.columns[c];
    tw_key_codec codec;
    tw_key_codec_init(&codec, types, n);
    assert_int_equal(codec.fixed, expect_fixed);
    uint16_t odd[ROWS / 2];
    for (int i = 0; i < ROWS / 2; i++) odd[i] = (uint16_t)(2 * i + 1);
    tw_keys keys, some;
    tw_keys_init(&keys, &mem);
    tw_keys_init(&some, &mem);
    assert_int_equal(tw_keys_encode(&keys, &codec, columns, (tw_selection){NULL, ROWS}), TW_OK);
    assert_int_equal(tw_keys_encode(&some, &codec, columns, (tw_selection){odd, ROWS / 2}), TW_OK);
    for (int i = 0; i < ROWS; i++) {
        uint64_t expected = 0, hash;
        for (int c = 0; c < n; c++) {
            uint64_t h = tw_value_hash(columns[c], i);
            expected = c ? tw_hash_combine(expected, h) : h;
        }
        assert_int_equal(keys.hashes[i], expected);
        tw_str key = tw_keys_at(&keys, &codec, i);
        assert_int_equal(tw_key_hash(&codec, key, &hash), TW_OK);
        assert_int_equal(hash, expected);
        for (int g = 0; g < n; g++) { /* the group by the first columns alone */
            tw_key_codec prefix, split = codec;
            tw_keys one;
            uint16_t at = (uint16_t)i;
            tw_keys_init(&one, &mem);
            split.group_columns = g;
            assert_int_equal(tw_keys_encode(&one, &split, columns, (tw_selection){&at, 1}), TW_OK);
            assert_int_equal(tw_key_hash(&split, key, &hash), TW_OK);
            assert_int_equal(one.hashes[0], hash);
            assert_int_equal(hash << 10, expected << 10);
            tw_key_codec_init(&prefix, types, g);
            assert_int_equal(tw_keys_encode(&one, &prefix, columns, (tw_selection){&at, 1}), TW_OK);
            assert_int_equal(tw_key_group(hash), tw_key_group(one.hashes[0]));
            tw_keys_free(&one);
        }
        if (i % 2) {
            assert_true(tw_str_equal(key, tw_keys_at(&some, &codec, i / 2)));
            assert_int_equal(some.hashes[i / 2], expected);
        }
        for (int j = 0; j < i; j++) {
            bool same = true;
            for (int c = 0; c < n; c++) same &= tw_value_equal(columns[c], i, columns[c], j);
            assert_int_equal(tw_str_equal(key, tw_keys_at(&keys, &codec, j)), same);
        }
        assert_int_equal(tw_key_decode(&codec, key, &back, out_columns, i), TW_OK);
        tw_builder_commit(&back, 1, NULL);
        for (int c = 0; c < n; c++) assert_true(tw_value_equal(columns[c], i, &back.batch.columns[c], i));
    }
    if (keys.count && !codec.fixed) { /* cut keys are refused */
        uint64_t hash;
        tw_str key = tw_keys_at(&keys, &codec, 0);
        assert_int_equal(tw_key_hash(&codec, (tw_str){key.data, key.length - 1}, &hash), TW_E_CORRUPT);
    }
    tw_keys_free(&keys);
    tw_keys_free(&some);
    tw_builder_close(&rows);
    tw_builder_close(&back);
}

#define NOT_NULL(type)    tw_type_nullable(&arena, type, false)
#define CHECK(fixed, ...) check((const tw_type *[]){__VA_ARGS__}, sizeof((const tw_type *[]){__VA_ARGS__}) / sizeof(void *), fixed)

static void test_fixed(void **state) {
    (void)state;
    CHECK(true, NOT_NULL(&TW_TYPE_BIGINT));
    CHECK(true, &TW_TYPE_BIGINT);
    CHECK(true, &TW_TYPE_INTEGER, NOT_NULL(&TW_TYPE_BIGINT));
    CHECK(true, &TW_TYPE_BOOLEAN, &TW_TYPE_TINYINT, &TW_TYPE_SMALLINT, &TW_TYPE_FLOAT, &TW_TYPE_DATE, &TW_TYPE_TIMESTAMP_3);
    CHECK(true, tw_type_decimal(&arena, 38, 2), &TW_TYPE_TIMESTAMP_6, NOT_NULL(&TW_TYPE_TIME));
}

static void test_variable(void **state) {
    (void)state;
    CHECK(false, &TW_TYPE_STRING);
    CHECK(false, &TW_TYPE_STRING, &TW_TYPE_INTEGER, &TW_TYPE_BYTES);
    CHECK(false, &TW_TYPE_BIGINT, &TW_TYPE_BIGINT, &TW_TYPE_BIGINT, &TW_TYPE_BIGINT, &TW_TYPE_BIGINT, &TW_TYPE_BIGINT, &TW_TYPE_BIGINT,
          &TW_TYPE_BIGINT);
    tw_field fields[] = {{TW_STR("x"), &TW_TYPE_STRING}, {TW_STR("y"), tw_type_decimal(&arena, 30, 0)}};
    CHECK(false, tw_type_array(&arena, &TW_TYPE_STRING), tw_type_multiset(&arena, &TW_TYPE_INTEGER));
    CHECK(false, tw_type_row(&arena, fields, 2), &TW_TYPE_TIMESTAMP_6, tw_type_array(&arena, tw_type_array(&arena, &TW_TYPE_DATE)));
}

static void test_no_columns(void **state) {
    (void)state;
    tw_key_codec codec;
    tw_key_codec_init(&codec, NULL, 0);
    tw_keys keys;
    tw_keys_init(&keys, &mem);
    assert_int_equal(tw_keys_encode(&keys, &codec, NULL, (tw_selection){NULL, 3}), TW_OK);
    assert_true(codec.fixed && codec.width == 0 && keys.hashes[2] == 0);
    tw_keys_free(&keys);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fixed, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(test_variable, open_memory, close_memory),
        cmocka_unit_test_setup_teardown(test_no_columns, open_memory, close_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
