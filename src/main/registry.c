#include "main/registry.h"

#include "connector/connectors.h"
#include "format/formats.h"
#include "operator/operator.h"

static const tw_connector *const CONNECTORS[] = {
    &tw_connector_blackhole, &tw_connector_checksum, &tw_connector_datagen, &tw_connector_filesystem,
    &tw_connector_nexmark,   &tw_connector_print,    &tw_connector_stdin,   &tw_connector_stdout,
};

static const tw_format *const FORMATS[] = {&tw_format_csv, &tw_format_json, &tw_format_raw};

static const tw_operator_ops *const OPERATORS[TW_PLAN_KIND_COUNT] = {
    [TW_PLAN_CALC] = &TW_OPERATOR_CALC,
    [TW_PLAN_WATERMARK] = &TW_OPERATOR_WATERMARK,
    [TW_PLAN_UNION] = &TW_OPERATOR_UNION,
    [TW_PLAN_WINDOW] = &TW_OPERATOR_WINDOW,
    [TW_PLAN_WINDOW_AGG] = &TW_OPERATOR_WINDOW_AGG,
    [TW_PLAN_SESSION_AGG] = &TW_OPERATOR_SESSION_AGG,
    [TW_PLAN_GROUP_AGG] = &TW_OPERATOR_GROUP_AGG,
    [TW_PLAN_LOCAL_AGG] = &TW_OPERATOR_LOCAL_AGG,
    [TW_PLAN_EXPAND] = &TW_OPERATOR_EXPAND,
    [TW_PLAN_COUNT_WINDOW] = &TW_OPERATOR_COUNT_WINDOW,
    [TW_PLAN_COUNT_AGG] = &TW_OPERATOR_COUNT_AGG,
    [TW_PLAN_TRIGGER_AGG] = &TW_OPERATOR_TRIGGER_AGG,
    [TW_PLAN_SORT] = &TW_OPERATOR_SORT,
    [TW_PLAN_CONSTRAINT] = &TW_OPERATOR_CONSTRAINT,
    [TW_PLAN_LIMIT] = &TW_OPERATOR_LIMIT,
};

const tw_registry TW_REGISTRY = {
    .connectors = CONNECTORS,
    .nconnectors = sizeof CONNECTORS / sizeof *CONNECTORS,
    .formats = FORMATS,
    .nformats = sizeof FORMATS / sizeof *FORMATS,
    .operators = OPERATORS,
    .noperators = TW_PLAN_KIND_COUNT,
};
