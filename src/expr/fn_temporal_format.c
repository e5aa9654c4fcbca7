/* Dates and times from and to text: DATE_FORMAT, FROM_UNIXTIME, UNIX_TIMESTAMP, TO_DATE, TO_TIMESTAMP, TO_TIMESTAMP_LTZ, CONVERT_TZ.
 * The last pattern and the last zones are kept compiled, so literals are compiled once. */
#include "data/decimal.h"
#include "expr/datetime_pattern.h"
#include "expr/entries.h"
#include "expr/temporal.h"
#include "expr/text.h"

enum { ZONES = 8, ZONE_ID = 64 };

typedef struct kept_zone {
    char id[ZONE_ID];
    tw_zone *zone; /* NULL: no such zone */
} kept_zone;

typedef struct kept {
    tw_mem *mem;
    tw_datetime_pattern pattern;
    char text[TW_PATTERN_TEXT];
    size_t length;
    const char *wrong;
    bool compiled;
    kept_zone zones[ZONES];
    int nzones, next_zone;
} kept;

static void kept_close(void *memo) {
    kept *k = memo;
    for (int z = 0; z < k->nzones; z++)
        if (k->zones[z].zone) tw_zone_free(k->mem, k->zones[z].zone);
}

static kept *kept_of(tw_eval *eval, const tw_call *call) {
    kept *k = tw_call_memo(eval, call, sizeof *k, kept_close);
    if (k) k->mem = eval->mem;
    return k;
}

/* The pattern compiled, or NULL when it is none; k->wrong says why. */
static const tw_datetime_pattern *compiled(kept *k, tw_str text, bool simple) {
    bool same = k->compiled && k->length == text.length && memcmp(k->text, text.data, text.length) == 0;
    if (!same) {
        k->wrong = tw_datetime_pattern_compile(&k->pattern, text, simple);
        k->compiled = text.length < sizeof k->text;
        k->length = text.length;
        if (k->compiled) memcpy(k->text, text.data, text.length);
    }
    return k->wrong ? NULL : &k->pattern;
}

/* The same, but without a pattern the row fails. */
static const tw_datetime_pattern *pattern_of(kept *k, tw_eval *eval, const tw_call *call, int32_t row, tw_str text, bool simple) {
    const tw_datetime_pattern *pattern = compiled(k, text, simple);
    if (pattern) return pattern;
    tw_eval_fail(eval, call, row, TW_E_VALUE, "%s: '%.*s': %s", call->expr->function->name, TW_STR_ARG(text), k->wrong);
    return NULL;
}

/* The zone of that id; NULL when there is none. */
static const tw_zone *find_zone(kept *k, tw_str id) {
    tw_error ignored;
    for (int z = 0; z < k->nzones; z++)
        if (tw_str_equal(id, tw_str_of(k->zones[z].id))) return k->zones[z].zone;
    if (id.length >= ZONE_ID) return NULL;
    kept_zone *slot = &k->zones[k->nzones < ZONES ? k->nzones++ : k->next_zone++ % ZONES];
    if (slot->zone) tw_zone_free(k->mem, slot->zone);
    memset(slot, 0, sizeof *slot);
    memcpy(slot->id, id.data, id.length);
    if (tw_zone_load(k->mem, id, &slot->zone, &ignored) != TW_OK) slot->zone = NULL;
    return slot->zone;
}

/* UTC when there is none, as java.util.TimeZone. */
static const tw_zone *zone_of(kept *k, tw_str id) {
    const tw_zone *zone = find_zone(k, id);
    return zone ? zone : TW_ZONE_UTC;
}

/* A row's text or, when there is no such argument, the usual pattern. */
static tw_str pattern_arg(const tw_call *call, const tw_column *const *args, int arg, int32_t row) {
    return call->expr->nargs > arg ? tw_arg_str(args[arg], row) : TW_STR("yyyy-MM-dd HH:mm:ss");
}

static void put_text(tw_eval *eval, tw_column *out, int32_t row, const tw_datetime_pattern *pattern, tw_ts local, int32_t offset) {
    char text[TW_PATTERN_OUTPUT];
    tw_civil civil = tw_civil_from_ts(local);
    tw_out_copy(eval, out, row, text, (size_t)tw_datetime_pattern_format(pattern, text, &civil, offset));
}

/* Reads a wall time in `zone` (or the zone that the text names) as an instant. */
static bool read_instant(const tw_datetime_pattern *pattern, tw_str text, const tw_zone *zone, tw_ts *out) {
    int32_t offset = INT32_MIN;
    if (!tw_datetime_pattern_parse(pattern, text, out, &offset)) return false;
    out->ms = offset == INT32_MIN ? tw_zone_to_utc(zone, out->ms) : out->ms - (int64_t)offset * 1000;
    return true;
}

/* ---- DATE_FORMAT ---- */

static void date_format(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    if (!k) return;
    bool simple = args[0]->type->kind == TW_DATE, repeats = args[1]->constant;
    tw_ts last = {0};
    tw_sview text = {0};
    bool kept_text = false;
    TW_EACH(rows, i, {
        tw_ts ts = tw_arg_ts(args[0], i);
        if (kept_text && ts.ms == last.ms && ts.ns == last.ns) { /* the rows of a window have one start */
            tw_out_sview(out, i, text);
            continue;
        }
        const tw_datetime_pattern *pattern = pattern_of(k, eval, call, i, tw_arg_str(args[1], i), simple);
        last = ts;
        ts.ms += tw_local_shift(eval, args[0]->type, ts.ms);
        tw_out_view(out, i, "", 0);
        if (pattern) put_text(eval, out, i, pattern, ts, 0);
        text = TW_OUT(tw_sview, out, i);
        kept_text = pattern && repeats;
    });
}

/* A text is read as yyyy-MM-dd HH:mm:ss first. */
static void date_format_text(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    tw_datetime_pattern usual;
    if (!k) return;
    tw_datetime_pattern_compile(&usual, TW_STR("yyyy-MM-dd HH:mm:ss"), true);
    const tw_zone *zone = eval->session->zone;
    TW_EACH(rows, i, {
        const tw_datetime_pattern *pattern = pattern_of(k, eval, call, i, tw_arg_str(args[1], i), true);
        tw_ts ts;
        tw_out_view(out, i, "", 0);
        if (!pattern) continue;
        if (!read_instant(&usual, tw_arg_str(args[0], i), zone, &ts)) {
            tw_out_null(out, i);
            continue;
        }
        int32_t offset = tw_zone_offset(zone, ts.ms);
        ts.ms += (int64_t)offset * 1000;
        put_text(eval, out, i, pattern, ts, offset);
    });
}

tw_kernel tw_kernel_date_format(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)nargs;
    return tw_kind_is_text(args[0]->type->kind) ? date_format_text : date_format;
}

tw_status tw_bind_date_format(tw_bind *bind) {
    if (tw_bind_matches(bind, "ss")) return tw_bind_signature(bind, "ss", &TW_TYPE_STRING);
    return tw_bind_signature(bind, tw_bind_matches(bind, "Ds") ? "Ds" : "ts", &TW_TYPE_STRING);
}

/* ---- FROM_UNIXTIME, UNIX_TIMESTAMP ---- */

static void from_unixtime(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    if (!k) return;
    TW_EACH(rows, i, {
        const tw_datetime_pattern *pattern = pattern_of(k, eval, call, i, pattern_arg(call, args, 1, i), true);
        int64_t ms = (int64_t)((uint64_t)TW_ARG(int64_t, args[0], i) * 1000);
        int32_t offset = tw_zone_offset(eval->session->zone, ms);
        tw_out_view(out, i, "", 0);
        if (pattern) put_text(eval, out, i, pattern, tw_ts_of(ms + (int64_t)offset * 1000, 0), offset);
    });
}
TW_KERNEL_ENTRY(tw_kernel_from_unixtime, from_unixtime)
TW_BIND_ENTRY(tw_bind_from_unixtime, "l|s", &TW_TYPE_STRING)

/* A text that does not fit gives Long.MIN_VALUE, as in Flink. */
static void unix_timestamp(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    if (!k) return;
    TW_EACH(rows, i, {
        const tw_datetime_pattern *pattern = pattern_of(k, eval, call, i, pattern_arg(call, args, 1, i), true);
        tw_ts ts;
        bool fits = pattern && read_instant(pattern, tw_arg_str(args[0], i), eval->session->zone, &ts);
        TW_OUT(int64_t, out, i) = fits ? ts.ms / 1000 : INT64_MIN;
    });
}

static void unix_now(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    TW_EACH(rows, i, TW_OUT(int64_t, out, i) = eval->now_ms / 1000;);
}

tw_kernel tw_kernel_unix_timestamp(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)args;
    return nargs == 0 ? unix_now : unix_timestamp;
}
TW_BIND_ENTRY(tw_bind_unix_timestamp, "|ss", &TW_TYPE_BIGINT)

/* ---- TO_DATE ---- */

static void to_date(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    bool patterned = call->expr->nargs > 1;
    if (!k) return;
    TW_EACH(rows, i, {
        tw_str text = tw_arg_str(args[0], i);
        const tw_datetime_pattern *pattern = patterned ? pattern_of(k, eval, call, i, tw_arg_str(args[1], i), true) : NULL;
        int32_t days = 0;
        tw_ts ts;
        bool fits = patterned ? pattern && read_instant(pattern, text, TW_ZONE_UTC, &ts) : tw_date_parse(text, &days);
        if (patterned && fits) days = (int32_t)tw_floor_div(ts.ms, TW_DAY_MS);
        TW_OUT(int32_t, out, i) = fits ? days : 0;
        if (!fits) tw_out_null(out, i);
    });
}
TW_KERNEL_ENTRY(tw_kernel_to_date, to_date)
TW_BIND_ENTRY(tw_bind_to_date, "s|s", &TW_TYPE_DATE)

/* ---- TO_TIMESTAMP ---- */

/* The usual form: no blanks around, a blank and no T between date and time. */
static bool read_usual(tw_str text, tw_ts *out) {
    if (text.length == 0 || text.data[0] == ' ' || text.data[text.length - 1] == ' ') return false;
    if (memchr(text.data, 'T', text.length)) return false;
    return tw_timestamp_parse(text, out);
}

/* By the pattern; a text that does not fit may still be a timestamp or date in the usual form, as in Flink. */
static bool read_patterned(const tw_datetime_pattern *pattern, tw_str text, tw_ts *out) {
    int32_t ignored;
    if (tw_datetime_pattern_parse(pattern, text, out, &ignored)) return true;
    while (text.length && (unsigned char)text.data[0] <= ' ') text.data++, text.length--;
    while (text.length && (unsigned char)text.data[text.length - 1] <= ' ') text.length--;
    return read_usual(text, out);
}

/* TO_TIMESTAMP and TO_TIMESTAMP_LTZ of texts: the latter reads the wall time of a zone, UTC when none is given, and refuses a pattern or zone
 * that is none; for the former nothing fits such a pattern. */
static void to_timestamp(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    const int nargs = call->expr->nargs;
    bool ltz = call->result->kind == TW_TIMESTAMP_LTZ, local = ltz && nargs > 2;
    if (!k) return;
    TW_EACH(rows, i, {
        tw_str text = tw_arg_str(args[0], i);
        tw_str format = nargs > 1 ? tw_arg_str(args[1], i) : TW_STR("");
        const tw_datetime_pattern *pattern = nargs < 2 ? NULL : ltz ? pattern_of(k, eval, call, i, format, false) : compiled(k, format, false);
        tw_ts ts = {0, 0, 0};
        bool fits = nargs > 1 ? pattern && read_patterned(pattern, text, &ts) : read_usual(text, &ts);
        const tw_zone *zone = local ? find_zone(k, tw_arg_str(args[2], i)) : NULL;
        if (zone) ts.ms = tw_zone_to_utc(zone, ts.ms);
        if (local && !zone) tw_eval_fail(eval, call, i, TW_E_VALUE, "unknown time zone '%.*s'", TW_STR_ARG(tw_arg_str(args[2], i)));
        TW_OUT(int64_t, out, i) = fits ? ts.ms : 0;
        if (!fits) tw_out_null(out, i);
    });
}
TW_KERNEL_ENTRY(tw_kernel_to_timestamp, to_timestamp)
TW_BIND_ENTRY(tw_bind_to_timestamp, "s|s", &TW_TYPE_TIMESTAMP_3)

/* ---- TO_TIMESTAMP_LTZ(number [, precision]) ---- */

#define FIRST_MS (INT64_C(-62167219200000)) /* year 0 */
#define LAST_MS  INT64_C(253402300799999)   /* year 9999 */

static bool integer_ms(int64_t v, int64_t precision, int64_t *ms) {
    if (precision == 0 && (v < FIRST_MS / 1000 || v > LAST_MS / 1000)) return false;
    *ms = precision == 0 ? v * 1000 : v;
    return *ms >= FIRST_MS && *ms <= LAST_MS;
}

static bool double_ms(double v, int64_t precision, int64_t *ms) {
    if (precision == 0) v *= 1000;
    if (!(v > -1e15 && v < 1e15)) return false;
    return integer_ms((int64_t)v, 3, ms);
}

static bool decimal_ms(tw_i128 v, int scale, int64_t precision, int64_t *ms) {
    v /= TW_POW10[scale];
    if (v < FIRST_MS || v > LAST_MS) return false;
    return integer_ms((int64_t)v, precision, ms);
}

static bool number_ms(const tw_column *c, int32_t row, int64_t precision, int64_t *ms) {
    switch (c->type->kind) {
    case TW_DOUBLE: return double_ms(TW_ARG(double, c, row), precision, ms);
    case TW_DECIMAL: return decimal_ms(c->phys == TW_PHYS_I128 ? TW_ARG(tw_i128, c, row) : TW_ARG(int64_t, c, row), c->type->scale, precision, ms);
    default: return integer_ms(TW_ARG(int64_t, c, row), precision, ms);
    }
}

static void number_to_ltz(TW_KERNEL_ARGS) {
    const int nargs = call->expr->nargs;
    TW_EACH(rows, i, {
        int64_t precision = nargs > 1 ? TW_ARG(int64_t, args[1], i) : 3, ms = 0;
        if (precision != 0 && precision != 3)
            tw_eval_fail(eval, call, i, TW_E_VALUE, "TO_TIMESTAMP_LTZ: the precision must be 0 (seconds) or 3 (milliseconds)");
        else if (!number_ms(args[0], i, precision, &ms))
            tw_out_null(out, i);
        TW_OUT(int64_t, out, i) = ms;
    });
}

tw_kernel tw_kernel_to_timestamp_ltz(const tw_type *result, const tw_expr *const *args, int nargs) {
    (void)result, (void)nargs;
    return tw_kind_is_text(args[0]->type->kind) ? to_timestamp : number_to_ltz;
}

tw_status tw_bind_to_timestamp_ltz(tw_bind *bind) {
    const tw_type *first = bind->args[0]->type;
    bool text = tw_kind_is_text(first->kind) || (first->kind == TW_NULL && bind->nargs > 1 && !tw_kind_is_numeric(bind->args[1]->type->kind));
    if (text) return tw_bind_signature(bind, "s|ss", &TW_TYPE_LTZ_3);
    if (bind->nargs > 2) return tw_bind_mismatch(bind);
    if (first->kind == TW_FLOAT) tw_bind_coerce(bind, 0, &TW_TYPE_DOUBLE);
    if (tw_kind_is_integer(first->kind) || first->kind == TW_NULL) tw_bind_coerce(bind, 0, &TW_TYPE_BIGINT);
    return tw_bind_signature(bind, "n|l", &TW_TYPE_LTZ_3);
}

/* ---- CONVERT_TZ ---- */

static void convert_tz(TW_KERNEL_ARGS) {
    kept *k = kept_of(eval, call);
    if (!k) return;
    tw_datetime_pattern usual;
    tw_datetime_pattern_compile(&usual, TW_STR("yyyy-MM-dd HH:mm:ss"), true);
    TW_EACH(rows, i, {
        tw_ts ts;
        bool fits = read_instant(&usual, tw_arg_str(args[0], i), zone_of(k, tw_arg_str(args[1], i)), &ts);
        tw_out_view(out, i, "", 0);
        if (fits) {
            int32_t offset = tw_zone_offset(zone_of(k, tw_arg_str(args[2], i)), ts.ms);
            put_text(eval, out, i, &usual, tw_ts_of(ts.ms + (int64_t)offset * 1000, 0), offset);
        } else {
            tw_out_null(out, i);
        }
    });
}
TW_KERNEL_ENTRY(tw_kernel_convert_tz, convert_tz)
