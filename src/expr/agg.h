/* What the aggregates' files share: the loops of `update`, adding up of row signs, static entries and their variants.
 *
 * `update` is the hottest code there is. TW_AGG_EACH stamps one loop for each shape of input that is common (dense or listed rows, with or
 * without nulls) and a general one for the rest (constant arguments, changelog kinds); the body is written once, and in the common loops the
 * sign is a constant that folds away. When all rows of a batch go to one accumulator, the body works on a copy in registers. */
#ifndef TW_EXPR_AGG_H
#define TW_EXPR_AGG_H

#include "expr/aggregate.h"
#include "expr/bindlib.h"

/* +1 for +I and +U, -1 for -U and -D, without a branch. */
static inline int64_t tw_agg_sign(int8_t kind) { return 1 - 2 * (kind & 1); }

/* All rows to one accumulator? */
static inline bool tw_agg_one_state(const tw_agg_input *in) {
    size_t n = (size_t)in->count;
    return n > 1 && in->state[0] == in->state[n - 1] && memcmp(in->state, in->state + 1, sizeof *in->state * (n - 1)) == 0;
}

/* Runs the statements for each row whose value in column `c` is not null, with `at` (the place of the value in the column), `sign` (an
 * int64_t, +1 or -1) and `state` (a char *, the row's accumulator). */
#define TW_AGG_EACH(in, c, ...)                                                                              \
    do {                                                                                                     \
        const int32_t tw_n_ = (in)->count;                                                                   \
        const int32_t *tw_rows_ = (in)->row;                                                                 \
        char *const *tw_states_ = (in)->state;                                                               \
        const uint64_t *tw_bits_ = (c)->validity;                                                            \
        if ((in)->sign || (c)->constant) {                                                                   \
            const int8_t *tw_kinds_ = (in)->sign;                                                            \
            const bool tw_constant_ = (c)->constant;                                                         \
            for (int32_t tw_k_ = 0; tw_k_ < tw_n_; tw_k_++) {                                                \
                const int32_t tw_row_ = tw_rows_ ? tw_rows_[tw_k_] : tw_k_, at = tw_constant_ ? 0 : tw_row_; \
                if (tw_bits_ && !tw_bit_get(tw_bits_, at)) continue;                                         \
                const int64_t sign = tw_kinds_ ? tw_agg_sign(tw_kinds_[tw_row_]) : 1;                        \
                TW_AGG_BODY_(tw_k_, __VA_ARGS__)                                                             \
            }                                                                                                \
            break;                                                                                           \
        }                                                                                                    \
        const int64_t sign = 1;                                                                              \
        if (!tw_rows_ && !tw_bits_) {                                                                        \
            for (int32_t at = 0; at < tw_n_; at++) {                                                         \
                TW_AGG_BODY_(at, __VA_ARGS__)                                                                \
            }                                                                                                \
        } else if (!tw_rows_) {                                                                              \
            for (int32_t at = 0; at < tw_n_; at++)                                                           \
                if (tw_bit_get(tw_bits_, at)) {                                                              \
                    TW_AGG_BODY_(at, __VA_ARGS__)                                                            \
                }                                                                                            \
        } else if (!tw_bits_) {                                                                              \
            for (int32_t tw_k_ = 0; tw_k_ < tw_n_; tw_k_++) {                                                \
                const int32_t at = tw_rows_[tw_k_];                                                          \
                TW_AGG_BODY_(tw_k_, __VA_ARGS__)                                                             \
            }                                                                                                \
        } else {                                                                                             \
            for (int32_t tw_k_ = 0; tw_k_ < tw_n_; tw_k_++) {                                                \
                const int32_t at = tw_rows_[tw_k_];                                                          \
                if (tw_bit_get(tw_bits_, at)) {                                                              \
                    TW_AGG_BODY_(tw_k_, __VA_ARGS__)                                                         \
                }                                                                                            \
            }                                                                                                \
        }                                                                                                    \
    } while (0)
#define TW_AGG_BODY_(k, ...)           \
    char *const state = tw_states_[k]; \
    (void)at, (void)sign, (void)state; \
    __VA_ARGS__

/* An `update` over accumulators of type ACC: EXPR changes `*acc` by the value `x` of type T with `sign`. */
#define TW_AGG_UPDATE(name, T, ACC, ...)                                                              \
    static tw_status name(const tw_aggregate *agg, const tw_agg_input *in) {                          \
        (void)agg;                                                                                    \
        const tw_column *c = in->args[0];                                                             \
        if (c->phys == TW_PHYS_NONE) return TW_OK;                                                    \
        const T *values = c->values;                                                                  \
        if (tw_agg_one_state(in)) {                                                                   \
            ACC one = *(ACC *)(void *)in->state[0], *acc = &one;                                      \
            TW_AGG_EACH(in, c, const T x = values[at]; __VA_ARGS__);                                  \
            *(ACC *)(void *)in->state[0] = one;                                                       \
        } else {                                                                                      \
            TW_AGG_EACH(in, c, const T x = values[at]; ACC *acc = (ACC *)(void *)state; __VA_ARGS__); \
        }                                                                                             \
        return TW_OK;                                                                                 \
    }

/* Accumulators lie at multiples of 8 only, 128-bit numbers in them too. */
#define TW_AGG_PACKED __attribute__((packed, aligned(8)))

/* The accumulator of `state`, for what is not in a loop. */
#define TW_AGG_STATE(ACC, state)       ((ACC *)(void *)(state))
#define TW_AGG_CONST_STATE(ACC, state) ((const ACC *)(const void *)(state))

/* The bit of a result: NULL or not. */
static inline void tw_agg_valid(tw_column *out, int32_t row, bool valid) { tw_bit_put(out->validity, row, valid); }

/* Integers into a column of BOOL .. I64, wrapping as Java's casts do. */
static inline void tw_agg_put_int(tw_column *out, int32_t row, int64_t v) {
    switch (out->phys) {
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: ((int8_t *)out->values)[row] = (int8_t)v; break;
    case TW_PHYS_I16: ((int16_t *)out->values)[row] = (int16_t)v; break;
    case TW_PHYS_I32: ((int32_t *)out->values)[row] = (int32_t)v; break;
    default: ((int64_t *)out->values)[row] = v;
    }
}

/* Texts that an accumulator owns: zeroed is none. Set copies and frees what was there; TW_E_NOMEM keeps it. */
static inline void tw_agg_text_free(tw_mem *mem, const tw_sview *text) {
    if (text->length > TW_SVIEW_INLINE) tw_free(mem, (char *)text->u.data, text->length);
}
static inline tw_status tw_agg_text_set(tw_mem *mem, tw_sview *text, const tw_sview *from) {
    tw_sview copy = *from;
    if (copy.length > TW_SVIEW_INLINE) {
        char *bytes = tw_malloc(mem, copy.length);
        if (!bytes) return TW_E_NOMEM;
        copy.u.data = memcpy(bytes, from->u.data, copy.length);
    }
    tw_agg_text_free(mem, text);
    *text = copy;
    return TW_OK;
}
/* A text as a result: long bytes are copied into the arena. */
static inline tw_status tw_agg_text_put(tw_column *out, int32_t row, const tw_sview *text, tw_arena *arena) {
    tw_sview copy = *text;
    if (copy.length > TW_SVIEW_INLINE) copy.u.data = tw_arena_memdup(arena, text->u.data, copy.length);
    if (copy.length > TW_SVIEW_INLINE && !copy.u.data) copy.length = 0;
    ((tw_sview *)out->values)[row] = copy.length ? copy : (tw_sview){.length = 0};
    return copy.length == text->length ? TW_OK : TW_E_NOMEM;
}

#endif
