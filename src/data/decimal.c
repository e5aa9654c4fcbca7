/* 128-bit decimals. Products and scaled dividends need up to 256 bits: two 128-bit halves, schoolbook. */
#include "data/decimal.h"

typedef unsigned __int128 u128;
typedef struct u256 {
    u128 high, low;
} u256;

#define E1(n) ((tw_i128)(n))
#define P19   ((tw_i128)UINT64_C(10000000000000000000))
const tw_i128 TW_POW10[39] = {E1(1),
                              E1(10),
                              E1(100),
                              E1(1000),
                              E1(10000),
                              E1(100000),
                              E1(1000000),
                              E1(10000000),
                              E1(100000000),
                              E1(1000000000),
                              E1(10000000000),
                              E1(100000000000),
                              E1(1000000000000),
                              E1(10000000000000),
                              E1(100000000000000),
                              E1(1000000000000000),
                              E1(10000000000000000),
                              E1(100000000000000000),
                              E1(1000000000000000000),
                              P19,
                              P19 * 10,
                              P19 * 100,
                              P19 * 1000,
                              P19 * 10000,
                              P19 * 100000,
                              P19 * 1000000,
                              P19 * 10000000,
                              P19 * 100000000,
                              P19 * 1000000000,
                              P19 * 10000000000,
                              P19 * 100000000000,
                              P19 * 1000000000000,
                              P19 * 10000000000000,
                              P19 * 100000000000000,
                              P19 * 1000000000000000,
                              P19 * 10000000000000000,
                              P19 * 100000000000000000,
                              P19 * 1000000000000000000,
                              P19 *P19};

static u128 magnitude(tw_i128 v) { return v < 0 ? -(u128)v : (u128)v; }

static u256 multiply(u128 a, u128 b) {
    uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64), b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
    u128 p00 = (u128)a0 * b0, p01 = (u128)a0 * b1, p10 = (u128)a1 * b0, p11 = (u128)a1 * b1;
    u128 middle = (p00 >> 64) + (uint64_t)p01 + (uint64_t)p10;
    return (u256){p11 + (p01 >> 64) + (p10 >> 64) + (middle >> 64), middle << 64 | (uint64_t)p00};
}

/* v / d with remainder, bit by bit over what 128 bits cannot do at once. false: the quotient needs more than 128 bits. */
static bool divide(u256 v, u128 d, u128 *quotient, u128 *remainder) {
    if (v.high >= d) return false;
    if (v.high == 0) {
        *quotient = v.low / d;
        *remainder = v.low % d;
        return true;
    }
    u128 r = v.high, q = 0;
    for (int i = 127; i >= 0; i--) {
        bool carry = r >> 127;
        r = r << 1 | (v.low >> i & 1);
        q <<= 1;
        if (carry || r >= d) {
            r -= d;
            q |= 1;
        }
    }
    *quotient = q;
    *remainder = r;
    return true;
}

/* v / d rounded half away from zero, with a sign, checked against the precision. */
static bool divide_round(u256 v, u128 d, bool negative, int precision, tw_i128 *out) {
    u128 q, r;
    if (!divide(v, d, &q, &r)) return false;
    if (r >= d - r) q++;
    if (q >= (u128)TW_POW10[precision]) return false;
    *out = negative ? -(tw_i128)q : (tw_i128)q;
    return true;
}

bool tw_decimal_rescale(tw_i128 v, int from_scale, int precision, int scale, tw_i128 *out) {
    if (scale >= from_scale) {
        int up = scale - from_scale;
        if (up > 38) return v == 0 ? (*out = 0, true) : false;
        u256 wide = multiply(magnitude(v), (u128)TW_POW10[up]);
        if (wide.high || wide.low >= (u128)TW_POW10[precision]) return false;
        *out = v < 0 ? -(tw_i128)wide.low : (tw_i128)wide.low;
        return true;
    }
    int down = from_scale - scale;
    if (down > 38) return *out = 0, true;
    return divide_round((u256){0, magnitude(v)}, (u128)TW_POW10[down], v < 0, precision, out);
}

bool tw_decimal_multiply(tw_i128 a, int sa, tw_i128 b, int sb, int precision, int scale, tw_i128 *out) {
    u256 wide = multiply(magnitude(a), magnitude(b));
    bool negative = (a < 0) != (b < 0);
    int down = sa + sb - scale;
    if (down < 0) {
        if (wide.high || wide.low >= (u128)TW_POW10[38]) return false;
        return tw_decimal_rescale(negative ? -(tw_i128)wide.low : (tw_i128)wide.low, sa + sb, precision, scale, out);
    }
    while (down > 38) { /* products of two scale-38 numbers */
        u128 q_high = wide.high / 10, r = wide.high % 10, q_low, rest;
        if (!divide((u256){r, wide.low}, 10, &q_low, &rest)) return false;
        wide = (u256){q_high, q_low};
        down--;
    }
    return divide_round(wide, (u128)TW_POW10[down], negative, precision, out);
}

bool tw_decimal_divide(tw_i128 a, int sa, tw_i128 b, int sb, int precision, int scale, tw_i128 *out) {
    int up = scale - sa + sb; /* a * 10^up / b has `scale` digits behind the point */
    bool negative = (a < 0) != (b < 0);
    if (up < 0) {
        if (-up > 38) return *out = 0, true;
        u256 d = multiply(magnitude(b), (u128)TW_POW10[-up]);
        if (d.high) return *out = 0, true;
        return divide_round((u256){0, magnitude(a)}, d.low, negative, precision, out);
    }
    u128 m = magnitude(a);
    while (up > 38) { /* only with extreme scales */
        if (m > (u128)TW_POW10[37]) return false;
        m *= 10;
        up--;
    }
    return divide_round(multiply(m, (u128)TW_POW10[up]), magnitude(b), negative, precision, out);
}

/* The remainder has the dividend's sign. At a common scale one side may need up to 76 digits. */
bool tw_decimal_modulo(tw_i128 a, int sa, tw_i128 b, int sb, int precision, int scale, tw_i128 *out) {
    int s = sa > sb ? sa : sb;
    u256 dividend = multiply(magnitude(a), (u128)TW_POW10[s - sa]), divisor = multiply(magnitude(b), (u128)TW_POW10[s - sb]);
    if (divisor.high) return tw_decimal_rescale(a, sa, precision, scale, out); /* then a is not scaled, and smaller than b */
    u128 q, rest, high = dividend.high % divisor.low;
    if (!divide((u256){high, dividend.low}, divisor.low, &q, &rest) || rest >= (u128)TW_POW10[38]) return false;
    return tw_decimal_rescale(a < 0 ? -(tw_i128)rest : (tw_i128)rest, s, precision, scale, out);
}

bool tw_decimal_parse(tw_str text, int precision, int scale, tw_i128 *out) {
    const char *p = text.data, *end = text.data + text.length;
    bool negative = false, digits = false, point = false;
    if (p < end && (*p == '+' || *p == '-')) negative = *p++ == '-';
    u128 v = 0;
    int64_t behind = 0, dropped = 0; /* digits behind the point; digits that v has no room for */
    int first_dropped = 0;
    for (; p < end; p++) {
        if (*p == '.' && !point) {
            point = true;
            continue;
        }
        if (*p < '0' || *p > '9') break;
        digits = true;
        if (v < (u128)TW_POW10[37] && dropped == 0)
            v = v * 10 + (u128)(*p - '0');
        else if (dropped++ == 0)
            first_dropped = *p - '0';
        behind += point;
    }
    int64_t exponent = 0;
    if (p < end && digits && (*p == 'e' || *p == 'E')) {
        bool down = false, any = false;
        p++;
        if (p < end && (*p == '+' || *p == '-')) down = *p++ == '-';
        for (; p < end && *p >= '0' && *p <= '9'; p++, any = true)
            if (exponent < 100000) exponent = exponent * 10 + (*p - '0');
        if (!any) return false;
        if (down) exponent = -exponent;
    }
    if (!digits || p != end) return false;
    if (v == 0) return *out = 0, true;
    int64_t from_scale = behind - dropped - exponent; /* value = v * 10^-from_scale, and first_dropped behind it */
    if (dropped && from_scale <= scale) {             /* all kept digits count: round by the first dropped one */
        if (first_dropped >= 5) v++;
    }
    if (from_scale < -76 || from_scale > 200) return from_scale > 0 ? (*out = 0, true) : false;
    tw_i128 result;
    if (from_scale < 0) {
        if (-from_scale > 38) return false;
        u256 wide = multiply(v, (u128)TW_POW10[-from_scale]);
        if (wide.high || wide.low >= (u128)TW_POW10[38]) return false;
        if (!tw_decimal_rescale((tw_i128)wide.low, 0, precision, scale, &result)) return false;
    } else if (!tw_decimal_rescale((tw_i128)v, (int)from_scale, precision, scale, &result)) {
        return false;
    }
    *out = negative ? -result : result;
    return true;
}

int tw_decimal_format(char *out, tw_i128 v, int scale) {
    char digits[48];
    int n = 0, length = 0;
    u128 m = magnitude(v);
    do digits[n++] = (char)('0' + (int)(m % 10)), m /= 10;
    while (m || n <= scale);
    if (v < 0) out[length++] = '-';
    while (n-- > 0) {
        out[length++] = digits[n];
        if (n == scale && scale > 0) out[length++] = '.';
    }
    return length;
}

double tw_decimal_to_double(tw_i128 v, int scale) {
    char text[64];
    double result = 0;
    if (v > -((tw_i128)1 << 53) && v < ((tw_i128)1 << 53) && scale <= 22) {
        static const double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
        return (double)v / TENS[scale]; /* both exact, one rounding */
    }
    int n = tw_decimal_format(text, v, scale);
    tw_double_parse((tw_str){text, (size_t)n}, &result);
    return result;
}

bool tw_decimal_from_double(double v, int precision, int scale, tw_i128 *out) {
    char text[40];
    if (!__builtin_isfinite(v)) return false;
    int n = tw_double_format(text, v);
    return tw_decimal_parse((tw_str){text, (size_t)n}, precision, scale, out);
}
