/* The inside of a program, shared by compile.c (expressions to nodes), evaluate.c (nodes to columns) and branch.c (nodes that
 * evaluate their arguments under selections).
 *
 * A program is a DAG of nodes. Each node belongs to a *context*, the selection that it is evaluated under: context 0 is
 * the rows of the run, and every branching node (AND, OR, CASE, COALESCE) has further ones for the arguments that only some
 * rows need. Two equal expressions share a node when their contexts are the same, or when the second lies in a context below
 * the first one's.
 *
 * Invariants: 1. a node's arguments lie in its own context or one that it sets before it evaluates them; 2. a context's selection
 * is a subset of its parent's; 3. within a generation (one run) a node is evaluated once. */
#ifndef TW_EXPR_NODE_H
#define TW_EXPR_NODE_H

#include "expr/kernel.h"

typedef enum tw_node_kind {
    TW_NODE_COLUMN,
    TW_NODE_CONSTANT,
    TW_NODE_CALL,
    TW_NODE_ALIAS, /* its argument's memory under another type */
    TW_NODE_FIELD, /* a child of its argument */
    TW_NODE_AND,
    TW_NODE_OR,
    TW_NODE_CASE,
    TW_NODE_COALESCE
} tw_node_kind;

typedef struct tw_node tw_node;
struct tw_node {
    tw_node_kind kind;
    const tw_expr *expr;
    uint64_t hash;
    int32_t context;
    int32_t root;        /* number of the expression that it was made for */
    bool can_fail;       /* here or below */
    bool cheap;          /* evaluating it for rows that do not need it costs little */
    bool varying;        /* nondeterministic: never shared, never folded */
    bool exact_rows;     /* the kernel may see selected non-null rows only */
    uint32_t generation; /* of the run that `out` is of */
    tw_node *same_hash;  /* next in the table of nodes */

    int32_t nargs;
    tw_node **args;
    const tw_column **columns; /* arguments as handed to the kernel */
    tw_column *expanded;       /* full-length copies of constant arguments; values NULL: none yet */
    tw_kernel kernel;
    tw_call call;
    int32_t field;          /* FIELD */
    int32_t *branch;        /* AND, OR, CASE, COALESCE: the context made for each argument, -1 for none */
    bool dense;             /* no argument has a context of its own */
    uint16_t *open, *taken; /* rows not decided yet, rows of the branch at hand */

    tw_column scratch; /* type, values and validity of the result's storage */
    tw_column out;     /* the result of this generation */
};

typedef struct tw_context {
    int32_t parent;
    tw_selection rows;
    uint16_t *index; /* storage for the selection */
} tw_context;

struct tw_program {
    tw_mem *mem;
    tw_arena arena;  /* nodes, scratch, constants */
    tw_arena folded; /* what constant folding made; separate, because it may not jump on lack of memory */
    const tw_session *session;
    tw_session fallback; /* when the caller has none */
    const tw_type *input;
    int32_t capacity; /* rows a batch may have */
    int32_t nroots;
    tw_node **roots;
    int32_t root; /* being compiled */
    int32_t ncontexts, contexts_capacity;
    tw_context *contexts;
    tw_memo **memos;
    int32_t nmemos, memos_capacity;
    tw_node **buckets;         /* by hash, the newest first */
    uint32_t nbuckets, nnodes; /* a power of 2, at least nnodes */
    uint32_t generation;
    uint16_t *kernel_index; /* rows of the kernel that is running */
    const tw_batch *batch;
    tw_row_errors own_errors; /* when the caller takes none */
};

/* tw_program_open with room for `capacity` rows a batch. */
tw_status tw_program_open_sized(tw_mem *mem, const tw_session *session, const tw_type *input, const tw_expr *const *exprs, int n, int32_t capacity,
                                tw_program **out, tw_error *error);
/* The node's result for the rows of its context, in node->out. Problems of memory are left in eval->status. */
void tw_node_run(tw_program *program, tw_eval *eval, tw_node *node);
void tw_node_run_branching(tw_program *program, tw_eval *eval, tw_node *node);
/* A column of nulls as the node's result. */
void tw_node_null(tw_eval *eval, tw_node *node);
/* Of `rows`, those where the BOOLEAN node is TRUE; `rows` is a subset of the node's context. The result lies in `index`, which may
 * be the storage of `rows`. */
tw_selection tw_node_filter(tw_program *program, tw_eval *eval, tw_node *node, tw_selection rows, uint16_t *index);
/* Sets a context's rows; copies the index. */
void tw_context_set(tw_program *program, int32_t context, tw_selection rows);
/* The truth of 64 BOOLEAN bytes (or fewer) as bits. */
uint64_t tw_bool_bits(const uint8_t *bytes, int32_t count);

#endif
