/* Functions with words between their arguments. Each stands with its name current and leaves a plain call. */
#include "sql/parser.h"

typedef struct special {
    const char *name;
    void (*parse)(tw_parser *p, tw_ast_expr *call);
} special;

static const char *unit_name(tw_parser *p, int unit) {
    static const char *const names[TW_UNIT_COUNT] = {"YEAR",   "QUARTER",     "MONTH",       "WEEK",       "DAY",    "HOUR",    "MINUTE",
                                                     "SECOND", "MILLISECOND", "MICROSECOND", "NANOSECOND", "DECADE", "CENTURY", "MILLENNIUM",
                                                     "EPOCH",  "DOW",         "DOY",         "ISODOW",     "ISOYEAR"};
    return names[unit];
}

/* A unit's symbol; NULL when the word is none. */
static tw_ast_expr *unit_symbol(tw_parser *p) {
    tw_ast_expr *symbol = tw_p_symbol(p, "");
    symbol->pos = p->token.pos;
    int unit = tw_p_unit(p, false);
    if (unit < 0) return NULL;
    symbol->literal.text = tw_str_of(unit_name(p, unit));
    return symbol;
}

static void unit_arg(tw_parser *p, tw_ast_expr *call) {
    static const char *const known[] = {"YEAR",        "QUARTER",    "MONTH", "WEEK", "DAY", "HOUR",   "MINUTE",  "SECOND",    "MILLISECOND",
                                        "MICROSECOND", "NANOSECOND", "EPOCH", "DOW",  "DOY", "DECADE", "CENTURY", "MILLENNIUM"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) tw_p_is(p, known[i]); /* for "did you mean" */
    tw_ast_expr *unit = unit_symbol(p);
    if (!unit) tw_p_unexpected(p, "a time unit");
    tw_p_arg(p, call, unit);
}

static void rest(tw_parser *p, tw_ast_expr *call) {
    while (tw_p_accept_op(p, ',')) tw_p_arg(p, call, tw_p_expr(p));
}

static void extract(tw_parser *p, tw_ast_expr *call) {
    unit_arg(p, call);
    tw_p_expect(p, "FROM");
    tw_p_arg(p, call, tw_p_expr(p));
}

static void floor_to(tw_parser *p, tw_ast_expr *call) {
    tw_p_arg(p, call, tw_p_expr(p));
    if (tw_p_accept(p, "TO"))
        unit_arg(p, call);
    else
        rest(p, call);
}

static void position(tw_parser *p, tw_ast_expr *call) {
    tw_p_arg(p, call, tw_p_operand(p, TW_P_BIND_OPERAND)); /* IN is not an operator here */
    tw_p_expect(p, "IN");
    tw_p_arg(p, call, tw_p_expr(p));
    if (tw_p_accept(p, "FROM")) tw_p_arg(p, call, tw_p_expr(p));
}

static void substring(tw_parser *p, tw_ast_expr *call) {
    tw_p_arg(p, call, tw_p_expr(p));
    if (!tw_p_accept(p, "FROM")) {
        rest(p, call);
        return;
    }
    tw_p_arg(p, call, tw_p_expr(p));
    if (tw_p_accept(p, "FOR")) tw_p_arg(p, call, tw_p_expr(p));
}

static tw_ast_expr *blank(tw_parser *p) {
    tw_ast_expr *text = tw_p_node(p, TW_AST_LITERAL, p->token.pos);
    text->literal = (tw_ast_literal){.kind = TW_AST_LIT_STRING, .text = TW_STR(" ")};
    return text;
}

static void trim(tw_parser *p, tw_ast_expr *call) {
    static const char *const sides[] = {"BOTH", "LEADING", "TRAILING"};
    tw_ast_expr *side = NULL, *characters = NULL;
    for (int i = 0; i < 3 && !side; i++) {
        if (tw_p_is(p, sides[i])) {
            side = tw_p_symbol(p, sides[i]);
            tw_p_advance(p);
        }
    }
    if (!(side && tw_p_is(p, "FROM"))) characters = tw_p_expr(p);
    if (!tw_p_is(p, "FROM")) {
        if (side) { /* TRIM(BOTH x) */
            tw_p_arg(p, call, side);
            tw_p_arg(p, call, blank(p));
        }
        tw_p_arg(p, call, characters);
        rest(p, call);
        return;
    }
    tw_p_arg(p, call, side ? side : tw_p_symbol(p, "BOTH"));
    tw_p_arg(p, call, characters ? characters : blank(p));
    tw_p_advance(p);
    tw_p_arg(p, call, tw_p_expr(p));
}

static void overlay(tw_parser *p, tw_ast_expr *call) {
    tw_p_arg(p, call, tw_p_expr(p));
    if (!tw_p_accept(p, "PLACING")) {
        if (!tw_p_is_op(p, ',')) tw_p_unexpected(p, "PLACING");
        rest(p, call);
        return;
    }
    tw_p_arg(p, call, tw_p_expr(p));
    tw_p_expect(p, "FROM");
    tw_p_arg(p, call, tw_p_expr(p));
    if (tw_p_accept(p, "FOR")) tw_p_arg(p, call, tw_p_expr(p));
}

static void timestamp_unit(tw_parser *p, tw_ast_expr *call) {
    unit_arg(p, call);
    if (!tw_p_is_op(p, ',')) tw_p_unexpected(p, "\",\"");
    rest(p, call);
}

static void descriptor(tw_parser *p, tw_ast_expr *call) {
    do {
        tw_pos start = p->token.pos;
        tw_ast_names path = tw_p_path(p, "a column's name");
        tw_ast_expr *column = tw_p_node(p, TW_AST_COLUMN, start);
        column->column = path;
        if (tw_p_is(p, "STRING") || tw_p_is(p, "INT")) tw_p_unsupported(p, p->token.pos, "a type in DESCRIPTOR");
        tw_p_arg(p, call, column);
    } while (tw_p_accept_op(p, ','));
}

tw_ast_expr *tw_p_special(tw_parser *p, tw_str upper) {
    static const special specials[] = {{"EXTRACT", extract},
                                       {"FLOOR", floor_to},
                                       {"CEIL", floor_to},
                                       {"CEILING", floor_to},
                                       {"POSITION", position},
                                       {"SUBSTRING", substring},
                                       {"TRIM", trim},
                                       {"OVERLAY", overlay},
                                       {"TIMESTAMPADD", timestamp_unit},
                                       {"TIMESTAMPDIFF", timestamp_unit},
                                       {"DESCRIPTOR", descriptor}};
    for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
        if (!tw_str_equal(upper, tw_str_of(specials[i].name))) continue;
        const char *name = strcmp(specials[i].name, "CEILING") == 0 ? "CEIL" : specials[i].name;
        tw_ast_expr *call = tw_p_call(p, name, p->token.pos, NULL, NULL);
        tw_p_advance(p);
        tw_p_expect_op(p, '(');
        specials[i].parse(p, call);
        if (!tw_p_accept_op(p, ')')) tw_p_unexpected(p, "\")\"");
        tw_p_close(p, &call->pos);
        tw_p_tails(p, call);
        return call;
    }
    return NULL;
}
