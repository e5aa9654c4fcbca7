/* Statements by their first word; INSERT, statement sets, SET, EXPLAIN and the small ones. */
#include "sql/parser.h"

tw_ast_statement *tw_p_statement_new(tw_parser *p, tw_ast_statement_kind kind) {
    tw_ast_statement *statement = TW_NEW(p->arena, tw_ast_statement);
    statement->kind = kind;
    statement->pos = p->token.pos;
    return statement;
}

static void insert_partition(tw_parser *p, tw_ast_insert *insert) {
    tw_p_expect_op(p, '(');
    do {
        tw_ast_partition partition = {.name = tw_p_name(p, "a column's name")};
        if (tw_p_accept_op(p, '=')) partition.value = tw_p_expr(p);
        TW_P_PUSH(p, insert->partition, insert->npartition, partition);
    } while (tw_p_accept_op(p, ','));
    tw_p_expect_op(p, ')');
}

/* Behind INSERT. */
void tw_p_insert(tw_parser *p, tw_ast_statement *statement) {
    tw_ast_insert *insert = TW_NEW(p->arena, tw_ast_insert);
    statement->kind = TW_AST_INSERT;
    statement->insert = insert;
    insert->overwrite = tw_p_accept(p, "OVERWRITE");
    if (!insert->overwrite) tw_p_accept(p, "INTO") ? (void)0 : tw_p_unexpected(p, NULL);
    tw_p_accept(p, "TABLE");
    insert->table = tw_p_path(p, "a table's name");
    insert->hints = tw_p_hints(p);
    if (tw_p_accept(p, "PARTITION")) insert_partition(p, insert);
    if (tw_p_is_op(p, '(') && !tw_p_at_query(p)) insert->columns = tw_p_names(p, "a column's name");
    insert->query = tw_p_query(p);
    if (tw_p_accept2(p, "ON", "CONFLICT")) tw_p_unsupported(p, p->token.pos, "INSERT .. ON CONFLICT");
}

/* Behind BEGIN [STATEMENT SET ;]: inserts up to END. */
static void statement_set(tw_parser *p, tw_ast_statement *statement) {
    statement->kind = TW_AST_STATEMENT_SET;
    p->in_set = true;
    while (!tw_p_accept(p, "END")) {
        if (tw_p_accept_op(p, ';')) continue;
        tw_ast_statement *insert = tw_p_statement_new(p, TW_AST_INSERT);
        if (!tw_p_accept(p, "INSERT")) tw_p_unexpected(p, "INSERT or END");
        tw_p_insert(p, insert);
        tw_p_close(p, &insert->pos);
        TW_P_PUSH(p, statement->set_of.at, statement->set_of.count, insert);
        if (!tw_p_accept_op(p, ';')) tw_p_unexpected(p, "\";\"");
    }
    if (statement->set_of.count == 0) tw_p_fail(p, statement->pos, "the statement set has no INSERT");
    p->in_set = false;
}

static void begin(tw_parser *p, tw_ast_statement *statement) {
    tw_p_expect(p, "STATEMENT");
    tw_p_expect(p, "SET");
    if (!tw_p_accept_op(p, ';')) tw_p_unexpected(p, "\";\"");
    statement_set(p, statement);
}

static void execute(tw_parser *p, tw_ast_statement *statement) {
    if (tw_p_accept(p, "STATEMENT")) {
        tw_p_expect(p, "SET");
        tw_p_expect(p, "BEGIN");
        statement_set(p, statement);
    } else if (tw_p_accept(p, "INSERT")) {
        tw_p_insert(p, statement);
    } else if (tw_p_is(p, "PLAN")) {
        tw_p_unsupported(p, p->token.pos, "EXECUTE PLAN");
    } else {
        statement->query = tw_p_query(p);
    }
}

/* 'a.b', or a.b-c.d as the client writes it without quotes: up to = or the end. */
static tw_str set_key(tw_parser *p, tw_pos *pos) {
    *pos = p->token.pos;
    if (tw_p_at_string(p)) return tw_p_string(p, NULL, pos);
    if (p->token.kind != TW_TOKEN_WORD && p->token.kind != TW_TOKEN_QUOTED) tw_p_unexpected(p, "an option's name");
    do {
        tw_p_advance(p);
    } while (p->token.pos.offset == p->end && !tw_p_is_op(p, '=') && !tw_p_is_op(p, ';') && p->token.kind != TW_TOKEN_END);
    tw_p_close(p, pos);
    return tw_ast_text(p->lexer.text, *pos);
}

static bool at_end(tw_parser *p) { return p->token.kind == TW_TOKEN_END || tw_p_is_op(p, ';'); }

static void set(tw_parser *p, tw_ast_statement *statement) {
    tw_ast_option *out = &statement->set;
    statement->kind = TW_AST_SET;
    if (at_end(p)) return;
    out->key = set_key(p, &out->key_pos);
    if (!tw_p_accept(p, "TO")) tw_p_expect_op(p, '=');
    out->value_pos = p->token.pos;
    if (tw_p_at_string(p)) {
        out->value = tw_p_string(p, NULL, &out->value_pos);
        return;
    }
    if (at_end(p)) tw_p_unexpected(p, "a value");
    while (!at_end(p)) tw_p_advance(p);
    tw_p_close(p, &out->value_pos);
    out->value = tw_ast_text(p->lexer.text, out->value_pos);
}

static void reset(tw_parser *p, tw_ast_statement *statement) {
    statement->kind = TW_AST_RESET;
    if (!at_end(p)) statement->set.key = set_key(p, &statement->set.key_pos);
}

static void describe(tw_parser *p, tw_ast_statement *statement) {
    static const char *const words[] = {"CATALOG", "DATABASE", "FUNCTION", "MODEL"};
    statement->kind = TW_AST_DESCRIBE;
    for (int i = 0; i < 4 && !statement->describe.object.length; i++) {
        if (tw_p_accept(p, words[i])) statement->describe.object = tw_str_of(words[i]);
    }
    if (!statement->describe.object.length) tw_p_accept(p, "TABLE");
    statement->describe.extended = tw_p_accept(p, "EXTENDED");
    statement->describe.name = tw_p_path(p, "a table's name");
}

/* STATEMENT SET BEGIN ...: as behind EXECUTE, which EXPLAIN leaves out. */
static tw_ast_statement *explained_set(tw_parser *p) {
    tw_ast_statement *set = tw_p_statement_new(p, TW_AST_STATEMENT_SET);
    execute(p, set);
    tw_p_close(p, &set->pos);
    return set;
}

static void explain(tw_parser *p, tw_ast_statement *statement) {
    static const char *const words[] = {"ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE"};
    statement->kind = TW_AST_EXPLAIN;
    if (tw_p_accept2(p, "PLAN", "FOR")) {
    } else {
        bool comma = true;
        while (comma) {
            int i = 0;
            while (i < 4 && !tw_p_accept(p, words[i])) i++;
            if (i < 4) statement->explain.details |= 1u << i;
            comma = i < 4 && tw_p_accept_op(p, ',');
        }
    }
    statement->explain.statement = tw_p_is(p, "STATEMENT") ? explained_set(p) : tw_p_statement(p);
    tw_ast_statement_kind kind = statement->explain.statement->kind;
    if (kind != TW_AST_QUERY && kind != TW_AST_INSERT && kind != TW_AST_STATEMENT_SET && kind != TW_AST_CREATE_TABLE) {
        tw_p_fail(p, statement->explain.statement->pos, "EXPLAIN takes a query, an INSERT or a statement set");
    }
}

static void use(tw_parser *p, tw_ast_statement *statement) {
    statement->kind = TW_AST_USE;
    if (tw_p_accept(p, "MODULES")) tw_p_unsupported(p, statement->pos, "USE MODULES");
    if (tw_p_accept(p, "CATALOG"))
        statement->use.object = TW_STR("CATALOG");
    else
        tw_p_accept(p, "DATABASE");
    statement->use.name = tw_p_path(p, "a name");
}

static void subscribe(tw_parser *p, tw_ast_statement *statement) {
    statement->kind = TW_AST_SUBSCRIBE;
    tw_p_accept(p, "TO");
    if (tw_p_is_op(p, '(')) {
        tw_p_advance(p);
        statement->subscribe.query = tw_p_query(p);
        tw_p_expect_op(p, ')');
    } else {
        statement->subscribe.name = tw_p_path(p, "a view's name");
    }
    if (tw_p_accept(p, "WITH")) statement->subscribe.options = tw_p_options(p);
}

static void refuse(tw_parser *p) {
    static const char *const words[] = {"ANALYZE", "CALL",   "COMPILE", "LOAD",     "UNLOAD", "ADD",    "REMOVE", "STOP",
                                        "DELETE",  "UPDATE", "MERGE",   "TRUNCATE", "GRANT",  "REVOKE", "UPSERT", "REPLACE"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (tw_p_token_is(&p->token, words[i])) tw_p_unsupported(p, p->token.pos, words[i]);
    }
}

tw_ast_statement *tw_p_statement(tw_parser *p) {
    static const struct {
        const char *word;
        void (*parse)(tw_parser *p, tw_ast_statement *statement);
    } firsts[] = {{"CREATE", tw_p_create}, {"DROP", tw_p_drop},  {"ALTER", tw_p_alter}, {"INSERT", tw_p_insert}, {"BEGIN", begin},
                  {"EXECUTE", execute},    {"SET", set},         {"RESET", reset},      {"SHOW", tw_p_show},     {"DESCRIBE", describe},
                  {"DESC", describe},      {"EXPLAIN", explain}, {"USE", use},          {"SUBSCRIBE", subscribe}};
    tw_p_enter(p);
    tw_ast_statement *statement = tw_p_statement_new(p, TW_AST_QUERY);
    size_t i = 0, count = sizeof(firsts) / sizeof(firsts[0]);
    while (i < count && !tw_p_accept(p, firsts[i].word)) i++;
    bool query = tw_p_is(p, "SELECT") || tw_p_is(p, "WITH") || tw_p_is(p, "VALUES") || tw_p_is(p, "TABLE") || tw_p_is_op(p, '(');
    if (i < count) {
        firsts[i].parse(p, statement);
    } else if (query) {
        statement->query = tw_p_query(p);
    } else {
        refuse(p);
        tw_p_unexpected(p, "a statement");
    }
    tw_p_close(p, &statement->pos);
    tw_p_leave(p);
    return statement;
}
