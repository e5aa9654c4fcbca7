/* libFuzzer: any bytes as record batches, each given a checksum that fits so that what lies behind it is reached; what can be read is written again
 * and gives the same records. */
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "store/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 20 };

static void seal(char *batch, size_t length) {
    uint32_t crc = tw_crc32c(0, batch + 21, length - 21);
    for (int i = 0; i < 4; i++) batch[17 + i] = (char)(crc >> (24 - 8 * i));
}

static void read_again(tw_mem *mem, tw_str bytes, int32_t count) {
    tw_record_batch batch;
    tw_record record;
    tw_record_reader reader;
    tw_record_reader_init(&reader, mem);
    TW_ASSERT(tw_record_batch_read(bytes, &batch, NULL) == TW_OK && batch.nrecords == count);
    TW_ASSERT(tw_record_reader_begin(&reader, &batch, 2 * LIMIT, NULL) == TW_OK);
    while (tw_record_reader_next(&reader, &record, NULL) == TW_OK) count--;
    TW_ASSERT(count == 0);
    tw_record_reader_close(&reader);
}

static void read_batch(tw_mem *mem, const tw_record_batch *batch) {
    tw_error error = {0};
    tw_record record;
    tw_record_reader reader;
    tw_record_writer writer;
    tw_buf out, scratch;
    int32_t count = 0;
    tw_buf_init(&out, mem, 0);
    tw_buf_init(&scratch, mem, 0);
    tw_record_reader_init(&reader, mem);
    tw_record_writer_begin(&writer, &out, tw_record_batch_compression(batch));
    tw_status status = tw_record_reader_begin(&reader, batch, LIMIT, &error);
    for (; status == TW_OK && (status = tw_record_reader_next(&reader, &record, &error)) == TW_OK; count++) tw_record_writer_add(&writer, &record);
    TW_ASSERT(status == TW_END || (error.status == status && error.message[0] != 0));
    if (tw_record_writer_finish(&writer, &scratch, &error) == TW_OK && count > 0) read_again(mem, (tw_str){out.data, out.length}, count);
    tw_record_reader_close(&reader);
    tw_buf_free(&out);
    tw_buf_free(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tw_mem mem;
    tw_mem_init(&mem, NULL, 256 << 20);
    char *bytes = malloc(size + 1);
    memcpy(bytes, data, size);
    for (size_t at = 0, length; size - at >= TW_RECORD_BATCH_HEAD; at += length) {
        tw_record_batch batch;
        tw_error error = {0};
        length = tw_record_batch_length(bytes + at);
        if (length == 0 || length > size - at) break;
        seal(bytes + at, length);
        if (tw_record_batch_read((tw_str){bytes + at, length}, &batch, &error) == TW_OK) read_batch(&mem, &batch);
    }
    free(bytes);
    TW_ASSERT(mem.used == 0);
    return 0;
}
