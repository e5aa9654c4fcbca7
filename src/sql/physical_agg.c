/* Aggregations: grouping sets expanded, rows brought together by key, results put in the relation's order. */
#include "sql/physical.h"

/* What the operator gives: keys, calls, then of the window start, end, time. */
typedef struct output {
    tw_field *fields;
    int32_t nfields;
    int32_t start, end, time, number; /* columns, -1: not given */
} output;

static tw_agg_call *make_calls(tw_physical *p, const tw_rel_aggregate *a, bool retract) {
    tw_agg_call *calls = TW_NEW_ARRAY(p->arena, tw_agg_call, a->ncalls + 1);
    for (int32_t c = 0; c < a->ncalls; c++) {
        const tw_rel_call *from = &a->calls[c];
        calls[c] = (tw_agg_call){.function = from->function,
                                 .type = from->type,
                                 .args = from->args,
                                 .nargs = from->nargs,
                                 .filter = from->filter,
                                 .distinct = from->distinct,
                                 .retract = retract,
                                 .name = from->name};
    }
    return calls;
}

/* One row per grouping set: the input's columns, then the keys with NULL where the set has not got them, then the set's id. */
static tw_made expand(tw_physical *p, const tw_rel *rel, tw_made in, int32_t *keys) {
    const tw_rel_aggregate *a = &rel->u.aggregate;
    const tw_type *input = in.node->row;
    int32_t n = input->nfields + a->nkeys + 1;
    tw_field *fields = TW_NEW_ARRAY(p->arena, tw_field, n);
    memcpy(fields, input->fields, sizeof *fields * (size_t)input->nfields);
    for (int32_t k = 0; k < a->nkeys; k++) {
        fields[input->nfields + k] = (tw_field){input->fields[a->keys[k]].name, tw_type_nullable(p->arena, input->fields[a->keys[k]].type, true)};
        keys[k] = input->nfields + k;
    }
    keys[a->nkeys] = n - 1;
    fields[n - 1] = (tw_field){TW_STR("$e"), rel->row->fields[a->nkeys].type};
    const tw_expr ***project = TW_NEW_ARRAY(p->arena, const tw_expr **, a->nsets);
    for (int32_t s = 0; s < a->nsets; s++) {
        uint64_t id = 0;
        project[s] = TW_NEW_ARRAY(p->arena, const tw_expr *, n);
        for (int32_t c = 0; c < input->nfields; c++) project[s][c] = tw_expr_column(p->arena, c, input->fields[c].type);
        for (int32_t k = 0; k < a->nkeys; k++) {
            bool in_set = a->sets[s] >> k & 1;
            const tw_type *type = fields[input->nfields + k].type;
            tw_value null = tw_value_null(type);
            project[s][input->nfields + k] = in_set ? tw_expr_column(p->arena, a->keys[k], type) : tw_expr_literal(p->arena, &null);
            id = id << 1 | !in_set;
        }
        tw_value number = tw_value_of_int(fields[n - 1].type, (int64_t)id);
        project[s][n - 1] = tw_expr_literal(p->arena, &number);
    }
    tw_plan_node *node = tw_physical_node(p, TW_PLAN_EXPAND, tw_type_row(p->arena, fields, n), &in.node, 1, rel->pos);
    node->u.expand = (tw_plan_expand){.project = (const tw_expr *const *const *)project, .nsets = a->nsets};
    return (tw_made){.node = node, .spread = in.spread == TW_SPREAD_SINGLE ? TW_SPREAD_SINGLE : TW_SPREAD_ANY};
}

static int32_t add_field(output *o, tw_str name, const tw_type *type) {
    o->fields[o->nfields] = (tw_field){name, type};
    return o->nfields++;
}

/* The operator's row. Its first columns are the relation's; the properties follow in the operator's own order. */
static output make_output(tw_physical *p, const tw_rel *rel, const tw_type *time) {
    const tw_rel_aggregate *a = &rel->u.aggregate;
    int32_t n = rel->row->nfields - a->nproperties;
    output o = {.fields = TW_NEW_ARRAY(p->arena, tw_field, n + 4), .start = -1, .end = -1, .time = -1, .number = -1};
    for (int32_t c = 0; c < n; c++) add_field(&o, rel->row->fields[c].name, rel->row->fields[c].type);
    const tw_type *bound = tw_type_nullable(p->arena, &TW_TYPE_TIMESTAMP_3, false);
    tw_str names[5] = {0}; /* of those wanted */
    for (int32_t i = 0; i < a->nproperties; i++) names[a->properties[i]] = rel->row->fields[n + i].name;
    if (names[TW_WINDOW_START].data) o.start = add_field(&o, names[TW_WINDOW_START], bound);
    if (names[TW_WINDOW_END].data) o.end = add_field(&o, names[TW_WINDOW_END], bound);
    if (names[TW_WINDOW_ROWTIME].data) o.time = add_field(&o, names[TW_WINDOW_ROWTIME], time);
    if (names[TW_WINDOW_NUMBER].data) o.number = add_field(&o, names[TW_WINDOW_NUMBER], tw_type_nullable(p->arena, &TW_TYPE_BIGINT, false));
    return o;
}

static int32_t column_of(const output *o, tw_window_property property) {
    switch (property) {
    case TW_WINDOW_START: return o->start;
    case TW_WINDOW_END: return o->end;
    case TW_WINDOW_NUMBER: return o->number;
    default: return o->time;
    }
}

/* Properties in the order asked for; nothing to do where that is the operator's order. */
static tw_made order_properties(tw_physical *p, const tw_rel *rel, tw_made in, const output *o) {
    const tw_rel_aggregate *a = &rel->u.aggregate;
    int32_t n = rel->row->nfields, first = n - a->nproperties;
    const tw_expr **exprs = TW_NEW_ARRAY(p->arena, const tw_expr *, n + 1);
    bool same = n == o->nfields;
    for (int32_t c = 0; c < n; c++) {
        tw_window_property property = c < first ? TW_WINDOW_START : a->properties[c - first];
        int32_t from = c < first ? c : column_of(o, property);
        const tw_type *type = rel->row->fields[c].type;
        if (c >= first && property == TW_WINDOW_PROCTIME) {
            exprs[c] = tw_expr_call(p->arena, tw_function_find(TW_STR("PROCTIME")), type, NULL, 0);
            same = false;
            continue;
        }
        exprs[c] = tw_expr_column(p->arena, from, o->fields[from].type);
        same &= from == c;
    }
    if (same) return in;
    return tw_physical_calc(p, in, NULL, exprs, rel->row, rel->pos);
}

/* The aggregate keeps values of all rows of its group: those that list them always, those that choose one when it can be taken back. */
static bool keeps_values(const tw_rel_call *call, bool retract) {
    static const char *const lists[] = {"LISTAGG", "COLLECT", "ARRAY_AGG"}, *const choices[] = {"MIN", "MAX", "FIRST_VALUE", "LAST_VALUE"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(call->function->name, lists[i]) == 0) return true;
    for (size_t i = 0; retract && i < sizeof choices / sizeof *choices; i++)
        if (strcmp(call->function->name, choices[i]) == 0) return true;
    return call->distinct;
}

/* Each key has its one window, and its number for ever. */
static void describe_rows_window(tw_plan_node *n, const tw_rel_aggregate *a) {
    bool values = false;
    for (int32_t c = 0; c < a->ncalls; c++) values |= keeps_values(&a->calls[c], false);
    values &= a->window.kind == TW_WINDOW_GLOBAL && !a->emit.purge;
    n->state_bounded = a->nkeys == 0 && !values;
    n->state = a->nkeys == 0 ? values ? "one window and its values" : "one window"
               : values      ? "one window per key and its values"
                             : "one window per key";
}

static void describe_state(tw_plan_node *n, const tw_rel_aggregate *a, bool retract) {
    if (a->group_window && tw_is_rows_window(a->window.kind)) {
        describe_rows_window(n, a);
    } else if (a->group_window) {
        n->state = a->window.proctime ? "bounded by the clock" : "bounded by watermark";
    } else {
        bool values = false;
        for (int32_t c = 0; c < a->ncalls; c++) values |= keeps_values(&a->calls[c], retract);
        n->state_bounded = a->nkeys == 0 && !values;
        n->state = n->state_bounded ? "one row" : !values ? "grows with keys" : a->nkeys ? "grows with keys and their values" : "grows with values";
    }
}

/* The keys and what tells their windows apart. A window that ends with another also begins with it, but for CUMULATE and windows that the
 * rows bring along, which need both bounds; without enough of them no key is known. */
static const int32_t *upsert_key(tw_physical *p, const tw_rel_aggregate *a, int32_t nkeys, const output *o, int *n) {
    bool both = a->window.kind == TW_WINDOW_CUMULATE || a->window.kind == TW_WINDOW_ATTACHED;
    bool told = a->window.kind == TW_WINDOW_GLOBAL  ? !a->emit.purge
                : a->window.kind == TW_WINDOW_COUNT ? o->number >= 0
                : both                              ? o->start >= 0 && o->end >= 0
                                                    : o->start >= 0 || o->end >= 0;
    *n = 0;
    if (a->group_window && !told) return NULL;
    int32_t *key = TW_NEW_ARRAY(p->arena, int32_t, nkeys + 3);
    for (; *n < nkeys; (*n)++) key[*n] = *n;
    if (o->start >= 0) key[(*n)++] = o->start;
    if (o->end >= 0) key[(*n)++] = o->end;
    if (o->number >= 0) key[(*n)++] = o->number;
    return key;
}

static tw_plan_kind kind_of(const tw_rel_aggregate *a) {
    if (!a->group_window) return TW_PLAN_GROUP_AGG;
    if (a->window.kind == TW_WINDOW_SESSION) return TW_PLAN_SESSION_AGG;
    if (!tw_is_rows_window(a->window.kind)) return TW_PLAN_WINDOW_AGG;
    return a->window.kind == TW_WINDOW_COUNT || a->emit.purge ? TW_PLAN_COUNT_AGG : TW_PLAN_TRIGGER_AGG;
}

static bool emits_updates(const tw_rel_aggregate *a) {
    return !a->group_window || (a->emit.mode != TW_EMIT_ON_CLOSE && !a->emit.purge) || a->emit.lateness_ms > 0;
}

/* --- two phases --- */

/* Adding up in any order gives the same: no DISTINCT, nothing that depends on the order of rows, no sums of FLOAT and DOUBLE. */
static bool adds_up(const tw_rel_call *call, const tw_type *input) {
    static const char *const exact[] = {"MIN", "MAX"}, *const sums[] = {"SUM", "AVG"};
    if (call->distinct || strcmp(call->function->name, "COUNT") == 0) return !call->distinct;
    const tw_type *type = input->fields[call->args[0]].type;
    bool text = tw_type_phys(type) == TW_PHYS_STR; /* accumulators that own memory are not handed on */
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (strcmp(call->function->name, exact[i]) == 0) return !text;
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        if (strcmp(call->function->name, sums[i]) == 0) return !tw_kind_is_approximate(type->kind);
    return false;
}

/* A partition that was idle may come back with rows that are late by the merged watermark: these are judged one by one. */
static bool may_be_idle(const tw_plan_node *n) {
    if (n->kind == TW_PLAN_WATERMARK && n->u.watermark.idle_ms) return true;
    for (int i = 0; i < n->ninputs; i++)
        if (may_be_idle(n->inputs[i])) return true;
    return false;
}

static bool window_adds_up(const tw_rel_aggregate *a, const tw_plan_node *input) {
    tw_window_kind kind = a->window.kind;
    bool sliced = kind == TW_WINDOW_TUMBLE || kind == TW_WINDOW_HOP || kind == TW_WINDOW_CUMULATE;
    return sliced && !a->window.proctime && !emits_updates(a) && !may_be_idle(input);
}

static bool every_change(const tw_physical *p) {
    return tw_str_equal_nocase(tw_catalog_setting(p->catalog, "table.exec.mini-batch.enabled"), TW_STR("false"));
}

static bool wants_two_phases(tw_physical *p, int32_t nkeys) {
    tw_str strategy = tw_catalog_setting(p->catalog, "table.optimizer.agg-phase-strategy");
    if (every_change(p) || tw_str_equal_nocase(strategy, TW_STR("ONE_PHASE"))) return false;
    return nkeys == 0 || tw_str_equal_nocase(strategy, TW_STR("TWO_PHASE"));
}

static bool two_phases(tw_physical *p, const tw_rel *rel, const tw_plan_node *input, int32_t nkeys) {
    const tw_rel_aggregate *a = &rel->u.aggregate;
    if (input->changelog != TW_APPEND || a->ncalls == 0 || !wants_two_phases(p, nkeys)) return false;
    if (a->group_window && !window_adds_up(a, input)) return false;
    for (int32_t c = 0; c < a->ncalls; c++)
        if (!adds_up(&a->calls[c], input->row)) return false;
    return true;
}

static tw_made local_half(tw_physical *p, const tw_rel *rel, tw_made in, const int32_t *keys, int32_t nkeys) {
    const tw_rel_aggregate *a = &rel->u.aggregate;
    const tw_type *input = in.node->row;
    tw_field *fields = TW_NEW_ARRAY(p->arena, tw_field, input->nfields + 1);
    if (input->nfields) memcpy(fields, input->fields, sizeof *fields * (size_t)input->nfields);
    fields[input->nfields] = (tw_field){TW_STR("$partial"), &TW_TYPE_BYTES};
    tw_plan_node *n = tw_physical_node(p, TW_PLAN_LOCAL_AGG, tw_type_row(p->arena, fields, input->nfields + 1), &in.node, 1, rel->pos);
    n->u.agg = (tw_plan_agg){.keys = keys,
                             .nkeys = nkeys,
                             .calls = make_calls(p, a, false),
                             .ncalls = a->ncalls,
                             .window = a->window,
                             .windowed = a->group_window,
                             .keep = -1,
                             .input_append = true};
    in.node = n;
    return in;
}

/* Rows of a key in one task, perhaps added up before. */
static tw_made bring_together(tw_physical *p, const tw_rel *rel, tw_made in, const int32_t *keys, int32_t nkeys, bool *merges) {
    tw_made moved = tw_physical_exchange(p, in, keys, nkeys);
    *merges = moved.node != in.node && two_phases(p, rel, in.node, nkeys);
    return *merges ? tw_physical_exchange(p, local_half(p, rel, in, keys, nkeys), keys, nkeys) : moved;
}

/* --- aggregations --- */

/* How long a group may go untouched; 0: for ever. */
static tw_status state_ttl(tw_physical *p, int64_t *ms) {
    tw_str text = tw_catalog_setting(p->catalog, "table.exec.state.ttl");
    *ms = 0;
    if (text.length && !tw_option_duration(text, ms)) return tw_fail(p->error, TW_E_INVALID, "'%.*s' is not a duration", TW_STR_ARG(text));
    return TW_OK;
}

/* A row that is taken back would have to be found again among those that count. */
static tw_status check_rows(tw_physical *p, const tw_window *w, const tw_plan_node *input, tw_pos pos) {
    if (input->changelog == TW_APPEND) return TW_OK;
    tw_status status = tw_fail_at(p->error, TW_E_UNSUPPORTED, pos, "%s does not take rows that are updated or deleted later, which its input has",
                                  w->kind == TW_WINDOW_COUNT ? "COUNT_WINDOW" : "GLOBAL_WINDOW");
    tw_error_hint(p->error, "%s",
                  w->kind == TW_WINDOW_COUNT ? "windows over time take such rows" : "leave GLOBAL_WINDOW out: results then follow every change");
    return status;
}

tw_status tw_physical_aggregate(tw_physical *p, const tw_rel *rel, tw_made *out) {
    const tw_rel_aggregate *a = &rel->u.aggregate;
    tw_made in;
    TW_TRY(tw_physical_of(p, rel->inputs[0], &in));
    int32_t nkeys = a->nkeys;
    int32_t *keys = TW_NEW_ARRAY(p->arena, int32_t, nkeys + 2);
    if (nkeys) memcpy(keys, a->keys, sizeof *keys * (size_t)nkeys);
    if (a->nsets) {
        in = expand(p, rel, in, keys);
        nkeys++;
    }
    bool append = in.node->changelog == TW_APPEND;
    if (a->group_window && tw_is_rows_window(a->window.kind)) TW_TRY(check_rows(p, &a->window, in.node, rel->pos));
    bool merges;
    in = bring_together(p, rel, in, keys, nkeys, &merges);
    bool timed = a->group_window && a->window.time_column >= 0;
    const tw_type *time = timed ? rel->inputs[0]->row->fields[a->window.time_column].type : &TW_TYPE_TIMESTAMP_3;
    output o = make_output(p, rel, time);
    tw_plan_node *n = tw_physical_node(p, kind_of(a), tw_type_row(p->arena, o.fields, o.nfields), &in.node, 1, rel->pos);
    n->u.agg = (tw_plan_agg){.keys = keys,
                             .nkeys = nkeys,
                             .calls = make_calls(p, a, !append),
                             .ncalls = a->ncalls,
                             .window = a->window,
                             .emit = a->emit,
                             .gives_start = o.start >= 0,
                             .gives_end = o.end >= 0,
                             .gives_time = o.time >= 0,
                             .gives_number = o.number >= 0,
                             .keep = a->window.kind == TW_WINDOW_COUNT && a->group_window ? a->keep : -1,
                             .input_append = append,
                             .merges = merges};
    if (!a->group_window) TW_TRY(state_ttl(p, &n->u.agg.ttl_ms));
    n->changelog = emits_updates(a) ? TW_RETRACT : TW_APPEND;
    bool repeats = n->u.agg.ttl_ms > 0 && every_change(p);
    if (!a->group_window && a->ncalls == 0 && append && !repeats) n->changelog = TW_APPEND; /* DISTINCT of rows that stay */
    n->processing_time |= a->group_window && (a->window.proctime || (a->window.kind == TW_WINDOW_GLOBAL && a->emit.processing_time));
    n->upsert_key = upsert_key(p, a, nkeys, &o, &n->nupsert_key);
    describe_state(n, a, !append);
    int32_t *spread = TW_NEW_ARRAY(p->arena, int32_t, nkeys + 1);
    for (int32_t k = 0; k < nkeys; k++) spread[k] = k;
    tw_made made = {.node = n, .spread = nkeys && in.spread != TW_SPREAD_SINGLE ? TW_SPREAD_HASH : TW_SPREAD_SINGLE, .keys = spread, .nkeys = nkeys};
    *out = order_properties(p, rel, made, &o);
    return TW_OK;
}

tw_status tw_physical_window(tw_physical *p, const tw_rel *rel, tw_made *out) {
    const tw_window *w = &rel->u.window;
    bool counts = w->kind == TW_WINDOW_COUNT;
    TW_TRY(tw_physical_of(p, rel->inputs[0], out));
    if (w->kind == TW_WINDOW_GLOBAL) return TW_OK; /* what it means stands in the aggregation over it */
    if (counts) TW_TRY(check_rows(p, w, out->node, rel->pos));
    if (counts && w->step_ms && w->step_ms != w->size_ms) {
        tw_status status = tw_fail_at(p->error, TW_E_UNSUPPORTED, rel->pos, "a row of COUNT_WINDOW with SLIDE has no window_id of its own");
        tw_error_hint(p->error, "group by window_id and the PARTITION BY columns, and read window_id nowhere below");
        return status;
    }
    if (counts || w->kind == TW_WINDOW_SESSION) *out = tw_physical_exchange(p, *out, w->partition, w->npartition);
    tw_plan_node *n = tw_physical_node(p, counts ? TW_PLAN_COUNT_WINDOW : TW_PLAN_WINDOW, rel->row, &out->node, 1, rel->pos);
    n->u.window = *w;
    n->processing_time |= w->proctime;
    if (counts) n->state = w->npartition ? "a counter per key" : "a counter";
    if (counts) n->state_bounded = w->npartition == 0;
    if (w->kind == TW_WINDOW_SESSION) n->state = w->proctime ? "bounded by the clock" : "bounded by watermark";
    out->node = n;
    return TW_OK;
}
