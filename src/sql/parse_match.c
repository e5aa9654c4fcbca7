/* MATCH_RECOGNIZE ( .. ). The pattern: alternation of sequences of quantified elements. */
#include "sql/parser.h"

static tw_ast_pattern *alternation(tw_parser *p);

static tw_ast_pattern *pattern_new(tw_parser *p, tw_ast_pattern_kind kind, tw_pos start) {
    tw_ast_pattern *pattern = TW_NEW(p->arena, tw_ast_pattern);
    pattern->kind = kind;
    pattern->pos = start;
    pattern->min = pattern->max = 1;
    tw_p_close(p, &pattern->pos);
    return pattern;
}

static void add(tw_parser *p, tw_ast_pattern *to, tw_ast_pattern *item) { TW_P_PUSH(p, to->items, to->nitems, item); }

static tw_ast_pattern *permute(tw_parser *p, tw_pos start) {
    tw_ast_pattern *pattern = pattern_new(p, TW_AST_PATTERN_PERMUTE, start);
    tw_p_expect_op(p, '(');
    do {
        add(p, pattern, alternation(p));
    } while (tw_p_accept_op(p, ','));
    tw_p_expect_op(p, ')');
    return pattern;
}

static tw_ast_pattern *group(tw_parser *p, tw_pos start) {
    if (tw_p_accept_op(p, ')')) return pattern_new(p, TW_AST_PATTERN_EMPTY, start);
    tw_ast_pattern *inner = alternation(p);
    tw_p_expect_op(p, ')');
    if (!inner->quantified) return inner;
    tw_ast_pattern *outer = pattern_new(p, TW_AST_PATTERN_SEQUENCE, start); /* (A+)* keeps both quantifiers */
    add(p, outer, inner);
    return outer;
}

static tw_ast_pattern *exclusion(tw_parser *p, tw_pos start) {
    tw_p_expect_op(p, '-');
    tw_ast_pattern *pattern = pattern_new(p, TW_AST_PATTERN_EXCLUSION, start);
    add(p, pattern, alternation(p));
    tw_p_expect_op(p, '-');
    tw_p_expect_op(p, '}');
    return pattern;
}

static tw_ast_pattern *absence(tw_parser *p, tw_pos start) {
    tw_p_expect_op(p, '^');
    tw_ast_pattern *pattern = pattern_new(p, TW_AST_PATTERN_ABSENT, start);
    add(p, pattern, alternation(p));
    tw_p_expect_op(p, ']');
    return pattern;
}

static tw_ast_pattern *element(tw_parser *p) {
    tw_pos start = p->token.pos;
    if (tw_p_accept_op(p, '(')) return group(p, start);
    if (tw_p_accept_op(p, '{')) return exclusion(p, start);
    if (tw_p_accept_op(p, '[')) return absence(p, start);
    if (tw_p_accept_op(p, '^')) return pattern_new(p, TW_AST_PATTERN_START, start);
    if (tw_p_accept_op(p, '$')) return pattern_new(p, TW_AST_PATTERN_END, start);
    if (tw_p_accept(p, "PERMUTE")) return permute(p, start);
    tw_ast_name name = tw_p_name(p, "a pattern variable's name");
    tw_ast_pattern *pattern = pattern_new(p, TW_AST_PATTERN_VARIABLE, start);
    pattern->name = name;
    return pattern;
}

/* {n}, {n,}, {,m}, {n,m}; behind the opening brace. */
static void braces(tw_parser *p, tw_ast_pattern *pattern) {
    tw_pos at = p->token.pos;
    bool has_min = !tw_p_is_op(p, ',');
    pattern->min = has_min ? tw_p_integer(p, "a number of rows", 0, INT32_MAX) : 0;
    pattern->max = pattern->min;
    if (tw_p_accept_op(p, ',')) {
        bool has_max = !tw_p_is_op(p, '}');
        if (!has_min && !has_max) tw_p_unexpected(p, "a number of rows");
        pattern->max = has_max ? tw_p_integer(p, "a number of rows", 0, INT32_MAX) : -1;
    }
    if (pattern->max >= 0 && pattern->max < pattern->min) tw_p_fail(p, at, "the largest number of rows is below the smallest");
    if (pattern->max == 0) tw_p_fail(p, at, "a pattern element must match at least one row");
    tw_p_expect_op(p, '}');
}

static bool at_braces(tw_parser *p) {
    tw_token next = tw_p_peek(p);
    return tw_p_is_op(p, '{') && !(next.kind == TW_TOKEN_OP && next.op == '-');
}

static tw_ast_pattern *quantified(tw_parser *p) {
    tw_ast_pattern *pattern = element(p);
    pattern->quantified = true;
    if (tw_p_accept_op(p, '*')) {
        pattern->min = 0;
        pattern->max = -1;
    } else if (tw_p_accept_op(p, '+')) {
        pattern->max = -1;
    } else if (tw_p_accept_op(p, '?')) {
        pattern->min = 0;
    } else if (at_braces(p)) {
        tw_p_advance(p);
        braces(p, pattern);
    } else {
        pattern->quantified = false;
        return pattern;
    }
    pattern->reluctant = tw_p_accept_op(p, '?');
    tw_p_close(p, &pattern->pos);
    return pattern;
}

static bool at_element(tw_parser *p) {
    return tw_p_at_name(p) || tw_p_is_op(p, '(') || tw_p_is_op(p, '{') || tw_p_is_op(p, '[') || tw_p_is_op(p, '^') || tw_p_is_op(p, '$') ||
           tw_p_is(p, "PERMUTE");
}

static tw_ast_pattern *sequence(tw_parser *p) {
    tw_ast_pattern *first = quantified(p);
    if (!at_element(p)) return first;
    tw_ast_pattern *pattern = pattern_new(p, TW_AST_PATTERN_SEQUENCE, first->pos);
    add(p, pattern, first);
    while (at_element(p)) add(p, pattern, quantified(p));
    tw_p_close(p, &pattern->pos);
    return pattern;
}

static tw_ast_pattern *alternation(tw_parser *p) {
    tw_p_enter(p);
    tw_ast_pattern *pattern = sequence(p);
    if (tw_p_is_op(p, '|')) {
        tw_ast_pattern *first = pattern;
        pattern = pattern_new(p, TW_AST_PATTERN_ALTERNATION, first->pos);
        add(p, pattern, first);
        while (tw_p_accept_op(p, '|')) add(p, pattern, sequence(p));
        tw_p_close(p, &pattern->pos);
    }
    tw_p_leave(p);
    return pattern;
}

/* ---- clauses --------------------------------------------------------------------------------------------------- */

static void measures(tw_parser *p, tw_ast_match *match) {
    p->in_match = true;
    do {
        tw_ast_measure measure = {.expr = tw_p_expr(p)};
        tw_p_expect(p, "AS");
        measure.alias = tw_p_name(p, "a measure's name");
        TW_P_PUSH(p, match->measures, match->nmeasures, measure);
    } while (tw_p_accept_op(p, ','));
    p->in_match = false;
}

static void rows_per_match(tw_parser *p, tw_ast_match *match) {
    if (tw_p_accept(p, "ALL"))
        match->all_rows = true;
    else if (!tw_p_accept(p, "ONE"))
        return;
    if (match->all_rows)
        tw_p_expect(p, "ROWS");
    else
        tw_p_expect(p, "ROW");
    tw_p_expect(p, "PER");
    tw_p_expect(p, "MATCH");
    if (!match->all_rows) {
        if (!tw_p_accept(p, "WITH")) return;
        tw_p_expect(p, "TIMED");
        tw_p_expect(p, "OUT");
        match->with_timeout = true;
        return;
    }
    if (tw_p_accept2(p, "SHOW", "EMPTY"))
        match->all_rows_option = 1;
    else if (tw_p_accept2(p, "OMIT", "EMPTY"))
        match->all_rows_option = 2;
    else if (tw_p_accept2(p, "WITH", "UNMATCHED"))
        match->all_rows_option = 3;
    if (match->all_rows_option == 3)
        tw_p_expect(p, "ROWS");
    else if (match->all_rows_option)
        tw_p_expect(p, "MATCHES");
}

static void after_match(tw_parser *p, tw_ast_match *match) {
    if (!tw_p_accept(p, "AFTER")) return;
    tw_p_expect(p, "MATCH");
    tw_p_expect(p, "SKIP");
    if (tw_p_accept(p, "PAST")) {
        tw_p_expect(p, "LAST");
        tw_p_expect(p, "ROW");
        match->skip = TW_AST_SKIP_PAST_LAST_ROW;
        return;
    }
    if (!tw_p_accept(p, "TO")) tw_p_unexpected(p, "PAST LAST ROW or TO");
    if (tw_p_accept2(p, "NEXT", "ROW")) {
        match->skip = TW_AST_SKIP_TO_NEXT_ROW;
        return;
    }
    match->skip = tw_p_accept(p, "FIRST") ? TW_AST_SKIP_TO_FIRST : TW_AST_SKIP_TO_LAST;
    if (match->skip == TW_AST_SKIP_TO_LAST) tw_p_accept(p, "LAST");
    match->skip_to = tw_p_name(p, "a pattern variable's name");
}

static void subset(tw_parser *p, tw_ast_match *match) {
    if (!tw_p_accept(p, "SUBSET")) return;
    do {
        tw_ast_subset out = {.name = tw_p_name(p, "a subset's name")};
        tw_p_expect_op(p, '=');
        out.members = tw_p_names(p, "a pattern variable's name");
        TW_P_PUSH(p, match->subsets, match->nsubsets, out);
    } while (tw_p_accept_op(p, ','));
}

static void define(tw_parser *p, tw_ast_match *match) {
    p->in_match = true;
    do {
        tw_ast_define out = {.name = tw_p_name(p, "a pattern variable's name")};
        tw_p_expect(p, "AS");
        out.condition = tw_p_expr(p);
        TW_P_PUSH(p, match->defines, match->ndefines, out);
    } while (tw_p_accept_op(p, ','));
    p->in_match = false;
}

tw_ast_match *tw_p_match(tw_parser *p) {
    tw_ast_match *match = TW_NEW(p->arena, tw_ast_match);
    match->pos = p->token.pos;
    tw_p_expect_op(p, '(');
    if (tw_p_accept2(p, "PARTITION", "BY")) match->partition = tw_p_expr_list(p);
    if (tw_p_accept2(p, "ORDER", "BY")) match->order = tw_p_sorts(p);
    if (tw_p_accept(p, "MEASURES")) measures(p, match);
    rows_per_match(p, match);
    after_match(p, match);
    if (!tw_p_accept(p, "PATTERN")) tw_p_unexpected(p, NULL);
    tw_p_expect_op(p, '(');
    match->pattern = alternation(p);
    tw_p_expect_op(p, ')');
    if (tw_p_accept(p, "WITHIN")) match->within = tw_p_operand(p, TW_P_BIND_OPERAND);
    subset(p, match);
    if (tw_p_accept(p, "DEFINE")) define(p, match);
    if (!tw_p_accept_op(p, ')')) tw_p_unexpected(p, NULL);
    tw_p_close(p, &match->pos);
    return match;
}
