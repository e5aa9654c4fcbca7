/* The doors of the parser: see parse.h. */
#include "sql/parser.h"

static void start(tw_parser *p, tw_arena *arena, tw_str text, tw_pos from, tw_error *error) {
    memset(p, 0, sizeof(*p));
    p->arena = arena;
    p->error = error;
    p->lexer = (tw_lexer){.text = text, .offset = from.offset, .line = from.line ? from.line : 1, .column = from.column ? from.column : 1};
}

/* The place behind so many bytes, which are valid UTF-8. */
static tw_pos place_behind(tw_str text, size_t bytes) {
    tw_pos pos = {.offset = (uint32_t)bytes, .line = 1};
    size_t line = 0;
    for (size_t i = 0; i < bytes; i++)
        if (text.data[i] == '\n') pos.line++, line = i + 1;
    pos.column = (uint32_t)tw_utf8_length(text.data + line, bytes - line) + 1;
    return pos;
}

static tw_status check_text(tw_str text, tw_error *error) {
    if (text.length > TW_PARSE_LENGTH_MAX) {
        return tw_fail(error, TW_E_LIMIT, "the script has %zu bytes, more than %d", text.length, TW_PARSE_LENGTH_MAX);
    }
    size_t valid = tw_utf8_valid_length(text.data, text.length);
    if (valid == text.length) return TW_OK;
    return tw_fail_at(error, TW_E_SYNTAX, place_behind(text, valid), "the script is not valid UTF-8: byte 0x%02X", (unsigned char)text.data[valid]);
}

typedef void parse_fn(tw_parser *p, void *out);

/* Runs `parse` under the jump. Nothing that it changes lives in this frame. */
static tw_status guarded(tw_parser *p, parse_fn *parse, void *out) {
    jmp_buf jump, *outer = p->arena->oom;
    p->arena->oom = &jump;
    tw_status status = TW_OK;
    if (setjmp(jump) == 0) {
        parse(p, out);
    } else {
        status = p->status != TW_OK ? p->status : tw_fail(p->error, TW_E_NOMEM, "out of memory while parsing");
    }
    p->arena->oom = outer;
    return status;
}

/* ---- scripts --------------------------------------------------------------------------------------------------- */

void tw_parse_begin(tw_parse *parse, tw_arena *arena, tw_str text) {
    *parse = (tw_parse){.arena = arena, .text = text, .next = {.offset = 0, .line = 1, .column = 1}};
}

static void next_statement(tw_parser *p, void *out) {
    tw_p_advance(p);
    while (tw_p_accept_op(p, ';')) {}
    if (p->token.kind == TW_TOKEN_END) return;
    *(tw_ast_statement **)out = tw_p_statement(p);
    if (p->token.kind != TW_TOKEN_END && !tw_p_is_op(p, ';')) tw_p_unexpected(p, p->nexpected <= 6 ? NULL : "the end of the statement");
}

/* Behind the next semicolon; behind that of END when a statement set was being read. */
static void resynchronise(tw_parser *p) {
    tw_token last = {0};
    while (p->lexer.offset < p->lexer.text.length) {
        tw_token token;
        if (p->token.kind == TW_TOKEN_OP && p->token.op == ';' && (!p->in_set || tw_p_token_is(&last, "END"))) return;
        last = p->token;
        uint32_t before = p->lexer.offset;
        if (tw_lex_next(&p->lexer, &token, NULL) == TW_OK)
            p->token = token;
        else
            p->token = (tw_token){0};
        if (p->lexer.offset == before) return; /* only blanks were left */
    }
}

static tw_pos here(const tw_parser *p) { return (tw_pos){.offset = p->lexer.offset, .line = p->lexer.line, .column = p->lexer.column}; }

tw_status tw_parse_next(tw_parse *parse, tw_ast_statement **out, tw_error *error) {
    *out = NULL;
    if (parse->next.offset == 0) {
        tw_status status = check_text(parse->text, error);
        if (status != TW_OK) {
            parse->next.offset = (uint32_t)parse->text.length;
            parse->text.length = 0; /* nothing more to be had */
            return status;
        }
    }
    if (parse->next.offset >= parse->text.length) return TW_END;
    tw_error local = {0};
    tw_parser parser;
    start(&parser, parse->arena, parse->text, parse->next, error ? error : &local);
    tw_status status = guarded(&parser, next_statement, out);
    if (status != TW_OK) {
        *out = NULL;
        resynchronise(&parser);
    }
    parse->next = here(&parser);
    return status == TW_OK && !*out ? TW_END : status;
}

static void push_statement(tw_parser *p, void *out) {
    tw_ast_script *script = ((tw_ast_script **)out)[0];
    tw_ast_statement *statement = ((tw_ast_statement **)out)[1];
    TW_P_PUSH(p, script->statements, script->count, statement);
}

static void new_script(tw_parser *p, void *out) { *(tw_ast_script **)out = TW_NEW(p->arena, tw_ast_script); }

tw_status tw_parse_script(tw_arena *arena, tw_str text, tw_ast_script **out, tw_error *error) {
    tw_parser parser;
    tw_ast_script *script = NULL;
    *out = NULL;
    start(&parser, arena, text, (tw_pos){0}, error);
    TW_TRY(guarded(&parser, new_script, &script));
    script->text = text;
    tw_parse parse;
    tw_parse_begin(&parse, arena, text);
    for (;;) {
        void *push[2] = {script, NULL};
        tw_ast_statement *statement;
        tw_status status = tw_parse_next(&parse, &statement, error);
        if (status == TW_END) break;
        if (status != TW_OK) return status;
        push[1] = statement;
        TW_TRY(guarded(&parser, push_statement, push));
    }
    *out = script;
    return TW_OK;
}

/* ---- single parts ---------------------------------------------------------------------------------------------- */

static void end_of_text(tw_parser *p) {
    if (p->token.kind != TW_TOKEN_END) tw_p_unexpected(p, "the end");
}

static void whole_expr(tw_parser *p, void *out) {
    tw_p_advance(p);
    *(tw_ast_expr **)out = tw_p_expr(p);
    end_of_text(p);
}

static void whole_type(tw_parser *p, void *out) {
    tw_p_advance(p);
    *(tw_ast_type **)out = tw_p_type(p);
    end_of_text(p);
}

static tw_status parse_part(tw_arena *arena, tw_str text, parse_fn *parse, void *out, tw_error *error) {
    tw_error local = {0};
    tw_parser parser;
    if (!error) error = &local;
    TW_TRY(check_text(text, error));
    start(&parser, arena, text, (tw_pos){0}, error);
    return guarded(&parser, parse, out);
}

tw_status tw_parse_expr(tw_arena *arena, tw_str text, tw_ast_expr **out, tw_error *error) { return parse_part(arena, text, whole_expr, out, error); }

tw_status tw_parse_type(tw_arena *arena, tw_str text, tw_ast_type **out, tw_error *error) { return parse_part(arena, text, whole_type, out, error); }

bool tw_parse_incomplete(tw_arena *arena, tw_str text) {
    tw_parse parse;
    tw_ast_statement *statement;
    tw_error error = {0};
    tw_parse_begin(&parse, arena, text);
    tw_status status;
    do {
        status = tw_parse_next(&parse, &statement, &error);
    } while (status == TW_OK);
    if (status != TW_E_SYNTAX) return false;
    return strstr(error.message, "end of the script") || strstr(error.message, "is not closed");
}
