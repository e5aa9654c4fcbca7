/* Array functions that give arrays: ARRAY_APPEND, PREPEND, REMOVE, DISTINCT, REVERSE, SLICE, SORT, CONCAT, UNION, EXCEPT,
 * INTERSECT. Elements are equal as in grouping (NULL equals NULL). */
#include <stdlib.h>

#include "expr/comparable.h"
#include "expr/entries.h"
#include "expr/gather.h"

/* ---- binding ---- */

static bool is_array(const tw_bind *bind, int arg) { return bind->args[arg]->type->kind == TW_ARRAY; }

/* Array 0 and value 1 to one element type, nullable when the value may be and `widen`. */
static bool coerce_element(tw_bind *bind, bool widen) {
    if (!is_array(bind, 0)) return false;
    const tw_type *element = bind->args[0]->type->fields[0].type, *value = bind->args[1]->type;
    const tw_type *common = tw_type_common(bind->arena, element, value);
    if (!common) return false;
    const tw_type *type = tw_type_nullable(bind->arena, common, element->nullable || (widen && value->nullable));
    tw_bind_coerce(bind, 0, tw_type_array(bind->arena, type));
    tw_bind_coerce(bind, 1, common);
    if (widen) bind->result = tw_type_array(bind->arena, type);
    return true;
}

tw_status tw_bind_array_add(tw_bind *bind) {
    if (!coerce_element(bind, true)) return tw_bind_mismatch(bind);
    return tw_bind_result_nullable(bind, bind->result, bind->args[0]->type->nullable);
}

tw_status tw_bind_array_remove(tw_bind *bind) {
    if (!coerce_element(bind, false)) return tw_bind_mismatch(bind);
    return tw_bind_result_nullable(bind, bind->args[0]->type, bind->args[0]->type->nullable);
}

tw_status tw_bind_array_search(tw_bind *bind) {
    if (!coerce_element(bind, false)) return tw_bind_mismatch(bind);
    bool contains = strcmp(bind->function->name, "ARRAY_CONTAINS") == 0;
    if (contains) return tw_bind_result_nullable(bind, &TW_TYPE_BOOLEAN, bind->args[0]->type->nullable);
    return tw_bind_result(bind, &TW_TYPE_INTEGER);
}

tw_status tw_bind_array_same(tw_bind *bind) { return tw_bind_signature_as(bind, "a", 0); }
tw_status tw_bind_array_slice(tw_bind *bind) { return tw_bind_signature_as(bind, "ai|i", 0); }
tw_status tw_bind_array_sort(tw_bind *bind) { return tw_bind_signature_as(bind, "a|BB", 0); }

tw_status tw_bind_arrays(tw_bind *bind) {
    for (int i = 0; i < bind->nargs; i++)
        if (!is_array(bind, i) && bind->args[i]->type->kind != TW_NULL) return tw_bind_mismatch(bind);
    const tw_type *common = tw_bind_coerce_common(bind, 0);
    if (!common || common->kind != TW_ARRAY) return tw_bind_mismatch(bind);
    return tw_bind_result(bind, common);
}

/* ---- rows ---- */

static bool same(tw_items a, int32_t i, tw_items b, int32_t j) { return tw_values_same(a.items, a.first + i, b.items, b.first + j); }
static bool has(tw_items set, tw_items from, int32_t item) {
    for (int32_t k = 0; k < set.count; k++)
        if (same(set, k, from, item)) return true;
    return false;
}
/* Is item k the first of its kind in the list? */
static bool first_of_kind(tw_items list, int32_t k) {
    tw_items before = {list.items, list.first, k};
    return !has(before, list, k);
}

static bool append(tw_gather *g, const tw_call *call, const tw_column *const *args, int32_t i) {
    if (tw_column_null(args[0], i)) return false;
    return tw_gather_items(g, tw_items_of(args[0], 0, i)) && tw_gather_add(g, args[1], i);
}
static bool prepend(tw_gather *g, const tw_call *call, const tw_column *const *args, int32_t i) {
    if (tw_column_null(args[0], i)) return false;
    return tw_gather_add(g, args[1], i) && tw_gather_items(g, tw_items_of(args[0], 0, i));
}
static bool drop(tw_gather *g, const tw_call *call, const tw_column *const *args, int32_t i) {
    if (tw_column_null(args[0], i)) return false;
    tw_items items = tw_items_of(args[0], 0, i);
    for (int32_t k = 0; k < items.count; k++) {
        if (tw_values_same(items.items, items.first + k, args[1], i)) continue;
        if (!tw_gather_add(g, items.items, items.first + k)) return false;
    }
    return true;
}
static bool distinct(tw_gather *g, const tw_call *call, const tw_column *const *args, int32_t i) {
    tw_items items = tw_items_of(args[0], 0, i);
    for (int32_t k = 0; k < items.count; k++)
        if (first_of_kind(items, k) && !tw_gather_add(g, items.items, items.first + k)) return false;
    return true;
}
static bool reverse(tw_gather *g, const tw_call *call, const tw_column *const *args, int32_t i) {
    tw_items items = tw_items_of(args[0], 0, i);
    for (int32_t k = items.count; k-- > 0;)
        if (!tw_gather_add(g, items.items, items.first + k)) return false;
    return true;
}
static bool concat(tw_gather *g, const tw_call *call, const tw_column *const *args, int32_t i) {
    for (int a = 0; a < call->expr->nargs; a++)
        if (!tw_gather_items(g, tw_items_of(args[a], 0, i))) return false;
    return true;
}

/* Positions count from 1, negative ones from the end; both ends are included. */
static bool slice(tw_gather *g, const tw_call *call, const tw_column *const *args, int32_t i) {
    tw_items items = tw_items_of(args[0], 0, i);
    int64_t from = TW_ARG(int32_t, args[1], i), to = call->expr->nargs > 2 ? TW_ARG(int32_t, args[2], i) : items.count;
    if (from < 0) from += items.count + 1;
    if (to < 0)
        to += items.count + 1;
    else if (to == 0)
        to = 1;
    if (from < 1) from = 1;
    if (to > items.count) to = items.count;
    if (from > to) return true;
    items.first += (int32_t)from - 1;
    items.count = (int32_t)(to - from + 1);
    return tw_gather_items(g, items);
}

static bool unite(tw_gather *g, const tw_call *call, const tw_column *const *args, int32_t i) {
    tw_items a = tw_items_of(args[0], 0, i), b = tw_items_of(args[1], 0, i);
    if (!distinct(g, call, args, i)) return false;
    for (int32_t k = 0; k < b.count; k++)
        if (first_of_kind(b, k) && !has(a, b, k) && !tw_gather_add(g, b.items, b.first + k)) return false;
    return true;
}
static bool filter_by(tw_gather *g, const tw_column *const *args, int32_t i, bool present) {
    tw_items a = tw_items_of(args[0], 0, i), b = tw_items_of(args[1], 0, i);
    for (int32_t k = 0; k < a.count; k++)
        if (has(b, a, k) == present && first_of_kind(a, k) && !tw_gather_add(g, a.items, a.first + k)) return false;
    return true;
}
static bool except(tw_gather *g, const tw_call *call, const tw_column *const *args, int32_t i) { return filter_by(g, args, i, false); }
static bool intersect(tw_gather *g, const tw_call *call, const tw_column *const *args, int32_t i) { return filter_by(g, args, i, true); }

/* ---- ARRAY_SORT ---- */

typedef struct order {
    const tw_column *items;
    bool descending, nulls_last;
} order;

static int compare_items(const void *a, const void *b, void *context) {
    const order *o = context;
    int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    bool na = tw_column_null(o->items, i), nb = tw_column_null(o->items, j);
    if (na || nb) return na == nb ? i - j : na == o->nulls_last ? 1 : -1;
    int c = tw_value_compare(o->items, i, o->items, j);
    if (c == 0) return i < j ? -1 : 1;
    return o->descending ? -c : c;
}

static bool sort(tw_gather *g, const tw_call *call, const tw_column *const *args, int32_t i) {
    int nargs = call->expr->nargs;
    tw_items items = tw_items_of(args[0], 0, i);
    order o = {.items = items.items, .descending = nargs > 1 && !TW_ARG(uint8_t, args[1], i)};
    o.nulls_last = nargs > 2 ? !TW_ARG(uint8_t, args[2], i) : o.descending;
    int32_t start = g->count;
    if (!tw_gather_items(g, items)) return false;
    qsort_r(g->index + start, (size_t)items.count, sizeof(int32_t), compare_items, &o);
    return true;
}

#define ARRAY_KERNEL(name, row)                                                                      \
    static void name##_kernel(TW_KERNEL_ARGS) { tw_gather_array(eval, call, rows, args, row, out); } \
    TW_KERNEL_ENTRY(tw_kernel_array_##name, name##_kernel)
ARRAY_KERNEL(append, append)
ARRAY_KERNEL(prepend, prepend)
ARRAY_KERNEL(remove, drop)
ARRAY_KERNEL(distinct, distinct)
ARRAY_KERNEL(reverse, reverse)
ARRAY_KERNEL(concat, concat)
ARRAY_KERNEL(slice, slice)
ARRAY_KERNEL(union, unite)
ARRAY_KERNEL(except, except)
ARRAY_KERNEL(intersect, intersect)
ARRAY_KERNEL(sort, sort)
