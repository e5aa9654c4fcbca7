/* The walk over the fields of every kind of node: see plan_code.h. */
#include "plan/plan_code.h"

#include "base/hash.h"

/* --- values --- */

static void nomem(tw_plan_codec *c) {
    if (c->status == TW_OK) c->status = tw_fail(c->error, TW_E_NOMEM, "out of memory while a plan was read");
}

void tw_code_damaged(tw_plan_codec *c, const char *what) {
    if (c->status == TW_OK) c->status = tw_fail(c->error, TW_E_CORRUPT, "damaged plan: %s", what);
}

static void check_bytes(tw_plan_codec *c) {
    if (c->in->failed) tw_code_damaged(c, "it ends too early");
}

int64_t tw_code_int(tw_plan_codec *c, int64_t value, int64_t min, int64_t max) {
    if (!c->in) {
        tw_buf_varint(c->out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
        return value;
    }
    uint64_t v = tw_read_varint(c->in);
    value = (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
    check_bytes(c);
    if (value < min || value > max) tw_code_damaged(c, "a number is out of its range");
    return c->status == TW_OK ? value : 0;
}

bool tw_code_flag(tw_plan_codec *c, bool value) { return tw_code_int(c, value, 0, 1) != 0; }

uint64_t tw_code_u64(tw_plan_codec *c, uint64_t value) {
    if (!c->in) {
        tw_buf_u64(c->out, value);
        return value;
    }
    value = tw_read_u64(c->in);
    check_bytes(c);
    return c->status == TW_OK ? value : 0;
}

tw_str tw_code_str(tw_plan_codec *c, tw_str value) {
    if (!c->in) {
        tw_buf_bytes(c->out, value);
        return value;
    }
    value = tw_read_bytes(c->in);
    check_bytes(c);
    if (c->status != TW_OK || value.length == 0) return TW_STR("");
    char *copy = tw_arena_strndup(c->arena, value.data, value.length);
    if (!copy) nomem(c);
    return copy ? (tw_str){copy, value.length} : TW_STR("");
}

const tw_type *tw_code_type(tw_plan_codec *c, const tw_type *type) {
    if (!tw_code_flag(c, type != NULL)) return NULL;
    if (!c->in) {
        tw_type_write(c->out, type);
        return type;
    }
    if (c->status != TW_OK) return NULL;
    type = tw_type_read(c->arena, c->in);
    if (!type && c->in->failed) tw_code_damaged(c, "a type");
    if (!type) nomem(c);
    return type;
}

const tw_expr *tw_code_expr(tw_plan_codec *c, const tw_expr *e) {
    if (!tw_code_flag(c, e != NULL)) return NULL;
    if (!c->in) {
        if (c->canonical)
            tw_buf_u64(c->out, tw_expr_hash(e));
        else
            tw_expr_write(c->out, e);
        return e;
    }
    if (c->status != TW_OK) return NULL;
    c->status = tw_expr_read(c->arena, c->in, &e, c->error);
    return c->status == TW_OK ? e : NULL;
}

int tw_code_count(tw_plan_codec *c, int n) {
    int64_t left = c->in ? c->in->end - c->in->next : 0;
    return (int)tw_code_int(c, n, 0, left > INT32_MAX ? INT32_MAX : left);
}

void *tw_code_room(tw_plan_codec *c, int n, size_t size) {
    if (!c->in || c->status != TW_OK) return NULL;
    void *room = tw_arena_calloc(c->arena, size * ((size_t)n + 1)); /* never empty, so that NULL is a failure */
    if (!room) nomem(c);
    return room;
}

const int32_t *tw_code_columns(tw_plan_codec *c, const int32_t *columns, int *n, int limit) {
    *n = tw_code_count(c, *n);
    int32_t *room = tw_code_room(c, *n, sizeof *room);
    for (int i = 0; i < *n && c->status == TW_OK; i++) {
        int32_t column = (int32_t)tw_code_int(c, c->in ? 0 : columns[i], 0, limit - 1);
        if (room) room[i] = column;
    }
    return c->in ? room : columns;
}

/* --- parts of nodes --- */

/* Names that are for people: not part of what a node computes. */
static tw_str code_label(tw_plan_codec *c, tw_str name) { return c->canonical ? name : tw_code_str(c, name); }

static uint64_t hash_str(tw_str s) { return tw_hash_bytes(s.data, s.length, 0); }

static const tw_option *code_options(tw_plan_codec *c, const tw_option *options, int *n) {
    if (c->canonical) { /* in any order */
        uint64_t sum = 0;
        for (int i = 0; i < *n; i++) sum += tw_hash_combine(hash_str(options[i].key), hash_str(options[i].value));
        tw_code_u64(c, sum);
        return options;
    }
    *n = tw_code_count(c, *n);
    tw_option *room = tw_code_room(c, *n, sizeof *room);
    for (int i = 0; i < *n && c->status == TW_OK; i++) {
        tw_option o = c->in ? (tw_option){0} : options[i];
        o.key = tw_code_str(c, o.key);
        o.value = tw_code_str(c, o.value);
        if (room) room[i] = o;
    }
    return c->in ? room : options;
}

static void code_table(tw_plan_codec *c, tw_table_ref *t) {
    t->name = code_label(c, t->name);
    t->connector = tw_code_str(c, t->connector);
    t->format = tw_code_str(c, t->format);
    t->options = code_options(c, t->options, &t->noptions);
    t->schema = tw_code_type(c, t->schema);
    if (c->in && c->status == TW_OK && (!t->schema || t->schema->kind != TW_ROW)) tw_code_damaged(c, "a table without a schema");
}

static void code_scan(tw_plan_codec *c, tw_plan_scan *s) {
    code_table(c, &s->table);
    s->wanted = tw_code_type(c, s->wanted);
    s->nmetadata = tw_code_count(c, s->nmetadata);
    tw_str *room = tw_code_room(c, s->nmetadata, sizeof *room);
    for (int i = 0; i < s->nmetadata && c->status == TW_OK; i++) {
        tw_str key = tw_code_str(c, c->in ? TW_STR("") : s->metadata[i]);
        if (room) room[i] = key;
    }
    if (c->in) s->metadata = room;
    s->bounded = tw_code_flag(c, s->bounded);
    s->ordered_by_watermark = tw_code_flag(c, s->ordered_by_watermark);
}

static void code_value(tw_plan_codec *c, const tw_type *type, const tw_value *const *row, int column, tw_value *room) {
    if (!c->in) {
        tw_value_write(c->out, &(*row)[column]);
    } else if (c->status == TW_OK) {
        tw_status status = tw_value_read(c->arena, c->in, type, room);
        if (status == TW_E_NOMEM)
            nomem(c);
        else if (status != TW_OK || c->in->failed)
            tw_code_damaged(c, "a literal row");
    }
}

static void code_values(tw_plan_codec *c, tw_plan_values *v, const tw_type *row) {
    int ncolumns = row ? row->nfields : 0;
    v->nrows = (int)tw_code_int(c, v->nrows, 0, ncolumns && c->in ? (c->in->end - c->in->next) / ncolumns : INT32_MAX / 16);
    if (c->in && !ncolumns && v->nrows > TW_BATCH_ROWS) tw_code_damaged(c, "literal rows without columns");
    const tw_value **rows = tw_code_room(c, v->nrows, sizeof *rows);
    for (int r = 0; r < v->nrows && c->status == TW_OK; r++) {
        tw_value *values = tw_code_room(c, ncolumns, sizeof *values);
        for (int k = 0; k < ncolumns && c->status == TW_OK; k++)
            code_value(c, row->fields[k].type, c->in ? NULL : &v->rows[r], k, values ? &values[k] : NULL);
        if (rows) rows[r] = values;
    }
    if (c->in) v->rows = rows;
}

static void code_side(tw_plan_codec *c, tw_plan_side *s) {
    s->kind = (tw_side_kind)tw_code_int(c, s->kind, 0, TW_SIDE_TARGET_ERRORS);
    s->table = tw_code_str(c, s->table);
}

static const tw_expr *const *code_exprs(tw_plan_codec *c, const tw_expr *const *list, int n) {
    const tw_expr **room = tw_code_room(c, n, sizeof *room);
    for (int i = 0; i < n && c->status == TW_OK; i++) {
        const tw_expr *e = tw_code_expr(c, c->in ? NULL : list[i]);
        if (c->in && !e) tw_code_damaged(c, "an expression is missing");
        if (room) room[i] = e;
    }
    return c->in ? room : list;
}

static void code_calc(tw_plan_codec *c, tw_plan_calc *calc) {
    calc->filter = tw_code_expr(c, calc->filter);
    calc->nproject = tw_code_count(c, calc->nproject);
    calc->project = code_exprs(c, calc->project, calc->nproject);
    calc->reads_watermark = tw_code_flag(c, calc->reads_watermark);
}

static void code_watermark(tw_plan_codec *c, tw_plan_watermark *w, int ncolumns) {
    w->column = (int)tw_code_int(c, w->column, 0, ncolumns - 1);
    w->expr = tw_code_expr(c, w->expr);
    w->idle_ms = tw_code_int(c, w->idle_ms, 0, INT64_MAX);
    w->table = code_label(c, w->table);
    w->rows_wanted = tw_code_flag(c, w->rows_wanted);
    if (c->in && !w->expr) tw_code_damaged(c, "a watermark without an expression");
}

static void code_window(tw_plan_codec *c, tw_window *w, int ncolumns) {
    w->kind = (tw_window_kind)tw_code_int(c, w->kind, 0, TW_WINDOW_GLOBAL);
    w->time_column = (int)tw_code_int(c, w->time_column, -1, ncolumns - 1);
    w->proctime = tw_code_flag(c, w->proctime);
    w->local_time = tw_code_flag(c, w->local_time);
    w->size_ms = tw_code_int(c, w->size_ms, 0, INT64_MAX);
    w->step_ms = tw_code_int(c, w->step_ms, 0, INT64_MAX);
    w->gap_ms = tw_code_int(c, w->gap_ms, 0, INT64_MAX);
    w->offset_ms = tw_code_int(c, w->offset_ms, INT64_MIN, INT64_MAX);
    w->start_column = (int)tw_code_int(c, w->start_column, -1, ncolumns - 1);
    w->end_column = (int)tw_code_int(c, w->end_column, -1, ncolumns - 1);
    w->partition = tw_code_columns(c, w->partition, &w->npartition, ncolumns);
    bool sized = w->kind == TW_WINDOW_TUMBLE || w->kind == TW_WINDOW_HOP || w->kind == TW_WINDOW_CUMULATE || w->kind == TW_WINDOW_COUNT;
    if (c->in && sized && w->size_ms == 0) tw_code_damaged(c, "a window without a size");
    if (c->in && (w->kind == TW_WINDOW_HOP || w->kind == TW_WINDOW_CUMULATE) && w->step_ms == 0) tw_code_damaged(c, "a window without a step");
}

static void code_emit(tw_plan_codec *c, tw_emit_spec *e) {
    e->mode = (tw_emit_mode)tw_code_int(c, e->mode, 0, TW_EMIT_ON_UPDATE);
    e->every_ms = tw_code_int(c, e->every_ms, 0, INT64_MAX);
    e->every_rows = tw_code_int(c, e->every_rows, 0, INT64_MAX);
    e->processing_time = tw_code_flag(c, e->processing_time);
    e->lateness_ms = tw_code_int(c, e->lateness_ms, 0, INT64_MAX);
    e->purge = tw_code_flag(c, e->purge);
    if (c->in && e->purge && e->every_rows == 0) tw_code_damaged(c, "a purge without a number of rows");
}

/* Aggregate functions go by name, as those of expressions do. */
static void code_function(tw_plan_codec *c, const tw_function **function) {
    tw_str name = tw_code_str(c, c->in ? TW_STR("") : tw_str_of((*function)->name));
    if (!c->in || c->status != TW_OK) return;
    *function = tw_function_find(name);
    if (!*function)
        c->status = tw_fail(c->error, TW_E_UNDEFINED_FUNCTION, "no function \"%.*s\", which the plan uses", TW_STR_ARG(name));
    else if (!((*function)->flags & TW_FN_AGGREGATE))
        tw_code_damaged(c, "a function that is no aggregate");
}

static void code_call(tw_plan_codec *c, tw_agg_call *call, int ncolumns) {
    code_function(c, &call->function);
    call->type = tw_code_type(c, call->type);
    call->args = tw_code_columns(c, call->args, &call->nargs, ncolumns);
    call->filter = (int)tw_code_int(c, call->filter, -1, ncolumns - 1);
    call->distinct = tw_code_flag(c, call->distinct);
    call->retract = tw_code_flag(c, call->retract);
    call->name = code_label(c, call->name);
    if (c->in && !call->type) tw_code_damaged(c, "an aggregate without a type");
}

static const tw_agg_call *code_calls(tw_plan_codec *c, const tw_agg_call *calls, int *n, int ncolumns) {
    *n = tw_code_count(c, *n);
    tw_agg_call *room = tw_code_room(c, *n, sizeof *room);
    for (int i = 0; i < *n && c->status == TW_OK; i++) {
        tw_agg_call call = c->in ? (tw_agg_call){0} : calls[i];
        code_call(c, &call, ncolumns);
        if (room) room[i] = call;
    }
    return c->in ? room : calls;
}

static void code_agg(tw_plan_codec *c, tw_plan_agg *a, bool windowed, int ncolumns) {
    a->keys = tw_code_columns(c, a->keys, &a->nkeys, ncolumns);
    a->calls = code_calls(c, a->calls, &a->ncalls, ncolumns);
    if (windowed) code_window(c, &a->window, ncolumns);
    code_emit(c, &a->emit);
    a->gives_start = tw_code_flag(c, a->gives_start);
    a->gives_end = tw_code_flag(c, a->gives_end);
    a->gives_time = tw_code_flag(c, a->gives_time);
    a->gives_number = tw_code_flag(c, a->gives_number);
    a->keep = (int)tw_code_int(c, a->keep, -1, ncolumns - 1);
    a->input_append = tw_code_flag(c, a->input_append);
    a->merges = tw_code_flag(c, a->merges);
    a->late_table = code_label(c, a->late_table);
    a->ttl_ms = tw_code_int(c, a->ttl_ms, 0, INT64_MAX);
}

static void code_sort(tw_plan_codec *c, tw_plan_sort *s, int ncolumns) {
    s->nkeys = tw_code_count(c, s->nkeys);
    tw_sort_key *room = tw_code_room(c, s->nkeys, sizeof *room);
    for (int i = 0; i < s->nkeys && c->status == TW_OK; i++) {
        tw_sort_key key = c->in ? (tw_sort_key){0} : s->keys[i];
        key.column = (int)tw_code_int(c, key.column, 0, ncolumns - 1);
        key.descending = tw_code_flag(c, key.descending);
        key.nulls_first = tw_code_flag(c, key.nulls_first);
        if (room) room[i] = key;
    }
    if (c->in) s->keys = room;
    s->by_time = tw_code_flag(c, s->by_time);
    s->offset = tw_code_int(c, s->offset, 0, INT64_MAX);
    s->limit = tw_code_int(c, s->limit, -1, INT64_MAX);
    s->partition = tw_code_columns(c, s->partition, &s->npartition, ncolumns);
    s->gives_rank = tw_code_flag(c, s->gives_rank);
    if (c->in && s->by_time && s->nkeys == 0) tw_code_damaged(c, "a sort by time without a key");
}

static void code_expand(tw_plan_codec *c, tw_plan_expand *e, const tw_type *row) {
    int n = row ? row->nfields : 0;
    e->nsets = tw_code_count(c, e->nsets);
    const tw_expr *const **room = tw_code_room(c, e->nsets, sizeof *room);
    for (int s = 0; s < e->nsets && c->status == TW_OK; s++) {
        const tw_expr *const *set = code_exprs(c, c->in ? NULL : e->project[s], n);
        if (room) room[s] = set;
    }
    if (c->in) e->project = room;
}

static void code_exchange(tw_plan_codec *c, tw_plan_exchange *e, int ncolumns) {
    e->kind = (tw_exchange_kind)tw_code_int(c, e->kind, 0, TW_EXCHANGE_SINGLE);
    e->keys = tw_code_columns(c, e->keys, &e->nkeys, ncolumns);
}

static void code_constraint(tw_plan_codec *c, tw_plan_constraint *k) {
    k->drop_nulls = tw_code_flag(c, k->drop_nulls);
    k->nested = (tw_nested_rule)tw_code_int(c, k->nested, 0, TW_NESTED_COLLECTIONS);
    k->lengths = (tw_length_rule)tw_code_int(c, k->lengths, 0, TW_LENGTH_ERROR);
}

static void code_sink(tw_plan_codec *c, tw_plan_sink *s, int ncolumns) {
    s->collect = tw_code_flag(c, s->collect);
    if (!s->collect) code_table(c, &s->table);
    s->primary_key = tw_code_columns(c, s->primary_key, &s->nprimary_key, ncolumns);
}

/* --- nodes --- */

static void code_fields(tw_plan_codec *c, tw_plan_node *n) {
    int ncolumns = n->ninputs && n->inputs && n->inputs[0]->row ? n->inputs[0]->row->nfields : 0;
    switch (n->kind) {
    case TW_PLAN_SCAN: code_scan(c, &n->u.scan); return;
    case TW_PLAN_VALUES: code_values(c, &n->u.values, n->row); return;
    case TW_PLAN_SIDE_SCAN: code_side(c, &n->u.side); return;
    case TW_PLAN_CALC: code_calc(c, &n->u.calc); return;
    case TW_PLAN_WATERMARK: code_watermark(c, &n->u.watermark, ncolumns); return;
    case TW_PLAN_UNION: return;
    case TW_PLAN_WINDOW:
    case TW_PLAN_COUNT_WINDOW: code_window(c, &n->u.window, ncolumns); return;
    case TW_PLAN_WINDOW_AGG:
    case TW_PLAN_SESSION_AGG:
    case TW_PLAN_COUNT_AGG:
    case TW_PLAN_TRIGGER_AGG: code_agg(c, &n->u.agg, true, ncolumns); return;
    case TW_PLAN_LOCAL_AGG:
        n->u.agg.windowed = tw_code_flag(c, n->u.agg.windowed);
        code_agg(c, &n->u.agg, n->u.agg.windowed, ncolumns);
        return;
    case TW_PLAN_GROUP_AGG: code_agg(c, &n->u.agg, false, ncolumns); return;
    case TW_PLAN_EXPAND: code_expand(c, &n->u.expand, n->row); return;
    case TW_PLAN_SORT:
    case TW_PLAN_LIMIT:
    case TW_PLAN_TOP_N: code_sort(c, &n->u.sort, ncolumns); return;
    case TW_PLAN_EXCHANGE: code_exchange(c, &n->u.exchange, ncolumns); return;
    case TW_PLAN_CONSTRAINT: code_constraint(c, &n->u.constraint); return;
    case TW_PLAN_SINK: code_sink(c, &n->u.sink, ncolumns); return;
    case TW_PLAN_KIND_COUNT: break;
    }
    tw_code_damaged(c, "a node of an unknown kind");
}

/* The output schema; its names are left out of the canonical form. */
static void code_row(tw_plan_codec *c, tw_plan_node *n) {
    if (c->canonical && n->row) {
        tw_code_int(c, n->row->nfields, 0, 0);
        for (int i = 0; i < n->row->nfields; i++) tw_code_type(c, n->row->fields[i].type);
        return;
    }
    n->row = tw_code_type(c, n->row);
    if (c->in && n->row && n->row->kind != TW_ROW) tw_code_damaged(c, "a node whose rows are none");
    if (c->in && !n->row && n->kind != TW_PLAN_SINK) tw_code_damaged(c, "a node without a schema");
}

static void code_inputs(tw_plan_codec *c, tw_plan_node *n) {
    n->ninputs = tw_code_count(c, n->ninputs);
    const tw_plan_node **room = tw_code_room(c, n->ninputs, sizeof *room);
    for (int i = 0; i < n->ninputs && c->status == TW_OK; i++) {
        if (c->canonical) {
            tw_code_u64(c, n->inputs[i]->id);
            continue;
        }
        int64_t index = tw_code_int(c, c->in ? 0 : n->inputs[i]->index, 0, c->nnodes - 1);
        if (room && c->status == TW_OK) room[i] = c->nodes[index];
    }
    if (c->in) n->inputs = c->status == TW_OK ? room : NULL;
}

static void code_state(tw_plan_codec *c, tw_plan_node *n) {
    if (c->canonical) return; /* follows from the rest */
    bool said = tw_code_flag(c, n->state != NULL);
    tw_str text = said ? tw_code_str(c, c->in ? TW_STR("") : tw_str_of(n->state)) : TW_STR("");
    if (c->in) n->state = said ? text.data : NULL;
    n->state_bounded = tw_code_flag(c, n->state_bounded);
    n->processing_time = tw_code_flag(c, n->processing_time);
    n->pos.offset = (uint32_t)tw_code_int(c, n->pos.offset, 0, UINT32_MAX);
    n->pos.line = (uint32_t)tw_code_int(c, n->pos.line, 0, UINT32_MAX);
    n->pos.column = (uint32_t)tw_code_int(c, n->pos.column, 0, UINT32_MAX);
    n->pos.length = (uint32_t)tw_code_int(c, n->pos.length, 0, UINT32_MAX);
}

void tw_plan_code_node(tw_plan_codec *c, tw_plan_node *n) {
    n->kind = (tw_plan_kind)tw_code_int(c, n->kind, 0, TW_PLAN_KIND_COUNT - 1);
    if (!c->canonical) n->id = tw_code_u64(c, n->id);
    code_row(c, n);
    code_inputs(c, n);
    n->changelog = (tw_changelog)tw_code_int(c, n->changelog, 0, TW_UPSERT);
    bool keyed = tw_code_flag(c, n->upsert_key != NULL); /* no columns: at most one row */
    int ncolumns = n->row ? n->row->nfields : n->ninputs && n->inputs && n->inputs[0]->row ? n->inputs[0]->row->nfields : 0;
    if (keyed) n->upsert_key = tw_code_columns(c, n->upsert_key, &n->nupsert_key, ncolumns);
    code_state(c, n);
    if (c->status == TW_OK) code_fields(c, n);
}
