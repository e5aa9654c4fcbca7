/* Names of catalogs, databases, tables and views. Lists are short and walked. */
#include "sql/catalog.h"

void tw_catalog_init(tw_catalog *catalog, tw_arena *arena) {
    *catalog = (tw_catalog){.arena = arena, .catalog = TW_STR(TW_CATALOG_DEFAULT), .database = TW_STR(TW_DATABASE_DEFAULT)};
    tw_catalog_database_add(catalog, catalog->catalog, catalog->database);
}

tw_catalog_database *tw_catalog_database_find(const tw_catalog *catalog, tw_str in, tw_str name) {
    tw_catalog_database *d = catalog->databases;
    while (d && !(tw_str_equal(d->catalog, in) && tw_str_equal(d->name, name))) d = d->next;
    return d;
}

bool tw_catalog_exists(const tw_catalog *catalog, tw_str name) {
    const tw_catalog_database *d = catalog->databases;
    while (d && !tw_str_equal(d->catalog, name)) d = d->next;
    return d != NULL;
}

tw_catalog_database *tw_catalog_database_add(tw_catalog *catalog, tw_str in, tw_str name) {
    tw_catalog_database *database = TW_NEW(catalog->arena, tw_catalog_database);
    database->catalog = in;
    database->name = name;
    tw_catalog_database **end = &catalog->databases;
    while (*end) end = &(*end)->next;
    *end = database;
    return database;
}

tw_status tw_catalog_path(const tw_catalog *catalog, const tw_ast_names *name, tw_str path[3], tw_error *error) {
    if (name->count > 3) return tw_fail_at(error, TW_E_UNDEFINED_TABLE, name->at[3].pos, "a table's name has at most three parts");
    path[0] = catalog->catalog;
    path[1] = catalog->database;
    for (int i = 0; i < name->count; i++) path[3 - name->count + i] = name->at[i].text;
    return TW_OK;
}

/* ---- tables ---------------------------------------------------------------------------------------------------- */

static tw_catalog_table *table_in(const tw_catalog_database *database, tw_str name, bool temporary) {
    tw_catalog_table *t = database ? database->tables : NULL;
    while (t && !(t->temporary == temporary && tw_str_equal(t->path[2], name))) t = t->next;
    return t;
}

tw_catalog_table *tw_catalog_get(const tw_catalog *catalog, const tw_str path[3], bool temporary) {
    return table_in(tw_catalog_database_find(catalog, path[0], path[1]), path[2], temporary);
}

void tw_catalog_put(tw_catalog *catalog, tw_catalog_table *table) {
    tw_catalog_database *database = tw_catalog_database_find(catalog, table->path[0], table->path[1]);
    TW_ASSERT(database);
    tw_catalog_table **end = &database->tables;
    while (*end) end = &(*end)->next;
    table->next = NULL;
    *end = table;
}

void tw_catalog_remove(tw_catalog *catalog, tw_catalog_table *table) {
    tw_catalog_database *database = tw_catalog_database_find(catalog, table->path[0], table->path[1]);
    for (tw_catalog_table **at = database ? &database->tables : NULL; at && *at; at = &(*at)->next) {
        if (*at != table) continue;
        *at = table->next;
        return;
    }
}

static void hint_nearest(const tw_catalog *catalog, const tw_catalog_database *database, tw_str name, tw_error *error) {
    int count = 0;
    for (const tw_catalog_table *t = database->tables; t; t = t->next) count++;
    const char **names = TW_NEW_ARRAY(catalog->arena, const char *, count + 1);
    count = 0;
    for (const tw_catalog_table *t = database->tables; t; t = t->next)
        names[count++] = tw_arena_strndup(catalog->arena, t->path[2].data, t->path[2].length);
    const char *near = tw_str_nearest(name, names, count);
    if (near) tw_error_hint(error, "did you mean %s?", near);
}

tw_catalog_table *tw_catalog_find(const tw_catalog *catalog, const tw_ast_names *name, tw_error *error) {
    tw_str path[3];
    if (tw_catalog_path(catalog, name, path, error) != TW_OK) return NULL;
    const tw_catalog_database *database = tw_catalog_database_find(catalog, path[0], path[1]);
    if (!database) {
        bool known = tw_catalog_exists(catalog, path[0]);
        const tw_ast_name *part = &name->at[known && name->count == 3 ? 1 : 0];
        tw_fail_at(error, TW_E_UNDEFINED_TABLE, part->pos, "%s '%.*s' not found", known ? "database" : "catalog", TW_STR_ARG(part->text));
        return NULL;
    }
    tw_catalog_table *table = table_in(database, path[2], true);
    if (!table) table = table_in(database, path[2], false);
    if (table) return table;
    const tw_ast_name *last = &name->at[name->count - 1];
    tw_fail_at(error, TW_E_UNDEFINED_TABLE, last->pos, "table '%.*s' not found", TW_STR_ARG(last->text));
    hint_nearest(catalog, database, last->text, error);
    return NULL;
}

bool tw_side_name(tw_str name, tw_str *table, bool *late) {
    static const char *const suffixes[] = {"$late", "$errors"};
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(suffixes[i]);
        if (name.length <= n || memcmp(name.data + name.length - n, suffixes[i], n) != 0) continue;
        *table = (tw_str){name.data, name.length - n};
        *late = i == 0;
        return true;
    }
    return false;
}

/* ---- settings -------------------------------------------------------------------------------------------------- */

static const tw_option_info SETTINGS[] = {
#define X(key, kind, fallback, limits, doc) {key, TW_OPTION_##kind, fallback, false, limits, doc},
#include "sql/settings.def"
#undef X
};

enum { SETTING_COUNT = sizeof SETTINGS / sizeof *SETTINGS };

const tw_option_info *tw_setting_info(tw_str key) {
    for (int i = 0; i < SETTING_COUNT; i++)
        if (tw_option_matches(&SETTINGS[i], NULL, key)) return &SETTINGS[i];
    return NULL;
}

tw_str tw_catalog_setting(const tw_catalog *catalog, const char *key) {
    tw_str name = tw_str_of(key);
    for (const tw_setting *s = catalog->settings; s; s = s->next)
        if (tw_str_equal(s->key, name)) return s->value;
    const tw_option_info *info = tw_setting_info(name);
    return tw_str_of(info ? info->fallback : NULL);
}
