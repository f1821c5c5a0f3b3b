import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import * as call from '@app/call';

const page = readFileSync('docs/errors.md', 'utf8');

/** The rows of the table whose heading is `title`: cells without backticks. */
function tableUnder(title: string): string[][] {
  const section = page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

type ErrorClass = new (message: string) => call.GatewayError;

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && value.prototype instanceof call.GatewayError;
}

const classes = Object.entries<unknown>(call)
  .filter((entry): entry is [string, ErrorClass] => isErrorClass(entry[1]))
  .filter(([name]) => name !== 'UpstreamError');
const catalogue = tableUnder('The catalogue');
const otherTypes = tableUnder('Other types of the same classes');

/** Where each class takes its `type`; the first argument of the rest is the message. */
const TYPE_POSITION: Readonly<Record<string, number>> = {
  AuthenticationError: 1,
  PermissionError: 1,
  UnavailableError: 1,
  GatewayError: 1,
};

/** Every `type` that is written out where an error is made. */
function typesIn(file: string): string[] {
  const found: string[] = [];
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node)) {
      const name = node.expression.getText(source);
      const argument = node.arguments?.[TYPE_POSITION[name] ?? -1];
      if (argument && ts.isStringLiteral(argument)) found.push(argument.text);
      if (name === 'UpstreamError') found.push(...typeMembers(node.arguments?.[3]));
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

function typeMembers(details: ts.Expression | undefined): string[] {
  if (!details || !ts.isObjectLiteralExpression(details)) return [];
  return details.properties.flatMap((member) =>
    ts.isPropertyAssignment(member) &&
    ts.isIdentifier(member.name) &&
    member.name.text === 'type' &&
    ts.isStringLiteral(member.initializer)
      ? [member.initializer.text]
      : [],
  );
}

/** The code of the service, without specs and factories. */
function sources(): string[] {
  const folders = [...readdirSync('libs').map((lib) => join('libs', lib, 'src')), 'apps/gateway/src'];
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|\/testing\.ts$/.test(file));
}

describe('docs/errors.md', () => {
  test('has one row for each class of the catalogue, and no other', () => {
    expect(catalogue.map(([name]) => name).sort()).toEqual(
      [...classes.map(([name]) => name), 'UpstreamError'].sort(),
    );
  });

  test.each(classes)('tells status, type, code and headers of %s as they are', (name, Class) => {
    const error = new Class('message');
    const [, status, type, code, headers, when] = catalogue.find(([first]) => first === name) ?? [];
    expect({ status, type, code, headers }).toEqual({
      status: String(error.status),
      type: error.type,
      code: error.code,
      headers: Object.keys(error.headers).join(', '),
    });
    expect(when).toMatch(/^[A-Z].{10,}\.$/);
  });

  test('tells the type of an upstream error that names none', () => {
    const error = new call.UpstreamError(502, 'message', true);
    expect(catalogue.find(([name]) => name === 'UpstreamError')).toEqual(
      expect.arrayContaining([error.type]),
    );
  });

  test('names every type that the code gives to an error', () => {
    const documented = new Set([...catalogue.map((row) => row[2]), ...otherTypes.map((row) => row[0])]);
    const used = [...new Set(sources().flatMap(typesIn))];
    expect(used).toContain('expired_key');
    expect(used).toContain('upstream_timeout');
    expect(used.filter((type) => !documented.has(type))).toEqual([]);
  });

  test('names no type that the code does not give', () => {
    const used = new Set(sources().flatMap(typesIn));
    expect(otherTypes.map(([type]) => type).filter((type) => !used.has(type ?? ''))).toEqual([]);
  });
});
