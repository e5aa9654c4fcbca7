/* ARRAY_AGG: the values in order of arrival, NULLs among them (or not, with IGNORE NULLS); NULL when there is none. And what all
 * aggregates on a value list share. */
#include "expr/agg_list.h"

#include "expr/entries.h"

static tw_status add_row(tw_agg_scratch *scratch, const tw_agg_input *in, int32_t k, bool nulls) {
    const tw_column *c = in->args[0];
    int32_t row = in->row ? in->row[k] : k, at = c->constant ? 0 : row;
    int64_t sign = in->sign ? tw_agg_sign(in->sign[row]) : 1;
    if (tw_column_null(c, at)) return nulls ? tw_value_list_add(tw_list_of(in->state[k]), in->mem, NULL, sign) : TW_OK;
    tw_sview value;
    TW_TRY(tw_agg_bytes_of(scratch, c, at, &value));
    return tw_value_list_add(tw_list_of(in->state[k]), in->mem, &value, sign);
}

tw_status tw_list_update(const tw_agg_input *in, bool nulls) {
    tw_agg_scratch scratch;
    tw_status status = TW_OK;
    tw_agg_scratch_open(&scratch, in->mem);
    for (int32_t k = 0; k < in->count && status == TW_OK; k++) status = add_row(&scratch, in, k, nulls);
    tw_agg_scratch_close(&scratch);
    return status;
}

tw_status tw_list_merge(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    return tw_value_list_merge(tw_list_of(into), mem, tw_const_list_of(from), 1);
}

tw_status tw_list_subtract(const tw_aggregate *agg, char *into, const char *from, tw_mem *mem) {
    (void)agg;
    return tw_value_list_merge(tw_list_of(into), mem, tw_const_list_of(from), -1);
}

void tw_list_destroy(const tw_aggregate *agg, char *state, tw_mem *mem) {
    (void)agg;
    tw_value_list_free(tw_list_of(state), mem);
}

void tw_list_write(const tw_aggregate *agg, const char *state, tw_buf *out) {
    (void)agg;
    tw_value_list_write(tw_const_list_of(state), out);
}

tw_status tw_list_read(const tw_aggregate *agg, char *state, tw_reader *in, tw_mem *mem) {
    return tw_value_list_read(tw_list_of(state), in, mem, tw_agg_bytes_sound, agg->arg_type);
}

/* ---- ARRAY_AGG ---- */

static tw_status array_update(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    return tw_list_update(in, true);
}

static tw_status array_update_ignoring(const tw_aggregate *agg, const tw_agg_input *in) {
    (void)agg;
    return tw_list_update(in, false);
}

static tw_status put_items(tw_agg_writer *writer, const tw_value_list *list) {
    const tw_sview *value;
    for (int32_t cursor = 0; tw_value_list_next(list, &cursor, &value);) TW_TRY(tw_agg_writer_put(writer, value));
    return TW_OK;
}

static tw_status array_result(const tw_aggregate *agg, const char *const *states, int32_t count, int32_t at, tw_column *out, tw_arena *arena) {
    (void)agg;
    int64_t total = 0;
    for (int32_t k = 0; k < count; k++) total += tw_value_list_count(tw_const_list_of(states[k]));
    if (total > INT32_MAX / 2 - out->offsets[at]) return TW_E_LIMIT;
    tw_agg_writer writer;
    tw_status status = TW_OK;
    TW_TRY(tw_agg_extend(arena, &out->children[0], out->offsets[at], (int32_t)total));
    TW_TRY(tw_agg_writer_open(&writer, arena, &out->children[0], out->offsets[at], (int32_t)total));
    for (int32_t k = 0; k < count && status == TW_OK; k++) {
        int32_t items = tw_value_list_count(tw_const_list_of(states[k]));
        status = put_items(&writer, tw_const_list_of(states[k]));
        out->offsets[at + k + 1] = out->offsets[at + k] + items;
        tw_agg_valid(out, at + k, items > 0);
    }
    return tw_agg_writer_close(&writer, status);
}

static const tw_aggregate ARRAY = TW_LIST_AGGREGATE("ARRAY_AGG", array_update, array_result);
static const tw_aggregate ARRAY_IGNORING = TW_LIST_AGGREGATE("ARRAY_AGG IGNORE NULLS", array_update_ignoring, array_result);

const tw_aggregate *tw_agg_array(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)args, (void)nargs, (void)retract;
    return &ARRAY;
}

const tw_aggregate *tw_agg_array_ignoring(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)args, (void)nargs, (void)retract;
    return &ARRAY_IGNORING;
}

tw_status tw_bind_array_agg(tw_bind *bind) {
    const tw_type *element = bind->args[0]->type;
    if (element->kind == TW_NULL || element->kind >= TW_SYMBOL) return tw_bind_mismatch(bind);
    element = tw_type_with_time(bind->arena, element, TW_NOT_TIME);
    return tw_bind_result_nullable(bind, tw_type_array(bind->arena, element), true);
}
