#include "connector/nexmark/generator.h"

#include <math.h>
#include <stdio.h>

#include "base/bits.h"
#include "base/prng.h"

#define FIRST_ID       1000 /* of persons and auctions */
#define FIRST_CATEGORY 10
#define CATEGORIES     5
#define HOT_BATCH      100  /* hot ids are the multiples of this */
#define ID_LEAD        10   /* ids not made yet that may be named */
#define ACTIVE         1000 /* persons */
#define IN_FLIGHT      100  /* auctions */
#define CHANNELS       10000
#define POOL           (1 << 18) /* bytes of random letters that texts are cut from */
#define PRICES         1024      /* segments of the price curve */

const tw_nexmark_field TW_NEXMARK_FIELDS[TW_NEXMARK_KINDS][TW_NEXMARK_FIELDS_MAX] = {
    {{"id", TW_NEXMARK_LONG},
     {"name", TW_NEXMARK_TEXT},
     {"emailAddress", TW_NEXMARK_TEXT},
     {"creditCard", TW_NEXMARK_TEXT},
     {"city", TW_NEXMARK_TEXT},
     {"state", TW_NEXMARK_TEXT},
     {"dateTime", TW_NEXMARK_TIME},
     {"extra", TW_NEXMARK_TEXT}},
    {{"id", TW_NEXMARK_LONG},
     {"itemName", TW_NEXMARK_TEXT},
     {"description", TW_NEXMARK_TEXT},
     {"initialBid", TW_NEXMARK_LONG},
     {"reserve", TW_NEXMARK_LONG},
     {"dateTime", TW_NEXMARK_TIME},
     {"expires", TW_NEXMARK_TIME},
     {"seller", TW_NEXMARK_LONG},
     {"category", TW_NEXMARK_LONG},
     {"extra", TW_NEXMARK_TEXT}},
    {{"auction", TW_NEXMARK_LONG},
     {"bidder", TW_NEXMARK_LONG},
     {"price", TW_NEXMARK_LONG},
     {"channel", TW_NEXMARK_TEXT},
     {"url", TW_NEXMARK_TEXT},
     {"dateTime", TW_NEXMARK_TIME},
     {"extra", TW_NEXMARK_TEXT}},
};
const char *const TW_NEXMARK_NAMES[TW_NEXMARK_KINDS] = {"person", "auction", "bid"};

int tw_nexmark_field_count(int kind) {
    int n = 0;
    while (n < TW_NEXMARK_FIELDS_MAX && TW_NEXMARK_FIELDS[kind][n].name) n++;
    return n;
}

typedef struct channel {
    tw_str name, url;
} channel;

struct tw_nexmark {
    tw_mem *mem;
    tw_arena arena;
    tw_nexmark_config config;
    int64_t total; /* events of one round */
    char *pool;
    channel hot[4];
    channel *channels;
    double prices[PRICES + 1];
};

/* Streams that a field draws from; a field may use several. */
enum stream { HOT, WHO, WHAT, PRICE, MORE, LENGTH, PLACE, TEXT, TEXT2, TEXT3, STREAMS = 16 };

static inline uint64_t draw(const tw_nexmark *x, int64_t event, int kind, int field, enum stream stream) {
    uint64_t z = x->config.seed +
                 ((uint64_t)event * (STREAMS * 32) + (uint64_t)(kind * 10 + field) * STREAMS + stream) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
static inline int64_t below(uint64_t random, int64_t bound) { return (int64_t)(((unsigned __int128)random * (uint64_t)bound) >> 64); }

/* 10^(6u) in hundredths: prices are log-uniform between 1.00 and 1,000,000.00. */
static inline int64_t price(const tw_nexmark *x, uint64_t random) {
    uint32_t segment = (uint32_t)(random >> 54);
    double part = (double)(random >> 22 & 0xffffffff) * 0x1p-32;
    return (int64_t)(x->prices[segment] + part * (x->prices[segment + 1] - x->prices[segment]) + 0.5);
}

int64_t tw_nexmark_time_ms(const tw_nexmark *x, int64_t event) { return x->config.base_ms + (int64_t)((__int128)event * 1000 / x->config.rate); }

/* Ids count from 0 here. The newest one made before or by the event. */
static inline int64_t last_person(const tw_nexmark *x, int64_t event) {
    int64_t offset = event % x->total, most = x->config.persons - 1;
    return event / x->total * x->config.persons + (offset > most ? most : offset);
}
static inline int64_t last_auction(const tw_nexmark *x, int64_t event) {
    const tw_nexmark_config *c = &x->config;
    int64_t round = event / x->total, offset = event % x->total - c->persons;
    if (offset < 0) return (round - 1) * c->auctions + c->auctions - 1;
    return round * c->auctions + (offset >= c->auctions ? c->auctions - 1 : offset);
}
static inline int64_t some_person(const tw_nexmark *x, int64_t event, uint64_t random) {
    int64_t people = last_person(x, event) + 1, active = people < ACTIVE ? people : ACTIVE;
    return people - active + below(random, active + ID_LEAD);
}
static inline int64_t some_auction(const tw_nexmark *x, int64_t event, uint64_t random) {
    int64_t last = last_auction(x, event), first = last > IN_FLIGHT ? last - IN_FLIGHT : 0;
    if (last < 0) last = 0;
    return first + below(random, last - first + 1 + ID_LEAD);
}

/* ---- shared tables ---- */

static tw_str random_text(tw_nexmark *x, tw_prng *prng, int length) {
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz";
    char *text = tw_arena_alloc(&x->arena, (size_t)length);
    for (int i = 0; text && i < length; i++) text[i] = LETTERS[tw_prng_below(prng, 26)];
    return (tw_str){text, text ? (size_t)length : 0};
}

static tw_str make_url(tw_nexmark *x, tw_prng *prng, const char *tail) {
    tw_str a = random_text(x, prng, 3 + (int)tw_prng_below(prng, 3)), b = random_text(x, prng, 3 + (int)tw_prng_below(prng, 3));
    tw_str c = random_text(x, prng, 3 + (int)tw_prng_below(prng, 3));
    return tw_str_of(
        tw_arena_printf(&x->arena, "https://www.nexmark.com/%.*s/%.*s/%.*s/item.htm?query=1%s", TW_STR_ARG(a), TW_STR_ARG(b), TW_STR_ARG(c), tail));
}

static uint32_t reverse_bits(uint32_t v) {
    uint32_t out = 0;
    for (int i = 0; i < 32; i++) out |= (v >> i & 1) << (31 - i);
    return out;
}

static bool make_channels(tw_nexmark *x) {
    static const char *const HOT_NAMES[4] = {"Google", "Facebook", "Baidu", "Apple"};
    tw_prng prng = {x->config.seed ^ 0x6368616e};
    x->channels = TW_NEW_ARRAY(&x->arena, channel, CHANNELS);
    if (!x->channels) return false;
    for (int i = 0; i < 4; i++) x->hot[i] = (channel){tw_str_of(HOT_NAMES[i]), make_url(x, &prng, "")};
    for (int i = 0; i < CHANNELS; i++) {
        char id[40] = "";
        int32_t reversed = (int32_t)reverse_bits((uint32_t)i);
        if (tw_prng_below(&prng, 10) > 0) snprintf(id, sizeof id, "&channel_id=%lld", (long long)(reversed < 0 ? -(int64_t)reversed : reversed));
        x->channels[i].name = tw_str_of(tw_arena_printf(&x->arena, "channel-%d", i));
        x->channels[i].url = make_url(x, &prng, id);
        if (!x->channels[i].name.data || !x->channels[i].url.data) return false;
    }
    return true;
}

tw_status tw_nexmark_open(tw_mem *mem, const tw_nexmark_config *config, tw_nexmark **out, tw_error *error) {
    tw_nexmark *x = tw_calloc(mem, sizeof *x);
    if (!x) return tw_fail(error, TW_E_NOMEM, "out of memory");
    x->mem = mem;
    x->config = *config;
    x->total = (int64_t)config->persons + config->auctions + config->bids;
    tw_arena_init(&x->arena, mem, 1 << 16);
    x->pool = tw_arena_alloc(&x->arena, POOL);
    if (!x->pool || !make_channels(x)) {
        tw_nexmark_close(x);
        return tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    tw_prng prng = {config->seed};
    for (int i = 0; i < POOL; i++) x->pool[i] = (char)('a' + tw_prng_below(&prng, 26));
    for (int i = 0; i <= PRICES; i++) x->prices[i] = pow(10, 6.0 * i / PRICES) * 100;
    *out = x;
    return TW_OK;
}

void tw_nexmark_close(tw_nexmark *x) {
    tw_mem *mem = x->mem;
    tw_arena_free(&x->arena);
    tw_free(mem, x, sizeof *x);
}

/* ---- columns ---- */

typedef struct leaf {
    int kind, field; /* field -1: event_type */
    tw_column *column;
} leaf;

struct tw_nexmark_rows {
    tw_mem *mem;
    const tw_nexmark *x;
    tw_arena arena;
    tw_arena heap; /* texts that are put together */
    tw_column *columns;
    leaf *leaves;
    int nleaves;
    uint64_t *valid[TW_NEXMARK_KINDS]; /* of the rows of each kind */
    uint16_t *index[TW_NEXMARK_KINDS];
    int32_t count[TW_NEXMARK_KINDS];
    bool needed[TW_NEXMARK_KINDS];
};

static int find_kind(tw_str name) {
    for (int k = 0; k < TW_NEXMARK_KINDS; k++)
        if (tw_str_equal(name, tw_str_of(TW_NEXMARK_NAMES[k]))) return k;
    return -1;
}

static bool add_struct(tw_nexmark_rows *r, tw_column *c, const tw_type *type, int kind) {
    r->needed[kind] = true;
    *c = (tw_column){.type = type, .phys = TW_PHYS_STRUCT, .nchildren = type->nfields};
    c->children = TW_NEW_ARRAY(&r->arena, tw_column, type->nfields + 1);
    if (!c->children) return false;
    for (int i = 0; i < type->nfields; i++) {
        int field = 0;
        while (!tw_str_equal(type->fields[i].name, tw_str_of(TW_NEXMARK_FIELDS[kind][field].name))) field++;
        c->children[i].type = type->fields[i].type;
        r->leaves[r->nleaves++] = (leaf){kind, field, &c->children[i]};
    }
    return true;
}

static bool build(tw_nexmark_rows *r, const tw_type *wanted) {
    r->columns = TW_NEW_ARRAY(&r->arena, tw_column, wanted->nfields + 1);
    r->leaves = TW_NEW_ARRAY(&r->arena, leaf, 32);
    if (!r->columns || !r->leaves) return false;
    for (int i = 0; i < wanted->nfields; i++) {
        int kind = find_kind(wanted->fields[i].name);
        if (kind < 0) {
            r->columns[i].type = wanted->fields[i].type;
            r->leaves[r->nleaves++] = (leaf){-1, -1, &r->columns[i]};
        } else if (!add_struct(r, &r->columns[i], wanted->fields[i].type, kind)) {
            return false;
        }
    }
    for (int k = 0; k < TW_NEXMARK_KINDS; k++) {
        r->valid[k] = TW_NEW_ARRAY(&r->arena, uint64_t, TW_BITS_WORDS(TW_BATCH_ROWS));
        r->index[k] = TW_NEW_ARRAY(&r->arena, uint16_t, TW_BATCH_ROWS);
        if (!r->valid[k] || !r->index[k]) return false;
    }
    for (int i = 0; i < r->nleaves; i++) {
        tw_column *c = r->leaves[i].column;
        c->phys = tw_type_phys(c->type);
        c->values = tw_arena_calloc(&r->arena, (size_t)TW_BATCH_ROWS * (size_t)tw_phys_width(c->phys));
        if (!c->values) return false;
        if (r->leaves[i].kind >= 0) c->validity = r->valid[r->leaves[i].kind];
    }
    for (int i = 0; i < wanted->nfields; i++)
        if (r->columns[i].phys == TW_PHYS_STRUCT) r->columns[i].validity = r->valid[find_kind(wanted->fields[i].name)];
    return true;
}

tw_status tw_nexmark_rows_open(tw_mem *mem, const tw_nexmark *x, const tw_type *wanted, tw_nexmark_rows **out, tw_error *error) {
    tw_nexmark_rows *r = tw_calloc(mem, sizeof *r);
    if (!r) return tw_fail(error, TW_E_NOMEM, "out of memory");
    r->mem = mem;
    r->x = x;
    tw_arena_init(&r->arena, mem, 4096);
    tw_arena_init(&r->heap, mem, 4096);
    if (!build(r, wanted)) {
        tw_nexmark_rows_close(r);
        return tw_fail(error, TW_E_NOMEM, "out of memory");
    }
    *out = r;
    return TW_OK;
}

void tw_nexmark_rows_close(tw_nexmark_rows *r) {
    tw_mem *mem = r->mem;
    tw_arena_free(&r->heap);
    tw_arena_free(&r->arena);
    tw_free(mem, r, sizeof *r);
}

tw_column *tw_nexmark_rows_columns(tw_nexmark_rows *r) { return r->columns; }

/* Which rows are persons, auctions, bids. Runs of consecutive events need no division. */
static void sort_out(tw_nexmark_rows *r, const int64_t *events, int32_t n) {
    const tw_nexmark_config *c = &r->x->config;
    int64_t offset = 0, previous = INT64_MIN;
    for (int k = 0; k < TW_NEXMARK_KINDS; k++) {
        r->count[k] = 0;
        if (r->needed[k]) memset(r->valid[k], 0, TW_BITS_WORDS(TW_BATCH_ROWS) * 8);
    }
    for (int32_t i = 0; i < n; i++) {
        offset = events[i] == previous + 1 ? offset + 1 : events[i] % r->x->total;
        if (offset == r->x->total) offset = 0;
        previous = events[i];
        int kind = offset < c->persons ? TW_NEXMARK_PERSON : offset < c->persons + c->auctions ? TW_NEXMARK_AUCTION : TW_NEXMARK_BID;
        r->index[kind][r->count[kind]++] = (uint16_t)i;
        r->valid[kind][i >> 6] |= UINT64_C(1) << (i & 63);
    }
}

/* ---- fields ---- */

typedef struct job { /* one leaf of one batch */
    const tw_nexmark *x;
    tw_arena *heap;
    const int64_t *events;
    const uint16_t *index;
    int32_t count;
    int kind, field;
    void *values;
    bool nomem;
} job;

static inline void put_text(job *j, uint16_t row, tw_str text) { ((tw_sview *)j->values)[row] = tw_sview_make(text.data, text.length); }

/* Random letters of a length between min and max. */
static inline tw_str letters(const job *j, int64_t event, int64_t min, int64_t max, enum stream stream) {
    uint64_t random = draw(j->x, event, j->kind, j->field, stream);
    int64_t length = min + below(random, max - min + 1);
    return (tw_str){j->x->pool + (random & (POOL - 1)) * (uint64_t)(POOL - length) / POOL, (size_t)length};
}

/* Fills up to the average size of the event, give or take a fifth. */
static void put_extra(job *j, int64_t average, int64_t used) {
    int64_t desired = average - used, delta = (desired * 2 + 5) / 10;
    for (int32_t i = 0; i < j->count; i++) {
        tw_str text = {"", 0};
        if (desired > 0) text = letters(j, j->events[j->index[i]], desired - delta, desired + (delta ? delta - 1 : 0), TEXT);
        put_text(j, j->index[i], text);
    }
}

static void put_time(job *j) {
    int64_t *out = j->values;
    int64_t rate = j->x->config.rate, previous = INT64_MIN, ms = 0, rest = 0;
    for (int32_t i = 0; i < j->count; i++) {
        int64_t event = j->events[j->index[i]];
        if (event == previous + 1 && rate >= 1000) {
            rest += 1000;
            if (rest >= rate) rest -= rate, ms++;
        } else {
            __int128 scaled = (__int128)event * 1000;
            ms = (int64_t)(scaled / rate);
            rest = (int64_t)(scaled % rate);
        }
        previous = event;
        out[j->index[i]] = j->x->config.base_ms + ms;
    }
}

static void put_bid_auction(job *j) {
    const tw_nexmark *x = j->x;
    int64_t *out = j->values;
    for (int32_t i = 0; i < j->count; i++) {
        int64_t event = j->events[j->index[i]], id;
        uint64_t random = draw(x, event, j->kind, 0, WHO);
        /* the low bits choose between hot and other, the high ones the id */
        if ((random & 0xffff) % (uint64_t)x->config.hot_auctions > 0)
            id = last_auction(x, event) / HOT_BATCH * HOT_BATCH;
        else
            id = some_auction(x, event, random);
        out[j->index[i]] = FIRST_ID + id;
    }
}

static void put_bidder(job *j) {
    const tw_nexmark *x = j->x;
    int64_t *out = j->values;
    for (int32_t i = 0; i < j->count; i++) {
        int64_t event = j->events[j->index[i]], id;
        uint64_t random = draw(x, event, j->kind, 1, WHO);
        if ((random & 0xffff) % (uint64_t)x->config.hot_bidders > 0)
            id = last_person(x, event) / HOT_BATCH * HOT_BATCH + 1;
        else
            id = some_person(x, event, random);
        out[j->index[i]] = FIRST_ID + id;
    }
}

static void put_price(job *j) {
    int64_t *out = j->values;
    for (int32_t i = 0; i < j->count; i++) {
        int64_t event = j->events[j->index[i]];
        out[j->index[i]] = price(j->x, draw(j->x, event, j->kind, 2, PRICE));
    }
}

/* Channel and url belong together: both come from the same draw. */
static void put_channel(job *j, bool url) {
    for (int32_t i = 0; i < j->count; i++) {
        uint64_t random = draw(j->x, j->events[j->index[i]], TW_NEXMARK_BID, 3, WHAT);
        const channel *c = random & 1 ? &j->x->hot[random >> 1 & 3] : &j->x->channels[below(random, CHANNELS)];
        put_text(j, j->index[i], url ? c->url : c->name);
    }
}

static void make_bid(job *j) {
    switch (j->field) {
    case 0: put_bid_auction(j); break;
    case 1: put_bidder(j); break;
    case 2: put_price(j); break;
    case 3: put_channel(j, false); break;
    case 4: put_channel(j, true); break;
    case 5: put_time(j); break;
    default: put_extra(j, j->x->config.bid_size, 32);
    }
}

static int64_t initial_bid(const tw_nexmark *x, int64_t event) { return price(x, draw(x, event, TW_NEXMARK_AUCTION, 3, PRICE)); }

/* An auction lasts up to twice the event time in which IN_FLIGHT others begin. */
static int64_t expires(const tw_nexmark *x, int64_t event) {
    int64_t now = tw_nexmark_time_ms(x, event);
    int64_t horizon = tw_nexmark_time_ms(x, event + IN_FLIGHT * x->total / x->config.auctions) - now;
    return now + 1 + below(draw(x, event, TW_NEXMARK_AUCTION, 6, LENGTH), horizon * 2 > 1 ? horizon * 2 : 1);
}

static int64_t seller(const tw_nexmark *x, int64_t event) {
    uint64_t random = draw(x, event, TW_NEXMARK_AUCTION, 7, WHO);
    if ((random & 0xffff) % (uint64_t)x->config.hot_sellers > 0) return FIRST_ID + last_person(x, event) / HOT_BATCH * HOT_BATCH;
    return FIRST_ID + some_person(x, event, random);
}

static int64_t auction_number(const tw_nexmark *x, int field, int64_t event) {
    switch (field) {
    case 0: return FIRST_ID + last_auction(x, event);
    case 3: return initial_bid(x, event);
    case 4: return initial_bid(x, event) + price(x, draw(x, event, TW_NEXMARK_AUCTION, 4, PRICE));
    case 6: return expires(x, event);
    case 7: return seller(x, event);
    default: return FIRST_CATEGORY + below(draw(x, event, TW_NEXMARK_AUCTION, 8, WHAT), CATEGORIES);
    }
}

static void make_auction(job *j) {
    if (j->field == 5) {
        put_time(j);
        return;
    }
    if (j->field == 9) {
        put_extra(j, j->x->config.auction_size, 8 * 6 + 20 + 100);
        return;
    }
    for (int32_t i = 0; i < j->count; i++) {
        uint16_t row = j->index[i];
        int64_t event = j->events[row];
        if (j->field == 1)
            put_text(j, row, letters(j, event, 3, 19, TEXT));
        else if (j->field == 2)
            put_text(j, row, letters(j, event, 3, 99, TEXT));
        else
            ((int64_t *)j->values)[row] = auction_number(j->x, j->field, event);
    }
}

static tw_str person_text(job *j, int64_t event) {
    static const char *const FIRST[] = {"Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"};
    static const char *const LAST[] = {"Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"};
    static const char *const CITY[] = {"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
                                       "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
    static const char *const STATE[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
    uint64_t a = draw(j->x, event, j->kind, j->field, WHAT), b = draw(j->x, event, j->kind, j->field, MORE);
    const char *text = NULL;
    tw_str left, right;
    switch (j->field) {
    case 1: text = tw_arena_printf(j->heap, "%s %s", FIRST[below(a, 11)], LAST[below(b, 9)]); break;
    case 2:
        left = letters(j, event, 3, 6, TEXT);
        right = letters(j, event, 3, 4, TEXT2);
        text = tw_arena_printf(j->heap, "%.*s@%.*s.com", TW_STR_ARG(left), TW_STR_ARG(right));
        break;
    case 3:
        text = tw_arena_printf(j->heap, "%04d %04d %04d %04d", (int)(a % 10000), (int)((a >> 32) % 10000), (int)(b % 10000),
                               (int)((b >> 32) % 10000));
        break;
    case 4: return tw_str_of(CITY[below(a, 10)]);
    default: return tw_str_of(STATE[below(a, 6)]);
    }
    if (!text) j->nomem = true;
    return text ? tw_str_of(text) : (tw_str){"", 0};
}

static void make_person(job *j) {
    if (j->field == 6) {
        put_time(j);
        return;
    }
    if (j->field == 7) {
        put_extra(j, j->x->config.person_size, 8 + 12 + 14 + 19 + 9 + 2 + 8);
        return;
    }
    for (int32_t i = 0; i < j->count; i++) {
        uint16_t row = j->index[i];
        if (j->field == 0)
            ((int64_t *)j->values)[row] = FIRST_ID + last_person(j->x, j->events[row]);
        else
            put_text(j, row, person_text(j, j->events[row]));
    }
}

static void put_event_type(tw_nexmark_rows *r, int32_t *out) {
    for (int k = 0; k < TW_NEXMARK_KINDS; k++)
        for (int32_t i = 0; i < r->count[k]; i++) out[r->index[k][i]] = k;
}

tw_status tw_nexmark_rows_make(tw_nexmark_rows *r, const int64_t *events, int32_t n) {
    bool nomem = false;
    tw_arena_reset(&r->heap);
    sort_out(r, events, n);
    for (int i = 0; i < r->nleaves; i++) {
        const leaf *l = &r->leaves[i];
        if (l->kind < 0) {
            put_event_type(r, l->column->values);
            continue;
        }
        /* texts of rows of another kind stay well-formed */
        if (l->column->phys == TW_PHYS_STR) memset(l->column->values, 0, sizeof(tw_sview) * (size_t)n);
        job j = {r->x, &r->heap, events, r->index[l->kind], r->count[l->kind], l->kind, l->field, l->column->values, false};
        if (l->kind == TW_NEXMARK_BID)
            make_bid(&j);
        else if (l->kind == TW_NEXMARK_AUCTION)
            make_auction(&j);
        else
            make_person(&j);
        nomem |= j.nomem;
    }
    return nomem ? TW_E_NOMEM : TW_OK;
}
