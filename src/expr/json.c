/* Reading and writing of json.h. */
#include "expr/json.h"

#include <stdlib.h>

enum { DEPTH_MAX = 1000 };

/* ---- reading ---- */

typedef struct reader {
    tw_json *json;
    const char *p, *end;
} reader;

static uint32_t node_count(const tw_json *json) { return (uint32_t)(json->nodes.length / sizeof(tw_json_node)); }
static tw_json_node *node_at(tw_json *json, uint32_t n) { return &((tw_json_node *)(void *)json->nodes.data)[n]; }

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
static void skip_blanks(reader *r) {
    while (r->p < r->end && blank(*r->p)) r->p++;
}

/* A node that is complete, or will be: its children follow. */
static bool add(reader *r, tw_json_kind kind, const char *from, const char *to, bool escaped) {
    tw_json_node node = {.from = (uint32_t)(from - r->json->text.data),
                         .length = (uint32_t)(to - from),
                         .kind = (uint8_t)kind,
                         .end = node_count(r->json) + 1,
                         .escaped = escaped};
    tw_buf_append(&r->json->nodes, &node, sizeof node);
    return !r->json->nodes.failed;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hexadecimal digits, or -1. */
static int32_t hex4(const char *p, const char *end) {
    if (end - p < 4) return -1;
    int32_t v = 0;
    for (int k = 0; k < 4; k++) {
        int d = hex_digit(p[k]);
        if (d < 0) return -1;
        v = v << 4 | d;
    }
    return v;
}

static bool read_string(reader *r) {
    const char *from = ++r->p;
    bool escaped = false;
    while (r->p < r->end && *r->p != '"') {
        if ((unsigned char)*r->p < 0x20) return false;
        if (*r->p++ != '\\') continue;
        escaped = true;
        if (r->p >= r->end || !strchr("\"\\/bfnrtu", *r->p) || !*r->p) return false;
        if (*r->p == 'u' && hex4(r->p + 1, r->end) < 0) return false;
        r->p += *r->p == 'u' ? 5 : 1;
    }
    if (r->p >= r->end) return false;
    return add(r, TW_JSON_STRING, from, r->p++, escaped);
}

static bool read_digits(reader *r) {
    const char *from = r->p;
    while (r->p < r->end && *r->p >= '0' && *r->p <= '9') r->p++;
    return r->p > from;
}

/* What may stand behind a number or a word. */
static bool ends_here(const reader *r) { return r->p >= r->end || blank(*r->p) || strchr(",:]}", *r->p) != NULL; }

static bool read_number(reader *r) {
    const char *from = r->p;
    if (*r->p == '-') r->p++;
    const char *whole = r->p;
    if (!read_digits(r) || (*whole == '0' && r->p - whole > 1)) return false;
    if (r->p < r->end && *r->p == '.') {
        r->p++;
        if (!read_digits(r)) return false;
    }
    if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
        r->p++;
        if (r->p < r->end && (*r->p == '+' || *r->p == '-')) r->p++;
        if (!read_digits(r)) return false;
    }
    return ends_here(r) && add(r, TW_JSON_NUMBER, from, r->p, false);
}

static bool read_word(reader *r, const char *word, tw_json_kind kind) {
    size_t n = strlen(word);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0) return false;
    r->p += n;
    return ends_here(r) && add(r, kind, r->p - n, r->p, false);
}

static bool read_value(reader *r, int depth);

static bool read_container(reader *r, int depth, bool object) {
    uint32_t self = node_count(r->json);
    char close = object ? '}' : ']';
    if (depth >= DEPTH_MAX || !add(r, object ? TW_JSON_OBJECT : TW_JSON_ARRAY, r->p, r->p, false)) return false;
    r->p++;
    skip_blanks(r);
    if (r->p < r->end && *r->p == close) {
        r->p++;
        return true;
    }
    for (;;) {
        skip_blanks(r);
        if (object) {
            if (r->p >= r->end || *r->p != '"' || !read_string(r)) return false;
            skip_blanks(r);
            if (r->p >= r->end || *r->p++ != ':') return false;
        }
        if (!read_value(r, depth + 1)) return false;
        skip_blanks(r);
        if (r->p >= r->end) return false;
        char c = *r->p++;
        if (c == close) break;
        if (c != ',') return false;
    }
    node_at(r->json, self)->end = node_count(r->json);
    return true;
}

static bool read_value(reader *r, int depth) {
    skip_blanks(r);
    if (r->p >= r->end) return false;
    switch (*r->p) {
    case '{': return read_container(r, depth, true);
    case '[': return read_container(r, depth, false);
    case '"': return read_string(r);
    case 't': return read_word(r, "true", TW_JSON_TRUE);
    case 'f': return read_word(r, "false", TW_JSON_FALSE);
    case 'n': return read_word(r, "null", TW_JSON_NULL);
    default: return read_number(r);
    }
}

bool tw_json_parse(tw_json *json, tw_str text) {
    json->text = text;
    tw_buf_clear(&json->nodes);
    reader r = {json, text.data, text.data + text.length};
    if (text.length == 0 || text.length > UINT32_MAX / 2) return false;
    return read_value(&r, 0);
}

/* ---- strings ---- */

static int32_t surrogate_pair(int32_t high, const char *p, const char *end) {
    if (high < 0xd800 || high > 0xdbff || end - p < 6 || p[0] != '\\' || p[1] != 'u') return -1;
    int32_t low = hex4(p + 2, end);
    return low >= 0xdc00 && low <= 0xdfff ? 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) : -1;
}

/* Decodes one character or escape at *p into out (at most 4 bytes); returns how many. */
static int next_char(const char **p, const char *end, char *out) {
    char c = *(*p)++;
    if (c != '\\') {
        *out = c;
        return 1;
    }
    c = *(*p)++;
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *found = strchr(from, c);
    if (c != 'u') {
        *out = found ? to[found - from] : c;
        return 1;
    }
    int32_t unit = hex4(*p, end), pair;
    *p += 4;
    pair = surrogate_pair(unit, *p, end);
    if (pair >= 0) *p += 6;
    return tw_utf8_put(out, (uint32_t)(pair >= 0 ? pair : unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit));
}

static bool string_is(const tw_json *json, const tw_json_node *node, tw_str key) {
    const char *p = json->text.data + node->from, *end = p + node->length;
    if (!node->escaped) return node->length == key.length && memcmp(p, key.data, key.length) == 0;
    size_t at = 0;
    while (p < end) {
        char piece[4];
        int n = next_char(&p, end, piece);
        if (key.length - at < (size_t)n || memcmp(key.data + at, piece, (size_t)n) != 0) return false;
        at += (size_t)n;
    }
    return at == key.length;
}

uint32_t tw_json_member(const tw_json *json, uint32_t n, tw_str key) {
    uint32_t end = TW_JSON_NODE(json, n)->end, found = 0;
    for (uint32_t k = n + 1; k < end; k = TW_JSON_NODE(json, k + 1)->end)
        if (string_is(json, TW_JSON_NODE(json, k), key)) found = k + 1;
    return found;
}

static void string_text(const tw_json *json, const tw_json_node *node, tw_buf *out) {
    const char *p = json->text.data + node->from, *end = p + node->length;
    if (!node->escaped) {
        tw_buf_append(out, p, node->length);
        return;
    }
    while (p < end) {
        char piece[4];
        int n = next_char(&p, end, piece);
        tw_buf_append(out, piece, (size_t)n);
    }
}

/* ---- numbers, as java.math.BigDecimal.toString ---- */

static int64_t exponent_of(tw_str token, size_t *mantissa) {
    int64_t v = 0, sign = 1;
    *mantissa = 0;
    while (*mantissa < token.length && token.data[*mantissa] != 'e' && token.data[*mantissa] != 'E') ++*mantissa;
    for (size_t k = *mantissa + 1; k < token.length; k++) {
        if (token.data[k] == '-') sign = -1;
        if (token.data[k] >= '0' && token.data[k] <= '9' && v < 1000000000) v = v * 10 + (token.data[k] - '0');
    }
    return sign * v;
}

static void write_number(tw_str token, tw_buf *out) {
    size_t mantissa;
    int64_t exponent = exponent_of(token, &mantissa), scale = 0;
    const char *point = memchr(token.data, '.', mantissa);
    bool negative = token.data[0] == '-';
    if (!point && mantissa == token.length) { /* an integer */
        tw_buf_str(out, tw_str_equal(token, TW_STR("-0")) ? TW_STR("0") : token);
        return;
    }
    tw_buf digits;
    tw_buf_init(&digits, out->mem, 0);
    for (size_t k = negative; k < mantissa; k++)
        if (token.data[k] != '.') tw_buf_byte(&digits, token.data[k]);
    if (point) scale = (int64_t)(token.data + mantissa - point - 1);
    scale -= exponent;
    size_t skip = 0; /* leading zeros of the unscaled number */
    while (skip + 1 < digits.length && digits.data[skip] == '0') skip++;
    const char *d = digits.data ? digits.data + skip : "0";
    int64_t n = digits.data ? (int64_t)(digits.length - skip) : 1, adjusted = n - 1 - scale;
    bool zero = n == 1 && *d == '0';
    if (negative && !zero) tw_buf_byte(out, '-');
    if (scale >= 0 && adjusted >= -6) {
        if (scale >= n) {
            tw_buf_text(out, "0.");
            for (int64_t k = n; k < scale; k++) tw_buf_byte(out, '0');
            tw_buf_append(out, d, (size_t)n);
        } else {
            tw_buf_append(out, d, (size_t)(n - scale));
            if (scale) tw_buf_byte(out, '.');
            tw_buf_append(out, d + n - scale, (size_t)scale);
        }
    } else {
        tw_buf_append(out, d, 1);
        if (n > 1) tw_buf_byte(out, '.');
        tw_buf_append(out, d + 1, (size_t)(n - 1));
        if (adjusted) tw_buf_printf(out, "E%+lld", (long long)adjusted);
    }
    out->failed |= digits.failed;
    tw_buf_free(&digits);
}

/* ---- writing ---- */

void tw_json_quote(tw_str text, tw_buf *out) {
    size_t plain = 0;
    tw_buf_byte(out, '"');
    for (size_t k = 0; k < text.length; k++) {
        unsigned char c = (unsigned char)text.data[k];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        tw_buf_append(out, text.data + plain, k - plain);
        plain = k + 1;
        static const char from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";
        const char *found = c ? strchr(from, c) : NULL;
        if (found)
            tw_buf_printf(out, "\\%c", to[found - from]);
        else
            tw_buf_printf(out, "\\u%04X", c);
    }
    tw_buf_append(out, text.data + plain, text.length - plain);
    tw_buf_byte(out, '"');
}

void tw_json_scalar_text(const tw_json *json, uint32_t n, tw_buf *out) {
    const tw_json_node *node = TW_JSON_NODE(json, n);
    tw_str token = {json->text.data + node->from, node->length};
    if (node->kind == TW_JSON_STRING)
        string_text(json, node, out);
    else if (node->kind == TW_JSON_NUMBER)
        write_number(token, out);
    else
        tw_buf_str(out, token);
}

typedef struct member {
    tw_str key;
    uint32_t value;
} member;

static int compare_members(const void *a, const void *b) {
    const member *x = a, *y = b;
    size_t n = x->key.length < y->key.length ? x->key.length : y->key.length;
    int order = n ? memcmp(x->key.data, y->key.data, n) : 0;
    if (order) return order;
    if (x->key.length != y->key.length) return x->key.length < y->key.length ? -1 : 1;
    return x->value < y->value ? -1 : 1;
}

static void write_members(const tw_json *json, const member *members, size_t count, tw_buf *out) {
    bool first = true;
    for (size_t k = 0; k < count; k++) {
        if (k + 1 < count && tw_str_equal(members[k].key, members[k + 1].key)) continue; /* the last of equals counts */
        if (!first) tw_buf_byte(out, ',');
        first = false;
        tw_json_quote(members[k].key, out);
        tw_buf_byte(out, ':');
        tw_json_write(json, members[k].value, out);
    }
}

static void write_object(const tw_json *json, uint32_t n, tw_buf *out) {
    tw_buf keys, members;
    tw_buf_init(&keys, out->mem, 0);
    tw_buf_init(&members, out->mem, 0);
    for (uint32_t k = n + 1; k < TW_JSON_NODE(json, n)->end; k = TW_JSON_NODE(json, k + 1)->end) {
        size_t from = keys.length;
        string_text(json, TW_JSON_NODE(json, k), &keys);
        member m = {{(const char *)(uintptr_t)from, keys.length - from}, k + 1}; /* an offset until keys stands still */
        tw_buf_append(&members, &m, sizeof m);
    }
    if (keys.failed || members.failed) {
        out->failed = true;
    } else if (members.length) {
        member *list = (member *)(void *)members.data;
        size_t count = members.length / sizeof *list;
        for (size_t k = 0; k < count; k++) list[k].key.data = (keys.data ? keys.data : "") + (uintptr_t)list[k].key.data;
        qsort(list, count, sizeof *list, compare_members);
        write_members(json, list, count, out);
    }
    tw_buf_free(&keys);
    tw_buf_free(&members);
}

void tw_json_write(const tw_json *json, uint32_t n, tw_buf *out) {
    const tw_json_node *node = TW_JSON_NODE(json, n);
    if (node->kind == TW_JSON_OBJECT) {
        tw_buf_byte(out, '{');
        write_object(json, n, out);
        tw_buf_byte(out, '}');
    } else if (node->kind == TW_JSON_ARRAY) {
        tw_buf_byte(out, '[');
        for (uint32_t k = n + 1; k < node->end; k = TW_JSON_NODE(json, k)->end) {
            if (k > n + 1) tw_buf_byte(out, ',');
            tw_json_write(json, k, out);
        }
        tw_buf_byte(out, ']');
    } else if (node->kind == TW_JSON_STRING) {
        tw_buf text;
        tw_buf_init(&text, out->mem, 0);
        string_text(json, node, &text);
        tw_json_quote((tw_str){text.data ? text.data : "", text.length}, out);
        out->failed |= text.failed;
        tw_buf_free(&text);
    } else {
        tw_json_scalar_text(json, n, out);
    }
}
