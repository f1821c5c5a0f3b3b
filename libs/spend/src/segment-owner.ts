import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who writes a segment. Process ids mean something only within one boot and one process namespace. */
export interface SegmentOwner {
  readonly boot: string;
  readonly namespace: string;
  readonly pid: number;
  /** Clock ticks since boot: a process that got a dead one's id started later. */
  readonly started: string;
}

export interface SegmentName {
  readonly owner: SegmentOwner;
  readonly sequence: number;
}

const NAME = /^([\w]+)\.([\w]+)\.(\d+)\.(\w+)\.(\d+)\.journal$/;

export function thisProcess(): SegmentOwner {
  return {
    boot: bootId(),
    namespace: namespaceOf('self'),
    pid: process.pid,
    started: startTicksOf('self') ?? 'x',
  };
}

export function segmentFileName(owner: SegmentOwner, sequence: number): string {
  return `${estateName(owner)}.${String(sequence).padStart(8, '0')}.journal`;
}

/** What the names of all segments of one process begin with. */
export const estateName = ({ boot, namespace, pid, started }: SegmentOwner): string =>
  `${boot}.${namespace}.${pid}.${started}`;

export function readSegmentName(fileName: string): SegmentName | null {
  const [, boot, namespace, pid, started, sequence] = NAME.exec(fileName) ?? [];
  if (!boot || !namespace || !pid || !started || !sequence) return null;
  return { owner: { boot, namespace, pid: Number(pid), started }, sequence: Number(sequence) };
}

export function isSameOwner(one: SegmentOwner, other: SegmentOwner): boolean {
  return segmentFileName(one, 0) === segmentFileName(other, 0);
}

/**
 * Whether the owner lives: only a process that shares its boot and its process namespace can tell,
 * for any other (another container on the same volume) the answer is unknown.
 */
export function lifeOf(owner: SegmentOwner, observer: SegmentOwner): 'alive' | 'dead' | 'unknown' {
  if (owner.boot !== observer.boot || owner.namespace !== observer.namespace) return 'unknown';
  if (observer.started !== 'x') return startTicksOf(String(owner.pid)) === owner.started ? 'alive' : 'dead';
  return isRunning(owner.pid) ? 'unknown' : 'dead';
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function bootId(): string {
  const id = read('/proc/sys/kernel/random/boot_id') ?? hostname();
  return id.replace(/\W/g, '').slice(0, 16) || 'x';
}

function namespaceOf(process: string): string {
  try {
    return readlinkSync(`/proc/${process}/ns/pid`).replace(/\D/g, '') || 'x';
  } catch {
    return 'x';
  }
}

/** Field 22 of /proc/<pid>/stat, counted behind the program name, which may hold spaces; a zombie is dead. */
function startTicksOf(pid: string): string | null {
  const fields = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ');
  return fields?.[0] === 'Z' || fields?.[0] === 'X' ? null : (fields?.[19] ?? null);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
