import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { ConfigError, readStoredModel } from '@app/config';
import { authorshipOf, type Mapped } from './mapped.js';
import { openSecretbox } from './open-secretbox.js';
import { approximate, type Note, notSupported } from './report.js';
import { objectIn, type SourceRow, textIn } from './source-row.js';

export interface ModelContext {
  /** What LiteLLM has encrypted with; null: not known. */
  readonly salt: string | null;
  /** By name, as they are stored. */
  readonly credentials: ReadonlyMap<string, JsonObject>;
  readonly env: NodeJS.ProcessEnv;
}

/** What a nonce, a tag and one character make at least, in base64. */
const SEALED = /^[A-Za-z0-9+/_-]{54,}={0,2}$/;
const OTHER_SALT =
  'it is encrypted with another salt key, or by a newer scheme; name the variable in --salt-key-env';

/** The parameters of the row are in the clear: whoever stores it has to seal them. */
export function mapModel(row: SourceRow, context: ModelContext): Mapped {
  const id = textIn(row, 'model_id') ?? '';
  const modelName = textIn(row, 'model_name') ?? '';
  const name = `${modelName} (${id})`;
  const info = Object.fromEntries(
    Object.entries(objectIn(row, 'model_info')).filter(([field]) => field !== 'id'),
  );
  const params = opened(objectIn(row, 'litellm_params'), context.salt);
  if (params === null) return { name, row: null, notes: [notSupported(OTHER_SALT)] };
  const team = textIn(info, 'team_id');
  if (team !== null)
    return { name, row: null, notes: [notSupported(`it belongs to the team ${team} alone`)] };
  const { litellmParams, notes } = withCredential(params, context);
  const model = { model_name: modelName, litellm_params: litellmParams, model_info: { ...info, id } };
  try {
    const { warnings } = readStoredModel(model, context.env);
    notes.push(...warnings.map(approximate));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const why = error.problems.map(({ path, message, remedy }) => `${path}: ${message} ${remedy}`).join(' ');
    return { name, row: null, notes: [notSupported(why)] };
  }
  const stored = { id, model_name: modelName, litellm_params: litellmParams, model_info: info };
  return { name, row: { ...stored, ...authorshipOf(row) }, notes };
}

/** Every text is encrypted, the name of the model too; null where the salt is not theirs. */
function opened(values: JsonObject, salt: string | null): JsonObject | null {
  let found = 0;
  const open = (value: JsonValue): JsonValue => {
    const text = typeof value === 'string' && salt !== null ? openSecretbox(value, salt) : null;
    if (text !== null) found += 1;
    return text ?? value;
  };
  const result = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, open(value)]));
  const texts = Object.values(values).filter((value) => typeof value === 'string');
  const areSealed = texts.length > 0 && texts.every((text) => SEALED.test(text));
  return found === 0 && areSealed ? null : result;
}

/** Models of the database name no credentials here: what those hold goes into the model. */
function withCredential(
  params: JsonObject,
  { credentials, salt }: ModelContext,
): { litellmParams: JsonObject; notes: Note[] } {
  const { litellm_credential_name: name, ...own } = params;
  if (typeof name !== 'string') return { litellmParams: params, notes: [] };
  const sealed = credentials.get(name);
  const values = sealed && opened(sealed, salt);
  if (!values) return { litellmParams: params, notes: [] };
  const why = `the credential '${name}' is written into it; there is no list of credentials in the database`;
  return { litellmParams: { ...values, ...own }, notes: [approximate(why)] };
}

/** Nothing in the database describes search tools here. */
export function mapSearchTool(row: SourceRow, salt: string | null): Mapped {
  const name = textIn(row, 'search_tool_name') ?? '';
  const params = opened(objectIn(row, 'litellm_params'), salt) ?? {};
  const [provider, base] = [textIn(params, 'search_provider'), textIn(params, 'api_base')];
  const line = `{search_tool_name: ${name}, litellm_params: {search_provider: ${provider ?? '…'}, api_base: ${base ?? '…'}}}`;
  return { name, row: null, notes: [notSupported(`put it into search_tools of config.yaml: ${line}`)] };
}

/** Settings that were saved through LiteLLM's pages. Their values may be secrets. */
export function mapStoredSettings(row: SourceRow): Mapped {
  const name = textIn(row, 'param_name') ?? '';
  const names = isJsonObject(row['param_value'] ?? null) ? Object.keys(objectIn(row, 'param_value')) : [];
  const which = names.length === 0 ? '' : `: ${names.join(', ')}`;
  const place = name === 'environment_variables' ? 'the environment' : `${name} of config.yaml`;
  return { name, row: null, notes: [notSupported(`put what is still wanted of it into ${place}${which}`)] };
}
