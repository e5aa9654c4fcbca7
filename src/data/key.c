/* Row keys.
 *
 * Encoding goes column by column. In the fixed form every column writes its words at a stride of the key's width; in the variable form the sizes
 * are not known before, so keys are appended row by row to one heap and made into views when it has stopped moving. */
#include "data/key.h"

#include <stdlib.h>

#include "data/hashing.h"
#include "data/value.h"

#define GROUP_BITS (~UINT64_C(0) << 54) /* as tw_key_group */

static bool fixed_type(const tw_type *type) { return tw_phys_width(tw_type_phys(type)) > 0 && tw_type_phys(type) != TW_PHYS_STR; }

static int32_t word_bytes(tw_phys phys) { return phys == TW_PHYS_I128 || phys == TW_PHYS_TS ? 16 : 8; }

void tw_key_codec_init(tw_key_codec *codec, const tw_type *const *types, int32_t ncolumns) {
    *codec = (tw_key_codec){.ncolumns = ncolumns, .group_columns = ncolumns, .types = types, .fixed = ncolumns <= 16};
    for (int32_t c = 0; c < ncolumns && codec->fixed; c++) {
        codec->fixed = fixed_type(types[c]);
        if (types[c]->nullable) codec->null_bytes = 8;
    }
    int32_t width = codec->null_bytes;
    for (int32_t c = 0; c < ncolumns && codec->fixed; c++) {
        codec->offset[c] = width;
        width += word_bytes(tw_type_phys(types[c]));
    }
    if (width > TW_KEY_FIXED_MAX) codec->fixed = false;
    if (codec->fixed)
        codec->width = width;
    else
        codec->null_bytes = 0;
}

void tw_keys_init(tw_keys *keys, tw_mem *mem) {
    memset(keys, 0, sizeof *keys);
    tw_buf_init(&keys->heap, mem, 0);
}

static size_t fixed_bytes(int32_t capacity) { return (size_t)capacity * TW_KEY_FIXED_MAX; }

void tw_keys_free(tw_keys *keys) {
    tw_mem *mem = keys->heap.mem;
    if (!mem) return;
    tw_free(mem, keys->hash_room, sizeof(uint64_t) * (size_t)keys->capacity);
    if (keys->group_room) tw_free(mem, keys->group_room, sizeof(uint64_t) * (size_t)keys->capacity);
    if (keys->fixed_room) tw_free(mem, keys->fixed_room, fixed_bytes(keys->capacity));
    if (keys->variable_room) tw_free(mem, keys->variable_room, sizeof(tw_str) * (size_t)keys->capacity);
    tw_buf_free(&keys->heap);
    tw_keys_init(keys, mem);
}

static tw_status reserve(tw_keys *keys, int32_t count, bool fixed) {
    tw_mem *mem = keys->heap.mem;
    if (count > keys->capacity) {
        tw_keys_free(keys);
        int32_t capacity = count < TW_BATCH_ROWS ? TW_BATCH_ROWS : count;
        keys->hash_room = tw_malloc(mem, sizeof(uint64_t) * (size_t)capacity);
        if (!keys->hash_room) return TW_E_NOMEM;
        keys->capacity = capacity;
    }
    if (fixed && !keys->fixed_room) keys->fixed_room = tw_malloc(mem, fixed_bytes(keys->capacity));
    if (!fixed && !keys->variable_room) keys->variable_room = tw_malloc(mem, sizeof(tw_str) * (size_t)keys->capacity);
    return (fixed ? (void *)keys->fixed_room : (void *)keys->variable_room) ? TW_OK : TW_E_NOMEM;
}

/* ---- fixed form ---- */

/* One NaN for all. */
static uint64_t double_word(double v) {
    if (v != v) v = __builtin_nan("");
    uint64_t w;
    memcpy(&w, &v, 8);
    return w;
}
static uint64_t float_word(float v) {
    if (v != v) v = __builtin_nanf("");
    uint32_t w;
    memcpy(&w, &v, 4);
    return w;
}

#define PUT(T, WORD)                                                 \
    do {                                                             \
        const T *v_ = c->values;                                     \
        for (int32_t k = 0; k < rows.count; k++, to += stride) {     \
            const T x = v_[c->constant ? 0 : tw_selected(&rows, k)]; \
            const uint64_t w_ = (WORD);                              \
            memcpy(to, &w_, 8);                                      \
        }                                                            \
    } while (0)

static void put_wide(const tw_column *c, tw_selection rows, char *to, size_t stride) {
    for (int32_t k = 0; k < rows.count; k++, to += stride) {
        int32_t row = c->constant ? 0 : tw_selected(&rows, k);
        if (c->phys == TW_PHYS_I128) {
            memcpy(to, (const tw_i128 *)c->values + row, 16);
        } else {
            tw_ts ts = ((const tw_ts *)c->values)[row];
            ts.zero = 0;
            memcpy(to, &ts, 16);
        }
    }
}

static void put_column(const tw_column *c, tw_selection rows, char *to, size_t stride) {
    switch (c->phys) {
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: PUT(int8_t, (uint64_t)(int64_t)x); break;
    case TW_PHYS_I16: PUT(int16_t, (uint64_t)(int64_t)x); break;
    case TW_PHYS_I32: PUT(int32_t, (uint64_t)(int64_t)x); break;
    case TW_PHYS_I64: PUT(uint64_t, x); break;
    case TW_PHYS_F32: PUT(float, float_word(x)); break;
    case TW_PHYS_F64: PUT(double, double_word(x)); break;
    default: put_wide(c, rows, to, stride);
    }
}

/* Sets the null bit and zeroes the value of null rows. */
static void put_nulls(tw_keys *keys, const tw_key_codec *codec, int32_t column, const tw_column *c, tw_selection rows) {
    if (!c->validity) return;
    size_t width = (size_t)word_bytes(c->phys);
    for (int32_t k = 0; k < rows.count; k++) {
        if (!tw_column_null(c, tw_selected(&rows, k))) continue;
        char *key = keys->fixed_room + (size_t)k * (size_t)codec->width;
        memset(key + codec->offset[column], 0, width);
        if (codec->null_bytes) key[column / 8] = (char)(key[column / 8] | 1 << column % 8);
    }
}

static void encode_fixed(tw_keys *keys, const tw_key_codec *codec, const tw_column *const *columns, tw_selection rows) {
    const tw_column *first = codec->ncolumns ? columns[0] : NULL;
    if (codec->ncolumns == 1 && codec->width == 8 && first->phys == TW_PHYS_I64 && !first->validity && !first->constant && !rows.index) {
        keys->fixed = first->values; /* the column is the keys */
        return;
    }
    keys->fixed = keys->fixed_room;
    size_t stride = (size_t)codec->width;
    if (codec->null_bytes)
        for (int32_t k = 0; k < rows.count; k++) memset(keys->fixed + (size_t)k * stride, 0, 8);
    for (int32_t c = 0; c < codec->ncolumns; c++) {
        put_column(columns[c], rows, keys->fixed + codec->offset[c], stride);
        put_nulls(keys, codec, c, columns[c], rows);
    }
}

/* ---- variable form ---- */

static tw_status put_value(tw_buf *heap, const tw_column *c, int32_t row);

typedef struct span {
    size_t offset, length;
} span;

static int compare_spans(const void *a, const void *b, void *bytes) {
    const span *x = a, *y = b;
    int order = memcmp((char *)bytes + x->offset, (char *)bytes + y->offset, x->length < y->length ? x->length : y->length);
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* Equal maps have equal keys whatever the order of their entries: entries are put in the order of their bytes. */
static tw_status sort_entries(tw_buf *heap, span *entries, int32_t n, size_t begin) {
    size_t length = heap->length - begin;
    char *copy = tw_malloc(heap->mem, length);
    if (!copy) return TW_E_NOMEM;
    memcpy(copy, heap->data + begin, length);
    qsort_r(entries, (size_t)n, sizeof *entries, compare_spans, copy);
    char *to = heap->data + begin;
    for (int32_t i = 0; i < n; i++) {
        memcpy(to, copy + entries[i].offset, entries[i].length);
        to += entries[i].length;
    }
    tw_free(heap->mem, copy, length);
    return TW_OK;
}

static tw_status put_map(tw_buf *heap, const tw_column *c, int32_t row) {
    int32_t from = c->offsets[row], n = c->offsets[row + 1] - from;
    tw_buf_u32(heap, (uint32_t)n);
    if (n == 0) return TW_OK;
    size_t begin = heap->length, room = sizeof(span) * (size_t)n;
    span *entries = tw_malloc(heap->mem, room);
    if (!entries) return TW_E_NOMEM;
    tw_status status = TW_OK;
    for (int32_t i = 0; i < n && status == TW_OK; i++) {
        entries[i].offset = heap->length - begin;
        status = put_value(heap, &c->children[0], from + i);
        if (status == TW_OK) status = put_value(heap, &c->children[1], from + i);
        entries[i].length = heap->length - begin - entries[i].offset;
    }
    if (status == TW_OK && !heap->failed) status = sort_entries(heap, entries, n, begin);
    tw_free(heap->mem, entries, room);
    return status;
}

static void put_string(tw_buf *heap, const tw_sview *v) {
    char *to = tw_buf_reserve(heap, v->length + 5);
    if (!to) return;
    to[0] = 1;
    memcpy(to + 1, &v->length, 4);
    memcpy(to + 5, tw_sview_data(v), v->length);
    heap->length += v->length + 5;
}

static tw_status put_nested(tw_buf *heap, const tw_column *c, int32_t row) {
    if (c->phys == TW_PHYS_MAP) return put_map(heap, c, row);
    if (c->phys == TW_PHYS_STRUCT) {
        for (int32_t i = 0; i < c->nchildren; i++) TW_TRY(put_value(heap, &c->children[i], row));
        return TW_OK;
    }
    tw_buf_u32(heap, (uint32_t)(c->offsets[row + 1] - c->offsets[row]));
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) TW_TRY(put_value(heap, &c->children[0], i));
    return TW_OK;
}

static tw_status put_value(tw_buf *heap, const tw_column *c, int32_t row) {
    if (c->constant) row = 0;
    if (tw_column_null(c, row)) {
        tw_buf_byte(heap, 0);
        return TW_OK;
    }
    if (c->phys == TW_PHYS_STR) {
        put_string(heap, &((const tw_sview *)c->values)[row]);
        return TW_OK;
    }
    tw_buf_byte(heap, 1);
    if (c->phys >= TW_PHYS_LIST) return put_nested(heap, c, row);
    char word[16];
    uint16_t at = 0;
    tw_column one = *c;
    one.constant = false;
    one.values = (char *)c->values + (size_t)tw_phys_width(c->phys) * (size_t)row;
    put_column(&one, (tw_selection){&at, 1}, word, 0);
    tw_buf_append(heap, word, (size_t)word_bytes(c->phys));
    return TW_OK;
}

/* One column of strings, all in one reservation. */
static tw_status encode_strings(tw_keys *keys, const tw_column *c, tw_selection rows) {
    const tw_sview *values = c->values;
    size_t total = 0;
    for (int32_t k = 0; k < rows.count; k++) total += values[c->constant ? 0 : tw_selected(&rows, k)].length;
    char *to = tw_buf_reserve(&keys->heap, total + 21 * (size_t)rows.count + 16);
    if (!to) return TW_E_NOMEM;
    for (int32_t k = 0; k < rows.count; k++) {
        int32_t row = c->constant ? 0 : tw_selected(&rows, k);
        const tw_sview *v = &values[row];
        keys->variable[k] = (tw_str){to, 1};
        if (tw_column_null(c, row)) {
            *to++ = 0;
            continue;
        }
        *to = 1;
        memcpy(to + 1, &v->length, 4);
        if (v->length <= TW_SVIEW_INLINE)
            memcpy(to + 5, v->prefix, TW_SVIEW_INLINE); /* a constant size is one move */
        else
            memcpy(to + 5, v->u.data, v->length);
        keys->variable[k].length = v->length + 5;
        to += v->length + 5;
    }
    return TW_OK;
}

static tw_status encode_variable(tw_keys *keys, const tw_key_codec *codec, const tw_column *const *columns, tw_selection rows) {
    keys->variable = keys->variable_room;
    tw_buf_clear(&keys->heap);
    if (codec->ncolumns == 1 && columns[0]->phys == TW_PHYS_STR) return encode_strings(keys, columns[0], rows);
    for (int32_t k = 0; k < rows.count; k++) {
        size_t begin = keys->heap.length;
        for (int32_t c = 0; c < codec->ncolumns; c++) TW_TRY(put_value(&keys->heap, columns[c], tw_selected(&rows, k)));
        keys->variable[k].length = keys->heap.length - begin;
    }
    if (keys->heap.failed) return TW_E_NOMEM;
    const char *at = keys->heap.data;
    for (int32_t k = 0; k < rows.count; k++) {
        keys->variable[k].data = at;
        at += keys->variable[k].length;
    }
    return TW_OK;
}

/* The group of `prefix`'s hash, the place of the whole key's. */
static inline uint64_t grouped_hash(uint64_t prefix, uint64_t whole) { return (prefix & GROUP_BITS) | (whole & ~GROUP_BITS); }

static tw_status hash_columns(tw_keys *keys, const tw_key_codec *codec, const tw_column *const *columns, tw_selection rows) {
    size_t bytes = sizeof(uint64_t) * (size_t)rows.count;
    bool split = codec->group_columns < codec->ncolumns;
    if (split && !keys->group_room) keys->group_room = tw_malloc(keys->heap.mem, sizeof(uint64_t) * (size_t)keys->capacity);
    if (split && !keys->group_room) return TW_E_NOMEM;
    if (bytes == 0) return TW_OK;
    if (codec->ncolumns == 0) memset(keys->hashes, 0, bytes);
    if (split && codec->group_columns == 0) memset(keys->group_room, 0, bytes);
    for (int32_t c = 0; c < codec->ncolumns; c++) {
        tw_column_hash(columns[c], rows, keys->hashes, c > 0);
        if (split && c + 1 == codec->group_columns) memcpy(keys->group_room, keys->hashes, bytes);
    }
    for (int32_t k = 0; split && k < rows.count; k++) keys->hashes[k] = grouped_hash(keys->group_room[k], keys->hashes[k]);
    return TW_OK;
}

tw_status tw_keys_encode(tw_keys *keys, const tw_key_codec *codec, const tw_column *const *columns, tw_selection rows) {
    keys->count = 0;
    TW_TRY(reserve(keys, rows.count, codec->fixed));
    keys->hashes = keys->hash_room;
    TW_TRY(hash_columns(keys, codec, columns, rows));
    if (codec->fixed)
        encode_fixed(keys, codec, columns, rows);
    else
        TW_TRY(encode_variable(keys, codec, columns, rows));
    keys->count = rows.count;
    return TW_OK;
}

/* ---- reading back ---- */

/* A value from its words, its null byte having been read. */
static void value_of_words(const char *words, const tw_type *type, tw_value *out) {
    *out = (tw_value){.type = type};
    uint64_t word;
    uint32_t half;
    memcpy(&word, words, 8);
    memcpy(&half, words, 4);
    float f;
    switch (tw_type_phys(type)) {
    case TW_PHYS_F32:
        memcpy(&f, &half, 4);
        out->u.f = (double)f;
        break;
    case TW_PHYS_F64: memcpy(&out->u.f, words, 8); break;
    case TW_PHYS_I128: memcpy(&out->u.d, words, 16); break;
    case TW_PHYS_TS: memcpy(&out->u.ts, words, 16); break;
    default: out->u.i = (int64_t)word;
    }
}

static const tw_type COUNT_TYPE = {.kind = TW_INTEGER, .length = TW_LENGTH_MAX};

static const tw_type *item_type(const tw_type *type, int64_t i) {
    if (type->kind == TW_ROW) return type->fields[i].type;
    if (type->kind == TW_MULTISET) return i % 2 ? &COUNT_TYPE : type->fields[0].type;
    return type->fields[type->kind == TW_MAP ? i % 2 : 0].type;
}

static tw_status read_value(tw_arena *arena, tw_reader *in, const tw_type *type, tw_value *out);

static tw_status read_items(tw_arena *arena, tw_reader *in, const tw_type *type, tw_value *out) {
    uint32_t n = type->kind == TW_ROW ? (uint32_t)type->nfields : tw_read_u32(in);
    if (in->failed || n > (uint64_t)(in->end - in->next)) return TW_E_CORRUPT;
    uint32_t total = tw_type_phys(type) == TW_PHYS_MAP ? 2 * n : n;
    tw_value *items = TW_NEW_ARRAY(arena, tw_value, total ? total : 1);
    if (!items) return TW_E_NOMEM;
    for (uint32_t i = 0; i < total; i++) TW_TRY(read_value(arena, in, item_type(type, i), &items[i]));
    out->nitems = (int32_t)n;
    out->items = items;
    return TW_OK;
}

static tw_status read_value(tw_arena *arena, tw_reader *in, const tw_type *type, tw_value *out) {
    const char *valid = tw_read_raw(in, 1);
    *out = tw_value_null(type);
    if (!valid) return TW_E_CORRUPT;
    if (!*valid) return TW_OK;
    out->null = false;
    tw_phys phys = tw_type_phys(type);
    if (phys >= TW_PHYS_LIST) return read_items(arena, in, type, out);
    if (phys == TW_PHYS_STR) {
        uint32_t length = tw_read_u32(in);
        const char *bytes = tw_read_raw(in, length);
        out->u.str = (tw_str){bytes, length};
        return bytes ? TW_OK : TW_E_CORRUPT;
    }
    const char *words = tw_read_raw(in, (size_t)word_bytes(phys));
    if (!words) return TW_E_CORRUPT;
    value_of_words(words, type, out);
    return TW_OK;
}

/* Writes an atomic value into a row of a builder's column. */
static tw_status put_atomic(tw_builder *out, int32_t column, int32_t at, const tw_value *v) {
    tw_column *c = &out->batch.columns[column];
    switch (c->phys) {
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: ((int8_t *)c->values)[at] = (int8_t)v->u.i; break;
    case TW_PHYS_I16: ((int16_t *)c->values)[at] = (int16_t)v->u.i; break;
    case TW_PHYS_I32: ((int32_t *)c->values)[at] = (int32_t)v->u.i; break;
    case TW_PHYS_I64: ((int64_t *)c->values)[at] = v->u.i; break;
    case TW_PHYS_I128: ((tw_i128 *)c->values)[at] = v->u.d; break;
    case TW_PHYS_F32: ((float *)c->values)[at] = (float)v->u.f; break;
    case TW_PHYS_F64: ((double *)c->values)[at] = v->u.f; break;
    case TW_PHYS_TS: ((tw_ts *)c->values)[at] = v->u.ts; break;
    case TW_PHYS_STR: return tw_builder_string(out, v->u.str, &((tw_sview *)c->values)[at]);
    default: break;
    }
    return TW_OK;
}

static tw_status put_decoded(tw_builder *out, int32_t column, int32_t at, const tw_value *v, tw_arena *scratch) {
    if (v->null) {
        tw_builder_null(out, column, at);
        return TW_OK;
    }
    if (tw_type_phys(v->type) < TW_PHYS_LIST) return put_atomic(out, column, at, v);
    tw_column one;
    TW_TRY(tw_value_to_column(scratch, v, &one));
    return tw_builder_copy_column(out, column, at, &one, (tw_selection){NULL, 1});
}

static bool fixed_null(const tw_key_codec *codec, tw_str key, int32_t c) { return codec->null_bytes && key.data[c / 8] >> c % 8 & 1; }

tw_status tw_key_decode(const tw_key_codec *codec, tw_str key, tw_builder *out, const int32_t *out_columns, int32_t at) {
    tw_reader in = {key.data, key.data + key.length, false};
    tw_arena scratch;
    tw_arena_init(&scratch, out->heap.mem, 1024);
    tw_status status = TW_OK;
    for (int32_t c = 0; c < codec->ncolumns && status == TW_OK; c++) {
        tw_value v = tw_value_null(codec->types[c]);
        if (!codec->fixed)
            status = read_value(&scratch, &in, codec->types[c], &v);
        else if (!fixed_null(codec, key, c))
            value_of_words(key.data + codec->offset[c], codec->types[c], &v);
        if (status == TW_OK) status = put_decoded(out, out_columns[c], at, &v, &scratch);
    }
    tw_arena_free(&scratch);
    return status;
}

/* ---- the hash of an encoded key: tw_column_hash over its columns ---- */

static uint64_t hash_words(const char *words, const tw_type *type) {
    tw_value v;
    value_of_words(words, type, &v);
    switch (tw_type_phys(type)) {
    case TW_PHYS_F32:
    case TW_PHYS_F64: return tw_hash_double(v.u.f);
    case TW_PHYS_I128: return tw_hash_combine(tw_hash_u64((uint64_t)v.u.d), (uint64_t)(v.u.d >> 64));
    case TW_PHYS_TS: return tw_hash_combine(tw_hash_u64((uint64_t)v.u.ts.ms), (uint64_t)v.u.ts.ns);
    default: return tw_hash_u64((uint64_t)v.u.i);
    }
}

static uint64_t hash_read(tw_reader *in, const tw_type *type);

static uint64_t hash_nested(tw_reader *in, const tw_type *type) {
    uint32_t n = type->kind == TW_ROW ? (uint32_t)type->nfields : tw_read_u32(in);
    tw_phys phys = tw_type_phys(type);
    uint64_t h = phys == TW_PHYS_STRUCT ? TW_HASH_K1 : phys == TW_PHYS_MAP ? 0 : tw_hash_u64(n);
    for (uint32_t i = 0; i < n && !in->failed; i++) {
        if (phys != TW_PHYS_MAP) {
            h = tw_hash_combine(h, hash_read(in, item_type(type, i)));
        } else {
            uint64_t key = hash_read(in, item_type(type, 0));
            h += tw_hash_combine(key, hash_read(in, item_type(type, 1)));
        }
    }
    return phys == TW_PHYS_MAP ? tw_hash_u64(h) : h;
}

static uint64_t hash_read(tw_reader *in, const tw_type *type) {
    const char *valid = tw_read_raw(in, 1);
    if (!valid || !*valid) return TW_HASH_NULL;
    tw_phys phys = tw_type_phys(type);
    if (phys >= TW_PHYS_LIST) return hash_nested(in, type);
    if (phys == TW_PHYS_STR) {
        uint32_t length = tw_read_u32(in);
        const char *bytes = tw_read_raw(in, length);
        if (!bytes) return 0;
        tw_sview v = tw_sview_make(bytes, length);
        return tw_hash_sview(&v);
    }
    const char *words = tw_read_raw(in, (size_t)word_bytes(phys));
    return words ? hash_words(words, type) : 0;
}

tw_status tw_key_hash(const tw_key_codec *codec, tw_str key, uint64_t *hash) {
    tw_reader in = {0}; /* an empty key may be of no bytes at all */
    if (key.length) in = (tw_reader){key.data, key.data + key.length, false};
    uint64_t group = 0;
    *hash = 0;
    if (codec->fixed && key.length != (size_t)codec->width) return TW_E_CORRUPT;
    for (int32_t c = 0; c < codec->ncolumns; c++) {
        uint64_t h = TW_HASH_NULL;
        if (!codec->fixed)
            h = hash_read(&in, codec->types[c]);
        else if (!fixed_null(codec, key, c))
            h = hash_words(key.data + codec->offset[c], codec->types[c]);
        *hash = c ? tw_hash_combine(*hash, h) : h;
        if (c + 1 == codec->group_columns) group = *hash;
    }
    if (codec->group_columns < codec->ncolumns) *hash = grouped_hash(group, *hash);
    return in.failed || (!codec->fixed && in.next != in.end) ? TW_E_CORRUPT : TW_OK;
}
