/* Reserved words: those of Calcite's grammar as Flink configures it. Each list is sorted. */
#include "sql/lex.h"

#define LONGEST 40

// clang-format off
static const char *const reserved[] = {
    "ALL", "ALLOCATE", "ALLOW", "ALTER", "AND", "ANY", "ARE", "ARRAY", "AS", "ASENSITIVE", "ASYMMETRIC", "AT",
    "ATOMIC", "AUTHORIZATION", "BEGIN", "BEGIN_FRAME", "BEGIN_PARTITION", "BETWEEN", "BIGINT", "BINARY",
    "BIT", "BLOB", "BOOLEAN", "BOTH", "BY", "CALL", "CALLED", "CASCADED", "CASE", "CAST", "CHAR", "CHARACTER",
    "CHECK", "CLOB", "CLOSE", "COLLATE", "COLUMN", "COMMIT", "CONDITION", "CONNECT", "CONSTRAINT", "CONTAINS",
    "CORRESPONDING", "CREATE", "CROSS", "CUBE", "CURRENT", "CURRENT_CATALOG", "CURRENT_DATE",
    "CURRENT_DEFAULT_TRANSFORM_GROUP", "CURRENT_PATH", "CURRENT_ROLE", "CURRENT_ROW", "CURRENT_SCHEMA",
    "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_TRANSFORM_GROUP_FOR_TYPE", "CURRENT_USER", "CURSOR",
    "CYCLE", "DEALLOCATE", "DEC", "DECIMAL", "DECLARE", "DEFAULT", "DEFINE", "DELETE", "DEREF", "DESCRIBE",
    "DETERMINISTIC", "DISALLOW", "DISCONNECT", "DISTINCT", "DOUBLE", "DROP", "DYNAMIC", "EACH", "ELSE",
    "EMPTY", "END", "END_FRAME", "END_PARTITION", "EQUALS", "ESCAPE", "EXCEPT", "EXEC", "EXECUTE", "EXISTS",
    "EXPLAIN", "EXTEND", "EXTERNAL", "FALSE", "FETCH", "FILTER", "FLOAT", "FOR", "FOREIGN", "FRAME_ROW",
    "FREE", "FROM", "FULL", "FUNCTION", "GET", "GLOBAL", "GRANT", "GROUP", "GROUPS", "HAVING", "HOLD",
    "IDENTITY", "IMPORT", "IN", "INDICATOR", "INITIAL", "INNER", "INOUT", "INSENSITIVE", "INSERT", "INT",
    "INTEGER", "INTERSECT", "INTERVAL", "INTO", "IS", "JOIN", "JSON_SCOPE", "LANGUAGE", "LARGE", "LATERAL",
    "LEADING", "LIKE", "LIKE_REGEX", "LIMIT", "LOCAL", "LOCALTIME", "LOCALTIMESTAMP", "MATCH", "MATCHES",
    "MATCH_RECOGNIZE", "MEASURES", "MEMBER", "MERGE", "METHOD", "MINUS", "MODIFIES", "MODULE", "MULTISET",
    "NATIONAL", "NATURAL", "NCHAR", "NCLOB", "NEW", "NEXT", "NO", "NONE", "NORMALIZE", "NOT", "NULL",
    "NUMERIC", "OCCURRENCES_REGEX", "OF", "OFFSET", "OLD", "OMIT", "ON", "ONE", "ONLY", "OPEN", "OR", "ORDER",
    "OUT", "OUTER", "OVER", "OVERLAPS", "PARAMETER", "PARTITION", "PATTERN", "PER", "PERCENT", "PERIOD",
    "PERMUTE", "PORTION", "POSITION_REGEX", "PRECEDES", "PRECISION", "PREPARE", "PRIMARY", "PROCEDURE",
    "QUALIFY", "RANGE", "READS", "REAL", "RECURSIVE", "REF", "REFERENCES", "REFERENCING", "RELEASE", "RESET",
    "RESULT", "RETURN", "RETURNS", "REVOKE", "ROLLBACK", "ROLLUP", "ROWS", "RUNNING", "SAVEPOINT", "SCOPE",
    "SCROLL", "SEARCH", "SEEK", "SELECT", "SENSITIVE", "SESSION_USER", "SET", "SHOW", "SIMILAR", "SKIP",
    "SMALLINT", "SOME", "SPECIFIC", "SPECIFICTYPE", "SQL", "SQLEXCEPTION", "SQLSTATE", "SQLWARNING", "START",
    "STATIC", "STREAM", "SUBMULTISET", "SUBSET", "SUBSTRING_REGEX", "SUCCEEDS", "SYMMETRIC", "SYSTEM",
    "SYSTEM_TIME", "SYSTEM_USER", "TABLE", "TABLESAMPLE", "THEN", "TIMEZONE_HOUR", "TIMEZONE_MINUTE",
    "TINYINT", "TO", "TRAILING", "TRANSLATE_REGEX", "TRANSLATION", "TREAT", "TRIGGER", "TRUE", "UESCAPE",
    "UNION", "UNIQUE", "UNKNOWN", "UNNEST", "UPDATE", "UPSERT", "USING", "VALUE", "VALUES", "VALUE_OF",
    "VARBINARY", "VARCHAR", "VARYING", "VERSIONING", "WATERMARK", "WHEN", "WHENEVER", "WHERE", "WINDOW",
    "WITH", "WITHIN", "WITHOUT",
};

static const char *const functions[] = {
    "ABS", "ARRAY_MAX_CARDINALITY", "AVG", "CARDINALITY", "CEIL", "CEILING", "CHARACTER_LENGTH",
    "CHAR_LENGTH", "CLASSIFIER", "COALESCE", "COLLECT", "CONVERT", "CORR", "COUNT", "COVAR_POP", "COVAR_SAMP",
    "CUME_DIST", "DATE", "DAY", "DENSE_RANK", "ELEMENT", "EVERY", "EXP", "EXTRACT", "FIRST_VALUE", "FLOOR",
    "FUSION", "GROUPING", "HOUR", "INTERSECTION", "JSON_ARRAY", "JSON_ARRAYAGG", "JSON_EXISTS", "JSON_OBJECT",
    "JSON_OBJECTAGG", "JSON_QUERY", "JSON_VALUE", "LAG", "LAST_VALUE", "LEAD", "LEFT", "LN", "LOWER",
    "MATCH_NUMBER", "MAX", "MIN", "MINUTE", "MOD", "MONTH", "NTH_VALUE", "NTILE", "NULLIF", "OCTET_LENGTH",
    "OVERLAY", "PERCENTILE_CONT", "PERCENTILE_DISC", "PERCENT_RANK", "POSITION", "POWER", "PREV", "RANK",
    "REGR_AVGX", "REGR_AVGY", "REGR_COUNT", "REGR_INTERCEPT", "REGR_R2", "REGR_SLOPE", "REGR_SXX", "REGR_SXY",
    "REGR_SYY", "RIGHT", "ROW", "ROW_NUMBER", "SECOND", "SQRT", "STDDEV_POP", "STDDEV_SAMP", "SUBSTRING",
    "SUM", "TIME", "TIMESTAMP", "TRANSLATE", "TRIM", "TRIM_ARRAY", "TRUNCATE", "TRY_CAST", "UPPER",
    "VAR_POP", "VAR_SAMP", "WIDTH_BUCKET", "YEAR",
};
// clang-format on

static bool find(const char *const *words, int count, const char *word) {
    int low = 0, high = count;
    while (low < high) {
        int middle = (low + high) / 2, order = strcmp(words[middle], word);
        if (order == 0) return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

tw_reserved tw_keyword_reserved(tw_str word) {
    char upper[LONGEST + 1];
    if (word.length > LONGEST) return TW_NOT_RESERVED;
    for (size_t i = 0; i < word.length; i++) {
        char c = word.data[i];
        upper[i] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    upper[word.length] = 0;
    if (find(functions, (int)(sizeof(functions) / sizeof(functions[0])), upper)) return TW_RESERVED_FUNCTION;
    if (find(reserved, (int)(sizeof(reserved) / sizeof(reserved[0])), upper)) return TW_RESERVED;
    return TW_NOT_RESERVED;
}
