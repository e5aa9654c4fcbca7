/* The AGGREGATE of a query: a PROJECT of keys, arguments and filters below it, items and HAVING rewritten above it.
 *
 * A grouping set that is written more than once gives its rows as often, told apart by GROUP_ID(). Then there is one AGGREGATE for all sets,
 * one more for those written twice, and so on; their UNION has GROUP_ID() as its last column. */
#include "sql/bind_query.h"

const tw_type *tw_group_key_type(tw_arena *arena, const tw_type *type, bool window_time, bool nullable) {
    if (!window_time) type = tw_type_with_time(arena, type, TW_NOT_TIME);
    return tw_type_nullable(arena, type, nullable);
}

/* ---- the PROJECT below ----------------------------------------------------------------------------------------- */

static int32_t add_input(tw_select *select, tw_exprs *inputs, const tw_expr *e) {
    int32_t at = tw_exprs_find(inputs, e);
    if (at >= 0) return at;
    at = inputs->count;
    tw_str name = e->kind == TW_EXPR_COLUMN ? select->input->row->fields[e->column].name
                                            : tw_str_of(tw_arena_printf(select->binder.arena, "$f%d", at));
    tw_exprs_push(select->binder.arena, inputs, e, name);
    return at;
}

static tw_rel_call make_call(tw_select *select, tw_exprs *inputs, const tw_entry *entry) {
    int32_t *args = TW_NEW_ARRAY(select->binder.arena, int32_t, entry->nargs + 1);
    for (int32_t i = 0; i < entry->nargs; i++) args[i] = add_input(select, inputs, entry->args[i]);
    int32_t filter = entry->filter ? add_input(select, inputs, entry->filter) : -1;
    return (tw_rel_call){.function = entry->function,
                         .type = entry->type,
                         .args = args,
                         .nargs = entry->nargs,
                         .filter = filter,
                         .distinct = entry->distinct,
                         .name = entry->text,
                         .pos = entry->pos};
}

/* ---- its row --------------------------------------------------------------------------------------------------- */

typedef struct building {
    tw_exprs inputs;
    tw_rel_aggregate aggregate; /* without sets */
    const tw_rel *below;        /* the PROJECT */
    const tw_type *row;
    int32_t *entry_columns;
    int32_t levels; /* how often the most frequent set is written */
} building;

static tw_str property_name(tw_window_property property) {
    static const char *const names[] = {"w$start", "w$end", "w$rowtime", "w$proctime"};
    return tw_str_of(names[property]);
}

/* Fills keys, calls, properties and the columns that placeholders become. */
static void make_parts(tw_select *select, building *b) {
    tw_arena *arena = select->binder.arena;
    int32_t nkeys = select->keys.count;
    int32_t *keys = TW_NEW_ARRAY(arena, int32_t, nkeys + 1);
    tw_rel_call *calls = TW_NEW_ARRAY(arena, tw_rel_call, select->nentries + 1);
    tw_window_property *properties = TW_NEW_ARRAY(arena, tw_window_property, select->nentries + 1);
    for (int32_t i = 0; i < nkeys; i++) {
        keys[i] = i;
        tw_exprs_push(arena, &b->inputs, select->keys.at[i], select->keys.names[i]);
    }
    if (select->window.given) select->window.window.time_column = add_input(select, &b->inputs, select->window.time);
    b->aggregate = (tw_rel_aggregate){.keys = keys,
                                      .nkeys = nkeys,
                                      .calls = calls,
                                      .properties = properties,
                                      .group_window = select->window.given,
                                      .window = select->window.window};
    b->entry_columns = TW_NEW_ARRAY(arena, int32_t, select->nentries + 1);
    int32_t first = nkeys + (select->nsets > 0);
    for (int32_t e = 0; e < select->nentries; e++) {
        if (select->entries[e].kind != TW_ENTRY_CALL) continue;
        b->entry_columns[e] = first + b->aggregate.ncalls;
        calls[b->aggregate.ncalls++] = make_call(select, &b->inputs, &select->entries[e]);
    }
    for (int32_t e = 0; e < select->nentries; e++) {
        if (select->entries[e].kind != TW_ENTRY_PROPERTY) continue;
        b->entry_columns[e] = first + b->aggregate.ncalls + b->aggregate.nproperties;
        properties[b->aggregate.nproperties++] = select->entries[e].property;
    }
}

/* The key that is the time of the window grouped by, -1: none. It stays a time attribute. */
static int32_t window_time_key(const tw_select *select, const building *b) {
    tw_rel_window_columns w = tw_rel_windows_of(b->below);
    int32_t nkeys = select->keys.count;
    bool windowed = w.start >= 0 && w.start < nkeys && w.end >= 0 && w.end < nkeys && w.time >= 0 && w.time < nkeys;
    for (int32_t s = 0; s < select->nsets && windowed; s++) windowed = (select->sets[s] >> w.start & 1) && (select->sets[s] >> w.end & 1);
    return windowed ? w.time : -1;
}

static void make_row(tw_select *select, building *b) {
    tw_arena *arena = select->binder.arena;
    tw_field *fields = TW_NEW_ARRAY(arena, tw_field, select->keys.count + select->nentries + 2);
    int32_t n = 0, time_key = window_time_key(select, b);
    for (; n < select->keys.count; n++) {
        bool nullable = tw_group_key_nullable(select, n);
        fields[n] = (tw_field){select->keys.names[n], tw_group_key_type(arena, select->keys.at[n]->type, n == time_key, nullable)};
    }
    if (select->nsets) fields[n++] = (tw_field){TW_STR("$e"), tw_type_nullable(arena, &TW_TYPE_BIGINT, false)};
    for (int32_t e = 0; e < select->nentries; e++) {
        const tw_entry *entry = &select->entries[e];
        if (entry->kind != TW_ENTRY_CALL && entry->kind != TW_ENTRY_PROPERTY) continue;
        tw_str name = entry->kind == TW_ENTRY_PROPERTY
                          ? property_name(entry->property)
                          : tw_str_of(tw_arena_printf(arena, "EXPR$%d", b->entry_columns[e] - select->keys.count - (select->nsets > 0)));
        fields[b->entry_columns[e]] = (tw_field){name, entry->type};
        n++;
    }
    b->row = tw_type_row(arena, fields, n);
}

/* An aggregation over a count or global window is by its key; the former is then recognised by window.c, which knows the windows of all kinds. */
static tw_status bind_rows_window(tw_select *select, building *b) {
    tw_binder *binder = &select->binder;
    tw_rows_grouping grouping = tw_rows_grouped(b->below, b->aggregate.keys, b->aggregate.nkeys);
    if (grouping == TW_ROWS_PLAINLY || select->window.given) return TW_OK;
    tw_window window = tw_rows_window_of(b->below)->u.window;
    bool counts = window.kind == TW_WINDOW_COUNT;
    if (grouping == TW_ROWS_OTHERWISE || select->nsets) {
        tw_pos pos = select->nkey_asts ? select->key_asts[0]->pos : select->ast->pos;
        tw_status status = tw_fail_at(binder->error, TW_E_GROUPING, pos,
                                      "the aggregation must group by the PARTITION BY columns of %s and nothing else",
                                      counts ? "COUNT_WINDOW, window_id" : "GLOBAL_WINDOW");
        tw_error_hint(binder->error, "partition the window by the columns to group by, or aggregate its results once more");
        return status;
    }
    if (counts && select->emit)
        return tw_fail_at(binder->error, TW_E_INVALID, select->emit->pos, "a count window gives its result when it is full: EMIT does not apply");
    if (counts) return TW_OK;
    window.partition = NULL; /* the keys */
    window.npartition = 0;
    b->aggregate.group_window = true;
    b->aggregate.window = window;
    return TW_OK;
}

/* ---- the node, or several -------------------------------------------------------------------------------------- */

/* The AGGREGATE of the sets that are there for the `level`-th time. */
static tw_status make_node(tw_select *select, building *b, int32_t level, const tw_rel **out) {
    tw_rel *rel = tw_rel_new(select->binder.arena, TW_REL_AGGREGATE, b->row, &b->below, 1, select->ast->pos);
    rel->u.aggregate = b->aggregate;
    if (select->nsets) {
        uint64_t *sets = TW_NEW_ARRAY(select->binder.arena, uint64_t, select->nsets);
        int32_t n = 0;
        for (int32_t s = 0; s < select->nsets; s++)
            if (select->repeats[s] == level) sets[n++] = select->sets[s];
        rel->u.aggregate.sets = sets;
        rel->u.aggregate.nsets = n;
    }
    *out = rel;
    return tw_bind_emit(&select->binder, select->emit, rel, &rel->u.aggregate);
}

static const tw_rel *with_group_id(tw_select *select, const tw_rel *rel, int32_t level) {
    tw_arena *arena = select->binder.arena;
    tw_exprs columns = {0};
    for (int32_t i = 0; i < rel->row->nfields; i++)
        tw_exprs_push(arena, &columns, tw_expr_column(arena, i, rel->row->fields[i].type), rel->row->fields[i].name);
    tw_value id = tw_value_of_int(tw_type_nullable(arena, &TW_TYPE_BIGINT, false), level);
    tw_exprs_push(arena, &columns, tw_expr_literal(arena, &id), TW_STR("$g"));
    return tw_rel_make_project(arena, rel, columns.at, columns.names, columns.count, select->ast->pos);
}

static tw_status make_nodes(tw_select *select, building *b, const tw_rel **out) {
    b->levels = 1;
    for (int32_t s = 0; s < select->nsets; s++)
        if (select->repeats[s] >= b->levels) b->levels = select->repeats[s] + 1;
    if (b->levels == 1) return make_node(select, b, 0, out);
    const tw_rel **branches = TW_NEW_ARRAY(select->binder.arena, const tw_rel *, b->levels);
    for (int32_t level = 0; level < b->levels; level++) {
        TW_TRY(make_node(select, b, level, &branches[level]));
        branches[level] = with_group_id(select, branches[level], level);
    }
    *out = tw_rel_new(select->binder.arena, TW_REL_UNION, branches[0]->row, branches, b->levels, select->ast->pos);
    return TW_OK;
}

/* ---- what is above --------------------------------------------------------------------------------------------- */

static tw_status rewrite_all(tw_select *select, const tw_grouped_row *grouped) {
    if (select->having) TW_TRY(tw_group_rewrite(select, grouped, select->having, &select->having));
    for (int32_t i = 0; i < select->items.count; i++) TW_TRY(tw_group_rewrite(select, grouped, select->items.at[i], &select->items.at[i]));
    return TW_OK;
}

tw_status tw_bind_aggregate(tw_select *select) {
    building b = {0};
    make_parts(select, &b);
    b.below = tw_rel_make_project(select->binder.arena, select->input, b.inputs.at, b.inputs.names, b.inputs.count, select->ast->pos);
    TW_TRY(bind_rows_window(select, &b));
    make_row(select, &b);
    tw_grouped_row grouped = {.row = b.row, .entry_columns = b.entry_columns, .expand_id = select->nsets ? select->keys.count : -1, .group_id = -1};
    const tw_rel *rel;
    TW_TRY(make_nodes(select, &b, &rel));
    if (b.levels > 1) grouped.group_id = b.row->nfields;
    grouped.row = rel->row;
    TW_TRY(rewrite_all(select, &grouped));
    select->input = select->having ? tw_rel_make_filter(select->binder.arena, rel, select->having, select->ast->having->pos) : rel;
    return TW_OK;
}
