/* WITH (...) and OPTIONS(...) against what the connector, its formats and every table know.
 *
 * Prefixes of a format's options: "json." for 'format' = 'json', "key.json." for 'key.format', "value.json." for 'value.format'. */
#include "sql/ddl.h"

static const tw_option_info COMMON[] = {
#define X(key, kind, fallback, limits, doc) {key, TW_OPTION_##kind, fallback, false, limits, doc},
#include "sql/table_options.def"
#undef X
};

static const char *const FORMAT_KEYS[] = {"format", "key.format", "value.format"};
enum { NFORMAT_KEYS = 3, NLISTS = 2 + NFORMAT_KEYS };

static const tw_ast_option *find_option(const tw_ast_options *options, const char *key) {
    for (int i = options->count - 1; i >= 0; i--)
        if (tw_str_equal(options->at[i].key, tw_str_of(key))) return &options->at[i];
    return NULL;
}

const tw_connector *tw_ddl_connector(const tw_binder *binder, const tw_ast_options *options) {
    const tw_ast_option *option = find_option(options, "connector");
    return option ? tw_registry_connector(binder->registry, option->value) : NULL;
}

static const char *connector_list(const tw_binder *binder) {
    const char *list = "";
    for (int i = 0; i < binder->registry->nconnectors; i++)
        list = tw_arena_printf(binder->arena, "%s%s%s", list, i ? ", " : "", binder->registry->connectors[i]->name);
    return list;
}

static const char *format_list(const tw_binder *binder) {
    const char *list = "";
    for (int i = 0; i < binder->registry->nformats; i++)
        list = tw_arena_printf(binder->arena, "%s%s%s", list, i ? ", " : "", binder->registry->formats[i]->name);
    return list;
}

/* `options`: as they were written, NULL where they are not at hand. */
static tw_status no_connector(tw_binder *binder, const tw_ast_options *options, tw_pos pos) {
    tw_fail_at(binder->error, TW_E_INVALID, pos, "table options do not contain an option key 'connector' for discovering a connector");
    tw_error_hint(binder->error, "connectors: %s", connector_list(binder));
    for (int i = 0; options && i < options->count; i++) {
        if (tw_str_distance(options->at[i].key, TW_STR("connector"), 2) > 2) continue;
        binder->error->pos = options->at[i].key_pos;
        tw_error_hint(binder->error, "did you mean 'connector'?");
    }
    return TW_E_INVALID;
}

tw_status tw_bind_usable(tw_binder *binder, const tw_option *options, int32_t noptions, tw_pos pos) {
    return tw_option_get(options, noptions, "connector").data ? TW_OK : no_connector(binder, NULL, pos);
}

static tw_status check_connector(tw_binder *binder, const tw_ast_options *options, tw_pos pos, const tw_connector **out) {
    const tw_ast_option *option = find_option(options, "connector");
    *out = NULL;
    if (!option) return no_connector(binder, options, pos);
    *out = tw_registry_connector(binder->registry, option->value);
    if (*out) return TW_OK;
    tw_names names = {.arena = binder->arena};
    for (int i = 0; i < binder->registry->nconnectors; i++) tw_names_add(&names, tw_str_of(binder->registry->connectors[i]->name));
    tw_fail_at(binder->error, TW_E_UNDEFINED_OPTION, option->value_pos, "there is no connector '%.*s'", TW_STR_ARG(option->value));
    tw_error_detail(binder->error, "connectors: %s", connector_list(binder));
    tw_names_hint(&names, option->value, binder->error);
    return TW_E_UNDEFINED_OPTION;
}

static tw_status check_format(tw_binder *binder, const tw_connector *connector, const tw_ast_option *option, const tw_format **out) {
    if (!connector->takes_format) {
        tw_fail_at(binder->error, TW_E_INVALID, option->key_pos, "connector '%s' takes no format", connector->name);
        return TW_E_INVALID;
    }
    *out = tw_registry_format(binder->registry, option->value);
    if (*out) return TW_OK;
    tw_names names = {.arena = binder->arena};
    for (int i = 0; i < binder->registry->nformats; i++) tw_names_add(&names, tw_str_of(binder->registry->formats[i]->name));
    tw_fail_at(binder->error, TW_E_UNDEFINED_OPTION, option->value_pos, "there is no format '%.*s'", TW_STR_ARG(option->value));
    tw_error_detail(binder->error, "formats: %s", format_list(binder));
    tw_names_hint(&names, option->value, binder->error);
    return TW_E_UNDEFINED_OPTION;
}

/* The lists of infos that the options are checked against. */
static tw_status gather(tw_binder *binder, const tw_connector *connector, const tw_ast_options *options, tw_option_infos *known, int *nknown) {
    known[(*nknown)++] = (tw_option_infos){connector->options, connector->noptions, NULL};
    const tw_ast_option *any = NULL;
    for (int f = 0; f < NFORMAT_KEYS; f++) {
        const tw_ast_option *option = find_option(options, FORMAT_KEYS[f]);
        const tw_format *format = NULL;
        if (!option) continue;
        any = option;
        TW_TRY(check_format(binder, connector, option, &format));
        static const char *const prefixes[] = {"", "key.", "value."};
        const char *prefix = tw_arena_printf(binder->arena, "%s%s", prefixes[f], format->name);
        known[(*nknown)++] = (tw_option_infos){format->options, format->noptions, prefix};
    }
    known[(*nknown)++] = (tw_option_infos){COMMON, sizeof COMMON / sizeof *COMMON, NULL};
    if (any || !connector->takes_format) return TW_OK;
    tw_fail_at(binder->error, TW_E_INVALID, find_option(options, "connector")->value_pos, "connector '%s' needs the option 'format'",
               connector->name);
    tw_error_hint(binder->error, "formats: %s", format_list(binder));
    return TW_E_INVALID;
}

static const tw_option_info *find_info(const tw_option_infos *known, int nknown, tw_str key) {
    for (int k = 0; k < nknown; k++)
        for (int i = 0; i < known[k].n; i++)
            if (tw_option_matches(&known[k].infos[i], known[k].prefix, key)) return &known[k].infos[i];
    return NULL;
}

static bool is_known_by_itself(tw_str key) {
    if (tw_str_equal(key, TW_STR("connector"))) return true;
    for (int f = 0; f < NFORMAT_KEYS; f++)
        if (tw_str_equal(key, tw_str_of(FORMAT_KEYS[f]))) return true;
    return false;
}

/* Plain options without "key.format" and "value.format", which tw_options_check does not know by themselves. */
static tw_option *plain_options(tw_arena *arena, const tw_ast_options *options, bool all, int *n) {
    tw_option *plain = TW_NEW_ARRAY(arena, tw_option, options->count + 1);
    *n = 0;
    for (int i = 0; i < options->count; i++)
        if (all || !is_known_by_itself(options->at[i].key)) plain[(*n)++] = (tw_option){options->at[i].key, options->at[i].value};
    return plain;
}

static tw_status check_each(tw_binder *binder, const tw_ast_options *options, const tw_option_infos *known, int nknown, tw_pos pos) {
    int n;
    for (int i = 0; i < options->count; i++) {
        const tw_ast_option *o = &options->at[i];
        if (is_known_by_itself(o->key)) continue;
        const tw_option_info *info = find_info(known, nknown, o->key);
        if (!info) {
            tw_option alone = {o->key, o->value};
            return tw_ddl_at(binder, tw_options_check(&alone, 1, known, nknown, binder->error), o->key_pos, true);
        }
        TW_TRY(tw_ddl_at(binder, tw_option_check(info, o->key, o->value, binder->error), o->value_pos, true));
    }
    const tw_option *plain = plain_options(binder->arena, options, false, &n);
    return tw_ddl_at(binder, tw_options_check(plain, n, known, nknown, binder->error), pos, true);
}

/* Connectors and formats know no places: what they say of an option ("option 'key' ...") is said at the option, the rest at `pos`. */
static tw_status at_option(tw_binder *binder, tw_status status, const tw_ast_options *options, tw_pos pos) {
    if (status == TW_OK || !binder->error) return status;
    for (int i = 0; i < options->count; i++) {
        const char *quoted = tw_arena_printf(binder->arena, "option '%.*s'", TW_STR_ARG(options->at[i].key));
        if (strstr(binder->error->message, quoted) == binder->error->message) pos = options->at[i].value_pos;
    }
    return tw_ddl_at(binder, status, pos, true);
}

static tw_status try_decoder(tw_binder *binder, const tw_format *format, const tw_type *row, const tw_option *options, int n, tw_error *error) {
    tw_decoder *decoder;
    TW_TRY(format->decoder_open(binder->mem, row, row, options, n, NULL, &decoder, error));
    format->decoder_close(decoder);
    return TW_OK;
}

static tw_status try_encoder(tw_binder *binder, const tw_format *format, const tw_type *row, const tw_option *options, int n, tw_error *error) {
    tw_encoder *encoder;
    TW_TRY(format->encoder_open(binder->mem, row, options, n, NULL, &encoder, error));
    format->encoder_close(encoder);
    return TW_OK;
}

/* Can the format hold the table's columns, with these options? What it can do in one direction alone is found out when it is used. */
static tw_status check_schema(tw_binder *binder, const tw_ast_options *options, const tw_type *physical) {
    const tw_ast_option *chosen = find_option(options, "format");
    const tw_format *format = chosen ? tw_registry_format(binder->registry, chosen->value) : NULL;
    tw_error other;
    int n;
    if (!format || !physical) return TW_OK;
    const tw_option *plain = plain_options(binder->arena, options, true, &n);
    tw_status status = format->decoder_open ? try_decoder(binder, format, physical, plain, n, binder->error) : TW_E_UNSUPPORTED;
    if (status == TW_E_UNSUPPORTED && format->encoder_open) {
        tw_status written = try_encoder(binder, format, physical, plain, n, format->decoder_open ? &other : binder->error);
        if (written == TW_OK || !format->decoder_open) status = written;
    }
    return at_option(binder, status, options, chosen->value_pos);
}

tw_status tw_ddl_check_options(tw_binder *binder, const tw_ast_options *options, const tw_type *physical, tw_pos pos) {
    tw_option_infos known[NLISTS];
    int nknown = 0, n;
    const tw_connector *connector = NULL;
    if (options->count == 0) return TW_OK;
    TW_TRY(check_connector(binder, options, pos, &connector));
    TW_TRY(gather(binder, connector, options, known, &nknown));
    TW_TRY(check_each(binder, options, known, nknown, pos));
    TW_TRY(check_schema(binder, options, physical));
    if (!connector->validate) return TW_OK;
    const tw_option *plain = plain_options(binder->arena, options, true, &n);
    return at_option(binder, connector->validate(physical, plain, n, binder->error), options, pos);
}

/* ---- hints ----------------------------------------------------------------------------------------------------- */

static tw_status check_hint(tw_binder *binder, const tw_catalog_table *table, const tw_ast_hint *hint) {
    if (!tw_str_equal_nocase(hint->name, TW_STR("OPTIONS"))) {
        tw_fail_at(binder->error, TW_E_UNDEFINED_OPTION, hint->pos, "there is no hint '%.*s' for a table", TW_STR_ARG(hint->name));
        tw_error_hint(binder->error, "did you mean OPTIONS?");
        return TW_E_UNDEFINED_OPTION;
    }
    if (table->view)
        return tw_fail_at(binder->error, TW_E_INVALID, hint->pos, "view '%.*s' cannot be given options, only tables can", TW_STR_ARG(table->path[2]));
    for (int i = 0; i < hint->arguments.count; i++) {
        const tw_ast_option *o = &hint->arguments.at[i];
        if (o->value_pos.line == 0) return tw_fail_at(binder->error, TW_E_INVALID, o->key_pos, "OPTIONS takes 'key' = 'value'");
        if (tw_str_equal(o->key, TW_STR("connector")))
            return tw_fail_at(binder->error, TW_E_INVALID, o->key_pos, "a hint cannot change the connector");
    }
    return TW_OK;
}

tw_status tw_bind_hints(tw_binder *binder, const tw_catalog_table *table, const tw_ast_hints *hints, const tw_option **out, int32_t *n) {
    tw_pos pos = hints->count ? hints->at[0].pos : (tw_pos){0};
    tw_draft merged = {.binder = binder, .pos = pos};
    for (int h = 0; h < hints->count; h++) TW_TRY(check_hint(binder, table, &hints->at[h]));
    for (int32_t i = 0; i < table->noptions; i++)
        tw_draft_option(&merged, &(tw_ast_option){table->options[i].key, table->options[i].value, pos, pos});
    for (int h = 0; h < hints->count; h++)
        for (int i = 0; i < hints->at[h].arguments.count; i++) tw_draft_option(&merged, &hints->at[h].arguments.at[i]);
    TW_TRY(tw_ddl_check_options(binder, &merged.options, table->physical, pos));
    int count;
    *out = plain_options(binder->arena, &merged.options, true, &count);
    *n = count;
    return TW_OK;
}
