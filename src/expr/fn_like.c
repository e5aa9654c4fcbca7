/* LIKE [ESCAPE]: a pattern is cut at its % into segments of literal bytes and _, which are then looked for from left to right.
 * The compiled pattern is kept while it stays the same, so a literal is compiled once. */
#include "expr/entries.h"
#include "expr/text.h"

typedef struct token {
    const char *data;
    size_t length; /* 0: any one character */
} token;

typedef struct segment {
    token *tokens;
    int32_t count;
    int32_t singles; /* how many tokens are any one character */
    int64_t chars;   /* characters that the segment takes */
} segment;

typedef struct like {
    tw_mem *mem;
    char *key; /* escape character (NUL: none), pattern; then the literal bytes, tokens and segments: one block of `size` */
    size_t key_length, size;
    const char *wrong; /* the pattern is not valid */
    segment *segments;
    int32_t nsegments;         /* at least 1 */
    bool open_start, open_end; /* a % stands there */
} like;

static void like_close(void *memo) {
    like *l = memo;
    if (l->key) tw_free(l->mem, l->key, l->size);
}

static void add_literal(segment *s, char **text, const char *p, size_t n) {
    token *last = s->count ? &s->tokens[s->count - 1] : NULL;
    if (last && last->length && last->data + last->length == *text) {
        last->length += n;
    } else {
        s->tokens[s->count++] = (token){*text, n};
    }
    memcpy(*text, p, n);
    *text += n;
    s->chars++;
}

/* Starts the next segment behind what is written so far. */
static segment *add_segment(like *l, token *tokens) {
    segment *s = &l->segments[l->nsegments++];
    *s = (segment){.tokens = tokens};
    return s;
}

static void compile(like *l, tw_str pattern, char escape, char *text, token *tokens) {
    const char *p = pattern.data, *end = p + pattern.length;
    segment *s = add_segment(l, tokens);
    l->open_start = false;
    bool after_any = false;
    while (p < end) {
        size_t n = tw_char_bytes(p, end);
        bool escaped = escape && *p == escape;
        if (escaped) {
            if (++p == end || (*p != '_' && *p != '%' && *p != escape)) {
                l->wrong = "the escape character must stand before %, _ or itself";
                return;
            }
            n = 1;
        }
        bool any = !escaped && *p == '%', one = !escaped && *p == '_';
        if (any) {
            if (s->count == 0 && l->nsegments == 1) l->open_start = true;
        } else {
            if (after_any && s->count) s = add_segment(l, s->tokens + s->count);
            if (one)
                s->tokens[s->count++] = (token){NULL, 0}, s->singles++, s->chars++;
            else
                add_literal(s, &text, p, n);
        }
        after_any = any;
        p += n;
    }
    l->open_end = after_any;
}

/* Makes l stand for this pattern; false when memory is out. */
static bool prepare(like *l, tw_mem *mem, tw_str pattern, char escape) {
    if (l->key && l->key_length == pattern.length + 1 && l->key[0] == escape && memcmp(l->key + 1, pattern.data, pattern.length) == 0) return true;
    like_close(l);
    size_t n = pattern.length + 1, text = (2 * n + 15) & ~(size_t)15;
    size_t size = text + n * sizeof(token) + n * sizeof(segment);
    *l = (like){.mem = mem, .key = tw_malloc(mem, size), .key_length = n, .size = size};
    if (!l->key) return false;
    l->key[0] = escape;
    memcpy(l->key + 1, pattern.data, pattern.length);
    token *tokens = (token *)(void *)(l->key + text);
    l->segments = (segment *)(void *)(tokens + n);
    compile(l, pattern, escape, l->key + n, tokens);
    return true;
}

/* _ does not match an end of line: Flink runs it as a dot of a regular expression. */
static bool line_end(const char *p, size_t n) {
    return (n == 1 && (*p == '\n' || *p == '\r')) || (n == 2 && memcmp(p, "\xc2\x85", 2) == 0) ||
           (n == 3 && (memcmp(p, "\xe2\x80\xa8", 3) == 0 || memcmp(p, "\xe2\x80\xa9", 3) == 0));
}

/* Where a segment that begins at p ends, or NULL. */
static const char *match_at(const segment *s, const char *p, const char *end) {
    for (int32_t k = 0; k < s->count; k++) {
        const token *t = &s->tokens[k];
        if (t->length) {
            if ((size_t)(end - p) < t->length || memcmp(p, t->data, t->length) != 0) return NULL;
            p += t->length;
        } else {
            if (p == end || line_end(p, tw_char_bytes(p, end))) return NULL;
            p += tw_char_bytes(p, end);
        }
    }
    return p;
}

/* The end of the leftmost occurrence, or NULL. */
static const char *search(const segment *s, const char *p, const char *end) {
    if (s->count == 0) return p;
    const token *first = &s->tokens[0];
    for (;; p += tw_char_bytes(p, end)) {
        if (first->length && !(p = tw_text_find(p, end, (tw_str){first->data, first->length}))) return NULL;
        const char *after = match_at(s, p, end);
        if (after) return after;
        if (p == end) return NULL;
    }
}

static bool ends_so(const segment *s, const char *p, const char *end) {
    const char *from = s->singles == 0 && s->count <= 1 ? (s->count && (size_t)(end - p) >= s->tokens[0].length ? end - s->tokens[0].length
                                                           : s->count                                           ? NULL
                                                                                                                : end)
                                                        : tw_text_back(p, end, s->chars);
    return from && match_at(s, from, end) == end;
}

static bool matches(const like *l, tw_str s) {
    const char *p = s.data, *end = p + s.length;
    int32_t k = 0, last = l->nsegments - 1;
    if (!l->open_start) {
        p = match_at(&l->segments[0], p, end);
        if (!p) return false;
        if (last == 0) return l->open_end || p == end;
        k = 1;
    }
    for (; k < last || (k == last && l->open_end); k++)
        if (!(p = search(&l->segments[k], p, end))) return false;
    return k > last || ends_so(&l->segments[k], p, end);
}

static char escape_of(const tw_column *escape, int32_t row, const char **wrong) {
    tw_str e = escape ? tw_arg_str(escape, row) : TW_STR("");
    if (e.length > 1) *wrong = "the escape must be one ASCII character";
    return e.length ? e.data[0] : 0;
}

static void like_rows(TW_KERNEL_ARGS) {
    like *l = tw_call_memo(eval, call, sizeof *l, like_close);
    if (!l) return;
    const tw_column *escape = call->expr->nargs > 2 ? args[2] : NULL;
    bool fixed = args[1]->constant && (!escape || escape->constant), ready = false;
    const char *wrong = NULL;
    TW_EACH(rows, i, {
        if (!ready) {
            wrong = NULL;
            char e = escape_of(escape, i, &wrong);
            if (!prepare(l, eval->mem, tw_arg_str(args[1], i), e)) {
                tw_eval_nomem(eval);
                return;
            }
            if (!wrong) wrong = l->wrong;
            ready = fixed;
        }
        if (wrong) tw_eval_fail(eval, call, i, TW_E_VALUE, "LIKE: %s", wrong);
        TW_OUT(uint8_t, out, i) = !wrong && matches(l, tw_arg_str(args[0], i));
    });
}
TW_KERNEL_ENTRY(tw_kernel_like, like_rows)
