/* String functions, by Flink's rules for positions, NULL and empty texts. */
#include "fn_test.h"

static void case_functions(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("THIS IS A LONGER TEST {}[]@`~.", "UPPER", S("This is a longer test {}[]@`~."));
    CHECK("this is a longer test {}[]@`~.", "LOWER", S("This IS A longer Test {}[]@`~."));
    CHECK("ÄÖSSÜ ABC", "UPPER", S("äößü abc"));
    CHECK("äöß ας", "LOWER", S("ÄÖß ΑΣ"));
    CHECK("", "UPPER", S(""));
    CHECK("NULL", "UPPER", NS);
    CHECK("Flink Is ÜBer1x A", "INITCAP", S("fLinK iS ÜBER1X a"));
    fn_test_close(t);
}

static void parts(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("his", "SUBSTRING", S("This is"), L(2), L(3));
    CHECK("his is", "SUBSTRING", S("This is"), L(2), L(100));
    CHECK("his is", "SUBSTR", S("This is"), L(2));
    CHECK("This", "SUBSTRING", S("This is"), L(0), L(4));
    CHECK("is", "SUBSTRING", S("This is"), L(-2));
    CHECK("", "SUBSTRING", S("This is"), L(-8));
    CHECK("", "SUBSTRING", S("This is"), L(100), L(10));
    CHECK("NULL", "SUBSTRING", S("This is"), L(2), L(-1));
    CHECK("1世", "SUBSTRING", S("1世3"), L(1), L(2));
    CHECK("世3 und noch viel mehr Text", "SUBSTRING", S("1世3 und noch viel mehr Text"), L(2));
    CHECK("Hel", "LEFT", S("Hello"), L(3));
    CHECK("", "LEFT", S("Hello"), L(-2));
    CHECK("Hello", "RIGHT", S("Hello"), L(100));
    CHECK("世3", "RIGHT", S("1世3"), L(2));
    CHECK("", "RIGHT", S("Hello"), L(0));
    CHECK("a b", "TRIM", S("  a b "));
    CHECK("dd", "TRIM", SYM("BOTH"), S("abc"), S("abcddcba"));
    CHECK("xample", "TRIM", SYM("LEADING"), S("e"), S("example"));
    CHECK("exampl", "TRIM", SYM("TRAILING"), S("e"), S("example"));
    CHECK("情开开心心", "LTRIM", S("心情开开心心"), S("开心"));
    CHECK("心情", "RTRIM", S("心情开开心心"), S("开心"));
    CHECK("www", "BTRIM", S("  😀www  "), S("😀 "));
    CHECK(" a ", "BTRIM", S(" a "), S(""));
    CHECK("AQ", "SPLIT_INDEX", S("AQIDBA=="), S("I"), L(0));
    CHECK("NULL", "SPLIT_INDEX", S("AQIDBA=="), S("I"), L(2));
    CHECK("NULL", "SPLIT_INDEX", S("AQIDBA=="), S("I"), L(-1));
    CHECK("NULL", "SPLIT_INDEX", S(""), S("I"), L(0));
    CHECK("", "SPLIT_INDEX", S("a,,b"), S(","), L(1));
    CHECK("", "SPLIT_INDEX", S("a,"), S(","), L(1));
    CHECK("DBA==", "SPLIT_INDEX", S("AQIDBA=="), L('I'), L(1));
    CHECK("NULL", "SPLIT_INDEX", S("AQIDBA=="), L(256), L(1));
    CHECK("[123, 123, 23, ]", "SPLIT", S("123,123,23,"), S(","));
    CHECK("[1, 世, 😀]", "SPLIT", S("1世😀"), S(""));
    CHECK("[]", "SPLIT", S(""), S(","));
    CHECK("[12345]", "SPLIT", S("12345"), S(","));
    fn_test_close(t);
}

static void finding(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("3", "CHAR_LENGTH", S("1世😀"));
    CHECK("97", "ASCII", S("abc"));
    CHECK("0", "ASCII", S(""));
    CHECK("1", "POSITION", S("aa"), S("aaads"));
    CHECK("2", "LOCATE", S("aa"), S("aaads"), L(2));
    CHECK("0", "LOCATE", S("aa"), S("aaads"), L(3));
    CHECK("1", "POSITION", S(""), S("abc"));
    CHECK("3", "POSITION", S("心"), S("开开心"));
    CHECK("14", "INSTR", S("Corporate Floor"), S("or"), L(3), L(2));
    CHECK("2", "INSTR", S("Corporate Floor"), S("or"), L(-3), L(2));
    CHECK("14", "INSTR", S("Corporate Floor"), S("or"), L(-1));
    CHECK("0", "INSTR", S("Corporate Floor"), S("ooo"));
    FAILS("INSTR", S("a"), S("a"), L(1), L(0));
    CHECK("true", "STARTSWITH", S("www.apache.org"), S("www"));
    CHECK("true", "STARTSWITH", B("\1\2\3"), B(""));
    CHECK("true", "ENDSWITH", S("www.apache.org"), S("org"));
    CHECK("false", "ENDSWITH", S(""), S("abc"));
    CHECK("true", "IS_DECIMAL", S("11.4445"));
    CHECK("false", "IS_DECIMAL", S("abc"));
    CHECK("true", "IS_DECIMAL", L(3));
    CHECK("false", "IS_DIGIT", NS);
    CHECK("true", "IS_DIGIT", S("123"));
    CHECK("true", "IS_ALPHA", S("äb"));
    CHECK("false", "IS_ALPHA", S("a1"));
    fn_test_close(t);
}

static void building(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("AABBCC---", "CONCAT", S("AA"), S("BB"), S("CC"), S("---"));
    CHECK("NULL", "CONCAT", S("AA"), NS);
    CHECK("AABB", "||", S("AA"), S("BB"));
    CHECK("AA~BB", "CONCAT_WS", S("~"), S("AA"), NS, S("BB"));
    CHECK("", "CONCAT_WS", S("~"), NS);
    CHECK("NULL", "CONCAT_WS", NS, S("AA"));
    CHECK("ababab", "REPEAT", S("ab"), L(3));
    CHECK("", "REPEAT", S("ab"), L(-1));
    FAILS("REPEAT", S("ab"), L(INT64_MAX));
    CHECK("?äääääääää", "LPAD", S("äääääääää"), L(10), S("??"));
    CHECK("1234512345äää", "LPAD", S("äää"), L(13), S("12345"));
    CHECK("h", "LPAD", S("hi"), L(1), S("??"));
    CHECK("NULL", "LPAD", S("hi"), L(-1), S("??"));
    CHECK("NULL", "RPAD", S("hi"), L(5), S(""));
    CHECK("äää1234512345", "RPAD", S("äää"), L(13), S("12345"));
    CHECK("Ths s a test", "REPLACE", S("This is a test"), S("i"), S(""));
    CHECK("-a-b-", "REPLACE", S("ab"), S(""), S("-"));
    CHECK("abc", "REPLACE", S("abc"), S("x"), S("yy"));
    CHECK("xxxxxxxxxst", "OVERLAY", S("xxxxxtest"), S("xxxx"), L(6), L(2));
    CHECK("123456789", "OVERLAY", S("123456789"), S("It"), L(-1), L(4));
    CHECK("1abc", "OVERLAY", S("123456789"), S("abc"), L(2), L(-1));
    CHECK("This IS", "OVERLAY", S("This is a test"), S("IS"), L(6), L(100));
    CHECK("😀世olleh", "REVERSE", S("hello世😀"));
    CHECK("www1p13horg", "TRANSLATE", S("www.apache.org"), S("abcde."), S("123"));
    CHECK("www.phe.org", "TRANSLATE", S("www.apache.org"), S("abc"), NS);
    CHECK("www😀.😀org", "TRANSLATE", S("www.😀.org"), S(".😀"), S("😀."));
    CHECK("A", "CHR", L(65));
    CHECK(",", "CHR", L(300));
    CHECK("", "CHR", L(-9));
    CHECK("b", "ELT", L(2), S("a"), S("b"));
    CHECK("NULL", "ELT", L(3), S("a"), S("b"));
    CHECK("NULL", "ELT", NL, S("a"), S("b"));
    fn_test_close(t);
}

static void coding(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("VGhpcyBpcyBhIHRlc3QgU3RyaW5nLg==", "TO_BASE64", S("This is a test String."));
    CHECK("hello world", "FROM_BASE64", S("aGVsbG8gd29ybGQ="));
    CHECK("hello world", "FROM_BASE64", S("aGVsbG8gd29ybGQ"));
    CHECK("你好", "FROM_BASE64", S("5L2g5aW9"));
    FAILS("FROM_BASE64", S("a"));
    FAILS("FROM_BASE64", S("a*bc"));
    CHECK("a+b%2B%25%E4%B8%96", "URL_ENCODE", S("a b+%世"));
    CHECK("a b+%世", "URL_DECODE", S("a+b%2B%25%E4%B8%96"));
    CHECK("NULL", "URL_DECODE", S("illegal escape pattern test%"));
    CHECK("a?", "ENCODE", S("a世"), S("US-ASCII"));
    CHECK("ä", "DECODE", B("\xe4"), S("iso-8859-1"));
    CHECK("\xef\xbf\xbd"
          "a",
          "DECODE",
          B("\xff"
            "a"),
          S("UTF-8"));
    FAILS("ENCODE", S("a"), S("nope"));
    CHECK("flink.apache.org", "PARSE_URL", S("http://userinfo@flink.apache.org/path?query=1#Ref"), S("HOST"));
    CHECK("/path?query=1", "PARSE_URL", S("http://userinfo@flink.apache.org/path?query=1#Ref"), S("FILE"));
    CHECK("2", "PARSE_URL", S("http://h/p?a=1&b=2"), S("QUERY"), S("b"));
    CHECK("NULL", "PARSE_URL", S("http://user:pass@host/"), S("REF"));
    CHECK("user:pass", "PARSE_URL", S("http://user:pass@host:80/"), S("USERINFO"));
    CHECK("host", "PARSE_URL", S("http://user:pass@host:80/"), S("HOST"));
    CHECK("NULL", "PARSE_URL", S("invalid://user:pass@host/file"), S("PATH"));
    CHECK("[::1]", "PARSE_URL", S("http://[::1]:80/x"), S("HOST"));
    fn_test_close(t);
}

static void printf_function(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("empty", "PRINTF", S("empty"));
    CHECK("1 2", "PRINTF", S("%s %s"), L(1), L(2), L(3));
    CHECK("00001024", "PRINTF", S("%08d"), I(1024));
    CHECK("19934", "PRINTF", S("%s"), DATE("2024-07-30"));
    CHECK("2024-07-30T10:24:00.256", "PRINTF", S("%s"), LTZ("2024-07-30 10:24:00.256"));
    CHECK("b a null 5%\n", "PRINTF", S("%2$s %1$s %3$s %4$d%%%n"), S("a"), S("b"), NS, L(5));
    CHECK("[  ab] [ab  ] [AB]", "PRINTF", S("[%4s] [%-4s] [%S]"), S("ab"), S("ab"), S("ab"));
    CHECK("1,234,567 +5 (5) ff", "PRINTF", S("%,d %+d %(d %x"), L(1234567), L(5), L(-5), L(255));
    CHECK("3.14 0.13 1.500000", "PRINTF", S("%.2f %.2f %f"), F(3.14159), F(0.125), F(1.5));
    FAILS("PRINTF", S("%s"));
    FAILS("PRINTF", S("%d"), S("a"));
    FAILS("PRINTF", S("%"));
    fn_test_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_functions), cmocka_unit_test(parts),  cmocka_unit_test(finding),
        cmocka_unit_test(building),       cmocka_unit_test(coding), cmocka_unit_test(printf_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
