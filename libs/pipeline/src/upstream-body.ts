import { type Call, type Deployment, editBody, isJsonObject } from '@app/call';

/** The body for one attempt: the client's bytes with the deployment's model name, its defaults and the usage request. */
export function upstreamBody(call: Call, deployment: Deployment): Buffer[] {
  const set: Record<string, string> = { model: JSON.stringify(deployment.upstreamModel) };
  for (const [name, value] of Object.entries(deployment.defaults)) {
    if (!isSaid(call, name)) set[name] = JSON.stringify(value);
  }
  if (deployment.refusesStreamOptions === true) {
    return editBody(call.body, { set, drop: new Set([...call.ownFields, 'stream_options']) });
  }
  if (call.stream && isToBeAsked(call)) set['stream_options'] = streamOptions(call);
  return editBody(call.body, { set, drop: call.ownFields });
}

/** Two names of one limit: OpenAI refuses a request that has both, and elsewhere the larger might count. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  max_tokens: 'max_completion_tokens',
  max_completion_tokens: 'max_tokens',
};

/** Whether the client has said what a default would say, in these words or in others. */
function isSaid({ body: { object } }: Call, name: string): boolean {
  const other = OTHER_NAMES[name];
  return name in object || (other !== undefined && (object[other] ?? null) !== null);
}

/** Other protocols tell their usage unasked, and know no such option. */
const ASKED = new Set(['/chat/completions', '/completions']);

/** A client that gets the usage may have asked for it, or gets it by the configuration. */
function isToBeAsked({ wantsUsage, upstreamPath, body }: Call): boolean {
  if (!wantsUsage) return true;
  const given = body.object['stream_options'];
  return ASKED.has(upstreamPath) && !(isJsonObject(given) && given['include_usage'] === true);
}

/** Usage is always asked for: it is metered here and taken out again where the client did not ask. */
function streamOptions(call: Call): string {
  const given = call.body.object['stream_options'];
  return JSON.stringify({ ...(isJsonObject(given) ? given : {}), include_usage: true });
}
