/* Comma-separated values, as Flink's csv format (Jackson's CsvParser) reads them.
 *
 * A record is a line, or several when a quoted field holds line ends. Fields are split by one scan; only wanted ones are
 * converted. Strings borrow from the input unless quotes were doubled or characters escaped. Blank lines are skipped. */
#include "format/csv.h"

#include <stdio.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "format/rows.h"

static const tw_text_rules RULES = {.separator = ' ', .iso_time = true, .lenient = true};

enum { ORDINARY, DELIMITER, LINE_END, QUOTE, ESCAPE };

typedef struct field {
    tw_str text;
    bool quoted;
    bool escaped; /* doubled quotes or escapes are in it */
} field;

typedef struct target {
    tw_dcol *column;  /* NULL: not wanted */
    tw_dcol **fields; /* ROW: by field of the table's type; NULL: pruned */
    int32_t nfields;
} target;

typedef struct decoder {
    const tw_format *format;
    tw_mem *mem;
    tw_csv_options options;
    tw_rows rows;
    int32_t nfields;                      /* of the table */
    target *targets;                      /* by table column */
    field *fields;                        /* of the record; nfields + 1 */
    uint64_t *pos;                        /* line of each row */
    uint8_t kind[256];                    /* of each byte */
    char plain_stops[4], quoted_stops[4]; /* the bytes that a scan of such a field must look at */
    tw_arena arena;
} decoder;

typedef struct record {
    const char *next; /* behind its line end */
    uint64_t lines;
    int32_t nfields; /* fields found, nfields + 1 when there were more */
    bool blank;
    const char *error; /* NULL when it was split */
} record;

static const tw_option_info OPTIONS[] = {
    {"field-delimiter", TW_OPTION_STRING, ",", false, NULL, "character between fields; '\\t' and other Java escapes are understood"},
    {"disable-quote-character", TW_OPTION_BOOLEAN, "false", false, NULL, "quotes have no meaning"},
    {"quote-character", TW_OPTION_STRING, "\"", false, NULL, "character around fields"},
    {"allow-comments", TW_OPTION_BOOLEAN, "false", false, NULL, "lines that begin with # are skipped"},
    {"ignore-parse-errors", TW_OPTION_BOOLEAN, "false", false, NULL, "fields that cannot be read become NULL, bad rows are dropped"},
    {"array-element-delimiter", TW_OPTION_STRING, ";", false, NULL, "between the elements of arrays and rows"},
    {"escape-character", TW_OPTION_STRING, NULL, false, NULL, "takes away the meaning of the next character"},
    {"null-literal", TW_OPTION_STRING, NULL, false, NULL, "text that stands for NULL"},
    {"write-bigdecimal-in-scientific-notation", TW_OPTION_BOOLEAN, "true", false, NULL, "writes 100000 as 1E+5"},
    {"trim-spaces", TW_OPTION_BOOLEAN, "false", false, NULL, "blanks around unquoted fields are dropped"},
    {"ignore-trailing-unmappable", TW_OPTION_BOOLEAN, "false", false, NULL, "more fields than columns are no error"},
    {"allow-trailing-comma", TW_OPTION_BOOLEAN, "true", false, NULL, "one empty field too many is no error"},
    {"fail-on-missing-columns", TW_OPTION_BOOLEAN, "false", false, NULL, "fewer fields than columns are always an error"},
    {"empty-string-as-null", TW_OPTION_BOOLEAN, "false", false, NULL, "empty fields are NULL"},
    {"ignore-first-line", TW_OPTION_BOOLEAN, "false", false, NULL, "the first record of each file is skipped"},
};

/* An option of one character; Java's escapes are resolved when `java`. */
static tw_status one_character(tw_str text, const char *key, bool java, int *out, tw_error *error) {
    if (!text.data) return TW_OK;
    if (java && text.length == 2 && text.data[0] == '\\') {
        const char *hit = strchr("ttnnrrffbb\\\\\"\"''00", text.data[1]);
        static const char VALUES[] = "t\tn\nr\rf\fb\b\\\\\"\"''0\0";
        if (hit) {
            for (size_t i = 0; i + 1 < sizeof VALUES; i += 2)
                if (VALUES[i] == text.data[1]) *out = (unsigned char)VALUES[i + 1];
            return TW_OK;
        }
    }
    if (java && text.length == 6 && text.data[0] == '\\' && text.data[1] == 'u') {
        unsigned code = 0;
        if (sscanf(text.data + 2, "%4x", &code) == 1 && code < 0x80) {
            *out = (int)code;
            return TW_OK;
        }
    }
    if (text.length != 1 || (unsigned char)text.data[0] >= 0x80)
        return tw_fail(error, TW_E_UNSUPPORTED, "option 'csv.%s': '%.*s' is not one ASCII character", key, TW_STR_ARG(text));
    *out = (unsigned char)text.data[0];
    return TW_OK;
}

tw_status tw_csv_options_read(const tw_option *options, int n, tw_csv_options *out, tw_error *error) {
    *out = (tw_csv_options){.delimiter = ',', .quote = '"', .escape = -1};
    out->comments = tw_option_flag(options, n, "csv.allow-comments", false);
    out->ignore_errors = tw_option_flag(options, n, "csv.ignore-parse-errors", false);
    out->trim = tw_option_flag(options, n, "csv.trim-spaces", false);
    out->ignore_trailing = tw_option_flag(options, n, "csv.ignore-trailing-unmappable", false);
    out->trailing_comma = tw_option_flag(options, n, "csv.allow-trailing-comma", true);
    out->missing_ok = !tw_option_flag(options, n, "csv.fail-on-missing-columns", false);
    out->empty_null = tw_option_flag(options, n, "csv.empty-string-as-null", false);
    out->skip_first = tw_option_flag(options, n, "csv.ignore-first-line", false);
    out->scientific = tw_option_flag(options, n, "csv.write-bigdecimal-in-scientific-notation", true);
    out->null_literal = tw_option_get(options, n, "csv.null-literal");
    out->array_delimiter = tw_option_get(options, n, "csv.array-element-delimiter");
    if (!out->array_delimiter.data) out->array_delimiter = TW_STR(";");
    TW_TRY(one_character(tw_option_get(options, n, "csv.field-delimiter"), "field-delimiter", true, &out->delimiter, error));
    TW_TRY(one_character(tw_option_get(options, n, "csv.escape-character"), "escape-character", false, &out->escape, error));
    TW_TRY(one_character(tw_option_get(options, n, "csv.quote-character"), "quote-character", false, &out->quote, error));
    if (!tw_option_flag(options, n, "csv.disable-quote-character", false)) return TW_OK;
    if (tw_option_get(options, n, "csv.quote-character").data)
        return tw_fail(error, TW_E_INVALID, "format csv cannot have quote-character with disable-quote-character");
    out->quote = -1;
    return TW_OK;
}

static tw_status check_type(const tw_type *type, int depth, tw_error *error) {
    if (type->kind == TW_MAP || type->kind == TW_MULTISET || (depth > 0 && tw_kind_is_nested(type->kind)))
        return tw_fail(error, TW_E_UNSUPPORTED, "the csv format cannot hold %s%s", tw_kind_name(type->kind),
                       depth > 0 ? " inside another nested type" : "");
    if (type->kind == TW_ROW || type->kind == TW_ARRAY)
        for (int i = 0; i < type->nfields; i++) TW_TRY(check_type(type->fields[i].type, depth + 1, error));
    return TW_OK;
}

static void close_decoder(tw_decoder *opaque) {
    decoder *d = (decoder *)opaque;
    tw_rows_close(&d->rows);
    tw_arena_free(&d->arena);
    tw_free(d->mem, d, sizeof *d);
}

static tw_status set_target(decoder *d, target *t, tw_dcol *c, const tw_type *full, tw_error *error) {
    t->column = c;
    if (full->kind != TW_ROW) return TW_OK;
    t->nfields = full->nfields;
    t->fields = TW_NEW_ARRAY(&d->arena, tw_dcol *, full->nfields + 1);
    if (!t->fields) return tw_fail(error, TW_E_NOMEM, "out of memory");
    for (int i = 0; i < c->type->nfields; i++) {
        int at = tw_type_field(full, c->type->fields[i].name);
        if (at < 0) return tw_fail(error, TW_E_INTERNAL, "wanted field is not in the schema");
        t->fields[at] = &c->children[i];
    }
    return TW_OK;
}

static tw_status prepare(decoder *d, const tw_type *schema, const tw_type *wanted, tw_error *error) {
    for (int i = 0; i < wanted->nfields; i++) TW_TRY(check_type(wanted->fields[i].type, 0, error));
    d->nfields = schema->nfields;
    d->targets = TW_NEW_ARRAY(&d->arena, target, schema->nfields + 1);
    d->fields = TW_NEW_ARRAY(&d->arena, field, schema->nfields + 1);
    d->pos = TW_NEW_ARRAY(&d->arena, uint64_t, TW_BATCH_ROWS);
    if (!d->targets || !d->fields || !d->pos) return tw_fail(error, TW_E_NOMEM, "out of memory");
    if (tw_rows_open(&d->rows, d->mem, wanted, TW_BATCH_ROWS) != TW_OK) return tw_fail(error, TW_E_NOMEM, "out of memory");
    for (int i = 0; i < wanted->nfields; i++) {
        int at = tw_type_field(schema, wanted->fields[i].name);
        if (at < 0) return tw_fail(error, TW_E_INTERNAL, "wanted column is not in the schema");
        TW_TRY(set_target(d, &d->targets[at], &d->rows.root.children[i], schema->fields[at].type, error));
    }
    d->kind['\n'] = d->kind['\r'] = LINE_END;
    if (d->options.escape >= 0) d->kind[d->options.escape] = ESCAPE;
    if (d->options.quote >= 0) d->kind[d->options.quote] = QUOTE;
    d->kind[d->options.delimiter] = DELIMITER;
    char escape = d->options.escape >= 0 ? (char)d->options.escape : '\n', quote = d->options.quote >= 0 ? (char)d->options.quote : '\n';
    memcpy(d->plain_stops, (char[4]){'\n', '\r', (char)d->options.delimiter, escape}, 4);
    memcpy(d->quoted_stops, (char[4]){'\n', '\r', quote, escape}, 4);
    return TW_OK;
}

static tw_status open_decoder(tw_mem *mem, const tw_type *schema, const tw_type *wanted, const tw_option *options, int noptions, const tw_zone *zone,
                              tw_decoder **out, tw_error *error) {
    (void)zone;
    decoder *d = tw_calloc(mem, sizeof *d);
    if (!d) return tw_fail(error, TW_E_NOMEM, "out of memory");
    d->format = &tw_format_csv;
    d->mem = mem;
    tw_arena_init(&d->arena, mem, 4096);
    tw_status status = tw_csv_options_read(options, noptions, &d->options, error);
    if (status == TW_OK) status = prepare(d, schema, wanted, error);
    if (status != TW_OK) {
        close_decoder((tw_decoder *)d);
        return status;
    }
    *out = (tw_decoder *)d;
    return TW_OK;
}

/* ---- splitting ---- */

static void add_field(decoder *d, record *r, field f) {
    if (r->nfields <= d->nfields) d->fields[r->nfields] = f;
    r->nfields++;
}

/* The first of the four bytes in [p, end), or end. Loads go past end (TW_DECODE_PAD). */
static inline const char *find_stop(const char stops[4], const char *p, const char *end) {
#if defined(__SSE2__)
    const __m128i a = _mm_set1_epi8(stops[0]), b = _mm_set1_epi8(stops[1]), c = _mm_set1_epi8(stops[2]), e = _mm_set1_epi8(stops[3]);
    for (; p < end; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)p);
        __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, a), _mm_cmpeq_epi8(v, b)),
                                   _mm_or_si128(_mm_cmpeq_epi8(v, c), _mm_cmpeq_epi8(v, e)));
        int bits = _mm_movemask_epi8(hit);
        if (bits) {
            p += __builtin_ctz((unsigned)bits);
            break;
        }
    }
    return p < end ? p : end;
#else
    while (p < end && *p != stops[0] && *p != stops[1] && *p != stops[2] && *p != stops[3]) p++;
    return p;
#endif
}

/* Behind the opening quote. NULL: the input ends first. */
static const char *quoted_field(decoder *d, const char *p, const char *end, record *r, field *f) {
    const char *start = p;
    for (; (p = find_stop(d->quoted_stops, p, end)) < end; p++) {
        uint8_t kind = d->kind[(uint8_t)*p];
        if (kind == ORDINARY || kind == DELIMITER) continue;
        if (kind == LINE_END) {
            r->lines += *p == '\n';
        } else if (kind == ESCAPE) {
            f->escaped = true;
            if (++p == end) return NULL;
            r->lines += *p == '\n';
        } else {
            if (p + 1 == end || p[1] != *p) {
                f->text = (tw_str){start, (size_t)(p - start)};
                return p + 1;
            }
            f->escaped = true;
            p++;
        }
    }
    return NULL;
}

static const char *plain_field(decoder *d, const char *p, const char *end, field *f) {
    const char *start = p;
    for (; (p = find_stop(d->plain_stops, p, end)) < end; p++) {
        uint8_t kind = d->kind[(uint8_t)*p];
        if (kind == ORDINARY || kind == QUOTE) continue;
        if (kind != ESCAPE) break;
        f->escaped = true;
        if (++p == end) break;
    }
    f->text = (tw_str){start, (size_t)(p - start)};
    return p;
}

static tw_str trim_blanks(tw_str s) {
    while (s.length && (*s.data == ' ' || *s.data == '\t')) s.data++, s.length--;
    while (s.length && (s.data[s.length - 1] == ' ' || s.data[s.length - 1] == '\t')) s.length--;
    return s;
}

/* Splits the record at p. false: it is not whole (the input ends in it); then *r holds nothing. */
static bool split(decoder *d, const char *p, const char *end, bool last, record *r) {
    *r = (record){0};
    for (;;) {
        field f = {0};
        const char *start = p;
        if (d->options.trim) {
            while (p < end && (*p == ' ' || *p == '\t')) p++;
        }
        if (p < end && d->kind[(uint8_t)*p] == QUOTE) {
            f.quoted = true;
            uint64_t lines = r->lines;
            const char *close = quoted_field(d, p + 1, end, r, &f);
            if (!close) r->lines = lines;
            if (!close) {
                if (!last) return false;
                const char *line_end = memchr(p, '\n', (size_t)(end - p));
                r->error = "a quoted field is not closed";
                r->next = line_end ? line_end + 1 : end;
                r->lines++;
                return true;
            }
            for (p = close; p < end && (*p == ' ' || (*p == '\t' && d->options.delimiter != '\t')); p++) continue;
            if (p < end && d->kind[(uint8_t)*p] != DELIMITER && d->kind[(uint8_t)*p] != LINE_END) {
                r->error = "a closing quote is followed by neither delimiter nor line end";
                while (p < end && *p != '\n') p++;
            }
        } else {
            p = plain_field(d, start, end, &f);
            if (d->options.trim) f.text = trim_blanks(f.text);
        }
        if (p == end && !last) return false;
        add_field(d, r, f);
        if (p == end || d->kind[(uint8_t)*p] == LINE_END) break;
        p++;
    }
    if (p < end && *p == '\r') {
        p++;
        if (p == end && !last) return false;
    }
    if (p < end && *p == '\n') p++;
    r->lines++;
    r->next = p;
    r->blank = !r->error && r->nfields == 1 && !d->fields[0].quoted && d->fields[0].text.length == 0;
    return true;
}

/* ---- converting ---- */

/* The field without its doubled quotes and escapes. data NULL: out of memory. */
static tw_str unescape(decoder *d, const field *f) {
    char *copy = tw_arena_alloc(&d->rows.heap, f->text.length + 1), *to = copy;
    if (!copy) return (tw_str){NULL, 0};
    const char *p = f->text.data, *end = p + f->text.length;
    for (; p < end; p++) {
        if (d->options.escape >= 0 && (unsigned char)*p == d->options.escape && p + 1 < end) {
            p++;
            *to++ = *p == 'n' ? '\n' : *p == 'r' ? '\r' : *p == 't' ? '\t' : *p == '0' ? '\0' : *p;
            continue;
        }
        if (f->quoted && (unsigned char)*p == d->options.quote && p + 1 < end && p[1] == *p) p++;
        *to++ = *p;
    }
    return (tw_str){copy, (size_t)(to - copy)};
}

static bool is_null(const decoder *d, tw_str text) {
    if (d->options.empty_null && text.length == 0) return true;
    return d->options.null_literal.data && tw_str_equal(text, d->options.null_literal);
}

static tw_fit scalar(decoder *d, tw_dcol *c, int32_t row, tw_str text) {
    if (is_null(d, text)) {
        tw_dcol_null(c, row);
        return TW_FIT_OK;
    }
    tw_fit fit = tw_dcol_text(&d->rows, c, row, text, &RULES);
    if (fit == TW_FIT_BAD && d->options.ignore_errors) {
        tw_dcol_null(c, row);
        return TW_FIT_OK;
    }
    return fit;
}

/* Cuts the first element off *rest. */
static tw_str element(const decoder *d, tw_str *rest) {
    tw_str by = d->options.array_delimiter;
    const char *hit = by.length ? memmem(rest->data, rest->length, by.data, by.length) : NULL;
    tw_str e = {rest->data, hit ? (size_t)(hit - rest->data) : rest->length};
    *rest = hit ? (tw_str){hit + by.length, rest->length - e.length - by.length} : (tw_str){NULL, 0};
    return e;
}

static tw_fit array(decoder *d, tw_dcol *c, int32_t row, tw_str text) {
    int32_t at = c->out->offsets[row];
    tw_str rest = text;
    while (text.length && rest.data) {
        tw_str e = element(d, &rest);
        if (!tw_dcol_reserve(&d->rows, &c->children[0], at + 1)) return TW_FIT_NOMEM;
        tw_fit fit = scalar(d, &c->children[0], at, e);
        if (fit != TW_FIT_OK) return fit;
        at++;
    }
    c->out->offsets[row + 1] = at;
    tw_dcol_valid(c, row);
    return TW_FIT_OK;
}

static tw_fit nested_row(decoder *d, const target *t, int32_t row, tw_str text) {
    tw_str rest = text;
    for (int32_t i = 0; i < t->nfields; i++) {
        tw_dcol *child = t->fields[i];
        if (!rest.data && !d->options.ignore_errors) return TW_FIT_BAD;
        tw_str e = rest.data ? element(d, &rest) : rest;
        if (!child) continue;
        if (!e.data) {
            tw_dcol_null(child, row);
            continue;
        }
        tw_fit fit = scalar(d, child, row, e);
        if (fit != TW_FIT_OK) return fit;
    }
    if (rest.data && !d->options.ignore_errors) return TW_FIT_BAD;
    tw_dcol_valid(t->column, row);
    return TW_FIT_OK;
}

static tw_fit convert_field(decoder *d, const target *t, int32_t row, const field *f) {
    tw_dcol *c = t->column;
    tw_str text = f->text;
    if (f->escaped) {
        text = unescape(d, f);
        if (!text.data) return TW_FIT_NOMEM;
    }
    tw_fit fit;
    if (!tw_kind_is_nested(c->type->kind)) return scalar(d, c, row, text);
    if (is_null(d, text)) {
        tw_dcol_null(c, row);
        return TW_FIT_OK;
    }
    fit = c->type->kind == TW_ARRAY ? array(d, c, row, text) : nested_row(d, t, row, text);
    if (fit == TW_FIT_BAD && d->options.ignore_errors) {
        tw_dcol_null(c, row);
        return TW_FIT_OK;
    }
    return fit;
}

/* Is the number of fields one that Flink takes? */
static bool arity_fits(const decoder *d, const record *r) {
    if (r->nfields == d->nfields || (d->options.ignore_errors && r->nfields < d->nfields && d->options.missing_ok)) return true;
    if (r->nfields < d->nfields) return false;
    if (d->options.ignore_trailing) return true;
    const field *extra = &d->fields[d->nfields];
    return d->options.trailing_comma && r->nfields == d->nfields + 1 && extra->text.length == 0 && !extra->quoted;
}

static tw_fit convert(decoder *d, const record *r, int32_t row, char *message, size_t size) {
    if (!arity_fits(d, r)) {
        snprintf(message, size, "row length mismatch: %d fields expected but was %s%d", d->nfields, r->nfields > d->nfields ? "at least " : "",
                 r->nfields);
        return TW_FIT_BAD;
    }
    for (int32_t i = 0; i < d->nfields; i++) {
        tw_dcol *c = d->targets[i].column;
        if (!c) continue;
        if (i >= r->nfields) {
            tw_dcol_null(c, row);
            continue;
        }
        tw_fit fit = convert_field(d, &d->targets[i], row, &d->fields[i]);
        if (fit == TW_FIT_OK) continue;
        int shown = d->fields[i].text.length > 60 ? 60 : (int)d->fields[i].text.length;
        snprintf(message, size, "field %d: '%.*s' is not a %s", i + 1, shown, d->fields[i].text.data, tw_kind_name(c->type->kind));
        return fit;
    }
    return TW_FIT_OK;
}

static void report(tw_decode *io, const char *start, const record *r, uint64_t line, const char *message) {
    tw_bad_record *bad = &io->bad[io->nbad++];
    size_t length = (size_t)(r->next - start);
    while (length && (start[length - 1] == '\n' || start[length - 1] == '\r')) length--;
    bad->offset = io->offset + (uint64_t)(start - io->bytes);
    bad->line = line;
    bad->bytes = (tw_str){start, length > 65536 ? 65536 : length};
    snprintf(bad->error, sizeof bad->error, "%s", message);
}

/* One record that was split. */
static tw_status take(decoder *d, tw_decode *io, const char *p, const record *r, int32_t *row) {
    char message[200];
    uint64_t line = io->line + io->lines;
    tw_fit fit = TW_FIT_BAD;
    if (r->error)
        snprintf(message, sizeof message, "%s", r->error);
    else if (!tw_utf8_valid(p, (size_t)(r->next - p)))
        snprintf(message, sizeof message, "the bytes are not UTF-8");
    else
        fit = convert(d, r, *row, message, sizeof message);
    if (fit == TW_FIT_NOMEM) return TW_E_NOMEM;
    if (fit == TW_FIT_OK)
        d->pos[(*row)++] = line;
    else if (!d->options.ignore_errors)
        report(io, p, r, line, message);
    return TW_OK;
}

static tw_status decode(tw_decoder *opaque, tw_decode *io) {
    decoder *d = (decoder *)opaque;
    const char *p = io->bytes, *end = p + io->length;
    int32_t row = 0;
    record r;
    io->lines = 0;
    io->nbad = 0;
    tw_rows_begin(&d->rows);
    if (io->offset == 0 && io->length >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) p += 3;
    bool header = d->options.skip_first && io->offset == 0;
    while (p < end && row < io->max_rows && io->nbad < TW_BAD_RECORDS && split(d, p, end, io->last, &r)) {
        bool skipped = r.blank || header || (d->options.comments && *p == '#');
        if (header && !r.blank) header = false;
        if (!skipped && take(d, io, p, &r, &row) != TW_OK) return TW_E_NOMEM;
        io->lines += r.lines;
        p = r.next;
    }
    if (header && !io->last) { /* blank lines alone: taken together with the header behind them, which is known by its offset */
        p = io->bytes;
        io->lines = 0;
    }
    io->consumed = (size_t)(p - io->bytes);
    tw_rows_end(&d->rows, row);
    io->batch = d->rows.batch;
    io->batch.source_pos = d->pos;
    return TW_OK;
}

const tw_format tw_format_csv = {
    .name = "csv",
    .doc = "comma-separated values",
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .changelog = TW_APPEND,
    .decoder_open = open_decoder,
    .decode = decode,
    .decoder_close = close_decoder,
    .encoder_open = tw_csv_encoder_open,
    .encode = tw_csv_encode,
    .encoder_close = tw_csv_encoder_close,
};
