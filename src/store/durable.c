#include "store/durable.h"

#include <stdatomic.h>

/* Small appends are gathered up to this size; sync and larger appends write them. The buffer is there only between an append and a sync. */
enum { BUFFER = 64 << 10 };

/* Bytes are written at explicit places, so that what a failed write left behind is written over by the next.
 *
 *     0 .......... committed ............ written ......... end
 *       readers see    in the file, unsynced    in the buffer */
struct tw_durable {
    tw_mem *mem;
    tw_file file;
    _Atomic int64_t committed;
    int64_t written, end;
    int64_t synced; /* `end` at the last sync: what is synced already costs nothing */
    char *buffer;
    bool new_name; /* its folder has not been synced since it was made */
    bool lost;     /* a sync failed: the kernel may have dropped what it could not write */
};

tw_status tw_durable_open(tw_mem *mem, const char *path, int64_t committed, tw_durable **out, tw_error *error) {
    tw_durable *file = tw_calloc(mem, sizeof *file);
    if (!file) return tw_fail(error, TW_E_NOMEM, "out of memory for the file '%s'", path);
    *file = (tw_durable){.mem = mem, .written = committed, .end = committed, .synced = committed, .new_name = committed == 0};
    atomic_init(&file->committed, committed);
    int64_t size = 0;
    tw_status status = tw_file_open_update(path, committed == 0, &file->file, &size, error);
    if (status != TW_OK) {
        tw_free(mem, file, sizeof *file);
        return status;
    }
    if (size < committed)
        status = tw_fail(error, TW_E_CORRUPT, "'%s' has %lld bytes, but %lld were committed", path, (long long)size, (long long)committed);
    else if (size > committed)
        status = tw_file_truncate(&file->file, committed, error);
    if (status != TW_OK) {
        tw_durable_close(file);
        return status;
    }
    *out = file;
    return TW_OK;
}

static void drop_buffer(tw_durable *file) {
    tw_free(file->mem, file->buffer, BUFFER);
    file->buffer = NULL;
}

void tw_durable_close(tw_durable *file) {
    if (!file) return;
    drop_buffer(file);
    tw_file_close(&file->file);
    tw_free(file->mem, file, sizeof *file);
}

static tw_status flush(tw_durable *file, tw_error *error) {
    if (file->written == file->end) return TW_OK;
    TW_TRY(tw_file_write_at(&file->file, file->buffer, (size_t)(file->end - file->written), file->written, error));
    file->written = file->end;
    return TW_OK;
}

tw_status tw_durable_append(tw_durable *file, const void *bytes, size_t length, tw_error *error) {
    if (length == 0) return TW_OK;
    size_t buffered = (size_t)(file->end - file->written);
    if (buffered + length > BUFFER) TW_TRY(flush(file, error));
    if (length >= BUFFER) {
        TW_TRY(tw_file_write_at(&file->file, bytes, length, file->end, error));
        file->end = file->written = file->end + (int64_t)length;
        return TW_OK;
    }
    if (!file->buffer && !(file->buffer = tw_malloc(file->mem, BUFFER)))
        return tw_fail(error, TW_E_NOMEM, "out of memory for the file '%s'", file->file.path);
    memcpy(file->buffer + (file->end - file->written), bytes, length);
    file->end += (int64_t)length;
    return TW_OK;
}

static tw_status sync_name(const tw_durable *file, tw_error *error) {
    char folder[sizeof file->file.path];
    memcpy(folder, file->file.path, sizeof folder);
    char *slash = strrchr(folder, '/');
    if (slash) slash[slash == folder] = 0;
    return tw_dir_sync(slash ? folder : ".", error);
}

tw_status tw_durable_sync(tw_durable *file, tw_error *error) {
    if (file->lost) return tw_fail(error, TW_E_IO, "'%s' could not be synced before: what it holds is not known", file->file.path);
    if (file->end == file->synced && !file->new_name) return TW_OK;
    TW_TRY(flush(file, error));
    drop_buffer(file);
    tw_status status = tw_file_sync_data(&file->file, error);
    if (status == TW_OK && file->new_name) status = sync_name(file, error);
    if (status == TW_OK) {
        file->new_name = false;
        file->synced = file->end;
        return TW_OK;
    }
    file->lost = true;
    if (error) error->status = TW_E_IO, error->retriable = false; /* a full disk, too: what the kernel could not write may be gone from its cache */
    return TW_E_IO;
}

void tw_durable_committed(tw_durable *file) { atomic_store_explicit(&file->committed, file->end, memory_order_release); }

tw_status tw_durable_rollback(tw_durable *file, tw_error *error) {
    drop_buffer(file);
    file->written = file->end = file->synced = atomic_load_explicit(&file->committed, memory_order_relaxed);
    return tw_file_truncate(&file->file, file->end, error);
}

int64_t tw_durable_end(const tw_durable *file) { return file->end; }
int64_t tw_durable_committed_end(const tw_durable *file) { return atomic_load_explicit(&file->committed, memory_order_acquire); }
const char *tw_durable_path(const tw_durable *file) { return file->file.path; }

tw_status tw_durable_read(tw_durable *file, int64_t at, void *out, size_t size, size_t *got, tw_error *error) {
    int64_t committed = tw_durable_committed_end(file);
    *got = 0;
    if (at < 0 || at >= committed) return TW_OK;
    if (size > (size_t)(committed - at)) size = (size_t)(committed - at);
    TW_TRY(tw_file_read(&file->file, out, size, at, got, error));
    if (*got == size) return TW_OK;
    return tw_fail(error, TW_E_CORRUPT, "'%s' ends at %lld, but %lld bytes were committed", file->file.path, (long long)at + (long long)*got,
                   (long long)committed);
}
