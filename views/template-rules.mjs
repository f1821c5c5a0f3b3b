// What would let a value become markup.
/** What no template may contain, with the reason. */
const FORBIDDEN = [
  [/\{\{\{|\{\{~?&/, 'unescaped output'],
  [/\s[\w-]+=\{\{/, 'an attribute value without quotes'],
  [/<script(?![^>]*\ssrc=")[^>]*>/i, 'an inline script'],
  [/<style/i, 'an inline style sheet'],
  [/\s(?:on\w+|style)=/i, 'an inline handler or style'],
  [
    /\s(?:href|src|action|formaction)="\{\{(?!(?:[@\w./]*\.)?(?:href|asset\w*|icons|action)\}\})/i,
    'a URL that is not called href, action or asset',
  ],
  [/javascript:/i, 'a javascript: URL'],
];

/** What a template has that none may have, with where it stands; null where it has nothing of the kind. */
export function flawOf(text) {
  for (const [pattern, reason] of FORBIDDEN) {
    const found = pattern.exec(text);
    if (found) return `${reason}: ${found[0].trim()}`;
  }
  return null;
}
