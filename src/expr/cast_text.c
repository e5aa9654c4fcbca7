/* Casts to CHAR, VARCHAR, BINARY, VARBINARY. Nested values: [a, b], {k=v}, (a, b); NULL inside them is written NULL. */
#include "data/datetime.h"
#include "data/decimal.h"
#include "expr/cast.h"

static tw_ts timestamp_at(const tw_column *c, int32_t row) {
    return c->phys == TW_PHYS_TS ? TW_ARG(tw_ts, c, row) : tw_ts_of(TW_ARG(int64_t, c, row), 0);
}

static int64_t integer_at(const tw_column *c, int32_t row) {
    switch (c->phys) {
    case TW_PHYS_I8: return TW_ARG(int8_t, c, row);
    case TW_PHYS_I16: return TW_ARG(int16_t, c, row);
    case TW_PHYS_I32: return TW_ARG(int32_t, c, row);
    default: return TW_ARG(int64_t, c, row);
    }
}

/* A fraction is written without its last zeros. */
static int print_time(char *out, int32_t ms, int precision) {
    int length = tw_time_format(out, ms, precision);
    if (!memchr(out, '.', (size_t)length)) return length;
    while (out[length - 1] == '0') length--;
    return out[length - 1] == '.' ? length - 1 : length;
}

/* A value of fixed width, at most 64 bytes. */
static int print_atom(char *out, const tw_session *session, const tw_column *c, int32_t row) {
    switch (c->type->kind) {
    case TW_BOOLEAN: {
        bool v = TW_ARG(uint8_t, c, row);
        memcpy(out, v ? "TRUE" : "FALSE", 5);
        return v ? 4 : 5;
    }
    case TW_FLOAT: return tw_float_format(out, TW_ARG(float, c, row));
    case TW_DOUBLE: return tw_double_format(out, TW_ARG(double, c, row));
    case TW_DECIMAL: {
        tw_i128 v = c->phys == TW_PHYS_I128 ? TW_ARG(tw_i128, c, row) : TW_ARG(int64_t, c, row);
        return tw_decimal_format(out, v, c->type->scale);
    }
    case TW_DATE: return tw_date_format(out, TW_ARG(int32_t, c, row));
    case TW_TIME: return print_time(out, TW_ARG(int32_t, c, row), c->type->precision);
    case TW_TIMESTAMP: return tw_timestamp_format(out, timestamp_at(c, row), c->type->precision);
    case TW_TIMESTAMP_LTZ: {
        tw_ts ts = timestamp_at(c, row);
        ts.ms = tw_zone_to_local(session->zone, ts.ms);
        return tw_timestamp_format(out, ts, c->type->precision);
    }
    case TW_INTERVAL_YM: return tw_interval_ym_format(out, TW_ARG(int32_t, c, row));
    case TW_INTERVAL_DS: return tw_interval_ds_format(out, TW_ARG(int64_t, c, row));
    default: return tw_int_format(out, integer_at(c, row));
    }
}

static void print_item(tw_buf *out, const tw_session *session, const tw_column *c, int32_t row) {
    if (tw_column_null(c, row))
        tw_buf_text(out, "NULL");
    else
        tw_cast_print(out, session, c, row);
}

static void print_list(tw_buf *out, const tw_session *session, const tw_column *c, int32_t row) {
    bool map = c->phys == TW_PHYS_MAP;
    int32_t first = c->offsets[tw_at(c, row)], end = c->offsets[tw_at(c, row) + 1];
    tw_buf_byte(out, map ? '{' : '[');
    for (int32_t e = first; e < end; e++) {
        if (e > first) tw_buf_text(out, ", ");
        print_item(out, session, &c->children[0], e);
        if (!map) continue;
        tw_buf_byte(out, '=');
        print_item(out, session, &c->children[1], e);
    }
    tw_buf_byte(out, map ? '}' : ']');
}

static void print_row(tw_buf *out, const tw_session *session, const tw_column *c, int32_t row) {
    tw_buf_byte(out, '(');
    for (int f = 0; f < c->nchildren; f++) {
        if (f) tw_buf_text(out, ", ");
        print_item(out, session, &c->children[f], tw_at(c, row));
    }
    tw_buf_byte(out, ')');
}

void tw_cast_print(tw_buf *out, const tw_session *session, const tw_column *c, int32_t row) {
    char atom[96];
    switch (c->phys) {
    case TW_PHYS_NONE: tw_buf_text(out, "NULL"); break;
    case TW_PHYS_STR: tw_buf_str(out, tw_arg_str(c, row)); break;
    case TW_PHYS_LIST:
    case TW_PHYS_MAP: print_list(out, session, c, row); break;
    case TW_PHYS_STRUCT: print_row(out, session, c, row); break;
    default: tw_buf_append(out, atom, (size_t)print_atom(atom, session, c, row)); break;
    }
}

/* ---- fitting a text to its type ---- */

/* Stores bytes cut or padded to the target's length: characters and blanks for text, bytes and zeros for binary. `borrow`: they
 * live as long as the batch. */
static bool put(const tw_caster *c, tw_column *to, int32_t at, tw_str v, bool borrow) {
    bool text = tw_kind_is_text(c->to->kind), fixed = c->to->kind == TW_CHAR || c->to->kind == TW_BINARY;
    size_t limit = (size_t)c->to->length, missing = 0;
    if (c->to->length != TW_LENGTH_MAX && !c->eval->session->legacy_cast && (fixed || v.length > limit)) {
        size_t units = text ? tw_utf8_length(v.data, v.length) : v.length;
        if (units > limit) v.length = text ? tw_utf8_offset(v.data, v.length, limit) : limit;
        if (fixed && units < limit) missing = limit - units;
    }
    if (missing == 0) {
        if (borrow)
            tw_out_view(to, at, v.data, v.length);
        else
            tw_out_copy(c->eval, to, at, v.data, v.length);
        return true;
    }
    char *room = tw_out_room(c->eval, v.length + missing);
    if (!room) return true;
    memcpy(room, v.data, v.length);
    memset(room + v.length, text ? ' ' : 0, missing);
    tw_out_view(to, at, room, v.length + missing);
    return true;
}

static bool text_to_text(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    /* An inline view's bytes lie in the argument's column, which may be reused: tw_out_view copies those. */
    return put(c, to, at, tw_arg_str(from, i), true);
}

static bool atom_to_text(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    char text[96];
    size_t length = (size_t)print_atom(text, c->eval->session, from, i);
    return put(c, to, at, (tw_str){text, length}, false);
}

static bool nested_to_text(const tw_caster *c, const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    tw_buf text;
    tw_buf_init(&text, c->eval->mem, 0);
    tw_cast_print(&text, c->eval->session, from, i);
    if (text.failed)
        tw_eval_nomem(c->eval);
    else
        put(c, to, at, (tw_str){text.data, text.length}, false);
    tw_buf_free(&text);
    return true;
}

tw_cast_value tw_cast_to_text(const tw_type *from, const tw_type *to) {
    tw_phys phys = tw_type_phys(from);
    if (phys == TW_PHYS_STR) return text_to_text;
    if (!tw_kind_is_text(to->kind)) return NULL;
    return phys >= TW_PHYS_LIST ? nested_to_text : atom_to_text;
}
