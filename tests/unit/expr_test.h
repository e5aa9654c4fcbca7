/* For the unit tests of expressions: calls by name, literals, evaluation to text. */
#ifndef TW_TESTS_UNIT_EXPR_TEST_H
#define TW_TESTS_UNIT_EXPR_TEST_H

#include "test.h"

#include <stdio.h>

#include "expr/kernel.h"

static tw_mem test_mem;
static tw_arena test_arena;
static tw_error test_error;
static tw_session test_session;

static int open_expr(void **state) {
    (void)state;
    tw_mem_init(&test_mem, NULL, 0);
    tw_arena_init(&test_arena, &test_mem, 4096);
    test_session = (tw_session){.zone = TW_ZONE_UTC, .zone_id = "UTC"};
    return 0;
}

static int close_expr(void **state) {
    (void)state;
    tw_arena_free(&test_arena);
    assert_int_equal(test_mem.used, 0);
    return 0;
}

static inline const tw_expr *number(int64_t v) {
    tw_value value = tw_value_of_int(tw_type_nullable(&test_arena, &TW_TYPE_INTEGER, false), v);
    return tw_expr_literal(&test_arena, &value);
}
static inline const tw_expr *big(int64_t v) {
    tw_value value = tw_value_of_int(tw_type_nullable(&test_arena, &TW_TYPE_BIGINT, false), v);
    return tw_expr_literal(&test_arena, &value);
}
static inline const tw_expr *truth(bool v) {
    tw_value value = tw_value_of_int(tw_type_nullable(&test_arena, &TW_TYPE_BOOLEAN, false), v);
    return tw_expr_literal(&test_arena, &value);
}
static inline const tw_expr *text(const char *v) {
    const tw_type *type = tw_type_chars(&test_arena, TW_CHAR, v[0] ? (int32_t)strlen(v) : 1);
    tw_value value = tw_value_of_str(tw_type_nullable(&test_arena, type, false), tw_str_of(v));
    return tw_expr_literal(&test_arena, &value);
}
static inline const tw_expr *null_of(const tw_type *type) {
    tw_value value = tw_value_null(type);
    return tw_expr_literal(&test_arena, &value);
}
static inline const tw_expr *column(int c, const tw_type *type) { return tw_expr_column(&test_arena, c, type); }

/* A bound call, or NULL with test_error filled. */
static inline const tw_expr *call_as(const char *name, const tw_type *cast, int n, const tw_expr **args) {
    tw_bind bind = {.arena = &test_arena, .nargs = n, .args = args, .cast_type = cast, .session = &test_session, .error = &test_error};
    bind.function = tw_function_find(tw_str_of(name));
    assert_non_null(bind.function);
    const tw_expr *out = NULL;
    return tw_function_call(&bind, &out) == TW_OK ? out : NULL;
}
#define CALL(name, ...) call_as(name, NULL, sizeof((const tw_expr *[]){__VA_ARGS__}) / sizeof(void *), (const tw_expr *[]){__VA_ARGS__})
static inline const tw_expr *cast(const tw_expr *e, const tw_type *type) { return call_as("CAST", type, 1, (const tw_expr *[]){e}); }
static inline const tw_expr *try_cast(const tw_expr *e, const tw_type *type) { return call_as("TRY_CAST", type, 1, (const tw_expr *[]){e}); }

/* The text of a constant expression's value: "NULL", or "error: ..." when it fails. */
static inline const char *value_of(const tw_expr *e) {
    if (!e) return tw_arena_printf(&test_arena, "bind: %s", test_error.message);
    tw_value v;
    if (!tw_type_equal(e->type, &TW_TYPE_STRING, false)) e = cast(e, &TW_TYPE_STRING);
    tw_status status = tw_expr_evaluate(&test_arena, &test_mem, &test_session, e, &v, &test_error);
    if (status != TW_OK) return tw_arena_printf(&test_arena, "error: %s", test_error.message);
    return v.null ? "NULL" : tw_arena_strndup(&test_arena, v.u.str.data, v.u.str.length);
}
static inline const char *type_of(const tw_expr *e) { return tw_type_text(&test_arena, e->type); }
#define VALUE(e, expected) assert_string_equal(value_of(e), expected)

#endif
