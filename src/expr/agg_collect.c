/* COLLECT: the values that are not NULL as a MULTISET, each with its count, in ascending order (Flink's order is that of a hash table). Never NULL: of
 * no values it is empty. A sorted multiset (ordered_bag.h); nested values are sorted by their bytes. */
#include "expr/agg_bytes.h"
#include "expr/agg_key.h"
#include "expr/entries.h"

typedef struct collect_state {
    tw_bag *bag;
} collect_state;

static tw_status key_of(tw_agg_scratch *scratch, const tw_column *c, int32_t at, tw_bag_key *key) {
    tw_sview bytes;
    switch (c->phys) {
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: *key = tw_bag_i64(((const int8_t *)c->values)[at]); return TW_OK;
    case TW_PHYS_I16: *key = tw_bag_i64(((const int16_t *)c->values)[at]); return TW_OK;
    case TW_PHYS_I32: *key = tw_bag_i64(((const int32_t *)c->values)[at]); return TW_OK;
    case TW_PHYS_I64: *key = tw_bag_i64(((const int64_t *)c->values)[at]); return TW_OK;
    case TW_PHYS_F32: *key = tw_bag_i64(tw_agg_key_f64((double)((const float *)c->values)[at])); return TW_OK;
    case TW_PHYS_F64: *key = tw_bag_i64(tw_agg_key_f64(((const double *)c->values)[at])); return TW_OK;
    case TW_PHYS_I128: *key = tw_bag_i128(((const tw_i128 *)c->values)[at]); return TW_OK;
    case TW_PHYS_TS: *key = tw_bag_i128(tw_agg_key_ts(((const tw_ts *)c->values)[at])); return TW_OK;
    default: break;
    }
    TW_TRY(tw_agg_bytes_of(scratch, c, at, &bytes));
    *key = tw_bag_str(&bytes);
    return TW_OK;
}

static tw_status add_row(tw_agg_scratch *scratch, const tw_agg_input *in, int32_t k) {
    const tw_column *c = in->args[0];
    int32_t row = in->row ? in->row[k] : k, at = c->constant ? 0 : row;
    if (tw_column_null(c, at)) return TW_OK;
    tw_bag_key key;
    TW_TRY(key_of(scratch, c, at, &key));
    tw_bag **bag = &TW_AGG_STATE(collect_state, in->state[k])->bag;
    return tw_bag_add(bag, in->mem, tw_agg_key_kind(c->phys), key, in->sign ? tw_agg_sign(in->sign[row]) : 1);
}

static tw_status collect_update(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    tw_agg_scratch scratch;
    tw_status status = TW_OK;
    tw_agg_scratch_open(&scratch, in->mem);
    for (int32_t k = 0; k < in->count && status == TW_OK; k++) status = add_row(&scratch, in, k);
    tw_agg_scratch_close(&scratch);
    return status;
}

static tw_status collect_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    return tw_bag_merge(&TW_AGG_STATE(collect_state, into)->bag, mem, TW_AGG_CONST_STATE(collect_state, from)->bag, 1);
}

static tw_status collect_subtract(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    return tw_bag_merge(&TW_AGG_STATE(collect_state, into)->bag, mem, TW_AGG_CONST_STATE(collect_state, from)->bag, -1);
}

/* ---- result ---- */

static int64_t entries_of(const tw_bag *bag) {
    int64_t n = 0;
    tw_bag_cursor cursor = {0, 0};
    for (const tw_bag_entry *e; (e = tw_bag_next(bag, &cursor)) != NULL;) n += e->count > 0;
    return n;
}

/* One value and its count behind those that are there. */
static tw_status put_entry(tw_agg_writer *values, tw_column *counts, int32_t at, const tw_bag_entry *e) {
    tw_column *out = values->out;
    tw_bag_kind kind = tw_agg_key_kind(out->phys);
    ((int32_t *)counts->values)[at] = e->count > INT32_MAX ? INT32_MAX : (int32_t)e->count;
    if (kind == TW_BAG_STR) {
        tw_sview bytes = tw_bag_key_str(&e->key);
        return tw_agg_writer_put(values, &bytes);
    }
    if (kind == TW_BAG_I64)
        tw_agg_key_put_i64(out, at, (int64_t)e->key.word[0]);
    else
        tw_agg_key_put_i128(out, at, tw_bag_key_i128(&e->key));
    return TW_OK;
}

static tw_status put_bag(tw_agg_writer *values, tw_column *counts, int32_t *at, const tw_bag *bag) {
    tw_bag_cursor cursor = {0, 0};
    for (const tw_bag_entry *e; (e = tw_bag_next(bag, &cursor)) != NULL;)
        if (e->count > 0) TW_TRY(put_entry(values, counts, (*at)++, e));
    return TW_OK;
}

static tw_status collect_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg;
    int64_t total = 0;
    for (int32_t k = 0; k < count; k++) total += entries_of(TW_AGG_CONST_STATE(collect_state, states[k])->bag);
    int32_t next = out->offsets[at];
    if (total > INT32_MAX / 2 - next) return TW_E_LIMIT;
    TW_TRY(tw_agg_extend(arena, &out->children[0], next, (int32_t)total));
    TW_TRY(tw_agg_extend(arena, &out->children[1], next, (int32_t)total));
    tw_agg_writer values;
    tw_status status = TW_OK;
    TW_TRY(tw_agg_writer_open(&values, arena, &out->children[0], next, (int32_t)total));
    for (int32_t k = 0; k < count && status == TW_OK; k++) {
        status = put_bag(&values, &out->children[1], &next, TW_AGG_CONST_STATE(collect_state, states[k])->bag);
        out->offsets[at + k + 1] = next;
        tw_agg_valid(out, at + k, true);
    }
    return tw_agg_writer_close(&values, status);
}

/* ---- bytes ---- */

static void collect_destroy(const tw_aggregate *agg, char *state, tw_mem *mem) {
    (void)agg;
    tw_bag_free(&TW_AGG_STATE(collect_state, state)->bag, mem);
}

static void collect_write(const tw_aggregate *agg, const char *state, tw_buf *out) {
    tw_bag_write(TW_AGG_CONST_STATE(collect_state, state)->bag, tw_agg_key_kind(agg->arg_phys), out);
}

static bool sound(const tw_aggregate *agg, const tw_bag *bag) {
    tw_bag_cursor cursor = {0, 0};
    for (const tw_bag_entry *e; (e = tw_bag_next(bag, &cursor)) != NULL;) {
        tw_sview bytes = tw_bag_key_str(&e->key);
        if (!tw_agg_bytes_sound(agg->arg_type, tw_sview_str(&bytes))) return false;
    }
    return true;
}

static tw_status collect_read(const tw_aggregate *agg, char *state, tw_reader *in, tw_mem *mem) {
    tw_bag **bag = &TW_AGG_STATE(collect_state, state)->bag;
    tw_bag_kind kind = tw_agg_key_kind(agg->arg_phys);
    TW_TRY(tw_bag_read(bag, kind, in, mem));
    if (kind != TW_BAG_STR || sound(agg, *bag)) return TW_OK;
    tw_bag_free(bag, mem);
    return TW_E_CORRUPT;
}

static const tw_aggregate COLLECT = {.name = "COLLECT",
                                     .size = sizeof(collect_state),
                                     .retracts = true,
                                     .update = collect_update,
                                     .merge = collect_merge,
                                     .subtract = collect_subtract,
                                     .result = collect_result,
                                     .destroy = collect_destroy,
                                     .write = collect_write,
                                     .read = collect_read};

const tw_aggregate *tw_agg_collect(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)args, (void)nargs, (void)retract;
    return &COLLECT;
}

tw_status tw_bind_collect(tw_bind *bind) {
    const tw_type *element = bind->args[0]->type;
    if (element->kind == TW_NULL || element->kind >= TW_SYMBOL) return tw_bind_mismatch(bind);
    element = tw_type_with_time(bind->arena, element, TW_NOT_TIME);
    return tw_bind_result_nullable(bind, tw_type_multiset(bind->arena, element), false);
}
