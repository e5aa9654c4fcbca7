/* Column references: a, t.a, db.t.a, catalog.db.t.a, each followed by names of ROW fields.
 *
 * The longest prefix that names a table wins, as in Flink; when none does, the first name is a column. Names compare with case. */
#include "sql/bind_parts.h"

typedef struct found {
    const tw_scope_table *table;
    int32_t column;
    int count; /* how many fit */
} found;

/* Does the prefix of `parts` names mean this table? */
static bool names_table(const tw_scope_table *table, const tw_ast_names *path, int parts) {
    if (parts == 1) return table->alias.length && tw_str_equal(table->alias, path->at[0].text);
    for (int i = 0; i < parts; i++)
        if (!table->path[3 - parts + i].length || !tw_str_equal(table->path[3 - parts + i], path->at[i].text)) return false;
    return true;
}

static void find_in_table(const tw_scope_table *table, tw_str name, found *f) {
    for (int32_t c = 0; c < table->row->nfields; c++) {
        if (!tw_str_equal(table->row->fields[c].name, name)) continue;
        if (f->count++ == 0) f->table = table, f->column = c;
    }
}

/* The column that the path begins with, in one scope; *used names of it belong to the column. *tables: how many tables the longest prefix
 * names, whether or not they have the column. */
static found find_in_scope(const tw_scope *scope, const tw_ast_names *path, int *used, int *tables) {
    found f = {0};
    *tables = 0;
    for (int parts = path->count - 1 < 3 ? path->count - 1 : 3; parts > 0 && *tables == 0; parts--) {
        for (int32_t t = 0; t < scope->ntables; t++) {
            if (!names_table(&scope->tables[t], path, parts)) continue;
            ++*tables;
            *used = parts + 1;
            find_in_table(&scope->tables[t], path->at[parts].text, &f);
        }
    }
    if (f.count) return f;
    for (int32_t t = 0; t < scope->ntables; t++) find_in_table(&scope->tables[t], path->at[0].text, &f);
    if (f.count) *used = 1;
    return f;
}

static tw_pos path_pos(const tw_ast_names *path, int from, int to) {
    tw_pos pos = path->at[from].pos, last = path->at[to].pos;
    pos.length = last.offset + last.length - pos.offset;
    return pos;
}

static tw_status not_in_table(tw_binder *binder, const tw_ast_names *path, int used) {
    tw_names names = {.arena = binder->arena};
    const tw_ast_name *column = &path->at[used - 1], *table = &path->at[used - 2];
    for (int32_t t = 0; t < binder->scope->ntables; t++) {
        const tw_scope_table *one = &binder->scope->tables[t];
        if (!names_table(one, path, used - 1)) continue;
        for (int32_t c = 0; c < one->row->nfields; c++) tw_names_add(&names, one->row->fields[c].name);
    }
    tw_fail_at(binder->error, TW_E_UNDEFINED_COLUMN, column->pos, "column '%.*s' not found in table '%.*s'", TW_STR_ARG(column->text),
               TW_STR_ARG(table->text));
    tw_names_hint(&names, column->text, binder->error);
    return TW_E_UNDEFINED_COLUMN;
}

/* A count window has no bounds in time. */
static void hint_window_id(const tw_scope *scope, tw_str name, tw_error *error) {
    bool bound = tw_str_equal(name, TW_STR("window_start")) || tw_str_equal(name, TW_STR("window_end")) || tw_str_equal(name, TW_STR("window_time"));
    for (int32_t t = 0; bound && scope && t < scope->ntables; t++)
        if (tw_type_field(scope->tables[t].row, TW_STR("window_id")) >= 0) tw_error_hint(error, "a count window is known by its window_id");
}

/* Nothing of that name: the nearest column of any table, or table when the name was qualified. */
static tw_status not_found(tw_binder *binder, const tw_ast_names *path) {
    const tw_scope *scope = binder->scope;
    tw_str name = path->at[0].text;
    tw_names columns = {.arena = binder->arena}, tables = {.arena = binder->arena};
    for (int32_t t = 0; scope && t < scope->ntables; t++) {
        const tw_scope_table *table = &scope->tables[t];
        if (table->alias.length) tw_names_add(&tables, table->alias);
        for (int32_t c = 0; c < table->row->nfields; c++) tw_names_add(&columns, table->row->fields[c].name);
    }
    if (path->count > 1) {
        tw_fail_at(binder->error, TW_E_UNDEFINED_TABLE, path->at[0].pos, "table '%.*s' not found", TW_STR_ARG(name));
        tw_names_hint(&tables, name, binder->error);
        if (!binder->error || !binder->error->hint[0]) tw_names_hint(&columns, name, binder->error);
        return TW_E_UNDEFINED_TABLE;
    }
    tw_fail_at(binder->error, TW_E_UNDEFINED_COLUMN, path->at[0].pos, "column '%.*s' not found in any table", TW_STR_ARG(name));
    tw_names_hint(&columns, name, binder->error);
    if (columns.count == 0) tw_error_hint(binder->error, "no columns can be read in %s", tw_bind_clause(binder));
    if (tw_str_equal(name, TW_STR("window_start")) || tw_str_equal(name, TW_STR("window_end")))
        tw_error_hint(binder->error, "%.*s is a column of window functions: FROM TABLE(TUMBLE(TABLE ..., DESCRIPTOR(...), ...))", TW_STR_ARG(name));
    hint_window_id(scope, name, binder->error);
    return TW_E_UNDEFINED_COLUMN;
}

static tw_status correlated(tw_binder *binder, const tw_ast_names *path) {
    const tw_ast_name *last = &path->at[path->count - 1];
    tw_fail_at(binder->error, TW_E_UNSUPPORTED, path_pos(path, 0, path->count - 1), "correlated sub-queries are not supported yet");
    tw_error_detail(binder->error, "'%.*s' is a column of the enclosing query", TW_STR_ARG(last->text));
    tw_error_hint(binder->error, "write the sub-query as a join");
    return TW_E_UNSUPPORTED;
}

static tw_status ambiguous(tw_binder *binder, const tw_ast_names *path, int used) {
    const tw_ast_name *column = &path->at[used - 1];
    tw_fail_at(binder->error, TW_E_AMBIGUOUS, path_pos(path, 0, used - 1), "column '%.*s' is ambiguous", TW_STR_ARG(column->text));
    tw_names tables = {.arena = binder->arena};
    for (int32_t t = 0; t < binder->scope->ntables; t++) {
        const tw_scope_table *table = &binder->scope->tables[t];
        if (table->alias.length && tw_type_field(table->row, column->text) >= 0) tw_names_add(&tables, table->alias);
    }
    if (used == 1 && tables.count > 1)
        tw_error_hint(binder->error, "write %s.%.*s or %s.%.*s", tables.at[0], TW_STR_ARG(column->text), tables.at[1], TW_STR_ARG(column->text));
    return TW_E_AMBIGUOUS;
}

tw_status tw_bind_field_of(tw_binder *binder, const tw_expr *base, const tw_ast_name *name, const tw_expr **out) {
    const tw_type *row = base->type;
    if (row->kind != TW_ROW) {
        tw_fail_at(binder->error, TW_E_TYPE, name->pos, "a value of type %s has no field '%.*s'", tw_type_text(binder->arena, row),
                   TW_STR_ARG(name->text));
        if (row->kind == TW_MAP) tw_error_hint(binder->error, "the value of a key of a map is written map['%.*s']", TW_STR_ARG(name->text));
        return TW_E_TYPE;
    }
    int index = tw_type_field(row, name->text);
    if (index < 0) {
        tw_names names = {.arena = binder->arena};
        for (int32_t i = 0; i < row->nfields; i++) tw_names_add(&names, row->fields[i].name);
        tw_fail_at(binder->error, TW_E_UNDEFINED_COLUMN, name->pos, "there is no field '%.*s' in %s", TW_STR_ARG(name->text),
                   tw_type_text(binder->arena, row));
        tw_names_hint(&names, name->text, binder->error);
        return TW_E_UNDEFINED_COLUMN;
    }
    tw_value number = tw_value_of_int(tw_type_nullable(binder->arena, &TW_TYPE_INTEGER, false), index);
    const tw_expr *args[2] = {base, tw_bind_value(binder, &number, name->pos)};
    return tw_bind_function(binder, "FIELD", name->pos, args, 2, NULL, out);
}

/* A column behind whose name fields are selected: no time attribute is left. */
static tw_status select_fields(tw_binder *binder, const tw_ast_names *path, int used, const tw_expr **e) {
    for (int i = used; i < path->count; i++) TW_TRY(tw_bind_field_of(binder, *e, &path->at[i], e));
    return TW_OK;
}

tw_status tw_bind_column(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    const tw_ast_names *path = &e->column;
    int used = 0, tables = 0;
    found f = {0};
    if (binder->scope) f = find_in_scope(binder->scope, path, &used, &tables);
    if (f.count > 1) return ambiguous(binder, path, used);
    if (f.count == 0) {
        if (tables) return not_in_table(binder, path, used);
        for (const tw_scope *outer = binder->scope ? binder->scope->outer : NULL; outer; outer = outer->outer) {
            int ignored;
            if (find_in_scope(outer, path, &ignored, &tables).count) return correlated(binder, path);
        }
        return not_found(binder, path);
    }
    tw_expr *column = (tw_expr *)tw_expr_column(binder->arena, f.table->first + f.column, f.table->row->fields[f.column].type);
    column->pos = e->pos;
    *out = column;
    return select_fields(binder, path, used, out);
}
