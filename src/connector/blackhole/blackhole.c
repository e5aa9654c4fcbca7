/* Takes rows and forgets them: for measuring. */
#include "connector/connectors.h"

static const tw_option_info OPTIONS[] = {
    {"sink.parallelism", TW_OPTION_INTEGER, NULL, false, "1..", "taken for Flink's sake"},
};

static char NOTHING;

static tw_status open_sink(const tw_sink_context *context, tw_sink **out, tw_error *error) {
    (void)context, (void)error;
    *out = (tw_sink *)&NOTHING;
    return TW_OK;
}

static tw_status write_rows(tw_sink *sink, const tw_batch *batch, tw_error *error) {
    (void)sink, (void)batch, (void)error;
    return TW_OK;
}

static void close_sink(tw_sink *sink) { (void)sink; }

static const tw_sink_ops SINK = {.open = open_sink, .write = write_rows, .close = close_sink};

const tw_connector tw_connector_blackhole = {
    .name = "blackhole",
    .doc = "takes rows and forgets them",
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .sink_accepts = TW_RETRACT,
    .sink = &SINK,
};
