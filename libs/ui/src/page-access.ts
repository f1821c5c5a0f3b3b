import { type CustomDecorator, SetMetadata } from '@nestjs/common';

export const PAGE_ACCESS = Symbol('page access');

/**
 * Who may open a page: `anybody`, the `holder` of any key, or only an `admin`, which also holds for a page
 * that says nothing.
 */
export type PageAccess = 'anybody' | 'holder' | 'admin';

export const OWN_BODY = Symbol('own body');

/** The handler reads the body itself, so the session's token comes in the header `x-csrf-token`. */
export const ReadsOwnBody = (): CustomDecorator<symbol> => SetMetadata(OWN_BODY, 'token in the header');

/** The handler reads the body itself, and checks the token that stands in it. */
export const ChecksOwnToken = (): CustomDecorator<symbol> => SetMetadata(OWN_BODY, 'token in the body');

export const OpenTo = (access: PageAccess): CustomDecorator<symbol> => SetMetadata(PAGE_ACCESS, access);
