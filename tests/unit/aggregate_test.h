/* For the unit tests of aggregates: columns made of small numbers in any type, accumulators by group, results as text. */
#ifndef TW_TESTS_UNIT_AGGREGATE_TEST_H
#define TW_TESTS_UNIT_AGGREGATE_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/prng.h"
#include "data/builder.h"
#include "data/decimal.h"
#include "data/value.h"
#include "expr/aggregate.h"
#include "expr/symbol.h"
#include "test.h"

static tw_mem test_mem; /* of accumulators: empty at the end of each test */
static tw_mem arena_mem;
static tw_arena test_arena; /* everything else */
static tw_error test_error;

static int open_agg(void **state) {
    (void)state;
    tw_mem_init(&test_mem, NULL, 0);
    tw_mem_init(&arena_mem, NULL, 0);
    tw_arena_init(&test_arena, &arena_mem, 65536);
    return 0;
}

static int close_agg(void **state) {
    (void)state;
    tw_arena_free(&test_arena);
    assert_int_equal(test_mem.used, 0);
    assert_int_equal(arena_mem.used, 0);
    return 0;
}

#define NIL INT64_MIN /* a NULL in a list of numbers */

/* The value that number v stands for in a type; long texts for odd numbers. Only ever grows with v (0 .. 99). */
static inline tw_value value_of_number(const tw_type *type, int64_t v) {
    tw_value value = tw_value_null(type);
    if (v == NIL) return value;
    value.null = false;
    switch (tw_type_phys(type)) {
    case TW_PHYS_F32:
    case TW_PHYS_F64: value.u.f = (double)v * 0.5; break;
    case TW_PHYS_I128: value.u.d = (tw_i128)v * TW_POW10[20]; break;
    case TW_PHYS_TS: value.u.ts = (tw_ts){v / 2, (int32_t)(v % 2) * 999999, 0}; break;
    case TW_PHYS_BOOL: value.u.i = v & 1; break;
    case TW_PHYS_STR:
        value.u.str = tw_str_of(tw_arena_printf(&test_arena, v % 2 ? "%02d, a text that is too long for its view" : "%02d", (int)v));
        break;
    case TW_PHYS_LIST:
    case TW_PHYS_STRUCT: {
        int n = type->kind == TW_ROW ? type->nfields : (int)(v % 3) + 1;
        tw_value *items = TW_NEW_ARRAY(&test_arena, tw_value, n);
        for (int i = 0; i < n; i++) items[i] = value_of_number(type->fields[type->kind == TW_ROW ? i : 0].type, i == 1 && v % 5 == 0 ? NIL : v);
        value.nitems = n;
        value.items = items;
        break;
    }
    default: value.u.i = v;
    }
    return value;
}

/* A column of n values; bit-for-bit full validity is left out when there is no NULL. */
static inline tw_column column_of(const tw_type *type, const int64_t *numbers, int32_t n) {
    tw_builder builder;
    tw_column out;
    tw_field field = {TW_STR("x"), type};
    tw_type row = {.kind = TW_ROW, .nfields = 1, .fields = &field};
    assert_int_equal(tw_builder_open(&builder, &arena_mem, &row, n ? n : 1), TW_OK);
    for (int32_t i = 0; i < n; i++) {
        tw_value v = value_of_number(type, numbers[i]);
        tw_column one;
        assert_int_equal(tw_value_to_column(&test_arena, &v, &one), TW_OK);
        assert_int_equal(tw_builder_copy_column(&builder, 0, i, &one, (tw_selection){NULL, 1}), TW_OK);
    }
    assert_int_equal(tw_column_gather(&test_arena, &builder.batch.columns[0], (tw_selection){NULL, n}, true, &out), TW_OK);
    tw_builder_close(&builder);
    return out;
}

static inline const char *text_of_value(const tw_value *v) {
    char text[128];
    int n = 0;
    if (v->null) return "NULL";
    if (v->type->kind == TW_ARRAY || v->type->kind == TW_ROW || v->type->kind == TW_MULTISET || v->type->kind == TW_MAP) {
        tw_buf out;
        tw_buf_init(&out, &arena_mem, 0);
        bool pairs = v->type->kind == TW_MULTISET || v->type->kind == TW_MAP;
        tw_buf_byte(&out, '[');
        for (int i = 0; i < v->nitems * (pairs ? 2 : 1); i++) {
            if (i) tw_buf_text(&out, pairs && i % 2 ? "=" : ", ");
            tw_buf_text(&out, text_of_value(&v->items[i]));
        }
        tw_buf_byte(&out, ']');
        const char *copy = tw_arena_strndup(&test_arena, out.data, out.length);
        tw_buf_free(&out);
        return copy;
    }
    if (v->type->kind == TW_DECIMAL)
        n = tw_decimal_format(text, tw_type_phys(v->type) == TW_PHYS_I128 ? v->u.d : v->u.i, v->type->scale);
    else if (v->type->kind == TW_DOUBLE)
        n = tw_double_format(text, v->u.f);
    else if (v->type->kind == TW_FLOAT)
        n = tw_float_format(text, (float)v->u.f);
    else if (tw_type_phys(v->type) == TW_PHYS_STR)
        return tw_arena_strndup(&test_arena, v->u.str.data, v->u.str.length);
    else if (tw_type_phys(v->type) == TW_PHYS_TS)
        n = sprintf(text, "%lld.%06d", (long long)v->u.ts.ms, v->u.ts.ns);
    else
        n = sprintf(text, "%lld", (long long)v->u.i);
    return tw_arena_strndup(&test_arena, text, (size_t)n);
}

/* An aggregate bound to types, with accumulators of some groups. */
typedef struct agg_test {
    const tw_aggregate *agg;
    const tw_type *type; /* of the result */
    int32_t groups;
    char *states;
} agg_test;

/* The bound call; NULL when it does not fit. `sep` adds a text literal as last argument, `symbol` one as the first. */
static inline const tw_expr *bind_agg(const char *name, const tw_type *const *types, int n, const char *symbol, const char *sep) {
    const tw_expr **args = TW_NEW_ARRAY(&test_arena, const tw_expr *, n + 3);
    int nargs = 0;
    if (symbol) {
        tw_value v = tw_value_of_int(&TW_TYPE_SYMBOL, tw_symbol_parse(tw_str_of(symbol)));
        args[nargs++] = tw_expr_literal(&test_arena, &v);
    }
    for (int i = 0; i < n; i++) args[nargs++] = tw_expr_column(&test_arena, i, types[i]);
    if (sep) {
        tw_value v = tw_value_of_str(&TW_TYPE_STRING, tw_str_of(sep));
        args[nargs++] = tw_expr_literal(&test_arena, &v);
    }
    tw_bind bind = {.arena = &test_arena, .function = tw_function_find(tw_str_of(name)), .nargs = nargs, .args = args, .error = &test_error};
    const tw_expr *call = NULL;
    assert_non_null(bind.function);
    return tw_function_call(&bind, &call) == TW_OK ? call : NULL;
}

static inline agg_test open_call(const tw_expr *call, bool retract, int32_t groups) {
    agg_test t = {.type = call->type, .groups = groups};
    const tw_type **types = TW_NEW_ARRAY(&test_arena, const tw_type *, call->nargs + 1);
    for (int i = 0; i < call->nargs; i++) types[i] = call->args[i]->type;
    assert_int_equal(tw_aggregate_resolve(&test_arena, call->function, call->type, types, call->nargs, retract, &t.agg, &test_error), TW_OK);
    assert_int_equal(t.agg->size % 8, 0);
    t.states = tw_arena_calloc(&test_arena, (size_t)t.agg->size * (size_t)groups);
    return t;
}

static inline agg_test open_test(const char *name, const tw_type *type, bool retract, int32_t groups) {
    return open_call(bind_agg(name, &type, type ? 1 : 0, NULL, NULL), retract, groups);
}

static inline char *state_at(const agg_test *t, int32_t group) { return t->states + (size_t)t->agg->size * (size_t)group; }

static inline void close_test(agg_test *t) {
    for (int32_t g = 0; g < t->groups && !t->agg->flat; g++) t->agg->destroy(t->agg, state_at(t, g), &test_mem);
}

/* Adds n rows; groups NULL = all to group 0, sign NULL = all +I. */
static inline tw_status add_rows(agg_test *t, const tw_column *const *args, const int32_t *rows, int32_t n, const int32_t *groups,
                                 const int8_t *sign) {
    char **states = TW_NEW_ARRAY(&test_arena, char *, n + 1);
    for (int32_t k = 0; k < n; k++) states[k] = state_at(t, groups ? groups[k] : 0);
    tw_agg_input in = {.count = n, .row = rows, .state = states, .args = args, .sign = sign, .mem = &test_mem};
    return t->agg->update(t->agg, &in);
}

static inline void add(agg_test *t, const tw_type *type, const int64_t *numbers, int32_t n, const int8_t *sign) {
    tw_column c = column_of(type, numbers, n);
    const tw_column *args[] = {&c};
    assert_int_equal(add_rows(t, args, NULL, n, NULL, sign), TW_OK);
}

/* Results of all groups, written in two calls behind a row of something else; text of group g. */
static inline const char **results(const agg_test *t) {
    tw_column out;
    const char **texts = TW_NEW_ARRAY(&test_arena, const char *, t->groups), **states = TW_NEW_ARRAY(&test_arena, const char *, t->groups);
    for (int32_t g = 0; g < t->groups; g++) states[g] = state_at(t, g);
    assert_int_equal(tw_column_alloc(&test_arena, t->type, t->groups, true, &out), TW_OK);
    int32_t half = t->groups / 2;
    assert_int_equal(t->agg->result(t->agg, states, half, 0, &out, &test_arena), TW_OK);
    assert_int_equal(t->agg->result(t->agg, states + half, t->groups - half, half, &out, &test_arena), TW_OK);
    for (int32_t g = 0; g < t->groups; g++) {
        tw_value v;
        assert_int_equal(tw_value_from_column(&test_arena, &out, g, &v), TW_OK);
        texts[g] = text_of_value(&v);
    }
    return texts;
}

#define RESULT(t, expected) assert_string_equal(results(t)[0], expected)

/* Writes group `from`, reads it into group `to`, which must be empty. */
static inline void write_read(agg_test *t, int32_t from, int32_t to) {
    if (t->agg->flat) {
        memcpy(state_at(t, to), state_at(t, from), (size_t)t->agg->size);
        return;
    }
    tw_buf bytes;
    tw_buf_init(&bytes, &arena_mem, 0);
    t->agg->write(t->agg, state_at(t, from), &bytes);
    tw_reader in = {bytes.data, bytes.data + bytes.length, false};
    assert_int_equal(t->agg->read(t->agg, state_at(t, to), &in, &test_mem), TW_OK);
    assert_ptr_equal(in.next, in.end);
    tw_buf_free(&bytes);
}

#endif
