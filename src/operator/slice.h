/* Slices: each a table of accumulators by key, and what its DISTINCT calls have seen. Closing a window frees whole slices.
 *
 * A tw_slices is a run of them in order of end; an end names one slice. Slices of several kinds (shared slices of windows, corrections of one
 * window) are in a tw_slices each and share the operator's chunk: a namespace is end * 4 + kind (see operator/agg_set.h for what is stored). */
#ifndef TW_OPERATOR_SLICE_H
#define TW_OPERATOR_SLICE_H

#include "operator/agg_set.h"

enum { TW_SLICE_SHARED, TW_SLICE_CORRECTION, TW_SLICE_EMITTED }; /* kinds: the last is that of a slice's `emitted` */

typedef struct tw_slice {
    int64_t start, end; /* local time: operator/window_time.h */
    int64_t close_ms;   /* watermark that closes the (first) window that has it */
    int64_t last_end;   /* of the last window that has it */
    tw_table *table;
    tw_agg_scope scope;
    tw_table *emitted;    /* results handed on before the close or after it: operator/emitted.h; NULL: none */
    bool saved;           /* a chunk may have elements of it */
    bool fired;           /* its window has closed and waits for late rows */
    uint64_t batch;       /* last batch that had rows for it ... */
    int32_t place;        /* ... and its place among that batch's slices */
    uint64_t *dirty;      /* by element number: in `changed` */
    tw_element **changed; /* elements changed since results were last emitted early */
    int32_t nchanged, changed_room;
    uint32_t dirty_words;
} tw_slice;

typedef struct tw_slices {
    tw_agg_set *set;
    int kind;          /* SHARED or CORRECTION */
    tw_slice **slices; /* slices[first .. first + count), by end */
    int32_t first, count, room;
    int64_t *freed; /* ends of freed slices that a chunk may have: for its clears */
    int32_t nfreed, freed_room;
} tw_slices;

void tw_slices_init(tw_slices *slices, tw_agg_set *set, int kind);
void tw_slices_close(tw_slices *slices);
static inline tw_slice *tw_slices_at(const tw_slices *slices, int32_t i) { return slices->slices[slices->first + i]; }
/* Number of slices whose end is below. */
int32_t tw_slices_below(const tw_slices *slices, int64_t end);
tw_slice *tw_slices_find(const tw_slices *slices, int64_t end);
/* Finds or makes it; a new one has start and end alone. */
tw_status tw_slices_need(tw_slices *slices, int64_t start, int64_t end, tw_slice **out, bool *made);
/* Frees slice number i. */
tw_status tw_slices_drop(tw_slices *slices, int32_t i);

/* A slice that is in no list: a scratch of merging. Its namespace is never stored. */
tw_status tw_slice_new(tw_agg_set *set, int64_t namespace_, tw_slice **out);
void tw_slice_free(tw_agg_set *set, tw_slice *slice);

/* Merging, in pieces. Memory is of the set's arena. */
typedef struct tw_slice_merger {
    tw_agg_set *set;
    tw_keys keys; /* of the elements at hand */
    tw_element **from, **into;
} tw_slice_merger;
#define TW_MERGE_ROWS 1024
tw_status tw_slice_merger_open(tw_slice_merger *merger, tw_agg_set *set);
/* Adds up to TW_MERGE_ROWS elements of `from`, from *cursor on, into `into` (or takes them out of it: keys whose count falls to zero are removed);
 * *done at the end, when DISTINCT values have been merged too. */
tw_status tw_slice_merge(tw_slice_merger *merger, tw_slice *into, const tw_slice *from, bool subtract, uint32_t *cursor, bool *done);
/* Keys of up to TW_MERGE_ROWS elements, for look-ups in another table; good until the next use of the merger. */
const tw_keys *tw_slice_keys(tw_slice_merger *merger, const tw_slice *slice, tw_element *const *elements, int32_t count);

/* The chunk: frees since the last barrier, then every slice's tables. */
tw_status tw_slices_snapshot(tw_slices *slices, const tw_snapshot_out *out);
/* Applies a clear by a task that owned key groups [first_group, end_group). */
tw_status tw_slices_clear(tw_slices *slices, int64_t end, uint32_t first_group, uint32_t end_group, tw_error *error);
static inline int64_t tw_slice_namespace(int64_t end, int kind) { return end * 4 + kind; }

#endif
