/* CREATE TABLE. */
#include "sql/ddl.h"

static tw_status own_columns(tw_draft *draft, const tw_ast_create_table *create) {
    for (int i = 0; i < create->ncolumns; i++) {
        tw_draft_column c = tw_draft_column_of(draft->binder, &create->columns[i]);
        if (c.kind == TW_AST_NAME_ONLY) return tw_fail_at(draft->binder->error, TW_E_INVALID, c.pos, "column '%.*s' has no type", TW_STR_ARG(c.name));
        TW_TRY(tw_draft_add(draft, &c));
    }
    return TW_OK;
}

static tw_status check_distribution(tw_draft *draft, const tw_ast_distribution *distribution) {
    for (int i = 0; i < distribution->columns.count; i++) {
        const tw_ast_name *name = &distribution->columns.at[i];
        if (tw_draft_find(draft, name->text) >= 0) continue;
        tw_fail_at(draft->binder->error, TW_E_UNDEFINED_COLUMN, name->pos, "distribution column '%.*s' does not exist", TW_STR_ARG(name->text));
        tw_draft_hint(draft, name->text);
        return TW_E_UNDEFINED_COLUMN;
    }
    return TW_OK;
}

/* Everything but LIKE, which merges these. */
static void own_clauses(tw_draft *draft, const tw_ast_create_table *create) {
    draft->watermark = tw_draft_watermark_of(draft->binder, &create->watermark);
    draft->primary_key = create->primary_key;
    draft->partitioned_by = create->partitioned_by;
    draft->comment = create->comment;
    for (int i = 0; i < create->options.count; i++) tw_draft_option(draft, &create->options.at[i]);
}

static tw_status fill(tw_draft *draft, const tw_ast_create_table *create, tw_ast_names *as_columns) {
    if (create->like.count && create->as)
        return tw_fail_at(draft->binder->error, TW_E_INVALID, create->like.at[0].pos, "LIKE and AS cannot stand together");
    if (create->like.count)
        TW_TRY(tw_ddl_like(draft, create));
    else
        own_clauses(draft, create);
    if (create->as)
        TW_TRY(tw_ddl_as_columns(draft, create, as_columns));
    else if (!create->like.count)
        TW_TRY(own_columns(draft, create));
    return check_distribution(draft, &create->distribution);
}

tw_status tw_bind_create_table(tw_binder *binder, const tw_ast_create_table *create, tw_catalog_table **out, const tw_rel **insert) {
    tw_draft draft = {.binder = binder, .pos = create->name.at[create->name.count - 1].pos, .temporary = create->temporary};
    tw_catalog_table *old = NULL;
    tw_ast_names as_columns = {0};
    *insert = NULL;
    TW_TRY(tw_ddl_place(binder, &create->name, create->temporary, draft.path, &old));
    if (old && create->if_not_exists) {
        *out = old;
        return TW_OK;
    }
    if (old && (!create->or_replace || old->view))
        return tw_fail_at(binder->error, TW_E_DUPLICATE, draft.pos, "%s '%.*s' already exists", old->view ? "view" : "table",
                          TW_STR_ARG(old->path[2]));
    tw_catalog_table *table = TW_NEW(binder->arena, tw_catalog_table);
    TW_TRY(fill(&draft, create, &as_columns));
    TW_TRY(tw_draft_finish(&draft, table));
    if (old) tw_catalog_remove(binder->catalog, old);
    tw_catalog_put(binder->catalog, table);
    *out = table;
    if (!create->as) return TW_OK;
    tw_status status = tw_ddl_as_insert(binder, create, &as_columns, insert);
    if (status == TW_OK) return TW_OK;
    tw_catalog_remove(binder->catalog, table);
    if (old) tw_catalog_put(binder->catalog, old);
    return status;
}
