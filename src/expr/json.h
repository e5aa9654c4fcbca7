/* JSON for the SQL functions: a text becomes a tape of nodes, a path picks nodes, nodes are written out again.
 *
 * Reading is Jackson's: strict JSON, at most 1,000 deep; what follows the first value is ignored (but a number or word must end).
 * Writing is Flink's: no blanks, keys in order, numbers as BigDecimal prints them. */
#ifndef TW_EXPR_JSON_H
#define TW_EXPR_JSON_H

#include "base/buf.h"

typedef enum tw_json_kind {
    TW_JSON_NULL,
    TW_JSON_FALSE,
    TW_JSON_TRUE,
    TW_JSON_NUMBER,
    TW_JSON_STRING, /* from, length: between the quotes, escapes as written */
    TW_JSON_ARRAY,
    TW_JSON_OBJECT /* children: key, value, key, value ... */
} tw_json_kind;

typedef struct tw_json_node {
    uint32_t from, length; /* the token's bytes in the text */
    uint32_t end;          /* number of the node behind this one and its children */
    uint8_t kind;
    bool escaped; /* STRING: has escapes */
} tw_json_node;

/* A document. `nodes` is memory that is used again for the next one. */
typedef struct tw_json {
    tw_str text; /* borrowed */
    tw_buf nodes;
} tw_json;

#define TW_JSON_NODE(json, n) (&((const tw_json_node *)(const void *)(json)->nodes.data)[n])

/* Fills json->nodes (node 0 is the value). False: not JSON, or out of memory (json->nodes.failed). */
bool tw_json_parse(tw_json *json, tw_str text);
/* The node of a key in object `n`, the last of equals, or 0. */
uint32_t tw_json_member(const tw_json *json, uint32_t n, tw_str key);

/* Appends a STRING's characters, a NUMBER, TRUE or FALSE as text. */
void tw_json_scalar_text(const tw_json *json, uint32_t n, tw_buf *out);
/* Appends the node as JSON. */
void tw_json_write(const tw_json *json, uint32_t n, tw_buf *out);
/* Appends text as a JSON string with its quotes. */
void tw_json_quote(tw_str text, tw_buf *out);
static inline bool tw_json_is_scalar(const tw_json *json, uint32_t n) { return TW_JSON_NODE(json, n)->kind < TW_JSON_ARRAY; }

/* ---- paths: $ .name ['name'] [n] [-n] [n,m] [a:b] [*] .* ..name ..* ---- */

enum { TW_JSON_STEPS = 32, TW_JSON_PATH_TEXT = 512 };

typedef enum tw_json_step_kind { TW_STEP_NAME, TW_STEP_INDEX, TW_STEP_SLICE, TW_STEP_ANY } tw_json_step_kind;

typedef struct tw_json_step {
    tw_json_step_kind kind;
    bool deep; /* .. before it: at any depth */
    bool has_to;
    uint16_t at, length; /* NAME: in text */
    int64_t from, to;    /* INDEX: from; SLICE: from .. to, negative from the end */
} tw_json_step;

typedef enum tw_json_path_error { TW_PATH_OK, TW_PATH_INVALID, TW_PATH_UNSUPPORTED } tw_json_path_error;

typedef struct tw_json_path {
    bool lax;
    bool definite; /* gives one node, not a list */
    tw_json_path_error error;
    int32_t count, deep_steps;
    tw_json_step steps[TW_JSON_STEPS];
    char text[TW_JSON_PATH_TEXT];
} tw_json_path;

/* Fills `path`; what is wrong stands in path->error. "lax ..." or "strict ..."; strict when neither is said. */
void tw_json_path_compile(tw_json_path *path, tw_str text);
/* Appends the numbers (uint32_t) of the nodes that the path picks. False: a definite path leads nowhere. */
bool tw_json_path_pick(const tw_json_path *path, const tw_json *json, tw_buf *picked);

#endif
