/* JSON_STRING, JSON_OBJECT, JSON_ARRAY: SQL values as JSON.
 *
 * A value that is itself a call of JSON_OBJECT or JSON_ARRAY goes in as JSON, not as a text. As folding would hide the call, binding
 * writes it down: the last argument is a literal with one letter per value, r for raw, q for quoted. */
#include <stdlib.h>

#include "data/decimal.h"
#include "expr/entries.h"
#include "expr/json.h"
#include "expr/symbol.h"
#include "expr/temporal.h"
#include "expr/text.h"

static void write_value(tw_buf *out, const tw_column *c, int32_t row);

static void write_quoted(tw_buf *out, const char *text, int length) { tw_json_quote((tw_str){text, (size_t)length}, out); }

static void write_float(tw_buf *out, double v, const char *text, int length) {
    if (__builtin_isfinite(v))
        tw_buf_append(out, text, (size_t)length);
    else
        write_quoted(out, text, length);
}

static void write_bytes(tw_buf *out, tw_str bytes) {
    size_t length = tw_base64_length(bytes);
    tw_buf_byte(out, '"');
    char *room = tw_buf_reserve(out, length);
    if (room) {
        tw_base64_write(room, bytes);
        out->length += length;
    }
    tw_buf_byte(out, '"');
}

static void write_array(tw_buf *out, const tw_column *c, int32_t row) {
    int32_t from = c->offsets[tw_at(c, row)], to = c->offsets[tw_at(c, row) + 1];
    tw_buf_byte(out, '[');
    for (int32_t k = from; k < to; k++) {
        if (k > from) tw_buf_byte(out, ',');
        write_value(out, &c->children[0], k);
    }
    tw_buf_byte(out, ']');
}

static int compare_keys(const void *a, const void *b, void *keys) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return tw_value_compare(keys, x, keys, y);
}

/* Keys in order, as Flink's mapper is told to. */
static void write_map(tw_buf *out, const tw_column *c, int32_t row) {
    int32_t from = c->offsets[tw_at(c, row)], count = c->offsets[tw_at(c, row) + 1] - from;
    int32_t *order = tw_malloc(out->mem, sizeof *order * ((size_t)count + 1));
    out->failed |= !order;
    if (!order) return;
    for (int32_t k = 0; k < count; k++) order[k] = from + k;
    qsort_r(order, (size_t)count, sizeof *order, compare_keys, &c->children[0]);
    tw_buf_byte(out, '{');
    for (int32_t k = 0; k < count; k++) {
        if (k) tw_buf_byte(out, ',');
        tw_json_quote(tw_column_null(&c->children[0], order[k]) ? TW_STR("null") : tw_arg_str(&c->children[0], order[k]), out);
        tw_buf_byte(out, ':');
        write_value(out, &c->children[1], order[k]);
    }
    tw_buf_byte(out, '}');
    tw_free(out->mem, order, sizeof *order * ((size_t)count + 1));
}

static void write_row(tw_buf *out, const tw_column *c, int32_t row) {
    tw_buf_byte(out, '{');
    for (int32_t k = 0; k < c->nchildren; k++) {
        if (k) tw_buf_byte(out, ',');
        tw_json_quote(c->type->fields[k].name, out);
        tw_buf_byte(out, ':');
        write_value(out, &c->children[k], tw_at(c, row));
    }
    tw_buf_byte(out, '}');
}

static int64_t integer_at(const tw_column *c, int32_t row) {
    switch (c->phys) {
    case TW_PHYS_I8: return TW_ARG(int8_t, c, row);
    case TW_PHYS_I16: return TW_ARG(int16_t, c, row);
    case TW_PHYS_I32: return TW_ARG(int32_t, c, row);
    default: return TW_ARG(int64_t, c, row);
    }
}

static void write_decimal(tw_buf *out, const tw_column *c, int32_t row) {
    char text[64];
    tw_i128 v = c->phys == TW_PHYS_I128 ? TW_ARG(tw_i128, c, row) : TW_ARG(int64_t, c, row);
    tw_buf_append(out, text, (size_t)tw_decimal_format(text, v, c->type->scale));
}

static void write_value(tw_buf *out, const tw_column *c, int32_t row) {
    char text[64];
    if (tw_column_null(c, row)) {
        tw_buf_text(out, "null");
        return;
    }
    switch (c->type->kind) {
    case TW_BOOLEAN: tw_buf_text(out, TW_ARG(uint8_t, c, row) ? "true" : "false"); break;
    case TW_CHAR:
    case TW_VARCHAR: tw_json_quote(tw_arg_str(c, row), out); break;
    case TW_BINARY:
    case TW_VARBINARY: write_bytes(out, tw_arg_str(c, row)); break;
    case TW_FLOAT: write_float(out, (double)TW_ARG(float, c, row), text, tw_float_format(text, TW_ARG(float, c, row))); break;
    case TW_DOUBLE: write_float(out, TW_ARG(double, c, row), text, tw_double_format(text, TW_ARG(double, c, row))); break;
    case TW_DECIMAL: write_decimal(out, c, row); break;
    case TW_DATE: write_quoted(out, text, tw_date_format(text, TW_ARG(int32_t, c, row))); break;
    case TW_TIME: write_quoted(out, text, tw_time_format(text, TW_ARG(int32_t, c, row), c->type->precision)); break;
    case TW_TIMESTAMP: write_quoted(out, text, tw_timestamp_format_iso(text, tw_arg_ts(c, row), false)); break;
    case TW_TIMESTAMP_LTZ: write_quoted(out, text, tw_timestamp_format_iso(text, tw_arg_ts(c, row), true)); break;
    case TW_ARRAY: write_array(out, c, row); break;
    case TW_MAP: write_map(out, c, row); break;
    case TW_ROW: write_row(out, c, row); break;
    default: tw_buf_printf(out, "%lld", (long long)integer_at(c, row)); break;
    }
}

static bool writable(const tw_type *type) {
    if (tw_kind_is_interval(type->kind) || type->kind >= TW_SYMBOL || type->kind == TW_MULTISET) return false;
    if (type->kind == TW_MAP && !tw_kind_is_text(type->fields[0].type->kind)) return false;
    for (int32_t k = 0; k < type->nfields; k++)
        if (!writable(type->fields[k].type)) return false;
    return true;
}

/* ---- the functions ---- */

static void put_text(tw_eval *eval, const tw_call *call, tw_column *out, int32_t row, tw_buf *text) {
    tw_out_view(out, row, "", 0);
    if (text->failed)
        tw_eval_fail(eval, call, row, TW_E_LIMIT, "%s: the result is too long", call->expr->function->name);
    else
        tw_out_copy(eval, out, row, text->data ? text->data : "", text->length);
    tw_buf_clear(text);
}

static void json_string(TW_KERNEL_ARGS) {
    tw_buf text;
    tw_buf_init(&text, eval->mem, (size_t)TW_TEXT_MAX);
    TW_EACH(rows, i, {
        write_value(&text, args[0], i);
        put_text(eval, call, out, i, &text);
    });
    tw_buf_free(&text);
}
TW_KERNEL_ENTRY(tw_kernel_json_string, json_string)
tw_status tw_bind_json_string(tw_bind *bind) {
    return writable(bind->args[0]->type) ? tw_bind_result(bind, &TW_TYPE_STRING) : tw_bind_mismatch(bind);
}

/* What a call has: values from `first` in steps, and which are raw. */
typedef struct shape {
    int first, nvalues, step;
    const char *raw; /* a letter per value */
    bool absent;     /* NULLs are left out */
} shape;

static shape shape_of(const tw_call *call, bool object) {
    const tw_expr *e = call->expr;
    int step = object ? 2 : 1;
    return (shape){.first = step,
                   .step = step,
                   .nvalues = (e->nargs - 2) / step,
                   .raw = e->args[e->nargs - 1]->literal->u.str.data,
                   .absent = e->args[0]->literal->u.i == TW_SYM_ABSENT};
}

static bool is_raw(const shape *s, int value) { return s->raw[value] == 'r'; }

static void write_member(tw_buf *text, const shape *s, int value, const tw_column *c, int32_t row) {
    if (is_raw(s, value) && !tw_column_null(c, row))
        tw_buf_str(text, tw_arg_str(c, row));
    else
        write_value(text, c, row);
}

static void json_array(TW_KERNEL_ARGS) {
    tw_buf text;
    const shape s = shape_of(call, false);
    tw_buf_init(&text, eval->mem, (size_t)TW_TEXT_MAX);
    TW_EACH(rows, i, {
        bool any = false;
        tw_buf_byte(&text, '[');
        for (int v = 0; v < s.nvalues; v++) {
            const tw_column *c = args[s.first + v];
            if (s.absent && tw_column_null(c, i)) continue;
            if (any) tw_buf_byte(&text, ',');
            any = true;
            write_member(&text, &s, v, c, i);
        }
        tw_buf_byte(&text, ']');
        put_text(eval, call, out, i, &text);
    });
    tw_buf_free(&text);
}
TW_KERNEL_ENTRY(tw_kernel_json_array, json_array)

/* Value numbers in the order of their keys; of equal keys the last counts. False: a key is NULL. */
static bool order_keys(const shape *s, const tw_column *const *args, int32_t row, int *order) {
    for (int v = 0; v < s->nvalues; v++) {
        const tw_column *key = args[2 * v + 1];
        if (tw_column_null(key, row)) return false;
        int at = v;
        for (; at > 0; at--) {
            const tw_column *before = args[2 * order[at - 1] + 1];
            if (tw_value_compare(before, tw_at(before, row), key, tw_at(key, row)) <= 0) break;
            order[at] = order[at - 1];
        }
        order[at] = v;
    }
    return true;
}

static void write_members(tw_buf *text, const shape *s, const tw_column *const *args, int32_t row, const int *order) {
    bool any = false;
    tw_buf_byte(text, '{');
    for (int k = 0; k < s->nvalues; k++) {
        const tw_column *key = args[2 * order[k] + 1], *value = args[2 * order[k] + 2];
        if (s->absent && tw_column_null(value, row)) continue;
        if (k + 1 < s->nvalues && tw_str_equal(tw_arg_str(key, row), tw_arg_str(args[2 * order[k + 1] + 1], row))) continue;
        if (any) tw_buf_byte(text, ',');
        any = true;
        tw_json_quote(tw_arg_str(key, row), text);
        tw_buf_byte(text, ':');
        write_member(text, s, order[k], value, row);
    }
    tw_buf_byte(text, '}');
}

static void json_object(TW_KERNEL_ARGS) {
    tw_buf text;
    const shape s = shape_of(call, true);
    int *order = tw_arena_alloc(eval->arena, sizeof *order * ((size_t)s.nvalues + 1));
    if (!order) {
        tw_eval_nomem(eval);
        return;
    }
    tw_buf_init(&text, eval->mem, (size_t)TW_TEXT_MAX);
    TW_EACH(rows, i, {
        if (order_keys(&s, args, i, order))
            write_members(&text, &s, args, i, order);
        else
            tw_eval_fail(eval, call, i, TW_E_VALUE, "JSON_OBJECT: a key is NULL");
        put_text(eval, call, out, i, &text);
    });
    tw_buf_free(&text);
}
TW_KERNEL_ENTRY(tw_kernel_json_object, json_object)

/* ---- binding ---- */

bool tw_bind_makes_json(const tw_expr *e) {
    if (e->kind != TW_EXPR_CALL) return false;
    const char *name = e->function->name;
    return strcmp(name, "JSON_OBJECT") == 0 || strcmp(name, "JSON_ARRAY") == 0;
}

/* Appends the literal that says which values are raw. */
static void mark_raw(tw_bind *bind, int first, int step) {
    int nvalues = 0;
    char *marks = TW_NEW_ARRAY(bind->arena, char, bind->nargs + 1);
    for (int k = first; k < bind->nargs; k += step) marks[nvalues++] = tw_bind_makes_json(bind->args[k]) ? 'r' : 'q';
    tw_value *value = TW_NEW(bind->arena, tw_value);
    *value = tw_value_of_str(&TW_TYPE_STRING, (tw_str){marks, (size_t)nvalues});
    const tw_expr **args = TW_NEW_ARRAY(bind->arena, const tw_expr *, bind->nargs + 1);
    memcpy(args, bind->args, sizeof *args * (size_t)bind->nargs);
    args[bind->nargs++] = tw_expr_literal(bind->arena, value);
    bind->args = args;
}

static tw_status bind_build(tw_bind *bind, int first, int step) {
    int64_t symbol;
    if (bind->args[0]->type->kind != TW_SYMBOL || !tw_bind_literal_int(bind, 0, &symbol)) return tw_bind_mismatch(bind);
    for (int k = 1; k < bind->nargs; k++)
        if (!writable(bind->args[k]->type)) return tw_bind_mismatch(bind);
    mark_raw(bind, first, step);
    return tw_bind_result_nullable(bind, &TW_TYPE_STRING, false);
}

tw_status tw_bind_json_array(tw_bind *bind) { return bind_build(bind, 1, 1); }
tw_status tw_bind_json_object(tw_bind *bind) {
    if (bind->nargs % 2 == 0) return tw_bind_mismatch(bind);
    for (int k = 1; k < bind->nargs; k += 2)
        if (!tw_kind_is_text(bind->args[k]->type->kind)) return tw_bind_mismatch(bind);
    return bind_build(bind, 2, 2);
}
