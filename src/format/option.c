/* Options of WITH (...): reading one value, and checking a whole clause against what connector and format know. */
#include "format/format.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct unit {
    const char *name;
    int64_t factor;
} unit;

static tw_str trim(tw_str s) {
    while (s.length && (unsigned char)s.data[0] <= ' ') s.data++, s.length--;
    while (s.length && (unsigned char)s.data[s.length - 1] <= ' ') s.length--;
    return s;
}

bool tw_option_boolean(tw_str text, bool *out) {
    text = trim(text);
    if (tw_str_equal_nocase(text, TW_STR("true"))) {
        *out = true;
        return true;
    }
    *out = false;
    return tw_str_equal_nocase(text, TW_STR("false"));
}

/* A non-negative whole number at the front of *s, which is moved behind it. */
static bool leading_number(tw_str *s, int64_t *out) {
    int64_t v = 0;
    size_t i = 0;
    for (; i < s->length && s->data[i] >= '0' && s->data[i] <= '9'; i++) {
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, s->data[i] - '0', &v)) return false;
    }
    if (i == 0) return false;
    s->data += i;
    s->length -= i;
    *out = v;
    return true;
}

static const unit *find_unit(const unit *units, int n, tw_str name) {
    for (int i = 0; i < n; i++)
        if (tw_str_equal_nocase(name, tw_str_of(units[i].name))) return &units[i];
    return NULL;
}

static const unit DURATION_UNITS[] = {
    /* nanoseconds */
    {"ns", 1},
    {"nano", 1},
    {"nanos", 1},
    {"nanosecond", 1},
    {"nanoseconds", 1},
    {"us", 1000},
    {"\xc2\xb5s", 1000},
    {"micro", 1000},
    {"micros", 1000},
    {"microsecond", 1000},
    {"microseconds", 1000},
    {"", 1000000},
    {"ms", 1000000},
    {"milli", 1000000},
    {"millis", 1000000},
    {"millisecond", 1000000},
    {"milliseconds", 1000000},
    {"s", 1000000000},
    {"sec", 1000000000},
    {"secs", 1000000000},
    {"second", 1000000000},
    {"seconds", 1000000000},
    {"m", INT64_C(60000000000)},
    {"min", INT64_C(60000000000)},
    {"mins", INT64_C(60000000000)},
    {"minute", INT64_C(60000000000)},
    {"minutes", INT64_C(60000000000)},
    {"h", INT64_C(3600000000000)},
    {"hour", INT64_C(3600000000000)},
    {"hours", INT64_C(3600000000000)},
    {"d", INT64_C(86400000000000)},
    {"day", INT64_C(86400000000000)},
    {"days", INT64_C(86400000000000)},
};

bool tw_option_duration(tw_str text, int64_t *ms) {
    int64_t number;
    text = trim(text);
    if (!leading_number(&text, &number)) return false;
    const unit *u = find_unit(DURATION_UNITS, (int)(sizeof DURATION_UNITS / sizeof *DURATION_UNITS), trim(text));
    if (!u) return false;
    __int128 nanos = (__int128)number * u->factor;
    __int128 result = nanos / 1000000;
    if (result > INT64_MAX) return false;
    *ms = (int64_t)result;
    return true;
}

static const unit SIZE_UNITS[] = {
    {"", 1},
    {"b", 1},
    {"bytes", 1},
    {"k", 1 << 10},
    {"kb", 1 << 10},
    {"kib", 1 << 10},
    {"kibibytes", 1 << 10},
    {"m", 1 << 20},
    {"mb", 1 << 20},
    {"mib", 1 << 20},
    {"mebibytes", 1 << 20},
    {"g", 1 << 30},
    {"gb", 1 << 30},
    {"gib", 1 << 30},
    {"gibibytes", 1 << 30},
    {"t", INT64_C(1) << 40},
    {"tb", INT64_C(1) << 40},
    {"tebibytes", INT64_C(1) << 40},
};

bool tw_option_size(tw_str text, int64_t *bytes) {
    int64_t number;
    text = trim(text);
    if (!leading_number(&text, &number)) return false;
    const unit *u = find_unit(SIZE_UNITS, (int)(sizeof SIZE_UNITS / sizeof *SIZE_UNITS), trim(text));
    return u && !__builtin_mul_overflow(number, u->factor, bytes);
}

tw_str tw_option_get(const tw_option *options, int n, const char *key) {
    tw_str name = tw_str_of(key);
    for (int i = n - 1; i >= 0; i--)
        if (tw_str_equal(options[i].key, name)) return options[i].value;
    return (tw_str){NULL, 0};
}

bool tw_option_flag(const tw_option *options, int n, const char *key, bool fallback) {
    tw_str text = tw_option_get(options, n, key);
    bool value;
    return text.data && tw_option_boolean(text, &value) ? value : fallback;
}

static bool whole_number(tw_str text, int64_t *out) {
    char copy[32];
    text = trim(text);
    if (text.length == 0 || text.length >= sizeof copy) return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = 0;
    char *end;
    long long v = strtoll(copy, &end, 10);
    *out = v;
    return *end == 0 && v != INT64_MAX && v != INT64_MIN;
}

static bool only_digits(tw_str text) {
    text = trim(text);
    size_t i = text.length && (text.data[0] == '-' || text.data[0] == '+');
    bool any = i < text.length;
    for (; i < text.length; i++) any &= text.data[i] >= '0' && text.data[i] <= '9';
    return any;
}

int64_t tw_option_int(const tw_option *options, int n, const char *key, int64_t fallback) {
    int64_t value;
    tw_str text = tw_option_get(options, n, key);
    return text.data && whole_number(text, &value) ? value : fallback;
}

/* `pattern` may end in ".*" (anything behind the dot) or hold one '#' (a non-empty name). */
static bool pattern_matches(tw_str pattern, tw_str key) {
    const char *hash = memchr(pattern.data, '#', pattern.length);
    if (hash) {
        size_t head = (size_t)(hash - pattern.data), tail = pattern.length - head - 1;
        return key.length > head + tail && memcmp(key.data, pattern.data, head) == 0 && memcmp(key.data + key.length - tail, hash + 1, tail) == 0;
    }
    if (pattern.length > 2 && memcmp(pattern.data + pattern.length - 2, ".*", 2) == 0)
        return key.length > pattern.length - 1 && memcmp(key.data, pattern.data, pattern.length - 1) == 0;
    return tw_str_equal(pattern, key);
}

bool tw_option_matches(const tw_option_info *info, const char *prefix, tw_str key) {
    if (prefix) {
        size_t n = strlen(prefix);
        if (key.length <= n + 1 || memcmp(key.data, prefix, n) != 0 || key.data[n] != '.') return false;
        key.data += n + 1;
        key.length -= n + 1;
    }
    return pattern_matches(tw_str_of(info->key), key);
}

static bool in_list(const char *list, tw_str value) {
    tw_str rest = tw_str_of(list);
    for (;;) {
        const char *bar = memchr(rest.data, '|', rest.length);
        tw_str item = {rest.data, bar ? (size_t)(bar - rest.data) : rest.length};
        if (tw_str_equal_nocase(item, value)) return true;
        if (!bar) return false;
        rest.length -= item.length + 1;
        rest.data = bar + 1;
    }
}

static bool real_number(tw_str text) {
    char copy[64];
    text = trim(text);
    if (text.length == 0 || text.length >= sizeof copy) return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = 0;
    char *end;
    strtod(copy, &end);
    return *end == 0;
}

/* `limits` of an integer is "min..max", either end may be missing. */
static bool in_range(const char *limits, int64_t value) {
    const char *dots = limits ? strstr(limits, "..") : NULL;
    if (!dots) return true;
    return (dots == limits || value >= strtoll(limits, NULL, 10)) && (!dots[2] || value <= strtoll(dots + 2, NULL, 10));
}

static const char *expected(tw_option_kind kind) {
    switch (kind) {
    case TW_OPTION_STRING: return "text";
    case TW_OPTION_BOOLEAN: return "'true' or 'false'";
    case TW_OPTION_INTEGER: return "a whole number";
    case TW_OPTION_DOUBLE: return "a number";
    case TW_OPTION_DURATION: return "a duration such as '10 s', '200 ms' or '1 min'";
    case TW_OPTION_SIZE: return "a size such as '64 kb' or '1 mb'";
    case TW_OPTION_ENUM: return "one of its values";
    }
    return "";
}

static bool well_formed(const tw_option_info *info, tw_str value) {
    bool flag;
    int64_t number;
    switch (info->kind) {
    case TW_OPTION_STRING: return true;
    case TW_OPTION_BOOLEAN: return tw_option_boolean(value, &flag);
    case TW_OPTION_INTEGER: return whole_number(value, &number) && in_range(info->limits, number);
    case TW_OPTION_DOUBLE: return real_number(value);
    case TW_OPTION_DURATION: return tw_option_duration(value, &number);
    case TW_OPTION_SIZE: return tw_option_size(value, &number);
    case TW_OPTION_ENUM: return in_list(info->limits, value);
    }
    return false;
}

/* What may be given: the values of an enum, the ends of a range. */
static void say_limits(const tw_option_info *info, tw_error *error) {
    char text[400];
    size_t n = 0;
    const char *limits = info->limits, *dots = strstr(limits, "..");
    if (info->kind == TW_OPTION_ENUM) {
        for (; *limits && n < sizeof text - 2; limits++) {
            if (*limits == '|') text[n++] = ',';
            text[n++] = *limits == '|' ? ' ' : *limits;
        }
        tw_error_detail(error, "allowed: %.*s", (int)n, text);
    } else if (dots && dots != limits) {
        tw_error_detail(error, dots[2] ? "allowed: %.*s to %s" : "allowed: %.*s and more", (int)(dots - limits), limits, dots + 2);
    } else {
        tw_error_detail(error, "allowed: at most %s", dots ? dots + 2 : limits);
    }
}

tw_status tw_option_check(const tw_option_info *info, tw_str key, tw_str value, tw_error *error) {
    if (well_formed(info, value)) return TW_OK;
    bool far = info->kind == TW_OPTION_INTEGER && only_digits(value);
    tw_fail(error, TW_E_INVALID, "option '%.*s': '%.*s' is %s%s", TW_STR_ARG(key), TW_STR_ARG(value), far ? "out of range" : "not ",
            far ? "" : expected(info->kind));
    if (info->limits) say_limits(info, error);
    if (info->doc) tw_error_hint(error, "%s", info->doc);
    return TW_E_INVALID;
}

static const tw_option_info *find_info(const tw_option_infos *known, int nknown, tw_str key) {
    for (int k = 0; k < nknown; k++)
        for (int i = 0; i < known[k].n; i++)
            if (tw_option_matches(&known[k].infos[i], known[k].prefix, key)) return &known[k].infos[i];
    return NULL;
}

/* A family's '#' stands for the name that the key has in its place. */
static void hint_nearest(const char *nearest, tw_str key, tw_error *error) {
    const char *hash = strchr(nearest, '#');
    tw_str name = {NULL, 0};
    if (hash && (size_t)(hash - nearest) < key.length) {
        name.data = key.data + (hash - nearest);
        const char *dot = memchr(name.data, '.', key.length - (size_t)(hash - nearest));
        name.length = dot ? (size_t)(dot - name.data) : 0;
    }
    if (name.length)
        tw_error_hint(error, "did you mean '%.*s%.*s%s'?", (int)(hash - nearest), nearest, TW_STR_ARG(name), hash + 1);
    else
        tw_error_hint(error, "did you mean '%s'?", nearest);
}

static tw_status unknown_option(const tw_option_infos *known, int nknown, tw_str key, tw_error *error) {
    char names[128][80];
    const char *list[128] = {NULL};
    int n = 0;
    for (int k = 0; k < nknown; k++)
        for (int i = 0; i < known[k].n && n < 128; i++, n++) {
            const char *prefix = known[k].prefix;
            snprintf(names[n], sizeof names[n], "%s%s%s", prefix ? prefix : "", prefix ? "." : "", known[k].infos[i].key);
            list[n] = names[n];
        }
    const char *nearest = tw_str_nearest(key, list, n);
    tw_fail(error, TW_E_UNDEFINED_OPTION, "unknown option '%.*s'", TW_STR_ARG(key));
    if (nearest) {
        hint_nearest(nearest, key, error);
    } else if (n > 0) {
        char text[256];
        int at = snprintf(text, sizeof text, "known options:");
        for (int i = 0; i < n && at < 200; i++) at += snprintf(text + at, sizeof text - (size_t)at, " %s", list[i]);
        tw_error_hint(error, "%s", text);
    }
    return TW_E_UNDEFINED_OPTION;
}

static tw_status check_required(const tw_option *options, int n, const tw_option_infos *known, tw_error *error) {
    for (int i = 0; i < known->n; i++) {
        if (!known->infos[i].required) continue;
        bool given = false;
        for (int o = 0; o < n && !given; o++) given = tw_option_matches(&known->infos[i], known->prefix, options[o].key);
        if (given) continue;
        tw_fail(error, TW_E_INVALID, "option '%s%s%s' is required", known->prefix ? known->prefix : "", known->prefix ? "." : "",
                known->infos[i].key);
        if (known->infos[i].doc) tw_error_hint(error, "%s", known->infos[i].doc);
        return TW_E_INVALID;
    }
    return TW_OK;
}

tw_status tw_options_check(const tw_option *options, int n, const tw_option_infos *known, int nknown, tw_error *error) {
    for (int i = 0; i < n; i++) {
        tw_str key = options[i].key;
        if (tw_str_equal(key, TW_STR("connector")) || tw_str_equal(key, TW_STR("format"))) continue;
        const tw_option_info *info = find_info(known, nknown, key);
        if (!info) return unknown_option(known, nknown, key, error);
        TW_TRY(tw_option_check(info, key, options[i].value, error));
    }
    for (int k = 0; k < nknown; k++) TW_TRY(check_required(options, n, &known[k], error));
    return TW_OK;
}
