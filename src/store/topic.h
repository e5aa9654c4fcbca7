/* Topics: names, configurations and partitions, kept in the catalog under "topic/NAME"; and the offsets that consumer groups commit, under
 * "group/GROUP/TOPIC/PARTITION". */
#ifndef TW_STORE_TOPIC_H
#define TW_STORE_TOPIC_H

#include "store/store.h"

typedef struct tw_topic {
    tw_str name;
    tw_log_config config;
    tw_log *const *partitions;
    int32_t npartitions;
} tw_topic;

enum { TW_TOPIC_NAME_MAX = 249, TW_TOPIC_PARTITIONS_MAX = 4096 };

/* Kafka's rules: 1 to 249 of [A-Za-z0-9._-], not "." or "..". */
tw_status tw_topic_check_name(tw_str name, tw_error *error);
/* One configuration by its Kafka name ("retention.ms", "cleanup.policy", ...). Unknown: names the nearest. */
tw_status tw_topic_config_set(tw_log_config *config, tw_str key, tw_str value, tw_error *error);
/* Every configuration as text, for describe: calls `each` per key; is_default says so. */
void tw_topic_config_each(const tw_log_config *config, void (*each)(void *context, const char *key, const char *value, bool is_default),
                          void *context);

tw_status tw_topic_create(tw_store *store, tw_str name, int32_t npartitions, const tw_log_config *config, tw_error *error);
/* More partitions and/or another configuration; the number never falls. */
tw_status tw_topic_alter(tw_store *store, tw_str name, int32_t npartitions, const tw_log_config *config, tw_error *error);
tw_status tw_topic_delete(tw_store *store, tw_str name, tw_error *error);
/* The topic, and its partitions opened: good until tw_topic_release. TW_E_UNDEFINED_TABLE names the nearest. */
tw_status tw_topic_find(tw_store *store, tw_str name, const tw_topic **out, tw_error *error);
void tw_topic_release(tw_store *store, const tw_topic *topic);
/* Names in order; the arena's. */
tw_status tw_topic_list(tw_store *store, tw_arena *arena, const tw_str **names, int32_t *count, tw_error *error);
/* Retention and compaction over all topics, one commit. */
tw_status tw_topic_clean_all(tw_store *store, int64_t now_ms, tw_error *error);

/* Kafka's default partitioner for keys: (murmur2(key) & 0x7fffffff) % npartitions. */
int32_t tw_topic_partition_of(tw_str key, int32_t npartitions);

/* ---- groups ---- */

/* Puts the offset that a group goes on from into a transaction. */
tw_status tw_group_commit(tw_txn *txn, tw_str group, tw_str topic, int32_t partition, int64_t offset, tw_error *error);
/* -1: the group has none. */
tw_status tw_group_offset(tw_store *store, tw_str group, tw_str topic, int32_t partition, int64_t *offset, tw_error *error);
typedef tw_status (*tw_group_each_fn)(void *context, tw_str group, tw_str topic, int32_t partition, int64_t offset);
tw_status tw_group_each(tw_store *store, tw_str group, tw_group_each_fn each, void *context, tw_error *error); /* group "": all */
tw_status tw_group_delete(tw_store *store, tw_str group, tw_error *error);

#endif
