/* Help for writing kernels (tw_kernel in expr/function.h): loops over a selection, operands that may be
 * constant, string and list results, memory that lives as long as the program.
 *
 * Which rows a kernel sees: for STRICT functions, when an argument is a string or nested, or the function is
 * CAN_FAIL or SELECTIVE, only selected rows without a null argument. Fixed-width strict kernels may be given
 * all rows (dense), values of rows that are null or not selected being arbitrary. */
#ifndef TW_EXPR_KERNEL_H
#define TW_EXPR_KERNEL_H

#include "expr/program.h"

#define TW_KERNEL_ARGS   tw_eval *eval, const tw_call *call, tw_selection rows, const tw_column *const *args, tw_column *out
#define TW_KERNEL_UNUSED (void)eval, (void)call, (void)rows, (void)args, (void)out

/* Runs the statements for each row number `i`; two loops, so that the dense one is vectorised. */
#define TW_EACH(rows, i, ...)                                        \
    do {                                                             \
        if ((rows).index) {                                          \
            const uint16_t *tw_index_ = (rows).index;                \
            for (int32_t tw_k_ = 0; tw_k_ < (rows).count; tw_k_++) { \
                const int32_t i = tw_index_[tw_k_];                  \
                __VA_ARGS__                                          \
            }                                                        \
        } else {                                                     \
            const int32_t tw_count_ = (rows).count;                  \
            for (int32_t i = 0; i < tw_count_; i++) {                \
                __VA_ARGS__                                          \
            }                                                        \
        }                                                            \
    } while (0)

/* A one-operand kernel on fixed-width values: EXPR of `x` (type IN). For functions without
 * TW_FN_CONSTANT_ARGS. */
#define TW_UNARY_KERNEL(name, IN, OUT, EXPR)                        \
    static void name(TW_KERNEL_ARGS) {                              \
        TW_KERNEL_UNUSED;                                           \
        const IN *restrict a_ = args[0]->values;                    \
        OUT *restrict o_ = out->values;                             \
        TW_EACH(rows, i, const IN x = a_[i]; o_[i] = (OUT)(EXPR);); \
    }

/* A two-operand kernel on fixed-width values: EXPR of `x` and `y`; either operand may be constant. */
#define TW_BINARY_KERNEL(name, A, B, OUT, EXPR)                                           \
    static void name(TW_KERNEL_ARGS) {                                                    \
        TW_KERNEL_UNUSED;                                                                 \
        const A *restrict a_ = args[0]->values;                                           \
        const B *restrict b_ = args[1]->values;                                           \
        OUT *restrict o_ = out->values;                                                   \
        if (args[1]->constant && args[0]->constant) {                                     \
            const A x = a_[0];                                                            \
            const B y = b_[0];                                                            \
            TW_EACH(rows, i, o_[i] = (OUT)(EXPR););                                       \
        } else if (args[1]->constant) {                                                   \
            const B y = b_[0];                                                            \
            TW_EACH(rows, i, const A x = a_[i]; o_[i] = (OUT)(EXPR););                    \
        } else if (args[0]->constant) {                                                   \
            const A x = a_[0];                                                            \
            TW_EACH(rows, i, const B y = b_[i]; o_[i] = (OUT)(EXPR););                    \
        } else {                                                                          \
            TW_EACH(rows, i, const A x = a_[i]; const B y = b_[i]; o_[i] = (OUT)(EXPR);); \
        }                                                                                 \
    }

/* Where row `row` of a column that may be constant lies. */
static inline int32_t tw_at(const tw_column *c, int32_t row) { return c->constant ? 0 : row; }
static inline tw_str tw_arg_str(const tw_column *c, int32_t row) { return tw_sview_str((const tw_sview *)c->values + tw_at(c, row)); }
#define TW_ARG(type, c, row) (((const type *)(c)->values)[tw_at((c), (row))])
#define TW_OUT(type, c, row) (((type *)(c)->values)[(row)])

/* String results. `tw_out_view` borrows `data`, which must live as long as the batch's arena (an argument's
 * bytes do); `tw_out_copy` copies it. `tw_out_room` gives `length` bytes of the arena to write into before
 * tw_out_view (NULL: no memory, the run is marked as failed and the kernel should return). */
static inline void tw_out_view(tw_column *out, int32_t row, const char *data, size_t length) {
    TW_OUT(tw_sview, out, row) = tw_sview_make(data, length);
}
void tw_out_copy(tw_eval *eval, tw_column *out, int32_t row, const char *data, size_t length);
char *tw_out_room(tw_eval *eval, size_t length);
static inline void tw_out_sview(tw_column *out, int32_t row, tw_sview view) { TW_OUT(tw_sview, out, row) = view; }

/* LIST and MAP results, row by row in ascending order:
 *
 *   tw_list_out list;
 *   if (!tw_list_begin(&list, eval, out, total)) return;     -- total: at most so many elements in all;
 * storage is made for them TW_EACH(rows, i, tw_list_row(&list, i); ... write
 * list.items[0].values[list.length], tw_list_push(&list) ...); tw_list_end(&list);
 *
 * `items` are out's children, with validity bitmaps all set. Rows not visited are empty. */
typedef struct tw_list_out {
    tw_column *out;
    tw_column *items;
    int32_t capacity, length, row, rows;
} tw_list_out;
bool tw_list_begin(tw_list_out *list, tw_eval *eval, tw_column *out, int32_t total);
void tw_list_row(tw_list_out *list, int32_t row);
static inline int32_t tw_list_push(tw_list_out *list) { return list->length++; }
void tw_list_end(tw_list_out *list);
/* Gives `out` (STRUCT) children with room for `count` values each and full validity bitmaps; false when out
 * of memory. */
bool tw_struct_begin(tw_eval *eval, tw_column *out, int32_t count);
/* Writes value `from[i]` at `to[at]`: null-aware, any type that is not nested; strings are borrowed. */
void tw_value_put(const tw_column *from, int32_t i, tw_column *to, int32_t at);
/* Gathers values of one type (nested too) into `to`, whose storage is made in eval->arena: to[k] =
 * columns[k][index[k]], a null column pointer meaning NULL. Strings are borrowed. False when out of memory
 * (the run is marked). */
bool tw_column_pick(tw_eval *eval, const tw_type *type, const tw_column *const *columns, const int32_t *index, int32_t count, tw_column *to);

/* Zeroed memory of the program's lifetime that belongs to this call, made at the first request: compiled
 * patterns, tables of literals. `close` (may be NULL) is called with it when the program is closed. NULL when
 * out of memory (the run is marked). */
void *tw_call_memo(tw_eval *eval, const tw_call *call, size_t size, void (*close)(void *memo));

/* Given back by a `kernel` function when the result is argument 0 as it lies in memory; never called. */
void tw_kernel_alias(TW_KERNEL_ARGS);

/* Is argument `arg` of the call a literal? Its value then, else NULL. */
static inline const tw_value *tw_call_literal(const tw_call *call, int arg) {
    const tw_expr *e = call->expr->args[arg];
    return e->kind == TW_EXPR_LITERAL ? e->literal : NULL;
}

/* Returns the kernel op_<suffix> for the physical type of a number of up to 64 bits; NULL for another type. */
#define TW_NUMBER_KERNEL(op, type)     \
    switch (tw_type_phys(type)) {      \
    case TW_PHYS_I8: return op##_i8;   \
    case TW_PHYS_I16: return op##_i16; \
    case TW_PHYS_I32: return op##_i32; \
    case TW_PHYS_I64: return op##_i64; \
    case TW_PHYS_F32: return op##_f32; \
    case TW_PHYS_F64: return op##_f64; \
    default: return NULL;              \
    }

#endif
