/* See compact.h. */
#include "operator/compact.h"

enum { PIECE = 128 }; /* rows looked at together */

tw_status tw_compactor_open(tw_compactor *c, tw_mem *mem, int32_t ncolumns) {
    memset(c, 0, sizeof *c);
    tw_arena_init(&c->arena, mem, 1024);
    c->ncolumns = ncolumns;
    c->columns = TW_NEW_ARRAY(&c->arena, tw_column, ncolumns + 1);
    c->values = TW_NEW_ARRAY(&c->arena, void *, ncolumns + 1);
    c->validity = TW_NEW_ARRAY(&c->arena, uint64_t *, ncolumns + 1);
    return c->columns && c->values && c->validity ? TW_OK : TW_E_NOMEM;
}

void tw_compactor_close(tw_compactor *c) {
    if (c->arena.mem) tw_arena_free(&c->arena);
}

#define GATHER(T)                                                               \
    do {                                                                        \
        T *restrict to_ = to;                                                   \
        const T *restrict from_ = from;                                         \
        for (int32_t k = 0; k < rows.count; k++) to_[k] = from_[rows.index[k]]; \
    } while (0)

static void gather_piece(void *to, const void *from, int width, tw_selection rows) {
    switch (width) {
    case 1: GATHER(uint8_t); break;
    case 2: GATHER(uint16_t); break;
    case 4: GATHER(uint32_t); break;
    case 8: GATHER(uint64_t); break;
    default: GATHER(tw_sview); break; /* 16 bytes of whatever kind */
    }
}

/* Piece by piece: where nearly all rows are selected most pieces are rows side by side. */
static void gather(char *to, const char *from, int width, tw_selection rows) {
    for (int32_t k = 0; k < rows.count; k += PIECE) {
        tw_selection piece = {rows.index + k, rows.count - k < PIECE ? rows.count - k : PIECE};
        char *at = to + (size_t)width * (size_t)k;
        if (piece.index[piece.count - 1] - piece.index[0] == piece.count - 1)
            memcpy(at, from + (size_t)width * piece.index[0], (size_t)width * (size_t)piece.count);
        else
            gather_piece(at, from, width, piece);
    }
}

static void gather_bits(uint64_t *to, const uint64_t *from, tw_selection rows) {
    for (int32_t k = 0; k < rows.count; k += 64) {
        int32_t n = rows.count - k < 64 ? rows.count - k : 64;
        uint64_t word = 0;
        for (int32_t j = 0; j < n; j++) word |= (uint64_t)tw_bit_get(from, rows.index[k + j]) << j;
        to[k >> 6] = word;
    }
}

static bool need(tw_compactor *c, void *room, size_t size) {
    void **at = room;
    if (!*at) *at = tw_arena_alloc(&c->arena, size);
    return *at;
}

static tw_status compact_column(tw_compactor *c, int32_t i, tw_arena *arena, const tw_column *from, tw_selection rows) {
    tw_column *to = &c->columns[i];
    *to = *from;
    if (from->constant || from->phys == TW_PHYS_NONE) return TW_OK;
    int width = tw_phys_width(from->phys);
    if (!width) return tw_column_gather(arena, from, rows, false, to);
    if (!need(c, &c->values[i], (size_t)width * TW_BATCH_ROWS)) return TW_E_NOMEM;
    gather(c->values[i], from->values, width, rows);
    to->values = c->values[i];
    if (!from->validity) return TW_OK;
    if (!need(c, &c->validity[i], TW_BATCH_ROWS / 8)) return TW_E_NOMEM;
    gather_bits(c->validity[i], from->validity, rows);
    to->validity = c->validity[i];
    return TW_OK;
}

static tw_status compact_side(tw_compactor *c, const tw_batch *in, tw_selection rows, tw_batch *out) {
    if (in->kinds) {
        if (!need(c, &c->kinds, TW_BATCH_ROWS)) return TW_E_NOMEM;
        gather((char *)c->kinds, (const char *)in->kinds, 1, rows);
        out->kinds = c->kinds;
    }
    if (in->row_watermark) {
        if (!need(c, &c->row_watermark, sizeof(int64_t) * TW_BATCH_ROWS)) return TW_E_NOMEM;
        gather((char *)c->row_watermark, (const char *)in->row_watermark, 8, rows);
        out->row_watermark = c->row_watermark;
    }
    if (in->row_split) {
        if (!need(c, &c->row_split, sizeof *c->row_split * TW_BATCH_ROWS)) return TW_E_NOMEM;
        gather((char *)c->row_split, (const char *)in->row_split, sizeof *c->row_split, rows);
        out->row_split = c->row_split;
    }
    if (in->source_pos) {
        if (!need(c, &c->source_pos, sizeof(uint64_t) * TW_BATCH_ROWS)) return TW_E_NOMEM;
        gather((char *)c->source_pos, (const char *)in->source_pos, 8, rows);
        out->source_pos = c->source_pos;
    }
    return TW_OK;
}

tw_status tw_compact(tw_compactor *c, tw_arena *arena, const tw_batch *in, const tw_column *columns, tw_selection rows, tw_batch *out) {
    *out = *in;
    out->rows = rows.count;
    out->ncolumns = c->ncolumns;
    out->columns = (tw_column *)columns;
    if (!rows.index || rows.count == 0) return TW_OK;
    for (int32_t i = 0; i < c->ncolumns; i++) TW_TRY(compact_column(c, i, arena, &columns[i], rows));
    out->columns = c->columns;
    return compact_side(c, in, rows, out);
}
