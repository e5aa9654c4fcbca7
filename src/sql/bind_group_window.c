/* Group windows, the older form: GROUP BY TUMBLE(ts, size), HOP(ts, slide, size), SESSION(ts, gap), and in items and HAVING their
 * properties, TUMBLE_START(ts, size) and so on, whose arguments must be those of the window. */
#include "sql/bind_query.h"

typedef struct group_window {
    const char *name;
    tw_window_kind kind;
    int nargs; /* the time and the intervals */
    const char *usage;
} group_window;

static const group_window WINDOWS[] = {
    {"TUMBLE", TW_WINDOW_TUMBLE, 2, "TUMBLE(time_attr, size)"},
    {"HOP", TW_WINDOW_HOP, 3, "HOP(time_attr, slide, size)"},
    {"SESSION", TW_WINDOW_SESSION, 2, "SESSION(time_attr, gap)"},
};
enum { NWINDOWS = sizeof WINDOWS / sizeof *WINDOWS };

static const char *const PROPERTIES[] = {
    [TW_WINDOW_START] = "_START", [TW_WINDOW_END] = "_END", [TW_WINDOW_ROWTIME] = "_ROWTIME", [TW_WINDOW_PROCTIME] = "_PROCTIME"};

static const group_window *find_window(tw_str name) {
    for (int i = 0; i < NWINDOWS; i++)
        if (tw_str_equal_nocase(name, tw_str_of(WINDOWS[i].name))) return &WINDOWS[i];
    return NULL;
}

static const group_window *find_property(tw_str name, tw_window_property *property) {
    for (int i = 0; i < NWINDOWS; i++) {
        size_t n = strlen(WINDOWS[i].name);
        if (name.length <= n || !tw_str_equal_nocase((tw_str){name.data, n}, tw_str_of(WINDOWS[i].name))) continue;
        for (int p = TW_WINDOW_START; p <= TW_WINDOW_PROCTIME; p++) {
            *property = (tw_window_property)p;
            if (tw_str_equal_nocase((tw_str){name.data + n, name.length - n}, tw_str_of(PROPERTIES[p]))) return &WINDOWS[i];
        }
    }
    return NULL;
}

bool tw_is_group_window(const tw_ast_expr *e) {
    return e->kind == TW_AST_CALL && !e->call.path.count && !e->call.operator_syntax && find_window(e->call.name.text) != NULL;
}

bool tw_is_window_property(tw_str name) {
    tw_window_property property;
    return find_property(name, &property) != NULL;
}

/* ---- arguments ------------------------------------------------------------------------------------------------- */

static tw_status interval(tw_binder *binder, const tw_ast_expr *e, int64_t *ms) {
    TW_TRY(tw_bind_interval_ms(binder, e, true, ms));
    if (*ms > 0) return TW_OK;
    return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "the size of a group window must be positive, but got %lld ms", (long long)*ms);
}

/* The time and sizes in a call of the window or of one of its properties. */
static tw_status bind_arguments(tw_binder *binder, const tw_ast_expr *e, const group_window *w, tw_group_window *out) {
    const tw_ast_exprs *args = &e->call.args;
    if (args->count == w->nargs + 1 && w->kind != TW_WINDOW_SESSION)
        return tw_fail_at(binder->error, TW_E_UNSUPPORTED, args->at[w->nargs]->pos, "%s window with alignment is not supported yet", w->name);
    if (args->count != w->nargs || e->call.arg_names) {
        tw_status status = tw_fail_at(binder->error, TW_E_UNDEFINED_FUNCTION, e->pos, "invalid number of arguments to function '%.*s': %d given",
                                      TW_STR_ARG(e->call.name.text), args->count);
        tw_error_detail(binder->error, "Supported form(s): %s", w->usage);
        return status;
    }
    *out = (tw_group_window){.given = true, .name = w->name, .window = {.kind = w->kind, .start_column = -1, .end_column = -1}};
    TW_TRY(tw_bind_expr(binder, args->at[0], &out->time));
    tw_window *window = &out->window;
    TW_TRY(interval(binder, args->at[w->nargs - 1], w->kind == TW_WINDOW_SESSION ? &window->gap_ms : &window->size_ms));
    if (w->kind == TW_WINDOW_HOP) TW_TRY(interval(binder, args->at[1], &window->step_ms));
    return TW_OK;
}

tw_status tw_bind_group_window(tw_select *select, const tw_ast_expr *e) {
    tw_binder *binder = &select->binder;
    if (select->window.given) return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "only a single window group function may be used in GROUP BY");
    TW_TRY(bind_arguments(binder, e, find_window(e->call.name.text), &select->window));
    const tw_type *type = select->window.time->type;
    if (!tw_kind_is_timestamp(type->kind) || type->time == TW_NOT_TIME)
        return tw_hint_time(binder, tw_fail_at(binder->error, TW_E_TYPE, e->call.args.at[0]->pos,
                                               "window aggregate can only be defined over a time attribute column, but %s encountered",
                                               tw_type_text(binder->arena, type)));
    select->window.window.proctime = type->time == TW_PROCTIME;
    select->window.window.local_time = type->kind == TW_TIMESTAMP_LTZ;
    return TW_OK;
}

/* ---- properties ------------------------------------------------------------------------------------------------ */

static bool same_window(const tw_group_window *a, const tw_group_window *b) {
    const tw_window *x = &a->window, *y = &b->window;
    return a->given && x->kind == y->kind && x->size_ms == y->size_ms && x->step_ms == y->step_ms && x->gap_ms == y->gap_ms &&
           tw_expr_equal(a->time, b->time);
}

static tw_status check_attribute(tw_select *select, const tw_ast_expr *e, tw_window_property property) {
    if (property != TW_WINDOW_ROWTIME || !select->window.window.proctime) return TW_OK;
    return tw_fail_at(select->binder.error, TW_E_INVALID, e->pos, "a proctime window cannot provide a rowtime attribute");
}

static const tw_type *property_type(tw_arena *arena, const tw_type *time, tw_window_property property) {
    bool bound = property == TW_WINDOW_START || property == TW_WINDOW_END;
    return tw_type_nullable(arena, bound ? &TW_TYPE_TIMESTAMP_3 : time, false);
}

/* TUMBLE_PROCTIME of a rowtime window is NULL, as in Flink. */
static tw_status no_proctime(tw_binder *binder, const tw_expr **out) {
    tw_value null = tw_value_null(&TW_TYPE_LTZ_3);
    *out = tw_expr_literal(binder->arena, &null);
    return TW_OK;
}

tw_status tw_bind_window_property(tw_select *select, tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    tw_window_property property;
    const group_window *w = find_property(e->call.name.text, &property);
    tw_group_window asked;
    tw_binder inner = *binder;
    inner.scope = &select->scope;
    if (select->phase == TW_PHASE_IN_AGGREGATE) return tw_fail_at(binder->error, TW_E_GROUPING, e->pos, "aggregate expressions cannot be nested");
    TW_TRY(bind_arguments(&inner, e, w, &asked));
    if (select->phase != TW_PHASE_GROUPED || !same_window(&select->window, &asked))
        return tw_fail_at(binder->error, TW_E_GROUPING, e->pos,
                          "call to auxiliary group function '%.*s' must have matching call to group function '%s' in GROUP BY clause",
                          TW_STR_ARG(e->call.name.text), w->name);
    TW_TRY(check_attribute(select, e, property));
    if (property == TW_WINDOW_PROCTIME && !select->window.window.proctime) return no_proctime(binder, out);
    tw_entry entry = {
        .kind = TW_ENTRY_PROPERTY, .pos = e->pos, .property = property, .type = property_type(binder->arena, select->window.time->type, property)};
    *out = tw_entry_placeholder(select, &entry);
    return TW_OK;
}
