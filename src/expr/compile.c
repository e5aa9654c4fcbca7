/* Expressions to nodes: sharing of equal ones, contexts of branches, scratch columns, folding of constants. */
#include "data/builder.h"
#include "expr/node.h"

static bool fixed_width(tw_phys phys) { return phys < TW_PHYS_STR; }

/* A node for an expression in a context: one that is there, or a new one. Lack of memory jumps to arena.oom. */
static tw_status compile(tw_program *p, const tw_expr *e, int32_t context, tw_node **out, tw_error *error);

static int32_t new_context(tw_program *p, int32_t parent) {
    if (p->ncontexts == p->contexts_capacity) {
        int32_t capacity = p->contexts_capacity ? 2 * p->contexts_capacity : 8;
        tw_context *grown = TW_NEW_ARRAY(&p->arena, tw_context, capacity);
        if (p->ncontexts) memcpy(grown, p->contexts, sizeof *grown * (size_t)p->ncontexts);
        p->contexts = grown;
        p->contexts_capacity = capacity;
    }
    tw_context *context = &p->contexts[p->ncontexts];
    *context = (tw_context){.parent = parent, .index = TW_NEW_ARRAY(&p->arena, uint16_t, p->capacity)};
    return p->ncontexts++;
}

/* A node that computes the same, in this context or one around it. One from another root is taken from a wider context only when it
 * cannot fail: it may not have been evaluated for these rows, and would then be for more of them than needed. */
static tw_node *find_node(tw_program *p, const tw_expr *e, uint64_t hash, int32_t context) {
    for (tw_node *n = p->buckets[hash % p->nbuckets]; n; n = n->same_hash) {
        if (n->hash != hash || n->varying || !tw_expr_equal(n->expr, e)) continue;
        if (n->context == context) return n;
        if (n->root != p->root && n->can_fail) continue;
        for (int32_t c = context; c != 0;) {
            c = p->contexts[c].parent;
            if (c == n->context) return n;
        }
    }
    return NULL;
}

/* Doubles the buckets; nodes keep their order. */
static void grow_buckets(tw_program *p) {
    uint32_t n = p->nbuckets;
    tw_node **grown = TW_NEW_ARRAY(&p->arena, tw_node *, 2 * n);
    for (uint32_t b = 0; b < n; b++) {
        tw_node **ends[2] = {&grown[b], &grown[b + n]};
        for (tw_node *node = p->buckets[b]; node; node = node->same_hash) {
            tw_node ***end = &ends[node->hash / n % 2];
            **end = node;
            *end = &node->same_hash;
        }
        *ends[0] = *ends[1] = NULL;
    }
    p->buckets = grown;
    p->nbuckets = 2 * n;
}

static tw_node *new_node(tw_program *p, const tw_expr *e, tw_node_kind kind, uint64_t hash, int32_t context) {
    tw_node *n = TW_NEW(&p->arena, tw_node);
    n->kind = kind;
    n->expr = e;
    n->hash = hash;
    n->context = context;
    n->root = p->root;
    n->cheap = true;
    if (++p->nnodes > p->nbuckets) grow_buckets(p);
    n->same_hash = p->buckets[hash % p->nbuckets];
    p->buckets[hash % p->nbuckets] = n;
    return n;
}

/* Storage for a result: values where they are flat, and validity. */
static void add_scratch(tw_program *p, tw_node *n, int32_t rows) {
    tw_phys phys = tw_type_phys(n->expr->type);
    n->scratch = (tw_column){.type = n->expr->type, .phys = phys};
    size_t bytes = (size_t)rows * (size_t)tw_phys_width(phys);
    if (bytes && n->kind != TW_NODE_ALIAS && n->kind != TW_NODE_FIELD) n->scratch.values = tw_arena_calloc(&p->arena, (bytes + 15) / 16 * 16);
    n->scratch.validity = tw_arena_calloc(&p->arena, (size_t)TW_BITS_WORDS(rows) * 8);
    if (n->branch) n->open = TW_NEW_ARRAY(&p->arena, uint16_t, rows);
    if (n->branch) n->taken = TW_NEW_ARRAY(&p->arena, uint16_t, rows);
}

static void add_args(tw_program *p, tw_node *n, int nargs) {
    n->nargs = nargs;
    n->args = TW_NEW_ARRAY(&p->arena, tw_node *, nargs + 1);
    n->columns = TW_NEW_ARRAY(&p->arena, const tw_column *, nargs + 1);
    n->expanded = TW_NEW_ARRAY(&p->arena, tw_column, nargs + 1);
}

static void take_properties(tw_node *n) {
    for (int i = 0; i < n->nargs; i++) {
        n->can_fail |= n->args[i]->can_fail;
        n->cheap &= n->args[i]->cheap;
        n->varying |= n->args[i]->varying;
    }
}

/* ---- constants ---- */

static void make_constant(tw_node *n, const tw_column *column) {
    n->kind = TW_NODE_CONSTANT;
    n->can_fail = false;
    n->cheap = true;
    n->out = *column;
    n->out.type = n->expr->type;
    n->out.constant = true;
}

static bool foldable(const tw_node *n) {
    for (int i = 0; i < n->nargs; i++)
        if (n->args[i]->kind != TW_NODE_CONSTANT) return false;
    const uint32_t changing = TW_FN_NONDETERMINISTIC | TW_FN_QUERY_TIME | TW_FN_WATERMARK;
    return !n->varying && !(n->expr->function->flags & changing);
}

/* Evaluates a node whose arguments are all constant, for one row. False when that fails: the node then fails for the rows that come
 * to it, if any do. */
static bool fold(tw_program *p, tw_node *n) {
    tw_row_errors *errors = TW_NEW(&p->arena, tw_row_errors);
    tw_eval eval = {.session = p->session, .rows = 1, .arena = &p->folded, .errors = errors, .mem = p->mem};
    const uint64_t refused = p->mem->refused;
    for (int32_t c = 0; c < p->ncontexts; c++) p->contexts[c].rows = (tw_selection){NULL, 1};
    add_scratch(p, n, 1);
    p->batch = NULL;
    p->generation++;
    tw_node_run(p, &eval, n);
    for (int i = 0; i < n->nargs; i++) n->expanded[i] = (tw_column){0};
    n->generation = 0;
    if (errors->count > 0 || eval.status != TW_OK || p->mem->refused != refused) return false;
    tw_column result = n->out;
    if (result.validity && tw_bit_get(result.validity, 0)) result.validity = NULL;
    make_constant(n, &result);
    return true;
}

static tw_status compile_literal(tw_program *p, const tw_expr *e, tw_node *n, tw_error *error) {
    tw_column column;
    if (tw_value_to_column(&p->arena, e->literal, &column) != TW_OK) return tw_fail_at(error, TW_E_NOMEM, e->pos, "out of memory");
    make_constant(n, &column);
    return TW_OK;
}

/* ---- calls ---- */

static tw_node_kind special_kind(const char *name) {
    if (strcmp(name, "AND") == 0) return TW_NODE_AND;
    if (strcmp(name, "OR") == 0) return TW_NODE_OR;
    if (strcmp(name, "CASE") == 0 || strcmp(name, "IF") == 0) return TW_NODE_CASE;
    if (strcmp(name, "COALESCE") == 0 || strcmp(name, "IFNULL") == 0) return TW_NODE_COALESCE;
    if (strcmp(name, "FIELD") == 0) return TW_NODE_FIELD;
    if (strcmp(name, "REINTERPRET") == 0) return TW_NODE_ALIAS;
    return TW_NODE_CALL;
}

/* Would evaluating `e` for every row of the batch do no harm? Then it needs no context of its own. */
static bool harmless(const tw_expr *e) {
    if (e->kind != TW_EXPR_CALL) return true;
    const uint32_t harmful = TW_FN_SELECTIVE | TW_FN_NONDETERMINISTIC | TW_FN_QUERY_TIME | TW_FN_WATERMARK;
    if ((e->function->flags & harmful) || tw_expr_call_can_fail(e)) return false;
    bool special = (e->function->flags & TW_FN_SPECIAL) != 0;
    if (!special && !fixed_width(tw_type_phys(e->type))) return false;
    for (int i = 0; i < e->nargs; i++) {
        bool nested_field = special_kind(e->function->name) == TW_NODE_FIELD;
        if (!special && !nested_field && !fixed_width(tw_type_phys(e->args[i]->type))) return false;
        if (!harmless(e->args[i])) return false;
    }
    return true;
}

/* AND and OR: argument 0 sees all rows, each further one those that are still open. CASE: condition k sees the rows that no earlier
 * condition took, value k those that its condition took. COALESCE as OR. */
static tw_status compile_branching(tw_program *p, const tw_expr *e, tw_node *n, tw_error *error) {
    int32_t open = n->context;
    add_args(p, n, e->nargs);
    n->dense = true;
    n->branch = TW_NEW_ARRAY(&p->arena, int32_t, e->nargs + 1);
    for (int i = 0; i < e->nargs; i++) {
        int32_t context = n->context;
        n->branch[i] = -1;
        bool value = n->kind == TW_NODE_CASE && (i % 2 == 1 || i == e->nargs - 1);
        if (i > 0 && !harmless(e->args[i])) {
            if (!value) open = new_context(p, open);
            context = value ? new_context(p, open) : open;
            n->branch[i] = context;
            n->dense = false;
        }
        TW_TRY(compile(p, e->args[i], context, &n->args[i], error));
    }
    take_properties(n);
    return TW_OK;
}

static tw_status compile_field(tw_program *p, const tw_expr *e, tw_node *n, tw_error *error) {
    const tw_value *index = e->nargs == 2 && e->args[1]->kind == TW_EXPR_LITERAL ? e->args[1]->literal : NULL;
    const tw_type *row = e->nargs > 0 ? e->args[0]->type : NULL;
    if (!index || row->kind != TW_ROW || index->u.i < 0 || index->u.i >= row->nfields)
        return tw_fail_at(error, TW_E_INVALID, e->pos, "no such field");
    n->field = (int32_t)index->u.i;
    add_args(p, n, 1);
    TW_TRY(compile(p, e->args[0], n->context, &n->args[0], error));
    take_properties(n);
    return TW_OK;
}

static void add_memo(tw_program *p, tw_node *n) {
    if (p->nmemos == p->memos_capacity) {
        int32_t capacity = p->memos_capacity ? 2 * p->memos_capacity : 8;
        tw_memo **grown = TW_NEW_ARRAY(&p->arena, tw_memo *, capacity);
        if (p->nmemos) memcpy(grown, p->memos, sizeof *grown * (size_t)p->nmemos);
        p->memos = grown;
        p->memos_capacity = capacity;
    }
    tw_memo *memo = TW_NEW(&p->arena, tw_memo);
    memo->arena = &p->folded;
    p->memos[p->nmemos++] = memo;
    n->call = (tw_call){.result = n->expr->type, .expr = n->expr, .memo = memo};
}

static tw_status compile_call(tw_program *p, const tw_expr *e, tw_node *n, tw_error *error) {
    add_args(p, n, e->nargs);
    for (int i = 0; i < e->nargs; i++) TW_TRY(compile(p, e->args[i], n->context, &n->args[i], error));
    take_properties(n);
    uint32_t flags = e->function->flags;
    bool pointers = false;
    for (int i = 0; i < e->nargs; i++) pointers |= !fixed_width(tw_type_phys(e->args[i]->type));
    bool fails = tw_expr_call_can_fail(e);
    n->can_fail |= fails;
    n->varying |= (flags & TW_FN_NONDETERMINISTIC) != 0;
    n->exact_rows = pointers || fails || (flags & (TW_FN_SELECTIVE | TW_FN_NONDETERMINISTIC)) || !fixed_width(tw_type_phys(e->type));
    n->cheap &= !n->exact_rows;
    n->kernel = e->function->kernel(e->type, e->args, e->nargs);
    if (!n->kernel) return tw_fail_at(error, TW_E_UNSUPPORTED, e->pos, "function %s is not supported for these argument types", e->function->name);
    if (n->kernel == tw_kernel_alias) n->kind = TW_NODE_ALIAS;
    add_memo(p, n);
    return TW_OK;
}

static tw_status compile_column(tw_program *p, const tw_expr *e, tw_error *error) {
    if (p->input && e->column >= 0 && e->column < p->input->nfields) return TW_OK;
    return tw_fail_at(error, TW_E_INTERNAL, e->pos, "expression reads column %d of %d", e->column, p->input ? p->input->nfields : 0);
}

static tw_status compile_new(tw_program *p, const tw_expr *e, uint64_t hash, int32_t context, tw_node **out, tw_error *error) {
    tw_node_kind kind = TW_NODE_COLUMN;
    if (e->kind == TW_EXPR_LITERAL) kind = TW_NODE_CONSTANT;
    if (e->kind == TW_EXPR_CALL) kind = special_kind(e->function->name);
    tw_node *n = new_node(p, e, kind, hash, context);
    *out = n;
    switch (kind) {
    case TW_NODE_COLUMN: return compile_column(p, e, error);
    case TW_NODE_CONSTANT: return compile_literal(p, e, n, error);
    case TW_NODE_FIELD: TW_TRY(compile_field(p, e, n, error)); break;
    case TW_NODE_CALL:
    case TW_NODE_ALIAS: TW_TRY(compile_call(p, e, n, error)); break;
    default: TW_TRY(compile_branching(p, e, n, error)); break;
    }
    if (!foldable(n) || !fold(p, n)) add_scratch(p, n, p->capacity);
    return TW_OK;
}

tw_status tw_program_open(tw_mem *mem, const tw_session *session, const tw_type *input, const tw_expr *const *exprs, int n, tw_program **out,
                          tw_error *error) {
    return tw_program_open_sized(mem, session, input, exprs, n, TW_BATCH_ROWS, out, error);
}

static tw_status compile(tw_program *p, const tw_expr *e, int32_t context, tw_node **out, tw_error *error) {
    uint64_t hash = tw_expr_hash(e);
    tw_node *n = find_node(p, e, hash, context);
    if (n) {
        *out = n;
        return TW_OK;
    }
    return compile_new(p, e, hash, context, out, error);
}

static tw_status compile_roots(tw_program *p, const tw_expr *const *exprs, tw_error *error) {
    new_context(p, 0);
    p->nbuckets = 16;
    p->buckets = TW_NEW_ARRAY(&p->arena, tw_node *, p->nbuckets);
    p->roots = TW_NEW_ARRAY(&p->arena, tw_node *, p->nroots + 1);
    p->kernel_index = TW_NEW_ARRAY(&p->arena, uint16_t, p->capacity);
    for (p->root = 0; p->root < p->nroots; p->root++) TW_TRY(compile(p, exprs[p->root], 0, &p->roots[p->root], error));
    return TW_OK;
}

tw_status tw_program_open_sized(tw_mem *mem, const tw_session *session, const tw_type *input, const tw_expr *const *exprs, int n, int32_t capacity,
                                tw_program **out, tw_error *error) {
    *out = NULL;
    tw_program *p = tw_calloc(mem, sizeof *p);
    if (!p) return tw_fail(error, TW_E_NOMEM, "out of memory");
    p->mem = mem;
    p->input = input;
    p->capacity = capacity;
    p->nroots = n;
    p->fallback = (tw_session){.zone = TW_ZONE_UTC, .zone_id = "UTC"};
    p->session = session ? session : &p->fallback;
    tw_arena_init(&p->arena, mem, 4096);
    tw_arena_init(&p->folded, mem, 512);
    jmp_buf oom;
    tw_status status;
    p->arena.oom = &oom;
    if (setjmp(oom) == 0)
        status = compile_roots(p, exprs, error);
    else
        status = tw_fail(error, TW_E_NOMEM, "out of memory");
    p->arena.oom = NULL;
    if (status != TW_OK)
        tw_program_close(p);
    else
        *out = p;
    return status;
}

void tw_program_close(tw_program *p) {
    if (!p) return;
    for (int32_t i = 0; i < p->nmemos; i++)
        if (p->memos[i]->state && p->memos[i]->close) p->memos[i]->close(p->memos[i]->state);
    tw_arena_free(&p->folded);
    tw_arena_free(&p->arena);
    tw_free(p->mem, p, sizeof *p);
}
