/* value IN (list). A list of constants becomes a hash set at the first batch; anything else is compared one by one.
 *
 * The set is open-addressing over item numbers, at most half full. Integers (and what lies in memory as one) are looked up without
 * calling through the generic hash. */
#include "expr/comparable.h"
#include "expr/entries.h"
#include "expr/kernel.h"

typedef struct in_set {
    bool ready, constant, has_null;
    uint32_t mask;
    int32_t *slots;    /* argument number, 0 for empty (argument 0 is the value looked for) */
    uint64_t *numbers; /* integers: the value in each used slot */
} in_set;

/* Texts in the list of a number or BOOLEAN become such values, numbers in the list of a text become texts. */
static void list_like_first(tw_bind *bind) {
    const tw_type *first = bind->args[0]->type;
    bool text = tw_kind_is_text(first->kind);
    for (int i = 0; i < bind->nargs; i++) { /* none is touched when some do not fit: the message shows the types as written */
        tw_kind kind = bind->args[i]->type->kind;
        if (!tw_kind_is_text(kind) && !tw_kind_is_numeric(kind) && kind != TW_BOOLEAN && kind != TW_NULL) return;
    }
    for (int i = 1; i < bind->nargs; i++) {
        tw_kind kind = bind->args[i]->type->kind;
        if (text ? tw_kind_is_numeric(kind) : tw_kind_is_text(kind)) tw_bind_coerce(bind, i, text ? &TW_TYPE_STRING : first);
    }
}

tw_status tw_bind_in(tw_bind *bind) {
    list_like_first(bind);
    if (!tw_bind_comparable(bind, 0, bind->nargs)) return tw_bind_mismatch(bind);
    return tw_bind_result(bind, &TW_TYPE_BOOLEAN);
}

static bool is_integer(tw_phys phys) { return phys >= TW_PHYS_BOOL && phys <= TW_PHYS_I64; }

static uint64_t load_integer(const tw_column *c, int32_t i) {
    switch (c->phys) {
    case TW_PHYS_BOOL: return TW_ARG(uint8_t, c, i);
    case TW_PHYS_I8: return (uint64_t)(int64_t)TW_ARG(int8_t, c, i);
    case TW_PHYS_I16: return (uint64_t)(int64_t)TW_ARG(int16_t, c, i);
    case TW_PHYS_I32: return (uint64_t)(int64_t)TW_ARG(int32_t, c, i);
    default: return (uint64_t)TW_ARG(int64_t, c, i);
    }
}

static void insert(in_set *set, const tw_column *const *args, int item) {
    const tw_column *c = args[item];
    bool integer = is_integer(args[0]->phys);
    uint64_t number = integer ? load_integer(c, 0) : 0;
    uint64_t hash = integer ? tw_hash_u64(number) : tw_value_hash(c, 0);
    uint32_t at = (uint32_t)hash & set->mask;
    while (set->slots[at]) at = (at + 1) & set->mask;
    set->slots[at] = item;
    set->numbers[at] = number;
}

static bool prepare(tw_eval *eval, const tw_call *call, in_set *set, const tw_column *const *args) {
    int nargs = call->expr->nargs;
    set->ready = true;
    for (int a = 1; a < nargs; a++) /* a column that is constant in this batch may be another in the next: behind UNION ALL */
        if (call->expr->args[a]->kind != TW_EXPR_LITERAL || !args[a]->constant || (!tw_column_null(args[a], 0) && args[a]->phys != args[0]->phys))
            return true;
    uint32_t size = 4;
    while (size < 2 * (uint32_t)nargs) size *= 2;
    set->mask = size - 1;
    set->slots = tw_arena_calloc(call->memo->arena, size * sizeof *set->slots);
    set->numbers = tw_arena_calloc(call->memo->arena, size * sizeof *set->numbers);
    if (!set->slots || !set->numbers) {
        tw_eval_nomem(eval);
        return false;
    }
    set->constant = true;
    for (int a = 1; a < nargs; a++) {
        if (tw_column_null(args[a], 0))
            set->has_null = true;
        else
            insert(set, args, a);
    }
    return true;
}

static bool set_has(const in_set *set, const tw_column *const *args, int32_t i) {
    uint64_t hash = tw_value_hash(args[0], tw_at(args[0], i));
    for (uint32_t at = (uint32_t)hash & set->mask; set->slots[at]; at = (at + 1) & set->mask)
        if (tw_values_same(args[0], i, args[set->slots[at]], 0)) return true;
    return false;
}

static bool set_has_integer(const in_set *set, uint64_t number) {
    for (uint32_t at = (uint32_t)tw_hash_u64(number) & set->mask; set->slots[at]; at = (at + 1) & set->mask)
        if (set->numbers[at] == number) return true;
    return false;
}

/* 1: in the list, 0: not, -1: unknown. */
static int compare_all(const tw_call *call, const tw_column *const *args, int32_t i) {
    int answer = 0;
    for (int a = 1; a < call->expr->nargs; a++) {
        if (tw_column_null(args[a], i))
            answer = -1;
        else if (tw_values_same(args[0], i, args[a], i))
            return 1;
    }
    return answer;
}

static void in(TW_KERNEL_ARGS) {
    in_set *set = tw_call_memo(eval, call, sizeof *set, NULL);
    if (!set || (!set->ready && !prepare(eval, call, set, args))) return;
    bool integer = is_integer(args[0]->phys);
    uint8_t *o = out->values;
    TW_EACH(rows, i, {
        int answer;
        if (tw_column_null(args[0], i))
            answer = -1;
        else if (!set->constant)
            answer = compare_all(call, args, i);
        else if (integer ? set_has_integer(set, load_integer(args[0], i)) : set_has(set, args, i))
            answer = 1;
        else
            answer = set->has_null ? -1 : 0;
        o[i] = answer > 0;
        if (answer < 0) tw_out_null(out, i);
    });
}
TW_KERNEL_ENTRY(tw_kernel_in, in)
