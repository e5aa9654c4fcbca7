#include "main/live.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "main/monitor.h"
#include "main/registry.h"
#include "main/result.h"

#define GIVE_BACK "\033[?25h\033[?1049l" /* cursor shown, the screen as it was */
enum { CELL = 28, CONNECTORS = 64, SCREEN_BYTES = 1 << 16 };

typedef struct live_row {
    uint64_t hash;
    char cells[TW_LIVE_COLUMNS][CELL + 4]; /* cut to CELL bytes */
} live_row;

typedef struct live_table {
    char name[64];
    int ncolumns;
    char names[TW_LIVE_COLUMNS][CELL + 4];
    bool right[TW_LIVE_COLUMNS];
    int widths[TW_LIVE_COLUMNS];
    live_row *rows; /* the newest, oldest first */
    int nrows;
    uint64_t total, sum; /* rows that stand now; sum of their hashes */
} live_table;

struct tw_live {
    tw_connector connector; /* must be first: how a sink that is opened finds its tables */
    tw_registry registry;
    const tw_connector *connectors[CONNECTORS];
    tw_live_mode mode;
    FILE *out;
    pthread_mutex_t lock;
    live_table tables[TW_LIVE_TABLES];
    int ntables;
    bool on_screen;
};

typedef struct live_sink {
    tw_mem *mem;
    tw_live *live;
    live_table *table;
    const tw_session *session;
    tw_buf text;
} live_sink;

/* --- tables --- */

static void cut(char *out, tw_str text) {
    size_t n = text.length > CELL ? CELL : text.length;
    while (n && n < text.length && ((unsigned char)text.data[n] & 0xC0) == 0x80) n--;
    memcpy(out, text.data, n);
    out[n] = 0;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out[i] < ' ') out[i] = ' ';
}

static int shown_width(const char *text) { return (int)tw_utf8_length(text, strlen(text)); }

static live_table *table_of(tw_live *live, tw_str name, const tw_type *row) {
    for (int i = 0; i < live->ntables; i++)
        if (tw_str_equal(tw_str_of(live->tables[i].name), name)) return &live->tables[i];
    if (live->ntables == TW_LIVE_TABLES) return NULL;
    live_table *t = &live->tables[live->ntables];
    *t = (live_table){.rows = calloc(TW_LIVE_ROWS, sizeof *t->rows)};
    if (!t->rows) return NULL;
    snprintf(t->name, sizeof t->name, "%.*s", TW_STR_ARG(name));
    t->ncolumns = row->nfields < TW_LIVE_COLUMNS ? row->nfields : TW_LIVE_COLUMNS;
    for (int c = 0; c < t->ncolumns; c++) {
        cut(t->names[c], row->fields[c].name);
        t->right[c] = tw_kind_is_numeric(row->fields[c].type->kind);
        t->widths[c] = shown_width(t->names[c]);
    }
    live->ntables++;
    return t;
}

static void forget_row(live_table *t, uint64_t hash) {
    for (int i = t->nrows; i-- > 0;) {
        if (t->rows[i].hash != hash) continue;
        memmove(&t->rows[i], &t->rows[i + 1], sizeof *t->rows * (size_t)(t->nrows - i - 1));
        t->nrows--;
        return;
    }
}

static void add_row(live_sink *s, const tw_batch *batch, int32_t row) {
    live_table *t = s->table;
    if (t->nrows == TW_LIVE_ROWS) memmove(t->rows, t->rows + 1, sizeof *t->rows * (size_t)--t->nrows);
    live_row *r = &t->rows[t->nrows++];
    for (int c = 0; c < t->ncolumns; c++) {
        tw_buf_clear(&s->text);
        tw_result_value(&s->text, s->session, &batch->columns[c], row);
        cut(r->cells[c], (tw_str){s->text.data ? s->text.data : "", s->text.length});
        int width = shown_width(r->cells[c]);
        if (width > t->widths[c]) t->widths[c] = width;
    }
}

static uint64_t hash_row(const tw_batch *batch, int32_t row) {
    uint64_t hash = 0;
    for (int32_t c = 0; c < batch->ncolumns; c++)
        hash = tw_hash_combine(hash, tw_value_hash(&batch->columns[c], batch->columns[c].constant ? 0 : row));
    return hash;
}

/* --- the sink --- */

static void write_line(live_sink *s, const tw_batch *batch, int32_t row) {
    tw_buf_clear(&s->text);
    tw_buf_printf(&s->text, "%s> %s[", s->table->name, tw_change_text(batch->kinds ? batch->kinds[row] : TW_INSERT));
    for (int32_t c = 0; c < batch->ncolumns; c++) {
        if (c) tw_buf_text(&s->text, ", ");
        tw_print_value(&s->text, &batch->columns[c], row);
    }
    tw_buf_text(&s->text, "]\n");
    fwrite(s->text.data, 1, s->text.length, s->live->out);
}

static void take_row(live_sink *s, const tw_batch *batch, int32_t row) {
    int sign = batch->kinds ? tw_change_sign(batch->kinds[row]) : 1;
    uint64_t hash = hash_row(batch, row);
    s->table->total += (uint64_t)sign;
    s->table->sum += sign > 0 ? hash : -hash;
    if (sign < 0)
        forget_row(s->table, hash);
    else
        add_row(s, batch, row), s->table->rows[s->table->nrows - 1].hash = hash;
    if (s->live->mode == TW_LIVE_LINES) write_line(s, batch, row);
}

static tw_status write_rows(tw_sink *opaque, const tw_batch *batch, tw_error *error) {
    live_sink *s = (live_sink *)opaque;
    pthread_mutex_lock(&s->live->lock);
    for (int32_t row = 0; row < batch->rows; row++) take_row(s, batch, row);
    bool failed = s->text.failed;
    pthread_mutex_unlock(&s->live->lock);
    if (failed) return tw_fail(error, TW_E_NOMEM, "out of memory for the rows of a live table");
    return fflush(s->live->out) == 0 ? TW_OK : tw_stream_failed(error);
}

static void close_sink(tw_sink *opaque) {
    live_sink *s = (live_sink *)opaque;
    tw_buf_free(&s->text);
    tw_free(s->mem, s, sizeof *s);
}

static tw_status open_sink(const tw_sink_context *context, tw_sink **out, tw_error *error) {
    const tw_table_ref *table = &context->sink->table;
    tw_live *live = (tw_live *)tw_registry_connector(context->registry, table->connector);
    tw_str name = tw_option_get(table->options, table->noptions, "print-identifier");
    live_sink *s = tw_calloc(context->mem, sizeof *s);
    if (!s) return tw_fail(error, TW_E_NOMEM, "out of memory");
    *s = (live_sink){.mem = context->mem, .live = live, .session = context->session};
    tw_buf_init(&s->text, context->mem, 0);
    pthread_mutex_lock(&live->lock);
    s->table = table_of(live, name.length ? name : table->name, context->row);
    pthread_mutex_unlock(&live->lock);
    if (!s->table) {
        close_sink((tw_sink *)s);
        return tw_fail(error, TW_E_LIMIT, "at most %d live tables", TW_LIVE_TABLES);
    }
    *out = (tw_sink *)s;
    return TW_OK;
}

static const tw_sink_ops SINK = {.open = open_sink, .write = write_rows, .close = close_sink};

/* --- opening --- */

tw_status tw_live_open(tw_live_mode mode, FILE *out, tw_live **live, tw_error *error) {
    tw_live *l = calloc(1, sizeof *l);
    if (!l) return tw_fail(error, TW_E_NOMEM, "out of memory");
    l->mode = mode;
    l->out = out;
    l->registry = TW_REGISTRY;
    for (int i = 0; i < TW_REGISTRY.nconnectors; i++) {
        const tw_connector *c = TW_REGISTRY.connectors[i];
        bool print = strcmp(c->name, "print") == 0;
        if (print) {
            l->connector = *c;
            l->connector.sink = &SINK;
        }
        l->connectors[i] = print ? &l->connector : c;
    }
    l->registry.connectors = l->connectors;
    pthread_mutex_init(&l->lock, NULL);
    *live = l;
    return TW_OK;
}

void tw_live_close(tw_live *live) {
    if (!live) return;
    for (int i = 0; i < live->ntables; i++) free(live->tables[i].rows);
    pthread_mutex_destroy(&live->lock);
    free(live);
}

const tw_registry *tw_live_registry(tw_live *live) { return &live->registry; }

bool tw_live_same(tw_live *a, tw_live *b) {
    if (a->ntables != b->ntables) return false;
    for (int i = 0; i < a->ntables; i++) {
        const live_table *x = &a->tables[i], *y = NULL;
        for (int k = 0; k < b->ntables; k++)
            if (strcmp(b->tables[k].name, x->name) == 0) y = &b->tables[k];
        if (!y || x->total != y->total || x->sum != y->sum) return false;
    }
    return true;
}

/* --- drawing: a screen is put together in memory and written at once --- */

typedef struct screen {
    char *text;
    size_t length;
    int columns, lines, used; /* of the terminal; lines drawn */
    int at;                   /* column of the line being drawn */
    const char *end_of_line;
} screen;

static void put(screen *s, const char *text) {
    for (size_t i = 0, n = strlen(text); i < n && s->length + 16 < SCREEN_BYTES;) {
        size_t next = i;
        tw_utf8_next(text, n, &next);
        if (s->at < s->columns) {
            memcpy(s->text + s->length, text + i, next - i);
            s->length += next - i;
        }
        s->at++;
        i = next;
    }
}

static void pad(screen *s, int n) {
    while (n-- > 0) put(s, " ");
}

static void control(screen *s, const char *code) {
    size_t n = strlen(code);
    if (s->length + n >= SCREEN_BYTES) return;
    memcpy(s->text + s->length, code, n);
    s->length += n;
}

static void end_line(screen *s) {
    control(s, s->end_of_line);
    s->at = 0;
    s->used++;
}

static void draw_cells(screen *s, const live_table *t, const char cells[][CELL + 4], bool header) {
    for (int c = 0; c < t->ncolumns; c++) {
        int gap = t->widths[c] - shown_width(cells[c]);
        bool right = t->right[c] && !header;
        put(s, c ? "  " : " ");
        if (right) pad(s, gap);
        put(s, cells[c]);
        if (!right) pad(s, gap);
    }
    end_line(s);
}

static void draw_table(screen *s, const live_table *t, int rows) {
    char title[128], total[32];
    snprintf(title, sizeof title, "%s  (%s rows)", t->name, tw_count_text(total, t->total));
    control(s, "\033[1m");
    put(s, title);
    control(s, "\033[0m");
    end_line(s);
    control(s, "\033[2m");
    draw_cells(s, t, t->names, true);
    control(s, "\033[0m");
    int first = t->nrows > rows ? t->nrows - rows : 0;
    for (int i = first; i < t->nrows; i++) draw_cells(s, t, t->rows[i].cells, false);
    for (int i = t->nrows - first; i < rows; i++) end_line(s);
}

static const char *milliseconds(char *out, size_t size, int64_t ns) {
    snprintf(out, size, ns < 0 ? "-" : ns < 10000000 ? "%.2f ms" : "%.0f ms", (double)ns / 1e6);
    return out;
}

static void draw_bottom(screen *s, const tw_job_stats *stats, const tw_latency *latency, double seconds) {
    char line[256], rows[32], rate[32], watermark[40], late[32], p50[24], p99[24];
    snprintf(line, sizeof line, "%s rows  %s rows/s  watermark %s  late %s  arrival to result p50 %s, p99 %s", tw_count_text(rows, stats->rows_in),
             tw_count_text(rate, (uint64_t)((double)stats->rows_in / (seconds > 0.001 ? seconds : 0.001))),
             tw_watermark_text(watermark, stats->watermark), tw_count_text(late, stats->late_rows),
             milliseconds(p50, sizeof p50, tw_latency_quantile(latency, 0.5)), milliseconds(p99, sizeof p99, tw_latency_quantile(latency, 0.99)));
    control(s, "\033[7m");
    put(s, line);
    control(s, "\033[0m");
}

/* Lines of rows that each table gets: two lines are its head, one the gap below. */
static int rows_per_table(const tw_live *live, int lines) {
    if (live->ntables == 0) return 0;
    int rows = (lines - 1) / live->ntables - 3;
    return rows < 1 ? 1 : rows > TW_LIVE_ROWS ? TW_LIVE_ROWS : rows;
}

static void draw_tables(tw_live *live, screen *s, int rows) {
    pthread_mutex_lock(&live->lock);
    for (int i = 0; i < live->ntables && s->used + 3 < s->lines; i++) {
        draw_table(s, &live->tables[i], rows);
        end_line(s);
    }
    pthread_mutex_unlock(&live->lock);
}

void tw_live_draw(tw_live *live, const tw_job_stats *stats, const tw_latency *latency, double seconds) {
    screen s = {.text = malloc(SCREEN_BYTES), .columns = 80, .lines = 24, .end_of_line = "\033[K\r\n"};
    if (live->mode != TW_LIVE_DRAW || !s.text) {
        free(s.text);
        return;
    }
    tw_terminal_size(fileno(live->out), &s.columns, &s.lines);
    control(&s, live->on_screen ? "\033[H" : "\033[?1049h\033[?25l\033[H");
    live->on_screen = true;
    tw_interrupt_farewell(GIVE_BACK);
    draw_tables(live, &s, rows_per_table(live, s.lines));
    control(&s, "\033[J");
    char place[24];
    snprintf(place, sizeof place, "\033[%d;1H", s.lines);
    control(&s, place);
    s.at = 0;
    draw_bottom(&s, stats, latency, seconds);
    control(&s, "\033[K");
    fwrite(s.text, 1, s.length, live->out);
    fflush(live->out);
    free(s.text);
}

void tw_live_end(tw_live *live) {
    if (!live->on_screen) return;
    screen s = {.text = malloc(SCREEN_BYTES), .columns = 80, .lines = 1000, .end_of_line = "\n"};
    live->on_screen = false;
    tw_interrupt_farewell(NULL);
    fputs(GIVE_BACK, live->out);
    if (s.text) {
        tw_terminal_size(fileno(live->out), &s.columns, &(int){0});
        draw_tables(live, &s, 5);
        fwrite(s.text, 1, s.length, live->out);
    }
    fflush(live->out);
    free(s.text);
}
