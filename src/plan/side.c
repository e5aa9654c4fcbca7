/* The rows of side tables, as sql and runtime both need them. */
#include "plan/plan.h"

#define FIELD(name, type) {{name, sizeof(name) - 1}, &type}
static const tw_field LATE[] = {FIELD("row", TW_TYPE_STRING),       FIELD("rowtime", TW_TYPE_TIMESTAMP_3),
                                FIELD("partition", TW_TYPE_STRING), FIELD("watermark", TW_TYPE_TIMESTAMP_3),
                                FIELD("operator", TW_TYPE_STRING),  FIELD("missed", TW_TYPE_STRING)};
static const tw_field ERRORS[] = {FIELD("raw", TW_TYPE_BYTES),     FIELD("error", TW_TYPE_STRING),  FIELD("source", TW_TYPE_STRING),
                                  FIELD("line", TW_TYPE_BIGINT),   FIELD("offset", TW_TYPE_BIGINT), FIELD("time", TW_TYPE_LTZ_3),
                                  FIELD("version", TW_TYPE_STRING)};
static const tw_field FAILED[] = {FIELD("operator", TW_TYPE_STRING), FIELD("expression", TW_TYPE_STRING), FIELD("row", TW_TYPE_STRING),
                                  FIELD("error", TW_TYPE_STRING),    FIELD("change", TW_TYPE_STRING),     FIELD("time", TW_TYPE_LTZ_3)};
#define ROW(fields_) {.kind = TW_ROW, .nfields = (int32_t)(sizeof fields_ / sizeof *fields_), .fields = fields_, .length = TW_LENGTH_MAX}
static const tw_type ROWS[] = {[TW_SIDE_LATE] = ROW(LATE), [TW_SIDE_SOURCE_ERRORS] = ROW(ERRORS), [TW_SIDE_TARGET_ERRORS] = ROW(FAILED)};

const tw_type *tw_side_row(tw_side_kind kind) { return &ROWS[kind]; }
