/* Types and single values as text and bytes; damaged bytes are refused. */
#include "test.h"

#include "base/prng.h"
#include "data/value.h"

static const tw_type *sample(tw_arena *arena) {
    const tw_type *list = tw_type_array(arena, tw_type_nullable(arena, &TW_TYPE_STRING, false));
    const tw_type *map = tw_type_map(arena, &TW_TYPE_STRING, tw_type_decimal(arena, 30, 4));
    const tw_type *rowtime = tw_type_with_time(arena, tw_type_timestamp(arena, TW_TIMESTAMP, 3), TW_ROWTIME);
    tw_field fields[] = {{TW_STR("l"), list},
                         {TW_STR("m"), map},
                         {TW_STR("t"), rowtime},
                         {TW_STR("s"), tw_type_multiset(arena, &TW_TYPE_INTEGER)},
                         {TW_STR("c"), tw_type_chars(arena, TW_CHAR, 3)}};
    return tw_type_row(arena, fields, 5);
}

static void test_type_text(void **state) {
    (void)state;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    tw_arena arena;
    tw_arena_init(&arena, &mem, 0);
    assert_string_equal(tw_type_text(&arena, sample(&arena)),
                        "ROW<`l` ARRAY<STRING NOT NULL>, `m` MAP<STRING, DECIMAL(30, 4)>, `t` TIMESTAMP(3), `s` MULTISET<INT>, `c` CHAR(3)>");
    assert_int_equal(tw_unit_parse(TW_STR("seconds")), TW_UNIT_SECOND);
    assert_int_equal(tw_unit_parse(TW_STR("Day")), TW_UNIT_DAY);
    assert_int_equal(tw_unit_parse(TW_STR("fortnight")), -1);
    tw_arena_free(&arena);
    assert_int_equal(mem.used, 0);
}

static tw_value sample_value(tw_arena *arena, const tw_type *type) {
    static const tw_type COUNT = {.kind = TW_INTEGER, .length = TW_LENGTH_MAX};
    tw_value *v = TW_NEW_ARRAY(arena, tw_value, 16);
    const tw_type *decimal = type->fields[1].type->fields[1].type;
    v[8] = tw_value_of_str(&TW_TYPE_STRING, TW_STR("a text longer than twelve bytes"));
    v[0] = (tw_value){.type = type->fields[0].type, .nitems = 1, .items = &v[8]};
    v[9] = tw_value_of_str(&TW_TYPE_STRING, TW_STR("k"));
    v[10] = (tw_value){.type = decimal, .u.d = -((tw_i128)1 << 90)};
    v[1] = (tw_value){.type = type->fields[1].type, .nitems = 1, .items = &v[9]};
    v[2] = tw_value_null(type->fields[2].type);
    v[11] = tw_value_of_int(&TW_TYPE_INTEGER, 7);
    v[12] = tw_value_of_int(&COUNT, 2);
    v[3] = (tw_value){.type = type->fields[3].type, .nitems = 1, .items = &v[11]};
    v[4] = tw_value_of_str(type->fields[4].type, TW_STR("abc"));
    return (tw_value){.type = type, .nitems = 5, .items = v};
}

static void test_binary(void **state) {
    (void)state;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    tw_arena arena;
    tw_arena_init(&arena, &mem, 0);
    const tw_type *type = sample(&arena);
    tw_value value = sample_value(&arena, type), back;
    tw_buf buf;
    tw_buf_init(&buf, &mem, 0);
    tw_type_write(&buf, type);
    size_t head = buf.length;
    tw_value_write(&buf, &value);
    tw_reader in = {buf.data, buf.data + buf.length, false};
    const tw_type *read = tw_type_read(&arena, &in);
    assert_non_null(read);
    assert_true(tw_type_equal(read, type, true));
    assert_int_equal(read->fields[2].type->time, TW_ROWTIME);
    assert_int_equal(in.next - buf.data, head);
    assert_int_equal(tw_value_read(&arena, &in, read, &back), TW_OK);
    assert_ptr_equal(in.next, in.end);
    tw_column a, b;
    assert_int_equal(tw_value_to_column(&arena, &value, &a), TW_OK);
    assert_int_equal(tw_value_to_column(&arena, &back, &b), TW_OK);
    assert_true(tw_value_equal(&a, 0, &b, 0));
    assert_int_equal(tw_value_hash(&a, 0), tw_value_hash(&b, 0));
    tw_prng prng = {3};
    for (int round = 0; round < 20000; round++) { /* flipped bytes and cut ends: an error or a value, never a crash */
        char room[512];
        memcpy(room, buf.data, buf.length);
        for (int k = 0; k < 3; k++) room[tw_prng_below(&prng, buf.length)] = (char)tw_prng_next(&prng);
        in = (tw_reader){room, room + tw_prng_below(&prng, buf.length + 1), false};
        tw_arena scratch;
        tw_arena_init(&scratch, &mem, 0);
        read = tw_type_read(&scratch, &in);
        if (read && tw_value_read(&scratch, &in, read, &back) == TW_OK) tw_value_to_column(&scratch, &back, &a);
        tw_arena_free(&scratch);
    }
    tw_buf_free(&buf);
    tw_arena_free(&arena);
    assert_int_equal(mem.used, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_type_text), cmocka_unit_test(test_binary)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
