/* Reads the records of one file. Bytes are read in chunks; the decoder takes whole records, what is left of the last one moves to
 * the front before the next chunk. A record longer than source.max-record-size is one bad record, and the rest of its line is skipped.
 *
 * A reader can also serve as the cutter of others that decode its file together (connector.h): it reads the bytes and finds where records end,
 * they get whole lines to decode and end with them.
 *
 * The position is three varints: decompressed offset, line number, and how many rows behind that offset are done (only replaying
 * stops inside of what was decoded at once). */
#include "connector/filesystem/filesystem.h"
#include "data/builder.h"

#define CHUNK         (1 << 18)
#define REPLAY_ROWS   256     /* decoded ahead when replaying */
#define INPUT_WAIT_NS 1000000 /* between looks at standard input */

typedef struct reader {
    tw_mem *mem;
    tw_mem *buffer_mem; /* the cutter's for what was cut */
    tw_fs_source *source;
    tw_split_id split; /* its name lives as long as the source */
    tw_stream *stream;
    tw_decoder *decoder;
    tw_arena arena; /* decoder's row type, metadata columns */
    char *buffer;
    size_t capacity;       /* without TW_DECODE_PAD */
    size_t start, end;     /* bytes not decoded yet */
    uint64_t offset, line; /* of buffer[start] */
    bool ended;            /* the stream has no more */
    bool skipping;         /* inside a record that is too long */
    bool oversized;        /* what was cut is the beginning of such a record */
    tw_batch batch;        /* handed out: wanted columns, then metadata */
    int32_t nwanted;
    int32_t *place; /* decoder column of each wanted one */
    int64_t arrival_ns;
    /* replaying: what was decoded and is handed out row by row */
    int32_t time_column;               /* of the decoder; -1: not replaying */
    int32_t ready, done;               /* rows decoded, rows handed out */
    uint64_t ready_offset, ready_line; /* in front of the first of them */
    bool looked;                       /* the replay's clock knows of the first row */
    uint64_t drop;                     /* rows to drop after opening at a position */
    tw_arena slice;
    tw_decode io;
} reader;

/* ---- open ---- */

/* The decoder's row: what is wanted and, when replaying, the time column. */
static const tw_type *decoder_row(reader *r) {
    const tw_type *schema = r->source->scan->table.schema, *wanted = r->source->scan->wanted;
    tw_field *fields = TW_NEW_ARRAY(&r->arena, tw_field, schema->nfields + 1);
    r->place = TW_NEW_ARRAY(&r->arena, int32_t, wanted->nfields + 1);
    if (!fields || !r->place) return NULL;
    int n = 0;
    for (int i = 0; i < schema->nfields; i++) {
        int at = tw_type_field(wanted, schema->fields[i].name);
        bool time = r->source->replay_speed > 0 && tw_str_equal(schema->fields[i].name, r->source->replay_column);
        if (time) r->time_column = n;
        if (at >= 0) r->place[at] = n;
        if (at >= 0)
            fields[n++] = wanted->fields[at];
        else if (time)
            fields[n++] = schema->fields[i];
    }
    return tw_type_row(&r->arena, fields, n);
}

static const char *base_name(tw_str path) {
    const char *slash = memrchr(path.data, '/', path.length);
    return slash ? slash + 1 : path.data;
}

static tw_status metadata_column(reader *r, tw_str key, const tw_file_info *info, tw_column *out, tw_error *error) {
    const tw_connector *c = &tw_connector_filesystem;
    int which = 0;
    while (which < c->nmetadata && !tw_str_equal(key, tw_str_of(c->metadata[which].key))) which++;
    if (which == c->nmetadata) return tw_fail(error, TW_E_UNDEFINED_COLUMN, "filesystem has no metadata '%.*s'", TW_STR_ARG(key));
    tw_str path = r->split.name;
    tw_value value = tw_value_of_int(c->metadata[which].type, which == TW_FS_SIZE ? info->size : info->modified_ms);
    if (which == TW_FS_PATH) value = tw_value_of_str(c->metadata[which].type, path);
    if (which == TW_FS_NAME) value = tw_value_of_str(c->metadata[which].type, tw_str_of(base_name(path)));
    return tw_value_to_column(&r->arena, &value, out) == TW_OK ? TW_OK : tw_fail(error, TW_E_NOMEM, "out of memory");
}

static tw_status prepare(reader *r, tw_error *error) {
    const tw_plan_scan *scan = r->source->scan;
    const tw_type *row = decoder_row(r);
    tw_file_info info = {0};
    if (!row) return tw_fail(error, TW_E_NOMEM, "out of memory");
    if (r->source->input) {
        TW_TRY(tw_stream_stdin(r->mem, &r->stream, error));
    } else {
        TW_TRY(tw_file_stat(r->split.name.data, &info, error));
        TW_TRY(tw_stream_open(r->mem, r->split.name.data, &r->stream, error));
    }
    TW_TRY(r->source->format->decoder_open(r->mem, scan->table.schema, row, scan->table.options, scan->table.noptions, r->source->zone, &r->decoder,
                                           error));
    r->nwanted = scan->wanted->nfields;
    r->batch.ncolumns = r->nwanted + scan->nmetadata;
    r->batch.columns = TW_NEW_ARRAY(&r->arena, tw_column, r->batch.ncolumns + 1);
    r->capacity = CHUNK;
    r->buffer = tw_malloc(r->mem, CHUNK + TW_DECODE_PAD);
    if (!r->batch.columns || !r->buffer) return tw_fail(error, TW_E_NOMEM, "out of memory");
    for (int i = 0; i < scan->nmetadata; i++) TW_TRY(metadata_column(r, scan->metadata[i], &info, &r->batch.columns[r->nwanted + i], error));
    return TW_OK;
}

static tw_status go_to(reader *r, tw_str position, tw_error *error) {
    r->line = 1;
    if (position.length == 0) return TW_OK;
    tw_reader in = {position.data, position.data + position.length, false};
    r->offset = tw_read_varint(&in);
    r->line = tw_read_varint(&in);
    r->drop = tw_read_varint(&in);
    if (in.failed) return tw_fail(error, TW_E_CORRUPT, "the position in \"%s\" is damaged", r->split.name.data);
    return tw_stream_seek(r->stream, r->offset, error);
}

tw_status tw_fs_reader_open(tw_source *source, const tw_split_id *split, tw_mem *mem, tw_str position, tw_split_reader **out, tw_error *error) {
    reader *r = tw_calloc(mem, sizeof *r);
    if (!r) return tw_fail(error, TW_E_NOMEM, "out of memory");
    r->mem = r->buffer_mem = mem;
    r->source = (tw_fs_source *)source;
    r->split = *split;
    r->time_column = -1;
    tw_arena_init(&r->arena, mem, 1024);
    tw_arena_init(&r->slice, mem, 1024);
    tw_status status = prepare(r, error);
    if (status == TW_OK) status = go_to(r, position, error);
    if (status != TW_OK) {
        tw_fs_reader_close((tw_split_reader *)r);
        return status;
    }
    *out = (tw_split_reader *)r;
    return TW_OK;
}

void tw_fs_reader_close(tw_split_reader *opaque) {
    reader *r = (reader *)opaque;
    if (r->decoder) r->source->format->decoder_close(r->decoder);
    if (r->stream) tw_stream_close(r->stream);
    if (r->buffer) tw_free(r->buffer_mem, r->buffer, r->capacity + TW_DECODE_PAD);
    tw_arena_free(&r->slice);
    tw_arena_free(&r->arena);
    tw_free(r->mem, r, sizeof *r);
}

double tw_fs_reader_progress(tw_split_reader *opaque) { return tw_stream_progress(((reader *)opaque)->stream); }

void tw_fs_reader_position(tw_split_reader *opaque, tw_buf *out) {
    reader *r = (reader *)opaque;
    bool inside = r->done < r->ready;
    tw_buf_varint(out, inside ? r->ready_offset : r->offset);
    tw_buf_varint(out, inside ? r->ready_line : r->line);
    tw_buf_varint(out, inside ? (uint64_t)r->done : r->drop);
}

/* ---- bytes ---- */

static tw_status grow(reader *r, tw_error *error) {
    size_t more = r->capacity * 2;
    char *buffer = tw_realloc(r->buffer_mem, r->buffer, r->capacity + TW_DECODE_PAD, more + TW_DECODE_PAD);
    if (!buffer) return tw_fail(error, TW_E_NOMEM, "out of memory for a record of more than %zu bytes", r->capacity);
    r->buffer = buffer;
    r->capacity = more;
    return TW_OK;
}

static tw_status fill(reader *r, tw_error *error) {
    size_t got;
    if (r->start > 0) {
        memmove(r->buffer, r->buffer + r->start, r->end - r->start);
        r->end -= r->start;
        r->start = 0;
    }
    if (r->end == r->capacity) TW_TRY(grow(r, error));
    TW_TRY(tw_stream_read(r->stream, r->buffer + r->end, r->capacity - r->end, &got, error));
    r->end += got;
    r->ended = got == 0;
    memset(r->buffer + r->end, 0, TW_DECODE_PAD);
    return TW_OK;
}

/* The rest of a line that is too long. */
static void skip_line(reader *r) {
    const char *p = r->buffer + r->start;
    const char *end = memchr(p, '\n', r->end - r->start);
    size_t n = end ? (size_t)(end - p) + 1 : r->end - r->start;
    r->start += n;
    r->offset += n;
    r->line += end != NULL;
    r->skipping = !end;
}

static void too_long(reader *r, tw_bad_record_sink bad, void *context) {
    tw_bad_record *record = &r->io.bad[0];
    record->offset = r->offset;
    record->line = r->line;
    record->bytes = (tw_str){r->buffer + r->start, r->end - r->start > 65536 ? 65536 : r->end - r->start};
    snprintf(record->error, sizeof record->error, "the record is longer than %lld bytes", (long long)r->source->line_limit);
    if (bad) bad(context, &r->split, record);
    skip_line(r);
}

static tw_status decode(reader *r, int32_t max_rows, bool last, tw_bad_record_sink bad, void *context, tw_error *error) {
    tw_decode *io = &r->io;
    io->bytes = r->buffer + r->start;
    io->length = r->end - r->start;
    io->last = last;
    io->max_rows = max_rows;
    io->offset = r->offset;
    io->line = r->line;
    tw_status status = r->source->format->decode(r->decoder, io);
    if (status != TW_OK) return tw_fail(error, status, "out of memory while decoding \"%s\"", r->split.name.data);
    for (int32_t i = 0; i < io->nbad; i++)
        if (bad) bad(context, &r->split, &io->bad[i]);
    r->start += io->consumed;
    r->offset += io->consumed;
    r->line += io->lines;
    return TW_OK;
}

/* Decodes until there is at least one row: TW_OK; TW_END; TW_BLOCKED on standard input. */
static tw_status more_rows(reader *r, int32_t max_rows, tw_bad_record_sink bad, void *context, tw_error *error) {
    for (;;) {
        if (r->oversized) {
            too_long(r, bad, context);
            r->oversized = r->skipping = false;
        }
        if (r->skipping && r->start < r->end) skip_line(r);
        if (r->start < r->end) {
            TW_TRY(decode(r, max_rows, r->ended, bad, context, error));
            if (r->io.batch.rows) return TW_OK;
            if (r->io.consumed) continue;
            if ((int64_t)(r->end - r->start) > r->source->line_limit) {
                too_long(r, bad, context);
                continue;
            }
        }
        if (r->ended) return TW_END;
        TW_TRY(fill(r, error));
        r->arrival_ns = tw_mono_ns(r->source->os);
    }
}

/* ---- cutting ---- */

/* Bytes of at most max_rows whole lines; 0: not one line has its end here. */
static size_t whole_lines(const reader *r, int32_t max_rows, uint64_t *lines) {
    const char *begin = r->buffer + r->start, *end = r->buffer + r->end, *at = begin;
    for (*lines = 0; *lines < (uint64_t)max_rows; ++*lines) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end) break;
        at = line_end + 1;
    }
    return (size_t)(at - begin);
}

/* Room for what is cut, of the cutter's memory. */
static tw_status own_buffer(reader *cutter, reader *r, size_t size, tw_error *error) {
    if (r->buffer_mem == cutter->buffer_mem && r->capacity >= size) return TW_OK;
    size_t capacity = size > CHUNK ? size : CHUNK;
    char *buffer = tw_malloc(cutter->buffer_mem, capacity + TW_DECODE_PAD);
    if (!buffer) return tw_fail(error, TW_E_NOMEM, "out of memory for %zu bytes of \"%s\"", size, cutter->split.name.data);
    tw_free(r->buffer_mem, r->buffer, r->capacity + TW_DECODE_PAD);
    r->buffer = buffer;
    r->buffer_mem = cutter->buffer_mem;
    r->capacity = capacity;
    return TW_OK;
}

/* Hands over the first `size` bytes: by copy, or by exchange of the buffers where the rest is smaller. */
static tw_status hand_over(reader *cutter, reader *r, size_t size, tw_error *error) {
    size_t rest = cutter->end - cutter->start - size;
    TW_TRY(own_buffer(cutter, r, size < rest ? size : rest, error));
    if (size <= rest) {
        memcpy(r->buffer, cutter->buffer + cutter->start, size);
        r->start = 0;
        r->end = size;
        cutter->start += size;
    } else {
        memcpy(r->buffer, cutter->buffer + cutter->start + size, rest);
        char *buffer = r->buffer;
        size_t capacity = r->capacity;
        r->buffer = cutter->buffer;
        r->capacity = cutter->capacity;
        r->start = cutter->start;
        r->end = cutter->start + size;
        cutter->buffer = buffer;
        cutter->capacity = capacity;
        cutter->start = 0;
        cutter->end = rest;
    }
    memset(r->buffer + r->end, 0, TW_DECODE_PAD);
    return TW_OK;
}

/* Finds the next whole lines; *oversized: the beginning of a line that is longer than allowed. TW_END at the end of the file. */
static tw_status find_lines(reader *cutter, int32_t max_rows, size_t *size, uint64_t *lines, bool *oversized, tw_error *error) {
    for (;;) {
        if (cutter->skipping && cutter->start < cutter->end) skip_line(cutter);
        size_t length = cutter->end - cutter->start;
        *oversized = false;
        *size = cutter->skipping ? 0 : whole_lines(cutter, max_rows, lines);
        if (*size) return TW_OK;
        if (cutter->ended) {
            *size = length;
            *lines = 0;
            return length ? TW_OK : TW_END;
        }
        if ((int64_t)length > cutter->source->line_limit) {
            *size = length;
            *oversized = true;
            return TW_OK;
        }
        TW_TRY(fill(cutter, error));
    }
}

tw_status tw_fs_reader_cut(tw_split_reader *opaque, tw_split_reader *to, int32_t max_rows, tw_error *error) {
    reader *cutter = (reader *)opaque, *r = (reader *)to;
    size_t size;
    uint64_t lines = 0;
    TW_TRY(find_lines(cutter, max_rows, &size, &lines, &r->oversized, error));
    r->offset = cutter->offset;
    r->line = cutter->line;
    r->arrival_ns = tw_mono_ns(cutter->source->os);
    r->ended = true;
    TW_TRY(hand_over(cutter, r, size, error));
    cutter->offset += size;
    cutter->line += lines;
    cutter->skipping = r->oversized;
    return TW_OK;
}

bool tw_fs_reader_drained(tw_split_reader *opaque) {
    const reader *r = (const reader *)opaque;
    return r->start == r->end && !r->oversized;
}

/* Records are lines, nothing is paced, and the file has an end. */
bool tw_fs_source_cuttable(tw_source *opaque) {
    const tw_fs_source *s = (const tw_fs_source *)opaque;
    return s->format->record_is_line && s->replay_speed <= 0 && !s->input && s->monitor_ms == 0;
}

/* ---- rows ---- */

static void hand_out(reader *r, const tw_batch *from, int32_t rows) {
    for (int32_t i = 0; i < r->nwanted; i++) r->batch.columns[i] = from->columns[r->place[i]];
    r->batch.rows = rows;
    r->batch.arrival_ns = &r->arrival_ns;
    r->batch.source_pos = from->source_pos;
}

static int64_t event_time(const reader *r, int32_t row) {
    const tw_column *c = &r->io.batch.columns[r->time_column];
    if (tw_column_null(c, row)) return TW_REPLAY_NO_TIME;
    return c->phys == TW_PHYS_TS ? ((const tw_ts *)c->values)[row].ms : ((const int64_t *)c->values)[row];
}

/* Rows [done, to) of what is ready, copied into the slice arena (strings stay borrowed). */
static tw_status slice(reader *r, int32_t to, tw_error *error) {
    uint16_t index[REPLAY_ROWS];
    tw_batch part = r->io.batch;
    tw_selection rows = {index, to - r->done};
    for (int32_t i = r->done; i < to; i++) index[i - r->done] = (uint16_t)i;
    tw_arena_reset(&r->slice);
    part.columns = TW_NEW_ARRAY(&r->slice, tw_column, part.ncolumns + 1);
    if (!part.columns) return tw_fail(error, TW_E_NOMEM, "out of memory");
    for (int32_t i = 0; i < part.ncolumns; i++) TW_TRY(tw_column_gather(&r->slice, &r->io.batch.columns[i], rows, false, &part.columns[i]));
    if (part.source_pos) part.source_pos += r->done;
    hand_out(r, &part, rows.count);
    r->done = to;
    return TW_OK;
}

/* A file without rows is not waited for. */
static tw_status leave_replay(reader *r, tw_status status) {
    if (status != TW_BLOCKED && !r->looked) tw_replay_saw(r->source->replay, TW_REPLAY_NO_TIME, tw_mono_ns(r->source->os));
    r->looked |= status != TW_BLOCKED;
    return status;
}

static tw_status poll_replay(reader *r, int32_t max_rows, tw_bad_record_sink bad, void *context, int64_t *wait_ns, tw_error *error) {
    if (r->done == r->ready) {
        r->ready = r->done = 0;
        /* what lies in front of the next decoded row, bad records and blank lines included */
        r->ready_offset = r->offset;
        r->ready_line = r->line;
        tw_status status = more_rows(r, REPLAY_ROWS, bad, context, error);
        if (status != TW_OK) return leave_replay(r, status);
        r->ready = r->io.batch.rows;
        r->done = r->drop < (uint64_t)r->ready ? (int32_t)r->drop : r->ready;
        r->drop = 0;
    }
    int64_t now = tw_mono_ns(r->source->os);
    if (!r->looked) {
        r->looked = true;
        tw_replay_saw(r->source->replay, event_time(r, r->done < r->ready ? r->done : 0), now);
    }
    int32_t to = r->done, limit = r->ready - r->done > max_rows ? r->done + max_rows : r->ready;
    int64_t due = now;
    while (to < limit && (due = tw_replay_due_ns(r->source->replay, r->source->replay_speed, event_time(r, to), now)) <= now) {
        if (to == r->done) r->arrival_ns = due; /* a row arrives when it is due */
        to++;
    }
    if (to > r->done) return slice(r, to, error);
    *wait_ns = due;
    return r->done == r->ready ? TW_MORE : TW_BLOCKED;
}

tw_status tw_fs_reader_poll(tw_split_reader *opaque, int32_t max_rows, tw_batch **batch, int64_t *wait_ns, tw_bad_record_sink bad, void *bad_context,
                            tw_error *error) {
    reader *r = (reader *)opaque;
    *batch = &r->batch;
    *wait_ns = 0;
    if (r->time_column < 0) {
        tw_status got = more_rows(r, max_rows, bad, bad_context, error);
        if (got == TW_BLOCKED) *wait_ns = tw_mono_ns(r->source->os) + INPUT_WAIT_NS;
        if (got != TW_OK) return got;
        hand_out(r, &r->io.batch, r->io.batch.rows);
        return TW_OK;
    }
    tw_status status;
    do status = poll_replay(r, max_rows, bad, bad_context, wait_ns, error);
    while (status == TW_MORE);
    return status;
}
