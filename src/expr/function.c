/* The function table and the first step of binding a call: look-up, arity, the function's own `bind`. */
#include "expr/function.h"

#include <pthread.h>
#include <stdlib.h>

#include "expr/entries.h"

static const tw_function functions[] = {
#define X(name, flags, min, max, bind, kernel, aggregate, category, usage, doc) \
    {name, flags, min, max, bind, kernel, aggregate, category, usage, doc},
#include "expr/functions.def"
#undef X
};

enum { FUNCTION_COUNT = sizeof functions / sizeof functions[0] };

/* The order by name: computed once per process, read-only afterwards. */
static uint16_t by_name[FUNCTION_COUNT];
static pthread_once_t by_name_once = PTHREAD_ONCE_INIT;

static int compare_names(const void *a, const void *b) { return strcmp(functions[*(const uint16_t *)a].name, functions[*(const uint16_t *)b].name); }

static void sort_names(void) {
    for (int i = 0; i < FUNCTION_COUNT; i++) by_name[i] = (uint16_t)i;
    qsort(by_name, FUNCTION_COUNT, sizeof by_name[0], compare_names);
}

/* strcmp of an upper-case name and a text of any case. */
static int compare_nocase(tw_str text, const char *name) {
    for (size_t i = 0;; i++) {
        unsigned char n = (unsigned char)name[i];
        if (i == text.length) return n ? -1 : 0;
        unsigned char t = (unsigned char)text.data[i];
        if (t >= 'a' && t <= 'z') t = (unsigned char)(t - 32);
        if (t != n) return t < n ? -1 : 1;
    }
}

const tw_function *tw_function_find(tw_str name) {
    pthread_once(&by_name_once, sort_names);
    int low = 0, high = FUNCTION_COUNT;
    while (low < high) {
        int middle = (low + high) / 2;
        int order = compare_nocase(name, functions[by_name[middle]].name);
        if (order == 0) return &functions[by_name[middle]];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

int tw_function_count(void) { return FUNCTION_COUNT; }

const tw_function *tw_function_at(int index) {
    pthread_once(&by_name_once, sort_names);
    TW_ASSERT(index >= 0 && index < FUNCTION_COUNT);
    return &functions[by_name[index]];
}

const char *tw_function_nearest(tw_str name) {
    const char *names[FUNCTION_COUNT + 1] = {0};
    int count = 0;
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        const char c = functions[i].name[0];
        if (!(functions[i].flags & TW_FN_HIDDEN) && c >= 'A' && c <= 'Z') names[count++] = functions[i].name;
    }
    return tw_str_nearest(name, names, count);
}

static tw_status bad_arity(tw_bind *bind) {
    const tw_function *f = bind->function;
    tw_status status = tw_fail_at(bind->error, TW_E_UNDEFINED_FUNCTION, bind->pos, "invalid number of arguments to function '%s': %d given", f->name,
                                  bind->nargs);
    tw_error_detail(bind->error, "Supported form(s): %s", f->usage);
    return status;
}

/* -5 is a literal, so that functions see it as one; NULL when it is not a number that can be negated in its type. */
static const tw_expr *negated_literal(const tw_bind *bind) {
    if (strcmp(bind->function->name, "NEGATE") != 0 || bind->args[0]->kind != TW_EXPR_LITERAL) return NULL;
    tw_value value = *bind->args[0]->literal;
    if (value.null) return NULL;
    switch (tw_type_phys(value.type)) {
    case TW_PHYS_I32:
    case TW_PHYS_I64: value.u.i = value.u.i == INT64_MIN ? value.u.i : -value.u.i; break;
    case TW_PHYS_I128: value.u.d = -value.u.d; break;
    case TW_PHYS_F64: value.u.f = -value.u.f; break;
    default: return NULL;
    }
    if (value.type->kind == TW_INTEGER && value.u.i > INT32_MAX) return NULL;
    tw_expr *literal = (tw_expr *)tw_expr_literal(bind->arena, &value);
    literal->pos = bind->pos;
    return literal;
}

tw_status tw_function_call(tw_bind *bind, const tw_expr **out) {
    const tw_function *f = bind->function;
    if (bind->nargs < f->min_args || (f->max_args >= 0 && bind->nargs > f->max_args)) return bad_arity(bind);
    bind->result = NULL;
    TW_TRY(f->bind(bind));
    const tw_expr *literal = negated_literal(bind);
    if (literal) {
        *out = literal;
        return TW_OK;
    }
    tw_expr *call = (tw_expr *)tw_expr_call(bind->arena, bind->function, bind->result, bind->args, bind->nargs);
    call->pos = bind->pos;
    *out = call;
    return TW_OK;
}
