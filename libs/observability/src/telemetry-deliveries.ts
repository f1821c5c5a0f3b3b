import { Injectable } from '@nestjs/common';
import { MetricFamilies } from './metric-families.js';
import { telemetryFamilies } from './telemetry-families.js';
import { type Delivery } from './traces/delivery.js';

/** Every delivery of this process, for the metrics: their counts outlive them. */
@Injectable()
export class TelemetryDeliveries {
  readonly all: Delivery[] = [];

  constructor(families: MetricFamilies) {
    families.add(...telemetryFamilies(this.all));
  }

  add(delivery: Delivery): Delivery {
    this.all.push(delivery);
    return delivery;
  }
}
