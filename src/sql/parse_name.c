/* Names, strings, options and hints. */
#include "sql/parser.h"

tw_str tw_p_upper(tw_parser *p, tw_str word) {
    char *copy = tw_arena_strndup(p->arena, word.data, word.length);
    for (size_t i = 0; i < word.length; i++) {
        if (copy[i] >= 'a' && copy[i] <= 'z') copy[i] = (char)(copy[i] - 32);
    }
    return (tw_str){copy, word.length};
}

bool tw_p_at_name(tw_parser *p) {
    if (p->token.kind == TW_TOKEN_QUOTED) return true;
    return p->token.kind == TW_TOKEN_WORD && tw_keyword_reserved(p->token.text) == TW_NOT_RESERVED;
}

static tw_ast_name take(tw_parser *p) {
    tw_ast_name name = {.text = p->token.text, .pos = p->token.pos, .quoted = p->token.kind == TW_TOKEN_QUOTED};
    if (name.quoted) name.text = tw_lex_unquote(p->arena, name.text, '`');
    tw_p_advance(p);
    return name;
}

tw_ast_name tw_p_name(tw_parser *p, const char *what) {
    if (!tw_p_at_name(p)) tw_p_unexpected(p, what);
    return take(p);
}

tw_ast_names tw_p_path(tw_parser *p, const char *what) {
    tw_ast_names path = {0};
    TW_P_PUSH(p, path.at, path.count, tw_p_name(p, what));
    while (tw_p_is_op(p, '.')) {
        tw_token next = tw_p_peek(p);
        if (next.kind == TW_TOKEN_OP && next.op == '*') break;
        tw_p_advance(p);
        TW_P_PUSH(p, path.at, path.count, tw_p_name(p, "a name"));
    }
    return path;
}

tw_ast_names tw_p_names(tw_parser *p, const char *what) {
    tw_ast_names names = {0};
    tw_p_expect_op(p, '(');
    do {
        TW_P_PUSH(p, names.at, names.count, tw_p_name(p, what));
    } while (tw_p_accept_op(p, ','));
    tw_p_expect_op(p, ')');
    return names;
}

bool tw_p_at_string(tw_parser *p) { return p->token.kind == TW_TOKEN_STRING || p->token.kind == TW_TOKEN_UNICODE; }

static tw_str one_string(tw_parser *p) {
    tw_token token = p->token;
    tw_p_advance(p);
    if (token.kind == TW_TOKEN_STRING) return tw_lex_unquote(p->arena, token.text, '\'');
    char escape = '\\';
    if (tw_p_accept(p, "UESCAPE")) {
        if (p->token.kind != TW_TOKEN_STRING || p->token.text.length != 1) tw_p_unexpected(p, "one escape character in quotes");
        escape = p->token.text.data[0];
        tw_p_advance(p);
    }
    tw_str out;
    p->status = tw_lex_unicode(p->arena, &token, escape, &out, p->error);
    if (p->status != TW_OK) longjmp(*p->arena->oom, 1);
    return out;
}

tw_str tw_p_string(tw_parser *p, const char *what, tw_pos *pos) {
    if (!tw_p_at_string(p)) tw_p_unexpected(p, what);
    tw_pos start = p->token.pos;
    tw_str text = one_string(p);
    if (tw_p_at_string(p)) { /* adjacent strings are one; joined in a buffer that doubles */
        size_t capacity = 2 * text.length + 64;
        char *all = tw_arena_memdup(p->arena, text.data, text.length);
        all = memcpy(tw_arena_alloc(p->arena, capacity), all, text.length);
        while (tw_p_at_string(p)) {
            tw_str more = one_string(p);
            if (text.length + more.length > capacity) {
                capacity = 2 * (text.length + more.length);
                all = memcpy(tw_arena_alloc(p->arena, capacity), all, text.length);
            }
            memcpy(all + text.length, more.data, more.length);
            text.length += more.length;
        }
        text.data = all;
    }
    tw_p_close(p, &start);
    if (pos) *pos = start;
    return text;
}

int32_t tw_p_integer(tw_parser *p, const char *what, int32_t min, int32_t max) {
    int64_t value = 0;
    if (p->token.kind != TW_TOKEN_EXACT) tw_p_unexpected(p, what);
    for (size_t i = 0; i < p->token.text.length; i++) {
        char c = p->token.text.data[i];
        if (c == '.') tw_p_unexpected(p, what);
        value = value * 10 + (c - '0');
        if (value > max) break;
    }
    if (value < min || value > max) {
        tw_p_fail(p, p->token.pos, "%.*s is out of range, expected %s from %d to %d", (int)p->token.text.length, p->token.text.data, what, min, max);
    }
    tw_p_advance(p);
    return (int32_t)value;
}

tw_ast_options tw_p_options(tw_parser *p) {
    tw_ast_options options = {0};
    tw_p_expect_op(p, '(');
    if (tw_p_accept_op(p, ')')) return options;
    do {
        tw_ast_option option = {0};
        option.key = tw_p_string(p, "an option's name in quotes", &option.key_pos);
        tw_p_expect_op(p, '=');
        option.value = tw_p_string(p, "an option's value in quotes", &option.value_pos);
        TW_P_PUSH(p, options.at, options.count, option);
    } while (tw_p_accept_op(p, ','));
    tw_p_expect_op(p, ')');
    return options;
}

/* 'k' = 'v', a string, a number or a (qualified) name. */
static tw_ast_option hint_argument(tw_parser *p) {
    tw_ast_option option = {.key_pos = p->token.pos};
    if (tw_p_at_string(p)) {
        option.key = tw_p_string(p, NULL, NULL);
    } else if (p->token.kind == TW_TOKEN_EXACT) {
        option.key = p->token.text;
        tw_p_advance(p);
    } else {
        tw_p_path(p, "a hint's argument");
        tw_p_close(p, &option.key_pos);
        option.key = tw_ast_text(p->lexer.text, option.key_pos);
    }
    tw_p_close(p, &option.key_pos);
    if (tw_p_accept_op(p, '=')) option.value = tw_p_string(p, "a value in quotes", &option.value_pos);
    return option;
}

static tw_ast_hint one_hint(tw_parser *p) {
    tw_ast_hint hint = {.pos = p->token.pos};
    hint.name = tw_p_upper(p, tw_p_name(p, "a hint's name").text);
    if (tw_p_accept_op(p, '(')) {
        if (!tw_p_is_op(p, ')')) {
            do {
                TW_P_PUSH(p, hint.arguments.at, hint.arguments.count, hint_argument(p));
            } while (tw_p_accept_op(p, ','));
        }
        tw_p_expect_op(p, ')');
    }
    tw_p_close(p, &hint.pos);
    return hint;
}

tw_ast_hints tw_p_hints(tw_parser *p) {
    tw_ast_hints hints = {0};
    while (tw_p_accept_op(p, TW_OP_HINT)) {
        while (!tw_p_is_op(p, TW_OP_HINT_END)) {
            TW_P_PUSH(p, hints.at, hints.count, one_hint(p));
            tw_p_accept_op(p, ',');
        }
        tw_p_expect_op(p, TW_OP_HINT_END);
    }
    return hints;
}
