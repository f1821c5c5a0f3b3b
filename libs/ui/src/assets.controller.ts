import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, type GatewayRequest, NotFoundError } from '@app/call';
import { setPageHeaders } from './page-headers.js';
import { Views } from './views.js';

/** Style, script and icons; their names change with their content, so they are kept for a year. */
@Controller()
export class AssetsController {
  constructor(private readonly views: Views) {}

  @Get('ui/assets/:name')
  @Access('public')
  show(@Param('name') name: string, @Req() req: GatewayRequest, @Res() res: ServerResponse): void {
    const asset = this.views.asset(name);
    if (!asset) throw new NotFoundError('There is no such file.');
    setPageHeaders(res);
    res.setHeader('cache-control', 'public, max-age=31536000, immutable');
    res.setHeader('content-type', asset.type);
    res.setHeader('content-length', asset.bytes.length);
    res.end(req.method === 'HEAD' ? undefined : asset.bytes);
  }
}
