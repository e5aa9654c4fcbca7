/* Compaction, by Kafka's rules: of the closed segments whose records are all older than min.compaction.lag.ms, the last record of each key stays. A tombstone
 * that is the last stays for delete.retention.ms more: the first compaction that meets it notes in its batch when that time is over. Offsets stay.
 *
 * Two passes: the keys of all those segments are mapped to their last offsets (a key is its SHA-256, cut to 128 bits, so that a key costs 24 bytes and
 * nobody can make two that are one); then each segment is written again, aside, synced, and renamed over the old one. A crash leaves either.
 * Batches that lose all their records leave an empty one, 61 bytes for a run of them, so that offsets have no gap (store/segment.h). */
#include <openssl/sha.h>
#include <stdio.h>

#include "store/log_internal.h"

typedef struct key_place {
    uint64_t key[2];
    int64_t offset; /* of its last record; -1: free */
} key_place;

typedef struct compaction {
    tw_log *log;
    int64_t now_ms;
    key_place *places;
    size_t room, used; /* a power of 2 */
    tw_segment_scan scan;
    tw_buf out, scratch;
    /* of the segment that is being written */
    tw_durable *aside;
    int64_t gap_from, gap_to; /* offsets of batches that went and are not written yet: [from, to) */
    int64_t due_ms;           /* when the first of the tombstones that stay may go */
} compaction;

/* ---- the keys ---- */

static key_place *find(compaction *c, tw_str key) {
    unsigned char hash[SHA256_DIGEST_LENGTH];
    uint64_t k[2];
    SHA256((const unsigned char *)key.data, key.length, hash);
    memcpy(k, hash, sizeof k);
    for (size_t i = k[0] & (c->room - 1);; i = (i + 1) & (c->room - 1)) {
        key_place *p = &c->places[i];
        if (p->offset < 0) memcpy(p->key, k, sizeof k);
        if (p->key[0] == k[0] && p->key[1] == k[1]) return p;
    }
}

static tw_status grow(compaction *c, tw_error *error) {
    size_t room = c->room ? c->room * 2 : 1024;
    key_place *places = tw_malloc(c->log->mem, sizeof *places * room);
    if (!places) return tw_fail(error, TW_E_NOMEM, "out of memory for the %zu keys of '%s', to compact it", c->used, c->log->folder);
    for (size_t i = 0; i < room; i++) places[i].offset = -1;
    for (size_t i = 0; i < c->room; i++) {
        if (c->places[i].offset < 0) continue;
        size_t at = c->places[i].key[0] & (room - 1);
        while (places[at].offset >= 0) at = (at + 1) & (room - 1);
        places[at] = c->places[i];
    }
    tw_free(c->log->mem, c->places, sizeof *places * c->room);
    c->places = places;
    c->room = room;
    return TW_OK;
}

static tw_status note_key(compaction *c, const tw_record *record, tw_error *error) {
    if (record->key_null) return TW_OK;
    if (c->used >= c->room / 4 * 3) TW_TRY(grow(c, error));
    key_place *place = find(c, record->key);
    c->used += place->offset < 0;
    place->offset = record->offset;
    return TW_OK;
}

/* The next batch, read and checked, and its reader begun. */
static tw_status next_batch(compaction *c, tw_record_batch *batch, tw_error *error) {
    TW_TRY(tw_segment_scan_next(&c->scan, error));
    TW_TRY(tw_segment_scan_load(&c->scan, &c->log->bytes, batch, error));
    return tw_record_reader_begin(&c->log->reader, batch, TW_LOG_BATCH_LIMIT, error);
}

static tw_status note_keys(compaction *c, tw_segment *segment, tw_error *error) {
    tw_record_batch batch;
    tw_record record;
    tw_status status;
    tw_segment_scan_begin(&c->scan, segment, 0, segment->base);
    while ((status = next_batch(c, &batch, error)) == TW_OK) {
        if (tw_record_batch_control(&batch)) continue;
        while ((status = tw_record_reader_next(&c->log->reader, &record, error)) == TW_OK) TW_TRY(note_key(c, &record, error));
        if (status != TW_END) break;
    }
    return status == TW_END ? TW_OK : status;
}

/* ---- writing a segment again ---- */

static bool stays(compaction *c, const tw_record_batch *batch, const tw_record *record) {
    if (record->key_null || find(c, record->key)->offset != record->offset) return false;
    return !record->value_null || !tw_record_batch_horizon(batch) || c->now_ms < batch->base_timestamp;
}

/* What went in front of the next batch. */
static tw_status write_gap(compaction *c, tw_error *error) {
    while (c->gap_from < c->gap_to) {
        int64_t n = c->gap_to - c->gap_from;
        if (n > INT32_MAX) n = INT32_MAX;
        char head[TW_RECORD_BATCH_HEAD];
        tw_record_batch_empty(head, c->gap_from, (int32_t)(n - 1));
        TW_TRY(tw_durable_append(c->aside, head, sizeof head, error));
        c->gap_from += n;
    }
    return TW_OK;
}

static tw_status write_batch(compaction *c, tw_str bytes, const tw_record_batch *batch, tw_error *error) {
    TW_TRY(write_gap(c, error));
    TW_TRY(tw_durable_append(c->aside, bytes.data, bytes.length, error));
    c->gap_from = c->gap_to = batch->last_offset + 1;
    return TW_OK;
}

/* How many of a batch's records stay; *tombstones: has it any that do? */
static tw_status count_staying(compaction *c, const tw_record_batch *batch, int32_t *count, bool *tombstones, tw_error *error) {
    tw_record record;
    tw_status status;
    *count = 0;
    *tombstones = false;
    while ((status = tw_record_reader_next(&c->log->reader, &record, error)) == TW_OK) {
        if (!stays(c, batch, &record)) continue;
        ++*count;
        *tombstones |= record.value_null;
    }
    return status == TW_END ? TW_OK : status;
}

static tw_status write_staying(compaction *c, const tw_record_batch *batch, int64_t horizon, tw_error *error) {
    tw_record_writer writer;
    tw_record record;
    tw_buf_clear(&c->out);
    TW_TRY(tw_record_reader_begin(&c->log->reader, batch, TW_LOG_BATCH_LIMIT, error));
    tw_record_writer_begin(&writer, &c->out, tw_record_batch_compression(batch));
    writer.base_given = horizon >= 0;
    writer.base_timestamp = horizon >= 0 ? horizon : 0;
    while (tw_record_reader_next(&c->log->reader, &record, error) == TW_OK)
        if (stays(c, batch, &record)) tw_record_writer_add_at(&writer, &record, (int32_t)(record.offset - batch->base_offset));
    TW_TRY(tw_record_writer_finish(&writer, &c->scratch, error));
    tw_record_batch_stand_in(c->out.data, batch, horizon);
    return write_batch(c, (tw_str){c->out.data, c->out.length}, batch, error);
}

/* What becomes of a batch. */
typedef struct fate {
    int32_t count;   /* records that stay */
    int64_t horizon; /* -1: no tombstone does */
    bool as_it_is;
} fate;

static tw_status judge(compaction *c, const tw_record_batch *batch, fate *out, tw_error *error) {
    bool tombstones, noted = tw_record_batch_horizon(batch);
    *out = (fate){batch->nrecords, -1, true};
    if (tw_record_batch_control(batch)) return TW_OK;
    TW_TRY(count_staying(c, batch, &out->count, &tombstones, error));
    if (tombstones) out->horizon = noted ? batch->base_timestamp : c->now_ms + c->log->config.delete_retention_ms;
    if (tombstones && out->horizon < c->due_ms) c->due_ms = out->horizon;
    out->as_it_is = out->count == batch->nrecords && tombstones == noted;
    return TW_OK;
}

/* Is there anything to do in a segment? Two empty batches in a row are, too: they become one. */
static tw_status is_needed(compaction *c, tw_segment *segment, bool *needed, tw_error *error) {
    tw_record_batch batch;
    tw_status status;
    fate becomes;
    bool empty = false;
    *needed = false;
    tw_segment_scan_begin(&c->scan, segment, 0, segment->base);
    while ((status = next_batch(c, &batch, error)) == TW_OK) {
        TW_TRY(judge(c, &batch, &becomes, error));
        *needed |= !becomes.as_it_is || (empty && batch.nrecords == 0);
        empty = batch.nrecords == 0;
    }
    return status == TW_END ? TW_OK : status;
}

static tw_status rewrite_batch(compaction *c, const tw_record_batch *batch, tw_error *error) {
    fate becomes;
    TW_TRY(judge(c, batch, &becomes, error));
    if (becomes.count > 0) return becomes.as_it_is ? write_batch(c, batch->bytes, batch, error) : write_staying(c, batch, becomes.horizon, error);
    c->gap_to = batch->last_offset + 1;
    return TW_OK;
}

/* Writes the aside file of a segment, and syncs it. */
static tw_status rewrite(compaction *c, tw_segment *segment, tw_error *error) {
    tw_record_batch batch;
    tw_status status = TW_OK;
    c->gap_from = c->gap_to = segment->base;
    tw_segment_scan_begin(&c->scan, segment, 0, segment->base);
    while (status == TW_OK && (status = next_batch(c, &batch, error)) == TW_OK) status = rewrite_batch(c, &batch, error);
    if (status == TW_END) status = write_gap(c, error);
    return status == TW_OK ? tw_durable_sync(c->aside, error) : status;
}

/* The renamed file takes the segment's place. Readers that are in the old one keep it. */
static tw_status replace(compaction *c, int32_t i, int64_t length, tw_error *error) {
    tw_log *log = c->log;
    tw_segment *old = log->segments[i], *segment;
    TW_TRY(tw_segment_open(log->mem, log->folder, old->base, length, &segment, error));
    tw_status status = tw_segment_index(segment, log->segments[i + 1]->base, error);
    if (status != TW_OK) {
        tw_segment_release(segment);
        return status;
    }
    pthread_rwlock_wrlock(&log->lock);
    log->segments[i] = segment;
    pthread_rwlock_unlock(&log->lock);
    tw_segment_release(old);
    return TW_OK;
}

static tw_status compact_segment(compaction *c, int32_t i, tw_error *error) {
    tw_segment *segment = c->log->segments[i];
    char aside[TW_SEGMENT_PATH + 16];
    bool needed;
    TW_TRY(is_needed(c, segment, &needed, error));
    if (!needed) return TW_OK;
    snprintf(aside, sizeof aside, "%s.compact", tw_durable_path(segment->file));
    TW_TRY(tw_durable_open(c->log->mem, aside, 0, &c->aside, error));
    tw_status status = rewrite(c, segment, error);
    int64_t length = tw_durable_end(c->aside);
    tw_durable_close(c->aside);
    if (status == TW_OK) status = tw_file_rename(aside, tw_durable_path(segment->file), error);
    if (status != TW_OK) {
        tw_file_remove(aside, NULL);
        return status;
    }
    TW_TRY(tw_dir_sync(c->log->folder, error));
    return replace(c, i, length, error);
}

/* How many segments, from the oldest, are closed and old enough. */
static tw_status count_old(tw_log *log, int64_t now_ms, int32_t *n, tw_error *error) {
    for (*n = 0; *n + 1 < log->count; ++*n) {
        tw_segment *segment = log->segments[*n];
        TW_TRY(tw_log_index(log, segment, log->segments[*n + 1]->base, error));
        if (log->config.min_compaction_lag_ms > 0 && segment->extent.greatest > now_ms - log->config.min_compaction_lag_ms) break;
    }
    return TW_OK;
}

tw_status tw_log_compact(tw_log *log, int64_t now_ms, tw_error *error) {
    int32_t n;
    TW_TRY(count_old(log, now_ms, &n, error));
    if (n == 0) return TW_OK;
    int64_t to = log->segments[n]->base;
    if (to <= log->clean_to && now_ms < log->tombstones_due_ms) return TW_OK;
    compaction c = {.log = log, .now_ms = now_ms, .due_ms = INT64_MAX};
    tw_buf_init(&c.out, log->mem, 0);
    tw_buf_init(&c.scratch, log->mem, 0);
    tw_status status = grow(&c, error);
    for (int32_t i = 0; i < n && status == TW_OK; i++) status = note_keys(&c, log->segments[i], error);
    for (int32_t i = 0; i < n && status == TW_OK; i++) status = compact_segment(&c, i, error);
    if (status == TW_OK) {
        log->clean_to = to;
        log->tombstones_due_ms = c.due_ms;
    }
    tw_free(log->mem, c.places, sizeof *c.places * c.room);
    tw_buf_free(&c.out);
    tw_buf_free(&c.scratch);
    return status;
}
