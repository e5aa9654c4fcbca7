/* Time zones from the system's tz database (TZif files, RFC 8536): the 64-bit block's transitions, and the POSIX footer for
 * instants after the last. The footer's rule is expanded into transitions up to the year 2400 when a zone is loaded, so that a look-up is one
 * binary search. */
#include "data/datetime.h"

#include <stdio.h>
#include <stdlib.h>

struct tw_zone {
    size_t size;   /* bytes allocated */
    int32_t first; /* offset before the first transition */
    int32_t n;
    int64_t *at;     /* UTC seconds, ascending */
    int32_t *offset; /* seconds east of UTC from that instant on */
};

static const tw_zone UTC = {0};
const tw_zone *const TW_ZONE_UTC = &UTC;

static int64_t be(const unsigned char *p, int n) {
    int64_t v = (signed char)p[0];
    for (int i = 1; i < n; i++) v = (int64_t)((uint64_t)v << 8 | p[i]);
    return v;
}

/* --- POSIX footer: std offset [dst [offset] , start [/time] , end [/time]] --- */
typedef struct rule {
    char kind; /* 'M' month.week.day, 'J' day 1..365 without leap day, 'D' day 0..365 */
    int m, w, d;
    int32_t time; /* seconds of local time */
} rule;
typedef struct footer {
    int32_t std, dst;
    bool has_dst;
    rule start, end;
} footer;

static void skip_name(const char **p) {
    if (**p == '<') {
        while (**p && **p != '>') ++*p;
        if (**p) ++*p;
        return;
    }
    while ((**p >= 'A' && **p <= 'Z') || (**p >= 'a' && **p <= 'z')) ++*p;
}

static int32_t read_hms(const char **p) {
    int s = 1;
    if (**p == '+' || **p == '-') s = *(*p)++ == '-' ? -1 : 1;
    char *end;
    int32_t v = (int32_t)strtol(*p, &end, 10) * 3600;
    if (*end == ':') {
        v += (int32_t)strtol(end + 1, &end, 10) * 60;
        if (*end == ':') v += (int32_t)strtol(end + 1, &end, 10);
    }
    *p = end;
    return s * v;
}

static bool read_rule(const char **p, rule *r) {
    char *end;
    r->time = 7200;
    if (**p == 'M') {
        r->kind = 'M';
        r->m = (int)strtol(*p + 1, &end, 10);
        if (*end != '.') return false;
        r->w = (int)strtol(end + 1, &end, 10);
        if (*end != '.') return false;
        r->d = (int)strtol(end + 1, &end, 10);
        if (r->m < 1 || r->m > 12 || r->w < 1 || r->w > 5 || r->d < 0 || r->d > 6) return false;
    } else {
        r->kind = **p == 'J' ? 'J' : 'D';
        r->d = (int)strtol(*p + (**p == 'J'), &end, 10);
    }
    *p = end;
    if (**p == '/') {
        ++*p;
        r->time = read_hms(p);
    }
    return true;
}

static bool read_footer(const char *p, footer *f) {
    memset(f, 0, sizeof *f);
    skip_name(&p);
    if (!*p) return false;
    f->std = -read_hms(&p);
    if (!*p) return true;
    skip_name(&p);
    f->dst = f->std + 3600;
    if (*p && *p != ',') f->dst = -read_hms(&p);
    if (*p++ != ',' || !read_rule(&p, &f->start) || *p++ != ',' || !read_rule(&p, &f->end)) return false;
    f->has_dst = true;
    return true;
}

static int64_t rule_day(const rule *r, int year) {
    int64_t first = tw_days_from_civil(year, 1, 1);
    if (r->kind == 'D') return first + r->d;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (r->kind == 'J') return first + r->d - 1 + (leap && r->d >= 60);
    int64_t month = tw_days_from_civil(year, r->m, 1);
    int64_t next = r->m == 12 ? tw_days_from_civil(year + 1, 1, 1) : tw_days_from_civil(year, r->m + 1, 1);
    int64_t day = month + tw_floor_mod(r->d - (month + 4), 7) + (r->w - 1) * 7; /* 1970-01-01 was a Thursday (4) */
    while (day >= next) day -= 7;
    return day;
}

#define FIRST_YEAR 1900 /* for which footers are expanded at most */
#define LAST_YEAR  2400

static tw_zone *zone_new(tw_mem *mem, int32_t capacity) {
    size_t size = sizeof(tw_zone) + (size_t)capacity * (sizeof(int64_t) + sizeof(int32_t));
    tw_zone *z = tw_calloc(mem, size);
    if (!z) return NULL;
    z->size = size;
    z->at = (int64_t *)(z + 1);
    z->offset = (int32_t *)(z->at + capacity);
    return z;
}

static void add(tw_zone *z, int64_t at, int32_t offset) {
    if (z->n && at <= z->at[z->n - 1]) return;
    z->at[z->n] = at;
    z->offset[z->n++] = offset;
}

static void expand(tw_zone *z, const footer *f) {
    int32_t y, m, d;
    int64_t last = z->n ? z->at[z->n - 1] : INT64_C(-2208988800);
    tw_civil_from_days(tw_floor_div(last, 86400), &y, &m, &d);
    if (y < FIRST_YEAR) y = FIRST_YEAR;
    if (!f->has_dst) {
        if (!z->n) z->first = f->std;
        return;
    }
    for (; y <= LAST_YEAR; y++) {
        int64_t on = rule_day(&f->start, y) * 86400 + f->start.time - f->std;
        int64_t off = rule_day(&f->end, y) * 86400 + f->end.time - f->dst;
        if (on < off)
            add(z, on, f->dst), add(z, off, f->std);
        else
            add(z, off, f->std), add(z, on, f->dst);
    }
}

/* Parses a TZif file's bytes; NULL when it is not one, or with *no_memory set. */
static tw_zone *parse(tw_mem *mem, const unsigned char *p, size_t size, bool *no_memory) {
    const unsigned char *end = p + size;
    if (size < 44 || memcmp(p, "TZif", 4) || p[4] < '2') return NULL;
    size_t c[6];
    for (int i = 0; i < 6; i++) c[i] = (size_t)(uint32_t)be(p + 20 + 4 * i, 4);
    size_t v1 = 44 + c[3] * 5 + c[4] * 6 + c[5] + c[2] * 8 + c[1] + c[0];
    if (v1 > size || size - v1 < 44) return NULL;
    p += v1;
    for (int i = 0; i < 6; i++) c[i] = (size_t)(uint32_t)be(p + 20 + 4 * i, 4);
    size_t timecnt = c[3], typecnt = c[4], body = 44 + timecnt * 9 + typecnt * 6 + c[5] + c[2] * 12 + c[1] + c[0];
    if (timecnt > 10000 || typecnt == 0 || typecnt > 256 || body > (size_t)(end - p)) return NULL;
    const unsigned char *times = p + 44, *index = times + timecnt * 8, *types = index + timecnt;
    tw_zone *z = zone_new(mem, (int32_t)timecnt + 2 * (LAST_YEAR - FIRST_YEAR + 2));
    if (!z) return *no_memory = true, NULL;
    z->first = (int32_t)be(types, 4);
    for (size_t i = 0; i < timecnt; i++)
        if (index[i] < typecnt) add(z, be(times + i * 8, 8), (int32_t)be(types + index[i] * 6, 4));
    const unsigned char *foot = p + body;
    char text[128] = {0};
    if (foot < end && *foot == '\n') {
        size_t n = 0;
        for (foot++; foot < end && *foot != '\n' && n < sizeof text - 1; foot++) text[n++] = (char)*foot;
        footer f;
        if (text[0] && read_footer(text, &f)) expand(z, &f);
    }
    return z;
}

/* "+08:00", "-0530", "+8", after an optional GMT, UTC or UT. */
static bool parse_offset(tw_str id, int32_t *seconds) {
    static const char *const PREFIX[] = {"GMT", "UTC", "UT"};
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(PREFIX[i]);
        if (id.length >= n && memcmp(id.data, PREFIX[i], n) == 0) {
            id.data += n;
            id.length -= n;
            break;
        }
    }
    *seconds = 0;
    if (id.length == 0) return true;
    if (id.length < 2 || (id.data[0] != '+' && id.data[0] != '-')) return false;
    int part[3] = {0}, nparts = 0, digits = 0;
    bool colons = memchr(id.data, ':', id.length) != NULL;
    for (size_t i = 1; i < id.length; i++) {
        if (id.data[i] == ':') {
            nparts++, digits = 0;
        } else if (id.data[i] >= '0' && id.data[i] <= '9') {
            if (digits == 2 && !colons) nparts++, digits = 0;
            if (nparts > 2) return false;
            part[nparts] = part[nparts] * 10 + (id.data[i] - '0'), digits++;
        } else {
            return false;
        }
        if (nparts > 2 || digits > 2) return false;
    }
    if (part[0] > 18 || part[1] > 59 || part[2] > 59) return false;
    *seconds = (part[0] * 3600 + part[1] * 60 + part[2]) * (id.data[0] == '-' ? -1 : 1);
    return *seconds >= -18 * 3600 && *seconds <= 18 * 3600; /* java.time's range */
}

static bool sound_name(tw_str id) {
    for (size_t i = 0; i < id.length; i++) {
        char ch = id.data[i];
        bool good = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || strchr("_-+/", ch);
        if (!good) return false;
    }
    return id.length > 0 && id.length < 100 && id.data[0] != '/';
}

tw_status tw_zone_load(tw_mem *mem, tw_str id, tw_zone **out, tw_error *error) {
    int32_t seconds;
    if (tw_str_equal(id, TW_STR("Z")) || parse_offset(id, &seconds)) {
        if (tw_str_equal(id, TW_STR("Z"))) seconds = 0;
        if (!(*out = zone_new(mem, 0))) return tw_fail(error, TW_E_NOMEM, "out of memory");
        (*out)->first = seconds;
        return TW_OK;
    }
    char path[200];
    FILE *file = NULL;
    if (sound_name(id)) {
        snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", TW_STR_ARG(id));
        file = fopen(path, "rb");
    }
    size_t room = 1 << 20;
    unsigned char *bytes = file ? tw_malloc(mem, room) : NULL;
    bool no_memory = file && !bytes;
    size_t n = bytes ? fread(bytes, 1, room, file) : 0;
    if (file) fclose(file);
    *out = n ? parse(mem, bytes, n, &no_memory) : NULL;
    tw_free(mem, bytes, room);
    if (*out) return TW_OK;
    if (no_memory) return tw_fail(error, TW_E_NOMEM, "out of memory");
    tw_fail(error, TW_E_VALUE, "there is no time zone '%.*s'", TW_STR_ARG(id));
    tw_error_hint(error, "give an id of the tz database such as 'Europe/Berlin', 'UTC', or an offset such as '+08:00'");
    return TW_E_VALUE;
}

void tw_zone_free(tw_mem *mem, tw_zone *zone) {
    if (zone) tw_free(mem, zone, zone->size);
}

/* Index of the last transition at or before the instant, -1: none. */
static int32_t find(const tw_zone *z, int64_t seconds) {
    int32_t low = 0, high = z->n;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (z->at[middle] <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

int32_t tw_zone_offset(const tw_zone *z, int64_t utc_ms) {
    int32_t i = find(z, tw_floor_div(utc_ms, 1000));
    return i < 0 ? z->first : z->offset[i];
}

int64_t tw_zone_to_utc(const tw_zone *z, int64_t local_ms) {
    if (z->n == 0) return local_ms - (int64_t)z->first * 1000;
    /* The transition nearest before, judged with the offset in force before it, decides; offsets are under a day. */
    int64_t local = tw_floor_div(local_ms, 1000);
    int32_t i = find(z, local + 86400);
    for (; i >= 0; i--) {
        int32_t before = i > 0 ? z->offset[i - 1] : z->first, after = z->offset[i];
        if (local - before < z->at[i]) continue; /* still before it by the old offset: earlier offset, overlap included */
        if (local - after < z->at[i]) return local_ms - before * INT64_C(1000); /* in the gap: moved forward by its length */
        return local_ms - after * INT64_C(1000);
    }
    return local_ms - z->first * INT64_C(1000);
}
