/* The binary form of expressions, in plans:
 *
 *   kind u8 | type | position 4 x varint | COLUMN: varint number; LITERAL: value; CALL: name, varint nargs, args
 *
 * Reading trusts nothing: depth and sizes are bounded, types are checked only for form (the plan's reader checks more). */
#include "expr/function.h"

enum { DEPTH_MAX = 1000, COLUMN_MAX = 1 << 20, ARGS_MAX = 1 << 20 };

void tw_expr_write(tw_buf *out, const tw_expr *e) {
    tw_buf_byte(out, (char)e->kind);
    tw_type_write(out, e->type);
    tw_buf_varint(out, e->pos.offset);
    tw_buf_varint(out, e->pos.line);
    tw_buf_varint(out, e->pos.column);
    tw_buf_varint(out, e->pos.length);
    switch (e->kind) {
    case TW_EXPR_COLUMN: tw_buf_varint(out, (uint64_t)e->column); return;
    case TW_EXPR_LITERAL: tw_value_write(out, e->literal); return;
    case TW_EXPR_CALL: break;
    }
    tw_buf_bytes(out, tw_str_of(e->function->name));
    tw_buf_varint(out, (uint64_t)e->nargs);
    for (int i = 0; i < e->nargs; i++) tw_expr_write(out, e->args[i]);
}

static tw_status damaged(tw_error *error) { return tw_fail(error, TW_E_CORRUPT, "damaged expression in a plan"); }

static tw_status read_expr(tw_arena *arena, tw_reader *in, int depth, const tw_expr **out, tw_error *error);

static tw_status read_call(tw_arena *arena, tw_reader *in, int depth, tw_expr *e, tw_error *error) {
    tw_str name = tw_read_bytes(in);
    uint64_t nargs = tw_read_varint(in);
    if (in->failed || nargs > ARGS_MAX || nargs > (uint64_t)(in->end - in->next)) return damaged(error);
    e->function = tw_function_find(name);
    if (!e->function) return tw_fail(error, TW_E_UNDEFINED_FUNCTION, "no function \"%.*s\", which the plan uses", TW_STR_ARG(name));
    const tw_expr **args = TW_NEW_ARRAY(arena, const tw_expr *, nargs + 1);
    if (!args) return tw_fail(error, TW_E_NOMEM, "out of memory");
    e->nargs = (int32_t)nargs;
    e->args = args;
    for (int i = 0; i < e->nargs; i++) TW_TRY(read_expr(arena, in, depth + 1, &args[i], error));
    return TW_OK;
}

static tw_status read_literal(tw_arena *arena, tw_reader *in, tw_expr *e, tw_error *error) {
    tw_value *value = TW_NEW(arena, tw_value);
    if (!value) return tw_fail(error, TW_E_NOMEM, "out of memory");
    tw_status status = tw_value_read(arena, in, e->type, value);
    if (status == TW_E_NOMEM) return tw_fail(error, TW_E_NOMEM, "out of memory");
    if (status != TW_OK || in->failed) return damaged(error);
    e->literal = value;
    return TW_OK;
}

static tw_status read_expr(tw_arena *arena, tw_reader *in, int depth, const tw_expr **out, tw_error *error) {
    const char *kind = tw_read_raw(in, 1);
    if (!kind || *kind < 0 || *kind > TW_EXPR_CALL || depth > DEPTH_MAX) return damaged(error);
    tw_expr *e = TW_NEW(arena, tw_expr);
    if (!e) return tw_fail(error, TW_E_NOMEM, "out of memory");
    e->kind = (tw_expr_kind)*kind;
    e->type = tw_type_read(arena, in);
    if (!e->type) return in->failed ? damaged(error) : tw_fail(error, TW_E_NOMEM, "out of memory");
    e->pos.offset = (uint32_t)tw_read_varint(in);
    e->pos.line = (uint32_t)tw_read_varint(in);
    e->pos.column = (uint32_t)tw_read_varint(in);
    e->pos.length = (uint32_t)tw_read_varint(in);
    *out = e;
    if (e->kind == TW_EXPR_CALL) return read_call(arena, in, depth, e, error);
    if (e->kind == TW_EXPR_LITERAL) return read_literal(arena, in, e, error);
    uint64_t column = tw_read_varint(in);
    if (in->failed || column > COLUMN_MAX) return damaged(error);
    e->column = (int32_t)column;
    return TW_OK;
}

tw_status tw_expr_read(tw_arena *arena, tw_reader *in, const tw_expr **out, tw_error *error) { return read_expr(arena, in, 0, out, error); }
