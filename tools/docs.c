/* Writes the pages of docs/ that are made from the engine's own tables: functions, connectors and formats, settings, errors.
 *
 *     make_docs FOLDER           writes the pages into FOLDER (`make docs`)
 *     make_docs --check FOLDER   names those that differ from what would be written, and ends with status 1 when there is one */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/function.h"
#include "main/registry.h"

/* Text in a cell of a table: what Markdown would take as its own is escaped. */
static void put_text(FILE *out, const char *text) {
    for (; *text; text++) {
        if (strchr("|*<\\", *text)) putc('\\', out);
        putc(*text, out);
    }
}

/* The same as code, where only the bar has a meaning. */
static void put_code(FILE *out, const char *text) {
    putc('`', out);
    for (; *text; text++) {
        if (*text == '|') putc('\\', out);
        putc(*text, out);
    }
    putc('`', out);
}

static void put_title(FILE *out, const char *title, const char *tables) {
    fprintf(out, "<!-- Made by `make docs` from %s: changes go there. -->\n# %s\n\n", tables, title);
}

/* ---- functions ------------------------------------------------------------------------------------------------- */

typedef struct function {
    uint32_t flags;
    const char *category, *usage, *doc;
} function;

/* In the order of functions.def, which is one of subjects; the engine's own table is sorted by name. */
static const function FUNCTIONS[] = {
#define X(name, flags, min, max, bind, kernel, aggregate, category, usage, doc) {flags, category, usage, doc},
#include "expr/functions.def"
#undef X
};
enum { NFUNCTIONS = sizeof FUNCTIONS / sizeof *FUNCTIONS };

static bool is_new_category(int at) {
    for (int i = 0; i < at; i++)
        if (strcmp(FUNCTIONS[i].category, FUNCTIONS[at].category) == 0) return false;
    return true;
}

static void put_category(FILE *out, const char *category) {
    fprintf(out, "## %c%s\n\n| call | what it gives |\n|---|---|\n", toupper(category[0]), category + 1);
    for (int i = 0; i < NFUNCTIONS; i++) {
        const function *f = &FUNCTIONS[i];
        if (strcmp(f->category, category) != 0 || f->flags & TW_FN_HIDDEN) continue;
        fputs("| ", out);
        put_code(out, f->usage);
        fputs(" | ", out);
        put_text(out, f->doc);
        fputs(f->flags & TW_FN_NONDETERMINISTIC ? " Differs between calls. |\n" : " |\n", out);
    }
    putc('\n', out);
}

static void functions_page(FILE *out) {
    put_title(out, "Functions", "src/expr/functions.def");
    fputs("Names are those of Flink and are found in any case. `SHOW FUNCTIONS` and `thalweg functions NAME` tell the same.\n\n", out);
    for (int i = 0; i < NFUNCTIONS; i++)
        if (is_new_category(i)) put_category(out, FUNCTIONS[i].category);
}

/* ---- options: connectors, formats, settings --------------------------------------------------------------------- */

static const char *const KINDS[] = {
    [TW_OPTION_STRING] = "text",   [TW_OPTION_BOOLEAN] = "true or false", [TW_OPTION_INTEGER] = "integer",
    [TW_OPTION_DOUBLE] = "number", [TW_OPTION_DURATION] = "duration",     [TW_OPTION_SIZE] = "size",
    [TW_OPTION_ENUM] = "one of ",
};

static void put_kind(FILE *out, const tw_option_info *info) {
    fputs(KINDS[info->kind], out);
    if (!info->limits) return;
    if (info->kind == TW_OPTION_ENUM) {
        for (const char *c = info->limits; *c; c++) fputs(*c == '|' ? ", " : (char[]){*c, 0}, out);
    } else {
        fprintf(out, " %s", info->limits);
    }
}

static void put_option(FILE *out, const tw_option_info *info, const char *prefix) {
    fprintf(out, "| `%s%s` | ", prefix, info->key);
    put_kind(out, info);
    fputs(" | ", out);
    if (info->fallback) put_code(out, info->fallback);
    if (info->required) fputs("required", out);
    fputs(" | ", out);
    put_text(out, info->doc);
    fputs(" |\n", out);
}

static void put_options(FILE *out, const tw_option_info *infos, int n, const char *prefix) {
    if (n == 0) return;
    fputs("| option | value | default | meaning |\n|---|---|---|---|\n", out);
    for (int i = 0; i < n; i++) put_option(out, &infos[i], prefix);
    putc('\n', out);
}

static void put_metadata(FILE *out, const tw_connector *c) {
    tw_mem mem;
    tw_buf type;
    if (c->nmetadata == 0) return;
    tw_mem_init(&mem, NULL, 0);
    tw_buf_init(&type, &mem, 0);
    fputs("| metadata column | type | meaning |\n|---|---|---|\n", out);
    for (int i = 0; i < c->nmetadata; i++) {
        tw_buf_clear(&type);
        tw_type_print(&type, c->metadata[i].type, false);
        fprintf(out, "| `%s` | %.*s | ", c->metadata[i].key, (int)type.length, type.data);
        put_text(out, c->metadata[i].doc);
        fputs(" |\n", out);
    }
    putc('\n', out);
    tw_buf_free(&type);
}

static void put_connector(FILE *out, const tw_connector *c) {
    static const char *const ACCEPTS[] = {[TW_APPEND] = "inserts", [TW_RETRACT] = "all changes", [TW_UPSERT] = "changes by key"};
    fprintf(out, "### %s\n\n%c%s. ", c->name, toupper(c->doc[0]), c->doc + 1);
    if (c->source) fprintf(out, "Source, %s", c->bounded ? "bounded or not as its options say" : "without end");
    if (c->source && c->sink) fputs("; sink", out);
    if (c->sink && !c->source) fputs("Sink", out);
    if (c->sink) fprintf(out, " of %s%s", ACCEPTS[c->sink_accepts], c->sink_needs_key ? ", needs a primary key" : "");
    fprintf(out, ".%s\n\n", c->takes_format ? " Needs a `format`." : "");
    put_options(out, c->options, c->noptions, "");
    put_metadata(out, c);
}

static void put_format(FILE *out, const tw_format *f) {
    char prefix[32];
    snprintf(prefix, sizeof prefix, "%s.", f->name);
    fprintf(out, "### %s\n\n%c%s. %s.\n\n", f->name, toupper(f->doc[0]), f->doc + 1,
            f->decode && f->encode ? "Reads and writes"
            : f->decode            ? "Reads"
                                   : "Writes");
    put_options(out, f->options, f->noptions, prefix);
}

static const tw_option_info TABLE_OPTIONS[] = {
#define X(key, kind, fallback, limits, doc) {key, TW_OPTION_##kind, fallback, false, limits, doc},
#include "sql/table_options.def"
#undef X
};

static const char OPTION_NOTE[] =
    "Durations are written as `'10 s'`, `'200 ms'` or `'1 min'`, sizes as `'64 kb'` or `'16 mb'`, both without a unit in "
    "milliseconds and bytes.";

static void connectors_page(FILE *out) {
    put_title(out, "Connectors and formats", "src/main/registry.c and the tables that it names");
    fprintf(out,
            "What may stand in `WITH (...)` of a table. `'connector' = 'name'` chooses the connector, `'format' = 'name'` the format.\n%s\n"
            "`#` stands for the name of a column.\n\n## Connectors\n\n",
            OPTION_NOTE);
    for (int i = 0; i < TW_REGISTRY.nconnectors; i++) put_connector(out, TW_REGISTRY.connectors[i]);
    fputs("## Formats\n\nWith `'value.format' = 'name'` the options begin with `value.`, with `'key.format'` with `key.`.\n\n", out);
    for (int i = 0; i < TW_REGISTRY.nformats; i++) put_format(out, TW_REGISTRY.formats[i]);
    fputs("## Options of every table\n\n", out);
    put_options(out, TABLE_OPTIONS, sizeof TABLE_OPTIONS / sizeof *TABLE_OPTIONS, "");
}

static const tw_option_info SETTINGS[] = {
#define X(key, kind, fallback, limits, doc) {key, TW_OPTION_##kind, fallback, false, limits, doc},
#include "sql/settings.def"
#undef X
};

static void settings_page(FILE *out) {
    int n = 0, all = sizeof SETTINGS / sizeof *SETTINGS;
    while (n < all && strncmp(SETTINGS[n].doc, "no effect", 9) != 0) n++;
    put_title(out, "Settings", "src/sql/settings.def");
    fprintf(out, "`SET 'key' = 'value'` sets one for the statements that follow, `RESET 'key'` takes it back. An unknown key is an error.\n%s\n\n",
            OPTION_NOTE);
    put_options(out, SETTINGS, n, "");
    fputs(
        "## Without effect\n\nKeys of Flink that are accepted so that its scripts run unchanged. One that ends in `.*` stands for all that begin so.\n\n",
        out);
    put_options(out, SETTINGS + n, all - n, "");
}

/* ---- errors ---------------------------------------------------------------------------------------------------- */

static void errors_page(FILE *out) {
    static const struct {
        const char *sqlstate, *doc;
    } ERRORS[] = {
#define X(name, sqlstate, doc) {sqlstate, doc},
#include "base/status.def"
#undef X
    };
    put_title(out, "Errors", "src/base/status.def");
    fputs("Every error has an SQLSTATE, PostgreSQL's where it has one, which stands in front of the message and stays when the words change.\n\n"
          "| SQLSTATE | what happened |\n|---|---|\n",
          out);
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++) fprintf(out, "| `%s` | %s |\n", ERRORS[i].sqlstate, ERRORS[i].doc);
}

/* ---- pages ----------------------------------------------------------------------------------------------------- */

typedef struct page {
    const char *name;
    void (*write)(FILE *out);
} page;

static const page PAGES[] = {
    {"functions.md", functions_page},
    {"connectors.md", connectors_page},
    {"settings.md", settings_page},
    {"errors.md", errors_page},
};

static bool write_page(const char *path, const char *text, size_t length) {
    FILE *file = fopen(path, "w");
    bool written = file && fwrite(text, 1, length, file) == length;
    if (file && fclose(file) != 0) written = false;
    if (!written) fprintf(stderr, "make_docs: cannot write %s\n", path);
    return written;
}

static bool is_current(const char *path, const char *text, size_t length) {
    char *found = malloc(length + 1);
    FILE *file = fopen(path, "r");
    size_t n = file && found ? fread(found, 1, length + 1, file) : 0;
    bool same = found && n == length && memcmp(found, text, length) == 0;
    if (file) fclose(file);
    free(found);
    if (!same) fprintf(stderr, "%s is stale: run `make docs`\n", path);
    return same;
}

static bool do_page(const page *p, const char *folder, bool check) {
    char path[4096], *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out) return false;
    p->write(out);
    if (fclose(out) != 0 || !text) return false;
    while (length > 1 && text[length - 2] == '\n') length--;
    snprintf(path, sizeof path, "%s/%s", folder, p->name);
    bool fine = check ? is_current(path, text, length) : write_page(path, text, length);
    free(text);
    return fine;
}

int main(int argc, char **argv) {
    bool check = argc > 1 && strcmp(argv[1], "--check") == 0, fine = true;
    if (argc != 2 + check) {
        fputs("usage: make_docs [--check] FOLDER\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof PAGES / sizeof *PAGES; i++) fine &= do_page(&PAGES[i], argv[1 + check], check);
    return fine ? 0 : 1;
}
