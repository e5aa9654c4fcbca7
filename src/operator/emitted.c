#include "operator/emitted.h"

/* ---- slots ---- */

static size_t slot_room(size_t length) { return length ? length : 1; }

void tw_emitted_forget(tw_mem *mem, tw_emitted_slot *slot) {
    if (slot->data) tw_free(mem, slot->data, slot_room(slot->length));
    *slot = (tw_emitted_slot){NULL, 0};
}

tw_status tw_emitted_keep(tw_mem *mem, tw_emitted_slot *slot, tw_str bytes) {
    char *data = slot->data;
    if (!data || slot->length != bytes.length) {
        data = tw_malloc(mem, slot_room(bytes.length));
        if (!data) return TW_E_NOMEM;
        tw_emitted_forget(mem, slot);
    }
    memcpy(data, bytes.data, bytes.length);
    *slot = (tw_emitted_slot){data, bytes.length};
    return TW_OK;
}

/* ---- as a payload ---- */

static void slot_write(void *context, const char *payload, tw_buf *out) {
    const tw_emitted_slot *slot = (const tw_emitted_slot *)payload;
    tw_buf_bytes(out, tw_emitted_kept(slot));
}

static tw_status slot_read(void *context, char *payload, tw_reader *in) {
    tw_emitted *e = context;
    tw_str bytes = tw_read_bytes(in);
    return in->failed ? TW_E_CORRUPT : tw_emitted_keep(e->mem, (tw_emitted_slot *)payload, bytes);
}

static void slot_destroy(void *context, char *payload) { tw_emitted_forget(((tw_emitted *)context)->mem, (tw_emitted_slot *)payload); }

tw_status tw_emitted_table(tw_emitted *e, int64_t stored_namespace, tw_table **out) {
    return tw_table_open(e->mem, &e->set->key_codec, sizeof(tw_emitted_slot), &e->payload, stored_namespace, out);
}

/* ---- results ---- */

tw_status tw_emitted_open(tw_emitted *e, tw_agg_set *set, const tw_plan_agg *plan) {
    tw_arena *arena = &set->arena;
    int32_t n = plan->ncalls;
    *e = (tw_emitted){.mem = set->mem, .set = set};
    e->payload = (tw_payload_codec){e, slot_write, slot_read, slot_destroy};
    tw_field *fields = TW_NEW_ARRAY(arena, tw_field, n + 1);
    const tw_type **types = TW_NEW_ARRAY(arena, const tw_type *, n + 1);
    e->columns = TW_NEW_ARRAY(arena, const tw_column *, n + 1);
    e->out_columns = TW_NEW_ARRAY(arena, int32_t, n + 1);
    if (!fields || !types || !e->columns || !e->out_columns) return TW_E_NOMEM;
    for (int32_t c = 0; c < n; c++) {
        types[c] = plan->calls[c].type;
        fields[c] = (tw_field){plan->calls[c].name, types[c]};
        e->out_columns[c] = plan->nkeys + c;
    }
    const tw_type *row = tw_type_row(arena, fields, n);
    if (!row) return TW_E_NOMEM;
    tw_key_codec_init(&e->codec, types, n);
    tw_keys_init(&e->results, e->mem);
    TW_TRY(tw_builder_open(&e->fresh, e->mem, row, TW_BATCH_ROWS));
    for (int32_t c = 0; c < n; c++) e->columns[c] = &e->fresh.batch.columns[c];
    e->opened = true;
    return TW_OK;
}

void tw_emitted_close(tw_emitted *e) {
    if (e->opened) tw_builder_close(&e->fresh);
    if (e->opened) tw_keys_free(&e->results);
    e->opened = false;
}

tw_status tw_emitted_compute(tw_emitted *e, const char *const *blocks, int32_t count) {
    tw_builder_reset(&e->fresh);
    TW_TRY(tw_agg_set_result(e->set, blocks, count, &e->fresh, 0, 0));
    TW_TRY(tw_builder_commit(&e->fresh, count, NULL));
    return tw_keys_encode(&e->results, &e->codec, e->columns, (tw_selection){NULL, count});
}

tw_status tw_emitted_write_new(tw_emitted *e, int32_t i, tw_builder *out, int32_t at) {
    uint16_t row = (uint16_t)i;
    for (int32_t c = 0; c < e->codec.ncolumns; c++)
        TW_TRY(tw_builder_copy_column(out, e->out_columns[c], at, e->columns[c], (tw_selection){&row, 1}));
    return TW_OK;
}

tw_status tw_emitted_write_old(tw_emitted *e, tw_str bytes, tw_builder *out, int32_t at) {
    return tw_key_decode(&e->codec, bytes, out, e->out_columns, at);
}
