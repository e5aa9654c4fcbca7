#include "data/type.h"

#include <stdio.h>

#define PLAIN(name_, kind_) const tw_type name_ = {.kind = kind_, .nullable = true, .length = TW_LENGTH_MAX}
PLAIN(TW_TYPE_NULL, TW_NULL);
PLAIN(TW_TYPE_BOOLEAN, TW_BOOLEAN);
PLAIN(TW_TYPE_TINYINT, TW_TINYINT);
PLAIN(TW_TYPE_SMALLINT, TW_SMALLINT);
PLAIN(TW_TYPE_INTEGER, TW_INTEGER);
PLAIN(TW_TYPE_BIGINT, TW_BIGINT);
PLAIN(TW_TYPE_FLOAT, TW_FLOAT);
PLAIN(TW_TYPE_DOUBLE, TW_DOUBLE);
PLAIN(TW_TYPE_STRING, TW_VARCHAR);
PLAIN(TW_TYPE_BYTES, TW_VARBINARY);
PLAIN(TW_TYPE_DATE, TW_DATE);
PLAIN(TW_TYPE_TIME, TW_TIME);
PLAIN(TW_TYPE_SYMBOL, TW_SYMBOL);
const tw_type TW_TYPE_TIMESTAMP_3 = {.kind = TW_TIMESTAMP, .nullable = true, .precision = 3, .length = TW_LENGTH_MAX};
const tw_type TW_TYPE_TIMESTAMP_6 = {.kind = TW_TIMESTAMP, .nullable = true, .precision = 6, .length = TW_LENGTH_MAX};
const tw_type TW_TYPE_LTZ_3 = {.kind = TW_TIMESTAMP_LTZ, .nullable = true, .precision = 3, .length = TW_LENGTH_MAX};

tw_type *tw_type_new(tw_arena *arena, tw_kind kind) {
    tw_type *type = TW_NEW(arena, tw_type);
    if (!type) return NULL;
    type->kind = kind;
    type->nullable = true;
    type->length = TW_LENGTH_MAX;
    return type;
}

const tw_type *tw_type_decimal(tw_arena *arena, int precision, int scale) {
    tw_type *type = tw_type_new(arena, TW_DECIMAL);
    if (!type) return NULL;
    type->precision = (uint8_t)precision;
    type->scale = (uint8_t)scale;
    return type;
}

const tw_type *tw_type_chars(tw_arena *arena, tw_kind kind, int32_t length) {
    tw_type *type = tw_type_new(arena, kind);
    if (type) type->length = length;
    return type;
}

const tw_type *tw_type_timestamp(tw_arena *arena, tw_kind kind, int precision) {
    tw_type *type = tw_type_new(arena, kind);
    if (type) type->precision = (uint8_t)precision;
    return type;
}

static const tw_type *composite(tw_arena *arena, tw_kind kind, const tw_field *fields, int n) {
    tw_type *type = tw_type_new(arena, kind);
    if (!type) return NULL;
    type->nfields = n;
    type->fields = tw_arena_memdup(arena, fields, sizeof *fields * (size_t)n);
    return type->fields ? type : NULL;
}

const tw_type *tw_type_array(tw_arena *arena, const tw_type *element) {
    return composite(arena, TW_ARRAY, &(tw_field){TW_STR("element"), element}, 1);
}
const tw_type *tw_type_multiset(tw_arena *arena, const tw_type *element) {
    return composite(arena, TW_MULTISET, &(tw_field){TW_STR("element"), element}, 1);
}
const tw_type *tw_type_map(tw_arena *arena, const tw_type *key, const tw_type *value) {
    tw_field fields[2] = {{TW_STR("key"), key}, {TW_STR("value"), value}};
    return composite(arena, TW_MAP, fields, 2);
}
const tw_type *tw_type_row(tw_arena *arena, const tw_field *fields, int nfields) { return composite(arena, TW_ROW, fields, nfields); }

const tw_type *tw_type_nullable(tw_arena *arena, const tw_type *type, bool nullable) {
    if (type->nullable == nullable || type->kind == TW_NULL) return type;
    tw_type *copy = tw_arena_memdup(arena, type, sizeof *type);
    if (copy) copy->nullable = nullable;
    return copy;
}

const tw_type *tw_type_with_time(tw_arena *arena, const tw_type *type, tw_time_attribute time) {
    if (type->time == time) return type;
    tw_type *copy = tw_arena_memdup(arena, type, sizeof *type);
    if (copy) copy->time = time;
    return copy;
}

const tw_type *tw_type_clone(tw_arena *arena, const tw_type *type) {
    tw_type *copy = tw_arena_memdup(arena, type, sizeof *type);
    if (!copy || type->nfields == 0) return copy;
    tw_field *fields = TW_NEW_ARRAY(arena, tw_field, type->nfields);
    if (!fields) return NULL;
    for (int i = 0; i < type->nfields; i++) {
        const tw_field *f = &type->fields[i];
        fields[i].name = (tw_str){tw_arena_strndup(arena, f->name.data, f->name.length), f->name.length};
        fields[i].type = tw_type_clone(arena, f->type);
        if (!fields[i].name.data || !fields[i].type) return NULL;
    }
    copy->fields = fields;
    return copy;
}

tw_phys tw_type_phys(const tw_type *type) {
    switch (type->kind) {
    case TW_BOOLEAN: return TW_PHYS_BOOL;
    case TW_TINYINT: return TW_PHYS_I8;
    case TW_SMALLINT: return TW_PHYS_I16;
    case TW_INTEGER:
    case TW_DATE:
    case TW_TIME:
    case TW_INTERVAL_YM: return TW_PHYS_I32;
    case TW_SYMBOL:
    case TW_BIGINT:
    case TW_INTERVAL_DS: return TW_PHYS_I64;
    case TW_FLOAT: return TW_PHYS_F32;
    case TW_DOUBLE: return TW_PHYS_F64;
    case TW_DECIMAL: return type->precision <= 18 ? TW_PHYS_I64 : TW_PHYS_I128;
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ: return type->precision <= 3 ? TW_PHYS_I64 : TW_PHYS_TS;
    case TW_CHAR:
    case TW_VARCHAR:
    case TW_BINARY:
    case TW_DESCRIPTOR:
    case TW_VARBINARY: return TW_PHYS_STR;
    case TW_ARRAY: return TW_PHYS_LIST;
    case TW_MAP:
    case TW_MULTISET: return TW_PHYS_MAP;
    case TW_ROW: return TW_PHYS_STRUCT;
    case TW_NULL:
    case TW_KIND_COUNT: break;
    }
    return TW_PHYS_NONE;
}

int tw_phys_width(tw_phys phys) {
    static const int8_t WIDTH[] = {
        [TW_PHYS_NONE] = 0, [TW_PHYS_BOOL] = 1, [TW_PHYS_I8] = 1,  [TW_PHYS_I16] = 2,  [TW_PHYS_I32] = 4,  [TW_PHYS_I64] = 8, [TW_PHYS_I128] = 16,
        [TW_PHYS_F32] = 4,  [TW_PHYS_F64] = 8,  [TW_PHYS_TS] = 16, [TW_PHYS_STR] = 16, [TW_PHYS_LIST] = 0, [TW_PHYS_MAP] = 0, [TW_PHYS_STRUCT] = 0};
    return WIDTH[phys];
}

bool tw_type_equal(const tw_type *a, const tw_type *b, bool nullability) {
    if (a == b) return true;
    if (a->kind != b->kind || (nullability && a->nullable != b->nullable) || a->nfields != b->nfields) return false;
    if (a->kind == TW_DECIMAL && (a->precision != b->precision || a->scale != b->scale)) return false;
    if ((tw_kind_is_timestamp(a->kind) || a->kind == TW_TIME) && a->precision != b->precision) return false;
    if ((tw_kind_is_text(a->kind) || tw_kind_is_binary(a->kind)) && a->length != b->length) return false;
    for (int i = 0; i < a->nfields; i++) {
        if (a->kind == TW_ROW && !tw_str_equal(a->fields[i].name, b->fields[i].name)) return false;
        if (!tw_type_equal(a->fields[i].type, b->fields[i].type, nullability)) return false;
    }
    return true;
}

int tw_type_field(const tw_type *row, tw_str name) {
    for (int i = 0; i < row->nfields; i++)
        if (tw_str_equal(row->fields[i].name, name)) return i;
    return -1;
}

const char *tw_kind_name(tw_kind kind) {
    static const char *const NAME[] = {"NULL",
                                       "BOOLEAN",
                                       "TINYINT",
                                       "SMALLINT",
                                       "INT",
                                       "BIGINT",
                                       "FLOAT",
                                       "DOUBLE",
                                       "DECIMAL",
                                       "CHAR",
                                       "VARCHAR",
                                       "BINARY",
                                       "VARBINARY",
                                       "DATE",
                                       "TIME",
                                       "TIMESTAMP",
                                       "TIMESTAMP_LTZ",
                                       "INTERVAL YEAR TO MONTH",
                                       "INTERVAL DAY TO SECOND",
                                       "ARRAY",
                                       "MAP",
                                       "MULTISET",
                                       "ROW",
                                       "SYMBOL",
                                       "DESCRIPTOR"};
    return (unsigned)kind < TW_KIND_COUNT ? NAME[kind] : "?";
}

static const char *const UNIT[] = {"YEAR",   "QUARTER",     "MONTH",       "WEEK",       "DAY",    "HOUR",    "MINUTE",
                                   "SECOND", "MILLISECOND", "MICROSECOND", "NANOSECOND", "DECADE", "CENTURY", "MILLENNIUM",
                                   "EPOCH",  "DOW",         "DOY",         "ISODOW",     "ISOYEAR"};

const char *tw_unit_name(tw_time_unit unit) { return (unsigned)unit < TW_UNIT_COUNT ? UNIT[unit] : "?"; }

int tw_unit_parse(tw_str name) {
    for (int i = 0; i < TW_UNIT_COUNT; i++) {
        tw_str unit = tw_str_of(UNIT[i]);
        if (tw_str_equal_nocase(name, unit)) return i;
        if (name.length == unit.length + 1 && (name.data[unit.length] | 32) == 's' && i < TW_UNIT_DECADE &&
            tw_str_equal_nocase((tw_str){name.data, unit.length}, unit))
            return i;
    }
    if (tw_str_equal_nocase(name, TW_STR("CENTURIES"))) return TW_UNIT_CENTURY;
    return -1;
}

static void print_interval(tw_buf *out, const tw_type *type) {
    tw_buf_printf(out, "INTERVAL %s", tw_unit_name(type->from));
    if (type->to != type->from) tw_buf_printf(out, " TO %s", tw_unit_name(type->to));
}

static void print_fields(tw_buf *out, const tw_type *type, bool attributes) {
    tw_buf_printf(out, "%s<", tw_kind_name(type->kind));
    for (int i = 0; i < type->nfields; i++) {
        if (i) tw_buf_text(out, ", ");
        if (type->kind == TW_ROW) tw_buf_printf(out, "`%.*s` ", TW_STR_ARG(type->fields[i].name));
        tw_type_print(out, type->fields[i].type, attributes);
    }
    tw_buf_byte(out, '>');
}

void tw_type_print(tw_buf *out, const tw_type *type, bool attributes) {
    const char *name = tw_kind_name(type->kind);
    switch (type->kind) {
    case TW_DECIMAL: tw_buf_printf(out, "DECIMAL(%d, %d)", type->precision, type->scale); break;
    case TW_CHAR:
    case TW_BINARY: tw_buf_printf(out, "%s(%d)", name, type->length); break;
    case TW_VARCHAR:
    case TW_VARBINARY:
        if (type->length == TW_LENGTH_MAX)
            tw_buf_text(out, type->kind == TW_VARCHAR ? "STRING" : "BYTES");
        else
            tw_buf_printf(out, "%s(%d)", name, type->length);
        break;
    case TW_TIME:
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ: tw_buf_printf(out, "%s(%d)", name, type->precision); break;
    case TW_INTERVAL_YM:
    case TW_INTERVAL_DS: print_interval(out, type); break;
    case TW_ARRAY:
    case TW_MAP:
    case TW_MULTISET:
    case TW_ROW: print_fields(out, type, attributes); break;
    default: tw_buf_text(out, name);
    }
    if (attributes && type->time == TW_ROWTIME) tw_buf_text(out, " *ROWTIME*");
    if (attributes && type->time == TW_PROCTIME) tw_buf_text(out, " *PROCTIME*");
    if (!type->nullable && type->kind != TW_NULL) tw_buf_text(out, " NOT NULL");
}

const char *tw_type_text(tw_arena *arena, const tw_type *type) {
    tw_buf buf;
    tw_buf_init(&buf, arena->mem, 0);
    tw_type_print(&buf, type, false);
    const char *text = tw_arena_strndup(arena, buf.data ? buf.data : "", buf.length);
    tw_buf_free(&buf);
    return text;
}

void tw_type_write(tw_buf *out, const tw_type *type) {
    tw_buf_byte(out, (char)type->kind);
    tw_buf_byte(out, (char)(type->nullable | type->time << 1));
    tw_buf_byte(out, (char)type->precision);
    tw_buf_byte(out, (char)type->scale);
    tw_buf_byte(out, (char)type->from);
    tw_buf_byte(out, (char)type->to);
    tw_buf_varint(out, (uint64_t)(uint32_t)type->length);
    tw_buf_varint(out, (uint64_t)type->nfields);
    for (int i = 0; i < type->nfields; i++) {
        tw_buf_bytes(out, type->fields[i].name);
        tw_type_write(out, type->fields[i].type);
    }
}

static const tw_type *read_type(tw_arena *arena, tw_reader *in, int depth) {
    const unsigned char *b = tw_read_raw(in, 6);
    if (!b || b[0] >= TW_KIND_COUNT || depth > 64) return in->failed = true, NULL;
    tw_type *type = tw_type_new(arena, b[0]);
    if (!type) return NULL;
    type->nullable = b[1] & 1;
    type->time = b[1] >> 1 <= TW_PROCTIME ? b[1] >> 1 : TW_NOT_TIME;
    type->precision = b[2];
    type->scale = b[3];
    type->from = b[4];
    type->to = b[5];
    type->length = (int32_t)tw_read_varint(in);
    uint64_t n = tw_read_varint(in);
    bool sound = !in->failed && n <= (uint64_t)(in->end - in->next) && type->precision <= TW_DECIMAL_PRECISION_MAX &&
                 type->scale <= type->precision + (type->kind != TW_DECIMAL ? 255 : 0) && type->from < TW_UNIT_COUNT && type->to < TW_UNIT_COUNT;
    uint64_t want = type->kind == TW_ARRAY || type->kind == TW_MULTISET ? 1 : type->kind == TW_MAP ? 2 : type->kind == TW_ROW ? n : 0;
    if (!sound || n != want) return in->failed = true, NULL;
    tw_field *fields = TW_NEW_ARRAY(arena, tw_field, n);
    if (!fields) return NULL;
    for (uint64_t i = 0; i < n; i++) {
        tw_str name = tw_read_bytes(in);
        fields[i].name = (tw_str){tw_arena_strndup(arena, name.data, name.length), name.length};
        fields[i].type = fields[i].name.data ? read_type(arena, in, depth + 1) : NULL;
        if (!fields[i].type) return NULL;
    }
    type->nfields = (int32_t)n;
    type->fields = fields;
    return type;
}

const tw_type *tw_type_read(tw_arena *arena, tw_reader *in) { return read_type(arena, in, 0); }
