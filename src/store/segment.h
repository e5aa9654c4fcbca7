/* A segment of a partition: one durable file of record batches whose offsets follow each other without a gap, from the segment's first. (Records may be
 * missing within a batch, after compaction; where whole batches went, an empty batch holds their place.) So a head that was damaged is seen, though base
 * offset and length stand outside of its checksum.
 *
 * The index is a list of marks, about one every MARK_BYTES, made by a scan of the heads. Segments are counted: the list of a partition holds one
 * reference, each reader one while it reads; the file is closed with the last. */
#ifndef TW_STORE_SEGMENT_H
#define TW_STORE_SEGMENT_H

#include "store/durable.h"
#include "store/record.h"

typedef struct tw_segment_mark {
    int64_t offset, place; /* of a batch */
    int64_t greatest;      /* timestamp of all batches in front of it */
} tw_segment_mark;

/* What grows with appends, and goes back at a rollback. */
typedef struct tw_segment_extent {
    int64_t length, next_offset, greatest; /* bytes; the offset behind the last; timestamp */
    int32_t nmarks;
} tw_segment_extent;

typedef struct tw_segment {
    tw_mem *mem;
    _Atomic int32_t references;
    _Atomic bool indexed;
    int64_t base;    /* its first offset */
    int64_t born_ms; /* when its first batch came; INT64_MAX: none yet */
    tw_durable *file;
    tw_segment_extent extent;
    tw_segment_mark *marks;
    int32_t marks_room;
    struct tw_segment *next; /* of those that are to be unlinked */
} tw_segment;

enum { TW_SEGMENT_MARK_BYTES = 4096, TW_SEGMENT_PATH = 1024 };

void tw_segment_path(char out[TW_SEGMENT_PATH], const char *folder, int64_t base);
/* Opens FOLDER/BASE.log, whose committed end is `length`; the index is still to be made. One reference, the caller's. */
tw_status tw_segment_open(tw_mem *mem, const char *folder, int64_t base, int64_t length, tw_segment **out, tw_error *error);
void tw_segment_retain(tw_segment *segment);
void tw_segment_release(tw_segment *segment);
/* Makes the index: reads all heads. TW_E_CORRUPT also when the last offset is not the one in front of `next_offset`. */
tw_status tw_segment_index(tw_segment *segment, int64_t next_offset, tw_error *error);
/* A batch that goes to the end: extends the index. TW_E_NOMEM. */
tw_status tw_segment_note(tw_segment *segment, const tw_record_batch *batch, tw_error *error);
/* The last mark at or in front of an offset; the last whose `greatest` is below a time. */
tw_segment_mark tw_segment_find(const tw_segment *segment, int64_t offset);
tw_segment_mark tw_segment_find_time(const tw_segment *segment, int64_t ms);

/* Walks over the batches of the committed part, heads only. */
typedef struct tw_segment_scan {
    tw_segment *segment;
    int64_t place, offset; /* of the next batch */
    int64_t end;
    tw_record_batch batch; /* the last one given; `bytes` has its length alone */
    int64_t held_at;       /* place of held[0] */
    size_t nheld;
    char held[16 << 10];
} tw_segment_scan;

void tw_segment_scan_begin(tw_segment_scan *scan, tw_segment *segment, int64_t place, int64_t offset);
/* TW_OK, TW_END, TW_E_CORRUPT (names file and place), TW_E_IO. */
tw_status tw_segment_scan_next(tw_segment_scan *scan, tw_error *error);
/* All bytes of the batch that the scan gave last, read into `out` (cleared first) and checked. */
tw_status tw_segment_scan_load(tw_segment_scan *scan, tw_buf *out, tw_record_batch *batch, tw_error *error);
/* Puts file and place in front of what *error says. */
tw_status tw_segment_blame(const tw_segment *segment, int64_t place, tw_status status, tw_error *error);

#endif
