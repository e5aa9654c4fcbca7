/* CREATE TABLE: columns, constraints, watermark, and the clauses behind them. */
#include "sql/parser.h"

static void primary_key(tw_parser *p, tw_ast_create_table *table, tw_pos start, tw_ast_names columns) {
    if (table->primary_key.pos.line) tw_p_fail(p, start, "a second primary key");
    table->primary_key.columns = columns;
    if (!tw_p_accept2(p, "NOT", "ENFORCED")) {
        tw_p_close(p, &start);
        tw_p_fail_hint(p, start, "a primary key must be NOT ENFORCED", "the table's data is not owned: write PRIMARY KEY (..) NOT ENFORCED");
    }
    tw_p_close(p, &start);
    table->primary_key.pos = start;
}

static void table_constraint(tw_parser *p, tw_ast_create_table *table) {
    tw_pos start = p->token.pos;
    if (tw_p_accept(p, "CONSTRAINT")) table->primary_key.name = tw_p_name(p, "a constraint's name");
    if (tw_p_is(p, "UNIQUE")) tw_p_unsupported(p, p->token.pos, "UNIQUE");
    tw_p_expect(p, "PRIMARY");
    tw_p_expect(p, "KEY");
    tw_ast_names columns = tw_p_names(p, "a column's name");
    primary_key(p, table, start, columns);
}

static void watermark(tw_parser *p, tw_ast_create_table *table) {
    tw_pos start = p->token.pos;
    tw_p_expect(p, "WATERMARK");
    if (table->watermark.pos.line) tw_p_fail(p, start, "a second watermark: a table has one");
    tw_p_expect(p, "FOR");
    table->watermark.column = tw_p_path(p, "a column's name");
    tw_p_expect(p, "AS");
    table->watermark.expr = tw_p_expr(p);
    tw_p_close(p, &start);
    table->watermark.pos = start;
}

static void metadata(tw_parser *p, tw_ast_column *column) {
    column->kind = TW_AST_METADATA;
    if (tw_p_accept(p, "FROM")) column->metadata_key = tw_p_string(p, "a metadata key in quotes", &column->metadata_pos);
    column->is_virtual = tw_p_accept(p, "VIRTUAL");
}

static void column_constraints(tw_parser *p, tw_ast_create_table *table, tw_ast_column *column) {
    for (;;) {
        tw_pos start = p->token.pos;
        if (tw_p_accept(p, "CONSTRAINT")) table->primary_key.name = tw_p_name(p, "a constraint's name");
        if (!tw_p_accept(p, "PRIMARY")) break;
        tw_p_expect(p, "KEY");
        column->primary_key = true;
        tw_ast_names columns = {0};
        TW_P_PUSH(p, columns.at, columns.count, column->name);
        primary_key(p, table, start, columns);
    }
}

static bool at_end_of_element(tw_parser *p) { return tw_p_is_op(p, ',') || tw_p_is_op(p, ')'); }

static void column(tw_parser *p, tw_ast_create_table *table) {
    tw_ast_column out = {.pos = p->token.pos, .kind = TW_AST_PHYSICAL};
    out.name = tw_p_name(p, "a column's name");
    if (at_end_of_element(p)) {
        out.kind = TW_AST_NAME_ONLY;
    } else if (tw_p_accept(p, "AS")) {
        out.kind = TW_AST_COMPUTED;
        out.expr = tw_p_expr(p);
    } else {
        out.type = tw_p_type(p);
        if (tw_p_accept(p, "METADATA"))
            metadata(p, &out);
        else
            column_constraints(p, table, &out);
    }
    if (tw_p_accept(p, "COMMENT")) out.comment = tw_p_string(p, "a comment in quotes", NULL);
    if (out.kind == TW_AST_PHYSICAL) column_constraints(p, table, &out);
    tw_p_close(p, &out.pos);
    TW_P_PUSH(p, table->columns, table->ncolumns, out);
}

void tw_p_table_element(tw_parser *p, tw_ast_create_table *table) {
    if (tw_p_is(p, "WATERMARK"))
        watermark(p, table);
    else if (tw_p_is(p, "PRIMARY") || tw_p_is(p, "CONSTRAINT") || tw_p_is(p, "UNIQUE"))
        table_constraint(p, table);
    else
        column(p, table);
}

void tw_p_table_elements(tw_parser *p, tw_ast_create_table *table) {
    tw_p_expect_op(p, '(');
    if (tw_p_accept_op(p, ')')) return;
    do {
        tw_p_table_element(p, table);
    } while (tw_p_accept_op(p, ','));
    if (!tw_p_accept_op(p, ')')) tw_p_unexpected(p, "\",\" or \")\"");
}

/* DISTRIBUTED [BY [HASH | RANGE] (..)] [INTO n BUCKETS] */
static void distribution(tw_parser *p, tw_ast_distribution *out) {
    out->pos = p->token.pos;
    if (!tw_p_accept(p, "DISTRIBUTED")) {
        out->pos = (tw_pos){0};
        return;
    }
    if (tw_p_accept(p, "BY")) {
        if (tw_p_accept(p, "HASH"))
            out->kind = TW_STR("HASH");
        else if (tw_p_accept(p, "RANGE"))
            out->kind = TW_STR("RANGE");
        out->columns = tw_p_names(p, "a column's name");
    }
    if (tw_p_accept(p, "INTO")) {
        out->buckets = tw_p_integer(p, "a number of buckets", 1, INT32_MAX);
        tw_p_expect(p, "BUCKETS");
    }
    tw_p_close(p, &out->pos);
}

static void like(tw_parser *p, tw_ast_create_table *table) {
    static const char *const hows[] = {"INCLUDING", "EXCLUDING", "OVERWRITING"};
    static const char *const whats[] = {"ALL", "CONSTRAINTS", "DISTRIBUTION", "GENERATED", "METADATA", "OPTIONS", "PARTITIONS", "WATERMARKS"};
    table->like = tw_p_path(p, "a table's name");
    if (!tw_p_accept_op(p, '(')) return;
    while (!tw_p_accept_op(p, ')')) {
        tw_ast_like_option option = {.pos = p->token.pos};
        int how = 0, what = 0;
        while (how < 3 && !tw_p_accept(p, hows[how])) how++;
        if (how == 3) tw_p_unexpected(p, "INCLUDING, EXCLUDING, OVERWRITING or \")\"");
        while (what < 8 && !tw_p_accept(p, whats[what])) what++;
        if (what == 8) tw_p_unexpected(p, "ALL, CONSTRAINTS, DISTRIBUTION, GENERATED, METADATA, OPTIONS, PARTITIONS or WATERMARKS");
        option.how = (tw_ast_like_how)how;
        option.what = (tw_ast_like_what)what;
        tw_p_close(p, &option.pos);
        TW_P_PUSH(p, table->like_options, table->nlike_options, option);
    }
}

void tw_p_create_table(tw_parser *p, tw_ast_statement *statement, bool temporary, bool or_replace) {
    tw_ast_create_table *table = TW_NEW(p->arena, tw_ast_create_table);
    statement->kind = TW_AST_CREATE_TABLE;
    statement->create_table = table;
    table->temporary = temporary;
    table->or_replace = or_replace;
    if (tw_p_accept(p, "IF")) {
        tw_p_expect(p, "NOT");
        tw_p_expect(p, "EXISTS");
        table->if_not_exists = true;
    }
    table->name = tw_p_path(p, "a table's name");
    if (tw_p_is_op(p, '(')) tw_p_table_elements(p, table);
    if (tw_p_accept(p, "COMMENT")) table->comment = tw_p_string(p, "a comment in quotes", NULL);
    distribution(p, &table->distribution);
    if (tw_p_accept(p, "PARTITIONED")) {
        tw_p_expect(p, "BY");
        table->partitioned_by = tw_p_names(p, "a column's name");
    }
    if (!table->distribution.pos.line) distribution(p, &table->distribution);
    if (tw_p_accept(p, "WITH")) table->options = tw_p_options(p);
    if (tw_p_accept(p, "LIKE")) like(p, table);
    if (tw_p_accept(p, "AS")) table->as = tw_p_query(p);
}
