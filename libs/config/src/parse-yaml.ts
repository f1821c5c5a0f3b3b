import { type ErrorCode, LineCounter, parseDocument, type YAMLError } from 'yaml';
import { type Place } from './config-error.js';
import { type ConfigNode } from './config-node.js';
import { type Findings } from './findings.js';
import { YamlWalk } from './yaml-walk.js';

/** Lists in lists: the parser takes seconds for some thousand of them, and a running gateway reads files, too. */
const ABYSS = /(?:(?:[[{]|[-?][^\S\n])[^\S\n]*){200}/;
/** One mistake of indentation makes many followers; more than this teach nothing. */
const SYNTAX_PROBLEMS_SHOWN = 10;

/** Own words: the parser's may quote the line, and the line may hold a secret. */
const SYNTAX: Partial<Record<ErrorCode, readonly [message: string, remedy: string]>> = {
  TAB_AS_INDENT: ['A tab is used to indent.', 'Indent with spaces.'],
  BAD_INDENT: ['The indentation does not fit the lines above.', 'Align it with its neighbours.'],
  MISSING_CHAR: ['A character is missing here.', 'Look for a missing quote, bracket, comma, colon or space.'],
  BAD_DQ_ESCAPE: [
    'The text in double quotes holds a backslash that means nothing.',
    'Write \\\\ for a backslash, or use single quotes.',
  ],
  BAD_SCALAR_START: ['A value cannot begin with this character.', 'Put the value into quotes.'],
  MULTIPLE_DOCS: ['A second document begins here.', 'Remove the line `---` in the middle of the file.'],
  TAG_RESOLVE_FAILED: ['This tag (`!…`) is not supported.', 'Remove the tag and write a plain value.'],
  BLOCK_AS_IMPLICIT_KEY: ['A colon stands where none is expected.', 'Put the value into quotes.'],
  MULTILINE_IMPLICIT_KEY: ['A key goes over several lines.', 'Look for a missing colon in the line above.'],
  UNEXPECTED_TOKEN: ['This character is not expected here.', 'Look for a bracket or quote too many.'],
};
const OTHER_SYNTAX = [
  'This is no valid YAML.',
  'Compare the line with the examples in docs/configuration.md.',
] as const;

/**
 * Reads YAML text without running, importing or instantiating anything: tags are refused, aliases are expanded
 * within a bound. Returns null, with the problems found, where the text has no usable structure.
 */
export function parseYaml(text: string, file: string, findings: Findings): ConfigNode | null {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const abyss = ABYSS.exec(text);
  if (abyss)
    return tooDeep({ file, line: text.slice(0, abyss.index).split('\n').length, column: 1 }, findings);
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      schema: 'core',
      resolveKnownTags: false,
      uniqueKeys: false,
      // At `silent` the parser would drop a second document without a word.
      logLevel: 'error',
    });
    const mistakes = [...document.errors, ...document.warnings];
    reportSyntax(mistakes, placeAt, findings);
    if (document.errors.length > 0) return null;
    return new YamlWalk(document, placeAt, findings).root();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return tooDeep({ file, line: deepestLine(text), column: 1 }, findings);
  }
}

const tooDeep = (place: Place, findings: Findings): null =>
  findings.problem({ path: '', place }, 'The values are nested too deeply.', 'Nest them less deeply.');

/** Of each line the first mistake: the others mostly follow from it. */
function reportSyntax(
  mistakes: readonly YAMLError[],
  placeAt: (at: number) => Place,
  findings: Findings,
): void {
  const firsts = new Map<number | null, Place & { readonly code: ErrorCode }>();
  for (const { code, pos } of mistakes) {
    const place = placeAt(pos[0]);
    if (!firsts.has(place.line)) firsts.set(place.line, { ...place, code });
  }
  for (const { code, ...place } of [...firsts.values()].slice(0, SYNTAX_PROBLEMS_SHOWN)) {
    const [message, remedy] = SYNTAX[code] ?? OTHER_SYNTAX;
    findings.problem({ path: '', place }, message, remedy);
  }
}

/** The parser ran out of stack and cannot say where: the line that opens most says it well enough. */
function deepestLine(text: string): number {
  const openings = text.split('\n').map((line) => (line.match(/[[{]|- |\? /g) ?? []).length);
  return openings.indexOf(Math.max(...openings)) + 1;
}
