/* What a file of JSON lines or CSV holds: a shape per column, from a sample of its records; a CREATE TABLE from the shapes. */
#ifndef TW_MAIN_INFER_H
#define TW_MAIN_INFER_H

#include "base/buf.h"
#include "base/error.h"

/* What values of a column have been. Bits: a column of several becomes the narrowest type that takes them all. */
enum {
    TW_SHAPE_BOOLEAN = 1 << 0,
    TW_SHAPE_INTEGER = 1 << 1,
    TW_SHAPE_NUMBER = 1 << 2,    /* with a fraction or an exponent */
    TW_SHAPE_TIMESTAMP = 1 << 3, /* "2020-01-02 03:04:05[.fraction]" */
    TW_SHAPE_ISO = 1 << 4,       /* the same with T between */
    TW_SHAPE_INSTANT = 1 << 5,   /* ... and Z behind */
    TW_SHAPE_DATE = 1 << 6,
    TW_SHAPE_TEXT = 1 << 7,
    TW_SHAPE_ROW = 1 << 8,
    TW_SHAPE_ARRAY = 1 << 9
};

typedef struct tw_shape tw_shape;
struct tw_shape {
    tw_str name;        /* of the column or field, the arena's */
    uint32_t seen;      /* bits */
    int precision;      /* most digits behind the second */
    int64_t low, high;  /* of integers */
    tw_shape *children; /* ROW: fields in order of appearance; ARRAY: one, the elements */
    tw_shape *last, *next;
};

typedef struct tw_inference {
    tw_arena *arena;
    tw_shape root;    /* ROW of the columns */
    bool csv, header; /* header: the first line names the columns */
    char delimiter;
    int64_t records;
} tw_inference;

/* Looks at one record: a line. The first one decides whether the file is JSON. False: it is not as the others are (passed over). */
bool tw_infer_line(tw_inference *inference, tw_str line);
/* The column that event time is taken from: a timestamp, else integers that are seconds or milliseconds of this age. NULL: none.
 * *unit_ms: 0 for a timestamp, 1000 or 1 for integers. */
const tw_shape *tw_infer_time(const tw_inference *inference, int *unit_ms);
/* CREATE TABLE `name` (...) WITH (... 'path' = path ...); with a watermark `delay_ms` behind. */
void tw_infer_print(const tw_inference *inference, tw_buf *out, tw_str name, tw_str path, int64_t delay_ms);

#endif
