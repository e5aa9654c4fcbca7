/* Expressions as EXPLAIN shows them: ">(price, 10)", "CAST(a AS BIGINT)", "bid.price". */
#include "data/datetime.h"
#include "data/decimal.h"
#include "expr/function.h"
#include "expr/symbol.h"

static void print_quoted(tw_buf *out, tw_str text) {
    tw_buf_byte(out, '\'');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\'') tw_buf_byte(out, '\'');
        tw_buf_byte(out, text.data[i]);
    }
    tw_buf_byte(out, '\'');
}

static void print_value(tw_buf *out, const tw_value *v);

static void print_items(tw_buf *out, const char *name, const tw_value *v, int n) {
    tw_buf_printf(out, "%s(", name);
    for (int i = 0; i < n; i++) {
        if (i) tw_buf_text(out, ", ");
        print_value(out, &v->items[i]);
    }
    tw_buf_byte(out, ')');
}

static int format_time_value(char *text, const tw_value *v) {
    switch (v->type->kind) {
    case TW_DATE: return tw_date_format(text, (int32_t)v->u.i);
    case TW_TIME: return tw_time_format(text, (int32_t)v->u.i, v->type->precision);
    default: break;
    }
    tw_ts ts = tw_type_phys(v->type) == TW_PHYS_TS ? v->u.ts : tw_ts_of(v->u.i, 0);
    return tw_timestamp_format(text, ts, v->type->precision);
}

static void print_value(tw_buf *out, const tw_value *v) {
    char text[64];
    if (v->null) {
        tw_buf_text(out, "null:");
        tw_type_print(out, v->type, false);
        return;
    }
    switch (v->type->kind) {
    case TW_NULL: tw_buf_text(out, "null"); return;
    case TW_BOOLEAN: tw_buf_text(out, v->u.i ? "true" : "false"); return;
    case TW_FLOAT: tw_buf_append(out, text, (size_t)tw_float_format(text, (float)v->u.f)); return;
    case TW_DOUBLE: tw_buf_append(out, text, (size_t)tw_double_format(text, v->u.f)); return;
    case TW_DECIMAL: {
        tw_i128 d = tw_type_phys(v->type) == TW_PHYS_I128 ? v->u.d : v->u.i;
        tw_buf_append(out, text, (size_t)tw_decimal_format(text, d, v->type->scale));
        return;
    }
    case TW_CHAR:
    case TW_VARCHAR: print_quoted(out, v->u.str); return;
    case TW_BINARY:
    case TW_VARBINARY:
        tw_buf_text(out, "X'");
        for (size_t i = 0; i < v->u.str.length; i++) tw_buf_printf(out, "%02X", (unsigned char)v->u.str.data[i]);
        tw_buf_byte(out, '\'');
        return;
    case TW_DATE:
    case TW_TIME:
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ: tw_buf_append(out, text, (size_t)format_time_value(text, v)); return;
    case TW_ARRAY: print_items(out, "ARRAY", v, v->nitems); return;
    case TW_MAP:
    case TW_MULTISET: print_items(out, "MAP", v, 2 * v->nitems); return;
    case TW_ROW: print_items(out, "ROW", v, v->nitems); return;
    case TW_SYMBOL: tw_buf_printf(out, "FLAG(%s)", tw_symbol_name((int)v->u.i)); return;
    case TW_DESCRIPTOR: tw_buf_str(out, v->u.str); return;
    case TW_INTERVAL_YM: tw_buf_printf(out, "%lld:INTERVAL MONTH", (long long)v->u.i); return;
    case TW_INTERVAL_DS: tw_buf_printf(out, "%lld:INTERVAL SECOND", (long long)v->u.i); return;
    default: tw_buf_printf(out, "%lld", (long long)v->u.i); return;
    }
}

static bool print_field(tw_buf *out, const tw_expr *e, const tw_type *input_row) {
    if (strcmp(e->function->name, "FIELD") != 0 || e->nargs != 2 || e->args[1]->kind != TW_EXPR_LITERAL) return false;
    const tw_type *row = e->args[0]->type;
    int64_t index = e->args[1]->literal->u.i;
    if (row->kind != TW_ROW || index < 0 || index >= row->nfields) return false;
    tw_expr_print(out, e->args[0], input_row);
    tw_buf_byte(out, '.');
    tw_buf_str(out, row->fields[index].name);
    return true;
}

void tw_expr_print(tw_buf *out, const tw_expr *e, const tw_type *input_row) {
    if (e->kind == TW_EXPR_COLUMN) {
        if (input_row && e->column < input_row->nfields)
            tw_buf_str(out, input_row->fields[e->column].name);
        else
            tw_buf_printf(out, "$%d", e->column);
        return;
    }
    if (e->kind == TW_EXPR_LITERAL) {
        print_value(out, e->literal);
        return;
    }
    if (print_field(out, e, input_row)) return;
    const char *name = strcmp(e->function->name, "NEGATE") == 0 ? "-" : e->function->name;
    tw_buf_printf(out, "%s(", name);
    for (int i = 0; i < e->nargs; i++) {
        if (i) tw_buf_text(out, ", ");
        tw_expr_print(out, e->args[i], input_row);
    }
    if (strcmp(name, "CAST") == 0 || strcmp(name, "TRY_CAST") == 0) {
        tw_buf_text(out, " AS ");
        tw_type_print(out, e->type, false);
    }
    tw_buf_byte(out, ')');
}
