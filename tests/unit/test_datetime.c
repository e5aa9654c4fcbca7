/* Texts of dates and times: what Flink 2.3 reads and writes. */
#include "test.h"

#include "data/datetime.h"

static const char *date(const char *text) {
    static char out[48];
    int32_t days;
    if (!tw_date_parse(tw_str_of(text), &days)) return "null";
    out[tw_date_format(out, days)] = 0;
    return out;
}

static const char *time_of(const char *text, int precision) {
    static char out[48];
    int32_t ms;
    if (!tw_time_parse(tw_str_of(text), &ms)) return "null";
    out[tw_time_format(out, ms, precision)] = 0;
    return out;
}

static const char *timestamp(const char *text, int precision) {
    static char out[64];
    tw_ts ts;
    if (!tw_timestamp_parse(tw_str_of(text), &ts)) return "null";
    out[tw_timestamp_format(out, tw_ts_truncate(ts, precision), precision)] = 0;
    return out;
}

static void test_date_text(void **state) {
    (void)state;
    static const char *const CASES[][2] = {{"2020-1-2", "2020-01-02"},
                                           {"2020-01", "2020-01-01"},
                                           {"2020", "2020-01-01"},
                                           {"3", "0003-01-01"},
                                           {"2020-01-02 x", "2020-01-02"},
                                           {"20-01-02", "0020-01-02"},
                                           {"0000-01-01", "0000-01-01"},
                                           {"2020-02-30", "null"},
                                           {"2021-02-29", "null"},
                                           {"2020-01-02T", "null"},
                                           {"", "null"},
                                           {"10000-01-01", "null"},
                                           {" 2020-01-02 03:04:05", "null"},
                                           {"-0001-01-02", "null"},
                                           {"2020-02-29", "2020-02-29"},
                                           {"1-1-1-1", "null"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) assert_string_equal(date(CASES[i][0]), CASES[i][1]);
}

static void test_time_text(void **state) {
    (void)state;
    static const char *const CASES[][2] = {{"03:04:05", "03:04:05.0"},
                                           {"3:4", "03:04:00.0"},
                                           {"3", "03:00:00.0"},
                                           {"25:00:00", "null"},
                                           {"12:61:00", "null"},
                                           {"12:00:00.5", "12:00:00.5"},
                                           {"12:00:00.1235", "12:00:00.124"},
                                           {"12:00:00.12", "12:00:00.12"},
                                           {" 12:00:00 ", "12:00:00.0"},
                                           {"12:00:00+01:00", "13:00:00.0"},
                                           {"12:00:00.999999", "12:00:01.0"},
                                           {"", "null"},
                                           {"12:00:", "null"},
                                           {"1:2:3:4", "null"},
                                           {"2020-01-02 03:04:05", "null"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) assert_string_equal(time_of(CASES[i][0], 3), CASES[i][1]);
    assert_string_equal(time_of("12:00:00.5", 0), "12:00:00");
}

static void test_timestamp_text(void **state) {
    (void)state;
    static const char *const CASES[][2] = {{"2020-1-2 1:2:3.4", "2020-01-02 01:02:03.400000000"},
                                           {"2020-01-02 03:04:05.123456789", "2020-01-02 03:04:05.123456789"},
                                           {"2020-01-02 03:04:05.", "2020-01-02 03:04:05.000000000"},
                                           {"2020-01-02 24:00:00", "2020-01-03 00:00:00.000000000"},
                                           {"2020-02-30", "2020-02-29 00:00:00.000000000"},
                                           {"2020-01-02T03:04:05", "2020-01-02 03:04:05.000000000"},
                                           {"+12020-01-02", "12020-01-02 00:00:00.000000000"},
                                           {"2020-01-02 03:04:05.1234567891", "null"},
                                           {"2020-01-02 03:04", "null"},
                                           {"2020-01-02 23:59:60", "null"},
                                           {"2020-01-02 24:00:01", "null"},
                                           {" 2020-01-02", "null"},
                                           {"2020-01-02 ", "null"},
                                           {"2020-01", "null"},
                                           {"20-01-02", "null"},
                                           {"0000-01-01", "null"},
                                           {"+2020-01-01", "null"},
                                           {"+999999999-01-01", "null"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) assert_string_equal(timestamp(CASES[i][0], 9), CASES[i][1]);
    assert_string_equal(timestamp("1969-12-31 23:59:59.999999", 6), "1969-12-31 23:59:59.999999");
    assert_string_equal(timestamp("1969-12-31 23:59:59.999", 1), "1969-12-31 23:59:59.9");
}

static void check_iso(int64_t ms, int32_t ns, bool instant, const char *want) {
    char out[64];
    out[tw_timestamp_format_iso(out, tw_ts_of(ms, ns), instant)] = 0;
    assert_string_equal(out, want);
}

static void test_iso_text(void **state) {
    (void)state;
    check_iso(60000, 0, false, "1970-01-01T00:01");
    check_iso(1500, 0, false, "1970-01-01T00:00:01.500");
    check_iso(1, 1000, false, "1970-01-01T00:00:00.001001");
    check_iso(0, 1, true, "1970-01-01T00:00:00.000000001Z");
    check_iso(0, 0, true, "1970-01-01T00:00:00Z");
    check_iso(tw_days_from_civil(12020, 1, 2) * TW_DAY_MS, 0, false, "+12020-01-02T00:00");
    check_iso(tw_days_from_civil(-5, 1, 2) * TW_DAY_MS, 0, false, "-0005-01-02T00:00");
}

static void test_interval_text(void **state) {
    (void)state;
    char out[64];
    out[tw_interval_ym_format(out, -14)] = 0;
    assert_string_equal(out, "-1-02");
    out[tw_interval_ds_format(out, 93784005)] = 0;
    assert_string_equal(out, "+1 02:03:04.005");
    out[tw_interval_ds_format(out, -90000000)] = 0;
    assert_string_equal(out, "-1 01:00:00.000");
    out[tw_interval_ds_format(out, INT64_MIN)] = 0;
    assert_string_equal(out, "-106751991167 07:12:55.808");
}

/* No text, however it ends, may be read past. */
static void test_damaged_text(void **state) {
    (void)state;
    static const char ALPHABET[] = "0123456789-:+. T9x";
    uint64_t seed = 1;
    for (int round = 0; round < 200000; round++) {
        char room[24];
        size_t n = (size_t)(round % 24);
        for (size_t i = 0; i < n; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            room[i] = ALPHABET[(seed >> 33) % (sizeof ALPHABET - 1)];
        }
        tw_str s = {room, n};
        int32_t v;
        tw_ts ts;
        if (tw_date_parse(s, &v)) assert_in_range(v + 719528, 0, 3652424);
        if (tw_time_parse(s, &v)) assert_in_range(v, 0, TW_DAY_MS - 1);
        if (tw_timestamp_parse(s, &ts)) assert_in_range(ts.ns, 0, 999999);
    }
}

static int64_t local(const tw_zone *zone, const char *text) {
    tw_ts ts;
    assert_true(tw_timestamp_parse(tw_str_of(text), &ts));
    return tw_zone_to_utc(zone, ts.ms);
}

/* Zones south of the equator, with half-hour steps, with negative summer time, and before standard time. */
static void test_zones(void **state) {
    (void)state;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    static const struct {
        const char *zone, *local, *utc;
    } CASES[] = {
        {"Australia/Lord_Howe", "2026-01-01 11:00:00", "2026-01-01 00:00:00"}, {"Australia/Lord_Howe", "2090-07-01 10:30:00", "2090-07-01 00:00:00"},
        {"Europe/Dublin", "2060-07-01 13:00:00", "2060-07-01 12:00:00"},       {"Europe/Dublin", "2060-01-01 12:00:00", "2060-01-01 12:00:00"},
        {"America/Los_Angeles", "2026-03-08 02:30:00", "2026-03-08 10:30:00"}, {"America/Los_Angeles", "2026-11-01 01:30:00", "2026-11-01 08:30:00"},
        {"America/Los_Angeles", "2300-07-01 00:00:00", "2300-07-01 07:00:00"}, {"Asia/Shanghai", "2026-07-01 08:00:00", "2026-07-01 00:00:00"},
        {"Asia/Kolkata", "2026-07-01 05:30:00", "2026-07-01 00:00:00"},        {"GMT-08:00", "2026-07-01 00:00:00", "2026-07-01 08:00:00"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        tw_zone *zone;
        assert_int_equal(tw_zone_load(&mem, tw_str_of(CASES[i].zone), &zone, NULL), TW_OK);
        assert_int_equal(local(zone, CASES[i].local), local(TW_ZONE_UTC, CASES[i].utc));
        tw_zone_free(&mem, zone);
    }
    static const char *const BAD[] = {"+01020304", "+19:00", "+18:30", "-18:00:01", "+1:2:3:4", "", "Nowhere/City", "/etc/passwd", "Europe", "+"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        tw_zone *zone = NULL;
        tw_error error;
        tw_status status = tw_zone_load(&mem, tw_str_of(BAD[i]), &zone, &error);
        if (*BAD[i]) assert_int_equal(status, TW_E_VALUE);
        tw_zone_free(&mem, zone);
    }
    tw_zone *zone;
    mem.fail_at = 1;
    assert_int_equal(tw_zone_load(&mem, TW_STR("Europe/Berlin"), &zone, NULL), TW_E_NOMEM);
    assert_int_equal(mem.used, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_date_text), cmocka_unit_test(test_time_text),     cmocka_unit_test(test_timestamp_text),
        cmocka_unit_test(test_iso_text),  cmocka_unit_test(test_interval_text), cmocka_unit_test(test_damaged_text),
        cmocka_unit_test(test_zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
