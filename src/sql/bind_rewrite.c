/* Expressions over the input row and placeholders -> expressions over the AGGREGATE's row. */
#include "sql/bind_query.h"

int64_t tw_expand_id(uint64_t set, int32_t nkeys) {
    int64_t id = 0;
    for (int32_t i = 0; i < nkeys; i++) id = id << 1 | !(set >> i & 1);
    return id;
}

static const tw_expr *bigint(tw_arena *arena, int64_t v) {
    tw_value value = tw_value_of_int(tw_type_nullable(arena, &TW_TYPE_BIGINT, false), v);
    return tw_expr_literal(arena, &value);
}

/* ---- GROUPING -------------------------------------------------------------------------------------------------- */

static int64_t grouping_value(const tw_entry *entry, uint64_t set) {
    int64_t value = 0;
    for (int32_t i = 0; i < entry->nkeys; i++) value = value << 1 | !(set >> entry->keys[i] & 1);
    return value;
}

static tw_status call(tw_select *select, tw_pos pos, const char *name, const tw_expr **args, int nargs, const tw_expr **out) {
    tw_bind bind = {.arena = select->binder.arena,
                    .function = tw_function_find(tw_str_of(name)),
                    .pos = pos,
                    .nargs = nargs,
                    .args = args,
                    .session = select->binder.session,
                    .error = select->binder.error};
    return tw_function_call(&bind, out);
}

/* CASE WHEN expand_id = (id of a set) THEN (value in that set) .. ELSE (value in the last set) END */
static tw_status grouping(tw_select *select, const tw_grouped_row *grouped, const tw_entry *entry, const tw_expr **out) {
    tw_arena *arena = select->binder.arena;
    if (grouped->expand_id < 0) {
        *out = bigint(arena, 0);
        return TW_OK;
    }
    int64_t last = grouping_value(entry, select->sets[select->nsets - 1]);
    const tw_expr **args = TW_NEW_ARRAY(arena, const tw_expr *, 2 * select->nsets + 1);
    const tw_expr *expand_id = tw_expr_column(arena, grouped->expand_id, grouped->row->fields[grouped->expand_id].type);
    int nargs = 0;
    for (int32_t s = 0; s < select->nsets - 1; s++) {
        int64_t value = grouping_value(entry, select->sets[s]);
        if (value == last) continue;
        const tw_expr **operands = TW_NEW_ARRAY(arena, const tw_expr *, 2);
        operands[0] = expand_id;
        operands[1] = bigint(arena, tw_expand_id(select->sets[s], select->keys.count));
        TW_TRY(call(select, entry->pos, "=", operands, 2, &args[nargs]));
        args[nargs + 1] = bigint(arena, value);
        nargs += 2;
    }
    args[nargs++] = bigint(arena, last);
    if (nargs > 1) return call(select, entry->pos, "CASE", args, nargs, out);
    *out = args[0];
    return TW_OK;
}

/* ---- rewriting ------------------------------------------------------------------------------------------------- */

static const tw_expr *column(tw_select *select, const tw_grouped_row *grouped, int32_t at, tw_pos pos) {
    tw_expr *e = (tw_expr *)tw_expr_column(select->binder.arena, at, grouped->row->fields[at].type);
    e->pos = pos;
    return e;
}

static tw_status placeholder(tw_select *select, const tw_grouped_row *grouped, const tw_expr *e, const tw_expr **out) {
    int32_t number = e->column - select->width;
    const tw_entry *entry = &select->entries[number];
    if (entry->kind == TW_ENTRY_GROUPING) return grouping(select, grouped, entry, out);
    if (entry->kind == TW_ENTRY_GROUP_ID && grouped->group_id < 0)
        *out = bigint(select->binder.arena, 0);
    else
        *out = column(select, grouped, entry->kind == TW_ENTRY_GROUP_ID ? grouped->group_id : grouped->entry_columns[number], e->pos);
    return TW_OK;
}

static tw_status not_grouped(tw_select *select, const tw_expr *e) {
    tw_str text = tw_ast_text(select->binder.script, e->pos);
    bool star = !text.length || text.data[text.length - 1] == '*';
    if (star) text = select->input->row->fields[e->column].name;
    tw_fail_at(select->binder.error, TW_E_GROUPING, e->pos, "expression '%.*s' is not being grouped", TW_STR_ARG(text));
    tw_error_hint(select->binder.error, "add it to GROUP BY, or aggregate it: MAX(%.*s)", TW_STR_ARG(text));
    return TW_E_GROUPING;
}

static tw_status rewrite_call(tw_select *select, const tw_grouped_row *grouped, const tw_expr *e, const tw_expr **out) {
    tw_arena *arena = select->binder.arena;
    const tw_expr **args = TW_NEW_ARRAY(arena, const tw_expr *, e->nargs + 1);
    bool same = true, became_nullable = false;
    for (int32_t i = 0; i < e->nargs; i++) {
        TW_TRY(tw_group_rewrite(select, grouped, e->args[i], &args[i]));
        same &= args[i] == e->args[i];
        became_nullable |= args[i]->type->nullable && !e->args[i]->type->nullable;
    }
    const tw_type *type = became_nullable ? tw_type_nullable(arena, e->type, true) : e->type;
    tw_expr *copy = same ? NULL : (tw_expr *)tw_expr_call(arena, e->function, type, args, e->nargs);
    if (copy) copy->pos = e->pos;
    *out = same ? e : copy;
    return TW_OK;
}

tw_status tw_group_rewrite(tw_select *select, const tw_grouped_row *grouped, const tw_expr *e, const tw_expr **out) {
    int32_t key = tw_exprs_find(&select->grouped, e);
    if (key >= 0) {
        *out = column(select, grouped, key, e->pos);
        return TW_OK;
    }
    switch (e->kind) {
    case TW_EXPR_LITERAL: *out = e; return TW_OK;
    case TW_EXPR_COLUMN: return e->column < select->width ? not_grouped(select, e) : placeholder(select, grouped, e, out);
    default: return rewrite_call(select, grouped, e, out);
    }
}
