#include "expr_test.h"

#include "data/builder.h"
#include "expr/node.h"

/* A batch of a BIGINT column 0 .. rows-1 (every `null_every`-th NULL) and a STRING column "s<row>". */
typedef struct rows {
    tw_batch batch;
    tw_column columns[2];
    int64_t numbers[TW_BATCH_ROWS];
    tw_sview texts[TW_BATCH_ROWS];
    uint64_t valid[TW_BATCH_ROWS / 64];
} rows;

static const tw_type *row_type(void) {
    tw_field fields[2] = {{TW_STR("n"), &TW_TYPE_BIGINT}, {TW_STR("s"), &TW_TYPE_STRING}};
    return tw_type_row(&test_arena, fields, 2);
}

static rows *make_rows(int count, int null_every) {
    rows *r = TW_NEW(&test_arena, rows);
    tw_bits_fill(r->valid, count, true);
    for (int i = 0; i < count; i++) {
        char text[16];
        r->numbers[i] = i;
        r->texts[i] = tw_sview_make(text, (size_t)snprintf(text, sizeof text, "s%d", i));
        if (null_every && i % null_every == 0) tw_bit_clear(r->valid, i);
    }
    r->columns[0] = (tw_column){.type = &TW_TYPE_BIGINT, .phys = TW_PHYS_I64, .values = r->numbers, .validity = r->valid};
    r->columns[1] = (tw_column){.type = &TW_TYPE_STRING, .phys = TW_PHYS_STR, .values = r->texts};
    r->batch = (tw_batch){.rows = count, .ncolumns = 2, .columns = r->columns};
    return r;
}

typedef struct run {
    tw_program *program;
    tw_arena arena;
    tw_row_errors errors;
    tw_eval eval;
    tw_column out[4];
} run;

static run *start(const tw_expr *const *exprs, int n, int count) {
    run *r = TW_NEW(&test_arena, run);
    tw_arena_init(&r->arena, &test_mem, 4096);
    assert_int_equal(tw_program_open(&test_mem, &test_session, row_type(), exprs, n, &r->program, &test_error), TW_OK);
    r->eval = (tw_eval){.session = &test_session, .rows = count, .arena = &r->arena, .errors = &r->errors, .mem = &test_mem};
    return r;
}

static void stop(run *r) {
    tw_program_close(r->program);
    tw_arena_free(&r->arena);
}

static const tw_expr *n_column(void) { return column(0, &TW_TYPE_BIGINT); }

static void test_strict_nulls_and_selection(void **state) {
    (void)state;
    rows *in = make_rows(1000, 3);
    const tw_expr *e = CALL("+", n_column(), number(1));
    run *r = start(&e, 1, 1000);
    uint16_t index[3] = {1, 3, 500};
    tw_selection selections[2] = {{NULL, 1000}, {index, 3}};
    for (int s = 0; s < 2; s++) {
        assert_int_equal(tw_program_run(r->program, &r->eval, &in->batch, selections[s], r->out, &test_error), TW_OK);
        for (int k = 0; k < selections[s].count; k++) {
            int i = tw_selected(&selections[s], k);
            assert_int_equal(tw_column_null(&r->out[0], i), i % 3 == 0);
            if (i % 3) assert_int_equal(((int64_t *)r->out[0].values)[i], i + 1);
        }
    }
    stop(r);
}

/* CASE WHEN n = 0 THEN -1 ELSE 10 / n END: the division is never seen by row 0. */
static void test_branches_do_not_fail(void **state) {
    (void)state;
    rows *in = make_rows(100, 0);
    const tw_expr *zero = CALL("=", n_column(), number(0));
    const tw_expr *e = CALL("CASE", zero, number(-1), CALL("/", number(10), n_column()));
    run *r = start(&e, 1, 100);
    assert_int_equal(tw_program_run(r->program, &r->eval, &in->batch, (tw_selection){NULL, 100}, r->out, &test_error), TW_OK);
    assert_int_equal(r->errors.count, 0);
    assert_int_equal(((int64_t *)r->out[0].values)[0], -1);
    assert_int_equal(((int64_t *)r->out[0].values)[3], 3);
    stop(r);
}

/* Equal expressions are one node, also when the table of nodes grows between them. */
static void test_sharing(void **state) {
    (void)state;
    enum { N = 200 };
    const tw_expr *exprs[2 * N];
    for (int i = 0; i < 2 * N; i++) exprs[i] = CALL("+", n_column(), number(i % N));
    run *r = start(exprs, 2 * N, 1);
    assert_int_equal(r->program->nnodes, 1 + N + N);
    for (int i = 0; i < N; i++) assert_ptr_equal(r->program->roots[i], r->program->roots[i + N]);
    stop(r);
}

static void test_error_rows(void **state) {
    (void)state;
    rows *in = make_rows(100, 0);
    const tw_expr *e[2] = {CALL("/", number(10), n_column()), CALL("+", CALL("/", number(10), n_column()), number(1))};
    run *r = start(e, 2, 100);
    assert_int_equal(tw_program_run(r->program, &r->eval, &in->batch, (tw_selection){NULL, 100}, r->out, &test_error), TW_OK);
    assert_int_equal(r->errors.count, 1);
    assert_true(tw_bit_get(r->errors.bits, 0));
    assert_int_equal(r->errors.first.status, TW_E_DIVISION_BY_ZERO);
    assert_true(tw_column_null(&r->out[0], 0) && tw_column_null(&r->out[1], 0));
    r->eval.errors = NULL;
    assert_int_equal(tw_program_run(r->program, &r->eval, &in->batch, (tw_selection){NULL, 100}, r->out, &test_error), TW_E_DIVISION_BY_ZERO);
    stop(r);
}

static void test_filter(void **state) {
    (void)state;
    rows *in = make_rows(1000, 7);
    const tw_expr *low = CALL(">", n_column(), number(10)), *high = CALL("<", n_column(), number(20));
    const tw_expr *text_test = CALL("<>", column(1, &TW_TYPE_STRING), text("s13"));
    const tw_expr *divides = CALL("=", CALL("/", number(100), CALL("-", n_column(), number(11))), number(100));
    const tw_expr *e[3] = {CALL("AND", low, high), CALL("AND", CALL("AND", low, high), text_test),
                           CALL("OR", CALL("=", n_column(), number(11)), divides)};
    run *r = start(e, 3, 1000);
    uint16_t index[1000];
    int32_t count;
    tw_selection all = {NULL, 1000};
    assert_int_equal(tw_program_filter(r->program, 0, &r->eval, &in->batch, all, index, &count, &test_error), TW_OK);
    assert_int_equal(count, 8); /* 11 .. 19 without 14 */
    assert_int_equal(index[0], 11);
    assert_int_equal(tw_program_filter(r->program, 1, &r->eval, &in->batch, all, index, &count, &test_error), TW_OK);
    assert_int_equal(count, 7);
    assert_int_equal(tw_program_filter(r->program, 2, &r->eval, &in->batch, all, index, &count, &test_error), TW_OK);
    assert_int_equal(r->errors.count, 0);
    assert_int_equal(count, 2);
    stop(r);
}

static void test_three_valued_logic(void **state) {
    (void)state;
    const tw_expr *v[3] = {truth(true), truth(false), null_of(&TW_TYPE_BOOLEAN)};
    const char *and[3][3] = {{"TRUE", "FALSE", "NULL"}, {"FALSE", "FALSE", "FALSE"}, {"NULL", "FALSE", "NULL"}};
    const char * or [3][3] = {{"TRUE", "TRUE", "TRUE"}, {"TRUE", "FALSE", "NULL"}, {"TRUE", "NULL", "NULL"}};
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            VALUE(CALL("AND", v[a], v[b]), and[a][b]);
            VALUE(CALL("OR", v[a], v[b]), or [a][b]);
        }
    }
    VALUE(CALL("NOT", v[2]), "NULL");
    VALUE(CALL("IS TRUE", v[2]), "FALSE");
    VALUE(CALL("IS NOT FALSE", v[2]), "TRUE");
}

static void test_conditional(void **state) {
    (void)state;
    VALUE(CALL("COALESCE", null_of(&TW_TYPE_INTEGER), big(3)), "3");
    VALUE(CALL("NULLIF", number(1), number(1)), "NULL");
    VALUE(CALL("NULLIF", number(1), number(2)), "1");
    VALUE(CALL("IF", truth(false), text("a"), text("bcd")), "bcd");
    VALUE(CALL("GREATEST", number(1), big(3), number(2)), "3");
    VALUE(CALL("IN", number(2), number(1), number(2)), "TRUE");
    VALUE(CALL("IN", number(3), number(1), null_of(&TW_TYPE_INTEGER)), "NULL");
    VALUE(CALL("IN", text("b"), text("abc"), text("b")), "TRUE");
    VALUE(CALL("IS DISTINCT FROM", null_of(&TW_TYPE_INTEGER), null_of(&TW_TYPE_INTEGER)), "FALSE");
}

static void test_nested(void **state) {
    (void)state;
    const tw_expr *array = CALL("ARRAY", number(1), null_of(&TW_TYPE_INTEGER), number(3));
    const tw_expr *map = CALL("MAP", text("a"), number(1), text("b"), null_of(&TW_TYPE_INTEGER));
    const tw_expr *row = CALL("ROW", number(1), text("x"), array);
    VALUE(array, "[1, NULL, 3]");
    VALUE(map, "{a=1, b=NULL}");
    VALUE(row, "(1, x, [1, NULL, 3])");
    VALUE(CALL("ITEM", array, number(3)), "3");
    VALUE(CALL("ITEM", array, number(4)), "NULL");
    VALUE(CALL("ITEM", map, text("a")), "1");
    VALUE(CALL("CARDINALITY", array), "3");
    VALUE(CALL("FIELD", row, number(1)), "x");
    VALUE(CALL("ITEM", CALL("ARRAY", array, array), number(2)), "[1, NULL, 3]");
    VALUE(cast(array, tw_type_array(&test_arena, &TW_TYPE_STRING)), "[1, NULL, 3]");
    VALUE(cast(CALL("ARRAY", text("1"), text("x")), tw_type_array(&test_arena, &TW_TYPE_INTEGER)), "error: cannot cast '[1, x]' to ARRAY<INT>");
    VALUE(try_cast(CALL("ARRAY", text("1"), text("x")), tw_type_array(&test_arena, &TW_TYPE_INTEGER)), "NULL");
    VALUE(CALL("COALESCE", null_of(array->type), array), "[1, NULL, 3]");
    VALUE(CALL("=", row, row), "TRUE");
    VALUE(CALL("TYPEOF", array), "ARRAY<INT> NOT NULL");
}

static void test_binary_form(void **state) {
    (void)state;
    const tw_expr *e = CALL("CASE", CALL(">", n_column(), number(10)), text("big"), column(1, &TW_TYPE_STRING));
    tw_buf out, print;
    tw_buf_init(&out, &test_mem, 0);
    tw_buf_init(&print, &test_mem, 0);
    tw_expr_write(&out, e);
    tw_reader in = {out.data, out.data + out.length, false};
    const tw_expr *back;
    assert_int_equal(tw_expr_read(&test_arena, &in, &back, &test_error), TW_OK);
    assert_true(tw_expr_equal(e, back));
    assert_true(tw_expr_hash(e) == tw_expr_hash(back));
    for (size_t cut = 0; cut < out.length; cut++) {
        tw_reader damaged = {out.data, out.data + cut, false};
        assert_int_not_equal(tw_expr_read(&test_arena, &damaged, &back, &test_error), TW_OK);
    }
    tw_expr_print(&print, e, row_type());
    assert_int_equal(print.length, 24);
    assert_memory_equal(print.data, "CASE(>(n, 10), 'big', s)", 24);
    tw_buf_free(&out);
    tw_buf_free(&print);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_expr, close_expr)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_strict_nulls_and_selection), TEST(test_branches_do_not_fail), TEST(test_sharing), TEST(test_error_rows), TEST(test_filter),
        TEST(test_three_valued_logic),         TEST(test_conditional),          TEST(test_nested),  TEST(test_binary_form)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
