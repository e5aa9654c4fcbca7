#include "main/result.h"

#include <string.h>
#include <utf8proc.h>

#include "expr/cast.h"
#include "main/fold.h"
#include "os/os.h"

enum { WAIT_ROWS = 1000, WIDTH_MAX = 60 };

struct tw_result {
    tw_mem *mem;
    const tw_session *session;
    const tw_type *row;
    tw_result_format format;
    FILE *out;
    bool folding, waiting, headed; /* waiting: rows are held in `held` until the widths are known */
    tw_fold_rows fold;
    tw_builder held;
    int32_t *widths;
    uint64_t rows;
    tw_buf text, cell;
};

int tw_result_format_parse(const char *name) {
    static const char *const NAMES[] = {"table", "json", "csv", "changelog"};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, NAMES[i]) == 0) return i;
    return -1;
}

static bool is_nested(const tw_type *type) { return tw_kind_is_nested(type->kind); }

void tw_result_value(tw_buf *out, const tw_session *session, const tw_column *column, int32_t row) {
    if (tw_column_null(column, row)) {
        tw_buf_text(out, "NULL");
    } else {
        tw_cast_print(out, session, column, column->constant ? 0 : row);
    }
}

/* --- table --- */

static int32_t display_width(tw_str text) {
    int32_t width = 0;
    for (size_t at = 0; at < text.length;) {
        int w = utf8proc_charwidth((utf8proc_int32_t)tw_utf8_next(text.data, text.length, &at));
        width += w < 0 ? 0 : w;
    }
    return width;
}

/* Widths that fit most values of a type, for streams whose rows are not known when the first is shown. */
static int32_t usual_width(const tw_type *type) {
    switch (type->kind) {
    case TW_BOOLEAN: return 5;
    case TW_TINYINT:
    case TW_SMALLINT: return 6;
    case TW_TIMESTAMP:
    case TW_TIMESTAMP_LTZ: return type->precision ? 20 + type->precision : 19;
    default: return 10;
    }
}

static bool to_the_right(const tw_type *type) { return tw_kind_is_numeric(type->kind); }

/* What a value was written to; a failure stays with the text when the cell is used again. */
static tw_str cell(tw_result *r) {
    r->text.failed |= r->cell.failed;
    return (tw_str){r->cell.data, r->cell.length};
}

/* A value on one line: line ends and tabs as escapes. */
static tw_str cell_text(tw_result *r, const tw_column *column, int32_t row) {
    tw_buf_clear(&r->cell);
    tw_result_value(&r->cell, r->session, column, row);
    for (size_t i = 0; i < r->cell.length; i++)
        if ((unsigned char)r->cell.data[i] < ' ') r->cell.data[i] = ' ';
    return cell(r);
}

static void put_cell(tw_result *r, tw_str text, int32_t c, bool right) {
    int32_t pad = r->widths[c] - display_width(text);
    bool last = c + 1 == r->row->nfields;
    tw_buf_byte(&r->text, ' ');
    for (int32_t i = 0; right && i < pad; i++) tw_buf_byte(&r->text, ' ');
    tw_buf_str(&r->text, text);
    for (int32_t i = 0; !right && !last && i < pad; i++) tw_buf_byte(&r->text, ' ');
    if (!last) tw_buf_text(&r->text, " |");
}

static void put_header(tw_result *r) {
    for (int32_t c = 0; c < r->row->nfields; c++) put_cell(r, r->row->fields[c].name, c, false);
    tw_buf_byte(&r->text, '\n');
    for (int32_t c = 0; c < r->row->nfields; c++) {
        for (int32_t i = 0; i < r->widths[c] + 2; i++) tw_buf_byte(&r->text, '-');
        if (c + 1 < r->row->nfields) tw_buf_byte(&r->text, '+');
    }
    tw_buf_byte(&r->text, '\n');
    r->headed = true;
}

static void widen(tw_result *r, const tw_batch *batch) {
    for (int32_t c = 0; c < batch->ncolumns; c++)
        for (int32_t i = 0; i < batch->rows; i++) {
            int32_t width = display_width(cell_text(r, &batch->columns[c], i));
            if (width > WIDTH_MAX) width = WIDTH_MAX;
            if (width > r->widths[c]) r->widths[c] = width;
        }
}

static void put_table_row(tw_result *r, const tw_batch *batch, int32_t row) {
    for (int32_t c = 0; c < batch->ncolumns; c++) put_cell(r, cell_text(r, &batch->columns[c], row), c, to_the_right(r->row->fields[c].type));
    tw_buf_byte(&r->text, '\n');
}

/* --- json, csv, changelog --- */

static void put_json_row(tw_result *r, const tw_batch *batch, int32_t row) {
    for (int32_t c = 0; c < batch->ncolumns; c++) {
        tw_buf_text(&r->text, c ? ",\"" : "{\"");
        tw_str name = r->row->fields[c].name;
        for (size_t i = 0; i < name.length; i++) {
            if (name.data[i] == '"' || name.data[i] == '\\') tw_buf_byte(&r->text, '\\');
            tw_buf_byte(&r->text, name.data[i]);
        }
        tw_buf_text(&r->text, "\":");
        tw_json_value(&r->text, &batch->columns[c], row);
    }
    tw_buf_text(&r->text, batch->ncolumns ? "}\n" : "{}\n");
}

static void put_csv_text(tw_buf *out, tw_str text) {
    bool quote = text.length == 0;
    for (size_t i = 0; i < text.length && !quote; i++) quote = strchr("\",\r\n", text.data[i]) != NULL;
    if (quote) tw_buf_byte(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"') tw_buf_byte(out, '"');
        tw_buf_byte(out, text.data[i]);
    }
    if (quote) tw_buf_byte(out, '"');
}

/* The value as text: nested ones as JSON. */
static tw_str plain_text(tw_result *r, const tw_column *column, int32_t row) {
    tw_buf_clear(&r->cell);
    if (is_nested(column->type)) {
        tw_json_value(&r->cell, column, row);
    } else {
        tw_cast_print(&r->cell, r->session, column, column->constant ? 0 : row);
    }
    return cell(r);
}

static void put_csv_header(tw_result *r) {
    for (int32_t c = 0; c < r->row->nfields; c++) {
        if (c) tw_buf_byte(&r->text, ',');
        put_csv_text(&r->text, r->row->fields[c].name);
    }
    tw_buf_byte(&r->text, '\n');
    r->headed = true;
}

static void put_csv_row(tw_result *r, const tw_batch *batch, int32_t row) {
    for (int32_t c = 0; c < batch->ncolumns; c++) {
        if (c) tw_buf_byte(&r->text, ',');
        if (!tw_column_null(&batch->columns[c], row)) put_csv_text(&r->text, plain_text(r, &batch->columns[c], row));
    }
    tw_buf_byte(&r->text, '\n');
}

static void put_copy_text(tw_buf *out, tw_str text) {
    static const char FROM[] = "\b\f\n\r\t\v\\", TO[] = "bfnrtv\\";
    for (size_t i = 0; i < text.length; i++) {
        const char *found = text.data[i] ? strchr(FROM, text.data[i]) : NULL;
        if (found) tw_buf_byte(out, '\\');
        tw_buf_byte(out, found ? TO[found - FROM] : text.data[i]);
    }
}

static void put_change(tw_result *r, const tw_batch *batch, int32_t row) {
    tw_buf_text(&r->text, tw_change_text(batch->kinds ? batch->kinds[row] : TW_INSERT));
    for (int32_t c = 0; c < batch->ncolumns; c++) {
        tw_buf_byte(&r->text, '\t');
        if (tw_column_null(&batch->columns[c], row))
            tw_buf_text(&r->text, "\\N");
        else
            put_copy_text(&r->text, plain_text(r, &batch->columns[c], row));
    }
    tw_buf_byte(&r->text, '\n');
}

/* --- writing --- */

static void put_row(tw_result *r, const tw_batch *batch, int32_t row) {
    switch (r->format) {
    case TW_RESULT_TABLE: put_table_row(r, batch, row); break;
    case TW_RESULT_JSON: put_json_row(r, batch, row); break;
    case TW_RESULT_CSV: put_csv_row(r, batch, row); break;
    case TW_RESULT_CHANGELOG: put_change(r, batch, row); break;
    }
}

static tw_status flush(tw_result *r, tw_error *error) {
    if (r->text.failed) return tw_fail(error, TW_E_NOMEM, "out of memory for the result's text");
    if (r->text.length && fwrite(r->text.data, 1, r->text.length, r->out) != r->text.length) return tw_stream_failed(error);
    tw_buf_clear(&r->text);
    return fflush(r->out) == 0 ? TW_OK : tw_stream_failed(error);
}

static void head(tw_result *r, const tw_batch *first) {
    if (r->headed) return;
    if (r->format == TW_RESULT_TABLE) {
        if (first) widen(r, first);
        put_header(r);
    } else if (r->format == TW_RESULT_CSV) {
        put_csv_header(r);
    }
}

static tw_status write_rows(tw_result *r, const tw_batch *batch, tw_error *error) {
    head(r, batch);
    for (int32_t i = 0; i < batch->rows; i++) put_row(r, batch, i);
    r->rows += (uint64_t)batch->rows;
    return flush(r, error);
}

/* Holds rows back until the widths are known; what does not fit any more is written. */
static tw_status wait_for_more(tw_result *r, const tw_batch *batch, tw_error *error) {
    if (batch->rows <= tw_builder_room(&r->held))
        return tw_builder_append(&r->held, batch, (tw_selection){NULL, batch->rows}) == TW_OK ? TW_OK : tw_fail(error, TW_E_NOMEM, "out of memory");
    r->waiting = false;
    if (r->held.batch.rows) TW_TRY(write_rows(r, &r->held.batch, error));
    return write_rows(r, batch, error);
}

tw_status tw_result_push(tw_result *r, const tw_batch *batch, tw_error *error) {
    if (r->folding) return tw_fold_rows_add(&r->fold, batch) == TW_OK ? TW_OK : tw_fail(error, TW_E_NOMEM, "out of memory for the result's rows");
    return r->waiting ? wait_for_more(r, batch, error) : write_rows(r, batch, error);
}

static tw_status write_folded(tw_result *r, tw_error *error) {
    tw_fold_cursor cursor = {0};
    tw_status status;
    tw_builder rows;
    if (tw_builder_open(&rows, r->mem, r->row, TW_BATCH_ROWS) != TW_OK) return tw_fail(error, TW_E_NOMEM, "out of memory");
    while (tw_fold_rows_next(&r->fold, &cursor, &rows, &status)) {
        status = write_rows(r, &rows.batch, error);
        if (status != TW_OK) break;
    }
    tw_builder_close(&rows);
    return status;
}

tw_status tw_result_finish(tw_result *r, tw_error *error) {
    if (r->folding) TW_TRY(write_folded(r, error));
    if (r->waiting && r->held.batch.rows) TW_TRY(write_rows(r, &r->held.batch, error));
    r->waiting = false;
    head(r, NULL);
    if (r->format == TW_RESULT_TABLE) tw_buf_printf(&r->text, "(%llu row%s)\n", (unsigned long long)r->rows, r->rows == 1 ? "" : "s");
    return flush(r, error);
}

static tw_status open_result(tw_result *r, bool bounded) {
    r->widths = tw_calloc(r->mem, sizeof *r->widths * ((size_t)r->row->nfields + 1));
    if (!r->widths) return TW_E_NOMEM;
    for (int32_t c = 0; c < r->row->nfields; c++) {
        r->widths[c] = display_width(r->row->fields[c].name);
        int32_t usual = bounded ? 0 : usual_width(r->row->fields[c].type);
        if (usual > r->widths[c]) r->widths[c] = usual;
    }
    if (r->folding) return tw_fold_rows_open(&r->fold, r->mem, r->row);
    r->waiting = bounded && r->format == TW_RESULT_TABLE;
    return r->waiting ? tw_builder_open(&r->held, r->mem, r->row, WAIT_ROWS) : TW_OK;
}

tw_status tw_result_open(tw_mem *mem, const tw_session *session, const tw_type *row, tw_result_format format, bool updating, bool bounded, FILE *out,
                         tw_result **result, tw_error *error) {
    if (updating && !bounded && format != TW_RESULT_CHANGELOG) {
        tw_status status = tw_fail(error, TW_E_UNSUPPORTED, "the result changes without end: it has no final rows to show");
        tw_error_hint(error, "%s", "use --format changelog, or insert it into a table with connector 'print'");
        return status;
    }
    tw_result *r = tw_calloc(mem, sizeof *r);
    if (!r) return tw_fail(error, TW_E_NOMEM, "out of memory");
    *r = (tw_result){.mem = mem, .session = session, .row = row, .format = format, .out = out};
    r->folding = updating && format != TW_RESULT_CHANGELOG;
    tw_buf_init(&r->text, mem, 0);
    tw_buf_init(&r->cell, mem, 0);
    if (open_result(r, bounded) != TW_OK) {
        tw_result_close(r);
        return tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    *result = r;
    return TW_OK;
}

void tw_result_close(tw_result *r) {
    if (!r) return;
    if (r->fold.mem) tw_fold_rows_close(&r->fold);
    if (r->held.capacity) tw_builder_close(&r->held);
    tw_free(r->mem, r->widths, sizeof *r->widths * ((size_t)r->row->nfields + 1));
    tw_buf_free(&r->text);
    tw_buf_free(&r->cell);
    tw_free(r->mem, r, sizeof *r);
}
