import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Request } from 'express';
import { type JsonObject } from './json.js';
import { type LimitRule } from './limit-rule.js';

export type Role = 'proxy_admin' | 'proxy_admin_viewer' | 'internal_user' | 'internal_user_viewer';

/**
 * Who sends a request. Immutable; made once per key snapshot, not per request.
 * Spend never lives here: it would be stale the moment it is cached.
 */
export interface Caller {
  readonly kind: 'anonymous' | 'master' | 'key';
  /** The role of the user row that the key points to; null where there is none. */
  readonly role: Role | null;
  /** Lower-case hex SHA-256 of the credential; empty for anonymous callers. */
  readonly keyHash: string;
  /** `sk-...abcd`, safe to show. */
  readonly keyName: string;
  readonly keyAlias: string | null;
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly teamAlias: string | null;
  readonly organizationId: string | null;
  /** Model names, patterns with `*` and special values; empty means every model. */
  readonly models: readonly string[];
  /** Lists of the same kind, of the team, the user or the organisation: each must allow the model too. */
  readonly outerModels: readonly (readonly string[])[];
  /** Model names this key calls by another name: requested name to real name. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Only narrows what the access class allows; empty means no narrowing. */
  readonly allowedRoutes: readonly string[];
  /** Names of `cache` controls that calls may send; empty means all. */
  readonly allowedCacheControls: readonly string[];
  /** Of the key itself, for the answer's headers; what binds a call stands in `rules`. */
  readonly maxBudgetPicoUsd: bigint | null;
  /** Every budget and rate that binds this caller: of key, user, team, member and organisation. */
  readonly rules: readonly LimitRule[];
  readonly expiresAtMs: number | null;
  readonly tags: readonly string[];
  readonly metadata: JsonObject;
}

export const ANONYMOUS: Caller = Object.freeze({
  kind: 'anonymous',
  role: null,
  keyHash: '',
  keyName: '',
  keyAlias: null,
  userId: null,
  teamId: null,
  teamAlias: null,
  organizationId: null,
  models: [],
  outerModels: [],
  aliases: {},
  allowedRoutes: [],
  allowedCacheControls: [],
  maxBudgetPicoUsd: null,
  rules: [],
  expiresAtMs: null,
  tags: [],
  metadata: {},
});

/** A request after the edge guard gave it its call id and the key guard its caller. */
export interface GatewayRequest extends Request {
  callId: string;
  caller: Caller;
  /** performance.now() when the edge guard saw the request. */
  receivedAtMs: number;
}

export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): Caller =>
    context.switchToHttp().getRequest<GatewayRequest>().caller,
);
