/* A byte buffer that grows, with a limit. A failed append sets `failed`, keeps what was there and makes every later append
 * do nothing, so that a writer checks once at its end. */
#ifndef TW_BASE_BUF_H
#define TW_BASE_BUF_H

#include "base/mem.h"
#include "base/str.h"

/* An integer in decimal: at most 20 bytes, no NUL; returns the length. */
int tw_int_format(char *out, int64_t v);

typedef struct tw_buf {
    tw_mem *mem;
    char *data;
    size_t length;
    size_t capacity;
    size_t limit; /* bytes, 0 for none but the budget's */
    bool failed;
} tw_buf;

void tw_buf_init(tw_buf *buf, tw_mem *mem, size_t limit);
void tw_buf_free(tw_buf *buf);
/* Ends a text that is made for an arena: moves it there, NUL-terminated, and frees the buffer, even when there is no more memory: then
 * `data` is NULL, or the arena's `oom` jump is taken. */
tw_str tw_buf_finish(tw_buf *buf, tw_arena *arena);
static inline void tw_buf_clear(tw_buf *buf) {
    buf->length = 0;
    buf->failed = false;
}
/* Makes room for `more` bytes behind length and returns the place, or NULL. Length is the caller's to advance. */
char *tw_buf_reserve(tw_buf *buf, size_t more);
void tw_buf_append(tw_buf *buf, const void *bytes, size_t length);
static inline void tw_buf_byte(tw_buf *buf, char byte) {
    if (buf->length == buf->capacity || buf->failed) {
        if (!tw_buf_reserve(buf, 1)) return;
    }
    buf->data[buf->length++] = byte;
}
void tw_buf_int(tw_buf *buf, int64_t v); /* in decimal */
void tw_buf_str(tw_buf *buf, tw_str text);
void tw_buf_text(tw_buf *buf, const char *text);
void tw_buf_printf(tw_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Little-endian fixed and LEB128 variable integers, for the plan's and the state's binary forms. */
void tw_buf_u32(tw_buf *buf, uint32_t v);
void tw_buf_u64(tw_buf *buf, uint64_t v);
void tw_buf_varint(tw_buf *buf, uint64_t v);
void tw_buf_bytes(tw_buf *buf, tw_str bytes); /* varint length, then the bytes */

/* The reading side. A read past the end sets `failed` and gives zeros. */
typedef struct tw_reader {
    const char *next, *end;
    bool failed;
} tw_reader;

uint32_t tw_read_u32(tw_reader *reader);
uint64_t tw_read_u64(tw_reader *reader);
uint64_t tw_read_varint(tw_reader *reader);
tw_str tw_read_bytes(tw_reader *reader); /* borrows from the reader's bytes */
const void *tw_read_raw(tw_reader *reader, size_t length);

#endif
