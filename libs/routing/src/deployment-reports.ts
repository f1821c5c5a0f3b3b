/** How the requests to one deployment went since the process started. */
export interface DeploymentReport {
  readonly successes: number;
  readonly failures: number;
  /** Failures since the last success. */
  readonly failuresInARow: number;
  readonly lastFailure: { readonly status: number; readonly at: Date } | null;
}

const NOTHING: DeploymentReport = Object.freeze({
  successes: 0,
  failures: 0,
  failuresInARow: 0,
  lastFailure: null,
});

/** Counts successes and failures by deployment. */
export class DeploymentReports {
  readonly #reports = new Map<string, { -readonly [K in keyof DeploymentReport]: DeploymentReport[K] }>();

  of(deploymentId: string): DeploymentReport {
    return this.#reports.get(deploymentId) ?? NOTHING;
  }

  succeeded(deploymentId: string): void {
    const report = this.#open(deploymentId);
    report.successes += 1;
    report.failuresInARow = 0;
  }

  failed(deploymentId: string, status: number): void {
    const report = this.#open(deploymentId);
    report.failures += 1;
    report.failuresInARow += 1;
    report.lastFailure = { status, at: new Date() };
  }

  #open(deploymentId: string): { -readonly [K in keyof DeploymentReport]: DeploymentReport[K] } {
    let report = this.#reports.get(deploymentId);
    if (!report) this.#reports.set(deploymentId, (report = { ...NOTHING }));
    return report;
  }
}
