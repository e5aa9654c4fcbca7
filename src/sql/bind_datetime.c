/* DATE '2020-02-29', TIME '10:00:00.5', TIMESTAMP '2020-02-29[ 10:00:00[.123456789]]': read strictly (casts from text are lenient). A
 * TIMESTAMP is as precise as digits are written; a TIME is TIME(0) whatever is written and keeps its milliseconds, as in Flink. */
#include "data/datetime.h"
#include "sql/bind_parts.h"

typedef struct scan {
    tw_str text;
    size_t at;
} scan;

/* 1 to `most` digits, at most `limit`. */
static bool read_number(scan *s, int most, int32_t limit, int32_t *out) {
    int n = 0;
    *out = 0;
    for (; n < most && s->at < s->text.length; n++, s->at++) {
        char c = s->text.data[s->at];
        if (c < '0' || c > '9') break;
        *out = *out * 10 + (c - '0');
    }
    return n > 0 && *out <= limit;
}

static bool read_mark(scan *s, char mark) {
    if (s->at == s->text.length || s->text.data[s->at] != mark) return false;
    s->at++;
    return true;
}

static bool read_date(scan *s, tw_civil *c) {
    if (!read_number(s, 4, 9999, &c->year) || !read_mark(s, '-') || !read_number(s, 2, 12, &c->month) || !read_mark(s, '-') ||
        !read_number(s, 2, 31, &c->day))
        return false;
    if (c->year == 0 || c->month == 0 || c->day == 0) return false;
    int32_t year, month, day;
    tw_civil_from_days(tw_days_from_civil(c->year, c->month, c->day), &year, &month, &day);
    return month == c->month; /* the 30th of February is another month's day */
}

/* h:m:s[.fraction]; *digits of the fraction, up to nine. */
static bool read_time(scan *s, tw_civil *c, int *digits) {
    *digits = 0;
    if (!read_number(s, 2, 23, &c->hour) || !read_mark(s, ':') || !read_number(s, 2, 59, &c->minute) || !read_mark(s, ':') ||
        !read_number(s, 2, 59, &c->second))
        return false;
    if (!read_mark(s, '.')) return true;
    size_t start = s->at;
    if (!read_number(s, 9, INT32_MAX, &c->nanos)) return s->at == s->text.length; /* "10:00:00." */
    *digits = (int)(s->at - start);
    for (int i = *digits; i < 9; i++) c->nanos *= 10;
    return true;
}

static tw_status illegal(tw_binder *binder, const tw_ast_expr *e, const char *kind, const char *form) {
    tw_status status = tw_fail_at(binder->error, TW_E_VALUE, e->pos, "illegal %s literal '%.*s'", kind,
                                  (int)(e->literal.text.length < 100 ? e->literal.text.length : 100), e->literal.text.data);
    tw_error_hint(binder->error, "the form is '%s'", form);
    return status;
}

static tw_status bind_date(tw_binder *binder, const tw_ast_expr *e, tw_value *out) {
    scan s = {e->literal.text, 0};
    tw_civil c = {0};
    if (!read_date(&s, &c) || s.at != s.text.length) return illegal(binder, e, "DATE", "yyyy-MM-dd");
    *out = tw_value_of_int(&TW_TYPE_DATE, tw_days_from_civil(c.year, c.month, c.day));
    return TW_OK;
}

static tw_status bind_time(tw_binder *binder, const tw_ast_expr *e, tw_value *out) {
    scan s = {e->literal.text, 0};
    tw_civil c = {.year = 1970, .month = 1, .day = 1};
    int digits;
    if (!read_time(&s, &c, &digits) || s.at != s.text.length) return illegal(binder, e, "TIME", "HH:mm:ss[.fff]");
    *out = tw_value_of_int(&TW_TYPE_TIME, tw_ts_from_civil(&c).ms);
    return TW_OK;
}

static tw_status bind_timestamp(tw_binder *binder, const tw_ast_expr *e, tw_value *out) {
    scan s = {e->literal.text, 0};
    tw_civil c = {0};
    int digits = 0;
    bool fits = read_date(&s, &c);
    if (fits && s.at < s.text.length) fits = (read_mark(&s, ' ') || read_mark(&s, 'T')) && read_time(&s, &c, &digits);
    if (!fits || s.at != s.text.length) return illegal(binder, e, "TIMESTAMP", "yyyy-MM-dd HH:mm:ss[.fffffffff]");
    tw_ts ts = tw_ts_from_civil(&c);
    *out = (tw_value){.type = tw_type_timestamp(binder->arena, TW_TIMESTAMP, digits)};
    if (tw_type_phys(out->type) == TW_PHYS_TS)
        out->u.ts = ts;
    else
        out->u.i = ts.ms;
    return TW_OK;
}

tw_status tw_bind_datetime_node(tw_binder *binder, const tw_ast_expr *e, const tw_expr **out) {
    tw_value value = {0};
    switch (e->literal.kind) {
    case TW_AST_LIT_DATE: TW_TRY(bind_date(binder, e, &value)); break;
    case TW_AST_LIT_TIME: TW_TRY(bind_time(binder, e, &value)); break;
    default: TW_TRY(bind_timestamp(binder, e, &value)); break;
    }
    value.type = tw_type_nullable(binder->arena, value.type, false);
    *out = tw_bind_value(binder, &value, e->pos);
    return TW_OK;
}
