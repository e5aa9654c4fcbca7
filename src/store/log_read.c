/* Reading a partition, from any thread. */
#include "store/log_internal.h"

int64_t tw_log_start(const tw_log *log) { return log->start; }
int64_t tw_log_end(const tw_log *log) { return log->end; }

int64_t tw_log_bytes(const tw_log *log) {
    int64_t bytes = 0;
    pthread_rwlock_rdlock((pthread_rwlock_t *)&log->lock);
    for (int32_t i = 0; i < log->count; i++) bytes += tw_durable_committed_end(log->segments[i]->file);
    pthread_rwlock_unlock((pthread_rwlock_t *)&log->lock);
    return bytes;
}

tw_status tw_log_index(tw_log *log, tw_segment *segment, int64_t next, tw_error *error) {
    if (segment->indexed) return TW_OK;
    pthread_mutex_lock(&log->indexing);
    tw_status status = segment->indexed ? TW_OK : tw_segment_index(segment, next, error);
    pthread_mutex_unlock(&log->indexing);
    return status;
}

/* Number of the segment that an offset lies in. Under the lock. */
static int32_t segment_of(const tw_log *log, int64_t offset) {
    int32_t low = 0, high = log->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (log->segments[middle]->base <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : 0;
}

/* The segment that an offset lies in, retained and indexed, and a mark: by the offset, or by `ms` when that is given. */
static tw_status locate(tw_log *log, int64_t offset, const int64_t *ms, tw_segment **out, tw_segment_mark *mark, tw_error *error) {
    for (;;) {
        pthread_rwlock_rdlock(&log->lock);
        int32_t i = segment_of(log, offset);
        tw_segment *segment = log->segments[i];
        int64_t next = i + 1 < log->count ? log->segments[i + 1]->base : segment->extent.next_offset;
        bool indexed = segment->indexed;
        if (indexed) *mark = ms ? tw_segment_find_time(segment, *ms) : tw_segment_find(segment, offset);
        tw_segment_retain(segment);
        pthread_rwlock_unlock(&log->lock);
        *out = segment;
        if (indexed) return TW_OK;
        tw_status status = tw_log_index(log, segment, next, error);
        tw_segment_release(segment);
        TW_TRY(status);
    }
}

/* Keeps, of the bytes read behind out->length, the whole batches from `offset` on that lie below `visible`, about `max` bytes of them. */
static tw_status keep_batches(const tw_segment *segment, int64_t place, size_t got, int64_t offset, int64_t visible, size_t max, tw_buf *out,
                              tw_error *error) {
    const char *bytes = out->data + out->length;
    size_t kept = 0;
    while (kept < got) {
        tw_record_batch batch;
        tw_status status = tw_record_batch_read((tw_str){bytes + kept, got - kept}, &batch, error);
        if (status == TW_END && kept) break;
        if (status == TW_END) status = tw_fail(error, TW_E_CORRUPT, "damaged record batch: it is cut off");
        if (status == TW_OK && (batch.base_offset != offset || batch.leader_epoch != 0))
            status = tw_fail(error, TW_E_CORRUPT, "damaged record batch: offset %lld and epoch %d stand where %lld and 0 belong",
                             (long long)batch.base_offset, batch.leader_epoch, (long long)offset);
        if (status != TW_OK && kept) break; /* the next read says it */
        if (status != TW_OK) return tw_segment_blame(segment, place, status, error);
        if (batch.base_offset >= visible || (kept && kept + batch.bytes.length > max)) break;
        kept += batch.bytes.length;
        offset = batch.last_offset + 1;
    }
    out->length += kept;
    return TW_OK;
}

/* From one segment. TW_END: nothing in it at or behind the offset; *next: where the next segment goes on. */
static tw_status read_segment(tw_segment *segment, tw_segment_mark mark, int64_t offset, int64_t visible, size_t max, tw_buf *out, int64_t *next,
                              tw_error *error) {
    tw_segment_scan scan;
    tw_segment_scan_begin(&scan, segment, mark.place, mark.offset);
    do {
        tw_status status = tw_segment_scan_next(&scan, error);
        *next = scan.offset;
        if (status != TW_OK) return status;
    } while (scan.batch.last_offset < offset || scan.batch.nrecords == 0);
    if (scan.batch.base_offset >= visible) return TW_END;
    size_t first = scan.batch.bytes.length, size, got;
    int64_t place = scan.place - (int64_t)first;
    size = max < first ? first : max;
    if (size > (size_t)(scan.end - place)) size = (size_t)(scan.end - place);
    char *to = tw_buf_reserve(out, size);
    if (!to) return tw_fail(error, TW_E_NOMEM, "out of memory for %zu bytes of '%s'", size, tw_durable_path(segment->file));
    TW_TRY(tw_durable_read(segment->file, place, to, size, &got, error));
    return keep_batches(segment, place, got, scan.batch.base_offset, visible, max, out, error);
}

static tw_status gone(const tw_log *log, int64_t offset, tw_error *error) {
    return tw_fail(error, TW_E_NOT_FOUND, "offset %lld is not in '%s' any more: it starts at %lld", (long long)offset, log->folder,
                   (long long)log->start);
}

tw_status tw_log_read(tw_log *log, int64_t offset, int64_t below, size_t max, tw_buf *out, tw_error *error) {
    int64_t end = log->end;
    if (below < end) end = below;
    if (offset < log->start) return gone(log, offset, error);
    while (offset < end) {
        tw_segment *segment;
        tw_segment_mark mark;
        int64_t next = offset;
        TW_TRY(locate(log, offset, NULL, &segment, &mark, error));
        tw_status status = segment->base > offset ? gone(log, offset, error) /* since it was looked at */
                                                  : read_segment(segment, mark, offset, end, max, out, &next, error);
        tw_segment_release(segment);
        if (status != TW_END || next <= offset) return status;
        offset = next;
    }
    return TW_END;
}

/* The first record of a batch at or behind `start` whose time has come; -1: none. */
static tw_status record_for_time(tw_record_reader *reader, const tw_record_batch *batch, int64_t start, int64_t ms, int64_t *offset,
                                 tw_error *error) {
    tw_record record;
    tw_status status = tw_record_reader_begin(reader, batch, TW_LOG_BATCH_LIMIT, error);
    while (status == TW_OK && (status = tw_record_reader_next(reader, &record, error)) == TW_OK)
        if (record.timestamp >= ms && record.offset >= start) {
            *offset = record.offset;
            return TW_OK;
        }
    return status == TW_END ? TW_OK : status;
}

/* Within one segment. *next: where the next one goes on. */
static tw_status segment_for_time(tw_segment *segment, tw_segment_mark mark, int64_t start, int64_t end, int64_t ms, int64_t *offset, int64_t *next,
                                  tw_error *error) {
    tw_segment_scan scan;
    tw_record_reader reader;
    tw_buf bytes;
    tw_record_batch batch;
    tw_buf_init(&bytes, segment->mem, 0);
    tw_record_reader_init(&reader, segment->mem);
    tw_segment_scan_begin(&scan, segment, mark.place, mark.offset);
    tw_status status = TW_OK;
    while (*offset < 0 && (status = tw_segment_scan_next(&scan, error)) == TW_OK && scan.batch.base_offset < end) {
        if (scan.batch.nrecords == 0 || scan.batch.max_timestamp < ms || scan.batch.last_offset < start) continue;
        status = tw_segment_scan_load(&scan, &bytes, &batch, error);
        if (status == TW_OK) status = record_for_time(&reader, &batch, start, ms, offset, error);
        if (status != TW_OK) break;
    }
    *next = scan.offset;
    tw_buf_free(&bytes);
    tw_record_reader_close(&reader);
    return status == TW_END ? TW_OK : status;
}

tw_status tw_log_offset_for_time(tw_log *log, int64_t ms, int64_t *offset, tw_error *error) {
    int64_t start = log->start, end = log->end;
    *offset = -1;
    for (int64_t at = start, next; at < end && *offset < 0; at = next) {
        tw_segment *segment;
        tw_segment_mark mark;
        TW_TRY(locate(log, at, &ms, &segment, &mark, error));
        tw_status status = segment_for_time(segment, mark, start, end, ms, offset, &next, error);
        tw_segment_release(segment);
        TW_TRY(status);
        if (next <= at) break;
    }
    return TW_OK;
}

/* ---- verifying ---- */

typedef struct check {
    tw_segment_scan scan;
    tw_record_reader reader;
    tw_buf bytes;
    int64_t batches, place;
} check;

static tw_status check_batch(check *c, tw_error *error) {
    tw_record_batch batch;
    tw_record record;
    TW_TRY(tw_segment_scan_load(&c->scan, &c->bytes, &batch, error));
    tw_status status = batch.leader_epoch ? tw_fail(error, TW_E_CORRUPT, "damaged record batch: its epoch is %d", batch.leader_epoch) : TW_OK;
    if (status == TW_OK) status = tw_record_reader_begin(&c->reader, &batch, TW_LOG_BATCH_LIMIT, error);
    while (status == TW_OK) status = tw_record_reader_next(&c->reader, &record, error);
    return status == TW_END ? TW_OK : tw_segment_blame(c->scan.segment, c->place, status, error);
}

static tw_status check_segment(check *c, tw_segment *segment, int64_t next, tw_error *error) {
    tw_status status;
    c->batches = 0;
    tw_segment_scan_begin(&c->scan, segment, 0, segment->base);
    do {
        c->place = c->scan.place;
        status = tw_segment_scan_next(&c->scan, error);
        if (status == TW_OK) status = check_batch(c, error);
        c->batches += status == TW_OK;
    } while (status == TW_OK);
    if (status == TW_END && c->scan.offset < next)
        return tw_fail(error, TW_E_CORRUPT, "'%s' at byte %lld: it ends in front of offset %lld, but the log goes on at %lld",
                       tw_durable_path(segment->file), (long long)c->place, (long long)c->scan.offset, (long long)next);
    return status == TW_END ? TW_OK : status;
}

/* The segment at or behind an offset, retained; *next: the offset behind it, as its successor or the log's end has it. */
static tw_segment *take(tw_log *log, int64_t offset, int64_t *next) {
    pthread_rwlock_rdlock(&log->lock);
    int32_t i = segment_of(log, offset);
    tw_segment *segment = log->segments[i];
    *next = i + 1 < log->count && log->segments[i + 1]->base < log->end ? log->segments[i + 1]->base : log->end;
    tw_segment_retain(segment);
    pthread_rwlock_unlock(&log->lock);
    return segment;
}

tw_status tw_log_verify(tw_log *log, tw_log_verdict each, void *context) {
    check c = {0};
    tw_status worst = TW_OK;
    tw_record_reader_init(&c.reader, log->mem);
    tw_buf_init(&c.bytes, log->mem, 0);
    int64_t at = log->start, next;
    do {
        tw_error error = {0};
        tw_segment *segment = take(log, at, &next);
        tw_status status = check_segment(&c, segment, next, &error);
        if (status != TW_OK) worst = status;
        each(context, tw_durable_path(segment->file), c.batches, c.scan.end, status == TW_OK ? NULL : &error);
        tw_segment_release(segment);
        at = next;
    } while (at < log->end);
    tw_record_reader_close(&c.reader);
    tw_buf_free(&c.bytes);
    return worst;
}
