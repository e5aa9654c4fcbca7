/* Sessions: windows that begin with a row, last until no row has come for the gap, and merge when they meet or touch (Flink's TimeWindow.intersects).
 *
 * Per key a list of sessions, the latest first. What a session holds (accumulators, rows) is its owner's: `size` bytes behind the session's
 * head and a few functions.
 *
 *     key element --> [session 09:40-09:55] --> [session 09:00-09:10] --> NULL
 *
 * A row sees only sessions that are open at its own watermark: one that has closed by it, but has not been handed on yet, is passed over. So
 * two sessions of a key may overlap for a while, on several partitions. Batches must carry row watermarks (tw_plan_watermark.rows_wanted): a row
 * in time may just touch a session that has closed by its watermark.
 *
 * Closing. Every session has a timer at or before its close; a session that has grown gets a later one when it comes up. */
#ifndef TW_OPERATOR_SESSION_H
#define TW_OPERATOR_SESSION_H

#include "operator/window_time.h"
#include "state/timers.h"

typedef struct tw_session_node {
    struct tw_session_node *next; /* the one before in time */
    int64_t start, end;           /* local */
    bool fired;                   /* has closed, waits for late rows */
    bool changed;                 /* since results were last handed on early */
    /* what it holds follows */
} tw_session_node;

/* Payload of a key's element. */
typedef struct tw_session_list {
    tw_session_node *first;
    uint32_t timers; /* that name the element: it stays until they have come up */
    bool listed;     /* the owner has noted it: it stays */
    bool held;       /* until tw_sessions_let_go */
} tw_session_list;

/* What the owner does with the sessions' contents. Times are written by tw_sessions. */
typedef struct tw_session_owner {
    size_t size;
    /* `from` is about to be merged into `into` and freed; rows that have been given their session must be in it before. */
    tw_status (*merge)(void *context, tw_session_node *into, tw_session_node *from);
    void (*destroy)(void *context, tw_session_node *node); /* contents only */
    void (*write)(void *context, const tw_session_node *node, tw_buf *out);
    tw_status (*read)(void *context, tw_session_node *node, tw_reader *in);
} tw_session_owner;

typedef struct tw_sessions {
    tw_mem *mem;
    const tw_window_time *time;
    int64_t gap_ms, lateness_ms;
    const tw_session_owner *owner;
    void *context;
    tw_payload_codec codec;
    tw_table *table;
    tw_timers timers;
    int64_t done;      /* watermark up to which sessions have been closed */
    bool restored;     /* timers are still to be made */
    tw_element **held; /* elements that stay while somebody points to them */
    int32_t nheld, held_room;
} tw_sessions;

tw_status tw_sessions_open(tw_sessions *sessions, tw_mem *mem, const tw_key_codec *keys, int64_t stored_namespace, const tw_window_time *time,
                           int64_t gap_ms, int64_t lateness_ms, const tw_session_owner *owner, void *context);
void tw_sessions_close(tw_sessions *sessions);
static inline void *tw_session_contents(tw_session_node *node) { return node + 1; }
static inline tw_session_list *tw_session_list_of(const tw_sessions *sessions, tw_element *element) {
    return (tw_session_list *)tw_table_payload(sessions->table, element);
}

/* The session of a row of that key and local time, made, grown or merged as needed; the element is touched. NULL: the row is late at `watermark`, and
 * nothing has been changed. */
tw_status tw_sessions_place(tw_sessions *sessions, tw_element *element, int64_t local, int64_t watermark, tw_session_node **out);
/* Keeps the element, which may have no session, until tw_sessions_let_go. `place` does so with keys that have but late rows. */
tw_status tw_sessions_hold(tw_sessions *sessions, tw_element *element);
/* After a batch, or after results have been written: removes held elements that nothing needs any more. */
tw_status tw_sessions_let_go(tw_sessions *sessions);
/* The next session that closes at or before `target`, in order of close; false: none. It stays until `remove`, or with lateness
 * comes up again when it is to be removed (`fired` is set by the caller in between). */
tw_status tw_sessions_due(tw_sessions *sessions, int64_t target, tw_element **element, tw_session_node **node, bool *found);
/* Takes the session out of its list; its contents are the caller's to destroy, see tw_session_free. The element is touched. */
tw_status tw_sessions_take(tw_sessions *sessions, tw_element *element, tw_session_node *node);
void tw_session_free(tw_sessions *sessions, tw_session_node *node);
/* Removes the element when nothing needs it any more. */
tw_status tw_sessions_release(tw_sessions *sessions, tw_element *element);
/* Makes timers after a restore. Must precede all else. */
tw_status tw_sessions_settle(tw_sessions *sessions);

#endif
