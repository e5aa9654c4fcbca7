/* UNION [ALL]: branches of one row type, their columns cast to the common types. A chain of UNIONs becomes one node. */
#include "sql/bind_query.h"

/* ---- places ---------------------------------------------------------------------------------------------------- */

static void step(tw_str script, tw_pos *pos) {
    unsigned char byte = (unsigned char)script.data[pos->offset++];
    if (byte == '\n') {
        pos->line++;
        pos->column = 1;
    } else if ((byte & 0xC0) != 0x80) { /* a code point begins here, and the column is that of the next one */
        pos->column++;
    }
}

static bool starts(tw_str script, uint32_t at, const char *text) {
    size_t n = strlen(text);
    return at + n <= script.length && memcmp(script.data + at, text, n) == 0;
}

/* Past a comment; false when none begins here. */
static bool skip_comment(tw_str script, tw_pos *pos) {
    bool line = starts(script, pos->offset, "--"), block = starts(script, pos->offset, "/*");
    if (!line && !block) return false;
    for (int i = 0; i < 2; i++) step(script, pos);
    while (pos->offset < script.length && !starts(script, pos->offset, line ? "\n" : "*/")) step(script, pos);
    for (int i = 0; i < 2 && block && pos->offset < script.length; i++) step(script, pos);
    return true;
}

tw_pos tw_pos_behind(tw_str script, tw_pos pos) {
    uint32_t end = pos.offset + pos.length;
    while (pos.offset < end && pos.offset < script.length) step(script, &pos);
    while (pos.offset < script.length) {
        if (skip_comment(script, &pos)) continue;
        if (!memchr(" \t\r\n)", script.data[pos.offset], 5)) break;
        step(script, &pos);
    }
    pos.length = 0;
    while (pos.offset + pos.length < script.length) {
        char c = script.data[pos.offset + pos.length];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) break;
        pos.length++;
    }
    return pos;
}

/* ---- branches -------------------------------------------------------------------------------------------------- */

typedef struct branch {
    const tw_ast_body *body;
    const tw_rel *rel;
} branch;

typedef struct branches {
    branch *at;
    int32_t count;
} branches;

/* Is `body` part of the chain? Below a UNION that drops duplicates, UNION and UNION ALL are the same. */
static bool in_chain(const tw_ast_body *body, bool all) {
    return body->kind == TW_AST_BODY_SET && body->set.op == TW_AST_UNION && (!all || body->set.all);
}

/* The chain leans left and may be long: its branches from right to left, then turned round. */
static branches collect(tw_arena *arena, const tw_ast_body *body) {
    branches list = {0};
    bool all = body->set.all;
    for (; in_chain(body, all); body = body->set.left) {
        branch right = {.body = body->set.right};
        TW_LIST_PUSH(arena, list.at, list.count, right);
    }
    branch first = {.body = body};
    TW_LIST_PUSH(arena, list.at, list.count, first);
    for (int32_t i = 0, j = list.count - 1; i < j; i++, j--) {
        branch swap = list.at[i];
        list.at[i] = list.at[j];
        list.at[j] = swap;
    }
    return list;
}

static const char *union_name(const tw_ast_body *body) { return body->set.all ? "UNION ALL" : "UNION"; }

tw_pos tw_body_column_pos(const tw_ast_body *body, int32_t column) {
    if (body->kind == TW_AST_BODY_SET) return tw_body_column_pos(body->set.left, column);
    if (body->kind == TW_AST_BODY_VALUES && column < body->values.rows[0].count) return body->values.rows[0].at[column]->pos;
    if (body->kind != TW_AST_BODY_SELECT) return body->pos;
    for (int i = 0; i < body->select->nitems; i++) /* behind a star the numbers say nothing */
        if (body->select->items[i].expr->kind == TW_AST_STAR) return body->select->items[i].expr->pos;
    return column < body->select->nitems ? body->select->items[column].expr->pos : body->pos;
}

/* The common type of a column; the error is at the first branch that does not fit those before it. */
static tw_status column_type(tw_binder *binder, const tw_ast_body *body, const branches *list, int32_t column, const tw_type **out) {
    const tw_type *common = list->at[0].rel->row->fields[column].type;
    for (int32_t i = 1; i < list->count; i++) {
        const tw_type *next = list->at[i].rel->row->fields[column].type;
        const tw_type *both = tw_type_common(binder->arena, common, next);
        if (!both) {
            tw_status status = tw_fail_at(binder->error, TW_E_TYPE, tw_body_column_pos(list->at[i].body, column),
                                          "type mismatch in column %d of %s: %s and %s", column + 1, union_name(body),
                                          tw_type_text(binder->arena, common), tw_type_text(binder->arena, next));
            tw_error_hint(binder->error, "cast one of them: CAST(x AS ..)");
            return status;
        }
        common = both;
    }
    *out = common;
    return TW_OK;
}

static tw_status common_row(tw_binder *binder, const tw_ast_body *body, const branches *list, const tw_type **out) {
    const tw_type *first = list->at[0].rel->row;
    tw_field *fields = TW_NEW_ARRAY(binder->arena, tw_field, first->nfields + 1);
    for (int32_t c = 0; c < first->nfields; c++) {
        fields[c].name = first->fields[c].name;
        TW_TRY(column_type(binder, body, list, c, &fields[c].type));
    }
    *out = tw_type_row(binder->arena, fields, first->nfields);
    return TW_OK;
}

/* The branch with its columns cast to the row's types. */
static const tw_rel *cast_branch(tw_binder *binder, const tw_rel *rel, const tw_type *row) {
    bool same = true;
    int32_t n = row->nfields;
    const tw_expr **exprs = TW_NEW_ARRAY(binder->arena, const tw_expr *, n + 1);
    tw_str *names = TW_NEW_ARRAY(binder->arena, tw_str, n + 1);
    for (int32_t c = 0; c < n; c++) {
        const tw_expr *column = tw_expr_column(binder->arena, c, rel->row->fields[c].type);
        exprs[c] = tw_expr_cast(binder->arena, column, row->fields[c].type);
        names[c] = rel->row->fields[c].name;
        same &= exprs[c] == column;
    }
    return same ? rel : tw_rel_make_assigned(binder, rel, exprs, names, n);
}

static tw_status bind_branches(tw_binder *binder, const tw_ast_body *body, const tw_ast_emit *emit, branches *list) {
    for (int32_t i = 0; i < list->count; i++) {
        tw_bound_body bound;
        const tw_ast_sorts none = {0};
        TW_TRY(tw_bind_body(binder, list->at[i].body, emit, &none, false, &bound));
        list->at[i].rel = bound.rel;
        int32_t first = list->at[0].rel->row->nfields, here = bound.rel->row->nfields;
        if (here != first)
            return tw_fail_at(binder->error, TW_E_INVALID, list->at[i].body->pos, "column count mismatch in %s: %d and %d", union_name(body), first,
                              here);
    }
    return TW_OK;
}

tw_status tw_bind_set_op(tw_binder *binder, const tw_ast_body *body, const tw_ast_emit *emit, const tw_rel **out) {
    if (body->set.op != TW_AST_UNION)
        return tw_fail_at(binder->error, TW_E_UNSUPPORTED, tw_pos_behind(binder->script, body->set.left->pos), "%s is not supported yet",
                          body->set.op == TW_AST_INTERSECT ? "INTERSECT" : "EXCEPT");
    branches list = collect(binder->arena, body);
    TW_TRY(bind_branches(binder, body, emit, &list));
    const tw_type *row;
    TW_TRY(common_row(binder, body, &list, &row));
    const tw_rel **inputs = TW_NEW_ARRAY(binder->arena, const tw_rel *, list.count);
    for (int32_t i = 0; i < list.count; i++) inputs[i] = cast_branch(binder, list.at[i].rel, row);
    *out = tw_rel_new(binder->arena, TW_REL_UNION, row, inputs, list.count, body->pos);
    if (!body->set.all) *out = tw_rel_make_distinct(binder->arena, *out, body->pos);
    return TW_OK;
}
