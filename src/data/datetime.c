/* The proleptic Gregorian calendar by days since 1970-01-01 (after H. Hinnant's public description of the algorithm), and
 * the text of dates and times. */
#include "data/datetime.h"

#include <stdio.h>

int64_t tw_days_from_civil(int32_t year, int32_t month, int32_t day) {
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = tw_floor_div(y, 400);
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void tw_civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day) {
    int64_t z = days + 719468, era = tw_floor_div(z, 146097), doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *day = (int32_t)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int32_t)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int32_t)(yoe + era * 400 + (*month <= 2));
}

tw_civil tw_civil_from_ts(tw_ts ts) {
    tw_civil c;
    int64_t days = tw_floor_div(ts.ms, TW_DAY_MS);
    int32_t of_day = (int32_t)(ts.ms - days * TW_DAY_MS);
    tw_civil_from_days(days, &c.year, &c.month, &c.day);
    c.hour = of_day / 3600000;
    c.minute = of_day / 60000 % 60;
    c.second = of_day / 1000 % 60;
    c.nanos = of_day % 1000 * 1000000 + ts.ns;
    return c;
}

tw_ts tw_ts_from_civil(const tw_civil *c) {
    int64_t ms = tw_days_from_civil(c->year, c->month, c->day) * TW_DAY_MS + ((c->hour * INT64_C(60) + c->minute) * 60 + c->second) * 1000 +
                 c->nanos / 1000000;
    return tw_ts_of(ms, c->nanos % 1000000);
}

tw_ts tw_ts_truncate(tw_ts ts, int precision) {
    static const int32_t UNIT[] = {1000, 100, 10, 1, 100000, 10000, 1000, 100, 10, 1};
    if (precision <= 3) return tw_ts_of(tw_floor_div(ts.ms, UNIT[precision]) * UNIT[precision], 0);
    return tw_ts_of(ts.ms, ts.ns / UNIT[precision] * UNIT[precision]);
}

static int32_t month_length(int32_t year, int32_t month) {
    static const int8_t LENGTH[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : LENGTH[month - 1];
}

int64_t tw_days_add_months(int64_t days, int64_t months) {
    int32_t y, m, d;
    tw_civil_from_days(days, &y, &m, &d);
    int64_t total = (int64_t)y * 12 + (m - 1) + months;
    y = (int32_t)tw_floor_div(total, 12);
    m = (int32_t)(total - (int64_t)y * 12) + 1;
    int32_t last = month_length(y, m);
    return tw_days_from_civil(y, m, d < last ? d : last);
}

static tw_str trim(tw_str s) {
    while (s.length && (unsigned char)s.data[0] <= ' ') s.data++, s.length--;
    while (s.length && (unsigned char)s.data[s.length - 1] <= ' ') s.length--;
    return s;
}

/* Reads least..most digits at *at. */
static bool number(tw_str s, size_t *at, int least, int most, int32_t *out) {
    int n = 0;
    *out = 0;
    while (*at < s.length && n < most && s.data[*at] >= '0' && s.data[*at] <= '9') *out = *out * 10 + (s.data[(*at)++] - '0'), n++;
    return n >= least;
}

static bool sign(tw_str s, size_t *at, char c) { return *at < s.length && s.data[*at] == c ? (*at)++, true : false; }

/* A part that is all digits but for blanks around it; up to six of them. */
static bool part(tw_str s, int32_t *out) {
    size_t at = 0;
    s = trim(s);
    return number(s, &at, 1, 6, out) && at == s.length;
}

/* Cuts `s` at each `c` into up to three parts; the last has all the rest. Returns how many. */
static int cut(tw_str s, char c, tw_str parts[3]) {
    int n = 0;
    for (; n < 2; n++) {
        const char *found = s.length ? memchr(s.data, c, s.length) : NULL;
        if (!found) break;
        parts[n] = (tw_str){s.data, (size_t)(found - s.data)};
        s = (tw_str){found + 1, s.length - parts[n].length - 1};
    }
    parts[n++] = s;
    return n;
}

bool tw_date_parse(tw_str s, int32_t *days) {
    int32_t v[3] = {0, 1, 1}; /* year, month, day */
    const char *blank = s.length ? memchr(s.data, ' ', s.length) : NULL;
    if (blank && blank > s.data) s.length = (size_t)(blank - s.data); /* a time behind the date is passed over */
    tw_str parts[3];
    int n = cut(s, '-', parts);
    for (int i = 0; i < n; i++)
        if (!part(parts[i], &v[i])) return false;
    if (v[0] > 9999 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > month_length(v[0], v[1])) return false;
    *days = (int32_t)tw_days_from_civil(v[0], v[1], v[2]);
    return true;
}

/* Milliseconds of the digits behind the point, the fourth one rounding; anything else counts as 0, as Flink reads it. */
static int32_t fraction_ms(tw_str s) {
    int32_t ms = 0, unit = 100;
    s = trim(s);
    for (size_t i = 0; i < s.length && unit; i++, unit /= 10) ms += s.data[i] >= '0' && s.data[i] <= '9' ? unit * (s.data[i] - '0') : 0;
    return ms + (s.length > 3 && s.data[3] >= '5' && s.data[3] <= '9');
}

/* "+h[h][:mm]" behind a time: Flink adds it to the hour. 0 when there is none; `s` loses it. */
static bool cut_offset(tw_str *s, int32_t *minutes) {
    const char *at = s->length ? memchr(s->data, '-', s->length) : NULL;
    int32_t direction = at ? -1 : 1, h = 0, m = 0;
    if (!at) at = s->length ? memchr(s->data, '+', s->length) : NULL;
    *minutes = 0;
    if (!at) return true;
    tw_str offset = {at + 1, s->length - (size_t)(at - s->data) - 1}, parts[3];
    s->length = (size_t)(at - s->data);
    int n = cut(offset, ':', parts);
    if (n > 2 || !part(parts[0], &h) || (n == 2 && !part(parts[1], &m)) || h > 23 || m > 59) return false;
    *minutes = direction * (h * 60 + m);
    return true;
}

bool tw_time_parse(tw_str s, int32_t *ms) {
    int32_t v[3] = {0}, offset, fraction = 0; /* hour, minute, second */
    if (!cut_offset(&s, &offset)) return false;
    tw_str parts[3];
    int n = cut(s, ':', parts);
    const char *point = n == 3 && parts[2].length ? memchr(parts[2].data, '.', parts[2].length) : NULL;
    if (point) {
        size_t before = (size_t)(point - parts[2].data);
        fraction = fraction_ms((tw_str){point + 1, parts[2].length - before - 1});
        parts[2].length = before;
    }
    for (int i = 0; i < n; i++)
        if (!part(parts[i], &v[i])) return false;
    if (v[0] > 23 || v[1] > 59 || v[2] > 59) return false;
    int64_t total = ((v[0] * 60 + v[1] + offset) * 60 + v[2]) * INT64_C(1000) + fraction;
    if (total < 0 || total >= TW_DAY_MS) return false;
    *ms = (int32_t)total;
    return true;
}

/* Four digits, or a plus sign and more. Year 0 and those before are not read. */
static bool read_year(tw_str s, size_t *at, int32_t *year) {
    bool plus = sign(s, at, '+');
    size_t from = *at;
    if (!number(s, at, 4, 9, year)) return false;
    return (plus ? *at - from > 4 : *at - from == 4) && *year >= 1 && *year <= 292000000;
}

/* h[h]:m[m]:s[s][.f{0,9}]. 24:00:00 is the next day's first moment. */
static bool read_time(tw_str s, size_t *at, tw_civil *c) {
    if (!number(s, at, 1, 2, &c->hour) || !sign(s, at, ':') || !number(s, at, 1, 2, &c->minute) || !sign(s, at, ':') ||
        !number(s, at, 1, 2, &c->second))
        return false;
    if (sign(s, at, '.')) {
        size_t from = *at;
        if (!number(s, at, 0, 9, &c->nanos)) return false;
        for (size_t n = *at - from; n < 9; n++) c->nanos *= 10;
    }
    if (c->hour == 24) return c->minute == 0 && c->second == 0 && c->nanos == 0;
    return c->hour < 24 && c->minute < 60 && c->second < 60;
}

bool tw_timestamp_parse(tw_str s, tw_ts *out) {
    tw_civil c = {0};
    size_t at = 0;
    if (!read_year(s, &at, &c.year) || !sign(s, &at, '-') || !number(s, &at, 1, 2, &c.month) || !sign(s, &at, '-') || !number(s, &at, 1, 2, &c.day))
        return false;
    if (c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31) return false;
    int32_t last = month_length(c.year, c.month);
    if (c.day > last) c.day = last; /* as java.time's smart resolver */
    if (at < s.length && (!(sign(s, &at, ' ') || sign(s, &at, 'T')) || !read_time(s, &at, &c) || at != s.length)) return false;
    *out = tw_ts_from_civil(&c);
    return true;
}

/* At least so many digits. */
static int put_number(char *out, uint32_t v, int digits) {
    char reverse[12];
    int n = 0;
    for (; v || n < digits; v /= 10) reverse[n++] = (char)('0' + v % 10);
    for (int i = 0; i < n; i++) out[i] = reverse[n - 1 - i];
    return n;
}

/* Years of more than four digits get a sign in ISO text, as java.time writes them. */
static int put_date(char *out, int32_t y, int32_t m, int32_t d, bool iso) {
    int n = 0;
    if (y < 0 || (iso && y > 9999)) out[n++] = y < 0 ? '-' : '+';
    n += put_number(out + n, (uint32_t)(y < 0 ? -y : y), 4);
    out[n++] = '-';
    n += put_number(out + n, (uint32_t)m, 2);
    out[n++] = '-';
    return n + put_number(out + n, (uint32_t)d, 2);
}

/* hh:mm and perhaps :ss */
static int put_clock(char *out, int32_t hour, int32_t minute, int32_t second, bool seconds) {
    int n = put_number(out, (uint32_t)hour, 2);
    out[n++] = ':';
    n += put_number(out + n, (uint32_t)minute, 2);
    if (!seconds) return n;
    out[n++] = ':';
    return n + put_number(out + n, (uint32_t)second, 2);
}

int tw_date_format(char *out, int32_t days) {
    int32_t y, m, d;
    tw_civil_from_days(days, &y, &m, &d);
    return put_date(out, y, m, d, false);
}

static int put_fraction(char *out, int32_t nanos, int digits) {
    char text[12];
    if (digits <= 0) return 0;
    put_number(text, (uint32_t)nanos, 9);
    out[0] = '.';
    memcpy(out + 1, text, (size_t)digits);
    return digits + 1;
}

int tw_time_format(char *out, int32_t ms, int precision) {
    int n = put_clock(out, ms / 3600000 % 24, ms / 60000 % 60, ms / 1000 % 60, true);
    int digits = precision < 3 ? precision : 3, fraction = ms % 1000;
    if (digits < 1) return n;
    out[n++] = '.';
    do out[n++] = (char)('0' + fraction / 100), fraction = fraction % 100 * 10;
    while (fraction && --digits > 0);
    return n;
}

int tw_timestamp_format(char *out, tw_ts ts, int precision) {
    tw_civil c = tw_civil_from_ts(ts);
    int n = put_date(out, c.year, c.month, c.day, false);
    out[n++] = ' ';
    n += put_clock(out + n, c.hour, c.minute, c.second, true);
    return n + put_fraction(out + n, c.nanos, precision);
}

int tw_timestamp_format_iso(char *out, tw_ts ts, bool instant) {
    tw_civil c = tw_civil_from_ts(ts);
    int n = put_date(out, c.year, c.month, c.day, true);
    out[n++] = 'T';
    n += put_clock(out + n, c.hour, c.minute, c.second, instant || c.second || c.nanos);
    if (c.nanos) n += put_fraction(out + n, c.nanos, c.nanos % 1000000 == 0 ? 3 : c.nanos % 1000 == 0 ? 6 : 9);
    if (instant) out[n++] = 'Z';
    return n;
}

int tw_interval_ym_format(char *out, int32_t months) {
    int64_t m = months < 0 ? -(int64_t)months : months;
    return sprintf(out, "%c%lld-%02lld", months < 0 ? '-' : '+', (long long)(m / 12), (long long)(m % 12));
}

int tw_interval_ds_format(char *out, int64_t ms) {
    uint64_t v = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
    return sprintf(out, "%c%llu %02llu:%02llu:%02llu.%03llu", ms < 0 ? '-' : '+', (unsigned long long)(v / 86400000),
                   (unsigned long long)(v / 3600000 % 24), (unsigned long long)(v / 60000 % 60), (unsigned long long)(v / 1000 % 60),
                   (unsigned long long)(v % 1000));
}
