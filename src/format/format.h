/* Formats: bytes <-> batches. A format has a decoder, an encoder or both; each is an ops table in its own file.
 *
 * Decoding is told which columns the query reads (`wanted`, possibly with nested rows pruned) and makes only those, straight
 * into columns. Strings borrow from the bytes where they can. A record that does not fit is no error of the call: it is reported
 * as a tw_bad_record and skipped. */
#ifndef TW_FORMAT_FORMAT_H
#define TW_FORMAT_FORMAT_H

#include "data/batch.h"
#include "data/datetime.h"

/* One option as given in WITH (...); both views are borrowed from the plan. */
typedef struct tw_option {
    tw_str key, value;
} tw_option;

/* What an option is, for validation, EXPLAIN and docs. Key without the format's prefix ("ignore-parse-errors"). */
typedef enum tw_option_kind {
    TW_OPTION_STRING,
    TW_OPTION_BOOLEAN,
    TW_OPTION_INTEGER, /* with an optional range in `limits` */
    TW_OPTION_DOUBLE,
    TW_OPTION_DURATION, /* "10 s", "200 ms", "1 min": value in ms */
    TW_OPTION_SIZE,     /* "64 kb": value in bytes */
    TW_OPTION_ENUM      /* `limits` lists the values, separated by | */
} tw_option_kind;

typedef struct tw_option_info {
    const char *key; /* a key that ends in ".*" or begins with "fields.#." is a family: see tw_option_matches */
    tw_option_kind kind;
    const char *fallback; /* text of the default; NULL: none */
    bool required;
    const char *limits;
    const char *doc;
} tw_option_info;

/* Parsed readings of an option value. false: not of that form. */
bool tw_option_boolean(tw_str text, bool *out);
bool tw_option_duration(tw_str text, int64_t *ms); /* Flink's units: ns us ms s min h d and their long names; bare = ms */
bool tw_option_size(tw_str text, int64_t *bytes);
/* The option's value, or an empty string with data NULL when it is not given. The last of equal keys counts. */
tw_str tw_option_get(const tw_option *options, int n, const char *key);
/* Checks every option against the infos of connector and format: unknown (names the nearest), missing, malformed. `prefix` is
 * put before each info's key ("json."), NULL for none. */
bool tw_option_matches(const tw_option_info *info, const char *prefix, tw_str key);
tw_status tw_option_check(const tw_option_info *info, tw_str key, tw_str value, tw_error *error);
/* A list of infos and the prefix of their keys. */
typedef struct tw_option_infos {
    const tw_option_info *infos;
    int n;
    const char *prefix; /* "json", NULL for none */
} tw_option_infos;
/* The whole WITH clause against every list; "connector" and "format" are known by themselves. */
tw_status tw_options_check(const tw_option *options, int n, const tw_option_infos *known, int nknown, tw_error *error);
/* Short readings of checked options: the value or the fallback. `key` in full ("csv.allow-comments"). */
bool tw_option_flag(const tw_option *options, int n, const char *key, bool fallback);
int64_t tw_option_int(const tw_option *options, int n, const char *key, int64_t fallback);

/* A record that could not be decoded. */
typedef struct tw_bad_record {
    uint64_t offset; /* of its first byte, from the start of the split's (decompressed) bytes */
    uint64_t line;   /* from 1; 0 when the format has no lines */
    tw_str bytes;    /* borrowed until the next decode call; cut at 64 KiB */
    char error[200];
} tw_bad_record;

#define TW_BAD_RECORDS 256 /* per decode call; decoding stops early when it is reached */
#define TW_DECODE_PAD  64  /* readable bytes (any value) behind what a decoder is given */

typedef struct tw_decode {
    /* in */
    const char *bytes; /* whole records, the last one possibly cut; TW_DECODE_PAD readable bytes behind */
    size_t length;
    bool last;        /* no more bytes will follow: a cut record is the last record */
    int32_t max_rows; /* 1 .. TW_BATCH_ROWS */
    uint64_t offset;  /* of bytes[0] in the split, for positions */
    uint64_t line;    /* number of the first line, from 1 */
    /* out */
    size_t consumed; /* bytes used up: whole records only, unless `last` */
    uint64_t lines;  /* lines used up */
    tw_batch batch;  /* rows; columns as in `wanted`; valid until the next call or until `bytes` go */
    tw_bad_record bad[TW_BAD_RECORDS];
    int32_t nbad;
} tw_decode;

typedef struct tw_decoder tw_decoder; /* begins with a `const tw_format *` */
typedef struct tw_encoder tw_encoder;

typedef struct tw_format {
    const char *name; /* "json": also the prefix of its options */
    const char *doc;
    const tw_option_info *options;
    int noptions;
    bool record_is_line;    /* every record is one line, whatever is in it */
    tw_changelog changelog; /* what decoding yields: TW_APPEND, TW_RETRACT, TW_UPSERT */
    /* `schema` is the table's physical row in full, `wanted` what is to be made: a sub-row of it in the table's order, nested ROW
     * fields possibly pruned. Errors: an option or a type that the format cannot do. Types and options are borrowed. */
    tw_status (*decoder_open)(tw_mem *mem, const tw_type *schema, const tw_type *wanted, const tw_option *options, int noptions, const tw_zone *zone,
                              tw_decoder **out, tw_error *error);
    /* Decodes up to max_rows rows. TW_OK also when nothing was consumed (a record longer than the bytes: the caller brings more, up to
     * its limit). Only TW_E_NOMEM and TW_E_INTERNAL are errors. */
    tw_status (*decode)(tw_decoder *decoder, tw_decode *io);
    void (*decoder_close)(tw_decoder *decoder);
    tw_status (*encoder_open)(tw_mem *mem, const tw_type *row, const tw_option *options, int noptions, const tw_zone *zone, tw_encoder **out,
                              tw_error *error);
    /* Appends rows [from, to) with their line ends. A format that carries changes writes kinds; others are only given +I. */
    tw_status (*encode)(tw_encoder *encoder, const tw_batch *batch, int32_t from, int32_t to, tw_buf *out);
    void (*encoder_close)(tw_encoder *encoder);
} tw_format;

/* Text of one value as Flink's print connector writes it (RowData -> Row -> toString: 2020-10-10T00:00, +I[..], [a, b], {k=v}). */
void tw_print_value(tw_buf *out, const tw_column *column, int64_t row);
/* Text of one value as JSON (as the json format encodes it), for nested values and --format json. */
void tw_json_value(tw_buf *out, const tw_column *column, int64_t row);

#endif
