/* What the files of a partition share (log.c, log_read.c, log_clean.c, compact.c).
 *
 * Who may touch what: the owner's thread (the store's side of store/log.h) changes the list, and the marks and extents of its segments, under the write
 * lock; readers look at them under the read lock, take a reference to a segment, and read its file without a lock. The index of a closed segment is
 * made by whoever needs it first, under `indexing`. */
#ifndef TW_STORE_LOG_INTERNAL_H
#define TW_STORE_LOG_INTERNAL_H

#include "os/thread.h"
#include "store/log.h"
#include "store/segment.h"

struct tw_log {
    tw_mem *mem;
    tw_os *os;
    char *folder;
    size_t folder_size;
    tw_log_config config;
    pthread_rwlock_t lock;
    pthread_mutex_t indexing;
    tw_segment **segments; /* by first offset; the last is the active one */
    int32_t count, room;
    _Atomic int64_t start, end; /* what readers see */
    int64_t pending_start, pending_end;
    int32_t committed_count;     /* segments that a commit knows of */
    tw_segment_extent committed; /* of the last of them */
    tw_segment *doomed;          /* behind `start` since a commit; files to be unlinked */
    int64_t clean_to;            /* offset that compaction has been up to since the log was opened */
    int64_t tombstones_due_ms;   /* when the first tombstone in front of it may go */
    tw_record_reader reader;     /* the owner's */
    tw_buf bytes, scratch;       /* the owner's */
};

static inline tw_segment *tw_log_active(const tw_log *log) { return log->segments[log->count - 1]; }
/* Begins a new active segment at the pending end. */
tw_status tw_log_roll(tw_log *log, tw_error *error);
/* The index of the segment, whose last offset is in front of `next`. Any thread. */
tw_status tw_log_index(tw_log *log, tw_segment *segment, int64_t next, tw_error *error);
/* Compacts the closed segments. */
tw_status tw_log_compact(tw_log *log, int64_t now_ms, tw_error *error);

enum { TW_LOG_BATCH_LIMIT = 256 << 20 }; /* bytes of a batch, uncompressed, that verification and compaction take */

#endif
