import { Injectable } from '@nestjs/common';
import { type Delivery } from './traces/delivery.js';

/** Every delivery of this process, for the metrics: their counts outlive them. */
@Injectable()
export class TelemetryDeliveries {
  readonly all: Delivery[] = [];

  add(delivery: Delivery): Delivery {
    this.all.push(delivery);
    return delivery;
  }
}
