#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void tw_buf_init(tw_buf *buf, tw_mem *mem, size_t limit) { *buf = (tw_buf){.mem = mem, .limit = limit}; }

void tw_buf_free(tw_buf *buf) {
    tw_free(buf->mem, buf->data, buf->capacity);
    buf->data = NULL;
    buf->length = buf->capacity = 0;
    buf->failed = false;
}

tw_str tw_buf_finish(tw_buf *buf, tw_arena *arena) {
    jmp_buf *oom = arena->oom;
    arena->oom = NULL; /* nothing jumps over the buffer */
    tw_str text = {buf->failed ? NULL : tw_arena_strndup(arena, buf->data, buf->length), buf->length};
    arena->oom = oom;
    tw_buf_free(buf);
    if (!text.data && oom) longjmp(*oom, 1);
    return text;
}

static bool grow(tw_buf *buf, size_t need) {
    size_t capacity = buf->capacity ? buf->capacity * 2 : 256;
    if (capacity < need) capacity = need;
    if (buf->limit && capacity > buf->limit) capacity = need <= buf->limit ? buf->limit : 0;
    char *data = capacity ? tw_realloc(buf->mem, buf->data, buf->capacity, capacity) : NULL;
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

char *tw_buf_reserve(tw_buf *buf, size_t more) {
    if (buf->failed || more > SIZE_MAX / 2) return buf->failed = true, NULL;
    if (buf->capacity - buf->length < more && !grow(buf, buf->length + more)) return NULL;
    return buf->data + buf->length;
}

void tw_buf_append(tw_buf *buf, const void *bytes, size_t length) {
    if (length == 0) return;
    char *to = tw_buf_reserve(buf, length);
    if (!to) return;
    memcpy(to, bytes, length);
    buf->length += length;
}

/* "00" to "99" */
static const char PAIRS[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
                            "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
                            "9899";

int tw_int_format(char *out, int64_t v) {
    char text[20], *p = text + sizeof text;
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
    for (; rest >= 100; rest /= 100) memcpy(p -= 2, PAIRS + rest % 100 * 2, 2);
    if (rest >= 10)
        memcpy(p -= 2, PAIRS + rest * 2, 2);
    else
        *--p = (char)('0' + rest);
    if (v < 0) *--p = '-';
    size_t length = (size_t)(text + sizeof text - p);
    memcpy(out, p, length);
    return (int)length;
}

void tw_buf_int(tw_buf *buf, int64_t v) {
    char *to = tw_buf_reserve(buf, 20);
    if (to) buf->length += (size_t)tw_int_format(to, v);
}

void tw_buf_str(tw_buf *buf, tw_str text) { tw_buf_append(buf, text.data, text.length); }
void tw_buf_text(tw_buf *buf, const char *text) { tw_buf_append(buf, text, strlen(text)); }

void tw_buf_printf(tw_buf *buf, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *to = n < 0 ? NULL : tw_buf_reserve(buf, (size_t)n + 1);
    if (to) {
        vsnprintf(to, (size_t)n + 1, format, again);
        buf->length += (size_t)n;
    }
    va_end(again);
}

void tw_buf_u32(tw_buf *buf, uint32_t v) {
    unsigned char b[4];
    for (int i = 0; i < 4; i++) b[i] = (unsigned char)(v >> (8 * i));
    tw_buf_append(buf, b, sizeof b);
}

void tw_buf_u64(tw_buf *buf, uint64_t v) {
    unsigned char b[8];
    for (int i = 0; i < 8; i++) b[i] = (unsigned char)(v >> (8 * i));
    tw_buf_append(buf, b, sizeof b);
}

void tw_buf_varint(tw_buf *buf, uint64_t v) {
    unsigned char b[10];
    int n = 0;
    while (v >= 0x80) {
        b[n++] = (unsigned char)(v | 0x80);
        v >>= 7;
    }
    b[n++] = (unsigned char)v;
    tw_buf_append(buf, b, (size_t)n);
}

void tw_buf_bytes(tw_buf *buf, tw_str bytes) {
    tw_buf_varint(buf, bytes.length);
    tw_buf_str(buf, bytes);
}

const void *tw_read_raw(tw_reader *reader, size_t length) {
    if (reader->failed || (size_t)(reader->end - reader->next) < length) {
        reader->failed = true;
        return NULL;
    }
    const void *p = reader->next;
    reader->next += length;
    return p;
}

uint32_t tw_read_u32(tw_reader *reader) {
    const unsigned char *b = tw_read_raw(reader, 4);
    uint32_t v = 0;
    for (int i = 0; b && i < 4; i++) v |= (uint32_t)b[i] << (8 * i);
    return v;
}

uint64_t tw_read_u64(tw_reader *reader) {
    const unsigned char *b = tw_read_raw(reader, 8);
    uint64_t v = 0;
    for (int i = 0; b && i < 8; i++) v |= (uint64_t)b[i] << (8 * i);
    return v;
}

uint64_t tw_read_varint(tw_reader *reader) {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        const unsigned char *b = tw_read_raw(reader, 1);
        if (!b) return 0;
        v |= (uint64_t)(*b & 0x7f) << shift;
        if (!(*b & 0x80)) return v;
    }
    reader->failed = true;
    return 0;
}

tw_str tw_read_bytes(tw_reader *reader) {
    uint64_t length = tw_read_varint(reader);
    const char *p = tw_read_raw(reader, length > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)length);
    return p ? (tw_str){p, (size_t)length} : (tw_str){"", 0};
}
