import { type DynamicModule, Global, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { type DataSourceOptions } from 'typeorm';
import { DATABASE_OPTIONS, type DatabaseModuleOptions, DatabaseService } from './database.service.js';
import { dataSourceOptions, GatewayDataSource } from './gateway-data-source.js';
import { NotificationService } from './notification.service.js';
import { ReportDatabase } from './report-database.js';

/**
 * The database for all libs. Entities come from `TypeOrmModule.forFeature` in the libs that own
 * them; their repositories may be injected and called whether or not the database is there.
 */
@Global()
@Module({})
export class DatabaseModule {
  static forRoot(options: DatabaseModuleOptions): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            ...dataSourceOptions(options, 'gateway'),
            autoLoadEntities: true,
            // DatabaseService connects, again and again if need be.
            manualInitialization: true,
          }),
          dataSourceFactory: (given) => Promise.resolve(new GatewayDataSource(given as DataSourceOptions)),
        }),
      ],
      providers: [
        { provide: DATABASE_OPTIONS, useValue: options },
        { provide: GatewayDataSource, useExisting: getDataSourceToken() },
        DatabaseService,
        NotificationService,
        ReportDatabase,
      ],
      exports: [DatabaseService, NotificationService, ReportDatabase],
    };
  }
}
