#include "sql/physical.h"

#include "sql/bind.h"

/* --- nodes --- */

tw_plan_node *tw_physical_node(tw_physical *p, tw_plan_kind kind, const tw_type *row, tw_plan_node *const *inputs, int ninputs, tw_pos pos) {
    tw_plan_node *n = TW_NEW(p->arena, tw_plan_node);
    *n = (tw_plan_node){.kind = kind, .row = row, .ninputs = ninputs, .changelog = TW_APPEND, .state = "none", .state_bounded = true, .pos = pos};
    if (ninputs) n->inputs = tw_arena_memdup(p->arena, inputs, sizeof *inputs * (size_t)ninputs);
    for (int i = 0; i < ninputs; i++) {
        if (inputs[i]->changelog > n->changelog) n->changelog = inputs[i]->changelog;
        n->processing_time |= inputs[i]->processing_time;
    }
    return n;
}

static bool same_columns(const int32_t *a, int32_t na, const int32_t *b, int32_t nb) {
    return na == nb && (na == 0 || memcmp(a, b, sizeof *a * (size_t)na) == 0);
}

tw_made tw_physical_exchange(tw_physical *p, tw_made in, const int32_t *keys, int32_t nkeys) {
    if (in.spread == TW_SPREAD_SINGLE) return in;
    if (nkeys && in.spread == TW_SPREAD_HASH && same_columns(in.keys, in.nkeys, keys, nkeys)) return in;
    tw_plan_node *n = tw_physical_node(p, TW_PLAN_EXCHANGE, in.node->row, &in.node, 1, in.node->pos);
    n->u.exchange = (tw_plan_exchange){.kind = nkeys ? TW_EXCHANGE_HASH : TW_EXCHANGE_SINGLE, .keys = keys, .nkeys = nkeys};
    n->upsert_key = in.node->upsert_key;
    n->nupsert_key = in.node->nupsert_key;
    return (tw_made){.node = n, .spread = nkeys ? TW_SPREAD_HASH : TW_SPREAD_SINGLE, .keys = keys, .nkeys = nkeys};
}

/* Where each of `columns` of the input is in the output; NULL when one is not there. */
static const int32_t *map_columns(tw_physical *p, const int32_t *columns, int32_t n, const tw_expr *const *exprs, int32_t nexprs) {
    int32_t *out = TW_NEW_ARRAY(p->arena, int32_t, n + 1);
    for (int32_t i = 0; i < n; i++) {
        int32_t at = 0;
        while (at < nexprs && !(exprs[at]->kind == TW_EXPR_COLUMN && exprs[at]->column == columns[i])) at++;
        if (at == nexprs) return NULL;
        out[i] = at;
    }
    return out;
}

static bool calls_flagged(const tw_expr *e, uint32_t flags) {
    if (e->kind == TW_EXPR_CALL && e->function->flags & flags) return true;
    for (int i = 0; i < e->nargs; i++)
        if (calls_flagged(e->args[i], flags)) return true;
    return false;
}

tw_made tw_physical_calc(tw_physical *p, tw_made in, const tw_expr *filter, const tw_expr *const *exprs, const tw_type *row, tw_pos pos) {
    tw_plan_node *n = tw_physical_node(p, TW_PLAN_CALC, row, &in.node, 1, pos);
    n->u.calc = (tw_plan_calc){.filter = filter, .project = exprs, .nproject = row->nfields};
    for (int32_t i = filter ? -1 : 0; i < row->nfields; i++) {
        const tw_expr *e = i < 0 ? filter : exprs[i];
        n->u.calc.reads_watermark |= calls_flagged(e, TW_FN_WATERMARK);
        n->processing_time |= calls_flagged(e, TW_FN_QUERY_TIME);
    }
    p->reads_watermark |= n->u.calc.reads_watermark;
    if (in.node->upsert_key) {
        n->upsert_key = map_columns(p, in.node->upsert_key, in.node->nupsert_key, exprs, row->nfields);
        n->nupsert_key = n->upsert_key ? in.node->nupsert_key : 0;
    }
    tw_made out = {.node = n, .spread = in.spread};
    if (in.spread != TW_SPREAD_HASH) return out;
    out.keys = map_columns(p, in.keys, in.nkeys, exprs, row->nfields);
    out.nkeys = in.nkeys;
    if (!out.keys) out.spread = TW_SPREAD_ANY;
    return out;
}

/* --- scans --- */

static tw_table_ref table_ref(tw_physical *p, const tw_catalog_table *table, const tw_option *options, int32_t noptions) {
    tw_str format = tw_option_get(options, noptions, "format");
    if (!format.data) format = tw_option_get(options, noptions, "value.format");
    return (tw_table_ref){.name = table->path[2],
                          .connector = tw_option_get(options, noptions, "connector"),
                          .format = format.data ? format : TW_STR(""),
                          .options = options,
                          .noptions = noptions,
                          .schema = table->physical};
}

static tw_status scan(tw_physical *p, const tw_rel *rel, tw_made *out) {
    const tw_rel_scan *s = &rel->u.scan;
    tw_plan_node *n = tw_physical_node(p, TW_PLAN_SCAN, rel->row, NULL, 0, rel->pos);
    tw_table_ref table = table_ref(p, s->table, s->options, s->noptions);
    const tw_connector *connector = tw_registry_connector(p->registry, table.connector);
    if (!connector || !connector->source)
        return tw_fail_at(p->error, TW_E_UNSUPPORTED, rel->pos, "the connector '%.*s' of table '%.*s' cannot be read from",
                          TW_STR_ARG(table.connector), TW_STR_ARG(table.name));
    int32_t nphysical = 0;
    while (nphysical < s->ncolumns && s->columns[nphysical] < s->table->physical->nfields) nphysical++;
    tw_str *metadata = TW_NEW_ARRAY(p->arena, tw_str, s->ncolumns - nphysical + 1);
    for (int32_t i = nphysical; i < s->ncolumns; i++)
        for (int32_t c = 0; c < s->table->ncolumns; c++)
            if (s->table->columns[c].source == s->columns[i]) metadata[i - nphysical] = s->table->columns[c].metadata_key;
    n->u.scan = (tw_plan_scan){.table = table,
                               .wanted = tw_type_row(p->arena, rel->row->fields, nphysical),
                               .metadata = metadata,
                               .nmetadata = s->ncolumns - nphysical,
                               .bounded = connector->bounded && connector->bounded(s->options, s->noptions)};
    const tw_format *format = table.format.length ? tw_registry_format(p->registry, table.format) : NULL;
    if (format && format->changelog) n->changelog = format->changelog;
    *out = (tw_made){.node = n};
    return TW_OK;
}

static tw_status side(tw_physical *p, const tw_rel *rel, tw_made *out) {
    tw_plan_node *n = tw_physical_node(p, TW_PLAN_SIDE_SCAN, rel->row, NULL, 0, rel->pos);
    n->u.side = (tw_plan_side){.kind = rel->u.side.kind, .table = rel->u.side.table};
    *out = (tw_made){.node = n};
    return TW_OK;
}

static tw_status values(tw_physical *p, const tw_rel *rel, tw_made *out) {
    tw_plan_node *n = tw_physical_node(p, TW_PLAN_VALUES, rel->row, NULL, 0, rel->pos);
    n->u.values = (tw_plan_values){.rows = rel->u.values.rows, .nrows = rel->u.values.nrows};
    *out = (tw_made){.node = n};
    return TW_OK;
}

/* --- row by row --- */

static const tw_expr **identity(tw_physical *p, const tw_type *row) {
    const tw_expr **exprs = TW_NEW_ARRAY(p->arena, const tw_expr *, row->nfields + 1);
    for (int32_t i = 0; i < row->nfields; i++) exprs[i] = tw_expr_column(p->arena, i, row->fields[i].type);
    return exprs;
}

/* PROJECT, FILTER, or PROJECT over FILTER: one CALC. A FILTER that others read too is made by itself. */
static tw_status calc(tw_physical *p, const tw_rel *rel, tw_made *out) {
    const tw_rel *input = rel->inputs[0];
    const tw_expr *filter = rel->kind == TW_REL_FILTER ? rel->u.filter : NULL;
    if (!filter && input->kind == TW_REL_FILTER && !tw_rel_map_get(&p->done, input)) {
        filter = input->u.filter;
        input = input->inputs[0];
    }
    tw_made in;
    TW_TRY(tw_physical_of(p, input, &in));
    const tw_expr *const *exprs = rel->kind == TW_REL_FILTER ? identity(p, rel->row) : rel->u.project.exprs;
    *out = tw_physical_calc(p, in, filter, exprs, rel->row, rel->pos);
    return TW_OK;
}

static tw_status idle_timeout(tw_physical *p, const tw_rel_watermark *w, int64_t *ms) {
    tw_str text = tw_option_get(w->table->options, w->table->noptions, "scan.watermark.idle-timeout");
    if (!text.data) text = tw_catalog_setting(p->catalog, "table.exec.source.idle-timeout");
    *ms = 0;
    if (text.length && !tw_option_duration(text, ms)) return tw_fail(p->error, TW_E_INVALID, "'%.*s' is not a duration", TW_STR_ARG(text));
    return TW_OK;
}

/* Scans below are read in order of their splits' watermarks. */
static void order_scan(tw_plan_node *n) {
    while (n->kind == TW_PLAN_CALC) n = (tw_plan_node *)n->inputs[0];
    if (n->kind == TW_PLAN_SCAN) n->u.scan.ordered_by_watermark = true;
}

static tw_status watermark(tw_physical *p, const tw_rel *rel, tw_made *out) {
    const tw_rel_watermark *w = &rel->u.watermark;
    TW_TRY(tw_physical_of(p, rel->inputs[0], out));
    order_scan(out->node);
    tw_plan_node *n = tw_physical_node(p, TW_PLAN_WATERMARK, rel->row, &out->node, 1, rel->pos);
    n->u.watermark = (tw_plan_watermark){.column = w->column, .expr = w->expr, .table = w->table->path[2]};
    out->node = n;
    return idle_timeout(p, w, &n->u.watermark.idle_ms);
}

static tw_status union_all(tw_physical *p, const tw_rel *rel, tw_made *out) {
    tw_plan_node **inputs = TW_NEW_ARRAY(p->arena, tw_plan_node *, rel->ninputs + 1);
    for (int32_t i = 0; i < rel->ninputs; i++) {
        tw_made in;
        TW_TRY(tw_physical_of(p, rel->inputs[i], &in));
        inputs[i] = in.node;
    }
    *out = (tw_made){.node = tw_physical_node(p, TW_PLAN_UNION, rel->row, inputs, rel->ninputs, rel->pos)};
    return TW_OK;
}

/* --- ORDER BY, LIMIT --- */

static tw_status sort(tw_physical *p, const tw_rel *rel, tw_made *out) {
    const tw_rel_sort *s = &rel->u.sort;
    tw_made in;
    TW_TRY(tw_physical_of(p, rel->inputs[0], &in));
    in = tw_physical_exchange(p, in, NULL, 0);
    const tw_type *first = s->nkeys ? rel->inputs[0]->row->fields[s->keys[0].column].type : NULL;
    bool append = in.node->changelog == TW_APPEND, bounded = tw_rel_bounded(rel->inputs[0], p->registry);
    bool by_time = first && first->time != TW_NOT_TIME && !s->keys[0].descending && append && s->limit < 0 && s->offset == 0;
    tw_plan_kind kind = s->nkeys == 0 && append ? TW_PLAN_LIMIT : by_time || bounded ? TW_PLAN_SORT : TW_PLAN_TOP_N;
    if (kind == TW_PLAN_TOP_N) {
        tw_status status = s->nkeys && s->limit < 0
                               ? tw_fail_at(p->error, TW_E_UNSUPPORTED, rel->pos,
                                            "sort on a non-time-attribute field is not supported for unbounded input")
                               : tw_fail_at(p->error, TW_E_UNSUPPORTED, rel->pos,
                                            "LIMIT over unbounded input is only supported without ORDER BY on rows that do not change");
        tw_error_hint(p->error, "%s", s->limit < 0 ? "order by an ascending time attribute first, or read a bounded input" : "read a bounded input");
        return status;
    }
    tw_plan_node *n = tw_physical_node(p, kind, rel->row, &in.node, 1, rel->pos);
    n->u.sort = (tw_plan_sort){.keys = s->keys, .nkeys = s->nkeys, .by_time = by_time, .offset = s->offset, .limit = s->limit};
    n->state = kind == TW_PLAN_LIMIT ? "a counter" : by_time ? "bounded by watermark" : "bounded by the input";
    if (kind == TW_PLAN_SORT) n->changelog = TW_APPEND;
    n->processing_time |= by_time && first->time == TW_PROCTIME;
    *out = (tw_made){.node = n, .spread = TW_SPREAD_SINGLE};
    return TW_OK;
}

/* --- sinks --- */

static bool setting_is(tw_physical *p, const char *key, const char *value) {
    return tw_str_equal_nocase(tw_catalog_setting(p->catalog, key), tw_str_of(value));
}

/* The nearest node that makes changes, for the message. */
static const tw_plan_node *changer(const tw_plan_node *n) {
    for (int i = 0; i < n->ninputs; i++)
        if (n->inputs[i]->changelog != TW_APPEND) return changer(n->inputs[i]);
    return n;
}

static tw_status check_sink(tw_physical *p, const tw_rel *rel, const tw_connector *connector, const tw_plan_node *input) {
    const tw_catalog_table *t = rel->u.sink.table;
    if (!connector || !connector->sink)
        return tw_fail_at(p->error, TW_E_UNSUPPORTED, rel->pos, "the connector of table '%.*s' cannot be written to", TW_STR_ARG(t->path[2]));
    if (connector->sink_needs_key && t->nprimary_key == 0)
        return tw_fail_at(p->error, TW_E_INVALID, rel->pos, "the table '%.*s' needs a PRIMARY KEY", TW_STR_ARG(t->path[2]));
    if (connector->sink_accepts != TW_APPEND || input->changelog == TW_APPEND) return TW_OK;
    tw_status status = tw_fail_at(p->error, TW_E_UNSUPPORTED, rel->pos,
                                  "Table sink '%.*s.%.*s.%.*s' doesn't support consuming update changes which is produced by node %s",
                                  TW_STR_ARG(t->path[0]), TW_STR_ARG(t->path[1]), TW_STR_ARG(t->path[2]), tw_plan_kind_name(changer(input)->kind));
    tw_error_hint(p->error, "%s", "aggregate per window, or write to a sink that takes changes, such as 'print'");
    return status;
}

/* PRIMARY KEY in columns of the sink's row, which has no computed columns. */
static const int32_t *key_columns(tw_physical *p, const tw_catalog_table *t, const tw_type *row) {
    int32_t *key = TW_NEW_ARRAY(p->arena, int32_t, t->nprimary_key + 1);
    for (int32_t i = 0; i < t->nprimary_key; i++) key[i] = tw_type_field(row, t->columns[t->primary_key[i]].name);
    return key;
}

/* The columns as the table declares them: what is written of NOT NULL and lengths. */
static const tw_type *declared_row(tw_physical *p, const tw_type *row, const tw_catalog_table *t) {
    tw_field *fields = tw_arena_memdup(p->arena, row->fields, sizeof *fields * (size_t)row->nfields);
    for (int32_t i = 0; i < row->nfields; i++)
        for (int32_t c = 0; c < t->ncolumns; c++)
            if (t->columns[c].source >= 0 && tw_str_equal(t->columns[c].name, fields[i].name)) fields[i].type = t->columns[c].type;
    return tw_type_row(p->arena, fields, row->nfields);
}

static bool declares_not_null(const tw_type *type, bool nested) {
    if (!type->nullable) return true;
    for (int32_t i = 0; nested && i < type->nfields; i++)
        if (declares_not_null(type->fields[i].type, true)) return true;
    return false;
}

static bool declares_length(const tw_type *type) {
    return (tw_kind_is_text(type->kind) || tw_kind_is_binary(type->kind)) && type->length != TW_LENGTH_MAX;
}

/* Where the table declares nothing that rows could break there is nothing to look after. */
static void enforce_constraints(tw_physical *p, const tw_rel *rel, tw_made *out) {
    tw_plan_constraint k = {.drop_nulls = setting_is(p, "table.exec.sink.not-null-enforcer", "DROP")};
    if (setting_is(p, "table.exec.sink.type-length-enforcer", "TRIM_PAD")) k.lengths = TW_LENGTH_TRIM_PAD;
    if (setting_is(p, "table.exec.sink.type-length-enforcer", "ERROR")) k.lengths = TW_LENGTH_ERROR;
    if (setting_is(p, "table.exec.sink.nested-constraint-enforcer", "ROWS")) k.nested = TW_NESTED_ROWS;
    if (setting_is(p, "table.exec.sink.nested-constraint-enforcer", "ROWS_AND_COLLECTIONS")) k.nested = TW_NESTED_COLLECTIONS;
    const tw_type *row = declared_row(p, out->node->row, rel->u.sink.table);
    bool any = false;
    for (int32_t i = 0; i < row->nfields; i++)
        any |= declares_not_null(row->fields[i].type, k.nested) || (k.lengths && declares_length(row->fields[i].type));
    if (!any) return;
    tw_plan_node *n = tw_physical_node(p, TW_PLAN_CONSTRAINT, row, &out->node, 1, rel->pos);
    n->u.constraint = k;
    n->upsert_key = out->node->upsert_key;
    n->nupsert_key = out->node->nupsert_key;
    out->node = n;
}

static tw_status sink(tw_physical *p, const tw_rel *rel, tw_made *out) {
    const tw_rel_sink *s = &rel->u.sink;
    TW_TRY(tw_physical_of(p, rel->inputs[0], out));
    if (s->table) enforce_constraints(p, rel, out);
    tw_plan_node *n = tw_physical_node(p, TW_PLAN_SINK, rel->row, &out->node, 1, rel->pos);
    n->u.sink.collect = !s->table;
    if (s->table) {
        n->u.sink.table = table_ref(p, s->table, s->options, s->noptions);
        n->u.sink.primary_key = key_columns(p, s->table, out->node->row);
        n->u.sink.nprimary_key = s->table->nprimary_key;
        TW_TRY(check_sink(p, rel, tw_registry_connector(p->registry, n->u.sink.table.connector), out->node));
    }
    out->node = n;
    return TW_OK;
}

/* --- the walk --- */

static tw_status convert(tw_physical *p, const tw_rel *rel, tw_made *out) {
    switch (rel->kind) {
    case TW_REL_SCAN: return scan(p, rel, out);
    case TW_REL_SIDE: return side(p, rel, out);
    case TW_REL_VALUES: return values(p, rel, out);
    case TW_REL_FILTER:
    case TW_REL_PROJECT: return calc(p, rel, out);
    case TW_REL_WATERMARK: return watermark(p, rel, out);
    case TW_REL_WINDOW: return tw_physical_window(p, rel, out);
    case TW_REL_AGGREGATE: return tw_physical_aggregate(p, rel, out);
    case TW_REL_UNION: return union_all(p, rel, out);
    case TW_REL_SORT: return sort(p, rel, out);
    case TW_REL_SINK: return sink(p, rel, out);
    }
    return tw_fail(p->error, TW_E_INTERNAL, "a relation of unknown kind %d", (int)rel->kind);
}

tw_status tw_physical_of(tw_physical *p, const tw_rel *rel, tw_made *out) {
    tw_made *made = tw_rel_map_get(&p->done, rel);
    if (!made) {
        TW_TRY(convert(p, rel, out));
        made = tw_arena_memdup(p->arena, out, sizeof *out);
        tw_rel_map_put(&p->done, rel, made);
    }
    *out = *made;
    return TW_OK;
}

static void want_row_watermarks(const tw_plan *plan) {
    for (int i = 0; i < plan->nnodes; i++)
        if (plan->nodes[i]->kind == TW_PLAN_WATERMARK) ((tw_plan_node *)plan->nodes[i])->u.watermark.rows_wanted = true;
}

/* Sessions decide by each row's watermark which others are still open for it. */
static bool has_sessions(const tw_plan *plan) {
    for (int i = 0; i < plan->nnodes; i++) {
        const tw_plan_node *n = plan->nodes[i];
        if (n->kind == TW_PLAN_SESSION_AGG || (n->kind == TW_PLAN_WINDOW && n->u.window.kind == TW_WINDOW_SESSION)) return true;
    }
    return false;
}

tw_status tw_physical_plan(tw_physical *p, const tw_rel *const *roots, int32_t nroots, tw_plan *plan) {
    tw_plan_node **sinks = TW_NEW_ARRAY(p->arena, tw_plan_node *, nroots + 1);
    tw_rel_map_init(&p->done, p->arena);
    for (int32_t i = 0; i < nroots; i++) {
        tw_made made;
        TW_TRY(tw_physical_of(p, roots[i], &made));
        sinks[i] = made.node;
    }
    plan->fail_on_error = setting_is(p, "thalweg.on-error", "fail");
    plan->every_change = setting_is(p, "table.exec.mini-batch.enabled", "false");
    TW_TRY(tw_plan_finish(p->arena, sinks, nroots, plan, p->error));
    if (p->reads_watermark || has_sessions(plan)) want_row_watermarks(plan);
    return TW_OK;
}
