/* The source of behaviour tests: tables whose lines are given step by step by the test file (connector 'feed').
 *
 *     WITH ('connector' = 'feed', 'format' = 'csv', 'partitions' = '2', 'bounded' = 'true')
 *
 * What was fed stays, so that a job restored from a snapshot reads on at any position. */
#ifndef TW_MAIN_FEED_H
#define TW_MAIN_FEED_H

#include "connector/connector.h"

enum { TW_FEED_PARTITIONS = 16 };

typedef struct tw_feed_mark { /* the partition's watermark is said to be at least this, behind `offset` bytes */
    size_t offset;
    int64_t watermark;
} tw_feed_mark;

typedef struct tw_feed_partition {
    tw_buf bytes; /* TW_DECODE_PAD readable bytes behind them */
    tw_feed_mark *marks;
    int32_t nmarks, marks_capacity;
    bool ended;
} tw_feed_partition;

typedef struct tw_feed_table {
    char name[128];
    tw_feed_partition partitions[TW_FEED_PARTITIONS];
    struct tw_feed_table *next;
} tw_feed_table;

typedef struct tw_feed {
    tw_connector connector; /* must be first: how a source that is opened finds its feed */
    tw_mem *mem;
    tw_feed_table *tables;
} tw_feed;

void tw_feed_init(tw_feed *feed, tw_mem *mem);
void tw_feed_free(tw_feed *feed);
tw_feed_table *tw_feed_table_of(tw_feed *feed, tw_str name); /* made at first mention; NULL: out of memory */
tw_status tw_feed_line(tw_feed *feed, tw_feed_table *table, int32_t partition, tw_str line);
tw_status tw_feed_watermark(tw_feed *feed, tw_feed_table *table, int32_t partition, int64_t ms);
void tw_feed_end(tw_feed_table *table);

#endif
