import { Logger } from '@nestjs/common';
import { type AppConfig, ConfigStore } from '@app/config';
import { GatewayLogger } from '@app/observability';
import { Ledger } from '@app/spend';
import { ConfigReload } from './config-reload.js';
import { exitWith } from './exit-with.js';
import { type RunningGateway, startGateway } from './gateway.js';
import { type WorkerLink } from './workers/worker-link.js';

/** How long load balancers get to notice that this process is leaving. */
const NOTICE_MS = 5_000;
const FLUSH_MS = 4_000;

interface ProcessHooks {
  /** Where it is one of several processes on one port. */
  readonly link?: WorkerLink | null;
  /** Called once the gateway listens. */
  readonly onReady?: (gateway: RunningGateway) => Promise<void>;
  /** Called after the gateway has ended, and when it could not start. */
  readonly onEnd?: () => Promise<void>;
}

/** Runs a gateway as this process: starts it, ends it on SIGTERM and SIGINT, exits with the right code. */
export async function runProcess(
  configure: () => Promise<AppConfig>,
  hooks: ProcessHooks = {},
): Promise<void> {
  try {
    const config = await configure();
    Logger.overrideLogger(new GatewayLogger(config.logLevel));
    for (const warning of config.warnings) new Logger('Configuration').warn(warning);
    const gateway = await startGateway(config, hooks.link);
    endOnSignals(gateway, hooks);
    endOnCrash(gateway);
    followConfiguration(gateway);
    await hooks.onReady?.(gateway);
    hooks.link?.ready();
  } catch (error) {
    await hooks.onEnd?.();
    exitWith(error);
  }
}

function endOnSignals(gateway: RunningGateway, hooks: ProcessHooks): void {
  const end = (graceMs: number): void => {
    void gateway
      .stop(graceMs)
      .then(() => hooks.onEnd?.())
      .then(() => process.exit(0));
  };
  process.on('SIGTERM', () => end(NOTICE_MS));
  // Somebody at a terminal does not wait for a load balancer.
  process.on('SIGINT', () => end(0));
}

/** A new config.yaml is taken when its file changes, or on SIGHUP. */
function followConfiguration(gateway: RunningGateway): void {
  const reload = new ConfigReload(gateway.app.get(ConfigStore));
  reload.watch();
  process.on('SIGHUP', () => reload.reload());
}

/** After an error that nobody caught nothing can be trusted but the books: they are flushed, then the process ends. */
function endOnCrash(gateway: RunningGateway): void {
  const logger = new Logger('Process');
  let ending = false;
  const crash = (error: unknown): void => {
    if (ending) return;
    ending = true;
    logger.fatal({ message: 'Uncaught error: the process ends', error });
    setTimeout(() => process.exit(1), FLUSH_MS).unref();
    void gateway.app
      .get(Ledger)
      .drain()
      .finally(() => process.exit(1));
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}
