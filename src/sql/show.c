#include "sql/show.h"

#include <stdlib.h>

#include "sql/bind_query.h"
#include "sql/ddl.h"

typedef struct grid {
    tw_binder *binder;
    const tw_type *row;
    const tw_value **rows;
    int32_t nrows, capacity;
} grid;

static grid grid_of(tw_binder *b, const char *const *names, int32_t n) {
    tw_field *fields = TW_NEW_ARRAY(b->arena, tw_field, n);
    for (int32_t i = 0; i < n; i++) fields[i] = (tw_field){tw_str_of(names[i]), &TW_TYPE_STRING};
    return (grid){.binder = b, .row = tw_type_row(b->arena, fields, n)};
}

/* One text per column; data NULL is NULL. */
static void add_row(grid *g, const tw_str *texts) {
    if (g->nrows == g->capacity) {
        int32_t capacity = g->capacity ? g->capacity * 2 : 16;
        const tw_value **more = TW_NEW_ARRAY(g->binder->arena, const tw_value *, capacity);
        if (g->nrows) memcpy(more, g->rows, sizeof *more * (size_t)g->nrows);
        g->rows = more;
        g->capacity = capacity;
    }
    tw_value *values = TW_NEW_ARRAY(g->binder->arena, tw_value, g->row->nfields);
    for (int32_t i = 0; i < g->row->nfields; i++)
        values[i] = texts[i].data ? tw_value_of_str(&TW_TYPE_STRING, texts[i]) : tw_value_null(&TW_TYPE_STRING);
    g->rows[g->nrows++] = values;
}

static void give(const grid *g, tw_sql_result *out) {
    *out = (tw_sql_result){.kind = TW_SQL_ROWS, .row = g->row, .rows = g->rows, .nrows = g->nrows};
}

static void give_one(tw_binder *b, const char *column, tw_str text, bool plain, tw_sql_result *out) {
    grid g = grid_of(b, &column, 1);
    add_row(&g, &text);
    give(&g, out);
    out->plain = plain;
}

/* --- LIKE of SHOW: % and _, perhaps without case --- */

static bool same_letter(char a, char b, bool nocase) { return a == b || (nocase && tw_str_equal_nocase((tw_str){&a, 1}, (tw_str){&b, 1})); }

static bool like(tw_str text, tw_str pattern, bool nocase) {
    size_t t = 0, p = 0, star = SIZE_MAX, mark = 0;
    while (t < text.length) {
        if (p < pattern.length && pattern.data[p] == '%') {
            star = p++;
            mark = t;
        } else if (p < pattern.length && (pattern.data[p] == '_' || same_letter(pattern.data[p], text.data[t], nocase))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.length && pattern.data[p] == '%') p++;
    return p == pattern.length;
}

static bool fits(const tw_ast_statement *s, tw_str name) { return !s->show.like.data || like(name, s->show.like, s->show.ilike) != s->show.not_like; }

/* --- names --- */

static int by_text(const void *a, const void *b) {
    const tw_str *x = &(*(const tw_value *const *)a)->u.str, *y = &(*(const tw_value *const *)b)->u.str;
    int order = memcmp(x->data, y->data, x->length < y->length ? x->length : y->length);
    return order ? order : x->length < y->length ? -1 : x->length > y->length;
}

static void sort_rows(grid *g) {
    if (g->nrows) qsort(g->rows, (size_t)g->nrows, sizeof *g->rows, by_text);
}

static tw_status show_tables(tw_binder *b, const tw_ast_statement *s, tw_sql_result *out) {
    bool views = s->show.what == TW_AST_SHOW_VIEWS;
    grid g = grid_of(b, (const char *[]){views ? "view name" : "table name"}, 1);
    tw_str database = s->show.name.count ? s->show.name.at[s->show.name.count - 1].text : b->catalog->database;
    if (s->show.name.count) TW_TRY(tw_ddl_check_database(b, &s->show.name));
    for (const tw_catalog_database *d = b->catalog->databases; d; d = d->next) {
        if (!tw_str_equal(d->name, database)) continue;
        for (const tw_catalog_table *t = d->tables; t; t = t->next)
            if ((!views || t->view) && fits(s, t->path[2])) add_row(&g, &t->path[2]);
    }
    sort_rows(&g);
    give(&g, out);
    return TW_OK;
}

static void add_function(grid *g, const tw_ast_statement *s, const tw_function *f) {
    tw_str name = tw_str_of(f->name);
    if (!(f->flags & TW_FN_HIDDEN) && fits(s, name)) add_row(g, &name);
}

static tw_status show_functions(tw_binder *b, const tw_ast_statement *s, tw_sql_result *out) {
    grid g = grid_of(b, (const char *[]){"function name"}, 1);
    for (int i = 0; !s->show.user && i < tw_function_count(); i++) add_function(&g, s, tw_function_at(i));
    give(&g, out);
    return TW_OK;
}

static bool is_first(const tw_binder *b, const tw_catalog_database *d) {
    for (const tw_catalog_database *e = b->catalog->databases; e != d; e = e->next)
        if (tw_str_equal(e->catalog, d->catalog)) return false;
    return true;
}

static tw_status show_databases(tw_binder *b, const tw_ast_statement *s, tw_sql_result *out) {
    bool catalogs = s->show.what == TW_AST_SHOW_CATALOGS;
    grid g = grid_of(b, (const char *[]){catalogs ? "catalog name" : "database name"}, 1);
    for (const tw_catalog_database *d = b->catalog->databases; d; d = d->next) {
        if (catalogs ? !is_first(b, d) : !tw_str_equal(d->catalog, b->catalog->catalog)) continue;
        const tw_str *name = catalogs ? &d->catalog : &d->name;
        if (fits(s, *name)) add_row(&g, name);
    }
    sort_rows(&g);
    give(&g, out);
    return TW_OK;
}

/* --- one table --- */

static const char *const DESCRIBED[] = {"name", "type", "null", "key", "extras", "watermark"};
enum { NDESCRIBED = sizeof DESCRIBED / sizeof *DESCRIBED };
static const tw_str NONE = {NULL, 0};

static tw_str text_of(tw_binder *b, const char *format, tw_str a) { return tw_str_of(tw_arena_printf(b->arena, format, TW_STR_ARG(a))); }

static tw_str key_of(tw_binder *b, const tw_catalog_table *t, int32_t column) {
    for (int32_t i = 0; i < t->nprimary_key; i++) {
        if (t->primary_key[i] != column) continue;
        tw_buf text;
        tw_buf_init(&text, b->mem, 0);
        for (int32_t k = 0; k < t->nprimary_key; k++)
            tw_buf_printf(&text, "%s%.*s", k ? ", " : "PRI(", TW_STR_ARG(t->columns[t->primary_key[k]].name));
        tw_buf_byte(&text, ')');
        return tw_buf_finish(&text, b->arena);
    }
    return NONE;
}

static tw_str extras_of(tw_binder *b, const tw_table_column *c) {
    if (c->kind == TW_AST_COMPUTED) return text_of(b, "AS %.*s", c->expr_text);
    if (c->kind != TW_AST_METADATA) return NONE;
    tw_str from = tw_str_equal(c->metadata_key, c->name) ? TW_STR("METADATA") : text_of(b, "METADATA FROM '%.*s'", c->metadata_key);
    return c->is_virtual ? text_of(b, "%.*s VIRTUAL", from) : from;
}

/* The type as the user sees it: without NOT NULL, which has a column of its own. */
static tw_str type_of(tw_binder *b, const tw_type *type) {
    tw_buf text;
    tw_buf_init(&text, b->mem, 0);
    tw_type_print(&text, tw_type_nullable(b->arena, type, true), true);
    return tw_buf_finish(&text, b->arena);
}

static void describe_row(grid *g, const tw_field *field, tw_str key, tw_str extras, tw_str watermark) {
    tw_str texts[] = {field->name, type_of(g->binder, field->type), tw_str_of(field->type->nullable ? "TRUE" : "FALSE"), key, extras, watermark};
    add_row(g, texts);
}

/* t$late and t$errors, which are no tables of the catalog. */
static tw_status describe_side(tw_binder *b, const tw_ast_statement *s, const tw_ast_names *name, tw_sql_result *out) {
    const tw_rel *side;
    TW_TRY(tw_bind_table(b, name, NULL, name->at[name->count - 1].pos, NULL, &side));
    grid g = grid_of(b, DESCRIBED, NDESCRIBED);
    for (int32_t c = 0; c < side->row->nfields; c++)
        if (s->kind != TW_AST_SHOW || fits(s, side->row->fields[c].name)) describe_row(&g, &side->row->fields[c], NONE, NONE, NONE);
    give(&g, out);
    return TW_OK;
}

static tw_status describe(tw_binder *b, const tw_ast_statement *s, const tw_ast_names *name, tw_sql_result *out) {
    tw_str base;
    bool late;
    if (tw_side_name(name->at[name->count - 1].text, &base, &late)) return describe_side(b, s, name, out);
    const tw_catalog_table *t = tw_catalog_find(b->catalog, name, b->error);
    if (!t) return b->error->status;
    grid g = grid_of(b, DESCRIBED, NDESCRIBED);
    for (int32_t c = 0; c < t->row->nfields; c++) {
        if (s->kind == TW_AST_SHOW && !fits(s, t->row->fields[c].name)) continue;
        describe_row(&g, &t->row->fields[c], key_of(b, t, c), t->view ? NONE : extras_of(b, &t->columns[c]),
                     c == t->watermark_column ? t->watermark_text : NONE);
    }
    give(&g, out);
    return TW_OK;
}

static tw_status describe_function(tw_binder *b, const tw_ast_statement *s, tw_sql_result *out) {
    const tw_ast_name *name = &s->describe.name.at[s->describe.name.count - 1];
    const tw_function *f = tw_function_find(name->text);
    if (!f || f->flags & TW_FN_HIDDEN) {
        tw_status status = tw_fail_at(b->error, TW_E_UNDEFINED_FUNCTION, name->pos, "there is no function '%.*s'", TW_STR_ARG(name->text));
        const char *nearest = tw_function_nearest(name->text);
        if (nearest) tw_error_hint(b->error, "did you mean '%s'?", nearest);
        return status;
    }
    grid g = grid_of(b, (const char *[]){"info name", "info value"}, 2);
    add_row(&g, (tw_str[]){TW_STR("name"), tw_str_of(f->name)});
    add_row(&g, (tw_str[]){TW_STR("category"), tw_str_of(f->category)});
    add_row(&g, (tw_str[]){TW_STR("usage"), tw_str_of(f->usage)});
    add_row(&g, (tw_str[]){TW_STR("description"), tw_str_of(f->doc)});
    give(&g, out);
    return TW_OK;
}

tw_status tw_show_describe(tw_binder *b, const tw_ast_statement *s, tw_sql_result *out) {
    tw_str object = s->describe.object;
    if (object.length == 0) return describe(b, s, &s->describe.name, out);
    if (tw_str_equal_nocase(object, TW_STR("FUNCTION"))) return describe_function(b, s, out);
    return tw_fail_at(b->error, TW_E_UNSUPPORTED, s->pos, "DESCRIBE %.*s is not supported", TW_STR_ARG(object));
}

static tw_status show_create(tw_binder *b, const tw_ast_statement *s, tw_sql_result *out) {
    const tw_catalog_table *t = tw_catalog_find(b->catalog, &s->show.name, b->error);
    bool view = s->show.what == TW_AST_SHOW_CREATE_VIEW;
    if (!t) return b->error->status;
    if (t->view != view) {
        const char *kind = t->view ? "view" : "table";
        tw_fail_at(b->error, TW_E_INVALID, s->show.name.at[s->show.name.count - 1].pos, "'%.*s' is a %s", TW_STR_ARG(t->path[2]), kind);
        tw_error_hint(b->error, "write SHOW CREATE %s", t->view ? "VIEW" : "TABLE");
        return TW_E_INVALID;
    }
    tw_buf text;
    tw_buf_init(&text, b->mem, 0);
    tw_show_create(&text, t);
    give_one(b, "result", tw_buf_finish(&text, b->arena), true, out);
    return TW_OK;
}

tw_status tw_show(tw_binder *b, const tw_ast_statement *s, tw_sql_result *out) {
    switch (s->show.what) {
    case TW_AST_SHOW_TABLES:
    case TW_AST_SHOW_VIEWS: return show_tables(b, s, out);
    case TW_AST_SHOW_FUNCTIONS: return show_functions(b, s, out);
    case TW_AST_SHOW_COLUMNS: return describe(b, s, &s->show.name, out);
    case TW_AST_SHOW_CATALOGS:
    case TW_AST_SHOW_DATABASES: return show_databases(b, s, out);
    case TW_AST_SHOW_CURRENT_CATALOG: give_one(b, "current catalog name", b->catalog->catalog, false, out); return TW_OK;
    case TW_AST_SHOW_CURRENT_DATABASE: give_one(b, "current database name", b->catalog->database, false, out); return TW_OK;
    case TW_AST_SHOW_CREATE_TABLE:
    case TW_AST_SHOW_CREATE_VIEW: return show_create(b, s, out);
    case TW_AST_SHOW_PARTITIONS:
    case TW_AST_SHOW_MODELS:
    case TW_AST_SHOW_JOBS:
    case TW_AST_SHOW_MODULES:
    case TW_AST_SHOW_OTHER: break;
    }
    tw_fail_at(b->error, TW_E_UNSUPPORTED, s->pos, "this SHOW statement is not supported");
    tw_error_hint(b->error, "TABLES, VIEWS, FUNCTIONS, COLUMNS FROM t, CREATE TABLE t, CREATE VIEW v, CATALOGS and DATABASES are shown");
    return TW_E_UNSUPPORTED;
}

tw_status tw_show_settings(tw_binder *b, tw_sql_result *out) {
    grid g = grid_of(b, (const char *[]){"key", "value"}, 2);
    for (const tw_setting *s = b->catalog->settings; s; s = s->next) add_row(&g, (tw_str[]){s->key, s->value});
    sort_rows(&g);
    give(&g, out);
    return TW_OK;
}

/* --- CREATE TABLE again --- */

static void put_string(tw_buf *out, tw_str text) {
    tw_buf_byte(out, '\'');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\'') tw_buf_byte(out, '\'');
        tw_buf_byte(out, text.data[i]);
    }
    tw_buf_byte(out, '\'');
}

static void put_column(tw_buf *out, const tw_table_column *c) {
    tw_buf_printf(out, "  `%.*s` ", TW_STR_ARG(c->name));
    if (c->kind == TW_AST_COMPUTED) {
        tw_buf_printf(out, "AS %.*s", TW_STR_ARG(c->expr_text));
    } else {
        tw_type_print(out, c->type, false);
    }
    if (c->kind == TW_AST_METADATA) {
        tw_buf_text(out, " METADATA");
        if (!tw_str_equal(c->metadata_key, c->name)) {
            tw_buf_text(out, " FROM ");
            put_string(out, c->metadata_key);
        }
        if (c->is_virtual) tw_buf_text(out, " VIRTUAL");
    }
    if (c->comment.length) {
        tw_buf_text(out, " COMMENT ");
        put_string(out, c->comment);
    }
}

static void put_names(tw_buf *out, const char *before, const tw_str *names, int32_t n) {
    tw_buf_text(out, before);
    for (int32_t i = 0; i < n; i++) tw_buf_printf(out, "%s`%.*s`", i ? ", " : "", TW_STR_ARG(names[i]));
    tw_buf_byte(out, ')');
}

static void put_constraints(tw_buf *out, const tw_catalog_table *t) {
    if (t->watermark_column >= 0)
        tw_buf_printf(out, ",\n  WATERMARK FOR `%.*s` AS %.*s", TW_STR_ARG(t->columns[t->watermark_column].name), TW_STR_ARG(t->watermark_text));
    if (!t->nprimary_key) return;
    tw_buf_text(out, ",\n  ");
    if (t->primary_key_name.length) tw_buf_printf(out, "CONSTRAINT `%.*s` ", TW_STR_ARG(t->primary_key_name));
    for (int32_t i = 0; i < t->nprimary_key; i++)
        tw_buf_printf(out, "%s`%.*s`", i ? ", " : "PRIMARY KEY (", TW_STR_ARG(t->columns[t->primary_key[i]].name));
    tw_buf_text(out, ") NOT ENFORCED");
}

static void put_head(tw_buf *out, const tw_catalog_table *t) {
    tw_buf_printf(out, "CREATE %s%s `%.*s`.`%.*s`.`%.*s`", t->temporary ? "TEMPORARY " : "", t->view ? "VIEW" : "TABLE", TW_STR_ARG(t->path[0]),
                  TW_STR_ARG(t->path[1]), TW_STR_ARG(t->path[2]));
}

static void put_comment(tw_buf *out, const tw_catalog_table *t) {
    if (!t->comment.length) return;
    tw_buf_text(out, "\nCOMMENT ");
    put_string(out, t->comment);
}

void tw_show_create(tw_buf *out, const tw_catalog_table *t) {
    put_head(out, t);
    if (t->view) {
        if (t->nview_columns) put_names(out, " (", t->view_columns, t->nview_columns);
        put_comment(out, t);
        tw_buf_printf(out, "\nAS %.*s", TW_STR_ARG(t->query_text));
        return;
    }
    tw_buf_text(out, " (\n");
    for (int32_t i = 0; i < t->ncolumns; i++) {
        if (i) tw_buf_text(out, ",\n");
        put_column(out, &t->columns[i]);
    }
    put_constraints(out, t);
    tw_buf_text(out, "\n)");
    put_comment(out, t);
    if (t->npartitioned_by) put_names(out, "\nPARTITIONED BY (", t->partitioned_by, t->npartitioned_by);
    tw_buf_text(out, "\nWITH (");
    for (int32_t i = 0; i < t->noptions; i++) {
        tw_buf_text(out, i ? ",\n  " : "\n  ");
        put_string(out, t->options[i].key);
        tw_buf_text(out, " = ");
        put_string(out, t->options[i].value);
    }
    tw_buf_text(out, "\n)");
}
