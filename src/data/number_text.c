/* Text of floating-point numbers and integers, as Java writes and reads it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/decimal.h"

/* The shortest digits that read back to the same number: digits in `out` (no point), the decimal exponent of the first digit
 * returned. */
static int shortest(double v, bool single, char *out, int *ndigits) {
    char text[40];
    int low = 2, high = single ? 9 : 17; /* Java takes the closest of two digits where one would do: 4.9E-324 */
    while (low < high) {                 /* reading back is monotonic in the number of digits but for rare cases: scan from the found one */
        int middle = (low + high) / 2;
        snprintf(text, sizeof text, "%.*e", middle - 1, v);
        bool same = single ? strtof(text, NULL) == (float)v : strtod(text, NULL) == v;
        if (same)
            high = middle;
        else
            low = middle + 1;
    }
    snprintf(text, sizeof text, "%.*e", low - 1, v);
    int n = 0;
    char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p != '.') out[n++] = *p;
    while (n > 1 && out[n - 1] == '0') n--;
    *ndigits = n;
    return (int)strtol(p + 1, NULL, 10);
}

static int put_integer(uint64_t v, char *out) {
    char reverse[24];
    int n = 0;
    do reverse[n++] = (char)('0' + v % 10), v /= 10;
    while (v);
    for (int i = 0; i < n; i++) out[i] = reverse[n - 1 - i];
    return n;
}

static const double TENS[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* Whole numbers below 2^63, as JDK 17: every digit but those that lie below the type's precision. */
static bool whole(double v, bool single, char *out, int *ndigits, int *exponent) {
    if (v >= 0x1p63 || v != (double)(uint64_t)v) return false;
    uint64_t i = (uint64_t)v, unit = 1;
    int below = ilogb(v) - (single ? 24 : 53) - 1; /* a power of two that the type cannot tell */
    int drop = below > 1 ? (int)(below * 0.30103) : 0;
    for (int k = 0; k < drop; k++) unit *= 10;
    i = i / unit + (i % unit >= (unit + 1) / 2 && unit > 1);
    int n = put_integer(i, out);
    *exponent = n - 1 + drop;
    while (n > 1 && out[n - 1] == '0') n--;
    *ndigits = n;
    return true;
}

/* Few digits behind the point: v = i / 10^k with i in the digits that the type keeps apart, which makes them the shortest. */
static bool short_fraction(double v, bool single, char *out, int *ndigits, int *exponent) {
    if (v < 1e-3) return false;
    double limit = single ? 1e6 : 1e15;
    for (int k = 1; k <= 15; k++) {
        double scaled = v * TENS[k];
        if (scaled >= limit) return false;
        double i = nearbyint(scaled);
        if (single ? (float)(i / TENS[k]) != (float)v : i / TENS[k] != v) continue;
        *ndigits = put_integer((uint64_t)i, out);
        *exponent = *ndigits - 1 - k;
        return true;
    }
    return false;
}

/* Java's Double.toString: plain between 1e-3 and 1e7, else d.dddE±x. */
static int format(char *out, double v, bool single) {
    if (isnan(v)) return memcpy(out, "NaN", 3), 3;
    int at = 0;
    if (signbit(v)) out[at++] = '-', v = -v;
    if (isinf(v)) return memcpy(out + at, "Infinity", 8), at + 8;
    if (v == 0) return memcpy(out + at, "0.0", 3), at + 3;
    char d[40] = {0};
    int n, e;
    if (!whole(v, single, d, &n, &e) && !short_fraction(v, single, d, &n, &e)) e = shortest(v, single, d, &n);
    if (v >= 1e-3 && v < 1e7) {
        if (e < 0) {
            out[at++] = '0', out[at++] = '.';
            for (int i = -1; i > e; i--) out[at++] = '0';
            for (int i = 0; i < n; i++) out[at++] = d[i];
            return at;
        }
        for (int i = 0; i <= e; i++) out[at++] = i < n ? d[i] : '0';
        out[at++] = '.';
        if (n <= e + 1) out[at++] = '0';
        for (int i = e + 1; i < n; i++) out[at++] = d[i];
        return at;
    }
    out[at++] = d[0], out[at++] = '.';
    if (n == 1) out[at++] = '0';
    for (int i = 1; i < n; i++) out[at++] = d[i];
    return at + sprintf(out + at, "E%d", e);
}

int tw_double_format(char *out, double v) { return format(out, v, false); }
int tw_float_format(char *out, float v) { return format(out, (double)v, true); }

static tw_str trim(tw_str s) {
    while (s.length && (unsigned char)s.data[0] <= ' ') s.data++, s.length--;
    while (s.length && (unsigned char)s.data[s.length - 1] <= ' ') s.length--;
    return s;
}

/* Decimal floating literal: digits, point, exponent; Infinity and NaN; a trailing d or f as Java takes it. */
static bool is_float_text(tw_str s) {
    size_t i = 0, digits = 0;
    if (i < s.length && (s.data[i] == '+' || s.data[i] == '-')) i++;
    tw_str rest = {s.data + i, s.length - i};
    if (tw_str_equal(rest, TW_STR("Infinity")) || tw_str_equal(rest, TW_STR("NaN"))) return true;
    while (i < s.length && s.data[i] >= '0' && s.data[i] <= '9') i++, digits++;
    if (i < s.length && s.data[i] == '.') i++;
    while (i < s.length && s.data[i] >= '0' && s.data[i] <= '9') i++, digits++;
    if (!digits) return false;
    if (i < s.length && (s.data[i] | 32) == 'e') {
        i++;
        if (i < s.length && (s.data[i] == '+' || s.data[i] == '-')) i++;
        size_t from = i;
        while (i < s.length && s.data[i] >= '0' && s.data[i] <= '9') i++;
        if (i == from) return false;
    }
    if (i + 1 == s.length && ((s.data[i] | 32) == 'd' || (s.data[i] | 32) == 'f')) i++;
    return i == s.length;
}

bool tw_double_parse(tw_str text, double *out) {
    char room[400];
    tw_str s = trim(text);
    if (s.length == 0 || !is_float_text(s)) return false;
    char *copy = s.length < sizeof room ? room : malloc(s.length + 1);
    if (!copy) return false;
    memcpy(copy, s.data, s.length);
    copy[s.length] = 0;
    *out = strtod(copy, NULL);
    if (copy != room) free(copy);
    return true;
}

static bool parse_int(tw_str s, int64_t min, int64_t max, int64_t *out) {
    size_t i = 0;
    bool negative = false;
    if (i < s.length && (s.data[i] == '+' || s.data[i] == '-')) negative = s.data[i++] == '-';
    if (i == s.length) return false;
    int64_t v = 0; /* kept negative: its range is larger */
    for (; i < s.length; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, s.data[i] - '0', &v)) return false;
    }
    if (!negative && v == INT64_MIN) return false;
    v = negative ? v : -v;
    if (v < min || v > max) return false;
    *out = v;
    return true;
}

bool tw_int_parse(tw_str text, int64_t min, int64_t max, int64_t *out) { return parse_int(trim(text), min, max, out); }

bool tw_int_parse_cast(tw_str text, int64_t min, int64_t max, int64_t *out) {
    tw_str s = trim(text);
    const char *point = s.length ? memchr(s.data, '.', s.length) : NULL;
    if (!point) return parse_int(s, min, max, out);
    tw_str before = {s.data, (size_t)(point - s.data)};
    for (const char *p = point + 1; p < s.data + s.length; p++)
        if (*p < '0' || *p > '9') return false;
    bool none = before.length == 0 || (before.length == 1 && (*before.data == '+' || *before.data == '-'));
    if (!none) return parse_int(before, min, max, out);
    *out = 0;
    return s.length > before.length + 1; /* digits behind the point at least */
}
