/* The aggregates: types, values of each type, retraction, merge, subtract, bytes. */
#include "aggregate_test.h"

#define N(...) (const int64_t[]){__VA_ARGS__}, (int32_t)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
#define KINDS(...) \
    (const int8_t[]) { __VA_ARGS__ }

static const tw_type *decimal(int p, int s) { return tw_type_decimal(&test_arena, p, s); }
static const tw_type *ts9(void) { return tw_type_timestamp(&test_arena, TW_TIMESTAMP, 9); }

static const char *once(const char *name, const tw_type *type, const int64_t *numbers, int32_t n) {
    agg_test t = open_test(name, type, false, 1);
    add(&t, type, numbers, n, NULL);
    const char *text = results(&t)[0];
    close_test(&t);
    return text;
}
#define IS(expected, name, type, ...) assert_string_equal(once(name, type, N(__VA_ARGS__)), expected)

static void type_is(const char *name, const tw_type *arg, const char *expected) {
    const tw_expr *call = bind_agg(name, &arg, 1, NULL, NULL);
    assert_string_equal(call ? tw_type_text(&test_arena, call->type) : "none", expected);
}

static void test_types(void **state) {
    (void)state;
    type_is("COUNT", &TW_TYPE_STRING, "BIGINT NOT NULL");
    type_is("SUM", &TW_TYPE_TINYINT, "TINYINT");
    type_is("SUM", tw_type_nullable(&test_arena, &TW_TYPE_INTEGER, false), "INT");
    type_is("SUM", decimal(10, 2), "DECIMAL(38, 2)");
    type_is("SUM", &TW_TYPE_STRING, "none");
    type_is("SUM", &TW_TYPE_BOOLEAN, "none");
    type_is("AVG", &TW_TYPE_SMALLINT, "SMALLINT");
    type_is("AVG", decimal(10, 2), "DECIMAL(38, 6)");
    type_is("AVG", decimal(38, 10), "DECIMAL(38, 10)");
    type_is("VAR_POP", &TW_TYPE_INTEGER, "INT");
    type_is("STDDEV", &TW_TYPE_FLOAT, "FLOAT");
    type_is("STDDEV_SAMP", decimal(4, 1), "DECIMAL(38, 6)");
    type_is("MIN", tw_type_chars(&test_arena, TW_CHAR, 3), "CHAR(3)");
    type_is("MAX", ts9(), "TIMESTAMP(9)");
    type_is("MAX", &TW_TYPE_BYTES, "none");
}

static void test_count(void **state) {
    (void)state;
    agg_test t = open_test("COUNT", NULL, false, 1);
    assert_int_equal(add_rows(&t, NULL, NULL, 5, NULL, NULL), TW_OK);
    assert_int_equal(add_rows(&t, NULL, NULL, 2, NULL, KINDS(TW_UPDATE_BEFORE, TW_UPDATE_AFTER)), TW_OK);
    RESULT(&t, "5");
    IS("2", "COUNT", &TW_TYPE_STRING, 1, NIL, 2);
    const tw_type *types[] = {&TW_TYPE_INTEGER, &TW_TYPE_STRING};
    agg_test both = open_call(bind_agg("COUNT", types, 2, NULL, NULL), true, 1);
    tw_column x = column_of(types[0], N(1, NIL, 3, 4)), y = column_of(types[1], N(1, 2, NIL, 4));
    const tw_column *args[] = {&x, &y};
    assert_int_equal(add_rows(&both, args, NULL, 4, NULL, NULL), TW_OK);
    RESULT(&both, "2");
}

static void test_sum(void **state) {
    (void)state;
    IS("10", "SUM", &TW_TYPE_INTEGER, 1, 2, NIL, 7);
    IS("NULL", "SUM", &TW_TYPE_INTEGER, NIL, NIL);
    IS("-56", "SUM", &TW_TYPE_TINYINT, 100, 100); /* wraps */
    IS("-2147483648", "SUM", &TW_TYPE_INTEGER, INT32_MAX, 1);
    IS("1.5", "SUM", &TW_TYPE_FLOAT, 1, 2);
    IS("1.5", "SUM", &TW_TYPE_DOUBLE, 1, 2);
    IS("0.03", "SUM", decimal(10, 2), 1, 2);
    IS("300000000000.0000000000", "SUM", decimal(38, 10), 10, 20);
    IS("3", "AVG", &TW_TYPE_INTEGER, 3, 4, 4);
    IS("-3", "AVG", &TW_TYPE_INTEGER, -3, -4, -4);
    IS("9223372036854775807", "AVG", &TW_TYPE_BIGINT, INT64_MAX);
    IS("0.833333", "AVG", decimal(4, 2), 83, 83, 84);
    IS("0.5", "AVG", &TW_TYPE_FLOAT, 1, 1);
}

/* A sum of more than 38 digits is NULL, also when it leaves 128 bits, and comes back. */
static void test_wide_sum(void **state) {
    (void)state;
    const tw_type *type = decimal(38, 0);
    agg_test t = open_test("SUM", type, true, 2);
    tw_column c = column_of(type, N(0, 0, 0));
    ((tw_i128 *)c.values)[0] = TW_POW10[38] - 1;
    ((tw_i128 *)c.values)[1] = -TW_POW10[38] + 1;
    ((tw_i128 *)c.values)[2] = 5;
    const tw_column *args[] = {&c};
    for (int k = 0; k < 7; k++) assert_int_equal(add_rows(&t, args, NULL, 1, NULL, NULL), TW_OK);
    RESULT(&t, "NULL");
    for (int k = 0; k < 7; k++) assert_int_equal(add_rows(&t, args, (const int32_t[]){1}, 1, NULL, NULL), TW_OK);
    RESULT(&t, "0");
    assert_int_equal(add_rows(&t, args, (const int32_t[]){2}, 1, (const int32_t[]){1}, NULL), TW_OK);
    assert_int_equal(t.agg->subtract(t.agg, state_at(&t, 0), state_at(&t, 1), &test_mem), TW_OK);
    RESULT(&t, "-5");
    assert_int_equal(t.agg->merge(t.agg, state_at(&t, 0), state_at(&t, 1), &test_mem), TW_OK);
    RESULT(&t, "0");
}

static void test_variance(void **state) {
    (void)state;
    IS("28888", "VAR_POP", &TW_TYPE_INTEGER, 2900, 2500, 2600);
    IS("15602500", "VAR_POP", &TW_TYPE_INTEGER, 3100, 11000);
    IS("8", "VAR_SAMP", &TW_TYPE_INTEGER, 3, 8, 8);
    IS("2", "STDDEV_POP", &TW_TYPE_BIGINT, 4, 9, 9);
    IS("NULL", "VAR_SAMP", &TW_TYPE_INTEGER, 3);
    IS("0", "VAR_POP", &TW_TYPE_INTEGER, 3);
    IS("0.222222", "VAR_POP", decimal(10, 2), 100, 200, 200);
    IS("2.886751345948129", "STDDEV", &TW_TYPE_DOUBLE, 5, 15, 15);
    agg_test t = open_test("VAR_POP", &TW_TYPE_DOUBLE, true, 1);
    add(&t, &TW_TYPE_DOUBLE, N(2), KINDS(TW_INSERT));
    add(&t, &TW_TYPE_DOUBLE, N(6, 6, 8), KINDS(TW_DELETE, TW_INSERT, TW_INSERT)); /* a retraction before its insert */
    RESULT(&t, "2.25");
    add(&t, &TW_TYPE_DOUBLE, N(8, 2), KINDS(TW_DELETE, TW_DELETE));
    RESULT(&t, "NULL");
}

static void test_minmax(void **state) {
    (void)state;
    IS("2", "MIN", &TW_TYPE_INTEGER, 7, NIL, 2, 9);
    IS("-5", "MAX", &TW_TYPE_BIGINT, -7, -5);
    IS("1", "MAX", &TW_TYPE_BOOLEAN, 2, 1);
    IS("04", "MIN", &TW_TYPE_STRING, 7, 4, 9);
    IS("09, a text that is too long for its view", "MAX", &TW_TYPE_STRING, 7, 9, 4);
    IS("3.999999", "MAX", ts9(), 6, 7, 1);
    IS("-1.000000", "MIN", ts9(), -2, 7, 1);
    IS("-1.5", "MIN", &TW_TYPE_FLOAT, 2, -3);
    IS("NULL", "MIN", &TW_TYPE_DOUBLE, NIL);
    for (int retract = 0; retract < 2; retract++) { /* as Double.compare */
        agg_test high = open_test("MAX", &TW_TYPE_DOUBLE, retract, 1), low = open_test("MIN", &TW_TYPE_DOUBLE, retract, 1);
        tw_column c = column_of(&TW_TYPE_DOUBLE, N(0, 0, 0));
        double *v = c.values;
        v[0] = 0.0, v[1] = -0.0, v[2] = -__builtin_nan("");
        const tw_column *args[] = {&c};
        assert_int_equal(add_rows(&high, args, NULL, 3, NULL, NULL), TW_OK);
        assert_int_equal(add_rows(&low, args, NULL, 3, NULL, NULL), TW_OK);
        RESULT(&high, "NaN");
        RESULT(&low, "-0.0");
        close_test(&high);
        close_test(&low);
    }
}

static void test_values(void **state) {
    (void)state;
    const tw_type *array = tw_type_array(&test_arena, &TW_TYPE_STRING);
    for (int retract = 0; retract < 2; retract++) {
        const tw_type *types[] = {&TW_TYPE_BOOLEAN, &TW_TYPE_SMALLINT, &TW_TYPE_DOUBLE, decimal(30, 20), ts9(), &TW_TYPE_STRING, array};
        const char *first[] = {"1",
                               "3",
                               "1.5",
                               "3.00000000000000000000",
                               "1.999999",
                               "03, a text that is too long for its view",
                               "[03, a text that is too long for its view]"};
        const char *last[] = {"0", "4", "2.0", "4.00000000000000000000", "2.000000", "04", "[04, 04]"};
        for (int i = 0; i < 7; i++) {
            agg_test f = open_test("FIRST_VALUE", types[i], retract, 2), l = open_test("LAST_VALUE", types[i], retract, 2);
            add(&f, types[i], N(NIL, 3, 7, 4, NIL), NULL);
            add(&l, types[i], N(NIL, 3, 7, 4, NIL), NULL);
            RESULT(&f, first[i]);
            RESULT(&l, last[i]);
            assert_string_equal(results(&l)[1], "NULL");
            write_read(&f, 0, 1);
            assert_string_equal(results(&f)[1], first[i]);
            close_test(&f);
            close_test(&l);
        }
    }
    const tw_field fields[] = {{TW_STR("a"), &TW_TYPE_BIGINT}, {TW_STR("b"), &TW_TYPE_STRING}};
    const tw_type *row = tw_type_row(&test_arena, fields, 2);
    IS("[5, NULL]", "FIRST_VALUE", row, NIL, 5, 6);
    IS("[6, 06]", "LAST_VALUE", row, 5, 6);
}

/* Taking removes the earliest of equal values; a value taken before it comes is owed. */
static void test_values_retracted(void **state) {
    (void)state;
    agg_test f = open_test("FIRST_VALUE", &TW_TYPE_BIGINT, true, 1), l = open_test("LAST_VALUE", &TW_TYPE_BIGINT, true, 1);
    agg_test *both[] = {&f, &l};
    for (int i = 0; i < 2; i++) {
        add(both[i], &TW_TYPE_BIGINT, N(1, 2, 1, 3), NULL);
        add(both[i], &TW_TYPE_BIGINT, N(1, 3), KINDS(TW_UPDATE_BEFORE, TW_DELETE));
        RESULT(both[i], i ? "1" : "2");
        add(both[i], &TW_TYPE_BIGINT, N(9, 2, 1), KINDS(TW_DELETE, TW_DELETE, TW_DELETE));
        RESULT(both[i], "NULL");
        add(both[i], &TW_TYPE_BIGINT, N(9), NULL);
        RESULT(both[i], "NULL");
        add(both[i], &TW_TYPE_BIGINT, N(9), NULL);
        RESULT(both[i], "9");
        close_test(both[i]);
    }
}

static void test_single_value(void **state) {
    (void)state;
    agg_test t = open_test("SINGLE_VALUE", &TW_TYPE_BIGINT, true, 1);
    RESULT(&t, "NULL");
    add(&t, &TW_TYPE_BIGINT, N(4), NULL);
    add(&t, &TW_TYPE_BIGINT, N(4, 5), KINDS(TW_UPDATE_BEFORE, TW_UPDATE_AFTER));
    RESULT(&t, "5");
    add(&t, &TW_TYPE_BIGINT, N(NIL), NULL);
    tw_column out;
    const char *states[] = {state_at(&t, 0)};
    assert_int_equal(tw_column_alloc(&test_arena, t.type, 1, true, &out), TW_OK);
    assert_int_equal(t.agg->result(t.agg, states, 1, 0, &out, &test_arena), TW_E_VALUE);
    close_test(&t);
}

static agg_test open_listagg(const char *separator, bool retract, int32_t groups) {
    const tw_type *type = &TW_TYPE_STRING;
    return open_call(bind_agg("LISTAGG", &type, 1, NULL, separator), retract, groups);
}

static void test_listagg(void **state) {
    (void)state;
    tw_column c = column_of(&TW_TYPE_STRING, N(NIL, 2, 4, NIL, 2)), one = column_of(&TW_TYPE_STRING, N(8));
    tw_value v = tw_value_of_str(&TW_TYPE_STRING, TW_STR(" and not less than "));
    tw_column separator;
    assert_int_equal(tw_value_to_column(&test_arena, &v, &separator), TW_OK);
    const tw_column *args[] = {&c, &separator}, *more[] = {&one, &separator};
    for (int retract = 0; retract < 2; retract++) {
        agg_test plain = open_listagg(NULL, retract, 1), t = open_listagg(" and not less than ", retract, 3);
        assert_int_equal(add_rows(&plain, args, NULL, 5, NULL, NULL), TW_OK);
        RESULT(&plain, "02,04,02");
        assert_int_equal(add_rows(&t, args, NULL, 1, NULL, NULL), TW_OK);
        RESULT(&t, "NULL");
        assert_int_equal(add_rows(&t, args, NULL, 5, NULL, NULL), TW_OK);
        assert_int_equal(add_rows(&t, more, NULL, 1, (const int32_t[]){1}, NULL), TW_OK);
        assert_int_equal(t.agg->merge(t.agg, state_at(&t, 0), state_at(&t, 1), &test_mem), TW_OK);
        RESULT(&t, "02 and not less than 04 and not less than 02 and not less than 08");
        write_read(&t, 0, 2);
        assert_string_equal(results(&t)[2], results(&t)[0]);
        close_test(&plain);
        close_test(&t);
    }
    const tw_type *two[] = {&TW_TYPE_STRING, &TW_TYPE_STRING}, *number = &TW_TYPE_INTEGER;
    assert_null(bind_agg("LISTAGG", two, 2, NULL, NULL)); /* the separator is a literal */
    assert_null(bind_agg("LISTAGG", &number, 1, NULL, NULL));
}

static void test_arrays(void **state) {
    (void)state;
    const tw_type *nested = tw_type_array(&test_arena, &TW_TYPE_BIGINT);
    type_is("ARRAY_AGG", tw_type_nullable(&test_arena, &TW_TYPE_INTEGER, false), "ARRAY<INT NOT NULL>");
    IS("[1, NULL, 2]", "ARRAY_AGG", &TW_TYPE_INTEGER, 1, NIL, 2);
    IS("[1, 2]", "ARRAY_AGG IGNORE NULLS", &TW_TYPE_INTEGER, 1, NIL, 2);
    IS("NULL", "ARRAY_AGG IGNORE NULLS", &TW_TYPE_INTEGER, NIL);
    IS("[NULL]", "ARRAY_AGG", &TW_TYPE_STRING, NIL);
    IS("[[4, 4], NULL, [5, NULL, 5]]", "ARRAY_AGG", nested, 4, NIL, 5);
    type_is("COLLECT", tw_type_nullable(&test_arena, &TW_TYPE_INTEGER, false), "MULTISET<INT NOT NULL> NOT NULL");
    IS("[3=1, 8=2]", "COLLECT", &TW_TYPE_INTEGER, 8, 3, NIL, 8);
    IS("[]", "COLLECT", &TW_TYPE_INTEGER, NIL);
    IS("[0.5=1, 1.0=2]", "COLLECT", &TW_TYPE_DOUBLE, 2, 1, 2);
    IS("[02=1, 03, a text that is too long for its view=2]", "COLLECT", &TW_TYPE_STRING, 3, 2, 3);
    IS("[[3]=2, [4, 4]=1]", "COLLECT", nested, 3, 4, 3);
}

static const char *json(const char *name, const char *on_null, const tw_type *const *types, int n, const tw_column *const *args, int32_t rows) {
    agg_test t = open_call(bind_agg(name, types, n, on_null, NULL), true, 2);
    assert_int_equal(add_rows(&t, args, NULL, rows, NULL, NULL), TW_OK);
    write_read(&t, 0, 1);
    const char *text = results(&t)[0];
    assert_string_equal(text, results(&t)[1]);
    close_test(&t);
    return text;
}

static void test_json(void **state) {
    (void)state;
    const tw_type *types[] = {&TW_TYPE_STRING, &TW_TYPE_STRING};
    tw_column key = column_of(types[0], N(4, 2, 6, 2)), value = column_of(types[1], N(10, 12, NIL, 14));
    const tw_column *args[] = {&key, &value}, *values[] = {&value};
    assert_string_equal(json("JSON_OBJECTAGG", "NULL", types, 2, args, 3), "{\"02\":12,\"04\":10,\"06\":null}");
    assert_string_equal(json("JSON_OBJECTAGG", "ABSENT", types, 2, args, 3), "{\"02\":12,\"04\":10}");
    assert_string_equal(json("JSON_OBJECTAGG", "NULL", types, 2, args, 4), "{\"02\":14,\"04\":10,\"06\":null}"); /* the last counts */
    assert_string_equal(json("JSON_OBJECTAGG", "NULL", types, 2, args, 0), "{}");
    assert_string_equal(json("JSON_ARRAYAGG", "NULL", types, 1, values, 4), "[10,12,null,14]");
    assert_string_equal(json("JSON_ARRAYAGG", "ABSENT", types, 1, values, 4), "[10,12,14]");
    assert_string_equal(json("JSON_ARRAYAGG", "ABSENT", types, 1, values, 0), "[]");
    const tw_type *numbers[] = {&TW_TYPE_INTEGER};
    const tw_expr *call = bind_agg("JSON_ARRAYAGG", numbers, 1, "ABSENT", NULL); /* values become JSON before they are aggregated */
    assert_string_equal(call->args[0]->function->name, "JSON_STRING");
    assert_string_equal(tw_type_text(&test_arena, call->type), "STRING NOT NULL");
    tw_column null = column_of(types[0], N(NIL));
    const tw_column *bad[] = {&null, &value};
    agg_test t = open_call(bind_agg("JSON_OBJECTAGG", types, 2, "NULL", NULL), true, 1);
    assert_int_equal(add_rows(&t, bad, NULL, 1, NULL, NULL), TW_E_VALUE);
    close_test(&t);
}

/* ---- random changes against a plain recomputation ---- */

enum { GROUPS = 5, LIVE_MAX = 400 };

typedef struct model { /* what is in each group, in order */
    int64_t values[GROUPS][LIVE_MAX];
    int32_t count[GROUPS];
} model;

static void model_remove(model *m, int32_t g, int32_t at) {
    m->count[g]--;
    memmove(&m->values[g][at], &m->values[g][at + 1], sizeof(int64_t) * (size_t)(m->count[g] - at));
}

static int compare_numbers(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static const char *text_of(const tw_type *type, int64_t number) {
    tw_value v = value_of_number(type, number);
    return text_of_value(&v);
}

static const char *joined(const tw_type *type, const int64_t *v, int32_t n, bool counts) {
    char *text = tw_arena_alloc(&test_arena, 64 * (size_t)n + 3);
    char *to = text + sprintf(text, "[");
    for (int32_t k = 0, run; k < n; k += run) {
        for (run = 1; counts && k + run < n && v[k + run] == v[k];) run++;
        to += sprintf(to, k ? ", %s" : "%s", text_of(type, v[k]));
        if (counts) to += sprintf(to, "=%d", run);
    }
    sprintf(to, "]");
    return text;
}

static const char *expected(const char *name, const tw_type *type, const model *m, int32_t g) {
    int64_t v[LIVE_MAX], sum = 0;
    int32_t n = 0;
    if (strcmp(name, "ARRAY_AGG") == 0) return m->count[g] ? joined(type, m->values[g], m->count[g], false) : "NULL";
    for (int32_t k = 0; k < m->count[g]; k++)
        if (m->values[g][k] != NIL) sum += v[n++] = m->values[g][k];
    if (strcmp(name, "COUNT") == 0) return tw_arena_printf(&test_arena, "%d", n);
    if (n == 0) return strcmp(name, "COLLECT") == 0 ? "[]" : "NULL";
    if (strcmp(name, "SUM") == 0 && tw_type_phys(type) == TW_PHYS_I128) return text_of(type, sum);
    if (strcmp(name, "SUM") == 0) return tw_arena_printf(&test_arena, "%lld", (long long)sum);
    if (strcmp(name, "AVG") == 0) return tw_arena_printf(&test_arena, "%lld", (long long)(sum / n));
    if (strcmp(name, "FIRST_VALUE") == 0) return text_of(type, v[0]);
    if (strcmp(name, "LAST_VALUE") == 0) return text_of(type, v[n - 1]);
    qsort(v, (size_t)n, sizeof *v, compare_numbers);
    if (strcmp(name, "COLLECT") == 0) return joined(type, v, n, true);
    return text_of(type, strcmp(name, "MIN") == 0 ? v[0] : v[n - 1]);
}

/* A batch of changes to the model; a value is removed at its first occurrence. */
static int32_t random_changes(tw_prng *prng, model *m, int64_t *values, int32_t *groups, int8_t *kinds, bool deletes, int32_t range) {
    int32_t n = 1 + (int32_t)tw_prng_below(prng, 60), group = (int32_t)tw_prng_below(prng, GROUPS + 3);
    for (int32_t k = 0; k < n; k++) {
        int32_t g = groups[k] = group < GROUPS ? group : (int32_t)tw_prng_below(prng, GROUPS); /* often one group for all */
        bool remove = deletes && m->count[g] > 0 && (m->count[g] >= LIVE_MAX || tw_prng_below(prng, 100) < 52);
        if (m->count[g] >= LIVE_MAX && !remove) return k;
        kinds[k] = (int8_t)(2 * (int)tw_prng_below(prng, 2) + remove);
        if (remove) {
            int32_t at = (int32_t)tw_prng_below(prng, (uint64_t)m->count[g]);
            values[k] = m->values[g][at];
            for (at = 0; m->values[g][at] != values[k];) at++;
            model_remove(m, g, at);
        } else {
            values[k] = tw_prng_below(prng, 8) == 0 ? NIL : (int64_t)tw_prng_below(prng, (uint64_t)range);
            m->values[g][m->count[g]++] = values[k];
        }
    }
    return n;
}

static void shuffle(tw_prng *prng, int32_t *rows, int32_t n) {
    for (int32_t k = 0; k < n; k++) rows[k] = k;
    for (int32_t k = n - 1; k > 0; k--) {
        int32_t other = (int32_t)tw_prng_below(prng, (uint64_t)k + 1), row = rows[k];
        rows[k] = rows[other];
        rows[other] = row;
    }
}

/* The rows are handed over as they are, or listed in another order when that must make no difference. */
static void apply(tw_prng *prng, agg_test *t, const tw_type *type, const int64_t *values, const int32_t *groups, const int8_t *kinds, int32_t n) {
    int32_t rows[64], listed[64];
    tw_column c = column_of(type, values, n);
    const tw_column *args[] = {&c};
    bool list = tw_prng_below(prng, 2);
    shuffle(prng, rows, n);
    for (int32_t k = 0; k < n; k++) {
        if (t->agg->order_dependent) rows[k] = k;
        listed[k] = groups[list ? rows[k] : k];
    }
    assert_int_equal(add_rows(t, args, list ? rows : NULL, n, listed, kinds), TW_OK);
}

static void check_groups(const agg_test *t, const char *name, const tw_type *type, const model *m) {
    const char **texts = results(t);
    for (int32_t g = 0; g < GROUPS; g++) assert_string_equal(texts[g], expected(name, type, m, g));
}

static void random_run(const char *name, const tw_type *type, uint64_t seed, bool retract, int32_t range) {
    tw_prng prng = {seed};
    static model m;
    int64_t values[64];
    int32_t groups[64];
    int8_t kinds[64];
    memset(&m, 0, sizeof m);
    agg_test t = open_test(name, type, retract, GROUPS);
    for (int round = 0; round < 60; round++) {
        int32_t n = random_changes(&prng, &m, values, groups, kinds, retract, range);
        apply(&prng, &t, type, values, groups, retract ? kinds : NULL, n);
        if (round % 9 == 0) check_groups(&t, name, type, &m);
        if (round % 20 == 0 && !t.agg->flat) { /* as after a restart */
            agg_test again = open_test(name, type, retract, GROUPS);
            for (int32_t g = 0; g < GROUPS; g++) {
                memcpy(state_at(&again, g), state_at(&t, g), (size_t)t.agg->size);
                memset(state_at(&t, g), 0, (size_t)t.agg->size);
                tw_buf bytes;
                tw_buf_init(&bytes, &arena_mem, 0);
                t.agg->write(t.agg, state_at(&again, g), &bytes);
                tw_reader in = {bytes.data, bytes.data + bytes.length, false};
                assert_int_equal(t.agg->read(t.agg, state_at(&t, g), &in, &test_mem), TW_OK);
                tw_buf_free(&bytes);
            }
            close_test(&again);
        }
    }
    check_groups(&t, name, type, &m);
    close_test(&t);
}

static void test_random(void **state) {
    (void)state;
    static const char *const names[] = {"COUNT", "MIN", "MAX", "FIRST_VALUE", "LAST_VALUE", "ARRAY_AGG", "COLLECT"};
    const tw_type *types[] = {&TW_TYPE_TINYINT, &TW_TYPE_SMALLINT, &TW_TYPE_INTEGER, &TW_TYPE_DATE,        &TW_TYPE_BIGINT, &TW_TYPE_FLOAT,
                              &TW_TYPE_DOUBLE,  decimal(9, 0),     decimal(38, 0),   &TW_TYPE_TIMESTAMP_3, ts9(),           &TW_TYPE_STRING};
    uint64_t seed = 1;
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
            for (int retract = 0; retract < 2; retract++, seed++) random_run(names[n], types[k], seed, retract, seed % 2 ? 5 : 97);
    for (int k = 0; k < 5; k++, seed++) {
        random_run("SUM", types[k == 3 ? 7 : k], seed, true, 3);
        if (k < 3) random_run("AVG", types[k], seed, true, 97);
    }
}

/* Deletes before their inserts, within a batch of unordered aggregates, are part of the random runs; here across batches, for many values. */
static void test_large_bags(void **state) {
    (void)state;
    agg_test low = open_test("MIN", &TW_TYPE_BIGINT, true, 3), high = open_test("MAX", &TW_TYPE_BIGINT, true, 3);
    enum { COUNT = 3000 };
    static int64_t values[COUNT];
    static int8_t deletes[COUNT];
    tw_prng prng = {7};
    memset(deletes, TW_DELETE, sizeof deletes);
    for (int32_t k = 0; k < COUNT; k++) values[k] = (int64_t)tw_prng_next(&prng) >> 1;
    agg_test *tests[] = {&low, &high};
    for (int i = 0; i < 2; i++) {
        agg_test *t = tests[i];
        add(t, &TW_TYPE_BIGINT, values, COUNT, deletes);
        RESULT(t, "NULL");
        add(t, &TW_TYPE_BIGINT, N(42), NULL);
        RESULT(t, "42");
        assert_int_equal(t->agg->merge(t->agg, state_at(t, 1), state_at(t, 0), &test_mem), TW_OK);
        write_read(t, 1, 2);
        add(t, &TW_TYPE_BIGINT, values, COUNT, NULL);
        RESULT(t, "42");
        assert_int_equal(t->agg->subtract(t->agg, state_at(t, 2), state_at(t, 1), &test_mem), TW_OK);
        assert_string_equal(results(t)[2], "NULL");
        add(t, &TW_TYPE_BIGINT, N(42), KINDS(TW_DELETE));
        RESULT(t, "NULL");
        close_test(t);
    }
}

/* ---- merge, subtract ---- */

static void merge_run(const char *name, const tw_type *type, bool retract, uint64_t seed) {
    static model early, all, late;
    tw_prng prng = {seed};
    int64_t values[64];
    int32_t groups[64];
    int8_t kinds[64];
    memset(&early, 0, sizeof early), memset(&late, 0, sizeof late);
    agg_test a = open_test(name, type, retract, GROUPS), b = open_test(name, type, retract, GROUPS);
    for (int round = 0; round < 6; round++) {
        int32_t n = random_changes(&prng, round < 3 ? &early : &late, values, groups, kinds, retract, 7);
        apply(&prng, round < 3 ? &a : &b, type, values, groups, retract ? kinds : NULL, n);
    }
    for (int32_t g = 0; g < GROUPS; g++) {
        memcpy(all.values[g], early.values[g], sizeof(int64_t) * (size_t)early.count[g]);
        memcpy(all.values[g] + early.count[g], late.values[g], sizeof(int64_t) * (size_t)late.count[g]);
        all.count[g] = early.count[g] + late.count[g];
    }
    agg_test sum = open_test(name, type, retract, GROUPS);
    for (int32_t g = 0; g < GROUPS; g++) {
        assert_int_equal(sum.agg->merge(sum.agg, state_at(&sum, g), state_at(&a, g), &test_mem), TW_OK);
        assert_int_equal(sum.agg->merge(sum.agg, state_at(&sum, g), state_at(&b, g), &test_mem), TW_OK);
    }
    check_groups(&sum, name, type, &all);
    check_groups(&b, name, type, &late);
    for (int32_t g = 0; sum.agg->subtract && g < GROUPS; g++)
        assert_int_equal(sum.agg->subtract(sum.agg, state_at(&sum, g), state_at(&a, g), &test_mem), TW_OK);
    if (sum.agg->subtract) check_groups(&sum, name, type, &late);
    close_test(&a), close_test(&b), close_test(&sum);
}

static void test_merge(void **state) {
    (void)state;
    static const char *const names[] = {"COUNT", "MIN", "MAX", "FIRST_VALUE", "LAST_VALUE", "ARRAY_AGG", "COLLECT"};
    const tw_type *types[] = {&TW_TYPE_INTEGER, &TW_TYPE_DOUBLE, decimal(38, 0), ts9(), &TW_TYPE_STRING};
    uint64_t seed = 1000;
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
            for (int retract = 0; retract < 2; retract++) merge_run(names[n], types[k], retract, seed++);
    merge_run("SUM", &TW_TYPE_BIGINT, true, seed);
    merge_run("SUM", decimal(10, 0), true, seed);
    merge_run("SUM", decimal(38, 0), true, seed);
    for (int retract = 0; retract < 2; retract++) {
        agg_test t = open_test("VAR_SAMP", &TW_TYPE_DOUBLE, retract, 2);
        add(&t, &TW_TYPE_DOUBLE, N(2, 4), NULL);
        assert_int_equal(t.agg->merge(t.agg, state_at(&t, 1), state_at(&t, 0), &test_mem), TW_OK);
        assert_int_equal(t.agg->merge(t.agg, state_at(&t, 1), state_at(&t, 0), &test_mem), TW_OK);
        assert_string_equal(results(&t)[1], "0.3333333333333333");
    }
}

/* ---- lack of memory, damaged bytes ---- */

typedef struct heap_case {
    const char *name;
    const tw_type *type;
    bool retract;
} heap_case;

static int heap_cases(heap_case *cases) {
    const tw_type *array = tw_type_array(&test_arena, &TW_TYPE_STRING), *text = &TW_TYPE_STRING;
    const heap_case all[] = {{"MIN", text, false},
                             {"MAX", text, true},
                             {"MIN", ts9(), true},
                             {"FIRST_VALUE", text, false},
                             {"LAST_VALUE", array, false},
                             {"FIRST_VALUE", array, true},
                             {"LISTAGG", text, false},
                             {"LISTAGG", text, true},
                             {"ARRAY_AGG", text, true},
                             {"ARRAY_AGG", array, true},
                             {"COLLECT", text, true},
                             {"COLLECT", array, true},
                             {"COLLECT", &TW_TYPE_INTEGER, true},
                             {"SINGLE_VALUE", text, true}};
    memcpy(cases, all, sizeof all);
    return (int)(sizeof all / sizeof all[0]);
}

/* Adds, takes, merges, writes and reads; the first failure ends it. */
static tw_status work(agg_test *t, const tw_column *c, bool retract) {
    const tw_column *args[] = {c};
    TW_TRY(add_rows(t, args, NULL, 12, NULL, NULL));
    if (retract) TW_TRY(add_rows(t, args, NULL, 12, NULL, KINDS(0, 1, 3, 0, 3, 1, 3, 0, 3, 3, 3, 3)));
    TW_TRY(t->agg->merge(t->agg, state_at(t, 1), state_at(t, 0), &test_mem));
    if (t->agg->subtract) TW_TRY(t->agg->subtract(t->agg, state_at(t, 1), state_at(t, 0), &test_mem));
    tw_buf bytes;
    tw_buf_init(&bytes, &arena_mem, 0);
    t->agg->write(t->agg, state_at(t, 0), &bytes);
    tw_reader in = {bytes.data, bytes.data + bytes.length, false};
    tw_status status = t->agg->read(t->agg, state_at(t, 2), &in, &test_mem);
    tw_buf_free(&bytes);
    return status;
}

static void test_nomem(void **state) {
    (void)state;
    heap_case cases[20];
    int n = heap_cases(cases);
    for (int i = 0; i < n; i++) {
        tw_column c = column_of(cases[i].type, N(1, 3, 5, NIL, 2, 3, 7, 9, 1, 11, 13, 15));
        tw_status status = TW_E_NOMEM;
        for (int64_t fail = 1; status != TW_OK; fail++) {
            agg_test t = open_test(cases[i].name, cases[i].type, cases[i].retract, 3);
            test_mem.fail_at = fail;
            status = work(&t, &c, cases[i].retract);
            test_mem.fail_at = 0;
            if (status != TW_OK) assert_int_equal(status, TW_E_NOMEM);
            if (strcmp(cases[i].name, "SINGLE_VALUE") != 0) results(&t); /* whatever is there can be shown */
            close_test(&t);
            assert_int_equal(test_mem.used, 0);
        }
    }
}

/* Results fail cleanly, too. */
static void test_nomem_results(void **state) {
    (void)state;
    heap_case cases[20];
    int n = heap_cases(cases);
    for (int i = 0; i < n; i++) {
        agg_test t = open_test(cases[i].name, cases[i].type, cases[i].retract, 1);
        add(&t, cases[i].type, N(3, 5), NULL);
        if (strcmp(cases[i].name, "SINGLE_VALUE") == 0) add(&t, cases[i].type, N(3), KINDS(TW_DELETE));
        tw_status status = TW_E_NOMEM;
        for (int64_t fail = 1; status != TW_OK; fail++) {
            tw_column out;
            tw_arena arena;
            const char *states[] = {state_at(&t, 0)};
            assert_int_equal(tw_column_alloc(&test_arena, t.type, 1, true, &out), TW_OK);
            tw_arena_init(&arena, &test_mem, 64);
            test_mem.fail_at = fail;
            status = t.agg->result(t.agg, states, 1, 0, &out, &arena);
            test_mem.fail_at = 0;
            if (status != TW_OK) assert_int_equal(status, TW_E_NOMEM);
            tw_arena_free(&arena);
        }
        close_test(&t);
        assert_int_equal(test_mem.used, 0);
    }
}

static void read_damaged(const heap_case *c, const char *bytes, size_t length, bool must_fail) {
    agg_test t = open_test(c->name, c->type, c->retract, 1);
    size_t used = test_mem.used;
    char *copy = malloc(length + 1); /* exact, so that sanitizers see a read past the end */
    memcpy(copy, bytes, length);
    tw_reader in = {copy, copy + length, false};
    tw_status status = t.agg->read(t.agg, state_at(&t, 0), &in, &test_mem);
    if (must_fail) assert_int_equal(status, TW_E_CORRUPT);
    if (status == TW_OK && strcmp(c->name, "SINGLE_VALUE") != 0) results(&t);
    close_test(&t);
    assert_int_equal(test_mem.used, used);
    free(copy);
}

static void test_damaged(void **state) {
    (void)state;
    heap_case cases[20];
    int n = heap_cases(cases);
    for (int i = 0; i < n; i++) {
        agg_test t = open_test(cases[i].name, cases[i].type, cases[i].retract, 1);
        add(&t, cases[i].type, N(1, 3, 6, 3), NULL);
        if (cases[i].retract) add(&t, cases[i].type, N(1, 4), KINDS(TW_DELETE, TW_DELETE));
        tw_buf bytes;
        tw_buf_init(&bytes, &arena_mem, 0);
        t.agg->write(t.agg, state_at(&t, 0), &bytes);
        for (size_t cut = 0; cut < bytes.length; cut++) read_damaged(&cases[i], bytes.data, cut, true);
        for (size_t at = 0; at < bytes.length; at++)
            for (int bit = 0; bit < 8; bit++) {
                bytes.data[at] ^= (char)(1 << bit);
                read_damaged(&cases[i], bytes.data, bytes.length, false);
                bytes.data[at] ^= (char)(1 << bit);
            }
        tw_buf_free(&bytes);
        close_test(&t);
    }
}

/* Constant arguments and listed rows in the typed loops. */
static void test_constants(void **state) {
    (void)state;
    const tw_type *type = &TW_TYPE_INTEGER;
    tw_value v = tw_value_of_int(type, 5), none = tw_value_null(type);
    tw_column five, null;
    assert_int_equal(tw_value_to_column(&test_arena, &v, &five), TW_OK);
    assert_int_equal(tw_value_to_column(&test_arena, &none, &null), TW_OK);
    const tw_column *args[] = {&five}, *nulls[] = {&null};
    static const char *const names[] = {"COUNT", "SUM", "AVG", "MIN", "LAST_VALUE", "ARRAY_AGG", "COLLECT"};
    static const char *const texts[] = {"3", "15", "5", "5", "5", "[5, 5, 5]", "[5=3]"};
    for (int i = 0; i < 7; i++) {
        agg_test t = open_test(names[i], type, false, 1);
        assert_int_equal(add_rows(&t, args, (const int32_t[]){7, 90, 4000}, 3, NULL, NULL), TW_OK);
        if (i != 5) assert_int_equal(add_rows(&t, nulls, NULL, 3, NULL, NULL), TW_OK);
        RESULT(&t, texts[i]);
        close_test(&t);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_agg, close_agg)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_types),         TEST(test_count),      TEST(test_sum),       TEST(test_wide_sum),
        TEST(test_variance),      TEST(test_minmax),     TEST(test_values),    TEST(test_values_retracted),
        TEST(test_single_value),  TEST(test_listagg),    TEST(test_arrays),    TEST(test_json),
        TEST(test_random),        TEST(test_large_bags), TEST(test_merge),     TEST(test_nomem),
        TEST(test_nomem_results), TEST(test_damaged),    TEST(test_constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
