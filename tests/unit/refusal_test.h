/* Tables of wrong statements: each is refused with its status and message, at its place.
 *
 *     static const refusal BAD_NAMES[] = {
 *         {"SELECT a FROM nope", "nope", TW_E_UNDEFINED_TABLE, "table 'nope' not found"},
 *         {"SELECT 1\n1", "2:1", TW_E_SYNTAX, "unexpected \"1\"", "", "did you forget a ','?"},
 *     };
 *     static void test_names(void **state) { REFUSED(sql_run, BAD_NAMES); }
 *
 * Every wrong case of a table is printed before the test fails. */
#ifndef TW_TESTS_UNIT_REFUSAL_TEST_H
#define TW_TESTS_UNIT_REFUSAL_TEST_H

#include "sql_test.h"

typedef struct refusal {
    const char *text;
    const char *place; /* "line:column", or what the error points at: the last occurrence in the text */
    tw_status status;
    const char *message;
    const char *detail, *hint; /* "": there is none; left out: any */
} refusal;

typedef tw_status refusal_run(sql_test *t, const char *text);

static inline bool refusal_is_at(const refusal *r, tw_pos pos) {
    unsigned line, column;
    int read = 0;
    if (sscanf(r->place, "%u:%u%n", &line, &column, &read) == 2 && r->place[read] == 0) return pos.line == line && pos.column == column;
    const char *last = NULL;
    for (const char *at = r->text; (at = strstr(at, r->place)); at++) last = at;
    return last && pos.offset == (uint32_t)(last - r->text);
}

static inline bool refusal_is_text(const char *expected, const char *found) { return !expected || strcmp(expected, found) == 0; }

static inline bool refusal_holds(const refusal *r, refusal_run *run) {
    sql_test t;
    sql_open(&t);
    tw_status status = run(&t, r->text);
    const tw_error *e = &t.error;
    bool holds = status == r->status && refusal_is_at(r, e->pos) && refusal_is_text(r->message, e->message) &&
                 refusal_is_text(r->detail, e->detail) && refusal_is_text(r->hint, e->hint);
    if (!holds)
        print_error("%s\n   %s at %u:%u (%.20s): %s\n   detail %s\n   hint %s\n", r->text, tw_status_name(status), e->pos.line, e->pos.column,
                    e->pos.offset < strlen(r->text) ? r->text + e->pos.offset : "", e->message, e->detail, e->hint);
    sql_close(&t);
    return holds;
}

static inline void refusal_check(refusal_run *run, const refusal *table, size_t n) {
    int wrong = 0;
    for (size_t i = 0; i < n; i++) wrong += !refusal_holds(&table[i], run);
    assert_int_equal(wrong, 0);
}
#define REFUSED(run, table) refusal_check((run), (table), sizeof(table) / sizeof *(table))

#endif
