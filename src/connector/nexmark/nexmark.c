/* The nexmark source: the standard generator's events as rows of nexmark-flink's table. Splits take turns in blocks of events, so
 * that each runs through the whole time and all together are the stream of one generator. A position is an event count. */
#include <stdatomic.h>
#include <stdlib.h>

#include "connector/connectors.h"
#include "connector/nexmark/generator.h"

#define BLOCK 1000 /* events that a split makes before it is the next one's turn */

static const tw_option_info OPTIONS[] = {
    {"events.num", TW_OPTION_INTEGER, "0", false, "0..", "events in all; 0: without end"},
    {"first-event.rate", TW_OPTION_INTEGER, NULL, false, "1..", "taken for nexmark-flink's sake; next-event.rate counts"},
    {"next-event.rate", TW_OPTION_INTEGER, "10000", false, "1..1000000000", "events per second of event time"},
    {"rate.limited", TW_OPTION_BOOLEAN, "false", false, NULL, "make events at that rate by the clock too"},
    {"rate.shape", TW_OPTION_ENUM, "SQUARE", false, "SQUARE|SINE", "taken for nexmark-flink's sake; the rate is constant"},
    {"rate.period", TW_OPTION_DURATION, NULL, false, NULL, "taken for nexmark-flink's sake"},
    {"base-time", TW_OPTION_INTEGER, "1436918400000", false, NULL, "dateTime of the first event, milliseconds since 1970"},
    {"seed", TW_OPTION_INTEGER, "0", false, NULL, "another seed gives another stream"},
    {"splits", TW_OPTION_INTEGER, "4", false, "1..1024", "partitions of the stream"},
    {"person.proportion", TW_OPTION_INTEGER, "1", false, "1..1000000", "persons among as many events as the three proportions are together"},
    {"auction.proportion", TW_OPTION_INTEGER, "3", false, "1..1000000", "auctions among as many events as the three proportions are together"},
    {"bid.proportion", TW_OPTION_INTEGER, "46", false, "0..1000000", "bids among as many events as the three proportions are together"},
    {"person.avg-size", TW_OPTION_SIZE, "200", false, NULL, "bytes of a person"},
    {"auction.avg-size", TW_OPTION_SIZE, "500", false, NULL, "bytes of an auction"},
    {"bid.avg-size", TW_OPTION_SIZE, "100", false, NULL, "bytes of a bid"},
    {"bid.hot-ratio.auctions", TW_OPTION_INTEGER, "2", false, "1..10000", "one bid of so many goes to an auction that is not hot"},
    {"bid.hot-ratio.bidders", TW_OPTION_INTEGER, "4", false, "1..10000", "one bid of so many is of a person who is not hot"},
    {"auction.hot-ratio.sellers", TW_OPTION_INTEGER, "4", false, "1..10000", "one auction of so many is of a person who is not hot"},
};

typedef struct source {
    tw_mem *mem;
    tw_os *os;
    const tw_plan_scan *scan;
    tw_nexmark *nexmark;
    int64_t events; /* INT64_MAX: without end */
    int64_t rate;
    bool limited;
    _Atomic int64_t start_ns; /* when event 0 would have been due; 0: not started */
    tw_arena arena;
    tw_split_id *splits;
    int nsplits;
} source;

typedef struct reader {
    tw_mem *mem;
    source *source;
    int32_t split;
    int64_t next; /* events of this split made so far */
    tw_nexmark_rows *rows;
    tw_batch batch;
    int64_t events[TW_BATCH_ROWS];
} reader;

static bool bounded(const tw_option *options, int n) { return tw_option_int(options, n, "events.num", 0) > 0; }

static bool fits(const tw_type *type, tw_nexmark_shape shape) {
    if (shape == TW_NEXMARK_LONG) return type->kind == TW_BIGINT;
    if (shape == TW_NEXMARK_TIME) return type->kind == TW_TIMESTAMP && type->precision == 3;
    return type->kind == TW_VARCHAR && type->length == TW_LENGTH_MAX;
}

static tw_status no_field(int kind, tw_str name, tw_error *error) {
    const char *names[TW_NEXMARK_FIELDS_MAX];
    int n = tw_nexmark_field_count(kind);
    for (int i = 0; i < n; i++) names[i] = TW_NEXMARK_FIELDS[kind][i].name;
    const char *nearest = tw_str_nearest(name, names, n);
    tw_fail(error, TW_E_UNDEFINED_COLUMN, "nexmark: a %s has no field '%.*s'", TW_NEXMARK_NAMES[kind], TW_STR_ARG(name));
    if (nearest) tw_error_hint(error, "did you mean '%s'?", nearest);
    return TW_E_UNDEFINED_COLUMN;
}

static tw_status check_field(const tw_field *f, int kind, tw_error *error) {
    static const char *const SHAPES[] = {"BIGINT", "TIMESTAMP(3)", "STRING"};
    for (int i = 0; i < tw_nexmark_field_count(kind); i++) {
        const tw_nexmark_field *known = &TW_NEXMARK_FIELDS[kind][i];
        if (!tw_str_equal(f->name, tw_str_of(known->name))) continue;
        if (fits(f->type, known->shape)) return TW_OK;
        return tw_fail(error, TW_E_TYPE, "nexmark: %s.%s must be %s", TW_NEXMARK_NAMES[kind], known->name, SHAPES[known->shape]);
    }
    return no_field(kind, f->name, error);
}

static tw_status check_struct(const tw_field *column, int kind, tw_error *error) {
    if (column->type->kind != TW_ROW) return tw_fail(error, TW_E_TYPE, "nexmark: column '%s' must be a ROW", TW_NEXMARK_NAMES[kind]);
    for (int i = 0; i < column->type->nfields; i++) TW_TRY(check_field(&column->type->fields[i], kind, error));
    return TW_OK;
}

static tw_status validate(const tw_type *schema, const tw_option *options, int n, tw_error *error) {
    for (int i = 0; i < schema->nfields; i++) {
        const tw_field *f = &schema->fields[i];
        int kind = 0;
        while (kind < TW_NEXMARK_KINDS && !tw_str_equal(f->name, tw_str_of(TW_NEXMARK_NAMES[kind]))) kind++;
        if (kind < TW_NEXMARK_KINDS) {
            TW_TRY(check_struct(f, kind, error));
        } else if (!tw_str_equal(f->name, TW_STR("event_type"))) {
            return tw_fail(error, TW_E_UNDEFINED_COLUMN, "nexmark has no column '%.*s': its columns are event_type, person, auction, bid",
                           TW_STR_ARG(f->name));
        } else if (f->type->kind != TW_INTEGER) {
            return tw_fail(error, TW_E_TYPE, "nexmark: column 'event_type' must be INT");
        }
    }
    return TW_OK;
}

static int32_t size_option(const tw_option *options, int n, const char *key, int64_t fallback) {
    int64_t value = fallback;
    tw_str text = tw_option_get(options, n, key);
    if (text.data && !tw_option_size(text, &value)) value = fallback;
    return (int32_t)(value < 0 ? 0 : value > 100000 ? 100000 : value);
}

static void read_config(source *s, tw_nexmark_config *c) {
    const tw_option *o = s->scan->table.options;
    int n = s->scan->table.noptions;
    c->seed = (uint64_t)tw_option_int(o, n, "seed", 0);
    c->rate = s->rate = tw_option_int(o, n, "next-event.rate", 10000);
    c->base_ms = tw_option_int(o, n, "base-time", INT64_C(1436918400000));
    c->persons = (int32_t)tw_option_int(o, n, "person.proportion", 1);
    c->auctions = (int32_t)tw_option_int(o, n, "auction.proportion", 3);
    c->bids = (int32_t)tw_option_int(o, n, "bid.proportion", 46);
    c->person_size = size_option(o, n, "person.avg-size", 200);
    c->auction_size = size_option(o, n, "auction.avg-size", 500);
    c->bid_size = size_option(o, n, "bid.avg-size", 100);
    c->hot_auctions = (int32_t)tw_option_int(o, n, "bid.hot-ratio.auctions", 2);
    c->hot_bidders = (int32_t)tw_option_int(o, n, "bid.hot-ratio.bidders", 4);
    c->hot_sellers = (int32_t)tw_option_int(o, n, "auction.hot-ratio.sellers", 4);
    s->events = tw_option_int(o, n, "events.num", 0);
    if (s->events <= 0) s->events = INT64_MAX;
    s->limited = tw_option_flag(o, n, "rate.limited", false);
    s->nsplits = (int)tw_option_int(o, n, "splits", 4);
}

static void close_source(tw_source *opaque) {
    source *s = (source *)opaque;
    if (s->nexmark) tw_nexmark_close(s->nexmark);
    tw_arena_free(&s->arena);
    tw_free(s->mem, s, sizeof *s);
}

static tw_status open_source(const tw_source_context *context, tw_source **out, tw_error *error) {
    tw_nexmark_config config;
    source *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = context->mem;
    s->os = context->os;
    s->scan = context->scan;
    tw_arena_init(&s->arena, s->mem, 256);
    read_config(s, &config);
    tw_status status = tw_nexmark_open(s->mem, &config, &s->nexmark, error);
    s->splits = TW_NEW_ARRAY(&s->arena, tw_split_id, s->nsplits);
    for (int i = 0; s->splits && i < s->nsplits; i++) {
        s->splits[i] = (tw_split_id){tw_str_of(tw_arena_printf(&s->arena, "generator %d", i)), i};
        if (!s->splits[i].name.data) s->splits = NULL;
    }
    if (status == TW_OK && !s->splits) status = tw_fail(error, TW_E_NOMEM, "out of memory");
    if (status != TW_OK) {
        close_source((tw_source *)s);
        return status;
    }
    *out = (tw_source *)s;
    return TW_OK;
}

static tw_status splits(tw_source *opaque, const tw_split_id **out, int *n, bool *complete, tw_error *error) {
    source *s = (source *)opaque;
    *out = s->splits;
    *n = s->nsplits;
    *complete = true;
    return TW_OK;
}

/* The number of the split's k-th event. */
static inline int64_t event_number(const reader *r, int64_t k) { return (k / BLOCK * r->source->nsplits + r->split) * BLOCK + k % BLOCK; }

static void close_reader(tw_split_reader *opaque) {
    reader *r = (reader *)opaque;
    if (r->rows) tw_nexmark_rows_close(r->rows);
    tw_free(r->mem, r, sizeof *r);
}

static tw_status open_reader(tw_source *opaque, const tw_split_id *split, tw_mem *mem, tw_str position, tw_split_reader **out, tw_error *error) {
    source *s = (source *)opaque;
    reader *r = tw_calloc(mem, sizeof *r);
    if (!r) return tw_fail(error, TW_E_NOMEM, "out of memory");
    tw_reader in = {0};
    r->mem = mem;
    r->source = s;
    r->split = split->number;
    if (position.length) {
        in = (tw_reader){position.data, position.data + position.length, false};
        r->next = (int64_t)tw_read_varint(&in);
    }
    tw_status status = in.failed ? tw_fail(error, TW_E_CORRUPT, "the position in \"%.*s\" is damaged", TW_STR_ARG(split->name))
                                 : tw_nexmark_rows_open(mem, s->nexmark, s->scan->wanted, &r->rows, error);
    if (status != TW_OK) {
        close_reader((tw_split_reader *)r);
        return status;
    }
    r->batch.ncolumns = s->scan->wanted->nfields;
    r->batch.columns = tw_nexmark_rows_columns(r->rows);
    *out = (tw_split_reader *)r;
    return TW_OK;
}

/* Monotonic time at which an event is due, when the rate is limited. */
static int64_t due_ns(source *s, int64_t event, int64_t now) {
    int64_t offset = (int64_t)((__int128)event * 1000000000 / s->rate), none = 0;
    if (s->start_ns == 0) atomic_compare_exchange_strong(&s->start_ns, &none, now - offset);
    return s->start_ns + offset;
}

static tw_status poll(tw_split_reader *opaque, int32_t max_rows, tw_batch **batch, int64_t *wait_ns, tw_bad_record_sink bad, void *bad_context,
                      tw_error *error) {
    reader *r = (reader *)opaque;
    source *s = r->source;
    int32_t n = 0, in_block = (int32_t)(r->next % BLOCK);
    int64_t event = event_number(r, r->next), now = s->limited ? tw_mono_ns(s->os) : 0;
    if (event >= s->events) return TW_END;
    for (; n < max_rows && event < s->events; n++) {
        if (s->limited && (n & 15) == 0 && (*wait_ns = due_ns(s, event, now)) > now) break;
        r->events[n] = event++;
        if (++in_block == BLOCK) {
            in_block = 0;
            event += (int64_t)(s->nsplits - 1) * BLOCK;
        }
    }
    if (n == 0) return TW_BLOCKED;
    *wait_ns = 0;
    if (tw_nexmark_rows_make(r->rows, r->events, n) != TW_OK) return tw_fail(error, TW_E_NOMEM, "out of memory");
    r->next += n;
    r->batch.rows = n;
    *batch = &r->batch;
    return TW_OK;
}

static void position(tw_split_reader *opaque, tw_buf *out) { tw_buf_varint(out, (uint64_t)((reader *)opaque)->next); }

static double progress(tw_split_reader *opaque) {
    reader *r = (reader *)opaque;
    int64_t event = event_number(r, r->next);
    if (r->source->events == INT64_MAX) return -1;
    return event >= r->source->events ? 1 : (double)event / (double)r->source->events;
}

static const tw_source_ops SOURCE = {
    .open = open_source,
    .close = close_source,
    .splits = splits,
    .reader_open = open_reader,
    .poll = poll,
    .position = position,
    .progress = progress,
    .reader_close = close_reader,
};

const tw_connector tw_connector_nexmark = {
    .name = "nexmark",
    .doc = "the Nexmark generator: persons, auctions and bids",
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .bounded = bounded,
    .validate = validate,
    .source = &SOURCE,
};
