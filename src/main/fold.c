#include "main/fold.h"

tw_status tw_fold_rows_open(tw_fold_rows *f, tw_mem *mem, const tw_type *row) {
    *f = (tw_fold_rows){.mem = mem, .row = row};
    tw_keys_init(&f->keys, mem);
    f->types = tw_calloc(mem, sizeof *f->types * ((size_t)row->nfields + 1));
    f->columns = tw_calloc(mem, sizeof *f->columns * ((size_t)row->nfields + 1));
    f->elements = tw_calloc(mem, sizeof *f->elements * TW_BATCH_ROWS);
    if (!f->types || !f->columns || !f->elements) return TW_E_NOMEM;
    for (int32_t c = 0; c < row->nfields; c++) f->types[c] = row->fields[c].type;
    tw_key_codec_init(&f->codec, f->types, row->nfields);
    return tw_table_open(mem, &f->codec, 8, NULL, 0, &f->table);
}

void tw_fold_rows_close(tw_fold_rows *f) {
    if (f->table) tw_table_close(f->table);
    tw_keys_free(&f->keys);
    tw_free(f->mem, f->types, sizeof *f->types * ((size_t)f->row->nfields + 1));
    tw_free(f->mem, f->columns, sizeof *f->columns * ((size_t)f->row->nfields + 1));
    tw_free(f->mem, f->elements, sizeof *f->elements * TW_BATCH_ROWS);
    *f = (tw_fold_rows){0};
}

enum { GONE = INT32_MIN };

/* Rows that count zero give up their places. Equal rows of a batch share an element, which is taken out once. */
static tw_status drop_gone(tw_fold_rows *f, int32_t n) {
    for (int32_t i = 0; i < n; i++) {
        int64_t *count = (int64_t *)tw_table_payload(f->table, f->elements[i]);
        if (*count == 0) {
            *count = GONE;
        } else {
            f->elements[i] = NULL;
        }
    }
    for (int32_t i = 0; i < n; i++)
        if (f->elements[i]) TW_TRY(tw_table_remove(f->table, f->elements[i]));
    return TW_OK;
}

tw_status tw_fold_rows_add(tw_fold_rows *f, const tw_batch *batch) {
    for (int32_t c = 0; c < batch->ncolumns; c++) f->columns[c] = &batch->columns[c];
    TW_TRY(tw_keys_encode(&f->keys, &f->codec, f->columns, (tw_selection){NULL, batch->rows}));
    TW_TRY(tw_table_upsert(f->table, &f->keys, f->elements, NULL));
    for (int32_t i = 0; i < batch->rows; i++) {
        int64_t *count = (int64_t *)tw_table_payload(f->table, f->elements[i]);
        *count += batch->kinds ? tw_change_sign(batch->kinds[i]) : 1;
    }
    return batch->kinds ? drop_gone(f, batch->rows) : TW_OK;
}

bool tw_fold_rows_next(tw_fold_rows *f, tw_fold_cursor *at, tw_builder *out, tw_status *status) {
    int32_t columns[256];
    TW_ASSERT(f->row->nfields <= 256);
    for (int32_t c = 0; c < f->row->nfields; c++) columns[c] = c;
    *status = TW_OK;
    tw_builder_reset(out);
    while (tw_builder_room(out) > 0) {
        if (at->left <= 0) {
            at->at = tw_table_next(f->table, &at->element);
            if (!at->at) break;
            at->left = *(int64_t *)tw_table_payload(f->table, at->at);
            continue;
        }
        at->left--;
        *status = tw_key_decode(&f->codec, tw_table_key(f->table, at->at), out, columns, out->batch.rows);
        if (*status == TW_OK) *status = tw_builder_commit(out, 1, NULL);
        if (*status != TW_OK) return false;
    }
    return out->batch.rows > 0;
}
