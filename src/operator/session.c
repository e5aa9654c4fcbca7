#include "operator/session.h"

/* ---- lists as payloads ---- */

static size_t node_size(const tw_sessions *s) { return sizeof(tw_session_node) + s->owner->size; }

void tw_session_free(tw_sessions *s, tw_session_node *node) {
    s->owner->destroy(s->context, node);
    tw_free(s->mem, node, node_size(s));
}

static void list_destroy(void *context, char *payload) {
    tw_session_list *list = (tw_session_list *)payload;
    while (list->first) {
        tw_session_node *node = list->first;
        list->first = node->next;
        tw_session_free(context, node);
    }
}

/* varint number of sessions; per session u64 start, u64 end, u8 fired, contents. */
static void list_write(void *context, const char *payload, tw_buf *out) {
    const tw_sessions *s = context;
    const tw_session_node *first = ((const tw_session_list *)payload)->first;
    uint64_t n = 0;
    for (const tw_session_node *node = first; node; node = node->next) n++;
    tw_buf_varint(out, n);
    for (const tw_session_node *node = first; node; node = node->next) {
        tw_buf_u64(out, (uint64_t)node->start);
        tw_buf_u64(out, (uint64_t)node->end);
        tw_buf_byte(out, node->fired);
        s->owner->write(s->context, node, out);
    }
}

static tw_status list_read(void *context, char *payload, tw_reader *in) {
    tw_sessions *s = context;
    tw_session_node **at = &((tw_session_list *)payload)->first;
    for (uint64_t n = tw_read_varint(in); n > 0 && !in->failed; n--) {
        tw_session_node *node = *at = tw_calloc(s->mem, node_size(s));
        if (!node) return TW_E_NOMEM;
        at = &node->next;
        node->start = (int64_t)tw_read_u64(in);
        node->end = (int64_t)tw_read_u64(in);
        const char *fired = tw_read_raw(in, 1);
        node->fired = fired && *fired;
        TW_TRY(s->owner->read(s->context, node, in));
    }
    return in->failed ? TW_E_CORRUPT : TW_OK;
}

/* ---- opening ---- */

tw_status tw_sessions_open(tw_sessions *s, tw_mem *mem, const tw_key_codec *keys, int64_t stored_namespace, const tw_window_time *time,
                           int64_t gap_ms, int64_t lateness_ms, const tw_session_owner *owner, void *context) {
    *s = (tw_sessions){
        .mem = mem, .time = time, .gap_ms = gap_ms, .lateness_ms = lateness_ms, .owner = owner, .context = context, .done = TW_WATERMARK_MIN};
    s->codec = (tw_payload_codec){s, list_write, list_read, list_destroy};
    tw_timers_init(&s->timers, mem);
    return tw_table_open(mem, keys, sizeof(tw_session_list), &s->codec, stored_namespace, &s->table);
}

void tw_sessions_close(tw_sessions *s) {
    if (!s->mem) return;
    tw_table_close(s->table);
    tw_timers_free(&s->timers);
    tw_free(s->mem, s->held, sizeof(tw_element *) * (size_t)s->held_room);
    s->mem = NULL;
}

/* ---- times ---- */

static int64_t expiry(const tw_sessions *s, int64_t end) { return tw_window_close_at(s->time, end) + s->lateness_ms; }

/* The watermark at which something is to be done about the session. */
static int64_t due_at(const tw_sessions *s, const tw_session_node *node) {
    return node->fired ? expiry(s, node->end) : tw_window_close_at(s->time, node->end);
}

static tw_status add_timer(tw_sessions *s, tw_element *element, int64_t time) {
    TW_TRY(tw_timers_add(&s->timers, time, element));
    tw_session_list_of(s, element)->timers++;
    return TW_OK;
}

tw_status tw_sessions_settle(tw_sessions *s) {
    uint32_t cursor = 0;
    tw_element *e;
    if (!s->restored) return TW_OK;
    s->restored = false;
    while ((e = tw_table_next(s->table, &cursor)) != NULL)
        for (const tw_session_node *node = tw_session_list_of(s, e)->first; node; node = node->next) TW_TRY(add_timer(s, e, due_at(s, node)));
    return TW_OK;
}

/* ---- rows ---- */

static bool meets(const tw_session_node *node, int64_t start, int64_t end) { return node->start <= end && node->end >= start; }

/* The first session from *at on that the window meets and that is open at the watermark. `at` is the link to it. */
static tw_session_node **find_open(const tw_sessions *s, tw_session_node **at, int64_t start, int64_t end, int64_t watermark) {
    for (; *at && (*at)->end >= start; at = &(*at)->next)
        if (meets(*at, start, end) && expiry(s, (*at)->end) > watermark) return at;
    return NULL;
}

static tw_status new_node(tw_sessions *s, tw_element *element, int64_t start, int64_t end, tw_session_node **out) {
    tw_session_node *node = tw_calloc(s->mem, node_size(s)), **at = &tw_session_list_of(s, element)->first;
    if (!node) return TW_E_NOMEM;
    while (*at && (*at)->start > start) at = &(*at)->next;
    node->next = *at;
    node->start = start;
    node->end = end;
    node->fired = tw_window_close_at(s->time, end) <= s->done;
    *at = *out = node;
    return add_timer(s, element, due_at(s, node));
}

/* Merges all further sessions that the window meets into `into`, which is one of them. */
static tw_status absorb(tw_sessions *s, tw_session_node *into, int64_t watermark) {
    tw_session_node **at;
    while ((at = find_open(s, &into->next, into->start, into->end, watermark)) != NULL) {
        tw_session_node *from = *at;
        TW_TRY(s->owner->merge(s->context, into, from));
        if (from->start < into->start) into->start = from->start;
        if (from->end > into->end) into->end = from->end;
        *at = from->next;
        tw_session_free(s, from);
    }
    return TW_OK;
}

tw_status tw_sessions_hold(tw_sessions *s, tw_element *element) {
    tw_session_list *list = tw_session_list_of(s, element);
    if (list->held) return TW_OK;
    if (!tw_grow(s->mem, &s->held, s->nheld, &s->held_room, 64, sizeof *s->held)) return TW_E_NOMEM;
    s->held[s->nheld++] = element;
    list->held = true;
    return TW_OK;
}

tw_status tw_sessions_let_go(tw_sessions *s) {
    while (s->nheld) {
        tw_element *element = s->held[--s->nheld];
        tw_session_list_of(s, element)->held = false;
        TW_TRY(tw_sessions_release(s, element));
    }
    return TW_OK;
}

tw_status tw_sessions_place(tw_sessions *s, tw_element *element, int64_t local, int64_t watermark, tw_session_node **out) {
    int64_t start = local, end = local + s->gap_ms;
    if (s->done > watermark) watermark = s->done;
    tw_session_node **at = find_open(s, &tw_session_list_of(s, element)->first, start, end, watermark);
    *out = NULL;
    if (!at && expiry(s, end) <= watermark) return tw_sessions_hold(s, element);
    TW_TRY(tw_table_touch(s->table, element, tw_table_generation(s->table)));
    if (!at) return new_node(s, element, start, end, out);
    tw_session_node *node = *out = *at;
    if (start < node->start) node->start = start;
    if (end > node->end) node->end = end;
    TW_TRY(absorb(s, node, watermark));
    if (!node->fired || tw_window_close_at(s->time, node->end) <= s->done) return TW_OK;
    node->fired = false; /* it has grown into the open */
    return add_timer(s, element, due_at(s, node));
}

/* ---- closing ---- */

static tw_session_node *earliest(const tw_sessions *s, tw_element *element) {
    tw_session_node *best = NULL;
    for (tw_session_node *node = tw_session_list_of(s, element)->first; node; node = node->next)
        if (!best || due_at(s, node) < due_at(s, best)) best = node;
    return best;
}

tw_status tw_sessions_due(tw_sessions *s, int64_t target, tw_element **element, tw_session_node **node, bool *found) {
    *found = false;
    while (tw_timers_next(&s->timers) <= target && s->timers.count) {
        tw_timer timer = tw_timers_take(&s->timers);
        tw_session_list_of(s, timer.element)->timers--;
        tw_session_node *first = earliest(s, timer.element);
        if (!first) {
            TW_TRY(tw_sessions_release(s, timer.element));
            continue;
        }
        TW_TRY(add_timer(s, timer.element, due_at(s, first))); /* for it, or when it has been taken for the next */
        if (due_at(s, first) > timer.time) continue;
        *element = timer.element;
        *node = first;
        *found = true;
        return TW_OK;
    }
    return TW_OK;
}

tw_status tw_sessions_take(tw_sessions *s, tw_element *element, tw_session_node *node) {
    tw_session_node **at = &tw_session_list_of(s, element)->first;
    TW_TRY(tw_table_touch(s->table, element, tw_table_generation(s->table)));
    while (*at != node) at = &(*at)->next;
    *at = node->next;
    return TW_OK;
}

tw_status tw_sessions_release(tw_sessions *s, tw_element *element) {
    const tw_session_list *list = tw_session_list_of(s, element);
    return list->first || list->timers || list->listed || list->held ? TW_OK : tw_table_remove(s->table, element);
}
