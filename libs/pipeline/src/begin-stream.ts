import { type ServerResponse } from 'node:http';

/**
 * Sends the head of a stream, in one packet with what is written in the same turn. It is not left to the first write:
 * Node joins the two and then keeps the head in a hundred pieces for as long as the stream lasts, 5 KB of them.
 * @param headers name, value, name, value
 */
export function beginStream(client: ServerResponse, status: number, headers: string[]): void {
  const { socket } = client;
  socket?.cork();
  client.writeHead(status, headers);
  client.flushHeaders();
  process.nextTick(() => socket?.uncork());
}
