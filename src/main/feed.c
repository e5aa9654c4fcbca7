#include "main/feed.h"

/* --- what was fed --- */

void tw_feed_free(tw_feed *f) {
    for (tw_feed_table *t = f->tables, *next; t; t = next) {
        next = t->next;
        for (int i = 0; i < TW_FEED_PARTITIONS; i++) {
            tw_feed_partition *p = &t->partitions[i];
            tw_buf_free(&p->bytes);
            tw_free(f->mem, p->marks, sizeof *p->marks * (size_t)p->marks_capacity);
        }
        tw_free(f->mem, t, sizeof *t);
    }
    f->tables = NULL;
}

tw_feed_table *tw_feed_table_of(tw_feed *f, tw_str name) {
    tw_feed_table *t = f->tables;
    while (t && !tw_str_equal(tw_str_of(t->name), name)) t = t->next;
    if (t || name.length >= sizeof t->name) return t;
    t = tw_calloc(f->mem, sizeof *t);
    if (!t) return NULL;
    memcpy(t->name, name.data, name.length);
    for (int i = 0; i < TW_FEED_PARTITIONS; i++) tw_buf_init(&t->partitions[i].bytes, f->mem, 0);
    t->next = f->tables;
    return f->tables = t;
}

tw_status tw_feed_line(tw_feed *f, tw_feed_table *table, int32_t partition, tw_str line) {
    (void)f;
    tw_buf *bytes = &table->partitions[partition].bytes;
    tw_buf_str(bytes, line);
    tw_buf_byte(bytes, '\n');
    char *pad = tw_buf_reserve(bytes, TW_DECODE_PAD);
    if (!pad || bytes->failed) return TW_E_NOMEM;
    memset(pad, 0, TW_DECODE_PAD);
    return TW_OK;
}

tw_status tw_feed_watermark(tw_feed *f, tw_feed_table *table, int32_t partition, int64_t ms) {
    tw_feed_partition *p = &table->partitions[partition];
    if (!tw_grow(f->mem, &p->marks, p->nmarks, &p->marks_capacity, 8, sizeof *p->marks)) return TW_E_NOMEM;
    p->marks[p->nmarks++] = (tw_feed_mark){p->bytes.length, ms};
    return TW_OK;
}

void tw_feed_end(tw_feed_table *table) {
    for (int i = 0; i < TW_FEED_PARTITIONS; i++) table->partitions[i].ended = true;
}

/* --- the source --- */

typedef struct source {
    tw_mem *mem;
    const tw_plan_scan *scan;
    const tw_format *format;
    const tw_zone *zone;
    tw_feed_table *table;
    tw_split_id splits[TW_FEED_PARTITIONS];
    char names[TW_FEED_PARTITIONS][16];
    int nsplits;
} source;

typedef struct reader {
    source *source;
    tw_split_id split; /* its name is the source's */
    tw_feed_partition *partition;
    tw_decoder *decoder;
    tw_decode io;
    size_t offset;
    uint64_t line;
    int32_t marks; /* passed so far */
    tw_batch mark; /* a batch without rows that says a watermark */
} reader;

static const tw_option_info OPTIONS[] = {
    {"partitions", TW_OPTION_INTEGER, "1", false, "1..16", "number of partitions"},
    {"bounded", TW_OPTION_BOOLEAN, "false", false, NULL, "the table ends when the test says so"},
};

static bool bounded(const tw_option *options, int n) { return tw_option_flag(options, n, "bounded", false); }

static tw_status open_source(const tw_source_context *context, tw_source **out, tw_error *error) {
    const tw_table_ref *table = &context->scan->table;
    tw_feed *feed = (tw_feed *)tw_registry_connector(context->registry, table->connector);
    source *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    *s = (source){.mem = context->mem,
                  .scan = context->scan,
                  .zone = context->session->zone,
                  .table = tw_feed_table_of(feed, table->name),
                  .format = tw_registry_format(context->registry, table->format),
                  .nsplits = (int)tw_option_int(table->options, table->noptions, "partitions", 1)};
    for (int i = 0; i < s->nsplits; i++) {
        int length = snprintf(s->names[i], sizeof s->names[i], "partition %d", i);
        s->splits[i] = (tw_split_id){{s->names[i], (size_t)length}, i};
    }
    *out = (tw_source *)s;
    return s->table ? TW_OK : tw_fail(error, TW_E_NOMEM, "out of memory");
}

static void close_source(tw_source *opaque) {
    source *s = (source *)opaque;
    tw_free(s->mem, s, sizeof *s);
}

static tw_status splits(tw_source *opaque, const tw_split_id **out, int *n, bool *complete, tw_error *error) {
    source *s = (source *)opaque;
    (void)error;
    *out = s->splits;
    *n = s->nsplits;
    *complete = true;
    return TW_OK;
}

static void close_reader(tw_split_reader *opaque) {
    reader *r = (reader *)opaque;
    if (r->decoder) r->source->format->decoder_close(r->decoder);
    tw_free(r->source->mem, r, sizeof *r);
}

static tw_status open_reader(tw_source *opaque, const tw_split_id *split, tw_mem *mem, tw_str position, tw_split_reader **out, tw_error *error) {
    source *s = (source *)opaque;
    reader *r = tw_calloc(s->mem, sizeof *r);
    if (!r) return tw_fail(error, TW_E_NOMEM, "out of memory");
    *r = (reader){.source = s, .split = *split, .partition = &s->table->partitions[split->number], .line = 1};
    if (position.length) {
        tw_reader in = {position.data, position.data + position.length, false};
        r->offset = tw_read_varint(&in);
        r->line = tw_read_varint(&in);
        r->marks = (int32_t)tw_read_varint(&in);
    }
    const tw_table_ref *table = &s->scan->table;
    tw_status status = s->format->decoder_open(mem, table->schema, s->scan->wanted, table->options, table->noptions, s->zone, &r->decoder, error);
    if (status != TW_OK) {
        close_reader((tw_split_reader *)r);
        return status;
    }
    *out = (tw_split_reader *)r;
    return TW_OK;
}

static void position(tw_split_reader *opaque, tw_buf *out) {
    reader *r = (reader *)opaque;
    tw_buf_varint(out, r->offset);
    tw_buf_varint(out, r->line);
    tw_buf_varint(out, (uint64_t)r->marks);
}

static tw_status decode(reader *r, size_t until, int32_t max_rows, tw_bad_record_sink bad, void *context, tw_error *error) {
    tw_decode *io = &r->io;
    io->bytes = r->partition->bytes.data + r->offset;
    io->length = until - r->offset;
    io->last = r->partition->ended && until == r->partition->bytes.length;
    io->max_rows = max_rows;
    io->offset = r->offset;
    io->line = r->line;
    if (r->source->format->decode(r->decoder, io) != TW_OK) return tw_fail(error, TW_E_NOMEM, "out of memory while decoding");
    for (int32_t i = 0; i < io->nbad; i++) bad(context, &r->split, &io->bad[i]);
    r->offset += io->consumed;
    r->line += io->lines;
    return TW_OK;
}

static tw_status poll(tw_split_reader *opaque, int32_t max_rows, tw_batch **batch, int64_t *wait_ns, tw_bad_record_sink bad, void *context,
                      tw_error *error) {
    reader *r = (reader *)opaque;
    const tw_feed_partition *p = r->partition;
    *wait_ns = 0;
    for (;;) {
        const tw_feed_mark *mark = r->marks < p->nmarks ? &p->marks[r->marks] : NULL;
        if (mark && mark->offset <= r->offset) {
            r->marks++;
            r->mark = (tw_batch){.source_watermark = &mark->watermark};
            *batch = &r->mark;
            return TW_OK;
        }
        size_t until = mark ? mark->offset : p->bytes.length;
        if (until == r->offset) return p->ended ? TW_END : TW_BLOCKED;
        TW_TRY(decode(r, until, max_rows, bad, context, error));
        if (r->io.batch.rows) {
            *batch = &r->io.batch;
            return TW_OK;
        }
        if (r->io.consumed == 0) return tw_fail(error, TW_E_BAD_RECORD, "a fed line does not end where the decoder expects it");
    }
}

static const tw_source_ops SOURCE = {.open = open_source,
                                     .close = close_source,
                                     .splits = splits,
                                     .reader_open = open_reader,
                                     .poll = poll,
                                     .position = position,
                                     .reader_close = close_reader};

void tw_feed_init(tw_feed *f, tw_mem *mem) {
    *f = (tw_feed){.mem = mem,
                   .connector = {.name = "feed",
                                 .doc = "lines given by a behaviour test",
                                 .options = OPTIONS,
                                 .noptions = sizeof OPTIONS / sizeof *OPTIONS,
                                 .takes_format = true,
                                 .bounded = bounded,
                                 .source = &SOURCE}};
}
