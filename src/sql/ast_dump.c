/* The syntax tree as s-expressions, for tests. */
#include "sql/ast.h"

static void query(tw_buf *out, const tw_ast_query *q);
static void from(tw_buf *out, const tw_ast_from *f);

static void path(tw_buf *out, tw_ast_names names) {
    for (int i = 0; i < names.count; i++) tw_buf_printf(out, "%s%.*s", i ? "." : "", TW_STR_ARG(names.at[i].text));
}

static void list(tw_buf *out, tw_ast_exprs exprs) {
    for (int i = 0; i < exprs.count; i++) {
        tw_buf_byte(out, ' ');
        tw_ast_dump_expr(out, exprs.at[i]);
    }
}

static void optional(tw_buf *out, const char *label, const tw_ast_expr *expr) {
    if (!expr) return;
    tw_buf_printf(out, " (%s ", label);
    tw_ast_dump_expr(out, expr);
    tw_buf_byte(out, ')');
}

static void sorts(tw_buf *out, tw_ast_sorts order) {
    if (order.count == 0) return;
    tw_buf_text(out, " (order");
    for (int i = 0; i < order.count; i++) {
        tw_buf_text(out, order.at[i].descending ? " (desc " : " (asc ");
        tw_ast_dump_expr(out, order.at[i].expr);
        static const char *const nulls[] = {")", " nulls-first)", " nulls-last)"};
        tw_buf_text(out, nulls[order.at[i].nulls]);
    }
    tw_buf_byte(out, ')');
}

static void literal(tw_buf *out, const tw_ast_literal *l) {
    static const char *const names[] = {"null", "", "unknown", "", "", "", "x", "date", "time", "timestamp", "interval", "%"};
    switch (l->kind) {
    case TW_AST_LIT_NULL:
    case TW_AST_LIT_UNKNOWN: tw_buf_text(out, names[l->kind]); break;
    case TW_AST_LIT_BOOLEAN: tw_buf_text(out, l->boolean ? "true" : "false"); break;
    case TW_AST_LIT_EXACT:
    case TW_AST_LIT_APPROX: tw_buf_str(out, l->text); break;
    case TW_AST_LIT_SYMBOL: tw_buf_printf(out, "%%%.*s", TW_STR_ARG(l->text)); break;
    case TW_AST_LIT_BINARY:
        tw_buf_text(out, "x'");
        for (size_t i = 0; i < l->text.length; i++) tw_buf_printf(out, "%02x", (unsigned char)l->text.data[i]);
        tw_buf_byte(out, '\'');
        break;
    default:
        tw_buf_printf(out, "%s%s'%.*s'", names[l->kind], l->negative ? "-" : "", TW_STR_ARG(l->text));
        if (l->kind == TW_AST_LIT_INTERVAL) tw_buf_printf(out, ":%d-%d", l->from, l->to);
    }
}

static void window(tw_buf *out, const tw_ast_window *w) {
    static const char *const bounds[] = {"unbounded-preceding", "preceding", "current-row", "following", "unbounded-following"};
    tw_buf_printf(out, " (window %.*s", TW_STR_ARG(w->base.text));
    if (w->partition.count) tw_buf_text(out, " partition");
    list(out, w->partition);
    sorts(out, w->order);
    if (w->frame != TW_AST_FRAME_NONE) {
        tw_buf_text(out, w->frame == TW_AST_FRAME_ROWS ? " rows" : " range");
        optional(out, bounds[w->start.kind], w->start.expr);
        if (!w->start.expr) tw_buf_printf(out, " %s", bounds[w->start.kind]);
        optional(out, bounds[w->end.kind], w->end.expr);
        if (!w->end.expr) tw_buf_printf(out, " %s", bounds[w->end.kind]);
    }
    tw_buf_byte(out, ')');
}

static void call(tw_buf *out, const tw_ast_call *c) {
    tw_buf_byte(out, '(');
    if (c->path.count)
        path(out, c->path);
    else
        tw_buf_str(out, c->name.text);
    if (c->distinct) tw_buf_text(out, " distinct");
    if (c->star) tw_buf_text(out, " *");
    for (int i = 0; i < c->args.count; i++) {
        tw_buf_byte(out, ' ');
        if (c->arg_names) tw_buf_printf(out, "%.*s=>", TW_STR_ARG(c->arg_names[i].text));
        tw_ast_dump_expr(out, c->args.at[i]);
    }
    optional(out, "filter", c->filter);
    sorts(out, c->within);
    if (c->nulls) tw_buf_text(out, c->nulls == TW_AST_IGNORE_NULLS ? " ignore-nulls" : " respect-nulls");
    if (c->over) window(out, c->over);
    tw_buf_byte(out, ')');
}

static void cases(tw_buf *out, const tw_ast_case *c) {
    tw_buf_text(out, "(case");
    optional(out, "of", c->operand);
    for (int i = 0; i < c->count; i++) {
        optional(out, "when", c->branches[i].when);
        optional(out, "then", c->branches[i].then);
    }
    optional(out, "else", c->otherwise);
    tw_buf_byte(out, ')');
}

static void subquery(tw_buf *out, const tw_ast_expr *e) {
    static const char *const names[] = {"scalar", "exists", "in", "some", "all", "array", "multiset", "map"};
    tw_buf_printf(out, "(%s%s%.*s ", e->subquery.negated ? "not-" : "", names[e->subquery.kind], TW_STR_ARG(e->subquery.comparison));
    if (e->subquery.operand) {
        tw_ast_dump_expr(out, e->subquery.operand);
        tw_buf_byte(out, ' ');
    }
    query(out, e->subquery.query);
    tw_buf_byte(out, ')');
}

static void table_arg(tw_buf *out, const tw_ast_expr *e) {
    tw_buf_text(out, "(table ");
    if (e->table_arg.query)
        query(out, e->table_arg.query);
    else
        path(out, e->table_arg.table);
    if (e->table_arg.partition.count) tw_buf_text(out, " partition");
    list(out, e->table_arg.partition);
    sorts(out, e->table_arg.order);
    tw_buf_byte(out, ')');
}

void tw_ast_dump_expr(tw_buf *out, const tw_ast_expr *e) {
    switch (e->kind) {
    case TW_AST_LITERAL: literal(out, &e->literal); break;
    case TW_AST_COLUMN: path(out, e->column); break;
    case TW_AST_STAR:
        if (e->star.base)
            tw_ast_dump_expr(out, e->star.base);
        else
            path(out, e->star.qualifier);
        tw_buf_text(out, e->star.base || e->star.qualifier.count ? ".*" : "*");
        break;
    case TW_AST_CALL: call(out, &e->call); break;
    case TW_AST_CAST:
        tw_buf_text(out, e->cast.try_cast ? "(try-cast " : "(cast ");
        tw_ast_dump_expr(out, e->cast.operand);
        tw_buf_printf(out, " type%d)", (int)e->cast.type->type->kind);
        break;
    case TW_AST_CASE: cases(out, &e->cases); break;
    case TW_AST_FIELD:
        tw_buf_text(out, "(. ");
        tw_ast_dump_expr(out, e->field.base);
        tw_buf_printf(out, " %.*s)", TW_STR_ARG(e->field.name.text));
        break;
    case TW_AST_SUBQUERY: subquery(out, e); break;
    case TW_AST_TABLE_ARG: table_arg(out, e); break;
    case TW_AST_DEFAULT: tw_buf_text(out, "default"); break;
    }
}

static void join(tw_buf *out, const tw_ast_from *f) {
    static const char *const names[] = {"comma", "cross", "inner", "left", "right", "full", "asof", "left-asof"};
    tw_buf_printf(out, "(%s%s ", f->join.natural ? "natural-" : "", names[f->join.kind]);
    from(out, f->join.left);
    tw_buf_byte(out, ' ');
    from(out, f->join.right);
    optional(out, "match", f->join.match_condition);
    optional(out, "on", f->join.on);
    for (int i = 0; i < f->join.using_columns.count; i++) {
        tw_buf_printf(out, " using:%.*s", TW_STR_ARG(f->join.using_columns.at[i].text));
    }
}

static void from(tw_buf *out, const tw_ast_from *f) {
    switch (f->kind) {
    case TW_AST_FROM_TABLE:
        tw_buf_text(out, "(table ");
        path(out, f->table.name);
        optional(out, "as-of", f->table.as_of);
        break;
    case TW_AST_FROM_QUERY: query(out, (tw_buf_text(out, "(query "), f->query.query)); break;
    case TW_AST_FROM_FUNCTION: tw_ast_dump_expr(out, (tw_buf_text(out, "(function "), f->function.call)); break;
    case TW_AST_FROM_UNNEST:
        tw_buf_text(out, f->unnest.ordinality ? "(unnest-ordinality" : "(unnest");
        list(out, f->unnest.args);
        break;
    case TW_AST_FROM_JOIN: join(out, f); break;
    case TW_AST_FROM_MATCH: from(out, (tw_buf_text(out, "(match "), f->match.input)); break;
    }
    if (f->alias.text.length) tw_buf_printf(out, " as:%.*s", TW_STR_ARG(f->alias.text));
    tw_buf_byte(out, ')');
}

static void select(tw_buf *out, const tw_ast_select *s) {
    tw_buf_text(out, s->distinct ? "(select-distinct" : "(select");
    for (int i = 0; i < s->nitems; i++) {
        tw_buf_byte(out, ' ');
        tw_ast_dump_expr(out, s->items[i].expr);
        if (s->items[i].alias.text.length) tw_buf_printf(out, ":%.*s", TW_STR_ARG(s->items[i].alias.text));
    }
    if (s->from) from(out, (tw_buf_text(out, " (from "), s->from));
    if (s->from) tw_buf_byte(out, ')');
    optional(out, "where", s->where);
    if (s->grouped) tw_buf_printf(out, " (group %d)", s->ngroups);
    optional(out, "having", s->having);
    optional(out, "qualify", s->qualify);
    tw_buf_byte(out, ')');
}

static void body(tw_buf *out, const tw_ast_body *b) {
    static const char *const ops[] = {"union", "intersect", "except"};
    switch (b->kind) {
    case TW_AST_BODY_SELECT: select(out, b->select); return;
    case TW_AST_BODY_QUERY: query(out, b->query); return;
    case TW_AST_BODY_TABLE:
        tw_buf_text(out, "(table ");
        path(out, b->table);
        break;
    case TW_AST_BODY_VALUES:
        tw_buf_text(out, "(values");
        for (int i = 0; i < b->values.count; i++) {
            list(out, (tw_buf_text(out, " (row"), b->values.rows[i]));
            tw_buf_byte(out, ')');
        }
        break;
    case TW_AST_BODY_SET:
        tw_buf_printf(out, "(%s%s ", ops[b->set.op], b->set.all ? "-all" : "");
        body(out, b->set.left);
        body(out, (tw_buf_byte(out, ' '), b->set.right));
        break;
    }
    tw_buf_byte(out, ')');
}

static void query(tw_buf *out, const tw_ast_query *q) {
    tw_buf_text(out, "(query ");
    for (int i = 0; i < q->nwith; i++) {
        tw_buf_printf(out, "(with %.*s ", TW_STR_ARG(q->with[i].name.text));
        query(out, q->with[i].query);
        tw_buf_text(out, ") ");
    }
    body(out, q->body);
    sorts(out, q->order);
    optional(out, "limit", q->limit);
    optional(out, "offset", q->offset);
    if (q->emit.kind) tw_buf_printf(out, " (emit %d)", (int)q->emit.kind);
    tw_buf_byte(out, ')');
}

static void named(tw_buf *out, const char *what, tw_ast_names name, const tw_ast_query *q) {
    tw_buf_printf(out, "(%s ", what);
    path(out, name);
    if (q) query(out, (tw_buf_byte(out, ' '), q));
    tw_buf_byte(out, ')');
}

void tw_ast_dump_statement(tw_buf *out, const tw_ast_statement *s) {
    switch (s->kind) {
    case TW_AST_QUERY: query(out, s->query); break;
    case TW_AST_INSERT: named(out, s->insert->overwrite ? "insert-overwrite" : "insert", s->insert->table, s->insert->query); break;
    case TW_AST_STATEMENT_SET:
        tw_buf_text(out, "(set-of");
        for (int i = 0; i < s->set_of.count; i++) tw_ast_dump_statement(out, (tw_buf_byte(out, ' '), s->set_of.at[i]));
        tw_buf_byte(out, ')');
        break;
    case TW_AST_CREATE_TABLE: named(out, "create-table", s->create_table->name, s->create_table->as); break;
    case TW_AST_CREATE_VIEW: named(out, "create-view", s->create_view->name, s->create_view->query); break;
    case TW_AST_CREATE_OBJECT: named(out, "create", s->create_object.definition->name, NULL); break;
    case TW_AST_DROP: named(out, "drop", s->drop->name, NULL); break;
    case TW_AST_ALTER: named(out, "alter", s->alter->name, s->alter->query); break;
    case TW_AST_SET:
    case TW_AST_RESET:
        tw_buf_printf(out, "(%s %.*s %.*s)", s->kind == TW_AST_SET ? "set" : "reset", TW_STR_ARG(s->set.key), TW_STR_ARG(s->set.value));
        break;
    case TW_AST_SHOW: named(out, "show", s->show.name, NULL); break;
    case TW_AST_DESCRIBE: named(out, "describe", s->describe.name, NULL); break;
    case TW_AST_EXPLAIN:
        tw_buf_text(out, "(explain ");
        tw_ast_dump_statement(out, s->explain.statement);
        tw_buf_byte(out, ')');
        break;
    case TW_AST_USE: named(out, "use", s->use.name, NULL); break;
    case TW_AST_SUBSCRIBE: named(out, "subscribe", s->subscribe.name, s->subscribe.query); break;
    }
}

void tw_ast_dump(tw_buf *out, const tw_ast_script *script) {
    for (int i = 0; i < script->count; i++) {
        tw_ast_dump_statement(out, script->statements[i]);
        tw_buf_byte(out, '\n');
    }
}
