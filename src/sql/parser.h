/* The parser's inside: one parser per statement, shared by the parse_*.c files.
 *
 * A parse function is called with its first token current and returns with the first token behind it current. Errors and want of
 * memory leave by a jump (arena->oom), so that a parse function returns a node and nothing else; nothing is held but the arena.
 * Every keyword asked for at a place is noted; when nothing fits there, the error names them. */
#ifndef TW_SQL_PARSER_H
#define TW_SQL_PARSER_H

#include "sql/ast.h"
#include "sql/lex.h"
#include "sql/parse.h"

#define TW_P_EXPECTED_MAX 48
#define TW_P_HEIGHT_MAX   2000 /* of an expression tree: a + a + ... is as high as it has terms */

typedef struct tw_parser {
    tw_arena *arena;
    tw_lexer lexer; /* stands behind `token` */
    tw_token token; /* current */
    uint32_t end;   /* where the token before the current one ended */
    tw_error *error;
    tw_status status; /* why the jump was taken; TW_OK: out of memory */
    int depth;
    int peak;      /* highest expression tree since it was last set to 0 */
    bool in_set;   /* inside BEGIN STATEMENT SET .. END */
    bool in_match; /* inside MEASURES or DEFINE: RUNNING and FINAL may stand before a call */
    const char *expected[TW_P_EXPECTED_MAX];
    int nexpected;
} tw_parser;

/* parser.c: tokens */
void tw_p_advance(tw_parser *p);
tw_token tw_p_peek(tw_parser *p);           /* the token behind the current one */
tw_token tw_p_peek_at(tw_parser *p, int n); /* n = 1: as tw_p_peek */
bool tw_p_token_is(const tw_token *token, const char *word);
bool tw_p_is(tw_parser *p, const char *word); /* is the current token this keyword? Notes it as expected if not */
bool tw_p_is_op(tw_parser *p, int op);
bool tw_p_accept(tw_parser *p, const char *word);
bool tw_p_accept_op(tw_parser *p, int op);
bool tw_p_accept2(tw_parser *p, const char *first, const char *second); /* both words, or nothing */
void tw_p_expect(tw_parser *p, const char *word);
void tw_p_expect_op(tw_parser *p, int op);
_Noreturn void tw_p_fail(tw_parser *p, tw_pos pos, const char *format, ...) TW_PRINTF(3, 4);
_Noreturn void tw_p_fail_hint(tw_parser *p, tw_pos pos, const char *message, const char *hint);
_Noreturn void tw_p_unsupported(tw_parser *p, tw_pos pos, const char *what);
/* "syntax error at X, expected `what`", or the noted keywords when `what` is NULL. */
_Noreturn void tw_p_unexpected(tw_parser *p, const char *what);
void tw_p_enter(tw_parser *p); /* one level deeper, or an error */
void tw_p_leave(tw_parser *p);
void tw_p_close(tw_parser *p, tw_pos *pos); /* sets pos->length: up to the end of the last token consumed */
void *tw_p_grow(tw_parser *p, void *at, int count, size_t size);
/* Appends to a list {at, count}. */
#define TW_P_PUSH(p, at, count, value) ((at) = tw_p_grow(p, at, count, sizeof(*(at))), (at)[(count)++] = (value))

/* parse_name.c */
tw_str tw_p_upper(tw_parser *p, tw_str word);
bool tw_p_at_name(tw_parser *p); /* may the current token be a name? */
tw_ast_name tw_p_name(tw_parser *p, const char *what);
tw_ast_names tw_p_path(tw_parser *p, const char *what);  /* a.b.c */
tw_ast_names tw_p_names(tw_parser *p, const char *what); /* (a, b, c) */
bool tw_p_at_string(tw_parser *p);
tw_str tw_p_string(tw_parser *p, const char *what, tw_pos *pos); /* pos optional */
int32_t tw_p_integer(tw_parser *p, const char *what, int32_t min, int32_t max);
tw_ast_options tw_p_options(tw_parser *p); /* ('k' = 'v', ...) */
tw_ast_hints tw_p_hints(tw_parser *p);     /* none, or one hint comment */

/* parse_expr.c */
tw_ast_expr *tw_p_expr(tw_parser *p);
tw_ast_expr *tw_p_operand(tw_parser *p, int binding); /* operators that bind at least so tightly */
tw_ast_expr *tw_p_node(tw_parser *p, tw_ast_expr_kind kind, tw_pos start);
tw_ast_expr *tw_p_call(tw_parser *p, const char *name, tw_pos start, tw_ast_expr *a, tw_ast_expr *b);
void tw_p_arg(tw_parser *p, tw_ast_expr *call, tw_ast_expr *arg);
tw_ast_expr *tw_p_symbol(tw_parser *p, const char *name); /* at the current token's place */
tw_ast_expr *tw_p_null(tw_parser *p);
tw_ast_expr *tw_p_subquery(tw_parser *p, tw_ast_subquery_kind kind, tw_pos start); /* ( query ) */
tw_ast_exprs tw_p_expr_list(tw_parser *p);                                         /* a, b, c */
bool tw_p_at_query(tw_parser *p);                                                  /* does a query begin at the current parenthesis or word? */
#define TW_P_BIND_OPERAND 33 /* binding of what stands left and right of comparison-like words */

/* parse_primary.c, parse_literal.c */
tw_ast_expr *tw_p_primary(tw_parser *p);
tw_ast_expr *tw_p_literal(tw_parser *p);      /* NULL when no literal begins here */
int tw_p_unit(tw_parser *p, bool plural_too); /* a time unit's word, -1 when there is none; consumes it */

/* parse_call.c, parse_special.c, parse_json.c */
tw_ast_expr *tw_p_function(tw_parser *p);              /* name ( .. ) with its tails */
tw_ast_expr *tw_p_special(tw_parser *p, tw_str upper); /* NULL when `upper` has no syntax of its own */
tw_ast_expr *tw_p_json(tw_parser *p, tw_str upper);
tw_ast_expr *tw_p_json_predicate(tw_parser *p, tw_ast_expr *operand, bool negated, tw_pos start);
void tw_p_tails(tw_parser *p, tw_ast_expr *call); /* FILTER, OVER, .. */
tw_ast_window *tw_p_window(tw_parser *p);         /* ( .. ) */

/* parse_type.c */
tw_ast_type *tw_p_type(tw_parser *p);

/* parse_query.c, parse_from.c, parse_match.c */
tw_ast_query *tw_p_query(tw_parser *p);
tw_ast_from *tw_p_from(tw_parser *p);
tw_ast_sorts tw_p_sorts(tw_parser *p);  /* behind ORDER BY */
tw_ast_match *tw_p_match(tw_parser *p); /* behind MATCH_RECOGNIZE */

/* parse_statement.c, parse_insert.c, parse_create.c, parse_table.c, parse_alter.c, parse_show.c */
tw_ast_statement *tw_p_statement(tw_parser *p);
tw_ast_statement *tw_p_statement_new(tw_parser *p, tw_ast_statement_kind kind);
void tw_p_insert(tw_parser *p, tw_ast_statement *statement);
void tw_p_create(tw_parser *p, tw_ast_statement *statement);
void tw_p_create_table(tw_parser *p, tw_ast_statement *statement, bool temporary, bool or_replace);
void tw_p_table_elements(tw_parser *p, tw_ast_create_table *table); /* ( columns, constraints ) */
void tw_p_table_element(tw_parser *p, tw_ast_create_table *table);
void tw_p_drop(tw_parser *p, tw_ast_statement *statement);
void tw_p_alter(tw_parser *p, tw_ast_statement *statement);
void tw_p_show(tw_parser *p, tw_ast_statement *statement);

#endif
