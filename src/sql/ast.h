/* The syntax tree of a script: plain data in one arena, made by the parser (parse.h), read by the binder.
 *
 * - Every node has `pos`: the place of its first byte, and `length` bytes up to the end of its last token. The text of a node is
 *   therefore script[pos.offset .. pos.offset + pos.length), see tw_ast_text.
 * - Names keep their case and lose their quotes. A name path is a tw_ast_name list of 1 to 3 parts (catalog.db.table), or, as a
 *   column reference, of any length: alias.column.field.field is left to the binder.
 * - Lists are {at, count}; `at` is NULL when count is 0. Pointers said to be optional are NULL when absent.
 * - Text points into the script where it can, so the script must outlive the tree.
 *
 * Whatever looks like a function or an operator is a CALL with a canonical name and a plain argument list, so that a new function
 * needs no grammar. Names of operators and of special syntaxes are upper case; ordinary functions stand as written (function names
 * compare without case). `[x]` is an argument left out when not written, %W a SYMBOL literal (expr/symbol.h numbers them).
 *
 *   written                                          call
 *   a + b, -, *, /, %, ||                            "+" (a, b) ...
 *   -a, +a                                           "-" (a); + a is a
 *   a = b, <>, !=, <, <=, >, >=                      "=" "<>" (also for !=) "<" "<=" ">" ">="
 *   a AND b AND c; OR alike; NOT a                   "AND" (AND(a, b), c); "OR"; "NOT" (a)
 *   a IS [NOT] NULL | TRUE | FALSE | UNKNOWN         "IS NULL" "IS NOT NULL" "IS TRUE" "IS NOT TRUE" ... (UNKNOWN becomes NULL)
 *   a IS [NOT] DISTINCT FROM b                       "IS DISTINCT FROM" "IS NOT DISTINCT FROM" (a, b)
 *   a IS [NOT] JSON [VALUE|OBJECT|ARRAY|SCALAR]      "IS JSON" "IS NOT JSON" (a [, %VALUE | %OBJECT | %ARRAY | %SCALAR])
 *   a [NOT] BETWEEN [SYMMETRIC] b AND c              "BETWEEN" "NOT BETWEEN" "BETWEEN SYMMETRIC" "NOT BETWEEN SYMMETRIC" (a, b, c)
 *   a [NOT] IN (x, y, ...)                           "IN" "NOT IN" (a, x, y, ...)
 *   a [NOT] LIKE b [ESCAPE c], SIMILAR TO            "LIKE" "NOT LIKE" "SIMILAR TO" "NOT SIMILAR TO" (a, b [, c])
 *   (a, b) OVERLAPS (c, d)                           "OVERLAPS" (a, b, c, d)
 *   a[i]                                             "ITEM" (a, i)
 *   ROW(a, b), (a, b); ARRAY[a, b]; MAP[k, v]        "ROW" "ARRAY" "MAP"
 *   EXTRACT(u FROM x)                                "EXTRACT" (%u, x)
 *   FLOOR(x TO u), CEIL / CEILING(x TO u)            "FLOOR" "CEIL" (x, %u); without TO (x)
 *   POSITION(a IN b [FROM n])                        "POSITION" (a, b [, n])
 *   SUBSTRING(x FROM n [FOR m])                      "SUBSTRING" (x, n [, m])
 *   TRIM([BOTH|LEADING|TRAILING] [c] FROM x)         "TRIM" (%BOTH|%LEADING|%TRAILING, c, x), c is ' ' when left out; TRIM(x) stays (x)
 *   OVERLAY(x PLACING y FROM n [FOR m])              "OVERLAY" (x, y, n [, m])
 *   TIMESTAMPADD(u, n, x), TIMESTAMPDIFF(u, x, y)    "TIMESTAMPADD" (%u, n, x), "TIMESTAMPDIFF" (%u, x, y); SQL_TSI_u is u
 *   DEFAULT as an argument                           DEFAULT node
 *   CURRENT_DATE, LOCALTIME, ... without ()          a call without arguments, name in upper case, bare set
 *   INTERVAL e DAY (e no string)                     "INTERVAL" (e, %DAY)
 *   JSON_EXISTS(x, p [b ON ERROR])                   "JSON_EXISTS" (x, p [, %TRUE|%FALSE|%UNKNOWN|%ERROR])
 *   JSON_VALUE(x, p [RETURNING t] [b ON EMPTY] [c ON ERROR])
 *                                                    "JSON_VALUE" (x, p, %b, default of b, %c, default of c), type in `returning`;
 *                                                    b, c: NULL ERROR DEFAULT; not written: NULL; a default not given is NULL
 *   JSON_QUERY(x, p [RETURNING t] [w WRAPPER] [b ON EMPTY] [c ON ERROR])
 *                                                    "JSON_QUERY" (x, p, %w, %b, %c); w: WITHOUT CONDITIONAL UNCONDITIONAL;
 *                                                    b, c: NULL ERROR EMPTY_ARRAY EMPTY_OBJECT; type in `returning`
 *   JSON_OBJECT(KEY k VALUE v, ... [b ON NULL])      "JSON_OBJECT" (%NULL|%ABSENT, k, v, ...); not written: NULL
 *   JSON_ARRAY(v, ... [b ON NULL])                   "JSON_ARRAY" (%NULL|%ABSENT, v, ...); not written: ABSENT
 *   JSON_OBJECTAGG(KEY k VALUE v [b ON NULL])        "JSON_OBJECTAGG" (%b, k, v); not written: NULL
 *   JSON_ARRAYAGG(v [b ON NULL])                     "JSON_ARRAYAGG" (%b, v); not written: ABSENT
 *   DESCRIPTOR(a, b)                                 "DESCRIPTOR" (columns)
 *   f(a => 1)                                        arg_names[0] = a
 *   COUNT(*)                                         "COUNT" with star set and no arguments
 *   x.f where x is no name path: f(a).b, a[1].b      FIELD
 *   x::t, CAST(x AS t), TRY_CAST(x AS t)             CAST */
#ifndef TW_SQL_AST_H
#define TW_SQL_AST_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "data/type.h"

typedef struct tw_ast_expr tw_ast_expr;
typedef struct tw_ast_query tw_ast_query;
typedef struct tw_ast_from tw_ast_from;
typedef struct tw_ast_statement tw_ast_statement;
typedef struct tw_ast_match tw_ast_match;

typedef struct tw_ast_name {
    tw_str text;
    tw_pos pos;
    bool quoted; /* stood in backticks */
} tw_ast_name;

typedef struct tw_ast_names {
    tw_ast_name *at;
    int count;
} tw_ast_names;

typedef struct tw_ast_exprs {
    tw_ast_expr **at;
    int count;
} tw_ast_exprs;

/* A type as written. INT, STRING, BYTES, DEC, ... are already the kind of data/type.h; NOT NULL is in type->nullable. An unknown
 * name is an error of the parser. */
typedef struct tw_ast_type {
    tw_pos pos;
    const tw_type *type;
} tw_ast_type;

/* 'key' = 'value' of WITH, OPTIONS and SET. */
typedef struct tw_ast_option {
    tw_str key, value;
    tw_pos key_pos, value_pos;
} tw_ast_option;

typedef struct tw_ast_options {
    tw_ast_option *at;
    int count;
} tw_ast_options;

/* One of / *+ NAME(arguments), ... * /. Arguments are 'k' = 'v' pairs, or bare words and strings (value empty, value_pos.line 0). */
typedef struct tw_ast_hint {
    tw_pos pos;
    tw_str name;
    tw_ast_options arguments;
} tw_ast_hint;

typedef struct tw_ast_hints {
    tw_ast_hint *at;
    int count;
} tw_ast_hints;

/* ---- expressions ---------------------------------------------------------------------------------------------- */

typedef enum tw_ast_expr_kind {
    TW_AST_LITERAL,   /* literal */
    TW_AST_COLUMN,    /* column: a name path */
    TW_AST_STAR,      /* star: `*`, `t.*`, `(expr).*` */
    TW_AST_CALL,      /* call */
    TW_AST_CAST,      /* cast */
    TW_AST_CASE,      /* cases */
    TW_AST_FIELD,     /* field */
    TW_AST_SUBQUERY,  /* subquery: scalar, EXISTS, IN, ARRAY(..), quantified */
    TW_AST_TABLE_ARG, /* table_arg: TABLE t | (query) as argument of a table function */
    TW_AST_DEFAULT    /* DEFAULT as argument: the parameter is not given */
} tw_ast_expr_kind;

typedef enum tw_ast_literal_kind {
    TW_AST_LIT_NULL,
    TW_AST_LIT_BOOLEAN, /* boolean; UNKNOWN is LIT_UNKNOWN */
    TW_AST_LIT_UNKNOWN, /* a BOOLEAN NULL */
    TW_AST_LIT_EXACT,   /* text "12", "1.50", ".5": INT, BIGINT or DECIMAL by size, never signed */
    TW_AST_LIT_APPROX,  /* text "1.5E3": DOUBLE */
    TW_AST_LIT_STRING,  /* text without quotes, escapes resolved, adjacent strings joined */
    TW_AST_LIT_BINARY,  /* text: the bytes of X'..' */
    TW_AST_LIT_DATE,    /* text between the quotes, not yet checked */
    TW_AST_LIT_TIME,
    TW_AST_LIT_TIMESTAMP,
    TW_AST_LIT_INTERVAL, /* text between the quotes; negative, from, to, precisions */
    TW_AST_LIT_SYMBOL    /* text: a keyword in upper case, see expr/symbol.h */
} tw_ast_literal_kind;

typedef struct tw_ast_literal {
    tw_ast_literal_kind kind;
    bool boolean;
    bool negative;    /* INTERVAL -'1' DAY (a minus inside the quotes stays in text) */
    uint8_t from, to; /* INTERVAL: tw_time_unit; to == from when there is no TO */
    int8_t precision; /* INTERVAL: leading precision, -1 when not written */
    int8_t fraction;  /* INTERVAL: fractional seconds precision, -1 when not written */
    tw_str text;
} tw_ast_literal;

typedef enum tw_ast_nulls { TW_AST_NULLS_UNSAID, TW_AST_NULLS_FIRST, TW_AST_NULLS_LAST } tw_ast_nulls;

typedef struct tw_ast_sort {
    tw_ast_expr *expr;
    bool descending;
    tw_ast_nulls nulls;
} tw_ast_sort;

typedef struct tw_ast_sorts {
    tw_ast_sort *at;
    int count;
} tw_ast_sorts;

typedef enum tw_ast_bound_kind {
    TW_AST_UNBOUNDED_PRECEDING,
    TW_AST_PRECEDING, /* expr */
    TW_AST_CURRENT_ROW,
    TW_AST_FOLLOWING, /* expr */
    TW_AST_UNBOUNDED_FOLLOWING
} tw_ast_bound_kind;

typedef struct tw_ast_bound {
    tw_ast_bound_kind kind;
    tw_ast_expr *expr; /* PRECEDING and FOLLOWING, else NULL */
    tw_pos pos;
} tw_ast_bound;

typedef enum tw_ast_frame { TW_AST_FRAME_NONE, TW_AST_FRAME_ROWS, TW_AST_FRAME_RANGE } tw_ast_frame;

/* ( [base] [PARTITION BY ..] [ORDER BY ..] [ROWS|RANGE ..] ), or OVER name alone: then only `base` is set. */
typedef struct tw_ast_window {
    tw_pos pos;
    tw_ast_name name; /* of WINDOW name AS (..), empty in OVER (..) */
    tw_ast_name base; /* name of the window it refers to, empty for none */
    tw_ast_exprs partition;
    tw_ast_sorts order;
    tw_ast_frame frame;
    tw_ast_bound start, end; /* when frame is not NONE; `end` is CURRENT ROW when only a start is written */
} tw_ast_window;

typedef struct tw_ast_windows {
    tw_ast_window **at;
    int count;
} tw_ast_windows;

typedef enum tw_ast_null_treatment { TW_AST_NULL_TREATMENT_UNSAID, TW_AST_RESPECT_NULLS, TW_AST_IGNORE_NULLS } tw_ast_null_treatment;

typedef struct tw_ast_call {
    tw_ast_name name;     /* the last part; its pos is the operator's or the name's own place */
    tw_ast_names path;    /* all parts when qualified (catalog.db.f), else empty */
    bool operator_syntax; /* written as operator or special syntax, not as name(args) */
    bool bare;            /* CURRENT_DATE without parentheses */
    bool distinct;        /* f(DISTINCT ..) */
    bool star;            /* f(*) */
    tw_ast_exprs args;
    tw_ast_name *arg_names; /* optional: args.count names (all args are named then), NULL when positional */
    tw_ast_expr *filter;    /* optional: FILTER (WHERE ..) */
    tw_ast_window *over;    /* optional */
    tw_ast_sorts within;    /* WITHIN GROUP (ORDER BY ..), and ORDER BY inside the parentheses of an aggregate */
    tw_ast_null_treatment nulls;
    tw_ast_type *returning; /* optional: JSON_VALUE, JSON_QUERY */
    uint8_t running;        /* MATCH_RECOGNIZE: 0 not said, 1 RUNNING, 2 FINAL */
} tw_ast_call;

typedef struct tw_ast_when {
    tw_ast_expr *when, *then;
} tw_ast_when;

typedef struct tw_ast_case {
    tw_ast_expr *operand; /* optional: CASE operand WHEN value ..; with several values in one WHEN the branch is repeated */
    tw_ast_when *branches;
    int count;
    tw_ast_expr *otherwise; /* optional */
} tw_ast_case;

typedef enum tw_ast_subquery_kind {
    TW_AST_SUBQUERY_SCALAR,
    TW_AST_SUBQUERY_EXISTS,
    TW_AST_SUBQUERY_IN,       /* operand IN (query), negated for NOT IN */
    TW_AST_SUBQUERY_SOME,     /* operand <comparison> SOME | ANY (query) */
    TW_AST_SUBQUERY_ALL,      /* operand <comparison> ALL (query) */
    TW_AST_SUBQUERY_ARRAY,    /* ARRAY(query) */
    TW_AST_SUBQUERY_MULTISET, /* MULTISET(query) */
    TW_AST_SUBQUERY_MAP       /* MAP(query) */
} tw_ast_subquery_kind;

struct tw_ast_expr {
    tw_ast_expr_kind kind;
    bool parenthesised; /* ( ... ) stood around it */
    uint16_t height;    /* of the tree below, bounded by the parser: a recursion over it needs no check of its own */
    tw_pos pos;
    union {
        tw_ast_literal literal;
        tw_ast_names column;
        struct {
            tw_ast_names qualifier; /* empty for a lone * */
            tw_ast_expr *base;      /* optional: of (expr).* */
        } star;
        tw_ast_call call;
        struct {
            tw_ast_expr *operand;
            tw_ast_type *type;
            bool try_cast;
        } cast;
        tw_ast_case cases;
        struct {
            tw_ast_expr *base;
            tw_ast_name name;
        } field;
        struct {
            tw_ast_subquery_kind kind;
            bool negated;         /* NOT IN */
            tw_ast_expr *operand; /* IN, SOME, ALL; else NULL */
            tw_str comparison;    /* SOME, ALL: "=" "<" ... */
            tw_ast_query *query;
        } subquery;
        struct {
            tw_ast_names table;  /* TABLE t, or empty and */
            tw_ast_query *query; /* (query) */
            tw_ast_exprs partition;
            tw_ast_sorts order;
        } table_arg;
    };
};

/* ---- queries -------------------------------------------------------------------------------------------------- */

typedef enum tw_ast_from_kind {
    TW_AST_FROM_TABLE,    /* table */
    TW_AST_FROM_QUERY,    /* query (also VALUES in parentheses) */
    TW_AST_FROM_FUNCTION, /* function: TABLE(f(..)), LATERAL TABLE(f(..)), TUMBLE(..) */
    TW_AST_FROM_UNNEST,   /* unnest */
    TW_AST_FROM_JOIN,     /* join */
    TW_AST_FROM_MATCH     /* match: input MATCH_RECOGNIZE (..) */
} tw_ast_from_kind;

typedef enum tw_ast_join_kind {
    TW_AST_JOIN_COMMA, /* a, b: as CROSS */
    TW_AST_JOIN_CROSS,
    TW_AST_JOIN_INNER,
    TW_AST_JOIN_LEFT,
    TW_AST_JOIN_RIGHT,
    TW_AST_JOIN_FULL,
    TW_AST_JOIN_ASOF, /* ASOF JOIN .. MATCH_CONDITION .. ON */
    TW_AST_JOIN_LEFT_ASOF
} tw_ast_join_kind;

struct tw_ast_from {
    tw_ast_from_kind kind;
    tw_pos pos;
    bool lateral;
    tw_ast_name alias;    /* empty text: none */
    tw_ast_names columns; /* of alias (a, b); empty: none */
    union {
        struct {
            tw_ast_names name;
            tw_ast_hints hints;
            tw_ast_expr *as_of; /* optional: FOR SYSTEM_TIME AS OF */
        } table;
        struct {
            tw_ast_query *query;
            tw_ast_expr *as_of;
        } query;
        struct {
            tw_ast_expr *call; /* a CALL */
            tw_ast_expr *as_of;
        } function;
        struct {
            tw_ast_exprs args;
            bool ordinality;
        } unnest;
        struct {
            tw_ast_join_kind kind;
            bool natural;
            tw_ast_from *left, *right;
            tw_ast_expr *on;              /* optional */
            tw_ast_names using_columns;   /* USING (..), empty for none */
            tw_ast_expr *match_condition; /* ASOF */
        } join;
        struct {
            tw_ast_from *input;
            tw_ast_match *match;
        } match;
    };
};

typedef enum tw_ast_group_kind {
    TW_AST_GROUP_EXPR, /* exprs.count 1; () has count 0 */
    TW_AST_GROUP_ROW,  /* (a, b) inside sets, and as plain item */
    TW_AST_GROUP_SETS, /* items */
    TW_AST_GROUP_ROLLUP,
    TW_AST_GROUP_CUBE
} tw_ast_group_kind;

typedef struct tw_ast_group tw_ast_group;
struct tw_ast_group {
    tw_ast_group_kind kind;
    tw_pos pos;
    tw_ast_exprs exprs;  /* EXPR, ROW */
    tw_ast_group *items; /* SETS, ROLLUP, CUBE */
    int nitems;
};

typedef struct tw_ast_item {
    tw_ast_expr *expr; /* may be a STAR */
    tw_ast_name alias; /* empty text: none */
} tw_ast_item;

typedef struct tw_ast_select {
    tw_pos pos;
    bool distinct;
    tw_ast_hints hints;
    tw_ast_item *items;
    int nitems;
    tw_ast_from *from;   /* optional */
    tw_ast_expr *where;  /* optional */
    bool grouped;        /* GROUP BY stands there (its list may be the one empty group) */
    bool group_distinct; /* GROUP BY DISTINCT */
    tw_ast_group *groups;
    int ngroups;
    tw_ast_expr *having;    /* optional */
    tw_ast_windows windows; /* WINDOW w AS (..), .. */
    tw_ast_expr *qualify;   /* optional */
} tw_ast_select;

typedef enum tw_ast_body_kind {
    TW_AST_BODY_SELECT,
    TW_AST_BODY_VALUES, /* rows: each a list of expressions */
    TW_AST_BODY_TABLE,  /* TABLE t */
    TW_AST_BODY_SET,    /* left UNION | INTERSECT | EXCEPT right */
    TW_AST_BODY_QUERY   /* ( query ) with its own WITH, ORDER BY or LIMIT; plain parentheses leave no trace */
} tw_ast_body_kind;

typedef enum tw_ast_set_op { TW_AST_UNION, TW_AST_INTERSECT, TW_AST_EXCEPT } tw_ast_set_op;

typedef struct tw_ast_body tw_ast_body;
struct tw_ast_body {
    tw_ast_body_kind kind;
    tw_pos pos;
    union {
        tw_ast_select *select;
        struct {
            tw_ast_exprs *rows;
            int count;
        } values;
        tw_ast_names table;
        struct {
            tw_ast_set_op op;
            bool all;
            tw_ast_body *left, *right;
        } set;
        tw_ast_query *query;
    };
};

typedef enum tw_ast_emit_kind {
    TW_AST_EMIT_NONE, /* no EMIT clause */
    TW_AST_EMIT_ON_CLOSE,
    TW_AST_EMIT_EVERY, /* every */
    TW_AST_EMIT_ON_UPDATE
} tw_ast_emit_kind;

/* EMIT {ON CLOSE | EVERY {interval | n ROWS} | ON UPDATE} [PURGE] [WITH LATENESS interval], at the end of a query. EMIT WITH LATENESS ..
 * alone is ON CLOSE. */
typedef struct tw_ast_emit {
    tw_ast_emit_kind kind;
    tw_pos pos;
    tw_ast_expr *every; /* EVERY: an interval, or with `rows` a number */
    bool rows;
    bool purge;
    tw_pos purge_pos;
    tw_ast_expr *lateness; /* optional: an interval */
} tw_ast_emit;

typedef struct tw_ast_with {
    tw_ast_name name;
    tw_ast_names columns; /* empty: the query's own */
    tw_ast_query *query;
} tw_ast_with;

struct tw_ast_query {
    tw_pos pos;
    tw_ast_with *with;
    int nwith;
    tw_ast_body *body;
    tw_ast_sorts order;
    tw_ast_expr *limit;  /* optional: LIMIT n, FETCH FIRST n ROWS ONLY (LIMIT ALL leaves none) */
    tw_ast_expr *offset; /* optional */
    tw_ast_emit emit;
};

/* ---- MATCH_RECOGNIZE ------------------------------------------------------------------------------------------- */

typedef enum tw_ast_pattern_kind {
    TW_AST_PATTERN_VARIABLE,    /* name */
    TW_AST_PATTERN_SEQUENCE,    /* items */
    TW_AST_PATTERN_ALTERNATION, /* items: a | b */
    TW_AST_PATTERN_PERMUTE,     /* items */
    TW_AST_PATTERN_EXCLUSION,   /* {- item -} */
    TW_AST_PATTERN_ABSENT,      /* [^ item ]: nothing of the kind (an addition) */
    TW_AST_PATTERN_START,       /* ^ */
    TW_AST_PATTERN_END,         /* $ */
    TW_AST_PATTERN_EMPTY        /* () */
} tw_ast_pattern_kind;

typedef struct tw_ast_pattern tw_ast_pattern;
struct tw_ast_pattern {
    tw_ast_pattern_kind kind;
    tw_pos pos;
    tw_ast_name name;
    tw_ast_pattern **items;
    int nitems;
    bool quantified;  /* a quantifier follows: min and max hold; otherwise both are 1 */
    bool reluctant;   /* *? +? ?? {n,m}? */
    int32_t min, max; /* max -1: no limit */
};

typedef enum tw_ast_skip {
    TW_AST_SKIP_UNSAID, /* PAST LAST ROW */
    TW_AST_SKIP_PAST_LAST_ROW,
    TW_AST_SKIP_TO_NEXT_ROW,
    TW_AST_SKIP_TO_FIRST, /* skip_to */
    TW_AST_SKIP_TO_LAST   /* skip_to; also SKIP TO v */
} tw_ast_skip;

typedef struct tw_ast_measure {
    tw_ast_expr *expr; /* calls may carry `running` */
    tw_ast_name alias;
} tw_ast_measure;

typedef struct tw_ast_subset {
    tw_ast_name name;
    tw_ast_names members;
} tw_ast_subset;

typedef struct tw_ast_define {
    tw_ast_name name;
    tw_ast_expr *condition;
} tw_ast_define;

struct tw_ast_match {
    tw_pos pos;
    tw_ast_exprs partition;
    tw_ast_sorts order;
    tw_ast_measure *measures;
    int nmeasures;
    bool all_rows;           /* ALL ROWS PER MATCH */
    uint8_t all_rows_option; /* 0 not said, 1 SHOW EMPTY MATCHES, 2 OMIT EMPTY MATCHES, 3 WITH UNMATCHED ROWS */
    bool with_timeout;       /* ONE ROW PER MATCH WITH TIMED OUT: partial matches past WITHIN come out too (an addition) */
    tw_ast_skip skip;
    tw_ast_name skip_to;
    tw_ast_pattern *pattern;
    tw_ast_expr *within; /* optional: an interval */
    tw_ast_subset *subsets;
    int nsubsets;
    tw_ast_define *defines;
    int ndefines;
};

/* ---- statements ------------------------------------------------------------------------------------------------ */

typedef enum tw_ast_column_kind { TW_AST_PHYSICAL, TW_AST_COMPUTED, TW_AST_METADATA, TW_AST_NAME_ONLY } tw_ast_column_kind;

typedef struct tw_ast_column {
    tw_ast_column_kind kind; /* NAME_ONLY: CREATE TABLE t (a, b) AS SELECT */
    tw_pos pos;
    tw_ast_name name;
    tw_ast_type *type;   /* PHYSICAL, METADATA */
    tw_ast_expr *expr;   /* COMPUTED */
    tw_str metadata_key; /* METADATA FROM 'key'; data is NULL: the column's own name */
    tw_pos metadata_pos;
    bool is_virtual;  /* METADATA .. VIRTUAL */
    bool primary_key; /* column constraint PRIMARY KEY NOT ENFORCED */
    tw_str comment;
} tw_ast_column;

typedef struct tw_ast_primary_key {
    tw_pos pos;       /* line 0: none. A column's own PRIMARY KEY is reported here too */
    tw_ast_name name; /* CONSTRAINT name, empty for none */
    tw_ast_names columns;
} tw_ast_primary_key;

/* A second WATERMARK FOR is an error of the parser. */
typedef struct tw_ast_watermark {
    tw_pos pos; /* line 0: none */
    tw_ast_names column;
    tw_ast_expr *expr;
} tw_ast_watermark;

typedef enum tw_ast_like_what {
    TW_AST_LIKE_ALL,
    TW_AST_LIKE_CONSTRAINTS,
    TW_AST_LIKE_DISTRIBUTION,
    TW_AST_LIKE_GENERATED,
    TW_AST_LIKE_METADATA,
    TW_AST_LIKE_OPTIONS,
    TW_AST_LIKE_PARTITIONS,
    TW_AST_LIKE_WATERMARKS
} tw_ast_like_what;

typedef enum tw_ast_like_how { TW_AST_INCLUDING, TW_AST_EXCLUDING, TW_AST_OVERWRITING } tw_ast_like_how;

typedef struct tw_ast_like_option {
    tw_pos pos;
    tw_ast_like_how how;
    tw_ast_like_what what;
} tw_ast_like_option;

typedef struct tw_ast_distribution {
    tw_pos pos;  /* line 0: none */
    tw_str kind; /* "HASH", "RANGE" or empty */
    tw_ast_names columns;
    int32_t buckets; /* 0: not said */
} tw_ast_distribution;

typedef struct tw_ast_create_table {
    bool temporary, or_replace, if_not_exists;
    tw_ast_names name;
    tw_ast_column *columns;
    int ncolumns;
    tw_ast_watermark watermark;
    tw_ast_primary_key primary_key;
    tw_str comment;
    tw_ast_names partitioned_by;
    tw_ast_distribution distribution;
    tw_ast_options options;
    tw_ast_names like; /* empty: no LIKE */
    tw_ast_like_option *like_options;
    int nlike_options;
    tw_ast_query *as; /* optional */
} tw_ast_create_table;

typedef struct tw_ast_create_view {
    bool temporary, or_replace, if_not_exists;
    bool materialized;
    tw_ast_names name;
    tw_ast_names columns; /* empty: the query's */
    tw_str comment;
    tw_ast_options options; /* MATERIALIZED VIEW .. WITH (..) */
    tw_ast_query *query;
    tw_str query_text; /* as written */
} tw_ast_create_view;

/* CREATE FUNCTION, CATALOG, DATABASE, MODEL. */
typedef struct tw_ast_create_object {
    bool temporary, system, or_replace, if_not_exists;
    tw_ast_names name;
    tw_str comment;
    tw_ast_options options;
    tw_str as;       /* FUNCTION: the class or the source text */
    tw_str language; /* FUNCTION: upper case, empty when not said */
} tw_ast_create_object;

typedef enum tw_ast_object {
    TW_AST_OBJECT_TABLE,
    TW_AST_OBJECT_VIEW,
    TW_AST_OBJECT_MATERIALIZED_VIEW,
    TW_AST_OBJECT_FUNCTION,
    TW_AST_OBJECT_CATALOG,
    TW_AST_OBJECT_DATABASE,
    TW_AST_OBJECT_MODEL
} tw_ast_object;

typedef struct tw_ast_drop {
    tw_ast_object object;
    bool temporary, system, if_exists, cascade;
    tw_ast_names name;
} tw_ast_drop;

typedef enum tw_ast_alter_kind {
    TW_AST_ALTER_RENAME,        /* new_name */
    TW_AST_ALTER_RENAME_COLUMN, /* column -> new_name */
    TW_AST_ALTER_SET,           /* options */
    TW_AST_ALTER_RESET,         /* options: keys only */
    TW_AST_ALTER_ADD,           /* definition: columns, watermark, primary key */
    TW_AST_ALTER_MODIFY,        /* definition */
    TW_AST_ALTER_DROP_COLUMNS,  /* columns */
    TW_AST_ALTER_DROP_PRIMARY_KEY,
    TW_AST_ALTER_DROP_CONSTRAINT, /* columns[0] is its name */
    TW_AST_ALTER_DROP_WATERMARK,
    TW_AST_ALTER_AS /* ALTER VIEW v AS query */
} tw_ast_alter_kind;

typedef struct tw_ast_alter {
    tw_ast_object object; /* TABLE, VIEW, DATABASE, CATALOG */
    bool if_exists;
    tw_ast_alter_kind kind;
    tw_ast_names name;
    tw_ast_names new_name;
    tw_ast_names columns;
    tw_ast_options options;
    tw_ast_create_table *definition; /* ADD, MODIFY: only columns, watermark and primary key are set */
    tw_ast_query *query;
} tw_ast_alter;

typedef struct tw_ast_partition {
    tw_ast_name name;
    tw_ast_expr *value; /* optional */
} tw_ast_partition;

typedef struct tw_ast_insert {
    bool overwrite;
    tw_ast_names table;
    tw_ast_hints hints;
    tw_ast_partition *partition;
    int npartition;
    tw_ast_names columns; /* empty: all */
    tw_ast_query *query;
} tw_ast_insert;

typedef enum tw_ast_show {
    TW_AST_SHOW_TABLES,
    TW_AST_SHOW_VIEWS,
    TW_AST_SHOW_FUNCTIONS,
    TW_AST_SHOW_COLUMNS, /* name */
    TW_AST_SHOW_CATALOGS,
    TW_AST_SHOW_DATABASES,
    TW_AST_SHOW_CURRENT_CATALOG,
    TW_AST_SHOW_CURRENT_DATABASE,
    TW_AST_SHOW_CREATE_TABLE, /* name */
    TW_AST_SHOW_CREATE_VIEW,  /* name */
    TW_AST_SHOW_PARTITIONS,   /* name */
    TW_AST_SHOW_MODELS,
    TW_AST_SHOW_JOBS,
    TW_AST_SHOW_MODULES,
    TW_AST_SHOW_OTHER /* word: one word, as SHOW server_version (drivers) */
} tw_ast_show;

typedef enum tw_ast_statement_kind {
    TW_AST_QUERY,         /* query */
    TW_AST_INSERT,        /* insert */
    TW_AST_STATEMENT_SET, /* set_of: inserts */
    TW_AST_CREATE_TABLE,  /* create_table */
    TW_AST_CREATE_VIEW,   /* create_view */
    TW_AST_CREATE_OBJECT, /* create_object, object */
    TW_AST_DROP,          /* drop */
    TW_AST_ALTER,         /* alter */
    TW_AST_SET,           /* set: key empty for SET alone */
    TW_AST_RESET,         /* set: key empty for all */
    TW_AST_SHOW,          /* show */
    TW_AST_DESCRIBE,      /* describe */
    TW_AST_EXPLAIN,       /* explain */
    TW_AST_USE,           /* use */
    TW_AST_SUBSCRIBE      /* subscribe */
} tw_ast_statement_kind;

#define TW_AST_EXPLAIN_ESTIMATED_COST (1u << 0)
#define TW_AST_EXPLAIN_CHANGELOG_MODE (1u << 1)
#define TW_AST_EXPLAIN_JSON_PLAN      (1u << 2)
#define TW_AST_EXPLAIN_PLAN_ADVICE    (1u << 3)

struct tw_ast_statement {
    tw_ast_statement_kind kind;
    tw_pos pos;
    union {
        tw_ast_query *query;
        tw_ast_insert *insert;
        struct {
            tw_ast_statement **at; /* each an INSERT */
            int count;
        } set_of;
        tw_ast_create_table *create_table;
        tw_ast_create_view *create_view;
        struct {
            tw_ast_object object;
            tw_ast_create_object *definition;
        } create_object;
        tw_ast_drop *drop;
        tw_ast_alter *alter;
        tw_ast_option set;
        struct {
            tw_ast_show what;
            tw_ast_names name; /* COLUMNS, CREATE .., PARTITIONS; IN database of TABLES */
            tw_str like;       /* LIKE 'pattern'; data NULL: none */
            bool not_like, ilike;
            bool user; /* SHOW USER FUNCTIONS */
            tw_str word;
        } show;
        struct {
            tw_ast_names name;
            bool extended;
            tw_str object; /* "", "CATALOG", "DATABASE", "FUNCTION", "MODEL" */
        } describe;
        struct {
            uint32_t details; /* TW_AST_EXPLAIN_* */
            tw_ast_statement *statement;
        } explain;
        struct {
            tw_str object; /* "CATALOG", "MODULES" or "" for a database */
            tw_ast_names name;
        } use;
        struct {
            tw_ast_names name;   /* SUBSCRIBE [TO] name, or empty and */
            tw_ast_query *query; /* SUBSCRIBE (query) */
            tw_ast_options options;
        } subscribe;
    };
};

typedef struct tw_ast_script {
    tw_str text; /* the script itself, borrowed */
    tw_ast_statement **statements;
    int count;
} tw_ast_script;

/* The source text of a node. */
static inline tw_str tw_ast_text(tw_str script, tw_pos pos) { return (tw_str){script.data + pos.offset, pos.length}; }

/* S-expressions, one statement a line, for tests: (query (select (items (item (+ 1 x)) ..) (from (table t)))). Sizes of names and
 * literals are as written; positions are left out; shown by count or name only are groups, EMIT and the inside of DDL. */
void tw_ast_dump(tw_buf *out, const tw_ast_script *script);
void tw_ast_dump_statement(tw_buf *out, const tw_ast_statement *statement);
void tw_ast_dump_expr(tw_buf *out, const tw_ast_expr *expr);

#endif
