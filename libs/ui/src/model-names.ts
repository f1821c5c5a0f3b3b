import { Injectable } from '@nestjs/common';
import { RoutingService } from '@app/routing';

const MAX_SHOWN = 300;

/** The models that forms offer: by their own names, patterns left out. */
@Injectable()
export class ModelNames {
  constructor(private readonly routing: RoutingService) {}

  all(): string[] {
    return [...this.routing.table.listed.keys()].filter((name) => !name.includes('*')).slice(0, MAX_SHOWN);
  }
}
