/* FIRST_VALUE and LAST_VALUE: the first and the last value that is not NULL, by arrival; SINGLE_VALUE (hidden): the one value of a scalar subquery.
 *
 * Without retraction the value itself is kept: fixed-width ones in 8 or 16 bytes, others as bytes that the accumulator owns. With it, all values in
 * order (value_list.h). */
#include "expr/agg_list.h"
#include "expr/entries.h"

typedef struct word_value {
    uint64_t bits;
    int64_t some;
} word_value;
typedef struct TW_AGG_PACKED wide_value {
    tw_i128 bits;
    int64_t some;
} wide_value;
typedef struct bytes_value {
    tw_sview bytes; /* owned when long; agg_bytes.h */
    int64_t some;
} bytes_value;

/* ---- without retraction ---- */

#define FIRST          \
    if (!acc->some) {  \
        acc->bits = x; \
        acc->some = 1; \
    }
#define LAST       \
    acc->bits = x; \
    acc->some = 1;
TW_AGG_UPDATE(first_1, uint8_t, word_value, FIRST)
TW_AGG_UPDATE(first_2, uint16_t, word_value, FIRST)
TW_AGG_UPDATE(first_4, uint32_t, word_value, FIRST)
TW_AGG_UPDATE(first_8, uint64_t, word_value, FIRST)
TW_AGG_UPDATE(first_16, tw_i128, wide_value, FIRST)
TW_AGG_UPDATE(last_1, uint8_t, word_value, LAST)
TW_AGG_UPDATE(last_2, uint16_t, word_value, LAST)
TW_AGG_UPDATE(last_4, uint32_t, word_value, LAST)
TW_AGG_UPDATE(last_8, uint64_t, word_value, LAST)
TW_AGG_UPDATE(last_16, tw_i128, wide_value, LAST)

#define FLAT(kind, ACC)                                                                                                                              \
    static tw_status first_##kind##_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {                                      \
        (void)agg, (void)mem;                                                                                                                        \
        if (!TW_AGG_STATE(ACC, into)->some) *TW_AGG_STATE(ACC, into) = *TW_AGG_CONST_STATE(ACC, from);                                               \
        return TW_OK;                                                                                                                                \
    }                                                                                                                                                \
    static tw_status last_##kind##_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {                                       \
        (void)agg, (void)mem;                                                                                                                        \
        if (TW_AGG_CONST_STATE(ACC, from)->some) *TW_AGG_STATE(ACC, into) = *TW_AGG_CONST_STATE(ACC, from);                                          \
        return TW_OK;                                                                                                                                \
    }                                                                                                                                                \
    static tw_status kind##_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) { \
        (void)agg, (void)arena;                                                                                                                      \
        size_t width = (size_t)tw_phys_width(out->phys);                                                                                             \
        for (int32_t k = 0; k < count; k++) {                                                                                                        \
            const ACC *acc = TW_AGG_CONST_STATE(ACC, states[k]);                                                                                     \
            memcpy((char *)out->values + width * (size_t)(at + k), &acc->bits, width);                                                               \
            tw_agg_valid(out, at + k, acc->some);                                                                                                    \
        }                                                                                                                                            \
        return TW_OK;                                                                                                                                \
    }
FLAT(word, word_value)
FLAT(wide, wide_value)

static tw_status take_bytes(bytes_value *acc, tw_mem *mem, const tw_sview *bytes) {
    TW_TRY(tw_agg_text_set(mem, &acc->bytes, bytes));
    acc->some = 1;
    return TW_OK;
}

static tw_status bytes_row(tw_agg_scratch *scratch, const tw_agg_input *in, int32_t k, bool first) {
    const tw_column *c = in->args[0];
    int32_t row = in->row ? in->row[k] : k, at = c->constant ? 0 : row;
    bytes_value *acc = TW_AGG_STATE(bytes_value, in->state[k]);
    if ((first && acc->some) || tw_column_null(c, at)) return TW_OK;
    tw_sview bytes;
    TW_TRY(tw_agg_bytes_of(scratch, c, at, &bytes));
    return take_bytes(acc, in->mem, &bytes);
}

static inline tw_status bytes_update(const tw_agg_input *in, bool first) {
    tw_agg_scratch scratch;
    tw_status status = TW_OK;
    tw_agg_scratch_open(&scratch, in->mem);
    for (int32_t k = 0; k < in->count && status == TW_OK; k++) status = bytes_row(&scratch, in, k, first);
    tw_agg_scratch_close(&scratch);
    return status;
}

static tw_status first_bytes(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    return bytes_update(in, true);
}

static tw_status last_bytes(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    return bytes_update(in, false);
}

static tw_status first_bytes_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    const bytes_value *other = TW_AGG_CONST_STATE(bytes_value, from);
    if (!other->some || TW_AGG_STATE(bytes_value, into)->some) return TW_OK;
    return take_bytes(TW_AGG_STATE(bytes_value, into), mem, &other->bytes);
}

static tw_status last_bytes_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    const bytes_value *other = TW_AGG_CONST_STATE(bytes_value, from);
    return other->some ? take_bytes(TW_AGG_STATE(bytes_value, into), mem, &other->bytes) : TW_OK;
}

static void bytes_destroy(const tw_aggregate *agg, char *state, tw_mem *mem) {
    (void)agg;
    tw_agg_text_free(mem, &TW_AGG_STATE(bytes_value, state)->bytes);
    *TW_AGG_STATE(bytes_value, state) = (bytes_value){.some = 0};
}

static void bytes_write(const tw_aggregate *agg, const char *state, tw_buf *out) {
    (void)agg;
    const bytes_value *acc = TW_AGG_CONST_STATE(bytes_value, state);
    tw_buf_byte(out, acc->some != 0);
    if (acc->some) tw_buf_bytes(out, tw_sview_str(&acc->bytes));
}

static tw_status bytes_read(const tw_aggregate *agg, char *state, tw_reader *in, tw_mem *mem) {
    bytes_value *acc = TW_AGG_STATE(bytes_value, state);
    *acc = (bytes_value){.some = 0};
    const char *some = tw_read_raw(in, 1);
    if (!some || (*some & ~1)) return TW_E_CORRUPT;
    if (!*some) return TW_OK;
    tw_str bytes = tw_read_bytes(in);
    if (in->failed || bytes.length > UINT32_MAX || !tw_agg_bytes_sound(agg->arg_type, bytes)) return TW_E_CORRUPT;
    tw_sview view = tw_sview_make(bytes.data, bytes.length);
    return take_bytes(acc, mem, &view);
}

/* ---- results from bytes ---- */

/* The bytes that a state shows: TW_OK and NULL in *value for none. */
typedef tw_status (*pick)(const char *state, const tw_sview **value);

static tw_status pick_bytes(const char *state, const tw_sview **value) {
    const bytes_value *acc = TW_AGG_CONST_STATE(bytes_value, state);
    *value = acc->some ? &acc->bytes : NULL;
    return TW_OK;
}

static tw_status pick_first(const char *state, const tw_sview **value) {
    int32_t cursor = 0;
    if (!tw_value_list_next(tw_const_list_of(state), &cursor, value)) *value = NULL;
    return TW_OK;
}

static tw_status pick_last(const char *state, const tw_sview **value) {
    if (!tw_value_list_last(tw_const_list_of(state), value)) *value = NULL;
    return TW_OK;
}

static tw_status pick_single(const char *state, const tw_sview **value) {
    return tw_value_list_count(tw_const_list_of(state)) > 1 ? TW_E_VALUE : pick_first(state, value);
}

static tw_status put_picked(pick from, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    tw_agg_writer writer;
    tw_status status = TW_OK;
    TW_TRY(tw_agg_writer_open(&writer, arena, out, at, count));
    for (int32_t k = 0; k < count && status == TW_OK; k++) {
        const tw_sview *value = NULL;
        status = from(states[k], &value);
        if (status == TW_OK) status = tw_agg_writer_put(&writer, value);
    }
    return tw_agg_writer_close(&writer, status);
}

#define RESULT(name, from)                                                                                                                  \
    static tw_status name(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) { \
        (void)agg;                                                                                                                          \
        return put_picked(from, states, count, at, out, arena);                                                                             \
    }
RESULT(bytes_result, pick_bytes)
RESULT(first_result, pick_first)
RESULT(last_result, pick_last)
RESULT(single_result, pick_single)

/* ---- with retraction ---- */

static tw_status values_update(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    return tw_list_update(in, false);
}

/* A NULL is a row of the subquery, too. */
static tw_status single_update(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    return tw_list_update(in, true);
}

static const tw_aggregate FIRST_RETRACTING = TW_LIST_AGGREGATE("FIRST_VALUE", values_update, first_result);
static const tw_aggregate LAST_RETRACTING = TW_LIST_AGGREGATE("LAST_VALUE", values_update, last_result);
static const tw_aggregate SINGLE = TW_LIST_AGGREGATE("SINGLE_VALUE", single_update, single_result);

/* ---- entries: by width in bytes, 0 for texts and nested values ---- */

#define WORD(NAME, fn, width, kind, ACC)     \
    [width] = {.name = NAME,                 \
               .size = sizeof(ACC),          \
               .flat = true,                 \
               .order_dependent = true,      \
               .update = fn##_##width,       \
               .merge = fn##_##kind##_merge, \
               .result = kind##_result}
#define BY_WIDTH(ENTRIES, NAME, fn)                                             \
    static const tw_aggregate ENTRIES[] = {[0] = {.name = NAME,                 \
                                                  .size = sizeof(bytes_value),  \
                                                  .order_dependent = true,      \
                                                  .update = fn##_bytes,         \
                                                  .merge = fn##_bytes_merge,    \
                                                  .result = bytes_result,       \
                                                  .destroy = bytes_destroy,     \
                                                  .write = bytes_write,         \
                                                  .read = bytes_read},          \
                                           WORD(NAME, fn, 1, word, word_value), \
                                           WORD(NAME, fn, 2, word, word_value), \
                                           WORD(NAME, fn, 4, word, word_value), \
                                           WORD(NAME, fn, 8, word, word_value), \
                                           WORD(NAME, fn, 16, wide, wide_value)};
BY_WIDTH(FIRSTS, "FIRST_VALUE", first)
BY_WIDTH(LASTS, "LAST_VALUE", last)

static int entry_of(const tw_type *type) {
    tw_phys phys = tw_type_phys(type);
    return phys == TW_PHYS_STR ? 0 : tw_phys_width(phys);
}

const tw_aggregate *tw_agg_first_value(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)nargs;
    return retract ? &FIRST_RETRACTING : &FIRSTS[entry_of(args[0])];
}

const tw_aggregate *tw_agg_last_value(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)nargs;
    return retract ? &LAST_RETRACTING : &LASTS[entry_of(args[0])];
}

const tw_aggregate *tw_agg_single_value(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)args, (void)nargs, (void)retract;
    return &SINGLE;
}

tw_status tw_bind_value_agg(tw_bind *bind) {
    const tw_type *type = bind->args[0]->type;
    if (type->kind == TW_NULL || type->kind >= TW_SYMBOL) return tw_bind_mismatch(bind);
    return tw_bind_result_nullable(bind, tw_type_with_time(bind->arena, type, TW_NOT_TIME), true);
}
