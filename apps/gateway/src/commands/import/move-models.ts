import { isDeepStrictEqual } from 'node:util';
import { type JsonObject } from '@app/call';
import { type CredentialSeal, SealError } from '@app/routing';
import { mapModel, mapSearchTool, mapStoredSettings } from './map-model.js';
import { type Mapped } from './mapped.js';
import { type Mover } from './mover.js';
import { notSupported } from './report.js';
import { objectIn, saysSomething, type SourceRow, textIn } from './source-row.js';
import { MODELS } from './target-tables.js';

export interface ModelSecrets {
  /** What LiteLLM has encrypted with; null: not known. */
  readonly salt: string | null;
  /** What encrypts here; null where the configuration cannot be read. */
  readonly seal: CredentialSeal | null;
  readonly env: NodeJS.ProcessEnv;
}

/** The models of the database; and what else LiteLLM keeps there and we keep in config.yaml. */
export async function moveModels(mover: Mover, { salt, seal, env }: ModelSecrets): Promise<void> {
  const { source } = mover;
  const credentials = new Map(
    (await source.rows('CredentialsTable')).map((row): [string, JsonObject] => [
      textIn(row, 'credential_name') ?? '',
      objectIn(row, 'credential_values'),
    ]),
  );
  const mapped = (await source.rows('ProxyModelTable')).map((row) =>
    mapModel(row, { salt, credentials, env }),
  );
  await mover.move('models', MODELS, await sealed(mover, mapped, seal));
  mover.tell(
    'search tools',
    (await source.rows('SearchToolsTable')).map((row) => mapSearchTool(row, salt)),
  );
  mover.tell('tags', (await source.rows('TagTable')).map(mapTag));
  mover.tell('stored settings', (await source.rows('Config')).map(mapStoredSettings));
}

/** Encrypted anew, but for those that are here already with the same credentials: each sealing looks different. */
async function sealed(
  { target: { query } }: Mover,
  mapped: readonly Mapped[],
  seal: CredentialSeal | null,
): Promise<Mapped[]> {
  const ids = mapped.map(({ row }) => row && textIn(row, 'id')).filter((id) => id !== null);
  const stored = query
    ? await query<{ id: string; params: JsonObject }>(
        'SELECT id, litellm_params AS params FROM models WHERE id IN (SELECT unnest($1::text[]))',
        [ids],
      )
    : [];
  const known = new Map(stored.map(({ id, params }) => [id, params]));
  return mapped.map((one) => {
    if (one.row === null) return one;
    const id = textIn(one.row, 'id') ?? '';
    const given = objectIn(one.row, 'litellm_params');
    const there = known.get(id);
    const isSame = there !== undefined && isDeepStrictEqual(opened(seal, id, there), given);
    const params = isSame ? there : (seal?.seal(id, given) ?? given);
    return { ...one, row: { ...one.row, litellm_params: params } };
  });
}

/** Null where they cannot be opened. */
function opened(seal: CredentialSeal | null, id: string, params: JsonObject): JsonObject | null {
  try {
    return seal?.open(id, params) ?? null;
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}

function mapTag(row: SourceRow): Mapped {
  const name = textIn(row, 'tag_name') ?? '';
  const hasLimits = saysSomething(row['budget_id']) || saysSomething(row['models']);
  const why = 'tags have no budgets and no models of their own here; their spend is counted';
  return { name, row: null, notes: hasLimits ? [notSupported(why)] : [] };
}
