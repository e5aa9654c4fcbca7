/* Plans built by hand and run as jobs: scripted source -> nodes -> collecting sink.
 *
 *     plan_test t;
 *     plan_open(&t);
 *     const tw_type *row = plan_row(&t, 2, "k", &TW_TYPE_STRING, "ts", plan_rowtime(&t));
 *     tw_plan_node *n = plan_scan(&t, row, 2, "a, 1000\n-D b, 2000\n", "c, NULL\n~50\nd, 3\n");   -- one text per split
 *     n = plan_watermark(&t, n, 1, 1000);                   -- ts - 1 s
 *     n = plan_exchange(&t, n, 1, 0);                       -- by column 0; no columns: to a single task
 *     n = plan_node(&t, TW_PLAN_GROUP_AGG, out_row, TW_RETRACT, 1, n);
 *     n->u.agg = ...;
 *     plan_sink(&t, n);
 *     plan_expect(&t, "+I[a, 1]\n-U[a, 1]\n");              -- every line of every run, sorted; at many shard counts and batch sizes
 *     plan_expect_net(&t, "[a, 2]\n");                      -- what the changes add up to, sorted
 *     plan_expect_resumed(&t, true, "[a, 2]\n");            -- the same with checkpoints on the way and restores at other shard counts
 *     plan_fail_allocations(&t, true, "[a, 2]\n");          -- each allocation fails once
 *     plan_close(&t);
 *
 * A script has a row a line: an optional change, then values as text, separated by ", ": timestamps are milliseconds, NULL is null. A line ~n
 * makes the split wait for n ms; a first line !n means that the split is discovered n ms after the first
 * start. Operators are those of t.operators, by plan kind: a test adds those it needs. The clock is simulated. */
#ifndef TW_TESTS_UNIT_PLAN_TEST_H
#define TW_TESTS_UNIT_PLAN_TEST_H

#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "connector/connector.h"
#include "operator/operator.h"
#include "runtime/job.h"

enum { PLAN_NODES = 32, PLAN_CLOCK_MS = 1000000 };

typedef struct plan_test {
    tw_mem mem;
    tw_mem rows_mem; /* of `rows`: the sink's threads and the job's shards must not charge one budget */
    tw_arena arena;
    tw_os os;
    tw_session session;
    tw_registry registry;
    const tw_operator_ops *operators[TW_PLAN_KIND_COUNT];
    tw_plan_node *nodes[PLAN_NODES];
    tw_plan plan;
    tw_error error;
    tw_buf rows;         /* what the sink got: "+I[1, a]\n" per row */
    tw_side_store *side; /* of the last run */
    tw_job_stats stats;  /* of the last run */
    int32_t slots;       /* of the rings */
    bool keep_order;     /* lines are compared as they came (single task at the sink, one split) */
    tw_status status;    /* of the last run */
} plan_test;

/* Splits stop after so many rows until it is raised: where checkpoints are taken. */
static int64_t plan_stop_after = INT64_MAX;

/* --- the scripted source --- */

typedef struct plan_source {
    tw_mem *mem;
    tw_os *os;
    const tw_plan_scan *scan;
    tw_split_id *splits;
    int nsplits, nfound;
} plan_source;

typedef struct plan_reader {
    plan_source *source;
    const char *script, *next;
    int64_t given, wait_until_ms;
    tw_builder builder;
    tw_mem *mem;
} plan_reader;

static tw_status plan_source_open(const tw_source_context *context, tw_source **out, tw_error *error) {
    plan_source *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    *s = (plan_source){context->mem, context->os, context->scan, NULL, context->scan->table.noptions, 0};
    s->splits = tw_calloc(s->mem, sizeof *s->splits * (size_t)s->nsplits);
    if (!s->splits) {
        tw_free(s->mem, s, sizeof *s);
        return tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    for (int i = 0; i < s->nsplits; i++) s->splits[i] = (tw_split_id){context->scan->table.options[i].key, i};
    *out = (tw_source *)s;
    return TW_OK;
}

static void plan_source_close(tw_source *opaque) {
    plan_source *s = (plan_source *)opaque;
    tw_free(s->mem, s->splits, sizeof *s->splits * (size_t)s->nsplits);
    tw_free(s->mem, s, sizeof *s);
}

static tw_status plan_source_splits(tw_source *opaque, const tw_split_id **splits, int *n, bool *complete, tw_error *error) {
    (void)error;
    plan_source *s = (plan_source *)opaque;
    for (; s->nfound < s->nsplits; s->nfound++) {
        const char *script = s->scan->table.options[s->nfound].value.data;
        if (*script == '!' && tw_wall_ms(s->os) < PLAN_CLOCK_MS + atoll(script + 1)) break;
    }
    *splits = s->splits;
    *n = s->nfound;
    *complete = s->nfound == s->nsplits;
    return TW_OK;
}

static tw_status plan_reader_open(tw_source *opaque, const tw_split_id *split, tw_mem *mem, tw_str position, tw_split_reader **out, tw_error *error) {
    plan_source *s = (plan_source *)opaque;
    plan_reader *r = tw_calloc(mem, sizeof *r);
    if (!r) return tw_fail(error, TW_E_NOMEM, "out of memory");
    r->source = s;
    r->mem = mem;
    r->script = r->next = s->scan->table.options[split->number].value.data;
    if (*r->script == '!') r->next = strchr(r->script, '\n') + 1;
    if (position.length == 16) {
        tw_reader in = {position.data, position.data + 16, false};
        r->next = r->script + tw_read_u64(&in);
        r->given = (int64_t)tw_read_u64(&in);
    }
    if (tw_builder_open(&r->builder, mem, s->scan->wanted, TW_BATCH_ROWS) != TW_OK) {
        tw_free(mem, r, sizeof *r);
        return tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    *out = (tw_split_reader *)r;
    return TW_OK;
}

static tw_i128 plan_unscaled(const tw_type *type, const char *text) {
    tw_i128 v = 0;
    int scale = -1;
    bool negative = *text == '-';
    for (text += negative; *text; text++) {
        if (*text == '.')
            scale = 0;
        else
            v = v * 10 + (*text - '0'), scale += scale >= 0;
    }
    for (scale = scale < 0 ? 0 : scale; scale < (type->kind == TW_DECIMAL ? type->scale : 0); scale++) v *= 10;
    return negative ? -v : v;
}

static tw_status plan_put(tw_builder *b, int c, int32_t row, const char *text) {
    tw_column *column = &b->batch.columns[c];
    if (strcmp(text, "NULL") == 0) {
        tw_builder_null(b, c, row);
        return TW_OK;
    }
    if (column->validity) tw_bit_set(column->validity, row);
    switch (column->phys) {
    case TW_PHYS_BOOL: ((uint8_t *)column->values)[row] = strcmp(text, "true") == 0; break;
    case TW_PHYS_I8: ((int8_t *)column->values)[row] = (int8_t)atoi(text); break;
    case TW_PHYS_I16: ((int16_t *)column->values)[row] = (int16_t)atoi(text); break;
    case TW_PHYS_I32: ((int32_t *)column->values)[row] = atoi(text); break;
    case TW_PHYS_I64: ((int64_t *)column->values)[row] = (int64_t)plan_unscaled(column->type, text); break;
    case TW_PHYS_I128: ((tw_i128 *)column->values)[row] = plan_unscaled(column->type, text); break;
    case TW_PHYS_F32: ((float *)column->values)[row] = strtof(text, NULL); break;
    case TW_PHYS_F64: ((double *)column->values)[row] = strtod(text, NULL); break;
    case TW_PHYS_TS: ((tw_ts *)column->values)[row] = (tw_ts){.ms = atoll(text)}; break;
    case TW_PHYS_STR: return tw_builder_string(b, tw_str_of(text), (tw_sview *)column->values + row);
    default: fail_msg("no values of this type in scripts");
    }
    return TW_OK;
}

static tw_status plan_put_row(tw_builder *b, const char *line, size_t length) {
    static const char *const KINDS[] = {"+I ", "-U ", "+U ", "-D "};
    char room[1024];
    assert_true(length < sizeof room);
    memcpy(room, line, length);
    room[length] = 0;
    int8_t kind = TW_INSERT;
    char *at = room;
    for (int k = 0; k < 4; k++)
        if (strncmp(at, KINDS[k], 3) == 0) kind = (int8_t)k;
    if (strncmp(at, KINDS[kind], 3) == 0) at += 3;
    for (int c = 0; c < b->batch.ncolumns; c++) {
        assert_non_null(at);
        char *comma = strstr(at, ", ");
        if (comma) *comma = 0;
        tw_status status = plan_put(b, c, b->batch.rows, at);
        if (status != TW_OK) return status;
        at = comma ? comma + 2 : NULL;
    }
    return tw_builder_commit(b, 1, kind == TW_INSERT ? NULL : &kind);
}

static tw_status plan_poll(tw_split_reader *opaque, int32_t max_rows, tw_batch **batch, int64_t *wait_ns, tw_bad_record_sink bad, void *bad_context,
                           tw_error *error) {
    (void)bad, (void)bad_context;
    plan_reader *r = (plan_reader *)opaque;
    tw_builder_reset(&r->builder);
    if (r->wait_until_ms > tw_wall_ms(r->source->os)) {
        *wait_ns = tw_mono_ns(r->source->os) + (r->wait_until_ms - tw_wall_ms(r->source->os)) * 1000000;
        return TW_BLOCKED;
    }
    while (*r->next && *r->next != '~' && r->builder.batch.rows < max_rows && r->given < plan_stop_after) {
        const char *end = strchr(r->next, '\n');
        if (plan_put_row(&r->builder, r->next, (size_t)(end - r->next)) != TW_OK) return tw_fail(error, TW_E_NOMEM, "out of memory");
        r->next = end + 1;
        r->given++;
    }
    *batch = &r->builder.batch;
    if (r->builder.batch.rows) return TW_OK;
    if (*r->next == '~') {
        r->wait_until_ms = tw_wall_ms(r->source->os) + atoll(r->next + 1);
        r->next = strchr(r->next, '\n') + 1;
        return plan_poll(opaque, max_rows, batch, wait_ns, bad, bad_context, error);
    }
    return *r->next ? TW_BLOCKED : TW_END;
}

static void plan_position(tw_split_reader *opaque, tw_buf *out) {
    plan_reader *r = (plan_reader *)opaque;
    tw_buf_u64(out, (uint64_t)(r->next - r->script));
    tw_buf_u64(out, (uint64_t)r->given);
}

static void plan_reader_close(tw_split_reader *opaque) {
    plan_reader *r = (plan_reader *)opaque;
    tw_builder_close(&r->builder);
    tw_free(r->mem, r, sizeof *r);
}

static const tw_source_ops PLAN_SOURCE = {.open = plan_source_open,
                                          .close = plan_source_close,
                                          .splits = plan_source_splits,
                                          .reader_open = plan_reader_open,
                                          .poll = plan_poll,
                                          .position = plan_position,
                                          .reader_close = plan_reader_close};
static const tw_connector PLAN_CONNECTOR = {.name = "scripted", .doc = "literal rows", .source = &PLAN_SOURCE};
static const tw_connector *const PLAN_CONNECTORS[] = {&PLAN_CONNECTOR};

/* --- plans --- */

static inline void plan_open(plan_test *t) {
    memset(t, 0, sizeof *t);
    tw_mem_init(&t->mem, NULL, 0);
    tw_arena_init(&t->arena, &t->mem, 8192);
    tw_mem_init(&t->rows_mem, NULL, 0);
    tw_buf_init(&t->rows, &t->rows_mem, 0);
    t->session = (tw_session){.zone = TW_ZONE_UTC, .zone_id = "UTC"};
    t->operators[TW_PLAN_CALC] = &TW_OPERATOR_CALC;
    t->operators[TW_PLAN_WATERMARK] = &TW_OPERATOR_WATERMARK;
    t->registry = (tw_registry){PLAN_CONNECTORS, 1, NULL, 0, t->operators, TW_PLAN_KIND_COUNT};
    t->plan = (tw_plan){.nodes = (const tw_plan_node *const *)t->nodes, .session = &t->session};
    t->slots = 2;
    plan_stop_after = INT64_MAX;
}

static inline void plan_close(plan_test *t) {
    if (t->side) tw_side_store_close(t->side);
    tw_buf_free(&t->rows);
    tw_arena_free(&t->arena);
    assert_int_equal(t->mem.used, 0);
}

/* name, type, name, type ... */
static inline const tw_type *plan_row(plan_test *t, int n, ...) {
    tw_field fields[64];
    va_list args;
    va_start(args, n);
    for (int i = 0; i < n; i++) {
        fields[i].name = tw_str_of(va_arg(args, const char *));
        fields[i].type = va_arg(args, const tw_type *);
    }
    va_end(args);
    return tw_type_row(&t->arena, fields, n);
}

static inline const tw_type *plan_rowtime(plan_test *t) { return tw_type_with_time(&t->arena, &TW_TYPE_TIMESTAMP_3, TW_ROWTIME); }

/* A node over `ninputs` earlier ones. */
static inline tw_plan_node *plan_node(plan_test *t, tw_plan_kind kind, const tw_type *row, tw_changelog changelog, int ninputs, ...) {
    assert_true(t->plan.nnodes < PLAN_NODES);
    tw_plan_node *n = TW_NEW(&t->arena, tw_plan_node);
    const tw_plan_node **inputs = TW_NEW_ARRAY(&t->arena, const tw_plan_node *, ninputs + 1);
    va_list args;
    va_start(args, ninputs);
    for (int i = 0; i < ninputs; i++) inputs[i] = va_arg(args, const tw_plan_node *);
    va_end(args);
    *n = (tw_plan_node){.kind = kind,
                        .id = tw_hash_u64((uint64_t)t->plan.nnodes),
                        .index = t->plan.nnodes,
                        .row = row,
                        .inputs = inputs,
                        .ninputs = ninputs,
                        .changelog = changelog,
                        .state = "none"};
    t->nodes[t->plan.nnodes++] = n;
    return n;
}

/* One script per split. */
static inline tw_plan_node *plan_scan(plan_test *t, const tw_type *row, int nsplits, ...) {
    tw_plan_node *n = plan_node(t, TW_PLAN_SCAN, row, TW_APPEND, 0);
    tw_option *options = TW_NEW_ARRAY(&t->arena, tw_option, nsplits);
    va_list args;
    va_start(args, nsplits);
    for (int i = 0; i < nsplits; i++) {
        options[i] = (tw_option){tw_str_of(tw_arena_printf(&t->arena, "p%d", i)), tw_str_of(va_arg(args, const char *))};
        if (strstr(options[i].value.data, "-U ") || strstr(options[i].value.data, "-D ")) n->changelog = TW_RETRACT;
    }
    va_end(args);
    n->u.scan = (tw_plan_scan){
        .table = {.name = TW_STR("t"), .connector = TW_STR("scripted"), .options = options, .noptions = nsplits, .schema = row},
        .wanted = row,
        .bounded = true};
    return n;
}

/* WATERMARK FOR column AS column - delay. */
static inline tw_plan_node *plan_watermark(plan_test *t, tw_plan_node *input, int column, int64_t delay_ms) {
    const tw_type *type = input->row->fields[column].type;
    tw_type *interval = tw_type_new(&t->arena, TW_INTERVAL_DS);
    *interval = (tw_type){.kind = TW_INTERVAL_DS, .from = TW_UNIT_SECOND, .to = TW_UNIT_SECOND, .precision = 3, .scale = 3};
    tw_value delay = tw_value_of_int(interval, delay_ms);
    const tw_expr *args[] = {tw_expr_column(&t->arena, column, type), tw_expr_literal(&t->arena, &delay)};
    tw_bind bind = {.arena = &t->arena, .nargs = 2, .args = args, .session = &t->session, .error = &t->error};
    bind.function = tw_function_find(TW_STR("-"));
    assert_non_null(bind.function);
    const tw_expr *e = args[0];
    if (delay_ms) assert_int_equal(tw_function_call(&bind, &e), TW_OK);
    for (tw_plan_node *n = input; n; n = n->ninputs ? (tw_plan_node *)n->inputs[0] : NULL)
        if (n->kind == TW_PLAN_SCAN) n->u.scan.ordered_by_watermark = true;
    tw_plan_node *n = plan_node(t, TW_PLAN_WATERMARK, input->row, input->changelog, 1, input);
    n->u.watermark = (tw_plan_watermark){.column = column, .expr = e, .table = TW_STR("t")};
    return n;
}

/* By the columns given; none: to a single task. */
static inline tw_plan_node *plan_exchange(plan_test *t, tw_plan_node *input, int nkeys, ...) {
    tw_plan_node *n = plan_node(t, TW_PLAN_EXCHANGE, input->row, input->changelog, 1, input);
    int32_t *keys = TW_NEW_ARRAY(&t->arena, int32_t, nkeys + 1);
    va_list args;
    va_start(args, nkeys);
    for (int i = 0; i < nkeys; i++) keys[i] = va_arg(args, int);
    va_end(args);
    n->u.exchange = (tw_plan_exchange){nkeys ? TW_EXCHANGE_HASH : TW_EXCHANGE_SINGLE, keys, nkeys};
    return n;
}

static inline tw_plan_node *plan_sink(plan_test *t, tw_plan_node *input) {
    tw_plan_node *n = plan_node(t, TW_PLAN_SINK, input->row, input->changelog, 1, input);
    n->u.sink.collect = true;
    return n;
}

/* A bound call of the arguments, for filters and projections. */
static inline const tw_expr *plan_call_as(plan_test *t, const char *name, const tw_type *cast, int n, const tw_expr **args) {
    tw_bind bind = {.arena = &t->arena, .nargs = n, .args = args, .cast_type = cast, .session = &t->session, .error = &t->error};
    bind.function = tw_function_find(tw_str_of(name));
    assert_non_null(bind.function);
    const tw_expr *out = NULL;
    if (tw_function_call(&bind, &out) != TW_OK) fail_msg("%s", t->error.message);
    return out;
}
#define PLAN_CALL(t, name, ...) \
    plan_call_as(t, name, NULL, sizeof((const tw_expr *[]){__VA_ARGS__}) / sizeof(void *), (const tw_expr *[]){__VA_ARGS__})
static inline const tw_expr *plan_column(plan_test *t, const tw_plan_node *input, int column) {
    return tw_expr_column(&t->arena, column, input->row->fields[column].type);
}
static inline const tw_expr *plan_number(plan_test *t, int64_t v) {
    tw_value value = tw_value_of_int(tw_type_nullable(&t->arena, &TW_TYPE_BIGINT, false), v);
    return tw_expr_literal(&t->arena, &value);
}

/* --- runs --- */

static tw_status plan_collect(void *context, const tw_plan_node *sink, const tw_batch *batch) {
    (void)sink;
    plan_test *t = context;
    for (int32_t row = 0; row < batch->rows; row++) {
        tw_buf_text(&t->rows, tw_change_text(batch->kinds ? batch->kinds[row] : TW_INSERT));
        tw_buf_byte(&t->rows, '[');
        for (int32_t c = 0; c < batch->ncolumns; c++) {
            if (c) tw_buf_text(&t->rows, ", ");
            tw_print_value(&t->rows, &batch->columns[c], row);
        }
        tw_buf_text(&t->rows, "]\n");
    }
    return t->rows.failed ? TW_E_NOMEM : TW_OK;
}

static inline tw_job_options plan_options(plan_test *t, int32_t shards, int32_t batch_rows, uint64_t seed) {
    tw_job_options o;
    tw_job_options_default(&o);
    o.nshards = shards;
    o.batch_rows = batch_rows;
    o.ring_slots = (uint32_t)t->slots;
    o.seeded = true;
    o.seed = seed;
    o.collect = plan_collect;
    o.collect_context = t;
    o.side = t->side;
    return o;
}

static inline void plan_begin(plan_test *t) {
    tw_os_simulated(&t->os, PLAN_CLOCK_MS);
    tw_buf_clear(&t->rows);
    if (t->side) tw_side_store_close(t->side);
    t->side = NULL;
    assert_int_equal(tw_side_store_open(&t->mem, 1 << 20, &t->side), TW_OK);
}

static inline tw_status plan_run_options(plan_test *t, const tw_job_options *options) {
    tw_job *job = NULL;
    t->status = tw_job_open(&t->mem, &t->os, &t->registry, &t->plan, options, &job, &t->error);
    if (t->status != TW_OK) return t->status;
    t->status = tw_job_run(job, &t->error);
    tw_job_get_stats(job, &t->stats);
    tw_job_close(job);
    return t->status;
}

/* From the beginning to the end; rows are in t->rows. */
static inline tw_status plan_run(plan_test *t, int32_t shards, int32_t batch_rows, uint64_t seed) {
    plan_begin(t);
    tw_job_options options = plan_options(t, shards, batch_rows, seed);
    return plan_run_options(t, &options);
}

static int plan_by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The lines of t->rows, sorted unless order is kept; `net`: inserts and deletes of equal rows cancelled, kinds left out. Arena's. */
static inline const char *plan_lines(plan_test *t, bool net) {
    char *text = tw_arena_strndup(&t->arena, t->rows.data ? t->rows.data : "", t->rows.length), *save = NULL;
    char **lines = TW_NEW_ARRAY(&t->arena, char *, t->rows.length / 4 + 1);
    size_t n = 0;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) lines[n++] = line;
    for (size_t i = 0; net && i < n; i++) { /* the sign goes behind the text, so that equal rows are neighbours */
        bool minus = lines[i][0] == '-';
        lines[i] = tw_arena_printf(&t->arena, "%s%c", lines[i] + 2, minus ? '-' : '+');
    }
    if (net || !t->keep_order) qsort(lines, n, sizeof *lines, plan_by_text);
    char *out = tw_arena_alloc(&t->arena, t->rows.length + 2), *to = out;
    for (size_t i = 0, j; i < n; i = j) {
        size_t length = strlen(lines[i]) - net;
        int64_t count = 0;
        for (j = i; j < n && (j == i || (net && strlen(lines[j]) - net == length && memcmp(lines[i], lines[j], length) == 0)); j++)
            count += net && lines[j][length] == '-' ? -1 : 1;
        if (count < 0) fail_msg("row deleted more often than inserted: %s", lines[i]);
        for (; count > 0; count--) to += sprintf(to, "%.*s\n", (int)length, lines[i]);
    }
    *to = 0;
    return out;
}

static inline const char *plan_sorted(plan_test *t, const char *expected) {
    tw_buf keep = t->rows;
    t->rows.data = (char *)expected;
    t->rows.length = strlen(expected);
    const char *out = plan_lines(t, false);
    t->rows = keep;
    return out;
}

#define PLAN_CHECK(t, net, expected, shards, batch, seed)                                                                                     \
    do {                                                                                                                                      \
        if ((t)->status != TW_OK) fail_msg("shards %d, batch %d, seed %d: %s", (int)(shards), (int)(batch), (int)(seed), (t)->error.message); \
        const char *plan_got_ = plan_lines(t, net);                                                                                           \
        if (strcmp(plan_got_, expected) != 0)                                                                                                 \
            fail_msg("shards %d, batch %d, seed %d:\n%s--- expected\n%s", (int)(shards), (int)(batch), (int)(seed), plan_got_, expected);     \
    } while (0)

static const int32_t PLAN_SHARDS[] = {1, 2, 3}, PLAN_BATCHES[] = {1, 7, TW_BATCH_ROWS};

static inline void plan_expect_all(plan_test *t, bool net, const char *expected) {
    expected = plan_sorted(t, expected);
    for (int s = 0; s < 3; s++)
        for (int b = 0; b < 3; b++)
            for (uint64_t seed = 1; seed <= 3; seed++) {
                plan_run(t, PLAN_SHARDS[s], PLAN_BATCHES[b], seed);
                PLAN_CHECK(t, net, expected, PLAN_SHARDS[s], PLAN_BATCHES[b], seed);
            }
    plan_begin(t); /* once on threads and the real clock */
    tw_os_real(&t->os);
    tw_job_options options = plan_options(t, 3, TW_BATCH_ROWS, 0);
    options.seeded = false;
    plan_run_options(t, &options);
    PLAN_CHECK(t, net, expected, 3, TW_BATCH_ROWS, 0);
}

static inline void plan_expect(plan_test *t, const char *expected) { plan_expect_all(t, false, expected); }
static inline void plan_expect_net(plan_test *t, const char *expected) { plan_expect_all(t, true, expected); }

/* One leg: restored from `from` (unless empty), reads up to `stop` rows of each split, snapshots into `into` twice on the way (a base, a
 * delta). stop INT64_MAX: to the end. */
static inline tw_status plan_leg(plan_test *t, const tw_snapshot *from, int64_t stop, int64_t stop_again, tw_snapshot *into,
                                 const tw_job_options *o) {
    tw_job_options options = *o;
    if (from->nchunks || from->nsplits) options.restore = from;
    tw_job *job = NULL;
    plan_stop_after = stop;
    tw_status status = tw_job_open(&t->mem, &t->os, &t->registry, &t->plan, &options, &job, &t->error);
    if (status == TW_OK && into) status = tw_job_checkpoint(job, into, &t->error);
    plan_stop_after = stop_again;
    if (into && status == TW_OK) {
        for (int i = 0; i < 3 && status == TW_OK; i++) { /* readers that were told to wait ask again */
            bool ended;
            tw_os_advance(&t->os, 2);
            status = tw_job_settle(job, &ended, &t->error);
        }
        if (status == TW_OK) status = tw_job_checkpoint(job, into, &t->error);
    } else if (status == TW_OK) {
        status = tw_job_run(job, &t->error);
        tw_job_get_stats(job, &t->stats);
    }
    plan_stop_after = INT64_MAX;
    if (job) tw_job_close(job);
    return status;
}

/* Two checkpoints, a restart at another number of shards, two more, another restart, to the end. Rows after the second checkpoint of a leg would be
 * written again, and there are none. */
static inline tw_status plan_run_resumed(plan_test *t, const int32_t shards[3], int32_t batch_rows, int64_t step, uint64_t seed) {
    plan_begin(t);
    tw_snapshot snapshot[3];
    for (int i = 0; i < 3; i++) tw_snapshot_init(&snapshot[i], &t->mem);
    t->status = TW_OK;
    for (int leg = 0; leg < 3 && t->status == TW_OK; leg++) {
        tw_job_options options = plan_options(t, shards[leg], batch_rows, seed + (uint64_t)leg);
        options.hold_open = leg < 2;
        bool last = leg == 2;
        t->status = plan_leg(t, &snapshot[leg], last ? INT64_MAX : step * (2 * leg + 1), last ? INT64_MAX : step * (2 * leg + 2),
                             last ? NULL : &snapshot[leg + 1], &options);
    }
    for (int i = 0; i < 3; i++) tw_snapshot_free(&snapshot[i]);
    return t->status;
}

static inline void plan_expect_resumed(plan_test *t, bool net, const char *expected) {
    static const int32_t LEGS[][3] = {{1, 1, 1}, {1, 3, 2}, {2, 1, 3}, {3, 2, 1}};
    expected = plan_sorted(t, expected);
    for (size_t l = 0; l < 4; l++)
        for (int b = 0; b < 3; b++)
            for (int64_t step = 1; step <= 4; step++) {
                plan_run_resumed(t, LEGS[l], PLAN_BATCHES[b], step, (uint64_t)step);
                PLAN_CHECK(t, net, expected, LEGS[l][1], PLAN_BATCHES[b], step);
            }
}

/* Runs with the n-th allocation of the job and of each shard failing, for every n until none fails: TW_E_NOMEM, nothing lost, or the right rows. */
static inline void plan_fail_allocations(plan_test *t, bool net, const char *expected) {
    expected = plan_sorted(t, expected);
    int fine = 0;
    for (int64_t n = 1; fine < 20 && n < 3000; n++) {
        plan_begin(t);
        tw_job_options options = plan_options(t, 2, 7, 1);
        t->mem.fail_at = n;
        plan_run_options(t, &options);
        t->mem.fail_at = 0;
        fine = t->status == TW_OK ? fine + 1 : 0;
        if (t->status == TW_E_NOMEM) continue;
        PLAN_CHECK(t, net, expected, 2, 7, n);
    }
    assert_true(fine >= 20);
}

#endif
