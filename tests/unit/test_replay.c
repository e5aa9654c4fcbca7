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
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splits_share_a_clock),
        cmocka_unit_test(test_quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
