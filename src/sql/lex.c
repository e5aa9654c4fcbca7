/* The lexer: see lex.h. */
#include "sql/lex.h"

static int at(const tw_lexer *lexer, uint32_t ahead) {
    size_t i = (size_t)lexer->offset + ahead;
    return i < lexer->text.length ? (unsigned char)lexer->text.data[i] : -1;
}

/* Moves over n bytes, counting lines and code points. */
static void advance(tw_lexer *lexer, uint32_t n) {
    for (; n > 0 && lexer->offset < lexer->text.length; n--) {
        unsigned char c = (unsigned char)lexer->text.data[lexer->offset++];
        if (c == '\n') {
            lexer->line++;
            lexer->column = 1;
        } else if ((c & 0xc0) != 0x80) {
            lexer->column++;
        }
    }
}

static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static bool is_word_start(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80; }
static bool is_word(int c) { return is_word_start(c) || is_digit(c) || c == '$'; }
static bool is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static tw_pos place(const tw_lexer *lexer) { return (tw_pos){.offset = lexer->offset, .line = lexer->line, .column = lexer->column}; }

static tw_status skip_comment(tw_lexer *lexer, tw_error *error) {
    tw_pos start = place(lexer);
    start.length = 2;
    advance(lexer, 2);
    while (at(lexer, 0) >= 0) {
        if (at(lexer, 0) == '*' && at(lexer, 1) == '/') {
            advance(lexer, 2);
            return TW_OK;
        }
        advance(lexer, 1);
    }
    return tw_fail_at(error, TW_E_SYNTAX, start, "the comment is not closed, expected */");
}

static tw_status skip_blank(tw_lexer *lexer, tw_error *error) {
    for (;;) {
        int c = at(lexer, 0);
        if (is_space(c)) {
            advance(lexer, 1);
        } else if (c == 0xef && at(lexer, 1) == 0xbb && at(lexer, 2) == 0xbf && lexer->offset == 0) {
            lexer->offset = 3; /* byte order mark */
        } else if (c == '-' && at(lexer, 1) == '-') {
            while (at(lexer, 0) >= 0 && at(lexer, 0) != '\n') advance(lexer, 1);
        } else if (c == '/' && at(lexer, 1) == '*' && at(lexer, 2) != '+') {
            TW_TRY(skip_comment(lexer, error));
        } else {
            return TW_OK;
        }
    }
}

/* A body between quotes, a doubled quote standing for itself. The lexer stands on the opening quote. */
static tw_status lex_quoted(tw_lexer *lexer, tw_token *out, const char *what, tw_error *error) {
    char quote = (char)at(lexer, 0);
    advance(lexer, 1);
    uint32_t start = lexer->offset;
    for (;;) {
        int c = at(lexer, 0);
        if (c < 0) {
            tw_pos pos = out->pos;
            pos.length = 1;
            return tw_fail_at(error, TW_E_SYNTAX, pos, "the %s is not closed, expected %c", what, quote);
        }
        if (c == quote && at(lexer, 1) != quote) break;
        advance(lexer, c == quote ? 2 : 1);
    }
    out->text = (tw_str){lexer->text.data + start, lexer->offset - start};
    advance(lexer, 1);
    return TW_OK;
}

static void lex_digits(tw_lexer *lexer) {
    while (is_digit(at(lexer, 0))) advance(lexer, 1);
}

static tw_status lex_number(tw_lexer *lexer, tw_token *out, tw_error *error) {
    out->kind = TW_TOKEN_EXACT;
    lex_digits(lexer);
    if (at(lexer, 0) == '.') {
        advance(lexer, 1);
        lex_digits(lexer);
    }
    int e = at(lexer, 0);
    if (e == 'e' || e == 'E') {
        uint32_t sign = at(lexer, 1) == '+' || at(lexer, 1) == '-';
        if (is_digit(at(lexer, 1 + sign))) {
            advance(lexer, 1 + sign);
            lex_digits(lexer);
            out->kind = TW_TOKEN_APPROX;
        }
    }
    if (!is_word_start(at(lexer, 0))) return TW_OK;
    while (is_word(at(lexer, 0))) advance(lexer, 1);
    out->pos.length = lexer->offset - out->pos.offset;
    tw_fail_at(error, TW_E_SYNTAX, out->pos, "\"%.*s\" is neither a number nor a name", (int)(out->pos.length < 80 ? out->pos.length : 80),
               lexer->text.data + out->pos.offset);
    tw_error_hint(error, "a name that begins with a digit stands in backticks");
    return TW_E_SYNTAX;
}

static int two_char_op(int a, int b) {
    switch (a << 8 | b) {
    case '<' << 8 | '=': return TW_OP_LE;
    case '>' << 8 | '=': return TW_OP_GE;
    case '<' << 8 | '>':
    case '!' << 8 | '=': return TW_OP_NE;
    case '|' << 8 | '|': return TW_OP_CONCAT;
    case ':' << 8 | ':': return TW_OP_CAST;
    case '=' << 8 | '>': return TW_OP_ARROW;
    case '*' << 8 | '/': return TW_OP_HINT_END;
    default: return 0;
    }
}

static tw_status bad_character(tw_lexer *lexer, tw_token *out, tw_error *error) {
    int c = at(lexer, 0);
    advance(lexer, 1);
    out->pos.length = 1;
    if (c == '"') {
        tw_fail_at(error, TW_E_SYNTAX, out->pos, "unexpected double quote");
        tw_error_hint(error, "names are quoted with backticks: `name`, text with apostrophes: 'text'");
        return TW_E_SYNTAX;
    }
    if (c > ' ' && c < 0x7f) return tw_fail_at(error, TW_E_SYNTAX, out->pos, "unexpected character \"%c\"", c);
    return tw_fail_at(error, TW_E_SYNTAX, out->pos, "unexpected character with code %d", c);
}

static tw_status lex_operator(tw_lexer *lexer, tw_token *out, tw_error *error) {
    int c = at(lexer, 0), d = at(lexer, 1);
    out->kind = TW_TOKEN_OP;
    if (c == '/' && d == '*') { /* comments are gone by now */
        out->op = TW_OP_HINT;
        advance(lexer, 3);
        return TW_OK;
    }
    out->op = d > 0 ? two_char_op(c, d) : 0;
    if (out->op) {
        advance(lexer, 2);
        return TW_OK;
    }
    if (c <= 0 || c >= 0x7f || !strchr("()[]{},;.=<>+-*/%?|^$:", c)) return bad_character(lexer, out, error);
    out->op = c;
    advance(lexer, 1);
    return TW_OK;
}

static tw_status lex_word(tw_lexer *lexer, tw_token *out) {
    uint32_t start = lexer->offset;
    while (is_word(at(lexer, 0))) advance(lexer, 1);
    out->kind = TW_TOKEN_WORD;
    out->text = (tw_str){lexer->text.data + start, lexer->offset - start};
    return TW_OK;
}

static tw_status lex_any(tw_lexer *lexer, tw_token *out, tw_error *error) {
    int c = at(lexer, 0), d = at(lexer, 1);
    if (c < 0) return TW_OK; /* END */
    if (c == '\'') {
        out->kind = TW_TOKEN_STRING;
        return lex_quoted(lexer, out, "string", error);
    }
    if (c == '`') {
        out->kind = TW_TOKEN_QUOTED;
        return lex_quoted(lexer, out, "quoted name", error);
    }
    if ((c == 'x' || c == 'X') && d == '\'') {
        out->kind = TW_TOKEN_BINARY;
        advance(lexer, 1);
        return lex_quoted(lexer, out, "binary string", error);
    }
    if ((c == 'u' || c == 'U') && d == '&' && at(lexer, 2) == '\'') {
        out->kind = TW_TOKEN_UNICODE;
        advance(lexer, 2);
        return lex_quoted(lexer, out, "string", error);
    }
    if (is_word_start(c)) return lex_word(lexer, out);
    if (is_digit(c) || (c == '.' && is_digit(d))) return lex_number(lexer, out, error);
    return lex_operator(lexer, out, error);
}

tw_status tw_lex_next(tw_lexer *lexer, tw_token *out, tw_error *error) {
    TW_TRY(skip_blank(lexer, error));
    *out = (tw_token){.kind = TW_TOKEN_END, .pos = place(lexer)};
    TW_TRY(lex_any(lexer, out, error));
    out->pos.length = lexer->offset - out->pos.offset;
    if (out->kind == TW_TOKEN_EXACT || out->kind == TW_TOKEN_APPROX || out->kind == TW_TOKEN_OP) {
        out->text = (tw_str){lexer->text.data + out->pos.offset, out->pos.length};
    }
    if (out->kind == TW_TOKEN_QUOTED && out->text.length == 0) {
        return tw_fail_at(error, TW_E_SYNTAX, out->pos, "a name cannot be empty");
    }
    return TW_OK;
}

tw_str tw_lex_unquote(tw_arena *arena, tw_str body, char quote) {
    if (body.length == 0 || !memchr(body.data, quote, body.length)) return body;
    char *copy = tw_arena_alloc(arena, body.length);
    size_t length = 0;
    for (size_t i = 0; i < body.length; i++) {
        copy[length++] = body.data[i];
        if (body.data[i] == quote) i++; /* the second of two */
    }
    return (tw_str){copy, length};
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Reads `digits` hexadecimal digits at text[i]; -1 when they are not there. */
static int32_t hex_number(tw_str text, size_t i, int digits) {
    int32_t value = 0;
    for (int k = 0; k < digits; k++) {
        int v = i + (size_t)k < text.length ? hex_value(text.data[i + (size_t)k]) : -1;
        if (v < 0) return -1;
        value = value << 4 | v;
    }
    return value;
}

tw_status tw_lex_unicode(tw_arena *arena, const tw_token *token, char escape, tw_str *out, tw_error *error) {
    tw_str body = tw_lex_unquote(arena, token->text, '\'');
    char *copy = tw_arena_alloc(arena, body.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < body.length;) {
        if (body.data[i] != escape) {
            copy[length++] = body.data[i++];
            continue;
        }
        i++;
        if (i < body.length && body.data[i] == escape) {
            copy[length++] = body.data[i++];
            continue;
        }
        bool six = i < body.length && body.data[i] == '+';
        int32_t code = hex_number(body, i + six, six ? 6 : 4);
        if (code <= 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
            return tw_fail_at(error, TW_E_SYNTAX, token->pos, "bad escape in a U&'..' string, expected %cXXXX or %c+XXXXXX", escape, escape);
        }
        length += (size_t)tw_utf8_put(copy + length, (uint32_t)code);
        i += six ? 7 : 4;
    }
    *out = (tw_str){copy, length};
    return TW_OK;
}

tw_status tw_lex_binary(tw_arena *arena, const tw_token *token, tw_str *out, tw_error *error) {
    tw_str body = token->text;
    if (body.length % 2 != 0) {
        return tw_fail_at(error, TW_E_SYNTAX, token->pos, "X'..' needs an even number of hexadecimal digits");
    }
    char *bytes = tw_arena_alloc(arena, body.length / 2 + 1);
    for (size_t i = 0; i < body.length; i += 2) {
        int32_t value = hex_number(body, i, 2);
        if (value < 0) return tw_fail_at(error, TW_E_SYNTAX, token->pos, "X'..' holds hexadecimal digits only");
        bytes[i / 2] = (char)value;
    }
    *out = (tw_str){bytes, body.length / 2};
    return TW_OK;
}
