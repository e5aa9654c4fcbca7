/* The standard Nexmark event stream (persons, auctions and bids of an online auction), as a function of seed and event number.
 *
 * Each field of each event draws from a counter of its own, so that any event can be made by itself and a field that nobody
 * reads costs nothing. Of 50 events the first is a person, the next 3 are auctions, 46 are bids (by default). */
#ifndef TW_CONNECTOR_NEXMARK_GENERATOR_H
#define TW_CONNECTOR_NEXMARK_GENERATOR_H

#include "data/batch.h"

typedef struct tw_nexmark_config {
    uint64_t seed;
    int64_t rate;                                   /* events per second of event time */
    int64_t base_ms;                                /* dateTime of event 0 */
    int32_t persons, auctions, bids;                /* proportions */
    int32_t person_size, auction_size, bid_size;    /* average bytes, reached by `extra` */
    int32_t hot_auctions, hot_bidders, hot_sellers; /* 1 of so many is not hot */
} tw_nexmark_config;

enum { TW_NEXMARK_PERSON, TW_NEXMARK_AUCTION, TW_NEXMARK_BID, TW_NEXMARK_KINDS };

/* The rows' fields in nexmark-flink's order; types are INT/BIGINT/TIMESTAMP(3)/STRING as `long`, `time`, `text` say. */
typedef enum tw_nexmark_shape { TW_NEXMARK_LONG, TW_NEXMARK_TIME, TW_NEXMARK_TEXT } tw_nexmark_shape;
typedef struct tw_nexmark_field {
    const char *name;
    tw_nexmark_shape shape;
} tw_nexmark_field;
enum { TW_NEXMARK_FIELDS_MAX = 10 };
extern const tw_nexmark_field TW_NEXMARK_FIELDS[TW_NEXMARK_KINDS][TW_NEXMARK_FIELDS_MAX];
extern const char *const TW_NEXMARK_NAMES[TW_NEXMARK_KINDS]; /* "person" ... */
int tw_nexmark_field_count(int kind);

/* What readers share, read-only. */
typedef struct tw_nexmark tw_nexmark;
tw_status tw_nexmark_open(tw_mem *mem, const tw_nexmark_config *config, tw_nexmark **out, tw_error *error);
void tw_nexmark_close(tw_nexmark *nexmark);

/* Makes the events with the given numbers: `wanted` says which columns (event_type, person, auction, bid, nested fields
 * pruned). Columns have room for TW_BATCH_ROWS rows. */
typedef struct tw_nexmark_rows tw_nexmark_rows;
tw_status tw_nexmark_rows_open(tw_mem *mem, const tw_nexmark *nexmark, const tw_type *wanted, tw_nexmark_rows **out, tw_error *error);
tw_status tw_nexmark_rows_make(tw_nexmark_rows *rows, const int64_t *events, int32_t n);
tw_column *tw_nexmark_rows_columns(tw_nexmark_rows *rows);
void tw_nexmark_rows_close(tw_nexmark_rows *rows);

int64_t tw_nexmark_time_ms(const tw_nexmark *nexmark, int64_t event);

#endif
