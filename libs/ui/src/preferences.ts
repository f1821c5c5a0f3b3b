import { type IncomingMessage } from 'node:http';
import { cookiesIn, isSecure } from './session-cookie.js';

const COOKIE = 'gateway-theme';
const YEAR_SECONDS = 31_536_000;

export type Theme = 'light' | 'dark' | 'system';

/** What this browser wants; no secret, so its cookie is an ordinary one. */
export function preferencesOf(req: IncomingMessage): { readonly theme: Theme } {
  return { theme: themeOf(cookiesIn(req, COOKIE)[0] ?? '') };
}

export const themeOf = (text: string): Theme => (text === 'light' || text === 'dark' ? text : 'system');

export function preferenceCookie(req: IncomingMessage, theme: Theme): string {
  const secure = isSecure(req) ? '; Secure' : '';
  return `${COOKIE}=${theme}; Path=/ui; HttpOnly; SameSite=Strict; Max-Age=${YEAR_SECONDS}${secure}`;
}
