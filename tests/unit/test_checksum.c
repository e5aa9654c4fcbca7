#include "source_test.h"

#define ROWS 3

typedef struct fixture {
    bench b;
    char *text;
    size_t length;
    FILE *out;
    int64_t numbers[ROWS];
    tw_sview texts[ROWS];
    uint64_t valid[1];
    tw_column columns[2];
    tw_batch batch;
} fixture;

static void fixture_open(fixture *f) {
    static const char *const TEXTS[ROWS] = {"", "exactly8", "one that is longer than a view"};
    bench_open(&f->b);
    f->text = NULL;
    f->out = open_memstream(&f->text, &f->length);
    f->valid[0] = 6; /* the first text is NULL */
    for (int i = 0; i < ROWS; i++) {
        f->numbers[i] = i - 1;
        f->texts[i] = tw_sview_make(TEXTS[i], strlen(TEXTS[i]));
    }
    f->columns[0] = (tw_column){.type = &TW_TYPE_BIGINT, .phys = TW_PHYS_I64, .values = f->numbers};
    f->columns[1] = (tw_column){.type = &TW_TYPE_STRING, .phys = TW_PHYS_STR, .values = f->texts, .validity = f->valid};
    f->batch = (tw_batch){.rows = ROWS, .ncolumns = 2, .columns = f->columns};
}

static void fixture_close(fixture *f) {
    fclose(f->out);
    free(f->text);
    bench_close(&f->b);
}

/* Writes the batch so many times and gives the line. */
static const char *line(fixture *f, int times) {
    tw_plan_sink plan = {.table = {.name = TW_STR("t")}};
    tw_sink_context context = {&f->b.mem, &f->b.os, &f->b.registry, NULL, &plan, NULL, NULL, 0, 1, f->out};
    const tw_sink_ops *ops = tw_connector_checksum.sink;
    tw_sink *sink;
    assert_int_equal(ops->open(&context, &sink, &f->b.error), TW_OK);
    for (int i = 0; i < times; i++) assert_int_equal(ops->write(sink, &f->batch, &f->b.error), TW_OK);
    rewind(f->out);
    assert_int_equal(ops->finish(sink, &f->b.error), TW_OK);
    ops->close(sink);
    return f->text;
}

/* The sums are those of bench/oracle.py. */
static void test_sum(void **state) {
    fixture f;
    fixture_open(&f);
    assert_string_equal(line(&f, 0), "checksum t rows=0 changes=0 sum=0x0000000000000000\n");
    assert_string_equal(line(&f, 1), "checksum t rows=3 changes=0 sum=0x9cac8ea09ec443bb\n");
    assert_string_equal(line(&f, 2), "checksum t rows=6 changes=0 sum=0x39591d413d888776\n");
    fixture_close(&f);
}

static void test_retraction(void **state) {
    fixture f;
    int8_t kinds[ROWS] = {TW_INSERT, TW_DELETE, TW_UPDATE_AFTER};
    fixture_open(&f);
    f.batch.kinds = kinds;
    f.numbers[1] = f.numbers[0];
    f.texts[1] = f.texts[0];
    f.valid[0] = 4;
    assert_string_equal(line(&f, 1), "checksum t rows=1 changes=2 sum=0xa11e583b20f97a84\n");
    fixture_close(&f);
}

/* A constant column is the same as one that repeats its value. */
static void test_constant(void **state) {
    fixture f;
    char repeated[128];
    fixture_open(&f);
    for (int i = 0; i < ROWS; i++) f.numbers[i] = 7;
    snprintf(repeated, sizeof repeated, "%s", line(&f, 1));
    f.columns[0].constant = true;
    f.numbers[1] = f.numbers[2] = 0;
    assert_string_equal(line(&f, 1), repeated);
    fixture_close(&f);
}

static void test_no_memory(void **state) {
    fixture f;
    fixture_open(&f);
    tw_mem full;
    tw_mem_init(&full, NULL, 1);
    tw_plan_sink plan = {.table = {.name = TW_STR("t")}};
    tw_sink_context context = {&full, &f.b.os, &f.b.registry, NULL, &plan, NULL, NULL, 0, 1, f.out};
    tw_sink *sink;
    assert_int_equal(tw_connector_checksum.sink->open(&context, &sink, &f.b.error), TW_E_NOMEM);
    assert_int_equal(full.used, 0);
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sum), cmocka_unit_test(test_retraction), cmocka_unit_test(test_constant),
                                       cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
