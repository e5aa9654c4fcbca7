/* The optimiser. Random queries give the same rows with its rules and without, and every plan survives its binary form; what the rules
 * are for is looked for in EXPLAIN's text.
 *
 * A query is a chain of views over one table of JSON lines with NULLs, nested rows and arrays: each step filters, projects, unites,
 * windows or aggregates what the last ones gave. A difference prints the whole script and its seed. Nothing in a query can fail or be late:
 * whether a row then leaves the flow is a matter of which expressions are evaluated, and rules may leave out some. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/prng.h"
#include "main/registry.h"
#include "main/script.h"

enum { QUERIES = 1000, ROWS = 40, COLUMNS_MAX = 24, STEPS_MAX = 6 };

static char table_path[] = "/tmp/thalweg-optimise-XXXXXX";

/* ---- running ---- */

typedef struct outcome {
    tw_status status;
    tw_error error;
    char *text;
    size_t length;
} outcome;

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Lines in order, so that results compare as multisets. */
static void sort_lines(outcome *o) {
    char **lines = calloc(o->length + 2, sizeof *lines), *sorted = malloc(o->length + 2), *at = sorted;
    size_t n = 0;
    for (char *line = strtok(o->text, "\n"); line; line = strtok(NULL, "\n")) lines[n++] = line;
    qsort(lines, n, sizeof *lines, by_text);
    for (size_t i = 0; i < n; i++) at += sprintf(at, "%s\n", lines[i]);
    *at = 0;
    free(lines);
    free(o->text);
    o->text = sorted;
}

static outcome run(const char *script_text, tw_result_format format, bool rules, int32_t shards) {
    outcome o = {0};
    tw_script_options options = {.format = format, .out = open_memstream(&o.text, &o.length)};
    tw_script *script;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    tw_job_options_default(&options.job);
    options.job.nshards = shards;
    options.job.seeded = true;
    assert_int_equal(tw_script_open(&mem, &options, &script, &o.error), TW_OK);
    if (!rules) assert_int_equal(tw_script_run(script, TW_STR("SET 'thalweg.optimizer.rules' = 'NONE';"), &o.error), TW_OK);
    o.status = tw_script_run(script, tw_str_of(script_text), &o.error);
    tw_script_close(script);
    assert_int_equal(mem.used, 0);
    fclose(options.out);
    return o;
}

/* ---- random queries ---- */

/* I: INT or BIGINT, S: STRING, W: bound of a window, T: rowtime, N: row of rows, R: row, A: array */
typedef struct column {
    char name[24], kind;
} column;

typedef struct shape {
    column columns[COLUMNS_MAX];
    int n;
    bool updating;
} shape;

typedef struct generator {
    tw_prng prng;
    tw_buf out;
    int views;
} generator;

static uint32_t below(generator *g, uint32_t n) { return (uint32_t)(tw_prng_next(&g->prng) % n); }

static const column *pick(generator *g, const shape *s, const char *kinds) {
    int at[COLUMNS_MAX], n = 0;
    for (int i = 0; i < s->n; i++)
        if (strchr(kinds, s->columns[i].kind)) at[n++] = i;
    return n ? &s->columns[at[below(g, (uint32_t)n)]] : NULL;
}

static bool has(const shape *s, const char *name) {
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->columns[i].name, name) == 0) return true;
    return false;
}

static void add(shape *s, const char *name, char kind) {
    if (s->n == COLUMNS_MAX) return;
    snprintf(s->columns[s->n].name, sizeof s->columns[s->n].name, "%s", name);
    s->columns[s->n++].kind = kind;
}

/* A value of a kind, perhaps out of a nested row. */
static void value(generator *g, const shape *s, char kind) {
    const column *row = below(g, 2) ? pick(g, s, "NR") : NULL;
    if (row && row->kind == 'N' && below(g, 2)) {
        tw_buf_printf(&g->out, kind == 'I' ? "%s.n.x" : "%s.n.y", row->name);
        return;
    }
    if (row) {
        tw_buf_printf(&g->out, kind == 'I' ? "%s.a" : "%s.b", row->name);
        return;
    }
    const column *array = kind == 'I' && below(g, 4) == 0 ? pick(g, s, "A") : NULL;
    const column *c = pick(g, s, kind == 'I' ? "I" : "S");
    if (array)
        tw_buf_printf(&g->out, "%s[%u]", array->name, 1 + below(g, 2));
    else if (c)
        tw_buf_text(&g->out, c->name);
    else
        tw_buf_text(&g->out, kind == 'I' ? "7" : "'lit'");
}

static void expression(generator *g, const shape *s, char kind) {
    switch (below(g, 6)) {
    case 0:
        tw_buf_text(&g->out, kind == 'I' ? "(" : "UPPER(");
        value(g, s, kind);
        tw_buf_text(&g->out, kind == 'I' ? " + 1)" : ")");
        return;
    case 1:
        tw_buf_text(&g->out, "CASE WHEN ");
        value(g, s, 'I');
        tw_buf_printf(&g->out, " > %u THEN ", below(g, 9));
        value(g, s, kind);
        tw_buf_text(&g->out, " ELSE ");
        value(g, s, kind);
        tw_buf_text(&g->out, " END");
        return;
    case 2:
        tw_buf_text(&g->out, "COALESCE(");
        value(g, s, kind);
        tw_buf_text(&g->out, kind == 'I' ? ", 0)" : ", 'none')");
        return;
    default: value(g, s, kind); return;
    }
}

static void simple_condition(generator *g, const shape *s) {
    const column *row = pick(g, s, "NR"), *bound = pick(g, s, "W");
    uint32_t choice = below(g, 8);
    if (choice == 0 && row)
        tw_buf_printf(&g->out, "%s IS %sNULL", row->name, below(g, 2) ? "NOT " : "");
    else if (choice == 1 && bound)
        tw_buf_printf(&g->out, "%s > TIMESTAMP '2024-01-01 00:00:%02u'", bound->name, below(g, 40));
    else if (choice == 2)
        tw_buf_text(&g->out, below(g, 4) ? "1 = 1" : "1 = 2");
    else if (choice < 5) {
        expression(g, s, 'S');
        tw_buf_text(&g->out, below(g, 2) ? " = 'a'" : " <> 'b'");
    } else {
        expression(g, s, 'I');
        tw_buf_printf(&g->out, below(g, 2) ? " < %u" : " >= %u", below(g, 9));
    }
}

static void condition(generator *g, const shape *s) {
    simple_condition(g, s);
    for (uint32_t n = below(g, 3); n-- > 0;) {
        tw_buf_text(&g->out, below(g, 3) ? " AND " : " OR ");
        simple_condition(g, s);
    }
}

static void begin_view(generator *g) { tw_buf_printf(&g->out, "CREATE VIEW v%d AS ", ++g->views); }
static void end_view(generator *g) { tw_buf_text(&g->out, ";\n"); }

static shape project(generator *g, const shape *s, int from) {
    shape to = {.updating = s->updating};
    begin_view(g);
    tw_buf_text(&g->out, "SELECT ");
    for (int i = 0; i < s->n; i++) { /* some columns as they are; time columns mostly */
        if (to.n && below(g, s->columns[i].kind == 'T' ? 8 : 2) == 0) continue;
        tw_buf_printf(&g->out, "%s%s", to.n ? ", " : "", s->columns[i].name);
        add(&to, s->columns[i].name, s->columns[i].kind);
    }
    for (uint32_t n = below(g, 3); n-- > 0 && to.n < COLUMNS_MAX - 6;) {
        char name[24], kind = below(g, 2) ? 'I' : 'S';
        snprintf(name, sizeof name, "c%d_%u", g->views, n);
        tw_buf_text(&g->out, ", ");
        expression(g, s, kind);
        tw_buf_printf(&g->out, " AS %s", name);
        add(&to, name, kind);
    }
    tw_buf_printf(&g->out, " FROM v%d", from);
    if (below(g, 2)) {
        tw_buf_text(&g->out, " WHERE ");
        condition(g, s);
    }
    end_view(g);
    return to;
}

/* Twice the same view, under different conditions. */
static shape unite(generator *g, const shape *s, int from) {
    begin_view(g);
    for (int i = 0; i < 2; i++) {
        tw_buf_printf(&g->out, "%sSELECT * FROM v%d", i ? " UNION ALL " : "", from);
        if (below(g, 3) == 0) continue;
        tw_buf_text(&g->out, " WHERE ");
        condition(g, s);
    }
    end_view(g);
    return *s;
}

static void aggregates(generator *g, const shape *s, shape *to) {
    static const char *const calls[] = {"COUNT(*)", "SUM(", "MIN(", "MAX(", "COUNT(DISTINCT ", "COUNT("};
    for (uint32_t n = 1 + below(g, 3); n-- > 0;) {
        char name[24];
        uint32_t call = below(g, 6);
        snprintf(name, sizeof name, "a%d_%u", g->views, n);
        tw_buf_printf(&g->out, "%s%s", to->n ? ", " : "", calls[call]);
        if (call) {
            expression(g, s, 'I');
            tw_buf_text(&g->out, ")");
        }
        if (below(g, 4) == 0) {
            tw_buf_text(&g->out, " FILTER (WHERE ");
            simple_condition(g, s);
            tw_buf_text(&g->out, ")");
        }
        tw_buf_printf(&g->out, " AS %s", name);
        add(to, name, 'I');
    }
}

/* The keys' text goes to `keys`, and with the select list into the view. */
static void choose_keys(generator *g, const shape *s, shape *to, const char *kinds, uint32_t most) {
    for (uint32_t n = below(g, most + 1); n-- > 0;) {
        const column *c = pick(g, s, kinds);
        if (c && !has(to, c->name)) add(to, c->name, c->kind);
    }
}

static void list(generator *g, const shape *s, int first, int n) {
    for (int i = first; i < n; i++) tw_buf_printf(&g->out, "%s%s", i > first ? ", " : "", s->columns[i].name);
}

static shape group(generator *g, const shape *s, int from) {
    shape to = {.updating = true};
    choose_keys(g, s, &to, "ISW", 2);
    int nkeys = to.n;
    begin_view(g);
    tw_buf_text(&g->out, "SELECT ");
    list(g, &to, 0, nkeys);
    aggregates(g, s, &to);
    tw_buf_printf(&g->out, " FROM v%d", from);
    if (nkeys) {
        uint32_t sets = below(g, 4);
        tw_buf_text(&g->out, sets == 0 ? " GROUP BY ROLLUP (" : sets == 1 ? " GROUP BY CUBE (" : " GROUP BY ");
        list(g, &to, 0, nkeys);
        if (sets < 2) tw_buf_text(&g->out, ")");
        if (below(g, 3) == 0) {
            tw_buf_text(&g->out, " HAVING ");
            tw_buf_printf(&g->out, "%s IS NOT NULL AND COUNT(*) > %u", to.columns[0].name, below(g, 3));
        }
    }
    end_view(g);
    return to;
}

static shape distinct(generator *g, const shape *s, int from) {
    shape to = {.updating = s->updating};
    choose_keys(g, s, &to, "ISW", 3);
    if (!to.n) return unite(g, s, from);
    begin_view(g);
    tw_buf_text(&g->out, "SELECT DISTINCT ");
    list(g, &to, 0, to.n);
    tw_buf_printf(&g->out, " FROM v%d", from);
    end_view(g);
    return to;
}

/* A window table function, then most times an aggregation per window. */
static shape window(generator *g, const shape *s, int from) {
    static const char *const functions[] = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};
    static const char *const sizes[] = {"INTERVAL '10' SECOND", "INTERVAL '5' SECOND, INTERVAL '10' SECOND",
                                        "INTERVAL '5' SECOND, INTERVAL '15' SECOND", "INTERVAL '3' SECOND"};
    const column *time = pick(g, s, "T"), *key = pick(g, s, "S");
    if (!time || s->updating || has(s, "window_start")) return unite(g, s, from);
    shape in = *s, to = {0};
    uint32_t f = below(g, 4);
    bool partitioned = f == 3 && key && below(g, 2);
    begin_view(g);
    tw_buf_printf(&g->out, "SELECT * FROM TABLE(%s(TABLE v%d%s%s, DESCRIPTOR(%s), %s))", functions[f], from, partitioned ? " PARTITION BY " : "",
                  partitioned ? key->name : "", time->name, sizes[f]);
    end_view(g);
    for (int i = 0; i < in.n; i++)
        if (in.columns[i].kind == 'T') in.columns[i].kind = 'W';
    add(&in, "window_start", 'W');
    add(&in, "window_end", 'W');
    add(&in, "window_time", 'T');
    if (in.n == COLUMNS_MAX || below(g, 5) == 0) return in;
    from = g->views;
    if (below(g, 2)) {
        in = project(g, &in, from);
        from = g->views;
        if (!has(&in, "window_start") || !has(&in, "window_end")) return in;
    }
    add(&to, "window_start", 'W');
    add(&to, "window_end", 'W');
    if (has(&in, "window_time") && below(g, 2)) add(&to, "window_time", 'T');
    int bounds = to.n;
    choose_keys(g, &in, &to, "IS", 2);
    int nkeys = to.n;
    begin_view(g);
    tw_buf_text(&g->out, "SELECT ");
    list(g, &to, 0, nkeys);
    aggregates(g, &in, &to);
    tw_buf_printf(&g->out, " FROM v%d GROUP BY ", from);
    list(g, &to, 0, bounds);
    if (nkeys > bounds) {
        bool sets = below(g, 3) == 0;
        tw_buf_text(&g->out, sets ? ", ROLLUP (" : ", ");
        list(g, &to, bounds, nkeys);
        if (sets) tw_buf_text(&g->out, ")");
    }
    end_view(g);
    return to;
}

static void last(generator *g, const shape *s) {
    shape scalars = {0};
    for (int i = 0; i < s->n; i++)
        if (strchr("ISWT", s->columns[i].kind)) scalars.columns[scalars.n++] = s->columns[i];
    bool limited = scalars.n && below(g, 4) == 0;
    tw_buf_text(&g->out, "SELECT ");
    if (limited)
        list(g, &scalars, 0, scalars.n);
    else
        tw_buf_text(&g->out, "*");
    tw_buf_printf(&g->out, " FROM v%d", g->views);
    if (limited) {
        tw_buf_text(&g->out, " ORDER BY ");
        list(g, &scalars, 0, scalars.n);
        tw_buf_printf(&g->out, " LIMIT %u", 1 + below(g, 9));
    }
    tw_buf_text(&g->out, ";\n");
}

static const char TABLE[] = "CREATE TABLE e (id INT NOT NULL, k STRING, v INT, w BIGINT, r ROW<a INT, b STRING, n ROW<x INT, y STRING NOT NULL>>,\n"
                            "  q ROW<a INT NOT NULL, b STRING> NOT NULL, arr ARRAY<INT>, ts TIMESTAMP(3), later AS ts + INTERVAL '1' SECOND,\n"
                            "  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR) WITH ('connector' = 'filesystem', 'path' = '%s', 'format' = 'json');\n";

static void generate(generator *g, tw_mem *mem, uint64_t seed) {
    static shape (*const steps[])(generator *, const shape *, int) = {project, project, project, unite, group, distinct, window, window};
    shape s = {0};
    static const column all[] = {{"id", 'I'}, {"k", 'S'}, {"v", 'I'}, {"w", 'I'}, {"r", 'N'}, {"q", 'R'}, {"arr", 'A'}, {"ts", 'T'}, {"later", 'W'}};
    *g = (generator){0};
    g->prng.state = seed;
    tw_buf_init(&g->out, mem, 0);
    tw_buf_printf(&g->out, TABLE, table_path);
    begin_view(g);
    tw_buf_text(&g->out, "SELECT * FROM e");
    end_view(g);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) s.columns[s.n++] = all[i];
    for (uint32_t n = 1 + below(g, STEPS_MAX); n-- > 0;) s = steps[below(g, 8)](g, &s, g->views);
    last(g, &s);
    tw_buf_byte(&g->out, 0);
    assert_false(g->out.failed);
}

/* ---- the property ---- */

static bool same(const outcome *a, const outcome *b) { return a->status == b->status && (a->status != TW_OK || strcmp(a->text, b->text) == 0); }

static void test_rules_change_no_result(void **state) {
    (void)state;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    const char *only = getenv("THALWEG_TEST_SEED");
    int differences = 0, refused = 0, empty = 0;
    uint64_t first = only ? strtoull(only, NULL, 10) : 1, end = only ? first + 1 : QUERIES + 1;
    for (uint64_t seed = first; seed < end; seed++) {
        generator g;
        generate(&g, &mem, seed);
        outcome with = run(g.out.data, TW_RESULT_CSV, true, 1 + (int32_t)(seed & 1)), without = run(g.out.data, TW_RESULT_CSV, false, 1);
        sort_lines(&with);
        sort_lines(&without);
        refused += with.status != TW_OK && without.status != TW_OK;
        empty += with.status == TW_OK && !strchr(with.text, '\n')[1]; /* a header alone */
        if (!same(&with, &without)) {
            if (differences++ < 3)
                print_error("THALWEG_TEST_SEED=%llu\n%swith the rules: %s\n%swithout: %s\n%s", (unsigned long long)seed, g.out.data,
                            with.error.message, with.text, without.error.message, without.text);
        } else if (only)
            print_message("%s%s%s", g.out.data, with.error.message, with.text);
        free(with.text);
        free(without.text);
        tw_buf_free(&g.out);
    }
    assert_int_equal(differences, 0);
    assert_true(refused * 20 <= QUERIES);
    assert_true(empty * 3 <= QUERIES);
    assert_int_equal(mem.used, 0);
}

static void random_row(FILE *out, tw_prng *prng, int i) {
    static const char *const keys[] = {"\"a\"", "\"b\"", "\"c\"", "\"\"", "null"};
    static const char *const numbers[] = {"0", "1", "2", "3", "5", "8", "-1", "null"};
    static const char *const rows[] = {"null", "{\"a\":1,\"b\":\"a\",\"n\":{\"x\":2,\"y\":\"b\"}}", "{\"a\":null,\"b\":\"b\",\"n\":null}",
                                       "{\"a\":7,\"b\":null,\"n\":{\"x\":null,\"y\":\"a\"}}"};
    static const char *const arrays[] = {"null", "[]", "[1]", "[null,4]", "[3,2,1]"};
    uint64_t r = tw_prng_next(prng);
    fprintf(out, "{\"id\":%d,\"k\":%s,\"v\":%s,\"w\":%s,\"r\":%s,\"q\":{\"a\":%d,\"b\":%s},\"arr\":%s,\"ts\":\"2024-01-01 00:00:%02d.%03d\"}\n", i,
            keys[r % 5], numbers[(r >> 8) % 8], numbers[(r >> 16) % 8], rows[(r >> 24) % 4], (int)((r >> 32) % 5), keys[(r >> 40) % 5],
            arrays[(r >> 48) % 5], (int)(i * 40 / ROWS), (int)((r >> 52) % 1000));
}

static int write_table(void **state) {
    (void)state;
    int file = mkstemp(table_path);
    FILE *out = file < 0 ? NULL : fdopen(file, "w");
    tw_prng prng = {42};
    if (!out) return -1;
    for (int i = 0; i < ROWS; i++) random_row(out, &prng, i);
    return fclose(out);
}

static int remove_table(void **state) {
    (void)state;
    return unlink(table_path);
}

/* ---- the binary form ---- */

/* Equal text for a reader, equal bytes for everybody else. */
static void check_binary_form(tw_sql *sql, const tw_sql_result *query, tw_mem *mem) {
    tw_plan *plan, again = {0};
    tw_error error = {0};
    tw_buf bytes[2], text[2];
    assert_int_equal(tw_sql_plan(sql, query->roots, query->nroots, &plan, &error), TW_OK);
    for (int i = 0; i < 2; i++) {
        tw_buf_init(&bytes[i], mem, 0);
        tw_buf_init(&text[i], mem, 0);
        tw_plan_write(&bytes[i], i ? &again : plan);
        tw_plan_print(&text[i], i ? &again : plan);
        tw_buf_byte(&text[i], 0);
        tw_str form = {bytes[0].data, bytes[0].length};
        if (i == 0 && tw_plan_read(tw_sql_arena(sql), form, plan->session, &again, &error) != TW_OK) fail_msg("%s\n%s", error.message, text[0].data);
    }
    assert_string_equal(text[0].data, text[1].data);
    assert_int_equal(bytes[0].length, bytes[1].length);
    assert_memory_equal(bytes[0].data, bytes[1].data, bytes[0].length);
    for (int i = 0; i < 2; i++) {
        tw_buf_free(&bytes[i]);
        tw_buf_free(&text[i]);
    }
}

static void plan_all(const char *text, tw_mem *mem) {
    tw_sql *sql;
    tw_parse parse;
    tw_ast_statement *statement;
    tw_sql_result result;
    tw_error error = {0};
    assert_int_equal(tw_sql_open(mem, &TW_REGISTRY, 0, &sql, &error), TW_OK);
    tw_parse_begin(&parse, tw_sql_arena(sql), tw_str_of(text));
    while (tw_parse_next(&parse, &statement, &error) == TW_OK) {
        if (tw_sql_execute(sql, tw_str_of(text), statement, &result, &error) != TW_OK) break;
        if (result.kind == TW_SQL_SELECT) check_binary_form(sql, &result, mem);
    }
    tw_sql_close(sql);
}

static void test_plans_survive_their_binary_form(void **state) {
    (void)state;
    tw_mem mem;
    tw_mem_init(&mem, NULL, 0);
    for (uint64_t seed = 1; seed <= 500; seed++) {
        generator g;
        generate(&g, &mem, seed);
        plan_all(g.out.data, &mem);
        tw_buf_free(&g.out);
    }
    assert_int_equal(mem.used, 0);
}

/* ---- what the rules do ---- */

static void explained(const char *query, const char *const *there, const char *const *absent) {
    char script[16384];
    snprintf(script, sizeof script, TABLE, table_path);
    snprintf(script + strlen(script), sizeof script - strlen(script), "EXPLAIN %s;\n", query);
    outcome o = run(script, TW_RESULT_TABLE, true, 1);
    if (o.status != TW_OK) fail_msg("%s\n%s", o.error.message, query);
    const char *plan = strstr(o.text, "== Optimized Physical Plan ==");
    assert_non_null(plan);
    for (; *there; there++)
        if (!strstr(plan, *there)) fail_msg("'%s' is not in the plan of %s\n%s", *there, query, plan);
    for (; *absent; absent++)
        if (strstr(plan, *absent)) fail_msg("'%s' is in the plan of %s\n%s", *absent, query, plan);
    free(o.text);
}
#define HAS(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

#define TVF(f, more) "TABLE(" f "(TABLE e" more ", INTERVAL '10' SECOND))"
#define TUMBLED      TVF("TUMBLE", ", DESCRIPTOR(ts)")

static void test_columns_nobody_reads(void **state) {
    (void)state;
    explained("SELECT v FROM e", HAS("TableSourceScan(table=[e], fields=[v, ts]"), HAS("arr"));
    explained("SELECT r.n.x FROM e", HAS("r.n.x"), HAS("r.b", "arr"));
    explained("SELECT r, r.n.x FROM e", HAS("fields=[r, ts]"), HAS("fields=[r.n.x"));
    explained("SELECT q.a FROM e WHERE r IS NULL", HAS("fields=[r, q, ts]"), HAS("arr"));
    explained("SELECT id FROM (SELECT id, ROW_X.a AS z FROM (SELECT id, r AS ROW_X FROM e))", HAS("fields=[id, ts]"), HAS("ROW_X"));
    explained("SELECT k FROM (SELECT k, COUNT(*), SUM(v) FROM e GROUP BY k)", HAS("GroupAggregate(", "fields=[k, ts]"), HAS("SUM", "COUNT"));
    explained("SELECT x FROM (SELECT v AS x, k FROM e UNION ALL SELECT id, r.b FROM e)", HAS("Union(", "fields=[id, v, ts]"), HAS("r.b"));
    explained("SELECT window_start, COUNT(*) FROM " TUMBLED " GROUP BY window_start, window_end", HAS("WindowAggregate("), HAS("id", "arr"));
    explained("SELECT v FROM e ORDER BY k", HAS("fields=[k, v, ts]"), HAS("arr"));
}

static void test_filters_go_down(void **state) {
    (void)state;
    explained("SELECT * FROM (SELECT k, COUNT(*) AS c FROM e GROUP BY k) WHERE k = 'a' AND c > 1",
              HAS("where=[>(EXPR$0, 1)]", "Calc(select=[k], where=[=(k, 'a')]"), HAS());
    explained("SELECT * FROM (SELECT k, COUNT(*) AS c FROM e GROUP BY ROLLUP (k)) WHERE k = 'a'", HAS("Expand(", "where=[=(k, 'a')]"),
              HAS("Calc(select=[k], where"));
    explained("SELECT COUNT(*) FROM e WHERE 1 = 2", HAS("Values("), HAS("TableSourceScan"));
    explained("SELECT window_start, COUNT(*) FROM " TUMBLED " WHERE v > 1 GROUP BY window_start, window_end", HAS("where=[>(v, 1)]"),
              HAS("WindowTableFunction"));
    explained(
        "SELECT window_start, COUNT(*) FROM " TVF("SESSION", " PARTITION BY k, DESCRIPTOR(ts)") " WHERE v > 1 GROUP BY window_start, window_end, k",
        HAS("WindowTableFunction"), HAS());
    explained(
        "SELECT window_start, COUNT(*) FROM " TVF("SESSION", " PARTITION BY k, DESCRIPTOR(ts)") " WHERE k = 'a' GROUP BY window_start, window_end, k",
        HAS("SessionWindowAggregate"), HAS("WindowTableFunction"));
    /* what can fail sees only what it saw before */
    explained("SELECT * FROM (SELECT k, COUNT(*) AS c FROM e GROUP BY k) WHERE c > 1 AND CAST(k AS INT) > 1", HAS("GroupAggregate("),
              HAS("Calc(select=[k], where"));
}

static void test_windows_are_recognised(void **state) {
    (void)state;
    explained("SELECT window_end, SUM(v) FROM " TUMBLED " GROUP BY window_end, window_start", HAS("WindowAggregate("), HAS("WindowTableFunction"));
    explained("SELECT window_start, SUM(v) FROM " TUMBLED " GROUP BY window_start", HAS("GroupAggregate(", "WindowTableFunction"), HAS());
    explained("SELECT DISTINCT window_start AS a, window_end AS b FROM " TUMBLED, HAS("fields=[a, b]", "WindowAggregate("),
              HAS("fields=[window_start"));
    explained("SELECT window_start, MAX(window_end) FROM " TUMBLED " GROUP BY window_start, window_end",
              HAS("WindowAggregate(", "WindowTableFunction"), HAS("GroupAggregate("));
    explained("SELECT window_start, COUNT(*) FROM " TVF("SESSION", " PARTITION BY k, DESCRIPTOR(ts)") " GROUP BY window_start, window_end, k, v",
              HAS("WindowAggregate(", "WindowTableFunction"), HAS("GroupAggregate("));
}

static void test_windows_of_rows(void **state) {
    (void)state;
#define COUNTED "TABLE(COUNT_WINDOW(TABLE e PARTITION BY k, SIZE => 10, SLIDE => 4))"
#define GLOBAL  "TABLE(GLOBAL_WINDOW(TABLE e PARTITION BY k)) GROUP BY k "
    explained("SELECT k, window_id, SUM(v) FROM " COUNTED " GROUP BY window_id, k",
              HAS("CountWindowAggregate(keys=[k], window=[COUNT(10 rows by arrival, slide 4 rows)]", "upsertKey=[k, window_id]",
                  "state=[unbounded: one window per key]"),
              HAS("CountWindowTableFunction", "keep=["));
    explained("SELECT window_id, COUNT(*) FROM TABLE(COUNT_WINDOW(TABLE e, 5)) GROUP BY window_id",
              HAS("distribution=[single]", "state=[one window]"), HAS());
    explained("SELECT k, window_id, SUM(v) FROM " COUNTED " WHERE v > 3 AND k <> 'a' GROUP BY k, window_id", HAS("keep=[", "where=[<>(k, 'a')]"),
              HAS("CountWindowTableFunction"));
    explained("SELECT * FROM TABLE(COUNT_WINDOW(TABLE e PARTITION BY k, 5))",
              HAS("CountWindowTableFunction(window=[COUNT(5 rows by arrival, partition by k)]", "state=[unbounded: a counter per key]"), HAS());
    explained("SELECT k, SUM(v) FROM " GLOBAL "EMIT EVERY INTERVAL '5' SECOND",
              HAS("TriggerAggregate(keys=[k], window=[GLOBAL]", "emit=[every 5 s of event time]", "upsertKey=[k]"), HAS("processing time"));
    explained(
        "SELECT k, SUM(v) FROM TABLE(GLOBAL_WINDOW(TABLE (SELECT * FROM (VALUES ('a', 1)) AS x(k, v)) PARTITION BY k)) GROUP BY k EMIT EVERY INTERVAL '5' SECOND",
        HAS("of processing time", "processing time)"), HAS());
    explained("SELECT k, SUM(v) FROM " GLOBAL "EMIT EVERY 10 ROWS", HAS("emit=[every 10 rows by arrival]", "changelogMode=[I,UB,UA,D]"), HAS());
    explained("SELECT k, SUM(v) FROM " GLOBAL "EMIT EVERY 10 ROWS PURGE", HAS("CountWindowAggregate(", "emit=[every 10 rows by arrival, purge]"),
              HAS("I,UB", "upsertKey"));
    explained("SELECT k, SUM(v) FROM " GLOBAL "EMIT ON UPDATE", HAS("GroupAggregate("), HAS("GLOBAL"));
}

/* Rows of a window are told apart by its bounds. */
static void test_keys_of_windowed_results(void **state) {
    (void)state;
    explained("SELECT k, COUNT(*) FROM e GROUP BY k, TUMBLE(ts, INTERVAL '1' SECOND)", HAS("WindowAggregate("), HAS("upsertKey"));
    explained("SELECT k, TUMBLE_START(ts, INTERVAL '1' SECOND), COUNT(*) FROM e GROUP BY k, TUMBLE(ts, INTERVAL '1' SECOND)", HAS("upsertKey=[k, "),
              HAS());
}

/* Forty views that each say their column twice: a tree of 2^40 expressions where they are merged without end. */
static void test_a_chain_of_views_stays_small(void **state) {
    (void)state;
    char script[16384];
    snprintf(script, sizeof script, TABLE, table_path);
    strcat(script, "CREATE VIEW v0 AS SELECT v AS x, id FROM e;\n");
    for (int i = 1; i <= 40; i++) {
        char *at = script + strlen(script);
        sprintf(at, "CREATE VIEW v%d AS SELECT CASE WHEN x > 100 THEN 0 ELSE x + x END AS x, id FROM v%d WHERE x + x < 1000;\n", i, i - 1);
    }
    strcat(script, "SELECT COUNT(*) FROM v40;\n");
    outcome with = run(script, TW_RESULT_CSV, true, 1), without = run(script, TW_RESULT_CSV, false, 1);
    if (with.status != TW_OK) fail_msg("%s", with.error.message);
    assert_string_equal(with.text, without.text);
    free(with.text);
    free(without.text);
}

/* A view with two readers is computed once, though both have conditions of their own. */
static void test_equal_sub_plans_are_one(void **state) {
    (void)state;
    explained("WITH c AS (SELECT k, COUNT(*) AS n FROM e GROUP BY k) SELECT * FROM c WHERE n > 1 UNION ALL SELECT * FROM c WHERE n < 9",
              HAS("Union(", "Reused("), HAS());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_nobody_reads),     cmocka_unit_test(test_filters_go_down),
        cmocka_unit_test(test_windows_are_recognised),   cmocka_unit_test(test_windows_of_rows),
        cmocka_unit_test(test_keys_of_windowed_results), cmocka_unit_test(test_a_chain_of_views_stays_small),
        cmocka_unit_test(test_equal_sub_plans_are_one),  cmocka_unit_test(test_plans_survive_their_binary_form),
        cmocka_unit_test(test_rules_change_no_result),
    };
    return cmocka_run_group_tests(tests, write_table, remove_table);
}
