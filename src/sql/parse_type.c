/* Types, straight to tw_type: names, aliases, defaults and limits are Flink's. */
#include "sql/parser.h"

typedef struct named_type {
    const char *name;
    tw_kind kind;
} named_type;

static tw_type *make(tw_parser *p, tw_kind kind) {
    tw_type *type = TW_NEW(p->arena, tw_type);
    type->kind = kind;
    type->nullable = true;
    return type;
}

/* (n), or `otherwise` when there is none. */
static int32_t length_of(tw_parser *p, const char *what, int32_t min, int32_t max, int32_t otherwise) {
    if (!tw_p_accept_op(p, '(')) return otherwise;
    int32_t n = tw_p_integer(p, what, min, max);
    tw_p_expect_op(p, ')');
    return n;
}

/* Without a length CHAR and BINARY have 1, VARCHAR and VARBINARY no limit (FlinkTypeSystem.getDefaultPrecision). */
static tw_type *chars(tw_parser *p, tw_kind kind, bool has_length) {
    tw_type *type = make(p, kind);
    int32_t fallback = kind == TW_VARCHAR || kind == TW_VARBINARY ? TW_LENGTH_MAX : 1;
    type->length = has_length ? length_of(p, "a length", 1, TW_LENGTH_MAX, fallback) : TW_LENGTH_MAX;
    return type;
}

static tw_type *decimal(tw_parser *p) {
    tw_type *type = make(p, TW_DECIMAL);
    type->precision = 10;
    if (!tw_p_accept_op(p, '(')) return type;
    type->precision = (uint8_t)tw_p_integer(p, "a precision", 1, TW_DECIMAL_PRECISION_MAX);
    if (tw_p_accept_op(p, ',')) type->scale = (uint8_t)tw_p_integer(p, "a scale", 0, type->precision);
    tw_p_expect_op(p, ')');
    return type;
}

static tw_type *time_type(tw_parser *p) {
    tw_type *type = make(p, TW_TIME);
    type->precision = (uint8_t)length_of(p, "a precision", 0, 9, 0);
    if (tw_p_accept2(p, "WITHOUT", "TIME")) tw_p_expect(p, "ZONE");
    return type;
}

static tw_type *timestamp(tw_parser *p, tw_pos start) {
    tw_type *type = make(p, TW_TIMESTAMP);
    type->precision = (uint8_t)length_of(p, "a precision", 0, 9, 6);
    if (tw_p_accept2(p, "WITHOUT", "TIME")) {
        tw_p_expect(p, "ZONE");
    } else if (tw_p_accept2(p, "WITH", "LOCAL")) {
        tw_p_expect(p, "TIME");
        tw_p_expect(p, "ZONE");
        type->kind = TW_TIMESTAMP_LTZ;
    } else if (tw_p_accept2(p, "WITH", "TIME")) {
        tw_p_unsupported(p, start, "TIMESTAMP WITH TIME ZONE");
    }
    return type;
}

static tw_type *interval(tw_parser *p) {
    tw_pos at = p->token.pos;
    int from = tw_p_unit(p, false);
    if (from < 0) tw_p_unexpected(p, "YEAR, MONTH, DAY, HOUR, MINUTE or SECOND");
    int32_t precision = length_of(p, "a precision", 0, 9, -1);
    int to = from;
    if (tw_p_accept(p, "TO")) {
        to = tw_p_unit(p, false);
        length_of(p, "a precision", 0, 9, -1);
    }
    bool months = from == TW_UNIT_YEAR || from == TW_UNIT_MONTH;
    bool days = from >= TW_UNIT_DAY && from <= TW_UNIT_SECOND;
    if ((!months && !days) || to < from || (months && to > TW_UNIT_MONTH) || to > TW_UNIT_SECOND) {
        tw_p_fail(p, at, "no such interval type, expected YEAR, MONTH, YEAR TO MONTH, or DAY, HOUR, MINUTE, SECOND and their ranges");
    }
    tw_type *type = make(p, months ? TW_INTERVAL_YM : TW_INTERVAL_DS);
    type->from = (uint8_t)from;
    type->to = (uint8_t)to;
    type->precision = (uint8_t)(precision < 0 ? 2 : precision);
    return type;
}

static void add_field(tw_parser *p, tw_type *type, tw_str name, const tw_type *of) {
    tw_field *fields = (tw_field *)type->fields;
    int count = type->nfields;
    TW_P_PUSH(p, fields, count, ((tw_field){name, of}));
    type->fields = fields;
    type->nfields = count;
}

static void close_angle(tw_parser *p) { tw_p_expect_op(p, '>'); }

static tw_type *collection(tw_parser *p, tw_kind kind) {
    tw_type *type = make(p, kind);
    tw_p_expect_op(p, '<');
    tw_str key = kind == TW_MAP ? TW_STR("key") : TW_STR("element");
    add_field(p, type, key, tw_p_type(p)->type);
    if (kind == TW_MAP) {
        tw_p_expect_op(p, ',');
        add_field(p, type, TW_STR("value"), tw_p_type(p)->type);
    }
    close_angle(p);
    return type;
}

/* ROW<a INT 'comment', ..> and ROW(a INT, ..). */
static tw_type *row(tw_parser *p) {
    tw_type *type = make(p, TW_ROW);
    bool angle = tw_p_accept_op(p, '<');
    if (!angle) tw_p_expect_op(p, '(');
    if (angle && tw_p_is_op(p, TW_OP_NE)) tw_p_unexpected(p, "a field's name");
    while (!tw_p_is_op(p, angle ? '>' : ')')) {
        tw_ast_name field = tw_p_name(p, "a field's name");
        if (tw_type_field(type, field.text) >= 0) tw_p_fail(p, field.pos, "a ROW has two fields named '%.*s'", TW_STR_ARG(field.text));
        add_field(p, type, field.text, tw_p_type(p)->type);
        tw_p_accept(p, "COMMENT");
        if (tw_p_at_string(p)) tw_p_string(p, NULL, NULL);
        if (!tw_p_accept_op(p, ',')) break;
        if (tw_p_is_op(p, angle ? '>' : ')')) tw_p_unexpected(p, "a field's name");
    }
    tw_p_expect_op(p, angle ? '>' : ')');
    return type;
}

static tw_type *simple(tw_parser *p) {
    static const named_type types[] = {{"BOOLEAN", TW_BOOLEAN}, {"TINYINT", TW_TINYINT}, {"SMALLINT", TW_SMALLINT}, {"INT", TW_INTEGER},
                                       {"INTEGER", TW_INTEGER}, {"BIGINT", TW_BIGINT},   {"FLOAT", TW_FLOAT},       {"REAL", TW_FLOAT},
                                       {"DATE", TW_DATE},       {"NULL", TW_NULL}};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (tw_p_accept(p, types[i].name)) return make(p, types[i].kind);
    }
    if (tw_p_accept(p, "DOUBLE")) {
        tw_p_accept(p, "PRECISION");
        return make(p, TW_DOUBLE);
    }
    return NULL;
}

static tw_type *sized(tw_parser *p) {
    if (tw_p_accept(p, "STRING")) return chars(p, TW_VARCHAR, false);
    if (tw_p_accept(p, "BYTES")) return chars(p, TW_VARBINARY, false);
    if (tw_p_accept(p, "VARCHAR")) return chars(p, TW_VARCHAR, true);
    if (tw_p_accept(p, "CHAR") || tw_p_accept(p, "CHARACTER")) return chars(p, tw_p_accept(p, "VARYING") ? TW_VARCHAR : TW_CHAR, true);
    if (tw_p_accept(p, "VARBINARY")) return chars(p, TW_VARBINARY, true);
    if (tw_p_accept(p, "BINARY")) return chars(p, tw_p_accept(p, "VARYING") ? TW_VARBINARY : TW_BINARY, true);
    if (tw_p_accept(p, "DECIMAL") || tw_p_accept(p, "DEC") || tw_p_accept(p, "NUMERIC")) return decimal(p);
    return NULL;
}

static tw_type *temporal(tw_parser *p) {
    tw_pos start = p->token.pos;
    if (tw_p_accept(p, "TIMESTAMP_LTZ")) {
        tw_type *type = make(p, TW_TIMESTAMP_LTZ);
        type->precision = (uint8_t)length_of(p, "a precision", 0, 9, 6);
        return type;
    }
    if (tw_p_accept(p, "TIMESTAMP")) return timestamp(p, start);
    if (tw_p_accept(p, "TIME")) return time_type(p);
    if (tw_p_accept(p, "INTERVAL")) return interval(p);
    return NULL;
}

static tw_type *nested(tw_parser *p) {
    tw_token next = tw_p_peek(p);
    bool angle = next.kind == TW_TOKEN_OP && next.op == '<';
    if (angle && tw_p_accept(p, "ARRAY")) return collection(p, TW_ARRAY);
    if (angle && tw_p_accept(p, "MULTISET")) return collection(p, TW_MULTISET);
    if (angle && tw_p_accept(p, "MAP")) return collection(p, TW_MAP);
    if (tw_p_accept(p, "ROW")) return row(p);
    return NULL;
}

static void refuse_known(tw_parser *p) {
    static const char *const unsupported[] = {"RAW", "VARIANT", "BITMAP", "STRUCTURED", "DESCRIPTOR"};
    for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++) {
        tw_token next = tw_p_peek(p);
        if (tw_p_token_is(&p->token, unsupported[i]) && !(next.kind == TW_TOKEN_OP && next.op == '.')) {
            char *what = tw_arena_printf(p->arena, "the type %s", unsupported[i]);
            tw_p_unsupported(p, p->token.pos, what);
        }
    }
}

/* JSON_VALUE(.. RETURNING t NULL ON EMPTY): that NULL is not the type's. */
static bool on_follows(tw_parser *p) {
    tw_token next = tw_p_peek(p);
    return tw_p_token_is(&next, "ON");
}

/* NOT NULL, NULL; and t ARRAY, t MULTISET behind the type. */
static void suffixes(tw_parser *p, tw_ast_type *out, tw_type *type) {
    for (;;) {
        if (tw_p_accept2(p, "NOT", "NULL"))
            type->nullable = false;
        else if (tw_p_is(p, "NULL") && !on_follows(p))
            tw_p_advance(p);
        bool array = tw_p_is(p, "ARRAY");
        if (!array && !tw_p_is(p, "MULTISET")) break;
        tw_p_enter(p); /* left after the type is complete: the limit is one of height */
        tw_p_advance(p);
        tw_type *outer = make(p, array ? TW_ARRAY : TW_MULTISET);
        add_field(p, outer, TW_STR("element"), type);
        type = outer;
    }
    out->type = type;
}

_Noreturn static void unknown(tw_parser *p) {
    static const char *const known[] = {"BOOLEAN", "TINYINT", "SMALLINT", "INT",       "INTEGER", "BIGINT", "FLOAT",     "REAL",         "DOUBLE",
                                        "DATE",    "STRING",  "BYTES",    "VARCHAR",   "CHAR",    "BINARY", "VARBINARY", "DECIMAL",      "NUMERIC",
                                        "TIME",    "ARRAY",   "MULTISET", "TIMESTAMP", "MAP",     "ROW",    "INTERVAL",  "TIMESTAMP_LTZ"};
    tw_ast_names path = tw_p_path(p, "a type");
    tw_str name = path.at[path.count - 1].text;
    p->status = tw_fail_at(p->error, TW_E_UNDEFINED_OPTION, path.at[0].pos, "there is no type \"%.*s\"", (int)(name.length < 100 ? name.length : 100),
                           name.data);
    const char *near = tw_str_nearest(name, known, (int)(sizeof(known) / sizeof(known[0])));
    if (near) tw_error_hint(p->error, "did you mean %s?", near);
    longjmp(*p->arena->oom, 1);
}

tw_ast_type *tw_p_type(tw_parser *p) {
    int depth = p->depth;
    tw_p_enter(p);
    tw_ast_type *out = TW_NEW(p->arena, tw_ast_type);
    out->pos = p->token.pos;
    refuse_known(p);
    tw_type *type = simple(p);
    if (!type) type = sized(p);
    if (!type) type = temporal(p);
    if (!type) type = nested(p);
    if (type) {
        suffixes(p, out, type);
    } else {
        unknown(p);
    }
    tw_p_close(p, &out->pos);
    p->depth = depth;
    return out;
}
