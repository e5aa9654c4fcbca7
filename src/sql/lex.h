/* Tokens of SQL text. The lexer holds no state but its place, so a copy of it is a bookmark to go back to. */
#ifndef TW_SQL_LEX_H
#define TW_SQL_LEX_H

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

typedef enum tw_token_kind {
    TW_TOKEN_END,
    TW_TOKEN_WORD,    /* name or keyword without quotes */
    TW_TOKEN_QUOTED,  /* `name` */
    TW_TOKEN_STRING,  /* '..' */
    TW_TOKEN_UNICODE, /* U&'..' */
    TW_TOKEN_BINARY,  /* X'..' */
    TW_TOKEN_EXACT,   /* 12, 1.5 */
    TW_TOKEN_APPROX,  /* 1E5 */
    TW_TOKEN_OP       /* op */
} tw_token_kind;

/* Operators of two characters; those of one are their ASCII code. */
enum {
    TW_OP_LE = 256, /* <= */
    TW_OP_GE,       /* >= */
    TW_OP_NE,       /* <> and != */
    TW_OP_CONCAT,   /* || */
    TW_OP_CAST,     /* :: */
    TW_OP_ARROW,    /* => */
    TW_OP_HINT,     /* / *+ */
    TW_OP_HINT_END  /* * / */
};

typedef struct tw_token {
    tw_token_kind kind;
    int op;
    tw_pos pos;
    tw_str text; /* as written, without the quotes (QUOTED, STRING, UNICODE, BINARY: escapes not yet resolved) */
} tw_token;

typedef struct tw_lexer {
    tw_str text;
    uint32_t offset, line, column;
} tw_lexer;

/* The next token; TW_TOKEN_END at the end. TW_E_SYNTAX for what is no token: the lexer then stands behind it. */
tw_status tw_lex_next(tw_lexer *lexer, tw_token *out, tw_error *error);

/* Resolve what stands between the quotes. */
tw_str tw_lex_unquote(tw_arena *arena, tw_str body, char quote);
/* U&'..' with its escape character; TW_E_SYNTAX for a bad escape. */
tw_status tw_lex_unicode(tw_arena *arena, const tw_token *token, char escape, tw_str *out, tw_error *error);
/* X'..': TW_E_SYNTAX for an odd number of digits or other characters. */
tw_status tw_lex_binary(tw_arena *arena, const tw_token *token, tw_str *out, tw_error *error);

typedef enum tw_reserved {
    TW_NOT_RESERVED,
    TW_RESERVED,
    TW_RESERVED_FUNCTION /* no name of a column or table without quotes, but of a function: COUNT, LEFT, .. */
} tw_reserved;

/* Is the word (any case) reserved in Flink's grammar? */
tw_reserved tw_keyword_reserved(tw_str word);

#endif
