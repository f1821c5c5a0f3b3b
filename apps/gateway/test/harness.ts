/** Everything that a test outside the process needs; `suite` and `test` are for specs, the rest for runners too. */
export { Child, type Exit, freePort, lastWords, logs, pause, until } from './harness/child.ts';
export {
  aChat,
  endAll,
  Gateway,
  type GatewayOptions,
  MASTER_KEY,
  startGateway,
  usageOf,
} from './harness/gateway.ts';
export {
  type ConfigChanges,
  configText,
  deployment,
  PRICES,
  UPSTREAM_KEY,
} from './harness/gateway-config.ts';
export {
  type Answer,
  type Ask,
  chunksOf,
  dataOf,
  HttpClient,
  type Json,
  listOf,
  stringOf,
  textOf,
} from './harness/http.ts';
export { accepting, type Postgres, startPostgres } from './harness/postgres.ts';
export { raw, RawConnection, type RawReply, requestBytes } from './harness/raw.ts';
export { type Backend, ROOT, type Sandbox, StandIn, startSandbox, type Truth } from './harness/sandbox.ts';
export { TcpProxy } from './harness/tcp-proxy.ts';
