/* EXPLAIN: the plan as a tree, one operator a line, readers above what they read, in the way of Flink's physical plans:
 *
 *     Sink(table=[out], fields=[auction, num], changelogMode=[I])
 *     +- WindowAggregate(keys=[auction], window=[TUMBLE(dateTime, 10 s)], aggs=[COUNT(*) AS num], changelogMode=[I], state=[bounded by watermark])
 *        +- ...
 *
 * An operator with several readers is printed in full at the first, with (reuse_id=[n]); the others refer to it. */
#include "plan/plan.h"

typedef struct printer {
    tw_buf *out;
    int *readers;  /* by index */
    int *reuse_id; /* by index; 0: not printed yet */
    int nreused;
    bool first; /* attribute of the node */
    tw_buf indent;
} printer;

/* --- attributes --- */

static void begin(printer *p, const char *name) {
    tw_buf_printf(p->out, "%s%s=[", p->first ? "" : ", ", name);
    p->first = false;
}

static void finish(printer *p) { tw_buf_byte(p->out, ']'); }

static void text_attribute(printer *p, const char *name, tw_str text) {
    begin(p, name);
    tw_buf_str(p->out, text);
    finish(p);
}

static void print_column(tw_buf *out, const tw_type *row, int column) {
    if (row && column >= 0 && column < row->nfields)
        tw_buf_str(out, row->fields[column].name);
    else
        tw_buf_printf(out, "$%d", column);
}

static void print_columns(tw_buf *out, const tw_type *row, const int32_t *columns, int n) {
    for (int i = 0; i < n; i++) {
        if (i) tw_buf_text(out, ", ");
        print_column(out, row, columns[i]);
    }
}

static void columns_attribute(printer *p, const char *name, const tw_type *row, const int32_t *columns, int n) {
    begin(p, name);
    print_columns(p->out, row, columns, n);
    finish(p);
}

static void fields_attribute(printer *p, const char *name, const tw_type *row) {
    begin(p, name);
    for (int i = 0; row && i < row->nfields; i++) {
        if (i) tw_buf_text(p->out, ", ");
        print_column(p->out, row, i);
    }
    finish(p);
}

/* In the largest unit that divides it. */
static void print_duration(tw_buf *out, int64_t ms) {
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (ms != 0 && ms % units[i].ms == 0) {
            tw_buf_printf(out, "%lld %s", (long long)(ms / units[i].ms), units[i].name);
            return;
        }
    tw_buf_printf(out, "%lld ms", (long long)ms);
}

static void duration_attribute(printer *p, const char *name, int64_t ms) {
    begin(p, name);
    print_duration(p->out, ms);
    finish(p);
}

/* --- nodes --- */

static void print_scan(printer *p, const tw_plan_node *n) {
    const tw_plan_scan *s = &n->u.scan;
    text_attribute(p, "table", s->table.name);
    fields_attribute(p, "fields", n->row);
    text_attribute(p, "connector", s->table.connector);
    if (s->nmetadata) {
        begin(p, "metadata");
        for (int i = 0; i < s->nmetadata; i++) tw_buf_printf(p->out, "%s%.*s", i ? ", " : "", TW_STR_ARG(s->metadata[i]));
        finish(p);
    }
    if (s->bounded) text_attribute(p, "bounded", TW_STR("true"));
}

enum { VALUES_SHOWN = 8 };

static void print_values(printer *p, const tw_plan_node *n) {
    const tw_plan_values *v = &n->u.values;
    begin(p, "tuples");
    for (int r = 0; r < v->nrows && r < VALUES_SHOWN; r++) {
        tw_buf_text(p->out, r ? ", {" : "{");
        for (int c = 0; c < n->row->nfields; c++) {
            tw_expr literal = {.kind = TW_EXPR_LITERAL, .type = v->rows[r][c].type, .literal = &v->rows[r][c]};
            if (c) tw_buf_text(p->out, ", ");
            tw_expr_print(p->out, &literal, NULL);
        }
        tw_buf_byte(p->out, '}');
    }
    if (v->nrows > VALUES_SHOWN) tw_buf_printf(p->out, ", ... %d more", v->nrows - VALUES_SHOWN);
    finish(p);
}

static void print_side(printer *p, const tw_plan_side *s) {
    begin(p, "table");
    tw_buf_printf(p->out, "%.*s$%s", TW_STR_ARG(s->table), s->kind == TW_SIDE_LATE ? "late" : "errors");
    finish(p);
}

/* "price AS p", and the name alone where the column keeps it. */
static void print_projection(tw_buf *out, const tw_expr *e, const tw_type *input, tw_str name) {
    tw_expr_print(out, e, input);
    if (e->kind == TW_EXPR_COLUMN && input && e->column < input->nfields && tw_str_equal(input->fields[e->column].name, name)) return;
    tw_buf_printf(out, " AS %.*s", TW_STR_ARG(name));
}

static void print_projections(printer *p, const tw_expr *const *list, int n, const tw_type *input, const tw_type *row) {
    for (int i = 0; i < n; i++) {
        if (i) tw_buf_text(p->out, ", ");
        print_projection(p->out, list[i], input, row->fields[i].name);
    }
}

static void print_calc(printer *p, const tw_plan_node *n, const tw_type *input) {
    begin(p, "select");
    print_projections(p, n->u.calc.project, n->u.calc.nproject, input, n->row);
    finish(p);
    if (!n->u.calc.filter) return;
    begin(p, "where");
    tw_expr_print(p->out, n->u.calc.filter, input);
    finish(p);
}

static void print_watermark(printer *p, const tw_plan_watermark *w, const tw_type *input) {
    begin(p, "rowtime");
    print_column(p->out, input, w->column);
    finish(p);
    begin(p, "watermark");
    tw_expr_print(p->out, w->expr, input);
    finish(p);
    if (w->idle_ms) duration_attribute(p, "idleTimeout", w->idle_ms);
}

static void print_sized_window(tw_buf *out, const char *name, const tw_window *w, const tw_type *input, bool stepped) {
    tw_buf_printf(out, "%s(", name);
    print_column(out, input, w->time_column);
    tw_buf_text(out, ", ");
    print_duration(out, w->size_ms);
    if (stepped) {
        tw_buf_text(out, w->kind == TW_WINDOW_HOP ? ", slide " : ", step ");
        print_duration(out, w->step_ms);
    }
    if (w->offset_ms) {
        tw_buf_text(out, ", offset ");
        print_duration(out, w->offset_ms);
    }
    tw_buf_byte(out, ')');
}

static void print_session(tw_buf *out, const tw_window *w, const tw_type *input) {
    tw_buf_text(out, "SESSION(");
    print_column(out, input, w->time_column);
    tw_buf_text(out, ", gap ");
    print_duration(out, w->gap_ms);
    if (w->npartition) {
        tw_buf_text(out, ", partition by ");
        print_columns(out, input, w->partition, w->npartition);
    }
    tw_buf_byte(out, ')');
}

static void print_attached(tw_buf *out, const tw_window *w, const tw_type *input) {
    tw_buf_text(out, "start=");
    print_column(out, input, w->start_column);
    tw_buf_text(out, ", end=");
    print_column(out, input, w->end_column);
}

static void print_window(printer *p, const tw_window *w, const tw_type *input) {
    begin(p, "window");
    switch (w->kind) {
    case TW_WINDOW_TUMBLE: print_sized_window(p->out, "TUMBLE", w, input, false); break;
    case TW_WINDOW_HOP: print_sized_window(p->out, "HOP", w, input, true); break;
    case TW_WINDOW_CUMULATE: print_sized_window(p->out, "CUMULATE", w, input, true); break;
    case TW_WINDOW_SESSION: print_session(p->out, w, input); break;
    case TW_WINDOW_ATTACHED: print_attached(p->out, w, input); break;
    case TW_WINDOW_COUNT:
        tw_buf_printf(p->out, "COUNT(%lld rows by arrival", (long long)w->size_ms);
        if (w->step_ms) tw_buf_printf(p->out, ", slide %lld rows", (long long)w->step_ms);
        if (w->npartition) {
            tw_buf_text(p->out, ", partition by ");
            print_columns(p->out, input, w->partition, w->npartition);
        }
        tw_buf_byte(p->out, ')');
        break;
    case TW_WINDOW_GLOBAL: tw_buf_text(p->out, "GLOBAL"); break;
    }
    finish(p);
}

static void print_call(tw_buf *out, const tw_agg_call *call, const tw_type *input) {
    tw_buf_printf(out, "%s%s(%s", call->function->name, call->retract ? "_RETRACT" : "", call->distinct ? "DISTINCT " : "");
    if (call->nargs == 0) tw_buf_byte(out, '*');
    print_columns(out, input, call->args, call->nargs);
    tw_buf_byte(out, ')');
    if (call->filter >= 0) {
        tw_buf_text(out, " FILTER ");
        print_column(out, input, call->filter);
    }
    if (call->name.length) tw_buf_printf(out, " AS %.*s", TW_STR_ARG(call->name));
}

static void print_emit(printer *p, const tw_emit_spec *e, bool global) {
    if (e->mode == TW_EMIT_ON_UPDATE) text_attribute(p, "emit", TW_STR("on update"));
    if (e->mode == TW_EMIT_EVERY) {
        begin(p, "emit");
        tw_buf_text(p->out, "every ");
        if (e->every_rows)
            tw_buf_printf(p->out, "%lld rows by arrival", (long long)e->every_rows);
        else
            print_duration(p->out, e->every_ms);
        if (e->processing_time) tw_buf_text(p->out, " of processing time");
        if (global && !e->every_rows && !e->processing_time) tw_buf_text(p->out, " of event time");
        if (e->purge) tw_buf_text(p->out, ", purge");
        finish(p);
    }
    if (e->lateness_ms) duration_attribute(p, "allowedLateness", e->lateness_ms);
}

static void print_properties(printer *p, const tw_plan_agg *a) {
    static const char *const names[] = {"start", "end", "time", "number"};
    bool given[] = {a->gives_start, a->gives_end, a->gives_time, a->gives_number}, any = false;
    for (int i = 0; i < 4; i++) {
        if (!given[i]) continue;
        if (!any) begin(p, "windowProperties");
        tw_buf_printf(p->out, "%s%s", any ? ", " : "", names[i]);
        any = true;
    }
    if (any) finish(p);
}

static void print_agg(printer *p, const tw_plan_node *n, const tw_type *input) {
    const tw_plan_agg *a = &n->u.agg;
    if (a->nkeys) columns_attribute(p, "keys", input, a->keys, a->nkeys);
    if (n->kind == TW_PLAN_LOCAL_AGG ? a->windowed : n->kind != TW_PLAN_GROUP_AGG) print_window(p, &a->window, input);
    if (a->ncalls) {
        begin(p, "aggs");
        for (int i = 0; i < a->ncalls; i++) {
            if (i) tw_buf_text(p->out, ", ");
            print_call(p->out, &a->calls[i], input);
        }
        finish(p);
    }
    if (n->kind == TW_PLAN_COUNT_AGG && a->keep >= 0) columns_attribute(p, "keep", input, &(int32_t){a->keep}, 1);
    print_properties(p, a);
    print_emit(p, &a->emit, n->kind == TW_PLAN_TRIGGER_AGG);
    if (a->ttl_ms) duration_attribute(p, "ttl", a->ttl_ms);
}

static void print_sort(printer *p, const tw_plan_node *n, const tw_type *input) {
    const tw_plan_sort *s = &n->u.sort;
    if (s->npartition) columns_attribute(p, "partitionBy", input, s->partition, s->npartition);
    if (s->nkeys) {
        begin(p, "orderBy");
        for (int i = 0; i < s->nkeys; i++) {
            if (i) tw_buf_text(p->out, ", ");
            print_column(p->out, input, s->keys[i].column);
            tw_buf_text(p->out, s->keys[i].descending ? " DESC" : " ASC");
            if (s->keys[i].nulls_first == s->keys[i].descending) tw_buf_text(p->out, s->keys[i].descending ? " NULLS FIRST" : " NULLS LAST");
        }
        finish(p);
    }
    if (s->by_time) text_attribute(p, "byTime", TW_STR("true"));
    if (s->offset) tw_buf_printf(p->out, "%soffset=[%lld]", p->first ? "" : ", ", (long long)s->offset), p->first = false;
    if (s->limit >= 0) tw_buf_printf(p->out, "%sfetch=[%lld]", p->first ? "" : ", ", (long long)s->limit), p->first = false;
    if (s->gives_rank) text_attribute(p, "outputRank", TW_STR("true"));
}

static void print_expand(printer *p, const tw_plan_node *n, const tw_type *input) {
    begin(p, "projects");
    for (int s = 0; s < n->u.expand.nsets; s++) {
        tw_buf_text(p->out, s ? ", {" : "{");
        print_projections(p, n->u.expand.project[s], n->row->nfields, input, n->row);
        tw_buf_byte(p->out, '}');
    }
    finish(p);
}

static void print_exchange(printer *p, const tw_plan_exchange *e, const tw_type *input) {
    begin(p, "distribution");
    tw_buf_text(p->out, e->kind == TW_EXCHANGE_SINGLE ? "single" : "hash[");
    if (e->kind == TW_EXCHANGE_HASH) {
        print_columns(p->out, input, e->keys, e->nkeys);
        tw_buf_byte(p->out, ']');
    }
    finish(p);
}

static void print_sink(printer *p, const tw_plan_node *n, const tw_type *input) {
    const tw_plan_sink *s = &n->u.sink;
    text_attribute(p, "table", s->collect ? TW_STR("*collect*") : s->table.name);
    fields_attribute(p, "fields", input);
    if (!s->collect) text_attribute(p, "connector", s->table.connector);
    if (s->nprimary_key) columns_attribute(p, "primaryKey", s->collect ? input : s->table.schema, s->primary_key, s->nprimary_key);
}

static void print_constraint(printer *p, const tw_plan_node *n) {
    const tw_plan_constraint *k = &n->u.constraint;
    static const char *const lengths[] = {NULL, "trim and pad", "error"};
    int32_t columns[256], count = 0;
    for (int32_t i = 0; n->row && i < n->row->nfields && count < 256; i++)
        if (!n->row->fields[i].type->nullable) columns[count++] = i;
    if (count) columns_attribute(p, k->drop_nulls ? "dropNulls" : "notNull", n->row, columns, count);
    if (k->nested) text_attribute(p, "nested", k->nested == TW_NESTED_ROWS ? TW_STR("rows") : TW_STR("rows and collections"));
    if (k->lengths) text_attribute(p, "lengths", tw_str_of(lengths[k->lengths]));
}

static void print_fields(printer *p, const tw_plan_node *n) {
    const tw_type *input = n->ninputs ? n->inputs[0]->row : NULL;
    switch (n->kind) {
    case TW_PLAN_SCAN: print_scan(p, n); return;
    case TW_PLAN_VALUES: print_values(p, n); return;
    case TW_PLAN_SIDE_SCAN: print_side(p, &n->u.side); return;
    case TW_PLAN_CALC: print_calc(p, n, input); return;
    case TW_PLAN_WATERMARK: print_watermark(p, &n->u.watermark, input); return;
    case TW_PLAN_UNION: fields_attribute(p, "union", n->row); return;
    case TW_PLAN_WINDOW:
    case TW_PLAN_COUNT_WINDOW: print_window(p, &n->u.window, input); return;
    case TW_PLAN_WINDOW_AGG:
    case TW_PLAN_SESSION_AGG:
    case TW_PLAN_COUNT_AGG:
    case TW_PLAN_TRIGGER_AGG:
    case TW_PLAN_LOCAL_AGG:
    case TW_PLAN_GROUP_AGG: print_agg(p, n, input); return;
    case TW_PLAN_EXPAND: print_expand(p, n, input); return;
    case TW_PLAN_SORT:
    case TW_PLAN_LIMIT:
    case TW_PLAN_TOP_N: print_sort(p, n, input); return;
    case TW_PLAN_EXCHANGE: print_exchange(p, &n->u.exchange, input); return;
    case TW_PLAN_CONSTRAINT: print_constraint(p, n); return;
    case TW_PLAN_SINK: print_sink(p, n, input); return;
    case TW_PLAN_KIND_COUNT: return;
    }
}

/* What every node says: its changes, key, state. */
static void print_traits(printer *p, const tw_plan_node *n) {
    static const char *const modes[] = {[TW_APPEND] = "I", [TW_RETRACT] = "I,UB,UA,D", [TW_UPSERT] = "I,UA,D"};
    if (n->changelog) text_attribute(p, "changelogMode", tw_str_of(modes[n->changelog]));
    if (n->upsert_key) columns_attribute(p, "upsertKey", n->row ? n->row : n->inputs[0]->row, n->upsert_key, n->nupsert_key);
    if (n->state && strcmp(n->state, "none") != 0) {
        begin(p, "state");
        tw_buf_printf(p->out, "%s%s", n->state_bounded ? "" : "unbounded: ", n->state);
        finish(p);
    }
    if (n->processing_time) tw_buf_printf(p->out, "%sprocessing time", p->first ? "" : ", "), p->first = false;
}

/* --- the tree --- */

/* The halves of a two-phase aggregation as Flink names them. */
static void print_name(tw_buf *out, const tw_plan_node *n) {
    bool agg = n->kind == TW_PLAN_GROUP_AGG || n->kind == TW_PLAN_WINDOW_AGG;
    if (n->kind == TW_PLAN_LOCAL_AGG && n->u.agg.windowed)
        tw_buf_text(out, "LocalWindowAggregate");
    else
        tw_buf_printf(out, "%s%s", agg && n->u.agg.merges ? "Global" : "", tw_plan_kind_name(n->kind));
}

static void print_line(printer *p, const tw_plan_node *n) {
    p->first = true;
    print_name(p->out, n);
    tw_buf_byte(p->out, '(');
    print_fields(p, n);
    print_traits(p, n);
    tw_buf_byte(p->out, ')');
    if (p->readers[n->index] > 1) {
        p->reuse_id[n->index] = ++p->nreused;
        tw_buf_printf(p->out, "(reuse_id=[%d])", p->nreused);
    }
    tw_buf_byte(p->out, '\n');
}

/* `mark` stands in front of the node's line, `rest` in front of those below it. */
static void print_tree(printer *p, const tw_plan_node *n, const char *mark, const char *rest) {
    tw_buf_append(p->out, p->indent.data, p->indent.length);
    tw_buf_text(p->out, mark);
    if (p->reuse_id[n->index]) {
        tw_buf_printf(p->out, "Reused(reference_id=[%d])\n", p->reuse_id[n->index]);
        return;
    }
    print_line(p, n);
    size_t indent = p->indent.length;
    tw_buf_text(&p->indent, rest);
    for (int i = 0; i < n->ninputs && !p->out->failed; i++) {
        bool last = i == n->ninputs - 1;
        print_tree(p, n->inputs[i], last ? "+- " : ":- ", last ? "   " : ":  ");
    }
    p->indent.length = indent;
}

void tw_plan_print(tw_buf *out, const tw_plan *plan) {
    size_t size = sizeof(int) * (size_t)plan->nnodes;
    printer p = {.out = out, .readers = tw_calloc(out->mem, size), .reuse_id = tw_calloc(out->mem, size)};
    tw_buf_init(&p.indent, out->mem, 0);
    if (!p.readers || !p.reuse_id) out->failed = true;
    for (int i = 0; i < plan->nnodes && !out->failed; i++)
        for (int k = 0; k < plan->nodes[i]->ninputs; k++) p.readers[plan->nodes[i]->inputs[k]->index]++;
    bool first = true;
    for (int i = 0; i < plan->nnodes && !out->failed; i++) {
        if (p.readers[i]) continue;
        if (!first) tw_buf_byte(out, '\n');
        first = false;
        print_tree(&p, plan->nodes[i], "", "");
        out->failed |= p.indent.failed;
    }
    tw_buf_free(&p.indent);
    tw_free(out->mem, p.readers, size);
    tw_free(out->mem, p.reuse_id, size);
}
