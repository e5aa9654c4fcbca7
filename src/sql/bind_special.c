/* Calls that are no ordinary functions: aggregates, GROUPING, GROUP_ID, properties of group windows; and what is not supported. */
#include "sql/bind_query.h"

/* ---- what stands where it may not ------------------------------------------------------------------------------ */

static tw_status subquery(tw_binder *binder, const tw_ast_expr *e) {
    static const char *const names[] = {"scalar sub-queries",
                                        "EXISTS",
                                        "IN (sub-query)",
                                        "comparisons with ANY (sub-query)",
                                        "comparisons with ALL (sub-query)",
                                        "ARRAY(sub-query)",
                                        "MULTISET(sub-query)",
                                        "MAP(sub-query)"};
    bool one = e->subquery.kind == TW_AST_SUBQUERY_EXISTS || e->subquery.kind == TW_AST_SUBQUERY_IN || e->subquery.kind >= TW_AST_SUBQUERY_ARRAY;
    return tw_fail_at(binder->error, TW_E_UNSUPPORTED, e->pos, "%s %s not supported yet", names[e->subquery.kind], one ? "is" : "are");
}

static bool is_grouping(tw_str name) {
    return tw_str_equal_nocase(name, TW_STR("GROUPING")) || tw_str_equal_nocase(name, TW_STR("GROUPING_ID")) ||
           tw_str_equal_nocase(name, TW_STR("GROUP_ID"));
}

static const tw_function *aggregate_function(const tw_ast_call *call) {
    const tw_function *function = call->path.count ? NULL : tw_function_find(call->name.text);
    return function && (function->flags & TW_FN_AGGREGATE) && !(function->flags & TW_FN_HIDDEN) ? function : NULL;
}

static tw_status illegal(const tw_binder *binder, tw_pos pos) {
    tw_fail_at(binder->error, TW_E_GROUPING, pos, "aggregate expression is illegal in %s clause", binder->clause ? binder->clause : "this");
    if (binder->clause && strcmp(binder->clause, "WHERE") == 0)
        tw_error_hint(binder->error, "conditions on aggregates stand in HAVING, behind GROUP BY");
    return TW_E_GROUPING;
}

/* Calls that no clause takes, wherever they stand. TW_END: not one of them. */
static tw_status refused(tw_binder *binder, const tw_ast_expr *e) {
    if (e->kind == TW_AST_SUBQUERY) return subquery(binder, e);
    if (e->kind != TW_AST_CALL) return TW_END;
    if (e->call.over) return tw_fail_at(binder->error, TW_E_UNSUPPORTED, e->call.over->pos, "OVER windows are not supported yet");
    if (tw_is_group_window(e))
        return tw_fail_at(binder->error, TW_E_INVALID, e->call.name.pos, "group window function %.*s may only be used in GROUP BY",
                          TW_STR_ARG(e->call.name.text));
    return TW_END;
}

tw_status tw_special_plain(void *context, tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    tw_status status = refused(binder, e);
    if (status != TW_END || e->kind != TW_AST_CALL) return status;
    bool special = !e->call.path.count && (is_grouping(e->call.name.text) || tw_is_window_property(e->call.name.text));
    return special || aggregate_function(&e->call) ? illegal(binder, e->pos) : TW_END;
}

/* ---- entries --------------------------------------------------------------------------------------------------- */

static bool same_exprs(const tw_expr *const *a, const tw_expr *const *b, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        if (!tw_expr_equal(a[i], b[i])) return false;
    return true;
}

static bool same_entry(const tw_entry *a, const tw_entry *b) {
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case TW_ENTRY_CALL:
        if (a->function != b->function || a->distinct != b->distinct || a->nargs != b->nargs || !a->filter != !b->filter) return false;
        return same_exprs(a->args, b->args, a->nargs) && (!a->filter || tw_expr_equal(a->filter, b->filter));
    case TW_ENTRY_GROUPING: return a->nkeys == b->nkeys && memcmp(a->keys, b->keys, sizeof *a->keys * (size_t)a->nkeys) == 0;
    case TW_ENTRY_PROPERTY: return a->property == b->property;
    default: return true;
    }
}

const tw_expr *tw_entry_placeholder(tw_select *select, const tw_entry *entry) {
    int32_t at = 0;
    while (at < select->nentries && !same_entry(&select->entries[at], entry)) at++;
    if (at == select->nentries) TW_LIST_PUSH(select->binder.arena, select->entries, select->nentries, *entry);
    tw_expr *placeholder = (tw_expr *)tw_expr_column(select->binder.arena, select->width + at, entry->type);
    placeholder->pos = entry->pos;
    return placeholder;
}

/* ---- aggregate calls ------------------------------------------------------------------------------------------- */

static tw_status check_form(tw_binder *binder, const tw_ast_expr *e, const tw_function *function) {
    const tw_ast_call *call = &e->call;
    bool count = strcmp(function->name, "COUNT") == 0;
    if (call->within.count)
        return tw_fail_at(binder->error, TW_E_UNSUPPORTED, call->within.at[0].expr->pos, "ORDER BY inside aggregate %s is not supported yet",
                          function->name);
    if (call->arg_names)
        return tw_fail_at(binder->error, TW_E_UNSUPPORTED, call->arg_names[0].pos, "named arguments are not supported for aggregate %s",
                          function->name);
    if (call->star && (!count || call->distinct))
        return tw_fail_at(binder->error, TW_E_SYNTAX, e->pos, call->distinct ? "COUNT(DISTINCT *) has no meaning" : "%s(*) has no meaning",
                          function->name);
    if (count && !call->star && !call->args.count)
        return tw_fail_at(binder->error, TW_E_UNDEFINED_FUNCTION, e->pos, "invalid number of arguments to function 'COUNT': 0 given");
    return TW_OK;
}

/* F IGNORE NULLS has an entry of its own where F alone respects them. */
static tw_status treat_nulls(tw_binder *binder, const tw_ast_expr *e, const tw_function **function) {
    if (e->call.nulls == TW_AST_NULL_TREATMENT_UNSAID) return TW_OK;
    const char *name = tw_arena_printf(binder->arena, "%s IGNORE NULLS", (*function)->name);
    const tw_function *ignoring = tw_function_find(tw_str_of(name));
    if (!ignoring)
        return tw_fail_at(binder->error, TW_E_UNSUPPORTED, e->pos, "%s NULLS is not supported for aggregate %s",
                          e->call.nulls == TW_AST_IGNORE_NULLS ? "IGNORE" : "RESPECT", (*function)->name);
    if (e->call.nulls == TW_AST_IGNORE_NULLS) *function = ignoring;
    return TW_OK;
}

/* The table's types allow for a group without rows or an empty FILTER. Otherwise these give NULL only for NULLs (and sums of decimals when they
 * overflow). */
static bool has_value(const tw_select *select, const tw_ast_call *call, const tw_function *function, const tw_expr *const *args) {
    static const char *const names[] = {"SUM", "AVG", "MIN", "MAX", "FIRST_VALUE", "LAST_VALUE"};
    if (select->may_be_empty || call->filter || call->args.count != 1 || args[0]->type->nullable) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(function->name, names[i]) == 0) return i >= 2 || args[0]->type->kind != TW_DECIMAL;
    return false;
}

static tw_status bind_arguments(tw_binder *binder, const tw_ast_call *call, const tw_expr **args, const tw_expr **filter) {
    for (int i = 0; i < call->args.count; i++) TW_TRY(tw_bind_expr(binder, call->args.at[i], &args[i]));
    binder->clause = "FILTER";
    return call->filter ? tw_bind_condition(binder, call->filter, filter) : TW_OK;
}

static tw_status bind_aggregate(tw_select *select, tw_binder *binder, const tw_ast_expr *e, const tw_function *function, const tw_expr **out) {
    if (select->phase == TW_PHASE_PLAIN) return illegal(binder, e->pos);
    if (select->phase == TW_PHASE_IN_AGGREGATE) return tw_fail_at(binder->error, TW_E_GROUPING, e->pos, "aggregate expressions cannot be nested");
    TW_TRY(check_form(binder, e, function));
    TW_TRY(treat_nulls(binder, e, &function));
    tw_entry entry = {.kind = TW_ENTRY_CALL, .pos = e->pos, .distinct = e->call.distinct, .text = tw_ast_text(binder->script, e->pos)};
    const tw_expr **args = TW_NEW_ARRAY(binder->arena, const tw_expr *, e->call.args.count + 1);
    tw_binder inner = *binder;
    inner.scope = &select->scope;
    select->phase = TW_PHASE_IN_AGGREGATE;
    tw_status status = bind_arguments(&inner, &e->call, args, &entry.filter);
    select->phase = TW_PHASE_GROUPED;
    TW_TRY(status);
    bool not_null = has_value(select, &e->call, function, args);
    tw_bind bind = {.arena = binder->arena,
                    .function = function,
                    .pos = e->pos,
                    .nargs = e->call.args.count,
                    .args = args,
                    .session = binder->session,
                    .error = binder->error};
    const tw_expr *call;
    TW_TRY(tw_function_call(&bind, &call));
    entry.function = call->function;
    entry.args = call->args;
    entry.nargs = call->nargs;
    entry.type = tw_type_with_time(binder->arena, call->type, TW_NOT_TIME);
    if (not_null) entry.type = tw_type_nullable(binder->arena, entry.type, false);
    *out = tw_entry_placeholder(select, &entry);
    return TW_OK;
}

/* ---- GROUPING, GROUPING_ID, GROUP_ID --------------------------------------------------------------------------- */

static tw_status grouping_key(tw_select *select, tw_binder *binder, const tw_ast_expr *arg, int32_t *key) {
    const tw_expr *bound;
    TW_TRY(tw_bind_expr(binder, arg, &bound));
    *key = tw_exprs_find(&select->grouped, bound);
    return *key >= 0 ? TW_OK : tw_fail_at(binder->error, TW_E_GROUPING, arg->pos, "argument to GROUPING operator must be a grouped expression");
}

static tw_status bind_grouping(tw_select *select, tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    const tw_ast_call *call = &e->call;
    bool group_id = tw_str_equal_nocase(call->name.text, TW_STR("GROUP_ID"));
    tw_entry entry = {.kind = group_id ? TW_ENTRY_GROUP_ID : TW_ENTRY_GROUPING, .pos = e->pos};
    if (select->phase == TW_PHASE_PLAIN) return illegal(binder, e->pos);
    if (select->phase == TW_PHASE_IN_AGGREGATE) return tw_fail_at(binder->error, TW_E_GROUPING, e->pos, "aggregate expressions cannot be nested");
    if (!select->ast->grouped)
        return tw_fail_at(binder->error, TW_E_GROUPING, e->pos, "%s operator may only occur in an aggregate query",
                          group_id ? "GROUP_ID" : "GROUPING");
    if (group_id ? call->args.count > 0 : (call->args.count < 1 || call->args.count > 63))
        return tw_fail_at(binder->error, TW_E_UNDEFINED_FUNCTION, e->pos, "invalid number of arguments to function '%.*s': %d given",
                          TW_STR_ARG(call->name.text), call->args.count);
    int32_t *keys = TW_NEW_ARRAY(binder->arena, int32_t, call->args.count + 1);
    for (int i = 0; i < call->args.count; i++) TW_TRY(grouping_key(select, binder, call->args.at[i], &keys[i]));
    entry.keys = keys;
    entry.nkeys = call->args.count;
    entry.type = tw_type_nullable(binder->arena, &TW_TYPE_BIGINT, false);
    *out = tw_entry_placeholder(select, &entry);
    return TW_OK;
}

/* ---- the hook -------------------------------------------------------------------------------------------------- */

tw_status tw_special_of_select(void *context, tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    tw_select *select = context;
    tw_status status = refused(binder, e);
    if (status != TW_END || e->kind != TW_AST_CALL || e->call.path.count) return status;
    if (is_grouping(e->call.name.text)) return bind_grouping(select, binder, e, out);
    if (tw_is_window_property(e->call.name.text)) return tw_bind_window_property(select, binder, e, out);
    const tw_function *function = aggregate_function(&e->call);
    return function ? bind_aggregate(select, binder, e, function, out) : TW_END;
}
