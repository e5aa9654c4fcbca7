/* CREATE TABLE .. AS query: the columns of the table, and the INSERT that fills it.
 *
 *   no list               the query's columns
 *   (b, a)                the same, in another order
 *   (c INT, a BIGINT)     those defined first, then the query's that are not among them; `a` is cast */
#include "sql/ddl.h"

static tw_status list_mismatch(tw_binder *binder, tw_pos pos, int32_t listed, int32_t given) {
    return tw_fail_at(binder->error, TW_E_INVALID, pos, "the column list has %d names, the query %d columns", (int)listed, (int)given);
}

static tw_draft_column query_column(tw_draft *draft, const tw_field *field) {
    return (tw_draft_column){.kind = TW_AST_PHYSICAL,
                             .name = field->name,
                             .pos = draft->pos,
                             .key_pos = draft->pos,
                             .type = tw_type_with_time(draft->binder->arena, field->type, TW_NOT_TIME)};
}

/* (b, a): names alone. */
static tw_status reorder(tw_draft *draft, const tw_ast_create_table *create, const tw_type *row) {
    tw_binder *binder = draft->binder;
    for (int i = 0; i < create->ncolumns; i++) {
        const tw_ast_column *c = &create->columns[i];
        if (c->kind != TW_AST_NAME_ONLY) return tw_fail_at(binder->error, TW_E_INVALID, c->pos, "columns with and without a type cannot be mixed");
        int at = tw_type_field(row, c->name.text);
        if (at < 0) {
            tw_names names = {.arena = binder->arena};
            for (int32_t k = 0; k < row->nfields; k++) tw_names_add(&names, row->fields[k].name);
            tw_fail_at(binder->error, TW_E_UNDEFINED_COLUMN, c->name.pos, "column '%.*s' not found in the query", TW_STR_ARG(c->name.text));
            tw_names_hint(&names, c->name.text, binder->error);
            return TW_E_UNDEFINED_COLUMN;
        }
        tw_draft_column column = query_column(draft, &row->fields[at]);
        column.pos = c->name.pos;
        TW_TRY(tw_draft_add(draft, &column));
    }
    return create->ncolumns == row->nfields ? TW_OK : list_mismatch(binder, create->columns[0].pos, create->ncolumns, row->nfields);
}

/* A query column that the list defines too. */
static tw_status check_overridden(tw_draft *draft, const tw_draft_column *defined, const tw_field *field) {
    tw_error *error = draft->binder->error;
    if (defined->kind != TW_AST_PHYSICAL)
        return tw_fail_at(error, TW_E_DUPLICATE, defined->pos,
                          "column '%.*s' is one of the query's; a computed or metadata column cannot stand for it", TW_STR_ARG(defined->name));
    if (tw_type_castable(field->type, defined->type, true)) return TW_OK;
    tw_fail_at(error, TW_E_TYPE, defined->pos, "incompatible types for sink column '%.*s'", TW_STR_ARG(defined->name));
    tw_error_detail(error, "query: %s, sink: %s", tw_type_text(draft->binder->arena, field->type), tw_type_text(draft->binder->arena, defined->type));
    return TW_E_TYPE;
}

static tw_status append(tw_draft *draft, const tw_ast_create_table *create, const tw_type *row) {
    for (int i = 0; i < create->ncolumns; i++) {
        tw_draft_column c = tw_draft_column_of(draft->binder, &create->columns[i]);
        if (c.kind == TW_AST_NAME_ONLY)
            return tw_fail_at(draft->binder->error, TW_E_INVALID, create->columns[i].pos, "columns with and without a type cannot be mixed");
        TW_TRY(tw_draft_add(draft, &c));
    }
    int32_t defined = draft->ncolumns;
    for (int32_t i = 0; i < row->nfields; i++) {
        int32_t at = tw_draft_find(draft, row->fields[i].name);
        tw_draft_column c = query_column(draft, &row->fields[i]);
        if (at >= 0 && at < defined)
            TW_TRY(check_overridden(draft, &draft->columns[at], &row->fields[i]));
        else
            TW_TRY(tw_draft_add(draft, &c));
    }
    return TW_OK;
}

tw_status tw_ddl_as_columns(tw_draft *draft, const tw_ast_create_table *create, tw_ast_names *columns) {
    const tw_rel *rel = NULL;
    tw_binder *binder = draft->binder;
    TW_TRY(tw_bind_query(binder, create->as, &rel));
    const tw_type *row = rel->row;
    *columns = (tw_ast_names){TW_NEW_ARRAY(binder->arena, tw_ast_name, row->nfields), row->nfields};
    for (int32_t i = 0; i < row->nfields; i++) columns->at[i] = (tw_ast_name){.text = row->fields[i].name, .pos = create->as->pos};
    bool names = create->ncolumns && create->columns[0].kind == TW_AST_NAME_ONLY;
    return names ? reorder(draft, create, row) : append(draft, create, row);
}

tw_status tw_ddl_as_insert(tw_binder *binder, const tw_ast_create_table *create, const tw_ast_names *columns, const tw_rel **insert) {
    tw_ast_insert *node = TW_NEW(binder->arena, tw_ast_insert);
    node->table = create->name;
    node->columns = *columns;
    node->query = create->as;
    return tw_bind_insert(binder, node, insert);
}
