/* One run of a behaviour file under one configuration: a session, a simulated clock, a job that is stepped. */
#include "main/behaviour.h"

#include <stdio.h>
#include <stdlib.h>

#include "main/changes.h"
#include "main/feed.h"
#include "main/registry.h"
#include "main/scratch.h"
#include "runtime/job.h"
#include "sql/sql.h"

enum { CONNECTORS_MAX = 64 };
#define START_MS INT64_C(1704067200000) /* 2024-01-01T00:00:00Z: where every test's clock begins */

typedef struct run {
    const tw_behaviour_config *config;
    tw_mem mem;
    tw_os os;
    tw_registry registry;
    const tw_connector *connectors[CONNECTORS_MAX];
    tw_feed feed;
    tw_sql *sql;
    tw_side_store *side;
    FILE *out; /* what print sinks write */
    char *out_text;
    size_t out_size, out_read;
    tw_changes changes;
    tw_plan *plan; /* of the job at hand, NULL: none */
    tw_job *job;
    int32_t shards;
    tw_snapshot snapshot;
    bool has_snapshot;
    int32_t snapshot_changes;
    tw_status failed; /* of the job */
    tw_error error;
    tw_buf *report;
    size_t report_at; /* where the step's part of it begins */
    tw_scratch scratch;
    tw_arena step_arena; /* text of the step at hand, with the scratch folder in it */
} run;

/* --- set-up --- */

static tw_status open_run(run *r, const tw_behaviour_config *config, tw_buf *report) {
    *r = (run){.config = config, .report = report, .shards = config->shards};
    tw_mem_init(&r->mem, NULL, 0);
    tw_arena_init(&r->step_arena, &r->mem, 4096);
    tw_os_simulated(&r->os, START_MS);
    tw_feed_init(&r->feed, &r->mem);
    r->registry = TW_REGISTRY;
    for (int i = 0; i < TW_REGISTRY.nconnectors; i++) r->connectors[i] = TW_REGISTRY.connectors[i];
    r->connectors[TW_REGISTRY.nconnectors] = &r->feed.connector;
    r->registry.connectors = r->connectors;
    r->registry.nconnectors = TW_REGISTRY.nconnectors + 1;
    tw_changes_init(&r->changes, &r->mem);
    tw_snapshot_init(&r->snapshot, &r->mem);
    r->out = open_memstream(&r->out_text, &r->out_size);
    if (!r->out) return tw_fail(&r->error, TW_E_NOMEM, "out of memory");
    TW_TRY(tw_side_store_open(&r->mem, 16 << 20, &r->side));
    return tw_sql_open(&r->mem, &r->registry, START_MS, &r->sql, &r->error);
}

static void close_job(run *r) {
    tw_job_close(r->job);
    r->job = NULL;
}

static void forget_job(run *r) {
    close_job(r);
    r->plan = NULL;
    r->failed = TW_OK;
    r->has_snapshot = false;
    tw_snapshot_free(&r->snapshot);
    tw_changes_free(&r->changes);
    tw_changes_init(&r->changes, &r->mem);
}

static void close_run(run *r) {
    close_job(r);
    tw_snapshot_free(&r->snapshot);
    tw_changes_free(&r->changes);
    tw_sql_close(r->sql);
    tw_side_store_close(r->side);
    tw_feed_free(&r->feed);
    if (r->out) fclose(r->out);
    free(r->out_text);
    tw_arena_free(&r->step_arena);
    tw_scratch_remove(&r->scratch);
}

/* --- jobs --- */

static tw_status collect(void *context, const tw_plan_node *sink, const tw_batch *batch) {
    run *r = context;
    (void)sink;
    return tw_changes_add_batch(&r->changes, &r->mem, batch);
}

/* What print sinks have written since. */
static tw_status take_printed(run *r) {
    fflush(r->out);
    while (r->out_read < r->out_size) {
        const char *begin = r->out_text + r->out_read, *end = memchr(begin, '\n', r->out_size - r->out_read);
        if (!end) break;
        TW_TRY(tw_changes_add_line(&r->changes, (tw_str){begin, (size_t)(end - begin)}));
        r->out_read += (size_t)(end - begin) + 1;
    }
    return TW_OK;
}

static tw_job_options job_options(run *r, bool hold_open) {
    tw_job_options o;
    tw_job_options_default(&o);
    o.nshards = r->shards;
    o.batch_rows = r->config->batch_rows;
    o.ring_slots = 2;
    o.seeded = true;
    o.seed = r->config->seed;
    o.hold_open = hold_open;
    o.collect = collect;
    o.collect_context = r;
    o.out = r->out;
    o.side = r->side;
    o.restore = r->has_snapshot ? &r->snapshot : NULL;
    return o;
}

static tw_status settle(run *r) {
    bool ended;
    atomic_fetch_add(&r->os.mono_ns, INT64_C(300000000)); /* sources that had nothing are asked again */
    tw_status status = tw_job_settle(r->job, &ended, &r->error);
    if (status == TW_OK) status = take_printed(r);
    return status;
}

static tw_status open_job(run *r) {
    tw_job_options options = job_options(r, true);
    TW_TRY(tw_job_open(&r->mem, &r->os, &r->registry, r->plan, &options, &r->job, &r->error));
    return settle(r);
}

static tw_status checkpoint(run *r) {
    TW_TRY(tw_job_checkpoint(r->job, &r->snapshot, &r->error));
    TW_TRY(take_printed(r));
    r->has_snapshot = true;
    r->snapshot_changes = r->changes.count;
    return TW_OK;
}

static tw_status crash(run *r) {
    close_job(r);
    r->changes.count = r->has_snapshot ? r->snapshot_changes : 0; /* later output never became visible */
    if (r->changes.look > r->changes.count) r->changes.look = r->changes.count;
    if (r->config->restore) r->shards = r->shards % 3 + 1;
    return open_job(r);
}

/* A step of the job, and in restore runs a snapshot and a restart behind it. */
static tw_status step_job(run *r) {
    TW_TRY(settle(r));
    if (!r->config->restore) return TW_OK;
    TW_TRY(checkpoint(r));
    return crash(r);
}

/* --- statements --- */

static tw_str keep(run *r, tw_str text) {
    char *copy = tw_arena_strndup(tw_sql_arena(r->sql), text.data ? text.data : "", text.length);
    return (tw_str){copy ? copy : "", copy ? text.length : 0};
}

typedef struct root_list {
    const tw_rel *at[64];
    int32_t count;
} root_list;

/* A row of SHOW and the like: texts. */
static tw_status add_texts(run *r, const tw_value *row, int32_t nfields) {
    char line[4096];
    int length = snprintf(line, sizeof line, "[");
    for (int32_t c = 0; c < nfields && length < (int)sizeof line - 4; c++) {
        const tw_value *v = &row[c];
        length += snprintf(line + length, sizeof line - (size_t)length, "%s%.*s", c ? ", " : "", v->null ? 4 : (int)v->u.str.length,
                           v->null ? "null" : v->u.str.data);
        if (length > (int)sizeof line - 2) length = sizeof line - 2;
    }
    line[length++] = ']';
    return tw_changes_add(&r->changes, TW_INSERT, (tw_str){line, (size_t)length});
}

/* The lines of EXPLAIN and SHOW CREATE; empty ones cannot stand in a file. */
static tw_status add_lines(run *r, tw_str text) {
    while (text.length) {
        const char *end = memchr(text.data, '\n', text.length);
        size_t n = end ? (size_t)(end - text.data) : text.length;
        if (n) TW_TRY(tw_changes_add(&r->changes, TW_INSERT, (tw_str){text.data, n}));
        text.data += end ? n + 1 : n;
        text.length -= end ? n + 1 : n;
    }
    return TW_OK;
}

static tw_status add_result(run *r, const tw_sql_result *result) {
    for (int32_t i = 0; i < result->nrows; i++)
        TW_TRY(result->plain ? add_lines(r, result->rows[i][0].u.str) : add_texts(r, result->rows[i], result->row->nfields));
    return TW_OK;
}

/* Executes every statement of the text; queries and INSERTs become roots. */
static tw_status execute(run *r, tw_str text, root_list *out) {
    tw_parse parse;
    tw_ast_statement *statement;
    tw_sql_result result;
    text = keep(r, text);
    tw_parse_begin(&parse, tw_sql_arena(r->sql), text);
    for (;;) {
        tw_status status = tw_parse_next(&parse, &statement, &r->error);
        if (status == TW_END) return TW_OK;
        TW_TRY(status);
        TW_TRY(tw_sql_execute(r->sql, text, statement, &result, &r->error));
        for (int32_t i = 0; i < result.nroots && out->count < 64; i++) out->at[out->count++] = result.roots[i];
        TW_TRY(add_result(r, &result));
    }
}

/* Runs a bounded job to its end; the job under test stays as it is. */
static tw_status run_to_end(run *r, const root_list *roots) {
    tw_plan *plan;
    tw_job *job;
    if (roots->count == 0) return TW_OK;
    TW_TRY(tw_sql_plan(r->sql, roots->at, roots->count, &plan, &r->error));
    tw_job_options options = job_options(r, false);
    options.restore = NULL;
    TW_TRY(tw_job_open(&r->mem, &r->os, &r->registry, plan, &options, &job, &r->error));
    tw_status status = tw_job_run(job, &r->error);
    tw_job_close(job);
    return status == TW_OK ? take_printed(r) : status;
}

/* --- steps --- */

static bool complain(run *r, const tw_behaviour_file *file, const tw_behaviour_step *s, const char *what) {
    tw_buf head;
    tw_buf_init(&head, r->report->mem, 0);
    tw_buf_printf(&head, "%s:%d: %s (batch %d, shards %d, seed %llu%s)\n", file->path, s->line, what, r->config->batch_rows, r->config->shards,
                  (unsigned long long)r->config->seed, r->config->restore ? ", restored after each step" : "");
    tw_buf_append(&head, r->report->data + r->report_at, r->report->length - r->report_at);
    r->report->length = r->report_at;
    tw_buf_append(r->report, head.data, head.length);
    tw_buf_free(&head);
    return false;
}

static bool unexpected(run *r, const tw_behaviour_file *file, const tw_behaviour_step *s) {
    char text[4096];
    tw_error_format(&r->error, NULL, s->text.data, (int)s->text.length, text, sizeof text);
    tw_buf_printf(r->report, "  %s\n", text);
    return complain(r, file, s, "an error that was not expected");
}

/* The lines of an error as a file has them: a detail may have several. */
static int error_lines(const tw_error *e, char *out, size_t size) {
    int length = snprintf(out, size, "%s%s%s%s%s", e->message, e->detail[0] ? "\ndetail: " : "", e->detail, e->hint[0] ? "\nhint: " : "", e->hint);
    return length < (int)size ? length : (int)size - 1;
}

static bool lines_are(const tw_behaviour_step *s, const char *text, int length) {
    tw_str rest = {text, (size_t)length};
    for (int32_t i = 0; i < s->nexpected; i++) {
        const char *end = memchr(rest.data, '\n', rest.length);
        size_t n = end ? (size_t)(end - rest.data) : rest.length;
        if (!tw_str_equal((tw_str){rest.data, n}, s->expected[i])) return false;
        if (!end) return i + 1 == s->nexpected;
        rest.data += n + 1;
        rest.length -= n + 1;
    }
    return s->nexpected == 0;
}

/* The error as expected: SQLSTATE, place, and all of its text where the file says it. */
static bool error_matches(run *r, const tw_behaviour_step *s) {
    const tw_error *e = &r->error;
    bool same = !s->sqlstate[0] || strcmp(s->sqlstate, tw_status_sqlstate(e->status)) == 0;
    same &= !s->at_line || (s->at_line == (int32_t)e->pos.line && s->at_column == (int32_t)e->pos.column);
    char text[sizeof e->message + sizeof e->detail + sizeof e->hint + 32];
    same &= lines_are(s, text, error_lines(e, text, sizeof text));
    if (!same) tw_buf_printf(r->report, "  got: %s at %u:%u\n----\n%s\n", tw_status_sqlstate(e->status), e->pos.line, e->pos.column, text);
    return same;
}

static bool do_statement(run *r, const tw_behaviour_file *file, const tw_behaviour_step *s) {
    root_list roots = {.count = 0};
    tw_status status = execute(r, s->text, &roots);
    if (status == TW_OK) status = run_to_end(r, &roots);
    r->changes.count = 0;
    if (!s->error) return status == TW_OK || unexpected(r, file, s);
    if (status == TW_OK) return complain(r, file, s, "no error where one was expected");
    return error_matches(r, s) || complain(r, file, s, "another error than expected");
}

static bool do_query(run *r, const tw_behaviour_file *file, const tw_behaviour_step *s) {
    root_list roots = {.count = 0};
    tw_changes before = r->changes;
    tw_changes_init(&r->changes, &r->mem);
    tw_status status = execute(r, s->text, &roots);
    if (status == TW_OK) status = run_to_end(r, &roots);
    bool same = status == TW_OK && (s->ordered ? tw_changes_match_exactly(&r->changes, 0, s->expected, s->nexpected, r->report)
                                               : tw_changes_match(&r->changes, 0, true, s->expected, s->nexpected, r->report));
    tw_changes_free(&r->changes);
    r->changes = before;
    if (status != TW_OK) return unexpected(r, file, s);
    return same || complain(r, file, s, "other rows than expected");
}

static bool do_job(run *r, const tw_behaviour_file *file, const tw_behaviour_step *s) {
    root_list roots = {.count = 0};
    forget_job(r);
    tw_status status = execute(r, s->text, &roots);
    if (status == TW_OK && roots.count == 0) return complain(r, file, s, "the job has no SELECT or INSERT");
    if (status == TW_OK) status = tw_sql_plan(r->sql, roots.at, roots.count, &r->plan, &r->error);
    if (status == TW_OK) r->failed = open_job(r);
    return status == TW_OK || unexpected(r, file, s);
}

static tw_feed_table *feed_table(run *r, const tw_behaviour_step *s) { return tw_feed_table_of(&r->feed, s->table); }

static tw_status feed_lines(run *r, const tw_behaviour_step *s) {
    tw_feed_table *table = feed_table(r, s);
    if (!table) return tw_fail(&r->error, TW_E_NOMEM, "out of memory");
    for (size_t at = 0; at < s->text.length;) {
        const char *begin = s->text.data + at, *end = memchr(begin, '\n', s->text.length - at);
        size_t length = end ? (size_t)(end - begin) : s->text.length - at;
        TW_TRY(tw_feed_line(&r->feed, table, s->partition, (tw_str){begin, length}));
        at += length + 1;
    }
    return TW_OK;
}

static void end_input(run *r, const tw_behaviour_step *s) {
    if (s->table.length) feed_table(r, s); /* also of a table that nothing reads yet */
    for (tw_feed_table *t = r->feed.tables; t; t = t->next)
        if (s->table.length == 0 || tw_str_equal(s->table, tw_str_of(t->name))) tw_feed_end(t);
}

static bool is_input(tw_step_kind kind) { return kind == TW_STEP_FEED || kind == TW_STEP_WATERMARK || kind == TW_STEP_END; }

static tw_status give_input(run *r, const tw_behaviour_step *s) {
    if (s->kind == TW_STEP_FEED) return feed_lines(r, s);
    if (s->kind == TW_STEP_WATERMARK) return tw_feed_watermark(&r->feed, feed_table(r, s), s->partition, s->number);
    end_input(r, s);
    return TW_OK;
}

static tw_status drive(run *r, const tw_behaviour_step *s) {
    if (s->kind == TW_STEP_CHECKPOINT) return checkpoint(r);
    if (s->kind == TW_STEP_CRASH) return crash(r);
    if (s->kind == TW_STEP_ADVANCE)
        tw_os_advance(&r->os, s->number);
    else
        TW_TRY(give_input(r, s));
    return step_job(r);
}

static bool do_drive(run *r, const tw_behaviour_file *file, const tw_behaviour_step *s) {
    if (!r->plan && is_input(s->kind)) return give_input(r, s) == TW_OK || unexpected(r, file, s); /* it is there before the job */
    if (!r->plan) return complain(r, file, s, "there is no job");
    if (r->failed == TW_OK) r->failed = drive(r, s);
    return true;
}

static bool check_rows(run *r, const tw_behaviour_file *file, const tw_behaviour_step *s) {
    bool same = true;
    if (r->failed) return unexpected(r, file, s);
    if (s->kind == TW_STEP_CHANGES) {
        if (r->config->shards == 1 && !r->config->restore)
            same = tw_changes_match_exactly(&r->changes, r->changes.look, s->expected, s->nexpected, r->report);
    } else {
        bool standing = s->kind == TW_STEP_TABLE;
        same = tw_changes_match(&r->changes, standing ? 0 : r->changes.look, standing, s->expected, s->nexpected, r->report);
    }
    if (s->kind != TW_STEP_TABLE) r->changes.look = r->changes.count;
    return same || complain(r, file, s, "other rows than expected");
}

static bool check_count(run *r, const tw_behaviour_file *file, const tw_behaviour_step *s) {
    tw_side_kind kind = s->kind == TW_STEP_LATE ? TW_SIDE_LATE : TW_SIDE_SOURCE_ERRORS;
    int64_t n = (int64_t)tw_side_count(r->side, kind, s->table);
    if (s->kind == TW_STEP_BAD) n += (int64_t)tw_side_count(r->side, TW_SIDE_TARGET_ERRORS, s->table);
    if (r->failed) return unexpected(r, file, s);
    if (n == s->number) return true;
    tw_buf_printf(r->report, "  expected %lld rows, got %lld\n", (long long)s->number, (long long)n);
    return complain(r, file, s, "another number of rows than expected");
}

static bool check_failure(run *r, const tw_behaviour_file *file, const tw_behaviour_step *s) {
    if (!r->failed) return complain(r, file, s, "the job has not failed");
    bool same = error_matches(r, s) || complain(r, file, s, "another error than expected");
    forget_job(r);
    return same;
}

static bool do_expanded(run *r, const tw_behaviour_file *file, const tw_behaviour_step *s) {
    switch (s->kind) {
    case TW_STEP_STATEMENT: return do_statement(r, file, s);
    case TW_STEP_QUERY: return do_query(r, file, s);
    case TW_STEP_JOB: return do_job(r, file, s);
    case TW_STEP_EMITS:
    case TW_STEP_TABLE:
    case TW_STEP_CHANGES: return check_rows(r, file, s);
    case TW_STEP_LATE:
    case TW_STEP_BAD: return check_count(r, file, s);
    case TW_STEP_FAILS: return check_failure(r, file, s);
    default: return do_drive(r, file, s);
    }
}

/* The step's texts with the scratch folder's path in them, in the step's arena. */
static tw_status expand(run *r, tw_behaviour_step *s) {
    tw_arena *arena = &r->step_arena;
    const tw_str *given = s->expected;
    tw_arena_reset(arena);
    TW_TRY(tw_scratch_expand(&r->scratch, arena, s->text, &s->text, &r->error));
    s->expected = TW_NEW_ARRAY(arena, tw_str, s->nexpected + 1);
    if (!s->expected) return tw_fail(&r->error, TW_E_NOMEM, "out of memory");
    for (int32_t i = 0; i < s->nexpected; i++) TW_TRY(tw_scratch_expand(&r->scratch, arena, given[i], &s->expected[i], &r->error));
    return TW_OK;
}

static bool do_step(run *r, const tw_behaviour_file *file, const tw_behaviour_step *given) {
    tw_behaviour_step s = *given;
    r->report_at = r->report->length;
    return expand(r, &s) == TW_OK ? do_expanded(r, file, &s) : unexpected(r, file, given);
}

bool tw_behaviour_run(const tw_behaviour_file *file, const tw_behaviour_config *config, tw_buf *report) {
    run r;
    bool good = open_run(&r, config, report) == TW_OK;
    bool goes_on = good; /* behind a query that differs: the next ones tell more */
    for (int32_t i = 0; goes_on && i < file->nsteps; i++) {
        const tw_behaviour_step *s = &file->steps[i];
        if (s->kind == TW_STEP_ONE_SHARD || s->kind == TW_STEP_NO_RESTARTS) {
            if (config->restore || (s->kind == TW_STEP_ONE_SHARD && config->shards > 1)) break;
            continue;
        }
        goes_on = do_step(&r, file, s);
        good &= goes_on;
        goes_on |= s->kind == TW_STEP_QUERY || s->error;
    }
    if (good && r.failed) good = unexpected(&r, file, &file->steps[file->nsteps - 1]);
    close_run(&r);
    if (good && r.mem.used) {
        tw_buf_printf(report, "%s: %zu bytes of memory were not given back\n", file->path, r.mem.used);
        good = false;
    }
    return good;
}
