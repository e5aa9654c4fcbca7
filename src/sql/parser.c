/* Tokens, expectations and errors of the parser. */
#include "sql/parser.h"

#include <stdio.h>

#define SHOWN_MAX 64 /* bytes of the offending token in a message */

_Noreturn static void leave(tw_parser *p, tw_status status) {
    p->status = status;
    longjmp(*p->arena->oom, 1);
}

void tw_p_advance(tw_parser *p) {
    p->end = p->token.pos.offset + p->token.pos.length;
    p->nexpected = 0;
    tw_status status = tw_lex_next(&p->lexer, &p->token, p->error);
    if (status != TW_OK) leave(p, status);
}

tw_token tw_p_peek_at(tw_parser *p, int n) {
    tw_lexer lexer = p->lexer;
    tw_token token = p->token;
    for (int i = 0; i < n && token.kind != TW_TOKEN_END; i++) {
        if (tw_lex_next(&lexer, &token, NULL) != TW_OK) token = (tw_token){.kind = TW_TOKEN_END};
    }
    return token;
}

tw_token tw_p_peek(tw_parser *p) { return tw_p_peek_at(p, 1); }

bool tw_p_token_is(const tw_token *token, const char *word) {
    if (token->kind != TW_TOKEN_WORD) return false;
    for (size_t i = 0; i < token->text.length; i++) {
        char c = token->text.data[i];
        if ((c >= 'a' && c <= 'z' ? c - 32 : c) != word[i]) return false;
    }
    return word[token->text.length] == 0;
}

static void note(tw_parser *p, const char *what) {
    for (int i = 0; i < p->nexpected; i++) {
        if (strcmp(p->expected[i], what) == 0) return;
    }
    if (p->nexpected < TW_P_EXPECTED_MAX) p->expected[p->nexpected++] = what;
}

bool tw_p_is(tw_parser *p, const char *word) {
    if (tw_p_token_is(&p->token, word)) return true;
    note(p, word);
    return false;
}

bool tw_p_is_op(tw_parser *p, int op) { return p->token.kind == TW_TOKEN_OP && p->token.op == op; }

bool tw_p_accept(tw_parser *p, const char *word) {
    if (!tw_p_is(p, word)) return false;
    tw_p_advance(p);
    return true;
}

bool tw_p_accept_op(tw_parser *p, int op) {
    if (!tw_p_is_op(p, op)) return false;
    tw_p_advance(p);
    return true;
}

bool tw_p_accept2(tw_parser *p, const char *first, const char *second) {
    if (!tw_p_is(p, first)) return false;
    tw_token next = tw_p_peek(p);
    if (!tw_p_token_is(&next, second)) return false;
    tw_p_advance(p);
    tw_p_advance(p);
    return true;
}

/* What stood where something else was expected. */
static void describe(const tw_parser *p, char *out, size_t size) {
    const tw_token *token = &p->token;
    if (token->kind == TW_TOKEN_END) {
        snprintf(out, size, "end of the script");
        return;
    }
    const char *start = p->lexer.text.data + token->pos.offset;
    size_t length = token->pos.length;
    if (length > SHOWN_MAX) {
        length = SHOWN_MAX;
        while (length > 0 && ((unsigned char)start[length] & 0xc0) == 0x80) length--;
        snprintf(out, size, "\"%.*s...\"", (int)length, start);
    } else {
        snprintf(out, size, "\"%.*s\"", (int)length, start);
    }
}

/* Words that go on with the statement: one of them in place of an expression is not a name without its quotes. */
static bool is_clause(const tw_token *token) {
    static const char *const words[] = {"FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "SELECT",
                                        "AS",   "ON",    "AND",   "OR",     "THEN",  "ELSE",  "END",   "WHEN"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (tw_p_token_is(token, words[i])) return true;
    return false;
}

static void hint_for_token(tw_parser *p, bool name_expected) {
    if (p->token.kind != TW_TOKEN_WORD) return;
    const char *near = tw_str_nearest(p->token.text, p->expected, p->nexpected);
    if (near && !tw_p_token_is(&p->token, near)) {
        tw_error_hint(p->error, "did you mean %s?", near);
    } else if (name_expected && tw_keyword_reserved(p->token.text) != TW_NOT_RESERVED) {
        tw_error_hint(p->error, "%.*s is a reserved word; as a name it stands in backticks: `%.*s`", TW_STR_ARG(p->token.text),
                      TW_STR_ARG(p->token.text));
    }
}

#define LISTED_MAX 6

_Noreturn void tw_p_unexpected(tw_parser *p, const char *what) {
    char found[SHOWN_MAX + 32], list[256];
    int length = 0;
    describe(p, found, sizeof(found));
    list[0] = 0;
    if (what) {
        length = snprintf(list, sizeof(list), ", expected %s", what);
    } else if (p->nexpected > 0 && p->nexpected <= LISTED_MAX) {
        for (int i = 0; i < p->nexpected && length < (int)sizeof(list) - 1; i++) {
            const char *lead = i == 0 ? ", expected " : i + 1 < p->nexpected ? ", " : " or ";
            length += snprintf(list + length, sizeof(list) - (size_t)length, "%s%s", lead, p->expected[i]);
        }
    }
    tw_fail_at(p->error, TW_E_SYNTAX, p->token.pos, "unexpected %s%s", found, list);
    hint_for_token(p, what && (strstr(what, "name") || (strstr(what, "expression") && !is_clause(&p->token))));
    leave(p, TW_E_SYNTAX);
}

void tw_p_expect(tw_parser *p, const char *word) {
    if (!tw_p_accept(p, word)) tw_p_unexpected(p, word);
}

static const char *op_text(int op, char *buffer) {
    switch (op) {
    case TW_OP_ARROW: return "=>";
    case TW_OP_HINT_END: return "*/";
    default:
        buffer[0] = '"';
        buffer[1] = (char)op;
        buffer[2] = '"';
        buffer[3] = 0;
        return buffer;
    }
}

void tw_p_expect_op(tw_parser *p, int op) {
    char buffer[4];
    if (!tw_p_accept_op(p, op)) tw_p_unexpected(p, op_text(op, buffer));
}

_Noreturn void tw_p_fail(tw_parser *p, tw_pos pos, const char *format, ...) {
    char message[400];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    leave(p, tw_fail_at(p->error, TW_E_SYNTAX, pos, "%s", message));
}

_Noreturn void tw_p_fail_hint(tw_parser *p, tw_pos pos, const char *message, const char *hint) {
    tw_fail_at(p->error, TW_E_SYNTAX, pos, "%s", message);
    tw_error_hint(p->error, "%s", hint);
    leave(p, TW_E_SYNTAX);
}

_Noreturn void tw_p_unsupported(tw_parser *p, tw_pos pos, const char *what) {
    leave(p, tw_fail_at(p->error, TW_E_UNSUPPORTED, pos, "%s is not supported", what));
}

void tw_p_enter(tw_parser *p) {
    if (++p->depth <= TW_PARSE_DEPTH_MAX) return;
    leave(p, tw_fail_at(p->error, TW_E_LIMIT, p->token.pos, "nested more than %d levels deep", TW_PARSE_DEPTH_MAX));
}

void tw_p_leave(tw_parser *p) { p->depth--; }

void tw_p_close(tw_parser *p, tw_pos *pos) { pos->length = p->end > pos->offset ? p->end - pos->offset : 0; }

/* Room for one more: capacities are 4 and the powers of two above. */
void *tw_p_grow(tw_parser *p, void *at, int count, size_t size) {
    if (count == 0) return tw_arena_calloc(p->arena, 4 * size);
    if (count < 4 || (count & (count - 1)) != 0) return at;
    if (count >= 1 << 24) leave(p, tw_fail_at(p->error, TW_E_LIMIT, p->token.pos, "a list has more than %d items", 1 << 24));
    void *more = tw_arena_calloc(p->arena, 2 * (size_t)count * size);
    memcpy(more, at, (size_t)count * size);
    return more;
}
