/* Nodes to columns: calls of kernels with their nulls, constants, errors. */
#include "expr/node.h"

void tw_context_set(tw_program *p, int32_t context, tw_selection rows) {
    tw_context *c = &p->contexts[context];
    if (rows.index) memmove(c->index, rows.index, sizeof(uint16_t) * (size_t)rows.count);
    c->rows = (tw_selection){rows.index ? c->index : NULL, rows.count};
}

void tw_node_null(tw_eval *eval, tw_node *n) {
    n->out = n->scratch;
    tw_bits_fill(n->out.validity, eval->rows, false);
    if (n->out.values) {
        memset(n->out.values, 0, (size_t)eval->rows * (size_t)tw_phys_width(n->out.phys));
        return;
    }
    if (n->out.phys == TW_PHYS_NONE) return;
    const tw_column **columns = tw_arena_calloc(eval->arena, sizeof(void *) * ((size_t)eval->rows + 1));
    int32_t *index = tw_arena_calloc(eval->arena, sizeof(int32_t) * ((size_t)eval->rows + 1));
    if (!columns || !index)
        tw_eval_nomem(eval);
    else
        tw_column_pick(eval, n->expr->type, columns, index, eval->rows, &n->out);
}

/* ---- constants made full length ---- */

static void repeat(void *values, int width, int32_t rows) {
    char *to = values;
    size_t have = (size_t)width, total = (size_t)width * (size_t)rows;
    while (have < total) {
        size_t more = have < total - have ? have : total - have;
        memcpy(to + have, to, more);
        have += more;
    }
}

static bool expand_flat(tw_eval *eval, tw_arena *arena, const tw_column *from, int32_t rows, tw_column *to) {
    *to = (tw_column){.type = from->type, .phys = from->phys};
    int width = tw_phys_width(from->phys);
    bool null = tw_column_null(from, 0);
    if (width) to->values = tw_arena_alloc(arena, ((size_t)rows * (size_t)width + 15) / 16 * 16);
    if (null) to->validity = tw_arena_calloc(arena, (size_t)TW_BITS_WORDS(rows) * 8);
    if ((width && !to->values) || (null && !to->validity)) {
        to->values = NULL;
        tw_eval_nomem(eval);
        return false;
    }
    if (!width) return true;
    if (null)
        memset(to->values, 0, (size_t)rows * (size_t)width);
    else
        memcpy(to->values, from->values, (size_t)width);
    if (!null && rows > 0) repeat(to->values, width, rows);
    return true;
}

static bool expand_nested(tw_eval *eval, const tw_column *from, tw_column *to) {
    const tw_column **columns = tw_arena_alloc(eval->arena, sizeof(void *) * ((size_t)eval->rows + 1));
    int32_t *index = tw_arena_calloc(eval->arena, sizeof(int32_t) * ((size_t)eval->rows + 1));
    if (!columns || !index) {
        tw_eval_nomem(eval);
        return false;
    }
    for (int32_t i = 0; i < eval->rows; i++) columns[i] = from;
    return tw_column_pick(eval, from->type, columns, index, eval->rows, to);
}

/* Argument `i` with a value for every row. A literal's is made once per program. */
static bool expand(tw_program *p, tw_eval *eval, tw_node *n, int i) {
    const tw_column *from = &n->args[i]->out;
    tw_column *to = &n->expanded[i];
    n->columns[i] = to;
    if (from->phys >= TW_PHYS_LIST) return expand_nested(eval, from, to);
    if (n->args[i]->kind != TW_NODE_CONSTANT || !p->batch) return expand_flat(eval, eval->arena, from, eval->rows, to);
    return to->values ? true : expand_flat(eval, &p->folded, from, p->capacity, to);
}

/* ---- calls ---- */

/* ANDs the arguments' validity into the result's. False when no argument can be null; *none: one is always null. */
static bool combine_validity(tw_eval *eval, tw_node *n, bool *none) {
    bool any = false;
    uint64_t *to = n->scratch.validity;
    int32_t words = TW_BITS_WORDS(eval->rows);
    for (int i = 0; i < n->nargs; i++) {
        const tw_column *c = &n->args[i]->out;
        if (c->constant || c->phys == TW_PHYS_NONE) {
            *none |= c->type->kind != TW_SYMBOL && c->type->kind != TW_DESCRIPTOR && tw_column_null(c, 0);
            continue;
        }
        if (!c->validity) continue;
        if (!any) memcpy(to, c->validity, (size_t)words * 8);
        if (any)
            for (int32_t w = 0; w < words; w++) to[w] &= c->validity[w];
        any = true;
    }
    if (!any) tw_bits_fill(to, eval->rows, true);
    return any;
}

static tw_selection valid_rows(tw_program *p, tw_eval *eval, const tw_node *n, tw_selection rows) {
    const uint64_t *validity = n->scratch.validity;
    if (!rows.index && tw_bits_all(validity, eval->rows)) return rows;
    uint16_t *index = p->kernel_index;
    int32_t count = 0;
    TW_EACH(rows, i, index[count] = (uint16_t)i; count += tw_bit_get(validity, i););
    return count == rows.count ? rows : (tw_selection){index, count};
}

/* The rows that the kernel is called for. */
static tw_selection kernel_rows(tw_program *p, tw_eval *eval, const tw_node *n, bool nulls) {
    tw_selection rows = p->contexts[n->context].rows;
    if (n->exact_rows) return nulls ? valid_rows(p, eval, n, rows) : rows;
    bool most = rows.index && rows.count >= eval->rows / 4;
    return most ? (tw_selection){NULL, eval->rows} : rows;
}

static void clear_failed(tw_eval *eval, tw_node *n) {
    uint64_t *validity = n->out.validity;
    for (int32_t w = 0; w < TW_BITS_WORDS(eval->rows); w++) validity[w] &= ~eval->errors->bits[w];
}

static void run_kernel(tw_program *p, tw_eval *eval, tw_node *n, bool nulls) {
    uint32_t flags = n->expr->function->flags;
    tw_selection rows = kernel_rows(p, eval, n, nulls);
    if (rows.count == 0) {
        tw_node_null(eval, n);
        return;
    }
    for (int i = 0; i < n->nargs; i++) {
        n->columns[i] = &n->args[i]->out;
        if (n->args[i]->out.constant && !(flags & TW_FN_CONSTANT_ARGS) && !expand(p, eval, n, i)) return;
    }
    if (n->out.phys == TW_PHYS_STR) memset(n->out.values, 0, sizeof(tw_sview) * (size_t)eval->rows);
    int32_t failed = eval->errors->count;
    n->kernel(eval, &n->call, rows, n->columns, &n->out);
    if (eval->errors->count != failed) {
        clear_failed(eval, n);
        return;
    }
    if (n->out.validity && tw_bits_all(n->out.validity, eval->rows)) n->out.validity = NULL;
}

static void run_call(tw_program *p, tw_eval *eval, tw_node *n) {
    for (int i = 0; i < n->nargs; i++) tw_node_run(p, eval, n->args[i]);
    if (eval->status != TW_OK) return;
    n->out = n->scratch;
    bool nulls = false, none = false;
    if (n->expr->function->flags & TW_FN_STRICT)
        nulls = combine_validity(eval, n, &none);
    else
        tw_bits_fill(n->out.validity, eval->rows, true);
    if (none)
        tw_node_null(eval, n);
    else
        run_kernel(p, eval, n, nulls);
}

static void run_field(tw_program *p, tw_eval *eval, tw_node *n) {
    tw_node_run(p, eval, n->args[0]);
    const tw_column *row = &n->args[0]->out;
    if (eval->status != TW_OK) return;
    if (row->phys != TW_PHYS_STRUCT || n->field >= row->nchildren) {
        tw_node_null(eval, n);
        return;
    }
    n->out = row->children[n->field];
    n->out.constant = row->constant;
    if (!row->validity) return;
    if (n->out.validity) {
        int32_t words = TW_BITS_WORDS(row->constant ? 1 : eval->rows);
        for (int32_t w = 0; w < words; w++) n->scratch.validity[w] = row->validity[w] & n->out.validity[w];
        n->out.validity = n->scratch.validity;
    } else {
        n->out.validity = row->validity;
    }
}

static void run_alias(tw_program *p, tw_eval *eval, tw_node *n) {
    tw_node_run(p, eval, n->args[0]);
    n->out = n->args[0]->out;
    n->out.type = n->expr->type;
}

void tw_node_run(tw_program *p, tw_eval *eval, tw_node *n) {
    if (n->kind == TW_NODE_CONSTANT || n->generation == p->generation || eval->status != TW_OK) return;
    n->generation = p->generation;
    switch (n->kind) {
    case TW_NODE_COLUMN: n->out = p->batch->columns[n->expr->column]; break;
    case TW_NODE_CONSTANT: break;
    case TW_NODE_CALL: run_call(p, eval, n); break;
    case TW_NODE_ALIAS: run_alias(p, eval, n); break;
    case TW_NODE_FIELD: run_field(p, eval, n); break;
    default: tw_node_run_branching(p, eval, n); break;
    }
}
