/* libFuzzer: any bytes as raw lines. Bytes 0 to 2: type, byte order, cutting. */
#include "decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const tw_type *const TYPES[] = {&TW_TYPE_STRING, &TW_TYPE_BYTES, &TW_TYPE_INTEGER, &TW_TYPE_DOUBLE, &TW_TYPE_BOOLEAN, &TW_TYPE_SMALLINT};
    if (size < 3) return 0;
    fuzz_decode f;
    fuzz_decode_begin(&f, &tw_format_raw);
    const tw_option option = {TW_STR("raw.endianness"), tw_str_of(data[1] & 1 ? "little-endian" : "big-endian")};
    f.schema = FUZZ_ROW(&f.arena, fuzz_field("v", TYPES[data[0] % 6]));
    f.options = &option;
    f.noptions = 1;
    fuzz_decode_run(&f, (const char *)data + 3, size - 3, data[2], data[0] % 6 < 2 && !memchr(data + 3, '\r', size - 3)); /* \r\n ends a line, too */
    fuzz_decode_end(&f);
    return 0;
}
