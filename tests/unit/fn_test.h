/* Evaluates one function call on literals and compares the text of its value. */
#ifndef TW_TESTS_UNIT_FN_TEST_H
#define TW_TESTS_UNIT_FN_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/decimal.h"
#include "expr/program.h"
#include "expr/symbol.h"
#include "test.h"

typedef struct fn_test {
    tw_mem mem;
    tw_arena arena;
    tw_zone *zone;
    tw_session session;
    char text[8192];
} fn_test;

static inline void fn_test_open(fn_test *t, const char *zone) {
    tw_error error;
    memset(t, 0, sizeof *t);
    tw_mem_init(&t->mem, NULL, 0);
    tw_arena_init(&t->arena, &t->mem, 4096);
    assert_int_equal(tw_zone_load(&t->mem, tw_str_of(zone), &t->zone, &error), TW_OK);
    t->session = (tw_session){.zone = t->zone, .zone_id = zone, .start_ms = 1000, .database = "db", .catalog = "cat"};
}

static inline void fn_test_close(fn_test *t) {
    tw_arena_free(&t->arena);
    tw_zone_free(&t->mem, t->zone);
    assert_int_equal(t->mem.used, 0);
}

static inline const tw_expr *fn_literal(fn_test *t, tw_value value) {
    tw_value *v = TW_NEW(&t->arena, tw_value);
    *v = value;
    return tw_expr_literal(&t->arena, v);
}

/* Short names for literals; `t` is the fn_test in scope. */
#define S(text) fn_literal(t, tw_value_of_str(&TW_TYPE_STRING, tw_str_of(text)))
#define B(text) fn_literal(t, tw_value_of_str(&TW_TYPE_BYTES, tw_str_of(text)))
#define L(v)    fn_literal(t, tw_value_of_int(&TW_TYPE_BIGINT, v))
#define I(v)    fn_literal(t, tw_value_of_int(&TW_TYPE_INTEGER, v))
#define F(v)    fn_double(t, v)
#define NIL(ty) fn_literal(t, tw_value_null(ty))
#define NS      NIL(&TW_TYPE_STRING)
#define NL      NIL(&TW_TYPE_BIGINT)
#define SYM(n)  fn_literal(t, tw_value_of_int(&TW_TYPE_SYMBOL, tw_symbol_parse(tw_str_of(n))))
#define DATE(x) fn_date(t, x)
#define TIME(x) fn_time(t, x)
#define TS3(x)  fn_ts(t, &TW_TYPE_TIMESTAMP_3, x)
#define TS6(x)  fn_ts(t, &TW_TYPE_TIMESTAMP_6, x)
#define LTZ(x)  fn_ts(t, &TW_TYPE_LTZ_3, x) /* the instant, in UTC */

static inline const tw_expr *fn_double(fn_test *t, double v) {
    tw_value value = tw_value_null(&TW_TYPE_DOUBLE);
    value.null = false;
    value.u.f = v;
    return fn_literal(t, value);
}
static inline const tw_expr *fn_date(fn_test *t, const char *text) {
    int32_t days = 0;
    assert_true(tw_date_parse(tw_str_of(text), &days));
    return fn_literal(t, tw_value_of_int(&TW_TYPE_DATE, days));
}
static inline const tw_expr *fn_time(fn_test *t, const char *text) {
    int32_t ms = 0;
    assert_true(tw_time_parse(tw_str_of(text), &ms));
    return fn_literal(t, tw_value_of_int(&TW_TYPE_TIME, ms));
}
static inline const tw_expr *fn_ts(fn_test *t, const tw_type *type, const char *text) {
    tw_ts ts;
    assert_true(tw_timestamp_parse(tw_str_of(text), &ts));
    tw_value value = tw_value_of_int(type, ts.ms);
    if (tw_type_phys(type) == TW_PHYS_TS) value.u.ts = ts;
    return fn_literal(t, value);
}

static inline void fn_print(fn_test *t, const tw_value *v, char *out);

static inline void fn_print_items(fn_test *t, const tw_value *v, char *out) {
    bool map = v->type->kind == TW_MAP;
    strcpy(out, map ? "{" : "[");
    for (int k = 0; k < v->nitems * (map ? 2 : 1); k++) {
        if (k) strcat(out, map && k % 2 ? "=" : ", ");
        fn_print(t, &v->items[k], out + strlen(out));
    }
    strcat(out, map ? "}" : "]");
}

static inline void fn_print(fn_test *t, const tw_value *v, char *out) {
    int n = 0;
    if (v->null) {
        strcpy(out, "NULL");
        return;
    }
    switch (v->type->kind) {
    case TW_BOOLEAN: n = sprintf(out, "%s", v->u.i ? "true" : "false"); break;
    case TW_CHAR:
    case TW_VARCHAR:
    case TW_BINARY:
    case TW_VARBINARY: n = sprintf(out, "%.*s", TW_STR_ARG(v->u.str)); break;
    case TW_DOUBLE: n = tw_double_format(out, v->u.f); break;
    case TW_DATE: n = tw_date_format(out, (int32_t)v->u.i); break;
    case TW_TIME: n = tw_time_format(out, (int32_t)v->u.i, 0); break;
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ: {
        tw_ts ts = tw_type_phys(v->type) == TW_PHYS_TS ? v->u.ts : tw_ts_of(v->u.i, 0);
        if (v->type->kind == TW_TIMESTAMP_LTZ) ts.ms = tw_zone_to_local(t->zone, ts.ms);
        n = tw_timestamp_format(out, ts, v->type->precision);
        break;
    }
    case TW_ARRAY:
    case TW_MAP: fn_print_items(t, v, out); return;
    default: n = sprintf(out, "%lld", (long long)v->u.i); break;
    }
    out[n] = 0;
}

/* The text of the value; "error: ..." when it fails. */
static inline const char *fn_call(fn_test *t, const tw_type *returning, const char *name, const tw_expr **args) {
    tw_error error = {0};
    const tw_function *f = tw_function_find(tw_str_of(name));
    if (!f) return "no such function";
    int nargs = 0;
    while (args[nargs]) nargs++;
    tw_bind bind = {.arena = &t->arena, .function = f, .nargs = nargs, .args = args, .cast_type = returning, .session = &t->session, .error = &error};
    const tw_expr *call;
    tw_value value;
    if (tw_function_call(&bind, &call) != TW_OK || tw_expr_evaluate(&t->arena, &t->mem, &t->session, call, &value, &error) != TW_OK) {
        snprintf(t->text, sizeof t->text, "error: %s", error.message);
        return t->text;
    }
    fn_print(t, &value, t->text);
    return t->text;
}

#define CALL(name, ...)            fn_call(t, NULL, name, (const tw_expr *[]){__VA_ARGS__ __VA_OPT__(, ) NULL})
#define CHECK(expected, name, ...) assert_string_equal(CALL(name, __VA_ARGS__), expected)
#define FAILS(name, ...)           assert_memory_equal(CALL(name, __VA_ARGS__), "error", 5)

#endif
