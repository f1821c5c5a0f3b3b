function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Settings that LiteLLM knows and this gateway does not have, by the section they stand in. */
const UNSUPPORTED: Readonly<Record<string, ReadonlySet<string>>> = {
  'config.yaml': words(`
    assistant_settings callback_settings files_settings finetune_settings guardrails mcp_servers prompts
    vector_store_registry`),
  litellm_settings: words(`
    check_provider_endpoint cost_discount_config cost_margin_config custom_prometheus_metadata_labels
    custom_prometheus_tags default_max_internal_user_budget
    default_team_settings disable_end_user_cost_tracking
    disable_end_user_cost_tracking_prometheus_only disable_token_counter enable_end_user_cost_tracking_prometheus_only
    enable_key_alias_format_validation enable_redis_auth_cache force_ipv4 forward_traceparent_to_llm_provider
    include_cost_in_streaming_usage internal_user_budget_duration json_logs max_end_user_budget
    max_end_user_budget_id max_internal_user_budget max_user_budget model_group_settings modify_params
    prometheus_metrics_config public_model_groups redact_messages_in_exceptions
    redact_user_api_key_info search_provider service_callbacks set_verbose ssl_certificate ssl_verify store_audit_logs
    tag_budget_config telemetry timezone`),
  general_settings: words(`
    admin_only_routes alert_to_webhook_url alert_types alerting alerting_args alerting_threshold
    allow_client_side_credentials allow_requests_on_db_unavailable allowed_ips allowed_routes background_health_checks
    completion_model custom_auth custom_key_generate database_connection_timeout default_team_disabled
    disable_adding_master_key_hash_to_db disable_error_logs disable_master_key_return disable_prisma_schema_update
    disable_reset_budget disable_retry_on_max_parallel_request_limit_error
    disable_spend_logs disable_spend_updates embedding_model enable_health_check_routing enable_jwt_auth
    enforce_user_param enforced_params forward_client_headers_to_llm_api forward_llm_provider_auth_headers
    forward_openai_org_id global_max_parallel_requests health_check_details health_check_interval
    image_generation_model infer_model_from_keys key_management_settings key_management_system litellm_jwtauth
    litellm_license max_parallel_requests max_response_size_mb maximum_spend_logs_retention_interval
    proxy_batch_write_at proxy_budget_rescheduler_max_time proxy_budget_rescheduler_min_time
    reject_clientside_metadata_tags spend_report_frequency supported_db_objects token_rate_limit_type ui_access_mode
    use_redis_transaction_buffer use_shared_health_check use_x_forwarded_for user_api_key_cache_ttl`),
  cache_params: words(`
    azure_account_url azure_blob_container bucket_name disk_cache_dir flush_size gcs_bucket_name gcs_path_service_account
    host max_connections password port qdrant_api_base qdrant_collection_name redis_flush_size redis_startup_nodes
    s3_bucket_name s3_region_name s3_path sentinel_nodes sentinel_password service_name similarity_threshold ssl url
    username`),
  router_settings: words(`
    allowed_fails_policy cache_kwargs cache_responses caching_groups client_ttl debug_level default_litellm_params
    default_max_parallel_requests default_priority
    ignore_invalid_deployments model_group_retry_policy polling_interval
    provider_budget_config redis_db redis_host redis_password redis_port redis_url retry_after retry_policy
    routing_strategy_args set_verbose`),
  litellm_params: words(`
    additional_drop_params allowed_openai_params aws_access_key_id aws_region_name aws_secret_access_key
    azure_ad_token budget_duration cache_control_injection_points configurable_clientside_auth_params drop_params
    input_cost_per_token_batches max_budget max_file_size_mb merge_reasoning_content_in_choices mock_response
    mock_timeout model_config output_cost_per_token_batches region_name ssl_verify stream use_in_pass_through
    use_litellm_proxy vertex_credentials vertex_location vertex_project`),
  pass_through_endpoint: words('custom_auth_parser default_query_params guardrails id'),
  search_params: words('max_retries'),
  environment: words(`
    DATABASE_SCHEMA DISABLE_SCHEMA_UPDATE DOCS_URL LENGTH_OF_LITELLM_GENERATED_KEY LITELLM_CONFIG_BUCKET_NAME
    LITELLM_CONFIG_BUCKET_OBJECT_KEY LITELLM_CONFIG_BUCKET_TYPE LITELLM_KEY_ROTATION_ENABLED LITELLM_LICENSE
    LITELLM_LOCAL_MODEL_COST_MAP LITELLM_MODE LITELLM_MODEL_COST_MAP_URL LITELLM_RATE_LIMIT_WINDOW_SIZE NO_DOCS
    PROXY_ADMIN_ID PROXY_BATCH_WRITE_AT REDIS_HOST REDIS_PASSWORD REDIS_PORT REDIS_SSL REDIS_URL ROOT_REDIRECT_URL
    SERVER_ROOT_PATH SLACK_WEBHOOK_URL SMTP_HOST SMTP_PASSWORD SMTP_PORT SMTP_USERNAME USE_PRISMA_MIGRATE`),
};

/** Without these a LiteLLM proxy would refuse requests that this gateway lets through. */
const RESTRICTS = words(`
  admin_only_routes allowed_ips allowed_routes custom_auth enable_jwt_auth enforce_user_param enforced_params
  global_max_parallel_requests guardrails max_end_user_budget max_internal_user_budget max_user_budget
  reject_clientside_metadata_tags ui_access_mode`);

const INSTEAD: Readonly<Record<string, string>> = {
  background_health_checks: 'An administrator gets the deep check from GET /health.',
  max_parallel_requests: 'Set `max_parallel_requests` in the litellm_params of a model.',
  set_verbose: 'Set LITELLM_LOG=DEBUG.',
  use_x_forwarded_for: 'Name your reverse proxies in general_settings.trusted_proxies.',
  provider_budget_config: 'Give budgets to keys, users and teams.',
};

/** The sentence to warn with where LiteLLM has this setting and the gateway has not; null where nobody has it. */
export function whyUnsupported(section: string, name: string): string | null {
  if (!unsupportedNames(section).has(name)) return null;
  const effect = RESTRICTS.has(name) ? 'it is ignored and restricts nothing' : 'it is ignored';
  const instead = Object.hasOwn(INSTEAD, name) ? ` ${INSTEAD[name] ?? ''}` : '';
  return `LiteLLM has this setting, this gateway has not: ${effect}.${instead}`;
}

export function unsupportedNames(section: string): ReadonlySet<string> {
  return (Object.hasOwn(UNSUPPORTED, section) ? UNSUPPORTED[section] : null) ?? new Set();
}
