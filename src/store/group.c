/* The offsets of consumer groups, in the catalog: "group/GROUP/TOPIC/PARTITION" -> i64. */
#include <stdio.h>
#include <stdlib.h>

#include "store/store_internal.h"

enum { KEY_MAX = 600 };

static tw_status check_group(tw_str group, tw_error *error) {
    bool good = group.length >= 1 && group.length <= 249 && !memchr(group.data, '/', group.length);
    return good ? TW_OK : tw_fail(error, TW_E_INVALID, "'%.*s' cannot be the name of a group: 1 to 249 bytes without '/'", TW_STR_ARG(group));
}

static tw_str key_of(tw_str group, tw_str topic, int32_t partition, char *out) {
    int length = snprintf(out, KEY_MAX, "group/%.*s/%.*s/%d", TW_STR_ARG(group), TW_STR_ARG(topic), partition);
    return (tw_str){out, (size_t)length};
}

tw_status tw_group_commit(tw_txn *txn, tw_str group, tw_str topic, int32_t partition, int64_t offset, tw_error *error) {
    char key[KEY_MAX], bytes[8];
    TW_TRY(check_group(group, error));
    for (int i = 0; i < 8; i++) bytes[i] = (char)((uint64_t)offset >> (8 * i));
    return tw_txn_put(txn, key_of(group, topic, partition, key), (tw_str){bytes, 8}, error);
}

static int64_t offset_of(tw_str value) {
    tw_reader in = {value.data, value.data + value.length, false};
    return (int64_t)tw_read_u64(&in);
}

tw_status tw_group_offset(tw_store *store, tw_str group, tw_str topic, int32_t partition, int64_t *offset, tw_error *error) {
    char key[KEY_MAX];
    bool found;
    tw_buf bytes;
    *offset = -1;
    TW_TRY(check_group(group, error));
    tw_buf_init(&bytes, &store->mem, 0);
    tw_status status = tw_store_get(store, key_of(group, topic, partition, key), &bytes, &found, error);
    if (status == TW_OK && found) *offset = offset_of((tw_str){bytes.data, bytes.length});
    tw_buf_free(&bytes);
    return status;
}

typedef struct walk {
    tw_group_each_fn each;
    void *context;
} walk;

static tw_status walk_one(void *context, tw_str key, tw_str value) {
    walk *w = context;
    const char *end = key.data + key.length, *group = key.data + 6;
    const char *slash = memchr(group, '/', (size_t)(end - group));
    const char *last = memrchr(key.data, '/', key.length);
    if (!slash || last <= slash) return TW_OK;
    char number[16] = {0};
    size_t digits = (size_t)(end - last - 1);
    memcpy(number, last + 1, digits < sizeof number ? digits : sizeof number - 1);
    return w->each(w->context, (tw_str){group, (size_t)(slash - group)}, (tw_str){slash + 1, (size_t)(last - slash - 1)},
                   (int32_t)strtol(number, NULL, 10), offset_of(value));
}

tw_status tw_group_each(tw_store *store, tw_str group, tw_group_each_fn each, void *context, tw_error *error) {
    char prefix[KEY_MAX];
    walk w = {each, context};
    int length = group.length ? snprintf(prefix, sizeof prefix, "group/%.*s/", TW_STR_ARG(group)) : snprintf(prefix, sizeof prefix, "group/");
    return tw_store_each(store, (tw_str){prefix, (size_t)length}, walk_one, &w, error);
}

typedef struct deleting {
    tw_txn *txn;
    tw_error *error;
    bool any;
} deleting;

static tw_status delete_one(void *context, tw_str key, tw_str value) {
    (void)value;
    deleting *d = context;
    d->any = true;
    return tw_txn_delete(d->txn, key, d->error);
}

tw_status tw_group_delete(tw_store *store, tw_str group, tw_error *error) {
    char prefix[KEY_MAX];
    deleting d = {.error = error};
    TW_TRY(check_group(group, error));
    TW_TRY(tw_txn_begin(store, &d.txn, error));
    int length = snprintf(prefix, sizeof prefix, "group/%.*s/", TW_STR_ARG(group));
    tw_status status = tw_store_each(store, (tw_str){prefix, (size_t)length}, delete_one, &d, error);
    if (status == TW_OK && !d.any) status = tw_fail(error, TW_E_UNDEFINED_TABLE, "there is no group '%.*s'", TW_STR_ARG(group));
    if (status == TW_OK) status = tw_txn_commit(d.txn, error);
    tw_txn_free(d.txn);
    return status;
}
