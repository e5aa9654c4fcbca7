#include "runtime/checkpoint.h"

#include <stdio.h>

#include "base/crc.h"

enum { VERSION = 1, MAGIC_BYTES = 8, CHUNK_HEAD = 32, DELTAS_MIN = 8 << 20 };
static const char MAGIC[MAGIC_BYTES + 1] = "TWSTATE1";

struct tw_checkpoint {
    tw_mem *mem;
    tw_store *store;
    char app[TW_APP_NAME_MAX + 1];
    uint32_t number;   /* of the state file; 0: there is none */
    uint64_t base;     /* bytes of it that are its base */
    tw_durable *state; /* NULL: there is none */
    tw_durable *next;  /* a new base on its way: `state` once it is committed */
    tw_buf record;     /* scratch */
};

tw_status tw_app_check_name(tw_str app, tw_error *error) {
    bool good = app.length >= 1 && app.length <= TW_APP_NAME_MAX && app.data[0] != '.';
    for (size_t i = 0; i < app.length && good; i++) {
        char c = app.data[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    }
    if (good) return TW_OK;
    tw_fail(error, TW_E_INVALID, "'%.*s' cannot be the name of an application", TW_STR_ARG(app));
    tw_error_hint(error, "1 to %d letters, digits, '.', '_' and '-', the first no '.'", TW_APP_NAME_MAX);
    return TW_E_INVALID;
}

static tw_str key_of(const char *app, char *out, size_t size) {
    int length = snprintf(out, size, "job/%s", app);
    return (tw_str){out, (size_t)length};
}

static void file_name(const char *app, uint32_t number, char *out, size_t size) { snprintf(out, size, "jobs/%s/state-%u", app, number); }

/* ---- the record ---- */

static void write_record(const tw_snapshot *snapshot, uint32_t number, uint64_t base, tw_buf *out) {
    tw_buf_clear(out);
    tw_buf_u32(out, VERSION);
    tw_buf_u64(out, snapshot->epoch);
    tw_buf_u32(out, number);
    tw_buf_u64(out, base);
    tw_buf_varint(out, (uint64_t)snapshot->nsplits);
    for (int32_t i = 0; i < snapshot->nsplits; i++) {
        const tw_snapshot_split *s = &snapshot->splits[i];
        tw_buf_u64(out, s->operator_id);
        tw_buf_bytes(out, s->name);
        tw_buf_byte(out, s->ended);
        tw_buf_u64(out, (uint64_t)s->watermark);
        tw_buf_bytes(out, (tw_str){s->position.data ? s->position.data : "", s->position.length});
    }
}

static tw_status damaged_record(const tw_checkpoint *c, tw_error *error) {
    return tw_fail(error, TW_E_CORRUPT, "the catalog's record of job %s is damaged", c->app);
}

static tw_status read_splits(const tw_checkpoint *c, tw_reader *in, tw_snapshot *out, tw_error *error) {
    uint64_t count = tw_read_varint(in);
    for (uint64_t i = 0; i < count && !in->failed; i++) {
        uint64_t operator_id = tw_read_u64(in);
        tw_snapshot_split *split = tw_snapshot_add_split(out, operator_id, tw_read_bytes(in));
        if (!split) return tw_fail(error, TW_E_NOMEM, "out of memory");
        const char *ended = tw_read_raw(in, 1);
        split->ended = ended && *ended;
        split->watermark = (int64_t)tw_read_u64(in);
        tw_str position = tw_read_bytes(in);
        tw_buf_append(&split->position, position.data, position.length);
        if (split->position.failed) return tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    return in->failed ? damaged_record(c, error) : TW_OK;
}

/* Epoch, file and base of the record at hand; the reader then stands at the splits. */
static tw_status read_head(tw_checkpoint *c, tw_reader *in, uint64_t *epoch, tw_error *error) {
    uint32_t version = tw_read_u32(in);
    if (!in->failed && version != VERSION)
        return tw_fail(error, TW_E_UNSUPPORTED, "job %s was written by another version (record %u, this is %d)", c->app, version, VERSION);
    *epoch = tw_read_u64(in);
    c->number = tw_read_u32(in);
    c->base = tw_read_u64(in);
    return in->failed ? damaged_record(c, error) : TW_OK;
}

/* ---- opening ---- */

static tw_status find_state(tw_checkpoint *c, tw_error *error) {
    char text[TW_APP_NAME_MAX + 32];
    bool found;
    uint64_t epoch;
    TW_TRY(tw_store_get(c->store, key_of(c->app, text, sizeof text), &c->record, &found, error));
    if (!found) return TW_OK;
    tw_reader in = {c->record.data, c->record.data + c->record.length, false};
    TW_TRY(read_head(c, &in, &epoch, error));
    if (c->number == 0) return TW_OK;
    file_name(c->app, c->number, text, sizeof text);
    return tw_store_file_open(c->store, text, &c->state, error);
}

tw_status tw_checkpoint_open(tw_mem *mem, tw_store *store, tw_str app, tw_checkpoint **out, tw_error *error) {
    TW_TRY(tw_app_check_name(app, error));
    tw_checkpoint *c = tw_calloc(mem, sizeof *c);
    if (!c) return tw_fail(error, TW_E_NOMEM, "out of memory");
    c->mem = mem;
    c->store = store;
    memcpy(c->app, app.data, app.length);
    tw_buf_init(&c->record, mem, 0);
    tw_status status = find_state(c, error);
    if (status != TW_OK) {
        tw_checkpoint_close(c);
        return status;
    }
    *out = c;
    return TW_OK;
}

void tw_checkpoint_close(tw_checkpoint *c) {
    if (!c) return;
    if (c->state) tw_durable_close(c->state);
    if (c->next) tw_durable_close(c->next);
    tw_buf_free(&c->record);
    tw_free(c->mem, c, sizeof *c);
}

/* ---- loading ---- */

static tw_status damaged_state(const tw_checkpoint *c, int64_t at, tw_error *error) {
    return tw_fail(error, TW_E_CORRUPT, "the state of job %s is damaged: %s at byte %lld", c->app, tw_durable_path(c->state), (long long)at);
}

static tw_status read_exactly(const tw_checkpoint *c, int64_t at, void *out, size_t size, tw_error *error) {
    size_t got = 0;
    while (size > 0) {
        TW_TRY(tw_durable_read(c->state, at, out, size, &got, error));
        if (got == 0) return damaged_state(c, at, error);
        at += (int64_t)got;
        out = (char *)out + got;
        size -= got;
    }
    return TW_OK;
}

/* One chunk at *at, which moves behind it. */
static tw_status load_chunk(const tw_checkpoint *c, int64_t *at, tw_snapshot *out, tw_error *error) {
    char head[CHUNK_HEAD];
    int64_t left = tw_durable_committed_end(c->state) - *at;
    if (left < CHUNK_HEAD) return damaged_state(c, *at, error);
    TW_TRY(read_exactly(c, *at, head, sizeof head, error));
    tw_reader in = {head, head + sizeof head, false};
    uint32_t length = tw_read_u32(&in), crc = tw_read_u32(&in);
    (void)tw_read_u64(&in); /* the epoch: for people who look */
    uint64_t operator_id = tw_read_u64(&in);
    int32_t instance = (int32_t)tw_read_u32(&in);
    bool full = tw_read_u32(&in) != 0;
    if (length > left - CHUNK_HEAD) return damaged_state(c, *at, error);
    tw_snapshot_chunk *chunk = tw_snapshot_add_chunk(out, operator_id, instance, full);
    char *bytes = chunk ? tw_buf_reserve(&chunk->bytes, length) : NULL;
    if (!chunk || (length && !bytes)) return tw_fail(error, TW_E_NOMEM, "out of memory while the state of job %s was read", c->app);
    TW_TRY(read_exactly(c, *at + CHUNK_HEAD, bytes, length, error));
    chunk->bytes.length = length;
    if (tw_crc32c(tw_crc32c(0, head + 8, CHUNK_HEAD - 8), bytes, length) != crc) return damaged_state(c, *at, error);
    *at += CHUNK_HEAD + (int64_t)length;
    return TW_OK;
}

static tw_status load_state(tw_checkpoint *c, tw_snapshot *out, tw_error *error) {
    char magic[MAGIC_BYTES];
    TW_TRY(read_exactly(c, 0, magic, sizeof magic, error));
    if (memcmp(magic, MAGIC, MAGIC_BYTES) != 0) return damaged_state(c, 0, error);
    for (int64_t at = MAGIC_BYTES; at < tw_durable_committed_end(c->state);) TW_TRY(load_chunk(c, &at, out, error));
    return TW_OK;
}

tw_status tw_checkpoint_load(tw_checkpoint *c, tw_snapshot *out, tw_error *error) {
    char text[TW_APP_NAME_MAX + 32];
    bool found;
    tw_buf_clear(&c->record);
    TW_TRY(tw_store_get(c->store, key_of(c->app, text, sizeof text), &c->record, &found, error));
    if (!found) return TW_END;
    tw_reader in = {c->record.data, c->record.data + c->record.length, false};
    TW_TRY(read_head(c, &in, &out->epoch, error));
    TW_TRY(read_splits(c, &in, out, error));
    return c->state ? load_state(c, out, error) : TW_OK;
}

/* ---- saving ---- */

bool tw_checkpoint_wants_base(const tw_checkpoint *c) {
    if (!c->state) return true;
    uint64_t deltas = (uint64_t)tw_durable_committed_end(c->state) - c->base;
    return deltas > DELTAS_MIN && deltas > c->base;
}

static tw_status append_chunk(tw_durable *file, uint64_t epoch, const tw_snapshot_chunk *chunk, tw_buf *scratch, tw_error *error) {
    if (chunk->bytes.length > UINT32_MAX)
        return tw_fail(error, TW_E_LIMIT, "the state of one operator changed by more than 4 GiB in one epoch; a shorter commit interval helps");
    tw_buf_clear(scratch);
    tw_buf_u64(scratch, epoch);
    tw_buf_u64(scratch, chunk->operator_id);
    tw_buf_u32(scratch, (uint32_t)chunk->instance);
    tw_buf_u32(scratch, chunk->full);
    if (scratch->failed) return tw_fail(error, TW_E_NOMEM, "out of memory");
    uint32_t crc = tw_crc32c(tw_crc32c(0, scratch->data, scratch->length), chunk->bytes.data, chunk->bytes.length);
    tw_buf_u32(scratch, (uint32_t)chunk->bytes.length);
    tw_buf_u32(scratch, crc);
    if (scratch->failed) return tw_fail(error, TW_E_NOMEM, "out of memory");
    TW_TRY(tw_durable_append(file, scratch->data + CHUNK_HEAD - 8, 8, error));
    TW_TRY(tw_durable_append(file, scratch->data, CHUNK_HEAD - 8, error));
    return chunk->bytes.length ? tw_durable_append(file, chunk->bytes.data, chunk->bytes.length, error) : TW_OK;
}

static tw_status append_chunks(tw_checkpoint *c, tw_durable *file, const tw_snapshot *snapshot, tw_error *error) {
    if (tw_durable_end(file) == 0) TW_TRY(tw_durable_append(file, MAGIC, MAGIC_BYTES, error));
    for (int32_t i = 0; i < snapshot->nchunks; i++) TW_TRY(append_chunk(file, snapshot->epoch, &snapshot->chunks[i], &c->record, error));
    return TW_OK;
}

static bool is_base(const tw_snapshot *snapshot) { return snapshot->nchunks > 0 && snapshot->chunks[0].full; }

/* Puts the epoch into the transaction: its chunks, its record, and the end of the file that a new base replaces. */
static tw_status prepare(tw_checkpoint *c, tw_txn *txn, const tw_snapshot *snapshot, tw_durable *file, uint32_t number, tw_error *error) {
    char text[TW_APP_NAME_MAX + 32];
    uint64_t base = c->base;
    if (file) {
        TW_TRY(append_chunks(c, file, snapshot, error));
        TW_TRY(tw_txn_file(txn, file, error));
        if (file == c->next) base = (uint64_t)tw_durable_end(file);
    }
    if (c->next && c->state) {
        file_name(c->app, c->number, text, sizeof text);
        TW_TRY(tw_txn_remove_file(txn, text, error));
    }
    write_record(snapshot, number, base, &c->record);
    if (c->record.failed) return tw_fail(error, TW_E_NOMEM, "out of memory");
    return tw_txn_put(txn, key_of(c->app, text, sizeof text), (tw_str){c->record.data, c->record.length}, error);
}

tw_status tw_checkpoint_save(tw_checkpoint *c, tw_txn *txn, const tw_snapshot *snapshot, tw_error *error) {
    char text[TW_APP_NAME_MAX + 32];
    uint32_t number = c->number;
    if (is_base(snapshot)) {
        file_name(c->app, ++number, text, sizeof text);
        if (!c->next) TW_TRY(tw_store_file_open(c->store, text, &c->next, error));
    }
    tw_durable *file = c->next ? c->next : snapshot->nchunks ? c->state : NULL;
    tw_status status = prepare(c, txn, snapshot, file, number, error);
    if (status == TW_OK) status = tw_txn_commit(txn, error);
    if (status != TW_OK) {
        if (file) tw_durable_rollback(file, NULL);
        return status;
    }
    if (!c->next) return TW_OK;
    if (c->state) tw_durable_close(c->state);
    c->state = c->next;
    c->next = NULL;
    c->number = number;
    c->base = (uint64_t)tw_durable_committed_end(c->state);
    return TW_OK;
}

/* ---- dropping ---- */

tw_status tw_checkpoint_drop(tw_store *store, tw_str app, tw_error *error) {
    tw_checkpoint *c;
    tw_txn *txn;
    char text[TW_APP_NAME_MAX + 32];
    TW_TRY(tw_checkpoint_open(tw_store_mem(store), store, app, &c, error));
    bool found = c->record.length > 0;
    uint32_t number = c->number;
    tw_checkpoint_close(c);
    if (!found) return tw_fail(error, TW_E_UNDEFINED_TABLE, "there is no job '%.*s'", TW_STR_ARG(app));
    TW_TRY(tw_txn_begin(store, &txn, error));
    int length = snprintf(text, sizeof text, "job/%.*s", TW_STR_ARG(app));
    tw_status status = tw_txn_delete(txn, (tw_str){text, (size_t)length}, error);
    if (status == TW_OK && number) {
        snprintf(text, sizeof text, "jobs/%.*s/state-%u", TW_STR_ARG(app), number);
        status = tw_txn_remove_file(txn, text, error);
    }
    if (status == TW_OK) status = tw_txn_commit(txn, error);
    tw_txn_free(txn);
    return status;
}
