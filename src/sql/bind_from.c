/* FROM: tables, views, WITH queries, side tables, sub-queries, window functions; and what their columns are called. */
#include "sql/bind_query.h"

static tw_status not_yet(tw_binder *binder, tw_pos pos, const char *what) {
    return tw_fail_at(binder->error, TW_E_UNSUPPORTED, pos, "%s not supported yet", what);
}

/* ---- views ----------------------------------------------------------------------------------------------------- */

/* An error in a view's text is shown where the view is named: the text is not part of this script. Of views in views the innermost, where
 * it happened, is named. */
static tw_status view_error(tw_binder *binder, const tw_catalog_table *view, tw_pos pos, tw_status status, const tw_error *inner) {
    bool named = strncmp(inner->message, "in view '", 9) == 0;
    if (named)
        tw_fail_at(binder->error, status, pos, "%s", inner->message);
    else
        tw_fail_at(binder->error, status, pos, "in view '%.*s': %s", TW_STR_ARG(view->path[2]), inner->message);
    if (inner->detail[0]) tw_error_detail(binder->error, "%s", inner->detail);
    if (inner->hint[0]) tw_error_hint(binder->error, "%s", inner->hint);
    return status;
}

static tw_status bind_view(tw_binder *binder, const tw_catalog_table *view, tw_pos pos, const tw_rel **out) {
    for (const tw_bound_view *outer = binder->views; outer; outer = outer->outer)
        if (outer->view == view) return tw_fail_at(binder->error, TW_E_INVALID, pos, "view '%.*s' reads itself", TW_STR_ARG(view->path[2]));
    tw_bound_view this = {.view = view, .outer = binder->views};
    tw_error error = {0};
    tw_binder inner = *binder;
    inner.script = view->script;
    inner.ctes = NULL;
    inner.views = &this;
    inner.error = &error;
    tw_status status = tw_bind_inner_query(&inner, view->query, false, out);
    if (status != TW_OK) return view_error(binder, view, pos, status, &error);
    if (view->view_columns && view->nview_columns != (*out)->row->nfields)
        return tw_fail_at(binder->error, TW_E_INVALID, pos, "view '%.*s' names %d columns, but its query has %d", TW_STR_ARG(view->path[2]),
                          view->nview_columns, (*out)->row->nfields);
    *out = tw_rel_renamed(binder->arena, *out, view->view_columns, pos);
    return TW_OK;
}

/* ---- tables ---------------------------------------------------------------------------------------------------- */

static const tw_cte *find_cte(const tw_binder *binder, const tw_ast_names *name) {
    for (const tw_cte *cte = name->count == 1 ? binder->ctes : NULL; cte; cte = cte->outer)
        if (tw_str_equal(cte->with->name.text, name->at[0].text)) return cte;
    return NULL;
}

tw_status tw_find_table(tw_binder *binder, const tw_ast_names *name, const tw_catalog_table **out) {
    tw_error error = {0};
    *out = tw_catalog_find(binder->catalog, name, &error);
    if (*out) return TW_OK;
    if (binder->error) *binder->error = error;
    return error.status;
}

/* t$late and t$errors. A table that can be read has errors of decoding, one that is only written to has those of its statements. */
static tw_status bind_side(tw_binder *binder, const tw_ast_names *name, tw_str base, bool late, tw_pos pos, const tw_rel **out) {
    tw_ast_names table_name = {tw_arena_memdup(binder->arena, name->at, sizeof *name->at * (size_t)name->count), name->count};
    table_name.at[name->count - 1].text = base;
    const tw_catalog_table *table = NULL;
    bool query = !late && name->count == 1 && tw_str_equal(base, TW_QUERY_TARGET) && !tw_catalog_find(binder->catalog, &table_name, NULL);
    if (!query) TW_TRY(tw_find_table(binder, &table_name, &table));
    const tw_connector *connector = query ? NULL
                                          : tw_registry_connector(binder->registry, tw_option_get(table->options, table->noptions, "connector"));
    bool target = query || (!late && connector && !connector->source);
    tw_side_kind kind = late ? TW_SIDE_LATE : target ? TW_SIDE_TARGET_ERRORS : TW_SIDE_SOURCE_ERRORS;
    tw_rel *rel = tw_rel_new(binder->arena, TW_REL_SIDE, tw_side_row(kind), NULL, 0, pos);
    rel->u.side.kind = kind;
    rel->u.side.table = query ? TW_QUERY_TARGET : table->path[2];
    *out = rel;
    return TW_OK;
}

static bool has_options_hint(const tw_ast_hints *hints) {
    for (int i = 0; hints && i < hints->count; i++)
        if (tw_str_distance(hints->at[i].name, TW_STR("OPTIONS"), 2) <= 2) return true; /* misspelt, it is refused by name */
    return false;
}

static tw_status no_options(tw_binder *binder, const tw_ast_hints *hints, const tw_ast_names *name) {
    if (!has_options_hint(hints)) return TW_OK;
    return tw_fail_at(binder->error, TW_E_INVALID, hints->at[0].pos, "'%.*s' cannot be enriched with new options",
                      TW_STR_ARG(name->at[name->count - 1].text));
}

static tw_status bind_base_table(tw_binder *binder, const tw_catalog_table *table, const tw_ast_hints *hints, tw_pos pos, const tw_rel **out) {
    const tw_option *options = table->options;
    int32_t noptions = table->noptions;
    if (has_options_hint(hints)) TW_TRY(tw_bind_hints(binder, table, hints, &options, &noptions));
    TW_TRY(tw_bind_usable(binder, options, noptions, pos));
    *out = tw_rel_of_table(binder->arena, table, options, noptions, pos);
    return TW_OK;
}

tw_status tw_bind_table(tw_binder *binder, const tw_ast_names *name, const tw_ast_hints *hints, tw_pos pos, const tw_catalog_table **found,
                        const tw_rel **out) {
    if (found) *found = NULL;
    const tw_cte *cte = find_cte(binder, name);
    if (cte) {
        *out = cte->rel;
        return no_options(binder, hints, name);
    }
    tw_str base;
    bool late;
    if (tw_side_name(name->at[name->count - 1].text, &base, &late)) {
        TW_TRY(no_options(binder, hints, name));
        return bind_side(binder, name, base, late, pos, out);
    }
    const tw_catalog_table *table;
    TW_TRY(tw_find_table(binder, name, &table));
    if (found) *found = table;
    if (!table->view) return bind_base_table(binder, table, hints, pos, out);
    TW_TRY(no_options(binder, hints, name));
    return bind_view(binder, table, pos, out);
}

/* ---- the clause ------------------------------------------------------------------------------------------------ */

static const tw_type *renamed_row(tw_arena *arena, const tw_type *row, const tw_ast_names *names) {
    tw_field *fields = TW_NEW_ARRAY(arena, tw_field, row->nfields + 1);
    for (int32_t i = 0; i < row->nfields; i++) fields[i] = (tw_field){names->at[i].text, row->fields[i].type};
    return tw_type_row(arena, fields, row->nfields);
}

static tw_status set_scope(tw_binder *binder, const tw_ast_from *from, const tw_rel *rel, const tw_catalog_table *table, tw_scope *scope) {
    tw_scope_table *entry = TW_NEW(binder->arena, tw_scope_table);
    entry->row = rel->row;
    entry->alias = from->alias.text;
    if (from->columns.count) {
        TW_TRY(tw_check_column_names(binder, &from->columns, rel->row));
        entry->row = renamed_row(binder->arena, rel->row, &from->columns);
    }
    if (!entry->alias.length && from->kind == TW_AST_FROM_TABLE) {
        entry->alias = from->table.name.at[from->table.name.count - 1].text;
        if (table) memcpy(entry->path, table->path, sizeof entry->path);
    }
    *scope = (tw_scope){.tables = entry, .ntables = 1};
    return TW_OK;
}

static tw_status bind_function(tw_binder *binder, const tw_ast_from *from, const tw_rel **out) {
    const tw_ast_call *call = &from->function.call->call;
    if (call->path.count == 0 && tw_is_window_tvf(call->name.text)) return tw_bind_window_tvf(binder, from->function.call, out);
    static const char *const windows[] = {"TUMBLE", "HOP", "CUMULATE", "SESSION", "COUNT_WINDOW", "GLOBAL_WINDOW"};
    const char *near = tw_str_nearest(call->name.text, windows, sizeof windows / sizeof *windows);
    tw_fail_at(binder->error, TW_E_UNSUPPORTED, call->name.pos, "table function '%.*s' is not supported yet", TW_STR_ARG(call->name.text));
    if (near) tw_error_hint(binder->error, "did you mean %s?", near);
    return TW_E_UNSUPPORTED;
}

static tw_status bind_source(tw_binder *binder, const tw_ast_from *from, const tw_catalog_table **table, const tw_rel **out) {
    const tw_ast_expr *as_of = NULL;
    if (from->kind == TW_AST_FROM_TABLE) as_of = from->table.as_of;
    if (from->kind == TW_AST_FROM_QUERY) as_of = from->query.as_of;
    if (from->kind == TW_AST_FROM_FUNCTION) as_of = from->function.as_of;
    if (as_of) return not_yet(binder, as_of->pos, "FOR SYSTEM_TIME AS OF is");
    if (from->lateral) return not_yet(binder, from->pos, "LATERAL is");
    switch (from->kind) {
    case TW_AST_FROM_TABLE: return tw_bind_table(binder, &from->table.name, &from->table.hints, from->pos, table, out);
    case TW_AST_FROM_QUERY: return tw_bind_inner_query(binder, from->query.query, false, out);
    case TW_AST_FROM_FUNCTION: return bind_function(binder, from, out);
    case TW_AST_FROM_UNNEST: return not_yet(binder, from->pos, "UNNEST is");
    case TW_AST_FROM_MATCH: return not_yet(binder, tw_pos_behind(binder->script, from->match.input->pos), "MATCH_RECOGNIZE is");
    default: return not_yet(binder, tw_pos_behind(binder->script, from->join.left->pos), "joins are");
    }
}

tw_status tw_bind_from(tw_binder *binder, const tw_ast_from *from, const tw_rel **rel, tw_scope *scope) {
    const tw_catalog_table *table = NULL;
    TW_TRY(bind_source(binder, from, &table, rel));
    return set_scope(binder, from, *rel, table, scope);
}
