/* Parsing by a pattern, see datetime_pattern.h. */
#include <strings.h>

#include "expr/datetime_pattern.h"

/* What was read; -1: nothing. */
typedef struct fields {
    int64_t year, month, day, day_of_year, hour, half_hour, half, minute, second, nanos, milli_of_day, nano_of_day;
    int32_t offset;
    bool has_offset, before_christ;
} fields;

static const char *const month_names[] = {"January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December"};
static const char *const day_names[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

static int digits_at(tw_str s, size_t at) {
    size_t n = at;
    while (n < s.length && s.data[n] >= '0' && s.data[n] <= '9') n++;
    return (int)(n - at > 1000 ? 1000 : n - at);
}

static int64_t number(tw_str s, size_t at, int width) {
    int64_t v = 0;
    for (int k = 0; k < width; k++) v = v * 10 + (s.data[at + (size_t)k] - '0');
    return v;
}

/* How many digits the strict reading takes at *at; 0: it does not fit. */
static int strict_width(const tw_pattern_item *item, int available) {
    bool year = strchr("yuY", item->letter) != NULL;
    int low = item->count, high = item->count;
    if (item->letter == 'S') return available - item->reserve >= low ? low : 0;
    if (year && item->count == 2) return available >= 2 ? 2 : 0;
    if (item->count == 1 || year) high = 18;
    int take = available - item->reserve;
    if (take > high) take = high;
    return take >= low ? take : 0;
}

/* Case-insensitive name of at least three letters; its index, or -1. Advances. */
static int read_name(tw_str s, size_t *at, const char *const *names, int count) {
    for (int pass = 0; pass < 2; pass++) { /* whole names first */
        for (int k = 0; k < count; k++) {
            size_t n = pass == 0 ? strlen(names[k]) : 3;
            if (s.length - *at < n || strncasecmp(s.data + *at, names[k], n) != 0) continue;
            *at += n;
            return k;
        }
    }
    return -1;
}

/* Z, +08, +0800, +08:00, GMT+08:00, UTC */
static bool read_offset(tw_str s, size_t *at, fields *f) {
    size_t p = *at;
    bool named = false;
    if (s.length - p >= 3 && (strncasecmp(s.data + p, "GMT", 3) == 0 || strncasecmp(s.data + p, "UTC", 3) == 0)) p += 3, named = true;
    f->has_offset = true;
    f->offset = 0;
    *at = p;
    if (!named && p < s.length && s.data[p] == 'Z') {
        *at = p + 1;
        return true;
    }
    if (p >= s.length || (s.data[p] != '+' && s.data[p] != '-')) return named;
    int sign = s.data[p++] == '-' ? -1 : 1, n = digits_at(s, p);
    if (n != 1 && n != 2 && n != 4) return false;
    int64_t hours = n == 4 ? number(s, p, 2) : number(s, p, n), minutes = n == 4 ? number(s, p + 2, 2) : 0;
    p += (size_t)n;
    if (n <= 2 && p < s.length && s.data[p] == ':' && digits_at(s, p + 1) >= 2) {
        minutes = number(s, p + 1, 2);
        p += 3;
    }
    f->offset = (int32_t)(sign * (hours * 3600 + minutes * 60));
    *at = p;
    return true;
}

/* 80 years back, 20 ahead of 2026 for SimpleDateFormat; 2000 to 2099 for DateTimeFormatter. */
static int64_t two_digit_year(int64_t v, bool simple) { return simple && v > 46 ? 1900 + v : 2000 + v; }

static void store(fields *f, char letter, int count, int64_t v, int width, bool simple) {
    static const int64_t powers[] = {1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
    if (simple) v = (int32_t)v; /* Number.intValue(), as SimpleDateFormat takes it */
    switch (letter) {
    case 'y':
    case 'u':
    case 'Y': f->year = count <= 2 && width == 2 && (count == 2 || simple) ? two_digit_year(v, simple) : v; break;
    case 'M':
    case 'L': f->month = v; break;
    case 'd': f->day = v; break;
    case 'D': f->day_of_year = v; break;
    case 'H': f->hour = v; break;
    case 'k': f->hour = v == 24 ? 0 : v; break;
    case 'K': f->half_hour = v; break;
    case 'h': f->half_hour = v == 12 ? 0 : v; break;
    case 'm': f->minute = v; break;
    case 's': f->second = v; break;
    case 'S': f->nanos = simple ? v * 1000000 : width <= 9 ? v * powers[width] : v; break;
    case 'n': f->nanos = v; break;
    case 'A': f->milli_of_day = v; break;
    case 'N': f->nano_of_day = v; break;
    default: break; /* weeks and the like are read and not used */
    }
}

static bool read_number(const tw_datetime_pattern *pattern, const tw_pattern_item *item, tw_str s, size_t *at, fields *f) {
    bool simple = pattern->simple, negative = false;
    if (simple)
        while (*at < s.length && (s.data[*at] == ' ' || s.data[*at] == '\t')) ++*at;
    if (*at < s.length && s.data[*at] == '-' && (simple || strchr("yu", item->letter)) && digits_at(s, *at + 1) > 0) {
        negative = true;
        ++*at;
    } else if (!simple && *at < s.length && s.data[*at] == '+' && item->count >= 4 && strchr("yu", item->letter) && digits_at(s, *at + 1) > 4) {
        ++*at;
    }
    int available = digits_at(s, *at), width;
    if (simple)
        width = item->reserve ? (available < item->count ? available : item->count) : available > 18 ? 18 : available;
    else
        width = strict_width(item, available);
    if (width <= 0) return false;
    int64_t v = number(s, *at, width > 18 ? 18 : width);
    if (!simple && item->letter == 'S' && width > 9) v = number(s, *at, 9);
    store(f, item->letter, item->count, negative ? -v : v, !simple && width > 9 ? 9 : width, simple);
    *at += (size_t)width;
    return true;
}

static bool read_half(tw_str s, size_t *at, fields *f) {
    if (s.length - *at < 2) return false;
    bool am = strncasecmp(s.data + *at, "AM", 2) == 0, pm = strncasecmp(s.data + *at, "PM", 2) == 0;
    f->half = pm;
    *at += 2;
    return am || pm;
}

static bool read_era(tw_str s, size_t *at, fields *f) {
    if (s.length - *at < 2) return false;
    f->before_christ = strncasecmp(s.data + *at, "BC", 2) == 0;
    bool ok = f->before_christ || strncasecmp(s.data + *at, "AD", 2) == 0;
    *at += 2;
    return ok;
}

static bool read_item(const tw_datetime_pattern *pattern, const tw_pattern_item *item, tw_str s, size_t *at, fields *f) {
    int name;
    switch (item->letter) {
    case 0:
        if (s.length - *at < item->count || memcmp(s.data + *at, pattern->text + item->at, item->count) != 0) return false;
        *at += item->count;
        return true;
    case 'M':
    case 'L':
        if (item->count < 3) break;
        name = read_name(s, at, month_names, 12);
        f->month = name + 1;
        return name >= 0;
    case 'E':
    case 'e':
    case 'c': return read_name(s, at, day_names, 7) >= 0;
    case 'a': return read_half(s, at, f);
    case 'G': return read_era(s, at, f);
    case 'z':
    case 'Z':
    case 'X': return read_offset(s, at, f);
    case 'B':
    case 'Q':
    case 'q': return false;
    default: break;
    }
    return read_number(pattern, item, s, at, f);
}

static int32_t closing(const tw_datetime_pattern *pattern, int32_t open) {
    int depth = 0;
    for (int32_t k = open; k < pattern->count; k++) {
        depth += pattern->items[k].letter == '[' ? 1 : pattern->items[k].letter == ']' ? -1 : 0;
        if (depth == 0) return k;
    }
    return pattern->count - 1;
}

/* Items from .. to; an optional part that does not fit is skipped. */
static bool read_items(const tw_datetime_pattern *pattern, int32_t from, int32_t to, tw_str s, size_t *at, fields *f) {
    for (int32_t k = from; k < to; k++) {
        if (pattern->items[k].letter == ']') continue;
        if (pattern->items[k].letter != '[') {
            if (!read_item(pattern, &pattern->items[k], s, at, f)) return false;
            continue;
        }
        int32_t close = closing(pattern, k);
        fields before = *f;
        size_t was = *at;
        if (!read_items(pattern, k + 1, close, s, at, f)) {
            *f = before;
            *at = was;
        }
        k = close;
    }
    return true;
}

static int64_t or_else(int64_t v, int64_t other) { return v == -1 ? other : v; }

static int64_t month_length(int64_t year, int64_t month) {
    return tw_days_from_civil((int32_t)(year + month / 12), (int32_t)(month % 12 + 1), 1) - tw_days_from_civil((int32_t)year, (int32_t)month, 1);
}

/* Ranges of the strict reading; a day past a month's end (but not past 31) becomes its last. */
static bool resolve_strict(fields *f) {
    if (f->hour == -1 && f->half_hour != -1 && f->half != -1) f->hour = f->half_hour + 12 * f->half;
    if (f->milli_of_day > 86399999 || f->nano_of_day > INT64_C(86399999999999)) return false;
    if (f->milli_of_day != -1) f->nano_of_day = f->milli_of_day * 1000000;
    if (f->nano_of_day != -1) {
        f->hour = f->nano_of_day / 3600000000000;
        f->minute = f->nano_of_day / 60000000000 % 60;
        f->second = f->nano_of_day / 1000000000 % 60;
        f->nanos = f->nano_of_day % 1000000000;
    }
    int64_t year = or_else(f->year, 1970), month = or_else(f->month, 1), day = or_else(f->day, 1);
    bool midnight = f->hour == 24 && or_else(f->minute, 0) == 0 && or_else(f->second, 0) == 0 && or_else(f->nanos, 0) == 0;
    if (year < -999999 || year > 999999 || month < 1 || month > 12 || day < 1 || day > 31) return false;
    if (or_else(f->hour, 0) > 23 && !midnight) return false;
    if (f->half_hour > 11 || f->minute > 59 || f->second > 59 || f->nanos > 999999999) return false;
    if (day > month_length(year, month)) f->day = month_length(year, month);
    return true;
}

static void resolve_simple(fields *f) {
    if (f->hour == -1 && f->half_hour != -1) f->hour = f->half_hour + (f->half == 1 ? 12 : 0);
}

/* Sums the fields; months and days out of range roll over. */
static tw_ts sum(const fields *f) {
    int64_t year = or_else(f->year, 1970), months = year * 12 + or_else(f->month, 1) - 1;
    if (f->before_christ) months = (1 - year) * 12 + or_else(f->month, 1) - 1;
    if (months > 12 * INT64_C(999999)) months = 12 * INT64_C(999999);
    if (months < -12 * INT64_C(999999)) months = -12 * INT64_C(999999);
    int64_t days = tw_days_from_civil((int32_t)tw_floor_div(months, 12), (int32_t)tw_floor_mod(months, 12) + 1, 1);
    int64_t day = f->day_of_year != -1 && f->day == -1 ? f->day_of_year : or_else(f->day, 1);
    int64_t nanos = or_else(f->nanos, 0);
    int64_t limit = INT64_C(1000000000000); /* keeps nonsense from overflowing */
    int64_t seconds = (or_else(f->hour, 0) % limit * 60 + or_else(f->minute, 0) % limit) * 60 + or_else(f->second, 0) % limit;
    int64_t ms = (days + (day - 1) % 1000000000) * TW_DAY_MS + seconds % limit * 1000 + tw_floor_div(nanos, 1000000);
    return tw_ts_of(ms, (int32_t)tw_floor_mod(nanos, 1000000));
}

bool tw_datetime_pattern_parse(const tw_datetime_pattern *pattern, tw_str text, tw_ts *out, int32_t *offset) {
    fields f;
    size_t at = 0;
    memset(&f, 0xff, sizeof f);
    f.has_offset = f.before_christ = false;
    if (!read_items(pattern, 0, pattern->count, text, &at, &f)) return false;
    if (pattern->simple)
        resolve_simple(&f);
    else if (at != text.length || !resolve_strict(&f))
        return false;
    if (f.has_offset) *offset = f.offset;
    *out = sum(&f);
    return true;
}
