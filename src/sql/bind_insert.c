/* INSERT: the query's columns matched with the table's, cast to their types, and a SINK.
 *
 * Columns are counted in the order of declaration, without computed and virtual ones (PARTITION (p = 'x') takes p out of them); the sink's
 * row is the physical columns, then the metadata columns that are written. */
#include "sql/bind_query.h"

enum { FROM_NOTHING = -1, FROM_PARTITION = -2 };

typedef struct target {
    const tw_catalog_table *table;
    int32_t *columns;           /* columns of the table that are written, as declared */
    int32_t *from;              /* of each: column of the query, FROM_NOTHING, FROM_PARTITION */
    const tw_ast_expr **values; /* of each: the value that PARTITION gives */
    int32_t n;
    int32_t expected; /* columns that the query must have */
} target;

static bool is_written(const tw_table_column *column) {
    return column->kind == TW_AST_PHYSICAL || (column->kind == TW_AST_METADATA && !column->is_virtual);
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

static tw_status find_target(tw_binder *binder, const tw_ast_insert *insert, target *t) {
    const tw_ast_name *name = &insert->table.at[insert->table.count - 1];
    tw_str base;
    bool late;
    if (tw_side_name(name->text, &base, &late))
        return tw_fail_at(binder->error, TW_E_INVALID, name->pos, "'%.*s' cannot be written to", TW_STR_ARG(name->text));
    const tw_catalog_table *table;
    TW_TRY(tw_find_table(binder, &insert->table, &table));
    if (table->view) return tw_fail_at(binder->error, TW_E_INVALID, name->pos, "'%.*s' is a view and cannot be written to", TW_STR_ARG(name->text));
    tw_str connector_name = tw_option_get(table->options, table->noptions, "connector");
    const tw_connector *connector = tw_registry_connector(binder->registry, connector_name);
    if (connector && !connector->sink)
        return tw_fail_at(binder->error, TW_E_INVALID, name->pos, "connector '%s' can only be used as a source, it cannot be used as a sink",
                          connector->name);
    *t = (target){.table = table};
    t->columns = TW_NEW_ARRAY(binder->arena, int32_t, table->ncolumns + 1);
    t->from = TW_NEW_ARRAY(binder->arena, int32_t, table->ncolumns + 1);
    t->values = TW_NEW_ARRAY(binder->arena, const tw_ast_expr *, table->ncolumns + 1);
    for (int32_t i = 0; i < table->ncolumns; i++)
        if (is_written(&table->columns[i])) t->columns[t->n++] = i;
    return TW_OK;
}

/* ---- which column comes from where ----------------------------------------------------------------------------- */

static tw_status unknown_column(tw_binder *binder, const target *t, const tw_ast_name *name) {
    const char **names = TW_NEW_ARRAY(binder->arena, const char *, t->n + 1);
    for (int32_t i = 0; i < t->table->ncolumns; i++) {
        const tw_table_column *column = &t->table->columns[i];
        if (!tw_str_equal(column->name, name->text)) continue;
        return tw_fail_at(binder->error, TW_E_INVALID, name->pos, "column '%.*s' is %s and cannot be written to", TW_STR_ARG(name->text),
                          column->kind == TW_AST_COMPUTED ? "computed" : "virtual");
    }
    for (int32_t i = 0; i < t->n; i++) {
        tw_str column = t->table->columns[t->columns[i]].name;
        names[i] = tw_arena_strndup(binder->arena, column.data, column.length);
    }
    tw_fail_at(binder->error, TW_E_UNDEFINED_COLUMN, name->pos, "unknown target column '%.*s'", TW_STR_ARG(name->text));
    const char *nearest = tw_str_nearest(name->text, names, t->n);
    if (nearest) tw_error_hint(binder->error, "did you mean %s?", nearest);
    return TW_E_UNDEFINED_COLUMN;
}

static tw_status find_column(tw_binder *binder, const target *t, const tw_ast_name *name, int32_t *at) {
    for (*at = 0; *at < t->n; ++*at)
        if (tw_str_equal(t->table->columns[t->columns[*at]].name, name->text)) return TW_OK;
    return unknown_column(binder, t, name);
}

static tw_status twice(tw_binder *binder, const tw_ast_name *name) {
    return tw_fail_at(binder->error, TW_E_DUPLICATE, name->pos, "target column '%.*s' is assigned more than once", TW_STR_ARG(name->text));
}

static bool is_partition_column(const tw_catalog_table *table, tw_str name) {
    for (int32_t i = 0; i < table->npartitioned_by; i++)
        if (tw_str_equal(table->partitioned_by[i], name)) return true;
    return false;
}

/* PARTITION (p = 'x', q): q stays a column of the query. */
static tw_status take_partition(tw_binder *binder, const tw_ast_insert *insert, target *t) {
    for (int32_t i = 0; i < t->n; i++) t->from[i] = FROM_NOTHING;
    for (int i = 0; i < insert->npartition; i++) {
        const tw_ast_partition *partition = &insert->partition[i];
        int32_t at;
        if (!is_partition_column(t->table, partition->name.text))
            return tw_fail_at(binder->error, TW_E_INVALID, partition->name.pos, "'%.*s' is not a partition column of table '%.*s'",
                              TW_STR_ARG(partition->name.text), TW_STR_ARG(t->table->path[2]));
        TW_TRY(find_column(binder, t, &partition->name, &at));
        if (t->from[at] == FROM_PARTITION) return twice(binder, &partition->name);
        if (!partition->value) continue;
        t->from[at] = FROM_PARTITION;
        t->values[at] = partition->value;
    }
    return TW_OK;
}

static tw_status take_columns(tw_binder *binder, const tw_ast_insert *insert, target *t) {
    TW_TRY(take_partition(binder, insert, t));
    for (int i = 0; i < insert->columns.count; i++) {
        int32_t at;
        TW_TRY(find_column(binder, t, &insert->columns.at[i], &at));
        if (t->from[at] != FROM_NOTHING) return twice(binder, &insert->columns.at[i]);
        t->from[at] = t->expected++;
    }
    for (int32_t i = 0; i < t->n; i++) {
        const tw_table_column *column = &t->table->columns[t->columns[i]];
        if (t->from[i] != FROM_NOTHING) continue;
        if (!insert->columns.count)
            t->from[i] = t->expected++;
        else if (!column->type->nullable)
            return tw_fail_at(binder->error, TW_E_INVALID, insert->columns.at[0].pos, "column '%.*s' has no default value and does not allow NULLs",
                              TW_STR_ARG(column->name));
    }
    return TW_OK;
}

/* ---- counts ---------------------------------------------------------------------------------------------------- */

static void schema(tw_buf *out, const tw_field *fields, int32_t n) {
    tw_buf_byte(out, '[');
    for (int32_t i = 0; i < n; i++) {
        tw_buf_printf(out, "%s%.*s: ", i ? ", " : "", TW_STR_ARG(fields[i].name));
        tw_type_print(out, fields[i].type, false);
    }
    tw_buf_byte(out, ']');
}

static tw_status bad_count(tw_binder *binder, const tw_ast_insert *insert, const target *t, const tw_type *row) {
    if (insert->columns.count)
        return tw_fail_at(binder->error, TW_E_INVALID, insert->query->pos,
                          "number of INSERT target columns (%d) does not equal number of source items (%d)", t->expected, row->nfields);
    const tw_str *path = t->table->path;
    tw_status status = tw_fail_at(binder->error, TW_E_TYPE, insert->query->pos,
                                  "column types of query result and sink for '%.*s.%.*s.%.*s' do not match: different number of columns",
                                  TW_STR_ARG(path[0]), TW_STR_ARG(path[1]), TW_STR_ARG(path[2]));
    tw_field *fields = TW_NEW_ARRAY(binder->arena, tw_field, t->n + 1);
    int32_t n = 0;
    for (int32_t i = 0; i < t->n; i++)
        if (t->from[i] >= 0) fields[n++] = (tw_field){t->table->columns[t->columns[i]].name, t->table->columns[t->columns[i]].type};
    tw_buf text;
    tw_buf_init(&text, binder->mem, 0);
    tw_buf_text(&text, "Query schema: ");
    schema(&text, row->fields, row->nfields);
    tw_buf_text(&text, "\nSink schema:  ");
    schema(&text, fields, n);
    tw_error_detail(binder->error, "%.*s", (int)text.length, text.data);
    tw_buf_free(&text);
    return status;
}

/* ---- expressions ----------------------------------------------------------------------------------------------- */

static tw_status bind_column(tw_binder *binder, const tw_ast_insert *insert, const target *t, int32_t i, const tw_type *row, const tw_expr **out) {
    const tw_table_column *column = &t->table->columns[t->columns[i]];
    const tw_type *type = tw_type_with_time(binder->arena, column->type, TW_NOT_TIME);
    if (t->from[i] == FROM_NOTHING) {
        tw_value null = tw_value_null(type);
        *out = tw_expr_literal(binder->arena, &null);
        return TW_OK;
    }
    if (t->from[i] >= 0) {
        const tw_expr *e = tw_expr_column(binder->arena, t->from[i], row->fields[t->from[i]].type);
        return tw_bind_assign(binder, e, type, column->name, tw_body_column_pos(insert->query->body, t->from[i]), out);
    }
    const tw_expr *value;
    TW_TRY(tw_bind_expr(binder, t->values[i], &value));
    return tw_bind_assign(binder, value, type, column->name, t->values[i]->pos, out);
}

/* The query's rows as the sink takes them: physical columns, then metadata. */
static tw_status make_sink_row(tw_binder *binder, const tw_ast_insert *insert, const target *t, const tw_rel *query, const tw_rel **out) {
    const tw_expr **exprs = TW_NEW_ARRAY(binder->arena, const tw_expr *, t->n + 1);
    tw_str *names = TW_NEW_ARRAY(binder->arena, tw_str, t->n + 1);
    int32_t n = 0;
    bool same = query->row->nfields == t->n;
    for (int pass = 0; pass < 2; pass++) {
        for (int32_t i = 0; i < t->n; i++) {
            const tw_table_column *column = &t->table->columns[t->columns[i]];
            if ((column->kind == TW_AST_METADATA) != (pass == 1)) continue;
            TW_TRY(bind_column(binder, insert, t, i, query->row, &exprs[n]));
            names[n] = column->name;
            same = same && exprs[n]->kind == TW_EXPR_COLUMN && exprs[n]->column == n && tw_str_equal(names[n], query->row->fields[n].name);
            n++;
        }
    }
    *out = same ? query : tw_rel_make_assigned(binder, query, exprs, names, n);
    return TW_OK;
}

tw_status tw_bind_insert(tw_binder *binder, const tw_ast_insert *insert, const tw_rel **out) {
    target t;
    tw_binder inner = *binder;
    inner.special = tw_special_plain;
    inner.special_context = NULL;
    inner.scope = NULL;
    inner.clause = "PARTITION";
    TW_TRY(find_target(&inner, insert, &t));
    if (insert->overwrite) {
        tw_fail_at(binder->error, TW_E_UNSUPPORTED, insert->table.at[0].pos, "INSERT OVERWRITE is not supported: connectors add to what is there");
        return TW_E_UNSUPPORTED;
    }
    TW_TRY(take_columns(&inner, insert, &t));
    const tw_option *options = t.table->options;
    int32_t noptions = t.table->noptions;
    if (insert->hints.count) TW_TRY(tw_bind_hints(&inner, t.table, &insert->hints, &options, &noptions));
    TW_TRY(tw_bind_usable(binder, options, noptions, insert->table.at[0].pos));
    const tw_rel *query, *input;
    TW_TRY(tw_bind_query(&inner, insert->query, &query));
    if (query->row->nfields != t.expected) return bad_count(&inner, insert, &t, query->row);
    TW_TRY(make_sink_row(&inner, insert, &t, query, &input));
    tw_rel *sink = tw_rel_new(binder->arena, TW_REL_SINK, input->row, &input, 1, insert->table.at[0].pos);
    sink->u.sink = (tw_rel_sink){.table = t.table, .options = options, .noptions = noptions};
    *out = sink;
    return TW_OK;
}
