#include "source_test.h"

#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

static const char LINES[] = "1,one\r\n2,\"two, and \"\"more\"\"\"\n\n3,three";

static void table(bench *b, const char *path) {
    tw_field fields[] = {field_of("i", &TW_TYPE_INTEGER), field_of("s", &TW_TYPE_STRING)};
    bench_table(b, fields, 2, "csv");
    bench_option(b, "path", path);
}

static void test_file_folder_glob(void **state) {
    bench b;
    bench_open(&b);
    bench_file(&b, "b.csv", LINES, sizeof LINES - 1);
    bench_file(&b, "a.csv", "0,zero\n", 7);
    bench_file(&b, ".hidden", "9,x\n", 4);
    bench_file(&b, "_SUCCESS", "", 0);
    mkdir(bench_path(&b, "sub"), 0755);
    bench_file(&b, "sub/c.csv", "4,four\n", 7);
    table(&b, bench_path(&b, "b.csv"));
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_OK);
    assert_string_equal(bench_text(&b.rows), "1, one\n2, two, and \"more\"\n3, three\n");
    table(&b, tw_arena_printf(&b.arena, "file://%s/", b.folder));
    for (int max_rows = 1; max_rows < 4; max_rows++) {
        assert_int_equal(bench_read(&b, &tw_connector_filesystem, max_rows), TW_OK);
        assert_string_equal(bench_text(&b.rows), "0, zero\n1, one\n2, two, and \"more\"\n3, three\n4, four\n");
    }
    table(&b, bench_path(&b, "?.csv"));
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_OK);
    assert_string_equal(bench_text(&b.rows), "0, zero\n1, one\n2, two, and \"more\"\n3, three\n");
    table(&b, bench_path(&b, "none*"));
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_E_NOT_FOUND);
    table(&b, bench_path(&b, "none"));
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_E_NOT_FOUND);
    assert_non_null(strstr(b.error.message, "none"));
    mkdir(bench_path(&b, "empty"), 0755);
    table(&b, bench_path(&b, "empty"));
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_OK);
    assert_int_equal(b.rows.length, 0);
    bench_close(&b);
}

static void test_metadata(void **state) {
    static const tw_str KEYS[] = {{"file.name", 9}, {"file.size", 9}};
    bench b;
    bench_open(&b);
    bench_file(&b, "a.csv", "0,zero\n", 7);
    table(&b, b.folder);
    b.scan.metadata = KEYS;
    b.scan.nmetadata = 2;
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_OK);
    assert_string_equal(bench_text(&b.rows), "0, zero, a.csv, 7\n");
    bench_close(&b);
}

static size_t gzip(const char *text, size_t length, char *out, size_t size) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = (uInt)length;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)size;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = z.total_out;
    deflateEnd(&z);
    return n;
}

static void test_compressed(void **state) {
    bench b;
    bench_open(&b);
    tw_buf text;
    tw_buf_init(&text, &b.mem, 0);
    for (int i = 0; i < 300000; i++) tw_buf_printf(&text, "%d,%08x\n", i, i * 2654435761u);
    table(&b, b.folder);
    bench_file(&b, "plain", text.data, text.length);
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_OK);
    tw_buf plain;
    tw_buf_init(&plain, &b.mem, 0);
    tw_buf_append(&plain, b.rows.data, b.rows.length);
    char *packed = malloc(text.length * 2);
    /* two members in one file */
    size_t half = text.length / 2, n = gzip(text.data, half, packed, text.length);
    n += gzip(text.data + half, text.length - half, packed + n, text.length);
    bench_file(&b, "x.csv.gz", packed, n);
    table(&b, bench_path(&b, "x.csv.gz"));
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_OK);
    assert_int_equal(b.rows.length, plain.length);
    assert_memory_equal(b.rows.data, plain.data, plain.length);
    bench_file(&b, "cut.gz", packed, n - 20);
    table(&b, bench_path(&b, "cut.gz"));
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_E_CORRUPT);
    assert_non_null(strstr(b.error.message, "cut.gz"));
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    n = ZSTD_compress2(context, packed, text.length * 2, text.data, text.length);
    ZSTD_freeCCtx(context);
    bench_file(&b, "x.zst", packed, n);
    table(&b, bench_path(&b, "x.zst"));
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_OK);
    assert_int_equal(b.rows.length, plain.length);
    assert_memory_equal(b.rows.data, plain.data, plain.length);
    bench_file(&b, "cut.zst", packed, n - 20);
    table(&b, bench_path(&b, "cut.zst"));
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_E_CORRUPT);
    memset(packed + n / 2, 0x55, 64);
    bench_file(&b, "bad.zst", packed, n);
    table(&b, bench_path(&b, "bad.zst"));
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_E_CORRUPT);
    free(packed);
    tw_buf_free(&plain);
    tw_buf_free(&text);
    bench_close(&b);
}

/* Stopped after any number of rows and opened again at the position, plain and compressed. */
static void positions(bench *b, const char *name, const char *rows) {
    tw_source_context context = {&b->mem, &b->os, &b->registry, NULL, &b->scan};
    tw_source *source;
    const tw_split_id *splits;
    int n;
    bool complete;
    table(b, bench_path(b, name));
    assert_int_equal(tw_connector_filesystem.source->open(&context, &source, &b->error), TW_OK);
    assert_int_equal(tw_connector_filesystem.source->splits(source, &splits, &n, &complete, &b->error), TW_OK);
    for (int first = 0; first <= 3; first++) {
        tw_buf position;
        tw_buf_init(&position, &b->mem, 0);
        tw_buf_clear(&b->rows);
        bench_split(b, tw_connector_filesystem.source, source, splits, 4096, first, &position);
        assert_int_equal(bench_split(b, tw_connector_filesystem.source, source, splits, 1, INT64_MAX, &position), TW_END);
        assert_string_equal(bench_text(&b->rows), rows);
        tw_buf_free(&position);
    }
    tw_connector_filesystem.source->close(source);
}

static void test_positions(void **state) {
    bench b;
    char packed[256];
    bench_open(&b);
    bench_file(&b, "p.csv", LINES, sizeof LINES - 1);
    bench_file(&b, "p.gz", packed, gzip(LINES, sizeof LINES - 1, packed, sizeof packed));
    positions(&b, "p.csv", "1, one\n2, two, and \"more\"\n3, three\n");
    positions(&b, "p.gz", "1, one\n2, two, and \"more\"\n3, three\n");
    bench_close(&b);
}

static void test_bad_and_long_records(void **state) {
    bench b;
    bench_open(&b);
    tw_buf text;
    tw_buf_init(&text, &b.mem, 0);
    tw_buf_text(&text, "1,a\nx,b\n2,");
    for (int i = 0; i < 3000000; i++) tw_buf_byte(&text, 'y');
    tw_buf_text(&text, "\n3,c,d\n4,e\n");
    bench_file(&b, "t.csv", text.data, text.length);
    table(&b, bench_path(&b, "t.csv"));
    bench_option(&b, "source.max-record-size", "1 mb");
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_OK);
    assert_string_equal(bench_text(&b.rows), "1, a\n4, e\n");
    assert_string_equal(bench_text(&b.bad), "2 4 field 1: 'x' is not a INT\n3 8 the record is longer than 1048576 bytes\n"
                                            "4 3000011 row length mismatch: 2 fields expected but was at least 3\n");
    tw_buf_free(&text);
    bench_close(&b);
}

static void test_replay(void **state) {
    static const char ROWS[] = "{\"ts\":\"2020-01-01 00:00:00\",\"i\":1}\n{\"ts\":\"2020-01-01 00:00:01\",\"i\":2}\n"
                               "{\"ts\":\"2020-01-01 00:00:02\",\"i\":3}\n";
    tw_field fields[] = {field_of("ts", &TW_TYPE_TIMESTAMP_3), field_of("i", &TW_TYPE_INTEGER)};
    bench b;
    bench_open(&b);
    bench_file(&b, "r.json", ROWS, sizeof ROWS - 1);
    bench_table(&b, fields, 2, "json");
    b.scan.wanted = tw_type_row(&b.arena, fields + 1, 1); /* the time column is decoded although nobody reads it */
    bench_option(&b, "path", bench_path(&b, "r.json"));
    bench_option(&b, "source.replay-speed", "20");
    bench_option(&b, "source.replay-column", "ts");
    int64_t start = tw_mono_ns(&b.os);
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_OK);
    assert_true(tw_mono_ns(&b.os) - start >= 95000000);
    assert_string_equal(bench_text(&b.rows), "1\n2\n3\n");
    bench_close(&b);
}

static void test_watch(void **state) {
    bench b;
    bench_open(&b);
    bench_file(&b, "a.csv", "0,zero\n", 7);
    table(&b, b.folder);
    bench_option(&b, "source.monitor-interval", "1 ms");
    assert_false(tw_connector_filesystem.bounded(b.options, b.noptions));
    tw_source_context context = {&b.mem, &b.os, &b.registry, NULL, &b.scan};
    tw_source *source;
    const tw_split_id *splits;
    int n;
    bool complete;
    const tw_source_ops *ops = tw_connector_filesystem.source;
    assert_int_equal(ops->open(&context, &source, &b.error), TW_OK);
    assert_int_equal(ops->splits(source, &splits, &n, &complete, &b.error), TW_OK);
    assert_int_equal(n, 1);
    assert_false(complete);
    bench_file(&b, "A.csv", "1,one\n", 6);
    usleep(3000);
    assert_int_equal(ops->splits(source, &splits, &n, &complete, &b.error), TW_OK);
    assert_int_equal(n, 2);
    assert_non_null(strstr(splits[1].name.data, "A.csv"));
    assert_int_equal(splits[1].number, 1);
    ops->close(source);
    bench_close(&b);
}

/* Rows written in json over several epochs are read back; what was not committed leaves nothing. */
static void test_sink(void **state) {
    bench b;
    bench_open(&b);
    tw_field fields[] = {field_of("i", &TW_TYPE_INTEGER), field_of("s", &TW_TYPE_STRING)};
    bench_table(&b, fields, 2, "json");
    bench_option(&b, "path", bench_path(&b, "out/deep/"));
    bench_option(&b, "sink.rolling-policy.file-size", "20 b");
    tw_plan_sink plan = {.table = b.scan.table};
    tw_sink_context context = {&b.mem, &b.os, &b.registry, NULL, &plan, b.scan.wanted, NULL, 0, 1, stdout};
    const tw_sink_ops *ops = tw_connector_filesystem.sink;
    tw_sink *sink;
    int32_t numbers[2] = {1, 2};
    tw_sview texts[2] = {tw_sview_make("one", 3), tw_sview_make("a longer \"text\"", 15)};
    tw_column columns[2] = {{.type = &TW_TYPE_INTEGER, .phys = TW_PHYS_I32, .values = numbers},
                            {.type = &TW_TYPE_STRING, .phys = TW_PHYS_STR, .values = texts}};
    tw_batch batch = {.rows = 2, .ncolumns = 2, .columns = columns};
    assert_int_equal(ops->open(&context, &sink, &b.error), TW_OK);
    assert_int_equal(ops->write(sink, &batch, &b.error), TW_OK);
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 10), TW_OK);
    assert_int_equal(b.rows.length, 0); /* nothing to see yet */
    tw_sink_epoch epoch = {.number = 1};
    assert_int_equal(ops->prepare(sink, &epoch, &b.error), TW_OK);
    assert_int_equal(ops->write(sink, &batch, &b.error), TW_OK); /* of the next epoch */
    assert_int_equal(ops->commit(sink, 1, &b.error), TW_OK);
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 10), TW_OK);
    assert_string_equal(bench_text(&b.rows), "1, one\n2, a longer \"text\"\n");
    batch.rows = 1;
    assert_int_equal(ops->write(sink, &batch, &b.error), TW_OK);
    assert_int_equal(ops->prepare(sink, &epoch, &b.error), TW_OK);
    assert_int_equal(ops->commit(sink, 2, &b.error), TW_OK);
    assert_int_equal(ops->finish(sink, &b.error), TW_OK);
    ops->close(sink);
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 10), TW_OK);
    assert_int_equal(b.rows.length, 2 * strlen("1, one\n2, a longer \"text\"\n") + strlen("1, one\n"));
    assert_int_equal(ops->open(&context, &sink, &b.error), TW_OK);
    for (int i = 0; i < 200000; i++) assert_int_equal(ops->write(sink, &batch, &b.error), TW_OK); /* past the buffer */
    ops->close(sink);
    size_t before = b.rows.length;
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 4096), TW_OK);
    assert_int_equal(b.rows.length, before);
    bench_close(&b);
}

static void test_print(void **state) {
    bench b;
    bench_open(&b);
    tw_option options[] = {{TW_STR("print-identifier"), TW_STR("out")}};
    tw_plan_sink plan = {.table = {.options = options, .noptions = 1}};
    char *text = NULL;
    size_t length = 0;
    tw_sink_context context = {&b.mem, &b.os, &b.registry, NULL, &plan, NULL, NULL, 0, 1, open_memstream(&text, &length)};
    tw_sink *sink;
    int64_t times[2] = {1602288000000, 1602288001500};
    uint64_t valid = 1;
    int8_t kinds[2] = {TW_UPDATE_BEFORE, TW_UPDATE_AFTER};
    int32_t number = 7;
    tw_column columns[2] = {{.type = &TW_TYPE_INTEGER, .phys = TW_PHYS_I32, .values = &number, .constant = true},
                            {.type = &TW_TYPE_TIMESTAMP_3, .phys = TW_PHYS_I64, .values = times, .validity = &valid}};
    tw_batch batch = {.rows = 2, .ncolumns = 2, .columns = columns, .kinds = kinds};
    const tw_sink_ops *ops = tw_connector_print.sink;
    assert_int_equal(ops->open(&context, &sink, &b.error), TW_OK);
    assert_int_equal(ops->write(sink, &batch, &b.error), TW_OK);
    assert_int_equal(ops->finish(sink, &b.error), TW_OK);
    assert_string_equal(text, "out> -U[7, 2020-10-10T00:00]\nout> +U[7, null]\n");
    ops->close(sink);
    plan.table.noptions = 0;
    rewind(context.out);
    batch.kinds = NULL;
    batch.rows = 1;
    assert_int_equal(ops->open(&context, &sink, &b.error), TW_OK);
    assert_int_equal(ops->write(sink, &batch, &b.error), TW_OK);
    assert_int_equal(ops->finish(sink, &b.error), TW_OK);
    assert_memory_equal(text, "+I[7, 2020-10-10T00:00]\n", 24);
    ops->close(sink);
    fclose(context.out);
    free(text);
    bench_close(&b);
}

static void test_raw(void **state) {
    bench b;
    bench_open(&b);
    bench_file(&b, "lines", "one\r\n\ntwo \xff\nlast", 16);
    tw_field fields[] = {field_of("line", &TW_TYPE_STRING)};
    bench_table(&b, fields, 1, "raw");
    bench_option(&b, "path", bench_path(&b, "lines"));
    assert_int_equal(bench_read(&b, &tw_connector_filesystem, 10), TW_OK);
    assert_string_equal(bench_text(&b.rows), "one\n\nlast\n");
    assert_string_equal(bench_text(&b.bad), "3 6 the bytes are not UTF-8\n");
    bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_folder_glob),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_compressed),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_bad_and_long_records),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_sink),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
