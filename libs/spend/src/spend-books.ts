import { reconcile, type ReconcileReport } from './reconciliation.js';

/** The books of this gateway, compared on request. */
export class SpendBooks {
  private running: Promise<ReconcileReport> | null = null;

  constructor(
    private readonly databaseUrl: string,
    private readonly journalDir: string | null,
  ) {}

  /** It reads every row: who asks meanwhile gets the same report. @throws UnavailableError */
  reconcile(): Promise<ReconcileReport> {
    this.running ??= reconcile(this.databaseUrl, this.journalDir).finally(() => (this.running = null));
    return this.running;
  }
}
