/* What the files of the store know of each other. */
#ifndef TW_STORE_STORE_INTERNAL_H
#define TW_STORE_STORE_INTERNAL_H

#include <pthread.h>

#include "store/kv.h"
#include "store/store.h"
#include "store/topic.h"

enum { TW_STORE_LISTENERS = 64 };

/* A topic that has been opened; its partitions stay open until the store closes or the topic goes. */
typedef struct tw_topic_entry {
    struct tw_topic_entry *next;
    char name[TW_TOPIC_NAME_MAX + 1];
    tw_log_config config;
    tw_log **partitions;
    int32_t npartitions;
    int32_t users; /* handles given out */
} tw_topic_entry;

struct tw_store {
    tw_mem *parent;
    tw_mem mem; /* shared: of the whole store */
    tw_os *os;
    char path[512];
    tw_file lock_file;
    bool locked;
    tw_kv *catalog;
    pthread_mutex_t lock; /* topics, listeners */
    tw_topic_entry *topics;
    struct {
        tw_store_listener woken;
        void *context;
    } listeners[TW_STORE_LISTENERS];
    int32_t nlisteners;

    /* commits; txn.c */
    pthread_mutex_t queue_lock;
    pthread_cond_t queue_moved;
    tw_txn *queue;            /* waiting, in order of arrival */
    bool leading;             /* a thread is committing */
    bool broken;              /* a sync failed: nothing is known of the files any more */
    uint64_t number;          /* of the last commit */
    pthread_rwlock_t visible; /* held to publish a commit, and to look at several ends */
    tw_store_stats stats;     /* under queue_lock */
};

void tw_store_notify(tw_store *store);
/* Name of something in the data directory from its path. */
tw_str tw_store_name_of(const tw_store *store, const char *path);
void tw_log_state_write(const tw_log_state *state, tw_buf *out);
tw_status tw_log_state_read(tw_str bytes, tw_log_state *out, tw_error *error);
/* Runs `work` while nothing commits: what it changes in logs is committed with it. */
typedef tw_status (*tw_store_work)(void *context, tw_txn *txn, tw_error *error);
tw_status tw_store_alone(tw_store *store, tw_store_work work, void *context, tw_error *error);
/* Of `work`: the log has changed, its state goes into the commit. */
tw_status tw_txn_log(tw_txn *txn, tw_log *log, tw_error *error);
void tw_topics_close(tw_store *store);
/* Folders of topics that the catalog does not have: deleted topics, half made ones. */
tw_status tw_topics_sweep(tw_store *store, tw_error *error);

#endif
