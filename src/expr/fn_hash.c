/* MD5, SHA1, SHA2 and its kin, by OpenSSL: lower-case hexadecimal digits. */
#include <openssl/evp.h>

#include "expr/entries.h"
#include "expr/text.h"

typedef struct hasher {
    EVP_MD_CTX *ctx;
} hasher;

static void hasher_close(void *memo) { EVP_MD_CTX_free(((hasher *)memo)->ctx); }

static EVP_MD_CTX *hasher_of(tw_eval *eval, const tw_call *call) {
    hasher *h = tw_call_memo(eval, call, sizeof *h, hasher_close);
    if (!h) return NULL;
    if (!h->ctx) h->ctx = EVP_MD_CTX_new();
    if (!h->ctx) tw_eval_nomem(eval);
    return h->ctx;
}

/* False when memory is out. */
static bool hash_row(tw_eval *eval, EVP_MD_CTX *ctx, const EVP_MD *md, tw_str s, tw_column *out, int32_t row) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    if (!EVP_DigestInit_ex(ctx, md, NULL) || !EVP_DigestUpdate(ctx, s.data, s.length) || !EVP_DigestFinal_ex(ctx, digest, &length)) {
        tw_eval_nomem(eval);
        return false;
    }
    char *p = tw_out_room(eval, (size_t)length * 2);
    if (!p) return false;
    for (unsigned int k = 0; k < length; k++) {
        p[2 * k] = "0123456789abcdef"[digest[k] >> 4];
        p[2 * k + 1] = "0123456789abcdef"[digest[k] & 15];
    }
    tw_out_view(out, row, p, (size_t)length * 2);
    return true;
}

static inline void hash_rows(tw_eval *eval, const tw_call *call, tw_selection rows, const tw_column *arg, tw_column *out, const EVP_MD *md) {
    EVP_MD_CTX *ctx = hasher_of(eval, call);
    if (!ctx) return;
    TW_EACH(rows, i, if (!hash_row(eval, ctx, md, tw_arg_str(arg, i), out, i)) return;);
}

#define HASH(name)                                                                                \
    static void name(TW_KERNEL_ARGS) { hash_rows(eval, call, rows, args[0], out, EVP_##name()); } \
    TW_KERNEL_ENTRY(tw_kernel_##name, name)
HASH(md5)
HASH(sha1)
HASH(sha224)
HASH(sha256)
HASH(sha384)
HASH(sha512)

static const EVP_MD *sha2_of(int64_t bits) {
    switch (bits) {
    case 224: return EVP_sha224();
    case 256: return EVP_sha256();
    case 384: return EVP_sha384();
    case 512: return EVP_sha512();
    default: return NULL;
    }
}

static void sha2(TW_KERNEL_ARGS) {
    EVP_MD_CTX *ctx = hasher_of(eval, call);
    if (!ctx) return;
    TW_EACH(rows, i, {
        const EVP_MD *md = sha2_of(TW_ARG(int64_t, args[1], i));
        tw_out_view(out, i, "", 0);
        if (!md)
            tw_eval_fail(eval, call, i, TW_E_VALUE, "SHA2: the length must be 224, 256, 384 or 512 bits");
        else if (!hash_row(eval, ctx, md, tw_arg_str(args[0], i), out, i))
            return;
    });
}
TW_KERNEL_ENTRY(tw_kernel_sha2, sha2)
TW_BIND_ENTRY(tw_bind_sha2, "xl", &TW_TYPE_STRING)
