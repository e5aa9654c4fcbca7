/* The configurations of topics, by Kafka's names. */
#include <stdio.h>
#include <stdlib.h>

#include "store/topic.h"

typedef enum kind { KIND_I64, KIND_I32, KIND_POLICY, KIND_TIME, KIND_COMPRESSION } kind;

typedef struct config {
    const char *key;
    kind kind;
    size_t at; /* in tw_log_config */
    int64_t least, most;
} config;

#define AT(field) offsetof(tw_log_config, field)
static const config CONFIGS[] = {
    {"cleanup.policy", KIND_POLICY, 0, 0, 0},
    {"compression.type", KIND_COMPRESSION, AT(compression), 0, 0},
    {"delete.retention.ms", KIND_I64, AT(delete_retention_ms), 0, INT64_MAX},
    {"max.message.bytes", KIND_I32, AT(max_message_bytes), TW_RECORD_BATCH_HEAD, INT32_MAX},
    {"message.timestamp.type", KIND_TIME, AT(log_append_time), 0, 0},
    {"min.compaction.lag.ms", KIND_I64, AT(min_compaction_lag_ms), 0, INT64_MAX},
    {"retention.bytes", KIND_I64, AT(retention_bytes), -1, INT64_MAX},
    {"retention.ms", KIND_I64, AT(retention_ms), -1, INT64_MAX},
    {"segment.bytes", KIND_I64, AT(segment_bytes), 14, INT64_MAX},
    {"segment.ms", KIND_I64, AT(segment_ms), 1, INT64_MAX},
};
enum { NCONFIGS = sizeof CONFIGS / sizeof *CONFIGS };

/* By tw_compression; -1 is the producer's. */
static const char *const COMPRESSIONS[] = {"uncompressed", "gzip", "snappy", "lz4", "zstd"};

static tw_status bad_value(const config *c, tw_str value, const char *expected, tw_error *error) {
    tw_fail(error, TW_E_INVALID, "'%.*s' is not a value of %s", TW_STR_ARG(value), c->key);
    tw_error_hint(error, "%s", expected);
    return TW_E_INVALID;
}

static tw_status set_number(const config *c, void *place, tw_str value, tw_error *error) {
    char text[32] = {0}, *end, expected[96];
    snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)c->least, (long long)c->most);
    if (value.length == 0 || value.length >= sizeof text) return bad_value(c, value, expected, error);
    memcpy(text, value.data, value.length);
    long long number = strtoll(text, &end, 10);
    if (*end || number < c->least || number > c->most) return bad_value(c, value, expected, error);
    if (c->kind == KIND_I32)
        *(int32_t *)place = (int32_t)number;
    else
        *(int64_t *)place = number;
    return TW_OK;
}

static tw_status set_policy(const config *c, tw_log_config *into, tw_str value, tw_error *error) {
    bool compact = false, delete = false;
    for (size_t at = 0; at <= value.length;) {
        const char *comma = memchr(value.data + at, ',', value.length - at);
        size_t end = comma ? (size_t)(comma - value.data) : value.length;
        tw_str word = {value.data + at, end - at};
        if (tw_str_equal(word, TW_STR("compact")))
            compact = true;
        else if (tw_str_equal(word, TW_STR("delete")))
            delete = true;
        else
            return bad_value(c, value, "compact, delete, or compact,delete", error);
        at = end + 1;
    }
    into->compact = compact;
    into->delete_ = delete;
    return TW_OK;
}

static tw_status set_compression(const config *c, tw_log_config *into, tw_str value, tw_error *error) {
    if (tw_str_equal(value, TW_STR("producer"))) {
        into->compression = -1;
        return TW_OK;
    }
    for (int i = 0; i < (int)(sizeof COMPRESSIONS / sizeof *COMPRESSIONS); i++) {
        if (!tw_str_equal(value, tw_str_of(COMPRESSIONS[i]))) continue;
        into->compression = i;
        return TW_OK;
    }
    return bad_value(c, value, "producer, uncompressed, gzip, snappy, lz4 or zstd", error);
}

static tw_status set_time(const config *c, tw_log_config *into, tw_str value, tw_error *error) {
    into->log_append_time = tw_str_equal(value, TW_STR("LogAppendTime"));
    if (into->log_append_time || tw_str_equal(value, TW_STR("CreateTime"))) return TW_OK;
    return bad_value(c, value, "CreateTime or LogAppendTime", error);
}

static tw_status unknown(tw_str key, tw_error *error) {
    const char *names[NCONFIGS];
    for (int i = 0; i < NCONFIGS; i++) names[i] = CONFIGS[i].key;
    const char *nearest = tw_str_nearest(key, names, NCONFIGS);
    tw_fail(error, TW_E_UNDEFINED_OPTION, "a topic has no configuration '%.*s'", TW_STR_ARG(key));
    if (nearest) tw_error_hint(error, "did you mean '%s'?", nearest);
    return TW_E_UNDEFINED_OPTION;
}

tw_status tw_topic_config_set(tw_log_config *into, tw_str key, tw_str value, tw_error *error) {
    for (int i = 0; i < NCONFIGS; i++) {
        const config *c = &CONFIGS[i];
        if (!tw_str_equal(key, tw_str_of(c->key))) continue;
        switch (c->kind) {
        case KIND_POLICY: return set_policy(c, into, value, error);
        case KIND_COMPRESSION: return set_compression(c, into, value, error);
        case KIND_TIME: return set_time(c, into, value, error);
        default: return set_number(c, (char *)into + c->at, value, error);
        }
    }
    return unknown(key, error);
}

static void value_text(const config *c, const tw_log_config *from, char *out, size_t size) {
    const void *place = (const char *)from + c->at;
    switch (c->kind) {
    case KIND_I64: snprintf(out, size, "%lld", (long long)*(const int64_t *)place); break;
    case KIND_I32: snprintf(out, size, "%d", *(const int32_t *)place); break;
    case KIND_POLICY:
        snprintf(out, size, "%s%s%s", from->compact ? "compact" : "", from->compact && from->delete_ ? "," : "", from->delete_ ? "delete" : "");
        break;
    case KIND_TIME: snprintf(out, size, "%s", from->log_append_time ? "LogAppendTime" : "CreateTime"); break;
    case KIND_COMPRESSION: snprintf(out, size, "%s", from->compression < 0 ? "producer" : COMPRESSIONS[from->compression]); break;
    }
}

void tw_topic_config_each(const tw_log_config *from, void (*each)(void *context, const char *key, const char *value, bool is_default),
                          void *context) {
    tw_log_config defaults;
    tw_log_config_default(&defaults);
    for (int i = 0; i < NCONFIGS; i++) {
        char value[32], usual[32];
        value_text(&CONFIGS[i], from, value, sizeof value);
        value_text(&CONFIGS[i], &defaults, usual, sizeof usual);
        each(context, CONFIGS[i].key, value, strcmp(value, usual) == 0);
    }
}
