#include "window_model.h"

static const tw_window KINDS[] = {
    {.kind = TW_WINDOW_TUMBLE, .size_ms = 1000},
    {.kind = TW_WINDOW_TUMBLE, .size_ms = 700, .offset_ms = -1234567},
    {.kind = TW_WINDOW_HOP, .size_ms = 1000, .step_ms = 250},
    {.kind = TW_WINDOW_HOP, .size_ms = 1000, .step_ms = 300, .offset_ms = 50},
    {.kind = TW_WINDOW_HOP, .size_ms = 300, .step_ms = 1000, .offset_ms = -1},
    {.kind = TW_WINDOW_CUMULATE, .size_ms = 1000, .step_ms = 200},
    {.kind = TW_WINDOW_CUMULATE, .size_ms = 900, .step_ms = 300, .offset_ms = -470},
};

/* The windows of a slice are those that have the time, all of them and in order; slices are numbered without gaps. */
static void test_slices(void **state) {
    (void)state;
    tw_session session = {.zone = TW_ZONE_UTC};
    tw_window_span windows[64], last_slice = {0, 0};
    for (size_t k = 0; k < sizeof KINDS / sizeof *KINDS; k++) {
        tw_window_time t;
        tw_window_time_init(&t, &KINDS[k], &session);
        for (int64_t ms = -3500; ms < 3500; ms++) {
            tw_window_span slice = tw_window_slice(&t, ms);
            assert_true(slice.start <= ms && ms < slice.end);
            int n = model_windows(&KINDS[k], ms, windows), seen = 0;
            for (int64_t end = tw_window_first_end(&t, slice); end <= tw_window_last_end(&t, slice); end += t.step_ms, seen++) {
                bool found = false;
                for (int i = 0; i < n; i++) found |= windows[i].end == end && windows[i].start == tw_window_start(&t, end);
                assert_true(found);
            }
            assert_int_equal(seen, n);
            if (ms > -3500 && slice.start != last_slice.start) {
                assert_int_equal(slice.start, last_slice.end);
                if (KINDS[k].kind == TW_WINDOW_HOP) assert_int_equal(tw_window_slice_number(&t, slice), tw_window_slice_number(&t, last_slice) + 1);
            }
            last_slice = slice;
        }
    }
}

/* Windows close at the later of two instants, at the change where there is none, and never earlier than one before. */
static void check_zone(const char *id, int64_t from, int64_t to) {
    tw_mem mem;
    tw_error error;
    tw_zone *zone;
    tw_mem_init(&mem, NULL, 0);
    assert_int_equal(tw_zone_load(&mem, tw_str_of(id), &zone, &error), TW_OK);
    tw_session session = {.zone = zone};
    tw_window_time t;
    tw_window_time_init(&t, &(tw_window){.kind = TW_WINDOW_TUMBLE, .size_ms = 60000, .local_time = true}, &session);
    int64_t last = INT64_MIN;
    for (int64_t end = from; end < to; end += 7 * 60000) {
        int64_t close = tw_window_close_at(&t, end);
        assert_int_equal(close, model_close(zone, end));
        assert_true(close >= last);
        last = close;
    }
    for (int64_t utc = from; utc < to; utc += 11 * 60000) {
        tw_window_span span = tw_window_slice(&t, tw_zone_to_local(zone, utc)), range = tw_window_utc_range(&t, span, utc);
        assert_true(range.start <= utc && utc < range.end);
        for (int64_t ms = range.start; ms < range.end; ms += 5000) {
            int64_t local = tw_zone_to_local(zone, ms);
            assert_true(local >= span.start && local < span.end);
        }
    }
    tw_zone_free(&mem, zone);
}

static void test_zones(void **state) {
    (void)state;
    check_zone("Europe/Berlin", 1616850000000, 1616950000000);
    check_zone("Europe/Berlin", 1635600000000, 1635700000000);
    check_zone("America/New_York", 1615680000000, 1615780000000);
    check_zone("America/New_York", 1636230000000, 1636330000000);
    check_zone("Australia/Lord_Howe", 1617400000000, 1617500000000); /* by half an hour */
    check_zone("Asia/Shanghai", 1636230000000, 1636330000000);
}

static void test_text(void **state) {
    (void)state;
    tw_window_time t;
    char text[700];
    tw_window_time_init(&t, &(tw_window){.kind = TW_WINDOW_HOP, .size_ms = 2000, .step_ms = 1000}, &(tw_session){.zone = TW_ZONE_UTC});
    int n = tw_window_list(&t, tw_window_slice(&t, 1500), text, sizeof text);
    assert_int_equal(n, strlen("[1970-01-01 00:00:00.000, 1970-01-01 00:00:02.000), [1970-01-01 00:00:01.000, 1970-01-01 00:00:03.000)"));
    assert_memory_equal(text, "[1970-01-01 00:00:00.000, 1970-01-01 00:00:02.000), [1970-01-01 00:00:01.000, 1970-01-01 00:00:03.000)", (size_t)n);
    tw_window_time_init(&t, &(tw_window){.kind = TW_WINDOW_HOP, .size_ms = 3600000, .step_ms = 1000}, &(tw_session){.zone = TW_ZONE_UTC});
    n = tw_window_list(&t, tw_window_slice(&t, 1500), text, sizeof text);
    assert_memory_equal(text + n - 14, " and 3592 more", 14);
    assert_true(tw_window_list(&t, tw_window_slice(&t, 1500), text, 60) < 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_slices), cmocka_unit_test(test_zones), cmocka_unit_test(test_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
