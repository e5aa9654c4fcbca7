/* Window table functions over a table, with arguments by position or by name: TUMBLE, HOP, CUMULATE and SESSION; and COUNT_WINDOW and GLOBAL_WINDOW,
 * which are additions to Flink's. */
#include "sql/bind_query.h"

enum { DATA, TIMECOL, STEP, SIZE, LAST, PARAMETERS };

typedef struct window_tvf {
    const char *name;
    tw_window_kind kind;
    const char *names[PARAMETERS]; /* what its parameters are called, NULL: it has none such; the one behind the size may be left out */
    bool set_semantics;            /* takes PARTITION BY */
    const char *usage;
} window_tvf;

static const window_tvf FUNCTIONS[] = {
    {"TUMBLE", TW_WINDOW_TUMBLE, {"DATA", "TIMECOL", NULL, "SIZE", "OFFSET"}, false, "TUMBLE(DATA, TIMECOL, SIZE [, OFFSET])"},
    {"HOP", TW_WINDOW_HOP, {"DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"}, false, "HOP(DATA, TIMECOL, SLIDE, SIZE [, OFFSET])"},
    {"CUMULATE", TW_WINDOW_CUMULATE, {"DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"}, false, "CUMULATE(DATA, TIMECOL, STEP, SIZE [, OFFSET])"},
    {"SESSION", TW_WINDOW_SESSION, {"DATA", "TIMECOL", NULL, "GAP", NULL}, true, "SESSION(DATA, TIMECOL, GAP)"},
    {"COUNT_WINDOW", TW_WINDOW_COUNT, {"DATA", NULL, NULL, "SIZE", "SLIDE"}, true, "COUNT_WINDOW(DATA, SIZE [, SLIDE])"},
    {"GLOBAL_WINDOW", TW_WINDOW_GLOBAL, {"DATA", NULL, NULL, NULL, NULL}, true, "GLOBAL_WINDOW(DATA)"},
};

static const window_tvf *find_tvf(tw_str name) {
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++)
        if (tw_str_equal_nocase(name, tw_str_of(FUNCTIONS[i].name))) return &FUNCTIONS[i];
    return NULL;
}

bool tw_is_window_tvf(tw_str name) { return find_tvf(name) != NULL; }

/* ---- arguments ------------------------------------------------------------------------------------------------- */

static tw_status bad_arguments(tw_binder *binder, const window_tvf *tvf, tw_pos pos) {
    tw_status status = tw_fail_at(binder->error, TW_E_UNDEFINED_FUNCTION, pos, "wrong arguments for window function %s", tvf->name);
    tw_error_detail(binder->error, "Supported form(s): %s", tvf->usage);
    return status;
}

static tw_status positional(tw_binder *binder, const window_tvf *tvf, const tw_ast_expr *e, const tw_ast_expr **given) {
    int parameter = 0;
    for (int i = 0; i < e->call.args.count; i++, parameter++) {
        while (parameter < PARAMETERS && !tvf->names[parameter]) parameter++;
        if (parameter == PARAMETERS) return bad_arguments(binder, tvf, e->pos);
        given[parameter] = e->call.args.at[i];
    }
    return TW_OK;
}

static tw_status bad_name(tw_binder *binder, const window_tvf *tvf, const tw_ast_name *name, bool unknown) {
    tw_status status = tw_fail_at(binder->error, TW_E_UNDEFINED_FUNCTION, name->pos, "%s '%.*s' of window function %s",
                                  unknown ? "unknown parameter" : "repeated parameter", TW_STR_ARG(name->text), tvf->name);
    tw_error_detail(binder->error, "Supported form(s): %s", tvf->usage);
    const char *names[PARAMETERS];
    int n = 0;
    for (int p = 0; p < PARAMETERS; p++)
        if (tvf->names[p]) names[n++] = tvf->names[p];
    const char *near = unknown ? tw_str_nearest(name->text, names, n) : NULL;
    if (near) tw_error_hint(binder->error, "did you mean %s?", near);
    return status;
}

static tw_status named(tw_binder *binder, const window_tvf *tvf, const tw_ast_expr *e, const tw_ast_expr **given) {
    for (int i = 0; i < e->call.args.count; i++) {
        const tw_ast_name *name = &e->call.arg_names[i];
        int parameter = 0;
        for (; parameter < PARAMETERS; parameter++) {
            const char *candidate = tvf->names[parameter];
            if (candidate && tw_str_equal_nocase(name->text, tw_str_of(candidate))) break;
        }
        if (parameter == PARAMETERS || given[parameter]) return bad_name(binder, tvf, name, parameter == PARAMETERS);
        given[parameter] = e->call.args.at[i];
    }
    return TW_OK;
}

static tw_status arguments(tw_binder *binder, const window_tvf *tvf, const tw_ast_expr *e, const tw_ast_expr **given) {
    TW_TRY(e->call.arg_names ? named(binder, tvf, e, given) : positional(binder, tvf, e, given));
    for (int p = 0; p < PARAMETERS; p++)
        if (given[p] && given[p]->kind == TW_AST_DEFAULT) given[p] = NULL;
    for (int p = 0; p < LAST; p++) {
        if (given[p] || !tvf->names[p]) continue;
        tw_status status = bad_arguments(binder, tvf, e->pos);
        tw_error_hint(binder->error, "%s is missing", tvf->names[p]);
        return status;
    }
    return TW_OK;
}

/* ---- the input ------------------------------------------------------------------------------------------------- */

static const tw_ast_query *data_query(const tw_ast_expr *data) {
    if (data->kind == TW_AST_TABLE_ARG) return data->table_arg.query;
    return data->kind == TW_AST_SUBQUERY && data->subquery.kind == TW_AST_SUBQUERY_SCALAR ? data->subquery.query : NULL;
}

static tw_status check_data(tw_binder *binder, const window_tvf *tvf, const tw_ast_expr *data) {
    if (data->kind != TW_AST_TABLE_ARG && !data_query(data))
        return tw_fail_at(binder->error, TW_E_INVALID, data->pos,
                          "the first argument of window function %s must be a table: TABLE name, or a query in parentheses", tvf->name);
    if (data->kind != TW_AST_TABLE_ARG) return TW_OK;
    if (data->table_arg.order.count)
        return tw_fail_at(binder->error, TW_E_UNSUPPORTED, data->table_arg.order.at[0].expr->pos, "ORDER BY in a table argument is not supported");
    if (data->table_arg.partition.count && !tvf->set_semantics)
        return tw_fail_at(binder->error, TW_E_INVALID, data->table_arg.partition.at[0]->pos,
                          "only tables with set semantics may be partitioned: invalid PARTITION BY clause of window function %s", tvf->name);
    return TW_OK;
}

static tw_status bind_data(tw_binder *binder, const window_tvf *tvf, const tw_ast_expr *data, const tw_rel **out, tw_scope *scope) {
    TW_TRY(check_data(binder, tvf, data));
    tw_scope_table *table = TW_NEW(binder->arena, tw_scope_table);
    const tw_ast_query *query = data_query(data);
    if (query) {
        TW_TRY(tw_bind_inner_query(binder, query, false, out));
    } else {
        const tw_ast_names *name = &data->table_arg.table;
        TW_TRY(tw_bind_table(binder, name, NULL, data->pos, NULL, out));
        table->alias = name->at[name->count - 1].text;
    }
    table->row = (*out)->row;
    *scope = (tw_scope){.tables = table, .ntables = 1};
    return TW_OK;
}

/* A plain column of the input. */
static tw_status bind_column(tw_binder *binder, const tw_ast_expr *e, const char *what, int32_t *column) {
    const tw_expr *bound = NULL;
    if (e->kind == TW_AST_COLUMN) TW_TRY(tw_bind_column(binder, e, &bound));
    if (!bound || bound->kind != TW_EXPR_COLUMN) return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "%s must be a column of the table", what);
    *column = bound->column;
    return TW_OK;
}

static bool is_descriptor(const tw_ast_expr *e) {
    return e->kind == TW_AST_CALL && e->call.path.count == 0 && tw_str_equal_nocase(e->call.name.text, TW_STR("DESCRIPTOR"));
}

tw_status tw_hint_time(tw_binder *binder, tw_status status) {
    tw_error_hint(binder->error, "a table's time attribute is the column of its WATERMARK FOR ... AS ..., or one that is computed AS PROCTIME()");
    return status;
}

static tw_status bind_time(tw_binder *binder, const window_tvf *tvf, const tw_ast_expr *timecol, const tw_type *row, tw_window *window) {
    if (!is_descriptor(timecol) || timecol->call.args.count != 1)
        return tw_fail_at(binder->error, TW_E_INVALID, timecol->pos, "the time column of window function %s must be given as DESCRIPTOR(column)",
                          tvf->name);
    const tw_ast_expr *name = timecol->call.args.at[0];
    TW_TRY(bind_column(binder, name, "DESCRIPTOR", &window->time_column));
    const tw_type *type = row->fields[window->time_column].type;
    if (!tw_kind_is_timestamp(type->kind) || type->time == TW_NOT_TIME)
        return tw_hint_time(binder, tw_fail_at(binder->error, TW_E_TYPE, name->pos,
                                               "the window function requires the timecol to be a time attribute, but it is %s",
                                               tw_type_text(binder->arena, type)));
    window->proctime = type->time == TW_PROCTIME;
    window->local_time = type->kind == TW_TIMESTAMP_LTZ;
    return TW_OK;
}

static tw_status bind_partition(tw_binder *binder, const tw_ast_exprs *partition, tw_window *window) {
    int32_t *columns = TW_NEW_ARRAY(binder->arena, int32_t, partition->count + 1);
    for (int i = 0; i < partition->count; i++) TW_TRY(bind_column(binder, partition->at[i], "PARTITION BY", &columns[i]));
    window->partition = columns;
    window->npartition = partition->count;
    return TW_OK;
}

/* ---- sizes ----------------------------------------------------------------------------------------------------- */

static tw_status positive(tw_binder *binder, const window_tvf *tvf, const tw_ast_expr *e, const char *what, int64_t *ms) {
    TW_TRY(tw_bind_interval_ms(binder, e, true, ms));
    if (*ms > 0) return TW_OK;
    return tw_fail_at(binder->error, TW_E_INVALID, e->pos, "%s window requires its %s to be positive, but got %lld ms", tvf->name, what,
                      (long long)*ms);
}

static tw_status bind_sizes(tw_binder *binder, const window_tvf *tvf, const tw_ast_expr *const *given, tw_window *window) {
    bool session = tvf->kind == TW_WINDOW_SESSION;
    if (tvf->kind == TW_WINDOW_GLOBAL) return TW_OK;
    if (tvf->kind == TW_WINDOW_COUNT) {
        TW_TRY(tw_bind_rows(binder, given[SIZE], "COUNT_WINDOW's SIZE", &window->size_ms));
        return given[LAST] ? tw_bind_rows(binder, given[LAST], "COUNT_WINDOW's SLIDE", &window->step_ms) : TW_OK;
    }
    TW_TRY(positive(binder, tvf, given[SIZE], session ? "gap" : "size", session ? &window->gap_ms : &window->size_ms));
    if (tvf->names[STEP]) TW_TRY(positive(binder, tvf, given[STEP], tvf->kind == TW_WINDOW_HOP ? "slide" : "step", &window->step_ms));
    if (given[LAST]) TW_TRY(tw_bind_interval_ms(binder, given[LAST], true, &window->offset_ms));
    if (tvf->kind == TW_WINDOW_CUMULATE && window->size_ms % window->step_ms)
        return tw_fail_at(binder->error, TW_E_INVALID, given[SIZE]->pos,
                          "CUMULATE window requires its size to be an integral multiple of its step, but got size %lld ms and step %lld ms",
                          (long long)window->size_ms, (long long)window->step_ms);
    return TW_OK;
}

/* ---- the row --------------------------------------------------------------------------------------------------- */

/* The input's columns, then window_start, window_end, window_time; or window_id; or nothing. */
static const tw_type *window_row(tw_arena *arena, const tw_type *input, const tw_window *window) {
    int32_t n = input->nfields;
    if (window->kind == TW_WINDOW_GLOBAL) return input;
    tw_field *fields = TW_NEW_ARRAY(arena, tw_field, n + 3);
    memcpy(fields, input->fields, sizeof *fields * (size_t)n);
    if (window->kind == TW_WINDOW_COUNT) {
        fields[n] = (tw_field){TW_STR("window_id"), tw_type_nullable(arena, &TW_TYPE_BIGINT, false)};
        return tw_type_row(arena, fields, n + 1);
    }
    const tw_type *bound = tw_type_nullable(arena, &TW_TYPE_TIMESTAMP_3, false);
    fields[n] = (tw_field){TW_STR("window_start"), bound};
    fields[n + 1] = (tw_field){TW_STR("window_end"), bound};
    fields[n + 2] = (tw_field){TW_STR("window_time"), tw_type_nullable(arena, input->fields[window->time_column].type, false)};
    return tw_type_row(arena, fields, n + 3);
}

tw_status tw_bind_window_tvf(tw_binder *binder, const tw_ast_expr *e, const tw_rel **out) {
    const window_tvf *tvf = find_tvf(e->call.name.text);
    const tw_ast_expr *given[PARAMETERS] = {0};
    tw_window window = {.kind = tvf->kind, .time_column = -1, .start_column = -1, .end_column = -1};
    TW_TRY(arguments(binder, tvf, e, given));
    const tw_rel *input;
    tw_scope scope;
    TW_TRY(bind_data(binder, tvf, given[DATA], &input, &scope));
    tw_binder inner = *binder;
    inner.special = tw_special_plain;
    inner.special_context = NULL;
    inner.clause = "a window function";
    inner.scope = &scope;
    if (given[TIMECOL]) TW_TRY(bind_time(&inner, tvf, given[TIMECOL], input->row, &window));
    if (given[DATA]->kind == TW_AST_TABLE_ARG) TW_TRY(bind_partition(&inner, &given[DATA]->table_arg.partition, &window));
    inner.scope = NULL;
    TW_TRY(bind_sizes(&inner, tvf, given, &window));
    tw_rel *rel = tw_rel_new(binder->arena, TW_REL_WINDOW, window_row(binder->arena, input->row, &window), &input, 1, e->pos);
    rel->u.window = window;
    *out = rel;
    return TW_OK;
}
