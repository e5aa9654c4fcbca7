/* Temporal functions: fields, cutting, arithmetic, patterns, zones. */
#include "fn_test.h"

static void extract(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "Asia/Shanghai");
    CHECK("20", "EXTRACT", SYM("CENTURY"), DATE("1996-11-10"));
    CHECK("2", "EXTRACT", SYM("MILLENNIUM"), DATE("2000-01-31"));
    CHECK("199", "EXTRACT", SYM("DECADE"), DATE("1996-11-10"));
    CHECK("45", "EXTRACT", SYM("WEEK"), DATE("1996-11-10"));
    CHECK("1", "EXTRACT", SYM("DOW"), DATE("1996-11-10"));
    CHECK("7", "EXTRACT", SYM("ISODOW"), DATE("1996-11-10"));
    CHECK("2005", "EXTRACT", SYM("ISOYEAR"), DATE("2006-01-01"));
    CHECK("1970", "EXTRACT", SYM("ISOYEAR"), DATE("1969-12-29"));
    CHECK("315", "DAYOFYEAR", DATE("1996-11-10"));
    CHECK("55", "MINUTE", TIME("06:55:44"));
    CHECK("333", "EXTRACT", SYM("MILLISECOND"), TS3("1996-11-10 06:55:44.333"));
    CHECK("333000000", "EXTRACT", SYM("NANOSECOND"), TS3("1996-11-10 06:55:44.333"));
    CHECK("123456", "EXTRACT", SYM("MICROSECOND"), TS6("2000-01-31 11:22:33.123456"));
    CHECK("7", "EXTRACT", SYM("HOUR"), LTZ("2018-03-19 23:59:59"));
    CHECK("20", "DAYOFMONTH", LTZ("2018-03-19 23:59:59"));
    CHECK("1514764800", "EXTRACT", SYM("EPOCH"), DATE("2018-01-01"));
    CHECK("NULL", "EXTRACT", SYM("HOUR"), NIL(&TW_TYPE_TIMESTAMP_3));
    FAILS("EXTRACT", SYM("YEAR"), TIME("06:55:44"));
    FAILS("EXTRACT", SYM("YEAR"), S("2020-01-01"));
    fn_test_close(t);
}

static void arithmetic(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "UTC");
    CHECK("2002-08-29 22:58:58.998", "TIMESTAMPADD", SYM("QUARTER"), L(-61), TS3("2017-11-29 22:58:58.998"));
    CHECK("2016-06-14 23:00:00.000000", "TIMESTAMPADD", SYM("HOUR"), L(-1), DATE("2016-06-15"));
    CHECK("2016-02-29", "TIMESTAMPADD", SYM("MONTH"), L(-1), DATE("2016-03-31"));
    CHECK("00:00:00", "TIMESTAMPADD", SYM("SECOND"), L(1), TIME("23:59:59"));
    CHECK("23:59:59", "TIMESTAMPADD", SYM("QUARTER"), L(1), TIME("23:59:59"));
    CHECK("NULL", "TIMESTAMPADD", SYM("HOUR"), NL, TS3("2016-02-24 12:42:25"));
    FAILS("TIMESTAMPADD", SYM("YEAR"), L(INT64_MAX), TS3("2016-02-24 12:42:25"));
    CHECK("306000", "TIMESTAMPDIFF", SYM("SECOND"), TS3("2016-06-15 11:00:00"), DATE("2016-06-19"));
    CHECK("-8", "TIMESTAMPDIFF", SYM("WEEK"), DATE("2016-08-15"), DATE("2016-06-18"));
    CHECK("24", "TIMESTAMPDIFF", SYM("MONTH"), DATE("2016-06-15"), TS3("2018-06-16 11:11:11"));
    CHECK("7", "TIMESTAMPDIFF", SYM("QUARTER"), DATE("2016-06-15"), DATE("2018-03-18"));
    CHECK("-37", "TIMESTAMPDIFF", SYM("MONTH"), DATE("2019-09-01"), DATE("2016-08-01"));
    CHECK("-612", "TIMESTAMPDIFF", SYM("MONTH"), TS3("2021-01-04 00:00:00"), TIME("00:00:00"));
    CHECK("true", "OVERLAPS", TIME("09:00:00"), TIME("09:30:00"), TIME("09:29:00"), TIME("09:31:00"));
    CHECK("false", "OVERLAPS", TIME("10:00:00"), TIME("09:00:00"), TIME("10:15:00"), TIME("13:15:00"));
    fn_test_close(t);
}

static void text(void **state) {
    fn_test T, *t = &T;
    (void)state;
    fn_test_open(t, "Asia/Tokyo");
    CHECK("1970/01/01 00:00:00.123456000", "DATE_FORMAT", TS6("1970-01-01 00:00:00.123456"), S("yyyy/MM/dd HH:mm:ss.SSSSSSSSS"));
    CHECK("2018-03-14 10:02:03", "DATE_FORMAT", LTZ("2018-03-14 01:02:03"), S("yyyy-MM-dd HH:mm:ss"));
    CHECK("2018/03/14 01:02:03", "DATE_FORMAT", S("2018-03-14 01:02:03"), S("yyyy/MM/dd HH:mm:ss"));
    CHECK("NULL", "DATE_FORMAT", S("invalid value"), S("yyyy"));
    CHECK("Wed, 14 March 2018 at 1 PM Q1 'x", "DATE_FORMAT", TS3("2018-03-14 13:02:03"), S("EEE, d MMMM yyyy 'at' h a QQQ '''x'"));
    CHECK("073 0 2018 47523000", "DATE_FORMAT", TS3("2018-03-14 13:12:03"), S("DDD n y A"));
    CHECK("0002018 002 02", "DATE_FORMAT", S("2018-03-14 13:12:02"), S("yyyyyyy sss ss"));
    FAILS("DATE_FORMAT", TS3("2018-03-14 13:02:03"), S("yyyy-bb"));
    FAILS("DATE_FORMAT", TS3("2018-03-14 13:02:03"), S("yyyy 'x"));
    CHECK("70-01-01 09-00-03", "FROM_UNIXTIME", L(3), S("yy-MM-dd HH-mm-ss"));
    CHECK("1970-01-01 09:00:44.000+0900", "FROM_UNIXTIME", L(44), S("yyyy-MM-dd HH:mm:ss.SSSZ"));
    CHECK("1437699600", "UNIX_TIMESTAMP", S("2015/07/24 10:00:00.5"), S("yyyy/MM/dd HH:mm:ss.S"));
    CHECK("1437732000", "UNIX_TIMESTAMP", S("2015-07-24 10:00:00 +0000"), S("yyyy-MM-dd HH:mm:ss Z"));
    CHECK("-9223372036854775808", "UNIX_TIMESTAMP", S("nonsense"));
    CHECK("2017-09-15", "TO_DATE", S("2017-09-15 00:00:00"));
    CHECK("2017-09-15", "TO_DATE", S("15.9.17"), S("dd.MM.yy"));
    CHECK("NULL", "TO_DATE", S("invalid value"));
    CHECK("2017-09-15 00:00:00.123", "TO_TIMESTAMP", S("2017-09-15 00:00:00.12345"), S("yyyy-MM-dd HH:mm:ss.SSS"));
    CHECK("2000-02-02 00:59:59.123", "TO_TIMESTAMP", S("20000202 59:59.1234567"), S("yyyyMMdd mm:ss.SSSSSSS"));
    CHECK("1970-01-01 00:00:00.123", "TO_TIMESTAMP", S("1234567"), S("SSSSSSS"));
    CHECK("2017-02-28 00:00:00.000", "TO_TIMESTAMP", S("2017-02-30"), S("yyyy-MM-dd"));
    CHECK("1970-01-01 00:00:01.234", "TO_TIMESTAMP", S("1234"), S("A"));
    CHECK("NULL", "TO_TIMESTAMP", S("2345678984690123"), S("A")); /* milliseconds of a day, not of an age */
    CHECK("NULL", "TO_TIMESTAMP", S("86400000000000"), S("N"));
    CHECK("915368", "UNIX_TIMESTAMP", S("123000000220090000"), S("S")); /* what fits in 32 bits of it, as in Java */
    CHECK("NULL", "TO_TIMESTAMP", S("2017-13-30"), S("yyyy-MM-dd"));
    CHECK("2017-01-02 03:00:00.000", "TO_TIMESTAMP", S("2017-01-02 03"), S("yyyy-MM-dd[ HH[:mm]]"));
    CHECK("2017-01-02 00:00:00.000", "TO_TIMESTAMP", S("2017-01-02"), S("yyyy-MM-dd[ HH[:mm]]"));
    CHECK("2017-01-02 15:04:00.000", "TO_TIMESTAMP", S("02 Jan 2017 03:04 PM"), S("dd MMM yyyy hh:mm a"));
    CHECK("NULL", "TO_TIMESTAMP", S("abc"));
    CHECK("NULL", "TO_TIMESTAMP", S("2017-09-15T00:00:00"));
    CHECK("1970-01-01 09:01:40.123", "TO_TIMESTAMP_LTZ", F(100.123), L(0));
    CHECK("1970-01-01 09:00:00.100", "TO_TIMESTAMP_LTZ", L(100));
    CHECK("NULL", "TO_TIMESTAMP_LTZ", L(INT64_MAX), L(0));
    FAILS("TO_TIMESTAMP_LTZ", L(1), L(6));
    CHECK("2023-01-02 01:00:00.000", "TO_TIMESTAMP_LTZ", S("01/01/2023 08:00:00"), S("dd/MM/yyyy HH:mm:ss"), S("America/Los_Angeles"));
    CHECK("NULL", "TO_TIMESTAMP_LTZ", S("x"), S("yyyy"), S("UTC"));
    CHECK("1969-12-31 16:00:00", "CONVERT_TZ", S("1970-01-01 00:00:00"), S("UTC"), S("America/Los_Angeles"));
    CHECK("NULL", "CONVERT_TZ", S("nope"), S("UTC"), S("America/Los_Angeles"));
    fn_test_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extract),
        cmocka_unit_test(arithmetic),
        cmocka_unit_test(text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
