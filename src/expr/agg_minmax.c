/* MIN and MAX. Without retraction the best value so far; with it a sorted multiset of all values (ordered_bag.h).
 *
 * Values are compared as the keys of agg_key.h: numbers of 64 or 128 bits, or texts. A long text is owned by its accumulator. */
#include "expr/agg.h"
#include "expr/agg_key.h"
#include "expr/entries.h"

typedef struct num_best {
    int64_t key;
    int64_t some;
} num_best;
typedef struct TW_AGG_PACKED wide_best {
    tw_i128 key;
    int64_t some;
} wide_best;
typedef struct text_best {
    tw_sview text;
    int64_t some;
} text_best;
typedef struct bag_state {
    tw_bag *bag;
} bag_state;

/* ---- without retraction ---- */

#define BEST(KEY_T, KEY, OP)                            \
    const KEY_T key = KEY;                              \
    const bool better = !acc->some | (key OP acc->key); \
    acc->key = better ? key : acc->key;                 \
    acc->some = 1;
#define NUM(suffix, T, KEY)                                         \
    TW_AGG_UPDATE(min_##suffix, T, num_best, BEST(int64_t, KEY, <)) \
    TW_AGG_UPDATE(max_##suffix, T, num_best, BEST(int64_t, KEY, >))
#define WIDE(suffix, T, KEY)                                         \
    TW_AGG_UPDATE(min_##suffix, T, wide_best, BEST(tw_i128, KEY, <)) \
    TW_AGG_UPDATE(max_##suffix, T, wide_best, BEST(tw_i128, KEY, >))
NUM(i8, int8_t, x)
NUM(i16, int16_t, x)
NUM(i32, int32_t, x)
NUM(i64, int64_t, x)
NUM(f32, float, tw_agg_key_f64((double)x))
NUM(f64, double, tw_agg_key_f64(x))
WIDE(i128, tw_i128, x)
WIDE(ts, tw_ts, tw_agg_key_ts(x))

#define MERGE(name, ACC, OP)                                                                    \
    static tw_status name(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) { \
        (void)agg, (void)mem;                                                                   \
        ACC *acc = TW_AGG_STATE(ACC, into);                                                     \
        const ACC *other = TW_AGG_CONST_STATE(ACC, from);                                       \
        if (other->some && (!acc->some || other->key OP acc->key)) *acc = *other;               \
        return TW_OK;                                                                           \
    }
MERGE(min_num_merge, num_best, <)
MERGE(max_num_merge, num_best, >)
MERGE(min_wide_merge, wide_best, <)
MERGE(max_wide_merge, wide_best, >)

static tw_status num_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg, (void)arena;
    for (int32_t k = 0; k < count; k++) {
        const num_best *acc = TW_AGG_CONST_STATE(num_best, states[k]);
        tw_agg_key_put_i64(out, at + k, acc->some ? acc->key : 0);
        tw_agg_valid(out, at + k, acc->some);
    }
    return TW_OK;
}

static tw_status wide_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg, (void)arena;
    for (int32_t k = 0; k < count; k++) {
        const wide_best *acc = TW_AGG_CONST_STATE(wide_best, states[k]);
        tw_agg_key_put_i128(out, at + k, acc->some ? acc->key : 0);
        tw_agg_valid(out, at + k, acc->some);
    }
    return TW_OK;
}

/* ---- texts ---- */

static void text_destroy(const tw_aggregate *agg, char *state, tw_mem *mem) {
    (void)agg;
    tw_agg_text_free(mem, &TW_AGG_STATE(text_best, state)->text);
    *TW_AGG_STATE(text_best, state) = (text_best){.some = 0};
}

static tw_status take_text(text_best *acc, tw_mem *mem, const tw_sview *x) {
    TW_TRY(tw_agg_text_set(mem, &acc->text, x));
    acc->some = 1;
    return TW_OK;
}

#define TEXT(name, OP)                                                                                                                \
    static tw_status name##_text(const tw_aggregate *agg, const tw_agg_input *in) {                                                   \
        (void)agg;                                                                                                                    \
        const tw_column *c = in->args[0];                                                                                             \
        if (c->phys == TW_PHYS_NONE) return TW_OK;                                                                                    \
        const tw_sview *values = c->values;                                                                                           \
        TW_AGG_EACH(in, c, text_best *acc = TW_AGG_STATE(text_best, state);                                                           \
                    if (!acc->some || tw_sview_compare(&values[at], &acc->text) OP 0) TW_TRY(take_text(acc, in->mem, &values[at]));); \
        return TW_OK;                                                                                                                 \
    }                                                                                                                                 \
    static tw_status name##_text_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {                          \
        (void)agg;                                                                                                                    \
        text_best *acc = TW_AGG_STATE(text_best, into);                                                                               \
        const text_best *other = TW_AGG_CONST_STATE(text_best, from);                                                                 \
        if (!other->some || (acc->some && !(tw_sview_compare(&other->text, &acc->text) OP 0))) return TW_OK;                          \
        return take_text(acc, mem, &other->text);                                                                                     \
    }
TEXT(min, <)
TEXT(max, >)

static tw_status text_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg;
    for (int32_t k = 0; k < count; k++) {
        const text_best *acc = TW_AGG_CONST_STATE(text_best, states[k]);
        TW_TRY(tw_agg_text_put(out, at + k, &acc->text, arena));
        tw_agg_valid(out, at + k, acc->some);
    }
    return TW_OK;
}

static void text_write(const tw_aggregate *agg, const char *state, tw_buf *out) {
    (void)agg;
    const text_best *acc = TW_AGG_CONST_STATE(text_best, state);
    tw_buf_byte(out, acc->some != 0);
    if (acc->some) tw_buf_bytes(out, tw_sview_str(&acc->text));
}

static tw_status text_read(const tw_aggregate *agg, char *state, tw_reader *in, tw_mem *mem) {
    (void)agg;
    text_best *acc = TW_AGG_STATE(text_best, state);
    *acc = (text_best){.some = 0};
    const char *some = tw_read_raw(in, 1);
    if (!some || *some < 0 || *some > 1) return TW_E_CORRUPT;
    if (!*some) return TW_OK;
    tw_str bytes = tw_read_bytes(in);
    if (in->failed || bytes.length > UINT32_MAX) return TW_E_CORRUPT;
    tw_sview v = tw_sview_make(bytes.data, bytes.length);
    return take_text(acc, mem, &v);
}

/* ---- with retraction ---- */

#define BAG_UPDATE(suffix, T, KIND, KEY)                                                                                                 \
    static tw_status bag_##suffix(const tw_aggregate *agg, const tw_agg_input *in) {                                                     \
        (void)agg;                                                                                                                       \
        const tw_column *c = in->args[0];                                                                                                \
        if (c->phys == TW_PHYS_NONE) return TW_OK;                                                                                       \
        const T *values = c->values;                                                                                                     \
        TW_AGG_EACH(in, c, const T x = values[at]; TW_TRY(tw_bag_add(&TW_AGG_STATE(bag_state, state)->bag, in->mem, KIND, KEY, sign));); \
        return TW_OK;                                                                                                                    \
    }
BAG_UPDATE(i8, int8_t, TW_BAG_I64, tw_bag_i64(x))
BAG_UPDATE(i16, int16_t, TW_BAG_I64, tw_bag_i64(x))
BAG_UPDATE(i32, int32_t, TW_BAG_I64, tw_bag_i64(x))
BAG_UPDATE(i64, int64_t, TW_BAG_I64, tw_bag_i64(x))
BAG_UPDATE(f32, float, TW_BAG_I64, tw_bag_i64(tw_agg_key_f64((double)x)))
BAG_UPDATE(f64, double, TW_BAG_I64, tw_bag_i64(tw_agg_key_f64(x)))
BAG_UPDATE(i128, tw_i128, TW_BAG_I128, tw_bag_i128(x))
BAG_UPDATE(ts, tw_ts, TW_BAG_I128, tw_bag_i128(tw_agg_key_ts(x)))
BAG_UPDATE(text, tw_sview, TW_BAG_STR, tw_bag_str(&x))

static tw_status bag_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    return tw_bag_merge(&TW_AGG_STATE(bag_state, into)->bag, mem, TW_AGG_CONST_STATE(bag_state, from)->bag, 1);
}

static tw_status bag_subtract(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    return tw_bag_merge(&TW_AGG_STATE(bag_state, into)->bag, mem, TW_AGG_CONST_STATE(bag_state, from)->bag, -1);
}

static tw_status put_entry(tw_column *out, int32_t row, const tw_bag_entry *e, tw_arena *arena) {
    const tw_bag_key none = {{0, 0}}, *key = e ? &e->key : &none;
    tw_agg_valid(out, row, e != NULL);
    switch (tw_agg_key_kind(out->phys)) {
    case TW_BAG_I64: tw_agg_key_put_i64(out, row, (int64_t)key->word[0]); return TW_OK;
    case TW_BAG_I128: tw_agg_key_put_i128(out, row, tw_bag_key_i128(key)); return TW_OK;
    default: break;
    }
    tw_sview text = tw_bag_key_str(key);
    return tw_agg_text_put(out, row, &text, arena);
}

#define BAG_RESULT(name, END)                                                                                                               \
    static tw_status name(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) { \
        (void)agg;                                                                                                                          \
        for (int32_t k = 0; k < count; k++) TW_TRY(put_entry(out, at + k, END(TW_AGG_CONST_STATE(bag_state, states[k])->bag), arena));      \
        return TW_OK;                                                                                                                       \
    }
BAG_RESULT(min_bag_result, tw_bag_first)
BAG_RESULT(max_bag_result, tw_bag_last)

static void bag_destroy(const tw_aggregate *agg, char *state, tw_mem *mem) {
    (void)agg;
    tw_bag_free(&TW_AGG_STATE(bag_state, state)->bag, mem);
}

static void bag_write(const tw_aggregate *agg, const char *state, tw_buf *out) {
    tw_bag_write(TW_AGG_CONST_STATE(bag_state, state)->bag, tw_agg_key_kind(agg->arg_phys), out);
}

static tw_status bag_read(const tw_aggregate *agg, char *state, tw_reader *in, tw_mem *mem) {
    return tw_bag_read(&TW_AGG_STATE(bag_state, state)->bag, tw_agg_key_kind(agg->arg_phys), in, mem);
}

/* ---- entries: by physical type, append and retracting, MIN and MAX ---- */

#define FLAT(NAME, fn, suffix, kind, ACC) \
    {.name = NAME, .size = sizeof(ACC), .flat = true, .update = fn##_##suffix, .merge = fn##_##kind##_merge, .result = kind##_result}
#define TEXTS(NAME, fn)         \
    {.name = NAME,              \
     .size = sizeof(text_best), \
     .update = fn##_text,       \
     .merge = fn##_text_merge,  \
     .result = text_result,     \
     .destroy = text_destroy,   \
     .write = text_write,       \
     .read = text_read}
#define BAG(NAME, fn, suffix)   \
    {.name = NAME,              \
     .size = sizeof(bag_state), \
     .retracts = true,          \
     .update = bag_##suffix,    \
     .merge = bag_merge,        \
     .subtract = bag_subtract,  \
     .result = fn##_bag_result, \
     .destroy = bag_destroy,    \
     .write = bag_write,        \
     .read = bag_read}
#define BY_TYPE(ENTRIES, NAME, fn)                                                                                           \
    static const tw_aggregate ENTRIES[][2] = {[TW_PHYS_BOOL] = {FLAT(NAME, fn, i8, num, num_best), BAG(NAME, fn, i8)},       \
                                              [TW_PHYS_I8] = {FLAT(NAME, fn, i8, num, num_best), BAG(NAME, fn, i8)},         \
                                              [TW_PHYS_I16] = {FLAT(NAME, fn, i16, num, num_best), BAG(NAME, fn, i16)},      \
                                              [TW_PHYS_I32] = {FLAT(NAME, fn, i32, num, num_best), BAG(NAME, fn, i32)},      \
                                              [TW_PHYS_I64] = {FLAT(NAME, fn, i64, num, num_best), BAG(NAME, fn, i64)},      \
                                              [TW_PHYS_F32] = {FLAT(NAME, fn, f32, num, num_best), BAG(NAME, fn, f32)},      \
                                              [TW_PHYS_F64] = {FLAT(NAME, fn, f64, num, num_best), BAG(NAME, fn, f64)},      \
                                              [TW_PHYS_I128] = {FLAT(NAME, fn, i128, wide, wide_best), BAG(NAME, fn, i128)}, \
                                              [TW_PHYS_TS] = {FLAT(NAME, fn, ts, wide, wide_best), BAG(NAME, fn, ts)},       \
                                              [TW_PHYS_STR] = {TEXTS(NAME, fn), BAG(NAME, fn, text)}};
BY_TYPE(MINS, "MIN", min)
BY_TYPE(MAXS, "MAX", max)

/* What Flink compares: not intervals, bytes or nested values. */
static bool comparable(tw_kind kind) { return kind == TW_BOOLEAN || tw_kind_is_numeric(kind) || tw_kind_is_text(kind) || tw_kind_is_datetime(kind); }

const tw_aggregate *tw_agg_min(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)nargs;
    return comparable(args[0]->kind) ? &MINS[tw_type_phys(args[0])][retract] : NULL;
}

const tw_aggregate *tw_agg_max(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)nargs;
    return comparable(args[0]->kind) ? &MAXS[tw_type_phys(args[0])][retract] : NULL;
}

tw_status tw_bind_minmax(tw_bind *bind) {
    if (!comparable(bind->args[0]->type->kind)) return tw_bind_mismatch(bind);
    return tw_bind_result_nullable(bind, tw_type_with_time(bind->arena, bind->args[0]->type, TW_NOT_TIME), true);
}
