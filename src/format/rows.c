/* Columns that decoders fill: memory of the tree, growth of list children, nulls. */
#include "format/rows.h"

#include "base/bits.h"

/* What a value's slot takes besides children. */
static size_t slot_size(const tw_dcol *c) {
    if (c->out->phys == TW_PHYS_LIST || c->out->phys == TW_PHYS_MAP) return sizeof(int32_t);
    return (size_t)tw_phys_width(c->out->phys);
}

static bool resize(tw_rows *rows, tw_dcol *c, int32_t capacity) {
    tw_mem *mem = rows->mem;
    bool list = c->out->phys == TW_PHYS_LIST || c->out->phys == TW_PHYS_MAP;
    size_t size = slot_size(c), old = (size_t)c->capacity;
    size_t old_words = TW_BITS_WORDS(old), new_words = TW_BITS_WORDS((size_t)capacity);
    uint64_t *bits = tw_realloc(mem, c->validity, old_words * 8, new_words * 8);
    if (!bits) return false;
    /* the bits behind the old capacity are still "valid" by the last begin */
    memset(bits + old_words, 0xff, (new_words - old_words) * 8);
    c->validity = bits;
    if (size) {
        size_t extra = list ? 1 : 0;
        void **slots = list ? (void **)&c->out->offsets : &c->out->values;
        size_t old_bytes = old ? (old + extra) * size : 0, new_bytes = ((size_t)capacity + extra) * size;
        char *p = tw_realloc(mem, *slots, old_bytes, new_bytes);
        if (!p) {
            /* keep the sizes of both allocations equal to `capacity` */
            if (!old) tw_free(mem, bits, new_words * 8);
            uint64_t *back = old ? tw_realloc(mem, bits, new_words * 8, old_words * 8) : NULL;
            if (back || !old) c->validity = back;
            return false;
        }
        memset(p + old_bytes, 0, new_bytes - old_bytes);
        *slots = p;
    }
    c->capacity = capacity;
    return true;
}

bool tw_dcol_grow(tw_rows *rows, tw_dcol *c, int32_t need) {
    int64_t capacity = c->capacity ? c->capacity : 64;
    while (capacity < need) capacity *= 2;
    if (capacity > INT32_MAX / 2) return false;
    if (c->out->phys == TW_PHYS_STRUCT)
        for (int32_t i = 0; i < c->nchildren; i++)
            if (!tw_dcol_reserve(rows, &c->children[i], (int32_t)capacity)) return false;
    return resize(rows, c, (int32_t)capacity);
}

static bool build(tw_rows *rows, tw_dcol *c, tw_column *out, const tw_type *type) {
    memset(out, 0, sizeof *out);
    c->out = out;
    c->type = out->type = type;
    out->phys = tw_type_phys(type);
    c->nchildren = out->nchildren = type->kind == TW_MULTISET ? 2 : tw_kind_is_nested(type->kind) ? type->nfields : 0;
    if (c->nchildren == 0) return true;
    c->children = TW_NEW_ARRAY(&rows->arena, tw_dcol, c->nchildren);
    out->children = TW_NEW_ARRAY(&rows->arena, tw_column, c->nchildren);
    if (!c->children || !out->children) return false;
    for (int32_t i = 0; i < c->nchildren; i++) {
        const tw_type *child = type->kind == TW_MULTISET && i == 1 ? &TW_TYPE_INTEGER : type->fields[i].type;
        if (!build(rows, &c->children[i], &out->children[i], child)) return false;
    }
    return true;
}

static void release(tw_rows *rows, tw_dcol *c) {
    bool list = c->out && (c->out->phys == TW_PHYS_LIST || c->out->phys == TW_PHYS_MAP);
    size_t size = c->out ? slot_size(c) : 0;
    tw_free(rows->mem, c->validity, (size_t)TW_BITS_WORDS(c->capacity) * 8); /* it may be there, of no bytes, at capacity 0 */
    if (list)
        tw_free(rows->mem, c->out->offsets, ((size_t)c->capacity + 1) * size);
    else if (size)
        tw_free(rows->mem, c->out->values, (size_t)c->capacity * size);
    for (int32_t i = 0; i < c->nchildren && c->children; i++) release(rows, &c->children[i]);
}

tw_status tw_rows_open(tw_rows *rows, tw_mem *mem, const tw_type *type, int32_t capacity) {
    memset(rows, 0, sizeof *rows);
    rows->mem = mem;
    rows->type = type;
    tw_arena_init(&rows->arena, mem, 1024);
    tw_arena_init(&rows->heap, mem, 4096);
    tw_column *root = TW_NEW(&rows->arena, tw_column);
    if (!root || !build(rows, &rows->root, root, type) || !tw_dcol_grow(rows, &rows->root, capacity)) {
        tw_rows_close(rows);
        return TW_E_NOMEM;
    }
    rows->batch.columns = root->children;
    rows->batch.ncolumns = root->nchildren;
    return TW_OK;
}

void tw_rows_close(tw_rows *rows) {
    release(rows, &rows->root);
    tw_arena_free(&rows->heap);
    tw_arena_free(&rows->arena);
    memset(&rows->root, 0, sizeof rows->root);
}

static void begin(tw_dcol *c) {
    if (c->nulls) tw_bits_fill(c->validity, c->capacity, true);
    c->nulls = false;
    for (int32_t i = 0; i < c->nchildren; i++) begin(&c->children[i]);
}

void tw_rows_begin(tw_rows *rows) {
    begin(&rows->root);
    tw_arena_reset(&rows->heap);
    rows->batch.rows = 0;
}

static void end(tw_dcol *c) {
    c->out->validity = c->nulls ? c->validity : NULL;
    for (int32_t i = 0; i < c->nchildren; i++) end(&c->children[i]);
}

void tw_rows_end(tw_rows *rows, int32_t n) {
    end(&rows->root);
    rows->batch.rows = n;
}

void tw_dcol_null(tw_dcol *c, int32_t row) {
    c->nulls = true;
    tw_bit_clear(c->validity, row);
    switch (c->out->phys) {
    case TW_PHYS_STR: memset(&((tw_sview *)c->out->values)[row], 0, sizeof(tw_sview)); break;
    case TW_PHYS_BOOL: ((uint8_t *)c->out->values)[row] = 0; break;
    case TW_PHYS_LIST:
    case TW_PHYS_MAP: c->out->offsets[row + 1] = c->out->offsets[row]; break;
    case TW_PHYS_STRUCT:
        for (int32_t i = 0; i < c->nchildren; i++) tw_dcol_null(&c->children[i], row);
        break;
    default: break;
    }
}

bool tw_dcol_string_copy(tw_rows *rows, tw_dcol *c, int32_t row, tw_str text) {
    if (text.length > TW_SVIEW_INLINE) {
        text.data = tw_arena_memdup(&rows->heap, text.data, text.length);
        if (!text.data) return false;
    }
    tw_dcol_string(c, row, text);
    return true;
}
