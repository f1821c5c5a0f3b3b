import { type Attack } from './attack.ts';
import { AUTHORIZATION } from './cases/authorization.ts';
import { BODIES } from './cases/bodies.ts';
import { BROWSER } from './cases/browser.ts';
import { CONFIGURATION } from './cases/configuration.ts';
import { CREDENTIALS } from './cases/credentials.ts';
import { FAULTS_BELOW } from './cases/faults-below.ts';
import { FRAMING } from './cases/framing.ts';
import { GOVERNANCE } from './cases/governance.ts';
import { HOSTILE_SERVICES } from './cases/hostile-services.ts';
import { JSON_BOMBS } from './cases/json-bombs.ts';
import { LISTS } from './cases/lists.ts';
import { LOGIN } from './cases/login.ts';
import { PARAMETERS } from './cases/parameters.ts';
import { PATHS } from './cases/paths.ts';
import { PROTOCOL } from './cases/protocol.ts';
import { SHEETS } from './cases/sheets.ts';
import { CLIENTS_THAT_LEAVE, SLOW_CLIENTS } from './cases/slow-clients.ts';
import { TIME } from './cases/time.ts';
import { UPLOADS } from './cases/uploads.ts';
import { UPSTREAM } from './cases/upstream.ts';

/** Every line that has a target today. */
export const ATTACKS: readonly Attack[] = [
  ...FRAMING,
  ...PROTOCOL,
  ...CLIENTS_THAT_LEAVE,
  ...SLOW_CLIENTS,
  ...PATHS,
  ...BODIES,
  ...JSON_BOMBS,
  ...PARAMETERS,
  ...CREDENTIALS,
  ...AUTHORIZATION,
  ...UPSTREAM,
  ...FAULTS_BELOW,
  ...BROWSER,
  ...GOVERNANCE,
  ...HOSTILE_SERVICES,
  ...LISTS,
  ...LOGIN,
  ...TIME,
  ...UPLOADS,
  ...SHEETS,
  ...CONFIGURATION,
];
