/* The embedded store: one data directory, owned by one process.
 *
 *     DIR/lock                 held by the owner (flock), with its pid
 *     DIR/catalog/             RocksDB: topics, ends of files, groups, jobs, commit records. Small, written once a commit, with sync
 *     DIR/topics/NAME-P/       the segments of partition P (store/log.h)
 *     DIR/jobs/NAME/           streams of state, outboxes (durable files)
 *
 * The catalog maps strings to bytes. A key is a kind, a slash and names, such as "topic/bids", "log/bids/3", "group/g/bids/3", "job/payments".
 *
 * A transaction gathers appends to partitions, durable files that have grown, and changes of the catalog. Its commit
 *
 *     appends (offsets are given) -> syncs every file touched -> writes one synced batch to the catalog, with every file's end -> publishes
 *
 * so all of it is there after a crash or nothing of it is; recovery cuts each file at its committed end. Commits of several threads that
 * meet are done as one (group commit). Readers see all of a commit or nothing of it: tw_store_ends.
 *
 * A full disk: the commit fails with TW_E_DISK_FULL, retriable, nothing has changed, and the same transaction can be committed again.
 * After a failed sync nothing is known of the files any more: the store refuses every later commit (TW_E_IO) until it is opened again. */
#ifndef TW_STORE_STORE_H
#define TW_STORE_STORE_H

#include "base/str.h"
#include "store/log.h"

typedef struct tw_store tw_store;
typedef struct tw_txn tw_txn;

/* Makes the directory when it is not there. Owned by another process: TW_E_DUPLICATE with its pid. Damage: TW_E_CORRUPT with file and place. */
tw_status tw_store_open(tw_mem *mem, tw_os *os, const char *path, tw_store **out, tw_error *error);
/* Every transaction, log and file of it has been given back. */
void tw_store_close(tw_store *store);
const char *tw_store_path(const tw_store *store);
tw_mem *tw_store_mem(tw_store *store);

/* ---- the catalog ---- */

/* *found: was there such a key? Its bytes are appended to `out`. */
tw_status tw_store_get(tw_store *store, tw_str key, tw_buf *out, bool *found, tw_error *error);
/* Every key with this prefix, in order of bytes, until `each` returns something else than TW_OK (which is returned). */
typedef tw_status (*tw_store_each_fn)(void *context, tw_str key, tw_str value);
tw_status tw_store_each(tw_store *store, tw_str prefix, tw_store_each_fn each, void *context, tw_error *error);

/* ---- transactions: each used by one thread at a time ---- */

tw_status tw_txn_begin(tw_store *store, tw_txn **out, tw_error *error);
/* Whole, checked batches for a partition; copied. They are appended at the commit. */
tw_status tw_txn_append(tw_txn *txn, tw_log *log, tw_str batches, tw_error *error);
/* A durable file that has been appended to: it is synced, and its end recorded under "file/" + its path in the data directory. */
tw_status tw_txn_file(tw_txn *txn, tw_durable *file, tw_error *error);
tw_status tw_txn_put(tw_txn *txn, tw_str key, tw_str value, tw_error *error);
tw_status tw_txn_delete(tw_txn *txn, tw_str key, tw_error *error);
/* Bytes gathered for partitions. */
size_t tw_txn_bytes(const tw_txn *txn);
/* Ends the transaction when it succeeds. TW_E_DISK_FULL: try again, or tw_txn_abort. */
tw_status tw_txn_commit(tw_txn *txn, tw_error *error);
/* After the commit, and before the free: offset of the first record of the k-th append. */
int64_t tw_txn_first_offset(const tw_txn *txn, int32_t k);
void tw_txn_free(tw_txn *txn); /* not committed: forgotten; durable files are rolled back by their owner */

/* ---- durable files in the data directory ---- */

/* Opens (or makes) DIR/name at the end that the last commit recorded for it. */
tw_status tw_store_file_open(tw_store *store, const char *name, tw_durable **out, tw_error *error);
/* Forgets a file in the transaction; it is unlinked after the commit, or when the store is next opened. */
tw_status tw_txn_remove_file(tw_txn *txn, const char *name, tw_error *error);

/* ---- seeing commits ---- */

/* The visible ends of several partitions, all as of one commit; its number is returned. */
uint64_t tw_store_ends(tw_store *store, tw_log *const *logs, int32_t count, int64_t *ends);
/* Calls `woken` after each commit that made records visible, from the committing thread, until it is taken off again. At most 64. */
typedef void (*tw_store_listener)(void *context);
tw_status tw_store_listen(tw_store *store, tw_store_listener woken, void *context, tw_error *error);
void tw_store_unlisten(tw_store *store, tw_store_listener woken, void *context);

typedef struct tw_store_stats {
    uint64_t commits, bytes; /* transactions, and what they appended, since it was opened */
    int64_t commit_ns_last, commit_ns_max;
} tw_store_stats;
void tw_store_get_stats(tw_store *store, tw_store_stats *out);

#endif
