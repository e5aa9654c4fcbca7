/* LIKE, SIMILAR TO, regular expressions, hashes. */
#include "fn_test.h"

#define LIKE(text, pattern) CALL("LIKE", S(text), S(pattern))
#define YES(call)           assert_string_equal(call, "true")
#define NO(call)            assert_string_equal(call, "false")

static void like(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    YES(LIKE("abcxxxdef", "abcxxxdef"));
    YES(LIKE("abcxxxdef", "%%def"));
    YES(LIKE("abcxxxdef", "abc%def%"));
    YES(LIKE("abcxxxdef", "%abc%def%"));
    NO(LIKE("abcxxxdef", "abc%qef%"));
    NO(LIKE("abcxxxdef", "%abc%qef"));
    YES(LIKE("", ""));
    YES(LIKE("", "%"));
    NO(LIKE("", "_"));
    NO(LIKE("a", ""));
    YES(LIKE("TE-ST", "%E_S%"));
    YES(LIKE("世界", "__"));
    NO(LIKE("世界", "_"));
    YES(LIKE("世界", "%界"));
    YES(LIKE("aaab", "%a_b"));
    NO(LIKE("ab", "%a_b"));
    YES(LIKE("abab", "ab%ab"));
    NO(LIKE("aba", "ab%ba"));
    NO(LIKE("a\nb", "a_b"));
    YES(LIKE("a\nb", "a%b"));
    YES(LIKE("mississippi", "m%iss%ip_i"));
    NO(CALL("LIKE", S("TE-ST"), S("%E#_S%"), S("#")));
    YES(CALL("LIKE", S("TE_ST"), S("%E__S%"), S("_")));
    YES(CALL("LIKE", S("TE_ST"), S("TE%_ST"), S("%")));
    FAILS("LIKE", S("TE_ST"), S("TE#ST"), S("#"));
    CHECK("NULL", "LIKE", NS, S("%"));
    fn_test_close(t);
}

static void similar(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    YES(CALL("SIMILAR TO", S("This is a test String."), S("This (is)? a (test)+ Strin_*")));
    YES(CALL("SIMILAR TO", S("This is a test String."), S("_*")));
    YES(CALL("SIMILAR TO", S("*_This is"), S("&*&__*"), S("&")));
    NO(CALL("SIMILAR TO", S("abc"), S("b")));
    YES(CALL("SIMILAR TO", S("ab12"), S("[[:alpha:]]+[0-9]%")));
    YES(CALL("SIMILAR TO", S("b"), S("a|b")));
    FAILS("SIMILAR TO", S("b"), S("[a"));
    fn_test_close(t);
}

static void regexp(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("true", "REGEXP", S("100-200"), S("(\\d+)"));
    CHECK("false", "REGEXP", S("abc"), S(""));
    CHECK("false", "REGEXP", S("abc"), S("("));
    CHECK("fabcbabc", "REGEXP_REPLACE", S("foobar"), S("oo|ar"), S("abc"));
    CHECK("oofar", "REGEXP_REPLACE", S("foofar"), S("^f"), S(""));
    CHECK("f$obar", "REGEXP_REPLACE", S("fooobar"), S("oo"), S("$"));
    CHECK("XbXXcX", "REGEXP_REPLACE", S("baac"), S("a*"), S("X"));
    CHECK("NULL", "REGEXP_REPLACE", S("a"), S("("), S("X"));
    CHECK("the", "REGEXP_EXTRACT", S("foothebar"), S("foo(.*?)(bar)"), L(1));
    CHECK("foothebar", "REGEXP_EXTRACT", S("foothebar"), S("foo(.*?)(bar)"));
    CHECK("NULL", "REGEXP_EXTRACT", S("foothebar"), S("foo(.*?)(bar)"), L(3));
    CHECK("NULL", "REGEXP_EXTRACT", S("22"), S("[A-Z]+"));
    CHECK("10", "REGEXP_EXTRACT", S("id=10&x"), S("(?<a>\\p{Digit}+)"), L(1));
    CHECK("3", "REGEXP_COUNT", S("a*b*c*d"), S("\\*"));
    CHECK("NULL", "REGEXP_COUNT", S("a"), S("("));
    CHECK("10", "REGEXP_COUNT", S("abcdeabde"), S(""));
    CHECK("13", "REGEXP_INSTR", S("Helloworld! Hello everyone!"), S("\\bHello\\b"));
    CHECK("3", "REGEXP_INSTR", S("😀a"), S("a"));
    CHECK("Hello", "REGEXP_SUBSTR", S("hello world! Hello everyone!"), S("Hello"));
    CHECK("[100-200, 300-400]", "REGEXP_EXTRACT_ALL", S("100-200, 300-400"), S("(\\d+)-(\\d+)"), L(0));
    CHECK("[100, 300]", "REGEXP_EXTRACT_ALL", S("100-200, 300-400"), S("(\\d+)-(\\d+)"));
    CHECK("[c, NULL]", "REGEXP_EXTRACT_ALL", S("abcdeabde"), S("ab((c)|(.?))de"), L(2));
    CHECK("[NULL, ]", "REGEXP_EXTRACT_ALL", S("abcdeabde"), S("(abcdeabde)|([a-z]*)"), L(2));
    CHECK("NULL", "REGEXP_EXTRACT_ALL", S("abc"), S("(abc)"), L(2));
    CHECK("NULL", "REGEXP_EXTRACT_ALL", S("abc"), S("(abc)"), L(-1));
    FAILS("REGEXP", S("a"), S("[a-z&&[^b]]"));
    FAILS("REGEXP", S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), S("^(a|aa)+$"));
    fn_test_close(t);
}

static void str_to_map(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("{k1=v1, k2= v2}", "STR_TO_MAP", S("k1$$v1|k2$$ v2"), S("\\|"), S("\\$\\$"));
    CHECK("{k1=v1, k2=v2}", "STR_TO_MAP", S("k1=v1,k2=v2"));
    CHECK("{k1=v2, k3=NULL}", "STR_TO_MAP", S("k1=v1,k3,k1=v2"));
    CHECK("{}", "STR_TO_MAP", S(""));
    CHECK("{f=NULL, o=NULL}", "STR_TO_MAP", S("foo"), S(""), S("=")); /* empty matches end pieces, and end themselves */
    CHECK("{f=oo}", "STR_TO_MAP", S("foo"), S(","), S(""));
    CHECK("{a=NULL, =NULL, b=NULL}", "STR_TO_MAP", S("a,b"), S(",|"), S("="));
    CHECK("NULL", "STR_TO_MAP", NS);
    fn_test_close(t);
}

static void hashes(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("d41d8cd98f00b204e9800998ecf8427e", "MD5", S(""));
    CHECK("a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", "SHA1", B("test"));
    CHECK("90a3ed9e32b2aaf4c61c410eb925426119e1a9dc53d4286ade99a809", "SHA2", S("test"), L(224));
    CHECK("185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969", "SHA256", S("Hello"));
    CHECK("NULL", "SHA2", S("test"), NL);
    FAILS("SHA2", S("test"), L(1));
    fn_test_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like), cmocka_unit_test(similar), cmocka_unit_test(regexp), cmocka_unit_test(str_to_map), cmocka_unit_test(hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
