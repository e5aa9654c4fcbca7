/* A batch that owns its bytes and grows row by row: what crosses a channel, waits in a sort, or is gathered for output.
 *
 * Memory: columns are allocated once at `capacity` rows; strings longer than 12 bytes and nested children lie in the
 * builder's arena. tw_builder_reset keeps the memory for the next use. */
#ifndef TW_DATA_BUILDER_H
#define TW_DATA_BUILDER_H

#include "data/batch.h"

typedef struct tw_builder {
    tw_batch batch;                 /* what has been gathered; valid to read at any time */
    const tw_type *row;             /* schema, borrowed */
    int32_t capacity;               /* rows; TW_BATCH_ROWS for what is handed on as a batch, more for buffers */
    tw_arena arena;                 /* columns */
    tw_arena heap;                  /* string bytes and nested children */
    struct tw_builder_column *tree; /* room of each column and of its children, see builder.c */
    int8_t *kinds_room;
    int64_t *watermark_room;
    tw_split_progress **split_room; /* NULL until it is needed */
    size_t bytes;                   /* of strings held */
} tw_builder;

tw_status tw_builder_open(tw_builder *builder, tw_mem *mem, const tw_type *row, int32_t capacity);
void tw_builder_close(tw_builder *builder);
void tw_builder_reset(tw_builder *builder);
static inline int32_t tw_builder_room(const tw_builder *builder) { return builder->capacity - builder->batch.rows; }

/* Appends the selected rows of `from` (same physical schema) with kinds, row watermarks and partitions, copying every byte. There must be room.
 * TW_E_NOMEM leaves the builder as it was. */
tw_status tw_builder_append(tw_builder *builder, const tw_batch *from, tw_selection rows);
/* Column by column, for operators that make rows: the caller then calls tw_builder_commit. `at` is the row to write first. */
tw_status tw_builder_copy_column(tw_builder *builder, int column, int32_t at, const tw_column *from, tw_selection rows);
/* The bytes of a string that must live as long as the builder's rows. NULL when out of memory. */
tw_status tw_builder_string(tw_builder *builder, tw_str text, tw_sview *out);
/* A column to be written row by row by the caller: as it is, with a validity bitmap (also in fields of ROWs). */
tw_column *tw_builder_writable(tw_builder *builder, int column);
void tw_builder_null(tw_builder *builder, int column, int32_t row);
/* Makes `rows` more rows visible; kinds NULL = all +I. */
tw_status tw_builder_commit(tw_builder *builder, int32_t rows, const int8_t *kinds);

/* Copies selected rows of one column into another of the same type, whose storage comes from `arena` (fresh: values, validity,
 * offsets, children). The general gather; strings are copied when `deep`. */
tw_status tw_column_gather(tw_arena *arena, const tw_column *from, tw_selection rows, bool deep, tw_column *out);
/* A column with room for `rows` values: values, a full validity bitmap (or NULL when `nulls` is false), offsets zeroed. */
tw_status tw_column_alloc(tw_arena *arena, const tw_type *type, int32_t rows, bool nulls, tw_column *out);

#endif
