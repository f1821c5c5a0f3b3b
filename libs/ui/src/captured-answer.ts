import { ServerResponse } from 'node:http';

/** An answer that is kept instead of sent: for a page that shows it whole. */
export class CapturedAnswer extends ServerResponse {
  private readonly pieces: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.pieces).toString('utf8');
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
