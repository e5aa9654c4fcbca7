/* Everything that this binary contains: connectors, formats, operators. The only list of them all. */
#ifndef TW_MAIN_REGISTRY_H
#define TW_MAIN_REGISTRY_H

#include "plan/registry.h"

extern const tw_registry TW_REGISTRY;

#endif
