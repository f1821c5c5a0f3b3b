import { Controller, Get, Res } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type ServerResponse } from 'node:http';
import { Access } from '@app/call';
import { routeTable } from '../route-table.js';
import { openApiDocument } from './open-api-document.js';

/** The description of the API, made once from the routes that are served; not for those who only look around. */
@Controller()
export class OpenApiController {
  private document: Buffer | null = null;

  constructor(private readonly modules: ModulesContainer) {}

  @Get('openapi.json')
  @Access('inference')
  show(@Res() res: ServerResponse): void {
    this.document ??= Buffer.from(JSON.stringify(openApiDocument(routeTable(this.modules))));
    res.writeHead(200, {
      'content-type': 'application/json',
      'content-length': this.document.length,
      'cache-control': 'no-cache',
    });
    res.end(this.document);
  }
}
