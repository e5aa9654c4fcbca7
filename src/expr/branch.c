/* AND, OR, CASE, COALESCE: nodes whose arguments are evaluated only for the rows that need them.
 *
 *   open   rows not decided yet, ascending; each argument is evaluated for these (or for all, when that is harmless)
 *   taken  rows that the argument at hand decides: they leave `open`
 *
 * Where every argument is harmless (no failing, no strings), AND and OR are word-wise over all rows instead. */
#include "expr/node.h"

/* Eight BOOLEAN bytes to eight bits by one multiplication. */
static uint64_t pack8(const uint8_t *bytes) {
    uint64_t v;
    memcpy(&v, bytes, 8);
    return (v * UINT64_C(0x0102040810204080)) >> 56;
}

uint64_t tw_bool_bits(const uint8_t *bytes, int32_t count) {
    uint64_t bits = 0;
    int32_t i = 0;
    for (; i + 8 <= count; i += 8) bits |= pack8(bytes + i) << i;
    for (; i < count; i++) bits |= (uint64_t)(bytes[i] & 1) << i;
    return bits;
}

/* ---- AND, OR over all rows ---- */

static void combine_bytes(uint8_t *to, const tw_column *from, int32_t rows, bool is_and) {
    const uint8_t *v = from->values;
    if (from->constant) {
        uint8_t c = !tw_column_null(from, 0) && v[0];
        for (int32_t i = 0; i < rows; i++) to[i] = is_and ? to[i] & c : to[i] | c;
    } else if (is_and) {
        for (int32_t i = 0; i < rows; i++) to[i] &= v[i];
    } else {
        for (int32_t i = 0; i < rows; i++) to[i] |= v[i];
    }
}

/* The bits of 64 rows from row 64 * w on where the column is TRUE, and where it is FALSE. */
static void truth_bits(const tw_column *c, int32_t w, int32_t rows, uint64_t *is_true, uint64_t *is_false) {
    int32_t count = rows - 64 * w < 64 ? rows - 64 * w : 64;
    uint64_t value, valid = UINT64_MAX;
    if (c->constant) {
        value = ((const uint8_t *)c->values)[0] ? UINT64_MAX : 0;
        if (tw_column_null(c, 0)) valid = 0;
    } else {
        value = tw_bool_bits((const uint8_t *)c->values + 64 * (int64_t)w, count);
        if (c->validity) valid = c->validity[w];
    }
    *is_true = value & valid;
    *is_false = ~value & valid;
}

static void combine_nulls(tw_eval *eval, tw_node *n, bool is_and) {
    for (int32_t w = 0; w < TW_BITS_WORDS(eval->rows); w++) {
        uint64_t all = UINT64_MAX, any = 0;
        for (int i = 0; i < n->nargs; i++) {
            uint64_t is_true, is_false;
            truth_bits(&n->args[i]->out, w, eval->rows, &is_true, &is_false);
            all &= is_and ? is_true : is_false;
            any |= is_and ? is_false : is_true;
        }
        n->out.validity[w] = all | any;
    }
}

static void run_dense_logic(tw_program *p, tw_eval *eval, tw_node *n, bool is_and) {
    bool nulls = false;
    for (int i = 0; i < n->nargs; i++) {
        tw_node_run(p, eval, n->args[i]);
        nulls |= n->args[i]->out.validity != NULL;
    }
    if (eval->status != TW_OK) return;
    n->out = n->scratch;
    memset(n->out.values, is_and, (size_t)eval->rows);
    for (int i = 0; i < n->nargs; i++) combine_bytes(n->out.values, &n->args[i]->out, eval->rows, is_and);
    if (nulls)
        combine_nulls(eval, n, is_and);
    else
        n->out.validity = NULL;
}

/* ---- the general form ---- */

static tw_selection copy_rows(const tw_program *p, const tw_node *n) {
    tw_selection rows = p->contexts[n->context].rows;
    int32_t count = 0;
    TW_EACH(rows, i, n->open[count++] = (uint16_t)i;);
    return (tw_selection){n->open, rows.count};
}

/* Evaluates argument `i` for the open rows. */
static const tw_column *run_arg(tw_program *p, tw_eval *eval, tw_node *n, int i, tw_selection rows) {
    if (n->branch[i] >= 0) tw_context_set(p, n->branch[i], rows);
    tw_node_run(p, eval, n->args[i]);
    return &n->args[i]->out;
}

/* Decides rows by one argument: FALSE decides an AND, TRUE an OR; a NULL leaves the row open and marks it. */
static tw_selection decide(tw_node *n, const tw_column *c, tw_selection open, bool deciding) {
    uint8_t *out = n->out.values;
    int32_t count = 0;
    for (int32_t k = 0; k < open.count; k++) {
        int32_t i = n->open[k];
        bool null = tw_column_null(c, i);
        bool decided = !null && TW_ARG(uint8_t, c, i) == deciding;
        if (decided) {
            out[i] = deciding;
            tw_bit_set(n->out.validity, i);
        } else if (null) {
            tw_bit_clear(n->out.validity, i);
        }
        n->open[count] = (uint16_t)i;
        count += !decided;
    }
    return (tw_selection){n->open, count};
}

static void run_logic(tw_program *p, tw_eval *eval, tw_node *n, bool is_and) {
    n->out = n->scratch;
    memset(n->out.values, is_and, (size_t)eval->rows);
    tw_bits_fill(n->out.validity, eval->rows, true);
    tw_selection open = copy_rows(p, n);
    for (int i = 0; i < n->nargs && open.count > 0; i++) {
        const tw_column *c = run_arg(p, eval, n, i, open);
        if (eval->status != TW_OK) return;
        open = decide(n, c, open, !is_and);
    }
}

/* Where the values of a branching node come from, for nested types, which are put together at the end. */
typedef struct sources {
    const tw_column **columns; /* per row; NULL: null. The array is NULL for flat types */
    int32_t *index;
} sources;

static bool sources_open(tw_eval *eval, const tw_node *n, sources *s) {
    *s = (sources){0};
    if (n->scratch.phys < TW_PHYS_LIST) return true;
    s->columns = tw_arena_calloc(eval->arena, sizeof(void *) * ((size_t)eval->rows + 1));
    s->index = tw_arena_calloc(eval->arena, sizeof(int32_t) * ((size_t)eval->rows + 1));
    if (s->columns && s->index) return true;
    tw_eval_nomem(eval);
    return false;
}

#define SCATTER(type)                                                                      \
    do {                                                                                   \
        const type *v = c->values;                                                         \
        type *to = n->out.values;                                                          \
        if (c->constant) {                                                                 \
            for (int32_t k = 0; k < rows.count; k++) to[rows.index[k]] = v[0];             \
        } else {                                                                           \
            for (int32_t k = 0; k < rows.count; k++) to[rows.index[k]] = v[rows.index[k]]; \
        }                                                                                  \
    } while (0)

static void scatter_values(tw_node *n, const tw_column *c, tw_selection rows) {
    switch (tw_phys_width(n->out.phys)) {
    case 1: SCATTER(uint8_t); break;
    case 2: SCATTER(uint16_t); break;
    case 4: SCATTER(uint32_t); break;
    case 8: SCATTER(uint64_t); break;
    case 16: SCATTER(tw_sview); break;
    default: break;
    }
}

/* The result takes the values of `c` for `rows`. */
static void assign(tw_node *n, const tw_column *c, tw_selection rows, sources *s) {
    for (int32_t k = 0; s->columns && k < rows.count; k++) {
        s->columns[rows.index[k]] = c;
        s->index[rows.index[k]] = rows.index[k];
    }
    if (!s->columns && c->phys != TW_PHYS_NONE) scatter_values(n, c, rows);
    if (c->phys != TW_PHYS_NONE && !c->validity) return;
    for (int32_t k = 0; k < rows.count; k++)
        if (tw_column_null(c, rows.index[k])) tw_bit_clear(n->out.validity, rows.index[k]);
}

/* Rows that no branch took become NULL; nested results are gathered. */
static void finish(tw_eval *eval, tw_node *n, tw_selection open, sources *s) {
    for (int32_t k = 0; k < open.count; k++) tw_bit_clear(n->out.validity, open.index[k]);
    if (s->columns) tw_column_pick(eval, n->expr->type, s->columns, s->index, eval->rows, &n->out);
}

static bool start(tw_program *p, tw_eval *eval, tw_node *n, tw_selection *open, sources *s) {
    n->out = n->scratch;
    if (!sources_open(eval, n, s)) return false;
    if (n->out.phys == TW_PHYS_STR) memset(n->out.values, 0, sizeof(tw_sview) * (size_t)eval->rows);
    tw_bits_fill(n->out.validity, eval->rows, true);
    *open = copy_rows(p, n);
    return true;
}

/* Splits `open` by a condition into the rows where it is TRUE, in n->taken, and the others. */
static tw_selection split_true(tw_node *n, const tw_column *c, tw_selection *open) {
    const uint8_t *v = c->values;
    int32_t taken = 0, rest = 0;
    for (int32_t k = 0; k < open->count; k++) {
        uint16_t i = n->open[k];
        bool yes = !tw_column_null(c, i) && v[tw_at(c, i)];
        n->taken[taken] = i;
        n->open[rest] = i;
        taken += yes;
        rest += !yes;
    }
    open->count = rest;
    return (tw_selection){n->taken, taken};
}

static void run_case(tw_program *p, tw_eval *eval, tw_node *n) {
    tw_selection open;
    sources s;
    if (!start(p, eval, n, &open, &s)) return;
    for (int i = 0; i + 1 < n->nargs && open.count > 0; i += 2) {
        const tw_column *condition = run_arg(p, eval, n, i, open);
        if (eval->status != TW_OK) return;
        tw_selection taken = split_true(n, condition, &open);
        if (taken.count == 0) continue;
        const tw_column *value = run_arg(p, eval, n, i + 1, taken);
        if (eval->status != TW_OK) return;
        assign(n, value, taken, &s);
    }
    if (n->nargs % 2 == 1 && open.count > 0) {
        const tw_column *value = run_arg(p, eval, n, n->nargs - 1, open);
        if (eval->status != TW_OK) return;
        assign(n, value, open, &s);
        open.count = 0;
    }
    finish(eval, n, open, &s);
}

/* Splits `open` into the rows where the column is not null, in n->taken, and the others. */
static tw_selection split_valid(tw_node *n, const tw_column *c, tw_selection *open) {
    int32_t taken = 0, rest = 0;
    for (int32_t k = 0; k < open->count; k++) {
        uint16_t i = n->open[k];
        bool null = tw_column_null(c, i);
        n->taken[taken] = i;
        n->open[rest] = i;
        taken += !null;
        rest += null;
    }
    open->count = rest;
    return (tw_selection){n->taken, taken};
}

static void run_coalesce(tw_program *p, tw_eval *eval, tw_node *n) {
    tw_selection open;
    sources s;
    if (!start(p, eval, n, &open, &s)) return;
    for (int i = 0; i < n->nargs && open.count > 0; i++) {
        const tw_column *value = run_arg(p, eval, n, i, open);
        if (eval->status != TW_OK) return;
        assign(n, value, split_valid(n, value, &open), &s);
    }
    finish(eval, n, open, &s);
}

void tw_node_run_branching(tw_program *p, tw_eval *eval, tw_node *n) {
    bool is_and = n->kind == TW_NODE_AND;
    if (n->kind == TW_NODE_CASE)
        run_case(p, eval, n);
    else if (n->kind == TW_NODE_COALESCE)
        run_coalesce(p, eval, n);
    else if (n->dense)
        run_dense_logic(p, eval, n, is_and);
    else
        run_logic(p, eval, n, is_and);
}

/* ---- filters ---- */

static tw_selection compress_dense(const tw_column *c, int32_t rows, uint16_t *index) {
    int32_t count = 0;
    for (int32_t w = 0; w < TW_BITS_WORDS(rows); w++) {
        int32_t in_word = rows - 64 * w < 64 ? rows - 64 * w : 64;
        uint64_t bits = tw_bool_bits((const uint8_t *)c->values + 64 * (int64_t)w, in_word);
        if (c->validity) bits &= c->validity[w];
        for (; bits; bits &= bits - 1) index[count++] = (uint16_t)(64 * w + __builtin_ctzll(bits));
    }
    return (tw_selection){index, count};
}

static tw_selection compress(const tw_column *c, tw_selection rows, uint16_t *index) {
    int32_t count = 0;
    if (c->phys == TW_PHYS_NONE) return (tw_selection){index, 0};
    if (c->constant) {
        bool yes = !tw_column_null(c, 0) && TW_ARG(uint8_t, c, 0);
        if (!yes) return (tw_selection){index, 0};
        TW_EACH(rows, i, index[count] = (uint16_t)i; count++;);
        return (tw_selection){index, count};
    }
    if (!rows.index) return compress_dense(c, rows.count, index);
    const uint8_t *v = c->values;
    for (int32_t k = 0; k < rows.count; k++) {
        uint16_t i = rows.index[k];
        bool yes = v[i] & (!c->validity || tw_bit_get(c->validity, i));
        index[count] = i;
        count += yes;
    }
    return (tw_selection){index, count};
}

tw_selection tw_node_filter(tw_program *p, tw_eval *eval, tw_node *n, tw_selection rows, uint16_t *index) {
    if (n->kind == TW_NODE_AND && !n->dense) {
        for (int i = 0; i < n->nargs && rows.count > 0; i++) {
            if (n->branch[i] >= 0) tw_context_set(p, n->branch[i], rows);
            rows = tw_node_filter(p, eval, n->args[i], rows, index);
        }
        return rows;
    }
    tw_node_run(p, eval, n);
    if (eval->status != TW_OK) return (tw_selection){index, 0};
    return compress(&n->out, rows, index);
}
