/* A batch: up to TW_BATCH_ROWS rows in columns, with their changelog kinds and, where it matters, their row watermarks. */
#ifndef TW_DATA_BATCH_H
#define TW_DATA_BATCH_H

#include "data/column.h"

/* What a row does to the table that its stream stands for. Values as in Flink's RowKind. */
typedef enum tw_change {
    TW_INSERT = 0,        /* +I */
    TW_UPDATE_BEFORE = 1, /* -U */
    TW_UPDATE_AFTER = 2,  /* +U */
    TW_DELETE = 3         /* -D */
} tw_change;

/* +1 for +I and +U, -1 for -U and -D. */
static inline int tw_change_sign(int8_t kind) { return kind == TW_INSERT || kind == TW_UPDATE_AFTER ? 1 : -1; }
const char *tw_change_text(int8_t kind); /* "+I" "-U" "+U" "-D" */

/* Sets of changes, as an operator declares what it takes and gives. */
typedef enum tw_changelog {
    TW_APPEND = 1,  /* +I only */
    TW_RETRACT = 2, /* +I -U +U -D, every update with its -U */
    TW_UPSERT = 3   /* +I +U -D by key; never crosses an exchange on anything but its key */
} tw_changelog;

/* Watermarks are milliseconds, on the scale of the time attribute (TIMESTAMP: as if UTC). */
#define TW_WATERMARK_MIN INT64_MIN /* none yet */
#define TW_WATERMARK_MAX INT64_MAX /* no more input */

/* One partition of a source, as far as it has been read: what the row watermark is a function of. Owned by the source's reader side,
 * written by the watermark operator of the same task. */
typedef struct tw_split_progress {
    tw_str table;   /* of the source */
    tw_str name;    /* path, "partition 3", ... unique in the source and stable over restarts */
    int32_t number; /* dense, in order of discovery */
    bool opened, ended, idle;
    bool been_idle;                             /* since the start: others may have gone on without it */
    int64_t watermark;                          /* running maximum so far; TW_WATERMARK_MIN before the first */
    int64_t silent_from_ms, silent_to_ms;       /* processing time: it was asked and had nothing, or said to ask again later; equal at rows */
    struct tw_split_progress *next;             /* the other splits of this source on this task */
    struct tw_split_progress **first;           /* head of that list */
    void (*raised)(struct tw_split_progress *); /* called when the running maximum over a batch is known, before its rows go on; may be NULL */
} tw_split_progress;

typedef struct tw_batch {
    int32_t rows;
    int32_t ncolumns;
    tw_column *columns;
    int8_t *kinds;                   /* tw_change per row; NULL = all +I */
    int64_t *row_watermark;          /* the row's watermark (design: that of its source partition just before it); NULL when no row of
                               the batch is behind its own watermark, or nothing downstream asks */
    int64_t *arrival_ns;             /* monotonic time when the rows' bytes arrived, one per batch; NULL when not measured */
    tw_split_progress **row_split;   /* source partition of each row, NULL where not known; only of batches in which a row may be late: whoever merges
                               rows of several partitions takes this along, not `split`. What it points to lives as long as the job; other
                               tasks read its names only */
    uint64_t *source_pos;            /* where each row came from (file line, offset), NULL when not tracked */
    tw_split_progress *split;        /* the source partition of all the rows; NULL when mixed or derived */
    const int64_t *source_watermark; /* from a source, in a batch without rows: the partition's watermark is at least this; else NULL */
} tw_batch;

static inline const tw_split_progress *tw_row_split(const tw_batch *batch, int32_t row) {
    return batch->row_split && batch->row_split[row] ? batch->row_split[row] : batch->split;
}

#endif
