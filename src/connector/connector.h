/* Connectors: where batches come from and go to. Each connector is one folder or file with a `const tw_connector` that names its
 * source and sink ops. A connector runs on the shard's thread and must not block there: what may block is given to
 * os/io.h and asked for again.
 *
 * Sources. A source has splits (files, partitions), fixed by the source, not by the shard count. Each split is read by one reader
 * in order of position; the position in front of the next row is what a snapshot keeps, and opening a reader there gives the same
 * rows again. */
#ifndef TW_CONNECTOR_CONNECTOR_H
#define TW_CONNECTOR_CONNECTOR_H

#include <pthread.h>
#include <stdio.h>

#include "connector/replay.h"
#include "os/os.h"
#include "plan/plan.h"

/* A file, a partition: named uniquely in its source and stably over restarts, numbered densely in order of discovery. */
typedef struct tw_split_id {
    tw_str name;
    int32_t number;
} tw_split_id;

/* A source, a reader and a sink are structs of the connector that begin with nothing in particular: opaque here. */
typedef struct tw_source tw_source;
typedef struct tw_split_reader tw_split_reader;
typedef struct tw_sink tw_sink;

typedef struct tw_source_context {
    tw_mem *mem;
    tw_os *os;
    const tw_registry *registry;
    const tw_session *session;
    const tw_plan_scan *scan;
    struct tw_store *store; /* the job's data directory; NULL: it has none */
    tw_replay *replay;      /* the job's; NULL: the source is by itself */
    tw_str replay_column;   /* physical column that the watermark is made of, "" when there is none; what replaying goes by unless the table says */
} tw_source_context;

/* Takes a record that could not be decoded (copies what it keeps). Never fails: over its limit it only counts. */
typedef void (*tw_bad_record_sink)(void *context, const tw_split_id *split, const tw_bad_record *bad);

typedef struct tw_source_ops {
    tw_status (*open)(const tw_source_context *context, tw_source **out, tw_error *error);
    void (*close)(tw_source *source);
    /* The splits known now; a watching source gives new ones later (called again every few hundred ms; ids keep their number).
     * *complete: no further split will ever come. Called on one shard only. */
    tw_status (*splits)(tw_source *source, const tw_split_id **splits, int *nsplits, bool *complete, tw_error *error);
    /* Opens a split at a position that `position` wrote ("" = its beginning). Readers of one source run on different shards. */
    /* `split` is the caller's for the call; its name is the source's. */
    tw_status (*reader_open)(tw_source *source, const tw_split_id *split, tw_mem *mem, tw_str position, tw_split_reader **out, tw_error *error);
    /* The next batch of at most max_rows rows: TW_OK with *batch (borrowed until the next call; columns are the scan's wanted ones, then
     * metadata), TW_BLOCKED when nothing is there yet (*wait_ns: ask again at this monotonic time, 0 = when I/O completes or soon),
     * TW_END. A failure ends the job or is retriable. */
    tw_status (*poll)(tw_split_reader *reader, int32_t max_rows, tw_batch **batch, int64_t *wait_ns, tw_bad_record_sink bad, void *bad_context,
                      tw_error *error);
    /* Writes the position in front of the next row. */
    void (*position)(tw_split_reader *reader, tw_buf *out);
    /* Fraction done of a bounded split, 0..1; negative when unknown. May be NULL. */
    double (*progress)(tw_split_reader *reader);
    void (*reader_close)(tw_split_reader *reader);
    /* Optional: splits that several readers decode together. `cut` takes the next whole records, at most max_rows, off `cutter` (a reader that is never
     * polled) and gives them to `reader` (opened at ""), whose poll then returns them and TW_END; TW_END when there are none left. The caller holds
     * a lock over both. `cuttable`: can it be done with these options? `drained`: poll has returned all that was cut. */
    tw_status (*cut)(tw_split_reader *cutter, tw_split_reader *reader, int32_t max_rows, tw_error *error);
    bool (*cuttable)(tw_source *source);
    bool (*drained)(tw_split_reader *reader);
} tw_source_ops;

typedef struct tw_sink_context {
    tw_mem *mem;
    tw_os *os;
    const tw_registry *registry;
    const tw_session *session;
    const tw_plan_sink *sink;
    const tw_type *row;
    struct tw_store *store; /* the job's data directory; NULL: it has none */
    int32_t shard, nshards; /* a sink is opened once per writing task */
    FILE *out;              /* standard output of the process, or a test's */
} tw_sink_context;

/* An epoch as sinks see it at its barrier. */
typedef struct tw_sink_epoch {
    uint64_t number;
    struct tw_txn
        *txn; /* the epoch's commit (store/store.h): what is put into it becomes visible with the epoch; NULL: the job keeps no data directory */
    pthread_mutex_t *lock; /* to be held around the use of `txn`, which all sinks of the job share */
} tw_sink_epoch;

/* Sinks. Rows arrive in order, and become visible with their epoch:
 *
 *     write ... write -> prepare (barrier) -> write ... (of the next epoch) -> commit -> ...    -> prepare -> commit -> finish -> close
 *
 * Between an epoch's prepare and its commit lies its durable commit, when the job has a data directory. All calls come from one thread at a time. */
typedef struct tw_sink_ops {
    tw_status (*open)(const tw_sink_context *context, tw_sink **out, tw_error *error);
    /* TW_OK, or TW_BLOCKED: nothing was taken, call again with the same rows. */
    tw_status (*write)(tw_sink *sink, const tw_batch *batch, tw_error *error);
    /* The barrier: what has been written since the last one belongs to this epoch. It is put into the epoch's transaction, or made safe so that commit
     * cannot fail for want of room. May be NULL. */
    tw_status (*prepare)(tw_sink *sink, const tw_sink_epoch *epoch, tw_error *error);
    /* The epoch is committed: its rows become visible. May be NULL. */
    tw_status (*commit)(tw_sink *sink, uint64_t epoch, tw_error *error);
    /* End of input, after the last epoch's commit: files get their final names. */
    tw_status (*finish)(tw_sink *sink, tw_error *error);
    void (*close)(tw_sink *sink); /* without finish: leaves nothing visible that was not committed */
} tw_sink_ops;

#endif
