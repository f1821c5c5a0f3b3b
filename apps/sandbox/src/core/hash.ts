/** FNV-1a over the UTF-16 units of a text; long texts are sampled at both ends. */
export function hashOf(text: string): number {
  const sampled = text.length > 4096 ? text.slice(0, 2048) + text.slice(-2048) : text;
  let hash = 0x811c9dc5;
  for (let i = 0; i < sampled.length; i++) {
    hash = Math.imul(hash ^ sampled.charCodeAt(i), 0x01000193);
  }
  return (hash ^ text.length) >>> 0;
}
