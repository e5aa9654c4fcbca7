#include "main/script.h"

#include <stdlib.h>

#include "main/monitor.h"
#include "main/registry.h"

struct tw_script {
    tw_script_options options;
    tw_mem *mem;
    tw_os os;
    const tw_registry *registry;
    tw_sql *sql;
    tw_side_store *side;
    const tw_rel **pending; /* INSERTs to be run */
    int32_t npending, pending_capacity;
    bool pending_unbounded;
    tw_mem shown; /* of the result: sinks write it from the shards' threads, under a lock */
    tw_result *result;
    tw_error result_error;
    tw_script_totals totals;
};

enum { SIDE_BYTES = 64 << 20, JOB_INSERTS_MAX = 1000 };

tw_status tw_script_open(tw_mem *mem, const tw_script_options *options, tw_script **out, tw_error *error) {
    tw_script *s = tw_calloc(mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->options = *options;
    s->registry = options->live ? tw_live_registry(options->live) : &TW_REGISTRY;
    s->mem = mem;
    tw_mem_init(&s->shown, s->mem, 0);
    tw_os_real(&s->os);
    tw_status status = tw_side_store_open(s->mem, SIDE_BYTES, &s->side);
    if (status != TW_OK) tw_fail(error, status, "out of memory");
    if (status == TW_OK) status = tw_sql_open(s->mem, s->registry, tw_wall_ms(&s->os), &s->sql, error);
    if (status != TW_OK) {
        tw_script_close(s);
        return status;
    }
    *out = s;
    return TW_OK;
}

void tw_script_close(tw_script *s) {
    if (!s) return;
    tw_free(s->mem, s->pending, sizeof *s->pending * (size_t)s->pending_capacity);
    tw_sql_close(s->sql);
    tw_side_store_close(s->side);
    tw_mem_close(&s->shown);
    tw_free(s->mem, s, sizeof *s);
}

const tw_script_totals *tw_script_get_totals(const tw_script *s) { return &s->totals; }
tw_sql *tw_script_sql(tw_script *s) { return s->sql; }

/* --- jobs --- */

static tw_status collect(void *context, const tw_plan_node *sink, const tw_batch *batch) {
    tw_script *s = context;
    (void)sink;
    return tw_result_push(s->result, batch, &s->result_error);
}

static const tw_plan_node *collecting_sink(const tw_plan *plan) {
    for (int i = 0; i < plan->nnodes; i++)
        if (plan->nodes[i]->kind == TW_PLAN_SINK && plan->nodes[i]->u.sink.collect) return plan->nodes[i];
    return NULL;
}

static tw_status open_result(tw_script *s, const tw_plan *plan, bool bounded, tw_error *error) {
    const tw_plan_node *sink = collecting_sink(plan);
    if (!sink) return TW_OK;
    const tw_plan_node *input = sink->inputs[0];
    return tw_result_open(&s->shown, plan->session, input->row, s->options.format, input->changelog != TW_APPEND, bounded, s->options.out, &s->result,
                          error);
}

static tw_status run_job(tw_script *s, const tw_plan *plan, tw_error *error) {
    tw_job_options options = s->options.job;
    options.collect = collect;
    options.collect_context = s;
    options.out = s->options.out;
    options.side = s->side;
    if (!s->options.replay_given && options.replay_speed == 0)
        options.replay_speed = strtod(tw_sql_setting(s->sql, "thalweg.replay-speed").data, NULL);
    tw_job *job;
    tw_monitor monitor;
    TW_TRY(tw_job_open(s->mem, &s->os, s->registry, plan, &options, &job, error));
    int64_t begin = tw_mono_ns(&s->os);
    tw_status status = tw_monitor_start(&monitor, job, &s->os, s->options.progress, s->options.live, error);
    if (status == TW_OK) {
        status = tw_job_run(job, error);
        tw_monitor_stop(&monitor);
    }
    tw_job_stats stats;
    tw_job_get_stats(job, &stats);
    s->totals.rows_in += stats.rows_in;
    s->totals.rows_out += stats.rows_out;
    s->totals.ns += tw_mono_ns(&s->os) - begin;
    s->totals.jobs++;
    tw_job_close(job);
    return status;
}

static tw_status run_roots(tw_script *s, const tw_rel *const *roots, int32_t n, bool bounded, tw_error *error) {
    tw_plan *plan;
    TW_TRY(tw_sql_plan(s->sql, roots, n, &plan, error));
    TW_TRY(open_result(s, plan, bounded, error));
    s->result_error = (tw_error){0};
    tw_status status = run_job(s, plan, error);
    if (s->result_error.status) *error = s->result_error;
    if (s->result && (status == TW_OK || status == TW_E_CANCELLED)) {
        tw_error finish;
        tw_status finished = tw_result_finish(s->result, &finish);
        if (status == TW_OK && finished != TW_OK) {
            *error = finish;
            status = finished;
        }
    }
    tw_result_close(s->result);
    s->result = NULL;
    return status;
}

static tw_status flush(tw_script *s, tw_error *error) {
    int32_t n = s->npending;
    s->npending = 0;
    bool bounded = !s->pending_unbounded;
    s->pending_unbounded = false;
    return n ? run_roots(s, s->pending, n, bounded, error) : TW_OK;
}

static tw_status gather(tw_script *s, const tw_rel *root, tw_error *error) {
    if (!tw_grow(s->mem, &s->pending, s->npending, &s->pending_capacity, 16, sizeof *s->pending)) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->pending[s->npending++] = root;
    s->pending_unbounded |= !tw_sql_is_bounded(s->sql, root);
    return TW_OK;
}

static tw_status insert(tw_script *s, const tw_sql_result *r, tw_error *error) {
    bool depends = false;
    for (int32_t i = 0; i < r->nroots; i++) depends |= tw_sql_reads_output(r->roots[i], s->pending, s->npending);
    if (depends || (s->npending >= JOB_INSERTS_MAX && !s->pending_unbounded)) TW_TRY(flush(s, error));
    for (int32_t i = 0; i < r->nroots; i++) TW_TRY(gather(s, r->roots[i], error));
    return TW_OK;
}

static tw_status query(tw_script *s, const tw_sql_result *r, tw_error *error) {
    if (!s->pending_unbounded || tw_sql_reads_output(r->roots[0], s->pending, s->npending)) TW_TRY(flush(s, error));
    TW_TRY(gather(s, r->roots[0], error));
    return flush(s, error);
}

/* --- statements --- */

static tw_status show_rows(tw_script *s, const tw_sql_result *r, tw_error *error) {
    if (r->plain) {
        for (int32_t i = 0; i < r->nrows; i++) fprintf(s->options.out, "%.*s\n", TW_STR_ARG(r->rows[i][0].u.str));
        return TW_OK;
    }
    tw_session session = {.zone = TW_ZONE_UTC, .zone_id = "UTC"};
    TW_TRY(tw_result_open(&s->shown, &session, r->row, s->options.format, false, true, s->options.out, &s->result, error));
    tw_status status = TW_OK;
    tw_arena arena;
    tw_arena_init(&arena, s->mem, 4096);
    tw_column *columns = tw_arena_calloc(&arena, sizeof *columns * (size_t)r->row->nfields);
    for (int32_t i = 0; i < r->nrows && status == TW_OK && columns; i++) {
        for (int32_t c = 0; c < r->row->nfields && status == TW_OK; c++)
            if (tw_value_to_column(&arena, &r->rows[i][c], &columns[c]) != TW_OK) status = tw_fail(error, TW_E_NOMEM, "out of memory");
        tw_batch batch = {.rows = 1, .ncolumns = r->row->nfields, .columns = columns};
        if (status == TW_OK) status = tw_result_push(s->result, &batch, error);
    }
    if (!columns) status = tw_fail(error, TW_E_NOMEM, "out of memory");
    if (status == TW_OK) status = tw_result_finish(s->result, error);
    tw_result_close(s->result);
    s->result = NULL;
    tw_arena_free(&arena);
    return status;
}

static tw_status execute(tw_script *s, tw_str text, const tw_ast_statement *statement, tw_error *error) {
    tw_sql_result r;
    /* settings are read when a job is planned: what was gathered under the old ones runs first, if it can end */
    bool settings = statement->kind == TW_AST_SET || statement->kind == TW_AST_RESET;
    if (settings && !s->pending_unbounded) TW_TRY(flush(s, error));
    TW_TRY(tw_sql_execute(s->sql, text, statement, &r, error));
    switch (r.kind) {
    case TW_SQL_DONE: return TW_OK;
    case TW_SQL_ROWS: return show_rows(s, &r, error);
    case TW_SQL_INSERT: return insert(s, &r, error);
    case TW_SQL_SELECT: return query(s, &r, error);
    }
    return TW_OK;
}

static tw_status keep_text(tw_script *s, tw_str text, tw_str *kept, tw_error *error) {
    char *copy = tw_arena_strndup(tw_sql_arena(s->sql), text.data, text.length);
    if (!copy) return tw_fail(error, TW_E_NOMEM, "out of memory");
    *kept = (tw_str){copy, text.length};
    return TW_OK;
}

/* Errors of the front end, operators and connectors alike: what the limit was, and how to raise it. */
static tw_status explain_memory(const tw_script *s, tw_status status, tw_error *error) {
    if (status != TW_E_NOMEM || !s->mem->limit) return status;
    tw_error_detail(error, "the memory budget of %zu kB is used up", s->mem->limit >> 10);
    tw_error_hint(error, "give more with --memory, such as --memory '%zu mb'; fewer --shards take less", (s->mem->limit >> 19) + 1);
    return status;
}

static tw_status run(tw_script *s, tw_str text, tw_error *error) {
    tw_parse parse;
    tw_ast_statement *statement;
    TW_TRY(keep_text(s, text, &text, error));
    tw_parse_begin(&parse, tw_sql_arena(s->sql), text);
    for (;;) {
        tw_status status = tw_parse_next(&parse, &statement, error);
        if (status == TW_END) return flush(s, error);
        if (status == TW_OK) status = execute(s, text, statement, error);
        if (status != TW_OK) return status;
        if (tw_interrupted()) return tw_fail(error, TW_E_CANCELLED, "stopped");
    }
}

tw_status tw_script_run(tw_script *s, tw_str text, tw_error *error) { return explain_memory(s, run(s, text, error), error); }

static tw_status explain(tw_script *s, tw_str text, tw_ast_statement *statement, tw_error *error) {
    tw_ast_statement wrapped = {.kind = TW_AST_EXPLAIN, .pos = statement->pos};
    wrapped.explain.statement = statement;
    bool plans = statement->kind == TW_AST_QUERY || statement->kind == TW_AST_INSERT || statement->kind == TW_AST_STATEMENT_SET;
    tw_sql_result r;
    TW_TRY(tw_sql_execute(s->sql, text, plans ? &wrapped : statement, &r, error));
    return r.kind == TW_SQL_ROWS ? show_rows(s, &r, error) : TW_OK;
}

static tw_status explain_all(tw_script *s, tw_str text, tw_error *error) {
    tw_parse parse;
    tw_ast_statement *statement;
    TW_TRY(keep_text(s, text, &text, error));
    tw_parse_begin(&parse, tw_sql_arena(s->sql), text);
    for (;;) {
        tw_status status = tw_parse_next(&parse, &statement, error);
        if (status == TW_END) return TW_OK;
        if (status == TW_OK) status = explain(s, text, statement, error);
        if (status != TW_OK) return status;
    }
}

tw_status tw_script_explain(tw_script *s, tw_str text, tw_error *error) { return explain_memory(s, explain_all(s, text, error), error); }

int tw_script_check(tw_script *s, tw_str text, void (*each)(void *context, const tw_error *error), void *context) {
    tw_parse parse;
    tw_ast_statement *statement;
    tw_error error;
    int errors = 0;
    if (keep_text(s, text, &text, &error) != TW_OK) {
        each(context, &error);
        return 1;
    }
    tw_parse_begin(&parse, tw_sql_arena(s->sql), text);
    for (;;) {
        tw_sql_result r;
        tw_plan *plan;
        tw_status status = tw_parse_next(&parse, &statement, &error);
        if (status == TW_END) return errors;
        if (status == TW_OK) status = tw_sql_execute(s->sql, text, statement, &r, &error);
        if (status == TW_OK && r.nroots) status = tw_sql_plan(s->sql, r.roots, r.nroots, &plan, &error);
        if (status == TW_OK) continue;
        errors++;
        explain_memory(s, status, &error);
        each(context, &error);
    }
}

/* --- rows that left the flow --- */

typedef struct reporting {
    tw_script *script;
    FILE *out;
    struct {
        tw_side_kind kind;
        tw_str table;
        uint64_t rows;
    } tables[64];
    int count;
} reporting;

static void note_table(void *context, tw_side_kind kind, tw_str table, uint64_t rows) {
    reporting *r = context;
    if (!rows || r->count == (int)(sizeof r->tables / sizeof *r->tables)) return;
    r->tables[r->count].kind = kind;
    r->tables[r->count].table = table;
    r->tables[r->count++].rows = rows;
}

/* Why the first row is there. */
static void say_first_reason(const reporting *r, tw_side_kind kind, tw_str table) {
    int column = kind == TW_SIDE_SOURCE_ERRORS ? 1 : 3;
    tw_builder row;
    if (kind == TW_SIDE_LATE || tw_builder_open(&row, r->script->mem, tw_side_row(kind), 1) != TW_OK) return;
    if (tw_side_read(r->script->side, kind, table, 0, &row) == 1 && !tw_column_null(&row.batch.columns[column], 0))
        fprintf(r->out, " (%.*s)", TW_STR_ARG(tw_sview_str(row.batch.columns[column].values)));
    tw_builder_close(&row);
}

void tw_script_report(tw_script *s, FILE *out) {
    static const char *const WHAT[] = {"late", "undecodable", "failed"};
    reporting r = {.script = s, .out = out};
    char count[32];
    tw_side_each(s->side, note_table, &r);
    for (int i = 0; i < r.count; i++) {
        fprintf(out, "%s %s row%s", tw_count_text(count, r.tables[i].rows), WHAT[r.tables[i].kind], r.tables[i].rows == 1 ? "" : "s");
        say_first_reason(&r, r.tables[i].kind, r.tables[i].table);
        fprintf(out, ": SELECT * FROM `%.*s$%s`\n", TW_STR_ARG(r.tables[i].table), r.tables[i].kind == TW_SIDE_LATE ? "late" : "errors");
    }
}
