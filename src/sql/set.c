/* SET and RESET: keys and values are checked against settings.def. */
#include "sql/bind_parts.h"

static tw_status unknown_key(tw_binder *binder, const tw_ast_option *set) {
    static const char *const keys[] = {
#define X(key, kind, fallback, limits, doc) key,
#include "sql/settings.def"
#undef X
    };
    tw_fail_at(binder->error, TW_E_UNDEFINED_OPTION, set->key_pos, "unknown setting '%.*s'", TW_STR_ARG(set->key));
    const char *near = tw_str_nearest(set->key, keys, (int)(sizeof keys / sizeof *keys));
    if (near) tw_error_hint(binder->error, "did you mean '%s'?", near);
    return TW_E_UNDEFINED_OPTION;
}

static tw_status check_zone(tw_binder *binder, tw_str id) {
    tw_zone *zone = NULL;
    if (tw_str_equal(id, TW_STR("default"))) return TW_OK;
    if (id.length == 0) return tw_fail(binder->error, TW_E_VALUE, "a time zone needs a name such as 'UTC' or 'Europe/Berlin'");
    TW_TRY(tw_zone_load(binder->mem, id, &zone, binder->error));
    tw_zone_free(binder->mem, zone);
    return TW_OK;
}

static tw_status check_value(tw_binder *binder, const tw_option_info *info, const tw_ast_option *set) {
    tw_status status = tw_option_check(info, set->key, set->value, binder->error);
    if (status == TW_OK && strcmp(info->key, "table.local-time-zone") == 0) status = check_zone(binder, set->value);
    if (status != TW_OK && binder->error) binder->error->pos = set->value_pos;
    return status;
}

static void remove_setting(tw_catalog *catalog, tw_str key) {
    for (tw_setting **at = &catalog->settings; *at; at = &(*at)->next) {
        if (!tw_str_equal((*at)->key, key)) continue;
        *at = (*at)->next;
        return;
    }
}

static tw_str copied(tw_arena *arena, tw_str text) { return (tw_str){tw_arena_strndup(arena, text.data, text.length), text.length}; }

tw_status tw_bind_set(tw_binder *binder, const tw_ast_option *set, bool reset) {
    tw_catalog *catalog = binder->catalog;
    if (reset && set->key.length == 0) {
        catalog->settings = NULL;
        return TW_OK;
    }
    const tw_option_info *info = tw_setting_info(set->key);
    if (!info) return unknown_key(binder, set);
    if (!reset) TW_TRY(check_value(binder, info, set));
    tw_setting *setting = TW_NEW(catalog->arena, tw_setting);
    setting->key = copied(catalog->arena, set->key);
    setting->value = copied(catalog->arena, set->value);
    remove_setting(catalog, set->key);
    if (reset) return TW_OK;
    setting->next = catalog->settings;
    catalog->settings = setting;
    return TW_OK;
}
