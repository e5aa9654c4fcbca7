/* LISTAGG: texts in order of arrival with a separator between, "," unless said; NULLs are passed over; NULL when there is none.
 *
 * Without retraction the joined text itself is kept, with it the list of texts. The separator is a literal of the call, which the accumulator
 * learns with its first text. */
#include "expr/agg_list.h"
#include "expr/entries.h"
#include "expr/text.h"

typedef struct join_state {
    char *data; /* owned, `capacity` bytes */
    uint32_t length, capacity;
    int64_t some;
    tw_sview separator; /* owned when long */
} join_state;

typedef struct texts_state {
    tw_value_list *list;
    int64_t some; /* the separator is known */
    tw_sview separator;
} texts_state;

static tw_sview separator_of(const tw_aggregate *agg, const tw_agg_input *in, int32_t row) {
    if (agg->nargs < 2) return tw_sview_make(",", 1);
    int32_t at = in->args[1]->constant ? 0 : row;
    return tw_column_null(in->args[1], at) ? (tw_sview){.length = 0} : ((const tw_sview *)in->args[1]->values)[at];
}

/* ---- without retraction ---- */

static tw_status reserve(join_state *acc, tw_mem *mem, size_t more) {
    size_t need = acc->length + more, capacity = acc->capacity ? acc->capacity : 32;
    if (need <= acc->capacity) return TW_OK;
    if (need > (size_t)TW_TEXT_MAX) return TW_E_LIMIT;
    while (capacity < need) capacity *= 2;
    char *data = tw_realloc(mem, acc->data, acc->capacity, capacity);
    if (!data) return TW_E_NOMEM;
    acc->data = data;
    acc->capacity = (uint32_t)capacity;
    return TW_OK;
}

static void append(join_state *acc, tw_str text) {
    memcpy(acc->data + acc->length, text.data, text.length);
    acc->length += (uint32_t)text.length;
}

static tw_status join(join_state *acc, tw_mem *mem, tw_str text, const tw_sview *separator) {
    tw_str between = acc->some ? tw_sview_str(&acc->separator) : TW_STR("");
    TW_TRY(reserve(acc, mem, between.length + text.length + 1));
    if (!acc->some) TW_TRY(tw_agg_text_set(mem, &acc->separator, separator));
    append(acc, between);
    append(acc, text);
    acc->some = 1;
    return TW_OK;
}

static tw_status join_update(const tw_aggregate *agg, const tw_agg_input *in) {
    const tw_column *c = in->args[0];
    if (c->phys == TW_PHYS_NONE) return TW_OK;
    const tw_sview *values = c->values;
    const tw_sview separator = separator_of(agg, in, in->row && in->count ? in->row[0] : 0);
    TW_AGG_EACH(in, c, TW_TRY(join(TW_AGG_STATE(join_state, state), in->mem, tw_sview_str(&values[at]), &separator)););
    return TW_OK;
}

static tw_status join_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    const join_state *other = TW_AGG_CONST_STATE(join_state, from);
    if (!other->some) return TW_OK;
    return join(TW_AGG_STATE(join_state, into), mem, (tw_str){other->data, other->length}, &other->separator);
}

static tw_status join_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg;
    for (int32_t k = 0; k < count; k++) {
        const join_state *acc = TW_AGG_CONST_STATE(join_state, states[k]);
        tw_sview text = tw_sview_make(acc->data ? acc->data : "", acc->length);
        TW_TRY(tw_agg_text_put(out, at + k, &text, arena));
        tw_agg_valid(out, at + k, acc->some);
    }
    return TW_OK;
}

static void join_destroy(const tw_aggregate *agg, char *state, tw_mem *mem) {
    (void)agg;
    join_state *acc = TW_AGG_STATE(join_state, state);
    tw_free(mem, acc->data, acc->capacity);
    tw_agg_text_free(mem, &acc->separator);
    *acc = (join_state){.some = 0};
}

static void join_write(const tw_aggregate *agg, const char *state, tw_buf *out) {
    (void)agg;
    const join_state *acc = TW_AGG_CONST_STATE(join_state, state);
    tw_buf_byte(out, acc->some != 0);
    if (!acc->some) return;
    tw_buf_bytes(out, tw_sview_str(&acc->separator));
    tw_buf_bytes(out, (tw_str){acc->data, acc->length});
}

/* The byte that says whether something follows. */
static tw_status read_some(tw_reader *in, bool *some) {
    const char *byte = tw_read_raw(in, 1);
    if (!byte || (*byte & ~1)) return TW_E_CORRUPT;
    *some = *byte;
    return TW_OK;
}

static tw_status join_read(const tw_aggregate *agg, char *state, tw_reader *in, tw_mem *mem) {
    join_state *acc = TW_AGG_STATE(join_state, state);
    bool some;
    *acc = (join_state){.some = 0};
    TW_TRY(read_some(in, &some));
    if (!some) return TW_OK;
    tw_str separator = tw_read_bytes(in), text = tw_read_bytes(in);
    if (in->failed || separator.length > (size_t)TW_TEXT_MAX || text.length > (size_t)TW_TEXT_MAX) return TW_E_CORRUPT;
    tw_sview view = tw_sview_make(separator.data, separator.length);
    tw_status status = join(acc, mem, text, &view);
    if (status != TW_OK) join_destroy(agg, state, mem);
    return status;
}

/* ---- with retraction ---- */

static tw_status learn(texts_state *acc, tw_mem *mem, const tw_sview *separator) {
    if (acc->some) return TW_OK;
    TW_TRY(tw_agg_text_set(mem, &acc->separator, separator));
    acc->some = 1;
    return TW_OK;
}

static tw_status texts_update(const tw_aggregate *agg, const tw_agg_input *in) {
    const tw_column *c = in->args[0];
    if (c->phys == TW_PHYS_NONE) return TW_OK;
    const tw_sview *values = c->values;
    const tw_sview separator = separator_of(agg, in, in->row && in->count ? in->row[0] : 0);
    TW_AGG_EACH(in, c, texts_state *acc = TW_AGG_STATE(texts_state, state); TW_TRY(learn(acc, in->mem, &separator));
                TW_TRY(tw_value_list_add(&acc->list, in->mem, &values[at], sign)););
    return TW_OK;
}

static tw_status texts_combine(char *into, const char *from, tw_mem *mem, int64_t times) {
    texts_state *acc = TW_AGG_STATE(texts_state, into);
    const texts_state *other = TW_AGG_CONST_STATE(texts_state, from);
    if (!other->some) return TW_OK;
    TW_TRY(learn(acc, mem, &other->separator));
    return tw_value_list_merge(&acc->list, mem, other->list, times);
}

static tw_status texts_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    return texts_combine(into, from, mem, 1);
}

static tw_status texts_subtract(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    return texts_combine(into, from, mem, -1);
}

static tw_status put_joined(const texts_state *acc, tw_column *out, int32_t row, tw_arena *arena) {
    const tw_sview *value;
    size_t total = 0;
    tw_str separator = tw_sview_str(&acc->separator);
    for (int32_t cursor = 0; tw_value_list_next(acc->list, &cursor, &value);) total += value->length + separator.length;
    bool some = tw_value_list_count(acc->list) > 0;
    tw_agg_valid(out, row, some);
    ((tw_sview *)out->values)[row] = (tw_sview){.length = 0};
    if (!some) return TW_OK;
    total -= separator.length;
    if (total > (size_t)TW_TEXT_MAX) return TW_E_LIMIT;
    char *data = tw_arena_alloc(arena, total + 1), *to = data;
    if (!data) return TW_E_NOMEM;
    tw_str between = TW_STR("");
    for (int32_t cursor = 0; tw_value_list_next(acc->list, &cursor, &value); between = separator) {
        to = (char *)memcpy(to, between.data, between.length) + between.length;
        to = (char *)memcpy(to, tw_sview_data(value), value->length) + value->length;
    }
    ((tw_sview *)out->values)[row] = tw_sview_make(data, total);
    return TW_OK;
}

static tw_status texts_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg;
    for (int32_t k = 0; k < count; k++) TW_TRY(put_joined(TW_AGG_CONST_STATE(texts_state, states[k]), out, at + k, arena));
    return TW_OK;
}

static void texts_destroy(const tw_aggregate *agg, char *state, tw_mem *mem) {
    (void)agg;
    texts_state *acc = TW_AGG_STATE(texts_state, state);
    tw_value_list_free(&acc->list, mem);
    tw_agg_text_free(mem, &acc->separator);
    *acc = (texts_state){.some = 0};
}

static void texts_write(const tw_aggregate *agg, const char *state, tw_buf *out) {
    (void)agg;
    const texts_state *acc = TW_AGG_CONST_STATE(texts_state, state);
    tw_buf_byte(out, acc->some != 0);
    if (!acc->some) return;
    tw_buf_bytes(out, tw_sview_str(&acc->separator));
    tw_value_list_write(acc->list, out);
}

static tw_status texts_read(const tw_aggregate *agg, char *state, tw_reader *in, tw_mem *mem) {
    texts_state *acc = TW_AGG_STATE(texts_state, state);
    bool some;
    *acc = (texts_state){.some = 0};
    TW_TRY(read_some(in, &some));
    if (!some) return TW_OK;
    tw_str separator = tw_read_bytes(in);
    if (in->failed || separator.length > (size_t)TW_TEXT_MAX) return TW_E_CORRUPT;
    tw_sview view = tw_sview_make(separator.data, separator.length);
    tw_status status = learn(acc, mem, &view);
    if (status == TW_OK) status = tw_value_list_read(&acc->list, in, mem, tw_agg_bytes_sound, agg->arg_type);
    if (status != TW_OK) texts_destroy(agg, state, mem);
    return status;
}

static const tw_aggregate JOIN = {.name = "LISTAGG",
                                  .size = sizeof(join_state),
                                  .order_dependent = true,
                                  .update = join_update,
                                  .merge = join_merge,
                                  .result = join_result,
                                  .destroy = join_destroy,
                                  .write = join_write,
                                  .read = join_read};
static const tw_aggregate TEXTS = {.name = "LISTAGG",
                                   .size = sizeof(texts_state),
                                   .retracts = true,
                                   .order_dependent = true,
                                   .update = texts_update,
                                   .merge = texts_merge,
                                   .subtract = texts_subtract,
                                   .result = texts_result,
                                   .destroy = texts_destroy,
                                   .write = texts_write,
                                   .read = texts_read};

const tw_aggregate *tw_agg_listagg(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)args, (void)nargs;
    return retract ? &TEXTS : &JOIN;
}

tw_status tw_bind_listagg(tw_bind *bind) {
    if (!tw_bind_matches(bind, "s|S")) return tw_bind_mismatch(bind);
    if (bind->nargs > 1 && tw_bind_literal(bind, 1)->null) return tw_bind_mismatch(bind);
    TW_TRY(tw_bind_signature(bind, "s|S", &TW_TYPE_STRING));
    return tw_bind_result_nullable(bind, &TW_TYPE_STRING, true);
}
