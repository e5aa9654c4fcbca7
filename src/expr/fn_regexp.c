/* REGEXP and its kin, SIMILAR TO, STR_TO_MAP. A pattern that is not well-formed gives NULL (REGEXP: FALSE), as in Flink; one that
 * PCRE2 cannot express fails the row. */
#include "expr/entries.h"
#include "expr/regex.h"
#include "expr/text.h"
#include "expr/text_list.h"

/* One call's work on a batch. */
typedef struct work {
    tw_eval *eval;
    const tw_call *call;
    tw_regex_cache *cache;
    tw_regex_translate translate;
    tw_regex *constant; /* of a pattern that is the same for the batch */
    bool fixed;
} work;

static tw_regex *pattern_of(work *w, tw_str pattern, int32_t row) {
    bool unsupported;
    tw_regex *regex = tw_regex_get(w->cache, pattern, w->translate, &unsupported);
    if (unsupported)
        tw_eval_fail(w->eval, w->call, row, TW_E_UNSUPPORTED, "%s: the pattern uses a class within a class, && or \\P in a class, or is too long",
                     w->call->expr->function->name);
    return regex;
}

static bool begin(work *w, tw_eval *eval, const tw_call *call, tw_selection rows, const tw_column *pattern) {
    *w = (work){.eval = eval, .call = call, .cache = tw_regex_cache_of(eval, call), .translate = tw_regex_from_java};
    if (!w->cache || rows.count == 0) return false;
    if (pattern->constant) {
        w->fixed = true;
        w->constant = pattern_of(w, tw_arg_str(pattern, 0), tw_selected(&rows, 0));
        if (!w->constant && call->expr->args[1]->kind != TW_EXPR_LITERAL) w->fixed = false;
    }
    return true;
}

static inline tw_regex *regex_for(work *w, const tw_column *pattern, int32_t row) {
    if (w->fixed && w->constant) return w->constant;
    return pattern_of(w, tw_arg_str(pattern, row), row);
}

/* As tw_regex_find; a limit fails the row and counts as no match. */
static bool find(work *w, tw_regex *regex, tw_str s, size_t from, int32_t row, tw_match *m) {
    int rc = tw_regex_find(w->cache, regex, s, from, m);
    if (rc < 0) tw_eval_fail(w->eval, w->call, row, TW_E_LIMIT, "%s: the pattern needs too many steps on this text", w->call->expr->function->name);
    return rc > 0;
}

static inline bool group(tw_str s, const tw_match *m, int64_t g, tw_str *out) {
    if (g < 0 || g > m->groups || m->offsets[2 * g] == TW_REGEX_NONE) return false;
    *out = (tw_str){s.data + m->offsets[2 * g], m->offsets[2 * g + 1] - m->offsets[2 * g]};
    return true;
}

/* ---- REGEXP ---- */

static void regexp(TW_KERNEL_ARGS) {
    work w;
    if (!begin(&w, eval, call, rows, args[1])) return;
    TW_EACH(rows, i, {
        tw_match m;
        tw_regex *regex = regex_for(&w, args[1], i);
        TW_OUT(uint8_t, out, i) = regex && tw_arg_str(args[1], i).length && find(&w, regex, tw_arg_str(args[0], i), 0, i, &m);
    });
}
TW_KERNEL_ENTRY(tw_kernel_regexp, regexp)

/* ---- REGEXP_COUNT, REGEXP_INSTR, REGEXP_SUBSTR, REGEXP_EXTRACT ---- */

static void regexp_count(TW_KERNEL_ARGS) {
    work w;
    if (!begin(&w, eval, call, rows, args[1])) return;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_regex *regex = regex_for(&w, args[1], i);
        tw_match m;
        int32_t n = 0;
        if (!regex) tw_out_null(out, i);
        for (size_t from = 0; regex && find(&w, regex, s, from, i, &m); from = tw_regex_next(s, &m)) n++;
        TW_OUT(int32_t, out, i) = n;
    });
}
TW_KERNEL_ENTRY(tw_kernel_regexp_count, regexp_count)

/* Java counts UTF-16 units. */
static int32_t units16(const char *p, const char *end) {
    int32_t n = tw_text_count(p, end);
    for (; p < end; p++) n += (unsigned char)*p >= 0xf0;
    return n;
}

static void regexp_instr(TW_KERNEL_ARGS) {
    work w;
    if (!begin(&w, eval, call, rows, args[1])) return;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_regex *regex = regex_for(&w, args[1], i);
        tw_match m;
        if (!regex) tw_out_null(out, i);
        bool found = regex && find(&w, regex, s, 0, i, &m);
        TW_OUT(int32_t, out, i) = found ? units16(s.data, s.data + m.offsets[0]) + 1 : 0;
    });
}
TW_KERNEL_ENTRY(tw_kernel_regexp_instr, regexp_instr)

static void regexp_extract(TW_KERNEL_ARGS) {
    work w;
    const int nargs = call->expr->nargs;
    if (!begin(&w, eval, call, rows, args[1])) return;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_regex *regex = regex_for(&w, args[1], i);
        tw_match m;
        tw_str part = {s.data, 0};
        bool found = regex && find(&w, regex, s, 0, i, &m) && group(s, &m, nargs > 2 ? TW_ARG(int64_t, args[2], i) : 0, &part);
        tw_out_view(out, i, part.data, part.length);
        if (!found) tw_out_null(out, i);
    });
}
TW_KERNEL_ENTRY(tw_kernel_regexp_extract, regexp_extract)

/* ---- REGEXP_EXTRACT_ALL ---- */

static void extract_all_row(work *w, tw_regex *regex, tw_str s, int64_t g, int32_t row, tw_text_list *list) {
    tw_match m;
    for (size_t from = 0; find(w, regex, s, from, row, &m); from = tw_regex_next(s, &m)) {
        tw_str part = {s.data, 0};
        bool there = group(s, &m, g, &part);
        tw_text_list_push(list, part, there);
    }
}

static void regexp_extract_all(TW_KERNEL_ARGS) {
    work w;
    const int nargs = call->expr->nargs;
    if (!begin(&w, eval, call, rows, args[1])) return;
    tw_text_list list;
    tw_text_list_begin(&list, eval);
    TW_EACH(rows, i, {
        tw_regex *regex = regex_for(&w, args[1], i);
        int64_t g = nargs > 2 ? TW_ARG(int64_t, args[2], i) : 1;
        if (regex && g >= 0 && g <= tw_regex_groups(regex))
            extract_all_row(&w, regex, tw_arg_str(args[0], i), g, i, &list);
        else
            tw_out_null(out, i);
        tw_text_list_row(&list);
    });
    tw_text_list_end(&list, rows, out);
}
TW_KERNEL_ENTRY(tw_kernel_regexp_extract_all, regexp_extract_all)
tw_status tw_bind_regexp_extract_all(tw_bind *bind) { return tw_bind_signature(bind, "ss|l", tw_type_array(bind->arena, &TW_TYPE_STRING)); }

/* ---- REGEXP_REPLACE: the replacement is taken literally ---- */

static void replace_row(work *w, tw_regex *regex, tw_str s, tw_str by, int32_t row, tw_buf *text) {
    tw_match m;
    size_t done = 0;
    for (size_t from = 0; find(w, regex, s, from, row, &m); from = tw_regex_next(s, &m)) {
        tw_buf_append(text, s.data + done, m.offsets[0] - done);
        tw_buf_str(text, by);
        done = m.offsets[1];
    }
    tw_buf_append(text, s.data + done, s.length - done);
}

static void regexp_replace(TW_KERNEL_ARGS) {
    work w;
    if (!begin(&w, eval, call, rows, args[1])) return;
    tw_buf text;
    tw_buf_init(&text, eval->mem, (size_t)TW_TEXT_MAX);
    TW_EACH(rows, i, {
        tw_regex *regex = regex_for(&w, args[1], i);
        tw_out_view(out, i, "", 0);
        if (!regex) {
            tw_out_null(out, i);
            continue;
        }
        tw_buf_clear(&text);
        replace_row(&w, regex, tw_arg_str(args[0], i), tw_arg_str(args[2], i), i, &text);
        if (text.failed)
            tw_eval_fail(eval, call, i, TW_E_LIMIT, "REGEXP_REPLACE: the result is too long");
        else
            tw_out_copy(eval, out, i, text.data ? text.data : "", text.length);
    });
    tw_buf_free(&text);
}
TW_KERNEL_ENTRY(tw_kernel_regexp_replace, regexp_replace)

TW_BIND_ENTRY(tw_bind_regexp_count, "ss", &TW_TYPE_INTEGER)
TW_BIND_ENTRY(tw_bind_regexp_substr, "ss", &TW_TYPE_STRING)
TW_BIND_ENTRY(tw_bind_regexp_extract, "ss|l", &TW_TYPE_STRING)
TW_BIND_ENTRY(tw_bind_regexp_replace, "sss", &TW_TYPE_STRING)

/* ---- SIMILAR TO ---- */

/* [:NAME:] in a SQL class, as ranges. */
static const char *similar_class(tw_str name) {
    static const char *const names[][2] = {{"ALPHA", "a-zA-Z"}, {"UPPER", "A-Z"},      {"LOWER", "a-z"},      {"DIGIT", "0-9"},
                                           {"SPACE", " "},      {"WHITESPACE", "\\s"}, {"ALNUM", "a-zA-Z0-9"}};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        if (tw_str_equal_nocase(name, tw_str_of(names[k][0]))) return names[k][1];
    return NULL;
}

/* Inside [...]: *p at what follows '['. False when it is not well-formed. */
static bool similar_enumeration(const char **p, const char *end, uint32_t escape, tw_buf *out) {
    tw_buf_byte(out, '[');
    while (*p < end) {
        char c = *(*p)++;
        if (c == ']') {
            tw_buf_byte(out, ']');
            return true;
        }
        if (escape && (unsigned char)c == escape && *p < end) {
            tw_buf_byte(out, '\\');
            tw_buf_byte(out, *(*p)++);
        } else if (c == '[' && *p < end && **p == ':') {
            const char *close = memmem(*p, (size_t)(end - *p), ":]", 2);
            const char *ranges = close ? similar_class((tw_str){*p + 1, (size_t)(close - *p - 1)}) : NULL;
            if (!ranges) return false;
            tw_buf_text(out, ranges);
            *p = close + 2;
        } else {
            if (c == '\\' || c == '[') tw_buf_byte(out, '\\');
            tw_buf_byte(out, c);
        }
    }
    return false;
}

/* The key of the cache is the escape character (NUL: none), then the pattern. */
static bool similar_translate(tw_str key, tw_buf *out) {
    uint32_t escape = (unsigned char)key.data[0];
    const char *p = key.data + 1, *end = key.data + key.length;
    tw_buf_text(out, "\\A(?:");
    while (p < end) {
        char c = *p++;
        if (escape && (unsigned char)c == escape) {
            if (p == end || (!strchr("[]()|^-+*_%?{}", *p) && *p != c)) return false;
            if (strchr("[]()|^-+*?{}$\\.", *p)) tw_buf_byte(out, '\\');
            tw_buf_byte(out, *p++);
        } else if (c == '_') {
            tw_buf_byte(out, '.');
        } else if (c == '%') {
            tw_buf_text(out, "(?s:.*)");
        } else if (c == '[') {
            if (!similar_enumeration(&p, end, escape, out)) return false;
        } else {
            if (c == '\\' || c == '$') tw_buf_byte(out, '\\');
            tw_buf_byte(out, c);
        }
    }
    tw_buf_text(out, ")\\z");
    return true;
}

static tw_regex *similar_pattern(work *w, tw_str pattern, tw_str escape, int32_t row) {
    bool unsupported;
    char *key = tw_arena_alloc(w->eval->arena, pattern.length + 1);
    if (!key) {
        tw_eval_nomem(w->eval);
        return NULL;
    }
    key[0] = escape.length ? escape.data[0] : 0;
    memcpy(key + 1, pattern.data, pattern.length);
    tw_regex *regex = NULL;
    if (escape.length <= 1) regex = tw_regex_get(w->cache, (tw_str){key, pattern.length + 1}, similar_translate, &unsupported);
    if (!regex) tw_eval_fail(w->eval, w->call, row, TW_E_VALUE, "SIMILAR TO: the pattern or its escape is not valid");
    return regex;
}

static void similar(TW_KERNEL_ARGS) {
    work w = {.eval = eval, .call = call, .cache = tw_regex_cache_of(eval, call)};
    if (!w.cache) return;
    const tw_column *escape = call->expr->nargs > 2 ? args[2] : NULL;
    bool fixed = args[1]->constant && (!escape || escape->constant);
    tw_regex *regex = NULL;
    TW_EACH(rows, i, {
        tw_match m;
        if (!regex || !fixed) regex = similar_pattern(&w, tw_arg_str(args[1], i), escape ? tw_arg_str(escape, i) : TW_STR(""), i);
        TW_OUT(uint8_t, out, i) = regex && find(&w, regex, tw_arg_str(args[0], i), 0, i, &m);
    });
}
TW_KERNEL_ENTRY(tw_kernel_similar, similar)
TW_BIND_ENTRY(tw_bind_like, "ss|s", &TW_TYPE_BOOLEAN)

/* ---- STR_TO_MAP: both delimiters are patterns ---- */

typedef struct pair {
    tw_str key, value;
    bool has_value;
} pair;

/* Reads the next piece of Java's String.split; false at the end. The next one begins at *at and is looked for from *from, which is
 * further on behind an empty match; both begin at 0. */
static bool split_next(work *w, tw_regex *regex, tw_str s, size_t *at, size_t *from, int32_t row, tw_str *piece) {
    tw_match m;
    if (*at > s.length) return false;
    while (regex && find(w, regex, s, *from, row, &m)) {
        *from = tw_regex_next(s, &m);
        if (m.offsets[1] == 0 || (m.offsets[1] == m.offsets[0] && m.offsets[0] >= s.length)) continue; /* no empty piece in front, none behind */
        *piece = (tw_str){s.data + *at, m.offsets[0] - *at};
        *at = m.offsets[1];
        return true;
    }
    *piece = (tw_str){s.data + *at, s.length - *at};
    *at = s.length + 1;
    return true;
}

static void put_pair(pair *pairs, int32_t *count, pair p) {
    for (int32_t k = 0; k < *count; k++) {
        if (!tw_str_equal(pairs[k].key, p.key)) continue;
        pairs[k] = p;
        return;
    }
    pairs[(*count)++] = p;
}

static pair split_pair(work *w, tw_regex *regex, tw_str text, int32_t row) {
    size_t at = 0, from = 0;
    tw_str key;
    split_next(w, regex, text, &at, &from, row, &key);
    if (at > text.length) return (pair){text, {text.data, 0}, false};
    return (pair){key, {text.data + at, text.length - at}, true};
}

/* At most one pair per byte and one more. */
static int32_t parse_map(work *w, tw_str s, tw_str pair_pattern, tw_str value_pattern, int32_t row, pair *pairs) {
    int32_t count = 0;
    tw_str piece;
    size_t at = 0, from = 0;
    int32_t empty = 0; /* empty pieces count only when something follows them */
    if (s.length == 0) return 0;
    while (at <= s.length) {
        tw_regex *regex = pattern_of(w, pair_pattern, row);
        if (!split_next(w, regex, s, &at, &from, row, &piece)) break;
        if (piece.length == 0) {
            empty++;
            continue;
        }
        if (empty) put_pair(pairs, &count, (pair){{s.data, 0}, {s.data, 0}, false});
        empty = 0;
        put_pair(pairs, &count, split_pair(w, pattern_of(w, value_pattern, row), piece, row));
    }
    return count;
}

static void write_pairs(tw_list_out *list, const pair *pairs, int32_t count) {
    for (int32_t k = 0; k < count; k++) {
        int32_t at = tw_list_push(list);
        ((tw_sview *)list->items[0].values)[at] = tw_sview_make(pairs[k].key.data, pairs[k].key.length);
        ((tw_sview *)list->items[1].values)[at] = tw_sview_make(pairs[k].value.data, pairs[k].value.length);
        if (!pairs[k].has_value) tw_out_null(&list->items[1], at);
    }
}

static void str_to_map(TW_KERNEL_ARGS) {
    work w = {.eval = eval, .call = call, .cache = tw_regex_cache_of(eval, call), .translate = tw_regex_from_java};
    const int nargs = call->expr->nargs;
    int64_t total = 0, longest = 0;
    if (!w.cache) return;
    TW_EACH(rows, i, {
        int64_t n = (int64_t)tw_arg_str(args[0], i).length + 1;
        total += n;
        if (n > longest) longest = n;
    });
    tw_list_out list;
    pair *pairs = tw_arena_alloc(eval->arena, (size_t)longest * sizeof *pairs + 1);
    if (!pairs || total > INT32_MAX) {
        tw_eval_nomem(eval);
        return;
    }
    if (!tw_list_begin(&list, eval, out, (int32_t)total)) return;
    TW_EACH(rows, i, {
        tw_list_row(&list, i);
        tw_str by = nargs > 1 ? tw_arg_str(args[1], i) : TW_STR(",");
        tw_str is = nargs > 2 ? tw_arg_str(args[2], i) : TW_STR("=");
        write_pairs(&list, pairs, parse_map(&w, tw_arg_str(args[0], i), by, is, i, pairs));
    });
    tw_list_end(&list);
}
TW_KERNEL_ENTRY(tw_kernel_str_to_map, str_to_map)
tw_status tw_bind_str_to_map(tw_bind *bind) { return tw_bind_signature(bind, "s|ss", tw_type_map(bind->arena, &TW_TYPE_STRING, &TW_TYPE_STRING)); }
