/** Loaded into a gateway: the name `rebound.test` is this machine when it is first asked for, then where secrets are. */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const { lookup } = dns;
let times = 0;

dns.lookup = (hostname, options, callback) => {
  if (hostname !== 'rebound.test') return lookup(hostname, options, callback);
  times += 1;
  const address = times === 1 ? '127.0.0.1' : '169.254.169.254';
  if (options.all === true) callback(null, [{ address, family: 4 }]);
  else callback(null, address, 4);
  return undefined;
};
syncBuiltinESMExports();
