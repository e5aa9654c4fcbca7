/* SHOW. */
#include "sql/parser.h"

static void like(tw_parser *p, tw_ast_statement *statement) {
    bool negated = tw_p_accept(p, "NOT");
    bool ilike = tw_p_accept(p, "ILIKE");
    if (!ilike && !tw_p_accept(p, "LIKE")) {
        if (negated) tw_p_unexpected(p, "LIKE");
        return;
    }
    statement->show.not_like = negated;
    statement->show.ilike = ilike;
    statement->show.like = tw_p_string(p, "a pattern in quotes", NULL);
}

static void of_name(tw_parser *p, tw_ast_statement *statement, bool required) {
    if (tw_p_accept(p, "FROM") || tw_p_accept(p, "IN"))
        statement->show.name = tw_p_path(p, "a name");
    else if (required)
        tw_p_unexpected(p, "FROM or IN");
}

static bool two_words(tw_parser *p, tw_ast_statement *statement) {
    if (tw_p_accept(p, "CURRENT")) {
        bool catalog = tw_p_accept(p, "CATALOG");
        if (!catalog) tw_p_expect(p, "DATABASE");
        statement->show.what = catalog ? TW_AST_SHOW_CURRENT_CATALOG : TW_AST_SHOW_CURRENT_DATABASE;
        return true;
    }
    if (!tw_p_accept(p, "CREATE")) return false;
    bool view = tw_p_accept(p, "VIEW");
    if (!view) tw_p_expect(p, "TABLE");
    statement->show.what = view ? TW_AST_SHOW_CREATE_VIEW : TW_AST_SHOW_CREATE_TABLE;
    statement->show.name = tw_p_path(p, "a name");
    return true;
}

void tw_p_show(tw_parser *p, tw_ast_statement *statement) {
    static const struct {
        const char *word;
        tw_ast_show what;
    } lists[] = {{"TABLES", TW_AST_SHOW_TABLES},         {"VIEWS", TW_AST_SHOW_VIEWS},       {"FUNCTIONS", TW_AST_SHOW_FUNCTIONS},
                 {"COLUMNS", TW_AST_SHOW_COLUMNS},       {"CATALOGS", TW_AST_SHOW_CATALOGS}, {"DATABASES", TW_AST_SHOW_DATABASES},
                 {"PARTITIONS", TW_AST_SHOW_PARTITIONS}, {"MODELS", TW_AST_SHOW_MODELS},     {"JOBS", TW_AST_SHOW_JOBS},
                 {"MODULES", TW_AST_SHOW_MODULES}};
    statement->kind = TW_AST_SHOW;
    if (two_words(p, statement)) return;
    statement->show.user = tw_p_accept2(p, "USER", "FUNCTIONS");
    if (statement->show.user) {
        statement->show.what = TW_AST_SHOW_FUNCTIONS;
        like(p, statement);
        return;
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (!tw_p_accept(p, lists[i].word)) continue;
        statement->show.what = lists[i].what;
        if (lists[i].what == TW_AST_SHOW_PARTITIONS)
            statement->show.name = tw_p_path(p, "a table's name");
        else
            of_name(p, statement, lists[i].what == TW_AST_SHOW_COLUMNS);
        like(p, statement);
        return;
    }
    if (!tw_p_at_name(p)) tw_p_unexpected(p, "TABLES, VIEWS, FUNCTIONS, COLUMNS, CREATE TABLE or the like");
    statement->show.what = TW_AST_SHOW_OTHER;
    statement->show.word = tw_p_name(p, "a name").text;
}
