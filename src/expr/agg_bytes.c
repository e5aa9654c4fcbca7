/* See agg_bytes.h. Nested results are rare and take the way through tw_value, a builder and a copy; all others are written in place. */
#include "expr/agg_bytes.h"

#include "data/value.h"
#include "expr/agg.h"

static bool is_nested(tw_phys phys) { return phys >= TW_PHYS_LIST; }

void tw_agg_scratch_open(tw_agg_scratch *scratch, tw_mem *mem) {
    tw_buf_init(&scratch->bytes, mem, 0);
    tw_arena_init(&scratch->arena, mem, 1024);
}

void tw_agg_scratch_close(tw_agg_scratch *scratch) {
    tw_buf_free(&scratch->bytes);
    tw_arena_free(&scratch->arena);
}

tw_status tw_agg_bytes_of(tw_agg_scratch *scratch, const tw_column *c, int32_t at, tw_sview *out) {
    size_t width = (size_t)tw_phys_width(c->phys);
    if (c->phys == TW_PHYS_STR) {
        *out = ((const tw_sview *)c->values)[at];
        return TW_OK;
    }
    if (!is_nested(c->phys)) {
        *out = tw_sview_make((const char *)c->values + width * (size_t)at, width);
        return TW_OK;
    }
    tw_value value;
    tw_arena_reset(&scratch->arena);
    tw_buf_clear(&scratch->bytes);
    TW_TRY(tw_value_from_column(&scratch->arena, c, at, &value));
    tw_value_write(&scratch->bytes, &value);
    if (scratch->bytes.failed) return TW_E_NOMEM;
    if (scratch->bytes.length > UINT32_MAX) return TW_E_LIMIT;
    *out = tw_sview_make(scratch->bytes.data, scratch->bytes.length);
    return TW_OK;
}

bool tw_agg_bytes_sound(const void *type, tw_str bytes) {
    tw_phys phys = tw_type_phys(type);
    if (phys == TW_PHYS_STR) return true;
    if (phys == TW_PHYS_BOOL) return bytes.length == 1 && (unsigned char)bytes.data[0] <= 1;
    if (!is_nested(phys)) return bytes.length == (size_t)tw_phys_width(phys);
    tw_mem mem;
    tw_arena arena;
    tw_value value;
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&arena, &mem, 1024);
    tw_reader in = {bytes.data, bytes.data + bytes.length, false};
    bool sound = tw_value_read(&arena, &in, type, &value) == TW_OK && in.next == in.end;
    tw_arena_free(&arena);
    return sound;
}

/* ---- columns behind columns ---- */

static tw_status splice(tw_arena *arena, tw_column *out, int32_t at, const tw_column *from, int32_t n);

tw_status tw_agg_extend(tw_arena *arena, tw_column *c, int32_t old, int32_t more) {
    tw_column fresh;
    if (more > INT32_MAX / 2 - old) return TW_E_LIMIT;
    TW_TRY(tw_column_alloc(arena, c->type, old + more, true, &fresh));
    if (old) TW_TRY(splice(arena, &fresh, 0, c, old));
    *c = fresh;
    return TW_OK;
}

/* The field of a struct: its bitmap, if there is one, may have no room for more. */
static tw_status splice_field(tw_arena *arena, tw_column *out, int32_t at, const tw_column *from, int32_t n) {
    if (out->validity || from->validity) {
        uint64_t *bits = tw_arena_alloc(arena, (size_t)TW_BITS_WORDS(at + n + 1) * 8);
        if (!bits) return TW_E_NOMEM;
        tw_bits_fill(bits, at + n + 1, true);
        for (int32_t k = 0; out->validity && k < at; k++) tw_bit_put(bits, k, tw_bit_get(out->validity, k));
        out->validity = bits;
    }
    return splice(arena, out, at, from, n);
}

static tw_status splice_items(tw_arena *arena, tw_column *out, int32_t at, const tw_column *from, int32_t n) {
    int32_t base = out->offsets[at], items = from->offsets[n];
    for (int32_t c = 0; c < out->nchildren; c++) {
        TW_TRY(tw_agg_extend(arena, &out->children[c], base, items));
        TW_TRY(splice(arena, &out->children[c], base, &from->children[c], items));
    }
    for (int32_t k = 1; k <= n; k++) out->offsets[at + k] = base + from->offsets[k];
    return TW_OK;
}

/* The first n rows of `from` into the rows of `out` from `at`; bytes of strings are borrowed. */
static tw_status splice(tw_arena *arena, tw_column *out, int32_t at, const tw_column *from, int32_t n) {
    for (int32_t k = 0; out->validity && k < n; k++) tw_bit_put(out->validity, at + k, !from->validity || tw_bit_get(from->validity, k));
    if (out->phys == TW_PHYS_LIST || out->phys == TW_PHYS_MAP) return splice_items(arena, out, at, from, n);
    for (int32_t c = 0; out->phys == TW_PHYS_STRUCT && c < out->nchildren; c++)
        TW_TRY(splice_field(arena, &out->children[c], at, &from->children[c], n));
    size_t width = (size_t)tw_phys_width(out->phys);
    if (width && n) memcpy((char *)out->values + width * (size_t)at, from->values, width * (size_t)n);
    return TW_OK;
}

/* ---- the writer ---- */

tw_status tw_agg_writer_open(tw_agg_writer *writer, tw_arena *arena, tw_column *out, int32_t at, int32_t count) {
    *writer = (tw_agg_writer){.arena = arena, .out = out, .at = at};
    if (!is_nested(out->phys)) return TW_OK;
    tw_field *field = TW_NEW(arena, tw_field);
    tw_type *row = TW_NEW(arena, tw_type);
    if (!field || !row) return TW_E_NOMEM;
    *field = (tw_field){TW_STR("value"), out->type};
    *row = (tw_type){.kind = TW_ROW, .nfields = 1, .fields = field};
    return tw_builder_open(&writer->nested, arena->mem, row, count > 0 ? count : 1);
}

static tw_status put_nested(tw_agg_writer *writer, const tw_sview *bytes) {
    tw_str text = tw_sview_str(bytes);
    tw_reader in = {text.data, text.data + text.length, false};
    tw_value value;
    tw_column one;
    TW_TRY(tw_value_read(writer->arena, &in, writer->out->type, &value));
    TW_TRY(tw_value_to_column(writer->arena, &value, &one));
    return tw_builder_copy_column(&writer->nested, 0, writer->written, &one, (tw_selection){NULL, 1});
}

tw_status tw_agg_writer_put(tw_agg_writer *writer, const tw_sview *value) {
    tw_column *out = writer->out;
    int32_t row = writer->at + writer->written;
    if (is_nested(out->phys)) {
        if (value)
            TW_TRY(put_nested(writer, value));
        else
            tw_builder_null(&writer->nested, 0, writer->written);
    } else {
        static const tw_sview NONE = {.length = 0};
        size_t width = (size_t)tw_phys_width(out->phys);
        char *to = (char *)out->values + width * (size_t)row;
        if (out->phys == TW_PHYS_STR)
            TW_TRY(tw_agg_text_put(out, row, value ? value : &NONE, writer->arena));
        else if (value)
            memcpy(to, tw_sview_data(value), width);
        else
            memset(to, 0, width);
        tw_agg_valid(out, row, value != NULL);
    }
    writer->written++;
    return TW_OK;
}

tw_status tw_agg_writer_close(tw_agg_writer *writer, tw_status status) {
    if (!is_nested(writer->out->phys)) return status;
    tw_column rows;
    if (status == TW_OK)
        status = tw_column_gather(writer->arena, &writer->nested.batch.columns[0], (tw_selection){NULL, writer->written}, true, &rows);
    if (status == TW_OK) status = splice(writer->arena, writer->out, writer->at, &rows, writer->written);
    tw_builder_close(&writer->nested);
    return status;
}
