#include "store/segment.h"

#include <stdatomic.h>
#include <stdio.h>

void tw_segment_path(char out[TW_SEGMENT_PATH], const char *folder, int64_t base) {
    snprintf(out, TW_SEGMENT_PATH, "%s/%020lld.log", folder, (long long)base);
}

tw_status tw_segment_open(tw_mem *mem, const char *folder, int64_t base, int64_t length, tw_segment **out, tw_error *error) {
    char path[TW_SEGMENT_PATH];
    tw_segment_path(path, folder, base);
    tw_segment *segment = tw_calloc(mem, sizeof *segment);
    if (!segment) return tw_fail(error, TW_E_NOMEM, "out of memory for the segment '%s'", path);
    *segment = (tw_segment){.mem = mem, .base = base, .born_ms = INT64_MAX, .extent = {length, base, INT64_MIN, 0}};
    atomic_init(&segment->references, 1);
    atomic_init(&segment->indexed, length == 0);
    tw_status status = tw_durable_open(mem, path, length, &segment->file, error);
    if (status != TW_OK)
        tw_free(mem, segment, sizeof *segment);
    else
        *out = segment;
    return status;
}

void tw_segment_retain(tw_segment *segment) { atomic_fetch_add(&segment->references, 1); }

void tw_segment_release(tw_segment *segment) {
    if (!segment || atomic_fetch_sub(&segment->references, 1) > 1) return;
    tw_durable_close(segment->file);
    tw_free(segment->mem, segment->marks, sizeof *segment->marks * (size_t)segment->marks_room);
    tw_free(segment->mem, segment, sizeof *segment);
}

static tw_status add_mark(tw_segment *segment, int64_t offset, int64_t place, tw_error *error) {
    tw_segment_extent *x = &segment->extent;
    if (!tw_grow(segment->mem, &segment->marks, x->nmarks, &segment->marks_room, 8, sizeof *segment->marks))
        return tw_fail(error, TW_E_NOMEM, "out of memory for the index of '%s'", tw_durable_path(segment->file));
    segment->marks[x->nmarks++] = (tw_segment_mark){offset, place, x->greatest};
    return TW_OK;
}

/* The batch that lies at `place`, behind all those noted so far. */
static tw_status note_at(tw_segment *segment, const tw_record_batch *batch, int64_t place, tw_error *error) {
    tw_segment_extent *x = &segment->extent;
    if (x->nmarks == 0 || place - segment->marks[x->nmarks - 1].place >= TW_SEGMENT_MARK_BYTES)
        TW_TRY(add_mark(segment, batch->base_offset, place, error));
    if (batch->nrecords > 0 && batch->max_timestamp > x->greatest) x->greatest = batch->max_timestamp;
    x->next_offset = batch->last_offset + 1;
    return TW_OK;
}

tw_status tw_segment_note(tw_segment *segment, const tw_record_batch *batch, tw_error *error) {
    TW_TRY(note_at(segment, batch, segment->extent.length, error));
    segment->extent.length += (int64_t)batch->bytes.length;
    return TW_OK;
}

tw_status tw_segment_index(tw_segment *segment, int64_t next_offset, tw_error *error) {
    tw_segment_scan scan;
    segment->extent = (tw_segment_extent){segment->extent.length, segment->base, INT64_MIN, 0};
    tw_segment_scan_begin(&scan, segment, 0, segment->base);
    for (;;) {
        int64_t place = scan.place;
        tw_status status = tw_segment_scan_next(&scan, error);
        if (status == TW_OK && place == 0) segment->born_ms = scan.batch.max_timestamp;
        if (status == TW_OK) status = note_at(segment, &scan.batch, place, error);
        if (status == TW_END) break;
        TW_TRY(status);
    }
    if (segment->extent.next_offset != next_offset)
        return tw_fail(error, TW_E_CORRUPT, "'%s' at byte %lld: it ends in front of offset %lld, but the log goes on at %lld",
                       tw_durable_path(segment->file), (long long)scan.place, (long long)segment->extent.next_offset, (long long)next_offset);
    atomic_store(&segment->indexed, true);
    return TW_OK;
}

tw_segment_mark tw_segment_find(const tw_segment *segment, int64_t offset) {
    int32_t low = 0, high = segment->extent.nmarks; /* marks below `low` are at or in front of the offset */
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (segment->marks[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? segment->marks[low - 1] : (tw_segment_mark){segment->base, 0, INT64_MIN};
}

tw_segment_mark tw_segment_find_time(const tw_segment *segment, int64_t ms) {
    int32_t low = 0, high = segment->extent.nmarks;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (segment->marks[middle].greatest < ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? segment->marks[low - 1] : (tw_segment_mark){segment->base, 0, INT64_MIN};
}

tw_status tw_segment_blame(const tw_segment *segment, int64_t place, tw_status status, tw_error *error) {
    char what[256];
    if (!error || status != TW_E_CORRUPT) return status;
    snprintf(what, sizeof what, "%.255s", error->message);
    return tw_fail(error, status, "'%s' at byte %lld: %s", tw_durable_path(segment->file), (long long)place, what);
}

void tw_segment_scan_begin(tw_segment_scan *scan, tw_segment *segment, int64_t place, int64_t offset) {
    scan->segment = segment;
    scan->place = scan->held_at = place;
    scan->offset = offset;
    scan->end = tw_durable_committed_end(segment->file);
    scan->nheld = 0;
}

static tw_status misplaced(const tw_segment_scan *scan, tw_error *error) {
    return tw_fail(error, TW_E_CORRUPT, "'%s' at byte %lld: a record batch says that its offset is %lld, but it follows %lld",
                   tw_durable_path(scan->segment->file), (long long)scan->place, (long long)scan->batch.base_offset, (long long)scan->offset - 1);
}

tw_status tw_segment_scan_next(tw_segment_scan *scan, tw_error *error) {
    if (scan->place >= scan->end) return TW_END;
    int64_t left = scan->end - scan->place;
    if (scan->place < scan->held_at || scan->place + TW_RECORD_BATCH_HEAD > scan->held_at + (int64_t)scan->nheld) {
        scan->held_at = scan->place;
        TW_TRY(tw_durable_read(scan->segment->file, scan->place, scan->held, sizeof scan->held, &scan->nheld, error));
    }
    tw_status status = left < TW_RECORD_BATCH_HEAD ? tw_fail(error, TW_E_CORRUPT, "a record batch is cut off")
                                                   : tw_record_batch_head(scan->held + (scan->place - scan->held_at), &scan->batch, error);
    if (status == TW_OK && (int64_t)scan->batch.bytes.length > left) status = tw_fail(error, TW_E_CORRUPT, "a record batch is cut off");
    if (status != TW_OK) return tw_segment_blame(scan->segment, scan->place, status, error);
    if (scan->batch.base_offset != scan->offset) return misplaced(scan, error);
    scan->place += (int64_t)scan->batch.bytes.length;
    scan->offset = scan->batch.last_offset + 1;
    return TW_OK;
}

tw_status tw_segment_scan_load(tw_segment_scan *scan, tw_buf *out, tw_record_batch *batch, tw_error *error) {
    size_t length = scan->batch.bytes.length, got;
    int64_t place = scan->place - (int64_t)length;
    tw_buf_clear(out);
    if (!tw_buf_reserve(out, length)) return tw_fail(error, TW_E_NOMEM, "out of memory for a record batch of %zu bytes", length);
    TW_TRY(tw_durable_read(scan->segment->file, place, out->data, length, &got, error));
    out->length = got;
    return tw_segment_blame(scan->segment, place, tw_record_batch_read((tw_str){out->data, got}, batch, error), error);
}
