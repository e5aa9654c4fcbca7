/* Inside of the json format: what the decoder's parts share.
 *
 * The decoder walks each line once, straight into columns. Nothing looks for the end of the line first: no scan ever
 * steps over '\n', so a line end is the sentinel that stops every loop, and bounds need no checks (TW_DECODE_PAD covers the
 * widest load). A line that fails is one bad record; its row is written over by the next.
 *
 * Keys are predicted: each object node remembers the bytes between the values of the last record (`,"price":`) and compares
 * them with one vector compare; only a difference parses the key.
 *
 *   json_kernel.h  the hot path, compiled once per instruction set by json_avx2.c and json_plain.c
 *   json_value.c   what the hot path leaves: other number forms, coercions, escapes, skipping with full checks
 *   json.c         options, the node tree, lines
 *   json_encode.c  the encoder */
#ifndef TW_FORMAT_JSON_H
#define TW_FORMAT_JSON_H

#include "format/formats.h"
#include "format/rows.h"

#define TW_JSON_DEPTH 512 /* nested containers in a document */
#define TW_JSON_SLOT  32  /* bytes of a predicted key with its punctuation */
#define TW_JSON_SLOTS 128 /* predicted keys per object */

typedef struct tw_json_node tw_json_node;

typedef struct tw_json_slot {
    char text[TW_JSON_SLOT]; /* what precedes the value: '{' or ',', blanks, the key, ':', blanks */
    char mask[TW_JSON_SLOT]; /* ff for each byte of text */
    uint32_t length;
    int32_t field; /* of the node, -1: skipped */
} tw_json_slot;

/* One per wanted type position. */
struct tw_json_node {
    tw_dcol *column;
    tw_kind kind;
    tw_phys phys;
    bool overwrites; /* holds no list: a row of it may be written out of order */
    int32_t nfields; /* ROW: its fields; ARRAY 1; MAP, MULTISET 2 */
    tw_json_node *fields;
    const tw_field *names; /* ROW */
    uint32_t *buckets;     /* ROW: field + 1 by hash of the name, open addressing */
    uint32_t bucket_mask;
    uint64_t *seen;      /* ROW of more than 64 fields: one bit each */
    tw_json_slot *slots; /* ROW */
    int32_t nslots;
};

typedef struct tw_json {
    const tw_format *format;
    tw_mem *mem;
    tw_arena arena;
    tw_rows rows;
    tw_json_node root;
    bool ignore_errors, fail_on_missing;
    tw_text_rules rules;
    uint64_t *pos; /* line of each row */
    char *tail;    /* the last line when it has no line end, with one */
    size_t tail_size;
    bool nomem;
    char message[200]; /* of the line that failed */
    /* the minute of the last timestamp: its text and milliseconds */
    char minute[16];
    int64_t minute_ms;
    const char *(*object)(struct tw_json *, tw_json_node *, const char *, int32_t);
} tw_json;

/* Parses the object at p ('{') into the row. Returns the byte behind it; NULL: message or nomem is set. */
const char *tw_json_object_plain(tw_json *json, tw_json_node *node, const char *p, int32_t row);
const char *tw_json_object_avx2(tw_json *json, tw_json_node *node, const char *p, int32_t row);

/* Sets the message; always NULL. */
const char *tw_json_error(tw_json *json, const char *format, ...) TW_PRINTF(2, 3);
const char *tw_json_nomem(tw_json *json);
/* Any value that is not the column's ordinary form: coerces as Flink does, or fails (ignore_errors: NULL). */
const char *tw_json_coerce(tw_json *json, tw_json_node *node, const char *p, int32_t row);
/* Checks and steps over any value. */
const char *tw_json_skip(tw_json *json, const char *p, int depth);
/* The string at p (the quote) as text: borrows, or lies in the heap when it had escapes. */
const char *tw_json_string(tw_json *json, const char *p, tw_str *out);
/* Punctuation and key in front of the next value, learned as slot `k`. *field: -1 skip, -2 the object ended. */
const char *tw_json_key(tw_json *json, tw_json_node *node, const char *p, bool first, int32_t k, int32_t *field);
/* NULLs for the fields that are not in `seen`. */
const char *tw_json_missing(tw_json *json, tw_json_node *node, const char *p, uint64_t seen, int32_t row);

static inline bool tw_json_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
static inline const char *tw_json_blanks(const char *p) {
    while (TW_UNLIKELY(tw_json_blank(*p))) p++;
    return p;
}

tw_status tw_json_encoder_open(tw_mem *mem, const tw_type *row, const tw_option *options, int noptions, const tw_zone *zone, tw_encoder **out,
                               tw_error *error);
tw_status tw_json_encode(tw_encoder *encoder, const tw_batch *batch, int32_t from, int32_t to, tw_buf *out);
void tw_json_encoder_close(tw_encoder *encoder);
/* A JSON string with its quotes. */
void tw_json_write_text(tw_buf *out, tw_str text);

#endif
