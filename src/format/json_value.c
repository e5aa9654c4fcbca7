/* What the json hot path leaves: strings with escapes or non-ASCII text, numbers of other forms, coercions between
 * JSON's and SQL's types as Flink does them, unknown keys, and skipping with full checks. */
#include <stdio.h>
#include <stdlib.h>

#include "data/decimal.h"
#include "format/json.h"

const char *tw_json_error(tw_json *json, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(json->message, sizeof json->message, format, args);
    va_end(args);
    return NULL;
}

const char *tw_json_nomem(tw_json *json) {
    json->nomem = true;
    return NULL;
}

/* ---- strings ---- */

static int hex4(const char *p) {
    int v = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (digit < 0) return -1;
        v = v * 16 + digit;
    }
    return v;
}

/* The escape at p (the backslash): writes its bytes to *to. Returns what follows, NULL when it is none. */
static const char *escape(const char *p, char **to) {
    static const char FROM[] = "\"\\/bfnrt", TO[] = "\"\\/\b\f\n\r\t";
    const char *hit = p[1] ? strchr(FROM, p[1]) : NULL;
    if (hit) {
        *(*to)++ = TO[hit - FROM];
        return p + 2;
    }
    int code = p[1] == 'u' ? hex4(p + 2) : -1;
    if (code < 0 || (code >= 0xdc00 && code <= 0xdfff)) return NULL;
    p += 6;
    if (code >= 0xd800 && code <= 0xdbff) {
        int low = p[0] == '\\' && p[1] == 'u' ? hex4(p + 2) : -1;
        if (low < 0xdc00 || low > 0xdfff) return NULL;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
    }
    *to += tw_utf8_put(*to, (uint32_t)code);
    return p;
}

static const char *unescape(tw_json *json, const char *start, const char *end, tw_str *out) {
    char *copy = tw_arena_alloc(&json->rows.heap, (size_t)(end - start) + 8), *to = copy;
    if (!copy) return tw_json_nomem(json);
    for (const char *p = start; p < end;) {
        if (*p != '\\') {
            *to++ = *p++;
            continue;
        }
        p = escape(p, &to);
        if (!p) return tw_json_error(json, "a string has a bad escape or half a surrogate pair");
    }
    *out = (tw_str){copy, (size_t)(to - copy)};
    return end + 1;
}

const char *tw_json_string(tw_json *json, const char *p, tw_str *out) {
    const char *start = ++p;
    bool escapes = false;
    unsigned char high = 0;
    while (*p != '"') {
        if (*p == '\n') return tw_json_error(json, "a string is not closed");
        if (*p == '\\') {
            escapes = true;
            if (*++p == '\n') return tw_json_error(json, "a string is not closed");
        }
        high |= (unsigned char)*p++;
    }
    if (high >= 0x80 && !tw_utf8_valid(start, (size_t)(p - start))) return tw_json_error(json, "a string is not UTF-8");
    if (escapes) return unescape(json, start, p, out);
    *out = (tw_str){start, (size_t)(p - start)};
    return p + 1;
}

/* ---- tokens ---- */

/* Behind the number at p by JSON's grammar; NULL when there is none. */
static const char *number_end(const char *p, bool *real) {
    *real = false;
    p += *p == '-';
    if (*p == '0')
        p++;
    else if ((unsigned)(*p - '1') < 9)
        while ((unsigned)(*p - '0') < 10) p++;
    else
        return NULL;
    if (*p == '.') {
        *real = true;
        if ((unsigned)(*++p - '0') >= 10) return NULL;
        while ((unsigned)(*p - '0') < 10) p++;
    }
    if (*p == 'e' || *p == 'E') {
        *real = true;
        p++;
        p += *p == '+' || *p == '-';
        if ((unsigned)(*p - '0') >= 10) return NULL;
        while ((unsigned)(*p - '0') < 10) p++;
    }
    return p;
}

static const char *word(const char *p, const char *text, size_t n) { return memcmp(p, text, n) == 0 ? p + n : NULL; }

static const char *skip_members(tw_json *json, const char *p, int depth) {
    char open = *p, close = open == '{' ? '}' : ']';
    tw_str key;
    if (depth >= TW_JSON_DEPTH) return tw_json_error(json, "nested deeper than %d", TW_JSON_DEPTH);
    p = tw_json_blanks(p + 1);
    if (*p == close) return p + 1;
    for (;;) {
        if (open == '{') {
            if (*p != '"') return tw_json_error(json, "expected a key");
            if (!(p = tw_json_string(json, p, &key))) return NULL;
            p = tw_json_blanks(p);
            if (*p != ':') return tw_json_error(json, "expected ':' behind a key");
            p = tw_json_blanks(p + 1);
        }
        if (!(p = tw_json_skip(json, p, depth + 1))) return NULL;
        p = tw_json_blanks(p);
        if (*p == close) return p + 1;
        if (*p != ',') return tw_json_error(json, "expected ',' or '%c'", close);
        p = tw_json_blanks(p + 1);
    }
}

const char *tw_json_skip(tw_json *json, const char *p, int depth) {
    tw_str text;
    bool real;
    const char *q;
    switch (*p) {
    case '{':
    case '[': return skip_members(json, p, depth);
    case '"': return tw_json_string(json, p, &text);
    case 't': q = word(p, "true", 4); break;
    case 'f': q = word(p, "false", 5); break;
    case 'n': q = word(p, "null", 4); break;
    case '\n': return tw_json_error(json, "the record ends in the middle");
    default: q = number_end(p, &real);
    }
    return q ? q : tw_json_error(json, "expected a value");
}

/* ---- coercion ---- */

/* A container as text: blanks outside strings are left out. */
static const char *container_text(tw_json *json, tw_json_node *node, const char *p, int32_t row) {
    const char *end = tw_json_skip(json, p, 0);
    if (!end) return NULL;
    tw_buf out;
    tw_buf_init(&out, json->mem, 0);
    while (p < end) {
        if (*p == '"') {
            tw_str text;
            p = tw_json_string(json, p, &text);
            if (!p) break;
            tw_json_write_text(&out, text);
        } else {
            if (!tw_json_blank(*p)) tw_buf_byte(&out, *p);
            p++;
        }
    }
    bool ok = p && !out.failed && tw_dcol_string_copy(&json->rows, node->column, row, (tw_str){out.data, out.length});
    if (!ok && p) tw_json_nomem(json);
    tw_buf_free(&out);
    return ok ? end : NULL;
}

/* A double from plain digits when it is exact in double arithmetic (Clinger): at most 2^53, powers up to 10^22. */
static bool short_double(const char *p, const char *end, double *out) {
    static const double POW[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool negative = *p == '-';
    uint64_t mantissa = 0;
    int digits = 0, exponent = 0;
    for (p += negative; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            exponent = -(int)(end - p - 1);
            continue;
        }
        mantissa = mantissa * 10 + (uint64_t)(*p - '0');
        digits += mantissa != 0;
    }
    if (p < end || digits > 17 || mantissa > UINT64_C(1) << 53 || exponent < -22) return false;
    double v = exponent ? (double)mantissa / POW[-exponent] : (double)mantissa;
    *out = negative ? -v : v;
    return true;
}

static tw_fit real_from_number(tw_json *json, tw_dcol *c, int32_t row, tw_str text) {
    double v;
    if (c->out->phys == TW_PHYS_F64 && text.length < 40 && short_double(text.data, text.data + text.length, &v)) {
        ((double *)c->out->values)[row] = v;
        tw_dcol_valid(c, row);
        return TW_FIT_OK;
    }
    return tw_dcol_text(&json->rows, c, row, text, &json->rules);
}

/* INT and BIGINT take the whole part of 1.5; TINYINT and SMALLINT do not (Jackson's getIntValue against parseByte). */
static tw_fit whole_from_real(tw_dcol *c, int32_t row, tw_str text) {
    double v;
    if (!tw_double_parse(text, &v)) return TW_FIT_BAD;
    if (c->out->phys == TW_PHYS_I32) {
        if (!(v > -2147483649.0 && v < 2147483648.0)) return TW_FIT_BAD;
        ((int32_t *)c->out->values)[row] = (int32_t)v;
    } else {
        if (!(v >= -0x1p63 && v < 0x1p63)) return TW_FIT_BAD;
        ((int64_t *)c->out->values)[row] = (int64_t)v;
    }
    tw_dcol_valid(c, row);
    return TW_FIT_OK;
}

static tw_fit from_number(tw_json *json, tw_json_node *node, int32_t row, tw_str text, bool real) {
    switch (node->kind) {
    case TW_INTEGER:
    case TW_BIGINT:
    case TW_INTERVAL_YM:
    case TW_INTERVAL_DS:
        if (real) return whole_from_real(node->column, row, text);
        break;
    case TW_FLOAT:
    case TW_DOUBLE: return real_from_number(json, node->column, row, text);
    case TW_BINARY:
    case TW_VARBINARY:
    case TW_ARRAY:
    case TW_MAP:
    case TW_MULTISET:
    case TW_ROW: return TW_FIT_BAD;
    default: break;
    }
    return tw_dcol_text(&json->rows, node->column, row, text, &json->rules);
}

static void remember_minute(tw_json *json, const tw_json_node *node, int32_t row, tw_str text) {
    if (node->phys != TW_PHYS_I64 || !tw_kind_is_timestamp(node->kind) || text.length < 19) return;
    if (node->column->type->precision != 3 || text.data[4] != '-' || text.data[16] != ':') return;
    int64_t ms = ((const int64_t *)node->column->out->values)[row];
    memcpy(json->minute, text.data, 16);
    json->minute_ms = ms - tw_floor_mod(ms, 60000);
}

static const char *type_mismatch(tw_json *json, const tw_json_node *node, const char *p, const char *end) {
    int shown = end - p > 60 ? 60 : (int)(end - p);
    return tw_json_error(json, "%.*s is not a %s", shown, p, tw_kind_name(node->kind));
}

/* The scalar token at p into the column; *fit says how. Returns what follows the token, NULL on a syntax error. */
static const char *scalar(tw_json *json, tw_json_node *node, const char *p, int32_t row, tw_fit *fit) {
    tw_str text;
    bool real = false, nested = tw_kind_is_nested(node->kind);
    const char *end;
    if (*p == '"') {
        if (!(end = tw_json_string(json, p, &text))) return NULL;
        *fit = nested ? TW_FIT_BAD : tw_dcol_text(&json->rows, node->column, row, text, &json->rules);
        if (*fit == TW_FIT_OK) remember_minute(json, node, row, text);
        return end;
    }
    if (*p == '-' || (unsigned)(*p - '0') < 10) {
        end = number_end(p, &real);
        if (!end) return tw_json_error(json, "a number is not well-formed");
        *fit = from_number(json, node, row, (tw_str){p, (size_t)(end - p)}, real);
        return end;
    }
    if (!(end = tw_json_skip(json, p, 0))) return NULL;
    text = (tw_str){p, (size_t)(end - p)};
    if (*p == '{' || *p == '[' || nested || tw_kind_is_binary(node->kind))
        *fit = TW_FIT_BAD;
    else
        *fit = tw_dcol_text(&json->rows, node->column, row, text, &json->rules);
    return end;
}

const char *tw_json_coerce(tw_json *json, tw_json_node *node, const char *p, int32_t row) {
    tw_fit fit = TW_FIT_BAD;
    const char *end;
    if (*p == 'n' && (end = word(p, "null", 4))) {
        tw_dcol_null(node->column, row);
        return end;
    }
    if (tw_kind_is_text(node->kind) && (*p == '{' || *p == '[')) return container_text(json, node, p, row);
    end = scalar(json, node, p, row, &fit);
    if (!end || fit == TW_FIT_OK) return end;
    if (fit == TW_FIT_NOMEM) return tw_json_nomem(json);
    if (!json->ignore_errors) return type_mismatch(json, node, p, end);
    tw_dcol_null(node->column, row);
    return end;
}

/* ---- keys ---- */

static int32_t find_field(const tw_json_node *node, tw_str name) {
    if (!node->buckets) return -1;
    uint32_t h = (uint32_t)tw_hash_bytes(name.data, name.length, 0) & node->bucket_mask;
    for (; node->buckets[h]; h = (h + 1) & node->bucket_mask)
        if (tw_str_equal(node->names[node->buckets[h] - 1].name, name)) return (int32_t)node->buckets[h] - 1;
    return -1;
}

static void learn(tw_json_node *node, int32_t k, const char *from, const char *to, int32_t field) {
    size_t length = (size_t)(to - from);
    if (k >= TW_JSON_SLOTS || length > TW_JSON_SLOT) return;
    if (k > node->nslots) return;
    tw_json_slot *slot = &node->slots[k];
    memset(slot->text, 0, sizeof slot->text);
    memset(slot->mask, 0, sizeof slot->mask);
    memcpy(slot->text, from, length);
    memset(slot->mask, 0xff, length);
    slot->length = (uint32_t)length;
    slot->field = field;
    if (k == node->nslots) node->nslots++;
}

const char *tw_json_key(tw_json *json, tw_json_node *node, const char *p, bool first, int32_t k, int32_t *field) {
    const char *start = p;
    tw_str name = {0};
    *field = -2;
    p = first ? p + 1 : tw_json_blanks(p);
    if (first) p = tw_json_blanks(p);
    if (*p == '}') return p + 1;
    if (!first) {
        if (*p == '\n') return tw_json_error(json, "the record ends in the middle");
        if (*p != ',') return tw_json_error(json, "expected ',' or '}' behind a value");
        p = tw_json_blanks(p + 1);
    }
    if (*p != '"') return tw_json_error(json, *p == '\n' ? "the record ends in the middle" : "expected a key");
    if (!(p = tw_json_string(json, p, &name))) return NULL;
    p = tw_json_blanks(p);
    if (*p != ':') return tw_json_error(json, "expected ':' behind a key");
    p = tw_json_blanks(p + 1);
    *field = find_field(node, name);
    learn(node, k, start, p, *field);
    return p;
}

const char *tw_json_missing(tw_json *json, tw_json_node *node, const char *p, uint64_t seen, int32_t row) {
    for (int32_t i = 0; i < node->nfields; i++) {
        if (node->seen ? tw_bit_get(node->seen, i) : seen >> i & 1) continue;
        if (json->fail_on_missing && !json->ignore_errors) return tw_json_error(json, "field '%.*s' is missing", TW_STR_ARG(node->names[i].name));
        tw_dcol_null(node->fields[i].column, row);
    }
    return p;
}
