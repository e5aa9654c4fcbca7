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

#endif
