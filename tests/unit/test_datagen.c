#include "source_test.h"

static void test_sequence_and_random(void **state) {
    bench b;
    bench_open(&b);
    tw_field fields[] = {field_of("id", &TW_TYPE_BIGINT), field_of("x", &TW_TYPE_INTEGER), field_of("s", tw_type_chars(&b.arena, TW_VARCHAR, 5)),
                         field_of("d", &TW_TYPE_DOUBLE)};
    bench_table(&b, fields, 4, "");
    bench_option(&b, "fields.id.kind", "sequence");
    bench_option(&b, "fields.id.start", "10");
    bench_option(&b, "fields.id.end", "5009");
    bench_option(&b, "fields.x.min", "-3");
    bench_option(&b, "fields.x.max", "3");
    bench_option(&b, "fields.d.max", "1");
    bench_option(&b, "rows-per-second", "1000000");
    assert_true(tw_connector_datagen.bounded(b.options, b.noptions));
    assert_int_equal(tw_connector_datagen.validate(b.scan.table.schema, b.options, b.noptions, &b.error), TW_OK);
    assert_int_equal(bench_read(&b, &tw_connector_datagen, 4096), TW_OK);
    const char *p = bench_text(&b.rows);
    int seen[7] = {0};
    for (int i = 0; i < 5000; i++) {
        int id, x, at;
        char s[8];
        double d;
        assert_int_equal(sscanf(p, "%d, %d, %5s, %lf\n%n", &id, &x, s, &d, &at), 4);
        assert_int_equal(id, 10 + i);
        assert_in_range(x + 3, 0, 6);
        assert_true(d >= 0 && d < 1);
        seen[x + 3]++;
        p += at;
    }
    assert_int_equal(*p, 0);
    for (int i = 0; i < 7; i++) assert_in_range(seen[i], 500, 900);
    /* the same rows again, in other batches, and with one column only the same values */
    char *all = strdup(b.rows.data);
    assert_int_equal(bench_read(&b, &tw_connector_datagen, 7), TW_OK);
    assert_string_equal(bench_text(&b.rows), all);
    free(all);
    bench_close(&b);
}

static void test_nested_and_nulls(void **state) {
    bench b;
    bench_open(&b);
    tw_field inner[] = {field_of("a", &TW_TYPE_SMALLINT), field_of("b", tw_type_array(&b.arena, &TW_TYPE_BOOLEAN))};
    tw_field fields[] = {field_of("r", tw_type_row(&b.arena, inner, 2)),
                         field_of("m", tw_type_map(&b.arena, &TW_TYPE_STRING, tw_type_decimal(&b.arena, 20, 3))),
                         field_of("ms", tw_type_multiset(&b.arena, &TW_TYPE_DATE)), field_of("n", &TW_TYPE_STRING)};
    bench_table(&b, fields, 4, "");
    bench_option(&b, "number-of-rows", "1000");
    bench_option(&b, "rows-per-second", "10000000");
    bench_option(&b, "fields.r.a.min", "7");
    bench_option(&b, "fields.r.a.max", "7");
    bench_option(&b, "fields.r.b.length", "2");
    bench_option(&b, "fields.m.length", "1");
    bench_option(&b, "fields.m.key.length", "4");
    bench_option(&b, "fields.n.null-rate", "1");
    assert_int_equal(bench_read(&b, &tw_connector_datagen, 4096), TW_OK);
    assert_int_equal(strncmp(bench_text(&b.rows), "+I[7, [", 7), 0);
    assert_non_null(strstr(b.rows.data, ", null\n"));
    bench_close(&b);
}

static void test_rate(void **state) {
    bench b;
    bench_open(&b);
    tw_field fields[] = {field_of("id", &TW_TYPE_BIGINT)};
    bench_table(&b, fields, 1, "");
    bench_option(&b, "number-of-rows", "50");
    bench_option(&b, "rows-per-second", "1000");
    int64_t start = tw_mono_ns(&b.os);
    assert_int_equal(bench_read(&b, &tw_connector_datagen, 4096), TW_OK);
    int64_t took_ms = (tw_mono_ns(&b.os) - start) / 1000000;
    assert_in_range(took_ms, 48, 400);
    bench_close(&b);
}

static void test_validate(void **state) {
    bench b;
    bench_open(&b);
    tw_field fields[] = {field_of("id", &TW_TYPE_BIGINT), field_of("day", &TW_TYPE_DATE)};
    bench_table(&b, fields, 2, "");
    bench_option(&b, "fields.id.kind", "sequence");
    assert_int_equal(tw_connector_datagen.validate(b.scan.table.schema, b.options, b.noptions, &b.error), TW_E_INVALID);
    assert_non_null(strstr(b.error.message, "fields.id.start"));
    bench_table(&b, fields, 2, "");
    bench_option(&b, "fields.idx.kind", "random");
    assert_int_equal(tw_connector_datagen.validate(b.scan.table.schema, b.options, b.noptions, &b.error), TW_E_UNDEFINED_COLUMN);
    bench_table(&b, fields, 2, "");
    bench_option(&b, "fields.id.min", "2");
    bench_option(&b, "fields.id.max", "1");
    assert_int_equal(tw_connector_datagen.validate(b.scan.table.schema, b.options, b.noptions, &b.error), TW_E_INVALID);
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequence_and_random),
        cmocka_unit_test(test_nested_and_nulls),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_validate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
