import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { AudioModule } from '@app/audio';
import { AuditModule } from '@app/audit';
import { CallModule, DrainState } from '@app/call';
import { ChatModule } from '@app/chat';
import { type AppConfig, ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import { HealthModule } from '@app/health';
import { KeyAuthGuard, KeysModule } from '@app/keys';
import { LimitGauges, LimitsModule, SoftBudgets } from '@app/limits';
import {
  LangfuseSink,
  MetricsSink,
  ObservabilityModule,
  OpenTelemetrySink,
  RequestLogSink,
} from '@app/observability';
import { PipelineModule } from '@app/pipeline';
import { PassthroughModule } from '@app/passthrough';
import { RoutingModule } from '@app/routing';
import { SearchModule } from '@app/search';
import { PromptStore, ResponseOrigins, SpendModule } from '@app/spend';
import { AdminModule } from '@app/admin';
import { UiModule } from '@app/ui';
import { UpstreamModule } from '@app/upstream';
import { migrations } from '../../../migrations/index.js';
import { GatewayErrorFilter } from './gateway-error.filter.js';
import { IndexPageController } from './index-page.controller.js';
import { OpenApiModule } from './open-api/open-api.module.js';
import { LoadShedder } from './overload/load-shedder.js';

/** What the process is: every part, every door, the guard, the filter and the sinks. */
@Module({})
export class AppModule {
  static forRoot(config: AppConfig, databaseUrl: string, draining = new DrainState()): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        CallModule.forRoot(draining),
        DatabaseModule.forRoot({ url: databaseUrl, poolSize: config.databasePoolSize, migrations }),
        AuditModule,
        UpstreamModule,
        ObservabilityModule,
        RoutingModule,
        SpendModule,
        KeysModule,
        LimitsModule,
        PipelineModule.register({
          sinks: [
            MetricsSink,
            RequestLogSink,
            LangfuseSink,
            OpenTelemetrySink,
            PromptStore,
            SoftBudgets,
            LimitGauges,
            ResponseOrigins,
          ],
        }),
        HealthModule,
        AdminModule,
        SearchModule,
        ChatModule,
        AudioModule,
        UiModule,
        OpenApiModule,
        PassthroughModule,
      ],
      controllers: [IndexPageController],
      providers: [
        LoadShedder,
        { provide: APP_GUARD, useExisting: KeyAuthGuard },
        { provide: APP_FILTER, useClass: GatewayErrorFilter },
      ],
    };
  }
}
