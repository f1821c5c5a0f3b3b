import { type JsonObject } from '@app/call';
import { jsonOf } from './collection-values.js';
import { emptyRecord, kindOf } from './config-node.js';
import { nearestName } from './nearest-name.js';
import { type Section } from './section.js';
import { unsupportedNames } from './unsupported-keys.js';

/** Parameters of the OpenAI API and of the servers that extend it: known, so not worth a warning. */
export const PARAMETERS: ReadonlySet<string> = new Set(
  `audio background cache_prompt chat_template_kwargs dimensions dry_multiplier encoding_format frequency_penalty
  function_call functions grammar guided_choice guided_grammar guided_json guided_regex hotwords id_slot ignore_eos
  include instructions json_schema language logit_bias logprobs max_completion_tokens max_output_tokens max_tokens
  metadata min_p min_tokens mirostat modalities n n_predict n_probs num_ctx parallel_tool_calls prediction
  presence_penalty prompt prompt_cache_key quality reasoning reasoning_effort reasoning_format repeat_last_n
  repeat_penalty repetition_penalty response_format safety_identifier sample_rate samplers seed service_tier size
  skip_special_tokens speed stop stop_token_ids store stream_options style suffix temperature text
  thinking timestamp_granularities tool_choice tools top_k top_logprobs top_n top_p truncation typical_p user
  vad_filter verbosity voice web_search_options xtc_probability`.split(/\s+/),
);

/**
 * What is left of `litellm_params` once the gateway's own settings are read: defaults of the request. What looks like
 * a typing error is left to be warned of, not sent: it may be a key.
 */
export function readParameters(section: Section): JsonObject {
  const parameters = emptyRecord<JsonObject[string]>();
  const extra = section.entry('extra_body');
  if (extra?.kind === 'mapping') Object.assign(parameters, jsonOf(extra, section.findings));
  else if (extra)
    section.findings.problem(
      extra,
      `A mapping belongs here; this is ${kindOf(extra)}.`,
      'Write `name: value` lines.',
    );
  const unsupported = unsupportedNames('litellm_params');
  for (const [name, node] of section.rest()) {
    if (unsupported.has(name)) continue;
    if (!PARAMETERS.has(name)) {
      if (nearestName(name, [...section.asked, ...PARAMETERS]) !== null) continue;
      section.findings.warn(
        node,
        'This is no setting that is known; it is sent to the upstream as a parameter.',
      );
    }
    section.entry(name);
    parameters[name] = jsonOf(node, section.findings);
  }
  return parameters;
}
