/* What kernels share at run time: errors, string and nested results, memos. See kernel.h. */
#include "expr/kernel.h"

#include <stdio.h>

#include "data/builder.h"

void tw_eval_fail(tw_eval *eval, const tw_call *call, int32_t row, tw_status status, const char *format, ...) {
    tw_row_errors *errors = eval->errors;
    if (tw_bit_get(errors->bits, row)) return;
    tw_bit_set(errors->bits, row);
    if (errors->count++ > 0) return;
    errors->first_row = row;
    va_list list;
    va_start(list, format);
    char text[sizeof errors->first.message];
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    tw_fail_at(&errors->first, status, call->expr->pos, "%s", text);
}

void tw_eval_nomem(tw_eval *eval) { eval->status = TW_E_NOMEM; }

char *tw_out_room(tw_eval *eval, size_t length) {
    char *room = tw_arena_alloc(eval->arena, length ? length : 1);
    if (!room) tw_eval_nomem(eval);
    return room;
}

void tw_out_copy(tw_eval *eval, tw_column *out, int32_t row, const char *data, size_t length) {
    if (length > TW_SVIEW_INLINE) {
        char *room = tw_out_room(eval, length);
        if (!room) {
            tw_out_view(out, row, "", 0);
            return;
        }
        memcpy(room, data, length);
        data = room;
    }
    tw_out_view(out, row, data, length);
}

void *tw_call_memo(tw_eval *eval, const tw_call *call, size_t size, void (*close)(void *memo)) {
    tw_memo *memo = call->memo;
    if (memo->state) return memo->state;
    memo->state = tw_arena_calloc(memo->arena, size);
    if (!memo->state)
        tw_eval_nomem(eval);
    else
        memo->close = close;
    return memo->state;
}

void tw_kernel_alias(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_ASSERT(!"an alias is not called");
}

static bool no_memory(tw_eval *eval, tw_status status) {
    if (status != TW_OK) tw_eval_nomem(eval);
    return status == TW_OK;
}

static const tw_type multiset_count = {.kind = TW_INTEGER};

static const tw_type *child_type(const tw_type *type, int i) { return type->kind == TW_MULTISET && i == 1 ? &multiset_count : type->fields[i].type; }

static int child_count(const tw_type *type) { return type->kind == TW_MULTISET ? 2 : type->nfields; }

/* Children of `out` by its type, with room for `count` values each. */
static bool alloc_children(tw_eval *eval, tw_column *out, int32_t count) {
    out->nchildren = child_count(out->type);
    out->children = tw_arena_calloc(eval->arena, sizeof(tw_column) * (size_t)(out->nchildren + 1));
    if (!out->children) return no_memory(eval, TW_E_NOMEM);
    for (int i = 0; i < out->nchildren; i++) {
        tw_column *child = &out->children[i];
        if (!no_memory(eval, tw_column_alloc(eval->arena, child_type(out->type, i), count, true, child))) return false;
        if (child->phys == TW_PHYS_STR) memset(child->values, 0, sizeof(tw_sview) * (size_t)count);
    }
    return true;
}

bool tw_list_begin(tw_list_out *list, tw_eval *eval, tw_column *out, int32_t total) {
    out->offsets = tw_arena_calloc(eval->arena, sizeof(int32_t) * ((size_t)eval->rows + 1));
    if (!out->offsets) return no_memory(eval, TW_E_NOMEM);
    if (!alloc_children(eval, out, total)) return false;
    *list = (tw_list_out){.out = out, .items = out->children, .capacity = total, .rows = eval->rows};
    return true;
}

void tw_list_row(tw_list_out *list, int32_t row) {
    for (; list->row <= row; list->row++) list->out->offsets[list->row] = list->length;
}

void tw_list_end(tw_list_out *list) {
    TW_ASSERT(list->length <= list->capacity);
    tw_list_row(list, list->rows);
}

bool tw_struct_begin(tw_eval *eval, tw_column *out, int32_t count) { return alloc_children(eval, out, count); }

static void put_null(tw_column *to, int32_t at) {
    size_t width = (size_t)tw_phys_width(to->phys);
    if (to->validity) tw_bit_clear(to->validity, at);
    if (width) memset((char *)to->values + (size_t)at * width, 0, width);
}

void tw_value_put(const tw_column *from, int32_t i, tw_column *to, int32_t at) {
    if (tw_column_null(from, i)) {
        put_null(to, at);
        return;
    }
    i = tw_at(from, i);
    switch (tw_phys_width(to->phys)) {
    case 1: TW_OUT(uint8_t, to, at) = ((const uint8_t *)from->values)[i]; break;
    case 2: TW_OUT(uint16_t, to, at) = ((const uint16_t *)from->values)[i]; break;
    case 4: TW_OUT(uint32_t, to, at) = ((const uint32_t *)from->values)[i]; break;
    case 8: TW_OUT(uint64_t, to, at) = ((const uint64_t *)from->values)[i]; break;
    case 16: memcpy((char *)to->values + (size_t)at * 16, (const char *)from->values + (size_t)i * 16, 16); break;
    default: break;
    }
}

/* The sources of the values that a nested pick gathers: one column and row per result row. */
typedef struct pick {
    const tw_column **columns;
    int32_t *index;
    int32_t count;
} pick;

static bool pick_alloc(tw_eval *eval, pick *p, int32_t count) {
    p->columns = tw_arena_alloc(eval->arena, sizeof(void *) * ((size_t)count + 1));
    p->index = tw_arena_alloc(eval->arena, sizeof(int32_t) * ((size_t)count + 1));
    p->count = 0;
    return no_memory(eval, p->columns && p->index ? TW_OK : TW_E_NOMEM);
}

static bool pick_struct(tw_eval *eval, const tw_type *type, const pick *from, tw_column *to) {
    pick fields;
    if (!pick_alloc(eval, &fields, from->count)) return false;
    to->nchildren = type->nfields;
    to->children = tw_arena_calloc(eval->arena, sizeof(tw_column) * (size_t)(type->nfields + 1));
    if (!to->children) return no_memory(eval, TW_E_NOMEM);
    for (int f = 0; f < type->nfields; f++) {
        for (int32_t k = 0; k < from->count; k++) {
            const tw_column *c = from->columns[k];
            bool null = !c || tw_column_null(c, from->index[k]);
            fields.columns[k] = null ? NULL : &c->children[f];
            fields.index[k] = null ? 0 : tw_at(c, from->index[k]);
        }
        if (!tw_column_pick(eval, type->fields[f].type, fields.columns, fields.index, from->count, &to->children[f])) return false;
    }
    return true;
}

/* Offsets of the result and how many elements it has. */
static int64_t pick_offsets(const pick *from, int32_t *offsets) {
    int64_t total = 0;
    for (int32_t k = 0; k < from->count; k++) {
        offsets[k] = (int32_t)total;
        const tw_column *c = from->columns[k];
        if (!c || tw_column_null(c, from->index[k])) continue;
        int32_t i = tw_at(c, from->index[k]);
        total += c->offsets[i + 1] - c->offsets[i];
        if (total > INT32_MAX) return -1;
    }
    offsets[from->count] = (int32_t)total;
    return total;
}

static void list_elements(const pick *from, int child, pick *items) {
    items->count = 0;
    for (int32_t k = 0; k < from->count; k++) {
        const tw_column *c = from->columns[k];
        if (!c || tw_column_null(c, from->index[k])) continue;
        int32_t i = tw_at(c, from->index[k]);
        for (int32_t e = c->offsets[i]; e < c->offsets[i + 1]; e++) {
            items->columns[items->count] = &c->children[child];
            items->index[items->count++] = e;
        }
    }
}

static bool pick_list(tw_eval *eval, const tw_type *type, const pick *from, tw_column *to) {
    to->offsets = tw_arena_alloc(eval->arena, sizeof(int32_t) * ((size_t)from->count + 1));
    to->nchildren = child_count(type);
    to->children = tw_arena_calloc(eval->arena, sizeof(tw_column) * (size_t)to->nchildren);
    if (!to->offsets || !to->children) return no_memory(eval, TW_E_NOMEM);
    int64_t total = pick_offsets(from, to->offsets);
    pick items;
    if (total < 0 || !pick_alloc(eval, &items, (int32_t)total)) return no_memory(eval, TW_E_NOMEM);
    for (int c = 0; c < to->nchildren; c++) {
        list_elements(from, c, &items);
        if (!tw_column_pick(eval, child_type(type, c), items.columns, items.index, items.count, &to->children[c])) return false;
    }
    return true;
}

bool tw_column_pick(tw_eval *eval, const tw_type *type, const tw_column *const *columns, const int32_t *index, int32_t count, tw_column *to) {
    tw_phys phys = tw_type_phys(type);
    pick from = {(const tw_column **)columns, (int32_t *)index, count};
    bool nested = phys == TW_PHYS_LIST || phys == TW_PHYS_MAP || phys == TW_PHYS_STRUCT;
    if (!nested && !no_memory(eval, tw_column_alloc(eval->arena, type, count, true, to))) return false;
    if (nested) {
        *to = (tw_column){.type = type, .phys = phys};
        to->validity = tw_arena_alloc(eval->arena, (size_t)TW_BITS_WORDS(count) * 8 + 8);
        if (!to->validity) return no_memory(eval, TW_E_NOMEM);
        tw_bits_fill(to->validity, count, true);
    }
    for (int32_t k = 0; k < count; k++) {
        bool null = !columns[k] || tw_column_null(columns[k], index[k]);
        if (null && to->validity) tw_bit_clear(to->validity, k);
        if (nested) continue;
        if (null)
            put_null(to, k);
        else
            tw_value_put(columns[k], index[k], to, k);
    }
    if (phys == TW_PHYS_STRUCT) return pick_struct(eval, type, &from, to);
    return nested ? pick_list(eval, type, &from, to) : true;
}
