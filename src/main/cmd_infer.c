/* thalweg infer: a CREATE TABLE for a file, tried out on it, and what the file's disorder costs at several delays.
 *
 * The types come from the first SAMPLE records. Then the table is made in a session and its event time read to the end by a job of one shard: so what is
 * printed runs, and times come in the order of the file. */
#include <stdlib.h>
#include <string.h>

#include "connector/filesystem/filesystem.h"
#include "main/command.h"
#include "main/infer.h"
#include "main/monitor.h"
#include "main/registry.h"

enum { SAMPLE = 10000, BUFFER = 1 << 20, WINDOW_MS = 10000 };
static const int64_t DELAYS_MS[] = {0, 10000, 30000, 60000};
enum { NDELAYS = sizeof DELAYS_MS / sizeof *DELAYS_MS };

/* --- the sample --- */

static tw_status read_sample(tw_mem *mem, const char *path, tw_inference *in, tw_error *error) {
    tw_stream *stream;
    tw_status status = tw_stream_open(mem, path, &stream, error);
    if (status != TW_OK) return status;
    char *buffer = tw_malloc(mem, BUFFER);
    size_t length = 0, got = 1;
    if (!buffer) {
        tw_stream_close(stream);
        return tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    while (status == TW_OK && in->records < SAMPLE && (got || length)) {
        if (length < BUFFER) status = tw_stream_read(stream, buffer + length, BUFFER - length, &got, error);
        length += status == TW_OK ? got : 0;
        size_t at = 0;
        while (in->records < SAMPLE) {
            const char *end = memchr(buffer + at, '\n', length - at);
            if (!end && got && at + BUFFER > length && length < BUFFER) break;
            size_t line = end ? (size_t)(end - buffer) - at : length - at;
            if (line) tw_infer_line(in, (tw_str){buffer + at, line && buffer[at + line - 1] == '\r' ? line - 1 : line});
            at += line + (end != NULL);
            if (!end) break;
        }
        memmove(buffer, buffer + at, length - at);
        length -= at;
    }
    tw_free(mem, buffer, BUFFER);
    tw_stream_close(stream);
    if (status == TW_OK && in->records == 0) status = tw_fail(error, TW_E_INVALID, "\"%s\" is empty", path);
    return status;
}

/* --- the disorder --- */

typedef struct disorder {
    int64_t highest; /* time seen so far */
    uint64_t rows, nulls, behind;
    uint64_t lost[NDELAYS];
    int64_t *by; /* how far each row behind is behind */
    size_t count, capacity;
} disorder;

/* A row's window of ten seconds is closed when its end - 1 ms <= the highest time before the row, less the delay. */
static void look_at(disorder *d, int64_t ms) {
    d->rows++;
    for (int i = 0; i < NDELAYS && d->highest != INT64_MIN; i++) {
        int64_t end = ms - tw_floor_mod(ms, WINDOW_MS) + WINDOW_MS;
        d->lost[i] += end - 1 <= d->highest - DELAYS_MS[i];
    }
    if (ms >= d->highest) {
        d->highest = ms;
        return;
    }
    d->behind++;
    if (d->count == d->capacity) {
        size_t capacity = d->capacity ? d->capacity * 2 : 4096;
        int64_t *more = realloc(d->by, sizeof *more * capacity);
        if (!more) return;
        d->by = more;
        d->capacity = capacity;
    }
    d->by[d->count++] = d->highest - ms;
}

static tw_status collect(void *context, const tw_plan_node *sink, const tw_batch *batch) {
    disorder *d = context;
    const tw_column *c = &batch->columns[0];
    (void)sink;
    for (int32_t i = 0; i < batch->rows; i++) {
        int32_t at = c->constant ? 0 : i;
        if (tw_column_null(c, at))
            d->nulls++;
        else
            look_at(d, c->phys == TW_PHYS_TS ? ((const tw_ts *)c->values)[at].ms : ((const int64_t *)c->values)[at]);
    }
    return TW_OK;
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Over all rows: those in order are 0 behind. */
static int64_t quantile(const disorder *d, double q) {
    uint64_t at = (uint64_t)((double)d->rows * q), in_order = d->rows - d->count;
    if (at < in_order || d->count == 0) return 0;
    return d->by[at - in_order < d->count ? at - in_order : d->count - 1];
}

static void print_seconds(const char *what, int64_t ms) { printf("%s %lld.%03lld s", what, (long long)(ms / 1000), (long long)(ms % 1000)); }

static void print_disorder(disorder *d, tw_str column) {
    char rows[32], behind[32];
    if (d->count) qsort(d->by, d->count, sizeof *d->by, ascending);
    printf("\n-- %s rows; by `%.*s` %s of them are behind an earlier row:", tw_count_text(rows, d->rows), TW_STR_ARG(column),
           tw_count_text(behind, d->behind));
    print_seconds(" p50", quantile(d, 0.5));
    print_seconds(", p99", quantile(d, 0.99));
    print_seconds(", most", d->count ? d->by[d->count - 1] : 0);
    printf("\n-- rows that a window of 10 s would miss:");
    for (int i = 0; i < NDELAYS; i++)
        printf("%s %s at a delay of %lld s", i ? "," : "", tw_count_text(rows, d->lost[i]), (long long)(DELAYS_MS[i] / 1000));
    printf("\n");
}

/* Makes the table in a session and reads the column. */
static tw_status measure(tw_mem *mem, tw_str ddl, tw_str table, tw_str column, disorder *d, tw_job_stats *stats, tw_error *error) {
    tw_os os;
    tw_sql *sql;
    tw_plan *plan;
    tw_job *job;
    tw_ast_script *script;
    tw_sql_result result = {0};
    tw_os_real(&os);
    TW_TRY(tw_sql_open(mem, &TW_REGISTRY, tw_wall_ms(&os), &sql, error));
    char *text = tw_arena_printf(tw_sql_arena(sql), "%.*s SELECT CAST(`%.*s` AS TIMESTAMP(3)) FROM `%.*s`;", TW_STR_ARG(ddl), TW_STR_ARG(column),
                                 TW_STR_ARG(table));
    tw_status status = TW_E_NOMEM;
    if (text)
        status = tw_parse_script(tw_sql_arena(sql), tw_str_of(text), &script, error);
    else
        tw_fail(error, status, "out of memory");
    for (int i = 0; status == TW_OK && i < script->count; i++) status = tw_sql_execute(sql, tw_str_of(text), script->statements[i], &result, error);
    if (status == TW_OK) status = tw_sql_plan(sql, result.roots, result.nroots, &plan, error);
    tw_job_options options;
    tw_job_options_default(&options);
    options.nshards = 1;
    options.collect = collect;
    options.collect_context = d;
    if (status == TW_OK && (status = tw_job_open(mem, &os, &TW_REGISTRY, plan, &options, &job, error)) == TW_OK) {
        status = tw_job_run(job, error);
        tw_job_get_stats(job, stats);
        tw_job_close(job);
    }
    tw_sql_close(sql);
    return status;
}

/* --- the command --- */

/* "dir/Web-Log.jsonl.zst" -> "web_log" */
static tw_str table_name(tw_arena *arena, const char *path) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t n = strcspn(base, ".");
    char *name = tw_arena_strndup(arena, n ? base : "t", n ? n : 1);
    for (char *p = name; p && *p; p++) {
        if (*p >= 'A' && *p <= 'Z') *p = (char)(*p + 32);
        if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9'))) *p = '_';
    }
    return tw_str_of(name);
}

static tw_status infer(tw_mem *mem, tw_arena *arena, const char *path, tw_error *error) {
    tw_inference in = {.arena = arena};
    tw_str name = table_name(arena, path);
    int unit;
    TW_TRY(read_sample(mem, path, &in, error));
    if (!in.root.children) return tw_fail(error, TW_E_INVALID, "\"%s\" has no record that could be read as JSON or CSV", path);
    const tw_shape *time = tw_infer_time(&in, &unit);
    disorder d = {.highest = INT64_MIN};
    tw_job_stats stats = {0};
    tw_str column = !time ? TW_STR("") : unit ? TW_STR("event_time") : time->name;
    tw_buf ddl;
    tw_buf_init(&ddl, mem, 0);
    tw_infer_print(&in, &ddl, name, tw_str_of(path), 0);
    tw_status status = !time ? TW_OK : measure(mem, (tw_str){ddl.data, ddl.length}, name, column, &d, &stats, error);
    if (status == TW_OK) {
        int64_t most = 0; /* the watermark waits for every row of the file */
        for (size_t i = 0; i < d.count; i++) most = d.by[i] > most ? d.by[i] : most;
        tw_buf_clear(&ddl);
        tw_infer_print(&in, &ddl, name, tw_str_of(path), most);
        fwrite(ddl.data, 1, ddl.length, stdout);
        if (time)
            print_disorder(&d, column);
        else
            printf("\n-- no column holds a time: windows need one\n");
        if (stats.bad_records)
            printf("-- %llu records do not fit this table and would be in `%.*s$errors`\n", (unsigned long long)stats.bad_records, TW_STR_ARG(name));
    }
    free(d.by);
    tw_buf_free(&ddl);
    return status;
}

int tw_command_infer(int argc, char **argv) {
    tw_mem mem;
    tw_arena arena;
    tw_error error = {0};
    if (argc != 1 || argv[0][0] == '-') return tw_usage("infer takes one file of JSON lines or CSV"), TW_EXIT_USAGE;
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&arena, &mem, 8192);
    tw_status status = infer(&mem, &arena, argv[0], &error);
    tw_arena_free(&arena);
    return status == TW_OK ? TW_EXIT_OK : tw_complain(&error, NULL, TW_STR(""));
}
