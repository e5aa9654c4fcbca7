/* The parser of Flink SQL: text in, syntax tree (ast.h) out.
 *
 * Errors carry SQLSTATE 42601 and the exact place, and say what was found and what was expected. What Flink parses and this
 * engine does not know gives TW_E_UNSUPPORTED at its first word. Nothing of the input is trusted: a script is at most 16 MiB and
 * valid UTF-8, nesting at most TW_PARSE_DEPTH_MAX levels. Running out of memory gives TW_E_NOMEM: while it works the parser sets
 * arena->oom and puts back what was there. */
#ifndef TW_SQL_PARSE_H
#define TW_SQL_PARSE_H

#include "sql/ast.h"

#define TW_PARSE_DEPTH_MAX  512
#define TW_PARSE_LENGTH_MAX (16 << 20)

/* The whole script, up to the first error. The tree lives in `arena`, its texts also in `text`. */
tw_status tw_parse_script(tw_arena *arena, tw_str text, tw_ast_script **out, tw_error *error);
/* One expression and nothing behind it (computed columns, tests). */
tw_status tw_parse_expr(tw_arena *arena, tw_str text, tw_ast_expr **out, tw_error *error);
/* One type and nothing behind it, e.g. "ROW<a INT, b ARRAY<STRING>>". */
tw_status tw_parse_type(tw_arena *arena, tw_str text, tw_ast_type **out, tw_error *error);

/* Statement after statement. */
typedef struct tw_parse {
    tw_arena *arena;
    tw_str text;
    tw_pos next; /* where the next statement begins */
} tw_parse;

void tw_parse_begin(tw_parse *parse, tw_arena *arena, tw_str text);
/* Gives the next statement; (*out)->pos is its range, without the semicolon. TW_END when only blanks, comments and semicolons are
 * left. After an error the next call goes on behind the next semicolon, so that all errors of a script can be reported. */
tw_status tw_parse_next(tw_parse *parse, tw_ast_statement **out, tw_error *error);
/* True when the text ends inside a statement, string or comment: a prompt reads on then. */
bool tw_parse_incomplete(tw_arena *arena, tw_str text);

#endif
