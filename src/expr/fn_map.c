/* MAP_KEYS, MAP_VALUES, MAP_ENTRIES, MAP_FROM_ARRAYS, MAP_UNION. */
#include "expr/comparable.h"
#include "expr/entries.h"
#include "expr/gather.h"

static const tw_type *map_of(const tw_bind *bind, int arg) {
    const tw_type *type = bind->args[arg]->type;
    return type->kind == TW_MAP ? type : NULL;
}

tw_status tw_bind_map_keys(tw_bind *bind) {
    const tw_type *map = map_of(bind, 0);
    if (!map) return tw_bind_mismatch(bind);
    return tw_bind_result(bind, tw_type_array(bind->arena, map->fields[0].type));
}
tw_status tw_bind_map_values(tw_bind *bind) {
    const tw_type *map = map_of(bind, 0);
    if (!map) return tw_bind_mismatch(bind);
    return tw_bind_result(bind, tw_type_array(bind->arena, map->fields[1].type));
}
tw_status tw_bind_map_entries(tw_bind *bind) {
    const tw_type *map = map_of(bind, 0);
    if (!map) return tw_bind_mismatch(bind);
    tw_field fields[2] = {{TW_STR("key"), map->fields[0].type}, {TW_STR("value"), map->fields[1].type}};
    return tw_bind_result(bind, tw_type_array(bind->arena, tw_type_row(bind->arena, fields, 2)));
}

/* Keys, values and entries are the map's own columns, seen as arrays. */
static bool as_list(tw_eval *eval, const tw_column *map, tw_column *out) {
    out->offsets = map->offsets;
    out->nchildren = 1;
    out->children = tw_arena_calloc(eval->arena, sizeof(tw_column));
    if (!out->children) tw_eval_nomem(eval);
    return out->children != NULL;
}
static void map_keys(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    if (as_list(eval, args[0], out)) out->children[0] = args[0]->children[0];
}
static void map_values(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    if (as_list(eval, args[0], out)) out->children[0] = args[0]->children[1];
}
static void map_entries(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    if (!as_list(eval, args[0], out)) return;
    out->children[0] = (tw_column){.type = call->result->fields[0].type, .phys = TW_PHYS_STRUCT, .nchildren = 2, .children = args[0]->children};
}
TW_KERNEL_ENTRY(tw_kernel_map_keys, map_keys)
TW_KERNEL_ENTRY(tw_kernel_map_values, map_values)
TW_KERNEL_ENTRY(tw_kernel_map_entries, map_entries)

/* ---- maps of parts ---- */

tw_status tw_bind_map_from_arrays(tw_bind *bind) {
    if (!tw_bind_matches(bind, "aa") || bind->args[0]->type->kind == TW_NULL || bind->args[1]->type->kind == TW_NULL) return tw_bind_mismatch(bind);
    const tw_type *key = bind->args[0]->type->fields[0].type, *value = bind->args[1]->type->fields[0].type;
    return tw_bind_result(bind, tw_type_map(bind->arena, key, value));
}

tw_status tw_bind_map_union(tw_bind *bind) {
    const tw_type *common = tw_bind_coerce_common(bind, 0);
    if (!common || common->kind != TW_MAP) return tw_bind_mismatch(bind);
    return tw_bind_result(bind, common);
}

typedef struct entries {
    tw_gather keys, values;
} entries;

/* Adds an entry to the row that began at `start`; a key that is there takes the new value. */
static bool put(entries *e, int32_t start, tw_items keys, tw_items values, int32_t k) {
    for (int32_t at = start; at < e->keys.count; at++) {
        if (!tw_values_same(e->keys.columns[at], e->keys.index[at], keys.items, keys.first + k)) continue;
        e->values.columns[at] = values.items;
        e->values.index[at] = values.first + k;
        return true;
    }
    return tw_gather_add(&e->keys, keys.items, keys.first + k) && tw_gather_add(&e->values, values.items, values.first + k);
}

static bool begin(tw_eval *eval, tw_column *out, entries *e) {
    e->keys = e->values = (tw_gather){.eval = eval};
    out->nchildren = 2;
    out->offsets = tw_arena_calloc(eval->arena, sizeof(int32_t) * ((size_t)eval->rows + 1));
    out->children = tw_arena_calloc(eval->arena, 2 * sizeof(tw_column));
    if (!out->offsets || !out->children) tw_eval_nomem(eval);
    return eval->status == TW_OK;
}

static void finish(tw_eval *eval, const tw_call *call, entries *e, int32_t next, tw_column *out) {
    for (; next <= eval->rows; next++) out->offsets[next] = e->keys.count;
    const tw_type *key = call->result->fields[0].type, *value = call->result->fields[1].type;
    if (tw_column_pick(eval, key, e->keys.columns, e->keys.index, e->keys.count, &out->children[0]))
        tw_column_pick(eval, value, e->values.columns, e->values.index, e->values.count, &out->children[1]);
}

static void from_arrays(TW_KERNEL_ARGS) {
    entries e;
    int32_t next = 0;
    if (!begin(eval, out, &e)) return;
    TW_EACH(rows, i, {
        for (; next <= i; next++) out->offsets[next] = e.keys.count;
        int32_t start = e.keys.count;
        tw_items keys = tw_items_of(args[0], 0, i);
        tw_items values = tw_items_of(args[1], 0, i);
        if (keys.count != values.count)
            tw_eval_fail(eval, call, i, TW_E_VALUE,
                         "invalid function MAP_FROM_ARRAYS call: the length of the keys array %d is not equal to the length of the "
                         "values array %d",
                         keys.count, values.count);
        for (int32_t k = 0; keys.count == values.count && k < keys.count; k++)
            if (!put(&e, start, keys, values, k)) return;
    });
    finish(eval, call, &e, next, out);
}
TW_KERNEL_ENTRY(tw_kernel_map_from_arrays, from_arrays)

static void map_union(TW_KERNEL_ARGS) {
    entries e;
    int32_t next = 0;
    if (!begin(eval, out, &e)) return;
    TW_EACH(rows, i, {
        for (; next <= i; next++) out->offsets[next] = e.keys.count;
        int32_t start = e.keys.count;
        for (int a = 0; a < call->expr->nargs; a++) {
            tw_items keys = tw_items_of(args[a], 0, i);
            tw_items values = tw_items_of(args[a], 1, i);
            for (int32_t k = 0; k < keys.count; k++)
                if (!put(&e, start, keys, values, k)) return;
        }
    });
    finish(eval, call, &e, next, out);
}
TW_KERNEL_ENTRY(tw_kernel_map_union, map_union)
