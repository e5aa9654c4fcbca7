/* A plan over a file of JSON rows (k BIGINT, ts TIMESTAMP(3)): COUNT(*) per k and second, behind an exchange. */
#ifndef TW_TESTS_UNIT_FILE_COUNTS_H
#define TW_TESTS_UNIT_FILE_COUNTS_H

#include "connector/connectors.h"
#include "format/formats.h"
#include "plan_test.h"

/* `sink` stands beside the filesystem. The options, which name the file, are borrowed. The rows are collected; the caller may put another sink at the end. */
static inline void file_counts_plan(plan_test *t, const tw_connector *sink, const tw_option *options, int noptions, int64_t delay_ms) {
    static const tw_format *const FORMATS[] = {&tw_format_json};
    const tw_connector **connectors = TW_NEW_ARRAY(&t->arena, const tw_connector *, 2);
    connectors[0] = &tw_connector_filesystem;
    connectors[1] = sink;
    t->registry.connectors = connectors;
    t->registry.nconnectors = 2;
    t->registry.formats = FORMATS;
    t->registry.nformats = 1;
    t->operators[TW_PLAN_WINDOW_AGG] = &TW_OPERATOR_WINDOW_AGG;
    const tw_type *row = plan_row(t, 2, "k", &TW_TYPE_BIGINT, "ts", &TW_TYPE_TIMESTAMP_3);
    tw_plan_node *scan = plan_node(t, TW_PLAN_SCAN, row, TW_APPEND, 0);
    scan->u.scan = (tw_plan_scan){.table = {.name = TW_STR("t"),
                                            .connector = TW_STR("filesystem"),
                                            .format = TW_STR("json"),
                                            .options = options,
                                            .noptions = noptions,
                                            .schema = row},
                                  .wanted = row,
                                  .bounded = true,
                                  .ordered_by_watermark = true};
    tw_plan_node *n = plan_exchange(t, plan_watermark(t, scan, 1, delay_ms), 1, 0);
    int32_t *keys = TW_NEW_ARRAY(&t->arena, int32_t, 1);
    tw_agg_call *calls = TW_NEW_ARRAY(&t->arena, tw_agg_call, 1);
    const tw_type *count = tw_type_nullable(&t->arena, &TW_TYPE_BIGINT, false), *start = tw_type_nullable(&t->arena, &TW_TYPE_TIMESTAMP_3, false);
    calls[0] = (tw_agg_call){.function = tw_function_find(TW_STR("COUNT")), .type = count, .filter = -1, .name = TW_STR("n")};
    n = plan_node(t, TW_PLAN_WINDOW_AGG, plan_row(t, 3, "k", &TW_TYPE_BIGINT, "n", count, "window_start", start), TW_APPEND, 1, n);
    n->u.agg = (tw_plan_agg){.keys = keys,
                             .nkeys = 1,
                             .calls = calls,
                             .ncalls = 1,
                             .input_append = true,
                             .keep = -1,
                             .gives_start = true,
                             .window = {.kind = TW_WINDOW_TUMBLE, .time_column = 1, .size_ms = 1000}};
    plan_sink(t, n);
}

#endif
