/* The catalog: a small map from strings to bytes in RocksDB, written in batches with sync. It is opened so that a torn end of its write-ahead log is
 * cut and damage before that is refused. Any thread may read; one writes. */
#ifndef TW_STORE_KV_H
#define TW_STORE_KV_H

#include "base/buf.h"
#include "base/error.h"

typedef struct tw_kv tw_kv;

tw_status tw_kv_open(tw_mem *mem, const char *path, tw_kv **out, tw_error *error);
void tw_kv_close(tw_kv *catalog);
/* Appends the bytes of a key to `out`. */
tw_status tw_kv_get(tw_kv *catalog, tw_str key, tw_buf *out, bool *found, tw_error *error);
typedef tw_status (*tw_kv_each_fn)(void *context, tw_str key, tw_str value);
tw_status tw_kv_each(tw_kv *catalog, tw_str prefix, tw_kv_each_fn each, void *context, tw_error *error);

/* One batch: put together, then written with sync, all or nothing. */
void tw_kv_begin(tw_kv *catalog);
void tw_kv_put(tw_kv *catalog, tw_str key, tw_str value);
void tw_kv_delete(tw_kv *catalog, tw_str key);
/* TW_E_DISK_FULL, TW_E_IO: what became of the batch is not known until tw_kv_reopen has succeeded and the caller has looked. */
tw_status tw_kv_write(tw_kv *catalog, tw_error *error);
tw_status tw_kv_reopen(tw_kv *catalog, tw_error *error);

#endif
