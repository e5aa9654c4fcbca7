/* What exists, told to the rooms that may not see each other: SQL validates tables against the descriptions here, the runtime
 * opens sources and sinks through the ops. src/main/registry.c is the only file that fills one. */
#ifndef TW_PLAN_REGISTRY_H
#define TW_PLAN_REGISTRY_H

#include "format/format.h"

typedef struct tw_metadata_info {
    const char *key; /* "timestamp" */
    const tw_type *type;
    bool writable;
    const char *doc;
} tw_metadata_info;

typedef struct tw_connector {
    const char *name; /* "filesystem" */
    const char *doc;
    const tw_option_info *options;
    int noptions;
    const tw_metadata_info *metadata;
    int nmetadata;
    bool takes_format;         /* 'format' is required and the format's options are allowed */
    tw_changelog sink_accepts; /* what the sink can be given; 0: the connector is no sink */
    bool sink_needs_key;       /* an upsert sink: PRIMARY KEY required */
    bool shows_order;          /* the sink is read in the order in which it was written: print, standard output */
    /* Is a scan with these options bounded? NULL: always unbounded. */
    bool (*bounded)(const tw_option *options, int n);
    /* Checks beyond each option by itself (pairs that exclude each other, schemas it cannot do). May be NULL. */
    tw_status (*validate)(const tw_type *schema, const tw_option *options, int n, tw_error *error);
    const struct tw_source_ops *source; /* connector/connector.h; NULL: no source */
    const struct tw_sink_ops *sink;     /* NULL: no sink */
} tw_connector;

typedef struct tw_registry {
    const tw_connector *const *connectors;
    int nconnectors;
    const tw_format *const *formats;
    int nformats;
    const struct tw_operator_ops *const *operators; /* by tw_plan_kind, operator/operator.h */
    int noperators;
} tw_registry;

const tw_connector *tw_registry_connector(const tw_registry *registry, tw_str name);
const tw_format *tw_registry_format(const tw_registry *registry, tw_str name);

#endif
