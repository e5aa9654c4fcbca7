/* CONSTRAINT: in front of a sink, what its table declares is made true: NOT NULL columns hold no NULL, texts and bytes have their length
 * (Flink's ConstraintEnforcer, with its options table.exec.sink.not-null-enforcer, type-length-enforcer, nested-constraint-enforcer).
 *
 * Columns are looked at only where something can be wrong: where there is a validity bitmap, where a length is declared. A column is copied when its
 * first value is changed. */
#include <stdio.h>

#include "operator/compact.h"
#include "operator/evaluation.h"

typedef struct constraint {
    tw_operator op;
    tw_arena arena; /* of the batch */
    tw_compactor compactor;
    tw_column *columns; /* of the batch, some replaced */
    uint16_t index[TW_BATCH_ROWS];
    tw_batch out;
} constraint;

static tw_status open_operator(tw_operator *op, tw_error *error) {
    constraint *c = (constraint *)op;
    int32_t n = op->node->row->nfields;
    tw_arena_init(&c->arena, op->task->mem, 4096);
    c->columns = tw_calloc(op->task->mem, sizeof *c->columns * ((size_t)n + 1));
    if (!c->columns || tw_compactor_open(&c->compactor, op->task->mem, n) != TW_OK) return tw_fail(error, TW_E_NOMEM, "out of memory");
    return TW_OK;
}

static void close_operator(tw_operator *op) {
    constraint *c = (constraint *)op;
    tw_compactor_close(&c->compactor);
    tw_free(op->task->mem, c->columns, sizeof *c->columns * ((size_t)op->node->row->nfields + 1));
    if (c->arena.mem) tw_arena_free(&c->arena);
}

/* --- NOT NULL --- */

static bool holds_null(const tw_column *c, const tw_type *type, int32_t row, tw_nested_rule nested);

static bool elements_hold_null(const tw_column *c, const tw_type *type, int32_t row, tw_nested_rule nested) {
    for (int32_t e = c->offsets[row]; e < c->offsets[row + 1]; e++)
        for (int32_t k = 0; k < type->nfields && k < c->nchildren; k++)
            if (holds_null(&c->children[k], type->fields[k].type, e, nested)) return true;
    return false;
}

/* A NULL where the declared type has none. */
static bool holds_null(const tw_column *c, const tw_type *type, int32_t row, tw_nested_rule nested) {
    int32_t at = c->constant ? 0 : row;
    if (tw_column_null(c, at)) return !type->nullable;
    if (nested == TW_NESTED_IGNORE || !tw_kind_is_nested(type->kind)) return false;
    if (type->kind != TW_ROW) return nested == TW_NESTED_COLLECTIONS && elements_hold_null(c, type, at, nested);
    for (int32_t k = 0; k < type->nfields; k++)
        if (holds_null(&c->children[k], type->fields[k].type, at, nested)) return true;
    return false;
}

static bool may_hold_null(const tw_column *c, const tw_type *type, tw_nested_rule nested) {
    bool inside = nested != TW_NESTED_IGNORE && tw_kind_is_nested(type->kind);
    return inside || (!type->nullable && (c->validity || c->phys == TW_PHYS_NONE));
}

static tw_status refuse_null(constraint *c, const tw_batch *batch, int32_t row, tw_str column) {
    tw_error error;
    tw_fail_at(&error, TW_E_VALUE, c->op.node->pos,
               "Column '%.*s' is NOT NULL, however, a null value is being written into it. You can set job configuration "
               "'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception and drop such records silently.",
               TW_STR_ARG(column));
    return tw_row_failed(&c->op, batch, row, &error);
}

/* Keeps of `*rows` those without a NULL in this column. */
static tw_status check_nulls(constraint *c, const tw_batch *batch, int32_t column, tw_selection *rows) {
    const tw_plan_constraint *plan = &c->op.node->u.constraint;
    const tw_field *field = &c->op.node->row->fields[column];
    const tw_column *values = &batch->columns[column];
    if (!may_hold_null(values, field->type, plan->nested)) return TW_OK;
    int32_t kept = 0;
    for (int32_t k = 0; k < rows->count; k++) {
        int32_t row = tw_selected(rows, k);
        if (!holds_null(values, field->type, row, plan->nested))
            c->index[kept++] = (uint16_t)row;
        else if (!plan->drop_nulls)
            TW_TRY(refuse_null(c, batch, row, field->name));
    }
    if (kept < rows->count) *rows = (tw_selection){c->index, kept};
    return TW_OK;
}

/* --- lengths --- */

static bool has_length(const tw_type *type) {
    return (tw_kind_is_text(type->kind) || tw_kind_is_binary(type->kind)) && type->length != TW_LENGTH_MAX;
}

static size_t length_of(const tw_type *type, tw_str text) {
    return tw_kind_is_text(type->kind) ? tw_utf8_length(text.data, text.length) : text.length;
}

static bool is_fixed(const tw_type *type) { return type->kind == TW_CHAR || type->kind == TW_BINARY; }

static bool fits(const tw_type *type, tw_str text) {
    size_t most = (size_t)type->length;
    if (!is_fixed(type) && text.length <= most) return true;
    size_t length = length_of(type, text);
    return is_fixed(type) ? length == most : length <= most;
}

/* Cut to the length, or filled up with blanks or zero bytes. */
static tw_status fit(constraint *c, const tw_type *type, tw_str text, tw_sview *out) {
    size_t most = (size_t)type->length, length = length_of(type, text);
    bool chars = tw_kind_is_text(type->kind);
    if (length >= most) {
        *out = tw_sview_make(text.data, chars ? tw_utf8_offset(text.data, text.length, most) : most);
        return TW_OK;
    }
    size_t size = text.length + most - length;
    char *room = tw_arena_alloc(&c->arena, size);
    if (!room) return TW_E_NOMEM;
    memcpy(room, text.data, text.length);
    memset(room + text.length, chars ? ' ' : 0, most - length);
    *out = tw_sview_make(room, size);
    return TW_OK;
}

static tw_status refuse_length(constraint *c, const tw_batch *batch, int32_t row, const tw_field *field, size_t length) {
    tw_error error;
    char type[32];
    snprintf(type, sizeof type, "%s(%d)", tw_kind_name(field->type->kind), field->type->length);
    tw_fail_at(&error, TW_E_VALUE, c->op.node->pos,
               "Column '%.*s' is %s, however, a %s of length %zu is being written into it. You can set job configuration "
               "'table.exec.sink.type-length-enforcer' to 'TRIM_PAD' or 'IGNORE' to suppress this exception.",
               TW_STR_ARG(field->name), type, tw_kind_is_text(field->type->kind) ? "string" : "byte array", length);
    return tw_row_failed(&c->op, batch, row, &error);
}

/* The column with a copy of its own values, to be changed. */
static tw_status own(constraint *c, tw_column *column, const tw_batch *batch) {
    int32_t rows = column->constant ? 1 : batch->rows;
    tw_sview *values = tw_arena_memdup(&c->arena, column->values, sizeof *values * (size_t)rows);
    if (!values) return TW_E_NOMEM;
    column->values = values;
    return TW_OK;
}

static tw_status trim_and_pad(constraint *c, const tw_batch *batch, int32_t i, tw_selection rows) {
    const tw_type *type = c->op.node->row->fields[i].type;
    tw_column *column = &c->columns[i];
    bool owned = false;
    for (int32_t k = 0; k < (column->constant && rows.count ? 1 : rows.count); k++) {
        int32_t row = column->constant ? 0 : tw_selected(&rows, k);
        tw_str text = tw_sview_str((const tw_sview *)column->values + row);
        if (tw_column_null(column, row) || fits(type, text)) continue;
        if (!owned) TW_TRY(own(c, column, batch));
        owned = true;
        tw_sview *view = (tw_sview *)column->values + row;
        TW_TRY(fit(c, type, tw_sview_str(view), view));
    }
    return TW_OK;
}

static tw_status check_lengths(constraint *c, const tw_batch *batch, int32_t i, tw_selection *rows) {
    const tw_field *field = &c->op.node->row->fields[i];
    const tw_column *column = &batch->columns[i];
    int32_t kept = 0;
    for (int32_t k = 0; k < rows->count; k++) {
        int32_t row = tw_selected(rows, k), at = column->constant ? 0 : row;
        tw_str text = tw_sview_str((const tw_sview *)column->values + at);
        if (tw_column_null(column, at) || fits(field->type, text))
            c->index[kept++] = (uint16_t)row;
        else
            TW_TRY(refuse_length(c, batch, row, field, length_of(field->type, text)));
    }
    if (kept < rows->count) *rows = (tw_selection){c->index, kept};
    return TW_OK;
}

static tw_status check_column(constraint *c, const tw_batch *batch, int32_t i, tw_selection *rows) {
    const tw_plan_constraint *plan = &c->op.node->u.constraint;
    TW_TRY(check_nulls(c, batch, i, rows));
    if (plan->lengths == TW_LENGTH_IGNORE || !has_length(c->op.node->row->fields[i].type) || batch->columns[i].phys != TW_PHYS_STR) return TW_OK;
    if (plan->lengths == TW_LENGTH_ERROR) return check_lengths(c, batch, i, rows);
    if (trim_and_pad(c, batch, i, *rows) == TW_OK) return TW_OK;
    return tw_fail(c->op.task->error, TW_E_NOMEM, "out of memory for texts that are brought to their length");
}

static tw_status push(tw_operator *op, int port, const tw_batch *batch) {
    constraint *c = (constraint *)op;
    tw_selection rows = {NULL, batch->rows};
    (void)port;
    tw_arena_reset(&c->arena);
    for (int32_t i = 0; i < batch->ncolumns; i++) c->columns[i] = batch->columns[i];
    for (int32_t i = 0; i < batch->ncolumns; i++) TW_TRY(check_column(c, batch, i, &rows));
    if (tw_compact(&c->compactor, &c->arena, batch, c->columns, rows, &c->out) != TW_OK)
        return tw_fail(op->task->error, TW_E_NOMEM, "out of memory for rows for a sink");
    return tw_emit(op, &c->out);
}

const tw_operator_ops TW_OPERATOR_CONSTRAINT = {.name = "constraint",
                                                .size = sizeof(constraint),
                                                .open = open_operator,
                                                .push = push,
                                                .watermark = tw_watermark_default,
                                                .close = close_operator};
