/* Finding and placing objects by name; DROP, USE, CREATE DATABASE and CATALOG. */
#include "sql/ddl.h"

static const char *kind_of(const tw_catalog_table *table) { return table->view ? "view" : "table"; }
static const tw_ast_name *last_of(const tw_ast_names *name) { return &name->at[name->count - 1]; }

tw_status tw_ddl_find(tw_binder *binder, const tw_ast_names *name, bool view, bool if_exists, tw_catalog_table **out) {
    tw_error ignored, *error = binder->error;
    *out = tw_catalog_find(binder->catalog, name, if_exists ? &ignored : error);
    if (!*out && !if_exists && view && error && strncmp(error->message, "table ", 6) == 0) { /* the catalog knows both as tables */
        char hint[sizeof error->hint];
        memcpy(hint, error->hint, sizeof hint);
        tw_fail_at(error, TW_E_UNDEFINED_TABLE, error->pos, "view '%.*s' not found", TW_STR_ARG(last_of(name)->text));
        memcpy(error->hint, hint, sizeof hint);
    }
    if (!*out) return if_exists ? TW_OK : TW_E_UNDEFINED_TABLE;
    if ((*out)->view == view) return TW_OK;
    tw_fail_at(error, TW_E_INVALID, last_of(name)->pos, "'%.*s' is a %s, not a %s", TW_STR_ARG(last_of(name)->text), kind_of(*out),
               view ? "view" : "table");
    *out = NULL;
    return TW_E_INVALID;
}

/* A database by a name of one or two parts. */
static tw_status find_database(tw_binder *binder, const tw_ast_names *name, tw_catalog_database **out) {
    tw_catalog *catalog = binder->catalog;
    if (name->count > 2) return tw_fail_at(binder->error, TW_E_UNDEFINED_TABLE, name->at[2].pos, "a database's name has at most two parts");
    tw_str in = name->count == 2 ? name->at[0].text : catalog->catalog;
    *out = NULL;
    if (!tw_catalog_exists(catalog, in))
        return tw_fail_at(binder->error, TW_E_UNDEFINED_TABLE, name->at[0].pos, "catalog '%.*s' not found", TW_STR_ARG(in));
    *out = tw_catalog_database_find(catalog, in, last_of(name)->text);
    if (*out) return TW_OK;
    tw_names names = {.arena = binder->arena};
    for (const tw_catalog_database *d = catalog->databases; d; d = d->next)
        if (tw_str_equal(d->catalog, in)) tw_names_add(&names, d->name);
    tw_fail_at(binder->error, TW_E_UNDEFINED_TABLE, last_of(name)->pos, "database '%.*s' not found", TW_STR_ARG(last_of(name)->text));
    tw_names_hint(&names, last_of(name)->text, binder->error);
    return TW_E_UNDEFINED_TABLE;
}

tw_status tw_ddl_check_database(tw_binder *binder, const tw_ast_names *name) {
    tw_catalog_database *database;
    return find_database(binder, name, &database);
}

tw_status tw_ddl_place(tw_binder *binder, const tw_ast_names *name, bool temporary, tw_str path[3], tw_catalog_table **old) {
    tw_str side;
    bool late;
    tw_catalog_database *database;
    TW_TRY(tw_catalog_path(binder->catalog, name, path, binder->error));
    if (tw_side_name(path[2], &side, &late))
        return tw_fail_at(binder->error, TW_E_INVALID, last_of(name)->pos, "a name that ends in %s is taken for the side table of '%.*s'",
                          late ? "$late" : "$errors", TW_STR_ARG(side));
    if (name->count > 1) {
        tw_ast_names parent = {name->at, name->count - 1};
        TW_TRY(find_database(binder, &parent, &database));
    }
    *old = tw_catalog_get(binder->catalog, path, temporary);
    return TW_OK;
}

/* ---- DROP ------------------------------------------------------------------------------------------------------ */

/* DROP TABLE of a name that also a temporary table has means the other one, which would be surprising. */
static tw_status drop_table(tw_binder *binder, const tw_ast_drop *drop, bool view) {
    tw_catalog_table *table = NULL;
    const tw_ast_name *name = last_of(&drop->name);
    TW_TRY(tw_ddl_find(binder, &drop->name, view, drop->if_exists, &table));
    if (!table) return TW_OK;
    if (table->temporary && !drop->temporary) {
        tw_fail_at(binder->error, TW_E_INVALID, name->pos, "'%.*s' is temporary", TW_STR_ARG(name->text));
        tw_error_hint(binder->error, "write DROP TEMPORARY %s", view ? "VIEW" : "TABLE");
        return TW_E_INVALID;
    }
    if (drop->temporary && !table->temporary) {
        if (drop->if_exists) return TW_OK;
        return tw_fail_at(binder->error, TW_E_UNDEFINED_TABLE, name->pos, "temporary %s '%.*s' not found", kind_of(table), TW_STR_ARG(name->text));
    }
    tw_catalog_remove(binder->catalog, table);
    return TW_OK;
}

static void remove_database(tw_catalog *catalog, const tw_catalog_database *database) {
    tw_catalog_database **at = &catalog->databases;
    while (*at != database) at = &(*at)->next;
    *at = database->next;
}

static tw_status drop_database(tw_binder *binder, const tw_ast_drop *drop) {
    tw_catalog_database *database = NULL;
    tw_catalog *catalog = binder->catalog;
    tw_pos pos = last_of(&drop->name)->pos;
    tw_status status = find_database(binder, &drop->name, &database);
    if (!database) return drop->if_exists && status == TW_E_UNDEFINED_TABLE ? TW_OK : status;
    if (tw_str_equal(database->catalog, catalog->catalog) && tw_str_equal(database->name, catalog->database))
        return tw_fail_at(binder->error, TW_E_INVALID, pos, "database '%.*s' is in use", TW_STR_ARG(database->name));
    if (database->tables && !drop->cascade) {
        tw_fail_at(binder->error, TW_E_INVALID, pos, "database '%.*s' is not empty", TW_STR_ARG(database->name));
        tw_error_hint(binder->error, "write CASCADE to drop its tables too");
        return TW_E_INVALID;
    }
    remove_database(catalog, database);
    return TW_OK;
}

static tw_status drop_catalog(tw_binder *binder, const tw_ast_drop *drop) {
    tw_catalog *catalog = binder->catalog;
    const tw_ast_name *name = &drop->name.at[0];
    if (!tw_catalog_exists(catalog, name->text)) {
        if (drop->if_exists) return TW_OK;
        return tw_fail_at(binder->error, TW_E_UNDEFINED_TABLE, name->pos, "catalog '%.*s' not found", TW_STR_ARG(name->text));
    }
    if (tw_str_equal(name->text, catalog->catalog))
        return tw_fail_at(binder->error, TW_E_INVALID, name->pos, "catalog '%.*s' is in use", TW_STR_ARG(name->text));
    for (tw_catalog_database *d = catalog->databases, *next; d; d = next) {
        next = d->next;
        if (tw_str_equal(d->catalog, name->text)) remove_database(catalog, d);
    }
    return TW_OK;
}

tw_status tw_bind_drop(tw_binder *binder, const tw_ast_drop *drop) {
    switch (drop->object) {
    case TW_AST_OBJECT_TABLE: return drop_table(binder, drop, false);
    case TW_AST_OBJECT_VIEW: return drop_table(binder, drop, true);
    case TW_AST_OBJECT_DATABASE: return drop_database(binder, drop);
    case TW_AST_OBJECT_CATALOG: return drop_catalog(binder, drop);
    case TW_AST_OBJECT_MATERIALIZED_VIEW:
    case TW_AST_OBJECT_FUNCTION:
    case TW_AST_OBJECT_MODEL: break;
    }
    static const char *const names[] = {
        [TW_AST_OBJECT_MATERIALIZED_VIEW] = "materialized view", [TW_AST_OBJECT_FUNCTION] = "function", [TW_AST_OBJECT_MODEL] = "model"};
    if (drop->if_exists) return TW_OK; /* nobody can make one yet */
    return tw_fail_at(binder->error, TW_E_UNDEFINED_TABLE, last_of(&drop->name)->pos, "%s '%.*s' not found", names[drop->object],
                      TW_STR_ARG(last_of(&drop->name)->text));
}

/* ---- USE, CREATE DATABASE, CREATE CATALOG ------------------------------------------------------------------------ */

static const tw_catalog_database *first_database(const tw_catalog *catalog, tw_str in) {
    const tw_catalog_database *d = catalog->databases;
    while (d && !tw_str_equal(d->catalog, in)) d = d->next;
    return d;
}

tw_status tw_bind_use(tw_binder *binder, tw_str object, const tw_ast_names *name) {
    tw_catalog *catalog = binder->catalog;
    tw_catalog_database *database = NULL;
    if (!tw_str_equal(object, TW_STR("CATALOG"))) {
        tw_status status = find_database(binder, name, &database);
        if (!database) return status;
        catalog->catalog = database->catalog;
        catalog->database = database->name;
        return TW_OK;
    }
    const tw_catalog_database *first = first_database(catalog, name->at[0].text);
    if (!first || name->count > 1)
        return tw_fail_at(binder->error, TW_E_UNDEFINED_TABLE, name->at[0].pos, "catalog '%.*s' not found", TW_STR_ARG(name->at[0].text));
    catalog->catalog = first->catalog;
    catalog->database = first->name;
    return TW_OK;
}

static tw_status create_database(tw_binder *binder, const tw_ast_create_object *create) {
    const tw_ast_names *name = &create->name;
    tw_catalog *catalog = binder->catalog;
    if (name->count > 2) return tw_fail_at(binder->error, TW_E_INVALID, name->at[2].pos, "a database's name has at most two parts");
    tw_str in = name->count == 2 ? name->at[0].text : catalog->catalog;
    if (!tw_catalog_exists(catalog, in))
        return tw_fail_at(binder->error, TW_E_UNDEFINED_TABLE, name->at[0].pos, "catalog '%.*s' not found", TW_STR_ARG(in));
    if (!tw_catalog_database_find(catalog, in, last_of(name)->text)) {
        tw_catalog_database_add(catalog, in, last_of(name)->text);
        return TW_OK;
    }
    if (create->if_not_exists) return TW_OK;
    return tw_fail_at(binder->error, TW_E_DUPLICATE, last_of(name)->pos, "database '%.*s' already exists", TW_STR_ARG(last_of(name)->text));
}

/* In memory only, as Flink's generic_in_memory; its first database is "default" or what 'default-database' says. */
static tw_status create_catalog(tw_binder *binder, const tw_ast_create_object *create) {
    const tw_ast_name *name = &create->name.at[0];
    tw_str database = TW_STR("default");
    if (create->name.count > 1) return tw_fail_at(binder->error, TW_E_INVALID, create->name.at[1].pos, "a catalog's name has one part");
    for (int i = 0; i < create->options.count; i++) {
        const tw_ast_option *o = &create->options.at[i];
        if (tw_str_equal(o->key, TW_STR("default-database")))
            database = o->value;
        else if (!tw_str_equal(o->key, TW_STR("type")))
            return tw_fail_at(binder->error, TW_E_UNDEFINED_OPTION, o->key_pos, "unknown option '%.*s'", TW_STR_ARG(o->key));
        else if (!tw_str_equal(o->value, TW_STR("generic_in_memory")))
            return tw_fail_at(binder->error, TW_E_UNSUPPORTED, o->value_pos, "catalogs of type '%.*s' are not supported", TW_STR_ARG(o->value));
    }
    if (tw_catalog_exists(binder->catalog, name->text)) {
        if (create->if_not_exists) return TW_OK;
        return tw_fail_at(binder->error, TW_E_DUPLICATE, name->pos, "catalog '%.*s' already exists", TW_STR_ARG(name->text));
    }
    tw_catalog_database_add(binder->catalog, name->text, database);
    return TW_OK;
}

tw_status tw_bind_create_object(tw_binder *binder, tw_ast_object object, const tw_ast_create_object *create) {
    if (object == TW_AST_OBJECT_DATABASE) return create_database(binder, create);
    if (object == TW_AST_OBJECT_CATALOG) return create_catalog(binder, create);
    return tw_fail_at(binder->error, TW_E_UNSUPPORTED, last_of(&create->name)->pos, "CREATE %s is not supported yet",
                      object == TW_AST_OBJECT_FUNCTION ? "FUNCTION" : "MODEL");
}
