/* Status codes and the caller-owned error record.
 *
 * A function that can fail returns tw_status and takes a `tw_error *`, which it fills once on failure; nothing on the error
 * path allocates. The record says what happened (message), the particulars (detail), what to do (hint), where (pos), and
 * whether the same call may succeed later (retriable). Messages read as PostgreSQL's: lower case, no full stop. */
#ifndef TW_BASE_ERROR_H
#define TW_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum tw_status {
    TW_OK = 0,
    TW_MORE,    /* not an error: an operator holds output that its receiver must take first, see operator/operator.h */
    TW_BLOCKED, /* not an error: as TW_MORE, but nothing can be done until a channel has room or I/O completes */
    TW_END,     /* not an error: no further input will come */
#define X(name, sqlstate, text) TW_E_##name,
#include "base/status.def"
#undef X
    TW_STATUS_COUNT
} tw_status;

/* A place in a script: byte offset, and line and column counted from 1 (columns in code points). line 0: nowhere. */
typedef struct tw_pos {
    uint32_t offset;
    uint32_t line;
    uint32_t column;
    uint32_t length; /* bytes to underline, 0 for a caret alone */
} tw_pos;

typedef struct tw_error {
    tw_status status;
    bool retriable;
    tw_pos pos;
    char message[512];
    char detail[512];
    char hint[256];
} tw_error;

#if defined(__GNUC__)
#define TW_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define TW_PRINTF(fmt, args)
#endif

/* Fills *error (which may be NULL) and returns `status`, so that callers write `return tw_fail(...)`. Clears detail, hint
 * and pos. */
tw_status tw_fail(tw_error *error, tw_status status, const char *format, ...) TW_PRINTF(3, 4);
tw_status tw_fail_at(tw_error *error, tw_status status, tw_pos pos, const char *format, ...) TW_PRINTF(4, 5);
/* Add to an error already filled. Both do nothing on NULL. */
void tw_error_detail(tw_error *error, const char *format, ...) TW_PRINTF(2, 3);
void tw_error_hint(tw_error *error, const char *format, ...) TW_PRINTF(2, 3);

/* Five characters, e.g. "42601"; "00000" for what is no error. */
const char *tw_status_sqlstate(tw_status status);
const char *tw_status_name(tw_status status);
static inline bool tw_is_error(tw_status status) { return status > TW_END; }

/* Prints the error as a user sees it: "error 42601 at line 3, column 9: ...", the line of `source` it points into with a
 * caret under it, then detail and hint. `source` may be NULL. Writes at most `size` bytes and a NUL; returns the length. */
int tw_error_format(const tw_error *error, const char *source_name, const char *source, int source_length, char *out, int size);

#define TW_TRY(expression)                                  \
    do {                                                    \
        tw_status tw_try_status_ = (expression);            \
        if (tw_try_status_ != TW_OK) return tw_try_status_; \
    } while (0)

/* Asserts stay on in release builds. */
_Noreturn void tw_panic(const char *file, int line, const char *what);
#define TW_ASSERT(condition) ((condition) ? (void)0 : tw_panic(__FILE__, __LINE__, #condition))
#define TW_LIKELY(x)         __builtin_expect(!!(x), 1)
#define TW_UNLIKELY(x)       __builtin_expect(!!(x), 0)

#endif
