/* libFuzzer: any bytes as a chunk of state, applied to a table of numbers (byte 0 even) or of texts; what was applied is written as a base, and that
 * base gives the same elements again. */
#include <stdlib.h>
#include <string.h>

#include "state/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void apply(tw_table *table, tw_str bytes) {
    if (bytes.length == 0) return;
    tw_reader in = {bytes.data, bytes.data + bytes.length, false};
    tw_chunk_record record;
    while (tw_chunk_next(&in, &record)) {
        tw_error error = {0};
        TW_ASSERT(record.key.length + record.payload.length <= bytes.length);
        if (record.op != 3 && tw_table_apply(table, &record, &error) != TW_OK) TW_ASSERT(error.message[0] != 0);
    }
}

static int64_t written(tw_table *table, tw_buf *out) {
    bool done = false;
    tw_table_barrier(table, true);
    while (!done && tw_table_write(table, out, 64, &done) == TW_OK) continue;
    TW_ASSERT(done || out->failed);
    return tw_table_count(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tw_mem mem;
    tw_table *table, *again;
    tw_key_codec codec;
    tw_buf base, second;
    if (size == 0) return 0;
    const tw_type *types[] = {data[0] % 2 ? &TW_TYPE_STRING : &TW_TYPE_BIGINT, &TW_TYPE_INTEGER};
    tw_mem_init(&mem, NULL, 256 << 20);
    tw_key_codec_init(&codec, types, 2);
    tw_buf_init(&base, &mem, 0);
    tw_buf_init(&second, &mem, 0);
    TW_ASSERT(tw_table_open(&mem, &codec, 16, NULL, 7, &table) == TW_OK && tw_table_open(&mem, &codec, 16, NULL, 7, &again) == TW_OK);
    char *copy = malloc(size);
    memcpy(copy, data + 1, size - 1);
    apply(table, (tw_str){copy, size - 1});
    int64_t count = written(table, &base);
    apply(again, (tw_str){base.data, base.length});
    TW_ASSERT(base.failed || (written(again, &second) == count && second.length == base.length));
    free(copy);
    tw_table_close(table);
    tw_table_close(again);
    tw_buf_free(&base);
    tw_buf_free(&second);
    TW_ASSERT(mem.used == 0);
    return 0;
}
