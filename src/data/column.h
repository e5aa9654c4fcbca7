/* Columns: Arrow's layout, with one byte per BOOLEAN and pointers in string views.
 *
 * A column describes memory that somebody else owns: a decoder, an expression's scratch, a builder. Whoever hands a batch
 * on says how long it stays: across a push it is *borrowed until push returns or, when push returns TW_MORE, until the
 * receiver has been resumed to its end*. To keep rows longer, copy them into a tw_builder (data/builder.h).
 *
 * A value whose validity bit is clear may hold any bytes (a kernel may compute over it), but string views, offsets and
 * bytes of BOOLEAN are always well-formed, so that no reader can be led astray. */
#ifndef TW_DATA_COLUMN_H
#define TW_DATA_COLUMN_H

#include "base/bits.h"
#include "base/hash.h"
#include "data/type.h"

#define TW_BATCH_ROWS 4096 /* rows in a batch at most */

typedef __int128 tw_i128;

/* A string or bytes value. Up to 12 bytes lie in the view itself, zero padded; longer ones have their first four here. */
typedef struct tw_sview {
    uint32_t length;
    char prefix[4];
    union {
        char rest[8];
        const char *data;
    } u;
} tw_sview;
_Static_assert(sizeof(tw_sview) == 16, "string views are 16 bytes");
#define TW_SVIEW_INLINE 12

/* A timestamp of precision above 3. */
typedef struct tw_ts {
    int64_t ms;
    int32_t ns; /* 0 .. 999,999: nanoseconds within the millisecond */
    int32_t zero;
} tw_ts;
_Static_assert(sizeof(tw_ts) == 16, "wide timestamps are 16 bytes");

static inline const char *tw_sview_data(const tw_sview *v) { return v->length <= TW_SVIEW_INLINE ? v->prefix : v->u.data; }
static inline tw_str tw_sview_str(const tw_sview *v) { return (tw_str){tw_sview_data(v), v->length}; }
/* Borrows `data` when it is longer than 12 bytes. */
static inline tw_sview tw_sview_make(const char *data, size_t length) {
    tw_sview v;
    memset(&v, 0, sizeof v);
    v.length = (uint32_t)length;
    if (length <= TW_SVIEW_INLINE) {
        memcpy(v.prefix, data, length);
    } else {
        memcpy(v.prefix, data, 4);
        v.u.data = data;
    }
    return v;
}
static inline bool tw_sview_equal(const tw_sview *a, const tw_sview *b) {
    if (memcmp(a, b, 8) != 0) return false;
    if (a->length <= TW_SVIEW_INLINE) return memcmp(a->u.rest, b->u.rest, 8) == 0;
    return memcmp(a->u.data, b->u.data, a->length) == 0;
}
/* Byte order (for UTF-8 this is code point order, as Flink's BinaryStringData compares). */
int tw_sview_compare(const tw_sview *a, const tw_sview *b);

typedef struct tw_column tw_column;
struct tw_column {
    const tw_type *type;
    tw_phys phys;
    bool constant; /* row 0 stands for every row: values, validity, offsets and children have one row */
    int32_t nchildren;
    uint64_t *validity;  /* bit set = valid; NULL = all valid */
    void *values;        /* fixed-width values or tw_sview; NULL for NONE, LIST, MAP, STRUCT */
    int32_t *offsets;    /* LIST, MAP: rows + 1 of them, into the children; empty for nulls */
    tw_column *children; /* LIST 1, MAP 2, STRUCT n; never constant themselves unless the parent is */
};

/* Which rows of a batch a kernel works on: `index[0..count)` ascending, or the first `count` when index is NULL. */
typedef struct tw_selection {
    const uint16_t *index;
    int32_t count;
} tw_selection;

static inline int32_t tw_selected(const tw_selection *s, int32_t k) { return s->index ? s->index[k] : k; }

static inline bool tw_column_null(const tw_column *c, int64_t row) {
    if (c->phys == TW_PHYS_NONE) return true;
    return c->validity && !tw_bit_get(c->validity, c->constant ? 0 : row);
}

/* Rows as compared, hashed and ordered by SQL: NULL equals NULL (grouping), NaN equals NaN and is the largest number, -0.0 = 0.0
 * (Flink's grouping tells -0.0 from 0.0: see docs/flink-differences.md). Work for every type, nested included. */
int tw_value_compare(const tw_column *a, int64_t i, const tw_column *b, int64_t j); /* NULL lowest */
bool tw_value_equal(const tw_column *a, int64_t i, const tw_column *b, int64_t j);
uint64_t tw_value_hash(const tw_column *c, int64_t row);

#endif
