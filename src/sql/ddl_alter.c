/* ALTER TABLE and VIEW. A table is made into a draft, the draft is changed and checked as a whole, and a new table put in the old one's
 * place: what was bound before keeps the old one, and when anything is wrong nothing has changed. */
#include "data/column.h"
#include "sql/ddl.h"

typedef struct alter {
    tw_draft draft;
    const tw_catalog_table *table;
    const tw_ast_alter *node;
} alter;

static tw_status fail_column(alter *a, tw_status status, const tw_ast_name *name, const char *format) {
    tw_error *error = a->draft.binder->error;
    tw_fail_at(error, status, name->pos, format, TW_STR_ARG(name->text));
    if (status == TW_E_UNDEFINED_COLUMN) tw_draft_hint(&a->draft, name->text);
    return status;
}

static tw_status find_column(alter *a, const tw_ast_name *name, int32_t *at) {
    *at = tw_draft_find(&a->draft, name->text);
    return *at >= 0 ? TW_OK : fail_column(a, TW_E_UNDEFINED_COLUMN, name, "column '%.*s' does not exist in the table");
}

/* ---- what refers to a column ------------------------------------------------------------------------------------- */

static bool reads(tw_arena *arena, const tw_expr *e, int32_t column, int32_t ncolumns) {
    uint64_t *bits = TW_NEW_ARRAY(arena, uint64_t, TW_BITS_WORDS(ncolumns) + 1);
    tw_expr_columns(e, bits);
    return column >= 0 && tw_bit_get(bits, column);
}

/* A column that a computed column or the watermark reads can be neither dropped nor renamed. */
static tw_status check_unread(alter *a, const tw_ast_name *name, int32_t column, bool keys) {
    const tw_catalog_table *t = a->table;
    tw_binder *binder = a->draft.binder;
    for (int32_t i = 0; i < t->ncolumns; i++) {
        const tw_table_column *c = &t->columns[i];
        if (c->kind != TW_AST_COMPUTED || !reads(binder->arena, c->expr, t->columns[column].source, t->source->nfields)) continue;
        if (keys && tw_draft_find(&a->draft, c->name) < 0) continue; /* dropped as well */
        return tw_fail_at(binder->error, TW_E_INVALID, name->pos, "column '%.*s' is read by the computed column '%.*s'", TW_STR_ARG(name->text),
                          TW_STR_ARG(c->name));
    }
    if (t->watermark_column >= 0 && (column == t->watermark_column || reads(binder->arena, t->watermark, column, t->ncolumns)))
        return fail_column(a, TW_E_INVALID, name, "column '%.*s' is used by the watermark");
    for (int32_t i = 0; keys && i < t->nprimary_key; i++)
        if (t->primary_key[i] == column) return fail_column(a, TW_E_INVALID, name, "column '%.*s' is in the primary key");
    for (int32_t i = 0; i < t->npartitioned_by; i++)
        if (tw_str_equal(t->partitioned_by[i], name->text)) return fail_column(a, TW_E_INVALID, name, "column '%.*s' is in PARTITIONED BY");
    return TW_OK;
}

/* ---- actions ----------------------------------------------------------------------------------------------------- */

static tw_status rename_column(alter *a) {
    const tw_ast_name *from = &a->node->columns.at[0], *to = &a->node->new_name.at[0];
    int32_t at;
    TW_TRY(find_column(a, from, &at));
    if (tw_draft_find(&a->draft, to->text) >= 0) return fail_column(a, TW_E_DUPLICATE, to, "a column named '%.*s' already exists in the table");
    TW_TRY(check_unread(a, from, at, false));
    a->draft.columns[at].name = to->text;
    for (int i = 0; i < a->draft.primary_key.columns.count; i++) {
        tw_ast_name *key = &a->draft.primary_key.columns.at[i];
        if (tw_str_equal(key->text, from->text)) key->text = to->text;
    }
    return TW_OK;
}

static tw_status drop_columns(alter *a) {
    const tw_ast_names *names = &a->node->columns;
    int32_t *dropped = TW_NEW_ARRAY(a->draft.binder->arena, int32_t, names->count), at;
    for (int i = 0; i < names->count; i++) {
        TW_TRY(find_column(a, &names->at[i], &at));
        dropped[i] = 0;
        for (int32_t c = 0; c < a->table->ncolumns; c++)
            if (tw_str_equal(a->table->columns[c].name, names->at[i].text)) dropped[i] = c;
        memmove(&a->draft.columns[at], &a->draft.columns[at + 1], sizeof *a->draft.columns * (size_t)(a->draft.ncolumns - at - 1));
        a->draft.ncolumns--;
    }
    for (int i = 0; i < names->count; i++) TW_TRY(check_unread(a, &names->at[i], dropped[i], true));
    return TW_OK;
}

static tw_status change_column(alter *a, const tw_ast_column *node, bool add) {
    tw_draft_column c = tw_draft_column_of(a->draft.binder, node);
    int32_t at;
    if (c.kind == TW_AST_NAME_ONLY) return fail_column(a, TW_E_INVALID, &node->name, "column '%.*s' has no type");
    if (add) return tw_draft_add(&a->draft, &c);
    TW_TRY(find_column(a, &node->name, &at));
    a->draft.columns[at] = c;
    return TW_OK;
}

static tw_status change_watermark(alter *a, const tw_ast_watermark *node, bool add) {
    tw_error *error = a->draft.binder->error;
    if (add && a->draft.watermark.given) {
        tw_fail_at(error, TW_E_DUPLICATE, node->pos, "the table has a watermark already");
        tw_error_hint(error, "write MODIFY WATERMARK FOR ...");
        return TW_E_DUPLICATE;
    }
    if (!add && !a->draft.watermark.given) return tw_fail_at(error, TW_E_INVALID, node->pos, "the table has no watermark");
    a->draft.watermark = tw_draft_watermark_of(a->draft.binder, node);
    return TW_OK;
}

static tw_status change_key(alter *a, const tw_ast_primary_key *node, bool add) {
    tw_error *error = a->draft.binder->error;
    bool has = a->draft.primary_key.columns.count > 0;
    if (add && has) {
        tw_fail_at(error, TW_E_DUPLICATE, node->pos, "the table has a primary key already");
        tw_error_hint(error, "drop it first, or write MODIFY PRIMARY KEY ...");
        return TW_E_DUPLICATE;
    }
    if (!add && !has) return tw_fail_at(error, TW_E_INVALID, node->pos, "the table has no primary key");
    a->draft.primary_key = *node;
    return TW_OK;
}

static tw_status add_or_modify(alter *a) {
    const tw_ast_create_table *d = a->node->definition;
    bool add = a->node->kind == TW_AST_ALTER_ADD;
    for (int i = 0; i < d->ncolumns; i++) TW_TRY(change_column(a, &d->columns[i], add));
    if (d->watermark.pos.line) TW_TRY(change_watermark(a, &d->watermark, add));
    if (d->primary_key.columns.count) TW_TRY(change_key(a, &d->primary_key, add));
    return TW_OK;
}

static tw_status drop_key(alter *a) {
    tw_error *error = a->draft.binder->error;
    if (!a->draft.primary_key.columns.count) return tw_fail_at(error, TW_E_INVALID, a->draft.pos, "the table has no primary key");
    if (a->node->kind == TW_AST_ALTER_DROP_CONSTRAINT) {
        const tw_ast_name *name = &a->node->columns.at[0];
        if (!tw_str_equal(name->text, a->draft.primary_key.name.text))
            return fail_column(a, TW_E_INVALID, name, "the table has no constraint '%.*s'");
    }
    a->draft.primary_key = (tw_ast_primary_key){0};
    return TW_OK;
}

static tw_status drop_watermark(alter *a) {
    if (!a->draft.watermark.given) return tw_fail_at(a->draft.binder->error, TW_E_INVALID, a->draft.pos, "the table has no watermark");
    a->draft.watermark = (tw_draft_watermark){0};
    return TW_OK;
}

static tw_status reset_options(alter *a) {
    tw_ast_options kept = a->draft.options;
    for (int i = 0; i < a->node->options.count; i++) {
        const tw_ast_option *o = &a->node->options.at[i];
        if (tw_str_equal(o->key, TW_STR("connector")))
            return tw_fail_at(a->draft.binder->error, TW_E_INVALID, o->key_pos, "ALTER TABLE RESET does not support changing 'connector'");
        int n = 0;
        for (int k = 0; k < kept.count; k++)
            if (!tw_str_equal(kept.at[k].key, o->key)) kept.at[n++] = kept.at[k];
        kept.count = n;
    }
    a->draft.options = kept;
    return TW_OK;
}

static tw_status change(alter *a) {
    switch (a->node->kind) {
    case TW_AST_ALTER_RENAME_COLUMN: return rename_column(a);
    case TW_AST_ALTER_SET:
        for (int i = 0; i < a->node->options.count; i++) tw_draft_option(&a->draft, &a->node->options.at[i]);
        return TW_OK;
    case TW_AST_ALTER_RESET: return reset_options(a);
    case TW_AST_ALTER_ADD:
    case TW_AST_ALTER_MODIFY: return add_or_modify(a);
    case TW_AST_ALTER_DROP_COLUMNS: return drop_columns(a);
    case TW_AST_ALTER_DROP_PRIMARY_KEY:
    case TW_AST_ALTER_DROP_CONSTRAINT: return drop_key(a);
    case TW_AST_ALTER_DROP_WATERMARK: return drop_watermark(a);
    case TW_AST_ALTER_RENAME:
    case TW_AST_ALTER_AS: break;
    }
    return tw_fail_at(a->draft.binder->error, TW_E_INTERNAL, a->draft.pos, "an ALTER of unknown kind");
}

/* ---- tables, views, databases -------------------------------------------------------------------------------------- */

static void replace(tw_catalog *catalog, tw_catalog_table *old, tw_catalog_table *by) {
    tw_catalog_remove(catalog, old);
    tw_catalog_put(catalog, by);
}

/* The new name may be qualified, but stays in the database. */
static tw_status rename_table(tw_binder *binder, const tw_ast_alter *node, tw_catalog_table *table) {
    tw_str path[3];
    const tw_ast_name *to = &node->new_name.at[node->new_name.count - 1];
    tw_catalog_table *other = NULL;
    TW_TRY(tw_ddl_place(binder, &node->new_name, table->temporary, path, &other));
    if (node->new_name.count == 1) path[0] = table->path[0], path[1] = table->path[1];
    if (!tw_str_equal(path[0], table->path[0]) || !tw_str_equal(path[1], table->path[1]))
        return tw_fail_at(binder->error, TW_E_INVALID, to->pos, "a %s cannot be renamed into another database", table->view ? "view" : "table");
    other = tw_catalog_get(binder->catalog, path, table->temporary);
    if (other)
        return tw_fail_at(binder->error, TW_E_DUPLICATE, to->pos, "%s '%.*s' already exists", other->view ? "view" : "table", TW_STR_ARG(to->text));
    tw_catalog_table *renamed = tw_arena_memdup(binder->arena, table, sizeof *table);
    renamed->path[2] = to->text;
    replace(binder->catalog, table, renamed);
    return TW_OK;
}

static tw_status alter_table(tw_binder *binder, const tw_ast_alter *node, tw_catalog_table *table) {
    if (node->kind == TW_AST_ALTER_RENAME) return rename_table(binder, node, table);
    alter a = {.table = table, .node = node};
    a.draft = (tw_draft){.binder = binder, .pos = node->name.at[node->name.count - 1].pos, .temporary = table->temporary};
    for (int i = 0; i < 3; i++) a.draft.path[i] = table->path[i];
    tw_draft_of_table(&a.draft, table);
    TW_TRY(change(&a));
    tw_catalog_table *changed = TW_NEW(binder->arena, tw_catalog_table);
    TW_TRY(tw_draft_finish(&a.draft, changed));
    replace(binder->catalog, table, changed);
    return TW_OK;
}

static tw_status alter_view(tw_binder *binder, const tw_ast_alter *node, tw_catalog_table *view) {
    if (node->kind == TW_AST_ALTER_RENAME) return rename_table(binder, node, view);
    if (node->kind != TW_AST_ALTER_AS)
        return tw_fail_at(binder->error, TW_E_UNSUPPORTED, node->name.at[node->name.count - 1].pos, "a view can be renamed or given another query");
    tw_ast_create_view create = {.temporary = view->temporary,
                                 .or_replace = true,
                                 .name = node->name,
                                 .comment = view->comment,
                                 .query = node->query,
                                 .query_text = tw_ast_text(binder->script, node->query->pos)};
    return tw_bind_create_view(binder, &create);
}

tw_status tw_bind_alter(tw_binder *binder, const tw_ast_alter *node) {
    tw_catalog_table *table = NULL;
    bool view = node->object == TW_AST_OBJECT_VIEW;
    if (node->object != TW_AST_OBJECT_TABLE && !view)
        return tw_fail_at(binder->error, TW_E_UNSUPPORTED, node->name.at[0].pos, "only tables and views can be altered");
    TW_TRY(tw_ddl_find(binder, &node->name, view, node->if_exists, &table));
    if (!table) return TW_OK;
    return view ? alter_view(binder, node, table) : alter_table(binder, node, table);
}
