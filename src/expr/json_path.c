/* Paths of json.h: the part of JsonPath that needs no filter and no function. */
#include <strings.h>

#include "expr/json.h"

/* ---- compiling ---- */

typedef struct scan {
    tw_json_path *path;
    const char *p, *end;
    size_t used; /* of path->text */
} scan;

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* Takes "lax" or "strict" and the blanks behind it off the front. */
static void read_mode(scan *s) {
    const char *p = s->p;
    while (p < s->end && blank(*p)) p++;
    size_t left = (size_t)(s->end - p), n = left >= 3 && strncasecmp(p, "lax", 3) == 0 ? 3 : left >= 6 && strncasecmp(p, "strict", 6) == 0 ? 6 : 0;
    if (!n || left == n || !blank(p[n])) return;
    s->path->lax = n == 3;
    for (p += n; p < s->end && blank(*p);) p++;
    s->p = p;
}

static tw_json_step *add_step(scan *s, tw_json_step_kind kind, bool deep) {
    tw_json_path *path = s->path;
    if (path->count == TW_JSON_STEPS || (deep && ++path->deep_steps > 2)) { /* .. thrice would be cubic */
        path->error = TW_PATH_UNSUPPORTED;
        return NULL;
    }
    tw_json_step *step = &path->steps[path->count++];
    *step = (tw_json_step){.kind = kind, .deep = deep, .at = (uint16_t)s->used};
    if (deep || kind == TW_STEP_SLICE || kind == TW_STEP_ANY) path->definite = false;
    return step;
}

static void put_name_byte(scan *s, tw_json_step *step, char c) {
    if (s->used == TW_JSON_PATH_TEXT) {
        s->path->error = TW_PATH_UNSUPPORTED;
        return;
    }
    s->path->text[s->used++] = c;
    step->length++;
}

/* .name or .* */
static bool read_dotted(scan *s, bool deep) {
    if (s->p < s->end && *s->p == '*') {
        s->p++;
        return add_step(s, TW_STEP_ANY, deep) != NULL;
    }
    tw_json_step *step = add_step(s, TW_STEP_NAME, deep);
    while (step && s->p < s->end && *s->p != '.' && *s->p != '[') {
        if (*s->p == ' ') return false;
        if (*s->p == '(') s->path->error = TW_PATH_UNSUPPORTED;
        put_name_byte(s, step, *s->p++);
    }
    return step && step->length > 0;
}

/* ['name'] behind the bracket */
static bool read_quoted(scan *s, bool deep) {
    char quote = *s->p++;
    tw_json_step *step = add_step(s, TW_STEP_NAME, deep);
    while (step && s->p < s->end && *s->p != quote) {
        if (*s->p == '\\' && s->p + 1 < s->end) s->p++;
        put_name_byte(s, step, *s->p++);
    }
    if (!step || s->p >= s->end) return false;
    s->p++;
    while (s->p < s->end && blank(*s->p)) s->p++;
    if (s->p < s->end && *s->p == ',') s->path->error = TW_PATH_UNSUPPORTED;
    return s->p < s->end && *s->p++ == ']';
}

static bool read_integer(scan *s, int64_t *v) {
    bool negative = s->p < s->end && *s->p == '-';
    const char *from = s->p += negative;
    for (*v = 0; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++)
        if (*v < INT32_MAX) *v = *v * 10 + (*s->p - '0');
    if (negative) *v = -*v;
    return s->p > from;
}

/* [n], [a:b], [*] behind the bracket */
static bool read_bracket(scan *s, bool deep) {
    while (s->p < s->end && blank(*s->p)) s->p++;
    if (s->p >= s->end) return false;
    if (*s->p == '\'' || *s->p == '"') return read_quoted(s, deep);
    if (*s->p == '?' || *s->p == '(' || *s->p == '@') {
        s->path->error = TW_PATH_UNSUPPORTED;
        return true;
    }
    if (*s->p == '*') {
        s->p++;
        return add_step(s, TW_STEP_ANY, deep) && s->p < s->end && *s->p++ == ']';
    }
    int64_t from = 0, to = 0;
    bool has_from = read_integer(s, &from);
    bool slice = s->p < s->end && *s->p == ':';
    if (slice) s->p++;
    bool has_to = slice && read_integer(s, &to);
    if (s->p < s->end && *s->p == ',') s->path->error = TW_PATH_UNSUPPORTED;
    if (s->path->error) return true;
    if ((!has_from && !has_to) || s->p >= s->end || *s->p++ != ']') return false;
    tw_json_step *step = add_step(s, slice ? TW_STEP_SLICE : TW_STEP_INDEX, deep);
    if (!step) return false;
    step->from = from;
    step->to = to;
    step->has_to = has_to;
    return true;
}

static bool read_step(scan *s) {
    bool deep = false;
    if (*s->p == '[') {
        s->p++;
        return read_bracket(s, false);
    }
    if (*s->p++ != '.') return false;
    if (s->p < s->end && *s->p == '.') {
        deep = true;
        s->p++;
        if (s->p < s->end && *s->p == '[') {
            s->p++;
            return read_bracket(s, true);
        }
    }
    return read_dotted(s, deep);
}

void tw_json_path_compile(tw_json_path *path, tw_str text) {
    *path = (tw_json_path){.definite = true};
    scan s = {path, text.data, text.data + text.length, 0};
    read_mode(&s);
    while (s.end > s.p && blank(s.end[-1])) s.end--;
    while (s.p < s.end && blank(*s.p)) s.p++;
    bool ok = s.p < s.end;
    if (ok && *s.p == '$')
        s.p++;
    else if (ok)
        ok = *s.p == '[' || read_dotted(&s, false);
    while (ok && s.p < s.end && path->error == TW_PATH_OK) ok = read_step(&s);
    if (!ok && path->error == TW_PATH_OK) path->error = TW_PATH_INVALID;
}

/* ---- picking ---- */

typedef struct pick {
    const tw_json_path *path;
    const tw_json *json;
    tw_buf *picked;
} pick;

static bool pick_from(const pick *p, int32_t step, uint32_t n);

/* The next element of an array, or value of an object, behind child `k` (0: the first). */
static uint32_t next_child(const tw_json *json, uint32_t n, uint32_t k) {
    bool object = TW_JSON_NODE(json, n)->kind == TW_JSON_OBJECT;
    uint32_t next = k ? TW_JSON_NODE(json, k)->end : n + 1;
    if (next >= TW_JSON_NODE(json, n)->end) return 0;
    return object ? next + 1 : next;
}

static int64_t array_length(const tw_json *json, uint32_t n) {
    int64_t length = 0;
    for (uint32_t k = next_child(json, n, 0); k; k = next_child(json, n, k)) length++;
    return length;
}

static uint32_t element(const tw_json *json, uint32_t n, int64_t index) {
    if (TW_JSON_NODE(json, n)->kind != TW_JSON_ARRAY) return 0;
    if (index < 0) index += array_length(json, n);
    if (index < 0) return 0;
    uint32_t k = next_child(json, n, 0);
    while (k && index-- > 0) k = next_child(json, n, k);
    return k;
}

static void pick_slice(const pick *p, int32_t at, uint32_t n) {
    const tw_json_step *step = &p->path->steps[at];
    if (TW_JSON_NODE(p->json, n)->kind != TW_JSON_ARRAY) return;
    int64_t length = array_length(p->json, n), from = step->from, to = step->has_to ? step->to : length, index = 0;
    if (from < 0) from = from + length < 0 ? 0 : from + length;
    if (to < 0) to += length;
    for (uint32_t k = next_child(p->json, n, 0); k; k = next_child(p->json, n, k), index++)
        if (index >= from && index < to) pick_from(p, at + 1, k);
}

/* One step at node n itself. */
static bool apply(const pick *p, int32_t at, uint32_t n) {
    const tw_json_step *step = &p->path->steps[at];
    const tw_json_node *node = TW_JSON_NODE(p->json, n);
    uint32_t k = 0;
    switch (step->kind) {
    case TW_STEP_NAME:
        if (node->kind == TW_JSON_OBJECT) k = tw_json_member(p->json, n, (tw_str){p->path->text + step->at, step->length});
        return k && pick_from(p, at + 1, k);
    case TW_STEP_INDEX: k = element(p->json, n, step->from); return k && pick_from(p, at + 1, k);
    case TW_STEP_SLICE: pick_slice(p, at, n); return true;
    default:
        if (node->kind >= TW_JSON_ARRAY)
            for (k = next_child(p->json, n, 0); k; k = next_child(p->json, n, k)) pick_from(p, at + 1, k);
        return true;
    }
}

/* Steps from `at` on, at node n. Recursion is as deep as the document at most. */
static bool pick_from(const pick *p, int32_t at, uint32_t n) {
    if (at == p->path->count) {
        tw_buf_append(p->picked, &n, sizeof n);
        return true;
    }
    if (!p->path->steps[at].deep) return apply(p, at, n);
    for (uint32_t k = n; k < TW_JSON_NODE(p->json, n)->end; k++) /* the node and all below it; keys match nothing */
        if (TW_JSON_NODE(p->json, k)->kind >= TW_JSON_ARRAY) apply(p, at, k);
    return true;
}

bool tw_json_path_pick(const tw_json_path *path, const tw_json *json, tw_buf *picked) {
    pick p = {path, json, picked};
    bool found = pick_from(&p, 0, 0);
    return found || !path->definite;
}
