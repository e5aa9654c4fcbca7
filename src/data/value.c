#include "data/value.h"

#include "data/builder.h"

tw_value tw_value_null(const tw_type *type) { return (tw_value){.type = type, .null = true}; }
tw_value tw_value_of_int(const tw_type *type, int64_t v) { return (tw_value){.type = type, .u.i = v}; }
tw_value tw_value_of_str(const tw_type *type, tw_str v) { return (tw_value){.type = type, .u.str = v}; }

static tw_status items_to_children(tw_arena *arena, const tw_value *value, tw_column *out);

/* Writes a value into row `at` of a column that has room. */
static tw_status put(tw_arena *arena, const tw_value *value, tw_column *c, int32_t at) {
    bool null = value->null || c->phys == TW_PHYS_NONE;
    if (c->validity) tw_bit_put(c->validity, at, !null);
    switch (c->phys) {
    case TW_PHYS_NONE: break;
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: ((int8_t *)c->values)[at] = null ? 0 : (int8_t)value->u.i; break;
    case TW_PHYS_I16: ((int16_t *)c->values)[at] = null ? 0 : (int16_t)value->u.i; break;
    case TW_PHYS_I32: ((int32_t *)c->values)[at] = null ? 0 : (int32_t)value->u.i; break;
    case TW_PHYS_I64: ((int64_t *)c->values)[at] = null ? 0 : value->u.i; break;
    case TW_PHYS_I128: ((tw_i128 *)c->values)[at] = null ? 0 : value->u.d; break;
    case TW_PHYS_F32: ((float *)c->values)[at] = null ? 0 : (float)value->u.f; break;
    case TW_PHYS_F64: ((double *)c->values)[at] = null ? 0 : value->u.f; break;
    case TW_PHYS_TS: ((tw_ts *)c->values)[at] = null ? (tw_ts){0} : value->u.ts; break;
    case TW_PHYS_STR: {
        tw_str s = null ? TW_STR("") : value->u.str;
        const char *bytes = s.length > TW_SVIEW_INLINE ? tw_arena_memdup(arena, s.data, s.length) : s.data;
        if (s.length > TW_SVIEW_INLINE && !bytes) return TW_E_NOMEM;
        ((tw_sview *)c->values)[at] = tw_sview_make(bytes, s.length);
        break;
    }
    case TW_PHYS_LIST:
    case TW_PHYS_MAP: TW_ASSERT(at == 0); return items_to_children(arena, value, c);
    case TW_PHYS_STRUCT:
        for (int i = 0; i < c->nchildren; i++) {
            tw_value none = tw_value_null(c->children[i].type);
            tw_column child;
            TW_TRY(tw_value_to_column(arena, null ? &none : &value->items[i], &child));
            c->children[i] = child;
        }
    }
    return TW_OK;
}

/* The items of one list or map, through one-row columns that are then joined: literals are small. */
static tw_status items_to_children(tw_arena *arena, const tw_value *value, tw_column *c) {
    int32_t n = value->null ? 0 : value->nitems;
    c->offsets[0] = 0;
    c->offsets[1] = n;
    for (int k = 0; k < c->nchildren; k++) {
        tw_builder joined;
        tw_field field = {TW_STR("item"), c->children[k].type};
        tw_type row = {.kind = TW_ROW, .nfields = 1, .fields = &field};
        TW_TRY(tw_builder_open(&joined, arena->mem, &row, n > 0 ? n : 1));
        tw_status status = TW_OK;
        for (int32_t i = 0; i < n && status == TW_OK; i++) {
            tw_column one;
            status = tw_value_to_column(arena, &value->items[c->nchildren == 2 ? 2 * i + k : i], &one);
            if (status != TW_OK) break;
            tw_batch batch = {.rows = 1, .ncolumns = 1, .columns = &one};
            status = tw_builder_append(&joined, &batch, (tw_selection){NULL, 1});
        }
        if (status == TW_OK) {
            tw_column child = joined.batch.columns[0], copy;
            /* gathers take 16-bit row numbers, which a NULL index does not need */
            status = tw_column_gather(arena, &child, (tw_selection){NULL, n}, true, &copy);
            c->children[k] = copy;
        }
        tw_builder_close(&joined);
        TW_TRY(status);
    }
    return TW_OK;
}

tw_status tw_value_to_column(tw_arena *arena, const tw_value *value, tw_column *out) {
    TW_TRY(tw_column_alloc(arena, value->type, 1, true, out));
    out->constant = true;
    TW_TRY(put(arena, value, out, 0));
    if (!value->null) out->validity = NULL;
    return TW_OK;
}

static tw_status items_from(tw_arena *arena, const tw_column *c, int64_t row, tw_value *out) {
    int32_t from = c->phys == TW_PHYS_STRUCT ? 0 : c->offsets[row];
    int32_t n = c->phys == TW_PHYS_STRUCT ? c->nchildren : c->offsets[row + 1] - from;
    int32_t total = c->phys == TW_PHYS_MAP ? 2 * n : n;
    tw_value *items = TW_NEW_ARRAY(arena, tw_value, total ? total : 1);
    if (!items) return TW_E_NOMEM;
    for (int32_t i = 0; i < total; i++) {
        const tw_column *child = c->phys == TW_PHYS_STRUCT ? &c->children[i] : &c->children[c->phys == TW_PHYS_MAP ? i % 2 : 0];
        int64_t at = c->phys == TW_PHYS_STRUCT ? row : from + (c->phys == TW_PHYS_MAP ? i / 2 : i);
        TW_TRY(tw_value_from_column(arena, child, at, &items[i]));
    }
    out->nitems = n;
    out->items = items;
    return TW_OK;
}

tw_status tw_value_from_column(tw_arena *arena, const tw_column *c, int64_t row, tw_value *out) {
    if (c->constant) row = 0;
    *out = (tw_value){.type = c->type, .null = tw_column_null(c, row)};
    if (out->null) return TW_OK;
    switch (c->phys) {
    case TW_PHYS_NONE: break;
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: out->u.i = ((const int8_t *)c->values)[row]; break;
    case TW_PHYS_I16: out->u.i = ((const int16_t *)c->values)[row]; break;
    case TW_PHYS_I32: out->u.i = ((const int32_t *)c->values)[row]; break;
    case TW_PHYS_I64: out->u.i = ((const int64_t *)c->values)[row]; break;
    case TW_PHYS_I128: out->u.d = ((const tw_i128 *)c->values)[row]; break;
    case TW_PHYS_F32: out->u.f = ((const float *)c->values)[row]; break;
    case TW_PHYS_F64: out->u.f = ((const double *)c->values)[row]; break;
    case TW_PHYS_TS: out->u.ts = ((const tw_ts *)c->values)[row]; break;
    case TW_PHYS_STR: {
        tw_str s = tw_sview_str(&((const tw_sview *)c->values)[row]);
        out->u.str = (tw_str){tw_arena_strndup(arena, s.data, s.length), s.length};
        if (!out->u.str.data) return TW_E_NOMEM;
        break;
    }
    default: return items_from(arena, c, row, out);
    }
    return TW_OK;
}

void tw_value_write(tw_buf *out, const tw_value *value) {
    tw_buf_byte(out, value->null);
    if (value->null) return;
    switch (tw_type_phys(value->type)) {
    case TW_PHYS_NONE: break;
    case TW_PHYS_BOOL:
    case TW_PHYS_I8:
    case TW_PHYS_I16:
    case TW_PHYS_I32:
    case TW_PHYS_I64: tw_buf_u64(out, (uint64_t)value->u.i); break;
    case TW_PHYS_I128:
        tw_buf_u64(out, (uint64_t)value->u.d);
        tw_buf_u64(out, (uint64_t)(value->u.d >> 64));
        break;
    case TW_PHYS_F32:
    case TW_PHYS_F64: {
        uint64_t bits;
        memcpy(&bits, &value->u.f, 8);
        tw_buf_u64(out, bits);
        break;
    }
    case TW_PHYS_TS:
        tw_buf_u64(out, (uint64_t)value->u.ts.ms);
        tw_buf_u32(out, (uint32_t)value->u.ts.ns);
        break;
    case TW_PHYS_STR: tw_buf_bytes(out, value->u.str); break;
    case TW_PHYS_LIST:
    case TW_PHYS_MAP:
    case TW_PHYS_STRUCT: {
        int32_t total = value->nitems * (tw_type_phys(value->type) == TW_PHYS_MAP ? 2 : 1);
        tw_buf_varint(out, (uint64_t)value->nitems);
        for (int32_t i = 0; i < total; i++) tw_value_write(out, &value->items[i]);
    }
    }
}

static const tw_type COUNT_TYPE = {.kind = TW_INTEGER, .length = TW_LENGTH_MAX};

/* Type of the i-th item: the values of a MULTISET are counts, those of a MAP are of the second type. */
static const tw_type *item_type(const tw_type *type, uint64_t i) {
    TW_ASSERT(type->fields);
    if (type->kind == TW_MULTISET && i % 2) return &COUNT_TYPE;
    return type->fields[type->kind == TW_ROW ? i : type->kind == TW_MAP ? i % 2 : 0].type;
}

static tw_status read_items(tw_arena *arena, tw_reader *in, const tw_type *type, tw_value *out) {
    uint64_t n = tw_read_varint(in);
    if (n > (uint64_t)(in->end - in->next) || (type->kind == TW_ROW && n != (uint64_t)type->nfields)) return in->failed = true, TW_E_CORRUPT;
    uint64_t total = tw_type_phys(type) == TW_PHYS_MAP ? 2 * n : n;
    tw_value *items = TW_NEW_ARRAY(arena, tw_value, total ? total : 1);
    if (!items) return TW_E_NOMEM;
    for (uint64_t i = 0; i < total; i++) TW_TRY(tw_value_read(arena, in, item_type(type, i), &items[i]));
    out->nitems = (int32_t)n;
    out->items = items;
    return TW_OK;
}

tw_status tw_value_read(tw_arena *arena, tw_reader *in, const tw_type *type, tw_value *out) {
    const unsigned char *null = tw_read_raw(in, 1);
    *out = (tw_value){.type = type, .null = !null || *null};
    if (in->failed) return TW_E_CORRUPT;
    if (out->null) return TW_OK;
    switch (tw_type_phys(type)) {
    case TW_PHYS_NONE: break;
    case TW_PHYS_BOOL:
    case TW_PHYS_I8:
    case TW_PHYS_I16:
    case TW_PHYS_I32:
    case TW_PHYS_I64: out->u.i = (int64_t)tw_read_u64(in); break;
    case TW_PHYS_I128: {
        uint64_t low = tw_read_u64(in);
        out->u.d = (tw_i128)((unsigned __int128)tw_read_u64(in) << 64 | low);
        break;
    }
    case TW_PHYS_F32:
    case TW_PHYS_F64: {
        uint64_t bits = tw_read_u64(in);
        memcpy(&out->u.f, &bits, 8);
        break;
    }
    case TW_PHYS_TS:
        out->u.ts.ms = (int64_t)tw_read_u64(in);
        out->u.ts.ns = (int32_t)tw_read_u32(in);
        break;
    case TW_PHYS_STR: {
        tw_str s = tw_read_bytes(in);
        out->u.str = (tw_str){tw_arena_strndup(arena, s.data, s.length), s.length};
        if (!out->u.str.data) return TW_E_NOMEM;
        break;
    }
    default: TW_TRY(read_items(arena, in, type, out));
    }
    return in->failed ? TW_E_CORRUPT : TW_OK;
}
