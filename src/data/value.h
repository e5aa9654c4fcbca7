/* One value by itself: a literal in a plan, a default, a test's expectation. Off the hot path. */
#ifndef TW_DATA_VALUE_H
#define TW_DATA_VALUE_H

#include "data/column.h"

typedef struct tw_value tw_value;
struct tw_value {
    const tw_type *type;
    bool null;
    int32_t nitems; /* ARRAY: elements; MAP, MULTISET: entries (items[2i] key, items[2i + 1] value); ROW: fields */
    const tw_value *items;
    union {
        int64_t i; /* BOOL, I8 .. I64, symbols */
        double f;  /* F32, F64 */
        tw_i128 d; /* I128 */
        tw_ts ts;
        tw_str str; /* STR */
    } u;
};

tw_value tw_value_null(const tw_type *type);
tw_value tw_value_of_int(const tw_type *type, int64_t v); /* any type of physical BOOL .. I64 */
tw_value tw_value_of_str(const tw_type *type, tw_str v);
/* A constant column of that value. Memory from the arena. */
tw_status tw_value_to_column(tw_arena *arena, const tw_value *value, tw_column *out);
/* The value at a row, strings and children copied into the arena. */
tw_status tw_value_from_column(tw_arena *arena, const tw_column *column, int64_t row, tw_value *out);
/* Binary form, for plans. */
void tw_value_write(tw_buf *out, const tw_value *value);
tw_status tw_value_read(tw_arena *arena, tw_reader *in, const tw_type *type, tw_value *out);

#endif
