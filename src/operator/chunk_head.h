/* The first record of an operator's chunk where its clears are about the writing task's key groups alone, and where it matters how far
 * time had come: a put of the namespace INT64_MIN with
 *     offset 0  i64  watermark up to which windows had been closed
 *            8  u32  first key group of the task
 *           12  u32  end of its key groups
 *           16  u64  numbers that the operator has given out, 0 where it gives none */
#ifndef TW_OPERATOR_CHUNK_HEAD_H
#define TW_OPERATOR_CHUNK_HEAD_H

#include "operator/operator.h"

typedef struct tw_chunk_head {
    int64_t watermark;
    uint32_t first_group, end_group;
    int64_t sequence;
} tw_chunk_head;

void tw_chunk_head_write(tw_buf *out, const tw_task_context *task, int64_t watermark, int64_t sequence);
/* Is the record a head? Then it is read (what is not there stays as it was). */
bool tw_chunk_head_read(const tw_chunk_record *record, tw_chunk_head *head);

/* Closes the table's generation and writes all of its chunk. */
tw_status tw_chunk_table(tw_table *table, const tw_snapshot_out *out);

/* Reads a chunk: heads into `head`, whose watermark and sequence become the highest met; all other records go to `apply`, with the head
 * before them in `at`. `what` names the operator where the chunk is damaged. */
typedef tw_status (*tw_chunk_apply)(void *context, const tw_chunk_record *record, const tw_chunk_head *at, tw_error *error);
tw_status tw_chunk_read(tw_reader *chunk, const char *what, tw_chunk_head *head, tw_chunk_apply apply, void *context, tw_error *error);

#endif
