import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable, Logger } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { GatewayError } from '@app/call';
import { unavailableFrom } from '@app/database';
import { errorView } from './error-page.view.js';
import { PageWriter } from './page-writer.js';
import { paths, safeNext, withQuery } from './paths.js';
import { SignInError } from './sign-in.error.js';
import { type PageRequest } from './visitor.js';

/** What goes wrong on a page becomes a page that says what to do, or the way to the login. */
@Injectable()
@Catch()
export class PageErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Pages');

  constructor(private readonly writer: PageWriter) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const req = http.getRequest<PageRequest>();
    const res = http.getResponse<ServerResponse>();
    if (res.headersSent) {
      res.destroy();
      return;
    }
    if (error instanceof SignInError) {
      const next = safeNext(error.next);
      this.writer.redirect(res, withQuery(paths.login, { next: next === paths.home ? null : next }));
      return;
    }
    const known = error instanceof GatewayError ? error : unavailableFrom(error);
    if (!known) this.logger.error({ message: 'Unexpected error', callId: req.callId, error });
    const shown =
      known ?? new GatewayError(500, 'internal_server_error', 'Something broke here. It is in the log.');
    for (const [name, value] of Object.entries(shown.headers)) {
      if (name !== 'www-authenticate') res.setHeader(name, value);
    }
    if (!req.complete) res.setHeader('connection', 'close');
    this.writer.send({ req, res }, 'error', {
      httpStatus: shown.status,
      title: 'Error',
      ...errorView(shown, req),
    });
  }
}
