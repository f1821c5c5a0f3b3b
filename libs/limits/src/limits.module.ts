import { randomBytes } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { type LimitRule } from '@app/call';
import { ConfigStore } from '@app/config';
import { DatabaseService, NotificationService } from '@app/database';
import { MetricFamilies } from '@app/observability';
import { RoutingService } from '@app/routing';
import { SpendModule, SpendTotals } from '@app/spend';
import { EndUserReader, UsersModule } from '@app/users';
import { type DataSource } from 'typeorm';
import { AddressLimitMiddleware } from './address-limit.middleware.js';
import { DeploymentLeases } from './deployment-leases.js';
import { globalRules } from './global-rules.js';
import { LeaseKeeper } from './lease-keeper.js';
import { LeaseStore } from './lease-store.js';
import { LimitGauges } from './limit-gauges.js';
import { LimitsService } from './limits.service.js';
import { SoftBudgets } from './soft-budgets.js';

/** Says whether a call may run, and holds the money for it meanwhile. */
@Global()
@Module({
  imports: [SpendModule, UsersModule],
  providers: [
    AddressLimitMiddleware,
    {
      provide: SoftBudgets,
      inject: [getDataSourceToken(), EndUserReader, MetricFamilies],
      useFactory: (dataSource: DataSource, endUsers: EndUserReader, metrics: MetricFamilies) => {
        const budgets = new SoftBudgets(dataSource, (id) => endUsers.rulesOf(id));
        metrics.add(budgets.family());
        return budgets;
      },
    },
    {
      provide: LeaseKeeper,
      inject: [getDataSourceToken(), DatabaseService, NotificationService, SpendTotals],
      useFactory: (
        dataSource: DataSource,
        database: DatabaseService,
        notifications: NotificationService,
        totals: SpendTotals,
      ) => {
        const holder = `${totals.estate ?? 'direct'}/${randomBytes(6).toString('hex')}`;
        const store = new LeaseStore(dataSource, holder, totals.estate !== null);
        return new LeaseKeeper({ store, totals, notifications, whenReady: () => database.whenReady() });
      },
    },
    {
      provide: LimitGauges,
      inject: [LeaseKeeper, ConfigStore, MetricFamilies],
      useFactory: (leases: LeaseKeeper, config: ConfigStore, metrics: MetricFamilies) => {
        const gauges = new LimitGauges(leases, config);
        metrics.add(...gauges.families());
        return gauges;
      },
    },
    {
      provide: DeploymentLeases,
      inject: [LeaseKeeper, RoutingService],
      useFactory: (leases: LeaseKeeper, routing: RoutingService) => {
        const limits = new DeploymentLeases(leases);
        routing.picker.limitBy(limits);
        return limits;
      },
    },
    {
      provide: LimitsService,
      inject: [LeaseKeeper, EndUserReader, ConfigStore],
      useFactory: (leases: LeaseKeeper, endUsers: EndUserReader, config: ConfigStore) => {
        let rules: readonly LimitRule[] = globalRules(config.current.litellm);
        config.onChange(({ litellm }) => (rules = globalRules(litellm)));
        return new LimitsService(leases, { global: () => rules, endUser: (id) => endUsers.rulesOf(id) });
      },
    },
  ],
  exports: [AddressLimitMiddleware, LimitGauges, LimitsService, SoftBudgets],
})
export class LimitsModule {}
