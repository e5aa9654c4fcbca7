/* A durable file: appended to only, and valid up to an end that a commit names. Everything that the store writes is one: the segments of
 * partitions, the streams of state, the outboxes of sinks.
 *
 *     append ... append -> (commit: sync, record the end in the catalog) -> committed end moves up
 *                       \-> rollback: cut at the committed end
 *
 * Opened, a file longer than its committed end is cut there (the rest belonged to no commit); a shorter one is damaged, and refused.
 * One thread appends; any thread may read what is committed. */
#ifndef TW_STORE_DURABLE_H
#define TW_STORE_DURABLE_H

#include "os/os.h"

typedef struct tw_durable tw_durable;

/* Opens the file at `path`, whose committed end is `committed`; with 0 it is made when it is not there. */
tw_status tw_durable_open(tw_mem *mem, const char *path, int64_t committed, tw_durable **out, tw_error *error);
void tw_durable_close(tw_durable *file);
/* TW_E_DISK_FULL (retriable; nothing of these bytes counts) or TW_E_IO. */
tw_status tw_durable_append(tw_durable *file, const void *bytes, size_t length, tw_error *error);
/* Data, and the folder when the file is new. TW_E_DISK_FULL: retriable. TW_E_IO: what the file holds is not known any more, and every later sync fails. */
tw_status tw_durable_sync(tw_durable *file, tw_error *error);
void tw_durable_committed(tw_durable *file); /* what is appended is committed: readers may see it */
tw_status tw_durable_rollback(tw_durable *file, tw_error *error);
int64_t tw_durable_end(const tw_durable *file);           /* with what is not committed */
int64_t tw_durable_committed_end(const tw_durable *file); /* any thread */
const char *tw_durable_path(const tw_durable *file);
/* Up to `size` bytes from `at`, never beyond the committed end. */
tw_status tw_durable_read(tw_durable *file, int64_t at, void *out, size_t size, size_t *got, tw_error *error);

#endif
