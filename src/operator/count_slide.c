/* The last panes of a key of a sliding count window: a queue that knows the sum of what is in it, as two stacks.
 *
 *     oldest | front: each pane holds the sum of itself and all later ones of the front | back: panes as they came | latest
 *     total = first of the front + `sum` of the back
 *
 * When the front is used up, the back becomes the front. So a pane is added up about twice, however many panes a window has. */
#include "operator/count_agg.h"

struct tw_panes {
    int32_t first, count, room; /* at[(first + i) % room], the oldest first */
    int32_t front;              /* so many of them are the front */
    tw_filling **at;
    tw_filling sum; /* of the back; then its block */
};

/* ---- fillings ---- */

tw_status tw_filling_add(tw_fillings *f, tw_filling *into, tw_filling *from) {
    into->kept += from->kept;
    return tw_own_values_merge(&f->values, &into->values, tw_filling_block(into), &from->values, tw_filling_block(from));
}

void tw_filling_clear(tw_fillings *f, tw_filling *filling) {
    tw_agg_set_clear(f->set, tw_filling_block(filling));
    tw_own_values_drop(&f->values, &filling->values);
    filling->kept = 0;
}

void tw_filling_write(const tw_fillings *f, const tw_filling *filling, tw_buf *out) {
    tw_buf_varint(out, (uint64_t)filling->kept);
    tw_buf_varint(out, (uint64_t)filling->values.number);
    f->set->codec.write(f->set->codec.context, tw_filling_block(filling), out);
}

tw_status tw_filling_read(tw_fillings *f, tw_filling *filling, tw_reader *in) {
    filling->kept = (int64_t)tw_read_varint(in);
    filling->values = (tw_own_values_ref){.number = (int64_t)tw_read_varint(in)};
    return in->failed ? TW_E_CORRUPT : f->set->codec.read(f->set->codec.context, tw_filling_block(filling), in);
}

/* ---- the queue ---- */

static size_t queue_size(const tw_fillings *f) { return sizeof(tw_panes) - sizeof(tw_filling) + f->size; }

static tw_filling **pane_at(const tw_panes *p, int32_t i) { return &p->at[(p->first + i) % p->room]; }

void tw_panes_free(tw_fillings *f, tw_panes *p) {
    if (!p) return;
    for (int32_t i = 0; i < p->count; i++) {
        tw_filling_clear(f, *pane_at(p, i));
        tw_free(f->set->mem, *pane_at(p, i), f->size);
    }
    tw_filling_clear(f, &p->sum);
    tw_free(f->set->mem, p->at, sizeof(tw_filling *) * (size_t)p->room);
    tw_free(f->set->mem, p, queue_size(f));
}

static tw_status make_room(tw_fillings *f, tw_panes *p) {
    if (p->count < p->room) return TW_OK;
    if (p->room > INT32_MAX / 2) return TW_E_NOMEM;
    int32_t room = p->room ? p->room * 2 : 4;
    tw_filling **at = tw_calloc(f->set->mem, sizeof *at * (size_t)room);
    if (!at) return TW_E_NOMEM;
    for (int32_t i = 0; i < p->count; i++) at[i] = *pane_at(p, i);
    tw_free(f->set->mem, p->at, sizeof *at * (size_t)p->room);
    p->at = at;
    p->room = room;
    p->first = 0;
    return TW_OK;
}

/* The back becomes the front. */
static tw_status turn(tw_fillings *f, tw_panes *p) {
    for (int32_t i = p->count - 2; i >= 0; i--) TW_TRY(tw_filling_add(f, *pane_at(p, i), *pane_at(p, i + 1)));
    p->front = p->count;
    tw_filling_clear(f, &p->sum);
    return TW_OK;
}

static tw_status drop_oldest(tw_fillings *f, tw_panes *p) {
    if (p->front == 0) TW_TRY(turn(f, p));
    tw_filling *oldest = *pane_at(p, 0);
    tw_filling_clear(f, oldest);
    tw_free(f->set->mem, oldest, f->size);
    p->first = (p->first + 1) % p->room;
    p->count--;
    p->front--;
    return TW_OK;
}

/* A new pane behind the others. */
static tw_status push_pane(tw_fillings *f, tw_panes *p, tw_filling **out) {
    TW_TRY(make_room(f, p));
    *out = tw_calloc(f->set->mem, f->size);
    if (!*out) return TW_E_NOMEM;
    *pane_at(p, p->count++) = *out;
    return TW_OK;
}

static tw_status need_queue(tw_fillings *f, tw_panes **panes) {
    if (!*panes) *panes = tw_calloc(f->set->mem, queue_size(f));
    return *panes ? TW_OK : TW_E_NOMEM;
}

tw_status tw_panes_add(tw_fillings *f, tw_panes **panes, tw_filling *pane, int64_t length) {
    tw_filling *latest;
    TW_TRY(need_queue(f, panes));
    tw_panes *p = *panes;
    if (p->count >= length) TW_TRY(drop_oldest(f, p));
    TW_TRY(push_pane(f, p, &latest));
    memcpy(latest, pane, f->size);
    memset(pane, 0, f->size);
    return tw_filling_add(f, &p->sum, latest);
}

tw_status tw_panes_total(tw_fillings *f, tw_panes *p, tw_filling *into) {
    if (p->front) TW_TRY(tw_filling_add(f, into, *pane_at(p, 0)));
    return tw_filling_add(f, into, &p->sum);
}

/* ---- in a chunk: number of panes, of those of the front, the panes, the sum ---- */

void tw_panes_write(const tw_fillings *f, const tw_panes *p, tw_buf *out) {
    tw_buf_varint(out, p ? (uint64_t)p->count : 0);
    tw_buf_varint(out, p ? (uint64_t)p->front : 0);
    for (int32_t i = 0; p && i < p->count; i++) tw_filling_write(f, *pane_at(p, i), out);
    if (p && p->count) tw_filling_write(f, &p->sum, out);
}

tw_status tw_panes_read(tw_fillings *f, tw_panes **panes, tw_reader *in) {
    uint64_t count = tw_read_varint(in), front = tw_read_varint(in);
    if (in->failed || front > count) return TW_E_CORRUPT;
    if (count == 0) return TW_OK;
    TW_TRY(need_queue(f, panes));
    for (uint64_t i = 0; i < count; i++) {
        tw_filling *pane;
        TW_TRY(push_pane(f, *panes, &pane));
        TW_TRY(tw_filling_read(f, pane, in));
    }
    (*panes)->front = (int32_t)front;
    return tw_filling_read(f, &(*panes)->sum, in);
}
