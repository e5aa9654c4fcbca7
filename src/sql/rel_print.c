/* The logical plan as text, as the first part of EXPLAIN shows it: Flink's names, root first, two spaces deeper for an input. */
#include "sql/rel.h"

static void comma(tw_buf *out, int32_t i) {
    if (i) tw_buf_text(out, ", ");
}

static void columns(tw_buf *out, const int32_t *at, int32_t n, const char *prefix) {
    for (int32_t i = 0; i < n; i++) {
        comma(out, i);
        tw_buf_printf(out, "%s%d", prefix, at[i]);
    }
}

static void field_names(tw_buf *out, const tw_type *row) {
    for (int32_t i = 0; i < row->nfields; i++) {
        comma(out, i);
        tw_buf_str(out, row->fields[i].name);
    }
}

static void print_scan(tw_buf *out, const tw_rel *rel) {
    const tw_rel_scan *scan = &rel->u.scan;
    const tw_str *path = scan->table->path;
    tw_buf_printf(out, "LogicalTableScan(table=[[%.*s, %.*s, %.*s]]", TW_STR_ARG(path[0]), TW_STR_ARG(path[1]), TW_STR_ARG(path[2]));
    if (scan->ncolumns < scan->table->source->nfields) {
        tw_buf_text(out, ", fields=[");
        field_names(out, rel->row);
        tw_buf_byte(out, ']');
    }
    if (scan->options != scan->table->options) {
        tw_buf_text(out, ", options=[");
        for (int32_t i = 0; i < scan->noptions; i++) {
            comma(out, i);
            tw_buf_printf(out, "%.*s=%.*s", TW_STR_ARG(scan->options[i].key), TW_STR_ARG(scan->options[i].value));
        }
        tw_buf_byte(out, ']');
    }
    tw_buf_byte(out, ')');
}

static void print_side(tw_buf *out, const tw_rel *rel) {
    const char *suffix = rel->u.side.kind == TW_SIDE_LATE ? "late" : "errors";
    tw_buf_printf(out, "LogicalTableScan(table=[[%.*s$%s]])", TW_STR_ARG(rel->u.side.table), suffix);
}

static void print_literal(tw_buf *out, const tw_value *value) {
    tw_expr literal = {.kind = TW_EXPR_LITERAL, .type = value->type, .literal = value};
    tw_expr_print(out, &literal, NULL);
}

static void print_values(tw_buf *out, const tw_rel *rel) {
    tw_buf_text(out, "LogicalValues(tuples=[[");
    for (int32_t r = 0; r < rel->u.values.nrows; r++) {
        comma(out, r);
        tw_buf_text(out, "{ ");
        for (int32_t c = 0; c < rel->row->nfields; c++) {
            comma(out, c);
            print_literal(out, &rel->u.values.rows[r][c]);
        }
        tw_buf_text(out, rel->row->nfields ? " }" : "}");
    }
    tw_buf_text(out, "]])");
}

static void print_project(tw_buf *out, const tw_rel *rel) {
    tw_buf_text(out, "LogicalProject(");
    for (int32_t i = 0; i < rel->u.project.nexprs; i++) {
        comma(out, i);
        tw_buf_printf(out, "%.*s=[", TW_STR_ARG(rel->row->fields[i].name));
        tw_expr_print(out, rel->u.project.exprs[i], NULL);
        tw_buf_byte(out, ']');
    }
    tw_buf_byte(out, ')');
}

static void print_filter(tw_buf *out, const tw_rel *rel) {
    tw_buf_text(out, "LogicalFilter(condition=[");
    tw_expr_print(out, rel->u.filter, NULL);
    tw_buf_text(out, "])");
}

static void print_watermark(tw_buf *out, const tw_rel *rel) {
    tw_buf_printf(out, "LogicalWatermarkAssigner(rowtime=[%.*s], watermark=[", TW_STR_ARG(rel->row->fields[rel->u.watermark.column].name));
    tw_expr_print(out, rel->u.watermark.expr, NULL);
    tw_buf_text(out, "])");
}

/* COUNT(PARTITION BY($0), size=10 rows, slide=2 rows) */
static void rows_window(tw_buf *out, const char *name, const tw_window *w) {
    tw_buf_printf(out, "%s(", name);
    if (w->npartition) {
        tw_buf_text(out, "PARTITION BY(");
        columns(out, w->partition, w->npartition, "$");
        tw_buf_byte(out, ')');
    }
    if (w->kind == TW_WINDOW_COUNT) tw_buf_printf(out, "%ssize=%lld rows", w->npartition ? ", " : "", (long long)w->size_ms);
    if (w->step_ms) tw_buf_printf(out, ", slide=%lld rows", (long long)w->step_ms);
    tw_buf_byte(out, ')');
}

/* TUMBLE(DESCRIPTOR($2), size=60000 ms, offset=1 ms) */
static void window(tw_buf *out, const tw_window *w) {
    static const char *const names[] = {
        [TW_WINDOW_TUMBLE] = "TUMBLE",     [TW_WINDOW_HOP] = "HOP",     [TW_WINDOW_CUMULATE] = "CUMULATE", [TW_WINDOW_SESSION] = "SESSION",
        [TW_WINDOW_ATTACHED] = "ATTACHED", [TW_WINDOW_COUNT] = "COUNT", [TW_WINDOW_GLOBAL] = "GLOBAL"};
    if (tw_is_rows_window(w->kind)) {
        rows_window(out, names[w->kind], w);
        return;
    }
    tw_buf_printf(out, "%s(DESCRIPTOR($%d)", names[w->kind], w->time_column);
    if (w->npartition) {
        tw_buf_text(out, ", PARTITION BY(");
        columns(out, w->partition, w->npartition, "$");
        tw_buf_byte(out, ')');
    }
    if (w->kind == TW_WINDOW_SESSION)
        tw_buf_printf(out, ", gap=%lld ms", (long long)w->gap_ms);
    else
        tw_buf_printf(out, ", size=%lld ms", (long long)w->size_ms);
    if (w->kind == TW_WINDOW_HOP) tw_buf_printf(out, ", slide=%lld ms", (long long)w->step_ms);
    if (w->kind == TW_WINDOW_CUMULATE) tw_buf_printf(out, ", step=%lld ms", (long long)w->step_ms);
    if (w->offset_ms) tw_buf_printf(out, ", offset=%lld ms", (long long)w->offset_ms);
    tw_buf_byte(out, ')');
}

static void print_window(tw_buf *out, const tw_rel *rel) {
    tw_buf_text(out, "LogicalTableFunctionScan(invocation=[");
    window(out, &rel->u.window);
    tw_buf_text(out, "])");
}

static void grouping_sets(tw_buf *out, const tw_rel_aggregate *aggregate) {
    tw_buf_text(out, ", groups=[[");
    for (int32_t s = 0; s < aggregate->nsets; s++) {
        comma(out, s);
        tw_buf_byte(out, '{');
        for (int32_t k = 0, n = 0; k < aggregate->nkeys; k++) {
            if (!(aggregate->sets[s] >> k & 1)) continue;
            comma(out, n++);
            tw_buf_printf(out, "%d", aggregate->keys[k]);
        }
        tw_buf_byte(out, '}');
    }
    tw_buf_text(out, "]]");
}

static void call(tw_buf *out, tw_str name, const tw_rel_call *c) {
    tw_buf_printf(out, ", %.*s=[%s(%s", TW_STR_ARG(name), c->function->name, c->distinct ? "DISTINCT " : "");
    columns(out, c->args, c->nargs, "$");
    tw_buf_byte(out, ')');
    if (c->filter >= 0) tw_buf_printf(out, " FILTER $%d", c->filter);
    tw_buf_byte(out, ']');
}

static void emit(tw_buf *out, const tw_emit_spec *spec) {
    tw_buf_text(out, ", emit=[");
    if (spec->mode == TW_EMIT_ON_CLOSE) tw_buf_text(out, "on close");
    if (spec->mode == TW_EMIT_ON_UPDATE) tw_buf_text(out, "on update");
    if (spec->mode == TW_EMIT_EVERY && spec->every_rows)
        tw_buf_printf(out, "every %lld rows%s", (long long)spec->every_rows, spec->purge ? ", purge" : "");
    else if (spec->mode == TW_EMIT_EVERY)
        tw_buf_printf(out, "every %lld ms%s", (long long)spec->every_ms, spec->processing_time ? " of processing time" : "");
    if (spec->lateness_ms) tw_buf_printf(out, ", lateness %lld ms", (long long)spec->lateness_ms);
    tw_buf_byte(out, ']');
}

static void properties(tw_buf *out, const tw_rel_aggregate *aggregate) {
    static const char *const names[] = {"w$start", "w$end", "w$rowtime", "w$proctime", "window_id"};
    tw_buf_text(out, ", properties=[");
    for (int32_t i = 0; i < aggregate->nproperties; i++) {
        comma(out, i);
        tw_buf_text(out, names[aggregate->properties[i]]);
    }
    tw_buf_byte(out, ']');
}

static void print_aggregate(tw_buf *out, const tw_rel *rel) {
    const tw_rel_aggregate *a = &rel->u.aggregate;
    tw_buf_text(out, a->group_window ? "LogicalWindowAggregate(group=[{" : "LogicalAggregate(group=[{");
    columns(out, a->keys, a->nkeys, "");
    tw_buf_text(out, "}]");
    if (a->nsets) grouping_sets(out, a);
    int32_t first = a->nkeys + (a->nsets > 0);
    for (int32_t i = 0; i < a->ncalls; i++) call(out, rel->row->fields[first + i].name, &a->calls[i]);
    if (a->group_window) {
        tw_buf_text(out, ", window=[");
        window(out, &a->window);
        tw_buf_byte(out, ']');
        if (a->nproperties) properties(out, a);
    }
    if (a->emit_given) emit(out, &a->emit);
    tw_buf_byte(out, ')');
}

static void print_sort(tw_buf *out, const tw_rel *rel) {
    const tw_rel_sort *sort = &rel->u.sort;
    int32_t n = 0;
    tw_buf_text(out, "LogicalSort(");
    for (int32_t i = 0; i < sort->nkeys; i++) {
        comma(out, n++);
        tw_buf_printf(out, "sort%d=[$%d]", i, sort->keys[i].column);
    }
    for (int32_t i = 0; i < sort->nkeys; i++) {
        comma(out, n++);
        tw_buf_printf(out, "dir%d=[%s-nulls-%s]", i, sort->keys[i].descending ? "DESC" : "ASC", sort->keys[i].nulls_first ? "first" : "last");
    }
    if (sort->offset) {
        comma(out, n++);
        tw_buf_printf(out, "offset=[%lld]", (long long)sort->offset);
    }
    if (sort->limit >= 0) {
        comma(out, n++);
        tw_buf_printf(out, "fetch=[%lld]", (long long)sort->limit);
    }
    tw_buf_byte(out, ')');
}

static void print_sink(tw_buf *out, const tw_rel *rel) {
    const tw_catalog_table *table = rel->u.sink.table;
    if (table) {
        tw_buf_printf(out, "LogicalSink(table=[%.*s.%.*s.%.*s], fields=[", TW_STR_ARG(table->path[0]), TW_STR_ARG(table->path[1]),
                      TW_STR_ARG(table->path[2]));
    } else {
        tw_buf_text(out, "LogicalCollect(fields=[");
    }
    field_names(out, rel->row);
    tw_buf_text(out, "])");
}

static void print_union(tw_buf *out, const tw_rel *rel) { tw_buf_text(out, "LogicalUnion(all=[true])"); }

static void print(tw_buf *out, const tw_rel *rel, int depth) {
    static void (*const printers[])(tw_buf *out, const tw_rel *rel) = {
        [TW_REL_SCAN] = print_scan,       [TW_REL_SIDE] = print_side,           [TW_REL_VALUES] = print_values, [TW_REL_FILTER] = print_filter,
        [TW_REL_PROJECT] = print_project, [TW_REL_WATERMARK] = print_watermark, [TW_REL_WINDOW] = print_window, [TW_REL_AGGREGATE] = print_aggregate,
        [TW_REL_UNION] = print_union,     [TW_REL_SORT] = print_sort,           [TW_REL_SINK] = print_sink};
    tw_buf_printf(out, "%*s", 2 * depth, "");
    printers[rel->kind](out, rel);
    tw_buf_byte(out, '\n');
    for (int32_t i = 0; i < rel->ninputs; i++) print(out, rel->inputs[i], depth + 1);
}

void tw_rel_print(tw_buf *out, const tw_rel *rel) { print(out, rel, 0); }
