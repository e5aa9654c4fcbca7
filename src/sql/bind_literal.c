/* Literals, typed as Flink types them: 1 is INT, 3000000000 BIGINT, 1.50 DECIMAL(3, 2), 1E0 DOUBLE, 'abc' CHAR(3), X'00' BINARY(1), all NOT
 * NULL. Dates and times are in bind_datetime.c, intervals in bind_interval.c. */
#include "data/decimal.h"
#include "expr/symbol.h"
#include "sql/bind_parts.h"

const tw_expr *tw_bind_value(tw_binder *binder, const tw_value *value, tw_pos pos) {
    tw_expr *literal = (tw_expr *)tw_expr_literal(binder->arena, value);
    literal->pos = pos;
    return literal;
}

static const tw_type *not_null(tw_binder *binder, const tw_type *type) { return tw_type_nullable(binder->arena, type, false); }

/* The digits without the point; how many stand behind it. "5." has none behind it and counts as whole, with the point for a digit, which
 * only shows in numbers beyond BIGINT. */
static tw_str digits_of(tw_binder *binder, tw_str text, int *scale) {
    const char *point = memchr(text.data, '.', text.length);
    *scale = point ? (int)(text.data + text.length - point - 1) : 0;
    if (!point) return text;
    char *digits = tw_arena_alloc(binder->arena, text.length + 1);
    size_t whole = (size_t)(point - text.data);
    memcpy(digits, text.data, whole);
    memcpy(digits + whole, point + 1, text.length - whole - 1);
    return (tw_str){digits, text.length - 1};
}

static tw_status out_of_range(tw_binder *binder, const tw_ast_expr *e) {
    tw_status status = tw_fail_at(binder->error, TW_E_OVERFLOW, e->pos, "numeric literal '%.*s' is out of range",
                                  (int)(e->literal.text.length < 100 ? e->literal.text.length : 100), e->literal.text.data);
    tw_error_detail(binder->error, "a DECIMAL has at most %d digits", TW_DECIMAL_PRECISION_MAX);
    return status;
}

static tw_status bind_exact(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    int scale;
    tw_str digits = digits_of(binder, e->literal.text, &scale);
    int64_t number;
    if (scale == 0 && tw_int_parse(digits, INT64_MIN, INT64_MAX, &number)) {
        bool small = number <= INT32_MAX;
        tw_value value = tw_value_of_int(not_null(binder, small ? &TW_TYPE_INTEGER : &TW_TYPE_BIGINT), number);
        *out = tw_bind_value(binder, &value, e->pos);
        return TW_OK;
    }
    if (digits.length > TW_DECIMAL_PRECISION_MAX) return out_of_range(binder, e);
    tw_i128 unscaled;
    if (!tw_decimal_parse(digits, TW_DECIMAL_PRECISION_MAX, 0, &unscaled)) return out_of_range(binder, e);
    tw_value value = {.type = not_null(binder, tw_type_decimal(binder->arena, (int)digits.length, scale))};
    if (tw_type_phys(value.type) == TW_PHYS_I64)
        value.u.i = (int64_t)unscaled;
    else
        value.u.d = unscaled;
    *out = tw_bind_value(binder, &value, e->pos);
    return TW_OK;
}

static tw_status bind_approximate(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    tw_value value = {.type = not_null(binder, &TW_TYPE_DOUBLE)};
    if (!tw_double_parse(e->literal.text, &value.u.f)) return out_of_range(binder, e);
    *out = tw_bind_value(binder, &value, e->pos);
    return TW_OK;
}

static tw_value bytes_value(tw_binder *binder, tw_kind kind, tw_str bytes) {
    size_t length = kind == TW_CHAR ? tw_utf8_length(bytes.data, bytes.length) : bytes.length;
    return tw_value_of_str(not_null(binder, tw_type_chars(binder->arena, kind, (int32_t)length)), bytes);
}

tw_status tw_bind_literal_node(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    tw_value value = {0};
    switch (e->literal.kind) {
    case TW_AST_LIT_NULL: value = tw_value_null(&TW_TYPE_NULL); break;
    case TW_AST_LIT_UNKNOWN: value = tw_value_null(&TW_TYPE_BOOLEAN); break;
    case TW_AST_LIT_BOOLEAN: value = tw_value_of_int(not_null(binder, &TW_TYPE_BOOLEAN), e->literal.boolean); break;
    case TW_AST_LIT_EXACT: return bind_exact(binder, e, out);
    case TW_AST_LIT_APPROX: return bind_approximate(binder, e, out);
    case TW_AST_LIT_STRING: value = bytes_value(binder, TW_CHAR, e->literal.text); break;
    case TW_AST_LIT_BINARY: value = bytes_value(binder, TW_BINARY, e->literal.text); break;
    case TW_AST_LIT_DATE:
    case TW_AST_LIT_TIME:
    case TW_AST_LIT_TIMESTAMP: return tw_bind_datetime_node(binder, e, out);
    case TW_AST_LIT_INTERVAL: return tw_bind_interval_node(binder, e, out);
    case TW_AST_LIT_SYMBOL: value = tw_value_of_int(&TW_TYPE_SYMBOL, tw_symbol_parse(e->literal.text)); break;
    }
    *out = tw_bind_value(binder, &value, e->pos);
    return TW_OK;
}
