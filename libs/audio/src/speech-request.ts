import { type Call, type Deployment, editBody } from '@app/call';
import { type Wire } from '@app/pipeline';

/** Backends have defaults of their own, WAV for instance; clients that name no format rely on one for all. */
const DEFAULT_FORMAT = 'mp3';

/** What a deployment is asked to speak: the client's fields with `text` as input. */
export function speechRequest(call: Call, deployment: Deployment, text: string): ReturnType<Wire['request']> {
  const set: Record<string, string> = {
    model: JSON.stringify(deployment.upstreamModel),
    response_format: JSON.stringify(formatOf(call, deployment)),
  };
  if (text !== call.body.object['input']) set['input'] = JSON.stringify(text);
  for (const [name, value] of Object.entries(deployment.defaults)) {
    if (!(name in call.body.object) && !(name in set)) set[name] = JSON.stringify(value);
  }
  const body = editBody(call.body, { set, drop: call.ownFields });
  return { body, contentType: 'application/json', accept: '*/*' };
}

/** The format that the client asked for, else the deployment's own default, else MP3. */
export function formatOf(call: Call, { defaults }: Deployment): string {
  const asked = call.body.object['response_format'] ?? defaults['response_format'];
  return typeof asked === 'string' && asked !== '' ? asked.toLowerCase() : DEFAULT_FORMAT;
}
