/* The logical plan: constructors, the rows of a table, and what can be told of a plan by looking at it. */
#include "sql/rel.h"

tw_rel *tw_rel_new(tw_arena *arena, tw_rel_kind kind, const tw_type *row, const tw_rel *const *inputs, int32_t ninputs, tw_pos pos) {
    tw_rel *rel = TW_NEW(arena, tw_rel);
    rel->kind = kind;
    rel->row = row;
    rel->pos = pos;
    if (ninputs) rel->inputs = tw_arena_memdup(arena, inputs, sizeof *inputs * (size_t)ninputs);
    rel->ninputs = ninputs;
    return rel;
}

const tw_rel *tw_rel_make_filter(tw_arena *arena, const tw_rel *input, const tw_expr *condition, tw_pos pos) {
    tw_rel *rel = tw_rel_new(arena, TW_REL_FILTER, input->row, &input, 1, pos);
    rel->u.filter = condition;
    return rel;
}

const tw_rel *tw_rel_make_project(tw_arena *arena, const tw_rel *input, const tw_expr *const *exprs, const tw_str *names, int32_t n, tw_pos pos) {
    tw_field *fields = TW_NEW_ARRAY(arena, tw_field, n + 1);
    const tw_expr **copy = TW_NEW_ARRAY(arena, const tw_expr *, n + 1);
    for (int32_t i = 0; i < n; i++) {
        fields[i] = (tw_field){names[i], exprs[i]->type};
        copy[i] = exprs[i];
    }
    tw_rel *rel = tw_rel_new(arena, TW_REL_PROJECT, tw_type_row(arena, fields, n), &input, 1, pos);
    rel->u.project.exprs = copy;
    rel->u.project.nexprs = n;
    return rel;
}

/* ---- tables ---------------------------------------------------------------------------------------------------- */

static tw_rel *scan(tw_arena *arena, const tw_catalog_table *table, const tw_option *options, int32_t noptions, tw_pos pos) {
    tw_rel *rel = tw_rel_new(arena, TW_REL_SCAN, table->source, NULL, 0, pos);
    int32_t n = table->source->nfields;
    int32_t *columns = TW_NEW_ARRAY(arena, int32_t, n + 1);
    for (int32_t i = 0; i < n; i++) columns[i] = i;
    rel->u.scan = (tw_rel_scan){.table = table, .options = options, .noptions = noptions, .columns = columns, .ncolumns = n};
    return rel;
}

/* The rowtime attribute comes with the WATERMARK node; below it the column is an ordinary timestamp. */
static const tw_type *without_rowtime(tw_arena *arena, const tw_type *type) {
    return type->time == TW_ROWTIME ? tw_type_with_time(arena, type, TW_NOT_TIME) : type;
}

/* Source row -> table row: computed columns, casts of metadata, and metadata columns put where they were declared. */
static const tw_rel *table_row(tw_arena *arena, const tw_rel *source, const tw_catalog_table *table, tw_pos pos) {
    int32_t n = table->ncolumns;
    const tw_expr **exprs = TW_NEW_ARRAY(arena, const tw_expr *, n + 1);
    tw_str *names = TW_NEW_ARRAY(arena, tw_str, n + 1);
    bool same = n == source->row->nfields;
    for (int32_t i = 0; i < n; i++) {
        const tw_table_column *column = &table->columns[i];
        names[i] = column->name;
        exprs[i] = column->expr ? column->expr
                                : tw_expr_column(arena, column->source, without_rowtime(arena, source->row->fields[column->source].type));
        same &= !column->expr && column->source == i;
    }
    return same ? source : tw_rel_make_project(arena, source, exprs, names, n, pos);
}

const tw_rel *tw_rel_of_table(tw_arena *arena, const tw_catalog_table *table, const tw_option *options, int32_t noptions, tw_pos pos) {
    const tw_rel *rel = table_row(arena, scan(arena, table, options, noptions, pos), table, pos);
    if (table->watermark_column < 0) return rel;
    int32_t column = table->watermark_column;
    tw_field *fields = tw_arena_memdup(arena, rel->row->fields, sizeof *rel->row->fields * (size_t)rel->row->nfields);
    fields[column].type = tw_type_with_time(arena, fields[column].type, TW_ROWTIME);
    tw_rel *watermark = tw_rel_new(arena, TW_REL_WATERMARK, tw_type_row(arena, fields, rel->row->nfields), &rel, 1, pos);
    watermark->u.watermark = (tw_rel_watermark){.column = column, .expr = table->watermark, .table = table};
    return watermark;
}

/* ---- window columns -------------------------------------------------------------------------------------------- */

static const tw_rel_window_columns NO_WINDOW = {.start = -1, .end = -1, .time = -1};

static tw_rel_window_columns windows_of_window(const tw_rel *rel) {
    if (tw_is_rows_window(rel->u.window.kind)) return tw_rel_windows_of(rel->inputs[0]);
    int32_t n = rel->inputs[0]->row->nfields;
    return (tw_rel_window_columns){n, n + 1, n + 2, rel->u.window.proctime, rel->u.window.local_time};
}

/* The first column that is a plain reference to `column` of the input; -1: none. */
static int32_t projected(const tw_rel_project *project, int32_t column) {
    for (int32_t i = 0; column >= 0 && i < project->nexprs; i++)
        if (project->exprs[i]->kind == TW_EXPR_COLUMN && project->exprs[i]->column == column) return i;
    return -1;
}

static tw_rel_window_columns windows_of_project(const tw_rel *rel) {
    tw_rel_window_columns in = tw_rel_windows_of(rel->inputs[0]);
    in.start = projected(&rel->u.project, in.start);
    in.end = projected(&rel->u.project, in.end);
    in.time = projected(&rel->u.project, in.time);
    return in;
}

/* The key that is column `column` of the input and stands in every grouping set; -1: none. */
static int32_t grouped(const tw_rel_aggregate *aggregate, int32_t column) {
    for (int32_t i = 0; column >= 0 && i < aggregate->nkeys; i++) {
        if (aggregate->keys[i] != column) continue;
        for (int32_t s = 0; s < aggregate->nsets; s++)
            if (!(aggregate->sets[s] >> i & 1)) return -1;
        return i;
    }
    return -1;
}

/* The window columns of an aggregation that was over a window TVF are its properties, behind all other columns. */
static tw_rel_window_columns windows_of_properties(const tw_rel *rel) {
    const tw_rel_aggregate *a = &rel->u.aggregate;
    int32_t first = rel->row->nfields - a->nproperties;
    tw_rel_window_columns out = {-1, -1, -1, a->window.proctime, a->window.local_time};
    for (int32_t i = 0; i < a->nproperties; i++) {
        int32_t *to = a->properties[i] == TW_WINDOW_START ? &out.start : a->properties[i] == TW_WINDOW_END ? &out.end : &out.time;
        *to = first + i;
    }
    return out;
}

static tw_rel_window_columns windows_of_aggregate(const tw_rel *rel) {
    const tw_rel_aggregate *a = &rel->u.aggregate;
    if (a->group_window) return a->of_tvf && !tw_is_rows_window(a->window.kind) ? windows_of_properties(rel) : NO_WINDOW;
    tw_rel_window_columns in = tw_rel_windows_of(rel->inputs[0]);
    in.start = grouped(&rel->u.aggregate, in.start);
    in.end = grouped(&rel->u.aggregate, in.end);
    in.time = grouped(&rel->u.aggregate, in.time);
    return in.start < 0 || in.end < 0 ? NO_WINDOW : in;
}

/* Columns that are a window's in every branch. */
static tw_rel_window_columns windows_of_union(const tw_rel *rel) {
    tw_rel_window_columns all = tw_rel_windows_of(rel->inputs[0]);
    for (int32_t i = 1; i < rel->ninputs; i++) {
        tw_rel_window_columns next = tw_rel_windows_of(rel->inputs[i]);
        if (next.proctime != all.proctime || next.local_time != all.local_time) return NO_WINDOW;
        if (next.start != all.start) all.start = -1;
        if (next.end != all.end) all.end = -1;
        if (next.time != all.time) all.time = -1;
    }
    return all;
}

tw_rel_window_columns tw_rel_windows_of(const tw_rel *rel) {
    switch (rel->kind) {
    case TW_REL_WINDOW: return windows_of_window(rel);
    case TW_REL_PROJECT: return windows_of_project(rel);
    case TW_REL_AGGREGATE: return windows_of_aggregate(rel);
    case TW_REL_UNION: return windows_of_union(rel);
    case TW_REL_FILTER:
    case TW_REL_WATERMARK:
    case TW_REL_SORT:
    case TW_REL_SINK: return tw_rel_windows_of(rel->inputs[0]);
    default: return NO_WINDOW;
    }
}

/* ---- boundedness ----------------------------------------------------------------------------------------------- */

static bool scan_bounded(const tw_rel_scan *scan, const tw_registry *registry) {
    const tw_connector *connector = tw_registry_connector(registry, tw_option_get(scan->options, scan->noptions, "connector"));
    return connector && connector->bounded && connector->bounded(scan->options, scan->noptions);
}

bool tw_rel_bounded(const tw_rel *rel, const tw_registry *registry) {
    if (rel->kind == TW_REL_SCAN) return scan_bounded(&rel->u.scan, registry);
    for (int32_t i = 0; i < rel->ninputs; i++)
        if (!tw_rel_bounded(rel->inputs[i], registry)) return false;
    return true;
}
