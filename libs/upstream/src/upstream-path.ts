import { BadRequestError } from '@app/call';

const SAFE_PATH = /^(?:\/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*$/;
/** Encoded once or several times: some servers decode twice. */
const ESCAPES = /%(?:25)*(?:2e|2f|5c|00)/i;

/**
 * Joins a deployment's base path and a path below it. Both are plain segments: no `..`, nothing encoded that
 * would become a separator, no authority. Never goes through `new URL`, which lets `//host` and `\` escape.
 */
export function joinPath(basePath: string, path: string): string {
  const segments = path.split('/');
  if (!SAFE_PATH.test(path) || ESCAPES.test(path) || segments.includes('..') || segments.includes('.')) {
    throw new BadRequestError('The path cannot be forwarded.');
  }
  return basePath + path;
}
