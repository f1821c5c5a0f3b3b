import { type LangfuseSettings, type LitellmSettings } from './app-config.js';
import { type EnvironmentSection } from './environment-section.js';
import { asUrl } from './network-values.js';
import { asName, asOneOf, asSecondsMs, asSecret } from './scalar-values.js';

/** Null, with a warning that says why, unless a callback asks for Langfuse and its keys are set. */
export function readLangfuse(env: EnvironmentSection, litellm: LitellmSettings): LangfuseSettings | null {
  const publicKey = env.read('LANGFUSE_PUBLIC_KEY', asSecret);
  const secretKey = env.read('LANGFUSE_SECRET_KEY', asSecret);
  const otherName = env.read('LANGFUSE_BASE_URL', asUrl);
  const host = env.value('LANGFUSE_HOST', asUrl);
  const settings = {
    host: env.isSet('LANGFUSE_HOST') ? host : (otherName ?? host),
    transport: env.value('LANGFUSE_TRANSPORT', asOneOf(['auto', 'otel', 'legacy'] as const)),
    release: env.read('LANGFUSE_RELEASE', asName),
    environment: env.read('LANGFUSE_TRACING_ENVIRONMENT', asName),
    flushIntervalMs: env.value('LANGFUSE_FLUSH_INTERVAL', asSecondsMs),
  };
  const { callbacks, successCallbacks, failureCallbacks } = litellm;
  const wanted = [...callbacks, ...successCallbacks, ...failureCallbacks].some((name) =>
    name.startsWith('langfuse'),
  );
  if (!wanted) {
    if (publicKey !== null)
      warn(env, 'No callback of config.yaml says `langfuse`, so nothing is sent to Langfuse.');
    return null;
  }
  if (publicKey !== null && secretKey !== null)
    return { publicKey: publicKey.reveal(), secretKey, ...settings };
  const missing = publicKey === null ? 'LANGFUSE_PUBLIC_KEY' : 'LANGFUSE_SECRET_KEY';
  return warn(env, `The callback langfuse is switched off: ${missing} is not set.`, missing);
}

function warn(env: EnvironmentSection, sentence: string, path = 'LANGFUSE_PUBLIC_KEY'): null {
  return env.findings.warn({ path, place: { file: 'environment', line: null, column: null } }, sentence);
}
