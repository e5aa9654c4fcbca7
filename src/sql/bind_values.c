/* VALUES: rows of expressions. Rows of literals are one VALUES node; where something must be computed (RAND(), CURRENT_TIMESTAMP), each row
 * is a PROJECT of its own over one empty row. */
#include "sql/bind_query.h"

typedef struct values_rows {
    const tw_expr ***rows;
    int32_t nrows, ncolumns;
} values_rows;

static tw_status bind_row(tw_binder *binder, const tw_ast_exprs *row, int32_t ncolumns, const tw_expr ***out) {
    if (row->count != ncolumns)
        return tw_fail_at(binder->error, TW_E_INVALID, row->at[0]->pos, "the rows of VALUES differ in length: %d and %d columns", ncolumns,
                          row->count);
    const tw_expr **exprs = TW_NEW_ARRAY(binder->arena, const tw_expr *, ncolumns + 1);
    for (int32_t c = 0; c < ncolumns; c++) {
        if (row->at[c]->kind == TW_AST_STAR) return tw_fail_at(binder->error, TW_E_SYNTAX, row->at[c]->pos, "'*' has no meaning in VALUES");
        TW_TRY(tw_bind_expr(binder, row->at[c], &exprs[c]));
    }
    *out = exprs;
    return TW_OK;
}

/* Casts a column to the common type of its rows. */
static tw_status unify_column(tw_binder *binder, const tw_ast_body *body, values_rows *v, int32_t column, const tw_type **out) {
    const tw_type *common = v->rows[0][column]->type;
    for (int32_t r = 1; r < v->nrows; r++) {
        const tw_type *next = v->rows[r][column]->type, *both = tw_type_common(binder->arena, common, next);
        if (!both)
            return tw_fail_at(binder->error, TW_E_TYPE, body->values.rows[r].at[column]->pos,
                              "values passed to VALUES operator must have compatible types: %s and %s in column %d",
                              tw_type_text(binder->arena, common), tw_type_text(binder->arena, next), column + 1);
        common = both;
    }
    for (int32_t r = 0; r < v->nrows; r++) {
        const tw_expr *cast = tw_expr_cast(binder->arena, v->rows[r][column], common);
        v->rows[r][column] = tw_fold(binder->arena, binder->mem, binder->session, cast);
    }
    *out = common;
    return TW_OK;
}

static bool all_literals(const values_rows *v) {
    for (int32_t r = 0; r < v->nrows; r++)
        for (int32_t c = 0; c < v->ncolumns; c++)
            if (v->rows[r][c]->kind != TW_EXPR_LITERAL) return false;
    return true;
}

static const tw_rel *literal_rows(tw_binder *binder, const values_rows *v, const tw_type *row, tw_pos pos) {
    const tw_value **rows = TW_NEW_ARRAY(binder->arena, const tw_value *, v->nrows);
    for (int32_t r = 0; r < v->nrows; r++) {
        tw_value *values = TW_NEW_ARRAY(binder->arena, tw_value, v->ncolumns);
        for (int32_t c = 0; c < v->ncolumns; c++) values[c] = *v->rows[r][c]->literal;
        rows[r] = values;
    }
    tw_rel *rel = tw_rel_new(binder->arena, TW_REL_VALUES, row, NULL, 0, pos);
    rel->u.values.rows = rows;
    rel->u.values.nrows = v->nrows;
    return rel;
}

static const tw_rel *computed_rows(tw_binder *binder, const values_rows *v, const tw_type *row, tw_pos pos) {
    const tw_rel *one = tw_rel_make_one_row(binder->arena, pos);
    const tw_rel **inputs = TW_NEW_ARRAY(binder->arena, const tw_rel *, v->nrows);
    tw_str *names = TW_NEW_ARRAY(binder->arena, tw_str, v->ncolumns);
    for (int32_t c = 0; c < v->ncolumns; c++) names[c] = row->fields[c].name;
    for (int32_t r = 0; r < v->nrows; r++) inputs[r] = tw_rel_make_project(binder->arena, one, v->rows[r], names, v->ncolumns, pos);
    return v->nrows == 1 ? inputs[0] : tw_rel_new(binder->arena, TW_REL_UNION, row, inputs, v->nrows, pos);
}

tw_status tw_bind_values(tw_binder *binder, const tw_ast_body *body, const tw_rel **out) {
    tw_binder inner = *binder;
    inner.clause = "VALUES";
    values_rows v = {.nrows = body->values.count, .ncolumns = body->values.rows[0].count};
    v.rows = TW_NEW_ARRAY(binder->arena, const tw_expr **, v.nrows);
    for (int32_t r = 0; r < v.nrows; r++) TW_TRY(bind_row(&inner, &body->values.rows[r], v.ncolumns, &v.rows[r]));
    tw_field *fields = TW_NEW_ARRAY(binder->arena, tw_field, v.ncolumns + 1);
    for (int32_t c = 0; c < v.ncolumns; c++) {
        fields[c].name = tw_str_of(tw_arena_printf(binder->arena, "EXPR$%d", c));
        TW_TRY(unify_column(&inner, body, &v, c, &fields[c].type));
    }
    const tw_type *row = tw_type_row(binder->arena, fields, v.ncolumns);
    *out = all_literals(&v) ? literal_rows(binder, &v, row, body->pos) : computed_rows(binder, &v, row, body->pos);
    return TW_OK;
}
