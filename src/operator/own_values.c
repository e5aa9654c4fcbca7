#include "operator/own_values.h"

void tw_own_values_init(tw_own_values *v, tw_agg_set *set, const tw_task_context *task) {
    *v = (tw_own_values){.set = set, .task = task};
    tw_slices_init(&v->slices, set, TW_SLICE_SHARED);
}

void tw_own_values_close(tw_own_values *v) { tw_slices_close(&v->slices); }

static tw_slice *slice_of(tw_own_values *v, tw_own_values_ref *ref) {
    if (!ref->slice && ref->number) ref->slice = tw_slices_find(&v->slices, ref->number);
    return ref->slice;
}

static tw_status need(tw_own_values *v, tw_own_values_ref *ref) {
    bool made;
    if (slice_of(v, ref)) return TW_OK;
    if (!ref->number) ref->number = ++v->sequence * TW_KEY_GROUPS + v->task->instance;
    return tw_slices_need(&v->slices, 0, ref->number, &ref->slice, &made);
}

tw_status tw_own_values_update(tw_own_values *v, tw_own_values_ref *ref, const tw_batch *batch, tw_selection rows, char *const *blocks) {
    if (!v->set->ndistinct) return tw_agg_set_update(v->set, NULL, batch, rows, blocks);
    TW_TRY(need(v, ref));
    return tw_agg_set_update(v->set, &ref->slice->scope, batch, rows, blocks);
}

/* The only key of a window's values is the window's. */
static tw_status only_block(void *context, const tw_keys *keys, char **blocks) {
    for (int32_t k = 0; k < keys->count; k++) blocks[k] = context;
    return TW_OK;
}

tw_status tw_own_values_merge(tw_own_values *v, tw_own_values_ref *into, char *into_block, tw_own_values_ref *from, const char *from_block) {
    TW_TRY(tw_agg_set_merge(v->set, into_block, from_block));
    if (!v->set->ndistinct || !slice_of(v, from)) return TW_OK;
    TW_TRY(need(v, into));
    return tw_agg_scope_merge(v->set, &into->slice->scope, &from->slice->scope, only_block, into_block);
}

void tw_own_values_drop(tw_own_values *v, tw_own_values_ref *ref) {
    tw_slice *slice = v->restoring ? NULL : slice_of(v, ref);
    if (slice) v->nunused += !slice->fired;
    if (slice) slice->fired = true;
    *ref = (tw_own_values_ref){0, NULL};
}

tw_status tw_own_values_collect(tw_own_values *v) {
    for (int32_t i = v->slices.count - 1; i >= 0 && v->nunused > 0; i--) {
        if (!tw_slices_at(&v->slices, i)->fired) continue;
        TW_TRY(tw_slices_drop(&v->slices, i));
        v->nunused--;
    }
    return TW_OK;
}

tw_status tw_own_values_snapshot(tw_own_values *v, const tw_snapshot_out *out) {
    TW_TRY(tw_own_values_collect(v));
    return tw_slices_snapshot(&v->slices, out);
}

tw_status tw_own_values_apply(tw_own_values *v, int64_t number, const tw_chunk_record *record, tw_error *error) {
    tw_slice *slice;
    bool made;
    if (record->op == 3) return tw_slices_clear(&v->slices, number, 0, TW_KEY_GROUPS, error);
    if (!tw_owns_group(v->task, record->group)) return TW_OK;
    if (tw_slices_need(&v->slices, 0, number, &slice, &made) != TW_OK) return tw_fail(error, TW_E_NOMEM, "out of memory while restoring state");
    slice->saved = true;
    return tw_agg_scope_apply(v->set, &slice->scope, record, error);
}
