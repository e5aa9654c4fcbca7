/* Window recognition: an aggregation that groups by window_start and window_end of a window TVF becomes one with a group window, which
 * the operators aggregate in slices; a projection puts the columns back in their order.
 *
 *     AGGREGATE(keys = k, ws, we)                     PROJECT(k, ws, we, calls)
 *       [PROJECT]                            ->         AGGREGATE(keys = k, group window, properties = START, END)
 *         WINDOW(x)                                       PROJECT(k, arguments, time)
 *                                                           x
 *
 * Where the rows in between must carry their window (a condition or an argument reads it, the windows come from another aggregation, or a
 * session is not of the same key), the WINDOW stays and the group window is ATTACHED: bounds are read from the rows. Sessions that are not of the
 * same key are no windows to Flink's planner, which updates a result with each of their rows: so it is here where every change is wanted.
 *
 * Count windows are told by window_id instead, and the aggregation counts for itself: rows_window.c. */
#include "sql/rules.h"

typedef struct recogniser {
    tw_arena *arena;
    const tw_rel *rel, *input;
    const tw_rel_aggregate *old;
    tw_rel_window_columns w; /* of the input */
    int32_t number;          /* its window_id, -1: none */
    int32_t keep;
} recogniser;

static bool is_window_column(const recogniser *r, int32_t c) {
    return c >= 0 && (c == r->w.start || c == r->w.end || c == r->w.time || c == r->number);
}

/* window_start and window_end are among the keys, and in every grouping set. */
static bool is_windowed(const recogniser *r) {
    bool start = false, end = false;
    for (int32_t k = 0; k < r->old->nkeys; k++) {
        bool everywhere = true;
        for (int32_t s = 0; s < r->old->nsets; s++) everywhere &= r->old->sets[s] >> k & 1;
        if (!everywhere && is_window_column(r, r->old->keys[k])) return false;
        start |= r->old->keys[k] == r->w.start;
        end |= r->old->keys[k] == r->w.end;
    }
    return start && end && r->w.start >= 0 && r->w.end >= 0;
}

/* --- fusing with the TVF --- */

static const tw_rel *tvf_of(const recogniser *r) {
    const tw_rel *in = r->input;
    if (in->kind == TW_REL_PROJECT) in = in->inputs[0];
    return in->kind == TW_REL_WINDOW ? in : NULL;
}

/* The input's column as an expression over the TVF's row. */
static const tw_expr *over_tvf(const recogniser *r, int32_t c) {
    if (r->input->kind == TW_REL_PROJECT) return r->input->u.project.exprs[c];
    return tw_expr_column(r->arena, c, r->input->row->fields[c].type);
}

static bool reads_window(const tw_expr *e, int32_t limit) {
    if (e->kind == TW_EXPR_COLUMN && e->column >= limit) return true;
    for (int i = 0; i < e->nargs; i++)
        if (reads_window(e->args[i], limit)) return true;
    return false;
}

/* Session windows are those of the grouping keys only when these are the PARTITION BY columns. */
static bool same_partition(const recogniser *r, const tw_window *window) {
    int32_t nkeys = 0;
    for (int32_t k = 0; k < r->old->nkeys; k++) {
        if (is_window_column(r, r->old->keys[k])) continue;
        const tw_expr *e = over_tvf(r, r->old->keys[k]);
        bool found = false;
        for (int32_t i = 0; i < window->npartition; i++) found |= e->kind == TW_EXPR_COLUMN && e->column == window->partition[i];
        if (!found) return false;
        nkeys++;
    }
    return nkeys == window->npartition && !r->old->sets;
}

static bool can_fuse(const recogniser *r, const tw_rel *tvf) {
    int32_t limit = tvf->inputs[0]->row->nfields;
    if (tvf->u.window.kind == TW_WINDOW_SESSION && !same_partition(r, &tvf->u.window)) return false;
    for (int32_t k = 0; k < r->old->nkeys; k++)
        if (!is_window_column(r, r->old->keys[k]) && reads_window(over_tvf(r, r->old->keys[k]), limit)) return false;
    for (int32_t c = 0; c < r->old->ncalls; c++) {
        const tw_rel_call *call = &r->old->calls[c];
        for (int32_t i = 0; i < call->nargs; i++)
            if (reads_window(over_tvf(r, call->args[i]), limit)) return false;
        if (call->filter >= 0 && reads_window(over_tvf(r, call->filter), limit)) return false;
    }
    return true;
}

/* The TVF's input with the columns that the aggregation reads, then the time column; map[c] is where column c went. */
static const tw_rel *fused_input(const recogniser *r, const tw_rel *tvf, int32_t *map, int32_t *time_column) {
    int32_t n = r->input->row->nfields, limit = tvf->inputs[0]->row->nfields, made = 0;
    const tw_expr **exprs = TW_NEW_ARRAY(r->arena, const tw_expr *, n + 1);
    tw_str *names = TW_NEW_ARRAY(r->arena, tw_str, n + 1);
    *time_column = -1;
    for (int32_t c = 0; c < n; c++) {
        const tw_expr *e = over_tvf(r, c);
        map[c] = -1;
        if (reads_window(e, limit)) continue;
        if (e->kind == TW_EXPR_COLUMN && e->column == tvf->u.window.time_column) *time_column = made;
        exprs[made] = e;
        names[made] = r->input->row->fields[c].name;
        map[c] = made++;
    }
    if (*time_column < 0) {
        const tw_field *time = &tvf->inputs[0]->row->fields[tvf->u.window.time_column];
        *time_column = made;
        exprs[made] = tw_expr_column(r->arena, tvf->u.window.time_column, time->type);
        names[made++] = time->name;
    }
    return tw_rel_make_project(r->arena, tvf->inputs[0], exprs, names, made, r->rel->pos);
}

/* --- the new aggregation --- */

static tw_rel_call *map_calls(const recogniser *r, const int32_t *map) {
    tw_rel_call *calls = TW_NEW_ARRAY(r->arena, tw_rel_call, r->old->ncalls + 1);
    for (int32_t c = 0; c < r->old->ncalls; c++) {
        calls[c] = r->old->calls[c];
        int32_t *args = TW_NEW_ARRAY(r->arena, int32_t, calls[c].nargs + 1);
        for (int32_t i = 0; i < calls[c].nargs; i++) args[i] = map[r->old->calls[c].args[i]];
        calls[c].args = args;
        if (calls[c].filter >= 0) calls[c].filter = map[calls[c].filter];
    }
    return calls;
}

typedef struct shape { /* columns of the new row by key and property of the old */
    int32_t *key_to;   /* old key -> column of the new row */
    tw_field *fields;
    int32_t nfields;
} shape;

/* Keys without the window's columns, and the grouping sets over them. */
static void map_keys(const recogniser *r, const int32_t *map, tw_rel_aggregate *to, shape *s) {
    int32_t *keys = TW_NEW_ARRAY(r->arena, int32_t, r->old->nkeys + 1);
    uint64_t *sets = r->old->sets ? TW_NEW_ARRAY(r->arena, uint64_t, r->old->nsets) : NULL;
    for (int32_t k = 0; k < r->old->nkeys; k++) {
        if (is_window_column(r, r->old->keys[k])) continue;
        for (int32_t i = 0; i < r->old->nsets; i++) sets[i] |= (r->old->sets[i] >> k & 1) << to->nkeys;
        s->key_to[k] = s->nfields;
        s->fields[s->nfields++] = r->rel->row->fields[k];
        keys[to->nkeys++] = map[r->old->keys[k]];
    }
    to->keys = keys;
    to->sets = sets;
}

static void add_property(const recogniser *r, int32_t column, tw_window_property property, tw_rel_aggregate *to, tw_window_property *list, shape *s) {
    bool wanted = false;
    for (int32_t k = 0; k < r->old->nkeys; k++) {
        if (column < 0 || r->old->keys[k] != column) continue;
        s->key_to[k] = s->nfields;
        if (!wanted) s->fields[s->nfields] = r->rel->row->fields[k];
        wanted = true;
    }
    if (!wanted) return;
    list[to->nproperties++] = property;
    s->nfields++;
}

static const tw_rel *windowed(const recogniser *r, const tw_rel *input, const int32_t *map, const tw_window *window) {
    tw_rel_aggregate to = {.group_window = true,
                           .keep = r->keep,
                           .of_tvf = true,
                           .window = *window,
                           .nsets = r->old->nsets,
                           .ncalls = r->old->ncalls,
                           .emit = r->old->emit,
                           .emit_given = r->old->emit_given};
    int32_t n = r->rel->row->nfields;
    shape s = {TW_NEW_ARRAY(r->arena, int32_t, n + 1), TW_NEW_ARRAY(r->arena, tw_field, n + 1), 0};
    tw_window_property *properties = TW_NEW_ARRAY(r->arena, tw_window_property, 4);
    map_keys(r, map, &to, &s);
    int32_t *others = TW_NEW_ARRAY(r->arena, int32_t, n + 1); /* expand_id and calls: old column -> new */
    for (int32_t c = r->old->nkeys; c < r->old->nkeys + (r->old->nsets > 0) + r->old->ncalls; c++) {
        others[c] = s.nfields;
        s.fields[s.nfields++] = r->rel->row->fields[c];
    }
    to.calls = map_calls(r, map);
    to.properties = properties;
    add_property(r, r->number, TW_WINDOW_NUMBER, &to, properties, &s);
    add_property(r, r->w.start, TW_WINDOW_START, &to, properties, &s);
    add_property(r, r->w.end, TW_WINDOW_END, &to, properties, &s);
    add_property(r, r->w.time, window->proctime ? TW_WINDOW_PROCTIME : TW_WINDOW_ROWTIME, &to, properties, &s);
    const tw_rel **inputs = TW_NEW_ARRAY(r->arena, const tw_rel *, 1);
    inputs[0] = input;
    tw_rel *aggregate = tw_rel_new(r->arena, TW_REL_AGGREGATE, tw_type_row(r->arena, s.fields, s.nfields), inputs, 1, r->rel->pos);
    aggregate->u.aggregate = to;
    const tw_expr **exprs = TW_NEW_ARRAY(r->arena, const tw_expr *, n + 1);
    tw_str *names = TW_NEW_ARRAY(r->arena, tw_str, n + 1);
    for (int32_t c = 0; c < n; c++) {
        int32_t from = c < r->old->nkeys ? s.key_to[c] : others[c];
        exprs[c] = tw_expr_column(r->arena, from, aggregate->row->fields[from].type);
        names[c] = r->rel->row->fields[c].name;
    }
    return tw_rel_make_project(r->arena, aggregate, exprs, names, n, r->rel->pos);
}

/* --- windows of a number of rows --- */

/* The columns that the aggregation reads besides window_id. */
static uint64_t *read_columns(recogniser *r) {
    const tw_rel_aggregate *a = r->old;
    uint64_t *read = tw_arena_calloc(r->arena, sizeof(uint64_t) * (size_t)(TW_BITS_WORDS(r->input->row->nfields) + 1));
    for (int32_t c = 0; c < a->ncalls; c++) {
        for (int32_t i = 0; i < a->calls[c].nargs; i++) tw_bit_set(read, a->calls[c].args[i]);
        if (a->calls[c].filter >= 0) tw_bit_set(read, a->calls[c].filter);
    }
    for (int32_t k = 0; k < a->nkeys; k++) {
        if (tw_is_window_number(r->input, a->keys[k]))
            r->number = a->keys[k];
        else
            tw_bit_set(read, a->keys[k]);
    }
    return read;
}

/* The rows without window_id, unless it is read; map[c] is where column c went. */
static const tw_rel *counted_input(recogniser *r, int32_t *map) {
    const uint64_t *read = read_columns(r);
    const tw_rel *input = tw_rows_window_input(r->arena, r->input, read, &r->keep);
    int32_t n = input->row->nfields, made = 0;
    const tw_expr **exprs = TW_NEW_ARRAY(r->arena, const tw_expr *, n + 1);
    tw_str *names = TW_NEW_ARRAY(r->arena, tw_str, n + 1);
    for (int32_t c = 0; c < n; c++) {
        if (c != r->keep && !tw_bit_get(read, c)) continue;
        if (c != r->keep) map[c] = made;
        exprs[made] = tw_expr_column(r->arena, c, input->row->fields[c].type);
        names[made++] = input->row->fields[c].name;
    }
    if (r->keep >= 0) r->keep = made - 1; /* the last */
    return tw_rel_make_project(r->arena, input, exprs, names, made, r->rel->pos);
}

static const tw_rel *recognise_count(recogniser *r) {
    int32_t *map = TW_NEW_ARRAY(r->arena, int32_t, r->input->row->nfields + 1);
    tw_window window = tw_rows_window_of(r->input)->u.window;
    window.partition = NULL; /* the keys */
    window.npartition = 0;
    r->w = (tw_rel_window_columns){.start = -1, .end = -1, .time = -1};
    const tw_rel *input = counted_input(r, map);
    return windowed(r, input, map, &window);
}

static bool is_by_count(const tw_rel *rel) {
    const tw_rel_aggregate *a = &rel->u.aggregate;
    const tw_rel *window = tw_rows_window_of(rel->inputs[0]);
    if (!window || window->u.window.kind != TW_WINDOW_COUNT || a->nsets) return false;
    return tw_rows_grouped(rel->inputs[0], a->keys, a->nkeys) == TW_ROWS_BY_WINDOW;
}

static const tw_rel *recognise(const tw_rules *rules, const tw_rel *rel, bool of_time) {
    tw_arena *arena = rules->arena;
    if (rel->kind != TW_REL_AGGREGATE || rel->u.aggregate.group_window) return rel;
    recogniser r = {.arena = arena,
                    .rel = rel,
                    .input = rel->inputs[0],
                    .old = &rel->u.aggregate,
                    .w = tw_rel_windows_of(rel->inputs[0]),
                    .number = -1,
                    .keep = -1};
    if (is_by_count(rel)) return recognise_count(&r);
    if (!of_time || !is_windowed(&r)) return rel;
    int32_t *map = TW_NEW_ARRAY(arena, int32_t, r.input->row->nfields + 1);
    const tw_rel *tvf = tvf_of(&r);
    if (tvf && can_fuse(&r, tvf)) {
        tw_window window = tvf->u.window;
        const tw_rel *input = fused_input(&r, tvf, map, &window.time_column);
        return windowed(&r, input, map, &window);
    }
    bool session = tvf && tvf->u.window.kind == TW_WINDOW_SESSION && !same_partition(&r, &tvf->u.window);
    if (session && rules->every_change && !r.old->emit_given) return rel;
    for (int32_t c = 0; c < r.input->row->nfields; c++) map[c] = c;
    tw_window window = {.kind = TW_WINDOW_ATTACHED,
                        .time_column = r.w.time,
                        .proctime = r.w.proctime,
                        .local_time = r.w.local_time,
                        .start_column = r.w.start,
                        .end_column = r.w.end};
    return windowed(&r, r.input, map, &window);
}

void tw_recognise_windows(tw_rules *rules, const tw_rel **roots, int32_t nroots, bool of_time) {
    tw_rel_map done;
    tw_rel_map_init(&done, rules->arena);
    int32_t n;
    const tw_rel *const *order = tw_rel_order(rules->arena, roots, nroots, &n);
    for (int32_t i = 0; i < n; i++) {
        const tw_rel **inputs = TW_NEW_ARRAY(rules->arena, const tw_rel *, order[i]->ninputs + 1);
        for (int32_t k = 0; k < order[i]->ninputs; k++) inputs[k] = tw_rel_map_get(&done, order[i]->inputs[k]);
        tw_rel_map_put(&done, order[i], (void *)recognise(rules, tw_rel_with_inputs(rules->arena, order[i], inputs), of_time));
    }
    for (int32_t i = 0; i < nroots; i++) roots[i] = tw_rel_map_get(&done, roots[i]);
}
