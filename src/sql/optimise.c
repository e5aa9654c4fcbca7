/* The order of the rules. Equal sub-plans are found before pruning, so that one scan of a source serves all its readers and reads what they
 * need together; again afterwards, for what the rules have made equal. */
#include "sql/rules.h"

void tw_optimise(tw_rules *rules, const tw_rel **roots, int32_t nroots) {
    tw_simplify(rules, roots, nroots);
    tw_intern(rules, roots, nroots);
    tw_prune(rules, roots, nroots);
    tw_simplify(rules, roots, nroots);
    tw_recognise_windows(rules, roots, nroots, true);
    tw_simplify(rules, roots, nroots);
    tw_intern(rules, roots, nroots);
}
