/* A partition: records with consecutive offsets, in segment files of Kafka record batches (store/record.h).
 *
 *     FOLDER/00000000000000000000.log    batches; named by the first offset
 *     FOLDER/00000000000000004711.log    the active segment: the only one that is appended to
 *
 * A segment is a durable file. Its sparse index (an entry about every 4 KiB: offset, place, greatest timestamp so far) is kept in memory and made by one
 * scan of the heads when the segment is first read; nothing else about a segment is stored. A closed segment is one that has a successor; its committed
 * end is its length.
 *
 * Batches follow each other without a gap in the offsets; compaction, which takes records out, leaves batches that lack some, or have none at all.
 *
 * Offsets are given at append, which only the store's commit calls (store/store.h). `end` is what readers may see; it moves with commits. `start` moves up by
 * retention and by tw_log_delete_before. Reading is open to any thread; a segment that is being read stays until the reader is done with it. */
#ifndef TW_STORE_LOG_H
#define TW_STORE_LOG_H

#include "store/durable.h"
#include "store/record.h"

typedef struct tw_log tw_log;

/* Of a topic, in Kafka's terms. */
typedef struct tw_log_config {
    int64_t segment_bytes;   /* segment.bytes, default 1 GiB */
    int64_t segment_ms;      /* segment.ms, default 7 days */
    int64_t retention_bytes; /* retention.bytes, -1: no limit */
    int64_t retention_ms;    /* retention.ms, default 7 days, -1: no limit */
    int64_t min_compaction_lag_ms, delete_retention_ms;
    int32_t max_message_bytes; /* of a batch; default 1 MiB + 12 */
    bool compact, delete_;     /* cleanup.policy */
    bool log_append_time;      /* message.timestamp.type */
    int compression;           /* compression.type: a tw_compression, -1: the producer's */
} tw_log_config;

void tw_log_config_default(tw_log_config *config);

/* Where a partition stands, as the catalog keeps it: written by each commit that touches it. */
typedef struct tw_log_state {
    int64_t start;          /* first offset that can be read */
    int64_t end;            /* next offset */
    int64_t segment;        /* first offset of the active segment */
    int64_t segment_length; /* its committed end, bytes */
} tw_log_state;

/* Cuts what was not committed. TW_E_CORRUPT names file and place. `config` is copied. `mem` is a shared one (tw_mem_share): readers allocate, too. */
tw_status tw_log_open(tw_mem *mem, tw_os *os, const char *folder, const tw_log_config *config, const tw_log_state *state, tw_log **out,
                      tw_error *error);
void tw_log_close(tw_log *log);
void tw_log_configure(tw_log *log, const tw_log_config *config);

/* ---- the store's side: one thread at a time ---- */

/* Gives the batches (one or more, whole and checked) their offsets and appends them; rolls to a new segment when the active one is full or old. They are
 * written over with their offsets, and compressed again where the topic has a compression of its own. TW_E_LIMIT: one is larger than
 * max.message.bytes. TW_E_INVALID: a record without a key in a compacted topic.
 * *first: offset of the first record. On failure everything since the last commit is to be rolled back. */
tw_status tw_log_append(tw_log *log, char *batches, size_t length, int64_t *first, tw_error *error);
tw_status tw_log_sync(tw_log *log, tw_error *error);
/* Where it will stand when what was appended is committed. */
void tw_log_pending_state(const tw_log *log, tw_log_state *out);
void tw_log_committed(tw_log *log); /* `end` moves: readers see it */
tw_status tw_log_rollback(tw_log *log, tw_error *error);
/* Retention and compaction, between commits: one step of housekeeping. Compacted segments are in place when it returns. *changed: the state is to be committed; then tw_log_reap unlinks what is not needed any more. */
tw_status tw_log_clean(tw_log *log, int64_t now_ms, bool *changed, tw_error *error);
tw_status tw_log_delete_before(tw_log *log, int64_t offset, bool *changed, tw_error *error);
void tw_log_reap(tw_log *log);

/* ---- any thread ---- */

int64_t tw_log_start(const tw_log *log);
int64_t tw_log_end(const tw_log *log);
int64_t tw_log_bytes(const tw_log *log);
const char *tw_log_folder(const tw_log *log);
/* Appends to `out` whole batches, from the one that holds `offset` (or the first behind it, where compaction left a gap) up to the end that was visible at
 * `below` (INT64_MAX: now): about `max` bytes, at least one batch. The first has records; others may have none (compaction). TW_END: there is nothing at or behind `offset` yet. Offset below start: TW_E_NOT_FOUND. CRCs
 * are checked. */
tw_status tw_log_read(tw_log *log, int64_t offset, int64_t below, size_t max, tw_buf *out, tw_error *error);
/* Offset of the first record whose timestamp is >= ms; -1: none is. */
tw_status tw_log_offset_for_time(tw_log *log, int64_t ms, int64_t *offset, tw_error *error);
/* Reads everything and checks it: for fsck. Calls `each` for each segment with what was found (error NULL: whole). */
typedef void (*tw_log_verdict)(void *context, const char *path, int64_t batches, int64_t bytes, const tw_error *error);
tw_status tw_log_verify(tw_log *log, tw_log_verdict each, void *context);

#endif
