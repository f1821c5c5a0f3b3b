const TAG = /<(\/?)([a-zA-Z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/g;
const ATTRIBUTE = /([^\s"'=<>/]+)(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?/g;
const RAW_TEXT = /<(script|style|textarea|title)\b[^>]*>[\s\S]*?<\/\1>/gi;

/**
 * What a page is made of, as a browser reads it: every tag with the names of its attributes, in order. Text and values
 * are left out, so that two pages of one template with different data are the same.
 */
export function skeletonOf(html: string): string[] {
  const shown = html.replace(RAW_TEXT, (whole) => whole.slice(0, whole.indexOf('>') + 1));
  return [...shown.matchAll(TAG)].map(([, end = '', name = '', rest = '']) => {
    const attributes = [...rest.matchAll(ATTRIBUTE)].map(([, attribute = '']) => attribute.toLowerCase());
    return `${end}${name.toLowerCase()}${attributes.map((attribute) => ` ${attribute}`).join('')}`;
  });
}

/** The kinds of tags that a page has. */
export const vocabularyOf = (html: string): Set<string> => new Set(skeletonOf(html));

/** Schemes that a link of a page has. */
export const schemesOf = (html: string): Set<string> =>
  new Set(
    [...html.matchAll(/\s(?:href|src|action|formaction|data|poster)\s*=\s*["']?\s*([a-zA-Z][\w+.-]*):/g)].map(
      ([, scheme = '']) => scheme.toLowerCase(),
    ),
  );
