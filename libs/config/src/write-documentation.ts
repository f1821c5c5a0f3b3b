import { readFileSync, writeFileSync } from 'node:fs';
import { envExample, withVariableTables } from './documentation.js';

/** Run from the root of the project: writes what follows from the table of variables. */
const page = 'docs/configuration.md';
writeFileSync('.env.example', envExample());
writeFileSync(page, withVariableTables(readFileSync(page, 'utf8')));
