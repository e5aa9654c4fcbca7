/* libFuzzer: any bytes as CSV. Bytes 0 to 3: schema, options (two), cutting. */
#include "decode.h"

static const struct {
    const char *key, *value;
} CHOICES[] = {
    {"csv.ignore-parse-errors", "true"},
    {"csv.allow-comments", "true"},
    {"csv.trim-spaces", "true"},
    {"csv.ignore-trailing-unmappable", "true"},
    {"csv.fail-on-missing-columns", "true"},
    {"csv.empty-string-as-null", "true"},
    {"csv.ignore-first-line", "true"},
    {"csv.escape-character", "\\"},
    {"csv.null-literal", "n/a"},
    {"csv.field-delimiter", ";"},
    {"csv.quote-character", "'"},
    {"csv.allow-trailing-comma", "false"},
    {"csv.array-element-delimiter", "::"},
};
enum { NCHOICES = sizeof CHOICES / sizeof *CHOICES };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4) return 0;
    fuzz_decode f;
    tw_option options[NCHOICES];
    fuzz_decode_begin(&f, &tw_format_csv);
    f.schema = fuzz_schema(&f.arena, data[0]);
    f.options = options;
    unsigned chosen = data[1] | (unsigned)data[2] << 8;
    for (int i = 0; i < NCHOICES; i++)
        if (chosen >> i & 1) options[f.noptions++] = (tw_option){tw_str_of(CHOICES[i].key), tw_str_of(CHOICES[i].value)};
    fuzz_decode_run(&f, (const char *)data + 4, size - 4, data[3], false);
    fuzz_decode_end(&f);
    return 0;
}
