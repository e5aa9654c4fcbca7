/* COUNT_WINDOW and GLOBAL_WINDOW in the logical plan: which aggregations are by them, and what these aggregate.
 *
 * A condition between the window and its aggregation may not go below the window, where it would change which rows count: it becomes a column.
 *
 *     AGGREGATE(keys = k, window_id)              AGGREGATE(keys = k, group window, keep = $keep)
 *       FILTER(x > 3)                     ->        PROJECT(.., x > 3 AS $keep)
 *         WINDOW(t, COUNT)                            t */
#include "sql/rules.h"

const tw_rel *tw_rows_window_of(const tw_rel *rel) {
    while (rel->kind == TW_REL_PROJECT || rel->kind == TW_REL_FILTER) rel = rel->inputs[0];
    return rel->kind == TW_REL_WINDOW && tw_is_rows_window(rel->u.window.kind) ? rel : NULL;
}

/* The window's column that `column` is, -1: it is no plain one. */
static int32_t column_of_window(const tw_rel *rel, int32_t column) {
    for (; rel->kind != TW_REL_WINDOW; rel = rel->inputs[0]) {
        if (rel->kind == TW_REL_FILTER) continue;
        const tw_expr *e = rel->u.project.exprs[column];
        if (e->kind != TW_EXPR_COLUMN) return -1;
        column = e->column;
    }
    return column;
}

static bool is_number(const tw_rel *window, int32_t column) {
    return window->u.window.kind == TW_WINDOW_COUNT && column == window->inputs[0]->row->nfields;
}

bool tw_is_window_number(const tw_rel *rel, int32_t column) {
    const tw_rel *window = tw_rows_window_of(rel);
    return window && is_number(window, column_of_window(rel, column));
}

static bool in_partition(const tw_window *w, int32_t column) {
    for (int32_t i = 0; i < w->npartition; i++)
        if (w->partition[i] == column) return true;
    return false;
}

tw_rows_grouping tw_rows_grouped(const tw_rel *input, const int32_t *keys, int32_t nkeys) {
    const tw_rel *window = tw_rows_window_of(input);
    if (!window) return TW_ROWS_PLAINLY;
    const tw_window *w = &window->u.window;
    bool numbered = w->kind == TW_WINDOW_GLOBAL, others = false;
    for (int32_t k = 0; k < nkeys; k++) {
        int32_t column = column_of_window(input, keys[k]);
        numbered |= is_number(window, column);
        others |= !is_number(window, column) && !in_partition(w, column);
    }
    if (!numbered) return TW_ROWS_PLAINLY;
    for (int32_t i = 0; i < w->npartition; i++) {
        bool found = false;
        for (int32_t k = 0; k < nkeys; k++) found |= column_of_window(input, keys[k]) == w->partition[i];
        others |= !found;
    }
    return others ? TW_ROWS_OTHERWISE : TW_ROWS_BY_WINDOW;
}

/* ---- what is aggregated ---------------------------------------------------------------------------------------- */

/* Is window_id read, when these columns of `rel` are? */
static bool reads_number(tw_arena *arena, const tw_rel *rel, const uint64_t *read) {
    if (rel->kind == TW_REL_WINDOW) return tw_bit_get(read, rel->inputs[0]->row->nfields);
    int32_t n = rel->row->nfields, below = rel->inputs[0]->row->nfields;
    uint64_t *more = tw_arena_calloc(arena, sizeof(uint64_t) * (size_t)(TW_BITS_WORDS(below) + 1));
    for (int32_t c = 0; c < n; c++) {
        if (!tw_bit_get(read, c)) continue;
        if (rel->kind == TW_REL_PROJECT)
            tw_expr_columns(rel->u.project.exprs[c], more);
        else
            tw_bit_set(more, c);
    }
    if (rel->kind == TW_REL_FILTER) tw_expr_columns(rel->u.filter, more);
    return reads_number(arena, rel->inputs[0], more);
}

typedef struct rebuilding {
    tw_arena *arena;
    bool numbered; /* the window stays */
    int32_t keep;
} rebuilding;

/* PROJECT with room for one column more. */
static const tw_rel *project(rebuilding *b, const tw_rel *input, const tw_rel *like, const tw_expr *const *exprs, const tw_expr *keep) {
    int32_t n = like->row->nfields;
    tw_str *names = TW_NEW_ARRAY(b->arena, tw_str, n + 1);
    const tw_expr **all = TW_NEW_ARRAY(b->arena, const tw_expr *, n + 1);
    for (int32_t c = 0; c < n; c++) {
        names[c] = like->row->fields[c].name;
        all[c] = exprs ? exprs[c] : tw_expr_column(b->arena, c, input->row->fields[c].type);
    }
    names[n] = TW_STR("$keep");
    all[n] = keep;
    b->keep = keep ? n : -1;
    return tw_rel_make_project(b->arena, input, all, names, n + (keep != NULL), like->pos);
}

static const tw_rel *without_window(rebuilding *b, const tw_rel *window) {
    const tw_rel *input = window->inputs[0];
    int32_t n = input->row->nfields;
    const tw_expr **exprs = TW_NEW_ARRAY(b->arena, const tw_expr *, n + 1);
    tw_value zero = tw_value_of_int(window->row->fields[n].type, 0);
    for (int32_t c = 0; c < n; c++) exprs[c] = tw_expr_column(b->arena, c, input->row->fields[c].type);
    exprs[n] = tw_expr_literal(b->arena, &zero);
    return project(b, input, window, exprs, NULL);
}

/* The relation's columns under the same numbers, and `keep` behind them. */
static const tw_rel *rebuild(rebuilding *b, const tw_rel *rel) {
    if (rel->kind == TW_REL_WINDOW) return b->numbered ? rel : without_window(b, rel);
    const tw_rel *input = rebuild(b, rel->inputs[0]);
    const tw_expr *keep = b->keep >= 0 ? tw_expr_column(b->arena, b->keep, input->row->fields[b->keep].type) : NULL;
    if (rel->kind == TW_REL_PROJECT) return project(b, input, rel, rel->u.project.exprs, keep);
    return project(b, input, rel, NULL, tw_expr_and(b->arena, keep, rel->u.filter));
}

const tw_rel *tw_rows_window_input(tw_arena *arena, const tw_rel *input, const uint64_t *read, int32_t *keep) {
    rebuilding b = {.arena = arena, .numbered = reads_number(arena, input, read), .keep = -1};
    const tw_rel *made = rebuild(&b, input);
    *keep = b.keep;
    return made;
}
