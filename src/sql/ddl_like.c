/* CREATE TABLE t (..) LIKE base (options): what of the base is taken over. By default everything, options of the new table winning.
 *
 *   INCLUDING     both; what is in both is an error
 *   OVERWRITING   both; the new table's wins (options, generated and metadata columns, watermark)
 *   EXCLUDING     the new table's alone (physical columns are always taken over) */
#include "sql/ddl.h"

typedef struct like {
    tw_draft *draft;
    const tw_ast_create_table *create;
    tw_draft base;
    tw_ast_like_how how[TW_AST_LIKE_WATERMARKS + 1];
} like;

static bool may_overwrite(tw_ast_like_what what) {
    return what == TW_AST_LIKE_OPTIONS || what == TW_AST_LIKE_GENERATED || what == TW_AST_LIKE_METADATA || what == TW_AST_LIKE_WATERMARKS;
}

static tw_status read_options(like *l) {
    tw_error *error = l->draft->binder->error;
    bool said[TW_AST_LIKE_WATERMARKS + 1] = {false};
    for (int w = 0; w <= TW_AST_LIKE_WATERMARKS; w++) l->how[w] = w == TW_AST_LIKE_OPTIONS ? TW_AST_OVERWRITING : TW_AST_INCLUDING;
    for (int i = 0; i < l->create->nlike_options; i++) {
        const tw_ast_like_option *o = &l->create->like_options[i];
        if (said[o->what]) return tw_fail_at(error, TW_E_INVALID, o->pos, "each feature of LIKE can be said only once");
        if (o->how == TW_AST_OVERWRITING && !may_overwrite(o->what)) {
            tw_fail_at(error, TW_E_INVALID, o->pos, "OVERWRITING is not possible here");
            tw_error_detail(error, "it is for OPTIONS, GENERATED, METADATA and WATERMARKS");
            return TW_E_INVALID;
        }
        said[o->what] = true;
        l->how[o->what] = o->how;
    }
    for (int w = 0; said[TW_AST_LIKE_ALL] && w <= TW_AST_LIKE_WATERMARKS; w++)
        if (!said[w]) l->how[w] = l->how[TW_AST_LIKE_ALL];
    return TW_OK;
}

static tw_status in_both(like *l, tw_pos pos, const char *what, tw_str name, const char *feature, bool overwriting) {
    tw_error *error = l->draft->binder->error;
    if (name.length > 0)
        tw_fail_at(error, TW_E_DUPLICATE, pos, "the base table already has %s '%.*s'", what, TW_STR_ARG(name));
    else
        tw_fail_at(error, TW_E_DUPLICATE, pos, "the base table already has %s", what);
    if (overwriting)
        tw_error_hint(error, "say EXCLUDING %s or OVERWRITING %s", feature, feature);
    else if (feature)
        tw_error_hint(error, "say EXCLUDING %s", feature);
    return TW_E_DUPLICATE;
}

static tw_ast_like_what feature_of(tw_ast_column_kind kind) { return kind == TW_AST_METADATA ? TW_AST_LIKE_METADATA : TW_AST_LIKE_GENERATED; }

static tw_status take_columns(like *l) {
    for (int32_t i = 0; i < l->base.ncolumns; i++) {
        const tw_draft_column *c = &l->base.columns[i];
        if (c->kind != TW_AST_PHYSICAL && l->how[feature_of(c->kind)] == TW_AST_EXCLUDING) continue;
        TW_TRY(tw_draft_add(l->draft, c));
    }
    return TW_OK;
}

static tw_status own_columns(like *l) {
    for (int i = 0; i < l->create->ncolumns; i++) {
        tw_draft_column c = tw_draft_column_of(l->draft->binder, &l->create->columns[i]);
        int32_t at = tw_draft_find(l->draft, c.name);
        if (at < 0 || !l->draft->columns[at].inherited) { /* new, or twice in the list */
            TW_TRY(tw_draft_add(l->draft, &c));
            continue;
        }
        tw_draft_column *base = &l->draft->columns[at];
        bool generated = base->kind == c.kind && c.kind != TW_AST_PHYSICAL;
        if (!generated) return in_both(l, c.pos, "a column", c.name, NULL, false);
        const char *feature = c.kind == TW_AST_METADATA ? "METADATA" : "GENERATED";
        if (l->how[feature_of(c.kind)] != TW_AST_OVERWRITING) return in_both(l, c.pos, "a column", c.name, feature, true);
        *base = c;
    }
    return TW_OK;
}

static tw_status merge_watermark(like *l) {
    tw_draft_watermark own = tw_draft_watermark_of(l->draft->binder, &l->create->watermark);
    bool taken = l->base.watermark.given && l->how[TW_AST_LIKE_WATERMARKS] != TW_AST_EXCLUDING;
    if (taken && own.given && l->how[TW_AST_LIKE_WATERMARKS] == TW_AST_INCLUDING)
        return in_both(l, own.pos, "a watermark for column", l->base.watermark.column.at[0].text, "WATERMARKS", true);
    l->draft->watermark = own.given ? own : taken ? l->base.watermark : (tw_draft_watermark){0};
    return TW_OK;
}

static tw_status merge_keys(like *l) {
    const tw_ast_primary_key *own = &l->create->primary_key;
    bool taken = l->base.primary_key.columns.count && l->how[TW_AST_LIKE_CONSTRAINTS] == TW_AST_INCLUDING;
    if (taken && own->columns.count) return in_both(l, own->pos, "a primary key", (tw_str){0}, "CONSTRAINTS", false);
    l->draft->primary_key = taken ? l->base.primary_key : *own;
    const tw_ast_names *partitions = &l->create->partitioned_by;
    taken = l->base.partitioned_by.count && l->how[TW_AST_LIKE_PARTITIONS] == TW_AST_INCLUDING;
    if (taken && partitions->count) return in_both(l, partitions->at[0].pos, "partitions", (tw_str){0}, "PARTITIONS", false);
    l->draft->partitioned_by = taken ? l->base.partitioned_by : *partitions;
    return TW_OK;
}

static tw_status merge_options(like *l) {
    tw_ast_like_how how = l->how[TW_AST_LIKE_OPTIONS];
    for (int i = 0; how != TW_AST_EXCLUDING && i < l->base.options.count; i++) tw_draft_option(l->draft, &l->base.options.at[i]);
    for (int i = 0; i < l->create->options.count; i++) {
        const tw_ast_option *o = &l->create->options.at[i];
        if (how == TW_AST_INCLUDING && tw_draft_has_option(&l->base, o->key)) return in_both(l, o->key_pos, "an option", o->key, "OPTIONS", true);
        tw_draft_option(l->draft, o);
    }
    return TW_OK;
}

tw_status tw_ddl_like(tw_draft *draft, const tw_ast_create_table *create) {
    tw_binder *binder = draft->binder;
    const tw_ast_name *name = &create->like.at[create->like.count - 1];
    const tw_catalog_table *base = tw_catalog_find(binder->catalog, &create->like, binder->error);
    if (!base) return TW_E_UNDEFINED_TABLE;
    if (base->view) return tw_fail_at(binder->error, TW_E_INVALID, name->pos, "'%.*s' in LIKE is a view", TW_STR_ARG(name->text));
    like l = {.draft = draft, .create = create, .base = {.binder = binder, .pos = name->pos}};
    tw_draft_of_table(&l.base, base);
    TW_TRY(read_options(&l));
    TW_TRY(take_columns(&l));
    TW_TRY(own_columns(&l));
    TW_TRY(merge_watermark(&l));
    TW_TRY(merge_keys(&l));
    TW_TRY(merge_options(&l));
    draft->comment = create->comment.data ? create->comment : l.base.comment;
    return TW_OK;
}
