/**
 * Loaded into a gateway: names that end in `.moving` are where the file in NAMES_FILE says,
 * `{"a.moving": {"address": "127.0.0.2", "delayMs": 0}}`; a name that it does not know does not exist.
 */
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { lookup } = dns;

dns.lookup = (hostname, options, callback) => {
  if (!hostname.endsWith('.moving')) return lookup(hostname, options, callback);
  const { address, delayMs = 0 } = JSON.parse(readFileSync(process.env.NAMES_FILE, 'utf8'))[hostname] ?? {};
  setTimeout(() => {
    if (address === undefined)
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }));
    else if (options.all === true) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  }, delayMs);
  return undefined;
};
syncBuiltinESMExports();
