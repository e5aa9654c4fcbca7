/* Regular expressions as Java writes them, run by PCRE2 with JIT under match limits.
 *
 * What differs from java.util.regex: character class union and intersection ([a-z&&[^b]], [a[bc]]) are refused; \b follows
 * ASCII words. Patterns and subjects are UTF-8; malformed bytes never match. */
#ifndef TW_EXPR_REGEX_H
#define TW_EXPR_REGEX_H

#include "expr/kernel.h"

typedef struct tw_regex tw_regex;

/* A match: byte offsets of group g at [2g], [2g + 1]; a group that took no part has TW_REGEX_NONE. */
#define TW_REGEX_NONE ((size_t)-1)
typedef struct tw_match {
    const size_t *offsets;
    int groups; /* of the pattern, without group 0 */
} tw_match;

/* What a call keeps: the pattern of a literal argument, and a small cache of others. */
typedef struct tw_regex_cache tw_regex_cache;
/* The cache of this call, closed with the program. NULL when out of memory (the run is marked). */
tw_regex_cache *tw_regex_cache_of(tw_eval *eval, const tw_call *call);
/* Writes a pattern in PCRE2's notation; false: it cannot be said there. */
typedef bool (*tw_regex_translate)(tw_str pattern, tw_buf *out);
bool tw_regex_from_java(tw_str pattern, tw_buf *out);
/* The compiled pattern; NULL when it is not well-formed or memory is out, and with *unsupported set when it cannot be
 * translated. Valid until the next call. One cache is used with one translation. */
tw_regex *tw_regex_get(tw_regex_cache *cache, tw_str pattern, tw_regex_translate translate, bool *unsupported);

int tw_regex_groups(const tw_regex *regex); /* without group 0 */

/* The first match at or behind byte `from`. 1: found, 0: none, -1: a limit was hit. The match lies in the cache's memory and is
 * overwritten by the next search. */
int tw_regex_find(tw_regex_cache *cache, tw_regex *regex, tw_str subject, size_t from, tw_match *match);
/* Where Matcher.find() goes on behind a match: its end, one character further when it was empty; past the end when done. */
size_t tw_regex_next(tw_str subject, const tw_match *match);

#endif
