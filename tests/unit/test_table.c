#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/prng.h"
#include "state/table.h"

/* A table and what it should hold, over the keys 0 .. universe-1. */
typedef struct model {
    int64_t *value; /* -1: absent */
    int32_t universe;
} model;

typedef struct fixture {
    tw_mem mem;
    const tw_type *types[4];
    tw_key_codec codec;
    bool strings;
    tw_keys keys;
    int64_t *numbers, *zeros;
    tw_sview *texts;
    char (*bytes)[48];
} fixture;

static const tw_type BIGINT_NOT_NULL = {.kind = TW_BIGINT, .length = TW_LENGTH_MAX};

enum { FORM_8, FORM_16, FORM_24, FORM_STRING, FORM_COUNT };

static void open_fixture(fixture *f, int form) {
    memset(f, 0, sizeof *f);
    tw_mem_init(&f->mem, NULL, 0);
    for (int i = 0; i < 4; i++) f->types[i] = form == FORM_16 ? &TW_TYPE_BIGINT : &BIGINT_NOT_NULL;
    f->strings = form == FORM_STRING;
    if (f->strings) f->types[0] = &TW_TYPE_STRING;
    tw_key_codec_init(&f->codec, f->types, form == FORM_24 ? 3 : 1);
    assert_int_equal(f->codec.fixed ? f->codec.width : 0, form == FORM_STRING ? 0 : 8 * (form + 1));
    tw_keys_init(&f->keys, &f->mem);
    f->numbers = malloc(sizeof(int64_t) * TW_BATCH_ROWS);
    f->zeros = calloc(TW_BATCH_ROWS, sizeof(int64_t));
    f->texts = malloc(sizeof(tw_sview) * TW_BATCH_ROWS);
    f->bytes = malloc(48 * TW_BATCH_ROWS);
}

static void close_fixture(fixture *f) {
    tw_keys_free(&f->keys);
    assert_int_equal(f->mem.used, 0);
    free(f->numbers);
    free(f->zeros);
    free(f->texts);
    free(f->bytes);
}

/* Every third text is too long for the element. */
static tw_status encode(fixture *f, const int64_t *wanted, int32_t n) {
    memcpy(f->numbers, wanted, sizeof(int64_t) * (size_t)n);
    for (int32_t k = 0; k < n && f->strings; k++) {
        int length = snprintf(f->bytes[k], 48, wanted[k] % 3 ? "%d" : "a key that does not fit in the element %d", (int)wanted[k]);
        f->texts[k] = tw_sview_make(f->bytes[k], (size_t)length);
    }
    tw_column c = {.type = f->types[0], .phys = f->strings ? TW_PHYS_STR : TW_PHYS_I64, .values = f->strings ? (void *)f->texts : f->numbers};
    tw_column zero = {.type = &BIGINT_NOT_NULL, .phys = TW_PHYS_I64, .values = f->zeros};
    return tw_keys_encode(&f->keys, &f->codec, (const tw_column *[]){&c, &zero, &zero, &zero}, (tw_selection){NULL, n});
}

static int64_t key_number(const fixture *f, const tw_table *t, const tw_element *e) {
    tw_str key = tw_table_key(t, e);
    if (f->strings) {
        const char *digits = key.data + key.length;
        while (digits > key.data + 5 && digits[-1] >= '0' && digits[-1] <= '9') digits--;
        char text[16] = {0};
        memcpy(text, digits, (size_t)(key.data + key.length - digits));
        return atoll(text);
    }
    int64_t v;
    memcpy(&v, key.data + f->codec.null_bytes, 8);
    return v;
}

static int64_t *payload(const tw_table *t, tw_element *e) { return (int64_t *)tw_table_payload(t, e); }

static model model_new(int32_t universe) {
    model m = {malloc(sizeof(int64_t) * (size_t)universe), universe};
    for (int32_t i = 0; i < universe; i++) m.value[i] = -1;
    return m;
}

/* The table holds the model, by look-up and by iteration. */
static void check(fixture *f, tw_table *t, const model *m) {
    int64_t count = 0, seen = 0;
    tw_element *found[1024];
    int64_t wanted[1024];
    for (int32_t at = 0; at < m->universe; at += 1024) {
        int32_t n = m->universe - at < 1024 ? m->universe - at : 1024;
        for (int32_t k = 0; k < n; k++) wanted[k] = at + k;
        assert_int_equal(encode(f, wanted, n), TW_OK);
        tw_table_find(t, &f->keys, found);
        for (int32_t k = 0; k < n; k++) {
            int64_t v = m->value[at + k];
            if (v < 0)
                assert_null(found[k]);
            else
                assert_true(found[k] && payload(t, found[k])[0] == v);
            count += v >= 0;
        }
    }
    assert_int_equal(tw_table_count(t), count);
    uint32_t cursor = 0;
    for (tw_element *e; (e = tw_table_next(t, &cursor)) != NULL; seen++) assert_int_equal(payload(t, e)[0], m->value[key_number(f, t, e)]);
    assert_int_equal(seen, count);
}

static void apply(tw_table *t, const tw_buf *chunk) {
    tw_reader in = {chunk->data, chunk->data + chunk->length, false};
    tw_chunk_record record;
    tw_error error;
    while (tw_chunk_next(&in, &record)) {
        assert_int_equal(record.namespace_, -7);
        assert_int_equal(tw_table_apply(t, &record, &error), TW_OK);
    }
    assert_false(in.failed);
}

/* ---- a payload that owns memory: the second word points to a copy of the first ---- */

static void boxed_write(void *context, const char *p, tw_buf *out) {
    (void)context;
    const int64_t *const *box = (const int64_t *const *)(p + 8);
    assert_true(**box == *(const int64_t *)p);
    tw_buf_u64(out, (uint64_t)**box);
}
static tw_status boxed_set(tw_mem *mem, char *p, int64_t v) {
    int64_t **box = (int64_t **)(p + 8);
    if (!*box) *box = tw_malloc(mem, 8);
    if (!*box) return TW_E_NOMEM;
    **box = *(int64_t *)p = v;
    return TW_OK;
}
static tw_status boxed_read(void *context, char *p, tw_reader *in) { return boxed_set(context, p, (int64_t)tw_read_u64(in)); }
static void boxed_destroy(void *context, char *p) { tw_free(context, *(void **)(p + 8), 8); }

/* ---- random work ---- */

typedef struct work {
    fixture f;
    tw_payload_codec boxed;
    bool heap;
    tw_table *table, *copy; /* copy: restored from the chunks */
    model now, at_barrier;
    bool writing, full;
    tw_buf chunk;
    tw_prng prng;
} work;

static tw_table *new_table(work *w) {
    tw_table *t = NULL;
    assert_int_equal(tw_table_open(&w->f.mem, &w->f.codec, 16, w->heap ? &w->boxed : NULL, -7, &t), TW_OK);
    return t;
}

static void set(work *w, tw_element *e, int64_t v) {
    if (w->heap)
        assert_int_equal(boxed_set(&w->f.mem, tw_table_payload(w->table, e), v), TW_OK);
    else
        payload(w->table, e)[0] = v;
}

static void change_some(work *w) {
    int64_t wanted[256];
    tw_element *out[256];
    uint64_t inserted[4];
    int32_t n = 1 + (int32_t)tw_prng_below(&w->prng, 256);
    for (int32_t k = 0; k < n; k++)
        wanted[k] = tw_prng_below(&w->prng, 4) ? (int64_t)tw_prng_below(&w->prng, (uint64_t)w->now.universe) : wanted[k ? k - 1 : 0] * (k > 0);
    assert_int_equal(encode(&w->f, wanted, n), TW_OK);
    assert_int_equal(tw_table_upsert(w->table, &w->f.keys, out, inserted), TW_OK);
    for (int32_t k = 0; k < n; k++) {
        int64_t *have = &w->now.value[wanted[k]];
        assert_int_equal(tw_bit_get(inserted, k), *have < 0);
        assert_int_equal(payload(w->table, out[k])[0], *have < 0 ? 0 : *have);
        *have = (int64_t)tw_prng_below(&w->prng, 1000);
        assert_int_equal(tw_table_touch(w->table, out[k], tw_table_generation(w->table)), TW_OK);
        set(w, out[k], *have);
    }
}

static void remove_some(work *w) {
    int64_t wanted[64];
    tw_element *out[64];
    for (int32_t k = 0; k < 64; k++) wanted[k] = (int64_t)tw_prng_below(&w->prng, (uint64_t)w->now.universe);
    assert_int_equal(encode(&w->f, wanted, 64), TW_OK);
    tw_table_find(w->table, &w->f.keys, out);
    for (int32_t k = 0; k < 64; k++) {
        int64_t *have = &w->now.value[wanted[k]];
        if (*have < 0) continue; /* removed by this very batch */
        assert_int_equal(tw_table_remove(w->table, out[k]), TW_OK);
        *have = -1;
    }
}

static void begin_chunk(work *w) {
    w->full = tw_prng_below(&w->prng, 4) == 0;
    tw_table_barrier(w->table, w->full);
    memcpy(w->at_barrier.value, w->now.value, sizeof(int64_t) * (size_t)w->now.universe);
    tw_buf_clear(&w->chunk);
    w->writing = true;
}

static void write_some(work *w) {
    bool done;
    assert_int_equal(tw_table_write(w->table, &w->chunk, tw_prng_below(&w->prng, 2000), &done), TW_OK);
    if (!done) return;
    w->writing = false;
    if (w->full) {
        tw_table_close(w->copy);
        w->copy = new_table(w);
    }
    apply(w->copy, &w->chunk);
    check(&w->f, w->copy, &w->at_barrier);
    if (tw_prng_below(&w->prng, 8) == 0) { /* go on with the restored one */
        check(&w->f, w->table, &w->now);
        tw_table_close(w->table);
        w->table = w->copy;
        w->copy = new_table(w);
        memcpy(w->now.value, w->at_barrier.value, sizeof(int64_t) * (size_t)w->now.universe);
        tw_table_barrier(w->table, true);
        tw_buf_clear(&w->chunk);
        while (w->writing = true, assert_int_equal(tw_table_write(w->table, &w->chunk, 1 << 20, &done), TW_OK), !done) {}
        w->writing = false;
        apply(w->copy, &w->chunk);
    }
}

static void random_work(int form, bool heap, int32_t universe, int steps) {
    work w = {.heap = heap, .prng = {(uint64_t)(form * 2 + heap + 1)}};
    open_fixture(&w.f, form);
    w.boxed = (tw_payload_codec){&w.f.mem, boxed_write, boxed_read, boxed_destroy};
    w.table = new_table(&w);
    w.copy = new_table(&w);
    w.now = model_new(universe);
    w.at_barrier = model_new(universe);
    tw_buf_init(&w.chunk, &w.f.mem, 0);
    for (int i = 0; i < steps; i++) {
        uint64_t what = tw_prng_below(&w.prng, 10);
        if (what < 4)
            change_some(&w);
        else if (what < 7)
            remove_some(&w);
        else if (w.writing)
            write_some(&w);
        else if (what == 9)
            begin_chunk(&w);
    }
    check(&w.f, w.table, &w.now);
    tw_table_close(w.table);
    tw_table_close(w.copy);
    tw_buf_free(&w.chunk);
    free(w.now.value);
    free(w.at_barrier.value);
    close_fixture(&w.f);
}

static void test_random(void **state) {
    (void)state;
    for (int form = 0; form < FORM_COUNT; form++)
        for (int heap = 0; heap < 2; heap++) {
            random_work(form, heap, 300, 2000);
            random_work(form, heap, 5000, 1000);
        }
}

/* Past several segments and pages; elements stay where they are. */
static void test_growth(void **state) {
    (void)state;
    enum { N = 200000, STEP = 4000 };
    fixture f;
    open_fixture(&f, FORM_8);
    tw_table *t;
    assert_int_equal(tw_table_open(&f.mem, &f.codec, 8, NULL, 0, &t), TW_OK);
    tw_element **all = malloc(sizeof *all * N);
    int64_t wanted[STEP];
    for (int64_t at = 0; at < N; at += STEP) {
        for (int k = 0; k < STEP; k++) wanted[k] = at + k;
        assert_int_equal(encode(&f, wanted, STEP), TW_OK);
        assert_int_equal(tw_table_upsert(t, &f.keys, all + at, NULL), TW_OK);
    }
    tw_element *again[STEP];
    for (int64_t at = 0; at < N; at += STEP) {
        for (int k = 0; k < STEP; k++) wanted[k] = at + k;
        assert_int_equal(encode(&f, wanted, STEP), TW_OK);
        tw_table_find(t, &f.keys, again);
        for (int k = 0; k < STEP; k++) assert_ptr_equal(again[k], all[at + k]);
    }
    uint32_t cursor = 0;
    for (int i = 0; i < N; i++) assert_ptr_equal(tw_table_next(t, &cursor), all[i]); /* in order of insertion */
    assert_null(tw_table_next(t, &cursor));
    assert_true(tw_table_bytes(t) < N * 70);
    cursor = 0;
    for (tw_element *e; (e = tw_table_next(t, &cursor)) != NULL;) assert_int_equal(tw_table_remove(t, e), TW_OK);
    assert_int_equal(tw_table_count(t), 0);
    tw_table_close(t);
    free(all);
    close_fixture(&f);
}

/* Whichever allocation fails, the table holds what it says and nothing is lost. */
static void test_out_of_memory(void **state) {
    (void)state;
    for (int64_t fail = 1; fail < 120; fail++) {
        fixture f;
        open_fixture(&f, FORM_STRING);
        int64_t wanted[400];
        tw_element *out[400];
        for (int k = 0; k < 400; k++) wanted[k] = k;
        assert_int_equal(encode(&f, wanted, 400), TW_OK);
        tw_table *t = NULL;
        f.mem.fail_at = fail;
        if (tw_table_open(&f.mem, &f.codec, 8, NULL, 0, &t) == TW_OK) {
            tw_status status = tw_table_upsert(t, &f.keys, out, NULL);
            f.mem.fail_at = 0;
            if (status != TW_OK) {
                assert_int_equal(status, TW_E_NOMEM);
                int64_t n = tw_table_count(t), seen = 0;
                tw_table_find(t, &f.keys, out);
                for (int k = 0; k < 400; k++) assert_int_equal(out[k] != NULL, k < n);
                uint32_t cursor = 0;
                while (tw_table_next(t, &cursor)) seen++;
                assert_int_equal(seen, n);
            }
            assert_int_equal(tw_table_upsert(t, &f.keys, out, NULL), TW_OK);
            tw_table_barrier(t, false);
            f.mem.fail_at = fail;
            for (int k = 0; k < 400 && status == TW_OK; k++) status = k % 2 ? tw_table_remove(t, out[k]) : tw_table_touch(t, out[k], 2);
            f.mem.fail_at = 0;
        }
        f.mem.fail_at = 0;
        tw_table_close(t);
        close_fixture(&f);
    }
}

/* Damaged chunks are refused. */
static void test_damage(void **state) {
    (void)state;
    fixture f;
    open_fixture(&f, FORM_STRING);
    tw_table *t, *copy;
    assert_int_equal(tw_table_open(&f.mem, &f.codec, 8, NULL, 5, &t), TW_OK);
    assert_int_equal(tw_table_open(&f.mem, &f.codec, 8, NULL, 5, &copy), TW_OK);
    int64_t wanted[50];
    tw_element *out[50];
    for (int k = 0; k < 50; k++) wanted[k] = k;
    assert_int_equal(encode(&f, wanted, 50), TW_OK);
    assert_int_equal(tw_table_upsert(t, &f.keys, out, NULL), TW_OK);
    tw_buf chunk;
    tw_buf_init(&chunk, &f.mem, 0);
    bool done;
    tw_table_barrier(t, false);
    assert_int_equal(tw_table_write(t, &chunk, SIZE_MAX / 4, &done), TW_OK);
    assert_true(done);
    tw_chunk_clear(&chunk, -3);
    tw_prng prng = {3};
    for (int i = 0; i < 2000; i++) {
        size_t at = tw_prng_below(&prng, chunk.length);
        char was = chunk.data[at];
        chunk.data[at] = (char)tw_prng_next(&prng);
        tw_reader in = {chunk.data, chunk.data + tw_prng_below(&prng, chunk.length + 1), false};
        tw_chunk_record record;
        tw_error error;
        while (tw_chunk_next(&in, &record))
            if (tw_table_apply(copy, &record, &error) != TW_OK) break;
        chunk.data[at] = was;
    }
    tw_buf_free(&chunk);
    tw_table_close(t);
    tw_table_close(copy);
    close_fixture(&f);
}

/* A key deleted and put again in one generation is there; one of no columns is one element. */
static void test_small(void **state) {
    (void)state;
    fixture f;
    open_fixture(&f, FORM_8);
    tw_key_codec none;
    tw_key_codec_init(&none, NULL, 0);
    tw_table *t;
    assert_int_equal(tw_table_open(&f.mem, &none, 8, NULL, 0, &t), TW_OK);
    assert_int_equal(tw_keys_encode(&f.keys, &none, NULL, (tw_selection){NULL, 3}), TW_OK);
    tw_element *out[3];
    uint64_t inserted;
    assert_int_equal(tw_table_upsert(t, &f.keys, out, &inserted), TW_OK);
    assert_true(inserted == 1 && out[0] == out[2] && tw_table_count(t) == 1);
    assert_int_equal(tw_table_remove(t, out[0]), TW_OK);
    tw_table_close(t);
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random), cmocka_unit_test(test_growth), cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_damage), cmocka_unit_test(test_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
