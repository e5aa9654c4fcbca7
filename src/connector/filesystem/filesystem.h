/* Inside of the filesystem connector.
 *
 *   stream.c  the bytes of one file, .gz and .zst decompressed
 *   source.c  options, splits (one per file), watching
 *   reader.c  records of one split, its position, replaying by a time column
 *   sink.c    files written aside and renamed */
#ifndef TW_CONNECTOR_FILESYSTEM_FILESYSTEM_H
#define TW_CONNECTOR_FILESYSTEM_FILESYSTEM_H

#include "connector/connectors.h"

/* ---- bytes ---- */

typedef struct tw_stream tw_stream;
/* Opens a file at its beginning; by its ending the bytes are decompressed. */
tw_status tw_stream_open(tw_mem *mem, const char *path, tw_stream **out, tw_error *error);
/* Standard input: reads give TW_BLOCKED when nothing has come yet. */
tw_status tw_stream_stdin(tw_mem *mem, tw_stream **out, tw_error *error);
/* Up to `size` (decompressed) bytes; *got 0 at the end. Damage: TW_E_CORRUPT with file and offset. */
tw_status tw_stream_read(tw_stream *stream, char *out, size_t size, size_t *got, tw_error *error);
/* Goes forward to a decompressed offset; only once, before the first read. */
tw_status tw_stream_seek(tw_stream *stream, uint64_t offset, tw_error *error);
/* Part of the file read so far, 0..1. */
double tw_stream_progress(const tw_stream *stream);
void tw_stream_close(tw_stream *stream);

/* ---- source ---- */

typedef struct tw_fs_source {
    tw_mem *mem;
    tw_os *os;
    const tw_plan_scan *scan;
    const tw_format *format;
    const tw_zone *zone;
    tw_arena arena; /* split ids, paths */
    const char *path;
    tw_split_id *splits; /* grows by a new array: ids that were given out stay where they are */
    int nsplits, capacity;
    bool input;         /* standard input, no file */
    int64_t monitor_ms; /* 0: once */
    int64_t listed_ns;  /* monotonic time of the last look */
    bool listed;
    int64_t line_limit;  /* bytes of a record */
    double replay_speed; /* 0: as fast as possible */
    tw_str replay_column;
    tw_replay *replay; /* the job's clock, or `own_replay` */
    tw_replay own_replay;
} tw_fs_source;

/* The format and the options that reading lines needs. */
tw_status tw_fs_source_init(tw_fs_source *source, const tw_source_context *context, tw_error *error);

extern const tw_source_ops tw_fs_source_ops;
extern const tw_sink_ops tw_fs_sink_ops;

tw_status tw_fs_reader_open(tw_source *source, const tw_split_id *split, tw_mem *mem, tw_str position, tw_split_reader **out, tw_error *error);
tw_status tw_fs_reader_poll(tw_split_reader *reader, int32_t max_rows, tw_batch **batch, int64_t *wait_ns, tw_bad_record_sink bad, void *bad_context,
                            tw_error *error);
void tw_fs_reader_position(tw_split_reader *reader, tw_buf *out);
double tw_fs_reader_progress(tw_split_reader *reader);
void tw_fs_reader_close(tw_split_reader *reader);
tw_status tw_fs_reader_cut(tw_split_reader *cutter, tw_split_reader *to, int32_t max_rows, tw_error *error);
bool tw_fs_reader_drained(tw_split_reader *reader);
bool tw_fs_source_cuttable(tw_source *source);

/* Metadata columns, by place in the connector's table. */
enum { TW_FS_PATH, TW_FS_NAME, TW_FS_SIZE, TW_FS_MODIFIED, TW_FS_METADATA };

#endif
