/* A partition: opening, appending, committing. Reading is in log_read.c, housekeeping in log_clean.c and compact.c. */
#include <stdio.h>
#include <stdlib.h>

#include "store/log_internal.h"

void tw_log_config_default(tw_log_config *config) {
    *config = (tw_log_config){.segment_bytes = INT64_C(1) << 30,
                              .segment_ms = INT64_C(7) * 24 * 3600 * 1000,
                              .retention_bytes = -1,
                              .retention_ms = INT64_C(7) * 24 * 3600 * 1000,
                              .delete_retention_ms = INT64_C(24) * 3600 * 1000,
                              .max_message_bytes = (1 << 20) + 12,
                              .delete_ = true,
                              .compression = -1};
}

/* ---- opening ---- */

static tw_status add_segment(tw_log *log, int64_t base, int64_t length, tw_error *error) {
    if (!tw_grow(log->mem, &log->segments, log->count, &log->room, 8, sizeof *log->segments))
        return tw_fail(error, TW_E_NOMEM, "out of memory for the segments of '%s'", log->folder);
    TW_TRY(tw_segment_open(log->mem, log->folder, base, length, &log->segments[log->count], error));
    log->count++;
    return TW_OK;
}

static tw_status remove_file(const tw_log *log, const char *name, tw_error *error) {
    char path[TW_SEGMENT_PATH];
    snprintf(path, sizeof path, "%s/%s", log->folder, name);
    return tw_file_remove(path, error);
}

/* First offset of the segment of this name; -1: it is none. */
static int64_t base_of(const char *name) {
    if (strlen(name) != 24 || strspn(name, "0123456789") != 20 || strcmp(name + 20, ".log") != 0) return -1;
    return strtoll(name, NULL, 10);
}

/* Left by a compaction that a crash ended? */
static bool is_aside(const char *name) { return strlen(name) == 32 && strspn(name, "0123456789") == 20 && strcmp(name + 20, ".log.compact") == 0; }

static tw_status open_active(tw_log *log, const tw_log_state *state, tw_error *error) {
    tw_status status = add_segment(log, state->segment, state->segment_length, error);
    if (status == TW_E_NOT_FOUND) {
        char path[TW_SEGMENT_PATH];
        tw_segment_path(path, log->folder, state->segment);
        return tw_fail(error, TW_E_CORRUPT, "'%s' is missing: %lld bytes of it were committed", path, (long long)state->segment_length);
    }
    return status != TW_OK ? status : tw_segment_index(tw_log_active(log), state->end, error);
}

/* Closed segments, in front of the active one. What no commit knows of, and what is behind the start, goes. */
static tw_status open_closed(tw_log *log, const tw_log_state *state, const char *const *names, int n, tw_error *error) {
    for (int i = 0; i < n; i++) {
        int64_t base = base_of(names[i]), next = state->segment;
        bool aside = is_aside(names[i]);
        for (int k = i + 1; k < n && next == state->segment; k++)
            if (base_of(names[k]) > base && base_of(names[k]) < next) next = base_of(names[k]);
        if ((base < 0 && !aside) || base == state->segment) continue;
        if (aside || base > state->segment || next <= state->start) {
            TW_TRY(remove_file(log, names[i], error));
            continue;
        }
        char path[TW_SEGMENT_PATH];
        tw_file_info info;
        tw_segment_path(path, log->folder, base);
        TW_TRY(tw_file_stat(path, &info, error));
        TW_TRY(add_segment(log, base, info.size, error));
    }
    return TW_OK;
}

static tw_status open_segments(tw_log *log, const tw_log_state *state, tw_error *error) {
    const char *const *names;
    int n;
    tw_arena arena;
    tw_arena_init(&arena, log->mem, 4096);
    tw_status status = tw_dir_make(log->folder, error);
    if (status == TW_OK) status = tw_dir_list(&arena, log->folder, &names, &n, error);
    if (status == TW_OK) status = open_closed(log, state, names, n, error);
    if (status == TW_OK) status = open_active(log, state, error);
    tw_arena_free(&arena);
    if (status == TW_OK && log->segments[0]->base > state->start)
        status = tw_fail(error, TW_E_CORRUPT, "'%s' has no segment with offset %lld, where the log starts", log->folder, (long long)state->start);
    return status;
}

/* Readers that never pause do not keep the appender out. */
static void init_lock(pthread_rwlock_t *lock) {
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

tw_status tw_log_open(tw_mem *mem, tw_os *os, const char *folder, const tw_log_config *config, const tw_log_state *state, tw_log **out,
                      tw_error *error) {
    TW_ASSERT(mem->shared);
    size_t size = strlen(folder) + 1;
    if (size > TW_SEGMENT_PATH - 40) return tw_fail(error, TW_E_LIMIT, "the path '%.100s...' is too long", folder);
    tw_log *log = tw_calloc(mem, sizeof *log);
    char *copy = log ? tw_malloc(mem, size) : NULL;
    if (!copy) {
        tw_free(mem, log, sizeof *log);
        return tw_fail(error, TW_E_NOMEM, "out of memory for the log '%s'", folder);
    }
    *log = (tw_log){.mem = mem, .os = os, .folder = memcpy(copy, folder, size), .folder_size = size, .config = *config};
    log->pending_start = log->start = state->start;
    log->pending_end = log->end = state->end;
    init_lock(&log->lock);
    pthread_mutex_init(&log->indexing, NULL);
    tw_record_reader_init(&log->reader, mem);
    tw_buf_init(&log->bytes, mem, 0);
    tw_buf_init(&log->scratch, mem, 0);
    tw_status status = open_segments(log, state, error);
    if (status != TW_OK) {
        tw_log_close(log);
        return status;
    }
    tw_segment *active = tw_log_active(log);
    if (active->extent.length && active->born_ms > tw_wall_ms(os)) active->born_ms = tw_wall_ms(os);
    log->committed_count = log->count;
    log->committed = active->extent;
    *out = log;
    return TW_OK;
}

void tw_log_close(tw_log *log) {
    if (!log) return;
    for (int32_t i = 0; i < log->count; i++) tw_segment_release(log->segments[i]);
    for (tw_segment *s = log->doomed, *next; s; s = next) {
        next = s->next;
        tw_segment_release(s);
    }
    tw_free(log->mem, log->segments, sizeof *log->segments * (size_t)log->room);
    tw_record_reader_close(&log->reader);
    tw_buf_free(&log->bytes);
    tw_buf_free(&log->scratch);
    pthread_rwlock_destroy(&log->lock);
    pthread_mutex_destroy(&log->indexing);
    tw_free(log->mem, log->folder, log->folder_size);
    tw_free(log->mem, log, sizeof *log);
}

void tw_log_configure(tw_log *log, const tw_log_config *config) { log->config = *config; }

/* ---- appending ---- */

tw_status tw_log_roll(tw_log *log, tw_error *error) {
    pthread_rwlock_wrlock(&log->lock);
    tw_status status = add_segment(log, log->pending_end, 0, error);
    pthread_rwlock_unlock(&log->lock);
    return status;
}

static bool is_full(const tw_log *log, size_t more, int64_t now_ms) {
    const tw_segment *active = tw_log_active(log);
    if (active->extent.length == 0) return false;
    return active->extent.length + (int64_t)more > log->config.segment_bytes || now_ms - active->born_ms > log->config.segment_ms;
}

/* A compacted topic has a use for keyed records only. */
static tw_status check_keys(tw_log *log, const tw_record_batch *batch, tw_error *error) {
    tw_record record;
    TW_TRY(tw_record_reader_begin(&log->reader, batch, TW_LOG_BATCH_LIMIT, error));
    for (;;) {
        tw_status status = tw_record_reader_next(&log->reader, &record, error);
        if (status == TW_END) return TW_OK;
        TW_TRY(status);
        if (record.key_null) return tw_fail(error, TW_E_INVALID, "a record without a key cannot be kept in a compacted topic");
    }
}

/* The topic's compression instead of the producer's; the batch is then one of log->bytes. */
static tw_status recompress(tw_log *log, tw_record_batch *batch, tw_error *error) {
    tw_record_writer writer;
    tw_record record;
    tw_status status;
    TW_TRY(tw_record_reader_begin(&log->reader, batch, TW_LOG_BATCH_LIMIT, error));
    tw_buf_clear(&log->bytes);
    tw_record_writer_begin(&writer, &log->bytes, (tw_compression)log->config.compression);
    while ((status = tw_record_reader_next(&log->reader, &record, error)) == TW_OK)
        tw_record_writer_add_at(&writer, &record, (int32_t)(record.offset - batch->base_offset));
    if (status != TW_END) return status;
    TW_TRY(tw_record_writer_finish(&writer, &log->scratch, error));
    tw_record_batch_stand_in(log->bytes.data, batch, -1);
    return tw_record_batch_head(log->bytes.data, batch, error);
}

/* Brings a batch, which has its offset, into the form in which the topic keeps it. */
static tw_status prepare_batch(tw_log *log, tw_record_batch *batch, int64_t now_ms, tw_error *error) {
    const tw_log_config *config = &log->config;
    bool records = batch->nrecords > 0 && !tw_record_batch_control(batch);
    if (config->compact && records) TW_TRY(check_keys(log, batch, error));
    if (config->compression >= 0 && records && (int)tw_record_batch_compression(batch) != config->compression) TW_TRY(recompress(log, batch, error));
    if (batch->bytes.length > (size_t)config->max_message_bytes)
        return tw_fail(error, TW_E_LIMIT, "a record batch of %zu bytes is larger than max.message.bytes, %d", batch->bytes.length,
                       config->max_message_bytes);
    if (!config->log_append_time) return TW_OK;
    tw_record_batch_set_append_time((char *)(uintptr_t)batch->bytes.data, now_ms);
    batch->max_timestamp = now_ms;
    return TW_OK;
}

static tw_status append_batch(tw_log *log, char *bytes, size_t left, size_t *length, tw_error *error) {
    int64_t now = tw_wall_ms(log->os);
    tw_record_batch batch;
    if (left < TW_RECORD_BATCH_HEAD) return tw_fail(error, TW_E_CORRUPT, "a record batch to be appended is cut off");
    tw_record_batch_place(bytes, log->pending_end, 0);
    TW_TRY(tw_record_batch_head(bytes, &batch, error));
    *length = batch.bytes.length;
    if (*length > left) return tw_fail(error, TW_E_CORRUPT, "a record batch to be appended is cut off");
    TW_TRY(prepare_batch(log, &batch, now, error));
    if (is_full(log, batch.bytes.length, now)) TW_TRY(tw_log_roll(log, error));
    tw_segment *active = tw_log_active(log);
    TW_TRY(tw_durable_append(active->file, batch.bytes.data, batch.bytes.length, error));
    pthread_rwlock_wrlock(&log->lock);
    if (active->extent.length == 0) active->born_ms = now;
    tw_status status = tw_segment_note(active, &batch, error);
    pthread_rwlock_unlock(&log->lock);
    if (status == TW_OK) log->pending_end = batch.last_offset + 1;
    return status;
}

tw_status tw_log_append(tw_log *log, char *batches, size_t length, int64_t *first, tw_error *error) {
    *first = log->pending_end;
    for (size_t at = 0, n = 0; at < length; at += n) TW_TRY(append_batch(log, batches + at, length - at, &n, error));
    return TW_OK;
}

/* ---- committing ---- */

tw_status tw_log_sync(tw_log *log, tw_error *error) {
    for (int32_t i = log->committed_count - 1; i < log->count; i++) TW_TRY(tw_durable_sync(log->segments[i]->file, error));
    return TW_OK;
}

void tw_log_pending_state(const tw_log *log, tw_log_state *out) {
    const tw_segment *active = tw_log_active(log);
    *out = (tw_log_state){log->pending_start, log->pending_end, active->base, active->extent.length};
}

/* Takes the closed segments that lie wholly behind the start off the list. */
static void doom(tw_log *log) {
    int32_t n = 0;
    while (n + 1 < log->count && log->segments[n + 1]->base <= log->pending_start) n++;
    for (int32_t i = 0; i < n; i++) {
        log->segments[i]->next = log->doomed;
        log->doomed = log->segments[i];
    }
    log->count -= n;
    if (n) memmove(log->segments, log->segments + n, sizeof *log->segments * (size_t)log->count);
}

void tw_log_committed(tw_log *log) {
    pthread_rwlock_wrlock(&log->lock);
    for (int32_t i = log->committed_count - 1; i < log->count; i++) tw_durable_committed(log->segments[i]->file);
    log->start = log->pending_start;
    log->end = log->pending_end;
    doom(log);
    log->committed_count = log->count;
    log->committed = tw_log_active(log)->extent;
    pthread_rwlock_unlock(&log->lock);
}

tw_status tw_log_rollback(tw_log *log, tw_error *error) {
    tw_status status = TW_OK;
    pthread_rwlock_wrlock(&log->lock);
    while (log->count > log->committed_count) {
        tw_segment *segment = log->segments[--log->count];
        tw_status removed = tw_file_remove(tw_durable_path(segment->file), error);
        if (removed != TW_OK) status = removed;
        tw_segment_release(segment);
    }
    tw_segment *active = tw_log_active(log);
    active->extent = log->committed;
    if (active->extent.length == 0) active->born_ms = INT64_MAX;
    log->pending_start = log->start;
    log->pending_end = log->end;
    tw_status cut = tw_durable_rollback(active->file, error);
    pthread_rwlock_unlock(&log->lock);
    return cut != TW_OK ? cut : status;
}

const char *tw_log_folder(const tw_log *log) { return log->folder; }
