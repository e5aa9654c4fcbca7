/* Rows being decoded: columns that a decoder fills by row number, in any order of columns.
 *
 * Writing the same row of a column again replaces the value (last of duplicate keys wins), and a row that turns out bad is
 * simply written over by the next: a list's children begin at offsets[row], so nothing partial stays behind. Validity bits
 * are all set at the start and put back by a valid write once the column has seen a null. */
#ifndef TW_FORMAT_ROWS_H
#define TW_FORMAT_ROWS_H

#include "data/batch.h"
#include "data/builder.h"

typedef struct tw_dcol tw_dcol;
struct tw_dcol {
    tw_column *out; /* values, offsets and children point to this column's memory at all times */
    const tw_type *type;
    uint64_t *validity;
    bool nulls; /* a null was written since the last begin */
    int32_t capacity;
    int32_t nchildren;
    tw_dcol *children;
};

typedef struct tw_rows {
    tw_mem *mem;
    tw_arena arena; /* the tree of columns */
    tw_arena heap;  /* bytes of strings that had to be changed; valid until the next begin */
    const tw_type *type;
    tw_dcol root; /* a STRUCT: its children are the columns */
    tw_batch batch;
} tw_rows;

tw_status tw_rows_open(tw_rows *rows, tw_mem *mem, const tw_type *type, int32_t capacity);
void tw_rows_close(tw_rows *rows);
/* Forgets the rows of the last batch. */
void tw_rows_begin(tw_rows *rows);
/* Makes rows->batch hold the first n rows. */
void tw_rows_end(tw_rows *rows, int32_t n);

/* Room for `rows` values (children of lists grow). false: out of memory. */
bool tw_dcol_grow(tw_rows *rows, tw_dcol *column, int32_t need);
static inline bool tw_dcol_reserve(tw_rows *rows, tw_dcol *column, int32_t need) {
    return TW_LIKELY(need <= column->capacity) || tw_dcol_grow(rows, column, need);
}
/* NULL at the row, children included (they stay well-formed). */
void tw_dcol_null(tw_dcol *column, int32_t row);
static inline void tw_dcol_valid(tw_dcol *column, int32_t row) {
    if (TW_UNLIKELY(column->nulls)) tw_bit_set(column->validity, row);
}
/* Copies a string to the heap when it is longer than a view; NULL length check is the caller's. false: out of memory. */
bool tw_dcol_string_copy(tw_rows *rows, tw_dcol *column, int32_t row, tw_str text);
static inline void tw_dcol_string(tw_dcol *column, int32_t row, tw_str text) {
    ((tw_sview *)column->out->values)[row] = tw_sview_make(text.data, text.length);
    tw_dcol_valid(column, row);
}

/* Why a value did not fit its column. */
typedef enum tw_fit {
    TW_FIT_OK,
    TW_FIT_BAD, /* not a value of the type */
    TW_FIT_NOMEM,
} tw_fit;

/* How text becomes a value. */
typedef struct tw_text_rules {
    char separator; /* between date and time: ' ' or 'T' */
    bool iso_time;  /* seconds may be missing (ISO_LOCAL_TIME) */
    bool ltz_z;     /* TIMESTAMP_LTZ must end in 'Z'; else may */
    bool lenient;   /* one-digit months, days and hours (java.sql.Timestamp.valueOf) */
} tw_text_rules;

/* Text of a scalar into a row, by Java's parse functions that Flink's converters call; numbers and booleans are trimmed. STR columns
 * borrow the text. Not for nested types. */
tw_fit tw_dcol_text(tw_rows *rows, tw_dcol *column, int32_t row, tw_str text, const tw_text_rules *rules);

/* Dates and times by rules; no surrounding blanks. */
bool tw_text_date(tw_str text, bool lenient, bool clamp, int32_t *days);
bool tw_text_time(tw_str text, const tw_text_rules *rules, int32_t *ms, int32_t *nanos);
bool tw_text_timestamp(tw_str text, const tw_text_rules *rules, bool ltz, tw_ts *out);
/* Base64 with padding, as Jackson's default variant. Returns the length or -1; `out` takes at most length * 3 / 4 bytes. */
int64_t tw_base64_decode(tw_str text, char *out);
void tw_base64_encode(tw_buf *out, tw_str bytes);

#endif
