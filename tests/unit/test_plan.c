/* Plans: order, ids, the binary form there and back, damaged bytes, EXPLAIN. */
#include "test.h"

#include "base/crc.h"
#include "base/prng.h"
#include "plan/plan.h"

#include <stdio.h>

typedef struct fixture {
    tw_mem mem;
    tw_arena arena;
} fixture;

static int setup(void **state) {
    static fixture f;
    tw_mem_init(&f.mem, NULL, 0);
    tw_arena_init(&f.arena, &f.mem, 4096);
    *state = &f;
    return 0;
}

static int teardown(void **state) {
    fixture *f = *state;
    tw_arena_free(&f->arena);
    assert_int_equal(f->mem.used, 0);
    return 0;
}

/* --- nodes by hand --- */

static const tw_type *row_of(tw_arena *a, int n, const char *const *names, const tw_type *const *types) {
    tw_field fields[16];
    for (int i = 0; i < n; i++) fields[i] = (tw_field){tw_str_of(names[i]), types[i]};
    return tw_type_row(a, fields, n);
}

/* id BIGINT, ts TIMESTAMP(3) *ROWTIME*, name STRING, ok BOOLEAN */
static const tw_type *event_row(tw_arena *a) {
    return row_of(a, 4, (const char *[]){"id", "ts", "name", "ok"},
                  (const tw_type *[]){&TW_TYPE_BIGINT, tw_type_with_time(a, &TW_TYPE_TIMESTAMP_3, TW_ROWTIME), &TW_TYPE_STRING, &TW_TYPE_BOOLEAN});
}

static tw_plan_node *node(tw_arena *a, tw_plan_kind kind, const tw_type *row, int ninputs, ...) {
    tw_plan_node *n = TW_NEW(a, tw_plan_node);
    const tw_plan_node **inputs = TW_NEW_ARRAY(a, const tw_plan_node *, ninputs + 1);
    va_list args;
    va_start(args, ninputs);
    for (int i = 0; i < ninputs; i++) inputs[i] = va_arg(args, tw_plan_node *);
    va_end(args);
    n->kind = kind;
    n->row = row;
    n->inputs = inputs;
    n->ninputs = ninputs;
    n->changelog = TW_APPEND;
    n->state = "none";
    n->state_bounded = true;
    return n;
}

static const int32_t *columns(tw_arena *a, int n, ...) {
    int32_t *c = TW_NEW_ARRAY(a, int32_t, n + 1);
    va_list args;
    va_start(args, n);
    for (int i = 0; i < n; i++) c[i] = va_arg(args, int);
    va_end(args);
    return c;
}

static tw_table_ref table(tw_arena *a, const char *name) {
    tw_option *o = TW_NEW_ARRAY(a, tw_option, 2);
    o[0] = (tw_option){TW_STR("path"), TW_STR("/in")};
    o[1] = (tw_option){TW_STR("csv.field-delimiter"), TW_STR(";")};
    return (tw_table_ref){tw_str_of(name), TW_STR("filesystem"), TW_STR("csv"), o, 2, event_row(a)};
}

static tw_plan_node *scan(tw_arena *a, const char *name) {
    tw_field fields[] = {{TW_STR("id"), &TW_TYPE_BIGINT},
                         event_row(a)->fields[1],
                         {TW_STR("name"), &TW_TYPE_STRING},
                         {TW_STR("ok"), &TW_TYPE_BOOLEAN},
                         {TW_STR("file.path"), &TW_TYPE_STRING}};
    tw_plan_node *n = node(a, TW_PLAN_SCAN, tw_type_row(a, fields, 5), 0);
    tw_str *keys = TW_NEW_ARRAY(a, tw_str, 1);
    keys[0] = TW_STR("file.path");
    n->u.scan = (tw_plan_scan){
        .table = table(a, name), .wanted = event_row(a), .metadata = keys, .nmetadata = 1, .bounded = true, .ordered_by_watermark = true};
    n->pos = (tw_pos){12, 2, 5, 6};
    return n;
}

static const tw_expr *call2(tw_arena *a, const char *name, const tw_type *type, const tw_expr *x, const tw_expr *y) {
    const tw_function *f = tw_function_find(tw_str_of(name));
    assert_non_null(f);
    return tw_expr_call(a, f, type, (const tw_expr *[]){x, y}, 2);
}

static const tw_expr *long_literal(tw_arena *a, int64_t v) {
    tw_value value = tw_value_of_int(&TW_TYPE_BIGINT, v);
    return tw_expr_literal(a, &value);
}

/* The scan's columns without the path, rows with id > limit. */
static tw_plan_node *calc(tw_arena *a, tw_plan_node *input, int64_t limit) {
    tw_plan_node *n = node(a, TW_PLAN_CALC, event_row(a), 1, input);
    const tw_expr **project = TW_NEW_ARRAY(a, const tw_expr *, 4);
    for (int i = 0; i < 4; i++) project[i] = tw_expr_column(a, i, input->row->fields[i].type);
    n->u.calc = (tw_plan_calc){call2(a, ">", &TW_TYPE_BOOLEAN, project[0], long_literal(a, limit)), project, 4, false};
    return n;
}

static tw_plan_node *watermark(tw_arena *a, tw_plan_node *input) {
    tw_plan_node *n = node(a, TW_PLAN_WATERMARK, input->row, 1, input);
    n->u.watermark = (tw_plan_watermark){1, tw_expr_column(a, 1, input->row->fields[1].type), 60000, TW_STR("events"), true};
    return n;
}

static tw_plan_node *exchange(tw_arena *a, tw_plan_node *input, tw_exchange_kind kind) {
    tw_plan_node *n = node(a, TW_PLAN_EXCHANGE, input->row, 1, input);
    n->u.exchange = (tw_plan_exchange){kind, columns(a, 1, 0), kind == TW_EXCHANGE_HASH};
    return n;
}

static tw_window tumble(void) {
    return (tw_window){.kind = TW_WINDOW_TUMBLE, .time_column = 1, .size_ms = 10000, .offset_ms = -1000, .start_column = -1, .end_column = -1};
}

static const tw_function *aggregate(const char *name) {
    const tw_function *f = tw_function_find(tw_str_of(name));
    return f && f->flags & TW_FN_AGGREGATE ? f : NULL;
}

/* GROUP BY id: COUNT(*) AS n, COUNT(DISTINCT name) FILTER (WHERE ok) AS d, with the window's bounds when it has one. */
static tw_plan_node *agg(tw_arena *a, tw_plan_kind kind, tw_plan_node *input, tw_window window) {
    bool numbered = window.kind == TW_WINDOW_COUNT, windowed = kind != TW_PLAN_GROUP_AGG && !numbered && window.kind != TW_WINDOW_GLOBAL;
    const tw_type *row = row_of(
        a, numbered ? 4 : 3 + windowed * 3, (const char *[]){"id", "n", "d", numbered ? "window_id" : "window_start", "window_end", "window_time"},
        (const tw_type *[]){&TW_TYPE_BIGINT, &TW_TYPE_BIGINT, &TW_TYPE_BIGINT, numbered ? &TW_TYPE_BIGINT : &TW_TYPE_TIMESTAMP_3,
                            &TW_TYPE_TIMESTAMP_3, input->row->fields[1].type});
    tw_plan_node *n = node(a, kind, row, 1, input);
    tw_agg_call *calls = TW_NEW_ARRAY(a, tw_agg_call, 2);
    const tw_function *count = aggregate("COUNT");
    calls[0] = (tw_agg_call){.function = count, .type = &TW_TYPE_BIGINT, .filter = -1, .name = TW_STR("n")};
    calls[1] = (tw_agg_call){count, &TW_TYPE_BIGINT, columns(a, 1, 2), 1, 3, true, true, TW_STR("d")};
    n->u.agg = (tw_plan_agg){.keys = columns(a, 1, 0),
                             .nkeys = 1,
                             .calls = calls,
                             .ncalls = 2,
                             .window = window,
                             .gives_start = windowed,
                             .gives_end = windowed,
                             .gives_time = windowed,
                             .gives_number = numbered,
                             .keep = numbered ? 3 : -1,
                             .input_append = true,
                             .late_table = TW_STR("e"),
                             .emit = {.mode = TW_EMIT_EVERY, .every_ms = 5000, .processing_time = true, .lateness_ms = 86400000},
                             .ttl_ms = 3600000};
    n->changelog = TW_RETRACT;
    n->upsert_key = columns(a, 1, 0);
    n->nupsert_key = 1;
    n->state = windowed ? "bounded by watermark" : "grows with keys";
    n->state_bounded = windowed;
    return n;
}

static tw_plan_node *sort(tw_arena *a, tw_plan_kind kind, tw_plan_node *input) {
    tw_sort_key *keys = TW_NEW_ARRAY(a, tw_sort_key, 2);
    keys[0] = (tw_sort_key){1, false, true};
    keys[1] = (tw_sort_key){0, true, false};
    const tw_type *row = input->row;
    if (kind == TW_PLAN_TOP_N) {
        tw_field fields[17];
        memcpy(fields, row->fields, sizeof *fields * (size_t)row->nfields);
        fields[row->nfields] = (tw_field){TW_STR("rank"), &TW_TYPE_BIGINT};
        row = tw_type_row(a, fields, row->nfields + 1);
    }
    tw_plan_node *n = node(a, kind, row, 1, input);
    n->u.sort = (tw_plan_sort){.keys = keys,
                               .nkeys = kind == TW_PLAN_LIMIT ? 0 : 2,
                               .by_time = kind == TW_PLAN_SORT,
                               .offset = 3,
                               .limit = 10,
                               .partition = columns(a, 1, 2),
                               .npartition = kind == TW_PLAN_TOP_N,
                               .gives_rank = kind == TW_PLAN_TOP_N};
    return n;
}

static tw_plan_node *window_tvf(tw_arena *a, tw_plan_node *input, tw_window window) {
    tw_field fields[7];
    memcpy(fields, input->row->fields, sizeof *fields * 4);
    for (int i = 4; i < 7; i++)
        fields[i] = (tw_field){tw_str_of((const char *[]){"window_start", "window_end", "window_time"}[i - 4]), &TW_TYPE_TIMESTAMP_3};
    tw_plan_node *n = node(a, TW_PLAN_WINDOW, tw_type_row(a, fields, 7), 1, input);
    n->u.window = window;
    return n;
}

static tw_plan_node *count_tvf(tw_arena *a, tw_plan_node *input, tw_window window) {
    tw_field fields[5];
    memcpy(fields, input->row->fields, sizeof *fields * 4);
    fields[4] = (tw_field){TW_STR("window_id"), &TW_TYPE_BIGINT};
    tw_plan_node *n = node(a, TW_PLAN_COUNT_WINDOW, tw_type_row(a, fields, 5), 1, input);
    n->u.window = window;
    return n;
}

static tw_plan_node *expand(tw_arena *a, tw_plan_node *input) {
    const tw_type *row = row_of(a, 2, (const char *[]){"id", "expand_id"}, (const tw_type *[]){&TW_TYPE_BIGINT, &TW_TYPE_BIGINT});
    tw_plan_node *n = node(a, TW_PLAN_EXPAND, row, 1, input);
    const tw_expr *const **sets = TW_NEW_ARRAY(a, const tw_expr *const *, 2);
    tw_value null = tw_value_null(&TW_TYPE_BIGINT);
    for (int s = 0; s < 2; s++) {
        const tw_expr **set = TW_NEW_ARRAY(a, const tw_expr *, 2);
        tw_value id = tw_value_of_int(&TW_TYPE_BIGINT, s);
        set[0] = s ? tw_expr_literal(a, &null) : tw_expr_column(a, 0, &TW_TYPE_BIGINT);
        set[1] = tw_expr_literal(a, &id);
        sets[s] = set;
    }
    n->u.expand = (tw_plan_expand){sets, 2};
    return n;
}

static tw_plan_node *values(tw_arena *a) {
    tw_plan_node *n = node(a, TW_PLAN_VALUES, event_row(a), 0);
    const tw_value **rows = TW_NEW_ARRAY(a, const tw_value *, 2);
    for (int r = 0; r < 2; r++) {
        tw_value *v = TW_NEW_ARRAY(a, tw_value, 4);
        v[0] = tw_value_of_int(&TW_TYPE_BIGINT, INT64_MIN + r);
        v[1] = tw_value_of_int(&TW_TYPE_TIMESTAMP_3, 1000 * r);
        v[2] = r ? tw_value_null(&TW_TYPE_STRING) : tw_value_of_str(&TW_TYPE_STRING, TW_STR("it's"));
        v[3] = tw_value_of_int(&TW_TYPE_BOOLEAN, r);
        rows[r] = v;
    }
    n->u.values = (tw_plan_values){rows, 2};
    return n;
}

static tw_plan_node *side(tw_arena *a) {
    tw_plan_node *n = node(a, TW_PLAN_SIDE_SCAN, event_row(a), 0);
    n->u.side = (tw_plan_side){TW_SIDE_LATE, TW_STR("events")};
    return n;
}

static tw_plan_node *sink(tw_arena *a, tw_plan_node *input, bool collect) {
    tw_plan_node *n = node(a, TW_PLAN_SINK, input->row, 1, input);
    n->u.sink = (tw_plan_sink){.collect = collect, .primary_key = columns(a, 1, 0), .nprimary_key = 1};
    if (!collect) n->u.sink.table = table(a, "out");
    return n;
}

static tw_plan finish(fixture *f, tw_plan_node *const *roots, int n) {
    tw_plan plan = {.every_change = true};
    tw_error error;
    assert_int_equal(tw_plan_finish(&f->arena, roots, n, &plan, &error), TW_OK);
    return plan;
}

/* Every kind of node, every kind of window; several roots. Aggregations only when the function table has COUNT. */
/* The same counts without DISTINCT in two halves. */
static tw_plan_node *two_phases(tw_arena *a, tw_plan_kind kind, tw_plan_node *input) {
    int n = input->row->nfields;
    tw_field *fields = TW_NEW_ARRAY(a, tw_field, n + 1);
    memcpy(fields, input->row->fields, sizeof *fields * (size_t)n);
    fields[n] = (tw_field){TW_STR("$partial"), &TW_TYPE_BYTES};
    tw_plan_node *local = node(a, TW_PLAN_LOCAL_AGG, tw_type_row(a, fields, n + 1), 1, input);
    tw_plan_node *global = agg(a, kind, exchange(a, local, TW_EXCHANGE_HASH), tumble());
    local->u.agg = global->u.agg;
    local->u.agg.windowed = kind == TW_PLAN_WINDOW_AGG;
    global->u.agg.merges = true;
    return global;
}

static tw_plan everything(fixture *f) {
    tw_arena *a = &f->arena;
    tw_plan_node *roots[24];
    int n = 0;
    tw_plan_node *events = watermark(a, calc(a, scan(a, "events"), 5));
    tw_plan_node *all = node(a, TW_PLAN_UNION, event_row(a), 3, events, values(a), side(a));
    roots[n++] = sink(a, exchange(a, all, TW_EXCHANGE_SINGLE), false);
    roots[n++] = sink(a, sort(a, TW_PLAN_SORT, all), true);
    roots[n++] = sink(a, sort(a, TW_PLAN_LIMIT, all), true);
    roots[n++] = sink(a, sort(a, TW_PLAN_TOP_N, all), true);
    roots[n++] = sink(a, expand(a, all), true);
    tw_plan_node *constraint = node(a, TW_PLAN_CONSTRAINT, event_row(a), 1, all);
    constraint->u.constraint = (tw_plan_constraint){.drop_nulls = true, .nested = TW_NESTED_ROWS, .lengths = TW_LENGTH_TRIM_PAD};
    roots[n++] = sink(a, constraint, true);
    tw_window hop = {.kind = TW_WINDOW_HOP, .time_column = 1, .size_ms = 60000, .step_ms = 1500, .start_column = -1, .end_column = -1};
    tw_window session = {.kind = TW_WINDOW_SESSION, .time_column = 1, .gap_ms = 7200000, .partition = columns(a, 1, 0), .npartition = 1};
    tw_window count = {.kind = TW_WINDOW_COUNT, .time_column = -1, .size_ms = 100, .step_ms = 10, .start_column = -1, .end_column = -1};
    roots[n++] = sink(a, window_tvf(a, events, hop), true);
    roots[n++] = sink(a, window_tvf(a, events, session), true);
    roots[n++] = sink(a, count_tvf(a, events, count), true);
    if (aggregate("COUNT")) {
        tw_plan_node *keyed = exchange(a, events, TW_EXCHANGE_HASH);
        tw_window cumulate = hop, attached = {.kind = TW_WINDOW_ATTACHED, .time_column = -1, .start_column = 4, .end_column = 5}, global = count;
        cumulate.kind = TW_WINDOW_CUMULATE;
        global.kind = TW_WINDOW_GLOBAL;
        roots[n++] = sink(a, agg(a, TW_PLAN_GROUP_AGG, keyed, tumble()), true);
        roots[n++] = sink(a, agg(a, TW_PLAN_WINDOW_AGG, keyed, tumble()), true);
        roots[n++] = sink(a, agg(a, TW_PLAN_WINDOW_AGG, keyed, cumulate), true);
        roots[n++] = sink(a, agg(a, TW_PLAN_WINDOW_AGG, window_tvf(a, keyed, tumble()), attached), true);
        roots[n++] = sink(a, agg(a, TW_PLAN_SESSION_AGG, keyed, session), true);
        roots[n++] = sink(a, agg(a, TW_PLAN_COUNT_AGG, keyed, count), true);
        roots[n++] = sink(a, agg(a, TW_PLAN_TRIGGER_AGG, keyed, global), true);
        roots[n++] = sink(a, two_phases(a, TW_PLAN_GROUP_AGG, events), true);
        roots[n++] = sink(a, two_phases(a, TW_PLAN_WINDOW_AGG, events), true);
    }
    return finish(f, roots, n);
}

static tw_buf written(fixture *f, const tw_plan *plan) {
    tw_buf out;
    tw_buf_init(&out, &f->mem, 0);
    tw_plan_write(&out, plan);
    assert_false(out.failed);
    return out;
}

static tw_str bytes_of(const tw_buf *buf) { return (tw_str){buf->data, buf->length}; }

/* --- order and ids --- */

static void test_order(void **state) {
    fixture *f = *state;
    tw_plan plan = everything(f);
    bool kinds[TW_PLAN_KIND_COUNT] = {false};
    for (int i = 0; i < plan.nnodes; i++) {
        const tw_plan_node *n = plan.nodes[i];
        kinds[n->kind] = true;
        assert_int_equal(n->index, i);
        for (int k = 0; k < n->ninputs; k++) assert_true(n->inputs[k]->index < i);
        for (int k = 0; k < i; k++) assert_true(plan.nodes[k]->id != n->id && plan.nodes[k] != n);
    }
    for (int k = 0; k < TW_PLAN_KIND_COUNT; k++) {
        bool is_agg = k >= TW_PLAN_WINDOW_AGG && k <= TW_PLAN_LOCAL_AGG;
        assert_true(kinds[k] || (is_agg && !aggregate("COUNT")));
        assert_true(strcmp(tw_plan_kind_name((tw_plan_kind)k), "?") != 0);
    }
    tw_plan none = finish(f, NULL, 0);
    assert_int_equal(none.nnodes, 0);
}

static void test_ids(void **state) {
    fixture *f = *state;
    tw_arena *a = &f->arena;
    tw_plan_node *one = sink(a, calc(a, scan(a, "x"), 1), true), *two = sink(a, calc(a, scan(a, "y"), 2), true);
    finish(f, (tw_plan_node *[]){one, two}, 2);
    uint64_t id1 = one->inputs[0]->id, id2 = two->inputs[0]->id;
    assert_true(id1 != id2);
    /* one alone; other positions, names and order of options */
    tw_plan_node *again = sink(a, calc(a, scan(a, "z"), 1), true);
    tw_plan_node *source = (tw_plan_node *)again->inputs[0]->inputs[0];
    tw_option swapped[] = {source->u.scan.table.options[1], source->u.scan.table.options[0]};
    source->u.scan.table.options = swapped;
    source->pos.line = 99;
    ((tw_plan_node *)again->inputs[0])->row = row_of(
        a, 4, (const char *[]){"a", "b", "c", "d"},
        (const tw_type *[]){&TW_TYPE_BIGINT, again->inputs[0]->row->fields[1].type, &TW_TYPE_STRING, &TW_TYPE_BOOLEAN});
    finish(f, (tw_plan_node *[]){again}, 1);
    assert_true(again->inputs[0]->id == id1);
    swapped[0].value = TW_STR("/elsewhere");
    finish(f, (tw_plan_node *[]){again}, 1);
    assert_true(again->inputs[0]->id != id1);
}

/* Unrelated statements in between or in another order leave an operator its id; equal ones are told apart by their order. */
static void test_ids_reordered(void **state) {
    fixture *f = *state;
    tw_arena *a = &f->arena;
    uint64_t first = 0, second = 0;
    for (int variant = 0; variant < 3; variant++) {
        tw_plan_node *s = scan(a, "t");
        tw_plan_node *p = sink(a, exchange(a, s, TW_EXCHANGE_HASH), true), *q = sink(a, exchange(a, s, TW_EXCHANGE_HASH), true);
        tw_plan_node *other = sink(a, values(a), true), *more = sink(a, sort(a, TW_PLAN_SORT, s), true);
        if (variant == 0) finish(f, (tw_plan_node *[]){p, q}, 2);
        if (variant == 1) finish(f, (tw_plan_node *[]){other, p, more, q}, 4);
        if (variant == 2) finish(f, (tw_plan_node *[]){p, more, q, other}, 4);
        if (variant == 0) first = p->inputs[0]->id, second = q->inputs[0]->id;
        assert_true(first != second);
        assert_true(p->inputs[0]->id == first && q->inputs[0]->id == second);
    }
}

/* --- the binary form --- */

static void test_round_trip(void **state) {
    fixture *f = *state;
    tw_plan plan = everything(f), back;
    tw_buf bytes = written(f, &plan);
    tw_error error;
    tw_session session = {0};
    assert_int_equal(tw_plan_read(&f->arena, bytes_of(&bytes), &session, &back, &error), TW_OK);
    tw_buf again = written(f, &back);
    assert_int_equal(again.length, bytes.length);
    assert_memory_equal(again.data, bytes.data, bytes.length);
    assert_int_equal(back.nnodes, plan.nnodes);
    assert_true(back.session == &session && back.every_change && !back.fail_on_error);
    tw_plan_node *roots[24];
    int nroots = 0;
    for (int i = 0; i < plan.nnodes; i++) {
        assert_true(back.nodes[i]->id == plan.nodes[i]->id);
        if (back.nodes[i]->kind == TW_PLAN_SINK) roots[nroots++] = (tw_plan_node *)back.nodes[i];
    }
    tw_plan anew = finish(f, roots, nroots); /* ids are a function of what was read */
    for (int i = 0; i < plan.nnodes; i++) assert_true(anew.nodes[i]->id == plan.nodes[i]->id);
    tw_buf_free(&again);
    tw_buf_free(&bytes);
}

static void test_empty_plan(void **state) {
    fixture *f = *state;
    tw_plan plan = finish(f, NULL, 0), back;
    tw_buf bytes = written(f, &plan);
    tw_error error;
    assert_int_equal(tw_plan_read(&f->arena, bytes_of(&bytes), NULL, &back, &error), TW_OK);
    assert_int_equal(back.nnodes, 0);
    assert_int_equal(tw_plan_read(&f->arena, TW_STR(""), NULL, &back, &error), TW_E_CORRUPT);
    bytes.data[4] = 77;
    assert_int_equal(tw_plan_read(&f->arena, bytes_of(&bytes), NULL, &back, &error), TW_E_UNSUPPORTED);
    tw_buf_free(&bytes);
}

static void fix_checksum(char *bytes, size_t length) {
    uint32_t crc = tw_crc32c(0, bytes + 12, length - 12);
    for (int i = 0; i < 4; i++) bytes[8 + i] = (char)(crc >> (8 * i));
}

/* Reads in an arena of its own; what can be read can be printed, written and finished too. */
static tw_status read_damaged(fixture *f, const char *bytes, size_t length) {
    tw_mem mem;
    tw_arena arena;
    tw_mem_init(&mem, NULL, 64 << 20);
    tw_arena_init(&arena, &mem, 4096);
    char *exact = tw_malloc(&f->mem, length); /* so that a sanitizer sees the end */
    memcpy(exact, bytes, length);
    tw_plan plan;
    tw_error error = {0};
    tw_status status = tw_plan_read(&arena, (tw_str){exact, length}, NULL, &plan, &error);
    if (status == TW_OK) {
        tw_buf text;
        tw_buf_init(&text, &mem, 0);
        tw_plan_print(&text, &plan);
        tw_buf_clear(&text);
        tw_plan_write(&text, &plan);
        tw_buf_free(&text);
    } else {
        assert_true(error.status == status && error.message[0]);
    }
    tw_free(&f->mem, exact, length);
    tw_arena_free(&arena);
    assert_int_equal(mem.used, 0);
    return status;
}

static void test_truncated(void **state) {
    fixture *f = *state;
    tw_plan plan = everything(f);
    tw_buf bytes = written(f, &plan);
    char *copy = tw_malloc(&f->mem, bytes.length);
    for (size_t n = 0; n < bytes.length; n += n < 300 ? 1 : 7) {
        memcpy(copy, bytes.data, n);
        assert_int_equal(read_damaged(f, copy, n), TW_E_CORRUPT);
        if (n < 12) continue;
        fix_checksum(copy, n);
        assert_true(read_damaged(f, copy, n) != TW_OK);
    }
    tw_free(&f->mem, copy, bytes.length);
    tw_buf_free(&bytes);
}

static void test_flipped(void **state) {
    fixture *f = *state;
    tw_plan plan = everything(f);
    tw_buf bytes = written(f, &plan);
    char *copy = tw_malloc(&f->mem, bytes.length);
    tw_prng prng = {7};
    for (int run = 0; run < 3000; run++) {
        memcpy(copy, bytes.data, bytes.length);
        int flips = 1 + (int)tw_prng_below(&prng, 3);
        for (int i = 0; i < flips; i++) copy[12 + tw_prng_below(&prng, bytes.length - 12)] = (char)tw_prng_next(&prng);
        if (memcmp(copy, bytes.data, bytes.length) != 0) assert_int_equal(read_damaged(f, copy, bytes.length), TW_E_CORRUPT);
        fix_checksum(copy, bytes.length);
        read_damaged(f, copy, bytes.length);
    }
    tw_free(&f->mem, copy, bytes.length);
    tw_buf_free(&bytes);
}

/* Each allocation of finishing, writing, reading and printing fails once. */
static void test_no_memory(void **state) {
    fixture *f = *state;
    tw_plan plan = everything(f);
    tw_buf bytes = written(f, &plan);
    tw_plan_node *roots[24];
    int nroots = 0;
    for (int i = 0; i < plan.nnodes; i++)
        if (plan.nodes[i]->kind == TW_PLAN_SINK) roots[nroots++] = (tw_plan_node *)plan.nodes[i];
    bool done = false;
    for (int nth = 1; !done; nth++) {
        tw_mem mem;
        tw_arena arena;
        tw_buf out;
        tw_mem_init(&mem, NULL, 0);
        tw_arena_init(&arena, &mem, 64);
        tw_buf_init(&out, &mem, 0);
        mem.fail_at = nth;
        tw_plan back;
        tw_error error;
        tw_status status = tw_plan_read(&arena, bytes_of(&bytes), NULL, &back, &error);
        if (status == TW_OK) status = tw_plan_finish(&arena, roots, nroots, &back, &error);
        if (status == TW_OK) tw_plan_write(&out, &back);
        if (status == TW_OK) tw_plan_print(&out, &back);
        done = status == TW_OK && !out.failed;
        assert_true(done || status == TW_E_NOMEM || out.failed);
        assert_true(!done || mem.fail_at > 0);
        tw_buf_free(&out);
        tw_arena_free(&arena);
        assert_int_equal(mem.used, 0);
    }
    tw_buf_free(&bytes);
}

/* What a reader must refuse although every byte is well-formed. */
static void test_misfits(void **state) {
    fixture *f = *state;
    tw_arena *a = &f->arena;
    for (int wrong = 0; wrong < 9; wrong++) {
        tw_plan_node *s = scan(a, "t"), *w = watermark(a, calc(a, s, 1)), *c = (tw_plan_node *)w->inputs[0];
        tw_plan_node *root = sink(a, w, true);
        tw_window sizeless = tumble();
        sizeless.size_ms = 0;
        switch (wrong) {
        case 0: break; /* nothing wrong */
        case 1: c->u.calc.nproject = 3; break;
        case 2: c->u.calc.filter = tw_expr_column(a, 77, &TW_TYPE_BOOLEAN); break;
        case 3: c->u.calc.filter = tw_expr_column(a, 0, &TW_TYPE_BIGINT); break;
        case 4: w->u.watermark.column = 0; break;
        case 5: w->row = row_of(a, 1, (const char *[]){"x"}, (const tw_type *[]){&TW_TYPE_BIGINT}); break;
        case 6: root = sink(a, window_tvf(a, w, sizeless), true); break;
        case 7: s->u.scan.nmetadata = 0; break;
        case 8: root = sink(a, root, true); break;
        }
        tw_plan plan = finish(f, (tw_plan_node *[]){root}, 1), back;
        tw_buf bytes = written(f, &plan);
        tw_error error;
        assert_int_equal(tw_plan_read(a, bytes_of(&bytes), NULL, &back, &error), wrong ? TW_E_CORRUPT : TW_OK);
        tw_buf_free(&bytes);
    }
}

/* --- EXPLAIN --- */

static void check_print(fixture *f, tw_plan_node *const *roots, int n, const char *want) {
    tw_plan plan = finish(f, roots, n);
    tw_buf out;
    tw_buf_init(&out, &f->mem, 0);
    tw_plan_print(&out, &plan);
    tw_buf_byte(&out, 0);
    assert_string_equal(out.data, want);
    tw_buf_free(&out);
}

static void test_print(void **state) {
    fixture *f = *state;
    tw_arena *a = &f->arena;
    tw_plan_node *in = watermark(a, calc(a, scan(a, "events"), 5));
    tw_plan_node *window = window_tvf(a, in, tumble());
    window->processing_time = true;
    check_print(f, (tw_plan_node *[]){sink(a, window, false)}, 1,
                "Sink(table=[out], fields=[id, ts, name, ok, window_start, window_end, window_time], connector=[filesystem], primaryKey=[id], "
                "changelogMode=[I])\n"
                "+- WindowTableFunction(window=[TUMBLE(ts, 10 s, offset -1 s)], changelogMode=[I], processing time)\n"
                "   +- WatermarkAssigner(rowtime=[ts], watermark=[ts], idleTimeout=[1 min], changelogMode=[I])\n"
                "      +- Calc(select=[id, ts, name, ok], where=[>(id, 5)], changelogMode=[I])\n"
                "         +- TableSourceScan(table=[events], fields=[id, ts, name, ok, file.path], connector=[filesystem], metadata=[file.path], "
                "bounded=[true], changelogMode=[I])\n");
}

static void test_print_reused(void **state) {
    fixture *f = *state;
    tw_arena *a = &f->arena;
    tw_plan_node *v = values(a), *u = node(a, TW_PLAN_UNION, event_row(a), 2, v, sort(a, TW_PLAN_TOP_N, v));
    u->changelog = TW_UPSERT;
    u->state = "grows with keys";
    u->state_bounded = false;
    u->upsert_key = columns(a, 2, 0, 2);
    u->nupsert_key = 2;
    check_print(f, (tw_plan_node *[]){sink(a, u, true), sink(a, exchange(a, v, TW_EXCHANGE_HASH), true)}, 2,
                "Sink(table=[*collect*], fields=[id, ts, name, ok], primaryKey=[id], changelogMode=[I])\n"
                "+- Union(union=[id, ts, name, ok], changelogMode=[I,UA,D], upsertKey=[id, name], state=[unbounded: grows with keys])\n"
                "   :- Values(tuples=[{-9223372036854775808, 1970-01-01 00:00:00.000, 'it''s', false}, {-9223372036854775807, 1970-01-01 "
                "00:00:01.000, null:STRING, true}], changelogMode=[I])(reuse_id=[1])\n"
                "   +- Rank(partitionBy=[name], orderBy=[ts ASC, id DESC], offset=[3], fetch=[10], outputRank=[true], changelogMode=[I])\n"
                "      +- Reused(reference_id=[1])\n"
                "\n"
                "Sink(table=[*collect*], fields=[id, ts, name, ok], primaryKey=[id], changelogMode=[I])\n"
                "+- Exchange(distribution=[hash[id]], changelogMode=[I])\n"
                "   +- Reused(reference_id=[1])\n");
}

static void test_print_aggregations(void **state) {
    fixture *f = *state;
    tw_arena *a = &f->arena;
    if (!aggregate("COUNT")) return;
    tw_window session = {.kind = TW_WINDOW_SESSION, .time_column = 1, .gap_ms = 7200000};
    check_print(f, (tw_plan_node *[]){sink(a, agg(a, TW_PLAN_SESSION_AGG, values(a), session), true)}, 1,
                "Sink(table=[*collect*], fields=[id, n, d, window_start, window_end, window_time], primaryKey=[id], changelogMode=[I])\n"
                "+- SessionWindowAggregate(keys=[id], window=[SESSION(ts, gap 2 h)], aggs=[COUNT(*) AS n, COUNT_RETRACT(DISTINCT name) FILTER ok AS "
                "d], windowProperties=[start, end, time], emit=[every 5 s of processing time], allowedLateness=[1 d], ttl=[1 h], "
                "changelogMode=[I,UB,UA,D], upsertKey=[id], state=[bounded by watermark])\n"
                "   +- Values(tuples=[{-9223372036854775808, 1970-01-01 00:00:00.000, 'it''s', false}, {-9223372036854775807, 1970-01-01 "
                "00:00:01.000, null:STRING, true}], changelogMode=[I])\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids_reordered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_plan, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flipped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_misfits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_print, setup, teardown),
        cmocka_unit_test_setup_teardown(test_print_reused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_print_aggregations, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
