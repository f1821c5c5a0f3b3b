import { type Gateway } from '../harness.ts';

/** A streamed call whose client goes with the first chunk; `leftAt` gets the moment, by response id. */
export async function leave(gateway: Gateway, key: string, leftAt: Map<string, number>): Promise<void> {
  const { body } = await gateway.http.open('/v1/chat/completions', {
    key,
    body: { model: 'gpt-4', stream: true, messages: [{ role: 'user', content: 'x' }] },
  });
  let text = '';
  for await (const bytes of body) {
    text += String(bytes);
    const id = /"id":"([^"]+)"/.exec(text)?.[1];
    if (id === undefined) continue;
    leftAt.set(id, Date.now());
    break;
  }
}
