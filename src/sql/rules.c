/* What the rules share. */
#include "sql/rules.h"

void tw_rel_map_init(tw_rel_map *map, tw_arena *arena) { *map = (tw_rel_map){.arena = arena}; }

static uint32_t place(const tw_rel_map *map, const tw_rel *from) {
    uint32_t i = (uint32_t)(tw_hash_u64((uint64_t)(uintptr_t)from)) & (map->capacity - 1);
    while (map->entries[i].from && map->entries[i].from != from) i = (i + 1) & (map->capacity - 1);
    return i;
}

void *tw_rel_map_get(const tw_rel_map *map, const tw_rel *from) { return map->capacity ? map->entries[place(map, from)].to : NULL; }

static void grow(tw_rel_map *map) {
    tw_rel_map more = {.arena = map->arena, .count = map->count, .capacity = map->capacity ? map->capacity * 2 : 32};
    more.entries = tw_arena_calloc(map->arena, sizeof *more.entries * more.capacity);
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->entries[i].from) more.entries[place(&more, map->entries[i].from)] = map->entries[i];
    *map = more;
}

void tw_rel_map_put(tw_rel_map *map, const tw_rel *from, void *to) {
    if (2 * (map->count + 1) > map->capacity) grow(map);
    uint32_t i = place(map, from);
    map->count += !map->entries[i].from;
    map->entries[i].from = from;
    map->entries[i].to = to;
}

typedef struct walk {
    tw_rel_map seen;
    const tw_rel **order;
    int32_t count, capacity;
} walk;

static void visit(walk *w, const tw_rel *rel) {
    if (tw_rel_map_get(&w->seen, rel)) return;
    tw_rel_map_put(&w->seen, rel, (void *)rel);
    for (int32_t i = 0; i < rel->ninputs; i++) visit(w, rel->inputs[i]);
    if (w->count == w->capacity) {
        int32_t capacity = w->capacity ? w->capacity * 2 : 64;
        const tw_rel **more = TW_NEW_ARRAY(w->seen.arena, const tw_rel *, capacity);
        if (w->count) memcpy(more, w->order, sizeof *more * (size_t)w->count);
        w->order = more;
        w->capacity = capacity;
    }
    w->order[w->count++] = rel;
}

const tw_rel *const *tw_rel_order(tw_arena *arena, const tw_rel *const *roots, int32_t nroots, int32_t *count) {
    walk w = {0};
    tw_rel_map_init(&w.seen, arena);
    for (int32_t i = 0; i < nroots; i++) visit(&w, roots[i]);
    *count = w.count;
    return w.order;
}

const tw_rel *tw_rel_with_inputs(tw_arena *arena, const tw_rel *rel, const tw_rel *const *inputs) {
    bool same = true;
    for (int32_t i = 0; i < rel->ninputs; i++) same &= rel->inputs[i] == inputs[i];
    if (same) return rel;
    tw_rel *copy = tw_arena_memdup(arena, rel, sizeof *rel);
    copy->inputs = tw_arena_memdup(arena, inputs, sizeof *inputs * (size_t)rel->ninputs);
    return copy;
}

static bool is_field(const tw_expr *e) {
    return e->kind == TW_EXPR_CALL && e->nargs == 2 && e->args[1]->kind == TW_EXPR_LITERAL && strcmp(e->function->name, "FIELD") == 0;
}

bool tw_expr_path(const tw_expr *e, tw_path *path) {
    int32_t depth = 0;
    const tw_expr *base = e;
    for (; is_field(base); base = base->args[0]) depth++;
    if (base->kind != TW_EXPR_COLUMN || depth > (int32_t)(sizeof path->steps / sizeof *path->steps)) return false;
    *path = (tw_path){.column = base->column, .nsteps = depth};
    for (; is_field(e); e = e->args[0]) path->steps[--depth] = (int32_t)e->args[1]->literal->u.i;
    return true;
}

const tw_expr *tw_expr_of_path(tw_arena *arena, const tw_type *row, int32_t column, const int32_t *steps, int32_t nsteps) {
    const tw_expr *e = tw_expr_column(arena, column, row->fields[column].type);
    const tw_function *field = tw_function_find(TW_STR("FIELD"));
    for (int32_t i = 0; i < nsteps; i++) {
        const tw_type *type = e->type->fields[steps[i]].type;
        tw_value number = tw_value_of_int(tw_type_nullable(arena, &TW_TYPE_INTEGER, false), steps[i]);
        const tw_expr **args = TW_NEW_ARRAY(arena, const tw_expr *, 2);
        args[0] = e;
        args[1] = tw_expr_literal(arena, &number);
        e = tw_expr_call(arena, field, tw_type_nullable(arena, type, e->type->nullable || type->nullable), args, 2);
    }
    return e;
}

const tw_expr *tw_expr_and(tw_arena *arena, const tw_expr *a, const tw_expr *b) {
    if (!a || !b) return a ? a : b;
    const tw_expr **args = TW_NEW_ARRAY(arena, const tw_expr *, 2);
    args[0] = a;
    args[1] = b;
    bool nullable = a->type->nullable || b->type->nullable;
    return tw_expr_call(arena, tw_function_find(TW_STR("AND")), tw_type_nullable(arena, &TW_TYPE_BOOLEAN, nullable), args, 2);
}

static int32_t split(const tw_expr *e, const tw_expr **out, int32_t n) {
    if (e->kind != TW_EXPR_CALL || strcmp(e->function->name, "AND") != 0) {
        if (out) out[n] = e;
        return n + 1;
    }
    for (int32_t i = 0; i < e->nargs; i++) n = split(e->args[i], out, n);
    return n;
}

int32_t tw_expr_conjuncts(tw_arena *arena, const tw_expr *e, const tw_expr ***out) {
    int32_t n = split(e, NULL, 0);
    *out = TW_NEW_ARRAY(arena, const tw_expr *, n);
    return split(e, *out, 0);
}

bool tw_expr_repeatable(const tw_expr *e) {
    if (e->kind == TW_EXPR_CALL && e->function->flags & (TW_FN_NONDETERMINISTIC | TW_FN_WATERMARK)) return false;
    for (int i = 0; i < e->nargs; i++)
        if (!tw_expr_repeatable(e->args[i])) return false;
    return true;
}
