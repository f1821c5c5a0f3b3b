import { Controller, Get, Query } from '@nestjs/common';
import { Access, BadRequestError, type JsonObject } from '@app/call';
import { LangfuseSink } from '@app/observability';
import { deepHealthView, DeploymentProbes } from './deployment-probes.js';

const SERVICES = ['langfuse', 'prometheus'];

/** For people who look after the gateway. */
@Controller('health')
export class HealthReportsController {
  constructor(
    private readonly probes: DeploymentProbes,
    private readonly langfuse: LangfuseSink,
  ) {}

  /** Whether a service that is told of calls can be reached, and what it was told. */
  @Get('services')
  @Access('admin')
  async services(@Query('service') service?: string): Promise<JsonObject> {
    if (service === 'prometheus') return { status: 'success', message: 'Metrics are at /metrics.' };
    if (service === 'langfuse') {
      const { isReachable, message, counts } = await this.langfuse.check();
      return { status: isReachable ? 'success' : 'error', message, ...(counts && { traces: { ...counts } }) };
    }
    throw new BadRequestError(`\`service\` must be one of: ${SERVICES.join(', ')}.`, 'service');
  }

  /** The latest deep checks of this process, newest first. */
  @Get('history')
  @Access('admin')
  history(): JsonObject {
    const data = this.probes.history.map(deepHealthView);
    return { data, total: data.length };
  }
}
