/* CREATE VIEW, and ALTER VIEW .. AS: the query is bound once to check it, and again wherever the view is read. */
#include "sql/ddl.h"

static tw_status check_columns(tw_binder *binder, const tw_ast_create_view *create, const tw_type *row, tw_field *fields) {
    const tw_ast_names *names = &create->columns;
    if (names->count && names->count != row->nfields)
        return tw_fail_at(binder->error, TW_E_INVALID, names->at[0].pos, "the view names %d columns, its query has %d", names->count,
                          (int)row->nfields);
    for (int32_t i = 0; i < row->nfields; i++) {
        fields[i] = row->fields[i];
        if (names->count) fields[i].name = names->at[i].text;
        for (int32_t k = 0; k < i; k++) {
            if (!tw_str_equal(fields[k].name, fields[i].name)) continue;
            tw_pos pos = names->count ? names->at[i].pos : create->name.at[create->name.count - 1].pos;
            tw_fail_at(binder->error, TW_E_DUPLICATE, pos, "the view has two columns named '%.*s'", TW_STR_ARG(fields[i].name));
            tw_error_hint(binder->error, "name them: CREATE VIEW v (a, b) AS ...");
            return TW_E_DUPLICATE;
        }
    }
    return TW_OK;
}

/* Binds the query as the view's own. */
static tw_status check_query(tw_binder *binder, const tw_ast_create_view *create, tw_catalog_table *view) {
    const tw_rel *rel = NULL;
    tw_binder inner = *binder;
    inner.scope = NULL;
    inner.ctes = NULL;
    inner.special = NULL;
    tw_bound_view this = {.view = view, .made = view}; /* CREATE OR REPLACE VIEW v AS SELECT .. FROM v reads itself */
    inner.views = &this;
    TW_TRY(tw_bind_query(&inner, create->query, &rel));
    tw_field *fields = TW_NEW_ARRAY(binder->arena, tw_field, rel->row->nfields + 1);
    TW_TRY(check_columns(binder, create, rel->row, fields));
    view->row = tw_type_row(binder->arena, fields, rel->row->nfields);
    return TW_OK;
}

static void fill(tw_binder *binder, const tw_ast_create_view *create, tw_catalog_table *view) {
    view->view = true;
    view->temporary = create->temporary;
    view->watermark_column = -1;
    view->comment = create->comment;
    view->query = create->query;
    view->query_text = create->query_text;
    view->script = binder->script;
    view->nview_columns = create->columns.count;
    view->view_columns = create->columns.count ? TW_NEW_ARRAY(binder->arena, tw_str, create->columns.count) : NULL;
    for (int i = 0; i < create->columns.count; i++) view->view_columns[i] = create->columns.at[i].text;
}

tw_status tw_bind_create_view(tw_binder *binder, const tw_ast_create_view *create) {
    tw_pos pos = create->name.at[create->name.count - 1].pos;
    tw_catalog_table *old = NULL, *view = TW_NEW(binder->arena, tw_catalog_table);
    if (create->materialized) return tw_fail_at(binder->error, TW_E_UNSUPPORTED, pos, "materialized views are not supported yet");
    TW_TRY(tw_ddl_place(binder, &create->name, create->temporary, view->path, &old));
    if (old && create->if_not_exists) return TW_OK;
    if (old && (!create->or_replace || !old->view))
        return tw_fail_at(binder->error, TW_E_DUPLICATE, pos, "%s '%.*s' already exists", old->view ? "view" : "table", TW_STR_ARG(old->path[2]));
    fill(binder, create, view);
    if (!old) {
        TW_TRY(check_query(binder, create, view));
        tw_catalog_put(binder->catalog, view);
        return TW_OK;
    }
    tw_catalog_remove(binder->catalog, old);
    tw_catalog_put(binder->catalog, view);
    tw_status status = check_query(binder, create, view);
    if (status == TW_OK) return TW_OK;
    tw_catalog_remove(binder->catalog, view);
    tw_catalog_put(binder->catalog, old);
    return status;
}
