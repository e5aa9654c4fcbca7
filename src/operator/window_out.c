#include "operator/window_out.h"

/* The output row, with the window's start behind it when it is a key column that nobody asked for. */
static const tw_type *builder_row(tw_window_out *o, bool hidden_start) {
    const tw_type *row = o->op->node->row;
    if (!hidden_start) return row;
    tw_field *fields = TW_NEW_ARRAY(&o->set->arena, tw_field, row->nfields + 1);
    if (!fields) return NULL;
    memcpy(fields, row->fields, sizeof *fields * (size_t)row->nfields);
    fields[row->nfields] = (tw_field){TW_STR("window_start"), &TW_TYPE_TIMESTAMP_3};
    return tw_type_row(&o->set->arena, fields, row->nfields + 1);
}

tw_status tw_window_out_open(tw_window_out *o, tw_operator *op, tw_agg_set *set, const tw_plan_agg *plan, const tw_window_time *time,
                             bool key_start) {
    *o = (tw_window_out){.op = op, .set = set, .plan = plan, .time = time, .ncolumns = op->node->row->nfields};
    int32_t *keys_at = TW_NEW_ARRAY(&set->arena, int32_t, plan->nkeys + 1);
    const tw_type *row = builder_row(o, key_start && !plan->gives_start);
    if (!keys_at || !row) return TW_E_NOMEM;
    for (int32_t c = 0; c < plan->nkeys; c++) keys_at[c] = c;
    keys_at[plan->nkeys] = plan->gives_start ? plan->nkeys + plan->ncalls : o->ncolumns;
    o->keys_at = keys_at;
    TW_TRY(tw_builder_open(&o->builder, op->task->mem, row, TW_BATCH_ROWS));
    o->opened = true;
    return TW_OK;
}

void tw_window_out_close(tw_window_out *o) {
    if (o->opened) tw_builder_close(&o->builder);
    o->opened = false;
}

/* ---- keys, column by column ---- */

#define TAKE(T, WORD)                                                       \
    for (int32_t k = 0; k < rows->count; k++) {                             \
        WORD w_;                                                            \
        memcpy(&w_, tw_element_key(rows->elements[k]) + offset, sizeof w_); \
        ((T *)to->values)[at + k] = (T)w_;                                  \
    }                                                                       \
    break

static void take_fixed(tw_column *to, const tw_window_rows *rows, int32_t offset, int32_t at) {
    switch (to->phys) {
    case TW_PHYS_BOOL:
    case TW_PHYS_I8: TAKE(int8_t, int64_t);
    case TW_PHYS_I16: TAKE(int16_t, int64_t);
    case TW_PHYS_I32:
    case TW_PHYS_F32: TAKE(uint32_t, uint64_t);
    case TW_PHYS_I128:
    case TW_PHYS_TS: TAKE(tw_i128, tw_i128);
    default: TAKE(uint64_t, uint64_t);
    }
}

static void fixed_keys(tw_window_out *o, const tw_window_rows *rows, int32_t at) {
    const tw_key_codec *codec = &o->set->key_codec;
    for (int32_t c = 0; c < codec->ncolumns; c++) {
        take_fixed(&o->builder.batch.columns[o->keys_at[c]], rows, codec->offset[c], at);
        if (!codec->null_bytes) continue;
        for (int32_t k = 0; k < rows->count; k++)
            if (tw_element_key(rows->elements[k])[c / 8] >> c % 8 & 1) tw_builder_null(&o->builder, o->keys_at[c], at + k);
    }
}

static tw_status write_keys(tw_window_out *o, const tw_window_rows *rows, int32_t at) {
    const tw_key_codec *codec = &o->set->key_codec;
    if (codec->fixed) {
        fixed_keys(o, rows, at);
        return TW_OK;
    }
    for (int32_t k = 0; k < rows->count; k++)
        TW_TRY(tw_key_decode(codec, tw_table_key(rows->table, rows->elements[k]), &o->builder, o->keys_at, at + k));
    return TW_OK;
}

/* ---- window properties ---- */

typedef enum property { START, END, TIME, NUMBER } property;

static int64_t value_of(const tw_window_out *o, property what, tw_window_span window) {
    return what == START || what == NUMBER ? window.start : what == END ? window.end : tw_window_to_utc(o->time, window.end - 1);
}

static void write_property(tw_window_out *o, const tw_window_rows *rows, property what, int column, int32_t at) {
    tw_column *to = &o->builder.batch.columns[column];
    int64_t ms = rows->count ? value_of(o, what, rows->windows[0]) : 0;
    for (int32_t k = 0; k < rows->count; k++) {
        if (!rows->one && k) ms = value_of(o, what, rows->windows[k]);
        if (to->phys == TW_PHYS_TS)
            ((tw_ts *)to->values)[at + k] = tw_ts_of(ms, 0);
        else
            ((int64_t *)to->values)[at + k] = ms;
    }
}

tw_status tw_window_out_frame(tw_window_out *o, const tw_window_rows *rows, int32_t at) {
    int column = o->plan->nkeys + o->plan->ncalls;
    bool key_start = o->set->key_codec.ncolumns > o->plan->nkeys;
    TW_TRY(write_keys(o, rows, at));
    if (o->plan->gives_start && !key_start) write_property(o, rows, START, column, at);
    column += o->plan->gives_start;
    if (o->plan->gives_end) write_property(o, rows, END, column++, at);
    if (o->plan->gives_time) write_property(o, rows, TIME, column++, at);
    if (o->plan->gives_number) write_property(o, rows, NUMBER, column, at);
    return TW_OK;
}

tw_status tw_window_out_add(tw_window_out *o, const tw_window_rows *rows, const char *const *blocks) {
    int32_t at = o->builder.batch.rows;
    if (rows->count == 0) return TW_OK;
    TW_TRY(tw_window_out_frame(o, rows, at));
    TW_TRY(tw_agg_set_result(o->set, blocks, rows->count, &o->builder, o->plan->nkeys, at));
    return tw_builder_commit(&o->builder, rows->count, NULL);
}

/* ---- handing on ---- */

tw_status tw_window_out_flush(tw_window_out *o) {
    if (o->builder.batch.rows == 0) return TW_OK;
    o->batch = o->builder.batch;
    o->batch.ncolumns = o->ncolumns;
    o->handed = true;
    tw_status status = tw_emit(o->op, &o->batch);
    if (status == TW_OK)
        tw_window_out_resume(o);
    else if (!tw_is_error(status))
        tw_pending(o->op);
    return status;
}

void tw_window_out_resume(tw_window_out *o) {
    if (o->handed) tw_builder_reset(&o->builder);
    o->handed = false;
}
