/* SORT: orders of every type, by time with late rows, limits, deletes, restarts. */
#include "plan_test.h"

#include "base/prng.h"
#include "data/value.h"
#include "operator/sort_key.h"

static void begin(plan_test *t) {
    plan_open(t);
    t->operators[TW_PLAN_SORT] = &TW_OPERATOR_SORT;
}

static tw_plan_node *sort_over(plan_test *t, tw_plan_node *n, int nkeys, const tw_sort_key *keys) {
    n = plan_exchange(t, n, 0);
    n = plan_node(t, TW_PLAN_SORT, n->row, TW_APPEND, 1, n);
    n->u.sort = (tw_plan_sort){.keys = keys, .nkeys = nkeys, .limit = -1};
    plan_sink(t, n);
    t->keep_order = true;
    return n;
}

static const tw_type *row_of(plan_test *t) { return plan_row(t, 2, "k", &TW_TYPE_BIGINT, "s", &TW_TYPE_STRING); }

static void whole_input(void **state) {
    plan_test t;
    begin(&t);
    tw_plan_node *n = plan_scan(&t, row_of(&t), 1, "2, b\n1, a\nNULL, n\n2, a text of more than twelve bytes\n1, NULL\n-5, z\n");
    tw_sort_key keys[] = {{0, false, false}, {1, true, false}};
    n = sort_over(&t, n, 2, keys);
    const char *expected = "+I[-5, z]\n+I[1, a]\n+I[1, null]\n+I[2, b]\n+I[2, a text of more than twelve bytes]\n+I[null, n]\n";
    plan_expect(&t, expected);
    plan_expect_resumed(&t, false, expected);
    plan_fail_allocations(&t, false, expected);
    keys[0] = (tw_sort_key){0, true, true};
    keys[1] = (tw_sort_key){1, false, true};
    expected = "+I[null, n]\n+I[2, a text of more than twelve bytes]\n+I[2, b]\n+I[1, null]\n+I[1, a]\n+I[-5, z]\n";
    plan_expect(&t, expected);
    n->u.sort.nkeys = 1; /* ties by arrival */
    expected = "+I[null, n]\n+I[2, b]\n+I[2, a text of more than twelve bytes]\n+I[1, a]\n+I[1, null]\n+I[-5, z]\n";
    plan_expect(&t, expected);
    plan_expect_resumed(&t, false, expected);
    plan_close(&t);
}

static void limits(void **state) {
    static const struct {
        int64_t offset, limit;
        const char *expected;
    } CASES[] = {
        {0, 2, "+I[1, a]\n+I[1, d]\n"},
        {1, 2, "+I[1, d]\n+I[2, c]\n"},
        {4, 9, "+I[4, b]\n"},
        {0, 0, ""},
        {5, 1, ""},
        {3, -1, "+I[3, e]\n+I[4, b]\n"},
        {2, INT64_MAX, "+I[2, c]\n+I[3, e]\n+I[4, b]\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (int deletes = 0; deletes < 2; deletes++) {
            plan_test t;
            begin(&t);
            const char *script = deletes ? "1, a\n4, b\n0, x\n2, c\n1, d\n-D 0, x\n3, e\n" : "1, a\n4, b\n2, c\n1, d\n3, e\n";
            tw_sort_key keys[] = {{0, false, false}};
            tw_plan_node *n = sort_over(&t, plan_scan(&t, row_of(&t), 1, script), 1, keys);
            n->u.sort.offset = CASES[i].offset;
            n->u.sort.limit = CASES[i].limit;
            plan_expect(&t, CASES[i].expected);
            plan_expect_resumed(&t, false, CASES[i].expected);
            plan_fail_allocations(&t, false, CASES[i].expected);
            plan_close(&t);
        }
}

/* Equal rows are counted; a delete may come before its insert; what is deleted more often than inserted is not there. */
static void deletes(void **state) {
    plan_test t;
    begin(&t);
    tw_plan_node *n = plan_scan(&t, row_of(&t), 1,
                                "1, a\n1, a\n-D 2, b\n2, b\n-U 1, a\n+U 3, a\n1, a\n1, a\n-D 9, z\n2, b\n-D 3, a\n3, a\n-D 3, a\n+I 3, a\n");
    tw_sort_key keys[] = {{0, true, false}};
    n = sort_over(&t, n, 1, keys);
    const char *expected = "+I[3, a]\n+I[2, b]\n+I[1, a]\n+I[1, a]\n+I[1, a]\n";
    plan_expect(&t, expected);
    plan_expect_resumed(&t, false, expected);
    plan_fail_allocations(&t, false, expected);
    n->u.sort.offset = 3;
    n->u.sort.limit = 1;
    plan_expect(&t, "+I[1, a]\n");
    plan_close(&t);
}

static tw_plan_node *time_sort(plan_test *t, const char *script, const tw_sort_key *keys, int nkeys) {
    const tw_type *row = plan_row(t, 2, "k", &TW_TYPE_BIGINT, "ts", plan_rowtime(t));
    tw_plan_node *n = sort_over(t, plan_watermark(t, plan_scan(t, row, 1, script), 1, 100), nkeys, keys);
    n->u.sort.by_time = true;
    return n;
}

#define AT(k, ms) "+I[" #k ", 1970-01-01T00:00:00." #ms "]\n"

/* Row 7 is late (300 <= 600 - 100), row 8 (499) too, row 9 (501) is not. */
static void by_time(void **state) {
    plan_test t;
    begin(&t);
    tw_sort_key keys[] = {{1, false, false}, {0, true, false}};
    const char *script = "1, 200\n2, 150\n3, 200\n4, 110\n5, 600\n7, 300\n8, 499\n9, 501\n10, 900\n";
    tw_plan_node *n = time_sort(&t, script, keys, 2);
    const char *expected = AT(4, 110) AT(2, 150) AT(3, 200) AT(1, 200) AT(9, 501) AT(5, 600) AT(10, 900);
    plan_expect(&t, expected);
    assert_int_equal(t.stats.late_rows, 2);
    plan_expect_resumed(&t, false, expected);
    plan_fail_allocations(&t, false, expected);
    n->u.sort.nkeys = 1;
    expected = AT(4, 110) AT(2, 150) AT(1, 200) AT(3, 200) AT(9, 501) AT(5, 600) AT(10, 900);
    plan_expect(&t, expected);
    n->u.sort.offset = 1;
    n->u.sort.limit = 3;
    expected = AT(2, 150) AT(1, 200) AT(3, 200);
    plan_expect(&t, expected);
    plan_expect_resumed(&t, false, expected);
    plan_close(&t);
}

/* Rows go out with the watermark that they stand behind, not at the end. */
static void by_time_does_not_wait_for_the_end(void **state) {
    plan_test t;
    begin(&t);
    tw_sort_key keys[] = {{1, false, false}};
    time_sort(&t, "1, 300\n2, 250\n3, 700\n4, 650\n", keys, 1);
    plan_begin(&t);
    tw_job_options options = plan_options(&t, 2, 1, 1);
    options.hold_open = true;
    tw_job *job;
    bool ended;
    plan_stop_after = 3;
    assert_int_equal(tw_job_open(&t.mem, &t.os, &t.registry, &t.plan, &options, &job, &t.error), TW_OK);
    assert_int_equal(tw_job_settle(job, &ended, &t.error), TW_OK);
    PLAN_CHECK(&t, false, AT(2, 250) AT(1, 300), 2, 1, 1);
    tw_job_close(job);
    plan_close(&t);
}

/* Many rows in random order over three splits, by batches, shards and rings of two slots: against qsort. */
static int by_number(const void *a, const void *b) {
    return (*(const int64_t *)a > *(const int64_t *)b) - (*(const int64_t *)a < *(const int64_t *)b);
}

static void many_rows(void **state) {
    enum { ROWS = 10000 };
    plan_test t;
    begin(&t);
    int64_t *v = malloc(sizeof *v * ROWS);
    tw_prng prng = {7};
    tw_buf script[3], expected;
    tw_buf_init(&expected, &t.mem, 0);
    for (int i = 0; i < 3; i++) tw_buf_init(&script[i], &t.mem, 0);
    for (int i = 0; i < ROWS; i++) {
        v[i] = (int64_t)tw_prng_below(&prng, 3000) - 1500;
        tw_buf_printf(&script[i % 3], "%lld, s%lld\n", (long long)v[i], (long long)v[i]);
    }
    for (int i = 0; i < 3; i++) tw_buf_byte(&script[i], 0);
    qsort(v, ROWS, sizeof *v, by_number);
    static const int64_t PARTS[][2] = {{0, -1}, {0, 5000}, {9000, 100}, {4000, 5000}};
    tw_sort_key keys[] = {{0, false, false}};
    tw_plan_node *n = sort_over(&t, plan_scan(&t, row_of(&t), 3, script[0].data, script[1].data, script[2].data), 1, keys);
    for (size_t p = 0; p < 4; p++) {
        n->u.sort.offset = PARTS[p][0];
        n->u.sort.limit = PARTS[p][1];
        int64_t end = PARTS[p][1] < 0 ? ROWS : PARTS[p][0] + PARTS[p][1];
        tw_buf_clear(&expected);
        for (int64_t i = PARTS[p][0]; i < end; i++) tw_buf_printf(&expected, "+I[%lld, s%lld]\n", (long long)v[i], (long long)v[i]);
        tw_buf_byte(&expected, 0);
        for (int b = 0; b < 3; b++) {
            plan_run(&t, b + 1, PLAN_BATCHES[b], p);
            PLAN_CHECK(&t, false, expected.data, b + 1, PLAN_BATCHES[b], p);
        }
        plan_run_resumed(&t, (const int32_t[]){2, 3, 1}, 4096, 700, 1);
        PLAN_CHECK(&t, false, expected.data, 3, 4096, 1);
    }
    for (int i = 0; i < 3; i++) tw_buf_free(&script[i]);
    tw_buf_free(&expected);
    free(v);
    plan_close(&t);
}

/* The bytes of sort keys against tw_value_compare, for every type and pair of values. */
static void sort_keys_agree_with_comparison(void **state) {
    plan_test t;
    begin(&t);
    tw_arena *a = &t.arena;
    static const double DOUBLES[] = {0, -0.0, 1, -1, 1e300, -1e300, 5e-324, -5e-324};
    tw_value values[16][12];
    int counts[16], ntypes = 0;
    const tw_type *ints[] = {&TW_TYPE_BOOLEAN, &TW_TYPE_TINYINT, &TW_TYPE_SMALLINT, &TW_TYPE_INTEGER, &TW_TYPE_BIGINT, &TW_TYPE_DATE};
    for (int i = 0; i < 6; i++, ntypes++) {
        int64_t low = i == 0 ? 0 : i == 1 ? INT8_MIN : i == 2 ? INT16_MIN : i == 4 ? INT64_MIN : INT32_MIN;
        int64_t some[] = {low, i ? -1 : 0, 0, 1, i ? ~low : 1};
        for (int k = 0; k < 5; k++) values[ntypes][k] = tw_value_of_int(ints[i], some[k]);
        counts[ntypes] = 5;
    }
    for (int f = 0; f < 2; f++, ntypes++) {
        const tw_type *type = f ? &TW_TYPE_FLOAT : &TW_TYPE_DOUBLE;
        for (int k = 0; k < 8; k++)
            values[ntypes][k] = (tw_value){.type = type, .u.f = f ? (double)(float)(DOUBLES[k] / (k > 5 ? 1e-300 : 1)) : DOUBLES[k]};
        values[ntypes][8] = (tw_value){.type = type, .u.f = __builtin_nan("")};
        counts[ntypes] = 9;
    }
    static const tw_str STRINGS[] = {{"", 0},   {"a", 1},    {"a\0", 2},   {"a\0b", 3},
                                     {"ab", 2}, {"\xff", 1}, {"a\xff", 2}, {"longer than twelve bytes", 24}};
    for (int k = 0; k < 8; k++) values[ntypes][k] = tw_value_of_str(&TW_TYPE_STRING, STRINGS[k]);
    counts[ntypes++] = 8;
    const tw_type *decimal = tw_type_decimal(a, 38, 0);
    tw_i128 big = (tw_i128)INT64_MAX * 1000;
    tw_i128 wide[] = {0, 1, -1, big, -big, INT64_MAX, -(tw_i128)INT64_MAX - 2};
    for (int k = 0; k < 7; k++) values[ntypes][k] = (tw_value){.type = decimal, .u.d = wide[k]};
    counts[ntypes++] = 7;
    for (int k = 0; k < 6; k++) values[ntypes][k] = (tw_value){.type = &TW_TYPE_TIMESTAMP_6, .u.ts = {.ms = k / 2 - 1, .ns = k % 2 * 999999}};
    counts[ntypes++] = 6;
    const tw_type *array = tw_type_array(a, &TW_TYPE_BIGINT);
    tw_value *items = TW_NEW_ARRAY(a, tw_value, 4);
    for (int k = 0; k < 4; k++) items[k] = k == 2 ? tw_value_null(&TW_TYPE_BIGINT) : tw_value_of_int(&TW_TYPE_BIGINT, k - 1);
    for (int k = 0; k < 10; k++) values[ntypes][k] = (tw_value){.type = array, .items = items + k % 4, .nitems = k % 4 + k / 4 <= 4 ? k / 4 : 0};
    counts[ntypes++] = 10;
    for (int i = 0; i < ntypes; i++) values[i][counts[i]++] = tw_value_null(values[i][0].type);
    tw_buf x, y;
    tw_buf_init(&x, &t.mem, 0);
    tw_buf_init(&y, &t.mem, 0);
    for (int i = 0; i < ntypes; i++)
        for (int j = 0; j < counts[i]; j++)
            for (int k = 0; k < counts[i]; k++)
                for (int descending = 0; descending < 2; descending++) {
                    tw_column one, two;
                    assert_int_equal(tw_value_to_column(a, &values[i][j], &one), TW_OK);
                    assert_int_equal(tw_value_to_column(a, &values[i][k], &two), TW_OK);
                    tw_sort_key key = {0, descending, !descending};
                    tw_buf_clear(&x);
                    tw_buf_clear(&y);
                    tw_sort_key_write(&x, &key, 1, &(tw_batch){.rows = 1, .ncolumns = 1, .columns = &one}, 0);
                    tw_sort_key_write(&y, &key, 1, &(tw_batch){.rows = 1, .ncolumns = 1, .columns = &two}, 0);
                    int order = memcmp(x.data, y.data, x.length < y.length ? x.length : y.length);
                    if (!order) order = (x.length > y.length) - (x.length < y.length);
                    int expected = tw_value_compare(&one, 0, &two, 0) * (descending ? -1 : 1);
                    if ((order > 0) - (order < 0) != (expected > 0) - (expected < 0))
                        fail_msg("type %d, values %d and %d: %d, not %d", i, j, k, order, expected);
                }
    tw_buf_free(&x);
    tw_buf_free(&y);
    plan_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_input),
        cmocka_unit_test(limits),
        cmocka_unit_test(deletes),
        cmocka_unit_test(by_time),
        cmocka_unit_test(many_rows),
        cmocka_unit_test(by_time_does_not_wait_for_the_end),
        cmocka_unit_test(sort_keys_agree_with_comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
