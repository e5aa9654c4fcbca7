/* Borrowed text: pointer and length, not NUL-terminated. Who owns the bytes is said where one is passed. */
#ifndef TW_BASE_STR_H
#define TW_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct tw_str {
    const char *data;
    size_t length;
} tw_str;

#define TW_STR(literal) ((tw_str){"" literal, sizeof(literal) - 1})
#define TW_STR_ARG(s)   (int)(s).length, (s).data /* for "%.*s" */

static inline tw_str tw_str_of(const char *text) { return (tw_str){text, text ? strlen(text) : 0}; }
static inline bool tw_str_equal(tw_str a, tw_str b) { return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0); }
/* ASCII letters compare without case. */
bool tw_str_equal_nocase(tw_str a, tw_str b);
/* Edits (insert, delete, replace, swap of neighbours; case differences cost nothing) between two names; for "did you mean".
 * Returns limit + 1 as soon as it is larger than limit. Names longer than 64 bytes count as different. */
int tw_str_distance(tw_str a, tw_str b, int limit);
/* The candidate nearest to `name`, or NULL when none is within a third of its length (at least 1, at most 4). */
const char *tw_str_nearest(tw_str name, const char *const *candidates, int count);

/* True when the bytes are well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). */
bool tw_utf8_valid(const char *text, size_t length);
/* Bytes before the first malformed one; `length` when there is none. */
size_t tw_utf8_valid_length(const char *text, size_t length);
/* Code points in well-formed UTF-8. */
size_t tw_utf8_length(const char *text, size_t length);
/* Byte offset of code point number `index` (or `length` when there are fewer). */
size_t tw_utf8_offset(const char *text, size_t length, size_t index);
/* Decodes one code point at text[*at], advancing *at; U+FFFD and one byte for a malformed one. */
uint32_t tw_utf8_next(const char *text, size_t length, size_t *at);
/* Writes 1 to 4 bytes, returns how many. */
int tw_utf8_put(char *out, uint32_t code_point);

#endif
