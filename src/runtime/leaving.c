/* Rows that leave the flow of a job into its side tables: late ones, undecodable ones, ones whose expression failed. None vanishes: when
 * there is no memory for one the job fails. */
#include "runtime/leaving.h"

#include "format/json.h"

enum { ROW_TEXT_MAX = 1 << 20 };

/* A row on its way out. */
typedef struct leaving {
    tw_arena arena;
    bool lost; /* no memory for a part of it */
} leaving;

static leaving leave(tw_mem *mem) {
    leaving l = {0};
    tw_arena_init(&l.arena, mem, 1024);
    return l;
}

static void arrive(leaving *l, tw_job *job, tw_side_kind kind, tw_str table, const tw_value *values) {
    if (l->lost || tw_side_append(job->options.side, kind, table, values) != TW_OK) {
        tw_error error;
        tw_fail(&error, TW_E_NOMEM, "out of memory for a row that left the flow");
        tw_job_fail(job, &error);
    }
    tw_arena_free(&l->arena);
}

static tw_value string(leaving *l, const char *text, size_t length) {
    char *copy = tw_arena_strndup(&l->arena, text, length);
    l->lost |= !copy;
    return copy ? tw_value_of_str(&TW_TYPE_STRING, (tw_str){copy, length}) : tw_value_null(&TW_TYPE_STRING);
}

static tw_value text(leaving *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static tw_value text(leaving *l, const char *format, ...) {
    char room[700];
    va_list args;
    va_start(args, format);
    vsnprintf(room, sizeof room, format, args);
    va_end(args);
    return string(l, room, strlen(room));
}

/* The row as a JSON object under the names of the operator's input; NULL: it is longer than ROW_TEXT_MAX. */
static tw_value row_json(leaving *l, const tw_operator *op, const tw_batch *batch, int32_t row) {
    const tw_type *names = op->node->ninputs ? op->node->inputs[0]->row : op->node->row;
    int ncolumns = names->nfields - (op->node->kind == TW_PLAN_WINDOW_AGG && op->node->u.agg.merges); /* without the partials */
    tw_buf buf;
    tw_buf_init(&buf, l->arena.mem, 0);
    tw_buf_byte(&buf, '{');
    for (int c = 0; c < batch->ncolumns && c < ncolumns; c++) {
        if (c) tw_buf_byte(&buf, ',');
        tw_json_write_text(&buf, names->fields[c].name);
        tw_buf_byte(&buf, ':');
        tw_json_value(&buf, &batch->columns[c], row);
    }
    tw_buf_byte(&buf, '}');
    l->lost |= buf.failed;
    tw_value v = buf.failed || buf.length > ROW_TEXT_MAX ? tw_value_null(&TW_TYPE_STRING) : string(l, buf.data, buf.length);
    tw_buf_free(&buf);
    return v;
}

static bool is_windowed_agg(const tw_plan_node *n) { return n->kind == TW_PLAN_WINDOW_AGG || n->kind == TW_PLAN_SESSION_AGG; }

/* Time of the row by the operator's time column; NULL where it has none. */
static tw_value row_time(const tw_operator *op, const tw_batch *batch, int32_t row) {
    const tw_plan_node *n = op->node;
    int column = is_windowed_agg(n)          ? n->u.agg.window.time_column
                 : n->kind == TW_PLAN_WINDOW ? n->u.window.time_column
                 : n->kind == TW_PLAN_SORT   ? n->u.sort.keys[0].column
                                             : -1;
    if (column < 0 || column >= batch->ncolumns) return tw_value_null(&TW_TYPE_TIMESTAMP_3);
    const tw_column *c = &batch->columns[column];
    if (tw_column_null(c, row)) return tw_value_null(&TW_TYPE_TIMESTAMP_3);
    int64_t ms = c->phys == TW_PHYS_TS ? ((const tw_ts *)c->values)[c->constant ? 0 : row].ms : ((const int64_t *)c->values)[c->constant ? 0 : row];
    return tw_value_of_int(&TW_TYPE_TIMESTAMP_3, ms);
}

static tw_str late_table(const tw_operator *op, const tw_split_progress *split) {
    const tw_plan_node *n = op->node;
    if (is_windowed_agg(n) && n->u.agg.late_table.length) return n->u.agg.late_table;
    if (split) return split->table;
    while (n->ninputs) { /* a row made of several: by the first inputs */
        if (n->kind == TW_PLAN_WATERMARK) return n->u.watermark.table;
        n = n->inputs[0];
    }
    return n->kind == TW_PLAN_SCAN ? n->u.scan.table.name : TW_STR("");
}

static void late(void *context, const tw_operator *op, const tw_batch *batch, int32_t row, int64_t watermark, tw_str missed) {
    tw_job *job = context;
    op->task->late_rows++;
    if (!job->options.side) return;
    const tw_split_progress *split = tw_row_split(batch, row);
    leaving l = leave(op->task->mem);
    tw_value values[] = {row_json(&l, op, batch, row),
                         row_time(op, batch, row),
                         split ? tw_value_of_str(&TW_TYPE_STRING, split->name) : tw_value_null(&TW_TYPE_STRING),
                         watermark == TW_WATERMARK_MIN ? tw_value_null(&TW_TYPE_TIMESTAMP_3) : tw_value_of_int(&TW_TYPE_TIMESTAMP_3, watermark),
                         text(&l, "%s", tw_plan_kind_name(op->node->kind)),
                         tw_value_of_str(&TW_TYPE_STRING, missed)};
    arrive(&l, job, TW_SIDE_LATE, late_table(op, split), values);
}

static bool reads(const tw_plan_node *reader, const tw_plan_node *node) {
    if (reader == node) return true;
    for (int i = 0; i < reader->ninputs; i++)
        if (reads(reader->inputs[i], node)) return true;
    return false;
}

/* The first sink that the operator's rows go to. */
static tw_str target_of(const tw_job *job, const tw_operator *op) {
    for (int i = 0; i < job->plan->nnodes; i++) {
        const tw_plan_node *n = job->plan->nodes[i];
        if (n->kind == TW_PLAN_SINK && !n->u.sink.collect && reads(n, op->node)) return n->u.sink.table.name;
    }
    return TW_QUERY_TARGET;
}

static void failed(void *context, const tw_operator *op, const tw_batch *batch, int32_t row, const tw_error *error) {
    tw_job *job = context;
    op->task->failed_rows++;
    if (!job->options.side) return;
    leaving l = leave(op->task->mem);
    tw_value values[] = {text(&l, "%s", tw_plan_kind_name(op->node->kind)),
                         text(&l, "line %u, column %u", error->pos.line, error->pos.column),
                         row_json(&l, op, batch, row),
                         text(&l, "%s", error->message),
                         text(&l, "%s", tw_change_text(batch->kinds ? batch->kinds[row] : TW_INSERT)),
                         tw_value_of_int(&TW_TYPE_LTZ_3, op->task->now_ms)};
    arrive(&l, job, TW_SIDE_TARGET_ERRORS, target_of(job, op), values);
}

static void bad(void *context, tw_str table, const struct tw_split_id *split, const tw_bad_record *record) {
    tw_job *job = context;
    if (!job->options.side) return;
    leaving l = leave(NULL); /* nothing is copied on the way */
    tw_value values[] = {tw_value_of_str(&TW_TYPE_BYTES, record->bytes),
                         tw_value_of_str(&TW_TYPE_STRING, tw_str_of(record->error)),
                         tw_value_of_str(&TW_TYPE_STRING, split->name),
                         record->line ? tw_value_of_int(&TW_TYPE_BIGINT, (int64_t)record->line) : tw_value_null(&TW_TYPE_BIGINT),
                         tw_value_of_int(&TW_TYPE_BIGINT, (int64_t)record->offset),
                         tw_value_of_int(&TW_TYPE_LTZ_3, tw_wall_ms(job->os)),
                         tw_value_of_str(&TW_TYPE_STRING, TW_STR(TW_VERSION))};
    arrive(&l, job, TW_SIDE_SOURCE_ERRORS, table, values);
}

tw_side_outputs tw_leaving(tw_job *job) { return (tw_side_outputs){.context = job, .late = late, .failed = failed, .bad = bad}; }
