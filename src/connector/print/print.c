/* The print sink: one line per change on standard output (or standard error), written as Flink's print connector does:
 * `identifier> +I[1, a, null]`. Lines of a batch are written by one call, so shards never mix within a line. */
#include "connector/connectors.h"

typedef struct sink {
    tw_mem *mem;
    FILE *out;
    tw_str prefix; /* "" or the identifier */
    tw_buf text;
} sink;

static const tw_option_info OPTIONS[] = {
    {"print-identifier", TW_OPTION_STRING, NULL, false, NULL, "text in front of each line, followed by '> '"},
    {"standard-error", TW_OPTION_BOOLEAN, "false", false, NULL, "print to standard error"},
    {"sink.parallelism", TW_OPTION_INTEGER, NULL, false, "1..", "taken for Flink's sake; every shard prints its own rows"},
};

static tw_status open_sink(const tw_sink_context *context, tw_sink **out, tw_error *error) {
    const tw_table_ref *table = &context->sink->table;
    sink *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = context->mem;
    s->prefix = tw_option_get(table->options, table->noptions, "print-identifier");
    s->out = tw_option_flag(table->options, table->noptions, "standard-error", false) ? stderr : context->out;
    tw_buf_init(&s->text, context->mem, 0);
    *out = (tw_sink *)s;
    return TW_OK;
}

static tw_status flush(sink *s, tw_error *error) { return fflush(s->out) == 0 ? TW_OK : tw_stream_failed(error); }

static void print_row(sink *s, const tw_batch *batch, int32_t row) {
    if (s->prefix.length) {
        tw_buf_str(&s->text, s->prefix);
        tw_buf_text(&s->text, "> ");
    }
    tw_buf_text(&s->text, tw_change_text(batch->kinds ? batch->kinds[row] : TW_INSERT));
    tw_buf_byte(&s->text, '[');
    for (int32_t c = 0; c < batch->ncolumns; c++) {
        if (c) tw_buf_text(&s->text, ", ");
        tw_print_value(&s->text, &batch->columns[c], row);
    }
    tw_buf_text(&s->text, "]\n");
}

static tw_status write_rows(tw_sink *opaque, const tw_batch *batch, tw_error *error) {
    sink *s = (sink *)opaque;
    tw_buf_clear(&s->text);
    for (int32_t row = 0; row < batch->rows; row++) print_row(s, batch, row);
    if (s->text.failed) return tw_fail(error, TW_E_NOMEM, "out of memory while printing");
    if (fwrite(s->text.data, 1, s->text.length, s->out) != s->text.length) return tw_stream_failed(error);
    return flush(s, error); /* whoever reads the pipe sees a batch at once; under load batches are full */
}

static tw_status commit(tw_sink *sink_, uint64_t epoch, tw_error *error) {
    (void)epoch;
    return flush((sink *)sink_, error);
}

static tw_status finish(tw_sink *sink_, tw_error *error) { return flush((sink *)sink_, error); }

static void close_sink(tw_sink *opaque) {
    sink *s = (sink *)opaque;
    tw_buf_free(&s->text);
    tw_free(s->mem, s, sizeof *s);
}

static const tw_sink_ops SINK = {.open = open_sink, .write = write_rows, .commit = commit, .finish = finish, .close = close_sink};

const tw_connector tw_connector_print = {
    .name = "print",
    .doc = "prints every change",
    .shows_order = true,
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .sink_accepts = TW_RETRACT,
    .sink = &SINK,
};
