/* Bound expressions: constructors, comparison, hash, rewriting, text. The binary form is in expr_binary.c. */
#include "expr/expr.h"

#include "data/datetime.h"
#include "expr/function.h"

const tw_expr *tw_expr_column(tw_arena *arena, int32_t column, const tw_type *type) {
    tw_expr *e = TW_NEW(arena, tw_expr);
    if (!e) return NULL;
    e->kind = TW_EXPR_COLUMN;
    e->type = type;
    e->column = column;
    return e;
}

const tw_expr *tw_expr_literal(tw_arena *arena, const tw_value *value) {
    tw_expr *e = TW_NEW(arena, tw_expr);
    tw_value *copy = tw_arena_memdup(arena, value, sizeof *value);
    if (!e || !copy) return NULL;
    e->kind = TW_EXPR_LITERAL;
    e->type = value->type;
    e->literal = copy;
    return e;
}

const tw_expr *tw_expr_call(tw_arena *arena, const tw_function *function, const tw_type *type, const tw_expr *const *args, int nargs) {
    tw_expr *e = TW_NEW(arena, tw_expr);
    const tw_expr **copy = TW_NEW_ARRAY(arena, const tw_expr *, nargs + 1);
    if (!e || !copy) return NULL;
    for (int i = 0; i < nargs; i++) copy[i] = args[i];
    e->kind = TW_EXPR_CALL;
    e->type = type;
    e->function = function;
    e->nargs = nargs;
    e->args = copy;
    return e;
}

/* The range of an integer type. */
static void integer_range(tw_kind kind, int64_t *min, int64_t *max) {
    int bits = kind == TW_TINYINT ? 8 : kind == TW_SMALLINT ? 16 : kind == TW_INTEGER ? 32 : 64;
    *max = (int64_t)(UINT64_MAX >> (65 - bits));
    *min = -*max - 1;
}

/* Literals whose cast changes the type only stay literals, so that functions see their patterns, units and indexes. */
static const tw_expr *cast_literal(tw_arena *arena, const tw_value *value, const tw_type *type) {
    tw_value v = *value;
    tw_kind from = value->type->kind, to = type->kind;
    v.type = type;
    if (value->null) {
        v = tw_value_null(tw_type_nullable(arena, type, true));
        return tw_expr_literal(arena, &v);
    }
    if (tw_kind_is_integer(from) && tw_kind_is_integer(to)) {
        int64_t min, max;
        integer_range(to, &min, &max);
        return v.u.i >= min && v.u.i <= max ? tw_expr_literal(arena, &v) : NULL;
    }
    bool text = tw_kind_is_text(from) && to == TW_VARCHAR, binary = tw_kind_is_binary(from) && to == TW_VARBINARY;
    if ((text || binary) && type->length >= value->type->length) return tw_expr_literal(arena, &v);
    return NULL;
}

const tw_expr *tw_expr_cast(tw_arena *arena, const tw_expr *e, const tw_type *type) {
    if (tw_type_equal(e->type, type, false)) return e;
    if (e->kind == TW_EXPR_LITERAL) {
        const tw_expr *literal = cast_literal(arena, e->literal, type);
        if (literal) {
            ((tw_expr *)literal)->pos = e->pos;
            return literal;
        }
    }
    const tw_function *cast = tw_function_find(TW_STR("CAST"));
    TW_ASSERT(cast);
    bool nullable = e->type->nullable || (type->nullable && e->type->kind == TW_NULL);
    tw_expr *call = (tw_expr *)tw_expr_call(arena, cast, tw_type_nullable(arena, type, nullable), &e, 1);
    if (call) call->pos = e->pos;
    return call;
}

static bool value_equal(const tw_value *a, const tw_value *b) {
    if (!tw_type_equal(a->type, b->type, true) || a->null != b->null) return false;
    if (a->null) return true;
    switch (tw_type_phys(a->type)) {
    case TW_PHYS_NONE: return a->u.i == b->u.i;
    case TW_PHYS_F32:
    case TW_PHYS_F64: return memcmp(&a->u.f, &b->u.f, sizeof a->u.f) == 0;
    case TW_PHYS_I128: return a->u.d == b->u.d;
    case TW_PHYS_TS: return tw_ts_compare(a->u.ts, b->u.ts) == 0;
    case TW_PHYS_STR: return tw_str_equal(a->u.str, b->u.str);
    case TW_PHYS_LIST:
    case TW_PHYS_MAP:
    case TW_PHYS_STRUCT: {
        if (a->nitems != b->nitems) return false;
        int n = tw_type_phys(a->type) == TW_PHYS_MAP ? 2 * a->nitems : a->nitems;
        for (int i = 0; i < n; i++)
            if (!value_equal(&a->items[i], &b->items[i])) return false;
        return true;
    }
    default: return a->u.i == b->u.i;
    }
}

bool tw_expr_equal(const tw_expr *a, const tw_expr *b) {
    if (a == b) return true;
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case TW_EXPR_COLUMN: return a->column == b->column;
    case TW_EXPR_LITERAL: return value_equal(a->literal, b->literal);
    case TW_EXPR_CALL: break;
    }
    if (a->function != b->function || a->nargs != b->nargs || !tw_type_equal(a->type, b->type, true)) return false;
    for (int i = 0; i < a->nargs; i++)
        if (!tw_expr_equal(a->args[i], b->args[i])) return false;
    return true;
}

static uint64_t hash_str(tw_str s, uint64_t seed) { return tw_hash_bytes(s.data, s.length, seed); }

static uint64_t hash_type(const tw_type *t, uint64_t h) {
    h = tw_hash_combine(h, (uint64_t)t->kind << 32 | (uint64_t)t->nullable << 31 | (uint64_t)t->precision << 16 | (uint64_t)t->scale << 8 |
                               (uint64_t)t->from << 4 | t->to);
    h = tw_hash_combine(h, (uint64_t)(uint32_t)t->length);
    for (int i = 0; i < t->nfields; i++) {
        if (t->kind == TW_ROW) h = hash_str(t->fields[i].name, h);
        h = hash_type(t->fields[i].type, h);
    }
    return h;
}

static uint64_t hash_value(const tw_value *v, uint64_t h) {
    h = tw_hash_combine(h, v->null);
    if (v->null) return h;
    switch (tw_type_phys(v->type)) {
    case TW_PHYS_I128: return tw_hash_combine(tw_hash_combine(h, (uint64_t)v->u.d), (uint64_t)(v->u.d >> 64));
    case TW_PHYS_TS: return tw_hash_combine(tw_hash_combine(h, (uint64_t)v->u.ts.ms), (uint64_t)v->u.ts.ns);
    case TW_PHYS_STR: return hash_str(v->u.str, h);
    case TW_PHYS_LIST:
    case TW_PHYS_MAP:
    case TW_PHYS_STRUCT: {
        int n = tw_type_phys(v->type) == TW_PHYS_MAP ? 2 * v->nitems : v->nitems;
        h = tw_hash_combine(h, (uint64_t)n);
        for (int i = 0; i < n; i++) h = hash_value(&v->items[i], h);
        return h;
    }
    default: {
        uint64_t bits;
        memcpy(&bits, &v->u, sizeof bits);
        return tw_hash_combine(h, bits);
    }
    }
}

uint64_t tw_expr_hash(const tw_expr *e) {
    uint64_t h = tw_hash_u64((uint64_t)e->kind);
    switch (e->kind) {
    case TW_EXPR_COLUMN: return tw_hash_combine(h, (uint64_t)e->column);
    case TW_EXPR_LITERAL: return hash_value(e->literal, hash_type(e->type, h));
    case TW_EXPR_CALL: break;
    }
    h = hash_str(tw_str_of(e->function->name), hash_type(e->type, h));
    for (int i = 0; i < e->nargs; i++) h = tw_hash_combine(h, tw_expr_hash(e->args[i]));
    return h;
}

void tw_expr_columns(const tw_expr *e, uint64_t *bits) {
    if (e->kind == TW_EXPR_COLUMN) tw_bit_set(bits, e->column);
    for (int i = 0; i < e->nargs; i++) tw_expr_columns(e->args[i], bits);
}

/* The same call with other arguments; `e` itself when none differs. */
static const tw_expr *with_args(tw_arena *arena, const tw_expr *e, const tw_expr *const *args) {
    bool same = true;
    for (int i = 0; i < e->nargs; i++) same &= args[i] == e->args[i];
    if (same) return e;
    tw_expr *call = (tw_expr *)tw_expr_call(arena, e->function, e->type, args, e->nargs);
    if (call) call->pos = e->pos;
    return call;
}

const tw_expr *tw_expr_remap(tw_arena *arena, const tw_expr *e, const int32_t *map) {
    if (e->kind == TW_EXPR_LITERAL) return e;
    if (e->kind == TW_EXPR_COLUMN) {
        TW_ASSERT(map[e->column] >= 0);
        if (map[e->column] == e->column) return e;
        tw_expr *column = (tw_expr *)tw_expr_column(arena, map[e->column], e->type);
        if (column) column->pos = e->pos;
        return column;
    }
    const tw_expr **args = TW_NEW_ARRAY(arena, const tw_expr *, e->nargs + 1);
    if (!args) return NULL;
    for (int i = 0; i < e->nargs; i++)
        if (!(args[i] = tw_expr_remap(arena, e->args[i], map))) return NULL;
    return with_args(arena, e, args);
}

const tw_expr *tw_expr_substitute(tw_arena *arena, const tw_expr *e, const tw_expr *const *columns) {
    if (e->kind == TW_EXPR_LITERAL) return e;
    if (e->kind == TW_EXPR_COLUMN) return columns[e->column];
    const tw_expr **args = TW_NEW_ARRAY(arena, const tw_expr *, e->nargs + 1);
    if (!args) return NULL;
    for (int i = 0; i < e->nargs; i++)
        if (!(args[i] = tw_expr_substitute(arena, e->args[i], columns))) return NULL;
    return with_args(arena, e, args);
}

bool tw_expr_is_deterministic(const tw_expr *e) {
    const uint32_t changing = TW_FN_NONDETERMINISTIC | TW_FN_QUERY_TIME | TW_FN_WATERMARK;
    if (e->kind == TW_EXPR_CALL && (e->function->flags & changing)) return false;
    for (int i = 0; i < e->nargs; i++)
        if (!tw_expr_is_deterministic(e->args[i])) return false;
    return true;
}

static bool is_not_zero(const tw_expr *e) {
    return e->kind == TW_EXPR_LITERAL && !e->literal->null && tw_kind_is_integer(e->type->kind) && e->literal->u.i != 0;
}

bool tw_expr_call_can_fail(const tw_expr *e) {
    if (!(e->function->flags & TW_FN_CAN_FAIL)) return false;
    const tw_type *from = e->nargs > 0 ? e->args[0]->type : e->type;
    const char *name = e->function->name;
    if (strcmp(name, "CAST") == 0) return !tw_kind_is_numeric(from->kind) || !tw_kind_is_numeric(e->type->kind);
    bool division = strcmp(name, "/") == 0 || strcmp(name, "%") == 0 || strcmp(name, "MOD") == 0;
    if (division && e->nargs == 2) return !tw_kind_is_approximate(e->type->kind) && !is_not_zero(e->args[1]);
    return true;
}

bool tw_expr_can_fail(const tw_expr *e) {
    if (e->kind == TW_EXPR_CALL && tw_expr_call_can_fail(e)) return true;
    for (int i = 0; i < e->nargs; i++)
        if (tw_expr_can_fail(e->args[i])) return true;
    return false;
}

static bool reads_columns(const tw_expr *e) {
    if (e->kind == TW_EXPR_COLUMN) return true;
    for (int i = 0; i < e->nargs; i++)
        if (reads_columns(e->args[i])) return true;
    return false;
}

bool tw_expr_is_constant(const tw_expr *e) { return !reads_columns(e) && tw_expr_is_deterministic(e); }
