/* A partition of the embedded log: appended in batches of 64 KiB, 16 at a time (synced once at the end, or each time), then scanned from the page cache,
 * with and without taking the batches apart. Every record's offset and value is checked before a figure is printed. Prints MB/s.
 *
 *     bench_log FOLDER [MEGABYTES [ROUNDS]]      FOLDER is made, and removed again */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/log.h"

enum { BATCH = 64 << 10, VALUE = 200, COMMIT = 16, READ = 1 << 20 };

typedef struct bench {
    tw_mem mem;
    tw_os os;
    tw_log *log;
    tw_log_state state;
    tw_buf batches; /* COMMIT of them */
    int64_t records_each;
    tw_error error;
} bench;

static void must(const bench *b, tw_status status) {
    if (status == TW_OK) return;
    fprintf(stderr, "bench_log: %s\n", b->error.message);
    exit(1);
}

static void wrong(int64_t offset) {
    fprintf(stderr, "bench_log: the record at offset %lld is not what was appended\n", (long long)offset);
    exit(1);
}

/* The value of a record is its number within the batch, repeated. */
static void make_batches(bench *b) {
    tw_buf scratch;
    tw_buf_init(&b->batches, &b->mem, 0);
    tw_buf_init(&scratch, &b->mem, 0);
    for (int k = 0; k < COMMIT; k++) {
        tw_record_writer writer;
        char value[VALUE], key[8];
        tw_record_writer_begin(&writer, &b->batches, TW_COMPRESSION_NONE);
        for (int64_t i = 0; tw_record_writer_size(&writer) < BATCH; i++) {
            memset(value, (int)(i & 127), sizeof value);
            memcpy(key, &i, sizeof key);
            tw_record_writer_add(&writer, &(tw_record){.timestamp = i, .key = {key, sizeof key}, .value = {value, sizeof value}});
            b->records_each = i + 1;
        }
        must(b, tw_record_writer_finish(&writer, &scratch, &b->error));
    }
    tw_buf_free(&scratch);
}

static void open_log(bench *b, const char *folder) {
    tw_log_config config;
    tw_log_config_default(&config);
    config.segment_bytes = 256 << 20;
    b->state = (tw_log_state){0};
    must(b, tw_log_open(&b->mem, &b->os, folder, &config, &b->state, &b->log, &b->error));
}

static void append(bench *b, int64_t bytes, bool sync) {
    for (int64_t done = 0; done < bytes; done += (int64_t)b->batches.length) {
        int64_t first;
        must(b, tw_log_append(b->log, b->batches.data, b->batches.length, &first, &b->error));
        if (sync) must(b, tw_log_sync(b->log, &b->error));
        if (sync) tw_log_committed(b->log);
    }
    must(b, tw_log_sync(b->log, &b->error));
    tw_log_committed(b->log);
}

static void check_records(bench *b, tw_record_reader *reader, const tw_record_batch *batch) {
    tw_record record;
    tw_status status;
    must(b, tw_record_reader_begin(reader, batch, READ, &b->error));
    while ((status = tw_record_reader_next(reader, &record, &b->error)) == TW_OK)
        if (record.value.length != VALUE || (int64_t)record.value.data[VALUE - 1] != (record.offset % b->records_each & 127)) wrong(record.offset);
    if (status != TW_END) must(b, status);
}

/* Reads everything; takes the batches apart, too, when `records` says so. Returns bytes. */
static int64_t scan(bench *b, bool records) {
    tw_buf out;
    tw_record_reader reader;
    tw_status status;
    int64_t offset = 0, bytes = 0;
    tw_buf_init(&out, &b->mem, 0);
    tw_record_reader_init(&reader, &b->mem);
    while ((status = tw_log_read(b->log, offset, INT64_MAX, READ, &out, &b->error)) == TW_OK) {
        for (size_t at = 0; at < out.length;) {
            tw_record_batch batch;
            must(b, tw_record_batch_head(out.data + at, &batch, &b->error));
            if (batch.base_offset != offset) wrong(offset);
            if (records) check_records(b, &reader, &batch);
            offset = batch.last_offset + 1;
            at += batch.bytes.length;
        }
        bytes += (int64_t)out.length;
        tw_buf_clear(&out);
    }
    if (status != TW_END) must(b, status);
    if (offset != tw_log_end(b->log)) wrong(offset);
    tw_buf_free(&out);
    tw_record_reader_close(&reader);
    return bytes;
}

static void report(const char *what, int64_t bytes, int64_t ns) { printf("log %-36s %7.0f MB/s\n", what, (double)bytes * 1e3 / (double)ns); }

static void timed_scan(bench *b, const char *what, bool records) {
    int64_t begin = tw_mono_ns(&b->os), bytes = scan(b, records);
    report(what, bytes, tw_mono_ns(&b->os) - begin);
}

static void remove_folder(bench *b, const char *folder) {
    tw_arena arena;
    const char *const *names;
    int count;
    tw_arena_init(&arena, &b->mem, 4096);
    must(b, tw_dir_list(&arena, folder, &names, &count, &b->error));
    for (int i = 0; i < count; i++) must(b, tw_file_remove(tw_arena_printf(&arena, "%s/%s", folder, names[i]), &b->error));
    tw_arena_free(&arena);
    rmdir(folder);
}

static void run(bench *b, const char *folder, int64_t bytes, bool sync) {
    open_log(b, folder);
    int64_t begin = tw_mono_ns(&b->os);
    append(b, bytes, sync);
    int64_t ns = tw_mono_ns(&b->os) - begin;
    bytes = scan(b, true); /* the check comes before the figures */
    report(sync ? "append, synced every MiB" : "append, synced once at the end", bytes, ns);
    timed_scan(b, "scan, checksums", false);
    timed_scan(b, "scan, checksums and records", true);
    tw_log_close(b->log);
    remove_folder(b, folder);
}

int main(int argc, char **argv) {
    bench b = {0};
    if (argc < 2) {
        fprintf(stderr, "usage: bench_log FOLDER [MEGABYTES [ROUNDS]]\n");
        return 2;
    }
    if (access(argv[1], F_OK) == 0) {
        fprintf(stderr, "bench_log: '%s' exists\n", argv[1]);
        return 1;
    }
    int64_t bytes = (int64_t)(argc > 2 ? atoi(argv[2]) : 512) << 20;
    int rounds = argc > 3 ? atoi(argv[3]) : 3;
    tw_mem_init(&b.mem, NULL, 0);
    tw_mem_share(&b.mem);
    tw_os_real(&b.os);
    make_batches(&b);
    for (int i = 0; i < rounds; i++) {
        run(&b, argv[1], bytes, false);
        run(&b, argv[1], bytes, true);
    }
    tw_buf_free(&b.batches);
    return 0;
}
