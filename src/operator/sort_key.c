/* See sort_key.h. */
#include "operator/sort_key.h"

static void put_big_endian(tw_buf *out, uint64_t v, int width) {
    char bytes[8];
    for (int i = 0; i < width; i++) bytes[i] = (char)(v >> (8 * (width - 1 - i)));
    tw_buf_append(out, bytes, (size_t)width);
}

static void put_signed(tw_buf *out, int64_t v, int width) { put_big_endian(out, (uint64_t)v ^ UINT64_C(1) << (8 * width - 1), width); }

static void put_double(tw_buf *out, double v) {
    uint64_t bits;
    if (v != v) v = __builtin_nan("");
    if (v == 0) v = 0.0;
    memcpy(&bits, &v, 8);
    put_big_endian(out, bits >> 63 ? ~bits : bits | UINT64_C(1) << 63, 8);
}

static void put_string(tw_buf *out, tw_str s) {
    char *to = tw_buf_reserve(out, 2 * s.length + 2);
    if (!to) return;
    char *begin = to;
    for (size_t i = 0; i < s.length; i++) {
        *to++ = s.data[i];
        if (s.data[i] == 0) *to++ = (char)255;
    }
    *to++ = 0;
    *to++ = 0;
    out->length += (size_t)(to - begin);
}

static void put_value(tw_buf *out, const tw_column *c, int64_t row);

static void put_item(tw_buf *out, const tw_column *c, int64_t row) {
    bool null = tw_column_null(c, row);
    tw_buf_byte(out, null ? 0 : 1);
    if (!null) put_value(out, c, row);
}

static void put_items(tw_buf *out, const tw_column *c, int64_t row) {
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        tw_buf_byte(out, 1);
        for (int32_t k = 0; k < c->nchildren; k++) put_item(out, &c->children[k], i);
    }
    tw_buf_byte(out, 0);
}

static void put_value(tw_buf *out, const tw_column *c, int64_t row) {
    switch (c->phys) {
    case TW_PHYS_NONE: break;
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: put_signed(out, ((const int8_t *)c->values)[row], 1); break;
    case TW_PHYS_I16: put_signed(out, ((const int16_t *)c->values)[row], 2); break;
    case TW_PHYS_I32: put_signed(out, ((const int32_t *)c->values)[row], 4); break;
    case TW_PHYS_I64: put_signed(out, ((const int64_t *)c->values)[row], 8); break;
    case TW_PHYS_I128: {
        tw_i128 v = ((const tw_i128 *)c->values)[row];
        put_signed(out, (int64_t)(v >> 64), 8);
        put_big_endian(out, (uint64_t)v, 8);
        break;
    }
    case TW_PHYS_F32: put_double(out, (double)((const float *)c->values)[row]); break;
    case TW_PHYS_F64: put_double(out, ((const double *)c->values)[row]); break;
    case TW_PHYS_TS:
        put_signed(out, ((const tw_ts *)c->values)[row].ms, 8);
        put_signed(out, ((const tw_ts *)c->values)[row].ns, 4);
        break;
    case TW_PHYS_STR: put_string(out, tw_sview_str((const tw_sview *)c->values + row)); break;
    case TW_PHYS_LIST:
    case TW_PHYS_MAP: put_items(out, c, row); break;
    case TW_PHYS_STRUCT:
        for (int32_t i = 0; i < c->nchildren; i++) put_item(out, &c->children[i], row);
        break;
    }
}

void tw_sort_key_write(tw_buf *out, const tw_sort_key *keys, int nkeys, const tw_batch *batch, int32_t row) {
    for (int k = 0; k < nkeys; k++) {
        const tw_column *c = &batch->columns[keys[k].column];
        bool null = tw_column_null(c, row);
        tw_buf_byte(out, !null ? 1 : keys[k].nulls_first ? 0 : 2);
        if (null) continue;
        size_t begin = out->length;
        put_value(out, c, c->constant ? 0 : row);
        for (size_t i = begin; keys[k].descending && i < out->length; i++) out->data[i] = (char)~out->data[i];
    }
}
