/* Only what somebody reads is made: columns nobody reads go, and of nested rows only the fields that are read stay.
 *
 * What is read of a node is a list of paths: a column, or a field of a field of one. Two walks:
 *     1. from the roots down, each node tells its inputs which paths it reads (a node with several readers hears all of them);
 *     2. from the leaves up, each node is made again. Its row then has one column per path; `paths` says which.
 * A path whose prefix is also read is left out: readers take it from the prefix. A scan decodes pruned nested rows and a projection
 * above it takes the fields out, so fields travel through WATERMARK, WINDOW and UNION as columns of their own. */
#include <stdlib.h>

#include "sql/rules.h"

typedef struct need {
    tw_path *paths; /* walk 1: with repetitions; walk 2: sorted, none a prefix of another; `paths` of the columns of `made` */
    int32_t count, capacity;
    const tw_rel *made;
} need;

typedef struct pruner {
    tw_arena *arena;
    tw_rel_map needs; /* node -> need */
} pruner;

/* --- paths --- */

static int compare(const tw_path *a, const tw_path *b) {
    if (a->column != b->column) return a->column < b->column ? -1 : 1;
    for (int32_t i = 0; i < a->nsteps && i < b->nsteps; i++)
        if (a->steps[i] != b->steps[i]) return a->steps[i] < b->steps[i] ? -1 : 1;
    return a->nsteps - b->nsteps;
}

static bool is_prefix(const tw_path *prefix, const tw_path *path) {
    return prefix->column == path->column && prefix->nsteps <= path->nsteps &&
           memcmp(prefix->steps, path->steps, sizeof(int32_t) * (size_t)prefix->nsteps) == 0;
}

static tw_path whole(int32_t column) { return (tw_path){.column = column}; }

static void add(pruner *p, need *to, tw_path path) {
    for (int32_t i = 0; i < to->count; i++)
        if (is_prefix(&to->paths[i], &path)) return;
    if (to->count == to->capacity) {
        int32_t capacity = to->capacity ? to->capacity * 2 : 8;
        tw_path *more = TW_NEW_ARRAY(p->arena, tw_path, capacity);
        if (to->count) memcpy(more, to->paths, sizeof *more * (size_t)to->count);
        to->paths = more;
        to->capacity = capacity;
    }
    to->paths[to->count++] = path;
}

static int by_order(const void *a, const void *b) { return compare(a, b); }

/* Sorts, and drops what has a prefix in the list. Somebody must be read: a batch without columns says nothing of its rows' types. */
static void settle(pruner *p, need *n, const tw_rel *rel) {
    if (n->count == 0 && rel->row->nfields > 0) add(p, n, whole(0));
    if (n->count) qsort(n->paths, (size_t)n->count, sizeof *n->paths, by_order);
    int32_t kept = 0;
    for (int32_t i = 0; i < n->count; i++)
        if (kept == 0 || !is_prefix(&n->paths[kept - 1], &n->paths[i])) n->paths[kept++] = n->paths[i];
    n->count = kept;
}

static need *need_of(pruner *p, const tw_rel *rel) {
    need *n = tw_rel_map_get(&p->needs, rel);
    if (!n) {
        n = TW_NEW(p->arena, need);
        tw_rel_map_put(&p->needs, rel, n);
    }
    return n;
}

/* --- 1: what is read --- */

static void read_expr(pruner *p, need *to, const tw_expr *e) {
    tw_path path;
    if (tw_expr_path(e, &path)) {
        add(p, to, path);
        return;
    }
    for (int i = 0; i < e->nargs; i++) read_expr(p, to, e->args[i]);
}

static void pass_on(pruner *p, need *to, const need *from, int32_t ncolumns) {
    for (int32_t i = 0; i < from->count; i++)
        if (from->paths[i].column < ncolumns) add(p, to, from->paths[i]);
}

static void read_project(pruner *p, need *to, const need *from, const tw_rel_project *project) {
    for (int32_t i = 0; i < from->count; i++) {
        const tw_path *wanted = &from->paths[i];
        const tw_expr *e = project->exprs[wanted->column];
        tw_path path;
        if (!tw_expr_path(e, &path) || path.nsteps + wanted->nsteps > (int32_t)(sizeof path.steps / sizeof *path.steps)) {
            read_expr(p, to, e);
            continue;
        }
        memcpy(path.steps + path.nsteps, wanted->steps, sizeof(int32_t) * (size_t)wanted->nsteps);
        path.nsteps += wanted->nsteps;
        add(p, to, path);
    }
}

static int32_t first_call(const tw_rel_aggregate *a) { return a->nkeys + (a->nsets > 0); }

static bool is_wanted(const need *n, int32_t column) {
    for (int32_t i = 0; i < n->count; i++)
        if (n->paths[i].column == column) return true;
    return false;
}

static void read_aggregate(pruner *p, need *to, const need *from, const tw_rel_aggregate *a) {
    for (int32_t k = 0; k < a->nkeys; k++) add(p, to, whole(a->keys[k]));
    for (int32_t c = 0; c < a->ncalls; c++) {
        if (!is_wanted(from, first_call(a) + c)) continue;
        for (int32_t i = 0; i < a->calls[c].nargs; i++) add(p, to, whole(a->calls[c].args[i]));
        if (a->calls[c].filter >= 0) add(p, to, whole(a->calls[c].filter));
    }
    if (a->group_window && a->window.time_column >= 0) add(p, to, whole(a->window.time_column));
}

static void read_inputs(pruner *p, const tw_rel *rel) {
    need *mine = need_of(p, rel);
    settle(p, mine, rel);
    for (int32_t i = 0; i < rel->ninputs; i++) {
        need *to = need_of(p, rel->inputs[i]);
        int32_t ncolumns = rel->inputs[i]->row->nfields;
        switch (rel->kind) {
        case TW_REL_PROJECT: read_project(p, to, mine, &rel->u.project); break;
        case TW_REL_AGGREGATE: read_aggregate(p, to, mine, &rel->u.aggregate); break;
        case TW_REL_FILTER:
            pass_on(p, to, mine, ncolumns);
            read_expr(p, to, rel->u.filter);
            break;
        case TW_REL_WATERMARK:
            pass_on(p, to, mine, ncolumns);
            add(p, to, whole(rel->u.watermark.column));
            read_expr(p, to, rel->u.watermark.expr);
            break;
        case TW_REL_WINDOW:
            pass_on(p, to, mine, ncolumns);
            if (rel->u.window.time_column >= 0) add(p, to, whole(rel->u.window.time_column));
            for (int32_t k = 0; k < rel->u.window.npartition; k++) add(p, to, whole(rel->u.window.partition[k]));
            break;
        case TW_REL_SORT:
            pass_on(p, to, mine, ncolumns);
            for (int32_t k = 0; k < rel->u.sort.nkeys; k++) add(p, to, whole(rel->u.sort.keys[k].column));
            break;
        case TW_REL_SINK:
            for (int32_t c = 0; c < ncolumns; c++) add(p, to, whole(c));
            break;
        default: pass_on(p, to, mine, ncolumns); break;
        }
    }
}

/* --- 2: nodes made again --- */

static int32_t find(const need *n, const tw_path *path) {
    for (int32_t i = 0; i < n->count; i++)
        if (is_prefix(&n->paths[i], path)) return i;
    TW_ASSERT(!"a path that nobody asked for");
    return -1;
}

static int32_t find_column(const need *n, int32_t column) {
    tw_path path = whole(column);
    return find(n, &path);
}

/* The expression of a path over a node that was made again. */
static const tw_expr *take(pruner *p, const need *from, const tw_path *path) {
    int32_t c = find(from, path);
    int32_t done = from->paths[c].nsteps;
    return tw_expr_of_path(p->arena, from->made->row, c, path->steps + done, path->nsteps - done);
}

static const tw_expr *rewrite(pruner *p, const need *from, const tw_expr *e) {
    tw_path path;
    if (tw_expr_path(e, &path)) {
        tw_expr *taken = tw_arena_memdup(p->arena, take(p, from, &path), sizeof(tw_expr));
        taken->pos = e->pos;
        return taken;
    }
    if (e->nargs == 0) return e;
    tw_expr *copy = tw_arena_memdup(p->arena, e, sizeof *e);
    const tw_expr **args = TW_NEW_ARRAY(p->arena, const tw_expr *, e->nargs);
    for (int i = 0; i < e->nargs; i++) args[i] = rewrite(p, from, e->args[i]);
    copy->args = args;
    return copy;
}

/* "bid.auction" */
static tw_str path_name(pruner *p, const tw_type *row, const tw_path *path) {
    const tw_field *field = &row->fields[path->column];
    tw_str name = field->name;
    for (int32_t i = 0; i < path->nsteps; i++) {
        field = &field->type->fields[path->steps[i]];
        const char *text = tw_arena_printf(p->arena, "%.*s.%.*s", TW_STR_ARG(name), TW_STR_ARG(field->name));
        name = tw_str_of(text);
    }
    return name;
}

/* A projection that gives just these paths of `old`'s row, taken from what was made of it. */
static const tw_rel *project_paths(pruner *p, const need *from, const tw_rel *old, const tw_path *paths, int32_t n) {
    const tw_expr **exprs = TW_NEW_ARRAY(p->arena, const tw_expr *, n + 1);
    tw_str *names = TW_NEW_ARRAY(p->arena, tw_str, n + 1);
    for (int32_t i = 0; i < n; i++) {
        exprs[i] = take(p, from, &paths[i]);
        names[i] = path_name(p, old->row, &paths[i]);
    }
    return tw_rel_make_project(p->arena, from->made, exprs, names, n, old->pos);
}

static tw_rel *copy_of(pruner *p, const tw_rel *rel, const tw_rel *input, const tw_type *row) {
    tw_rel *copy = tw_arena_memdup(p->arena, rel, sizeof *rel);
    const tw_rel **inputs = TW_NEW_ARRAY(p->arena, const tw_rel *, 1);
    inputs[0] = input;
    copy->inputs = inputs;
    copy->row = row;
    return copy;
}

/* The type with only the fields that paths [first, end) read at this depth; the paths are sorted and all go through here. */
static const tw_type *prune_type(pruner *p, const tw_type *type, const tw_path *paths, int32_t first, int32_t end, int32_t depth) {
    if (paths[first].nsteps == depth) return type;
    tw_field *fields = TW_NEW_ARRAY(p->arena, tw_field, end - first);
    int32_t n = 0;
    for (int32_t i = first, next; i < end; i = next) {
        int32_t step = paths[i].steps[depth];
        for (next = i + 1; next < end && paths[next].steps[depth] == step;) next++;
        fields[n++] = (tw_field){type->fields[step].name, prune_type(p, type->fields[step].type, paths, i, next, depth + 1)};
    }
    tw_type *pruned = tw_arena_memdup(p->arena, type, sizeof *type);
    pruned->fields = fields;
    pruned->nfields = n;
    return pruned;
}

/* A path's steps as they are in the pruned type: the position among the fields that stay. */
static tw_path renumber(const need *n, int32_t at, int32_t first, int32_t column) {
    tw_path out = {.column = column, .nsteps = n->paths[at].nsteps};
    int32_t low = first;
    for (int32_t depth = 0; depth < out.nsteps; depth++) {
        int32_t position = 0;
        for (int32_t i = low + 1; i <= at; i++)
            if (n->paths[i].steps[depth] != n->paths[i - 1].steps[depth]) {
                position++;
                low = i;
            }
        out.steps[depth] = position;
    }
    return out;
}

static void make_scan(pruner *p, const tw_rel *rel, need *mine) {
    tw_field *fields = TW_NEW_ARRAY(p->arena, tw_field, mine->count + 1);
    int32_t *columns = TW_NEW_ARRAY(p->arena, int32_t, mine->count + 1);
    tw_path *places = TW_NEW_ARRAY(p->arena, tw_path, mine->count + 1);
    int32_t n = 0;
    bool nested = false;
    for (int32_t i = 0, next; i < mine->count; i = next) {
        int32_t column = mine->paths[i].column;
        for (next = i + 1; next < mine->count && mine->paths[next].column == column;) next++;
        const tw_field *field = &rel->row->fields[column];
        fields[n] = (tw_field){field->name, prune_type(p, field->type, mine->paths, i, next, 0)};
        columns[n] = rel->u.scan.columns[column];
        for (int32_t k = i; k < next; k++) {
            places[k] = renumber(mine, k, i, n);
            nested |= places[k].nsteps > 0;
        }
        n++;
    }
    tw_rel *scan = copy_of(p, rel, NULL, tw_type_row(p->arena, fields, n));
    scan->u.scan.columns = columns;
    scan->u.scan.ncolumns = n;
    mine->made = scan;
    if (!nested) return;
    const tw_expr **exprs = TW_NEW_ARRAY(p->arena, const tw_expr *, mine->count);
    tw_str *names = TW_NEW_ARRAY(p->arena, tw_str, mine->count);
    for (int32_t i = 0; i < mine->count; i++) {
        exprs[i] = tw_expr_of_path(p->arena, scan->row, places[i].column, places[i].steps, places[i].nsteps);
        names[i] = path_name(p, rel->row, &mine->paths[i]);
    }
    mine->made = tw_rel_make_project(p->arena, scan, exprs, names, mine->count, rel->pos);
}

static void make_project(pruner *p, const tw_rel *rel, need *mine, const need *from) {
    const tw_expr **exprs = TW_NEW_ARRAY(p->arena, const tw_expr *, mine->count + 1);
    tw_str *names = TW_NEW_ARRAY(p->arena, tw_str, mine->count + 1);
    for (int32_t i = 0; i < mine->count; i++) {
        const tw_path *wanted = &mine->paths[i];
        const tw_expr *e = rel->u.project.exprs[wanted->column];
        tw_path path;
        names[i] = path_name(p, rel->row, wanted);
        if (tw_expr_path(e, &path) && path.nsteps + wanted->nsteps <= (int32_t)(sizeof path.steps / sizeof *path.steps)) {
            memcpy(path.steps + path.nsteps, wanted->steps, sizeof(int32_t) * (size_t)wanted->nsteps);
            path.nsteps += wanted->nsteps;
            exprs[i] = take(p, from, &path);
            continue;
        }
        /* the path's fields of a computed row */
        tw_field one = {names[i], e->type};
        const tw_expr *inner = rewrite(p, from, e);
        const tw_type *row = tw_type_row(p->arena, &one, 1);
        const tw_expr *fields = tw_expr_of_path(p->arena, row, 0, wanted->steps, wanted->nsteps);
        exprs[i] = tw_expr_substitute(p->arena, fields, &inner);
    }
    mine->made = tw_rel_make_project(p->arena, from->made, exprs, names, mine->count, rel->pos);
}

/* Nodes that hand on their input's columns: the row is what the input has become. */
static void hand_on(need *mine, const need *from, const tw_rel *made) {
    mine->paths = from->paths;
    mine->count = from->count;
    mine->made = made;
}

static void make_watermark(pruner *p, const tw_rel *rel, need *mine, const need *from) {
    int32_t column = find_column(from, rel->u.watermark.column);
    const tw_type *input = from->made->row;
    tw_field *fields = tw_arena_memdup(p->arena, input->fields, sizeof *fields * (size_t)input->nfields);
    fields[column].type = tw_type_with_time(p->arena, fields[column].type, TW_ROWTIME);
    tw_rel *copy = copy_of(p, rel, from->made, tw_type_row(p->arena, fields, input->nfields));
    copy->u.watermark.column = column;
    copy->u.watermark.expr = rewrite(p, from, rel->u.watermark.expr);
    hand_on(mine, from, copy);
}

static int32_t *map_columns(pruner *p, const need *from, const int32_t *columns, int32_t n) {
    int32_t *out = TW_NEW_ARRAY(p->arena, int32_t, n + 1);
    for (int32_t i = 0; i < n; i++) out[i] = find_column(from, columns[i]);
    return out;
}

static void make_window(pruner *p, const tw_rel *rel, need *mine, const need *from) {
    int32_t n = from->made->row->nfields, old = rel->inputs[0]->row->nfields, added = rel->row->nfields - old;
    tw_field *fields = TW_NEW_ARRAY(p->arena, tw_field, n + added + 1);
    tw_path *paths = TW_NEW_ARRAY(p->arena, tw_path, n + added + 1);
    memcpy(fields, from->made->row->fields, sizeof *fields * (size_t)n);
    memcpy(paths, from->paths, sizeof *paths * (size_t)n);
    for (int32_t i = 0; i < added; i++) {
        fields[n + i] = rel->row->fields[old + i];
        paths[n + i] = whole(old + i);
    }
    tw_rel *copy = copy_of(p, rel, from->made, tw_type_row(p->arena, fields, n + added));
    if (rel->u.window.time_column >= 0) copy->u.window.time_column = find_column(from, rel->u.window.time_column);
    copy->u.window.partition = map_columns(p, from, rel->u.window.partition, rel->u.window.npartition);
    mine->paths = paths;
    mine->count = n + added;
    mine->made = copy;
}

static void make_aggregate(pruner *p, const tw_rel *rel, need *mine, const need *from) {
    const tw_rel_aggregate *a = &rel->u.aggregate;
    int32_t old = rel->row->nfields, n = 0, ncalls = 0;
    tw_field *fields = TW_NEW_ARRAY(p->arena, tw_field, old + 1);
    tw_path *paths = TW_NEW_ARRAY(p->arena, tw_path, old + 1);
    tw_rel_call *calls = TW_NEW_ARRAY(p->arena, tw_rel_call, a->ncalls + 1);
    for (int32_t c = 0; c < old; c++) {
        int32_t call = c - first_call(a);
        bool is_call = call >= 0 && call < a->ncalls;
        if (is_call && !is_wanted(mine, c)) continue;
        fields[n] = rel->row->fields[c];
        paths[n++] = whole(c);
        if (!is_call) continue;
        calls[ncalls] = a->calls[call];
        calls[ncalls].args = map_columns(p, from, a->calls[call].args, a->calls[call].nargs);
        if (calls[ncalls].filter >= 0) calls[ncalls].filter = find_column(from, calls[ncalls].filter);
        ncalls++;
    }
    tw_rel *copy = copy_of(p, rel, from->made, tw_type_row(p->arena, fields, n));
    copy->u.aggregate.keys = map_columns(p, from, a->keys, a->nkeys);
    copy->u.aggregate.calls = calls;
    copy->u.aggregate.ncalls = ncalls;
    if (a->group_window && a->window.time_column >= 0) copy->u.aggregate.window.time_column = find_column(from, a->window.time_column);
    mine->paths = paths;
    mine->count = n;
    mine->made = copy;
}

static void make_sort(pruner *p, const tw_rel *rel, need *mine, const need *from) {
    tw_rel *copy = copy_of(p, rel, from->made, from->made->row);
    tw_sort_key *keys = tw_arena_memdup(p->arena, rel->u.sort.keys, sizeof *keys * (size_t)rel->u.sort.nkeys);
    for (int32_t i = 0; i < rel->u.sort.nkeys; i++) keys[i].column = find_column(from, keys[i].column);
    copy->u.sort.keys = keys;
    hand_on(mine, from, copy);
}

/* The inputs of a union give the same columns in the same order. */
static void make_union(pruner *p, const tw_rel *rel, need *mine) {
    const tw_rel **inputs = TW_NEW_ARRAY(p->arena, const tw_rel *, rel->ninputs);
    for (int32_t i = 0; i < rel->ninputs; i++) inputs[i] = project_paths(p, need_of(p, rel->inputs[i]), rel->inputs[i], mine->paths, mine->count);
    tw_field *fields = TW_NEW_ARRAY(p->arena, tw_field, mine->count + 1);
    for (int32_t c = 0; c < mine->count; c++) {
        const tw_path *path = &mine->paths[c];
        const tw_type *type = tw_expr_of_path(p->arena, rel->row, path->column, path->steps, path->nsteps)->type;
        fields[c] = (tw_field){path_name(p, rel->row, path), type};
    }
    tw_rel *copy = tw_arena_memdup(p->arena, rel, sizeof *rel);
    copy->inputs = inputs;
    copy->row = tw_type_row(p->arena, fields, mine->count);
    mine->made = copy;
}

static void make_sink(pruner *p, const tw_rel *rel, need *mine, const need *from) {
    int32_t n = rel->inputs[0]->row->nfields;
    tw_path *all = TW_NEW_ARRAY(p->arena, tw_path, n + 1);
    for (int32_t c = 0; c < n; c++) all[c] = whole(c);
    mine->made = copy_of(p, rel, project_paths(p, from, rel->inputs[0], all, n), rel->row);
}

/* VALUES and side tables stay as they are. */
static void keep(pruner *p, const tw_rel *rel, need *mine) {
    mine->count = 0;
    for (int32_t c = 0; c < rel->row->nfields; c++) add(p, mine, whole(c));
    mine->made = rel;
}

static void make(pruner *p, const tw_rel *rel) {
    need *mine = need_of(p, rel);
    const need *from = rel->ninputs ? need_of(p, rel->inputs[0]) : NULL;
    switch (rel->kind) {
    case TW_REL_SCAN: make_scan(p, rel, mine); break;
    case TW_REL_PROJECT: make_project(p, rel, mine, from); break;
    case TW_REL_FILTER: {
        tw_rel *copy = copy_of(p, rel, from->made, from->made->row);
        copy->u.filter = rewrite(p, from, rel->u.filter);
        hand_on(mine, from, copy);
        break;
    }
    case TW_REL_WATERMARK: make_watermark(p, rel, mine, from); break;
    case TW_REL_WINDOW: make_window(p, rel, mine, from); break;
    case TW_REL_AGGREGATE: make_aggregate(p, rel, mine, from); break;
    case TW_REL_UNION: make_union(p, rel, mine); break;
    case TW_REL_SORT: make_sort(p, rel, mine, from); break;
    case TW_REL_SINK: make_sink(p, rel, mine, from); break;
    case TW_REL_VALUES:
    case TW_REL_SIDE: keep(p, rel, mine); break;
    }
}

void tw_prune(tw_rules *rules, const tw_rel **roots, int32_t nroots) {
    pruner p = {.arena = rules->arena};
    tw_rel_map_init(&p.needs, rules->arena);
    int32_t n;
    const tw_rel *const *order = tw_rel_order(rules->arena, roots, nroots, &n);
    for (int32_t i = n; i-- > 0;) read_inputs(&p, order[i]);
    for (int32_t i = 0; i < n; i++) make(&p, order[i]);
    for (int32_t i = 0; i < nroots; i++) roots[i] = need_of(&p, roots[i])->made;
}
