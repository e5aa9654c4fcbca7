#include "store/store_internal.h"

#include <stdio.h>

static const tw_str VERSION_KEY = {"store/version", 13}, NUMBER_KEY = {"store/commits", 13};
enum { VERSION = 1 };

/* ---- opening ---- */

static tw_status take_lock(tw_store *store, tw_error *error) {
    char path[600];
    int64_t owner = 0;
    snprintf(path, sizeof path, "%s/lock", store->path);
    tw_status status = tw_file_lock(path, &store->lock_file, &owner, error);
    store->locked = status == TW_OK;
    if (status != TW_E_DUPLICATE) return status;
    tw_fail(error, TW_E_DUPLICATE, "the data directory %s is in use by process %lld", store->path, (long long)owner);
    tw_error_hint(error, "stop that process, or name another directory");
    return TW_E_DUPLICATE;
}

static tw_status check_version(tw_store *store, tw_error *error) {
    tw_buf bytes;
    bool found;
    tw_buf_init(&bytes, &store->mem, 0);
    tw_status status = tw_kv_get(store->catalog, VERSION_KEY, &bytes, &found, error);
    if (status == TW_OK && !found) {
        char version = VERSION;
        tw_kv_begin(store->catalog);
        tw_kv_put(store->catalog, VERSION_KEY, (tw_str){&version, 1});
        status = tw_kv_write(store->catalog, error);
    } else if (status == TW_OK && (bytes.length != 1 || bytes.data[0] != VERSION)) {
        status = tw_fail(error, TW_E_UNSUPPORTED, "the data directory %s is of another version of thalweg", store->path);
    }
    tw_buf_free(&bytes);
    return status;
}

static tw_status read_number(tw_store *store, tw_error *error) {
    tw_buf bytes;
    bool found;
    tw_buf_init(&bytes, &store->mem, 0);
    tw_status status = tw_kv_get(store->catalog, NUMBER_KEY, &bytes, &found, error);
    if (status == TW_OK && found) {
        tw_reader in = {bytes.data, bytes.data + bytes.length, false};
        store->number = tw_read_u64(&in);
    }
    tw_buf_free(&bytes);
    return status;
}

/* Files that a commit has forgotten and that were not unlinked yet. */
static tw_status sweep_one(void *context, tw_str key, tw_str value) {
    tw_store *store = context;
    char path[1200];
    (void)value;
    snprintf(path, sizeof path, "%s/%.*s", store->path, (int)(key.length - 5), key.data + 5);
    tw_file_remove(path, NULL); /* may be gone already */
    tw_kv_delete(store->catalog, key);
    return TW_OK;
}

static tw_status sweep(tw_store *store, tw_error *error) {
    tw_kv_begin(store->catalog);
    TW_TRY(tw_kv_each(store->catalog, TW_STR("gone/"), sweep_one, store, error));
    TW_TRY(tw_kv_write(store->catalog, error));
    return tw_topics_sweep(store, error);
}

static tw_status open_store(tw_store *store, tw_error *error) {
    char path[600];
    TW_TRY(tw_dir_make(store->path, error));
    TW_TRY(take_lock(store, error));
    snprintf(path, sizeof path, "%s/topics", store->path);
    TW_TRY(tw_dir_make(path, error));
    snprintf(path, sizeof path, "%s/catalog", store->path);
    TW_TRY(tw_kv_open(&store->mem, path, &store->catalog, error));
    TW_TRY(check_version(store, error));
    TW_TRY(read_number(store, error));
    return sweep(store, error);
}

tw_status tw_store_open(tw_mem *mem, tw_os *os, const char *path, tw_store **out, tw_error *error) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    if (length == 0 || length > 400) return tw_fail(error, TW_E_INVALID, "'%s' cannot be a data directory: its path is empty or too long", path);
    tw_store *store = tw_calloc(mem, sizeof *store);
    if (!store) return tw_fail(error, TW_E_NOMEM, "out of memory");
    store->parent = mem;
    store->os = os;
    memcpy(store->path, path, length);
    tw_mem_init(&store->mem, mem, 0);
    tw_mem_share(&store->mem);
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->queue_lock, NULL);
    pthread_cond_init(&store->queue_moved, NULL);
    pthread_rwlock_init(&store->visible, NULL);
    tw_status status = open_store(store, error);
    if (status != TW_OK) {
        tw_store_close(store);
        return status;
    }
    *out = store;
    return TW_OK;
}

void tw_store_close(tw_store *store) {
    if (!store) return;
    tw_topics_close(store);
    tw_kv_close(store->catalog);
    if (store->locked) tw_file_close(&store->lock_file); /* gives the lock back */
    pthread_rwlock_destroy(&store->visible);
    pthread_cond_destroy(&store->queue_moved);
    pthread_mutex_destroy(&store->queue_lock);
    pthread_mutex_destroy(&store->lock);
    tw_mem_close(&store->mem);
    tw_free(store->parent, store, sizeof *store);
}

const char *tw_store_path(const tw_store *store) { return store->path; }
tw_mem *tw_store_mem(tw_store *store) { return &store->mem; }

/* ---- the catalog ---- */

tw_status tw_store_get(tw_store *store, tw_str key, tw_buf *out, bool *found, tw_error *error) {
    return tw_kv_get(store->catalog, key, out, found, error);
}

tw_status tw_store_each(tw_store *store, tw_str prefix, tw_store_each_fn each, void *context, tw_error *error) {
    return tw_kv_each(store->catalog, prefix, each, context, error);
}

/* ---- files ---- */

tw_str tw_store_name_of(const tw_store *store, const char *path) { return tw_str_of(path + strlen(store->path) + 1); }

static tw_status committed_end(tw_store *store, const char *name, int64_t *end, tw_error *error) {
    char key[700];
    bool found;
    tw_buf bytes;
    int length = snprintf(key, sizeof key, "file/%s", name);
    tw_buf_init(&bytes, &store->mem, 0);
    tw_status status = tw_kv_get(store->catalog, (tw_str){key, (size_t)length}, &bytes, &found, error);
    tw_reader in = {bytes.data, bytes.data + bytes.length, false};
    *end = found ? (int64_t)tw_read_u64(&in) : 0;
    tw_buf_free(&bytes);
    return status;
}

tw_status tw_store_file_open(tw_store *store, const char *name, tw_durable **out, tw_error *error) {
    char path[1200];
    int64_t end;
    if (strlen(name) > 600 || strstr(name, "..")) return tw_fail(error, TW_E_INVALID, "'%s' cannot be the name of a file of the store", name);
    TW_TRY(committed_end(store, name, &end, error));
    snprintf(path, sizeof path, "%s/%s", store->path, name);
    char *slash = strrchr(path, '/');
    *slash = 0;
    TW_TRY(tw_dir_make(path, error));
    *slash = '/';
    return tw_durable_open(&store->mem, path, end, out, error);
}

/* ---- seeing commits ---- */

uint64_t tw_store_ends(tw_store *store, tw_log *const *logs, int32_t count, int64_t *ends) {
    pthread_rwlock_rdlock(&store->visible);
    for (int32_t i = 0; i < count; i++) ends[i] = tw_log_end(logs[i]);
    uint64_t number = store->number;
    pthread_rwlock_unlock(&store->visible);
    return number;
}

tw_status tw_store_listen(tw_store *store, tw_store_listener woken, void *context, tw_error *error) {
    tw_status status = TW_OK;
    pthread_mutex_lock(&store->lock);
    if (store->nlisteners == TW_STORE_LISTENERS) {
        status = tw_fail(error, TW_E_LIMIT, "more than %d jobs and readers listen to one data directory", TW_STORE_LISTENERS);
    } else {
        store->listeners[store->nlisteners].woken = woken;
        store->listeners[store->nlisteners++].context = context;
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

void tw_store_unlisten(tw_store *store, tw_store_listener woken, void *context) {
    pthread_mutex_lock(&store->lock);
    for (int32_t i = 0; i < store->nlisteners; i++) {
        if (store->listeners[i].woken != woken || store->listeners[i].context != context) continue;
        store->listeners[i] = store->listeners[--store->nlisteners];
        break;
    }
    pthread_mutex_unlock(&store->lock);
}

void tw_store_notify(tw_store *store) {
    pthread_mutex_lock(&store->lock);
    for (int32_t i = 0; i < store->nlisteners; i++) store->listeners[i].woken(store->listeners[i].context);
    pthread_mutex_unlock(&store->lock);
}

void tw_store_get_stats(tw_store *store, tw_store_stats *out) {
    pthread_mutex_lock(&store->queue_lock);
    *out = store->stats;
    pthread_mutex_unlock(&store->queue_lock);
}
