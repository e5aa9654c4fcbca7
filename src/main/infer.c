#include "main/infer.h"

#include <string.h>

#include "data/datetime.h"
#include "data/decimal.h"
#include "expr/json.h"

enum { COLUMNS_MAX = 1000 };

/* --- shapes --- */

static tw_shape *child_of(tw_inference *in, tw_shape *parent, tw_str name) {
    int n = 0;
    for (tw_shape *c = parent->children; c; c = c->next, n++)
        if (tw_str_equal(c->name, name)) return c;
    if (n >= COLUMNS_MAX) return NULL;
    tw_shape *c = TW_NEW(in->arena, tw_shape);
    char *copy = c ? tw_arena_strndup(in->arena, name.data, name.length) : NULL;
    if (!copy) return NULL;
    *c = (tw_shape){.name = {copy, name.length}, .low = INT64_MAX, .high = INT64_MIN};
    if (parent->last)
        parent->last->next = c;
    else
        parent->children = c;
    return parent->last = c;
}

static void see_integer(tw_shape *s, int64_t v) {
    s->seen |= TW_SHAPE_INTEGER;
    if (v < s->low) s->low = v;
    if (v > s->high) s->high = v;
}

static void see_number(tw_shape *s, tw_str text) {
    int64_t v;
    if (tw_int_parse(text, INT64_MIN, INT64_MAX, &v))
        see_integer(s, v);
    else
        s->seen |= TW_SHAPE_NUMBER;
}

static bool is_date(tw_str t) {
    int32_t days;
    return t.length == 10 && t.data[4] == '-' && t.data[7] == '-' && tw_date_parse(t, &days);
}

static void see_text(tw_shape *s, tw_str text) {
    tw_str t = text;
    tw_ts ts;
    bool instant = t.length > 19 && t.data[t.length - 1] == 'Z';
    if (instant) t.length--;
    if (t.length >= 19 && (t.data[10] == ' ' || t.data[10] == 'T') && tw_timestamp_parse(t, &ts)) {
        bool iso = t.data[10] == 'T';
        s->seen |= instant ? TW_SHAPE_INSTANT : iso ? TW_SHAPE_ISO : TW_SHAPE_TIMESTAMP;
        int digits = t.length > 20 ? (int)t.length - 20 : 0;
        if (digits > s->precision) s->precision = digits > 9 ? 9 : digits;
    } else {
        s->seen |= is_date(text) ? TW_SHAPE_DATE : TW_SHAPE_TEXT;
    }
}

/* --- JSON --- */

static void see_json(tw_inference *in, const tw_json *json, uint32_t n, tw_shape *s, int depth);

static void see_object(tw_inference *in, const tw_json *json, uint32_t n, tw_shape *s, int depth) {
    tw_buf name;
    s->seen |= TW_SHAPE_ROW;
    tw_buf_init(&name, in->arena->mem, 0);
    for (uint32_t k = n + 1; k < TW_JSON_NODE(json, n)->end;) {
        tw_buf_clear(&name);
        tw_json_scalar_text(json, k, &name);
        tw_shape *c = child_of(in, s, (tw_str){name.data ? name.data : "", name.length});
        uint32_t value = k + 1;
        if (c) see_json(in, json, value, c, depth + 1);
        k = TW_JSON_NODE(json, value)->end;
    }
    tw_buf_free(&name);
}

static void see_array(tw_inference *in, const tw_json *json, uint32_t n, tw_shape *s, int depth) {
    s->seen |= TW_SHAPE_ARRAY;
    tw_shape *element = child_of(in, s, TW_STR(""));
    for (uint32_t k = n + 1; element && k < TW_JSON_NODE(json, n)->end; k = TW_JSON_NODE(json, k)->end) see_json(in, json, k, element, depth + 1);
}

static void see_json(tw_inference *in, const tw_json *json, uint32_t n, tw_shape *s, int depth) {
    const tw_json_node *node = TW_JSON_NODE(json, n);
    tw_buf text;
    if (depth > 32) {
        s->seen |= TW_SHAPE_TEXT;
        return;
    }
    switch (node->kind) {
    case TW_JSON_NULL: return;
    case TW_JSON_TRUE:
    case TW_JSON_FALSE: s->seen |= TW_SHAPE_BOOLEAN; return;
    case TW_JSON_OBJECT: see_object(in, json, n, s, depth); return;
    case TW_JSON_ARRAY: see_array(in, json, n, s, depth); return;
    default: break;
    }
    tw_buf_init(&text, in->arena->mem, 0);
    tw_json_scalar_text(json, n, &text);
    tw_str value = {text.data ? text.data : "", text.length};
    if (node->kind == TW_JSON_NUMBER)
        see_number(s, value);
    else
        see_text(s, value);
    tw_buf_free(&text);
}

static bool see_json_line(tw_inference *in, tw_str line) {
    tw_json json = {0};
    tw_buf_init(&json.nodes, in->arena->mem, 0);
    bool good = tw_json_parse(&json, line) && TW_JSON_NODE(&json, 0)->kind == TW_JSON_OBJECT;
    if (good) see_object(in, &json, 0, &in->root, 0);
    tw_buf_free(&json.nodes);
    return good;
}

/* --- CSV --- */

/* The next field of a line, quotes taken off where they enclose it; false at the end. */
static bool next_field(tw_str *line, char delimiter, tw_str *out, bool *more) {
    if (!*more) return false;
    bool quoted = line->length && line->data[0] == '"';
    size_t i = quoted;
    while (i < line->length && (quoted ? line->data[i] != '"' : line->data[i] != delimiter)) i++;
    *out = (tw_str){line->data + quoted, i - quoted};
    while (i < line->length && line->data[i] != delimiter) i++;
    *more = i < line->length;
    line->data += i + *more;
    line->length -= i + *more;
    return true;
}

static char find_delimiter(tw_str line) {
    static const char CANDIDATES[] = ",;\t|";
    char best = ',';
    size_t most = 0;
    for (int c = 0; CANDIDATES[c]; c++) {
        size_t n = 0;
        for (size_t i = 0; i < line.length; i++) n += line.data[i] == CANDIDATES[c];
        if (n > most) most = n, best = CANDIDATES[c];
    }
    return best;
}

static bool is_name(tw_str field) {
    int64_t v;
    double d;
    if (field.length == 0 || field.length > 64 || is_date(field)) return false;
    return !tw_int_parse(field, INT64_MIN, INT64_MAX, &v) && !tw_double_parse(field, &d) && !(field.data[0] >= '0' && field.data[0] <= '9');
}

/* The first line: names, when every field could be one; else the columns are c1, c2, ... */
static void see_csv_head(tw_inference *in, tw_str line) {
    tw_str rest = line, field;
    bool more = true;
    in->delimiter = find_delimiter(line);
    in->header = true;
    while (next_field(&rest, in->delimiter, &field, &more)) in->header &= is_name(field);
    rest = line;
    more = true;
    for (int n = 1; next_field(&rest, in->delimiter, &field, &more); n++) {
        const char *made = tw_arena_printf(in->arena, "c%d", n);
        child_of(in, &in->root, in->header || !made ? field : tw_str_of(made));
    }
}

static void see_csv_field(tw_shape *s, tw_str field) {
    double d;
    int64_t v;
    if (field.length == 0) return;
    if (tw_int_parse(field, INT64_MIN, INT64_MAX, &v))
        see_integer(s, v);
    else if (tw_double_parse(field, &d))
        s->seen |= TW_SHAPE_NUMBER;
    else if (tw_str_equal_nocase(field, TW_STR("true")) || tw_str_equal_nocase(field, TW_STR("false")))
        s->seen |= TW_SHAPE_BOOLEAN;
    else
        see_text(s, field);
}

static bool see_csv_line(tw_inference *in, tw_str line) {
    tw_str field;
    bool more = true;
    for (tw_shape *c = in->root.children; c; c = c->next) {
        if (!next_field(&line, in->delimiter, &field, &more)) return false;
        see_csv_field(c, field);
    }
    return true;
}

bool tw_infer_line(tw_inference *in, tw_str line) {
    if (in->records++ == 0) {
        in->csv = line.length == 0 || line.data[0] != '{';
        if (in->csv) {
            see_csv_head(in, line);
            return in->header || see_csv_line(in, line);
        }
    }
    return in->csv ? see_csv_line(in, line) : see_json_line(in, line);
}

/* --- types --- */

static bool is_time(const tw_shape *s) {
    return s->seen && !(s->seen & ~(uint32_t)(TW_SHAPE_TIMESTAMP | TW_SHAPE_ISO | TW_SHAPE_INSTANT)) && (s->seen & (s->seen - 1)) == 0;
}

/* Integers that are moments between 2001 and 2100. */
static int unit_of(const tw_shape *s) {
    if (s->seen != TW_SHAPE_INTEGER) return 0;
    if (s->low >= INT64_C(1000000000) && s->high < INT64_C(4102444800)) return 1000;
    if (s->low >= INT64_C(1000000000000) && s->high < INT64_C(4102444800000)) return 1;
    return 0;
}

const tw_shape *tw_infer_time(const tw_inference *in, int *unit_ms) {
    *unit_ms = 0;
    for (const tw_shape *c = in->root.children; c; c = c->next)
        if (is_time(c)) return c;
    for (const tw_shape *c = in->root.children; c; c = c->next)
        if ((*unit_ms = unit_of(c)) != 0) return c;
    return NULL;
}

static void print_type(tw_buf *out, const tw_shape *s, bool event_time);

static void print_row(tw_buf *out, const tw_shape *s) {
    tw_buf_text(out, "ROW<");
    for (const tw_shape *c = s->children; c; c = c->next) {
        tw_buf_printf(out, "%s`%.*s` ", c == s->children ? "" : ", ", TW_STR_ARG(c->name));
        print_type(out, c, false);
    }
    tw_buf_byte(out, '>');
}

static void print_type(tw_buf *out, const tw_shape *s, bool event_time) {
    int precision = event_time || s->precision <= 3 ? 3 : s->precision <= 6 ? 6 : 9;
    if (is_time(s))
        tw_buf_printf(out, "%s(%d)", s->seen == TW_SHAPE_INSTANT ? "TIMESTAMP_LTZ" : "TIMESTAMP", precision);
    else if (s->seen == TW_SHAPE_BOOLEAN)
        tw_buf_text(out, "BOOLEAN");
    else if (s->seen == TW_SHAPE_INTEGER)
        tw_buf_text(out, "BIGINT");
    else if (s->seen && !(s->seen & ~(uint32_t)(TW_SHAPE_INTEGER | TW_SHAPE_NUMBER)))
        tw_buf_text(out, "DOUBLE");
    else if (s->seen == TW_SHAPE_DATE)
        tw_buf_text(out, "DATE");
    else if (s->seen == TW_SHAPE_ROW && s->children)
        print_row(out, s);
    else if (s->seen == TW_SHAPE_ARRAY && s->children) {
        tw_buf_text(out, "ARRAY<");
        print_type(out, s->children, false);
        tw_buf_byte(out, '>');
    } else
        tw_buf_text(out, "STRING");
}

static bool any_iso(const tw_shape *s) {
    if (is_time(s) && s->seen != TW_SHAPE_TIMESTAMP) return true;
    for (const tw_shape *c = s->children; c; c = c->next)
        if (any_iso(c)) return true;
    return false;
}

static void print_interval(tw_buf *out, int64_t ms) {
    if (ms % 1000 == 0)
        tw_buf_printf(out, "INTERVAL '%lld' SECOND%s", (long long)(ms / 1000), ms >= 100000 ? "(9)" : "");
    else
        tw_buf_printf(out, "INTERVAL '%lld.%03lld' SECOND%s", (long long)(ms / 1000), (long long)(ms % 1000), ms >= 100000 ? "(9)" : "");
}

static void print_time(const tw_inference *in, tw_buf *out, int64_t delay_ms) {
    int unit;
    const tw_shape *time = tw_infer_time(in, &unit);
    if (!time) return;
    if (unit) tw_buf_printf(out, ",\n  event_time AS TO_TIMESTAMP_LTZ(`%.*s`, %d)", TW_STR_ARG(time->name), unit == 1 ? 3 : 0);
    tw_str column = unit ? TW_STR("event_time") : time->name;
    tw_buf_printf(out, ",\n  WATERMARK FOR `%.*s` AS `%.*s` - ", TW_STR_ARG(column), TW_STR_ARG(column));
    print_interval(out, delay_ms);
}

static void print_text(tw_buf *out, tw_str text) {
    tw_buf_byte(out, '\'');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\'') tw_buf_byte(out, '\'');
        tw_buf_byte(out, text.data[i]);
    }
    tw_buf_byte(out, '\'');
}

void tw_infer_print(const tw_inference *in, tw_buf *out, tw_str name, tw_str path, int64_t delay_ms) {
    int unit;
    const tw_shape *time = tw_infer_time(in, &unit);
    tw_buf_printf(out, "CREATE TABLE `%.*s` (\n", TW_STR_ARG(name));
    for (const tw_shape *c = in->root.children; c; c = c->next) {
        tw_buf_printf(out, "%s  `%.*s` ", c == in->root.children ? "" : ",\n", TW_STR_ARG(c->name));
        print_type(out, c, c == time);
    }
    print_time(in, out, delay_ms);
    tw_buf_text(out, "\n) WITH (\n  'connector' = 'filesystem',\n  'path' = ");
    print_text(out, path);
    tw_buf_printf(out, ",\n  'format' = '%s'", in->csv ? "csv" : "json");
    if (in->csv && in->delimiter != ',')
        tw_buf_printf(out, ",\n  'csv.field-delimiter' = '%s'", in->delimiter == '\t' ? "\\t" : (char[]){in->delimiter, 0});
    if (in->csv && in->header) tw_buf_text(out, ",\n  'csv.ignore-first-line' = 'true'");
    if (in->csv) tw_buf_text(out, ",\n  'csv.empty-string-as-null' = 'true'");
    if (!in->csv && any_iso(&in->root)) tw_buf_text(out, ",\n  'json.timestamp-format.standard' = 'ISO-8601'");
    tw_buf_text(out, "\n);\n");
}
