/* Shared bind helpers, see bindlib.h. */
#include "expr/bindlib.h"

const tw_value *tw_bind_literal(const tw_bind *bind, int arg) {
    if (arg >= bind->nargs) return NULL;
    const tw_expr *e = bind->args[arg];
    return e->kind == TW_EXPR_LITERAL ? e->literal : NULL;
}

bool tw_bind_literal_str(const tw_bind *bind, int arg, tw_str *out) {
    const tw_value *v = tw_bind_literal(bind, arg);
    if (!v || v->null || tw_type_phys(v->type) != TW_PHYS_STR) return false;
    *out = v->u.str;
    return true;
}

bool tw_bind_literal_int(const tw_bind *bind, int arg, int64_t *out) {
    const tw_value *v = tw_bind_literal(bind, arg);
    if (!v || v->null || !(tw_kind_is_integer(v->type->kind) || v->type->kind == TW_SYMBOL)) return false;
    *out = v->u.i;
    return true;
}

bool tw_bind_any_nullable(const tw_bind *bind) {
    for (int i = 0; i < bind->nargs; i++)
        if (bind->args[i]->type->nullable && bind->args[i]->type->kind != TW_SYMBOL) return true;
    return false;
}

tw_status tw_bind_result_nullable(tw_bind *bind, const tw_type *type, bool nullable) {
    bind->result = tw_type_nullable(bind->arena, type, nullable);
    return TW_OK;
}

tw_status tw_bind_result(tw_bind *bind, const tw_type *type) {
    bool nullable = tw_bind_any_nullable(bind) || (bind->function->flags & TW_FN_NULL_RESULT) != 0;
    return tw_bind_result_nullable(bind, type, nullable);
}

static void print_signature(tw_buf *out, const tw_bind *bind) {
    tw_buf_printf(out, "%s(", bind->function->name);
    for (int i = 0; i < bind->nargs; i++) {
        tw_buf_text(out, i ? ", <" : "<");
        tw_type_print(out, bind->args[i]->type, false);
        tw_buf_byte(out, '>');
    }
    tw_buf_byte(out, ')');
}

tw_status tw_bind_mismatch(tw_bind *bind) {
    tw_buf text;
    tw_buf_init(&text, bind->arena->mem, sizeof bind->error->message);
    print_signature(&text, bind);
    tw_status status = tw_fail_at(bind->error, TW_E_TYPE, bind->pos, "cannot apply '%s' to arguments of type '%.*s'", bind->function->name,
                                  (int)text.length, text.data ? text.data : "");
    tw_error_detail(bind->error, "Supported form(s): %s", bind->function->usage);
    tw_buf_free(&text);
    return status;
}

void tw_bind_coerce(tw_bind *bind, int arg, const tw_type *type) {
    const tw_expr *e = bind->args[arg];
    bool nullable = e->type->nullable || e->type->kind == TW_NULL;
    bind->args[arg] = tw_expr_cast(bind->arena, e, tw_type_nullable(bind->arena, type, nullable));
}

const tw_type *tw_bind_coerce_common(tw_bind *bind, int from) {
    if (from >= bind->nargs) return NULL;
    const tw_type **types = TW_NEW_ARRAY(bind->arena, const tw_type *, bind->nargs);
    for (int i = from; i < bind->nargs; i++) types[i - from] = bind->args[i]->type;
    const tw_type *common = tw_type_common_all(bind->arena, types, bind->nargs - from);
    if (!common) return NULL;
    for (int i = from; i < bind->nargs; i++) tw_bind_coerce(bind, i, common);
    return common;
}

static bool fits(char letter, const tw_expr *e) {
    tw_kind k = e->type->kind;
    if (letter == '.') return true;
    if (letter == 'y') return k == TW_SYMBOL;
    if (letter == 'q') return e->kind == TW_EXPR_LITERAL && tw_kind_is_integer(k);
    if (letter == 'S') return e->kind == TW_EXPR_LITERAL && tw_kind_is_text(k);
    if (k == TW_NULL) return true;
    switch (letter) {
    case 's': return tw_kind_is_text(k);
    case 'b': return tw_kind_is_binary(k);
    case 'x': return tw_kind_is_text(k) || tw_kind_is_binary(k);
    case 'i': return tw_kind_is_integer(k) && k != TW_BIGINT;
    case 'l': return tw_kind_is_integer(k);
    case 'n':
    case 'd': return tw_kind_is_numeric(k);
    case 'z': return tw_kind_is_integer(k) || k == TW_DECIMAL;
    case 'B': return k == TW_BOOLEAN;
    case 'D': return k == TW_DATE;
    case 'H': return k == TW_TIME;
    case 'T': return k == TW_TIMESTAMP;
    case 'L': return k == TW_TIMESTAMP_LTZ;
    case 't': return tw_kind_is_timestamp(k);
    case 'c': return tw_kind_is_datetime(k);
    case 'v': return tw_kind_is_interval(k);
    case 'a': return k == TW_ARRAY;
    case 'm': return k == TW_MAP;
    case 'r': return k == TW_ROW;
    default: return false;
    }
}

/* What an argument of that letter is cast to; NULL: stays as it is. */
static const tw_type *target(char letter, const tw_expr *e) {
    tw_kind k = e->type->kind;
    switch (letter) {
    case 'i': return k == TW_INTEGER ? NULL : &TW_TYPE_INTEGER;
    case 'l': return k == TW_BIGINT ? NULL : &TW_TYPE_BIGINT;
    case 'd': return k == TW_DOUBLE ? NULL : &TW_TYPE_DOUBLE;
    default: break;
    }
    if (k != TW_NULL) return NULL;
    switch (letter) {
    case 's':
    case 'x': return &TW_TYPE_STRING;
    case 'b': return &TW_TYPE_BYTES;
    case 'n':
    case 'z': return &TW_TYPE_INTEGER;
    case 'B': return &TW_TYPE_BOOLEAN;
    case 'D':
    case 'c': return &TW_TYPE_DATE;
    case 'H': return &TW_TYPE_TIME;
    case 'T':
    case 't': return &TW_TYPE_TIMESTAMP_3;
    case 'L': return &TW_TYPE_LTZ_3;
    default: return NULL;
    }
}

/* The letter of each argument, in order: steps over `|` and repeats a starred last letter. 0: too many
 * arguments. */
static char next_letter(const char **signature) {
    if (**signature == '|') ++*signature;
    char letter = **signature;
    if (letter && (*signature)[1] != '*') ++*signature;
    return letter;
}

bool tw_bind_matches(const tw_bind *bind, const char *signature) {
    const char *optional = strchr(signature, '|');
    for (int i = 0; i < bind->nargs; i++) {
        char letter = next_letter(&signature);
        if (!letter || !fits(letter, bind->args[i])) return false;
    }
    return !*signature || signature[1] == '*' || (optional && signature >= optional);
}

static tw_status coerce_by(tw_bind *bind, const char *signature) {
    if (!tw_bind_matches(bind, signature)) return tw_bind_mismatch(bind);
    for (int i = 0; i < bind->nargs; i++) {
        const tw_type *type = target(next_letter(&signature), bind->args[i]);
        if (type) tw_bind_coerce(bind, i, type);
    }
    return TW_OK;
}

tw_status tw_bind_signature(tw_bind *bind, const char *signature, const tw_type *result) {
    TW_TRY(coerce_by(bind, signature));
    return tw_bind_result(bind, result);
}

tw_status tw_bind_signature_as(tw_bind *bind, const char *signature, int arg) {
    TW_TRY(coerce_by(bind, signature));
    return tw_bind_result(bind, bind->args[arg]->type);
}

tw_status tw_bind_text_to_text(tw_bind *bind) { return tw_bind_signature(bind, "s", &TW_TYPE_STRING); }
tw_status tw_bind_text_to_int(tw_bind *bind) { return tw_bind_signature(bind, "s", &TW_TYPE_INTEGER); }
tw_status tw_bind_text2_to_boolean(tw_bind *bind) { return tw_bind_signature(bind, "ss", &TW_TYPE_BOOLEAN); }
tw_status tw_bind_double_to_double(tw_bind *bind) { return tw_bind_signature(bind, "d", &TW_TYPE_DOUBLE); }
tw_status tw_bind_double2_to_double(tw_bind *bind) { return tw_bind_signature(bind, "dd", &TW_TYPE_DOUBLE); }
tw_status tw_bind_boolean(tw_bind *bind) { return tw_bind_result(bind, &TW_TYPE_BOOLEAN); }
tw_status tw_bind_boolean_not_null(tw_bind *bind) { return tw_bind_result_nullable(bind, &TW_TYPE_BOOLEAN, false); }
tw_status tw_bind_first_arg(tw_bind *bind) { return tw_bind_result(bind, bind->args[0]->type); }

tw_status tw_no_bind(tw_bind *bind) { return tw_bind_mismatch(bind); }

tw_kernel tw_no_kernel(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)args, (void)nargs;
    return NULL;
}

const tw_aggregate *tw_no_aggregate(const tw_type *result, const tw_type *const *args, int nargs, bool retract) {
    (void)result, (void)args, (void)nargs, (void)retract;
    return NULL;
}
