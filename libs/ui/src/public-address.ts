import { type IncomingMessage } from 'node:http';
import { type AppConfig } from '@app/config';
import { isSecure } from './session-cookie.js';

/** Where clients reach the gateway: as told, else as this browser does. */
export function publicAddress({ publicUrl }: AppConfig, req: IncomingMessage): string {
  return publicUrl ?? `${isSecure(req) ? 'https' : 'http'}://${req.headers.host ?? 'localhost:4000'}`;
}
