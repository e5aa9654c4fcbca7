/* Every format, for src/main/registry.c. */
#ifndef TW_FORMAT_FORMATS_H
#define TW_FORMAT_FORMATS_H

#include "format/format.h"

extern const tw_format tw_format_csv;
extern const tw_format tw_format_json;
extern const tw_format tw_format_raw;

#endif
