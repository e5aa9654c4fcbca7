/* JSON functions: paths in both modes, what happens on empty and error, reading as Jackson does, writing in key order. */
#include "fn_test.h"

static const char doc[] = "{\"type\": \"account\", \"age\": 42, \"ok\": true, \"none\": null, \"big\": 123456789.987654321,\n"
                          " \"address\": {\"city\": \"M\\u00fcnchen\"}, \"roles\": [\"user\", \"viewer\"], \"a b\": 1.50,\n"
                          " \"items\": [{\"n\": 2, \"id\": 1}, null, {\"id\": 3}], \"e\": 1e5, \"age\": 43}";

#define VALUE_AS(type, path, ...) fn_call(t, type, "JSON_VALUE", (const tw_expr *[]){S(doc), S(path) __VA_OPT__(, ) __VA_ARGS__, NULL})
#define IS(expected, call)        assert_string_equal(call, expected)

static void json_value(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("account", "JSON_VALUE", S(doc), S("$.type"));
    CHECK("account", "JSON_VALUE", S(doc), S("lax $['type']"));
    CHECK("München", "JSON_VALUE", S(doc), S("$.address.city"));
    CHECK("viewer", "JSON_VALUE", S(doc), S("$.roles[1]"));
    CHECK("viewer", "JSON_VALUE", S(doc), S("$.roles[-1]"));
    CHECK("123456789.987654321", "JSON_VALUE", S(doc), S("$.big"));
    CHECK("1.50", "JSON_VALUE", S(doc), S("$['a b']"));
    CHECK("1E+5", "JSON_VALUE", S(doc), S("$.e"));
    CHECK("43", "JSON_VALUE", S(doc), S("$.age"));
    CHECK("true", "JSON_VALUE", S(doc), S("$.ok"));
    CHECK("NULL", "JSON_VALUE", S(doc), S("$.none"));
    CHECK("NULL", "JSON_VALUE", S(doc), S("$.roles"));
    CHECK("NULL", "JSON_VALUE", S(doc), S("$.a b"));
    CHECK("NULL", "JSON_VALUE", S("{\"a\":1"), S("$.a"));
    CHECK("NULL", "JSON_VALUE", NS, S("$.a"));
    CHECK("NULL", "JSON_VALUE", S(doc), NS);
    FAILS("JSON_VALUE", S(doc), S("$.items[?(@.id == 1)]"));
    IS("43", VALUE_AS(&TW_TYPE_INTEGER, "$.age"));
    IS("1.2345678998765433E8", VALUE_AS(&TW_TYPE_DOUBLE, "$.big"));
    IS("true", VALUE_AS(&TW_TYPE_BOOLEAN, "$.ok"));
    IS("7", VALUE_AS(&TW_TYPE_INTEGER, "lax $.x", SYM("DEFAULT"), I(7), SYM("ERROR"), NIL(&TW_TYPE_INTEGER)));
    IS("8", VALUE_AS(&TW_TYPE_INTEGER, "strict $.x", SYM("DEFAULT"), I(7), SYM("DEFAULT"), I(8)));
    IS("8", VALUE_AS(&TW_TYPE_INTEGER, "$.type", SYM("NULL"), I(7), SYM("DEFAULT"), I(8)));
    FAILS("JSON_VALUE", S(doc), S("lax $.x"), SYM("ERROR"), NS, SYM("NULL"), NS);
    FAILS("JSON_VALUE", S(doc), S("$.x"), SYM("NULL"), NS, SYM("ERROR"), NS);
    fn_test_close(t);
}

static void json_exists(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("true", "JSON_EXISTS", S(doc), S("lax $"));
    CHECK("true", "JSON_EXISTS", S(doc), S("lax $.roles[1]"));
    CHECK("false", "JSON_EXISTS", S(doc), S("lax $.roles[2]"));
    CHECK("true", "JSON_EXISTS", S(doc), S("strict $.x"), SYM("TRUE"));
    CHECK("false", "JSON_EXISTS", S(doc), S("strict $.x"));
    CHECK("NULL", "JSON_EXISTS", S(doc), S("strict $.x"), SYM("UNKNOWN"));
    FAILS("JSON_EXISTS", S(doc), S("strict $.x"), SYM("ERROR"));
    CHECK("NULL", "JSON_EXISTS", NS, S("lax $"));
    fn_test_close(t);
}

static void json_query(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    const tw_type *texts = tw_type_array(&t->arena, &TW_TYPE_STRING);
    CHECK("[\"user\",\"viewer\"]", "JSON_QUERY", S(doc), S("$.roles"));
    CHECK("[{\"id\":1,\"n\":2},null,{\"id\":3}]", "JSON_QUERY", S(doc), S("$.items"));
    CHECK("[1,3]", "JSON_QUERY", S(doc), S("$.items[*].id"));
    CHECK("[1,3]", "JSON_QUERY", S(doc), S("$..id"));
    CHECK("[\"viewer\"]", "JSON_QUERY", S(doc), S("$.roles[1:]"));
    CHECK("NULL", "JSON_QUERY", S(doc), S("$.type"));
    CHECK("[\"account\"]", "JSON_QUERY", S(doc), S("$.type"), SYM("CONDITIONAL"), SYM("NULL"), SYM("NULL"));
    CHECK("[\"user\",\"viewer\"]", "JSON_QUERY", S(doc), S("$.roles"), SYM("CONDITIONAL"), SYM("NULL"), SYM("NULL"));
    CHECK("[[\"user\",\"viewer\"]]", "JSON_QUERY", S(doc), S("$.roles"), SYM("UNCONDITIONAL"), SYM("NULL"), SYM("NULL"));
    CHECK("[{\"city\":\"München\"}]", "JSON_QUERY", S(doc), S("$.address"), SYM("CONDITIONAL"), SYM("NULL"), SYM("NULL"));
    CHECK("[]", "JSON_QUERY", S(doc), S("lax $.x"), SYM("WITHOUT"), SYM("EMPTY_ARRAY"), SYM("NULL"));
    CHECK("{}", "JSON_QUERY", S(doc), S("strict $.x"), SYM("WITHOUT"), SYM("NULL"), SYM("EMPTY_OBJECT"));
    FAILS("JSON_QUERY", S(doc), S("strict $.x"), SYM("WITHOUT"), SYM("NULL"), SYM("ERROR"));
    IS("[user, viewer]", fn_call(t, texts, "JSON_QUERY", (const tw_expr *[]){S(doc), S("$.roles"), NULL}));
    IS("[{\"id\":1,\"n\":2}, NULL, {\"id\":3}]", fn_call(t, texts, "JSON_QUERY", (const tw_expr *[]){S(doc), S("$.items"), NULL}));
    IS("[]", fn_call(t, texts, "JSON_QUERY", (const tw_expr *[]){S(doc), S("$.type"), SYM("WITHOUT"), SYM("NULL"), SYM("EMPTY_ARRAY"), NULL}));
    IS("NULL", fn_call(t, texts, "JSON_QUERY", (const tw_expr *[]){S(doc), S("$.address"), NULL}));
    fn_test_close(t);
}

static void is_json(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("true", "IS JSON", S("\"a\""));
    CHECK("false", "IS JSON", S("a"));
    CHECK("false", "IS JSON", S(""));
    CHECK("false", "IS JSON", NS);
    CHECK("false", "IS JSON", S("01"));
    CHECK("false", "IS JSON", S("[1,]"));
    CHECK("false", "IS JSON", S("\"\\x\""));
    CHECK("true", "IS JSON", S("{}"), SYM("OBJECT"));
    CHECK("false", "IS JSON", S("{}"), SYM("SCALAR"));
    CHECK("true", "IS JSON", S("[]"), SYM("ARRAY"));
    char deep[4001];
    memset(deep, '[', 4000);
    deep[4000] = 0;
    CHECK("false", "IS JSON", S(deep));
    fn_test_close(t);
}

static void quoting(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("\"\\ttab \\/ \\\" \\\\ \\u2260 \\ud801\\udc00\"", "JSON_QUOTE", S("\ttab / \" \\ ≠ 𐐀"));
    CHECK("[A]", "JSON_UNQUOTE", S("\"[\\u0041]\""));
    CHECK("𐐀", "JSON_UNQUOTE", S("\"\\uD801\\uDC00\""));
    CHECK("\"", "JSON_UNQUOTE", S("\"\"\""));
    CHECK("[\"\t2\"]", "JSON_UNQUOTE", S("\"[\"\\t\\u0032\"]\""));
    CHECK("\"\\u006z\"", "JSON_UNQUOTE", S("\"\\u006z\""));
    CHECK("\"ok \"\"\\uzzzz\"", "JSON_UNQUOTE", S("\"ok \"\"\\uzzzz\""));
    CHECK("\"[1, 2}", "JSON_UNQUOTE", S("\"[1, 2}"));
    CHECK("1\"", "JSON_UNQUOTE", S("1\""));
    CHECK("{\"a\":1}", "JSON_UNQUOTE", S("{\"a\":1}"));
    CHECK("", "JSON_UNQUOTE", S(""));
    fn_test_close(t);
}

static void building(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("\"V\\n\"", "JSON_STRING", S("V\n"));
    CHECK("1.23", "JSON_STRING", F(1.23));
    CHECK("\"1990-06-02T13:37:42.001Z\"", "JSON_STRING", LTZ("1990-06-02 13:37:42.001"));
    CHECK("NULL", "JSON_STRING", NS);
    CHECK("\"AQI=\"", "JSON_STRING", B("\1\2"));
    CHECK("[]", "JSON_ARRAY", SYM("ABSENT"));
    CHECK("[]", "JSON_ARRAY", SYM("ABSENT"), NS);
    CHECK("[null,1]", "JSON_ARRAY", SYM("NULL"), NS, L(1));
    CHECK("{}", "JSON_OBJECT", SYM("NULL"));
    CHECK("{\"a\":null,\"b\":2}", "JSON_OBJECT", SYM("NULL"), S("b"), L(1), S("a"), NL, S("b"), L(2));
    CHECK("{\"b\":1}", "JSON_OBJECT", SYM("ABSENT"), S("b"), L(1), S("a"), NL);
    FAILS("JSON_OBJECT", SYM("NULL"), NS, L(1));
    fn_test_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_value), cmocka_unit_test(json_exists), cmocka_unit_test(json_query),
        cmocka_unit_test(is_json),    cmocka_unit_test(quoting),     cmocka_unit_test(building),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
