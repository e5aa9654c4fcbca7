#include "main/changes.h"

#include <stdlib.h>

#include "format/format.h"

void tw_changes_init(tw_changes *c, tw_mem *mem) {
    *c = (tw_changes){0};
    tw_arena_init(&c->arena, mem, 4096);
}

void tw_changes_free(tw_changes *c) {
    if (c->arena.mem) tw_arena_free(&c->arena);
    *c = (tw_changes){0};
}

tw_status tw_changes_add(tw_changes *c, int8_t kind, tw_str text) {
    if (c->count == c->capacity) {
        int32_t capacity = c->capacity ? c->capacity * 2 : 64;
        tw_noted_change *more = TW_NEW_ARRAY(&c->arena, tw_noted_change, capacity);
        if (!more) return TW_E_NOMEM;
        if (c->count) memcpy(more, c->at, sizeof *more * (size_t)c->count);
        c->at = more;
        c->capacity = capacity;
    }
    char *copy = tw_arena_strndup(&c->arena, text.data, text.length);
    if (!copy) return TW_E_NOMEM;
    c->at[c->count++] = (tw_noted_change){kind, {copy, text.length}};
    return TW_OK;
}

/* "+I[" at `p`: its kind, or -1. */
static int kind_at(const char *p, size_t left) {
    if (left < 3 || p[2] != '[') return -1;
    for (int kind = TW_INSERT; kind <= TW_DELETE; kind++)
        if (memcmp(p, tw_change_text((int8_t)kind), 2) == 0) return kind;
    return -1;
}

tw_status tw_changes_add_line(tw_changes *c, tw_str line) {
    size_t at = 0;
    int kind = kind_at(line.data, line.length);
    for (size_t i = 0; kind < 0 && i + 2 < line.length; i++)
        if (line.data[i] == '>' && line.data[i + 1] == ' ') kind = kind_at(line.data + (at = i + 2), line.length - i - 2);
    if (kind < 0) return tw_changes_add(c, TW_INSERT, line);
    char *text = TW_NEW_ARRAY(&c->arena, char, line.length);
    if (!text) return TW_E_NOMEM;
    memcpy(text, line.data, at);
    memcpy(text + at, line.data + at + 2, line.length - at - 2);
    return tw_changes_add(c, (int8_t)kind, (tw_str){text, line.length - 2});
}

tw_status tw_changes_add_batch(tw_changes *c, tw_mem *mem, const tw_batch *batch) {
    tw_buf text;
    tw_status status = TW_OK;
    tw_buf_init(&text, mem, 0);
    for (int32_t row = 0; row < batch->rows && status == TW_OK; row++) {
        tw_buf_clear(&text);
        tw_buf_byte(&text, '[');
        for (int32_t k = 0; k < batch->ncolumns; k++) {
            if (k) tw_buf_text(&text, ", ");
            tw_print_value(&text, &batch->columns[k], row);
        }
        tw_buf_byte(&text, ']');
        status = text.failed ? TW_E_NOMEM : tw_changes_add(c, batch->kinds ? batch->kinds[row] : TW_INSERT, (tw_str){text.data, text.length});
    }
    tw_buf_free(&text);
    return status;
}

/* --- comparison --- */

typedef struct net {
    tw_str text;
    int64_t count;
} net;

static int by_text(const void *a, const void *b) {
    const tw_str *x = &((const net *)a)->text, *y = &((const net *)b)->text;
    size_t n = x->length < y->length ? x->length : y->length;
    int order = n ? memcmp(x->data, y->data, n) : 0;
    return order ? order : x->length < y->length ? -1 : x->length > y->length;
}

/* Sorts, adds up equal texts, drops zeros. */
static int32_t add_up(net *rows, int32_t n) {
    int32_t kept = 0;
    if (n) qsort(rows, (size_t)n, sizeof *rows, by_text);
    for (int32_t i = 0; i < n; i++) {
        if (kept && tw_str_equal(rows[kept - 1].text, rows[i].text)) {
            rows[kept - 1].count += rows[i].count;
            continue;
        }
        if (kept && rows[kept - 1].count == 0) kept--;
        rows[kept++] = rows[i];
    }
    return kept && rows[kept - 1].count == 0 ? kept - 1 : kept;
}

/* "2 +U[1, a]" */
static net parse_expected(tw_arena *arena, tw_str line, bool standing) {
    net row = {line, 1};
    size_t digits = 0;
    while (digits < line.length && line.data[digits] >= '0' && line.data[digits] <= '9') digits++;
    if (digits && digits < line.length && line.data[digits] == ' ') {
        row.count = strtoll(line.data, NULL, 10);
        row.text = (tw_str){line.data + digits + 1, line.length - digits - 1};
    }
    if (standing) return row;
    size_t at = 0; /* of the sign: behind "identifier> " */
    for (size_t i = 0; i + 2 < row.text.length && row.text.data[i] != '['; i++)
        if (row.text.data[i] == '>' && row.text.data[i + 1] == ' ') at = i + 2;
    if (at >= row.text.length || (row.text.data[at] != '+' && row.text.data[at] != '-')) return row;
    if (row.text.data[at] == '-') row.count = -row.count;
    size_t skip = kind_at(row.text.data + at, row.text.length - at) >= 0 ? 2 : 1;
    char *text = tw_arena_calloc(arena, row.text.length + 1);
    if (!text) return row;
    memcpy(text, row.text.data, at);
    memcpy(text + at, row.text.data + at + skip, row.text.length - at - skip);
    row.text = (tw_str){text, row.text.length - skip};
    return row;
}

static void report_row(tw_buf *report, char side, const net *row, int64_t count, bool standing) {
    int64_t n = count < 0 ? -count : count;
    tw_buf_printf(report, "  %s ", side == 'w' ? "missing:" : "extra:  ");
    if (n != 1) tw_buf_printf(report, "%lld ", (long long)n);
    if (!standing) tw_buf_byte(report, count < 0 ? '-' : '+');
    tw_buf_printf(report, "%.*s\n", TW_STR_ARG(row->text));
}

static bool compare(const net *want, int32_t nwant, const net *got, int32_t ngot, bool standing, tw_buf *report) {
    bool same = true;
    int32_t w = 0, g = 0;
    while (w < nwant || g < ngot) {
        int order = w == nwant ? 1 : g == ngot ? -1 : by_text(&want[w], &got[g]);
        if (order == 0 && want[w].count == got[g].count) {
            w++, g++;
            continue;
        }
        same = false;
        if (order <= 0) report_row(report, 'w', &want[w], want[w].count, standing);
        if (order >= 0) report_row(report, 'g', &got[g], got[g].count, standing);
        w += order <= 0;
        g += order >= 0;
    }
    return same;
}

bool tw_changes_match(const tw_changes *c, int32_t from, bool standing, const tw_str *expected, int32_t nexpected, tw_buf *report) {
    tw_arena arena;
    tw_arena_init(&arena, c->arena.mem, 4096);
    net *want = TW_NEW_ARRAY(&arena, net, nexpected + 1), *got = TW_NEW_ARRAY(&arena, net, c->count - from + 1);
    bool same = false;
    if (want && got) {
        for (int32_t i = 0; i < nexpected; i++) want[i] = parse_expected(&arena, expected[i], standing);
        for (int32_t i = from; i < c->count; i++) got[i - from] = (net){c->at[i].text, tw_change_sign(c->at[i].kind)};
        same = compare(want, add_up(want, nexpected), got, add_up(got, c->count - from), standing, report);
    }
    tw_arena_free(&arena);
    return same;
}

static bool is_change(const tw_noted_change *c, tw_str line) {
    int kind = -1;
    size_t at = 0;
    if (tw_str_equal(c->text, line)) return c->kind == TW_INSERT; /* texts, as EXPLAIN's, have no kind */
    for (size_t i = 0; kind < 0 && i < line.length; i++)
        if (i == 0 || line.data[i - 1] == ' ') kind = kind_at(line.data + (at = i), line.length - i);
    if (kind != c->kind || c->text.length + 2 != line.length) return false;
    return memcmp(c->text.data, line.data, at) == 0 && memcmp(c->text.data + at, line.data + at + 2, line.length - at - 2) == 0;
}

bool tw_changes_match_exactly(const tw_changes *c, int32_t from, const tw_str *expected, int32_t nexpected, tw_buf *report) {
    int32_t n = c->count - from, at = 0;
    while (at < n && at < nexpected && is_change(&c->at[from + at], expected[at])) at++;
    if (at == n && at == nexpected) return true;
    for (int32_t i = at; i < nexpected && i < at + 5; i++) tw_buf_printf(report, "  missing: %.*s\n", TW_STR_ARG(expected[i]));
    for (int32_t i = at; i < n && i < at + 5; i++)
        tw_buf_printf(report, "  extra:   %s %.*s\n", tw_change_text(c->at[from + i].kind), TW_STR_ARG(c->at[from + i].text));
    return false;
}
