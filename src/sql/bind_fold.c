/* Constant folding: a call of literals becomes its value, where it is deterministic and can be computed without an error. What fails is
 * left for run time, where the row that needs it fails (and no other). */
#include "sql/bind_parts.h"

static bool foldable(const tw_expr *e) {
    const uint32_t keeps = TW_FN_NONDETERMINISTIC | TW_FN_QUERY_TIME | TW_FN_WATERMARK | TW_FN_AGGREGATE;
    if (e->kind != TW_EXPR_CALL || (e->function->flags & keeps) || e->type->kind == TW_SYMBOL || e->type->kind == TW_NULL) return false;
    for (int32_t i = 0; i < e->nargs; i++)
        if (e->args[i]->kind != TW_EXPR_LITERAL) return false;
    return true;
}

/* The evaluator holds memory of `mem` while it works: a jump of the arena would lose it. */
static tw_status evaluate(tw_arena *arena, tw_mem *mem, const tw_session *session, const tw_expr *e, tw_value *out) {
    tw_error ignored;
    jmp_buf *oom = arena->oom;
    arena->oom = NULL;
    tw_status status = tw_expr_evaluate(arena, mem, session, e, out, &ignored);
    arena->oom = oom;
    return status;
}

static const tw_expr *with_args(tw_arena *arena, const tw_expr *e, const tw_expr *const *args) {
    tw_expr *call = (tw_expr *)tw_expr_call(arena, e->function, e->type, args, e->nargs);
    call->pos = e->pos;
    return call;
}

const tw_expr *tw_fold_args(tw_arena *arena, tw_mem *mem, const tw_session *session, const tw_expr *e) {
    if (!session || e->kind != TW_EXPR_CALL) return e;
    const tw_expr **args = TW_NEW_ARRAY(arena, const tw_expr *, e->nargs + 1);
    bool same = true;
    for (int32_t i = 0; i < e->nargs; i++) {
        args[i] = tw_fold_call(arena, mem, session, e->args[i]);
        same &= args[i] == e->args[i];
    }
    return same ? e : with_args(arena, e, args);
}

const tw_expr *tw_fold_call(tw_arena *arena, tw_mem *mem, const tw_session *session, const tw_expr *e) {
    tw_value value;
    if (!session || !foldable(e) || evaluate(arena, mem, session, e, &value) != TW_OK) return e;
    value.type = e->type;
    tw_expr *literal = (tw_expr *)tw_expr_literal(arena, &value);
    literal->pos = e->pos;
    return literal;
}

const tw_expr *tw_fold(tw_arena *arena, tw_mem *mem, const tw_session *session, const tw_expr *e) {
    if (e->kind != TW_EXPR_CALL) return e;
    const tw_expr **args = TW_NEW_ARRAY(arena, const tw_expr *, e->nargs + 1);
    bool same = true;
    for (int32_t i = 0; i < e->nargs; i++) {
        args[i] = tw_fold(arena, mem, session, e->args[i]);
        same &= args[i] == e->args[i];
    }
    return tw_fold_call(arena, mem, session, same ? e : with_args(arena, e, args));
}
