/* Expressions made ready to run: a program evaluates a list of expressions over batches of one schema.
 *
 * One tree node, one scratch column, allocated when the program is opened and reused for every batch; equal sub-expressions are
 * evaluated once. Columns in the result alias the input batch (a plain column reference), the program's scratch, or
 * eval->arena (strings, nested values); all stay valid until the next tw_program_run or the reset of that arena.
 *
 * Selections: a branch that a row does not take is not evaluated for it and cannot fail for it (design.md 11). AND and OR evaluate
 * their right side only for rows that the left has not decided. */
#ifndef TW_EXPR_PROGRAM_H
#define TW_EXPR_PROGRAM_H

#include "data/batch.h"
#include "data/datetime.h"
#include "expr/function.h"

/* What expressions may know of their surroundings: fixed when the job starts. */
typedef struct tw_session {
    const tw_zone *zone; /* table.local-time-zone */
    const char *zone_id;
    int64_t start_ms; /* job start, wall clock UTC: CURRENT_TIMESTAMP in bounded jobs */
    bool legacy_cast; /* table.exec.legacy-cast-behaviour = ENABLED */
    const char *database, *catalog;
} tw_session;

/* Rows whose expression failed, with the first message. They leave the flow into the statement's error table. */
typedef struct tw_row_errors {
    uint64_t bits[TW_BATCH_ROWS / 64]; /* set: the row failed */
    int32_t count;
    tw_error first; /* of the lowest row seen first */
    int32_t first_row;
} tw_row_errors;

struct tw_eval {
    const tw_session *session;
    int32_t rows;                 /* rows of the batch */
    const int64_t *row_watermark; /* CURRENT_WATERMARK; NULL: none known */
    int64_t now_ms;               /* processing time of this batch (UTC); the tests control the clock */
    tw_arena *arena;              /* strings and nested results of this batch */
    tw_row_errors *errors;        /* may be NULL: then the first failing row makes tw_program_run return its error */
    tw_mem *mem;
    tw_status status; /* of the run so far, for tw_eval_nomem; zero to begin */
    uint64_t refused; /* of `mem` when the run began */
};

/* What a call keeps between batches: see tw_call_memo in expr/kernel.h. */
typedef struct tw_memo {
    void *state;
    void (*close)(void *state);
    tw_arena *arena; /* of the program's lifetime */
} tw_memo;

/* What a kernel is told of its call. */
struct tw_call {
    const tw_type *result;
    const tw_expr *expr; /* argument types and literals */
    tw_memo *memo;       /* e.g. a compiled pattern */
};

/* Reports that `row` failed; format as printf. The row's result is NULL. */
void tw_eval_fail(tw_eval *eval, const tw_call *call, int32_t row, tw_status status, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Memory failed: the whole run ends with TW_E_NOMEM. */
void tw_eval_nomem(tw_eval *eval);
/* Marks a row of `out` NULL (allocated validity is guaranteed by the caller). */
static inline void tw_out_null(tw_column *out, int32_t row) { tw_bit_clear(out->validity, row); }

typedef struct tw_program tw_program;

/* Compiles `n` expressions over input rows of type `input`. Expressions and session are borrowed and must outlive it. */
tw_status tw_program_open(tw_mem *mem, const tw_session *session, const tw_type *input, const tw_expr *const *exprs, int n, tw_program **out,
                          tw_error *error);
void tw_program_close(tw_program *program);

/* Evaluates all expressions for the selected rows. out[i] gets result i (a view, see above). Rows that failed are in
 * eval->errors; their results are unspecified. */
tw_status tw_program_run(tw_program *program, tw_eval *eval, const tw_batch *batch, tw_selection rows, tw_column *out, tw_error *error);
/* Evaluates expression number `which`, a BOOLEAN, as a filter: writes the rows of `rows` for which it is TRUE into `index`
 * (room for rows.count) and their number into *count. */
tw_status tw_program_filter(tw_program *program, int which, tw_eval *eval, const tw_batch *batch, tw_selection rows, uint16_t *index, int32_t *count,
                            tw_error *error);

/* The value of a constant expression (constant folding, defaults). */
tw_status tw_expr_evaluate(tw_arena *arena, tw_mem *mem, const tw_session *session, const tw_expr *e, tw_value *out, tw_error *error);

#endif
