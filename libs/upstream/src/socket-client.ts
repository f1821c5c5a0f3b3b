import { type Socket } from 'node:net';
import { buildConnector, Client, type Dispatcher } from 'undici';

/** A handler that wants to know the socket which its request went to. */
export interface SocketHandler extends Dispatcher.DispatchHandler {
  socket: (() => Socket | null) | null;
}

/** One connection of a pool, whose handlers are told its socket: undici alone cannot close one direction of it. */
export class SocketClient extends Client {
  readonly #held: { socket: Socket | null };

  constructor(origin: URL, options: Client.Options) {
    const held: { socket: Socket | null } = { socket: null };
    const { connect } = options;
    const connector = typeof connect === 'function' ? connect : buildConnector(connect);
    super(origin, {
      ...options,
      connect: (wanted, callback) =>
        connector(wanted, (...result) => {
          held.socket = result[1];
          callback(...result);
        }),
    });
    this.#held = held;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    (handler as SocketHandler).socket = this.#socket;
    return super.dispatch(options, handler);
  }

  readonly #socket = (): Socket | null => this.#held.socket;
}
