#include "test.h"

#include "connector/replay.h"
#include "runtime/latency.h"

/* Two splits: the clock starts with the earlier of their first rows, and the others are due by their distance to it. */
static void test_splits_share_a_clock(void **state) {
    (void)state;
    tw_replay r;
    tw_replay_init(&r, 10);
    tw_replay_expect(&r, 2);
    tw_replay_saw(&r, 5000, 0);
    assert_true(tw_replay_due_ns(&r, 10, 5000, 100) > 100);
    tw_replay_saw(&r, 4000, 1000);
    int64_t start = tw_replay_due_ns(&r, 10, 4000, 1000);
    assert_true(start <= 1000);
    assert_int_equal(tw_replay_due_ns(&r, 10, 5000, 1000) - tw_replay_due_ns(&r, 10, 4500, 1000), 50 * 1000000);
    assert_true(tw_replay_due_ns(&r, 10, TW_REPLAY_NO_TIME, 1000) <= 1000);
    tw_replay_close(&r);
}

/* Neither an empty file nor one that never comes keeps the others waiting, and a late one does not turn the clock back. */
static void test_splits_that_hold_nobody_up(void **state) {
    (void)state;
    enum { MS = 1000000 };
    tw_replay r;
    tw_replay_init(&r, 1);
    tw_replay_expect(&r, 3);
    tw_replay_saw(&r, TW_REPLAY_NO_TIME, 0);
    tw_replay_saw(&r, 100, 0);
    assert_true(tw_replay_due_ns(&r, 1, 100, 400 * MS) > 400 * MS);
    assert_int_equal(tw_replay_due_ns(&r, 1, 100, 501 * MS), 501 * MS);
    tw_replay_saw(&r, 50, 502 * MS);
    assert_int_equal(tw_replay_due_ns(&r, 1, 200, 503 * MS), 601 * MS);
    assert_int_equal(tw_replay_due_ns(&r, 1, 40, 503 * MS), 503 * MS); /* behind the clock: at once */
    assert_int_equal(tw_replay_due_ns(&r, 1e-9, INT64_MAX, 503 * MS), INT64_MAX);
    tw_replay_close(&r);
}

static void test_quantiles(void **state) {
    (void)state;
    static tw_latency a, b;
    assert_int_equal(tw_latency_quantile(&a, 0.5), -1);
    tw_latency_add(&a, 1000, 98);
    tw_latency_add(&b, 1000000, 2);
    tw_latency_merge(&a, &b);
    int64_t p50 = tw_latency_quantile(&a, 0.5), p99 = tw_latency_quantile(&a, 0.99);
    assert_true(p50 >= 1000 && p50 <= 1125);
    assert_true(p99 >= 1000000 && p99 <= 1125000);
    tw_latency_add(&a, INT64_MAX, 1000);
    assert_int_equal(tw_latency_quantile(&a, 1), INT64_MAX);
    static tw_latency small;
    for (int ns = -5; ns <= 7; ns++) tw_latency_add(&small, ns, 1);
    assert_int_equal(tw_latency_quantile(&small, 0), 0);
    assert_int_equal(tw_latency_quantile(&small, 1), 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splits_share_a_clock),
        cmocka_unit_test(test_splits_that_hold_nobody_up),
        cmocka_unit_test(test_quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
