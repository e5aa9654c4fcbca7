#include "operator/partial.h"

tw_status tw_partials_open(tw_partials *p, tw_agg_set *set, const tw_type *input, tw_error *error) {
    if (!set->flat || set->ndistinct) return tw_fail(error, TW_E_CORRUPT, "an aggregation of partial accumulators whose accumulators are not flat");
    *p = (tw_partials){.set = set, .column = input->nfields - 1};
    p->index = TW_NEW_ARRAY(&set->arena, uint16_t, TW_BATCH_ROWS);
    p->blocks = TW_NEW_ARRAY(&set->arena, char *, TW_BATCH_ROWS);
    p->block = tw_arena_alloc(&set->arena, (size_t)set->size + 8);
    if (p->index && p->blocks && p->block) return TW_OK;
    return tw_fail(error, TW_E_NOMEM, "out of memory for an aggregation");
}

static const tw_sview *view_of(const tw_column *c, int32_t row) { return &((const tw_sview *)c->values)[c->constant ? 0 : row]; }

int64_t tw_partials_rows(const tw_partials *p, const tw_batch *batch, int32_t row) {
    const tw_column *c = &batch->columns[p->column];
    int64_t rows = 1;
    if (tw_column_null(c, row)) return rows;
    const tw_sview *view = view_of(c, row);
    if (view->length >= TW_PARTIAL_HEAD) memcpy(&rows, tw_sview_data(view), sizeof rows);
    return rows;
}

static tw_status merge(tw_partials *p, const tw_sview *partial, char *into) {
    size_t size = (size_t)p->set->size;
    if (partial->length != TW_PARTIAL_HEAD + size) return TW_E_CORRUPT;
    memcpy(p->block, tw_sview_data(partial) + TW_PARTIAL_HEAD, size);
    return tw_agg_set_merge(p->set, into, p->block);
}

tw_status tw_partials_update(tw_partials *p, const tw_batch *batch, tw_selection rows, char *const *block) {
    const tw_column *c = &batch->columns[p->column];
    int32_t n = 0;
    if (c->constant && tw_column_null(c, 0)) return tw_agg_set_update(p->set, NULL, batch, rows, block);
    for (int32_t k = 0; k < rows.count; k++) {
        int32_t row = tw_selected(&rows, k);
        if (!tw_column_null(c, row)) {
            TW_TRY(merge(p, view_of(c, row), block[k]));
            continue;
        }
        p->index[n] = (uint16_t)row;
        p->blocks[n++] = block[k];
    }
    return n ? tw_agg_set_update(p->set, NULL, batch, (tw_selection){p->index, n}, p->blocks) : TW_OK;
}
