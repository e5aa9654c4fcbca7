/* Running a compiled program over a batch. How expressions become nodes is in compile.c, how nodes become columns in
 * evaluate.c and branch.c. */
#include "expr/node.h"

/* Errors and generation of one run. Returns whether the program's own error rows are used. */
static bool begin(tw_program *p, tw_eval *eval, const tw_batch *batch, tw_selection rows) {
    TW_ASSERT(eval->rows <= p->capacity && rows.count <= eval->rows);
    bool own = eval->errors == NULL;
    if (own) {
        memset(&p->own_errors, 0, sizeof p->own_errors);
        eval->errors = &p->own_errors;
    }
    if (!eval->session) eval->session = p->session;
    eval->status = TW_OK;
    eval->refused = eval->mem ? eval->mem->refused : 0;
    if (++p->generation == 0) p->generation = 1;
    p->batch = batch;
    tw_context_set(p, 0, rows);
    return own;
}

static tw_status end(tw_eval *eval, bool own, tw_error *error) {
    const tw_row_errors *errors = eval->errors;
    if (own) eval->errors = NULL;
    /* a kernel may take a buffer that found no memory for one at its limit, or a text for one that is no JSON */
    if (eval->mem && eval->mem->refused != eval->refused) eval->status = TW_E_NOMEM;
    if (eval->status == TW_E_NOMEM) return tw_fail(error, TW_E_NOMEM, "out of memory while evaluating an expression");
    if (eval->status != TW_OK) return tw_fail(error, eval->status, "an expression cannot be evaluated");
    if (!own || errors->count == 0) return TW_OK;
    if (error) *error = errors->first;
    return errors->first.status;
}

tw_status tw_program_run(tw_program *p, tw_eval *eval, const tw_batch *batch, tw_selection rows, tw_column *out, tw_error *error) {
    bool own = begin(p, eval, batch, rows);
    for (int32_t i = 0; i < p->nroots && eval->status == TW_OK; i++) {
        tw_node_run(p, eval, p->roots[i]);
        out[i] = p->roots[i]->out;
    }
    return end(eval, own, error);
}

tw_status tw_program_filter(tw_program *p, int which, tw_eval *eval, const tw_batch *batch, tw_selection rows, uint16_t *index, int32_t *count,
                            tw_error *error) {
    bool own = begin(p, eval, batch, rows);
    rows = tw_node_filter(p, eval, p->roots[which], p->contexts[0].rows, index);
    *count = rows.count;
    return end(eval, own, error);
}

tw_status tw_expr_evaluate(tw_arena *arena, tw_mem *mem, const tw_session *session, const tw_expr *e, tw_value *out, tw_error *error) {
    tw_program *p;
    TW_TRY(tw_program_open_sized(mem, session, NULL, &e, 1, 1, &p, error));
    tw_arena scratch;
    tw_arena_init(&scratch, mem, 512);
    tw_eval eval = {.session = p->session, .rows = 1, .now_ms = p->session->start_ms, .arena = &scratch, .mem = mem};
    tw_batch batch = {.rows = 1};
    tw_column column;
    tw_status status = tw_program_run(p, &eval, &batch, (tw_selection){NULL, 1}, &column, error);
    if (status == TW_OK && tw_value_from_column(arena, &column, 0, out) != TW_OK) status = tw_fail(error, TW_E_NOMEM, "out of memory");
    tw_arena_free(&scratch);
    tw_program_close(p);
    return status;
}
