/* Compiling and formatting of datetime_pattern.h; parsing stands in datetime_parse.c. */
#include "expr/datetime_pattern.h"

#include "base/buf.h"

#include <stdio.h>

/* ---- compiling ---- */

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static const char *letters_of(bool simple) { return simple ? "GyYMLwWDdFEuaHkKhmsSzZX" : "GuyDMLdQqYwEecFaBhKkHmsSAnN"; }

/* Reads a quoted text ('' is one quote), the opening quote being at *p. */
static const char *read_quoted(tw_datetime_pattern *pattern, const char **p, const char *end, uint8_t *at, tw_pattern_item *item) {
    const char *q = *p + 1;
    bool closed = false;
    if (q < end && *q == '\'') {
        pattern->text[(*at)++] = '\'';
        item->count++;
        *p = q + 1;
        return NULL;
    }
    for (; q < end && !closed; q++) {
        if (*q == '\'' && !(q + 1 < end && q[1] == '\'')) {
            closed = true;
            continue;
        }
        if (*q == '\'') q++;
        pattern->text[(*at)++] = *q;
        item->count++;
    }
    *p = q;
    return closed ? NULL : "a quote is not closed";
}

/* Width of a number that is always read whole; 0: variable. */
static int fixed_width(const tw_datetime_pattern *pattern, const tw_pattern_item *item) {
    if (!item->letter || !strchr("ydMDHhKkmsSwu", item->letter)) return 0;
    if (item->letter == 'M' && item->count > 2) return 0;
    if (pattern->simple || item->letter == 'S') return item->count;
    return item->count == 2 || (item->letter == 'D' && item->count == 3) ? item->count : 0;
}

static bool numeric(const tw_pattern_item *item) {
    return item->letter && strchr("yuYdMLDHhKkmsSwnNA", item->letter) && !(strchr("ML", item->letter) && item->count > 2);
}

/* A number of variable width leaves the digits of the fixed ones that follow it without a gap. */
static void reserve_digits(tw_datetime_pattern *pattern) {
    for (int32_t k = 0; k < pattern->count; k++) {
        if (!numeric(&pattern->items[k])) continue;
        int reserve = 0;
        for (int32_t n = k + 1; n < pattern->count && numeric(&pattern->items[n]); n++) reserve += fixed_width(pattern, &pattern->items[n]);
        pattern->items[k].reserve = (uint8_t)(reserve > 255 ? 255 : reserve);
    }
}

const char *tw_datetime_pattern_compile(tw_datetime_pattern *pattern, tw_str text, bool simple) {
    *pattern = (tw_datetime_pattern){.simple = simple};
    const char *p = text.data, *end = p + text.length;
    uint8_t at = 0;
    int depth = 0;
    if (text.length >= TW_PATTERN_TEXT) return "the pattern is too long";
    while (p < end) {
        if (pattern->count == TW_PATTERN_ITEMS) return "the pattern has too many parts";
        tw_pattern_item *item = &pattern->items[pattern->count++];
        *item = (tw_pattern_item){.at = at};
        if (is_letter(*p)) {
            if (!strchr(letters_of(simple), *p)) return "the pattern has a letter that stands for nothing here";
            item->letter = *p;
            while (p < end && *p == item->letter && item->count < 20) item->count++, p++;
        } else if (!simple && (*p == '[' || *p == ']')) {
            depth += *p == '[' ? 1 : -1;
            if (depth < 0) return "a ] has no [";
            item->letter = *p++;
        } else if (!simple && (*p == '{' || *p == '}' || *p == '#')) {
            return "the pattern has a reserved character";
        } else if (*p == '\'') {
            const char *wrong = read_quoted(pattern, &p, end, &at, item);
            if (wrong) return wrong;
        } else {
            pattern->text[at++] = *p++;
            item->count = 1;
        }
    }
    for (; depth > 0 && pattern->count < TW_PATTERN_ITEMS; depth--) pattern->items[pattern->count++] = (tw_pattern_item){.letter = ']'};
    reserve_digits(pattern);
    return depth > 0 ? "the pattern has too many parts" : NULL;
}

/* ---- formatting ---- */

static const char *const month_names[] = {"January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December"};
static const char *const day_names[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

/* Zeros in front up to `width` characters, a sign among them, as printf's %0*d has it. */
static int put_padded(char *out, int64_t v, int width) {
    char digits[24];
    int n = tw_int_format(digits, v), sign = v<0, zeros = width> n ? width - n : 0;
    if (sign) *out = '-';
    memset(out + sign, '0', (size_t)zeros);
    memcpy(out + sign + zeros, digits + sign, (size_t)(n - sign));
    return zeros + n;
}

/* `short_at` letters or fewer: three characters; one more: the whole; two more: the first character. */
static int put_name(char *out, const char *name, int count, int short_at) {
    int length = count <= short_at ? 3 : count == short_at + 1 ? (int)strlen(name) : 1;
    memcpy(out, name, (size_t)length);
    return length;
}

static int put_year(char *out, const tw_datetime_pattern *pattern, int64_t year, int count) {
    if (count == 2) return put_padded(out, tw_floor_mod(year, 100), 2);
    if (pattern->simple) return put_padded(out, year, count);
    int sign = count >= 4 && (year > 9999 || (count > 4 && year >= 10000)) ? 1 : 0;
    if (sign) *out = '+';
    return sign + put_padded(out + sign, year, count);
}

static int put_fraction(char *out, const tw_datetime_pattern *pattern, int32_t nanos, int count) {
    if (pattern->simple) return put_padded(out, nanos / 1000000, count);
    char digits[24];
    snprintf(digits, sizeof digits, "%09d00000000000", nanos);
    memcpy(out, digits, (size_t)count);
    return count;
}

/* +0800, +08:00, +08, Z, GMT+08:00 */
static int put_offset(char *out, char letter, int count, int32_t offset) {
    int32_t minutes = (offset < 0 ? -offset : offset) / 60;
    char sign = offset < 0 ? '-' : '+';
    if (letter == 'z') return offset == 0 ? snprintf(out, 40, "UTC") : snprintf(out, 40, "GMT%c%02d:%02d", sign, minutes / 60, minutes % 60);
    if (letter == 'X' && offset == 0) return snprintf(out, 40, "Z");
    if (letter == 'X' && count == 1) return snprintf(out, 40, "%c%02d", sign, minutes / 60);
    return snprintf(out, 40, letter == 'X' && count == 3 ? "%c%02d:%02d" : "%c%02d%02d", sign, minutes / 60, minutes % 60);
}

/* Weeks begin on Sunday and the first one contains 1 January, as in Java's English. */
static int64_t week_of(const tw_civil *c, int64_t days, bool year) {
    int64_t next = tw_days_from_civil(c->year + 1, 1, 1);
    if (days >= next - tw_floor_mod(next + 4, 7)) return year ? c->year + 1 : 1;
    int64_t first = tw_days_from_civil(c->year, 1, 1);
    return year ? c->year : (days - (first - tw_floor_mod(first + 4, 7))) / 7 + 1;
}

static int put_calendar(char *out, const tw_datetime_pattern *pattern, const tw_pattern_item *item, const tw_civil *c) {
    int64_t days = tw_days_from_civil(c->year, c->month, c->day), weekday = tw_floor_mod(days + 4, 7);
    int64_t month_first = days - c->day + 1;
    int n = item->count;
    switch (item->letter) {
    case 'G':
        return snprintf(out, 40, "%s", n == 4 && !pattern->simple ? (c->year > 0 ? "Anno Domini" : "Before Christ") : c->year > 0 ? "AD" : "BC");
    case 'u': return pattern->simple ? put_padded(out, weekday == 0 ? 7 : weekday, n) : put_year(out, pattern, c->year, n);
    case 'y': return put_year(out, pattern, c->year > 0 ? c->year : 1 - c->year, n);
    case 'Y': return put_year(out, pattern, week_of(c, days, true), n);
    case 'M':
    case 'L': return n < 3 ? put_padded(out, c->month, n) : put_name(out, month_names[c->month - 1], n, 3);
    case 'd': return put_padded(out, c->day, n);
    case 'D': return put_padded(out, days - tw_days_from_civil(c->year, 1, 1) + 1, n);
    case 'Q':
    case 'q':
        if (n < 3) return put_padded(out, (c->month + 2) / 3, n);
        return n == 3 ? snprintf(out, 40, "Q%d", (c->month + 2) / 3)
                      : snprintf(out, 40, "%d%s quarter", (c->month + 2) / 3, (const char *const[]){"st", "nd", "rd", "th"}[(c->month - 1) / 3]);
    case 'w': return put_padded(out, week_of(c, days, false), n);
    case 'W': return put_padded(out, (c->day - 1 + tw_floor_mod(month_first + 4, 7)) / 7 + 1, n);
    case 'F': return put_padded(out, (c->day - 1) / 7 + 1, n);
    case 'E': return put_name(out, day_names[weekday], n, 3);
    default: /* e, c */ return n < 3 ? put_padded(out, weekday + 1, n) : put_name(out, day_names[weekday], n, 3);
    }
}

static int put_clock(char *out, const tw_datetime_pattern *pattern, const tw_pattern_item *item, const tw_civil *c) {
    int64_t second = ((int64_t)c->hour * 60 + c->minute) * 60 + c->second;
    int n = item->count;
    switch (item->letter) {
    case 'a': return snprintf(out, 40, "%s", c->hour < 12 ? "AM" : "PM");
    case 'B':
        return snprintf(out, 40, "%s",
                        c->hour < 6    ? "at night"
                        : c->hour < 12 ? "in the morning"
                        : c->hour < 18 ? "in the afternoon"
                        : c->hour < 21 ? "in the evening"
                                       : "at night");
    case 'H': return put_padded(out, c->hour, n);
    case 'k': return put_padded(out, c->hour ? c->hour : 24, n);
    case 'K': return put_padded(out, c->hour % 12, n);
    case 'h': return put_padded(out, c->hour % 12 ? c->hour % 12 : 12, n);
    case 'm': return put_padded(out, c->minute, n);
    case 's': return put_padded(out, c->second, n);
    case 'S': return put_fraction(out, pattern, c->nanos, n);
    case 'n': return put_padded(out, c->nanos, n);
    case 'A': return put_padded(out, second * 1000 + c->nanos / 1000000, n);
    default: /* N */ return put_padded(out, second * 1000000000 + c->nanos, n);
    }
}

int tw_datetime_pattern_format(const tw_datetime_pattern *pattern, char *out, const tw_civil *civil, int32_t offset) {
    char *p = out;
    for (int32_t k = 0; k < pattern->count; k++) {
        const tw_pattern_item *item = &pattern->items[k];
        if (!item->letter) {
            memcpy(p, pattern->text + item->at, item->count);
            p += item->count;
        } else if (item->letter == '[' || item->letter == ']') {
            continue;
        } else if (item->count == 2 && strchr("MdHms", item->letter)) { /* the commonest */
            int v = item->letter == 'M'   ? civil->month
                    : item->letter == 'd' ? civil->day
                    : item->letter == 'H' ? civil->hour
                    : item->letter == 'm' ? civil->minute
                                          : civil->second;
            *p++ = (char)('0' + v / 10);
            *p++ = (char)('0' + v % 10);
        } else if (strchr("zZX", item->letter)) {
            p += put_offset(p, item->letter, item->count, offset);
        } else {
            p += strchr("aBHkKhmsSnAN", item->letter) ? put_clock(p, pattern, item, civil) : put_calendar(p, pattern, item, civil);
        }
    }
    return (int)(p - out);
}
