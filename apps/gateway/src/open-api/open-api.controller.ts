import { Controller, Get, Inject, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access } from '@app/call';
import { API_DESCRIPTION, type ApiDescription } from '@app/ui';

/** The description of the API, made once from the routes that are served; not for those who only look around. */
@Controller()
export class OpenApiController {
  private document: Buffer | null = null;

  constructor(@Inject(API_DESCRIPTION) private readonly describe: ApiDescription) {}

  @Get('openapi.json')
  @Access('inference')
  show(@Res() res: ServerResponse): void {
    this.document ??= Buffer.from(JSON.stringify(this.describe()));
    res.writeHead(200, {
      'content-type': 'application/json',
      'content-length': this.document.length,
      'cache-control': 'no-cache',
    });
    res.end(this.document);
  }
}
