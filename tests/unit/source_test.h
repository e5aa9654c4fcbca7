/* Drives a connector's source and sink in unit tests: a folder of its own, all rows of all splits as print shows them. */
#ifndef TW_TESTS_UNIT_SOURCE_TEST_H
#define TW_TESTS_UNIT_SOURCE_TEST_H

#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connector/connectors.h"
#include "format/formats.h"

typedef struct bench {
    tw_mem mem;
    tw_arena arena;
    tw_os os;
    tw_registry registry;
    tw_plan_scan scan;
    tw_error error;
    char folder[64];
    tw_buf rows; /* what was read */
    tw_buf bad;  /* "line offset error\n" of bad records */
    tw_option options[24];
    int noptions;
} bench;

static const tw_format *const BENCH_FORMATS[] = {&tw_format_csv, &tw_format_json, &tw_format_raw};

static inline tw_field field_of(const char *name, const tw_type *type) { return (tw_field){tw_str_of(name), type}; }

static inline void bench_open(bench *b) {
    memset(b, 0, sizeof *b);
    tw_mem_init(&b->mem, NULL, 0);
    tw_arena_init(&b->arena, &b->mem, 4096);
    tw_os_real(&b->os);
    b->registry.formats = BENCH_FORMATS;
    b->registry.nformats = sizeof BENCH_FORMATS / sizeof *BENCH_FORMATS;
    tw_buf_init(&b->rows, &b->mem, 0);
    tw_buf_init(&b->bad, &b->mem, 0);
    strcpy(b->folder, "/tmp/thalweg-test-XXXXXX");
    assert_non_null(mkdtemp(b->folder));
}

static inline void bench_close(bench *b) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", b->folder);
    assert_int_equal(system(command), 0);
    tw_buf_free(&b->rows);
    tw_buf_free(&b->bad);
    tw_arena_free(&b->arena);
    assert_int_equal(b->mem.used, 0);
}

static inline void bench_table(bench *b, const tw_field *fields, int n, const char *format) {
    b->scan.table.name = TW_STR("t");
    b->scan.table.format = tw_str_of(format);
    b->scan.table.schema = b->scan.wanted = tw_type_row(&b->arena, fields, n);
    b->scan.table.options = b->options;
    b->scan.bounded = true;
    b->noptions = 0;
}

static inline void bench_option(bench *b, const char *key, const char *value) {
    b->options[b->noptions++] = (tw_option){tw_str_of(tw_arena_strndup(&b->arena, key, strlen(key))),
                                            tw_str_of(tw_arena_strndup(&b->arena, value, strlen(value)))};
    b->scan.table.noptions = b->noptions;
}

static inline const char *bench_path(bench *b, const char *name) { return tw_arena_printf(&b->arena, "%s/%s", b->folder, name); }

static inline void bench_file(bench *b, const char *name, const char *text, size_t length) {
    FILE *f = fopen(bench_path(b, name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, length, f), length);
    fclose(f);
}

static inline void bench_print(bench *b, const tw_batch *batch) {
    for (int32_t r = 0; r < batch->rows; r++) {
        for (int32_t c = 0; c < batch->ncolumns; c++) {
            if (c) tw_buf_text(&b->rows, ", ");
            tw_print_value(&b->rows, &batch->columns[c], r);
        }
        tw_buf_byte(&b->rows, '\n');
    }
}

static inline void bench_bad(void *context, const tw_split_id *split, const tw_bad_record *bad) {
    bench *b = context;
    (void)split;
    tw_buf_printf(&b->bad, "%llu %llu %s\n", (unsigned long long)bad->line, (unsigned long long)bad->offset, bad->error);
}

/* Reads at most `limit` rows of a split from a position; writes the next position. */
static inline tw_status bench_split(bench *b, const tw_source_ops *ops, tw_source *source, const tw_split_id *split, int32_t max_rows, int64_t limit,
                                    tw_buf *position) {
    tw_split_reader *reader;
    tw_str at = position ? (tw_str){position->data, position->length} : (tw_str){"", 0};
    tw_status status = ops->reader_open(source, split, &b->mem, at, &reader, &b->error);
    if (status != TW_OK) return status;
    while (limit > 0) {
        tw_batch *batch;
        int64_t wait_ns;
        status = ops->poll(reader, max_rows < limit ? max_rows : (int32_t)limit, &batch, &wait_ns, bench_bad, b, &b->error);
        if (status == TW_BLOCKED) {
            usleep(500);
            continue;
        }
        if (status != TW_OK) break;
        bench_print(b, batch);
        limit -= batch->rows;
    }
    if (position) {
        tw_buf_clear(position);
        ops->position(reader, position);
    }
    ops->reader_close(reader);
    return status;
}

/* Opens the source and reads all of every split. */
static inline tw_status bench_read(bench *b, const tw_connector *connector, int32_t max_rows) {
    tw_source_context context = {&b->mem, &b->os, &b->registry, NULL, &b->scan};
    tw_source *source;
    const tw_split_id *splits;
    int n;
    bool complete;
    tw_buf_clear(&b->rows);
    tw_buf_clear(&b->bad);
    tw_status status = connector->source->open(&context, &source, &b->error);
    if (status != TW_OK) return status;
    status = connector->source->splits(source, &splits, &n, &complete, &b->error);
    for (int i = 0; status == TW_OK && i < n; i++) {
        status = bench_split(b, connector->source, source, &splits[i], max_rows, INT64_MAX, NULL);
        if (status == TW_END) status = TW_OK;
    }
    connector->source->close(source);
    return status;
}

static inline const char *bench_text(tw_buf *buf) {
    tw_buf_byte(buf, 0);
    buf->length--;
    return buf->data;
}

static inline int bench_compare_lines(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Lines in order, so that streams can be compared as sets; the caller frees it. */
static inline char *bench_sorted(bench *b) {
    char *text = strdup(bench_text(&b->rows)), *out = malloc(strlen(text) + 1), *save = NULL;
    char **lines = malloc(sizeof *lines * (strlen(text) + 1));
    size_t n = 0;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) lines[n++] = line;
    qsort(lines, n, sizeof *lines, bench_compare_lines);
    out[0] = 0;
    char *to = out;
    for (size_t i = 0; i < n; i++) to += sprintf(to, "%s\n", lines[i]);
    free(lines);
    free(text);
    return out;
}

#endif
