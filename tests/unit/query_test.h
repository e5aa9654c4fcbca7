/* For the tests of queries: tables from CREATE statements without connectors and options, a query, its logical plan as text. */
#ifndef TW_TESTS_UNIT_QUERY_TEST_H
#define TW_TESTS_UNIT_QUERY_TEST_H

#include "sql/bind_query.h"
#include "sql_test.h"

/* The tables of the tests. */
static const char QUERY_TABLES[] =
    "CREATE TABLE o (a INT NOT NULL, b BIGINT, c STRING, d DECIMAL(10, 2), r ROW<x INT, y STRING>) WITH ('connector' = 'filesystem', 'path' "
    "= '/x', 'format' = 'json');\n"
    "CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', "
    "'path' = '/x', 'format' = 'json');\n"
    "CREATE TABLE p (k STRING, v INT, ltz TIMESTAMP_LTZ(3), pt AS PROCTIME(), WATERMARK FOR ltz AS ltz) WITH ('connector' = 'filesystem', "
    "'path' = '/x', 'format' = 'json');\n"
    "CREATE TABLE plain (a BIGINT, c STRING, ts TIMESTAMP(3), d DATE) WITH ('connector' = 'filesystem', 'path' = '/x', 'format' = 'json');\n"
    "CREATE TABLE s (x BIGINT, m STRING METADATA FROM 'key', y STRING NOT NULL, z AS x + 1, w STRING METADATA VIRTUAL) WITH ('connector' = "
    "'print');\n"
    "CREATE TABLE gen (a INT) WITH ('connector' = 'datagen');\n"
    "CREATE TABLE part (a INT, b STRING, dy STRING) PARTITIONED BY (dy) WITH ('connector' = 'filesystem', 'path' = '/x', 'format' = "
    "'json');\n"
    "CREATE VIEW v AS SELECT a, b + 1 AS b1 FROM o WHERE a > 0;\n"
    "CREATE VIEW v2 (p, q) AS SELECT * FROM v;\n"
    "CREATE VIEW self AS SELECT * FROM self;\n"
    "CREATE VIEW broken AS SELECT nope FROM o;\n"
    "CREATE VIEW short (p) AS SELECT * FROM v;\n";

/* Columns bound as CREATE TABLE does; what the tests do not need (options, checks) is left out. */
static inline tw_status query_columns(sql_test *t, const tw_ast_create_table *create, tw_catalog_table *table) {
    tw_field *all = TW_NEW_ARRAY(&t->arena, tw_field, create->ncolumns + 1), *source = TW_NEW_ARRAY(&t->arena, tw_field, create->ncolumns + 1);
    int32_t n = 0, physical = 0;
    table->columns = TW_NEW_ARRAY(&t->arena, tw_table_column, create->ncolumns + 1);
    table->ncolumns = create->ncolumns;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < create->ncolumns; i++) {
            const tw_ast_column *c = &create->columns[i];
            if (c->kind == TW_AST_COMPUTED || (c->kind == TW_AST_METADATA) != pass) continue;
            table->columns[i] = (tw_table_column){
                .kind = c->kind, .name = c->name.text, .type = c->type->type, .source = n, .is_virtual = c->is_virtual};
            source[n++] = (tw_field){c->name.text, c->type->type};
        }
        if (pass == 0) physical = n;
    }
    table->physical = tw_type_row(&t->arena, source, physical);
    table->source = tw_type_row(&t->arena, source, n);
    tw_scope_table scope_table = {.row = table->source};
    tw_scope scope = {.tables = &scope_table, .ntables = 1};
    t->binder.scope = &scope;
    for (int i = 0; i < create->ncolumns; i++) {
        const tw_ast_column *c = &create->columns[i];
        if (c->kind == TW_AST_COMPUTED) {
            table->columns[i] = (tw_table_column){.kind = c->kind, .name = c->name.text, .source = -1};
            TW_TRY(tw_bind_expr(&t->binder, c->expr, &table->columns[i].expr));
            table->columns[i].type = table->columns[i].expr->type;
        }
        all[i] = (tw_field){table->columns[i].name, table->columns[i].type};
    }
    table->row = tw_type_row(&t->arena, all, create->ncolumns);
    return TW_OK;
}

static inline tw_status query_watermark(sql_test *t, const tw_ast_watermark *watermark, tw_catalog_table *table) {
    table->watermark_column = -1;
    if (!watermark->pos.line) return TW_OK;
    tw_scope_table scope_table = {.row = table->row};
    tw_scope scope = {.tables = &scope_table, .ntables = 1};
    t->binder.scope = &scope;
    TW_TRY(tw_bind_expr(&t->binder, watermark->expr, &table->watermark));
    int32_t column = table->watermark_column = tw_type_field(table->row, watermark->column.at[0].text);
    tw_field *fields = tw_arena_memdup(&t->arena, table->row->fields, sizeof *table->row->fields * (size_t)table->row->nfields);
    table->columns[column].type = fields[column].type = tw_type_with_time(&t->arena, fields[column].type, TW_ROWTIME);
    table->row = tw_type_row(&t->arena, fields, table->row->nfields);
    return TW_OK;
}

static inline tw_catalog_table *query_new_table(sql_test *t, const tw_ast_names *name) {
    tw_catalog_table *table = TW_NEW(&t->arena, tw_catalog_table);
    tw_error ignored;
    if (tw_catalog_path(t->binder.catalog, name, table->path, &ignored) != TW_OK) return NULL;
    tw_catalog_put(t->binder.catalog, table);
    return table;
}

static inline tw_status query_create_table(sql_test *t, const tw_ast_create_table *create) {
    tw_catalog_table *table = query_new_table(t, &create->name);
    TW_TRY(query_columns(t, create, table));
    TW_TRY(query_watermark(t, &create->watermark, table));
    table->options = TW_NEW_ARRAY(&t->arena, tw_option, create->options.count + 1);
    table->noptions = create->options.count;
    for (int i = 0; i < create->options.count; i++) table->options[i] = (tw_option){create->options.at[i].key, create->options.at[i].value};
    table->partitioned_by = TW_NEW_ARRAY(&t->arena, tw_str, create->partitioned_by.count + 1);
    table->npartitioned_by = create->partitioned_by.count;
    for (int i = 0; i < create->partitioned_by.count; i++) table->partitioned_by[i] = create->partitioned_by.at[i].text;
    return TW_OK;
}

static inline void query_create_view(sql_test *t, const tw_ast_create_view *create) {
    tw_catalog_table *view = query_new_table(t, &create->name);
    view->view = true;
    view->query = create->query;
    view->query_text = create->query_text;
    view->script = t->binder.script;
    view->nview_columns = create->columns.count;
    if (create->columns.count) view->view_columns = TW_NEW_ARRAY(&t->arena, tw_str, create->columns.count);
    for (int i = 0; i < create->columns.count; i++) view->view_columns[i] = create->columns.at[i].text;
}

static inline tw_status query_statement(sql_test *t, const tw_ast_statement *s, const tw_rel **out) {
    tw_setting *setting;
    switch (s->kind) {
    case TW_AST_CREATE_TABLE: return query_create_table(t, s->create_table);
    case TW_AST_CREATE_VIEW: query_create_view(t, s->create_view); return TW_OK;
    case TW_AST_SET:
        setting = TW_NEW(&t->arena, tw_setting);
        *setting = (tw_setting){s->set.key, s->set.value, t->binder.catalog->settings};
        t->binder.catalog->settings = setting;
        return TW_OK;
    case TW_AST_INSERT: return tw_bind_insert(&t->binder, s->insert, out);
    default: return tw_bind_select(&t->binder, s->query, out);
    }
}

static inline tw_status query_script(sql_test *t, const char *text, const tw_rel **out) {
    tw_ast_script *script;
    t->binder.script = tw_str_of(text);
    TW_TRY(tw_parse_script(&t->arena, tw_str_of(text), &script, &t->error));
    t->arena.oom = &t->oom;
    for (int i = 0; i < script->count; i++) {
        t->binder.scope = NULL;
        TW_TRY(query_statement(t, script->statements[i], out));
    }
    return TW_OK;
}

/* Runs `setup`, then `text`, whose last statement gives the plan. Each script keeps its own positions. */
static inline tw_status query_bind(sql_test *t, const char *setup, const char *text, const tw_rel **out) {
    *out = NULL;
    if (setjmp(t->oom)) {
        t->arena.oom = NULL;
        return TW_E_NOMEM;
    }
    t->arena.oom = &t->oom;
    t->binder.catalog = TW_NEW(&t->arena, tw_catalog);
    tw_catalog_init(t->binder.catalog, &t->arena);
    tw_status status = query_script(t, setup, out);
    t->arena.oom = &t->oom;
    if (status == TW_OK) status = query_script(t, text, out);
    t->arena.oom = NULL;
    return status;
}

/* The plan's text, and the type of its rows. */
static inline const char *query_text(sql_test *t, const tw_rel *rel) {
    tw_buf text;
    tw_buf_init(&text, &t->mem, 0);
    tw_rel_print(&text, rel);
    tw_type_print(&text, rel->row, true);
    return sql_text(t, &text);
}

/* Each case: a script, and the plan of its last statement. */
static inline void query_check(const char *const cases[][2], size_t n) {
    for (size_t i = 0; i < n; i++) {
        sql_test t;
        const tw_rel *rel;
        sql_open(&t);
        tw_status status = query_bind(&t, QUERY_TABLES, cases[i][0], &rel);
        if (status != TW_OK) fail_msg("%s: %u:%u %s", cases[i][0], t.error.pos.line, t.error.pos.column, t.error.message);
        const char *text = query_text(&t, rel);
        if (strcmp(text, cases[i][1]) != 0) fail_msg("%s\ngives\n%s\nand not\n%s", cases[i][0], text, cases[i][1]);
        sql_close(&t);
    }
}

#endif
