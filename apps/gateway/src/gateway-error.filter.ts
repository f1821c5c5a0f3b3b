import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import {
  BadRequestError,
  GatewayError,
  type GatewayRequest,
  MethodNotAllowedError,
  NotFoundError,
  PermissionError,
} from '@app/call';
import { ConfigStore } from '@app/config';
import { unavailableFrom } from '@app/database';
import { allowedMethods } from './allowed-methods.js';
import { withOlderStatus } from './older-statuses.js';
import { writeError } from './write-error.js';

/** The one mapper from errors to replies. */
@Catch()
export class GatewayErrorFilter implements ExceptionFilter {
  readonly #logger = new Logger('Errors');

  constructor(private readonly config: ConfigStore) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const known = this.#gatewayError(error, http.getRequest<GatewayRequest>());
    const { compat } = this.config.current.general;
    writeError(http.getResponse<ServerResponse>(), compat === '1.81' ? withOlderStatus(known) : known);
  }

  #gatewayError(error: unknown, req: GatewayRequest): GatewayError {
    if (error instanceof GatewayError) return error;
    if (error instanceof HttpException) return fromNest(error, req);
    const unavailable = unavailableFrom(error);
    if (unavailable) return unavailable;
    this.#logger.error({ message: 'Unexpected error', callId: req.callId, error });
    return new GatewayError(
      500,
      'internal_server_error',
      'Internal error. The gateway has logged it by the request id.',
    );
  }
}

/** What the framework itself throws; its words may repeat the request, ours do not. */
function fromNest(error: HttpException, req: GatewayRequest): GatewayError {
  const status = error.getStatus();
  if (status === 404) return noRoute(req);
  if (status === 403) return new PermissionError('This route is not open.');
  if (status < 500) return new BadRequestError('The request is not valid.');
  return new GatewayError(status, 'internal_server_error', 'Internal error.');
}

function noRoute(req: GatewayRequest): GatewayError {
  const methods = allowedMethods(req);
  if (methods.length === 0) return new NotFoundError('There is no such route.');
  return new MethodNotAllowedError(`This route takes ${methods.join(', ')}.`, methods);
}
