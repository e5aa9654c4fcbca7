/* The bytes of a file: as they are, or decompressed while they are read (.gz with any number of members, .zst with any number of
 * frames). Memory is bounded by the input buffer and the library's window. */
#include <zlib.h>
#include <zstd.h>

#include "connector/filesystem/filesystem.h"

#define INPUT (128 << 10)

typedef enum coding { PLAIN, GZIP, ZSTD, INPUT_PIPE } coding;

struct tw_stream {
    tw_mem *mem;
    tw_file file;
    coding coding;
    int64_t size;   /* of the file */
    uint64_t taken; /* bytes read from the file */
    uint64_t given; /* bytes handed out */
    bool ended;     /* of the file */
    bool inside;    /* a member or frame has begun and not ended */
    z_stream z;
    ZSTD_DStream *zstd;
    char *input;
    size_t at, length; /* unread part of input */
};

static bool ends_with(const char *path, const char *ending) {
    size_t n = strlen(path), m = strlen(ending);
    return n > m && strcmp(path + n - m, ending) == 0;
}

static tw_status corrupt(const tw_stream *s, const char *what, tw_error *error) {
    return tw_fail(error, TW_E_CORRUPT, "\"%s\": %s near byte %llu of the file", s->file.path, what,
                   (unsigned long long)(s->taken - (s->length - s->at)));
}

static tw_status start_coding(tw_stream *s, tw_error *error) {
    if (s->coding == PLAIN) return TW_OK;
    s->input = tw_malloc(s->mem, INPUT);
    bool ok = s->input != NULL;
    if (ok && s->coding == GZIP) ok = inflateInit2(&s->z, 15 + 32) == Z_OK;
    if (ok && s->coding == ZSTD) {
        s->zstd = ZSTD_createDStream();
        ok = s->zstd && !ZSTD_isError(ZSTD_initDStream(s->zstd));
    }
    if (!ok) s->coding = s->input && s->zstd ? s->coding : PLAIN;
    return ok ? TW_OK : tw_fail(error, TW_E_NOMEM, "out of memory");
}

tw_status tw_stream_open(tw_mem *mem, const char *path, tw_stream **out, tw_error *error) {
    tw_file_info info;
    TW_TRY(tw_file_stat(path, &info, error));
    tw_stream *s = tw_calloc(mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = mem;
    s->size = info.size;
    tw_status status = tw_file_open(path, false, &s->file, error);
    if (status != TW_OK) {
        tw_free(mem, s, sizeof *s);
        return status;
    }
    if (ends_with(path, ".gz") || ends_with(path, ".gzip")) s->coding = GZIP;
    if (ends_with(path, ".zst") || ends_with(path, ".zstd")) s->coding = ZSTD;
    status = start_coding(s, error);
    if (status != TW_OK) {
        tw_stream_close(s);
        return status;
    }
    *out = s;
    return TW_OK;
}

tw_status tw_stream_stdin(tw_mem *mem, tw_stream **out, tw_error *error) {
    tw_stream *s = tw_calloc(mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = mem;
    s->coding = INPUT_PIPE;
    snprintf(s->file.path, sizeof s->file.path, "standard input");
    *out = s;
    return TW_OK;
}

void tw_stream_close(tw_stream *s) {
    if (s->coding == GZIP) inflateEnd(&s->z);
    if (s->zstd) ZSTD_freeDStream(s->zstd);
    if (s->input) tw_free(s->mem, s->input, INPUT);
    if (s->coding != INPUT_PIPE) tw_file_close(&s->file);
    tw_free(s->mem, s, sizeof *s);
}

static tw_status refill(tw_stream *s, tw_error *error) {
    if (s->at < s->length || s->ended) return TW_OK;
    s->at = 0;
    TW_TRY(tw_file_read(&s->file, s->input, INPUT, (int64_t)s->taken, &s->length, error));
    s->taken += s->length;
    s->ended = s->length == 0;
    return TW_OK;
}

static tw_status step_gzip(tw_stream *s, char *out, size_t size, size_t *got, tw_error *error) {
    s->z.next_in = (Bytef *)s->input + s->at;
    s->z.avail_in = (uInt)(s->length - s->at);
    s->z.next_out = (Bytef *)out;
    s->z.avail_out = (uInt)(size > 1 << 30 ? 1 << 30 : size);
    uInt room = s->z.avail_out;
    s->inside = true;
    int code = inflate(&s->z, Z_NO_FLUSH);
    s->at = s->length - s->z.avail_in;
    *got = room - s->z.avail_out;
    if (code == Z_STREAM_END) {
        s->inside = false;
        return inflateReset(&s->z) == Z_OK ? TW_OK : tw_fail(error, TW_E_INTERNAL, "zlib cannot be reset");
    }
    if (code == Z_MEM_ERROR) return tw_fail(error, TW_E_NOMEM, "out of memory");
    return code == Z_OK || code == Z_BUF_ERROR ? TW_OK : corrupt(s, "the gzip data is damaged", error);
}

static tw_status step_zstd(tw_stream *s, char *out, size_t size, size_t *got, tw_error *error) {
    ZSTD_inBuffer in = {s->input, s->length, s->at};
    ZSTD_outBuffer to = {out, size, 0};
    size_t left = ZSTD_decompressStream(s->zstd, &to, &in);
    s->at = in.pos;
    *got = to.pos;
    if (ZSTD_isError(left)) return corrupt(s, ZSTD_getErrorName(left), error);
    s->inside = left != 0;
    return TW_OK;
}

tw_status tw_stream_read(tw_stream *s, char *out, size_t size, size_t *got, tw_error *error) {
    *got = 0;
    if (s->coding == PLAIN) {
        TW_TRY(tw_file_read(&s->file, out, size, (int64_t)s->taken, got, error));
        s->taken += *got;
        s->given += *got;
        return TW_OK;
    }
    if (s->coding == INPUT_PIPE) {
        TW_TRY(tw_input_read(0, out, size, got, &s->ended, error));
        s->given += *got;
        return *got || s->ended ? TW_OK : TW_BLOCKED;
    }
    for (;;) {
        TW_TRY(refill(s, error));
        bool drained = s->ended && s->at == s->length;
        /* zstd may hold decompressed bytes after its input ended */
        if (drained && !s->inside) return TW_OK;
        TW_TRY(s->coding == GZIP ? step_gzip(s, out, size, got, error) : step_zstd(s, out, size, got, error));
        s->given += *got;
        if (*got) return TW_OK;
        if (drained && s->inside) return corrupt(s, "the compressed data ends early", error);
    }
}

tw_status tw_stream_seek(tw_stream *s, uint64_t offset, tw_error *error) {
    char scratch[16384];
    size_t got;
    if (s->coding == PLAIN && offset > 0) {
        if (offset > (uint64_t)s->size) return tw_fail(error, TW_E_CORRUPT, "\"%s\" is shorter than when it was read before", s->file.path);
        s->taken = s->given = offset;
        return TW_OK;
    }
    if (s->coding == INPUT_PIPE && offset > 0) return tw_fail(error, TW_E_UNSUPPORTED, "standard input cannot be read again");
    while (s->given < offset) {
        uint64_t left = offset - s->given;
        TW_TRY(tw_stream_read(s, scratch, left < sizeof scratch ? left : sizeof scratch, &got, error));
        if (got == 0) return tw_fail(error, TW_E_CORRUPT, "\"%s\" is shorter than when it was read before", s->file.path);
    }
    return TW_OK;
}

double tw_stream_progress(const tw_stream *s) {
    if (s->coding == INPUT_PIPE) return -1;
    return s->size > 0 ? (double)(s->taken - (s->length - s->at)) / (double)s->size : 1;
}
