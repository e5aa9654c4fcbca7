/* From slices to windows, for HOP and CUMULATE: when a window closes, its slices are brought together.
 *
 *     ALL      up to 8 slices: merged into a scratch slice
 *     SUM      a running result: slices that enter are added, slices that leave are subtracted; where every aggregate is invertible
 *     GROW     CUMULATE: a running result that slices are added to, begun anew with each longest window
 *     TREE     a node of level l is the merge of 2^l neighbouring slices, made when first needed; a window is at most two nodes of each level
 *
 * A slice takes no more rows once the first window that has it has closed, so results that include it stay right. Running results and
 * nodes are not part of a snapshot: they are made again from the slices. Rows that are late for some of their windows are in a correction slice of each
 * other window, which is merged last and never into what is kept. */
#ifndef TW_OPERATOR_WINDOW_MERGE_H
#define TW_OPERATOR_WINDOW_MERGE_H

#include "operator/slice.h"
#include "operator/window_time.h"

typedef enum tw_merge_method { TW_MERGE_NONE, TW_MERGE_ALL, TW_MERGE_SUM, TW_MERGE_GROW, TW_MERGE_TREE } tw_merge_method;

typedef struct tw_merge_job {
    tw_slice *into;
    const tw_slice *from;
    bool subtract;
} tw_merge_job;

typedef struct tw_merge_node {
    int32_t level;
    int64_t first; /* number of its first slice */
    tw_slice *slice;
} tw_merge_node;

typedef struct tw_window_merge {
    tw_agg_set *set;
    const tw_window_time *time;
    tw_slices *slices, *corrections;
    tw_merge_method method;
    tw_slice_merger merger;
    tw_merge_job *jobs; /* what remains to be done for the window at hand, from `job` on */
    int32_t njobs, jobs_room, job;
    uint32_t cursor;   /* in the job's from */
    tw_slice *running; /* SUM, GROW: the result of window `held`; NULL: none */
    tw_window_span held;
    tw_slice *scratch;      /* of the window at hand */
    const tw_slice *result; /* of the window at hand; NULL: no slice has rows of it */
    tw_merge_node *nodes;
    int32_t nnodes, nodes_room;
} tw_window_merge;

/* Which method a window needs. */
tw_merge_method tw_window_merge_method(const tw_window_time *time, const tw_agg_set *set);
tw_status tw_window_merge_open(tw_window_merge *merge, tw_agg_set *set, const tw_window_time *time, tw_slices *slices, tw_slices *corrections);
void tw_window_merge_close(tw_window_merge *merge);

/* Prepares a window; then `step` is called until it says TW_OK, and `result` is the window's slice until `end`. */
tw_status tw_window_merge_begin(tw_window_merge *merge, tw_window_span window);
/* Does one piece of the work: TW_OK when all is done, TW_MORE when there is more. */
tw_status tw_window_merge_step(tw_window_merge *merge);
/* Frees what later windows do not need. */
tw_status tw_window_merge_end(tw_window_merge *merge, tw_window_span window);

#endif
