/* The json format: one object a line. See json.h for how the decoder works. */
#include "format/json.h"

#include <stdio.h>

static const tw_option_info OPTIONS[] = {
    {"fail-on-missing-field", TW_OPTION_BOOLEAN, "false", false, NULL, "a record without a column's field is bad"},
    {"ignore-parse-errors", TW_OPTION_BOOLEAN, "false", false, NULL, "fields that cannot be read become NULL, bad records are dropped"},
    {"timestamp-format.standard", TW_OPTION_ENUM, "SQL", false, "SQL|ISO-8601", "'2020-12-30 12:13:14.123' or '2020-12-30T12:13:14.123'"},
    {"map-null-key.mode", TW_OPTION_ENUM, "FAIL", false, "FAIL|DROP|LITERAL", "what to do with a NULL key of a map when writing"},
    {"map-null-key.literal", TW_OPTION_STRING, "null", false, NULL, "key written for NULL with mode LITERAL"},
    {"encode.decimal-as-plain-number", TW_OPTION_BOOLEAN, "false", false, NULL, "never write decimals as 1E+5"},
    {"encode.ignore-null-fields", TW_OPTION_BOOLEAN, "false", false, NULL, "leave NULL fields out when writing"},
    {"decode.json-parser.enabled", TW_OPTION_BOOLEAN, "true", false, NULL, "taken for Flink's sake; there is one parser"},
};

static tw_status check_type(const tw_type *type, tw_error *error) {
    if (type->kind == TW_SYMBOL || type->kind == TW_DESCRIPTOR)
        return tw_fail(error, TW_E_UNSUPPORTED, "the json format cannot hold %s", tw_kind_name(type->kind));
    if ((type->kind == TW_MAP || type->kind == TW_MULTISET) && !tw_kind_is_text(type->fields[0].type->kind))
        return tw_fail(error, TW_E_UNSUPPORTED, "the json format needs text as the key type of a %s, not %s", tw_kind_name(type->kind),
                       tw_kind_name(type->fields[0].type->kind));
    for (int i = 0; tw_kind_is_nested(type->kind) && i < type->nfields; i++) TW_TRY(check_type(type->fields[i].type, error));
    return TW_OK;
}

static void close_decoder(tw_decoder *opaque) {
    tw_json *json = (tw_json *)opaque;
    tw_rows_close(&json->rows);
    tw_arena_free(&json->arena);
    tw_free(json->mem, json->tail, json->tail_size);
    tw_free(json->mem, json, sizeof *json);
}

/* Field names by hash; of equal names the first is found. */
static bool build_names(tw_json *json, tw_json_node *node) {
    uint32_t size = 4;
    while (size < (uint32_t)node->nfields * 2) size *= 2;
    node->buckets = TW_NEW_ARRAY(&json->arena, uint32_t, size);
    node->slots = TW_NEW_ARRAY(&json->arena, tw_json_slot, TW_JSON_SLOTS);
    if (node->nfields > 64) node->seen = TW_NEW_ARRAY(&json->arena, uint64_t, TW_BITS_WORDS(node->nfields));
    if (!node->buckets || !node->slots || (node->nfields > 64 && !node->seen)) return false;
    node->bucket_mask = size - 1;
    for (int32_t i = 0; i < node->nfields; i++) {
        tw_str name = node->names[i].name;
        uint32_t h = (uint32_t)tw_hash_bytes(name.data, name.length, 0) & node->bucket_mask;
        while (node->buckets[h]) h = (h + 1) & node->bucket_mask;
        node->buckets[h] = (uint32_t)i + 1;
    }
    return true;
}

static bool build(tw_json *json, tw_json_node *node, tw_dcol *column) {
    node->column = column;
    node->kind = column->type->kind;
    node->phys = column->out->phys;
    node->nfields = column->nchildren;
    node->overwrites = node->phys != TW_PHYS_LIST && node->phys != TW_PHYS_MAP;
    if (tw_kind_is_nested(node->kind)) {
        node->fields = TW_NEW_ARRAY(&json->arena, tw_json_node, node->nfields + 1);
        if (!node->fields) return false;
    }
    for (int32_t i = 0; i < node->nfields; i++) {
        if (!build(json, &node->fields[i], &column->children[i])) return false;
        node->overwrites = node->overwrites && node->fields[i].overwrites;
    }
    node->names = column->type->fields;
    return node->kind != TW_ROW || build_names(json, node);
}

static tw_status open_decoder(tw_mem *mem, const tw_type *schema, const tw_type *wanted, const tw_option *options, int noptions, const tw_zone *zone,
                              tw_decoder **out, tw_error *error) {
    TW_TRY(check_type(wanted, error));
    tw_json *json = tw_calloc(mem, sizeof *json);
    if (!json) return tw_fail(error, TW_E_NOMEM, "out of memory");
    json->format = &tw_format_json;
    json->mem = mem;
    tw_arena_init(&json->arena, mem, 4096);
    json->ignore_errors = tw_option_flag(options, noptions, "json.ignore-parse-errors", false);
    json->fail_on_missing = tw_option_flag(options, noptions, "json.fail-on-missing-field", false);
    tw_str standard = tw_option_get(options, noptions, "json.timestamp-format.standard");
    bool iso = tw_str_equal_nocase(standard, TW_STR("ISO-8601"));
    json->rules = (tw_text_rules){.separator = iso ? 'T' : ' ', .iso_time = iso, .ltz_z = true};
    json->object = tw_json_object_plain;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) json->object = tw_json_object_avx2;
#endif
    json->pos = TW_NEW_ARRAY(&json->arena, uint64_t, TW_BATCH_ROWS);
    bool ok = json->pos && tw_rows_open(&json->rows, mem, wanted, TW_BATCH_ROWS) == TW_OK && build(json, &json->root, &json->rows.root);
    if (ok && json->ignore_errors && json->fail_on_missing) {
        close_decoder((tw_decoder *)json);
        return tw_fail(error, TW_E_INVALID, "json.fail-on-missing-field and json.ignore-parse-errors exclude each other");
    }
    if (!ok) {
        close_decoder((tw_decoder *)json);
        return tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    *out = (tw_decoder *)json;
    return TW_OK;
}

/* A last line without a line end: a copy that has one, padded. */
static const char *copy_tail(tw_json *json, const char *p, size_t length) {
    size_t need = length + 1 + TW_DECODE_PAD;
    if (need > json->tail_size) {
        char *more = tw_realloc(json->mem, json->tail, json->tail_size, need);
        if (!more) return NULL;
        json->tail = more;
        json->tail_size = need;
    }
    memcpy(json->tail, p, length);
    memset(json->tail + length, '\n', 1 + TW_DECODE_PAD);
    return json->tail;
}

static void report(tw_json *json, tw_decode *io, const char *start, const char *end, uint64_t offset, uint64_t line) {
    if (json->ignore_errors) return;
    tw_bad_record *bad = &io->bad[io->nbad++];
    if (end > start && end[-1] == '\r') end--;
    size_t length = (size_t)(end - start);
    bad->offset = offset;
    bad->line = line;
    bad->bytes = (tw_str){start, length > 65536 ? 65536 : length};
    memcpy(bad->error, json->message, sizeof bad->error);
}

/* The lines in [p, end), the last byte of which is '\n'. Returns the first byte not used up; NULL: out of memory. */
static const char *lines(tw_json *json, tw_decode *io, const char *p, const char *end, uint64_t offset, int32_t *rows) {
    const char *first = p;
    int32_t row = *rows;
    for (; p < end && row < io->max_rows && io->nbad < TW_BAD_RECORDS; io->lines++) {
        const char *start = p;
        uint64_t line = io->line + io->lines;
        p = tw_json_blanks(p);
        if (*p == '\n') {
            p++;
            continue;
        }
        p = *p == '{' ? json->object(json, &json->root, p, row) : tw_json_error(json, "expected an object");
        if (TW_LIKELY(p != NULL)) {
            p = tw_json_blanks(p);
            if (TW_LIKELY(*p == '\n')) {
                json->pos[row++] = line;
                p++;
                continue;
            }
            tw_json_error(json, "more text behind the object");
        }
        if (json->nomem) return NULL;
        p = memchr(start, '\n', (size_t)(end - start));
        report(json, io, start, p, offset + (uint64_t)(start - first), line);
        p++;
    }
    *rows = row;
    return p;
}

static tw_status decode(tw_decoder *opaque, tw_decode *io) {
    tw_json *json = (tw_json *)opaque;
    const char *p = io->bytes, *end = p + io->length;
    int32_t rows = 0;
    io->lines = 0;
    io->nbad = 0;
    json->nomem = false;
    tw_rows_begin(&json->rows);
    if (io->offset == 0 && io->length >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) p += 3;
    const char *line_end = p < end ? memrchr(p, '\n', (size_t)(end - p)) : NULL;
    if (line_end) p = lines(json, io, p, line_end + 1, io->offset + (uint64_t)(p - io->bytes), &rows);
    bool all = p && (!line_end || p == line_end + 1);
    if (all && io->last && p < end && rows < io->max_rows && io->nbad < TW_BAD_RECORDS) {
        size_t length = (size_t)(end - p);
        const char *tail = copy_tail(json, p, length);
        uint64_t offset = io->offset + (uint64_t)(p - io->bytes);
        p = tail && lines(json, io, tail, tail + length + 1, offset, &rows) ? end : NULL;
    }
    if (!p) return TW_E_NOMEM;
    io->consumed = (size_t)(p - io->bytes);
    tw_rows_end(&json->rows, rows);
    io->batch = json->rows.batch;
    io->batch.source_pos = json->pos;
    return TW_OK;
}

const tw_format tw_format_json = {
    .name = "json",
    .doc = "one JSON object a line",
    .record_is_line = true,
    .options = OPTIONS,
    .noptions = sizeof OPTIONS / sizeof *OPTIONS,
    .changelog = TW_APPEND,
    .decoder_open = open_decoder,
    .decode = decode,
    .decoder_close = close_decoder,
    .encoder_open = tw_json_encoder_open,
    .encode = tw_json_encode,
    .encoder_close = tw_json_encoder_close,
};
