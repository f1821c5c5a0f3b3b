import { type IncomingHttpHeaders } from 'node:http';

/** About the content: they go to the backend in any case. */
const CONTENT = new Set([
  'accept',
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'range',
  'user-agent',
]);
/** About the hop to here, or a credential for here. */
const NEVER = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'cookie',
  'accept-encoding',
  'authorization',
  'api-key',
  'x-api-key',
  'x-litellm-api-key',
  'x-goog-api-key',
  'ocp-apim-subscription-key',
  'x-real-ip',
  'forwarded',
]);
/** Where the request comes from, and another target or method than the one that was judged. */
const NEVER_SO = /^x-(?:forwarded-.*|original-(?:url|uri|method)|rewrite-url|http-method.*|method-override)$/;
const PASSED = 'x-pass-';
/** What `x-pass-` may not smuggle past the connection, nor say about the body: its model was read as what it is. */
const FRAMING = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);
const HOP =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|set-cookie.*|clear-site-data|refresh|link|service-worker-allowed|access-control-.*|strict-transport-security|alt-svc|report-to|nel|www-authenticate|content-security-policy.*|x-content-type-options|x-frame-options|content-disposition|x-litellm-.*|x-request-id|server|x-accel-(?!buffering$).*|x-sendfile|x-lighttpd-send-file|sourcemap|x-sourcemap)$/;
/** What a browser would run or render under our own address. */
const ACTIVE_TYPE =
  /^(?:text\/html|application\/xhtml|image\/svg|text\/xml|application\/xml|application\/pdf|text\/javascript)/i;

export interface ForwardRules {
  readonly forwardHeaders: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Lower case: where keys come, if not where they usually do. */
  readonly keyHeaderName: string | null;
}

/** What the backend is told: what is about the content, more where the endpoint says so, its own headers above all. */
export function forwardedHeaders(headers: IncomingHttpHeaders, rules: ForwardRules): Record<string, string> {
  const forwarded: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (name.startsWith(PASSED)) {
      const passed = name.slice(PASSED.length);
      if (passed !== '' && !FRAMING.has(passed) && !NEVER_SO.test(passed)) forwarded[passed] = text;
    } else if (
      CONTENT.has(name) ||
      (rules.forwardHeaders && !NEVER.has(name) && !NEVER_SO.test(name) && name !== rules.keyHeaderName)
    ) {
      forwarded[name] ??= text;
    }
  }
  for (const [name, value] of Object.entries(rules.headers)) forwarded[name.toLowerCase()] = value;
  return forwarded;
}

/** What the client is told: nothing about the hop behind us, nothing that acts on a browser, or a proxy, in our name. */
export function answeredHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const answered: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string' && !HOP.test(name)) answered[name] = value;
  }
  if (ACTIVE_TYPE.test(headers['content-type'] ?? '')) answered['content-disposition'] = 'attachment';
  return answered;
}
