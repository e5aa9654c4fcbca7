/* What every unit test includes: cmocka with its prerequisites, and a memory budget that must be empty at the end. */
#ifndef TW_TESTS_UNIT_TEST_H
#define TW_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
