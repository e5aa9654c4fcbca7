/* SQL types, and how their values lie in memory.
 *
 * A tw_type is immutable and lives in an arena (or is one of the static ones below); types are compared with
 * tw_type_equal, never by address. A ROW type is also what a table's or a batch's schema is.
 *
 *   kind                 physical      value
 *   BOOLEAN              BOOL          one byte, 0 or 1
 *   TINYINT..BIGINT      I8 I16 I32 I64
 *   FLOAT DOUBLE         F32 F64
 *   DECIMAL(p<=18,s)     I64           unscaled
 *   DECIMAL(p>18,s)      I128          unscaled
 *   DATE                 I32           days since 1970-01-01
 *   TIME(p)              I32           milliseconds of the day
 *   TIMESTAMP(p<=3), LTZ I64           milliseconds since 1970-01-01T00:00 (LTZ: UTC; TIMESTAMP: as if UTC)
 *   TIMESTAMP(p>3), LTZ  TS            tw_ts: milliseconds and the nanoseconds within that millisecond
 *   INTERVAL YEAR-MONTH  I32           months
 *   INTERVAL DAY-SECOND  I64           milliseconds
 *   CHAR VARCHAR         STR           tw_sview of UTF-8; CHAR is padded to its length where it is made
 *   BINARY VARBINARY     STR           tw_sview of bytes
 *   ARRAY                LIST          offsets and children[0] = elements
 *   MAP                  MAP           offsets, children[0] = keys, children[1] = values
 *   MULTISET             MAP           offsets, children[0] = elements, children[1] = INT counts
 *   ROW                  STRUCT        one child per field
 *   NULL                 NONE          always null
 * Kinds, ranges and default precisions are Flink's (LogicalTypeRoot). */
#ifndef TW_DATA_TYPE_H
#define TW_DATA_TYPE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

typedef enum tw_kind {
    TW_NULL,
    TW_BOOLEAN,
    TW_TINYINT,
    TW_SMALLINT,
    TW_INTEGER,
    TW_BIGINT,
    TW_FLOAT,
    TW_DOUBLE,
    TW_DECIMAL,
    TW_CHAR,
    TW_VARCHAR,
    TW_BINARY,
    TW_VARBINARY,
    TW_DATE,
    TW_TIME,
    TW_TIMESTAMP,
    TW_TIMESTAMP_LTZ,
    TW_INTERVAL_YM,
    TW_INTERVAL_DS,
    TW_ARRAY,
    TW_MAP,
    TW_MULTISET,
    TW_ROW,
    TW_SYMBOL,     /* a keyword argument (a time unit, JSON behaviour): literals only, never a column */
    TW_DESCRIPTOR, /* a column name handed to a table function: literals only */
    TW_KIND_COUNT
} tw_kind;

typedef enum tw_phys {
    TW_PHYS_NONE,
    TW_PHYS_BOOL,
    TW_PHYS_I8,
    TW_PHYS_I16,
    TW_PHYS_I32,
    TW_PHYS_I64,
    TW_PHYS_I128,
    TW_PHYS_F32,
    TW_PHYS_F64,
    TW_PHYS_TS,
    TW_PHYS_STR,
    TW_PHYS_LIST,
    TW_PHYS_MAP,
    TW_PHYS_STRUCT
} tw_phys;

/* Is the column a time attribute? Part of the type, as in Flink: windows and OVER need one. */
typedef enum tw_time_attribute { TW_NOT_TIME, TW_ROWTIME, TW_PROCTIME } tw_time_attribute;

#define TW_LENGTH_MAX            INT32_MAX /* VARCHAR(MAX) = STRING, VARBINARY(MAX) = BYTES */
#define TW_DECIMAL_PRECISION_MAX 38

typedef struct tw_type tw_type;

typedef struct tw_field {
    tw_str name;
    const tw_type *type;
} tw_field;

struct tw_type {
    tw_kind kind;
    bool nullable;
    tw_time_attribute time;
    uint8_t precision; /* DECIMAL 1-38, TIME/TIMESTAMP 0-9 */
    uint8_t scale;     /* DECIMAL */
    uint8_t from, to;  /* INTERVAL: first and last field (tw_time_unit), as written */
    int32_t length;    /* CHAR, VARCHAR in code points; BINARY, VARBINARY in bytes; TW_LENGTH_MAX for none */
    int32_t nfields;   /* ARRAY, MULTISET 1 (element); MAP 2 (key, value); ROW its fields */
    const tw_field *fields;
};

typedef enum tw_time_unit {
    TW_UNIT_YEAR,
    TW_UNIT_QUARTER,
    TW_UNIT_MONTH,
    TW_UNIT_WEEK,
    TW_UNIT_DAY,
    TW_UNIT_HOUR,
    TW_UNIT_MINUTE,
    TW_UNIT_SECOND,
    TW_UNIT_MILLISECOND,
    TW_UNIT_MICROSECOND,
    TW_UNIT_NANOSECOND,
    TW_UNIT_DECADE,
    TW_UNIT_CENTURY,
    TW_UNIT_MILLENNIUM,
    TW_UNIT_EPOCH,
    TW_UNIT_DOW,
    TW_UNIT_DOY,
    TW_UNIT_ISODOW,
    TW_UNIT_ISOYEAR,
    TW_UNIT_COUNT
} tw_time_unit;

/* Static nullable types for the common cases. */
extern const tw_type TW_TYPE_NULL, TW_TYPE_BOOLEAN, TW_TYPE_TINYINT, TW_TYPE_SMALLINT, TW_TYPE_INTEGER, TW_TYPE_BIGINT, TW_TYPE_FLOAT, TW_TYPE_DOUBLE,
    TW_TYPE_STRING, TW_TYPE_BYTES, TW_TYPE_DATE, TW_TYPE_TIME, TW_TYPE_TIMESTAMP_3, TW_TYPE_TIMESTAMP_6, TW_TYPE_LTZ_3, TW_TYPE_SYMBOL;

/* Constructors: a new nullable type in the arena (NULL only when the arena has no `oom` jump and is out of memory). */
tw_type *tw_type_new(tw_arena *arena, tw_kind kind);
const tw_type *tw_type_decimal(tw_arena *arena, int precision, int scale);
const tw_type *tw_type_chars(tw_arena *arena, tw_kind kind, int32_t length); /* CHAR VARCHAR BINARY VARBINARY */
const tw_type *tw_type_timestamp(tw_arena *arena, tw_kind kind, int precision);
const tw_type *tw_type_array(tw_arena *arena, const tw_type *element);
const tw_type *tw_type_map(tw_arena *arena, const tw_type *key, const tw_type *value);
const tw_type *tw_type_multiset(tw_arena *arena, const tw_type *element);
const tw_type *tw_type_row(tw_arena *arena, const tw_field *fields, int nfields); /* copies the fields, borrows names */
/* The same type with another nullability or time attribute; gives `type` itself back when it is so already. */
const tw_type *tw_type_nullable(tw_arena *arena, const tw_type *type, bool nullable);
const tw_type *tw_type_with_time(tw_arena *arena, const tw_type *type, tw_time_attribute time);
/* Deep copy, names included. */
const tw_type *tw_type_clone(tw_arena *arena, const tw_type *type);

tw_phys tw_type_phys(const tw_type *type);
/* Bytes of one value in a column's `values`; 0 for NONE, LIST, MAP, STRUCT. */
int tw_phys_width(tw_phys phys);
/* Equal in kind, parameters and children; `nullability` says whether NOT NULL counts (time attributes never do). */
bool tw_type_equal(const tw_type *a, const tw_type *b, bool nullability);
/* Index of a field by exact name, or -1. */
int tw_type_field(const tw_type *row, tw_str name);

/* As Flink's asSummaryString / asSerializableString: "DECIMAL(10, 2) NOT NULL", "TIMESTAMP(3) *ROWTIME*",
 * "ROW<`a` INT, `b` STRING>". With `attributes` the time attribute is shown. */
void tw_type_print(tw_buf *out, const tw_type *type, bool attributes);
const char *tw_type_text(tw_arena *arena, const tw_type *type);
const char *tw_kind_name(tw_kind kind);      /* "BIGINT" */
const char *tw_unit_name(tw_time_unit unit); /* "SECOND" */
/* Parses a unit name without case, singular or plural; -1 when there is none. */
int tw_unit_parse(tw_str name);

/* Binary form, for plans and state schemas. Read fails (NULL) on damage; depth limit 64. */
void tw_type_write(tw_buf *out, const tw_type *type);
const tw_type *tw_type_read(tw_arena *arena, tw_reader *in);

static inline bool tw_kind_is_integer(tw_kind k) { return k >= TW_TINYINT && k <= TW_BIGINT; }
static inline bool tw_kind_is_numeric(tw_kind k) { return k >= TW_TINYINT && k <= TW_DECIMAL; }
static inline bool tw_kind_is_approximate(tw_kind k) { return k == TW_FLOAT || k == TW_DOUBLE; }
static inline bool tw_kind_is_text(tw_kind k) { return k == TW_CHAR || k == TW_VARCHAR; }
static inline bool tw_kind_is_binary(tw_kind k) { return k == TW_BINARY || k == TW_VARBINARY; }
static inline bool tw_kind_is_timestamp(tw_kind k) { return k == TW_TIMESTAMP || k == TW_TIMESTAMP_LTZ; }
static inline bool tw_kind_is_datetime(tw_kind k) { return k >= TW_DATE && k <= TW_TIMESTAMP_LTZ; }
static inline bool tw_kind_is_interval(tw_kind k) { return k == TW_INTERVAL_YM || k == TW_INTERVAL_DS; }
static inline bool tw_kind_is_nested(tw_kind k) { return k >= TW_ARRAY && k <= TW_ROW; }

#endif
