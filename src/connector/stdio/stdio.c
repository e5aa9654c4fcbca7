/* Standard input as a source (one split, ended by its end) and standard output as a sink, in any format. */
#include "connector/filesystem/filesystem.h"
#include "expr/program.h"

static const tw_option_info INPUT_OPTIONS[] = {
    {"source.max-record-size", TW_OPTION_SIZE, "16 mb", false, NULL, "a longer record is a bad record"},
};

static void close_source(tw_source *source) {
    tw_fs_source *s = (tw_fs_source *)source;
    tw_arena_free(&s->arena);
    tw_free(s->mem, s, sizeof *s);
}

static tw_status open_source(const tw_source_context *context, tw_source **out, tw_error *error) {
    tw_fs_source *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = context->mem;
    tw_arena_init(&s->arena, context->mem, 256);
    tw_status status = tw_fs_source_init(s, context, error);
    s->input = true;
    s->splits = TW_NEW(&s->arena, tw_split_id);
    if (status == TW_OK && !s->splits) status = tw_fail(error, TW_E_NOMEM, "out of memory");
    if (status != TW_OK) {
        close_source((tw_source *)s);
        return status;
    }
    s->splits[0] = (tw_split_id){TW_STR("stdin"), 0};
    *out = (tw_source *)s;
    return TW_OK;
}

static tw_status splits(tw_source *source, const tw_split_id **out, int *n, bool *complete, tw_error *error) {
    *out = ((tw_fs_source *)source)->splits;
    *n = 1;
    *complete = true;
    return TW_OK;
}

static bool bounded(const tw_option *options, int n) { return true; }

static const tw_source_ops SOURCE = {
    .open = open_source,
    .close = close_source,
    .splits = splits,
    .reader_open = tw_fs_reader_open,
    .poll = tw_fs_reader_poll,
    .position = tw_fs_reader_position,
    .progress = tw_fs_reader_progress,
    .reader_close = tw_fs_reader_close,
};

const tw_connector tw_connector_stdin = {
    .name = "stdin",
    .doc = "records from standard input",
    .options = INPUT_OPTIONS,
    .noptions = sizeof INPUT_OPTIONS / sizeof *INPUT_OPTIONS,
    .takes_format = true,
    .bounded = bounded,
    .source = &SOURCE,
};

typedef struct sink {
    tw_mem *mem;
    const tw_format *format;
    tw_encoder *encoder;
    FILE *out;
    tw_buf text;
} sink;

static void close_sink(tw_sink *opaque) {
    sink *s = (sink *)opaque;
    if (s->encoder) s->format->encoder_close(s->encoder);
    tw_buf_free(&s->text);
    tw_free(s->mem, s, sizeof *s);
}

static tw_status open_sink(const tw_sink_context *context, tw_sink **out, tw_error *error) {
    const tw_table_ref *table = &context->sink->table;
    const tw_format *format = tw_registry_format(context->registry, table->format);
    if (!format || !format->encode)
        return tw_fail(error, TW_E_UNDEFINED_OPTION, "table %.*s: there is no format '%.*s' to write with", TW_STR_ARG(table->name),
                       TW_STR_ARG(table->format));
    sink *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = context->mem;
    s->format = format;
    s->out = context->out;
    tw_buf_init(&s->text, context->mem, 0);
    tw_status status = format->encoder_open(context->mem, context->row, table->options, table->noptions,
                                            context->session ? context->session->zone : NULL, &s->encoder, error);
    if (status != TW_OK) {
        close_sink((tw_sink *)s);
        return status;
    }
    *out = (tw_sink *)s;
    return TW_OK;
}

static tw_status write_rows(tw_sink *opaque, const tw_batch *batch, tw_error *error) {
    sink *s = (sink *)opaque;
    tw_buf_clear(&s->text);
    tw_status status = s->format->encode(s->encoder, batch, 0, batch->rows, &s->text);
    if (status != TW_OK)
        return tw_fail(error, status, status == TW_E_NOMEM ? "out of memory for rows as %s" : "a row cannot be written as %s", s->format->name);
    if (fwrite(s->text.data, 1, s->text.length, s->out) != s->text.length) return tw_stream_failed(error);
    return TW_OK;
}

static tw_status flush(tw_sink *opaque, tw_error *error) { return fflush(((sink *)opaque)->out) == 0 ? TW_OK : tw_stream_failed(error); }

static tw_status commit(tw_sink *opaque, uint64_t epoch, tw_error *error) { return flush(opaque, error); }

static const tw_sink_ops SINK = {.open = open_sink, .write = write_rows, .commit = commit, .finish = flush, .close = close_sink};

const tw_connector tw_connector_stdout = {
    .name = "stdout",
    .doc = "records to standard output",
    .shows_order = true,
    .takes_format = true,
    .sink_accepts = TW_APPEND,
    .sink = &SINK,
};
