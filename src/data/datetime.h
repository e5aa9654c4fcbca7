/* Calendar arithmetic and the text of dates and times. Proleptic Gregorian calendar, years 0001 to 9999 in text and
 * beyond in arithmetic, as java.time. Milliseconds since 1970-01-01T00:00 everywhere. */
#ifndef TW_DATA_DATETIME_H
#define TW_DATA_DATETIME_H

#include "data/column.h"

#define TW_DAY_MS INT64_C(86400000)

typedef struct tw_civil {
    int32_t year, month, day;            /* month, day from 1 */
    int32_t hour, minute, second, nanos; /* nanos within the second */
} tw_civil;

int64_t tw_days_from_civil(int32_t year, int32_t month, int32_t day);
void tw_civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day);
tw_civil tw_civil_from_ts(tw_ts ts);
tw_ts tw_ts_from_civil(const tw_civil *civil);
static inline int64_t tw_floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }
static inline int64_t tw_floor_mod(int64_t a, int64_t b) { return a - tw_floor_div(a, b) * b; }
static inline tw_ts tw_ts_of(int64_t ms, int32_t ns) { return (tw_ts){ms, ns, 0}; }
static inline int tw_ts_compare(tw_ts a, tw_ts b) { return a.ms != b.ms ? (a.ms < b.ms ? -1 : 1) : a.ns != b.ns ? (a.ns < b.ns ? -1 : 1) : 0; }
/* Drops digits below `precision` (0 to 9). */
tw_ts tw_ts_truncate(tw_ts ts, int precision);
/* Adds calendar months, the day clipped to the month's last. */
int64_t tw_days_add_months(int64_t days, int64_t months);

/* Time zones: an id of the tz database ("Europe/Berlin"), "UTC", "Z", or an offset ("+08:00", "GMT+8"). Loaded from the
 * system's zoneinfo once, shared, read-only afterwards; rules beyond the table follow the file's POSIX footer. */
typedef struct tw_zone tw_zone;
tw_status tw_zone_load(tw_mem *mem, tw_str id, tw_zone **out, tw_error *error);
void tw_zone_free(tw_mem *mem, tw_zone *zone);
extern const tw_zone *const TW_ZONE_UTC;
/* Offset east of UTC in seconds at a UTC instant. */
int32_t tw_zone_offset(const tw_zone *zone, int64_t utc_ms);
/* Local wall time to UTC as java.time's ZonedDateTime.ofLocal: in a gap the time moves forward by its length, in an overlap the
 * earlier offset is taken. */
int64_t tw_zone_to_utc(const tw_zone *zone, int64_t local_ms);
static inline int64_t tw_zone_to_local(const tw_zone *zone, int64_t utc_ms) { return utc_ms + (int64_t)tw_zone_offset(zone, utc_ms) * 1000; }

/* Text to value, as Flink 2.3's casts from STRING. false: not a date/time.
 * DATE: "y[-m[-d]]" of years 0 to 9999, what follows a blank passed over. TIME: "h[:m[:s[.f]]]" and perhaps an offset, rounded to
 * milliseconds. TIMESTAMP: "yyyy-m-d" or with " h:m:s[.f]" (all three; up to 9 digits of fraction), no blanks around it, a day behind its
 * month's last taken for the last, 24:00:00 for the next day. 'T' for the blank is taken too, which Flink does not. */
bool tw_date_parse(tw_str text, int32_t *days);
bool tw_time_parse(tw_str text, int32_t *ms);
bool tw_timestamp_parse(tw_str text, tw_ts *out);
/* Value to text; each writes at most 40 bytes and returns the length, without NUL. */
int tw_date_format(char *out, int32_t days);                    /* 2020-01-02 */
int tw_time_format(char *out, int32_t ms, int precision);       /* 03:04:05, with precision 1 and above .0 .1 .12 .123, zeros at the end left out */
int tw_timestamp_format(char *out, tw_ts ts, int precision);    /* 2020-01-02 03:04:05.123: SQL CAST form */
int tw_timestamp_format_iso(char *out, tw_ts ts, bool instant); /* java LocalDateTime/Instant.toString: 2020-01-02T03:04[:05[.123]][Z] */
int tw_interval_ym_format(char *out, int32_t months);           /* +1-02 */
int tw_interval_ds_format(char *out, int64_t ms);               /* +1 02:03:04.005 */

#endif
