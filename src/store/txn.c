/* Transactions and their commits.
 *
 * Commits that meet are done together: whoever finds nobody at work takes all that wait, in order of arrival, and commits them as one; the others sleep
 * until theirs is done. When one of several cannot be appended (a batch that its topic refuses), each is committed by itself. */
#include <stdio.h>

#include "store/store_internal.h"

typedef struct append {
    tw_log *log;
    size_t at, length; /* in `bytes` */
    int64_t first;
} append;

struct tw_txn {
    tw_store *store;
    tw_mem mem;
    tw_buf bytes; /* of the appends */
    append *appends;
    int32_t nappends, appends_room;
    tw_durable **files;
    int32_t nfiles, files_room;
    tw_log **logs; /* that it changes, each once: by appends, or by housekeeping */
    int32_t nlogs, logs_room;
    tw_buf changes; /* of the catalog: u8 put, bytes key, bytes value (put) */
    tw_txn *next;   /* waiting behind it */
    bool done;
    tw_status status;
    tw_error error;
};

/* ---- putting one together ---- */

static tw_status no_memory(tw_error *error) { return tw_fail(error, TW_E_NOMEM, "out of memory for a commit"); }

tw_status tw_txn_begin(tw_store *store, tw_txn **out, tw_error *error) {
    tw_txn *txn = tw_calloc(&store->mem, sizeof *txn);
    if (!txn) return no_memory(error);
    txn->store = store;
    tw_mem_init(&txn->mem, store->parent, 0);
    tw_buf_init(&txn->bytes, &txn->mem, 0);
    tw_buf_init(&txn->changes, &txn->mem, 0);
    *out = txn;
    return TW_OK;
}

void tw_txn_free(tw_txn *txn) {
    if (!txn) return;
    tw_store *store = txn->store;
    tw_buf_free(&txn->bytes);
    tw_buf_free(&txn->changes);
    tw_free(&txn->mem, txn->appends, sizeof *txn->appends * (size_t)txn->appends_room);
    tw_free(&txn->mem, txn->files, sizeof *txn->files * (size_t)txn->files_room);
    tw_free(&txn->mem, txn->logs, sizeof *txn->logs * (size_t)txn->logs_room);
    tw_mem_close(&txn->mem);
    tw_free(&store->mem, txn, sizeof *txn);
}

tw_status tw_txn_log(tw_txn *txn, tw_log *log, tw_error *error) {
    for (int32_t i = txn->nlogs - 1; i >= 0; i--)
        if (txn->logs[i] == log) return TW_OK;
    if (!tw_grow(&txn->mem, &txn->logs, txn->nlogs, &txn->logs_room, 8, sizeof *txn->logs)) return no_memory(error);
    txn->logs[txn->nlogs++] = log;
    return TW_OK;
}

tw_status tw_txn_append(tw_txn *txn, tw_log *log, tw_str batches, tw_error *error) {
    TW_TRY(tw_txn_log(txn, log, error));
    if (!tw_grow(&txn->mem, &txn->appends, txn->nappends, &txn->appends_room, 8, sizeof *txn->appends)) return no_memory(error);
    size_t at = txn->bytes.length;
    tw_buf_append(&txn->bytes, batches.data, batches.length);
    if (txn->bytes.failed) {
        txn->bytes.failed = false;
        return no_memory(error);
    }
    txn->appends[txn->nappends++] = (append){.log = log, .at = at, .length = batches.length, .first = -1};
    return TW_OK;
}

tw_status tw_txn_file(tw_txn *txn, tw_durable *file, tw_error *error) {
    for (int32_t i = 0; i < txn->nfiles; i++)
        if (txn->files[i] == file) return TW_OK;
    if (!tw_grow(&txn->mem, &txn->files, txn->nfiles, &txn->files_room, 8, sizeof *txn->files)) return no_memory(error);
    txn->files[txn->nfiles++] = file;
    return TW_OK;
}

/* A change as a whole or not at all. */
static tw_status change(tw_txn *txn, bool put, tw_str key, tw_str value, tw_error *error) {
    size_t before = txn->changes.length;
    tw_buf_byte(&txn->changes, put);
    tw_buf_bytes(&txn->changes, key);
    if (put) tw_buf_bytes(&txn->changes, value);
    if (!txn->changes.failed) return TW_OK;
    txn->changes.failed = false;
    txn->changes.length = before;
    return no_memory(error);
}

tw_status tw_txn_put(tw_txn *txn, tw_str key, tw_str value, tw_error *error) { return change(txn, true, key, value, error); }
tw_status tw_txn_delete(tw_txn *txn, tw_str key, tw_error *error) { return change(txn, false, key, TW_STR(""), error); }

tw_status tw_txn_remove_file(tw_txn *txn, const char *name, tw_error *error) {
    char key[700];
    int length = snprintf(key, sizeof key, "file/%s", name);
    TW_TRY(tw_txn_delete(txn, (tw_str){key, (size_t)length}, error));
    memcpy(key, "gone", 4);
    return tw_txn_put(txn, (tw_str){key, (size_t)length}, TW_STR(""), error);
}

size_t tw_txn_bytes(const tw_txn *txn) { return txn->bytes.length; }
int64_t tw_txn_first_offset(const tw_txn *txn, int32_t k) { return txn->appends[k].first; }

/* ---- one commit ---- */

void tw_log_state_write(const tw_log_state *state, tw_buf *out) {
    tw_buf_u64(out, (uint64_t)state->start);
    tw_buf_u64(out, (uint64_t)state->end);
    tw_buf_u64(out, (uint64_t)state->segment);
    tw_buf_u64(out, (uint64_t)state->segment_length);
}

tw_status tw_log_state_read(tw_str bytes, tw_log_state *out, tw_error *error) {
    tw_reader in = {bytes.data, bytes.data + bytes.length, false};
    out->start = (int64_t)tw_read_u64(&in);
    out->end = (int64_t)tw_read_u64(&in);
    out->segment = (int64_t)tw_read_u64(&in);
    out->segment_length = (int64_t)tw_read_u64(&in);
    bool good = !in.failed && in.next == in.end && out->start >= 0 && out->end >= out->start && out->segment <= out->end && out->segment_length >= 0;
    return good ? TW_OK : tw_fail(error, TW_E_CORRUPT, "the catalog's record of a partition is damaged");
}

static tw_status append_all(tw_txn *txns, tw_error *error) {
    for (tw_txn *t = txns; t; t = t->next)
        for (int32_t i = 0; i < t->nappends; i++)
            TW_TRY(tw_log_append(t->appends[i].log, t->bytes.data + t->appends[i].at, t->appends[i].length, &t->appends[i].first, error));
    return TW_OK;
}

static tw_status sync_all(tw_txn *txns, tw_error *error) {
    for (tw_txn *t = txns; t; t = t->next) {
        for (int32_t i = 0; i < t->nlogs; i++) TW_TRY(tw_log_sync(t->logs[i], error));
        for (int32_t i = 0; i < t->nfiles; i++) TW_TRY(tw_durable_sync(t->files[i], error));
    }
    return TW_OK;
}

static void put_log(tw_store *store, tw_log *log, tw_buf *scratch) {
    char key[700];
    tw_log_state state;
    tw_str name = tw_store_name_of(store, tw_log_folder(log)); /* topics/NAME-P */
    int length = snprintf(key, sizeof key, "log/%.*s", (int)(name.length - 7), name.data + 7);
    tw_log_pending_state(log, &state);
    tw_buf_clear(scratch);
    tw_log_state_write(&state, scratch);
    tw_kv_put(store->catalog, (tw_str){key, (size_t)length}, (tw_str){scratch->data, scratch->length});
}

static void put_file(tw_store *store, tw_durable *file, tw_buf *scratch) {
    char key[700];
    int length = snprintf(key, sizeof key, "file/%.*s", TW_STR_ARG(tw_store_name_of(store, tw_durable_path(file))));
    tw_buf_clear(scratch);
    tw_buf_u64(scratch, (uint64_t)tw_durable_end(file));
    tw_kv_put(store->catalog, (tw_str){key, (size_t)length}, (tw_str){scratch->data, scratch->length});
}

static void put_changes(tw_store *store, const tw_txn *txn) {
    tw_reader in = {txn->changes.data, txn->changes.data + txn->changes.length, false};
    while (in.next < in.end) {
        bool put = *(const char *)tw_read_raw(&in, 1);
        tw_str key = tw_read_bytes(&in);
        if (put)
            tw_kv_put(store->catalog, key, tw_read_bytes(&in));
        else
            tw_kv_delete(store->catalog, key);
    }
}

/* After a write that failed: was it nevertheless made? The number of the commit says so. */
static tw_status look_again(tw_store *store, tw_buf *scratch, bool *made, tw_error *error) {
    bool found;
    TW_TRY(tw_kv_reopen(store->catalog, error));
    tw_buf_clear(scratch);
    TW_TRY(tw_kv_get(store->catalog, TW_STR("store/commits"), scratch, &found, error));
    tw_reader in = {scratch->data, scratch->data + scratch->length, false};
    *made = found && tw_read_u64(&in) == store->number + 1;
    return TW_OK;
}

static tw_status write_catalog(tw_store *store, tw_txn *txns, tw_buf *scratch, tw_error *error) {
    tw_kv_begin(store->catalog);
    for (tw_txn *t = txns; t; t = t->next) {
        for (int32_t i = 0; i < t->nlogs; i++) put_log(store, t->logs[i], scratch);
        for (int32_t i = 0; i < t->nfiles; i++) put_file(store, t->files[i], scratch);
        put_changes(store, t);
    }
    tw_buf_clear(scratch);
    tw_buf_u64(scratch, store->number + 1);
    tw_kv_put(store->catalog, TW_STR("store/commits"), (tw_str){scratch->data, scratch->length});
    if (scratch->failed) return no_memory(error);
    tw_status status = tw_kv_write(store->catalog, error);
    if (status == TW_OK) return TW_OK;
    tw_error second;
    bool made = false;
    if (look_again(store, scratch, &made, &second) != TW_OK) {
        store->broken = true;
        return status;
    }
    return made ? TW_OK : status;
}

static void publish(tw_store *store, tw_txn *txns) {
    pthread_rwlock_wrlock(&store->visible);
    for (tw_txn *t = txns; t; t = t->next) {
        for (int32_t i = 0; i < t->nlogs; i++) tw_log_committed(t->logs[i]);
        for (int32_t i = 0; i < t->nfiles; i++) tw_durable_committed(t->files[i]);
    }
    store->number++;
    pthread_rwlock_unlock(&store->visible);
}

/* What is appended in vain is cut off again. Where that fails nothing is known of the files any more. */
static void take_back(tw_store *store, tw_txn *txns) {
    tw_error ignored;
    for (tw_txn *t = txns; t; t = t->next)
        for (int32_t i = 0; i < t->nlogs; i++)
            if (tw_log_rollback(t->logs[i], &ignored) != TW_OK) store->broken = true;
}

static tw_status commit_all(tw_store *store, tw_txn *txns, tw_error *error) {
    tw_buf scratch;
    if (store->broken) return tw_fail(error, TW_E_IO, "the data directory %s had a failed sync or write; it must be opened again", store->path);
    tw_buf_init(&scratch, &store->mem, 0);
    tw_status status = append_all(txns, error);
    if (status == TW_OK) {
        status = sync_all(txns, error);
        if (status == TW_E_IO) store->broken = true;
    }
    if (status == TW_OK) status = write_catalog(store, txns, &scratch, error);
    if (status == TW_OK)
        publish(store, txns);
    else
        take_back(store, txns);
    tw_buf_free(&scratch);
    return status;
}

/* ---- together ---- */

static void note_done(tw_store *store, tw_txn *txn, tw_status status, const tw_error *error, int64_t took_ns) {
    txn->status = status;
    if (status != TW_OK) txn->error = *error;
    if (status == TW_OK) {
        store->stats.bytes += txn->bytes.length;
        store->stats.commits++;
    }
    store->stats.commit_ns_last = took_ns;
    if (took_ns > store->stats.commit_ns_max) store->stats.commit_ns_max = took_ns;
    txn->done = true;
}

/* All that wait, as one; or, when they cannot be, each by itself. Without queue_lock; `leading` keeps others away. */
static void lead(tw_store *store, tw_txn *txns) {
    tw_error error = {0};
    int64_t begin = tw_mono_ns(store->os);
    tw_status status = commit_all(store, txns, &error);
    bool apart = status != TW_OK && txns->next && status != TW_E_DISK_FULL && !store->broken;
    tw_txn *next;
    for (tw_txn *t = txns; t; t = next) {
        next = t->next;
        t->next = NULL;
        if (apart) status = commit_all(store, t, &error);
        pthread_mutex_lock(&store->queue_lock);
        note_done(store, t, status, &error, tw_mono_ns(store->os) - begin);
        pthread_mutex_unlock(&store->queue_lock);
    }
}

static void enqueue(tw_store *store, tw_txn *txn) {
    tw_txn **last = &store->queue;
    while (*last) last = &(*last)->next;
    *last = txn;
}

/* Files that the commit has forgotten. Their keys "gone/..." go when the store is next opened. */
static void unlink_gone(tw_store *store, const tw_txn *txn) {
    tw_reader in = {txn->changes.data, txn->changes.data + txn->changes.length, false};
    char path[1200];
    while (in.next < in.end) {
        bool put = *(const char *)tw_read_raw(&in, 1);
        tw_str key = tw_read_bytes(&in);
        if (put) (void)tw_read_bytes(&in);
        if (!put || key.length < 5 || memcmp(key.data, "gone/", 5) != 0) continue;
        snprintf(path, sizeof path, "%s/%.*s", store->path, (int)(key.length - 5), key.data + 5);
        tw_file_remove(path, NULL);
    }
}

static tw_status commit(tw_txn *txn, tw_error *error) {
    tw_store *store = txn->store;
    pthread_mutex_lock(&store->queue_lock);
    txn->done = false;
    txn->next = NULL;
    enqueue(store, txn);
    while (!txn->done) {
        if (store->leading) {
            pthread_cond_wait(&store->queue_moved, &store->queue_lock);
            continue;
        }
        tw_txn *all = store->queue;
        store->queue = NULL;
        store->leading = true;
        pthread_mutex_unlock(&store->queue_lock);
        lead(store, all);
        pthread_mutex_lock(&store->queue_lock);
        store->leading = false;
        pthread_cond_broadcast(&store->queue_moved);
    }
    pthread_mutex_unlock(&store->queue_lock);
    if (txn->status == TW_OK) return TW_OK;
    if (error) *error = txn->error;
    return txn->status;
}

tw_status tw_txn_commit(tw_txn *txn, tw_error *error) {
    TW_TRY(commit(txn, error));
    unlink_gone(txn->store, txn);
    tw_store_notify(txn->store);
    return TW_OK;
}

tw_status tw_store_alone(tw_store *store, tw_store_work work, void *context, tw_error *error) {
    tw_txn *txn;
    TW_TRY(tw_txn_begin(store, &txn, error));
    pthread_mutex_lock(&store->queue_lock);
    while (store->leading) pthread_cond_wait(&store->queue_moved, &store->queue_lock);
    store->leading = true;
    pthread_mutex_unlock(&store->queue_lock);
    tw_status status = work(context, txn, error);
    if (status == TW_OK && (txn->nlogs || txn->changes.length)) status = commit_all(store, txn, error);
    for (int32_t i = 0; i < txn->nlogs && status == TW_OK; i++) tw_log_reap(txn->logs[i]);
    if (status != TW_OK) take_back(store, txn); /* what `work` changed, when it failed itself */
    pthread_mutex_lock(&store->queue_lock);
    store->leading = false;
    pthread_cond_broadcast(&store->queue_moved);
    pthread_mutex_unlock(&store->queue_lock);
    if (status == TW_OK) unlink_gone(store, txn);
    tw_txn_free(txn);
    return status;
}
