/* Exact decimals of up to 38 digits: an unscaled 128-bit integer and a scale known from the type. Rounding is HALF_UP, as
 * in Flink's DecimalData. Every operation says whether the result fits. */
#ifndef TW_DATA_DECIMAL_H
#define TW_DATA_DECIMAL_H

#include "data/column.h"

extern const tw_i128 TW_POW10[39]; /* 10^0 .. 10^38 */

/* True when |v| < 10^precision. */
static inline bool tw_decimal_fits(tw_i128 v, int precision) { return v < TW_POW10[precision] && v > -TW_POW10[precision]; }
/* Changes the scale, rounding half up when digits are lost; false when the result has more than `precision` digits. */
bool tw_decimal_rescale(tw_i128 v, int from_scale, int precision, int scale, tw_i128 *out);
/* a*b with the product's scale sa+sb brought to (precision, scale); 256-bit intermediate. */
bool tw_decimal_multiply(tw_i128 a, int sa, tw_i128 b, int sb, int precision, int scale, tw_i128 *out);
/* a/b rounded half up at (precision, scale). b must not be 0. */
bool tw_decimal_divide(tw_i128 a, int sa, tw_i128 b, int sb, int precision, int scale, tw_i128 *out);
bool tw_decimal_modulo(tw_i128 a, int sa, tw_i128 b, int sb, int precision, int scale, tw_i128 *out);
/* "[+-]digits[.digits][e[+-]d]" as java BigDecimal reads; rounded half up to (precision, scale). */
bool tw_decimal_parse(tw_str text, int precision, int scale, tw_i128 *out);
/* Plain notation with all of the scale's digits. At most 48 bytes, no NUL; returns the length. */
int tw_decimal_format(char *out, tw_i128 v, int scale);
double tw_decimal_to_double(tw_i128 v, int scale);
bool tw_decimal_from_double(double v, int precision, int scale, tw_i128 *out); /* via the shortest text, as Flink */

/* FLOAT and DOUBLE as Java's toString: shortest digits that read back ("1.0E10", "NaN", "0.1"), but for whole numbers below 2^63 the digits
 * of JDK 17 (1.23456792E8 for a FLOAT). At most 32 bytes. */
int tw_double_format(char *out, double v);
int tw_float_format(char *out, float v);
/* Java's Double.parseDouble on trimmed text (no hex floats). */
bool tw_double_parse(tw_str text, double *out);
bool tw_int_parse(tw_str text, int64_t min, int64_t max, int64_t *out); /* as Integer.parseInt on trimmed text */
/* As Flink's cast from STRING: a fraction is read over ("1.9" is 1, ".5" is 0). */
bool tw_int_parse_cast(tw_str text, int64_t min, int64_t max, int64_t *out);

#endif
