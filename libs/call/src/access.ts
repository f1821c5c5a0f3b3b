import { SetMetadata, type CustomDecorator } from '@nestjs/common';

/**
 * Who may call a handler:
 * `public` nobody is asked; `inference` any valid key; `self` any valid key, the handler shows only what
 * belongs to the caller; `admin` the master key or a key whose user has an admin role.
 */
export type AccessClass = 'public' | 'inference' | 'self' | 'admin';

export const ACCESS_CLASS = Symbol('access class');

/** Every handler carries exactly one; a handler without it answers 403. */
export const Access = (accessClass: AccessClass): CustomDecorator<symbol> =>
  SetMetadata(ACCESS_CLASS, accessClass);
