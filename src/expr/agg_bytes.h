/* Values of any type as byte strings, for accumulators that keep them, and back into a result column.
 *
 * A fixed-width value is its bytes in memory, a text itself, a nested one its binary form (tw_value_write). */
#ifndef TW_EXPR_AGG_BYTES_H
#define TW_EXPR_AGG_BYTES_H

#include "data/builder.h"
#include "expr/aggregate.h"

/* Room for nested values on their way into bytes; used from row to row. */
typedef struct tw_agg_scratch {
    tw_buf bytes;
    tw_arena arena;
} tw_agg_scratch;
void tw_agg_scratch_open(tw_agg_scratch *scratch, tw_mem *mem);
void tw_agg_scratch_close(tw_agg_scratch *scratch);

/* The bytes of a value that is not null: borrowed from the column, or from the scratch until its next use. `at` is the place in the column. */
tw_status tw_agg_bytes_of(tw_agg_scratch *scratch, const tw_column *c, int32_t at, tw_sview *out);
/* Are these the bytes of a value of that type (a tw_type)? A tw_value_sound. */
bool tw_agg_bytes_sound(const void *type, tw_str bytes);

/* Makes room for `more` values behind the first `old` of a child column (of a LIST or MAP result): fresh storage in the arena. */
tw_status tw_agg_extend(tw_arena *arena, tw_column *c, int32_t old, int32_t more);

/* Writes values one after the other into rows at, at + 1 ... of a column with room for `count` more. What a nested column has below it is appended. */
typedef struct tw_agg_writer {
    tw_arena *arena;
    tw_column *out;
    int32_t at, written;
    tw_builder nested; /* only for a nested type: rows on their way */
} tw_agg_writer;
tw_status tw_agg_writer_open(tw_agg_writer *writer, tw_arena *arena, tw_column *out, int32_t at, int32_t count);
/* NULL writes a NULL. */
tw_status tw_agg_writer_put(tw_agg_writer *writer, const tw_sview *value);
/* Hands over what was written, unless `status` says that something has failed; gives `status` or what fails now. */
tw_status tw_agg_writer_close(tw_agg_writer *writer, tw_status status);

#endif
