/* The json decoder over a file of bids held in memory: 4 of 7 fields, every value read into a checksum that must equal what
 * jansson and plain arithmetic give. Prints rows/s and CPU-seconds per million rows.
 *
 *     bench_json FILE [ROUNDS] */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/formats.h"
#include "os/os.h"

typedef struct sums {
    uint64_t rows, auction, price, time, text;
} sums;

static uint64_t text_sum(const char *s, size_t n) {
    uint64_t h = n;
    for (size_t i = 0; i < n; i++) h += (uint64_t)(unsigned char)s[i] * (i + 1);
    return h;
}

static sums oracle(const tw_buf *file) {
    sums total = {0};
    const char *p = file->data, *end = p + file->length;
    while (p < end) {
        const char *line_end = memchr(p, '\n', (size_t)(end - p));
        json_t *doc = json_loadb(p, (size_t)(line_end - p), 0, NULL);
        int y, mo, d, h, mi, s, ms;
        sscanf(json_string_value(json_object_get(doc, "dateTime")), "%d-%d-%d %d:%d:%d.%d", &y, &mo, &d, &h, &mi, &s, &ms);
        const char *channel = json_string_value(json_object_get(doc, "channel"));
        total.rows++;
        total.auction += (uint64_t)json_integer_value(json_object_get(doc, "auction"));
        total.price += (uint64_t)json_integer_value(json_object_get(doc, "price"));
        total.time += (uint64_t)(tw_days_from_civil(y, mo, d) * TW_DAY_MS + ((h * 60 + mi) * 60 + s) * 1000 + ms);
        total.text += text_sum(channel, strlen(channel));
        json_decref(doc);
        p = line_end + 1;
    }
    return total;
}

static void add(sums *total, const tw_batch *b) {
    const int64_t *auction = b->columns[0].values, *price = b->columns[1].values, *time = b->columns[3].values;
    const tw_sview *channel = b->columns[2].values;
    total->rows += (uint64_t)b->rows;
    for (int32_t i = 0; i < b->rows; i++) {
        total->auction += (uint64_t)auction[i];
        total->price += (uint64_t)price[i];
        total->time += (uint64_t)time[i];
        total->text += text_sum(tw_sview_data(&channel[i]), channel[i].length);
    }
}

static sums decode(tw_decoder *decoder, tw_decode *io, const tw_buf *file) {
    sums total = {0};
    size_t at = 0;
    while (at < file->length) {
        size_t chunk = file->length - at < 1 << 20 ? file->length - at : 1 << 20;
        io->bytes = file->data + at;
        io->length = chunk;
        io->last = at + chunk == file->length;
        io->max_rows = TW_BATCH_ROWS;
        io->offset = at;
        io->line = 1;
        if (tw_format_json.decode(decoder, io) != TW_OK || io->nbad || io->consumed == 0) {
            fprintf(stderr, "decode failed: %s\n", io->nbad ? io->bad[0].error : "nothing consumed");
            exit(1);
        }
        add(&total, &io->batch);
        at += io->consumed;
    }
    return total;
}

int main(int argc, char **argv) {
    tw_mem mem;
    tw_error error;
    tw_arena arena;
    tw_buf file;
    tw_decoder *decoder;
    tw_os os;
    static tw_decode io;
    if (argc < 2) return 2;
    int rounds = argc > 2 ? atoi(argv[2]) : 5;
    tw_os_real(&os);
    tw_mem_init(&mem, NULL, 0);
    tw_arena_init(&arena, &mem, 4096);
    tw_buf_init(&file, &mem, 0);
    if (tw_file_load(argv[1], SIZE_MAX, &file, &error) != TW_OK || !tw_buf_reserve(&file, TW_DECODE_PAD)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    const tw_field full[] = {{TW_STR("auction"), &TW_TYPE_BIGINT}, {TW_STR("bidder"), &TW_TYPE_BIGINT}, {TW_STR("price"), &TW_TYPE_BIGINT},
                             {TW_STR("channel"), &TW_TYPE_STRING}, {TW_STR("url"), &TW_TYPE_STRING},    {TW_STR("dateTime"), &TW_TYPE_TIMESTAMP_3},
                             {TW_STR("extra"), &TW_TYPE_STRING}};
    const tw_field some[] = {full[0], full[2], full[3], full[5]};
    const tw_type *schema = tw_type_row(&arena, full, 7), *wanted = tw_type_row(&arena, some, 4);
    if (tw_format_json.decoder_open(&mem, schema, wanted, NULL, 0, NULL, &decoder, &error) != TW_OK) return 1;
    sums expected = oracle(&file);
    for (int i = 0; i < rounds; i++) {
        int64_t wall = tw_mono_ns(&os), cpu = tw_cpu_ns();
        sums got = decode(decoder, &io, &file);
        wall = tw_mono_ns(&os) - wall;
        cpu = tw_cpu_ns() - cpu;
        if (memcmp(&got, &expected, sizeof got) != 0) {
            fprintf(stderr, "the checksum differs from the oracle's\n");
            return 1;
        }
        printf("json 4 of 7 fields: %.2f M rows/s, %.0f MB/s, %.3f CPU-s per M rows\n", (double)got.rows * 1e3 / (double)wall,
               (double)file.length * 1e3 / (double)wall, (double)cpu / 1e3 / (double)got.rows);
    }
    tw_format_json.decoder_close(decoder);
    tw_buf_free(&file);
    tw_arena_free(&arena);
    return 0;
}
