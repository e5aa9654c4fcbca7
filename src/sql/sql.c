/* A session: statements to results, relations to plans. */
#include "sql/sql.h"

#include "sql/bind.h"
#include "sql/physical.h"
#include "sql/show.h"

typedef struct zone_entry {
    tw_str id;
    tw_zone *zone; /* NULL: UTC */
    struct zone_entry *next;
} zone_entry;

struct tw_sql {
    tw_mem *mem;
    tw_arena arena;
    tw_catalog catalog;
    const tw_registry *registry;
    int64_t start_ms;
    zone_entry *zones; /* every one that was ever set: plans refer to them */
};

tw_status tw_sql_open(tw_mem *mem, const tw_registry *registry, int64_t start_ms, tw_sql **out, tw_error *error) {
    tw_sql *sql = tw_calloc(mem, sizeof *sql);
    jmp_buf oom;
    if (!sql) return tw_fail(error, TW_E_NOMEM, "out of memory");
    sql->mem = mem;
    sql->registry = registry;
    sql->start_ms = start_ms;
    tw_arena_init(&sql->arena, mem, 16384);
    if (setjmp(oom)) {
        tw_sql_close(sql);
        return tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    sql->arena.oom = &oom;
    tw_catalog_init(&sql->catalog, &sql->arena);
    sql->arena.oom = NULL;
    *out = sql;
    return TW_OK;
}

void tw_sql_close(tw_sql *sql) {
    if (!sql) return;
    for (zone_entry *z = sql->zones; z; z = z->next)
        if (z->zone) tw_zone_free(sql->mem, z->zone);
    tw_arena_free(&sql->arena);
    tw_free(sql->mem, sql, sizeof *sql);
}

tw_arena *tw_sql_arena(tw_sql *sql) { return &sql->arena; }
tw_str tw_sql_setting(tw_sql *sql, const char *key) {
    tw_str value = tw_catalog_setting(&sql->catalog, key);
    return value.data ? value : TW_STR("");
}

/* --- the session that expressions see --- */

static tw_status zone_of(tw_sql *sql, tw_str id, const tw_zone **out, tw_error *error) {
    if (id.length == 0 || tw_str_equal_nocase(id, TW_STR("default"))) id = TW_STR("UTC");
    zone_entry *z = sql->zones;
    while (z && !tw_str_equal(z->id, id)) z = z->next;
    if (!z) {
        tw_zone *zone = NULL;
        z = TW_NEW(&sql->arena, zone_entry); /* all that may jump comes before the zone, which nothing else would free */
        *z = (zone_entry){.id = {tw_arena_strndup(&sql->arena, id.data, id.length), id.length}, .next = sql->zones};
        TW_TRY(tw_zone_load(sql->mem, id, &zone, error));
        z->zone = zone;
        sql->zones = z;
    }
    *out = z->zone;
    return TW_OK;
}

static tw_status make_session(tw_sql *sql, const tw_session **out, tw_error *error) {
    tw_session *s = TW_NEW(&sql->arena, tw_session);
    tw_str zone = tw_sql_setting(sql, "table.local-time-zone");
    TW_TRY(zone_of(sql, zone, &s->zone, error));
    s->zone_id = tw_arena_strndup(&sql->arena, zone.length ? zone.data : "UTC", zone.length ? zone.length : 3);
    s->start_ms = sql->start_ms;
    s->legacy_cast = tw_str_equal_nocase(tw_sql_setting(sql, "table.exec.legacy-cast-behaviour"), TW_STR("ENABLED"));
    s->database = tw_arena_strndup(&sql->arena, sql->catalog.database.data, sql->catalog.database.length);
    s->catalog = tw_arena_strndup(&sql->arena, sql->catalog.catalog.data, sql->catalog.catalog.length);
    *out = s;
    return TW_OK;
}

/* --- plans --- */

static tw_status plan(tw_sql *sql, const tw_rel *const *roots, int32_t nroots, tw_plan **out, tw_error *error) {
    tw_rules rules = {.arena = &sql->arena, .mem = sql->mem};
    TW_TRY(make_session(sql, &rules.session, error));
    rules.every_change = tw_str_equal_nocase(tw_sql_setting(sql, "table.exec.mini-batch.enabled"), TW_STR("false"));
    const tw_rel **best = tw_arena_memdup(&sql->arena, roots, sizeof *roots * (size_t)nroots);
    if (!tw_str_equal_nocase(tw_catalog_setting(&sql->catalog, "thalweg.optimizer.rules"), TW_STR("NONE")))
        tw_optimise(&rules, best, nroots);
    else
        tw_recognise_windows(&rules, best, nroots, false);
    tw_physical physical = {.arena = &sql->arena, .registry = sql->registry, .catalog = &sql->catalog, .error = error};
    *out = TW_NEW(&sql->arena, tw_plan);
    (*out)->session = rules.session;
    return tw_physical_plan(&physical, best, nroots, *out);
}

tw_status tw_sql_plan(tw_sql *sql, const tw_rel *const *roots, int32_t nroots, tw_plan **out, tw_error *error) {
    jmp_buf oom;
    sql->arena.oom = &oom;
    tw_status status = setjmp(oom) ? tw_fail(error, TW_E_NOMEM, "out of memory") : plan(sql, roots, nroots, out, error);
    sql->arena.oom = NULL;
    return status;
}

/* --- statements --- */

static void add_root(tw_sql *sql, tw_sql_result *out, const tw_rel *root) {
    const tw_rel **roots = TW_NEW_ARRAY(&sql->arena, const tw_rel *, out->nroots + 1);
    if (out->nroots) memcpy(roots, out->roots, sizeof *roots * (size_t)out->nroots);
    roots[out->nroots++] = root;
    out->roots = roots;
}

static tw_status bind_insert(tw_sql *sql, tw_binder *b, const tw_ast_insert *insert, tw_sql_result *out) {
    const tw_rel *root = NULL;
    TW_TRY(tw_bind_insert(b, insert, &root));
    add_root(sql, out, root);
    out->kind = TW_SQL_INSERT;
    return TW_OK;
}

/* Queries, INSERT and statement sets. */
static tw_status bind_roots(tw_sql *sql, tw_binder *b, const tw_ast_statement *s, tw_sql_result *out) {
    if (s->kind == TW_AST_INSERT) return bind_insert(sql, b, s->insert, out);
    if (s->kind == TW_AST_STATEMENT_SET) {
        for (int i = 0; i < s->set_of.count; i++) TW_TRY(bind_insert(sql, b, s->set_of.at[i]->insert, out));
        return TW_OK;
    }
    if (s->kind != TW_AST_QUERY) return tw_fail_at(b->error, TW_E_UNSUPPORTED, s->pos, "only queries and INSERT statements can be explained");
    const tw_rel *root = NULL;
    TW_TRY(tw_bind_select(b, s->query, &root));
    add_root(sql, out, root);
    out->kind = TW_SQL_SELECT;
    return TW_OK;
}

static void give_text(tw_sql *sql, tw_str text, tw_sql_result *out) {
    tw_arena *arena = &sql->arena;
    tw_value *value = TW_NEW(arena, tw_value);
    *value = tw_value_of_str(&TW_TYPE_STRING, text);
    const tw_value **rows = TW_NEW_ARRAY(arena, const tw_value *, 1);
    rows[0] = value;
    tw_field field = {TW_STR("result"), &TW_TYPE_STRING};
    *out = (tw_sql_result){.kind = TW_SQL_ROWS, .row = tw_type_row(arena, &field, 1), .rows = rows, .nrows = 1, .plain = true};
}

static tw_status explain(tw_sql *sql, tw_binder *b, const tw_ast_statement *s, tw_sql_result *out) {
    tw_plan *made = NULL;
    TW_TRY(bind_roots(sql, b, s->explain.statement, out));
    TW_TRY(plan(sql, out->roots, out->nroots, &made, b->error));
    tw_buf text;
    tw_buf_init(&text, sql->mem, 0);
    tw_buf_text(&text, "== Abstract Syntax Tree ==\n");
    for (int32_t i = 0; i < out->nroots; i++) tw_rel_print(&text, out->roots[i]);
    tw_buf_text(&text, "\n== Optimized Physical Plan ==\n");
    tw_plan_print(&text, made);
    give_text(sql, tw_buf_finish(&text, &sql->arena), out);
    return TW_OK;
}

static tw_status create_table(tw_sql *sql, tw_binder *b, const tw_ast_create_table *create, tw_sql_result *out) {
    tw_catalog_table *table = NULL;
    const tw_rel *insert = NULL;
    TW_TRY(tw_bind_create_table(b, create, &table, &insert));
    if (!insert) return TW_OK;
    add_root(sql, out, insert);
    out->kind = TW_SQL_INSERT;
    return TW_OK;
}

static tw_status execute(tw_sql *sql, tw_str script, const tw_ast_statement *s, tw_sql_result *out, tw_error *error) {
    tw_binder b = {.arena = &sql->arena, .mem = sql->mem, .catalog = &sql->catalog, .registry = sql->registry, .script = script, .error = error};
    TW_TRY(make_session(sql, &b.session, error));
    switch (s->kind) {
    case TW_AST_QUERY:
    case TW_AST_INSERT:
    case TW_AST_STATEMENT_SET: return bind_roots(sql, &b, s, out);
    case TW_AST_CREATE_TABLE: return create_table(sql, &b, s->create_table, out);
    case TW_AST_CREATE_VIEW: return tw_bind_create_view(&b, s->create_view);
    case TW_AST_DROP: return tw_bind_drop(&b, s->drop);
    case TW_AST_ALTER: return tw_bind_alter(&b, s->alter);
    case TW_AST_SET: return s->set.key.length ? tw_bind_set(&b, &s->set, false) : tw_show_settings(&b, out);
    case TW_AST_RESET: return tw_bind_set(&b, &s->set, true);
    case TW_AST_SHOW: return tw_show(&b, s, out);
    case TW_AST_DESCRIBE: return tw_show_describe(&b, s, out);
    case TW_AST_EXPLAIN: return explain(sql, &b, s, out);
    case TW_AST_USE: return tw_bind_use(&b, s->use.object, &s->use.name);
    case TW_AST_CREATE_OBJECT: return tw_bind_create_object(&b, s->create_object.object, s->create_object.definition);
    case TW_AST_SUBSCRIBE: return tw_fail_at(error, TW_E_UNSUPPORTED, s->pos, "SUBSCRIBE is not supported by this version");
    }
    return tw_fail_at(error, TW_E_INTERNAL, s->pos, "a statement of unknown kind %d", (int)s->kind);
}

tw_status tw_sql_execute(tw_sql *sql, tw_str script, const tw_ast_statement *statement, tw_sql_result *out, tw_error *error) {
    jmp_buf oom;
    *out = (tw_sql_result){.kind = TW_SQL_DONE};
    sql->arena.oom = &oom;
    tw_status status = setjmp(oom) ? tw_fail(error, TW_E_NOMEM, "out of memory") : execute(sql, script, statement, out, error);
    sql->arena.oom = NULL;
    return status;
}

/* --- what a job reads and writes --- */

static bool reads(const tw_rel *rel, const tw_catalog_table *table) {
    if (rel->kind == TW_REL_SCAN && rel->u.scan.table == table) return true;
    for (int32_t i = 0; i < rel->ninputs; i++)
        if (reads(rel->inputs[i], table)) return true;
    return false;
}

bool tw_sql_reads_output(const tw_rel *root, const tw_rel *const *others, int32_t nothers) {
    for (int32_t i = 0; i < nothers; i++)
        if (others[i]->kind == TW_REL_SINK && others[i]->u.sink.table && reads(root, others[i]->u.sink.table)) return true;
    return false;
}

bool tw_sql_is_bounded(tw_sql *sql, const tw_rel *root) { return tw_rel_bounded(root, sql->registry); }
