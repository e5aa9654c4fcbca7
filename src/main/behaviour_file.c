/* Reading behaviour files. */
#include <stdlib.h>

#include "data/datetime.h"
#include "format/format.h"
#include "main/behaviour.h"

typedef struct file_reader {
    tw_arena *arena;
    tw_str text;
    size_t at;
    int32_t line; /* of text[at] */
    tw_error *error;
    const char *path;
} file_reader;

static bool next_line(file_reader *r, tw_str *out) {
    if (r->at >= r->text.length) return false;
    const char *begin = r->text.data + r->at, *end = memchr(begin, '\n', r->text.length - r->at);
    out->data = begin;
    out->length = end ? (size_t)(end - begin) : r->text.length - r->at;
    r->at += out->length + 1;
    r->line++;
    if (out->length && out->data[out->length - 1] == '\r') out->length--;
    return true;
}

static tw_str take_word(tw_str *line) {
    while (line->length && *line->data == ' ') line->data++, line->length--;
    tw_str word = {line->data, 0};
    while (word.length < line->length && line->data[word.length] != ' ') word.length++;
    line->data += word.length;
    line->length -= word.length;
    return word;
}

static tw_str rest_of(tw_str line) {
    while (line.length && *line.data == ' ') line.data++, line.length--;
    while (line.length && line.data[line.length - 1] == ' ') line.length--;
    return line;
}

static tw_status wrong(const file_reader *r, int32_t line, const char *what) {
    return tw_fail(r->error, TW_E_SYNTAX, "%s:%d: %s", r->path, line, what);
}

static bool take_int(tw_str *line, int64_t *out) {
    tw_str rest = *line, word = take_word(&rest);
    char *end, copy[32];
    if (word.length == 0 || word.length >= sizeof copy) return false;
    memcpy(copy, word.data, word.length);
    copy[word.length] = 0;
    *out = strtoll(copy, &end, 10);
    if (*end) return false;
    *line = rest;
    return true;
}

/* --- directives --- */

static bool parse_error_clause(tw_str *line, tw_behaviour_step *s) {
    tw_str rest = *line, word = take_word(&rest);
    if (word.length == 5) {
        memcpy(s->sqlstate, word.data, 5);
        *line = rest;
        word = take_word(&rest);
    }
    if (!tw_str_equal(word, TW_STR("at"))) return rest_of(*line).length == 0;
    word = take_word(&rest);
    const char *colon = word.length ? memchr(word.data, ':', word.length) : NULL;
    if (!colon) return false;
    s->at_line = (int32_t)strtol(word.data, NULL, 10);
    s->at_column = (int32_t)strtol(colon + 1, NULL, 10);
    *line = rest;
    return rest_of(rest).length == 0;
}

static bool parse_statement(tw_str *line, tw_behaviour_step *s) {
    tw_str rest = *line, word = take_word(&rest);
    if (word.length == 0) return true;
    s->error = tw_str_equal(word, TW_STR("error"));
    *line = rest;
    return s->error ? parse_error_clause(line, s) : tw_str_equal(word, TW_STR("ok"));
}

static bool parse_query(tw_str *line, tw_behaviour_step *s) {
    s->ordered = tw_str_equal(rest_of(*line), TW_STR("ordered"));
    return s->ordered || rest_of(*line).length == 0;
}

static bool parse_partition(tw_str *line, tw_behaviour_step *s) {
    int64_t partition = 0;
    s->table = take_word(line);
    bool given = take_int(line, &partition);
    s->partition = (int32_t)partition;
    return s->table.length && (!given || (partition >= 0 && partition < 16));
}

static bool parse_feed(tw_str *line, tw_behaviour_step *s) { return parse_partition(line, s) && rest_of(*line).length == 0; }

static bool parse_watermark(tw_str *line, tw_behaviour_step *s) {
    tw_ts ts;
    if (!parse_partition(line, s) || !tw_timestamp_parse(rest_of(*line), &ts)) return false;
    s->number = ts.ms;
    return true;
}

static bool parse_advance(tw_str *line, tw_behaviour_step *s) { return tw_option_duration(rest_of(*line), &s->number); }
static bool parse_nothing(tw_str *line, tw_behaviour_step *s) { return rest_of(*line).length == 0; }
static bool parse_end(tw_str *line, tw_behaviour_step *s) {
    s->table = take_word(line);
    return rest_of(*line).length == 0;
}
static bool parse_count(tw_str *line, tw_behaviour_step *s) {
    s->table = take_word(line);
    return s->table.length && take_int(line, &s->number) && rest_of(*line).length == 0;
}

enum { BODY_NONE, BODY_TEXT, BODY_EXPECTED };

static const struct {
    const char *name;
    bool (*parse)(tw_str *line, tw_behaviour_step *s);
    tw_step_kind kind;
    int body;
} DIRECTIVES[] = {
    {"statement", parse_statement, TW_STEP_STATEMENT, BODY_TEXT},
    {"query", parse_query, TW_STEP_QUERY, BODY_TEXT},
    {"job", parse_nothing, TW_STEP_JOB, BODY_TEXT},
    {"feed", parse_feed, TW_STEP_FEED, BODY_TEXT},
    {"watermark", parse_watermark, TW_STEP_WATERMARK, BODY_NONE},
    {"advance", parse_advance, TW_STEP_ADVANCE, BODY_NONE},
    {"checkpoint", parse_nothing, TW_STEP_CHECKPOINT, BODY_NONE},
    {"crash", parse_nothing, TW_STEP_CRASH, BODY_NONE},
    {"end", parse_end, TW_STEP_END, BODY_NONE},
    {"emits", parse_nothing, TW_STEP_EMITS, BODY_EXPECTED},
    {"table", parse_nothing, TW_STEP_TABLE, BODY_EXPECTED},
    {"changes", parse_nothing, TW_STEP_CHANGES, BODY_EXPECTED},
    {"late", parse_count, TW_STEP_LATE, BODY_NONE},
    {"errors", parse_count, TW_STEP_BAD, BODY_NONE},
    {"fails", parse_error_clause, TW_STEP_FAILS, BODY_TEXT},
    {"one-shard", parse_nothing, TW_STEP_ONE_SHARD, BODY_NONE},
    {"no-restarts", parse_nothing, TW_STEP_NO_RESTARTS, BODY_NONE},
};

/* --- bodies --- */

static tw_status add_expected(file_reader *r, tw_behaviour_step *s, tw_str line) {
    if ((s->nexpected & (s->nexpected - 1)) == 0) {
        tw_str *more = TW_NEW_ARRAY(r->arena, tw_str, s->nexpected ? 2 * s->nexpected : 1);
        if (!more) return tw_fail(r->error, TW_E_NOMEM, "out of memory");
        if (s->nexpected) memcpy(more, s->expected, sizeof *more * (size_t)s->nexpected);
        s->expected = more;
    }
    s->expected[s->nexpected++] = line;
    return TW_OK;
}

/* Up to an empty line: the text, then behind ---- the expected lines. */
static tw_status read_body(file_reader *r, tw_behaviour_step *s, bool expected) {
    tw_str line;
    while (next_line(r, &line)) {
        if (line.length == 0) return TW_OK;
        if (!expected && tw_str_equal(line, TW_STR("----"))) {
            expected = true;
        } else if (expected) {
            TW_TRY(add_expected(r, s, line));
        } else {
            if (!s->text.data) s->text.data = line.data;
            s->text.length = (size_t)(line.data + line.length - s->text.data);
        }
    }
    return TW_OK;
}

static tw_status read_step(file_reader *r, tw_str line, tw_behaviour_step *s) {
    tw_str name = take_word(&line);
    s->line = r->line - 1;
    for (size_t i = 0; i < sizeof DIRECTIVES / sizeof *DIRECTIVES; i++) {
        if (!tw_str_equal(name, tw_str_of(DIRECTIVES[i].name))) continue;
        s->kind = DIRECTIVES[i].kind;
        if (!DIRECTIVES[i].parse(&line, s)) return wrong(r, s->line, "the directive's arguments are not as they should be");
        return DIRECTIVES[i].body == BODY_NONE ? TW_OK : read_body(r, s, DIRECTIVES[i].body == BODY_EXPECTED);
    }
    return wrong(r, s->line, "there is no such directive");
}

static bool expects(const tw_behaviour_step *s) {
    switch (s->kind) {
    case TW_STEP_STATEMENT: return s->error;
    case TW_STEP_QUERY:
    case TW_STEP_EMITS:
    case TW_STEP_TABLE:
    case TW_STEP_CHANGES:
    case TW_STEP_LATE:
    case TW_STEP_BAD:
    case TW_STEP_FAILS: return true;
    default: return false;
    }
}

tw_status tw_behaviour_parse(tw_arena *arena, const char *path, tw_str text, tw_behaviour_file *out, tw_error *error) {
    file_reader r = {.arena = arena, .text = text, .line = 1, .error = error, .path = path};
    tw_str line;
    int32_t capacity = 16;
    *out = (tw_behaviour_file){.path = path, .steps = TW_NEW_ARRAY(arena, tw_behaviour_step, capacity)};
    while (next_line(&r, &line)) {
        if (rest_of(line).length == 0 || line.data[0] == '#') continue;
        if (out->nsteps == capacity) {
            tw_behaviour_step *more = TW_NEW_ARRAY(arena, tw_behaviour_step, 2 * capacity);
            if (!more) return tw_fail(error, TW_E_NOMEM, "out of memory");
            memcpy(more, out->steps, sizeof *more * (size_t)capacity);
            out->steps = more;
            capacity *= 2;
        }
        tw_behaviour_step *s = &out->steps[out->nsteps++];
        TW_TRY(read_step(&r, line, s));
        out->cases += expects(s);
    }
    return TW_OK;
}
