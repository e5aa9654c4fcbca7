/* Filling a draft of a table: from the tree, and from a table that is there. */
#include "sql/ddl.h"

tw_status tw_ddl_at(tw_binder *binder, tw_status status, tw_pos pos, bool force) {
    if (status != TW_OK && binder->error && (force || binder->error->pos.line == 0)) binder->error->pos = pos;
    return status;
}

int32_t tw_draft_find(const tw_draft *draft, tw_str name) {
    for (int32_t i = 0; i < draft->ncolumns; i++)
        if (tw_str_equal(draft->columns[i].name, name)) return i;
    return -1;
}

void tw_draft_hint(const tw_draft *draft, tw_str name) {
    tw_names names = {.arena = draft->binder->arena};
    for (int32_t i = 0; i < draft->ncolumns; i++) tw_names_add(&names, draft->columns[i].name);
    tw_names_hint(&names, name, draft->binder->error);
}

tw_status tw_draft_add(tw_draft *draft, const tw_draft_column *column) {
    if (tw_draft_find(draft, column->name) >= 0)
        return tw_fail_at(draft->binder->error, TW_E_DUPLICATE, column->inherited ? draft->pos : column->pos,
                          "a column named '%.*s' already exists in the table", TW_STR_ARG(column->name));
    int32_t n = draft->ncolumns;
    if (n == 0 || (n >= 8 && (n & (n - 1)) == 0)) {
        tw_draft_column *more = TW_NEW_ARRAY(draft->binder->arena, tw_draft_column, n ? 2 * n : 8);
        if (n) memcpy(more, draft->columns, sizeof *more * (size_t)n);
        draft->columns = more;
    }
    draft->columns[draft->ncolumns++] = *column;
    return TW_OK;
}

tw_draft_column tw_draft_column_of(tw_binder *binder, const tw_ast_column *column) {
    tw_draft_column out = {.kind = column->kind,
                           .name = column->name.text,
                           .comment = column->comment,
                           .pos = column->name.pos,
                           .key_pos = column->name.pos,
                           .is_virtual = column->is_virtual};
    if (column->type) out.type = column->type->type;
    if (column->kind == TW_AST_COMPUTED) {
        out.ast = column->expr;
        out.expr_text = tw_ast_text(binder->script, column->expr->pos);
    } else if (column->kind == TW_AST_METADATA) {
        out.metadata_key = column->metadata_key.data ? column->metadata_key : column->name.text;
        if (column->metadata_key.data) out.key_pos = column->metadata_pos;
    }
    return out;
}

tw_draft_watermark tw_draft_watermark_of(tw_binder *binder, const tw_ast_watermark *watermark) {
    if (watermark->pos.line == 0) return (tw_draft_watermark){0};
    return (tw_draft_watermark){.given = true,
                                .column = watermark->column,
                                .ast = watermark->expr,
                                .pos = watermark->pos,
                                .text = tw_ast_text(binder->script, watermark->expr->pos)};
}

bool tw_draft_has_option(const tw_draft *draft, tw_str key) {
    for (int i = 0; i < draft->options.count; i++)
        if (tw_str_equal(draft->options.at[i].key, key)) return true;
    return false;
}

void tw_draft_option(tw_draft *draft, const tw_ast_option *option) {
    for (int i = 0; i < draft->options.count; i++) {
        if (!tw_str_equal(draft->options.at[i].key, option->key)) continue;
        draft->options.at[i] = *option;
        return;
    }
    int n = draft->options.count;
    tw_ast_option *more = TW_NEW_ARRAY(draft->binder->arena, tw_ast_option, n + 1);
    if (n) memcpy(more, draft->options.at, sizeof *more * (size_t)n);
    more[n] = *option;
    draft->options = (tw_ast_options){more, n + 1};
}

/* ---- from a table ---------------------------------------------------------------------------------------------- */

static void add_column(tw_draft *draft, const tw_table_column *c) {
    tw_draft_column column = {.kind = c->kind,
                              .name = c->name,
                              .ast = c->ast,
                              .expr_text = c->expr_text,
                              .metadata_key = c->metadata_key,
                              .is_virtual = c->is_virtual,
                              .comment = c->comment,
                              .pos = draft->pos,
                              .key_pos = draft->pos,
                              .inherited = true};
    if (c->kind != TW_AST_COMPUTED) column.type = tw_type_with_time(draft->binder->arena, c->type, TW_NOT_TIME);
    tw_draft_add(draft, &column); /* names of a table differ */
}

static tw_ast_names names_at(tw_arena *arena, const tw_str *names, int32_t n, tw_pos pos) {
    tw_ast_names out = {n ? TW_NEW_ARRAY(arena, tw_ast_name, n) : NULL, n};
    for (int32_t i = 0; i < n; i++) out.at[i] = (tw_ast_name){.text = names[i], .pos = pos};
    return out;
}

void tw_draft_of_table(tw_draft *draft, const tw_catalog_table *table) {
    tw_arena *arena = draft->binder->arena;
    for (int32_t i = 0; i < table->ncolumns; i++) add_column(draft, &table->columns[i]);
    if (table->watermark_column >= 0) {
        draft->watermark = (tw_draft_watermark){
            .given = true, .inherited = true, .ast = table->watermark_ast, .text = table->watermark_text, .pos = draft->pos};
        draft->watermark.column = names_at(arena, &table->columns[table->watermark_column].name, 1, draft->pos);
    }
    tw_str *key = TW_NEW_ARRAY(arena, tw_str, table->nprimary_key + 1);
    for (int32_t i = 0; i < table->nprimary_key; i++) key[i] = table->columns[table->primary_key[i]].name;
    if (table->nprimary_key) {
        draft->primary_key.pos = draft->pos;
        draft->primary_key.name.text = table->primary_key_name;
        draft->primary_key.columns = names_at(arena, key, table->nprimary_key, draft->pos);
    }
    draft->partitioned_by = names_at(arena, table->partitioned_by, table->npartitioned_by, draft->pos);
    for (int32_t i = 0; i < table->noptions; i++) {
        tw_ast_option option = {table->options[i].key, table->options[i].value, draft->pos, draft->pos};
        tw_draft_option(draft, &option);
    }
    draft->comment = table->comment;
}
