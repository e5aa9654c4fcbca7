/* Comparing, testing and hashing values of any type.
 *
 * Equality here is that of grouping: NULL equals NULL, NaN equals NaN. Hashes agree with it. */
#include "data/column.h"

#include "data/hashing.h"

int tw_sview_compare(const tw_sview *a, const tw_sview *b) {
    uint32_t n = a->length < b->length ? a->length : b->length;
    int c = memcmp(tw_sview_data(a), tw_sview_data(b), n);
    return c ? c : (a->length > b->length) - (a->length < b->length);
}

static int compare_double(double a, double b) {
    if (a < b) return -1;
    if (a > b) return 1;
    if (a == b) return 0;
    return (a != a) - (b != b); /* NaN is the largest */
}

#define ORDER(x, y) (((x) > (y)) - ((x) < (y)))
#define AT(T, c, i) (((const T *)(c)->values)[i])

static int compare_range(const tw_column *a, int64_t ai, int64_t an, const tw_column *b, int64_t bi, int64_t bn) {
    for (int64_t k = 0; k < an && k < bn; k++) {
        int c = tw_value_compare(a, ai + k, b, bi + k);
        if (c) return c;
    }
    return ORDER(an, bn);
}

static int compare_map(const tw_column *a, int64_t i, const tw_column *b, int64_t j) {
    int32_t an = a->offsets[i + 1] - a->offsets[i], bn = b->offsets[j + 1] - b->offsets[j];
    for (int32_t k = 0; k < an && k < bn; k++) {
        int c = tw_value_compare(&a->children[0], a->offsets[i] + k, &b->children[0], b->offsets[j] + k);
        if (!c) c = tw_value_compare(&a->children[1], a->offsets[i] + k, &b->children[1], b->offsets[j] + k);
        if (c) return c;
    }
    return ORDER(an, bn);
}

int tw_value_compare(const tw_column *a, int64_t i, const tw_column *b, int64_t j) {
    if (a->constant) i = 0;
    if (b->constant) j = 0;
    bool an = tw_column_null(a, i), bn = tw_column_null(b, j);
    if (an || bn) return (int)bn - (int)an;
    switch (a->phys) {
    case TW_PHYS_NONE: return 0;
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: return ORDER(AT(int8_t, a, i), AT(int8_t, b, j));
    case TW_PHYS_I16: return ORDER(AT(int16_t, a, i), AT(int16_t, b, j));
    case TW_PHYS_I32: return ORDER(AT(int32_t, a, i), AT(int32_t, b, j));
    case TW_PHYS_I64: return ORDER(AT(int64_t, a, i), AT(int64_t, b, j));
    case TW_PHYS_I128: return ORDER(AT(tw_i128, a, i), AT(tw_i128, b, j));
    case TW_PHYS_F32: return compare_double(AT(float, a, i), AT(float, b, j));
    case TW_PHYS_F64: return compare_double(AT(double, a, i), AT(double, b, j));
    case TW_PHYS_TS: {
        tw_ts x = AT(tw_ts, a, i), y = AT(tw_ts, b, j);
        return x.ms != y.ms ? ORDER(x.ms, y.ms) : ORDER(x.ns, y.ns);
    }
    case TW_PHYS_STR: return tw_sview_compare(&AT(tw_sview, a, i), &AT(tw_sview, b, j));
    case TW_PHYS_LIST:
        return compare_range(&a->children[0], a->offsets[i], a->offsets[i + 1] - a->offsets[i], &b->children[0], b->offsets[j],
                             b->offsets[j + 1] - b->offsets[j]);
    case TW_PHYS_MAP: return compare_map(a, i, b, j);
    case TW_PHYS_STRUCT:
        for (int32_t k = 0; k < a->nchildren && k < b->nchildren; k++) {
            int c = tw_value_compare(&a->children[k], i, &b->children[k], j);
            if (c) return c;
        }
        return 0;
    }
    return 0;
}

/* Maps are equal whatever the order of their entries. */
static bool map_equal(const tw_column *a, int64_t i, const tw_column *b, int64_t j) {
    int32_t n = a->offsets[i + 1] - a->offsets[i];
    if (n != b->offsets[j + 1] - b->offsets[j]) return false;
    for (int32_t k = 0; k < n; k++) {
        int32_t l = 0;
        while (l < n && !(tw_value_equal(&a->children[0], a->offsets[i] + k, &b->children[0], b->offsets[j] + l) &&
                          tw_value_equal(&a->children[1], a->offsets[i] + k, &b->children[1], b->offsets[j] + l)))
            l++;
        if (l == n) return false;
    }
    return true;
}

bool tw_value_equal(const tw_column *a, int64_t i, const tw_column *b, int64_t j) {
    if (a->constant) i = 0;
    if (b->constant) j = 0;
    bool an = tw_column_null(a, i), bn = tw_column_null(b, j);
    if (an || bn) return an == bn;
    if (a->phys == TW_PHYS_STR) return tw_sview_equal(&AT(tw_sview, a, i), &AT(tw_sview, b, j));
    if (a->phys == TW_PHYS_MAP) return map_equal(a, i, b, j);
    if (a->phys == TW_PHYS_LIST) {
        int32_t n = a->offsets[i + 1] - a->offsets[i];
        if (n != b->offsets[j + 1] - b->offsets[j]) return false;
        for (int32_t k = 0; k < n; k++)
            if (!tw_value_equal(&a->children[0], a->offsets[i] + k, &b->children[0], b->offsets[j] + k)) return false;
        return true;
    }
    if (a->phys == TW_PHYS_STRUCT) {
        for (int32_t k = 0; k < a->nchildren; k++)
            if (!tw_value_equal(&a->children[k], i, &b->children[k], j)) return false;
        return true;
    }
    return tw_value_compare(a, i, b, j) == 0;
}

uint64_t tw_hash_double(double v) {
    uint64_t bits;
    if (v != v) v = __builtin_nan("");
    memcpy(&bits, &v, 8);
    if (v == 0) bits = 0; /* -0.0 compares equal to 0.0 */
    return tw_hash_u64(bits);
}

uint64_t tw_hash_sview(const tw_sview *v) {
    if (v->length <= TW_SVIEW_INLINE) {
        uint64_t words[2];
        memcpy(words, v, 16);
        return tw_hash_mix(words[0] ^ TW_HASH_K0, words[1] ^ TW_HASH_K1);
    }
    return tw_hash_bytes(v->u.data, v->length, 0);
}

static uint64_t hash_valid(const tw_column *c, int64_t i) {
    switch (c->phys) {
    case TW_PHYS_NONE: break;
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: return tw_hash_u64((uint64_t)AT(int8_t, c, i));
    case TW_PHYS_I16: return tw_hash_u64((uint64_t)AT(int16_t, c, i));
    case TW_PHYS_I32: return tw_hash_u64((uint64_t)AT(int32_t, c, i));
    case TW_PHYS_I64: return tw_hash_u64((uint64_t)AT(int64_t, c, i));
    case TW_PHYS_I128: return tw_hash_combine(tw_hash_u64((uint64_t)AT(tw_i128, c, i)), (uint64_t)(AT(tw_i128, c, i) >> 64));
    case TW_PHYS_F32: return tw_hash_double(AT(float, c, i));
    case TW_PHYS_F64: return tw_hash_double(AT(double, c, i));
    case TW_PHYS_TS: return tw_hash_combine(tw_hash_u64((uint64_t)AT(tw_ts, c, i).ms), (uint64_t)AT(tw_ts, c, i).ns);
    case TW_PHYS_STR: return tw_hash_sview(&AT(tw_sview, c, i));
    case TW_PHYS_LIST: {
        uint64_t h = tw_hash_u64((uint64_t)(c->offsets[i + 1] - c->offsets[i]));
        for (int32_t k = c->offsets[i]; k < c->offsets[i + 1]; k++) h = tw_hash_combine(h, tw_value_hash(&c->children[0], k));
        return h;
    }
    case TW_PHYS_MAP: { /* order does not matter */
        uint64_t h = 0;
        for (int32_t k = c->offsets[i]; k < c->offsets[i + 1]; k++)
            h += tw_hash_combine(tw_value_hash(&c->children[0], k), tw_value_hash(&c->children[1], k));
        return tw_hash_u64(h);
    }
    case TW_PHYS_STRUCT: {
        uint64_t h = TW_HASH_K1;
        for (int32_t k = 0; k < c->nchildren; k++) h = tw_hash_combine(h, tw_value_hash(&c->children[k], i));
        return h;
    }
    }
    return TW_HASH_NULL;
}

uint64_t tw_value_hash(const tw_column *c, int64_t row) {
    if (c->constant) row = 0;
    return tw_column_null(c, row) ? TW_HASH_NULL : hash_valid(c, row);
}

#define HASH_ROWS 256 /* rows hashed before they are combined: stays in the first-level cache */

#define EACH(T, hash)                         \
    {                                         \
        const T *v = c->values;               \
        if (index)                            \
            for (int32_t k = 0; k < n; k++) { \
                T x = v[index[k]];            \
                out[k] = hash;                \
            }                                 \
        else                                  \
            for (int32_t k = 0; k < n; k++) { \
                T x = v[base + k];            \
                out[k] = hash;                \
            }                                 \
        return;                               \
    }

/* Hashes of rows index[0..n), or base .. base + n - 1, nulls taken for what bytes they hold. The same as hash_valid. */
static void hash_values(const tw_column *c, const uint16_t *index, int32_t base, int32_t n, uint64_t *out) {
    switch (c->phys) {
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: EACH(int8_t, tw_hash_u64((uint64_t)x))
    case TW_PHYS_I16: EACH(int16_t, tw_hash_u64((uint64_t)x))
    case TW_PHYS_I32: EACH(int32_t, tw_hash_u64((uint64_t)x))
    case TW_PHYS_I64: EACH(int64_t, tw_hash_u64((uint64_t)x))
    case TW_PHYS_I128: EACH(tw_i128, tw_hash_combine(tw_hash_u64((uint64_t)x), (uint64_t)(x >> 64)))
    case TW_PHYS_F32: EACH(float, tw_hash_double(x))
    case TW_PHYS_F64: EACH(double, tw_hash_double(x))
    case TW_PHYS_TS: EACH(tw_ts, tw_hash_combine(tw_hash_u64((uint64_t)x.ms), (uint64_t)x.ns))
    case TW_PHYS_STR: EACH(tw_sview, tw_hash_sview(&x))
    default:
        for (int32_t k = 0; k < n; k++) out[k] = tw_value_hash(c, index ? index[k] : base + k);
    }
}

static void hash_block(const tw_column *c, const uint16_t *index, int32_t base, int32_t n, uint64_t *out) {
    hash_values(c, index, base, n, out);
    if (!c->validity) return;
    for (int32_t k = 0; k < n; k++)
        if (!tw_bit_get(c->validity, index ? index[k] : base + k)) out[k] = TW_HASH_NULL;
}

static void hash_constant(const tw_column *c, int32_t n, uint64_t *hashes, bool combine) {
    uint64_t hash = tw_value_hash(c, 0);
    for (int32_t k = 0; k < n; k++) hashes[k] = combine ? tw_hash_combine(hashes[k], hash) : hash;
}

void tw_column_hash(const tw_column *c, tw_selection rows, uint64_t *hashes, bool combine) {
    uint64_t room[HASH_ROWS];
    if (c->constant) {
        hash_constant(c, rows.count, hashes, combine);
        return;
    }
    for (int32_t at = 0; at < rows.count; at += HASH_ROWS) {
        int32_t n = rows.count - at < HASH_ROWS ? rows.count - at : HASH_ROWS;
        hash_block(c, rows.index ? rows.index + at : NULL, at, n, combine ? room : hashes + at);
        for (int32_t k = 0; combine && k < n; k++) hashes[at + k] = tw_hash_combine(hashes[at + k], room[k]);
    }
}
