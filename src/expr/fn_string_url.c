/* PARSE_URL, by the rules of java.net.URL. */
#include "expr/entries.h"
#include "expr/text.h"

typedef struct url {
    tw_str protocol, authority, user, host, path, query, ref; /* data NULL: not there */
} url;

static const char *find(tw_str s, char c) { return s.length ? memchr(s.data, c, s.length) : NULL; }

/* Cuts `s` at the first `c`: what follows it goes to *after (data NULL when there is none). */
static tw_str cut(tw_str s, char c, tw_str *after) {
    const char *at = find(s, c);
    *after = (tw_str){NULL, 0};
    if (!at) return s;
    *after = (tw_str){at + 1, s.length - (size_t)(at + 1 - s.data)};
    return (tw_str){s.data, (size_t)(at - s.data)};
}

static tw_str strip(tw_str s) {
    while (s.length && (unsigned char)s.data[0] <= ' ') s.data++, s.length--;
    while (s.length && (unsigned char)s.data[s.length - 1] <= ' ') s.length--;
    return s;
}

/* The protocols that java.net.URL has handlers for. */
static bool known_protocol(tw_str p) {
    static const char *const known[] = {"http", "https", "ftp", "file", "jar", "mailto", "jrt"};
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
        if (tw_str_equal_nocase(p, tw_str_of(known[k]))) return true;
    return false;
}

static bool valid_port(tw_str port) {
    if (port.length > 9) return false;
    for (size_t k = 0; k < port.length; k++)
        if (port.data[k] < '0' || port.data[k] > '9') return false;
    return true;
}

/* [user@]host[:port]; false when the port is no number. */
static bool parse_authority(url *u) {
    tw_str host;
    tw_str port = {NULL, 0};
    tw_str user = cut(u->authority, '@', &host);
    if (!host.data) {
        host = u->authority;
    } else if (find(host, '@')) {
        u->host = (tw_str){host.data, 0}; /* two @: neither user nor host */
        return true;
    } else {
        u->user = user;
    }
    if (host.length && host.data[0] == '[') {
        const char *end = find(host, ']');
        if (!end) return false;
        size_t length = (size_t)(end + 1 - host.data);
        if (length < host.length && host.data[length] != ':') return false;
        if (length < host.length) port = (tw_str){host.data + length + 1, host.length - length - 1};
        u->host = (tw_str){host.data, length};
    } else {
        u->host = cut(host, ':', &port);
    }
    return valid_port(port);
}

static bool parse_url(tw_str text, url *u) {
    memset(u, 0, sizeof *u);
    tw_str rest;
    text = strip(text);
    if (text.length > 4 && tw_str_equal_nocase((tw_str){text.data, 4}, TW_STR("url:"))) text.data += 4, text.length -= 4;
    u->protocol = cut(text, ':', &rest);
    if (!rest.data || !known_protocol(u->protocol)) return false;
    rest = cut(rest, '#', &u->ref);
    rest = cut(rest, '?', &u->query);
    u->host = (tw_str){rest.data, 0};
    if (rest.length >= 2 && memcmp(rest.data, "//", 2) == 0 && !(rest.length >= 4 && memcmp(rest.data, "////", 4) == 0)) {
        rest.data += 2, rest.length -= 2;
        const char *slash = find(rest, '/');
        size_t length = slash ? (size_t)(slash - rest.data) : rest.length;
        u->authority = (tw_str){rest.data, length};
        if (!parse_authority(u)) return false;
        rest.data += length, rest.length -= length;
    }
    u->path = rest;
    return true;
}

/* The value of `key` in a query "a=1&b=2". */
static tw_str query_value(tw_str query, tw_str key) {
    while (query.data) {
        tw_str rest;
        tw_str pair = cut(query, '&', &rest);
        if (pair.length > key.length && pair.data[key.length] == '=' && memcmp(pair.data, key.data, key.length) == 0)
            return (tw_str){pair.data + key.length + 1, pair.length - key.length - 1};
        query = rest;
    }
    return (tw_str){NULL, 0};
}

static tw_str file_of(const url *u) { /* path?query: they stand side by side */
    if (!u->query.data) return u->path;
    return (tw_str){u->path.data, (size_t)(u->query.data + u->query.length - u->path.data)};
}

static tw_str url_part(const url *u, tw_str part) {
    if (tw_str_equal(part, TW_STR("HOST"))) return u->host;
    if (tw_str_equal(part, TW_STR("PATH"))) return u->path;
    if (tw_str_equal(part, TW_STR("QUERY"))) return u->query;
    if (tw_str_equal(part, TW_STR("REF"))) return u->ref;
    if (tw_str_equal(part, TW_STR("PROTOCOL"))) return u->protocol;
    if (tw_str_equal(part, TW_STR("FILE"))) return file_of(u);
    if (tw_str_equal(part, TW_STR("AUTHORITY"))) return u->authority;
    if (tw_str_equal(part, TW_STR("USERINFO"))) return u->user;
    return (tw_str){NULL, 0};
}

static void parse_url_rows(TW_KERNEL_ARGS) {
    TW_KERNEL_UNUSED;
    const int nargs = call->expr->nargs;
    TW_EACH(rows, i, {
        url u;
        tw_str part = tw_arg_str(args[1], i);
        tw_str found = {NULL, 0};
        bool keyed = nargs > 2;
        if (parse_url(tw_arg_str(args[0], i), &u) && (!keyed || tw_str_equal(part, TW_STR("QUERY")))) {
            found = url_part(&u, part);
            if (keyed) found = query_value(found, tw_arg_str(args[2], i));
        }
        tw_out_view(out, i, found.data ? found.data : "", found.length);
        if (!found.data) tw_out_null(out, i);
    });
}
TW_KERNEL_ENTRY(tw_kernel_parse_url, parse_url_rows)
TW_BIND_ENTRY(tw_bind_parse_url, "ss|s", &TW_TYPE_STRING)
