/* Equal sub-plans become one node. A node's identity is its text in binary: kind, row, what it does, and the numbers of its inputs, so
 * that one walk from the leaves finds all of them. */
#include "sql/rules.h"

typedef struct interned {
    tw_str text;
    const tw_rel *rel;
    int32_t number;
    struct interned *next;
} interned;

enum { BUCKETS = 1024 };

typedef struct interner {
    tw_arena *arena;
    tw_rel_map done; /* old -> interned */
    interned *buckets[BUCKETS];
    int32_t count;
} interner;

static void write_int(tw_buf *out, int64_t v) { tw_buf_u64(out, (uint64_t)v); }

static void write_ints(tw_buf *out, const int32_t *v, int32_t n) {
    write_int(out, n);
    for (int32_t i = 0; i < n; i++) write_int(out, v[i]);
}

static void write_options(tw_buf *out, const tw_option *options, int32_t n) {
    write_int(out, n);
    for (int32_t i = 0; i < n; i++) {
        tw_buf_bytes(out, options[i].key);
        tw_buf_bytes(out, options[i].value);
    }
}

static void write_window(tw_buf *out, const tw_window *w) {
    int64_t all[] = {w->kind,    w->time_column, w->proctime,  w->local_time,   w->size_ms,
                     w->step_ms, w->gap_ms,      w->offset_ms, w->start_column, w->end_column};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) write_int(out, all[i]);
    write_ints(out, w->partition, w->npartition);
}

static void write_aggregate(tw_buf *out, const tw_rel_aggregate *a) {
    write_ints(out, a->keys, a->nkeys);
    write_int(out, a->nsets);
    for (int32_t i = 0; i < a->nsets; i++) write_int(out, (int64_t)a->sets[i]);
    write_int(out, a->ncalls);
    for (int32_t i = 0; i < a->ncalls; i++) {
        const tw_rel_call *c = &a->calls[i];
        tw_buf_bytes(out, tw_str_of(c->function->name));
        write_ints(out, c->args, c->nargs);
        write_int(out, c->filter);
        write_int(out, c->distinct);
    }
    write_int(out, a->group_window * 2 + a->of_tvf);
    if (a->group_window) write_window(out, &a->window);
    write_int(out, a->nproperties);
    for (int32_t i = 0; i < a->nproperties; i++) write_int(out, a->properties[i]);
    int64_t emit[] = {a->emit_given,       a->emit.mode,       a->emit.every_ms, a->emit.processing_time,
                      a->emit.lateness_ms, a->emit.every_rows, a->emit.purge,    a->keep};
    for (size_t i = 0; i < sizeof emit / sizeof *emit; i++) write_int(out, emit[i]);
}

static void write_sort(tw_buf *out, const tw_rel_sort *s) {
    write_int(out, s->nkeys);
    for (int32_t i = 0; i < s->nkeys; i++) {
        write_int(out, s->keys[i].column);
        write_int(out, s->keys[i].descending * 2 + s->keys[i].nulls_first);
    }
    write_int(out, s->offset);
    write_int(out, s->limit);
}

static void write_rel(tw_buf *out, const tw_rel *rel) {
    write_int(out, rel->kind);
    tw_type_write(out, rel->row);
    switch (rel->kind) {
    case TW_REL_SCAN:
        write_int(out, (int64_t)(intptr_t)rel->u.scan.table);
        write_options(out, rel->u.scan.options, rel->u.scan.noptions);
        write_ints(out, rel->u.scan.columns, rel->u.scan.ncolumns);
        break;
    case TW_REL_SIDE:
        write_int(out, rel->u.side.kind);
        tw_buf_bytes(out, rel->u.side.table);
        break;
    case TW_REL_VALUES:
        write_int(out, rel->u.values.nrows);
        for (int32_t r = 0; r < rel->u.values.nrows; r++)
            for (int32_t c = 0; c < rel->row->nfields; c++) tw_value_write(out, &rel->u.values.rows[r][c]);
        break;
    case TW_REL_FILTER: tw_expr_write(out, rel->u.filter); break;
    case TW_REL_PROJECT:
        for (int32_t i = 0; i < rel->u.project.nexprs; i++) tw_expr_write(out, rel->u.project.exprs[i]);
        break;
    case TW_REL_WATERMARK:
        write_int(out, rel->u.watermark.column);
        write_int(out, (int64_t)(intptr_t)rel->u.watermark.table);
        tw_expr_write(out, rel->u.watermark.expr);
        break;
    case TW_REL_WINDOW: write_window(out, &rel->u.window); break;
    case TW_REL_AGGREGATE: write_aggregate(out, &rel->u.aggregate); break;
    case TW_REL_SORT: write_sort(out, &rel->u.sort); break;
    case TW_REL_UNION:
    case TW_REL_SINK: break;
    }
}

/* A node may be one with its equals: not sinks, and not what differs from call to call. */
static bool shareable(const tw_rel *rel) {
    if (rel->kind == TW_REL_SINK) return false;
    if (rel->kind == TW_REL_FILTER) return tw_expr_repeatable(rel->u.filter);
    for (int32_t i = 0; rel->kind == TW_REL_PROJECT && i < rel->u.project.nexprs; i++)
        if (!tw_expr_repeatable(rel->u.project.exprs[i])) return false;
    return true;
}

static interned *add(interner *t, tw_str text, const tw_rel *rel, uint32_t bucket) {
    interned *i = TW_NEW(t->arena, interned);
    *i = (interned){.text = text, .rel = rel, .number = t->count++, .next = t->buckets[bucket]};
    t->buckets[bucket] = i;
    return i;
}

static interned *intern(interner *t, tw_mem *mem, const tw_rel *rel) {
    const tw_rel **inputs = TW_NEW_ARRAY(t->arena, const tw_rel *, rel->ninputs + 1);
    tw_buf text;
    tw_buf_init(&text, mem, 0);
    for (int32_t i = 0; i < rel->ninputs; i++) {
        const interned *input = tw_rel_map_get(&t->done, rel->inputs[i]);
        inputs[i] = input->rel;
        write_int(&text, input->number);
    }
    write_rel(&text, rel);
    uint32_t bucket = (uint32_t)tw_hash_bytes(text.data, text.length, 0) % BUCKETS;
    interned *found = NULL;
    if (shareable(rel) && !text.failed)
        for (found = t->buckets[bucket]; found && !tw_str_equal(found->text, (tw_str){text.data, text.length});) found = found->next;
    if (found) {
        tw_buf_free(&text);
        return found;
    }
    tw_str kept = tw_buf_finish(&text, t->arena);
    return add(t, kept, tw_rel_with_inputs(t->arena, rel, inputs), bucket);
}

void tw_intern(tw_rules *rules, const tw_rel **roots, int32_t nroots) {
    interner *t = TW_NEW(rules->arena, interner);
    t->arena = rules->arena;
    tw_rel_map_init(&t->done, rules->arena);
    int32_t n;
    const tw_rel *const *order = tw_rel_order(rules->arena, roots, nroots, &n);
    for (int32_t i = 0; i < n; i++) tw_rel_map_put(&t->done, order[i], intern(t, rules->mem, order[i]));
    for (int32_t i = 0; i < nroots; i++) roots[i] = ((interned *)tw_rel_map_get(&t->done, roots[i]))->rel;
}
