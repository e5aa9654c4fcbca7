/* libFuzzer: any bytes as JSON lines. Bytes 0 to 2: schema, options, cutting. */
#include "decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const FLAGS[] = {"false", "true"};
    if (size < 3) return 0;
    fuzz_decode f;
    fuzz_decode_begin(&f, &tw_format_json);
    const tw_option options[] = {
        {TW_STR("json.ignore-parse-errors"), tw_str_of(FLAGS[data[1] & 1])},
        {TW_STR("json.fail-on-missing-field"), tw_str_of(FLAGS[(data[1] & 3) == 2])},
        {TW_STR("json.timestamp-format.standard"), tw_str_of(data[1] & 4 ? "ISO-8601" : "SQL")},
    };
    f.schema = fuzz_schema(&f.arena, data[0]);
    f.options = options;
    f.noptions = 3;
    fuzz_decode_run(&f, (const char *)data + 3, size - 3, data[2], false);
    fuzz_decode_end(&f);
    return 0;
}
