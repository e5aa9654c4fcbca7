/* ROW, ARRAY, MAP: values put together from arguments; field and item access, CARDINALITY, ELEMENT. */
#include "expr/comparable.h"
#include "expr/entries.h"
#include "expr/kernel.h"

/* ---- constructors: binding ---- */

tw_status tw_bind_row(tw_bind *bind) {
    tw_field *fields = TW_NEW_ARRAY(bind->arena, tw_field, bind->nargs + 1);
    for (int i = 0; i < bind->nargs; i++) {
        fields[i].name = tw_str_of(tw_arena_printf(bind->arena, "EXPR$%d", i));
        fields[i].type = bind->args[i]->type;
    }
    return tw_bind_result_nullable(bind, tw_type_row(bind->arena, fields, bind->nargs), false);
}

tw_status tw_bind_array(tw_bind *bind) {
    const tw_type *element = tw_bind_coerce_common(bind, 0);
    if (!element) return tw_bind_mismatch(bind);
    return tw_bind_result_nullable(bind, tw_type_array(bind->arena, element), false);
}

/* Casts every second argument, from `first` on, to the common type. */
static const tw_type *coerce_alternate(tw_bind *bind, int first) {
    int count = bind->nargs / 2;
    const tw_type **types = TW_NEW_ARRAY(bind->arena, const tw_type *, count + 1);
    for (int i = 0; i < count; i++) types[i] = bind->args[2 * i + first]->type;
    const tw_type *common = tw_type_common_all(bind->arena, types, count);
    for (int i = 0; common && i < count; i++) tw_bind_coerce(bind, 2 * i + first, common);
    return common;
}

tw_status tw_bind_map(tw_bind *bind) {
    if (bind->nargs % 2 != 0) return tw_bind_mismatch(bind);
    const tw_type *key = coerce_alternate(bind, 0), *value = coerce_alternate(bind, 1);
    if (!key || !value) return tw_bind_mismatch(bind);
    return tw_bind_result_nullable(bind, tw_type_map(bind->arena, key, value), false);
}

/* ---- constructors: kernels ---- */

/* The children are the arguments' own columns. */
static void row_kernel(TW_KERNEL_ARGS) {
    int n = call->expr->nargs;
    out->nchildren = n;
    out->children = tw_arena_calloc(eval->arena, sizeof(tw_column) * (size_t)(n + 1));
    if (!out->children) {
        tw_eval_nomem(eval);
        return;
    }
    for (int i = 0; i < n; i++) {
        out->children[i] = *args[i];
        out->children[i].type = call->result->fields[i].type;
    }
}
TW_KERNEL_ENTRY(tw_kernel_row, row_kernel)

/* One child of a list whose rows all have `per_row` items: item j of a row is argument first + j * step. */
static bool collect(tw_eval *eval, tw_selection rows, const tw_column *const *args, int per_row, int first, int step, const tw_type *type,
                    tw_column *child) {
    size_t total = (size_t)rows.count * (size_t)per_row;
    const tw_column **columns = tw_arena_alloc(eval->arena, sizeof(void *) * (total + 1));
    int32_t *index = tw_arena_alloc(eval->arena, sizeof(int32_t) * (total + 1));
    if (!columns || !index) {
        tw_eval_nomem(eval);
        return false;
    }
    int32_t k = 0;
    TW_EACH(
        rows, i, for (int j = 0; j < per_row; j++) {
            columns[k] = args[first + j * step];
            index[k++] = i;
        });
    return tw_column_pick(eval, type, columns, index, k, child);
}

static bool uniform_offsets(tw_eval *eval, tw_selection rows, int per_row, tw_column *out) {
    out->offsets = tw_arena_calloc(eval->arena, sizeof(int32_t) * ((size_t)eval->rows + 1));
    out->children = tw_arena_calloc(eval->arena, sizeof(tw_column) * 2);
    if (!out->offsets || !out->children) {
        tw_eval_nomem(eval);
        return false;
    }
    TW_EACH(rows, i, out->offsets[i + 1] = per_row;);
    for (int32_t i = 0; i < eval->rows; i++) out->offsets[i + 1] += out->offsets[i];
    return true;
}

static void array_kernel(TW_KERNEL_ARGS) {
    int n = call->expr->nargs;
    out->nchildren = 1;
    if (uniform_offsets(eval, rows, n, out)) collect(eval, rows, args, n, 0, 1, call->result->fields[0].type, &out->children[0]);
}
TW_KERNEL_ENTRY(tw_kernel_array, array_kernel)

static void map_kernel(TW_KERNEL_ARGS) {
    int n = call->expr->nargs / 2;
    out->nchildren = 2;
    if (!uniform_offsets(eval, rows, n, out)) return;
    for (int c = 0; c < 2; c++)
        if (!collect(eval, rows, args, n, c, 2, call->result->fields[c].type, &out->children[c])) return;
}
TW_KERNEL_ENTRY(tw_kernel_map, map_kernel)

/* ---- access ---- */

tw_status tw_bind_field(tw_bind *bind) {
    int64_t index;
    const tw_type *row = bind->args[0]->type;
    if (row->kind != TW_ROW || !tw_bind_literal_int(bind, 1, &index) || index < 0 || index >= row->nfields) return tw_bind_mismatch(bind);
    const tw_type *field = row->fields[index].type;
    return tw_bind_result_nullable(bind, field, row->nullable || field->nullable);
}

/* row['name'] and row[1] are field accesses. */
static tw_status bind_row_item(tw_bind *bind) {
    const tw_type *row = bind->args[0]->type;
    tw_str name;
    int64_t index = -1;
    if (tw_bind_literal_str(bind, 1, &name))
        index = tw_type_field(row, name);
    else if (tw_bind_literal_int(bind, 1, &index))
        index--;
    if (index < 0 || index >= row->nfields)
        return tw_fail_at(bind->error, TW_E_UNDEFINED_COLUMN, bind->pos, "no such field in %s", tw_type_text(bind->arena, row));
    tw_value number = tw_value_of_int(tw_type_nullable(bind->arena, &TW_TYPE_INTEGER, false), index);
    const tw_expr **args = TW_NEW_ARRAY(bind->arena, const tw_expr *, 2);
    args[0] = bind->args[0];
    args[1] = tw_expr_literal(bind->arena, &number);
    bind->args = args;
    bind->function = tw_function_find(TW_STR("FIELD"));
    return tw_bind_field(bind);
}

tw_status tw_bind_item(tw_bind *bind) {
    const tw_type *type = bind->args[0]->type, *key = bind->args[1]->type;
    int64_t index;
    if (type->kind == TW_ROW) return bind_row_item(bind);
    if (type->kind == TW_ARRAY && (tw_kind_is_integer(key->kind) || key->kind == TW_NULL)) {
        if (tw_bind_literal_int(bind, 1, &index) && index < 1)
            return tw_fail_at(bind->error, TW_E_INVALID, bind->pos, "array element access needs an index starting at 1 but was %lld",
                              (long long)index);
        tw_bind_coerce(bind, 1, key->kind == TW_BIGINT ? key : &TW_TYPE_INTEGER);
        return tw_bind_result_nullable(bind, type->fields[0].type, true);
    }
    if (type->kind != TW_MAP || !tw_type_common(bind->arena, type->fields[0].type, key)) return tw_bind_mismatch(bind);
    tw_kind k = type->fields[0].type->kind;
    if (!tw_kind_is_text(k) || key->kind == TW_NULL) tw_bind_coerce(bind, 1, type->fields[0].type);
    return tw_bind_result_nullable(bind, type->fields[1].type, true);
}

/* The element number that item access finds in a row, or -1. */
static int32_t find_item(const tw_column *from, const tw_column *key, int32_t i) {
    int32_t first = from->offsets[tw_at(from, i)], end = from->offsets[tw_at(from, i) + 1];
    if (from->phys == TW_PHYS_LIST) {
        int64_t index = key->phys == TW_PHYS_I64 ? TW_ARG(int64_t, key, i) : TW_ARG(int32_t, key, i);
        return index >= 1 && index <= end - first ? first + (int32_t)index - 1 : -1;
    }
    for (int32_t e = first; e < end; e++)
        if (tw_values_same(&from->children[0], e, key, tw_at(key, i))) return e;
    return -1;
}

/* Puts element find(i) of each row into the result. */
static void pick_items(tw_eval *eval, const tw_call *call, tw_selection rows, const tw_column *const *args,
                       int32_t (*find)(const tw_column *, const tw_column *, int32_t), tw_column *out) {
    const tw_column *items = &args[0]->children[args[0]->phys == TW_PHYS_MAP ? 1 : 0];
    const tw_column *key = call->expr->nargs > 1 ? args[1] : NULL;
    if (out->phys < TW_PHYS_LIST) {
        TW_EACH(rows, i, {
            int32_t e = find(args[0], key, i);
            if (e < 0)
                tw_out_null(out, i);
            else
                tw_value_put(items, e, out, i);
        });
        return;
    }
    const tw_column **columns = tw_arena_calloc(eval->arena, sizeof(void *) * ((size_t)eval->rows + 1));
    int32_t *index = tw_arena_calloc(eval->arena, sizeof(int32_t) * ((size_t)eval->rows + 1));
    if (!columns || !index) {
        tw_eval_nomem(eval);
        return;
    }
    TW_EACH(rows, i, {
        index[i] = find(args[0], key, i);
        if (index[i] >= 0) columns[i] = items;
    });
    tw_column_pick(eval, call->result, columns, index, eval->rows, out);
}

static void item_kernel(TW_KERNEL_ARGS) { pick_items(eval, call, rows, args, find_item, out); }
TW_KERNEL_ENTRY(tw_kernel_item, item_kernel)

/* ---- size ---- */

tw_status tw_bind_cardinality(tw_bind *bind) {
    tw_kind kind = bind->args[0]->type->kind;
    if (kind != TW_ARRAY && kind != TW_MAP && kind != TW_MULTISET) return tw_bind_mismatch(bind);
    return tw_bind_result(bind, &TW_TYPE_INTEGER);
}

static void cardinality(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    const int32_t *offsets = args[0]->offsets;
    int32_t *o = out->values;
    TW_EACH(rows, i, const int32_t at = tw_at(args[0], i); o[i] = offsets[at + 1] - offsets[at];);
}
TW_KERNEL_ENTRY(tw_kernel_cardinality, cardinality)

tw_status tw_bind_element(tw_bind *bind) {
    const tw_type *type = bind->args[0]->type;
    if (type->kind != TW_ARRAY) return tw_bind_mismatch(bind);
    return tw_bind_result_nullable(bind, type->fields[0].type, true);
}

static int32_t only_item(const tw_column *from, const tw_column *key, int32_t i) {
    (void)key;
    int32_t at = tw_at(from, i);
    return from->offsets[at + 1] - from->offsets[at] == 1 ? from->offsets[at] : -1;
}

static void element(TW_KERNEL_ARGS) {
    const int32_t *offsets = args[0]->offsets;
    TW_EACH(rows, i, {
        int32_t at = tw_at(args[0], i);
        if (offsets[at + 1] - offsets[at] > 1) tw_eval_fail(eval, call, i, TW_E_VALUE, "array has more than one element");
    });
    pick_items(eval, call, rows, args, only_item, out);
}
TW_KERNEL_ENTRY(tw_kernel_element, element)
