import { Injectable } from '@nestjs/common';

/** Whether this process is on its way out: readiness says no, answers close their connections. */
@Injectable()
export class DrainState {
  #draining = false;

  get draining(): boolean {
    return this.#draining;
  }

  begin(): void {
    this.#draining = true;
  }
}
