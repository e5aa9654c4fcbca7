/* Calls of functions by name: look-up, the tails that only aggregates take, arguments, and the function table's own binding. */
#include <stdio.h>

#include "sql/bind_parts.h"
#include "sql/bind_query.h"

/* The type without time attributes, also inside. */
static const tw_type *plain(tw_arena *arena, const tw_type *type) {
    bool same = true;
    tw_field *fields = type->nfields ? TW_NEW_ARRAY(arena, tw_field, type->nfields) : NULL;
    for (int32_t i = 0; i < type->nfields; i++) {
        fields[i] = (tw_field){type->fields[i].name, plain(arena, type->fields[i].type)};
        same &= fields[i].type == type->fields[i].type;
    }
    if (same) return tw_type_with_time(arena, type, TW_NOT_TIME);
    tw_type *copy = tw_arena_memdup(arena, type, sizeof *type);
    copy->fields = fields;
    copy->time = TW_NOT_TIME;
    return copy;
}

static tw_status call_function(tw_binder *binder, const tw_function *function, tw_pos pos, const tw_expr *const *args, int32_t nargs,
                               const tw_type *cast, const tw_expr **out) {
    const tw_expr **own = TW_NEW_ARRAY(binder->arena, const tw_expr *, nargs + 1); /* `bind` replaces entries */
    for (int32_t i = 0; i < nargs; i++) own[i] = args[i];
    tw_bind bind = {.arena = binder->arena,
                    .function = function,
                    .pos = pos,
                    .nargs = nargs,
                    .args = own,
                    .cast_type = cast,
                    .session = binder->session,
                    .error = binder->error};
    const tw_expr *call;
    TW_TRY(tw_function_call(&bind, &call));
    if (!(function->flags & TW_FN_QUERY_TIME)) ((tw_expr *)call)->type = plain(binder->arena, call->type);
    *out = call;
    if (binder->unfolded) return TW_OK;
    call = tw_fold_args(binder->arena, binder->mem, binder->session, call);
    *out = tw_fold_call(binder->arena, binder->mem, binder->session, call);
    return TW_OK;
}

tw_status tw_bind_function(tw_binder *binder, const char *name, tw_pos pos, const tw_expr *const *args, int32_t nargs, const tw_type *cast,
                           const tw_expr **out) {
    const tw_function *function = tw_function_find(tw_str_of(name));
    TW_ASSERT(function);
    return call_function(binder, function, pos, args, nargs, cast, out);
}

/* Functions of the dialect that live in clauses of their own; when they come here it is the wrong place. */
static const char *wrong_place(tw_str name) {
    static const char *const windows[] = {"TUMBLE", "HOP", "SESSION", "CUMULATE"};
    static const char *const tails[] = {"", "_START", "_END", "_ROWTIME", "_PROCTIME"};
    static const char *const ranks[] = {"ROW_NUMBER", "RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST", "NTILE", "LAG", "LEAD"};
    static const char *const sets[] = {"GROUPING", "GROUPING_ID"};
    char text[40];
    for (int w = 0; w < 4; w++)
        for (int t = 0; t < 5; t++) {
            snprintf(text, sizeof text, "%s%s", windows[w], tails[t]);
            if (tw_str_equal_nocase(name, tw_str_of(text))) return t ? "a group window's property" : "a group window";
        }
    for (int r = 0; r < 8; r++)
        if (tw_str_equal_nocase(name, tw_str_of(ranks[r]))) return "a window function";
    for (int s = 0; s < 2; s++)
        if (tw_str_equal_nocase(name, tw_str_of(sets[s]))) return "a function of grouping sets";
    return NULL;
}

/* Functions that Flink has. */
static bool is_missing(tw_str name) {
    static const char *const names[] = {"APPROX_COUNT_DISTINCT",
                                        "BITMAP_AND",
                                        "BITMAP_ANDNOT",
                                        "BITMAP_AND_AGG",
                                        "BITMAP_BUILD",
                                        "BITMAP_BUILD_AGG",
                                        "BITMAP_CARDINALITY",
                                        "BITMAP_FROM_BYTES",
                                        "BITMAP_OR",
                                        "BITMAP_OR_AGG",
                                        "BITMAP_BUILD_CARDINALITY_AGG",
                                        "BITMAP_TO_ARRAY",
                                        "BITMAP_TO_BYTES",
                                        "BITMAP_TO_STRING",
                                        "BITMAP_XOR",
                                        "IS_VALID_UTF8",
                                        "MAKE_VALID_UTF8",
                                        "OBJECT_OF",
                                        "OBJECT_UPDATE",
                                        "PARSE_JSON",
                                        "PERCENTILE",
                                        "TRY_PARSE_JSON"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (tw_str_equal_nocase(name, tw_str_of(names[i]))) return true;
    return false;
}

static tw_status undefined(tw_binder *binder, const tw_ast_call *call) {
    tw_str name = call->name.text;
    const char *what = call->path.count ? NULL : wrong_place(name);
    if (what)
        return tw_fail_at(binder->error, TW_E_INVALID, call->name.pos, "'%.*s' is %s and is not allowed in %s", TW_STR_ARG(name), what,
                          tw_bind_clause(binder));
    if (!call->path.count && is_missing(name))
        return tw_fail_at(binder->error, TW_E_UNSUPPORTED, call->name.pos, "function '%.*s' is not supported yet", TW_STR_ARG(name));
    tw_fail_at(binder->error, TW_E_UNDEFINED_FUNCTION, call->name.pos, "function '%.*s' does not exist", (int)(name.length < 100 ? name.length : 100),
               name.data);
    const char *near = tw_function_nearest(name);
    if (near) tw_error_hint(binder->error, "did you mean %s?", near);
    return TW_E_UNDEFINED_FUNCTION;
}

/* A function that may be called so; operators have names that no script can spell by accident. */
static const tw_function *find_function(const tw_ast_call *call) {
    if (call->path.count) return NULL;
    const tw_function *function = tw_function_find(call->name.text);
    if (!function || call->operator_syntax) return function;
    bool word = (function->name[0] >= 'A' && function->name[0] <= 'Z') && !strchr(function->name, ' ');
    return word && !(function->flags & TW_FN_HIDDEN) ? function : NULL;
}

/* The first thing said of the call that only an aggregate or window function takes. */
static const char *aggregate_only(const tw_ast_call *call) {
    if (call->over) return "OVER";
    if (call->star) return "an argument *";
    if (call->distinct) return "DISTINCT";
    if (call->filter) return "FILTER";
    if (call->within.count) return "ORDER BY";
    if (call->nulls != TW_AST_NULL_TREATMENT_UNSAID) return call->nulls == TW_AST_IGNORE_NULLS ? "IGNORE NULLS" : "RESPECT NULLS";
    return call->running == 1 ? "RUNNING" : call->running == 2 ? "FINAL" : NULL;
}

static tw_status check_call(tw_binder *binder, const tw_ast_expr *e, const tw_function *function) {
    const tw_ast_call *call = &e->call;
    if (function->flags & TW_FN_AGGREGATE) {
        tw_fail_at(binder->error, TW_E_GROUPING, e->pos, "%s functions are not allowed in %s", call->over ? "window" : "aggregate",
                   tw_bind_clause(binder));
        if (!call->over && binder->clause && strcmp(binder->clause, "WHERE") == 0)
            tw_error_hint(binder->error, "conditions on aggregates stand in HAVING");
        return TW_E_GROUPING;
    }
    const char *only = aggregate_only(call);
    if (only) return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "'%s' is no aggregate function and does not take %s", function->name, only);
    if (!call->arg_names) return TW_OK;
    tw_fail_at(binder->error, TW_E_UNSUPPORTED, call->arg_names[0].pos, "function '%s' does not take named arguments", function->name);
    tw_error_hint(binder->error, "%s", function->usage);
    return TW_E_UNSUPPORTED;
}

static tw_status bind_argument(tw_binder *binder, const tw_function *function, const tw_ast_expr *arg, const tw_expr **out) {
    if (arg->kind == TW_AST_DEFAULT)
        return tw_fail_at(binder->error, TW_E_INVALID, arg->pos, "function '%s' has no argument with a default", function->name);
    if (arg->kind == TW_AST_TABLE_ARG)
        return tw_fail_at(binder->error, TW_E_INVALID, arg->pos, "function '%s' does not take a table", function->name);
    return tw_bind_expr(binder, arg, out);
}

tw_status tw_bind_call_node(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    const tw_ast_call *call = &e->call;
    tw_status status = call->operator_syntax ? tw_bind_operator_node(binder, e, out) : TW_END;
    if (status != TW_END) return status;
    const tw_function *function = find_function(call);
    if (!function) return undefined(binder, call);
    TW_TRY(check_call(binder, e, function));
    const tw_expr **args = TW_NEW_ARRAY(binder->arena, const tw_expr *, call->args.count + 1);
    for (int i = 0; i < call->args.count; i++) TW_TRY(bind_argument(binder, function, call->args.at[i], &args[i]));
    tw_pos pos = call->name.pos.line ? call->name.pos : e->pos;
    if ((function->flags & TW_FN_WATERMARK) && call->args.count == 1 && args[0]->type->time != TW_ROWTIME)
        return tw_hint_time(binder, tw_fail_at(binder->error, TW_E_TYPE, call->args.at[0]->pos, "%s takes a time attribute, but it is %s",
                                               function->name, tw_type_text(binder->arena, args[0]->type)));
    return call_function(binder, function, pos, args, call->args.count, call->returning ? call->returning->type : NULL, out);
}
