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

enum { SPLIT_ROWS = 1003 };

static void split_table(bench *b, const char *splits, const char *last) {
    static tw_field fields[3];
    fields[0] = field_of("id", &TW_TYPE_BIGINT);
    fields[1] = field_of("x", &TW_TYPE_BIGINT);
    fields[2] = field_of("a", tw_type_array(&b->arena, &TW_TYPE_SMALLINT));
    bench_table(b, fields, 3, "");
    bench_option(b, "rows-per-second", "1000000000");
    bench_option(b, "fields.id.kind", "sequence");
    bench_option(b, "fields.id.start", "-5");
    bench_option(b, "fields.id.end", last);
    bench_option(b, "fields.x.null-rate", "0.1");
    if (splits) bench_option(b, "scan.parallelism", splits);
}

static void test_splits_make_the_same_rows(void **state) {
    bench b;
    bench_open(&b);
    split_table(&b, NULL, "997");
    assert_int_equal(bench_read(&b, &tw_connector_datagen, 4096), TW_OK);
    char *one = bench_sorted(&b);
    for (const char *const *splits = (const char *const[]){"1", "2", "7", "1003", "1024", NULL}; *splits; splits++) {
        split_table(&b, *splits, "997");
        assert_int_equal(bench_read(&b, &tw_connector_datagen, 100), TW_OK);
        char *many = bench_sorted(&b);
        assert_string_equal(many, one);
        free(many);
    }
    free(one);
    split_table(&b, "3", "-6"); /* no rows at all */
    assert_int_equal(bench_read(&b, &tw_connector_datagen, 100), TW_OK);
    assert_string_equal(bench_text(&b.rows), "");
    bench_close(&b);
}

/* Split 1 of 4 in pieces: its rows in order, none twice, and a position that is no position is refused. */
static void test_split_goes_on_at_its_position(void **state) {
    bench b;
    bench_open(&b);
    split_table(&b, "4", "997");
    const tw_source_ops *ops = tw_connector_datagen.source;
    tw_source_context context = {&b.mem, &b.os, &b.registry, NULL, &b.scan};
    tw_source *source;
    const tw_split_id *splits;
    int n;
    bool complete;
    assert_int_equal(ops->open(&context, &source, &b.error), TW_OK);
    assert_int_equal(ops->splits(source, &splits, &n, &complete, &b.error), TW_OK);
    assert_int_equal(n, 4);
    assert_true(complete);
    assert_int_equal(splits[3].number, 3);
    assert_true(tw_str_equal(splits[3].name, TW_STR("generator 3")));
    tw_buf position;
    tw_buf_init(&position, &b.mem, 0);
    for (int limit = 0; limit < 100; limit += 17) bench_split(&b, ops, source, &splits[1], 10, limit, &position);
    assert_int_equal(bench_split(&b, ops, source, &splits[1], 10, INT64_MAX, &position), TW_END);
    const char *p = bench_text(&b.rows);
    int rows = 0;
    for (; *p; p = strchr(p, '\n') + 1) assert_int_equal(atoi(p), -5 + 1 + 4 * rows++);
    assert_int_equal(rows, (SPLIT_ROWS - 1 + 3) / 4);
    assert_int_equal(bench_split(&b, ops, source, &splits[3], 10, INT64_MAX, &position), TW_E_CORRUPT); /* it is one row shorter */
    tw_buf_free(&position);
    ops->close(source);
    bench_close(&b);
}

static void test_splits_share_the_rate(void **state) {
    bench b;
    bench_open(&b);
    tw_os_simulated(&b.os, 1000);
    split_table(&b, "3", "997");
    b.options[0].value = TW_STR("7"); /* rows a second */
    const tw_source_ops *ops = tw_connector_datagen.source;
    tw_source_context context = {&b.mem, &b.os, &b.registry, NULL, &b.scan};
    tw_source *source;
    const tw_split_id *splits;
    int n, rows[3] = {0};
    bool complete;
    tw_split_reader *readers[3];
    assert_int_equal(ops->open(&context, &source, &b.error), TW_OK);
    assert_int_equal(ops->splits(source, &splits, &n, &complete, &b.error), TW_OK);
    for (int i = 0; i < 3; i++) assert_int_equal(ops->reader_open(source, &splits[i], &b.mem, TW_STR(""), &readers[i], &b.error), TW_OK);
    int64_t start = tw_mono_ns(&b.os);
    for (int ms = 0; ms <= 10000; ms += 10, tw_os_advance(&b.os, 10)) {
        for (int i = 0; i < 3; i++) {
            tw_batch *batch;
            int64_t wait_ns;
            tw_status status = ops->poll(readers[i], 100, &batch, &wait_ns, bench_bad, &b, &b.error);
            if (status == TW_OK) rows[i] += batch->rows;
            assert_true(status == TW_OK || (status == TW_BLOCKED && wait_ns > tw_mono_ns(&b.os)));
            assert_int_equal(rows[i], (7 * ((tw_mono_ns(&b.os) - start) / 1000000) / 1000 - i + 3) / 3); /* of rows 0 to 7 t */
        }
    }
    assert_int_equal(rows[0] + rows[1] + rows[2], 71);
    for (int i = 0; i < 3; i++) ops->reader_close(readers[i]);
    ops->close(source);
    bench_close(&b);
}

static void test_out_of_memory(void **state) {
    bench b;
    bench_open(&b);
    split_table(&b, "3", "97");
    assert_int_equal(bench_read(&b, &tw_connector_datagen, 10), TW_OK); /* the test's own text has its room then */
    size_t used = b.mem.used;
    tw_status status = TW_E_NOMEM;
    for (int n = 1; status != TW_OK; n++) {
        b.mem.fail_at = n;
        status = bench_read(&b, &tw_connector_datagen, 10);
        b.mem.fail_at = 0;
        assert_true(status == TW_OK || status == TW_E_NOMEM);
        assert_int_equal(b.mem.used, used);
    }
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
        cmocka_unit_test(test_splits_make_the_same_rows),
        cmocka_unit_test(test_split_goes_on_at_its_position),
        cmocka_unit_test(test_splits_share_the_rate),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_validate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
