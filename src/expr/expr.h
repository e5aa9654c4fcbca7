/* Bound expressions: plain, typed, immutable data. The SQL binder makes them, the plan carries them, expr/program.h turns
 * them into something that runs. Nothing in here refers to a catalog, a source or an operator.
 *
 * Kinds:
 *   COLUMN   column number `column` of the operator's input (joins: left columns first)
 *   LITERAL  `literal`
 *   CALL     `function` of `args`; CAST, CASE, AND, field access, constructors are calls too. What the function needs
 *            beyond arguments (the target type of a CAST, the field's index) is its result type or a literal argument. */
#ifndef TW_EXPR_EXPR_H
#define TW_EXPR_EXPR_H

#include "data/value.h"

typedef enum tw_expr_kind { TW_EXPR_COLUMN, TW_EXPR_LITERAL, TW_EXPR_CALL } tw_expr_kind;

typedef struct tw_function tw_function;
typedef struct tw_expr tw_expr;
struct tw_expr {
    tw_expr_kind kind;
    const tw_type *type;
    tw_pos pos;                  /* in the script, for errors at run time; not part of equality or hash */
    int32_t column;              /* COLUMN */
    const tw_value *literal;     /* LITERAL */
    const tw_function *function; /* CALL */
    int32_t nargs;
    const tw_expr *const *args;
};

const tw_expr *tw_expr_column(tw_arena *arena, int32_t column, const tw_type *type);
const tw_expr *tw_expr_literal(tw_arena *arena, const tw_value *value);
const tw_expr *tw_expr_call(tw_arena *arena, const tw_function *function, const tw_type *type, const tw_expr *const *args, int nargs);
/* A CAST call to `type`, or `e` itself when it has that type already (nullability apart). */
const tw_expr *tw_expr_cast(tw_arena *arena, const tw_expr *e, const tw_type *type);

bool tw_expr_equal(const tw_expr *a, const tw_expr *b);
uint64_t tw_expr_hash(const tw_expr *e); /* of the canonical form: stable across runs and versions */
/* Sets the bits of the columns that the expression reads. */
void tw_expr_columns(const tw_expr *e, uint64_t *bits);
/* The same expression over renumbered columns: column c becomes map[c] (which must be >= 0 for every column it reads). */
const tw_expr *tw_expr_remap(tw_arena *arena, const tw_expr *e, const int32_t *map);
/* The same expression with columns replaced by other expressions (projection merging). */
const tw_expr *tw_expr_substitute(tw_arena *arena, const tw_expr *e, const tw_expr *const *columns);
bool tw_expr_is_constant(const tw_expr *e);      /* reads no column and every function is deterministic */
bool tw_expr_is_deterministic(const tw_expr *e); /* no RAND, UUID, PROCTIME, CURRENT_... below */
/* May it fail for some row? CAST and division say yes as functions; for many types they cannot. Of the call alone, or anywhere in `e`. */
bool tw_expr_call_can_fail(const tw_expr *call);
bool tw_expr_can_fail(const tw_expr *e);
/* As Flink's EXPLAIN shows it: ">(price, 10)"; `names` are the input's column names (NULL: $0, $1). */
void tw_expr_print(tw_buf *out, const tw_expr *e, const tw_type *input_row);

/* Binary form, for plans. Functions are written by name; reading an unknown name fails with TW_E_UNDEFINED_FUNCTION. */
void tw_expr_write(tw_buf *out, const tw_expr *e);
tw_status tw_expr_read(tw_arena *arena, tw_reader *in, const tw_expr **out, tw_error *error);

#endif
