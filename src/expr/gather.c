/* See gather.h. */
#include "expr/gather.h"

static bool grow(tw_gather *g) {
    int32_t capacity = g->capacity ? 2 * g->capacity : 256;
    const tw_column **columns = NULL;
    int32_t *index = NULL;
    if (g->capacity < INT32_MAX / 2) {
        columns = tw_arena_alloc(g->eval->arena, sizeof(void *) * (size_t)capacity);
        index = tw_arena_alloc(g->eval->arena, sizeof(int32_t) * (size_t)capacity);
    }
    if (!columns || !index) {
        tw_eval_nomem(g->eval);
        return false;
    }
    if (g->count) memcpy(columns, g->columns, sizeof(void *) * (size_t)g->count);
    if (g->count) memcpy(index, g->index, sizeof(int32_t) * (size_t)g->count);
    g->columns = columns;
    g->index = index;
    g->capacity = capacity;
    return true;
}

bool tw_gather_add(tw_gather *g, const tw_column *column, int32_t index) {
    if (g->count == g->capacity && !grow(g)) return false;
    g->columns[g->count] = column;
    g->index[g->count++] = index;
    return true;
}

bool tw_gather_items(tw_gather *g, tw_items items) {
    for (int32_t k = 0; k < items.count; k++)
        if (!tw_gather_add(g, items.items, items.first + k)) return false;
    return true;
}

void tw_gather_array(tw_eval *eval, const tw_call *call, tw_selection rows, const tw_column *const *args, tw_row_gather gather, tw_column *out) {
    tw_gather g = {.eval = eval};
    out->nchildren = 1;
    out->offsets = tw_arena_calloc(eval->arena, sizeof(int32_t) * ((size_t)eval->rows + 1));
    out->children = tw_arena_calloc(eval->arena, sizeof(tw_column));
    if (!out->offsets || !out->children) {
        tw_eval_nomem(eval);
        return;
    }
    int32_t next = 0;
    TW_EACH(rows, i, {
        for (; next <= i; next++) out->offsets[next] = g.count;
        if (!gather(&g, call, args, i)) tw_out_null(out, i);
        if (eval->status != TW_OK) return;
    });
    for (; next <= eval->rows; next++) out->offsets[next] = g.count;
    tw_column_pick(eval, call->result->fields[0].type, g.columns, g.index, g.count, &out->children[0]);
}
