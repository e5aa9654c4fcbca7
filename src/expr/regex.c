/* PCRE2 behind regex.h: translation of Java's notation, the cache, limits. */
#include "expr/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/hash.h"
#include "expr/text.h"

enum {
    CACHE_SLOTS = 16,
    PATTERN_MAX = 64 * 1024,
    MATCH_LIMIT = 10 * 1000 * 1000,
    HEAP_LIMIT_KIB = 16 * 1024,
    JIT_STACK_MAX = 1024 * 1024,
};

struct tw_regex {
    pcre2_code *code;
    pcre2_match_data *data;
    int groups;
};

typedef struct slot {
    bool used;
    tw_str pattern;   /* owned */
    tw_regex regex;   /* code NULL: not well-formed, */
    bool unsupported; /* or this */
} slot;

struct tw_regex_cache {
    tw_mem *mem;
    pcre2_general_context *general;
    pcre2_compile_context *compile;
    pcre2_match_context *match;
    pcre2_jit_stack *stack;
    slot slots[CACHE_SLOTS];
};

/* PCRE2's allocations, charged to the budget: the size stands in front. */
static void *charge(PCRE2_SIZE size, void *mem) {
    size_t *block = tw_malloc(mem, size + 16);
    if (!block) return NULL;
    *block = size + 16;
    return (char *)block + 16;
}
static void discharge(void *p, void *mem) {
    if (!p) return;
    size_t *block = (size_t *)((char *)p - 16);
    tw_free(mem, block, *block);
}

static void slot_clear(tw_regex_cache *cache, slot *s) {
    if (!s->used) return;
    pcre2_match_data_free(s->regex.data);
    pcre2_code_free(s->regex.code);
    tw_free(cache->mem, (char *)s->pattern.data, s->pattern.length + 1);
    memset(s, 0, sizeof *s);
}

static void cache_close(void *memo) {
    tw_regex_cache *cache = memo;
    for (int k = 0; k < CACHE_SLOTS; k++) slot_clear(cache, &cache->slots[k]);
    if (cache->stack) pcre2_jit_stack_free(cache->stack);
    if (cache->match) pcre2_match_context_free(cache->match);
    if (cache->compile) pcre2_compile_context_free(cache->compile);
    if (cache->general) pcre2_general_context_free(cache->general);
}

static bool cache_open(tw_regex_cache *cache, tw_mem *mem) {
    cache->mem = mem;
    cache->general = pcre2_general_context_create(charge, discharge, mem);
    if (!cache->general) return false;
    cache->compile = pcre2_compile_context_create(cache->general);
    cache->match = pcre2_match_context_create(cache->general);
    cache->stack = pcre2_jit_stack_create(32 * 1024, JIT_STACK_MAX, cache->general);
    if (!cache->compile || !cache->match) return false;
    pcre2_set_newline(cache->compile, PCRE2_NEWLINE_ANY);
    pcre2_set_max_pattern_length(cache->compile, PATTERN_MAX);
    pcre2_set_match_limit(cache->match, MATCH_LIMIT);
    pcre2_set_heap_limit(cache->match, HEAP_LIMIT_KIB);
    if (cache->stack) pcre2_jit_stack_assign(cache->match, NULL, cache->stack);
    return true;
}

tw_regex_cache *tw_regex_cache_of(tw_eval *eval, const tw_call *call) {
    tw_regex_cache *cache = tw_call_memo(eval, call, sizeof *cache, cache_close);
    if (!cache || cache->match) return cache;
    if (cache_open(cache, eval->mem)) return cache;
    tw_eval_nomem(eval);
    return NULL;
}

/* ---- Java's notation ---- */

/* \p{Alpha} and its kin are POSIX classes of ASCII in Java. */
static const char *posix_class(tw_str name) {
    static const char *const names[][2] = {
        {"Lower", "a-z"},       {"Upper", "A-Z"},        {"ASCII", "\\x00-\\x7f"},   {"Alpha", "a-zA-Z"},           {"Digit", "0-9"},
        {"Alnum", "a-zA-Z0-9"}, {"XDigit", "0-9a-fA-F"}, {"Blank", " \\t"},          {"Cntrl", "\\x00-\\x1f\\x7f"}, {"Space", " \\t\\n\\x0b\\f\\r"},
        {"Graph", "!-~"},       {"Print", " -~"},        {"Punct", "!-/:-@\\[-`{-~"}};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        if (tw_str_equal(name, tw_str_of(names[k][0]))) return names[k][1];
    return NULL;
}

/* Unicode properties by Java's names, in PCRE2's. */
static tw_str unicode_property(tw_str name) {
    if (name.length > 2 && memcmp(name.data, "Is", 2) == 0) name.data += 2, name.length -= 2;
    if (tw_str_equal(name, TW_STR("Alphabetic"))) return TW_STR("L");
    if (tw_str_equal(name, TW_STR("Letter"))) return TW_STR("L");
    if (tw_str_equal(name, TW_STR("Uppercase"))) return TW_STR("Lu");
    if (tw_str_equal(name, TW_STR("Lowercase"))) return TW_STR("Ll");
    if (tw_str_equal(name, TW_STR("Digit"))) return TW_STR("Nd");
    if (tw_str_equal(name, TW_STR("Punctuation"))) return TW_STR("P");
    if (tw_str_equal(name, TW_STR("White_Space"))) return TW_STR("Z");
    return name;
}

/* \p{..} or \P{..} at *p; advances past it. False: leave it to PCRE2. */
static bool translate_property(const char **p, const char *end, bool in_class, tw_buf *out) {
    bool negated = (*p)[1] == 'P';
    if (end - *p < 5 || (*p)[2] != '{') return false;
    const char *close = memchr(*p, '}', (size_t)(end - *p));
    if (!close) return false;
    tw_str name = {*p + 3, (size_t)(close - *p - 3)};
    const char *posix = posix_class(name);
    if (posix && in_class && negated) return false;
    if (posix)
        tw_buf_printf(out, in_class ? "%s%s" : negated ? "[^%s%s]" : "[%s%s]", posix, "");
    else
        tw_buf_printf(out, "\\%c{%.*s}", negated ? 'P' : 'p', TW_STR_ARG(unicode_property(name)));
    *p = close + 1;
    return true;
}

/* Copies \Q..\E as it is. */
static bool translate_quote(const char **p, const char *end, tw_buf *out) {
    if ((*p)[1] != 'Q') return false;
    const char *close = memmem(*p, (size_t)(end - *p), "\\E", 2);
    const char *to = close ? close + 2 : end;
    tw_buf_append(out, *p, (size_t)(to - *p));
    *p = to;
    return true;
}

bool tw_regex_from_java(tw_str pattern, tw_buf *out) {
    bool in_class = false;
    const char *p = pattern.data, *end = p + pattern.length, *class_start = NULL;
    while (p < end) {
        if (*p == '\\' && p + 1 < end) {
            if (translate_quote(&p, end, out)) continue;
            if ((p[1] == 'p' || p[1] == 'P') && translate_property(&p, end, in_class, out)) continue;
            size_t n = 1 + tw_char_bytes(p + 1, end);
            tw_buf_append(out, p, n);
            p += n;
            continue;
        }
        if (in_class && (*p == '[' || (*p == '&' && p + 1 < end && p[1] == '&'))) return false;
        if (!in_class && *p == '[') {
            in_class = true;
            tw_buf_byte(out, *p++);
            if (p < end && *p == '^') tw_buf_byte(out, *p++);
            class_start = p;
            continue;
        }
        if (in_class && *p == ']' && p != class_start) in_class = false;
        tw_buf_byte(out, *p++);
    }
    return true;
}

/* ---- compiling and matching ---- */

static void compile(tw_regex_cache *cache, tw_str pattern, tw_regex *regex) {
    int error;
    PCRE2_SIZE where;
    uint32_t groups = 0;
    regex->code = pcre2_compile((PCRE2_SPTR)(pattern.data ? pattern.data : ""), pattern.length,
                                PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, &error, &where, cache->compile);
    if (!regex->code) return;
    pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE); /* without JIT the interpreter runs */
    pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &groups);
    regex->groups = (int)groups;
    regex->data = pcre2_match_data_create_from_pattern(regex->code, cache->general);
    if (regex->data) return;
    pcre2_code_free(regex->code);
    regex->code = NULL;
}

static bool fill(tw_regex_cache *cache, slot *s, tw_str pattern, tw_regex_translate translate) {
    slot_clear(cache, s);
    char *copy = tw_malloc(cache->mem, pattern.length + 1);
    if (!copy) return false;
    memcpy(copy, pattern.data, pattern.length);
    s->used = true;
    s->pattern = (tw_str){copy, pattern.length};
    tw_buf text;
    tw_buf_init(&text, cache->mem, 4 * (size_t)PATTERN_MAX);
    s->unsupported = pattern.length > PATTERN_MAX || !translate(pattern, &text) || text.failed;
    if (!s->unsupported) compile(cache, (tw_str){text.data, text.length}, &s->regex);
    tw_buf_free(&text);
    return true;
}

/* Two places for each pattern, so that two patterns of one call never drive each other out. */
static slot *slot_of(tw_regex_cache *cache, tw_str pattern) {
    uint64_t at = tw_hash_bytes(pattern.data, pattern.length, 0) % CACHE_SLOTS;
    slot *first = &cache->slots[at], *second = &cache->slots[at ^ 1];
    if (first->used && tw_str_equal(first->pattern, pattern)) return first;
    if (second->used && tw_str_equal(second->pattern, pattern)) return second;
    return first->used && !second->used ? second : first;
}

tw_regex *tw_regex_get(tw_regex_cache *cache, tw_str pattern, tw_regex_translate translate, bool *unsupported) {
    slot *s = slot_of(cache, pattern);
    *unsupported = false;
    if (!(s->used && tw_str_equal(s->pattern, pattern)) && !fill(cache, s, pattern, translate)) return NULL;
    *unsupported = s->unsupported;
    return s->regex.code ? &s->regex : NULL;
}

int tw_regex_groups(const tw_regex *regex) { return regex->groups; }

int tw_regex_find(tw_regex_cache *cache, tw_regex *regex, tw_str subject, size_t from, tw_match *match) {
    if (from > subject.length) return 0;
    int rc = pcre2_match(regex->code, (PCRE2_SPTR)(subject.data ? subject.data : ""), subject.length, from, 0, regex->data, cache->match);
    if (rc == PCRE2_ERROR_NOMATCH) return 0;
    if (rc < 0) return -1;
    match->offsets = pcre2_get_ovector_pointer(regex->data);
    match->groups = regex->groups;
    return 1;
}

size_t tw_regex_next(tw_str subject, const tw_match *match) {
    size_t end = match->offsets[1];
    if (end > match->offsets[0]) return end;
    if (end >= subject.length) return subject.length + 1;
    return end + tw_char_bytes(subject.data + end, subject.data + subject.length);
}
