/* Whole scripts with too little memory: each allocation fails once, in every script; then small budgets.
 *
 * A run ends with the error "out of memory" or with the lines that it gives with enough memory; nothing stays charged and no file stays
 * open. One shard runs in seeded steps, so that allocation N is the same one in every run; two shards run as threads, where allocation N
 * is whichever comes N-th. Scripts are in SCRIPTS; they read and write files of a folder of their own, which is their `%s`. */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "main/script.h"

enum { EVERY_MAX = 2000, STRIDE = 7, WRONG_MAX = 20, TEXT_MAX = 4096 };

static char folder[] = "/tmp/thalweg-memory-XXXXXX";

static const struct {
    const char *name, *text;
} FILES[] = {
    {"rows.csv", "a,1,2024-01-01 00:00:01\nb,2,2024-01-01 00:00:04\na,3,2024-01-01 00:00:12\nnope\nc,x,2024-01-01 00:00:13\nb,4,2024-01-01 "
                 "00:00:02\na,5,2024-01-01 00:00:25\nc,,2024-01-01 00:00:26\nb,6,2024-01-01 00:00:03\na,1,2024-01-01 00:00:31\n"},
    {"rows.json", "{\"id\": 1, \"r\": {\"x\": 1, \"y\": \"one and more than twelve bytes\"}, \"a\": [1, 2, null], \"m\": {\"k\": 1.5}}\n"
                  "{\"id\": 2, \"r\": null, \"a\": [], \"m\": {\"long key, longer than a view\": 2, \"z\": null}}\n{\"id\": \n"
                  "{\"id\": 3, \"r\": {\"x\": null, \"y\": \"\"}, \"a\": null, \"m\": null}\n"},
};

#define CSV                                                                                                                              \
    "CREATE TABLE t (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', " \
    "'path' = '%1$s/rows.csv', 'format' = 'csv');\n"
#define JSON                                                                                                                  \
    "CREATE TABLE j (id INT, r ROW<x INT, y STRING>, a ARRAY<INT>, m MAP<STRING, DOUBLE>) WITH ('connector' = 'filesystem', " \
    "'path' = '%1$s/rows.json', 'format' = 'json');\n"
#define WINDOWED(f, more) "SELECT window_start, window_end, COUNT(*), SUM(v), MAX(k) FROM " f "(TABLE t" more " GROUP BY window_start, window_end"

static const struct {
    const char *name, *text;
} SCRIPTS[] = {
    {"csv", CSV "SELECT UPPER(k) || '!', v + 1, CAST(ts AS STRING) FROM t WHERE v > 1;"},
    {"nested json", JSON "SELECT id, r.y, a[1], CARDINALITY(m), r, m, ARRAY[id, 7], CAST(r AS STRING) FROM j;"},
    {"bad records", JSON "SELECT COUNT(*) FROM j; SELECT error, raw, `offset` FROM `j$errors`;"},
    {"failing rows", CSV "CREATE TABLE o (n INT) WITH ('connector' = 'print'); INSERT INTO o SELECT 10 / (v - 1) FROM t; "
                         "SELECT expression, `row` FROM `o$errors`;"},
    {"late rows", CSV "SELECT window_start, SUM(v) FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND) GROUP BY window_start, "
                      "window_end; SELECT rowtime, `watermark`, missed FROM `t$late`;"},
    {"tumble", CSV "SELECT k, TUMBLE_END(ts, INTERVAL '10' SECOND), AVG(v) FROM t GROUP BY k, TUMBLE(ts, INTERVAL '10' SECOND);"},
    {"hop", CSV WINDOWED("HOP", ", DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)") ";"},
    {"cumulate", CSV WINDOWED("CUMULATE", ", DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND)") ";"},
    {"session", CSV WINDOWED("SESSION", " PARTITION BY k, DESCRIPTOR(ts), INTERVAL '5' SECOND)") ", k;"},
    {"group by", CSV "SELECT k, COUNT(DISTINCT v), LISTAGG(k), MIN(v), MAX(ts) FROM t GROUP BY k;"},
    {"retraction", CSV "SELECT c, COUNT(*), MAX(k) FROM (SELECT k, COUNT(DISTINCT v) AS c FROM t GROUP BY k) GROUP BY c;"},
    {"union", CSV "SELECT k, v FROM t UNION ALL SELECT 'z', 1 UNION SELECT k, v + 1 FROM t WHERE k IN ('a', 'b');"},
    {"order by", CSV "SELECT k, v FROM t ORDER BY v DESC NULLS LAST, k LIMIT 3;"},
    {"grouping sets", CSV "SELECT k, v, COUNT(*), GROUPING(k) FROM t GROUP BY GROUPING SETS ((k, v), (k), ());"},
    {"views", CSV "CREATE VIEW w (p, q) AS SELECT k, v * 2 FROM t; CREATE TEMPORARY VIEW u AS SELECT q, COUNT(*) AS n FROM w GROUP BY q; "
                  "WITH c AS (SELECT * FROM u) SELECT * FROM c WHERE n > 0;"},
    {"statement set",
     CSV "CREATE TABLE o (k STRING, v INT) WITH ('connector' = 'print'); CREATE TABLE p WITH ('connector' = 'blackhole') LIKE o "
         "(EXCLUDING OPTIONS); EXECUTE STATEMENT SET BEGIN INSERT INTO o SELECT k, v FROM t; INSERT INTO p SELECT k, v FROM t; END;"},
    {"sink", CSV "CREATE TABLE o (k STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '%1$s/out', 'format' = 'json'); "
                 "INSERT INTO o SELECT window_end || '', n FROM (SELECT CAST(window_end AS STRING) AS window_end, COUNT(*) AS n FROM "
                 "TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end); SELECT * FROM o;"},
    {"generated", "CREATE TABLE g (n INT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '20', 'fields.n.kind' = 'sequence', "
                  "'fields.n.start' = '1', 'fields.n.end' = '20'); SELECT SUM(n), COUNT(s) FROM g;"},
    {"functions", "SELECT REGEXP_REPLACE(s, 'a+', 'b'), JSON_VALUE('{\"a\": [1, 2]}', '$.a[1]'), SPLIT_INDEX(s, ',', 1), MD5(s), "
                  "DATE_FORMAT(TIMESTAMP '2024-01-01 00:00:00', 'yyyy-MM-dd'), CAST(s || '1' AS VARCHAR(3)), d * d FROM "
                  "(VALUES ('aa,bb', 1.50), ('a text of more than twelve bytes', NULL)) AS x (s, d);"},
    {"explain", CSV "EXPLAIN SELECT k, COUNT(*) FROM t GROUP BY k; EXPLAIN PLAN FOR SELECT * FROM t ORDER BY ts;"},
    {"show", CSV "SHOW TABLES; DESCRIBE t; SHOW CREATE TABLE t; SHOW FUNCTIONS LIKE 'up%%'; SET 'table.local-time-zone' = 'Europe/Berlin'; SET;"},
    {"wrong name", CSV "SELECT nope FROM t;"},
    {"wrong type", CSV "INSERT INTO t SELECT 1;"},
    {"wrong syntax", "SELECT 1; SELECT FROM WHERE;"},
    {"wrong path", "CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = '%1$s/nope', 'format' = 'csv'); SELECT * FROM t;"},
};
enum { NSCRIPTS = sizeof SCRIPTS / sizeof *SCRIPTS };

/* --- one run --- */

/* What went wrong, by script; each says so and the others go on. */
static int wrong;
#define WRONG(...) (print_error(__VA_ARGS__), wrong++)

typedef struct setting {
    int32_t shards;
    int64_t fail_at;
    size_t limit;
} setting;

typedef struct outcome {
    tw_status status;
    tw_error error;
    uint64_t lines; /* of what was printed, in any order */
    bool failed;    /* the allocation that was to fail was reached */
    char *text;
} outcome;

static uint64_t sum_of_lines(const char *text) {
    uint64_t sum = 0;
    for (const char *end; *text; text = end) {
        end = strchrnul(text, '\n');
        sum += tw_hash_bytes(text, (size_t)(end - text), 0);
        end += *end == '\n';
    }
    return sum;
}

static int lowest_free_file(void) {
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(fd);
    return fd;
}

static void remove_output(void) {
    char path[512];
    snprintf(path, sizeof path, "%s/out", folder);
    DIR *dir = opendir(path);
    if (!dir) return;
    for (struct dirent *entry; (entry = readdir(dir));) unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(path);
}

static outcome run(const char *text, setting with) {
    char *printed = NULL;
    size_t length;
    outcome o = {0};
    tw_mem mem;
    tw_script *script;
    tw_script_options options = {.format = TW_RESULT_CSV, .out = open_memstream(&printed, &length)};
    remove_output();
    int file = lowest_free_file();
    tw_job_options_default(&options.job);
    options.job.nshards = with.shards;
    options.job.seeded = with.shards == 1;
    tw_mem_init(&mem, NULL, with.limit);
    mem.fail_at = with.fail_at;
    mem.fine = with.fail_at > 0;
    o.status = tw_script_open(&mem, &options, &script, &o.error);
    if (o.status == TW_OK) {
        o.status = tw_script_run(script, tw_str_of(text), &o.error);
        o.failed = with.fail_at > 0 && mem.fail_at <= 0;
        mem.fail_at = 0; /* the report says less when it has no memory */
        tw_script_report(script, options.out);
        tw_script_close(script);
    } else {
        o.failed = true;
    }
    fclose(options.out);
    o.lines = sum_of_lines(printed);
    o.text = printed;
    if (mem.used) WRONG("%zu bytes are left behind allocation %lld of\n%s\n", mem.used, (long long)with.fail_at, text);
    if (lowest_free_file() != file) WRONG("a file stays open behind allocation %lld of\n%s\n", (long long)with.fail_at, text);
    return o;
}

static void script_text(int i, char out[TEXT_MAX]) {
    int n = snprintf(out, TEXT_MAX, SCRIPTS[i].text, folder);
    assert_in_range(n, 1, TEXT_MAX - 1);
}

/* Wrong statements are refused with their own error, or for lack of memory. */
static void check(const char *name, const setting *with, const outcome *o, const outcome *expected) {
    if (o->status == TW_E_NOMEM && o->error.status == TW_E_NOMEM && strstr(o->error.message, "out of memory")) return;
    if (o->status != expected->status || strcmp(o->error.message, expected->error.message) != 0)
        WRONG("%s, allocation %lld on %d: %s %s\n", name, (long long)with->fail_at, with->shards, tw_status_name(o->status), o->error.message);
    else if (o->lines != expected->lines)
        WRONG("%s, allocation %lld on %d, limit %zu:\n%s\nand not\n%s\n", name, (long long)with->fail_at, with->shards, with->limit, o->text,
              expected->text);
}

/* --- each allocation fails --- */

static void fail_each(int i, int32_t shards) {
    char text[TEXT_MAX];
    script_text(i, text);
    setting with = {.shards = shards};
    outcome expected = run(text, with), o = {.failed = true};
    bool refused = strncmp(SCRIPTS[i].name, "wrong", 5) == 0;
    if (refused != (expected.status != TW_OK)) fail_msg("%s: %s", SCRIPTS[i].name, expected.error.message);
    for (with.fail_at = 1; o.failed && wrong < WRONG_MAX; with.fail_at += with.fail_at < EVERY_MAX ? 1 : STRIDE) {
        o = run(text, with);
        check(SCRIPTS[i].name, &with, &o, &expected);
        free(o.text);
    }
    free(expected.text);
}

static void test_each_allocation_fails(void **state) {
    (void)state;
    wrong = 0;
    for (int i = 0; i < NSCRIPTS; i++) fail_each(i, 1);
    assert_int_equal(wrong, 0);
}

static void test_each_allocation_fails_in_threads(void **state) {
    (void)state;
    wrong = 0;
    for (int i = 0; i < NSCRIPTS; i++) fail_each(i, 2);
    assert_int_equal(wrong, 0);
}

/* --- small budgets --- */

static void test_small_budgets(void **state) {
    (void)state;
    static const size_t LIMITS_MB[] = {1, 2, 4, 8, 16, 64};
    char text[TEXT_MAX];
    wrong = 0;
    for (int i = 0; i < NSCRIPTS; i++)
        for (int32_t shards = 1; shards <= 2; shards++) {
            script_text(i, text);
            outcome expected = run(text, (setting){.shards = shards});
            for (size_t k = 0; k < sizeof LIMITS_MB / sizeof *LIMITS_MB; k++) {
                setting with = {.shards = shards, .limit = LIMITS_MB[k] << 20};
                outcome o = run(text, with);
                check(SCRIPTS[i].name, &with, &o, &expected);
                free(o.text);
                char detail[64];
                snprintf(detail, sizeof detail, "the memory budget of %zu kB is used up", LIMITS_MB[k] << 10);
                if (o.status == TW_E_NOMEM) assert_string_equal(o.error.detail, detail);
                if (o.status == TW_E_NOMEM) assert_non_null(strstr(o.error.hint, "--memory"));
                if (LIMITS_MB[k] == 64) assert_int_equal(o.status, expected.status);
            }
            free(expected.text);
        }
    assert_int_equal(wrong, 0);
}

/* --- */

static int write_files(void **state) {
    (void)state;
    char path[256];
    if (!mkdtemp(folder)) return -1;
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, FILES[i].name);
        FILE *f = fopen(path, "w");
        if (!f || fputs(FILES[i].text, f) < 0 || fclose(f) != 0) return -1;
    }
    return 0;
}

static int remove_files(void **state) {
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_fails),
        cmocka_unit_test(test_each_allocation_fails_in_threads),
        cmocka_unit_test(test_small_budgets),
    };
    return cmocka_run_group_tests(tests, write_files, remove_files);
}
