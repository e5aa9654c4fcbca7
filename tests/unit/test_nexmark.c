#include "source_test.h"

#include "connector/nexmark/generator.h"

static void table(bench *b, int wanted_from, int wanted_to, const char *events, const char *splits) {
    static tw_field fields[4];
    fields[0] = field_of("event_type", &TW_TYPE_INTEGER);
    for (int k = 0; k < TW_NEXMARK_KINDS; k++) {
        tw_field inner[10];
        int n = tw_nexmark_field_count(k);
        for (int i = 0; i < n; i++) {
            tw_nexmark_shape shape = TW_NEXMARK_FIELDS[k][i].shape;
            inner[i] = field_of(TW_NEXMARK_FIELDS[k][i].name, shape == TW_NEXMARK_LONG   ? &TW_TYPE_BIGINT
                                                              : shape == TW_NEXMARK_TIME ? &TW_TYPE_TIMESTAMP_3
                                                                                         : &TW_TYPE_STRING);
        }
        fields[k + 1] = field_of(TW_NEXMARK_NAMES[k], tw_type_row(&b->arena, inner, n));
    }
    bench_table(b, fields, 4, "");
    b->scan.wanted = tw_type_row(&b->arena, fields + wanted_from, wanted_to - wanted_from);
    bench_option(b, "events.num", events);
    bench_option(b, "splits", splits);
    assert_int_equal(tw_connector_nexmark.validate(b->scan.table.schema, b->options, b->noptions, &b->error), TW_OK);
}

static int count_lines(bench *b, const char *begin) {
    int n = 0;
    const char *p = bench_text(&b->rows);
    for (; *p; p = strchr(p, '\n') + 1) n += strncmp(p, begin, strlen(begin)) == 0;
    return n;
}

static void test_proportions(void **state) {
    bench b;
    bench_open(&b);
    table(&b, 0, 4, "5000", "1");
    assert_int_equal(bench_read(&b, &tw_connector_nexmark, 999), TW_OK);
    assert_int_equal(count_lines(&b, "0, +I[10"), 100);
    assert_int_equal(count_lines(&b, "1, null, +I["), 300);
    assert_int_equal(count_lines(&b, "2, null, null, +I["), 4600);
    assert_non_null(strstr(b.rows.data, "0, +I[1000, "));
    assert_non_null(strstr(b.rows.data, "2015-07-15T00:00:00.499"));
    bench_close(&b);
}

/* The same events whatever the batch size, the number of splits and the columns wanted. */
static void test_same_events(void **state) {
    bench b;
    bench_open(&b);
    table(&b, 0, 4, "7300", "1");
    assert_int_equal(bench_read(&b, &tw_connector_nexmark, 4096), TW_OK);
    char *one = bench_sorted(&b);
    static const char *const SPLITS[] = {"1", "2", "4", "13"};
    for (int i = 0; i < 4; i++) {
        table(&b, 0, 4, "7300", SPLITS[i]);
        assert_int_equal(bench_read(&b, &tw_connector_nexmark, i * 100 + 1), TW_OK);
        char *other = bench_sorted(&b);
        assert_string_equal(one, other);
        free(other);
    }
    free(one);
    table(&b, 3, 4, "100", "1");
    assert_int_equal(bench_read(&b, &tw_connector_nexmark, 4096), TW_OK);
    assert_int_equal(count_lines(&b, "null"), 8);
    assert_int_equal(count_lines(&b, "+I["), 92);
    bench_close(&b);
}

static void test_position(void **state) {
    bench b;
    bench_open(&b);
    table(&b, 0, 4, "3500", "2");
    tw_source_context context = {&b.mem, &b.os, &b.registry, NULL, &b.scan};
    tw_source *source;
    const tw_split_id *splits;
    int n;
    bool complete;
    const tw_source_ops *ops = tw_connector_nexmark.source;
    assert_int_equal(ops->open(&context, &source, &b.error), TW_OK);
    assert_int_equal(ops->splits(source, &splits, &n, &complete, &b.error), TW_OK);
    assert_int_equal(n, 2);
    assert_int_equal(bench_split(&b, ops, source, &splits[1], 64, INT64_MAX, NULL), TW_END);
    char *all = strdup(bench_text(&b.rows));
    assert_int_equal(count_lines(&b, ""), 1500);
    tw_buf_clear(&b.rows);
    tw_buf position;
    tw_buf_init(&position, &b.mem, 0);
    bench_split(&b, ops, source, &splits[1], 100, 1033, &position);
    assert_int_equal(bench_split(&b, ops, source, &splits[1], 17, INT64_MAX, &position), TW_END);
    assert_string_equal(bench_text(&b.rows), all);
    free(all);
    tw_buf_free(&position);
    ops->close(source);
    bench_close(&b);
}

static void test_validate(void **state) {
    bench b;
    bench_open(&b);
    tw_field inner[] = {field_of("auctoin", &TW_TYPE_BIGINT)};
    tw_field fields[] = {field_of("bid", tw_type_row(&b.arena, inner, 1))};
    const tw_type *type = tw_type_row(&b.arena, fields, 1);
    assert_int_equal(tw_connector_nexmark.validate(type, NULL, 0, &b.error), TW_E_UNDEFINED_COLUMN);
    assert_string_equal(b.error.hint, "did you mean 'auction'?");
    inner[0] = field_of("price", &TW_TYPE_INTEGER);
    fields[0] = field_of("bid", tw_type_row(&b.arena, inner, 1));
    assert_int_equal(tw_connector_nexmark.validate(tw_type_row(&b.arena, fields, 1), NULL, 0, &b.error), TW_E_TYPE);
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proportions),
        cmocka_unit_test(test_same_events),
        cmocka_unit_test(test_position),
        cmocka_unit_test(test_validate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
