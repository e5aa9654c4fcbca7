/* GROUP BY: keys and grouping sets. A set is a mask of keys: bit i = key i is in it. Each item of the list gives a list of sets; the clause
 * means their product: GROUP BY a, ROLLUP (b, c) is {a} x {bc, b, } = {abc, ab, a}. */
#include "sql/bind_query.h"

#define SET_KEYS_MAX 63

typedef struct sets {
    uint64_t *at;
    int32_t count;
} sets;

static tw_status too_many(tw_select *select, tw_pos pos) {
    return tw_fail_at(select->binder.error, TW_E_LIMIT, pos, "more than %d grouping sets", TW_GROUPING_SETS_MAX);
}

static tw_status add_set(tw_select *select, sets *list, uint64_t set, tw_pos pos) {
    if (list->count == TW_GROUPING_SETS_MAX) return too_many(select, pos);
    TW_LIST_PUSH(select->binder.arena, list->at, list->count, set);
    return TW_OK;
}

/* ---- keys ------------------------------------------------------------------------------------------------------ */

static tw_str key_name(tw_select *select, const tw_expr *key) {
    if (key->kind == TW_EXPR_COLUMN) return select->input->row->fields[key->column].name;
    return tw_str_of(tw_arena_printf(select->binder.arena, "$f%d", select->keys.count));
}

/* The key's mask; keys past the last bit have none, which only a query without grouping sets may do. */
static tw_status bind_key(tw_select *select, const tw_ast_expr *e, uint64_t *mask) {
    const tw_expr *key;
    if (e->kind == TW_AST_STAR) return tw_fail_at(select->binder.error, TW_E_SYNTAX, e->pos, "'*' has no meaning in GROUP BY");
    TW_TRY(tw_bind_expr(&select->binder, e, &key));
    int32_t at = tw_exprs_find(&select->keys, key);
    if (at < 0) {
        at = select->keys.count;
        tw_exprs_push(select->binder.arena, &select->keys, key, key_name(select, key));
        TW_LIST_PUSH(select->binder.arena, select->key_asts, select->nkey_asts, e);
    }
    if (at < SET_KEYS_MAX) *mask |= (uint64_t)1 << at;
    return TW_OK;
}

/* a, (a, b) or () as one set. */
static tw_status bind_unit(tw_select *select, const tw_ast_group *group, uint64_t *mask) {
    *mask = 0;
    if (group->kind > TW_AST_GROUP_ROW)
        return tw_fail_at(select->binder.error, TW_E_UNSUPPORTED, group->pos, "grouping sets inside ROLLUP or CUBE are not supported");
    for (int i = 0; i < group->exprs.count; i++) TW_TRY(bind_key(select, group->exprs.at[i], mask));
    return TW_OK;
}

/* ---- sets ------------------------------------------------------------------------------------------------------ */

static tw_status bind_units(tw_select *select, const tw_ast_group *group, uint64_t **units) {
    *units = TW_NEW_ARRAY(select->binder.arena, uint64_t, group->nitems + 1);
    for (int i = 0; i < group->nitems; i++) TW_TRY(bind_unit(select, &group->items[i], &(*units)[i]));
    return TW_OK;
}

/* ROLLUP (a, b): ab, a, nothing. */
static tw_status bind_rollup(tw_select *select, const tw_ast_group *group, sets *out) {
    uint64_t *units;
    TW_TRY(bind_units(select, group, &units));
    for (int n = group->nitems; n >= 0; n--) {
        uint64_t set = 0;
        for (int i = 0; i < n; i++) set |= units[i];
        TW_TRY(add_set(select, out, set, group->pos));
    }
    return TW_OK;
}

/* CUBE (a, b): ab, a, b, nothing. */
static tw_status bind_cube(tw_select *select, const tw_ast_group *group, sets *out) {
    uint64_t *units;
    TW_TRY(bind_units(select, group, &units));
    int n = group->nitems;
    if (n > 12) return too_many(select, group->pos);
    for (int which = (1 << n) - 1; which >= 0; which--) {
        uint64_t set = 0;
        for (int i = 0; i < n; i++)
            if (which >> (n - 1 - i) & 1) set |= units[i];
        TW_TRY(add_set(select, out, set, group->pos));
    }
    return TW_OK;
}

static tw_status bind_sets(tw_select *select, const tw_ast_group *group, sets *out) {
    uint64_t unit;
    switch (group->kind) {
    case TW_AST_GROUP_ROLLUP: return bind_rollup(select, group, out);
    case TW_AST_GROUP_CUBE: return bind_cube(select, group, out);
    case TW_AST_GROUP_SETS:
        for (int i = 0; i < group->nitems; i++) TW_TRY(bind_sets(select, &group->items[i], out));
        return TW_OK;
    default: TW_TRY(bind_unit(select, group, &unit)); return add_set(select, out, unit, group->pos);
    }
}

static tw_status product(tw_select *select, sets *all, const sets *more, tw_pos pos) {
    sets out = {0};
    for (int32_t i = 0; i < all->count; i++)
        for (int32_t j = 0; j < more->count; j++) TW_TRY(add_set(select, &out, all->at[i] | more->at[j], pos));
    *all = out;
    return TW_OK;
}

/* GROUP BY DISTINCT */
static void drop_duplicates(sets *all) {
    int32_t n = 0;
    for (int32_t i = 0; i < all->count; i++) {
        int32_t j = 0;
        while (j < n && all->at[j] != all->at[i]) j++;
        if (j == n) all->at[n++] = all->at[i];
    }
    all->count = n;
}

/* ---- the scope behind ------------------------------------------------------------------------------------------ */

static bool in_all_sets(const tw_select *select, int32_t key) {
    for (int32_t s = 0; s < select->nsets; s++)
        if (!(select->sets[s] >> key & 1)) return false;
    return true;
}

bool tw_group_key_nullable(const tw_select *select, int32_t key) { return select->keys.at[key]->type->nullable || !in_all_sets(select, key); }

/* Columns that are keys and not in every set may be NULL above the AGGREGATE, whatever they are below. */
static void make_grouped_scope(tw_select *select) {
    tw_arena *arena = select->binder.arena;
    select->grouped_scope = select->scope;
    if (!select->nsets) return;
    select->grouped_scope.tables = TW_NEW_ARRAY(arena, tw_scope_table, select->scope.ntables + 1);
    for (int32_t t = 0; t < select->scope.ntables; t++) {
        tw_scope_table *table = &select->grouped_scope.tables[t];
        *table = select->scope.tables[t];
        tw_field *fields = tw_arena_memdup(arena, table->row->fields, sizeof *table->row->fields * (size_t)table->row->nfields);
        for (int32_t k = 0; k < select->keys.count; k++) {
            int32_t column = select->keys.at[k]->kind == TW_EXPR_COLUMN ? select->keys.at[k]->column - table->first : -1;
            if (column < 0 || column >= table->row->nfields || in_all_sets(select, k)) continue;
            fields[column].type = tw_type_nullable(arena, fields[column].type, true);
        }
        table->row = tw_type_row(arena, fields, table->row->nfields);
    }
}

/* ---- the clause ------------------------------------------------------------------------------------------------ */

static tw_status bind_item(tw_select *select, const tw_ast_group *group, sets *all) {
    if (group->kind == TW_AST_GROUP_EXPR && group->exprs.count == 1 && tw_is_group_window(group->exprs.at[0]))
        return tw_bind_group_window(select, group->exprs.at[0]);
    sets more = {0};
    TW_TRY(bind_sets(select, group, &more));
    return product(select, all, &more, group->pos);
}

/* How often each set was there before; a set of its own GROUP_ID() each time. */
static tw_status count_repeats(tw_select *select, tw_pos pos) {
    select->repeats = TW_NEW_ARRAY(select->binder.arena, int32_t, select->nsets);
    for (int32_t s = 0; s < select->nsets; s++) {
        for (int32_t before = s - 1; before >= 0; before--) {
            if (select->sets[before] != select->sets[s]) continue;
            select->repeats[s] = select->repeats[before] + 1;
            break;
        }
        if (select->repeats[s] >= TW_REPEATED_SETS_MAX)
            return tw_fail_at(select->binder.error, TW_E_LIMIT, pos, "a grouping set is repeated more than %d times", TW_REPEATED_SETS_MAX);
    }
    return TW_OK;
}

static tw_status keep_sets(tw_select *select, const sets *all, tw_pos pos) {
    if (select->window.given) return tw_fail_at(select->binder.error, TW_E_UNSUPPORTED, pos, "grouping sets with a group window are not supported");
    if (select->keys.count > SET_KEYS_MAX)
        return tw_fail_at(select->binder.error, TW_E_LIMIT, pos, "grouping sets of more than %d keys", SET_KEYS_MAX);
    if (all->count == 1) return TW_OK; /* a single set has all keys: they come from it */
    select->sets = all->at;
    select->nsets = all->count;
    return count_repeats(select, pos);
}

/* The keys as items, HAVING and ORDER BY will see them. */
static tw_status bind_grouped_keys(tw_select *select) {
    make_grouped_scope(select);
    select->grouped = select->keys;
    if (!select->nsets) return TW_OK;
    tw_binder grouped = select->binder;
    grouped.scope = &select->grouped_scope;
    select->grouped.at = TW_NEW_ARRAY(grouped.arena, const tw_expr *, select->keys.count + 1);
    for (int32_t k = 0; k < select->keys.count; k++) TW_TRY(tw_bind_expr(&grouped, select->key_asts[k], &select->grouped.at[k]));
    return TW_OK;
}

tw_status tw_bind_group_by(tw_select *select) {
    const tw_ast_select *ast = select->ast;
    uint64_t empty = 0;
    sets all = {&empty, 1};
    const tw_ast_group *explicit = NULL;
    select->binder.clause = "GROUP BY";
    for (int i = 0; i < ast->ngroups; i++) {
        TW_TRY(bind_item(select, &ast->groups[i], &all));
        if (ast->groups[i].kind > TW_AST_GROUP_ROW && !explicit) explicit = &ast->groups[i];
    }
    if (ast->group_distinct) drop_duplicates(&all);
    if (explicit) TW_TRY(keep_sets(select, &all, explicit->pos));
    select->may_be_empty |= !select->keys.count && !select->window.given;
    return bind_grouped_keys(select);
}

bool tw_is_aggregate_query(const tw_select *select) { return select->ast->grouped || select->having || select->nentries > 0; }
