/* JSON_EXISTS, JSON_VALUE, JSON_QUERY, IS JSON, JSON_QUOTE, JSON_UNQUOTE. The shapes of the calls stand in symbol.h. */
#include "data/decimal.h"
#include "expr/entries.h"
#include "expr/json.h"
#include "expr/symbol.h"
#include "expr/text.h"
#include "expr/text_list.h"

/* What a call keeps: the memory of a document, the last path. */
typedef struct kept {
    bool open, compiled;
    tw_json json;
    tw_buf picked, out;
    tw_json_path path;
    char text[TW_JSON_PATH_TEXT];
    size_t length;
} kept;

static void kept_close(void *memo) {
    kept *k = memo;
    if (!k->open) return;
    tw_buf_free(&k->json.nodes);
    tw_buf_free(&k->picked);
    tw_buf_free(&k->out);
}

static kept *kept_of(tw_eval *eval, const tw_call *call) {
    kept *k = tw_call_memo(eval, call, sizeof *k, kept_close);
    if (!k || k->open) return k;
    tw_buf_init(&k->json.nodes, eval->mem, 0);
    tw_buf_init(&k->picked, eval->mem, (size_t)TW_TEXT_MAX);
    tw_buf_init(&k->out, eval->mem, (size_t)TW_TEXT_MAX);
    k->open = true;
    return k;
}

static void compile_path(kept *k, tw_str text) {
    if (k->compiled && k->length == text.length && memcmp(k->text, text.data, text.length) == 0) return;
    tw_json_path_compile(&k->path, text);
    k->compiled = text.length <= sizeof k->text;
    k->length = text.length;
    if (k->compiled) memcpy(k->text, text.data, text.length);
}

/* What a path found in a text. */
typedef struct found {
    bool error; /* not JSON, no such place (strict), no such path */
    bool none;  /* nothing, or JSON's null */
    bool list;  /* a path of many: `count` nodes in kept.picked */
    bool lax;
    uint32_t node;
    uint32_t count;
} found;

static inline uint32_t picked_node(const kept *k, uint32_t n) { return ((const uint32_t *)(const void *)k->picked.data)[n]; }

/* False: the row has failed. */
static bool look(kept *k, tw_eval *eval, const tw_call *call, int32_t row, tw_str text, tw_str path, found *f) {
    compile_path(k, path);
    *f = (found){.lax = k->path.lax};
    if (k->path.error == TW_PATH_UNSUPPORTED) {
        tw_eval_fail(eval, call, row, TW_E_UNSUPPORTED, "%s: path '%.*s' has a filter, a function, a list or too many steps",
                     call->expr->function->name, TW_STR_ARG(path));
        return false;
    }
    f->error = k->path.error != TW_PATH_OK;
    if (f->error) return true;
    if (!tw_json_parse(&k->json, text)) {
        f->error = !f->lax;
        f->none = f->lax;
        return true;
    }
    tw_buf_clear(&k->picked);
    f->error = TW_JSON_NODE(&k->json, 0)->kind == TW_JSON_NULL;
    if (f->error) return true;
    bool there = tw_json_path_pick(&k->path, &k->json, &k->picked);
    f->list = !k->path.definite;
    f->count = (uint32_t)(k->picked.length / sizeof(uint32_t));
    f->error = k->picked.failed || (!there && !f->lax);
    f->none = !there;
    if (f->error) return true;
    if (there && !f->list) {
        f->node = picked_node(k, 0);
        f->none = TW_JSON_NODE(&k->json, f->node)->kind == TW_JSON_NULL;
    }
    return true;
}

/* A keyword argument, or `otherwise` when it is not given. */
static int64_t symbol_arg(const tw_call *call, int arg, int64_t otherwise) {
    return call->expr->nargs > arg ? call->expr->args[arg]->literal->u.i : otherwise;
}

static void out_buf(tw_eval *eval, const tw_call *call, tw_column *out, int32_t row, const tw_buf *text) {
    if (text->failed)
        tw_eval_fail(eval, call, row, TW_E_LIMIT, "%s: the result is too long", call->expr->function->name);
    else
        tw_out_copy(eval, out, row, text->data ? text->data : "", text->length);
}

/* ---- JSON_EXISTS ---- */

static void json_exists(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    const int64_t on_error = symbol_arg(call, 2, TW_SYM_FALSE);
    if (!k) return;
    TW_EACH(rows, i, {
        found f;
        bool there = false;
        if (look(k, eval, call, i, tw_arg_str(args[0], i), tw_arg_str(args[1], i), &f)) {
            there = f.error ? on_error == TW_SYM_TRUE : f.list || !f.none;
            if (f.error && on_error == TW_SYM_UNKNOWN) tw_out_null(out, i);
            if (f.error && on_error == TW_SYM_ERROR) tw_eval_fail(eval, call, i, TW_E_VALUE, "JSON_EXISTS: not JSON, or the path leads nowhere");
        }
        TW_OUT(uint8_t, out, i) = there;
    });
}
TW_KERNEL_ENTRY(tw_kernel_json_exists, json_exists)
TW_BIND_ENTRY(tw_bind_json_exists, "ss|y", &TW_TYPE_BOOLEAN)

/* ---- JSON_VALUE ---- */

static bool value_boolean(tw_str text, tw_column *out, int32_t row) {
    bool yes = tw_str_equal_nocase(text, TW_STR("true"));
    TW_OUT(uint8_t, out, row) = yes;
    return yes || tw_str_equal_nocase(text, TW_STR("false"));
}

static bool value_integer(tw_str text, tw_column *out, int32_t row) {
    int64_t v;
    double d;
    if (!tw_int_parse(text, INT32_MIN, INT32_MAX, &v)) {
        if (!tw_double_parse(text, &d)) return false;
        v = d >= INT32_MAX ? INT32_MAX : d <= INT32_MIN ? INT32_MIN : (int64_t)d;
    }
    TW_OUT(int32_t, out, row) = (int32_t)v;
    return true;
}

/* The scalar at a node as the result's type; false when it cannot be. */
static bool put_value(kept *k, tw_eval *eval, const tw_call *call, tw_column *out, int32_t row, uint32_t node) {
    tw_buf_clear(&k->out);
    tw_json_scalar_text(&k->json, node, &k->out);
    tw_str text = {k->out.data ? k->out.data : "", k->out.length};
    switch (call->result->kind) {
    case TW_BOOLEAN: return value_boolean(text, out, row);
    case TW_INTEGER: return value_integer(text, out, row);
    case TW_DOUBLE: return tw_double_parse(text, &TW_OUT(double, out, row));
    default: out_buf(eval, call, out, row, &k->out); return true;
    }
}

/* What ON EMPTY or ON ERROR says. `arg`: the symbol's number, its default behind it. */
static void put_behaviour(tw_eval *eval, const tw_call *call, const tw_column *const *args, tw_column *out, int32_t row, int arg) {
    int64_t behaviour = symbol_arg(call, arg, TW_SYM_NULL);
    if (behaviour == TW_SYM_DEFAULT)
        tw_value_put(args[arg + 1], row, out, row);
    else
        tw_out_null(out, row);
    if (behaviour == TW_SYM_ERROR)
        tw_eval_fail(eval, call, row, TW_E_VALUE, "%s: %s", call->expr->function->name,
                     arg == 2 ? "the path leads to nothing" : "not JSON, or the path leads nowhere");
}

static void json_value_row(kept *k, tw_eval *eval, const tw_call *call, const tw_column *const *args, tw_column *out, int32_t row) {
    found f;
    if (!look(k, eval, call, row, tw_arg_str(args[0], row), tw_arg_str(args[1], row), &f)) return;
    bool scalar = !f.error && !f.none && !f.list && tw_json_is_scalar(&k->json, f.node);
    if (scalar && put_value(k, eval, call, out, row, f.node)) return;
    bool empty = !f.error && !scalar && (f.lax || (f.none && !f.list));
    put_behaviour(eval, call, args, out, row, empty ? 2 : 4);
}

static void json_value(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    if (!k) return;
    TW_EACH(rows, i, {
        if (out->phys == TW_PHYS_STR) tw_out_view(out, i, "", 0);
        if (tw_column_null(args[0], i) || tw_column_null(args[1], i))
            tw_out_null(out, i);
        else
            json_value_row(k, eval, call, args, out, i);
    });
}
TW_KERNEL_ENTRY(tw_kernel_json_value, json_value)

tw_status tw_bind_json_value(tw_bind *bind) {
    const tw_type *type = bind->cast_type ? bind->cast_type : &TW_TYPE_STRING;
    tw_kind kind = type->kind;
    if (!tw_kind_is_text(kind) && kind != TW_BOOLEAN && kind != TW_INTEGER && kind != TW_DOUBLE)
        return tw_fail_at(bind->error, TW_E_TYPE, bind->pos, "JSON_VALUE returns VARCHAR, BOOLEAN, INTEGER or DOUBLE");
    for (int arg = 3; arg < bind->nargs; arg += 2) tw_bind_coerce(bind, arg, type);
    if (!tw_bind_matches(bind, "ss|y.y.")) return tw_bind_mismatch(bind);
    TW_TRY(tw_bind_signature(bind, "ss|y.y.", type));
    return tw_bind_result_nullable(bind, type, true);
}

/* ---- JSON_QUERY ---- */

typedef enum outcome { VALUE, EMPTY, ERROR } outcome;

/* Is the value put into an array of its own? */
static bool wrapped(const kept *k, const found *f, int64_t wrapper) {
    if (wrapper == TW_SYM_UNCONDITIONAL) return true;
    return wrapper == TW_SYM_CONDITIONAL && !f->list && TW_JSON_NODE(&k->json, f->node)->kind != TW_JSON_ARRAY;
}

static outcome query_outcome(const kept *k, const found *f, bool wrap) {
    if (f->error) return ERROR;
    if (f->none && !f->list) return EMPTY;
    bool scalar = !f->list && tw_json_is_scalar(&k->json, f->node);
    return !scalar || wrap ? VALUE : f->lax ? EMPTY : ERROR;
}

static void write_picked(kept *k, const found *f, bool wrap) {
    tw_buf_clear(&k->out);
    if (wrap) tw_buf_byte(&k->out, '[');
    if (f->list) tw_buf_byte(&k->out, '[');
    for (uint32_t n = 0; n < f->count; n++) {
        if (n) tw_buf_byte(&k->out, ',');
        tw_json_write(&k->json, picked_node(k, n), &k->out);
    }
    if (f->list) tw_buf_byte(&k->out, ']');
    if (wrap) tw_buf_byte(&k->out, ']');
}

/* ON EMPTY and ON ERROR of JSON_QUERY, as text: NULL when the result is NULL. */
static const char *query_behaviour(tw_eval *eval, const tw_call *call, int32_t row, outcome what) {
    int64_t behaviour = symbol_arg(call, what == EMPTY ? 3 : 4, TW_SYM_NULL);
    if (behaviour == TW_SYM_EMPTY_ARRAY) return "[]";
    if (behaviour == TW_SYM_EMPTY_OBJECT && call->result->kind != TW_ARRAY) return "{}";
    if (behaviour != TW_SYM_NULL)
        tw_eval_fail(eval, call, row, TW_E_VALUE, "JSON_QUERY: %s",
                     what == EMPTY ? "the path leads to nothing" : "not JSON, or the path leads to no array or object");
    return NULL;
}

static void query_text_row(kept *k, tw_eval *eval, const tw_call *call, const tw_column *const *args, tw_column *out, int32_t row) {
    found f;
    if (!look(k, eval, call, row, tw_arg_str(args[0], row), tw_arg_str(args[1], row), &f)) return;
    bool wrap = !f.error && (f.list || !f.none) && wrapped(k, &f, symbol_arg(call, 2, TW_SYM_WITHOUT));
    outcome what = query_outcome(k, &f, wrap);
    if (what == VALUE) {
        write_picked(k, &f, wrap);
        out_buf(eval, call, out, row, &k->out);
        return;
    }
    const char *text = query_behaviour(eval, call, row, what);
    if (text)
        tw_out_view(out, row, text, 2);
    else
        tw_out_null(out, row);
}

static void json_query_text(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    if (!k) return;
    TW_EACH(rows, i, {
        tw_out_view(out, i, "", 0);
        query_text_row(k, eval, call, args, out, i);
    });
}

/* One element of an ARRAY<STRING>: NULL, a scalar's text, or JSON. */
static void push_element(kept *k, tw_text_list *list, uint32_t n) {
    if (TW_JSON_NODE(&k->json, n)->kind == TW_JSON_NULL) {
        tw_text_list_push(list, TW_STR(""), false);
        return;
    }
    tw_buf_clear(&k->out);
    if (tw_json_is_scalar(&k->json, n))
        tw_json_scalar_text(&k->json, n, &k->out);
    else
        tw_json_write(&k->json, n, &k->out);
    char *copy = tw_out_room(list->eval, k->out.length);
    if (!copy) return;
    if (k->out.length) memcpy(copy, k->out.data, k->out.length);
    tw_text_list_push(list, (tw_str){copy, k->out.length}, true);
}

static outcome push_elements(kept *k, tw_text_list *list, const found *f, bool wrap) {
    uint32_t node = f->node;
    if (f->list && wrap) return ERROR; /* a list within a list has no text */
    if (f->list) {
        for (uint32_t n = 0; n < f->count; n++) push_element(k, list, picked_node(k, n));
    } else if (wrap) {
        push_element(k, list, node);
    } else {
        if (TW_JSON_NODE(&k->json, node)->kind != TW_JSON_ARRAY) return ERROR;
        for (uint32_t n = node + 1; n < TW_JSON_NODE(&k->json, node)->end; n = TW_JSON_NODE(&k->json, n)->end) push_element(k, list, n);
    }
    return VALUE;
}

static void json_query_array(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    if (!k) return;
    tw_text_list list;
    tw_text_list_begin(&list, eval);
    TW_EACH(rows, i, {
        found f;
        if (look(k, eval, call, i, tw_arg_str(args[0], i), tw_arg_str(args[1], i), &f)) {
            bool wrap = !f.error && (f.list || !f.none) && wrapped(k, &f, symbol_arg(call, 2, TW_SYM_WITHOUT));
            outcome what = query_outcome(k, &f, wrap);
            if (what == VALUE) what = push_elements(k, &list, &f, wrap);
            if (what != VALUE && !query_behaviour(eval, call, i, what)) tw_out_null(out, i);
        }
        tw_text_list_row(&list);
    });
    tw_text_list_end(&list, rows, out);
}

tw_kernel tw_kernel_json_query(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)args, (void)nargs;
    return result->kind == TW_ARRAY ? json_query_array : json_query_text;
}

tw_status tw_bind_json_query(tw_bind *bind) {
    const tw_type *type = bind->cast_type ? bind->cast_type : &TW_TYPE_STRING;
    bool texts = type->kind == TW_ARRAY && tw_kind_is_text(type->fields[0].type->kind);
    if (!tw_kind_is_text(type->kind) && !texts) return tw_fail_at(bind->error, TW_E_TYPE, bind->pos, "JSON_QUERY returns VARCHAR or ARRAY<VARCHAR>");
    TW_TRY(tw_bind_signature(bind, "ss|yyy", type));
    return tw_bind_result_nullable(bind, type, true);
}

/* ---- IS JSON ---- */

static bool is_kind(const kept *k, int64_t symbol) {
    tw_json_kind kind = TW_JSON_NODE(&k->json, 0)->kind;
    switch (symbol) {
    case TW_SYM_SCALAR: return kind < TW_JSON_ARRAY;
    case TW_SYM_ARRAY: return kind == TW_JSON_ARRAY;
    case TW_SYM_OBJECT: return kind == TW_JSON_OBJECT;
    default: return true;
    }
}

static void is_json(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    const int64_t symbol = symbol_arg(call, 1, TW_SYM_VALUE);
    if (!k) return;
    TW_EACH(rows, i, TW_OUT(uint8_t, out, i) = !tw_column_null(args[0], i) && tw_json_parse(&k->json, tw_arg_str(args[0], i)) && is_kind(k, symbol););
}
TW_KERNEL_ENTRY(tw_kernel_is_json, is_json)
tw_status tw_bind_is_json(tw_bind *bind) {
    TW_TRY(tw_bind_signature(bind, "s|y", &TW_TYPE_BOOLEAN));
    return tw_bind_result_nullable(bind, &TW_TYPE_BOOLEAN, false);
}

/* ---- JSON_QUOTE, JSON_UNQUOTE ---- */

static void quote_char(tw_buf *out, uint32_t c) {
    static const char from[] = "\"\\/\b\f\n\r\t", to[] = "\"\\/bfnrt";
    const char *special = c && c < 0x80 ? strchr(from, (int)c) : NULL;
    if (special)
        tw_buf_printf(out, "\\%c", to[special - from]);
    else if (c < 0x80)
        tw_buf_byte(out, (char)c);
    else if (c < 0x10000)
        tw_buf_printf(out, "\\u%04x", c);
    else
        tw_buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
}

static void json_quote(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    if (!k) return;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        tw_buf_clear(&k->out);
        tw_buf_byte(&k->out, '"');
        for (size_t at = 0; at < s.length;) quote_char(&k->out, tw_utf8_next(s.data, s.length, &at));
        tw_buf_byte(&k->out, '"');
        tw_out_view(out, i, "", 0);
        out_buf(eval, call, out, i, &k->out);
    });
}
TW_KERNEL_ENTRY(tw_kernel_json_quote, json_quote)

static int64_t read_hex4(tw_str s, size_t at) {
    int64_t v = 0;
    if (s.length - at < 4) return -1;
    for (size_t k = at; k < at + 4; k++) {
        char c = s.data[k];
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (d < 0) return -1;
        v = v << 4 | d;
    }
    return v;
}

/* One \uXXXX, or two that make a pair, at s[*at] behind the u. False when it is broken. */
static bool unquote_unicode(tw_str s, size_t *at, tw_buf *out) {
    int64_t c = read_hex4(s, *at);
    char utf8[4];
    if (c < 0) return false;
    *at += 4;
    if (c >= 0xd800 && c < 0xdc00 && s.length - *at >= 6 && s.data[*at] == '\\' && s.data[*at + 1] == 'u') {
        int64_t low = read_hex4(s, *at + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            *at += 6;
        }
    }
    tw_buf_append(out, utf8, (size_t)tw_utf8_put(utf8, c >= 0xd800 && c < 0xe000 ? 0xfffd : (uint32_t)c));
    return true;
}

/* What stands between the quotes of s, escapes resolved; quotes within are kept. False when an escape is broken. */
static bool unquote(tw_str s, tw_buf *out) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    s = (tw_str){s.data + 1, s.length - 2};
    for (size_t at = 0; at < s.length;) {
        char c = s.data[at++];
        if (c != '\\') {
            tw_buf_byte(out, c);
            continue;
        }
        if (at == s.length) return false;
        c = s.data[at++];
        const char *special = c ? strchr(from, c) : NULL;
        if (special)
            tw_buf_byte(out, to[special - from]);
        else if (c != 'u' || !unquote_unicode(s, &at, out))
            return false;
    }
    return true;
}

static void json_unquote(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    if (!k) return;
    TW_EACH(rows, i, {
        tw_str s = tw_arg_str(args[0], i);
        bool quoted = s.length > 1 && s.data[0] == '"' && s.data[s.length - 1] == '"';
        tw_buf_clear(&k->out);
        tw_out_view(out, i, s.data, s.length);
        if (quoted && tw_json_parse(&k->json, s) && unquote(s, &k->out)) out_buf(eval, call, out, i, &k->out);
    });
}
TW_KERNEL_ENTRY(tw_kernel_json_unquote, json_unquote)
