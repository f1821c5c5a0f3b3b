import { Module } from '@nestjs/common';
import { KeysModule } from '@app/keys';
import { SpendModule } from '@app/spend';
import { DeploymentProbes } from './deployment-probes.js';
import { GatewayGauges, LoadGauges } from './gateway-gauges.js';
import { HealthController } from './health.controller.js';
import { HealthReportsController } from './health-reports.controller.js';

@Module({
  imports: [KeysModule, SpendModule],
  controllers: [HealthController, HealthReportsController],
  providers: [DeploymentProbes, GatewayGauges, LoadGauges],
})
export class HealthModule {}
