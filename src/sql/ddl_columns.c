/* A draft's columns become rows and bound expressions.
 *
 * Metadata columns come from the connector in the connector's type. One declared with another type is a cast of it, and computed columns
 * see the cast: they are bound over the source row as declared, then its columns are put in place of it. */
#include "sql/ddl.h"

typedef struct layout {
    tw_draft *draft;
    tw_catalog_table *out;
    const tw_connector *connector;
    tw_field *source;        /* as the connector gives it */
    tw_field *declared;      /* as the table says */
    const tw_expr **columns; /* of the source row as declared: columns or casts */
    int32_t nsource;
} layout;

static tw_status unknown_metadata(layout *l, const tw_draft_column *c) {
    tw_error *error = l->draft->binder->error;
    const tw_connector *connector = l->connector;
    if (connector->nmetadata == 0)
        return tw_fail_at(error, TW_E_UNDEFINED_OPTION, c->key_pos, "connector '%s' has no metadata for column '%.*s'", connector->name,
                          TW_STR_ARG(c->name));
    tw_fail_at(error, TW_E_UNDEFINED_OPTION, c->key_pos, "invalid metadata key '%.*s' in column '%.*s'", TW_STR_ARG(c->metadata_key),
               TW_STR_ARG(c->name));
    tw_names names = {.arena = l->draft->binder->arena};
    const char *list = "";
    for (int i = 0; i < connector->nmetadata; i++) {
        list = tw_arena_printf(names.arena, "%s%s%s", list, i ? ", " : "", connector->metadata[i].key);
        tw_names_add(&names, tw_str_of(connector->metadata[i].key));
    }
    tw_error_detail(error, "connector '%s' has: %s", connector->name, list);
    tw_names_hint(&names, c->metadata_key, error);
    return TW_E_UNDEFINED_OPTION;
}

/* The type that the connector gives; the declared one when there is no connector yet. */
static tw_status metadata_type(layout *l, const tw_draft_column *c, const tw_type **out) {
    *out = c->type;
    if (!l->connector) return TW_OK;
    const tw_metadata_info *info = NULL;
    for (int i = 0; i < l->connector->nmetadata && !info; i++)
        if (tw_str_equal(tw_str_of(l->connector->metadata[i].key), c->metadata_key)) info = &l->connector->metadata[i];
    if (!info) return unknown_metadata(l, c);
    if (!tw_type_castable(info->type, c->type, false))
        return tw_fail_at(l->draft->binder->error, TW_E_TYPE, c->pos, "metadata column '%.*s' is of type %s, which %s of key '%s' cannot be cast to",
                          TW_STR_ARG(c->name), tw_type_text(l->draft->binder->arena, c->type), tw_type_text(l->draft->binder->arena, info->type),
                          info->key);
    if (!tw_type_equal(info->type, c->type, false)) *out = info->type;
    return TW_OK;
}

static void add_source(layout *l, const tw_draft_column *c, tw_table_column *to, const tw_type *given) {
    tw_arena *arena = l->draft->binder->arena;
    int32_t at = l->nsource++;
    l->source[at] = (tw_field){c->name, given};
    l->declared[at] = (tw_field){c->name, c->type};
    l->columns[at] = tw_expr_column(arena, at, given);
    to->source = at;
    to->type = c->type;
    if (given == c->type) return;
    l->columns[at] = to->expr = tw_expr_cast(arena, l->columns[at], c->type);
}

static tw_status check_type(layout *l, const tw_draft_column *c, const tw_type *type) {
    if (type->kind != TW_NULL && type->kind != TW_SYMBOL) return TW_OK;
    tw_fail_at(l->draft->binder->error, TW_E_TYPE, c->pos, "column '%.*s' has no type", TW_STR_ARG(c->name));
    tw_error_hint(l->draft->binder->error, "cast the NULL: CAST(NULL AS INT)");
    return TW_E_TYPE;
}

/* The columns that are stored or come with the row: physical ones first. */
static tw_status add_sources(layout *l) {
    for (int pass = 0; pass < 2; pass++) {
        tw_ast_column_kind kind = pass ? TW_AST_METADATA : TW_AST_PHYSICAL;
        for (int32_t i = 0; i < l->draft->ncolumns; i++) {
            const tw_draft_column *c = &l->draft->columns[i];
            const tw_type *given = c->type;
            if (c->kind != kind) continue;
            TW_TRY(check_type(l, c, c->type));
            if (pass) TW_TRY(metadata_type(l, c, &given));
            add_source(l, c, &l->out->columns[i], given);
        }
        if (pass == 0) l->out->physical = tw_type_row(l->draft->binder->arena, l->source, l->nsource);
    }
    l->out->source = tw_type_row(l->draft->binder->arena, l->source, l->nsource);
    return TW_OK;
}

static tw_status bind_computed(layout *l, const tw_draft_column *c, tw_table_column *to) {
    tw_binder *binder = l->draft->binder;
    tw_scope_table table = {.alias = l->draft->path[2], .row = tw_type_row(binder->arena, l->declared, l->nsource)};
    tw_scope scope = {.tables = &table, .ntables = 1};
    tw_binder inner = *binder;
    inner.scope = &scope;
    inner.clause = "a computed column";
    inner.unfolded = true;
    inner.special = NULL;
    const tw_expr *bound = NULL;
    tw_status status = tw_bind_expr(&inner, c->ast, &bound);
    if (status == TW_E_UNDEFINED_COLUMN && binder->error && !binder->error->hint[0])
        tw_error_hint(binder->error, "a computed column reads physical and metadata columns, not other computed ones");
    if (status != TW_OK) return tw_ddl_at(binder, status, l->draft->pos, c->inherited);
    TW_TRY(check_type(l, c, bound->type));
    to->expr = tw_expr_substitute(binder->arena, bound, l->columns);
    to->type = bound->type;
    return TW_OK;
}

static tw_status bind_columns(layout *l) {
    for (int32_t i = 0; i < l->draft->ncolumns; i++) {
        const tw_draft_column *c = &l->draft->columns[i];
        l->out->columns[i] = (tw_table_column){.kind = c->kind,
                                               .name = c->name,
                                               .source = -1,
                                               .ast = c->ast,
                                               .expr_text = c->expr_text,
                                               .metadata_key = c->metadata_key,
                                               .is_virtual = c->is_virtual,
                                               .comment = c->comment};
    }
    TW_TRY(add_sources(l));
    for (int32_t i = 0; i < l->draft->ncolumns; i++)
        if (l->draft->columns[i].kind == TW_AST_COMPUTED) TW_TRY(bind_computed(l, &l->draft->columns[i], &l->out->columns[i]));
    return TW_OK;
}

static void set_row(tw_draft *draft, tw_catalog_table *out) {
    tw_field *fields = TW_NEW_ARRAY(draft->binder->arena, tw_field, out->ncolumns + 1);
    for (int32_t i = 0; i < out->ncolumns; i++) fields[i] = (tw_field){out->columns[i].name, out->columns[i].type};
    out->row = tw_type_row(draft->binder->arena, fields, out->ncolumns);
}

static void set_options(tw_draft *draft, tw_catalog_table *out) {
    out->noptions = draft->options.count;
    out->options = TW_NEW_ARRAY(draft->binder->arena, tw_option, out->noptions + 1);
    for (int32_t i = 0; i < out->noptions; i++) out->options[i] = (tw_option){draft->options.at[i].key, draft->options.at[i].value};
}

tw_status tw_draft_finish(tw_draft *draft, tw_catalog_table *out) {
    tw_arena *arena = draft->binder->arena;
    int32_t n = draft->ncolumns;
    if (n == 0) return tw_fail_at(draft->binder->error, TW_E_INVALID, draft->pos, "a table needs a column");
    *out = (tw_catalog_table){.path = {draft->path[0], draft->path[1], draft->path[2]},
                              .temporary = draft->temporary,
                              .ncolumns = n,
                              .watermark_column = -1,
                              .comment = draft->comment};
    out->columns = TW_NEW_ARRAY(arena, tw_table_column, n);
    TW_TRY(tw_draft_keys(draft, out)); /* first: a key's columns become NOT NULL */
    layout l = {.draft = draft, .out = out, .connector = tw_ddl_connector(draft->binder, &draft->options)};
    l.source = TW_NEW_ARRAY(arena, tw_field, n);
    l.declared = TW_NEW_ARRAY(arena, tw_field, n);
    l.columns = TW_NEW_ARRAY(arena, const tw_expr *, n);
    TW_TRY(bind_columns(&l));
    set_row(draft, out);
    TW_TRY(tw_draft_watermark_bind(draft, out));
    set_row(draft, out); /* again: with the rowtime attribute */
    set_options(draft, out);
    return tw_ddl_check_options(draft->binder, &draft->options, out->physical, draft->pos);
}
