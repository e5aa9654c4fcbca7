/* libFuzzer: texts of dates, times, timestamps; ids of zones; patterns. Byte 0 chooses; for patterns a NUL ends the pattern and the text follows. */
#include <stdlib.h>
#include <string.h>

#include "expr/datetime_pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A value that was read is written, and reads as itself. */
static void values(tw_str text) {
    char out[64];
    int32_t days, ms;
    tw_ts ts, back;
    if (tw_date_parse(text, &days)) {
        int32_t again;
        int n = tw_date_format(out, days);
        TW_ASSERT(n > 0 && n <= 40 && tw_date_parse((tw_str){out, (size_t)n}, &again) && again == days);
    }
    if (tw_time_parse(text, &ms)) {
        int n = tw_time_format(out, ms, 3);
        TW_ASSERT(n > 0 && n <= 40);
    }
    if (tw_timestamp_parse(text, &ts)) {
        int n = tw_timestamp_format(out, ts, 9);
        TW_ASSERT(n > 0 && n <= 40 && tw_timestamp_parse((tw_str){out, (size_t)n}, &back) && tw_ts_compare(ts, back) == 0);
        TW_ASSERT(tw_timestamp_format_iso(out, ts, true) <= 40);
    }
}

static void zones(tw_str id, int64_t ms) {
    tw_mem mem;
    tw_zone *zone;
    tw_error error = {0};
    tw_mem_init(&mem, NULL, 64 << 20);
    if (tw_zone_load(&mem, id, &zone, &error) == TW_OK) {
        int64_t local = tw_zone_to_local(zone, ms);
        TW_ASSERT(tw_zone_offset(zone, ms) >= -64800 && tw_zone_offset(zone, ms) <= 64800);
        (void)tw_zone_to_utc(zone, local);
        tw_zone_free(&mem, zone);
    } else {
        TW_ASSERT(error.message[0]);
    }
    TW_ASSERT(mem.used == 0);
}

static void patterns(tw_str text, bool simple) {
    static char out[TW_PATTERN_OUTPUT];
    const char *nul = memchr(text.data, 0, text.length);
    if (!nul) return;
    tw_str rest = {nul + 1, text.length - (size_t)(nul - text.data) - 1};
    tw_datetime_pattern pattern;
    tw_ts ts;
    int32_t offset = 0;
    const char *wrong = tw_datetime_pattern_compile(&pattern, (tw_str){text.data, (size_t)(nul - text.data)}, simple);
    if (wrong) return;
    bool fits = tw_datetime_pattern_parse(&pattern, rest, &ts, &offset);
    tw_civil civil = tw_civil_from_ts(fits ? ts : tw_ts_of(INT64_C(1234567890123), 456789));
    int n = tw_datetime_pattern_format(&pattern, out, &civil, offset);
    TW_ASSERT(n >= 0 && n <= TW_PATTERN_OUTPUT);
    (void)tw_datetime_pattern_parse(&pattern, (tw_str){out, (size_t)n}, &ts, &offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 9) return 0;
    int64_t ms;
    memcpy(&ms, data + 1, sizeof ms);
    ms %= INT64_C(400000000000000);
    char *text = malloc(size - 8); /* of its own size, so that a byte too far is seen */
    memcpy(text, data + 9, size - 9);
    tw_str rest = {text, size - 9};
    switch (data[0] % 4) {
    case 0: values(rest); break;
    case 1: zones(rest, ms); break;
    default: patterns(rest, data[0] % 4 == 3); break;
    }
    free(text);
    return 0;
}
