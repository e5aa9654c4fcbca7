/* For the unit tests of the binder: a session with a table, expressions bound and shown as text. */
#ifndef TW_TESTS_UNIT_SQL_TEST_H
#define TW_TESTS_UNIT_SQL_TEST_H

#include "test.h"

#include <stdio.h>

#include "connector/connectors.h"
#include "expr/kernel.h"
#include "format/formats.h"
#include "sql/bind.h"
#include "sql/parse.h"

static const tw_connector *const sql_connectors[] = {
    &tw_connector_filesystem, &tw_connector_print, &tw_connector_blackhole, &tw_connector_datagen,
    &tw_connector_nexmark,    &tw_connector_stdin, &tw_connector_stdout,
};
static const tw_format *const sql_formats[] = {&tw_format_csv, &tw_format_json, &tw_format_raw};
static const tw_registry sql_registry = {.connectors = sql_connectors,
                                         .nconnectors = sizeof sql_connectors / sizeof *sql_connectors,
                                         .formats = sql_formats,
                                         .nformats = sizeof sql_formats / sizeof *sql_formats};

typedef struct sql_test {
    tw_mem mem;
    tw_arena arena;
    tw_error error;
    tw_session session;
    tw_binder binder;
    jmp_buf oom;
} sql_test;

static inline void sql_open(sql_test *t) {
    memset(t, 0, sizeof *t);
    tw_mem_init(&t->mem, NULL, 0);
    tw_arena_init(&t->arena, &t->mem, 4096);
    t->session = (tw_session){.zone = TW_ZONE_UTC, .zone_id = "UTC"};
    t->binder = (tw_binder){.arena = &t->arena, .mem = &t->mem, .registry = &sql_registry, .session = &t->session, .error = &t->error};
}

static inline void sql_close(sql_test *t) {
    tw_arena_free(&t->arena);
    assert_int_equal(t->mem.used, 0);
}

/* Text of a buffer in the arena. */
static inline const char *sql_text(sql_test *t, tw_buf *text) {
    const char *copy = text->failed ? NULL : tw_arena_strndup(&t->arena, text->data ? text->data : "", text->length);
    tw_buf_free(text);
    return copy ? copy : "";
}

/* ---- statements ---- */

static inline tw_status sql_statement(sql_test *t, const tw_ast_statement *s) {
    tw_binder *b = &t->binder;
    tw_catalog_table *table;
    const tw_rel *insert;
    switch (s->kind) {
    case TW_AST_CREATE_TABLE: return tw_bind_create_table(b, s->create_table, &table, &insert);
    case TW_AST_CREATE_VIEW: return tw_bind_create_view(b, s->create_view);
    case TW_AST_DROP: return tw_bind_drop(b, s->drop);
    case TW_AST_ALTER: return tw_bind_alter(b, s->alter);
    case TW_AST_SET: return tw_bind_set(b, &s->set, false);
    case TW_AST_RESET: return tw_bind_set(b, &s->set, true);
    case TW_AST_USE: return tw_bind_use(b, s->use.object, &s->use.name);
    case TW_AST_CREATE_OBJECT: return tw_bind_create_object(b, s->create_object.object, s->create_object.definition);
    default: return tw_fail_at(t->binder.error, TW_E_INTERNAL, s->pos, "not a statement of these tests");
    }
}

static inline tw_status sql_parse_and_run(sql_test *t, tw_str script) {
    tw_ast_script *parsed = NULL;
    t->binder.script = script;
    TW_TRY(tw_parse_script(&t->arena, script, &parsed, &t->error));
    t->arena.oom = &t->oom;
    for (int i = 0; i < parsed->count; i++) TW_TRY(sql_statement(t, parsed->statements[i]));
    return TW_OK;
}

/* Runs a script up to its first error. The catalog is made at the first run. */
static inline tw_status sql_run(sql_test *t, const char *script) {
    if (setjmp(t->oom)) {
        t->arena.oom = NULL;
        return TW_E_NOMEM;
    }
    t->arena.oom = &t->oom;
    if (!t->binder.catalog) {
        tw_catalog *catalog = TW_NEW(&t->arena, tw_catalog);
        tw_catalog_init(catalog, &t->arena);
        t->binder.catalog = catalog;
    }
    tw_status status = sql_parse_and_run(t, tw_str_of(script));
    t->arena.oom = NULL;
    return status;
}

#endif
