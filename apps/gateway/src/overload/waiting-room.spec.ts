import { describe, expect, test } from '@jest/globals';
import { WaitingRoom } from './waiting-room.js';

class AConnection {
  destroyed = false;
  isRead = true;

  pause(): this {
    this.isRead = false;
    return this;
  }

  resume(): this {
    this.isRead = true;
    return this;
  }
}

function aFullRoom(count: number): {
  readonly room: WaitingRoom;
  readonly connections: AConnection[];
  readonly clock: { ms: number };
} {
  const clock = { ms: 0 };
  const room = new WaitingRoom(() => clock.ms);
  const connections = Array.from({ length: count }, () => new AConnection());
  for (const connection of connections) room.take(connection as never);
  return { room, connections, clock };
}

const read = (connections: readonly AConnection[]): boolean[] => connections.map(({ isRead }) => isRead);

describe('connections whose requests were refused', () => {
  test('are not read until there is room, in the order in which they came', () => {
    const { room, connections } = aFullRoom(3);
    expect(read(connections)).toEqual([false, false, false]);
    room.release(2);
    expect(read(connections)).toEqual([true, true, false]);
    room.release(0);
    room.release(-5);
    expect(read(connections)).toEqual([true, true, false]);
    expect(room.size).toBe(1);
    room.release(10);
    expect(room.size).toBe(0);
  });

  test('are read after three seconds whether there is room or not', () => {
    const { room, connections, clock } = aFullRoom(2);
    clock.ms = 2_999;
    room.release(0);
    expect(read(connections)).toEqual([false, false]);
    clock.ms = 3_000;
    room.release(0);
    expect(read(connections)).toEqual([true, true]);
  });

  test('are forgotten where they are gone', () => {
    const room = new WaitingRoom();
    const connection = new AConnection();
    connection.destroyed = true;
    room.take(connection as never);
    expect(room.size).toBe(0);
  });
});
