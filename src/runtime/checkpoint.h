/* Where a job's epochs are kept: a stream of state chunks in a durable file, and a record in the catalog that says how far it counts and where the
 * sources stood. Both change in the epoch's one commit.
 *
 * "job/APP" in the catalog (little-endian; varint as in base/buf.h):
 *     u32 version = 1, u64 epoch, u32 number of the state file, u64 bytes of it that are its base, varint count of splits, and per split
 *     u64 operator, bytes name, u8 ended, u64 watermark, bytes position
 *
 * "jobs/APP/state-NUMBER" in the data directory: a base, and the epochs after it.
 *     offset size
 *          0    8  "TWSTATE1"
 *          8       chunks, one behind the other:
 *          +0    4  u32 bytes of the chunk's payload
 *          +4    4  u32 CRC-32C of all that follows in this chunk
 *          +8    8  u64 epoch
 *         +16    8  u64 operator
 *         +24    4  i32 task that wrote it
 *         +28    4  u32 1: of a base, 0: what changed in the epoch
 *         +32       payload (state/table.h)
 *
 * When the epochs have outgrown their base, the next epoch writes a new base to a new file, and the old one goes. */
#ifndef TW_RUNTIME_CHECKPOINT_H
#define TW_RUNTIME_CHECKPOINT_H

#include "runtime/snapshot.h"
#include "store/store.h"

typedef struct tw_checkpoint tw_checkpoint;

enum { TW_APP_NAME_MAX = 128 };

/* 1 to 128 of [A-Za-z0-9._-], not beginning with a dot. */
tw_status tw_app_check_name(tw_str app, tw_error *error);
/* What was kept under this name so far, if anything. One at a time per name. */
tw_status tw_checkpoint_open(tw_mem *mem, tw_store *store, tw_str app, tw_checkpoint **out, tw_error *error);
void tw_checkpoint_close(tw_checkpoint *checkpoint);
/* The last epoch that was committed: TW_END when there is none. TW_E_CORRUPT names file and place. */
tw_status tw_checkpoint_load(tw_checkpoint *checkpoint, tw_snapshot *out, tw_error *error);
/* Is the next snapshot to be a base? */
bool tw_checkpoint_wants_base(const tw_checkpoint *checkpoint);
/* Writes the epoch's snapshot and commits it together with what `txn` has. After TW_E_DISK_FULL it can be called again. */
tw_status tw_checkpoint_save(tw_checkpoint *checkpoint, tw_txn *txn, const tw_snapshot *snapshot, tw_error *error);
/* Forgets a job: its record and its state. */
tw_status tw_checkpoint_drop(tw_store *store, tw_str app, tw_error *error);

#endif
