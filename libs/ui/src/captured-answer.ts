import { ServerResponse } from 'node:http';

/** An answer that is kept instead of sent: for a page that shows it whole. */
export class CapturedAnswer extends ServerResponse {
  private readonly pieces: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.pieces).toString('utf8');
  }

  /** A head that is written at once is kept name by name, so that its headers can be asked for. */
  override writeHead(status: number, ...rest: unknown[]): this {
    this.statusCode = status;
    const given = rest.at(-1);
    const pairs = Array.isArray(given)
      ? given.flatMap((name, at) => (at % 2 === 0 ? [[name, given[at + 1]]] : []))
      : Object.entries(given ?? {});
    for (const [name, value] of pairs as [string, string][]) this.setHeader(name, value);
    return this;
  }

  override write(piece: unknown): boolean {
    this.keep(piece);
    return true;
  }

  override end(piece?: unknown): this {
    this.keep(piece);
    this.emit('finish');
    return this;
  }

  private keep(piece: unknown): void {
    if (typeof piece === 'string' || piece instanceof Uint8Array)
      this.pieces.push(Buffer.from(piece as string));
  }
}
