/* Literals, and the words that stand for a time unit. */
#include "sql/parser.h"

static const char *const units[TW_UNIT_COUNT] = {[TW_UNIT_YEAR] = "YEAR",
                                                 [TW_UNIT_QUARTER] = "QUARTER",
                                                 [TW_UNIT_MONTH] = "MONTH",
                                                 [TW_UNIT_WEEK] = "WEEK",
                                                 [TW_UNIT_DAY] = "DAY",
                                                 [TW_UNIT_HOUR] = "HOUR",
                                                 [TW_UNIT_MINUTE] = "MINUTE",
                                                 [TW_UNIT_SECOND] = "SECOND",
                                                 [TW_UNIT_MILLISECOND] = "MILLISECOND",
                                                 [TW_UNIT_MICROSECOND] = "MICROSECOND",
                                                 [TW_UNIT_NANOSECOND] = "NANOSECOND",
                                                 [TW_UNIT_DECADE] = "DECADE",
                                                 [TW_UNIT_CENTURY] = "CENTURY",
                                                 [TW_UNIT_MILLENNIUM] = "MILLENNIUM",
                                                 [TW_UNIT_EPOCH] = "EPOCH",
                                                 [TW_UNIT_DOW] = "DOW",
                                                 [TW_UNIT_DOY] = "DOY",
                                                 [TW_UNIT_ISODOW] = "ISODOW",
                                                 [TW_UNIT_ISOYEAR] = "ISOYEAR"};

/* "SECOND" for "second" and "sql_tsi_second", also for "seconds" when plural_too. */
int tw_p_unit(tw_parser *p, bool plural_too) {
    if (p->token.kind != TW_TOKEN_WORD) return -1;
    tw_str word = p->token.text;
    tw_str prefix = TW_STR("SQL_TSI_");
    if (word.length > prefix.length && tw_str_equal_nocase((tw_str){word.data, prefix.length}, prefix)) {
        word = (tw_str){word.data + prefix.length, word.length - prefix.length};
    }
    for (int i = 0; i < TW_UNIT_COUNT; i++) {
        tw_str name = tw_str_of(units[i]);
        bool plural = plural_too && word.length == name.length + 1 && (word.data[name.length] | 32) == 's';
        if (tw_str_equal_nocase(word, name) || (plural && tw_str_equal_nocase((tw_str){word.data, name.length}, name))) {
            tw_p_advance(p);
            return i;
        }
    }
    return -1;
}

static tw_ast_expr *literal(tw_parser *p, tw_ast_literal_kind kind, tw_pos start, tw_str text) {
    tw_ast_expr *expr = tw_p_node(p, TW_AST_LITERAL, start);
    expr->literal.kind = kind;
    expr->literal.text = text;
    return expr;
}

static int8_t precision(tw_parser *p) { return (int8_t)tw_p_integer(p, "a precision", 0, 9); }

static int unit_or_fail(tw_parser *p, const char *what) {
    int unit = tw_p_unit(p, true);
    if (unit < 0) tw_p_unexpected(p, what);
    return unit;
}

/* unit [(p [, s])] [TO unit [(s)]] */
static void interval_fields(tw_parser *p, tw_ast_literal *out) {
    tw_pos at = p->token.pos;
    out->precision = out->fraction = -1;
    out->from = out->to = (uint8_t)unit_or_fail(p, "YEAR, MONTH, DAY, HOUR, MINUTE or SECOND");
    if (tw_p_accept_op(p, '(')) {
        out->precision = precision(p);
        if (out->from == TW_UNIT_SECOND && tw_p_accept_op(p, ',')) out->fraction = precision(p);
        tw_p_expect_op(p, ')');
    }
    if (tw_p_accept(p, "TO")) {
        out->to = (uint8_t)unit_or_fail(p, "MONTH, HOUR, MINUTE or SECOND");
        if (out->to == TW_UNIT_SECOND && tw_p_accept_op(p, '(')) {
            out->fraction = precision(p);
            tw_p_expect_op(p, ')');
        }
        bool fits = out->to > out->from &&
                    (out->from == TW_UNIT_YEAR ? out->to == TW_UNIT_MONTH : out->from >= TW_UNIT_DAY && out->to <= TW_UNIT_SECOND);
        tw_p_close(p, &at);
        if (!fits) tw_p_fail_hint(p, at, "no such interval", "YEAR TO MONTH, or from DAY, HOUR, MINUTE to a finer one of HOUR, MINUTE, SECOND");
    }
    if (out->from > TW_UNIT_SECOND) {
        tw_p_close(p, &at);
        tw_p_fail_hint(p, at, "no such interval unit", "INTERVAL '0.001' SECOND is a millisecond");
    }
}

/* INTERVAL [-] '..' unit, or INTERVAL expression unit. */
static tw_ast_expr *interval(tw_parser *p, tw_pos start) {
    tw_ast_literal out = {.kind = TW_AST_LIT_INTERVAL};
    tw_token next = tw_p_peek(p);
    bool sign = tw_p_is_op(p, '-') || tw_p_is_op(p, '+');
    if (!tw_p_at_string(p) && !(sign && next.kind == TW_TOKEN_STRING)) {
        tw_ast_expr *amount = tw_p_operand(p, 81); /* a number, a name or (..) */
        tw_pos at = p->token.pos;
        interval_fields(p, &out);
        tw_ast_expr *unit = literal(p, TW_AST_LIT_SYMBOL, at, tw_str_of(units[out.from]));
        if (out.to != out.from) tw_p_fail(p, at, "an interval of an expression has one unit");
        return tw_p_call(p, "INTERVAL", start, amount, unit);
    }
    out.negative = tw_p_accept_op(p, '-');
    if (!out.negative) tw_p_accept_op(p, '+');
    out.text = tw_p_string(p, "an interval in quotes", NULL);
    interval_fields(p, &out);
    tw_ast_expr *expr = tw_p_node(p, TW_AST_LITERAL, start);
    expr->literal = out;
    return expr;
}

/* DATE '..' and the like: a keyword that is a literal only with a string behind it. */
static tw_ast_expr *temporal(tw_parser *p) {
    static const struct {
        const char *word;
        tw_ast_literal_kind kind;
    } words[] = {{"DATE", TW_AST_LIT_DATE}, {"TIME", TW_AST_LIT_TIME}, {"TIMESTAMP", TW_AST_LIT_TIMESTAMP}};
    tw_pos start = p->token.pos;
    for (int i = 0; i < 3; i++) {
        if (!tw_p_token_is(&p->token, words[i].word) || tw_p_peek(p).kind != TW_TOKEN_STRING) continue;
        tw_p_advance(p);
        tw_str text = tw_p_string(p, NULL, NULL);
        return literal(p, words[i].kind, start, text);
    }
    if (!tw_p_token_is(&p->token, "INTERVAL")) return NULL;
    tw_p_advance(p);
    return interval(p, start);
}

static tw_ast_expr *word_literal(tw_parser *p) {
    static const struct {
        const char *word;
        tw_ast_literal_kind kind;
        bool value;
    } words[] = {{"NULL", TW_AST_LIT_NULL, false},
                 {"TRUE", TW_AST_LIT_BOOLEAN, true},
                 {"FALSE", TW_AST_LIT_BOOLEAN, false},
                 {"UNKNOWN", TW_AST_LIT_UNKNOWN, false}};
    tw_pos start = p->token.pos;
    for (int i = 0; i < 4; i++) {
        if (!tw_p_token_is(&p->token, words[i].word)) continue;
        tw_p_advance(p);
        tw_ast_expr *expr = literal(p, words[i].kind, start, (tw_str){0});
        expr->literal.boolean = words[i].value;
        return expr;
    }
    return temporal(p);
}

tw_ast_expr *tw_p_literal(tw_parser *p) {
    tw_token token = p->token;
    tw_str text = token.text;
    switch (token.kind) {
    case TW_TOKEN_EXACT:
    case TW_TOKEN_APPROX: tw_p_advance(p); return literal(p, token.kind == TW_TOKEN_EXACT ? TW_AST_LIT_EXACT : TW_AST_LIT_APPROX, token.pos, text);
    case TW_TOKEN_STRING:
    case TW_TOKEN_UNICODE: text = tw_p_string(p, NULL, NULL); return literal(p, TW_AST_LIT_STRING, token.pos, text);
    case TW_TOKEN_BINARY:
        p->status = tw_lex_binary(p->arena, &token, &text, p->error);
        if (p->status != TW_OK) longjmp(*p->arena->oom, 1);
        tw_p_advance(p);
        return literal(p, TW_AST_LIT_BINARY, token.pos, text);
    case TW_TOKEN_WORD: return word_literal(p);
    default: return NULL;
    }
}
