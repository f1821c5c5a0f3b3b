import { Global, Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type JsonObject } from '@app/call';
import { API_DESCRIPTION, type ApiDescription } from '@app/ui';
import { routeTable } from '../route-table.js';
import { openApiDocument } from './open-api-document.js';
import { OpenApiController } from './open-api.controller.js';

/** Describes the routes that are served, for programs and for the pages. */
@Global()
@Module({
  controllers: [OpenApiController],
  providers: [
    {
      provide: API_DESCRIPTION,
      inject: [ModulesContainer],
      useFactory: (modules: ModulesContainer): ApiDescription => {
        let document: JsonObject | null = null;
        return () => (document ??= openApiDocument(routeTable(modules)));
      },
    },
  ],
  exports: [API_DESCRIPTION],
})
export class OpenApiModule {}
