#include "store/kv.h"

#include <pthread.h>
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOLERATE_CORRUPTED_TAIL = 0, WARN = 2, BUFFER_BYTES = 4 << 20, FILES_MAX = 64 };

struct tw_kv {
    tw_mem *mem;
    char path[1024];
    pthread_rwlock_t lock; /* around `db`: reopened under the write lock */
    rocksdb_t *db;         /* NULL after a reopening that failed */
    rocksdb_options_t *options;
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write;
    rocksdb_writebatch_t *batch;
};

/* RocksDB's message as an error; frees it. */
static tw_status failed(const tw_kv *c, char *message, const char *what, tw_error *error) {
    bool full = strstr(message, "No space left") != NULL, damaged = strncmp(message, "Corruption", 10) == 0;
    tw_status status = full ? TW_E_DISK_FULL : damaged ? TW_E_CORRUPT : TW_E_IO;
    tw_fail(error, status, "the catalog %s cannot be %s", c->path, what);
    tw_error_detail(error, "%s", message);
    if (error) error->retriable = full;
    free(message);
    return status;
}

static rocksdb_options_t *make_options(void) {
    rocksdb_options_t *o = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(o, 1);
    rocksdb_options_set_paranoid_checks(o, 1);
    rocksdb_options_set_wal_recovery_mode(o, TOLERATE_CORRUPTED_TAIL);
    rocksdb_options_set_write_buffer_size(o, BUFFER_BYTES);
    rocksdb_options_set_max_open_files(o, FILES_MAX);
    rocksdb_options_set_info_log_level(o, WARN);
    rocksdb_options_set_keep_log_file_num(o, 2);
    return o;
}

static tw_status open_db(tw_kv *c, tw_error *error) {
    char *message = NULL;
    c->db = rocksdb_open(c->options, c->path, &message);
    return c->db ? TW_OK : failed(c, message, "opened", error);
}

tw_status tw_kv_open(tw_mem *mem, const char *path, tw_kv **out, tw_error *error) {
    tw_kv *c = tw_calloc(mem, sizeof *c);
    if (!c) return tw_fail(error, TW_E_NOMEM, "out of memory");
    c->mem = mem;
    snprintf(c->path, sizeof c->path, "%s", path);
    pthread_rwlock_init(&c->lock, NULL);
    c->options = make_options();
    c->read = rocksdb_readoptions_create();
    c->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(c->write, 1);
    c->batch = rocksdb_writebatch_create();
    tw_status status = open_db(c, error);
    if (status != TW_OK) {
        tw_kv_close(c);
        return status;
    }
    *out = c;
    return TW_OK;
}

void tw_kv_close(tw_kv *c) {
    if (!c) return;
    rocksdb_writebatch_destroy(c->batch);
    rocksdb_writeoptions_destroy(c->write);
    rocksdb_readoptions_destroy(c->read);
    if (c->db) rocksdb_close(c->db);
    rocksdb_options_destroy(c->options);
    pthread_rwlock_destroy(&c->lock);
    tw_free(c->mem, c, sizeof *c);
}

static tw_status lost(const tw_kv *c, tw_error *error) {
    return tw_fail(error, TW_E_IO, "the catalog %s could not be opened again after a failed write", c->path);
}

static tw_status get_locked(tw_kv *c, tw_str key, tw_buf *out, bool *found, tw_error *error) {
    char *message = NULL;
    size_t length;
    if (!c->db) return lost(c, error);
    char *value = rocksdb_get(c->db, c->read, key.data, key.length, &length, &message);
    if (message) return failed(c, message, "read", error);
    *found = value != NULL;
    if (value) tw_buf_append(out, value, length);
    free(value);
    return out->failed ? tw_fail(error, TW_E_NOMEM, "out of memory") : TW_OK;
}

tw_status tw_kv_get(tw_kv *c, tw_str key, tw_buf *out, bool *found, tw_error *error) {
    *found = false;
    pthread_rwlock_rdlock(&c->lock);
    tw_status status = get_locked(c, key, out, found, error);
    pthread_rwlock_unlock(&c->lock);
    return status;
}

static tw_status each_locked(tw_kv *c, tw_str prefix, tw_kv_each_fn each, void *context, tw_error *error) {
    if (!c->db) return lost(c, error);
    tw_status status = TW_OK;
    char *message = NULL;
    rocksdb_iterator_t *at = rocksdb_create_iterator(c->db, c->read);
    for (rocksdb_iter_seek(at, prefix.data, prefix.length); status == TW_OK && rocksdb_iter_valid(at); rocksdb_iter_next(at)) {
        tw_str key, value;
        key.data = rocksdb_iter_key(at, &key.length);
        if (key.length < prefix.length || memcmp(key.data, prefix.data, prefix.length) != 0) break;
        value.data = rocksdb_iter_value(at, &value.length);
        status = each(context, key, value);
    }
    rocksdb_iter_get_error(at, &message);
    rocksdb_iter_destroy(at);
    return message ? failed(c, message, "read", error) : status;
}

tw_status tw_kv_each(tw_kv *c, tw_str prefix, tw_kv_each_fn each, void *context, tw_error *error) {
    pthread_rwlock_rdlock(&c->lock);
    tw_status status = each_locked(c, prefix, each, context, error);
    pthread_rwlock_unlock(&c->lock);
    return status;
}

void tw_kv_begin(tw_kv *c) { rocksdb_writebatch_clear(c->batch); }
void tw_kv_put(tw_kv *c, tw_str key, tw_str value) {
    rocksdb_writebatch_put(c->batch, key.data, key.length, value.length ? value.data : "", value.length);
}
void tw_kv_delete(tw_kv *c, tw_str key) { rocksdb_writebatch_delete(c->batch, key.data, key.length); }

tw_status tw_kv_write(tw_kv *c, tw_error *error) {
    char *message = NULL;
    pthread_rwlock_rdlock(&c->lock);
    tw_status status = TW_OK;
    if (!c->db)
        status = lost(c, error);
    else
        rocksdb_write(c->db, c->write, c->batch, &message);
    pthread_rwlock_unlock(&c->lock);
    return message ? failed(c, message, "written", error) : status;
}

tw_status tw_kv_reopen(tw_kv *c, tw_error *error) {
    pthread_rwlock_wrlock(&c->lock);
    if (c->db) rocksdb_close(c->db);
    c->db = NULL;
    tw_status status = open_db(c, error);
    pthread_rwlock_unlock(&c->lock);
    return status;
}
