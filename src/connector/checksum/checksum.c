/* The checksum sink: reads every value of every row into a sum and prints that at the end, one line a task:
 *
 *     checksum orders rows=833136 changes=0 sum=0x5fa0c93b7d1e2a44
 *
 * `rows` counts insertions less retractions, `changes` the rows that are not insertions. The sum is that of the rows' hashes modulo
 * 2^64, retractions subtracted, so that neither the order of rows nor their shards matter: the tasks' lines are added up. It is defined so
 * that a few lines of any language can check it (bench/oracle.py):
 *
 *     step(h, v) = let x = (h xor v) * C modulo 2^64 in x xor (x >> 32)              C = 0xd6e8feb86659fd93
 *     row: h = 0x9e3779b97f4a7c15; for each column: h = step(h, v), a NULL being v = 0x6e756c6c
 *     BOOLEAN, whole numbers, dates, times, intervals, timestamps in milliseconds, DECIMAL up to 18 digits unscaled: v as 64 bits, sign extended
 *     FLOAT (as DOUBLE) and DOUBLE: the bits; wider DECIMAL: low half, then high half; TIMESTAMP above 3 digits: milliseconds, then nanoseconds
 *     texts and bytes: a step with the length, then one with each 8 bytes, little endian, the last filled up with zeros
 *     ARRAY, MAP: a step with the count, then the items (key, value of each entry); ROW: its fields */
#include <inttypes.h>

#include "connector/connectors.h"

#define START      UINT64_C(0x9e3779b97f4a7c15)
#define FACTOR     UINT64_C(0xd6e8feb86659fd93)
#define NULL_VALUE UINT64_C(0x6e756c6c)

typedef struct sink {
    tw_mem *mem;
    FILE *out;
    tw_str name;
    uint64_t rows, changes, sum;
    uint64_t hashes[TW_BATCH_ROWS];
} sink;

static const tw_option_info OPTIONS[] = {
    {"sink.parallelism", TW_OPTION_INTEGER, NULL, false, "1..", "taken for Flink's sake; every task prints a line"},
};

static tw_status open_sink(const tw_sink_context *context, tw_sink **out, tw_error *error) {
    sink *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = context->mem;
    s->out = context->out;
    s->name = context->sink->table.name;
    *out = (tw_sink *)s;
    return TW_OK;
}

static inline uint64_t step(uint64_t hash, uint64_t value) {
    uint64_t x = (hash ^ value) * FACTOR;
    return x ^ (x >> 32);
}

static inline uint64_t load(const void *bytes, size_t length) {
    uint64_t word = 0;
    memcpy(&word, bytes, length);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint64_t step_text(uint64_t hash, const tw_sview *view) {
    const char *p = tw_sview_data(view);
    size_t left = view->length;
    hash = step(hash, left);
    for (; left >= 8; p += 8, left -= 8) hash = step(hash, load(p, 8));
    return left ? step(hash, load(p, left)) : hash;
}

static inline uint64_t double_bits(double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static inline uint64_t step_i128(uint64_t hash, tw_i128 v) { return step(step(hash, (uint64_t)v), (uint64_t)((unsigned __int128)v >> 64)); }

static inline uint64_t step_ts(uint64_t hash, tw_ts v) { return step(step(hash, (uint64_t)v.ms), (uint64_t)v.ns); }

static uint64_t step_value(uint64_t hash, const tw_column *c, int64_t row);

static uint64_t step_items(uint64_t hash, const tw_column *c, int64_t row) {
    hash = step(hash, (uint64_t)(c->offsets[row + 1] - c->offsets[row]));
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++)
        for (int32_t k = 0; k < c->nchildren; k++) hash = step_value(hash, &c->children[k], i);
    return hash;
}

static uint64_t step_value(uint64_t hash, const tw_column *c, int64_t row) {
    if (tw_column_null(c, row)) return step(hash, NULL_VALUE);
    if (c->constant) row = 0;
    switch (c->phys) {
    case TW_PHYS_NONE: break;
    case TW_PHYS_BOOL: return step(hash, ((const uint8_t *)c->values)[row]);
    case TW_PHYS_I8: return step(hash, (uint64_t)((const int8_t *)c->values)[row]);
    case TW_PHYS_I16: return step(hash, (uint64_t)((const int16_t *)c->values)[row]);
    case TW_PHYS_I32: return step(hash, (uint64_t)((const int32_t *)c->values)[row]);
    case TW_PHYS_I64: return step(hash, (uint64_t)((const int64_t *)c->values)[row]);
    case TW_PHYS_I128: return step_i128(hash, ((const tw_i128 *)c->values)[row]);
    case TW_PHYS_F32: return step(hash, double_bits((double)((const float *)c->values)[row]));
    case TW_PHYS_F64: return step(hash, double_bits(((const double *)c->values)[row]));
    case TW_PHYS_TS: return step_ts(hash, ((const tw_ts *)c->values)[row]);
    case TW_PHYS_STR: return step_text(hash, &((const tw_sview *)c->values)[row]);
    case TW_PHYS_LIST:
    case TW_PHYS_MAP: return step_items(hash, c, row);
    case TW_PHYS_STRUCT:
        for (int32_t i = 0; i < c->nchildren; i++) hash = step_value(hash, &c->children[i], row);
    }
    return hash;
}

/* One column into the rows' hashes; the kinds that benchmarks are full of have loops of their own. */
static void step_column(uint64_t *hashes, const tw_column *c, int32_t rows) {
    bool plain = !c->validity && !c->constant;
    if (plain && c->phys == TW_PHYS_I64) {
        const int64_t *values = c->values;
        for (int32_t i = 0; i < rows; i++) hashes[i] = step(hashes[i], (uint64_t)values[i]);
    } else if (plain && c->phys == TW_PHYS_STR) {
        const tw_sview *values = c->values;
        for (int32_t i = 0; i < rows; i++) hashes[i] = step_text(hashes[i], &values[i]);
    } else {
        for (int32_t i = 0; i < rows; i++) hashes[i] = step_value(hashes[i], c, i);
    }
}

static tw_status write_rows(tw_sink *opaque, const tw_batch *batch, tw_error *error) {
    sink *s = (sink *)opaque;
    for (int32_t i = 0; i < batch->rows; i++) s->hashes[i] = START;
    for (int32_t c = 0; c < batch->ncolumns; c++) step_column(s->hashes, &batch->columns[c], batch->rows);
    if (batch->kinds) {
        for (int32_t i = 0; i < batch->rows; i++) {
            uint64_t sign = (uint64_t)(int64_t)tw_change_sign(batch->kinds[i]);
            s->rows += sign;
            s->sum += sign * s->hashes[i];
            s->changes += batch->kinds[i] != TW_INSERT;
        }
    } else {
        s->rows += (uint64_t)batch->rows;
        for (int32_t i = 0; i < batch->rows; i++) s->sum += s->hashes[i];
    }
    return TW_OK;
}

static tw_status finish(tw_sink *opaque, tw_error *error) {
    sink *s = (sink *)opaque;
    int written = fprintf(s->out, "checksum %.*s rows=%" PRId64 " changes=%" PRIu64 " sum=0x%016" PRIx64 "\n", TW_STR_ARG(s->name), (int64_t)s->rows,
                          s->changes, s->sum);
    return written > 0 && fflush(s->out) == 0 ? TW_OK : tw_stream_failed(error);
}

static void close_sink(tw_sink *opaque) {
    sink *s = (sink *)opaque;
    tw_free(s->mem, s, sizeof *s);
}

static const tw_sink_ops SINK = {.open = open_sink, .write = write_rows, .finish = finish, .close = close_sink};

const tw_connector tw_connector_checksum = {
    .name = "checksum",
    .doc = "reads every value into a sum, printed at the end",
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .sink_accepts = TW_RETRACT,
    .sink = &SINK,
};
