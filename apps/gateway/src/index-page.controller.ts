import { Controller, Get, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access } from '@app/call';

const PAGE = Buffer.from(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>LLM gateway</title>
<h1>LLM gateway</h1>
<p>The API is at <code>/v1</code>, health at <a href="/health">/health</a>, metrics at <a href="/metrics">/metrics</a>,
the admin pages at <a href="/ui">/ui</a>, the description of the API at <a href="/docs">/docs</a>.</p>
</html>
`);

/** What a browser sees that is pointed at the bare address. */
@Controller()
export class IndexPageController {
  @Get()
  @Access('public')
  show(@Res() res: ServerResponse): void {
    res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': PAGE.length });
    res.end(PAGE);
  }
}
