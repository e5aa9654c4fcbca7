/* Builders.
 *
 * Top-level columns are allocated once, in `arena`, at the builder's capacity. What grows with the rows lies in `heap`: bytes of long strings, and
 * the children of lists and maps, which double when full (the old copy stays in the heap until reset). Validity bitmaps appear with the
 * first null. */
#include "data/builder.h"

typedef struct tw_builder_column {
    int32_t capacity; /* values that fit */
    uint64_t *validity_room;
    struct tw_builder_column *children;
} builder_column;

static int child_count(const tw_type *type) {
    tw_phys phys = tw_type_phys(type);
    return phys == TW_PHYS_LIST || phys == TW_PHYS_MAP || phys == TW_PHYS_STRUCT ? (phys == TW_PHYS_MAP ? 2 : type->nfields) : 0;
}

static const tw_type MULTISET_COUNT = {.kind = TW_INTEGER, .length = TW_LENGTH_MAX};

static const tw_type *child_type(const tw_type *type, int i) { return type->kind == TW_MULTISET && i == 1 ? &MULTISET_COUNT : type->fields[i].type; }

/* Headers of a column and, below it, of its children; no storage yet. */
static tw_status shape(tw_arena *arena, const tw_type *type, tw_column *out) {
    memset(out, 0, sizeof *out);
    out->type = type;
    out->phys = tw_type_phys(type);
    out->nchildren = child_count(type);
    if (!out->nchildren) return TW_OK;
    out->children = TW_NEW_ARRAY(arena, tw_column, out->nchildren);
    if (!out->children) return TW_E_NOMEM;
    for (int i = 0; i < out->nchildren; i++) TW_TRY(shape(arena, child_type(type, i), &out->children[i]));
    return TW_OK;
}

static tw_status shape_tree(tw_arena *arena, const tw_column *column, builder_column *out) {
    memset(out, 0, sizeof *out);
    if (!column->nchildren) return TW_OK;
    out->children = TW_NEW_ARRAY(arena, builder_column, column->nchildren);
    if (!out->children) return TW_E_NOMEM;
    for (int i = 0; i < column->nchildren; i++) TW_TRY(shape_tree(arena, &column->children[i], &out->children[i]));
    return TW_OK;
}

/* Room for `capacity` values, the first `length` kept. */
static tw_status grow(tw_arena *arena, tw_column *c, builder_column *b, int32_t length, int32_t capacity) {
    if (capacity <= b->capacity) return TW_OK;
    size_t width = (size_t)tw_phys_width(c->phys);
    if (width) {
        char *values = tw_arena_alloc(arena, (width * (size_t)capacity + 15) & ~(size_t)15);
        if (!values) return TW_E_NOMEM;
        if (length) memcpy(values, c->values, width * (size_t)length);
        memset(values + width * (size_t)length, 0, width * (size_t)(capacity - length));
        c->values = values;
    }
    if (c->phys == TW_PHYS_LIST || c->phys == TW_PHYS_MAP) {
        int32_t *offsets = tw_arena_alloc(arena, sizeof *offsets * ((size_t)capacity + 1));
        if (!offsets) return TW_E_NOMEM;
        offsets[0] = 0;
        if (length) memcpy(offsets, c->offsets, sizeof *offsets * ((size_t)length + 1));
        c->offsets = offsets;
    }
    uint64_t *bits = tw_arena_alloc(arena, (size_t)TW_BITS_WORDS(capacity) * 8);
    if (!bits) return TW_E_NOMEM;
    tw_bits_fill(bits, capacity, true);
    if (c->validity) {
        memcpy(bits, c->validity, (size_t)TW_BITS_WORDS(length) * 8);
        for (int64_t i = length; i < (int64_t)TW_BITS_WORDS(length) * 64; i++) tw_bit_set(bits, i);
        c->validity = bits;
    }
    b->validity_room = bits;
    if (c->phys == TW_PHYS_STRUCT)
        for (int i = 0; i < c->nchildren; i++) TW_TRY(grow(arena, &c->children[i], &b->children[i], length, capacity));
    b->capacity = capacity;
    return TW_OK;
}

/* The rows to copy: index[0..count), or base .. base + count - 1 when index is NULL. */
typedef struct span {
    const uint16_t *index;
    int32_t base, count;
} span;

static int32_t row_of(const tw_column *from, span rows, int32_t k) { return from->constant ? 0 : rows.index ? rows.index[k] : rows.base + k; }

typedef struct copying { /* where storage of children and string bytes comes from */
    tw_arena *heap;
    bool deep;
    size_t *bytes; /* counts copied string bytes; NULL: nobody asks */
} copying;

static void set_null(tw_column *c, builder_column *b, int32_t at) {
    if (c->phys == TW_PHYS_NONE) return;
    if (!c->validity) c->validity = b->validity_room;
    tw_bit_clear(c->validity, at);
}

static void set_valid(tw_column *c, int32_t at, int32_t n) {
    if (!c->validity) return;
    for (int32_t end = at + n; at < end;) {
        if ((at & 63) == 0 && end - at >= 64) {
            c->validity[at >> 6] = ~UINT64_C(0);
            at += 64;
        } else {
            tw_bit_set(c->validity, at++);
        }
    }
}

static void null_at(tw_column *c, builder_column *b, int32_t row) {
    set_null(c, b, row);
    if (c->offsets) c->offsets[row + 1] = c->offsets[row];
    int width = tw_phys_width(c->phys);
    if (width) memset((char *)c->values + (size_t)width * (size_t)row, 0, (size_t)width);
    for (int i = 0; c->phys == TW_PHYS_STRUCT && i < c->nchildren; i++) null_at(&c->children[i], &b->children[i], row);
}

/* Writes the validity of the copied rows whole: a copy that failed before may have left nulls there. */
static void copy_validity(tw_column *to, builder_column *b, int32_t at, const tw_column *from, span rows) {
    set_valid(to, at, rows.count);
    if (!from->validity || (from->constant && tw_bit_get(from->validity, 0))) return;
    bool dense = !rows.index && !from->constant;
    for (int32_t k = 0; k < rows.count; k++) {
        int32_t row = row_of(from, rows, k);
        if (dense && (row & 63) == 0 && rows.count - k >= 64 && from->validity[row >> 6] == ~UINT64_C(0))
            k += 63;
        else if (!tw_bit_get(from->validity, row))
            set_null(to, b, at + k);
    }
}

#define COPY(T)                                                                     \
    do {                                                                            \
        T *to_ = (T *)to->values + at;                                              \
        const T *from_ = from->values;                                              \
        if (from->constant)                                                         \
            for (int32_t k = 0; k < rows.count; k++) to_[k] = from_[0];             \
        else if (!rows.index)                                                       \
            memcpy(to_, from_ + rows.base, sizeof(T) * (size_t)rows.count);         \
        else                                                                        \
            for (int32_t k = 0; k < rows.count; k++) to_[k] = from_[rows.index[k]]; \
    } while (0)

/* Gives `n` views bytes of their own, in one piece of the heap; on failure the views are empty. */
static tw_status own_bytes(copying how, tw_sview *v, int32_t n) {
    size_t total = 0;
    for (int32_t k = 0; k < n; k++)
        if (v[k].length > TW_SVIEW_INLINE) total += v[k].length;
    if (!total) return TW_OK;
    char *bytes = tw_arena_alloc(how.heap, total);
    if (!bytes) {
        memset(v, 0, sizeof *v * (size_t)n);
        return TW_E_NOMEM;
    }
    if (how.bytes) *how.bytes += total;
    for (int32_t k = 0; k < n; k++) {
        if (v[k].length <= TW_SVIEW_INLINE) continue;
        memcpy(bytes, v[k].u.data, v[k].length);
        v[k].u.data = bytes;
        bytes += v[k].length;
    }
    return TW_OK;
}

/* Views of the selected rows. Those of nulls are emptied; a constant's bytes are copied once. */
static tw_status copy_strings(copying how, tw_column *to, int32_t at, const tw_column *from, span rows) {
    COPY(tw_sview);
    tw_sview *v = (tw_sview *)to->values + at;
    if (from->validity)
        for (int32_t k = 0; k < rows.count; k++)
            if (!tw_bit_get(from->validity, row_of(from, rows, k))) memset(&v[k], 0, sizeof *v);
    if (!how.deep) return TW_OK;
    if (!from->constant) return own_bytes(how, v, rows.count);
    tw_status status = own_bytes(how, v, 1);
    for (int32_t k = 1; k < rows.count; k++) v[k] = v[0];
    return status;
}

static tw_status copy_rows(copying how, tw_column *to, builder_column *b, int32_t at, const tw_column *from, span rows);

/* Writes the items [begin, end) of a child column behind its first `at`. */
static tw_status copy_items(copying how, tw_column *to, builder_column *b, int32_t at, const tw_column *from, int32_t begin, int32_t end) {
    int64_t need = (int64_t)at + (end - begin);
    if (need > INT32_MAX / 2) return TW_E_NOMEM; /* offsets are 32 bits, with room to double */
    if (need > b->capacity) TW_TRY(grow(how.heap, to, b, at, need > b->capacity * INT64_C(2) ? (int32_t)need : b->capacity * 2));
    return copy_rows(how, to, b, at, from, (span){NULL, begin, end - begin});
}

/* Neighbouring lists: their items lie together, so that children are copied once for all. */
static tw_status copy_lists_dense(copying how, tw_column *to, builder_column *b, int32_t at, const tw_column *from, span rows) {
    const int32_t *offsets = from->offsets + rows.base;
    int32_t shift = to->offsets[at] - offsets[0];
    for (int c = 0; c < to->nchildren; c++)
        TW_TRY(copy_items(how, &to->children[c], &b->children[c], to->offsets[at], &from->children[c], offsets[0], offsets[rows.count]));
    for (int32_t k = 1; k <= rows.count; k++) to->offsets[at + k] = offsets[k] + shift;
    return TW_OK;
}

static tw_status copy_lists(copying how, tw_column *to, builder_column *b, int32_t at, const tw_column *from, span rows) {
    if (!rows.index && !from->constant) return copy_lists_dense(how, to, b, at, from, rows);
    for (int32_t k = 0; k < rows.count; k++) {
        int32_t row = row_of(from, rows, k), here = to->offsets[at + k];
        to->offsets[at + k + 1] = here;
        if (tw_column_null(from, row)) continue;
        for (int c = 0; c < to->nchildren; c++)
            TW_TRY(copy_items(how, &to->children[c], &b->children[c], here, &from->children[c], from->offsets[row], from->offsets[row + 1]));
        to->offsets[at + k + 1] = here + from->offsets[row + 1] - from->offsets[row];
    }
    return TW_OK;
}

/* A constant struct has constant fields. */
static tw_status copy_struct(copying how, tw_column *to, builder_column *b, int32_t at, const tw_column *from, span rows) {
    for (int c = 0; c < to->nchildren; c++) {
        tw_column child = from->children[c];
        child.constant |= from->constant;
        TW_TRY(copy_rows(how, &to->children[c], &b->children[c], at, &child, rows));
    }
    return TW_OK;
}

static tw_status copy_rows(copying how, tw_column *to, builder_column *b, int32_t at, const tw_column *from, span rows) {
    if (rows.count == 0) return TW_OK;
    if (from->phys == TW_PHYS_NONE) { /* a NULL literal stands for a null of any type */
        for (int32_t k = 0; k < rows.count; k++) null_at(to, b, at + k);
        return TW_OK;
    }
    TW_ASSERT(from->phys == to->phys && from->nchildren == to->nchildren);
    copy_validity(to, b, at, from, rows);
    switch (to->phys) {
    case TW_PHYS_NONE: break;
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: COPY(int8_t); break;
    case TW_PHYS_I16: COPY(int16_t); break;
    case TW_PHYS_I32:
    case TW_PHYS_F32: COPY(int32_t); break;
    case TW_PHYS_I64:
    case TW_PHYS_F64: COPY(int64_t); break;
    case TW_PHYS_I128:
    case TW_PHYS_TS: COPY(tw_i128); break;
    case TW_PHYS_STR: return copy_strings(how, to, at, from, rows);
    case TW_PHYS_LIST:
    case TW_PHYS_MAP: return copy_lists(how, to, b, at, from, rows);
    case TW_PHYS_STRUCT: return copy_struct(how, to, b, at, from, rows);
    }
    return TW_OK;
}

tw_status tw_builder_open(tw_builder *builder, tw_mem *mem, const tw_type *row, int32_t capacity) {
    memset(builder, 0, sizeof *builder);
    builder->row = row;
    builder->capacity = capacity;
    tw_arena_init(&builder->arena, mem, 4096);
    tw_arena_init(&builder->heap, mem, 4096);
    builder->batch.ncolumns = row->nfields;
    builder->batch.columns = TW_NEW_ARRAY(&builder->arena, tw_column, row->nfields + 1);
    builder->tree = TW_NEW_ARRAY(&builder->arena, builder_column, row->nfields + 1);
    builder->kinds_room = tw_arena_alloc(&builder->arena, (size_t)capacity);
    builder->watermark_room = tw_arena_alloc(&builder->arena, sizeof(int64_t) * (size_t)capacity);
    bool sound = builder->batch.columns && builder->tree && builder->kinds_room && builder->watermark_room;
    for (int i = 0; sound && i < row->nfields; i++) {
        tw_column *c = &builder->batch.columns[i];
        sound = shape(&builder->arena, row->fields[i].type, c) == TW_OK && shape_tree(&builder->arena, c, &builder->tree[i]) == TW_OK &&
                grow(&builder->arena, c, &builder->tree[i], 0, capacity) == TW_OK;
    }
    if (sound) return TW_OK;
    tw_builder_close(builder);
    return TW_E_NOMEM;
}

void tw_builder_close(tw_builder *builder) {
    tw_arena_free(&builder->arena);
    tw_arena_free(&builder->heap);
}

static void reset_column(tw_column *c, builder_column *b, bool in_heap) {
    c->validity = NULL;
    if (in_heap) {
        b->capacity = 0;
        c->values = NULL;
        c->offsets = NULL;
    } else if (b->validity_room) {
        tw_bits_fill(b->validity_room, b->capacity, true);
    }
    bool below = in_heap || c->phys == TW_PHYS_LIST || c->phys == TW_PHYS_MAP;
    for (int i = 0; i < c->nchildren; i++) reset_column(&c->children[i], &b->children[i], below);
}

void tw_builder_reset(tw_builder *builder) {
    for (int i = 0; i < builder->batch.ncolumns; i++) {
        tw_column *c = &builder->batch.columns[i];
        if (c->validity || c->nchildren) reset_column(c, &builder->tree[i], false);
    }
    builder->batch.rows = 0;
    builder->batch.kinds = NULL;
    builder->batch.row_watermark = NULL;
    builder->batch.row_split = NULL;
    builder->batch.arrival_ns = NULL;
    builder->batch.split = NULL;
    builder->bytes = 0;
    tw_arena_reset(&builder->heap);
}

tw_status tw_builder_copy_column(tw_builder *builder, int column, int32_t at, const tw_column *from, tw_selection rows) {
    return copy_rows((copying){&builder->heap, true, &builder->bytes}, &builder->batch.columns[column], &builder->tree[column], at, from,
                     (span){rows.index, 0, rows.count});
}

static void note_kinds(tw_builder *builder, const int8_t *kinds, const uint16_t *index, int32_t n) {
    tw_batch *batch = &builder->batch;
    if (!kinds && !batch->kinds) return;
    if (!batch->kinds) {
        batch->kinds = builder->kinds_room;
        memset(batch->kinds, TW_INSERT, (size_t)batch->rows);
    }
    for (int32_t k = 0; k < n; k++) batch->kinds[batch->rows + k] = kinds ? kinds[index ? index[k] : k] : TW_INSERT;
}

static void note_watermarks(tw_builder *builder, const int64_t *watermarks, tw_selection rows) {
    tw_batch *batch = &builder->batch;
    if (!watermarks && !batch->row_watermark) return;
    if (!batch->row_watermark) {
        batch->row_watermark = builder->watermark_room;
        for (int32_t i = 0; i < batch->rows; i++) batch->row_watermark[i] = TW_WATERMARK_MIN;
    }
    for (int32_t k = 0; k < rows.count; k++)
        batch->row_watermark[batch->rows + k] = watermarks ? watermarks[tw_selected(&rows, k)] : TW_WATERMARK_MIN;
}

/* There is room. */
static void note_splits(tw_builder *builder, tw_split_progress *const *splits, tw_selection rows) {
    tw_batch *batch = &builder->batch;
    if (!splits && !batch->row_split) return;
    if (!batch->row_split) {
        batch->row_split = builder->split_room;
        for (int32_t i = 0; i < batch->rows; i++) batch->row_split[i] = NULL;
    }
    for (int32_t k = 0; k < rows.count; k++) batch->row_split[batch->rows + k] = splits ? splits[tw_selected(&rows, k)] : NULL;
}

/* Takes back the nulls of rows that were begun and not finished, for callers that write values themselves. */
static void forget_rows(tw_column *c, int32_t at, int32_t n) {
    set_valid(c, at, n);
    for (int i = 0; c->phys == TW_PHYS_STRUCT && i < c->nchildren; i++) forget_rows(&c->children[i], at, n);
}

tw_status tw_builder_append(tw_builder *builder, const tw_batch *from, tw_selection rows) {
    TW_ASSERT(rows.count <= tw_builder_room(builder) && from->ncolumns == builder->batch.ncolumns);
    if (from->row_split && !builder->split_room) builder->split_room = TW_NEW_ARRAY(&builder->arena, tw_split_progress *, builder->capacity);
    if (from->row_split && !builder->split_room) return TW_E_NOMEM;
    for (int i = 0; i < from->ncolumns; i++) {
        tw_status status = tw_builder_copy_column(builder, i, builder->batch.rows, &from->columns[i], rows);
        if (status == TW_OK) continue;
        for (int k = 0; k <= i; k++) forget_rows(&builder->batch.columns[k], builder->batch.rows, rows.count);
        return status;
    }
    note_kinds(builder, from->kinds, rows.index, rows.count);
    note_watermarks(builder, from->row_watermark, rows);
    note_splits(builder, from->row_split, rows);
    builder->batch.rows += rows.count;
    return TW_OK;
}

tw_status tw_builder_string(tw_builder *builder, tw_str text, tw_sview *out) {
    if (text.length <= TW_SVIEW_INLINE) {
        *out = tw_sview_make(text.data, text.length);
        return TW_OK;
    }
    char *bytes = tw_arena_memdup(&builder->heap, text.data, text.length);
    if (!bytes) return TW_E_NOMEM;
    builder->bytes += text.length;
    *out = tw_sview_make(bytes, text.length);
    return TW_OK;
}

static void need_validity(tw_column *c, builder_column *b) {
    if (!c->validity) c->validity = b->validity_room;
    for (int i = 0; c->phys == TW_PHYS_STRUCT && i < c->nchildren; i++) need_validity(&c->children[i], &b->children[i]);
}

tw_column *tw_builder_writable(tw_builder *builder, int column) {
    need_validity(&builder->batch.columns[column], &builder->tree[column]);
    return &builder->batch.columns[column];
}

void tw_builder_null(tw_builder *builder, int column, int32_t row) { null_at(&builder->batch.columns[column], &builder->tree[column], row); }

tw_status tw_builder_commit(tw_builder *builder, int32_t rows, const int8_t *kinds) {
    note_kinds(builder, kinds, NULL, rows);
    note_watermarks(builder, NULL, (tw_selection){NULL, rows});
    note_splits(builder, NULL, (tw_selection){NULL, rows});
    builder->batch.rows += rows;
    return TW_OK;
}

tw_status tw_column_alloc(tw_arena *arena, const tw_type *type, int32_t rows, bool nulls, tw_column *out) {
    builder_column tree;
    TW_TRY(shape(arena, type, out));
    TW_TRY(shape_tree(arena, out, &tree));
    TW_TRY(grow(arena, out, &tree, 0, rows > 0 ? rows : 1));
    if (out->offsets) memset(out->offsets, 0, sizeof(int32_t) * ((size_t)(rows > 0 ? rows : 1) + 1));
    if (nulls) out->validity = tree.validity_room;
    return TW_OK;
}

tw_status tw_column_gather(tw_arena *arena, const tw_column *from, tw_selection rows, bool deep, tw_column *out) {
    builder_column tree;
    TW_TRY(shape(arena, from->type, out));
    TW_TRY(shape_tree(arena, out, &tree));
    TW_TRY(grow(arena, out, &tree, 0, rows.count > 0 ? rows.count : 1));
    return copy_rows((copying){arena, deep, NULL}, out, &tree, 0, from, (span){rows.index, 0, rows.count});
}
