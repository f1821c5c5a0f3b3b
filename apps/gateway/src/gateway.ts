import { join } from 'node:path';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { DrainState, LiveCalls } from '@app/call';
import { type AppConfig, ConfigStore } from '@app/config';
import { EmbeddedPostgres } from '@app/database';
import { AddressLimitMiddleware } from '@app/limits';
import { GatewayLogger, Scrape } from '@app/observability';
import { PassthroughMiddleware } from '@app/passthrough';
import { Ledger } from '@app/spend';
import { allowedHosts } from './allowed-hosts.js';
import { AppModule } from './app.module.js';
import { crossOrigin } from './cross-origin.js';
import { drain } from './drain.js';
import { GatewayAdapter } from './http.js';
import { listenErrorOf } from './listen-error.js';
import { LoadShedder } from './overload/load-shedder.js';
import { routeTable } from './route-table.js';
import { type WorkerLink } from './workers/worker-link.js';

/** A gateway that listens. */
export interface RunningGateway {
  readonly app: NestExpressApplication;
  readonly url: string;
  /** Ends it without losing anything; asked again it hurries. `graceMs`: how long new requests are still taken. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts everything that the configuration names, the embedded database included.
 * @param link where other processes serve the same port
 * @throws DatabaseStartError, ListenError
 */
export async function startGateway(
  config: AppConfig,
  link: WorkerLink | null = null,
): Promise<RunningGateway> {
  const embedded = config.databaseUrl
    ? null
    : new EmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres') });
  const databaseUrl = config.databaseUrl?.reveal() ?? (await embedded?.start())?.url ?? '';
  try {
    const draining = new DrainState();
    const adapter = new GatewayAdapter(() => draining.draining, link !== null);
    const app = await NestFactory.create<NestExpressApplication>(
      AppModule.forRoot(config, databaseUrl, draining),
      adapter,
      { bodyParser: false, logger: new GatewayLogger(config.logLevel), abortOnError: false },
    );
    const routes = routeTable(app.get(ModulesContainer));
    const store = app.get(ConfigStore);
    // In this order, before every route: an endpoint may take a path that is served here otherwise.
    app.use(allowedHosts(store), app.get(AddressLimitMiddleware).use, crossOrigin(store, routes));
    app.use(app.get(PassthroughMiddleware).use);
    const passthrough = app.get(PassthroughMiddleware);
    const shedder = app.get(LoadShedder);
    adapter.turnsAway = (req, res) => shedder.turnsAway(req, res);
    adapter.takesWebSocket = (path) => passthrough.takes(path);
    if (link) joinScrapes(app.get(Scrape), link);
    await listen(app, config);
    const server = app.getHttpServer();
    const stop = drain({
      app,
      server,
      draining,
      calls: app.get(LiveCalls),
      ledger: app.get(Ledger),
      embedded,
    });
    return { app, url: urlOf(config), stop };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

async function listen(app: NestExpressApplication, { host, port }: AppConfig): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    throw listenErrorOf(error, { host, port });
  }
}

/** A scrape reaches one process and asks after all of them. */
function joinScrapes(scrape: Scrape, link: WorkerLink): void {
  link.ownScrape = (format) => scrape.own(format);
  scrape.join = (text, format) => link.joinScrape(text, format);
}

function urlOf({ host, port }: AppConfig): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
