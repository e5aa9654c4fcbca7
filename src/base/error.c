#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *sqlstate;
} STATUS[] = {
    {"OK", "00000"},
    {"MORE", "00000"},
    {"BLOCKED", "00000"},
    {"END", "00000"},
#define X(name, sqlstate, text) {#name, sqlstate},
#include "base/status.def"
#undef X
};
_Static_assert(sizeof STATUS / sizeof *STATUS == TW_STATUS_COUNT, "one row per status");

const char *tw_status_sqlstate(tw_status status) { return (unsigned)status < TW_STATUS_COUNT ? STATUS[status].sqlstate : "XX000"; }
const char *tw_status_name(tw_status status) { return (unsigned)status < TW_STATUS_COUNT ? STATUS[status].name : "UNKNOWN"; }

static tw_status fill(tw_error *error, tw_status status, tw_pos pos, const char *format, va_list args) {
    if (error) {
        error->status = status;
        error->retriable = false;
        error->pos = pos;
        error->detail[0] = error->hint[0] = 0;
        vsnprintf(error->message, sizeof error->message, format, args);
    }
    return status;
}

tw_status tw_fail(tw_error *error, tw_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fill(error, status, (tw_pos){0}, format, args);
    va_end(args);
    return status;
}

tw_status tw_fail_at(tw_error *error, tw_status status, tw_pos pos, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fill(error, status, pos, format, args);
    va_end(args);
    return status;
}

void tw_error_detail(tw_error *error, const char *format, ...) {
    if (!error) return;
    va_list args;
    va_start(args, format);
    vsnprintf(error->detail, sizeof error->detail, format, args);
    va_end(args);
}

void tw_error_hint(tw_error *error, const char *format, ...) {
    if (!error) return;
    va_list args;
    va_start(args, format);
    vsnprintf(error->hint, sizeof error->hint, format, args);
    va_end(args);
}

/* Appends to out[*length], never past size - 1. */
static void add(char *out, int size, int *length, const char *format, ...) TW_PRINTF(4, 5);
static void add(char *out, int size, int *length, const char *format, ...) {
    if (*length >= size - 1) return;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out + *length, (size_t)(size - *length), format, args);
    va_end(args);
    if (n > 0) *length += n < size - *length ? n : size - *length - 1;
}

/* The source line that `pos` lies in, with a caret below; tabs become one blank so that the caret stands right. */
static void add_source(char *out, int size, int *length, tw_pos pos, const char *source, int source_length) {
    if ((int64_t)pos.offset > source_length) return;
    int from = (int)pos.offset, to = (int)pos.offset;
    while (from > 0 && source[from - 1] != '\n') from--;
    while (to < source_length && source[to] != '\n' && source[to] != '\r') to++;
    int skip = (int)pos.offset - from > 100 ? (int)pos.offset - from - 80 : 0; /* very long lines: a window around the place */
    while (skip > 0 && ((unsigned char)source[from + skip] & 0xC0) == 0x80) skip--;
    from += skip;
    if (to - from > 160) to = from + 160;
    while (to > from && to < source_length && ((unsigned char)source[to] & 0xC0) == 0x80) to--;
    add(out, size, length, "  %5u | ", pos.line);
    for (int i = from; i < to; i++) add(out, size, length, "%c", source[i] == '\t' ? ' ' : source[i]);
    add(out, size, length, "\n        | ");
    for (int i = from; i < (int)pos.offset && i < to; i++)
        if (((unsigned char)source[i] & 0xC0) != 0x80) add(out, size, length, " ");
    add(out, size, length, "^");
    int end = (int)pos.offset + (int)pos.length;
    for (int i = (int)pos.offset + 1; i < end && i < to; i++)
        if (((unsigned char)source[i] & 0xC0) != 0x80) add(out, size, length, "~");
    add(out, size, length, "\n");
}

int tw_error_format(const tw_error *error, const char *source_name, const char *source, int source_length, char *out, int size) {
    int length = 0;
    if (size <= 0) return 0;
    out[0] = 0;
    if (source_name) add(out, size, &length, "%s:", source_name);
    if (error->pos.line)
        add(out, size, &length, source_name ? "%u:%u: " : "line %u, column %u: ", error->pos.line, error->pos.column);
    else if (source_name)
        add(out, size, &length, " ");
    add(out, size, &length, "error %s: %s\n", tw_status_sqlstate(error->status), error->message);
    if (error->pos.line && source) add_source(out, size, &length, error->pos, source, source_length);
    if (error->detail[0]) add(out, size, &length, "  detail: %s\n", error->detail);
    if (error->hint[0]) add(out, size, &length, "  hint: %s\n", error->hint);
    return length;
}

_Noreturn void tw_panic(const char *file, int line, const char *what) {
    fprintf(stderr, "thalweg: internal error at %s:%d: %s\n", file, line, what);
    abort();
}
