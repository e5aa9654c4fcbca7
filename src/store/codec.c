#include "store/codec.h"

#include <snappy-c.h>
#include <zlib.h>
#define LZ4F_STATIC_LINKING_ONLY
#include <lz4frame.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

/* ---- the libraries' memory, charged to a budget: the size stands before each piece, for its return ---- */

enum { SIZE_ROOM = 16 };

static void *counted_malloc(void *mem, size_t size) {
    char *p = tw_malloc(mem, size + SIZE_ROOM);
    if (!p) return NULL;
    memcpy(p, &size, sizeof size);
    return p + SIZE_ROOM;
}

static void *counted_calloc(void *mem, size_t size) {
    void *p = counted_malloc(mem, size);
    return p ? memset(p, 0, size) : NULL;
}

static void counted_free(void *mem, void *p) {
    size_t size;
    if (!p) return;
    memcpy(&size, (char *)p - SIZE_ROOM, sizeof size);
    tw_free(mem, (char *)p - SIZE_ROOM, size + SIZE_ROOM);
}

static voidpf zlib_malloc(voidpf mem, uInt items, uInt size) { return counted_malloc(mem, (size_t)items * size); }
static void zlib_free(voidpf mem, voidpf p) { counted_free(mem, p); }

static tw_status no_memory(tw_error *error) { return tw_fail(error, TW_E_NOMEM, "out of memory for compression"); }
static tw_status damaged(tw_error *error, const char *what) { return tw_fail(error, TW_E_CORRUPT, "damaged %s data in a record batch", what); }

/* ---- compressing ---- */

static tw_status pack_gzip(tw_str plain, tw_buf *out, tw_error *error) {
    z_stream z = {.zalloc = zlib_malloc, .zfree = zlib_free, .opaque = out->mem};
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return no_memory(error);
    size_t bound = deflateBound(&z, plain.length);
    char *to = tw_buf_reserve(out, bound);
    z.next_in = (Bytef *)(uintptr_t)plain.data;
    z.avail_in = (uInt)plain.length;
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)bound;
    bool done = to && deflate(&z, Z_FINISH) == Z_STREAM_END;
    if (done) out->length += z.total_out;
    deflateEnd(&z);
    return done ? TW_OK : no_memory(error);
}

static const char XERIAL[16] = "\x82SNAPPY\0\0\0\0\1\0\0\0\1";
enum { SNAPPY_BLOCK = 32 << 10 };

static void put32(char *to, uint32_t v) {
    for (int i = 0; i < 4; i++) to[i] = (char)(v >> (24 - 8 * i));
}

static uint32_t get32(const char *from) {
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) v = v << 8 | (unsigned char)from[i];
    return v;
}

static tw_status pack_snappy(tw_str plain, tw_buf *out, tw_error *error) {
    tw_buf_append(out, XERIAL, sizeof XERIAL);
    for (size_t at = 0; at < plain.length; at += SNAPPY_BLOCK) {
        size_t n = plain.length - at < SNAPPY_BLOCK ? plain.length - at : SNAPPY_BLOCK, size = snappy_max_compressed_length(n);
        char *to = tw_buf_reserve(out, 4 + size);
        if (!to || snappy_compress(plain.data + at, n, to + 4, &size) != SNAPPY_OK) return no_memory(error);
        put32(to, (uint32_t)size);
        out->length += 4 + size;
    }
    return out->failed ? no_memory(error) : TW_OK;
}

/* Kafka's own reader wants independent blocks. */
static tw_status pack_lz4(tw_str plain, tw_buf *out, tw_error *error) {
    const LZ4F_preferences_t how = {.frameInfo = {.blockMode = LZ4F_blockIndependent, .blockSizeID = LZ4F_max64KB}};
    size_t bound = LZ4F_compressFrameBound(plain.length, &how);
    char *to = tw_buf_reserve(out, bound);
    size_t size = to ? LZ4F_compressFrame(to, bound, plain.data, plain.length, &how) : 0;
    if (!to || LZ4F_isError(size)) return no_memory(error);
    out->length += size;
    return TW_OK;
}

static tw_status pack_zstd(tw_str plain, tw_buf *out, tw_error *error) {
    const ZSTD_customMem memory = {counted_malloc, counted_free, out->mem};
    size_t bound = ZSTD_compressBound(plain.length), size = 0;
    char *to = tw_buf_reserve(out, bound);
    ZSTD_CCtx *context = to ? ZSTD_createCCtx_advanced(memory) : NULL;
    bool done = context && !ZSTD_isError(size = ZSTD_compressCCtx(context, to, bound, plain.data, plain.length, ZSTD_CLEVEL_DEFAULT));
    ZSTD_freeCCtx(context);
    if (!done) return no_memory(error);
    out->length += size;
    return TW_OK;
}

tw_status tw_codec_compress(tw_compression compression, tw_str plain, tw_buf *out, tw_error *error) {
    switch (compression) {
    case TW_COMPRESSION_GZIP: return pack_gzip(plain, out, error);
    case TW_COMPRESSION_SNAPPY: return pack_snappy(plain, out, error);
    case TW_COMPRESSION_LZ4: return pack_lz4(plain, out, error);
    case TW_COMPRESSION_ZSTD: return pack_zstd(plain, out, error);
    case TW_COMPRESSION_NONE: break;
    }
    return tw_fail(error, TW_E_UNSUPPORTED, "compression %d of record batches is not known", (int)compression);
}

/* ---- decompressing ---- */

/* One call of a library: what it was given and, afterwards, what it used and made. */
typedef struct step {
    const char *in;
    char *out;
    size_t in_size, out_size;
} step;

/* Of a call: a frame is over, or it goes on, or it cannot. */
typedef enum outcome { ENDED, GOES_ON, DAMAGED, NO_MEMORY } outcome;
typedef outcome (*step_fn)(void *context, step *io);

static outcome step_gzip(void *context, step *io) {
    z_stream *z = context;
    z->next_in = (Bytef *)(uintptr_t)io->in;
    z->avail_in = (uInt)io->in_size;
    z->next_out = (Bytef *)io->out;
    z->avail_out = (uInt)io->out_size;
    int code = inflate(z, Z_NO_FLUSH);
    io->in_size -= z->avail_in;
    io->out_size -= z->avail_out;
    if (code == Z_STREAM_END) return inflateReset(z) == Z_OK ? ENDED : DAMAGED;
    return code == Z_OK || code == Z_BUF_ERROR ? GOES_ON : code == Z_MEM_ERROR ? NO_MEMORY : DAMAGED;
}

static outcome step_lz4(void *context, step *io) {
    size_t code = LZ4F_decompress(context, io->out, &io->out_size, io->in, &io->in_size, NULL);
    if (LZ4F_isError(code)) return LZ4F_getErrorCode(code) == LZ4F_ERROR_allocation_failed ? NO_MEMORY : DAMAGED;
    return code == 0 ? ENDED : GOES_ON;
}

static outcome step_zstd(void *context, step *io) {
    ZSTD_inBuffer in = {io->in, io->in_size, 0};
    ZSTD_outBuffer out = {io->out, io->out_size, 0};
    size_t code = ZSTD_decompressStream(context, &out, &in);
    io->in_size = in.pos;
    io->out_size = out.pos;
    if (ZSTD_isError(code)) return ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation ? NO_MEMORY : DAMAGED;
    return code == 0 ? ENDED : GOES_ON;
}

static tw_status over_limit(size_t limit, tw_error *error) {
    return tw_fail(error, TW_E_LIMIT, "a record batch holds more than %zu bytes uncompressed", limit);
}

/* Frames until the input is used up. */
static tw_status unpack(void *context, step_fn next, const char *name, tw_str packed, size_t limit, tw_buf *out, tw_error *error) {
    size_t at = 0, made = 0;
    for (;;) {
        size_t room = made < 65536 ? 65536 : made;
        if (room > limit - made) room = limit - made + 1; /* one more than is allowed, to see that there is more */
        char *to = tw_buf_reserve(out, room);
        if (!to) return no_memory(error);
        step io = {packed.data + at, to, packed.length - at, room};
        outcome came = next(context, &io);
        if (came == NO_MEMORY) return no_memory(error);
        if (came == DAMAGED) return damaged(error, name);
        at += io.in_size;
        made += io.out_size;
        out->length += io.out_size;
        if (made > limit) return over_limit(limit, error);
        bool used_up = at == packed.length;
        if (came == ENDED && used_up) return TW_OK;
        if (came == GOES_ON && io.out_size < room && (used_up || (io.in_size == 0 && io.out_size == 0))) return damaged(error, name);
    }
}

static tw_status unpack_gzip(tw_codec *codec, tw_str packed, size_t limit, tw_buf *out, tw_error *error) {
    z_stream z = {.zalloc = zlib_malloc, .zfree = zlib_free, .opaque = codec->mem};
    if (inflateInit2(&z, 15 + 16) != Z_OK) return no_memory(error);
    tw_status status = unpack(&z, step_gzip, "gzip", packed, limit, out, error);
    inflateEnd(&z);
    return status;
}

static tw_status unpack_lz4(tw_codec *codec, tw_str packed, size_t limit, tw_buf *out, tw_error *error) {
    const LZ4F_CustomMem memory = {counted_malloc, counted_calloc, counted_free, codec->mem};
    if (!codec->lz4) codec->lz4 = LZ4F_createDecompressionContext_advanced(memory, LZ4F_VERSION);
    if (!codec->lz4) return no_memory(error);
    LZ4F_resetDecompressionContext(codec->lz4);
    return unpack(codec->lz4, step_lz4, "lz4", packed, limit, out, error);
}

static tw_status unpack_zstd(tw_codec *codec, tw_str packed, size_t limit, tw_buf *out, tw_error *error) {
    const ZSTD_customMem memory = {counted_malloc, counted_free, codec->mem};
    if (!codec->zstd) codec->zstd = ZSTD_createDCtx_advanced(memory);
    if (!codec->zstd) return no_memory(error);
    ZSTD_DCtx_reset(codec->zstd, ZSTD_reset_session_only);
    return unpack(codec->zstd, step_zstd, "zstd", packed, limit, out, error);
}

static tw_status unpack_block(tw_str packed, size_t limit, tw_buf *out, tw_error *error) {
    size_t size;
    if (snappy_uncompressed_length(packed.data, packed.length, &size) != SNAPPY_OK) return damaged(error, "snappy");
    if (size > limit) return over_limit(limit, error);
    if (size / 64 > packed.length) return damaged(error, "snappy"); /* a copy of 3 bytes makes at most 64: no room for a false length */
    char *to = tw_buf_reserve(out, size + 1);
    if (!to) return no_memory(error);
    if (snappy_uncompress(packed.data, packed.length, to, &size) != SNAPPY_OK) return damaged(error, "snappy");
    out->length += size;
    return TW_OK;
}

static tw_status unpack_snappy(tw_codec *codec, tw_str packed, size_t limit, tw_buf *out, tw_error *error) {
    size_t begin = out->length, at = sizeof XERIAL;
    if (packed.length < sizeof XERIAL || memcmp(packed.data, XERIAL, 8) != 0) return unpack_block(packed, limit, out, error);
    while (at < packed.length) {
        size_t size = packed.length - at >= 4 ? get32(packed.data + at) : SIZE_MAX;
        if (size > packed.length - at - 4) return damaged(error, "snappy");
        TW_TRY(unpack_block((tw_str){packed.data + at + 4, size}, limit - (out->length - begin), out, error));
        at += 4 + size;
    }
    return TW_OK;
}

tw_status tw_codec_decompress(tw_codec *codec, tw_compression compression, tw_str packed, size_t limit, tw_buf *out, tw_error *error) {
    switch (compression) {
    case TW_COMPRESSION_GZIP: return unpack_gzip(codec, packed, limit, out, error);
    case TW_COMPRESSION_SNAPPY: return unpack_snappy(codec, packed, limit, out, error);
    case TW_COMPRESSION_LZ4: return unpack_lz4(codec, packed, limit, out, error);
    case TW_COMPRESSION_ZSTD: return unpack_zstd(codec, packed, limit, out, error);
    case TW_COMPRESSION_NONE: break;
    }
    return tw_fail(error, TW_E_UNSUPPORTED, "compression %d of record batches is not known", (int)compression);
}

void tw_codec_close(tw_codec *codec) {
    ZSTD_freeDCtx(codec->zstd);
    LZ4F_freeDecompressionContext(codec->lz4);
    codec->zstd = codec->lz4 = NULL;
}
