import { Module } from '@nestjs/common';
import { KeysModule } from '@app/keys';
import { LimitsModule } from '@app/limits';
import { SpendModule } from '@app/spend';
import { DeploymentProbes } from './deployment-probes.js';
import { GatewayGauges, LoadGauges } from './gateway-gauges.js';
import { HealthController } from './health.controller.js';
import { HealthReportsController } from './health-reports.controller.js';
import { ModelGauges } from './model-gauges.js';

/** Liveness, readiness, `/health`, and the gauges of the whole process. */
@Module({
  imports: [KeysModule, LimitsModule, SpendModule],
  controllers: [HealthController, HealthReportsController],
  providers: [DeploymentProbes, GatewayGauges, LoadGauges, ModelGauges],
})
export class HealthModule {}
