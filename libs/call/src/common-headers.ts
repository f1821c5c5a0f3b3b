import { ServerResponse } from 'node:http';

interface Answer extends ServerResponse {
  commonHeaders: string[] | undefined;
  /** Of a head that was given as a list, which Node does not keep. */
  listedType: string | undefined;
}

/**
 * Headers that an answer gets whoever writes it, unless that one says otherwise: name, value, name, value, in lower
 * case. They join when the head is written, so that a head given as a list goes to the socket without being looked up
 * and checked name by name; with some thirty headers an answer that is felt.
 */
export function addCommonHeaders(res: ServerResponse, ...headers: readonly string[]): void {
  const answer = res as Answer;
  if (answer.commonHeaders) answer.commonHeaders.push(...headers);
  else answer.commonHeaders = [...headers];
}

/** In place of `writeHead` on the prototype of all answers. */
export function writeHeadWithCommon(
  this: ServerResponse,
  status: number,
  ...rest: readonly unknown[]
): ServerResponse {
  const answer = this as Answer;
  const given = rest.at(-1);
  if (Array.isArray(given)) answer.listedType = typeIn(given as unknown[]);
  const common = answer.commonHeaders;
  if (common) {
    answer.commonHeaders = undefined;
    if (Array.isArray(given)) join(given as unknown[], common);
    else setMissing(this, common);
  }
  return (ServerResponse.prototype.writeHead as (...parts: unknown[]) => ServerResponse).call(
    this,
    status,
    ...rest,
  );
}

/** The content type of an answer whose head is written or about to be; empty where it has none. */
export function contentTypeOf(res: ServerResponse): string {
  return (res as Answer).listedType ?? String(res.getHeader('content-type') ?? '');
}

function typeIn(headers: readonly unknown[]): string | undefined {
  const at = headers.lastIndexOf('content-type');
  return at < 0 ? undefined : String(headers[at + 1]);
}

function join(headers: unknown[], common: readonly string[]): void {
  const { length } = headers;
  for (let index = 0; index < common.length; index += 2) {
    const at = headers.indexOf(common[index]);
    if (at < 0 || at >= length) headers.push(common[index], common[index + 1]);
  }
}

function setMissing(res: ServerResponse, common: readonly string[]): void {
  for (let index = 0; index < common.length; index += 2) {
    const name = common[index] ?? '';
    if (!res.hasHeader(name)) res.setHeader(name, common[index + 1] ?? '');
  }
}
