import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type pg from 'pg';
import { type EntityManager } from 'typeorm';
import { unavailableFrom } from './connection-failure.js';
import { DATABASE_OPTIONS, type DatabaseModuleOptions, DatabaseService } from './database.service.js';
import { abandon, DeadlineClient } from './deadline-client.js';
import { GatewayDataSource } from './gateway-data-source.js';
import { Pulse } from './pulse.js';

/** Called with the payload; what it throws is logged and reaches nobody. */
export type NotificationHandler = (payload: string) => void;

const CHANNEL_PREFIX = 'gateway_';
const CHANNEL_NAME = /^[a-z][a-z0-9_]{0,40}$/;

/** PostgreSQL takes payloads below 8,000 bytes. */
const PAYLOAD_LIMIT_BYTES = 7_999;

/** A dead connection is silent: only asking shows it. */
const HEARTBEAT_MS = 6_000;
const HEARTBEAT_DEADLINE_MS = 2_000;
const CONNECT_TIMEOUT_MS = 2_000;

/** Replicas that lost the same server do not come back in the same millisecond. */
const LONGEST_PAUSE_MS = 1_000;

/**
 * Messages between replicas over PostgreSQL's LISTEN and NOTIFY, on one connection of its own. For
 * management writes only: NOTIFY takes a lock that all commits share.
 */
@Injectable()
export class NotificationService implements OnModuleInit, OnApplicationShutdown {
  /** The signs of life of the connection. */
  readonly pulse = new Pulse();
  private readonly logger = new Logger(NotificationService.name);
  private readonly handlers = new Map<string, Set<NotificationHandler>>();
  private readonly events = new EventEmitter().setMaxListeners(0);
  private readonly stopped = new AbortController();
  private client: pg.Client | null = null;
  private isListening = false;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: DatabaseService,
    private readonly dataSource: GatewayDataSource,
    @Inject(DATABASE_OPTIONS) private readonly options: DatabaseModuleOptions,
  ) {}

  /** True while messages of other replicas arrive. */
  get listening(): boolean {
    return this.isListening;
  }

  /** Hears a channel (lower case, digits, `_`) from now on, whether or not the database is there. Returns the way to stop. */
  listen(channel: string, handler: NotificationHandler): () => void {
    const name = channelName(channel);
    const known = this.handlers.get(name);
    if (known) known.add(handler);
    else {
      this.handlers.set(name, new Set([handler]));
      if (this.isListening) this.client?.query(`LISTEN ${name}`).catch(() => this.drop());
    }
    return () => this.handlers.get(name)?.delete(handler);
  }

  /**
   * Tells every replica, this one included. With the `manager` of a transaction the message leaves
   * when that commits. At most 7,999 bytes (RangeError); UnavailableError when the database is away.
   */
  async notify(channel: string, payload: string, manager?: EntityManager): Promise<void> {
    if (Buffer.byteLength(payload) > PAYLOAD_LIMIT_BYTES) {
      throw new RangeError(`A notification holds at most ${PAYLOAD_LIMIT_BYTES} bytes.`);
    }
    const target = manager ?? this.dataSource.manager;
    try {
      await target.query('SELECT pg_notify($1, $2)', [channelName(channel), payload]);
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    }
  }

  /** Called each time listening begins, the first time included: messages before that were missed. */
  onReconnect(listener: () => void): () => void {
    const guarded = () => this.guard('reconnect', listener);
    this.events.on('listening', guarded);
    return () => this.events.off('listening', guarded);
  }

  /** Resolves when messages arrive. */
  async whenListening(): Promise<void> {
    if (!this.listening) await once(this.events, 'listening');
  }

  onModuleInit(): void {
    this.running = this.run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    this.drop();
    await this.running;
  }

  private drop(): void {
    if (this.client) abandon(this.client);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    await Promise.race([this.database.whenReady(), once(signal, 'abort')]);
    while (!signal.aborted) {
      await this.listenUntilLost().catch((error: unknown) => {
        if (!signal.aborted) this.logger.warn(`Not hearing other replicas: ${(error as Error).message}`);
      });
      await sleep(Math.random() * LONGEST_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async listenUntilLost(): Promise<void> {
    const client: pg.Client = new DeadlineClient({
      connectionString: this.options.url,
      application_name: 'gateway-notifications',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: HEARTBEAT_DEADLINE_MS,
      keepAlive: true,
    });
    // Without a listener the loss of the connection would end the process; the heartbeat reports it.
    client.on('error', () => undefined);
    client.on('notification', ({ channel, payload }) => this.deliver(channel, payload ?? ''));
    const lost = new AbortController();
    client.on('end', () => lost.abort(new Error('the connection was lost')));
    this.client = client;
    try {
      await client.connect();
      for (const name of this.handlers.keys()) await client.query(`LISTEN ${name}`);
      this.stopped.signal.throwIfAborted();
      this.isListening = true;
      this.events.emit('listening');
      for (;;) {
        await this.pulse.beat(client);
        await sleep(HEARTBEAT_MS, undefined, { signal: lost.signal }).catch(() =>
          lost.signal.throwIfAborted(),
        );
      }
    } finally {
      this.isListening = false;
      this.pulse.stop();
      this.client = null;
      abandon(client);
    }
  }

  private deliver(name: string, payload: string): void {
    for (const handler of this.handlers.get(name) ?? []) this.guard(name, () => handler(payload));
  }

  private guard(occasion: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.logger.error(`A listener of ${occasion} failed: ${String(error)}`);
    }
  }
}

function channelName(channel: string): string {
  if (!CHANNEL_NAME.test(channel)) throw new RangeError(`"${channel}" is not a channel name.`);
  return CHANNEL_PREFIX + channel;
}
