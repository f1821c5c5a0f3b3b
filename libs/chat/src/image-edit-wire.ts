import { type Deployment, type JsonValue } from '@app/call';
import { protocolWire, type Wire } from '@app/pipeline';
import { IMAGE_PROTOCOL } from '@app/upstream';
import { type FormPart, formBody } from './image-form.js';

/** A form of pictures in, JSON out. */
export function imageEditWire(parts: readonly FormPart[]): Wire {
  return {
    ...protocolWire(IMAGE_PROTOCOL),
    request: (call, deployment) => ({
      ...formBody([
        { name: 'model', value: Buffer.from(deployment.upstreamModel), contentType: null },
        ...defaultsFor(call.body.object, deployment),
        ...parts.filter(({ name }) => name !== 'model' && !call.ownFields.has(name)),
      ]),
      accept: 'application/json',
    }),
  };
}

function defaultsFor(given: Readonly<Record<string, JsonValue>>, { defaults }: Deployment): FormPart[] {
  return Object.entries(defaults).flatMap(([name, value]) =>
    name in given || typeof value === 'object'
      ? []
      : [{ name, value: Buffer.from(String(value)), contentType: null }],
  );
}
