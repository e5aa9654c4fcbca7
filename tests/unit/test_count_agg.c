/* Count windows and global windows against a model that keeps all rows of a key. */
#include "plan_test.h"

enum { ROWS = 90, KEYS = 4 };

typedef struct shape {
    int64_t size, slide; /* slide 0: the size; global: every `size` rows */
    bool global, purge, keep, distinct;
} shape;

typedef struct model {
    int64_t k[ROWS], v[ROWS];
    bool keep[ROWS];
    char script[ROWS * 32], expected[65536];
} model;

static uint64_t next_random(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* Keys 0 .. 3, of which 3 is NULL. */
static void make_rows(model *m, uint64_t seed) {
    size_t at = 0;
    for (int i = 0; i < ROWS; i++) {
        m->k[i] = (int64_t)(next_random(&seed) % KEYS);
        m->v[i] = (int64_t)(next_random(&seed) % 7);
        m->keep[i] = next_random(&seed) % 3 > 0;
        const char *keep = m->keep[i] ? "true" : i % 2 ? "NULL" : "false";
        char key[8];
        snprintf(key, sizeof key, m->k[i] == 3 ? "NULL" : "%d", (int)m->k[i]);
        at += (size_t)snprintf(m->script + at, sizeof m->script - at, "%s, %d, %d, %s\n", key, (int)m->v[i], (int)m->v[i], keep);
    }
}

/* The result of rows [from, to) of a key, by their numbers; false: there is none. */
static bool result_of(const shape *s, const model *m, const int *rows, int from, int to, char *out, size_t size) {
    int64_t count = 0, sum = 0, different = 0;
    bool seen[7] = {false};
    char list[ROWS * 2 + 1] = "";
    for (int i = from; i < to; i++) {
        int r = rows[i];
        if (s->keep && !m->keep[r]) continue;
        count++;
        sum += m->v[r];
        different += !seen[m->v[r]];
        seen[m->v[r]] = true;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%d", list[0] ? "," : "", (int)m->v[r]);
    }
    if (s->distinct)
        snprintf(out, size, "%d, %d, %s, %d", (int)count, (int)sum, list, (int)different);
    else
        snprintf(out, size, "%d, %d, %s", (int)count, (int)sum, list);
    return count > 0;
}

static void expect_key(const shape *s, model *m, int64_t key) {
    int rows[ROWS], n = 0;
    char name[8], text[512], line[600];
    for (int i = 0; i < ROWS; i++)
        if (m->k[i] == key) rows[n++] = i;
    snprintf(name, sizeof name, key == 3 ? "null" : "%d", (int)key);
    int64_t slide = s->slide ? s->slide : s->size, first = s->global && !s->purge ? n / slide * slide : slide;
    for (int64_t end = first, number = 0; end > 0 && end <= n; end += slide, number++) {
        int64_t from = s->global && !s->purge ? 0 : end > s->size ? end - s->size : 0;
        if (!result_of(s, m, rows, (int)from, (int)end, text, sizeof text)) continue;
        if (s->global)
            snprintf(line, sizeof line, "[%s, %s]\n", name, text);
        else
            snprintf(line, sizeof line, "[%s, %s, %d]\n", name, text, (int)number);
        assert_true(strlen(m->expected) + strlen(line) < sizeof m->expected);
        strcat(m->expected, line);
    }
}

static tw_agg_call call_of(const char *name, const tw_type *type, int nargs, const int32_t *args, bool distinct) {
    tw_agg_call call = {
        .function = tw_function_find(tw_str_of(name)), .type = type, .args = args, .nargs = nargs, .filter = -1, .distinct = distinct};
    assert_non_null(call.function);
    return call;
}

static void build(plan_test *t, const shape *s, const char *script) {
    static const int32_t K[] = {0}, V[] = {1}, TEXT[] = {2};
    const tw_agg_call calls[] = {call_of("COUNT", &TW_TYPE_BIGINT, 0, NULL, false), call_of("SUM", &TW_TYPE_BIGINT, 1, V, false),
                                 call_of("LISTAGG", &TW_TYPE_STRING, 1, TEXT, false), call_of("COUNT", &TW_TYPE_BIGINT, 1, V, true)};
    int ncalls = s->distinct ? 4 : 3;
    plan_open(t);
    t->operators[TW_PLAN_COUNT_AGG] = &TW_OPERATOR_COUNT_AGG;
    t->operators[TW_PLAN_TRIGGER_AGG] = &TW_OPERATOR_TRIGGER_AGG;
    const tw_type *input = plan_row(t, 4, "k", &TW_TYPE_BIGINT, "v", &TW_TYPE_BIGINT, "s", &TW_TYPE_STRING, "keep", &TW_TYPE_BOOLEAN);
    tw_plan_node *n = plan_exchange(t, plan_scan(t, input, 1, script), 1, 0);
    tw_field fields[] = {{TW_STR("k"), &TW_TYPE_BIGINT}, {TW_STR("n"), &TW_TYPE_BIGINT}, {TW_STR("s"), &TW_TYPE_BIGINT},
                         {TW_STR("l"), &TW_TYPE_STRING}, {TW_STR("d"), &TW_TYPE_BIGINT}, {TW_STR("window_id"), &TW_TYPE_BIGINT}};
    bool triggers = s->global && !s->purge;
    n = plan_node(t, triggers ? TW_PLAN_TRIGGER_AGG : TW_PLAN_COUNT_AGG, tw_type_row(&t->arena, fields, 1 + ncalls + !s->global),
                  triggers ? TW_RETRACT : TW_APPEND, 1, n);
    n->u.agg = (tw_plan_agg){.keys = K,
                             .nkeys = 1,
                             .calls = tw_arena_memdup(&t->arena, calls, sizeof *calls * (size_t)ncalls),
                             .ncalls = ncalls,
                             .gives_number = !s->global,
                             .keep = s->keep ? 3 : -1,
                             .input_append = true};
    n->u.agg.window = (tw_window){
        .kind = s->global ? TW_WINDOW_GLOBAL : TW_WINDOW_COUNT, .time_column = -1, .size_ms = s->global ? 0 : s->size, .step_ms = s->slide};
    if (s->global) n->u.agg.emit = (tw_emit_spec){.mode = TW_EMIT_EVERY, .every_rows = s->size, .purge = s->purge};
    plan_sink(t, n);
}

static void check(const shape *s, uint64_t seed, bool allocations) {
    static model m;
    plan_test t;
    memset(&m, 0, sizeof m);
    make_rows(&m, seed);
    for (int64_t k = 0; k < KEYS; k++) expect_key(s, &m, k);
    build(&t, s, m.script);
    plan_expect_net(&t, m.expected);
    plan_expect_resumed(&t, true, m.expected);
    if (allocations) plan_fail_allocations(&t, true, m.expected);
    plan_close(&t);
}

static const shape SHAPES[] = {
    {.size = 1},
    {.size = 3},
    {.size = 7, .keep = true},
    {.size = 5, .distinct = true, .keep = true},
    {.size = 1000},
    {.size = 6, .slide = 2},
    {.size = 6, .slide = 4, .distinct = true},
    {.size = 5, .slide = 1, .keep = true},
    {.size = 20, .slide = 1, .distinct = true},
    {.size = 2, .slide = 5},
    {.size = 100, .slide = 7},
    {.size = 4, .global = true},
    {.size = 1, .global = true},
    {.size = 3, .global = true, .distinct = true},
    {.size = 3, .global = true, .purge = true, .distinct = true},
};

static void test_shapes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) check(&SHAPES[i], 1000 + i, false);
}

static void test_allocations(void **state) {
    (void)state;
    static const int WHICH[] = {3, 6, 8, 13, 14};
    for (size_t i = 0; i < sizeof WHICH / sizeof *WHICH; i++) check(&SHAPES[WHICH[i]], 2000 + i, true);
}

/* COUNT_WINDOW by itself: numbers go on where they were. */
static void test_numbers(void **state) {
    (void)state;
    static const int32_t K[] = {0};
    plan_test t;
    plan_open(&t);
    t.operators[TW_PLAN_COUNT_WINDOW] = &TW_OPERATOR_COUNT_WINDOW;
    tw_plan_node *n = plan_scan(&t, plan_row(&t, 2, "k", &TW_TYPE_STRING, "v", &TW_TYPE_BIGINT), 1,
                                "a, 1\na, 2\nNULL, 3\na, 4\nb, 5\nNULL, 6\na, 7\na, 8\nNULL, 9\n");
    n = plan_exchange(&t, n, 1, 0);
    n = plan_node(&t, TW_PLAN_COUNT_WINDOW, plan_row(&t, 3, "k", &TW_TYPE_STRING, "v", &TW_TYPE_BIGINT, "window_id", &TW_TYPE_BIGINT), TW_APPEND, 1,
                  n);
    n->u.window = (tw_window){.kind = TW_WINDOW_COUNT, .time_column = -1, .size_ms = 2, .partition = K, .npartition = 1};
    plan_sink(&t, n);
    const char *expected = "[a, 1, 0]\n[a, 2, 0]\n[null, 3, 0]\n[a, 4, 1]\n[b, 5, 0]\n[null, 6, 0]\n[a, 7, 1]\n[a, 8, 2]\n[null, 9, 1]\n";
    plan_expect_net(&t, expected);
    plan_expect_resumed(&t, true, expected);
    plan_fail_allocations(&t, true, expected);
    plan_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes), cmocka_unit_test(test_allocations), cmocka_unit_test(test_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
