/* CREATE VIEW, FUNCTION, CATALOG, DATABASE, MODEL; DROP; ALTER. */
#include "sql/parser.h"

static bool if_not_exists(tw_parser *p) {
    if (!tw_p_accept(p, "IF")) return false;
    tw_p_expect(p, "NOT");
    tw_p_expect(p, "EXISTS");
    return true;
}

static void create_view(tw_parser *p, tw_ast_statement *statement, tw_ast_create_view view) {
    tw_ast_create_view *out = tw_arena_memdup(p->arena, &view, sizeof(view));
    statement->kind = TW_AST_CREATE_VIEW;
    statement->create_view = out;
    out->if_not_exists = if_not_exists(p);
    out->name = tw_p_path(p, "a view's name");
    if (tw_p_is_op(p, '(')) {
        tw_p_advance(p);
        do {
            TW_P_PUSH(p, out->columns.at, out->columns.count, tw_p_name(p, "a column's name"));
            if (tw_p_accept(p, "COMMENT")) tw_p_string(p, "a comment in quotes", NULL);
        } while (tw_p_accept_op(p, ','));
        tw_p_expect_op(p, ')');
    }
    if (tw_p_accept(p, "COMMENT")) out->comment = tw_p_string(p, "a comment in quotes", NULL);
    if (out->materialized && tw_p_accept(p, "WITH")) out->options = tw_p_options(p);
    tw_p_expect(p, "AS");
    out->query = tw_p_query(p);
    out->query_text = tw_ast_text(p->lexer.text, out->query->pos);
}

static void function_tail(tw_parser *p, tw_ast_create_object *out) {
    tw_p_expect(p, "AS");
    out->as = tw_p_string(p, "a class or source text in quotes", NULL);
    if (tw_p_accept(p, "LANGUAGE")) {
        if (p->token.kind != TW_TOKEN_WORD) tw_p_unexpected(p, "a language");
        out->language = tw_p_upper(p, p->token.text);
        tw_p_advance(p);
    }
    if (tw_p_is(p, "USING")) tw_p_unsupported(p, p->token.pos, "USING JAR");
}

static void create_object(tw_parser *p, tw_ast_statement *statement, tw_ast_object object, tw_ast_create_object given) {
    tw_ast_create_object *out = tw_arena_memdup(p->arena, &given, sizeof(given));
    statement->kind = TW_AST_CREATE_OBJECT;
    statement->create_object.object = object;
    statement->create_object.definition = out;
    out->if_not_exists = if_not_exists(p);
    out->name = tw_p_path(p, "a name");
    if (object == TW_AST_OBJECT_FUNCTION) {
        function_tail(p, out);
        return;
    }
    if (object == TW_AST_OBJECT_MODEL && !tw_p_is(p, "WITH")) tw_p_unsupported(p, p->token.pos, "CREATE MODEL");
    if (tw_p_accept(p, "COMMENT")) out->comment = tw_p_string(p, "a comment in quotes", NULL);
    if (tw_p_accept(p, "WITH")) out->options = tw_p_options(p);
}

void tw_p_create(tw_parser *p, tw_ast_statement *statement) {
    bool or_replace = tw_p_accept2(p, "OR", "REPLACE");
    bool temporary = tw_p_accept(p, "TEMPORARY"), system = temporary && tw_p_accept(p, "SYSTEM");
    tw_pos at = p->token.pos;
    if (!system && tw_p_accept(p, "TABLE")) {
        tw_p_create_table(p, statement, temporary, or_replace);
    } else if (!system && tw_p_accept(p, "VIEW")) {
        create_view(p, statement, (tw_ast_create_view){.temporary = temporary, .or_replace = or_replace});
    } else if (tw_p_accept(p, "MATERIALIZED")) {
        if (tw_p_is(p, "TABLE")) tw_p_unsupported(p, at, "CREATE MATERIALIZED TABLE");
        tw_p_expect(p, "VIEW");
        create_view(p, statement, (tw_ast_create_view){.materialized = true, .or_replace = or_replace});
    } else {
        static const char *const words[] = {"FUNCTION", "CATALOG", "DATABASE", "MODEL"};
        tw_ast_create_object given = {.temporary = temporary, .system = system, .or_replace = or_replace};
        for (int i = 0; i < 4; i++) {
            if (!tw_p_accept(p, words[i])) continue;
            create_object(p, statement, (tw_ast_object)(TW_AST_OBJECT_FUNCTION + i), given);
            return;
        }
        tw_p_unexpected(p, "TABLE, VIEW, FUNCTION, CATALOG or DATABASE");
    }
}

static tw_ast_object object_word(tw_parser *p) {
    static const char *const words[] = {
        [TW_AST_OBJECT_TABLE] = "TABLE",     [TW_AST_OBJECT_VIEW] = "VIEW",         [TW_AST_OBJECT_FUNCTION] = "FUNCTION",
        [TW_AST_OBJECT_CATALOG] = "CATALOG", [TW_AST_OBJECT_DATABASE] = "DATABASE", [TW_AST_OBJECT_MODEL] = "MODEL"};
    if (tw_p_accept2(p, "MATERIALIZED", "VIEW")) return TW_AST_OBJECT_MATERIALIZED_VIEW;
    for (int i = 0; i <= TW_AST_OBJECT_MODEL; i++) {
        if (words[i] && tw_p_accept(p, words[i])) return (tw_ast_object)i;
    }
    tw_p_unexpected(p, "TABLE, VIEW, FUNCTION, CATALOG or DATABASE");
}

static bool if_exists(tw_parser *p) {
    if (!tw_p_accept(p, "IF")) return false;
    tw_p_expect(p, "EXISTS");
    return true;
}

void tw_p_drop(tw_parser *p, tw_ast_statement *statement) {
    tw_ast_drop *drop = TW_NEW(p->arena, tw_ast_drop);
    statement->kind = TW_AST_DROP;
    statement->drop = drop;
    drop->temporary = tw_p_accept(p, "TEMPORARY");
    drop->system = drop->temporary && tw_p_accept(p, "SYSTEM");
    drop->object = object_word(p);
    drop->if_exists = if_exists(p);
    drop->name = tw_p_path(p, "a name");
    drop->cascade = tw_p_accept(p, "CASCADE");
    if (!drop->cascade) tw_p_accept(p, "RESTRICT");
}

/* ---- ALTER ----------------------------------------------------------------------------------------------------- */

static void reset_keys(tw_parser *p, tw_ast_alter *alter) {
    tw_p_expect_op(p, '(');
    do {
        tw_ast_option option = {0};
        option.key = tw_p_string(p, "an option's name in quotes", &option.key_pos);
        TW_P_PUSH(p, alter->options.at, alter->options.count, option);
    } while (tw_p_accept_op(p, ','));
    tw_p_expect_op(p, ')');
}

static void alter_drop(tw_parser *p, tw_ast_alter *alter) {
    if (tw_p_accept(p, "WATERMARK")) {
        alter->kind = TW_AST_ALTER_DROP_WATERMARK;
    } else if (tw_p_accept2(p, "PRIMARY", "KEY")) {
        alter->kind = TW_AST_ALTER_DROP_PRIMARY_KEY;
    } else if (tw_p_accept(p, "CONSTRAINT")) {
        alter->kind = TW_AST_ALTER_DROP_CONSTRAINT;
        TW_P_PUSH(p, alter->columns.at, alter->columns.count, tw_p_name(p, "a constraint's name"));
    } else {
        alter->kind = TW_AST_ALTER_DROP_COLUMNS;
        if (tw_p_is_op(p, '('))
            alter->columns = tw_p_names(p, "a column's name");
        else
            TW_P_PUSH(p, alter->columns.at, alter->columns.count, tw_p_name(p, "a column's name"));
    }
}

static void alter_table(tw_parser *p, tw_ast_alter *alter) {
    bool add = tw_p_is(p, "ADD");
    if (add || tw_p_is(p, "MODIFY")) {
        tw_p_advance(p);
        alter->kind = add ? TW_AST_ALTER_ADD : TW_AST_ALTER_MODIFY;
        alter->definition = TW_NEW(p->arena, tw_ast_create_table);
        if (tw_p_is_op(p, '('))
            tw_p_table_elements(p, alter->definition);
        else
            tw_p_table_element(p, alter->definition);
    } else if (tw_p_accept(p, "DROP")) {
        alter_drop(p, alter);
    } else {
        tw_p_unexpected(p, NULL);
    }
}

void tw_p_alter(tw_parser *p, tw_ast_statement *statement) {
    tw_ast_alter *alter = TW_NEW(p->arena, tw_ast_alter);
    statement->kind = TW_AST_ALTER;
    statement->alter = alter;
    alter->object = object_word(p);
    alter->if_exists = if_exists(p);
    alter->name = tw_p_path(p, "a name");
    if (tw_p_accept(p, "RENAME")) {
        alter->kind = TW_AST_ALTER_RENAME;
        if (!tw_p_is(p, "TO")) {
            alter->kind = TW_AST_ALTER_RENAME_COLUMN;
            TW_P_PUSH(p, alter->columns.at, alter->columns.count, tw_p_name(p, "a column's name"));
        }
        tw_p_expect(p, "TO");
        alter->new_name = tw_p_path(p, "a name");
    } else if (tw_p_accept(p, "SET")) {
        alter->kind = TW_AST_ALTER_SET;
        alter->options = tw_p_options(p);
    } else if (tw_p_accept(p, "RESET")) {
        alter->kind = TW_AST_ALTER_RESET;
        reset_keys(p, alter);
    } else if (alter->object == TW_AST_OBJECT_VIEW && tw_p_accept(p, "AS")) {
        alter->kind = TW_AST_ALTER_AS;
        alter->query = tw_p_query(p);
    } else {
        alter_table(p, alter);
    }
}
