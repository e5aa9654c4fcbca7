/* What the csv decoder and encoder share. */
#ifndef TW_FORMAT_CSV_H
#define TW_FORMAT_CSV_H

#include "format/formats.h"

/* The options, read. Characters are single bytes; -1: off. */
typedef struct tw_csv_options {
    int delimiter, quote, escape;
    bool comments, ignore_errors, trim, ignore_trailing, trailing_comma, missing_ok, empty_null, skip_first;
    bool scientific;     /* encoder: decimals as BigDecimal.toString after stripping zeros */
    tw_str null_literal; /* data NULL: none */
    tw_str array_delimiter;
} tw_csv_options;

tw_status tw_csv_options_read(const tw_option *options, int n, tw_csv_options *out, tw_error *error);
tw_status tw_csv_encoder_open(tw_mem *mem, const tw_type *row, const tw_option *options, int noptions, const tw_zone *zone, tw_encoder **out,
                              tw_error *error);
tw_status tw_csv_encode(tw_encoder *encoder, const tw_batch *batch, int32_t from, int32_t to, tw_buf *out);
void tw_csv_encoder_close(tw_encoder *encoder);

#endif
