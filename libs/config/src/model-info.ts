import { type JsonObject } from '@app/call';
import { emptyRecord } from './config-node.js';
import { jsonOf } from './collection-values.js';
import { type Section } from './section.js';
import { asCount, asFlag, asName, asPriceText } from './scalar-values.js';
import { nearestName } from './nearest-name.js';

const MODES =
  `chat completion embedding image_generation image_edit audio_transcription audio_speech moderation rerank search
  ocr responses video_generation`.split(/\s+/);

/** Every price of LiteLLM has `cost` as a word of its name: `input_cost_per_token`, `cache_read_input_token_cost`. */
const PRICE_NAME = /(^|_)cost(_|$)/;
const FLAG_NAME = /^supports_/;
const COUNT_NAME = /^(?:max_(?:input_|output_)?tokens|speech_part_characters)$/;
const WELL_KNOWN = `id mode base_model access_groups team_id team_public_model_name tier description
  max_tokens max_input_tokens max_output_tokens supports_function_calling supports_parallel_function_calling
  supports_vision supports_reasoning supports_response_schema supports_system_messages supports_tool_choice
  supports_audio_input supports_audio_output supports_web_search speech_part_characters input_cost_per_token
  output_cost_per_token`.split(/\s+/);

/** `model_info`: anything goes and is shown in /model/info; what the gateway itself reads is judged. */
export function readModelInfo(section: Section): JsonObject {
  const info = emptyRecord<JsonObject[string]>();
  for (const [name, node] of section.node.entries) {
    if (FLAG_NAME.test(name)) info[name] = section.read(name, asFlag);
    else if (COUNT_NAME.test(name)) info[name] = section.read(name, asCount);
    else if (name === 'id') info[name] = section.read(name, asName);
    else info[name] = jsonOf(node, section.findings);
    warnOfTypingErrors(name, section);
  }
  warnOfMode(section);
  return info;
}

function warnOfTypingErrors(name: string, section: Section): void {
  const node = section.node.entries.get(name);
  if (node === undefined || WELL_KNOWN.includes(name) || PRICE_NAME.test(name)) return;
  const near = nearestName(name, WELL_KNOWN);
  if (near !== null)
    section.findings.warn(node, `It is shown in /model/info only. Did you mean \`${near}\`?`);
}

function warnOfMode(section: Section): void {
  const mode = section.entry('mode');
  if (mode?.kind !== 'scalar' || MODES.includes(mode.text)) return;
  const near = nearestName(mode.text, MODES);
  const hint = near === null ? `Known: ${MODES.join(', ')}.` : `Did you mean \`${near}\`?`;
  section.findings.warn(mode, `This mode is not known. ${hint}`);
}

/** The prices of a section, as they were written. */
export function readPrices(section: Section): Record<string, string> {
  const prices = emptyRecord<string>();
  for (const [name, node] of section.node.entries) {
    if (!PRICE_NAME.test(name)) continue;
    if (node.kind !== 'scalar') {
      section.entry(name);
      section.findings.warn(
        node,
        'Only prices of one amount are charged; it is ignored. Tiers are named `…_above_200k_tokens`.',
      );
      continue;
    }
    const price = section.read(name, asPriceText);
    if (price !== null) prices[name] = price;
  }
  return prices;
}
