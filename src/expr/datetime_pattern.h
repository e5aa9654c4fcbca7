/* Patterns of dates and times in Java's letters: "yyyy-MM-dd HH:mm:ss.SSS".
 *
 * Two readings, as Flink uses two classes. DateTimeFormatter (strict widths, S is a fraction, [] is optional) serves DATE_FORMAT of
 * timestamps and TO_TIMESTAMP; SimpleDateFormat (lenient numbers, S is milliseconds, trailing text is ignored) serves DATE_FORMAT of
 * texts, FROM_UNIXTIME, UNIX_TIMESTAMP, TO_DATE. Names are English. A compiled pattern is plain memory that points nowhere. */
#ifndef TW_EXPR_DATETIME_PATTERN_H
#define TW_EXPR_DATETIME_PATTERN_H

#include "data/datetime.h"

#define TW_PATTERN_ITEMS  64
#define TW_PATTERN_TEXT   256
#define TW_PATTERN_OUTPUT 4096 /* bytes that a formatted value takes at most */

typedef struct tw_pattern_item {
    char letter;     /* 0: literal text; '[' ']': an optional part begins, ends */
    uint8_t count;   /* of letters; of bytes for literal text */
    uint8_t reserve; /* digits that belong to the numbers directly behind this one */
    uint8_t at;      /* literal: where in text */
} tw_pattern_item;

typedef struct tw_datetime_pattern {
    bool simple; /* SimpleDateFormat */
    int32_t count;
    tw_pattern_item items[TW_PATTERN_ITEMS];
    char text[TW_PATTERN_TEXT];
} tw_datetime_pattern;

/* NULL, or what is wrong with the pattern. */
const char *tw_datetime_pattern_compile(tw_datetime_pattern *pattern, tw_str text, bool simple);

/* Formats a wall time. `offset` is the zone's, in seconds (for Z, X, z). Returns the length. */
int tw_datetime_pattern_format(const tw_datetime_pattern *pattern, char *out, const tw_civil *civil, int32_t offset);

/* Reads a wall time; fields that the pattern has not are 1970-01-01T00:00. `offset` gets the zone's offset in seconds when the
 * pattern names one, else it is left alone. False: the text does not fit. */
bool tw_datetime_pattern_parse(const tw_datetime_pattern *pattern, tw_str text, tw_ts *out, int32_t *offset);

#endif
