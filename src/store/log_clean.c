/* Retention: the start of the log moves up over closed segments; their files go once that is committed. */
#include "store/log_internal.h"

static void move_start(tw_log *log, int64_t offset, bool *changed) {
    if (offset <= log->pending_start) return;
    log->pending_start = offset;
    *changed = true;
}

/* Segments whose youngest record is older than retention.ms, from the oldest on. When all are, the active one is closed, so that it goes too. */
static tw_status retain_by_time(tw_log *log, int64_t now_ms, bool *changed, tw_error *error) {
    int64_t oldest = now_ms - log->config.retention_ms;
    if (log->config.retention_ms < 0) return TW_OK;
    for (int32_t i = 0; i < log->count; i++) {
        tw_segment *segment = log->segments[i];
        bool active = i + 1 == log->count;
        if (!active) TW_TRY(tw_log_index(log, segment, log->segments[i + 1]->base, error));
        if (segment->extent.length == 0 || segment->extent.greatest >= oldest) return TW_OK;
        if (active) TW_TRY(tw_log_roll(log, error));
        move_start(log, log->segments[i + 1]->base, changed);
    }
    return TW_OK;
}

/* Segments without which there are still retention.bytes. */
static void retain_by_size(tw_log *log, bool *changed) {
    int64_t bytes = 0;
    if (log->config.retention_bytes < 0) return;
    for (int32_t i = 0; i < log->count; i++) bytes += tw_durable_end(log->segments[i]->file);
    for (int32_t i = 0; i + 1 < log->count; i++) {
        bytes -= tw_durable_end(log->segments[i]->file);
        if (bytes < log->config.retention_bytes) return;
        move_start(log, log->segments[i + 1]->base, changed);
    }
}

tw_status tw_log_clean(tw_log *log, int64_t now_ms, bool *changed, tw_error *error) {
    *changed = false;
    if (log->config.delete_) {
        TW_TRY(retain_by_time(log, now_ms, changed, error));
        retain_by_size(log, changed);
    }
    return log->config.compact ? tw_log_compact(log, now_ms, error) : TW_OK;
}

tw_status tw_log_delete_before(tw_log *log, int64_t offset, bool *changed, tw_error *error) {
    *changed = false;
    if (offset < 0 || offset > log->pending_end)
        return tw_fail(error, TW_E_INVALID, "cannot delete before offset %lld: the log '%s' ends at %lld", (long long)offset, log->folder,
                       (long long)log->pending_end);
    move_start(log, offset, changed);
    return TW_OK;
}

/* A file that cannot be removed now is when the log is next opened. */
void tw_log_reap(tw_log *log) {
    while (log->doomed) {
        tw_segment *segment = log->doomed;
        log->doomed = segment->next;
        tw_file_remove(tw_durable_path(segment->file), NULL);
        tw_segment_release(segment);
    }
}
