/* The datagen source: random and sequential values, with Flink's options. Row n is a function of seed and n alone, so that the same table gives
 * the same rows again, in however many splits. Split i of s makes the rows i, i + s, i + 2s, ... (as the subtasks of Flink's SequenceGenerator do):
 * all run through the same times together. A position is a count of the split's rows. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "connector/connectors.h"
#include "data/decimal.h"
#include "expr/program.h"
#include "format/rows.h"

static const tw_option_info OPTIONS[] = {
    {"rows-per-second", TW_OPTION_INTEGER, "10000", false, "1..1000000000", "rows made per second"},
    {"number-of-rows", TW_OPTION_INTEGER, NULL, false, "0..", "rows in all; without it the source has no end"},
    {"scan.parallelism", TW_OPTION_INTEGER, "1", false, "1..1024", "partitions that the rows are dealt out to"},
    {"seed", TW_OPTION_INTEGER, "0", false, NULL, "another seed gives other rows"},
    {"fields.#.kind", TW_OPTION_ENUM, "random", false, "random|sequence", "how the field is made"},
    {"fields.#.min", TW_OPTION_DOUBLE, NULL, false, NULL, "least random number"},
    {"fields.#.max", TW_OPTION_DOUBLE, NULL, false, NULL, "largest random number"},
    {"fields.#.max-past", TW_OPTION_DURATION, "0", false, NULL, "how far back from the start of the job a timestamp may lie"},
    {"fields.#.length", TW_OPTION_INTEGER, NULL, false, "0..1000000", "of texts (100) and collections (3)"},
    {"fields.#.var-len", TW_OPTION_BOOLEAN, "false", false, NULL, "texts of any length up to it"},
    {"fields.#.start", TW_OPTION_INTEGER, NULL, false, NULL, "first value of a sequence"},
    {"fields.#.end", TW_OPTION_INTEGER, NULL, false, NULL, "last value of a sequence; the source ends with it"},
    {"fields.#.null-rate", TW_OPTION_DOUBLE, "0", false, NULL, "part of the values that are NULL, 0 to 1"},
};

typedef struct maker maker;
struct maker {
    tw_dcol *column; /* of the reader it belongs to */
    tw_kind kind;
    bool sequence, var_length;
    double null_rate;
    int64_t min, max; /* whole numbers */
    double fmin, fmax;
    int64_t start, end;
    int64_t past_ms;
    int32_t length;
    uint64_t salt;
    int32_t nfields;
    maker *fields;
};

typedef struct source {
    tw_mem *mem;
    tw_arena arena;
    tw_os *os;
    const tw_plan_scan *scan;
    int64_t rows, rate, start_ms;
    uint64_t seed;
    _Atomic int64_t start_ns; /* when row 0 would have been due; 0: not started */
    tw_split_id *splits;
    int nsplits;
} source;

typedef struct reader {
    tw_mem *mem;
    source *source;
    int32_t split;
    int64_t nrows, next; /* of this split: in all, made so far */
    tw_arena arena;
    tw_rows rows;
    maker *makers;
} reader;

/* ---- options ---- */

/* The option fields.<path>.<property>. */
static tw_str field_option(const tw_option *options, int n, const char *path, const char *property) {
    static const char PREFIX[] = "fields.";
    const size_t at = sizeof PREFIX - 1, length = strlen(path), rest = strlen(property);
    for (int i = 0; i < n; i++) {
        const char *key = options[i].key.data;
        if (options[i].key.length == at + length + 1 + rest && memcmp(key, PREFIX, at) == 0 && memcmp(key + at, path, length) == 0 &&
            key[at + length] == '.' && memcmp(key + at + length + 1, property, rest) == 0)
            return options[i].value;
    }
    return (tw_str){NULL, 0};
}

static double real_of(tw_str text, double fallback) {
    double v;
    return text.data && tw_double_parse(text, &v) ? v : fallback;
}

static int64_t whole_of(tw_str text, int64_t fallback) {
    int64_t v;
    double f;
    if (!text.data) return fallback;
    if (tw_int_parse(text, INT64_MIN, INT64_MAX, &v)) return v;
    return tw_double_parse(text, &f) && fabs(f) < 9e18 ? (int64_t)f : fallback;
}

static void default_range(maker *m, const tw_type *type) {
    m->fmin = 0;
    m->fmax = type->kind == TW_FLOAT ? 3.4028234663852886e38 : 1.7976931348623157e308;
    switch (type->kind) {
    case TW_TINYINT: m->min = INT8_MIN, m->max = INT8_MAX; break;
    case TW_SMALLINT: m->min = INT16_MIN, m->max = INT16_MAX; break;
    case TW_INTEGER: m->min = INT32_MIN, m->max = INT32_MAX; break;
    case TW_INTERVAL_YM: m->max = 120000; break;
    case TW_INTERVAL_DS: m->max = INT64_C(1000) * 365 * TW_DAY_MS; break;
    case TW_DECIMAL: m->fmax = pow(10, type->precision - type->scale), m->fmin = -m->fmax; break;
    default: m->min = INT64_MIN, m->max = INT64_MAX;
    }
}

static int32_t default_length(const tw_type *type) {
    if (tw_kind_is_nested(type->kind)) return 3;
    bool sized = type->length > 0 && type->length < TW_LENGTH_MAX;
    return sized ? (type->length > 1000000 ? 1000000 : type->length) : 100;
}

static bool supported(tw_kind kind) { return kind != TW_SYMBOL && kind != TW_DESCRIPTOR; }

static bool can_count(tw_kind kind) { return tw_kind_is_numeric(kind) || tw_kind_is_text(kind); }

static const char *child_name(tw_arena *arena, const tw_type *type, int i) {
    if (type->kind == TW_ROW) return tw_arena_strndup(arena, type->fields[i].name.data, type->fields[i].name.length);
    if (type->kind == TW_MAP) return i ? "value" : "key";
    return "element";
}

/* Reads the options of the field at `path` and of all below it. */
static tw_status plan_field(tw_arena *arena, maker *m, const tw_type *type, const char *path, const tw_option *o, int n, tw_error *error) {
    if (!path) return tw_fail(error, TW_E_NOMEM, "out of memory");
    if (!supported(type->kind)) return tw_fail(error, TW_E_UNSUPPORTED, "datagen cannot make %s", tw_kind_name(type->kind));
    m->kind = type->kind;
    m->salt = tw_hash_bytes(path, strlen(path), 0);
    default_range(m, type);
    m->sequence = tw_str_equal_nocase(field_option(o, n, path, "kind"), TW_STR("sequence"));
    tw_str start = field_option(o, n, path, "start"), end = field_option(o, n, path, "end");
    if (m->sequence && (!start.data || !end.data))
        return tw_fail(error, TW_E_INVALID, "option 'fields.%s.%s' is required for a sequence", path, start.data ? "end" : "start");
    if (m->sequence && !can_count(type->kind))
        return tw_fail(error, TW_E_UNSUPPORTED, "datagen cannot make a sequence of %s for field '%s'", tw_kind_name(type->kind), path);
    m->start = whole_of(start, 0);
    m->end = whole_of(end, INT64_MAX);
    tw_str min = field_option(o, n, path, "min"), max = field_option(o, n, path, "max");
    m->min = whole_of(min, m->min);
    m->max = whole_of(max, m->max);
    m->fmin = real_of(min, m->fmin);
    m->fmax = real_of(max, m->fmax);
    if (m->min > m->max || m->fmin > m->fmax)
        return tw_fail(error, TW_E_INVALID, "option 'fields.%s.min' is larger than 'fields.%s.max'", path, path);
    m->null_rate = real_of(field_option(o, n, path, "null-rate"), 0);
    tw_str past = field_option(o, n, path, "max-past");
    if (past.data) tw_option_duration(past, &m->past_ms);
    m->length = (int32_t)whole_of(field_option(o, n, path, "length"), default_length(type));
    if (m->length < 0 || m->length > 1000000) return tw_fail(error, TW_E_INVALID, "option 'fields.%s.length' is not between 0 and 1000000", path);
    bool flag;
    m->var_length = tw_option_boolean(field_option(o, n, path, "var-len"), &flag) && flag;
    m->nfields = tw_kind_is_nested(type->kind) ? type->nfields : 0;
    m->fields = TW_NEW_ARRAY(arena, maker, m->nfields + 1);
    if (!m->fields) return tw_fail(error, TW_E_NOMEM, "out of memory");
    for (int i = 0; i < m->nfields; i++)
        TW_TRY(
            plan_field(arena, &m->fields[i], type->fields[i].type, tw_arena_printf(arena, "%s.%s", path, child_name(arena, type, i)), o, n, error));
    return TW_OK;
}

static tw_status plan_row(tw_arena *arena, maker **out, const tw_type *row, const tw_option *options, int n, tw_error *error) {
    *out = TW_NEW_ARRAY(arena, maker, row->nfields + 1);
    if (!*out) return tw_fail(error, TW_E_NOMEM, "out of memory");
    for (int i = 0; i < row->nfields; i++)
        TW_TRY(plan_field(arena, &(*out)[i], row->fields[i].type, tw_arena_strndup(arena, row->fields[i].name.data, row->fields[i].name.length),
                          options, n, error));
    return TW_OK;
}

static tw_status check_names(const tw_type *schema, const tw_option *options, int n, tw_error *error) {
    for (int i = 0; i < n; i++) {
        tw_str key = options[i].key;
        if (key.length < 8 || memcmp(key.data, "fields.", 7) != 0) continue;
        bool known = false;
        for (int f = 0; f < schema->nfields && !known; f++) {
            tw_str name = schema->fields[f].name;
            known = key.length > 8 + name.length && memcmp(key.data + 7, name.data, name.length) == 0 && key.data[7 + name.length] == '.';
        }
        if (!known) return tw_fail(error, TW_E_UNDEFINED_COLUMN, "option '%.*s': the table has no such column", TW_STR_ARG(key));
    }
    return TW_OK;
}

static tw_status validate(const tw_type *schema, const tw_option *options, int n, tw_error *error) {
    tw_mem mem;
    tw_arena arena;
    maker *makers;
    TW_TRY(check_names(schema, options, n, error));
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&arena, &mem, 4096);
    tw_status status = plan_row(&arena, &makers, schema, options, n, error);
    tw_arena_free(&arena);
    return status;
}

/* "fields.x.kind" = "sequence" somewhere, or a number of rows. */
static bool bounded(const tw_option *options, int n) {
    if (tw_option_get(options, n, "number-of-rows").data) return true;
    for (int i = 0; i < n; i++) {
        tw_str key = options[i].key;
        bool kind = key.length > 12 && memcmp(key.data, "fields.", 7) == 0 && memcmp(key.data + key.length - 5, ".kind", 5) == 0;
        if (kind && tw_str_equal_nocase(options[i].value, TW_STR("sequence"))) return true;
    }
    return false;
}

/* ---- source ---- */

/* The shortest sequence ends the source, also when nobody reads its column. */
static tw_status count_rows(source *s, tw_error *error) {
    const tw_table_ref *t = &s->scan->table;
    tw_arena arena;
    maker *makers;
    s->rows = tw_option_int(t->options, t->noptions, "number-of-rows", INT64_MAX);
    tw_arena_init(&arena, s->mem, 4096);
    tw_status status = plan_row(&arena, &makers, t->schema, t->options, t->noptions, error);
    for (int i = 0; status == TW_OK && i < t->schema->nfields; i++) {
        if (!makers[i].sequence) continue;
        int64_t rows = makers[i].end < makers[i].start ? 0 : makers[i].end - makers[i].start + 1;
        if (rows < s->rows) s->rows = rows;
    }
    tw_arena_free(&arena);
    return status;
}

static void close_source(tw_source *opaque) {
    source *s = (source *)opaque;
    tw_arena_free(&s->arena);
    tw_free(s->mem, s, sizeof *s);
}

static tw_status name_splits(source *s, tw_error *error) {
    s->splits = TW_NEW_ARRAY(&s->arena, tw_split_id, s->nsplits);
    for (int i = 0; s->splits && i < s->nsplits; i++) {
        const char *name = tw_arena_printf(&s->arena, "generator %d", i);
        if (!name) return tw_fail(error, TW_E_NOMEM, "out of memory");
        s->splits[i] = (tw_split_id){tw_str_of(name), i};
    }
    return s->splits ? TW_OK : tw_fail(error, TW_E_NOMEM, "out of memory");
}

static tw_status open_source(const tw_source_context *context, tw_source **out, tw_error *error) {
    const tw_table_ref *t = &context->scan->table;
    source *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    s->mem = context->mem;
    s->os = context->os;
    s->scan = context->scan;
    s->rate = tw_option_int(t->options, t->noptions, "rows-per-second", 10000);
    s->seed = (uint64_t)tw_option_int(t->options, t->noptions, "seed", 0);
    s->start_ms = context->session ? context->session->start_ms : tw_wall_ms(s->os);
    s->nsplits = (int)tw_option_int(t->options, t->noptions, "scan.parallelism", 1);
    tw_arena_init(&s->arena, s->mem, 1024);
    tw_status status = count_rows(s, error);
    if (status == TW_OK) status = name_splits(s, error);
    if (status != TW_OK) {
        close_source((tw_source *)s);
        return status;
    }
    *out = (tw_source *)s;
    return TW_OK;
}

static tw_status splits(tw_source *opaque, const tw_split_id **out, int *n, bool *complete, tw_error *error) {
    *out = ((source *)opaque)->splits;
    *n = ((source *)opaque)->nsplits;
    *complete = true;
    return TW_OK;
}

/* ---- values ---- */

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
static uint64_t draw(const reader *r, const maker *m, uint64_t n, uint64_t stream) {
    return mix(r->source->seed + m->salt + (n * 4 + stream + 1) * UINT64_C(0x9e3779b97f4a7c15));
}
static double unit(uint64_t random) { return (double)(random >> 11) * 0x1p-53; }

/* Between min and max, both included. */
static int64_t between(uint64_t random, int64_t min, int64_t max) {
    uint64_t span = (uint64_t)max - (uint64_t)min + 1;
    return span == 0 ? (int64_t)random : (int64_t)((uint64_t)min + (uint64_t)(((unsigned __int128)random * span) >> 64));
}

static void put_whole(tw_dcol *c, int32_t row, int64_t v) {
    switch (c->out->phys) {
    case TW_PHYS_BOOL: ((uint8_t *)c->out->values)[row] = v & 1; break;
    case TW_PHYS_I8: ((int8_t *)c->out->values)[row] = (int8_t)v; break;
    case TW_PHYS_I16: ((int16_t *)c->out->values)[row] = (int16_t)v; break;
    case TW_PHYS_I32: ((int32_t *)c->out->values)[row] = (int32_t)v; break;
    default: ((int64_t *)c->out->values)[row] = v;
    }
}

static bool put_text(reader *r, const maker *m, int32_t row, uint64_t n) {
    static const char HEX[] = "0123456789abcdef";
    int32_t length = m->var_length ? (int32_t)between(draw(r, m, n, 2), m->length > 0, m->length) : m->length;
    char *text = tw_arena_alloc(&r->rows.heap, (size_t)length + 1);
    if (!text) return false;
    uint64_t random = 0;
    for (int32_t i = 0; i < length; i++) {
        if (i % 16 == 0) random = mix(draw(r, m, n, 3) + (uint64_t)i);
        text[i] = HEX[random & 15];
        random >>= 4;
    }
    tw_dcol_string(m->column, row, (tw_str){text, (size_t)length});
    return true;
}

static void put_decimal(const maker *m, int32_t row, double v) {
    tw_i128 d;
    const tw_type *type = m->column->type;
    if (!tw_decimal_from_double(v, type->precision, type->scale, &d)) d = 0;
    if (m->column->out->phys == TW_PHYS_I64)
        ((int64_t *)m->column->out->values)[row] = (int64_t)d;
    else
        ((tw_i128 *)m->column->out->values)[row] = d;
}

static void put_timestamp(const reader *r, const maker *m, int32_t row, uint64_t n) {
    int64_t ms = r->source->start_ms - (m->past_ms > 0 ? between(draw(r, m, n, 1), 0, m->past_ms) : 0);
    if (m->column->out->phys == TW_PHYS_TS)
        ((tw_ts *)m->column->out->values)[row] = tw_ts_of(ms, 0);
    else
        ((int64_t *)m->column->out->values)[row] = ms;
}

static void put_real(tw_dcol *c, int32_t row, double v) {
    if (c->out->phys == TW_PHYS_F32)
        ((float *)c->out->values)[row] = (float)v;
    else
        ((double *)c->out->values)[row] = v;
}

static bool put_sequence(reader *r, const maker *m, int32_t row, uint64_t n) {
    int64_t v = m->start + (int64_t)n;
    if (tw_kind_is_text(m->kind)) {
        char *text = tw_arena_printf(&r->rows.heap, "%lld", (long long)v);
        if (text) tw_dcol_string(m->column, row, tw_str_of(text));
        return text != NULL;
    }
    if (m->kind == TW_DECIMAL)
        put_decimal(m, row, (double)v);
    else if (tw_kind_is_approximate(m->kind))
        put_real(m->column, row, (double)v);
    else
        put_whole(m->column, row, v);
    tw_dcol_valid(m->column, row);
    return true;
}

static bool put(reader *r, const maker *m, int32_t row, uint64_t n);

static bool put_collection(reader *r, const maker *m, int32_t row, uint64_t n) {
    tw_dcol *c = m->column;
    int32_t from = c->out->offsets[row];
    for (int32_t i = 0; i < m->length; i++)
        for (int32_t k = 0; k < c->nchildren; k++) {
            if (!tw_dcol_reserve(&r->rows, &c->children[k], from + i + 1)) return false;
            if (k < m->nfields) {
                if (!put(r, &m->fields[k], from + i, mix(n + m->salt) + (uint64_t)i)) return false;
            } else {
                put_whole(&c->children[k], from + i, between(draw(r, m, n, (uint64_t)i), 0, 100)); /* MULTISET's counts */
                tw_dcol_valid(&c->children[k], from + i);
            }
        }
    c->out->offsets[row + 1] = from + m->length;
    return true;
}

static bool put(reader *r, const maker *m, int32_t row, uint64_t n) {
    tw_dcol *c = m->column;
    if (m->null_rate > 0 && unit(draw(r, m, n, 0)) < m->null_rate) {
        tw_dcol_null(c, row);
        return true;
    }
    if (m->sequence) return put_sequence(r, m, row, n);
    bool ok = true;
    switch (m->kind) {
    case TW_NULL: tw_dcol_null(c, row); return true;
    case TW_FLOAT:
    case TW_DOUBLE: put_real(c, row, m->fmin + unit(draw(r, m, n, 1)) * (m->fmax - m->fmin)); break;
    case TW_DECIMAL: put_decimal(m, row, m->fmin + unit(draw(r, m, n, 1)) * (m->fmax - m->fmin)); break;
    case TW_CHAR:
    case TW_VARCHAR:
    case TW_BINARY:
    case TW_VARBINARY: ok = put_text(r, m, row, n); break;
    case TW_DATE: put_whole(c, row, tw_floor_div(r->source->start_ms, TW_DAY_MS)); break;
    case TW_TIME: put_whole(c, row, tw_floor_mod(r->source->start_ms, TW_DAY_MS)); break;
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ: put_timestamp(r, m, row, n); break;
    case TW_ARRAY:
    case TW_MAP:
    case TW_MULTISET: ok = put_collection(r, m, row, n); break;
    case TW_ROW:
        for (int32_t i = 0; i < m->nfields && ok; i++) ok = put(r, &m->fields[i], row, n);
        break;
    default: put_whole(c, row, between(draw(r, m, n, 1), m->min, m->max));
    }
    tw_dcol_valid(c, row);
    return ok;
}

/* ---- reader ---- */

static void bind(maker *m, tw_dcol *column) {
    m->column = column;
    for (int32_t i = 0; i < m->nfields; i++) bind(&m->fields[i], &column->children[i]);
}

static void close_reader(tw_split_reader *opaque) {
    reader *r = (reader *)opaque;
    tw_rows_close(&r->rows);
    tw_arena_free(&r->arena);
    tw_free(r->mem, r, sizeof *r);
}

static tw_status open_reader(tw_source *opaque, const tw_split_id *split, tw_mem *mem, tw_str position, tw_split_reader **out, tw_error *error) {
    source *s = (source *)opaque;
    const tw_table_ref *t = &s->scan->table;
    reader *r = tw_calloc(mem, sizeof *r);
    if (!r) return tw_fail(error, TW_E_NOMEM, "out of memory");
    r->mem = mem;
    r->source = s;
    r->split = split->number;
    r->nrows = s->rows > r->split ? (s->rows - r->split - 1) / s->nsplits + 1 : 0;
    tw_arena_init(&r->arena, mem, 4096);
    tw_status status = tw_rows_open(&r->rows, mem, s->scan->wanted, TW_BATCH_ROWS);
    if (status != TW_OK) tw_fail(error, status, "out of memory");
    if (status == TW_OK) status = plan_row(&r->arena, &r->makers, s->scan->wanted, t->options, t->noptions, error);
    if (status == TW_OK && position.length) {
        tw_reader in = {position.data, position.data + position.length, false};
        r->next = (int64_t)tw_read_varint(&in);
        if (in.failed || r->next < 0 || r->next > r->nrows) status = tw_fail(error, TW_E_CORRUPT, "the position of datagen is damaged");
    }
    if (status != TW_OK) {
        close_reader((tw_split_reader *)r);
        return status;
    }
    for (int32_t i = 0; i < s->scan->wanted->nfields; i++) bind(&r->makers[i], &r->rows.root.children[i]);
    *out = (tw_split_reader *)r;
    return TW_OK;
}

/* The number of the split's k-th row. */
static int64_t row_number(const reader *r, int64_t k) { return k * r->source->nsplits + r->split; }

/* Rows of the split that are due by now, where the rate is that of all splits together; *wait_ns: when the next one is. */
static int64_t rows_due(reader *r, int64_t *wait_ns) {
    source *s = r->source;
    int64_t now = tw_mono_ns(s->os), none = 0, row = row_number(r, r->next);
    int64_t offset = (int64_t)(((__int128)row * 1000000000 + s->rate - 1) / s->rate); /* rounded up: the row is due then */
    if (s->start_ns == 0) atomic_compare_exchange_strong(&s->start_ns, &none, now - offset);
    *wait_ns = s->start_ns + offset;
    if (*wait_ns > now) return 0;
    int64_t last = (int64_t)((__int128)(now - s->start_ns) * s->rate / 1000000000); /* the last row of any split that is due */
    return (last - row) / s->nsplits + 1;
}

static bool put_column(reader *r, const maker *m, int32_t rows) {
    uint64_t number = (uint64_t)row_number(r, r->next), stride = (uint64_t)r->source->nsplits;
    for (int32_t row = 0; row < rows; row++, number += stride)
        if (!put(r, m, row, number)) return false;
    return true;
}

static tw_status poll(tw_split_reader *opaque, int32_t max_rows, tw_batch **batch, int64_t *wait_ns, tw_bad_record_sink bad, void *bad_context,
                      tw_error *error) {
    reader *r = (reader *)opaque;
    source *s = r->source;
    int64_t n = r->nrows - r->next;
    if (n <= 0) return TW_END;
    int64_t due = rows_due(r, wait_ns);
    if (due <= 0) return TW_BLOCKED;
    if (n > due) n = due;
    if (n > max_rows) n = max_rows;
    *wait_ns = 0;
    tw_rows_begin(&r->rows);
    for (int32_t i = 0; i < s->scan->wanted->nfields; i++)
        if (!put_column(r, &r->makers[i], (int32_t)n)) return tw_fail(error, TW_E_NOMEM, "out of memory");
    tw_rows_end(&r->rows, (int32_t)n);
    r->next += n;
    *batch = &r->rows.batch;
    return TW_OK;
}

static void position(tw_split_reader *opaque, tw_buf *out) { tw_buf_varint(out, (uint64_t)((reader *)opaque)->next); }

static double progress(tw_split_reader *opaque) {
    reader *r = (reader *)opaque;
    return r->source->rows == INT64_MAX ? -1 : r->nrows == 0 ? 1 : (double)r->next / (double)r->nrows;
}

static const tw_source_ops SOURCE = {
    .open = open_source,
    .close = close_source,
    .splits = splits,
    .reader_open = open_reader,
    .poll = poll,
    .position = position,
    .progress = progress,
    .reader_close = close_reader,
};

const tw_connector tw_connector_datagen = {
    .name = "datagen",
    .doc = "random and sequential rows",
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .bounded = bounded,
    .validate = validate,
    .source = &SOURCE,
};
