import { type ModelEntry } from './app-config.js';
import { nearestName } from './nearest-name.js';
import { asName } from './scalar-values.js';
import { type Parse } from './section.js';

/**
 * The name of a model that exists. An unknown one is worth a warning, not more: models may come from the database
 * (then `mayBeElsewhere`), and a gateway with one dead fallback still serves.
 */
export function asModelName(
  models: readonly ModelEntry[],
  aliases: readonly string[],
  mayBeElsewhere: boolean,
): Parse<string> {
  const names = new Set([...models.map(({ modelName }) => modelName), ...aliases, '*']);
  const patterns = [...names].filter((name) => name.includes('*') && (name !== '*' || hasDefault(models)));
  return (node, findings) => {
    const name = asName(node, findings);
    if (name === null || mayBeElsewhere || names.has(name)) return name;
    if (patterns.some((pattern) => matches(pattern, name))) return name;
    const near = nearestName(name, names);
    const hint = near === null ? '' : ` Did you mean \`${near}\`?`;
    findings.warn(node, `No model has the name \`${name}\`.${hint}`);
    return name;
  };
}

function hasDefault(models: readonly ModelEntry[]): boolean {
  return models.some(({ modelName }) => modelName === '*');
}

/** From the start, `*` stands for anything; without a regular expression, so that no pattern can be slow. */
function matches(pattern: string, name: string): boolean {
  const [head = '', ...parts] = pattern.split('*');
  if (!name.startsWith(head)) return false;
  let from = head.length;
  for (const part of parts) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}
