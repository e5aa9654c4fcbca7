/* The function table: one entry per SQL function, operator or aggregate, made from functions.def. Binder, docs page, SHOW
 * FUNCTIONS and the compiler of expressions all read this and nothing else.
 *
 * Binding a call happens in two steps. `bind` looks at the argument types (and literal values) and derives the result type by
 * Flink's rules; it may ask for coercions by replacing an entry of `args` with a cast of it. `kernel` then picks the compiled
 * loop for the final types. A function of scalar kind has both; an aggregate has `bind` and `aggregate`. */
#ifndef TW_EXPR_FUNCTION_H
#define TW_EXPR_FUNCTION_H

#include "expr/expr.h"

typedef struct tw_eval tw_eval;
typedef struct tw_call tw_call;
typedef struct tw_aggregate tw_aggregate;

/* A vectorised kernel: computes `out` for the rows of `rows` of a batch. `args` are full-length columns (row numbers are the
 * batch's); a constant one is expanded first unless the function says TW_FN_CONSTANT_ARGS. `out` comes with storage for
 * eval->rows values (for LIST, MAP, STRUCT the kernel allocates in eval->arena).
 * Nulls: for TW_FN_STRICT functions `out->validity` is made by the caller, and `rows` holds no row with a null argument when the function is
 * TW_FN_CAN_FAIL or TW_FN_SELECTIVE (others may compute garbage under a null). A strict kernel may *clear* further bits through
 * tw_out_null. Non-strict kernels set validity themselves (all bits are set on entry).
 * Errors: tw_eval_fail(eval, row, ...) marks the row; the kernel goes on with the others. */
typedef void (*tw_kernel)(tw_eval *eval, const tw_call *call, tw_selection rows, const tw_column *const *args, tw_column *out);

typedef enum tw_function_flag {
    TW_FN_STRICT = 1 << 0,           /* NULL in, NULL out */
    TW_FN_CAN_FAIL = 1 << 1,         /* must see selected, non-null rows only */
    TW_FN_SELECTIVE = 1 << 2,        /* costly or pointer-chasing: selected, non-null rows only */
    TW_FN_CONSTANT_ARGS = 1 << 3,    /* the kernel copes with constant columns */
    TW_FN_NONDETERMINISTIC = 1 << 4, /* RAND, UUID: differs between calls */
    TW_FN_QUERY_TIME = 1 << 5,       /* PROCTIME, CURRENT_ROW_TIMESTAMP, NOW: depends on the clock */
    TW_FN_SPECIAL = 1 << 6,          /* evaluated by program.c itself, under selections: CASE, AND, OR, COALESCE, IF, TRY_CAST... */
    TW_FN_AGGREGATE = 1 << 7,
    TW_FN_HIDDEN = 1 << 8,       /* not callable by name (operators' internal names) */
    TW_FN_WATERMARK = 1 << 9,    /* reads the row watermark (CURRENT_WATERMARK) */
    TW_FN_NULL_RESULT = 1 << 10, /* strict, and may give NULL for non-null input: result type is nullable */
} tw_function_flag;

/* One call being bound. Everything made lives in `arena`, which has its `oom` jump set. */
typedef struct tw_bind {
    tw_arena *arena;
    const tw_function *function; /* in, out: `bind` may turn the call into another, with other args and nargs (NULLIF, IFNULL) */
    tw_pos pos;
    int nargs;
    const tw_expr **args;     /* in, out: replace to coerce; literals are visible as TW_EXPR_LITERAL */
    const tw_type *cast_type; /* CAST, TRY_CAST, JSON_VALUE RETURNING: the type named in the call */
    const struct tw_session *session;
    const tw_type *result; /* out */
    tw_error *error;
} tw_bind;

struct tw_function {
    const char *name; /* upper case: "SUBSTRING", "+", "CAST" */
    uint32_t flags;
    int16_t min_args, max_args; /* max -1: any number */
    tw_status (*bind)(tw_bind *bind);
    tw_kernel (*kernel)(const tw_type *result, const tw_expr *const *args, int nargs);
    const tw_aggregate *(*aggregate)(const tw_type *result, const tw_type *const *args, int nargs, bool retract);
    const char *category; /* "string", "temporal", ... */
    const char *usage;    /* "SUBSTRING(text, from [, length])" */
    const char *doc;      /* one or two sentences */
};

/* By name without case; NULL when there is none. Aliases (CHARACTER_LENGTH, SUBSTR ...) have entries of their own. */
const tw_function *tw_function_find(tw_str name);
int tw_function_count(void);
const tw_function *tw_function_at(int index); /* sorted by name */
const char *tw_function_nearest(tw_str name);

/* Binds a call: arity, types, coercions, result type. On failure the message lists what the function takes. */
tw_status tw_function_call(tw_bind *bind, const tw_expr **out);

/* Coercion rules (expr/coerce.c), by Flink's LogicalTypeCasts and LogicalTypeMerging. */
bool tw_type_castable(const tw_type *from, const tw_type *to, bool implicit); /* explicit: the CAST matrix */
/* The least type that both fit (CASE, COALESCE, UNION, IN, arithmetic on mixed kinds); NULL when there is none. */
const tw_type *tw_type_common(tw_arena *arena, const tw_type *a, const tw_type *b);
const tw_type *tw_type_common_all(tw_arena *arena, const tw_type *const *types, int n);
/* DECIMAL derivations: sum, product, quotient, remainder, average (Flink's LogicalTypeMerging.find*). `op` is + - * / %. */
const tw_type *tw_type_arithmetic(tw_arena *arena, char op, const tw_type *a, const tw_type *b);

#endif
