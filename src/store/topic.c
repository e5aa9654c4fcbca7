/* Topics. What is kept of one, in the catalog under "topic/NAME" (little-endian):
 *
 *     u32 version = 1, u32 partitions, then i64 segment.bytes, segment.ms, retention.bytes, retention.ms, min.compaction.lag.ms, delete.retention.ms,
 *     u32 max.message.bytes, u8 compact, u8 delete, u8 log append time, u32 compression
 *
 * and of each of its partitions, under "log/NAME-P", where it stands (tw_log_state). A topic is opened when it is first asked for and stays open. */
#include <stdio.h>
#include <stdlib.h>

#include "store/store_internal.h"

enum { VERSION = 1, KEY_MAX = 400 };

typedef struct handle {
    tw_topic topic; /* must be first */
    tw_topic_entry *entry;
    size_t size; /* of the allocation */
    tw_log *partitions[];
} handle;

tw_status tw_topic_check_name(tw_str name, tw_error *error) {
    bool good = name.length >= 1 && name.length <= TW_TOPIC_NAME_MAX && !tw_str_equal(name, TW_STR(".")) && !tw_str_equal(name, TW_STR(".."));
    for (size_t i = 0; i < name.length && good; i++) {
        char c = name.data[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    }
    if (good) return TW_OK;
    tw_fail(error, TW_E_INVALID, "'%.*s' cannot be the name of a topic", (int)(name.length > 300 ? 300 : name.length), name.data);
    tw_error_hint(error, "1 to %d letters, digits, '.', '_' and '-'", TW_TOPIC_NAME_MAX);
    return TW_E_INVALID;
}

/* ---- the record ---- */

static tw_str topic_key(tw_str name, char *out) {
    int length = snprintf(out, KEY_MAX, "topic/%.*s", TW_STR_ARG(name));
    return (tw_str){out, (size_t)length};
}

static tw_str log_key(tw_str name, int32_t partition, char *out) {
    int length = snprintf(out, KEY_MAX, "log/%.*s-%d", TW_STR_ARG(name), partition);
    return (tw_str){out, (size_t)length};
}

static void write_topic(const tw_log_config *c, int32_t npartitions, tw_buf *out) {
    tw_buf_u32(out, VERSION);
    tw_buf_u32(out, (uint32_t)npartitions);
    tw_buf_u64(out, (uint64_t)c->segment_bytes);
    tw_buf_u64(out, (uint64_t)c->segment_ms);
    tw_buf_u64(out, (uint64_t)c->retention_bytes);
    tw_buf_u64(out, (uint64_t)c->retention_ms);
    tw_buf_u64(out, (uint64_t)c->min_compaction_lag_ms);
    tw_buf_u64(out, (uint64_t)c->delete_retention_ms);
    tw_buf_u32(out, (uint32_t)c->max_message_bytes);
    tw_buf_byte(out, c->compact);
    tw_buf_byte(out, c->delete_);
    tw_buf_byte(out, c->log_append_time);
    tw_buf_u32(out, (uint32_t)c->compression);
}

static bool read_flag(tw_reader *in) {
    const char *byte = tw_read_raw(in, 1);
    return byte && *byte;
}

static tw_status read_topic(tw_str name, tw_str bytes, tw_log_config *c, int32_t *npartitions, tw_error *error) {
    tw_reader in = {bytes.data, bytes.data + bytes.length, false};
    uint32_t version = tw_read_u32(&in);
    *npartitions = (int32_t)tw_read_u32(&in);
    c->segment_bytes = (int64_t)tw_read_u64(&in);
    c->segment_ms = (int64_t)tw_read_u64(&in);
    c->retention_bytes = (int64_t)tw_read_u64(&in);
    c->retention_ms = (int64_t)tw_read_u64(&in);
    c->min_compaction_lag_ms = (int64_t)tw_read_u64(&in);
    c->delete_retention_ms = (int64_t)tw_read_u64(&in);
    c->max_message_bytes = (int32_t)tw_read_u32(&in);
    c->compact = read_flag(&in);
    c->delete_ = read_flag(&in);
    c->log_append_time = read_flag(&in);
    c->compression = (int)tw_read_u32(&in);
    bool good = !in.failed && version == VERSION && *npartitions >= 1 && *npartitions <= TW_TOPIC_PARTITIONS_MAX && c->compression >= -1 &&
                c->compression <= TW_COMPRESSION_ZSTD;
    return good ? TW_OK : tw_fail(error, TW_E_CORRUPT, "the catalog's record of topic '%.*s' is damaged", TW_STR_ARG(name));
}

/* ---- opened topics; under store->lock ---- */

static tw_status open_partition(tw_store *store, tw_topic_entry *entry, tw_error *error) {
    char key[KEY_MAX], folder[900];
    bool found;
    tw_buf bytes;
    tw_log_state state = {0};
    int32_t partition = entry->npartitions;
    tw_buf_init(&bytes, &store->mem, 0);
    tw_status status = tw_kv_get(store->catalog, log_key(tw_str_of(entry->name), partition, key), &bytes, &found, error);
    if (status == TW_OK && found) status = tw_log_state_read((tw_str){bytes.data, bytes.length}, &state, error);
    snprintf(folder, sizeof folder, "%s/topics/%s-%d", store->path, entry->name, partition);
    if (status == TW_OK) status = tw_log_open(&store->mem, store->os, folder, &entry->config, &state, &entry->partitions[partition], error);
    if (status == TW_OK) entry->npartitions++;
    tw_buf_free(&bytes);
    return status;
}

/* Opens the entry's partitions up to `count`. */
static tw_status open_partitions(tw_store *store, tw_topic_entry *entry, int32_t count, tw_error *error) {
    tw_log **more = tw_realloc(&store->mem, entry->partitions, sizeof *more * (size_t)entry->npartitions, sizeof *more * (size_t)count);
    if (!more) return tw_fail(error, TW_E_NOMEM, "out of memory");
    entry->partitions = more;
    tw_status status = TW_OK;
    while (status == TW_OK && entry->npartitions < count) status = open_partition(store, entry, error);
    if (status != TW_OK) { /* the list has just as many places as it has partitions */
        tw_log **fewer = tw_realloc(&store->mem, more, sizeof *more * (size_t)count, sizeof *more * (size_t)entry->npartitions);
        if (fewer || entry->npartitions == 0) entry->partitions = fewer;
    }
    return status;
}

static void close_entry(tw_store *store, tw_topic_entry *entry) {
    for (int32_t i = 0; i < entry->npartitions; i++) tw_log_close(entry->partitions[i]);
    tw_free(&store->mem, entry->partitions, sizeof *entry->partitions * (size_t)entry->npartitions);
    tw_free(&store->mem, entry, sizeof *entry);
}

static tw_topic_entry **place_of(tw_store *store, tw_str name) {
    tw_topic_entry **at = &store->topics;
    while (*at && !tw_str_equal(tw_str_of((*at)->name), name)) at = &(*at)->next;
    return at;
}

static tw_status stored_topic(tw_store *store, tw_str name, tw_log_config *config, int32_t *npartitions, bool *found, tw_error *error) {
    char key[KEY_MAX];
    tw_buf bytes;
    tw_buf_init(&bytes, &store->mem, 0);
    tw_status status = tw_kv_get(store->catalog, topic_key(name, key), &bytes, found, error);
    if (status == TW_OK && *found) status = read_topic(name, (tw_str){bytes.data, bytes.length}, config, npartitions, error);
    tw_buf_free(&bytes);
    return status;
}

typedef struct nearest {
    tw_str wanted;
    char name[TW_TOPIC_NAME_MAX + 1];
    int distance;
} nearest;

static tw_status compare(void *context, tw_str key, tw_str value) {
    (void)value;
    nearest *n = context;
    tw_str name = {key.data + 6, key.length - 6};
    int distance = tw_str_distance(n->wanted, name, n->distance);
    if (distance >= n->distance || name.length > TW_TOPIC_NAME_MAX) return TW_OK;
    n->distance = distance;
    memcpy(n->name, name.data, name.length);
    n->name[name.length] = 0;
    return TW_OK;
}

static tw_status no_such(tw_store *store, tw_str name, tw_error *error) {
    nearest n = {.wanted = name, .distance = (int)(name.length / 3 < 1 ? 1 : name.length / 3 > 4 ? 4 : name.length / 3) + 1};
    tw_kv_each(store->catalog, TW_STR("topic/"), compare, &n, NULL);
    tw_fail(error, TW_E_UNDEFINED_TABLE, "there is no topic '%.*s'", TW_STR_ARG(name));
    if (n.name[0]) tw_error_hint(error, "did you mean '%s'?", n.name);
    return TW_E_UNDEFINED_TABLE;
}

static tw_status open_entry(tw_store *store, tw_str name, tw_topic_entry **out, tw_error *error) {
    tw_topic_entry **at = place_of(store, name);
    *out = *at;
    if (*at) return TW_OK;
    tw_log_config config;
    int32_t npartitions;
    bool found = false;
    TW_TRY(tw_topic_check_name(name, error));
    TW_TRY(stored_topic(store, name, &config, &npartitions, &found, error));
    if (!found) return no_such(store, name, error);
    tw_topic_entry *entry = tw_calloc(&store->mem, sizeof *entry);
    if (!entry) return tw_fail(error, TW_E_NOMEM, "out of memory");
    memcpy(entry->name, name.data, name.length);
    entry->config = config;
    tw_status status = open_partitions(store, entry, npartitions, error);
    if (status != TW_OK) {
        close_entry(store, entry);
        return status;
    }
    *out = *at = entry;
    return TW_OK;
}

static tw_status make_handle(tw_store *store, tw_topic_entry *entry, const tw_topic **out, tw_error *error) {
    size_t size = sizeof(handle) + sizeof(tw_log *) * (size_t)entry->npartitions;
    handle *h = tw_malloc(&store->mem, size);
    if (!h) return tw_fail(error, TW_E_NOMEM, "out of memory");
    *h = (handle){.topic = {.name = tw_str_of(entry->name), .config = entry->config, .partitions = h->partitions, .npartitions = entry->npartitions},
                  .entry = entry,
                  .size = size};
    memcpy(h->partitions, entry->partitions, sizeof *h->partitions * (size_t)entry->npartitions);
    entry->users++;
    *out = &h->topic;
    return TW_OK;
}

tw_status tw_topic_find(tw_store *store, tw_str name, const tw_topic **out, tw_error *error) {
    tw_topic_entry *entry;
    pthread_mutex_lock(&store->lock);
    tw_status status = open_entry(store, name, &entry, error);
    if (status == TW_OK) status = make_handle(store, entry, out, error);
    pthread_mutex_unlock(&store->lock);
    return status;
}

void tw_topic_release(tw_store *store, const tw_topic *topic) {
    if (!topic) return;
    handle *h = (handle *)topic;
    pthread_mutex_lock(&store->lock);
    h->entry->users--;
    pthread_mutex_unlock(&store->lock);
    tw_free(&store->mem, h, h->size);
}

void tw_topics_close(tw_store *store) {
    while (store->topics) {
        tw_topic_entry *entry = store->topics;
        store->topics = entry->next;
        close_entry(store, entry);
    }
}

/* ---- making and changing ---- */

static tw_status check_partitions(int32_t n, tw_error *error) {
    if (n >= 1 && n <= TW_TOPIC_PARTITIONS_MAX) return TW_OK;
    return tw_fail(error, TW_E_INVALID, "a topic has 1 to %d partitions, not %d", TW_TOPIC_PARTITIONS_MAX, n);
}

static tw_status put_topic(tw_store *store, tw_str name, int32_t npartitions, const tw_log_config *config, tw_error *error) {
    char key[KEY_MAX];
    tw_txn *txn;
    tw_buf bytes;
    TW_TRY(tw_txn_begin(store, &txn, error));
    tw_buf_init(&bytes, &store->mem, 0);
    write_topic(config, npartitions, &bytes);
    tw_status status = bytes.failed ? tw_fail(error, TW_E_NOMEM, "out of memory") : TW_OK;
    if (status == TW_OK) status = tw_txn_put(txn, topic_key(name, key), (tw_str){bytes.data, bytes.length}, error);
    if (status == TW_OK) status = tw_txn_commit(txn, error);
    tw_buf_free(&bytes);
    tw_txn_free(txn);
    return status;
}

tw_status tw_topic_create(tw_store *store, tw_str name, int32_t npartitions, const tw_log_config *config, tw_error *error) {
    tw_log_config old;
    int32_t old_partitions;
    bool found = false;
    TW_TRY(tw_topic_check_name(name, error));
    TW_TRY(check_partitions(npartitions, error));
    TW_TRY(stored_topic(store, name, &old, &old_partitions, &found, error));
    if (found) return tw_fail(error, TW_E_DUPLICATE, "there is a topic '%.*s' already", TW_STR_ARG(name));
    return put_topic(store, name, npartitions, config, error);
}

static tw_status alter_entry(tw_store *store, tw_str name, int32_t npartitions, const tw_log_config *config, tw_error *error) {
    tw_topic_entry *entry = *place_of(store, name);
    if (!entry) return TW_OK;
    entry->config = *config;
    for (int32_t i = 0; i < entry->npartitions; i++) tw_log_configure(entry->partitions[i], config);
    return npartitions > entry->npartitions ? open_partitions(store, entry, npartitions, error) : TW_OK;
}

tw_status tw_topic_alter(tw_store *store, tw_str name, int32_t npartitions, const tw_log_config *config, tw_error *error) {
    tw_log_config old;
    int32_t old_partitions;
    bool found = false;
    TW_TRY(tw_topic_check_name(name, error));
    TW_TRY(check_partitions(npartitions, error));
    TW_TRY(stored_topic(store, name, &old, &old_partitions, &found, error));
    if (!found) return no_such(store, name, error);
    if (npartitions < old_partitions)
        return tw_fail(error, TW_E_INVALID, "topic '%.*s' has %d partitions; their number cannot fall to %d", TW_STR_ARG(name), old_partitions,
                       npartitions);
    TW_TRY(put_topic(store, name, npartitions, config, error));
    pthread_mutex_lock(&store->lock);
    tw_status status = alter_entry(store, name, npartitions, config, error);
    pthread_mutex_unlock(&store->lock);
    return status;
}

/* ---- deleting ---- */

static void remove_folder(tw_store *store, const char *folder) {
    tw_arena arena;
    const char *const *names;
    int count = 0;
    char path[1400];
    tw_error ignored;
    tw_arena_init(&arena, &store->mem, 4096);
    if (tw_dir_list(&arena, folder, &names, &count, &ignored) == TW_OK)
        for (int i = 0; i < count; i++) {
            snprintf(path, sizeof path, "%s/%s", folder, names[i]);
            tw_file_remove(path, &ignored);
        }
    tw_dir_remove(folder, &ignored);
    tw_arena_free(&arena);
}

/* No handle is given out: the topic leaves the list. */
static tw_status take_entry(tw_store *store, tw_str name, tw_topic_entry **out, tw_error *error) {
    pthread_mutex_lock(&store->lock);
    tw_topic_entry **at, *entry;
    tw_status status = open_entry(store, name, &entry, error);
    if (status == TW_OK && entry->users > 0)
        status = tw_fail(error, TW_E_INVALID, "topic '%.*s' is in use by %d readers or writers", TW_STR_ARG(name), entry->users);
    if (status == TW_OK) {
        at = place_of(store, name);
        *at = entry->next;
        *out = entry;
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

tw_status tw_topic_delete(tw_store *store, tw_str name, tw_error *error) {
    char key[KEY_MAX], folder[900];
    tw_topic_entry *entry;
    tw_txn *txn;
    TW_TRY(tw_txn_begin(store, &txn, error));
    tw_status status = take_entry(store, name, &entry, error);
    if (status != TW_OK) {
        tw_txn_free(txn);
        return status;
    }
    int32_t npartitions = entry->npartitions;
    close_entry(store, entry);
    status = tw_txn_delete(txn, topic_key(name, key), error);
    for (int32_t i = 0; i < npartitions && status == TW_OK; i++) status = tw_txn_delete(txn, log_key(name, i, key), error);
    if (status == TW_OK) status = tw_txn_commit(txn, error);
    tw_txn_free(txn);
    for (int32_t i = 0; i < npartitions && status == TW_OK; i++) { /* what a crash leaves here the next open sweeps */
        snprintf(folder, sizeof folder, "%s/topics/%.*s-%d", store->path, TW_STR_ARG(name), i);
        remove_folder(store, folder);
    }
    return status;
}

tw_status tw_topics_sweep(tw_store *store, tw_error *error) {
    tw_arena arena;
    const char *const *names;
    int count;
    char folder[900];
    snprintf(folder, sizeof folder, "%s/topics", store->path);
    tw_arena_init(&arena, &store->mem, 4096);
    tw_status status = tw_dir_list(&arena, folder, &names, &count, error);
    for (int i = 0; status == TW_OK && i < count; i++) {
        const char *dash = strrchr(names[i], '-');
        tw_log_config config;
        int32_t npartitions = 0;
        bool found = false;
        if (!dash) continue;
        status = stored_topic(store, (tw_str){names[i], (size_t)(dash - names[i])}, &config, &npartitions, &found, error);
        if (status != TW_OK || (found && atoi(dash + 1) < npartitions)) continue;
        snprintf(folder, sizeof folder, "%s/topics/%s", store->path, names[i]);
        remove_folder(store, folder);
    }
    tw_arena_free(&arena);
    return status;
}

/* ---- listing, housekeeping ---- */

typedef struct listing {
    tw_arena *arena;
    tw_str *names;
    int32_t count, room;
} listing;

static tw_status list_one(void *context, tw_str key, tw_str value) {
    (void)value;
    listing *l = context;
    if (l->count == l->room) {
        int32_t room = l->room ? l->room * 2 : 16;
        tw_str *more = tw_arena_alloc(l->arena, sizeof *more * (size_t)room);
        if (!more) return TW_E_NOMEM;
        if (l->count) memcpy(more, l->names, sizeof *more * (size_t)l->count);
        l->names = more;
        l->room = room;
    }
    char *copy = tw_arena_strndup(l->arena, key.data + 6, key.length - 6);
    if (!copy) return TW_E_NOMEM;
    l->names[l->count++] = (tw_str){copy, key.length - 6};
    return TW_OK;
}

tw_status tw_topic_list(tw_store *store, tw_arena *arena, const tw_str **names, int32_t *count, tw_error *error) {
    listing l = {.arena = arena};
    tw_status status = tw_store_each(store, TW_STR("topic/"), list_one, &l, error);
    if (status == TW_E_NOMEM) return tw_fail(error, TW_E_NOMEM, "out of memory");
    *names = l.names;
    *count = l.count;
    return status;
}

typedef struct cleaning {
    const tw_topic *topic;
    int64_t now_ms;
} cleaning;

static tw_status clean(void *context, tw_txn *txn, tw_error *error) {
    const cleaning *c = context;
    for (int32_t i = 0; i < c->topic->npartitions; i++) {
        bool changed = false;
        TW_TRY(tw_log_clean(c->topic->partitions[i], c->now_ms, &changed, error));
        if (changed) TW_TRY(tw_txn_log(txn, c->topic->partitions[i], error));
    }
    return TW_OK;
}

tw_status tw_topic_clean_all(tw_store *store, int64_t now_ms, tw_error *error) {
    tw_arena arena;
    const tw_str *names = NULL;
    int32_t count = 0;
    tw_arena_init(&arena, &store->mem, 4096);
    tw_status status = tw_topic_list(store, &arena, &names, &count, error);
    for (int32_t i = 0; i < count && status == TW_OK; i++) {
        cleaning c = {.now_ms = now_ms};
        status = tw_topic_find(store, names[i], &c.topic, error);
        if (status != TW_OK) break;
        status = tw_store_alone(store, clean, &c, error);
        tw_topic_release(store, c.topic);
    }
    tw_arena_free(&arena);
    return status;
}

/* MurmurHash2 as Kafka's clients compute it. */
static uint32_t murmur2(tw_str key) {
    const uint32_t m = 0x5bd1e995;
    uint32_t h = 0x9747b28cU ^ (uint32_t)key.length;
    size_t words = key.length / 4;
    const unsigned char *p = (const unsigned char *)key.data;
    for (size_t i = 0; i < words; i++, p += 4) {
        uint32_t k = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        k *= m;
        k ^= k >> 24;
        k *= m;
        h = h * m ^ k;
    }
    switch (key.length % 4) {
    case 3: h ^= (uint32_t)p[2] << 16; /* fall through */
    case 2: h ^= (uint32_t)p[1] << 8;  /* fall through */
    case 1: h = (h ^ p[0]) * m;
    }
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}

int32_t tw_topic_partition_of(tw_str key, int32_t npartitions) { return (int32_t)((murmur2(key) & 0x7fffffff) % (uint32_t)npartitions); }
